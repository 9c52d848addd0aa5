// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trees as text: a line says what it must, and what all lines say together is
 * the memory that the tables are in, bit for bit.
 */
#include "shadow_regs.h"
#include "shadow_test_shapes.h"
#include "shadow_treedump.h"

static struct shadow_treedump *dump_of(struct kunit *test, struct test_tables *t,
				       u64 mair)
{
	struct shadow_treedump *dump = shadow_test_alloc(test, sizeof(*dump));
	struct shadow_regs *regs = shadow_test_alloc(test, sizeof(*regs));

	memset(regs, 0, sizeof(*regs));
	regs->mair = mair;
	regs->tcr = 0x1234;
	dump->machine = "m";
	dump->regs = regs;
	dump->nr_trees = 1;
	dump->tree[0].name = "t";
	shadow_pgtable_walker(&t->pgt, &dump->tree[0].walker);
	shadow_treedump_rewind(dump);
	return dump;
}

/* ------------------------------------------------------- what is printed -- */

static void map_one(struct kunit *test, struct test_tables *t, u64 va, u64 pa,
		    u64 bytes, u64 prot)
{
	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&t->pgt, va, pa, bytes, prot, 0),
			0);
}

static void expect_lines(struct kunit *test, struct shadow_treedump *dump,
			 const char *const *lines, unsigned int nr)
{
	char text[SHADOW_TREEDUMP_LINE];
	unsigned int i = 0;

	do {
		shadow_treedump_line(dump, text, sizeof(text));
		if (dump->at != SHADOW_TREEDUMP_LEGEND && i++ < nr)
			KUNIT_EXPECT_STREQ(test, text, lines[i - 1]);
	} while (shadow_treedump_next(dump));
	KUNIT_EXPECT_EQ(test, i, nr);
}

static u64 *table_at(struct test_tables *t, u64 pa)
{
	return shadow_phys_to_virt(&t->block, pa);
}

/* 4K, 39 bits: pages, blocks, a page of a user, what no walk accepts */
static void lines_by_hand(struct kunit *test)
{
	static const char *const lines[] = {
"shadow_mm page tables, format 1",
"machine=m trees=1 MAIR_EL1=0x000000040044ffff TCR_EL1=0x0000000000001234 TTBR0_EL1=0x0000000000000000 TTBR1_EL1=0x0000000000000000 SCTLR_EL1=0x0000000000000000",
"tree=t half=lower root=0x80000000 granule=4096 va_bits=39 pa_bits=48 lpa2=0 levels=3 start_level=1 MAIR_EL1=0x000000040044ffff TCR_EL1=0x0000000000001234",
"  table level=1 pa=0x80000000 va=0x0000000000000000 used=2/512",
"    [0] va=0x0000000000000000 desc=0x180000008000100f table oa=0x80001000 limits=UXNTable,PXNTable",
"      table level=2 pa=0x80001000 va=0x0000000000000000 used=4/512 limits=UXNTable,PXNTable",
"        [0] va=0x0000000000000000 desc=0x0000000080002013 table oa=0x80002000",
"          table level=3 pa=0x80002000 va=0x0000000000000000 used=4/512 limits=UXNTable,PXNTable",
"            [3..5] va=0x0000000000003000 desc=0x00e8000040003703 step=0x1000 page oa=0x40003000 size=0x1000 mem=Normal-WB AttrIndx=0 ap=EL1:rw,EL0:-- sh=inner AF PXN UXN DBM sw=0x1",
"            [7] va=0x0000000000007000 desc=0x0060000040009fc3 page oa=0x40009000 size=0x1000 mem=Normal-WB AttrIndx=0 ap=EL1:ro,EL0:ro sh=inner AF nG PXN UXN",
"        [1..2] va=0x0000000000200000 desc=0x0068000009000711 step=0x200000 block oa=0x9000000 size=0x200000 mem=Device-nGnRE AttrIndx=4 ap=EL1:rw,EL0:-- sh=inner AF PXN UXN DBM",
"        [9] va=0x0000000001200000 desc=0x00f8000040000700 invalid",
"    [511] va=0x0000007fc0000000 desc=0x0000000100000003 table oa=0x100000000",
"      table level=2 pa=0x100000000 va=0x0000007fc0000000 used=0/512",
"        [0..511] va=0x0000007fc0000000 unreadable",
"end trees=1 tables=4",
	};
	struct test_tables *t = test_tables(test, 12, 39, 48, false, false);
	struct shadow_treedump *dump;

	map_one(test, t, 0x3000, 0x40003000, 0x3000, SHADOW_PAGE_KERNEL);
	map_one(test, t, 0x7000, 0x40009000, 0x1000, SHADOW_PAGE_READONLY);
	map_one(test, t, 0x200000, 0x9000000, 0x400000,
		SHADOW_PROT_DEVICE_NGNRE);
	dump = dump_of(test, t, 0x040044ffff);
	dump->tree[0].walker.max_tables = 8;
	/* What pgtable would never write */
	table_at(t, t->block.base)[0] |= SHADOW_TABLE_PXN | SHADOW_TABLE_UXN;
	table_at(t, t->block.base)[511] = 0x100000003;
	table_at(t, t->block.base + 0x1000)[9] = 0x00f8000040000700;
	expect_lines(test, dump, lines, ARRAY_SIZE(lines));
}

