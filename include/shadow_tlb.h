/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_tlb - what must be told to a TLB when tables change: the invalidations
 * counted, a log of descriptor writes, barriers and invalidations in the order
 * in which they take effect, and a TLB in software for machines whose
 * invalidations are left out.
 *
 * Follows arch/arm64/include/asm/tlbflush.h of Linux 6.12 and the Arm ARM, "TLB
 * maintenance" and "Using break-before-make when updating translation table
 * entries".
 *
 * Locking: a struct shadow_tlb belongs to one tree of tables and is changed
 * under that tree's lock alone, so the log's order is the order of effects.
 */
#ifndef SHADOW_TLB_H
#define SHADOW_TLB_H

#include "shadow_compat.h"
#include "shadow_event.h"
#include "shadow_walk.h"

/* TLBI instructions, Inner Shareable, for all ASIDs */
enum shadow_tlbi {
	SHADOW_TLBI_VAALE1IS,	/* one address, last level */
	SHADOW_TLBI_VAAE1IS,	/* one address, and what the walk to it cached */
	SHADOW_TLBI_VMALLE1IS,	/* everything */
	SHADOW_NR_TLBI
};

extern const char *const shadow_tlbi_names[SHADOW_NR_TLBI];

/* More instructions than these become one VMALLE1IS (MAX_DVM_OPS) */
#define SHADOW_TLBI_MAX_OPS(geo)	(1U << (geo)->bits_per_level)

/* What a record of the log is about */
enum shadow_tlb_op {
	SHADOW_TLB_OP_WRITE,	/* descriptors were written, one after the other */
	SHADOW_TLB_OP_WRITE_SYNC,	/* and then: dsb ishst; isb */
	SHADOW_TLB_OP_CLEAR,	/* one was written with 0, and then, as TLBI */
	SHADOW_TLB_OP_TABLE,	/* a page became a table, all its descriptors 0 */
	SHADOW_TLB_OP_FREE,	/* a table's page was given away */
	SHADOW_TLB_OP_TLBI,	/* dsb ishst; tlbi ...; dsb ish; isb */
	SHADOW_TLB_OP_SYNC,	/* dsb ishst; isb */
	SHADOW_TLB_OP_DMB,	/* dmb ishst: what was written before is seen before */
	SHADOW_TLB_OP_MISSING,	/* a TLBI that was left out, with its barriers */
	SHADOW_NR_TLB_OPS
};

/**
 * struct shadow_tlb_record - one entry of the log
 * @va: first address that the descriptors, or the invalidation, cover
 * @pa: physical address of the first descriptor, or of the table
 * @value: the first descriptor's new value
 * @nr: descriptors, or instructions
 * @op: enum shadow_tlb_op
 * @kind: enum shadow_tlbi
 * @level: of the descriptors, or of the table
 * @shift: log2 of how much more each further descriptor's value is, or of the
 *	bytes from one address to the next; 0: they are the same
 *
 * What shadow_pgtable keeps in a table descriptor's ignored bits is not part of
 * @value, and changes of it alone are not logged: no walker looks at them.
 */
struct shadow_tlb_record {
	u64 va;
	phys_addr_t pa;
	u64 value;
	u32 nr;
	u8 op;
	u8 kind;
	s8 level;
	u8 shift;
};

static_assert(sizeof(struct shadow_tlb_record) == 32);

/* From one descriptor's value, or address, to the next */
static inline u64 shadow_tlb_step(const struct shadow_tlb_record *record)
{
	return record->shift ? 1ULL << record->shift : 0;
}

struct shadow_soft_tlb;

/**
 * struct shadow_tlb - what one tree's changes ask of a TLB
 * @record: the log, a ring; NULL: nothing is logged
 * @mask: its length - 1; the length is a power of two
 * @nr_records: records written so far, those that were overwritten too
 * @nr_tlbi: instructions, by enum shadow_tlbi
 * @nr_bytes: address range that they were for
 * @nr_breaks: valid descriptors that were made invalid before they changed
 * @nr_told: instructions that were given, while counters were on
 * @events: where hooks report to; NULL: nowhere
 * @soft: the machine's TLB in software; NULL: every invalidation takes effect
 *	and nothing is kept
 */
struct shadow_tlb {
	struct shadow_tlb_record *record;
	u32 mask;
	u64 nr_records;
	u64 nr_tlbi[SHADOW_NR_TLBI];
	u64 nr_bytes[SHADOW_NR_TLBI];
	u64 nr_breaks;
	u64 nr_told;
	struct shadow_event_log *events;
	struct shadow_soft_tlb *soft;
};

#define SHADOW_TLB_LINE	160	/* longest line of text, with its NUL */

void shadow_tlb_set_log(struct shadow_tlb *tlb, struct shadow_tlb_record *ring,
			u32 nr_records);
u64 shadow_tlb_first(const struct shadow_tlb *tlb);
bool shadow_tlb_get(const struct shadow_tlb *tlb, u64 seq,
		    struct shadow_tlb_record *record);
void shadow_tlb_primitives(const struct shadow_geometry *geo,
			   const struct shadow_tlb_record *record, u64 seq,
			   void (*emit)(void *to, const char *line), void *to);
void shadow_tlb_summary(const struct shadow_tlb_record *record, u64 seq,
			char *text, size_t room);
void shadow_tlb_performed(struct shadow_tlb *tlb,
			  const struct shadow_geometry *geo, u64 va, u64 bytes);
