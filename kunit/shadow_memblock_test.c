// SPDX-License-Identifier: GPL-2.0-only
/*
 * The early allocator's lists, case by case, with answers worked out by hand.
 */
#include "shadow_memblock_test.h"

static void starts_empty(struct kunit *test)
{
	struct machine *m = new_machine(test);

	EXPECT_MEMORY(test, m, "");
	EXPECT_RESERVED(test, m, "");
	KUNIT_EXPECT_EQ(test, 128, m->mb.memory.max);
	KUNIT_EXPECT_EQ(test, 128, m->mb.reserved.max);
	KUNIT_EXPECT_STREQ(test, m->mb.memory.name, "memory");
	KUNIT_EXPECT_STREQ(test, m->mb.reserved.name, "reserved");
	KUNIT_EXPECT_FALSE(test, shadow_memblock_bottom_up(&m->mb));
	KUNIT_EXPECT_EQ(test, SHADOW_MEMBLOCK_ALLOC_ANYWHERE,
			shadow_memblock_get_current_limit(&m->mb));
	KUNIT_EXPECT_EQ(test, 0, shadow_memblock_start_of_DRAM(&m->mb));
	KUNIT_EXPECT_EQ(test, 0, shadow_memblock_end_of_DRAM(&m->mb));
	KUNIT_EXPECT_FALSE(test, shadow_memblock_is_memory(&m->mb, 0));
	KUNIT_EXPECT_EQ(test, 0, shadow_memblock_phys_alloc(&m->mb, 1, 1));
	KUNIT_EXPECT_EQ(test, 0, shadow_memblock_remove(&m->mb, 0, LAST_PA));
}

/**
 * struct step - two ranges in pages, and what an operation makes of them
 * @a: the first range
 * @b: the second
 * @added: the list after both were added
 * @removed: the list after @a was added and @b removed
 */
struct step {
	u64 a[2];
	u64 b[2];
	const char *added;
	const char *removed;
};

static const struct step steps[] = {
	{ { 2, 5 }, { 7, 9 }, "2-5 7-9", "2-5" },	/* apart */
	{ { 2, 5 }, { 5, 9 }, "2-9", "2-5" },		/* adjacent, above */
	{ { 5, 9 }, { 2, 5 }, "2-9", "5-9" },		/* adjacent, below */
	{ { 2, 9 }, { 4, 6 }, "2-9", "2-4 6-9" },	/* nested */
	{ { 2, 9 }, { 2, 4 }, "2-9", "4-9" },		/* nested, at the start */
	{ { 2, 9 }, { 6, 9 }, "2-9", "2-6" },		/* nested, at the end */
	{ { 4, 6 }, { 2, 9 }, "2-9", "" },		/* around */
	{ { 2, 9 }, { 2, 9 }, "2-9", "" },		/* identical */
	{ { 4, 9 }, { 2, 6 }, "2-9", "6-9" },		/* overlap, below */
	{ { 2, 6 }, { 4, 9 }, "2-9", "2-4" },		/* overlap, above */
	{ { 2, 6 }, { 4, 4 }, "2-6", "2-6" },		/* zero size */
	{ { 0, 1 }, { 1, 2 }, "0-2", "0-1" },		/* from address 0 */
};

static void adds_and_removes(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		const struct step *s = &steps[i];
		struct machine *m = new_machine(test);

		KUNIT_EXPECT_EQ(test, 0, add(m, s->a[0], s->a[1]));
		KUNIT_EXPECT_EQ(test, 0, add(m, s->b[0], s->b[1]));
		EXPECT_MEMORY(test, m, s->added);
		shadow_memblock_init(&m->mb, &m->block, &m->events, PAGE_SHIFT_);
		KUNIT_EXPECT_EQ(test, 0, add(m, s->a[0], s->a[1]));
		KUNIT_EXPECT_EQ(test, 0, take_away(m, s->b[0], s->b[1]));
		EXPECT_MEMORY(test, m, s->removed);
	}
}

