// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite of watermarks: marks, reserves and boosts of random zones beside a model
 * that was written from the kernel's documentation of them, and the decision
 * whether a zone may give a block.
 */
#include "shadow_test_machine.h"

#include "shadow_mobility.h"
#include "shadow_watermark.h"

#define NR_SHAPES	400
#define NR_CHANGES	12
#define NR_DECISIONS	200000

/* ----------------------------------------------------------------- model -- */

/* The largest number whose square is not above */
static u64 square_root(u64 of)
{
	u64 low = 0, high = 1ULL << 32, middle;

	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (middle * middle <= of)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static bool holds_kernel_memory(unsigned int type)
{
	static const bool answer[SHADOW_MAX_NR_ZONES] = {
		[SHADOW_ZONE_DMA] = true, [SHADOW_ZONE_DMA32] = true,
		[SHADOW_ZONE_NORMAL] = true, [SHADOW_ZONE_DEVICE] = true,
	};

	return answer[type];
}

static u64 kernel_memory(struct shadow_nodes *nodes)
{
	unsigned int nid, type;
	u64 sum = 0;

	for (nid = 0; nid < nodes->nr_nodes; nid++)
		for (type = 0; type < SHADOW_MAX_NR_ZONES; type++)
			if (holds_kernel_memory(type))
				sum += nodes->node[nid].zone[type].managed;
	return sum;
}

struct expected {
	u64 mark[SHADOW_NR_WMARK];
	u64 reserve[SHADOW_MAX_NR_ZONES];
	u64 total;
};

static void expect_marks(struct shadow_nodes *nodes,
			 const struct shadow_zone *zone, struct expected *e)
{
	u64 kib_per_page = 1ULL << (nodes->page_shift - 10);
	u64 all = kernel_memory(nodes), fair = 0, apart, i;

	if (all)
		fair = nodes->min_free_kbytes / kib_per_page * zone->managed / all;
	apart = zone->managed * nodes->watermark_scale_factor / 10000;
	if (apart < fair / 4)
		apart = fair / 4;
	if (!holds_kernel_memory(zone->type)) {
		fair = zone->managed / 1024;
		if (fair > 128)
			fair = 128;
		if (fair < 32)
			fair = 32;
	}
	for (i = 0; i < SHADOW_NR_WMARK; i++)
		e->mark[i] = fair + i * apart;
}

/* What zone @type keeps from who could have gone up to zone @upper */
static u64 expect_reserve(const struct shadow_nodes *nodes,
			  const struct shadow_zone *zone, unsigned int upper)
{
	u64 ratio = nodes->lowmem_reserve_ratio[zone->type], sum = 0;
	unsigned int type;

	if (upper <= zone->type || !ratio || !zone->managed)
		return 0;
	for (type = upper; type > zone->type; type--)
		sum += nodes->node[zone->nid].zone[type].managed;
	return sum / ratio;
}

static void expect_zone(struct shadow_nodes *nodes,
			const struct shadow_zone *zone, struct expected *e)
{
	unsigned int upper;
	u64 most = 0;

	expect_marks(nodes, zone, e);
	for (upper = 0; upper < SHADOW_MAX_NR_ZONES; upper++) {
		e->reserve[upper] = expect_reserve(nodes, zone, upper);
		most = max(most, e->reserve[upper]);
	}
	e->total = min(most + e->mark[SHADOW_WMARK_HIGH], zone->managed);
}

static void compare_nodes(struct kunit *test, struct shadow_nodes *nodes,
			  const char *after)
{
	struct shadow_zone *zone;
	struct expected e;
	unsigned int i;
	u64 total = 0;

	for (zone = shadow_first_zone(nodes); zone; zone = shadow_next_zone(zone)) {
		expect_zone(nodes, zone, &e);
		for (i = 0; i < SHADOW_NR_WMARK; i++)
			KUNIT_EXPECT_EQ_MSG(test, zone->mark[i], e.mark[i],
					    "%s: node %d %s mark %u of %llu pages",
					    after, zone->nid,
					    shadow_zone_names[zone->type], i,
					    zone->managed);
		for (i = 0; i < SHADOW_MAX_NR_ZONES; i++)
			KUNIT_EXPECT_EQ_MSG(test, zone->lowmem_reserve[i],
					    e.reserve[i],
					    "%s: node %d %s from %s", after,
					    zone->nid,
					    shadow_zone_names[zone->type],
					    shadow_zone_names[i]);
		KUNIT_EXPECT_EQ(test, zone->watermark_boost, 0);
		total += e.total;
	}
	KUNIT_EXPECT_EQ_MSG(test, nodes->totalreserve, total, "%s", after);
}

/* ---------------------------------------------------------------- shapes -- */

/* Zones without frames behind them: numbers are all that is looked at */
static void set_managed(struct shadow_zone *zone, u64 nr_pages, u64 nr_reserved)
{
	struct shadow_nodes *nodes = zone->nodes;

	zone->managed = nr_pages;
	zone->present = nr_pages + nr_reserved;
	zone->spanned = zone->present;
	nodes->state[SHADOW_N_ONLINE] |= BIT(zone->nid);
	nodes->state[SHADOW_N_MEMORY] |= BIT(zone->nid);
}

/* A machine whose zones have no frames */
static struct shadow_test_machine *bare_machine(struct kunit *test)
{
	struct shadow_block block;

	shadow_test_block_bare(&block, SHADOW_TEST_BASE, SZ_4M);
	return shadow_test_machine_begin(test, &block);
}

/* All memory is zone NORMAL's: the zone, with the marks of a boot */
static struct shadow_zone *only_normal(struct kunit *test, u64 nr_pages)
{
	struct shadow_nodes *nodes = &bare_machine(test)->nodes;
	struct shadow_zone *zone = &nodes->node[0].zone[SHADOW_ZONE_NORMAL];

	set_managed(zone, nr_pages, 0);
	shadow_build_zonelists(nodes);
	shadow_watermark_init(nodes);
	return zone;
}

static void shape(struct shadow_test_machine *m, struct rnd_state *rnd)
{
	struct shadow_nodes *nodes = &m->nodes;
	struct shadow_zone *zone;

	shadow_nodes_init(nodes, &m->block, &m->events, &m->fault,
			  12 + 2 * shadow_test_below(rnd, 3), 10);
	nodes->nr_nodes = 1 + shadow_test_below(rnd, SHADOW_MAX_NODES);
	for (zone = shadow_first_zone(nodes); zone; zone = shadow_next_zone(zone)) {
		if (zone->type == SHADOW_ZONE_DEVICE ||
		    shadow_test_below(rnd, 3) == 0)
			continue;
		set_managed(zone, shadow_test_below(rnd, 1ULL << shadow_test_below(rnd, 28)),
			    shadow_test_below(rnd, 100) + 1);
	}
	/* The CPU that boots is node 0's, with memory or without */
	nodes->state[SHADOW_N_ONLINE] |= BIT(0);
	shadow_build_zonelists(nodes);
}

static void change(struct shadow_nodes *nodes, struct rnd_state *rnd)
{
	u64 kbytes = shadow_test_below(rnd, 1ULL << shadow_test_below(rnd, 32));
	unsigned int type;

	switch (shadow_test_below(rnd, 3)) {
	case 0:
		shadow_watermark_set_min_free(nodes, kbytes);
		break;
	case 1:
		nodes->watermark_scale_factor = 1 +
			shadow_test_below(rnd, SHADOW_WMARK_SCALE_MAX);
		shadow_watermark_setup(nodes);
		break;
	default:
		for (type = 0; type < SHADOW_MAX_NR_ZONES; type++)
			if (shadow_test_below(rnd, 2))
				nodes->lowmem_reserve_ratio[type] =
					shadow_test_below(rnd, 1ULL << shadow_test_below(rnd, 12));
		shadow_watermark_setup_reserve(nodes);
		break;
	}
}

static void random_marks(struct kunit *test)
{
	struct shadow_test_machine *m = bare_machine(test);
	struct rnd_state rnd;
	unsigned int nr, i;
	u64 rule;

	shadow_test_seed(test, &rnd);
	for (nr = 0; nr < NR_SHAPES; nr++) {
		shape(m, &rnd);
		/* 16 times the KiB that an allocation up to NORMAL can have */
		rule = square_root(kernel_memory(&m->nodes) <<
				   (m->nodes.page_shift - 10 + 4));
		rule = clamp_t(u64, rule, 128, 262144);
		shadow_watermark_init(&m->nodes);
		KUNIT_EXPECT_EQ(test, m->nodes.min_free_kbytes, rule);
		compare_nodes(test, &m->nodes, "init");
		for (i = 0; i < NR_CHANGES; i++) {
			change(&m->nodes, &rnd);
			compare_nodes(test, &m->nodes, "a change");
		}
	}
}

/*
 * 1 GiB of 4K pages: 4096 KiB by the rule, 1024 pages, which all are NORMAL's.
 * 10/10000 of it is 262 pages, a quarter of min 256: the larger counts.
 */
static void marks_by_hand(struct kunit *test)
{
	struct shadow_zone *zone = only_normal(test, 262144);
	struct shadow_nodes *nodes = zone->nodes;

	KUNIT_EXPECT_EQ(test, nodes->min_free_kbytes, 4096);
	KUNIT_EXPECT_EQ(test, zone->mark[SHADOW_WMARK_MIN], 1024);
	KUNIT_EXPECT_EQ(test, zone->mark[SHADOW_WMARK_LOW], 1286);
	KUNIT_EXPECT_EQ(test, zone->mark[SHADOW_WMARK_HIGH], 1548);
	KUNIT_EXPECT_EQ(test, zone->mark[SHADOW_WMARK_PROMO], 1810);
	KUNIT_EXPECT_EQ(test, nodes->totalreserve, 1548);
	/* An empty zone of movable memory has a mark all the same, in Linux too */
	zone = &nodes->node[0].zone[SHADOW_ZONE_MOVABLE];
	KUNIT_EXPECT_EQ(test, zone->mark[SHADOW_WMARK_MIN], 32);
	KUNIT_EXPECT_EQ(test, zone->mark[SHADOW_WMARK_PROMO], 32);
	KUNIT_EXPECT_EQ(test, zone->lowmem_reserve[SHADOW_ZONE_DEVICE], 0);
}

/* A user's value stays, unless memory has grown so that the rule gives more */
static void user_value_stays(struct kunit *test)
{
	struct shadow_zone *zone = only_normal(test, 65536);
	struct shadow_nodes *nodes = zone->nodes;

	KUNIT_EXPECT_EQ(test, nodes->min_free_kbytes, 2048);
	shadow_watermark_set_min_free(nodes, 3000);
	KUNIT_EXPECT_EQ(test, nodes->min_free_kbytes, 3000);
	shadow_watermark_calculate(nodes);
	KUNIT_EXPECT_EQ(test, nodes->min_free_kbytes, 3000);
	zone->managed = 262144;
	shadow_watermark_calculate(nodes);
	KUNIT_EXPECT_GT(test, nodes->min_free_kbytes, 3900);
}

/* -------------------------------------------------------------- decision -- */

struct question {
	unsigned int order;
	u64 mark;
	enum shadow_zone_type highest;
	unsigned int flags;
};

static bool may_give(const struct shadow_zone *zone, const struct question *q,
		     u64 mark)
{
	s64 have = zone->nr_free, keep = mark;
	bool half = q->flags & SHADOW_ALLOC_MIN_RESERVE;
	bool deeper = half && (q->flags & SHADOW_ALLOC_NON_BLOCK);
	bool atomic = q->flags & SHADOW_ALLOC_HIGHATOMIC;
	unsigned int order, mt;

	if (half)
		keep = (mark + 1) / 2;
	if (deeper)
		keep -= keep / 4;
	keep += zone->lowmem_reserve[q->highest];
	/* All but the block itself may be in blocks that are too small */
	have -= (1 << q->order) - 1;
	if (!half && !atomic && !(q->flags & SHADOW_ALLOC_NON_BLOCK))
		have -= zone->nr_free_highatomic;
	if (have <= keep)
		return false;
	for (order = q->order; order <= SHADOW_MAX_ORDER && q->order; order++)
		for (mt = 0; mt < SHADOW_MIGRATE_TYPES; mt++)
			if ((zone->orders[mt] & BIT(order)) &&
			    (mt != SHADOW_MIGRATE_HIGHATOMIC || atomic))
				return true;
	return !q->order;
}

/* The boost does not count for a frame of the reserves: zone_watermark_fast() */
static bool may_give_fast(const struct shadow_zone *zone,
			  const struct question *q)
{
	if (may_give(zone, q, q->mark))
		return true;
	return !q->order && (q->flags & SHADOW_ALLOC_MIN_RESERVE) &&
	       (q->flags & SHADOW_ALLOC_WMARK_MASK) == SHADOW_WMARK_MIN &&
	       zone->watermark_boost &&
	       may_give(zone, q, zone->mark[SHADOW_WMARK_MIN]);
}

static void ask(struct shadow_zone *zone, struct question *q,
		struct rnd_state *rnd)
{
	static const unsigned int flags[] = {
		0, SHADOW_ALLOC_MIN_RESERVE, SHADOW_ALLOC_NON_BLOCK,
		SHADOW_ALLOC_MIN_RESERVE | SHADOW_ALLOC_NON_BLOCK,
		SHADOW_ALLOC_HIGHATOMIC, SHADOW_ALLOC_RESERVES,
		SHADOW_ALLOC_KSWAPD, SHADOW_ALLOC_NOFRAGMENT,
	};
	unsigned int mt, wmark = shadow_test_below(rnd, SHADOW_NR_WMARK);

	zone->nr_free = shadow_test_below(rnd, 60);
	zone->nr_free_highatomic = shadow_test_below(rnd, 12);
	zone->mark[SHADOW_WMARK_MIN] = shadow_test_below(rnd, 30);
	zone->mark[wmark] = zone->mark[SHADOW_WMARK_MIN] + wmark;
	zone->watermark_boost = shadow_test_below(rnd, 2) * shadow_test_below(rnd, 20);
	q->highest = shadow_test_below(rnd, SHADOW_MAX_NR_ZONES);
	zone->lowmem_reserve[q->highest] = shadow_test_below(rnd, 10);
	for (mt = 0; mt < SHADOW_MIGRATE_TYPES; mt++)
		zone->orders[mt] = shadow_test_below(rnd, 3) ? 0 :
				   BIT(shadow_test_below(rnd, 6));
	q->order = shadow_test_below(rnd, 2) * shadow_test_below(rnd, 5);
	q->flags = flags[shadow_test_below(rnd, ARRAY_SIZE(flags))] | wmark;
	q->mark = shadow_wmark_pages(zone, wmark);
}

static void random_decisions(struct kunit *test)
{
	struct shadow_nodes *nodes = &bare_machine(test)->nodes;
	struct shadow_zone *zone = &nodes->node[0].zone[SHADOW_ZONE_NORMAL];
	struct rnd_state rnd;
	unsigned int nr, nr_yes = 0, nr_boost = 0;
	struct question q;
	bool want;

	shadow_test_seed(test, &rnd);
	for (nr = 0; nr < NR_DECISIONS; nr++) {
		ask(zone, &q, &rnd);
		want = may_give(zone, &q, q.mark);
		KUNIT_ASSERT_EQ_MSG(test, want,
				    shadow_watermark_ok(zone, q.order, q.mark, q.highest, q.flags),
				    "free %llu highatomic %llu mark %llu reserve %llu order %u flags %#x",
				    zone->nr_free, zone->nr_free_highatomic, q.mark,
				    zone->lowmem_reserve[q.highest], q.order, q.flags);
		nr_yes += want;
		nr_boost += want != may_give_fast(zone, &q);
		KUNIT_ASSERT_EQ(test, may_give_fast(zone, &q),
				shadow_watermark_fast(zone, q.order, q.mark,
						      q.highest, q.flags));
	}
	kunit_info(test, "%u of %u may, %u more without the boost\n", nr_yes, nr, nr_boost);
	KUNIT_EXPECT_GT(test, nr_yes, nr / 10);
	KUNIT_EXPECT_LT(test, nr_yes, nr - nr / 10);
	KUNIT_EXPECT_GT(test, nr_boost, 100);
}

/* ----------------------------------------------------------------- boost -- */

static bool boost(struct shadow_zone *zone)
{
	unsigned long irqflags;
	bool boosted;

	raw_spin_lock_irqsave(&zone->lock, irqflags);
	boosted = __shadow_watermark_boost(zone);
	raw_spin_unlock_irqrestore(&zone->lock, irqflags);
	return boosted;
}

/* By 512 frames each time, to 1.5 times 1548; with a small factor to 512 */
static void boost_rises(struct kunit *test)
{
	struct shadow_zone *zone = only_normal(test, 262144);
	static const u64 steps[] = { 512, 1024, 1536, 2048, 2322, 2322 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		KUNIT_EXPECT_TRUE(test, boost(zone));
		KUNIT_EXPECT_EQ(test, zone->watermark_boost, steps[i]);
		KUNIT_EXPECT_EQ(test, shadow_wmark_pages(zone, SHADOW_WMARK_LOW),
				1286 + steps[i]);
	}
	shadow_watermark_unboost(zone, 322);
	KUNIT_EXPECT_EQ(test, zone->watermark_boost, 2000);
	shadow_watermark_unboost(zone, 2001);
	KUNIT_EXPECT_EQ(test, zone->watermark_boost, 0);
	zone->nodes->watermark_boost_factor = 10;
	KUNIT_EXPECT_TRUE(test, boost(zone));
	KUNIT_EXPECT_TRUE(test, boost(zone));
	KUNIT_EXPECT_EQ(test, zone->watermark_boost, 512);
	/* Marks that are set anew have none */
	shadow_watermark_setup(zone->nodes);
	KUNIT_EXPECT_EQ(test, zone->watermark_boost, 0);
	/* The largest factor does not wrap */
	zone->nodes->watermark_boost_factor = SHADOW_WMARK_BOOST_MAX;
	zone->mark[SHADOW_WMARK_HIGH] = 1ULL << 31;
	KUNIT_EXPECT_TRUE(test, boost(zone));
	KUNIT_EXPECT_EQ(test, zone->watermark_boost, 512);
}

static void boost_not_everywhere(struct kunit *test)
{
	struct shadow_zone *zone = only_normal(test, 262144);

	zone->nodes->watermark_boost_factor = 0;
	KUNIT_EXPECT_FALSE(test, boost(zone));
	zone->nodes->watermark_boost_factor = 15000;
	zone->managed = 4 * 512 - 1;
	KUNIT_EXPECT_FALSE(test, boost(zone));
	zone->managed++;
	KUNIT_EXPECT_TRUE(test, boost(zone));
	KUNIT_EXPECT_EQ(test, zone->watermark_boost, 512);
	zone->watermark_boost = 0;
	zone->mark[SHADOW_WMARK_HIGH] = 0;
	KUNIT_EXPECT_FALSE(test, boost(zone));
	KUNIT_EXPECT_EQ(test, zone->watermark_boost, 0);
}

static void count_wake(void *ctx, struct shadow_zone *zone, unsigned int order,
		       enum shadow_zone_type highest)
{
	unsigned int *nr = ctx;

	*nr += order + highest;
}

/* Who has a reclaimer leaves it to that; without one the boost just ends */
static void boost_ends(struct kunit *test)
{
	struct shadow_zone *zone = only_normal(test, 262144);
	struct shadow_zone *other = &zone->nodes->node[0].zone[SHADOW_ZONE_MOVABLE];
	unsigned int nr = 0;

	KUNIT_EXPECT_TRUE(test, boost(zone));
	other->watermark_boost = 7;
	zone->nodes->wake_reclaim = count_wake;
	zone->nodes->reclaim_ctx = &nr;
	shadow_watermark_wake(zone, 3, SHADOW_ZONE_NORMAL);
	KUNIT_EXPECT_EQ(test, nr, 3 + SHADOW_ZONE_NORMAL);
	KUNIT_EXPECT_EQ(test, zone->watermark_boost, 512);
	zone->nodes->wake_reclaim = NULL;
	shadow_watermark_wake(zone, 3, SHADOW_ZONE_NORMAL);
	KUNIT_EXPECT_EQ(test, zone->watermark_boost, 0);
	KUNIT_EXPECT_EQ(test, other->watermark_boost, 7);
	shadow_watermark_wake(zone, 3, SHADOW_ZONE_MOVABLE);
	KUNIT_EXPECT_EQ(test, other->watermark_boost, 0);
}

/* Whoever listens is told once, with no lock held */
static void boost_wakes(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 4096, 0);
	struct shadow_zone *zone = &m->nodes.node[0].zone[SHADOW_ZONE_NORMAL];
	unsigned int nr = 0;

	shadow_watermark_init(&m->nodes);
	m->nodes.wake_reclaim = count_wake;
	m->nodes.reclaim_ctx = &nr;
	while (zone->nr_free >= 512)
		KUNIT_ASSERT_NOT_NULL(test, shadow_alloc_pages(&m->nodes,
							       SHADOW_GFP_MOVABLE, 0));
	KUNIT_EXPECT_EQ(test, nr, 0);
	KUNIT_ASSERT_NOT_NULL(test, shadow_alloc_pages(&m->nodes, SHADOW_GFP_KERNEL, 0));
	KUNIT_EXPECT_EQ(test, nr, SHADOW_ZONE_NORMAL);
	KUNIT_EXPECT_EQ(test, zone->watermark_boost, 512);
	KUNIT_EXPECT_FALSE(test, zone->watermark_boosted);
	shadow_test_machine_verify(test, m);
}

