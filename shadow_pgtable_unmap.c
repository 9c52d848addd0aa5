// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_pgtable_unmap - what was mapped goes: leaves, then tables that are
 * empty. What can fail is done before anything is changed.
 */
#include "shadow_latency.h"
#include "shadow_pgtable_run.h"
#include "shadow_ring_quick.h"

/**
 * struct emptied - tables that are not linked any more
 * @pa: their physical addresses
 * @nr: how many
 *
 * They are given back when the TLB has been told.
 */
struct emptied {
	phys_addr_t pa[SHADOW_MAX_LEVELS];
	unsigned int nr;
};

/* The table that holds an entry is empty: unlink it */
static int unlink_table(struct shadow_pgtable *pgt, u64 va, int level,
			u64 *parent, const u64 *entry, struct emptied *emptied)
{
	phys_addr_t pa = shadow_virt_to_phys(pgt->block, entry) &
			 ~0ULL << pgt->geo.page_shift;

	/* Only a page that is known to be the table is given away */
	if (unlikely(shadow_desc_oa(&pgt->geo, *parent) != pa)) {
		shadow_pgtable_broken(pgt, va, "link to a table has changed");
		return -EUCLEAN;
	}
	WRITE_ONCE(*parent, 0);
	shadow_tlb_wrote(&pgt->tlb, SHADOW_TLB_OP_WRITE,
			 va & ~0ULL << shadow_geometry_shift(&pgt->geo, level),
			 shadow_virt_to_phys(pgt->block, parent), level, 0, 0, 1);
	emptied->pa[emptied->nr++] = pa;
	return 0;
}

/*
 * A table of the last level stays, empty, until the TLB is told of its leaves:
 * it could only go if the TLB were told of the walk to it.
 */
static __always_inline void note_idle(struct shadow_pgtable *pgt, u64 va)
{
	u64 below = ~(~0ULL << (pgt->geo.page_shift + pgt->geo.bits_per_level));

	if (!pgt->idle_last || (va & ~below) < pgt->idle_first)
		pgt->idle_first = va & ~below;
	pgt->idle_last = max(pgt->idle_last, va | below);
}

/* Entries went out of use; tables that become empty go, from the bottom up */
static __always_inline int entries_removed(struct shadow_pgtable *pgt,
					   struct shadow_pgtable_path *path,
					   u64 va, unsigned int nr, bool lazy,
					   struct emptied *emptied)
{
	int level, err;

	emptied->nr = 0;
	for (level = path->level; level > pgt->geo.start_level; level--) {
		u64 *parent, desc;
		unsigned int used;

		if (unlikely(level == path->first)) {
			err = shadow_pgtable_descend(pgt, va, level, path);
			if (err)
				return err;
			/* The table that was used last needed no way down */
			if (unlikely(path->level != level)) {
				shadow_pgtable_broken(pgt, va,
						      "link to a table has changed");
				return -EUCLEAN;
			}
		}
		parent = path->entry[level];
		desc = *parent;
		used = shadow_table_used(desc);
		if (lazy && used == nr && level == SHADOW_LAST_LEVEL) {
			note_idle(pgt, va);
			WRITE_ONCE(*parent, shadow_table_with_used(desc, 0));
			return 0;
		}
		if (likely(used > nr)) {
			desc = shadow_table_with_used(desc, used - nr);
			WRITE_ONCE(*parent, desc);
			return 0;
		}
		if (unlikely(used < nr)) {
			shadow_pgtable_broken(pgt, va,
					      "count of entries wrong");
			return -EUCLEAN;
		}
		err = unlink_table(pgt, va, level - 1, parent,
				   path->entry[level + 1], emptied);
		if (err)
			return err;
		nr = 1;
	}
	return 0;
}

/*
 * @lazy: what the TLB holds of the leaves is invalidated later, and pages'
 * tables wait for that; a table that goes for want of blocks does not.
 */
static int clear_run(struct shadow_pgtable *pgt,
		     struct shadow_pgtable_run *run, u64 va, bool lazy)
{
	u64 *entry = run->path.entry[run->path.level + 1];
	struct emptied emptied;
	int err;

