// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each call that is measured has one row, once, of the way that it went: by
 * chance against what events say of each call, and by hand for each engine.
 */
#include "shadow_contig.h"
#include "shadow_latency.h"
#include "shadow_page_call.h"
#include "shadow_slab_engine.h"
#include "shadow_test_slab.h"

#define NR_PAGES	4096
#define CPUS		2
#define NR_SLOTS	200
#define NR_STEPS	6000
#define NR_BULK		30
#define NR_OBJECTS	600
#define NO_SUCH_FLAG	SHADOW_GFP_COMP		/* objects cannot have it */

static atomic64_t now;

static u64 read_steps(void)
{
	return atomic64_inc_return(&now);
}

static const struct shadow_clock steps = {
	.unit = "steps", .read = read_steps, .mask = U64_MAX,
};

/**
 * struct want - what the rows of one operation have to say
 * @calls: that were made
 * @refused: of those
 * @made: a slab was made, or went, and it was not refused
 * @large: of kmalloc, larger than any class
 * @moved: of pages, something moved between a list and a free area, or within
 */
struct want {
	u64 calls;
	u64 refused;
	u64 made;
	u64 large;
	u64 moved;
};

struct slot {
	enum { SLOT_NONE, SLOT_PAGES, SLOT_KMALLOC, SLOT_OBJECT } kind;
	unsigned int order;
	bool large;
	void *what;
};

/**
 * struct work - a machine that is measured, and what its rows are to be
 * @test: the running case
 * @sm: the machine
 * @cache: objects are of this one
 * @latency: the machine's
 * @want: by operation
 * @slot: what is in use
 * @nr_slab: events of slabs during this call
 * @nr_moved: events of free areas and lists
 * @class_max: largest class of kmalloc
 * @rnd: what is decided by chance
 */
struct work {
	struct kunit *test;
	struct shadow_test_slabs *sm;
	struct shadow_kmem_cache *cache;
	struct shadow_latency latency;
	struct want want[SHADOW_NR_LATENCY_OPS];
	struct slot slot[NR_SLOTS];
	unsigned int nr_slab;
	unsigned int nr_moved;
	u32 class_max;
	struct rnd_state rnd;
};

static struct work *the_work;

static const enum shadow_event_id of_slabs[] = {
	SHADOW_EV_SLAB_NEW, SHADOW_EV_SLAB_DISCARD,
};

static const enum shadow_event_id of_areas[] = {
	SHADOW_EV_PCP_REFILL, SHADOW_EV_PCP_DRAIN, SHADOW_EV_PAGE_SPLIT,
	SHADOW_EV_PAGE_MERGE,
};

static void hear(const struct shadow_event_log *log,
		 const struct shadow_event_args *args)
{
	unsigned int i;

	if (log != &the_work->sm->m->events)
		return;
	for (i = 0; i < ARRAY_SIZE(of_slabs); i++)
		the_work->nr_slab += args->id == of_slabs[i];
	for (i = 0; i < ARRAY_SIZE(of_areas); i++)
		the_work->nr_moved += args->id == of_areas[i];
}

static void listen(bool on)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(of_slabs); i++)
		shadow_event_listen(of_slabs[i], on);
	for (i = 0; i < ARRAY_SIZE(of_areas); i++)
		shadow_event_listen(of_areas[i], on);
	shadow_event_sink = on ? hear : NULL;
}

static void stop(void *arg)
{
	struct work *w = arg;

	shadow_latency_set(&w->latency, &w->sm->m->events, SHADOW_LATENCY_OFF, NULL);
	listen(false);
}

static struct work *begin(struct kunit *test, const char *engine)
{
	struct work *w = shadow_test_alloc(test, sizeof(*w));
	struct shadow_slab_config cfg = { .engine = engine, .seed = 11 };

	w->test = test;
	shadow_test_seed(test, &w->rnd);
	w->sm = shadow_test_slabs(test, &cfg, NR_PAGES, CPUS);
	w->class_max = strcmp(engine, "slob") ? 2 * SZ_4K : SZ_4K;
	w->cache = shadow_kmem_cache_create(&w->sm->slab, "timed", 200, 0, 0, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(w->cache));
	shadow_latency_set_mem(&w->latency,
			       shadow_test_alloc(test, shadow_latency_bytes(CPUS)), CPUS);
	the_work = w;
	listen(true);
	shadow_latency_set(&w->latency, &w->sm->m->events, SHADOW_LATENCY_NS, &steps);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, stop, w));
	return w;
}

