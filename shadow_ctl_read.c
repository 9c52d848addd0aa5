// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ctl_read - what the words of a command say, and how one is refused
 * that says nothing. See shadow_ctl_read.h.
 */
#include "shadow_ctl_read.h"
#include "shadow_ctl_set.h"
#include "shadow_params.h"
#include "shadow_parse.h"
#include "shadow_pgtable.h"

/* ------------------------------------------------------------- refusing -- */

/**
 * shadow_ctl_refuse() - say why a line is refused
 * @text: the batch; its @why is set
 * @err: negative errno
 * @fmt: one line, without a newline
 *
 * Context: any.
 * Return: @err.
 */
int shadow_ctl_refuse(struct shadow_ctl_text *text, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(text->why, sizeof(text->why), fmt, args);
	va_end(args);
	return err;
}

/**
 * shadow_ctl_refuse_word() - say which word is refused and what is allowed
 * @text: the batch; its @why is set
 * @cmd: the command
 * @what: what the word should be
 * @word: the word
 * @allowed: what is allowed in its place
 *
 * As in "kmalloc: BYTES '3Q': allowed: ...".
 *
 * Context: any.
 * Return: -EINVAL.
 */
int shadow_ctl_refuse_word(struct shadow_ctl_text *text,
			   const struct shadow_ctl_cmd *cmd, const char *what,
			   const struct shadow_ctl_word *word, const char *allowed)
{
	char quoted[SHADOW_QUOTE];

	return shadow_ctl_refuse(text, -EINVAL, "%s: %s '%s': allowed: %s",
				 shadow_ctl_info(cmd)->name, what,
				 shadow_parse_quote(quoted, word->at, word->len), allowed);
}

/* ------------------------------------------------------------ arguments -- */

/**
 * shadow_ctl_read_number() - a number in bounds
 * @text: the batch; its @why is set where the word is refused
 * @cmd: the command
 * @what: what the word should be
 * @word: the word
 * @min: smallest number that is allowed
 * @max: largest one
 * @number: set to it
 *
 * Context: any.
 * Return: 0; -EINVAL where it is none or out of bounds.
 */
int shadow_ctl_read_number(struct shadow_ctl_text *text,
			   const struct shadow_ctl_cmd *cmd, const char *what,
			   const struct shadow_ctl_word *word, u64 min, u64 max,
			   u64 *number)
{
	char allowed[64];

	if (!shadow_parse_number(word->at, word->len, number) &&
	    *number >= min && *number <= max)
		return 0;
	snprintf(allowed, sizeof(allowed), "a number from %llu to %llu", min,
		 max);
	return shadow_ctl_refuse_word(text, cmd, what, word, allowed);
}

/**
 * shadow_ctl_read_number32() - a number in bounds that fits into 32 bits
 * @text: the batch; its @why is set where the word is refused
 * @cmd: the command
 * @what: what the word should be
 * @word: the word
 * @min: smallest number that is allowed
 * @max: largest one
 * @number: set to it
 *
 * Context: any.
 * Return: 0; -EINVAL where it is none or out of bounds.
 */
int shadow_ctl_read_number32(struct shadow_ctl_text *text,
			     const struct shadow_ctl_cmd *cmd, const char *what,
			     const struct shadow_ctl_word *word, u32 min, u32 max,
			     u32 *number)
{
	u64 wide = 0;
	int err = shadow_ctl_read_number(text, cmd, what, word, min, max, &wide);

	*number = wide;
	return err;
}

static int read_bytes(struct shadow_ctl_text *text,
		      const struct shadow_ctl_cmd *cmd, const char *what,
		      const struct shadow_ctl_word *word, u64 min, u64 *bytes)
{
	const char *allowed = "a number of bytes, with K, M, G or T behind it or not";

	if (!shadow_parse_bytes(word->at, word->len, bytes) && *bytes >= min &&
	    *bytes <= S64_MAX)
		return 0;
	if (min)
		allowed = "a number of bytes from 1 to 2^63-1, with K, M, G or T or without";
	return shadow_ctl_refuse_word(text, cmd, what, word, allowed);
}

/**
 * shadow_ctl_read_address() - an address, written as memory sizes may be: 1G
 * @text: the batch; its @why is set where the word is refused
 * @cmd: the command
 * @what: what the word should be
 * @word: the word
 * @pa: set to it
 *
 * Context: any.
 * Return: 0; -EINVAL where it is none.
 */
