// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_pgtable_tree - the tables of a tree: where they come from and go to,
 * how they are linked, and leaves that become tables.
 */
#include "shadow_latency.h"
#include "shadow_pgtable_tree.h"

/* Splitting at both ends of a range, at all levels but the last */
#define MAX_SPLITS	(2 * (SHADOW_MAX_LEVELS - 1))

/**
 * shadow_pgtable_broken() - a table is not as it must be
 * @pgt: the tables; map and unmap are refused from now on
 * @va: address at which it was noticed
 * @what: what is wrong
 *
 * Context: any.
 */
void shadow_pgtable_broken(struct shadow_pgtable *pgt, u64 va,
			   const char *what)
{
	shadow_fault_raise(pgt->fault, "shadow_pgtable: va %016llx: %s", va,
			   what);
}

/*
 * A path has ended in a table of the last level: changes begin there from now
 * on. Look-ups do so too, but not those of a virtual board, whose tables may be
 * anywhere in the storage.
 */
static void remember_hot(struct shadow_pgtable *pgt, u64 va,
			 const struct shadow_pgtable_path *path)
{
	const struct shadow_geometry *geo = &pgt->geo;
	unsigned int shift = geo->page_shift + geo->bits_per_level;
	u64 page = (path->table_pa - pgt->block->base) >> geo->page_shift;
	bool fits = !shadow_block_virtual(pgt->block) && !(page >> 32);

	pgt->hot.tag = va >> shift;
	pgt->hot.table = path->entry[SHADOW_LAST_LEVEL + 1] -
			 shadow_geometry_index(geo, SHADOW_LAST_LEVEL, va);
	pgt->hot.parent = path->entry[SHADOW_LAST_LEVEL];
	pgt->hot.pa = path->table_pa;
	/* What leads to the table is there; pairs with the address dependency */
	smp_wmb();
	WRITE_ONCE(pgt->hot.walk, fits ? (va ^ pgt->first) >> shift << 32 | page :
					 U64_MAX);
}

/**
 * shadow_pgtable_descend() - go down towards a level
 * @pgt: the tables
 * @va: address in the tables' half
 * @target: the level
 * @path: filled; what is no table ends it above @target
 *
 * Context: the lock is held.
 * Return: 0, or -EUCLEAN.
 */
int shadow_pgtable_descend(struct shadow_pgtable *pgt, u64 va, int target,
			   struct shadow_pgtable_path *path)
{
	const struct shadow_geometry *geo = &pgt->geo;
	unsigned int bits = geo->bits_per_level;
	int level = geo->start_level;
	unsigned int shift = shadow_geometry_shift(geo, level);
	u64 *table = pgt->root_table;
	u64 mask = ~(~0ULL << geo->root_bits);

	path->table_pa = pgt->root;
	path->first = level;
	for (;;) {
		u64 *entry = &table[(va >> shift) & mask];
		u64 desc = READ_ONCE(*entry);

		path->entry[level + 1] = entry;
		path->level = level;
		if (level == target ||
		    (desc & SHADOW_DESC_TYPE) != SHADOW_TYPE_TABLE)
			break;
		path->table_pa = shadow_desc_oa(geo, desc);
		table = shadow_pgtable_table(pgt, path->table_pa);
		if (unlikely(!table)) {
			shadow_pgtable_broken(pgt, va,
					      "table outside the block");
			return -EUCLEAN;
		}
		level++;
		shift -= bits;
		mask = ~(~0ULL << bits);
	}
	if (level == SHADOW_LAST_LEVEL)
		remember_hot(pgt, va, path);
	return 0;
}

