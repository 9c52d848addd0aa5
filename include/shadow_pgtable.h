/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_pgtable - builds and changes a tree of stage 1 translation tables:
 * map, unmap, protect, verify. Table pages come through an ops seam, which can
 * be swapped while tables exist. What the tables look like is shadow_walk's.
 *
 * A tree is as small as what is mapped permits: a table whose entries are those
 * of one block becomes that block, an empty one is freed, and a group of leaves
 * that may carry the contiguous hint does, unless the caller asked otherwise.
 */
#ifndef SHADOW_PGTABLE_H
#define SHADOW_PGTABLE_H

#include "shadow_compat.h"
#include "shadow_event.h"
#include "shadow_fault.h"
#include "shadow_pool.h"
#include "shadow_tlb.h"
#include "shadow_walk.h"

/*
 * Protections are the attribute bits of a leaf, with Linux's names and values
 * (arch/arm64/include/asm/pgtable-prot.h) but without the type bits, which
 * depend on the level. SH is part of them and is left out by map where DS=1
 * uses those bits for the address.
 */
#define SHADOW_PTE_WRITE	SHADOW_ATTR_DBM
#define SHADOW_PTE_DIRTY	BIT_ULL(55)
#define SHADOW_PTE_XN		(SHADOW_ATTR_PXN | SHADOW_ATTR_UXN)

#define SHADOW_PROT_DEFAULT	(SHADOW_ATTR_AF | SHADOW_ATTR_SH_INNER)
#define SHADOW_PROT_KERNEL(mt) \
	(SHADOW_PROT_DEFAULT | SHADOW_PTE_XN | SHADOW_PTE_WRITE | \
	 SHADOW_ATTR_INDEX(mt))
#define SHADOW_PROT_DEVICE_NGNRNE	SHADOW_PROT_KERNEL(SHADOW_MT_DEVICE_NGNRNE)
#define SHADOW_PROT_DEVICE_NGNRE	SHADOW_PROT_KERNEL(SHADOW_MT_DEVICE_NGNRE)
#define SHADOW_PROT_NORMAL_NC		SHADOW_PROT_KERNEL(SHADOW_MT_NORMAL_NC)
#define SHADOW_PROT_NORMAL		SHADOW_PROT_KERNEL(SHADOW_MT_NORMAL)
#define SHADOW_PROT_NORMAL_TAGGED	SHADOW_PROT_KERNEL(SHADOW_MT_NORMAL_TAGGED)

#define SHADOW_PAGE_KERNEL	(SHADOW_PROT_NORMAL | SHADOW_PTE_DIRTY)
#define SHADOW_PAGE_KERNEL_TAGGED \
	(SHADOW_PROT_NORMAL_TAGGED | SHADOW_PTE_DIRTY)
#define SHADOW_PAGE_KERNEL_RO \
	((SHADOW_PAGE_KERNEL & ~SHADOW_PTE_WRITE) | SHADOW_ATTR_RDONLY)
#define SHADOW_PAGE_KERNEL_ROX	(SHADOW_PAGE_KERNEL_RO & ~SHADOW_ATTR_PXN)
#define SHADOW_PAGE_KERNEL_EXEC	(SHADOW_PAGE_KERNEL & ~SHADOW_ATTR_PXN)

#define SHADOW_PROT_USER \
	(SHADOW_PROT_DEFAULT | SHADOW_ATTR_INDEX(SHADOW_MT_NORMAL) | \
	 SHADOW_ATTR_RDONLY | SHADOW_ATTR_NG | SHADOW_ATTR_PXN)
#define SHADOW_PAGE_EXECONLY	SHADOW_PROT_USER
#define SHADOW_PAGE_READONLY_EXEC	(SHADOW_PROT_USER | SHADOW_ATTR_USER)
#define SHADOW_PAGE_READONLY	(SHADOW_PAGE_READONLY_EXEC | SHADOW_ATTR_UXN)
#define SHADOW_PAGE_SHARED_EXEC	(SHADOW_PAGE_READONLY_EXEC | SHADOW_PTE_WRITE)
#define SHADOW_PAGE_SHARED	(SHADOW_PAGE_READONLY | SHADOW_PTE_WRITE)

/* What a protection may be made of; the rest of a leaf is not the caller's */
#define SHADOW_PROT_MASK \
	(SHADOW_ATTR_INDX | SHADOW_ATTR_USER | SHADOW_ATTR_RDONLY | \
	 SHADOW_ATTR_SH | SHADOW_ATTR_AF | SHADOW_ATTR_NG | SHADOW_ATTR_GP | \
	 SHADOW_ATTR_DBM | SHADOW_PTE_XN | SHADOW_ATTR_SW)