static void reserves_and_frees(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		const struct step *s = &steps[i];
		struct machine *m = new_machine(test);

		KUNIT_EXPECT_EQ(test, 0, reserve(m, s->a[0], s->a[1]));
		KUNIT_EXPECT_EQ(test, 0, reserve(m, s->b[0], s->b[1]));
		EXPECT_RESERVED(test, m, s->added);
		shadow_memblock_init(&m->mb, &m->block, &m->events, PAGE_SHIFT_);
		KUNIT_EXPECT_EQ(test, 0, reserve(m, s->a[0], s->a[1]));
		KUNIT_EXPECT_EQ(test, 0, give_back(m, s->b[0], s->b[1]));
		EXPECT_RESERVED(test, m, s->removed);
		EXPECT_MEMORY(test, m, "");
	}
}

static void spans_many(struct kunit *test)
{
	struct machine *m = new_machine(test);

	add(m, 10, 12);
	add(m, 2, 4);
	add(m, 6, 8);
	EXPECT_MEMORY(test, m, "2-4 6-8 10-12");
	/* From inside the first to inside the last. */
	take_away(m, 3, 11);
	EXPECT_MEMORY(test, m, "2-3 11-12");
	add(m, 6, 8);
	/* All gaps at once; one region remains. */
	add(m, 1, 13);
	EXPECT_MEMORY(test, m, "1-13");
	KUNIT_EXPECT_EQ(test, 12 * PAGE,
			shadow_memblock_phys_mem_size(&m->mb));
	take_away(m, 4, 5);
	take_away(m, 7, 8);
	/* The gap between two, exactly. */
	add(m, 4, 5);
	EXPECT_MEMORY(test, m, "1-7 8-13");
	take_away(m, 0, 64);
	EXPECT_MEMORY(test, m, "");
	KUNIT_EXPECT_EQ(test, 0, shadow_memblock_phys_mem_size(&m->mb));
}

static void stops_at_the_end_of_addresses(struct kunit *test)
{
	struct machine *m = new_machine(test);
	struct shadow_memblock *mb = &m->mb;

	/* The last byte cannot be named: base + size would be 0. */
	KUNIT_EXPECT_EQ(test, 0, shadow_memblock_add(mb, LAST_PA, PAGE));
	KUNIT_EXPECT_EQ(test, 0, mb->memory.cnt);
	KUNIT_EXPECT_EQ(test, 0, shadow_memblock_add(mb, LAST_PA - 1, PAGE));
	verify(test, m);
	KUNIT_EXPECT_EQ(test, 1, mb->memory.cnt);
	KUNIT_EXPECT_EQ(test, 1, mb->memory.regions[0].size);

	KUNIT_EXPECT_EQ(test, 0, shadow_memblock_reserve(mb, 5, LAST_PA));
	verify(test, m);
	KUNIT_EXPECT_EQ(test, LAST_PA - 5, mb->reserved.regions[0].size);
	KUNIT_EXPECT_EQ(test, 0, shadow_memblock_phys_free(mb, PAGE, LAST_PA));
	verify(test, m);
	KUNIT_EXPECT_EQ(test, PAGE - 5, mb->reserved.total_size);

	KUNIT_EXPECT_EQ(test, 0, shadow_memblock_add(mb, 0, LAST_PA));
	KUNIT_EXPECT_EQ(test, 1, mb->memory.cnt);
	KUNIT_EXPECT_EQ(test, LAST_PA, mb->memory.total_size);
	KUNIT_EXPECT_TRUE(test, shadow_memblock_is_memory(mb, LAST_PA - 1));
	KUNIT_EXPECT_FALSE(test, shadow_memblock_is_memory(mb, LAST_PA));
	KUNIT_EXPECT_TRUE(test, shadow_memblock_is_region_memory(mb, PAGE,
								 LAST_PA));
	KUNIT_EXPECT_EQ(test, 0, shadow_memblock_remove(mb, 0, LAST_PA));
	EXPECT_MEMORY(test, m, "");
}

