// SPDX-License-Identifier: GPL-2.0-only
/*
 * The early allocator before memblock: each rule by hand. Frames are numbers
 * of 4 KiB pages, unless a case says otherwise.
 */
#include "shadow_bootmem_test.h"

#define SHIFT	12
#define PAGE	4096ULL
#define TEXT	256
#define ANY	SHADOW_NUMA_NO_NODE

static int release(struct machine *m, u64 first, u64 end)
{
	return shadow_bootmem_free(&m->bm, first * PAGE, (end - first) * PAGE);
}

static int reserve(struct machine *m, u64 first, u64 end)
{
	return shadow_bootmem_reserve(&m->bm, first * PAGE,
				      (end - first) * PAGE,
				      SHADOW_BOOTMEM_DEFAULT);
}

static int grab(struct machine *m, u64 first, u64 end)
{
	return shadow_bootmem_reserve(&m->bm, first * PAGE,
				      (end - first) * PAGE,
				      SHADOW_BOOTMEM_EXCLUSIVE);
}

/* One node of frames [start, end), all free */
static struct machine *one_node(struct kunit *test, u64 start, u64 end)
{
	struct machine *m = new_machine(test, SHIFT);

	add_node(test, m, 0, start, end);
	KUNIT_ASSERT_EQ(test, 0, release(m, start, end));
	verify(test, m);
	return m;
}

/* Free frames as text: "16-20 22-24" */
static void expect_free(struct kunit *test, struct machine *m,
			const char *want, int line)
{
	struct shadow_bootmem_walk walk = { 0 };
	struct shadow_bootmem_run run;
	char text[TEXT] = "";
	int nr = 0;

	verify(test, m);
	while (shadow_bootmem_next_run(&m->bm, &walk, &run))
		nr += scnprintf(text + nr, TEXT - nr, "%s%llu-%llu%s",
				nr ? " " : "", run.pfn, run.pfn + run.nr,
				run.map ? "m" : "");
	KUNIT_EXPECT_STREQ_MSG(test, text, want, "line %d", line);
}

#define EXPECT_FREE(test, m, want)	expect_free(test, m, want, __LINE__)

/* An allocation of node @nid that must be at @want; 0: none is there */
static void expect_alloc(struct kunit *test, struct machine *m, u64 bytes,
			 u64 align, u64 goal, u64 limit, int nid, u64 want,
			 int line)
{
	phys_addr_t pa = 0;
	int err = shadow_bootmem_alloc(&m->bm, bytes, align, goal, limit, nid,
				       &pa);

	verify(test, m);
	KUNIT_EXPECT_EQ_MSG(test, err, want ? 0 : -ENOMEM, "line %d", line);
	KUNIT_EXPECT_EQ_MSG(test, (u64)pa, want, "line %d", line);
}

#define EXPECT_ALLOC(test, m, bytes, align, goal, limit, nid, want)	\
	expect_alloc(test, m, bytes, align, goal, limit, nid, want, __LINE__)

static void costs_a_bit_a_frame(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, shadow_bootmem_map_bytes(SZ_1G / SZ_4K), SZ_32K);
	KUNIT_EXPECT_EQ(test, shadow_bootmem_map_bytes(4ULL * SZ_1G / SZ_4K),
			SZ_128K);
	KUNIT_EXPECT_EQ(test, shadow_bootmem_map_bytes(SZ_1G / SZ_64K), SZ_2K);
	KUNIT_EXPECT_EQ(test, shadow_bootmem_map_bytes(1), 8);
	KUNIT_EXPECT_EQ(test, shadow_bootmem_map_bytes(64), 8);
	KUNIT_EXPECT_EQ(test, shadow_bootmem_map_bytes(65), 16);
}

static void starts_taken(struct kunit *test)
{
	struct machine *m = new_machine(test, SHIFT);
	phys_addr_t pa;

	EXPECT_FREE(test, m, "");
	KUNIT_EXPECT_EQ(test, -ENOMEM,
			shadow_bootmem_alloc(&m->bm, 1, 0, 0, 0, ANY, &pa));
	add_node(test, m, 0, 10, 200);
	EXPECT_FREE(test, m, "");
	KUNIT_EXPECT_EQ(test, shadow_bootmem_nr_free(&m->bm), 0);
	KUNIT_EXPECT_TRUE(test, shadow_bootmem_is_taken(&m->bm, 10));
	KUNIT_EXPECT_FALSE(test, shadow_bootmem_is_taken(&m->bm, 9));
	KUNIT_EXPECT_FALSE(test, shadow_bootmem_is_taken(&m->bm, 200));
	EXPECT_ALLOC(test, m, 1, 0, 0, 0, ANY, 0);
}

static void nodes_must_be_possible(struct kunit *test)
{
	struct machine *m = new_machine(test, SHIFT);
	struct shadow_bootmem *bm = &m->bm;
	void *map = map_of(m, 0);

	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_bootmem_init_node(bm, -1, map, 0, true, 1, 2));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			shadow_bootmem_init_node(bm, SHADOW_BOOTMEM_MAX_NODES, map, 0, true, 1, 2));
	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_bootmem_init_node(bm, 0, NULL, 0, true, 1, 2));
	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_bootmem_init_node(bm, 0, map + 4, 0, true, 1, 2));
	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_bootmem_init_node(bm, 0, map, 64, true, 1, 2));
	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_bootmem_init_node(bm, 0, map, 0, true, 2, 2));
	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_bootmem_init_node(bm, 0, map, 0, true, 3, 2));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			shadow_bootmem_init_node(bm, 0, map, 0, true, 1, BIT_ULL(52)));
	KUNIT_EXPECT_EQ(test, -E2BIG,
			shadow_bootmem_init_node(bm, 0, map, 0, true, 0, BIT_ULL(31)));
	KUNIT_EXPECT_EQ(test, 0, bm->nr_nodes);
	add_node(test, m, 0, 1, 2);
	KUNIT_EXPECT_EQ(test, -EEXIST, shadow_bootmem_init_node(bm, 0, map, 0, true, 1, 2));
	KUNIT_EXPECT_EQ(test, 1, bm->nr_nodes);
}

/* Free rounds inwards, reserve outwards */
static void rounds_to_frames(struct kunit *test)
{
	struct machine *m = new_machine(test, SHIFT);
	struct shadow_bootmem *bm = &m->bm;

	add_node(test, m, 0, 16, 100);
	KUNIT_EXPECT_EQ(test, 0, shadow_bootmem_free(bm, 20 * PAGE + 1, 5 * PAGE - 2));
	EXPECT_FREE(test, m, "21-24");
	KUNIT_EXPECT_EQ(test, 0, shadow_bootmem_free(bm, 30 * PAGE + 1, PAGE));
	KUNIT_EXPECT_EQ(test, 0, shadow_bootmem_free(bm, 30 * PAGE, PAGE - 1));
	KUNIT_EXPECT_EQ(test, 0, shadow_bootmem_free(bm, 30 * PAGE + 100, 10));
	KUNIT_EXPECT_EQ(test, 0, shadow_bootmem_free(bm, 30 * PAGE, 0));
	EXPECT_FREE(test, m, "21-24");
	KUNIT_EXPECT_EQ(test, 0, release(m, 24, 60));
	EXPECT_FREE(test, m, "21-60");
	KUNIT_EXPECT_EQ(test, 0, shadow_bootmem_reserve(bm, 31 * PAGE - 1, 2, 0));
	KUNIT_EXPECT_EQ(test, 0, shadow_bootmem_reserve(bm, 40 * PAGE + 5, 1, 0));
	KUNIT_EXPECT_EQ(test, 0, shadow_bootmem_reserve(bm, 50 * PAGE, 0, 0));
	EXPECT_FREE(test, m, "21-30 32-40 41-60");
	KUNIT_EXPECT_EQ(test, shadow_bootmem_nr_free(bm), 36);
}

