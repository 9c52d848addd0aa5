/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_test_tables - a tree of tables in a private block, with a source of
 * table pages that can be made to fail, and a reader of its own.
 *
 * The reader is written from the Arm ARM with plain numbers and shares nothing
 * with the rooms that it judges.
 */
#ifndef SHADOW_TEST_TABLES_H
#define SHADOW_TEST_TABLES_H

#include "shadow_pgtable.h"
#include "shadow_test.h"

#define TEST_NR_TABLES	96

/**
 * struct test_tables - the fixture
 * @pgt: the tables under test
 * @block: TEST_NR_TABLES granules, nothing but tables
 * @log: events
 * @fault: raised by @pgt
 * @used: which granules are tables now
 * @nr_used: how many
 * @nr_allocs: allocations asked for so far
 * @fail_at: the allocation that fails, counted by @nr_allocs; U64_MAX: none
 * @misuse: a page was freed that was no table
 * @shape: page_shift, va_bits and lpa2 in plain numbers for the reader
 */
struct test_tables {
	struct shadow_pgtable pgt;
	struct shadow_block block;
	struct shadow_event_log log;
	struct shadow_fault fault;
	bool used[TEST_NR_TABLES];
	unsigned int nr_used;
	u64 nr_allocs;
	u64 fail_at;
	bool misuse;
	struct {
		unsigned int page_shift;
		unsigned int va_bits;
		bool ds;
		bool pa52;
	} shape;
};

static inline int test_tables_alloc(void *ctx, phys_addr_t *pa)
{
	struct test_tables *t = ctx;
	unsigned int i;

	if (t->nr_allocs++ == t->fail_at)
		return -ENOMEM;
	for (i = 0; i < TEST_NR_TABLES; i++) {
		if (t->used[i])
			continue;
		t->used[i] = true;
		t->nr_used++;
		*pa = t->block.base + ((u64)i << t->shape.page_shift);
		/* Whoever had it last left something */
		memset(shadow_phys_to_virt(&t->block, *pa), 0xa5,
		       1UL << t->shape.page_shift);
		return 0;
	}
	return -ENOMEM;
}

static inline void test_tables_free(void *ctx, phys_addr_t pa)
{
	struct test_tables *t = ctx;
	u64 i = (pa - t->block.base) >> t->shape.page_shift;

	if (i >= TEST_NR_TABLES || !t->used[i] ||
	    pa & ((1ULL << t->shape.page_shift) - 1)) {
		t->misuse = true;
		return;
	}
	t->used[i] = false;
	t->nr_used--;
}

static const struct shadow_pgtable_ops test_tables_ops = {
	.alloc_table = test_tables_alloc,
	.free_table = test_tables_free,
};

static inline struct test_tables *
test_tables_at(struct kunit *test, phys_addr_t base, unsigned int page_shift,
	       unsigned int va_bits, unsigned int pa_bits, bool ds, bool upper)
{
	struct test_tables *t = shadow_test_alloc(test, sizeof(*t));
	struct shadow_geometry geo;

	t->shape.page_shift = page_shift;
	t->shape.va_bits = va_bits;
	t->shape.ds = ds;
	t->shape.pa52 = pa_bits == 52;
	t->fail_at = U64_MAX;
	shadow_test_block(test, &t->block, base,
			  (u64)TEST_NR_TABLES << page_shift);
	shadow_event_init(&t->log);
	shadow_fault_init(&t->fault);
	KUNIT_ASSERT_EQ(test, shadow_geometry_init(&geo, page_shift, va_bits,
						   pa_bits, ds), 0);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_init(&t->pgt, &geo, upper,
						  &t->block, &t->log, &t->fault,
						  &test_tables_ops, t), 0);
	return t;
}

static inline struct test_tables *
test_tables(struct kunit *test, unsigned int page_shift, unsigned int va_bits,
	    unsigned int pa_bits, bool ds, bool upper)
{
	return test_tables_at(test, SHADOW_TEST_BASE, page_shift, va_bits,
			      pa_bits, ds, upper);
}

/* Bytes of one page, of the smallest block */
static inline u64 test_page_of(const struct test_tables *t)
{
	return 1ULL << t->shape.page_shift;
}

static inline u64 test_block_of(const struct test_tables *t)
{
	return 1ULL << (2 * t->shape.page_shift - 3);
}

static inline u64 test_first_of(const struct test_tables *t, bool upper)
{
	return upper ? ~0ULL << t->shape.va_bits : 0;
}

/**
 * struct test_leaf - what the reader found
 * @pa: output address of the VA asked for
 * @desc: the descriptor
 * @shift: log2 of what the leaf covers
 */
