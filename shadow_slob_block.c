// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slob_block - the engine "slob": the free blocks of one page, how one is
 * carved and how what comes back is merged. See shadow_slob.h.
 *
 * What is read from a page is checked before it is followed; what is found
 * wrong freezes the machine, and the page has not been changed.
 */
#include "shadow_slob.h"

#define NO_UNIT		U32_MAX

/**
 * struct block - a free block, as its page describes it
 * @first: its first unit
 * @units: how many
 * @next: the next block's first unit; the page's end: there is none
 */
struct block {
	u32 first;
	u32 units;
	u32 next;
};

static s32 get_unit(const struct shadow_slob *slob, const char *base, u32 unit)
{
	if (slob->unit == sizeof(s16))
		return READ_ONCE(((const s16 *)base)[unit]);
	return READ_ONCE(((const s32 *)base)[unit]);
}

static void set_unit(const struct shadow_slob *slob, char *base, u32 unit, s32 to)
{
	if (slob->unit == sizeof(s16))
		WRITE_ONCE(((s16 *)base)[unit], to);
	else
		WRITE_ONCE(((s32 *)base)[unit], to);
}

/* set_slob() */
static void set_block(const struct shadow_slob *slob, char *base, u32 first,
		      u32 units, u32 next)
{
	if (units > 1) {
		set_unit(slob, base, first, units);
		set_unit(slob, base, first + 1, next);
	} else {
		set_unit(slob, base, first, -(s32)next);
	}
}

static unsigned long long pfn_of(const struct shadow_slab *slab,
				 const struct shadow_page *page)
{
	return shadow_page_to_pfn(slab->nodes, page);
}

/**
 * shadow_slob_broken() - freeze the machine: a page is not as it should be
 * @slab: the layer
 * @page: the page
 * @what: what is wrong
 *
 * Context: any.
 * Return: -EUCLEAN.
 */
int shadow_slob_broken(struct shadow_slab *slab, const struct shadow_page *page,
		       const char *what)
{
	return shadow_fault_raise(slab->nodes->fault, "slob: pfn %llu: %s",
				  pfn_of(slab, page), what);
}

/*
 * Read the block at @first, where the one before it (or the page) says that one
 * begins. slob_units() and slob_next(), which believe what they read.
 */
static int get_block(const struct shadow_slab *slab, struct shadow_fault *fault,
		     const struct shadow_slob_piece *piece, u32 first,
		     struct block *block)
{
	const struct shadow_slob *slob = shadow_slob_of(slab);
	s32 units, next;

	if (first >= slob->units)
		return shadow_fault_raise(fault,
			"slob: pfn %llu: first free block at unit %u (allowed: below %u)",
			pfn_of(slab, piece->page), first, slob->units);
	units = get_unit(slob, piece->base, first);
	if (units == 0 || units == 1 || units > (s32)(slob->units - first))
		return shadow_fault_raise(fault,
			"slob: pfn %llu, offset %u: free block of %d units (allowed: 2 to %u)",
			pfn_of(slab, piece->page), first * slob->unit, units,
			slob->units - first);
	if (units < 0) {
		next = -units;
		units = 1;
	} else {
		next = get_unit(slob, piece->base, first + 1);
	}
	if (next != (s32)slob->units &&
	    (next <= (s32)first + units || next > (s32)slob->units))
		return shadow_fault_raise(fault,
			"slob: pfn %llu, offset %u: next free block at unit %d (allowed: %u to %u)",
			pfn_of(slab, piece->page), first * slob->unit, next,
			min(first + units + 1, slob->units), slob->units);
	block->first = first;
	block->units = units;
	block->next = next;
	return 0;
}

/* What the page says of its units; the free ones are at least @units. */
static int check_counts(struct shadow_slab *slab,
			const struct shadow_slob_piece *piece)
{
	const struct shadow_slob *slob = shadow_slob_of(slab);
	const struct shadow_page *page = piece->page;

	if (page->slab.objects == slob->units && page->slab.inuse <= slob->units)
		return 0;
	return shadow_fault_raise(slab->nodes->fault,
				  "slob: pfn %llu: %u of %u units in use (allowed: of %u)",
				  pfn_of(slab, page), page->slab.inuse,
				  page->slab.objects, slob->units);
}

