// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_page_call - the calls around shadow_alloc_pages(). See
 * shadow_page_call.h.
 */
#include "shadow_compound.h"
#include "shadow_latency.h"
#include "shadow_page_call.h"
#include "shadow_page_count.h"
#include "shadow_page_owner.h"
#include "shadow_page_slow.h"
#include "shadow_pcp.h"
#include "shadow_ring_quick.h"

/**
 * shadow_this_cpu() - the CPU that runs us now
 * @nodes: the layer
 *
 * Context: any; any answer is correct, the right one is fast.
 * Return: a CPU below the machine's nr_cpus.
 */
unsigned int shadow_this_cpu(const struct shadow_nodes *nodes)
{
	unsigned int cpu = raw_smp_processor_id();

	return cpu < nodes->nr_cpus ? cpu : 0;
}

/* ----------------------------------------------------------- by address -- */

/* PageHighMem(): frames from there on are outside the linear map */
static bool is_highmem(const struct shadow_nodes *nodes, u64 pfn)
{
	u64 limit = nodes->zone_limit[SHADOW_ZONE_NORMAL];

	return nodes->zone_limit[SHADOW_ZONE_HIGHMEM] > limit && pfn >= limit;
}

/**
 * shadow_page_to_va() - where the linear map shows a frame
 * @nodes: the layer
 * @page: the frame
 *
 * Follows page_address() of mm/highmem.c, without kmap().
 *
 * Context: any.
 * Return: the address; 0 where the linear map does not show it.
 */
u64 shadow_page_to_va(const struct shadow_nodes *nodes,
		      const struct shadow_page *page)
{
	if (is_highmem(nodes, shadow_page_to_pfn(nodes, page)))
		return 0;
	return shadow_page_to_phys(nodes, page) + nodes->linear_offset;
}

/**
 * shadow_va_to_page() - the frame that the linear map shows at an address
 * @nodes: the layer
 * @va: any address
 *
 * Follows virt_to_page() and virt_addr_valid().
 *
 * Context: any.
 * Return: the page; NULL where the linear map shows none of the machine.
 */
struct shadow_page *shadow_va_to_page(const struct shadow_nodes *nodes, u64 va)
{
	u64 pfn = (va - nodes->linear_offset) >> nodes->page_shift;

	return is_highmem(nodes, pfn) ? NULL : shadow_pfn_to_page(nodes, pfn);
}

/**
 * shadow_get_free_pages() - allocate 2^order frames, by their address
 * @nodes: the layer
 * @gfp: SHADOW_GFP_*, without HIGHMEM: that has no address
 * @order: log2 of the frames
 *
 * Follows __get_free_pages() of mm/page_alloc.c, which ignores HIGHMEM; this
 * one refuses it.
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: the address; 0 where @gfp has HIGHMEM, or shadow_alloc_pages() has
 * none.
 */
u64 shadow_get_free_pages(struct shadow_nodes *nodes, u32 gfp,
			  unsigned int order)
{
	struct shadow_page *page;

	if (gfp & SHADOW_GFP_HIGHMEM)
		return 0;
	page = shadow_alloc_pages(nodes, gfp, order);
	return page ? shadow_page_to_va(nodes, page) : 0;
}

/**
 * shadow_free_pages_va() - free 2^order frames by their address
 * @nodes: the layer
 * @va: what shadow_get_free_pages() returned; 0: nothing is done
 * @order: the order it was given
 *
 * Follows free_pages() of mm/page_alloc.c.
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: 0; -EINVAL where that is the address of no such block, and nothing
 * has changed; -EUCLEAN if the machine is frozen.
 */
int shadow_free_pages_va(struct shadow_nodes *nodes, u64 va,
			 unsigned int order)
{
	struct shadow_page *page;

	if (!va)
		return 0;
	page = shadow_va_to_page(nodes, va);
	if (!page || va & (BIT_ULL(nodes->page_shift) - 1))
		return -EINVAL;
	return shadow_free_pages(nodes, page, order);
}

/* ----------------------------------------------------------------- many -- */

/* What a frame of a batch has in common with all: no flag needs it to itself */
static bool may_batch(const struct shadow_nodes *nodes, u32 gfp)
{
	return !(gfp & SHADOW_GFP_PREPARED) && nodes->node[0].zone[0].pcp;
}

