/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_layout - where everything lies in the upper half. Follows
 * arch/arm64/include/asm/{memory,pgtable,fixmap}.h of Linux 6.12; the sizes of
 * address, page and memmap entry are arguments there compiled in.
 */
#ifndef SHADOW_LAYOUT_H
#define SHADOW_LAYOUT_H

#include "shadow_compat.h"
#include "shadow_fault.h"
#include "shadow_ptdump.h"
#include "shadow_walk.h"

enum shadow_region_id {
	SHADOW_REGION_LINEAR,
	SHADOW_REGION_MODULES,
	SHADOW_REGION_VMALLOC,	/* the kernel image lies at its start */
	SHADOW_REGION_VMEMMAP,
	SHADOW_REGION_PCI_IO,
	SHADOW_REGION_KMAP,	/* this and the next: empty without HIGHMEM */
	SHADOW_REGION_PKMAP,
	SHADOW_REGION_FIXMAP,
	SHADOW_NR_REGIONS
};

/**
 * struct shadow_region - a part of the address space
 * @name: as in "Virtual kernel memory layout"
 * @marker_start: as in ptdump
 * @marker_end: as in ptdump
 * @start: first address
 * @end: first address behind it; @start: the region is empty
 */
struct shadow_region {
	const char *name;
	const char *marker_start;
	const char *marker_end;
	u64 start;
	u64 end;
};

/* Two markers a region and the one that ends the list */
#define SHADOW_LAYOUT_NR_MARKERS	(2 * SHADOW_NR_REGIONS + 1)

/**
 * struct shadow_layout - the upper half's regions
 * @va_bits: size of a virtual address
 * @page_shift: log2 of the page size
 * @page_struct_bytes: bytes of one memmap entry
 * @region: the regions in ascending order
 * @kimage_vaddr: where the kernel image is mapped
 * @memstart: physical address that the linear map starts with
 * @phys_offset: what is added to a linear address to get the physical one
 * @marker: the same for shadow_ptdump()
 */
struct shadow_layout {
	unsigned int va_bits;
	unsigned int page_shift;
	unsigned int page_struct_bytes;
	struct shadow_region region[SHADOW_NR_REGIONS];
	u64 kimage_vaddr;
	phys_addr_t memstart;
	u64 phys_offset;
	struct shadow_marker marker[SHADOW_LAYOUT_NR_MARKERS];
};

int shadow_layout_init(struct shadow_layout *layout,
		       const struct shadow_geometry *geo,
		       unsigned int page_struct_bytes);
int shadow_layout_set_memstart(struct shadow_layout *layout,
			       phys_addr_t dram_start, phys_addr_t dram_end);
int shadow_layout_add_kmap(struct shadow_layout *layout, u64 nr_pkmap,
			   u64 nr_local);
u64 shadow_layout_memstart_align(unsigned int page_shift);
int shadow_layout_verify(const struct shadow_layout *layout,
			 struct shadow_fault *fault);
const struct shadow_region *shadow_layout_find(const struct shadow_layout *layout,
					       u64 va);

static inline bool shadow_region_empty(const struct shadow_region *region)
{
	return region->start == region->end;
}

/* Linear address of a physical one, and back; not range-checked */
static inline u64 shadow_layout_pa_to_va(const struct shadow_layout *layout,
					 phys_addr_t pa)
{
	return pa - layout->phys_offset;
}

static inline phys_addr_t
shadow_layout_va_to_pa(const struct shadow_layout *layout, u64 va)
{
	return va + layout->phys_offset;
}

/* Address of the memmap entry of a frame in the vmemmap */
static inline u64 shadow_layout_vmemmap(const struct shadow_layout *layout,
					u64 pfn)
{
	return layout->region[SHADOW_REGION_VMEMMAP].start +
	       (pfn - (layout->memstart >> layout->page_shift)) *
		       layout->page_struct_bytes;
}

#endif /* SHADOW_LAYOUT_H */