static void flags_keep_apart(struct kunit *test)
{
	struct machine *m = new_machine(test);
	struct shadow_memblock *mb = &m->mb;

	add_as(m, 2, 4, NONE, SHADOW_MEMBLOCK_HOTPLUG);
	add(m, 4, 6);
	EXPECT_MEMORY(test, m, "2-4h 4-6");
	/* What is there stays what it is. */
	add_as(m, 0, 8, NONE, SHADOW_MEMBLOCK_NOMAP);
	EXPECT_MEMORY(test, m, "0-2n 2-4h 4-6 6-8n");

	shadow_memblock_mark_hotplug(mb, 5 * PAGE, 2 * PAGE);
	EXPECT_MEMORY(test, m, "0-2n 2-4h 4-5 5-6h 6-7hn 7-8n");
	shadow_memblock_clear_hotplug(mb, 0, 8 * PAGE);
	EXPECT_MEMORY(test, m, "0-2n 2-6 6-8n");
	shadow_memblock_mark_nomap(mb, 3 * PAGE, 3 * PAGE);
	EXPECT_MEMORY(test, m, "0-2n 2-3 3-8n");
	shadow_memblock_clear_nomap(mb, 0, LAST_PA);
	EXPECT_MEMORY(test, m, "0-8");
	/* Nothing there: nothing to mark. */
	shadow_memblock_mark_nomap(mb, 20 * PAGE, PAGE);
	shadow_memblock_mark_nomap(mb, 2 * PAGE, 0);
	EXPECT_MEMORY(test, m, "0-8");

	reserve(m, 1, 5);
	shadow_memblock_reserved_mark_noinit(mb, 2 * PAGE, PAGE);
	EXPECT_RESERVED(test, m, "1-2 2-3r 3-5");
	give_back(m, 2, 3);
	reserve(m, 2, 3);
	EXPECT_RESERVED(test, m, "1-5");
}

static void mirror_needs_the_parameter(struct kunit *test)
{
	struct machine *m = new_machine(test);

	add(m, 0, 8);
	KUNIT_EXPECT_EQ(test, 0,
			shadow_memblock_mark_mirror(&m->mb, 0, PAGE));
	EXPECT_MEMORY(test, m, "0-8");
	KUNIT_EXPECT_FALSE(test, shadow_memblock_has_mirror(&m->mb));
	m->mb.mirrored_kernelcore = true;
	shadow_memblock_mark_mirror(&m->mb, 0, PAGE);
	EXPECT_MEMORY(test, m, "0-1m 1-8");
	KUNIT_EXPECT_TRUE(test, shadow_memblock_has_mirror(&m->mb));
}

static void nodes_keep_apart(struct kunit *test)
{
	struct machine *m = new_machine(test);
	struct shadow_memblock *mb = &m->mb;
	unsigned long start = 99, end = 99;

	add_as(m, 2, 4, 0, 0);
	add_as(m, 4, 6, 1, 0);
	add_as(m, 6, 8, 1, 0);
	add(m, 8, 10);
	EXPECT_MEMORY(test, m, "2-4:0 4-8:1 8-10");
	add_as(m, 1, 9, 2, 0);
	EXPECT_MEMORY(test, m, "1-2:2 2-4:0 4-8:1 8-10");

	KUNIT_EXPECT_EQ(test, 1,
			shadow_memblock_search_pfn_nid(mb, 5, &start, &end));
	KUNIT_EXPECT_EQ(test, 4, start);
	KUNIT_EXPECT_EQ(test, 8, end);
	KUNIT_EXPECT_EQ(test, SHADOW_NUMA_NO_NODE,
			shadow_memblock_search_pfn_nid(mb, 10, &start, &end));
	KUNIT_EXPECT_TRUE(test,
			  shadow_memblock_validate_numa_coverage(mb, 2 * PAGE));
	KUNIT_EXPECT_FALSE(test,
			   shadow_memblock_validate_numa_coverage(mb,
								  2 * PAGE - 1));

	shadow_memblock_set_node(mb, 3 * PAGE, 2 * PAGE, &mb->memory, 5);
	EXPECT_MEMORY(test, m, "1-2:2 2-3:0 3-5:5 5-8:1 8-10");
	/* No node yet and no node any more are two things. */
	shadow_memblock_set_node(mb, 0, 8 * PAGE, &mb->memory,
				 SHADOW_NUMA_NO_NODE);
	EXPECT_MEMORY(test, m, "1-8:-1 8-10");
	shadow_memblock_set_node(mb, 0, LAST_PA, &mb->memory, 0);
	EXPECT_MEMORY(test, m, "1-10:0");

	reserve(m, 1, 3);
	shadow_memblock_reserve_node(mb, 3 * PAGE, PAGE, 1,
				     SHADOW_MEMBLOCK_RSRV_NOINIT);
	EXPECT_RESERVED(test, m, "1-3 3-4:1r");
	shadow_memblock_set_node(mb, 0, LAST_PA, &mb->reserved, 1);
	EXPECT_RESERVED(test, m, "1-3:1 3-4:1r");
}