/*
 * Linux's PTE_SPECIAL: a leaf that does not go with a page of its own. Here it
 * marks what `map` made, which is what `unmap` may take away and `protect` may
 * change.
 */
#define SHADOW_PROT_BY_HAND	BIT_ULL(56)

int shadow_prot_parse(const char *name, u64 *prot);
const char *shadow_prot_name(u64 prot);
void shadow_prot_letters(u64 prot, char *text, size_t size);
bool shadow_prot_is_wx(u64 prot);
int shadow_prot_check(u64 prot, bool force);

#define SHADOW_PROT_TEXT	16	/* shadow_prot_letters() with its NUL */

/*
 * How to map. Without any of them the largest leaves are used that alignment
 * and length allow, contiguous groups get the hint, and a table whose entries
 * have become those of one block turns into it.
 */
#define SHADOW_MAP_NO_BLOCK	BIT(0)	/* pages only; they stay pages */
#define SHADOW_MAP_NO_CONT	BIT(1)	/* without the contiguous hint */
#define SHADOW_MAP_NO_FOLD	BIT(2)	/* tables stay tables, leaves without hint */
#define SHADOW_MAP_FORCE	BIT(3)	/* even writable and executable */
#define SHADOW_MAP_FLAGS \
	(SHADOW_MAP_NO_BLOCK | SHADOW_MAP_NO_CONT | SHADOW_MAP_NO_FOLD | \
	 SHADOW_MAP_FORCE)
/* Any of these: leaves stay as they were asked for */
#define SHADOW_MAP_AS_TOLD \
	(SHADOW_MAP_NO_BLOCK | SHADOW_MAP_NO_CONT | SHADOW_MAP_NO_FOLD)

/**
 * struct shadow_pgtable_ops - where table pages come from
 * @alloc_table: gives one granule, aligned to its size, inside the block; its
 *	contents are cleared by the caller. 0 or -ENOMEM. Called under the
 *	tables' lock with interrupts off: must not sleep.
 * @free_table: takes one back, no matter which ops it came from: those that
 *	are in place when a table becomes empty must know the pages of their
 *	predecessors. Same context.
 */
struct shadow_pgtable_ops {
	int (*alloc_table)(void *ctx, phys_addr_t *pa);
	void (*free_table)(void *ctx, phys_addr_t pa);
};

/**
 * struct shadow_pgtable_hot - the last-level table that was used last
 * @tag: the part of an address that selects it; U64_MAX: there is none
 * @table: the table
 * @parent: the descriptor that links it
 * @pa: physical address of the table
 * @walk: where in the half the table is (bits 62:32) and its page in the block
 *	(31:0), for look-ups, which take no lock: one word is never half another.
 *	U64_MAX: there is none
 *
 * Changes and look-ups come in clusters, so most of them need no descent.
 */
struct shadow_pgtable_hot {
	u64 tag;
	u64 *table;
	u64 *parent;
	phys_addr_t pa;
	u64 walk;
};

/**
 * struct shadow_pgtable - one tree of tables
 * @lock: protects the tables and all that follows up to @nr_tables. Taken
 *	outside the locks of whatever @ops allocate from. Interrupts off.
 * @ops: where table pages come from
 * @ops_ctx: for @ops
 * @hot: a table that is linked, or none
 * @root: physical address of the first table
 * @root_table: the same, as pointer
 * @page_bytes: the granule
 * @bad_pa: bits that the address of a page does not have
 * @hot_shift: log2 of the bytes that a last-level table covers
 * @good_prot: a protection that was found good; saves looking at it again
 * @table_prot: SHADOW_TABLE_* that a new table descriptor gets
 * @group_mask: bytes of a contiguous group of pages, less 1
 * @changes: odd while a descriptor that is in use is invalid for a moment;
 *	counts up at both ends, so that shadow_pgtable_lookup() looks again
 * @root_keep: as SHADOW_TABLE_KEEP, of the root
 * @nr_tables: table pages in use, the root too
 * @table_sum: sum of table_hash() of their addresses, by which verify notices
 *	that one is linked twice and another one not at all
 * @pin_first: first address of the range whose tables stay when they are empty
 * @pin_last: its last one; 0: there is none
 * @idle_first: first address of the range in which tables of the last level may
 *	be empty, since the TLB has not been told of their leaves yet
 * @idle_last: its last one; 0: there is none
 * @nr_mapped: pages, while counters were on
 * @nr_unmapped: likewise, but for @nr_cleared
 * @nr_cleared: likewise, pages with one invalidation for each, which tlb.nr_told
 *	does not count: what is most frequent costs one counter
 * @tlb: what its changes ask of a TLB
 * @geo: geometry
 * @upper: these are for TTBR1_EL1
 * @first: first address of their half
 * @block: how tables are reached
 * @events: where hooks report to
 * @fault: raised when a table is found broken; freezes map and unmap
 * @told: counts for @events what happened here
 */