int shadow_ctl_read_address(struct shadow_ctl_text *text,
			    const struct shadow_ctl_cmd *cmd, const char *what,
			    const struct shadow_ctl_word *word, u64 *pa)
{
	if (!shadow_parse_bytes(word->at, word->len, pa))
		return 0;
	return shadow_ctl_refuse_word(text, cmd, what, word,
				      "an address, with K, M, G or T behind it or not");
}

/**
 * shadow_ctl_name_ok() - may a handle or a machine be called this?
 * @name: the name
 * @len: its length in bytes
 *
 * Context: any.
 * Return: true if it is `[a-z][a-z0-9_]{0,15}` and neither `main`, which is the
 * first machine, nor `host`, whose own tables are shown beside the machines'.
 */
bool shadow_ctl_name_ok(const char *name, size_t len)
{
	size_t i;

	if (len == 0 || len > SHADOW_CTL_NAME ||
	    shadow_parse_is(name, len, "main") || shadow_parse_is(name, len, "host"))
		return false;
	for (i = 0; i < len; i++) {
		if (name[i] >= 'a' && name[i] <= 'z')
			continue;
		if (i && ((name[i] >= '0' && name[i] <= '9') || name[i] == '_'))
			continue;
		return false;
	}
	return true;
}

/**
 * shadow_ctl_read_name() - a name for a handle or a machine
 * @text: the batch; its @why is set where the word is refused
 * @cmd: the command
 * @what: what the word should be
 * @word: the word
 * @name: set to it, with a 0 behind; SHADOW_CTL_NAME + 1 bytes
 *
 * Context: any.
 * Return: 0; -EINVAL where shadow_ctl_name_ok() says no.
 */
int shadow_ctl_read_name(struct shadow_ctl_text *text,
			 const struct shadow_ctl_cmd *cmd, const char *what,
			 const struct shadow_ctl_word *word, char *name)
{
	if (!shadow_ctl_name_ok(word->at, word->len))
		return shadow_ctl_refuse_word(text, cmd, what, word,
					      "a letter of a-z and up to 15 of a-z, 0-9 and _, not main or host");
	memcpy(name, word->at, word->len);
	name[word->len] = '\0';
	return 0;
}

static int read_id(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		   const struct shadow_ctl_word *word, u64 *id, char *name)
{
	if (word->at[0] < '0' || word->at[0] > '9')
		return shadow_ctl_read_name(text, cmd, "ID", word, name);
	return shadow_ctl_read_number(text, cmd, "ID", word, 1, U64_MAX, id);
}

static int read_handle(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		       const struct shadow_ctl_word *word)
{
	return read_id(text, cmd, word, &cmd->handle, cmd->handle_name);
}

/* The table of commands has no room for more of them */
static int read_more(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		     const struct shadow_ctl_word *word)
{
	struct shadow_ctl_id *more = &cmd->more[cmd->nr_more++];

	return read_id(text, cmd, word, &more->id, more->name);
}

static int read_prot(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		     const struct shadow_ctl_word *word)
{
	char name[32];

	if (word->len < sizeof(name)) {
		memcpy(name, word->at, word->len);
		name[word->len] = '\0';
		if (!shadow_prot_parse(name, &cmd->prot))
			return 0;
	}
	return shadow_ctl_refuse_word(text, cmd, "PROT", word, SHADOW_CTL_PROTS);
}

/* What a machine is booted with is a word of the language, too. */
static int read_set_key(struct shadow_ctl_text *text,
			struct shadow_ctl_cmd *cmd, const struct shadow_ctl_word *word)
{
	char allowed[200] = "";
	unsigned int key, id;
	int at = 0;

	cmd->set = shadow_ctl_set_find(word->at, word->len);
	if (cmd->set != SHADOW_NR_CTL_SET_KEYS)
		return 0;
	for (key = 0; key < SHADOW_NR_CTL_SET_KEYS; key++)
		at += scnprintf(allowed + at, sizeof(allowed) - at, "%s%s",
				key ? ", " : "", shadow_ctl_sets[key].name);
	id = shadow_ctl_word_param(word);
	if (id == SHADOW_NR_PARAMS)
		return shadow_ctl_refuse_word(text, cmd, "KEY", word, allowed);
	return shadow_ctl_refuse(text, -EOPNOTSUPP, "set: KEY '%s': %s; allowed: %s",
				 shadow_param_table[id].name,
				 shadow_param_table[id].state == SHADOW_PARAM_STATE_LATER ?
				 "not supported yet" : "it stays while the machine runs",
				 allowed);
}

