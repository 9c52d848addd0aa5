// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_params_watch - parameters of what remembers: the ring of events.
 */
#include "shadow_params_check.h"
#include "shadow_parse.h"
#include "shadow_ring.h"

/**
 * shadow_params_read_ring() - read ring=
 * @c: the check
 * @text: the value
 *
 * Context: any.
 * Return: 0, or -EINVAL or -ERANGE with @c->why set.
 */
int shadow_params_read_ring(struct shadow_params_check *c, const char *text)
{
	u64 nr;
	int err = shadow_parse_bytes(text, strlen(text), &nr);

	if (err == -EINVAL)
		return shadow_params_refuse(c, SHADOW_PARAM_RING, err,
					    "not a number of records; allowed: 0, or like 64K, with K or M");
	if (err || (nr && (nr < SHADOW_RING_MIN || nr > SHADOW_RING_MAX)))
		return shadow_params_refuse(c, SHADOW_PARAM_RING, -ERANGE,
					    "out of range; allowed: 0 (none), or %uK to %uM records of %zu bytes",
					    SHADOW_RING_MIN / (u32)SZ_1K,
					    SHADOW_RING_MAX / (u32)SZ_1M,
					    sizeof(struct shadow_ring_record));
	c->cfg->ring = nr;
	return 0;
}

/**
 * shadow_params_watch_value() - shadow_params_value() of what is here
 * @cfg: a configuration that was checked
 * @id: the parameter
 * @text: filled where it is one of these
 * @room: bytes there
 *
 * Context: any.
 */
void shadow_params_watch_value(const struct shadow_config *cfg,
			       enum shadow_param_id id, char *text, size_t room)
{
	if (id == SHADOW_PARAM_RING)
		shadow_params_bytes_text(text, room, cfg->ring);
}
