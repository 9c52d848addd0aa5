// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pageblocks by migratetype: a randomised run beside a model that knows which
 * frame is whose, what each allocation's type is and what type each pageblock
 * has. Free blocks are not in it: they follow, being what is left, merged as
 * far as it goes. What a fallback may do is written down here from its
 * description, not from the code.
 */
#include "shadow_test_machine.h"
#include "shadow_frag.h"
#include "shadow_mobility.h"

#define NR_FRAMES	1024
#define PB		3		/* log2 of the frames in a pageblock */
#define PB_FRAMES	BIT(PB)
#define NR_BLOCKS	(NR_FRAMES >> PB)
#define TOP		5		/* largest order */
#define MAX_LIVE	1024
#define NR_STEPS	20000
#define NONE		-1

struct model {
	struct shadow_test_machine *m;
	struct shadow_zone *zone;
	struct rnd_state rnd;
	bool used[NR_FRAMES];
	u8 mt[NR_FRAMES];		/* of the allocation that has it */
	u8 type[NR_BLOCKS];
	bool sticky[NR_BLOCKS];		/* mixed, and not wholly free since */
	s8 head[NR_FRAMES];		/* order of the free block that starts there */
	unsigned int live_at[MAX_LIVE];
	unsigned int live_order[MAX_LIVE];
	unsigned int nr_live;
	unsigned int nr_claims;
	unsigned int nr_steals;
	unsigned int nr_reserves;
	unsigned int nr_unreserves;
	unsigned int nr_refused;
};

static const u8 next_types[3][2] = {
	[SHADOW_MIGRATE_UNMOVABLE] = { SHADOW_MIGRATE_RECLAIMABLE, SHADOW_MIGRATE_MOVABLE },
	[SHADOW_MIGRATE_MOVABLE] = { SHADOW_MIGRATE_RECLAIMABLE, SHADOW_MIGRATE_UNMOVABLE },
	[SHADOW_MIGRATE_RECLAIMABLE] = { SHADOW_MIGRATE_UNMOVABLE, SHADOW_MIGRATE_MOVABLE },
};

static bool all_free(const struct model *d, unsigned int at, unsigned int order)
{
	unsigned int i;

	for (i = at; i < at + BIT(order); i++)
		if (d->used[i] || d->type[i >> PB] != d->type[at >> PB])
			return false;
	return true;
}

static void find_free_blocks(struct model *d)
{
	unsigned int at = 0;
	int order;

	memset(d->head, NONE, sizeof(d->head));
	while (at < NR_FRAMES) {
		if (d->used[at]) {
			at++;
			continue;
		}
		for (order = TOP; at & (BIT(order) - 1) || !all_free(d, at, order);)
			order--;
		d->head[at] = order;
		at += BIT(order);
	}
}

/* Smallest order of at least @order that a type has a free block of, or NONE */
static int smallest(const struct model *d, unsigned int type, int order)
{
	int best = NONE;
	unsigned int i;

	for (i = 0; i < NR_FRAMES; i++)
		if (d->head[i] >= order && d->type[i >> PB] == type &&
		    (best == NONE || d->head[i] < best))
			best = d->head[i];
	return best;
}

static bool has(const struct model *d, unsigned int type, int order)
{
	unsigned int i;

	for (i = 0; i < NR_FRAMES; i++)
		if (d->head[i] == order && d->type[i >> PB] == type)
			return true;
	return false;
}

/* Whom @mt takes a block of exactly this order from, or NONE */
static int donor(const struct model *d, unsigned int mt, int order)
{
	if (has(d, next_types[mt][0], order))
		return next_types[mt][0];
	return has(d, next_types[mt][1], order) ? next_types[mt][1] : NONE;
}

/*
 * Half of the pageblock free or alike: movable frames for MOVABLE, what is not
 * movable for the others if the pageblock is MOVABLE, else nothing.
 */