/* "set: min_free_kbytes VALUE 'x': allowed: ..." */
static int read_set_value(struct shadow_ctl_text *text,
			  struct shadow_ctl_cmd *cmd, const struct shadow_ctl_word *word)
{
	const struct shadow_ctl_set_info *info = &shadow_ctl_sets[cmd->set];
	int err = shadow_ctl_set_read(cmd, word);
	char what[48];

	if (!err)
		return 0;
	snprintf(what, sizeof(what), "%s VALUE", info->name);
	shadow_ctl_refuse_word(text, cmd, what, word, info->allowed);
	return err;
}

/**
 * shadow_ctl_read_size() - one of the sizes of a check by the CPU
 * @text: the batch; its @why is set where the word is refused
 * @cmd: the command; its sizes are set
 * @what: what the word should be
 * @word: the word
 * @which: which size
 *
 * A number that is one, only too large, is out of range.
 *
 * Context: any.
 * Return: 0; -EINVAL where it is none or too small; -ERANGE where it is too
 * large.
 */
int shadow_ctl_read_size(struct shadow_ctl_text *text,
			 struct shadow_ctl_cmd *cmd, const char *what,
			 const struct shadow_ctl_word *word,
			 enum shadow_mmu_size which)
{
	u64 size = 0;
	int number = shadow_parse_number(word->at, word->len, &size);
	int err = shadow_ctl_read_number(text, cmd, what, word, shadow_mmu_sizes[which].min,
					 SHADOW_CTL_MAX_SAMPLES, &size);

	if (err && (number == -ERANGE || size > SHADOW_CTL_MAX_SAMPLES))
		return -ERANGE;
	cmd->mmu_size[which] = size;
	cmd->mmu_sizes |= BIT(which);
	return err;
}

/* The word all stands for every address, which is no number of pages. */
static int read_va_or_all(struct shadow_ctl_text *text,
			  struct shadow_ctl_cmd *cmd, const struct shadow_ctl_word *word)
{
	if (shadow_parse_is(word->at, word->len, "all"))
		return 0;
	cmd->nr_pages = 1;
	if (!shadow_parse_number(word->at, word->len, &cmd->va))
		return 0;
	return shadow_ctl_refuse_word(text, cmd, "VA", word,
				      "all, or a number from 0 to 18446744073709551615");
}

static int read_nr_pages_last(struct shadow_ctl_text *text,
			      struct shadow_ctl_cmd *cmd,
			      const struct shadow_ctl_word *word)
{
	if (!cmd->nr_pages)
		return shadow_ctl_refuse_word(text, cmd, "NR_PAGES", word, "none after all");
	return shadow_ctl_read_number(text, cmd, "NR_PAGES", word, 1, U32_MAX,
				      &cmd->nr_pages);
}

static int read_phase(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		      const struct shadow_ctl_word *word)
{
	cmd->phase = shadow_phase_find(word->at, word->len);
	if (cmd->phase != SHADOW_NR_PHASES)
		return 0;
	return shadow_ctl_refuse_word(text, cmd, "PHASE", word,
				      "a phase of the boot; boot lists them");
}

/* Whether there is such a file is seen when it runs. */
static int read_trace(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		      const struct shadow_ctl_word *word)
{
	char why[SHADOW_TRACE_WHY] = "";
	struct shadow_trace_plan plan;
	int err;

	if (word->len < sizeof(cmd->trace)) {
		memcpy(cmd->trace, word->at, word->len);
		cmd->trace[word->len] = '\0';
		if (!shadow_trace_is_plan(cmd->trace) && shadow_trace_name_ok(cmd->trace))
			return 0;
	}
	if (!shadow_trace_is_plan(cmd->trace))
		return shadow_ctl_refuse_word(text, cmd, "TRACE", word,
					      "1 to 64 letters, digits, _, - and ., none in front; or mixed:OPERATIONS:SEED, waves:OPERATIONS:SEED");
	err = shadow_trace_plan_read(&plan, cmd->trace, why, sizeof(why));
	return err ? shadow_ctl_refuse(text, err, "compare: %s", why) : 0;
}

