// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of shadow_board_text: dumps as kernels print them and as people paste
 * them, what is refused with which words, and texts that chance has been at.
 * Each text lies in a buffer of exactly its length, so that a sanitizer sees a
 * read behind it.
 */
#include "shadow_test_board.h"

#include "shadow_board.h"

/* boards/imx6ul.txt, as a 32-bit kernel of old printed it. */
static const char imx6ul[] =
	"memory\n"
	"   0: 0x0000000080000000..0x000000009fffffff\n"
	"reserved\n"
	"   0: 0x0000000080003000..0x0000000080007fff\n"
	"   1: 0x0000000080200000..0x00000000810e8eeb\n"
	"   2: 0x0000000088000000..0x0000000088014303\n"
	"   3: 0x000000008bad3000..0x000000008bb40fff\n"
	"   4: 0x000000008bb413c0..0x000000008bb433bf\n"
	"   5: 0x000000008bb433f4..0x000000008bffefff\n"
	"   6: 0x000000008bfff740..0x000000008bfff77b\n"
	"   7: 0x000000008bfff780..0x000000008bfff7bb\n"
	"   8: 0x000000008bfff7c0..0x000000008bfff837\n"
	"   9: 0x000000008bfff840..0x000000008bfff843\n"
	"  10: 0x000000008bfff880..0x000000008bfff883\n"
	"  11: 0x000000008bfff8c0..0x000000008bfff8c3\n"
	"  12: 0x000000008bfff900..0x000000008bfff903\n"
	"  13: 0x000000008bfff940..0x000000008bfff9a1\n"
	"  14: 0x000000008bfff9c0..0x000000008bfffa21\n"
	"  15: 0x000000008bfffa40..0x000000008bfffaa1\n"
	"  16: 0x000000008bfffaac..0x000000008bfffac6\n"
	"  17: 0x000000008bfffac8..0x000000008bfffae2\n"
	"  18: 0x000000008bfffae4..0x000000008bfffb5e\n"
	"  19: 0x000000008bfffb60..0x000000008bfffb7a\n"
	"  20: 0x000000008bfffb7c..0x000000008bfffb96\n"
	"  21: 0x000000008bfffb98..0x000000008bfffbb2\n"
	"  22: 0x000000008bfffbb4..0x000000008bfffbce\n"
	"  23: 0x000000008bfffbd0..0x000000008bfffbea\n"
	"  24: 0x000000008bfffbec..0x000000008bfffc06\n"
	"  25: 0x000000008bfffc08..0x000000008bfffc22\n"
	"  26: 0x000000008bfffc24..0x000000008bfffccc\n"
	"  27: 0x000000008bfffcd0..0x000000008bfffce8\n"
	"  28: 0x000000008bfffcec..0x000000008bfffd04\n"
	"  29: 0x000000008bfffd08..0x000000008bfffd20\n"
	"  30: 0x000000008bfffd24..0x000000008bfffd3c\n"
	"  31: 0x000000008bfffd40..0x000000008bfffd5c\n"
	"  32: 0x000000008bfffd60..0x000000008bfffd7c\n"
	"  33: 0x000000008bfffd80..0x000000008bfffdc7\n"
	"  34: 0x000000008bfffdd8..0x000000009fffffff\n";

/* ------------------------------------------------------------- helpers -- */

static struct shadow_board *new_board(struct kunit *test,
				      enum shadow_board_kind kind)
{
	struct shadow_board *board = shadow_test_alloc(test, sizeof(*board));

	shadow_board_init(board, kind);
	return board;
}

static char *exact_copy(struct kunit *test, const char *text, size_t bytes)
{
	char *copy = kunit_kmalloc(test, max_t(size_t, bytes, 1), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, copy);
	memcpy(copy, text, bytes);
	return copy;
}

static int read_bytes(struct kunit *test, struct shadow_board *board,
		      const char *text, size_t bytes)
{
	char *copy = exact_copy(test, text, bytes);
	int err;

	shadow_board_init(board, SHADOW_BOARD_TEXT);
	err = shadow_board_text(board, copy, bytes);
	kunit_kfree(test, copy);
	return err;
}

static int read_text(struct kunit *test, struct shadow_board *board,
		     const char *text)
{
	return read_bytes(test, board, text, strlen(text));
}

/* ---------------------------------------------------------------- texts -- */