static bool may_claim(const struct model *d, unsigned int block, unsigned int mt)
{
	unsigned int i, nr = 0;

	for (i = block << PB; i < (block + 1) << PB; i++) {
		if (!d->used[i])
			nr++;
		else if (mt == SHADOW_MIGRATE_MOVABLE)
			nr += d->mt[i] == SHADOW_MIGRATE_MOVABLE;
		else if (d->type[block] == SHADOW_MIGRATE_MOVABLE)
			nr += d->mt[i] != SHADOW_MIGRATE_MOVABLE;
	}
	return nr >= PB_FRAMES / 2;
}

/* Some order has none but pageblocks that may be claimed */
static bool must_claim(const struct model *d, unsigned int mt, int lowest)
{
	unsigned int i;
	int order, from;
	bool all;

	for (order = PB - 1; order >= lowest; order--) {
		from = donor(d, mt, order);
		if (from == NONE)
			continue;
		for (all = true, i = 0; i < NR_FRAMES; i++)
			if (d->head[i] == order && d->type[i >> PB] == from)
				all &= may_claim(d, i >> PB, mt);
		if (all)
			return true;
	}
	return false;
}

static bool is_mixed(const struct model *d, unsigned int block)
{
	unsigned int i;

	for (i = block << PB; i < (block + 1) << PB; i++)
		if (d->used[i] && d->mt[i] != d->type[block])
			return true;
	return false;
}

static bool is_empty(const struct model *d, unsigned int block)
{
	unsigned int i;

	for (i = block << PB; i < (block + 1) << PB; i++)
		if (d->used[i])
			return false;
	return true;
}

/* What the machine has, held against the model, all of it */
static void compare(struct kunit *test, struct model *d)
{
	u64 nr[SHADOW_MIGRATE_TYPES][TOP + 1] = {}, mixed[SHADOW_MIGRATE_TYPES] = {};
	u64 seen[SHADOW_NR_ORDERS], types[SHADOW_MIGRATE_TYPES] = {};
	u64 nr_sticky = 0, reserved = 0, free_reserved = 0;
	unsigned int i, mt, order;

	find_free_blocks(d);
	for (i = 0; i < NR_FRAMES; i++) {
		if (d->head[i] >= 0)
			nr[d->type[i >> PB]][d->head[i]]++;
		free_reserved += !d->used[i] &&
				 d->type[i >> PB] == SHADOW_MIGRATE_HIGHATOMIC;
	}
	for (i = 0; i < NR_BLOCKS; i++) {
		KUNIT_ASSERT_EQ_MSG(test, d->type[i],
				    shadow_pageblock_mt(&d->m->nodes, i << PB),
				    "pageblock %u", i);
		types[d->type[i]]++;
		mixed[d->type[i]] += is_mixed(d, i);
		d->sticky[i] = (d->sticky[i] || is_mixed(d, i)) && !is_empty(d, i);
		nr_sticky += d->sticky[i];
		reserved += d->type[i] == SHADOW_MIGRATE_HIGHATOMIC ? PB_FRAMES : 0;
	}
	for (mt = 0; mt < SHADOW_MIGRATE_TYPES; mt++) {
		shadow_mobility_count_free(d->zone, mt, seen);
		for (order = 0; order <= TOP; order++)
			KUNIT_ASSERT_EQ_MSG(test, seen[order], nr[mt][order],
					    "type %u order %u", mt, order);
	}
	shadow_mobility_count_blocks(d->zone, seen);
	for (mt = 0; mt < SHADOW_MIGRATE_TYPES; mt++)
		KUNIT_ASSERT_EQ(test, seen[mt], types[mt]);
	shadow_mobility_count_mixed(d->zone, seen);
	for (mt = 0; mt < SHADOW_MIGRATE_TYPES; mt++)
		KUNIT_ASSERT_EQ_MSG(test, seen[mt], mixed[mt], "mixed of type %u", mt);
	KUNIT_ASSERT_EQ(test, d->zone->nr_mixed, nr_sticky);
	KUNIT_ASSERT_EQ(test, d->zone->nr_reserved_highatomic, reserved);
	KUNIT_ASSERT_EQ(test, d->zone->nr_free_highatomic, free_reserved);
	/* A hundredth of 1024 in whole pageblocks */
	KUNIT_ASSERT_LE(test, reserved, 2 * PB_FRAMES);
	shadow_test_machine_verify(test, d->m);
}

