// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_backing - which page of the storage holds the contents of which frame
 * of a virtual board. See shadow_block.h for what it does, shadow_backing.h for
 * how.
 *
 * Pages are taken from the lowest free one upwards, so that long pieces stay
 * free above. A page that holds a frame says which one, and is on that frame's
 * chain; frames in a row whose pages are in a row too are found by the first.
 */
#include <linux/bitmap.h>

#include "shadow_backing.h"

#define NO_INDEX	SHADOW_BACKING_NO_INDEX

/* The page behind the books stands for all frames without contents. */
static u32 nowhere(const struct shadow_backing *backing)
{
	return backing->nr_own - 1;
}

static u64 page_bytes(const struct shadow_backing *backing)
{
	return 1ULL << backing->page_shift;
}

static u64 storage_bytes(const struct shadow_backing *backing)
{
	return (u64)backing->nr_pages << backing->page_shift;
}

static void *page_virt(const struct shadow_backing *backing, u32 index,
		       phys_addr_t pa)
{
	return backing->virt + ((u64)index << backing->page_shift) +
	       (pa & (page_bytes(backing) - 1));
}

/* Neighbouring frames have chains that are far from each other. */
static u32 *chain_of(const struct shadow_backing *backing, u64 pfn)
{
	return &backing->chain[pfn * 0x9e3779b97f4a7c15ULL >>
			       (64 - backing->hash_bits)];
}

/* Where the link is that leads to a frame's page; NULL: it has no contents. */
static u32 *find_link(const struct shadow_backing *backing, u64 pfn)
{
	u32 *link = chain_of(backing, pfn);
	u32 steps, index;

	for (steps = 0; steps < backing->nr_pages; steps++) {
		index = *link;
		if (!shadow_backing_lends(backing, index))
			return NULL;
		if (backing->frame[index] == pfn)
			return link;
		link = &backing->next[index];
	}
	return NULL;
}

/**
 * shadow_backing_find() - the page of a frame
 * @backing: the books
 * @pfn: number of the frame
 *
 * Context: the lock is held; for this room's files.
 * Return: index of the page; SHADOW_BACKING_NO_INDEX: there is none.
 */
u32 shadow_backing_find(const struct shadow_backing *backing, u64 pfn)
{
	u32 *link = find_link(backing, pfn);

	return link ? *link : NO_INDEX;
}

/**
 * struct frames - what a range touches
 * @pfn: first frame
 * @nr: how many
 * @aside: index of the page in the storage, where the range is in the
 *	aperture; else NO_INDEX
 */
struct frames {
	u64 pfn;
	u64 nr;
	u32 aside;
};

static bool in_aperture(const struct shadow_backing *backing, phys_addr_t pa)
{
	return backing->aperture &&
	       pa - backing->aperture < storage_bytes(backing);
}

/* False where the range is empty, leaves the block, or crosses the aperture's start. */
static bool get_frames(const struct shadow_block *block, phys_addr_t pa,
		       u64 bytes, struct frames *frames)
{
	const struct shadow_backing *backing = block->backing;
	u64 offset;

	if (!bytes || !shadow_block_spans(block, pa, bytes))
		return false;
	frames->pfn = pa >> backing->page_shift;
	frames->nr = ((pa + bytes - 1) >> backing->page_shift) - frames->pfn + 1;
	frames->aside = NO_INDEX;
	if (!backing->aperture)
		return true;
	if (pa < backing->aperture)
		return bytes <= backing->aperture - pa;
	offset = pa - backing->aperture;
	frames->aside = offset >> backing->page_shift;
	return offset < storage_bytes(backing) &&
	       bytes <= storage_bytes(backing) - offset;
}

/* How many pages from @index on hold frames in a row from @pfn on. */
static u64 row_of_frames(const struct shadow_backing *backing, u32 index,
			 u64 pfn, u64 nr)
{
	u64 i;

	nr = min_t(u64, nr, backing->nr_pages - index);
	for (i = 0; i < nr && backing->frame[index + i] == pfn + i; i++)
		;
	return i;
}

