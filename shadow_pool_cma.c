// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_pool_cma - the rung that asks the DMA API, whose contiguous memory
 * area no other call reaches.
 */
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/platform_device.h>
#include <linux/vmstat.h>

#include "shadow_compat.h"
#include "shadow_pool.h"
#include "shadow_pool_rung.h"

/*
 * The DMA API falls back to the page allocator without a word. What is larger
 * than the largest page block can only be CMA; anything else must have made
 * CMA's free count fall.
 */
static bool came_from_cma(u64 bytes, unsigned long free_before)
{
	unsigned long now = global_zone_page_state(NR_FREE_CMA_PAGES);

	return bytes > SHADOW_POOL_BUDDY_BYTES ||
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
		return shadow_pool_explain(pool, SHADOW_POOL_CMA, -ENOMEM,
					   "%llu bytes could not be had of the %llu free in CMA",
					   bytes, (u64)free_before << PAGE_SHIFT);
	pool->page_bytes = bytes;
	pool->dma = dma;
	if (came_from_cma(bytes, free_before))
		return 0;
	return shadow_pool_explain(pool, SHADOW_POOL_CMA, -ENOMEM,
				   "the DMA API took the page allocator instead of CMA");
}

static void cma_free_bytes(struct shadow_pool *pool)
{
	if (pool->page)
		dma_free_pages(&pool->device->dev, pool->page_bytes, pool->page,
			       pool->dma, DMA_BIDIRECTIONAL);
	pool->page = NULL;
}

/**
 * shadow_pool_give_back_cma() - undo rung 4
 * @pool: the pool
 *
 * CMA frees frame by frame, onto the host's per-CPU lists. These are drained
 * by taking a little back: two pages, since for one the DMA API does not go to
 * CMA.
 *
 * Context: may sleep.
 */
void shadow_pool_give_back_cma(struct shadow_pool *pool)
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

/**
 * shadow_pool_take_cma() - rung 4: the DMA API's contiguous area
 * @pool: filled in on success; @pool->why of the rung in any case
 * @request: what is wanted
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM when CMA has not got it, -EOPNOTSUPP where the host
 *	has no CMA, and errors of the driver core.
 */
int shadow_pool_take_cma(struct shadow_pool *pool,
			 const struct shadow_pool_request *request)
{
	u64 align = shadow_pool_align(request->bytes, request->page_shift);
	u64 base, first;
	int err;

	if (!IS_ENABLED(CONFIG_DMA_CMA))
		return shadow_pool_explain(pool, SHADOW_POOL_CMA, -EOPNOTSUPP,
					   "the host was built without CONFIG_DMA_CMA");
	pool->device = platform_device_register_simple(SHADOW_POOL_OWNER,
						       PLATFORM_DEVID_NONE,
						       NULL, 0);
	if (IS_ERR(pool->device)) {
		err = PTR_ERR(pool->device);
		pool->device = NULL;
		return shadow_pool_explain(pool, SHADOW_POOL_CMA, err,
					   "no device could be registered to ask on behalf of");
	}
	err = dma_coerce_mask_and_coherent(&pool->device->dev,
					   DMA_BIT_MASK(64));
	if (err)
		shadow_pool_explain(pool, SHADOW_POOL_CMA, err,
				    "the DMA API refuses a 64-bit mask");
	else
		err = cma_alloc_aligned(pool, request->bytes, align);
	if (err) {
		shadow_pool_give_back_cma(pool);
		return err;
	}
	first = page_to_phys(pool->page);
	base = ALIGN(first, align);
	shadow_pool_win(pool, SHADOW_POOL_CMA, base, request->bytes,
			page_address(pool->page) + (base - first));
	return shadow_pool_explain(pool, SHADOW_POOL_CMA, 0, "used");
}