static void finish(struct work *w)
{
	kunit_release_action(w->test, stop, w);
	shadow_slab_fini(&w->sm->slab);
}

static u64 row(struct work *w, enum shadow_latency_op op, enum shadow_latency_path path)
{
	struct shadow_latency_hist hist;

	shadow_latency_sum(&w->latency, op, path, &hist);
	return hist.count;
}

static void before(struct work *w)
{
	w->nr_slab = 0;
	w->nr_moved = 0;
}

static void after(struct work *w, enum shadow_latency_op op, bool refused, bool large)
{
	struct want *want = &w->want[op];

	want->calls++;
	want->refused += refused;
	want->made += !refused && !large && w->nr_slab;
	want->large += !refused && large;
	want->moved += !refused && w->nr_moved;
}

#define EXPECT_WENT(w, op, path, nr)						\
	KUNIT_ASSERT_EQ_MSG((w)->test, row(w, op, path), (u64)(nr), "%s %s",	\
			    shadow_latency_ops[op], shadow_latency_paths[path])

/* ---------------------------------------------------------------- by chance -- */

static void take(struct work *w, struct slot *slot)
{
	unsigned int cpu = shadow_test_below(&w->rnd, CPUS);
	u32 gfp = shadow_test_below(&w->rnd, 20) ? 0 : NO_SUCH_FLAG;
	u32 bytes = 1 + shadow_test_below(&w->rnd, shadow_test_below(&w->rnd, 5) ? 700 : 30000);

	slot->kind = SLOT_PAGES + shadow_test_below(&w->rnd, 3);
	slot->order = gfp ? 60 : shadow_test_below(&w->rnd, 5);
	slot->large = false;
	before(w);
	switch (slot->kind) {
	case SLOT_PAGES:
		slot->what = shadow_alloc_pages_cpu(&w->sm->m->nodes, cpu, 0, slot->order);
		after(w, SHADOW_LATENCY_PAGE_ALLOC, !slot->what, false);
		break;
	case SLOT_KMALLOC:
		slot->what = shadow_kmalloc_cpu(&w->sm->slab, cpu, bytes, gfp);
		slot->large = bytes > w->class_max;
		after(w, SHADOW_LATENCY_KMALLOC, !slot->what, slot->large);
		break;
	default:
		slot->what = shadow_kmem_cache_alloc_cpu(w->cache, cpu, gfp);
		after(w, SHADOW_LATENCY_CACHE_ALLOC, !slot->what, false);
		break;
	}
	if (!slot->what)
		slot->kind = SLOT_NONE;
}

static void give(struct work *w, struct slot *slot)
{
	unsigned int cpu = shadow_test_below(&w->rnd, CPUS);
	bool wrong = !shadow_test_below(&w->rnd, 20);
	int err;

	before(w);
	switch (slot->kind) {
	case SLOT_PAGES:
		err = shadow_free_pages_cpu(&w->sm->m->nodes, cpu, slot->what,
					    slot->order + wrong);
		after(w, SHADOW_LATENCY_PAGE_FREE, err, false);
		break;
	case SLOT_KMALLOC:
		err = shadow_kfree_cpu(&w->sm->slab, cpu, slot->what + wrong);
		after(w, SHADOW_LATENCY_KFREE, err, slot->large);
		break;
	default:
		err = shadow_kmem_cache_free_cpu(w->cache, cpu, slot->what + wrong);
		after(w, SHADOW_LATENCY_CACHE_FREE, err, false);
		break;
	}
	KUNIT_EXPECT_EQ(w->test, err, wrong ? -EINVAL : 0);
	if (!err)
		slot->kind = SLOT_NONE;
}