static int new_table(struct shadow_pgtable *pgt, phys_addr_t *pa)
{
	u64 bytes = 1ULL << pgt->geo.page_shift;
	int err = pgt->ops->alloc_table(pgt->ops_ctx, pa);

	if (err)
		return err;
	if (shadow_block_back(pgt->block, *pa, bytes) == -ENOMEM) {
		pgt->ops->free_table(pgt->ops_ctx, *pa);
		return -ENOMEM;
	}
	if (!shadow_pgtable_table(pgt, *pa) || !IS_ALIGNED(*pa, bytes))
		return shadow_fault_raise(pgt->fault,
					  "shadow_pgtable: given %llx as a table",
					  (u64)*pa);
	memset(shadow_pgtable_table(pgt, *pa), 0, bytes);
	shadow_tlb_note(&pgt->tlb, SHADOW_TLB_OP_TABLE, *pa);
	pgt->nr_tables++;
	pgt->table_sum += shadow_pgtable_hash(*pa);
	shadow_latency_path(pgt->events, SHADOW_LATENCY_TABLE);
	shadow_event(pgt->events, SHADOW_EV_TABLE_ALLOC, 1, *pa, pgt->nr_tables);
	return 0;
}

/**
 * shadow_pgtable_drop_table() - give a table page back
 * @pgt: the tables, which no longer link to it and have told the TLB so
 * @pa: its physical address
 *
 * Context: the lock is held.
 */
void shadow_pgtable_drop_table(struct shadow_pgtable *pgt, phys_addr_t pa)
{
	shadow_pgtable_forget_hot(pgt);
	/* Tables that are linked twice go twice: what is left over is none */
	if (unlikely(!pgt->nr_tables)) {
		shadow_fault_raise(pgt->fault, "shadow_pgtable: %llx goes, one table too many",
				   (u64)pa);
		return;
	}
	pgt->nr_tables--;
	pgt->table_sum -= shadow_pgtable_hash(pa);
	shadow_tlb_note(&pgt->tlb, SHADOW_TLB_OP_FREE, pa);
	shadow_block_unback(pgt->block, pa, 1ULL << pgt->geo.page_shift);
	pgt->ops->free_table(pgt->ops_ctx, pa);
	shadow_latency_path(pgt->events, SHADOW_LATENCY_TABLE);
	shadow_event(pgt->events, SHADOW_EV_TABLE_FREE, 1, pa, pgt->nr_tables);
}

/* All or none */
static int new_tables(struct shadow_pgtable *pgt, phys_addr_t *pa,
		      unsigned int nr)
{
	unsigned int i;
	int err;

	for (i = 0; i < nr; i++) {
		err = new_table(pgt, &pa[i]);
		if (err) {
			while (i)
				shadow_pgtable_drop_table(pgt, pa[--i]);
			return err;
		}
	}
	return 0;
}

/* A link to a table with so many entries in use, where a path ends */
static void write_entry(struct shadow_pgtable *pgt, enum shadow_tlb_op op,
			struct shadow_pgtable_path *path, u64 va, u64 link,
			unsigned int used)
{
	WRITE_ONCE(*path->entry[path->level + 1],
		   shadow_table_with_used(link, used));
	shadow_tlb_wrote(&pgt->tlb, op, va,
			 shadow_pgtable_desc_pa(pgt, path, va), path->level,
			 link, 0, 1);
}

/**
 * shadow_pgtable_grow() - make the tables that are missing on the way down
 * @pgt: the tables
 * @va: address
 * @target: level of the table that is wanted
 * @path: a path that ended at an invalid descriptor above @target; goes on to
 *	@target afterwards
 *
 * The last of the new tables is empty, and the caller fills it. Linked when
 * all are there, hence either complete or without effect.
 *
 * Context: the lock is held.
 * Return: 0, -ENOMEM or -EUCLEAN.
 */
int shadow_pgtable_grow(struct shadow_pgtable *pgt, u64 va, int target,
			struct shadow_pgtable_path *path)
{
	const struct shadow_geometry *geo = &pgt->geo;
	unsigned int i, nr = target - path->level;
	phys_addr_t pa[SHADOW_MAX_LEVELS];
	u64 *link = path->entry[path->level + 1];
	phys_addr_t link_pa = shadow_pgtable_desc_pa(pgt, path, va);
	int link_level = path->level;
	u64 top = 0;
	int err = new_tables(pgt, pa, nr);

