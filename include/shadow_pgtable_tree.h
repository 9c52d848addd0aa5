/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_pgtable_tree - what the files of shadow_pgtable share: table pages,
 * links between them, and the way down. Nobody else includes this.
 *
 * All functions here are called with the lock held.
 */
#ifndef SHADOW_PGTABLE_TREE_H
#define SHADOW_PGTABLE_TREE_H

#include "shadow_pgtable.h"

/**
 * struct shadow_pgtable_path - the way down to an entry
 * @entry: the entry met at each level, at index level + 1
 * @table_pa: physical address of the table in which it ended
 * @level: of the last entry met
 * @first: of the first entry that is known; above the first level where the
 *	way down was cut short
 */
struct shadow_pgtable_path {
	u64 *entry[SHADOW_MAX_LEVELS];
	phys_addr_t table_pa;
	int level;
	int first;
};

/**
 * struct shadow_pgtable_span - neighbouring leaves of one table whose values go
 *	up by the bytes that each covers
 * @entry: the first one
 * @pa: its physical address
 * @va: first address that it covers
 * @nr: how many
 * @level: their level
 */
struct shadow_pgtable_span {
	u64 *entry;
	phys_addr_t pa;
	u64 va;
	unsigned int nr;
	int level;
};

void shadow_pgtable_broken(struct shadow_pgtable *pgt, u64 va,
			   const char *what);
int shadow_pgtable_descend(struct shadow_pgtable *pgt, u64 va, int target,
			   struct shadow_pgtable_path *path);
void shadow_pgtable_drop_table(struct shadow_pgtable *pgt, phys_addr_t pa);
int shadow_pgtable_grow(struct shadow_pgtable *pgt, u64 va, int target,
			struct shadow_pgtable_path *path);
unsigned int shadow_pgtable_splits_at(const struct shadow_geometry *geo,
				      int level, u64 boundary);
int shadow_pgtable_split_ends(struct shadow_pgtable *pgt, u64 va, u64 bytes,
			      int first_level, int last_level, bool same_leaf);
void shadow_pgtable_rewrite(struct shadow_pgtable *pgt,
			    const struct shadow_pgtable_span *span, u64 first,
			    bool breaks);
void shadow_pgtable_ungroup_leaf(struct shadow_pgtable *pgt,
				 const struct shadow_pgtable_path *path, u64 va);
int shadow_pgtable_ungroup(struct shadow_pgtable *pgt, u64 va, u64 bytes);
int shadow_pgtable_fold_at(struct shadow_pgtable *pgt, u64 va);
int shadow_pgtable_refold(struct shadow_pgtable *pgt, u64 va, u64 bytes);

/* Type bits of a leaf */
static __always_inline u64 shadow_pgtable_leaf_type(int level)
{
	return level == SHADOW_LAST_LEVEL ? SHADOW_TYPE_PAGE :
					    SHADOW_TYPE_BLOCK;
}

/* The table at an address, or NULL where that is outside the block */
static __always_inline u64 *
shadow_pgtable_table(const struct shadow_pgtable *pgt, phys_addr_t pa)
{
	if (unlikely(!shadow_block_has(pgt->block, pa,
				       1ULL << pgt->geo.page_shift)))
		return NULL;
	return shadow_phys_to_virt(pgt->block, pa);
}

/* Physical address of the entry in which a path ends */
static __always_inline phys_addr_t
shadow_pgtable_desc_pa(const struct shadow_pgtable *pgt,
		       const struct shadow_pgtable_path *path, u64 va)
{
	return path->table_pa + sizeof(u64) *
	       shadow_geometry_index(&pgt->geo, path->level, va);
}

/* What a leaf's value goes up by from one to the next, below 2^48 */
static __always_inline u64 shadow_pgtable_step(const struct shadow_pgtable *pgt,
					       int level)
{
	return 1ULL << shadow_geometry_shift(&pgt->geo, level);
}

/* Is this a leaf where it stands? */
static __always_inline bool shadow_pgtable_is_leaf(int level, u64 desc)
{
	return (desc & SHADOW_DESC_TYPE) == shadow_pgtable_leaf_type(level);
}

