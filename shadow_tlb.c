// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_tlb - what must be told to a TLB when tables change. See shadow_tlb.h.
 */
#include "shadow_tlb.h"

const char *const shadow_tlbi_names[SHADOW_NR_TLBI] = {
	[SHADOW_TLBI_VAALE1IS]	= "vaale1is",
	[SHADOW_TLBI_VAAE1IS]	= "vaae1is",
	[SHADOW_TLBI_VMALLE1IS]	= "vmalle1is",
};

/**
 * shadow_tlb_set_log() - keep a log from now on
 * @tlb: the tree's
 * @ring: room for the records; outlives the tree
 * @nr_records: how many, a power of two; 0: keep none any more
 *
 * Context: nobody changes the tables meanwhile.
 */
void shadow_tlb_set_log(struct shadow_tlb *tlb, struct shadow_tlb_record *ring,
			u32 nr_records)
{
	tlb->record = nr_records ? ring : NULL;
	tlb->mask = nr_records - 1;
	tlb->nr_records = 0;
}

/**
 * shadow_soft_tlb_missed() - an invalidation was left out
 * @soft: the machine's TLB in software
 * @kind: the instruction that would have been needed
 * @va: first address
 * @bytes: length of the range
 * @seq: number of its record in the tree's log, the first is 1; 0: no log
 *
 * Context: the lock of a tree is held.
 */
void shadow_soft_tlb_missed(struct shadow_soft_tlb *soft, enum shadow_tlbi kind,
			    u64 va, u64 bytes, u64 seq)
{
}