static void trims(struct kunit *test)
{
	struct machine *m = new_machine(test);

	/* Whole, then only the inside, then nothing, then the last of all. */
	add(m, 4, 8);
	shadow_memblock_add(&m->mb, 9 * PAGE + 1, 4 * PAGE);
	shadow_memblock_add(&m->mb, 15 * PAGE + 1, PAGE);
	shadow_memblock_add(&m->mb, LAST_PA - 100, 50);
	shadow_memblock_trim_memory(&m->mb, PAGE);
	EXPECT_MEMORY(test, m, "4-8 10-13");
	shadow_memblock_trim_memory(&m->mb, PAGE);
	EXPECT_MEMORY(test, m, "4-8 10-13");
	shadow_memblock_trim_memory(&m->mb, 4 * PAGE);
	EXPECT_MEMORY(test, m, "4-8");
	KUNIT_EXPECT_EQ(test, 4 * PAGE,
			shadow_memblock_phys_mem_size(&m->mb));
	shadow_memblock_trim_memory(&m->mb, 16 * PAGE);
	EXPECT_MEMORY(test, m, "");
}

static struct machine *for_limits(struct kunit *test)
{
	struct machine *m = new_machine(test);

	add(m, 2, 6);
	add_as(m, 6, 8, NONE, SHADOW_MEMBLOCK_NOMAP);
	add(m, 10, 14);
	reserve(m, 3, 5);
	reserve(m, 7, 12);
	return m;
}

static void limits_memory(struct kunit *test)
{
	struct machine *m = for_limits(test);

	shadow_memblock_enforce_memory_limit(&m->mb, 0);
	shadow_memblock_enforce_memory_limit(&m->mb, 11 * PAGE);
	EXPECT_MEMORY(test, m, "2-6 6-8n 10-14");
	/* 4 + 2 + 1 pages */
	shadow_memblock_enforce_memory_limit(&m->mb, 7 * PAGE);
	EXPECT_MEMORY(test, m, "2-6 6-8n 10-11");
	EXPECT_RESERVED(test, m, "3-5 7-11");
	shadow_memblock_enforce_memory_limit(&m->mb, 4 * PAGE);
	EXPECT_MEMORY(test, m, "2-6");
	EXPECT_RESERVED(test, m, "3-5");

	m = for_limits(test);
	shadow_memblock_mem_limit_remove_map(&m->mb, 3 * PAGE);
	EXPECT_MEMORY(test, m, "2-5 6-8n");
	EXPECT_RESERVED(test, m, "3-5");
}

static void caps_memory(struct kunit *test)
{
	struct machine *m = for_limits(test);

	shadow_memblock_cap_memory_range(&m->mb, 4 * PAGE, 0);
	EXPECT_MEMORY(test, m, "2-6 6-8n 10-14");
	/* Through the NOMAP region, which stays whole. */
	shadow_memblock_cap_memory_range(&m->mb, 7 * PAGE, 4 * PAGE);
	EXPECT_MEMORY(test, m, "6-8n 10-11");
	EXPECT_RESERVED(test, m, "7-11");
	/* A range without memory. */
	shadow_memblock_cap_memory_range(&m->mb, 20 * PAGE, PAGE);
	EXPECT_MEMORY(test, m, "6-8n");
	EXPECT_RESERVED(test, m, "");

	m = for_limits(test);
	shadow_memblock_cap_memory_range(&m->mb, 4 * PAGE, LAST_PA);
	EXPECT_MEMORY(test, m, "4-6 6-8n 10-14");
	EXPECT_RESERVED(test, m, "4-5 7-12");

	m = new_machine(test);
	reserve(m, 1, 3);
	shadow_memblock_cap_memory_range(&m->mb, 2 * PAGE, PAGE);
	EXPECT_RESERVED(test, m, "1-3");
}

