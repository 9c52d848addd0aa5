// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_page_alloc - the fast path: the first zone of the zonelist that stays
 * above its low watermark, small orders from this CPU's list. What that cannot
 * answer goes to shadow_page_slow.c.
 */
#include "shadow_latency.h"
#include "shadow_page_quick.h"
#include "shadow_page_slow.h"
#include "shadow_ring.h"
#include "shadow_why.h"

/* Somebody wants allocations to fail, or to leave their route */
static __always_inline bool no_short_cuts(void)
{
	return static_branch_unlikely(&shadow_fail_key) ||
	       static_branch_unlikely(&shadow_why_key);
}

/**
 * __shadow_page_tell_free() - the slow half of shadow_page_tell_free()
 * @nodes: the layer
 * @page: the block's first page
 * @order: log2 of its frames
 *
 * Out of line: what says it needs a frame of the stack.
 *
 * Context: any.
 */
void __shadow_page_tell_free(const struct shadow_nodes *nodes,
			     const struct shadow_page *page, unsigned int order)
{
	shadow_event(nodes->events, SHADOW_EV_PAGE_FREE, BIT(order),
		     shadow_page_to_pfn(nodes, page), order);
}

static noinline int give_to_zone(struct shadow_zone *zone, unsigned int cpu,
				 struct shadow_page *page, unsigned int order)
{
	if (shadow_pcp_serves(zone, order))
		return shadow_pcp_free(zone, cpu, page, order, false);
	return shadow_buddy_free(zone, page, order);
}

/**
 * shadow_page_give() - a block that nobody uses goes back to its zone
 * @nodes: the layer
 * @cpu: whose per-CPU list is used, below the machine's nr_cpus
 * @page: the block's first page
 * @order: log2 of its frames
 *
 * Used by shadow_page_slow.
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: 0, or -EUCLEAN where its zone is corrupt (the machine is frozen).
 */
int shadow_page_give(struct shadow_nodes *nodes, unsigned int cpu,
		     struct shadow_page *page, unsigned int order)
{
	return give_to_zone(shadow_page_zone(nodes, page), cpu, page, order);
}

/* All that may be asked for: __alloc_pages() */
static noinline struct shadow_page *alloc_any(struct shadow_nodes *nodes,
					      unsigned int cpu, u32 gfp,
					      unsigned int order)
{
	struct shadow_page *page;

	if (unlikely(order > nodes->max_order ||
		     shadow_fault_frozen(nodes->fault) ||
		     ((gfp & SHADOW_GFP_CHECKED) &&
		      !shadow_page_allowed(nodes, gfp))))
		return shadow_page_refuse(nodes, cpu, gfp, order);
	if (shadow_should_fail(nodes->fail, SHADOW_FAIL_PAGE,
			       1ULL << (nodes->page_shift + order)))
		return shadow_page_refuse(nodes, cpu, gfp, order);
	gfp |= shadow_why_wanted(nodes->why);
	page = shadow_page_first(nodes, cpu, gfp, order);
	if (unlikely(!page)) {
		page = shadow_page_slow(nodes, cpu, gfp, order);
		if (!page)
			return NULL;
		gfp &= ~SHADOW_GFP_ROUTE;
	}
	atomic_set(&page->refcount, 1);
	if (unlikely(gfp & SHADOW_GFP_PREPARED)) {
		page = shadow_page_prepare(nodes, cpu, gfp, page, order);
		if (!page)
			return NULL;
	}
	return SHADOW_HOOKED(static_branch_unlikely(&shadow_count_key)) ?
	       __shadow_page_count_any(nodes, cpu, gfp, page, order) : page;
}

/* The same, measured */
static noinline struct shadow_page *alloc_special(struct shadow_nodes *nodes,
						  unsigned int cpu, u32 gfp,
						  unsigned int order)
{
	shadow_latency_path(nodes->events, SHADOW_LATENCY_SPECIAL);
	return alloc_any(nodes, cpu, gfp, order);
}

/* A block that has no list, or whose list is empty */
static noinline struct shadow_page *alloc_unlisted(struct shadow_nodes *nodes,
						   unsigned int cpu, u32 gfp,
						   unsigned int order)
{
	struct shadow_page *page = shadow_page_take_free(nodes, cpu, gfp, order);

	shadow_latency_path(nodes->events, SHADOW_LATENCY_BUDDY);
	return page ? : alloc_special(nodes, cpu, gfp, order);
}

