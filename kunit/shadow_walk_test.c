// SPDX-License-Identifier: GPL-2.0-only
/*
 * Geometry and walker, on tables that are written down here word by word.
 */
#include "shadow_test_words.h"

/* From the tables of initial lookup levels of the Arm ARM */
static const struct {
	u8 page_shift, va_bits;
	bool lpa2;
	s8 start_level;
	u8 levels, root_bits;
} geometries[] = {
	{ 12, 36, false, 1, 3, 6 },	{ 12, 39, false, 1, 3, 9 },
	{ 12, 42, false, 0, 4, 3 },	{ 12, 47, false, 0, 4, 8 },
	{ 12, 48, false, 0, 4, 9 },	{ 12, 48, true, 0, 4, 9 },
	{ 12, 52, true, -1, 5, 4 },	{ 12, 36, true, 1, 3, 6 },
	{ 14, 36, false, 2, 2, 11 },	{ 14, 39, false, 1, 3, 3 },
	{ 14, 42, false, 1, 3, 6 },	{ 14, 47, false, 1, 3, 11 },
	{ 14, 48, false, 0, 4, 1 },	{ 14, 52, true, 0, 4, 5 },
	{ 16, 36, false, 2, 2, 7 },	{ 16, 39, false, 2, 2, 10 },
	{ 16, 42, false, 2, 2, 13 },	{ 16, 47, false, 1, 3, 5 },
	{ 16, 48, false, 1, 3, 6 },	{ 16, 52, false, 1, 3, 10 },
};

static void geometries_by_hand(struct kunit *test)
{
	struct shadow_geometry geo;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(geometries); i++) {
		KUNIT_ASSERT_EQ_MSG(test,
				    shadow_geometry_init(&geo,
							 geometries[i].page_shift,
							 geometries[i].va_bits,
							 48,
							 geometries[i].lpa2), 0,
				    "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, geo.start_level,
				    geometries[i].start_level, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, geo.levels, geometries[i].levels,
				    "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, geo.root_bits,
				    geometries[i].root_bits, "row %u", i);
		KUNIT_EXPECT_EQ(test, shadow_geometry_shift(&geo, 3),
				geometries[i].page_shift);
		KUNIT_EXPECT_EQ(test, shadow_geometry_first(&geo, true),
				-(1ULL << geometries[i].va_bits));
		KUNIT_EXPECT_EQ(test, shadow_geometry_last(&geo, false),
				(1ULL << geometries[i].va_bits) - 1);
	}
}

static void geometries_refused(struct kunit *test)
{
	static const struct {
		u8 page_shift, va_bits, pa_bits;
		bool lpa2;
	} rows[] = {
		{ 13, 48, 48, false },	{ 0, 48, 48, false },
		{ 12, 40, 48, false },	{ 12, 53, 52, true },
		{ 12, 52, 48, false },	{ 14, 52, 48, false },
		{ 12, 48, 52, false },	{ 14, 47, 52, false },
		{ 16, 48, 48, true },	{ 16, 52, 52, true },
		{ 12, 48, 44, false },	{ 12, 48, 0, false },
		{ 16, 64, 48, false },	{ 12, 0, 48, false },
	};
	struct shadow_geometry geo;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    shadow_geometry_init(&geo,
							 rows[i].page_shift,
							 rows[i].va_bits,
							 rows[i].pa_bits,
							 rows[i].lpa2),
				    -EINVAL, "row %u", i);
	/* What a register may say beyond the sizes that machines have */
	KUNIT_EXPECT_EQ(test, shadow_geometry_init_any(&geo, 12, 25, 32, false),
			0);
	KUNIT_EXPECT_EQ(test, geo.start_level, 2);
	KUNIT_EXPECT_EQ(test, shadow_geometry_init_any(&geo, 12, 24, 32, false),
			-EINVAL);
}

