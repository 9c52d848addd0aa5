// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events against an account of their own: a sink follows which frames and which
 * objects are in use, by events alone, while a machine is worked on by chance.
 * What it knows has to be what the machine says after each step; counters have
 * to be what the sink has seen, and what several threads have done.
 */
#include "shadow_page_call.h"
#include "shadow_ring.h"
#include "shadow_test_slab.h"
#include "shadow_test_threads.h"

#define NR_PAGES	2048
#define NR_WORK_CPUS		2
#define NR_SLOTS	128
#define NR_STEPS	3000
#define NR_BULK		40
#define NR_THREADS	4
#ifdef __KERNEL__
#define NR_OPS		2000
#else
#define NR_OPS		20000
#endif

/**
 * struct seen - what events have told
 * @log: of which machine
 * @nr: how many of each
 * @sum: what they counted
 * @last: the last one of each
 * @frames: in use, by events
 * @objects: likewise
 * @page: which first frames are in use: their order plus 1
 * @nr_wrong: events that cannot have been
 */
struct seen {
	const struct shadow_event_log *log;
	u64 nr[SHADOW_NR_EVENTS];
	u64 sum[SHADOW_NR_EVENTS];
	struct shadow_event_args last[SHADOW_NR_EVENTS];
	s64 frames;
	s64 objects;
	u8 page[NR_PAGES];
	u32 nr_wrong;
};

static struct seen *seen;

static void follow_page(const struct shadow_event_args *args)
{
	u64 at = args->arg[0] - (SHADOW_TEST_BASE >> SHADOW_TEST_PAGE_SHIFT);
	bool alloc = args->id == SHADOW_EV_PAGE_ALLOC;

	if (at >= NR_PAGES || args->nr != BIT(args->arg[1]) ||
	    seen->page[at] != (alloc ? 0 : args->arg[1] + 1)) {
		seen->nr_wrong++;
		return;
	}
	seen->page[at] = alloc ? args->arg[1] + 1 : 0;
	seen->frames += alloc ? args->nr : -args->nr;
}

static void follow(const struct shadow_event_log *log,
		   const struct shadow_event_args *args)
{
	if (log != seen->log)
		return;
	seen->nr[args->id]++;
	seen->sum[args->id] += args->nr;
	seen->last[args->id] = *args;
	switch (args->id) {
	case SHADOW_EV_PAGE_ALLOC:
	case SHADOW_EV_PAGE_FREE:
		follow_page(args);
		break;
	case SHADOW_EV_KMALLOC:
	case SHADOW_EV_OBJECT_ALLOC:
		seen->objects++;
		break;
	case SHADOW_EV_KFREE:
	case SHADOW_EV_OBJECT_FREE:
		seen->objects--;
		break;
	default:
		break;
	}
}

static void listen(bool on)
{
	int id;

	for (id = 0; id < SHADOW_NR_EVENTS; id++)
		shadow_event_listen(id, on);
	shadow_event_enable(on);
	shadow_event_sink = on ? follow : NULL;
}

/* What a slot has: pages of an order, memory of kmalloc, or an object */
struct slot {
	enum { SLOT_NONE, SLOT_PAGES, SLOT_KMALLOC, SLOT_OBJECT } kind;
	unsigned int order;
	void *what;
};

struct work {
	struct kunit *test;
	struct shadow_test_slabs *sm;
	struct shadow_kmem_cache *cache;
	struct slot slot[NR_SLOTS];
	struct rnd_state rnd;
	s64 objects;
};

