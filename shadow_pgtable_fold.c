// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_pgtable_fold - leaves that belong together: groups with the contiguous
 * hint, and tables that turn into the block that their leaves amount to; and
 * the way back, before a part of them changes.
 *
 * The size of what one TLB entry may hold changes with either, so every
 * descriptor concerned is made invalid first, the TLB is told, and then comes
 * the new one: "Using break-before-make when updating translation table
 * entries" of the Arm ARM.
 *
 * A worked example with 4K pages: pages 0 to 14 of a group are mapped to frames
 * 32 to 46. Page 15 comes, to frame 47: now all 16 are valid, consecutive, and
 * the first frame is a multiple of 16, so all 16 are cleared, invalidated, and
 * written with the hint. Page 3 goes: all 16 are cleared, invalidated and
 * written without it, and then page 3 is cleared.
 */
#include "shadow_pgtable_tree.h"

/**
 * shadow_pgtable_rewrite() - give leaves other attributes
 * @pgt: the tables
 * @span: the leaves, whose values go up by their size
 * @first: the first one's new value
 * @breaks: they must be invalid in between
 *
 * Context: the lock is held.
 */
void shadow_pgtable_rewrite(struct shadow_pgtable *pgt,
			    const struct shadow_pgtable_span *span, u64 first,
			    bool breaks)
{
	unsigned int shift = shadow_geometry_shift(&pgt->geo, span->level);
	u64 bytes = (u64)span->nr << shift, step = 1ULL << shift;

	if (breaks) {
		shadow_pgtable_break(pgt);
		shadow_pgtable_write(span->entry, span->nr, 0, 0);
		shadow_tlb_wrote(&pgt->tlb, SHADOW_TLB_OP_WRITE, span->va,
				 span->pa, span->level, 0, 0, span->nr);
		shadow_tlb_invalidate(&pgt->tlb, &pgt->geo, span->va, bytes,
				      shift, false);
		pgt->tlb.nr_breaks += span->nr;
	}
	shadow_pgtable_write(span->entry, span->nr, first, step);
	shadow_tlb_wrote(&pgt->tlb, breaks ? SHADOW_TLB_OP_WRITE_SYNC :
					     SHADOW_TLB_OP_WRITE,
			 span->va, span->pa, span->level, first, shift,
			 span->nr);
	if (breaks)
		shadow_pgtable_made(pgt);
	else
		shadow_tlb_invalidate(&pgt->tlb, &pgt->geo, span->va, bytes,
				      shift, false);
}

/* The group that the leaf in which a path ends belongs to */
static void group_of(const struct shadow_pgtable *pgt,
		     const struct shadow_pgtable_path *path, u64 va,
		     struct shadow_pgtable_span *group)
{
	unsigned int shift = shadow_geometry_shift(&pgt->geo, path->level);
	unsigned int index = shadow_geometry_index(&pgt->geo, path->level, va);
	unsigned int before;

	group->nr = shadow_geometry_contig(&pgt->geo, path->level);
	group->level = path->level;
	before = index & (group->nr - 1);
	group->entry = path->entry[path->level + 1] - before;
	group->pa = path->table_pa + (index - before) * sizeof(u64);
	group->va = va & ~(((u64)group->nr << shift) - 1);
}

/**
 * shadow_pgtable_ungroup_leaf() - take the hint from a leaf's group, if it has it
 * @pgt: the tables
 * @path: the way to the leaf
 * @va: an address in it
 *
 * Context: the lock is held.
 */
void shadow_pgtable_ungroup_leaf(struct shadow_pgtable *pgt,
				 const struct shadow_pgtable_path *path, u64 va)
{
	struct shadow_pgtable_span group;

	if (!(*path->entry[path->level + 1] & SHADOW_ATTR_CONT))
		return;
	group_of(pgt, path, va, &group);
	shadow_pgtable_rewrite(pgt, &group, *group.entry & ~SHADOW_ATTR_CONT,
			       true);
}

/* The group that a boundary cuts in two; @va is an address beside it */
static int ungroup_at(struct shadow_pgtable *pgt, u64 va, u64 boundary)
{
	struct shadow_pgtable_path path;
	u64 bytes;
	int err = shadow_pgtable_find(pgt, va, &path);

	if (err || !(*path.entry[path.level + 1] & SHADOW_ATTR_CONT))
		return err;
	bytes = (u64)shadow_geometry_contig(&pgt->geo, path.level) <<
		shadow_geometry_shift(&pgt->geo, path.level);
	if (boundary & (bytes - 1))
		shadow_pgtable_ungroup_leaf(pgt, &path, va);
	return 0;
}

/**
 * shadow_pgtable_ungroup() - no group reaches beyond a range
 * @pgt: the tables
 * @va: first address of the range, which has no hole and begins and ends with
 *	leaves
 * @bytes: its length
 *
 * Needs no memory.
 *
 * Context: the lock is held.
 * Return: 0, or -EUCLEAN.
 */
int shadow_pgtable_ungroup(struct shadow_pgtable *pgt, u64 va, u64 bytes)
{
	int err = ungroup_at(pgt, va, va);

	return err ? : ungroup_at(pgt, va + bytes - 1, va + bytes);
}

/* All leaves, and their values go up by their size; the hint does not count */
static bool consecutive(const struct shadow_pgtable *pgt,
			const struct shadow_pgtable_span *span)
{
	u64 step = shadow_pgtable_step(pgt, span->level);
	u64 value = *span->entry & ~SHADOW_ATTR_CONT;
	u64 bytes = span->nr * step;
	unsigned int i;

	if (!shadow_pgtable_is_leaf(span->level, value) ||
	    shadow_desc_oa(&pgt->geo, value) & (bytes - 1))
		return false;
	/* The last one is the likeliest to differ */
	for (i = span->nr; --i; )
		if ((span->entry[i] & ~SHADOW_ATTR_CONT) != value + i * step)
			return false;
	return true;
}

