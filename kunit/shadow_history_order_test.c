// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite of the order of a history: what four threads have done to a machine at
 * the same time, under the eyes of somebody who looks at all of it and keeps
 * locks meanwhile, is done again by one thread to another machine, in the order
 * of the ring. Each record has to come out again, and the whole state. A flat
 * model follows the records as well: nothing is had by two at a time.
 */
#include "shadow_page_call.h"
#include "shadow_ring.h"
#include "shadow_slab_debug.h"
#include "shadow_test_break.h"
#include "shadow_test_state.h"
#include "shadow_test_threads.h"

#define NR_THREADS	4
#define NR_SLOTS	64
#define NR_BULK		24
#ifdef __KERNEL__
#define NR_OPS		500
#define RECORDS		SZ_64K
#else
#define NR_OPS		6000
#define RECORDS		SZ_1M
#endif

/**
 * struct crowd - what threads share
 * @rig: the machine
 * @things: a cache
 * @nr_working: workers that have not ended
 * @nr_looks: how often somebody has looked at everything
 * @nr_bad: frees that were refused, walks that found something
 */
struct crowd {
	struct rig *rig;
	struct shadow_kmem_cache *things;
	atomic_t nr_working;
	atomic_t nr_looks;
	atomic_t nr_bad;
};

/**
 * struct member - one thread, and what it has
 * @c: all of them
 * @cpu: whose lists it uses, most of the time
 * @rnd: its chance
 * @t: the thread
 * @page: blocks
 * @order: their orders
 * @object: of kmalloc
 * @thing: of the cache
 */
struct member {
	struct crowd *c;
	u32 cpu;
	struct rnd_state rnd;
	struct shadow_test_thread t;
	struct shadow_page *page[NR_SLOTS];
	u32 order[NR_SLOTS];
	void *object[NR_SLOTS];
	void *thing[NR_SLOTS];
};

/* -------------------------------------------------------------- the threads -- */

static u32 any_cpu(struct member *m)
{
	return shadow_test_below(&m->rnd, 6) ? m->cpu :
	       shadow_test_below(&m->rnd, NR_CPUS_HERE);
}

static void page_op(struct member *m, u32 slot)
{
	static const u32 gfp[] = {
		0, SHADOW_GFP_MOVABLE, SHADOW_GFP_RECLAIMABLE, SHADOW_GFP_ATOMIC,
		SHADOW_GFP_DMA, SHADOW_GFP_NOWAIT,
	};
	struct shadow_nodes *nodes = &m->c->rig->mm.nodes;
	u32 how;

	if (m->page[slot]) {
		if (shadow_free_pages_cpu(nodes, any_cpu(m), m->page[slot], m->order[slot]))
			atomic_inc(&m->c->nr_bad);
		m->page[slot] = NULL;
		return;
	}
	m->order[slot] = shadow_test_below(&m->rnd, 3) ? 0 : shadow_test_below(&m->rnd, 6);
	how = gfp[shadow_test_below(&m->rnd, ARRAY_SIZE(gfp))];
	m->page[slot] = shadow_alloc_pages_cpu(nodes, any_cpu(m), how, m->order[slot]);
}

static void many_op(struct member *m)
{
	struct shadow_nodes *nodes = &m->c->rig->mm.nodes;
	struct shadow_page *page[NR_BULK] = {};
	u32 nr = shadow_alloc_pages_bulk_cpu(nodes, any_cpu(m), 0,
					     1 + shadow_test_below(&m->rnd, NR_BULK), page);

	shadow_free_pages_bulk_cpu(nodes, any_cpu(m), nr, page);
}

static void object_op(struct member *m, u32 slot)
{
	struct shadow_slab *slab = &m->c->rig->mm.slab;
	u32 most = shadow_test_below(&m->rnd, 20) ? 600 : 20000;

	if (m->object[slot]) {
		if (shadow_kfree_cpu(slab, any_cpu(m), m->object[slot]))
			atomic_inc(&m->c->nr_bad);
		m->object[slot] = NULL;
		return;
	}
	m->object[slot] = shadow_kmalloc_cpu(slab, any_cpu(m),
					     1 + shadow_test_below(&m->rnd, most), 0);
}