static u64 row_of_aside(const struct shadow_backing *backing, u32 index, u64 nr)
{
	u64 i;

	for (i = 0; i < nr; i++)
		if (backing->frame[index + i] != SHADOW_BACKING_ASIDE)
			break;
	return i;
}

/* The page where contents of all these frames begin, or NO_INDEX. */
static u32 find_frames(const struct shadow_backing *backing,
		       const struct frames *frames)
{
	u32 index = frames->aside;

	lockdep_assert_held(&backing->lock);
	if (index != NO_INDEX)
		return row_of_aside(backing, index, frames->nr) == frames->nr ?
		       index : NO_INDEX;
	index = shadow_backing_find(backing, frames->pfn);
	if (index == NO_INDEX)
		return NO_INDEX;
	return row_of_frames(backing, index, frames->pfn, frames->nr) ==
	       frames->nr ? index : NO_INDEX;
}

/**
 * shadow_backing_contents() - shadow_block_contents() of a virtual board
 * @block: the block
 * @pa: physical address of the range's first byte, any value
 * @bytes: length of the range
 *
 * Context: any, also with interrupts off.
 * Return: pointer to all of it, in one piece, or NULL.
 */
void *shadow_backing_contents(const struct shadow_block *block, phys_addr_t pa,
			      u64 bytes)
{
	struct shadow_backing *backing = block->backing;
	struct frames frames;
	unsigned long flags;
	u32 index;

	if (!get_frames(block, pa, bytes, &frames))
		return NULL;
	raw_spin_lock_irqsave(&backing->lock, flags);
	index = find_frames(backing, &frames);
	raw_spin_unlock_irqrestore(&backing->lock, flags);
	return index == NO_INDEX ? NULL : page_virt(backing, index, pa);
}

/**
 * shadow_backing_virt() - shadow_phys_to_virt() of a virtual board
 * @block: the block
 * @pa: physical address, any value
 *
 * Context: any, also with interrupts off.
 * Return: pointer to its contents, or into the page that nobody uses.
 */
void *shadow_backing_virt(const struct shadow_block *block, phys_addr_t pa)
{
	void *virt = shadow_backing_contents(block, pa, 1);

	return virt ?: page_virt(block->backing, nowhere(block->backing), pa);
}

/**
 * shadow_backing_phys() - shadow_virt_to_phys() of a virtual board
 * @block: the block
 * @virt: any pointer
 *
 * One read of the books, so that it needs no lock: whoever asks about contents
 * that he has finds what was written when he got them.
 *
 * Context: any.
 * Return: physical address, or SHADOW_BLOCK_NO_PA.
 */
phys_addr_t shadow_backing_phys(const struct shadow_block *block,
				const void *virt)
{
	const struct shadow_backing *backing = block->backing;
	u64 offset = (unsigned long)virt - (unsigned long)backing->virt;
	u64 frame;

	if (offset >= storage_bytes(backing))
		return SHADOW_BLOCK_NO_PA;
	frame = READ_ONCE(backing->frame[offset >> backing->page_shift]);
	switch (frame) {
	case SHADOW_BACKING_ASIDE:
		return backing->aperture + offset;
	case SHADOW_BACKING_OWN:
	case SHADOW_BACKING_FREE:
		return SHADOW_BLOCK_NO_PA;
	default:
		return frame << backing->page_shift |
		       (offset & (page_bytes(backing) - 1));
	}
}

/**
 * shadow_backing_bytes() - shadow_block_contents_bytes() of a virtual board
 * @block: the block
 *
 * Context: any.
 * Return: length of the storage.
 */
u64 shadow_backing_bytes(const struct shadow_block *block)
{
	return storage_bytes(block->backing);
}

/*
 * Pages in a row that are free, the lowest ones, from a multiple of @align_mask
 * + 1 on; taken. NO_INDEX: there are none.
 */
