/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_test_bbm - judges the order in which descriptors are changed, from the
 * log that tables keep.
 *
 * Written from the Arm ARM, "Using break-before-make when updating translation
 * table entries" and "TLB maintenance requirements". The judge has its own copy
 * of all descriptors, into which it carries the log's writes, and a list of
 * what a TLB may still hold. Its rules:
 *
 * - a valid descriptor changes into another valid one only in its permissions,
 *   its access flag and software's bits, and then the TLB is told;
 * - nothing becomes valid where a TLB may still hold something else;
 * - a table is linked when what was written into it can be seen;
 * - a table is given away when no descriptor links it, and when the TLB, and
 *   what it knows of tables, has been told;
 * - at the end of each call the TLB has been told of everything, what became
 *   valid has been made visible, and the copy is what memory holds.
 */
#ifndef SHADOW_TEST_BBM_H
#define SHADOW_TEST_BBM_H

#include "shadow_test_tables.h"

#define TEST_BBM_RECORDS	65536
#define TEST_BBM_STALE		4096

/* What a table descriptor holds for software: bits 58:51, 11, 7:2 */
#define TEST_BBM_IGNORED	0x07f80000000008fcULL

/**
 * struct test_stale - what a TLB may hold although it is no longer true
 * @va: first address, cut to the half's bits
 * @bytes: how far
 * @stride: bytes of the smallest leaf in it
 * @table: of a link that is gone, the table; else 0
 */
struct test_stale {
	u64 va;
	u64 bytes;
	u64 stride;
	u64 table;
};

/**
 * struct test_bbm - the judge
 * @t: the tables
 * @record: their log
 * @nr_seen: records that were judged
 * @copy: all descriptors of the block as the log has them
 * @links: for each page of the block, descriptors that link it as a table
 * @stale: what a TLB may hold
 * @nr_stale: how many
 * @unordered: for each page of the block, something was written into it, and
 *	no barrier has come since
 * @invisible: something became valid, and nobody has waited for it
 * @why: what is wrong, or NULL
 * @at: the record
 */
struct test_bbm {
	struct test_tables *t;
	struct shadow_tlb_record *record;
	u64 nr_seen;
	u64 *copy;
	unsigned int links[TEST_NR_TABLES];
	bool unordered[TEST_NR_TABLES];
	struct test_stale stale[TEST_BBM_STALE];
	unsigned int nr_stale;
	bool invisible;
	const char *why;
	struct shadow_tlb_record at;
};

/* Before the first change: the tables hold nothing but the root */
static inline struct test_bbm *test_bbm_init(struct kunit *test,
					     struct test_tables *t)
{
	struct test_bbm *bbm = shadow_test_alloc(test, sizeof(*bbm));

	bbm->t = t;
	bbm->record = shadow_test_alloc(test, TEST_BBM_RECORDS *
					      sizeof(*bbm->record));
	bbm->copy = shadow_test_alloc(test, t->block.bytes);
	shadow_tlb_set_log(&t->pgt.tlb, bbm->record, TEST_BBM_RECORDS);
	return bbm;
}

static inline void test_bbm_wrong(struct test_bbm *bbm, const char *why)
{
	if (!bbm->why)
		bbm->why = why;
}

static inline u64 test_bbm_shift(const struct test_bbm *bbm, int level)
{
	return bbm->t->shape.page_shift +
	       (3 - level) * (bbm->t->shape.page_shift - 3);
}

static inline bool test_bbm_links(int level, u64 desc)
{
	return level < 3 && (desc & 3) == 3;
}

/* Number of the page of a block that a table descriptor leads to */
static inline u64 test_bbm_page(const struct test_bbm *bbm, u64 desc)
{
	return (test_output(bbm->t, desc) - bbm->t->block.base) >>
	       bbm->t->shape.page_shift;
}

static inline void test_bbm_add_stale(struct test_bbm *bbm, u64 va, u64 bytes,
				      u64 stride, u64 table)
{
	struct test_stale *last = &bbm->stale[bbm->nr_stale];

	if (bbm->nr_stale && !table && !last[-1].table &&
	    last[-1].stride == stride && last[-1].va + last[-1].bytes == va) {
		last[-1].bytes += bytes;
		return;
	}
	if (bbm->nr_stale == TEST_BBM_STALE)
		return test_bbm_wrong(bbm, "too much that nobody invalidates");
	*last = (struct test_stale){ va, bytes, stride, table };
	bbm->nr_stale++;
}

