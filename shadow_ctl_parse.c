// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ctl_parse - one line of the ctl language, read strictly. See
 * shadow_ctl.h.
 *
 * Pure: the same text gives the same command or the same refusal. So a batch is
 * read twice, once to see that all of it is right and once to run it, and needs
 * no memory.
 */
#include "shadow_ctl.h"
#include "shadow_params.h"
#include "shadow_parse.h"
#include "shadow_pgtable.h"

#define MAX_WORDS	12	/* of one line; no command has as many */
#define MAX_ARGS	4

/* A piece of the line. */
struct word {
	const char *at;
	size_t len;
};

/* What a command's argument is. */
enum arg {
	ARG_NONE,
	ARG_ORDER,
	ARG_KMALLOC_BYTES,
	ARG_VMALLOC_BYTES,
	ARG_HANDLE,
	ARG_VA,
	ARG_PA,
	ARG_NR_PAGES,
	ARG_PROT,
	ARG_SAMPLES,	/* may be left out */
	ARG_SET_KEY,
	ARG_SET_VALUE,
};

#define KEY(key)	BIT(SHADOW_CTL_KEY_##key)

struct verb {
	const char *name;
	const char *usage;
	enum arg arg[MAX_ARGS];
	u32 keys;
};

static const struct verb verbs[SHADOW_NR_CTL_VERBS] = {
	[SHADOW_CTL_ALLOC_PAGES] = {
		.name = "alloc_pages",
		.usage =
		"alloc_pages ORDER [zone=DMA|DMA32|NORMAL|HIGHMEM|MOVABLE] [count=N] [as=NAME] [cpu=N]",
		.arg = { ARG_ORDER },
		.keys = KEY(ZONE) | KEY(COUNT) | KEY(AS) | KEY(CPU),
	},
	[SHADOW_CTL_FREE_PAGES] = {
		.name = "free_pages",
		.usage = "free_pages ID",
		.arg = { ARG_HANDLE },
	},
	[SHADOW_CTL_KMALLOC] = {
		.name = "kmalloc",
		.usage = "kmalloc BYTES [count=N] [as=NAME]",
		.arg = { ARG_KMALLOC_BYTES },
		.keys = KEY(COUNT) | KEY(AS),
	},
	[SHADOW_CTL_KFREE] = {
		.name = "kfree",
		.usage = "kfree ID",
		.arg = { ARG_HANDLE },
	},
	[SHADOW_CTL_VMALLOC] = {
		.name = "vmalloc",
		.usage = "vmalloc BYTES [as=NAME]",
		.arg = { ARG_VMALLOC_BYTES },
		.keys = KEY(AS),
	},
	[SHADOW_CTL_VFREE] = {
		.name = "vfree",
		.usage = "vfree ID",
		.arg = { ARG_HANDLE },
	},
	[SHADOW_CTL_MAP] = {
		.name = "map",
		.usage = "map VA PA NR_PAGES PROT",
		.arg = { ARG_VA, ARG_PA, ARG_NR_PAGES, ARG_PROT },
	},
	[SHADOW_CTL_UNMAP] = {
		.name = "unmap",
		.usage = "unmap VA NR_PAGES",
		.arg = { ARG_VA, ARG_NR_PAGES },
	},
	[SHADOW_CTL_DRAIN] = {
		.name = "drain",
		.usage = "drain",
	},
	[SHADOW_CTL_MMU_CHECK] = {
		.name = "mmu_check",
		.usage = "mmu_check [N] [seed=SEED]",
		.arg = { ARG_SAMPLES },
		.keys = KEY(SEED),
	},
	[SHADOW_CTL_SET_COUNTERS] = {
		.name = "set",
		.usage = "set counters on|off",
		.arg = { ARG_SET_KEY, ARG_SET_VALUE },
	},
	[SHADOW_CTL_RESET] = {
		.name = "reset",
		.usage = "reset",
	},
};

/* What each command means, for those who read ctl. */
static const char *const meanings[SHADOW_NR_CTL_VERBS] = {
	[SHADOW_CTL_ALLOC_PAGES] =
		"take COUNT blocks of 2^ORDER pages, all or none, under one id; with zone= from that zone alone",
	[SHADOW_CTL_FREE_PAGES] = "give them back",
	[SHADOW_CTL_KMALLOC] =
		"take COUNT objects of BYTES (K, M), all or none, under one id",
	[SHADOW_CTL_KFREE] = "give them back",
	[SHADOW_CTL_VMALLOC] = "take BYTES (K, M, G), contiguous by VA alone",
	[SHADOW_CTL_VFREE] = "give them back",
	[SHADOW_CTL_MAP] =
		"map pages where nothing is; PROT: PAGE_KERNEL, PAGE_KERNEL_RO, ... or letters of rwxu, then ,dev or ,nc",
	[SHADOW_CTL_UNMAP] = "take away what map made, no more and no less",
	[SHADOW_CTL_DRAIN] = "empty the per-CPU lists into the buddy",
	[SHADOW_CTL_MMU_CHECK] =
		"let the CPU judge the tables, on N random pages (1 to 100000; without: as at boot), chosen by SEED",
	[SHADOW_CTL_SET_COUNTERS] = "count events (vmstat), or stop counting",
	[SHADOW_CTL_RESET] = "boot the machine again; all ids are gone",
};