	va &= ~0ULL << run->shift;
	shadow_pgtable_write(entry, run->nr, 0, 0);
	shadow_tlb_wrote(&pgt->tlb, SHADOW_TLB_OP_WRITE, va,
			 shadow_pgtable_desc_pa(pgt, &run->path, va),
			 run->path.level, 0, 0, run->nr);
	err = entries_removed(pgt, &run->path, va, run->nr, lazy, &emptied);
	if (likely(!lazy))
		shadow_tlb_invalidate(&pgt->tlb, &pgt->geo, va,
				      (u64)run->nr << run->shift, run->shift,
				      emptied.nr);
	else if (emptied.nr)
		shadow_tlb_invalidate(&pgt->tlb, &pgt->geo, va,
				      1ULL << run->shift, run->shift, true);
	while (unlikely(emptied.nr))
		shadow_pgtable_drop_table(pgt, emptied.pa[--emptied.nr]);
	return err;
}

/**
 * shadow_pgtable_clear() - take out what begins and ends with leaves
 * @pgt: the tables
 * @va: first address of the range, which has no hole
 * @bytes: its length; 0 does nothing
 * @lazy: the TLB is told of the leaves later
 *
 * Context: the lock is held. Needs no memory.
 * Return: 0, or -EUCLEAN.
 */
int shadow_pgtable_clear(struct shadow_pgtable *pgt, u64 va, u64 bytes,
			 bool lazy)
{
	struct shadow_pgtable_run run;
	int err = 0;

	while (bytes && !err) {
		u64 done;

		err = shadow_pgtable_find_run(pgt, va, bytes, &run);
		if (err)
			break;
		done = shadow_pgtable_run_bytes(&run, va, bytes);
		err = clear_run(pgt, &run, va, lazy);
		va += done;
		bytes -= done;
	}
	return err;
}

/* Does the run's first or last leaf belong to a contiguous group? */
static __always_inline bool has_group(const struct shadow_pgtable_run *run)
{
	const u64 *entry = run->path.entry[run->path.level + 1];

	return (entry[0] | entry[run->nr - 1]) & SHADOW_ATTR_CONT;
}

/**
 * shadow_pgtable_prepare() - before a range is changed
 * @pgt: the tables
 * @va: first address of the range
 * @bytes: its length
 * @run: filled with the first run
 * @only: set to whether that is all, and still as it was found
 *
 * Sees to it that the range has no hole, and that leaves and groups begin and
 * end where it does.
 *
 * Context: the lock is held.
 * Return: 0; -ENOENT, -ENOMEM: then nothing has changed; -EUCLEAN.
 */
int shadow_pgtable_prepare(struct shadow_pgtable *pgt, u64 va, u64 bytes,
			   struct shadow_pgtable_run *run, bool *only)
{
	struct shadow_pgtable_run more;
	u64 done;
	int err = shadow_pgtable_find_run(pgt, va, bytes, run);

	if (unlikely(err))
		return err;
	done = shadow_pgtable_run_bytes(run, va, bytes);
	*only = done == bytes;
	if (likely(*only && run->path.level == SHADOW_LAST_LEVEL))
		return has_group(run) ? shadow_pgtable_ungroup(pgt, va, bytes) :
					0;

	more = *run;
	while (done < bytes) {
		err = shadow_pgtable_find_run(pgt, va + done, bytes - done, &more);
		if (err)
			return err;
		done += shadow_pgtable_run_bytes(&more, va + done, bytes - done);
	}
	if (!shadow_pgtable_splits_at(&pgt->geo, run->path.level, va) &&
	    !shadow_pgtable_splits_at(&pgt->geo, more.path.level, va + bytes))
		return shadow_pgtable_ungroup(pgt, va, bytes);
	err = shadow_pgtable_split_ends(pgt, va, bytes, run->path.level,
					more.path.level,
					*only && run->nr == 1);
	*only = false;
	return err ? : shadow_pgtable_ungroup(pgt, va, bytes);
}

