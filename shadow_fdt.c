// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_fdt - is this a flattened device tree that a parser may believe? See
 * shadow_fdt.h.
 */
#include "shadow_fdt.h"
#include "shadow_parse.h"

/* Offsets of the header's fields, 4 bytes each */
enum {
	AT_MAGIC		= 0,
	AT_TOTALSIZE		= 4,
	AT_OFF_STRUCT		= 8,
	AT_OFF_STRINGS		= 12,
	AT_OFF_MEMRESERVE	= 16,
	AT_VERSION		= 20,
	AT_LAST_COMP_VERSION	= 24,
	AT_SIZE_STRINGS		= 32,
	AT_SIZE_STRUCT		= 36,	/* since version 17 */
};

#define HEADER_BYTES_16		36
#define HEADER_BYTES_17		40
#define BLOB_ALIGN		8
#define MEMRESERVE_ALIGN	8
#define MEMRESERVE_BYTES	16
#define TOKEN_BYTES		4
/* Token, length of the value, offset of the name */
#define PROP_BYTES		12

/**
 * struct checker - a blob that is being checked
 * @blob: the blob
 * @bytes: its length
 * @info: what is known of it
 * @why: where the refusal goes
 * @why_bytes: how much room there is
 * @struct_end: offset where the structure block ends, as the header says
 * @open: nodes that have begun and not ended
 * @node: offsets of their tokens, from the root
 * @has_child: bit d: the open node of depth d had a child, so that its
 *	properties are over
 */
struct checker {
	const u8 *blob;
	u32 bytes;
	struct shadow_fdt_info *info;
	char *why;
	size_t why_bytes;
	u32 struct_end;
	u32 open;
	u32 node[SHADOW_FDT_MAX_DEPTH + 1];
	u64 has_child;
};

/* Nothing says that a field is where the host could load it at once. */
static u32 load32(const u8 *blob, u32 at)
{
	return (u32)blob[at] << 24 | (u32)blob[at + 1] << 16 |
	       (u32)blob[at + 2] << 8 | blob[at + 3];
}

static u64 load64(const u8 *blob, u32 at)
{
	return (u64)load32(blob, at) << 32 | load32(blob, at + 4);
}

static __printf(4, 5)
int refuse(struct checker *c, u32 at, const char *what, const char *fmt, ...)
{
	va_list args;
	int nr;

	nr = scnprintf(c->why, c->why_bytes, "offset 0x%x, %s: ", at, what);
	va_start(args, fmt);
	vscnprintf(c->why + nr, c->why_bytes - nr, fmt, args);
	va_end(args);
	return -EINVAL;
}

/* Of the token at @at, in the innermost open node. */
static int refuse_token(struct checker *c, u32 at, const char *what,
			const char *wrong)
{
	const char *name = "", *quoted;
	char text[SHADOW_QUOTE];

	if (c->open)
		name = (const char *)c->blob + c->node[c->open - 1] +
		       TOKEN_BYTES;
	quoted = shadow_parse_quote(text, name, strlen(name));
	if (!c->open)
		return refuse(c, at, what, "%s", wrong);
	return refuse(c, at, what, "in node \"%s\": %s",
		      c->open == 1 && !*quoted ? "/" : quoted, wrong);
}

/* -------------------------------------------------------------- header -- */

static int check_length(struct checker *c, size_t bytes)
{
	u32 totalsize;

	if (bytes > SHADOW_FDT_MAX_BYTES) {
		refuse(c, AT_TOTALSIZE, "totalsize",
		       "the file has %zu bytes; allowed: up to 2M", bytes);
		return -E2BIG;
	}
	if (!IS_ALIGNED((unsigned long)c->blob, BLOB_ALIGN))
		return refuse(c, 0, "header",
			      "loaded at a bad address; allowed: multiples of 8");
	if (bytes >= AT_MAGIC + 4 && load32(c->blob, AT_MAGIC) != SHADOW_FDT_MAGIC)
		return refuse(c, AT_MAGIC, "magic", "0x%08x; allowed: 0x%08x",
			      load32(c->blob, AT_MAGIC), SHADOW_FDT_MAGIC);
	if (bytes < HEADER_BYTES_16)
		return refuse(c, bytes, "header",
			      "the file ends in it; allowed: at least %u bytes",
			      HEADER_BYTES_16);
	totalsize = load32(c->blob, AT_TOTALSIZE);
	if (totalsize != bytes)
		return refuse(c, AT_TOTALSIZE, "totalsize",
			      "%u, and the file has %zu bytes; allowed: as many as that",
			      totalsize, bytes);
	c->bytes = totalsize;
	return 0;
}