/* Tables that form a loop end, and say so */
static void loop_ends(struct kunit *test)
{
	struct test_tables *t = test_tables(test, 12, 48, 48, false, true);
	struct shadow_treedump *dump = dump_of(test, t, 0);
	char text[SHADOW_TREEDUMP_LINE];
	bool said = false;
	unsigned int i;

	for (i = 0; i < 512; i++)
		table_at(t, t->pgt.root)[i] = t->pgt.root | 3;
	dump->tree[0].walker.max_tables = 50;
	for (i = 0; i < 1000; i++) {
		shadow_treedump_line(dump, text, sizeof(text));
		said = said || strstr(text, "# more than 50 tables");
		if (!shadow_treedump_next(dump))
			break;
	}
	KUNIT_EXPECT_TRUE(test, said);
	KUNIT_EXPECT_LT(test, i, 500);
	KUNIT_EXPECT_EQ(test, dump->sum_tables, 50);
}

/* ------------------------------------------ what all lines say together -- */

/* The memory of the tables, from the text alone */
struct rebuilt {
	u64 *word;
	bool listed[TEST_NR_TABLES];
	u64 table_pa;
	bool done;
};

static u64 number_after(const char *line, const char *key)
{
	const char *at = strstr(line, key);
	u64 value = 0;

	if (!at || sscanf(at + strlen(key), "%llx",
			  (unsigned long long *)&value) != 1)
		return 0;
	return value;
}

static void rebuild_entry(struct kunit *test, const struct test_tables *t,
			  struct rebuilt *re, const char *line)
{
	u64 desc = number_after(line, "desc=0x"), i;
	u64 step = number_after(line, " step=0x");
	unsigned int first, last;
	u64 *table;
	int nr;

	while (*line == ' ')
		line++;
	nr = sscanf(line, "[%u..%u]", &first, &last);
	KUNIT_ASSERT_GE_MSG(test, nr, 1, "%s", line);
	if (nr == 1)
		last = first;
	KUNIT_ASSERT_LE_MSG(test, first, last, "%s", line);
	KUNIT_ASSERT_LT_MSG(test, last, 1U << (t->shape.page_shift - 3), "%s", line);
	table = re->word + (re->table_pa - t->block.base) / sizeof(u64);
	for (i = 0; i <= last - first; i++)
		table[first + i] = desc + i * step;
	if (strstr(line, " page ") || strstr(line, " block "))
		KUNIT_EXPECT_EQ_MSG(test, number_after(line, " oa=0x"),
				    test_output(t, desc) &
				    ~(number_after(line, " size=0x") - 1),
				    "%s", line);
}

static void rebuild_line(struct kunit *test, const struct test_tables *t,
			 struct rebuilt *re, const char *line)
{
	u64 nr;