static void text_imx6ul(struct kunit *test)
{
	struct shadow_board *board = new_board(test, SHADOW_BOARD_TEXT);
	u64 reserved = 0;
	unsigned int i;

	KUNIT_ASSERT_EQ_MSG(test, read_text(test, board, imx6ul), 0, "%s",
			    board->why);
	KUNIT_EXPECT_EQ(test, board->kind, SHADOW_BOARD_TEXT);
	KUNIT_EXPECT_EQ(test, board->nr_memory, 1);
	KUNIT_EXPECT_EQ(test, board->nr_reserved, 35);
	KUNIT_EXPECT_EQ(test, shadow_board_start(board), 0x80000000);
	KUNIT_EXPECT_EQ(test, shadow_board_end(board), 0xa0000000);
	KUNIT_EXPECT_EQ(test, shadow_board_memory_bytes(board), SZ_512M);
	KUNIT_EXPECT_EQ(test, board->nr_nodes, 1);
	KUNIT_EXPECT_EQ(test, board->memory[0].nid, SHADOW_NUMA_NO_NODE);
	KUNIT_EXPECT_EQ(test, board->reserved[6].base, 0x8bfff740);
	KUNIT_EXPECT_EQ(test, board->reserved[6].bytes, 0x3c);
	KUNIT_EXPECT_EQ(test, board->reserved[34].at, 38);
	for (i = 0; i < board->nr_reserved; i++)
		reserved += board->reserved[i].bytes;
	KUNIT_EXPECT_EQ(test, reserved, 0x1542e547);
}

/* What a 6.12 kernel prints. */
#define NEW_MEMORY							\
	"   0: 0x0000000040000000..0x000000007fffffff    0 NONE\n"	\
	"   1: 0x0000000080000000..0x00000000800fffff    0 NOMAP\n"	\
	"   2: 0x0000000100000000..0x000000017fffffff    1 HOTPLUG|MIRROR|DRV_MNG\n"
#define NEW_RESERVED							\
	"   0: 0x0000000040210000..0x0000000042ffffff    0 NONE\n"	\
	"   1: 0x0000000090000000..0x0000000090000fff    x RSV_NIT\n"

static const char *const pasted[] = {
	"memory\n" NEW_MEMORY "reserved\n" NEW_RESERVED,
	"reserved\n" NEW_RESERVED "memory\n" NEW_MEMORY,
	"memory:\n" NEW_MEMORY "\nreserved:\n" NEW_RESERVED "\n\n",
	"==> memory <==\n" NEW_MEMORY "\n==> reserved <==\n" NEW_RESERVED,
	"==> /sys/kernel/debug/memblock/memory <==\n" NEW_MEMORY
	"\n==> /sys/kernel/debug/memblock/reserved <==\n" NEW_RESERVED,
	"/sys/kernel/debug/memblock/memory:\n" NEW_MEMORY
	"./reserved\n" NEW_RESERVED,
	"# of a board\n\t memory\t\n" NEW_MEMORY
	"   # taken\nreserved\n" NEW_RESERVED "# end",
	"memory\r\n"
	"0:0x40000000..0x7fffffff 0 NONE\r\n"
	"\t1:\t0X80000000..0x800FFFFF\t0\tNOMAP\x20\n"
	"2: 0x100000000..0x17fffffff 1 DRV_MNG|HOTPLUG|MIRROR\n"
	"reserved\n"
	"0: 0x40210000..0x42ffffff 0 NONE\n"
	"1: 0x90000000..0x90000fff x RSV_NIT",
	"memory:   0: 0x0000000040000000..0x000000007fffffff    0 NONE\n"
	"memory:   1: 0x0000000080000000..0x00000000800fffff    0 NOMAP\n"
	"memory:   2: 0x0000000100000000..0x000000017fffffff    1 HOTPLUG|MIRROR|DRV_MNG\n"
	"reserved:   0: 0x0000000040210000..0x0000000042ffffff    0 NONE\n"
	"reserved:   1: 0x0000000090000000..0x0000000090000fff    x RSV_NIT\n",
};

static void text_pasted(struct kunit *test)
{
	struct shadow_board *board = new_board(test, SHADOW_BOARD_TEXT);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pasted); i++) {
		KUNIT_ASSERT_EQ_MSG(test, read_text(test, board, pasted[i]), 0,
				    "%u: %s", i, board->why);
		KUNIT_EXPECT_EQ(test, board->nr_memory, 3);
		KUNIT_EXPECT_EQ(test, board->nr_reserved, 2);
		KUNIT_EXPECT_EQ(test, board->nr_nodes, 2);
		KUNIT_EXPECT_EQ(test, board->memory[1].base, 0x80000000);
		KUNIT_EXPECT_EQ(test, board->memory[1].bytes, SZ_1M);
		KUNIT_EXPECT_EQ(test, board->memory[1].flags,
				SHADOW_MEMBLOCK_NOMAP);
		KUNIT_EXPECT_EQ(test, board->memory[2].flags,
				SHADOW_MEMBLOCK_HOTPLUG |
				SHADOW_MEMBLOCK_MIRROR |
				SHADOW_MEMBLOCK_DRIVER_MANAGED);
		KUNIT_EXPECT_EQ(test, board->memory[2].nid, 1);
		KUNIT_EXPECT_EQ(test, board->reserved[0].nid, 0);
		KUNIT_EXPECT_EQ(test, board->reserved[1].nid,
				SHADOW_NUMA_NO_NODE);
		KUNIT_EXPECT_EQ(test, board->reserved[1].flags,
				SHADOW_MEMBLOCK_RSRV_NOINIT);
	}
}