/* Where blocks are legal, and how long contiguous groups are */
static void blocks_and_groups(struct kunit *test)
{
	static const struct {
		u8 page_shift, pa_bits;
		bool lpa2;
		u8 block[4];	/* levels 0 to 3; 3: a page */
		u8 contig[4];
	} rows[] = {
		{ 12, 48, false, { 0, 1, 1, 0 }, { 1, 16, 16, 16 } },
		{ 12, 52, true, { 1, 1, 1, 0 }, { 1, 16, 16, 16 } },
		{ 14, 48, false, { 0, 0, 1, 0 }, { 1, 1, 32, 128 } },
		{ 14, 52, true, { 0, 1, 1, 0 }, { 1, 1, 32, 128 } },
		{ 16, 48, false, { 0, 0, 1, 0 }, { 1, 1, 32, 32 } },
		{ 16, 52, false, { 0, 1, 1, 0 }, { 1, 1, 32, 32 } },
	};
	struct shadow_geometry geo;
	unsigned int i;
	int level;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		KUNIT_ASSERT_EQ(test,
				shadow_geometry_init(&geo, rows[i].page_shift,
						     48, rows[i].pa_bits,
						     rows[i].lpa2), 0);
		for (level = 0; level < 4; level++) {
			KUNIT_EXPECT_EQ_MSG(test,
					    shadow_desc_kind(&geo, level, 1),
					    rows[i].block[level] ?
					    SHADOW_DESC_KIND_BLOCK :
					    SHADOW_DESC_KIND_RESERVED,
					    "row %u level %d", i, level);
			KUNIT_EXPECT_EQ_MSG(test,
					    shadow_geometry_contig(&geo, level),
					    rows[i].contig[level],
					    "row %u level %d", i, level);
			KUNIT_EXPECT_EQ(test, shadow_desc_kind(&geo, level, 3),
					level == 3 ? SHADOW_DESC_KIND_PAGE :
						     SHADOW_DESC_KIND_TABLE);
			KUNIT_EXPECT_EQ(test, shadow_desc_kind(&geo, level, 2),
					SHADOW_DESC_KIND_INVALID);
		}
	}
}

static void walk_steps(struct kunit *test)
{
	struct shadow_walker walker;
	struct memory *m = four_levels(test, &walker);
	struct shadow_walk walk;
	int i;

	/* Index 1, 2, 3, 4 on the four levels */
	m->word[1] = 0x80001003;
	m->word[512 + 2] = 0x80002003;
	m->word[1024 + 3] = 0x80003003;
	m->word[1536 + 4] = 0x00e8000090005703;
	KUNIT_ASSERT_EQ(test, shadow_walk(&walker, VA + 0x8080604678ULL, &walk),
			0);
	KUNIT_EXPECT_EQ(test, walk.pa, 0x90005678);
	KUNIT_EXPECT_EQ(test, walk.nr_steps, 4);
	KUNIT_EXPECT_EQ(test, m->nr_reads, 4);
	KUNIT_EXPECT_EQ(test, walk.leaf_shift, 12);
	KUNIT_EXPECT_EQ(test, walk.level, 3);
	KUNIT_EXPECT_EQ(test, walk.attrs, 0x00e8000000000700);
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_EQ(test, walk.step[i].level, i);
		KUNIT_EXPECT_EQ(test, walk.step[i].index, i + 1);
		KUNIT_EXPECT_EQ(test, walk.step[i].desc_pa,
				MEM_BASE + i * 0x1000 + (i + 1) * 8);
		KUNIT_EXPECT_EQ(test, walk.step[i].kind,
				i < 3 ? SHADOW_DESC_KIND_TABLE :
					SHADOW_DESC_KIND_PAGE);
	}
	KUNIT_EXPECT_EQ(test, walk.step[3].desc, 0x00e8000090005703);
}

static void walk_blocks(struct kunit *test)
{
	struct shadow_walker walker;
	struct memory *m = four_levels(test, &walker);
	struct shadow_walk walk;

	/* 1G and 2M, the second with the contiguous hint */
	m->word[512 + 1] = 0x00e8000040000701;
	m->word[1024 + 1] = 0x00f8000040200701;
	KUNIT_ASSERT_EQ(test, shadow_walk(&walker, VA + 0x7fffffff, &walk), 0);
	KUNIT_EXPECT_EQ(test, walk.pa, 0x7fffffff);
	KUNIT_EXPECT_EQ(test, walk.leaf_shift, 30);
	KUNIT_EXPECT_EQ(test, walk.cont_shift, 0);
	KUNIT_ASSERT_EQ(test, shadow_walk(&walker, VA + 0x212345, &walk), 0);
	KUNIT_EXPECT_EQ(test, walk.pa, 0x40212345);
	KUNIT_EXPECT_EQ(test, walk.leaf_shift, 21);
	KUNIT_EXPECT_EQ(test, walk.cont_shift, 25);
}

