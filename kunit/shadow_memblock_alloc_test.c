// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the early allocator hands out, and how its arrays grow, case by case,
 * with answers worked out by hand.
 */
#include "shadow_memblock_test.h"

/* Pages 2 to 10, of which 4 and 5 are taken. */
static struct machine *with_a_hole(struct kunit *test)
{
	struct machine *m = new_machine(test);

	add(m, 2, 11);
	reserve(m, 4, 6);
	return m;
}

static void allocates_from_the_top(struct kunit *test)
{
	struct machine *m = with_a_hole(test);
	struct shadow_memblock *mb = &m->mb;

	KUNIT_EXPECT_EQ(test, 10 * PAGE,
			shadow_memblock_phys_alloc(mb, PAGE, PAGE));
	EXPECT_RESERVED(test, m, "4-6 10-11");
	/* Aligned to 4 pages: page 8, though page 9 is free. */
	KUNIT_EXPECT_EQ(test, 8 * PAGE,
			shadow_memblock_phys_alloc(mb, PAGE, 4 * PAGE));
	/* Two in a row: below page 8. */
	KUNIT_EXPECT_EQ(test, 6 * PAGE,
			shadow_memblock_phys_alloc(mb, 2 * PAGE, PAGE));
	EXPECT_RESERVED(test, m, "4-9 10-11");
	KUNIT_EXPECT_EQ(test, 2 * PAGE,
			shadow_memblock_phys_alloc(mb, 2 * PAGE, PAGE));
	KUNIT_EXPECT_EQ(test, 0,
			shadow_memblock_phys_alloc(mb, 2 * PAGE, PAGE));
	/* No alignment asked for: that of a cache line. */
	KUNIT_EXPECT_EQ(test, 10 * PAGE - 64,
			shadow_memblock_phys_alloc(mb, 1, 0));
	KUNIT_EXPECT_EQ(test, 10 * PAGE - 1,
			shadow_memblock_phys_alloc(mb, 1, 1));
	/* Nothing asked for: found, and nothing taken. */
	KUNIT_EXPECT_EQ(test, 10 * PAGE - 1,
			shadow_memblock_phys_alloc(mb, 0, 1));
	KUNIT_EXPECT_EQ(test, 8 * PAGE + 2,
			shadow_memblock_reserved_size(mb));
	KUNIT_EXPECT_EQ(test, 0,
			shadow_memblock_phys_alloc(mb, LAST_PA, 1));
	verify(test, m);
}

static void allocates_from_the_bottom(struct kunit *test)
{
	struct machine *m = with_a_hole(test);
	struct shadow_memblock *mb = &m->mb;

	shadow_memblock_set_bottom_up(mb, true);
	KUNIT_EXPECT_EQ(test, 2 * PAGE,
			shadow_memblock_phys_alloc(mb, PAGE, PAGE));
	KUNIT_EXPECT_EQ(test, 6 * PAGE,
			shadow_memblock_phys_alloc(mb, 2 * PAGE, PAGE));
	KUNIT_EXPECT_EQ(test, 8 * PAGE,
			shadow_memblock_phys_alloc(mb, PAGE, 4 * PAGE));
	EXPECT_RESERVED(test, m, "2-3 4-9");
	/* The page at address 0 is nobody's. */
	add(m, 0, 2);
	KUNIT_EXPECT_EQ(test, PAGE,
			shadow_memblock_phys_alloc(mb, 16, 16));
	KUNIT_EXPECT_EQ(test, PAGE + 16,
			shadow_memblock_phys_alloc(mb, 16, 16));
}

