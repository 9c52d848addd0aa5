/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_ctl_set - what `set KEY VALUE` can change while a machine runs, as a
 * table: one row a key. Used by shadow_ctl alone, and by the view that shows
 * the values.
 */
#ifndef SHADOW_CTL_SET_H
#define SHADOW_CTL_SET_H

#include "shadow_ctl.h"
#include "shadow_ctl_word.h"

struct shadow_config;

/* What a key's value is. */
enum shadow_ctl_value {
	SHADOW_CTL_VALUE_SWITCH,		/* on or off */
	SHADOW_CTL_VALUE_NUMBER,
	SHADOW_CTL_VALUE_RATIOS,		/* numbers from zone DMA upwards */
	SHADOW_CTL_VALUE_CLOCK,			/* enum shadow_latency_clock by name */
};

/**
 * struct shadow_ctl_set_info - one key
 * @name: what a person writes; a parameter's name where there is one
 * @allowed: its values, in words
 * @meaning: what it changes, one line
 * @kind: what its value is
 * @min: least number but @or
 * @max: largest number
 * @or: a number below @min that is allowed too; @min itself: none
 * @since: phase that has to be complete, plus 1; 0: none
 * @prepare: gets what @run needs, or says why there is none and returns -errno;
 *	NULL: it needs nothing
 * @run: makes the machine have the value; cannot fail. NULL: shadow_ctl_run's
 * @show: says what it is now
 */
struct shadow_ctl_set_info {
	const char *name;
	const char *allowed;
	const char *meaning;
	enum shadow_ctl_value kind;
	u64 min;
	u64 max;
	u64 or;
	unsigned int since;
	int (*prepare)(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
	void (*run)(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
	void (*show)(const struct shadow_ctl *ctl, char *text, size_t room);
};

extern const struct shadow_ctl_set_info shadow_ctl_sets[SHADOW_NR_CTL_SET_KEYS];

enum shadow_ctl_set_key shadow_ctl_set_find(const char *name, size_t len);
int shadow_ctl_set_read(struct shadow_ctl_cmd *cmd,
			const struct shadow_ctl_word *word);
unsigned int shadow_ctl_set_param(enum shadow_ctl_set_key key);
int shadow_ctl_set(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);

#endif /* SHADOW_CTL_SET_H */
