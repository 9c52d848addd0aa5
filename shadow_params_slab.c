// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_params_slab - parameters of the caches: whose engine, and what is
 * switched on or off in it.
 */
#include "shadow_params_check.h"
#include "shadow_parse.h"
#include "shadow_slab.h"

static const char *const engines[] = { "slub", "slab", "slob" };

static bool engine_exists(const char *name)
{
	const struct shadow_slab_config cfg = { .engine = name };

	return shadow_slab_bytes(&cfg, 1);
}

static void engines_text(char *text, size_t room)
{
	unsigned int i;
	int at = 0;

	text[0] = '\0';
	for (i = 0; i < ARRAY_SIZE(engines); i++)
		if (engine_exists(engines[i]))
			at += scnprintf(text + at, room - at, "%s%s",
					at ? ", " : "", engines[i]);
}

/**
 * shadow_params_read_slab() - read slab=
 * @c: the check
 * @text: the value
 *
 * Context: any.
 * Return: 0, or -EINVAL or -EOPNOTSUPP with @c->why set.
 */
int shadow_params_read_slab(struct shadow_params_check *c, const char *text)
{
	char allowed[32];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(engines); i++)
		if (!strcmp(text, engines[i]))
			break;
	engines_text(allowed, sizeof(allowed));
	if (i == ARRAY_SIZE(engines))
		return shadow_params_refuse(c, SHADOW_PARAM_SLAB, -EINVAL,
					    "allowed: %s", allowed);
	if (!engine_exists(engines[i]))
		return shadow_params_refuse(c, SHADOW_PARAM_SLAB, -EOPNOTSUPP,
					    "not supported yet; allowed: %s",
					    allowed);
	c->cfg->slab = engines[i];
	return 0;
}

static const struct {
	char letter;
	u32 flag;
} letters[] = {
	{ 'F', SHADOW_SLAB_CHECKS },
	{ 'Z', SHADOW_SLAB_RED_ZONE },
	{ 'P', SHADOW_SLAB_POISON },
	{ 'U', SHADOW_SLAB_STORE_USER },
};

/* Each letter once, in either case: parse_slub_debug_flags() takes both */
static bool read_letters(const char *text, size_t len, u32 *flags)
{
	unsigned int i;

	*flags = 0;
	if (len == 1 && *text == '-')
		return true;
	for (; len; len--, text++) {
		for (i = 0; i < ARRAY_SIZE(letters); i++)
			if ((*text & ~0x20) == letters[i].letter)
				break;
		if (i == ARRAY_SIZE(letters) || (*flags & letters[i].flag))
			return false;
		*flags |= letters[i].flag;
	}
	return *flags;
}

static bool names_ok(const char *text)
{
	char name[SHADOW_SLAB_NAME];
	size_t len;

	do {
		len = strcspn(text, ",");
		if (len >= sizeof(name))
			return false;
		memcpy(name, text, len);
		name[len] = '\0';
		if (!shadow_slab_name_ok(name) || strcspn(name, "*") + 1 < len)
			return false;
		text += len;
	} while (*text++);
	return true;
}

/**
 * shadow_params_read_slab_debug() - read slab_debug=
 * @c: the check
 * @text: the value, as the kernel's slab_debug= on the command line
 *
 * Context: any.
 * Return: 0, or -EINVAL with @c->why set.
 */
int shadow_params_read_slab_debug(struct shadow_params_check *c, const char *text)
{
	size_t len = strcspn(text, ",");

	if (!read_letters(text, len, &c->cfg->slab_debug_flags))
		return shadow_params_refuse(c, SHADOW_PARAM_SLAB_DEBUG, -EINVAL,
					    "allowed: -, or of F (checks), Z (red zones), P (poison), U (user) each once");
	if (text[len] && !names_ok(text + len + 1))
		return shadow_params_refuse(c, SHADOW_PARAM_SLAB_DEBUG, -EINVAL,
					    "allowed behind the letters: names of caches, each up to %u characters, a * at its end or none",
					    SHADOW_SLAB_NAME - 1);
	c->cfg->slab_debug = text;
	return 0;
}

/**
 * shadow_params_read_slab_switch() - read slab_hardened=, _random= or _merge=
 * @c: the check
 * @id: which of them
 * @text: the value
 *
 * Context: any.
 * Return: 0, or -EINVAL with @c->why set.
 */
int shadow_params_read_slab_switch(struct shadow_params_check *c,
				   enum shadow_param_id id, const char *text)
{
	bool on;

	if (shadow_parse_switch(text, strlen(text), &on))
		return shadow_params_refuse(c, id, -EINVAL, "allowed: on, off");
	if (id == SHADOW_PARAM_SLAB_HARDENED)
		c->cfg->slab_plain = !on;
	else if (id == SHADOW_PARAM_SLAB_RANDOM)
		c->cfg->slab_ordered = !on;
	else
		c->cfg->slab_merge = on;
	return 0;
}

/**
 * shadow_params_read_quarantine() - read quarantine=
 * @c: the check
 * @text: the value
 *
 * Context: any; `size` has been read.
 * Return: 0, or -EINVAL or -ERANGE with @c->why set.
 */
int shadow_params_read_quarantine(struct shadow_params_check *c, const char *text)
{
	u64 *bytes = &c->cfg->quarantine;
	int err = shadow_parse_bytes(text, strlen(text), bytes);
	char most[SHADOW_PARAMS_VALUE];

	if (err == -EINVAL)
		return shadow_params_refuse(c, SHADOW_PARAM_QUARANTINE, err,
					    "not a number of bytes; allowed: like 64K, with K, M, G or T");
	/* A board's memory is not known yet; less is held back anyway, then */
	if (!err && (*bytes <= c->cfg->bytes / 4 || shadow_config_has_board(c->cfg)))
		return 0;
	shadow_params_bytes_text(most, sizeof(most), c->cfg->bytes / 4);
	return shadow_params_refuse(c, SHADOW_PARAM_QUARANTINE, -ERANGE,
				    "out of range; allowed: 0 to %s, a quarter of the block",
				    most);
}

/**
 * shadow_params_slab_value() - shadow_params_value() of what is here
 * @cfg: a configuration that was checked
 * @id: the parameter
 * @text: filled where it is one of these
 * @room: bytes there
 *
 * Context: any.
 */
void shadow_params_slab_value(const struct shadow_config *cfg,
			      enum shadow_param_id id, char *text, size_t room)
{
	const char *value = NULL;

	if (id == SHADOW_PARAM_SLAB)
		value = cfg->slab;
	else if (id == SHADOW_PARAM_SLAB_DEBUG)
		value = cfg->slab_debug;
	else if (id == SHADOW_PARAM_SLAB_HARDENED)
		value = cfg->slab_plain ? "off" : "on";
	else if (id == SHADOW_PARAM_SLAB_RANDOM)
		value = cfg->slab_ordered ? "off" : "on";
	else if (id == SHADOW_PARAM_SLAB_MERGE)
		value = cfg->slab_merge ? "on" : "off";
	if (value)
		snprintf(text, room, "%s", value);
	else if (id == SHADOW_PARAM_QUARANTINE)
		shadow_params_bytes_text(text, room, cfg->quarantine);
}