/* A free pageblock that meets a free neighbour of another type makes it its own */
static void merge_types(struct model *d, unsigned int at)
{
	unsigned int order, i, lower, type = d->type[at >> PB];

	for (order = PB; order < TOP; order++) {
		unsigned int other = (at & ~(BIT(order) - 1)) ^ BIT(order);

		lower = at & ~(BIT(order) - 1);
		if (!all_free(d, lower, order) || !all_free(d, other, order))
			return;
		if (d->type[other >> PB] != type &&
		    (type == SHADOW_MIGRATE_HIGHATOMIC ||
		     d->type[other >> PB] == SHADOW_MIGRATE_HIGHATOMIC))
			return;
		for (i = other >> PB; i < (other + BIT(order)) >> PB; i++)
			d->type[i] = type;
	}
}

/* A pageblock, or several, change sides: mixed is what is foreign there now */
static void change_type(struct model *d, unsigned int at, unsigned int order,
			unsigned int mt)
{
	unsigned int i, end = (at + max(BIT(order), PB_FRAMES) - 1) >> PB;

	for (i = at >> PB; i <= end && i < NR_BLOCKS; i++) {
		d->type[i] = mt;
		d->sticky[i] = is_mixed(d, i);
	}
}

/* Nothing on the own lists: which of the three it was, and might it be? */
static void expect_fallback(struct kunit *test, struct model *d, unsigned int at,
			    unsigned int order, unsigned int mt, u32 flags)
{
	unsigned int block = at >> PB, i;
	int large = NONE, lowest, least = NONE, from, o;

	for (o = PB; o <= TOP; o++)
		if (o >= order && donor(d, mt, o) != NONE)
			large = o;
	if (large != NONE) {
		KUNIT_ASSERT_EQ(test, d->head[at], large);
		KUNIT_ASSERT_EQ(test, d->type[block], donor(d, mt, large));
		change_type(d, at, large, mt);
		d->nr_claims++;
		return;
	}
	KUNIT_ASSERT_FALSE(test, flags & SHADOW_ALLOC_NOFRAGMENT);
	lowest = mt == SHADOW_MIGRATE_MOVABLE ? max_t(int, order, PB / 2) : order;
	if (shadow_pageblock_mt(&d->m->nodes, at) == mt) {
		KUNIT_ASSERT_TRUE_MSG(test, may_claim(d, block, mt),
				      "pageblock %u was claimed", block);
		for (i = block << PB; i < (block + 1) << PB; i++)
			if (d->head[i] >= (int)order &&
			    (least == NONE || d->head[i] < least))
				least = d->head[i];
		KUNIT_ASSERT_EQ(test, d->head[at], least);
		change_type(d, block << PB, PB, mt);
		d->nr_claims++;
		return;
	}
	KUNIT_ASSERT_FALSE_MSG(test, must_claim(d, mt, lowest),
			       "pageblock %u was not claimed", block);
	for (o = TOP; o >= (int)order; o--)
		if (donor(d, mt, o) != NONE)
			least = o;
	from = donor(d, mt, least);
	KUNIT_ASSERT_EQ(test, d->head[at], least);
	KUNIT_ASSERT_EQ(test, d->type[block], from);
	d->nr_steals++;
}

static bool model_has(const struct model *d, unsigned int order, unsigned int mt,
		      u32 flags)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		if (smallest(d, i, i == mt || !(flags & SHADOW_ALLOC_NOFRAGMENT) ?
				   (int)order : max_t(int, order, PB)) != NONE)
			return true;
	return flags & (SHADOW_ALLOC_HIGHATOMIC | SHADOW_ALLOC_NON_BLOCK) &&
	       smallest(d, SHADOW_MIGRATE_HIGHATOMIC, order) != NONE;
}