	if (err)
		return err;
	shadow_pgtable_added(pgt, path, 1);
	for (i = 0; i < nr; i++) {
		u64 *table = shadow_pgtable_table(pgt, pa[i]);
		u64 desc = shadow_desc_from_oa(geo, pa[i]) | pgt->table_prot |
			   SHADOW_TYPE_TABLE;

		/* All but the last hold one entry, the next table */
		if (i)
			write_entry(pgt, SHADOW_TLB_OP_WRITE_SYNC, path, va,
				    desc, i + 1 < nr);
		else
			top = desc;
		path->table_pa = pa[i];
		path->level++;
		path->entry[path->level + 1] =
			&table[shadow_geometry_index(geo, path->level, va)];
	}
	/* Contents of a table before the link to it, for a walker in hardware */
	smp_wmb();
	shadow_tlb_note(&pgt->tlb, SHADOW_TLB_OP_DMB, 0);
	WRITE_ONCE(*link, shadow_table_with_used(top, nr > 1));
	shadow_tlb_wrote(&pgt->tlb, SHADOW_TLB_OP_WRITE_SYNC, va, link_pa,
			 link_level, top, 0, 1);
	if (target == SHADOW_LAST_LEVEL)
		remember_hot(pgt, va, path);
	return 0;
}

/**
 * shadow_pgtable_splits_at() - splits that make a boundary one between leaves
 * @geo: the geometry
 * @level: level of the leaf that holds the boundary
 * @boundary: an address, page aligned
 *
 * Context: any.
 * Return: number of levels from @level on at which it is inside an entry.
 */
unsigned int shadow_pgtable_splits_at(const struct shadow_geometry *geo,
				      int level, u64 boundary)
{
	unsigned int nr = 0;

	while (boundary & ~(~0ULL << shadow_geometry_shift(geo, level))) {
		level++;
		nr++;
	}
	return nr;
}

/* Those of two boundaries inside one leaf that are splits of the same entry */
static unsigned int splits_shared(const struct shadow_geometry *geo, int level,
				  u64 first, u64 second)
{
	unsigned int both = min(shadow_pgtable_splits_at(geo, level, first),
				shadow_pgtable_splits_at(geo, level, second));
	unsigned int nr = 0;

	for (; nr < both; nr++, level++) {
		unsigned int shift = shadow_geometry_shift(geo, level);

		if (first >> shift != second >> shift)
			break;
	}
	return nr;
}

/* The table that takes a leaf's place: what it holds translates the same */
static void fill_split(struct shadow_pgtable *pgt, phys_addr_t pa, u64 va,
		       int level, u64 leaf, bool keep)
{
	const struct shadow_geometry *geo = &pgt->geo;
	u64 *table = shadow_pgtable_table(pgt, pa);
	unsigned int nr = 1U << geo->bits_per_level;
	u64 step = shadow_pgtable_step(pgt, level);
	u64 value = (leaf & geo->attr_mask & ~SHADOW_ATTR_CONT) |
		    shadow_pgtable_leaf_type(level) |
		    shadow_desc_from_oa(geo, shadow_desc_oa(geo, leaf));

	if (!keep && shadow_geometry_contig(geo, level) > 1)
		value |= SHADOW_ATTR_CONT;
	shadow_pgtable_write(table, nr, value, step);
	/* Contents of a table before the link to it, as above */
	smp_wmb();
	shadow_tlb_wrote(&pgt->tlb, SHADOW_TLB_OP_WRITE_SYNC, va, pa, level,
			 value, shadow_geometry_shift(geo, level), nr);
}

/*
 * A leaf becomes a table of smaller leaves. Its size changes, so the old
 * translation goes before the new one comes.
 */
static void split_leaf(struct shadow_pgtable *pgt,
		       struct shadow_pgtable_path *path, u64 va, phys_addr_t pa)
{
	unsigned int shift = shadow_geometry_shift(&pgt->geo, path->level);
	u64 *entry = path->entry[path->level + 1];
	bool keep = shadow_pgtable_keeps(pgt, path);
	u64 link = shadow_desc_from_oa(&pgt->geo, pa) | pgt->table_prot |
		   SHADOW_TYPE_TABLE;