static void allocates_within_limits(struct kunit *test)
{
	struct machine *m = with_a_hole(test);
	struct shadow_memblock *mb = &m->mb;

	KUNIT_EXPECT_EQ(test, 7 * PAGE,
			shadow_memblock_phys_alloc_range(mb, PAGE, PAGE,
							 7 * PAGE, 8 * PAGE));
	KUNIT_EXPECT_EQ(test, 0,
			shadow_memblock_phys_alloc_range(mb, PAGE, PAGE,
							 7 * PAGE, 8 * PAGE));
	KUNIT_EXPECT_EQ(test, 0,
			shadow_memblock_phys_alloc_range(mb, PAGE, PAGE,
							 7 * PAGE + 1,
							 9 * PAGE - 1));
	/* The end below the start: nothing. */
	KUNIT_EXPECT_EQ(test, 0,
			shadow_memblock_phys_alloc_range(mb, PAGE, PAGE,
							 9 * PAGE, 2 * PAGE));
	shadow_memblock_set_current_limit(mb, 7 * PAGE);
	KUNIT_EXPECT_EQ(test, 6 * PAGE,
			shadow_memblock_phys_alloc(mb, PAGE, PAGE));
	/* Who says an end himself is not held by the limit. */
	KUNIT_EXPECT_EQ(test, 10 * PAGE,
			shadow_memblock_phys_alloc_range(mb, PAGE, PAGE, 0,
							 SHADOW_MEMBLOCK_ALLOC_ANYWHERE));
	KUNIT_EXPECT_EQ(test, 3 * PAGE,
			shadow_memblock_phys_alloc_range(mb, PAGE, PAGE, 0,
							 SHADOW_MEMBLOCK_ALLOC_NOLEAKTRACE));
	verify(test, m);
}

static void allocates_by_node(struct kunit *test)
{
	struct machine *m = new_machine(test);
	struct shadow_memblock *mb = &m->mb;

	add_as(m, 2, 4, 0, 0);
	add_as(m, 4, 6, 1, 0);
	KUNIT_EXPECT_EQ(test, 3 * PAGE,
			shadow_memblock_phys_alloc_try_nid(mb, PAGE, PAGE, 0));
	KUNIT_EXPECT_EQ(test, 2 * PAGE,
			shadow_memblock_alloc_range_nid(mb, PAGE, PAGE, 0, 0, 0,
							true));
	/* The node is full: refused, or from another node. */
	KUNIT_EXPECT_EQ(test, 0,
			shadow_memblock_alloc_range_nid(mb, PAGE, PAGE, 0, 0, 0,
							true));
	KUNIT_EXPECT_EQ(test, 5 * PAGE,
			shadow_memblock_phys_alloc_try_nid(mb, PAGE, PAGE, 0));
	/* A range never spans two nodes. */
	give_back(m, 2, 6);
	KUNIT_EXPECT_EQ(test, 0,
			shadow_memblock_phys_alloc(mb, 3 * PAGE, PAGE));
	verify(test, m);
}

static void prefers_mirrored_memory(struct kunit *test)
{
	struct machine *m = new_machine(test);
	struct shadow_memblock *mb = &m->mb;

	mb->mirrored_kernelcore = true;
	add_as(m, 2, 6, 0, 0);
	add_as(m, 6, 10, 1, 0);
	shadow_memblock_mark_mirror(mb, 3 * PAGE, 2 * PAGE);
	KUNIT_EXPECT_EQ(test, 4 * PAGE,
			shadow_memblock_phys_alloc(mb, PAGE, PAGE));
	/* Mirrored memory of another node before the node's other memory. */
	KUNIT_EXPECT_EQ(test, 3 * PAGE,
			shadow_memblock_phys_alloc_try_nid(mb, PAGE, PAGE, 1));
	KUNIT_EXPECT_EQ(test, 9 * PAGE,
			shadow_memblock_phys_alloc_try_nid(mb, PAGE, PAGE, 1));
	KUNIT_EXPECT_EQ(test, 8 * PAGE,
			shadow_memblock_find_in_range(mb, 0, 0, PAGE, PAGE));
	verify(test, m);
}

static void leaves_special_memory_alone(struct kunit *test)
{
	struct machine *m = new_machine(test);
	struct shadow_memblock *mb = &m->mb;

	add(m, 2, 3);
	add_as(m, 4, 5, NONE, SHADOW_MEMBLOCK_HOTPLUG);
	add_as(m, 6, 7, NONE, SHADOW_MEMBLOCK_NOMAP);
	add_as(m, 8, 9, NONE, SHADOW_MEMBLOCK_DRIVER_MANAGED);
	KUNIT_EXPECT_EQ(test, 4 * PAGE,
			shadow_memblock_find_in_range(mb, 0, 0, PAGE, PAGE));
	mb->movable_node = true;
	KUNIT_EXPECT_EQ(test, 2 * PAGE,
			shadow_memblock_find_in_range(mb, 0, 0, PAGE, PAGE));
}

