// SPDX-License-Identifier: GPL-2.0-only
/*
 * What changes of the tables ask of a TLB: the log, its ring and its text, the
 * counters, and the TLB in software against a model of its own.
 */
#include "shadow_test_tables.h"
#include "shadow_tlb_soft.h"

#define BASE_VA		(0xffff000000000000ULL + SZ_1G)

/* ------------------------------------------------------------- the record -- */

static void set_log(struct kunit *test, struct test_tables *t, u32 nr)
{
	struct shadow_tlb_record *ring = shadow_test_alloc(test, nr * sizeof(*ring));

	shadow_tlb_set_log(&t->pgt.tlb, ring, nr);
	shadow_tlb_note(&t->pgt.tlb, SHADOW_TLB_OP_TABLE, t->pgt.root);
}

static void ring_wraps(struct kunit *test)
{
	struct shadow_tlb_record ring[8], record;
	struct shadow_tlb tlb = {};
	u64 at;

	KUNIT_EXPECT_EQ(test, shadow_tlb_first(&tlb), 1);
	shadow_tlb_note(&tlb, SHADOW_TLB_OP_SYNC, 0);
	KUNIT_EXPECT_EQ(test, tlb.nr_records, 0);
	KUNIT_EXPECT_FALSE(test, shadow_tlb_get(&tlb, 1, &record));
	shadow_tlb_set_log(&tlb, ring, ARRAY_SIZE(ring));
	KUNIT_EXPECT_FALSE(test, shadow_tlb_get(&tlb, 1, &record));
	for (at = 1; at <= 100; at++) {
		shadow_tlb_note(&tlb, SHADOW_TLB_OP_FREE, at << 12);
		KUNIT_EXPECT_EQ(test, tlb.nr_records, at);
		KUNIT_EXPECT_EQ(test, shadow_tlb_first(&tlb), at > 8 ? at - 7 : 1);
	}
	KUNIT_EXPECT_FALSE(test, shadow_tlb_get(&tlb, 92, &record));
	KUNIT_EXPECT_FALSE(test, shadow_tlb_get(&tlb, 101, &record));
	for (at = 93; at <= 100; at++) {
		KUNIT_EXPECT_TRUE(test, shadow_tlb_get(&tlb, at, &record));
		KUNIT_EXPECT_EQ(test, (u64)record.pa, at << 12);
	}
	shadow_tlb_set_log(&tlb, NULL, 0);
	KUNIT_EXPECT_FALSE(test, shadow_tlb_get(&tlb, 100, &record));
}

static void counters(struct kunit *test)
{
	struct shadow_geometry geo;
	struct shadow_tlb tlb = {};

	KUNIT_ASSERT_EQ(test, shadow_geometry_init(&geo, 12, 48, 48, false), 0);
	shadow_tlb_invalidate(&tlb, &geo, 0, SZ_4K, 12, false);
	shadow_tlb_invalidate(&tlb, &geo, 0, SZ_2M, 12, false);
	shadow_tlb_invalidate(&tlb, &geo, 0, SZ_2M, 21, false);
	shadow_tlb_invalidate(&tlb, &geo, 0, 3 * SZ_4K, 12, true);
	shadow_tlb_invalidate(&tlb, &geo, 0, SZ_2M + SZ_4K, 12, true);
	KUNIT_EXPECT_EQ(test, tlb.nr_tlbi[SHADOW_TLBI_VAALE1IS], 1 + 512 + 1);
	KUNIT_EXPECT_EQ(test, tlb.nr_bytes[SHADOW_TLBI_VAALE1IS], SZ_4K + 2 * SZ_2M);
	KUNIT_EXPECT_EQ(test, tlb.nr_tlbi[SHADOW_TLBI_VAAE1IS], 3);
	KUNIT_EXPECT_EQ(test, tlb.nr_bytes[SHADOW_TLBI_VAAE1IS], 3 * SZ_4K);
	/* One more than a table has entries */
	KUNIT_EXPECT_EQ(test, tlb.nr_tlbi[SHADOW_TLBI_VMALLE1IS], 1);
	KUNIT_EXPECT_EQ(test, tlb.nr_bytes[SHADOW_TLBI_VMALLE1IS], SZ_2M + SZ_4K);
}

