// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ctl_parse - one line of the ctl language, read strictly. See
 * shadow_ctl.h.
 *
 * Pure: the same text gives the same command or the same refusal. So a batch is
 * read twice, once to see that all of it is right and once to run it, and needs
 * no memory.
 */
#include "shadow_ctl_read.h"
#include "shadow_gfp.h"
#include "shadow_params.h"
#include "shadow_parse.h"
#include "shadow_pgtable.h"

static const char *const keys[SHADOW_NR_CTL_KEYS] = {
	[SHADOW_CTL_KEY_ZONE]	= "zone",
	[SHADOW_CTL_KEY_COUNT]	= "count",
	[SHADOW_CTL_KEY_AS]	= "as",
	[SHADOW_CTL_KEY_CPU]	= "cpu",
	[SHADOW_CTL_KEY_SEED]	= "seed",
	[SHADOW_CTL_KEY_LOADS]	= "loads",
	[SHADOW_CTL_KEY_UNMAPPED]	= "unmapped",
	[SHADOW_CTL_KEY_HOST]	= "host",
	[SHADOW_CTL_KEY_ALIGN]	= "align",
	[SHADOW_CTL_KEY_MIN]	= "min",
	[SHADOW_CTL_KEY_MAX]	= "max",
	[SHADOW_CTL_KEY_NODE]	= "node",
	[SHADOW_CTL_KEY_GFP]	= "gfp",
	[SHADOW_CTL_KEY_HUGE]	= "huge",
	[SHADOW_CTL_KEY_FORCE]	= "force",
	[SHADOW_CTL_KEY_BLOCK]	= "block",
	[SHADOW_CTL_KEY_CONT]	= "cont",
	[SHADOW_CTL_KEY_FOLD]	= "fold",
	[SHADOW_CTL_KEY_PFN]	= "pfn",
	[SHADOW_CTL_KEY_FLAGS]	= "flags",
	[SHADOW_CTL_KEY_PROBABILITY] = "probability",
	[SHADOW_CTL_KEY_INTERVAL] = "interval",
	[SHADOW_CTL_KEY_TIMES]	= "times",
	[SHADOW_CTL_KEY_SPACE]	= "space",
};

/* ----------------------------------------------------------------- keys -- */

static bool same_word(const struct shadow_ctl_word *word, const char *name)
{
	return strlen(name) == word->len &&
	       strncasecmp(word->at, name, word->len) == 0;
}

static int read_zone(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		     const struct shadow_ctl_word *word)
{
	unsigned int zone;

	/* Nothing is ever allocated in Device. */
	for (zone = 0; zone < SHADOW_ZONE_DEVICE; zone++) {
		if (!same_word(word, shadow_zone_names[zone]))
			continue;
		cmd->zone = zone;
		return 0;
	}
	return shadow_ctl_refuse_word(text, cmd, "zone=", word,
				      "DMA, DMA32, NORMAL, HIGHMEM, MOVABLE");
}

static int read_align(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		      const struct shadow_ctl_word *word)
{
	if (!shadow_parse_bytes(word->at, word->len, &cmd->align) &&
	    is_power_of_2(cmd->align))
		return 0;
	return shadow_ctl_refuse_word(text, cmd, "align=", word, "a power of two");
}

/* Names between commas; "|" does as well, which is how they are printed. */
static int read_gfp(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		    const struct shadow_ctl_word *word)
{
	const char *at = word->at, *end = word->at + word->len;
	struct shadow_ctl_word flag = { .at = at };
	char allowed[SHADOW_GFP_TEXT];

	for (; at <= end; at++) {
		if (at < end && *at != ',' && *at != '|')
			continue;
		flag.len = at - flag.at;
		if (shadow_gfp_parse(flag.at, flag.len, &cmd->gfp)) {
			shadow_gfp_names(allowed, sizeof(allowed));
			return shadow_ctl_refuse_word(text, cmd, "gfp=", &flag, allowed);
		}
		flag.at = at + 1;
	}
	return 0;
}

static int read_huge(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		     const struct shadow_ctl_word *word)
{
	cmd->small_pages = shadow_parse_is(word->at, word->len, "off");
	if (cmd->small_pages || shadow_parse_is(word->at, word->len, "on"))
		return 0;
	return shadow_ctl_refuse_word(text, cmd, "huge=", word, "on, off");
}