static void hands_out_pointers(struct kunit *test)
{
	struct machine *m = new_machine(test);
	struct shadow_memblock *mb = &m->mb;
	u64 base = SHADOW_TEST_BASE, end = base + BLOCK_PAGES * PAGE;
	u8 *p;

	/* Memory beyond the block has no contents: pointers avoid it. */
	shadow_memblock_add(mb, base - PAGE, (BLOCK_PAGES + 2) * PAGE);
	p = shadow_memblock_alloc(mb, 100, 64);
	KUNIT_ASSERT_PTR_EQ(test, p, (u8 *)m->block.virt + m->block.bytes - 128);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, 100));
	KUNIT_EXPECT_EQ(test, 0xa5, p[100]);
	KUNIT_EXPECT_EQ(test, end - 128, mb->reserved.regions[0].base);
	KUNIT_EXPECT_EQ(test, 100, mb->reserved.regions[0].size);
	shadow_memblock_free(mb, p, 100);
	shadow_memblock_free(mb, NULL, 100);
	KUNIT_EXPECT_EQ(test, 0, mb->reserved.cnt);

	p = shadow_memblock_alloc_raw(mb, 64, 64);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_NULL(test, memchr_inv(p + 36, 0xa5, 28));

	/* A lowest address is kept if it can be. */
	p = shadow_memblock_alloc_from(mb, PAGE, PAGE, end - 2 * PAGE);
	KUNIT_EXPECT_PTR_EQ(test, p, shadow_phys_to_virt(&m->block,
							 end - 2 * PAGE));
	p = shadow_memblock_alloc_from(mb, PAGE, PAGE, end - 2 * PAGE);
	KUNIT_EXPECT_PTR_EQ(test, p, shadow_phys_to_virt(&m->block,
							 end - 3 * PAGE));
	p = shadow_memblock_alloc_try_nid(mb, PAGE, PAGE, base + PAGE,
					  base + 4 * PAGE, SHADOW_NUMA_NO_NODE);
	KUNIT_EXPECT_PTR_EQ(test, p, shadow_phys_to_virt(&m->block,
							 base + 3 * PAGE));
	mb->low_limit = base + 2 * PAGE - 1;
	p = shadow_memblock_alloc_low(mb, PAGE, PAGE);
	KUNIT_EXPECT_PTR_EQ(test, p, m->block.virt);
	KUNIT_EXPECT_NULL(test, shadow_memblock_alloc_low(mb, PAGE, PAGE));
	/* Pointers never reach over the limit, whatever end is said. */
	shadow_memblock_set_current_limit(mb, base + 3 * PAGE);
	p = shadow_memblock_alloc_try_nid(mb, PAGE, PAGE, 0,
					  SHADOW_MEMBLOCK_ALLOC_ANYWHERE,
					  SHADOW_NUMA_NO_NODE);
	KUNIT_EXPECT_PTR_EQ(test, p, shadow_phys_to_virt(&m->block,
							 base + 2 * PAGE));
	shadow_memblock_set_current_limit(mb, base + PAGE);
	KUNIT_EXPECT_NULL(test, shadow_memblock_alloc(mb, 1, 1));
	verify(test, m);
}

static void pointers_mind_the_node(struct kunit *test)
{
	struct machine *m = new_machine(test);
	struct shadow_memblock *mb = &m->mb;
	u64 base = SHADOW_TEST_BASE;

	shadow_memblock_add_node(mb, base, PAGE, 0, 0);
	shadow_memblock_add_node(mb, base + PAGE, 2 * PAGE, 1, 0);
	KUNIT_EXPECT_PTR_EQ(test, m->block.virt,
			    shadow_memblock_alloc_node(mb, PAGE, PAGE, 0));
	KUNIT_EXPECT_NULL(test,
			  shadow_memblock_alloc_exact_nid_raw(mb, PAGE, PAGE, 0,
							      0, 0));
	KUNIT_EXPECT_NOT_NULL(test,
			      shadow_memblock_alloc_try_nid_raw(mb, PAGE, PAGE,
								0, 0, 0));
	KUNIT_EXPECT_NOT_NULL(test,
			      shadow_memblock_alloc_exact_nid_raw(mb, PAGE,
								  PAGE, 0, 0,
								  1));
	KUNIT_EXPECT_NULL(test, shadow_memblock_alloc(mb, 1, 1));
	/* Without contents there are no pointers, and nothing is taken. */
	give_back(m, base / PAGE, base / PAGE + 3);
	m->block.virt = NULL;
	KUNIT_EXPECT_NULL(test, shadow_memblock_alloc(mb, 1, 1));
	KUNIT_EXPECT_EQ(test, 0, mb->reserved.cnt);
	mb->block = NULL;
	KUNIT_EXPECT_NULL(test, shadow_memblock_alloc_raw(mb, 1, 1));
	KUNIT_EXPECT_NE(test, 0, shadow_memblock_phys_alloc(mb, 1, 1));
}

