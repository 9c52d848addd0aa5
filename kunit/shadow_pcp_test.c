// SPDX-License-Identifier: GPL-2.0-only
/* Per-CPU lists: how long they get, in which order they give, and what breaks them */
#include "shadow_test_machine.h"
#include "shadow_watermark.h"

#define NR_PAGES	65536
#define NR_CPUS_	2

static struct shadow_zone *normal(struct shadow_test_machine *m)
{
	return &m->nodes.node[0].zone[SHADOW_ZONE_NORMAL];
}

/* 256 MiB without contents, two CPUs */
static struct shadow_test_machine *machine(struct kunit *test, const char *policy)
{
	struct shadow_test_machine *m;
	struct shadow_block block;

	shadow_test_block_bare(&block, SHADOW_TEST_BASE,
			       (u64)NR_PAGES << SHADOW_TEST_PAGE_SHIFT);
	m = shadow_test_machine_begin(test, &block);
	m->nodes.pcp_policy = shadow_pcp_policy(policy);
	KUNIT_ASSERT_NOT_NULL(test, m->nodes.pcp_policy);
	KUNIT_ASSERT_EQ(test, shadow_memblock_add(&m->mb, block.base, block.bytes), 0);
	shadow_test_machine_boot(test, m, NR_CPUS_);
	shadow_watermark_init(&m->nodes);
	shadow_pcp_setup(&m->nodes);
	return m;
}

static void expect_size(struct kunit *test, struct shadow_test_machine *m,
			u32 batch, u32 high_min, u32 high_max)
{
	KUNIT_EXPECT_EQ(test, normal(m)->pcp_batch, batch);
	KUNIT_EXPECT_EQ(test, normal(m)->pcp_high_min, high_min);
	KUNIT_EXPECT_EQ(test, normal(m)->pcp_high_max, high_max);
}

/*
 * By hand: 65536 / 1024 = 64 frames; a quarter 16; 16 * 1.5 = 24, down to 16,
 * less 1. The low mark is 640 frames: 320 for each CPU. An eighth of the zone
 * is 8192, 4096 each. Until 4.14 six batches, or the fraction, of which a
 * quarter is a batch, up to eight times the bits of a page's offset.
 */
static void sizes(struct kunit *test)
{
	struct shadow_test_machine *m = machine(test, "on");

	KUNIT_EXPECT_EQ(test, normal(m)->mark[SHADOW_WMARK_LOW], 640);
	expect_size(test, m, 15, 320, 4096);
	KUNIT_EXPECT_EQ(test, m->nodes.pcp_huge_order, 9);
	m->nodes.pcp_high_fraction = 16;
	shadow_pcp_setup(&m->nodes);
	expect_size(test, m, 15, 2048, 2048);
	m->nodes.pcp_high_fraction = 65536;
	shadow_pcp_setup(&m->nodes);
	expect_size(test, m, 15, 60, 60);

	m = machine(test, "hotcold");
	expect_size(test, m, 15, 90, 90);
	m->nodes.pcp_high_fraction = 1024;
	shadow_pcp_setup(&m->nodes);
	expect_size(test, m, 16, 64, 64);
	m->nodes.pcp_high_fraction = 64;
	shadow_pcp_setup(&m->nodes);
	expect_size(test, m, 96, 1024, 1024);
}

/* ------------------------------------------------- a model of the numbers -- */

/*
 * What 6.12 says of one CPU's lists, in plain numbers: nothing here looks at
 * the lists that are tested. Blocks by list, twelve small ones and two of huge
 * pages.
 */
struct numbers {
	int batch, low, most;
	int count, high, factor, freed;
	bool prev_high, reclaim, below;
	int blocks[14];
};

static int list_at(unsigned int order, unsigned int mt)
{
	return order == 9 ? 12 + (mt == 1) : 3 * order + mt;
}

static int order_at(int list)
{
	return list >= 12 ? 9 : list / 3;
}

static void into_limits(struct numbers *n)
{
	if (n->high > n->most)
		n->high = n->most;
	if (n->high < n->low)
		n->high = n->low;
}

