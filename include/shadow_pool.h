/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_pool - where the block comes from that a machine lives in. The only
 * caller of the host's allocators; nothing here is of interest to the core.
 */
#ifndef SHADOW_POOL_H
#define SHADOW_POOL_H

#include "shadow_block.h"
#include "shadow_compat.h"

#define SHADOW_POOL_WHY		160
#define SHADOW_POOL_REFUSAL	300

/* What the host keeps in any case, whatever the size asked for. */
#define SHADOW_POOL_HOST_BYTES	(32ULL * SZ_1M)

/* The block's alignment where the pool may choose: a 4K section. */
#define SHADOW_POOL_ALIGN	((u64)SZ_2M)

/**
 * enum shadow_pool_rung - where a block can come from, in the order tried
 * @SHADOW_POOL_SHARE: frames of another machine; whoever made it knows whose
 * @SHADOW_POOL_BASE: memory that the host does not use, named by address
 * @SHADOW_POOL_REGION: a node of the device tree's /reserved-memory
 * @SHADOW_POOL_CONTIG: alloc_contig_range() from the top of RAM downwards
 * @SHADOW_POOL_CMA: the DMA API's contiguous memory area
 * @SHADOW_POOL_BUDDY: one block of the host's page allocator
 * @SHADOW_POOL_NR_RUNGS: how many there are; also "none"
 */
enum shadow_pool_rung {
	SHADOW_POOL_SHARE,
	SHADOW_POOL_BASE,
	SHADOW_POOL_REGION,
	SHADOW_POOL_CONTIG,
	SHADOW_POOL_CMA,
	SHADOW_POOL_BUDDY,
	SHADOW_POOL_NR_RUNGS,
};

/**
 * struct shadow_pool_request - the block that is wanted
 * @bytes: its length, a multiple of the granule and of the host's page
 * @base: physical address, when @base_given
 * @region: name of a node in /reserved-memory, or NULL
 * @page_shift: log2 of the machine's granule
 * @base_given: the block lies at @base or nowhere
 * @base_force: believe @base although no device tree confirms it
 *
 * A @base or @region that cannot be had is an error; the ladder goes on to
 * the other rungs only when neither is given. Both together are refused.
 */
struct shadow_pool_request {
	u64 bytes;
	u64 base;
	const char *region;
	unsigned int page_shift;
	bool base_given;
	bool base_force;
};

struct page;
struct platform_device;

/**
 * struct shadow_pool - a reserved block and what is needed to give it back
 * @block: the memory; its contents are whatever was there before
 * @rung: which rung it came from, SHADOW_POOL_NR_RUNGS when there is none
 * @why: per rung, why it was not used, or what it gave; never empty after
 *	shadow_pool_reserve(), also when that failed
 * @refusal: why there is no block, in one line that names the parameter, its
 *	value and what is allowed
 * @claimed: the range is held with request_mem_region()
 * @mapped: @block.virt came from memremap()
 * @page: first frame obtained from the host (contig, CMA)
 * @page_bytes: bytes obtained there, which may exceed the block's
 * @device: the device on whose behalf CMA was asked
 * @dma: the DMA address that goes with @page
 */
struct shadow_pool {
	struct shadow_block block;
	enum shadow_pool_rung rung;
	char why[SHADOW_POOL_NR_RUNGS][SHADOW_POOL_WHY];
	char refusal[SHADOW_POOL_REFUSAL];

	/* For shadow_pool_release() */
	bool claimed;
	bool mapped;
	struct page *page;
	u64 page_bytes;
	struct platform_device *device;
	u64 dma;
};

/* What `config` and the log call each rung. */
extern const char *const shadow_pool_rung_names[SHADOW_POOL_NR_RUNGS];

/**
 * shadow_pool_align() - alignment of a block that the pool places itself
 * @bytes: the block's length
 * @page_shift: log2 of the machine's granule
 *
 * Sections (2 MiB) should be usable in a block that holds one; a smaller
 * block is aligned to the largest power of two that fits, so that the buddy's
 * largest block starts at the block's start.
 *
 * Context: any.
 * Return: a power of two, at least the granule.
 */
static inline u64 shadow_pool_align(u64 bytes, unsigned int page_shift)
{
	u64 align = bytes >= SHADOW_POOL_ALIGN ? SHADOW_POOL_ALIGN :
						 rounddown_pow_of_two(bytes);

	return max_t(u64, align, 1ULL << page_shift);
}

/**
 * shadow_pool_candidate() - highest aligned place below an address
 * @floor: the first byte that may be used
 * @ceiling: the first byte that may not
 * @bytes: length wanted, not 0
 * @align: power of two
 * @base: where the answer goes
 *
 * Context: any.
 * Return: true if a place exists.
 */
static inline bool shadow_pool_candidate(u64 floor, u64 ceiling, u64 bytes,
					 u64 align, u64 *base)
{
	u64 start;

	if (ceiling <= floor || ceiling - floor < bytes)
		return false;
	start = (ceiling - bytes) & ~(align - 1);
	if (start < floor)
		return false;
	*base = start;
	return true;
}

int shadow_pool_reserve(struct shadow_pool *pool,
			const struct shadow_pool_request *request);
void shadow_pool_share(struct shadow_pool *pool, u64 base, u64 bytes,
		       void *virt);
void shadow_pool_release(struct shadow_pool *pool);
void *shadow_pool_zalloc(size_t bytes);
void shadow_pool_free(void *ptr);

#endif /* SHADOW_POOL_H */
