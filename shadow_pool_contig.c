// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_pool_contig - the rung that empties a range of the host's RAM, and
 * gives it back exactly.
 */
#include <linux/gfp.h>
#include <linux/hugetlb.h>
#include <linux/ioport.h>
#include <linux/jiffies.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page-flags.h>
#include <linux/sched/signal.h>

#include "shadow_compat.h"
#include "shadow_pool.h"
#include "shadow_pool_rung.h"

/* How long the search for a contiguous range may take. */
#define CONTIG_SECONDS		10
#define CONTIG_PASSES		4
/* How often the host may be asked to empty a range, in each pass. */
#define CONTIG_ATTEMPTS		4096
/* How far the next candidate is from one that was refused, at least. */
#define CONTIG_STEP		((u64)SZ_2M)

/* The two calls exist only where the host was built with them. */
static int ask_host(unsigned long pfn, unsigned long nr_pages)
{
#ifdef CONFIG_CONTIG_ALLOC
	return alloc_contig_range(pfn, pfn + nr_pages, MIGRATE_MOVABLE,
				  GFP_KERNEL | __GFP_NOWARN);
#else
	return -EOPNOTSUPP;
#endif
}

static void give_host(unsigned long pfn, unsigned long nr_pages)
{
#ifdef CONFIG_CONTIG_ALLOC
	free_contig_range(pfn, nr_pages);
#endif
}

/**
 * struct ram_search - the System RAM range nearest below an address
 * @ceiling: first byte that is out of bounds
 * @start: the range found
 * @end: first byte after it, clipped to @ceiling; 0 when nothing was found
 */
struct ram_search {
	u64 ceiling;
	u64 start;
	u64 end;
};

static int note_ram(struct resource *res, void *arg)
{
	struct ram_search *search = arg;

	if (res->start < search->ceiling) {
		search->start = res->start;
		search->end = min_t(u64, search->ceiling, (u64)res->end + 1);
	}
	return 0;
}

static bool ram_below(struct ram_search *search, u64 ceiling)
{
	*search = (struct ram_search){ .ceiling = ceiling };
	walk_iomem_res_desc(IORES_DESC_NONE,
			    IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY, 0, U64_MAX,
			    search, note_ram);
	return search->end;
}

/*
 * Could this frame be had? A guess without locks, to order the candidates:
 * free frames and those on the LRU, which can be migrated. The page allocator
 * decides when it is asked.
 */
static bool looks_movable(struct page *page)
{
	struct page *head = compound_head(page);

	return PageLRU(head) || !page_ref_count(head);
}

/**
 * struct contig_search - where the search stands
 * @attempts: how often alloc_contig_range() may still be asked
 * @deadline: jiffies at which the search ends
 * @picky: skip what does not look movable
 */
struct contig_search {
	unsigned int attempts;
	unsigned long deadline;
	bool picky;
};

/*
 * The checks of the kernel's own alloc_contig_pages() on each frame, without
 * which a frame in a hole makes alloc_contig_range() oops. From the last frame
 * down, so that the answer says where to go on: returns the pfn at which the
 * next candidate must end, or 0 when this one is fit.
 */
static unsigned long contig_obstacle(unsigned long pfn, unsigned long nr_pages,
				     bool picky)
{
	unsigned long at = pfn + nr_pages;
	struct zone *zone = NULL;
	struct page *page;

	while (at-- > pfn) {
		page = pfn_to_online_page(at);
		if (!page)
			return at;
		if (!zone)
			zone = page_zone(page);
		if (page_zone(page) != zone)
			return at + 1;
		if (PageReserved(page) || PageHuge(page))
			return at;
		if (picky && !looks_movable(page))
			return at;
	}
	return 0;
}

static bool contig_over(const struct contig_search *search)
{
	return !search->attempts || time_after(jiffies, search->deadline) ||
	       fatal_signal_pending(current);
}

/* Tries one range of System RAM from its top down: 0, or -EBUSY. */
static int contig_in_range(struct shadow_pool *pool, u64 floor, u64 ceiling,
			   const struct shadow_pool_request *request,
			   struct contig_search *search)
{
	u64 align = max_t(u64, PAGE_SIZE, shadow_pool_align(request->bytes,
							    request->page_shift));
	u64 step = max3(align, rounddown_pow_of_two(request->bytes) / 16,
			CONTIG_STEP);
	unsigned long nr_pages = request->bytes >> PAGE_SHIFT;
	unsigned long pfn, obstacle;
	u64 base;

	while (!contig_over(search) &&
	       shadow_pool_candidate(floor, ceiling, request->bytes, align, &base)) {
		cond_resched();
		pfn = PFN_DOWN(base);
		obstacle = contig_obstacle(pfn, nr_pages, search->picky);
		if (obstacle) {
			ceiling = PFN_PHYS(obstacle);
			continue;
		}
		search->attempts--;
		if (!ask_host(pfn, nr_pages)) {
			pool->page = pfn_to_page(pfn);
			pool->page_bytes = request->bytes;
			shadow_pool_win(pool, SHADOW_POOL_CONTIG, base, request->bytes,
					page_address(pool->page));
			return 0;
		}
		if (base + request->bytes < step)
			break;
		ceiling = base + request->bytes - step;
	}
	return -EBUSY;
}

