// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_layout - where everything lies in the upper half.
 */
#include "shadow_fixmap_slot.h"
#include "shadow_layout.h"

#define MODULES_BYTES	SZ_2G
#define PCI_IO_BYTES	SZ_16M

/* Bits of an address that even a CPU without the larger sizes has */
static unsigned int va_bits_min(unsigned int page_shift, unsigned int va_bits)
{
	if (va_bits <= 48)
		return va_bits;
	return page_shift == 14 ? 47 : 48;
}

static void set_region(struct shadow_layout *layout, enum shadow_region_id id,
		       u64 start, u64 end)
{
	layout->region[id].start = start;
	layout->region[id].end = end;
}

/*
 * PKMAP_BASE as arch/powerpc/include/asm/highmem.h has it: below the fixmap and
 * a page that stays free, aligned to its size, so that it has tables of its own.
 * Slots of the CPUs lie below it and another such page.
 */
static void set_kmap(struct shadow_layout *layout, u64 pkmap_bytes,
		     u64 local_bytes)
{
	u64 page = 1ULL << layout->page_shift;
	u64 top = layout->region[SHADOW_REGION_FIXMAP].start - page;

	if (pkmap_bytes)
		top = round_down(top - pkmap_bytes, pkmap_bytes);
	set_region(layout, SHADOW_REGION_PKMAP, top, top + pkmap_bytes);
	top -= page;
	set_region(layout, SHADOW_REGION_KMAP, top - local_bytes, top);
}

static void name_regions(struct shadow_layout *layout)
{
	static const struct shadow_region names[] = {
		[SHADOW_REGION_LINEAR] = { "memory", "Linear Mapping start",
					   "Linear Mapping end" },
		[SHADOW_REGION_MODULES] = { "modules", "Modules start",
					    "Modules end" },
		[SHADOW_REGION_VMALLOC] = { "vmalloc", "vmalloc() area",
					    "vmalloc() end" },
		[SHADOW_REGION_VMEMMAP] = { "vmemmap", "vmemmap start",
					    "vmemmap end" },
		[SHADOW_REGION_PCI_IO] = { "PCI I/O", "PCI I/O start",
					   "PCI I/O end" },
		[SHADOW_REGION_KMAP] = { "kmap", "Kmap local start",
					 "Kmap local end" },
		[SHADOW_REGION_PKMAP] = { "pkmap", "PKMAP start", "PKMAP end" },
		[SHADOW_REGION_FIXMAP] = { "fixed", "Fixmap start",
					   "Fixmap end" },
	};

	memcpy(layout->region, names, sizeof(names));
}

static void set_markers(struct shadow_layout *layout)
{
	struct shadow_marker *marker = layout->marker;
	unsigned int i;

	for (i = 0; i < SHADOW_NR_REGIONS; i++) {
		const struct shadow_region *region = &layout->region[i];

		if (shadow_region_empty(region))
			continue;
		marker->va = region->start;
		marker++->name = region->marker_start;
		marker->va = region->end;
		marker++->name = region->marker_end;
	}
	marker->va = U64_MAX;
	marker->name = NULL;
}

/**
 * shadow_layout_init() - compute the regions
 * @layout: filled; the linear map starts at physical address 0 until
 *	shadow_layout_set_memstart() says otherwise
 * @geo: geometry of the upper half
 * @page_struct_bytes: bytes of one memmap entry, a power of two
 *
 * Follows the definitions of arch/arm64/include/asm/memory.h, pgtable.h and
 * fixmap.h (of the latter without the slots for ACPI).
 *
 * Context: any.
 * Return: 0; -EINVAL where the regions do not fit.
 */
int shadow_layout_init(struct shadow_layout *layout,
		       const struct shadow_geometry *geo,
		       unsigned int page_struct_bytes)
{
	unsigned int min_bits = va_bits_min(geo->page_shift, geo->va_bits);
	u64 page_offset = ~0ULL << geo->va_bits;
	u64 page_end = ~0ULL << (min_bits - 1);
	u64 modules_end = page_end + MODULES_BYTES;
	u64 vmemmap_end = -(u64)SZ_1G;
	u64 vmemmap_start;

	if (!is_power_of_2(page_struct_bytes))
		return -EINVAL;
	memset(layout, 0, sizeof(*layout));
	layout->va_bits = geo->va_bits;
	layout->page_shift = geo->page_shift;
	layout->page_struct_bytes = page_struct_bytes;
	layout->kimage_vaddr = modules_end;
	vmemmap_start = vmemmap_end - ((page_end - page_offset) >>
				       geo->page_shift) * page_struct_bytes;

	name_regions(layout);
	set_region(layout, SHADOW_REGION_LINEAR, page_offset, page_end);
	set_region(layout, SHADOW_REGION_MODULES, page_end, modules_end);
	set_region(layout, SHADOW_REGION_VMALLOC, modules_end,
		   vmemmap_start - SZ_8M);
	set_region(layout, SHADOW_REGION_VMEMMAP, vmemmap_start, vmemmap_end);
	set_region(layout, SHADOW_REGION_PCI_IO, vmemmap_end + SZ_8M,
		   vmemmap_end + SZ_8M + PCI_IO_BYTES);
	set_region(layout, SHADOW_REGION_FIXMAP,
		   SHADOW_FIXADDR_TOP - shadow_fixmap_bytes(geo->page_shift),
		   SHADOW_FIXADDR_TOP);
	set_kmap(layout, 0, 0);
	set_markers(layout);
	layout->phys_offset = -page_offset;
	return layout->region[SHADOW_REGION_VMALLOC].end > modules_end ? 0 :
								       -EINVAL;
}

