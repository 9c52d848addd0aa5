// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_pgtable - builds and changes a tree of stage 1 translation tables.
 *
 * Work goes by runs: neighbouring entries of one table are handled in one
 * loop after one descent from the root. What can fail is done before anything
 * is changed, except in map, which takes back what it has written.
 *
 * The host's MMU walks these tables only while somebody checks them with AT,
 * between two complete invalidations of the TLB; so an entry changes in one
 * store, and neither break-before-make nor a TLBI is needed here.
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

/* The table that holds an entry is empty: unlink and free it */
static int remove_table(struct shadow_pgtable *pgt, u64 va, u64 *parent,
			const u64 *entry)
{
	phys_addr_t pa = shadow_virt_to_phys(pgt->block, entry) &
			 ~0ULL << pgt->geo.page_shift;

	/* Only a page that is known to be the table is given away */
	if (unlikely(shadow_desc_oa(&pgt->geo, *parent) != pa)) {
		shadow_pgtable_broken(pgt, va, "link to a table has changed");
		return -EUCLEAN;
	}
	WRITE_ONCE(*parent, 0);
	shadow_pgtable_drop_table(pgt, pa);
	return 0;
}

/* Entries went out of use; tables that become empty go, from the bottom up */
static __always_inline int entries_removed(struct shadow_pgtable *pgt,
					   struct shadow_pgtable_path *path,
					   u64 va, unsigned int nr)
{
	int level, err;

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
		err = remove_table(pgt, va, parent, path->entry[level + 1]);
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
	u64 *entry, i;
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
	for (i = 0; i < nr && likely(!entry[i]); i++, desc += 1ULL << shift)
		WRITE_ONCE(entry[i], desc);
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

static int clear_run(struct shadow_pgtable *pgt, struct run *run, u64 va)
{
	u64 *entry = run->path.entry[run->path.level + 1];
	u64 *end = entry + run->nr;

	while (entry != end)
		WRITE_ONCE(*entry++, 0);
	return entries_removed(pgt, &run->path, va, run->nr);
}

/* A range that begins and ends with leaves and has no hole */
static int clear_range(struct shadow_pgtable *pgt, u64 va, u64 bytes)
{
	struct run run;
	int err = 0;

	while (bytes && !err) {
		u64 done;

		err = find_run(pgt, va, bytes, &run);
		if (err)
			break;
		done = run_bytes(&run, va, bytes);
		err = clear_run(pgt, &run, va);
		va += done;
		bytes -= done;
	}
	return err;
}

static noinline int map_range(struct shadow_pgtable *pgt, u64 va,
			      phys_addr_t pa, u64 bytes, u64 attrs,
			      unsigned int flags)
{
	u64 done = 0;
	int err;

	do {
		int level = leaf_level(&pgt->geo, va + done, pa + done,
				       bytes - done, flags);

		err = map_run(pgt, va + done, pa + done, bytes - done, level,
			      attrs, &done);
	} while (!err && done < bytes);
	if (unlikely(err))
		clear_range(pgt, va, done);
	return err;
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
		return 0;

	more = *run;
	while (done < bytes) {
		err = find_run(pgt, va + done, bytes - done, &more);
		if (err)
			return err;
		done += run_bytes(&more, va + done, bytes - done);
	}
	if (!shadow_pgtable_splits_at(&pgt->geo, run->path.level, va) &&
	    !shadow_pgtable_splits_at(&pgt->geo, more.path.level, va + bytes))
		return 0;
	err = shadow_pgtable_split_ends(pgt, va, bytes, run->path.level,
					more.path.level,
					*only && run->nr == 1);
	*only = false;
	return err;
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

static noinline int unmap_range(struct shadow_pgtable *pgt, u64 va, u64 bytes)
{
	struct run run;
	bool only;
	int err = prepare(pgt, va, bytes, &run, &only);

	if (err)
		return err;
	return only ? clear_run(pgt, &run, va) : clear_range(pgt, va, bytes);
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

static __always_inline u64 *hot_entry(const struct shadow_pgtable *pgt, u64 va)
{
	return &pgt->hot.table[(va >> pgt->geo.page_shift) &
			       ~(~0ULL << pgt->geo.bits_per_level)];
}

static __always_inline int map_hot_page(struct shadow_pgtable *pgt, u64 va,
					phys_addr_t pa, u64 attrs)
{
	u64 *entry = hot_entry(pgt, va);
	u64 link = *pgt->hot.parent;

	if (*entry)
		return -EEXIST;
	WRITE_ONCE(*entry, shadow_desc_from_oa(&pgt->geo, pa) | attrs |
			   SHADOW_TYPE_PAGE);
	link = shadow_table_with_used(link, shadow_table_used(link) + 1);
	WRITE_ONCE(*pgt->hot.parent, link);
	return 0;
}

static __always_inline int unmap_hot_page(struct shadow_pgtable *pgt, u64 va)
{
	u64 *entry = hot_entry(pgt, va);
	u64 link = *pgt->hot.parent;
	unsigned int used = shadow_table_used(link);

	/* Errors and the last page of a table are not for here */
	if (unlikely((*entry & SHADOW_DESC_TYPE) != SHADOW_TYPE_PAGE ||
		     used < 2))
		return unmap_range(pgt, va, 1ULL << pgt->geo.page_shift);
	WRITE_ONCE(*entry, 0);
	WRITE_ONCE(*pgt->hot.parent, shadow_table_with_used(link, used - 1));
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
 * Uses the largest leaves that alignment and length allow. All or nothing:
 * after an error the tables are as before, bit for bit. Follows
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
	if (likely(is_hot_page(pgt, va, bytes)))
		err = map_hot_page(pgt, va, pa, attrs);
	else
		err = map_range(pgt, va, pa, bytes, attrs, flags);
	raw_spin_unlock_irqrestore(&pgt->lock, irq);
	if (!err)
		shadow_event(pgt->events, SHADOW_EV_MAP,
			     bytes >> pgt->geo.page_shift);
	return err;
}

/**
 * shadow_pgtable_unmap() - take a range out
 * @pgt: the tables
 * @va: first address, page aligned
 * @bytes: length, a multiple of the page size
 *
 * Blocks that reach beyond the range are split, tables that become empty are
 * freed. After an error the tables are as before. Follows unmap_hotplug_range()
 * of arch/arm64/mm/mmu.c and arm_lpae_unmap_pages().
 *
 * Context: any; takes the lock, does not sleep.
 * Return: 0; -EINVAL and -ERANGE as for shadow_pgtable_map(); -ENOENT: a page
 * is not mapped; -ENOMEM: no page for the table that a split needs; -EUCLEAN.
 */
int shadow_pgtable_unmap(struct shadow_pgtable *pgt, u64 va, u64 bytes)
{
	unsigned long irq;
	int err = check_range(pgt, va, 0, bytes);

	if (unlikely(err))
		return err;
	raw_spin_lock_irqsave(&pgt->lock, irq);
	if (likely(is_hot_page(pgt, va, bytes)))
		err = unmap_hot_page(pgt, va);
	else
		err = unmap_range(pgt, va, bytes);
	raw_spin_unlock_irqrestore(&pgt->lock, irq);
	if (!err)
		shadow_event(pgt->events, SHADOW_EV_UNMAP,
			     bytes >> pgt->geo.page_shift);
	return err;
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
	return shadow_pgtable_unmap(pgt, va, bytes);
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

static int protect_range(struct shadow_pgtable *pgt, u64 va, u64 bytes,
			 u64 attrs)
{
	u64 keep = ~(SHADOW_PROT_MASK & pgt->geo.attr_mask);
	struct run run;

	while (bytes) {
		u64 *entry, done;
		unsigned int i;
		int err = find_run(pgt, va, bytes, &run);

		if (err)
			return err;
		entry = run.path.entry[run.path.level + 1];
		for (i = 0; i < run.nr; i++)
			WRITE_ONCE(entry[i], (entry[i] & keep) | attrs);
		done = run_bytes(&run, va, bytes);
		va += done;
		bytes -= done;
	}
	return 0;
}

/**
 * shadow_pgtable_protect() - change the protection of a range
 * @pgt: the tables
 * @va: first address, page aligned
 * @bytes: length, a multiple of the page size
 * @prot: the new protection
 * @flags: SHADOW_MAP_FORCE or 0
 *
 * Follows update_mapping_prot() of arch/arm64/mm/mmu.c.
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

/**
 * shadow_pgtable_lookup() - what an address is mapped to
 * @pgt: the tables
 * @va: the address
 * @pa: filled, unless NULL
 * @desc: filled with the leaf's descriptor, unless NULL
 *
 * The quick way; shadow_walk() is the one that explains.
 *
 * Context: any; takes no lock: the caller knows that the tables on the way to
 * @va stay.
 * Return: 0; -ERANGE: outside the half; -ENOENT: not mapped; -EUCLEAN.
 */
int shadow_pgtable_lookup(const struct shadow_pgtable *pgt, u64 va,
			  phys_addr_t *pa, u64 *desc)
{
	const struct shadow_geometry *geo = &pgt->geo;
	unsigned int shift = shadow_geometry_shift(geo, geo->start_level);
	u64 index = (va ^ pgt->first) >> shift;
	const struct shadow_block block = *pgt->block;
	const u64 *table = pgt->root_table;
	u64 page_bytes = 1ULL << geo->page_shift;
	phys_addr_t next;
	bool page;
	u64 offset, d;

	if ((va ^ pgt->first) >> geo->va_bits)
		return -ERANGE;
	for (;;) {
		d = READ_ONCE(table[index]);
		if ((d & SHADOW_DESC_TYPE) != SHADOW_TYPE_TABLE ||
		    shift == geo->page_shift)
			break;
		next = shadow_desc_oa(geo, d);
		table = shadow_block_contents(&block, next, page_bytes);
		if (unlikely(!table))
			return -EUCLEAN;
		shift -= geo->bits_per_level;
		index = (va >> shift) & ~(~0ULL << geo->bits_per_level);
	}
	if (!(d & SHADOW_DESC_VALID))
		return -ENOENT;
	/* A page has the table's type, a block has not */
	page = shift == geo->page_shift;
	if (page != !!(d & SHADOW_DESC_TABLE))
		return -EUCLEAN;
	offset = ~(~0ULL << shift);
	if (pa)
		*pa = (shadow_desc_oa(geo, d) & ~offset) | (va & offset);
	if (desc)
		*desc = d;
	return 0;
}

static int read_desc(void *ctx, phys_addr_t pa, u64 *desc)
{
	const u64 *table = shadow_block_contents(ctx, pa, sizeof(*desc));

	if (!table)
		return -EFAULT;
	*desc = READ_ONCE(*table);
	return 0;
}

/**
 * shadow_pgtable_walker() - a walker for these tables
 * @pgt: the tables
 * @walker: filled; valid as long as the tables are
 *
 * Context: any.
 */
void shadow_pgtable_walker(const struct shadow_pgtable *pgt,
			   struct shadow_walker *walker)
{
	memset(walker, 0, sizeof(*walker));
	walker->geo = pgt->geo;
	walker->root = pgt->root;
	walker->upper = pgt->upper;
	walker->max_tables = pgt->nr_tables;
	walker->read = read_desc;
	walker->ctx = (void *)pgt->block;
}