/**
 * shadow_ctl_read_arg() - an argument of a command
 * @text: the batch; its @why is set where the word is refused
 * @cmd: the command; what the argument says is noted there
 * @arg: what the argument is; SHADOW_CTL_ARG_NONE: one too many
 * @word: the word
 *
 * Context: any.
 * Return: 0; -EINVAL; -ERANGE where it asks for too much; -EOPNOTSUPP where it
 * names what cannot be set.
 */
int shadow_ctl_read_arg(struct shadow_ctl_text *text,
			struct shadow_ctl_cmd *cmd, enum shadow_ctl_arg arg,
			const struct shadow_ctl_word *word)
{
	switch (arg) {
	case SHADOW_CTL_ARG_ORDER:
		return shadow_ctl_read_number32(text, cmd, "ORDER", word, 0,
						SHADOW_MAX_ORDER, &cmd->order);
	case SHADOW_CTL_ARG_BYTES_OR_NONE:
		return read_bytes(text, cmd, "BYTES", word, 0, &cmd->bytes);
	case SHADOW_CTL_ARG_BYTES:
	case SHADOW_CTL_ARG_BYTES_LAST:
		return read_bytes(text, cmd, "BYTES", word, 1, &cmd->bytes);
	case SHADOW_CTL_ARG_COUNT:
		return shadow_ctl_read_number32(text, cmd, "N", word, 1,
						SHADOW_CTL_MAX_COUNT, &cmd->count);
	case SHADOW_CTL_ARG_HANDLE:
	case SHADOW_CTL_ARG_FRAMES:
		return read_handle(text, cmd, word);
	case SHADOW_CTL_ARG_HANDLE_MORE:
		return read_more(text, cmd, word);
	case SHADOW_CTL_ARG_VA:
		return shadow_ctl_read_number(text, cmd, "VA", word, 0, U64_MAX, &cmd->va);
	case SHADOW_CTL_ARG_PA:
		return shadow_ctl_read_number(text, cmd, "PA", word, 0, U64_MAX, &cmd->pa);
	case SHADOW_CTL_ARG_BASE:
		return shadow_ctl_read_address(text, cmd, "BASE", word, &cmd->pa);
	case SHADOW_CTL_ARG_NR_PAGES:
		return shadow_ctl_read_number(text, cmd, "NR_PAGES", word, 1, U32_MAX,
					      &cmd->nr_pages);
	case SHADOW_CTL_ARG_VA_OR_ALL:
		return read_va_or_all(text, cmd, word);
	case SHADOW_CTL_ARG_NR_PAGES_LAST:
		return read_nr_pages_last(text, cmd, word);
	case SHADOW_CTL_ARG_PROT:
		return read_prot(text, cmd, word);
	case SHADOW_CTL_ARG_SAMPLES:
		return shadow_ctl_read_size(text, cmd, "N", word, SHADOW_MMU_MAPPED);
	case SHADOW_CTL_ARG_PHASE:
		return read_phase(text, cmd, word);
	case SHADOW_CTL_ARG_MACHINE:
		return shadow_ctl_read_name(text, cmd, "NAME", word, cmd->machine);
	case SHADOW_CTL_ARG_CACHE:
		return shadow_ctl_read_cache(text, cmd, word);
	case SHADOW_CTL_ARG_POINT:
		return shadow_ctl_read_point(text, cmd, word);
	case SHADOW_CTL_ARG_TRACE:
		return read_trace(text, cmd, word);
	case SHADOW_CTL_ARG_BREAK:
		return shadow_ctl_read_break(text, cmd, word);
	case SHADOW_CTL_ARG_BREAK_WHERE:
		return shadow_ctl_read_break_where(text, cmd, word);
	case SHADOW_CTL_ARG_SET_KEY:
		return read_set_key(text, cmd, word);
	case SHADOW_CTL_ARG_SET_VALUE:
	case SHADOW_CTL_ARG_SET_MORE:
		return read_set_value(text, cmd, word);
	case SHADOW_CTL_ARG_NONE:
		break;
	}
	return shadow_ctl_refuse_word(text, cmd, "argument", word, shadow_ctl_info(cmd)->usage);
}