static int check_version(struct checker *c)
{
	struct shadow_fdt_info *info = c->info;

	info->version = load32(c->blob, AT_VERSION);
	info->last_comp_version = load32(c->blob, AT_LAST_COMP_VERSION);
	if (info->version < SHADOW_FDT_MIN_VERSION)
		return refuse(c, AT_VERSION, "version",
			      "%u; allowed: %u and later", info->version,
			      SHADOW_FDT_MIN_VERSION);
	if (info->last_comp_version > SHADOW_FDT_VERSION ||
	    info->last_comp_version > info->version)
		return refuse(c, AT_LAST_COMP_VERSION, "last_comp_version",
			      "%u; allowed: up to %u", info->last_comp_version,
			      min_t(u32, SHADOW_FDT_VERSION, info->version));
	if (info->version >= SHADOW_FDT_VERSION && c->bytes < HEADER_BYTES_17)
		return refuse(c, c->bytes, "header",
			      "the file ends in it; allowed: at least %u bytes",
			      HEADER_BYTES_17);
	return 0;
}

static u32 header_bytes(const struct checker *c)
{
	return c->info->version >= SHADOW_FDT_VERSION ? HEADER_BYTES_17 :
							HEADER_BYTES_16;
}

/* Reads where a block starts, which must be behind the header and inside. */
static int check_offset(struct checker *c, u32 at, const char *what, u32 align,
			u32 *offset)
{
	*offset = load32(c->blob, at);
	if (*offset < header_bytes(c) || *offset > c->bytes)
		return refuse(c, at, what, "0x%x; allowed: 0x%x to 0x%x",
			      *offset, header_bytes(c), c->bytes);
	if (!IS_ALIGNED(*offset, align))
		return refuse(c, at, what, "0x%x; allowed: multiples of %u",
			      *offset, align);
	return 0;
}

static int check_size(struct checker *c, u32 at, const char *what, u32 offset,
		      u32 align, u32 *size)
{
	*size = load32(c->blob, at);
	if (*size > c->bytes - offset)
		return refuse(c, at, what, "0x%x; allowed: up to 0x%x", *size,
			      c->bytes - offset);
	if (!IS_ALIGNED(*size, align))
		return refuse(c, at, what, "0x%x; allowed: multiples of %u",
			      *size, align);
	return 0;
}

static int check_blocks(struct checker *c)
{
	struct shadow_fdt_info *info = c->info;
	u32 size = 0;
	int err;

	err = check_offset(c, AT_OFF_MEMRESERVE, "off_mem_rsvmap",
			   MEMRESERVE_ALIGN, &info->off_memreserve);
	if (!err)
		err = check_offset(c, AT_OFF_STRUCT, "off_dt_struct",
				   TOKEN_BYTES, &info->off_struct);
	if (!err)
		err = check_offset(c, AT_OFF_STRINGS, "off_dt_strings", 1,
				   &info->off_strings);
	if (!err)
		err = check_size(c, AT_SIZE_STRINGS, "size_dt_strings",
				 info->off_strings, 1, &info->strings_bytes);
	if (err)
		return err;
	/* An older header does not say it: the token END has to be believed. */
	c->struct_end = ALIGN_DOWN(c->bytes, TOKEN_BYTES);
	if (info->version < SHADOW_FDT_VERSION)
		return 0;
	err = check_size(c, AT_SIZE_STRUCT, "size_dt_struct", info->off_struct,
			 TOKEN_BYTES, &size);
	c->struct_end = info->off_struct + size;
	return err;
}

/* ---------------------------------------------------------- memreserve -- */

static int check_memreserve(struct checker *c)
{
	struct shadow_fdt_info *info = c->info;
	u32 at;

	for (at = info->off_memreserve; c->bytes - at >= MEMRESERVE_BYTES;
	     at += MEMRESERVE_BYTES) {
		u64 base = load64(c->blob, at), bytes = load64(c->blob, at + 8);

		if (!base && !bytes)
			return 0;
		/* The kernel stops reading here, and nobody notices. */
		if (!bytes)
			return refuse(c, at, "memreserve",
				      "entry %u, 0x%llx+0x0, is empty; allowed: at least one byte, 0x0+0x0 at the end",
				      info->nr_memreserve, base);
		info->nr_memreserve++;
	}
	return refuse(c, at, "memreserve",
		      "the file ends in it after %u entries; allowed: 0x0+0x0 at the end",
		      info->nr_memreserve);
}

/* ----------------------------------------------------------- structure -- */

/*
 * The length of a string without its NUL, with at most @room bytes to look at;
 * more than SHADOW_FDT_MAX_NAME where it does not end or is too long.
 */