void shadow_soft_tlb_missed(struct shadow_soft_tlb *soft, enum shadow_tlbi kind,
			    u64 va, u64 bytes, u64 seq);

/* The next record to be filled, or NULL where nothing is logged */
static __always_inline struct shadow_tlb_record *
shadow_tlb_record(struct shadow_tlb *tlb)
{
	if (unlikely(!tlb->record))
		return NULL;
	return &tlb->record[tlb->nr_records++ & tlb->mask];
}

/**
 * shadow_tlb_wrote() - descriptors were written
 * @tlb: the tree's
 * @op: SHADOW_TLB_OP_WRITE or SHADOW_TLB_OP_WRITE_SYNC
 * @va: first address that they cover
 * @pa: physical address of the first descriptor
 * @level: their level
 * @value: the first one's value
 * @shift: log2 of how much more each further one is; 0: nothing
 * @nr: how many
 *
 * Context: the tree's lock is held.
 */
static __always_inline void
shadow_tlb_wrote(struct shadow_tlb *tlb, enum shadow_tlb_op op, u64 va,
		 phys_addr_t pa, int level, u64 value, unsigned int shift,
		 unsigned int nr)
{
	struct shadow_tlb_record *record = shadow_tlb_record(tlb);

	if (unlikely(!record))
		return;
	record->va = va;
	record->pa = pa;
	record->value = value;
	record->nr = nr;
	record->op = op;
	record->kind = SHADOW_TLBI_VAALE1IS;
	record->level = level;
	record->shift = shift;
}

/**
 * shadow_tlb_note() - a table came or went, or writes were made visible
 * @tlb: the tree's
 * @op: SHADOW_TLB_OP_TABLE, _FREE, _SYNC or _DMB
 * @pa: the table's physical address, or 0
 *
 * Context: the tree's lock is held.
 */
static __always_inline void shadow_tlb_note(struct shadow_tlb *tlb,
					    enum shadow_tlb_op op,
					    phys_addr_t pa)
{
	struct shadow_tlb_record *record = shadow_tlb_record(tlb);

	if (unlikely(!record))
		return;
	record->pa = pa;
	record->op = op;
	record->nr = 1;
}

void __shadow_tlb_told(const struct shadow_tlb *tlb, enum shadow_tlbi kind, u64 va,
		       u64 bytes, u64 nr);

/* Instructions that are given, not left out */
static __always_inline void shadow_tlb_told(struct shadow_tlb *tlb,
					    enum shadow_tlbi kind, u64 va,
					    u64 bytes, u64 nr)
{
	if (shadow_counting())
		tlb->nr_told += nr;
	if (shadow_event_heard(SHADOW_EV_TLBI))
		__shadow_tlb_told(tlb, kind, va, bytes, nr);
}

/**
 * shadow_tlb_invalidate() - what was translated for a range is not true any more
 * @tlb: the tree's
 * @geo: geometry of the tables
 * @va: first address
 * @bytes: length of the range
 * @shift: log2 of the bytes that each of its descriptors covers
 * @walks: tables went away or changed, so cached walks must go too
 *
 * Follows flush_tlb_kernel_range() and __flush_tlb_kernel_pgtable().
 *
 * Context: the tree's lock is held.
 */
static __always_inline void
shadow_tlb_invalidate(struct shadow_tlb *tlb, const struct shadow_geometry *geo,
		      u64 va, u64 bytes, unsigned int shift, bool walks)
{
	enum shadow_tlbi kind = walks ? SHADOW_TLBI_VAAE1IS :
					SHADOW_TLBI_VAALE1IS;
	struct shadow_tlb_record *record = shadow_tlb_record(tlb);
	u64 nr = bytes >> shift;

	if (unlikely(nr > SHADOW_TLBI_MAX_OPS(geo))) {
		kind = SHADOW_TLBI_VMALLE1IS;
		nr = 1;
	}
	tlb->nr_tlbi[kind] += nr;
	tlb->nr_bytes[kind] += bytes;
	if (likely(record)) {
		record->va = va;
		record->nr = nr;
		record->op = SHADOW_TLB_OP_TLBI;
		record->kind = kind;
		record->shift = shift;
	}
	if (unlikely(tlb->soft)) {
		if (record)
			record->op = SHADOW_TLB_OP_MISSING;
		shadow_soft_tlb_missed(tlb->soft, kind, va, bytes,
				       tlb->nr_records);
		return;
	}
	shadow_tlb_told(tlb, kind, va, bytes, nr);
}

/**
 * shadow_tlb_cleared() - one page was unmapped
 * @tlb: the tree's, without a TLB in software
 * @geo: geometry of the tables
 * @va: its address
 * @pa: physical address of its descriptor, of the last level
 *
 * shadow_tlb_wrote() and shadow_tlb_invalidate() in one record. The caller
 * counts, and tells.
 *
 * Context: the tree's lock is held.
 */
static __always_inline void shadow_tlb_cleared(struct shadow_tlb *tlb,
					       const struct shadow_geometry *geo,
					       u64 va, phys_addr_t pa)
{
	tlb->nr_tlbi[SHADOW_TLBI_VAALE1IS]++;
	tlb->nr_bytes[SHADOW_TLBI_VAALE1IS] += 1ULL << geo->page_shift;
	shadow_tlb_wrote(tlb, SHADOW_TLB_OP_CLEAR, va, pa, SHADOW_LAST_LEVEL, 0,
			 geo->page_shift, 1);
}

#endif /* SHADOW_TLB_H */
