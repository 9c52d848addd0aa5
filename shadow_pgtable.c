// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_pgtable - builds and changes a tree of stage 1 translation tables.
 *
 * Work goes by runs: neighbouring entries of one table are handled in one
 * loop after one descent from the root. What can fail is done before anything
 * is changed, except in map, which takes back what it has written.
 *
 * The order of writes, barriers and invalidations is that of a live kernel:
 * what was translated is invalidated before its table or its frame can be used
 * for anything else, and what changes its size, its type or its address is
 * broken before it is made.
 */
#include "shadow_latency.h"
#include "shadow_pgtable_run.h"
#include "shadow_ring_quick.h"

/* Level of the largest leaf that fits */
static __always_inline int leaf_level(const struct shadow_geometry *geo, u64 va,
				      phys_addr_t pa, u64 left,
				      unsigned int flags)
{
	int level;

	if (flags & SHADOW_MAP_NO_BLOCK)
		return SHADOW_LAST_LEVEL;
	/* All granules have blocks at level 2: small things end here */
	if (left >> shadow_geometry_shift(geo, 2) == 0)
		return SHADOW_LAST_LEVEL;
	for (level = max_t(int, geo->start_level, 0); level < SHADOW_LAST_LEVEL;
	     level++) {
		u64 bytes = 1ULL << shadow_geometry_shift(geo, level);

		if (shadow_geometry_has_block(geo, level) && left >= bytes &&
		    !((va | pa) & (bytes - 1)))
			return level;
	}
	return SHADOW_LAST_LEVEL;
}

/*
 * How much of a range is mapped alike: with the contiguous hint (returned) as
 * far as there are whole groups, or without it up to where the first one is.
 */
static __always_inline u64 hint(const struct shadow_geometry *geo, int level,
				u64 va, phys_addr_t pa, u64 *bytes,
				unsigned int flags)
{
	u64 mask = ((u64)shadow_geometry_contig(geo, level)
		    << shadow_geometry_shift(geo, level)) - 1;
	u64 before = -va & mask;

	if (flags & SHADOW_MAP_NO_CONT || (va ^ pa) & mask)
		return 0;
	if (before) {
		*bytes = min(*bytes, before);
		return 0;
	}
	if (*bytes <= mask || shadow_geometry_contig(geo, level) == 1)
		return 0;
	*bytes &= ~mask;
	return SHADOW_ATTR_CONT;
}

static __always_inline bool any_used(const u64 *entry, unsigned int nr)
{
	unsigned int i;
	u64 any = 0;

#pragma GCC unroll 8
	for (i = 0; i < nr; i++)
		any |= entry[i];
	return any;
}

/* Leaves of one size into one table, as many as fit; counts bytes in @done */
static __always_inline int map_run(struct shadow_pgtable *pgt, u64 va,
				   phys_addr_t pa, u64 left, int level,
				   u64 attrs, u64 *done)
{
	const struct shadow_geometry *geo = &pgt->geo;
	unsigned int shift = shadow_geometry_shift(geo, level);
	u64 desc = shadow_desc_from_oa(geo, pa) | attrs |
		   shadow_pgtable_leaf_type(level);
	/* The address is in place, and one addition steps it, below 2^48 */
	u64 nr = min(left, BIT_ULL(48) - (pa & GENMASK_ULL(47, 0))) >> shift;
	struct shadow_pgtable_path path;
	u64 *entry;
	int err;

	if (likely(level == SHADOW_LAST_LEVEL))
		err = shadow_pgtable_find(pgt, va, &path);
	else
		err = shadow_pgtable_descend(pgt, va, level, &path);
	if (unlikely(err))
		return err;
	if (unlikely(path.level < level)) {
		if (*path.entry[path.level + 1])
			return -EEXIST;
		err = shadow_pgtable_grow(pgt, va, level, &path);
		if (err)
			return err;
	}
	nr = min_t(u64, nr, shadow_pgtable_entries_left(geo, level, va));
	entry = path.entry[level + 1];
	if (unlikely(any_used(entry, nr)))
		return -EEXIST;
	shadow_pgtable_write(entry, nr, desc, 1ULL << shift);
	shadow_tlb_wrote(&pgt->tlb, SHADOW_TLB_OP_WRITE_SYNC, va,
			 shadow_pgtable_desc_pa(pgt, &path, va), level, desc,
			 shift, nr);
	shadow_pgtable_added(pgt, &path, nr);
	*done += nr << shift;
	return 0;
}