/* What stops the original is refused, and changes nothing */
static void refuses_what_cannot_be(struct kunit *test)
{
	struct machine *m = new_machine(test, SHIFT);
	struct shadow_bootmem *bm = &m->bm;
	phys_addr_t pa;

	add_node(test, m, 0, 16, 100);
	KUNIT_EXPECT_EQ(test, 0, release(m, 20, 30));
	KUNIT_EXPECT_EQ(test, -EINVAL, release(m, 25, 26));
	KUNIT_EXPECT_EQ(test, -EINVAL, release(m, 29, 40));
	KUNIT_EXPECT_EQ(test, -ERANGE, release(m, 15, 17));
	KUNIT_EXPECT_EQ(test, -ERANGE, release(m, 99, 101));
	KUNIT_EXPECT_EQ(test, -ERANGE, release(m, 200, 201));
	KUNIT_EXPECT_EQ(test, -ERANGE, reserve(m, 15, 17));
	KUNIT_EXPECT_EQ(test, -ERANGE, reserve(m, 99, 101));
	KUNIT_EXPECT_EQ(test, -ERANGE, grab(m, 99, 101));
	KUNIT_EXPECT_EQ(test, -EBUSY,
			shadow_bootmem_reserve(bm, 29 * PAGE, 200 * PAGE,
					       SHADOW_BOOTMEM_ANYWHERE |
					       SHADOW_BOOTMEM_EXCLUSIVE));
	KUNIT_EXPECT_EQ(test, -ERANGE, shadow_bootmem_reserve(bm, PAGE * 20, U64_MAX, 0));
	KUNIT_EXPECT_EQ(test, -ERANGE, shadow_bootmem_free(bm, PAGE * 20, U64_MAX));
	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_bootmem_free_node(bm, 1, PAGE * 40, PAGE));
	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_bootmem_free_node(bm, -2, PAGE * 40, PAGE));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			shadow_bootmem_reserve_node(bm, SHADOW_BOOTMEM_MAX_NODES, PAGE * 20,
						    PAGE, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_bootmem_alloc(bm, 0, 0, 0, 0, ANY, &pa));
	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_bootmem_alloc(bm, 1, 3, 0, 0, ANY, &pa));
	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_bootmem_alloc(bm, 1, 0, 0, 0, 1, &pa));
	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_bootmem_alloc(bm, 1, 0, 0, 0, 99, &pa));
	KUNIT_EXPECT_EQ(test, -ENOMEM, shadow_bootmem_alloc(bm, U64_MAX, 0, 0, 0, ANY, &pa));
	KUNIT_EXPECT_EQ(test, -ENOMEM,
			shadow_bootmem_alloc(bm, 1, BIT_ULL(63), 0, 0, ANY, &pa));
	EXPECT_FREE(test, m, "20-30");
	KUNIT_EXPECT_EQ(test, bm->node[0].hint_idx, 0);
	KUNIT_EXPECT_EQ(test, bm->node[0].nr_allocs, 0);
	/* What no node spans may be left out */
	KUNIT_EXPECT_EQ(test, 0, shadow_bootmem_reserve(bm, 29 * PAGE, 200 * PAGE,
							SHADOW_BOOTMEM_ANYWHERE));
	KUNIT_EXPECT_EQ(test, 0, shadow_bootmem_reserve(bm, 0, 21 * PAGE,
							SHADOW_BOOTMEM_ANYWHERE));
	KUNIT_EXPECT_EQ(test, 0, shadow_bootmem_reserve(bm, 500 * PAGE, 21 * PAGE,
							SHADOW_BOOTMEM_ANYWHERE));
	EXPECT_FREE(test, m, "21-29");
}

static void reserves_exclusively(struct kunit *test)
{
	struct machine *m = one_node(test, 16, 100);

	KUNIT_EXPECT_EQ(test, 0, grab(m, 20, 30));
	EXPECT_FREE(test, m, "16-20 30-100");
	KUNIT_EXPECT_EQ(test, -EBUSY, grab(m, 18, 21));
	KUNIT_EXPECT_EQ(test, -EBUSY, grab(m, 29, 40));
	KUNIT_EXPECT_EQ(test, -EBUSY, grab(m, 22, 23));
	EXPECT_FREE(test, m, "16-20 30-100");
	/* Not exclusively, twice is no error */
	KUNIT_EXPECT_EQ(test, 0, reserve(m, 18, 40));
	EXPECT_FREE(test, m, "16-18 40-100");

	/* What is taken and given back again takes the hint along */
	EXPECT_ALLOC(test, m, PAGE, PAGE, 60 * PAGE, 0, ANY, 60 * PAGE);
	KUNIT_EXPECT_EQ(test, m->bm.node[0].hint_idx, 61 - 16);
	KUNIT_EXPECT_EQ(test, -EBUSY, grab(m, 50, 61));
	KUNIT_EXPECT_EQ(test, m->bm.node[0].hint_idx, 50 - 16);
}

/* Nodes are in the order of their frames, however they came */
static void sorts_nodes(struct kunit *test)
{
	struct machine *m = new_machine(test, SHIFT);
	unsigned int at;

	add_node(test, m, 2, 300, 400);
	add_node(test, m, 0, 400, 500);
	add_node(test, m, 5, 100, 200);
	add_node(test, m, 1, 200, 290);
	for (at = 0; at < 4; at++)
		KUNIT_EXPECT_EQ(test, m->bm.bdata_list[at]->nid,
				((int[]){ 5, 1, 2, 0 })[at]);
	KUNIT_EXPECT_EQ(test, 0, release(m, 350, 450));
	KUNIT_EXPECT_EQ(test, 0, release(m, 100, 290));
	EXPECT_FREE(test, m, "100-200 200-290 350-400 400-450");
	/* Ranges may cross from node to node, but no gap */
	KUNIT_EXPECT_EQ(test, 0, reserve(m, 190, 210));
	KUNIT_EXPECT_EQ(test, -EBUSY, grab(m, 395, 451));
	KUNIT_EXPECT_EQ(test, 0, grab(m, 395, 405));
	KUNIT_EXPECT_EQ(test, -ERANGE, reserve(m, 280, 310));
	KUNIT_EXPECT_EQ(test, -ERANGE, release(m, 289, 291));
	EXPECT_FREE(test, m, "100-190 210-290 350-395 405-450");
	KUNIT_EXPECT_EQ(test, 0, release(m, 195, 205));
	EXPECT_FREE(test, m, "100-190 195-200 200-205 210-290 350-395 405-450");
	/* Of one node, the range must be that node's */
	KUNIT_EXPECT_EQ(test, -ERANGE,
			shadow_bootmem_free_node(&m->bm, 5, 190 * PAGE, 11 * PAGE));
	KUNIT_EXPECT_EQ(test, 0,
			shadow_bootmem_free_node(&m->bm, 5, 190 * PAGE, 5 * PAGE));
	EXPECT_FREE(test, m, "100-200 200-205 210-290 350-395 405-450");
}