/**
 * __shadow_slob_fill() - all of a page becomes one free block
 * @slob: the engine's share of the machine
 * @piece: @page and @base of it
 *
 * Context: any; under the engine's lock, or nobody else knows of the page.
 */
void __shadow_slob_fill(const struct shadow_slob *slob,
			const struct shadow_slob_piece *piece)
{
	piece->page->slab.freelist = 0;
	piece->page->slab.inuse = 0;
	piece->page->slab.objects = slob->units;
	set_block(slob, piece->base, 0, slob->units, slob->units);
}

/**
 * shadow_slob_next_free() - a page's free blocks, one after the other
 * @slab: the layer
 * @fault: raised where a block is not as it should be
 * @piece: @page and @base of the page; with @units 0 it becomes the first free
 *	block, else the one that follows it
 *
 * Context: any; under the engine's lock, or nobody allocates or frees.
 * Return: 1; 0 where there is none; -EUCLEAN.
 */
int shadow_slob_next_free(const struct shadow_slab *slab,
			  struct shadow_fault *fault,
			  struct shadow_slob_piece *piece)
{
	u32 next = piece->page->slab.freelist;
	struct block block;

	if (piece->units) {
		if (get_block(slab, fault, piece, piece->first, &block))
			return -EUCLEAN;
		next = block.next;
		if (next == shadow_slob_of(slab)->units)
			return 0;
	} else if (next == SHADOW_SLAB_END) {
		return 0;
	}
	if (get_block(slab, fault, piece, next, &block))
		return -EUCLEAN;
	piece->first = block.first;
	piece->units = block.units;
	return 1;
}

/* Units to skip so that the place behind @offset bytes is aligned. */
static u32 units_to_align(const struct shadow_slob *slob,
			  const struct shadow_slob_want *want, u32 first)
{
	u32 offset = first * slob->unit + want->offset;

	return (ALIGN(offset, want->align) - offset) / slob->unit;
}

/*
 * Take units out of a block, @skip from its beginning. What is in front stays a
 * block, what is behind becomes one. @prev: the block in front, or NO_UNIT.
 */
static int cut(struct shadow_slab *slab, const struct shadow_slob_piece *piece,
	       const struct block *block, const struct block *prev, u32 skip)
{
	const struct shadow_slob *slob = shadow_slob_of(slab);
	struct shadow_page *page = piece->page;
	u32 left = block->units - skip - piece->units;
	u32 next = left ? piece->first + piece->units : block->next;
	bool full = page->slab.inuse + piece->units == slob->units;
	bool last = !skip && prev->first == NO_UNIT && next == slob->units;

	if (page->slab.inuse + piece->units > slob->units || full != last)
		return shadow_fault_raise(slab->nodes->fault,
			"slob: pfn %llu: %u units in use, the free list says otherwise",
			pfn_of(slab, page), page->slab.inuse);
	if (left)
		set_block(slob, piece->base, next, left, block->next);
	if (skip)
		set_block(slob, piece->base, block->first, skip, next);
	else if (prev->first != NO_UNIT)
		set_block(slob, piece->base, prev->first, prev->units, next);
	else
		page->slab.freelist = last ? SHADOW_SLAB_END : next;
	page->slab.inuse += piece->units;
	return 0;
}

/**
 * __shadow_slob_carve() - units of a page, of the first block that has room
 * @slab: the layer
 * @want: how much, and how aligned
 * @piece: @page and @base of the page, with free units; the rest is filled in
 *
 * Follows slob_page_alloc().
 *
 * Context: under the engine's lock.
 * Return: 1; 0 where no block has room; -EUCLEAN.
 */
int __shadow_slob_carve(struct shadow_slab *slab,
			const struct shadow_slob_want *want,
			struct shadow_slob_piece *piece)
{
	const struct shadow_slob *slob = shadow_slob_of(slab);
	struct block prev = { .first = NO_UNIT }, block;
	u32 next = piece->page->slab.freelist;
	u32 skip;