/* Each kind of fault at the levels at which it can happen, with its code */
static void walk_faults_by_level(struct kunit *test)
{
	static const struct {
		unsigned int word;
		u64 desc;
		enum shadow_walk_fault fault;
		int level;
		unsigned int fst;
	} rows[] = {
		{ 0, 0, SHADOW_WALK_TRANSLATION, 0, 0x04 },
		{ 512, 0x80002002, SHADOW_WALK_TRANSLATION, 1, 0x05 },
		{ 1024, 0, SHADOW_WALK_TRANSLATION, 2, 0x06 },
		{ 1536, 0, SHADOW_WALK_TRANSLATION, 3, 0x07 },
		/* Blocks where none is legal are no blocks */
		{ 0, 0x00e8000000000701, SHADOW_WALK_TRANSLATION, 0, 0x04 },
		{ 1536, 0x00e8000090000701, SHADOW_WALK_TRANSLATION, 3, 0x07 },
		{ 512, 0x00e8000040000301, SHADOW_WALK_ACCESS_FLAG, 1, 0x09 },
		{ 1024, 0x00e8000040000301, SHADOW_WALK_ACCESS_FLAG, 2, 0x0a },
		{ 1536, 0x00e8000090000303, SHADOW_WALK_ACCESS_FLAG, 3, 0x0b },
		{ 0, 0x7ffff003, SHADOW_WALK_EXTERNAL, 1, 0x15 },
		{ 512, 0xfffffffff003, SHADOW_WALK_EXTERNAL, 2, 0x16 },
		{ 1024, 0x3, SHADOW_WALK_EXTERNAL, 3, 0x17 },
	};
	struct shadow_walker walker;
	struct shadow_walk walk;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct memory *m = four_levels(test, &walker);

		m->word[rows[i].word] = rows[i].desc;
		KUNIT_EXPECT_EQ_MSG(test, shadow_walk(&walker, VA, &walk),
				    -EFAULT, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, walk.fault, rows[i].fault, "row %u",
				    i);
		KUNIT_EXPECT_EQ_MSG(test, walk.level, rows[i].level, "row %u",
				    i);
		KUNIT_EXPECT_EQ_MSG(test,
				    shadow_walk_fst(walk.fault, walk.level),
				    rows[i].fst, "row %u", i);
		KUNIT_EXPECT_FALSE(test,
				   shadow_walk_permits(&walk,
						       SHADOW_ACCESS_EL1_READ));
	}
	/* Hardware sets the flag instead */
	walker.ha = true;
	four_levels(test, &walker)->word[1536] = 0x00e8000090000303;
	walker.ha = true;
	KUNIT_EXPECT_EQ(test, shadow_walk(&walker, VA, &walk), 0);
	/* A smaller output: the page, the table, the root */
	walker.geo.pa_bits = 32;
	((struct memory *)walker.ctx)->word[1536] = 0x00e8000100000703;
	KUNIT_EXPECT_EQ(test, shadow_walk(&walker, VA, &walk), -EFAULT);
	KUNIT_EXPECT_EQ(test, shadow_walk_fst(walk.fault, walk.level), 0x03);
	((struct memory *)walker.ctx)->word[512] = 0x180002003;
	KUNIT_EXPECT_EQ(test, shadow_walk(&walker, VA, &walk), -EFAULT);
	KUNIT_EXPECT_EQ(test, shadow_walk_fst(walk.fault, walk.level), 0x01);
	walker.root = 0x180000000;
	KUNIT_EXPECT_EQ(test, shadow_walk(&walker, VA, &walk), -EFAULT);
	KUNIT_EXPECT_EQ(test, shadow_walk_fst(walk.fault, walk.level), 0x00);
	KUNIT_EXPECT_EQ(test, walk.nr_steps, 0);
}