/*
 * What shadow_page_take_single() does not do: other orders have their fast path, too. @tell:
 * it may be measured.
 */
static __always_inline struct shadow_page *
alloc_other(struct shadow_nodes *nodes, unsigned int cpu, u32 gfp,
	    unsigned int order, const bool tell)
{
	struct shadow_page *page;

	if (likely(order && order <= nodes->max_order && shadow_page_plain(nodes, gfp))) {
		if (!(nodes->pcp_orders >> order & 1))
			return alloc_unlisted(nodes, cpu, gfp, order);
		page = shadow_page_take_block(nodes, cpu, gfp, order);
		if (likely(page))
			return page;
	}
	return tell ? alloc_special(nodes, cpu, gfp, order) :
		      alloc_any(nodes, cpu, gfp, order);
}

/**
 * shadow_page_alloc_watched() - shadow_alloc_pages_cpu() while somebody watches
 * @nodes: the layer
 * @cpu: whose per-CPU list is used
 * @gfp: SHADOW_GFP_*
 * @order: log2 of the frames
 *
 * One operation, which ends with its event. Nobody changes what it does, but who
 * wants no short cuts.
 *
 * Context: as shadow_alloc_pages_cpu().
 * Return: as shadow_alloc_pages_cpu().
 */
struct shadow_page *shadow_page_alloc_watched(struct shadow_nodes *nodes,
					      unsigned int cpu, u32 gfp,
					      unsigned int order)
{
	bool cuts = !no_short_cuts();
	struct shadow_latency_mark mark;
	struct shadow_page *page = NULL;
	struct shadow_op op;
	u64 pfn = SHADOW_RING_NO_PAGE;

	shadow_op_begin_as(&op, nodes->events, SHADOW_EV_PAGE_ALLOC);
	shadow_latency_begin(&mark, nodes->events, SHADOW_LATENCY_PAGE_ALLOC);
	if (cuts && likely(!order) && shadow_page_plain(nodes, gfp))
		page = shadow_page_take_single(nodes, cpu, gfp);
	if (!page)
		page = cuts ? alloc_other(nodes, cpu, gfp, order, true) :
			      alloc_special(nodes, cpu, gfp, order);
	shadow_latency_end(&mark, !page);
	if (likely(page)) {
		if (nodes->page_owner)
			shadow_page_owner_set(nodes->page_owner, page, 1, gfp);
		pfn = shadow_page_to_pfn(nodes, page);
		shadow_event(nodes->events, SHADOW_EV_PAGE_ALLOC, BIT(order), pfn,
			     order, gfp, shadow_gfp_mt(nodes, gfp));
	}
	shadow_op_end(&op, SHADOW_OP_ALLOC_PAGES, page ? 0 : -ENOMEM, gfp, order,
		      cpu, pfn);
	return page;
}

/* What alloc_pages() does not do itself */
static noinline struct shadow_page *alloc_more(struct shadow_nodes *nodes,
					       unsigned int cpu, u32 gfp,
					       unsigned int order)
{
	if (shadow_watched())
		return shadow_page_alloc_recorded(nodes, cpu, gfp, order);
	return alloc_other(nodes, cpu, gfp, order, false);
}

/*
 * In both callers, and all that needs a frame of the stack is called last, in
 * one place and out of line: the fast path has none.
 */
static __always_inline struct shadow_page *
alloc_pages(struct shadow_nodes *nodes, unsigned int cpu, u32 gfp,
	    unsigned int order)
{
	struct shadow_page *page;

	if (likely(!(order | (gfp & SHADOW_GFP_SPECIAL))) && !shadow_watched() &&
	    !shadow_fault_frozen(nodes->fault)) {
		page = shadow_page_take_single(nodes, cpu, gfp);
		if (likely(page))
			return page;
	}
	return alloc_more(nodes, cpu, gfp, order);
}

