// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of shadow_fdt: blobs written here, one field wrong after the other, and
 * blobs that chance has been at, with a second opinion on each. Each blob lies
 * in a buffer of exactly its length, so that a sanitizer sees a read behind it.
 */
#include "shadow_test.h"

#include "shadow_fdt.h"

/* ------------------------------------------------------------- a writer -- */

#define STRUCT_ROOM	8192
#define STRINGS_ROOM	1024
#define MAX_RSV		4

/**
 * struct tree - a flat tree that is being written
 * @structure: the structure block
 * @struct_bytes: its length
 * @strings: the strings block
 * @strings_bytes: its length
 * @rsv: memory reservations: address, length
 * @nr_rsv: how many
 * @version: of the format
 * @gap: bytes between the blocks, a multiple of 8
 * @strings_first: the strings block stands before the structure block
 */
struct tree {
	u8 structure[STRUCT_ROOM];
	u32 struct_bytes;
	char strings[STRINGS_ROOM];
	u32 strings_bytes;
	u64 rsv[MAX_RSV][2];
	u32 nr_rsv;
	u32 version;
	u32 gap;
	bool strings_first;
};

static void store32(u8 *at, u32 value)
{
	at[0] = value >> 24;
	at[1] = value >> 16;
	at[2] = value >> 8;
	at[3] = value;
}

static void put32(struct tree *tree, u32 value)
{
	store32(tree->structure + tree->struct_bytes, value);
	tree->struct_bytes += 4;
}

static void put_bytes(struct tree *tree, const void *data, u32 bytes)
{
	memcpy(tree->structure + tree->struct_bytes, data, bytes);
	tree->struct_bytes = ALIGN(tree->struct_bytes + bytes, 4);
}

static void put_node(struct tree *tree, const char *name)
{
	put32(tree, SHADOW_FDT_BEGIN_NODE);
	put_bytes(tree, name, strlen(name) + 1);
}

static u32 string_at(struct tree *tree, const char *name)
{
	u32 at = 0;

	while (at < tree->strings_bytes && strcmp(tree->strings + at, name))
		at += strlen(tree->strings + at) + 1;
	if (at == tree->strings_bytes) {
		strscpy(tree->strings + at, name, STRINGS_ROOM - at);
		tree->strings_bytes += strlen(name) + 1;
	}
	return at;
}

static void put_prop(struct tree *tree, const char *name, const void *data,
		     u32 bytes)
{
	put32(tree, SHADOW_FDT_PROP);
	put32(tree, bytes);
	put32(tree, string_at(tree, name));
	put_bytes(tree, data, bytes);
}

static u32 header_bytes(const struct tree *tree)
{
	return tree->version >= 17 ? 40 : 36;
}

static u32 off_struct(const struct tree *tree)
{
	u32 at = ALIGN(header_bytes(tree), 8) + tree->gap +
		 (tree->nr_rsv + 1) * 16;

	if (tree->strings_first)
		at += ALIGN(tree->strings_bytes, 8) + tree->gap;
	return at;
}

static u32 off_strings(const struct tree *tree)
{
	if (tree->strings_first)
		return ALIGN(header_bytes(tree), 8) + tree->gap +
		       (tree->nr_rsv + 1) * 16;
	return off_struct(tree) + tree->struct_bytes + tree->gap;
}

static u32 tree_bytes(const struct tree *tree)
{
	return max(off_struct(tree) + tree->struct_bytes,
		   off_strings(tree) + tree->strings_bytes) + tree->gap;
}

static void write_header(const struct tree *tree, u8 *blob)
{
	store32(blob, SHADOW_FDT_MAGIC);
	store32(blob + 4, tree_bytes(tree));
	store32(blob + 8, off_struct(tree));
	store32(blob + 12, off_strings(tree));
	store32(blob + 16, ALIGN(header_bytes(tree), 8) + tree->gap);
	store32(blob + 20, tree->version);
	store32(blob + 24, 16);
	store32(blob + 32, tree->strings_bytes);
	if (tree->version >= 17)
		store32(blob + 36, tree->struct_bytes);
}

/* @blob has tree_bytes() bytes of room, zeroed. */
static void write_blob(const struct tree *tree, u8 *blob)
{
	u8 *rsv = blob + ALIGN(header_bytes(tree), 8) + tree->gap;
	u32 i;

	write_header(tree, blob);
	for (i = 0; i < 2 * tree->nr_rsv; i++) {
		u64 value = tree->rsv[i / 2][i % 2];

		store32(rsv + 8 * i, value >> 32);
		store32(rsv + 8 * i + 4, value);
	}
	memcpy(blob + off_struct(tree), tree->structure, tree->struct_bytes);
	memcpy(blob + off_strings(tree), tree->strings, tree->strings_bytes);
}

