// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slab_tell - objects while somebody watches: each call is an operation,
 * which ends with its event. It does what it does when nobody watches.
 *
 * An object of kmalloc's classes, and what kmalloc has straight from the page
 * allocator, is told of as kmalloc and kfree, any other one as kmem_cache_alloc
 * and kmem_cache_free, whichever call it came by. So each event of an allocation
 * has its counterpart; the kernel's kfree() of a cache's object has not.
 */
#include "shadow_latency.h"
#include "shadow_ring_quick.h"
#include "shadow_slab_engine.h"

/* As the kernel has it: the node that was asked for, or NUMA_NO_NODE */
static u64 node_of(u32 gfp)
{
	return (u64)(gfp >> SHADOW_GFP_NODE_SHIFT & 0xf) - 1;
}

static void tell_alloc(struct shadow_kmem_cache *cache, const void *object, u32 gfp)
{
	struct shadow_event_log *log = cache->slab->nodes->events;
	const struct shadow_kmem_cache_desc *desc = &cache->desc;
	u64 pa = shadow_slab_pa(cache->slab, object);

	if (cache->kmalloc)
		shadow_event_named(log, SHADOW_EV_KMALLOC, 1, desc->name, pa,
				   desc->object_bytes, desc->bytes, gfp,
				   node_of(gfp));
	else
		shadow_event_named(log, SHADOW_EV_OBJECT_ALLOC, 1, desc->name, pa,
				   desc->id, desc->object_bytes, desc->bytes, gfp);
}

static void tell_free(const struct shadow_kmem_cache *cache, u64 pa)
{
	struct shadow_event_log *log = cache->slab->nodes->events;
	const struct shadow_kmem_cache_desc *desc = &cache->desc;

	if (cache->kmalloc)
		shadow_event_named(log, SHADOW_EV_KFREE, 1, desc->name, pa);
	else
		shadow_event_named(log, SHADOW_EV_OBJECT_FREE, 1, desc->name, pa,
				   desc->id);
}

/**
 * shadow_slab_alloc_watched() - an object, and whoever watches is told
 * @cache: of this cache
 * @cpu: who asks
 * @gfp: SHADOW_GFP_ flags
 *
 * Context: as shadow_kmem_cache_alloc().
 * Return: as shadow_kmem_cache_alloc().
 */
void *shadow_slab_alloc_watched(struct shadow_kmem_cache *cache, unsigned int cpu,
				u32 gfp)
{
	struct shadow_slab *slab = cache->slab;
	struct shadow_latency_mark mark;
	struct shadow_op op;
	void *object;

	shadow_op_begin_as(&op, slab->nodes->events, shadow_slab_alloc_event(cache));
	shadow_latency_begin(&mark, slab->nodes->events, SHADOW_LATENCY_CACHE_ALLOC);
	object = cache->calls->alloc(cache, cpu, gfp);
	shadow_latency_end(&mark, !object);
	if (object)
		tell_alloc(cache, object, gfp);
	shadow_op_end(&op, SHADOW_OP_CACHE_ALLOC, object ? 0 : -ENOMEM,
		      cache - slab->caches, gfp, cpu, shadow_slab_pa(slab, object));
	return object;
}

/**
 * shadow_slab_free_watched() - an object is given back, and whoever watches is told
 * @cache: it is of this cache
 * @cpu: who gives
 * @object: what is given back
 *
 * The event comes after the fact: before it nobody knows whether it is refused.
 * Only with a ring is nobody in between who has the object next.
 *
 * Context: as shadow_kmem_cache_free().
 * Return: as shadow_kmem_cache_free().
 */
int shadow_slab_free_watched(struct shadow_kmem_cache *cache, unsigned int cpu,
			     void *object)
{
	struct shadow_slab *slab = cache->slab;
	u64 pa = shadow_slab_pa(slab, object);
	struct shadow_latency_mark mark;
	struct shadow_op op;
	int err;

	shadow_op_begin_as(&op, slab->nodes->events, shadow_slab_free_event(cache));
	shadow_latency_begin(&mark, slab->nodes->events, SHADOW_LATENCY_CACHE_FREE);
	err = cache->calls->free(cache, cpu, object);
	shadow_latency_end(&mark, err);
	if (!err)
		tell_free(cache, pa);
	shadow_op_end(&op, SHADOW_OP_CACHE_FREE, err, cache - slab->caches, cpu, pa);
	return err;
}

/* Addresses as a payload, after the record: the end of the operation */
static void tell_objects(struct shadow_op *op, const struct shadow_slab *slab,
			 u32 nr, void *const *objects)
{
	struct shadow_ring_list list = { };
	u32 i;

	for (i = 0; i < nr; i++)
		shadow_ring_list_add(op->ring, &list, shadow_slab_pa(slab, objects[i]));
	shadow_ring_list_end(op->ring, &list);
	__shadow_op_drop(op);
}

/**
 * shadow_slab_alloc_bulk_watched() - many objects, with one event for each
 * @cache: of this cache
 * @cpu: who asks
 * @gfp: SHADOW_GFP_ flags
 * @nr: how many
 * @objects: where they are put
 *
 * Context: as shadow_kmem_cache_alloc_bulk().
 * Return: as shadow_kmem_cache_alloc_bulk().
 */
