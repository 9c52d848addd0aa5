/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_ctl_word - a line of the ctl language taken apart. Used by shadow_ctl
 * alone.
 */
#ifndef SHADOW_CTL_WORD_H
#define SHADOW_CTL_WORD_H

#include "shadow_compat.h"

/**
 * struct shadow_ctl_word - a piece of a line
 * @at: where it begins
 * @len: its length in bytes
 * @equals: its first '=', or NULL
 *
 * Only what follows the first '=' may be quoted, and then all of it is; the
 * quotes are part of the word.
 */
struct shadow_ctl_word {
	const char *at;
	size_t len;
	const char *equals;
};

int shadow_ctl_word_next(const char *at, const char *end,
			 struct shadow_ctl_word *word);
void shadow_ctl_word_split(const struct shadow_ctl_word *word,
			   struct shadow_ctl_word *name,
			   struct shadow_ctl_word *value);
unsigned int shadow_ctl_word_param(const struct shadow_ctl_word *name);

#endif /* SHADOW_CTL_WORD_H */
