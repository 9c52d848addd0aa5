// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_pgtable_pin - tables that are made before anything is mapped in them
 * and stay when nothing is any more, so that mapping there needs no memory;
 * and how they go from one tree to another.
 *
 * A tree has one range whose tables are pinned: all tables below the root that
 * an address of the range is looked up in. Each counts one entry more than it
 * has in use, so that map and unmap need not know of this.
 */
#include "shadow_pgtable_tree.h"

/**
 * struct part - the entries of a table that a range of addresses meets
 * @pa: physical address of the table
 * @table: the table
 * @level: its level
 * @shift: log2 of the bytes that an entry covers
 * @first: first address of the range
 * @last: last address of the range that the table covers
 */
struct part {
	phys_addr_t pa;
	u64 *table;
	int level;
	unsigned int shift;
	u64 first;
	u64 last;
};

static void root_part(const struct shadow_pgtable *pgt, u64 first, u64 last,
		      struct part *part)
{
	part->pa = pgt->root;
	part->table = pgt->root_table;
	part->level = pgt->geo.start_level;
	part->shift = shadow_geometry_shift(&pgt->geo, part->level);
	part->first = first;
	part->last = last;
}

static u64 *entry_of(const struct shadow_pgtable *pgt, const struct part *part,
		     u64 va)
{
	return &part->table[shadow_geometry_index(&pgt->geo, part->level, va)];
}

/* Write a link, or none, where @va is looked up; the other tables are not asked */
static void write_link(struct shadow_pgtable *pgt, const struct part *part,
		       u64 va, u64 desc)
{
	unsigned int index = shadow_geometry_index(&pgt->geo, part->level, va);

	WRITE_ONCE(part->table[index], desc);
	va &= ~0ULL << part->shift;
	shadow_tlb_wrote(&pgt->tlb, SHADOW_TLB_OP_WRITE_SYNC, va,
			 part->pa + index * sizeof(u64), part->level,
			 desc & ~SHADOW_TABLE_OURS, 0, 1);
	/* Walks to what was there may be cached */
	if (!desc)
		shadow_tlb_invalidate(&pgt->tlb, &pgt->geo, va,
				      1ULL << part->shift, part->shift, true);
}

/* Last address of the range in the entry that holds @va */
static u64 last_of(const struct part *part, u64 va)
{
	return min(va | ~(~0ULL << part->shift), part->last);
}

static bool is_table(const struct part *part, u64 desc)
{
	return part->level < SHADOW_LAST_LEVEL &&
	       (desc & SHADOW_DESC_TYPE) == SHADOW_TYPE_TABLE;
}

/* What of the range the table has that an entry at @va links; NULL on damage */
static u64 *child_part(const struct shadow_pgtable *pgt,
		       const struct part *part, u64 va, struct part *child)
{
	child->pa = shadow_desc_oa(&pgt->geo, *entry_of(pgt, part, va));
	child->table = shadow_pgtable_table(pgt, child->pa);
	child->level = part->level + 1;
	child->shift = part->shift - pgt->geo.bits_per_level;
	child->first = va;
	child->last = last_of(part, va);
	return child->table;
}

static void count_entries(u64 *link, int nr)
{
	WRITE_ONCE(*link, shadow_table_with_used(*link,
						 shadow_table_used(*link) + nr));
}

/* Pin the tables of a range, which are all there, where they are not yet */
static void pin_tables(struct shadow_pgtable *pgt, const struct part *part)
{
	struct part child;
	u64 va = part->first;

	for (;; va = last_of(part, va) + 1) {
		if (!shadow_pgtable_is_pinned(pgt, va, part->shift))
			count_entries(entry_of(pgt, part, va), 1);
		if (part->level + 1 < SHADOW_LAST_LEVEL &&
		    child_part(pgt, part, va, &child))
			pin_tables(pgt, &child);
		if (last_of(part, va) == part->last)
			return;
	}
}

