// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_pcp_drain - the old end of the per-CPU lists, and their way back into
 * the zone.
 *
 * A list is a stack: to take or to put the newest block touches that block and
 * the list's head, not the block below. What is drained are the oldest blocks,
 * from the other end; the links that lead there, prev and the list's last, are
 * made when somebody needs them. A block has no prev as long as it is not
 * linked; the uppermost of those that are is its own. Newest first:
 *
 *	7 -> 5 -> 3		pushed in the order 3, 5, 7
 *	7 <> 5 <> 3		link_back(): 7's prev is 7, 5's is 7, 3's is 5,
 *				and the list's last is 3
 *	9 -> 7 <> 5 <> 3	9 is pushed, and has no prev
 *	5 <> 3			9 and 7 are popped: as 7 was linked, 5's prev
 *				becomes 5
 *	8 -> 5 <> 3		8 is pushed
 *	8 <> 5 <> 3		link_back() is done when it gets to 5
 */
#include "shadow_buddy.h"
#include "shadow_latency.h"
#include "shadow_pcp.h"
#include "shadow_pcp_list.h"
#include "shadow_ring.h"
#include "shadow_watermark.h"

/**
 * shadow_pcp_corrupt() - freeze the machine for a list that is no list
 * @zone: the zone
 * @pcp: whose list
 * @order: of the blocks that should be on it
 * @index: where it was noticed
 *
 * Context: any.
 * Return: always -EUCLEAN.
 */
int shadow_pcp_corrupt(const struct shadow_zone *zone,
		       const struct shadow_pcp *pcp, unsigned int order,
		       u32 index)
{
	return shadow_fault_raise(zone->nodes->fault,
				  "pcp: zone %s cpu %u order %u: index %u is on a list but is no such block, or its links are corrupt",
				  shadow_zone_names[zone->type],
				  (unsigned int)(pcp - zone->pcp), order, index);
}

/* The block of an index that cannot be trusted, if it can be on such a list */
static struct shadow_page *listed(const struct shadow_zone *zone,
				  unsigned int order, u32 index)
{
	const u32 mask = SHADOW_PCP_FLAGS_MASK & ~SHADOW_PF_MT_MASK;
	struct shadow_page *page = shadow_page_at(zone->memmap, index);

	return page && (page->flags & mask) == shadow_pcp_flags(zone, order, 0) ?
	       page : NULL;
}

/* Makes the links back; the list is not empty. Each block is linked once */
static int link_back(struct shadow_zone *zone, struct shadow_pcp *pcp,
		     struct shadow_page_list *list, unsigned int order)
{
	u32 index = list->first, left = pcp->count >> order;
	struct shadow_page *page, *next;
	bool linked;

	page = listed(zone, order, index);
	if (!page)
		return shadow_pcp_corrupt(zone, pcp, order, index);
	if (page->prev != SHADOW_NO_PAGE)
		return 0;
	page->prev = index;
	for (; page->next != SHADOW_NO_PAGE; page = next) {
		next = listed(zone, order, page->next);
		if (!next || !--left || (next->prev != SHADOW_NO_PAGE &&
					 next->prev != page->next))
			return shadow_pcp_corrupt(zone, pcp, order, page->next);
		linked = next->prev != SHADOW_NO_PAGE;
		next->prev = index;
		if (linked)
			return 0;
		index = page->next;
	}
	list->last = index;
	return 0;
}

/* Takes the oldest block; the list is not empty, and linked */
static struct shadow_page *take_last(struct shadow_zone *zone,
				     struct shadow_pcp *pcp,
				     struct shadow_page_list *list,
				     unsigned int order)
{
	u32 last = list->last;
	struct shadow_page *page = listed(zone, order, last), *prev;

	if (!page || page->next != SHADOW_NO_PAGE ||
	    (order && !shadow_page_fits(zone->memmap, last, order)))
		goto corrupt;
	if (list->first == last) {
		list->first = SHADOW_NO_PAGE;
		list->last = SHADOW_NO_PAGE;
	} else {
		prev = listed(zone, order, page->prev);
		if (!prev || prev->next != last)
			goto corrupt;
		prev->next = SHADOW_NO_PAGE;
		list->last = page->prev;
	}
	pcp->count -= BIT(order);
	return page;

corrupt:
	shadow_pcp_corrupt(zone, pcp, order, last);
	return NULL;
}