static int fetched(struct numbers *n, unsigned int order)
{
	int want = n->batch, room;

	into_limits(n);
	if (!order)
		want *= 1 << n->factor;
	if (n->low != n->most && !n->below)
		n->high = n->high + want < n->most ? n->high + want : n->most;
	if (order)
		return want >> order > 2 ? want >> order : 2;
	room = n->high - n->count - n->batch;
	if (room < n->batch)
		room = n->batch;
	if (want <= room && n->factor < 5)
		n->factor++;
	return want < room ? want : room;
}

static void model_alloc(struct numbers *n, unsigned int order, unsigned int mt)
{
	int *blocks = &n->blocks[list_at(order, mt)], nr;

	n->freed = n->freed / 2;
	if (!*blocks) {
		nr = fetched(n, order);
		*blocks = nr;
		n->count += nr << order;
	}
	--*blocks;
	n->count -= 1 << order;
}

static void model_return(struct numbers *n, int nr, int list)
{
	if (nr > n->count)
		nr = n->count;
	for (; nr > 0; list = (list + 1) % 14) {
		while (nr > 0 && n->blocks[list]) {
			n->blocks[list]--;
			n->count -= 1 << order_at(list);
			nr -= 1 << order_at(list);
		}
	}
}

static void model_free(struct numbers *n, unsigned int order, unsigned int mt)
{
	int list = list_at(order, mt), at, nr;
	bool all = false;

	n->factor /= 2;
	n->blocks[list]++;
	n->count += 1 << order;
	if (order > 0 && order <= 3)
		all = n->prev_high && n->freed >= n->batch;
	n->prev_high = order > 0 && order <= 3;
	if (n->freed < 32 * n->batch)
		n->freed += 1 << order;
	into_limits(n);
	at = n->high;
	nr = n->freed > n->batch ? n->freed : n->batch;
	if (all) {
		n->high = n->high - 32 * n->batch > n->low ? n->high - 32 * n->batch : n->low;
		model_return(n, 32 * n->batch, list);
		return;
	}
	if (n->reclaim || (n->below && n->low != n->most)) {
		n->high = n->high - nr > n->low ? n->high - nr : n->low;
		if (n->reclaim)
			at = 4 * n->batch < n->high ? 4 * n->batch : n->high;
		else
			at = n->count > n->low ? n->count : n->low;
	} else if (n->low != n->most && n->count >= at && at < n->freed + n->batch) {
		n->high = n->freed + n->batch;
		into_limits(n);
	}
	if (n->count < at)
		return;
	if (nr > at - n->batch)
		nr = at - n->batch;
	model_return(n, nr, list);
}

#define NR_STEPS	60000
#define MAX_LIVE	6000

struct trip {
	struct shadow_test_machine *m;
	struct rnd_state rnd;
	struct numbers numbers[NR_CPUS_];
	struct shadow_page *live[MAX_LIVE];
	u8 order[MAX_LIVE];
	unsigned int nr_live;
};

static void expect_numbers(struct kunit *test, struct trip *t, unsigned int cpu)
{
	const struct shadow_pcp *pcp = &normal(t->m)->pcp[cpu];
	const struct numbers *n = &t->numbers[cpu];

	KUNIT_ASSERT_EQ(test, pcp->count, n->count);
	KUNIT_ASSERT_EQ(test, pcp->high, n->high);
	KUNIT_ASSERT_EQ(test, pcp->alloc_factor, n->factor);
	KUNIT_ASSERT_EQ(test, pcp->free_count, n->freed);
	KUNIT_ASSERT_EQ(test, !!(pcp->flags & SHADOW_PCP_PREV_FREE_HIGH), n->prev_high);
}

static void trip_alloc(struct kunit *test, struct trip *t, unsigned int cpu,
		       unsigned int order)
{
	static const u32 mobility[] = { 0, SHADOW_GFP_MOVABLE, SHADOW_GFP_RECLAIMABLE };
	unsigned int mt = shadow_test_below(&t->rnd, 3);
	struct shadow_page *page;

	page = shadow_alloc_pages_cpu(&t->m->nodes, cpu, mobility[mt], order);
	KUNIT_ASSERT_NOT_NULL(test, page);
	model_alloc(&t->numbers[cpu], order, mt);
	t->live[t->nr_live] = page;
	t->order[t->nr_live++] = order;
}

