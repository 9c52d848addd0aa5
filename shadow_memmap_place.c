// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_memmap_place - where the entries lie: each bank's in one piece, in
 * memory of its own node.
 *
 * Indices count from the block's start, or the storage's of a virtual board. A
 * bank's entries are aligned as a block of the largest order is, so that its
 * first index is a multiple of such a block's frames.
 */
#include "shadow_early.h"
#include "shadow_memmap.h"

/**
 * shadow_memmap_set_base() - say where indices count from
 * @memmap: the memmap, planned
 * @base: no bank will lie below
 * @bytes: and none reaches that far above
 *
 * Context: boot.
 */
void shadow_memmap_set_base(struct shadow_memmap *memmap, void *base, u64 bytes)
{
	memmap->pages = base;
	memmap->max_nr = min_t(u64, bytes / sizeof(struct shadow_page), S32_MAX);
}

/**
 * shadow_memmap_place() - say where a bank's entries lie
 * @memmap: the memmap; its base is set
 * @nr: number of the bank
 * @pages: memory for them
 *
 * Context: boot, or whoever adds a bank of devices' frames.
 * Return: 0; -EINVAL: not where a block's entries may begin, counted from the
 * base; -ERANGE: not inside what shadow_memmap_set_base() said.
 */
int shadow_memmap_place(struct shadow_memmap *memmap, unsigned int nr,
			void *pages)
{
	struct shadow_memmap_bank *bank = &memmap->bank[nr];
	u64 offset = (unsigned long)pages - (unsigned long)memmap->pages;
	u64 first = offset / sizeof(struct shadow_page);

	if (!IS_ALIGNED(offset, sizeof(struct shadow_page) << memmap->block_log2))
		return -EINVAL;
	if (first >= memmap->max_nr || memmap->max_nr - first < bank->nr)
		return -ERANGE;
	bank->first = first;
	WRITE_ONCE(memmap->nr, max_t(u32, memmap->nr, first + bank->nr));
	if (!nr)
		memmap->delta = bank->start_pfn - first;
	return 0;
}

/**
 * shadow_memmap_chunk_bytes() - room for all banks in one piece
 * @memmap: the memmap, planned
 *
 * Context: any.
 * Return: bytes, the section table included.
 */
u64 shadow_memmap_chunk_bytes(const struct shadow_memmap *memmap)
{
	return shadow_memmap_entries(memmap) * sizeof(struct shadow_page) +
	       shadow_memmap_section_bytes(memmap);
}

/**
 * shadow_memmap_set_chunk() - put all banks, one after the other, in one piece
 * @memmap: the memmap, planned
 * @chunk: shadow_memmap_chunk_bytes() of memory, aligned to 8
 *
 * Banks are whole blocks, but for a flat memmap, which is one: each begins
 * where it may.
 *
 * Context: boot.
 */
void shadow_memmap_set_chunk(struct shadow_memmap *memmap, void *chunk)
{
	u64 bytes = shadow_memmap_entries(memmap) * sizeof(struct shadow_page);
	char *at = chunk;
	unsigned int nr;

	shadow_memmap_set_base(memmap, chunk, bytes);
	for (nr = 0; nr < memmap->nr_banks; nr++) {
		shadow_memmap_place(memmap, nr, at);
		at += shadow_bank_bytes(&memmap->bank[nr]);
	}
	shadow_memmap_set_sections(memmap, at);
}

/* ------------------------------------------------------ from early memory -- */

static u64 bank_align(const struct shadow_memmap *memmap)
{
	return max_t(u64, sizeof(struct shadow_page) << memmap->block_log2,
		     BIT_ULL(memmap->page_shift));
}

/* Indices count from where a bank may begin first */
static void base_on_block(struct shadow_memmap *memmap,
			  const struct shadow_block *block)
{
	u64 skip = 0, bytes = shadow_block_contents_bytes(block);

	if (!shadow_block_virtual(block))
		skip = ALIGN(block->base, bank_align(memmap)) - block->base;
	skip = min(skip, bytes);
	shadow_memmap_set_base(memmap, (char *)block->virt + skip, bytes - skip);
}

/* Where there is no piece for all of a bank, half of it may do: by sections */
static bool split_bank(struct shadow_memmap *memmap, unsigned int nr)
{
	struct shadow_memmap_bank *bank = &memmap->bank[nr];
	u64 section = max(BIT_ULL(memmap->sections.shift),
			  BIT_ULL(memmap->block_log2));
	u64 middle = round_up(bank->start_pfn + bank->nr / 2, section);

	if (!memmap->sections.nr || memmap->nr_banks == SHADOW_MEMMAP_BOOT_BANKS ||
	    middle >= bank->start_pfn + bank->nr)
		return false;
	memmove(bank + 1, bank, (memmap->nr_banks - nr) * sizeof(*bank));
	bank[0].nr = middle - bank->start_pfn;
	bank[1].start_pfn = middle;
	bank[1].nr -= bank[0].nr;
	memmap->nr_banks++;
	memmap->many = true;
	return true;
}