/**
 * __shadow_pcp_pop_cold() - take the oldest block of a list
 * @zone: the zone
 * @pcp: a CPU's lists
 * @order: log2 of the frames
 * @mt: enum shadow_migratetype, below SHADOW_MIGRATE_PCPTYPES
 * @owner: enum shadow_owner of the block from now on
 *
 * Context: @pcp's lock held.
 * Return: the first page, in state ALLOCATED, its refcount 1; NULL where the
 * list is empty, or corrupt, and the machine frozen.
 */
struct shadow_page *__shadow_pcp_pop_cold(struct shadow_zone *zone,
					  struct shadow_pcp *pcp,
					  unsigned int order, unsigned int mt,
					  unsigned int owner)
{
	struct shadow_page_list *list = shadow_pcp_list(pcp, order, mt);
	struct shadow_page *page;

	lockdep_assert_held(&pcp->lock);
	if (list->first == SHADOW_NO_PAGE || link_back(zone, pcp, list, order))
		return NULL;
	page = take_last(zone, pcp, list, order);
	if (!page)
		return NULL;
	shadow_page_set(page, SHADOW_PF(SHADOW_PAGE_ALLOCATED, order, owner, mt));
	atomic_set(&page->refcount, 1);
	return page;
}

/**
 * __shadow_pcp_append() - put a block at the end of a list
 * @zone: the zone that it lies in
 * @pcp: a CPU's lists
 * @page: the block's first page, on no list
 * @order: log2 of the frames
 * @mt: enum shadow_migratetype, below SHADOW_MIGRATE_PCPTYPES
 *
 * Context: @pcp's lock held.
 * Return: 0, or -EUCLEAN where the list is corrupt, and the machine frozen.
 */
int __shadow_pcp_append(struct shadow_zone *zone, struct shadow_pcp *pcp,
			struct shadow_page *page, unsigned int order,
			unsigned int mt)
{
	struct shadow_page_list *list = shadow_pcp_list(pcp, order, mt);
	u32 index = shadow_page_index(zone->memmap, page);
	struct shadow_page *last;

	lockdep_assert_held(&pcp->lock);
	if (list->first == SHADOW_NO_PAGE) {
		__shadow_pcp_push(zone->memmap, pcp, page, order, mt);
		return 0;
	}
	if (link_back(zone, pcp, list, order))
		return -EUCLEAN;
	last = listed(zone, order, list->last);
	if (!last)
		return shadow_pcp_corrupt(zone, pcp, order, list->last);
	mt = shadow_pcp_listed_mt(order, mt);
	shadow_page_set(page, SHADOW_PF(SHADOW_PAGE_PCP, order, 0, mt));
	page->next = SHADOW_NO_PAGE;
	page->prev = list->last;
	last->next = index;
	list->last = index;
	pcp->count += BIT(order);
	return 0;
}

/* Blocks of one list go back to the zone: what is told of them all, or of one */
static void drain_args(const struct shadow_zone *zone,
		       const struct shadow_pcp *pcp, unsigned int nr_list,
		       u32 index, struct shadow_event_args *args)
{
	*args = (struct shadow_event_args) {
		.id = SHADOW_EV_PCP_DRAIN,
		.nr = 1,
		.name = shadow_zone_names[zone->type],
		.ip = _RET_IP_,
		.arg = {
			shadow_zone_id(zone), shadow_pcp_list_order(zone, nr_list),
			shadow_pcp_list_mt(nr_list), pcp - zone->pcp,
			shadow_index_to_pfn(zone->memmap, index),
		},
	};
}