static void walks(struct kunit *test)
{
	struct machine *m = new_machine(test);
	struct shadow_memblock *mb = &m->mb;
	phys_addr_t start, end;
	u64 i;

	add_as(m, 1, 4, 0, 0);
	add_as(m, 4, 8, 1, SHADOW_MEMBLOCK_HOTPLUG);
	add_as(m, 9, 12, 1, SHADOW_MEMBLOCK_NOMAP);
	add_as(m, 12, 14, 0, 0);
	reserve(m, 0, 2);
	reserve(m, 3, 5);
	reserve(m, 13, 20);

#define EXPECT_WALK(loop, want)						\
	do {								\
		m->text[0] = '\0';					\
		loop							\
			put_range(m->text, start, end);			\
		KUNIT_EXPECT_STREQ(test, m->text, want);		\
	} while (0)

	EXPECT_WALK(shadow_for_each_mem_range(mb, i, &start, &end),
		    "1-4 4-8 12-14");
	EXPECT_WALK(shadow_for_each_mem_range_rev(mb, i, &start, &end),
		    "12-14 4-8 1-4");
	EXPECT_WALK(shadow_for_each_reserved_mem_range(mb, i, &start, &end),
		    "0-2 3-5 13-20");
	EXPECT_WALK(shadow_for_each_free_mem_range(mb, i, SHADOW_NUMA_NO_NODE,
						   0, &start, &end, NULL),
		    "2-3 5-8 12-13");
	EXPECT_WALK(shadow_for_each_free_mem_range_reverse(mb, i,
							   SHADOW_NUMA_NO_NODE,
							   0, &start, &end,
							   NULL),
		    "12-13 5-8 2-3");
	EXPECT_WALK(shadow_for_each_free_mem_range(mb, i, 1, 0, &start, &end,
						   NULL),
		    "5-8");
	EXPECT_WALK(shadow_for_each_free_mem_range(mb, i, NONE,
						   SHADOW_MEMBLOCK_NOMAP,
						   &start, &end, NULL),
		    "2-3 5-8 9-12 12-13");
	mb->movable_node = true;
	EXPECT_WALK(shadow_for_each_free_mem_range(mb, i, NONE, 0, &start, &end,
						   NULL),
		    "2-3 12-13");
	EXPECT_WALK(shadow_for_each_free_mem_range_reverse(mb, i, 1,
							   SHADOW_MEMBLOCK_HOTPLUG,
							   &start, &end, NULL),
		    "5-8");
	EXPECT_WALK(shadow_for_each_free_mem_range(mb, i, NONE,
						   SHADOW_MEMBLOCK_MIRROR,
						   &start, &end, NULL),
		    "");
#undef EXPECT_WALK
}

static void walks_whole_frames(struct kunit *test)
{
	struct machine *m = new_machine(test);
	unsigned long start, end, sum = 0;
	int i, nid, nr = 0;

	/* 1.5 to 4.5, less than a frame, 7 to 9. */
	shadow_memblock_add_node(&m->mb, PAGE * 3 / 2, 3 * PAGE, 0, 0);
	shadow_memblock_add_node(&m->mb, PAGE * 11 / 2, PAGE, 0, 0);
	shadow_memblock_add_node(&m->mb, PAGE * 7, 2 * PAGE, 1, 0);
	shadow_for_each_mem_pfn_range(&m->mb, i, NONE, &start, &end, &nid) {
		KUNIT_EXPECT_EQ(test, nr ? 7 : 2, start);
		KUNIT_EXPECT_EQ(test, nr ? 9 : 4, end);
		KUNIT_EXPECT_EQ(test, nr, nid);
		nr++;
	}
	KUNIT_EXPECT_EQ(test, 2, nr);
	KUNIT_EXPECT_EQ(test, -1, i);
	shadow_for_each_mem_pfn_range(&m->mb, i, 1, &start, NULL, NULL)
		sum += start;
	KUNIT_EXPECT_EQ(test, 7, sum);
}