/* -------------------------------------------------------------- the text -- */

struct said {
	char text[4096];
	size_t len;
};

static void take_line(void *to, const char *line)
{
	struct said *said = to;

	said->len += scnprintf(said->text + said->len,
			       sizeof(said->text) - said->len, "%s\n", line);
}

static void text(struct kunit *test)
{
	static const struct {
		struct shadow_tlb_record record;
		const char *primitives;
		const char *summary;
	} rows[] = {
		{ { .op = SHADOW_TLB_OP_TABLE, .pa = 0x5000 },
		  "7 table 0x5000 cleared\n", "7 table 0x5000 cleared" },
		{ { .op = SHADOW_TLB_OP_FREE, .pa = 0x5000 },
		  "7 free 0x5000\n", "7 free 0x5000" },
		{ { .op = SHADOW_TLB_OP_DMB }, "7 dmb ishst\n", "7 dmb ishst" },
		{ { .op = SHADOW_TLB_OP_SYNC }, "7 dsb ishst\n7 isb\n",
		  "7 dsb ishst; isb" },
		/* Whose address is one inside, not the first one */
		{ { .op = SHADOW_TLB_OP_WRITE, .pa = 0x5010, .va = 0x400fff,
		    .level = 2, .value = 0x400701, .shift = 21, .nr = 2 },
		  "7 write 0x5010 level 2 va 0x400000 value 0x400701\n"
		  "7 write 0x5018 level 2 va 0x600000 value 0x600701\n",
		  "7 write 0x5010 level 2 va 0x400fff value 0x400701 and 1 more, each 0x200000 larger",
		},
		{ { .op = SHADOW_TLB_OP_WRITE_SYNC, .pa = 0x5ff8, .va = 0x1ff000,
		    .level = 3, .nr = 1 },
		  "7 write 0x5ff8 level 3 va 0x1ff000 value 0x0\n7 dsb ishst\n7 isb\n",
		  "7 write 0x5ff8 level 3 va 0x1ff000 value 0x0; dsb ishst; isb" },
		{ { .op = SHADOW_TLB_OP_CLEAR, .pa = 0x5ff8, .va = 0x1ff000,
		    .level = 3, .shift = 12, .nr = 1 },
		  "7 write 0x5ff8 level 3 va 0x1ff000 value 0x0\n7 dsb ishst\n"
		  "7 tlbi vaale1is 0x1ff000\n7 dsb ish\n7 isb\n",
		  "7 write 0x5ff8 level 3 va 0x1ff000 value 0x0; dsb ishst; tlbi vaale1is 0x1ff000; dsb ish; isb",
		},
		{ { .op = SHADOW_TLB_OP_TLBI, .kind = SHADOW_TLBI_VAALE1IS,
		    .va = 0x1000, .shift = 12, .nr = 2 },
		  "7 dsb ishst\n7 tlbi vaale1is 0x1000\n7 tlbi vaale1is 0x2000\n7 dsb ish\n7 isb\n",
		  "7 dsb ishst; tlbi vaale1is 0x1000 and 1 more, each 0x1000 further; dsb ish; isb",
		},
		{ { .op = SHADOW_TLB_OP_MISSING, .kind = SHADOW_TLBI_VAAE1IS,
		    .va = 0x1000, .shift = 12, .nr = 1 },
		  "7 missing dsb ishst\n7 missing tlbi vaae1is 0x1000\n7 missing dsb ish\n7 missing isb\n",
		  "7 MISSING: dsb ishst; tlbi vaae1is 0x1000; dsb ish; isb" },
		{ { .op = SHADOW_TLB_OP_TLBI, .kind = SHADOW_TLBI_VMALLE1IS,
		    .va = 0x1000, .shift = 12, .nr = 1 },
		  "7 dsb ishst\n7 tlbi vmalle1is\n7 dsb ish\n7 isb\n",
		  "7 dsb ishst; tlbi vmalle1is; dsb ish; isb" },
	};
	struct said *said = shadow_test_alloc(test, sizeof(*said));
	char summary[SHADOW_TLB_LINE];
	struct shadow_geometry geo;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, shadow_geometry_init(&geo, 12, 48, 48, false), 0);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		said->len = 0;
		shadow_tlb_primitives(&geo, &rows[i].record, 7, take_line, said);
		KUNIT_EXPECT_STREQ(test, (const char *)said->text,
				   rows[i].primitives);
		shadow_tlb_summary(&rows[i].record, 7, summary, sizeof(summary));
		KUNIT_EXPECT_STREQ(test, (const char *)summary, rows[i].summary);
	}
}