/* Banks of two nodes alternate: 100-120 and 140-160 of node 0, 120-140 of 1 */
static void nodes_may_alternate(struct kunit *test)
{
	struct machine *m = new_machine(test, SHIFT);
	struct shadow_bootmem *bm = &m->bm;

	add_node(test, m, 0, 100, 160);
	add_node(test, m, 1, 120, 140);
	KUNIT_EXPECT_EQ(test, 0, release(m, 100, 120));
	KUNIT_EXPECT_EQ(test, 0, release(m, 140, 160));
	/* Whose is it? */
	KUNIT_EXPECT_EQ(test, -EINVAL, release(m, 120, 140));
	KUNIT_EXPECT_EQ(test, 0, shadow_bootmem_free_node(bm, 1, 120 * PAGE, 20 * PAGE));
	EXPECT_FREE(test, m, "100-120 120-140 140-160");
	/* To take it, that need not be said */
	KUNIT_EXPECT_EQ(test, 0, reserve(m, 118, 122));
	KUNIT_EXPECT_EQ(test, 0, grab(m, 138, 142));
	KUNIT_EXPECT_EQ(test, -EBUSY, grab(m, 130, 139));
	EXPECT_FREE(test, m, "100-118 122-138 142-160");
	KUNIT_EXPECT_TRUE(test, shadow_bootmem_is_taken(bm, 121));
	KUNIT_EXPECT_FALSE(test, shadow_bootmem_is_taken(bm, 122));
	EXPECT_ALLOC(test, m, 17 * PAGE, PAGE, 0, 0, 1, 100 * PAGE);
	EXPECT_ALLOC(test, m, 16 * PAGE, PAGE, 0, 0, 1, 122 * PAGE);
	EXPECT_FREE(test, m, "117-118 142-160");
}

/* Small ones share pages, each at its own alignment */
static void packs(struct kunit *test)
{
	struct machine *m = one_node(test, 16, 100);
	struct shadow_bootmem_node *bdata = &m->bm.node[0];

	EXPECT_ALLOC(test, m, 100, 64, 0, 0, ANY, 16 * PAGE);
	KUNIT_EXPECT_EQ(test, bdata->last_end_off, 100);
	KUNIT_EXPECT_EQ(test, bdata->hint_idx, 1);
	EXPECT_ALLOC(test, m, 10, 4, 0, 0, ANY, 16 * PAGE + 100);
	EXPECT_ALLOC(test, m, 10, 0, 0, 0, ANY, 16 * PAGE + 128);
	KUNIT_EXPECT_EQ(test, bdata->last_end_off, 138);
	EXPECT_FREE(test, m, "17-100");
	/* Over the end of the page, into the next */
	EXPECT_ALLOC(test, m, PAGE, 1024, 0, 0, ANY, 16 * PAGE + 1024);
	EXPECT_FREE(test, m, "18-100");
	KUNIT_EXPECT_EQ(test, bdata->hint_idx, 2);
	/* Whole pages begin one */
	EXPECT_ALLOC(test, m, 100, PAGE, 0, 0, ANY, 18 * PAGE);
	/* To the byte; then there is nothing left to pack behind */
	EXPECT_ALLOC(test, m, PAGE - 100, 4, 0, 0, ANY, 18 * PAGE + 100);
	KUNIT_EXPECT_EQ(test, bdata->last_end_off, 3 * PAGE);
	EXPECT_ALLOC(test, m, 8, 8, 0, 0, ANY, 19 * PAGE);
	EXPECT_FREE(test, m, "20-100");
	KUNIT_EXPECT_EQ(test, bdata->nr_allocs, 7);
	KUNIT_EXPECT_EQ(test, bdata->nr_packed, 4);
	KUNIT_EXPECT_EQ(test, bdata->alloc_bytes, 100 + 10 + 10 + PAGE + PAGE + 8);
}

/* Only behind the last one, and only where the next frame is free */
static void packs_behind_the_last(struct kunit *test)
{
	struct machine *m = one_node(test, 16, 100);

	EXPECT_ALLOC(test, m, 100, 64, 0, 0, ANY, 16 * PAGE);
	KUNIT_EXPECT_EQ(test, 0, reserve(m, 17, 18));
	EXPECT_ALLOC(test, m, 100, 64, 0, 0, ANY, 18 * PAGE);
	/* As the original does, even if that is below the goal */
	EXPECT_ALLOC(test, m, 100, 64, 19 * PAGE, 0, ANY, 18 * PAGE + 128);
	EXPECT_ALLOC(test, m, 100, 64, 30 * PAGE, 0, ANY, 30 * PAGE);
	EXPECT_ALLOC(test, m, 100, 64, 0, 0, ANY, 30 * PAGE + 128);

	/* A page that was given back is no longer the last one's */
	KUNIT_EXPECT_EQ(test, 0, release(m, 30, 31));
	KUNIT_EXPECT_EQ(test, m->bm.node[0].last_end_off, 0);
	EXPECT_ALLOC(test, m, 100, 64, 31 * PAGE, 0, ANY, 31 * PAGE);
	EXPECT_FREE(test, m, "19-31 32-100");
	/* Its neighbour may be given back */
	KUNIT_EXPECT_EQ(test, 0, release(m, 18, 19));
	EXPECT_ALLOC(test, m, 100, 64, 32 * PAGE, 0, ANY, 31 * PAGE + 128);
}