static void refuses_when_full(struct kunit *test)
{
	struct machine *m = new_machine(test);
	struct shadow_memblock *mb = &m->mb;

	fill(test, m, true);
	KUNIT_EXPECT_EQ(test, 0, shadow_memblock_add(mb, SHADOW_TEST_BASE,
						     BLOCK_PAGES * PAGE));
	/* It must not double yet. */
	KUNIT_EXPECT_EQ(test, -ENOMEM, reserve(m, 2000, 2001));
	KUNIT_EXPECT_EQ(test, -ENOMEM, reserve(m, 0, 3000));
	KUNIT_EXPECT_EQ(test, -ENOMEM, give_back(m, 1000, 1001));
	KUNIT_EXPECT_EQ(test, 0, shadow_memblock_phys_alloc(mb, PAGE, PAGE));
	KUNIT_EXPECT_NULL(test, shadow_memblock_alloc(mb, PAGE, PAGE));
	/* What needs no region is possible. */
	KUNIT_EXPECT_EQ(test, 0, reserve(m, 1000, 1001));
	KUNIT_EXPECT_EQ(test, 0, reserve(m, 1001, 1001));
	KUNIT_EXPECT_EQ(test, 128, mb->reserved.cnt);
	KUNIT_EXPECT_EQ(test, 128 * PAGE, mb->reserved.total_size);
	verify(test, m);

	shadow_memblock_allow_resize(mb);
	/* Nor without contents, nor without a block, nor without memory. */
	m->block.virt = NULL;
	KUNIT_EXPECT_EQ(test, -ENOMEM, reserve(m, 2000, 2001));
	mb->block = NULL;
	KUNIT_EXPECT_EQ(test, -ENOMEM, reserve(m, 2000, 2001));
	mb->block = &m->block;
	shadow_memblock_remove(mb, 0, LAST_PA);
	KUNIT_EXPECT_EQ(test, -ENOMEM, reserve(m, 2000, 2001));
	verify(test, m);
	KUNIT_EXPECT_EQ(test, 128, mb->reserved.max);
	KUNIT_EXPECT_PTR_EQ(test, mb->reserved.regions, &mb->reserved.first[0]);
}

/* The worst cases, one region short of fitting, and just fitting. */
static void counts_before_it_starts(struct kunit *test)
{
	struct machine *m = new_machine(test);
	u64 i;

	for (i = 0; i < 64; i++)
		KUNIT_ASSERT_EQ(test, 0, add(m, 2 + 2 * i, 3 + 2 * i));
	/* 64 regions and the 65 gaps around them. */
	KUNIT_EXPECT_EQ(test, -ENOMEM, add(m, 1, 200));
	KUNIT_EXPECT_EQ(test, 64, m->mb.memory.cnt);
	verify(test, m);
	KUNIT_EXPECT_EQ(test, 0, add(m, 2, 200));
	EXPECT_MEMORY(test, m, "2-200");

	/* Out of the middle of a region; one that splits twice needs two. */
	for (i = 1; i < 127; i++)
		KUNIT_ASSERT_EQ(test, 0, add(m, 1000 + 2 * i, 1001 + 2 * i));
	KUNIT_EXPECT_EQ(test, 127, m->mb.memory.cnt);
	KUNIT_EXPECT_EQ(test, -ENOMEM, take_away(m, 50, 60));
	KUNIT_EXPECT_EQ(test, 127, m->mb.memory.cnt);
	verify(test, m);
	KUNIT_EXPECT_EQ(test, 0, add(m, 1003, 1004));
	KUNIT_EXPECT_EQ(test, 126, m->mb.memory.cnt);
	KUNIT_EXPECT_EQ(test, 0, take_away(m, 50, 60));
	KUNIT_EXPECT_EQ(test, 127, m->mb.memory.cnt);
	verify(test, m);
}

#define ARRAY_BYTES(nr)	ALIGN((nr) * sizeof(struct shadow_memblock_region), PAGE)