static int contig_pass(struct shadow_pool *pool,
		       const struct shadow_pool_request *request,
		       struct contig_search *search)
{
	struct ram_search ram;
	u64 ceiling = U64_MAX;

	while (!contig_over(search) && ram_below(&ram, ceiling)) {
		if (!contig_in_range(pool, PAGE_ALIGN(ram.start), ram.end,
				     request, search))
			return 0;
		ceiling = ram.start;
	}
	return -EBUSY;
}

/**
 * shadow_pool_take_contig() - rung 3: from the top of RAM downwards
 * @pool: filled in on success; @pool->why of the rung in any case
 * @request: what is wanted
 *
 * Follows alloc_contig_pages(), which is not exported.
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM when no range could be emptied in time, -EINTR when
 *	killed, -EOPNOTSUPP where the host cannot do this.
 */
int shadow_pool_take_contig(struct shadow_pool *pool,
			    const struct shadow_pool_request *request)
{
	unsigned long start = jiffies;
	struct contig_search search = {
		.deadline = start + CONTIG_SECONDS * HZ,
	};
	unsigned int asked = 0, pass;

	if (!IS_ENABLED(CONFIG_CONTIG_ALLOC))
		return shadow_pool_explain(pool, SHADOW_POOL_CONTIG, -EOPNOTSUPP,
					   "the host was built without CONFIG_CONTIG_ALLOC");
	/*
	 * First where it should work, then wherever it may; twice, since what
	 * is on its way to a list now has arrived the next time.
	 */
	for (pass = 0; pass < CONTIG_PASSES; pass++) {
		search.attempts = CONTIG_ATTEMPTS;
		search.picky = !(pass & 1);
		if (!contig_pass(pool, request, &search))
			return shadow_pool_explain(pool, SHADOW_POOL_CONTIG, 0,
						   "used");
		asked += CONTIG_ATTEMPTS - search.attempts;
		if (fatal_signal_pending(current))
			return shadow_pool_explain(pool, SHADOW_POOL_CONTIG,
						   -EINTR, "interrupted");
	}
	return shadow_pool_explain(pool, SHADOW_POOL_CONTIG, -ENOMEM,
				   "no such range could be emptied: %u candidates of %llu bytes in %u ms",
				   asked, request->bytes, jiffies_to_msecs(jiffies - start));
}

/*
 * The largest piece that starts at @pfn, as an order. An order that the host
 * caches per CPU for huge pages is avoided: see shadow_pool_give_back_contig().
 */
static unsigned int piece_order(unsigned long pfn, unsigned long nr_pages)
{
	unsigned int order = min_t(unsigned int, SHADOW_HOST_MAX_ORDER,
				   ilog2(nr_pages));

	if (pfn)
		order = min_t(unsigned int, order, __ffs(pfn));
	return order && order == pageblock_order ? order - 1 : order;
}

/*
 * Makes one block of 2^order frames again, of which each has the one reference
 * that alloc_contig_range() gave it. False when somebody else holds one too.
 */
static bool join_frames(struct page *page, unsigned int order)
{
	unsigned long i;

	/* Allocation profiling counts each frame by itself. */
	if (IS_ENABLED(CONFIG_MEM_ALLOC_PROFILING))
		return false;
	for (i = 1; i < 1UL << order; i++) {
		if (page_ref_freeze(page + i, 1))
			continue;
		while (--i)
			page_ref_unfreeze(page + i, 1);
		return false;
	}
	return true;
}

/* Whole blocks where nobody else holds a frame of them, else frame by frame */
static void give_back(unsigned long pfn, unsigned int order)
{
	if (join_frames(pfn_to_page(pfn), order))
		__free_pages(pfn_to_page(pfn), order);
	else
		give_host(pfn, 1UL << order);
}

/*
 * The host counts frames on its per-CPU lists as neither used nor free, and
 * what it emptied for us has passed over them. alloc_contig_range() returns
 * them all to the zone, so that MemFree tells at once what has come back. The
 * block that is asked for is larger than what those lists take.
 */
static void drain_host_lists(unsigned long pfn, unsigned int order)
{
	if (!ask_host(pfn, 1UL << order))
		give_back(pfn, order);
}

/**
 * shadow_pool_give_back_contig() - undo rung 3
 * @pool: the pool
 *
 * Frame by frame, as free_contig_range() does it, thousands would land on the
 * host's per-CPU lists, where they count as neither used nor free, and teach
 * the host to keep those lists long. Whole blocks go to the buddy at once.
 *
 * Context: may sleep.
 */
void shadow_pool_give_back_contig(struct shadow_pool *pool)
{
	unsigned long nr_pages = pool->page_bytes >> PAGE_SHIFT;
	unsigned long pfn = page_to_pfn(pool->page);

	while (nr_pages) {
		unsigned int order = piece_order(pfn, nr_pages);

		give_back(pfn, order);
		pfn += 1UL << order;
		nr_pages -= 1UL << order;
		cond_resched();
	}
	pfn = page_to_pfn(pool->page);
	drain_host_lists(pfn, piece_order(pfn, pool->page_bytes >> PAGE_SHIFT));
}