static void trip_free(struct kunit *test, struct trip *t, unsigned int cpu)
{
	unsigned int which = shadow_test_below(&t->rnd, t->nr_live);
	struct shadow_page *page = t->live[which];
	unsigned int order = t->order[which];
	unsigned int mt = shadow_pageblock_mt(&t->m->nodes,
					      shadow_page_index(&t->m->nodes.memmap, page));

	KUNIT_ASSERT_EQ(test, shadow_free_pages_cpu(&t->m->nodes, cpu, page, order), 0);
	model_free(&t->numbers[cpu], order, mt);
	t->nr_live--;
	t->live[which] = t->live[t->nr_live];
	t->order[which] = t->order[t->nr_live];
}

/* The zone's flags are the test's: nothing else sets or clears them here */
static void trip_flags(struct trip *t)
{
	struct shadow_zone *zone = normal(t->m);
	unsigned int cpu, dice = shadow_test_below(&t->rnd, 4);

	zone->mark[SHADOW_WMARK_HIGH] = dice == 2 ? NR_PAGES : 768;
	zone->flags = dice == 1 ? SHADOW_ZONE_RECLAIM_ACTIVE :
		      dice == 2 ? SHADOW_ZONE_BELOW_HIGH : 0;
	for (cpu = 0; cpu < NR_CPUS_; cpu++) {
		t->numbers[cpu].reclaim = dice == 1;
		t->numbers[cpu].below = dice == 2;
	}
}

static void trip_begin(struct kunit *test, struct trip *t, u32 fraction)
{
	struct shadow_zone *zone;
	unsigned int cpu;

	t->m = machine(test, "on");
	t->m->nodes.pcp_high_fraction = fraction;
	shadow_pcp_setup(&t->m->nodes);
	zone = normal(t->m);
	for (cpu = 0; cpu < NR_CPUS_; cpu++) {
		t->numbers[cpu].batch = zone->pcp_batch;
		t->numbers[cpu].low = zone->pcp_high_min;
		t->numbers[cpu].most = zone->pcp_high_max;
	}
}

/* Waves of allocations and frees; each number after each of them */
static void trip(struct kunit *test, u32 fraction)
{
	static const u8 orders[] = { 0, 0, 0, 0, 0, 0, 1, 2, 3, 9 };
	struct trip *t = shadow_test_alloc(test, sizeof(*t));
	unsigned int i, cpu, wave = 5, order;

	shadow_test_seed(test, &t->rnd);
	trip_begin(test, t, fraction);
	for (i = 0; i < NR_STEPS; i++) {
		if (!shadow_test_below(&t->rnd, 500)) {
			wave = 1 + shadow_test_below(&t->rnd, 9);
			trip_flags(t);
		}
		cpu = shadow_test_below(&t->rnd, NR_CPUS_);
		order = orders[shadow_test_below(&t->rnd, ARRAY_SIZE(orders))];
		if (order == 9 && shadow_test_below(&t->rnd, 30))
			order = 0;
		if (t->nr_live < MAX_LIVE &&
		    (!t->nr_live || shadow_test_below(&t->rnd, 10) < wave))
			trip_alloc(test, t, cpu, order);
		else
			trip_free(test, t, cpu);
		expect_numbers(test, t, cpu);
		if (i % 1000 == 0)
			shadow_test_machine_verify(test, t->m);
	}
	while (t->nr_live) {
		trip_free(test, t, 0);
		expect_numbers(test, t, 0);
	}
	shadow_test_machine_drain(t->m);
	KUNIT_EXPECT_EQ(test, normal(t->m)->nr_free, NR_PAGES);
	shadow_test_machine_verify(test, t->m);
}

static void numbers_as_modelled(struct kunit *test)
{
	trip(test, 0);
}

static void numbers_of_a_fraction(struct kunit *test)
{
	trip(test, 1024);
}

/* ----------------------------------------------------------- their order -- */

static u64 pfn_of(struct shadow_test_machine *m, const struct shadow_page *page)
{
	return shadow_page_to_pfn(&m->nodes, page);
}