/*
 * 16 MiB, where what is unmovable has to go into a pageblock of movable memory:
 * the marks rise by one of the eight, and no allocation is refused for that.
 */
static void boost_of_a_fallback(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 4096, 0);
	struct shadow_zone *zone = &m->nodes.node[0].zone[SHADOW_ZONE_NORMAL];
	struct shadow_page *page;
	unsigned int nr = 0;

	shadow_watermark_init(&m->nodes);
	KUNIT_EXPECT_EQ(test, zone->mark[SHADOW_WMARK_MIN], 128);
	/* Until no whole pageblock is left */
	while (zone->nr_free >= 512) {
		page = shadow_alloc_pages(&m->nodes, SHADOW_GFP_MOVABLE, 0);
		KUNIT_ASSERT_NOT_NULL(test, page);
	}
	KUNIT_EXPECT_EQ(test, zone->watermark_boost, 0);
	page = shadow_alloc_pages(&m->nodes, SHADOW_GFP_KERNEL, 0);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, zone->watermark_boost, 512);
	while (shadow_alloc_pages(&m->nodes, SHADOW_GFP_MOVABLE, 0))
		nr++;
	KUNIT_EXPECT_EQ(test, zone->nr_free, 128);
	KUNIT_EXPECT_EQ(test, zone->watermark_boost, 0);
	shadow_test_machine_verify(test, m);
}

static struct kunit_case watermark_cases[] = {
	KUNIT_CASE(marks_by_hand),
	KUNIT_CASE(random_marks),
	KUNIT_CASE(user_value_stays),
	KUNIT_CASE(random_decisions),
	KUNIT_CASE(boost_rises),
	KUNIT_CASE(boost_not_everywhere),
	KUNIT_CASE(boost_ends),
	KUNIT_CASE(boost_wakes),
	KUNIT_CASE(boost_of_a_fallback),
	{}
};

static struct kunit_suite watermark_suite = {
	.name = "shadow_watermark",
	.test_cases = watermark_cases,
};

kunit_test_suite(watermark_suite);
