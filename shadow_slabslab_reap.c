// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slabslab_reap - the engine "slab": what is given back, all at once or
 * little by little. See shadow_slabslab.h.
 *
 * Follows cache_reap(), drain_array(), drain_freelist() and
 * __kmem_cache_shrink() of mm/slab.c.
 */
#include "shadow_slabslab.h"

/* Up to @max free slabs of a node, the oldest first: drain_freelist() */
static void drain_free(struct shadow_kmem_cache *cache, unsigned int nid,
		       u64 max, struct shadow_page_list *gone)
{
	struct shadow_kmem_list *in = shadow_slabslab_in(&cache->node[nid]);
	struct shadow_memmap *memmap = &cache->slab->nodes->memmap;
	struct shadow_slabslab s;
	struct shadow_page *page;

	lockdep_assert_held(&cache->node[nid].lock);
	for (; max && in->free.last != SHADOW_NO_PAGE; max--) {
		page = shadow_page_at(memmap, in->free.last);
		if (!page || !shadow_slabslab_check(cache, page, &s)) {
			shadow_fault_raise(cache->fault,
					   "slab: cache %s: free list of node %u",
					   cache->desc.name, nid);
			return;
		}
		if (!__shadow_slabslab_unmake(cache, &s, gone))
			return;
	}
}

/* A CPU's array to its node's slabs: a fifth if nobody used it, or everything */
static void drain_cpu(struct shadow_kmem_cache *cache, unsigned int cpu, bool all)
{
	struct shadow_slabslab_cpu *c = shadow_slabslab_cpu_of(cache, cpu);
	struct shadow_slab_node *node = &cache->node[c->nid];
	struct shadow_slabslab_array array;
	struct shadow_page_list gone;
	unsigned long flags;

	if (!node->in)
		return;
	shadow_page_list_init(&gone);
	raw_spin_lock_irqsave(&c->lock, flags);
	array = shadow_slabslab_cpu_array(cache, cpu);
	raw_spin_lock(&node->lock);
	__shadow_slabslab_drain(cache, c->nid, &array, all, &gone);
	raw_spin_unlock(&node->lock);
	raw_spin_unlock_irqrestore(&c->lock, flags);
	shadow_slabslab_destroy(cache, cpu, &gone);
}

/* What a node shares and has free. @max: slabs */
static void drain_node(struct shadow_kmem_cache *cache, unsigned int cpu,
		       unsigned int nid, bool all)
{
	struct shadow_slab_node *node = &cache->node[nid];
	struct shadow_kmem_list *in = shadow_slabslab_in(node);
	u32 nr = cache->desc.objects;
	struct shadow_slabslab_array shared;
	struct shadow_page_list gone;
	unsigned long flags;

	shadow_page_list_init(&gone);
	raw_spin_lock_irqsave(&node->lock, flags);
	/* The node's part comes half as often as that of the CPUs */
	if (!all && ++in->ticks % 2)
		goto unlock;
	shared = shadow_slabslab_shared(cache, nid);
	__shadow_slabslab_drain(cache, nid, &shared, all, &gone);
	if (all)
		drain_free(cache, nid, U64_MAX, &gone);
	else if (in->free_touched)
		in->free_touched = 0;
	else
		drain_free(cache, nid, DIV_ROUND_UP(in->free_limit, 5 * nr), &gone);
unlock:
	raw_spin_unlock_irqrestore(&node->lock, flags);
	shadow_slabslab_destroy(cache, cpu, &gone);
}

/**
 * shadow_slabslab_shrink() - give back what is free
 * @cache: the cache
 *
 * Follows __kmem_cache_shrink(), without the trip to each CPU: the locks may be
 * taken from anywhere.
 *
 * Context: any; without locks of the cache.
 * Return: 1 if slabs remain, else 0; -EUCLEAN for a frozen machine.
 */
int shadow_slabslab_shrink(struct shadow_kmem_cache *cache)
{
	unsigned int nr_nodes = cache->slab->nodes->nr_nodes;
	unsigned int cpu, nid, other;
	int left = 0;

	if (shadow_fault_frozen(cache->fault))
		return -EUCLEAN;
	for (cpu = 0; cpu < cache->nr_cpus; cpu++)
		drain_cpu(cache, cpu, true);
	for (nid = 0; nid < nr_nodes; nid++) {
		for (other = 0; other < nr_nodes && cache->node[nid].in; other++)
			shadow_slabslab_drain_alien(cache, 0, nid, other);
	}
	for (nid = 0; nid < nr_nodes; nid++) {
		if (!cache->node[nid].in)
			continue;
		drain_node(cache, 0, nid, true);
		left |= !!READ_ONCE(shadow_slabslab_in(&cache->node[nid])->nr_slabs);
	}
	return shadow_fault_frozen(cache->fault) ? -EUCLEAN : left;
}

/**
 * shadow_slabslab_reap() - what a CPU does every two seconds
 * @slab: the layer
 * @cpu: whose turn it is
 *
 * Of each cache: the objects of one other node go home; an array that was not
 * taken from since the last time gives a fifth of its places back, and every
 * other time so does the one that is shared, and a fifth of the slabs that
 * free_limit allows are given back if none was needed. Follows cache_reap();
 * whoever hosts the machine decides when.
 *
 * Context: any; the layer's lock is held, so that no cache goes meanwhile.
 */
void shadow_slabslab_reap(struct shadow_slab *slab, unsigned int cpu)
{
	struct shadow_kmem_cache *cache = NULL;
	unsigned int nid, other;

	lockdep_assert_held(&slab->lock);
	while ((cache = shadow_slab_next(slab, cache))) {
		if (shadow_fault_frozen(cache->fault))
			return;
		nid = shadow_slabslab_cpu_of(cache, cpu)->nid;
		if (!cache->node[nid].in)
			continue;
		other = READ_ONCE(shadow_slabslab_in(&cache->node[nid])->ticks) %
			slab->nodes->nr_nodes;
		shadow_slabslab_drain_alien(cache, cpu, nid, other);
		drain_cpu(cache, cpu, false);
		drain_node(cache, cpu, nid, false);
	}
}