/* The newest is given first; from the cold end the one that is there longest */
static void hot_and_cold_ends(struct kunit *test)
{
	struct shadow_test_machine *m = machine(test, "hotcold");
	struct shadow_zone *zone = normal(m);
	struct shadow_page *page[6], *got;
	unsigned int i;

	for (i = 0; i < 6; i++) {
		page[i] = shadow_alloc_pages_cpu(&m->nodes, 0, SHADOW_GFP_MOVABLE, 0);
		KUNIT_ASSERT_NOT_NULL(test, page[i]);
	}
	for (i = 1; i < 6; i++)
		KUNIT_EXPECT_EQ(test, pfn_of(m, page[i]), pfn_of(m, page[0]) + i);
	shadow_pcp_drain(zone);
	for (i = 0; i < 6; i++) {
		atomic_set(&page[i]->refcount, 0);
		KUNIT_ASSERT_EQ(test, shadow_pcp_free(zone, 1, page[i], 0, i >= 4), 0);
		shadow_test_machine_verify(test, m);
	}
	/* From hot to cold: 3 2 1 0 4 5 */
	got = shadow_alloc_pages_cpu(&m->nodes, 1, SHADOW_GFP_MOVABLE, 0);
	KUNIT_EXPECT_PTR_EQ(test, got, page[3]);
	got = shadow_alloc_pages_cpu(&m->nodes, 1, SHADOW_GFP_MOVABLE | SHADOW_GFP_COLD, 0);
	KUNIT_EXPECT_PTR_EQ(test, got, page[5]);
	got = shadow_alloc_pages_cpu(&m->nodes, 1, SHADOW_GFP_MOVABLE | SHADOW_GFP_COLD, 0);
	KUNIT_EXPECT_PTR_EQ(test, got, page[4]);
	got = shadow_alloc_pages_cpu(&m->nodes, 1, SHADOW_GFP_MOVABLE, 0);
	KUNIT_EXPECT_PTR_EQ(test, got, page[2]);
	shadow_test_machine_verify(test, m);
	/* Larger blocks have no lists in that generation */
	KUNIT_EXPECT_EQ(test, shadow_pcp_count(zone), 2);
	got = shadow_alloc_pages_cpu(&m->nodes, 1, 0, 1);
	KUNIT_ASSERT_NOT_NULL(test, got);
	shadow_free_pages_cpu(&m->nodes, 1, got, 1);
	KUNIT_EXPECT_EQ(test, shadow_pcp_count(zone), 2);
}

/* A batch for the cold end comes out of it in ascending order, too */
static void cold_batch(struct kunit *test)
{
	struct shadow_test_machine *m = machine(test, "hotcold");
	struct shadow_page *page[16];
	unsigned int i;

	for (i = 0; i < 15; i++) {
		page[i] = shadow_alloc_pages_cpu(&m->nodes, 0, SHADOW_GFP_COLD, 0);
		KUNIT_ASSERT_NOT_NULL(test, page[i]);
		KUNIT_EXPECT_EQ(test, pfn_of(m, page[i]), pfn_of(m, page[0]) + i);
		shadow_test_machine_verify(test, m);
	}
	KUNIT_EXPECT_EQ(test, shadow_pcp_count(normal(m)), 0);
}

/* 90 frames are the most; then a batch goes, spread over the types */
static void hotcold_returns_a_batch(struct kunit *test)
{
	struct shadow_test_machine *m = machine(test, "hotcold");
	struct shadow_zone *zone = normal(m);
	struct shadow_page *page[90];
	unsigned int i;

	for (i = 0; i < 90; i++)
		page[i] = shadow_alloc_pages_cpu(&m->nodes, 0, SHADOW_GFP_MOVABLE, 0);
	KUNIT_ASSERT_EQ(test, zone->pcp[0].count, 0);
	for (i = 0; i < 89; i++)
		shadow_free_pages_cpu(&m->nodes, 0, page[i], 0);
	KUNIT_EXPECT_EQ(test, zone->pcp[0].count, 89);
	shadow_free_pages_cpu(&m->nodes, 0, page[89], 0);
	KUNIT_EXPECT_EQ(test, zone->pcp[0].count, 75);
	/* The oldest went: the newest are still given in turn */
	for (i = 89; i >= 15; i--)
		KUNIT_ASSERT_PTR_EQ(test, page[i],
				    shadow_alloc_pages_cpu(&m->nodes, 0, SHADOW_GFP_MOVABLE, 0));
	KUNIT_EXPECT_EQ(test, zone->pcp[0].count, 0);
	shadow_test_machine_verify(test, m);
}

