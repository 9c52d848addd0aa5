// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slab_frames - where all engines have the frames of their slabs from,
 * and how they give them back: at once, or with SHADOW_SLAB_TYPESAFE_BY_RCU
 * after a grace period. See shadow_slab_engine.h.
 */
#include "shadow_latency.h"
#include "shadow_page_list.h"
#include "shadow_ring.h"
#include "shadow_slab_debug.h"
#include "shadow_slab_engine.h"

/* Whatever the host's KASAN was told of these frames' objects */
static void unshade(const struct shadow_slab *slab, const struct shadow_page *page)
{
	unsigned int order = shadow_page_order(page);
	const void *contents;

	if (likely(!slab->shaded))
		return;
	contents = shadow_slab_contents(slab->nodes, page, order);
	if (contents)
		shadow_kasan_unpoison(contents, 1ULL << (slab->nodes->page_shift + order));
}

/* New frames are where a slab can be, whatever has become of the memmap */
static bool frames_ok(const struct shadow_nodes *nodes, const struct shadow_page *page)
{
	if (likely(shadow_page_nid(page) < nodes->nr_nodes &&
		   shadow_slab_contents(nodes, page, shadow_page_order(page))))
		return true;
	shadow_fault_raise(nodes->fault, "slab: new frames at pfn %llu: node or order",
			   (unsigned long long)shadow_page_to_pfn(nodes, page));
	return false;
}

static void count_reclaimable(const struct shadow_kmem_cache *cache, s64 nr_frames)
{
	if (cache->desc.flags & SHADOW_SLAB_RECLAIM_ACCOUNT)
		atomic64_add(nr_frames, &cache->slab->nr_reclaimable);
}

/**
 * shadow_slab_take() - frames for a slab
 * @cache: whose
 * @cpu: whose per-CPU lists they come from
 * @gfp: SHADOW_SLAB_GFP_MASK
 * @order: how many, log2
 * @min_order: what will do where there is no such block; @order where nothing
 *	else does
 *
 * The page says nothing yet but whose it is. Follows allocate_slab() of
 * mm/slub.c, with its second try at the least order.
 *
 * Context: any.
 * Return: the first frame, which knows its order, or NULL.
 */
struct shadow_page *shadow_slab_take(struct shadow_kmem_cache *cache,
				     unsigned int cpu, u32 gfp, u32 order,
				     u32 min_order)
{
	struct shadow_nodes *nodes = cache->slab->nodes;
	struct shadow_page *page;
	u32 first;

	shadow_latency_path(nodes->events, SHADOW_LATENCY_NEW);
	if (shadow_should_fail(nodes->fail, SHADOW_FAIL_SLAB,
			       1ULL << (nodes->page_shift + order)))
		return NULL;
	gfp = (gfp & ~SHADOW_GFP_ZERO) | cache->gfp | SHADOW_GFP_CONTENTS;
	first = gfp;
	/* A slab of fewer objects is no worse than one of reserves */
	if (min_order < order)
		first = (gfp | SHADOW_GFP_NOWARN) & ~SHADOW_GFP_NOFAIL;
	page = shadow_alloc_pages_cpu(nodes, cpu, first, order);
	if (!page && min_order < order)
		page = shadow_alloc_pages_cpu(nodes, cpu, gfp, min_order);
	if (!page || unlikely(!frames_ok(nodes, page)))
		return NULL;
	/* They may have been those of a slab that a corrupted machine lost */
	unshade(cache->slab, page);
	atomic64_add(1ULL << shadow_page_order(page), &cache->slab->nr_frames);
	count_reclaimable(cache, 1LL << shadow_page_order(page));
	shadow_event_named(nodes->events, SHADOW_EV_SLAB_NEW, 1,
			   cache->desc.name, cache->desc.id,
			   shadow_page_to_pfn(nodes, page),
			   shadow_page_order(page));
	return page;
}

/* The first that waits asks, the others come along or wait for the next one. */
static void wait_for_grace(struct shadow_slab *slab, struct shadow_page *page)
{
	const struct shadow_slab_host *host = slab->cfg.host;
	struct shadow_memmap *memmap = &slab->nodes->memmap;
	unsigned long flags;
	bool ask;

	raw_spin_lock_irqsave(&slab->grace_lock, flags);
	page->slab.state = SHADOW_SLAB_WAITS;
	ask = shadow_page_list_empty(&slab->asked);
	shadow_page_list_push_tail(memmap, ask ? &slab->asked : &slab->later, page);
	slab->nr_waiting++;
	raw_spin_unlock_irqrestore(&slab->grace_lock, flags);
	if (ask && host && host->grace)
		host->grace(host->arg);
}

static int give_frames(struct shadow_slab *slab, unsigned int cpu,
		       struct shadow_page *page)
{
	unsigned int order = shadow_page_order(page);
	int err;

	unshade(slab, page);
	err = shadow_free_pages_cpu(slab->nodes, cpu, page, order);
	if (!err)
		atomic64_sub(1ULL << order, &slab->nr_frames);
	return err;
}

/**
 * shadow_slab_give() - give the frames of a slab back
 * @cache: whose it was
 * @cpu: whose per-CPU lists get them
 * @page: the first: in no list of the engine any more, no object of it in use
 *
 * With SHADOW_SLAB_TYPESAFE_BY_RCU its page says SHADOW_SLAB_WAITS and nothing
 * else until a grace period has ended. Follows free_slab() of mm/slub.c.
 *
 * Context: any; without the node's lock.
 * Return: 0, or what the page allocator says.
 */
int shadow_slab_give(struct shadow_kmem_cache *cache, unsigned int cpu,
		     struct shadow_page *page)
{
	struct shadow_nodes *nodes = cache->slab->nodes;

