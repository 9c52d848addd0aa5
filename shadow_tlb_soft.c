// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_tlb_soft - a TLB in software. See shadow_tlb_soft.h.
 */
#include "shadow_tlb_soft.h"

/* What of a leaf decides how an access ends; the rest is for software */
#define MATTERS \
	(SHADOW_ATTR_INDX | SHADOW_ATTR_USER | SHADOW_ATTR_RDONLY | \
	 SHADOW_ATTR_SH | SHADOW_ATTR_AF | SHADOW_ATTR_NG | SHADOW_ATTR_GP | \
	 SHADOW_ATTR_DBM | SHADOW_ATTR_PXN | SHADOW_ATTR_UXN)

/**
 * shadow_soft_tlb_init() - an empty TLB
 * @soft: the TLB, zeroed
 * @now: a clock in nanoseconds
 *
 * Context: any.
 */
void shadow_soft_tlb_init(struct shadow_soft_tlb *soft, u64 (*now)(void))
{
	raw_spin_lock_init(&soft->lock);
	soft->now = now;
}

static bool overlaps(const struct shadow_soft_entry *entry, u64 va, u64 last)
{
	return entry->valid && entry->va <= last &&
	       va <= shadow_soft_last(entry);
}

/* A global entry is everybody's */
static bool answers(const struct shadow_soft_entry *entry, u16 asid, u64 va)
{
	return overlaps(entry, va, va) &&
	       (!(entry->attrs & SHADOW_ATTR_NG) || entry->asid == asid);
}

/* The next one from @at on that answers */
static unsigned int __find(const struct shadow_soft_tlb *soft, u16 asid, u64 va,
			   unsigned int at)
{
	lockdep_assert_held(&soft->lock);
	while (at < SHADOW_SOFT_TLB_ENTRIES &&
	       !answers(&soft->entry[at], asid, va))
		at++;
	return at;
}

/* An entry that is not in use, or whose turn it is to go */
static struct shadow_soft_entry *__make_room(struct shadow_soft_tlb *soft)
{
	struct shadow_soft_entry *entry = soft->entry;

	lockdep_assert_held(&soft->lock);
	for (; entry < soft->entry + SHADOW_SOFT_TLB_ENTRIES; entry++)
		if (!entry->valid)
			return entry;
	entry = &soft->entry[soft->next];
	soft->next = (soft->next + 1) % SHADOW_SOFT_TLB_ENTRIES;
	soft->nr_evicted++;
	return entry;
}

static void __fill(struct shadow_soft_tlb *soft,
		   const struct shadow_walker *walker, u16 asid,
		   const struct shadow_walk *walk)
{
	struct shadow_soft_entry *entry = __make_room(soft);
	unsigned int shift = walk->cont_shift ? : walk->leaf_shift;
	u64 mask = ~0ULL << shift;

	memset(entry, 0, sizeof(*entry));
	entry->va = shadow_soft_va(walker, walk->va) & mask;
	entry->pa = walk->pa & mask;
	entry->attrs = walk->attrs;
	entry->limits = walk->limits;
	entry->ns = soft->now();
	entry->asid = asid;
	entry->shift = shift;
	entry->level = walk->level;
	entry->valid = true;
	soft->nr_fills++;
}

/**
 * shadow_soft_tlb_touch() - the CPU uses an address
 * @soft: the TLB
 * @walker: walker of the address' half, as the registers are now
 * @asid: address space in use
 * @va: the address
 *
 * An access flag fault, like any other fault of a walk, is never kept; a leaf
 * that somebody may not use is. While the MMU is off nothing is looked up.
 *
 * Context: the lock of the tree that @walker reads is held, so that no
 * invalidation is missed between the walk and the entry.
 * Return: what came of it.
 */
enum shadow_soft_touch
shadow_soft_tlb_touch(struct shadow_soft_tlb *soft,
		      const struct shadow_walker *walker, u16 asid, u64 va)
{
	enum shadow_soft_touch what = SHADOW_SOFT_FAULT;
	struct shadow_walk walk;
	unsigned long irq;
	unsigned int at = SHADOW_SOFT_TLB_ENTRIES;

	raw_spin_lock_irqsave(&soft->lock, irq);
	if (!walker->identity && !walker->between)
		at = __find(soft, asid, shadow_soft_va(walker, va), 0);
	if (at < SHADOW_SOFT_TLB_ENTRIES) {
		soft->nr_hits++;
		what = SHADOW_SOFT_HIT;
	} else if (shadow_walk(walker, va, &walk) || walk.identity) {
		soft->nr_faults++;
	} else {
		__fill(soft, walker, asid, &walk);
		what = SHADOW_SOFT_FILLED;
	}
	raw_spin_unlock_irqrestore(&soft->lock, irq);
	return what;
}

/**
 * shadow_soft_tlb_find() - entries that answer for an address, one by one
 * @soft: the TLB
 * @asid: address space in use
 * @va: the address, as shadow_soft_va() has it
 * @at: 0 at first; set so that the next call goes on behind
 * @entry: filled with a copy
 *
 * More than one means that the tables were changed without break-before-make.
 *
 * Context: any; takes the lock.
 * Return: false: there is no further one.
 */
bool shadow_soft_tlb_find(struct shadow_soft_tlb *soft, u16 asid, u64 va,
			  unsigned int *at, struct shadow_soft_entry *entry)
{
	unsigned long irq;
	bool found;

	raw_spin_lock_irqsave(&soft->lock, irq);
	*at = __find(soft, asid, va, *at);
	found = *at < SHADOW_SOFT_TLB_ENTRIES;
	if (found)
		*entry = soft->entry[(*at)++];
	raw_spin_unlock_irqrestore(&soft->lock, irq);
	return found;
}