/* Are the leaves of the table in which a path ends to stay as they are? */
static __always_inline bool
shadow_pgtable_keeps(const struct shadow_pgtable *pgt,
		     const struct shadow_pgtable_path *path)
{
	if (path->level == pgt->geo.start_level)
		return pgt->root_keep;
	return *path->entry[path->level] & SHADOW_TABLE_KEEP;
}

/* Descriptors in use become invalid for a moment: look-ups try again */
static inline void shadow_pgtable_break(struct shadow_pgtable *pgt)
{
	WRITE_ONCE(pgt->changes, pgt->changes + 1);
	/* Odd before the first of them; shadow_pgtable_lookup() reads both */
	smp_wmb();
}

/* They are valid again */
static inline void shadow_pgtable_made(struct shadow_pgtable *pgt)
{
	/* All of them before it is even again */
	smp_wmb();
	WRITE_ONCE(pgt->changes, pgt->changes + 1);
}

/* Neighbouring entries, each @step more than the one before; one store each */
static __always_inline void shadow_pgtable_write(u64 *entry, unsigned int nr,
						 u64 value, u64 step)
{
	unsigned int i;

#pragma GCC unroll 8
	for (i = 0; i < nr; i++, value += step)
		WRITE_ONCE(entry[i], value);
}

/* The table that was used last is not linked any more, or not there any more */
static inline void shadow_pgtable_forget_hot(struct shadow_pgtable *pgt)
{
	pgt->hot.tag = U64_MAX;
	WRITE_ONCE(pgt->hot.walk, U64_MAX);
}

/* Not linear, so that two wrong addresses do not add up to two right ones */
static inline u64 shadow_pgtable_hash(phys_addr_t pa)
{
	u64 hash = pa * 0x9e3779b97f4a7c15ULL;

	hash ^= hash >> 32;
	return hash * 0xbf58476d1ce4e5b9ULL;
}

/* Say in a table descriptor how many entries the table has in use */
static inline u64 shadow_table_with_used(u64 desc, unsigned int used)
{
	return (desc & ~SHADOW_TABLE_USED) | (u64)(used >> 6) << 51 |
	       (used & 0x3f) << 2;
}

/* Does the table that an entry at @va of 2^@shift bytes links stay when empty? */
static inline bool shadow_pgtable_is_pinned(const struct shadow_pgtable *pgt,
					    u64 va, unsigned int shift)
{
	return pgt->pin_last && va <= pgt->pin_last &&
	       (va | ~(~0ULL << shift)) >= pgt->pin_first;
}

/* May the table of the last level at an address be empty for a while? */
static inline bool shadow_pgtable_may_idle(const struct shadow_pgtable *pgt,
					   u64 va)
{
	return pgt->idle_last && va >= pgt->idle_first && va <= pgt->idle_last;
}

/**
 * shadow_pgtable_find() - go down to the last level
 * @pgt: the tables
 * @va: address in the tables' half
 * @path: filled; what is no table ends it earlier. The last two entries are
 *	there, those above only if @first says so.
 *
 * Return: 0, or -EUCLEAN.
 */
static __always_inline int
shadow_pgtable_find(struct shadow_pgtable *pgt, u64 va,
		    struct shadow_pgtable_path *path)
{
	unsigned int shift = pgt->geo.page_shift;
	unsigned int bits = pgt->geo.bits_per_level;

	if (unlikely(va >> (shift + bits) != pgt->hot.tag))
		return shadow_pgtable_descend(pgt, va, SHADOW_LAST_LEVEL,
					      path);
	path->entry[SHADOW_LAST_LEVEL + 1] =
		&pgt->hot.table[(va >> shift) & ~(~0ULL << bits)];
	path->entry[SHADOW_LAST_LEVEL] = pgt->hot.parent;
	path->table_pa = pgt->hot.pa;
	path->level = SHADOW_LAST_LEVEL;
	path->first = SHADOW_LAST_LEVEL - 1;
	return 0;
}

/* Entries have come into use in the table in which the path ends */
static __always_inline void
shadow_pgtable_added(struct shadow_pgtable *pgt,
		     struct shadow_pgtable_path *path, unsigned int nr)
{
	u64 *parent, desc;

	if (path->level == pgt->geo.start_level)
		return;
	parent = path->entry[path->level];
	desc = *parent;
	nr += shadow_table_used(desc);
	WRITE_ONCE(*parent, shadow_table_with_used(desc, nr));
}

#endif /* SHADOW_PGTABLE_TREE_H */
