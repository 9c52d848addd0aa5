// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_kmap - addresses for frames that the linear map does not show. See
 * shadow_kmap.h.
 */
#include "shadow_compound.h"
#include "shadow_kmap.h"
#include "shadow_page_call.h"
#include "shadow_ring.h"

/* A slot is one page, whatever its neighbours show */
#define MAP_FLAGS \
	(SHADOW_MAP_NO_BLOCK | SHADOW_MAP_NO_CONT | SHADOW_MAP_NO_FOLD)

/**
 * shadow_kmap_nr_slots() - persistent mappings that there can be at once
 * @page_shift: log2 of the page size
 *
 * LAST_PKMAP of 32-bit arm and x86: what a table holds, or 1024 with large
 * pages.
 *
 * Context: any.
 * Return: a power of two.
 */
unsigned int shadow_kmap_nr_slots(unsigned int page_shift)
{
	return page_shift == 12 ? 512 : 1024;
}

/**
 * shadow_kmap_bytes() - memory that the slots' state needs
 * @page_shift: log2 of the page size
 * @nr_cpus: CPUs
 *
 * Context: any.
 * Return: bytes.
 */
u64 shadow_kmap_bytes(unsigned int page_shift, unsigned int nr_cpus)
{
	return shadow_kmap_nr_slots(page_shift) * sizeof(struct shadow_kmap_slot) +
	       nr_cpus * sizeof(struct shadow_kmap_cpu);
}

/**
 * shadow_kmap_init() - make the windows' tables
 * @kmap: filled
 * @layout: where the windows lie; without them the machine has no HIGHMEM
 * @nodes: whose frames; may be initialised later
 * @pgt: the kernel's tables, which have a pinned range right above
 * @fault: the machine's
 * @nr_cpus: CPUs
 * @mem: shadow_kmap_bytes() of zeroed memory outside the block, or NULL without
 *	HIGHMEM
 *
 * Follows kmap_init() of arch/arm/mm/mmu.c and page_address_init().
 *
 * Context: boot.
 * Return: 0; -EINVAL: the layout's windows are of another size; or an errno of
 * shadow_pgtable_pin_below(), -ENOMEM where there is no page for a table. Then
 * the tables are as before.
 */
int shadow_kmap_init(struct shadow_kmap *kmap,
		     const struct shadow_layout *layout,
		     struct shadow_nodes *nodes, struct shadow_pgtable *pgt,
		     struct shadow_fault *fault, unsigned int nr_cpus, void *mem)
{
	const struct shadow_region *pkmap = &layout->region[SHADOW_REGION_PKMAP];
	const struct shadow_region *local = &layout->region[SHADOW_REGION_KMAP];
	u64 nr_slots = shadow_kmap_nr_slots(layout->page_shift);
	int err;

	memset(kmap, 0, sizeof(*kmap));
	memset(kmap->bucket, 0xff, sizeof(kmap->bucket));
	raw_spin_lock_init(&kmap->lock);
	kmap->nodes = nodes;
	kmap->pgt = pgt;
	kmap->fault = fault;
	if (!mem)
		return 0;
	if (pkmap->end - pkmap->start != nr_slots << layout->page_shift ||
	    local->end - local->start !=
	    (u64)nr_cpus * SHADOW_KM_MAX_IDX << layout->page_shift)
		return -EINVAL;
	err = shadow_pgtable_pin_below(pgt, local->start);
	if (err)
		return err;
	kmap->pkmap_start = pkmap->start;
	kmap->local_top = local->end;
	kmap->nr_slots = nr_slots;
	kmap->nr_cpus = nr_cpus;
	kmap->slot = mem;
	kmap->cpu = mem + nr_slots * sizeof(*kmap->slot);
	return 0;
}

/**
 * shadow_kmap_fini() - forget the slots
 * @kmap: the layer, initialised or zeroed
 *
 * What is mapped goes with the tables. References are not dropped: a mapping
 * that is left is its user's, as the frame is.
 *
 * Context: take-down.
 */
void shadow_kmap_fini(struct shadow_kmap *kmap)
{
	memset(kmap, 0, sizeof(*kmap));
}

