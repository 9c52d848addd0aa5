// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_memblock - questions about the two lists, and whether they are sound.
 * See shadow_memblock.h. Follows mm/memblock.c of Linux 6.12.
 */
#include "shadow_memblock.h"

#define LAST_PA		(~(phys_addr_t)0)
#define ALL_FLAGS	((1U << SHADOW_MEMBLOCK_NR_FLAGS) - 1)

/* As /sys/kernel/debug/memblock/ has them, by bit number. */
const char *const shadow_memblock_flag_names[SHADOW_MEMBLOCK_NR_FLAGS] = {
	"HOTPLUG", "MIRROR", "NOMAP", "DRV_MNG", "RSV_NIT",
};

static phys_addr_t cap_bytes(phys_addr_t base, phys_addr_t bytes)
{
	return min(bytes, LAST_PA - base);
}

/* The region that holds @pa, or NULL. Follows memblock_search(). */
static const struct shadow_memblock_region *
search(const struct shadow_memblock_type *type, phys_addr_t pa)
{
	unsigned long left = 0, right = type->cnt;

	while (left < right) {
		unsigned long mid = left + (right - left) / 2;
		const struct shadow_memblock_region *rgn = &type->regions[mid];

		if (pa < rgn->base)
			right = mid;
		else if (pa - rgn->base >= rgn->size)
			left = mid + 1;
		else
			return rgn;
	}
	return NULL;
}

/**
 * shadow_memblock_addrs_overlap() - do two ranges share a byte?
 * @base1: physical address of the first range's first byte
 * @bytes1: its length
 * @base2: physical address of the second range's first byte
 * @bytes2: its length
 *
 * Follows memblock_addrs_overlap().
 *
 * Context: any.
 * Return: non-zero if they do.
 */
unsigned long shadow_memblock_addrs_overlap(phys_addr_t base1,
					    phys_addr_t bytes1,
					    phys_addr_t base2,
					    phys_addr_t bytes2)
{
	return base1 < base2 + bytes2 && base2 < base1 + bytes1;
}

/**
 * shadow_memblock_overlaps_region() - does a list have anything of a range?
 * @mb: the early allocator
 * @type: &mb->memory or &mb->reserved
 * @base: physical address of the range's first byte
 * @bytes: its length
 *
 * Follows memblock_overlaps_region().
 *
 * Context: any.
 * Return: true if they share a byte.
 */
bool shadow_memblock_overlaps_region(const struct shadow_memblock *mb,
				     const struct shadow_memblock_type *type,
				     phys_addr_t base, phys_addr_t bytes)
{
	const struct shadow_memblock_region *rgn;

	bytes = cap_bytes(base, bytes);
	__shadow_for_each_region(type, rgn) {
		if (shadow_memblock_addrs_overlap(base, bytes, rgn->base,
						  rgn->size))
			return true;
	}
	return false;
}

/**
 * shadow_memblock_has_mirror() - was any memory marked as mirrored?
 * @mb: the early allocator
 *
 * Context: any.
 * Return: true if so.
 */
bool shadow_memblock_has_mirror(const struct shadow_memblock *mb)
{
	return mb->has_mirror;
}

/**
 * shadow_memblock_is_reserved() - is this byte reserved?
 * @mb: the early allocator
 * @pa: physical address
 *
 * Context: any.
 * Return: true if it is.
 */
bool shadow_memblock_is_reserved(const struct shadow_memblock *mb,
				 phys_addr_t pa)
{
	return search(&mb->reserved, pa);
}

/**
 * shadow_memblock_is_memory() - is there memory at this address?
 * @mb: the early allocator
 * @pa: physical address
 *
 * Context: any.
 * Return: true if there is, NOMAP or not.
 */
bool shadow_memblock_is_memory(const struct shadow_memblock *mb,
			       phys_addr_t pa)
{
	return search(&mb->memory, pa);
}

/**
 * shadow_memblock_is_map_memory() - is this address in the linear map?
 * @mb: the early allocator
 * @pa: physical address
 *
 * Context: any.
 * Return: true if there is memory that is not NOMAP.
 */
bool shadow_memblock_is_map_memory(const struct shadow_memblock *mb,
				   phys_addr_t pa)
{
	const struct shadow_memblock_region *rgn = search(&mb->memory, pa);

	return rgn && !shadow_memblock_is_nomap(rgn);
}

/**
 * shadow_memblock_is_region_memory() - is a range inside one memory region?
 * @mb: the early allocator
 * @base: physical address of the first byte
 * @bytes: how much
 *
 * Follows memblock_is_region_memory().
 *
 * Context: any.
 * Return: true if all of it is.
 */
bool shadow_memblock_is_region_memory(const struct shadow_memblock *mb,
				      phys_addr_t base, phys_addr_t bytes)
{
	const struct shadow_memblock_region *rgn = search(&mb->memory, base);

	return rgn && base + cap_bytes(base, bytes) <= rgn->base + rgn->size;
}

