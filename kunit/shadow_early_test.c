// SPDX-License-Identifier: GPL-2.0-only
/*
 * The seam of the early allocators: whoever is behind it, what the buddy gets
 * is the board's memory less what was reserved, in whole frames, and less what
 * the log says that the allocator gave out itself.
 */
#include "shadow_test.h"

#include "shadow_bootmem.h"
#include "shadow_early.h"

#define SHIFT		12
#define PAGE		4096ULL
#define NR_FRAMES	1024ULL
#define BYTES		(NR_FRAMES * PAGE)
#define NR_NODES	3
#define NR_KEPT		24

static const struct shadow_early_ops *const policies[] = {
	&shadow_early_memblock, &shadow_early_bootmem,
};

/**
 * struct board - the same memory for each policy
 * @mb: memblock
 * @bootmem: the older allocator's records
 * @early: the seam
 * @events: memblock's counters
 * @block: frames 0 to NR_FRAMES
 * @truth: per frame, is it whole, mapped memory that nobody has reserved?
 * @kept: allocations of whole frames that can be freed
 * @nr_kept: how many
 */
struct board {
	struct shadow_memblock mb;
	struct shadow_bootmem bootmem;
	struct shadow_early early;
	struct shadow_event_log events;
	struct shadow_block block;
	bool truth[NR_FRAMES];
	struct {
		phys_addr_t pa;
		u64 bytes;
	} kept[NR_KEPT];
	unsigned int nr_kept;
};

static struct board *new_board(struct kunit *test,
			       const struct shadow_early_ops *ops)
{
	struct board *b = shadow_test_alloc(test, sizeof(*b));

	shadow_test_block(test, &b->block, 0, BYTES);
	shadow_event_init(&b->events);
	shadow_memblock_init(&b->mb, &b->block, &b->events, SHIFT);
	shadow_early_init(&b->early, ops, &b->mb, &b->bootmem);
	return b;
}

/* Sometimes to the page, sometimes to the byte */
static u64 some_pa(struct rnd_state *rnd, u64 limit)
{
	u64 pa = shadow_test_below(rnd, limit);

	return shadow_test_below(rnd, 2) ? pa : round_down(pa, PAGE);
}

/* Banks of nodes that alternate, holes, parts that are not mapped */
static void fill_in(struct kunit *test, struct board *b, struct rnd_state *rnd)
{
	u64 pa = shadow_test_below(rnd, 3) ? some_pa(rnd, 8 * PAGE) : 0;
	int i, nid;
	u64 bytes;

	while (pa < BYTES) {
		bytes = PAGE + some_pa(rnd, 200 * PAGE);
		bytes = min(bytes, BYTES - pa);
		nid = shadow_test_below(rnd, NR_NODES + 1);
		if (nid == NR_NODES)
			nid = SHADOW_MAX_NUMNODES;
		KUNIT_ASSERT_EQ(test, 0,
				shadow_memblock_add_node(&b->mb, pa, bytes, nid,
							 SHADOW_MEMBLOCK_NONE));
		pa += bytes;
		if (!shadow_test_below(rnd, 3))
			pa += some_pa(rnd, 40 * PAGE);
	}
	for (i = 0; i < 3; i++)
		shadow_memblock_mark_nomap(&b->mb, some_pa(rnd, BYTES),
					   some_pa(rnd, 10 * PAGE));
	/* A board may reserve what is no memory, too. */
	shadow_memblock_set_owner(&b->mb, "board");
	for (i = 0; i < 12; i++)
		KUNIT_ASSERT_EQ(test, 0,
				shadow_memblock_reserve(&b->mb,
							some_pa(rnd, BYTES + 20 * PAGE),
							some_pa(rnd, 20 * PAGE)));
	shadow_memblock_set_owner(&b->mb, NULL);
}

static bool is_whole(const struct board *b, u64 pa)
{
	const struct shadow_memblock_region *rgn;

	shadow_for_each_mem_region(&b->mb, rgn) {
		if (rgn->base <= pa && rgn->base + rgn->size >= pa + PAGE)
			return !shadow_memblock_is_nomap(rgn);
	}
	return false;
}

static void find_truth(struct board *b)
{
	u64 pfn;

	for (pfn = 0; pfn < NR_FRAMES; pfn++)
		b->truth[pfn] = is_whole(b, pfn * PAGE) &&
				!shadow_memblock_is_region_reserved(&b->mb, pfn * PAGE,
								    PAGE);
}

/* Has the allocator itself given out a byte of the frame? */
static bool is_own(const struct board *b, u64 pa)
{
	const struct shadow_early_log *log = b->early.log;
	unsigned int i;

	for (i = 0; i < log->nr; i++) {
		if (log->range[i].base < pa + PAGE &&
		    shadow_early_range_end(&log->range[i]) > pa &&
		    strcmp(log->range[i].owner, "board"))
			return true;
	}
	return false;
}

