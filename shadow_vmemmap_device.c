// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_vmemmap_device - frames that have a struct page and are never the
 * buddy's: zone DEVICE. Follows memremap_pages() of mm/memremap.c.
 *
 * Their entries lie in frames of the buddy, in a row, and are mapped at VMEMMAP
 * where the entries of any frame of that number would be. Zone Device of the
 * nearest node spans them; present and managed stay 0, as in the kernel.
 */
#include "shadow_contig.h"
#include "shadow_memblock.h"
#include "shadow_ring.h"
#include "shadow_vmemmap.h"

/* SUBSECTION_SHIFT of include/linux/mmzone.h */
#define SUBSECTION_BYTES	SZ_2M

static u64 range_align(const struct shadow_nodes *nodes)
{
	return max_t(u64, SUBSECTION_BYTES,
		     BIT_ULL(nodes->memmap.block_log2 + nodes->page_shift));
}

/* Has any frame of it an entry, or is it memory that came too late for one? */
static bool overlaps(const struct shadow_vmemmap *part, phys_addr_t base,
		     u64 bytes)
{
	const struct shadow_memblock_region *region = part->mb->memory.regions;
	const struct shadow_memmap *memmap = &part->nodes->memmap;
	u64 start_pfn = base >> memmap->page_shift;
	u64 end_pfn = (base + bytes) >> memmap->page_shift;
	unsigned int nr;
	u32 index, end;

	for (nr = 0; nr < SHADOW_MEMMAP_BANKS; nr++)
		if (shadow_bank_clip(&memmap->bank[nr], start_pfn, end_pfn,
				     &index, &end))
			return true;
	for (; region < part->mb->memory.regions + part->mb->memory.cnt;
	     region++)
		if (region->base < base + bytes && base < region->base + region->size)
			return true;
	return shadow_block_is_aside(part->nodes->block, base) ||
	       shadow_block_is_aside(part->nodes->block, base + bytes - 1);
}

static int check_range(const struct shadow_vmemmap *part, phys_addr_t base,
		       u64 bytes, char *why, size_t why_bytes)
{
	const struct shadow_layout *layout = part->layout;
	const struct shadow_region *linear = &layout->region[SHADOW_REGION_LINEAR];
	const struct shadow_memmap *memmap = &part->nodes->memmap;
	u64 window = linear->end - linear->start;
	u64 align = range_align(part->nodes);

	if (memmap->model != SHADOW_MEMMODEL_VMEMMAP) {
		scnprintf(why, why_bytes,
			  "memmodel=%s gives frames no struct page later: allowed: with memmodel=vmemmap",
			  shadow_memmodel_names[memmap->model]);
		return -EOPNOTSUPP;
	}
	if (!bytes || (base | bytes) & (align - 1)) {
		scnprintf(why, why_bytes, "allowed: multiples of %#llx", align);
		return -EINVAL;
	}
	if (base < layout->memstart || bytes > window ||
	    base - layout->memstart > window - bytes) {
		scnprintf(why, why_bytes,
			  "outside what VMEMMAP shows: allowed: %#llx to %#llx",
			  (u64)layout->memstart, (u64)layout->memstart + window - 1);
		return -ERANGE;
	}
	if (overlaps(part, base, bytes)) {
		scnprintf(why, why_bytes,
			  "overlaps memory or another range: allowed: frames that have no struct page");
		return -EEXIST;
	}
	if (memmap->nr_devices == SHADOW_MEMMAP_DEVICES) {
		scnprintf(why, why_bytes, "allowed: %d ranges, after memunmap_pages of one",
			  SHADOW_MEMMAP_DEVICES);
		return -ENOSPC;
	}
	return 0;
}

/* Frames between a range and a node's; as numa_map_to_online_node() has it */
static int nearest_node(const struct shadow_nodes *nodes, u64 pfn)
{
	u64 best = U64_MAX, away;
	unsigned int nid;
	int nearest = 0;

	for (nid = 0; nid < nodes->nr_nodes; nid++) {
		const struct shadow_node *node = &nodes->node[nid];

		if (!node->spanned)
			continue;
		if (pfn < node->start_pfn)
			away = node->start_pfn - pfn;
		else
			away = pfn - min(pfn, node->start_pfn + node->spanned - 1);
		if (away < best) {
			best = away;
			nearest = nid;
		}
	}
	return nearest;
}