/* The leaves of a range, all there, shall stay as they were asked for */
static int keep_range(struct shadow_pgtable *pgt, u64 va, u64 bytes)
{
	struct shadow_pgtable_run run;
	u64 done;

	for (; bytes; va += done, bytes -= done) {
		int err = shadow_pgtable_find_run(pgt, va, bytes, &run);

		if (err)
			return err;
		if (run.path.level == pgt->geo.start_level)
			pgt->root_keep = true;
		else
			*run.path.entry[run.path.level] |= SHADOW_TABLE_KEEP;
		done = shadow_pgtable_run_bytes(&run, va, bytes);
	}
	return 0;
}

/*
 * A range has been mapped whole: what it completes grows together. A group or a
 * table that was not empty before can only be at one of its ends.
 */
static int settle_range(struct shadow_pgtable *pgt, u64 va, phys_addr_t pa,
			u64 bytes, unsigned int flags)
{
	int err;

	if (unlikely(flags & SHADOW_MAP_AS_TOLD))
		return keep_range(pgt, va, bytes);
	if ((va ^ pa) & pgt->group_mask)
		return 0;
	err = shadow_pgtable_fold_at(pgt, va);
	return err ? : shadow_pgtable_fold_at(pgt, va + bytes - 1);
}

static noinline int map_range(struct shadow_pgtable *pgt, u64 va,
			      phys_addr_t pa, u64 bytes, u64 attrs,
			      unsigned int flags)
{
	u64 done = 0;
	int err;

	do {
		u64 now = bytes - done, cont;
		int level = leaf_level(&pgt->geo, va + done, pa + done, now,
				       flags);

		cont = hint(&pgt->geo, level, va + done, pa + done, &now, flags);
		err = map_run(pgt, va + done, pa + done, now, level,
			      attrs | cont, &done);
	} while (!err && done < bytes);
	if (unlikely(err)) {
		shadow_pgtable_clear(pgt, va, done, false);
		return err;
	}
	return settle_range(pgt, va, pa, bytes, flags);
}

/* Are both neighbours of a page there, in its group taken as a ring? */
static __always_inline bool has_neighbours(const struct shadow_pgtable *pgt,
					   unsigned int index)
{
	unsigned int mask = pgt->group_mask >> pgt->geo.page_shift;
	const u64 *group = &pgt->hot.table[index & ~mask];

	return group[(index + 1) & mask] && group[(index - 1) & mask];
}

/* One page into the table that was used last; -EAGAIN: not the quick way */
static __always_inline int map_hot_page(struct shadow_pgtable *pgt, u64 va,
					phys_addr_t pa, u64 prot,
					unsigned int flags)
{
	unsigned int index = shadow_pgtable_hot_index(pgt, va);
	u64 desc = shadow_desc_from_oa(&pgt->geo, pa) | SHADOW_TYPE_PAGE |
		   (prot & pgt->geo.attr_mask);
	u64 *entry = &pgt->hot.table[index];
	u64 *parent = pgt->hot.parent;
	u64 link = *parent;

	if (unlikely(flags))
		link |= SHADOW_TABLE_KEEP;
	/* A last page has neighbours, of its group or of its table */
	else if (unlikely(!((va ^ pa) & pgt->group_mask) &&
			  has_neighbours(pgt, index)))
		return -EAGAIN;
	if (unlikely(*entry || (link & SHADOW_TABLE_USED_LOW) ==
			       SHADOW_TABLE_USED_LOW))
		return -EAGAIN;
	WRITE_ONCE(*entry, desc);
	WRITE_ONCE(*parent, link + SHADOW_TABLE_USED_ONE);
	shadow_tlb_wrote(&pgt->tlb, SHADOW_TLB_OP_WRITE_SYNC, va,
			 pgt->hot.pa + index * sizeof(u64), SHADOW_LAST_LEVEL,
			 desc, 0, 1);
	if (shadow_counting())
		pgt->nr_mapped++;
	return 0;
}