/* Out of line: counters and latencies */
static noinline void note_drain(struct shadow_zone *zone, u32 nr)
{
	shadow_latency_path(zone->nodes->events, SHADOW_LATENCY_BUDDY);
	shadow_zone_count(zone, SHADOW_ZONE_DRAIN, nr);
}

/* The ring is told once of all of them, of which @oldest is the first */
static noinline void keep_drain(const struct shadow_zone *zone,
				const struct shadow_pcp *pcp,
				unsigned int nr_list, u32 oldest, u32 nr)
{
	struct shadow_event_args args;

	drain_args(zone, pcp, nr_list, oldest, &args);
	args.nr = nr;
	__shadow_event_keep(zone->nodes->events, &args);
}

/* Tracers are told of each, as kmem: does: with the type of its pageblock */
static noinline void tell_drain(const struct shadow_zone *zone,
				const struct shadow_pcp *pcp,
				unsigned int nr_list, u32 index)
{
	struct shadow_event_args args;

	drain_args(zone, pcp, nr_list, index, &args);
	args.arg[2] = shadow_pageblock_mt(zone->nodes, index);
	__shadow_event_tell(zone->nodes->events, &args);
}

/* As return_list() does it, where a ring or tracers listen */
static noinline int return_heard(struct shadow_zone *zone, struct shadow_pcp *pcp,
				 unsigned int nr_list, u32 nr_pages)
{
	unsigned int order = shadow_pcp_list_order(zone, nr_list);
	struct shadow_page_list *list = &pcp->list[nr_list];
	bool tell = static_branch_unlikely(&shadow_sink_key);
	u32 nr = 0, oldest = list->last;
	struct shadow_page *page;
	int err = 0;

	while (nr < nr_pages && list->first != SHADOW_NO_PAGE) {
		page = take_last(zone, pcp, list, order);
		if (!page || __shadow_buddy_return(zone, page, order)) {
			err = -EUCLEAN;
			break;
		}
		nr += BIT(order);
		if (tell)
			tell_drain(zone, pcp, nr_list,
				   shadow_page_index(zone->memmap, page));
	}
	WRITE_ONCE(zone->nr_free, zone->nr_free + nr);
	if (nr) {
		note_drain(zone, nr >> order);
		keep_drain(zone, pcp, nr_list, oldest, nr >> order);
	}
	return err ? : nr;
}

/*
 * Returns the oldest blocks of one list to the zone; zone lock held. How many
 * frames went, or -EUCLEAN.
 */
static int return_list(struct shadow_zone *zone, struct shadow_pcp *pcp,
		       unsigned int nr_list, u32 nr_pages)
{
	struct shadow_page_list *list = &pcp->list[nr_list];
	unsigned int order = shadow_pcp_list_order(zone, nr_list);
	struct shadow_page *page;
	u32 nr = 0;
	int err = 0;

	if (link_back(zone, pcp, list, order))
		return -EUCLEAN;
	if (shadow_event_heard(SHADOW_EV_PCP_DRAIN) && shadow_event_listened())
		return return_heard(zone, pcp, nr_list, nr_pages);
	while (nr < nr_pages && list->first != SHADOW_NO_PAGE) {
		page = take_last(zone, pcp, list, order);
		if (!page || __shadow_buddy_return(zone, page, order)) {
			err = -EUCLEAN;
			break;
		}
		nr += BIT(order);
	}
	/* Once for all of them, see __shadow_buddy_return() */
	WRITE_ONCE(zone->nr_free, zone->nr_free + nr);
	if (shadow_event_heard(SHADOW_EV_PCP_DRAIN) && nr)
		note_drain(zone, nr >> order);
	return err ? : nr;
}