static u32 take_pages(struct shadow_backing *backing, u64 nr,
		      unsigned long align_mask)
{
	unsigned long index;

	lockdep_assert_held(&backing->lock);
	if (nr > backing->nr_pages - backing->nr_own)
		return NO_INDEX;
	index = bitmap_find_next_zero_area(backing->used, backing->nr_pages,
					   backing->hint, nr, align_mask);
	if (index >= backing->nr_pages)
		return NO_INDEX;
	bitmap_set(backing->used, index, nr);
	/* What was passed over may still serve a shorter request */
	if (index == backing->hint || (nr == 1 && !align_mask))
		backing->hint = index + nr;
	return index;
}

static void give_pages(struct shadow_backing *backing, u32 index, u32 nr)
{
	lockdep_assert_held(&backing->lock);
	bitmap_clear(backing->used, index, nr);
	backing->hint = min(backing->hint, index);
}

static bool any_backed(const struct shadow_backing *backing,
		       const struct frames *frames)
{
	u64 i;

	for (i = 0; i < frames->nr; i++)
		if (find_link(backing, frames->pfn + i))
			return true;
	return false;
}

static void enter_frame(struct shadow_backing *backing, u32 index, u64 pfn)
{
	u32 *chain = chain_of(backing, pfn);

	WRITE_ONCE(backing->frame[index], pfn);
	backing->next[index] = *chain;
	*chain = index;
	backing->nr_backed++;
}

static int back(struct shadow_backing *backing, const struct frames *frames,
		u64 align)
{
	u32 index, i;

	if (find_frames(backing, frames) != NO_INDEX)
		return 0;
	if (frames->aside != NO_INDEX)
		return -EINVAL;
	/* Beyond that a walk over the frames would only be long */
	if (frames->nr > backing->nr_pages)
		return -ENOMEM;
	if (any_backed(backing, frames))
		return -EEXIST;
	index = take_pages(backing, frames->nr,
			   align ? (align - 1) >> backing->page_shift : 0);
	if (index == NO_INDEX)
		return -ENOMEM;
	for (i = 0; i < frames->nr; i++)
		enter_frame(backing, index + i, frames->pfn + i);
	return 0;
}

/**
 * shadow_backing_back() - shadow_block_back() of a virtual board
 * @block: the block
 * @pa: physical address in the first frame
 * @bytes: length of the range
 * @align: alignment of the contents in the storage, in bytes, a power of two;
 *	0: a page's. Contents that are there already keep theirs
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: 0, -ENOMEM, -EEXIST or -EINVAL, see there.
 */
int shadow_backing_back(const struct shadow_block *block, phys_addr_t pa,
			u64 bytes, u64 align)
{
	struct shadow_backing *backing = block->backing;
	struct frames frames;
	unsigned long flags;
	int err;

	if (!get_frames(block, pa, bytes, &frames))
		return -EINVAL;
	raw_spin_lock_irqsave(&backing->lock, flags);
	err = back(backing, &frames, align);
	raw_spin_unlock_irqrestore(&backing->lock, flags);
	return err;
}

static void unback(struct shadow_backing *backing, u64 pfn)
{
	u32 *link = find_link(backing, pfn);
	u32 index;

	if (!link)
		return;
	index = *link;
	*link = backing->next[index];
	WRITE_ONCE(backing->frame[index], SHADOW_BACKING_FREE);
	backing->nr_backed--;
	give_pages(backing, index, 1);
}

/**
 * shadow_backing_unback() - shadow_block_unback() of a virtual board
 * @block: the block
 * @pa: physical address in the first frame
 * @bytes: length of the range
 *
 * Context: any, also with interrupts off; does not sleep.
 */