/* The first zone of the own node that keeps its low mark when all are taken */
static struct shadow_zone *batch_zone(const struct shadow_nodes *nodes,
				      unsigned int cpu, u32 gfp,
				      unsigned int nr)
{
	const struct shadow_zonelist *list = shadow_gfp_zonelist(nodes, cpu, gfp);
	enum shadow_zone_type highest = shadow_gfp_zone(gfp);
	enum shadow_zone_type lowest = gfp & SHADOW_GFP_THISZONE ? highest : 0;
	struct shadow_zone *zone, *first = NULL;
	unsigned int i;
	u64 mark;

	for (i = 0; i < list->nr; i++) {
		zone = list->zone[i];
		if (zone->type > highest || zone->type < lowest)
			continue;
		first = first ? : zone;
		if (zone->nid != first->nid)
			return NULL;
		mark = shadow_wmark_pages(zone, SHADOW_WMARK_LOW) + nr;
		if (shadow_watermark_fast(zone, 0, mark, highest, SHADOW_WMARK_LOW))
			return zone;
	}
	return NULL;
}

/* An event for each frame, as if it had been alone */
static void tell_each(struct shadow_nodes *nodes, const enum shadow_event_id id,
		      unsigned int nr, struct shadow_page *const *pages, u32 gfp)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (id == SHADOW_EV_PAGE_ALLOC)
			shadow_event(nodes->events, SHADOW_EV_PAGE_ALLOC, 1,
				     shadow_page_to_pfn(nodes, pages[i]), 0, gfp,
				     shadow_gfp_mt(nodes, gfp));
		else
			shadow_event(nodes->events, SHADOW_EV_PAGE_FREE, 1,
				     shadow_page_to_pfn(nodes, pages[i]), 0);
}

/* Likewise, where an operation does not say so itself */
static noinline void tell_batch(struct shadow_nodes *nodes,
				const enum shadow_event_id id, unsigned int nr,
				struct shadow_page *const *pages, u32 gfp)
{
	struct shadow_ring *ring = shadow_ring_of(nodes->events);
	u64 mt = shadow_gfp_mt(nodes, gfp);
	unsigned int i;

	if (shadow_op_says(nodes->events, id, nr))
		return;
	if (!ring || !shadow_ring_within(ring)) {
		tell_each(nodes, id, nr, pages, gfp);
		return;
	}
	for (i = 0; i < nr; i++)
		shadow_ring_put_event(ring, id, 1, shadow_page_to_pfn(nodes, pages[i]), 0,
				      gfp, id == SHADOW_EV_PAGE_ALLOC ? mt : 0, 0);
}

/* Fills a run of empty entries; less where the zone has no more */
static unsigned int take_batch(struct shadow_nodes *nodes,
			       struct shadow_zone *zone, unsigned int cpu,
			       u32 gfp, unsigned int nr,
			       struct shadow_page **pages)
{
	unsigned int i = shadow_pcp_alloc_bulk(zone, cpu, shadow_gfp_mt(nodes, gfp),
					       shadow_gfp_owner(gfp),
					       SHADOW_WMARK_LOW, nr, pages);
	unsigned int at;

	for (at = 0; nodes->page_owner && at < i; at++)
		shadow_page_owner_set(nodes->page_owner, pages[at], 1, gfp);
	shadow_zone_count_alloc(zone, i);
	shadow_page_count_place(nodes, cpu, gfp, zone, i);
	if (shadow_event_heard(SHADOW_EV_PAGE_ALLOC))
		tell_batch(nodes, SHADOW_EV_PAGE_ALLOC, i, pages, gfp);
	return i;
}

static unsigned int run_of_empty(unsigned int nr, struct shadow_page **pages)
{
	unsigned int i = 0;

	while (i < nr && !pages[i])
		i++;
	return i;
}

static unsigned int fill(struct shadow_nodes *nodes, unsigned int cpu, u32 gfp,
			 unsigned int nr, struct shadow_page **pages)
{
	struct shadow_zone *zone = NULL;
	unsigned int done = 0, want, got;

	while (done < nr && pages[done])
		done++;
	if (done == nr)
		return nr;
	if (nr - done > 1 && may_batch(nodes, gfp) &&
	    !shadow_fault_frozen(nodes->fault) && shadow_page_allowed(nodes, gfp) &&
	    !shadow_should_fail(nodes->fail, SHADOW_FAIL_PAGE,
				(u64)(nr - done) << nodes->page_shift))
		zone = batch_zone(nodes, cpu, gfp, nr - done);
	while (zone && done < nr) {
		want = run_of_empty(nr - done, pages + done);
		got = take_batch(nodes, zone, cpu, gfp, want, pages + done);
		if (!got && want)
			break;
		done += got;
		if (got < want)
			return done;
		while (done < nr && pages[done])
			done++;
		if (done == nr)
			return nr;
	}
	pages[done] = shadow_alloc_pages_cpu(nodes, cpu, gfp, 0);
	while (done < nr && pages[done])
		done++;
	return done;
}

