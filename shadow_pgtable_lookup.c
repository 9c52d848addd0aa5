// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_pgtable_lookup - reading a tree of tables: the quick way, and what the
 * walker that explains has to know.
 */
#include "shadow_pgtable.h"

static __always_inline int look_up(const struct shadow_pgtable *pgt, u64 va,
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
	u64 d;

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
	*desc = d;
	*pa = (shadow_desc_oa(geo, d) & ~0ULL << shift) |
	      (va & ~(~0ULL << shift));
	return 0;
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
 * Context: any; takes no lock: the caller knows that nobody maps or unmaps @va
 * meanwhile. Leaves may be split and folded around it.
 * Return: 0; -ERANGE: outside the half; -ENOENT: not mapped; -EUCLEAN.
 */
int shadow_pgtable_lookup(const struct shadow_pgtable *pgt, u64 va,
			  phys_addr_t *pa, u64 *desc)
{
	phys_addr_t found_pa = 0;
	u64 found = 0;
	u32 changes;
	int err;

	do {
		changes = READ_ONCE(pgt->changes);
		/* Pairs with shadow_pgtable_break() and shadow_pgtable_made() */
		smp_rmb();
		err = look_up(pgt, va, &found_pa, &found);
		/* And again: nothing came in between */
		smp_rmb();
	} while (unlikely(changes & 1 || READ_ONCE(pgt->changes) != changes));
	if (err)
		return err;
	if (pa)
		*pa = found_pa;
	if (desc)
		*desc = found;
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
