// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_pgtable_verify - looks for anything wrong with a tree of tables.
 */
#include "shadow_pgtable_tree.h"

/**
 * struct check - a verification under way
 * @pgt: what is verified
 * @fault: where the first finding goes
 * @tables: tables met
 * @sum: sum of shadow_pgtable_hash() of their addresses
 * @pinned: tables of the last level among them that are pinned
 */
struct check {
	const struct shadow_pgtable *pgt;
	struct shadow_fault *fault;
	u64 tables;
	u64 sum;
	u64 pinned;
};

static int check_table(struct check *check, phys_addr_t pa, int level, u64 va,
		       unsigned int *used);

static int check_fails(struct check *check, int level, u64 va, u64 desc,
		       const char *what)
{
	return shadow_fault_raise(check->fault,
				  "shadow_pgtable: level %d va %016llx descriptor %016llx: %s",
				  level, va, desc, what);
}

/* What of a leaf is fixed, by mask and value: a compare for each page */
static u64 leaf_fixed(const struct shadow_geometry *geo, int level, u64 *value)
{
	u64 oa = GENMASK_ULL(geo->pa_bits - 1, 0) &
		 ~0ULL << shadow_geometry_shift(geo, level);

	*value = shadow_pgtable_leaf_type(level) | SHADOW_ATTR_AF;
	return ~((geo->attr_mask & (SHADOW_PROT_MASK | SHADOW_ATTR_CONT) &
		  ~SHADOW_ATTR_AF) | shadow_desc_from_oa(geo, oa));
}

static const char *leaf_wrong(const struct shadow_geometry *geo, int level,
			      u64 desc)
{
	u64 below = ~(~0ULL << shadow_geometry_shift(geo, level));

	if (!(desc & SHADOW_DESC_VALID))
		return "bits in an invalid descriptor";
	if (shadow_desc_kind(geo, level, desc) == SHADOW_DESC_KIND_RESERVED)
		return "block at a level that has none";
	if (!(desc & SHADOW_ATTR_AF))
		return "access flag clear";
	if (shadow_desc_oa(geo, desc) & below)
		return "output address misaligned";
	if (shadow_desc_oa(geo, desc) >> geo->pa_bits)
		return "output address too large";
	return "reserved bits set";
}

/* All of a group carry the hint, and they go up from its first one */
static bool in_group(const struct shadow_geometry *geo, const u64 *table,
		     unsigned int i, int level)
{
	unsigned int shift = shadow_geometry_shift(geo, level);
	unsigned int nr = shadow_geometry_contig(geo, level);
	unsigned int first = i & ~(nr - 1), next = i + 1;
	u64 step = 1ULL << shift;

	if (nr == 1 || (i == first && shadow_desc_oa(geo, table[i]) &
			(((u64)nr << shift) - 1)))
		return false;
	return (i == first || table[i] == table[i - 1] + step) &&
	       (next == first + nr || table[next] == table[i] + step);
}

static int check_link(struct check *check, int level, u64 va, u64 desc)
{
	const struct shadow_pgtable *pgt = check->pgt;
	phys_addr_t pa = shadow_desc_oa(&pgt->geo, desc);
	unsigned int used;
	bool pinned;
	int err;

	if (desc & ~(pgt->geo.oa_low | pgt->geo.oa_high | SHADOW_TABLE_LIMITS |
		     SHADOW_TABLE_USED | SHADOW_TABLE_KEEP | SHADOW_DESC_TYPE))
		return check_fails(check, level, va, desc,
				   "reserved bits set");
	if (!shadow_pgtable_table(pgt, pa))
		return check_fails(check, level, va, desc,
				   "table outside the block");
	err = check_table(check, pa, level + 1, va, &used);
	if (err)
		return err;
	pinned = shadow_pgtable_is_pinned(pgt, va,
					  shadow_geometry_shift(&pgt->geo, level));
	if (pinned)
		check->pinned += level + 1 == SHADOW_LAST_LEVEL;
	else if (!used && (level + 1 != SHADOW_LAST_LEVEL ||
			   !shadow_pgtable_may_idle(pgt, va)))
		return check_fails(check, level, va, desc, "table is empty");
	if (used + pinned != shadow_table_used(desc))
		return check_fails(check, level, va, desc,
				   "wrong count of entries");
	return 0;
}

