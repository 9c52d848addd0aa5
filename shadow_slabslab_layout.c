// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slabslab_layout - the engine "slab": how large its slabs are, where
 * their lists of numbers lie, how many colours there are, and how large the
 * arrays. See shadow_slabslab.h.
 *
 * Follows cache_estimate(), calculate_slab_order() and enable_cpucache() of
 * mm/slab.c.
 */
#include <linux/math64.h>

#include "shadow_slabslab.h"

#define SLAB_OBJ_MIN_SIZE	16	/* where a number has one byte */
#define SLAB_MAX_ORDER		1	/* wanted; of machines of up to 32 MiB, 0 */
#define SHARED_FACTOR		8

/* What one slab of an order would be */
struct estimate {
	u32 objects;
	u64 left_over;
};

/**
 * shadow_slabslab_class() - kmalloc's cache for a size
 * @slab: the layer
 * @bytes: the size
 *
 * While the layer boots there are only some, and shadow_slab.kmalloc does not
 * have them yet.
 *
 * Context: any.
 * Return: the smallest that is large enough and exists, or NULL.
 */
struct shadow_kmem_cache *shadow_slabslab_class(struct shadow_slab *slab, u64 bytes)
{
	const u32 typed = SHADOW_SLAB_CACHE_DMA | SHADOW_SLAB_RECLAIM_ACCOUNT;
	struct shadow_kmem_cache *cache = NULL, *best = NULL;

	while ((cache = shadow_slab_next(slab, cache))) {
		if (!cache->own || strncmp(cache->desc.name, "kmalloc-", 8) ||
		    (cache->desc.flags & typed) || cache->desc.object_bytes < bytes)
			continue;
		if (!best || cache->desc.object_bytes < best->desc.object_bytes)
			best = cache;
	}
	return best;
}

static u64 slab_bytes(const struct shadow_slab *slab, u32 order)
{
	return (u64)1 << (slab->nodes->page_shift + order);
}

static struct estimate estimate(const struct shadow_kmem_cache *cache, u32 order,
				enum shadow_slabslab_kind kind)
{
	u64 bytes = slab_bytes(cache->slab, order);
	u64 each = cache->desc.bytes;

	if (kind == SLABSLAB_ON_SLAB)
		each += shadow_slabslab_own_of(cache)->index_bytes;
	return (struct estimate) {
		.objects = div_u64(bytes, each),
		.left_over = bytes - div_u64(bytes, each) * each,
	};
}

/* The class for a list of so many numbers, if it is worth an object of its own */
static struct shadow_kmem_cache *off_slab_class(const struct shadow_kmem_cache *cache,
						u32 objects)
{
	const struct shadow_slabslab_own *own = shadow_slabslab_own_of(cache);
	struct shadow_kmem_cache *class;

	class = shadow_slabslab_class(cache->slab, (u64)objects * own->index_bytes);
	/* One with lists of its own off its slabs might need itself */
	if (!class || shadow_slabslab_own_of(class)->kind == SLABSLAB_OFF_SLAB ||
	    class->bytes > cache->desc.bytes / 2)
		return NULL;
	return class;
}

/* Objects for which a number has room, and the walks of others too */
static u32 max_objects(const struct shadow_slabslab_own *own)
{
	return own->index_bytes == 1 ? U8_MAX : SHADOW_SLAB_MAX_OBJECTS;
}

static u32 wanted_order(const struct shadow_slab *slab)
{
	const struct shadow_nodes *nodes = slab->nodes;
	u64 frames = SZ_32M >> nodes->page_shift;

	return shadow_memmap_entries(&nodes->memmap) > frames ?
	       min_t(u32, SLAB_MAX_ORDER, nodes->max_order) : 0;
}

/*
 * The lowest order whose waste is at most an eighth, but no larger than it need
 * be. left_over of the one that was taken; desc.objects stays 0 if none was.
 */
static u64 choose_order(struct shadow_kmem_cache *cache,
			enum shadow_slabslab_kind kind)
{
	struct shadow_slabslab_own *own = shadow_slabslab_own_of(cache);
	struct shadow_kmem_cache_desc *desc = &cache->desc;
	struct shadow_kmem_cache *class = NULL;
	struct estimate e;
	u64 left = 0;
	u32 order;

	desc->objects = 0;
	for (order = 0; order <= cache->slab->nodes->max_order; order++) {
		e = estimate(cache, order, kind);
		if (!e.objects)
			continue;
		if (e.objects > max_objects(own))
			break;
		if (kind == SLABSLAB_OFF_SLAB) {
			class = off_slab_class(cache, e.objects);
			if (!class)
				continue;
		}
		desc->objects = e.objects;
		desc->order = order;
		own->freelist_cache = class;
		left = e.left_over;
		/* Reclaimable memory is asked for where nothing can be reclaimed */
		if ((desc->flags & SHADOW_SLAB_RECLAIM_ACCOUNT) ||
		    order >= wanted_order(cache->slab) ||
		    left * 8 <= slab_bytes(cache->slab, order))
			break;
	}
	return left;
}