static noinline int unmap_range(struct shadow_pgtable *pgt, u64 va, u64 bytes,
				bool lazy)
{
	struct shadow_pgtable_run run;
	bool only;
	int err = shadow_pgtable_prepare(pgt, va, bytes, &run, &only);

	if (err)
		return err;
	return only ? clear_run(pgt, &run, va, lazy) :
		      shadow_pgtable_clear(pgt, va, bytes, lazy);
}

/*
 * One page of the table that was used last; -EAGAIN: not the quick way. Without
 * @tell it calls nothing.
 */
static __always_inline int unmap_hot_page(struct shadow_pgtable *pgt, u64 va,
					  bool lazy, const bool tell)
{
	unsigned int index = shadow_pgtable_hot_index(pgt, va);
	u64 *entry = &pgt->hot.table[index];
	u64 *parent = pgt->hot.parent;
	u64 link = *parent;
	phys_addr_t desc_pa = pgt->hot.pa + index * sizeof(u64);
	/* A table that becomes empty goes, or waits */
	u64 least = (lazy ? 1 : 2) * SHADOW_TABLE_USED_ONE;

	/* Errors, groups and the last page of a table are not for here */
	if (unlikely((*entry & (SHADOW_DESC_TYPE | SHADOW_ATTR_CONT)) !=
		     SHADOW_TYPE_PAGE || (link & SHADOW_TABLE_USED_LOW) < least))
		return -EAGAIN;
	/* Nor are invalidations that do not take effect */
	if (!lazy && unlikely(pgt->tlb.soft))
		return -EAGAIN;
	WRITE_ONCE(*entry, 0);
	link -= SHADOW_TABLE_USED_ONE;
	WRITE_ONCE(*parent, link);
	if (lazy && !(link & SHADOW_TABLE_USED))
		note_idle(pgt, va);
	if (lazy)
		shadow_tlb_wrote(&pgt->tlb, SHADOW_TLB_OP_WRITE, va, desc_pa,
				 SHADOW_LAST_LEVEL, 0, 0, 1);
	else
		shadow_tlb_cleared(&pgt->tlb, &pgt->geo, va, desc_pa);
	if (tell && !lazy && shadow_event_heard(SHADOW_EV_TLBI))
		__shadow_tlb_told(&pgt->tlb, SHADOW_TLBI_VAALE1IS, va,
				  pgt->page_bytes, 1);
	if (shadow_counting())
		(*(lazy ? &pgt->nr_unmapped : &pgt->nr_cleared))++;
	return 0;
}

/* Out of line: what says it needs a frame of the stack */
static noinline void tell_unmap(const struct shadow_pgtable *pgt, u64 va, u64 nr,
				bool lazy)
{
	shadow_event(pgt->events, SHADOW_EV_UNMAP, nr, va, nr, lazy);
}

static noinline int unmap_any(struct shadow_pgtable *pgt, u64 va, u64 bytes,
			      bool lazy)
{
	unsigned long irq;
	int err = shadow_pgtable_check_range(pgt, va, 0, bytes);

	if (err)
		return err;
	raw_spin_lock_irqsave(&pgt->lock, irq);
	err = unmap_range(pgt, va, bytes, lazy);
	if (shadow_counting() && !err)
		pgt->nr_unmapped += bytes >> pgt->geo.page_shift;
	raw_spin_unlock_irqrestore(&pgt->lock, irq);
	if (shadow_event_heard(SHADOW_EV_UNMAP) && !err)
		tell_unmap(pgt, va, bytes >> pgt->geo.page_shift, lazy);
	return err;
}

/* One page, where that is quick; false: nothing has changed */
static __always_inline bool unmap_quick(struct shadow_pgtable *pgt, u64 va,
					u64 bytes, bool lazy, const bool tell)
{
	unsigned long irq;
	int err = -EAGAIN;

	if (unlikely(bytes != pgt->page_bytes || va & (bytes - 1) ||
		     shadow_fault_frozen(pgt->fault)))
		return false;
	raw_spin_lock_irqsave(&pgt->lock, irq);
	if (shadow_pgtable_is_hot(pgt, va))
		err = unmap_hot_page(pgt, va, lazy, tell);
	raw_spin_unlock_irqrestore(&pgt->lock, irq);
	return likely(!err);
}