/* Take back tables of a range in which nothing is; @link: to part->table */
static void prune(struct shadow_pgtable *pgt, const struct part *part,
		  u64 *link)
{
	struct part child;
	u64 va = part->first;

	for (;; va = last_of(part, va) + 1) {
		u64 *entry = entry_of(pgt, part, va);

		if (is_table(part, *entry) && child_part(pgt, part, va, &child)) {
			prune(pgt, &child, entry);
			if (!shadow_table_used(*entry)) {
				write_link(pgt, part, va, 0);
				shadow_pgtable_drop_table(pgt, child.pa);
				if (link)
					count_entries(link, -1);
			}
		}
		if (last_of(part, va) == part->last)
			return;
	}
}

/* Make the tables of a range; they are empty where they are new */
static int make_tables(struct shadow_pgtable *pgt, u64 first, u64 last)
{
	u64 span = 1ULL << shadow_geometry_shift(&pgt->geo,
						 SHADOW_LAST_LEVEL - 1);
	struct shadow_pgtable_path path;
	u64 va = first;
	int err;

	for (;;) {
		err = shadow_pgtable_descend(pgt, va, SHADOW_LAST_LEVEL, &path);
		if (err)
			return err;
		if (path.level < SHADOW_LAST_LEVEL) {
			if (*path.entry[path.level + 1])
				return -EEXIST;
			err = shadow_pgtable_grow(pgt, va, SHADOW_LAST_LEVEL,
						  &path);
			if (err)
				return err;
		}
		if ((va | (span - 1)) >= last)
			return 0;
		va = (va | (span - 1)) + 1;
	}
}

/**
 * shadow_pgtable_pin() - make the tables of a range, and keep them
 * @pgt: the tables
 * @va: first address, page aligned
 * @bytes: length, a multiple of the page size
 *
 * All tables that are needed to map the range by pages; from now on they stay
 * even when they are empty, until the tree is given back. What is mapped there
 * already stays mapped. A tree has one such range. Follows early_fixmap_init()
 * of arch/arm64/mm/fixmap.c.
 *
 * Context: any; takes the lock, does not sleep.
 * Return: 0; -EINVAL: misaligned, empty or wraps around; -ERANGE: outside the
 * half; -EBUSY: another range is pinned; -EEXIST: a block is mapped there;
 * -ENOMEM; -EUCLEAN. After an error the tables are as before.
 */
int shadow_pgtable_pin(struct shadow_pgtable *pgt, u64 va, u64 bytes)
{
	u64 last = va + bytes - 1;
	unsigned long irq;
	struct part root;
	int err;

	if ((va | bytes) & ~(~0ULL << pgt->geo.page_shift) || !bytes || last < va)
		return -EINVAL;
	if (((va ^ pgt->first) | (last ^ pgt->first)) >> pgt->geo.va_bits)
		return -ERANGE;
	if (shadow_fault_frozen(pgt->fault))
		return -EUCLEAN;

	raw_spin_lock_irqsave(&pgt->lock, irq);
	if (pgt->pin_last) {
		err = -EBUSY;
		goto unlock;
	}
	root_part(pgt, va, last, &root);
	err = make_tables(pgt, va, last);
	if (err) {
		prune(pgt, &root, NULL);
	} else {
		pin_tables(pgt, &root);
		pgt->pin_first = va;
		pgt->pin_last = last;
	}
unlock:
	raw_spin_unlock_irqrestore(&pgt->lock, irq);
	return err;
}

/**
 * shadow_pgtable_pin_below() - let the pinned range begin further down
 * @pgt: the tables, with a range that is pinned
 * @va: its new first address, page aligned, below that of now
 *
 * As shadow_pgtable_pin() for what the range grows by. Follows kmap_init() of
 * arch/arm/mm/mmu.c, which makes the tables of two more windows.
 *
 * Context: any; takes the lock, does not sleep.
 * Return: 0; -EINVAL: misaligned, or not below; -ERANGE: outside the half;
 * -ENXIO: no range is pinned; -EEXIST: a block is mapped there; -ENOMEM;
 * -EUCLEAN. After an error the tables are as before.
 */
