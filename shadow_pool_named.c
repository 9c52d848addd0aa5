// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_pool_named - the rungs for memory that a person names. No address is
 * believed.
 */
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/kallsyms.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/sched.h>

#include "shadow_compat.h"
#include "shadow_pool.h"
#include "shadow_pool_rung.h"
#include "shadow_pool_tree.h"

#ifdef CONFIG_ARM64
#define LAST_PA			((u64)PHYS_MASK)
#else
#define LAST_PA			((u64)iomem_resource.end)
#endif

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
		return shadow_pool_explain(pool, SHADOW_POOL_BASE, -EBUSY,
					   "the running kernel's text and data lie there");
	return shadow_pool_explain(pool, SHADOW_POOL_BASE, -EBUSY,
				   "System RAM that the host uses lies there");
}

static int check_not_claimed(struct shadow_pool *pool, u64 base, u64 bytes)
{
	char node[SHADOW_POOL_NODE];

	if (shadow_pool_tree_reserved(base, bytes, node, sizeof(node)))
		return shadow_pool_explain(pool, SHADOW_POOL_BASE, -EBUSY,
					   "%s lies there; a region is taken with region=",
					   node);
	if (shadow_pool_tree_device(base, bytes, node, sizeof(node)))
		return shadow_pool_explain(pool, SHADOW_POOL_BASE, -EBUSY,
					   "claimed by %s", node);
	if (region_intersects(base, bytes, IORESOURCE_MEM, IORES_DESC_NONE) !=
	    REGION_DISJOINT)
		return shadow_pool_explain(pool, SHADOW_POOL_BASE, -EBUSY,
					   "a resource listed in /proc/iomem lies there");
	return 0;
}

static int check_is_memory(struct shadow_pool *pool,
			   const struct shadow_pool_request *request)
{
	if (!shadow_pool_tree_has_memory()) {
		if (request->base_force)
			return 0;
		return shadow_pool_explain(pool, SHADOW_POOL_BASE, -EINVAL,
					   "no device tree says what is memory; base_force=1 if you know");
	}
	if (!shadow_pool_tree_is_memory(request->base, request->bytes))
		return shadow_pool_explain(pool, SHADOW_POOL_BASE, -EINVAL,
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
		return shadow_pool_explain(pool, rung, -EINVAL,
					   "0x%llx is not a multiple of the page, %llu bytes",
					   base, granule);
	if (last < base || last > LAST_PA)
		return shadow_pool_explain(pool, rung, -EINVAL,
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
		return shadow_pool_explain(pool, rung, -ENOMEM,
					   "0x%llx+0x%llx could not be mapped", base, bytes);
	pool->mapped = true;
	shadow_pool_win(pool, rung, base, bytes, virt);
	return shadow_pool_explain(pool, rung, 0, "used");
}

static int claim(struct shadow_pool *pool, enum shadow_pool_rung rung,
		 u64 base, u64 bytes)
{
	if (!request_mem_region(base, bytes, SHADOW_POOL_OWNER))
		return shadow_pool_explain(pool, rung, -EBUSY,
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

/**
 * shadow_pool_take_base() - rung 1: memory that the host does not use
 * @pool: filled in on success; @pool->why of the rung in any case
 * @request: what is wanted
 *
 * The address must lie in /memory, and nobody may own it.
 *
 * Context: may sleep.
 * Return: 0, -EINVAL for what is not memory, -EBUSY for what has an owner,
 *	-ENOMEM when it cannot be mapped.
 */
int shadow_pool_take_base(struct shadow_pool *pool,
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
			return shadow_pool_explain(pool, SHADOW_POOL_REGION, -EBUSY,
						   "the host has taken the frame at 0x%llx back",
						   (u64)PFN_PHYS(pfn));
		if (!(pfn % 4096))
			cond_resched();
	}
	return 0;
}

/**
 * shadow_pool_take_region() - rung 2: a region of /reserved-memory
 * @pool: filled in on success; @pool->why of the rung in any case
 * @request: what is wanted
 *
 * Context: may sleep.
 * Return: 0, -EINVAL when it is too small, -ENOMEM when it cannot be mapped,
 *	and the errors of shadow_pool_tree_region().
 */
int shadow_pool_take_region(struct shadow_pool *pool,
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
		return shadow_pool_explain(pool, SHADOW_POOL_REGION, -EINVAL,
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
		return shadow_pool_explain(pool, SHADOW_POOL_REGION, -EBUSY,
					   "it lies half inside System RAM");
	}
}

/**
 * shadow_pool_give_back_named() - undo rungs 1 and 2
 * @pool: the pool
 *
 * Context: may sleep.
 */
void shadow_pool_give_back_named(struct shadow_pool *pool)
{
	if (pool->mapped)
		memunmap(pool->block.virt);
	if (pool->claimed)
		release_mem_region(pool->block.base, pool->block.bytes);
	pool->mapped = false;
	pool->claimed = false;
}