static const char *const keys[SHADOW_NR_CTL_KEYS] = {
	[SHADOW_CTL_KEY_ZONE]	= "zone",
	[SHADOW_CTL_KEY_COUNT]	= "count",
	[SHADOW_CTL_KEY_AS]	= "as",
	[SHADOW_CTL_KEY_CPU]	= "cpu",
	[SHADOW_CTL_KEY_SEED]	= "seed",
};

/* Commands and keys of the language whose layers are not complete. */
static const char *const later_verbs[] = {
	"create", "destroy", "step", "continue", "memblock_add",
	"memblock_remove", "memblock_reserve", "memblock_free", "early_alloc",
	"early_ioremap", "early_iounmap", "krealloc", "cache_create",
	"cache_alloc", "cache_free", "cache_shrink", "cache_destroy", "kmap",
	"kunmap", "mark", "fail", "break", "compare",
};

static const struct {
	enum shadow_ctl_verb verb;
	const char *key;
} later_keys[] = {
	{ SHADOW_CTL_ALLOC_PAGES, "gfp" },
	{ SHADOW_CTL_ALLOC_PAGES, "node" },
	{ SHADOW_CTL_KMALLOC, "gfp" },
	{ SHADOW_CTL_KMALLOC, "node" },
	{ SHADOW_CTL_VMALLOC, "count" },
	{ SHADOW_CTL_VMALLOC, "gfp" },
	{ SHADOW_CTL_VMALLOC, "node" },
};

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
		       const struct word *word, const char *allowed)
{
	char quoted[SHADOW_QUOTE];

	return refuse(text, -EINVAL, "%s: %s '%s': allowed: %s",
		      verbs[cmd->verb].name, what,
		      shadow_parse_quote(quoted, word->at, word->len), allowed);
}

/* ------------------------------------------------------------ arguments -- */

static int read_bounded(struct shadow_ctl_text *text,
			const struct shadow_ctl_cmd *cmd, const char *what,
			const struct word *word, u64 min, u64 max, u64 *number)
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
			  const struct word *word, u32 min, u32 max,
			  u32 *number)
{
	u64 wide = 0;
	int err = read_bounded(text, cmd, what, word, min, max, &wide);

	*number = wide;
	return err;
}

static int read_bytes(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		      const struct word *word, u64 min)
{
	if (!shadow_parse_bytes(word->at, word->len, &cmd->bytes) &&
	    cmd->bytes >= min && cmd->bytes <= S64_MAX)
		return 0;
	return refuse_word(text, cmd, "BYTES", word, min ?
			   "a number of bytes from 1, with K, M, G or T behind it or not" :
			   "a number of bytes, with K, M, G or T behind it or not");
}

/**
 * shadow_ctl_name_ok() - may a handle be called this?
 * @name: the name
 * @len: its length in bytes
 *
 * Context: any.
 * Return: true if it is `[a-z][a-z0-9_]{0,15}` and not `main`, which is the
 * first machine.
 */
bool shadow_ctl_name_ok(const char *name, size_t len)
{
	size_t i;

	if (len == 0 || len > SHADOW_CTL_NAME || shadow_parse_is(name, len, "main"))
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
		     const char *what, const struct word *word, char *name)
{
	if (!shadow_ctl_name_ok(word->at, word->len))
		return refuse_word(text, cmd, what, word,
				   "a letter of a-z and up to 15 of a-z, 0-9 and _, not main");
	memcpy(name, word->at, word->len);
	name[word->len] = '\0';
	return 0;
}

static int read_handle(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		       const struct word *word)
{
	if (word->at[0] < '0' || word->at[0] > '9')
		return read_name(text, cmd, "ID", word, cmd->handle_name);
	return read_bounded(text, cmd, "ID", word, 1, U64_MAX, &cmd->handle);
}

static int read_prot(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		     const struct word *word)
{
	char name[32];

	if (word->len < sizeof(name)) {
		memcpy(name, word->at, word->len);
		name[word->len] = '\0';
		if (!shadow_prot_parse(name, &cmd->prot))
			return 0;
	}
	return refuse_word(text, cmd, "PROT", word,
			   "PAGE_KERNEL, PAGE_KERNEL_RO, ... or letters of rwxu, then ,dev or ,nc");
}