/*
 * Returns at least @nr_pages frames, as far as there are as many, round robin
 * from @nr_list on: from one list after the other, or with a policy that
 * spreads one block of the first list, two of the next, and so on, where empty
 * lists count and a list that is alone gives all. Follows free_pcppages_bulk(),
 * of today and of 4.14.
 */
static int __return_pages(struct shadow_zone *zone, struct shadow_pcp *pcp,
			  u32 nr_pages, unsigned int nr_list)
{
	bool spread = zone->nodes->pcp_policy->spread;
	unsigned int nr_lists = spread ? SHADOW_MIGRATE_PCPTYPES :
					 SHADOW_PCP_NR_LISTS;
	unsigned int i;
	u32 share = 0;
	int returned;

	nr_pages = min(nr_pages, pcp->count);
	while (nr_pages) {
		for (i = 0; pcp->list[nr_list].first == SHADOW_NO_PAGE; i++) {
			if (i == nr_lists)
				return shadow_fault_raise(zone->nodes->fault,
					"pcp: zone %s: all lists are empty, count says %u",
					shadow_zone_names[zone->type], pcp->count);
			nr_list = (nr_list + 1) % nr_lists;
			share++;
		}
		share++;
		if (!spread || share == nr_lists)
			share = nr_pages;
		returned = return_list(zone, pcp, nr_list, min(share, nr_pages));
		if (returned < 0)
			return returned;
		share -= min_t(u32, share, returned);
		nr_pages -= min_t(u32, nr_pages, returned);
		nr_list = (nr_list + 1) % nr_lists;
	}
	return 0;
}

/**
 * __shadow_pcp_return() - give frames from a CPU's lists back to the zone
 * @zone: the zone
 * @pcp: a CPU's lists
 * @nr_pages: how many, at least; all where there are not as many
 * @nr_list: index of the list to begin with
 *
 * Context: @pcp's lock held; takes the zone's, interrupts off.
 * Return: 0, or -EUCLEAN if the machine is, or has just been, frozen.
 */
int __shadow_pcp_return(struct shadow_zone *zone, struct shadow_pcp *pcp,
			u32 nr_pages, unsigned int nr_list)
{
	unsigned long irqflags;
	int err;

	lockdep_assert_held(&pcp->lock);
	/* Nobody needs to wait while the list to begin with is walked over */
	if (pcp->list[nr_list].first != SHADOW_NO_PAGE &&
	    link_back(zone, pcp, &pcp->list[nr_list],
		      shadow_pcp_list_order(zone, nr_list)))
		return -EUCLEAN;
	raw_spin_lock_irqsave(&zone->lock, irqflags);
	err = __return_pages(zone, pcp, nr_pages, nr_list);
	/* The lists may grow again once there is enough */
	if ((zone->flags & SHADOW_ZONE_BELOW_HIGH) &&
	    shadow_watermark_ok(zone, 0, shadow_wmark_pages(zone, SHADOW_WMARK_HIGH),
				SHADOW_ZONE_MOVABLE, 0))
		zone->flags &= ~SHADOW_ZONE_BELOW_HIGH;
	raw_spin_unlock_irqrestore(&zone->lock, irqflags);
	return err;
}

/* Some batches at a time, so that nobody waits long: drain_pages_zone() */
static bool __drain_some(struct shadow_zone *zone, struct shadow_pcp *pcp,
			 u32 nr_pages)
{
	nr_pages = min(nr_pages, zone->pcp_batch << SHADOW_PCP_BATCH_SCALE);
	return !__shadow_pcp_return(zone, pcp, nr_pages, 0) && pcp->count;
}

static void drain_cpu(struct shadow_zone *zone, unsigned int cpu)
{
	struct shadow_pcp *pcp = &zone->pcp[cpu];
	unsigned long irqflags;
	bool more;

	do {
		shadow_pcp_enter(irqflags);
		shadow_pcp_lock(pcp);
		more = pcp->count && __drain_some(zone, pcp, pcp->count);
		shadow_pcp_unlock(pcp);
		shadow_pcp_leave(irqflags);
	} while (more);
}