/* A link is gone: what was below it, and that there was a table */
static inline void test_bbm_unlinked(struct test_bbm *bbm, u64 va, int level,
				     u64 desc)
{
	unsigned int i, nr = 1U << (bbm->t->shape.page_shift - 3);
	u64 span = 1ULL << test_bbm_shift(bbm, level);
	u64 child = 1ULL << test_bbm_shift(bbm, level + 1);
	u64 page = test_bbm_page(bbm, desc), stride = span;

	if (page >= TEST_NR_TABLES)
		return test_bbm_wrong(bbm, "link to outside the block");
	bbm->links[page]--;
	for (i = 0; i < nr; i++) {
		u64 below = bbm->copy[page * nr + i];

		if (test_bbm_links(level + 1, below))
			stride = 1ULL << bbm->t->shape.page_shift;
		else if (below & 1)
			stride = min(stride, child);
	}
	test_bbm_add_stale(bbm, va, span, stride, test_output(bbm->t, desc));
}

/* Bits that may change while a TLB holds the old leaf: AP, AF, DBM, XN, 58:55 */
#define TEST_BBM_HARMLESS	0x07e80000000004c0ULL

/* Can a walk come to the table that holds a descriptor? */
static inline bool test_bbm_reaches(const struct test_bbm *bbm, u64 pa)
{
	u64 page = (pa - bbm->t->block.base) >> bbm->t->shape.page_shift;

	return bbm->links[page] ||
	       bbm->t->block.base + (page << bbm->t->shape.page_shift) ==
	       bbm->t->pgt.root;
}

static inline void test_bbm_write(struct test_bbm *bbm, u64 va, u64 pa,
				  int level, u64 old, u64 new)
{
	u64 span = 1ULL << test_bbm_shift(bbm, level);
	unsigned int i;

	if (old == new)
		return;
	if (old & 1 && new & 1 &&
	    (test_bbm_links(level, old) || test_bbm_links(level, new) ||
	     (old ^ new) & ~TEST_BBM_HARMLESS || old >> 52 & 1))
		test_bbm_wrong(bbm, "made without break");
	if (new & 1 && !(old & 1)) {
		for (i = 0; i < bbm->nr_stale; i++)
			if (bbm->stale[i].va < va + span &&
			    va < bbm->stale[i].va + bbm->stale[i].bytes)
				test_bbm_wrong(bbm, "made before it was invalidated");
		bbm->invisible = true;
	}
	if (test_bbm_links(level, old))
		test_bbm_unlinked(bbm, va, level, old);
	else if (old & 1)
		test_bbm_add_stale(bbm, va, span, span, 0);
	if (test_bbm_links(level, new)) {
		if (test_bbm_page(bbm, new) >= TEST_NR_TABLES)
			return test_bbm_wrong(bbm, "link to outside the block");
		bbm->links[test_bbm_page(bbm, new)]++;
		if (bbm->unordered[test_bbm_page(bbm, new)] &&
		    test_bbm_reaches(bbm, pa))
			test_bbm_wrong(bbm, "table is linked before its contents");
	}
}

static inline void test_bbm_writes(struct test_bbm *bbm,
				   const struct shadow_tlb_record *r)
{
	u64 first = (r->pa - bbm->t->block.base) / 8, i;
	u64 half = ~(~0ULL << bbm->t->shape.va_bits);

	if (r->pa < bbm->t->block.base ||
	    first + r->nr > bbm->t->block.bytes / 8)
		return test_bbm_wrong(bbm, "write outside the block");
	for (i = 0; i < r->nr; i++) {
		u64 new = r->value + i * shadow_tlb_step(r);
		u64 *old = &bbm->copy[first + i];

		test_bbm_write(bbm, (r->va & half) +
				    (i << test_bbm_shift(bbm, r->level)),
			       r->pa, r->level, *old, new);
		*old = new;
	}
	bbm->unordered[first * 8 >> bbm->t->shape.page_shift] = true;
}

static inline void test_bbm_ordered(struct test_bbm *bbm)
{
	memset(bbm->unordered, 0, sizeof(bbm->unordered));
}

/* dsb ishst; isb */
static inline void test_bbm_visible(struct test_bbm *bbm)
{
	test_bbm_ordered(bbm);
	bbm->invisible = false;
}

/* One instruction after the other; returns what is left of something stale */
static inline bool test_bbm_told(const struct shadow_tlb_record *r, u64 va,
				 struct test_stale *stale)
{
	u64 end = va + r->nr * shadow_tlb_step(r), stale_end = stale->va + stale->bytes;

