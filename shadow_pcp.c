// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_pcp - per-CPU lists in front of a zone's buddy.
 *
 * Most allocations and frees are of one frame, and most frames come back soon:
 * a list of each CPU's own answers those without the zone's lock and without
 * splitting and merging. Frames on a list count as in use for the zone
 * (nr_free does not contain them).
 *
 * Any CPU may take any list's lock, which is what makes a remote drain possible;
 * it need not be this CPU's list that is used, only usually is. Where the lock
 * is taken already, the zone is asked instead of waiting.
 */
#include "shadow_buddy.h"
#include "shadow_gfp.h"
#include "shadow_latency.h"
#include "shadow_page_count.h"
#include "shadow_pcp.h"
#include "shadow_pcp_list.h"
#include "shadow_watermark.h"

/**
 * shadow_pcp_bytes() - memory that shadow_pcp_init() wants to be given
 * @nr_cpus: CPUs that will have lists
 *
 * Context: any.
 * Return: bytes.
 */
u64 shadow_pcp_bytes(unsigned int nr_cpus)
{
	return (u64)nr_cpus * SHADOW_MAX_NODES * SHADOW_MAX_NR_ZONES *
	       sizeof(struct shadow_pcp);
}

/* What @recorded chooses is lockdep's class: there is one for each place here */
static void init_lock(struct shadow_pcp *pcp, bool recorded)
{
	if (recorded)
		raw_spin_lock_init(&pcp->lock);
	else
		raw_spin_lock_init(&pcp->lock);
}

/**
 * shadow_pcp_recorded() - who takes the lists' locks does so inside of operations
 * @nodes: the layer, or one that has no lists yet
 * @recorded: that begins, or ends
 *
 * With a ring all that is done after the boot is: a recorded operation, which has
 * interrupts off, waits for these locks, and an interrupt may wait for it. So
 * interrupts are off whenever one is held, which they are not in the boot, nor
 * where there is no ring. Only lockdep sees the difference.
 *
 * Context: nobody uses the lists.
 */
void shadow_pcp_recorded(struct shadow_nodes *nodes, bool recorded)
{
	struct shadow_zone *zone;
	unsigned int cpu;

	for (zone = shadow_first_zone(nodes); zone; zone = shadow_next_zone(zone))
		for (cpu = 0; zone->pcp && cpu < nodes->nr_cpus; cpu++)
			init_lock(&zone->pcp[cpu], recorded);
}

static void init_lists(struct shadow_pcp *pcp)
{
	unsigned int i;

	init_lock(pcp, false);
	pcp->count = 0;
	pcp->high = 0;
	pcp->odd = 0;
	pcp->free_count = 0;
	pcp->nr_alloc = 0;
	pcp->nr_beyond = 0;
	pcp->nr_freed = 0;
	for (i = 0; i < SHADOW_PCP_NR_LISTS; i++) {
		pcp->list[i].first = SHADOW_NO_PAGE;
		pcp->list[i].last = SHADOW_NO_PAGE;
	}
}

static void init_zone(struct shadow_zone *zone, struct shadow_pcp *pcp)
{
	unsigned int cpu;

	for (cpu = 0; cpu < zone->nodes->nr_cpus; cpu++)
		init_lists(&pcp[cpu]);
	zone->pcp_batch = 1;
	zone->pcp_high_min = 0;
	zone->pcp_high_max = 0;
	zone->pcp = pcp;
}

/* The first zone of a list that may be used, and its reserve for that case */
static void set_fast(struct shadow_node *node, u32 gfp)
{
	enum shadow_zone_type highest = shadow_gfp_zone(gfp);
	struct shadow_fast *fast = &node->fast[gfp];
	unsigned int i;

	fast->zone = NULL;
	if (shadow_gfp_zone_bad(gfp) || ((gfp & SHADOW_GFP_MOVABLE) &&
					 (gfp & SHADOW_GFP_RECLAIMABLE)))
		return;
	for (i = 0; i < node->fallback.nr; i++)
		if (node->fallback.zone[i]->type <= highest)
			break;
	if (i == node->fallback.nr || !node->fallback.zone[i]->pcp)
		return;
	/* A node without memory: the fast path counts its own node's alone */
	if (node->fallback.zone[i]->nid != node->nid)
		return;
	fast->zone = node->fallback.zone[i];
	fast->reserve = &fast->zone->lowmem_reserve[highest];
}

