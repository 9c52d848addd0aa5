// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_memblock - walks over the lists, and memory found on the way. See
 * shadow_memblock.h. Follows mm/memblock.c of Linux 6.12.
 */
#include "shadow_memblock.h"

#define LAST_PA		(~(phys_addr_t)0)

static phys_addr_t rgn_end(const struct shadow_memblock_region *rgn)
{
	return rgn->base + rgn->size;
}

/* Does a walk leave this region out? Follows should_skip_region(). */
static bool skipped(const struct shadow_memblock *mb,
		    const struct shadow_memblock_type *type,
		    const struct shadow_memblock_region *rgn, int nid,
		    u32 flags)
{
	u32 unwanted = SHADOW_MEMBLOCK_NOMAP | SHADOW_MEMBLOCK_DRIVER_MANAGED;

	if (type != &mb->memory)
		return false;
	if (shadow_numa_valid_node(nid) && nid != rgn->nid)
		return true;
	if (flags & SHADOW_MEMBLOCK_MIRROR & ~rgn->flags)
		return true;
	if (mb->movable_node)
		unwanted |= SHADOW_MEMBLOCK_HOTPLUG;
	return rgn->flags & unwanted & ~flags;
}

/* What lies before region @idx of a list, or after the last one. */
static void gap_before(const struct shadow_memblock_type *type,
		       unsigned long idx, phys_addr_t *start, phys_addr_t *end)
{
	*start = idx ? rgn_end(&type->regions[idx - 1]) : 0;
	*end = idx < type->cnt ? type->regions[idx].base : LAST_PA;
}

/* Where a walk stands: the region of type_a, and the gap of type_b. */
static u64 pack(int idx_a, int idx_b)
{
	return (u32)idx_a | (u64)(u32)idx_b << 32;
}

static void put_range(const struct shadow_memblock_region *rgn,
		      phys_addr_t start, phys_addr_t end,
		      phys_addr_t *out_start, phys_addr_t *out_end,
		      int *out_nid)
{
	if (out_start)
		*out_start = max(rgn->base, start);
	if (out_end)
		*out_end = min(rgn_end(rgn), end);
	if (out_nid)
		*out_nid = rgn->nid;
}

/**
 * shadow_memblock_next_range() - one step of a walk upwards
 * @mb: the early allocator
 * @idx: where the walk stands: 0 at first, U64_MAX when it is over
 * @nid: only memory of this node; any invalid node: of all
 * @flags: regions that are otherwise left out: of HOTPLUG, NOMAP and
 *	DRIVER_MANAGED those wanted too; with MIRROR no others
 * @type_a: the list that is walked
 * @type_b: the list whose regions are cut out, or NULL
 * @out_start: set to the address of the range's first byte; may be NULL
 * @out_end: set to the address after its last byte; may be NULL
 * @out_nid: set to its node; may be NULL
 *
 * The lower half of @idx counts regions of @type_a, the upper half the gaps
 * before, between and after the regions of @type_b; whichever ends first is
 * left behind. With reserved 0:[0x1000-0x2000) 1:[0x5000-0x6000) the gaps are
 * 0:[0-0x1000) 1:[0x2000-0x5000) 2:[0x6000-end). Follows __next_mem_range().
 *
 * Context: any; the lists may be changed between two steps, but then the walk
 * may miss a range or see it twice.
 */
void shadow_memblock_next_range(const struct shadow_memblock *mb, u64 *idx,
				int nid, u32 flags,
				const struct shadow_memblock_type *type_a,
				const struct shadow_memblock_type *type_b,
				phys_addr_t *out_start, phys_addr_t *out_end,
				int *out_nid)
{
	unsigned long idx_a = (u32)*idx, idx_b = *idx >> 32;
	phys_addr_t start, end;

	for (; idx_a < type_a->cnt; idx_a++) {
		const struct shadow_memblock_region *rgn =
			&type_a->regions[idx_a];

		if (skipped(mb, type_a, rgn, nid, flags))
			continue;
		if (!type_b) {
			put_range(rgn, 0, LAST_PA, out_start, out_end, out_nid);
			*idx = pack(idx_a + 1, idx_b);
			return;
		}
		for (; idx_b <= type_b->cnt; idx_b++) {
			gap_before(type_b, idx_b, &start, &end);
			if (start >= rgn_end(rgn))
				break;
			if (end <= rgn->base)
				continue;
			put_range(rgn, start, end, out_start, out_end, out_nid);
			*idx = rgn_end(rgn) <= end ? pack(idx_a + 1, idx_b) :
						     pack(idx_a, idx_b + 1);
			return;
		}
	}
	*idx = U64_MAX;
}