static u32 name_length(const u8 *name, u32 room)
{
	u32 limit = min_t(u32, room, SHADOW_FDT_MAX_NAME + 1);
	const u8 *nul = memchr(name, 0, limit);

	return nul ? nul - name : SHADOW_FDT_MAX_NAME + 1;
}

static int begin_node(struct checker *c, u32 at, u32 *next)
{
	struct shadow_fdt_info *info = c->info;
	u32 name = at + TOKEN_BYTES, len;

	if (!c->open && info->nr_nodes)
		return refuse_token(c, at, "BEGIN_NODE",
				    "a second root; allowed: one");
	if (c->open > SHADOW_FDT_MAX_DEPTH)
		return refuse_token(c, at, "BEGIN_NODE",
				    "too deep; allowed: 62 nodes below each other below the root");
	len = name_length(c->blob + name, c->struct_end - name);
	if (len > SHADOW_FDT_MAX_NAME)
		return refuse_token(c, at, "node's name",
				    "does not end; allowed: up to 255 characters and a NUL, in the structure block");
	if (c->open)
		c->has_child |= BIT_ULL(c->open - 1);
	c->has_child &= ~BIT_ULL(c->open);
	info->max_depth = max(info->max_depth, c->open);
	c->node[c->open++] = at;
	info->nr_nodes++;
	info->name_bytes += len + 1;
	*next = ALIGN(name + len + 1, TOKEN_BYTES);
	return 0;
}

static int check_prop(struct checker *c, u32 at, u32 *next)
{
	struct shadow_fdt_info *info = c->info;
	u32 len, name;

	if (!c->open)
		return refuse_token(c, at, "PROP",
				    "outside the root; allowed: inside a node");
	if (c->has_child & BIT_ULL(c->open - 1))
		return refuse_token(c, at, "PROP",
				    "behind a subnode; allowed: before all of them");
	if (c->struct_end - at < PROP_BYTES)
		return refuse_token(c, at, "PROP",
				    "the structure block ends in it; allowed: length and name's offset");
	name = load32(c->blob, at + 8);
	if (name >= info->strings_bytes)
		return refuse_token(c, at + 8, "property's name",
				    "its offset is outside the strings block; allowed: inside");
	if (name_length(c->blob + info->off_strings + name,
			info->strings_bytes - name) > SHADOW_FDT_MAX_NAME)
		return refuse_token(c, at + 8, "property's name",
				    "does not end; allowed: up to 255 characters and a NUL, in the strings block");
	len = load32(c->blob, at + 4);
	if (len > c->struct_end - at - PROP_BYTES) {
		char quoted[SHADOW_QUOTE];

		shadow_parse_quote(quoted, (const char *)c->blob +
				   info->off_strings + name,
				   name_length(c->blob + info->off_strings + name,
					       info->strings_bytes - name));
		return refuse_token(c, at + 4, quoted,
				    "its value goes on behind the structure block; allowed: inside");
	}
	info->nr_props++;
	/* The block's end is aligned too, so this is not behind it. */
	*next = ALIGN(at + PROP_BYTES + len, TOKEN_BYTES);
	return 0;
}

static int end_node(struct checker *c, u32 at)
{
	if (!c->open)
		return refuse_token(c, at, "END_NODE",
				    "no node is open; allowed: one for each BEGIN_NODE");
	c->open--;
	return 0;
}

static int end_tree(struct checker *c, u32 at)
{
	struct shadow_fdt_info *info = c->info;
	u32 end = at + TOKEN_BYTES;

	if (c->open)
		return refuse_token(c, at, "END",
				    "not ended; allowed: END_NODE before it");
	if (info->version >= SHADOW_FDT_VERSION && end != c->struct_end)
		return refuse(c, end, "size_dt_struct",
			      "%u bytes behind END; allowed: none",
			      c->struct_end - end);
	info->struct_bytes = end - info->off_struct;
	return 0;
}

/* Reads the token at @at; what comes next is at @next. */
static int check_token(struct checker *c, u32 at, u32 token, u32 *next)
{
	*next = at + TOKEN_BYTES;
	/* The unflattener finds the root at the block's start or not at all. */
	if (!c->info->nr_nodes && token != SHADOW_FDT_BEGIN_NODE)
		return refuse(c, at, "root", "token 0x%x; allowed: BEGIN_NODE",
			      token);
	switch (token) {
	case SHADOW_FDT_BEGIN_NODE:
		return begin_node(c, at, next);
	case SHADOW_FDT_END_NODE:
		return end_node(c, at);
	case SHADOW_FDT_PROP:
		return check_prop(c, at, next);
	case SHADOW_FDT_NOP:
		return 0;
	case SHADOW_FDT_END:
		return end_tree(c, at);
	default:
		return refuse(c, at, "token",
			      "0x%x; allowed: BEGIN_NODE, END_NODE, PROP, NOP, END",
			      token);
	}
}