/* Out of line: what says it needs a frame of the stack */
static noinline void tell_map(const struct shadow_pgtable *pgt, u64 va,
			      phys_addr_t pa, u64 nr, u64 prot,
			      unsigned int flags)
{
	shadow_event(pgt->events, SHADOW_EV_MAP, nr, va, pa, nr, prot, flags);
}

static noinline int map_any(struct shadow_pgtable *pgt, u64 va, phys_addr_t pa,
			    u64 bytes, u64 prot, unsigned int flags)
{
	bool force = flags & SHADOW_MAP_FORCE;
	unsigned long irq;
	int err = shadow_pgtable_check_range(pgt, va, pa, bytes);

	if (err)
		return err;
	if (flags & ~SHADOW_MAP_FLAGS)
		return -EINVAL;
	err = shadow_prot_check(prot, force);
	if (err)
		return err;
	if (!force)
		WRITE_ONCE(pgt->good_prot, prot);
	raw_spin_lock_irqsave(&pgt->lock, irq);
	err = map_range(pgt, va, pa, bytes, prot & pgt->geo.attr_mask, flags);
	if (shadow_counting() && !err)
		pgt->nr_mapped += bytes >> pgt->geo.page_shift;
	raw_spin_unlock_irqrestore(&pgt->lock, irq);
	if (shadow_event_heard(SHADOW_EV_MAP) && !err)
		tell_map(pgt, va, pa, bytes >> pgt->geo.page_shift, prot, flags);
	return err;
}

/* Nothing to find fault with, and one page: all checks in a few instructions */
static __always_inline bool is_plain_page(const struct shadow_pgtable *pgt,
					  u64 va, phys_addr_t pa, u64 bytes,
					  u64 prot, unsigned int flags)
{
	return bytes == pgt->page_bytes && prot == READ_ONCE(pgt->good_prot) &&
	       !((va & (bytes - 1)) | (pa & pgt->bad_pa) |
		 (flags & ~SHADOW_MAP_AS_TOLD)) &&
	       !shadow_fault_frozen(pgt->fault);
}

/* One page, where that is quick; false: nothing has changed */
static __always_inline bool map_quick(struct shadow_pgtable *pgt, u64 va,
				      phys_addr_t pa, u64 bytes, u64 prot,
				      unsigned int flags)
{
	unsigned long irq;
	int err = -EAGAIN;

	if (unlikely(!is_plain_page(pgt, va, pa, bytes, prot, flags)))
		return false;
	raw_spin_lock_irqsave(&pgt->lock, irq);
	if (shadow_pgtable_is_hot(pgt, va))
		err = map_hot_page(pgt, va, pa, prot, flags);
	raw_spin_unlock_irqrestore(&pgt->lock, irq);
	return likely(!err);
}

static __always_inline int
map_now(struct shadow_pgtable *pgt, u64 va, phys_addr_t pa,
	u64 bytes, u64 prot, unsigned int flags, const bool tell)
{
	if (unlikely(!map_quick(pgt, va, pa, bytes, prot, flags)))
		return map_any(pgt, va, pa, bytes, prot, flags);
	if (tell && shadow_event_heard(SHADOW_EV_MAP))
		tell_map(pgt, va, pa, 1, prot, flags);
	return 0;
}