static void step_alloc(struct kunit *test, struct model *d)
{
	static const u32 some_flags[] = {
		0, 0, 0, SHADOW_ALLOC_NOFRAGMENT, SHADOW_ALLOC_HIGHATOMIC,
		SHADOW_ALLOC_NON_BLOCK,
	};
	u32 flags = some_flags[shadow_test_below(&d->rnd, ARRAY_SIZE(some_flags))];
	u32 nr_orders = shadow_test_below(&d->rnd, 8) ? 2 : TOP + 1;
	unsigned int order = shadow_test_below(&d->rnd, nr_orders);
	unsigned int mt = shadow_test_below(&d->rnd, 3), at, i;
	struct shadow_page *page;
	int own, kept;

	page = shadow_buddy_alloc(d->zone, order, mt, SHADOW_OWNER_DIRECT, flags);
	KUNIT_ASSERT_EQ(test, !!page, model_has(d, order, mt, flags));
	if (!page) {
		d->nr_refused++;
		return;
	}
	at = shadow_page_to_pfn(&d->m->nodes, page) - d->zone->start_pfn;
	own = smallest(d, mt, order);
	kept = smallest(d, SHADOW_MIGRATE_HIGHATOMIC, order);
	KUNIT_ASSERT_GE(test, d->head[at], (int)order);
	if (flags & SHADOW_ALLOC_HIGHATOMIC && kept != NONE) {
		KUNIT_ASSERT_EQ(test, d->type[at >> PB], SHADOW_MIGRATE_HIGHATOMIC);
		KUNIT_ASSERT_EQ(test, d->head[at], kept);
	} else if (own != NONE) {
		KUNIT_ASSERT_EQ(test, d->type[at >> PB], mt);
		KUNIT_ASSERT_EQ(test, d->head[at], own);
	} else if (d->type[at >> PB] == SHADOW_MIGRATE_HIGHATOMIC) {
		/* The last resort of who cannot wait */
		KUNIT_ASSERT_EQ(test, flags, SHADOW_ALLOC_NON_BLOCK);
		KUNIT_ASSERT_FALSE(test, model_has(d, order, mt, 0));
	} else {
		expect_fallback(test, d, at, order, mt, flags);
	}
	for (i = at; i < at + BIT(order); i++) {
		KUNIT_ASSERT_FALSE(test, d->used[i]);
		d->used[i] = true;
		d->mt[i] = mt;
	}
	d->live_at[d->nr_live] = at;
	d->live_order[d->nr_live++] = order;
}

static struct shadow_page *page_of(struct model *d, unsigned int at)
{
	return shadow_pfn_to_page(&d->m->nodes, d->zone->start_pfn + at);
}

static void step_free(struct kunit *test, struct model *d, unsigned int which)
{
	unsigned int at = d->live_at[which], order = d->live_order[which], i;

	KUNIT_ASSERT_EQ(test, shadow_buddy_free(d->zone, page_of(d, at), order), 0);
	for (i = at; i < at + BIT(order); i++)
		d->used[i] = false;
	merge_types(d, at);
	d->nr_live--;
	d->live_at[which] = d->live_at[d->nr_live];
	d->live_order[which] = d->live_order[d->nr_live];
}

static u64 nr_reserved(const struct model *d)
{
	u64 nr = 0;
	unsigned int i;

	for (i = 0; i < NR_BLOCKS; i++)
		nr += d->type[i] == SHADOW_MIGRATE_HIGHATOMIC ? PB_FRAMES : 0;
	return nr;
}

static void step_reserve(struct model *d)
{
	unsigned int which = shadow_test_below(&d->rnd, d->nr_live);
	unsigned int at = d->live_at[which], order = d->live_order[which];
	u64 room = 2 * PB_FRAMES - nr_reserved(d);

	shadow_mobility_reserve_highatomic(d->zone, page_of(d, at), order);
	if (d->type[at >> PB] == SHADOW_MIGRATE_HIGHATOMIC ||
	    max(BIT(order), PB_FRAMES) > room)
		return;
	change_type(d, order < PB ? at & ~(PB_FRAMES - 1) : at, order,
		    SHADOW_MIGRATE_HIGHATOMIC);
	d->nr_reserves++;
}