	if (r->kind == SHADOW_TLBI_VMALLE1IS)
		return true;
	if (end <= stale->va || va >= stale_end ||
	    (stale->table && r->kind != SHADOW_TLBI_VAAE1IS))
		return false;
	/* Any address in it is enough for a leaf, or for a table with nothing */
	if (stale->bytes == stale->stride)
		return true;
	if (shadow_tlb_step(r) > stale->stride)
		return false;
	if (va <= stale->va && end >= stale_end)
		return true;
	if (stale->table)
		return false;
	if (va <= stale->va) {
		stale->bytes = stale_end - end;
		stale->va = end;
	} else if (end >= stale_end) {
		stale->bytes = va - stale->va;
	}
	return false;
}

static inline void test_bbm_invalidate(struct test_bbm *bbm,
				       const struct shadow_tlb_record *r)
{
	u64 va = r->va & ~(~0ULL << bbm->t->shape.va_bits);
	unsigned int i, left = 0;

	test_bbm_visible(bbm);
	for (i = 0; i < bbm->nr_stale; i++)
		if (!test_bbm_told(r, va, &bbm->stale[i]))
			bbm->stale[left++] = bbm->stale[i];
	bbm->nr_stale = left;
}

static inline void test_bbm_free(struct test_bbm *bbm, u64 pa)
{
	u64 page = (pa - bbm->t->block.base) >> bbm->t->shape.page_shift;
	unsigned int i;

	if (page >= TEST_NR_TABLES)
		return test_bbm_wrong(bbm, "table outside the block is freed");
	if (bbm->links[page])
		test_bbm_wrong(bbm, "table is freed that is linked");
	for (i = 0; i < bbm->nr_stale; i++)
		if (bbm->stale[i].table == pa)
			test_bbm_wrong(bbm, "table is freed before it is invalidated");
}

static inline void test_bbm_new(struct test_bbm *bbm, u64 pa)
{
	u64 bytes = 1ULL << bbm->t->shape.page_shift;
	u64 page = (pa - bbm->t->block.base) / bytes;

	if (page >= TEST_NR_TABLES || bbm->links[page])
		return test_bbm_wrong(bbm, "table that is one already");
	memset(&bbm->copy[page * bytes / 8], 0, bytes);
	bbm->unordered[page] = true;
}

static inline void test_bbm_judge(struct test_bbm *bbm,
				  const struct shadow_tlb_record *r)
{
	switch (r->op) {
	case SHADOW_TLB_OP_WRITE:
		test_bbm_writes(bbm, r);
		break;
	case SHADOW_TLB_OP_WRITE_SYNC:
		test_bbm_writes(bbm, r);
		test_bbm_visible(bbm);
		break;
	case SHADOW_TLB_OP_CLEAR:
		test_bbm_writes(bbm, r);
		test_bbm_invalidate(bbm, r);
		break;
	case SHADOW_TLB_OP_TABLE:
		test_bbm_new(bbm, r->pa);
		break;
	case SHADOW_TLB_OP_FREE:
		test_bbm_free(bbm, r->pa);
		break;
	case SHADOW_TLB_OP_TLBI:
		test_bbm_invalidate(bbm, r);
		break;
	case SHADOW_TLB_OP_SYNC:
		test_bbm_visible(bbm);
		break;
	case SHADOW_TLB_OP_DMB:
		test_bbm_ordered(bbm);
		break;
	default:
		test_bbm_wrong(bbm, "record of another kind");
	}
}

/**
 * test_bbm_check() - judge what has been logged since the last time
 * @bbm: the judge
 * @lazy: what was unmapped may not have been invalidated yet
 *
 * Return: true if all was in order.
 */
static inline bool test_bbm_check(struct test_bbm *bbm, bool lazy)
{
	u64 nr = bbm->t->pgt.tlb.nr_records;

	if (nr - bbm->nr_seen > TEST_BBM_RECORDS)
		test_bbm_wrong(bbm, "the log was overrun");
	while (bbm->nr_seen < nr && !bbm->why) {
		bbm->at = bbm->record[bbm->nr_seen % TEST_BBM_RECORDS];
		test_bbm_judge(bbm, &bbm->at);
		bbm->nr_seen++;
	}
	if (bbm->invisible)
		test_bbm_wrong(bbm, "nobody waits for what became valid");
	if (bbm->nr_stale && !lazy)
		test_bbm_wrong(bbm, "a TLB may still hold what is not true");
	return !bbm->why;
}

/* Does memory hold a descriptor as the log has it? */
static inline bool test_bbm_same(const struct test_bbm *bbm, u64 pa, int level,
				 u64 desc)
{
	if (test_bbm_links(level, desc))
		desc &= ~TEST_BBM_IGNORED;
	return bbm->copy[(pa - bbm->t->block.base) / 8] == desc;
}

#endif /* SHADOW_TEST_BBM_H */