/* Each is one operation, and what it asks for inside has no row */
static void bulks(struct work *w)
{
	struct shadow_page *pages[NR_BULK] = {};
	void *objects[NR_BULK];
	unsigned int nr;
	u32 got;

	before(w);
	nr = shadow_alloc_pages_bulk(&w->sm->m->nodes, 0, NR_BULK, pages);
	after(w, SHADOW_LATENCY_PAGE_ALLOC_BULK, !nr, false);
	before(w);
	KUNIT_EXPECT_EQ(w->test, 0, shadow_free_pages_bulk(&w->sm->m->nodes, nr, pages));
	after(w, SHADOW_LATENCY_PAGE_FREE_BULK, false, false);
	before(w);
	got = shadow_kmem_cache_alloc_bulk(w->cache, 0, NR_BULK, objects);
	after(w, SHADOW_LATENCY_CACHE_ALLOC_BULK, got < NR_BULK, false);
	before(w);
	KUNIT_EXPECT_EQ(w->test, got, shadow_kmem_cache_free_bulk(w->cache, got, objects));
	after(w, SHADOW_LATENCY_CACHE_FREE_BULK, false, false);
}

/* Frames in a row, of which each is freed by itself */
static void runs(struct work *w)
{
	struct shadow_nodes *nodes = &w->sm->m->nodes;
	u64 nr_pages = 1 + shadow_test_below(&w->rnd, 40), pfn, va;
	bool wrong = !shadow_test_below(&w->rnd, 4);
	int err;

	before(w);
	va = shadow_alloc_pages_exact(nodes, nr_pages * SZ_4K,
				      wrong ? NO_SUCH_FLAG : 0);
	after(w, SHADOW_LATENCY_PAGE_ALLOC_EXACT, !va, false);
	before(w);
	err = shadow_free_pages_exact(nodes, va + !va, nr_pages * SZ_4K);
	after(w, SHADOW_LATENCY_PAGE_FREE_EXACT, err, false);
	KUNIT_EXPECT_EQ(w->test, !va, !!err);
	before(w);
	pfn = shadow_contig_alloc(nodes, wrong ? 2 * NR_PAGES : nr_pages, 1,
				  SHADOW_OWNER_SHARED);
	after(w, SHADOW_LATENCY_PAGE_ALLOC_CONTIG, !pfn, false);
	before(w);
	err = shadow_contig_free(nodes, pfn, nr_pages);
	after(w, SHADOW_LATENCY_PAGE_FREE_CONTIG, err, false);
	KUNIT_EXPECT_EQ(w->test, !pfn, !!err);
}

/* One operation, whatever it asks of kmalloc() and kfree() */
static void resize(struct work *w, struct slot *slot)
{
	u32 bytes = 1 + shadow_test_below(&w->rnd, shadow_test_below(&w->rnd, 2) ? 900 : 30000);
	u32 gfp = shadow_test_below(&w->rnd, 20) ? 0 : NO_SUCH_FLAG;
	bool moves, large = bytes > w->class_max;
	void *what;

	if (slot->kind != SLOT_KMALLOC)
		return;
	moves = bytes > shadow_ksize(&w->sm->slab, slot->what);
	before(w);
	what = shadow_krealloc(&w->sm->slab, slot->what, bytes, gfp);
	after(w, SHADOW_LATENCY_KREALLOC, !what, moves && (large || slot->large));
	if (!what)
		return;
	slot->what = what;
	if (moves)
		slot->large = large;
}

static bool of_pages(enum shadow_latency_op op)
{
	return op <= SHADOW_LATENCY_PAGE_FREE_CONTIG;
}