/* Recorded, measured, or both */
static noinline int map_watched(struct shadow_pgtable *pgt, u64 va, phys_addr_t pa,
				u64 bytes, u64 prot, unsigned int flags)
{
	struct shadow_latency_mark mark;
	struct shadow_op op;
	int err;

	shadow_op_begin_as(&op, pgt->events, SHADOW_EV_MAP);
	shadow_latency_begin(&mark, pgt->events, SHADOW_LATENCY_MAP);
	err = map_now(pgt, va, pa, bytes, prot, flags, true);
	shadow_latency_end(&mark, err);
	shadow_op_end(&op, SHADOW_OP_MAP, err, pgt->root | flags, va, pa, bytes,
		      prot);
	return err;
}

/* While nobody but the ring listens: the quick way, or as map_watched() */
static noinline int map_recorded(struct shadow_pgtable *pgt, u64 va, phys_addr_t pa,
				 u64 bytes, u64 prot, unsigned int flags)
{
	unsigned long irqflags;
	struct shadow_ring *ring = shadow_ring_of(pgt->events);

	if (unlikely(!ring || !shadow_ring_enter(ring, &irqflags)))
		return map_watched(pgt, va, pa, bytes, prot, flags);
	if (unlikely(!map_quick(pgt, va, pa, bytes, prot, flags))) {
		shadow_ring_leave(ring, irqflags);
		return map_watched(pgt, va, pa, bytes, prot, flags);
	}
	shadow_ring_put_op(ring, SHADOW_OP_MAP, pgt->root | flags, va, pa,
			   bytes, prot);
	shadow_ring_count_single(ring, SHADOW_SINGLE_MAP);
	shadow_ring_leave(ring, irqflags);
	return 0;
}

/**
 * shadow_pgtable_map() - map a range to contiguous physical addresses
 * @pgt: the tables
 * @va: first address, page aligned
 * @pa: what it is mapped to, page aligned; any address, not only the block's
 * @bytes: length, a multiple of the page size
 * @prot: SHADOW_PAGE_*, SHADOW_PROT_* or what shadow_prot_parse() gave
 * @flags: SHADOW_MAP_*
 *
 * Uses the largest leaves that alignment and length allow, with the contiguous
 * hint for whole groups, and folds what the range completes, unless @flags say
 * otherwise: then its leaves stay as they are made. All or nothing: after an
 * error the tables are as before, bit for bit. Follows
 * __create_pgd_mapping() of arch/arm64/mm/mmu.c and arm_lpae_map_pages() of
 * drivers/iommu/io-pgtable-arm.c.
 *
 * Context: any; takes the lock, does not sleep.
 * Return: 0; -EINVAL: misaligned, empty, wraps around, or no protection;
 * -EPERM: writable and executable; -ERANGE: outside the half or beyond the
 * output size; -EEXIST: something is mapped there; -ENOMEM: no page for a
 * table; -EUCLEAN: the tables are broken.
 */
int shadow_pgtable_map(struct shadow_pgtable *pgt, u64 va, phys_addr_t pa,
		       u64 bytes, u64 prot, unsigned int flags)
{
	if (shadow_watched())
		return map_recorded(pgt, va, pa, bytes, prot, flags);
	return map_now(pgt, va, pa, bytes, prot, flags, false);
}