static void walk_other_half(struct kunit *test)
{
	struct shadow_walker walker;
	struct memory *m = four_levels(test, &walker);
	struct shadow_walk walk;

	KUNIT_EXPECT_EQ(test, shadow_walk(&walker, 0, &walk), -EFAULT);
	KUNIT_EXPECT_EQ(test, shadow_walk_fst(walk.fault, walk.level), 0x04);
	KUNIT_EXPECT_EQ(test, shadow_walk(&walker, VA - 1, &walk), -EFAULT);
	KUNIT_EXPECT_EQ(test, m->nr_reads, 0);
	/* The lower half ends, too */
	walker.upper = false;
	KUNIT_EXPECT_EQ(test, shadow_walk(&walker, 0, &walk), 0);
	m->nr_reads = 0;
	KUNIT_EXPECT_EQ(test, shadow_walk(&walker, BIT_ULL(48), &walk),
			-EFAULT);
	KUNIT_EXPECT_EQ(test, shadow_walk_fst(walk.fault, walk.level), 0x04);
	KUNIT_EXPECT_EQ(test, m->nr_reads, 0);
	walker.upper = true;
	/* With the top byte ignored the tag does not count, bit 55 does */
	KUNIT_EXPECT_EQ(test, shadow_walk(&walker, VA & ~BIT_ULL(60), &walk),
			-EFAULT);
	walker.tbi = true;
	KUNIT_EXPECT_EQ(test, shadow_walk(&walker, VA & ~BIT_ULL(60), &walk),
			0);
	KUNIT_EXPECT_EQ(test, walk.pa, 0x90000000);
	walker.disabled = true;
	KUNIT_EXPECT_EQ(test, shadow_walk(&walker, VA, &walk), -EFAULT);
	KUNIT_EXPECT_EQ(test, shadow_walk_fst(walk.fault, walk.level), 0x04);
	walker.identity = true;
	m->nr_reads = 0;
	KUNIT_EXPECT_EQ(test, shadow_walk(&walker, 0x12345678, &walk), 0);
	KUNIT_EXPECT_EQ(test, walk.pa, 0x12345678);
	KUNIT_EXPECT_EQ(test, m->nr_reads, 0);
	KUNIT_EXPECT_EQ(test, shadow_walk(&walker, BIT_ULL(48), &walk),
			-EFAULT);
	KUNIT_EXPECT_EQ(test, walk.fault, SHADOW_WALK_ADDRESS_SIZE);
}

/* Level -1: five lookups, and the codes that are not in line */
static void walk_level_minus_1(struct kunit *test)
{
	struct shadow_walker walker;
	struct memory *m = four_levels(test, &walker);
	u64 va = 0xfff0000000000000ULL + (5ULL << 48);
	struct shadow_walk walk;

	KUNIT_ASSERT_EQ(test, shadow_geometry_init(&walker.geo, 12, 52, 52,
						   true), 0);
	walker.root = MEM_BASE + 0x4000;
	m->word[2048 + 5] = 0x80000003;
	/* OA[51:50] = 0b10 in bits 9:8, OA[49:48] = 0b01 in place */
	m->word[1536] = 0x00e9000090000603;
	KUNIT_ASSERT_EQ(test, shadow_walk(&walker, va, &walk), 0);
	KUNIT_EXPECT_EQ(test, walk.pa, 0x0009000090000000);
	KUNIT_EXPECT_EQ(test, walk.nr_steps, 5);
	KUNIT_EXPECT_EQ(test, walk.step[0].level, -1);
	KUNIT_EXPECT_EQ(test, walk.attrs, 0x00e8000000000400);
	m->word[2048 + 5] = 0;
	KUNIT_EXPECT_EQ(test, shadow_walk(&walker, va, &walk), -EFAULT);
	KUNIT_EXPECT_EQ(test, shadow_walk_fst(walk.fault, walk.level), 0x2b);
	/* A block of 512G at level 0 */
	m->word[2048 + 5] = 0x80000003;
	m->word[0] = 0x00e8008000000501;
	KUNIT_ASSERT_EQ(test, shadow_walk(&walker, va + 0x7fffffffff, &walk),
			0);
	KUNIT_EXPECT_EQ(test, walk.pa, 0x000400ffffffffff);
	walker.root = 0;
	KUNIT_EXPECT_EQ(test, shadow_walk(&walker, va, &walk), -EFAULT);
	KUNIT_EXPECT_EQ(test, shadow_walk_fst(walk.fault, walk.level), 0x13);
	KUNIT_EXPECT_EQ(test, shadow_walk_fst(SHADOW_WALK_ADDRESS_SIZE, -1),
			0x29);
}