static unsigned int alloc_bulk(struct shadow_nodes *nodes, unsigned int cpu,
			       u32 gfp, unsigned int nr,
			       struct shadow_page **pages)
{
	struct shadow_latency_mark mark;
	unsigned int filled;

	shadow_latency_begin(&mark, nodes->events, SHADOW_LATENCY_PAGE_ALLOC_BULK);
	filled = fill(nodes, cpu, gfp, nr, pages);
	shadow_latency_end(&mark, nr && !filled);
	return filled;
}

/* What an entry tells the ring: its frame, or that it was there before */
static u64 told_entry(const struct shadow_nodes *nodes,
		      const struct shadow_page *page, bool had)
{
	if (had)
		return SHADOW_RING_HAD_PAGE;
	return page ? shadow_page_to_pfn(nodes, page) : SHADOW_RING_NO_PAGE;
}

static noinline unsigned int
alloc_bulk_recorded(struct shadow_op *op, struct shadow_nodes *nodes,
		    unsigned int cpu, u32 gfp, unsigned int nr,
		    struct shadow_page **pages)
{
	DECLARE_BITMAP(had, SHADOW_RING_BULK) = { 0 };
	struct shadow_ring_list list = { };
	unsigned int i, filled;

	/* A caller has to come again anyway: more at once are not promised */
	nr = min(nr, SHADOW_RING_BULK);
	for (i = 0; i < nr; i++)
		if (pages[i])
			__set_bit(i, had);
	filled = alloc_bulk(nodes, cpu, gfp, nr, pages);
	__shadow_op_put(op, SHADOW_OP_ALLOC_BULK, 0,
			(u64[SHADOW_RING_ARGS]) { gfp, nr, cpu, filled });
	for (i = 0; i < nr; i++)
		shadow_ring_list_add(op->ring, &list,
				     told_entry(nodes, pages[i], test_bit(i, had)));
	shadow_ring_list_end(op->ring, &list);
	__shadow_op_drop(op);
	return filled;
}

/**
 * shadow_alloc_pages_bulk_cpu() - allocate single frames into an array, for a CPU
 * @nodes: the layer
 * @cpu: whose per-CPU list is used, below the machine's nr_cpus
 * @gfp: SHADOW_GFP_*
 * @nr: entries of @pages
 * @pages: NULL entries are filled, others are left alone
 *
 * All come from the first zone that stays above its low mark with them, in one
 * visit to the per-CPU list; where no zone of the own node does, or a flag asks
 * for more than frames, one frame is allocated as any other is. So a caller
 * goes on with single frames, or comes again. Follows alloc_pages_bulk_array().
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: how many entries from the first on are not NULL.
 */
unsigned int shadow_alloc_pages_bulk_cpu(struct shadow_nodes *nodes,
					 unsigned int cpu, u32 gfp,
					 unsigned int nr,
					 struct shadow_page **pages)
{
	struct shadow_op op;

	shadow_op_begin_as(&op, nodes->events, SHADOW_EV_PAGE_ALLOC);
	if (unlikely(op.ring))
		return alloc_bulk_recorded(&op, nodes, cpu, gfp, nr, pages);
	return alloc_bulk(nodes, cpu, gfp, nr, pages);
}

/**
 * shadow_alloc_pages_bulk() - allocate single frames into an array
 * @nodes: the layer
 * @gfp: SHADOW_GFP_*
 * @nr: entries of @pages
 * @pages: NULL entries are filled, others are left alone
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: how many entries from the first on are not NULL, see
 * shadow_alloc_pages_bulk_cpu().
 */
unsigned int shadow_alloc_pages_bulk(struct shadow_nodes *nodes, u32 gfp,
				     unsigned int nr,
				     struct shadow_page **pages)
{
	return shadow_alloc_pages_bulk_cpu(nodes, shadow_this_cpu(nodes), gfp, nr,
					   pages);
}

/*
 * As many as go the way that most go; those are of the first one's zone. Where
 * owners are noted, each one's is cleared first, by shadow_free_pages_cpu().
 */
