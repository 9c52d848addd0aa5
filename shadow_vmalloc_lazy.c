// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_vmalloc_lazy - addresses that are not in use any more, and not yet free.
 * See shadow_vmalloc.h.
 *
 * An invalidation costs much the same whatever it is for. So an area that is
 * freed is unmapped, and its pages go back, but its addresses are kept: nobody
 * is given them before no TLB knows them any more. When there are too many of
 * those, one invalidation from the lowest to the highest is for all of them.
 *
 * That pages go back before the invalidation is the kernel's rule as well:
 * whoever uses an address that he freed may meet another's page, or may not.
 * Whoever uses an address that he was given meets his own.
 */
#include "shadow_ring.h"
#include "shadow_vmalloc_room.h"

/* Areas that are taken out of the tree while the lock is held once */
#define BATCH	16U
/*
 * When so many areas are lazy, one that is freed where the last one ends becomes
 * a part of it: who allocates and frees in a loop makes neither the tree nor the
 * next purge any longer.
 */
#define APART	32U

/**
 * shadow_vmalloc_unmap() - unmap an area; TLBs are told later
 * @vm: the layer
 * @area: the area, busy
 *
 * That something of it is not mapped is a fault.
 *
 * Context: any but NMI; does not sleep.
 * Return: 0, or -EUCLEAN.
 */
int shadow_vmalloc_unmap(struct shadow_vmalloc *vm,
			 const struct shadow_vmap_area *area)
{
	u64 nr_pages = shadow_vmalloc_mapped(vm, area);
	int err;

	err = shadow_pgtable_unmap_lazy(vm->pgtable, area->va_start,
					shadow_vmalloc_bytes(vm, nr_pages));
	if (unlikely(err))
		return shadow_fault_raise(vm->fault,
					  "vmalloc: unmap of %llu pages at %#llx: %d",
					  nr_pages, area->va_start, err);
	return 0;
}

/**
 * shadow_vmalloc_unmap_now() - unmap the first pages of an area that fails
 * @vm: the layer
 * @area: the area, busy; nobody has been given it
 * @nr_pages: how many are mapped
 *
 * Context: any but NMI; does not sleep.
 * Return: 0, or -EUCLEAN.
 */
int shadow_vmalloc_unmap_now(struct shadow_vmalloc *vm,
			     const struct shadow_vmap_area *area, u32 nr_pages)
{
	int err;

	if (!nr_pages)
		return 0;
	err = shadow_pgtable_unmap(vm->pgtable, area->va_start,
				   shadow_vmalloc_bytes(vm, nr_pages));
	if (unlikely(err))
		return shadow_fault_raise(vm->fault,
					  "vmalloc: unmap of %u pages at %#llx: %d",
					  nr_pages, area->va_start, err);
	return 0;
}

static int append(struct shadow_vmalloc *vm, struct shadow_vmap_list *list,
		  u32 first, u32 last)
{
	struct shadow_vmap_area *end;

	if (list->first == SHADOW_VMAP_NONE) {
		list->first = first;
	} else {
		end = shadow_vmap_tree_at(&vm->tree, list->last);
		if (unlikely(!end))
			return -EUCLEAN;
		end->next_lazy = first;
	}
	list->last = last;
	return 0;
}

/* All that is lazy becomes clean: one invalidation. */
static int invalidate(struct shadow_vmalloc *vm)
{
	unsigned long flags;
	int err = 0;

	raw_spin_lock_irqsave(&vm->lock, flags);
	if (vm->lazy.first != SHADOW_VMAP_NONE) {
		/* Under the lock: who finds nothing lazy finds it clean */
		shadow_pgtable_invalidate(vm->pgtable, vm->lazy_start,
					  vm->lazy_end - vm->lazy_start);
		err = append(vm, &vm->clean, vm->lazy.first, vm->lazy.last);
		vm->lazy.first = SHADOW_VMAP_NONE;
		vm->lazy_start = U64_MAX;
		vm->lazy_end = 0;
		vm->nr_purges++;
	}
	raw_spin_unlock_irqrestore(&vm->lock, flags);
	return err;
}

/* The first clean area, which is in no tree then, or NULL: there is none */
static struct shadow_vmap_area *take_clean(struct shadow_vmalloc *vm)
{
	struct shadow_vmap_area *area;
	int err;

	if (vm->clean.first == SHADOW_VMAP_NONE)
		return NULL;
	area = shadow_vmap_tree_at(&vm->tree, vm->clean.first);
	if (unlikely(!area))
		return ERR_PTR(-EUCLEAN);
	if (unlikely(!(area->flags & SHADOW_VMAP_LAZY)))
		return ERR_PTR(shadow_fault_raise(vm->fault,
				"vmalloc: area %#llx is in use, and in the list of those to be purged",
				area->va_start));
	vm->clean.first = area->next_lazy;
	err = shadow_vmap_tree_erase(&vm->tree, area);
	if (unlikely(err))
		return ERR_PTR(shadow_fault_raise(vm->fault,
				"vmalloc: an area to be purged is not in the tree"));
	vm->nr_lazy_areas--;
	vm->nr_lazy_pages -= shadow_vmalloc_mapped(vm, area) + 1;
	vm->nr_purged++;
	return area;
}