#define OLD(idx, from, to)	#idx ": 0x" #from "..0x" #to "\n"
#define MEM	"memory\n" OLD(0, 80000000, 9fffffff)
#define RES	"reserved\n" OLD(0, 80003000, 80007fff)

/* Short, odd and good. */
static const struct {
	const char *text;
	unsigned int nr_memory, nr_reserved;
	u64 bytes;
} odd[] = {
	{ MEM RES, 1, 1, SZ_512M },
	{ MEM "reserved\n", 1, 0, SZ_512M },
	{ "reserved\n" MEM, 1, 0, SZ_512M },
	/* Reserved outside memory, and all around it */
	{ MEM "reserved\n" OLD(0, 0, ffffffff), 1, 1, SZ_512M },
	{ "memory\n" OLD(0, 0, 0) "reserved\n", 1, 0, 1 },
	/* Neighbours: a kernel with flags, printed by one that hides them */
	{ "memory\n" OLD(0, 0, fff) OLD(1, 1000, 1fff) "reserved\n", 2, 0, SZ_8K },
	{ "memory\n" OLD(0, 0, fffffffffffff) "reserved\n", 1, 0, 1ULL << 52 },
	/* No newline, and yet complete */
	{ MEM "reserved\n0: 0x80003000..0x80007fff", 1, 1, SZ_512M },
	{ MEM "reserved\n0: 0x0..0x0000000080007fff", 1, 1, SZ_512M },
	{ "memory\n0: 0x0..0xfff x NONE\nreserved\n0: 0x0..0xfff x NONE", 1, 1, SZ_4K },
};

static void text_odd(struct kunit *test)
{
	struct shadow_board *board = new_board(test, SHADOW_BOARD_TEXT);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		KUNIT_EXPECT_EQ_MSG(test, read_text(test, board, odd[i].text),
				    0, "%s: %s", odd[i].text, board->why);
		KUNIT_EXPECT_STREQ(test, board->why, "");
		KUNIT_EXPECT_EQ(test, board->nr_memory, odd[i].nr_memory);
		KUNIT_EXPECT_EQ(test, board->nr_reserved, odd[i].nr_reserved);
		KUNIT_EXPECT_EQ(test, shadow_board_memory_bytes(board),
				odd[i].bytes);
	}
}