u32 shadow_slab_alloc_bulk_watched(struct shadow_kmem_cache *cache,
				   unsigned int cpu, u32 gfp, u32 nr,
				   void **objects)
{
	struct shadow_slab *slab = cache->slab;
	struct shadow_latency_mark mark;
	struct shadow_op op;
	u32 i, filled;

	shadow_op_begin_as(&op, slab->nodes->events, shadow_slab_alloc_event(cache));
	shadow_latency_begin(&mark, slab->nodes->events,
			     SHADOW_LATENCY_CACHE_ALLOC_BULK);
	filled = cache->calls->alloc_bulk(cache, cpu, gfp, nr, objects);
	shadow_latency_end(&mark, filled < nr);
	if (!shadow_op_says(slab->nodes->events, shadow_slab_alloc_event(cache), filled))
		for (i = 0; i < filled; i++)
			tell_alloc(cache, objects[i], gfp);
	if (shadow_op_recorded(&op)) {
		__shadow_op_put(&op, SHADOW_OP_CACHE_ALLOC_BULK,
				nr && !filled ? -ENOMEM : 0,
				(u64[SHADOW_RING_ARGS]) { cache - slab->caches,
				gfp, nr, cpu, filled });
		tell_objects(&op, slab, filled, objects);
	}
	return filled;
}

/**
 * shadow_slab_free_bulk_watched() - many objects are given back, with one event for each
 * @cache: they are of this cache
 * @cpu: who gives
 * @nr: how many
 * @objects: what is given back
 *
 * Context: as shadow_kmem_cache_free_bulk().
 * Return: as shadow_kmem_cache_free_bulk().
 */
u32 shadow_slab_free_bulk_watched(struct shadow_kmem_cache *cache,
				  unsigned int cpu, u32 nr, void **objects)
{
	struct shadow_slab *slab = cache->slab;
	struct shadow_latency_mark mark;
	struct shadow_op op;
	u32 i, freed;

	shadow_op_begin_as(&op, slab->nodes->events, shadow_slab_free_event(cache));
	shadow_latency_begin(&mark, slab->nodes->events,
			     SHADOW_LATENCY_CACHE_FREE_BULK);
	freed = cache->calls->free_bulk(cache, cpu, nr, objects);
	shadow_latency_end(&mark, freed < nr);
	if (!shadow_op_says(slab->nodes->events, shadow_slab_free_event(cache), freed))
		for (i = 0; i < freed; i++)
			tell_free(cache, shadow_slab_pa(slab, objects[i]));
	if (shadow_op_recorded(&op)) {
		__shadow_op_put(&op, SHADOW_OP_CACHE_FREE_BULK,
				freed < nr ? -EINVAL : 0,
				(u64[SHADOW_RING_ARGS]) { cache - slab->caches,
				nr, cpu, freed });
		tell_objects(&op, slab, nr, objects);
	}
	return freed;
}

/**
 * shadow_kmalloc_watched() - shadow_kmalloc(), and whoever watches is told
 * @slab: the layer
 * @cpu: who asks
 * @bytes: how many
 * @gfp: SHADOW_GFP_ flags
 *
 * Context: as shadow_kmalloc().
 * Return: as shadow_kmalloc().
 */
void *shadow_kmalloc_watched(struct shadow_slab *slab, unsigned int cpu,
			     u64 bytes, u32 gfp)
{
	struct shadow_event_log *log = slab->nodes->events;
	struct shadow_latency_mark mark;
	struct shadow_op op;
	void *object;

	shadow_op_begin_as(&op, log, SHADOW_EV_KMALLOC);
	shadow_latency_begin(&mark, log, SHADOW_LATENCY_KMALLOC);
	object = shadow_kmalloc_quietly(slab, cpu, bytes, gfp);
	shadow_latency_end(&mark, !object);
	if (object && object != SHADOW_ZERO_SIZE_PTR)
		shadow_event(log, SHADOW_EV_KMALLOC, 1, shadow_slab_pa(slab, object), bytes,
			     shadow_kmalloc_given(slab, bytes, gfp), gfp,
			     node_of(gfp));
	shadow_op_end(&op, SHADOW_OP_KMALLOC, object ? 0 : -ENOMEM, bytes, gfp, cpu,
		      shadow_slab_pa(slab, object));
	return object;
}

/* The cache that memory of kfree() is of; NULL: kmalloc's, of none */
static struct shadow_kmem_cache *cache_at(struct shadow_slab *slab,
					  const void *object)
{
	struct shadow_page *page = shadow_slab_head(slab->nodes, object);
	void *inner;

	if (!page || shadow_page_owner(page) != SHADOW_OWNER_SLAB)
		return NULL;
	return slab->engine->resolve(slab, page, object, &inner);
}

/**
 * shadow_kfree_watched() - shadow_kfree(), and whoever watches is told
 * @slab: the layer
 * @cpu: who gives
 * @object: as for shadow_kfree()
 *
 * Context: as shadow_kfree().
 * Return: as shadow_kfree().
 */
int shadow_kfree_watched(struct shadow_slab *slab, unsigned int cpu,
			 const void *object)
{
	struct shadow_event_log *log = slab->nodes->events;
	bool none = !object || object == SHADOW_ZERO_SIZE_PTR;
	struct shadow_kmem_cache *cache = NULL;
	u64 pa = shadow_slab_pa(slab, object);
	struct shadow_latency_mark mark;
	struct shadow_op op;
	int err;

	shadow_op_begin_as(&op, log, SHADOW_EV_KFREE);
	/* Its slab may be gone when it has been freed */
	if (!none && (shadow_event_heard(SHADOW_EV_OBJECT_FREE) ||
		      shadow_event_heard(SHADOW_EV_KFREE)))
		cache = cache_at(slab, object);
	shadow_latency_begin(&mark, log, SHADOW_LATENCY_KFREE);
	err = shadow_kfree_quietly(slab, cpu, object);
	shadow_latency_end(&mark, err);
	if (!err && !none) {
		if (cache)
			tell_free(cache, pa);
		else
			shadow_event(log, SHADOW_EV_KFREE, 1, pa);
	}
	shadow_op_end(&op, SHADOW_OP_KFREE, err, pa, cpu);
	return err;
}