	va &= ~0ULL << shift;
	fill_split(pgt, pa, va, path->level + 1, *entry, keep);
	shadow_pgtable_break(pgt);
	WRITE_ONCE(*entry, 0);
	shadow_tlb_wrote(&pgt->tlb, SHADOW_TLB_OP_WRITE, va,
			 shadow_pgtable_desc_pa(pgt, path, va), path->level, 0,
			 0, 1);
	shadow_tlb_invalidate(&pgt->tlb, &pgt->geo, va, 1ULL << shift, shift,
			      false);
	pgt->tlb.nr_breaks++;
	write_entry(pgt, SHADOW_TLB_OP_WRITE_SYNC, path, va, link,
		    1U << pgt->geo.bits_per_level);
	if (keep)
		*entry |= SHADOW_TABLE_KEEP;
	shadow_pgtable_made(pgt);
	shadow_event(pgt->events, SHADOW_EV_BLOCK_SPLIT, 1, va, path->level, pa);
}

/*
 * Split until a boundary is one between leaves, with up to @left tables; returns
 * tables used up. Where tables are linked twice, a split changes what is met.
 */
static int split_at(struct shadow_pgtable *pgt, u64 boundary,
		    const phys_addr_t *pa, int left)
{
	struct shadow_pgtable_path path;
	int err, nr = 0;

	for (;;) {
		err = shadow_pgtable_descend(pgt, boundary, SHADOW_LAST_LEVEL,
					     &path);
		if (err)
			return err;
		if (!shadow_pgtable_splits_at(&pgt->geo, path.level, boundary))
			return nr;
		if (unlikely(nr == left ||
			     !shadow_pgtable_is_leaf(path.level,
						     *path.entry[path.level + 1]))) {
			shadow_pgtable_broken(pgt, boundary, "a leaf has changed");
			return -EUCLEAN;
		}
		shadow_pgtable_ungroup_leaf(pgt, &path, boundary);
		split_leaf(pgt, &path, boundary, pa[nr++]);
	}
}

/**
 * shadow_pgtable_split_ends() - make leaves begin and end where a range does
 * @pgt: the tables
 * @va: first address of the range, which has no hole
 * @bytes: its length
 * @first_level: level of the leaf that holds the first page
 * @last_level: level of the leaf that holds the last page
 * @same_leaf: both are the same leaf
 *
 * The number of tables is known beforehand, so it fails before the first split
 * or not at all.
 *
 * Context: the lock is held.
 * Return: 0, -ENOMEM or -EUCLEAN.
 */
int shadow_pgtable_split_ends(struct shadow_pgtable *pgt, u64 va, u64 bytes,
			      int first_level, int last_level, bool same_leaf)
{
	const struct shadow_geometry *geo = &pgt->geo;
	unsigned int nr = shadow_pgtable_splits_at(geo, first_level, va) +
			  shadow_pgtable_splits_at(geo, last_level, va + bytes);
	phys_addr_t pa[MAX_SPLITS];
	int err, used;

	if (same_leaf)
		nr -= splits_shared(geo, first_level, va, va + bytes);
	if (!nr)
		return 0;
	err = new_tables(pgt, pa, nr);
	if (err)
		return err;
	used = split_at(pgt, va, pa, nr);
	if (used < 0)
		return used;
	/* An end without splits may be where nothing is mapped */
	if (!shadow_pgtable_splits_at(geo, last_level, va + bytes))
		return 0;
	err = split_at(pgt, va + bytes, pa + used, nr - used);
	return min(err, 0);
}

static u64 count_told(const struct shadow_event_source *source,
		      enum shadow_event_id id)
{
	const struct shadow_pgtable *pgt =
		container_of(source, struct shadow_pgtable, told);
	u64 cleared = READ_ONCE(pgt->nr_cleared);

	switch (id) {
	case SHADOW_EV_MAP:
		return READ_ONCE(pgt->nr_mapped);
	case SHADOW_EV_UNMAP:
		return READ_ONCE(pgt->nr_unmapped) + cleared;
	case SHADOW_EV_TLBI:
		return READ_ONCE(pgt->tlb.nr_told) + cleared;
	default:
		return 0;
	}
}

