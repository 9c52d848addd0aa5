// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_params_shape - parameters that say what translation tables look like:
 * their readers, and what they come to together.
 */
#include "shadow_params_check.h"
#include "shadow_parse.h"

/**
 * shadow_params_read_granule() - granule=
 * @c: the check
 * @text: the value
 *
 * Context: any.
 * Return: 0, or -EINVAL with @c->why set.
 */
int shadow_params_read_granule(struct shadow_params_check *c, const char *text)
{
	u64 bytes;

	if (shadow_parse_bytes(text, strlen(text), &bytes) ||
	    (bytes != SZ_4K && bytes != SZ_16K && bytes != SZ_64K))
		return shadow_params_refuse(c, SHADOW_PARAM_GRANULE, -EINVAL,
					    "allowed: 4k, 16k, 64k");
	c->cfg->page_shift = ilog2(bytes);
	return 0;
}

/* One of some numbers; 0 where it is none of them */
static unsigned int one_of(const char *text, const u8 *numbers, unsigned int nr)
{
	u64 number;

	if (shadow_parse_number(text, strlen(text), &number))
		return 0;
	while (nr--)
		if (numbers[nr] == number)
			return number;
	return 0;
}

/**
 * shadow_params_read_va_bits() - va_bits=
 * @c: the check
 * @text: the value
 *
 * Context: any.
 * Return: 0, or -EINVAL with @c->why set.
 */
int shadow_params_read_va_bits(struct shadow_params_check *c, const char *text)
{
	static const u8 sizes[] = { 36, 39, 42, 47, 48, 52 };

	c->cfg->va_bits = one_of(text, sizes, ARRAY_SIZE(sizes));
	if (c->cfg->va_bits)
		return 0;
	return shadow_params_refuse(c, SHADOW_PARAM_VA_BITS, -EINVAL,
				    "allowed: 36, 39, 42, 47, 48, 52");
}

/**
 * shadow_params_read_pa_bits() - pa_bits=
 * @c: the check
 * @text: the value
 *
 * Context: any.
 * Return: 0, or -EINVAL with @c->why set.
 */
int shadow_params_read_pa_bits(struct shadow_params_check *c, const char *text)
{
	static const u8 sizes[] = { 48, 52 };

	c->cfg->pa_bits = one_of(text, sizes, ARRAY_SIZE(sizes));
	if (c->cfg->pa_bits)
		return 0;
	return shadow_params_refuse(c, SHADOW_PARAM_PA_BITS, -EINVAL,
				    "allowed: 48, 52");
}

/**
 * shadow_params_read_lpa2() - lpa2=
 * @c: the check
 * @text: the value
 *
 * Context: any.
 * Return: 0, or -EINVAL with @c->why set.
 */
int shadow_params_read_lpa2(struct shadow_params_check *c, const char *text)
{
	if (strcmp(text, "auto") == 0)
		c->cfg->lpa2_mode = SHADOW_LPA2_AUTO;
	else if (strcmp(text, "on") == 0)
		c->cfg->lpa2_mode = SHADOW_LPA2_ON;
	else if (strcmp(text, "off") == 0)
		c->cfg->lpa2_mode = SHADOW_LPA2_OFF;
	else
		return shadow_params_refuse(c, SHADOW_PARAM_LPA2, -EINVAL,
					    "allowed: auto, on, off");
	return 0;
}

static const char *const rodata_names[] = {
	[SHADOW_RODATA_ON] = "on",
	[SHADOW_RODATA_FULL] = "full",
	[SHADOW_RODATA_OFF] = "off",
};

/**
 * shadow_params_read_rodata() - rodata=
 * @c: the check
 * @text: the value
 *
 * Context: any.
 * Return: 0, or -EINVAL with @c->why set.
 */
int shadow_params_read_rodata(struct shadow_params_check *c, const char *text)
{
	unsigned int mode;

	for (mode = 0; mode < ARRAY_SIZE(rodata_names); mode++) {
		if (strcmp(text, rodata_names[mode]) == 0) {
			c->cfg->rodata = mode;
			return 0;
		}
	}
	return shadow_params_refuse(c, SHADOW_PARAM_RODATA, -EINVAL,
				    "allowed: on, full, off");
}

/*
 * 52 bits need the format; else auto takes the host's TCR_EL1.DS, because the
 * CPU judges our tables while that bit stays as the host has it.
 */
static bool auto_lpa2(const struct shadow_params_check *c)
{
	const struct shadow_config *cfg = c->cfg;

	if (cfg->page_shift == 16)
		return false;
	return cfg->va_bits == 52 || cfg->pa_bits == 52 ||
	       (c->host->arm64 && c->host->ds);
}

/**
 * shadow_params_check_shape() - what granule, sizes and format come to
 * @c: the check; all parameters were read
 *
 * LPA2 (TCR_EL1.DS) changes the descriptors of the 4k and 16k granules. With
 * 64k the bit is ignored: 52 bits of VA come from FEAT_LVA, of PA from FEAT_LPA.
 * These are taken only where they are asked for: tables for 48 bits are judged
 * by every CPU. Arm ARM, "Translation granules" and "Output address size".
 *
 * Context: any.
 * Return: 0, or -EINVAL with @c->why set.
 */
int shadow_params_check_shape(struct shadow_params_check *c)
{
	struct shadow_config *cfg = c->cfg;
	bool large = cfg->page_shift == 16;

	if (large && cfg->lpa2_mode == SHADOW_LPA2_ON)
		return shadow_params_refuse(c, SHADOW_PARAM_LPA2, -EINVAL,
					    "LPA2 is for granules 4k and 16k; allowed with granule=64k: auto, off");
	cfg->lpa2 = cfg->lpa2_mode == SHADOW_LPA2_AUTO ?
		auto_lpa2(c) : cfg->lpa2_mode == SHADOW_LPA2_ON;
	if (!large && !cfg->lpa2 && cfg->va_bits == 52)
		return shadow_params_refuse(c, SHADOW_PARAM_VA_BITS, -EINVAL,
					    "needs lpa2=on with granule=%uk; allowed with lpa2=off: 36, 39, 42, 47, 48",
					    shadow_params_granule_kib(cfg));
	if (!large && !cfg->lpa2 && cfg->pa_bits == 52)
		return shadow_params_refuse(c, SHADOW_PARAM_PA_BITS, -EINVAL,
					    "needs lpa2=on with granule=%uk; allowed with lpa2=off: 48",
					    shadow_params_granule_kib(cfg));
	if (!cfg->pa_bits)
		cfg->pa_bits = cfg->lpa2 ? 52 : 48;
	return 0;
}

/**
 * shadow_params_shape_value() - a parameter's value as it was understood
 * @cfg: a configuration that was checked
 * @id: one of those that this file reads
 * @text: filled
 * @room: bytes there
 *
 * Context: any.
 */
void shadow_params_shape_value(const struct shadow_config *cfg,
			       enum shadow_param_id id, char *text, size_t room)
{
	switch (id) {
	case SHADOW_PARAM_GRANULE:
		snprintf(text, room, "%uk", shadow_params_granule_kib(cfg));
		break;
	case SHADOW_PARAM_VA_BITS:
		snprintf(text, room, "%u", cfg->va_bits);
		break;
	case SHADOW_PARAM_PA_BITS:
		snprintf(text, room, "%u", cfg->pa_bits);
		break;
	case SHADOW_PARAM_LPA2:
		snprintf(text, room, "%s", cfg->lpa2 ? "on" : "off");
		break;
	default:
		snprintf(text, room, "%s", rodata_names[cfg->rodata]);
		break;
	}
}