/**
 * shadow_memblock_next_range_rev() - one step of a walk downwards
 * @mb: the early allocator
 * @idx: where the walk stands: U64_MAX at first and when it is over
 * @nid: only memory of this node; any invalid node: of all
 * @flags: as for shadow_memblock_next_range()
 * @type_a: the list that is walked
 * @type_b: the list whose regions are cut out, or NULL
 * @out_start: set to the address of the range's first byte; may be NULL
 * @out_end: set to the address after its last byte; may be NULL
 * @out_nid: set to its node; may be NULL
 *
 * Follows __next_mem_range_rev().
 *
 * Context: any, as shadow_memblock_next_range().
 */
void shadow_memblock_next_range_rev(const struct shadow_memblock *mb, u64 *idx,
				    int nid, u32 flags,
				    const struct shadow_memblock_type *type_a,
				    const struct shadow_memblock_type *type_b,
				    phys_addr_t *out_start,
				    phys_addr_t *out_end, int *out_nid)
{
	int idx_a = (u32)*idx, idx_b = *idx >> 32;
	phys_addr_t start, end;

	if (*idx == U64_MAX) {
		idx_a = (int)type_a->cnt - 1;
		idx_b = type_b ? type_b->cnt : 0;
	}
	for (; idx_a >= 0; idx_a--) {
		const struct shadow_memblock_region *rgn =
			&type_a->regions[idx_a];

		if (skipped(mb, type_a, rgn, nid, flags))
			continue;
		if (!type_b) {
			put_range(rgn, 0, LAST_PA, out_start, out_end, out_nid);
			*idx = pack(idx_a - 1, idx_b);
			return;
		}
		for (; idx_b >= 0; idx_b--) {
			gap_before(type_b, idx_b, &start, &end);
			if (end <= rgn->base)
				break;
			if (start >= rgn_end(rgn))
				continue;
			put_range(rgn, start, end, out_start, out_end, out_nid);
			*idx = rgn->base >= start ? pack(idx_a - 1, idx_b) :
						    pack(idx_a, idx_b - 1);
			return;
		}
	}
	*idx = U64_MAX;
}

/**
 * shadow_memblock_next_pfn_range() - one step of a walk over whole frames
 * @mb: the early allocator
 * @idx: index of the region where the walk stands: -1 at first and at its end
 * @nid: only memory of this node; any invalid node: of all
 * @out_start_pfn: set to the first frame; may be NULL
 * @out_end_pfn: set to the frame after the last; may be NULL
 * @out_nid: set to the region's node; may be NULL
 *
 * Regions that hold no whole frame are left out. Follows
 * __next_mem_pfn_range().
 *
 * Context: any.
 */
void shadow_memblock_next_pfn_range(const struct shadow_memblock *mb, int *idx,
				    int nid, unsigned long *out_start_pfn,
				    unsigned long *out_end_pfn, int *out_nid)
{
	const struct shadow_memblock_region *rgn;
	unsigned long start_pfn, end_pfn;

	while (++*idx < (int)mb->memory.cnt) {
		rgn = &mb->memory.regions[*idx];
		start_pfn = shadow_memblock_region_memory_base_pfn(mb, rgn);
		end_pfn = shadow_memblock_region_memory_end_pfn(mb, rgn);
		if (start_pfn >= end_pfn)
			continue;
		if (shadow_numa_valid_node(nid) && nid != rgn->nid)
			continue;
		if (out_start_pfn)
			*out_start_pfn = start_pfn;
		if (out_end_pfn)
			*out_end_pfn = end_pfn;
		if (out_nid)
			*out_nid = rgn->nid;
		return;
	}
	*idx = -1;
}

/* Follows __memblock_find_range_bottom_up(). */
static phys_addr_t find_bottom_up(const struct shadow_memblock *mb,
				  phys_addr_t start, phys_addr_t end,
				  phys_addr_t bytes, phys_addr_t align,
				  int nid, u32 flags)
{
	phys_addr_t this_start, this_end, pa;
	u64 i;

	shadow_for_each_free_mem_range(mb, i, nid, flags, &this_start,
				       &this_end, NULL) {
		this_start = clamp(this_start, start, end);
		this_end = clamp(this_end, start, end);
		pa = round_up(this_start, align);
		if (pa < this_end && this_end - pa >= bytes)
			return pa;
	}
	return 0;
}