static unsigned int give_batch(struct shadow_nodes *nodes, unsigned int cpu,
			       unsigned int nr, struct shadow_page *const *pages)
{
	struct shadow_zone *zone = shadow_page_zone(nodes, pages[0]);

	if (unlikely(!zone->pcp || nodes->page_owner ||
		     shadow_block_virtual(nodes->block) ||
		     shadow_fault_frozen(nodes->fault)))
		return 0;
	nr = shadow_pcp_free_bulk(zone, cpu, nr, pages);
	shadow_zone_count_freed(zone, nr);
	if (shadow_event_heard(SHADOW_EV_PAGE_FREE))
		tell_batch(nodes, SHADOW_EV_PAGE_FREE, nr, pages, 0);
	return nr;
}

static int free_bulk(struct shadow_nodes *nodes, unsigned int cpu,
		     unsigned int nr,
		     struct shadow_page *const *pages)
{
	struct shadow_latency_mark mark;
	int err = 0;

	shadow_latency_begin(&mark, nodes->events, SHADOW_LATENCY_PAGE_FREE_BULK);
	while (nr && !err) {
		unsigned int done = give_batch(nodes, cpu, nr, pages);

		if (done < nr)
			err = shadow_free_pages_cpu(nodes, cpu, pages[done++], 0);
		pages += done;
		nr -= done;
	}
	shadow_latency_end(&mark, err);
	return err;
}

static noinline int free_bulk_recorded(struct shadow_op *op,
				       struct shadow_nodes *nodes,
				       unsigned int cpu, unsigned int nr,
				       struct shadow_page *const *pages)
{
	int err = free_bulk(nodes, cpu, nr, pages);
	struct shadow_ring_list list = { };
	unsigned int i;

	__shadow_op_put(op, SHADOW_OP_FREE_BULK, err,
			(u64[SHADOW_RING_ARGS]) { nr, cpu });
	for (i = 0; i < nr; i++)
		shadow_ring_list_add(op->ring, &list, shadow_page_to_pfn(nodes, pages[i]));
	shadow_ring_list_end(op->ring, &list);
	__shadow_op_drop(op);
	return err;
}

/**
 * shadow_free_pages_bulk_cpu() - drop references to single frames, for a CPU
 * @nodes: the layer
 * @cpu: whose per-CPU lists are used, below the machine's nr_cpus
 * @nr: entries of @pages
 * @pages: frames that were allocated with order 0, each once
 *
 * In their order, as if each were given to shadow_free_pages_cpu(), but those
 * of a zone that are neighbours in @pages are freed in one visit to the per-CPU
 * lists. Follows free_unref_page_list().
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: 0; -EINVAL at the first one that shadow_free_pages_cpu() refuses:
 * those before it are free, it and those after it as they were; -EUCLEAN if the
 * machine is frozen.
 */
int shadow_free_pages_bulk_cpu(struct shadow_nodes *nodes, unsigned int cpu,
			       unsigned int nr,
			       struct shadow_page *const *pages)
{
	struct shadow_op op;

	shadow_op_begin_as(&op, nodes->events, SHADOW_EV_PAGE_FREE);
	if (unlikely(op.ring))
		return free_bulk_recorded(&op, nodes, cpu, nr, pages);
	return free_bulk(nodes, cpu, nr, pages);
}

/**
 * shadow_free_pages_bulk() - drop references to single frames
 * @nodes: the layer
 * @nr: entries of @pages
 * @pages: frames that were allocated with order 0, each once
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: 0, -EINVAL or -EUCLEAN, see shadow_free_pages_bulk_cpu().
 */
int shadow_free_pages_bulk(struct shadow_nodes *nodes, unsigned int nr,
			   struct shadow_page *const *pages)
{
	return shadow_free_pages_bulk_cpu(nodes, shadow_this_cpu(nodes), nr,
					  pages);
}

/* ------------------------------------------------- a number of bytes -- */

static struct shadow_page *alloc_exact(struct shadow_nodes *nodes,
				       unsigned int cpu, u32 gfp,
				       u64 nr_pages)
{
	struct shadow_page *page;
	unsigned int order;
	u64 i;

	if (!nr_pages || nr_pages > BIT_ULL(nodes->max_order) ||
	    (gfp & SHADOW_GFP_COMP))
		return NULL;
	order = fls64(nr_pages - 1);
	page = shadow_alloc_pages_cpu(nodes, cpu, gfp, order);
	if (!page || shadow_split_page(nodes, page, order))
		return NULL;
	for (i = nr_pages; i < BIT_ULL(order); i++)
		if (shadow_free_pages_cpu(nodes, cpu, page + i, 0))
			return NULL;
	return page;
}