static void performed(struct kunit *test)
{
	struct shadow_tlb_record ring[4];
	struct shadow_geometry geo;
	struct shadow_tlb tlb = {};

	KUNIT_ASSERT_EQ(test, shadow_geometry_init(&geo, 14, 48, 48, false), 0);
	shadow_tlb_performed(&tlb, &geo, 0, 0);
	KUNIT_EXPECT_EQ(test, tlb.nr_records, 0);
	shadow_tlb_set_log(&tlb, ring, ARRAY_SIZE(ring));
	shadow_tlb_performed(&tlb, &geo, 0x8000, 3 << 14);
	shadow_tlb_performed(&tlb, &geo, 0, 0);
	shadow_tlb_performed(&tlb, &geo, 0, 2049ULL << 14);
	KUNIT_EXPECT_EQ(test, ring[0].kind, SHADOW_TLBI_VAAE1IS);
	KUNIT_EXPECT_EQ(test, ring[0].nr, 3);
	KUNIT_EXPECT_EQ(test, ring[0].shift, 14);
	KUNIT_EXPECT_EQ(test, ring[1].kind, SHADOW_TLBI_VMALLE1IS);
	KUNIT_EXPECT_EQ(test, ring[2].kind, SHADOW_TLBI_VMALLE1IS);
	/* Counters are of what changes need */
	KUNIT_EXPECT_EQ(test, tlb.nr_tlbi[SHADOW_TLBI_VMALLE1IS], 0);
}

/* ------------------------------------------------ the log of real changes -- */

static u64 find_op(struct shadow_tlb *tlb, u64 from, enum shadow_tlb_op op)
{
	struct shadow_tlb_record record;

	for (; shadow_tlb_get(tlb, from, &record); from++)
		if (record.op == op)
			return from;
	return 0;
}

/*
 * Tables are cleared, filled and linked in this order; they are unlinked, what
 * walks to them is invalidated, and then they are given away.
 */
static void order_of_changes(struct kunit *test)
{
	struct test_tables *t = test_tables(test, 12, 48, 48, false, true);
	struct shadow_tlb *tlb = &t->pgt.tlb;
	struct shadow_tlb_record record;
	u64 at, last, tlbi;

	set_log(test, t, 64);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&t->pgt, BASE_VA, SZ_1G, SZ_4K,
						 SHADOW_PAGE_KERNEL, 0), 0);
	for (at = 2; at <= 4; at++) {
		KUNIT_ASSERT_TRUE(test, shadow_tlb_get(tlb, at, &record));
		KUNIT_EXPECT_EQ(test, record.op, SHADOW_TLB_OP_TABLE);
	}
	last = tlb->nr_records;
	/* The descriptor in the root comes when all below it is there, but the page */
	at = find_op(tlb, 2, SHADOW_TLB_OP_DMB);
	KUNIT_ASSERT_NE(test, at, 0);
	KUNIT_ASSERT_TRUE(test, shadow_tlb_get(tlb, at + 1, &record));
	KUNIT_EXPECT_EQ(test, (u64)record.pa & ~0xfffULL, (u64)t->pgt.root);
	KUNIT_EXPECT_EQ(test, find_op(tlb, 1, SHADOW_TLB_OP_TLBI), 0);

	KUNIT_ASSERT_EQ(test, shadow_pgtable_unmap(&t->pgt, BASE_VA, SZ_4K), 0);
	for (at = last + 1; at <= last + 4; at++) {
		KUNIT_ASSERT_TRUE(test, shadow_tlb_get(tlb, at, &record));
		KUNIT_EXPECT_EQ(test, record.op, SHADOW_TLB_OP_WRITE);
		KUNIT_EXPECT_EQ(test, record.value, 0);
	}
	tlbi = find_op(tlb, last + 1, SHADOW_TLB_OP_TLBI);
	KUNIT_ASSERT_EQ(test, tlbi, last + 5);
	KUNIT_ASSERT_TRUE(test, shadow_tlb_get(tlb, tlbi, &record));
	KUNIT_EXPECT_EQ(test, record.kind, SHADOW_TLBI_VAAE1IS);
	KUNIT_EXPECT_EQ(test, record.va, BASE_VA);
	KUNIT_EXPECT_EQ(test, find_op(tlb, last + 1, SHADOW_TLB_OP_FREE), tlbi + 1);
	KUNIT_EXPECT_EQ(test, tlb->nr_records, tlbi + 3);
	TEST_TABLES_VERIFY(test, t);
}