static void off_has_none(struct kunit *test)
{
	struct shadow_test_machine *m = machine(test, "off");
	struct shadow_page *page;
	unsigned int order;

	KUNIT_EXPECT_NULL(test, normal(m)->pcp);
	KUNIT_EXPECT_EQ(test, m->nodes.nr_cpus, NR_CPUS_);
	for (order = 0; order <= 9; order++) {
		page = shadow_alloc_pages_cpu(&m->nodes, 1, SHADOW_GFP_COLD, order);
		KUNIT_ASSERT_NOT_NULL(test, page);
		KUNIT_EXPECT_EQ(test, normal(m)->nr_free, NR_PAGES - BIT(order));
		KUNIT_EXPECT_EQ(test, shadow_free_pages_cpu(&m->nodes, 1, page, order), 0);
		KUNIT_EXPECT_EQ(test, normal(m)->nr_free, NR_PAGES);
	}
	shadow_pcp_setup(&m->nodes);
	KUNIT_EXPECT_EQ(test, shadow_pcp_count(normal(m)), 0);
	shadow_test_machine_verify(test, m);
}

/* ------------------------------------------------------------- draining -- */

static void drains_one_cpu(struct kunit *test)
{
	struct shadow_test_machine *m = machine(test, "on");
	struct shadow_zone *zone = normal(m);
	u32 kept;

	shadow_alloc_pages_cpu(&m->nodes, 0, 0, 0);
	shadow_alloc_pages_cpu(&m->nodes, 1, 0, 3);
	shadow_alloc_pages_cpu(&m->nodes, 1, 0, 9);
	kept = zone->pcp[0].count;
	KUNIT_EXPECT_EQ(test, kept, 14);
	KUNIT_EXPECT_EQ(test, zone->pcp[1].count, 8 + 512);
	shadow_pcp_drain_cpu(zone, 1);
	KUNIT_EXPECT_EQ(test, zone->pcp[1].count, 0);
	KUNIT_EXPECT_EQ(test, zone->pcp[0].count, kept);
	KUNIT_EXPECT_EQ(test, zone->nr_free, NR_PAGES - 1 - 8 - 512 - kept);
	shadow_test_machine_verify(test, m);
}

/* Who finds a list's lock taken goes to the zone, and does not wait */
static void taken_lock_is_no_obstacle(struct kunit *test)
{
	struct shadow_test_machine *m = machine(test, "on");
	struct shadow_zone *zone = normal(m);
	struct shadow_page *page, *other;
	raw_spinlock_t *lock = &zone->pcp[0].lock;
	u32 count;
	u64 nr_free;

#if defined(__KERNEL__) && !defined(CONFIG_SMP)
	kunit_skip(test, "locks are nothing on one CPU");
#endif
	page = shadow_alloc_pages_cpu(&m->nodes, 0, 0, 0);
	KUNIT_ASSERT_NOT_NULL(test, page);
	count = zone->pcp[0].count;
	raw_spin_lock(lock);
	nr_free = zone->nr_free;
	other = shadow_alloc_pages_cpu(&m->nodes, 0, 0, 0);
	KUNIT_EXPECT_NOT_NULL(test, other);
	KUNIT_EXPECT_EQ(test, zone->nr_free, nr_free - 1);
	KUNIT_EXPECT_EQ(test, shadow_free_pages_cpu(&m->nodes, 0, page, 0), 0);
	KUNIT_EXPECT_EQ(test, zone->nr_free, nr_free);
	shadow_pcp_try_drain(zone);
	KUNIT_EXPECT_EQ(test, zone->pcp[0].count, count);
	raw_spin_unlock(lock);
	shadow_pcp_try_drain(zone);
	KUNIT_EXPECT_EQ(test, zone->pcp[0].count, 0);
	shadow_test_machine_verify(test, m);
}

