// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_pool - reserve one block of contiguous memory from the host, and give
 * back exactly what was taken. The only caller of the host's allocators.
 */
#define pr_fmt(fmt) "shadow_mm: " fmt

#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/hugetlb.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/jiffies.h>
#include <linux/kallsyms.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page-flags.h>
#include <linux/platform_device.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/vmstat.h>

#include "shadow_compat.h"
#include "shadow_pool.h"
#include "shadow_pool_tree.h"

/* How long the search for a contiguous range may take. */
#define CONTIG_SECONDS		10
/* How often the host may be asked to empty a range, in each of two passes. */
#define CONTIG_ATTEMPTS		4096
/* How far the next candidate is from one that was refused, at least. */
#define CONTIG_STEP		((u64)SZ_2M)

#define CLAIM_NAME		"shadow_mm"

/* The host's largest page block. */
#define BUDDY_BYTES		((u64)PAGE_SIZE << SHADOW_HOST_MAX_ORDER)

#ifdef CONFIG_ARM64
#define LAST_PA			((u64)PHYS_MASK)
#else
#define LAST_PA			((u64)iomem_resource.end)
#endif

const char *const shadow_pool_rung_names[SHADOW_POOL_NR_RUNGS] = {
	[SHADOW_POOL_BASE]	= "carve-out at base",
	[SHADOW_POOL_REGION]	= "reserved-memory region",
	[SHADOW_POOL_CONTIG]	= "alloc_contig_range",
	[SHADOW_POOL_CMA]	= "CMA of the DMA API",
	[SHADOW_POOL_BUDDY]	= "largest buddy block",
};

/*
 * Says why a rung was not used, or what came of it: the text stays for
 * `config`. Returns @err, so that a refusal is one statement.
 */
static __printf(4, 5)
int explain(struct shadow_pool *pool, enum shadow_pool_rung rung, int err,
	    const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vscnprintf(pool->why[rung], SHADOW_POOL_WHY, fmt, args);
	va_end(args);
	return err;
}

static void win(struct shadow_pool *pool, enum shadow_pool_rung rung, u64 base,
		u64 bytes, void *virt)
{
	pool->rung = rung;
	pool->block.base = base;
	pool->block.bytes = bytes;
	pool->block.virt = virt;
}

/*
 * --- Rungs 1 and 2: memory that a person names ---
 */

/*
 * Does the range meet the kernel's own image? Its bounds are not exported, but
 * kallsyms knows which addresses have a symbol. What lies at the same distance
 * outside the image may be a module, which kallsyms marks with brackets.
 */
static bool is_kernel_image(u64 base, u64 bytes)
{
#ifdef CONFIG_ARM64
	char name[KSYM_SYMBOL_LEN];
	u64 at;

	for (at = 0; at < bytes; at += SZ_1M) {
		sprint_symbol_no_offset(name, base + at + kimage_voffset);
		if (strncmp(name, "0x", 2) && !strchr(name, '['))
			return true;
		cond_resched();
	}
#endif
	return false;
}

/* No System RAM in the range: those frames have an owner, the host. */
static int check_not_ram(struct shadow_pool *pool, u64 base, u64 bytes)
{
	if (region_intersects(base, bytes, IORESOURCE_SYSTEM_RAM,
			      IORES_DESC_NONE) == REGION_DISJOINT)
		return 0;
	if (is_kernel_image(base, bytes))
		return explain(pool, SHADOW_POOL_BASE, -EBUSY,
			       "the running kernel's text and data lie there");
	return explain(pool, SHADOW_POOL_BASE, -EBUSY,
		       "System RAM that the host uses lies there");
}

static int check_not_claimed(struct shadow_pool *pool, u64 base, u64 bytes)
{
	char node[SHADOW_POOL_NODE];

	if (shadow_pool_tree_reserved(base, bytes, node, sizeof(node)))
		return explain(pool, SHADOW_POOL_BASE, -EBUSY,
			       "%s lies there; a region is taken with region=",
			       node);
	if (shadow_pool_tree_device(base, bytes, node, sizeof(node)))
		return explain(pool, SHADOW_POOL_BASE, -EBUSY,
			       "claimed by %s", node);
	if (region_intersects(base, bytes, IORESOURCE_MEM, IORES_DESC_NONE) !=
	    REGION_DISJOINT)
		return explain(pool, SHADOW_POOL_BASE, -EBUSY,
			       "a resource listed in /proc/iomem lies there");
	return 0;
}