static void fst_both_ways(struct kunit *test)
{
	enum shadow_walk_fault fault;
	unsigned int fst, nr = 0;
	int level;

	for (fst = 0; fst < 64; fst++) {
		if (shadow_walk_from_fst(fst, &fault, &level))
			continue;
		nr++;
		KUNIT_EXPECT_EQ(test, shadow_walk_fst(fault, level), fst);
	}
	/* Five kinds at four levels, three of them at level -1 */
	KUNIT_EXPECT_EQ(test, nr, 23);
	KUNIT_EXPECT_EQ(test, shadow_walk_from_fst(0x21, &fault, &level),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_walk_fst(SHADOW_WALK_OK, 0), 0x3f);
}

/* Who may do what: leaf, limits of tables, and the result in binary */
static void permissions(struct kunit *test)
{
	static const struct {
		u64 leaf, table;
		bool hd;
		u8 may;		/* EL0 xwr, EL1 xwr */
	} rows[] = {
		{ 0x00e8000090000703, 0, false, 0003 },
		{ 0x00e0000090000783, 0, false, 0001 },
		{ 0x00c0000090000783, 0, false, 0005 },
		{ 0x00c8000090000703, 0, false, 0007 },
		/* For EL0: read-only, writable, executable */
		{ 0x0060000090000fc3, 0, false, 0011 },
		{ 0x00e8000090000f43, 0, false, 0033 },
		{ 0x0020000090000fc3, 0, false, 0051 },
		{ 0x0020000090000f83, 0, false, 0041 },
		/* Writable for EL0, hence not executable for EL1 */
		{ 0x0000000090000f43, 0, false, 0073 },
		/* Read-only with DBM: writable once hardware does it */
		{ 0x00e8000090000783, 0, false, 0001 },
		{ 0x00e8000090000783, 0, true, 0003 },
		/* Limits: PXN, UXN, no EL0, read-only */
		{ 0x0000000090000743, BIT_ULL(59), false, 0073 },
		{ 0x0000000090000703, BIT_ULL(59), false, 0043 },
		{ 0x0000000090000703, BIT_ULL(60), false, 0007 },
		{ 0x0000000090000743, BIT_ULL(61), false, 0047 },
		{ 0x0000000090000743, BIT_ULL(62), false, 0055 },
		{ 0x00e8000090000783, BIT_ULL(62), true, 0001 },
	};
	struct shadow_walker walker;
	struct shadow_walk walk;
	unsigned int i, bit;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct memory *m = four_levels(test, &walker);
		unsigned int may = 0;

		walker.hd = rows[i].hd;
		m->word[1536] = rows[i].leaf;
		m->word[512] |= rows[i].table;
		KUNIT_ASSERT_EQ(test, shadow_walk(&walker, VA, &walk), 0);
		for (bit = 0; bit < 6; bit++)
			if (shadow_walk_permits(&walk, bit))
				may |= BIT(bit);
		/* Bits: EL1 read, write, exec, EL0 read, write, exec */
		KUNIT_EXPECT_EQ_MSG(test, may, rows[i].may, "row %u: %o", i,
				    may);
		KUNIT_EXPECT_EQ(test, walk.limits, rows[i].table);
		KUNIT_EXPECT_EQ(test,
				shadow_walk_access(&walk,
						   SHADOW_ACCESS_EL1_WRITE),
				rows[i].may & 2 ? SHADOW_WALK_OK :
						  SHADOW_WALK_PERMISSION);
		/* TCR_EL1.HPD: nothing is limited */
		walker.hpd = true;
		KUNIT_ASSERT_EQ(test, shadow_walk(&walker, VA, &walk), 0);
		KUNIT_EXPECT_EQ(test, walk.limits, 0);
	}
}