static void step_unreserve(struct kunit *test, struct model *d)
{
	int least = smallest(d, SHADOW_MIGRATE_HIGHATOMIC, 0);
	bool force = shadow_test_below(&d->rnd, 2), done;
	unsigned int mt = shadow_test_below(&d->rnd, 3), i, changed = NR_BLOCKS;
	u64 kept = force ? 0 : PB_FRAMES;

	done = shadow_mobility_unreserve_highatomic(&d->m->nodes,
						    &d->m->nodes.node[0].fallback,
						    SHADOW_ZONE_MOVABLE, mt, force);
	KUNIT_ASSERT_EQ(test, done, least != NONE && nr_reserved(d) > kept);
	if (!done)
		return;
	for (i = 0; i < NR_BLOCKS; i++)
		if (d->type[i] == SHADOW_MIGRATE_HIGHATOMIC && changed == NR_BLOCKS &&
		    shadow_pageblock_mt(&d->m->nodes, i << PB) == mt)
			changed = i;
	KUNIT_ASSERT_LT(test, changed, NR_BLOCKS);
	for (i = changed << PB; i < (changed + 1) << PB && d->head[i] != least;)
		i++;
	KUNIT_ASSERT_LT_MSG(test, i, (changed + 1) << PB, "not the smallest block's");
	change_type(d, changed << PB, max_t(int, least, PB), mt);
	merge_types(d, changed << PB);
	d->nr_unreserves++;
}

static struct model *model_begin(struct kunit *test)
{
	struct model *d = shadow_test_alloc(test, sizeof(*d));
	struct shadow_block block;

	shadow_test_seed(test, &d->rnd);
	shadow_test_block(test, &block, SHADOW_TEST_BASE,
			  NR_FRAMES << SHADOW_TEST_PAGE_SHIFT);
	d->m = shadow_test_machine_begin_order(test, &block, TOP);
	d->m->nodes.pageblock_log2 = PB;
	KUNIT_ASSERT_EQ(test, shadow_memblock_add(&d->m->mb, block.base, block.bytes), 0);
	shadow_test_machine_boot(test, d->m, 0);
	d->zone = &d->m->nodes.node[0].zone[SHADOW_ZONE_NORMAL];
	memset(d->type, SHADOW_MIGRATE_MOVABLE, sizeof(d->type));
	KUNIT_ASSERT_FALSE(test, d->m->nodes.mobility_off);
	compare(test, d);
	return d;
}

static void mobility_random(struct kunit *test)
{
	struct model *d = model_begin(test);
	unsigned int i, what;

	for (i = 0; i < NR_STEPS; i++) {
		what = shadow_test_below(&d->rnd, 100);
		if (what < 3 && d->nr_live)
			step_reserve(d);
		else if (what < 5)
			step_unreserve(test, d);
		else if (d->nr_live < MAX_LIVE &&
			 (!d->nr_live || what < (i >> 10 & 1 ? 45 : 80)))
			step_alloc(test, d);
		else
			step_free(test, d, shadow_test_below(&d->rnd, d->nr_live));
		compare(test, d);
		if (!(i & 0xff))
			cond_resched();
	}
	/* Each of it has happened */
	KUNIT_EXPECT_GT(test, d->nr_claims, 100);
	KUNIT_EXPECT_GT(test, d->nr_steals, 100);
	KUNIT_EXPECT_GT(test, d->nr_reserves, 20);
	KUNIT_EXPECT_GT(test, d->nr_unreserves, 20);
	KUNIT_EXPECT_GT(test, d->nr_refused, 20);
	while (d->nr_live)
		step_free(test, d, d->nr_live - 1);
	compare(test, d);
	KUNIT_EXPECT_EQ(test, d->zone->nr_mixed, 0);
}

/* A zone of less than a hundred pageblocks keeps none */
static void mobility_small_zone_keeps_none(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 8192, 0);
	struct shadow_zone *zone = &m->nodes.node[0].zone[SHADOW_ZONE_NORMAL];
	struct shadow_page *page;

	page = shadow_buddy_alloc(zone, 1, SHADOW_MIGRATE_UNMOVABLE,
				  SHADOW_OWNER_DIRECT, 0);
	KUNIT_ASSERT_NOT_NULL(test, page);
	shadow_mobility_reserve_highatomic(zone, page, 1);
	KUNIT_EXPECT_EQ(test, zone->nr_reserved_highatomic, 0);
	shadow_test_machine_verify(test, m);
}