/* Recurses by level, hence at most SHADOW_MAX_LEVELS deep */
static int check_table(struct check *check, phys_addr_t pa, int level, u64 va,
		       unsigned int *used)
{
	const struct shadow_geometry *geo = &check->pgt->geo;
	const u64 *table = shadow_pgtable_table(check->pgt, pa);
	unsigned int i, nr = shadow_geometry_entries(geo, level);
	unsigned int shift = shadow_geometry_shift(geo, level);
	bool block = level == SHADOW_LAST_LEVEL ||
		     shadow_geometry_has_block(geo, level);
	u64 value, fixed = leaf_fixed(geo, level, &value);

	if (!table)
		return check_fails(check, level, va, pa, "table without contents");
	if (check->tables == check->pgt->nr_tables)
		return check_fails(check, level, va, pa,
				   "more tables than were allocated");
	check->tables++;
	check->sum += shadow_pgtable_hash(pa);
	*used = 0;
	for (i = 0; i < nr; i++) {
		u64 desc = table[i];
		int err;

		if (!desc)
			continue;
		++*used;
		if (block && likely((desc & fixed) == value)) {
			if (likely(!(desc & SHADOW_ATTR_CONT)) ||
			    in_group(geo, table, i, level))
				continue;
			return check_fails(check, level, va + ((u64)i << shift),
					   desc, "contiguous hint in a group that is not one");
		}
		if ((desc & SHADOW_DESC_TYPE) != SHADOW_TYPE_TABLE ||
		    level == SHADOW_LAST_LEVEL)
			return check_fails(check, level, va + ((u64)i << shift),
					   desc, leaf_wrong(geo, level, desc));
		err = check_link(check, level, va + ((u64)i << shift), desc);
		if (err)
			return err;
	}
	return 0;
}

/* Tables of the last level that are pinned */
static u64 nr_pinned(const struct shadow_pgtable *pgt)
{
	unsigned int shift = shadow_geometry_shift(&pgt->geo,
						   SHADOW_LAST_LEVEL - 1);

	return !pgt->pin_last ? 0 : (pgt->pin_last >> shift) -
				    (pgt->pin_first >> shift) + 1;
}

/**
 * shadow_pgtable_verify() - look for anything wrong with the tables
 * @pgt: the tables
 * @fault: filled with the first finding
 *
 * Walks all tables, changes nothing: descriptors legal at their level, no
 * reserved bit, addresses aligned and in range, access flag set, each table
 * inside the block, linked once, not empty unless it is pinned or the TLB is
 * still to be told, its count of entries right, none that is pinned missing,
 * and each contiguous group whole.
 *
 * Context: any; takes the lock, does not sleep. Looks at each entry of each
 * table, not at each page.
 * Return: 0 or -EUCLEAN.
 */
int shadow_pgtable_verify(struct shadow_pgtable *pgt,
			  struct shadow_fault *fault)
{
	struct check check = { .pgt = pgt, .fault = fault };
	unsigned long irq;
	unsigned int used;
	int err;

	if (!pgt->root_table)
		return shadow_fault_raise(fault, "shadow_pgtable: no root");
	raw_spin_lock_irqsave(&pgt->lock, irq);
	err = check_table(&check, pgt->root, pgt->geo.start_level,
			  shadow_geometry_first(&pgt->geo, pgt->upper), &used);
	if (!err && check.tables != pgt->nr_tables)
		err = shadow_fault_raise(fault,
					 "shadow_pgtable: %llu tables linked, %llu allocated",
					 check.tables, pgt->nr_tables);
	if (!err && check.sum != pgt->table_sum)
		err = shadow_fault_raise(fault,
					 "shadow_pgtable: a table is linked twice, another one is lost");
	if (!err && check.pinned != nr_pinned(pgt))
		err = shadow_fault_raise(fault,
					 "shadow_pgtable: %llu of %llu pinned tables are there",
					 check.pinned, nr_pinned(pgt));
	raw_spin_unlock_irqrestore(&pgt->lock, irq);
	return err;
}
