/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_parse - numbers and switches as a person writes them, strictly: all
 * of the text has to be one, and what does not fit is refused instead of cut.
 *
 * Text is given with its length, and need not end in a zero.
 */
#ifndef SHADOW_PARSE_H
#define SHADOW_PARSE_H

#include "shadow_compat.h"

/* Bytes that any text quoted by shadow_parse_quote() fits into */
#define SHADOW_QUOTE	48

int shadow_parse_number(const char *text, size_t len, u64 *number);
int shadow_parse_bytes(const char *text, size_t len, u64 *bytes);
int shadow_parse_switch(const char *text, size_t len, bool *on);
const char *shadow_parse_quote(char *quoted, const char *text, size_t len);

/**
 * shadow_parse_is() - is the text this word?
 * @text: the text
 * @len: its length in bytes
 * @word: the word, zero terminated
 *
 * Context: any.
 * Return: true if it is.
 */
static inline bool shadow_parse_is(const char *text, size_t len,
				   const char *word)
{
	return strlen(word) == len && memcmp(text, word, len) == 0;
}

#endif /* SHADOW_PARSE_H */
