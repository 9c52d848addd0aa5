/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_text - text of any length, handed on piece by piece to whoever wants
 * it: the core prints, and knows nothing of files.
 */
#ifndef SHADOW_TEXT_H
#define SHADOW_TEXT_H

#include "shadow_compat.h"

#define SHADOW_TEXT_PIECE	320	/* longest piece, with its NUL */

/**
 * struct shadow_text - where text goes
 * @put: takes the next bytes; they are not terminated
 * @to: given to it
 */
struct shadow_text {
	void (*put)(void *to, const char *text, size_t bytes);
	void *to;
};

__printf(2, 3)
void shadow_text_say(const struct shadow_text *text, const char *fmt, ...);
void shadow_text_put(const struct shadow_text *text, const char *string);

#endif /* SHADOW_TEXT_H */