static void set_fast_all(struct shadow_nodes *nodes)
{
	unsigned int nid;
	u32 gfp;

	for (nid = 0; nid < nodes->nr_nodes; nid++)
		for (gfp = 0; gfp < SHADOW_NR_FAST; gfp++)
			set_fast(&nodes->node[nid], gfp);
}

/**
 * shadow_pcp_init() - empty lists for every CPU and zone
 * @nodes: the layer with its zonelists; pcp_policy is set, or NULL for the
 *	first one
 * @mem: shadow_pcp_bytes() of the host's memory, aligned to SHADOW_PCP_ALIGN
 * @nr_cpus: CPUs that will have lists
 *
 * Until shadow_pcp_setup() the lists hold nothing: every free goes on to the
 * zone. The kernel calls these the boot pagesets.
 *
 * Context: process context, boot.
 */
void shadow_pcp_init(struct shadow_nodes *nodes, void *mem,
		     unsigned int nr_cpus)
{
	unsigned int huge = nodes->page_shift - 3;
	struct shadow_pcp *pcp = mem;
	unsigned int nid, type;

	if (!nodes->pcp_policy)
		nodes->pcp_policy = shadow_pcp_policies;
	nodes->nr_cpus = nr_cpus;
	nodes->pcp_huge_order = SHADOW_PCP_NO_HUGE;
	nodes->pcp_orders = 0;
	shadow_page_count_init(nodes);
	if (!nodes->pcp_policy->size)
		return;
	nodes->pcp_orders = BIT(nodes->pcp_policy->max_order + 1) - 1;
	/* What an entry of the next table level maps, where blocks get so large */
	if (nodes->pcp_policy->huge && huge <= nodes->max_order) {
		nodes->pcp_huge_order = huge;
		nodes->pcp_orders |= BIT(huge);
	}
	for (nid = 0; nid < SHADOW_MAX_NODES; nid++) {
		for (type = 0; type < SHADOW_MAX_NR_ZONES; type++, pcp += nr_cpus)
			init_zone(&nodes->node[nid].zone[type], pcp);
	}
	set_fast_all(nodes);
}

/**
 * shadow_pcp_fini() - there are no lists any more
 * @nodes: the layer; nobody else uses it
 *
 * Context: process context.
 */
void shadow_pcp_fini(struct shadow_nodes *nodes)
{
	struct shadow_zone *zone;

	for (zone = shadow_first_zone(nodes); zone; zone = shadow_next_zone(zone)) {
		shadow_pcp_drain(zone);
		shadow_page_count_keep(zone);
		zone->pcp = NULL;
	}
	nodes->pcp_orders = 0;
	set_fast_all(nodes);
}

/* A CPU that has used its lists finds its high between the new limits */
static void fit_lists(struct shadow_zone *zone, struct shadow_pcp *pcp)
{
	unsigned long irqflags;

	shadow_pcp_enter(irqflags);
	shadow_pcp_lock(pcp);
	if (pcp->high || !zone->nodes->pcp_policy->huge)
		pcp->high = clamp(pcp->high, zone->pcp_high_min,
				  zone->pcp_high_max);
	pcp->free_count = min_t(u32, pcp->free_count,
				zone->pcp_batch << SHADOW_PCP_BATCH_SCALE);
	shadow_pcp_unlock(pcp);
	shadow_pcp_leave(irqflags);
}

/**
 * shadow_pcp_setup() - size the lists from the zones
 * @nodes: the layer, watermarks set
 *
 * Wanted again whenever the watermarks or pcp_high_fraction have changed.
 * Follows setup_per_cpu_pageset() and zone_set_pageset_high_and_batch().
 *
 * Context: process context; not twice at a time. Allocations may go on.
 */
void shadow_pcp_setup(struct shadow_nodes *nodes)
{
	struct shadow_pcp_size size;
	struct shadow_zone *zone;
	unsigned int cpu;

	for (zone = shadow_first_zone(nodes); zone; zone = shadow_next_zone(zone)) {
		if (!zone->pcp || !shadow_zone_populated(zone))
			continue;
		nodes->pcp_policy->size(zone, &size);
		WRITE_ONCE(zone->pcp_batch, size.batch);
		WRITE_ONCE(zone->pcp_high_min, size.high_min);
		WRITE_ONCE(zone->pcp_high_max, size.high_max);
		for (cpu = 0; cpu < nodes->nr_cpus; cpu++)
			fit_lists(zone, &zone->pcp[cpu]);
	}
}

