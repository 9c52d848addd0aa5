// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_params_marks - parameters of the watermarks: what the kernel has as
 * sysctls, in the same units and within the same limits. A value that is given
 * counts as one that was written there as soon as the boot was over.
 */
#include "shadow_params_check.h"
#include "shadow_parse.h"
#include "shadow_watermark.h"

static int read_number(struct shadow_params_check *c, enum shadow_param_id id,
		       const char *text, u64 min, u64 max, u64 *number)
{
	int err = shadow_parse_number(text, strlen(text), number);

	if (err == -EINVAL)
		return shadow_params_refuse(c, id, err,
					    "not a number; allowed: %llu to %llu",
					    min, max);
	if (err || *number < min || *number > max)
		return shadow_params_refuse(c, id, -ERANGE,
					    "out of range; allowed: %llu to %llu",
					    min, max);
	return 0;
}

/**
 * shadow_params_read_min_free() - read min_free_kbytes=
 * @c: the check
 * @text: the value
 *
 * Context: any.
 * Return: 0, or -EINVAL or -ERANGE with @c->why set.
 */
int shadow_params_read_min_free(struct shadow_params_check *c, const char *text)
{
	u64 kbytes;
	int err = read_number(c, SHADOW_PARAM_MIN_FREE_KBYTES, text, 0,
			      SHADOW_MIN_FREE_KBYTES_MAX, &kbytes);

	if (!err)
		c->cfg->min_free_kbytes = kbytes;
	return err;
}

/**
 * shadow_params_check_min_free() - may so much of the block be kept back?
 * @c: the check, all parameters read
 *
 * A board's memory is not known yet: the boot says no there.
 *
 * Context: any.
 * Return: 0, or -ERANGE with @c->why set.
 */
int shadow_params_check_min_free(struct shadow_params_check *c)
{
	const struct shadow_config *cfg = c->cfg;
	u64 most = cfg->bytes >> 11;

	if (!shadow_config_given(cfg, SHADOW_PARAM_MIN_FREE_KBYTES) ||
	    shadow_config_has_board(cfg) || cfg->min_free_kbytes <= most)
		return 0;
	return shadow_params_refuse(c, SHADOW_PARAM_MIN_FREE_KBYTES, -ERANGE,
				    "out of range; allowed: 0 to %llu, half of the block",
				    most);
}

/**
 * shadow_params_read_scale() - read watermark_scale_factor=
 * @c: the check
 * @text: the value
 *
 * Context: any.
 * Return: 0, or -EINVAL or -ERANGE with @c->why set.
 */
int shadow_params_read_scale(struct shadow_params_check *c, const char *text)
{
	u64 factor;
	int err = read_number(c, SHADOW_PARAM_WATERMARK_SCALE_FACTOR, text,
			      SHADOW_WMARK_SCALE_MIN, SHADOW_WMARK_SCALE_MAX,
			      &factor);

	if (!err)
		c->cfg->watermark_scale_factor = factor;
	return err;
}

/**
 * shadow_params_ratios() - read ratios of zones, from DMA upwards
 * @text: numbers with commas between
 * @len: its length in bytes
 * @ratio: by enum shadow_zone_type; set as far as there are numbers
 * @from: zone of the first number
 *
 * As the kernel takes lowmem_reserve_ratio: what is not given stays, and what
 * is below 1 is none.
 *
 * Context: any.
 * Return: zone after the last that was set; -EINVAL where something is no
 * number; -ERANGE where one is too large, or they are too many.
 */
int shadow_params_ratios(const char *text, size_t len, unsigned int *ratio,
			 unsigned int from)
{
	const char *end = text + len, *comma;
	bool below;
	u64 number;
	int err;

	for (; ; text = comma + 1) {
		comma = memchr(text, ',', end - text) ? : end;
		below = text < comma && *text == '-';
		err = shadow_parse_number(text + below, comma - text - below,
					  &number);
		if (err == -EINVAL)
			return err;
		if (err || from == SHADOW_MAX_NR_ZONES ||
		    number > SHADOW_LOWMEM_RATIO_MAX)
			return -ERANGE;
		ratio[from++] = below ? 0 : number;
		if (comma == end)
			return from;
	}
}

/**
 * shadow_params_read_ratios() - read lowmem_reserve_ratio=
 * @c: the check
 * @text: the value
 *
 * Context: any.
 * Return: 0, or -EINVAL or -ERANGE with @c->why set.
 */
int shadow_params_read_ratios(struct shadow_params_check *c, const char *text)
{
	const char *def = shadow_param_table[SHADOW_PARAM_LOWMEM_RESERVE_RATIO].def;
	unsigned int *ratio = c->cfg->lowmem_reserve_ratio;
	int err;

	/* Zones behind those that are given have their default */
	shadow_params_ratios(def, strlen(def), ratio, 0);
	err = shadow_params_ratios(text, strlen(text), ratio, 0);
	if (err < 0)
		return shadow_params_refuse(c, SHADOW_PARAM_LOWMEM_RESERVE_RATIO,
					    err, "allowed: " SHADOW_RATIOS_ALLOWED);
	return 0;
}

/**
 * shadow_params_ratios_text() - print ratios as they can be given
 * @ratio: by enum shadow_zone_type
 * @text: filled
 * @room: bytes there
 *
 * Context: any.
 */
void shadow_params_ratios_text(const unsigned int *ratio, char *text,
			       size_t room)
{
	unsigned int type;
	int at = 0;

	for (type = 0; type < SHADOW_MAX_NR_ZONES; type++)
		at += scnprintf(text + at, room - at, "%s%u", type ? "," : "",
				ratio[type]);
}

/**
 * shadow_params_marks_value() - shadow_params_value() of these parameters
 * @cfg: a configuration that was checked
 * @id: one of those that this file reads
 * @text: filled; min_free_kbytes is what the boot finds where it was not given
 * @room: bytes there
 *
 * Context: any.
 */
void shadow_params_marks_value(const struct shadow_config *cfg,
			       enum shadow_param_id id, char *text, size_t room)
{
	switch (id) {
	case SHADOW_PARAM_MIN_FREE_KBYTES:
		if (cfg->min_free_kbytes || ((cfg->given | cfg->set) & BIT_ULL(id)))
			snprintf(text, room, "%llu", cfg->min_free_kbytes);
		break;
	case SHADOW_PARAM_WATERMARK_SCALE_FACTOR:
		snprintf(text, room, "%u", cfg->watermark_scale_factor);
		break;
	default:
		shadow_params_ratios_text(cfg->lowmem_reserve_ratio, text, room);
		break;
	}
}
