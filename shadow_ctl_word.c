// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ctl_word - words, and KEY=VALUE among them. See shadow_ctl_word.h.
 */
#include "shadow_ctl.h"
#include "shadow_ctl_word.h"
#include "shadow_params.h"
#include "shadow_parse.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/**
 * shadow_ctl_word_next() - the next word of a line, up to a '#'
 * @at: where to look
 * @end: where the line ends
 * @word: filled; @word->at is where the word begins, or where the words end
 *
 * Context: any.
 * Return: its length; 0 at the end; -EINVAL where a quote is not closed, or
 * something follows it.
 */
int shadow_ctl_word_next(const char *at, const char *end,
			 struct shadow_ctl_word *word)
{
	const char *quote = NULL;

	while (at < end && is_blank(*at))
		at++;
	word->at = at;
	word->equals = NULL;
	if (at < end && *at == '#')
		end = at;
	for (; at < end && (quote || !is_blank(*at)); at++) {
		if (quote && *at == '"')
			break;
		if (!word->equals && *at == '=')
			word->equals = at;
		else if (word->equals && at == word->equals + 1 && *at == '"')
			quote = at;
	}
	word->len = at - word->at;
	if (!quote)
		return word->len;
	if (at == end || (at + 1 < end && !is_blank(at[1])))
		return -EINVAL;
	return ++word->len;
}

/**
 * shadow_ctl_word_split() - the parts of KEY=VALUE
 * @word: a word with an '='
 * @name: filled with what is before it
 * @value: filled with what is behind it, without the quotes around
 *
 * Context: any.
 */
void shadow_ctl_word_split(const struct shadow_ctl_word *word,
			   struct shadow_ctl_word *name,
			   struct shadow_ctl_word *value)
{
	name->at = word->at;
	name->len = word->equals - word->at;
	value->at = word->equals + 1;
	value->len = word->len - name->len - 1;
	if (value->len >= 2 && value->at[0] == '"' &&
	    value->at[value->len - 1] == '"') {
		value->at++;
		value->len -= 2;
	}
}

/**
 * shadow_ctl_word_param() - which parameter is this?
 * @name: the word
 *
 * Context: any.
 * Return: enum shadow_param_id; SHADOW_NR_PARAMS where there is none of that
 * name.
 */
unsigned int shadow_ctl_word_param(const struct shadow_ctl_word *name)
{
	unsigned int id;

	for (id = 0; id < SHADOW_NR_PARAMS; id++)
		if (shadow_parse_is(name->at, name->len,
				    shadow_param_table[id].name))
			break;
	return id;
}

/**
 * shadow_ctl_given_next() - the next PARAMETER=VALUE of a command
 * @given: what is left of them, of a command that was parsed; moved on
 * @id: enum shadow_param_id
 * @value: where the value begins, without quotes; not terminated
 * @len: its length in bytes; 0: the default is wanted
 *
 * Context: any; the batch's text is still there.
 * Return: true, or false where there is no more.
 */
bool shadow_ctl_given_next(struct shadow_ctl_given *given, unsigned int *id,
			   const char **value, size_t *len)
{
	const char *end = given->at + given->bytes;
	struct shadow_ctl_word word, name, text;

	while (shadow_ctl_word_next(given->at, end, &word) > 0) {
		given->at = word.at + word.len;
		given->bytes = end - given->at;
		if (!word.equals)
			continue;
		shadow_ctl_word_split(&word, &name, &text);
		*id = shadow_ctl_word_param(&name);
		*value = text.at;
		*len = text.len;
		return *id < SHADOW_NR_PARAMS;
	}
	return false;
}
