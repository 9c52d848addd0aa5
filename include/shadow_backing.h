/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_backing - the books of a virtual board: which page of the storage
 * holds the contents of which frame. What it does is declared in
 * shadow_block.h; here is what only those need who make a virtual board, look
 * at it or test it.
 *
 * The books lie at the storage's start, followed by a page that stands for
 * every frame without contents. A page of the storage has the size of the
 * machine's frames. Frames are found by a hash; what is in one piece in the
 * storage is one look-up, whatever its length.
 *
 * The storage can be overwritten by whoever uses the machine: an index that
 * is read from it is range-checked before it is followed, a chain is followed
 * for no more steps than there are pages, and the counters are elsewhere.
 */
#ifndef SHADOW_BACKING_H
#define SHADOW_BACKING_H

#include "shadow_block.h"
#include "shadow_fault.h"

/**
 * struct shadow_backing - the books' covers, in the host's memory
 * @lock: protects the books and all that follows from @hint on. Taken inside
 *	every other lock; interrupts off.
 * @virt: the storage
 * @page_shift: log2 of the bytes in a frame
 * @nr_pages: pages in the storage
 * @nr_own: of those, the first ones: books, and the page for what is nowhere
 * @hash_bits: log2 of the chains
 * @aside: metadata is to go aside: no frame of the board may be taken for it
 * @aperture: physical address that stands for the storage's first byte; 0:
 *	there is none
 * @used: one bit a page, set where it is not free
 * @frame: per page, what it holds: number of a frame of the board, or above
 *	all numbers of frames one of SHADOW_BACKING_FREE and its neighbours
 * @next: per page that holds a frame, next page in its chain
 * @chain: first page of each chain
 * @hint: no page below this one is free
 * @nr_backed: pages that hold frames of the board
 * @nr_aside: pages that are aside
 */
struct shadow_backing {
	raw_spinlock_t lock;
	char *virt;
	unsigned int page_shift;
	u32 nr_pages;
	u32 nr_own;
	unsigned int hash_bits;
	bool aside;
	phys_addr_t aperture;
	unsigned long *used;
	u64 *frame;
	u32 *next;
	u32 *chain;

	u32 hint;
	u32 nr_backed;
	u32 nr_aside;
};

/* What a page holds that holds no frame of the board. */
#define SHADOW_BACKING_OWN	(~0ULL)		/* books, or nowhere */
#define SHADOW_BACKING_ASIDE	(~0ULL - 1)	/* known by the aperture */
#define SHADOW_BACKING_FREE	(~0ULL - 2)	/* nothing */

/* The aperture's alignment: that of the storage is alignment there too. */
#define SHADOW_BACKING_APERTURE	((u64)SZ_1G)

/* Names no page; the end of a chain. */
#define SHADOW_BACKING_NO_INDEX	U32_MAX

/* Whether a page may be handed out: it is one, and none of the books'. */
static inline bool shadow_backing_lends(const struct shadow_backing *backing,
					u32 index)
{
	return index - backing->nr_own < backing->nr_pages - backing->nr_own;
}

int shadow_backing_init(struct shadow_backing *backing,
			const struct shadow_block *storage,
			unsigned int page_shift, phys_addr_t aperture,
			bool aside);
u32 shadow_backing_find(const struct shadow_backing *backing, u64 pfn);
u64 shadow_backing_free_pages(struct shadow_backing *backing);
int shadow_backing_verify(const struct shadow_block *block,
			  struct shadow_fault *fault);

#endif /* SHADOW_BACKING_H */