static int alloc_bank(struct shadow_memmap *memmap, struct shadow_early *early,
		      unsigned int nr)
{
	const struct shadow_memmap_bank *bank = &memmap->bank[nr];
	phys_addr_t pa;

	do
		pa = shadow_early_alloc_backed_nid(early, "memmap",
						   shadow_bank_bytes(bank),
						   bank_align(memmap), bank->nid);
	while (!pa && split_bank(memmap, nr));
	if (!pa)
		return -ENOMEM;
	return shadow_memmap_place(memmap, nr,
				   shadow_phys_to_virt(early->block, pa));
}

/**
 * shadow_memmap_alloc() - take early memory for all banks and tables
 * @memmap: the memmap, planned
 * @early: the early allocator
 * @pageblock_log2: log2 of the frames in a pageblock
 * @pageblock_mt: set to memory for a byte a pageblock
 *
 * Each bank lies in memory of its node while that has some. Follows
 * alloc_node_mem_map() of mm/mm_init.c and sparse_init_nid() of mm/sparse.c.
 *
 * Context: boot.
 * Return: 0; -ENOMEM: there is no piece for one of them; what was taken stays
 * taken, the boot has failed.
 */
int shadow_memmap_alloc(struct shadow_memmap *memmap, struct shadow_early *early,
			unsigned int pageblock_log2, u8 **pageblock_mt)
{
	u64 nr_blocks;
	unsigned int nr;
	phys_addr_t pa;
	char *table;
	int err;

	base_on_block(memmap, early->block);
	if (!memmap->max_nr)
		return -ENOMEM;
	nr_blocks = ((memmap->max_nr - 1) >> pageblock_log2) + 1;
	for (nr = 0; nr < memmap->nr_banks; nr++) {
		err = alloc_bank(memmap, early, nr);
		if (err)
			return err;
	}
	pa = shadow_early_alloc_backed(early, "memmap",
				       shadow_memmap_section_bytes(memmap) + nr_blocks,
				       BIT_ULL(memmap->page_shift));
	if (!pa)
		return -ENOMEM;
	table = shadow_phys_to_virt(early->block, pa);
	shadow_memmap_set_sections(memmap, table);
	*pageblock_mt = (u8 *)table + shadow_memmap_section_bytes(memmap);
	return 0;
}

/* ---------------------------------------------------------- devices' frames -- */

/**
 * shadow_memmap_free_device() - a bank for frames that come later
 * @memmap: the memmap
 *
 * Context: whoever keeps others from adding some.
 * Return: its number; SHADOW_MEMMAP_BANKS: all are in use.
 */
unsigned int shadow_memmap_free_device(const struct shadow_memmap *memmap)
{
	unsigned int nr = SHADOW_MEMMAP_BOOT_BANKS;

	while (nr < SHADOW_MEMMAP_BANKS && memmap->bank[nr].nr)
		nr++;
	return nr;
}

/**
 * shadow_memmap_set_device() - frames have entries from now on
 * @memmap: the memmap, of model VMEMMAP
 * @nr: number of a free bank for devices' frames
 * @range: the frames, none of which has an entry
 * @pages: their entries, which say already what they are
 *
 * Whoever asks for a frame of memory at the same time finds it as before.
 *
 * Context: whoever keeps others from adding or removing some.
 * Return: 0, or -EINVAL or -ERANGE where @pages cannot be reached by an index.
 */
int shadow_memmap_set_device(struct shadow_memmap *memmap, unsigned int nr,
			     const struct shadow_memmap_bank *range, void *pages)
{
	struct shadow_memmap_bank *bank = &memmap->bank[nr];
	int err;

	*bank = *range;
	err = shadow_memmap_place(memmap, nr, pages);
	if (err) {
		bank->nr = 0;
		return err;
	}
	WRITE_ONCE(memmap->nr_devices, memmap->nr_devices + 1);
	WRITE_ONCE(memmap->many, true);
	return 0;
}

/**
 * shadow_memmap_drop_device() - frames have no entries any more
 * @memmap: the memmap
 * @nr: number of their bank
 *
 * Context: whoever keeps others from adding or removing some.
 */
void shadow_memmap_drop_device(struct shadow_memmap *memmap, unsigned int nr)
{
	WRITE_ONCE(memmap->bank[nr].nr, 0);
	WRITE_ONCE(memmap->nr_devices, memmap->nr_devices - 1);
	WRITE_ONCE(memmap->many, memmap->nr_banks > 1 || memmap->nr_devices);
}