static __always_inline int unmap(struct shadow_pgtable *pgt, u64 va, u64 bytes,
				 bool lazy, const bool tell)
{
	if (unlikely(!unmap_quick(pgt, va, bytes, lazy, tell)))
		return unmap_any(pgt, va, bytes, lazy);
	if (tell && shadow_event_heard(SHADOW_EV_UNMAP))
		tell_unmap(pgt, va, 1, lazy);
	return 0;
}

/* Recorded, measured, or both */
static noinline int unmap_watched(struct shadow_pgtable *pgt, u64 va, u64 bytes)
{
	struct shadow_latency_mark mark;
	struct shadow_op op;
	int err;

	shadow_op_begin_as(&op, pgt->events, SHADOW_EV_UNMAP);
	shadow_latency_begin(&mark, pgt->events, SHADOW_LATENCY_UNMAP);
	err = unmap(pgt, va, bytes, false, true);
	shadow_latency_end(&mark, err);
	shadow_op_end(&op, SHADOW_OP_UNMAP, err, pgt->root, va, bytes);
	return err;
}

/*
 * While nobody but the ring listens: the quick way, or as unmap_watched(). Its
 * invalidation is an event.
 */
static noinline int unmap_recorded(struct shadow_pgtable *pgt, u64 va, u64 bytes)
{
	unsigned long irqflags;
	struct shadow_ring *ring = shadow_ring_of(pgt->events);

	if (unlikely(!ring || !shadow_ring_enter(ring, &irqflags)))
		return unmap_watched(pgt, va, bytes);
	if (unlikely(!unmap_quick(pgt, va, bytes, false, false))) {
		shadow_ring_leave(ring, irqflags);
		return unmap_watched(pgt, va, bytes);
	}
	shadow_ring_put_event(ring, SHADOW_EV_TLBI, 1, SHADOW_TLBI_VAALE1IS, va,
			      bytes, 1, 0);
	shadow_ring_put_op(ring, SHADOW_OP_UNMAP, pgt->root, va, bytes, 0, 0);
	shadow_ring_count_single(ring, SHADOW_SINGLE_UNMAP);
	shadow_ring_leave(ring, irqflags);
	return 0;
}

/**
 * shadow_pgtable_unmap() - take a range out
 * @pgt: the tables
 * @va: first address, page aligned
 * @bytes: length, a multiple of the page size
 *
 * Blocks and groups that reach beyond the range are split, tables that become
 * empty are freed. After an error the tables are as before. Follows
 * unmap_hotplug_range() of arch/arm64/mm/mmu.c and arm_lpae_unmap_pages().
 *
 * Context: any; takes the lock, does not sleep.
 * Return: 0; -EINVAL and -ERANGE as for shadow_pgtable_map(); -ENOENT: a page
 * is not mapped; -ENOMEM: no page for the table that a split needs; -EUCLEAN.
 */
int shadow_pgtable_unmap(struct shadow_pgtable *pgt, u64 va, u64 bytes)
{
	if (shadow_watched())
		return unmap_recorded(pgt, va, bytes);
	return unmap(pgt, va, bytes, false, false);
}

static noinline int unmap_lazy_told(struct shadow_pgtable *pgt, u64 va, u64 bytes)
{
	return unmap(pgt, va, bytes, true, true);
}

/**
 * shadow_pgtable_unmap_lazy() - take a range out, and invalidate later
 * @pgt: the tables
 * @va: first address, page aligned
 * @bytes: length, a multiple of the page size
 *
 * As shadow_pgtable_unmap(), but what a TLB holds of the range's leaves stays
 * there until shadow_pgtable_invalidate(), and so do tables of pages that
 * become empty. Until then the caller maps nothing at these addresses; whoever
 * gets the pages may meet those who still use them. Follows
 * vunmap_range_noflush() of mm/vmalloc.c.
 *
 * Context: any; takes the lock, does not sleep.
 * Return: as shadow_pgtable_unmap().
 */
int shadow_pgtable_unmap_lazy(struct shadow_pgtable *pgt, u64 va, u64 bytes)
{
	if (shadow_watched())
		return unmap_lazy_told(pgt, va, bytes);
	return unmap(pgt, va, bytes, true, false);
}