/* resize_zone_range() of mm/memory_hotplug.c: from the first range to the last */
static void span_ranges(struct shadow_nodes *nodes, int nid)
{
	struct shadow_zone *zone = &nodes->node[nid].zone[SHADOW_ZONE_DEVICE];
	const struct shadow_memmap_bank *bank =
		&nodes->memmap.bank[SHADOW_MEMMAP_BOOT_BANKS];
	u64 start = U64_MAX, end = 0;
	unsigned long irqflags;

	for (; bank < nodes->memmap.bank + SHADOW_MEMMAP_BANKS; bank++) {
		if (!bank->nr || bank->nid != nid)
			continue;
		start = min(start, bank->start_pfn);
		end = max(end, bank->start_pfn + bank->nr);
	}
	raw_spin_lock_irqsave(&zone->lock, irqflags);
	zone->start_pfn = end ? start : 0;
	zone->spanned = end ? end - start : 0;
	raw_spin_unlock_irqrestore(&zone->lock, irqflags);
}

static u32 device_flags(unsigned int nr, int nid)
{
	return SHADOW_PF(SHADOW_PAGE_DEVICE, 0, 0, 0) |
	       (u32)nr << SHADOW_PF_BANK_SHIFT |
	       (u32)SHADOW_ZONE_DEVICE << SHADOW_PF_ZONE_SHIFT |
	       (u32)nid << SHADOW_PF_NODE_SHIFT;
}

/* __init_zone_device_page(): whoever brought the frames has the reference */
static void init_entries(struct shadow_page *page, u64 nr, u32 flags)
{
	for (; nr--; page++) {
		page->flags = flags;
		atomic_set(&page->refcount, 1);
		page->next = SHADOW_NO_PAGE;
		page->prev = SHADOW_NO_PAGE;
		page->private[0] = 0;
		page->private[1] = 0;
	}
}

/* Frames in a row for the entries; 0: there are none */
static phys_addr_t get_frames(struct shadow_nodes *nodes, u64 bytes)
{
	u64 align = sizeof(struct shadow_page) << nodes->memmap.block_log2;
	u64 nr = bytes >> nodes->page_shift, pfn;
	phys_addr_t pa;

	pfn = shadow_contig_alloc(nodes, nr, align >> nodes->page_shift,
				  SHADOW_OWNER_MEMMAP);
	if (!pfn)
		return 0;
	pa = pfn << nodes->page_shift;
	if (!shadow_block_back_aligned(nodes->block, pa, bytes, align))
		return pa;
	shadow_contig_free(nodes, pfn, nr);
	return 0;
}

static int add_device(const struct shadow_vmemmap *part,
		      phys_addr_t base, u64 bytes, int *nid, char *why,
		      size_t why_bytes)
{
	struct shadow_nodes *nodes = part->nodes;
	u64 pfn = base >> nodes->page_shift;
	struct shadow_memmap_bank range = {
		.start_pfn = pfn, .nid = nearest_node(nodes, pfn),
	};
	struct shadow_page *pages;
	unsigned int nr;
	phys_addr_t pa;
	u64 entries;
	int err;

	err = check_range(part, base, bytes, why, why_bytes);
	if (err)
		return err;
	entries = bytes >> nodes->page_shift;
	pa = 0;
	if (entries <= S32_MAX) {
		range.nr = entries;
		pa = get_frames(nodes, shadow_bank_bytes(&range));
	}
	if (!pa) {
		scnprintf(why, why_bytes,
			  "no room for a memmap of %llu frames x %zu bytes = %llu KiB in a row",
			  entries, sizeof(*pages), entries * sizeof(*pages) >> 10);
		return shadow_fault_frozen(nodes->fault) ? -EUCLEAN : -ENOMEM;
	}
	pages = shadow_phys_to_virt(nodes->block, pa);
	err = shadow_pgtable_map(part->pgt,
				 shadow_layout_vmemmap(part->layout, pfn), pa,
				 shadow_bank_bytes(&range), SHADOW_PAGE_KERNEL,
				 /* Taking it away again must not need memory */
				 SHADOW_MAP_NO_FOLD);
	if (err) {
		scnprintf(why, why_bytes, "no room for the tables of VMEMMAP");
		goto free;
	}
	nr = shadow_memmap_free_device(&nodes->memmap);
	init_entries(pages, range.nr, device_flags(nr, range.nid));
	err = shadow_memmap_set_device(&nodes->memmap, nr, &range, pages);
	if (err) {
		scnprintf(why, why_bytes, "its memmap cannot be indexed");
		goto unmap;
	}
	span_ranges(nodes, range.nid);
	*nid = range.nid;
	return 0;

unmap:
	shadow_pgtable_unmap(part->pgt, shadow_layout_vmemmap(part->layout, pfn),
			     shadow_bank_bytes(&range));
free:
	shadow_contig_free(nodes, pa >> nodes->page_shift,
			   shadow_bank_bytes(&range) >> nodes->page_shift);
	return err;
}