static const struct {
	const char *text;
	int err;
	const char *why;
} refused[] = {
	/* Nothing, or not both */
	{ "", -EINVAL, "line 1, memory: the text ends without it; allowed: two dumps" },
	{ "\n\n", -EINVAL, "line 2, memory: the text ends" },
	{ MEM, -EINVAL, "line 2, reserved: the text ends without it" },
	{ RES, -EINVAL, "line 2, memory: the text ends without it" },
	{ "memory\n" RES, -EINVAL, "line 1, memory: is empty; allowed: at least one range" },
	{ MEM RES "memory\n", -EINVAL, "line 5, memory: starts again, it has in line 1;" },
	{ MEM RES MEM, -EINVAL, "line 5, memory: starts again" },
	{ OLD(0, 0, 1) MEM RES, -EINVAL, "line 1, text: \"0: 0x0..0x1\" before a heading;" },
	/* No line of a dump */
	{ MEM "hello\n" RES, -EINVAL, "line 3, memory: \"hello\" means nothing;" },
	{ MEM "physmem\n" RES, -EINVAL, "line 3, memory: \"physmem\" means nothing;" },
	{ "the memory\n", -EINVAL, "line 1, text: \"the memory\" means nothing" },
	{ "memory <==\n", -EINVAL, "line 1, text: \"memory <==\" means" },
	{ "==> memory\n", -EINVAL, "line 1, text: \"==> memory\" means" },
	{ "Memory\n", -EINVAL, "line 1, text: \"Memory\" means" },
	{ "\xef\xbb\xbfmemory\n", -EINVAL, "line 1, text: \"???memory\" means" },
	{ "memory\n0 0x0..0x1\n", -EINVAL, "line 2, memory: \"0 0x0..0x1\" is no range" },
	{ "memory\n0x0..0x1\n", -EINVAL, "line 2, memory: \"0x0..0x1\" is no range" },
	{ "memory\n0:\t\n", -EINVAL,
	  "line 2, memory: \"\" is no range; allowed: 0xBASE..0xLAST" },
	{ "memory\n0: 0x0\n", -EINVAL, "line 2, memory: \"0x0\" is no range" },
	{ "memory\n0: 0x0.0x1\n", -EINVAL, "is no range" },
	{ "memory\n0: 0x0...0x1\n", -EINVAL, "\".0x1\" is no address" },
	{ "memory\n0: 0x0-0x1\n", -EINVAL, "is no range" },
	{ "memory\n0: [0x0..0x1]\n", -EINVAL, "\"[0x0\" is no address" },
	{ "memory\n0: 0..1\n", -EINVAL, "\"0\" is no address; allowed: 0x" },
	{ "memory\n0: 0x0..\n", -EINVAL, "\"\" is no address" },
	{ "memory\n0: 0x..0x1\n", -EINVAL, "\"0x\" is no address" },
	{ "memory\n0: 0x0g..0x1\n", -EINVAL, "\"0x0g\" is no address" },
	{ "memory\n0: 0x0 .. 0x1\n", -EINVAL, "\"0x0\" is no range" },
	/* A line is missing, or one too many */
	{ "memory\n1: 0x0..0x1\n", -EINVAL, "line 2, memory: index 1 where 0 is due;" },
	{ MEM OLD(0, a0000000, a0000fff), -EINVAL, "line 3, memory: index 0 where 1 is due;" },
	{ MEM OLD(2, a0000000, a0000fff), -EINVAL, "line 3, memory: index 2 where 1 is due;" },
	{ "memory\n00: 0x0..0x1\n", -EINVAL, "\"00\" is no index" },
	{ "memory\n0x0: 0x0..0x1\n0y: 0x2..0x3\n", -EINVAL,
	  "line 3, memory: \"0y\" is no index" },
	{ "memory\n99999999999999999999: 0x0..0x1\n", -EINVAL, "is no index" },
	/* Ranges that no memory has */
	{ "memory\n0: 0x1000..0xfff\n", -EINVAL, "may be cut off" },
	{ "memory\n0: 0x1000..0x0fff\n", -EINVAL,
	  "line 2, memory: \"0x1000..0x0fff\" is empty; allowed: at least one byte" },
	{ "memory\n0: 0x2000..0x1000\n", -EINVAL,
	  "line 2, memory: \"0x2000..0x1000\" ends before it starts" },
	{ "memory\n0: 0x0..0xffffffffffffffff\n", -ERANGE,
	  "line 2, memory: \"0xffffffffffffffff\" is out of reach; allowed: up to 52 bits" },
	{ "memory\n0: 0x0..0x10000000000000\n", -ERANGE, "is out of reach" },
	{ "memory\n0: 0x10000000000000..0x10000000000fff\n", -ERANGE, "out of reach" },
	{ "memory\n0: 0x0..0x1ffffffffffffffff\n", -ERANGE, "out of reach" },
	/* Ranges that do not go together */
	{ MEM OLD(1, 80000000, 9fffffff), -EINVAL,
	  "line 3, memory: 0x80000000..0x9fffffff overlaps 0x80000000..0x9fffffff of line 2" },
	{ MEM OLD(1, 9fffffff, afffffff), -EINVAL,
	  "line 3, memory: 0x9fffffff..0xafffffff overlaps" },
	{ MEM OLD(1, 80001000, 80001fff), -EINVAL,
	  "line 3, memory: 0x80001000..0x80001fff overlaps" },
	{ MEM OLD(1, 70000000, afffffff), -EINVAL,
	  "line 3, memory: 0x70000000..0xafffffff overlaps" },
	{ MEM OLD(1, 70000000, 7fffffff), -EINVAL,
	  "line 3, memory: 0x70000000..0x7fffffff is below 0x80000000..0x9fffffff of line 2" },
	{ MEM RES OLD(1, 80007fff, 80008fff), -EINVAL,
	  "line 5, reserved: 0x80007fff..0x80008fff overlaps 0x80003000..0x80007fff of line" },
	/* Two kernels, or one and a half */
	{ MEM "reserved\n0: 0x0..0xfff 0 NONE\n", -EINVAL,
	  "line 4, reserved: has a node and flags, unlike line 2;" },
	{ "memory\n0: 0x0..0xfff 0 NONE\n" RES, -EINVAL,
	  "line 4, reserved: lacks a node and flags, unlike line 2;" },
	{ "memory\n0: 0x0..0xfff 0\n", -EINVAL,
	  "line 2, memory: \"\" are no flags; allowed: NONE, or" },
	{ "memory\n0: 0x0..0xfff NONE\n", -EINVAL,
	  "\"NONE\" is no node; allowed: x, or 0 to 7" },
	{ "memory\n0: 0x0..0xfff -1 NONE\n", -EINVAL, "\"-1\" is no node;" },
	{ "memory\n0: 0x0..0xfff 8 NONE\n", -ERANGE, "\"8\" is no node that can be;" },
	{ "memory\n0: 0x0..0xfff 18446744073709551616 NONE\n", -ERANGE,
	  "is no node that can be;" },
	{ "memory\n0: 0x0..0xfff 0 UNKNOWN\n", -EINVAL, "\"UNKNOWN\" are no flags;" },
	{ "memory\n0: 0x0..0xfff 0 NOMAP|\n", -EINVAL, "\"NOMAP|\" are no flags" },
	{ "memory\n0: 0x0..0xfff 0 |NOMAP\n", -EINVAL, "are no flags" },
	{ "memory\n0: 0x0..0xfff 0 NOMAP|NOMAP\n", -EINVAL, "are no flags" },
	{ "memory\n0: 0x0..0xfff 0 NOMAP|NONE\n", -EINVAL, "are no flags" },
	{ "memory\n0: 0x0..0xfff 0 NONE NONE\n", -EINVAL, "\"NONE NONE\" are no flags" },
	{ "memory\n0: 0x0..0xfff 0 nomap\n", -EINVAL, "are no flags" },
	{ "memory\n0: 0x0..0xfff x NONE\nreserved\n0: 0x0..0xf 3 NONE\n", -EINVAL,
	  "line 4, reserved: 0x0+0x10 has a node without memory" },
	/* Cut off */
	{ MEM "reserved", -EINVAL,
	  "line 3, reserved: the text may be cut off here; allowed: a newline" },
	{ MEM "reserved\n0: 0x80003000..0x8000", -EINVAL,
	  "line 4, reserved: \"0x80003000..0x8000\" may be cut off" },
	{ MEM "reserved\n0: 0x3000..0x8000", -EINVAL, "may be cut off" },
	{ MEM "reserved\n0: 0x800003000..0x800008000", -EINVAL, "may be cut off" },
	{ "memory\n0: 0x0..0xfff 0 NONE\nreserved\n0: 0x0..0xfff 0 NOMAP", -EINVAL,
	  "line 4, reserved: the text may be cut off here" },
};