static void answers(struct kunit *test)
{
	struct machine *m = for_limits(test);
	struct shadow_memblock *mb = &m->mb;

	KUNIT_EXPECT_EQ(test, 2 * PAGE, shadow_memblock_start_of_DRAM(mb));
	KUNIT_EXPECT_EQ(test, 14 * PAGE, shadow_memblock_end_of_DRAM(mb));
	KUNIT_EXPECT_EQ(test, 10 * PAGE, shadow_memblock_phys_mem_size(mb));
	KUNIT_EXPECT_EQ(test, 7 * PAGE, shadow_memblock_reserved_size(mb));
	KUNIT_EXPECT_EQ(test, 3, shadow_memblock_estimated_nr_free_pages(mb));

	KUNIT_EXPECT_FALSE(test, shadow_memblock_is_memory(mb, 2 * PAGE - 1));
	KUNIT_EXPECT_TRUE(test, shadow_memblock_is_memory(mb, 2 * PAGE));
	KUNIT_EXPECT_TRUE(test, shadow_memblock_is_memory(mb, 8 * PAGE - 1));
	KUNIT_EXPECT_FALSE(test, shadow_memblock_is_memory(mb, 8 * PAGE));
	KUNIT_EXPECT_TRUE(test, shadow_memblock_is_map_memory(mb, 5 * PAGE));
	KUNIT_EXPECT_FALSE(test, shadow_memblock_is_map_memory(mb, 6 * PAGE));
	KUNIT_EXPECT_FALSE(test, shadow_memblock_is_map_memory(mb, 8 * PAGE));
	KUNIT_EXPECT_TRUE(test, shadow_memblock_is_reserved(mb, 11 * PAGE));
	KUNIT_EXPECT_FALSE(test, shadow_memblock_is_reserved(mb, 12 * PAGE));

	KUNIT_EXPECT_TRUE(test, shadow_memblock_is_region_memory(mb, 2 * PAGE,
								 4 * PAGE));
	KUNIT_EXPECT_TRUE(test, shadow_memblock_is_region_memory(mb, 3 * PAGE,
								 0));
	/* Two regions that touch are not one. */
	KUNIT_EXPECT_FALSE(test, shadow_memblock_is_region_memory(mb, 2 * PAGE,
								  5 * PAGE));
	KUNIT_EXPECT_FALSE(test, shadow_memblock_is_region_memory(mb, 9 * PAGE,
								  2 * PAGE));
	KUNIT_EXPECT_FALSE(test, shadow_memblock_is_region_memory(mb, 2 * PAGE,
								  LAST_PA));
	KUNIT_EXPECT_TRUE(test, shadow_memblock_is_region_reserved(mb, 0,
								   4 * PAGE));
	KUNIT_EXPECT_FALSE(test, shadow_memblock_is_region_reserved(mb,
								    5 * PAGE,
								    2 * PAGE));
	KUNIT_EXPECT_TRUE(test, shadow_memblock_is_region_reserved(mb, 5 * PAGE,
								   LAST_PA));
	KUNIT_EXPECT_TRUE(test,
			  shadow_memblock_overlaps_region(mb, &mb->memory,
							  9 * PAGE, 2 * PAGE));
	KUNIT_EXPECT_FALSE(test,
			   shadow_memblock_overlaps_region(mb, &mb->memory,
							   8 * PAGE, 2 * PAGE));
	KUNIT_EXPECT_EQ(test, 0, shadow_memblock_addrs_overlap(0, 5, 5, 5));
	KUNIT_EXPECT_NE(test, 0, shadow_memblock_addrs_overlap(0, 6, 5, 5));
}