static void doubles_memory(struct kunit *test)
{
	struct machine *m = new_machine(test);
	struct shadow_memblock *mb = &m->mb;
	u64 top = SHADOW_TEST_BASE + BLOCK_PAGES * PAGE, page;

	shadow_memblock_allow_resize(mb);
	shadow_memblock_add(mb, SHADOW_TEST_BASE, BLOCK_PAGES * PAGE);
	fill(test, m, false);
	verify(test, m);
	KUNIT_EXPECT_EQ(test, 129, mb->memory.cnt);
	KUNIT_EXPECT_EQ(test, 256, mb->memory.max);
	KUNIT_EXPECT_PTR_EQ(test, (void *)mb->memory.regions,
			    shadow_phys_to_virt(&m->block,
						top - ARRAY_BYTES(256)));
	KUNIT_EXPECT_NULL(test, memchr_inv(&mb->memory.regions[129], 0,
					   127 * sizeof(*mb->memory.regions)));
	KUNIT_EXPECT_EQ(test, 1, mb->reserved.cnt);
	KUNIT_EXPECT_EQ(test, top - ARRAY_BYTES(256),
			mb->reserved.regions[0].base);
	KUNIT_EXPECT_STREQ(test, "memblock",
			   shadow_memblock_owner_of(mb, top - 1));

	/* The second time the array of 256 is given back. */
	for (page = 2000; mb->memory.max == 256; page += 2)
		KUNIT_ASSERT_EQ(test, 0, add(m, page, page + 1));
	verify(test, m);
	KUNIT_EXPECT_EQ(test, 257, mb->memory.cnt);
	KUNIT_EXPECT_EQ(test, 512, mb->memory.max);
	KUNIT_EXPECT_EQ(test, 1, mb->reserved.cnt);
	KUNIT_EXPECT_EQ(test, ARRAY_BYTES(512), mb->reserved.total_size);
	KUNIT_EXPECT_EQ(test, top - ARRAY_BYTES(256) - ARRAY_BYTES(512),
			mb->reserved.regions[0].base);
	KUNIT_EXPECT_TRUE(test, shadow_memblock_is_memory(mb, 1000 * PAGE));
	KUNIT_EXPECT_TRUE(test, shadow_memblock_is_memory(mb, 2000 * PAGE));
}

/* The new array must not lie where the reservation goes that needs it. */
static void doubles_reserved(struct kunit *test)
{
	struct machine *m = new_machine(test);
	struct shadow_memblock *mb = &m->mb;
	u64 base = SHADOW_TEST_BASE, bytes = BLOCK_PAGES * PAGE;

	shadow_memblock_allow_resize(mb);
	shadow_memblock_add(mb, base, bytes);
	fill(test, m, true);
	KUNIT_EXPECT_EQ(test, 0,
			shadow_memblock_reserve(mb, base + 10 * PAGE,
						bytes - 10 * PAGE));
	verify(test, m);
	KUNIT_EXPECT_EQ(test, 256, mb->reserved.max);
	/* It lies right below, so the two are one region. */
	KUNIT_EXPECT_EQ(test, 129, mb->reserved.cnt);
	KUNIT_EXPECT_EQ(test, base + 10 * PAGE - ARRAY_BYTES(256),
			mb->reserved.regions[128].base);
}

static void doubles_to_allocate(struct kunit *test)
{
	struct machine *m = new_machine(test);
	struct shadow_memblock *mb = &m->mb;
	u64 top = SHADOW_TEST_BASE + BLOCK_PAGES * PAGE, pa;

	shadow_memblock_allow_resize(mb);
	shadow_memblock_add(mb, SHADOW_TEST_BASE, BLOCK_PAGES * PAGE);
	fill(test, m, true);
	pa = shadow_memblock_phys_alloc(mb, PAGE, PAGE);
	KUNIT_EXPECT_EQ(test, top - PAGE, pa);
	KUNIT_EXPECT_EQ(test, 256, mb->reserved.max);
	KUNIT_EXPECT_EQ(test, top - PAGE - ARRAY_BYTES(256),
			mb->reserved.regions[128].base);
	verify(test, m);

	/* Too little memory for an array and what needs it. */
	m = new_machine(test);
	mb = &m->mb;
	shadow_memblock_allow_resize(mb);
	shadow_memblock_add(mb, SHADOW_TEST_BASE, ARRAY_BYTES(256));
	fill(test, m, true);
	KUNIT_EXPECT_EQ(test, 0, shadow_memblock_phys_alloc(mb, 1, 1));
	KUNIT_EXPECT_EQ(test, 128, mb->reserved.cnt);
	verify(test, m);
}