static int check_struct(struct checker *c)
{
	u32 at = c->info->off_struct, next, token;
	int err;

	while (c->struct_end - at >= TOKEN_BYTES) {
		token = load32(c->blob, at);
		err = check_token(c, at, token, &next);
		if (err || token == SHADOW_FDT_END)
			return err;
		at = next;
	}
	return refuse_token(c, at, "END",
			    "the structure block ends without it; allowed: END as its last token");
}

/* ------------------------------------------------------------- overlap -- */

static int check_apart(struct checker *c)
{
	const struct shadow_fdt_info *info = c->info;
	const struct {
		const char *field;
		u32 at;
		u32 start;
		u32 bytes;
	} block[] = {
		{ "off_mem_rsvmap", AT_OFF_MEMRESERVE, info->off_memreserve,
		  (info->nr_memreserve + 1) * MEMRESERVE_BYTES },
		{ "off_dt_struct", AT_OFF_STRUCT, info->off_struct,
		  info->struct_bytes },
		{ "off_dt_strings", AT_OFF_STRINGS, info->off_strings,
		  info->strings_bytes },
	};
	unsigned int a, b;

	for (a = 1; a < ARRAY_SIZE(block); a++) {
		for (b = 0; b < a; b++) {
			/* An empty one meets nothing, wherever it is. */
			if (max(block[a].start, block[b].start) >=
			    min(block[a].start + block[a].bytes,
				block[b].start + block[b].bytes))
				continue;
			return refuse(c, block[a].at, block[a].field,
				      "its block, 0x%x+0x%x, overlaps that of %s, 0x%x+0x%x; allowed: blocks that do not meet",
				      block[a].start, block[a].bytes,
				      block[b].field, block[b].start,
				      block[b].bytes);
		}
	}
	return 0;
}

/**
 * shadow_fdt_check() - is this a flattened device tree that can be believed?
 * @blob: what is claimed to be one, at a multiple of 8 bytes
 * @bytes: its length; not a byte behind it is read
 * @info: what it holds, where 0 is returned
 * @why: where a refusal goes: one line without newline that names offset and
 *	property; empty where 0 is returned
 * @why_bytes: how much room there is; SHADOW_FDT_WHY suffice
 *
 * Takes what fdt_check_full() of libfdt takes, in versions 16 and later, and
 * where the length is known: blocks that do not overlap, a root that is the
 * first token, properties before subnodes, nothing behind the token END, names
 * of up to SHADOW_FDT_MAX_NAME characters, nodes no deeper than
 * SHADOW_FDT_MAX_DEPTH. Reads each byte a few times at most.
 *
 * Context: any.
 * Return: 0; -EINVAL; -E2BIG where it is longer than SHADOW_FDT_MAX_BYTES.
 */
int shadow_fdt_check(const void *blob, size_t bytes,
		     struct shadow_fdt_info *info, char *why, size_t why_bytes)
{
	struct checker c = {
		.blob = blob, .info = info, .why = why, .why_bytes = why_bytes,
	};
	int err;

	BUILD_BUG_ON(SHADOW_FDT_MAX_DEPTH != 62 || SHADOW_FDT_MAX_NAME != 255);
	memset(info, 0, sizeof(*info));
	if (why_bytes)
		why[0] = '\0';
	err = check_length(&c, bytes);
	if (!err)
		err = check_version(&c);
	if (!err)
		err = check_blocks(&c);
	if (!err)
		err = check_memreserve(&c);
	if (!err)
		err = check_struct(&c);
	if (!err)
		err = check_apart(&c);
	info->bytes = c.bytes;
	return err;
}

/**
 * shadow_fdt_memreserve() - an entry of the memory reservation block
 * @blob: a blob that shadow_fdt_check() took
 * @info: what that said of it
 * @idx: index of the entry
 * @base: set to the physical address of the first byte
 * @bytes: set to the length
 * @at: set to the entry's offset in the blob
 *
 * Context: any.
 * Return: true; false, and nothing is set, where there are not so many.
 */
bool shadow_fdt_memreserve(const void *blob,
			   const struct shadow_fdt_info *info, u32 idx,
			   u64 *base, u64 *bytes, u32 *at)
{
	if (idx >= info->nr_memreserve)
		return false;
	*at = info->off_memreserve + idx * MEMRESERVE_BYTES;
	*base = load64(blob, *at);
	*bytes = load64(blob, *at + 8);
	return true;
}
