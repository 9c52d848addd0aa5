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
#include "shadow_pgtable_tree.h"

/**
 * struct run - neighbouring leaves of one table
 * @path: the way to the first one
 * @nr: how many
 * @shift: log2 of the bytes each covers
 */
struct run {
	struct shadow_pgtable_path path;
	unsigned int nr;
	unsigned int shift;
};

/* Entries from an address to the end of its table */
static __always_inline unsigned int
entries_left(const struct shadow_geometry *geo, int level, u64 va)
{
	return shadow_geometry_entries(geo, level) -
	       shadow_geometry_index(geo, level, va);
}

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

/* Entries went out of use; tables that become empty go, from the bottom up */
static __always_inline int entries_removed(struct shadow_pgtable *pgt,
					   struct shadow_pgtable_path *path,
					   u64 va, unsigned int nr,
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
		}
		parent = path->entry[level];
		desc = *parent;
		used = shadow_table_used(desc);
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
	u64 *entry, i, value = desc;
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
	nr = min_t(u64, nr, entries_left(geo, level, va));
	entry = path.entry[level + 1];
	for (i = 0; i < nr && likely(!entry[i]); i++, value += 1ULL << shift)
		WRITE_ONCE(entry[i], value);
	shadow_tlb_wrote(&pgt->tlb, SHADOW_TLB_OP_WRITE_SYNC, va,
			 shadow_pgtable_desc_pa(pgt, &path, va), level, desc,
			 1ULL << shift, i);
	shadow_pgtable_added(pgt, &path, i);
	*done += i << shift;
	return likely(i == nr) ? 0 : -EEXIST;
}

/* How many of @nr entries are leaves of the type that the first one is */
static __always_inline unsigned int leaves(const u64 *entry, unsigned int nr,
					   u64 type)
{
	u64 both = type;
	unsigned int i;

	/* Mostly all are pages, and that is quickly known */
	if (likely(type == SHADOW_TYPE_PAGE)) {
		for (i = 0; i < nr; i++)
			both &= entry[i];
		if (likely(both == type))
			return nr;
	}
	for (i = 1; i < nr; i++)
		if ((entry[i] & SHADOW_DESC_TYPE) != type)
			break;
	return i;
}

/*
 * The leaves of one table that cover a range from its first address on, the
 * last and the first perhaps beyond it. -ENOENT if there is none.
 */
static __always_inline int find_run(struct shadow_pgtable *pgt, u64 va,
				    u64 left, struct run *run)
{
	const struct shadow_geometry *geo = &pgt->geo;
	u64 touched, type, *entry;
	int err, level;

	err = shadow_pgtable_find(pgt, va, &run->path);
	if (unlikely(err))
		return err;
	level = run->path.level;
	entry = run->path.entry[level + 1];
	type = shadow_pgtable_leaf_type(level);
	if (!(*entry & SHADOW_DESC_VALID))
		return -ENOENT;
	if (unlikely((*entry & SHADOW_DESC_TYPE) != type)) {
		shadow_pgtable_broken(pgt, va, "block at the last level");
		return -EUCLEAN;
	}

	run->shift = shadow_geometry_shift(geo, level);
	touched = (va & ~(~0ULL << run->shift)) + left - 1;
	touched = min_t(u64, (touched >> run->shift) + 1,
			entries_left(geo, level, va));
	run->nr = leaves(entry, touched, type);
	return 0;
}

/* Bytes of a range that a run covers which starts with it */
static __always_inline u64 run_bytes(const struct run *run, u64 va, u64 left)
{
	u64 bytes = ((u64)run->nr << run->shift) -
		    (va & ~(~0ULL << run->shift));

	return min(bytes, left);
}

/*
 * @lazy: what the TLB holds of the leaves is invalidated later; a table that
 * goes is not the leaves' matter, and never waits.
 */