static void take(struct work *w, struct slot *slot)
{
	unsigned int cpu = shadow_test_below(&w->rnd, NR_WORK_CPUS);
	u32 bytes = shadow_test_below(&w->rnd, 4) ? 600 : 20000;

	slot->kind = SLOT_PAGES + shadow_test_below(&w->rnd, 3);
	slot->order = shadow_test_below(&w->rnd, 5);
	bytes = 1 + shadow_test_below(&w->rnd, bytes);
	if (slot->kind == SLOT_PAGES)
		slot->what = shadow_alloc_pages_cpu(&w->sm->m->nodes, cpu,
						    shadow_test_below(&w->rnd, 2) ?
						    SHADOW_GFP_ZERO : SHADOW_GFP_MOVABLE,
						    slot->order);
	else if (slot->kind == SLOT_KMALLOC)
		slot->what = shadow_kmalloc_cpu(&w->sm->slab, cpu, bytes, 0);
	else
		slot->what = shadow_kmem_cache_alloc_cpu(w->cache, cpu, 0);
	if (!slot->what)
		slot->kind = SLOT_NONE;
	w->objects += slot->kind > SLOT_PAGES;
	if (slot->kind != SLOT_KMALLOC)
		return;
	KUNIT_EXPECT_EQ(w->test, seen->last[SHADOW_EV_KMALLOC].arg[1], bytes);
	KUNIT_EXPECT_GE(w->test, seen->last[SHADOW_EV_KMALLOC].arg[2], bytes);
}

static void give(struct work *w, struct slot *slot)
{
	unsigned int cpu = shadow_test_below(&w->rnd, NR_WORK_CPUS);
	int err = 0;

	if (slot->kind == SLOT_PAGES)
		err = shadow_free_pages_cpu(&w->sm->m->nodes, cpu, slot->what,
					    slot->order);
	else if (slot->kind == SLOT_KMALLOC || shadow_test_below(&w->rnd, 2))
		err = shadow_kfree_cpu(&w->sm->slab, cpu, slot->what);
	else
		err = shadow_kmem_cache_free_cpu(w->cache, cpu, slot->what);
	/* "slob" does not know of which cache a piece is: kfree() refuses it */
	if (err && slot->kind == SLOT_OBJECT)
		err = shadow_kmem_cache_free_cpu(w->cache, cpu, slot->what);
	KUNIT_EXPECT_EQ(w->test, err, 0);
	w->objects -= slot->kind > SLOT_PAGES;
	slot->kind = SLOT_NONE;
}

/* Single frames and objects, many at once */
static void bulks(struct work *w)
{
	struct shadow_page *pages[NR_BULK] = {};
	void *objects[NR_BULK];
	unsigned int nr;

	nr = shadow_alloc_pages_bulk(&w->sm->m->nodes, SHADOW_GFP_KERNEL, NR_BULK,
				     pages);
	KUNIT_EXPECT_EQ(w->test, 0,
			shadow_free_pages_bulk(&w->sm->m->nodes, nr, pages));
	nr = shadow_kmem_cache_alloc_bulk(w->cache, 0, NR_BULK, objects);
	KUNIT_EXPECT_EQ(w->test, nr,
			shadow_kmem_cache_free_bulk(w->cache, nr, objects));
}

static void expect_alike(struct work *w, u64 in_use)
{
	struct shadow_test_machine *m = w->sm->m;
	int id;

	KUNIT_ASSERT_EQ(w->test, seen->nr_wrong, 0);
	KUNIT_ASSERT_EQ(w->test, seen->frames,
			(s64)(NR_PAGES - shadow_test_machine_free(m) - in_use));
	KUNIT_ASSERT_EQ(w->test, seen->objects, w->objects);
	for (id = 0; id < SHADOW_NR_EVENTS; id++)
		KUNIT_ASSERT_EQ_MSG(w->test, shadow_event_count(&m->events, id),
				    seen->sum[id], "%s", shadow_events[id].counter);
}

static void work(struct work *w, u64 in_use)
{
	unsigned int i;

	for (i = 0; i < NR_STEPS; i++) {
		struct slot *slot = &w->slot[shadow_test_below(&w->rnd, NR_SLOTS)];

		if (slot->kind)
			give(w, slot);
		else
			take(w, slot);
		if (!(i % 100))
			bulks(w);
		/* The first step whose event is missing is the one to see */
		if (i < 300 || !(i % 50))
			expect_alike(w, in_use);
	}
	for (i = 0; i < NR_SLOTS; i++)
		if (w->slot[i].kind)
			give(w, &w->slot[i]);
	expect_alike(w, in_use);
	KUNIT_EXPECT_EQ(w->test, w->objects, 0);
}

