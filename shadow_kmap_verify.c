// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_kmap_verify - does each slot show what it should? See shadow_kmap.h.
 */
#include "shadow_compound.h"
#include "shadow_kmap.h"

static int wrong(struct shadow_fault *fault, u64 va, const char *what)
{
	return shadow_fault_raise(fault, "shadow_kmap: %016llx: %s", va, what);
}

/* Do the tables say that an address shows a frame, or nothing? */
static int check_shows(const struct shadow_kmap *kmap, u64 va, bool mapped,
		       u64 pfn, struct shadow_fault *fault)
{
	const struct shadow_geometry *geo = &kmap->pgt->geo;
	phys_addr_t pa;
	u64 desc;
	int err = shadow_pgtable_lookup(kmap->pgt, va, &pa, &desc);

	if (!mapped)
		return err == -ENOENT ? 0 :
		       wrong(fault, va, "a slot that is free shows something");
	if (err)
		return wrong(fault, va, "a slot in use shows nothing");
	if (pa >> geo->page_shift != pfn)
		return wrong(fault, va, "the slot shows another frame");
	if ((desc ^ SHADOW_PAGE_KERNEL) & SHADOW_PROT_MASK & geo->attr_mask)
		return wrong(fault, va, "the slot's protection has changed");
	return 0;
}

/* A frame with users is in use, and they hold it */
static int check_held(const struct shadow_kmap *kmap, u64 va, u64 pfn,
		      u32 nr_users, struct shadow_fault *fault)
{
	struct shadow_page *page = shadow_pfn_to_page(kmap->nodes, pfn);
	const struct shadow_page *head;

	head = page ? shadow_block_head(kmap->nodes, page) : NULL;
	if (!head || shadow_page_state(head) != SHADOW_PAGE_ALLOCATED)
		return wrong(fault, va, "a frame that is mapped is not in use");
	if (atomic_read(&head->refcount) < (int)nr_users)
		return wrong(fault, va, "a frame has more mappings than references");
	return 0;
}

/* Length of a bucket's chain, or more than all slots where it is damaged */
static unsigned int chain_length(const struct shadow_kmap *kmap,
				 unsigned int bucket)
{
	unsigned int nr = kmap->bucket[bucket], len = 0;

	while (nr != SHADOW_KMAP_NONE && len <= kmap->nr_slots) {
		if (nr >= kmap->nr_slots || !kmap->slot[nr].count)
			return U32_MAX;
		nr = kmap->slot[nr].next;
		len++;
	}
	return len;
}

/* All slots that show something are in chains, each once */
static int check_chains(const struct shadow_kmap *kmap,
			struct shadow_fault *fault)
{
	unsigned int i, mapped = 0, len;

	for (i = 0; i < kmap->nr_slots; i++)
		mapped += !!kmap->slot[i].count;
	for (i = 0; i < SHADOW_KMAP_BUCKETS; i++) {
		len = chain_length(kmap, i);
		if (len > mapped)
			return shadow_fault_raise(fault,
						  "shadow_kmap: bucket %u: its chain is damaged",
						  i);
		mapped -= len;
	}
	if (mapped)
		return shadow_fault_raise(fault,
					  "shadow_kmap: %u mapped slots are in no bucket",
					  mapped);
	return 0;
}

static int check_slots(const struct shadow_kmap *kmap,
		       struct shadow_fault *fault)
{
	unsigned int nr;
	int err = check_chains(kmap, fault);

	for (nr = 0; nr < kmap->nr_slots && !err; nr++) {
		const struct shadow_kmap_slot *slot = &kmap->slot[nr];
		u64 va = shadow_kmap_slot_va(kmap, nr);

		err = check_shows(kmap, va, slot->count, slot->pfn, fault);
		if (!err && slot->count > 1)
			err = check_held(kmap, va, slot->pfn, slot->count - 1,
					 fault);
	}
	return err;
}

static int check_stack(const struct shadow_kmap *kmap, unsigned int cpu,
		       struct shadow_fault *fault)
{
	const struct shadow_kmap_cpu *stack = &kmap->cpu[cpu];
	unsigned int i;
	int err = 0;

	if (stack->depth > SHADOW_KM_MAX_IDX)
		return shadow_fault_raise(fault, "shadow_kmap: CPU %u: depth %u",
					  cpu, stack->depth);
	for (i = 0; i < SHADOW_KM_MAX_IDX && !err; i++) {
		u64 va = shadow_kmap_local_va(kmap, cpu, i);

		err = check_shows(kmap, va, i < stack->depth, stack->pfn[i],
				  fault);
		if (!err && i < stack->depth)
			err = check_held(kmap, va, stack->pfn[i], 1, fault);
	}
	return err;
}

/**
 * shadow_kmap_verify() - look for a slot that does not show what it should
 * @kmap: the layer
 * @fault: filled with the first finding
 *
 * Each slot's count against the tables and the frame; frames are found by their
 * hash; the CPUs' stacks likewise; all tables are pinned.
 *
 * Context: any; takes the lock. Changes nothing.
 * Return: 0 or -EUCLEAN.
 */
int shadow_kmap_verify(struct shadow_kmap *kmap, struct shadow_fault *fault)
{
	unsigned long irqflags;
	unsigned int cpu;
	int err;

	if (!kmap->slot)
		return 0;
	raw_spin_lock_irqsave(&kmap->lock, irqflags);
	if (kmap->pgt->pin_first >
	    shadow_kmap_local_va(kmap, kmap->nr_cpus - 1, SHADOW_KM_MAX_IDX - 1))
		err = shadow_fault_raise(fault,
					 "shadow_kmap: the windows' tables are not pinned");
	else
		err = check_slots(kmap, fault);
	for (cpu = 0; cpu < kmap->nr_cpus && !err; cpu++)
		err = check_stack(kmap, cpu, fault);
	raw_spin_unlock_irqrestore(&kmap->lock, irqflags);
	return err;
}