static u64 page_bytes(const struct shadow_kmap *kmap)
{
	return 1ULL << kmap->pgt->geo.page_shift;
}

/* Is a frame that the linear map shows in use? */
static bool in_use(const struct shadow_kmap *kmap, struct shadow_page *page)
{
	const struct shadow_page *head = shadow_block_head(kmap->nodes, page);

	return head && shadow_page_state(head) == SHADOW_PAGE_ALLOCATED;
}

/* The tables are not as this layer left them; the kernel ends there */
static int not_as_left(struct shadow_kmap *kmap, u64 va, int err)
{
	if (err == -EUCLEAN)
		return err;
	return shadow_fault_raise(kmap->fault,
				  "shadow_kmap: %016llx: the tables say %d", va,
				  err);
}

/* ----------------------------------------------------------- page_address -- */

static u16 *bucket_of(struct shadow_kmap *kmap, u64 pfn)
{
	u64 hash = pfn * 0x9e3779b97f4a7c15ULL;

	return &kmap->bucket[hash >> (64 - ilog2(SHADOW_KMAP_BUCKETS))];
}

static unsigned int find_slot(struct shadow_kmap *kmap, u64 pfn)
{
	unsigned int nr = *bucket_of(kmap, pfn);

	while (nr != SHADOW_KMAP_NONE && kmap->slot[nr].pfn != pfn)
		nr = kmap->slot[nr].next;
	return nr;
}

static void add_slot(struct shadow_kmap *kmap, unsigned int nr, u64 pfn)
{
	u16 *bucket = bucket_of(kmap, pfn);

	kmap->slot[nr].pfn = pfn;
	kmap->slot[nr].count = 1;
	kmap->slot[nr].next = *bucket;
	*bucket = nr;
}

static void remove_slot(struct shadow_kmap *kmap, unsigned int nr)
{
	u16 *link = bucket_of(kmap, kmap->slot[nr].pfn);

	while (*link != nr)
		link = &kmap->slot[*link].next;
	*link = kmap->slot[nr].next;
	kmap->slot[nr].count = 0;
}

/**
 * shadow_kmap_address() - where a frame can be seen now
 * @kmap: the layer
 * @page: the frame
 *
 * Follows page_address() of mm/highmem.c.
 *
 * Context: any; takes the lock.
 * Return: its address in the linear map, else that of its persistent mapping;
 * 0: it has neither.
 */
u64 shadow_kmap_address(struct shadow_kmap *kmap,
			const struct shadow_page *page)
{
	u64 va = shadow_page_to_va(kmap->nodes, page);
	unsigned long irqflags;
	unsigned int nr;

	if (va || !kmap->slot)
		return va;
	raw_spin_lock_irqsave(&kmap->lock, irqflags);
	nr = find_slot(kmap, shadow_page_to_pfn(kmap->nodes, page));
	if (nr != SHADOW_KMAP_NONE)
		va = shadow_kmap_slot_va(kmap, nr);
	raw_spin_unlock_irqrestore(&kmap->lock, irqflags);
	return va;
}

/* ------------------------------------------------------------- persistent -- */

/* Unmap slots without users that lie side by side; how many, or -EUCLEAN */
static int flush_run(struct shadow_kmap *kmap, unsigned int first)
{
	u64 va = shadow_kmap_slot_va(kmap, first);
	unsigned int nr = first;
	int err;

	while (nr < kmap->nr_slots && kmap->slot[nr].count == 1)
		nr++;
	err = shadow_pgtable_unmap_lazy(kmap->pgt, va,
					(nr - first) * page_bytes(kmap));
	if (err)
		return not_as_left(kmap, va, err);
	for (; first < nr; first++)
		remove_slot(kmap, first);
	return nr;
}

/*
 * Unmap all slots without users, then one invalidation for all of them, and
 * only then a slot can be taken again: flush_all_zero_pkmaps().
 */
static int flush_unused(struct shadow_kmap *kmap)
{
	unsigned int nr = 0, flushed = 0;
	int end;

	while (nr < kmap->nr_slots) {
		if (kmap->slot[nr].count != 1) {
			nr++;
			continue;
		}
		end = flush_run(kmap, nr);
		if (end < 0)
			return end;
		flushed += end - nr;
		nr = end;
	}
	if (!flushed)
		return 0;
	kmap->nr_flushes++;
	kmap->nr_flushed += flushed;
	shadow_pgtable_invalidate(kmap->pgt, kmap->pkmap_start,
				  kmap->nr_slots * page_bytes(kmap));
	return 0;
}