/* Memory of the tables as the log alone has it */
static void replay(struct kunit *test, struct test_tables *t, u8 *memory)
{
	u64 bytes = test_page_of(t), at, i;
	struct shadow_tlb_record record;

	KUNIT_ASSERT_EQ(test, shadow_tlb_first(&t->pgt.tlb), 1);
	for (at = 1; shadow_tlb_get(&t->pgt.tlb, at, &record); at++) {
		u64 *desc = (u64 *)(memory + (record.pa - t->block.base));

		if (record.op == SHADOW_TLB_OP_TABLE)
			memset(desc, 0, bytes);
		if (record.op != SHADOW_TLB_OP_WRITE &&
		    record.op != SHADOW_TLB_OP_WRITE_SYNC &&
		    record.op != SHADOW_TLB_OP_CLEAR)
			continue;
		for (i = 0; i < record.nr; i++)
			desc[i] = record.value + i * shadow_tlb_step(&record);
	}
}

static void same_memory(struct kunit *test, const struct test_tables *t,
			const u8 *memory)
{
	u64 bytes = test_page_of(t), at, desc;
	unsigned int i;

	for (i = 0; i < TEST_NR_TABLES; i++) {
		if (!t->used[i])
			continue;
		for (at = i * bytes; at < (i + 1) * bytes; at += sizeof(desc)) {
			u64 logged = *(const u64 *)(memory + at);

			desc = *(u64 *)((u8 *)t->block.virt + at);
			/* Bits 58:51 and 11:2 of tables are not logged; no pages here have 3 */
			if ((desc & 3) == 3 && desc != logged)
				desc &= ~0x07f8000000000cfcULL;
			KUNIT_ASSERT_EQ_MSG(test, desc, logged, "at %llx", at);
		}
	}
}

struct changes {
	struct test_tables *t;
	struct rnd_state rnd;
	u64 va;
	u64 pa;
	u64 nr_pages;
};

static const u64 prots[] = {
	SHADOW_PAGE_KERNEL, SHADOW_PAGE_KERNEL_RO, SHADOW_PAGE_SHARED,
	SHADOW_PROT_NORMAL_NC,
};

/* Maps, unmaps, protects, whatever is there; refusals change nothing */
static int change(struct changes *c, u64 *from, u64 *nr)
{
	u64 page = test_page_of(c->t), prot = prots[shadow_test_below(&c->rnd, 4)];
	struct shadow_pgtable *pgt = &c->t->pgt;
	u64 large = test_block_of(c->t) / page;

	*from = shadow_test_below(&c->rnd, c->nr_pages);
	*nr = 1 + shadow_test_below(&c->rnd, 1 << shadow_test_below(&c->rnd, 6));
	if (shadow_test_below(&c->rnd, 6) == 0) {
		*from = *from / large * large;
		*nr = large * (1 + shadow_test_below(&c->rnd, 2));
	}
	*nr = min(*nr, c->nr_pages - *from);
	switch (shadow_test_below(&c->rnd, 5)) {
	case 0:
	case 1:
		return shadow_pgtable_map(pgt, c->va + *from * page,
					  c->pa + *from * page, *nr * page, prot, 0);
	case 2:
		return shadow_pgtable_protect(pgt, c->va + *from * page, *nr * page,
					      prot, 0);
	default:
		return shadow_pgtable_unmap(pgt, c->va + *from * page, *nr * page);
	}
}