static int clear_run(struct shadow_pgtable *pgt, struct run *run, u64 va,
		     bool lazy)
{
	u64 *entry = run->path.entry[run->path.level + 1];
	u64 *end = entry + run->nr;
	struct emptied emptied;
	int err;

	va &= ~0ULL << run->shift;
	while (entry != end)
		WRITE_ONCE(*entry++, 0);
	shadow_tlb_wrote(&pgt->tlb, SHADOW_TLB_OP_WRITE, va,
			 shadow_pgtable_desc_pa(pgt, &run->path, va),
			 run->path.level, 0, 0, run->nr);
	err = entries_removed(pgt, &run->path, va, run->nr, &emptied);
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

/* A range that begins and ends with leaves and has no hole */
static int clear_range(struct shadow_pgtable *pgt, u64 va, u64 bytes, bool lazy)
{
	struct run run;
	int err = 0;

	while (bytes && !err) {
		u64 done;

		err = find_run(pgt, va, bytes, &run);
		if (err)
			break;
		done = run_bytes(&run, va, bytes);
		err = clear_run(pgt, &run, va, lazy);
		va += done;
		bytes -= done;
	}
	return err;
}

/* The leaves of a range, all there, shall stay as they were asked for */
static int keep_range(struct shadow_pgtable *pgt, u64 va, u64 bytes)
{
	struct run run;
	u64 done;

	for (; bytes; va += done, bytes -= done) {
		int err = find_run(pgt, va, bytes, &run);

		if (err)
			return err;
		if (run.path.level == pgt->geo.start_level)
			pgt->root_keep = true;
		else
			*run.path.entry[run.path.level] |= SHADOW_TABLE_KEEP;
		done = run_bytes(&run, va, bytes);
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
		clear_range(pgt, va, done, false);
		return err;
	}
	return settle_range(pgt, va, pa, bytes, flags);
}

/* Does the run's first or last leaf belong to a contiguous group? */
static __always_inline bool has_group(const struct run *run)
{
	const u64 *entry = run->path.entry[run->path.level + 1];

	return (entry[0] | entry[run->nr - 1]) & SHADOW_ATTR_CONT;
}

/*
 * Before a range is changed: that it has no hole, and that leaves begin and
 * end where it does. Fails without having changed anything. @run is the first
 * run; *@only says whether it is all and still as found.
 */
static __always_inline int prepare(struct shadow_pgtable *pgt, u64 va,
				   u64 bytes, struct run *run, bool *only)
{
	struct run more;
	u64 done;
	int err = find_run(pgt, va, bytes, run);

	if (unlikely(err))
		return err;
	done = run_bytes(run, va, bytes);
	*only = done == bytes;
	if (likely(*only && run->path.level == SHADOW_LAST_LEVEL))
		return has_group(run) ? shadow_pgtable_ungroup(pgt, va, bytes) :
					0;

	more = *run;
	while (done < bytes) {
		err = find_run(pgt, va + done, bytes - done, &more);
		if (err)
			return err;
		done += run_bytes(&more, va + done, bytes - done);
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

/* @pa is that of a map, else 0 */
static __always_inline int check_range(const struct shadow_pgtable *pgt, u64 va,
				       phys_addr_t pa, u64 bytes)
{
	const struct shadow_geometry *geo = &pgt->geo;
	u64 last = va + bytes - 1, last_pa = pa + bytes - 1;

	if ((va | pa | bytes) & ~(~0ULL << geo->page_shift) || !bytes)
		return -EINVAL;
	if (unlikely(((va ^ pgt->first) | (last ^ pgt->first)) >> geo->va_bits))
		return last < va ? -EINVAL : -ERANGE;
	if (unlikely((pa | last_pa) >> geo->pa_bits))
		return last_pa < pa ? -EINVAL : -ERANGE;
	return shadow_fault_frozen(pgt->fault) ? -EUCLEAN : 0;
}

static noinline int unmap_range(struct shadow_pgtable *pgt, u64 va, u64 bytes,
				bool lazy)
{
	struct run run;
	bool only;
	int err = prepare(pgt, va, bytes, &run, &only);

	if (err)
		return err;
	return only ? clear_run(pgt, &run, va, lazy) :
		      clear_range(pgt, va, bytes, lazy);
}

/*
 * One page in the table that was used last: what most calls are about, without
 * the way down. The general functions above do the same.
 */
static __always_inline bool is_hot_page(const struct shadow_pgtable *pgt,
					u64 va, u64 bytes)
{
	unsigned int shift = pgt->geo.page_shift;

	return va >> (shift + pgt->geo.bits_per_level) == pgt->hot.tag &&
	       bytes >> shift == 1;
}

static __always_inline unsigned int hot_index(const struct shadow_pgtable *pgt,
					      u64 va)
{
	return (va >> pgt->geo.page_shift) & ~(~0U << pgt->geo.bits_per_level);
}

/* Are both neighbours of a page there, in its group taken as a ring? */
static __always_inline bool has_neighbours(const struct shadow_pgtable *pgt,
					   unsigned int index)
{
	unsigned int mask = pgt->group_mask >> pgt->geo.page_shift;
	const u64 *group = &pgt->hot.table[index & ~mask];

	return group[(index + 1) & mask] && group[(index - 1) & mask];
}

static __always_inline int map_hot_page(struct shadow_pgtable *pgt, u64 va,
					phys_addr_t pa, u64 attrs)
{
	unsigned int index = hot_index(pgt, va);
	u64 desc = shadow_desc_from_oa(&pgt->geo, pa) | attrs | SHADOW_TYPE_PAGE;
	u64 *entry = &pgt->hot.table[index];
	u64 link = *pgt->hot.parent;

	if (unlikely(*entry))
		return -EEXIST;
	WRITE_ONCE(*entry, desc);
	link = shadow_table_with_used(link, shadow_table_used(link) + 1);
	WRITE_ONCE(*pgt->hot.parent, link);
	shadow_tlb_wrote(&pgt->tlb, SHADOW_TLB_OP_WRITE_SYNC, va,
			 pgt->hot.pa + index * sizeof(u64), SHADOW_LAST_LEVEL,
			 desc, 0, 1);
	/* The last page of a group, or of a table, has both */
	if (unlikely(!((va ^ pa) & pgt->group_mask) &&
		     has_neighbours(pgt, index)))
		return shadow_pgtable_fold_at(pgt, va);
	return 0;
}

static __always_inline int unmap_hot_page(struct shadow_pgtable *pgt, u64 va,
					  bool lazy)
{
	unsigned int index = hot_index(pgt, va);
	u64 *entry = &pgt->hot.table[index];
	u64 link = *pgt->hot.parent;
	unsigned int used = shadow_table_used(link);

	/* Errors, groups and the last page of a table are not for here */
	if (unlikely((*entry & (SHADOW_DESC_TYPE | SHADOW_ATTR_CONT)) !=
		     SHADOW_TYPE_PAGE || used < 2))
		return unmap_range(pgt, va, 1ULL << pgt->geo.page_shift, lazy);
	WRITE_ONCE(*entry, 0);
	WRITE_ONCE(*pgt->hot.parent, shadow_table_with_used(link, used - 1));
	shadow_tlb_wrote(&pgt->tlb, SHADOW_TLB_OP_WRITE, va,
			 pgt->hot.pa + index * sizeof(u64), SHADOW_LAST_LEVEL,
			 0, 0, 1);
	if (!lazy)
		shadow_tlb_invalidate(&pgt->tlb, &pgt->geo, va,
				      1ULL << pgt->geo.page_shift,
				      pgt->geo.page_shift, false);
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
	u64 attrs = prot & pgt->geo.attr_mask;
	unsigned long irq;
	int err = check_range(pgt, va, pa, bytes);

	if (unlikely(err))
		return err;
	if (flags & ~SHADOW_MAP_FLAGS)
		return -EINVAL;
	if (unlikely(prot != READ_ONCE(pgt->good_prot))) {
		err = shadow_prot_check(prot, flags & SHADOW_MAP_FORCE);
		if (err)
			return err;
		if (!(flags & SHADOW_MAP_FORCE))
			WRITE_ONCE(pgt->good_prot, prot);
	}

	raw_spin_lock_irqsave(&pgt->lock, irq);
	if (likely(is_hot_page(pgt, va, bytes) &&
		   !(flags & SHADOW_MAP_AS_TOLD)))
		err = map_hot_page(pgt, va, pa, attrs);
	else
		err = map_range(pgt, va, pa, bytes, attrs, flags);
	raw_spin_unlock_irqrestore(&pgt->lock, irq);
	if (!err)
		shadow_event(pgt->events, SHADOW_EV_MAP,
			     bytes >> pgt->geo.page_shift);
	return err;
}

static __always_inline int unmap(struct shadow_pgtable *pgt, u64 va, u64 bytes,
				 bool lazy)
{
	unsigned long irq;
	int err = check_range(pgt, va, 0, bytes);

	if (unlikely(err))
		return err;
	raw_spin_lock_irqsave(&pgt->lock, irq);
	if (likely(is_hot_page(pgt, va, bytes)))
		err = unmap_hot_page(pgt, va, lazy);
	else
		err = unmap_range(pgt, va, bytes, lazy);
	raw_spin_unlock_irqrestore(&pgt->lock, irq);
	if (!err)
		shadow_event(pgt->events, SHADOW_EV_UNMAP,
			     bytes >> pgt->geo.page_shift);
	return err;
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
	return unmap(pgt, va, bytes, false);
}

/**
 * shadow_pgtable_unmap_lazy() - take a range out, and invalidate later
 * @pgt: the tables
 * @va: first address, page aligned
 * @bytes: length, a multiple of the page size
 *
 * As shadow_pgtable_unmap(), but what a TLB holds of the range's leaves stays
 * there until shadow_pgtable_invalidate(): until then the caller neither frees
 * the pages nor maps anything at these addresses. Follows vunmap_range_noflush()
 * of mm/vmalloc.c.
 *
 * Context: any; takes the lock, does not sleep.
 * Return: as shadow_pgtable_unmap().
 */
int shadow_pgtable_unmap_lazy(struct shadow_pgtable *pgt, u64 va, u64 bytes)
{
	return unmap(pgt, va, bytes, true);
}

/**
 * shadow_pgtable_invalidate() - what shadow_pgtable_unmap_lazy() left out
 * @pgt: the tables
 * @va: first address, page aligned
 * @bytes: length, a multiple of the page size; may hold more than was unmapped
 *
 * Follows flush_tlb_kernel_range().
 *
 * Context: any; takes the lock, does not sleep.
 */
void shadow_pgtable_invalidate(struct shadow_pgtable *pgt, u64 va, u64 bytes)
{
	unsigned long irq;

	raw_spin_lock_irqsave(&pgt->lock, irq);
	shadow_tlb_invalidate(&pgt->tlb, &pgt->geo, va, bytes,
			      pgt->geo.page_shift, false);
	raw_spin_unlock_irqrestore(&pgt->lock, irq);
}

/*
 * Neighbours that change in the same way: their values go up by their size.
 * Attributes differ, or the address does not follow: then it ends.
 */
static unsigned int same_run(const struct run *run, unsigned int from)
{
	const u64 *entry = run->path.entry[run->path.level + 1];
	unsigned int i = from + 1;

	while (i < run->nr && entry[i] == entry[i - 1] + (1ULL << run->shift))
		i++;
	return i - from;
}

/*
 * What may change while a TLB holds the old leaf: permissions, access flag,
 * software's bits. A group must not differ in itself, not for a moment.
 */
static bool needs_break(u64 old, u64 new)
{
	const u64 harmless = SHADOW_ATTR_USER | SHADOW_ATTR_RDONLY |
			     SHADOW_ATTR_AF | SHADOW_ATTR_DBM | SHADOW_PTE_XN |
			     SHADOW_ATTR_SW;

	return (old ^ new) & ~harmless || old & SHADOW_ATTR_CONT;
}

static void protect_run(struct shadow_pgtable *pgt, const struct run *run,
			u64 va, u64 attrs)
{
	u64 keep = ~(SHADOW_PROT_MASK & pgt->geo.attr_mask);
	struct shadow_pgtable_span span = { .level = run->path.level };
	u64 *entry = run->path.entry[span.level + 1];
	unsigned int i;

	span.va = va & ~0ULL << run->shift;
	span.pa = shadow_pgtable_desc_pa(pgt, &run->path, va);
	for (i = 0; i < run->nr; i += span.nr) {
		u64 old = entry[i], new = (old & keep) | attrs;

		span.entry = &entry[i];
		span.nr = same_run(run, i);
		if (old != new)
			shadow_pgtable_rewrite(pgt, &span, new,
					       needs_break(old, new));
		span.va += (u64)span.nr << run->shift;
		span.pa += span.nr * sizeof(u64);
	}
}

static int protect_range(struct shadow_pgtable *pgt, u64 va, u64 bytes,
			 u64 attrs)
{
	u64 at = va, left = bytes, done;
	struct run run;

	for (; left; at += done, left -= done) {
		int err = find_run(pgt, at, left, &run);

		if (err)
			return err;
		protect_run(pgt, &run, at, attrs);
		done = run_bytes(&run, at, left);
	}
	return shadow_pgtable_refold(pgt, va, bytes);
}

/**
 * shadow_pgtable_protect() - change the protection of a range
 * @pgt: the tables
 * @va: first address, page aligned
 * @bytes: length, a multiple of the page size
 * @prot: the new protection
 * @flags: SHADOW_MAP_FORCE or 0
 *
 * What changes more than permissions, and what is in a contiguous group, is
 * broken before it is made. Leaves that have become alike grow together. Follows
 * update_mapping_prot() of arch/arm64/mm/mmu.c.
 *
 * Context: any; takes the lock, does not sleep.
 * Return: 0, or the errors of shadow_pgtable_unmap() and -EPERM; then the
 * tables are as before.
 */
int shadow_pgtable_protect(struct shadow_pgtable *pgt, u64 va, u64 bytes,
			   u64 prot, unsigned int flags)
{
	unsigned long irq;
	struct run run;
	bool only;
	int err = check_range(pgt, va, 0, bytes);

	if (err)
		return err;
	if (flags & ~SHADOW_MAP_FORCE)
		return -EINVAL;
	err = shadow_prot_check(prot, flags & SHADOW_MAP_FORCE);
	if (err)
		return err;
	raw_spin_lock_irqsave(&pgt->lock, irq);
	err = prepare(pgt, va, bytes, &run, &only);
	if (!err)
		err = protect_range(pgt, va, bytes, prot & pgt->geo.attr_mask);
	raw_spin_unlock_irqrestore(&pgt->lock, irq);
	return err;
}
