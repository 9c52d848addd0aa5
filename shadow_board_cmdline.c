// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_board_cmdline - the kernel's command line, cut into options the way
 * the kernel cuts it, and its numbers, read the way the kernel reads them:
 * neither refuses anything.
 */
#include "shadow_board_init.h"

/* isspace() of lib/ctype.c */
static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || (u8)c == 0xa0;
}

static const char *skip_blanks(const char *text)
{
	while (is_space(*text))
		text++;
	return text;
}

/*
 * Where the option at @args ends, and in @equals the index of its first '='
 * behind the first character, or 0. Blanks between quotes do not end it.
 */
static size_t option_len(const char *args, bool in_quote, size_t *equals)
{
	size_t len;

	*equals = 0;
	for (len = 0; args[len]; len++) {
		if (is_space(args[len]) && !in_quote)
			break;
		if (!*equals && args[len] == '=')
			*equals = len;
		if (args[len] == '"')
			in_quote = !in_quote;
	}
	return len;
}

/**
 * shadow_board_next_option() - the next option of a command line
 * @at: where to go on; moved behind the option
 * @option: filled where there is one
 *
 * Quotes around an option or a value are not part of it. Follows next_arg() of
 * lib/cmdline.c and parse_args() of kernel/params.c.
 *
 * Context: any.
 * Return: true; false at the line's end, or at a lone "--".
 */
bool shadow_board_next_option(const char **at,
			      struct shadow_board_option *option)
{
	const char *args = skip_blanks(*at);
	bool quoted = *args == '"';
	size_t len, equals, end;

	if (!*args)
		return false;
	args += quoted;
	len = option_len(args, quoted, &equals);
	*at = args + len;
	end = len;
	option->name = args;
	option->value = NULL;
	option->value_len = 0;
	if (equals) {
		option->name_len = equals;
		option->value = args + equals + 1;
		if (equals + 1 < len && *option->value == '"') {
			option->value++;
			quoted = true;
		}
	}
	if (quoted && len && args[len - 1] == '"')
		end--;
	if (!equals)
		option->name_len = end;
	else if (args + end > option->value)
		option->value_len = args + end - option->value;
	return option->value || option->name_len != 2 ||
	       memcmp(option->name, "--", 2);
}

/**
 * shadow_board_option_is() - is this the option's name?
 * @option: the option
 * @name: a name; '-' and '_' are the same
 *
 * Follows parameq() of kernel/params.c.
 *
 * Context: any.
 * Return: true if it is.
 */
bool shadow_board_option_is(const struct shadow_board_option *option,
			    const char *name)
{
	size_t i;

	for (i = 0; i < option->name_len; i++) {
		char c = option->name[i] == '-' ? '_' : option->name[i];

		if (c != (name[i] == '-' ? '_' : name[i]) || !name[i])
			return false;
	}
	return !name[i];
}

/* Value of a digit, or 16 and more */
static unsigned int digit(const char *text, size_t len, size_t i)
{
	char c = i < len ? text[i] : '\0';

	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* How many powers of 1024 a letter means */
static unsigned int suffix_power(char c)
{
	static const char letters[] = "kmgtpe";
	unsigned int power;

	for (power = 1; power < sizeof(letters); power++)
		if ((c | 0x20) == letters[power - 1])
			return power;
	return 0;
}

/**
 * shadow_board_memparse() - a number with a suffix, as the kernel reads it
 * @text: starts with it
 * @len: bytes there
 * @used: set to how many of them belong to the number, unless NULL
 *
 * 0x and 0 say hexadecimal and octal; K, M, G, T, P and E multiply; what is
 * too large wraps, what is no number is 0. Follows memparse() of lib/cmdline.c.
 *
 * Context: any.
 * Return: the number.
 */
u64 shadow_board_memparse(const char *text, size_t len, size_t *used)
{
	unsigned int base = 10, power;
	u64 number = 0;
	size_t i = 0;

	if (digit(text, len, 0) == 0) {
		base = 8;
		if (len > 2 && (text[1] | 0x20) == 'x' &&
		    digit(text, len, 2) < 16) {
			base = 16;
			i = 2;
		}
	}
	for (; digit(text, len, i) < base; i++)
		number = number * base + digit(text, len, i);
	power = i < len ? suffix_power(text[i]) : 0;
	if (used)
		*used = i + !!power;
	return power ? number << (10 * power) : number;
}

/**
 * shadow_board_core() - the value of kernelcore= or movablecore=
 * @option: the option, which has one
 * @core: changed: each option goes over the one before
 *
 * More than all memory is all. Follows cmdline_parse_core() of mm/mm_init.c.
 *
 * Context: any.
 */
void shadow_board_core(const struct shadow_board_option *option,
		       struct shadow_core *core)
{
	size_t used;
	u64 number = shadow_board_memparse(option->value, option->value_len,
					   &used);
	bool hex = used > 2 && (option->value[1] | 0x20) == 'x';
	bool suffix = used && suffix_power(option->value[used - 1]) && !hex;

	/* 5E% is no percentage: its number ends before the letter */
	if (used < option->value_len && option->value[used] == '%' && !suffix) {
		core->percent = min_t(u64, number, 100);
		return;
	}
	core->bytes = number;
	core->percent = 0;
}