	if (strstr(line, "table level=")) {
		re->table_pa = number_after(line, " pa=0x");
		nr = (re->table_pa - t->block.base) >> t->shape.page_shift;
		KUNIT_ASSERT_LT_MSG(test, nr, TEST_NR_TABLES, "%s", line);
		KUNIT_EXPECT_FALSE_MSG(test, re->listed[nr], "%s", line);
		re->listed[nr] = true;
	} else if (line[0] == ' ') {
		rebuild_entry(test, t, re, line);
		/* The table below comes next, and then this one goes on */
	} else if (!strncmp(line, "end ", 4)) {
		re->done = true;
	}
}

/* Which table a line belongs to is told by how far it is indented */
static void rebuild(struct kunit *test, const struct test_tables *t,
		    struct shadow_treedump *dump, struct rebuilt *re)
{
	char text[SHADOW_TREEDUMP_LINE];
	u64 open[SHADOW_MAX_LEVELS + 1] = {};
	unsigned int depth;

	do {
		shadow_treedump_line(dump, text, sizeof(text));
		depth = strspn(text, " ");
		if (strstr(text, "table level=")) {
			depth = (depth - 2) / 4;
			open[depth] = number_after(text, " pa=0x");
		} else if (depth) {
			re->table_pa = open[(depth - 4) / 4];
		}
		rebuild_line(test, t, re, text);
	} while (shadow_treedump_next(dump));
}

static void expect_same(struct kunit *test, const struct test_tables *t,
			const struct rebuilt *re)
{
	u64 bytes = 1ULL << t->shape.page_shift;
	unsigned int i;

	KUNIT_EXPECT_TRUE(test, re->done);
	for (i = 0; i < TEST_NR_TABLES; i++) {
		KUNIT_EXPECT_EQ_MSG(test, re->listed[i], t->used[i], "table %u", i);
		if (t->used[i])
			KUNIT_EXPECT_EQ_MSG(test,
					    memcmp((char *)re->word + i * bytes,
						   (char *)t->block.virt + i * bytes,
						   bytes), 0, "table %u", i);
	}
}

static const u64 some_prots[] = {
	SHADOW_PAGE_KERNEL, SHADOW_PAGE_KERNEL_RO, SHADOW_PAGE_KERNEL_ROX,
	SHADOW_PROT_DEVICE_NGNRE, SHADOW_PROT_NORMAL_NC, SHADOW_PAGE_SHARED,
};

/* Ranges of pages and of blocks at random; what overlaps is refused */
static void map_at_random(struct test_tables *t, struct rnd_state *rnd,
			  bool upper)
{
	u64 page = test_page_of(t), block = test_block_of(t);
	u64 pa_end = 1ULL << (t->pgt.geo.pa_bits - 1);
	unsigned int i;

	for (i = 0; i < 60; i++) {
		u64 unit = shadow_test_below(rnd, 3) ? page : block;
		u64 va = shadow_test_below(rnd, 8 * block / unit) * unit;
		u64 pa = shadow_test_below(rnd, pa_end / unit) * unit;
		u64 nr = 1 + shadow_test_below(rnd, unit == page ? 40 : 3);
		u64 prot = some_prots[shadow_test_below(rnd, ARRAY_SIZE(some_prots))];
		u32 flags = shadow_test_below(rnd, 2) ? SHADOW_MAP_NO_CONT : 0;

		/* Some right below an address that carries into other bits */
		if (shadow_test_below(rnd, 4) == 0)
			pa = pa_end - min(nr / 2, pa_end / unit) * unit;
		shadow_pgtable_map(&t->pgt, test_first_of(t, upper) + va, pa,
				   nr * unit, prot, flags);
	}
}

