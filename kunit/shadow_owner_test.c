// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite of the page allocator against a flat model of who owns which frame.
 *
 * Machines of every shape: nodes, zones, memmaps, generations of per-CPU lists,
 * with and without grouping, with marks that are moved while it runs. Random
 * operations with every flag. The model is one number a frame and a list of
 * what was handed out; what may be refused follows from the text of
 * __zone_watermark_ok() and gfp_to_alloc_flags() of mm/page_alloc.c, computed
 * here from the counters alone.
 */
#include "shadow_compound.h"
#include "shadow_contig.h"
#include "shadow_page_call.h"
#include "shadow_test_machine.h"
#include "shadow_watermark.h"

#define MAX_FRAMES	4096
#define MAX_LIVE	1024
#define NO_MEMORY	U16_MAX	/* owner of a frame that nobody can have */
#define NR_BULK		24
#define FIRST_PFN	(SHADOW_TEST_BASE >> SHADOW_TEST_PAGE_SHIFT)

#ifdef __KERNEL__
#define NR_MACHINES	20
#define NR_STEPS	1500
#else
#define NR_MACHINES	80
#define NR_STEPS	12500
#endif
#define FULL_EVERY	250

/**
 * struct live_block - what was handed out
 * @frame: its first frame
 * @order: log2 of its frames
 * @users: references to it
 * @compound: it is freed as a whole, whoever is last
 * @owner: enum shadow_owner
 */
struct live_block {
	u16 frame;
	u8 order;
	u8 users;
	bool compound;
	u8 owner;
};

/**
 * struct owner_run - one machine and its model
 * @test: the running case
 * @rnd: what is decided by chance
 * @m: the machine
 * @nr_frames: frames that the model has
 * @nr_cpus: CPUs that allocate
 * @owner: per frame: 0 free, 1 + its block in @live, NO_MEMORY
 * @place: per frame, which zone of which node it must lie in
 * @live: what was handed out
 * @nr_live: how many
 * @step: operations done
 * @granted: allocations that were granted
 * @refused: allocations that were refused
 * @highatomic: a pageblock may be of that type
 */
struct owner_run {
	struct kunit *test;
	struct rnd_state rnd;
	struct shadow_test_machine *m;
	u32 nr_frames;
	u32 nr_cpus;
	u16 owner[MAX_FRAMES];
	struct shadow_zone *place[MAX_FRAMES];
	struct live_block live[MAX_LIVE];
	u32 nr_live;
	u32 step;
	u64 granted;
	u64 refused;
	bool highatomic;
};

static u64 below(struct owner_run *r, u64 limit)
{
	return shadow_test_below(&r->rnd, limit);
}

static bool one_in(struct owner_run *r, u32 n)
{
	return !below(r, n);
}

static struct shadow_page *page_of(struct owner_run *r, u32 frame)
{
	return shadow_pfn_to_page(&r->m->nodes, FIRST_PFN + frame);
}