/* The search goes on where it was; what is freed below calls it back */
static void next_fit(struct kunit *test)
{
	struct machine *m = one_node(test, 16, 100);
	struct shadow_bootmem_node *bdata = &m->bm.node[0];

	EXPECT_ALLOC(test, m, 4 * PAGE, PAGE, 0, 0, ANY, 16 * PAGE);
	EXPECT_ALLOC(test, m, 4 * PAGE, PAGE, 0, 0, ANY, 20 * PAGE);
	KUNIT_EXPECT_EQ(test, bdata->hint_idx, 8);
	KUNIT_EXPECT_EQ(test, 0, release(m, 18, 20));
	KUNIT_EXPECT_EQ(test, bdata->hint_idx, 2);
	KUNIT_EXPECT_EQ(test, 0, release(m, 21, 22));
	KUNIT_EXPECT_EQ(test, bdata->hint_idx, 2);
	/* Too large for the gap: the search moves over it for good */
	EXPECT_ALLOC(test, m, 3 * PAGE, PAGE, 0, 0, ANY, 24 * PAGE);
	EXPECT_ALLOC(test, m, PAGE, PAGE, 0, 0, ANY, 27 * PAGE);
	EXPECT_FREE(test, m, "18-20 21-22 28-100");
	/* A goal below does not call it back either */
	EXPECT_ALLOC(test, m, PAGE, PAGE, 18 * PAGE, 0, ANY, 28 * PAGE);
	/* A goal above moves it */
	EXPECT_ALLOC(test, m, PAGE, PAGE, 98 * PAGE, 0, ANY, 98 * PAGE);
	EXPECT_ALLOC(test, m, PAGE, PAGE, 0, 0, ANY, 99 * PAGE);
	KUNIT_EXPECT_EQ(test, bdata->hint_idx, 84);
	KUNIT_EXPECT_EQ(test, bdata->nr_fallbacks, 0);
	/* At the end: from where the caller wanted */
	EXPECT_ALLOC(test, m, PAGE, PAGE, 40 * PAGE, 0, ANY, 40 * PAGE);
	KUNIT_EXPECT_EQ(test, bdata->nr_fallbacks, 1);
	EXPECT_ALLOC(test, m, 58 * PAGE, PAGE, 0, 0, ANY, 0);
	EXPECT_ALLOC(test, m, 57 * PAGE, PAGE, 0, 0, ANY, 41 * PAGE);
	EXPECT_ALLOC(test, m, 11 * PAGE, PAGE, 0, 0, ANY, 29 * PAGE);
	EXPECT_ALLOC(test, m, 2 * PAGE, PAGE, 0, 0, ANY, 18 * PAGE);
	EXPECT_ALLOC(test, m, 2 * PAGE, PAGE, 0, 0, ANY, 0);
	EXPECT_ALLOC(test, m, PAGE, PAGE, 0, 0, ANY, 21 * PAGE);
	EXPECT_FREE(test, m, "");
}

static void keeps_goals(struct kunit *test)
{
	struct machine *m = one_node(test, 16, 100);

	/* Inside the node, not at its first frame: kept, to the frame */
	EXPECT_ALLOC(test, m, PAGE, PAGE, 50 * PAGE + 4000, 0, ANY, 50 * PAGE);
	KUNIT_EXPECT_EQ(test, 0, release(m, 50, 51));
	m->bm.node[0].hint_idx = 0;
	/* Aligned upwards */
	EXPECT_ALLOC(test, m, PAGE, 8 * PAGE, 50 * PAGE, 0, ANY, 56 * PAGE);
	m->bm.node[0].hint_idx = 0;
	/* Behind the node: dropped, since it is only a wish */
	EXPECT_ALLOC(test, m, PAGE, PAGE, 100 * PAGE, 0, ANY, 16 * PAGE);
	m->bm.node[0].hint_idx = 0;
	EXPECT_ALLOC(test, m, PAGE, PAGE, 3 * PAGE, 0, ANY, 17 * PAGE);
	/* Too much from there on: dropped as well */
	m->bm.node[0].hint_idx = 0;
	EXPECT_ALLOC(test, m, 30 * PAGE, PAGE, 71 * PAGE, 0, ANY, 18 * PAGE);
	EXPECT_FREE(test, m, "48-56 57-100");
}

static void keeps_limits(struct kunit *test)
{
	struct machine *m = one_node(test, 16, 100);
	phys_addr_t pa;

	EXPECT_ALLOC(test, m, PAGE, PAGE, 0, 16 * PAGE, ANY, 0);
	/* A frame is below, or it is not */
	EXPECT_ALLOC(test, m, PAGE, PAGE, 0, 17 * PAGE - 1, ANY, 0);
	EXPECT_ALLOC(test, m, PAGE, PAGE, 0, 17 * PAGE, ANY, 16 * PAGE);
	EXPECT_ALLOC(test, m, 2 * PAGE, PAGE, 0, 18 * PAGE, ANY, 0);
	EXPECT_ALLOC(test, m, 2 * PAGE, PAGE, 0, 19 * PAGE, ANY, 17 * PAGE);
	/* A hint behind it */
	EXPECT_ALLOC(test, m, PAGE, PAGE, 60 * PAGE, 0, ANY, 60 * PAGE);
	EXPECT_ALLOC(test, m, PAGE, PAGE, 0, 30 * PAGE, ANY, 19 * PAGE);
	/* Goal and size do not fit below it */
	KUNIT_EXPECT_EQ(test, -EINVAL,
			shadow_bootmem_alloc(&m->bm, 2 * PAGE, PAGE, 30 * PAGE, 31 * PAGE, ANY,
					     &pa));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			shadow_bootmem_alloc(&m->bm, U64_MAX, PAGE, 30 * PAGE, 31 * PAGE, ANY,
					     &pa));
	/* Where a node is named, the original drops it then */
	EXPECT_ALLOC(test, m, 2 * PAGE, PAGE, 30 * PAGE, 31 * PAGE, 0, 30 * PAGE);
	EXPECT_ALLOC(test, m, PAGE, PAGE, 10 * PAGE, 16 * PAGE, 0, 0);
	EXPECT_FREE(test, m, "20-30 32-60 61-100");
}

/* The lowest node first, or the one that is named; then any */
static void chooses_nodes(struct kunit *test)
{
	struct machine *m = new_machine(test, SHIFT);

	add_node(test, m, 0, 1000, 1010);
	add_node(test, m, 1, 500, 510);
	add_node(test, m, 2, 2000, 2010);
	KUNIT_EXPECT_EQ(test, 0, release(m, 1000, 1010));
	KUNIT_EXPECT_EQ(test, 0, release(m, 500, 510));
	KUNIT_EXPECT_EQ(test, 0, release(m, 2000, 2010));
	EXPECT_ALLOC(test, m, 4 * PAGE, PAGE, 0, 0, ANY, 500 * PAGE);
	EXPECT_ALLOC(test, m, 4 * PAGE, PAGE, 0, 0, 2, 2000 * PAGE);
	/* Nodes below the goal are passed over */
	EXPECT_ALLOC(test, m, 4 * PAGE, PAGE, 510 * PAGE, 0, ANY, 1000 * PAGE);
	EXPECT_ALLOC(test, m, 4 * PAGE, PAGE, 1500 * PAGE, 0, 1, 504 * PAGE);
	/* 2, 6, 6 frames are left */
	EXPECT_ALLOC(test, m, 3 * PAGE, PAGE, 0, 0, 1, 1004 * PAGE);
	EXPECT_ALLOC(test, m, 4 * PAGE, PAGE, 0, 0, 0, 2004 * PAGE);
	EXPECT_ALLOC(test, m, 3 * PAGE, PAGE, 2004 * PAGE, 0, 2, 1007 * PAGE);
	EXPECT_ALLOC(test, m, 3 * PAGE, PAGE, 0, 0, 2, 0);
	/* And those behind the limit are not asked */
	EXPECT_ALLOC(test, m, 2 * PAGE, PAGE, 0, 508 * PAGE, 2, 0);
	EXPECT_ALLOC(test, m, 2 * PAGE, PAGE, 0, 2009 * PAGE, 2, 508 * PAGE);
	EXPECT_FREE(test, m, "2008-2010");
}