/* Ends a chain; like every link of one an invalid descriptor */
#define NO_TABLE	(~1ULL)

/*
 * Unlink a table that waited, and those above it that are empty without it.
 * They are chained by their first words until the TLB has been told.
 */
static int unlink_idle(struct shadow_pgtable *pgt, u64 va,
		       struct shadow_pgtable_path *path, u64 *chain)
{
	struct emptied emptied;
	int err = entries_removed(pgt, path, va, 0, false, &emptied);
	u64 *table;

	while (!err && emptied.nr) {
		phys_addr_t pa = emptied.pa[--emptied.nr];

		table = shadow_pgtable_table(pgt, pa);
		if (unlikely(!table)) {
			shadow_pgtable_broken(pgt, va, "table outside the block");
			return -EUCLEAN;
		}
		WRITE_ONCE(*table, *chain);
		*chain = pa;
	}
	return err;
}

/* All tables of a range that waited; returns them as a chain. */
static u64 unlink_all_idle(struct shadow_pgtable *pgt, u64 va, u64 last)
{
	struct shadow_pgtable_path path;
	u64 chain = NO_TABLE, below;
	int level;

	va = max(va, pgt->idle_first);
	last = min(last, pgt->idle_last);
	for (; va <= last; va = (va | below) + 1) {
		if (shadow_pgtable_descend(pgt, va, SHADOW_LAST_LEVEL, &path))
			break;
		level = min(path.level, SHADOW_LAST_LEVEL - 1);
		below = ~(~0ULL << shadow_geometry_shift(&pgt->geo, level));
		if (path.level == SHADOW_LAST_LEVEL &&
		    !shadow_table_used(*path.entry[SHADOW_LAST_LEVEL]) &&
		    unlink_idle(pgt, va, &path, &chain))
			break;
		if ((va | below) == U64_MAX)
			break;
	}
	return chain;
}

/* The TLB knows nothing of them any more */
static void drop_chain(struct shadow_pgtable *pgt, u64 chain)
{
	u64 *table, next;

	for (; chain != NO_TABLE; chain = next) {
		table = shadow_pgtable_table(pgt, chain);
		/* One that was linked twice is in it twice: it has no end */
		if (unlikely(!table || !pgt->nr_tables ||
			     shadow_fault_frozen(pgt->fault) ||
			     !IS_ALIGNED(chain, 1ULL << pgt->geo.page_shift))) {
			shadow_pgtable_broken(pgt, chain,
					      "chain of tables was overwritten");
			return;
		}
		next = READ_ONCE(*table);
		shadow_pgtable_drop_table(pgt, chain);
	}
}

/**
 * shadow_pgtable_invalidate() - what shadow_pgtable_unmap_lazy() left out
 * @pgt: the tables
 * @va: first address, page aligned
 * @bytes: length, a multiple of the page size; may hold more than was unmapped
 *
 * Tables of the range that have been empty since then are freed. Follows
 * flush_tlb_kernel_range().
 *
 * Context: any; takes the lock, does not sleep. Takes time by the tables of the
 * range.
 */
void shadow_pgtable_invalidate(struct shadow_pgtable *pgt, u64 va, u64 bytes)
{
	u64 below = ~(~0ULL << (pgt->geo.page_shift + pgt->geo.bits_per_level));
	u64 last = va + bytes - 1, chain = NO_TABLE;
	unsigned long irq;

	raw_spin_lock_irqsave(&pgt->lock, irq);
	if (pgt->idle_last && !shadow_fault_frozen(pgt->fault))
		chain = unlink_all_idle(pgt, va & ~below, last | below);
	shadow_tlb_invalidate(&pgt->tlb, &pgt->geo, va, bytes,
			      pgt->geo.page_shift, chain != NO_TABLE);
	drop_chain(pgt, chain);
	if ((va & ~below) <= pgt->idle_first && (last | below) >= pgt->idle_last)
		pgt->idle_last = 0;
	raw_spin_unlock_irqrestore(&pgt->lock, irq);
}