/**
 * shadow_alloc_pages_cpu() - allocate 2^order contiguous frames for a CPU
 * @nodes: the layer
 * @cpu: whose per-CPU list is used, below the machine's nr_cpus
 * @gfp: SHADOW_GFP_*: zones, mobility, watermark, contents, owner and node
 * @order: log2 of the frames
 *
 * Follows __alloc_pages() of mm/page_alloc.c.
 *
 * On a virtual board frames have no contents, which do for whoever only counts
 * and maps them. SHADOW_GFP_CONTENTS, and SHADOW_GFP_ZERO with it, gives them
 * contents until they are freed, in one piece. A real machine's always have.
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: the first page, its refcount 1; NULL when no zone that @gfp allows
 * has the frames above its watermark, @order exceeds the machine's max_order,
 * flags exclude each other, contents are asked of a machine that has none, or
 * whose storage has no free piece of that length, or the machine is frozen. Why
 * it was is remembered: shadow_why.h.
 */
struct shadow_page *shadow_alloc_pages_cpu(struct shadow_nodes *nodes,
					   unsigned int cpu, u32 gfp,
					   unsigned int order)
{
	return alloc_pages(nodes, cpu, gfp, order);
}

/* The CPU that runs us now: any answer is correct, the right one is fast */
static unsigned int this_cpu(const struct shadow_nodes *nodes)
{
	unsigned int cpu = raw_smp_processor_id();

	return likely(cpu < nodes->nr_cpus) ? cpu : 0;
}

/**
 * shadow_alloc_pages() - allocate 2^order contiguous frames
 * @nodes: the layer
 * @gfp: SHADOW_GFP_*
 * @order: log2 of the frames
 *
 * Follows alloc_pages().
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: the first page or NULL, see shadow_alloc_pages_cpu().
 */
struct shadow_page *shadow_alloc_pages(struct shadow_nodes *nodes, u32 gfp,
				       unsigned int order)
{
	return alloc_pages(nodes, this_cpu(nodes), gfp, order);
}

/* All that may be given back: __free_pages() */
static noinline int free_any(struct shadow_nodes *nodes, unsigned int cpu,
			     struct shadow_page *page, unsigned int order)
{
	u32 flags = READ_ONCE(page->flags);
	struct shadow_zone *zone;

	if (unlikely(shadow_fault_frozen(nodes->fault)))
		return -EUCLEAN;
	if (unlikely(order > SHADOW_PF_ORDER_MAX || !shadow_page_in_use(flags, order)))
		return -EINVAL;
	/* The order lies in the block and may be corrupt */
	if (order && unlikely(order > nodes->max_order ||
			      !shadow_page_fits(&nodes->memmap,
						shadow_page_index(&nodes->memmap, page),
						order)))
		return shadow_fault_raise(nodes->fault,
					  "page: index %u: a block of order %u cannot be here",
					  shadow_page_index(&nodes->memmap, page),
					  order);
	if (unlikely(atomic_cmpxchg(&page->refcount, 1, 0) != 1))
		return shadow_page_free_shared(nodes, cpu, page, order);
	/* Before somebody else can have the frames */
	if (shadow_block_virtual(nodes->block))
		shadow_block_unback(nodes->block, shadow_page_to_phys(nodes, page),
				    (u64)1 << (nodes->page_shift + order));
	shadow_page_tell_free(nodes, page, order);
	zone = shadow_flags_zone(nodes, flags);
	shadow_zone_count_freed(zone, BIT(order));
	return give_to_zone(zone, cpu, page, order);
}

static __always_inline int free_rest(struct shadow_nodes *nodes, unsigned int cpu,
				     struct shadow_page *page, unsigned int order,
				     const bool tell)
{
	if (tell)
		shadow_latency_path(nodes->events, SHADOW_LATENCY_SPECIAL);
	return free_any(nodes, cpu, page, order);
}

/* What shadow_page_free_single() does not do: as alloc_other() */
static __always_inline int free_other(struct shadow_nodes *nodes, unsigned int cpu,
				      struct shadow_page *page, unsigned int order,
				      const bool tell)
{
	u32 flags = READ_ONCE(page->flags);
	struct shadow_zone *zone = shadow_flags_zone(nodes, flags);

	if (unlikely(!order || !shadow_page_plain_large(nodes, page, flags, order)))
		return free_rest(nodes, cpu, page, order, tell);
	if (nodes->pcp_orders >> order & 1) {
		if (order <= SHADOW_PCP_MAX_ORDER &&
		    likely(shadow_page_give_listed(nodes, zone, cpu, page, order, tell)))
			return 0;
	} else if (likely(atomic_cmpxchg(&page->refcount, 1, 0) == 1)) {
		if (tell)
			shadow_page_tell_free(nodes, page, order);
		shadow_zone_count_freed(zone, BIT(order));
		return shadow_buddy_free(zone, page, order);
	}
	return free_rest(nodes, cpu, page, order, tell);
}