/*
 * Blocks side by side, which came as one, are listed one by one, in front of
 * what @link leads to. Where one block ends and the next begins changes under
 * the zone's lock alone: who holds it, and walks from head to head, relies on
 * it. Returns the last one.
 */
static struct shadow_page *__list_run(struct shadow_zone *zone,
				      struct shadow_page *page,
				      unsigned int order, u32 nr, u32 pf,
				      u32 *link)
{
	u32 index = shadow_page_index(zone->memmap, page), next = *link;
	const u32 flags = (page->flags & SHADOW_PF_STAYS) | pf;
	const u32 step = BIT(order);

	lockdep_assert_held(&zone->lock);
	*link = index;
	for (;; page += step) {
		WRITE_ONCE(page->flags, flags);
		page->prev = SHADOW_NO_PAGE;
		if (!--nr)
			break;
		index += step;
		page->next = index;
	}
	page->next = next;
	return page;
}

/* Out of line: what says it needs a frame of the stack */
static noinline void tell_refill(const struct shadow_zone *zone,
				 const struct shadow_pcp *pcp,
				 unsigned int order, unsigned int mt, u32 nr)
{
	shadow_event_named(zone->nodes->events, SHADOW_EV_PCP_REFILL, nr,
			   shadow_zone_names[zone->type], shadow_zone_id(zone),
			   order, mt, pcp - zone->pcp);
}

/* The zone's lock is held */
static noinline void note_refill(struct shadow_zone *zone,
				 const struct shadow_pcp *pcp,
				 unsigned int order, unsigned int mt, u32 nr)
{
	shadow_latency_path(zone->nodes->events, SHADOW_LATENCY_BUDDY);
	shadow_zone_count(zone, SHADOW_ZONE_REFILL, nr);
	if (shadow_event_listened())
		tell_refill(zone, pcp, order, mt, nr);
}

/*
 * Blocks for an empty list; fewer where the zone has no more. They come out in
 * ascending order; from the cold end likewise, where that is asked for, fetched
 * one by one. Others come in runs.
 */
static void refill(struct shadow_zone *zone, struct shadow_pcp *pcp,
		   unsigned int order, unsigned int mt, unsigned int alloc_flags)
{
	struct shadow_page_list *list = shadow_pcp_list(pcp, order, mt);
	u32 nr = zone->nodes->pcp_policy->nr_alloc(zone, pcp, order), left, run;
	u32 pf = SHADOW_PF(SHADOW_PAGE_PCP, order, 0,
			   shadow_pcp_listed_mt(order, mt));
	bool cold = alloc_flags & SHADOW_ALLOC_COLD;
	u32 *link = &list->first;
	struct shadow_page *page;
	unsigned long irqflags;

	if (shadow_should_fail(zone->nodes->fail, SHADOW_FAIL_PCP,
			       (u64)nr << (zone->nodes->page_shift + order)))
		return;
	raw_spin_lock_irqsave(&zone->lock, irqflags);
	for (left = nr; left; left -= run) {
		run = cold ? 1 : left;
		page = shadow_event_heard(SHADOW_EV_PAGE_SPLIT) ?
		       __shadow_buddy_alloc_run_told(zone, order, mt, alloc_flags, &run) :
		       __shadow_buddy_alloc_run(zone, order, mt, alloc_flags, &run);
		if (!page)
			break;
		page = __list_run(zone, page, order, run, pf, link);
		if (!cold)
			link = &page->next;
	}
	nr -= left;
	WRITE_ONCE(zone->nr_free, zone->nr_free - ((u64)nr << order));
	if (shadow_event_heard(SHADOW_EV_PCP_REFILL))
		note_refill(zone, pcp, order, mt, nr);
	raw_spin_unlock_irqrestore(&zone->lock, irqflags);
	pcp->count += nr << order;
}