static void thing_op(struct member *m, u32 slot)
{
	if (m->thing[slot]) {
		if (shadow_kmem_cache_free_cpu(m->c->things, any_cpu(m), m->thing[slot]))
			atomic_inc(&m->c->nr_bad);
		m->thing[slot] = NULL;
		return;
	}
	m->thing[slot] = shadow_kmem_cache_alloc_cpu(m->c->things, any_cpu(m), 0);
}

static void drain(struct member *m)
{
	struct shadow_zone *zone;

	for (zone = shadow_first_zone(&m->c->rig->mm.nodes); zone;
	     zone = shadow_next_zone(zone))
		if (shadow_zone_populated(zone))
			shadow_pcp_drain(zone);
}

static void work(void *arg)
{
	struct member *m = arg;
	u32 i, what, slot;

	for (i = 0; i < NR_OPS; i++) {
		what = shadow_test_below(&m->rnd, 100);
		slot = shadow_test_below(&m->rnd, NR_SLOTS);
		if (what < 40)
			page_op(m, slot);
		else if (what < 45)
			many_op(m);
		else if (what < 75)
			object_op(m, slot);
		else if (what < 98)
			thing_op(m, slot);
		else if (what < 99)
			drain(m);
		else
			shadow_kmem_cache_shrink(m->c->things);
		if (i % 64 == 0)
			cond_resched();
	}
	atomic_dec(&m->c->nr_working);
}

/* Keeps the lists' and the zones' locks, and those of the CPUs' slabs */
static void look(void *arg)
{
	struct member *m = arg;
	struct rig *rig = m->c->rig;

	do {
		look_at_all(rig, &m->rnd);
		atomic_inc(&m->c->nr_looks);
		cond_resched();
	} while (atomic_read(&m->c->nr_working));
}

static void run_crowd(struct kunit *test, struct crowd *c)
{
	struct member *m = shadow_test_alloc(test, (NR_THREADS + 1) * sizeof(*m));
	struct rnd_state rnd;
	u32 i, started;

	shadow_test_seed(test, &rnd);
	atomic_set(&c->nr_working, NR_THREADS);
	for (started = 0; started <= NR_THREADS; started++) {
		m[started].c = c;
		m[started].cpu = started % NR_CPUS_HERE;
		prandom_seed_state(&m[started].rnd, prandom_u32_state(&rnd));
		m[started].t.run = started < NR_THREADS ? work : look;
		m[started].t.arg = &m[started];
		if (shadow_test_thread_start(&m[started].t))
			break;
	}
	if (started < NR_THREADS)
		atomic_sub(NR_THREADS - started, &c->nr_working);
	for (i = 0; i < started; i++)
		shadow_test_thread_join(&m[i].t);
	KUNIT_ASSERT_EQ(test, started, NR_THREADS + 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&c->nr_bad), 0);
	KUNIT_EXPECT_GT(test, atomic_read(&c->nr_looks), 0);
}

/* ---------------------------------------------------------------- the model -- */

/**
 * struct flat - who has what, by the records alone
 * @pages: frames that were asked for as such
 * @object: per 8 bytes of the block: one begins there
 * @nr_bad: what cannot have been
 * @nr: operations that it has followed
 */
struct flat {
	struct shadow_test_model pages;
	u8 *object;
	u32 nr_bad;
	u32 nr;
};

static void follow_object(struct flat *flat, u64 pa, bool alloc)
{
	u8 *begins = &flat->object[(pa - SHADOW_TEST_BASE) / 8];

	flat->nr_bad += *begins == alloc;
	*begins = alloc;
}

static void follow_pages(struct flat *flat, u64 pfn, u64 nr, bool alloc)
{
	flat->nr_bad += (alloc ? shadow_test_model_take(&flat->pages, pfn, nr, 1) :
				 shadow_test_model_give(&flat->pages, pfn, nr, 1)) != nr;
}