/**
 * shadow_pcp_drain_cpu() - return everything on one CPU's lists to the zone
 * @zone: the zone
 * @cpu: whose lists, below the machine's nr_cpus; not only the caller's own
 *
 * Follows drain_pages_zone().
 *
 * Context: process context: waits for the lists' lock, which an interrupt must
 * not, and who has disabled them need not.
 */
void shadow_pcp_drain_cpu(struct shadow_zone *zone, unsigned int cpu)
{
	struct shadow_op op;

	shadow_op_begin(&op, zone->nodes->events);
	drain_cpu(zone, cpu);
	shadow_op_end(&op, SHADOW_OP_PCP_DRAIN, 0, shadow_zone_number(zone), cpu);
}

/**
 * shadow_pcp_drain() - return everything on all CPUs' lists to the zone
 * @zone: the zone, with lists or without
 *
 * Follows drain_all_pages().
 *
 * Context: process context, see shadow_pcp_drain_cpu().
 */
void shadow_pcp_drain(struct shadow_zone *zone)
{
	unsigned int cpu;

	for (cpu = 0; zone->pcp && cpu < zone->nodes->nr_cpus; cpu++)
		shadow_pcp_drain_cpu(zone, cpu);
}

/**
 * shadow_pcp_try_drain() - return what can be had at once to the zone
 * @zone: the zone, with lists or without
 *
 * Lists that somebody is just using are left alone: they may be those of who
 * was interrupted.
 *
 * Context: any.
 */
void shadow_pcp_try_drain(struct shadow_zone *zone)
{
	struct shadow_pcp *pcp = zone->pcp;
	unsigned long irqflags;
	unsigned int cpu;

	for (cpu = 0; pcp && cpu < zone->nodes->nr_cpus; cpu++, pcp++) {
		if (!READ_ONCE(pcp->count))
			continue;
		shadow_pcp_enter(irqflags);
		if (shadow_pcp_trylock_op(zone, pcp)) {
			__shadow_pcp_return(zone, pcp, pcp->count, 0);
			shadow_pcp_unlock(pcp);
		}
		shadow_pcp_leave(irqflags);
	}
}

static bool decay(struct shadow_zone *zone, unsigned int cpu)
{
	struct shadow_pcp *pcp = &zone->pcp[cpu];
	u32 batch = zone->pcp_batch, low = zone->pcp_high_min;
	unsigned long irqflags;
	bool more = false;
	s64 left;

	shadow_pcp_enter(irqflags);
	shadow_pcp_lock(pcp);
	if (pcp->high > low) {
		left = (s64)pcp->count - (batch << SHADOW_PCP_BATCH_SCALE);
		pcp->high = max3(left, (s64)pcp->high - (pcp->high >> 3), (s64)low);
		more = pcp->high > low;
	}
	left = (s64)pcp->count - pcp->high;
	if (left > 0)
		more = !__shadow_pcp_return(zone, pcp, left, 0);
	shadow_pcp_unlock(pcp);
	shadow_pcp_leave(irqflags);
	return more;
}

/**
 * shadow_pcp_decay() - let lists that were long for a while get shorter
 * @zone: the zone; it has lists
 * @cpu: whose lists, below the machine's nr_cpus
 *
 * An eighth of what they may hold at a time, but not below pcp_high_min; what
 * is too much then goes back. Follows decay_pcp_high(), which the kernel calls
 * about once a second.
 *
 * Context: process context, see shadow_pcp_drain_cpu().
 * Return: true while there is more to be done.
 */
bool shadow_pcp_decay(struct shadow_zone *zone, unsigned int cpu)
{
	struct shadow_op op;
	bool more;

	shadow_op_begin(&op, zone->nodes->events);
	more = decay(zone, cpu);
	shadow_op_end(&op, SHADOW_OP_PCP_DECAY, 0, shadow_zone_number(zone), cpu);
	return more;
}