/* __rmqueue_pcplist() */
static struct shadow_page *take(struct shadow_zone *zone, struct shadow_pcp *pcp,
				unsigned int order, unsigned int mt,
				unsigned int owner, unsigned int alloc_flags)
{
	struct shadow_page_list *list = shadow_pcp_list(pcp, order, mt);
	struct shadow_page *page;

	if (!zone->nodes->pcp_policy->cold)
		alloc_flags &= ~SHADOW_ALLOC_COLD;
	if (list->first == SHADOW_NO_PAGE) {
		refill(zone, pcp, order, mt, alloc_flags);
		if (list->first == SHADOW_NO_PAGE)
			return NULL;
	}
	if (alloc_flags & SHADOW_ALLOC_COLD)
		return __shadow_pcp_pop_cold(zone, pcp, order, mt, owner);
	page = __shadow_pcp_pop(zone->memmap, zone, pcp, order, mt, owner);
	if (unlikely(!page))
		shadow_pcp_corrupt(zone, pcp, order, list->first);
	return page;
}

/* Somebody has the lock: out of line, as waiting needs a frame of the stack */
static noinline struct shadow_page *
alloc_contended(struct shadow_zone *zone, struct shadow_pcp *pcp,
		unsigned int order, unsigned int mt, unsigned int owner,
		unsigned int alloc_flags)
{
	struct shadow_page *page;

	if (!shadow_op_insist(zone->nodes->events, &pcp->lock))
		return NULL;
	page = take(zone, pcp, order, mt, owner, alloc_flags);
	shadow_pcp_unlock(pcp);
	return page;
}

/**
 * shadow_pcp_alloc() - take a block from a CPU's list, refilled from the zone
 * @zone: the zone; shadow_pcp_serves() the order
 * @cpu: whose list, below the machine's nr_cpus
 * @order: log2 of the frames
 * @mt: enum shadow_migratetype, below SHADOW_MIGRATE_PCPTYPES
 * @owner: enum shadow_owner of the block from now on
 * @alloc_flags: SHADOW_ALLOC_*
 *
 * Follows rmqueue_pcplist().
 *
 * Context: any; tries the list's lock, and perhaps takes the zone's.
 * Return: the first page, in state ALLOCATED, its refcount 1; NULL where the
 * list's lock is taken, the zone has nothing, or the machine is frozen: the zone
 * itself is to be asked then.
 */
struct shadow_page *shadow_pcp_alloc(struct shadow_zone *zone, unsigned int cpu,
				     unsigned int order, unsigned int mt,
				     unsigned int owner, unsigned int alloc_flags)
{
	struct shadow_pcp *pcp = &zone->pcp[cpu];
	struct shadow_page *page = NULL;
	unsigned long irqflags;

	shadow_pcp_enter(irqflags);
	if (likely(shadow_pcp_trylock(pcp))) {
		page = take(zone, pcp, order, mt, owner, alloc_flags);
		shadow_pcp_unlock(pcp);
	} else if (shadow_op_kept()) {
		page = alloc_contended(zone, pcp, order, mt, owner, alloc_flags);
	}
	shadow_pcp_leave(irqflags);
	shadow_watermark_wake_boosted(zone);
	return page;
}

/* __shadow_pcp_pop() of several single frames; fewer where the list ends */
static __always_inline unsigned int
pop_many(struct shadow_zone *zone, struct shadow_pcp *pcp, unsigned int mt,
	 unsigned int owner, unsigned int nr, struct shadow_page **pages)
{
	const u32 change = SHADOW_PF(SHADOW_PAGE_PCP, 0, 0, 0) ^
			   SHADOW_PF(SHADOW_PAGE_ALLOCATED, 0, owner, 0);
	const u32 listed = shadow_pcp_flags(zone, 0, mt);
	struct shadow_page_list *list = shadow_pcp_list(pcp, 0, mt);
	const struct shadow_memmap *memmap = zone->memmap;
	u32 first = list->first, nr_entries = memmap->nr, flags;
	struct shadow_page *entries = memmap->pages, *page;
	unsigned int i;

	for (i = 0; i < nr && likely(first < nr_entries); i++) {
		page = &entries[first];
		flags = page->flags;
		if (unlikely((flags & SHADOW_PCP_FLAGS_MASK) != listed) ||
		    (unlikely(page->prev != SHADOW_NO_PAGE) &&
		     !__shadow_pcp_unlink(memmap, list, page)))
			break;
		first = page->next;
		WRITE_ONCE(page->flags, flags ^ change);
		atomic_set(&page->refcount, 1);
		pages[i] = page;
	}
	list->first = first;
	pcp->count -= i;
	pcp->free_count >>= min(i, 16U);
	return i;
}