int shadow_pgtable_pin_below(struct shadow_pgtable *pgt, u64 va)
{
	unsigned long irq;
	struct part root;
	int err;

	if (va & ~(~0ULL << pgt->geo.page_shift))
		return -EINVAL;
	if ((va ^ pgt->first) >> pgt->geo.va_bits)
		return -ERANGE;
	if (shadow_fault_frozen(pgt->fault))
		return -EUCLEAN;

	raw_spin_lock_irqsave(&pgt->lock, irq);
	err = !pgt->pin_last ? -ENXIO : va >= pgt->pin_first ? -EINVAL : 0;
	if (err)
		goto unlock;
	root_part(pgt, va, pgt->pin_first - 1, &root);
	err = make_tables(pgt, va, root.last);
	if (err) {
		prune(pgt, &root, NULL);
	} else {
		pin_tables(pgt, &root);
		pgt->pin_first = va;
	}
unlock:
	raw_spin_unlock_irqrestore(&pgt->lock, irq);
	return err;
}

/* Entries in use of a table that lie in its part of the range */
static unsigned int used_in_part(const struct shadow_pgtable *pgt,
				 const struct part *part)
{
	unsigned int nr = 0;
	u64 va = part->first;

	for (;; va = last_of(part, va) + 1) {
		nr += !!*entry_of(pgt, part, va);
		if (last_of(part, va) == part->last)
			return nr;
	}
}

/* A table, with all below it, must be the range's alone, but for the pin */
static int check_exclusive(const struct shadow_pgtable *pgt,
			   const struct part *part, u64 link)
{
	struct part child;
	u64 va = part->first;
	int err = 0;

	if (used_in_part(pgt, part) + 1 != shadow_table_used(link))
		return -EBUSY;
	for (; part->level < SHADOW_LAST_LEVEL; va = last_of(part, va) + 1) {
		err = child_part(pgt, part, va, &child) ?
		      check_exclusive(pgt, &child, *entry_of(pgt, part, va)) :
		      -EUCLEAN;
		if (err || last_of(part, va) == part->last)
			break;
	}
	return err;
}

/* Can the tables of the range be linked in @to? Changes nothing */
static int check_move(const struct shadow_pgtable *to, const struct part *there,
		      const struct shadow_pgtable *from, const struct part *here)
{
	struct part child, other;
	u64 va = here->first;
	int err;

	for (;; va = last_of(here, va) + 1) {
		u64 desc = *entry_of(to, there, va);

		if (!is_table(here, *entry_of(from, here, va)) ||
		    !child_part(from, here, va, &child))
			err = -EUCLEAN;
		else if (!desc)
			err = check_exclusive(from, &child,
					      *entry_of(from, here, va));
		else if (!is_table(there, desc) ||
			 child.level == SHADOW_LAST_LEVEL)
			err = -EEXIST;
		else if (!child_part(to, there, va, &other))
			err = -EUCLEAN;
		else
			err = check_move(to, &other, from, &child);
		if (err)
			return err;
		if (last_of(here, va) == here->last)
			return 0;
	}
}

/* To the log of the tree that gets it, a table that comes is a new one */
static void log_arrival(struct shadow_pgtable *to, const struct part *part)
{
	u64 va = part->first;

	shadow_tlb_note(&to->tlb, SHADOW_TLB_OP_TABLE, part->pa);
	for (;; va = last_of(part, va) + 1) {
		unsigned int index = shadow_geometry_index(&to->geo,
							   part->level, va);
		u64 desc = part->table[index];

		if (is_table(part, desc))
			desc &= ~SHADOW_TABLE_OURS;
		if (desc)
			shadow_tlb_wrote(&to->tlb, SHADOW_TLB_OP_WRITE_SYNC,
					 va & ~0ULL << part->shift,
					 part->pa + index * sizeof(u64),
					 part->level, desc, 0, 1);
		if (last_of(part, va) == part->last)
			return;
	}
}

/* A table and those below it change the tree that they are counted in */
static void recount(struct shadow_pgtable *to, struct shadow_pgtable *from,
		    const struct part *part)
{
	u64 hash = shadow_pgtable_hash(part->pa);
	struct part child;
	u64 va = part->first;

	from->nr_tables--;
	from->table_sum -= hash;
	to->nr_tables++;
	to->table_sum += hash;
	for (; part->level < SHADOW_LAST_LEVEL; va = last_of(part, va) + 1) {
		if (child_part(from, part, va, &child))
			recount(to, from, &child);
		if (last_of(part, va) == part->last)
			break;
	}
	log_arrival(to, part);
}