static void hint_group(struct shadow_pgtable *pgt,
		       const struct shadow_pgtable_path *path, u64 va)
{
	struct shadow_pgtable_span group;

	if (*path->entry[path->level + 1] & SHADOW_ATTR_CONT ||
	    shadow_pgtable_keeps(pgt, path))
		return;
	group_of(pgt, path, va, &group);
	if (group.nr > 1 && consecutive(pgt, &group))
		shadow_pgtable_rewrite(pgt, &group,
				       *group.entry | SHADOW_ATTR_CONT, true);
}

/* The table in which a path ends, whole, if it may be folded at all */
static bool foldable(const struct shadow_pgtable *pgt,
		     const struct shadow_pgtable_path *path, u64 va,
		     struct shadow_pgtable_span *table)
{
	const struct shadow_geometry *geo = &pgt->geo;
	int level = path->level;

	if (level == geo->start_level ||
	    !shadow_geometry_has_block(geo, level - 1) ||
	    shadow_table_used(*path->entry[level]) != 1U << geo->bits_per_level ||
	    shadow_pgtable_keeps(pgt, path) ||
	    shadow_pgtable_is_pinned(pgt, va,
				     shadow_geometry_shift(geo, level - 1)))
		return false;
	table->nr = 1U << geo->bits_per_level;
	table->level = level;
	table->entry = path->entry[level + 1] -
		       shadow_geometry_index(geo, level, va);
	table->pa = path->table_pa;
	table->va = va & ~0ULL << shadow_geometry_shift(geo, level - 1);
	return consecutive(pgt, table);
}

/* A table turns into the block that its leaves amount to */
static void fold(struct shadow_pgtable *pgt,
		 const struct shadow_pgtable_path *path,
		 const struct shadow_pgtable_span *table)
{
	const struct shadow_geometry *geo = &pgt->geo;
	int level = table->level - 1;
	unsigned int shift = shadow_geometry_shift(geo, level);
	u64 *parent = path->entry[table->level];
	phys_addr_t parent_pa = shadow_virt_to_phys(pgt->block, parent);
	u64 leaf = *table->entry & ~SHADOW_ATTR_CONT;
	u64 value = (leaf & geo->attr_mask) |
		    shadow_desc_from_oa(geo, shadow_desc_oa(geo, leaf)) |
		    shadow_pgtable_leaf_type(level);

	shadow_pgtable_break(pgt);
	WRITE_ONCE(*parent, 0);
	shadow_tlb_wrote(&pgt->tlb, SHADOW_TLB_OP_WRITE, table->va, parent_pa,
			 level, 0, 0, 1);
	shadow_tlb_invalidate(&pgt->tlb, geo, table->va, 1ULL << shift,
			      shift - geo->bits_per_level, true);
	pgt->tlb.nr_breaks++;
	WRITE_ONCE(*parent, value);
	shadow_tlb_wrote(&pgt->tlb, SHADOW_TLB_OP_WRITE_SYNC, table->va,
			 parent_pa, level, value, 0, 1);
	shadow_pgtable_drop_table(pgt, table->pa);
	shadow_pgtable_made(pgt);
	shadow_event(pgt->events, SHADOW_EV_TABLE_FOLD, 1, table->va, level,
		     table->pa);
}

/* Fold from the leaf at an address upwards, then hint what is left */
static int fold_upwards(struct shadow_pgtable *pgt, u64 va,
			struct shadow_pgtable_path *path)
{
	struct shadow_pgtable_span table;
	int err = shadow_pgtable_find(pgt, va, path);

	while (!err && foldable(pgt, path, va, &table)) {
		fold(pgt, path, &table);
		err = shadow_pgtable_descend(pgt, va, SHADOW_LAST_LEVEL, path);
	}
	if (!err)
		hint_group(pgt, path, va);
	return err;
}

/**
 * shadow_pgtable_fold_at() - leaves have come around an address
 * @pgt: the tables
 * @va: an address that is mapped
 *
 * Context: the lock is held. Needs no memory.
 * Return: 0, or -EUCLEAN.
 */
int shadow_pgtable_fold_at(struct shadow_pgtable *pgt, u64 va)
{
	struct shadow_pgtable_path path;

	return fold_upwards(pgt, va, &path);
}

/**
 * shadow_pgtable_refold() - the attributes of a range have changed
 * @pgt: the tables
 * @va: first address of the range, which has no hole
 * @bytes: its length
 *
 * Context: the lock is held. Needs no memory.
 * Return: 0, or -EUCLEAN.
 */
int shadow_pgtable_refold(struct shadow_pgtable *pgt, u64 va, u64 bytes)
{
	struct shadow_pgtable_path path;
	u64 last = va + bytes - 1, step;
	int err;

	for (;;) {
		err = fold_upwards(pgt, va, &path);
		if (err)
			return err;
		step = 1ULL << shadow_geometry_shift(&pgt->geo, path.level);
		/* Beside a page there are pages, beside a block also tables */
		if (path.level == SHADOW_LAST_LEVEL)
			step *= shadow_geometry_contig(&pgt->geo, path.level);
		if ((va | (step - 1)) >= last)
			return 0;
		va = (va | (step - 1)) + 1;
	}
}
