// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ctl_parse - one line of the ctl language, read strictly. See
 * shadow_ctl.h.
 *
 * Pure: the same text gives the same command or the same refusal. So a batch is
 * read twice, once to see that all of it is right and once to run it, and needs
 * no memory.
 */
#include "shadow_ctl_set.h"
#include "shadow_ctl_verb.h"
#include "shadow_ctl_word.h"
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
};

static const struct shadow_ctl_verb_info *info_of(const struct shadow_ctl_cmd *cmd)
{
	return &shadow_ctl_verbs[cmd->verb];
}

/* ------------------------------------------------------------- refusing -- */

static __printf(3, 4)
int refuse(struct shadow_ctl_text *text, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(text->why, sizeof(text->why), fmt, args);
	va_end(args);
	return err;
}

/* "kmalloc: BYTES '3Q': allowed: ..." */
static int refuse_word(struct shadow_ctl_text *text,
		       const struct shadow_ctl_cmd *cmd, const char *what,
		       const struct shadow_ctl_word *word, const char *allowed)
{
	char quoted[SHADOW_QUOTE];

	return refuse(text, -EINVAL, "%s: %s '%s': allowed: %s",
		      info_of(cmd)->name, what,
		      shadow_parse_quote(quoted, word->at, word->len), allowed);
}

/* ------------------------------------------------------------ arguments -- */

static int read_bounded(struct shadow_ctl_text *text,
			const struct shadow_ctl_cmd *cmd, const char *what,
			const struct shadow_ctl_word *word, u64 min, u64 max, u64 *number)
{
	char allowed[64];

	if (!shadow_parse_number(word->at, word->len, number) &&
	    *number >= min && *number <= max)
		return 0;
	snprintf(allowed, sizeof(allowed), "a number from %llu to %llu", min,
		 max);
	return refuse_word(text, cmd, what, word, allowed);
}

static int read_bounded32(struct shadow_ctl_text *text,
			  const struct shadow_ctl_cmd *cmd, const char *what,
			  const struct shadow_ctl_word *word, u32 min, u32 max,
			  u32 *number)
{
	u64 wide = 0;
	int err = read_bounded(text, cmd, what, word, min, max, &wide);

	*number = wide;
	return err;
}

static int read_bytes(struct shadow_ctl_text *text,
		      const struct shadow_ctl_cmd *cmd, const char *what,
		      const struct shadow_ctl_word *word, u64 min, u64 *bytes)
{
	if (!shadow_parse_bytes(word->at, word->len, bytes) && *bytes >= min &&
	    *bytes <= S64_MAX)
		return 0;
	return refuse_word(text, cmd, what, word, min ?
			   "a number of bytes from 1 to 2^63-1, with K, M, G or T or without" :
			   "a number of bytes, with K, M, G or T behind it or not");
}