static void init_changes(struct kunit *test, struct changes *c,
			 struct test_tables *t)
{
	c->t = t;
	c->va = BASE_VA;
	c->pa = SZ_1G;
	c->nr_pages = 4 * test_block_of(t) / test_page_of(t);
	shadow_test_seed(test, &c->rnd);
}

/* The log is whole: from it alone come the tables as they are */
static void log_is_whole(struct kunit *test)
{
	struct test_tables *t = test_tables(test, 12, 48, 48, false, true);
	struct changes *c = shadow_test_alloc(test, sizeof(*c));
	u8 *memory = shadow_test_alloc(test, t->block.bytes);
	u64 from, nr, changed = 0;
	unsigned int i;

	init_changes(test, c, t);
	set_log(test, t, 1 << 16);
	for (i = 0; i < 4000; i++)
		changed += !change(c, &from, &nr);
	KUNIT_EXPECT_GT(test, changed, 500ULL);
	replay(test, t, memory);
	same_memory(test, t, memory);
	TEST_TABLES_VERIFY(test, t);
}

/* -------------------------------------------------- the TLB in software -- */

static u64 clock_ns;

static u64 ticking(void)
{
	return clock_ns += 1000;
}

/* What the model remembers of one touch, found by the reader of its own */
struct model_entry {
	bool used;
	bool must_miss;	/* a change of its tables asked for an invalidation */
	u64 va;
	u64 bytes;
	u64 pa;
	u64 attrs;
};

struct model {
	struct shadow_soft_tlb soft;
	struct shadow_walker walker;
	struct changes changes;
	struct model_entry entry[SHADOW_SOFT_TLB_ENTRIES];
	unsigned int turn;
	u64 hits;
	u64 stale;
};

static struct model_entry *model_find(struct model *m, u64 va)
{
	unsigned int i;

	for (i = 0; i < SHADOW_SOFT_TLB_ENTRIES; i++)
		if (m->entry[i].used && va - m->entry[i].va < m->entry[i].bytes)
			return &m->entry[i];
	return NULL;
}

/* First one that is free, else one after the other */
static void model_fill(struct model *m, u64 va, const struct test_leaf *leaf)
{
	struct model_entry *e;
	u64 bytes = BIT_ULL(leaf->shift);

	/* 4K: 16 of any size */
	if (leaf->desc & BIT_ULL(52))
		bytes *= 16;
	for (e = m->entry; e < m->entry + SHADOW_SOFT_TLB_ENTRIES && e->used; e++)
		;
	if (e == m->entry + SHADOW_SOFT_TLB_ENTRIES)
		e = &m->entry[m->turn++ % SHADOW_SOFT_TLB_ENTRIES];
	e->used = true;
	e->must_miss = false;
	e->va = va & ~(bytes - 1);
	e->bytes = bytes;
	e->pa = leaf->pa & ~(bytes - 1);
	e->attrs = leaf->desc;
}

static void model_touch(struct kunit *test, struct model *m, u64 va)
{
	enum shadow_soft_touch what, expected = SHADOW_SOFT_HIT;
	struct test_leaf leaf;

	if (!model_find(m, va)) {
		expected = SHADOW_SOFT_FAULT;
		if (test_read(m->changes.t, va, &leaf)) {
			expected = SHADOW_SOFT_FILLED;
			model_fill(m, va, &leaf);
		}
	} else {
		m->hits++;
	}
	what = shadow_soft_tlb_touch(&m->soft, &m->walker, 0, va);
	KUNIT_ASSERT_EQ_MSG(test, what, expected, "va %llx", va);
}

static void model_change(struct kunit *test, struct model *m)
{
	u64 page = test_page_of(m->changes.t), from, nr, first, bytes;
	struct model_entry *e = m->entry;

	if (change(&m->changes, &from, &nr))
		return;
	first = BASE_VA + from * page;
	bytes = nr * page;
	for (; e < m->entry + SHADOW_SOFT_TLB_ENTRIES; e++)
		if (e->used && e->va < first + bytes && first < e->va + e->bytes)
			e->must_miss = true;
}

