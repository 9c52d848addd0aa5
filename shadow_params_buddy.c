// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_params_buddy - parameters of the buddy: its largest order, and whether
 * it groups pages by mobility.
 */
#include "shadow_params_check.h"
#include "shadow_parse.h"

/* Lists per CPU have blocks up to this order, and slabs are made of them */
#define MIN_MAX_ORDER	3

/**
 * shadow_params_read_max_order() - read max_order=
 * @c: the check
 * @text: the value
 *
 * Context: any.
 * Return: 0, or -EINVAL or -ERANGE with @c->why set.
 */
int shadow_params_read_max_order(struct shadow_params_check *c, const char *text)
{
	u64 order;
	int err = shadow_parse_number(text, strlen(text), &order);

	if (err == -EINVAL)
		return shadow_params_refuse(c, SHADOW_PARAM_MAX_ORDER, err,
					    "not a number; allowed: %u to %u",
					    MIN_MAX_ORDER, SHADOW_MAX_ORDER);
	if (err || order < MIN_MAX_ORDER || order > SHADOW_MAX_ORDER)
		return shadow_params_refuse(c, SHADOW_PARAM_MAX_ORDER, -ERANGE,
					    "out of range; allowed: %u, the largest order of the per-CPU lists, to %u",
					    MIN_MAX_ORDER, SHADOW_MAX_ORDER);
	c->cfg->max_order = order;
	return 0;
}

/**
 * shadow_params_check_max_order() - may the block have so large an order?
 * @c: the check, all parameters read
 *
 * As in the kernel, a block of the largest order must not be larger than a
 * section of the sparse memory model: MAX_PAGE_ORDER + PAGE_SHIFT is at most
 * SECTION_SIZE_BITS. A virtual board need not be one that Linux could have.
 *
 * Context: any.
 * Return: 0, or -ERANGE with @c->why set.
 */
int shadow_params_check_max_order(struct shadow_params_check *c)
{
	struct shadow_config *cfg = c->cfg;
	unsigned int section = cfg->page_shift == 16 ? 29 : 27;

	if (!shadow_config_given(cfg, SHADOW_PARAM_MAX_ORDER)) {
		cfg->max_order = cfg->page_shift == 12 ? 10 :
				 cfg->page_shift == 14 ? 11 : 13;
		return 0;
	}
	if (shadow_config_has_board(cfg) ||
	    cfg->max_order + cfg->page_shift <= section)
		return 0;
	return shadow_params_refuse(c, SHADOW_PARAM_MAX_ORDER, -ERANGE,
				    "out of range; allowed: %u to %u, where a block is a section of %u MiB; to %u on a virtual board (board= or memory=)",
				    MIN_MAX_ORDER, section - cfg->page_shift,
				    1U << (section - 20), SHADOW_MAX_ORDER);
}

/**
 * shadow_params_read_mobility() - read mobility=
 * @c: the check
 * @text: the value
 *
 * Context: any.
 * Return: 0, or -EINVAL with @c->why set.
 */
int shadow_params_read_mobility(struct shadow_params_check *c, const char *text)
{
	if (shadow_parse_switch(text, strlen(text), &c->cfg->mobility))
		return shadow_params_refuse(c, SHADOW_PARAM_MOBILITY, -EINVAL,
					    "allowed: on, off");
	return 0;
}

/**
 * shadow_params_buddy_value() - shadow_params_value() of these parameters
 * @cfg: a configuration that was checked
 * @id: one of those that this file reads
 * @text: filled
 * @room: bytes there
 *
 * Context: any.
 */
void shadow_params_buddy_value(const struct shadow_config *cfg,
			       enum shadow_param_id id, char *text, size_t room)
{
	if (id == SHADOW_PARAM_MAX_ORDER)
		snprintf(text, room, "%u", cfg->max_order);
	else
		snprintf(text, room, "%s", cfg->mobility ? "on" : "off");
}