static void prints_as_the_kernel(struct kunit *test)
{
	struct machine *m = new_machine(test);
	struct shadow_memblock_type *type = &m->mb.memory;

	shadow_memblock_add(&m->mb, 0x80000000, 0x20000000);
	shadow_memblock_format_region(type, 0, m->text, TEXT);
	KUNIT_EXPECT_STREQ(test, m->text,
			   "   0: 0x0000000080000000..0x000000009fffffff    x NONE\n");
	add_as(m, 1, 2, 3, SHADOW_MEMBLOCK_HOTPLUG | SHADOW_MEMBLOCK_NOMAP);
	shadow_memblock_format_region(type, 0, m->text, TEXT);
	KUNIT_EXPECT_STREQ(test, m->text,
			   "   0: 0x0000000000001000..0x0000000000001fff    3 HOTPLUG|NOMAP\n");
	type->regions[1].flags = 0x3f;
	shadow_memblock_format_region(type, 1, m->text, TEXT);
	KUNIT_EXPECT_STREQ(test, m->text,
			   "   1: 0x0000000080000000..0x000000009fffffff    x HOTPLUG|MIRROR|NOMAP|DRV_MNG|RSV_NIT|UNKNOWN\n");
	KUNIT_EXPECT_EQ(test, 9,
			shadow_memblock_format_region(type, 1, m->text, 10));
}

/* The whole log as text: pages and the first letter of the owner. */
static const char *log_text(struct machine *m)
{
	unsigned int i;

	m->text[0] = '\0';
	for (i = 0; i < m->mb.log.nr; i++) {
		const struct shadow_early_range *entry = &m->mb.log.range[i];
		int nr;

		put_range(m->text, entry->base, entry->base + entry->bytes);
		nr = strlen(m->text);
		scnprintf(m->text + nr, TEXT - nr, "%c", entry->owner[0]);
	}
	return m->text;
}

static void expect_log(struct kunit *test, struct machine *m, const char *want,
		       int line)
{
	verify(test, m);
	KUNIT_EXPECT_STREQ_MSG(test, log_text(m), want, "line %d", line);
}

#define EXPECT_LOG(test, m, want)	expect_log(test, m, want, __LINE__)

static void knows_owners(struct kunit *test)
{
	struct machine *m = new_machine(test);
	struct shadow_memblock *mb = &m->mb;
	const char *before;

	reserve(m, 1, 2);
	before = shadow_memblock_set_owner(mb, "image");
	KUNIT_EXPECT_STREQ(test, "early", before);
	reserve(m, 2, 9);
	shadow_memblock_set_owner(mb, "dtb");
	/* Only what nobody had yet. */
	reserve(m, 8, 12);
	reserve(m, 2, 3);
	EXPECT_LOG(test, m, "1-2e 2-9i 9-12d");
	EXPECT_RESERVED(test, m, "1-12");
	KUNIT_EXPECT_STREQ(test, "image",
			   shadow_memblock_owner_of(mb, 9 * PAGE - 1));
	KUNIT_EXPECT_NULL(test, shadow_memblock_owner_of(mb, 12 * PAGE));
	KUNIT_EXPECT_NULL(test, shadow_memblock_owner_of(mb, 0));

	give_back(m, 4, 6);
	EXPECT_LOG(test, m, "1-2e 2-4i 6-9i 9-12d");
	KUNIT_EXPECT_NULL(test, shadow_memblock_owner_of(mb, 4 * PAGE));
	give_back(m, 3, 7);
	EXPECT_LOG(test, m, "1-2e 2-3i 7-9i 9-12d");
	give_back(m, 8, 10);
	EXPECT_LOG(test, m, "1-2e 2-3i 7-8i 10-12d");
	/* Into the gap, from below, and both sides grown together. */
	shadow_memblock_set_owner(mb, "image");
	reserve(m, 3, 4);
	reserve(m, 6, 7);
	EXPECT_LOG(test, m, "1-2e 2-4i 6-8i 10-12d");
	reserve(m, 4, 6);
	EXPECT_LOG(test, m, "1-2e 2-8i 10-12d");
	shadow_memblock_enforce_memory_limit(mb, PAGE);
	shadow_memblock_set_owner(mb, NULL);
	give_back(m, 0, 20);
	EXPECT_LOG(test, m, "");
}