static void follow(struct flat *flat, const struct shadow_ring_record *op)
{
	flat->nr++;
	if (op->err)
		return;
	switch (op->id & ~SHADOW_RING_OP) {
	case SHADOW_OP_ALLOC_PAGES:
		follow_pages(flat, op->arg[3], 1ULL << op->arg[1], true);
		break;
	case SHADOW_OP_FREE_PAGES:
		follow_pages(flat, op->arg[0], 1ULL << op->arg[1], false);
		break;
	case SHADOW_OP_KMALLOC:
		follow_object(flat, op->arg[3], true);
		break;
	case SHADOW_OP_KFREE:
		follow_object(flat, op->arg[0], false);
		break;
	case SHADOW_OP_CACHE_ALLOC:
		follow_object(flat, op->arg[3], true);
		break;
	case SHADOW_OP_CACHE_FREE:
		follow_object(flat, op->arg[2], false);
		break;
	default:
		break;
	}
}

/* ------------------------------------------------------------ and once more -- */

static void again_bulk(struct shadow_mm *mm, const struct shadow_ring *ring,
		       const struct shadow_ring_record *op, bool alloc)
{
	struct shadow_page *page[NR_BULK] = {};
	struct shadow_ring_record more = {};
	u64 nr = alloc ? op->arg[1] : op->arg[0], seq = op->seq, i, at = 0;

	if (alloc) {
		shadow_alloc_pages_bulk_cpu(&mm->nodes, op->arg[2], op->arg[0], nr, page);
		return;
	}
	while (at < nr && shadow_ring_read(ring, ++seq, &more) &&
	       more.id == SHADOW_RING_MORE)
		for (i = 0; i < more.err / sizeof(u64) && at < nr; i++)
			page[at++] = shadow_pfn_to_page(&mm->nodes, more.arg[i]);
	shadow_free_pages_bulk_cpu(&mm->nodes, op->arg[1], at, page);
}

static struct shadow_zone *zone_of(struct shadow_mm *mm, u64 number)
{
	return &mm->nodes.node[number / SHADOW_MAX_NR_ZONES]
			 .zone[number % SHADOW_MAX_NR_ZONES];
}

static bool again(struct shadow_mm *mm, const struct shadow_ring *ring,
		  const struct shadow_ring_record *op)
{
	struct shadow_kmem_cache *caches = mm->slab.caches;
	struct shadow_nodes *nodes = &mm->nodes;
	const u64 *arg = op->arg;

	switch (op->id & ~SHADOW_RING_OP) {
	case SHADOW_OP_ALLOC_PAGES:
		shadow_alloc_pages_cpu(nodes, arg[2], arg[0], arg[1]);
		return true;
	case SHADOW_OP_FREE_PAGES:
		shadow_free_pages_cpu(nodes, arg[2], shadow_pfn_to_page(nodes, arg[0]),
				      arg[1]);
		return true;
	case SHADOW_OP_ALLOC_BULK:
	case SHADOW_OP_FREE_BULK:
		again_bulk(mm, ring, op, (op->id & ~SHADOW_RING_OP) == SHADOW_OP_ALLOC_BULK);
		return true;
	case SHADOW_OP_KMALLOC:
		shadow_kmalloc_cpu(&mm->slab, arg[2], arg[0], arg[1]);
		return true;
	case SHADOW_OP_KFREE:
		shadow_kfree_cpu(&mm->slab, arg[1], shadow_phys_to_virt(&mm->block, arg[0]));
		return true;
	case SHADOW_OP_CACHE_ALLOC:
		shadow_kmem_cache_alloc_cpu(&caches[arg[0]], arg[2], arg[1]);
		return true;
	case SHADOW_OP_CACHE_FREE:
		shadow_kmem_cache_free_cpu(&caches[arg[0]], arg[1],
					   shadow_phys_to_virt(&mm->block, arg[2]));
		return true;
	case SHADOW_OP_CACHE_SHRINK:
		shadow_kmem_cache_shrink(&caches[arg[0]]);
		return true;
	case SHADOW_OP_PCP_DRAIN:
		shadow_pcp_drain_cpu(zone_of(mm, arg[0]), arg[1]);
		return true;
	default:
		return false;
	}
}

