// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of shadow_board: memory=, what is refused of any board and with which
 * words, and questions about it.
 */
#include "shadow_test_board.h"

#include "shadow_board.h"

/* ------------------------------------------------------------- helpers -- */

static struct shadow_board *new_board(struct kunit *test,
				      enum shadow_board_kind kind)
{
	struct shadow_board *board = shadow_test_alloc(test, sizeof(*board));

	shadow_board_init(board, kind);
	return board;
}

/* -------------------------------------------------------------- memory= -- */

static void memory_param(struct kunit *test)
{
	struct shadow_board *board = new_board(test, SHADOW_BOARD_TREE);

	board->wants_memory = true;
	KUNIT_EXPECT_EQ(test, shadow_board_verify(board), -EINVAL);
	expect_why(test, board,
		   "/memory: left to the boot loader; allowed: with memory=");
	KUNIT_EXPECT_EQ(test, 0, shadow_board_memory(board, "2G+512M"));
	KUNIT_EXPECT_EQ(test, 0, shadow_board_verify(board));
	KUNIT_EXPECT_EQ(test, board->nr_memory, 1);
	KUNIT_EXPECT_EQ(test, board->memory[0].base, SZ_2G);
	KUNIT_EXPECT_EQ(test, board->memory[0].bytes, SZ_512M);
	KUNIT_EXPECT_EQ(test, board->memory[0].source, SHADOW_BOARD_FROM_PARAM);
	/* What was said before is forgotten; order does not matter */
	KUNIT_EXPECT_EQ(test, 0, shadow_board_memory(board,
						     "0x880000000+6G,0x80000000+2G,0+1"));
	KUNIT_EXPECT_EQ(test, 0, shadow_board_verify(board));
	KUNIT_EXPECT_EQ(test, board->nr_memory, 3);
	KUNIT_EXPECT_EQ(test, board->memory[1].at, 2);
	KUNIT_EXPECT_EQ(test, shadow_board_start(board), 0);
	KUNIT_EXPECT_EQ(test, shadow_board_end(board), 0xa00000000);
	KUNIT_EXPECT_EQ(test, shadow_board_memory_bytes(board),
			8ULL * SZ_1G + 1);
}

static const struct {
	const char *text;
	int err;
	const char *why;
} memory_refused[] = {
	{ "", -EINVAL, "item 1, memory=: \"\"; allowed: START+BYTES[,...]" },
	{ "2G", -EINVAL, "item 1, memory=: \"2G\"; allowed" },
	{ "2G+", -EINVAL, "item 1, memory=: \"2G+\"; allowed" },
	{ "+2G", -EINVAL, "item 1, memory=: \"+2G\"" },
	{ "2G+1G,", -EINVAL, "item 2, memory=: \"\"" },
	{ ",2G+1G", -EINVAL, "item 1, memory=: \"\"" },
	{ "2G+1G 4G+1G", -EINVAL, "item 1, memory=: \"2G+1G 4G+1G\"" },
	{ "2G+1G+1G", -EINVAL, "item 1, memory=: \"2G+1G+1G\"" },
	{ "2G-1G", -EINVAL, "item 1, memory=: \"2G-1G\"" },
	{ "2G+1G,4G+0", -EINVAL,
	  "item 2, memory=: 0x100000000+0x0 is empty; allowed: at least one byte" },
	{ "2G+16777216T", -ERANGE, "item 1, memory=: \"2G+16777216T\"" },
	{ "1+18446744073709551615", -ERANGE,
	  "item 1, memory=: 0x1+0xffffffffffffffff is out of reach" },
	{ "2+18446744073709551615", -ERANGE,
	  "item 1, memory=: 0x2+0xffffffffffffffff wraps around" },
	{ "0+4097T", -ERANGE,
	  "item 1, memory=: 0x0+0x10010000000000 is out of reach; allowed: up to 52 bits" },
	{ "4096T+1", -ERANGE, "out of reach" },
	{ "2G+1G,3G+1G,4095M+1G", -EINVAL,
	  "item 3, memory=: 0xfff00000+0x40000000 overlaps 0xc0000000+0x40000000 (item 2);" },
	{ "8G+1G,2G+1G,1G+4G", -EINVAL,
	  "item 3, memory=: 0x40000000+0x100000000 overlaps 0x80000000+0x40000000 (item 2)" },
	{ "2G+1G,2G+1G", -EINVAL, "item 2, memory=: 0x80000000+0x40000000 overlaps" },
};