static int check_is_memory(struct shadow_pool *pool,
			   const struct shadow_pool_request *request)
{
	if (!shadow_pool_tree_has_memory()) {
		if (request->base_force)
			return 0;
		return explain(pool, SHADOW_POOL_BASE, -EINVAL,
			       "no device tree says what is memory; base_force=1 if you know");
	}
	if (!shadow_pool_tree_is_memory(request->base, request->bytes))
		return explain(pool, SHADOW_POOL_BASE, -EINVAL,
			       "not inside a /memory range of the device tree");
	return 0;
}

/* What any named range must be, before its owner is asked for. */
static int check_range(struct shadow_pool *pool, enum shadow_pool_rung rung,
		       u64 base, const struct shadow_pool_request *request)
{
	u64 granule = max_t(u64, PAGE_SIZE, 1ULL << request->page_shift);
	u64 last = base + (request->bytes - 1);

	if (base & (granule - 1))
		return explain(pool, rung, -EINVAL,
			       "0x%llx is not a multiple of the page, %llu bytes",
			       base, granule);
	if (last < base || last > LAST_PA)
		return explain(pool, rung, -EINVAL,
			       "0x%llx+0x%llx ends past the last physical address 0x%llx",
			       base, request->bytes, LAST_PA);
	return 0;
}

/* Maps [base, base + bytes) cacheable: the linear map where it is in that. */
static int map_block(struct shadow_pool *pool, enum shadow_pool_rung rung,
		     u64 base, u64 bytes)
{
	void *virt;

	virt = memremap(base, bytes, MEMREMAP_WB);
	if (!virt)
		return explain(pool, rung, -ENOMEM,
			       "0x%llx+0x%llx could not be mapped", base, bytes);
	pool->mapped = true;
	win(pool, rung, base, bytes, virt);
	return explain(pool, rung, 0, "used");
}

static int claim(struct shadow_pool *pool, enum shadow_pool_rung rung,
		 u64 base, u64 bytes)
{
	if (!request_mem_region(base, bytes, CLAIM_NAME))
		return explain(pool, rung, -EBUSY,
			       "another driver has claimed 0x%llx+0x%llx or a part",
			       base, bytes);
	pool->claimed = true;
	return 0;
}

static int claim_and_map(struct shadow_pool *pool, enum shadow_pool_rung rung,
			 u64 base, u64 bytes)
{
	int err;

	err = claim(pool, rung, base, bytes);
	if (err)
		return err;
	err = map_block(pool, rung, base, bytes);
	if (err) {
		release_mem_region(base, bytes);
		pool->claimed = false;
	}
	return err;
}

static int take_base(struct shadow_pool *pool,
		     const struct shadow_pool_request *request)
{
	u64 base = request->base, bytes = request->bytes;
	int err;

	err = check_range(pool, SHADOW_POOL_BASE, base, request);
	if (!err)
		err = check_not_ram(pool, base, bytes);
	if (!err)
		err = check_not_claimed(pool, base, bytes);
	if (!err)
		err = check_is_memory(pool, request);
	if (!err)
		err = claim_and_map(pool, SHADOW_POOL_BASE, base, bytes);
	return err;
}

/*
 * A region without no-map lies inside System RAM, which is one busy resource:
 * nobody can claim a part of it. Its frames were kept from the page allocator
 * at boot, which is what the flag of each says; a frame without it was given
 * back, so somebody else owns it.
 */
static int check_frames_reserved(struct shadow_pool *pool, u64 base, u64 bytes)
{
	unsigned long pfn, end = PFN_DOWN(base + bytes);

	for (pfn = PFN_DOWN(base); pfn < end; pfn++) {
		struct page *page = pfn_to_online_page(pfn);

		if (!page || !PageReserved(page))
			return explain(pool, SHADOW_POOL_REGION, -EBUSY,
				       "the host has taken the frame at 0x%llx back",
				       (u64)PFN_PHYS(pfn));
		if (!(pfn % 4096))
			cond_resched();
	}
	return 0;
}