/* Follows __memblock_find_range_top_down(). */
static phys_addr_t find_top_down(const struct shadow_memblock *mb,
				 phys_addr_t start, phys_addr_t end,
				 phys_addr_t bytes, phys_addr_t align,
				 int nid, u32 flags)
{
	phys_addr_t this_start, this_end, pa;
	u64 i;

	shadow_for_each_free_mem_range_reverse(mb, i, nid, flags, &this_start,
					       &this_end, NULL) {
		this_start = clamp(this_start, start, end);
		this_end = clamp(this_end, start, end);
		if (this_end < bytes)
			continue;
		pa = round_down(this_end - bytes, align);
		if (pa >= this_start)
			return pa;
	}
	return 0;
}

/* Follows memblock_find_in_range_node(). Never the page at address 0. */
static phys_addr_t find_in_range_node(const struct shadow_memblock *mb,
				      phys_addr_t bytes, phys_addr_t align,
				      phys_addr_t start, phys_addr_t end,
				      int nid, u32 flags)
{
	if (end == SHADOW_MEMBLOCK_ALLOC_ACCESSIBLE ||
	    end == SHADOW_MEMBLOCK_ALLOC_NOLEAKTRACE)
		end = mb->current_limit;
	start = max_t(phys_addr_t, start, 1ULL << mb->page_shift);
	end = max(start, end);

	if (mb->bottom_up)
		return find_bottom_up(mb, start, end, bytes, align, nid, flags);
	return find_top_down(mb, start, end, bytes, align, nid, flags);
}

static u32 choose_flags(const struct shadow_memblock *mb)
{
	return mb->has_mirror ? SHADOW_MEMBLOCK_MIRROR : SHADOW_MEMBLOCK_NONE;
}

/**
 * shadow_memblock_find_in_range() - find free memory and leave it free
 * @mb: the early allocator
 * @start: physical address below which nothing is wanted
 * @end: physical address that must not be reached, or one of
 *	SHADOW_MEMBLOCK_ALLOC_ACCESSIBLE and SHADOW_MEMBLOCK_ALLOC_ANYWHERE
 * @bytes: how much
 * @align: alignment in bytes, a power of two
 *
 * Mirrored memory comes first where there is any. Follows
 * memblock_find_in_range().
 *
 * Context: any.
 * Return: physical address, 0 where there is none.
 */
phys_addr_t shadow_memblock_find_in_range(const struct shadow_memblock *mb,
					  phys_addr_t start, phys_addr_t end,
					  phys_addr_t bytes, phys_addr_t align)
{
	u32 flags = choose_flags(mb);
	phys_addr_t pa;

	pa = find_in_range_node(mb, bytes, align, start, end,
				SHADOW_NUMA_NO_NODE, flags);
	if (!pa && flags)
		pa = find_in_range_node(mb, bytes, align, start, end,
					SHADOW_NUMA_NO_NODE,
					SHADOW_MEMBLOCK_NONE);
	return pa;
}

/* Find and reserve; 0 where either fails. */
static phys_addr_t find_and_reserve(struct shadow_memblock *mb,
				    phys_addr_t bytes, phys_addr_t align,
				    phys_addr_t start, phys_addr_t end,
				    int nid, u32 flags)
{
	phys_addr_t pa = find_in_range_node(mb, bytes, align, start, end, nid,
					    flags);

	return pa && !shadow_memblock_reserve(mb, pa, bytes) ? pa : 0;
}

/**
 * shadow_memblock_alloc_range_nid() - allocate, with everything said
 * @mb: the early allocator
 * @bytes: how much
 * @align: alignment in bytes, a power of two; 0: SHADOW_SMP_CACHE_BYTES
 * @start: physical address below which nothing is wanted
 * @end: physical address that must not be reached, or one of
 *	SHADOW_MEMBLOCK_ALLOC_ACCESSIBLE and SHADOW_MEMBLOCK_ALLOC_ANYWHERE
 * @nid: node, or SHADOW_NUMA_NO_NODE
 * @exact_nid: fail rather than take memory of another node
 *
 * Tried in this order: mirrored memory of the node, mirrored memory of any
 * node, then the same without mirroring. Follows memblock_alloc_range_nid().
 *
 * Context: one thread.
 * Return: physical address, 0 where there is none.
 */
