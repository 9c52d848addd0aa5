// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slab_record - objects while nobody but the ring listens. What takes
 * more than that goes to shadow_slab_tell.c: whatever is refused, an object of a
 * class of kmalloc's that somebody takes for a cache's, or the other way round.
 */
#include "shadow_ring_quick.h"
#include "shadow_slab_engine.h"

/**
 * shadow_slab_record_init() - find the machine's ring
 * @slab: the layer, about to boot
 *
 * Context: nobody uses the layer yet.
 */
void shadow_slab_record_init(struct shadow_slab *slab)
{
	const struct shadow_block *block = slab->nodes->block;

	slab->ring = shadow_ring_of(slab->nodes->events);
	if (!slab->ring)
		return;
	if (shadow_block_virtual(block))
		slab->ring = NULL;
	else
		slab->ring->to_pa = block->base - (unsigned long)block->virt;
}

/**
 * shadow_slab_record_stop() - the machine has no ring any more
 * @slab: the layer, up or not
 *
 * Context: nobody uses the layer any more.
 */
void shadow_slab_record_stop(struct shadow_slab *slab)
{
	unsigned int id;

	slab->ring = NULL;
	for (id = 0; slab->caches && id < SHADOW_SLAB_MAX_CACHES; id++)
		slab->caches[id].ring = NULL;
}

/* It was refused: also an operation, with nothing in it */
static noinline void leave_refused(struct shadow_ring *ring, unsigned long irqflags,
				   enum shadow_op_id id, int err, u64 first,
				   u64 second, u64 third)
{
	struct shadow_op op = { .ring = ring, .irqflags = irqflags };
	const u64 arg[SHADOW_RING_ARGS] = { first, second, third };

	__shadow_op_end(&op, id, err, arg, NULL, 0);
}

/**
 * shadow_slab_alloc_recorded() - an object, and whoever watches is told
 * @cache: of this cache
 * @cpu: who asks
 * @gfp: SHADOW_GFP_ flags
 *
 * Context: as shadow_kmem_cache_alloc().
 * Return: as shadow_kmem_cache_alloc().
 */
void *shadow_slab_alloc_recorded(struct shadow_kmem_cache *cache,
				 unsigned int cpu, u32 gfp)
{
	struct shadow_ring *ring = cache->ring;
	const u64 wide_cpu = cpu, wide_gfp = gfp;
	unsigned long irqflags;
	void *object;

	if (unlikely(!ring || !shadow_ring_enter(ring, &irqflags)))
		return shadow_slab_alloc_watched(cache, cpu, gfp);
	object = cache->calls->alloc(cache, wide_cpu, wide_gfp);
	if (unlikely(!object)) {
		leave_refused(ring, irqflags, SHADOW_OP_CACHE_ALLOC, -ENOMEM,
			      cache->desc.id, wide_gfp, wide_cpu);
		return NULL;
	}
	shadow_ring_put_op(ring, SHADOW_OP_CACHE_ALLOC, cache->desc.id,
			   wide_gfp, wide_cpu,
			   (unsigned long)object + ring->to_pa, 0);
	shadow_ring_count_single(ring, SHADOW_SINGLE_OBJECT_ALLOC);
	shadow_ring_leave(ring, irqflags);
	return object;
}

/**
 * shadow_slab_free_recorded() - an object is given back, and whoever watches is told
 * @cache: it is of this cache
 * @cpu: who gives
 * @object: what is given back
 *
 * Context: as shadow_kmem_cache_free().
 * Return: as shadow_kmem_cache_free().
 */
int shadow_slab_free_recorded(struct shadow_kmem_cache *cache, unsigned int cpu,
			      void *object)
{
	struct shadow_ring *ring = cache->ring;
	unsigned long irqflags;
	int err;

	if (unlikely(!ring || !shadow_ring_enter(ring, &irqflags)))
		return shadow_slab_free_watched(cache, cpu, object);
	err = cache->calls->free(cache, cpu, object);
	if (unlikely(err)) {
		leave_refused(ring, irqflags, SHADOW_OP_CACHE_FREE, err,
			      cache->desc.id, cpu,
			      shadow_slab_pa(cache->slab, object));
		return err;
	}
	shadow_ring_put_op(ring, SHADOW_OP_CACHE_FREE, cache->desc.id, cpu,
			   (unsigned long)object + ring->to_pa, 0, 0);
	shadow_ring_count_single(ring, SHADOW_SINGLE_OBJECT_FREE);
	shadow_ring_leave(ring, irqflags);
	return 0;
}

/**
 * shadow_kmalloc_recorded() - shadow_kmalloc(), and whoever watches is told
 * @slab: the layer
 * @cpu: who asks
 * @bytes: how many
 * @gfp: SHADOW_GFP_ flags
 *
 * Context: as shadow_kmalloc().
 * Return: as shadow_kmalloc().
 */
void *shadow_kmalloc_recorded(struct shadow_slab *slab, unsigned int cpu,
			      u64 bytes, u32 gfp)
{
	struct shadow_ring *ring = slab->ring;
	unsigned long irqflags;
	void *object;

	if (unlikely(!ring || !bytes || !shadow_ring_enter(ring, &irqflags)))
		return shadow_kmalloc_watched(slab, cpu, bytes, gfp);
	object = shadow_kmalloc_quietly(slab, cpu, bytes, gfp);
	if (unlikely(!object)) {
		leave_refused(ring, irqflags, SHADOW_OP_KMALLOC, -ENOMEM, bytes,
			      gfp, cpu);
		return NULL;
	}
	shadow_ring_put_op(ring, SHADOW_OP_KMALLOC, bytes, gfp, cpu,
			   (unsigned long)object + ring->to_pa, 0);
	shadow_ring_count_single(ring, SHADOW_SINGLE_KMALLOC);
	shadow_ring_leave(ring, irqflags);
	return object;
}

/**
 * shadow_kfree_recorded() - shadow_kfree(), and whoever watches is told
 * @slab: the layer
 * @cpu: who gives
 * @object: as for shadow_kfree()
 *
 * Context: as shadow_kfree().
 * Return: as shadow_kfree().
 */
int shadow_kfree_recorded(struct shadow_slab *slab, unsigned int cpu,
			  const void *object)
{
	struct shadow_ring *ring = slab->ring;
	unsigned long irqflags;
	int err;

	if (unlikely(!ring || !shadow_ring_enter(ring, &irqflags)))
		return shadow_kfree_watched(slab, cpu, object);
	err = shadow_kfree_class(slab, cpu, object);
	if (unlikely(err == -EAGAIN)) {
		shadow_ring_leave(ring, irqflags);
		return shadow_kfree_watched(slab, cpu, object);
	}
	if (unlikely(err)) {
		leave_refused(ring, irqflags, SHADOW_OP_KFREE, err,
			      shadow_slab_pa(slab, object), cpu, 0);
		return err;
	}
	shadow_ring_put_op(ring, SHADOW_OP_KFREE,
			   (unsigned long)object + ring->to_pa, cpu, 0, 0, 0);
	shadow_ring_count_single(ring, SHADOW_SINGLE_KFREE);
	shadow_ring_leave(ring, irqflags);
	return 0;
}