/**
 * shadow_soft_tlb_get() - a copy of one entry
 * @soft: the TLB
 * @at: which one, below SHADOW_SOFT_TLB_ENTRIES
 * @entry: filled
 *
 * Context: any; takes the lock.
 * Return: false if it is not in use.
 */
bool shadow_soft_tlb_get(struct shadow_soft_tlb *soft, unsigned int at,
			 struct shadow_soft_entry *entry)
{
	unsigned long irq;

	raw_spin_lock_irqsave(&soft->lock, irq);
	*entry = soft->entry[at];
	raw_spin_unlock_irqrestore(&soft->lock, irq);
	return entry->valid;
}

/**
 * shadow_soft_tlb_invalidate() - an invalidation that takes place
 * @soft: the TLB
 * @va: first address
 * @last: last address; all of a half, or of both, is allowed
 *
 * An entry goes when any address of it is named, so a whole block does. For all
 * ASIDs, as the kernel's invalidations of its own addresses are.
 *
 * Context: any; takes the lock.
 * Return: how many entries went.
 */
unsigned int shadow_soft_tlb_invalidate(struct shadow_soft_tlb *soft, u64 va,
					u64 last)
{
	struct shadow_soft_entry *entry = soft->entry;
	unsigned int nr = 0;
	unsigned long irq;

	raw_spin_lock_irqsave(&soft->lock, irq);
	for (; entry < soft->entry + SHADOW_SOFT_TLB_ENTRIES; entry++) {
		if (!overlaps(entry, va, last))
			continue;
		entry->valid = false;
		nr++;
	}
	soft->nr_performed++;
	soft->nr_dropped += nr;
	raw_spin_unlock_irqrestore(&soft->lock, irq);
	return nr;
}

/**
 * shadow_soft_tlb_missed() - an invalidation was left out
 * @soft: the machine's TLB in software
 * @kind: the instruction that would have been needed
 * @va: first address
 * @bytes: length of the range
 * @seq: number of its record in the tree's log, the first is 1; 0: no log
 *
 * Each entry that it would have removed remembers the first one.
 *
 * Context: the lock of a tree is held.
 */
void shadow_soft_tlb_missed(struct shadow_soft_tlb *soft, enum shadow_tlbi kind,
			    u64 va, u64 bytes, u64 seq)
{
	bool all = kind == SHADOW_TLBI_VMALLE1IS;
	struct shadow_soft_entry *entry = soft->entry;
	unsigned long irq;

	raw_spin_lock_irqsave(&soft->lock, irq);
	soft->nr_missing[kind]++;
	for (; entry < soft->entry + SHADOW_SOFT_TLB_ENTRIES; entry++) {
		if (!entry->valid ||
		    (!all && !overlaps(entry, va, va + bytes - 1)))
			continue;
		if (entry->missing.nr++)
			continue;
		entry->missing.kind = kind;
		entry->missing.va = va;
		entry->missing.bytes = bytes;
		entry->missing.seq = seq;
		entry->missing.ns = soft->now();
	}
	raw_spin_unlock_irqrestore(&soft->lock, irq);
}

/**
 * shadow_soft_entry_agrees() - do the tables say the same of one address?
 * @entry: an entry that answers for it
 * @walker: walker of its half
 * @walk: its walk by the tables as they are
 *
 * Context: any.
 * Return: true if output address, attributes and limits are equal.
 */
bool shadow_soft_entry_agrees(const struct shadow_soft_entry *entry,
			      const struct shadow_walker *walker,
			      const struct shadow_walk *walk)
{
	u64 mask = MATTERS & walker->geo.attr_mask;

	return walk->fault == SHADOW_WALK_OK && !walk->identity &&
	       walk->pa == shadow_soft_pa(entry, shadow_soft_va(walker, walk->va)) &&
	       !((walk->attrs ^ entry->attrs) & mask) &&
	       walk->limits == entry->limits;
}

struct compare {
	const struct shadow_soft_entry *entry;
	u64 mask;
	u64 va;
};

/* One leaf or hole of the tables against what the entry says of it */
static int compare_leaf(void *priv, const struct shadow_walk_entry *now)
{
	struct compare *compare = priv;
	const struct shadow_soft_entry *entry = compare->entry;
	u64 va = max(now->va, entry->va);

	compare->va = va;
	if (now->kind != SHADOW_DESC_KIND_PAGE &&
	    now->kind != SHADOW_DESC_KIND_BLOCK)
		return 1;
	return now->pa + (va - now->va) != shadow_soft_pa(entry, va) ||
	       ((now->desc ^ entry->attrs) & compare->mask) ||
	       now->limits != entry->limits;
}

/**
 * shadow_soft_entry_stale() - do the tables say something else by now?
 * @entry: the entry
 * @walker: walker of its half
 * @va: set to the first address of the entry for which they do
 *
 * Pages that took a block's place and say the same are no difference.
 *
 * Context: that of the walker's @read.
 * Return: true if they do, or if there are no tables any more.
 */
bool shadow_soft_entry_stale(const struct shadow_soft_entry *entry,
			     const struct shadow_walker *walker, u64 *va)
{
	struct compare compare = {
		.entry = entry,
		.mask = MATTERS & walker->geo.attr_mask,
		.va = entry->va,
	};
	bool stale = shadow_walk_for_each(walker, entry->va,
					  shadow_soft_last(entry),
					  compare_leaf, &compare);

	*va = compare.va;
	return stale;
}