void shadow_backing_unback(const struct shadow_block *block, phys_addr_t pa,
			   u64 bytes)
{
	struct shadow_backing *backing = block->backing;
	struct frames frames;
	unsigned long flags;
	u64 i;

	if (!get_frames(block, pa, bytes, &frames) || frames.aside != NO_INDEX)
		return;
	raw_spin_lock_irqsave(&backing->lock, flags);
	for (i = 0; i < frames.nr && backing->nr_backed; i++)
		unback(backing, frames.pfn + i);
	raw_spin_unlock_irqrestore(&backing->lock, flags);
}

/**
 * shadow_block_aside() - must the machine's metadata leave its frames alone?
 * @block: the block
 *
 * Context: any.
 * Return: true where it goes aside: boards whose reserved list is final.
 */
bool shadow_block_aside(const struct shadow_block *block)
{
	return shadow_block_virtual(block) && block->backing->aside;
}

/**
 * shadow_block_is_aside() - is an address one of the aperture's?
 * @block: the block
 * @pa: physical address, any value
 *
 * Context: any.
 * Return: true if it is, whether anything is there or not.
 */
bool shadow_block_is_aside(const struct shadow_block *block, phys_addr_t pa)
{
	return shadow_block_virtual(block) && in_aperture(block->backing, pa);
}

/**
 * shadow_block_aside_alloc() - contents that are none of the board's frames
 * @block: the block
 * @bytes: how much; counted in whole pages
 * @align: alignment in bytes, a power of two, at most SHADOW_BACKING_APERTURE
 *
 * Contents are arbitrary.
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: physical address in the aperture; 0 where there is no such piece, or
 * no aperture.
 */
phys_addr_t shadow_block_aside_alloc(const struct shadow_block *block,
				     u64 bytes, u64 align)
{
	struct shadow_backing *backing = block->backing;
	unsigned long flags, mask;
	u64 i, nr;
	u32 index;

	if (!shadow_block_virtual(block) || !backing->aperture || !bytes ||
	    bytes > storage_bytes(backing) || align > SHADOW_BACKING_APERTURE)
		return 0;
	nr = DIV_ROUND_UP_ULL(bytes, page_bytes(backing));
	mask = align ? (align - 1) >> backing->page_shift : 0;
	raw_spin_lock_irqsave(&backing->lock, flags);
	index = take_pages(backing, nr, mask);
	if (index != NO_INDEX) {
		for (i = 0; i < nr; i++)
			WRITE_ONCE(backing->frame[index + i],
				   SHADOW_BACKING_ASIDE);
		backing->nr_aside += nr;
	}
	raw_spin_unlock_irqrestore(&backing->lock, flags);
	if (index == NO_INDEX)
		return 0;
	return backing->aperture + ((u64)index << backing->page_shift);
}

/**
 * shadow_block_aside_free() - give back what shadow_block_aside_alloc() gave
 * @block: the block
 * @pa: physical address, or that of a page of it
 * @bytes: how much; counted in whole pages
 *
 * Pages that are not aside are left alone.
 *
 * Context: any, also with interrupts off; does not sleep.
 */
void shadow_block_aside_free(const struct shadow_block *block, phys_addr_t pa,
			     u64 bytes)
{
	struct shadow_backing *backing = block->backing;
	struct frames frames;
	unsigned long flags;
	u32 index, i;

	if (!shadow_block_virtual(block) ||
	    !get_frames(block, pa, bytes, &frames) || frames.aside == NO_INDEX)
		return;
	raw_spin_lock_irqsave(&backing->lock, flags);
	for (i = 0; i < frames.nr; i++) {
		index = frames.aside + i;
		if (backing->frame[index] != SHADOW_BACKING_ASIDE ||
		    !shadow_backing_lends(backing, index))
			continue;
		WRITE_ONCE(backing->frame[index], SHADOW_BACKING_FREE);
		backing->nr_aside--;
		give_pages(backing, index, 1);
	}
	raw_spin_unlock_irqrestore(&backing->lock, flags);
}