/*
 * Entries of the range go over where @to has none; where it has a table, what
 * is in ours goes there. @links are those to the two tables, NULL for a root.
 * All has been checked, but tables that are linked twice change on the way.
 */
static int move_entries(struct shadow_pgtable *to, const struct part *there,
			u64 *there_link, struct shadow_pgtable *from,
			const struct part *here, u64 *here_link)
{
	struct part child, other;
	u64 va = here->first;
	int err;

	for (;; va = last_of(here, va) + 1) {
		u64 *entry = entry_of(to, there, va);
		u64 *old = entry_of(from, here, va);

		if (!is_table(here, *old) || !child_part(from, here, va, &child))
			return -EUCLEAN;
		if (*entry) {
			if (!is_table(there, *entry) || !child_part(to, there, va, &other))
				return -EUCLEAN;
			err = move_entries(to, &other, entry, from, &child, old);
			if (err)
				return err;
			count_entries(entry, 1);
			count_entries(old, -1);
		} else {
			recount(to, from, &child);
			write_link(to, there, va, *old);
			write_link(from, here, va, 0);
			if (there_link)
				count_entries(there_link, 1);
			if (here_link)
				count_entries(here_link, -1);
		}
		if (last_of(here, va) == here->last)
			return 0;
	}
}

/* All else of a geometry follows from these */
static bool same_shape(const struct shadow_pgtable *a,
		       const struct shadow_pgtable *b)
{
	return a->geo.page_shift == b->geo.page_shift &&
	       a->geo.va_bits == b->geo.va_bits &&
	       a->geo.pa_bits == b->geo.pa_bits && a->geo.lpa2 == b->geo.lpa2 &&
	       a->upper == b->upper && a->block == b->block;
}

/**
 * shadow_pgtable_move_pinned() - hand the pinned tables over to another tree
 * @to: the tree that gets them; nothing is mapped there in the range
 * @from: the tree that has them, which has no pinned range afterwards
 *
 * Tables are moved, not copied: what is mapped in them stays mapped at the same
 * addresses, and no memory is needed. Tables on the way that both trees have
 * stay with both. The ops of @to must accept the tables that come, but get
 * them to see only in shadow_pgtable_fini(). Follows what map_kernel() of
 * arch/arm64/mm/mmu.c did with the fixmap's entry of init_pg_dir until the
 * whole root was copied.
 *
 * Context: any; takes both locks, @from's first; does not sleep. A walker must
 * not be in the range.
 * Return: 0; -EINVAL: the trees differ in shape, or @from has no pinned range;
 * -EBUSY: @to has one, or a table to be moved is used beyond the range;
 * -EEXIST: something is mapped there; -EUCLEAN. After an error both are as
 * before.
 */
int shadow_pgtable_move_pinned(struct shadow_pgtable *to,
			       struct shadow_pgtable *from)
{
	struct part there, here;
	unsigned long irq;
	int err;

	if (to == from || !same_shape(to, from))
		return -EINVAL;
	if (shadow_fault_frozen(from->fault) || shadow_fault_frozen(to->fault))
		return -EUCLEAN;
	raw_spin_lock_irqsave(&from->lock, irq);
	raw_spin_lock_nested(&to->lock, SINGLE_DEPTH_NESTING);
	err = !from->pin_last ? -EINVAL : to->pin_last ? -EBUSY : 0;
	if (err)
		goto unlock;
	root_part(to, from->pin_first, from->pin_last, &there);
	root_part(from, from->pin_first, from->pin_last, &here);
	err = check_move(to, &there, from, &here) ?:
	      move_entries(to, &there, NULL, from, &here, NULL);
	if (err == -EUCLEAN)
		shadow_pgtable_broken(from, here.first,
				      "a pinned table cannot be reached");
	if (err)
		goto unlock;
	to->pin_first = from->pin_first;
	to->pin_last = from->pin_last;
	from->pin_last = 0;
	prune(from, &here, NULL);
	shadow_pgtable_forget_hot(to);
	shadow_pgtable_forget_hot(from);
unlock:
	raw_spin_unlock(&to->lock);
	raw_spin_unlock_irqrestore(&from->lock, irq);
	return err;
}