/* A copy of the first @bytes, or more of them, in a buffer of that length. */
static u8 *exact_copy(struct kunit *test, const u8 *blob, u32 have, u32 bytes)
{
	u8 *copy = kunit_kzalloc(test, max(bytes, 1U), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, copy);
	if (have)
		memcpy(copy, blob, min(have, bytes));
	return copy;
}

static struct tree *new_tree(struct kunit *test, u32 version)
{
	struct tree *tree = shadow_test_alloc(test, sizeof(*tree));

	tree->version = version;
	return tree;
}

static void empty_tree(struct tree *tree)
{
	memset(tree, 0, sizeof(*tree));
	tree->version = SHADOW_FDT_VERSION;
}

/* Checks a tree; the refusal, or "", is in @why. */
static int check_tree(struct kunit *test, const struct tree *tree,
		      struct shadow_fdt_info *info, char *why)
{
	u32 bytes = tree_bytes(tree);
	u8 *blob = exact_copy(test, NULL, 0, bytes);
	int err;

	write_blob(tree, blob);
	err = shadow_fdt_check(blob, bytes, info, why, SHADOW_FDT_WHY);
	kunit_kfree(test, blob);
	return err;
}

/* ------------------------------------------------------------ one board -- */

/*
 * The smallest board with everything in it. Offsets in the blob:
 *	40 memreserve, one entry	56 its end
 *	72 BEGIN_NODE ""
 *	80 PROP #address-cells		92 its value
 *	96 BEGIN_NODE memory@0
 *	112 PROP reg			124 its value
 *	132 END_NODE	136 END_NODE	140 END
 *	144 strings: #address-cells, 159 reg
 */
#define BOARD_BYTES	163

static void write_board(struct tree *tree)
{
	static const u8 two[4] = { 0, 0, 0, 2 };
	static const u8 reg[8] = { 0x40 };

	tree->rsv[0][0] = 0x48000000;
	tree->rsv[0][1] = 0x123;
	tree->nr_rsv = 1;
	put_node(tree, "");
	put_prop(tree, "#address-cells", two, sizeof(two));
	put_node(tree, "memory@0");
	put_prop(tree, "reg", reg, sizeof(reg));
	put32(tree, SHADOW_FDT_END_NODE);
	put32(tree, SHADOW_FDT_END_NODE);
	put32(tree, SHADOW_FDT_END);
}

static const u8 *new_board(struct kunit *test)
{
	struct tree *tree = new_tree(test, SHADOW_FDT_VERSION);
	u8 *blob = kunit_kzalloc(test, BOARD_BYTES, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, blob);
	write_board(tree);
	KUNIT_ASSERT_EQ(test, tree_bytes(tree), BOARD_BYTES);
	write_blob(tree, blob);
	return blob;
}

static void fdt_good(struct kunit *test)
{
	const u8 *blob = new_board(test);
	struct shadow_fdt_info info;
	char why[SHADOW_FDT_WHY] = "x";
	u64 base = 1, bytes = 2;
	u32 at = 3;

	KUNIT_EXPECT_EQ(test, shadow_fdt_check(blob, BOARD_BYTES, &info, why,
					       sizeof(why)), 0);
	KUNIT_EXPECT_STREQ(test, why, "");
	KUNIT_EXPECT_EQ(test, info.bytes, BOARD_BYTES);
	KUNIT_EXPECT_EQ(test, info.version, 17);
	KUNIT_EXPECT_EQ(test, info.last_comp_version, 16);
	KUNIT_EXPECT_EQ(test, info.off_struct, 72);
	KUNIT_EXPECT_EQ(test, info.struct_bytes, 72);
	KUNIT_EXPECT_EQ(test, info.off_strings, 144);
	KUNIT_EXPECT_EQ(test, info.strings_bytes, 19);
	KUNIT_EXPECT_EQ(test, info.nr_nodes, 2);
	KUNIT_EXPECT_EQ(test, info.nr_props, 2);
	KUNIT_EXPECT_EQ(test, info.max_depth, 1);
	KUNIT_EXPECT_EQ(test, info.name_bytes, 10);
	KUNIT_EXPECT_EQ(test, info.nr_memreserve, 1);
	KUNIT_EXPECT_FALSE(test, shadow_fdt_memreserve(blob, &info, 1, &base,
						       &bytes, &at));
	KUNIT_EXPECT_EQ(test, base + bytes + at, 6);
	KUNIT_EXPECT_TRUE(test, shadow_fdt_memreserve(blob, &info, 0, &base,
						      &bytes, &at));
	KUNIT_EXPECT_EQ(test, base, 0x48000000);
	KUNIT_EXPECT_EQ(test, bytes, 0x123);
	KUNIT_EXPECT_EQ(test, at, 40);
}

