// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_page_owner - who allocated each block of frames, and when. See
 * shadow_page_owner.h.
 */
#include "shadow_early.h"
#include "shadow_page_owner.h"

static u64 bank_bytes(const struct shadow_memmap_bank *bank)
{
	return (u64)bank->nr * sizeof(struct shadow_birth);
}

/**
 * shadow_page_owner_bytes() - memory that the arrays of a memmap take
 * @memmap: the memmap, placed
 *
 * Context: any.
 * Return: bytes.
 */
u64 shadow_page_owner_bytes(const struct shadow_memmap *memmap)
{
	u64 bytes = 0;
	unsigned int nr;

	for (nr = 0; nr < memmap->nr_banks; nr++)
		bytes += bank_bytes(&memmap->bank[nr]);
	return bytes;
}

/**
 * shadow_page_owner_alloc() - take early memory for the arrays
 * @po: filled; nobody is known as yet
 * @memmap: the memmap, whose banks have their places
 * @early: the early allocator
 * @sites: where allocations come from
 *
 * Each array lies in memory of its bank's node while that has some. Follows
 * page_ext_init_flatmem() of mm/page_ext.c.
 *
 * Context: boot.
 * Return: 0; -ENOMEM: there is no piece for one of them; what was taken stays
 * taken, the boot has failed.
 */
int shadow_page_owner_alloc(struct shadow_page_owner *po,
			    const struct shadow_memmap *memmap,
			    struct shadow_early *early,
			    struct shadow_sites *sites)
{
	const struct shadow_memmap_bank *bank = memmap->bank;
	unsigned int nr;
	phys_addr_t pa;

	memset(po, 0, sizeof(*po));
	po->sites = sites;
	po->memmap = memmap;
	for (nr = 0; nr < memmap->nr_banks; nr++, bank++) {
		pa = shadow_early_alloc_backed_nid(early, SHADOW_PAGE_OWNER_NAME,
						   bank_bytes(bank),
						   BIT_ULL(memmap->page_shift),
						   bank->nid);
		if (!pa)
			return -ENOMEM;
		po->birth[nr] = shadow_phys_to_virt(early->block, pa);
		memset(po->birth[nr], 0, bank_bytes(bank));
		po->bytes += bank_bytes(bank);
	}
	return 0;
}

/* Where it is known of a frame; NULL: nowhere, as of frames of devices */
static struct shadow_birth *birth_of(const struct shadow_page_owner *po,
				     const struct shadow_page *page, u32 nr_pages)
{
	const struct shadow_memmap *memmap = po->memmap;
	u32 index = shadow_page_index(memmap, page);
	unsigned int nr;
	u32 at;

	for (nr = 0; nr < memmap->nr_banks; nr++) {
		at = index - memmap->bank[nr].first;
		if (at < memmap->bank[nr].nr)
			return memmap->bank[nr].nr - at >= nr_pages ?
			       po->birth[nr] + at : NULL;
	}
	return NULL;
}

/**
 * shadow_page_owner_set() - frames were just allocated from here
 * @po: the arrays
 * @page: a block's first frame, or the first of several single frames
 * @nr_pages: 1, or how many single frames there are in a row
 * @gfp: SHADOW_GFP_* that they were asked for with
 *
 * Follows __set_page_owner() of mm/page_owner.c, but that a block's further
 * frames are not written.
 *
 * Context: any, also with interrupts off; whoever has the frames.
 */
void shadow_page_owner_set(struct shadow_page_owner *po,
			   const struct shadow_page *page, u32 nr_pages,
			   u32 gfp)
{
	struct shadow_birth *birth = birth_of(po, page, nr_pages);

	if (!birth)
		return;
	shadow_site_birth(po->sites, gfp, birth);
	shadow_page_owner_copy(po, page, nr_pages);
}

/**
 * shadow_page_owner_copy() - parts of a block are now blocks of their own
 * @po: the arrays
 * @page: the block's first frame
 * @nr_pages: frames that were the block's
 *
 * They are from where the block was, and of its age. Follows
 * __split_page_owner() of mm/page_owner.c.
 *
 * Context: any, also with interrupts off; whoever has the frames.
 */
