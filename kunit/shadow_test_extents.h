/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_test_extents - which pages of an address space are mapped to what, as
 * a sorted list of extents, and what follows from that alone: how many tables
 * there must be at least, how large each leaf is, and whether it has the
 * contiguous hint.
 *
 * Knows nothing of the rooms that it judges. Numbers are pages, counted from
 * the first one of the half.
 */
#ifndef SHADOW_TEST_EXTENTS_H
#define SHADOW_TEST_EXTENTS_H

#include "shadow_test_tables.h"

#define TEST_NR_EXTENTS	1024

/**
 * struct test_extent - pages in a row, mapped alike to frames in a row
 * @page: the first
 * @end: the one behind the last
 * @pfn: frame of the first
 * @attrs: of all
 */
struct test_extent {
	u64 page;
	u64 end;
	u64 pfn;
	u64 attrs;
};

/**
 * struct test_extents - an address space
 * @nr: extents
 * @at: in order, none empty; neighbours that are one extent are one
 * @old: room to build the next list in
 */
struct test_extents {
	unsigned int nr;
	struct test_extent at[TEST_NR_EXTENTS];
	struct test_extent old[TEST_NR_EXTENTS];
};

/* Index of the first extent that ends behind a page */
static inline unsigned int test_extents_find(const struct test_extents *x,
					     u64 page)
{
	unsigned int low = 0, high = x->nr;

	while (low < high) {
		unsigned int middle = (low + high) / 2;

		if (x->at[middle].end <= page)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static inline bool test_extents_any(const struct test_extents *x, u64 page,
				    u64 nr)
{
	unsigned int i = test_extents_find(x, page);

	return i < x->nr && x->at[i].page < page + nr;
}

static inline bool test_extents_all(const struct test_extents *x, u64 page,
				    u64 nr)
{
	unsigned int i = test_extents_find(x, page);
	u64 end = page + nr;

	for (; i < x->nr && x->at[i].page <= page; i++) {
		page = x->at[i].end;
		if (page >= end)
			return true;
	}
	return false;
}

/* Put one behind the last, of which it may be a continuation */
static inline void test_extents_append(struct test_extents *x, u64 page, u64 end,
				       u64 pfn, u64 attrs)
{
	struct test_extent *last = &x->at[x->nr];

	if (page >= end)
		return;
	if (x->nr && last[-1].end == page && last[-1].attrs == attrs &&
	    last[-1].pfn + (page - last[-1].page) == pfn) {
		last[-1].end = end;
		return;
	}
	*last = (struct test_extent){ page, end, pfn, attrs };
	x->nr++;
}

/* What happens to a range */
enum test_change { TEST_MAP, TEST_UNMAP, TEST_PROTECT };

/* Is there room for what a change may add? */
static inline bool test_extents_full(const struct test_extents *x)
{
	return x->nr + 4 > TEST_NR_EXTENTS;
}

/* A map wants a hole, the others want none; see test_extents_full() */
static inline void test_extents_change(struct test_extents *x,
				       enum test_change change, u64 page, u64 nr,
				       u64 pfn, u64 attrs)
{
	unsigned int i, nr_old = x->nr;
	u64 end = page + nr;

	memcpy(x->old, x->at, nr_old * sizeof(*x->at));
	x->nr = 0;
	for (i = 0; i < nr_old && x->old[i].end <= page; i++)
		test_extents_append(x, x->old[i].page, x->old[i].end,
				    x->old[i].pfn, x->old[i].attrs);
	if (change == TEST_MAP)
		test_extents_append(x, page, end, pfn, attrs);
	for (; i < nr_old; i++) {
		struct test_extent e = x->old[i];
		u64 from = max(e.page, page), to = min(e.end, end);

		test_extents_append(x, e.page, min(e.end, page), e.pfn, e.attrs);
		if (change == TEST_PROTECT)
			test_extents_append(x, from, to, e.pfn + (from - e.page),
					    attrs);
		from = max(e.page, end);
		test_extents_append(x, from, e.end, e.pfn + (from - e.page),
				    e.attrs);
	}
}

/* Do pages at a multiple of their number amount to one leaf, or one group? */
static inline bool test_extent_is(const struct test_extent *e, u64 page, u64 nr)
{
	return e->page <= page && page + nr <= e->end &&
	       !((e->pfn + (page - e->page)) & (nr - 1));
}

/* Leaves that carry the contiguous hint together, by log2 of a leaf's bytes */
static inline unsigned int test_group(unsigned int shift)
{
	switch (shift) {
	case 12:	/* 4K */
	case 21:
	case 30:
		return 16;
	case 14:	/* 16K */
		return 128;
	case 25:
		return 32;
	case 16:	/* 64K */
	case 29:
		return 32;
	}
	return 1;
}

/*
 * Tables below and with the one whose entries are those of @level, for pages
 * from @page to @end: one for each span that holds something, unless that is a
 * block.
 */
static inline u64 test_extents_tables(const struct test_tables *t,
				      const struct test_extents *x,
				      const u8 *level, u64 page, u64 end)
{
	u64 entry = 1ULL << (*level - t->shape.page_shift), tables = 1;
	const struct test_extent *e;

	if (*level == t->shape.page_shift)
		return 1;
	for (;;) {
		e = &x->at[test_extents_find(x, page)];
		if (e == &x->at[x->nr])
			return tables;
		page = max(page, e->page & ~(entry - 1));
		if (page >= end)
			return tables;
		if (test_block_allowed(t, *level) &&
		    test_extent_is(e, page, entry)) {
			/* Those that follow in the extent are blocks, too */
			page = e->end & ~(entry - 1);
		} else {
			tables += test_extents_tables(t, x, level + 1, page,
						      page + entry);
			page += entry;
		}
	}
}

#endif /* SHADOW_TEST_EXTENTS_H */