/* An eighth at a time, down to high_min, and what is too much goes back */
static void decays(struct kunit *test)
{
	struct shadow_test_machine *m = machine(test, "on");
	struct shadow_zone *zone = normal(m);
	struct shadow_pcp *pcp = &zone->pcp[0];
	struct shadow_page **page;
	u32 high, i;

	page = shadow_test_alloc(test, 6000 * sizeof(*page));
	for (i = 0; i < 6000; i++)
		page[i] = shadow_alloc_pages_cpu(&m->nodes, 0, 0, 0);
	for (i = 0; i < 6000; i++)
		shadow_free_pages_cpu(&m->nodes, 0, page[i], 0);
	KUNIT_ASSERT_GT(test, pcp->high, 1000);
	for (i = 0; pcp->high > zone->pcp_high_min; i++) {
		KUNIT_ASSERT_LT(test, i, 100);
		high = pcp->high;
		shadow_pcp_decay(zone, 0);
		KUNIT_EXPECT_LT(test, pcp->high, high);
		KUNIT_EXPECT_LE(test, pcp->count, pcp->high);
		shadow_test_machine_verify(test, m);
	}
	KUNIT_EXPECT_FALSE(test, shadow_pcp_decay(zone, 0));
}

/* ----------------------------------------------------------- what breaks -- */

static void expect_fault(struct kunit *test, struct shadow_zone *zone,
			 const char *says)
{
	struct shadow_fault fault;

	shadow_fault_init(&fault);
	KUNIT_EXPECT_EQ_MSG(test, shadow_pcp_verify(zone, &fault), -EUCLEAN,
			    "not seen: %s", says);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(fault.text, says), "'%s' in '%s'",
				  says, fault.text);
}

#define EXPECT_FAULT(test, zone, lvalue, value, says)	\
	do {						\
		typeof(lvalue) __was = (lvalue);	\
							\
		(lvalue) = (value);			\
		expect_fault(test, zone, says);		\
		(lvalue) = __was;			\
	} while (0)

static void corruption_is_seen(struct kunit *test)
{
	struct shadow_test_machine *m = machine(test, "on");
	struct shadow_zone *zone = normal(m);
	struct shadow_pcp *pcp = &zone->pcp[0];
	struct shadow_page *pages = m->nodes.memmap.pages, *page[40];
	struct shadow_page_list *list;
	unsigned int i;

	for (i = 0; i < 40; i++)
		page[i] = shadow_alloc_pages_cpu(&m->nodes, 0, SHADOW_GFP_MOVABLE, 0);
	for (i = 0; i < 20; i++)
		shadow_free_pages_cpu(&m->nodes, 0, page[i], 0);
	/* Links the list: the upper blocks that come then are not */
	zone->pcp_high_min = 8;
	zone->pcp_high_max = 8;
	pcp->high = 8;
	zone->pcp_batch = 2;
	shadow_free_pages_cpu(&m->nodes, 0, page[20], 0);
	zone->pcp_high_min = 320;
	zone->pcp_high_max = 4096;
	pcp->high = 320;
	zone->pcp_batch = 15;
	shadow_free_pages_cpu(&m->nodes, 0, page[21], 0);
	shadow_free_pages_cpu(&m->nodes, 0, page[22], 0);
	shadow_test_machine_verify(test, m);
	list = shadow_pcp_list(pcp, 0, SHADOW_MIGRATE_MOVABLE);
	KUNIT_ASSERT_PTR_EQ(test, &pages[list->first], page[22]);
	KUNIT_ASSERT_EQ(test, page[21]->prev, SHADOW_NO_PAGE);
	KUNIT_ASSERT_EQ(test, page[20]->prev,
			shadow_page_index(&m->nodes.memmap, page[20]));

	EXPECT_FAULT(test, zone, pcp->high, 319, "high is 319, allowed is 320 to 4096");
	EXPECT_FAULT(test, zone, pcp->high, 4097, "high is 4097");
	EXPECT_FAULT(test, zone, pcp->flags, 0x80, "flags 0x80");
	EXPECT_FAULT(test, zone, pcp->alloc_factor, 6, "alloc_factor 6");
	EXPECT_FAULT(test, zone, pcp->free_count, 60000, "free_count 60000");
	EXPECT_FAULT(test, zone, pcp->count, pcp->count + 1, "count says");
	EXPECT_FAULT(test, zone, list->last, list->first, "last is index");
	EXPECT_FAULT(test, zone, list->last, SHADOW_NO_PAGE, "last is index");
	EXPECT_FAULT(test, zone, list->first, 0xdeadbeef, "listed but is no such block");
	EXPECT_FAULT(test, zone, page[22]->prev, 5, "points back to index 5");
	EXPECT_FAULT(test, zone, page[20]->prev, SHADOW_NO_PAGE, "points back");
	EXPECT_FAULT(test, zone, page[20]->prev, page[22]->next, "points back");
	EXPECT_FAULT(test, zone, page[22]->next, page[21]->next, "count says");
	EXPECT_FAULT(test, zone, page[21]->next,
		     shadow_page_index(&m->nodes.memmap, page[22]), "cycle");
	EXPECT_FAULT(test, zone, page[22]->flags, page[22]->flags ^ BIT(4), "no such block");
	EXPECT_FAULT(test, zone, page[22]->flags, page[22]->flags ^ BIT(9), "no such block");
	EXPECT_FAULT(test, zone, page[22]->flags, page[22]->flags ^ BIT(14), "no such block");
	EXPECT_FAULT(test, zone, page[22]->flags, page[22]->flags ^ BIT(29), "no such block");
	EXPECT_FAULT(test, zone, list->first, SHADOW_NO_PAGE, "last is index");
	shadow_test_machine_verify(test, m);
}