static void memory_param_refused(struct kunit *test)
{
	struct shadow_board *board = new_board(test, SHADOW_BOARD_MEMORY);
	char *text = shadow_test_alloc(test, SZ_16K);
	unsigned int i;
	size_t at = 0;

	for (i = 0; i < ARRAY_SIZE(memory_refused); i++) {
		KUNIT_EXPECT_EQ_MSG(test,
				    shadow_board_memory(board,
							memory_refused[i].text),
				    memory_refused[i].err, "%s",
				    memory_refused[i].text);
		expect_why(test, board, memory_refused[i].why);
	}
	for (i = 0; i < 1025; i++)
		at += scnprintf(text + at, SZ_16K - at, "%s%uM+4K",
				i ? "," : "", i);
	KUNIT_EXPECT_EQ(test, shadow_board_memory(board, text), -E2BIG);
	expect_why(test, board,
		   "item 1025, memory: range 1025 at 0x40000000 is one too many");
}

/* ---------------------------------------------------------------- verify -- */

/* A board in which nothing is wrong, and a bit of everything. */
static void fill_board(struct shadow_board *board)
{
	struct shadow_board_range range = {
		.base = SZ_1G, .bytes = SZ_1G, .at = 0x50,
		.name = "memory@40000000",
	};

	shadow_board_init(board, SHADOW_BOARD_TREE);
	shadow_board_add_memory(board, &range);
	range.base = 4ULL * SZ_1G;
	range.nid = 2;
	range.at = 0x90;
	shadow_board_add_memory(board, &range);
	range.source = SHADOW_BOARD_FROM_RESERVED_MEMORY;
	range.nid = SHADOW_NUMA_NO_NODE;
	range.bytes = SZ_4K;
	range.at = 0xd0;
	strscpy(range.name, "fw@100000000", sizeof(range.name));
	shadow_board_add_reserved(board, &range);
	shadow_board_add_reserved(board, &range);
	board->usable[board->nr_usable++] = range;
	board->place[board->nr_places++] = range;
	board->wish[board->nr_wishes++] = (struct shadow_board_wish) {
		.bytes = SZ_64M, .align = SZ_4M, .at = 0x100, .name = "pool",
		.first_place = 0, .nr_places = 1,
	};
	board->initrd_start = 0x123;
	board->initrd_bytes = SZ_8M;
}

#define SPOIL(name, statement)						\
	static void name(struct shadow_board *b)			\
	{								\
		statement;						\
	}
SPOIL(no_memory, b->nr_memory = 0)
SPOIL(many_memory, b->nr_memory = 1025)
SPOIL(many_reserved, b->nr_reserved = U32_MAX)
SPOIL(empty_memory, b->memory[1].bytes = 0)
SPOIL(wrapping, b->reserved[1].bytes = U64_MAX)
SPOIL(far, b->reserved[0].base = (1ULL << 52) - SZ_4K + 1)
SPOIL(odd_flag, b->memory[0].flags = 0x20)
SPOIL(high_node, b->memory[0].nid = 8)
SPOIL(low_node, b->memory[0].nid = -2)
SPOIL(twice, b->memory[1].base = SZ_1G + SZ_1M)
SPOIL(inside_out, b->memory[1].base = 0; b->memory[1].bytes = 3ULL * SZ_1G)
SPOIL(foreign_node, b->reserved[0].nid = 1)
SPOIL(many_nodes, b->nr_nodes = 9)
SPOIL(near_itself, b->has_distance = true; b->distance[0][0] = 11)
SPOIL(near_other, b->has_distance = true; b->distance[1][2] = 10)
SPOIL(many_wishes, b->nr_wishes = 65)
SPOIL(many_places, b->nr_places = 65)
SPOIL(empty_wish, b->wish[0].bytes = 0)
SPOIL(large_wish, b->wish[0].bytes = 1ULL << 52)
SPOIL(crooked_wish, b->wish[0].align = 0x3000)
SPOIL(lost_wish, b->wish[0].first_place = 1)
SPOIL(lost_wishes, b->wish[0].nr_places = U32_MAX)
SPOIL(empty_place, b->place[0].bytes = 0)
SPOIL(empty_usable, b->usable[0].bytes = 0)
SPOIL(many_usable, b->nr_usable = 3)
SPOIL(far_initrd, b->initrd_start = 1ULL << 52)
SPOIL(evil_name, memset(b->reserved[1].name, '\n', 32); b->reserved[1].bytes = 0)