#define OWNER_EXPECT(r, cond, fmt, ...)					\
	KUNIT_ASSERT_TRUE_MSG((r)->test, cond, "step %u: " fmt,		\
			      (r)->step, ##__VA_ARGS__)

/* ------------------------------------------------------- the marks, anew -- */

/**
 * struct mark_view - what a zone's counters were at one moment
 * @free: frames in the free areas
 * @listed: frames on per-CPU lists
 */
struct mark_view {
	u64 free;
	u64 listed;
};

static void look(struct owner_run *r, struct mark_view *view)
{
	struct shadow_zone *zone;
	u32 i = 0;

	for (zone = shadow_first_zone(&r->m->nodes); zone;
	     zone = shadow_next_zone(zone), i++) {
		view[i].free = zone->nr_free;
		view[i].listed = zone->pcp ? shadow_pcp_count(zone) : 0;
	}
}

static u32 view_of(struct owner_run *r, const struct shadow_zone *zone)
{
	struct shadow_zone *z;
	u32 i = 0;

	for (z = shadow_first_zone(&r->m->nodes); z && z != zone;
	     z = shadow_next_zone(z))
		i++;
	return i;
}

/* gfp_to_alloc_flags(), in plain words */
static bool may_deeper(u32 gfp)
{
	return gfp & SHADOW_GFP_HIGH;
}

static bool may_reserve(u32 gfp, u32 order)
{
	return order && (gfp & SHADOW_GFP_HIGH) && (gfp & SHADOW_GFP_NOWAIT);
}

/* Has a zone a block of that size, on a list that the flags allow? */
static bool has_block(const struct shadow_zone *zone, u32 order, u32 max_order,
		      bool reserve)
{
	u32 mt;

	for (; order <= max_order; order++)
		for (mt = 0; mt < SHADOW_MIGRATE_TYPES; mt++)
			if (zone->free_area[order].list[mt].first != SHADOW_NO_PAGE &&
			    (reserve || mt != SHADOW_MIGRATE_HIGHATOMIC))
				return true;
	return false;
}

/* The least that has to be left, of what a zone may go down to for these flags */
static s64 least(const struct shadow_zone *zone, u64 boost, u32 gfp, u32 order)
{
	s64 min = zone->mark[SHADOW_WMARK_MIN];

	/* Only single frames for HIGH get past a boost */
	if (order || !may_deeper(gfp))
		min += boost;
	if (may_deeper(gfp)) {
		min -= min / 2;
		if (gfp & SHADOW_GFP_NOWAIT)
			min -= min / 4;
	}
	return min + zone->lowmem_reserve[shadow_gfp_zone(gfp)];
}

static bool mark_allows(const struct shadow_zone *zone, u64 nr_free, u32 gfp,
			u32 order)
{
	s64 left = nr_free - (BIT(order) - 1);

	if (!(gfp & (SHADOW_GFP_HIGH | SHADOW_GFP_NOWAIT)))
		left -= zone->nr_free_highatomic;
	return left > least(zone, zone->watermark_boost, gfp, order);
}

static bool no_marks(u32 gfp)
{
	return gfp & (SHADOW_GFP_MEMALLOC | SHADOW_GFP_NOFAIL);
}

/* ------------------------------------------------------------- the rules -- */

/* Flags that exclude each other, as the headers say */
static bool flags_clash(u32 gfp)
{
	u32 nr_zones = !!(gfp & SHADOW_GFP_DMA) + !!(gfp & SHADOW_GFP_DMA32) +
		       !!(gfp & SHADOW_GFP_HIGHMEM);

	return nr_zones > 1 ||
	       ((gfp & SHADOW_GFP_MOVABLE) && (gfp & SHADOW_GFP_RECLAIMABLE)) ||
	       ((gfp & SHADOW_GFP_NOFAIL) && (gfp & SHADOW_GFP_NOWAIT));
}

static enum shadow_zone_type highest_of(u32 gfp)
{
	if (gfp & SHADOW_GFP_DMA)
		return SHADOW_ZONE_DMA;
	if (gfp & SHADOW_GFP_DMA32)
		return SHADOW_ZONE_DMA32;
	if (gfp & SHADOW_GFP_HIGHMEM)
		return gfp & SHADOW_GFP_MOVABLE ? SHADOW_ZONE_MOVABLE :
						  SHADOW_ZONE_HIGHMEM;
	return SHADOW_ZONE_NORMAL;
}

static u32 node_of(struct owner_run *r, u32 cpu, u32 gfp)
{
	u32 node = gfp >> SHADOW_GFP_NODE_SHIFT & 0xf;

	return node && node <= r->m->nodes.nr_nodes ? node - 1 :
	       shadow_cpu_node(&r->m->nodes, cpu);
}

static bool zone_allowed(struct owner_run *r, const struct shadow_zone *zone,
			 u32 cpu, u32 gfp)
{
	enum shadow_zone_type highest = highest_of(gfp);

	if (!zone->managed || zone->type > highest)
		return false;
	if ((gfp & SHADOW_GFP_THISZONE) && zone->type != highest)
		return false;
	return !(gfp & SHADOW_GFP_THISNODE) || zone->nid == node_of(r, cpu, gfp);
}

/* It was right to refuse: no zone that is allowed could have given it */
static void check_refusal(struct owner_run *r, u32 cpu, u32 gfp, u32 order)
{
	u32 max_order = r->m->nodes.max_order;
	struct shadow_zone *zone;

	r->refused++;
	if (order > max_order || flags_clash(gfp))
		return;
	for (zone = shadow_first_zone(&r->m->nodes); zone;
	     zone = shadow_next_zone(zone)) {
		if (!zone_allowed(r, zone, cpu, gfp) ||
		    !has_block(zone, order, max_order, may_reserve(gfp, order)))
			continue;
		OWNER_EXPECT(r, !no_marks(gfp) &&
			     !mark_allows(zone, zone->nr_free, gfp, order),
			     "order %u gfp %#x refused: node %d %s has %llu free, %llu of them HighAtomic, least %lld",
			     order, gfp, zone->nid, shadow_zone_names[zone->type],
			     zone->nr_free, zone->nr_free_highatomic,
			     least(zone, zone->watermark_boost, gfp, order));
	}
}

/* It was right to grant: the zone is allowed and was above what it may not pass */
static void check_grant(struct owner_run *r, const struct mark_view *before,
			u32 frame, u32 order, u32 cpu, u32 gfp)
{
	struct shadow_zone *zone = r->place[frame];
	const struct mark_view *view = &before[view_of(r, zone)];
	u32 i;

	r->granted++;
	OWNER_EXPECT(r, !flags_clash(gfp), "gfp %#x granted", gfp);
	OWNER_EXPECT(r, zone_allowed(r, zone, cpu, gfp),
		     "gfp %#x cpu %u: node %d %s is not allowed", gfp, cpu,
		     zone->nid, shadow_zone_names[zone->type]);
	OWNER_EXPECT(r, IS_ALIGNED(FIRST_PFN + frame, BIT(order)) &&
		     frame + BIT(order) <= r->nr_frames,
		     "frame %u cannot start an order %u", frame, order);
	for (i = frame; i < frame + BIT(order); i++)
		OWNER_EXPECT(r, !r->owner[i] && r->place[i] == zone,
			     "frame %u of block %u (order %u) is owner %u's", i,
			     frame, order, r->owner[i]);
	/*
	 * Lists may have been emptied, pageblocks given up, and the marks let
	 * down before; a block of another type raises them again afterwards.
	 */
	OWNER_EXPECT(r, no_marks(gfp) ||
		     (s64)(view->free + view->listed - (BIT(order) - 1)) >
		     least(zone, 0, gfp, order),
		     "order %u gfp %#x granted by node %d %s: %llu free and %llu listed, least %lld",
		     order, gfp, zone->nid, shadow_zone_names[zone->type],
		     view->free, view->listed, least(zone, 0, gfp, order));
}

/* ------------------------------------------------------------- the model -- */

static void own(struct owner_run *r, u32 frame, u32 order, u16 owner)
{
	u32 i;

	for (i = frame; i < frame + BIT(order); i++)
		r->owner[i] = owner;
}

static void add_live(struct owner_run *r, u32 frame, u32 order, bool compound,
		     u32 owner)
{
	r->live[r->nr_live++] = (struct live_block){
		frame, order, 1, compound, owner };
	own(r, frame, order, r->nr_live);
}

static void drop_live(struct owner_run *r, u32 i)
{
	own(r, r->live[i].frame, r->live[i].order, 0);
	r->live[i] = r->live[--r->nr_live];
	if (i < r->nr_live)
		own(r, r->live[i].frame, r->live[i].order, i + 1);
}

static u32 frame_of(struct owner_run *r, const struct shadow_page *page)
{
	return shadow_page_to_pfn(&r->m->nodes, page) - FIRST_PFN;
}

static void check_block(struct owner_run *r, const struct live_block *b)
{
	const struct shadow_page *page = page_of(r, b->frame);

	OWNER_EXPECT(r, shadow_page_state(page) == SHADOW_PAGE_ALLOCATED &&
		     shadow_page_order(page) == b->order &&
		     shadow_page_owner(page) == b->owner &&
		     !(page->flags & SHADOW_PF_COMP) == !b->compound &&
		     atomic_read(&page->refcount) == b->users,
		     "frame %u: order %u owner %u users %u compound %d; flags %#x users %d",
		     b->frame, b->order, b->owner, b->users, b->compound,
		     page->flags, atomic_read(&page->refcount));
}

/* ---------------------------------------------------------- the operations -- */

static u32 some_gfp(struct owner_run *r)
{
	static const u32 flags[] = {
		SHADOW_GFP_DMA, SHADOW_GFP_DMA32, SHADOW_GFP_HIGHMEM,
		SHADOW_GFP_HIGHMEM | SHADOW_GFP_MOVABLE, SHADOW_GFP_MOVABLE,
		SHADOW_GFP_MOVABLE, SHADOW_GFP_RECLAIMABLE, SHADOW_GFP_HIGH,
		SHADOW_GFP_NOWAIT, SHADOW_GFP_ATOMIC, SHADOW_GFP_ATOMIC,
		SHADOW_GFP_COMP, SHADOW_GFP_COLD, SHADOW_GFP_THISNODE,
		SHADOW_GFP_THISZONE, SHADOW_GFP_NOWARN, SHADOW_GFP_ROUTE,
	};
	u32 gfp = 0, nr;

	for (nr = below(r, 4); nr; nr--)
		gfp |= flags[below(r, ARRAY_SIZE(flags))];
	if (one_in(r, 3))
		gfp |= SHADOW_GFP_NODE(below(r, r->m->nodes.nr_nodes));
	if (one_in(r, 4))
		gfp |= SHADOW_GFP_OWNER(1 + below(r, SHADOW_OWNER_USER));
	if (one_in(r, 60))
		gfp |= SHADOW_GFP_ZERO;
	if (one_in(r, 80))
		gfp |= SHADOW_GFP_MEMALLOC;
	if (one_in(r, 80))
		gfp |= SHADOW_GFP_NOFAIL;
	return gfp;
}

static u32 some_order(struct owner_run *r)
{
	if (one_in(r, 40))
		return below(r, r->m->nodes.max_order + 2);
	return one_in(r, 3) ? below(r, 5) : 0;
}

static u32 owner_in(u32 gfp)
{
	return (gfp >> SHADOW_GFP_OWNER_SHIFT & 0x1f) ? : SHADOW_OWNER_DIRECT;
}

static void do_alloc(struct owner_run *r)
{
	struct mark_view before[SHADOW_MAX_NODES * SHADOW_MAX_NR_ZONES];
	u32 gfp = some_gfp(r), order = some_order(r), cpu = below(r, r->nr_cpus);
	struct shadow_page *page;
	u32 frame;

	if (r->nr_live == MAX_LIVE)
		return;
	look(r, before);
	page = shadow_alloc_pages_cpu(&r->m->nodes, cpu, gfp, order);
	r->highatomic |= may_reserve(gfp, order);
	if (!page) {
		check_refusal(r, cpu, gfp, order);
		return;
	}
	frame = frame_of(r, page);
	check_grant(r, before, frame, order, cpu, gfp);
	if (gfp & SHADOW_GFP_ZERO)
		OWNER_EXPECT(r, !memchr_inv(shadow_page_to_virt(&r->m->nodes, page), 0,
					    SZ_4K << order),
			     "frame %u is not cleared", frame);
	add_live(r, frame, order, order && (gfp & SHADOW_GFP_COMP), owner_in(gfp));
	check_block(r, &r->live[r->nr_live - 1]);
}

static void do_bulk(struct owner_run *r)
{
	struct mark_view before[SHADOW_MAX_NODES * SHADOW_MAX_NR_ZONES];
	u32 gfp = some_gfp(r) & ~SHADOW_GFP_COMP, cpu = below(r, r->nr_cpus), i, nr;
	struct shadow_page *page[NR_BULK] = {};

	if (r->nr_live + NR_BULK > MAX_LIVE)
		return;
	look(r, before);
	nr = shadow_alloc_pages_bulk_cpu(&r->m->nodes, cpu, gfp, NR_BULK, page);
	OWNER_EXPECT(r, nr <= NR_BULK, "%u of %u in bulk", nr, NR_BULK);
	if (!nr)
		check_refusal(r, cpu, gfp, 0);
	for (i = 0; i < nr; i++) {
		check_grant(r, before, frame_of(r, page[i]), 0, cpu, gfp);
		add_live(r, frame_of(r, page[i]), 0, false, owner_in(gfp));
		check_block(r, &r->live[r->nr_live - 1]);
	}
}

static void do_exact(struct owner_run *r)
{
	struct mark_view before[SHADOW_MAX_NODES * SHADOW_MAX_NR_ZONES];
	u32 gfp = some_gfp(r), cpu = below(r, r->nr_cpus), nr = 1 + below(r, 24);
	struct shadow_page *page;
	u32 i, frame;

	if (r->nr_live + nr > MAX_LIVE)
		return;
	look(r, before);
	page = shadow_alloc_exact_cpu(&r->m->nodes, cpu, gfp, nr);
	if (!page) {
		if (!(gfp & SHADOW_GFP_COMP))
			check_refusal(r, cpu, gfp, nr == 1 ? 0 : fls(nr - 1));
		return;
	}
	frame = frame_of(r, page);
	check_grant(r, before, frame, nr == 1 ? 0 : fls(nr - 1), cpu, gfp);
	for (i = 0; i < nr; i++) {
		add_live(r, frame + i, 0, false, owner_in(gfp));
		check_block(r, &r->live[r->nr_live - 1]);
	}
}

static void do_split(struct owner_run *r)
{
	u32 victim = below(r, r->nr_live), i;
	struct live_block b = r->live[victim];
	int err;

	if (r->nr_live + BIT(b.order) > MAX_LIVE)
		return;
	err = shadow_split_page(&r->m->nodes, page_of(r, b.frame), b.order);
	OWNER_EXPECT(r, err == (b.compound ? -EINVAL : b.users > 1 ? -EBUSY : 0),
		     "split of frame %u: %d", b.frame, err);
	if (err)
		return;
	drop_live(r, victim);
	for (i = 0; i < BIT(b.order); i++)
		add_live(r, b.frame + i, 0, false, b.owner);
}

static void do_get(struct owner_run *r)
{
	struct live_block *b = &r->live[below(r, r->nr_live)];

	if (b->users > 3)
		return;
	OWNER_EXPECT(r, !shadow_get_page(&r->m->nodes, page_of(r, b->frame)),
		     "frame %u: no reference", b->frame);
	b->users++;
}

/* Others know nothing of a block's further frames: the first is left to them */
static void free_shared(struct owner_run *r, u32 victim)
{
	struct live_block *b = &r->live[victim];

	b->users--;
	if (b->compound)
		return;
	own(r, b->frame, b->order, 0);
	b->order = 0;
	own(r, b->frame, 0, victim + 1);
}

static void do_free(struct owner_run *r)
{
	u32 victim = below(r, r->nr_live), cpu = below(r, r->nr_cpus);
	struct live_block b = r->live[victim];
	struct shadow_nodes *nodes = &r->m->nodes;
	struct shadow_page *page = page_of(r, b.frame);
	int err;

	err = shadow_free_pages_cpu(nodes, cpu, page, b.order + 1);
	OWNER_EXPECT(r, err == -EINVAL, "free of frame %u as order %u: %d",
		     b.frame, b.order + 1, err);
	if (b.order) {
		err = shadow_free_pages_cpu(nodes, cpu, page + 1, 0);
		OWNER_EXPECT(r, err == -EINVAL, "free inside of frame %u: %d",
			     b.frame, err);
	}
	err = shadow_free_pages_cpu(nodes, cpu, page, b.order);
	OWNER_EXPECT(r, !err, "free of frame %u: %d", b.frame, err);
	if (b.users > 1) {
		free_shared(r, victim);
		check_block(r, &r->live[victim]);
		return;
	}
	drop_live(r, victim);
	err = shadow_free_pages_cpu(nodes, cpu, page, b.order);
	OWNER_EXPECT(r, err == -EINVAL, "frame %u freed twice: %d", b.frame, err);
}

static void do_contig(struct owner_run *r)
{
	u64 nr = 1 + below(r, 40), pfn, i;

	if (r->nr_live + nr > MAX_LIVE)
		return;
	pfn = shadow_contig_alloc(&r->m->nodes, nr, 1, SHADOW_OWNER_SHARED);
	for (i = 0; pfn && i < nr; i++) {
		OWNER_EXPECT(r, !r->owner[pfn - FIRST_PFN + i],
			     "frame %llu of %llu in a row is owner %u's", i, nr,
			     r->owner[pfn - FIRST_PFN + i]);
		add_live(r, pfn - FIRST_PFN + i, 0, false, SHADOW_OWNER_SHARED);
	}
}

/* Somebody turns the knobs while it runs */
static void do_set(struct owner_run *r)
{
	struct shadow_nodes *nodes = &r->m->nodes;

	if (one_in(r, 2)) {
		shadow_watermark_set_min_free(nodes, below(r, r->nr_frames / 2));
		return;
	}
	nodes->watermark_scale_factor = 1 + below(r, 300);
	nodes->lowmem_reserve_ratio[below(r, SHADOW_ZONE_HIGHMEM)] = below(r, 64);
	nodes->watermark_boost_factor = one_in(r, 2) ? 0 : 15000;
	shadow_watermark_setup(nodes);
}

static void do_step(struct owner_run *r)
{
	/* Full and empty by turns */
	u32 fill = (r->step / 400) % 2 ? 30 : 62, what = below(r, 100);

	r->step++;
	if (one_in(r, 300))
		do_set(r);
	else if (one_in(r, 150))
		shadow_test_machine_drain(r->m);
	else if (one_in(r, 200))
		do_contig(r);
	else if (what < fill)
		one_in(r, 12) ? do_bulk(r) : one_in(r, 12) ? do_exact(r) : do_alloc(r);
	else if (!r->nr_live)
		do_alloc(r);
	else if (what < fill + 4)
		one_in(r, 2) ? do_split(r) : do_get(r);
	else
		do_free(r);
}

/* ------------------------------------------------------- all of it at once -- */

/* Each frame is in one block, and that block is what the model says */
static void check_frames(struct owner_run *r)
{
	u64 free[SHADOW_MAX_NODES * SHADOW_MAX_NR_ZONES] = {};
	struct shadow_zone *zone;
	u32 i, end = 0;

	for (i = 0; i < r->nr_frames; i++) {
		const struct shadow_page *page = page_of(r, i);
		unsigned int state = page ? shadow_page_state(page) :
					    SHADOW_PAGE_HOLE;

		if (r->owner[i] == NO_MEMORY) {
			OWNER_EXPECT(r, state == SHADOW_PAGE_HOLE ||
				     state == SHADOW_PAGE_RESERVED,
				     "frame %u has no memory, state %u", i, state);
			continue;
		}
		free[view_of(r, r->place[i])] += !r->owner[i];
		if (r->owner[i])
			continue;
		if (state == SHADOW_PAGE_BUDDY || state == SHADOW_PAGE_PCP)
			end = i + BIT(shadow_page_order(page));
		else
			OWNER_EXPECT(r, state == SHADOW_PAGE_NONE && i < end,
				     "free frame %u: flags %#x", i, page->flags);
	}
	for (i = 0; i < r->nr_live; i++)
		check_block(r, &r->live[i]);
	for (zone = shadow_first_zone(&r->m->nodes); zone;
	     zone = shadow_next_zone(zone))
		OWNER_EXPECT(r, free[view_of(r, zone)] == zone->nr_free +
			     (zone->pcp ? shadow_pcp_count(zone) : 0),
			     "node %d %s: %llu frames are free", zone->nid,
			     shadow_zone_names[zone->type], free[view_of(r, zone)]);
}

/* Two halves that are both free are one block, unless one is kept apart */
static void check_merged(struct owner_run *r)
{
	u32 i, order, buddy;

	shadow_test_machine_drain(r->m);
	if (r->highatomic)
		return;
	for (i = 0; i < r->nr_frames; i++) {
		const struct shadow_page *page = page_of(r, i), *other;

		if (!page || shadow_page_state(page) != SHADOW_PAGE_BUDDY)
			continue;
		order = shadow_page_order(page);
		buddy = i ^ BIT(order);
		if (order == r->m->nodes.max_order || buddy >= r->nr_frames ||
		    r->place[buddy] != r->place[i])
			continue;
		other = page_of(r, buddy);
		OWNER_EXPECT(r, !other ||
			     shadow_page_state(other) != SHADOW_PAGE_BUDDY ||
			     shadow_page_order(other) != order,
			     "frames %u and %u, order %u, are not merged", i,
			     buddy, order);
	}
}

static void check_all(struct owner_run *r)
{
	shadow_test_machine_verify(r->test, r->m);
	check_frames(r);
	if (one_in(r, 4))
		check_merged(r);
}

/* ------------------------------------------------------------- the machines -- */

/* Nodes side by side, each with a piece missing now and then */
static void add_memory(struct owner_run *r)
{
	u32 nr_nodes = r->m->nodes.nr_nodes, nid, start = 0, end, cut;
	struct shadow_memblock *mb = &r->m->mb;
	phys_addr_t base = SHADOW_TEST_BASE;

	for (nid = 0; nid < nr_nodes; nid++, start = end) {
		end = nid == nr_nodes - 1 ? r->nr_frames :
		      start + 1 + below(r, (r->nr_frames - start) / (nr_nodes - nid) * 3 / 2);
		end = min(end, r->nr_frames - (nr_nodes - 1 - nid));
		KUNIT_ASSERT_EQ(r->test, 0,
				shadow_memblock_add_node(mb, base + start * SZ_4K,
							 (u64)(end - start) * SZ_4K,
							 nid, 0));
		if (end - start > 64 && one_in(r, 2)) {
			cut = start + below(r, end - start - 40);
			shadow_memblock_remove(mb, base + cut * SZ_4K,
					       (1 + below(r, 30)) * SZ_4K);
		}
		if (end - start > 64 && one_in(r, 2)) {
			cut = start + below(r, end - start - 40);
			shadow_memblock_reserve(mb, base + cut * SZ_4K,
						(1 + below(r, 30)) * SZ_4K);
		}
	}
}

/* Limits of zones in ascending order, each of them or none */
static void split_zones(struct owner_run *r)
{
	struct shadow_nodes *nodes = &r->m->nodes;
	u32 at = 0;

	if (one_in(r, 2))
		nodes->zone_limit[SHADOW_ZONE_DMA] = FIRST_PFN + (at = below(r, r->nr_frames / 3));
	if (one_in(r, 2))
		nodes->zone_limit[SHADOW_ZONE_DMA32] =
			FIRST_PFN + (at += below(r, r->nr_frames / 3));
	if (one_in(r, 2)) {
		nodes->zone_limit[SHADOW_ZONE_NORMAL] =
			FIRST_PFN + (at += below(r, r->nr_frames / 3));
		nodes->zone_limit[SHADOW_ZONE_HIGHMEM] = U64_MAX;
	}
	if (one_in(r, 2))
		nodes->movablecore.percent = 1 + below(r, 60);
	nodes->memmap.model = below(r, SHADOW_NR_MEMMODELS);
}

/* What the model knows of each frame: from the memory that was described */
static void learn_frames(struct owner_run *r)
{
	u32 i, nr = 0;

	for (i = 0; i < r->nr_frames; i++) {
		phys_addr_t pa = SHADOW_TEST_BASE + i * SZ_4K;
		bool has = shadow_memblock_is_memory(&r->m->mb, pa);

		r->owner[i] = has && !shadow_memblock_is_reserved(&r->m->mb, pa) ?
			      0 : NO_MEMORY;
		nr += !r->owner[i];
		if (has)
			r->place[i] = shadow_page_zone(&r->m->nodes, page_of(r, i));
	}
	OWNER_EXPECT(r, nr == shadow_nodes_managed(&r->m->nodes),
		     "%u frames are free, %llu managed", nr,
		     shadow_nodes_managed(&r->m->nodes));
}

static void new_machine(struct owner_run *r)
{
	static const char *const policies[] = { "on", "hotcold" };
	u32 nr_lists = one_in(r, 4) ? 0 : 1 + below(r, 4);
	struct shadow_block block;

	r->nr_frames = 256 + below(r, MAX_FRAMES - 255);
	shadow_test_block(r->test, &block, SHADOW_TEST_BASE,
			  (u64)r->nr_frames << SHADOW_TEST_PAGE_SHIFT);
	r->m = shadow_test_machine_begin_order(r->test, &block, 3 + below(r, 8));
	r->m->nodes.nr_nodes = 1 + below(r, SHADOW_MAX_NODES);
	split_zones(r);
	add_memory(r);
	r->m->nodes.pcp_policy = shadow_pcp_policy(policies[below(r, 2)]);
	shadow_test_machine_boot(r->test, r->m, nr_lists);
	r->nr_cpus = max(nr_lists, 1U);
	shadow_nodes_set_mobility(&r->m->nodes, !one_in(r, 4));
	if (!one_in(r, 4))
		do_set(r);
	learn_frames(r);
}

static void everything_goes_back(struct owner_run *r)
{
	while (r->nr_live) {
		struct live_block *b = &r->live[0];

		OWNER_EXPECT(r, !shadow_free_pages_cpu(&r->m->nodes, 0,
						       page_of(r, b->frame),
						       b->order),
			     "frame %u", b->frame);
		if (b->users > 1)
			free_shared(r, 0);
		else
			drop_live(r, 0);
	}
	check_all(r);
	KUNIT_ASSERT_EQ(r->test, shadow_test_machine_free(r->m),
			shadow_nodes_managed(&r->m->nodes));
}

static void owner_matches_model(struct kunit *test)
{
	struct owner_run *r = shadow_test_alloc(test, sizeof(*r));
	struct rnd_state rnd;
	u64 granted = 0, refused = 0;
	u32 nr, step;

	shadow_test_seed(test, &rnd);
	for (nr = 0; nr < NR_MACHINES; nr++) {
		memset(r, 0, sizeof(*r));
		r->test = test;
		prandom_seed_state(&r->rnd, prandom_u32_state(&rnd));
		new_machine(r);
		check_all(r);
		for (step = 0; step < NR_STEPS; step++) {
			do_step(r);
			OWNER_EXPECT(r, !shadow_fault_frozen(&r->m->fault), "%s",
				     r->m->fault.text);
			if (step % FULL_EVERY == 0)
				check_all(r);
		}
		everything_goes_back(r);
		granted += r->granted;
		refused += r->refused;
	}
	KUNIT_EXPECT_GT(test, refused, 0);
	kunit_info(test, "%u machines, %u operations each: %llu granted, %llu refused\n",
		   NR_MACHINES, NR_STEPS, granted, refused);
}

static struct kunit_case shadow_owner_cases[] = {
	KUNIT_CASE(owner_matches_model),
	{}
};

static struct kunit_suite shadow_owner_suite = {
	.name = "shadow_owner",
	.test_cases = shadow_owner_cases,
};

kunit_test_suite(shadow_owner_suite);