/* set KEY VALUE: a key that is a parameter is a word of the language, too. */
static int read_set_key(struct shadow_ctl_text *text,
			struct shadow_ctl_cmd *cmd, const struct word *word)
{
	unsigned int id;

	if (shadow_parse_is(word->at, word->len, "counters"))
		return 0;
	for (id = 0; id < SHADOW_NR_PARAMS; id++) {
		if (shadow_parse_is(word->at, word->len,
				    shadow_param_table[id].name))
			return refuse(text, -EOPNOTSUPP,
				      "set: KEY '%s': not supported yet; allowed: counters",
				      shadow_param_table[id].name);
	}
	return refuse_word(text, cmd, "KEY", word, "counters");
}

/* A number that is one, only too large, is out of range. */
static int read_samples(struct shadow_ctl_text *text,
			struct shadow_ctl_cmd *cmd, const struct word *word)
{
	int number = shadow_parse_number(word->at, word->len, &cmd->samples);
	int err = read_bounded(text, cmd, "N", word, 1, SHADOW_CTL_MAX_SAMPLES,
			       &cmd->samples);

	if (err && (number == -ERANGE || cmd->samples > SHADOW_CTL_MAX_SAMPLES))
		return -ERANGE;
	return err;
}

static int read_arg(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		    enum arg arg, const struct word *word)
{
	switch (arg) {
	case ARG_ORDER:
		return read_bounded32(text, cmd, "ORDER", word, 0,
				      SHADOW_MAX_ORDER, &cmd->order);
	case ARG_KMALLOC_BYTES:
		return read_bytes(text, cmd, word, 0);
	case ARG_VMALLOC_BYTES:
		return read_bytes(text, cmd, word, 1);
	case ARG_HANDLE:
		return read_handle(text, cmd, word);
	case ARG_VA:
		return read_bounded(text, cmd, "VA", word, 0, U64_MAX, &cmd->va);
	case ARG_PA:
		return read_bounded(text, cmd, "PA", word, 0, U64_MAX, &cmd->pa);
	case ARG_NR_PAGES:
		return read_bounded(text, cmd, "NR_PAGES", word, 1, U32_MAX,
				    &cmd->nr_pages);
	case ARG_PROT:
		return read_prot(text, cmd, word);
	case ARG_SAMPLES:
		return read_samples(text, cmd, word);
	case ARG_SET_KEY:
		return read_set_key(text, cmd, word);
	case ARG_SET_VALUE:
		if (!shadow_parse_switch(word->at, word->len, &cmd->on))
			return 0;
		return refuse_word(text, cmd, "VALUE", word, "on, off");
	case ARG_NONE:
		break;
	}
	return refuse_word(text, cmd, "argument", word, verbs[cmd->verb].usage);
}

/* ----------------------------------------------------------------- keys -- */

static bool same_word(const struct word *word, const char *name)
{
	return strlen(name) == word->len &&
	       strncasecmp(word->at, name, word->len) == 0;
}

static int read_zone(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		     const struct word *word)
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

static int read_key_value(struct shadow_ctl_text *text,
			  struct shadow_ctl_cmd *cmd, enum shadow_ctl_key key,
			  const struct word *value)
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
	case SHADOW_NR_CTL_KEYS:
		break;
	}
	return -EINVAL;
}

static int refuse_key(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		      const struct word *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(later_keys); i++) {
		if (later_keys[i].verb == cmd->verb &&
		    shadow_parse_is(name->at, name->len, later_keys[i].key))
			return refuse(text, -EOPNOTSUPP,
				      "%s: %s=: not supported yet; allowed: %s",
				      verbs[cmd->verb].name, later_keys[i].key,
				      verbs[cmd->verb].usage);
	}
	return refuse_word(text, cmd, "key", name, verbs[cmd->verb].usage);
}

/* KEY=VALUE, with @equals pointing to the sign between them. */
static int read_key(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		    const struct word *word, const char *equals)
{
	struct word name = { word->at, equals - word->at };
	struct word value = { equals + 1, word->len - name.len - 1 };
	unsigned int key;

	for (key = 0; key < SHADOW_NR_CTL_KEYS; key++) {
		if (shadow_parse_is(name.at, name.len, keys[key]))
			break;
	}
	if (key == SHADOW_NR_CTL_KEYS || !(verbs[cmd->verb].keys & BIT(key)))
		return refuse_key(text, cmd, &name);
	if (cmd->keys & BIT(key))
		return refuse_word(text, cmd, "key", &name,
				   "each key once");
	cmd->keys |= BIT(key);
	return read_key_value(text, cmd, key, &value);
}