/* But for who and when, which are another thread and another time */
static bool same_record(const struct shadow_ring *a, const struct shadow_ring *b, u64 seq)
{
	struct shadow_ring_record was, is;

	return shadow_ring_read(a, seq, &was) && shadow_ring_read(b, seq, &is) &&
	       was.id == is.id && was.err == is.err &&
	       !memcmp(was.arg, is.arg, sizeof(was.arg));
}

static void run_again(struct kunit *test, struct shadow_mm *mm,
		      const struct shadow_ring *ring, u64 from, struct flat *flat)
{
	u64 last = shadow_ring_last(ring), at = from, seq;
	struct shadow_ring_record op;

	for (seq = from + 1; seq <= last; seq++) {
		KUNIT_ASSERT_TRUE(test, shadow_ring_read(ring, seq, &op));
		if (!(op.id & SHADOW_RING_OP) || op.id == SHADOW_RING_MORE)
			continue;
		follow(flat, &op);
		KUNIT_ASSERT_TRUE_MSG(test, again(mm, ring, &op), "operation %#x", op.id);
		while (at < shadow_ring_last(mm->ring))
			if (!same_record(ring, mm->ring, ++at)) {
				char was[SHADOW_RING_LINE], is[SHADOW_RING_LINE];

				shadow_ring_read(ring, at, &op);
				shadow_ring_format(&op, was, sizeof(was));
				shadow_ring_read(mm->ring, at, &op);
				shadow_ring_format(&op, is, sizeof(is));
				KUNIT_FAIL_AND_ABORT(test, "was: %s, again: %s", was, is);
			}
	}
	KUNIT_EXPECT_EQ(test, shadow_ring_last(mm->ring), last);
}

/* ---------------------------------------------------------------- the cases -- */

static int order_init(struct kunit *test)
{
	int err = break_init(test);
	struct rig *rig = test->priv;

	if (err)
		return err;
	rig->mm.cfg.ring = RECORDS;
	return 0;
}

static struct shadow_kmem_cache *new_things(struct kunit *test, struct shadow_mm *mm)
{
	struct shadow_kmem_cache *cache =
		shadow_kmem_cache_create(&mm->slab, "things", 200, 0, 0, NULL);

	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(cache));
	return cache;
}

/* A second machine, at the same physical addresses */
static struct shadow_mm *twin_of(struct kunit *test, const struct shadow_mm *mm)
{
	struct shadow_mm *twin = shadow_test_alloc(test, sizeof(*twin));

	twin->cfg = mm->cfg;
	twin->host = mm->host;
	twin->nr_cpus = mm->nr_cpus;
	twin->cpu_id = mm->cpu_id;
	twin->places = mm->places;
	strscpy(twin->name, mm->name, sizeof(twin->name));
	shadow_test_block(test, &twin->block, SHADOW_TEST_BASE, BLOCK_BYTES);
	KUNIT_ASSERT_EQ(test, shadow_boot_up(twin), 0);
	return twin;
}

struct states {
	struct shadow_test_state was;
	struct shadow_test_state is;
};

static void order_with(struct kunit *test, const char *engine)
{
	struct states *states = shadow_test_alloc(test, sizeof(*states));
	struct flat *flat = shadow_test_alloc(test, sizeof(*flat));
	struct crowd *c = shadow_test_alloc(test, sizeof(*c));
	struct rig *rig = test->priv;
	struct shadow_mm *mm = &rig->mm, *twin;
	u64 from;

	mm->cfg.slab = engine;
	reboot(test, rig);
	twin = twin_of(test, mm);
	c->rig = rig;
	c->things = new_things(test, mm);
	new_things(test, twin);
	from = shadow_ring_last(mm->ring);
	KUNIT_ASSERT_EQ(test, shadow_ring_last(twin->ring), from);
	shadow_test_state_take(test, mm, &states->was);
	shadow_test_state_take(test, twin, &states->is);
	SHADOW_TEST_STATE_EQUAL(test, &states->was, &states->is, "booted");

	run_crowd(test, c);
	KUNIT_ASSERT_EQ(test, shadow_ring_lost(mm->ring), 0);
	shadow_test_model_init(test, &flat->pages, SHADOW_TEST_BASE >> 12, BLOCK_BYTES >> 12);
	flat->object = shadow_test_alloc(test, BLOCK_BYTES / 8);
	run_again(test, twin, mm->ring, from, flat);
	KUNIT_EXPECT_EQ(test, flat->nr_bad, 0);
	KUNIT_EXPECT_GE(test, flat->nr, NR_THREADS * NR_OPS);
	shadow_test_state_take(test, mm, &states->was);
	shadow_test_state_take(test, twin, &states->is);
	SHADOW_TEST_STATE_EQUAL(test, &states->was, &states->is, "run again");
	kunit_info(test, "%s: %u operations, %llu records, looked at %d times, states of %zu bytes\n",
		   engine, flat->nr, shadow_ring_last(mm->ring) - from,
		   atomic_read(&c->nr_looks), states->was.nr);
	shadow_boot_down(twin);
}