/**
 * shadow_memblock_is_region_reserved() - is anything of a range reserved?
 * @mb: the early allocator
 * @base: physical address of the first byte
 * @bytes: how much
 *
 * Follows memblock_is_region_reserved().
 *
 * Context: any.
 * Return: true if a byte of it is.
 */
bool shadow_memblock_is_region_reserved(const struct shadow_memblock *mb,
					phys_addr_t base, phys_addr_t bytes)
{
	return shadow_memblock_overlaps_region(mb, &mb->reserved, base, bytes);
}

/**
 * shadow_memblock_search_pfn_nid() - node and region of a frame
 * @mb: the early allocator
 * @pfn: the frame
 * @start_pfn: set to the region's first frame, where there is a region
 * @end_pfn: set to the frame after it, where there is a region
 *
 * Follows memblock_search_pfn_nid().
 *
 * Context: any.
 * Return: the region's node, SHADOW_NUMA_NO_NODE where there is no memory.
 */
int shadow_memblock_search_pfn_nid(const struct shadow_memblock *mb,
				   unsigned long pfn, unsigned long *start_pfn,
				   unsigned long *end_pfn)
{
	const struct shadow_memblock_region *rgn =
		search(&mb->memory, (phys_addr_t)pfn << mb->page_shift);

	if (!rgn)
		return SHADOW_NUMA_NO_NODE;
	*start_pfn = rgn->base >> mb->page_shift;
	*end_pfn = (rgn->base + rgn->size) >> mb->page_shift;
	return rgn->nid;
}

/**
 * shadow_memblock_validate_numa_coverage() - does nearly all memory belong to
 * a node?
 * @mb: the early allocator
 * @threshold_bytes: how much need not
 *
 * Follows memblock_validate_numa_coverage().
 *
 * Context: any.
 * Return: true if no more than that belongs to none.
 */
bool shadow_memblock_validate_numa_coverage(const struct shadow_memblock *mb,
					    unsigned long threshold_bytes)
{
	unsigned long start_pfn, end_pfn;
	u64 nr_pages = 0;
	int i, nid;

	shadow_for_each_mem_pfn_range(mb, i, SHADOW_MAX_NUMNODES, &start_pfn,
				      &end_pfn, &nid) {
		if (!shadow_numa_valid_node(nid))
			nr_pages += end_pfn - start_pfn;
	}
	return nr_pages << mb->page_shift <= threshold_bytes;
}

/**
 * shadow_memblock_phys_mem_size() - how much memory there is
 * @mb: the early allocator
 *
 * Context: any.
 * Return: bytes.
 */
phys_addr_t shadow_memblock_phys_mem_size(const struct shadow_memblock *mb)
{
	return mb->memory.total_size;
}

/**
 * shadow_memblock_reserved_size() - how much is reserved, memory or not
 * @mb: the early allocator
 *
 * Context: any.
 * Return: bytes.
 */
phys_addr_t shadow_memblock_reserved_size(const struct shadow_memblock *mb)
{
	return mb->reserved.total_size;
}

/**
 * shadow_memblock_estimated_nr_free_pages() - memory less what is reserved
 * @mb: the early allocator
 *
 * Follows memblock_estimated_nr_free_pages(), which counts reservations outside
 * memory against it too.
 *
 * Context: any.
 * Return: pages.
 */
unsigned long
shadow_memblock_estimated_nr_free_pages(const struct shadow_memblock *mb)
{
	return (mb->memory.total_size - mb->reserved.total_size) >>
	       mb->page_shift;
}

/**
 * shadow_memblock_start_of_DRAM() - where memory begins
 * @mb: the early allocator
 *
 * Context: any.
 * Return: physical address of the lowest byte; 0 where there is no memory.
 */
phys_addr_t shadow_memblock_start_of_DRAM(const struct shadow_memblock *mb)
{
	return mb->memory.regions[0].base;
}

/**
 * shadow_memblock_end_of_DRAM() - where memory ends
 * @mb: the early allocator
 *
 * Context: any.
 * Return: physical address after the highest byte; 0 where there is no memory.
 */
phys_addr_t shadow_memblock_end_of_DRAM(const struct shadow_memblock *mb)
{
	const struct shadow_memblock_region *last;

	if (!mb->memory.cnt)
		return 0;
	last = &mb->memory.regions[mb->memory.cnt - 1];
	return last->base + last->size;
}

static int format_flags(u32 flags, char *buf, size_t bytes)
{
	unsigned int bit;
	int nr = 0;

	if (!flags)
		return scnprintf(buf, bytes, "NONE\n");
	/* The array may lie in the block: any bit may be set, also the last */
	for (bit = 0; bit < 32; bit++) {
		if (!(flags >> bit & 1))
			continue;
		nr += scnprintf(buf + nr, bytes - nr, "%s%s", nr ? "|" : "",
				bit < SHADOW_MEMBLOCK_NR_FLAGS ?
				shadow_memblock_flag_names[bit] : "UNKNOWN");
	}
	return nr + scnprintf(buf + nr, bytes - nr, "\n");
}