/**
 * shadow_layout_add_kmap() - make room for what shows HIGHMEM
 * @layout: the layout, without it so far
 * @nr_pkmap: pages of the window for persistent mappings, a power of two
 * @nr_local: pages of all CPUs' slots
 *
 * arm64 has no such memory, hence no place for it: it is taken from what lies
 * unused below the fixmap.
 *
 * Context: any.
 * Return: 0; -EINVAL: @nr_pkmap is no power of two; -ENOSPC: there is not so
 * much room. Then nothing has changed.
 */
int shadow_layout_add_kmap(struct shadow_layout *layout, u64 nr_pkmap,
			   u64 nr_local)
{
	u64 room = layout->region[SHADOW_REGION_FIXMAP].start -
		   layout->region[SHADOW_REGION_PCI_IO].end;

	if (!is_power_of_2(nr_pkmap))
		return -EINVAL;
	/* The window and what its alignment takes, slots, and two free pages */
	if (nr_local > room >> layout->page_shift ||
	    2 * nr_pkmap + nr_local + 2 > room >> layout->page_shift)
		return -ENOSPC;
	set_kmap(layout, nr_pkmap << layout->page_shift,
		 nr_local << layout->page_shift);
	set_markers(layout);
	return 0;
}

/**
 * shadow_layout_memstart_align() - granularity of where the linear map starts
 * @page_shift: log2 of the page size
 *
 * Context: any.
 * Return: ARM64_MEMSTART_ALIGN of arch/arm64/include/asm/kernel-pgtable.h, in
 * bytes.
 */
u64 shadow_layout_memstart_align(unsigned int page_shift)
{
	return page_shift == 16 ? SZ_512M : SZ_1G;
}

/**
 * shadow_layout_set_memstart() - say which memory the linear map shows
 * @layout: the layout
 * @dram_start: physical address of the first byte of memory
 * @dram_end: of the first one behind it
 *
 * Follows arm64_memblock_init() of arch/arm64/mm/init.c: where the memory is
 * larger than the region, its upper part is shown.
 *
 * Context: any.
 * Return: 0; -ERANGE where not all memory fits: then the linear map starts as
 * the kernel's would, and the caller removes what lies below memstart or
 * behind memstart and the size of the region.
 */
int shadow_layout_set_memstart(struct shadow_layout *layout,
			       phys_addr_t dram_start, phys_addr_t dram_end)
{
	const struct shadow_region *linear =
		&layout->region[SHADOW_REGION_LINEAR];
	u64 align = shadow_layout_memstart_align(layout->page_shift);
	u64 bytes = linear->end - linear->start;
	int err = 0;

	layout->memstart = dram_start & ~(align - 1);
	if (dram_end - layout->memstart > bytes) {
		layout->memstart = ALIGN(dram_end - bytes, align);
		err = -ERANGE;
	}
	layout->phys_offset = layout->memstart - linear->start;
	return err;
}

/**
 * shadow_layout_find() - the region that an address lies in
 * @layout: the layout
 * @va: the address
 *
 * Context: any.
 * Return: the region, or NULL between two.
 */
const struct shadow_region *
shadow_layout_find(const struct shadow_layout *layout, u64 va)
{
	unsigned int i;

	for (i = 0; i < SHADOW_NR_REGIONS; i++)
		if (va >= layout->region[i].start && va < layout->region[i].end)
			return &layout->region[i];
	return NULL;
}

static bool may_be_empty(enum shadow_region_id id)
{
	return id == SHADOW_REGION_KMAP || id == SHADOW_REGION_PKMAP;
}

static int check_memory(const struct shadow_layout *layout,
			struct shadow_fault *fault)
{
	const struct shadow_region *linear =
		&layout->region[SHADOW_REGION_LINEAR];
	const struct shadow_region *vmemmap =
		&layout->region[SHADOW_REGION_VMEMMAP];
	u64 last_pfn = (layout->memstart + (linear->end - linear->start) - 1) >>
		       layout->page_shift;

	if (shadow_layout_pa_to_va(layout, layout->memstart) != linear->start)
		return shadow_fault_raise(fault,
					  "shadow_layout: memstart %llx is not mapped first",
					  (u64)layout->memstart);
	if (shadow_layout_vmemmap(layout, last_pfn) +
	    layout->page_struct_bytes != vmemmap->end)
		return shadow_fault_raise(fault,
					  "shadow_layout: vmemmap does not fit the linear map");
	return 0;
}

/**
 * shadow_layout_verify() - look for regions that overlap
 * @layout: the layout
 * @fault: filled with the first finding
 *
 * Context: any; changes nothing.
 * Return: 0 or -EUCLEAN.
 */
int shadow_layout_verify(const struct shadow_layout *layout,
			 struct shadow_fault *fault)
{
	u64 page = 1ULL << layout->page_shift;
	u64 end = ~0ULL << layout->va_bits;
	unsigned int i;

	for (i = 0; i < SHADOW_NR_REGIONS; i++) {
		const struct shadow_region *region = &layout->region[i];

		if (region->start < end || region->end < region->start ||
		    (shadow_region_empty(region) && !may_be_empty(i)))
			return shadow_fault_raise(fault,
						  "shadow_layout: %s %016llx-%016llx overlaps what is below",
						  region->name, region->start,
						  region->end);
		if (!IS_ALIGNED(region->start, page) ||
		    !IS_ALIGNED(region->end, page))
			return shadow_fault_raise(fault,
						  "shadow_layout: %s %016llx-%016llx is misaligned",
						  region->name, region->start,
						  region->end);
		end = region->end;
	}
	return check_memory(layout, fault);
}