/* It may be free, and is handed over, but nobody is given it: 0 means none */
static void spares_address_0(struct kunit *test)
{
	struct machine *m = one_node(test, 0, 70);

	EXPECT_ALLOC(test, m, 100, 64, 0, 0, ANY, PAGE);
	EXPECT_ALLOC(test, m, PAGE, 4 * PAGE, 0, 0, ANY, 4 * PAGE);
	EXPECT_ALLOC(test, m, PAGE, PAGE, 1, 0, ANY, 5 * PAGE);
	EXPECT_ALLOC(test, m, 64 * PAGE, PAGE, 0, 0, ANY, 6 * PAGE);
	EXPECT_ALLOC(test, m, 2 * PAGE, PAGE, 0, 0, ANY, 2 * PAGE);
	EXPECT_ALLOC(test, m, PAGE, PAGE, 0, 0, ANY, 0);
	EXPECT_FREE(test, m, "0-1");
}

/* Frames are aligned, not their bits */
static void aligns_addresses(struct kunit *test)
{
	struct machine *m = one_node(test, 19, 200);

	EXPECT_ALLOC(test, m, PAGE, 16 * PAGE, 0, 0, ANY, 32 * PAGE);
	EXPECT_ALLOC(test, m, PAGE, 16 * PAGE, 0, 0, ANY, 48 * PAGE);
	KUNIT_EXPECT_EQ(test, 0, reserve(m, 65, 66));
	EXPECT_ALLOC(test, m, 2 * PAGE, 16 * PAGE, 0, 0, ANY, 80 * PAGE);
	EXPECT_ALLOC(test, m, 3 * PAGE, 64 * PAGE, 0, 0, ANY, 128 * PAGE);
	EXPECT_ALLOC(test, m, 9 * PAGE, 64 * PAGE, 192 * PAGE, 0, ANY, 0);
	EXPECT_ALLOC(test, m, 8 * PAGE, 64 * PAGE, 192 * PAGE, 0, ANY, 192 * PAGE);
	/* Offsets too */
	KUNIT_EXPECT_EQ(test, 0, release(m, 192, 200));
	EXPECT_ALLOC(test, m, 10, 64, 195 * PAGE, 0, ANY, 195 * PAGE);
	EXPECT_ALLOC(test, m, 10, 2048, 0, 0, ANY, 195 * PAGE + 2048);
}

/* Other granules: all of it scales */
static void other_page_sizes(struct kunit *test)
{
	static const unsigned int shifts[] = { 14, 16 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(shifts); i++) {
		struct machine *m = new_machine(test, shifts[i]);
		u64 page = 1ULL << shifts[i];

		add_node(test, m, 0, 5, 50);
		KUNIT_EXPECT_EQ(test, 0, shadow_bootmem_free(&m->bm, 5 * page - 1, 40 * page));
		EXPECT_FREE(test, m, "5-44");
		EXPECT_ALLOC(test, m, 4096, 4096, 0, 0, ANY, 5 * page);
		EXPECT_ALLOC(test, m, 4096, 4096, 0, 0, ANY, 5 * page + 4096);
		EXPECT_ALLOC(test, m, page, page, 0, 0, ANY, 6 * page);
		EXPECT_FREE(test, m, "7-44");
	}
}

static void zeroes(struct kunit *test)
{
	struct machine *m = new_machine(test, SHIFT);
	phys_addr_t pa;
	u8 *virt;

	shadow_test_block(test, &m->block, 16 * PAGE, 4 * PAGE);
	shadow_bootmem_init(&m->bm, &m->block, SHIFT, NULL);
	memset(m->block.virt, 0xa5, m->block.bytes);
	add_node(test, m, 0, 16, 30);
	KUNIT_ASSERT_EQ(test, 0, release(m, 16, 30));
	KUNIT_ASSERT_EQ(test, 0, shadow_bootmem_alloc(&m->bm, 5000, 0, 17 * PAGE, 0, ANY, &pa));
	virt = shadow_phys_to_virt(&m->block, pa);
	KUNIT_EXPECT_NULL(test, memchr_inv(virt, 0, 5000));
	KUNIT_EXPECT_EQ(test, virt[-1], 0xa5);
	KUNIT_EXPECT_EQ(test, virt[5000], 0xa5);
	/* Half of it beyond the block: there is nothing to zero */
	KUNIT_ASSERT_EQ(test, 0, shadow_bootmem_alloc(&m->bm, 2 * PAGE, PAGE, 0, 0, ANY, &pa));
	KUNIT_EXPECT_EQ(test, (u64)pa, 19 * PAGE);
	KUNIT_EXPECT_EQ(test, *(u8 *)shadow_phys_to_virt(&m->block, pa), 0xa5);
}

static void expect_owner(struct kunit *test, struct machine *m, u64 pa, u64 bytes,
			 const char *owner, int line)
{
	const struct shadow_early_log *log = &m->bm.log;
	unsigned int i;

	for (i = 0; i < log->nr; i++) {
		if (log->range[i].base == pa && log->range[i].bytes == bytes) {
			KUNIT_EXPECT_STREQ_MSG(test, log->range[i].owner, owner, "line %d", line);
			return;
		}
	}
	KUNIT_FAIL(test, "line %d: nobody has 0x%llx+0x%llx", line, pa, bytes);
}

#define EXPECT_OWNER(test, m, pa, bytes, owner) \
	expect_owner(test, m, pa, bytes, owner, __LINE__)

/* Allocations to the byte, reservations in frames, the first one counts */
static void knows_owners(struct kunit *test)
{
	struct machine *m = one_node(test, 16, 100);
	struct shadow_bootmem *bm = &m->bm;

	KUNIT_EXPECT_STREQ(test, "early", shadow_bootmem_set_owner(bm, "image"));
	KUNIT_EXPECT_EQ(test, 0, shadow_bootmem_reserve(bm, 20 * PAGE + 10, 20, 0));
	shadow_bootmem_set_owner(bm, "dtb");
	KUNIT_EXPECT_EQ(test, 0, shadow_bootmem_reserve(bm, 19 * PAGE + 10, 3 * PAGE, 0));
	EXPECT_ALLOC(test, m, 10, 8, 0, 0, ANY, 16 * PAGE);
	shadow_bootmem_set_owner(bm, "table");
	EXPECT_ALLOC(test, m, PAGE, 8, 0, 0, ANY, 16 * PAGE + 16);
	EXPECT_OWNER(test, m, 16 * PAGE, 10, "dtb");
	EXPECT_OWNER(test, m, 16 * PAGE + 16, PAGE, "table");
	EXPECT_OWNER(test, m, 19 * PAGE, PAGE, "dtb");
	EXPECT_OWNER(test, m, 20 * PAGE, PAGE, "image");
	EXPECT_OWNER(test, m, 21 * PAGE, 2 * PAGE, "dtb");
	KUNIT_EXPECT_EQ(test, bm->log.nr, 5);
	/* What is free again is nobody's */
	KUNIT_EXPECT_EQ(test, -EINVAL, release(m, 18, 22));
	KUNIT_EXPECT_EQ(test, bm->log.nr, 5);
	KUNIT_EXPECT_EQ(test, 0, release(m, 19, 22));
	KUNIT_EXPECT_EQ(test, bm->log.nr, 3);
	KUNIT_EXPECT_EQ(test, 0, release(m, 17, 18));
	EXPECT_OWNER(test, m, 16 * PAGE + 16, PAGE - 16, "table");
	KUNIT_EXPECT_EQ(test, 0, release(m, 16, 17));
	KUNIT_EXPECT_EQ(test, bm->log.nr, 1);
	EXPECT_OWNER(test, m, 22 * PAGE, PAGE, "dtb");
	verify(test, m);
}