/*
 * The next slot in turn that shows nothing: the search of map_new_virtual(),
 * which sleeps where this one ends with -ENOSPC.
 */
static int take_slot(struct shadow_kmap *kmap)
{
	unsigned int left = kmap->nr_slots;
	int err;

	do {
		kmap->last_nr = (kmap->last_nr + 1) & (kmap->nr_slots - 1);
		if (!kmap->last_nr) {
			err = flush_unused(kmap);
			if (err)
				return err;
			left = kmap->nr_slots;
		}
		if (!kmap->slot[kmap->last_nr].count)
			return kmap->last_nr;
	} while (--left);
	kmap->nr_full++;
	return -ENOSPC;
}

static int map_new(struct shadow_kmap *kmap, u64 pfn)
{
	int nr = take_slot(kmap), err;
	u64 va;

	if (nr < 0)
		return nr;
	va = shadow_kmap_slot_va(kmap, nr);
	err = shadow_pgtable_map(kmap->pgt, va,
				 pfn << kmap->pgt->geo.page_shift,
				 page_bytes(kmap), SHADOW_PAGE_KERNEL, MAP_FLAGS);
	if (err)
		return not_as_left(kmap, va, err);
	add_slot(kmap, nr, pfn);
	return nr;
}

/* The slot of a frame, with one user more; or an errno */
static int map_slot(struct shadow_kmap *kmap, u64 pfn)
{
	unsigned long irqflags;
	int nr;

	raw_spin_lock_irqsave(&kmap->lock, irqflags);
	nr = find_slot(kmap, pfn);
	if (nr == SHADOW_KMAP_NONE)
		nr = map_new(kmap, pfn);
	else
		kmap->nr_found++;
	if (nr >= 0) {
		kmap->slot[nr].count++;
		kmap->nr_maps++;
	}
	raw_spin_unlock_irqrestore(&kmap->lock, irqflags);
	return nr;
}

static int map_frame(struct shadow_kmap *kmap, struct shadow_page *page, u64 *va)
{
	u64 linear = shadow_page_to_va(kmap->nodes, page);
	int nr, err;

	if (shadow_fault_frozen(kmap->fault))
		return -EUCLEAN;
	if (linear || !kmap->slot) {
		if (!linear || !in_use(kmap, page))
			return -EINVAL;
		*va = linear;
		return 0;
	}
	err = shadow_get_page(kmap->nodes, page);
	if (err)
		return err;
	nr = map_slot(kmap, shadow_page_to_pfn(kmap->nodes, page));
	if (nr < 0) {
		shadow_put_page(kmap->nodes, page);
		return nr;
	}
	*va = shadow_kmap_slot_va(kmap, nr);
	return 0;
}

/**
 * shadow_kmap() - give a frame an address that stays until shadow_kunmap()
 * @kmap: the layer
 * @page: a frame in use: of order 0, the first of a block, or any of a compound
 *	page
 * @va: filled
 *
 * That of the linear map, where it shows the frame; else a slot of the window,
 * the same for all users of the frame, and a reference to its block. Follows
 * kmap() and kmap_high() of mm/highmem.c.
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: 0; -EINVAL: the frame is not in use, or a further one of a block that
 * is no compound page and so cannot be held; -EOVERFLOW: too many references;
 * -ENOSPC: each slot has users (the kernel waits for one); -EUCLEAN.
 */
int shadow_kmap(struct shadow_kmap *kmap, struct shadow_page *page, u64 *va)
{
	struct shadow_op op;
	u64 at = 0;
	int err;

	shadow_op_begin(&op, kmap->nodes->events);
	err = map_frame(kmap, page, &at);
	if (!err)
		*va = at;
	shadow_op_end(&op, SHADOW_OP_KMAP, err,
		      shadow_page_to_pfn(kmap->nodes, page), at);
	return err;
}