/* What is broken freezes the machine, whichever way it is met */
static void corruption_freezes(struct kunit *test)
{
	unsigned int way;

	for (way = 0; way < 4; way++) {
		struct shadow_test_machine *m = machine(test, "on");
		struct shadow_zone *zone = normal(m);
		struct shadow_page *page[8];
		unsigned int i;

		for (i = 0; i < 8; i++)
			page[i] = shadow_alloc_pages_cpu(&m->nodes, 0, SHADOW_GFP_MOVABLE, 0);
		for (i = 0; i < 8; i++)
			shadow_free_pages_cpu(&m->nodes, 0, page[i], 0);
		if (way & 1)
			page[7]->flags ^= SHADOW_PF(0, 1, 0, 0);
		else
			page[7]->next = 0xdeadbeef;
		if (way & 2) {
			shadow_pcp_drain(zone);
		} else {
			shadow_alloc_pages_cpu(&m->nodes, 0, SHADOW_GFP_MOVABLE, 0);
			shadow_alloc_pages_cpu(&m->nodes, 0, SHADOW_GFP_MOVABLE, 0);
		}
		KUNIT_EXPECT_TRUE_MSG(test, shadow_fault_frozen(&m->fault), "way %u", way);
		KUNIT_EXPECT_NOT_NULL(test, strstr(m->fault.text,
						   "pcp: zone Normal cpu 0 order 0"));
		KUNIT_EXPECT_NULL(test, shadow_alloc_pages(&m->nodes, 0, 0));
		shadow_pcp_drain(zone);
	}
}

/* Blocks of one order, fetched one by one, or in runs */
static u32 fetch(struct shadow_zone *zone, unsigned int order, unsigned int mt,
		 u32 nr, bool runs, u32 *index)
{
	u32 got = 0, run, i;
	struct shadow_page *page;
	unsigned long irqflags;

	raw_spin_lock_irqsave(&zone->lock, irqflags);
	while (got < nr) {
		run = runs ? nr - got : 1;
		page = runs ? __shadow_buddy_alloc_run(zone, order, mt, 0, &run) :
			      __shadow_buddy_alloc(zone, order, mt, 0);
		if (!page)
			break;
		for (i = 0; i < run; i++, got++) {
			shadow_page_set(page, SHADOW_PF(SHADOW_PAGE_ALLOCATED, order,
							SHADOW_OWNER_USER, mt));
			index[got] = shadow_page_index(zone->memmap, page);
			page += BIT(order);
		}
	}
	if (runs)
		zone->nr_free -= (u64)got << order;
	raw_spin_unlock_irqrestore(&zone->lock, irqflags);
	return got;
}