/* The orders that a walk releases, as text: "1x0 2x6" is one frame, two words */
static void expect_orders(struct kunit *test, struct machine *m,
			  unsigned int max_order, const char *want, int line)
{
	struct shadow_bootmem_walk walk = { 0 };
	struct shadow_bootmem_run run;
	unsigned int order, last = 99;
	char text[TEXT] = "";
	int nr = 0, times = 0;
	u64 pfn;

	while (shadow_bootmem_next_run(&m->bm, &walk, &run)) {
		for (pfn = run.pfn; pfn < run.pfn + run.nr; pfn += BIT_ULL(order)) {
			order = shadow_bootmem_order(&run, pfn, max_order);
			if (order != last && times)
				nr += scnprintf(text + nr, TEXT - nr, "%dx%u ", times, last);
			times = order == last ? times + 1 : 1;
			last = order;
			KUNIT_EXPECT_EQ(test, pfn & (BIT_ULL(order) - 1), 0);
		}
		KUNIT_EXPECT_EQ(test, pfn, run.pfn + run.nr);
	}
	scnprintf(text + nr, TEXT - nr, "%dx%u", times, last);
	KUNIT_EXPECT_STREQ_MSG(test, text, want, "line %d", line);
}

#define EXPECT_ORDERS(test, m, max_order, want) \
	expect_orders(test, m, max_order, want, __LINE__)

/* Full words at order 6, the rest page by page */
static void releases_words(struct kunit *test)
{
	struct machine *m = one_node(test, 60, 330);

	EXPECT_ORDERS(test, m, 10, "4x0 4x6 10x0");
	EXPECT_ORDERS(test, m, 6, "4x0 4x6 10x0");
	/* A machine whose largest block is smaller */
	EXPECT_ORDERS(test, m, 5, "4x0 8x5 10x0");
	EXPECT_ORDERS(test, m, 0, "270x0");
	KUNIT_EXPECT_EQ(test, 0, reserve(m, 128, 129));
	EXPECT_ORDERS(test, m, 10, "4x0 1x6 63x0 2x6 10x0");
	KUNIT_EXPECT_EQ(test, 0, reserve(m, 255, 256));
	EXPECT_ORDERS(test, m, 10, "4x0 1x6 126x0 1x6 10x0");
	EXPECT_ORDERS(test, m, 4, "4x0 4x4 126x0 4x4 10x0");
	/* A zone ends in the middle of a word */
	KUNIT_EXPECT_EQ(test, 0, shadow_bootmem_order(&(struct shadow_bootmem_run) { 256, 32 },
						      256, 10));
	KUNIT_EXPECT_EQ(test, 0, shadow_bootmem_order(&(struct shadow_bootmem_run) { 288, 32 },
						      288, 4));
	KUNIT_EXPECT_EQ(test, 6, shadow_bootmem_order(&(struct shadow_bootmem_run) { 0, 64 },
						      0, 10));
}

/* Bits and words of a node that begins anywhere, up to its last frame */
static void releases_every_frame(struct kunit *test)
{
	struct shadow_bootmem_walk walk;
	struct shadow_bootmem_run run;
	u64 start, nr, found;

	for (start = 64; start < 128; start += 9) {
		for (nr = 1; nr < 200; nr += 7) {
			struct machine *m = one_node(test, start, start + nr);

			walk = (struct shadow_bootmem_walk) { 0 };
			found = 0;
			while (shadow_bootmem_next_run(&m->bm, &walk, &run))
				found += run.nr;
			KUNIT_ASSERT_EQ(test, found, nr);
		}
		cond_resched();
	}
}

/* Two nodes whose bitmaps lie in their own frames: 4 KiB each */
static struct machine *two_nodes(struct kunit *test)
{
	struct machine *m = new_machine(test, SHIFT);

	KUNIT_ASSERT_EQ(test, 0, shadow_bootmem_init_node(&m->bm, 0, map_of(m, 0),
							  100 * PAGE, false, 64, 256));
	KUNIT_ASSERT_EQ(test, 0, shadow_bootmem_init_node(&m->bm, 1, map_of(m, 1),
							  300 * PAGE, false, 256, 400));
	KUNIT_ASSERT_EQ(test, 0, release(m, 64, 400));
	return m;
}

static void returns_bitmaps(struct kunit *test)
{
	struct machine *m = two_nodes(test);
	struct shadow_bootmem *bm = &m->bm;
	phys_addr_t pa;

	/* Frames of a bitmap that are free would be given out twice */
	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_bootmem_close(bm));
	shadow_bootmem_set_owner(bm, "bootmem");
	KUNIT_EXPECT_EQ(test, 0, reserve(m, 100, 101));
	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_bootmem_close(bm));
	KUNIT_EXPECT_EQ(test, 0, reserve(m, 300, 301));
	shadow_bootmem_set_owner(bm, "image");
	KUNIT_EXPECT_EQ(test, 0, reserve(m, 350, 380));
	EXPECT_FREE(test, m, "64-100 101-256 256-300 301-350 380-400 100-101m 300-301m");
	KUNIT_EXPECT_EQ(test, 0, shadow_bootmem_close(bm));

	KUNIT_EXPECT_EQ(test, -EPERM, shadow_bootmem_close(bm));
	KUNIT_EXPECT_EQ(test, -EPERM, shadow_bootmem_alloc(bm, 1, 0, 0, 0, ANY, &pa));
	KUNIT_EXPECT_EQ(test, -EPERM, release(m, 350, 380));
	KUNIT_EXPECT_EQ(test, -EPERM, reserve(m, 64, 65));
	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_bootmem_init_node(bm, 2, map_of(m, 2), 0, true,
								500, 600));
	/* The bitmaps are there as long as anybody walks */
	EXPECT_FREE(test, m, "64-100 101-256 256-300 301-350 380-400 100-101m 300-301m");
	KUNIT_EXPECT_EQ(test, bm->log.nr, 3);
	KUNIT_EXPECT_EQ(test, bm->node[0].bytes_returned, 0);
	shadow_bootmem_retire(bm);
	/* And what they said is known when they are gone */
	memset(map_of(m, 0), 0, MAP_BYTES);
	memset(map_of(m, 1), 0x55, MAP_BYTES);
	KUNIT_EXPECT_NULL(test, bm->node[0].node_bootmem_map);
	SHADOW_TEST_VERIFY(test, shadow_bootmem_verify(bm, &__fault));
	memset(map_of(m, 0) + 24, 0x5a, MAP_BYTES - 24);
	memset(map_of(m, 1) + 24, 0x5a, MAP_BYTES - 24);
	EXPECT_FREE(test, m, "64-100 101-256 256-300 301-350 380-400 100-101m 300-301m");
	KUNIT_EXPECT_EQ(test, bm->node[0].nr_released, 191);
	KUNIT_EXPECT_EQ(test, bm->node[1].nr_released, 113);
	KUNIT_EXPECT_EQ(test, bm->node[0].bytes_returned, PAGE);
	KUNIT_EXPECT_EQ(test, bm->node[1].bytes_returned, PAGE);
	KUNIT_EXPECT_EQ(test, bm->log.nr, 1);
	EXPECT_ORDERS(test, m, 10, "63x0 2x6 115x0");
}