static int unmap_frame(struct shadow_kmap *kmap, struct shadow_page *page)
{
	unsigned long irqflags;
	unsigned int nr;
	int err = 0;

	if (shadow_fault_frozen(kmap->fault))
		return -EUCLEAN;
	if (!kmap->slot || shadow_page_to_va(kmap->nodes, page))
		return 0;
	raw_spin_lock_irqsave(&kmap->lock, irqflags);
	nr = find_slot(kmap, shadow_page_to_pfn(kmap->nodes, page));
	if (nr == SHADOW_KMAP_NONE || kmap->slot[nr].count < 2)
		err = -ENOENT;
	else
		kmap->slot[nr].count--;
	raw_spin_unlock_irqrestore(&kmap->lock, irqflags);
	return err ? : shadow_put_page(kmap->nodes, page);
}

/**
 * shadow_kunmap() - one user of a persistent mapping less
 * @kmap: the layer
 * @page: the frame
 *
 * The mapping stays in the tables until all slots have had their turn. For what
 * the linear map shows nothing is done. Follows kunmap_high().
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: 0; -ENOENT: it is not mapped; -EUCLEAN.
 */
int shadow_kunmap(struct shadow_kmap *kmap, struct shadow_page *page)
{
	struct shadow_op op;
	int err;

	shadow_op_begin(&op, kmap->nodes->events);
	err = unmap_frame(kmap, page);
	shadow_op_end(&op, SHADOW_OP_KUNMAP, err,
		      shadow_page_to_pfn(kmap->nodes, page));
	return err;
}

/**
 * shadow_kmap_totals() - what the slots are doing
 * @kmap: the layer
 * @totals: filled
 *
 * Context: any; takes the lock.
 */
void shadow_kmap_totals(struct shadow_kmap *kmap,
			struct shadow_kmap_totals *totals)
{
	unsigned long irqflags;
	unsigned int nr;

	memset(totals, 0, sizeof(*totals));
	raw_spin_lock_irqsave(&kmap->lock, irqflags);
	for (nr = 0; nr < kmap->nr_slots; nr++) {
		u32 count = kmap->slot[nr].count;

		totals->nr_free += !count;
		totals->nr_unflushed += count == 1;
		totals->nr_used += count > 1;
		totals->nr_users += count > 1 ? count - 1 : 0;
	}
	raw_spin_unlock_irqrestore(&kmap->lock, irqflags);
}

/* ------------------------------------------------------------------ local -- */

/* Push a frame; the address, or an errno in @err */
static u64 push(struct shadow_kmap *kmap, unsigned int cpu, u64 pfn, int *err)
{
	struct shadow_kmap_cpu *stack = &kmap->cpu[cpu];
	unsigned long irqflags;
	u64 va = 0;

	raw_spin_lock_irqsave(&kmap->lock, irqflags);
	*err = -ENOSPC;
	if (stack->depth == SHADOW_KM_MAX_IDX)
		goto unlock;
	va = shadow_kmap_local_va(kmap, cpu, stack->depth);
	*err = shadow_pgtable_map(kmap->pgt, va,
				  pfn << kmap->pgt->geo.page_shift,
				  page_bytes(kmap), SHADOW_PAGE_KERNEL,
				  MAP_FLAGS);
	if (*err) {
		*err = not_as_left(kmap, va, *err);
		goto unlock;
	}
	stack->pfn[stack->depth++] = pfn;
	stack->max_depth = max(stack->max_depth, stack->depth);
	stack->nr_maps++;
unlock:
	raw_spin_unlock_irqrestore(&kmap->lock, irqflags);
	return va;
}

static int map_local(struct shadow_kmap *kmap, unsigned int cpu,
		     struct shadow_page *page, u64 *va)
{
	u64 at;
	int err;

	if (!kmap->slot || shadow_page_to_va(kmap->nodes, page))
		return shadow_kmap(kmap, page, va);
	if (cpu >= kmap->nr_cpus)
		return -EINVAL;
	if (shadow_fault_frozen(kmap->fault))
		return -EUCLEAN;
	err = shadow_get_page(kmap->nodes, page);
	if (err)
		return err;
	at = push(kmap, cpu, shadow_page_to_pfn(kmap->nodes, page), &err);
	if (err)
		shadow_put_page(kmap->nodes, page);
	else
		*va = at;
	return err;
}