struct seen {
	struct shadow_walk_entry entry[8];
	u64 nr;
	u64 nr_leaves;
	u64 bytes;
	u64 next_va;
	bool in_order;
	u64 stop_at;
};

static int see(void *priv, const struct shadow_walk_entry *entry)
{
	struct seen *seen = priv;
	bool leaf = entry->kind == SHADOW_DESC_KIND_PAGE ||
		    entry->kind == SHADOW_DESC_KIND_BLOCK;

	if (seen->nr && entry->va != seen->next_va)
		seen->in_order = false;
	if (leaf && seen->nr_leaves < ARRAY_SIZE(seen->entry))
		seen->entry[seen->nr_leaves++] = *entry;
	seen->next_va = entry->va + (1ULL << entry->shift);
	seen->bytes += 1ULL << entry->shift;
	return ++seen->nr == seen->stop_at ? -EINTR : 0;
}

static void visits_in_order(struct kunit *test)
{
	struct shadow_walker walker;
	struct memory *m = four_levels(test, &walker);
	struct seen seen = { .in_order = true };

	m->word[512 + 511] = 0x00e8000040000701;
	m->word[1024 + 7] = 0x00e8000040200701;
	KUNIT_ASSERT_EQ(test, shadow_walk_for_each(&walker, VA, U64_MAX, see,
						   &seen), 0);
	/* Each table has 512 entries, and three of them are tables */
	KUNIT_EXPECT_EQ(test, seen.nr, 4 * 512 - 3);
	KUNIT_EXPECT_TRUE(test, seen.in_order);
	KUNIT_EXPECT_EQ(test, seen.bytes, 1ULL << 48);
	KUNIT_EXPECT_EQ(test, seen.next_va, 0);
	KUNIT_EXPECT_EQ(test, seen.nr_leaves, 3);
	KUNIT_EXPECT_EQ(test, seen.entry[0].pa, 0x90000000);
	KUNIT_EXPECT_EQ(test, seen.entry[1].va, VA + 7 * SZ_2M);
	KUNIT_EXPECT_EQ(test, seen.entry[1].pa, 0x40200000);
	KUNIT_EXPECT_EQ(test, seen.entry[2].va, VA + 511ULL * SZ_1G);
	KUNIT_EXPECT_EQ(test, seen.entry[2].desc_pa, MEM_BASE + 0x1ff8);

	/* A part of it: two pages */
	memset(&seen, 0, sizeof(seen));
	KUNIT_ASSERT_EQ(test, shadow_walk_for_each(&walker, VA + 0xfff,
						   VA + 0x1000, see, &seen), 0);
	KUNIT_EXPECT_EQ(test, seen.nr, 2);
	memset(&seen, 0, sizeof(seen));
	seen.stop_at = 5;
	KUNIT_EXPECT_EQ(test, shadow_walk_for_each(&walker, VA, U64_MAX, see,
						   &seen), -EINTR);
	KUNIT_EXPECT_EQ(test, seen.nr, 5);
	KUNIT_EXPECT_EQ(test, shadow_walk_for_each(&walker, 0, U64_MAX, see,
						   &seen), -ERANGE);
	KUNIT_EXPECT_EQ(test, shadow_walk_for_each(&walker, VA + 1, VA, see,
						   &seen), -ERANGE);
}

/* A root all of whose entries are the root: 512^4 entries without a bound */
static void visits_are_bounded(struct kunit *test)
{
	struct shadow_walker walker;
	struct memory *m = four_levels(test, &walker);
	struct seen seen = { 0 };
	int i;

	for (i = 0; i < 512; i++)
		m->word[i] = MEM_BASE | 3;
	walker.max_tables = 4;
	KUNIT_EXPECT_EQ(test, shadow_walk_for_each(&walker, VA, U64_MAX, see,
						   &seen), -ELOOP);
	KUNIT_EXPECT_LE(test, m->nr_reads, 4 * 512);
	/* A table that cannot be read is one hole an entry */
	memset(&seen, 0, sizeof(seen));
	memset(m->word, 0, sizeof(m->word));
	m->word[0] = 0x3;
	KUNIT_EXPECT_EQ(test, shadow_walk_for_each(&walker, VA, VA + SZ_1G - 1,
						   see, &seen), 0);
	KUNIT_EXPECT_EQ(test, seen.nr, 1);
}