/* Free the addresses of some clean areas; 0: there are none any more. */
static int drop_clean(struct shadow_vmalloc *vm)
{
	struct shadow_vmap_area *area[BATCH], *one = NULL;
	unsigned long flags;
	u32 nr = 0, i;
	int err;

	raw_spin_lock_irqsave(&vm->lock, flags);
	while (nr < BATCH) {
		one = take_clean(vm);
		if (IS_ERR_OR_NULL(one))
			break;
		area[nr++] = one;
	}
	raw_spin_unlock_irqrestore(&vm->lock, flags);
	for (i = 0; i < nr; i++) {
		err = shadow_kmem_cache_free(vm->cache, area[i]);
		if (unlikely(err))
			return err;
	}
	return IS_ERR(one) ? PTR_ERR(one) : nr;
}

static int drop_spare(struct shadow_vmalloc *vm)
{
	struct shadow_vmap_area *spare;
	unsigned long flags;

	raw_spin_lock_irqsave(&vm->lock, flags);
	spare = vm->spare;
	vm->spare = NULL;
	raw_spin_unlock_irqrestore(&vm->lock, flags);
	return spare ? shadow_kmem_cache_free(vm->cache, spare) : 0;
}

static int purge(struct shadow_vmalloc *vm)
{
	int err;

	if (shadow_fault_frozen(vm->fault))
		return -EUCLEAN;
	err = invalidate(vm);
	while (!err) {
		err = drop_clean(vm);
		if (!err)
			return drop_spare(vm);
		err = min(err, 0);
	}
	return err;
}

/**
 * shadow_vmalloc_purge() - make the addresses of all freed areas free
 * @vm: the layer
 *
 * When it returns, whatever was lazy when it began can be had again, whoever
 * else was at it. Follows reclaim_and_purge_vmap_areas().
 *
 * Context: any but NMI; does not sleep, and takes time by the number of areas.
 * Return: 0; -EUCLEAN where the machine is frozen.
 */
int shadow_vmalloc_purge(struct shadow_vmalloc *vm)
{
	struct shadow_op op;
	int err;

	shadow_op_begin(&op, vm->events);
	err = purge(vm);
	shadow_op_end(&op, SHADOW_OP_VMALLOC_PURGE, err);
	return err;
}

/* The lazy area that ends where one starts that is being freed, if it may grow */
static struct shadow_vmap_area *
neighbour(const struct shadow_vmalloc *vm, const struct shadow_vmap_area *area)
{
	struct shadow_vmap_area *last;

	if (vm->nr_lazy_areas < APART || vm->lazy.first == SHADOW_VMAP_NONE)
		return NULL;
	last = shadow_vmap_tree_at(&vm->tree, vm->lazy.last);
	return last && last->va_end == area->va_start ? last : NULL;
}

/* *@spare: a descriptor that is not needed any more, or NULL */
static int add_lazy(struct shadow_vmalloc *vm, struct shadow_vmap_area *area,
		    struct shadow_vmap_area **spare)
{
	struct shadow_vmap_area *last = neighbour(vm, area);

	vm->lazy_start = min(vm->lazy_start, area->va_start);
	vm->lazy_end = max(vm->lazy_end, area->va_end);
	vm->nr_lazy_pages += shadow_vmalloc_mapped(vm, area) + 1;
	if (last) {
		/* The last one freed is warm */
		*spare = vm->spare;
		vm->spare = area;
		return shadow_vmap_tree_absorb(&vm->tree, last, area);
	}
	*spare = NULL;
	area->flags = SHADOW_VMAP_LAZY;
	area->next_lazy = SHADOW_VMAP_NONE;
	vm->nr_lazy_areas++;
	return append(vm, &vm->lazy, area->self, area->self);
}

/**
 * shadow_vmalloc_retire() - an area was unmapped; free its addresses some time
 * @vm: the layer
 * @area: the area, busy; not the caller's any more
 *
 * Follows free_vmap_area_noflush().
 *
 * Context: any but NMI; does not sleep; now and then takes time by the number of
 * areas that were freed before.
 * Return: 0; -EUCLEAN where the machine is frozen.
 */
int shadow_vmalloc_retire(struct shadow_vmalloc *vm,
			  struct shadow_vmap_area *area)
{
	struct shadow_vmap_area *spare;
	unsigned long flags;
	bool many;
	int err;

	raw_spin_lock_irqsave(&vm->lock, flags);
	shadow_vmalloc_uncount(vm, area);
	err = add_lazy(vm, area, &spare);
	many = vm->nr_lazy_pages > vm->lazy_max_pages;
	raw_spin_unlock_irqrestore(&vm->lock, flags);
	if (unlikely(err))
		return shadow_fault_raise(vm->fault,
					  "vmalloc: an area that was freed is not in the tree");
	if (unlikely(spare))
		err = shadow_kmem_cache_free(vm->cache, spare);
	if (!err && unlikely(many))
		err = shadow_vmalloc_purge(vm);
	return err;
}