/**
 * shadow_kmap_local() - give a frame an address for a moment, on one CPU
 * @kmap: the layer
 * @cpu: whose stack of slots
 * @page: the frame, as for shadow_kmap()
 * @va: filled
 *
 * That of the linear map, where it shows the frame; else the CPU's next slot,
 * and a reference to the block. A persistent mapping of the frame is not looked
 * for, as on an arm without virtually indexed caches. Follows
 * __kmap_local_page_prot().
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: 0; -EINVAL: there is no such CPU, or as shadow_kmap(); -EOVERFLOW;
 * -ENOSPC: the CPU's slots are all in use (BUG_ON in the kernel); -EUCLEAN.
 */
int shadow_kmap_local(struct shadow_kmap *kmap, unsigned int cpu,
		      struct shadow_page *page, u64 *va)
{
	struct shadow_op op;
	u64 at = 0;
	int err;

	shadow_op_begin(&op, kmap->nodes->events);
	err = map_local(kmap, cpu, page, &at);
	if (!err)
		*va = at;
	shadow_op_end(&op, SHADOW_OP_KMAP_LOCAL, err,
		      shadow_page_to_pfn(kmap->nodes, page), cpu, at);
	return err;
}

/* Is that the slot which was pushed last? */
static int check_top(const struct shadow_kmap *kmap, unsigned int cpu, u64 va)
{
	u32 depth = kmap->cpu[cpu].depth;
	u64 top;

	if (!depth)
		return -ENOENT;
	top = shadow_kmap_local_va(kmap, cpu, depth - 1);
	if (va < top || va > shadow_kmap_local_va(kmap, cpu, 0))
		return -ENOENT;
	return va == top ? 0 : -EBUSY;
}

/* Pop the slot at @va; its frame in @pfn */
static int pop(struct shadow_kmap *kmap, unsigned int cpu, u64 va, u64 *pfn)
{
	struct shadow_kmap_cpu *stack = &kmap->cpu[cpu];
	unsigned long irqflags;
	int err;

	raw_spin_lock_irqsave(&kmap->lock, irqflags);
	err = check_top(kmap, cpu, va);
	if (err)
		goto unlock;
	err = shadow_pgtable_unmap(kmap->pgt, va, page_bytes(kmap));
	if (err)
		err = not_as_left(kmap, va, err);
	else
		*pfn = stack->pfn[--stack->depth];
unlock:
	raw_spin_unlock_irqrestore(&kmap->lock, irqflags);
	return err;
}

static int unmap_local(struct shadow_kmap *kmap, unsigned int cpu, u64 va)
{
	struct shadow_page *page;
	u64 pfn;
	int err;

	if (shadow_fault_frozen(kmap->fault))
		return -EUCLEAN;
	if (shadow_va_to_page(kmap->nodes, va))
		return 0;
	if (!kmap->slot)
		return -ENOENT;
	if (cpu >= kmap->nr_cpus)
		return -EINVAL;
	err = pop(kmap, cpu, va & ~(page_bytes(kmap) - 1), &pfn);
	if (err)
		return err;
	page = shadow_pfn_to_page(kmap->nodes, pfn);
	return page ? shadow_put_page(kmap->nodes, page) : -EUCLEAN;
}

/**
 * shadow_kunmap_local() - end the CPU's newest local mapping
 * @kmap: the layer
 * @cpu: whose
 * @va: any address in it
 *
 * For what the linear map shows nothing is done. Follows
 * kunmap_local_indexed().
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: 0; -EINVAL: there is no such CPU; -ENOENT: @va is in no mapping of
 * this CPU's; -EBUSY: it has newer ones, which have to go first; -EUCLEAN.
 */
int shadow_kunmap_local(struct shadow_kmap *kmap, unsigned int cpu, u64 va)
{
	struct shadow_op op;
	int err;

	shadow_op_begin(&op, kmap->nodes->events);
	err = unmap_local(kmap, cpu, va);
	shadow_op_end(&op, SHADOW_OP_KUNMAP_LOCAL, err, va, cpu);
	return err;
}