/* A machine whose log counts, and its cache */
static struct work *begin(struct kunit *test, const char *engine, u32 debug)
{
	struct shadow_slab_config cfg = {
		.engine = engine, .seed = 7, .debug = debug,
	};
	struct work *w = shadow_test_alloc(test, sizeof(*w));
	void *counts = shadow_test_alloc(test, shadow_event_bytes(NR_WORK_CPUS));

	w->test = test;
	w->sm = shadow_test_slabs(test, &cfg, NR_PAGES, NR_WORK_CPUS);
	shadow_event_set_counts(&w->sm->m->events, counts, NR_WORK_CPUS);
	shadow_test_seed(test, &w->rnd);
	w->cache = shadow_kmem_cache_create(&w->sm->slab, "watched", 200, 0, 0, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(w->cache));
	return w;
}

static void one_engine(struct kunit *test, const char *engine, u32 debug)
{
	struct work *w = begin(test, engine, debug);
	u64 in_use = NR_PAGES - shadow_test_machine_free(w->sm->m);

	seen = shadow_test_alloc(test, sizeof(*seen));
	seen->log = &w->sm->m->events;
	listen(true);
	work(w, in_use);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(w->cache), 0);
	KUNIT_EXPECT_EQ(test, seen->nr[SHADOW_EV_CACHE_DESTROY], 1);
	w->objects = seen->objects; /* the descriptor's own */
	expect_alike(w, in_use);
	listen(false);
	shadow_slab_fini(&w->sm->slab);
	KUNIT_EXPECT_EQ(test, shadow_event_count(&w->sm->m->events, SHADOW_EV_KMALLOC),
			seen->sum[SHADOW_EV_KMALLOC]);
}

static void events_are_what_happens(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(shadow_test_engines); i++)
		one_engine(test, shadow_test_engines[i], 0);
}

static void events_of_debugged_objects(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(shadow_test_engines); i++)
		one_engine(test, shadow_test_engines[i],
			   SHADOW_SLAB_POISON | SHADOW_SLAB_RED_ZONE);
}