/* set_objfreelist_slab_cache() and so on: may the numbers be there? */
static bool fits(struct shadow_kmem_cache *cache, enum shadow_slabslab_kind kind)
{
	struct shadow_slabslab_own *own = shadow_slabslab_own_of(cache);
	struct shadow_kmem_cache_desc *desc = &cache->desc;
	u64 left;

	if (kind == SLABSLAB_IN_OBJECT && desc->keep)
		return false;
	left = choose_order(cache, kind);
	if (!desc->objects)
		return false;
	own->kind = kind;
	own->freelist_bytes = desc->objects * own->index_bytes;
	if (kind == SLABSLAB_IN_OBJECT && own->freelist_bytes > desc->inner_bytes)
		return false;
	/* What is left over has room for it: at the cost of some colours */
	if (kind == SLABSLAB_OFF_SLAB && left >= own->freelist_bytes)
		return false;
	own->colour = max_t(u32, div_u64(left, own->colour_off), 1);
	return true;
}

/* Slabs are aligned to their length; the block may not be */
static void set_places(struct shadow_kmem_cache *cache)
{
	const struct shadow_block *block = cache->slab->nodes->block;
	u64 bytes = slab_bytes(cache->slab, cache->desc.order);
	u64 end = ALIGN_DOWN(block->base + block->bytes, bytes);

	cache->first_slab = ALIGN(block->base, bytes);
	cache->slabs_bytes = end > cache->first_slab ? end - cache->first_slab : 0;
}

/**
 * shadow_slabslab_layout() - sizes, order, colours and numbers of a cache
 * @cache: the cache; inner_bytes, align, flags and keep are set
 *
 * Where a number has one byte (frames of 4K), objects have at least 16. Follows
 * __kmem_cache_create().
 *
 * Context: while the cache is made.
 * Return: 0, or -EINVAL where an object does not fit into the largest block.
 */
int shadow_slabslab_layout(struct shadow_kmem_cache *cache)
{
	struct shadow_slabslab_own *own = shadow_slabslab_own_of(cache);
	const struct shadow_nodes *nodes = cache->slab->nodes;
	struct shadow_kmem_cache_desc *desc = &cache->desc;
	u64 bytes = ALIGN((u64)desc->inner_bytes, sizeof(u64));

	memset(own, 0, sizeof(*own));
	own->index_bytes = 1U << nodes->page_shift >> 8 <= SLAB_OBJ_MIN_SIZE ? 1 : 2;
	if (own->index_bytes == 1)
		bytes = max_t(u64, bytes, SLAB_OBJ_MIN_SIZE);
	bytes = ALIGN(bytes, (u64)desc->align);
	if (bytes > slab_bytes(cache->slab, nodes->max_order) || bytes > SZ_1G)
		return -EINVAL;
	desc->bytes = bytes;
	own->colour_off = max_t(u32, L1_CACHE_BYTES, desc->align);
	if (!fits(cache, SLABSLAB_IN_OBJECT) && !fits(cache, SLABSLAB_OFF_SLAB) &&
	    !fits(cache, SLABSLAB_ON_SLAB))
		return -EINVAL;
	desc->min_order = desc->order;
	desc->min_objects = desc->objects;
	cache->bytes = bytes;
	cache->inverse = DIV_ROUND_UP_ULL((u64)1 << 32, bytes);
	cache->offset = (own->colour - 1) * own->colour_off;
	set_places(cache);
	return 0;
}

/**
 * shadow_slabslab_tuning() - how large the arrays of a cache are
 * @cache: the cache
 *
 * Few large objects, many small ones; the CPUs of a node share what is small
 * enough to be passed on. Follows enable_cpucache().
 *
 * Context: while the cache is made, or the layer boots.
 */
void shadow_slabslab_tuning(struct shadow_kmem_cache *cache)
{
	struct shadow_slabslab_own *own = shadow_slabslab_own_of(cache);
	const struct shadow_slab *slab = cache->slab;
	u32 frame = 1U << slab->nodes->page_shift;

	if (cache->bytes > SZ_128K)
		own->limit = 1;
	else if (cache->bytes > frame)
		own->limit = 8;
	else if (cache->bytes > 1024)
		own->limit = 24;
	else if (cache->bytes > 256)
		own->limit = 54;
	else
		own->limit = 120;
	own->batch = (own->limit + 1) / 2;
	own->shared = cache->bytes <= frame && slab->nr_cpus > 1 ? SHARED_FACTOR : 0;
	own->alien = slab->nodes->nr_nodes <= 1 ? 0 :
		     own->limit > 1 ? SHADOW_SLABSLAB_ALIEN : own->limit;
}
