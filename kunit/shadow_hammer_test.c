// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite of many at once: threads that allocate and free, each other's blocks
 * too, on their own CPU's lists and on others', while somebody empties all
 * lists, somebody moves the marks, somebody walks over everything and somebody
 * asks what a frame is.
 *
 * Who has a frame is written down by whoever gets it, atomically: a frame that
 * two have at a time is seen by the second.
 */
#include "shadow_compound.h"
#include "shadow_page_call.h"
#include "shadow_page_tell.h"
#include "shadow_test_machine.h"
#include "shadow_test_threads.h"
#include "shadow_watermark.h"

#ifdef __KERNEL__
#define NR_ROUNDS	20000
#else
#define NR_ROUNDS	100000
#endif

#define NR_FRAMES	8192
#define NR_WORKERS	3
/* With who walks over everything, and who asks for a frame at a time */
#define NR_THREADS	(NR_WORKERS + 2)
#define NR_LISTS	4
#define NR_SLOTS	256
#define FIRST_PFN	(SHADOW_TEST_BASE >> SHADOW_TEST_PAGE_SHIFT)

/**
 * struct hammer - what all threads share
 * @m: the machine
 * @users: per frame, how many believe that it is theirs
 * @slot: blocks in use, for anybody to free: index of the page, 1 more; 0: none
 * @nr_working: workers that have not ended
 * @nr_bad: frames that two had, frees that failed, walks that found something
 * @said: the first thing that a walk found
 * @nr_walks: walks over everything
 * @nr_lost: frames that were said to be of no block
 */
struct hammer {
	struct shadow_test_machine *m;
	atomic_t users[NR_FRAMES];
	atomic_long_t slot[NR_SLOTS];
	atomic_t nr_working;
	atomic_t nr_bad;
	struct shadow_fault said;
	atomic_t nr_walks;
	atomic_t nr_lost;
};

/**
 * struct worker - one thread
 * @h: what all share
 * @rnd: what it decides by chance
 * @cpu: whose lists it uses, most of the time
 * @t: the thread
 */
struct worker {
	struct hammer *h;
	struct rnd_state rnd;
	u32 cpu;
	struct shadow_test_thread t;
};

/* ---------------------------------------------------------------- the work -- */

static void claim(struct hammer *h, u32 frame, u32 nr, int by)
{
	int users = by > 0;

	for (; nr; nr--, frame++)
		if (atomic_add_return(by, &h->users[frame]) != users)
			atomic_inc(&h->nr_bad);
}

static u32 frame_of(struct hammer *h, const struct shadow_page *page)
{
	return shadow_page_to_pfn(&h->m->nodes, page) - FIRST_PFN;
}

static void give(struct worker *w, struct shadow_page *page)
{
	u32 order = shadow_page_order(page), cpu = w->cpu;

	if (!shadow_test_below(&w->rnd, 8))
		cpu = shadow_test_below(&w->rnd, NR_LISTS);
	claim(w->h, frame_of(w->h, page), BIT(order), -1);
	if (shadow_free_pages_cpu(&w->h->m->nodes, cpu, page, order))
		atomic_inc(&w->h->nr_bad);
}

/* Into a slot where anybody finds it; who was there before is freed */
static void hand_on(struct worker *w, struct shadow_page *page)
{
	struct shadow_memmap *memmap = &w->h->m->nodes.memmap;
	u32 slot = shadow_test_below(&w->rnd, NR_SLOTS);
	long index = page ? shadow_page_index(memmap, page) + 1L : 0;

	index = atomic_long_xchg(&w->h->slot[slot], index);
	if (index)
		give(w, shadow_page_at(memmap, index - 1));
}