static void text_refused(struct kunit *test)
{
	struct shadow_board *board = new_board(test, SHADOW_BOARD_TEXT);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		KUNIT_EXPECT_EQ_MSG(test,
				    read_text(test, board, refused[i].text),
				    refused[i].err, "%s: %s", refused[i].text,
				    board->why);
		expect_why(test, board, refused[i].why);
	}
}

/* As many as there is room for, and one more. */
static void text_many(struct kunit *test)
{
	struct shadow_board *board = new_board(test, SHADOW_BOARD_TEXT);
	char *text = shadow_test_alloc(test, SZ_256K);
	unsigned int list, nr, i;
	size_t at;

	for (list = 0; list < 2; list++) {
		for (nr = 1024; nr <= 1025; nr++) {
			at = scnprintf(text, SZ_256K, list ?
				       MEM "reserved\n" : "reserved\nmemory\n");
			for (i = 0; i < nr; i++)
				at += scnprintf(text + at, SZ_256K - at,
						"%4u: 0x%016llx..0x%016llx\n",
						i, (u64)i << 20,
						((u64)i << 20) + 4095);
			KUNIT_EXPECT_EQ(test, read_bytes(test, board, text, at),
					nr > 1024 ? -E2BIG : 0);
			if (nr > 1024)
				expect_why(test, board, list ?
					   "line 1028, reserved: range 1025 at 0x40000000" :
					   "line 1027, memory: range 1025 at 0x40000000");
		}
	}
	at = SHADOW_BOARD_MAX_BYTES + 1;
	text = shadow_test_alloc(test, at);
	memset(text, '\n', at);
	shadow_board_init(board, SHADOW_BOARD_TEXT);
	KUNIT_EXPECT_EQ(test, shadow_board_text(board, text, at), -E2BIG);
	expect_why(test, board, "text: 2097153 bytes; allowed: up to 2M");
}

/* --------------------------------------------------------------- chance -- */