/* On a board that is only described, the bitmap is none of its frames */
static void returns_nothing_aside(struct kunit *test)
{
	struct machine *m = one_node(test, 64, 256);

	EXPECT_FREE(test, m, "64-256");
	KUNIT_EXPECT_EQ(test, 0, shadow_bootmem_close(&m->bm));
	shadow_bootmem_retire(&m->bm);
	EXPECT_FREE(test, m, "64-256");
	KUNIT_EXPECT_EQ(test, m->bm.node[0].bytes_returned, 0);
}

/* More runs than are remembered: that they are missing is known */
static void remembers_so_many(struct kunit *test)
{
	struct machine *m = one_node(test, 0, 2 * SHADOW_BOOTMEM_NR_RUNS + 20);
	struct shadow_bootmem_walk walk = { 0 };
	struct shadow_bootmem_run run;
	u64 i, nr = 0;

	for (i = 0; i < SHADOW_BOOTMEM_NR_RUNS + 10; i++)
		KUNIT_ASSERT_EQ(test, 0, reserve(m, 2 * i, 2 * i + 1));
	verify(test, m);
	KUNIT_EXPECT_EQ(test, m->bm.log.nr_lost, 10);
	KUNIT_EXPECT_EQ(test, 0, shadow_bootmem_close(&m->bm));
	while (shadow_bootmem_next_run(&m->bm, &walk, &run))
		nr += run.nr;
	KUNIT_EXPECT_EQ(test, nr, SHADOW_BOOTMEM_NR_RUNS + 10);
	KUNIT_EXPECT_EQ(test, m->bm.nr_runs_lost, 10);
	KUNIT_EXPECT_EQ(test, m->bm.node[0].nr_released, SHADOW_BOOTMEM_NR_RUNS + 10);
}

/* Memory ends at each step of a boot's worth of requests */
static void memory_may_end(struct kunit *test)
{
	static const struct {
		u64 bytes, align, goal;
	} wants[] = {
		{ 100, 0, 0 }, { 3 * PAGE, PAGE, 0 }, { 8, 8, 0 }, { PAGE, PAGE, 70 * PAGE },
		{ 5000, 64, 0 }, { 60, 4, 0 }, { 4 * PAGE, 4 * PAGE, 0 }, { 1, 1, 90 * PAGE },
	};
	struct shadow_bootmem *before = shadow_test_alloc(test, sizeof(*before));
	u8 bits[32];
	u64 nr;
	int i;

	for (nr = 0; nr < 24; nr++) {
		struct machine *m = new_machine(test, SHIFT);
		bool failed = false;
		phys_addr_t pa;

		add_node(test, m, 0, 64, 256);
		KUNIT_ASSERT_EQ(test, 0, release(m, 64, 64 + nr));
		for (i = 0; i < ARRAY_SIZE(wants); i++) {
			int err;

			*before = m->bm;
			memcpy(bits, map_of(m, 0), 24);
			err = shadow_bootmem_alloc(&m->bm, wants[i].bytes, wants[i].align,
						   wants[i].goal, 0, ANY, &pa);
			verify(test, m);
			if (!err)
				continue;
			KUNIT_EXPECT_EQ(test, err, -ENOMEM);
			/* Nothing has moved */
			KUNIT_EXPECT_MEMEQ(test, before, &m->bm, sizeof(*before));
			KUNIT_EXPECT_MEMEQ(test, bits, map_of(m, 0), 24);
			failed = true;
		}
		KUNIT_EXPECT_EQ_MSG(test, failed, nr < 16, "%llu frames", nr);
	}
}

/* The frames that memblock hands over of the same memory */
static void equals_memblock(struct kunit *test)
{
	struct shadow_memblock *mb = shadow_test_alloc(test, sizeof(*mb));
	struct shadow_event_log events;
	struct rnd_state rnd;
	int round, i;

	shadow_test_seed(test, &rnd);
	shadow_event_init(&events);
	for (round = 0; round < 50; round++) {
		struct machine *m = new_machine(test, SHIFT);
		struct shadow_bootmem_walk walk = { 0 };
		struct shadow_bootmem_run run;
		u64 idx, start, end, pa, bytes;

		shadow_memblock_init(mb, NULL, &events, SHIFT);
		add_node(test, m, 0, 64, 1000);
		for (i = 0; i < 4; i++) {
			pa = (64 + 200 * i) * PAGE + shadow_test_below(&rnd, 40 * PAGE);
			bytes = shadow_test_below(&rnd, 150 * PAGE);
			shadow_memblock_add(mb, pa, bytes);
			KUNIT_ASSERT_EQ(test, 0, shadow_bootmem_free(&m->bm, pa, bytes));
		}
		for (i = 0; i < 20; i++) {
			pa = 64 * PAGE + shadow_test_below(&rnd, 900 * PAGE);
			bytes = shadow_test_below(&rnd, 20 * PAGE);
			shadow_memblock_reserve(mb, pa, bytes);
			KUNIT_ASSERT_EQ(test, 0, shadow_bootmem_reserve(&m->bm, pa, bytes, 0));
		}
		verify(test, m);
		shadow_for_each_free_mem_range(mb, idx, SHADOW_NUMA_NO_NODE, 0, &start, &end,
					       NULL) {
			start = DIV_ROUND_UP(start, PAGE);
			end /= PAGE;
			if (start >= end)
				continue;
			KUNIT_ASSERT_TRUE(test, shadow_bootmem_next_run(&m->bm, &walk, &run));
			KUNIT_ASSERT_EQ(test, run.pfn, start);
			KUNIT_ASSERT_EQ(test, run.nr, end - start);
		}
		KUNIT_ASSERT_FALSE(test, shadow_bootmem_next_run(&m->bm, &walk, &run));
	}
}