static void model_invalidate(struct kunit *test, struct model *m)
{
	u64 page = test_page_of(m->changes.t), first, bytes, nr = 0;
	struct model_entry *e = m->entry;

	first = BASE_VA + shadow_test_below(&m->changes.rnd,
					    m->changes.nr_pages) * page;
	bytes = (1 + shadow_test_below(&m->changes.rnd, 3)) * page;
	for (; e < m->entry + SHADOW_SOFT_TLB_ENTRIES; e++) {
		if (!e->used || e->va >= first + bytes || first >= e->va + e->bytes)
			continue;
		e->used = false;
		nr++;
	}
	KUNIT_ASSERT_EQ(test, shadow_soft_tlb_invalidate(&m->soft, first,
							 first + bytes - 1), nr);
}

/* Does any page of it say something else by now? */
static bool model_stale(const struct model *m, const struct model_entry *e)
{
	const u64 matters = 0x0060000000000fdcULL | BIT_ULL(50) | BIT_ULL(51);
	u64 page = test_page_of(m->changes.t), at;
	struct test_leaf leaf;

	for (at = 0; at < e->bytes; at += page)
		if (!test_read(m->changes.t, e->va + at, &leaf) ||
		    leaf.pa != e->pa + at || ((leaf.desc ^ e->attrs) & matters))
			return true;
	return false;
}

/* Both have the same entries; what is stale is so with a reason */
static void model_compare(struct kunit *test, struct model *m)
{
	struct shadow_soft_entry entry;
	unsigned int i, nr = 0;
	u64 va;

	for (i = 0; i < SHADOW_SOFT_TLB_ENTRIES; i++) {
		struct model_entry *e;
		bool stale;

		if (!shadow_soft_tlb_get(&m->soft, i, &entry))
			continue;
		nr++;
		e = model_find(m, entry.va);
		KUNIT_ASSERT_NOT_NULL(test, e);
		KUNIT_ASSERT_EQ(test, entry.va, e->va);
		KUNIT_ASSERT_EQ(test, BIT_ULL(entry.shift), e->bytes);
		KUNIT_ASSERT_EQ(test, (u64)entry.pa, e->pa);
		stale = shadow_soft_entry_stale(&entry, &m->walker, &va);
		KUNIT_ASSERT_EQ_MSG(test, stale, model_stale(m, e), "va %llx", e->va);
		m->stale += stale;
		/* The tables forget no invalidation */
		if (stale)
			KUNIT_ASSERT_GT_MSG(test, entry.missing.nr, 0, "va %llx", e->va);
		if (entry.missing.nr)
			KUNIT_ASSERT_GT(test, entry.missing.seq, 0ULL);
	}
	for (i = 0; i < SHADOW_SOFT_TLB_ENTRIES; i++)
		nr -= m->entry[i].used;
	KUNIT_ASSERT_EQ(test, nr, 0);
}

static void soft_against_model(struct kunit *test)
{
	struct test_tables *t = test_tables(test, 12, 48, 48, false, true);
	struct model *m = shadow_test_alloc(test, sizeof(*m));
	unsigned int i;

	init_changes(test, &m->changes, t);
	set_log(test, t, 256);
	shadow_soft_tlb_init(&m->soft, ticking);
	t->pgt.tlb.soft = &m->soft;
	shadow_pgtable_walker(&t->pgt, &m->walker);
	/* There will be more tables than now */
	m->walker.max_tables = 0;
	for (i = 0; i < 20000; i++) {
		bool near = shadow_test_below(&m->changes.rnd, 4);
		u64 page = shadow_test_below(&m->changes.rnd, near ? 100 :
					     m->changes.nr_pages);

		switch (shadow_test_below(&m->changes.rnd, 8)) {
		case 0:
			model_change(test, m);
			break;
		case 1:
			model_invalidate(test, m);
			break;
		default:
			model_touch(test, m, BASE_VA + page * SZ_4K + 5);
		}
		if (i % 20 == 0)
			model_compare(test, m);
	}
	KUNIT_EXPECT_GT(test, m->hits, 100ULL);
	KUNIT_EXPECT_GT(test, m->stale, 100ULL);
	kunit_info(test, "%llu hits, %llu entries seen stale, %llu gave way\n",
		   m->hits, m->stale, m->soft.nr_evicted);
	TEST_TABLES_VERIFY(test, t);
}