	lockdep_assert_held(&slob->lock);
	if (check_counts(slab, piece))
		return -EUCLEAN;
	piece->units = shadow_slob_units(slob, want->bytes);
	for (;; prev = block, next = block.next) {
		if (get_block(slab, slab->nodes->fault, piece, next, &block))
			return -EUCLEAN;
		skip = units_to_align(slob, want, block.first);
		if (block.units >= piece->units + skip)
			break;
		if (block.next == slob->units)
			return 0;
	}
	piece->first = block.first + skip;
	return cut(slab, piece, &block, &prev, skip) ?: 1;
}

/*
 * The free blocks before and behind a piece; @first is NO_UNIT where there is
 * none. -EINVAL if one of them has units of it: it is free already.
 */
static int find_place(struct shadow_slab *slab, const struct shadow_slob_piece *piece,
		      struct block *prev, struct block *next)
{
	struct shadow_fault *fault = slab->nodes->fault;
	const struct shadow_slob *slob = shadow_slob_of(slab);
	u32 at = piece->page->slab.freelist;

	prev->first = NO_UNIT;
	next->first = NO_UNIT;
	if (at == SHADOW_SLAB_END)
		return 0;
	for (; at < piece->first; at = prev->next) {
		if (get_block(slab, fault, piece, at, prev))
			return -EUCLEAN;
	}
	if (prev->first != NO_UNIT && prev->first + prev->units > piece->first)
		return -EINVAL;
	if (at == slob->units && prev->first != NO_UNIT)
		return 0;
	if (get_block(slab, fault, piece, at, next))
		return -EUCLEAN;
	return piece->first + piece->units > next->first ? -EINVAL : 0;
}

/* Before a page goes back: what is free reaches from its ends to the piece. */
static bool all_else_is_free(const struct shadow_slob *slob,
			     const struct shadow_slob_piece *piece,
			     const struct block *prev, const struct block *next)
{
	u32 end = piece->first + piece->units;
	u32 before = prev->first ? 0 : prev->units;
	u32 behind = next->first == end ? next->units : 0;

	return before == piece->first && behind == slob->units - end;
}

/**
 * __shadow_slob_merge() - units of a page become free
 * @slab: the layer
 * @piece: they; inside the page
 *
 * One block with those that they touch. A page of which nothing else is in use
 * stays as it is: it goes to the page allocator. Follows slob_free().
 *
 * Context: under the engine's lock.
 * Return: 0; 1 if nothing else of the page is in use; -EINVAL if some of the
 * units are free, and nothing has changed; -EUCLEAN.
 */
int __shadow_slob_merge(struct shadow_slab *slab,
			const struct shadow_slob_piece *piece)
{
	const struct shadow_slob *slob = shadow_slob_of(slab);
	struct shadow_page *page = piece->page;
	u32 first = piece->first, units = piece->units;
	struct block prev, next;
	bool full, none;
	u32 behind;
	int err;

	lockdep_assert_held(&slob->lock);
	err = check_counts(slab, piece) ?: find_place(slab, piece, &prev, &next);
	if (err)
		return err;
	full = page->slab.inuse == slob->units;
	none = page->slab.freelist == SHADOW_SLAB_END;
	if (page->slab.inuse < units || full != none)
		return shadow_fault_raise(slab->nodes->fault,
			"slob: pfn %llu: %u units in use, the free list says otherwise",
			pfn_of(slab, page), page->slab.inuse);
	if (page->slab.inuse == units)
		return all_else_is_free(slob, piece, &prev, &next) ? 1 :
		       shadow_slob_broken(slab, page, "nothing else in use, but not free");
	behind = next.first == NO_UNIT ? slob->units : next.first;
	if (behind == first + units && next.first != NO_UNIT) {
		units += next.units;
		behind = next.next;
	}
	if (prev.first == NO_UNIT) {
		page->slab.freelist = first;
	} else if (prev.first + prev.units == first) {
		first = prev.first;
		units += prev.units;
	} else {
		set_block(slob, piece->base, prev.first, prev.units, first);
	}
	set_block(slob, piece->base, first, units, behind);
	page->slab.inuse -= piece->units;
	return 0;
}