/* Each breaks one thing of a node 64-200, 70-100 of it free, one allocation */
static const struct {
	const char *want;
	u64 offset;
	u64 value;
	u8 bytes;
} wrongs[] = {
#define WRONG(field, to, text) \
	{ text, offsetof(struct shadow_bootmem, field), to, \
	  sizeof(((struct shadow_bootmem *)NULL)->field) }
	WRONG(nr_nodes, 17, "bootmem: 17 nodes"),
	WRONG(node[0].nid, 3, "bootmem: entry 0 is no node"),
	WRONG(node[0].nid, -1, "bootmem: entry 0 is no node"),
	WRONG(node[0].node_low_pfn, 64, "bootmem: node 0 spans frames 0x40 to 0x40"),
	WRONG(node[0].node_low_pfn, BIT_ULL(40),
	      "bootmem: node 0 spans frames 0x40 to 0x10000000000"),
	WRONG(node[0].node_min_pfn, 500, "bootmem: node 0 spans frames 0x1f4 to 0xc8"),
	WRONG(node[0].node_bootmem_map, 0, "bootmem: node 0 has no bitmap"),
	WRONG(node[0].node_low_pfn, 95,
	      "bootmem: node 0 has a frame free behind its last"),
	WRONG(node[0].nr_free, 5, "bootmem: node 0 has 28 frames free, and counts 5"),
	WRONG(node[0].hint_idx, 137,
	      "bootmem: node 0: hint_idx 137 or last_end_off 0x78c8 is behind its last frame"),
	WRONG(node[0].last_end_off, 136 * PAGE + 1,
	      "bootmem: node 0: hint_idx 8 or last_end_off 0x88001 is behind its last frame"),
	WRONG(node[0].last_end_off, 8 * PAGE + 1,
	      "bootmem: node 0: last_end_off 0x8001 is in a free frame"),
	WRONG(node[1].node_min_pfn, 3, "bootmem: node 1 is not in its place"),
	WRONG(log.nr, 1281, "early_log: 1281 ranges"),
	WRONG(log.range[0].bytes, 3 * PAGE,
	      "bootmem: a frame of 0x46000+0x3000 is free, and early has it"),
};

static void finds_what_is_wrong(struct kunit *test)
{
	struct shadow_fault fault;
	phys_addr_t pa;
	int i;

	for (i = 0; i < ARRAY_SIZE(wrongs); i++) {
		struct machine *m = new_machine(test, SHIFT);

		add_node(test, m, 0, 64, 200);
		add_node(test, m, 1, 300, 310);
		KUNIT_ASSERT_EQ(test, 0, release(m, 70, 100));
		KUNIT_ASSERT_EQ(test, 0, shadow_bootmem_alloc(&m->bm, 2 * PAGE - 1848,
							      0, 0, 0, 0, &pa));
		memcpy((u8 *)&m->bm + wrongs[i].offset, &wrongs[i].value, wrongs[i].bytes);
		shadow_fault_init(&fault);
		KUNIT_EXPECT_EQ(test, -EUCLEAN, shadow_bootmem_verify(&m->bm, &fault));
		KUNIT_EXPECT_STREQ(test, fault.text, wrongs[i].want);
	}
}

/* Whatever a stray write does to a bitmap, nothing leaves its bounds */
static void trusts_no_bitmap(struct kunit *test)
{
	struct machine *m = new_machine(test, SHIFT);
	struct shadow_bootmem *bm = &m->bm;
	struct shadow_bootmem_walk walk;
	struct shadow_bootmem_run run;
	struct shadow_fault fault;
	struct rnd_state rnd;
	u64 noticed = 0, pa, bytes, pfn;
	int round, op, at;

	shadow_test_seed(test, &rnd);
	for (round = 0; round < 400; round++) {
		shadow_bootmem_init(bm, NULL, SHIFT, NULL);
		add_node(test, m, 0, 64, 200);
		add_node(test, m, 1, 200, 290);
		KUNIT_ASSERT_EQ(test, 0, release(m, 70, 280));
		for (op = 0; op < 40; op++) {
			if (op % 10 == 5)
				prandom_bytes_state(&rnd, map_of(m, op / 10 % 2), 16);
			pa = (60 + shadow_test_below(&rnd, 240)) * PAGE;
			bytes = shadow_test_below(&rnd, 30 * PAGE);
			shadow_bootmem_free(bm, pa, bytes);
			shadow_bootmem_reserve(bm, pa, bytes, op & 1);
			shadow_bootmem_alloc(bm, bytes, PAGE, pa, 0, ANY, &pa);
			walk = (struct shadow_bootmem_walk) { 0 };
			while (shadow_bootmem_next_run(bm, &walk, &run)) {
				KUNIT_ASSERT_GE(test, run.pfn, 64);
				KUNIT_ASSERT_LE(test, run.pfn + run.nr, 290);
				for (pfn = run.pfn; pfn < run.pfn + run.nr;)
					pfn += BIT_ULL(shadow_bootmem_order(&run, pfn, 10));
				KUNIT_ASSERT_EQ(test, pfn, run.pfn + run.nr);
			}
			shadow_fault_init(&fault);
			noticed += shadow_bootmem_verify(bm, &fault) == -EUCLEAN;
		}
		for (at = 0; at < 2; at++)
			KUNIT_ASSERT_NULL(test, memchr_inv(map_of(m, at) + 24, 0x5a, GUARD));
	}
	KUNIT_EXPECT_GT(test, noticed, 400 * 34);
}

static struct kunit_case bootmem_cases[] = {
	KUNIT_CASE(costs_a_bit_a_frame),
	KUNIT_CASE(starts_taken),
	KUNIT_CASE(nodes_must_be_possible),
	KUNIT_CASE(rounds_to_frames),
	KUNIT_CASE(refuses_what_cannot_be),
	KUNIT_CASE(reserves_exclusively),
	KUNIT_CASE(sorts_nodes),
	KUNIT_CASE(nodes_may_alternate),
	KUNIT_CASE(packs),
	KUNIT_CASE(packs_behind_the_last),
	KUNIT_CASE(next_fit),
	KUNIT_CASE(keeps_goals),
	KUNIT_CASE(keeps_limits),
	KUNIT_CASE(chooses_nodes),
	KUNIT_CASE(spares_address_0),
	KUNIT_CASE(aligns_addresses),
	KUNIT_CASE(other_page_sizes),
	KUNIT_CASE(zeroes),
	KUNIT_CASE(knows_owners),
	KUNIT_CASE(releases_words),
	KUNIT_CASE(releases_every_frame),
	KUNIT_CASE(returns_bitmaps),
	KUNIT_CASE(returns_nothing_aside),
	KUNIT_CASE(remembers_so_many),
	KUNIT_CASE(memory_may_end),
	KUNIT_CASE(equals_memblock),
	KUNIT_CASE(finds_what_is_wrong),
	KUNIT_CASE(trusts_no_bitmap),
	{}
};

static struct kunit_suite bootmem_suite = {
	.name = "shadow_bootmem",
	.test_cases = bootmem_cases,
};

kunit_test_suite(bootmem_suite);
