// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_text - text of any length. See shadow_text.h.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "shadow_text.h"

/**
 * shadow_text_say() - one more piece of text, as printf would print it
 * @text: where it goes
 * @fmt: format; what is longer than SHADOW_TEXT_PIECE is cut
 *
 * What is printed must be the same in the kernel and in user space: neither %p
 * nor %#x, which prints 0 as "0x0" in one and as "0" in the other.
 *
 * Context: that of @text's put.
 */
void shadow_text_say(const struct shadow_text *text, const char *fmt, ...)
{
	char piece[SHADOW_TEXT_PIECE];
	va_list args;
	int nr;

	va_start(args, fmt);
	nr = vscnprintf(piece, sizeof(piece), fmt, args);
	va_end(args);
	text->put(text->to, piece, nr);
}

/**
 * shadow_text_put() - one more piece of text, as it is
 * @text: where it goes
 * @string: of any length
 *
 * Context: that of @text's put.
 */
void shadow_text_put(const struct shadow_text *text, const char *string)
{
	text->put(text->to, string, strlen(string));
}