/* One field is wrong: where, what it is then, and how the refusal begins. */
static const struct {
	u32 at;
	u32 value;
	const char *why;
} one_wrong[] = {
	{ 0, 0xd00dfeee, "offset 0x0, magic: 0xd00dfeee; allowed: 0xd00dfeed" },
	{ 0, 0xedfe0dd0, "offset 0x0, magic: 0xedfe0dd0" },
	{ 4, 162, "offset 0x4, totalsize: 162, and the file has 163 bytes" },
	{ 4, 164, "offset 0x4, totalsize: 164, and" },
	{ 4, U32_MAX, "offset 0x4, totalsize: 4294967295, and" },
	{ 8, 36, "offset 0x8, off_dt_struct: 0x24; allowed: 0x28 to 0xa3" },
	{ 8, 164, "offset 0x8, off_dt_struct: 0xa4;" },
	{ 8, 74, "offset 0x8, off_dt_struct: 0x4a; allowed: multiples of 4" },
	{ 8, 0xfffffffc, "offset 0x8, off_dt_struct: 0xfffffffc;" },
	{ 8, 56, "offset 0x38, root: token 0x0; allowed: BEGIN_NODE" },
	{ 12, 39, "offset 0xc, off_dt_strings: 0x27;" },
	{ 12, 145, "offset 0x20, size_dt_strings: 0x13; allowed: up to 0x12" },
	{ 12, 164, "offset 0xc, off_dt_strings: 0xa4;" },
	{ 12, 143, "offset 0xc, off_dt_strings: its block, 0x8f+0x13, overlaps that" },
	{ 16, 32, "offset 0x10, off_mem_rsvmap: 0x20;" },
	{ 16, 44, "offset 0x10, off_mem_rsvmap: 0x2c; allowed: multiples of 8" },
	{ 16, 152, "offset 0x98, memreserve: the file ends in it after 0 entries;" },
	{ 16, 168, "offset 0x10, off_mem_rsvmap: 0xa8;" },
	{ 20, 15, "offset 0x14, version: 15; allowed: 16 and later" },
	{ 20, 0, "offset 0x14, version: 0;" },
	{ 24, 18, "offset 0x18, last_comp_version: 18; allowed: up to 17" },
	{ 32, 20, "offset 0x20, size_dt_strings: 0x14;" },
	{ 32, U32_MAX, "offset 0x20, size_dt_strings: 0xffffffff;" },
	{ 32, 15, "offset 0x78, property's name: in node \"memory@0\": its offset is outside" },
	{ 32, 18, "offset 0x78, property's name: in node \"memory@0\": does not end" },
	{ 36, 71, "offset 0x24, size_dt_struct: 0x47; allowed: multiples of 4" },
	{ 36, 68, "offset 0x8c, END: the structure block ends without it;" },
	{ 36, 8, "offset 0x50, END: in node \"/\": the structure block ends without it;" },
	{ 36, 76, "offset 0x90, size_dt_struct: 4 bytes behind END; allowed: none" },
	{ 36, 92, "offset 0x24, size_dt_struct: 0x5c; allowed: up to 0x5b" },
	{ 36, 0xfffffffc, "offset 0x24, size_dt_struct: 0xfffffffc;" },
	{ 52, 0, "offset 0x28, memreserve: entry 0, 0x48000000+0x0, is empty;" },
	{ 68, 1, "offset 0x98, memreserve: the file ends in it after 7 entries;" },
	{ 72, 2, "offset 0x48, root: token 0x2; allowed: BEGIN_NODE" },
	{ 72, 4, "offset 0x48, root: token 0x4; allowed: BEGIN_NODE" },
	{ 72, 9, "offset 0x48, root: token 0x9;" },
	{ 80, 5, "offset 0x50, token: 0x5; allowed: BEGIN_NODE, END_NODE, PROP, NOP, END" },
	{ 80, 0x01000000, "offset 0x50, token: 0x1000000;" },
	{ 84, 53, "offset 0x54, #address-cells: in node \"/\": its value goes on behind" },
	{ 84, U32_MAX, "offset 0x54, #address-cells: in node \"/\": its value" },
	{ 84, 0x7fffffff, "offset 0x54, #address-cells: in node \"/\": its value" },
	{ 88, 19, "offset 0x58, property's name: in node \"/\": its offset is outside" },
	{ 88, U32_MAX, "offset 0x58, property's name: in node \"/\": its offset" },
	{ 96, 2, "offset 0x64, token: 0x6d656d6f;" },
	{ 116, 20, "offset 0x90, END: in node \"memory@0\": the structure block ends without it;" },
	{ 132, 4, "offset 0x8c, END: in node \"/\": not ended;" },
	{ 132, 9, "offset 0x84, END: in node \"memory@0\": not ended;" },
	{ 136, 9, "offset 0x88, END: in node \"/\": not ended;" },
	{ 136, 1, "offset 0x90, END: in node \"?\": " },
	{ 136, 3, "offset 0x88, PROP: in node \"/\": behind a subnode;" },
	{ 140, 1, "offset 0x8c, BEGIN_NODE: a second root; allowed: one" },
	{ 140, 2, "offset 0x8c, END_NODE: no node is open;" },
	{ 140, 3, "offset 0x8c, PROP: outside the root;" },
	{ 140, 4, "offset 0x90, END: the structure block ends without it;" },
};