/**
 * shadow_pcp_alloc_bulk() - take many frames under one lock
 * @zone: the zone; it has lists
 * @cpu: whose list, below the machine's nr_cpus
 * @mt: enum shadow_migratetype, below SHADOW_MIGRATE_PCPTYPES
 * @owner: enum shadow_owner of the frames from now on
 * @alloc_flags: SHADOW_ALLOC_*
 * @nr: how many
 * @pages: filled with their pages, in state ALLOCATED, refcounts 1
 *
 * Follows the middle of alloc_pages_bulk().
 *
 * Context: any; tries the list's lock, and perhaps takes the zone's.
 * Return: how many there are, 0 to @nr.
 */
unsigned int shadow_pcp_alloc_bulk(struct shadow_zone *zone, unsigned int cpu,
				   unsigned int mt, unsigned int owner,
				   unsigned int alloc_flags, unsigned int nr,
				   struct shadow_page **pages)
{
	struct shadow_pcp *pcp = &zone->pcp[cpu];
	unsigned long irqflags;
	unsigned int i = 0;

	shadow_pcp_enter(irqflags);
	if (shadow_pcp_trylock_op(zone, pcp)) {
		while (i < nr) {
			if (likely(!(alloc_flags & SHADOW_ALLOC_COLD)))
				i += pop_many(zone, pcp, mt, owner, nr - i,
					      pages + i);
			if (i == nr)
				break;
			pages[i] = take(zone, pcp, 0, mt, owner, alloc_flags);
			if (!pages[i])
				break;
			i++;
		}
		shadow_pcp_unlock(pcp);
	}
	shadow_pcp_leave(irqflags);
	return i;
}

/* free_unref_page_commit() */
static __always_inline int put(struct shadow_zone *zone, struct shadow_pcp *pcp,
			       struct shadow_page *page, unsigned int order,
			       unsigned int mt, bool cold)
{
	const struct shadow_pcp_policy *policy = zone->nodes->pcp_policy;
	u32 nr_pages;

	if (!cold || !policy->cold)
		__shadow_pcp_push(zone->memmap, pcp, page, order, mt);
	else if (__shadow_pcp_append(zone, pcp, page, order, mt))
		return -EUCLEAN;
	nr_pages = policy->nr_free(zone, pcp, order);
	if (likely(!nr_pages))
		return 0;
	return __shadow_pcp_return(zone, pcp, nr_pages,
			    policy->spread ? SHADOW_MIGRATE_MOVABLE :
					     shadow_pcp_list_of(order, mt));
}

/* Somebody has the lock: the zone itself gets it, or we wait */
static noinline int free_contended(struct shadow_zone *zone,
				   struct shadow_pcp *pcp,
				   struct shadow_page *page, unsigned int order,
				   unsigned int mt, bool cold)
{
	int err;

	if (!shadow_op_insist(zone->nodes->events, &pcp->lock))
		return shadow_buddy_free(zone, page, order);
	err = put(zone, pcp, page, order, mt, cold);
	shadow_pcp_unlock(pcp);
	return err;
}

/**
 * shadow_pcp_free() - put a block on a CPU's list; drain it when too long
 * @zone: the zone that the block lies in; shadow_pcp_serves() the order
 * @cpu: whose list, below the machine's nr_cpus
 * @page: the block's first page, on no list
 * @order: log2 of the frames
 * @cold: nobody will want its contents soon; matters with pcp=hotcold
 *
 * What belongs to the HIGHATOMIC reserve goes on the list of MOVABLE, and finds
 * its pageblock when it is returned. Follows free_unref_page().
 *
 * Context: any; tries the list's lock, and where that is taken, or the list too
 * long, takes the zone's.
 * Return: 0, or -EUCLEAN if the lists are corrupt (the machine is frozen then).
 */
int shadow_pcp_free(struct shadow_zone *zone, unsigned int cpu,
		    struct shadow_page *page, unsigned int order, bool cold)
{
	unsigned int mt = shadow_pageblock_mt(zone->nodes,
					      shadow_page_index(zone->memmap, page));
	struct shadow_pcp *pcp = &zone->pcp[cpu];
	unsigned long irqflags;
	int err;