/* Flags, and the zone beside them, must not contradict each other. */
static int check_gfp(struct shadow_ctl_text *text, const struct shadow_ctl_cmd *cmd)
{
	u32 zones = SHADOW_GFP_DMA | SHADOW_GFP_DMA32 | SHADOW_GFP_HIGHMEM;
	bool zone = cmd->keys & BIT(SHADOW_CTL_KEY_ZONE);
	const char *allowed = shadow_gfp_refusal(cmd->gfp);

	if (!allowed && zone && (cmd->gfp & zones) &&
	    shadow_gfp_zone(cmd->gfp) != cmd->zone)
		allowed = "the same zone in gfp= and zone=, or only one of them";
	if (!allowed && zone)
		allowed = shadow_gfp_refusal(cmd->gfp | shadow_zone_gfp(cmd->zone));
	if (!allowed)
		return 0;
	return shadow_ctl_refuse(text, -EINVAL,
				 "%s: gfp=: its flags exclude each other: allowed: %s",
				 shadow_ctl_info(cmd)->name, allowed);
}

/* A flag of shadow_pgtable_map(), which a switch sets where it is @set */
static int read_map_flag(struct shadow_ctl_text *text,
			 struct shadow_ctl_cmd *cmd, enum shadow_ctl_key key,
			 const struct shadow_ctl_word *word, u32 flag, bool set)
{
	char what[16];
	bool on;

	if (!shadow_parse_switch(word->at, word->len, &on)) {
		if (on == set)
			cmd->map_flags |= flag;
		return 0;
	}
	snprintf(what, sizeof(what), "%s=", keys[key]);
	return shadow_ctl_refuse_word(text, cmd, what, word, "on, off");
}

static int read_key_value(struct shadow_ctl_text *text,
			  struct shadow_ctl_cmd *cmd, enum shadow_ctl_key key,
			  const struct shadow_ctl_word *value)
{
	switch (key) {
	case SHADOW_CTL_KEY_ZONE:
		return read_zone(text, cmd, value);
	case SHADOW_CTL_KEY_COUNT:
		return shadow_ctl_read_number32(text, cmd, "count=", value, 1,
						SHADOW_CTL_MAX_COUNT, &cmd->count);
	case SHADOW_CTL_KEY_AS:
		return shadow_ctl_read_name(text, cmd, "as=", value, cmd->as);
	case SHADOW_CTL_KEY_CPU:
		return shadow_ctl_read_number32(text, cmd, "cpu=", value, 0, U32_MAX,
						&cmd->cpu);
	case SHADOW_CTL_KEY_SEED:
		return shadow_ctl_read_number(text, cmd, "seed=", value, 0, U64_MAX,
					      &cmd->seed);
	case SHADOW_CTL_KEY_LOADS:
		return shadow_ctl_read_size(text, cmd, "loads=", value, SHADOW_MMU_LOADS);
	case SHADOW_CTL_KEY_UNMAPPED:
		return shadow_ctl_read_size(text, cmd, "unmapped=", value, SHADOW_MMU_UNMAPPED);
	case SHADOW_CTL_KEY_HOST:
		return shadow_ctl_read_size(text, cmd, "host=", value, SHADOW_MMU_HOST);
	case SHADOW_CTL_KEY_ALIGN:
		return read_align(text, cmd, value);
	case SHADOW_CTL_KEY_MIN:
		return shadow_ctl_read_address(text, cmd, "min=", value, &cmd->min);
	case SHADOW_CTL_KEY_MAX:
		return shadow_ctl_read_address(text, cmd, "max=", value, &cmd->max);
	case SHADOW_CTL_KEY_NODE:
		return shadow_ctl_read_number32(text, cmd, "node=", value, 0,
						SHADOW_MAX_NODES - 1, &cmd->node);
	case SHADOW_CTL_KEY_GFP:
		return read_gfp(text, cmd, value);
	case SHADOW_CTL_KEY_HUGE:
		return read_huge(text, cmd, value);
	case SHADOW_CTL_KEY_FORCE:
		return read_map_flag(text, cmd, key, value, SHADOW_MAP_FORCE, true);
	case SHADOW_CTL_KEY_BLOCK:
		return read_map_flag(text, cmd, key, value, SHADOW_MAP_NO_BLOCK, false);
	case SHADOW_CTL_KEY_CONT:
		return read_map_flag(text, cmd, key, value, SHADOW_MAP_NO_CONT, false);
	case SHADOW_CTL_KEY_FOLD:
		return read_map_flag(text, cmd, key, value, SHADOW_MAP_NO_FOLD, false);
	case SHADOW_CTL_KEY_PFN:
		return shadow_ctl_read_number(text, cmd, "pfn=", value, 0, U64_MAX,
					      &cmd->pfn);
	case SHADOW_CTL_KEY_FLAGS:
		return shadow_ctl_read_flags(text, cmd, value);
	case SHADOW_CTL_KEY_PROBABILITY:
	case SHADOW_CTL_KEY_INTERVAL:
	case SHADOW_CTL_KEY_TIMES:
	case SHADOW_CTL_KEY_SPACE:
		return shadow_ctl_read_fail(text, cmd, key, value);
	case SHADOW_NR_CTL_KEYS:
		break;
	}
	return -EINVAL;
}

