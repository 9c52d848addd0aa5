// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_pool - reserve one block of contiguous memory from the host, and give
 * back exactly what was taken. This room is the only caller of the host's
 * allocators.
 */
#define pr_fmt(fmt) "shadow_mm: " fmt

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "shadow_compat.h"
#include "shadow_pool.h"
#include "shadow_pool_rung.h"

const char *const shadow_pool_rung_names[SHADOW_POOL_NR_RUNGS] = {
	[SHADOW_POOL_SHARE]	= "share of the first machine",
	[SHADOW_POOL_BASE]	= "carve-out at base",
	[SHADOW_POOL_REGION]	= "reserved-memory region",
	[SHADOW_POOL_CONTIG]	= "alloc_contig_range",
	[SHADOW_POOL_CMA]	= "CMA of the DMA API",
	[SHADOW_POOL_BUDDY]	= "largest buddy block",
};

/**
 * shadow_pool_explain() - say why a rung was not used, or what came of it
 * @pool: where the text stays, for `config`
 * @rung: the rung
 * @err: any number
 * @fmt: format of one line, without newline
 *
 * Context: any.
 * Return: @err, so that a refusal is one statement.
 */
int shadow_pool_explain(struct shadow_pool *pool, enum shadow_pool_rung rung,
			int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vscnprintf(pool->why[rung], SHADOW_POOL_WHY, fmt, args);
	va_end(args);
	return err;
}

/**
 * shadow_pool_win() - enter the block that a rung obtained
 * @pool: the pool
 * @rung: the rung
 * @base: physical address of the first byte
 * @bytes: length
 * @virt: the host's cacheable mapping of it
 *
 * Context: any.
 */
void shadow_pool_win(struct shadow_pool *pool, enum shadow_pool_rung rung,
		     u64 base, u64 bytes, void *virt)
{
	pool->rung = rung;
	pool->block.base = base;
	pool->block.bytes = bytes;
	pool->block.virt = virt;
	pool->block.backing = NULL;
}

static int take_buddy(struct shadow_pool *pool,
		      const struct shadow_pool_request *request)
{
	u64 bytes = request->bytes;
	void *virt;

	if (bytes > SHADOW_POOL_BUDDY_BYTES)
		return shadow_pool_explain(pool, SHADOW_POOL_BUDDY, -ENOMEM,
					   "the host's largest page block has %llu bytes",
					   SHADOW_POOL_BUDDY_BYTES);
	/* A page block is aligned to its own length, so to our alignment. */
	virt = alloc_pages_exact(bytes, GFP_KERNEL | __GFP_NOWARN);
	if (!virt)
		return shadow_pool_explain(pool, SHADOW_POOL_BUDDY, -ENOMEM,
					   "no free page block holds %llu bytes", bytes);
	shadow_pool_win(pool, SHADOW_POOL_BUDDY, virt_to_phys(virt), bytes, virt);
	return shadow_pool_explain(pool, SHADOW_POOL_BUDDY, 0, "used");
}

static void give_back_buddy(struct shadow_pool *pool)
{
	free_pages_exact(pool->block.virt, pool->block.bytes);
}

/**
 * struct rung - how a block is had, and how it goes back
 * @take: fills in the pool, or says why not
 * @give_back: the reverse
 */
struct rung {
	int (*take)(struct shadow_pool *pool,
		    const struct shadow_pool_request *request);
	void (*give_back)(struct shadow_pool *pool);
};

static const struct rung ladder[SHADOW_POOL_NR_RUNGS] = {
	[SHADOW_POOL_BASE] = {
		shadow_pool_take_base, shadow_pool_give_back_named },
	[SHADOW_POOL_REGION] = {
		shadow_pool_take_region, shadow_pool_give_back_named },
	[SHADOW_POOL_CONTIG] = {
		shadow_pool_take_contig, shadow_pool_give_back_contig },
	[SHADOW_POOL_CMA] = {
		shadow_pool_take_cma, shadow_pool_give_back_cma },
	[SHADOW_POOL_BUDDY] = {
		take_buddy, give_back_buddy },
};

/* One line for whoever asked; nothing is held. */
static __printf(3, 4)
int refuse(struct shadow_pool *pool, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vscnprintf(pool->refusal, sizeof(pool->refusal), fmt, args);
	va_end(args);
	return err;
}

static int check_request(struct shadow_pool *pool,
			 const struct shadow_pool_request *request)
{
	u64 granule = max_t(u64, PAGE_SIZE, 1ULL << request->page_shift);

	if (!request->bytes || request->bytes & (granule - 1) ||
	    request->bytes != (size_t)request->bytes)
		return refuse(pool, -EINVAL,
			      "size=%llu: a multiple of %llu bytes is allowed",
			      request->bytes, granule);
	if (request->base_given && request->region)
		return refuse(pool, -EINVAL,
			      "region=%s: not together with base=0x%llx, one of them is allowed",
			      request->region, request->base);
	return 0;
}

