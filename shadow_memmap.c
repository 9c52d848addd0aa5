// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_memmap - which entry is for which frame, where there are holes.
 */
#include "shadow_memmap.h"

const char *const shadow_owner_names[SHADOW_NR_OWNERS] = {
	[SHADOW_OWNER_NONE] = "none",
	[SHADOW_OWNER_DIRECT] = "direct",
	[SHADOW_OWNER_TABLE] = "table",
	[SHADOW_OWNER_SLAB] = "slab",
	[SHADOW_OWNER_KMALLOC] = "kmalloc",
	[SHADOW_OWNER_VMALLOC] = "vmalloc",
	[SHADOW_OWNER_KMAP] = "kmap",
	[SHADOW_OWNER_USER] = "user",
	[SHADOW_OWNER_SHARED] = "shared",
	[SHADOW_OWNER_MEMMAP] = "memmap",
	[SHADOW_OWNER_PAGE_OWNER] = "page_owner",
	[SHADOW_OWNER_IMAGE] = "image",
	[SHADOW_OWNER_EARLY] = "early",
};

const char *const shadow_page_state_names[SHADOW_NR_PAGE_STATES] = {
	[SHADOW_PAGE_NONE] = "inside",
	[SHADOW_PAGE_HOLE] = "hole",
	[SHADOW_PAGE_RESERVED] = "reserved",
	[SHADOW_PAGE_BUDDY] = "buddy",
	[SHADOW_PAGE_PCP] = "pcp",
	[SHADOW_PAGE_ALLOCATED] = "allocated",
	[SHADOW_PAGE_DEVICE] = "device",
};

const char *const shadow_memmodel_names[SHADOW_NR_MEMMODELS] = {
	[SHADOW_MEMMODEL_FLAT] = "flat",
	[SHADOW_MEMMODEL_DISCONTIG] = "discontig",
	[SHADOW_MEMMODEL_VMEMMAP] = "vmemmap",
};

/* ------------------------------------------------------- pfn_to_page, back -- */

static bool bank_has(const struct shadow_memmap_bank *bank, u32 index)
{
	return index - bank->first < READ_ONCE(bank->nr);
}

/**
 * shadow_memmap_many_pfn() - frame of an entry, where there are several banks
 * @memmap: the memmap
 * @index: index of the entry
 *
 * The entry says which bank it is in, and the bank whether that is true.
 *
 * Context: any.
 * Return: frame number; of an index that is in no bank, which only a corrupt
 * link can lead to or a pointer to no page, the machine's first frame.
 */
u64 shadow_memmap_many_pfn(const struct shadow_memmap *memmap, u32 index)
{
	const struct shadow_memmap_bank *bank;
	unsigned int nr;
	u32 flags;

	if (unlikely(index >= READ_ONCE(memmap->nr)))
		return memmap->start_pfn;
	flags = READ_ONCE(memmap->pages[index].flags);
	nr = (flags & SHADOW_PF_BANK_MASK) >> SHADOW_PF_BANK_SHIFT;
	bank = &memmap->bank[nr];
	if (unlikely(!bank_has(bank, index))) {
		for (nr = 0; nr < SHADOW_MEMMAP_BANKS; nr++)
			if (bank_has(&memmap->bank[nr], index))
				break;
		if (nr == SHADOW_MEMMAP_BANKS)
			return memmap->start_pfn;
		bank = &memmap->bank[nr];
	}
	return bank->start_pfn + (index - bank->first);
}

static u32 index_in(const struct shadow_memmap_bank *bank, u64 pfn)
{
	u64 offset = pfn - bank->start_pfn;

	return offset < READ_ONCE(bank->nr) ? bank->first + offset :
					      SHADOW_NO_PAGE;
}

/*
 * Through the nodes' ranges. Where nodes are interleaved two arrays may have an
 * entry: that of the frame's own node is the one that has memory.
 */
static u32 find_in_nodes(const struct shadow_memmap *memmap, u64 pfn)
{
	u32 found = SHADOW_NO_PAGE, index;
	unsigned int nr;

	for (nr = 0; nr < memmap->nr_banks; nr++) {
		index = index_in(&memmap->bank[nr], pfn);
		if (index == SHADOW_NO_PAGE)
			continue;
		if (shadow_page_state(&memmap->pages[index]) != SHADOW_PAGE_HOLE)
			return index;
		if (found == SHADOW_NO_PAGE)
			found = index;
	}
	return found;
}