static void expect_alike(struct kunit *test, struct shadow_test_machine **m)
{
	struct shadow_zone *one = normal(m[0]), *two = normal(m[1]);

	KUNIT_EXPECT_EQ(test, one->nr_free, two->nr_free);
	KUNIT_EXPECT_EQ(test, one->frag_left, two->frag_left);
	KUNIT_EXPECT_EQ(test, one->frag_ops, two->frag_ops);
	KUNIT_EXPECT_EQ(test, memcmp(one->orders, two->orders,
				     sizeof(one->orders)), 0);
	KUNIT_EXPECT_EQ(test, memcmp(one->free_area, two->free_area,
				     sizeof(one->free_area)), 0);
}

#define NR_FETCHED	2048

/*
 * What is fetched in runs are the same blocks, in the same order, as would come
 * one by one; the zone is the same afterwards, and as many operations have been
 * counted. Two machines do the same, but for that.
 */
static void runs_are_singles(struct kunit *test)
{
	u32 *index = shadow_test_alloc(test, 2 * NR_FETCHED * sizeof(*index));
	struct shadow_test_machine *m[2];
	unsigned int i, round, order, mt;
	struct shadow_page *page;
	struct rnd_state rnd;
	u32 nr, got[2], kept;

	shadow_test_seed(test, &rnd);
	for (i = 0; i < 2; i++) {
		m[i] = shadow_test_machine(test, 8192, 0);
		normal(m[i])->frag_interval = 97;
		normal(m[i])->frag_left = 97;
	}
	for (round = 0; round < 400; round++) {
		order = shadow_test_below(&rnd, 4);
		mt = shadow_test_below(&rnd, SHADOW_MIGRATE_PCPTYPES);
		nr = 1 + shadow_test_below(&rnd, NR_FETCHED >> order);
		for (i = 0; i < 2; i++)
			got[i] = fetch(normal(m[i]), order, mt, nr, i,
				       index + i * NR_FETCHED);
		KUNIT_ASSERT_EQ(test, got[0], got[1]);
		KUNIT_ASSERT_EQ(test, memcmp(index, index + NR_FETCHED,
					     got[0] * sizeof(*index)), 0);
		/* Some stay for good: the zone is not whole again */
		kept = shadow_test_below(&rnd, 4096);
		for (nr = 0; nr < got[0]; nr++) {
			if (nr % 64 == kept)
				continue;
			for (i = 0; i < 2; i++) {
				page = &m[i]->nodes.memmap.pages[index[nr]];
				KUNIT_ASSERT_EQ(test, 0,
						shadow_buddy_free(normal(m[i]),
								  page, order));
			}
		}
		expect_alike(test, m);
		for (i = 0; i < 2; i++)
			shadow_test_machine_verify(test, m[i]);
	}
	KUNIT_EXPECT_GT(test, normal(m[1])->frag_ops, 0);
}

static struct kunit_case pcp_cases[] = {
	KUNIT_CASE(sizes),
	KUNIT_CASE(numbers_as_modelled),
	KUNIT_CASE(numbers_of_a_fraction),
	KUNIT_CASE(hot_and_cold_ends),
	KUNIT_CASE(cold_batch),
	KUNIT_CASE(hotcold_returns_a_batch),
	KUNIT_CASE(off_has_none),
	KUNIT_CASE(drains_one_cpu),
	KUNIT_CASE(taken_lock_is_no_obstacle),
	KUNIT_CASE(decays),
	KUNIT_CASE(runs_are_singles),
	KUNIT_CASE(corruption_is_seen),
	KUNIT_CASE(corruption_freezes),
	{}
};

static struct kunit_suite pcp_suite = {
	.name = "shadow_pcp",
	.test_cases = pcp_cases,
};

kunit_test_suite(pcp_suite);