static const struct {
	void (*spoil)(struct shadow_board *b);
	int err;
	const char *why;
} wrong[] = {
	{ no_memory, -EINVAL, "memory: none; allowed: at least one range" },
	{ many_memory, -E2BIG, "memory: 1025 ranges; allowed: 1024" },
	{ many_reserved, -E2BIG, "reserved: 4294967295 ranges; allowed: 1024" },
	{ empty_memory, -EINVAL,
	  "offset 0x90, /memory memory@40000000: 0x100000000+0x0 is empty" },
	{ wrapping, -ERANGE,
	  "offset 0xd0, /reserved-memory fw@100000000: 0x100000000+0xffffffffffffffff wraps" },
	{ far, -ERANGE,
	  "offset 0xd0, /reserved-memory fw@100000000: 0xffffffffff001+0x1000 is out of rea" },
	{ odd_flag, -EINVAL,
	  "offset 0x50, /memory memory@40000000: 0x40000000+0x40000000 has an unknown flag" },
	{ high_node, -ERANGE, "has no node that can be; allowed: 0 to 7" },
	{ low_node, -ERANGE, "has no node that can be" },
	{ twice, -EINVAL,
	  "offset 0x90, /memory memory@40000000: 0x40100000+0x40000000 overlaps 0x40000000+" },
	{ inside_out, -EINVAL, "overlaps 0x40000000+0x40000000 (offset 0x50)" },
	{ foreign_node, -EINVAL, "has a node without memory" },
	{ many_nodes, -ERANGE, "numa-node-id: 9 nodes; allowed: 8" },
	{ near_itself, -EINVAL, "distance-matrix: 11 from node 0 to 0;" },
	{ near_other, -EINVAL, "distance-matrix: 10 from node 1 to 2; allowed: 10 to itself" },
	{ many_wishes, -E2BIG, "/reserved-memory: 65 regions by size; allowed: 64" },
	{ many_places, -E2BIG, "alloc-ranges: 65 ranges; allowed: 64" },
	{ empty_wish, -EINVAL, "offset 0x100, /reserved-memory pool: size is 0x0" },
	{ large_wish, -ERANGE,
	  "offset 0x100, /reserved-memory pool: size is 0x10000000000000" },
	{ crooked_wish, -EINVAL,
	  "/reserved-memory pool: alignment is 0x3000; allowed: powers of two" },
	{ lost_wish, -EINVAL, "pool: alloc-ranges are not there" },
	{ lost_wishes, -EINVAL, "pool: alloc-ranges are not there" },
	{ empty_place, -EINVAL,
	  "offset 0xd0, /reserved-memory fw@100000000: 0x100000000+0x0 is empty" },
	{ empty_usable, -EINVAL, "is empty" },
	{ many_usable, -E2BIG, "linux,usable-memory-range: 3 ranges; allowed: 2" },
	{ far_initrd, -ERANGE, "initrd: 0x10000000000000+0x800000 is out of reach" },
	{ evil_name, -EINVAL,
	  "/reserved-memory ????????????????????????????????: 0x100000000+0x0 is empty" },
};

static void verify(struct kunit *test)
{
	struct shadow_board *board = new_board(test, SHADOW_BOARD_TREE);
	unsigned int i;

	fill_board(board);
	strscpy(board->why, "x", sizeof(board->why));
	KUNIT_EXPECT_EQ_MSG(test, shadow_board_verify(board), 0, "%s",
			    board->why);
	KUNIT_EXPECT_STREQ(test, board->why, "");
	KUNIT_EXPECT_EQ(test, board->nr_nodes, 3);
	board->has_distance = true;
	board->distance[0][0] = 10;
	board->distance[0][1] = 255;
	board->distance[1][0] = 11;
	KUNIT_EXPECT_EQ(test, shadow_board_verify(board), 0);
	/* A node without memory is one */
	board->nr_nodes = 8;
	KUNIT_EXPECT_EQ(test, shadow_board_verify(board), 0);
	KUNIT_EXPECT_EQ(test, board->nr_nodes, 8);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		fill_board(board);
		wrong[i].spoil(board);
		KUNIT_EXPECT_EQ_MSG(test, shadow_board_verify(board),
				    wrong[i].err, "%s", wrong[i].why);
		expect_why(test, board, wrong[i].why);
	}
	/* Nobody says where the memory of the block itself is */
	shadow_board_init(board, SHADOW_BOARD_BLOCK);
	KUNIT_EXPECT_EQ(test, shadow_board_verify(board), 0);
	KUNIT_EXPECT_EQ(test, shadow_board_start(board), 0);
	KUNIT_EXPECT_EQ(test, shadow_board_end(board), 0);
}