/* An address, which may be written as memory sizes are: 1G. */
static int read_address(struct shadow_ctl_text *text,
			const struct shadow_ctl_cmd *cmd, const char *what,
			const struct shadow_ctl_word *word, u64 *pa)
{
	if (!shadow_parse_bytes(word->at, word->len, pa))
		return 0;
	return refuse_word(text, cmd, what, word,
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

static int read_name(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		     const char *what, const struct shadow_ctl_word *word, char *name)
{
	if (!shadow_ctl_name_ok(word->at, word->len))
		return refuse_word(text, cmd, what, word,
				   "a letter of a-z and up to 15 of a-z, 0-9 and _, not main or host");
	memcpy(name, word->at, word->len);
	name[word->len] = '\0';
	return 0;
}

static int read_id(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		   const struct shadow_ctl_word *word, u64 *id, char *name)
{
	if (word->at[0] < '0' || word->at[0] > '9')
		return read_name(text, cmd, "ID", word, name);
	return read_bounded(text, cmd, "ID", word, 1, U64_MAX, id);
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
	return refuse_word(text, cmd, "PROT", word, SHADOW_CTL_PROTS);
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
		return refuse_word(text, cmd, "KEY", word, allowed);
	return refuse(text, -EOPNOTSUPP, "set: KEY '%s': %s; allowed: %s",
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
	refuse_word(text, cmd, what, word, info->allowed);
	return err;
}

/* A number that is one, only too large, is out of range. */
static int read_size(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		     const char *what, const struct shadow_ctl_word *word,
		     enum shadow_mmu_size which)
{
	u64 size = 0;
	int number = shadow_parse_number(word->at, word->len, &size);
	int err = read_bounded(text, cmd, what, word, shadow_mmu_sizes[which].min,
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
	return refuse_word(text, cmd, "VA", word,
			   "all, or a number from 0 to 18446744073709551615");
}

static int read_nr_pages_last(struct shadow_ctl_text *text,
			      struct shadow_ctl_cmd *cmd,
			      const struct shadow_ctl_word *word)
{
	if (!cmd->nr_pages)
		return refuse_word(text, cmd, "NR_PAGES", word, "none after all");
	return read_bounded(text, cmd, "NR_PAGES", word, 1, U32_MAX,
			    &cmd->nr_pages);
}

static int read_phase(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		      const struct shadow_ctl_word *word)
{
	cmd->phase = shadow_phase_find(word->at, word->len);
	if (cmd->phase != SHADOW_NR_PHASES)
		return 0;
	return refuse_word(text, cmd, "PHASE", word,
			   "a phase of the boot; boot lists them");
}

static int read_arg(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		    enum shadow_ctl_arg arg, const struct shadow_ctl_word *word)
{
	switch (arg) {
	case SHADOW_CTL_ARG_ORDER:
		return read_bounded32(text, cmd, "ORDER", word, 0,
				      SHADOW_MAX_ORDER, &cmd->order);
	case SHADOW_CTL_ARG_BYTES_OR_NONE:
		return read_bytes(text, cmd, "BYTES", word, 0, &cmd->bytes);
	case SHADOW_CTL_ARG_BYTES:
	case SHADOW_CTL_ARG_BYTES_LAST:
		return read_bytes(text, cmd, "BYTES", word, 1, &cmd->bytes);
	case SHADOW_CTL_ARG_COUNT:
		return read_bounded32(text, cmd, "N", word, 1,
				      SHADOW_CTL_MAX_COUNT, &cmd->count);
	case SHADOW_CTL_ARG_HANDLE:
	case SHADOW_CTL_ARG_FRAMES:
		return read_handle(text, cmd, word);
	case SHADOW_CTL_ARG_HANDLE_MORE:
		return read_more(text, cmd, word);
	case SHADOW_CTL_ARG_VA:
		return read_bounded(text, cmd, "VA", word, 0, U64_MAX, &cmd->va);
	case SHADOW_CTL_ARG_PA:
		return read_bounded(text, cmd, "PA", word, 0, U64_MAX, &cmd->pa);
	case SHADOW_CTL_ARG_BASE:
		return read_address(text, cmd, "BASE", word, &cmd->pa);
	case SHADOW_CTL_ARG_NR_PAGES:
		return read_bounded(text, cmd, "NR_PAGES", word, 1, U32_MAX,
				    &cmd->nr_pages);
	case SHADOW_CTL_ARG_VA_OR_ALL:
		return read_va_or_all(text, cmd, word);
	case SHADOW_CTL_ARG_NR_PAGES_LAST:
		return read_nr_pages_last(text, cmd, word);
	case SHADOW_CTL_ARG_PROT:
		return read_prot(text, cmd, word);
	case SHADOW_CTL_ARG_SAMPLES:
		return read_size(text, cmd, "N", word, SHADOW_MMU_MAPPED);
	case SHADOW_CTL_ARG_PHASE:
		return read_phase(text, cmd, word);
	case SHADOW_CTL_ARG_MACHINE:
		return read_name(text, cmd, "NAME", word, cmd->machine);
	case SHADOW_CTL_ARG_SET_KEY:
		return read_set_key(text, cmd, word);
	case SHADOW_CTL_ARG_SET_VALUE:
	case SHADOW_CTL_ARG_SET_MORE:
		return read_set_value(text, cmd, word);
	case SHADOW_CTL_ARG_NONE:
		break;
	}
	return refuse_word(text, cmd, "argument", word, info_of(cmd)->usage);
}

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
	return refuse_word(text, cmd, "zone=", word,
			   "DMA, DMA32, NORMAL, HIGHMEM, MOVABLE");
}

static int read_align(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		      const struct shadow_ctl_word *word)
{
	if (!shadow_parse_bytes(word->at, word->len, &cmd->align) &&
	    is_power_of_2(cmd->align))
		return 0;
	return refuse_word(text, cmd, "align=", word, "a power of two");
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
			return refuse_word(text, cmd, "gfp=", &flag, allowed);
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
	return refuse_word(text, cmd, "huge=", word, "on, off");
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
	return refuse(text, -EINVAL,
		      "%s: gfp=: its flags exclude each other: allowed: %s",
		      info_of(cmd)->name, allowed);
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
	return refuse_word(text, cmd, what, word, "on, off");
}

static int read_key_value(struct shadow_ctl_text *text,
			  struct shadow_ctl_cmd *cmd, enum shadow_ctl_key key,
			  const struct shadow_ctl_word *value)
{
	switch (key) {
	case SHADOW_CTL_KEY_ZONE:
		return read_zone(text, cmd, value);
	case SHADOW_CTL_KEY_COUNT:
		return read_bounded32(text, cmd, "count=", value, 1,
				      SHADOW_CTL_MAX_COUNT, &cmd->count);
	case SHADOW_CTL_KEY_AS:
		return read_name(text, cmd, "as=", value, cmd->as);
	case SHADOW_CTL_KEY_CPU:
		return read_bounded32(text, cmd, "cpu=", value, 0, U32_MAX,
				      &cmd->cpu);
	case SHADOW_CTL_KEY_SEED:
		return read_bounded(text, cmd, "seed=", value, 0, U64_MAX,
				    &cmd->seed);
	case SHADOW_CTL_KEY_LOADS:
		return read_size(text, cmd, "loads=", value, SHADOW_MMU_LOADS);
	case SHADOW_CTL_KEY_UNMAPPED:
		return read_size(text, cmd, "unmapped=", value, SHADOW_MMU_UNMAPPED);
	case SHADOW_CTL_KEY_HOST:
		return read_size(text, cmd, "host=", value, SHADOW_MMU_HOST);
	case SHADOW_CTL_KEY_ALIGN:
		return read_align(text, cmd, value);
	case SHADOW_CTL_KEY_MIN:
		return read_address(text, cmd, "min=", value, &cmd->min);
	case SHADOW_CTL_KEY_MAX:
		return read_address(text, cmd, "max=", value, &cmd->max);
	case SHADOW_CTL_KEY_NODE:
		return read_bounded32(text, cmd, "node=", value, 0,
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
		return read_bounded(text, cmd, "pfn=", value, 0, U64_MAX,
				    &cmd->pfn);
	case SHADOW_NR_CTL_KEYS:
		break;
	}
	return -EINVAL;
}

/* What a parameter's value means is for who checks all of them together. */
static int read_param(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		      const struct shadow_ctl_word *name, u64 *params)
{
	enum shadow_ctl_params allowed = info_of(cmd)->params;
	unsigned int id = shadow_ctl_word_param(name);

	if (id == SHADOW_NR_PARAMS)
		return refuse_word(text, cmd, "key", name,
				   "a parameter; config lists them");
	if (allowed == SHADOW_CTL_PARAMS_NOT_BLOCK &&
	    shadow_ctl_param_of_block(id))
		return refuse(text, -EPERM,
			      "%s: %s=: it stays what it is as long as the machine has its block; allowed: with create",
			      info_of(cmd)->name, shadow_param_table[id].name);
	if (*params & BIT_ULL(id))
		return refuse_word(text, cmd, "key", name, "each key once");
	*params |= BIT_ULL(id);
	return 0;
}

static int read_key(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		    const struct shadow_ctl_word *word, u64 *params)
{
	struct shadow_ctl_word name, value;
	unsigned int key;

	shadow_ctl_word_split(word, &name, &value);
	if (info_of(cmd)->params)
		return read_param(text, cmd, &name, params);
	for (key = 0; key < SHADOW_NR_CTL_KEYS; key++) {
		if (shadow_parse_is(name.at, name.len, keys[key]))
			break;
	}
	if (key == SHADOW_NR_CTL_KEYS || !(info_of(cmd)->keys & BIT(key)))
		return refuse_word(text, cmd, "key", &name, info_of(cmd)->usage);
	if (cmd->keys & BIT(key))
		return refuse_word(text, cmd, "key", &name,
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
	if (shadow_ctl_verb_later(word->at, word->len))
		return refuse(text, -EOPNOTSUPP, "%s: not supported yet", quoted);
	refuse(text, -EINVAL, "unknown command '%s': allowed:", quoted);
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
	       arg != SHADOW_CTL_ARG_NR_PAGES_LAST;
}

/* Frames are named in one of two ways */
static int check_frames(struct shadow_ctl_text *text,
			const struct shadow_ctl_cmd *cmd, bool id)
{
	bool pfn = cmd->keys & BIT(SHADOW_CTL_KEY_PFN);

	if (info_of(cmd)->arg[0] != SHADOW_CTL_ARG_FRAMES || id != pfn)
		return 0;
	return refuse(text, -EINVAL, "%s: %s: allowed: %s", info_of(cmd)->name,
		      id ? "ID and pfn= exclude each other" :
			   "an argument is missing", info_of(cmd)->usage);
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
			err = read_arg(text, cmd, info_of(cmd)->arg[nr_args++],
				       &word);
		else
			err = read_arg(text, cmd, SHADOW_CTL_ARG_NONE, &word);
	}
	if (err)
		return err;
	if (len < 0)
		return refuse(text, len,
			      "%s: the quote in column %zu: allowed: another one that ends the word",
			      info_of(cmd)->name, word.equals + 2 - line);
	cmd->given.bytes = word.at - cmd->given.at;
	if (nr_args < SHADOW_CTL_MAX_ARGS &&
	    arg_wanted(info_of(cmd)->arg[nr_args]))
		return refuse(text, -EINVAL,
			      "%s: an argument is missing: allowed: %s",
			      info_of(cmd)->name, info_of(cmd)->usage);
	err = check_frames(text, cmd, nr_args);
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
			return refuse(text, -EINVAL,
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
 * it would change what stays; -EOPNOTSUPP where it is one whose layer is not
 * complete.
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
		err = read_words(text, cmd, at, at + len);
		return err ? err : 1;
	}
	return 0;
}