/* Both lists full: the memory list's array needs room in the other list. */
static void doubles_both(struct kunit *test)
{
	struct machine *m = new_machine(test);
	struct shadow_memblock *mb = &m->mb;
	u64 page;

	shadow_memblock_add(mb, SHADOW_TEST_BASE, BLOCK_PAGES * PAGE);
	take_away(m, SHADOW_TEST_BASE / PAGE + 3, SHADOW_TEST_BASE / PAGE + 4);
	fill(test, m, true);
	for (page = 1000; mb->memory.cnt < 128; page += 2)
		add(m, page, page + 1);
	shadow_memblock_allow_resize(mb);

	/* Room for one array only: nothing changes. */
	shadow_memblock_set_current_limit(mb, SHADOW_TEST_BASE + 3 * PAGE);
	KUNIT_EXPECT_EQ(test, -ENOMEM, add(m, 5000, 5001));
	KUNIT_EXPECT_EQ(test, 128, mb->memory.cnt);
	KUNIT_EXPECT_EQ(test, 128, mb->memory.max);
	KUNIT_EXPECT_EQ(test, 128, mb->reserved.cnt);
	KUNIT_EXPECT_EQ(test, 128 * PAGE, mb->reserved.total_size);
	verify(test, m);

	shadow_memblock_set_current_limit(mb, LAST_PA);
	KUNIT_EXPECT_EQ(test, 0, add(m, 5000, 5001));
	KUNIT_EXPECT_EQ(test, 129, mb->memory.cnt);
	KUNIT_EXPECT_EQ(test, 256, mb->memory.max);
	KUNIT_EXPECT_EQ(test, 256, mb->reserved.max);
	KUNIT_EXPECT_EQ(test, 128 * PAGE + 2 * ARRAY_BYTES(256),
			mb->reserved.total_size);
	verify(test, m);
}

/* n ranges in random order; the array lies in the block. */
static void grows_like_the_kernel(struct kunit *test)
{
	static const u32 nrs[] = { 128, 1024, 8192 };
	u32 *order = shadow_test_alloc(test, 8192 * sizeof(*order));
	struct rnd_state rnd;
	u32 i, n;

	shadow_test_seed(test, &rnd);
	for (n = 0; n < ARRAY_SIZE(nrs); n++) {
		struct machine *m = new_machine(test);
		struct shadow_memblock *mb = &m->mb;
		char what[40];
		u64 ns;

		shadow_test_block(test, &m->block, SHADOW_TEST_BASE, SZ_1M);
		shadow_memblock_allow_resize(mb);
		shadow_memblock_add(mb, SHADOW_TEST_BASE, SZ_1M);
		for (i = 0; i < nrs[n]; i++) {
			u32 j = shadow_test_below(&rnd, i + 1);

			order[i] = order[j];
			order[j] = i;
		}
		ns = ktime_get_ns();
		for (i = 0; i < nrs[n]; i++) {
			u64 page = 16 + 2 * order[i];

			KUNIT_ASSERT_EQ(test, 0, add(m, page, page + 1));
		}
		ns = ktime_get_ns() - ns;
		verify(test, m);
		KUNIT_EXPECT_EQ(test, nrs[n] + 1, mb->memory.cnt);
		scnprintf(what, sizeof(what), "memblock_add of %u", nrs[n]);
		shadow_test_rate(test, what, nrs[n], ns);
	}
}

static struct kunit_case memblock_alloc_cases[] = {
	KUNIT_CASE(allocates_from_the_top),
	KUNIT_CASE(allocates_from_the_bottom),
	KUNIT_CASE(allocates_within_limits),
	KUNIT_CASE(allocates_by_node),
	KUNIT_CASE(prefers_mirrored_memory),
	KUNIT_CASE(leaves_special_memory_alone),
	KUNIT_CASE(hands_out_pointers),
	KUNIT_CASE(pointers_mind_the_node),
	KUNIT_CASE(walks),
	KUNIT_CASE(walks_whole_frames),
	KUNIT_CASE(refuses_when_full),
	KUNIT_CASE(counts_before_it_starts),
	KUNIT_CASE(doubles_memory),
	KUNIT_CASE(doubles_reserved),
	KUNIT_CASE(doubles_to_allocate),
	KUNIT_CASE(doubles_both),
	KUNIT_CASE(grows_like_the_kernel),
	{}
};

static struct kunit_suite memblock_alloc_suite = {
	.name = "shadow_memblock_alloc",
	.test_cases = memblock_alloc_cases,
};

kunit_test_suite(memblock_alloc_suite);