static void take(struct worker *w)
{
	static const u32 gfp[] = {
		0, 0, SHADOW_GFP_MOVABLE, SHADOW_GFP_RECLAIMABLE,
		SHADOW_GFP_ATOMIC, SHADOW_GFP_DMA, SHADOW_GFP_COMP,
		SHADOW_GFP_NOWAIT, SHADOW_GFP_MEMALLOC, SHADOW_GFP_NODE(1),
	};
	struct shadow_nodes *nodes = &w->h->m->nodes;
	u32 order = shadow_test_below(&w->rnd, 3) ? 0 : shadow_test_below(&w->rnd, 8);
	u32 cpu = w->cpu, frame;
	struct shadow_page *page;

	if (!shadow_test_below(&w->rnd, 8))
		cpu = shadow_test_below(&w->rnd, NR_LISTS);
	page = shadow_alloc_pages_cpu(nodes, cpu,
				      gfp[shadow_test_below(&w->rnd, ARRAY_SIZE(gfp))],
				      order);
	if (!page)
		return;
	frame = frame_of(w->h, page);
	claim(w->h, frame, BIT(order), 1);
	/* Its frames may go one by one: the first to who comes, the rest now */
	if (order && !shadow_test_below(&w->rnd, 4) &&
	    !shadow_split_page(nodes, page, order))
		for (frame = 1; frame < BIT(order); frame++)
			give(w, page + frame);
	hand_on(w, page);
}

static void take_many(struct worker *w)
{
	struct shadow_page *page[40] = {};
	u32 i, nr;

	nr = shadow_alloc_pages_bulk_cpu(&w->h->m->nodes, w->cpu, 0,
					 ARRAY_SIZE(page), page);
	for (i = 0; i < nr; i++)
		claim(w->h, frame_of(w->h, page[i]), 1, 1);
	for (i = 0; i < nr; i++)
		give(w, page[i]);
}

static void work(void *arg)
{
	struct worker *w = arg;
	u32 round;

	for (round = 0; round < NR_ROUNDS; round++) {
		u32 what = shadow_test_below(&w->rnd, 1000);

		if (what < 600)
			take(w);
		else if (what < 985)
			hand_on(w, NULL);
		else if (what < 998)
			take_many(w);
		else if (what < 999)
			shadow_test_machine_drain(w->h->m);
		else
			shadow_watermark_set_min_free(&w->h->m->nodes,
						      shadow_test_below(&w->rnd, 2000));
		if (round % 256 == 0)
			cond_resched();
	}
	atomic_dec(&w->h->nr_working);
}

/* Lists that are always empty: what is wanted is fetched, and goes back at once */
static void fetch(void *arg)
{
	struct worker *w = arg;
	struct shadow_page *page[128] = {};
	u32 round, i, nr;

	for (round = 0; round < NR_ROUNDS / 10; round++) {
		nr = shadow_test_below(&w->rnd, ARRAY_SIZE(page)) + 1;
		nr = shadow_alloc_pages_bulk_cpu(&w->h->m->nodes, w->cpu, 0, nr,
						 page);
		for (i = 0; i < nr; i++)
			claim(w->h, frame_of(w->h, page[i]), 1, 1);
		for (i = 0; i < nr; i++)
			give(w, page[i]);
		memset(page, 0, sizeof(page));
		shadow_test_machine_drain(w->h->m);
		if (round % 16 == 0)
			cond_resched();
	}
	atomic_dec(&w->h->nr_working);
}

static void look_at(void *to, const char *text)
{
	if (strstr(text, "of no block"))
		*(bool *)to = true;
}

/* At each moment every frame is of a block */
static void ask(void *arg)
{
	struct worker *w = arg;
	bool lost = false;

	do {
		shadow_page_tell(&w->h->m->nodes,
				 FIRST_PFN + shadow_test_below(&w->rnd, NR_FRAMES),
				 look_at, &lost);
		cond_resched();
	} while (!lost && atomic_read(&w->h->nr_working));
	if (lost)
		atomic_inc(&w->h->nr_lost);
}

/* Walks over everything, for as long as anybody works */
static void watch(void *arg)
{
	struct worker *w = arg;
	struct shadow_nodes *nodes = &w->h->m->nodes;
	struct shadow_zone *zone;
	unsigned long irqflags;
	int err;

	do {
		err = shadow_zone_verify(nodes, &w->h->said);
		for (zone = shadow_first_zone(nodes); zone && !err;
		     zone = shadow_next_zone(zone)) {
			if (!shadow_zone_populated(zone))
				continue;
			err = shadow_buddy_verify(zone, &w->h->said) ? :
			      shadow_pcp_verify(zone, &w->h->said);
		}
		irqflags = shadow_nodes_lock(nodes);
		shadow_nodes_unlock(nodes, irqflags);
		atomic_inc(&w->h->nr_walks);
		cond_resched();
	} while (!err && atomic_read(&w->h->nr_working));
	if (err)
		atomic_inc(&w->h->nr_bad);
}

/* ---------------------------------------------------------------- the case -- */