	shadow_latency_path(nodes->events, SHADOW_LATENCY_NEW);
	shadow_event_named(nodes->events, SHADOW_EV_SLAB_DISCARD, 1,
			   cache->desc.name, cache->desc.id,
			   shadow_page_to_pfn(nodes, page),
			   shadow_page_order(page));
	count_reclaimable(cache, -(1LL << shadow_page_order(page)));
	shadow_slab_debug_leave(cache);
	if (cache->desc.flags & SHADOW_SLAB_TYPESAFE_BY_RCU) {
		wait_for_grace(cache->slab, page);
		return 0;
	}
	return give_frames(cache->slab, cpu, page);
}

/**
 * shadow_slab_reclaimable() - is a slab one of those that could be reclaimed?
 * @slab: the layer
 * @page: its first frame
 *
 * Context: any; a momentary value.
 * Return: true if its cache has SHADOW_SLAB_RECLAIM_ACCOUNT.
 */
bool shadow_slab_reclaimable(struct shadow_slab *slab,
			     const struct shadow_page *page)
{
	const struct shadow_kmem_cache *cache = shadow_slab_cache_of(slab, page);

	return cache && !shadow_slab_waits(page) &&
	       (cache->desc.flags & SHADOW_SLAB_RECLAIM_ACCOUNT);
}

/**
 * shadow_slab_waits() - does a slab wait for the end of a grace period?
 * @page: its first frame
 *
 * Context: any.
 * Return: true if it does: then it is no cache's any more.
 */
bool shadow_slab_waits(const struct shadow_page *page)
{
	return READ_ONCE(page->slab.state) == SHADOW_SLAB_WAITS;
}

static void end_grace(struct shadow_slab *slab)
{
	const struct shadow_slab_host *host = slab->cfg.host;
	struct shadow_nodes *nodes = slab->nodes;
	struct shadow_page_list done;
	struct shadow_page *page;
	unsigned long flags;
	u64 nr = 0;
	bool ask;

	raw_spin_lock_irqsave(&slab->grace_lock, flags);
	done = slab->asked;
	slab->asked = slab->later;
	shadow_page_list_init(&slab->later);
	ask = !shadow_page_list_empty(&slab->asked);
	raw_spin_unlock_irqrestore(&slab->grace_lock, flags);
	if (ask && host && host->grace)
		host->grace(host->arg);
	while ((page = shadow_page_list_pop(&nodes->memmap, &done))) {
		page->slab.state = 0;
		give_frames(slab, 0, page);
		nr++;
	}
	raw_spin_lock_irqsave(&slab->grace_lock, flags);
	slab->nr_waiting -= nr;
	raw_spin_unlock_irqrestore(&slab->grace_lock, flags);
}

/**
 * shadow_slab_grace() - a grace period that was asked for has ended
 * @slab: the layer
 *
 * What waited for it goes back to the page allocator. What has come since asks
 * for the next one.
 *
 * Context: any; without locks of the layer.
 */
void shadow_slab_grace(struct shadow_slab *slab)
{
	struct shadow_op op;

	shadow_op_begin(&op, slab->nodes->events);
	end_grace(slab);
	shadow_op_end(&op, SHADOW_OP_SLAB_GRACE, 0);
}

/**
 * shadow_slab_nr_waiting() - how many slabs wait for a grace period to end?
 * @slab: the layer
 *
 * Context: any; a momentary value.
 * Return: the number.
 */
u64 shadow_slab_nr_waiting(struct shadow_slab *slab)
{
	unsigned long flags;
	u64 nr;

	raw_spin_lock_irqsave(&slab->grace_lock, flags);
	nr = slab->nr_waiting;
	raw_spin_unlock_irqrestore(&slab->grace_lock, flags);
	return nr;
}

/* The next frame that begins something; never goes back or stands still. */
static u32 next_block(const struct shadow_nodes *nodes, u32 index)
{
	const struct shadow_page *page = &nodes->memmap.pages[index];
	enum shadow_page_state state = shadow_page_state(page);
	unsigned int order = shadow_page_order(page);
	bool block = state == SHADOW_PAGE_BUDDY || state == SHADOW_PAGE_PCP ||
		     state == SHADOW_PAGE_ALLOCATED;

	return index + (block && order <= nodes->max_order ? 1U << order : 1);
}

/**
 * shadow_slab_next_frames() - all slabs of a machine, one after the other
 * @nodes: the frames
 * @page: the last one's first frame, or NULL for the first
 *
 * Goes by the frames, not by lists: these may be corrupt. Those that wait for a
 * grace period are among them.
 *
 * Context: any; momentary, unless nobody allocates or frees meanwhile.
 * Return: the first frame of the next slab, in the order of banks, or NULL.
 */
struct shadow_page *shadow_slab_next_frames(const struct shadow_nodes *nodes,
					    const struct shadow_page *page)
{
	const struct shadow_memmap *memmap = &nodes->memmap;
	struct shadow_page *next;
	unsigned int nr = 0;
	u32 index;

	index = memmap->bank[0].first;
	if (page) {
		index = shadow_page_index(memmap, page);
		while (index - memmap->bank[nr].first >= memmap->bank[nr].nr)
			nr++;
		index = next_block(nodes, index);
	}
	for (;;) {
		for (; index < shadow_bank_end(&memmap->bank[nr]);
		     index = next_block(nodes, index)) {
			next = &memmap->pages[index];
			if (shadow_page_state(next) == SHADOW_PAGE_ALLOCATED &&
			    shadow_page_owner(next) == SHADOW_OWNER_SLAB)
				return next;
		}
		if (++nr >= memmap->nr_banks)
			return NULL;
		index = memmap->bank[nr].first;
	}
}