/**
 * shadow_backing_free_pages() - how much can still be given
 * @backing: the books
 *
 * Context: any; a momentary value.
 * Return: free pages of the storage.
 */
u64 shadow_backing_free_pages(struct shadow_backing *backing)
{
	unsigned long flags;
	u64 nr;

	raw_spin_lock_irqsave(&backing->lock, flags);
	nr = backing->nr_pages - backing->nr_own - backing->nr_backed -
	     backing->nr_aside;
	raw_spin_unlock_irqrestore(&backing->lock, flags);
	return nr;
}

/* Where each of the books begins; returns where the last one ends. */
static u64 place_books(struct shadow_backing *backing)
{
	u64 nr = backing->nr_pages, at = 0;

	backing->frame = (u64 *)(backing->virt + at);
	at += nr * sizeof(*backing->frame);
	backing->used = (unsigned long *)(backing->virt + at);
	at += BITS_TO_LONGS(nr) * sizeof(*backing->used);
	backing->next = (u32 *)(backing->virt + at);
	at += nr * sizeof(*backing->next);
	backing->chain = (u32 *)(backing->virt + at);
	return at + sizeof(*backing->chain) * (1ULL << backing->hash_bits);
}

static void write_books(struct shadow_backing *backing)
{
	u32 nr = backing->nr_pages, own = backing->nr_own;

	memset64(backing->frame, SHADOW_BACKING_OWN, own);
	memset64(backing->frame + own, SHADOW_BACKING_FREE, nr - own);
	bitmap_zero(backing->used, nr);
	bitmap_set(backing->used, 0, own);
	memset32(backing->next, NO_INDEX, nr);
	memset32(backing->chain, NO_INDEX, 1U << backing->hash_bits);
	memset(page_virt(backing, nowhere(backing), 0), 0, page_bytes(backing));
}

/**
 * shadow_backing_init() - empty books: no frame of the board has contents
 * @backing: what to initialise
 * @storage: real memory; its start is written to, the rest is not touched
 * @page_shift: log2 of the bytes in a frame of the board, and of a page of
 *	the storage
 * @aperture: where the storage is to appear among the machine's physical
 *	addresses, above the board, a multiple of SHADOW_BACKING_APERTURE; 0:
 *	nowhere, so that nothing can go aside
 * @aside: metadata is to go aside
 *
 * There is nothing to undo: the books go with the storage.
 *
 * Context: any; nobody else uses the block yet.
 * Return: 0; -EINVAL for a storage that is real memory of nobody, or not
 * aligned to pages, or too small for its books and one page more, for an
 * aperture that is not aligned, wraps around or lacks although metadata is to
 * go there; -E2BIG for a storage with more pages than can be counted.
 */
int shadow_backing_init(struct shadow_backing *backing,
			const struct shadow_block *storage,
			unsigned int page_shift, phys_addr_t aperture,
			bool aside)
{
	u64 nr = storage->bytes >> page_shift;
	u64 page = 1ULL << page_shift, own;

	if (!storage->virt || storage->backing ||
	    !IS_ALIGNED((unsigned long)storage->virt, page) ||
	    aperture % SHADOW_BACKING_APERTURE || (aside && !aperture) ||
	    aperture + storage->bytes < aperture)
		return -EINVAL;
	if (nr > S32_MAX)
		return -E2BIG;
	if (nr < 3)
		return -EINVAL;

	memset(backing, 0, sizeof(*backing));
	raw_spin_lock_init(&backing->lock);
	backing->virt = storage->virt;
	backing->page_shift = page_shift;
	backing->nr_pages = nr;
	backing->hash_bits = ilog2(roundup_pow_of_two((unsigned long)nr));
	backing->aside = aside;
	backing->aperture = aperture;
	own = DIV_ROUND_UP_ULL(place_books(backing), page) + 1;
	if (own >= nr)
		return -EINVAL;
	backing->nr_own = own;
	backing->hint = own;
	write_books(backing);
	return 0;
}