static int take_region(struct shadow_pool *pool,
		       const struct shadow_pool_request *request)
{
	struct shadow_pool_region region;
	u64 base, skip, bytes = request->bytes;
	int err;

	err = shadow_pool_tree_region(request->region, &region,
				      pool->why[SHADOW_POOL_REGION],
				      SHADOW_POOL_WHY);
	if (err)
		return err;
	base = ALIGN(region.base,
		     max_t(u64, PAGE_SIZE, 1ULL << request->page_shift));
	skip = base - region.base;
	if (skip > region.bytes || region.bytes - skip < bytes)
		return explain(pool, SHADOW_POOL_REGION, -EINVAL,
			       "it has %llu bytes at 0x%llx, size=%llu does not fit",
			       region.bytes, region.base, bytes);
	err = check_range(pool, SHADOW_POOL_REGION, base, request);
	if (err)
		return err;
	switch (region_intersects(base, bytes, IORESOURCE_SYSTEM_RAM,
				  IORES_DESC_NONE)) {
	case REGION_DISJOINT:
		return claim_and_map(pool, SHADOW_POOL_REGION, base, bytes);
	case REGION_INTERSECTS:
		err = check_frames_reserved(pool, base, bytes);
		if (err)
			return err;
		return map_block(pool, SHADOW_POOL_REGION, base, bytes);
	default:
		return explain(pool, SHADOW_POOL_REGION, -EBUSY,
			       "it lies half inside System RAM");
	}
}

/*
 * --- Rung 3: alloc_contig_range ---
 */

