// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_pgtable_lookup - reading a tree of tables: the quick way, and what the
 * walker that explains has to know.
 */
#include "shadow_pgtable.h"

/*
 * From the root to the descriptor that is no table, and log2 of what it covers.
 * @board: tables are where the books of a virtual board say, if anywhere
 */
static __always_inline int walk_down(const struct shadow_pgtable *pgt, u64 va,
				     bool board, u64 *desc,
				     unsigned int *covers)
{
	const struct shadow_geometry *geo = &pgt->geo;
	const struct shadow_block *block = pgt->block;
	unsigned int page_shift = geo->page_shift, bits = geo->bits_per_level;
	unsigned int shift = shadow_geometry_shift(geo, geo->start_level);
	u64 low = geo->oa_low, high = geo->oa_high, mask = ~(~0ULL << bits);
	unsigned int high_shift = geo->oa_high_shift;
	phys_addr_t base = block->base;
	u64 last = block->bytes - (1ULL << page_shift);
	const char *virt = block->virt;
	const u64 *table = pgt->root_table;
	u64 index = (va ^ pgt->first) >> shift, d;

	if (unlikely((va ^ pgt->first) >> geo->va_bits))
		return -ERANGE;
	for (;;) {
		u64 offset;

		d = READ_ONCE(table[index]);
		if ((d & SHADOW_DESC_TYPE) != SHADOW_TYPE_TABLE ||
		    shift == page_shift)
			break;
		offset = ((d & low) | (d & high) << high_shift) - base;
		if (board) {
			table = shadow_block_contents(block, base + offset,
						      1ULL << page_shift);
			if (unlikely(!table))
				return -EUCLEAN;
		} else {
			if (unlikely(offset > last))
				return -EUCLEAN;
			table = (const u64 *)(virt + offset);
		}
		shift -= bits;
		index = (va >> shift) & mask;
	}
	*desc = d;
	*covers = shift;
	return 0;
}

static __always_inline void found(const struct shadow_pgtable *pgt, u64 va,
				  u64 d, unsigned int covers, phys_addr_t *pa,
				  u64 *desc)
{
	if (pa)
		*pa = (shadow_desc_oa(&pgt->geo, d) & ~0ULL << covers) |
		      (va & ~(~0ULL << covers));
	if (desc)
		*desc = d;
}

/* From the root, until nothing changes meanwhile */
static __always_inline int look_up(const struct shadow_pgtable *pgt, u64 va,
				   bool board, phys_addr_t *pa, u64 *desc)
{
	unsigned int covers = 0;
	u32 changes;
	u64 d = 0;
	bool page;
	int err;

	do {
		changes = READ_ONCE(pgt->changes);
		/* Pairs with shadow_pgtable_break() and shadow_pgtable_made() */
		smp_rmb();
		err = walk_down(pgt, va, board, &d, &covers);
		/* And again: nothing came in between */
		smp_rmb();
	} while (unlikely(changes & 1 || READ_ONCE(pgt->changes) != changes));
	if (err)
		return err;
	if (!(d & SHADOW_DESC_VALID))
		return -ENOENT;
	/* A page has the table's type, a block has not */
	page = covers == pgt->geo.page_shift;
	if (page != !!(d & SHADOW_DESC_TABLE))
		return -EUCLEAN;
	found(pgt, va, d, covers, pa, desc);
	return 0;
}

static noinline int look_up_all(const struct shadow_pgtable *pgt, u64 va,
				phys_addr_t *pa, u64 *desc)
{
	return look_up(pgt, va, false, pa, desc);
}

static noinline int look_up_board(const struct shadow_pgtable *pgt, u64 va,
				  phys_addr_t *pa, u64 *desc)
{
	return look_up(pgt, va, true, pa, desc);
}

/* The page's descriptor if it is in the table that was used last, else 0 */
static __always_inline u64 look_at_hot(const struct shadow_pgtable *pgt, u64 va)
{
	unsigned int page_shift = pgt->geo.page_shift;
	unsigned int bits = pgt->geo.bits_per_level;
	u64 walk = READ_ONCE(pgt->hot.walk), index;
	const u64 *table;

	if (unlikely((va ^ pgt->first) >> (page_shift + bits) != walk >> 32))
		return 0;
	table = (const u64 *)((char *)pgt->block->virt +
			      ((u64)(u32)walk << page_shift));
	index = (va >> page_shift) & ~(~0ULL << bits);
	return READ_ONCE(table[index]);
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
	u32 changes = READ_ONCE(pgt->changes);
	u64 d;

	/* As in look_up() */
	smp_rmb();
	d = look_at_hot(pgt, va);
	/* And again */
	smp_rmb();
	if (unlikely((d & SHADOW_DESC_TYPE) != SHADOW_TYPE_PAGE ||
		     changes & 1 || READ_ONCE(pgt->changes) != changes))
		return shadow_block_virtual(pgt->block) ?
		       look_up_board(pgt, va, pa, desc) :
		       look_up_all(pgt, va, pa, desc);
	found(pgt, va, d, pgt->geo.page_shift, pa, desc);
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
	/* 0 would be no bound */
	walker->max_tables = max(pgt->nr_tables, 1ULL);
	walker->read = read_desc;
	walker->ctx = (void *)pgt->block;
}