/*
 * Tables all of whose entries are the same, as KASAN's of what is not there:
 * each is read once, whatever comes between them.
 */
static void equal_tables_are_folded(struct kunit *test)
{
	struct shadow_walker walker;
	struct memory *m = four_levels(test, &walker);
	struct seen seen = { .in_order = true };
	int level, i;

	for (level = 1; level < 4; level++)
		for (i = 0; i < 512; i++)
			m->word[level * 512 + i] = level == 3 ?
				0x00e8000090000703 : MEM_BASE + (level + 1) * SZ_4K + 3;
	/* At the root: that, holes, a block's worth of it again */
	for (i = 0; i < 512; i++)
		m->word[i] = i < 200 || i == 300 ? MEM_BASE + SZ_4K + 3 : 0;
	walker.fold_equal = true;
	walker.max_tables = 4;
	KUNIT_ASSERT_EQ(test, shadow_walk_for_each(&walker, VA, U64_MAX, see,
						   &seen), 0);
	KUNIT_EXPECT_EQ(test, m->nr_reads, 4 * 512);
	KUNIT_EXPECT_TRUE(test, seen.in_order);
	KUNIT_EXPECT_EQ(test, seen.bytes, 1ULL << 48);
	/* 512 pages, then 511, 511 and 199 times all of a table, 311 holes, one more */
	KUNIT_EXPECT_EQ(test, seen.nr, 512 + 511 + 511 + 199 + 311 + 1);
	/* The eighth is a page like the first */
	KUNIT_EXPECT_EQ(test, seen.entry[7].desc, 0x00e8000090000703);

	/* The first entry of each with a limit, as Linux leaves them */
	memset(&seen, 0, sizeof(seen));
	m->nr_reads = 0;
	walker.max_tables = 1 + 2 + 4 + 8;
	for (level = 1; level < 3; level++)
		m->word[level * 512] |= SHADOW_TABLE_UXN;
	KUNIT_ASSERT_EQ(test, shadow_walk_for_each(&walker, VA, U64_MAX, see,
						   &seen), 0);
	KUNIT_EXPECT_LE(test, m->nr_reads, (1 + 2 + 4 + 8) * 512);
	KUNIT_EXPECT_EQ(test, seen.bytes, 1ULL << 48);
	walker.max_tables = 4;
	for (level = 1; level < 3; level++)
		m->word[level * 512] &= ~SHADOW_TABLE_UXN;

	/* One page that is not like the others, and nothing above it is folded */
	memset(&seen, 0, sizeof(seen));
	seen.in_order = true;
	m->word[3 * 512 + 77] = 0;
	KUNIT_EXPECT_EQ(test, shadow_walk_for_each(&walker, VA, U64_MAX, see,
						   &seen), -ELOOP);
	KUNIT_EXPECT_TRUE(test, seen.in_order);
	/* A part of a table says nothing about all of it */
	memset(&seen, 0, sizeof(seen));
	walker.max_tables = 6;
	seen.in_order = true;
	KUNIT_EXPECT_EQ(test, shadow_walk_for_each(&walker, VA + 500 * SZ_4K,
						   VA + SZ_2M + 100 * SZ_4K - 1,
						   see, &seen), 0);
	KUNIT_EXPECT_EQ(test, seen.nr, 12 + 100);
}

static struct kunit_case walk_cases[] = {
	KUNIT_CASE(geometries_by_hand),
	KUNIT_CASE(geometries_refused),
	KUNIT_CASE(blocks_and_groups),
	KUNIT_CASE(walk_steps),
	KUNIT_CASE(walk_blocks),
	KUNIT_CASE(walk_faults_by_level),
	KUNIT_CASE(walk_other_half),
	KUNIT_CASE(walk_level_minus_1),
	KUNIT_CASE(fst_both_ways),
	KUNIT_CASE(permissions),
	KUNIT_CASE(visits_in_order),
	KUNIT_CASE(visits_are_bounded),
	KUNIT_CASE(equal_tables_are_folded),
	{}
};

static struct kunit_suite walk_suite = {
	.name = "shadow_walk",
	.test_cases = walk_cases,
};

kunit_test_suite(walk_suite);