static struct shadow_test_machine *new_machine(struct kunit *test,
					       const char *policy)
{
	struct shadow_test_machine *m;
	struct shadow_block block;
	u64 half;

	shadow_test_block(test, &block, SHADOW_TEST_BASE,
			  (u64)NR_FRAMES << SHADOW_TEST_PAGE_SHIFT);
	half = block.bytes / 2;
	m = shadow_test_machine_begin(test, &block);
	m->nodes.nr_nodes = 2;
	m->nodes.zone_limit[SHADOW_ZONE_DMA] = FIRST_PFN + NR_FRAMES / 4;
	KUNIT_ASSERT_EQ(test, 0, shadow_memblock_add_node(&m->mb, block.base, half, 0, 0));
	KUNIT_ASSERT_EQ(test, 0,
			shadow_memblock_add_node(&m->mb, block.base + half, half, 1, 0));
	m->nodes.pcp_policy = shadow_pcp_policy(policy);
	shadow_test_machine_boot(test, m, NR_LISTS);
	shadow_watermark_set_min_free(&m->nodes, 512);
	return m;
}

static void hammer_with(struct kunit *test, const char *policy,
			void (*run)(void *arg))
{
	struct worker *w = shadow_test_alloc(test, NR_THREADS * sizeof(*w));
	struct hammer *h = shadow_test_alloc(test, sizeof(*h));
	struct rnd_state rnd;
	u32 i, started;

	shadow_test_seed(test, &rnd);
	h->m = new_machine(test, policy);
	shadow_fault_init(&h->said);
	atomic_set(&h->nr_working, NR_WORKERS);
	for (started = 0; started < NR_THREADS; started++) {
		w[started].h = h;
		w[started].cpu = started % 2;
		w[started].t.run = started < NR_WORKERS ? run :
				   started == NR_WORKERS ? watch : ask;
		w[started].t.arg = &w[started];
		prandom_seed_state(&w[started].rnd, prandom_u32_state(&rnd));
		if (shadow_test_thread_start(&w[started].t))
			break;
	}
	/* Who could not be started does not work */
	if (started < NR_WORKERS)
		atomic_sub(NR_WORKERS - started, &h->nr_working);
	for (i = 0; i < started; i++)
		shadow_test_thread_join(&w[i].t);
	KUNIT_EXPECT_EQ(test, started, NR_THREADS);
	KUNIT_EXPECT_EQ_MSG(test, atomic_read(&h->nr_bad), 0, "%s", h->said.text);
	KUNIT_EXPECT_EQ(test, atomic_read(&h->nr_lost), 0);
	KUNIT_EXPECT_GT(test, atomic_read(&h->nr_walks), 0);
	shadow_test_machine_verify(test, h->m);
	/* All goes back, and is whole */
	w[0].h = h;
	for (i = 0; i < NR_SLOTS; i++)
		if (atomic_long_read(&h->slot[i]))
			give(&w[0], shadow_page_at(&h->m->nodes.memmap,
						   atomic_long_read(&h->slot[i]) - 1));
	KUNIT_EXPECT_EQ(test, atomic_read(&h->nr_bad), 0);
	shadow_test_machine_drain(h->m);
	shadow_test_machine_verify(test, h->m);
	KUNIT_EXPECT_EQ(test, shadow_nodes_free(&h->m->nodes), NR_FRAMES);
	kunit_info(test, "%u workers, %d walks over everything\n",
		   NR_WORKERS, atomic_read(&h->nr_walks));
}

static void hammer_lists(struct kunit *test)
{
	hammer_with(test, "on", work);
}

static void hammer_refill(struct kunit *test)
{
	hammer_with(test, "on", fetch);
}

static void hammer_hot_and_cold(struct kunit *test)
{
	hammer_with(test, "hotcold", work);
}

static void hammer_buddy(struct kunit *test)
{
	hammer_with(test, "off", work);
}

static struct kunit_case shadow_hammer_cases[] = {
	KUNIT_CASE(hammer_lists),
	KUNIT_CASE(hammer_refill),
	KUNIT_CASE(hammer_hot_and_cold),
	KUNIT_CASE(hammer_buddy),
	{}
};

static struct kunit_suite shadow_hammer_suite = {
	.name = "shadow_hammer",
	.test_cases = shadow_hammer_cases,
};

kunit_test_suite(shadow_hammer_suite);