/* A fixture with nothing mapped and a TLB */
static struct model *quiet_model(struct kunit *test)
{
	struct test_tables *t = test_tables(test, 12, 48, 48, false, true);
	struct model *m = shadow_test_alloc(test, sizeof(*m));

	m->changes.t = t;
	shadow_soft_tlb_init(&m->soft, ticking);
	t->pgt.tlb.soft = &m->soft;
	shadow_pgtable_walker(&t->pgt, &m->walker);
	m->walker.max_tables = 0;
	return m;
}

static void map(struct kunit *test, struct model *m, u64 va, u64 pa, u64 bytes,
		u64 prot)
{
	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&m->changes.t->pgt, va, pa, bytes,
						 prot, 0), 0);
}

/* What faults is never kept, what is only forbidden is */
static void faults_are_not_kept(struct kunit *test)
{
	struct model *m = quiet_model(test);
	struct shadow_soft_entry entry;
	struct shadow_walk walk;
	unsigned int at = 0;
	u64 *desc;

	map(test, m, BASE_VA, SZ_1G, SZ_4K, SHADOW_PAGE_KERNEL);
	KUNIT_ASSERT_EQ(test, shadow_walk(&m->walker, BASE_VA, &walk), 0);
	desc = shadow_phys_to_virt(&m->changes.t->block, walk.step[3].desc_pa);
	*desc &= ~SHADOW_ATTR_AF;
	map(test, m, BASE_VA + SZ_8K, SZ_1G, SZ_4K, SHADOW_PAGE_KERNEL_RO);
	KUNIT_EXPECT_EQ(test, shadow_soft_tlb_touch(&m->soft, &m->walker, 0, BASE_VA),
			SHADOW_SOFT_FAULT);
	KUNIT_EXPECT_EQ(test, shadow_soft_tlb_touch(&m->soft, &m->walker, 0,
						    BASE_VA + SZ_4K), SHADOW_SOFT_FAULT);
	KUNIT_EXPECT_EQ(test, shadow_soft_tlb_touch(&m->soft, &m->walker, 0, 0x1000),
			SHADOW_SOFT_FAULT);
	KUNIT_EXPECT_EQ(test, m->soft.nr_faults, 3);
	KUNIT_EXPECT_FALSE(test, shadow_soft_tlb_find(&m->soft, 0, BASE_VA, &at, &entry));
	KUNIT_EXPECT_EQ(test, shadow_soft_tlb_touch(&m->soft, &m->walker, 0,
						    BASE_VA + SZ_8K), SHADOW_SOFT_FILLED);
	/* With hardware management of the access flag it is no fault */
	m->walker.ha = true;
	KUNIT_EXPECT_EQ(test, shadow_soft_tlb_touch(&m->soft, &m->walker, 0, BASE_VA),
			SHADOW_SOFT_FILLED);
	m->walker.identity = true;
	KUNIT_EXPECT_EQ(test, shadow_soft_tlb_touch(&m->soft, &m->walker, 0, BASE_VA),
			SHADOW_SOFT_FAULT);
}

/* nG: one address space; global: all; an invalidation: of all */
static void address_spaces(struct kunit *test)
{
	struct model *m = quiet_model(test);
	struct shadow_soft_entry entry;
	unsigned int at;

	map(test, m, BASE_VA, SZ_1G, SZ_4K, SHADOW_PAGE_SHARED);
	map(test, m, BASE_VA + SZ_4K, SZ_1G, SZ_4K, SHADOW_PAGE_KERNEL);
	KUNIT_EXPECT_EQ(test, shadow_soft_tlb_touch(&m->soft, &m->walker, 1, BASE_VA),
			SHADOW_SOFT_FILLED);
	KUNIT_EXPECT_EQ(test, shadow_soft_tlb_touch(&m->soft, &m->walker, 2, BASE_VA),
			SHADOW_SOFT_FILLED);
	KUNIT_EXPECT_EQ(test, shadow_soft_tlb_touch(&m->soft, &m->walker, 1, BASE_VA),
			SHADOW_SOFT_HIT);
	KUNIT_EXPECT_EQ(test, shadow_soft_tlb_touch(&m->soft, &m->walker, 1,
						    BASE_VA + SZ_4K), SHADOW_SOFT_FILLED);
	KUNIT_EXPECT_EQ(test, shadow_soft_tlb_touch(&m->soft, &m->walker, 2,
						    BASE_VA + SZ_4K), SHADOW_SOFT_HIT);
	at = 0;
	KUNIT_EXPECT_FALSE(test, shadow_soft_tlb_find(&m->soft, 3, BASE_VA, &at, &entry));
	at = 0;
	KUNIT_EXPECT_TRUE(test, shadow_soft_tlb_find(&m->soft, 2, BASE_VA, &at, &entry));
	KUNIT_EXPECT_EQ(test, entry.asid, 2);
	KUNIT_EXPECT_FALSE(test, shadow_soft_tlb_find(&m->soft, 2, BASE_VA, &at, &entry));
	KUNIT_EXPECT_EQ(test, shadow_soft_tlb_invalidate(&m->soft, BASE_VA, BASE_VA), 2);
}