/* What a parameter's value means is for who checks all of them together. */
static int read_param(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		      const struct shadow_ctl_word *name, u64 *params)
{
	enum shadow_ctl_params allowed = shadow_ctl_info(cmd)->params;
	unsigned int id = shadow_ctl_word_param(name);

	if (id == SHADOW_NR_PARAMS)
		return shadow_ctl_refuse_word(text, cmd, "key", name,
					      "a parameter; config lists them");
	if (allowed == SHADOW_CTL_PARAMS_NOT_BLOCK &&
	    shadow_ctl_param_of_block(id))
		return shadow_ctl_refuse(text, -EPERM,
					 "%s: %s=: it stays what it is as long as the machine has its block; allowed: with create",
					 shadow_ctl_info(cmd)->name, shadow_param_table[id].name);
	if (*params & BIT_ULL(id))
		return shadow_ctl_refuse_word(text, cmd, "key", name, "each key once");
	*params |= BIT_ULL(id);
	return 0;
}

static int read_key(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		    const struct shadow_ctl_word *word, u64 *params)
{
	struct shadow_ctl_word name, value;
	unsigned int key;

	shadow_ctl_word_split(word, &name, &value);
	if (shadow_ctl_info(cmd)->params)
		return read_param(text, cmd, &name, params);
	for (key = 0; key < SHADOW_NR_CTL_KEYS; key++) {
		if (shadow_parse_is(name.at, name.len, keys[key]))
			break;
	}
	if (key == SHADOW_NR_CTL_KEYS || !(shadow_ctl_info(cmd)->keys & BIT(key)))
		return shadow_ctl_refuse_word(text, cmd, "key", &name, shadow_ctl_info(cmd)->usage);
	if (cmd->keys & BIT(key))
		return shadow_ctl_refuse_word(text, cmd, "key", &name,
					      "each key once");
	cmd->keys |= BIT(key);
	return read_key_value(text, cmd, key, &value);
}

/* ---------------------------------------------------------------- lines -- */

static int refuse_verb(struct shadow_ctl_text *text, const struct shadow_ctl_word *word)
{
	char quoted[SHADOW_QUOTE];
	unsigned int i;
	int len;

	shadow_parse_quote(quoted, word->at, word->len);
	shadow_ctl_refuse(text, -EINVAL, "unknown command '%s': allowed:", quoted);
	for (i = 0; i < SHADOW_NR_CTL_VERBS; i++) {
		len = strlen(text->why);
		scnprintf(text->why + len, sizeof(text->why) - len, "%s%s",
			  i ? ", " : " ", shadow_ctl_verbs[i].name);
	}
	return -EINVAL;
}

static int read_verb(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		     const struct shadow_ctl_word *word)
{
	unsigned int i;

	for (i = 0; i < SHADOW_NR_CTL_VERBS; i++) {
		if (!shadow_parse_is(word->at, word->len,
				     shadow_ctl_verbs[i].name))
			continue;
		cmd->verb = i;
		return 0;
	}
	return refuse_verb(text, word);
}

static bool arg_wanted(enum shadow_ctl_arg arg)
{
	return arg != SHADOW_CTL_ARG_NONE && arg != SHADOW_CTL_ARG_SAMPLES &&
	       arg != SHADOW_CTL_ARG_PHASE && arg != SHADOW_CTL_ARG_BYTES_LAST &&
	       arg != SHADOW_CTL_ARG_SET_MORE && arg != SHADOW_CTL_ARG_FRAMES &&
	       arg != SHADOW_CTL_ARG_HANDLE_MORE &&
	       arg != SHADOW_CTL_ARG_BREAK && arg != SHADOW_CTL_ARG_BREAK_WHERE &&
	       arg != SHADOW_CTL_ARG_NR_PAGES_LAST;
}

