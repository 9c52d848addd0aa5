/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_early - the seam between a boot and its early allocator, up to the
 * moment when the buddy takes over.
 *
 * What memory there is and what of it the board reserved is always memblock's
 * to know. Who allocates from it is a policy, chosen once by name: memblock
 * itself, or bootmem, which takes over as soon as memblock knows the memory.
 *
 * Locking: none, as of struct shadow_memblock: one thread boots a machine.
 */
#ifndef SHADOW_EARLY_H
#define SHADOW_EARLY_H

#include "shadow_fail.h"
#include "shadow_memblock.h"

struct shadow_early;
struct shadow_bootmem;

/**
 * struct shadow_early_want - what is to be allocated
 * @bytes: how much, not 0
 * @align: alignment in bytes, a power of two; 0: SHADOW_SMP_CACHE_BYTES
 * @min: physical address below which nothing is wanted
 * @max: physical address that must not be reached; 0: as far as the linear map
 *	shows memory
 * @nid: node, or SHADOW_NUMA_NO_NODE
 */
struct shadow_early_want {
	u64 bytes;
	u64 align;
	phys_addr_t min;
	phys_addr_t max;
	int nid;
};

/**
 * struct shadow_early_ops - a policy
 * @name: as the parameter early= calls it
 * @take_over: memblock knows the memory: from now on the policy allocates
 * @alloc: physical address, 0 where there is none
 * @add: memory has been added to memblock
 * @remove: memory has been removed from it
 * @reserve: take a range, free or not
 * @free: give a range back
 * @next_free: one step of a walk over what is free, in whole frames and
 *	ascending: @idx is 0 at first; bytes in the range, which may be less than
 *	a frame, or 0 at the end
 * @order: the next block of a free range that is handed to the buddy
 * @own_frames: frames that held the policy's own records and are handed over
 *	last, page by page; walked like @next_free
 * @close: the handover begins: nothing is allocated or freed any more
 * @retire: the handover has taken place
 * @verify: finds what is wrong
 */
struct shadow_early_ops {
	const char *name;
	int (*take_over)(struct shadow_early *early);
	phys_addr_t (*alloc)(struct shadow_early *early,
			     const struct shadow_early_want *want);
	int (*add)(struct shadow_early *early, phys_addr_t base, u64 bytes);
	int (*remove)(struct shadow_early *early, phys_addr_t base, u64 bytes);
	int (*reserve)(struct shadow_early *early, phys_addr_t base, u64 bytes);
	int (*free)(struct shadow_early *early, phys_addr_t base, u64 bytes);
	u64 (*next_free)(const struct shadow_early *early, u64 *idx,
			 u64 *start_pfn, u64 *end_pfn);
	unsigned int (*order)(const struct shadow_early *early, u64 pfn,
			      u64 end_pfn, unsigned int max_order);
	bool (*own_frames)(const struct shadow_early *early, u64 *idx,
			   u64 *start_pfn, u64 *end_pfn);
	int (*close)(struct shadow_early *early);
	void (*retire)(struct shadow_early *early);
	int (*verify)(const struct shadow_early *early,
		      struct shadow_fault *fault);
};

extern const struct shadow_early_ops shadow_early_memblock;
extern const struct shadow_early_ops shadow_early_bootmem;

/**
 * struct shadow_early - the early allocator of one machine
 * @ops: the policy
 * @mb: what memory there is
 * @bootmem: the older allocator's records, where it is the policy
 * @log: who took what; the policy's
 * @block: how contents are reached
 * @fail: allocations that fail on purpose; NULL: none
 * @taken_over: @ops allocates; before, only memblock's lists are changed
 * @memmap_made: zones and memmap have their size: frames that are added from now
 *	on have no struct page and stay out of the buddy
 * @nr_late: bytes that were added after that
 */
struct shadow_early {
	const struct shadow_early_ops *ops;
	struct shadow_memblock *mb;
	struct shadow_bootmem *bootmem;
	const struct shadow_early_log *log;
	const struct shadow_block *block;
	struct shadow_fail *fail;
	bool taken_over;
	bool memmap_made;
	u64 nr_late;
};

void shadow_early_init(struct shadow_early *early,
		       const struct shadow_early_ops *ops,
		       struct shadow_memblock *mb,
		       struct shadow_bootmem *bootmem);
int shadow_early_take_over(struct shadow_early *early);
phys_addr_t shadow_early_alloc(struct shadow_early *early, const char *owner,
			       const struct shadow_early_want *want);
phys_addr_t shadow_early_alloc_backed(struct shadow_early *early,
				      const char *owner, u64 bytes, u64 align);
phys_addr_t shadow_early_alloc_backed_nid(struct shadow_early *early,
					  const char *owner, u64 bytes,
					  u64 align, int nid);
void shadow_early_free_backed(struct shadow_early *early, phys_addr_t pa,
			      u64 bytes);
int shadow_early_add(struct shadow_early *early, phys_addr_t base, u64 bytes);
int shadow_early_remove(struct shadow_early *early, phys_addr_t base, u64 bytes);
int shadow_early_reserve(struct shadow_early *early, const char *owner,
			 phys_addr_t base, u64 bytes);
int shadow_early_free(struct shadow_early *early, phys_addr_t base, u64 bytes);
int shadow_early_close(struct shadow_early *early);
void shadow_early_retire(struct shadow_early *early);
unsigned int shadow_early_order(u64 pfn, u64 end_pfn, unsigned int max_order);

#endif /* SHADOW_EARLY_H */