static void text_is_the_memory(struct kunit *test)
{
	struct rnd_state rnd;
	struct rebuilt re;
	unsigned int round;
	u64 lines = 0;

	shadow_test_seed(test, &rnd);
	for (round = 0; round < 4; round++) {
		bool upper = round & 1;
		struct test_tables *t = test_tables_of_shape(test, upper);
		struct shadow_treedump *dump;

		map_at_random(t, &rnd, upper);
		dump = dump_of(test, t, shadow_regs_mair());
		memset(&re, 0, sizeof(re));
		re.word = shadow_test_alloc(test, t->block.bytes);
		memset(re.word, 0, t->block.bytes);
		rebuild(test, t, dump, &re);
		expect_same(test, t, &re);
		KUNIT_EXPECT_EQ(test, dump->sum_tables, t->pgt.nr_tables);
		lines += t->pgt.nr_tables;
		shadow_test_free(test, re.word);
		shadow_pgtable_fini(&t->pgt);
		shadow_test_free(test, t->block.virt);
	}
	KUNIT_EXPECT_GT(test, lines, 8);
}

/* ---------------------------------------------- tables that change on the way */

/* Reads only what is a table just now */
static int read_used(void *ctx, phys_addr_t pa, u64 *desc)
{
	struct test_tables *t = ctx;
	u64 nr = (pa - t->block.base) >> t->shape.page_shift;

	if (nr >= TEST_NR_TABLES || !t->used[nr]) {
		t->misuse = true;
		return -EFAULT;
	}
	*desc = READ_ONCE(*(u64 *)shadow_phys_to_virt(&t->block, pa));
	return 0;
}

/* Five pages, each in a table of its own, or those of the middle are gone */
static void five_pages(struct kunit *test, struct test_tables *t)
{
	u64 page = test_page_of(t), block = test_block_of(t), i;
	u64 first = test_first_of(t, true);

	for (i = 0; i < 5; i++)
		KUNIT_ASSERT_EQ(test,
				shadow_pgtable_map(&t->pgt,
						   first + i * (block + page),
						   i * page, page,
						   SHADOW_PAGE_KERNEL, 0), 0);
}

static void drop_pages(struct kunit *test, struct test_tables *t, u64 from,
		       u64 end)
{
	u64 page = test_page_of(t), block = test_block_of(t), i;
	u64 first = test_first_of(t, true);

	for (i = from; i < end; i++)
		KUNIT_ASSERT_EQ(test,
				shadow_pgtable_unmap(&t->pgt,
						     first + i * (block + page),
						     page), 0);
}

static void changes_on_the_way(struct kunit *test)
{
	struct test_tables *t = test_tables_of_shape(test, true);
	struct shadow_treedump *dump = dump_of(test, t, 0);
	char text[SHADOW_TREEDUMP_LINE];
	unsigned int lines, cut = 0, n;

	dump->tree[0].walker.read = read_used;
	dump->tree[0].walker.ctx = t;
	dump->tree[0].walker.max_tables = TEST_NR_TABLES;
	for (n = 1; n < 16; n++) {
		five_pages(test, t);
		shadow_treedump_rewind(dump);
		lines = 0;
		do {
			if (lines++ == n) {
				drop_pages(test, t, 1, 4);
				cut += !shadow_treedump_resume(dump);
			}
			shadow_treedump_line(dump, text, sizeof(text));
			KUNIT_ASSERT_FALSE_MSG(test, t->misuse,
					       "changed before line %u, line %u: %s",
					       n, lines, text);
		} while (shadow_treedump_next(dump) && lines < 200);
		KUNIT_ASSERT_GT(test, lines, n);
		KUNIT_ASSERT_LT(test, lines, 200);
		KUNIT_EXPECT_EQ(test, strncmp(text, "end ", 4), 0);
		drop_pages(test, t, 0, 1);
		drop_pages(test, t, 4, 5);
	}
	KUNIT_EXPECT_GT(test, cut, 0);
}

static struct kunit_case treedump_cases[] = {
	KUNIT_CASE(lines_by_hand),
	KUNIT_CASE(loop_ends),
	KUNIT_CASE_PARAM(text_is_the_memory, test_shapes_gen_params),
	KUNIT_CASE_PARAM(changes_on_the_way, test_shapes_gen_params),
	{}
};

static struct kunit_suite treedump_suite = {
	.name = "shadow_treedump",
	.test_cases = treedump_cases,
};

kunit_test_suite(treedump_suite);
MODULE_DESCRIPTION("KUnit tests of shadow_treedump");
MODULE_LICENSE("GPL");
