// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_memblock - what is said about ranges that are there: flags, nodes,
 * and limits. See shadow_memblock.h. Follows mm/memblock.c of Linux 6.12.
 */
#include "shadow_memblock.h"

#define LAST_PA		(~(phys_addr_t)0)

/* Follows memblock_setclr_flag(). */
static int change_flags(struct shadow_memblock *mb,
			struct shadow_memblock_type *type, phys_addr_t base,
			phys_addr_t bytes, u32 set, u32 clear)
{
	struct shadow_memblock_span span;
	unsigned long idx;
	int err = shadow_memblock_isolate(mb, type, base, bytes, &span);

	if (err)
		return err;
	for (idx = span.first; idx < span.end; idx++) {
		type->regions[idx].flags |= set;
		type->regions[idx].flags &= ~clear;
	}
	shadow_memblock_merge_span(type, span.first, span.end);
	return 0;
}

/**
 * shadow_memblock_mark_hotplug() - this memory may be unplugged
 * @mb: the early allocator
 * @base: physical address of the first byte
 * @bytes: how much
 *
 * Follows memblock_mark_hotplug().
 *
 * Context: one thread.
 * Return: 0, or -ENOMEM where the array is full and cannot double.
 */
int shadow_memblock_mark_hotplug(struct shadow_memblock *mb, phys_addr_t base,
				 phys_addr_t bytes)
{
	return change_flags(mb, &mb->memory, base, bytes,
			    SHADOW_MEMBLOCK_HOTPLUG, 0);
}

/**
 * shadow_memblock_clear_hotplug() - this memory will stay
 * @mb: the early allocator
 * @base: physical address of the first byte
 * @bytes: how much
 *
 * Follows memblock_clear_hotplug().
 *
 * Context: one thread.
 * Return: 0, or -ENOMEM where the array is full and cannot double.
 */
int shadow_memblock_clear_hotplug(struct shadow_memblock *mb, phys_addr_t base,
				  phys_addr_t bytes)
{
	return change_flags(mb, &mb->memory, base, bytes, 0,
			    SHADOW_MEMBLOCK_HOTPLUG);
}

/**
 * shadow_memblock_mark_mirror() - this memory is kept twice by the hardware
 * @mb: the early allocator
 * @base: physical address of the first byte
 * @bytes: how much
 *
 * Does nothing unless mirrored_kernelcore is set. From then on allocations
 * try mirrored memory first. Follows memblock_mark_mirror().
 *
 * Context: one thread.
 * Return: 0, or -ENOMEM where the array is full and cannot double.
 */
int shadow_memblock_mark_mirror(struct shadow_memblock *mb, phys_addr_t base,
				phys_addr_t bytes)
{
	if (!mb->mirrored_kernelcore)
		return 0;
	mb->has_mirror = true;
	return change_flags(mb, &mb->memory, base, bytes,
			    SHADOW_MEMBLOCK_MIRROR, 0);
}

/**
 * shadow_memblock_mark_nomap() - keep this memory out of the linear map
 * @mb: the early allocator
 * @base: physical address of the first byte
 * @bytes: how much
 *
 * Follows memblock_mark_nomap().
 *
 * Context: one thread.
 * Return: 0, or -ENOMEM where the array is full and cannot double.
 */
int shadow_memblock_mark_nomap(struct shadow_memblock *mb, phys_addr_t base,
			       phys_addr_t bytes)
{
	return change_flags(mb, &mb->memory, base, bytes,
			    SHADOW_MEMBLOCK_NOMAP, 0);
}

/**
 * shadow_memblock_clear_nomap() - this memory is in the linear map again
 * @mb: the early allocator
 * @base: physical address of the first byte
 * @bytes: how much
 *
 * Follows memblock_clear_nomap().
 *
 * Context: one thread.
 * Return: 0, or -ENOMEM where the array is full and cannot double.
 */
int shadow_memblock_clear_nomap(struct shadow_memblock *mb, phys_addr_t base,
				phys_addr_t bytes)
{
	return change_flags(mb, &mb->memory, base, bytes, 0,
			    SHADOW_MEMBLOCK_NOMAP);
}

/**
 * shadow_memblock_reserved_mark_noinit() - leave the page structs of what is
 * reserved here alone
 * @mb: the early allocator
 * @base: physical address of the first byte
 * @bytes: how much
 *
 * Follows memblock_reserved_mark_noinit().
 *
 * Context: one thread.
 * Return: 0, or -ENOMEM where the array is full and cannot double.
 */
int shadow_memblock_reserved_mark_noinit(struct shadow_memblock *mb,
					 phys_addr_t base, phys_addr_t bytes)
{
	return change_flags(mb, &mb->reserved, base, bytes,
			    SHADOW_MEMBLOCK_RSRV_NOINIT, 0);
}

/**
 * shadow_memblock_set_node() - say to which node a range belongs
 * @mb: the early allocator
 * @base: physical address of the first byte
 * @bytes: how much
 * @type: &mb->memory or &mb->reserved
 * @nid: node
 *
 * Follows memblock_set_node().
 *
 * Context: one thread.
 * Return: 0, or -ENOMEM where the array is full and cannot double.
 */
int shadow_memblock_set_node(struct shadow_memblock *mb, phys_addr_t base,
			     phys_addr_t bytes,
			     struct shadow_memblock_type *type, int nid)
{
	struct shadow_memblock_span span;
	unsigned long idx;
	int err = shadow_memblock_isolate(mb, type, base, bytes, &span);

	if (err)
		return err;
	for (idx = span.first; idx < span.end; idx++)
		type->regions[idx].nid = nid;
	shadow_memblock_merge_span(type, span.first, span.end);
	return 0;
}