static void owners_may_be_lost(struct kunit *test)
{
	struct machine *m = new_machine(test);
	struct shadow_memblock *mb = &m->mb;
	u64 i;

	shadow_memblock_allow_resize(mb);
	shadow_memblock_add(mb, SHADOW_TEST_BASE, BLOCK_PAGES * PAGE);
	for (i = 0; i <= SHADOW_EARLY_LOG_RANGES; i++)
		KUNIT_ASSERT_EQ(test, 0, reserve(m, 1000 + 2 * i,
						 1001 + 2 * i));
	verify(test, m);
	KUNIT_EXPECT_EQ(test, SHADOW_EARLY_LOG_RANGES, mb->log.nr);
	/* What did not fit any more: among it, the array that the list is in now. */
	KUNIT_EXPECT_EQ(test, 2, mb->log.nr_lost);
	KUNIT_EXPECT_NULL(test, shadow_memblock_owner_of(mb, (1000 + 2 * (i - 1)) * PAGE));
	KUNIT_EXPECT_EQ(test, 0, give_back(m, 1000, 1001));
	verify(test, m);
	/* All gone: from here on all is known again. */
	KUNIT_EXPECT_EQ(test, 0, give_back(m, 0, LAST_PA / PAGE));
	KUNIT_EXPECT_EQ(test, 0, reserve(m, 5000, 5001));
	KUNIT_EXPECT_EQ(test, 0, mb->log.nr_lost);
	EXPECT_LOG(test, m, "5000-5001e");
}

/* Each breaks one thing of memory 2-4 5-7 8-10 and reserved 3-4. */
static void wrong_size(struct shadow_memblock *mb)
{
	mb->memory.regions[1].size = 0;
}

static void wrong_end(struct shadow_memblock *mb)
{
	mb->memory.regions[2].size = LAST_PA;
}

static void wrong_flags(struct shadow_memblock *mb)
{
	mb->memory.regions[0].flags = 0x20;
}

static void wrong_nid(struct shadow_memblock *mb)
{
	mb->memory.regions[0].nid = SHADOW_MAX_NUMNODES + 1;
}

static void wrong_order(struct shadow_memblock *mb)
{
	mb->memory.regions[1].base = PAGE;
}

static void wrong_overlap(struct shadow_memblock *mb)
{
	mb->memory.regions[1].base = 3 * PAGE;
}

static void wrong_neighbour(struct shadow_memblock *mb)
{
	mb->memory.regions[1].base = 4 * PAGE;
}

static void wrong_cnt(struct shadow_memblock *mb)
{
	mb->memory.cnt = 129;
}

static void wrong_max(struct shadow_memblock *mb)
{
	mb->memory.max = 129;
}

static void wrong_array(struct shadow_memblock *mb)
{
	mb->memory.regions++;
}

static void wrong_total(struct shadow_memblock *mb)
{
	mb->memory.total_size++;
}

static void wrong_reserved(struct shadow_memblock *mb)
{
	mb->reserved.total_size--;
}

static void wrong_owner(struct shadow_memblock *mb)
{
	mb->log.range[0].base = 2 * PAGE;
}

static void wrong_owner_bytes(struct shadow_memblock *mb)
{
	mb->log.range[0].bytes = PAGE / 2;
}

static void wrong_owners(struct shadow_memblock *mb)
{
	mb->log.nr = SHADOW_EARLY_LOG_RANGES + 1;
}

