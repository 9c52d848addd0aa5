/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_memblock_test - what the suites of the early allocator share.
 *
 * Lists are written as text in units of 4 KiB pages: "1-3 5-9:0hm" is pages 1
 * and 2 without a node, and pages 5 to 8 of node 0, hotpluggable and mirrored.
 */
#ifndef SHADOW_MEMBLOCK_TEST_H
#define SHADOW_MEMBLOCK_TEST_H

#include "shadow_test.h"

#include "shadow_memblock.h"

#define PAGE		4096ULL
#define PAGE_SHIFT_	12
#define LAST_PA		(~0ULL)
#define NONE		SHADOW_MAX_NUMNODES
#define TEXT		256
#define BLOCK_PAGES	64

/**
 * struct machine - an early allocator and the ground that it stands on
 * @mb: the early allocator
 * @events: its counters
 * @block: BLOCK_PAGES pages from SHADOW_TEST_BASE, filled with 0xa5
 * @text: a list as text
 */
struct machine {
	struct shadow_memblock mb;
	struct shadow_event_log events;
	struct shadow_block block;
	char text[TEXT];
};

static inline struct machine *new_machine(struct kunit *test)
{
	struct machine *m = shadow_test_alloc(test, sizeof(*m));

	shadow_test_block(test, &m->block, SHADOW_TEST_BASE,
			  BLOCK_PAGES * PAGE);
	memset(m->block.virt, 0xa5, m->block.bytes);
	shadow_event_init(&m->events);
	shadow_memblock_init(&m->mb, &m->block, &m->events, PAGE_SHIFT_);
	return m;
}

static inline int put_region(char *text,
			     const struct shadow_memblock_region *rgn)
{
	static const char letters[] = "hmndr";
	int nr, bit;

	nr = scnprintf(text, TEXT, "%llu-%llu", rgn->base / PAGE,
		       (rgn->base + rgn->size) / PAGE);
	if (rgn->nid != NONE)
		nr += scnprintf(text + nr, TEXT - nr, ":%d", rgn->nid);
	for (bit = 0; bit < SHADOW_MEMBLOCK_NR_FLAGS; bit++) {
		if (rgn->flags >> bit & 1)
			text[nr++] = letters[bit];
	}
	text[nr] = '\0';
	return nr;
}

static inline const char *
list_text(struct machine *m, const struct shadow_memblock_type *type)
{
	const struct shadow_memblock_region *rgn;
	int nr = 0;

	m->text[0] = '\0';
	__shadow_for_each_region(type, rgn) {
		if (nr > TEXT - 64)
			return "too long";
		if (nr)
			m->text[nr++] = ' ';
		nr += put_region(m->text + nr, rgn);
	}
	return m->text;
}

static inline void verify(struct kunit *test, struct machine *m)
{
	SHADOW_TEST_VERIFY(test, shadow_memblock_verify(&m->mb, &__fault));
}

static inline void expect_list(struct kunit *test, struct machine *m,
			       const struct shadow_memblock_type *type,
			       const char *want, int line)
{
	verify(test, m);
	KUNIT_EXPECT_STREQ_MSG(test, list_text(m, type), want, "%s, line %d",
			       type->name, line);
}

static inline void expect_memory(struct kunit *test, struct machine *m,
				 const char *want, int line)
{
	expect_list(test, m, &m->mb.memory, want, line);
}

static inline void expect_reserved(struct kunit *test, struct machine *m,
				   const char *want, int line)
{
	expect_list(test, m, &m->mb.reserved, want, line);
}

#define EXPECT_MEMORY(test, m, want)	expect_memory(test, m, want, __LINE__)
#define EXPECT_RESERVED(test, m, want)	expect_reserved(test, m, want, __LINE__)

/* Pages [first, end) */
static inline int add(struct machine *m, u64 first, u64 end)
{
	return shadow_memblock_add(&m->mb, first * PAGE, (end - first) * PAGE);
}

static inline int add_as(struct machine *m, u64 first, u64 end, int nid, u32 flags)
{
	return shadow_memblock_add_node(&m->mb, first * PAGE,
					(end - first) * PAGE, nid, flags);
}

static inline int take_away(struct machine *m, u64 first, u64 end)
{
	return shadow_memblock_remove(&m->mb, first * PAGE,
				      (end - first) * PAGE);
}

static inline int reserve(struct machine *m, u64 first, u64 end)
{
	return shadow_memblock_reserve(&m->mb, first * PAGE,
				       (end - first) * PAGE);
}

static inline int give_back(struct machine *m, u64 first, u64 end)
{
	return shadow_memblock_phys_free(&m->mb, first * PAGE,
					 (end - first) * PAGE);
}

/* The ranges of a walk, as text like a list's. */
static inline void put_range(char *text, u64 start, u64 end)
{
	int nr = strlen(text);

	scnprintf(text + nr, TEXT - nr, "%s%llu-%llu", nr ? " " : "",
		  start / PAGE, end / PAGE);
}

/* 128 ranges of one page, each with a gap behind it, below the block. */
static inline void fill(struct kunit *test, struct machine *m, bool reserved)
{
	u64 i;

	for (i = 0; i < SHADOW_MEMBLOCK_INIT_REGIONS; i++) {
		u64 page = 1000 + 2 * i;

		KUNIT_ASSERT_EQ(test, 0, reserved ? reserve(m, page, page + 1) :
						    add(m, page, page + 1));
	}
}

#endif /* SHADOW_MEMBLOCK_TEST_H */
