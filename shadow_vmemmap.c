// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_vmemmap - banks of the memmap, mapped at VMEMMAP.
 *
 * The entry of frame N is seen at the start of VMEMMAP plus (N minus the first
 * frame of the linear map) times the bytes of an entry, whichever piece of
 * memory holds it. A bank is whole blocks of the largest order, so its entries
 * fill pages, and holes between banks are mapped nowhere.
 */
#include "shadow_vmemmap.h"
#include "shadow_walk.h"

/**
 * struct part - frames of a bank whose entries VMEMMAP can show
 * @start_pfn: first frame
 * @end_pfn: frame after the last
 */
struct part {
	u64 start_pfn;
	u64 end_pfn;
};

/* A block of the largest order may begin below the linear map, or end above */
static struct part visible(const struct shadow_memmap_bank *bank,
			   const struct shadow_layout *layout)
{
	const struct shadow_region *linear = &layout->region[SHADOW_REGION_LINEAR];
	u64 first = layout->memstart >> layout->page_shift;
	u64 nr = (linear->end - linear->start) >> layout->page_shift;

	return (struct part){
		.start_pfn = max(bank->start_pfn, first),
		.end_pfn = min(bank->start_pfn + bank->nr, first + nr),
	};
}

static int populate_bank(const struct shadow_nodes *nodes,
			 const struct shadow_memmap_bank *bank,
			 const struct shadow_layout *layout,
			 struct shadow_pgtable *pgt)
{
	struct part part = visible(bank, layout);
	const struct shadow_page *page;

	if (part.start_pfn >= part.end_pfn)
		return 0;
	page = &nodes->memmap.pages[bank->first + (part.start_pfn - bank->start_pfn)];
	return shadow_pgtable_map(pgt, shadow_layout_vmemmap(layout, part.start_pfn),
				  shadow_virt_to_phys(nodes->block, page),
				  (part.end_pfn - part.start_pfn) * sizeof(*page),
				  SHADOW_PAGE_KERNEL, 0);
}

/**
 * shadow_vmemmap_populate() - map every bank at VMEMMAP
 * @nodes: the layer, its memmap of model VMEMMAP and with its place
 * @layout: where VMEMMAP is
 * @pgt: the kernel's tables
 *
 * Follows vmemmap_populate() of arch/arm64/mm/mmu.c.
 *
 * Context: boot; takes the tables' lock.
 * Return: 0, or an errno of shadow_pgtable_map().
 */
int shadow_vmemmap_populate(const struct shadow_nodes *nodes,
			    const struct shadow_layout *layout,
			    struct shadow_pgtable *pgt)
{
	unsigned int nr;
	int err = 0;

	for (nr = 0; nr < nodes->memmap.nr_banks && !err; nr++)
		err = populate_bank(nodes, &nodes->memmap.bank[nr], layout, pgt);
	return err;
}

/* VMEMMAP and pfn_to_page() must lead to the same entry */
static int verify_entry(const struct shadow_nodes *nodes,
			const struct shadow_page *page, u64 pfn,
			const struct shadow_layout *layout,
			const struct shadow_pgtable *pgt,
			struct shadow_fault *fault)
{
	u64 va = shadow_layout_vmemmap(layout, pfn);
	struct shadow_walker walker;
	struct shadow_walk walk;
	phys_addr_t want;

	if (shadow_pfn_to_page(nodes, pfn) != page)
		return shadow_fault_raise(fault,
			"vmemmap: pfn_to_page(%#llx) leads to index %u, the bank has it at %u",
			pfn, shadow_pfn_to_index(&nodes->memmap, pfn),
			shadow_page_index(&nodes->memmap, page));
	want = shadow_virt_to_phys(nodes->block, page);
	shadow_pgtable_walker(pgt, &walker);
	if (shadow_walk(&walker, va, &walk) || walk.fault)
		return shadow_fault_raise(fault,
			"vmemmap: the entry of pfn %#llx is not mapped at %016llx",
			pfn, va);
	if (walk.pa != want || !shadow_walk_permits(&walk, SHADOW_ACCESS_EL1_WRITE) ||
	    shadow_phys_to_virt(nodes->block, walk.pa) != page)
		return shadow_fault_raise(fault,
			"vmemmap: the entry of pfn %#llx is at %#llx, but %016llx leads to %#llx%s",
			pfn, (u64)want, va, (u64)walk.pa,
			shadow_walk_permits(&walk, SHADOW_ACCESS_EL1_WRITE) ? "" :
			", read-only");
	return 0;
}

static int verify_bank(const struct shadow_nodes *nodes,
		       const struct shadow_memmap_bank *bank, bool device,
		       const struct shadow_layout *layout,
		       const struct shadow_pgtable *pgt,
		       struct shadow_fault *fault)
{
	const struct shadow_memmap *memmap = &nodes->memmap;
	const struct shadow_page *pages = &memmap->pages[bank->first];
	struct part part = visible(bank, layout);
	u64 section = BIT_ULL(memmap->sections.shift);
	u64 pfn = part.start_pfn, last;
	int err = 0;

	for (; pfn < part.end_pfn && !err; pfn = last + 1) {
		last = min(round_down(pfn, section) + section, part.end_pfn) - 1;
		if (!device && shadow_memmap_section_index(memmap, pfn) !=
			       bank->first + (u32)(pfn - bank->start_pfn))
			return shadow_fault_raise(fault,
				"vmemmap: section %#llx of pfn %#llx leads to index %u, expected %u",
				pfn >> memmap->sections.shift, pfn,
				shadow_memmap_section_index(memmap, pfn),
				bank->first + (u32)(pfn - bank->start_pfn));
		err = verify_entry(nodes, pages + (pfn - bank->start_pfn), pfn,
				   layout, pgt, fault);
		if (!err)
			err = verify_entry(nodes, pages + (last - bank->start_pfn),
					   last, layout, pgt, fault);
	}
	return err;
}

/**
 * shadow_vmemmap_verify() - walk VMEMMAP to the first and last entry of sections
 * @nodes: the layer
 * @layout: where VMEMMAP is
 * @pgt: the kernel's tables
 * @fault: filled with the first thing that is wrong
 *
 * The section table, pfn_to_page() and the software walk of @pgt must arrive at
 * the same bytes. Models without sections have nothing there.
 *
 * Context: process context; nobody adds or removes devices' frames. Changes
 * nothing.
 * Return: 0, or -EUCLEAN.
 */
int shadow_vmemmap_verify(const struct shadow_nodes *nodes,
			  const struct shadow_layout *layout,
			  const struct shadow_pgtable *pgt,
			  struct shadow_fault *fault)
{
	const struct shadow_memmap *memmap = &nodes->memmap;
	unsigned int nr;
	int err = 0;

	if (memmap->model != SHADOW_MEMMODEL_VMEMMAP)
		return 0;
	for (nr = 0; nr < SHADOW_MEMMAP_BANKS && !err; nr++) {
		bool device = nr >= SHADOW_MEMMAP_BOOT_BANKS;

		if (!memmap->bank[nr].nr)
			continue;
		err = verify_bank(nodes, &memmap->bank[nr], device, layout, pgt,
				  fault);
		if (device && !err)
			err = shadow_vmemmap_verify_device(nodes, nr, fault);
	}
	return err;
}