static void expect_line(struct kunit *test, const char *why, const char *want)
{
	size_t i;

	KUNIT_EXPECT_EQ_MSG(test, strncmp(why, want, strlen(want)), 0,
			    "'%s' is not '%s'", why, want);
	for (i = 0; why[i]; i++)
		if (why[i] < ' ' || why[i] > '~')
			break;
	KUNIT_EXPECT_EQ_MSG(test, why[i], 0, "byte %zu of '%s'", i, why);
}

static void fdt_one_wrong(struct kunit *test)
{
	const u8 *board = new_board(test);
	struct shadow_fdt_info info;
	char why[SHADOW_FDT_WHY];
	unsigned int i;
	u8 *blob;
	int err;

	for (i = 0; i < ARRAY_SIZE(one_wrong); i++) {
		blob = exact_copy(test, board, BOARD_BYTES, BOARD_BYTES);
		store32(blob + one_wrong[i].at, one_wrong[i].value);
		/* What was a token is a name then, which has to be one */
		if (strstr(one_wrong[i].why, "\"?\""))
			store32(blob + 140, 0x01000000);
		err = shadow_fdt_check(blob, BOARD_BYTES, &info, why,
				       sizeof(why));
		KUNIT_EXPECT_EQ_MSG(test, err, -EINVAL, "%s", one_wrong[i].why);
		expect_line(test, why, one_wrong[i].why);
		kunit_kfree(test, blob);
	}
}

/* What looks odd and is not wrong. */
static void fdt_odd(struct kunit *test)
{
	struct tree *tree = new_tree(test, SHADOW_FDT_MIN_VERSION);
	struct shadow_fdt_info info;
	char why[SHADOW_FDT_WHY];

	write_board(tree);
	KUNIT_EXPECT_EQ_MSG(test, check_tree(test, tree, &info, why), 0, "%s",
			    why);
	KUNIT_EXPECT_EQ(test, info.struct_bytes, 72);
	/* Of a version that does not exist yet, and can be read as 17 */
	tree->version = 99;
	KUNIT_EXPECT_EQ_MSG(test, check_tree(test, tree, &info, why), 0, "%s",
			    why);
	tree->gap = 24;
	tree->strings_first = true;
	KUNIT_EXPECT_EQ_MSG(test, check_tree(test, tree, &info, why), 0, "%s",
			    why);
	KUNIT_EXPECT_EQ(test, info.off_memreserve, 64);
	/* Without a property; NOPs everywhere but before the root */
	empty_tree(tree);
	put_node(tree, "");
	put32(tree, SHADOW_FDT_NOP);
	put32(tree, SHADOW_FDT_END_NODE);
	put32(tree, SHADOW_FDT_NOP);
	put32(tree, SHADOW_FDT_END);
	KUNIT_EXPECT_EQ_MSG(test, check_tree(test, tree, &info, why), 0, "%s",
			    why);
	KUNIT_EXPECT_EQ(test, info.nr_props, 0);
	KUNIT_EXPECT_EQ(test, info.strings_bytes, 0);
	KUNIT_EXPECT_EQ(test, info.nr_memreserve, 0);
}

static void deep_tree(struct tree *tree, u32 nr_nodes)
{
	u32 i;

	empty_tree(tree);
	for (i = 0; i < nr_nodes; i++)
		put_node(tree, i ? "n" : "");
	for (i = 0; i < nr_nodes; i++)
		put32(tree, SHADOW_FDT_END_NODE);
	put32(tree, SHADOW_FDT_END);
}

