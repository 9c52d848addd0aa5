/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_pgtable_run - neighbouring leaves of one table, by which mapped ranges
 * are gone through: one descent from the root, then a loop. What map, unmap and
 * protect share; nobody else includes this.
 *
 * All functions here but the check are called with the lock held.
 */
#ifndef SHADOW_PGTABLE_RUN_H
#define SHADOW_PGTABLE_RUN_H

#include "shadow_pgtable_tree.h"

/**
 * struct shadow_pgtable_run - neighbouring leaves of one table
 * @path: the way to the first one
 * @nr: how many
 * @shift: log2 of the bytes each covers
 */
struct shadow_pgtable_run {
	struct shadow_pgtable_path path;
	unsigned int nr;
	unsigned int shift;
};

/* Entries from an address to the end of its table */
static __always_inline unsigned int
shadow_pgtable_entries_left(const struct shadow_geometry *geo, int level, u64 va)
{
	return shadow_geometry_entries(geo, level) -
	       shadow_geometry_index(geo, level, va);
}

/* How many of @nr entries are leaves of the type that the first one is */
static __always_inline unsigned int
shadow_pgtable_leaves(const u64 *entry, unsigned int nr, u64 type)
{
	u64 both = type;
	unsigned int i;

	/* Mostly all are pages, and that is quickly known */
	if (likely(type == SHADOW_TYPE_PAGE)) {
#pragma GCC unroll 8
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
static __always_inline int
shadow_pgtable_find_run(struct shadow_pgtable *pgt, u64 va, u64 left,
			struct shadow_pgtable_run *run)
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
			shadow_pgtable_entries_left(geo, level, va));
	run->nr = shadow_pgtable_leaves(entry, touched, type);
	return 0;
}

/* Bytes of a range that a run covers which starts with it */
static __always_inline u64
shadow_pgtable_run_bytes(const struct shadow_pgtable_run *run, u64 va, u64 left)
{
	u64 bytes = ((u64)run->nr << run->shift) -
		    (va & ~(~0ULL << run->shift));

	return min(bytes, left);
}

/* @pa is that of a map, else 0 */
static __always_inline int
shadow_pgtable_check_range(const struct shadow_pgtable *pgt, u64 va,
			   phys_addr_t pa, u64 bytes)
{
	const struct shadow_geometry *geo = &pgt->geo;
	u64 last = va + bytes - 1, last_pa = pa + bytes - 1;

	if ((va | pa | bytes) & ~(~0ULL << geo->page_shift) || !bytes)
		return -EINVAL;
	if (unlikely(((va ^ pgt->first) | (last ^ pgt->first)) >> geo->va_bits))
		return last < va ? -EINVAL : -ERANGE;
	if (unlikely((pa | last_pa) >> geo->pa_bits))
		return last_pa < pa || last < va ? -EINVAL : -ERANGE;
	return shadow_fault_frozen(pgt->fault) ? -EUCLEAN : 0;
}

/*
 * One page in the table that was used last: what most calls are about, without
 * the way down. The general functions do the same. Only addresses of the half
 * have the tag of one of its tables.
 */
static __always_inline bool
shadow_pgtable_is_hot(const struct shadow_pgtable *pgt, u64 va)
{
	return likely(va >> pgt->hot_shift == pgt->hot.tag);
}

static __always_inline unsigned int
shadow_pgtable_hot_index(const struct shadow_pgtable *pgt, u64 va)
{
	return (va >> pgt->geo.page_shift) & ~(~0U << pgt->geo.bits_per_level);
}

int shadow_pgtable_clear(struct shadow_pgtable *pgt, u64 va, u64 bytes,
			 bool lazy);
int shadow_pgtable_prepare(struct shadow_pgtable *pgt, u64 va, u64 bytes,
			   struct shadow_pgtable_run *run, bool *only);

#endif /* SHADOW_PGTABLE_RUN_H */