/* Memory in any order: overlap is found just where two ranges share a byte. */
static void verify_overlap(struct kunit *test)
{
	struct shadow_board *board = new_board(test, SHADOW_BOARD_MEMORY);
	unsigned int run, nr, a, b, overlaps = 0;
	struct shadow_board_range range = {
		.nid = SHADOW_NUMA_NO_NODE, .source = SHADOW_BOARD_FROM_PARAM,
	};
	struct rnd_state rnd;
	bool meet;

	shadow_test_seed(test, &rnd);
	for (run = 0; run < 5000; run++) {
		board->nr_memory = 0;
		nr = 1 + shadow_test_below(&rnd, 8);
		for (a = 0; a < nr; a++) {
			range.base = shadow_test_below(&rnd, 64);
			range.bytes = 1 + shadow_test_below(&rnd, 8);
			range.at = a + 1;
			shadow_board_add_memory(board, &range);
		}
		meet = false;
		for (a = 0; a < 64 + 8; a++) {
			unsigned int owners = 0;

			for (b = 0; b < nr; b++)
				owners += a >= board->memory[b].base &&
					  a - board->memory[b].base <
					  board->memory[b].bytes;
			meet |= owners > 1;
		}
		KUNIT_EXPECT_EQ_MSG(test, shadow_board_verify(board),
				    meet ? -EINVAL : 0, "%s", board->why);
		overlaps += meet;
	}
	KUNIT_EXPECT_GT(test, overlaps, 500);
	KUNIT_EXPECT_LT(test, overlaps, 4500);
}

/* ------------------------------------------------------------- questions -- */

static void inside(struct kunit *test)
{
	struct shadow_board *board = new_board(test, SHADOW_BOARD_MEMORY);
	struct shadow_block block;

	shadow_test_block_bare(&block, SZ_1G, SZ_128M);
	KUNIT_EXPECT_EQ(test, 0, shadow_board_memory(board, "1G+128M"));
	KUNIT_EXPECT_TRUE(test, shadow_board_inside(board, &block));
	KUNIT_EXPECT_EQ(test, 0, shadow_board_memory(board, "1100M+4K,1025M+1M"));
	KUNIT_EXPECT_TRUE(test, shadow_board_inside(board, &block));
	KUNIT_EXPECT_EQ(test, 0, shadow_board_memory(board, "1025M+1M,1100M+53M"));
	KUNIT_EXPECT_FALSE(test, shadow_board_inside(board, &block));
	KUNIT_EXPECT_EQ(test, 0, shadow_board_memory(board, "1025M+1M,1023M+1M"));
	KUNIT_EXPECT_FALSE(test, shadow_board_inside(board, &block));
	KUNIT_EXPECT_EQ(test, 0, shadow_board_memory(board, "4G+1M"));
	KUNIT_EXPECT_FALSE(test, shadow_board_inside(board, &block));
}

static void names(struct kunit *test)
{
	static const char *const bad[] = {
		"", "a/b", "..", "a.txt", "a b", "caf\xc3\xa9", "a\n", "a%s",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	struct shadow_board *board = new_board(test, SHADOW_BOARD_TREE);
	struct shadow_board_range range = { .at = 12 };
	char where[SHADOW_BOARD_WHERE];
	unsigned int i;

	KUNIT_EXPECT_EQ(test, 0, shadow_board_set_name(board, bad[8], 64));
	KUNIT_EXPECT_EQ(test, strlen(board->name), 64);
	KUNIT_EXPECT_EQ(test, 0, shadow_board_set_name(board, "Ab-_9zZ", 7));
	KUNIT_EXPECT_STREQ(test, board->name, "Ab-_9zZ");
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    shadow_board_set_name(board, bad[i],
							  strlen(bad[i])),
				    "%s", bad[i]);
		expect_why(test, board, "is no name; allowed: 1 to 64 letters, digits, _ and -");
	}
	KUNIT_EXPECT_STREQ(test, shadow_board_where(&range, where), "offset 0xc");
	range.source = SHADOW_BOARD_FROM_TEXT;
	KUNIT_EXPECT_STREQ(test, shadow_board_where(&range, where), "line 12");
	range.source = SHADOW_BOARD_FROM_PARAM;
	KUNIT_EXPECT_STREQ(test, shadow_board_where(&range, where), "item 12");
	range.source = SHADOW_BOARD_FROM_HOST;
	KUNIT_EXPECT_STREQ(test, shadow_board_where(&range, where), "");
	for (i = 0; i < SHADOW_BOARD_NR_KINDS; i++)
		KUNIT_EXPECT_STRNEQ(test, shadow_board_kind_name(i), "unknown");
	KUNIT_EXPECT_STREQ(test, shadow_board_kind_name(i), "unknown");
}

static struct kunit_case board_cases[] = {
	KUNIT_CASE(memory_param),
	KUNIT_CASE(memory_param_refused),
	KUNIT_CASE(verify),
	KUNIT_CASE(verify_overlap),
	KUNIT_CASE(inside),
	KUNIT_CASE(names),
	{}
};

static struct kunit_suite board_suite = {
	.name = "shadow_board",
	.test_cases = board_cases,
};

kunit_test_suite(board_suite);