static void fdt_limits(struct kunit *test)
{
	struct tree *tree = new_tree(test, SHADOW_FDT_VERSION);
	char why[SHADOW_FDT_WHY], name[SHADOW_FDT_MAX_NAME + 2];
	struct shadow_fdt_info info;
	unsigned int i;

	/* The unflattener warns at a depth of 63, and the root's is 0 */
	deep_tree(tree, 63);
	KUNIT_EXPECT_EQ_MSG(test, check_tree(test, tree, &info, why), 0, "%s",
			    why);
	KUNIT_EXPECT_EQ(test, info.max_depth, 62);
	deep_tree(tree, 64);
	KUNIT_EXPECT_EQ(test, check_tree(test, tree, &info, why), -EINVAL);
	expect_line(test, why, "offset 0x230, BEGIN_NODE: in node \"n\": too deep;");

	for (i = 0; i < 4; i++) {
		memset(name, 'x', sizeof(name));
		name[SHADOW_FDT_MAX_NAME + (i & 1)] = '\0';
		empty_tree(tree);
		put_node(tree, i & 2 ? name : "");
		put_prop(tree, i & 2 ? "a" : name, name, 1);
		put32(tree, SHADOW_FDT_END_NODE);
		put32(tree, SHADOW_FDT_END);
		KUNIT_EXPECT_EQ_MSG(test, check_tree(test, tree, &info, why),
				    i & 1 ? -EINVAL : 0, "%u: %s", i, why);
		if (i & 1)
			expect_line(test, why, i & 2 ?
				    "offset 0x38, node's name: does not end;" :
				    "offset 0x48, property's name: in node \"/\": does not end;");
	}
}

static void fdt_too_long(struct kunit *test)
{
	u8 *blob = shadow_test_alloc(test, SHADOW_FDT_MAX_BYTES + 8);
	struct tree *tree = new_tree(test, SHADOW_FDT_VERSION);
	struct shadow_fdt_info info;
	char why[SHADOW_FDT_WHY];

	write_board(tree);
	write_blob(tree, blob);
	store32(blob + 4, SHADOW_FDT_MAX_BYTES);
	KUNIT_EXPECT_EQ(test, shadow_fdt_check(blob, SHADOW_FDT_MAX_BYTES,
					       &info, why, sizeof(why)), 0);
	store32(blob + 4, SHADOW_FDT_MAX_BYTES + 1);
	KUNIT_EXPECT_EQ(test, shadow_fdt_check(blob, SHADOW_FDT_MAX_BYTES + 1,
					       &info, why, sizeof(why)), -E2BIG);
	expect_line(test, why,
		    "offset 0x4, totalsize: the file has 2097153 bytes; allowed: up to 2M");
	store32(blob + 4, BOARD_BYTES);
	memmove(blob + 4, blob, BOARD_BYTES);
	KUNIT_EXPECT_EQ(test, shadow_fdt_check(blob + 4, BOARD_BYTES, &info,
					       why, sizeof(why)), -EINVAL);
	expect_line(test, why, "offset 0x0, header: loaded at a bad address;");
	/* Where there is no room for a reason there is still a verdict */
	KUNIT_EXPECT_EQ(test, shadow_fdt_check(blob, 3, &info, NULL, 0),
			-EINVAL);
}

/* Cut off at each byte, with the header's length as it was and as it is. */
static void fdt_cut(struct kunit *test)
{
	const u8 *board = new_board(test);
	struct shadow_fdt_info info;
	char why[SHADOW_FDT_WHY];
	u32 bytes;
	u8 *blob;

	for (bytes = 0; bytes < BOARD_BYTES; bytes++) {
		blob = exact_copy(test, board, BOARD_BYTES, bytes);
		KUNIT_EXPECT_EQ(test, -EINVAL,
				shadow_fdt_check(blob, bytes, &info, why,
						 sizeof(why)));
		if (bytes >= 8)
			store32(blob + 4, bytes);
		KUNIT_EXPECT_EQ(test, -EINVAL,
				shadow_fdt_check(blob, bytes, &info, why,
						 sizeof(why)));
		expect_line(test, why, "offset 0x");
		kunit_kfree(test, blob);
	}
}

/* -------------------------------------------------------- second opinion -- */

#define MODEL_TOKENS	(STRUCT_ROOM / 4 + 64)

/**
 * struct model - well-formedness, thought of otherwise
 * @owner: one entry a byte of the blob: the block that it belongs to
 * @token: the structure block's tokens, without NOPs
 * @nr: how many
 * @nr_rsv: memory reservations
 *
 * The room works its way through with a stack. Here each byte gets an owner,
 * and the tokens are read first and judged later, by three rules that need
 * none: the depth, which is a running sum, reaches 0 once and at the end; what
 * stands before a property is a node's begin or another property; END is last.
 */