static void expect_rows(struct work *w, enum shadow_latency_op op)
{
	const struct want *want = &w->want[op];
	const char *name = shadow_latency_ops[op];
	unsigned int path;
	u64 sum = 0;

	for (path = 0; path < SHADOW_NR_LATENCY_PATHS; path++)
		sum += row(w, op, path);
	KUNIT_ASSERT_EQ_MSG(w->test, sum, want->calls, "%s", name);
	KUNIT_ASSERT_EQ_MSG(w->test, row(w, op, SHADOW_LATENCY_REFUSED), want->refused,
			    "%s", name);
	KUNIT_ASSERT_EQ_MSG(w->test, row(w, op, SHADOW_LATENCY_NEW), want->made, "%s", name);
	KUNIT_ASSERT_EQ_MSG(w->test, row(w, op, SHADOW_LATENCY_LARGE), want->large, "%s", name);
	KUNIT_ASSERT_EQ_MSG(w->test, row(w, op, SHADOW_LATENCY_TABLE), 0, "%s", name);
	if (!of_pages(op)) {
		KUNIT_ASSERT_EQ_MSG(w->test, row(w, op, SHADOW_LATENCY_BUDDY), 0, "%s", name);
		return;
	}
	/* What has moved something was under a zone's lock */
	KUNIT_ASSERT_GE_MSG(w->test, row(w, op, SHADOW_LATENCY_BUDDY) +
			    row(w, op, SHADOW_LATENCY_SLOW), want->moved, "%s", name);
	KUNIT_ASSERT_EQ_MSG(w->test, row(w, op, SHADOW_LATENCY_PARTIAL), 0, "%s", name);
}

static void by_chance(struct kunit *test, const char *engine)
{
	struct work *w = begin(test, engine);
	unsigned int i, op;

	for (i = 0; i < NR_STEPS; i++) {
		struct slot *slot = &w->slot[shadow_test_below(&w->rnd, NR_SLOTS)];

		if (slot->kind)
			give(w, slot);
		else
			take(w, slot);
		resize(w, &w->slot[shadow_test_below(&w->rnd, NR_SLOTS)]);
		if (!(i % 40)) {
			bulks(w);
			runs(w);
		}
		for (op = 0; op < SHADOW_NR_LATENCY_OPS && (i < 100 || !(i % 200)); op++)
			expect_rows(w, op);
	}
	for (op = 0; op <= SHADOW_LATENCY_KFREE; op++) {
		expect_rows(w, op);
		KUNIT_EXPECT_GT(test, w->want[op].calls, 100);
	}
	KUNIT_EXPECT_GT(test, w->want[SHADOW_LATENCY_KMALLOC].large, 10);
	KUNIT_EXPECT_GT(test, w->want[SHADOW_LATENCY_KMALLOC].made, 10);
	KUNIT_EXPECT_GT(test, w->want[SHADOW_LATENCY_KREALLOC].large, 10);
	KUNIT_EXPECT_GT(test, w->want[SHADOW_LATENCY_KREALLOC].made, 2);
	/* Frames in a row are looked for where the zone's lock is held */
	EXPECT_WENT(w, SHADOW_LATENCY_PAGE_ALLOC_CONTIG, SHADOW_LATENCY_BUDDY,
		    w->want[SHADOW_LATENCY_PAGE_ALLOC_CONTIG].calls -
		    w->want[SHADOW_LATENCY_PAGE_ALLOC_CONTIG].refused);
	KUNIT_EXPECT_GT(test, w->want[SHADOW_LATENCY_PAGE_ALLOC].moved, 10);
	for (i = 0; i < NR_SLOTS; i++)
		while (w->slot[i].kind)
			give(w, &w->slot[i]);
	finish(w);
}

static void rows_are_what_was_called(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(shadow_test_engines); i++)
		by_chance(test, shadow_test_engines[i]);
}

/* ------------------------------------------------------------------ by hand -- */

static void *get(struct work *w, unsigned int cpu)
{
	void *object = shadow_kmem_cache_alloc_cpu(w->cache, cpu, 0);

	KUNIT_ASSERT_NOT_NULL(w->test, object);
	return object;
}

static void put(struct work *w, unsigned int cpu, void *object)
{
	KUNIT_ASSERT_EQ(w->test, 0, shadow_kmem_cache_free_cpu(w->cache, cpu, object));
}

