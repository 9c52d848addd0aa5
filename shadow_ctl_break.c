// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ctl_break - break of the ctl language: read, and done to a machine.
 * See shadow_break.h.
 */
#include "shadow_ctl_read.h"
#include "shadow_ctl_run.h"
#include "shadow_parse.h"

/**
 * shadow_ctl_read_break() - the KIND of break
 * @text: the batch; its @why is set where the word is refused
 * @cmd: the command; the kind is noted there
 * @word: the word
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int shadow_ctl_read_break(struct shadow_ctl_text *text,
			  struct shadow_ctl_cmd *cmd,
			  const struct shadow_ctl_word *word)
{
	int kind = shadow_break_find(word->at, word->len);
	char names[SHADOW_CTL_WHY];

	if (kind < 0) {
		shadow_break_list(names, sizeof(names));
		return shadow_ctl_refuse_word(text, cmd, "KIND", word, names);
	}
	cmd->breaks = true;
	cmd->damage.kind = kind;
	return 0;
}

/**
 * shadow_ctl_read_break_where() - the WHERE[:BIT] of break
 * @text: the batch; its @why is set where the word is refused
 * @cmd: the command, its kind is known; the place is noted there
 * @word: the word
 *
 * Context: any.
 * Return: 0, -EINVAL or -ERANGE.
 */
int shadow_ctl_read_break_where(struct shadow_ctl_text *text,
				struct shadow_ctl_cmd *cmd,
				const struct shadow_ctl_word *word)
{
	const struct shadow_break_kind *kind = shadow_break_kind(cmd->damage.kind);
	const char *colon = memchr(word->at, ':', word->len);
	size_t len = colon ? colon - word->at : word->len;
	u64 bit = 0;

	if (!*kind->where)
		return shadow_ctl_refuse_word(text, cmd, "WHERE", word,
					      "nothing behind this KIND");
	if (shadow_parse_number(word->at, len, &cmd->damage.where))
		return shadow_ctl_refuse_word(text, cmd, kind->where, word,
					      "a number from 0 to 18446744073709551615");
	cmd->damage.given = true;
	if (!colon)
		return 0;
	if (!kind->bits ||
	    shadow_parse_number(colon + 1, word->len - len - 1, &bit) ||
	    bit > kind->bits)
		return shadow_ctl_refuse_word(text, cmd, kind->where, word,
					      kind->bits == 63 ? "a BIT from 0 to 63" :
					      kind->bits ? "a BIT from 0 to 31" :
					      "no BIT with this KIND");
	cmd->damage.given_bit = true;
	cmd->damage.bit = bit;
	return 0;
}

/**
 * shadow_ctl_break() - run a break
 * @ctl: whose
 * @cmd: the command; without a KIND it tells which there are
 *
 * Context: process, with the caller's mutex.
 * Return: 0, or what shadow_break() says.
 */
int shadow_ctl_break(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	struct shadow_break_ask ask = cmd->damage;
	char said[SHADOW_BREAK_TEXT];
	int err;

	if (!cmd->breaks) {
		shadow_break_list(ctl->said, sizeof(ctl->said));
		return 0;
	}
	ask.nr = ctl->nr_commands;
	err = shadow_break(ctl->mm, &ask, said, sizeof(said));
	return err ? shadow_ctl_fail(ctl, err, "%s", said) :
		     shadow_ctl_done(ctl, "%s", said);
}
