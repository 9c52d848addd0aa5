// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slub_node - the engine "slub": a cache opens and closes, and what its
 * nodes have is sorted. See shadow_slub.h.
 */
#include "shadow_page_list.h"
#include "shadow_slub.h"

#define SLUB_PROMOTE_MAX	32	/* shrink sorts slabs this full */

static void init_node(struct shadow_slab_node *node,
		      struct shadow_kmem_cache_node *in)
{
	memset(in, 0, sizeof(*in));
	shadow_page_list_init(&in->partial);
	node->in = in;
}

/*
 * The first slab of kmem_cache_node holds the structure that says so. The
 * structures of the other nodes come from the same slab, by the ordinary way.
 * early_kmem_cache_node_alloc() of mm/slub.c.
 */
static int open_first(struct shadow_kmem_cache *cache)
{
	struct shadow_slub s;
	unsigned long flags;
	u32 next, head;

	head = shadow_slub_make(cache, 0, 0, &shadow_slub_cpu_of(cache, 0)->rnd, &s);
	if (head == SLUB_END || !shadow_slub_read(cache, &s, head, &next))
		return -ENOMEM;
	shadow_slub_set(&s, cache->desc.id, next, 1, SLUB_PARTIAL);
	init_node(s.node, (struct shadow_kmem_cache_node *)(s.base + head));
	raw_spin_lock_irqsave(&s.node->lock, flags);
	__shadow_slub_count(&s, true);
	__shadow_slub_list(cache, &s, false);
	raw_spin_unlock_irqrestore(&s.node->lock, flags);
	return 0;
}

static void close_nodes(struct shadow_kmem_cache *cache)
{
	struct shadow_kmem_cache *nodes = cache->slab->kmem_cache_node;
	unsigned int nid;

	for (nid = 0; nid < cache->slab->nodes->nr_nodes; nid++) {
		if (cache->node[nid].in)
			shadow_kmem_cache_free_cpu(nodes, 0, cache->node[nid].in);
		cache->node[nid].in = NULL;
	}
}

/*
 * Where a node's structure is asked for. While the first cache boots: where its
 * first slab is, as a slab on another node could not be counted yet.
 */
static u32 node_gfp(struct shadow_kmem_cache *cache, unsigned int nid)
{
	if (cache->slab->state == SHADOW_SLAB_DOWN) {
		for (nid = 0; !cache->node[nid].in;)
			nid++;
	}
	return SHADOW_GFP_NODE(nid);
}

/**
 * shadow_slub_open() - make what a cache has for each CPU and node
 * @cache: the cache
 *
 * Context: as __shadow_kmem_cache_create().
 * Return: 0 or -ENOMEM, and nothing is kept.
 */
int shadow_slub_open(struct shadow_kmem_cache *cache)
{
	struct shadow_slab *slab = cache->slab;
	unsigned int cpu, nid;
	void *in;
	int err;

	for (cpu = 0; cpu < cache->nr_cpus; cpu++)
		shadow_slub_init_cpu(cache, cpu);
	if (slab->state == SHADOW_SLAB_DOWN) {
		err = open_first(cache);
		if (err)
			return err;
	}
	for (nid = 0; nid < slab->nodes->nr_nodes; nid++) {
		if (cache->node[nid].in)
			continue;
		in = shadow_kmem_cache_alloc_cpu(slab->kmem_cache_node, 0,
						 node_gfp(cache, nid));
		if (!in)
			goto close;
		init_node(&cache->node[nid], in);
	}
	return 0;

close:
	/* While the first cache boots, its failure takes all slabs with it. */
	if (slab->state != SHADOW_SLAB_DOWN)
		close_nodes(cache);
	return -ENOMEM;
}

/* Take the node's list apart by how full its slabs are. */
static void sort_partial(struct shadow_kmem_cache *cache,
			 struct shadow_slab_node *node,
			 struct shadow_page_list *empty)
{
	struct shadow_page_list full[SLUB_PROMOTE_MAX + 1];
	struct shadow_memmap *memmap = &cache->slab->nodes->memmap;
	struct shadow_kmem_cache_node *in = shadow_slub_in(node);
	struct shadow_page *page;
	struct shadow_slub s;
	u32 i, nr_free;

	for (i = 0; i < ARRAY_SIZE(full); i++)
		shadow_page_list_init(&full[i]);
	while ((page = shadow_page_list_pop(memmap, &in->partial))) {
		if (!shadow_slub_check(cache, page, &s) || s.node != node ||
		    page->slab.inuse >= s.objects) {
			shadow_slub_corrupt(cache, "partial list", page);
			break;
		}
		nr_free = s.objects - page->slab.inuse;
		if (nr_free == s.objects) {
			in->nr_partial--;
			__shadow_slub_unmake(&s);
			shadow_page_list_push(memmap, empty, page);
		} else {
			i = min_t(u32, nr_free - 1, SLUB_PROMOTE_MAX);
			shadow_page_list_push_tail(memmap, &full[i], page);
		}
	}
	for (i = 0; i < ARRAY_SIZE(full); i++) {
		while ((page = shadow_page_list_pop(memmap, &full[i])))
			shadow_page_list_push_tail(memmap, &in->partial, page);
	}
}

/**
 * shadow_slub_shrink() - give back the slabs that hold no object
 * @cache: the cache
 *
 * Follows __kmem_cache_do_shrink() of mm/slub.c.
 *
 * Context: any; without locks of the cache.
 * Return: 1 if slabs remain, 0 if none does, -EUCLEAN for a frozen machine.
 */
int shadow_slub_shrink(struct shadow_kmem_cache *cache)
{
	struct shadow_nodes *nodes = cache->slab->nodes;
	struct shadow_page_list empty;
	struct shadow_page *page;
	unsigned long flags;
	unsigned int nid;
	int left = 0;

	if (shadow_fault_frozen(cache->fault))
		return -EUCLEAN;
	shadow_slub_flush(cache);
	for (nid = 0; nid < nodes->nr_nodes; nid++) {
		struct shadow_slab_node *node = &cache->node[nid];

		shadow_page_list_init(&empty);
		raw_spin_lock_irqsave(&node->lock, flags);
		sort_partial(cache, node, &empty);
		left |= !!shadow_slub_in(node)->nr_slabs;
		raw_spin_unlock_irqrestore(&node->lock, flags);
		while ((page = shadow_page_list_pop(&nodes->memmap, &empty)))
			shadow_slab_give(cache, 0, page);
	}
	return shadow_fault_frozen(cache->fault) ? -EUCLEAN : left;
}

/**
 * shadow_slub_close() - give everything of a cache back
 * @cache: the cache
 *
 * Context: under the layer's lock; nobody uses the cache.
 * Return: 0, -EBUSY while objects are in use, -EUCLEAN for a frozen machine.
 */
int shadow_slub_close(struct shadow_kmem_cache *cache)
{
	int left = shadow_slub_shrink(cache);

	if (left)
		return left < 0 ? left : -EBUSY;
	close_nodes(cache);
	return 0;
}