/* A CPU's slab, another's, and one that waits to be the CPU's again */
static void slub_by_hand(struct kunit *test)
{
	struct work *w = begin(test, "slub");
	u32 nr = w->cache->desc.objects, i;
	void **object = shadow_test_alloc(test, 2 * nr * sizeof(*object));

	for (i = 0; i < nr; i++)
		object[i] = get(w, 0);
	EXPECT_WENT(w, SHADOW_LATENCY_CACHE_ALLOC, SHADOW_LATENCY_NEW, 1);
	EXPECT_WENT(w, SHADOW_LATENCY_CACHE_ALLOC, SHADOW_LATENCY_FAST, nr - 1);
	/* Into its own slab, and as another CPU would */
	put(w, 0, object[0]);
	EXPECT_WENT(w, SHADOW_LATENCY_CACHE_FREE, SHADOW_LATENCY_FAST, 1);
	put(w, 1, object[1]);
	EXPECT_WENT(w, SHADOW_LATENCY_CACHE_FREE, SHADOW_LATENCY_PARTIAL, 1);
	object[0] = get(w, 0);
	EXPECT_WENT(w, SHADOW_LATENCY_CACHE_ALLOC, SHADOW_LATENCY_FAST, nr);
	/* What the other one has freed is fetched under the node's lock */
	object[1] = get(w, 0);
	EXPECT_WENT(w, SHADOW_LATENCY_CACHE_ALLOC, SHADOW_LATENCY_PARTIAL, 1);
	EXPECT_WENT(w, SHADOW_LATENCY_CACHE_ALLOC, SHADOW_LATENCY_NEW, 1);
	object[nr] = get(w, 0);
	EXPECT_WENT(w, SHADOW_LATENCY_CACHE_ALLOC, SHADOW_LATENCY_NEW, 2);
	KUNIT_EXPECT_NULL(test, shadow_kmem_cache_alloc_cpu(w->cache, 0, NO_SUCH_FLAG));
	EXPECT_WENT(w, SHADOW_LATENCY_CACHE_ALLOC, SHADOW_LATENCY_REFUSED, 1);
	finish(w);
}

/* A CPU's array: filled from a new slab, from slabs that there are, and emptied */
static void slab_by_hand(struct kunit *test)
{
	struct work *w = begin(test, "slab");
	void **object = shadow_test_alloc(test, NR_OBJECTS * sizeof(*object));
	u64 fast, partial;
	u32 i;

	object[0] = get(w, 0);
	EXPECT_WENT(w, SHADOW_LATENCY_CACHE_ALLOC, SHADOW_LATENCY_NEW, 1);
	object[1] = get(w, 0);
	EXPECT_WENT(w, SHADOW_LATENCY_CACHE_ALLOC, SHADOW_LATENCY_FAST, 1);
	for (i = 2; i < NR_OBJECTS; i++)
		object[i] = get(w, 0);
	put(w, 0, object[NR_OBJECTS - 1]);
	EXPECT_WENT(w, SHADOW_LATENCY_CACHE_FREE, SHADOW_LATENCY_FAST, 1);
	/* The array is full sooner or later: a batch leaves it for the node */
	for (i = NR_OBJECTS - 2; i; i--)
		put(w, 0, object[i]);
	fast = row(w, SHADOW_LATENCY_CACHE_FREE, SHADOW_LATENCY_FAST);
	partial = row(w, SHADOW_LATENCY_CACHE_FREE, SHADOW_LATENCY_PARTIAL);
	KUNIT_EXPECT_GT(test, partial, 0);
	KUNIT_EXPECT_GT(test, fast, 5 * partial);
	EXPECT_WENT(w, SHADOW_LATENCY_CACHE_FREE, SHADOW_LATENCY_FAST,
		    NR_OBJECTS - 1 - partial -
		    row(w, SHADOW_LATENCY_CACHE_FREE, SHADOW_LATENCY_NEW));
	partial = row(w, SHADOW_LATENCY_CACHE_ALLOC, SHADOW_LATENCY_PARTIAL);
	for (i = 1; i < 200; i++)
		object[i] = get(w, 0);
	KUNIT_EXPECT_GT(test, row(w, SHADOW_LATENCY_CACHE_ALLOC, SHADOW_LATENCY_PARTIAL),
			partial);
	finish(w);
}