	shadow_pcp_enter(irqflags);
	if (mt >= SHADOW_MIGRATE_PCPTYPES)
		mt = SHADOW_MIGRATE_MOVABLE;
	if (likely(shadow_pcp_trylock(pcp))) {
		err = put(zone, pcp, page, order, mt, cold);
		shadow_pcp_unlock(pcp);
	} else {
		err = free_contended(zone, pcp, page, order, mt, cold);
	}
	shadow_pcp_leave(irqflags);
	return err;
}

/* For how many single frames __shadow_pcp_room() says yes, one after the other */
static u32 room(const struct shadow_zone *zone, const struct shadow_pcp *pcp)
{
	if (!__shadow_pcp_room(zone, pcp))
		return 0;
	return pcp->high - pcp->count - 1;
}

/* __shadow_pcp_freed() of several */
static void freed_many(const struct shadow_zone *zone, struct shadow_pcp *pcp,
		       u32 nr)
{
	u32 most = max_t(u32, zone->pcp_batch << SHADOW_PCP_BATCH_SCALE,
			 pcp->free_count);

	pcp->free_count = min(pcp->free_count + nr, most);
}

/**
 * shadow_pcp_free_bulk() - put many frames on a CPU's lists under one lock
 * @zone: a zone; it has lists
 * @cpu: whose lists, below the machine's nr_cpus
 * @nr: how many
 * @pages: their pages
 *
 * One after the other, each with its last reference, up to the first that is
 * more work than that: it is not a single frame in use of this zone, somebody
 * else uses it, it belongs to the HIGHATOMIC reserve, or the lists get too long.
 * Nothing has changed about that one; shadow_free_pages() is for it.
 *
 * Context: any; tries the list's lock.
 * Return: how many are on the lists, 0 to @nr.
 */
unsigned int shadow_pcp_free_bulk(struct shadow_zone *zone, unsigned int cpu,
				  unsigned int nr,
				  struct shadow_page *const *pages)
{
	const u32 mask = SHADOW_PF_STATE_MASK | SHADOW_PF_ORDER_MASK |
			 SHADOW_PF_PLACE_MASK;
	const u32 used = SHADOW_PF(SHADOW_PAGE_ALLOCATED, 0, 0, 0) | zone->place;
	struct shadow_pcp *pcp = &zone->pcp[cpu];
	unsigned long irqflags;
	unsigned int i = 0;

	shadow_pcp_enter(irqflags);
	if (unlikely(!shadow_pcp_trylock_op(zone, pcp)))
		goto leave;
	for (nr = min(nr, room(zone, pcp)); i < nr; i++) {
		struct shadow_page *page = pages[i];
		u32 index = shadow_page_index(zone->memmap, page);
		u32 flags = READ_ONCE(page->flags);
		unsigned int mt = shadow_pageblock_mt(zone->nodes, index);
		struct shadow_page_list *list = shadow_pcp_list(pcp, 0, mt);

		if (unlikely((flags & mask) != used ||
			     mt >= SHADOW_MIGRATE_PCPTYPES) ||
		    unlikely(atomic_cmpxchg(&page->refcount, 1, 0) != 1))
			break;
		WRITE_ONCE(page->flags, (flags & SHADOW_PF_STAYS) |
					SHADOW_PF(SHADOW_PAGE_PCP, 0, 0, mt));
		page->next = list->first;
		page->prev = SHADOW_NO_PAGE;
		list->first = index;
	}
	pcp->count += i;
	freed_many(zone, pcp, i);
	shadow_pcp_unlock(pcp);
leave:
	shadow_pcp_leave(irqflags);
	return i;
}

/**
 * shadow_pcp_count() - frames on all CPUs' lists of a zone
 * @zone: the zone, with lists or without
 *
 * Context: any; a momentary value.
 * Return: the number of frames.
 */
u64 shadow_pcp_count(const struct shadow_zone *zone)
{
	unsigned int cpu;
	u64 nr_pages = 0;

	for (cpu = 0; zone->pcp && cpu < zone->nodes->nr_cpus; cpu++)
		nr_pages += READ_ONCE(zone->pcp[cpu].count);
	return nr_pages;
}