struct model {
	u8 owner[65536];
	u8 token[MODEL_TOKENS];
	u32 nr;
	u32 nr_rsv;
};

static u64 fetch(const u8 *blob, u64 at, u32 bytes)
{
	u64 value = 0;

	while (bytes--)
		value = value << 8 | blob[at++];
	return value;
}

static bool own(struct model *model, u64 from, u64 bytes, u64 limit, u8 who)
{
	u64 i;

	if (from + bytes > limit)
		return false;
	for (i = from; i < from + bytes; i++) {
		if (model->owner[i] && model->owner[i] != who)
			return false;
		model->owner[i] = who;
	}
	return true;
}

/* Bytes of the string with its NUL; 0: none of 255 characters that ends. */
static u32 model_string(const u8 *blob, u64 from, u64 limit)
{
	u32 i;

	for (i = 0; i < 256 && from + i < limit; i++)
		if (!blob[from + i])
			return i + 1;
	return 0;
}

static bool model_memreserve(struct model *model, const u8 *blob, u64 bytes)
{
	u64 at = fetch(blob, 16, 4), base, length;

	if (at % 8)
		return false;
	do {
		if (!own(model, at, 16, bytes, 2))
			return false;
		base = fetch(blob, at, 8);
		length = fetch(blob, at + 8, 8);
		at += 16;
		model->nr_rsv++;
		if (base && !length)
			return false;
	} while (length);
	model->nr_rsv--;
	return true;
}

/* Reads the tokens up to END. */
static bool model_tokens(struct model *model, const u8 *blob, u64 bytes)
{
	u64 version = fetch(blob, 20, 4), at = fetch(blob, 8, 4);
	u64 limit = version < 17 ? bytes : at + fetch(blob, 36, 4);
	u64 strings = fetch(blob, 12, 4), name, used;
	u64 strings_end = strings + fetch(blob, 32, 4);
	u32 kind = 0;

	if (at % 4 || limit > bytes || (version >= 17 && limit % 4))
		return false;
	for (; kind != 9; at += used) {
		if (at + 4 > limit)
			return false;
		kind = fetch(blob, at, 4);
		used = 4;
		if (kind == 1) {
			name = model_string(blob, at + 4, limit);
			used = name ? 4 + name : limit;
		} else if (kind == 3 && at + 12 <= limit) {
			name = strings + fetch(blob, at + 8, 4);
			used = 12 + fetch(blob, at + 4, 4);
			if (!model_string(blob, name, strings_end))
				return false;
		} else if (kind != 2 && kind != 4 && kind != 9) {
			return false;
		}
		used = ALIGN(used, 4);
		if (!own(model, at, used, limit, 3))
			return false;
		/* A NOP cannot be what the unflattener finds first. */
		if (kind != 4)
			model->token[model->nr++] = kind;
		else if (!model->nr)
			return false;
	}
	return version < 17 || at == limit;
}

static bool model_grammar(const struct model *model, u32 *max_depth)
{
	u32 i, depth = 0;

	*max_depth = 0;
	for (i = 0; i + 1 < model->nr; i++) {
		u8 before = i ? model->token[i - 1] : 0;

		if (model->token[i] == 3 && before != 1 && before != 3)
			return false;
		if (i && !depth)
			return false;
		depth += (model->token[i] == 1) - (model->token[i] == 2);
		*max_depth = max(*max_depth, depth);
		if (depth > 63)
			return false;
		if (!i && depth != 1)
			return false;
	}
	*max_depth -= 1;
	return !depth && model->nr > 1;
}

/* The verdict; what was counted stays in @model. */
static bool model_sound(struct model *model, const u8 *blob, u64 bytes,
			u32 *max_depth)
{
	u64 version, last, header;

	memset(model, 0, sizeof(*model));
	if (bytes < 36 || fetch(blob, 0, 4) != 0xd00dfeed ||
	    fetch(blob, 4, 4) != bytes)
		return false;
	version = fetch(blob, 20, 4);
	last = fetch(blob, 24, 4);
	header = version < 17 ? 36 : 40;
	if (version < 16 || last > 17 || last > version)
		return false;
	/* The header's own bytes: no block may have one, an empty one neither */
	return own(model, 0, header, bytes, 1) &&
	       fetch(blob, 8, 4) >= header && fetch(blob, 12, 4) >= header &&
	       own(model, fetch(blob, 12, 4), fetch(blob, 32, 4), bytes, 4) &&
	       model_memreserve(model, blob, bytes) &&
	       model_tokens(model, blob, bytes) &&
	       model_grammar(model, max_depth);
}

/* ----------------------------------------------------------------- chance -- */