/* No CPU has anything of its own: the shared page, or a new one */
static void slob_by_hand(struct kunit *test)
{
	struct work *w = begin(test, "slob");
	void *one = get(w, 0), *two;

	EXPECT_WENT(w, SHADOW_LATENCY_CACHE_ALLOC, SHADOW_LATENCY_FAST, 0);
	two = get(w, 1);
	EXPECT_WENT(w, SHADOW_LATENCY_CACHE_ALLOC, SHADOW_LATENCY_PARTIAL,
		    2 - row(w, SHADOW_LATENCY_CACHE_ALLOC, SHADOW_LATENCY_NEW));
	KUNIT_EXPECT_GT(test, row(w, SHADOW_LATENCY_CACHE_ALLOC, SHADOW_LATENCY_PARTIAL), 0);
	put(w, 0, one);
	EXPECT_WENT(w, SHADOW_LATENCY_CACHE_FREE, SHADOW_LATENCY_PARTIAL, 1);
	put(w, 0, two);
	EXPECT_WENT(w, SHADOW_LATENCY_CACHE_FREE, SHADOW_LATENCY_FAST, 0);
	finish(w);
}

/* Off a list that is not empty; off one that is; zeroed; where none is left */
static void pages_by_hand(struct kunit *test)
{
	struct work *w = begin(test, "slub");
	struct shadow_nodes *nodes = &w->sm->m->nodes;
	struct shadow_zone *zone = &nodes->node[0].zone[SHADOW_ZONE_NORMAL];
	struct shadow_page *page, *zeroed;

	shadow_pcp_drain(zone);
	page = shadow_alloc_pages_cpu(nodes, 0, SHADOW_GFP_MOVABLE, 0);
	EXPECT_WENT(w, SHADOW_LATENCY_PAGE_ALLOC, SHADOW_LATENCY_BUDDY, 1);
	KUNIT_ASSERT_EQ(test, 0, shadow_free_pages_cpu(nodes, 0, page, 0));
	page = shadow_alloc_pages_cpu(nodes, 0, SHADOW_GFP_MOVABLE, 0);
	EXPECT_WENT(w, SHADOW_LATENCY_PAGE_ALLOC, SHADOW_LATENCY_FAST, 1);
	KUNIT_ASSERT_EQ(test, 0, shadow_free_pages_cpu(nodes, 0, page, 0));
	zeroed = shadow_alloc_pages_cpu(nodes, 0, SHADOW_GFP_MOVABLE | SHADOW_GFP_ZERO, 0);
	EXPECT_WENT(w, SHADOW_LATENCY_PAGE_ALLOC, SHADOW_LATENCY_SPECIAL, 1);
	KUNIT_ASSERT_EQ(test, 0, shadow_free_pages_cpu(nodes, 0, zeroed, 0));
	zone->mark[SHADOW_WMARK_HIGH] = NR_PAGES;
	zone->mark[SHADOW_WMARK_LOW] = NR_PAGES;
	page = shadow_alloc_pages_cpu(nodes, 0, SHADOW_GFP_MOVABLE, 0);
	EXPECT_WENT(w, SHADOW_LATENCY_PAGE_ALLOC, SHADOW_LATENCY_SLOW, 1);
	zone->mark[SHADOW_WMARK_MIN] = NR_PAGES;
	KUNIT_EXPECT_NULL(test, shadow_alloc_pages_cpu(nodes, 0, SHADOW_GFP_MOVABLE, 0));
	EXPECT_WENT(w, SHADOW_LATENCY_PAGE_ALLOC, SHADOW_LATENCY_REFUSED, 1);
	/* A list of a zone without marks is short: frees look at its limit */
	EXPECT_WENT(w, SHADOW_LATENCY_PAGE_FREE, SHADOW_LATENCY_FAST,
		    3 - row(w, SHADOW_LATENCY_PAGE_FREE, SHADOW_LATENCY_BUDDY) -
		    row(w, SHADOW_LATENCY_PAGE_FREE, SHADOW_LATENCY_SPECIAL));
	finish(w);
}

static struct kunit_case ops_cases[] = {
	KUNIT_CASE(rows_are_what_was_called),
	KUNIT_CASE(slub_by_hand),
	KUNIT_CASE(slab_by_hand),
	KUNIT_CASE(slob_by_hand),
	KUNIT_CASE(pages_by_hand),
	{}
};

static struct kunit_suite ops_suite = {
	.name = "shadow_latency_ops",
	.test_cases = ops_cases,
};

kunit_test_suite(ops_suite);
MODULE_LICENSE("GPL");
