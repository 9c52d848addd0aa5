// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_backing_verify - do the books of a virtual board fit together? See
 * shadow_backing.h.
 */
#include "shadow_backing.h"

/* What the books say of one page. */
static const char *page_wrong(const struct shadow_block *block, u32 index)
{
	const struct shadow_backing *backing = block->backing;
	u64 frame = backing->frame[index];
	phys_addr_t pa = frame << backing->page_shift;
	bool is_free = frame == SHADOW_BACKING_FREE;
	bool is_own = frame == SHADOW_BACKING_OWN;

	if (test_bit(index, backing->used) == is_free)
		return "is free in one book and not in the other";
	if (shadow_backing_lends(backing, index) == is_own)
		return "is or is not one of the books'";
	if (frame >= SHADOW_BACKING_FREE)
		return NULL;
	if (frame != pa >> backing->page_shift ||
	    !shadow_block_spans(block, pa, 1ULL << backing->page_shift) ||
	    shadow_block_is_aside(block, pa))
		return "holds a frame that the board has not";
	if (shadow_backing_find(backing, frame) != index)
		return "is not what its frame's chain leads to";
	return NULL;
}

/* Pages on all chains, or more than there are pages. */
static u64 count_chained(const struct shadow_backing *backing)
{
	u32 chain, index;
	u64 nr = 0;

	for (chain = 0; chain < 1U << backing->hash_bits; chain++) {
		index = backing->chain[chain];
		while (shadow_backing_lends(backing, index) && nr <= backing->nr_pages) {
			nr++;
			index = backing->next[index];
		}
		if (index != SHADOW_BACKING_NO_INDEX)
			return U64_MAX;
	}
	return nr;
}

static int verify(const struct shadow_block *block, struct shadow_fault *fault)
{
	const struct shadow_backing *backing = block->backing;
	u64 nr_backed = 0, nr_aside = 0;
	const char *wrong;
	u32 index;

	lockdep_assert_held(&backing->lock);
	for (index = 0; index < backing->nr_pages; index++) {
		wrong = page_wrong(block, index);
		if (wrong)
			return shadow_fault_raise(fault,
				"backing: page %u of the storage %s (frame %#llx)",
				index, wrong,
				(unsigned long long)backing->frame[index]);
		if (index < backing->hint && !test_bit(index, backing->used))
			return shadow_fault_raise(fault,
				"backing: page %u is free, below the hint %u",
				index, backing->hint);
		nr_aside += backing->frame[index] == SHADOW_BACKING_ASIDE;
		nr_backed += backing->frame[index] < SHADOW_BACKING_FREE;
	}
	if (nr_backed == backing->nr_backed && nr_aside == backing->nr_aside &&
	    nr_backed == count_chained(backing))
		return 0;
	return shadow_fault_raise(fault,
		"backing: %llu frames and %llu aside found, %u and %u counted, %llu in chains",
		nr_backed, nr_aside, backing->nr_backed, backing->nr_aside,
		count_chained(backing));
}

/**
 * shadow_backing_verify() - are a virtual board's books right?
 * @block: the block; that of a real machine has none
 * @fault: raised with the first thing that is wrong
 *
 * Both books agree on which pages are free; each frame with contents is one of
 * the board's, has one page, and is found; chains end; sums are right.
 *
 * Context: any; takes the lock for the whole time.
 * Return: 0 or -EUCLEAN.
 */
int shadow_backing_verify(const struct shadow_block *block,
			  struct shadow_fault *fault)
{
	struct shadow_backing *backing = block->backing;
	unsigned long flags;
	int err;

	if (!shadow_block_virtual(block))
		return 0;
	raw_spin_lock_irqsave(&backing->lock, flags);
	err = verify(block, fault);
	raw_spin_unlock_irqrestore(&backing->lock, flags);
	return err;
}