/* An emulated kernel takes its time; user space tries the most. */
#ifdef __KERNEL__
#define NR_MUTANTS	1000
#else
#define NR_MUTANTS	20000
#endif

#define TEXT_ROOM	8192
#define MAX_LINES	24

/**
 * struct dumps - two lists, and what a kernel prints of them
 * @list: memory and reserved
 * @regions: their entries
 * @text: the text
 * @bytes: its length
 */
struct dumps {
	struct shadow_memblock_type list[2];
	struct shadow_memblock_region regions[2][MAX_LINES];
	char text[TEXT_ROOM];
	size_t bytes;
};

static void random_list(struct shadow_memblock_type *type,
			struct shadow_memblock_region *regions,
			struct rnd_state *rnd, bool memory)
{
	u64 at = shadow_test_below(rnd, 1ULL << 36);
	unsigned int i;

	type->regions = regions;
	type->cnt = 1 + shadow_test_below(rnd, MAX_LINES);
	for (i = 0; i < type->cnt; i++) {
		regions[i].base = at;
		regions[i].size = 1 + shadow_test_below(rnd, 1ULL << 32);
		regions[i].nid = SHADOW_NUMA_NO_NODE;
		/* Node 0 is there, whatever has memory */
		if (shadow_test_below(rnd, 3))
			regions[i].nid = memory ? shadow_test_below(rnd, 8) : 0;
		regions[i].flags = shadow_test_below(rnd, 4) ? 0 :
				   shadow_test_below(rnd, 32);
		at += regions[i].size;
		if (shadow_test_below(rnd, 4))
			at += shadow_test_below(rnd, 1ULL << 20);
	}
}

static void print_list(struct dumps *dumps, unsigned int list, bool full)
{
	const struct shadow_memblock_type *type = &dumps->list[list];
	char *text = dumps->text;
	size_t at = dumps->bytes;
	unsigned long i;

	at += scnprintf(text + at, TEXT_ROOM - at, "%s\n",
			list ? "reserved" : "memory");
	for (i = 0; i < type->cnt; i++) {
		at += shadow_memblock_format_region(type, i, text + at,
						    TEXT_ROOM - at);
		/* "%4lu: 0x%016llx..0x%016llx" is what it was of old */
		if (full)
			continue;
		while (text[--at] != '.')
			;
		at += 19;
		text[at++] = '\n';
	}
	dumps->bytes = at;
}

static void random_dumps(struct dumps *dumps, struct rnd_state *rnd)
{
	bool full = shadow_test_below(rnd, 2), swapped = shadow_test_below(rnd, 2);
	unsigned int list, i;

	for (list = 0; list < 2; list++)
		random_list(&dumps->list[list], dumps->regions[list], rnd,
			    !list);
	dumps->bytes = 0;
	print_list(dumps, swapped, full);
	print_list(dumps, !swapped, full);
	if (full)
		return;
	for (list = 0; list < 2; list++)
		for (i = 0; i < MAX_LINES; i++) {
			dumps->regions[list][i].nid = SHADOW_NUMA_NO_NODE;
			dumps->regions[list][i].flags = 0;
		}
}

static const struct shadow_board_range *
ranges_of(const struct shadow_board *board, unsigned int list, unsigned int *nr)
{
	*nr = list ? board->nr_reserved : board->nr_memory;
	return list ? board->reserved : board->memory;
}

/* The board is what was printed, or the beginning of it. */
static void expect_dumps(struct kunit *test, const struct shadow_board *board,
			 const struct dumps *dumps, bool whole)
{
	const struct shadow_memblock_region *region;
	const struct shadow_board_range *range;
	unsigned int list, nr, i;

	for (list = 0; list < 2; list++) {
		range = ranges_of(board, list, &nr);
		region = dumps->regions[list];
		KUNIT_ASSERT_LE(test, nr, dumps->list[list].cnt);
		if (whole)
			KUNIT_EXPECT_EQ(test, nr, dumps->list[list].cnt);
		for (i = 0; i < nr; i++) {
			KUNIT_EXPECT_EQ(test, range[i].base, region[i].base);
			KUNIT_EXPECT_EQ(test, range[i].bytes, region[i].size);
			KUNIT_EXPECT_EQ(test, range[i].nid, region[i].nid);
			KUNIT_EXPECT_EQ(test, range[i].flags, region[i].flags);
		}
	}
}