/* A pageblock that two zones share stays what it is, whoever takes from it */
static void mobility_shared_pageblock(struct kunit *test)
{
	struct shadow_test_machine *m;
	struct shadow_block block;
	struct shadow_zone *dma;
	struct shadow_page *page;
	u32 index;

	shadow_test_block(test, &block, SHADOW_TEST_BASE, 4096 * SZ_4K);
	m = shadow_test_machine_begin(test, &block);
	m->nodes.zone_limit[SHADOW_ZONE_DMA] = 0x80000 + 256;
	KUNIT_ASSERT_EQ(test, shadow_memblock_add(&m->mb, block.base, block.bytes), 0);
	shadow_test_machine_boot(test, m, 0);
	dma = &m->nodes.node[0].zone[SHADOW_ZONE_DMA];
	page = shadow_buddy_alloc(dma, 0, SHADOW_MIGRATE_UNMOVABLE,
				  SHADOW_OWNER_DIRECT, 0);
	KUNIT_ASSERT_NOT_NULL(test, page);
	index = shadow_page_index(&m->nodes.memmap, page);
	KUNIT_EXPECT_EQ(test, shadow_pageblock_mt(&m->nodes, index), SHADOW_MIGRATE_MOVABLE);
	KUNIT_EXPECT_EQ(test, dma->orders[SHADOW_MIGRATE_UNMOVABLE], 0);
	KUNIT_EXPECT_NULL(test, shadow_buddy_alloc(dma, 0, SHADOW_MIGRATE_UNMOVABLE,
						   SHADOW_OWNER_DIRECT,
						   SHADOW_ALLOC_NOFRAGMENT));
	shadow_test_machine_verify(test, m);
}

/* What verify says of each thing that it holds a zone's pageblocks against */
static void mobility_corruption_is_seen(struct kunit *test)
{
	static const struct {
		const char *verdict;
		u8 flip;
		u64 highatomic, mixed, free;
	} cases[] = {
		{ "means nothing", 0x04, 0, 0, 0 },
		{ "means nothing", 0xc0, 0, 0, 0 },
		{ "the zone counts", 0, 8, 0, 0 },
		{ "the zone counts", 0, 0, 1, 0 },
		{ "nr_free_highatomic says", 0, 0, 0, 1 },
		{ "its pageblock is of another", 0x03, 0, 0, 0 },
	};
	struct shadow_fault fault;
	struct model *d;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		d = model_begin(test);
		d->m->nodes.pageblock_mt[7] ^= cases[i].flip;
		d->zone->nr_reserved_highatomic += cases[i].highatomic;
		d->zone->nr_mixed += cases[i].mixed;
		d->zone->nr_free_highatomic += cases[i].free;
		shadow_fault_init(&fault);
		KUNIT_EXPECT_EQ(test, shadow_buddy_verify(d->zone, &fault), -EUCLEAN);
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(fault.text, cases[i].verdict),
					  "%s", fault.text);
	}
}

/* The worked example at the top of shadow_frag.c */
static void frag_indices(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 64, 0);
	struct shadow_zone *zone = &m->nodes.node[0].zone[SHADOW_ZONE_NORMAL];
	struct shadow_page *page[64];
	struct shadow_frag_info info;
	unsigned int i;

	shadow_frag_info(zone, 6, &info);
	KUNIT_EXPECT_EQ(test, shadow_frag_extfrag(&info, 6), -1000);
	for (i = 0; i < 64; i++)
		page[i] = shadow_alloc_pages(&m->nodes, SHADOW_GFP_MOVABLE, 0);
	shadow_frag_info(zone, 0, &info);
	KUNIT_EXPECT_EQ(test, shadow_frag_unusable(&info, 0), 1000);
	KUNIT_EXPECT_EQ(test, shadow_frag_extfrag(&info, 0), 0);
	/* 8 in a row, and 4 alone */
	for (i = 0; i < 64; i++) {
		u64 pfn = shadow_page_to_pfn(&m->nodes, page[i]) - 0x80000;

		if (pfn >= 16 && pfn < 24)
			shadow_free_pages(&m->nodes, page[i], 0);
		if (pfn == 32 || pfn == 40 || pfn == 48 || pfn == 56)
			shadow_free_pages(&m->nodes, page[i], 0);
	}
	KUNIT_ASSERT_EQ(test, zone->nr_free, 12);
	shadow_frag_info(zone, 2, &info);
	KUNIT_EXPECT_EQ(test, info.nr_suitable, 2);
	KUNIT_EXPECT_EQ(test, shadow_frag_unusable(&info, 2), 333);
	KUNIT_EXPECT_EQ(test, shadow_frag_extfrag(&info, 2), -1000);
	shadow_frag_info(zone, 4, &info);
	KUNIT_EXPECT_EQ(test, shadow_frag_unusable(&info, 4), 1000);
	KUNIT_EXPECT_EQ(test, shadow_frag_extfrag(&info, 4), 650);
}