phys_addr_t shadow_memblock_alloc_range_nid(struct shadow_memblock *mb,
					    phys_addr_t bytes,
					    phys_addr_t align,
					    phys_addr_t start, phys_addr_t end,
					    int nid, bool exact_nid)
{
	u32 flags = choose_flags(mb);
	phys_addr_t pa;

	if (!align)
		align = SHADOW_SMP_CACHE_BYTES;
	for (;;) {
		pa = find_and_reserve(mb, bytes, align, start, end, nid, flags);
		if (!pa && shadow_numa_valid_node(nid) && !exact_nid)
			pa = find_and_reserve(mb, bytes, align, start, end,
					      SHADOW_NUMA_NO_NODE, flags);
		if (pa || !flags)
			break;
		flags = SHADOW_MEMBLOCK_NONE;
	}
	if (pa)
		shadow_event_named(mb->events, SHADOW_EV_MEMBLOCK_ALLOC, bytes,
				   mb->log.owner, pa, bytes, align, nid);
	return pa;
}

/**
 * shadow_memblock_phys_alloc_range() - allocate between two addresses
 * @mb: the early allocator
 * @bytes: how much
 * @align: alignment in bytes, a power of two; 0: SHADOW_SMP_CACHE_BYTES
 * @start: physical address below which nothing is wanted
 * @end: physical address that must not be reached, or one of
 *	SHADOW_MEMBLOCK_ALLOC_ACCESSIBLE and SHADOW_MEMBLOCK_ALLOC_ANYWHERE
 *
 * Follows memblock_phys_alloc_range().
 *
 * Context: one thread.
 * Return: physical address, 0 where there is none.
 */
phys_addr_t shadow_memblock_phys_alloc_range(struct shadow_memblock *mb,
					     phys_addr_t bytes,
					     phys_addr_t align,
					     phys_addr_t start,
					     phys_addr_t end)
{
	return shadow_memblock_alloc_range_nid(mb, bytes, align, start, end,
					       SHADOW_NUMA_NO_NODE, false);
}

/**
 * shadow_memblock_phys_alloc_try_nid() - allocate, if possible from a node
 * @mb: the early allocator
 * @bytes: how much
 * @align: alignment in bytes, a power of two; 0: SHADOW_SMP_CACHE_BYTES
 * @nid: node, or SHADOW_NUMA_NO_NODE
 *
 * Follows memblock_phys_alloc_try_nid().
 *
 * Context: one thread.
 * Return: physical address, 0 where there is none.
 */
phys_addr_t shadow_memblock_phys_alloc_try_nid(struct shadow_memblock *mb,
					       phys_addr_t bytes,
					       phys_addr_t align, int nid)
{
	return shadow_memblock_alloc_range_nid(mb, bytes, align, 0,
					       SHADOW_MEMBLOCK_ALLOC_ACCESSIBLE,
					       nid, false);
}

/*
 * On a virtual board contents come and go by pages, so whoever wants some has
 * his frames for himself. Where no frame may be taken they lie aside, and the
 * lists know nothing of them.
 */
static void *alloc_virtual(struct shadow_memblock *mb, phys_addr_t bytes,
			   phys_addr_t align, phys_addr_t min_pa,
			   phys_addr_t max_pa, int nid, bool exact_nid)
{
	const struct shadow_block *block = mb->block;
	phys_addr_t page = (phys_addr_t)1 << mb->page_shift;
	phys_addr_t pa;

	if (!bytes || bytes > LAST_PA - page)
		return NULL;
	bytes = ALIGN(bytes, page);
	align = max(align, page);
	if (shadow_block_aside(block)) {
		pa = shadow_block_aside_alloc(block, bytes, align);
		return pa ? shadow_phys_to_virt(block, pa) : NULL;
	}
	pa = shadow_memblock_alloc_range_nid(mb, bytes, align, min_pa, max_pa,
					     nid, exact_nid);
	if (!pa)
		return NULL;
	if (shadow_block_back(block, pa, bytes)) {
		shadow_memblock_phys_free(mb, pa, bytes);
		return NULL;
	}
	return shadow_phys_to_virt(block, pa);
}

static void *alloc_between(struct shadow_memblock *mb, phys_addr_t bytes,
			   phys_addr_t align, phys_addr_t min_pa,
			   phys_addr_t max_pa, int nid, bool exact_nid)
{
	phys_addr_t pa;

	if (shadow_block_virtual(mb->block))
		return alloc_virtual(mb, bytes, align, min_pa, max_pa, nid,
				     exact_nid);
	pa = shadow_memblock_alloc_range_nid(mb, bytes, align, min_pa, max_pa,
					     nid, exact_nid);
	return pa ? shadow_phys_to_virt(mb->block, pa) : NULL;
}