/* Pages into the table that was used last, as many as there is place for */
static __always_inline unsigned int
map_hot_pages(struct shadow_pgtable *pgt, u64 va, const phys_addr_t *pa,
	      unsigned int nr, u64 attrs)
{
	unsigned int index = shadow_pgtable_hot_index(pgt, va), i;
	phys_addr_t desc_pa = pgt->hot.pa + index * sizeof(u64);
	const struct shadow_geometry geo = pgt->geo;
	u64 *entry = &pgt->hot.table[index];
	u64 *parent = pgt->hot.parent;
	u64 link = *parent, desc;

	nr = min(nr, (1U << geo.bits_per_level) - index);
	for (i = 0; i < nr && likely(!entry[i]); i++) {
		desc = shadow_desc_from_oa(&geo, pa[i]) | attrs;
		WRITE_ONCE(entry[i], desc);
		shadow_tlb_wrote(&pgt->tlb, SHADOW_TLB_OP_WRITE_SYNC,
				 va + ((u64)i << geo.page_shift),
				 desc_pa + i * sizeof(u64), SHADOW_LAST_LEVEL,
				 desc, 0, 1);
	}
	WRITE_ONCE(*parent,
		   shadow_table_with_used(link, shadow_table_used(link) + i));
	return i;
}

/* Under the lock; where the quick way ends, a page goes the other one */
static int map_each(struct shadow_pgtable *pgt, u64 va, const phys_addr_t *pa,
		    unsigned int nr, u64 attrs, unsigned int flags)
{
	const u64 page_bytes = pgt->page_bytes;
	unsigned int done = 0, now;
	u64 at = va, bytes;
	int err;

	for (; done < nr; done += now, at += now * page_bytes) {
		now = 0;
		if (shadow_pgtable_is_hot(pgt, at))
			now = map_hot_pages(pgt, at, pa + done, nr - done,
					    attrs | SHADOW_TYPE_PAGE);
		if (now)
			continue;
		bytes = 0;
		err = map_run(pgt, at, pa[done], page_bytes, SHADOW_LAST_LEVEL,
			      attrs, &bytes);
		if (unlikely(err)) {
			shadow_pgtable_clear(pgt, va, at - va, false);
			return err;
		}
		now = 1;
	}
	return flags & SHADOW_MAP_AS_TOLD ?
	       keep_range(pgt, va, nr * page_bytes) : 0;
}

/**
 * shadow_pgtable_map_pages() - map pages to addresses that are in no order
 * @pgt: the tables
 * @va: address of the first page, page aligned; the others follow it
 * @pa: what each is mapped to, page aligned
 * @nr: how many pages, at least one
 * @prot: SHADOW_PAGE_*, SHADOW_PROT_* or what shadow_prot_parse() gave
 * @flags: SHADOW_MAP_*, where NO_BLOCK and NO_FOLD say that these tables are
 *	never folded
 *
 * Pages alone: they get no contiguous hint, and what they complete is not
 * folded. All or nothing, as shadow_pgtable_map(). Follows
 * vmap_pages_pte_range() of mm/vmalloc.c.
 *
 * Context: any; takes the lock once, does not sleep.
 * Return: as shadow_pgtable_map().
 */
int shadow_pgtable_map_pages(struct shadow_pgtable *pgt, u64 va,
			     const phys_addr_t *pa, unsigned int nr, u64 prot,
			     unsigned int flags)
{
	u64 bytes = nr * pgt->page_bytes, attrs = prot & pgt->geo.attr_mask;
	phys_addr_t any_pa = 0;
	unsigned long irq;
	unsigned int i;
	int err;

	for (i = 0; i < nr; i++)
		any_pa |= pa[i];
	err = shadow_pgtable_check_range(pgt, va, any_pa & pgt->bad_pa, bytes);
	if (unlikely(err))
		return err;
	if (unlikely(flags & ~SHADOW_MAP_FLAGS))
		return -EINVAL;
	err = shadow_prot_check(prot, flags & SHADOW_MAP_FORCE);
	if (unlikely(err))
		return err;
	raw_spin_lock_irqsave(&pgt->lock, irq);
	err = map_each(pgt, va, pa, nr, attrs, flags);
	if (shadow_counting() && !err)
		pgt->nr_mapped += nr;
	raw_spin_unlock_irqrestore(&pgt->lock, irq);
	if (shadow_event_heard(SHADOW_EV_MAP) && !err)
		tell_map(pgt, va, pa[0], nr, prot, flags);
	return err;
}