#ifdef CONFIG_CONTIG_ALLOC

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
		if (!alloc_contig_range(pfn, pfn + nr_pages, MIGRATE_MOVABLE,
					GFP_KERNEL | __GFP_NOWARN)) {
			pool->page = pfn_to_page(pfn);
			pool->page_bytes = request->bytes;
			win(pool, SHADOW_POOL_CONTIG, base, request->bytes,
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

static int take_contig(struct shadow_pool *pool,
		       const struct shadow_pool_request *request)
{
	unsigned long start = jiffies;
	struct contig_search search = {
		.deadline = start + CONTIG_SECONDS * HZ,
	};
	unsigned int asked = 0;

	/* First where it should work, then wherever it may. */
	for (search.picky = true;; search.picky = false) {
		search.attempts = CONTIG_ATTEMPTS;
		if (!contig_pass(pool, request, &search))
			return explain(pool, SHADOW_POOL_CONTIG, 0, "used");
		asked += CONTIG_ATTEMPTS - search.attempts;
		if (fatal_signal_pending(current))
			return explain(pool, SHADOW_POOL_CONTIG, -EINTR,
				       "interrupted");
		if (!search.picky)
			break;
	}
	return explain(pool, SHADOW_POOL_CONTIG, -ENOMEM,
		       "no such range could be emptied: %u candidates of %llu bytes in %u ms",
		       asked, request->bytes, jiffies_to_msecs(jiffies - start));
}

/*
 * The largest piece that starts at @pfn, as an order. An order that the host
 * caches per CPU for huge pages is avoided: see contig_free().
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

/*
 * Frame by frame, as free_contig_range() does it, thousands would land on the
 * host's per-CPU lists, where they count as neither used nor free, and teach
 * the host to keep those lists long. Whole blocks go to the buddy at once.
 */
static void contig_free(struct shadow_pool *pool)
{
	unsigned long nr_pages = pool->page_bytes >> PAGE_SHIFT;
	unsigned long pfn = page_to_pfn(pool->page);

	while (nr_pages) {
		unsigned int order = piece_order(pfn, nr_pages);

		if (join_frames(pfn_to_page(pfn), order))
			__free_pages(pfn_to_page(pfn), order);
		else
			free_contig_range(pfn, 1UL << order);
		pfn += 1UL << order;
		nr_pages -= 1UL << order;
		cond_resched();
	}
}

#else

static void contig_free(struct shadow_pool *pool)
{
}

static int take_contig(struct shadow_pool *pool,
		       const struct shadow_pool_request *request)
{
	return explain(pool, SHADOW_POOL_CONTIG, -EOPNOTSUPP,
		       "the host was built without CONFIG_CONTIG_ALLOC");
}

#endif

/*
 * --- Rung 4: the DMA API's contiguous memory area ---
 */

#if IS_ENABLED(CONFIG_DMA_CMA)

/*
 * The DMA API falls back to the page allocator without a word. What is larger
 * than the largest page block can only be CMA; anything else must have made
 * CMA's free count fall.
 */
static bool came_from_cma(u64 bytes, unsigned long free_before)
{
	unsigned long now = global_zone_page_state(NR_FREE_CMA_PAGES);

	return bytes > BUDDY_BYTES ||
	       (free_before > now &&
		free_before - now >= (bytes >> PAGE_SHIFT) / 2);
}

static int cma_alloc_bytes(struct shadow_pool *pool, u64 bytes)
{
	unsigned long free_before = global_zone_page_state(NR_FREE_CMA_PAGES);
	struct device *dev = &pool->device->dev;
	dma_addr_t dma;

	pool->page = dma_alloc_pages(dev, bytes, &dma, DMA_BIDIRECTIONAL,
				     GFP_KERNEL | __GFP_NOWARN);
	if (!pool->page)
		return explain(pool, SHADOW_POOL_CMA, -ENOMEM,
			       "%llu bytes could not be had of the %llu free in CMA",
			       bytes, (u64)free_before << PAGE_SHIFT);
	pool->page_bytes = bytes;
	pool->dma = dma;
	if (came_from_cma(bytes, free_before))
		return 0;
	return explain(pool, SHADOW_POOL_CMA, -ENOMEM,
		       "the DMA API took the page allocator instead of CMA");
}

static void cma_free_bytes(struct shadow_pool *pool)
{
	if (pool->page)
		dma_free_pages(&pool->device->dev, pool->page_bytes, pool->page,
			       pool->dma, DMA_BIDIRECTIONAL);
	pool->page = NULL;
}

/*
 * As with alloc_contig_range(), the host's per-CPU lists are drained by taking
 * a little back: two pages, since for one the DMA API does not go to CMA.
 */
static void cma_free(struct shadow_pool *pool)
{
	struct device *dev = &pool->device->dev;
	bool held = pool->page;
	struct page *page;
	dma_addr_t dma;

	cma_free_bytes(pool);
	page = held ? dma_alloc_pages(dev, 2 * PAGE_SIZE, &dma,
				      DMA_BIDIRECTIONAL,
				      GFP_KERNEL | __GFP_NOWARN) : NULL;
	if (page)
		dma_free_pages(dev, 2 * PAGE_SIZE, page, dma,
			       DMA_BIDIRECTIONAL);
	platform_device_unregister(pool->device);
	pool->device = NULL;
}

/*
 * CMA aligns to at most 2^CONFIG_CMA_ALIGNMENT pages, which may be less than
 * we want: then as much more is asked for as alignment can cost.
 */
static int cma_alloc_aligned(struct shadow_pool *pool, u64 bytes, u64 align)
{
	int err;

	err = cma_alloc_bytes(pool, bytes);
	if (err || IS_ALIGNED(page_to_phys(pool->page), align))
		return err;
	cma_free_bytes(pool);
	return cma_alloc_bytes(pool, bytes + align - PAGE_SIZE);
}

static int take_cma(struct shadow_pool *pool,
		    const struct shadow_pool_request *request)
{
	u64 align = shadow_pool_align(request->bytes, request->page_shift);
	u64 base, first;
	int err;

	pool->device = platform_device_register_simple(CLAIM_NAME,
						       PLATFORM_DEVID_NONE,
						       NULL, 0);
	if (IS_ERR(pool->device)) {
		err = PTR_ERR(pool->device);
		pool->device = NULL;
		return explain(pool, SHADOW_POOL_CMA, err,
			       "no device could be registered to ask on behalf of");
	}
	err = dma_coerce_mask_and_coherent(&pool->device->dev,
					   DMA_BIT_MASK(64));
	if (err)
		explain(pool, SHADOW_POOL_CMA, err,
			"the DMA API refuses a 64-bit mask");
	else
		err = cma_alloc_aligned(pool, request->bytes, align);
	if (err) {
		cma_free(pool);
		return err;
	}
	first = page_to_phys(pool->page);
	base = ALIGN(first, align);
	win(pool, SHADOW_POOL_CMA, base, request->bytes,
	    page_address(pool->page) + (base - first));
	return explain(pool, SHADOW_POOL_CMA, 0, "used");
}

#else

static void cma_free(struct shadow_pool *pool)
{
}

static int take_cma(struct shadow_pool *pool,
		    const struct shadow_pool_request *request)
{
	return explain(pool, SHADOW_POOL_CMA, -EOPNOTSUPP,
		       "the host was built without CONFIG_DMA_CMA");
}

#endif

/*
 * --- Rung 5: one page block ---
 */

static int take_buddy(struct shadow_pool *pool,
		      const struct shadow_pool_request *request)
{
	u64 bytes = request->bytes;
	void *virt;

	if (bytes > BUDDY_BYTES)
		return explain(pool, SHADOW_POOL_BUDDY, -ENOMEM,
			       "the host's largest page block has %llu bytes",
			       BUDDY_BYTES);
	/* A page block is aligned to its own length, so to our alignment. */
	virt = alloc_pages_exact(bytes, GFP_KERNEL | __GFP_NOWARN);
	if (!virt)
		return explain(pool, SHADOW_POOL_BUDDY, -ENOMEM,
			       "no free page block holds %llu bytes", bytes);
	win(pool, SHADOW_POOL_BUDDY, virt_to_phys(virt), bytes, virt);
	return explain(pool, SHADOW_POOL_BUDDY, 0, "used");
}

/*
 * --- The ladder ---
 */

typedef int (*take_fn)(struct shadow_pool *pool,
		       const struct shadow_pool_request *request);

static const take_fn ladder[SHADOW_POOL_NR_RUNGS] = {
	[SHADOW_POOL_BASE]	= take_base,
	[SHADOW_POOL_REGION]	= take_region,
	[SHADOW_POOL_CONTIG]	= take_contig,
	[SHADOW_POOL_CMA]	= take_cma,
	[SHADOW_POOL_BUDDY]	= take_buddy,
};

static int check_request(const struct shadow_pool_request *request)
{
	u64 granule = max_t(u64, PAGE_SIZE, 1ULL << request->page_shift);

	if (!request->bytes || request->bytes & (granule - 1) ||
	    request->bytes != (size_t)request->bytes) {
		pr_err("size=%llu: a multiple of %llu bytes is allowed\n",
		       request->bytes, granule);
		return -EINVAL;
	}
	if (request->base_given && request->region) {
		pr_err("region=%s: not together with base=0x%llx, one of them is allowed\n",
		       request->region, request->base);
		return -EINVAL;
	}
	return 0;
}

/* Before anything is reclaimed: what is the host left with? */
static int check_host_keeps(const struct shadow_pool_request *request)
{
	u64 available = (u64)max(si_mem_available(), 0L) << PAGE_SHIFT;
	u64 most = available > SHADOW_POOL_HOST_BYTES ?
		   available - SHADOW_POOL_HOST_BYTES : 0;

	if (request->bytes <= most)
		return 0;
	pr_err("size=%llu: the host would keep less than 32 MiB of its %llu MiB of available memory; up to %lluM is allowed now\n",
	       request->bytes, available / SZ_1M, most / SZ_1M);
	return -ENOMEM;
}

static int try_rung(struct shadow_pool *pool, enum shadow_pool_rung rung,
		    const struct shadow_pool_request *request)
{
	int err = ladder[rung](pool, request);

	if (!err)
		pr_info("block 0x%llx+0x%llx from %s\n",
			(u64)pool->block.base, pool->block.bytes,
			shadow_pool_rung_names[rung]);
	return err;
}

static int take_named(struct shadow_pool *pool,
		      const struct shadow_pool_request *request)
{
	enum shadow_pool_rung rung = request->base_given ? SHADOW_POOL_BASE :
							   SHADOW_POOL_REGION;
	int err = try_rung(pool, rung, request);

	if (err && request->base_given)
		pr_err("base=0x%llx: %s; allowed is memory that the host does not use, as mem= leaves it\n",
		       request->base, pool->why[rung]);
	else if (err)
		pr_err("region=%s: %s; allowed is a region that is neither reusable nor claimed and holds size=%llu\n",
		       request->region, pool->why[rung], request->bytes);
	return err;
}

static int take_from_host(struct shadow_pool *pool,
			  const struct shadow_pool_request *request)
{
	enum shadow_pool_rung rung;
	int err;

	err = check_host_keeps(request);
	if (err)
		return err;
	for (rung = SHADOW_POOL_CONTIG; rung < SHADOW_POOL_NR_RUNGS; rung++) {
		err = try_rung(pool, rung, request);
		if (!err || err == -EINTR)
			return err;
		pr_info("not from %s: %s\n", shadow_pool_rung_names[rung],
			pool->why[rung]);
	}
	pr_err("size=%llu: the host has no contiguous range of that size to give\n",
	       request->bytes);
	return -ENOMEM;
}

/**
 * shadow_pool_reserve() - obtain the block
 * @pool: filled in; need not be initialised
 * @request: what is wanted
 *
 * The contents of the block are whatever was there before, as in RAM at
 * power-on. A refusal is one pr_err() line that names the parameter, its value
 * and what is allowed; on error nothing is held, and @pool->why stays readable.
 * Follows alloc_contig_pages() for the range that it chooses itself.
 *
 * Context: may sleep, for some seconds where memory must be migrated.
 * Return: 0; -EINVAL for a range that is not memory, wrongly aligned or too
 *	small, -EBUSY for one that has an owner, -ENOENT or -ENODEV for a region
 *	that does not exist or was not reserved, -ENOMEM when no rung has
 *	@request->bytes or the host would keep too little, -EINTR when killed.
 */
int shadow_pool_reserve(struct shadow_pool *pool,
			const struct shadow_pool_request *request)
{
	enum shadow_pool_rung rung;
	int err;

	memset(pool, 0, sizeof(*pool));
	pool->rung = SHADOW_POOL_NR_RUNGS;
	explain(pool, SHADOW_POOL_BASE, 0, "no base= was given");
	explain(pool, SHADOW_POOL_REGION, 0, "no region= was given");
	for (rung = SHADOW_POOL_CONTIG; rung < SHADOW_POOL_NR_RUNGS; rung++)
		explain(pool, rung, 0, "not needed");

	err = check_request(request);
	if (err)
		return err;
	if (request->base_given || request->region)
		return take_named(pool, request);
	return take_from_host(pool, request);
}

/**
 * shadow_pool_release() - give the block back, to the last page
 * @pool: as filled in by shadow_pool_reserve(); may hold no block
 *
 * Context: may sleep. Nothing may point into the block any more.
 */
void shadow_pool_release(struct shadow_pool *pool)
{
	struct shadow_block *block = &pool->block;

	switch (pool->rung) {
	case SHADOW_POOL_BASE:
	case SHADOW_POOL_REGION:
		if (pool->mapped)
			memunmap(block->virt);
		if (pool->claimed)
			release_mem_region(block->base, block->bytes);
		break;
	case SHADOW_POOL_CONTIG:
		contig_free(pool);
		break;
	case SHADOW_POOL_CMA:
		cma_free(pool);
		break;
	case SHADOW_POOL_BUDDY:
		free_pages_exact(block->virt, block->bytes);
		break;
	case SHADOW_POOL_NR_RUNGS:
		break;
	}
	memset(block, 0, sizeof(*block));
	pool->page = NULL;
	pool->mapped = false;
	pool->claimed = false;
	pool->rung = SHADOW_POOL_NR_RUNGS;
}

/**
 * shadow_pool_zalloc() - ordinary zeroed memory of the host
 * @bytes: length
 *
 * For what a machine keeps outside its block. From 128 bytes on the memory is
 * aligned to at least 128, so that a lock has its cache line.
 *
 * Context: may sleep.
 * Return: the memory, or NULL.
 */
void *shadow_pool_zalloc(size_t bytes)
{
	/* Only powers of two are aligned to more than the smallest object. */
	if (bytes >= 128 && bytes < PAGE_SIZE)
		bytes = roundup_pow_of_two(bytes);
	return kvzalloc(bytes, GFP_KERNEL);
}

/**
 * shadow_pool_free() - undo shadow_pool_zalloc()
 * @ptr: what that returned; NULL does nothing
 *
 * Context: may sleep.
 */
void shadow_pool_free(void *ptr)
{
	kvfree(ptr);
}
