/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_tlb_soft - a TLB in software, for machines whose invalidations are
 * left out: what it was asked to translate once it goes on translating as it
 * did then, until somebody invalidates it. So a forgotten invalidation shows.
 *
 * It holds whole translations, as a core's first-level TLB does: no tables on
 * the way, and nothing that faulted but for permissions. Follows "TLB lookups"
 * and "TLB maintenance" of the Arm ARM.
 *
 * Locking: @lock of the TLB, taken inside the lock of a tree, nothing inside.
 */
#ifndef SHADOW_TLB_SOFT_H
#define SHADOW_TLB_SOFT_H

#include "shadow_tlb.h"

#define SHADOW_SOFT_TLB_ENTRIES	64

/**
 * struct shadow_soft_missing - an invalidation that was left out
 * @nr: how many were since the entry was filled; 0: none, the rest is not set
 * @kind: the first one's
 * @va: its first address
 * @bytes: length of its range
 * @seq: its record in the tree's log; 0: there is no log
 * @ns: when, by the machine's clock
 */
struct shadow_soft_missing {
	u32 nr;
	enum shadow_tlbi kind;
	u64 va;
	u64 bytes;
	u64 seq;
	u64 ns;
};

/**
 * struct shadow_soft_entry - one translation that is kept
 * @va: first address, of the half that bit 55 names
 * @pa: what that is translated to
 * @attrs: attributes of the leaf
 * @limits: SHADOW_TABLE_*, of the tables on the way
 * @ns: when it was filled
 * @asid: of whom, where @attrs has nG
 * @shift: log2 of the bytes it covers: the leaf's, or its contiguous group's
 * @level: level of the leaf
 * @valid: it is in use
 * @missing: what ought to have removed it
 */
struct shadow_soft_entry {
	u64 va;
	phys_addr_t pa;
	u64 attrs;
	u64 limits;
	u64 ns;
	u16 asid;
	u8 shift;
	s8 level;
	bool valid;
	struct shadow_soft_missing missing;
};

/**
 * struct shadow_soft_tlb - the machine's TLB
 * @lock: protects all that follows
 * @now: a clock in nanoseconds
 * @next: entry that is given up next when all are in use
 * @nr_hits: touches that an entry answered
 * @nr_fills: touches that walked the tables and left an entry
 * @nr_faults: touches that walked and left none
 * @nr_evicted: entries given up for others
 * @nr_missing: invalidations left out, by enum shadow_tlbi
 * @nr_performed: invalidations by hand
 * @nr_dropped: entries that those removed
 * @entry: the entries
 */
struct shadow_soft_tlb {
	raw_spinlock_t lock;
	u64 (*now)(void);
	u32 next;
	u64 nr_hits;
	u64 nr_fills;
	u64 nr_faults;
	u64 nr_evicted;
	u64 nr_missing[SHADOW_NR_TLBI];
	u64 nr_performed;
	u64 nr_dropped;
	struct shadow_soft_entry entry[SHADOW_SOFT_TLB_ENTRIES];
};

/* What came of a touch */
enum shadow_soft_touch {
	SHADOW_SOFT_HIT,	/* an entry answered */
	SHADOW_SOFT_FILLED,	/* the tables did, and there is an entry now */
	SHADOW_SOFT_FAULT,	/* the tables did not, and nothing is kept */
};

void shadow_soft_tlb_init(struct shadow_soft_tlb *soft, u64 (*now)(void));
enum shadow_soft_touch
shadow_soft_tlb_touch(struct shadow_soft_tlb *soft,
		      const struct shadow_walker *walker, u16 asid, u64 va);
bool shadow_soft_tlb_find(struct shadow_soft_tlb *soft, u16 asid, u64 va,
			  unsigned int *at, struct shadow_soft_entry *entry);
bool shadow_soft_tlb_get(struct shadow_soft_tlb *soft, unsigned int at,
			 struct shadow_soft_entry *entry);
unsigned int shadow_soft_tlb_invalidate(struct shadow_soft_tlb *soft, u64 va,
					u64 last);
bool shadow_soft_entry_agrees(const struct shadow_soft_entry *entry,
			      const struct shadow_walker *walker,
			      const struct shadow_walk *walk);
bool shadow_soft_entry_stale(const struct shadow_soft_entry *entry,
			     const struct shadow_walker *walker, u64 *va);

/**
 * shadow_soft_va() - an address as an entry has it
 * @walker: walker of its half
 * @va: the address
 *
 * Context: any.
 * Return: the address; without its tag where the top byte is not looked at.
 */
static inline u64 shadow_soft_va(const struct shadow_walker *walker, u64 va)
{
	if (!walker->tbi)
		return va;
	return walker->upper ? va | GENMASK_ULL(63, 56) :
			       va & GENMASK_ULL(55, 0);
}

/* What an entry translates an address of its own to */
static inline phys_addr_t shadow_soft_pa(const struct shadow_soft_entry *entry,
					 u64 va)
{
	return entry->pa + (va - entry->va);
}

/* Last address of an entry */
static inline u64 shadow_soft_last(const struct shadow_soft_entry *entry)
{
	return entry->va | ~(~0ULL << entry->shift);
}

#endif /* SHADOW_TLB_SOFT_H */