/**
 * shadow_pgtable_init() - an empty tree
 * @pgt: the tables
 * @geo: their geometry; copied
 * @upper: they are for TTBR1_EL1
 * @block: how tables are reached
 * @events: where hooks report to
 * @fault: raised when a table is found broken
 * @ops: where table pages come from
 * @ops_ctx: for @ops
 *
 * Context: any; does not sleep.
 * Return: 0, or what @ops returned for the root.
 */
int shadow_pgtable_init(struct shadow_pgtable *pgt,
			const struct shadow_geometry *geo, bool upper,
			const struct shadow_block *block,
			struct shadow_event_log *events,
			struct shadow_fault *fault,
			const struct shadow_pgtable_ops *ops, void *ops_ctx)
{
	int err;

	memset(pgt, 0, sizeof(*pgt));
	raw_spin_lock_init(&pgt->lock);
	pgt->geo = *geo;
	pgt->upper = upper;
	pgt->first = shadow_geometry_first(geo, upper);
	pgt->good_prot = SHADOW_PAGE_KERNEL;
	pgt->block = block;
	pgt->events = events;
	pgt->tlb.events = events;
	pgt->told.count = count_told;
	shadow_event_add_source(events, &pgt->told);
	pgt->fault = fault;
	shadow_pgtable_forget_hot(pgt);
	pgt->hot_shift = geo->page_shift + geo->bits_per_level;
	pgt->page_bytes = 1ULL << geo->page_shift;
	pgt->bad_pa = ~GENMASK_ULL(geo->pa_bits - 1, geo->page_shift);
	pgt->group_mask = ((u64)shadow_geometry_contig(geo, SHADOW_LAST_LEVEL)
			   << geo->page_shift) - 1;
	pgt->ops = ops;
	pgt->ops_ctx = ops_ctx;
	err = new_table(pgt, &pgt->root);
	if (err)
		return err;
	pgt->root_table = shadow_pgtable_table(pgt, pgt->root);
	return 0;
}

static void free_below(struct shadow_pgtable *pgt, phys_addr_t pa, int level)
{
	const struct shadow_geometry *geo = &pgt->geo;
	unsigned int i, nr = shadow_geometry_entries(geo, level);
	const u64 *table = shadow_pgtable_table(pgt, pa);

	/* Links that form a loop lead to more tables than there are */
	for (i = 0; table && level < SHADOW_LAST_LEVEL && i < nr && pgt->nr_tables; i++)
		if ((table[i] & SHADOW_DESC_TYPE) == SHADOW_TYPE_TABLE)
			free_below(pgt, shadow_desc_oa(geo, table[i]),
				   level + 1);
	/* More than there are would free what is not a table */
	if (table && pgt->nr_tables)
		shadow_pgtable_drop_table(pgt, pa);
}

/**
 * shadow_pgtable_fini() - give all tables back
 * @pgt: tables that nobody uses any more; initialised again or never again
 *
 * Of broken tables nothing is given back: a wrong page would be.
 *
 * Context: any; does not sleep.
 */
void shadow_pgtable_fini(struct shadow_pgtable *pgt)
{
	/* What follows happens to tables that no register points to */
	shadow_tlb_set_log(&pgt->tlb, NULL, 0);
	if (pgt->root_table && !shadow_fault_frozen(pgt->fault))
		free_below(pgt, pgt->root, pgt->geo.start_level);
	pgt->root_table = NULL;
	pgt->nr_tables = 0;
	shadow_event_drop_source(pgt->events, &pgt->told);
}

/**
 * shadow_pgtable_set_ops() - take table pages from somewhere else from now on
 * @pgt: the tables
 * @ops: the new ops, which also take back the pages of the old ones
 * @ops_ctx: for @ops
 *
 * The boot does this at the handover from memblock to the buddy.
 *
 * Context: any; takes the lock.
 */
void shadow_pgtable_set_ops(struct shadow_pgtable *pgt,
			    const struct shadow_pgtable_ops *ops, void *ops_ctx)
{
	unsigned long irq;

	raw_spin_lock_irqsave(&pgt->lock, irq);
	pgt->ops = ops;
	pgt->ops_ctx = ops_ctx;
	raw_spin_unlock_irqrestore(&pgt->lock, irq);
}