/* The first bank that has frames of this one's section; nr_banks: there is none */
static unsigned int section_bank(const struct shadow_memmap *memmap, u64 pfn)
{
	const struct shadow_memmap_sections *sections = &memmap->sections;
	u64 section = (pfn >> sections->shift) - sections->first;
	u32 leaf, bank;

	if (section >= sections->nr)
		return memmap->nr_banks;
	leaf = READ_ONCE(sections->root[section / SHADOW_SECTION_LEAF]);
	if (unlikely(leaf >= sections->nr_leaves))
		return memmap->nr_banks;
	bank = READ_ONCE(sections->bank[leaf * SHADOW_SECTION_LEAF +
					section % SHADOW_SECTION_LEAF]);
	return min(bank, memmap->nr_banks);
}

/**
 * shadow_memmap_section_index() - entry of a frame, through the section table
 * @memmap: the memmap, of model VMEMMAP
 * @pfn: frame number, any value
 *
 * Holes may cut a section into several banks.
 *
 * Context: any.
 * Return: index, or SHADOW_NO_PAGE where no bank of memory has the frame.
 */
u32 shadow_memmap_section_index(const struct shadow_memmap *memmap, u64 pfn)
{
	unsigned int nr = section_bank(memmap, pfn);
	u32 index;

	for (; nr < memmap->nr_banks && memmap->bank[nr].start_pfn <= pfn; nr++) {
		index = index_in(&memmap->bank[nr], pfn);
		if (index != SHADOW_NO_PAGE)
			return index;
	}
	return SHADOW_NO_PAGE;
}

/* Frames without memory: device ranges come and go, memory is never among them */
static u32 find_in_devices(const struct shadow_memmap *memmap, u64 pfn)
{
	u32 index = SHADOW_NO_PAGE;
	unsigned int nr;

	if (!READ_ONCE(memmap->nr_devices))
		return SHADOW_NO_PAGE;
	for (nr = SHADOW_MEMMAP_BOOT_BANKS;
	     nr < SHADOW_MEMMAP_BANKS && index == SHADOW_NO_PAGE; nr++)
		index = index_in(&memmap->bank[nr], pfn);
	return index;
}

/**
 * shadow_memmap_many_index() - entry of a frame, where there are several banks
 * @memmap: the memmap
 * @pfn: frame number, any value
 *
 * Follows pfn_to_page() of include/asm-generic/memory_model.h in each model.
 *
 * Context: any.
 * Return: index, or SHADOW_NO_PAGE where the memmap has none.
 */
u32 shadow_memmap_many_index(const struct shadow_memmap *memmap, u64 pfn)
{
	u32 index;

	switch (memmap->model) {
	case SHADOW_MEMMODEL_FLAT:
		return index_in(&memmap->bank[0], pfn);
	case SHADOW_MEMMODEL_DISCONTIG:
		return find_in_nodes(memmap, pfn);
	default:
		index = shadow_memmap_section_index(memmap, pfn);
		return index != SHADOW_NO_PAGE ? index :
						 find_in_devices(memmap, pfn);
	}
}

/**
 * shadow_bank_clip() - the entries that a bank has for a range of frames
 * @bank: the bank
 * @start_pfn: first frame
 * @end_pfn: frame after the last
 * @index: set to the index of the first of them
 * @end: set to the index after the last
 *
 * A loop over the frames of a zone is a loop over all banks of the memmap and
 * this in each. In model DISCONTIG entries of interleaved nodes' frames come
 * twice, and are holes once.
 *
 * Context: any.
 * Return: false where there are none; then @index and @end are equal.
 */
bool shadow_bank_clip(const struct shadow_memmap_bank *bank, u64 start_pfn,
		      u64 end_pfn, u32 *index, u32 *end)
{
	u64 low = max(start_pfn, bank->start_pfn);
	u64 high = min(end_pfn, bank->start_pfn + bank->nr);

	*index = bank->first;
	*end = bank->first;
	if (low >= high)
		return false;
	*index += low - bank->start_pfn;
	*end += high - bank->start_pfn;
	return true;
}

/**
 * shadow_memmap_follows() - is an entry that of the next frame?
 * @memmap: the memmap
 * @index: index of an entry
 * @next: index of another
 *
 * Banks that are neighbours by index need not be so by frame.
 *
 * Context: any.
 * Return: true where frame and entry of @next come after those of @index.
 */
bool shadow_memmap_follows(const struct shadow_memmap *memmap, u32 index,
			   u32 next)
{
	return next == index + 1 &&
	       (!memmap->many || shadow_index_to_pfn(memmap, next) ==
				 shadow_index_to_pfn(memmap, index) + 1);
}

/**
 * shadow_memmap_entries() - entries that there are for the board's memory
 * @memmap: the memmap
 *
 * Context: any.
 * Return: how many, those of holes included, without those of devices.
 */
u64 shadow_memmap_entries(const struct shadow_memmap *memmap)
{
	unsigned int nr;
	u64 sum = 0;

	for (nr = 0; nr < memmap->nr_banks; nr++)
		sum += memmap->bank[nr].nr;
	return sum;
}