/**
 * shadow_page_free_watched() - shadow_free_pages_cpu() while somebody watches
 * @nodes: the layer
 * @cpu: whose per-CPU list is used
 * @page: the block's first page
 * @order: log2 of its frames
 *
 * The event comes before the frames are anybody's.
 *
 * Context: as shadow_free_pages_cpu().
 * Return: as shadow_free_pages_cpu().
 */
int shadow_page_free_watched(struct shadow_nodes *nodes, unsigned int cpu,
			     struct shadow_page *page, unsigned int order)
{
	u64 pfn = shadow_page_to_pfn(nodes, page);
	struct shadow_latency_mark mark;
	struct shadow_op op;
	int err = 0;

	shadow_op_begin_as(&op, nodes->events, SHADOW_EV_PAGE_FREE);
	shadow_latency_begin(&mark, nodes->events, SHADOW_LATENCY_PAGE_FREE);
	if (order || !shadow_page_free_single(nodes, cpu, page, true))
		err = free_other(nodes, cpu, page, order, true);
	shadow_latency_end(&mark, err);
	shadow_op_end(&op, SHADOW_OP_FREE_PAGES, err, pfn, order, cpu);
	return err;
}

/* What free_pages() does not do itself */
static noinline int free_more(struct shadow_nodes *nodes, unsigned int cpu,
			      struct shadow_page *page, unsigned int order)
{
	if (shadow_watched())
		return shadow_page_free_recorded(nodes, cpu, page, order);
	return free_other(nodes, cpu, page, order, false);
}

/* As alloc_pages() */
static __always_inline int free_pages(struct shadow_nodes *nodes,
				      unsigned int cpu,
				      struct shadow_page *page,
				      unsigned int order)
{
	if (likely(!order) && !shadow_watched() &&
	    shadow_page_free_single(nodes, cpu, page, false))
		return 0;
	return free_more(nodes, cpu, page, order);
}

/**
 * shadow_free_pages_cpu() - drop a reference to a block, free it with the last
 * @nodes: the layer
 * @cpu: whose per-CPU list is used, below the machine's nr_cpus
 * @page: the block's first page, as shadow_alloc_pages() returned it
 * @order: the order it was allocated with
 *
 * A page that starts no block in use, or one of another order, is refused: a
 * double free, a foreign page, a compound page's tail. Where others have a
 * reference, too, all of a compound page stays; of another block the first
 * frame does, alone, and is order 0 from now on. On a virtual board contents go
 * with the frames. Follows __free_pages().
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: 0; -EINVAL if refused, and nothing has changed; -EUCLEAN if the
 * machine is frozen.
 */
int shadow_free_pages_cpu(struct shadow_nodes *nodes, unsigned int cpu,
			  struct shadow_page *page, unsigned int order)
{
	return free_pages(nodes, cpu, page, order);
}

/**
 * shadow_free_pages() - drop a reference to a block, free it with the last
 * @nodes: the layer
 * @page: the block's first page
 * @order: the order it was allocated with
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: 0, -EINVAL or -EUCLEAN, see shadow_free_pages_cpu().
 */
int shadow_free_pages(struct shadow_nodes *nodes, struct shadow_page *page,
		      unsigned int order)
{
	return free_pages(nodes, this_cpu(nodes), page, order);
}

/**
 * shadow_page_address() - where the contents of a block can be reached
 * @nodes: the layer
 * @page: the block's first page; on a virtual board one that was allocated with
 *	SHADOW_GFP_CONTENTS
 *
 * Follows page_address().
 *
 * Context: any.
 * Return: the address of its first byte, or NULL where it has no contents.
 */
void *shadow_page_address(const struct shadow_nodes *nodes,
			  const struct shadow_page *page)
{
	return nodes->block->virt ? shadow_page_to_virt(nodes, page) : NULL;
}