/* What our machines print, and kernels too, is read as what it was. */
static void text_round_trip(struct kunit *test)
{
	struct shadow_board *board = new_board(test, SHADOW_BOARD_TEXT);
	struct dumps *dumps = shadow_test_alloc(test, sizeof(*dumps));
	struct rnd_state rnd;
	unsigned int i;

	shadow_test_seed(test, &rnd);
	for (i = 0; i < 500; i++) {
		random_dumps(dumps, &rnd);
		KUNIT_ASSERT_EQ_MSG(test, read_bytes(test, board, dumps->text,
						     dumps->bytes), 0, "%s",
				    board->why);
		expect_dumps(test, board, dumps, true);
	}
}

/*
 * Cut off anywhere: it is refused, or each range is one that was printed. Of
 * the lines that are missing from the end nobody can know.
 */
static void text_cut(struct kunit *test)
{
	struct shadow_board *board = new_board(test, SHADOW_BOARD_TEXT);
	struct dumps *dumps = shadow_test_alloc(test, sizeof(*dumps));
	unsigned int i, taken = 0, tried = 0;
	struct rnd_state rnd;
	size_t bytes;

	shadow_test_seed(test, &rnd);
	for (i = 0; i < 6; i++) {
		random_dumps(dumps, &rnd);
		for (bytes = 0; bytes < dumps->bytes; bytes++, tried++) {
			if (read_bytes(test, board, dumps->text, bytes)) {
				expect_why(test, board, "line ");
				continue;
			}
			taken++;
			expect_dumps(test, board, dumps, false);
		}
	}
	/* Before and behind a newline, and in the blanks before an index */
	KUNIT_EXPECT_GT(test, taken, 0);
	KUNIT_EXPECT_LE(test, taken, 6 * 5 * (MAX_LINES + 1));
	kunit_info(test, "%s: %u cuts, %u taken\n", test->name, tried, taken);
}

static size_t random_line(const char *text, size_t bytes, struct rnd_state *rnd,
			  size_t *len)
{
	size_t at = shadow_test_below(rnd, bytes), end = at;

	while (at && text[at - 1] != '\n')
		at--;
	while (end < bytes && text[end] != '\n')
		end++;
	*len = end - at + (end < bytes);
	return at;
}

/* Puts @len bytes of @from in at @at; how long the text is then. */
static size_t insert(char *text, size_t bytes, size_t at, const char *from,
		     size_t len)
{
	char piece[128];

	len = min(len, sizeof(piece));
	len = min_t(size_t, len, TEXT_ROOM - bytes);
	memcpy(piece, from, len);
	memmove(text + at + len, text + at, bytes - at);
	memcpy(text + at, piece, len);
	return bytes + len;
}

/* One mutation; how long the text is then. */
static size_t spoil(char *text, size_t bytes, struct rnd_state *rnd)
{
	static const char chars[] = "0123456789abcdefx .:|\n\r\t#NOMAPmemory";
	size_t at, len;
	char c;

	if (!bytes)
		return bytes;
	at = shadow_test_below(rnd, bytes);
	c = chars[shadow_test_below(rnd, sizeof(chars) - 1)];
	switch (shadow_test_below(rnd, 8)) {
	case 0:
		text[at] ^= 1 << shadow_test_below(rnd, 8);
		break;
	case 1:
	case 2:
		text[at] = c;
		break;
	case 3:
		bytes = insert(text, bytes, at, &c, 1);
		break;
	case 4:
		len = 1 + shadow_test_below(rnd, min_t(size_t, 4, bytes - at));
		memmove(text + at, text + at + len, bytes - at - len);
		bytes -= len;
		break;
	case 5:
		at = random_line(text, bytes, rnd, &len);
		bytes = insert(text, bytes, at, text + at, len);
		break;
	case 6:
		at = random_line(text, bytes, rnd, &len);
		memmove(text + at, text + at + len, bytes - at - len);
		bytes -= len;
		break;
	default:
		bytes = at;
	}
	return bytes;
}

/**
 * struct scan - a text, read by somebody who knows nothing of dumps
 * @at: where
 * @end: where it ends
 * @comment: in a comment
 */
struct scan {
	const char *at;
	const char *end;
	bool comment;
};

/* The next number after 0x that is in no comment. */
static bool scan_hex(struct scan *scan, u64 *value)
{
	bool blank_so_far = false;

	for (; scan->at < scan->end; scan->at++) {
		char c = *scan->at;

		if (c == '\n') {
			scan->comment = false;
			blank_so_far = true;
			continue;
		}
		if (c == '#' && blank_so_far)
			scan->comment = true;
		if (c != ' ' && c != '\t' && c != '\r')
			blank_so_far = false;
		if (scan->comment || scan->end - scan->at < 3 || c != '0' ||
		    (scan->at[1] | 0x20) != 'x')
			continue;
		for (*value = 0, scan->at += 2; scan->at < scan->end; scan->at++) {
			c = *scan->at | 0x20;
			if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
				break;
			*value = *value << 4 | (c > '9' ? c - 'a' + 10 : c - '0');
		}
		return true;
	}
	return false;
}