static void verify(struct kunit *test, struct board *b)
{
	SHADOW_TEST_VERIFY(test, b->early.ops->verify(&b->early, &__fault));
}

/* Ascending, nothing twice, nothing that is somebody's, and nothing forgotten */
static void expect_truth(struct kunit *test, struct board *b, bool closed)
{
	u8 *free = shadow_test_alloc(test, NR_FRAMES);
	u64 idx, start, end, pfn, next = 0;

	verify(test, b);
	for (idx = 0; b->early.ops->next_free(&b->early, &idx, &start, &end);) {
		if (start >= end)
			continue;
		KUNIT_ASSERT_GE(test, start, next);
		memset(free + start, 1, end - start);
		next = end;
	}
	for (idx = 0; closed &&
	     b->early.ops->own_frames(&b->early, &idx, &start, &end);) {
		for (pfn = start; pfn < end; pfn++) {
			KUNIT_ASSERT_FALSE(test, free[pfn]);
			free[pfn] = 1;
		}
	}
	for (pfn = 0; pfn < NR_FRAMES; pfn++) {
		if (free[pfn]) {
			KUNIT_ASSERT_TRUE_MSG(test, b->truth[pfn],
					      "frame %llu was not %s's to have", pfn,
					      b->early.ops->name);
			KUNIT_ASSERT_TRUE(test, closed || !is_own(b, pfn * PAGE));
		} else {
			KUNIT_ASSERT_EQ_MSG(test, b->truth[pfn], is_own(b, pfn * PAGE) &&
					    b->truth[pfn], "%s lost frame %llu",
					    b->early.ops->name, pfn);
		}
	}
}

static void allocate(struct kunit *test, struct board *b, struct rnd_state *rnd)
{
	struct shadow_early_want want = {
		.bytes = 1 + shadow_test_below(rnd, 6 * PAGE),
		.align = 1ULL << shadow_test_below(rnd, 15),
		.nid = (int)shadow_test_below(rnd, NR_NODES + 1) - 1,
	};
	bool keeps = shadow_test_below(rnd, 2) && b->nr_kept < NR_KEPT;
	phys_addr_t pa;

	/* bootmem knows only nodes that have memory. */
	if (want.nid >= 0 && !b->bootmem.node[want.nid].node_bootmem_map)
		want.nid = SHADOW_NUMA_NO_NODE;
	if (keeps) {
		want.bytes = round_up(want.bytes, PAGE);
		want.align = max(want.align, PAGE);
	}
	pa = shadow_early_alloc(&b->early, "test", &want);
	if (!pa)
		return;
	KUNIT_ASSERT_EQ(test, pa & (want.align - 1), 0);
	KUNIT_ASSERT_STREQ(test, shadow_early_log_owner_of(b->early.log, pa), "test");
	if (keeps) {
		b->kept[b->nr_kept].pa = pa;
		b->kept[b->nr_kept++].bytes = want.bytes;
	}
}

static void give_back(struct kunit *test, struct board *b, struct rnd_state *rnd)
{
	unsigned int i;

	if (!b->nr_kept)
		return;
	i = shadow_test_below(rnd, b->nr_kept);
	KUNIT_ASSERT_EQ(test, 0, shadow_early_free(&b->early, b->kept[i].pa,
						   b->kept[i].bytes));
	b->kept[i] = b->kept[--b->nr_kept];
}

static void one_board(struct kunit *test, const struct shadow_early_ops *ops,
		      struct rnd_state *rnd)
{
	struct board *b = new_board(test, ops);
	int i;

	fill_in(test, b, rnd);
	find_truth(b);
	KUNIT_ASSERT_EQ(test, 0, shadow_early_take_over(&b->early));
	expect_truth(test, b, false);
	for (i = 0; i < 60; i++) {
		if (shadow_test_below(rnd, 3))
			allocate(test, b, rnd);
		else
			give_back(test, b, rnd);
		if (i % 10 == 0)
			expect_truth(test, b, false);
	}
	expect_truth(test, b, false);
	KUNIT_ASSERT_EQ(test, 0, shadow_early_close(&b->early));
	expect_truth(test, b, true);
	shadow_early_retire(&b->early);
	expect_truth(test, b, true);
}

static void hands_over_the_same(struct kunit *test)
{
	struct rnd_state rnd;
	int round;

	shadow_test_seed(test, &rnd);
	for (round = 0; round < 40; round++) {
		one_board(test, policies[round % 2], &rnd);
		cond_resched();
	}
}

static struct kunit_case early_cases[] = {
	KUNIT_CASE(hands_over_the_same),
	{}
};

static struct kunit_suite early_suite = {
	.name = "shadow_early",
	.test_cases = early_cases,
};

kunit_test_suite(early_suite);