struct shadow_pgtable {
	raw_spinlock_t lock;
	const struct shadow_pgtable_ops *ops;
	void *ops_ctx;
	struct shadow_pgtable_hot hot;
	phys_addr_t root;
	u64 *root_table;
	u64 page_bytes;
	u64 bad_pa;
	u64 good_prot;
	u64 table_prot;
	u64 group_mask;
	u32 changes;
	u8 hot_shift;
	bool root_keep;
	u64 nr_tables;
	u64 table_sum;
	u64 pin_first;
	u64 pin_last;
	u64 idle_first;
	u64 idle_last;
	u64 nr_mapped;
	u64 nr_unmapped;
	u64 nr_cleared;
	struct shadow_tlb tlb;

	struct shadow_geometry geo;
	bool upper;
	u64 first;
	const struct shadow_block *block;
	struct shadow_event_log *events;
	struct shadow_fault *fault;
	struct shadow_event_source told;
};

int shadow_pgtable_init(struct shadow_pgtable *pgt,
			const struct shadow_geometry *geo, bool upper,
			const struct shadow_block *block,
			struct shadow_event_log *events,
			struct shadow_fault *fault,
			const struct shadow_pgtable_ops *ops, void *ops_ctx);
void shadow_pgtable_fini(struct shadow_pgtable *pgt);
void shadow_pgtable_set_ops(struct shadow_pgtable *pgt,
			    const struct shadow_pgtable_ops *ops, void *ops_ctx);
int shadow_pgtable_map(struct shadow_pgtable *pgt, u64 va, phys_addr_t pa,
		       u64 bytes, u64 prot, unsigned int flags);
int shadow_pgtable_unmap(struct shadow_pgtable *pgt, u64 va, u64 bytes);
int shadow_pgtable_map_pages(struct shadow_pgtable *pgt, u64 va,
			     const phys_addr_t *pa, unsigned int nr, u64 prot,
			     unsigned int flags);
int shadow_pgtable_unmap_lazy(struct shadow_pgtable *pgt, u64 va, u64 bytes);
void shadow_pgtable_invalidate(struct shadow_pgtable *pgt, u64 va, u64 bytes);
int shadow_pgtable_protect(struct shadow_pgtable *pgt, u64 va, u64 bytes,
			   u64 prot, unsigned int flags);
int shadow_pgtable_lookup(const struct shadow_pgtable *pgt, u64 va,
			  phys_addr_t *pa, u64 *desc);
void shadow_pgtable_walker(const struct shadow_pgtable *pgt,
			   struct shadow_walker *walker);
int shadow_pgtable_pin(struct shadow_pgtable *pgt, u64 va, u64 bytes);
int shadow_pgtable_pin_below(struct shadow_pgtable *pgt, u64 va);
int shadow_pgtable_move_pinned(struct shadow_pgtable *to,
			       struct shadow_pgtable *from);
int shadow_pgtable_verify(struct shadow_pgtable *pgt,
			  struct shadow_fault *fault);

/*
 * A table descriptor's bits 58:51 and 7:2 are ignored by the hardware. They
 * hold the number of entries in use in the table that it points to, so that a
 * table is known to be empty without being searched: 14 bits, a table of the
 * 64K granule has 8192 entries. A table that is pinned counts one more, so it
 * never is.
 */
#define SHADOW_TABLE_USED	(GENMASK_ULL(58, 51) | GENMASK_ULL(7, 2))

/*
 * Bit 11 is ignored too: somebody asked for the leaves of this table as they
 * are, so it is not folded and none of its groups gets the hint afterwards.
 */
#define SHADOW_TABLE_KEEP	BIT_ULL(11)

/* What is no part of a table descriptor's meaning; the log leaves it out */
#define SHADOW_TABLE_OURS	(SHADOW_TABLE_USED | SHADOW_TABLE_KEEP)

/* The lower part of the count is stepped in place, as long as it lasts */
#define SHADOW_TABLE_USED_LOW	GENMASK_ULL(7, 2)
#define SHADOW_TABLE_USED_ONE	BIT_ULL(2)

static inline unsigned int shadow_table_used(u64 desc)
{
	return (desc >> 51 & 0xff) << 6 | (desc >> 2 & 0x3f);
}

#endif /* SHADOW_PGTABLE_H */