/* One sample in so many operations, the newest kept, none when switched off */
static void frag_samples(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 4096, 0);
	struct shadow_zone *zone = &m->nodes.node[0].zone[SHADOW_ZONE_NORMAL];
	struct shadow_frag *frag = shadow_test_alloc(test, sizeof(*frag));
	struct shadow_frag_sample sample;
	struct shadow_page *page;
	u64 i;

	shadow_frag_init(&m->nodes, frag, shadow_test_alloc(test, shadow_frag_bytes()));
	shadow_frag_set_interval(&m->nodes, 10);
	for (i = 1; i <= 5 * SHADOW_FRAG_SAMPLES + 5; i++) {
		page = shadow_buddy_alloc(zone, 0, SHADOW_MIGRATE_MOVABLE,
					  SHADOW_OWNER_DIRECT, 0);
		KUNIT_ASSERT_NOT_NULL(test, page);
		KUNIT_ASSERT_EQ(test, shadow_buddy_free(zone, page, 0), 0);
		KUNIT_ASSERT_EQ(test, shadow_frag_ops(zone), 2 * i);
		KUNIT_ASSERT_EQ(test, frag->seq, 2 * i / 10);
	}
	KUNIT_EXPECT_EQ(test, shadow_frag_first(frag), 1);
	KUNIT_EXPECT_FALSE(test, shadow_frag_read(frag, 0, &sample));
	KUNIT_EXPECT_FALSE(test, shadow_frag_read(frag, frag->seq, &sample));
	KUNIT_ASSERT_TRUE(test, shadow_frag_read(frag, 7, &sample));
	KUNIT_EXPECT_EQ(test, sample.ops, 80);
	KUNIT_EXPECT_EQ(test, sample.nr_free, 4096);
	KUNIT_EXPECT_EQ(test, sample.nr_large, 8);
	KUNIT_EXPECT_EQ(test, sample.unusable[1], 0);
	KUNIT_EXPECT_EQ(test, sample.extfrag[0], -1000);
	i = frag->seq;
	shadow_frag_set_interval(&m->nodes, 0);
	page = shadow_buddy_alloc(zone, 0, SHADOW_MIGRATE_MOVABLE,
				  SHADOW_OWNER_DIRECT, 0);
	KUNIT_EXPECT_EQ(test, shadow_frag_ops(zone), 2 * (5 * SHADOW_FRAG_SAMPLES + 5) + 1);
	KUNIT_EXPECT_EQ(test, frag->seq, i);
	KUNIT_EXPECT_NOT_NULL(test, page);
}

static struct kunit_case mobility_cases[] = {
	KUNIT_CASE(mobility_random),
	KUNIT_CASE(mobility_small_zone_keeps_none),
	KUNIT_CASE(mobility_shared_pageblock),
	KUNIT_CASE(mobility_corruption_is_seen),
	KUNIT_CASE(frag_indices),
	KUNIT_CASE(frag_samples),
	{}
};

static struct kunit_suite mobility_suite = {
	.name = "shadow_mobility",
	.test_cases = mobility_cases,
};

kunit_test_suite(mobility_suite);