/*
 * A pointer needs contents, so it comes from inside the block. @min_pa is
 * dropped where it cannot be kept. Follows memblock_alloc_internal().
 */
static void *alloc_internal(struct shadow_memblock *mb, phys_addr_t bytes,
			    phys_addr_t align, phys_addr_t min_pa,
			    phys_addr_t max_pa, int nid, bool exact_nid)
{
	const struct shadow_block *block = mb->block;
	void *ptr;

	if (!block || !block->virt)
		return NULL;
	if (max_pa == SHADOW_MEMBLOCK_ALLOC_ACCESSIBLE ||
	    max_pa == SHADOW_MEMBLOCK_ALLOC_NOLEAKTRACE)
		max_pa = mb->current_limit;
	max_pa = min(max_pa, mb->current_limit);
	max_pa = min(max_pa, block->base + block->bytes);

	ptr = alloc_between(mb, bytes, align, max(min_pa, block->base), max_pa,
			    nid, exact_nid);
	if (!ptr && min_pa)
		ptr = alloc_between(mb, bytes, align, block->base, max_pa, nid,
				    exact_nid);
	return ptr;
}

/**
 * shadow_memblock_alloc_exact_nid_raw() - memory of one node, not zeroed
 * @mb: the early allocator
 * @bytes: how much
 * @align: alignment in bytes, a power of two; 0: SHADOW_SMP_CACHE_BYTES
 * @min_pa: physical address below which nothing is wanted, if possible
 * @max_pa: physical address that must not be reached, or
 *	SHADOW_MEMBLOCK_ALLOC_ACCESSIBLE
 * @nid: node, or SHADOW_NUMA_NO_NODE
 *
 * Follows memblock_alloc_exact_nid_raw().
 *
 * Context: one thread.
 * Return: pointer, NULL where there is none.
 */
void *shadow_memblock_alloc_exact_nid_raw(struct shadow_memblock *mb,
					  phys_addr_t bytes, phys_addr_t align,
					  phys_addr_t min_pa,
					  phys_addr_t max_pa, int nid)
{
	return alloc_internal(mb, bytes, align, min_pa, max_pa, nid, true);
}

/**
 * shadow_memblock_alloc_try_nid_raw() - memory, if possible of a node, not
 * zeroed
 * @mb: the early allocator
 * @bytes: how much
 * @align: alignment in bytes, a power of two; 0: SHADOW_SMP_CACHE_BYTES
 * @min_pa: physical address below which nothing is wanted, if possible
 * @max_pa: physical address that must not be reached, or
 *	SHADOW_MEMBLOCK_ALLOC_ACCESSIBLE
 * @nid: node, or SHADOW_NUMA_NO_NODE
 *
 * Follows memblock_alloc_try_nid_raw().
 *
 * Context: one thread.
 * Return: pointer, NULL where there is none.
 */
void *shadow_memblock_alloc_try_nid_raw(struct shadow_memblock *mb,
					phys_addr_t bytes, phys_addr_t align,
					phys_addr_t min_pa, phys_addr_t max_pa,
					int nid)
{
	return alloc_internal(mb, bytes, align, min_pa, max_pa, nid, false);
}

/**
 * shadow_memblock_alloc_try_nid() - zeroed memory, if possible of a node
 * @mb: the early allocator
 * @bytes: how much
 * @align: alignment in bytes, a power of two; 0: SHADOW_SMP_CACHE_BYTES
 * @min_pa: physical address below which nothing is wanted, if possible
 * @max_pa: physical address that must not be reached, or
 *	SHADOW_MEMBLOCK_ALLOC_ACCESSIBLE
 * @nid: node, or SHADOW_NUMA_NO_NODE
 *
 * Follows memblock_alloc_try_nid().
 *
 * Context: one thread.
 * Return: pointer, NULL where there is none.
 */
void *shadow_memblock_alloc_try_nid(struct shadow_memblock *mb,
				    phys_addr_t bytes, phys_addr_t align,
				    phys_addr_t min_pa, phys_addr_t max_pa,
				    int nid)
{
	void *ptr = alloc_internal(mb, bytes, align, min_pa, max_pa, nid,
				   false);

	return ptr ? memset(ptr, 0, bytes) : NULL;
}
