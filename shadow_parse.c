// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_parse - numbers and switches as a person writes them. See
 * shadow_parse.h.
 */
#include "shadow_parse.h"

/* The value of a digit in either base; 16 where it is none. */
static unsigned int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/**
 * shadow_parse_number() - a number, decimal or hexadecimal after 0x
 * @text: the text
 * @len: its length in bytes
 * @number: set where 0 is returned
 *
 * Follows kstrtoull() with base 0, except that a leading 0 is refused instead
 * of meaning octal, and so are signs and a newline.
 *
 * Context: any.
 * Return: 0; -EINVAL where it is no number; -ERANGE where it is one of more
 * than 64 bits.
 */
int shadow_parse_number(const char *text, size_t len, u64 *number)
{
	unsigned int base = 10, digit;
	bool over = false;
	u64 value = 0;
	size_t i = 0;

	if (len > 2 && text[0] == '0' && (text[1] | 0x20) == 'x') {
		base = 16;
		i = 2;
	} else if (len == 0 || (len > 1 && text[0] == '0')) {
		return -EINVAL;
	}
	for (; i < len; i++) {
		digit = digit_value(text[i]);
		if (digit >= base)
			return -EINVAL;
		/* Read on: garbage behind it counts for more than its size. */
		if (value > (U64_MAX - digit) / base)
			over = true;
		else
			value = value * base + digit;
	}
	if (over)
		return -ERANGE;
	*number = value;
	return 0;
}

/* log2 of what a suffix multiplies by; 0 where the letter is no suffix. */
static unsigned int suffix_shift(char c)
{
	switch (c | 0x20) {
	case 'k':
		return 10;
	case 'm':
		return 20;
	case 'g':
		return 30;
	case 't':
		return 40;
	default:
		return 0;
	}
}

/**
 * shadow_parse_bytes() - a number of bytes, with K, M, G or T behind it or not
 * @text: the text
 * @len: its length in bytes
 * @bytes: set where 0 is returned
 *
 * Follows memparse(), except that all of the text has to be read and that what
 * does not fit is refused.
 *
 * Context: any.
 * Return: 0; -EINVAL where it is no number of bytes; -ERANGE where it is one of
 * more than 64 bits.
 */
int shadow_parse_bytes(const char *text, size_t len, u64 *bytes)
{
	unsigned int shift = len ? suffix_shift(text[len - 1]) : 0;
	u64 number;
	int err;

	err = shadow_parse_number(text, len - (shift ? 1 : 0), &number);
	if (err)
		return err;
	if (number > U64_MAX >> shift)
		return -ERANGE;
	*bytes = number << shift;
	return 0;
}

/**
 * shadow_parse_switch() - on or off
 * @text: the text
 * @len: its length in bytes
 * @on: set where 0 is returned
 *
 * Accepts on, off, 1, 0, y, n, yes and no, as kstrtobool() does.
 *
 * Context: any.
 * Return: 0, or -EINVAL where it is none of these.
 */
int shadow_parse_switch(const char *text, size_t len, bool *on)
{
	static const char *const words[2][4] = {
		{ "off", "0", "n", "no" },
		{ "on", "1", "y", "yes" },
	};
	unsigned int which, i;

	for (which = 0; which < 2; which++) {
		for (i = 0; i < ARRAY_SIZE(words[which]); i++) {
			if (!shadow_parse_is(text, len, words[which][i]))
				continue;
			*on = which;
			return 0;
		}
	}
	return -EINVAL;
}

/**
 * shadow_parse_quote() - somebody's text, fit for one line of a message
 * @quoted: SHADOW_QUOTE bytes
 * @text: the text, any bytes
 * @len: its length in bytes
 *
 * What is not printable becomes '?', and a long text is cut.
 *
 * Context: any.
 * Return: @quoted.
 */
const char *shadow_parse_quote(char *quoted, const char *text, size_t len)
{
	size_t shown = min_t(size_t, len, SHADOW_QUOTE - 4);
	size_t i;

	for (i = 0; i < shown; i++)
		quoted[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	quoted[i] = '\0';
	if (shown < len)
		memcpy(quoted + i, "...", 4);
	return quoted;
}