static const struct {
	void (*do_it)(struct shadow_memblock *mb);
	const char *want;
} wrongs[] = {
	{ wrong_size, "memblock: memory[1] 0x5000+0x0 is empty" },
	{ wrong_end,
	  "memblock: memory[2] 0x8000+0xffffffffffffffff wraps around" },
	{ wrong_flags, "memblock: memory[0] 0x2000+0x2000 has an unknown flag" },
	{ wrong_nid,
	  "memblock: memory[0] 0x2000+0x2000 has an impossible node" },
	{ wrong_order, "memblock: memory[1] 0x1000+0x2000 is not sorted" },
	{ wrong_overlap,
	  "memblock: memory[1] 0x3000+0x2000 overlaps the one below" },
	{ wrong_neighbour,
	  "memblock: memory[1] 0x4000+0x2000 is not merged with the one below" },
	{ wrong_cnt, "memblock: memory: 129 regions, room for 128" },
	{ wrong_max, "memblock: memory: no array of 129 regions" },
	{ wrong_array, "memblock: memory: no array of 128 regions" },
	{ wrong_total, "memblock: memory: total 0x6001, regions hold 0x6000" },
	{ wrong_reserved,
	  "memblock: reserved: total 0xfff, regions hold 0x1000" },
	{ wrong_owner, "memblock: owner 0 0x2000+0x1000 is not reserved" },
	{ wrong_owner_bytes,
	  "memblock: 0x800 of 0x1000 reserved bytes have an owner" },
	{ wrong_owners, "early_log: 1281 ranges" },
};

/* One thing at a time is wrong; each must be found, and named. */
static void finds_what_is_wrong(struct kunit *test)
{
	struct shadow_fault fault;
	int i;

	for (i = 0; i < ARRAY_SIZE(wrongs); i++) {
		struct machine *m = new_machine(test);

		add(m, 2, 4);
		add(m, 5, 7);
		add(m, 8, 10);
		reserve(m, 3, 4);
		verify(test, m);
		wrongs[i].do_it(&m->mb);
		shadow_fault_init(&fault);
		KUNIT_EXPECT_EQ(test, -EUCLEAN,
				shadow_memblock_verify(&m->mb, &fault));
		KUNIT_EXPECT_STREQ(test, fault.text, wrongs[i].want);
	}
}

static void counts_events(struct kunit *test)
{
	struct machine *m = new_machine(test);
	void *counts = kunit_kzalloc(test, shadow_event_bytes(1), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, counts);
	shadow_event_set_counts(&m->events, counts, 1);
	add(m, 1, 2);
	shadow_event_enable(true);
	add(m, 2, 12);
	reserve(m, 2, 3);
	KUNIT_EXPECT_NE(test, 0,
			shadow_memblock_phys_alloc(&m->mb, 100, 1));
	give_back(m, 2, 3);
	shadow_event_enable(false);
	KUNIT_EXPECT_EQ(test, 10 * PAGE,
			shadow_event_count(&m->events, SHADOW_EV_MEMBLOCK_ADD));
	KUNIT_EXPECT_EQ(test, PAGE + 100,
			shadow_event_count(&m->events, SHADOW_EV_MEMBLOCK_RESERVE));
	KUNIT_EXPECT_EQ(test, PAGE,
			shadow_event_count(&m->events, SHADOW_EV_MEMBLOCK_FREE));
}

static struct kunit_case memblock_cases[] = {
	KUNIT_CASE(starts_empty),
	KUNIT_CASE(adds_and_removes),
	KUNIT_CASE(reserves_and_frees),
	KUNIT_CASE(spans_many),
	KUNIT_CASE(stops_at_the_end_of_addresses),
	KUNIT_CASE(flags_keep_apart),
	KUNIT_CASE(mirror_needs_the_parameter),
	KUNIT_CASE(nodes_keep_apart),
	KUNIT_CASE(trims),
	KUNIT_CASE(limits_memory),
	KUNIT_CASE(caps_memory),
	KUNIT_CASE(answers),
	KUNIT_CASE(prints_as_the_kernel),
	KUNIT_CASE(knows_owners),
	KUNIT_CASE(owners_may_be_lost),
	KUNIT_CASE(finds_what_is_wrong),
	KUNIT_CASE(counts_events),
	{}
};

static struct kunit_suite memblock_suite = {
	.name = "shadow_memblock",
	.test_cases = memblock_cases,
};

kunit_test_suite(memblock_suite);