static void order_slub(struct kunit *test)
{
	order_with(test, "slub");
}

static void order_slab(struct kunit *test)
{
	order_with(test, "slab");
}

static void order_slob(struct kunit *test)
{
	order_with(test, "slob");
}

/**
 * struct holder - somebody who looks at a zone's lists
 * @zone: the zone
 * @nr_held: how often he has begun to
 * @t: the thread
 */
struct holder {
	struct shadow_zone *zone;
	atomic_t nr_held;
	struct shadow_test_thread t;
};

static void hold_lists(void *arg)
{
	struct holder *h = arg;
	unsigned long irqflags = shadow_pcp_lock_all(h->zone);
	u64 end = ktime_get_ns() + 3000000;

	atomic_inc(&h->nr_held);
	while (ktime_get_ns() < end)
		cpu_relax();
	shadow_pcp_unlock_all(h->zone, irqflags);
}

/* From here on the lists are locked for a while, or were */
static void begin_to_hold(struct kunit *test, struct holder *h)
{
	int nr = atomic_read(&h->nr_held);

	h->t.run = hold_lists;
	h->t.arg = h;
	KUNIT_ASSERT_EQ(test, shadow_test_thread_start(&h->t), 0);
	while (atomic_read(&h->nr_held) == nr)
		cond_resched();
}

/* What comes of an operation does not depend on who keeps a lock just then */
static void who_looks_makes_no_difference(struct kunit *test)
{
	struct holder *h = shadow_test_alloc(test, sizeof(*h));
	struct rig *rig = test->priv;
	struct shadow_nodes *nodes = &rig->mm.nodes;
	struct shadow_page *page, *next;
	u32 count;

	reboot(test, rig);
	page = shadow_alloc_pages_cpu(nodes, 0, 0, 0);
	KUNIT_ASSERT_NOT_NULL(test, page);
	h->zone = shadow_page_zone(nodes, page);
	KUNIT_ASSERT_NOT_NULL(test, h->zone->pcp);
	KUNIT_ASSERT_EQ(test, shadow_free_pages_cpu(nodes, 0, page, 0), 0);
	count = h->zone->pcp[0].count;
	KUNIT_ASSERT_GT(test, count, 0);
	/* The newest one of the list, as if nobody were there */
	begin_to_hold(test, h);
	next = shadow_alloc_pages_cpu(nodes, 0, 0, 0);
	KUNIT_EXPECT_PTR_EQ(test, next, page);
	KUNIT_EXPECT_EQ(test, h->zone->pcp[0].count, count - 1);
	shadow_test_thread_join(&h->t);
	begin_to_hold(test, h);
	KUNIT_EXPECT_EQ(test, shadow_free_pages_cpu(nodes, 0, next, 0), 0);
	KUNIT_EXPECT_EQ(test, h->zone->pcp[0].count, count);
	shadow_test_thread_join(&h->t);
}

static struct kunit_case shadow_history_order_cases[] = {
	KUNIT_CASE_SLOW(order_slub),
	KUNIT_CASE_SLOW(order_slab),
	KUNIT_CASE_SLOW(order_slob),
	KUNIT_CASE(who_looks_makes_no_difference),
	{}
};

static struct kunit_suite shadow_history_order_suite = {
	.name = "shadow_history_order",
	.init = order_init,
	.exit = rig_exit,
	.test_cases = shadow_history_order_cases,
};

kunit_test_suite(shadow_history_order_suite);