/**
 * shadow_memblock_format_region() - one line of the kernel's memblock files
 * @type: the list
 * @idx: index of the region, below @type->cnt
 * @buf: where the line goes, with its newline and a NUL
 * @bytes: how much room there is; 128 suffice
 *
 * Follows memblock_debug_show().
 *
 * Context: any.
 * Return: characters written, the NUL not counted.
 */
int shadow_memblock_format_region(const struct shadow_memblock_type *type,
				  unsigned long idx, char *buf, size_t bytes)
{
	const struct shadow_memblock_region *rgn = &type->regions[idx];
	int nr;

	nr = scnprintf(buf, bytes, "%4lu: 0x%016llx..0x%016llx ", idx,
		       (unsigned long long)rgn->base,
		       (unsigned long long)(rgn->base + rgn->size - 1));
	if (shadow_numa_valid_node(rgn->nid))
		nr += scnprintf(buf + nr, bytes - nr, "%4d ", rgn->nid);
	else
		nr += scnprintf(buf + nr, bytes - nr, "%4c ", 'x');
	return nr + format_flags(rgn->flags, buf + nr, bytes - nr);
}

/* What is wrong with one region, seen with the one below; NULL: nothing. */
static const char *region_wrong(const struct shadow_memblock_region *rgn,
				const struct shadow_memblock_region *below)
{
	if (!rgn->size)
		return "is empty";
	if (rgn->size > LAST_PA - rgn->base)
		return "wraps around";
	if (rgn->flags & ~ALL_FLAGS)
		return "has an unknown flag";
	if (rgn->nid < SHADOW_NUMA_NO_NODE || rgn->nid > SHADOW_MAX_NUMNODES)
		return "has an impossible node";
	if (!below)
		return NULL;
	if (rgn->base < below->base)
		return "is not sorted";
	if (rgn->base < below->base + below->size)
		return "overlaps the one below";
	if (rgn->base == below->base + below->size &&
	    rgn->nid == below->nid && rgn->flags == below->flags)
		return "is not merged with the one below";
	return NULL;
}

/* The array is the first one, or lies in the block: it can be read. */
static bool array_sound(const struct shadow_memblock *mb,
			const struct shadow_memblock_type *type)
{
	const struct shadow_block *block = mb->block;

	if (type->regions == type->first)
		return type->max <= SHADOW_MEMBLOCK_INIT_REGIONS;
	return block && block->virt &&
	       type->max <= shadow_block_contents_bytes(block) /
			    sizeof(*type->regions) &&
	       shadow_block_has(block,
				shadow_virt_to_phys(block, type->regions),
				type->max * sizeof(*type->regions));
}

static int verify_type(const struct shadow_memblock *mb,
		       const struct shadow_memblock_type *type,
		       struct shadow_fault *fault)
{
	const struct shadow_memblock_region *rgn, *below = NULL;
	u64 total = 0;

	if (!array_sound(mb, type))
		return shadow_fault_raise(fault,
					  "memblock: %s: no array of %lu regions",
					  type->name, type->max);
	if (type->cnt > type->max)
		return shadow_fault_raise(fault,
					  "memblock: %s: %lu regions, room for %lu",
					  type->name, type->cnt, type->max);
	__shadow_for_each_region(type, rgn) {
		const char *wrong = region_wrong(rgn, below);

		if (wrong)
			return shadow_fault_raise(fault,
				"memblock: %s[%lu] 0x%llx+0x%llx %s",
				type->name,
				(unsigned long)(rgn - type->regions),
				(unsigned long long)rgn->base,
				(unsigned long long)rgn->size, wrong);
		total += rgn->size;
		below = rgn;
	}
	if (total == type->total_size)
		return 0;
	return shadow_fault_raise(fault,
				  "memblock: %s: total 0x%llx, regions hold 0x%llx",
				  type->name,
				  (unsigned long long)type->total_size,
				  (unsigned long long)total);
}

/**
 * shadow_memblock_verify() - are both lists what they should be?
 * @mb: the early allocator
 * @fault: raised with the first thing that is wrong
 *
 * Regions are sorted, disjoint, merged, not empty and do not wrap; flags and
 * nodes exist; counts and sums are right; arrays lie where they may; the
 * owners' log agrees with the reserved list.
 *
 * Context: any; changes nothing.
 * Return: 0 or -EUCLEAN.
 */
int shadow_memblock_verify(const struct shadow_memblock *mb,
			   struct shadow_fault *fault)
{
	int err = verify_type(mb, &mb->memory, fault);

	if (!err)
		err = verify_type(mb, &mb->reserved, fault);
	if (!err)
		err = shadow_memblock_owner_verify(mb, fault);
	return err;
}