void shadow_page_owner_copy(struct shadow_page_owner *po,
			    const struct shadow_page *page, u32 nr_pages)
{
	struct shadow_birth *birth = birth_of(po, page, nr_pages);
	u32 i;

	for (i = 1; birth && i < nr_pages; i++)
		birth[i] = birth[0];
}

/**
 * shadow_page_owner_clear() - a block is given back
 * @po: the arrays
 * @page: its first frame
 *
 * Follows __reset_page_owner() of mm/page_owner.c, which keeps who freed it.
 *
 * Context: any, also with interrupts off; whoever has the block.
 */
void shadow_page_owner_clear(struct shadow_page_owner *po,
			     const struct shadow_page *page)
{
	struct shadow_birth *birth = birth_of(po, page, 1);

	if (birth)
		*birth = (struct shadow_birth) {};
}

/**
 * shadow_page_owner_get() - who allocated a block
 * @po: the arrays; NULL: there are none
 * @page: its first frame
 * @birth: filled; all 0 where nobody is known
 *
 * Context: any; momentary, unless the block cannot go meanwhile.
 * Return: true if it is known when the block was allocated.
 */
bool shadow_page_owner_get(const struct shadow_page_owner *po,
			   const struct shadow_page *page,
			   struct shadow_birth *birth)
{
	const struct shadow_birth *from = po ? birth_of(po, page, 1) : NULL;

	*birth = from ? *from : (struct shadow_birth) {};
	return birth->seq;
}

/* The entry of an area; with 0 one that is free; NULL: there is none */
static struct shadow_area_birth *__find_area(struct shadow_page_owner *po, u64 va)
{
	struct shadow_area_birth *area = po->area;

	lockdep_assert_held(&po->sites->lock);
	for (; area < po->area + ARRAY_SIZE(po->area); area++)
		if (area->va == va)
			return area;
	return NULL;
}

/**
 * shadow_page_owner_set_area() - an area without frames of its own was made here
 * @po: the arrays
 * @va: its first byte
 *
 * Where too many are known already, nobody knows this one.
 *
 * Context: any, also under raw spinlocks with interrupts off.
 */
void shadow_page_owner_set_area(struct shadow_page_owner *po, u64 va)
{
	struct shadow_area_birth *area;
	struct shadow_birth birth;
	unsigned long flags;

	shadow_site_birth(po->sites, 0, &birth);
	raw_spin_lock_irqsave(&po->sites->lock, flags);
	area = __find_area(po, 0);
	if (area)
		*area = (struct shadow_area_birth) { .va = va, .birth = birth };
	raw_spin_unlock_irqrestore(&po->sites->lock, flags);
}

/**
 * shadow_page_owner_clear_area() - such an area goes
 * @po: the arrays
 * @va: its first byte
 *
 * Context: any, also under raw spinlocks with interrupts off.
 */
void shadow_page_owner_clear_area(struct shadow_page_owner *po, u64 va)
{
	struct shadow_area_birth *area;
	unsigned long flags;

	raw_spin_lock_irqsave(&po->sites->lock, flags);
	area = __find_area(po, va);
	if (area)
		area->va = 0;
	raw_spin_unlock_irqrestore(&po->sites->lock, flags);
}

/**
 * shadow_page_owner_get_area() - when and where such an area was made
 * @po: the arrays
 * @va: its first byte
 * @birth: filled; all 0 where it is not known
 *
 * Context: any, also under raw spinlocks with interrupts off.
 */
void shadow_page_owner_get_area(struct shadow_page_owner *po, u64 va,
				struct shadow_birth *birth)
{
	const struct shadow_area_birth *area;
	unsigned long flags;

	raw_spin_lock_irqsave(&po->sites->lock, flags);
	area = __find_area(po, va);
	*birth = area ? area->birth : (struct shadow_birth) {};
	raw_spin_unlock_irqrestore(&po->sites->lock, flags);
}