/* An emulated kernel takes its time; user space tries the most. */
#ifdef __KERNEL__
#define NR_MUTANTS	2000
#else
#define NR_MUTANTS	40000
#endif

static void random_node(struct tree *tree, struct rnd_state *rnd, u32 nr)
{
	static const char *const names[] = {
		"reg", "#size-cells", "compatible", "status", "phandle", "name",
		"linux,usable-memory-range", "",
	};
	u8 value[24];
	char name[16];
	u32 props = shadow_test_below(rnd, 4);

	scnprintf(name, sizeof(name), "%.*s@%x",
		  (int)shadow_test_below(rnd, 8), "abcdefgh", nr);
	put_node(tree, nr ? name : "");
	while (props--) {
		prandom_bytes_state(rnd, value, sizeof(value));
		if (!shadow_test_below(rnd, 5))
			put32(tree, SHADOW_FDT_NOP);
		put_prop(tree, names[shadow_test_below(rnd, ARRAY_SIZE(names))],
			 value, shadow_test_below(rnd, sizeof(value) + 1));
	}
}

/* A tree of up to 40 nodes, as deep as that now and then. */
static void random_tree(struct tree *tree, struct rnd_state *rnd)
{
	u32 nr = 1 + shadow_test_below(rnd, 40), open = 0, i;
	u32 up = 1 + shadow_test_below(rnd, 8);

	empty_tree(tree);
	tree->version = shadow_test_below(rnd, 4) ? 17 : 16;
	tree->gap = 8 * shadow_test_below(rnd, 4);
	tree->strings_first = shadow_test_below(rnd, 2);
	tree->nr_rsv = shadow_test_below(rnd, MAX_RSV + 1);
	for (i = 0; i < 2 * tree->nr_rsv; i++)
		tree->rsv[i / 2][i % 2] = 1 + prandom_u32_state(rnd);
	for (i = 0; i < nr; i++) {
		while (open > 1 && !shadow_test_below(rnd, up)) {
			put32(tree, SHADOW_FDT_END_NODE);
			open--;
		}
		random_node(tree, rnd, i);
		open++;
	}
	while (open--)
		put32(tree, SHADOW_FDT_END_NODE);
	put32(tree, SHADOW_FDT_END);
}

/* A number that is wrong in an interesting way, or as it was. */
static u32 odd_number(struct rnd_state *rnd, u32 was, u32 bytes)
{
	switch (shadow_test_below(rnd, 8)) {
	case 0:
		return was + 4;
	case 1:
		return was - 4;
	case 2:
		return shadow_test_below(rnd, bytes + 8);
	case 3:
		return bytes - shadow_test_below(rnd, 24);
	case 4:
		return U32_MAX - shadow_test_below(rnd, 16);
	case 5:
		return prandom_u32_state(rnd);
	case 6:
		return was ^ 1U << shadow_test_below(rnd, 32);
	default:
		return shadow_test_below(rnd, 20);
	}
}

static void spoil_word(u8 *blob, u32 at, struct rnd_state *rnd, u32 bytes)
{
	if (at + 4 <= bytes)
		store32(blob + at, odd_number(rnd, fetch(blob, at, 4), bytes));
}

/* One mutation; how many bytes of @blob count afterwards. */
static u32 spoil(u8 *blob, u32 bytes, u32 room, const struct tree *tree,
		 struct rnd_state *rnd)
{
	static const u8 tokens[] = { 1, 2, 3, 4, 9, 0, 5 };
	u32 at, in_struct = off_struct(tree) +
		4 * shadow_test_below(rnd, tree->struct_bytes / 4);

	if (bytes < 8)
		return bytes;
	switch (shadow_test_below(rnd, 8)) {
	case 0:
		spoil_word(blob, 4 * shadow_test_below(rnd, 10), rnd, bytes);
		break;
	case 1:
		at = shadow_test_below(rnd, bytes);
		blob[at] ^= 1U << shadow_test_below(rnd, 8);
		break;
	case 2:
		if (in_struct + 4 <= bytes)
			store32(blob + in_struct,
				tokens[shadow_test_below(rnd, sizeof(tokens))]);
		break;
	case 3:
		spoil_word(blob, in_struct, rnd, bytes);
		break;
	case 4:
		bytes = shadow_test_below(rnd, bytes);
		break;
	case 5:
		bytes += shadow_test_below(rnd, room - bytes + 1);
		break;
	case 6:
		at = off_strings(tree) +
		     shadow_test_below(rnd, tree->strings_bytes + 1);
		if (at < bytes)
			blob[at] = 'x';
		break;
	default:
		spoil_word(blob, header_bytes(tree) + 4 +
			   4 * shadow_test_below(rnd, 32), rnd, bytes);
	}
	/* A length that is right lets the others be looked at */
	if (bytes >= 8 && shadow_test_below(rnd, 8))
		store32(blob + 4, bytes);
	return bytes;
}