/* Frames are named in one of two ways */
static int check_frames(struct shadow_ctl_text *text,
			const struct shadow_ctl_cmd *cmd, bool id)
{
	bool pfn = cmd->keys & BIT(SHADOW_CTL_KEY_PFN);

	if (shadow_ctl_info(cmd)->arg[0] != SHADOW_CTL_ARG_FRAMES || id != pfn)
		return 0;
	return shadow_ctl_refuse(text, -EINVAL, "%s: %s: allowed: %s", shadow_ctl_info(cmd)->name,
				 id ? "ID and pfn= exclude each other" :
				      "an argument is missing", shadow_ctl_info(cmd)->usage);
}

static int read_words(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		      const char *line, const char *end)
{
	unsigned int nr_args = 0;
	struct shadow_ctl_word word;
	u64 params = 0;
	int len, err;

	shadow_ctl_word_next(line, end, &word);
	err = read_verb(text, cmd, &word);
	if (err)
		return err;
	cmd->given.at = word.at + word.len;
	while ((len = shadow_ctl_word_next(word.at + word.len, end, &word)) > 0 && !err) {
		if (word.equals)
			err = read_key(text, cmd, &word, &params);
		else if (nr_args < SHADOW_CTL_MAX_ARGS)
			err = shadow_ctl_read_arg(text, cmd, shadow_ctl_info(cmd)->arg[nr_args++],
						  &word);
		else
			err = shadow_ctl_read_arg(text, cmd, SHADOW_CTL_ARG_NONE, &word);
	}
	if (err)
		return err;
	if (len < 0)
		return shadow_ctl_refuse(text, len,
					 "%s: the quote in column %zu: allowed: another one that ends the word",
					 shadow_ctl_info(cmd)->name, word.equals + 2 - line);
	cmd->given.bytes = word.at - cmd->given.at;
	if (nr_args < SHADOW_CTL_MAX_ARGS &&
	    arg_wanted(shadow_ctl_info(cmd)->arg[nr_args]))
		return shadow_ctl_refuse(text, -EINVAL,
					 "%s: an argument is missing: allowed: %s",
					 shadow_ctl_info(cmd)->name, shadow_ctl_info(cmd)->usage);
	err = check_frames(text, cmd, nr_args);
	if (!err)
		err = shadow_ctl_check_fail(text, cmd);
	if (err)
		return err;
	return cmd->keys & BIT(SHADOW_CTL_KEY_GFP) ? check_gfp(text, cmd) : 0;
}

static int check_bytes(struct shadow_ctl_text *text, const char *at, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = at[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return shadow_ctl_refuse(text, -EINVAL,
						 "byte 0x%02x in column %zu: allowed: printable characters",
						 c, i + 1);
	}
	return 0;
}

/**
 * shadow_ctl_text_init() - begin to read a batch
 * @text: filled
 * @at: the batch; it stays where it is as long as @text is used
 * @bytes: its length
 *
 * Context: any.
 */
void shadow_ctl_text_init(struct shadow_ctl_text *text, const char *at,
			  size_t bytes)
{
	text->at = at;
	text->bytes = bytes;
	text->line = 0;
	text->why[0] = '\0';
}

/**
 * shadow_ctl_next() - read on to the next command
 * @text: the batch that is being read; @text->why says why a line is refused
 * @cmd: filled where 1 is returned, else undefined; it points into the batch
 *
 * Empty lines and comments, from a '#' that begins a word to the line's end,
 * are skipped. The last line needs no newline.
 *
 * Context: any; does not sleep.
 * Return: 1 where there is a command; 0 at the end; -EINVAL where the line
 * @text->line is no command; -ERANGE where it asks for too much; -EPERM where
 * it would change what stays; -EOPNOTSUPP where it names what there is not
 * here.
 */
int shadow_ctl_next(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd)
{
	const char *at, *end;
	struct shadow_ctl_word word;
	size_t len;
	int err;

	while (text->bytes) {
		at = text->at;
		end = memchr(at, '\n', text->bytes);
		len = end ? end - at : text->bytes;
		text->at += len + (end ? 1 : 0);
		text->bytes -= len + (end ? 1 : 0);
		text->line++;
		err = check_bytes(text, at, len);
		if (err)
			return err;
		if (!shadow_ctl_word_next(at, at + len, &word))
			continue;
		memset(cmd, 0, sizeof(*cmd));
		cmd->line = text->line;
		cmd->count = 1;
		cmd->phase = SHADOW_NR_PHASES;
		cmd->fail.interval = 1;
		cmd->fail.times = 1;
		err = read_words(text, cmd, at, at + len);
		return err ? err : 1;
	}
	return 0;
}