/* Of regions [@first, @end) those that are in the linear map leave the list. */
static void remove_map_regions(struct shadow_memblock_type *type,
			       unsigned long first, unsigned long end)
{
	struct shadow_memblock_region *rgn = type->regions;
	unsigned long to = first, from;

	/* The list closes up behind the NOMAP regions, which stay. */
	for (from = first; from < end; from++) {
		if (!shadow_memblock_is_nomap(&rgn[from]))
			continue;
		if (to != from)
			swap(rgn[to], rgn[from]);
		to++;
	}
	shadow_memblock_remove_span(type, to, end);
}

/**
 * shadow_memblock_cap_memory_range() - only this range of memory remains
 * @mb: the early allocator
 * @base: physical address of the first byte
 * @bytes: how much; 0 changes nothing
 *
 * Memory with NOMAP remains everywhere. Reservations outside are dropped. As
 * long as there is no memory at all, nothing changes. Follows
 * memblock_cap_memory_range(), but leaves a NOMAP region that crosses a border
 * in one piece, and takes a range that wraps to end with the address space.
 *
 * Context: one thread.
 */
void shadow_memblock_cap_memory_range(struct shadow_memblock *mb,
				      phys_addr_t base, phys_addr_t bytes)
{
	struct shadow_memblock_type *type = &mb->memory;
	struct shadow_memblock_span span;

	bytes = min(bytes, LAST_PA - base);
	if (!bytes || !type->total_size)
		return;
	if (shadow_memblock_isolate(mb, type, base, bytes, &span))
		return;

	/* From above, so that the lower indices stay what they are. */
	remove_map_regions(type, span.end, type->cnt);
	remove_map_regions(type, 0, span.first);
	shadow_memblock_merge_span(type, 0, type->cnt);

	shadow_memblock_remove_range(mb, &mb->reserved, 0, base);
	shadow_memblock_remove_range(mb, &mb->reserved, base + bytes, LAST_PA);
}

/**
 * shadow_memblock_trim_memory() - regions of memory begin and end at multiples
 * @mb: the early allocator
 * @align: of how many bytes; a power of two
 *
 * What is left of a region is rounded inwards. Follows memblock_trim_memory(),
 * but total_size follows too.
 *
 * Context: one thread.
 */
void shadow_memblock_trim_memory(struct shadow_memblock *mb, phys_addr_t align)
{
	struct shadow_memblock_type *type = &mb->memory;
	unsigned long idx;

	for (idx = 0; idx < type->cnt; idx++) {
		struct shadow_memblock_region *rgn = &type->regions[idx];
		phys_addr_t start = round_up(rgn->base, align);
		phys_addr_t end = round_down(rgn->base + rgn->size, align);

		/* start < base: it went over the end of the address space. */
		if (start >= end || start < rgn->base) {
			shadow_memblock_remove_span(type, idx, idx + 1);
			idx--;
			continue;
		}
		type->total_size -= rgn->size - (end - start);
		rgn->base = start;
		rgn->size = end - start;
	}
}

/* The address below which there are @limit bytes of memory; LAST_PA: fewer. */
static phys_addr_t find_max_pa(const struct shadow_memblock *mb,
			       phys_addr_t limit)
{
	const struct shadow_memblock_region *rgn;

	shadow_for_each_mem_region(mb, rgn) {
		if (limit <= rgn->size)
			return rgn->base + limit;
		limit -= rgn->size;
	}
	return LAST_PA;
}

/**
 * shadow_memblock_enforce_memory_limit() - keep the lowest bytes of memory
 * @mb: the early allocator
 * @limit: how many; 0 changes nothing
 *
 * Both lists are cut. Follows memblock_enforce_memory_limit().
 *
 * Context: one thread.
 */
void shadow_memblock_enforce_memory_limit(struct shadow_memblock *mb,
					  phys_addr_t limit)
{
	phys_addr_t max_pa = limit ? find_max_pa(mb, limit) : LAST_PA;

	if (max_pa == LAST_PA)
		return;
	shadow_memblock_remove_range(mb, &mb->memory, max_pa, LAST_PA);
	shadow_memblock_remove_range(mb, &mb->reserved, max_pa, LAST_PA);
}

/**
 * shadow_memblock_mem_limit_remove_map() - keep the lowest bytes of memory, and
 * all NOMAP memory
 * @mb: the early allocator
 * @limit: how many; 0 changes nothing
 *
 * This is what mem= does on arm64. Follows memblock_mem_limit_remove_map().
 *
 * Context: one thread.
 */
void shadow_memblock_mem_limit_remove_map(struct shadow_memblock *mb,
					  phys_addr_t limit)
{
	phys_addr_t max_pa = limit ? find_max_pa(mb, limit) : LAST_PA;

	if (max_pa != LAST_PA)
		shadow_memblock_cap_memory_range(mb, 0, max_pa);
}

/**
 * shadow_memblock_set_current_limit() - how high allocations may reach
 * @mb: the early allocator
 * @limit: physical address that none reaches
 *
 * Follows memblock_set_current_limit().
 *
 * Context: one thread.
 */
void shadow_memblock_set_current_limit(struct shadow_memblock *mb,
				       phys_addr_t limit)
{
	mb->current_limit = limit;
}

/**
 * shadow_memblock_get_current_limit() - how high allocations may reach
 * @mb: the early allocator
 *
 * Context: any.
 * Return: physical address that none reaches.
 */
phys_addr_t shadow_memblock_get_current_limit(const struct shadow_memblock *mb)
{
	return mb->current_limit;
}