/* A call that is refused has no event, and counts nothing */
static void refused_is_no_event(struct kunit *test)
{
	struct work *w = begin(test, "slub", 0);
	struct shadow_nodes *nodes = &w->sm->m->nodes;
	struct shadow_page *page;
	void *object;

	seen = shadow_test_alloc(test, sizeof(*seen));
	seen->log = &w->sm->m->events;
	listen(true);
	page = shadow_alloc_pages(nodes, SHADOW_GFP_KERNEL, 2);
	object = shadow_kmalloc(&w->sm->slab, 100, 0);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_NOT_NULL(test, object);
	KUNIT_EXPECT_EQ(test, seen->nr[SHADOW_EV_KMALLOC], 1);
	KUNIT_EXPECT_EQ(test, seen->nr[SHADOW_EV_OBJECT_ALLOC], 0);
	KUNIT_EXPECT_EQ(test, shadow_free_pages(nodes, page, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kfree(&w->sm->slab, object + 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, seen->nr[SHADOW_EV_PAGE_FREE], 0);
	KUNIT_EXPECT_EQ(test, seen->nr[SHADOW_EV_KFREE], 0);
	KUNIT_EXPECT_NULL(test, shadow_alloc_pages(nodes, SHADOW_GFP_KERNEL, 60));
	KUNIT_EXPECT_EQ(test, seen->nr[SHADOW_EV_PAGE_REFUSED], 1);
	KUNIT_EXPECT_EQ(test, shadow_free_pages(nodes, page, 2), 0);
	KUNIT_EXPECT_EQ(test, seen->nr[SHADOW_EV_PAGE_FREE], 1);
	KUNIT_EXPECT_EQ(test, seen->last[SHADOW_EV_PAGE_FREE].arg[0],
			shadow_page_to_pfn(nodes, page));
	KUNIT_EXPECT_EQ(test, shadow_kfree(&w->sm->slab, object), 0);
	KUNIT_EXPECT_EQ(test, shadow_kfree(&w->sm->slab, NULL), 0);
	KUNIT_EXPECT_EQ(test, seen->nr[SHADOW_EV_KFREE], 1);
	listen(false);
}

struct counted {
	struct shadow_test_thread t;
	struct work *w;
	unsigned int nr;
	u64 nr_frames;
	u64 nr_objects;
	u64 nr_kmalloc;
};

static void count_on(void *arg)
{
	struct counted *c = arg;
	unsigned int cpu = c->nr % NR_WORK_CPUS, i;

	for (i = 0; i < NR_OPS; i++) {
		unsigned int order = i % 5 == 4 ? 4 : i & 1;
		struct shadow_page *page =
			shadow_alloc_pages_cpu(&c->w->sm->m->nodes, cpu,
					       SHADOW_GFP_KERNEL, order);
		void *object = shadow_kmem_cache_alloc_cpu(c->w->cache, cpu, 0);
		void *memory = shadow_kmalloc_cpu(&c->w->sm->slab, cpu, 64, 0);

		c->nr_frames += page ? BIT(order) : 0;
		c->nr_objects += !!object;
		c->nr_kmalloc += !!memory;
		if (page)
			shadow_free_pages_cpu(&c->w->sm->m->nodes, cpu, page, order);
		if (object)
			shadow_kmem_cache_free_cpu(c->w->cache, !cpu, object);
		if (memory)
			shadow_kfree_cpu(&c->w->sm->slab, cpu, memory);
	}
}

/* Nothing is lost where several CPUs, and several threads of one, count */
static void threads_count(struct kunit *test, const char *engine)
{
	struct work *w = begin(test, engine, 0);
	struct counted *c = shadow_test_alloc(test, NR_THREADS * sizeof(*c));
	u64 frames = 0, objects = 0, kmalloc = 0;
	struct shadow_event_log *log = &w->sm->m->events;
	unsigned int i;

	shadow_event_enable(true);
	for (i = 0; i < NR_THREADS; i++) {
		c[i].t.run = count_on;
		c[i].t.arg = &c[i];
		c[i].w = w;
		c[i].nr = i;
		KUNIT_ASSERT_EQ(test, shadow_test_thread_start(&c[i].t), 0);
	}
	for (i = 0; i < NR_THREADS; i++) {
		shadow_test_thread_join(&c[i].t);
		frames += c[i].nr_frames;
		objects += c[i].nr_objects;
		kmalloc += c[i].nr_kmalloc;
	}
	shadow_event_enable(false);
	KUNIT_EXPECT_EQ(test, shadow_event_count(log, SHADOW_EV_OBJECT_ALLOC), objects);
	KUNIT_EXPECT_EQ(test, shadow_event_count(log, SHADOW_EV_OBJECT_FREE), objects);
	KUNIT_EXPECT_EQ(test, shadow_event_count(log, SHADOW_EV_KMALLOC), kmalloc);
	KUNIT_EXPECT_EQ(test, shadow_event_count(log, SHADOW_EV_KFREE), kmalloc);
	/* Slabs have frames, too: what threads did is in both sums */
	KUNIT_EXPECT_GE(test, shadow_event_count(log, SHADOW_EV_PAGE_ALLOC), frames);
	KUNIT_EXPECT_GE(test, shadow_event_count(log, SHADOW_EV_PAGE_FREE), frames);
	KUNIT_EXPECT_EQ(test, shadow_event_count(log, SHADOW_EV_SLAB_NEW) == 0,
			shadow_event_count(log, SHADOW_EV_PAGE_ALLOC) == frames);
}

static void counters_of_threads(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(shadow_test_engines); i++)
		threads_count(test, shadow_test_engines[i]);
}

static struct kunit_case watch_cases[] = {
	KUNIT_CASE(events_are_what_happens),
	KUNIT_CASE(events_of_debugged_objects),
	KUNIT_CASE(refused_is_no_event),
	KUNIT_CASE(counters_of_threads),
	{}
};

static struct kunit_suite watch_suite = {
	.name = "shadow_event_watch",
	.test_cases = watch_cases,
};

kunit_test_suite(watch_suite);
MODULE_LICENSE("GPL");