/* Any address of a block takes all of it; the tables' own are only recorded */
static void blocks_go_whole(struct kunit *test)
{
	struct model *m = quiet_model(test);
	struct shadow_soft_entry entry;
	unsigned int at = 0;
	u64 va;

	map(test, m, BASE_VA, SZ_1G, SZ_2M, SHADOW_PAGE_KERNEL);
	KUNIT_EXPECT_EQ(test, shadow_soft_tlb_touch(&m->soft, &m->walker, 0, BASE_VA),
			SHADOW_SOFT_FILLED);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_unmap(&m->changes.t->pgt,
						   BASE_VA + SZ_64K, SZ_4K), 0);
	KUNIT_ASSERT_TRUE(test, shadow_soft_tlb_find(&m->soft, 0, BASE_VA + SZ_64K, &at,
						     &entry));
	KUNIT_EXPECT_GT(test, entry.missing.nr, 0);
	KUNIT_EXPECT_EQ(test, entry.missing.seq, 0);
	KUNIT_EXPECT_TRUE(test, shadow_soft_entry_stale(&entry, &m->walker, &va));
	KUNIT_EXPECT_EQ(test, va, BASE_VA + SZ_64K);
	KUNIT_EXPECT_EQ(test, (u64)shadow_soft_pa(&entry, va), SZ_1G + SZ_64K);
	/* Folded again, pages or block, it is as it was */
	map(test, m, BASE_VA + SZ_64K, SZ_1G + SZ_64K, SZ_4K, SHADOW_PAGE_KERNEL);
	KUNIT_EXPECT_FALSE(test, shadow_soft_entry_stale(&entry, &m->walker, &va));
	KUNIT_EXPECT_EQ(test, shadow_soft_tlb_invalidate(&m->soft, BASE_VA + SZ_1M,
							 BASE_VA + SZ_1M), 1);
}

/* A tag in the top byte is not part of an address */
static void tags(struct kunit *test)
{
	struct model *m = quiet_model(test);

	map(test, m, BASE_VA, SZ_1G, SZ_4K, SHADOW_PAGE_KERNEL);
	m->walker.tbi = true;
	KUNIT_EXPECT_EQ(test, shadow_soft_tlb_touch(&m->soft, &m->walker, 0,
						    BASE_VA & ~(0xffULL << 56)),
			SHADOW_SOFT_FILLED);
	KUNIT_EXPECT_EQ(test, shadow_soft_tlb_touch(&m->soft, &m->walker, 0, BASE_VA),
			SHADOW_SOFT_HIT);
}

static struct kunit_case tlb_cases[] = {
	KUNIT_CASE(ring_wraps),
	KUNIT_CASE(counters),
	KUNIT_CASE(text),
	KUNIT_CASE(performed),
	KUNIT_CASE(order_of_changes),
	KUNIT_CASE(log_is_whole),
	KUNIT_CASE(faults_are_not_kept),
	KUNIT_CASE(address_spaces),
	KUNIT_CASE(blocks_go_whole),
	KUNIT_CASE(tags),
	KUNIT_CASE_SLOW(soft_against_model),
	{}
};

static struct kunit_suite tlb_suite = {
	.name = "shadow_tlb",
	.test_cases = tlb_cases,
};

kunit_test_suite(tlb_suite);