struct test_leaf {
	u64 pa;
	u64 desc;
	unsigned int shift;
};

/* Levels of each granule by the address bit at which their index starts */
static inline const u8 *test_shifts(const struct test_tables *t)
{
	static const u8 k4[] = { 48, 39, 30, 21, 12 };
	static const u8 k16[] = { 47, 36, 25, 14, 0 };
	static const u8 k64[] = { 42, 29, 16, 0, 0 };
	const u8 *shift = t->shape.page_shift == 12 ? k4 :
			  t->shape.page_shift == 14 ? k16 : k64;

	while (*shift >= t->shape.va_bits)
		shift++;
	return shift;
}

static inline u64 test_output(const struct test_tables *t, u64 desc)
{
	if (t->shape.page_shift == 16)
		return (desc & 0x0000ffffffff0000ULL) | (desc & 0xf000) << 36;
	if (t->shape.ds)
		return (desc & 0x0003fffffffff000ULL &
			~((1ULL << t->shape.page_shift) - 1)) |
		       (desc & 0x300) << 42;
	return desc & 0x0000fffffffff000ULL;
}

static inline bool test_block_allowed(const struct test_tables *t,
				      unsigned int shift)
{
	switch (shift) {
	case 30:	/* 4K: 1G */
	case 21:	/* 4K: 2M */
	case 25:	/* 16K: 32M */
	case 29:	/* 64K: 512M */
		return true;
	case 39:	/* 4K: 512G */
	case 36:	/* 16K: 64G */
		return t->shape.ds;
	case 42:	/* 64K: 4T */
		return t->shape.pa52;
	}
	return false;
}

/* Translate one address; false: there is no leaf, or none that is legal */
static inline bool test_read(const struct test_tables *t, u64 va,
			     struct test_leaf *leaf)
{
	unsigned int bits = t->shape.page_shift - 3;
	const u8 *shift = test_shifts(t);
	u64 table = t->pgt.root;
	u64 index, desc, size;

	va &= ~(~0ULL << t->shape.va_bits);
	for (index = va >> *shift; ; index = (va >> *shift) & ((1U << bits) - 1)) {
		if (table < t->block.base ||
		    table - t->block.base >= t->block.bytes)
			return false;
		desc = ((u64 *)((char *)t->block.virt +
				(table - t->block.base)))[index];
		if ((desc & 3) == 3 && *shift != t->shape.page_shift) {
			table = test_output(t, desc);
			shift++;
			continue;
		}
		break;
	}
	if (*shift == t->shape.page_shift ? (desc & 3) != 3 :
	    ((desc & 3) != 1 || !test_block_allowed(t, *shift)))
		return false;
	size = 1ULL << *shift;
	leaf->pa = (test_output(t, desc) & ~(size - 1)) | (va & (size - 1));
	leaf->desc = desc;
	leaf->shift = *shift;
	return true;
}

/* All pages that are tables, with their contents: what "as before" means */
struct test_snapshot {
	bool used[TEST_NR_TABLES];
	void *memory;
};

static inline void test_snapshot_init(struct kunit *test,
				      const struct test_tables *t,
				      struct test_snapshot *snap)
{
	snap->memory = shadow_test_alloc(test, t->block.bytes);
}

static inline void test_snapshot_take(const struct test_tables *t,
				      struct test_snapshot *snap)
{
	memcpy(snap->used, t->used, sizeof(snap->used));
	memcpy(snap->memory, t->block.virt, t->block.bytes);
}

static inline bool test_snapshot_same(const struct test_tables *t,
				      const struct test_snapshot *snap)
{
	u64 bytes = 1ULL << t->shape.page_shift;
	unsigned int i;

	if (memcmp(snap->used, t->used, sizeof(snap->used)))
		return false;
	for (i = 0; i < TEST_NR_TABLES; i++)
		if (t->used[i] && memcmp((char *)snap->memory + i * bytes,
					 (char *)t->block.virt + i * bytes,
					 bytes))
			return false;
	return true;
}

#define TEST_TABLES_VERIFY(test, t)					\
	do {								\
		SHADOW_TEST_VERIFY(test,				\
			shadow_pgtable_verify(&(t)->pgt, &__fault));	\
		KUNIT_ASSERT_FALSE(test, (t)->misuse);			\
		KUNIT_ASSERT_EQ(test, (t)->pgt.nr_tables,		\
				(u64)(t)->nr_used);			\
	} while (0)

#endif /* SHADOW_TEST_TABLES_H */