/* How deep and how many, as the model has it. */
static void expect_counts(struct kunit *test, const struct model *model,
			  u32 max_depth, const struct shadow_fdt_info *info)
{
	u32 i, count[10] = { 0 };

	for (i = 0; i < model->nr; i++)
		count[model->token[i]]++;
	KUNIT_EXPECT_EQ(test, info->nr_nodes, count[1]);
	KUNIT_EXPECT_EQ(test, info->nr_props, count[3]);
	KUNIT_EXPECT_EQ(test, info->nr_memreserve, model->nr_rsv);
	KUNIT_EXPECT_EQ(test, info->max_depth, max_depth);
}

/* The reservations of a blob that was taken, read another way */
static void expect_memreserve(struct kunit *test, const u8 *blob,
			      const struct shadow_fdt_info *info)
{
	u64 base, bytes;
	u32 i, at;

	for (i = 0; i < info->nr_memreserve; i++) {
		KUNIT_EXPECT_TRUE(test, shadow_fdt_memreserve(blob, info, i,
							      &base, &bytes,
							      &at));
		KUNIT_EXPECT_EQ(test, bytes, fetch(blob, at + 8, 8));
	}
	KUNIT_EXPECT_FALSE(test, shadow_fdt_memreserve(blob, info, i, &base,
						       &bytes, &at));
}

/* One blob: two answers, which have to be one; true: it was taken. */
static bool judge(struct kunit *test, struct model *model, const u8 *blob,
		  u32 bytes)
{
	char why[SHADOW_FDT_WHY], again[SHADOW_FDT_WHY];
	struct shadow_fdt_info info;
	u32 max_depth = 0;
	bool sound;
	int err;

	err = shadow_fdt_check(blob, bytes, &info, why, sizeof(why));
	sound = model_sound(model, blob, bytes, &max_depth);
	KUNIT_EXPECT_EQ_MSG(test, !err, sound, "%u bytes: %d %s", bytes, err,
			    why);
	memset(again, 'x', sizeof(again));
	KUNIT_EXPECT_EQ(test, err, shadow_fdt_check(blob, bytes, &info, again,
						    sizeof(again)));
	KUNIT_EXPECT_STREQ(test, why, again);
	if (err)
		expect_line(test, why, "offset 0x");
	if (err || !sound)
		return false;
	expect_counts(test, model, max_depth, &info);
	expect_memreserve(test, blob, &info);
	return true;
}

static void fdt_mutants(struct kunit *test)
{
	struct model *model = shadow_test_alloc(test, sizeof(*model));
	struct tree *tree = new_tree(test, SHADOW_FDT_VERSION);
	u32 room = sizeof(*tree), bytes, spoilt, taken = 0, i;
	u8 *blob = shadow_test_alloc(test, room), *copy;
	struct rnd_state rnd;

	shadow_test_seed(test, &rnd);
	for (i = 0; i < NR_MUTANTS; i++) {
		random_tree(tree, &rnd);
		bytes = tree_bytes(tree);
		memset(blob, 0, room);
		write_blob(tree, blob);
		spoilt = shadow_test_below(&rnd, 4);
		if (!spoilt && !judge(test, model, blob, bytes))
			KUNIT_FAIL_AND_ABORT(test, "tree %u is not taken", i);
		while (spoilt--)
			bytes = spoil(blob, bytes, room, tree, &rnd);
		copy = exact_copy(test, blob, room, bytes);
		taken += judge(test, model, copy, bytes);
		kunit_kfree(test, copy);
		cond_resched();
	}
	kunit_info(test, "%s: %u blobs, %u well-formed\n", test->name,
		   NR_MUTANTS, taken);
	/* Neither always yes nor always no says anything. */
	KUNIT_EXPECT_GT(test, taken, NR_MUTANTS / 4);
	KUNIT_EXPECT_LT(test, taken, NR_MUTANTS / 4 * 3);
}

static struct kunit_case fdt_cases[] = {
	KUNIT_CASE(fdt_good),
	KUNIT_CASE(fdt_one_wrong),
	KUNIT_CASE(fdt_odd),
	KUNIT_CASE(fdt_limits),
	KUNIT_CASE(fdt_too_long),
	KUNIT_CASE(fdt_cut),
	KUNIT_CASE(fdt_mutants),
	{}
};

static struct kunit_suite fdt_suite = {
	.name = "shadow_fdt",
	.test_cases = fdt_cases,
};

kunit_test_suite(fdt_suite);