/**
 * shadow_alloc_exact_cpu() - allocate any number of frames in a row, for a CPU
 * @nodes: the layer
 * @cpu: whose per-CPU lists are used, below the machine's nr_cpus
 * @gfp: SHADOW_GFP_*, without COMP
 * @nr_pages: frames, at most those of the largest block
 *
 * A block that is large enough is split into single frames, those that are too
 * many are freed. Follows alloc_pages_exact_nid() of mm/page_alloc.c.
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: the first page; each has a user of its own, and is freed by itself.
 * NULL where @gfp has COMP, @nr_pages is 0 or too many, or
 * shadow_alloc_pages() has none.
 */
struct shadow_page *shadow_alloc_exact_cpu(struct shadow_nodes *nodes,
					   unsigned int cpu, u32 gfp,
					   u64 nr_pages)
{
	struct shadow_latency_mark mark;
	struct shadow_page *page;
	struct shadow_op op;

	shadow_op_begin(&op, nodes->events);
	shadow_latency_begin(&mark, nodes->events, SHADOW_LATENCY_PAGE_ALLOC_EXACT);
	page = alloc_exact(nodes, cpu, gfp, nr_pages);
	shadow_latency_end(&mark, !page);
	shadow_op_end(&op, SHADOW_OP_ALLOC_EXACT, page ? 0 : -ENOMEM, gfp,
		      nr_pages, cpu,
		      page ? shadow_page_to_pfn(nodes, page) : SHADOW_RING_NO_PAGE);
	return page;
}

static u64 nr_pages_of(const struct shadow_nodes *nodes, u64 bytes)
{
	return bytes ? ((bytes - 1) >> nodes->page_shift) + 1 : 0;
}

/**
 * shadow_alloc_pages_exact() - allocate a number of bytes, by their address
 * @nodes: the layer
 * @bytes: how many; whole frames are taken, no power of two of them
 * @gfp: SHADOW_GFP_*, without COMP and HIGHMEM
 *
 * Follows alloc_pages_exact() of mm/page_alloc.c.
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: the address; 0 where shadow_alloc_exact_cpu() has none, or @gfp has
 * HIGHMEM.
 */
u64 shadow_alloc_pages_exact(struct shadow_nodes *nodes, u64 bytes, u32 gfp)
{
	struct shadow_page *page;

	if (gfp & SHADOW_GFP_HIGHMEM)
		return 0;
	page = shadow_alloc_exact_cpu(nodes, shadow_this_cpu(nodes), gfp,
				      nr_pages_of(nodes, bytes));
	return page ? shadow_page_to_va(nodes, page) : 0;
}

static int free_exact(struct shadow_nodes *nodes, u64 va, u64 bytes)
{
	u64 nr_pages = nr_pages_of(nodes, bytes), i;
	struct shadow_page *page;
	int err = 0;

	if (va & (BIT_ULL(nodes->page_shift) - 1))
		return -EINVAL;
	for (i = 0; i < nr_pages; i++) {
		page = shadow_va_to_page(nodes, va + (i << nodes->page_shift));
		if (!page || shadow_page_state(page) != SHADOW_PAGE_ALLOCATED ||
		    shadow_page_order(page))
			return -EINVAL;
	}
	for (i = 0; i < nr_pages && !err; i++)
		err = shadow_free_pages_va(nodes, va + (i << nodes->page_shift), 0);
	return err;
}

/**
 * shadow_free_pages_exact() - free what shadow_alloc_pages_exact() returned
 * @nodes: the layer
 * @va: its address
 * @bytes: the number of bytes that it was given
 *
 * Follows free_pages_exact() of mm/page_alloc.c. All frames are looked at
 * before the first is freed.
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: 0; -EINVAL where not all of that are single frames in use, and
 * nothing has changed; -EUCLEAN if the machine is frozen.
 */
int shadow_free_pages_exact(struct shadow_nodes *nodes, u64 va, u64 bytes)
{
	struct shadow_latency_mark mark;
	struct shadow_op op;
	int err;

	shadow_op_begin(&op, nodes->events);
	shadow_latency_begin(&mark, nodes->events, SHADOW_LATENCY_PAGE_FREE_EXACT);
	err = free_exact(nodes, va, bytes);
	shadow_latency_end(&mark, err);
	shadow_op_end(&op, SHADOW_OP_FREE_EXACT, err, va, bytes);
	return err;
}