/* All numbers of a text that was taken are in the board, in their order. */
static void expect_scan(struct kunit *test, const struct shadow_board *board,
			const char *text, size_t bytes)
{
	struct scan scan = { text, text + bytes };
	unsigned int list, i, nr;
	const struct shadow_board_range *range;
	u64 value;

	list = board->nr_reserved &&
	       board->reserved[0].at < board->memory[0].at;
	for (i = 0; i < 2; i++, list = !list) {
		for (range = ranges_of(board, list, &nr); nr; nr--, range++) {
			KUNIT_EXPECT_TRUE(test, scan_hex(&scan, &value));
			KUNIT_EXPECT_EQ(test, value, range->base);
			KUNIT_EXPECT_TRUE(test, scan_hex(&scan, &value));
			KUNIT_EXPECT_EQ(test, value, range->base + range->bytes - 1);
		}
	}
	KUNIT_EXPECT_FALSE(test, scan_hex(&scan, &value));
}

/* What a board is that was taken, whatever it was read from. */
static void expect_sound(struct kunit *test, const struct shadow_board *board)
{
	const struct shadow_board_range *range;
	unsigned int list, nr, i;

	KUNIT_EXPECT_GT(test, board->nr_memory, 0);
	for (list = 0; list < 2; list++) {
		range = ranges_of(board, list, &nr);
		for (i = 0; i < nr; i++) {
			KUNIT_EXPECT_GT(test, range[i].bytes, 0);
			KUNIT_EXPECT_LE(test, range[i].base + range[i].bytes,
					1ULL << 52);
			if (i)
				KUNIT_EXPECT_GE(test, range[i].base,
						range[i - 1].base +
						range[i - 1].bytes);
		}
	}
}

/* One text, read twice; true: it was taken. */
static bool judge(struct kunit *test, struct shadow_board *board[2],
		  const char *text, size_t bytes)
{
	int err = read_bytes(test, board[0], text, bytes);

	KUNIT_EXPECT_EQ(test, read_bytes(test, board[1], text, bytes), err);
	KUNIT_EXPECT_EQ(test, 0, memcmp(board[0], board[1], sizeof(*board[0])));
	if (err) {
		expect_why(test, board[0], "line ");
		KUNIT_EXPECT_TRUE(test, err == -EINVAL || err == -ERANGE);
		return false;
	}
	expect_sound(test, board[0]);
	expect_scan(test, board[0], text, bytes);
	return true;
}

static void text_mutants(struct kunit *test)
{
	struct dumps *dumps = shadow_test_alloc(test, sizeof(*dumps));
	struct shadow_board *board[2] = {
		new_board(test, SHADOW_BOARD_TEXT),
		new_board(test, SHADOW_BOARD_HOST),
	};
	unsigned int i, spoilt, taken = 0;
	struct rnd_state rnd;

	shadow_test_seed(test, &rnd);
	for (i = 0; i < NR_MUTANTS; i++) {
		random_dumps(dumps, &rnd);
		if (!shadow_test_below(&rnd, 8)) {
			dumps->bytes = sizeof(imx6ul) - 1;
			memcpy(dumps->text, imx6ul, dumps->bytes);
		}
		spoilt = 1 + shadow_test_below(&rnd, 3);
		while (spoilt--)
			dumps->bytes = spoil(dumps->text, dumps->bytes, &rnd);
		taken += judge(test, board, dumps->text, dumps->bytes);
		cond_resched();
	}
	kunit_info(test, "%s: %u texts, %u taken\n", test->name, NR_MUTANTS,
		   taken);
	/* Most are refused, and most blanks and comments are not looked at */
	KUNIT_EXPECT_GT(test, taken, NR_MUTANTS / 100);
	KUNIT_EXPECT_LT(test, taken, NR_MUTANTS / 2);
}

static struct kunit_case board_text_cases[] = {
	KUNIT_CASE(text_imx6ul),
	KUNIT_CASE(text_pasted),
	KUNIT_CASE(text_odd),
	KUNIT_CASE(text_refused),
	KUNIT_CASE(text_many),
	KUNIT_CASE(text_round_trip),
	KUNIT_CASE(text_cut),
	KUNIT_CASE(text_mutants),
	{}
};

static struct kunit_suite board_text_suite = {
	.name = "shadow_board_text",
	.test_cases = board_text_cases,
};

kunit_test_suite(board_text_suite);