/* ---------------------------------------------------------------- lines -- */

static int read_verb(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		     const struct word *word)
{
	char quoted[SHADOW_QUOTE];
	unsigned int i;

	for (i = 0; i < SHADOW_NR_CTL_VERBS; i++) {
		if (!shadow_parse_is(word->at, word->len, verbs[i].name))
			continue;
		cmd->verb = i;
		return 0;
	}
	shadow_parse_quote(quoted, word->at, word->len);
	for (i = 0; i < ARRAY_SIZE(later_verbs); i++) {
		if (shadow_parse_is(word->at, word->len, later_verbs[i]))
			return refuse(text, -EOPNOTSUPP,
				      "%s: not supported yet", quoted);
	}
	return refuse(text, -EINVAL,
		      "unknown command '%s': allowed: alloc_pages, free_pages, kmalloc, kfree, vmalloc, vfree, map, unmap, drain, mmu_check, set, reset",
		      quoted);
}

static bool arg_wanted(enum arg arg)
{
	return arg != ARG_NONE && arg != ARG_SAMPLES;
}

static int read_words(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		      const struct word *word, unsigned int nr)
{
	unsigned int i, nr_args = 0;
	const char *equals;
	int err = read_verb(text, cmd, &word[0]);

	for (i = 1; i < nr && !err; i++) {
		equals = memchr(word[i].at, '=', word[i].len);
		if (equals)
			err = read_key(text, cmd, &word[i], equals);
		else if (nr_args < MAX_ARGS)
			err = read_arg(text, cmd,
				       verbs[cmd->verb].arg[nr_args++],
				       &word[i]);
		else
			err = read_arg(text, cmd, ARG_NONE, &word[i]);
	}
	if (err)
		return err;
	if (nr_args < MAX_ARGS && arg_wanted(verbs[cmd->verb].arg[nr_args]))
		return refuse(text, -EINVAL,
			      "%s: an argument is missing: allowed: %s",
			      verbs[cmd->verb].name, verbs[cmd->verb].usage);
	return 0;
}

/* The words of a line up to a '#'; their number, or why there is none. */
static int split(struct shadow_ctl_text *text, const char *at, size_t len,
		 struct word *word)
{
	unsigned int nr = 0;
	bool inside = false;
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = at[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return refuse(text, -EINVAL,
				      "byte 0x%02x in column %zu: allowed: printable characters",
				      c, i + 1);
	}
	for (i = 0; i < len; i++) {
		if (at[i] == ' ' || at[i] == '\t') {
			inside = false;
			continue;
		}
		if (!inside) {
			if (at[i] == '#')
				break;
			if (nr == MAX_WORDS)
				return refuse(text, -EINVAL,
					      "allowed: up to %u words",
					      MAX_WORDS);
			word[nr].at = at + i;
			word[nr++].len = 0;
			inside = true;
		}
		word[nr - 1].len++;
	}
	return nr;
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
 * @cmd: filled where 1 is returned, else undefined
 *
 * Empty lines and comments, from a '#' that begins a word to the line's end,
 * are skipped. The last line needs no newline.
 *
 * Context: any; does not sleep.
 * Return: 1 where there is a command; 0 at the end; -EINVAL where the line
 * @text->line is no command; -ERANGE where it asks for too much; -EOPNOTSUPP
 * where it is one whose layer is not complete.
 */
int shadow_ctl_next(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd)
{
	struct word word[MAX_WORDS];
	const char *at, *end;
	size_t len;
	int nr, err;

	while (text->bytes) {
		at = text->at;
		end = memchr(at, '\n', text->bytes);
		len = end ? end - at : text->bytes;
		text->at += len + (end ? 1 : 0);
		text->bytes -= len + (end ? 1 : 0);
		text->line++;
		nr = split(text, at, len, word);
		if (nr < 0)
			return nr;
		if (nr == 0)
			continue;
		memset(cmd, 0, sizeof(*cmd));
		cmd->line = text->line;
		cmd->count = 1;
		err = read_words(text, cmd, word, nr);
		return err ? err : 1;
	}
	return 0;
}

/**
 * shadow_ctl_grammar() - how a command is written
 * @verb: which one, 0 to SHADOW_NR_CTL_VERBS - 1
 *
 * Context: any.
 * Return: the command, its arguments and its keys.
 */
const char *shadow_ctl_grammar(enum shadow_ctl_verb verb)
{
	return verbs[verb].usage;
}

/**
 * shadow_ctl_meaning() - what a command does
 * @verb: which one, 0 to SHADOW_NR_CTL_VERBS - 1
 *
 * Context: any.
 * Return: one line.
 */
const char *shadow_ctl_meaning(enum shadow_ctl_verb verb)
{
	return meanings[verb];
}
