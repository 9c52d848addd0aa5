/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_kmap - addresses for frames that the linear map does not show. Follows
 * mm/highmem.c of Linux 6.12, and arch/arm for where the slots lie.
 *
 * Persistent mappings: a window of LAST_PKMAP slots of a page each. A frame is
 * mapped once, however many users it has, and stays mapped when the last one
 * has gone: slots are taken in turn, and when the turn begins again all that
 * nobody uses are unmapped at once, with one invalidation of the TLB.
 *
 * Local mappings (kmap_local, once kmap_atomic): each CPU has a stack of slots.
 * What was mapped last is unmapped first, with an invalidation of its page.
 *
 * Where the kernel would sleep until a slot is free, or be wrong, an error is
 * returned here. A frame that is mapped cannot become free: each mapping holds a
 * reference to its block, which the kernel leaves to the caller.
 *
 * Tables of both windows are made by init and stay, so mapping needs no memory.
 */
#ifndef SHADOW_KMAP_H
#define SHADOW_KMAP_H

#include "shadow_compat.h"
#include "shadow_fault.h"
#include "shadow_layout.h"
#include "shadow_pgtable.h"
#include "shadow_zone.h"

#define SHADOW_KM_MAX_IDX	16	/* slots of a CPU, asm-generic/kmap_size.h */
#define SHADOW_KMAP_BUCKETS	128	/* 1 << PA_HASH_ORDER */
#define SHADOW_KMAP_NONE	U16_MAX	/* no slot */

/**
 * struct shadow_kmap_slot - one slot of the window: pkmap_count, page_address_map
 * @pfn: frame that it shows, where @count is not 0
 * @count: 0: shows nothing; 1: nobody uses it, but a TLB may know it; n: n - 1
 *	users
 * @next: next slot in the same bucket
 */
struct shadow_kmap_slot {
	u64 pfn;
	u32 count;
	u16 next;
};

/**
 * struct shadow_kmap_cpu - a CPU's stack of slots: kmap_ctrl
 * @depth: slots in use
 * @max_depth: most that were
 * @nr_maps: mappings so far
 * @pfn: frames that they show
 */
struct shadow_kmap_cpu {
	u32 depth;
	u32 max_depth;
	u64 nr_maps;
	u64 pfn[SHADOW_KM_MAX_IDX];
};

/**
 * struct shadow_kmap - the layer
 * @lock: protects all that follows up to @nr_full: kmap_lock. Interrupts off.
 *	Taken outside the tables' lock; references are taken and dropped outside
 *	of it.
 * @slot: the window's slots, in the host's memory; NULL: the machine has no
 *	HIGHMEM
 * @cpu: the CPUs' stacks, likewise
 * @bucket: first slot of each bucket of frames: page_address_htable
 * @last_nr: the slot that was taken last: last_pkmap_nr
 * @nr_maps: persistent mappings so far
 * @nr_found: of those, the ones of frames that a slot showed already
 * @nr_flushes: turns after which something was unmapped
 * @nr_flushed: slots that were
 * @nr_full: refusals since all slots had users
 * @nodes: whose frames
 * @pgt: the tables
 * @fault: the machine's; raised when tables are not as they were left
 * @pkmap_start: PKMAP_BASE; slot n lies n pages above
 * @local_top: end of the CPUs' slots; slot n lies n + 1 pages below
 * @nr_slots: LAST_PKMAP, a power of two
 * @nr_cpus: CPUs
 */
struct shadow_kmap {
	raw_spinlock_t lock;
	struct shadow_kmap_slot *slot;
	struct shadow_kmap_cpu *cpu;
	u16 bucket[SHADOW_KMAP_BUCKETS];
	unsigned int last_nr;
	u64 nr_maps;
	u64 nr_found;
	u64 nr_flushes;
	u64 nr_flushed;
	u64 nr_full;

	struct shadow_nodes *nodes;
	struct shadow_pgtable *pgt;
	struct shadow_fault *fault;
	u64 pkmap_start;
	u64 local_top;
	unsigned int nr_slots;
	unsigned int nr_cpus;
};

/**
 * struct shadow_kmap_totals - what the slots are doing
 * @nr_used: slots with users
 * @nr_users: of all of them
 * @nr_unflushed: slots without, that still show something
 * @nr_free: slots that show nothing
 */
struct shadow_kmap_totals {
	u64 nr_used;
	u64 nr_users;
	u64 nr_unflushed;
	u64 nr_free;
};

unsigned int shadow_kmap_nr_slots(unsigned int page_shift);
u64 shadow_kmap_bytes(unsigned int page_shift, unsigned int nr_cpus);
int shadow_kmap_init(struct shadow_kmap *kmap,
		     const struct shadow_layout *layout,
		     struct shadow_nodes *nodes, struct shadow_pgtable *pgt,
		     struct shadow_fault *fault, unsigned int nr_cpus, void *mem);
void shadow_kmap_fini(struct shadow_kmap *kmap);
int shadow_kmap(struct shadow_kmap *kmap, struct shadow_page *page, u64 *va);
int shadow_kunmap(struct shadow_kmap *kmap, struct shadow_page *page);
int shadow_kmap_local(struct shadow_kmap *kmap, unsigned int cpu,
		      struct shadow_page *page, u64 *va);
int shadow_kunmap_local(struct shadow_kmap *kmap, unsigned int cpu, u64 va);
u64 shadow_kmap_address(struct shadow_kmap *kmap,
			const struct shadow_page *page);
void shadow_kmap_totals(struct shadow_kmap *kmap,
			struct shadow_kmap_totals *totals);
int shadow_kmap_verify(struct shadow_kmap *kmap, struct shadow_fault *fault);

/* PKMAP_ADDR() */
static inline u64 shadow_kmap_slot_va(const struct shadow_kmap *kmap,
				      unsigned int nr)
{
	return kmap->pkmap_start + ((u64)nr << kmap->pgt->geo.page_shift);
}

/* __fix_to_virt(FIX_KMAP_BEGIN + kmap_local_calc_idx()) */
static inline u64 shadow_kmap_local_va(const struct shadow_kmap *kmap,
				       unsigned int cpu, unsigned int index)
{
	u64 nr = (u64)cpu * SHADOW_KM_MAX_IDX + index;

	return kmap->local_top - ((nr + 1) << kmap->pgt->geo.page_shift);
}

#endif /* SHADOW_KMAP_H */