/**
 * shadow_vmemmap_add_device() - give frames without memory a struct page
 * @part: the room
 * @base: physical address of the first
 * @bytes: how much address space
 * @nid: set to the node that they are counted to
 * @why: filled with one line where it is refused
 * @why_bytes: its length
 *
 * Follows memremap_pages() and arch_add_memory().
 *
 * Context: process context; may sleep. The caller keeps others from doing the
 * same.
 * Return: 0; -EOPNOTSUPP: the model has no VMEMMAP; -EINVAL: not aligned;
 * -ERANGE: VMEMMAP does not reach there; -EEXIST: overlaps what has an entry;
 * -ENOSPC: too many ranges; -ENOMEM: no frames for the entries or tables;
 * -EUCLEAN: the machine is frozen. Then nothing has changed.
 */
int shadow_vmemmap_add_device(const struct shadow_vmemmap *part,
			      phys_addr_t base, u64 bytes, int *nid, char *why,
			      size_t why_bytes)
{
	struct shadow_op op;
	int err;

	shadow_op_begin(&op, part->nodes->events);
	err = add_device(part, base, bytes, nid, why, why_bytes);
	shadow_op_end(&op, SHADOW_OP_MEMREMAP_PAGES, err, base, bytes,
		      err ? 0 : *nid);
	return err;
}

static u64 remove_device(const struct shadow_vmemmap *part,
			 phys_addr_t base)
{
	struct shadow_nodes *nodes = part->nodes;
	struct shadow_memmap *memmap = &nodes->memmap;
	struct shadow_memmap_bank range;
	unsigned int nr;
	phys_addr_t pa;

	for (nr = SHADOW_MEMMAP_BOOT_BANKS; nr < SHADOW_MEMMAP_BANKS; nr++)
		if (memmap->bank[nr].nr &&
		    memmap->bank[nr].start_pfn << nodes->page_shift == base)
			break;
	if (nr == SHADOW_MEMMAP_BANKS)
		return 0;
	range = memmap->bank[nr];
	pa = shadow_virt_to_phys(nodes->block, &memmap->pages[range.first]);
	shadow_memmap_drop_device(memmap, nr);
	span_ranges(nodes, range.nid);
	shadow_pgtable_unmap(part->pgt,
			     shadow_layout_vmemmap(part->layout, range.start_pfn),
			     shadow_bank_bytes(&range));
	shadow_contig_free(nodes, pa >> nodes->page_shift,
			   shadow_bank_bytes(&range) >> nodes->page_shift);
	return (u64)range.nr << nodes->page_shift;
}

/**
 * shadow_vmemmap_remove_device() - take their struct pages away
 * @part: the room
 * @base: physical address of the first, as shadow_vmemmap_add_device() had it
 *
 * Follows memunmap_pages() and arch_remove_memory().
 *
 * Context: process context; may sleep. Nobody uses the pages any more.
 * Return: bytes of the range; 0: none begins there.
 */
u64 shadow_vmemmap_remove_device(const struct shadow_vmemmap *part,
				 phys_addr_t base)
{
	struct shadow_op op;
	u64 bytes;

	shadow_op_begin(&op, part->nodes->events);
	bytes = remove_device(part, base);
	shadow_op_end(&op, SHADOW_OP_MEMUNMAP_PAGES, bytes ? 0 : -ENOENT, base,
		      bytes);
	return bytes;
}

/**
 * shadow_vmemmap_remove_devices() - all of them
 * @part: the room
 *
 * Context: process context; may sleep.
 */
void shadow_vmemmap_remove_devices(const struct shadow_vmemmap *part)
{
	const struct shadow_memmap *memmap = &part->nodes->memmap;
	unsigned int nr;

	for (nr = SHADOW_MEMMAP_BOOT_BANKS; nr < SHADOW_MEMMAP_BANKS; nr++)
		if (memmap->bank[nr].nr)
			shadow_vmemmap_remove_device(part,
						     memmap->bank[nr].start_pfn <<
						     memmap->page_shift);
}

/**
 * shadow_vmemmap_verify_device() - every entry of a range is as it was made
 * @nodes: the layer
 * @nr: number of its bank
 * @fault: filled with the first one that is not
 *
 * Context: as shadow_vmemmap_verify().
 * Return: 0, or -EUCLEAN.
 */
int shadow_vmemmap_verify_device(const struct shadow_nodes *nodes,
				 unsigned int nr, struct shadow_fault *fault)
{
	const struct shadow_memmap_bank *bank = &nodes->memmap.bank[nr];
	const struct shadow_page *page = &nodes->memmap.pages[bank->first];
	u32 want = device_flags(nr, bank->nid);
	u32 i;

	for (i = 0; i < bank->nr; i++, page++)
		if (page->flags != want || atomic_read(&page->refcount) != 1)
			return shadow_fault_raise(fault,
				"vmemmap: pfn %#llx of zone Device has flags %#x and refcount %d, expected %#x and 1",
				bank->start_pfn + i, page->flags,
				atomic_read(&page->refcount), want);
	return 0;
}