/* Before anything is reclaimed: what is the host left with? */
static int check_host_keeps(struct shadow_pool *pool,
			    const struct shadow_pool_request *request)
{
	u64 available = (u64)max(si_mem_available(), 0L) << PAGE_SHIFT;
	u64 most = available > SHADOW_POOL_HOST_BYTES ?
		   available - SHADOW_POOL_HOST_BYTES : 0;

	if (request->bytes <= most)
		return 0;
	return refuse(pool, -ENOMEM,
		      "size=%llu: the host would keep less than 32 MiB of its %llu MiB of available memory; up to %lluM is allowed now",
		      request->bytes, available / SZ_1M, most / SZ_1M);
}

static int try_rung(struct shadow_pool *pool, enum shadow_pool_rung rung,
		    const struct shadow_pool_request *request)
{
	return ladder[rung].take(pool, request);
}

static int take_named(struct shadow_pool *pool,
		      const struct shadow_pool_request *request)
{
	enum shadow_pool_rung rung = request->base_given ? SHADOW_POOL_BASE :
							   SHADOW_POOL_REGION;
	int err = try_rung(pool, rung, request);

	if (err && request->base_given)
		refuse(pool, err,
		       "base=0x%llx: %s; allowed is memory that the host does not use, as mem= leaves it",
		       request->base, pool->why[rung]);
	else if (err)
		refuse(pool, err,
		       "region=%s: %s; allowed is a region that is neither reusable nor claimed and holds size=%llu",
		       request->region, pool->why[rung], request->bytes);
	return err;
}

static int take_from_host(struct shadow_pool *pool,
			  const struct shadow_pool_request *request)
{
	enum shadow_pool_rung rung;
	int err;

	err = check_host_keeps(pool, request);
	if (err)
		return err;
	for (rung = SHADOW_POOL_CONTIG; rung < SHADOW_POOL_NR_RUNGS; rung++) {
		err = try_rung(pool, rung, request);
		if (!err)
			return 0;
		if (err == -EINTR)
			return refuse(pool, err, "size=%llu: interrupted",
				      request->bytes);
		pr_info("not from %s: %s\n", shadow_pool_rung_names[rung],
			pool->why[rung]);
	}
	return refuse(pool, -ENOMEM,
		      "size=%llu: the host has no contiguous range of that size to give",
		      request->bytes);
}

/* Before anything was tried */
static void explain_none(struct shadow_pool *pool)
{
	enum shadow_pool_rung rung;

	memset(pool, 0, sizeof(*pool));
	pool->rung = SHADOW_POOL_NR_RUNGS;
	shadow_pool_explain(pool, SHADOW_POOL_SHARE, 0, "no share= was given");
	shadow_pool_explain(pool, SHADOW_POOL_BASE, 0, "no base= was given");
	shadow_pool_explain(pool, SHADOW_POOL_REGION, 0, "no region= was given");
	for (rung = SHADOW_POOL_CONTIG; rung < SHADOW_POOL_NR_RUNGS; rung++)
		shadow_pool_explain(pool, rung, 0, "not needed");
}

/**
 * shadow_pool_share() - enter a block that is part of another machine's
 * @pool: filled in; need not be initialised
 * @base: physical address of the first byte
 * @bytes: length
 * @virt: the host's cacheable mapping of it
 *
 * The caller gives the frames back himself, after shadow_pool_release().
 *
 * Context: any.
 */
void shadow_pool_share(struct shadow_pool *pool, u64 base, u64 bytes,
		       void *virt)
{
	explain_none(pool);
	shadow_pool_win(pool, SHADOW_POOL_SHARE, base, bytes, virt);
	shadow_pool_explain(pool, SHADOW_POOL_SHARE, 0, "used");
}

/**
 * shadow_pool_reserve() - obtain the block
 * @pool: filled in; need not be initialised
 * @request: what is wanted
 *
 * The contents of the block are whatever was there before, as in RAM at
 * power-on. On error nothing is held, @pool->refusal says why, and @pool->why
 * what was tried.
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
	int err;

	explain_none(pool);
	err = check_request(pool, request);
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
	if (pool->rung != SHADOW_POOL_NR_RUNGS && ladder[pool->rung].give_back)
		ladder[pool->rung].give_back(pool);
	memset(&pool->block, 0, sizeof(pool->block));
	pool->page = NULL;
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
	return kvzalloc(bytes, GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
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
