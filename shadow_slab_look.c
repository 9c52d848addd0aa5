// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slab_look - the caches of a machine, looked at and checked. See
 * shadow_slab.h.
 */
#include "shadow_slab.h"
#include "shadow_slab_engine.h"

/**
 * shadow_slab_source() - what the engine of a machine follows
 * @slab: the layer, booted
 *
 * Context: any.
 * Return: a file of the kernel's.
 */
const char *shadow_slab_source(const struct shadow_slab *slab)
{
	return slab->engine->source;
}

/**
 * shadow_slab_booted() - how the engine of a machine came to life
 * @slab: the layer, booted
 *
 * Context: any.
 * Return: a few words.
 */
const char *shadow_slab_booted(const struct shadow_slab *slab)
{
	return slab->engine->booted;
}

/**
 * shadow_slab_step_text() - a step of that, where it took several
 * @slab: the layer, booted
 * @nr: which, from 0
 * @text: filled
 * @bytes: room there
 *
 * Context: any; no cache is destroyed meanwhile.
 * Return: 0, or -ENOENT where there was no such step.
 */
int shadow_slab_step_text(const struct shadow_slab *slab, unsigned int nr,
			  char *text, size_t bytes)
{
	return slab->engine->step ? slab->engine->step(slab, nr, text, bytes) : -ENOENT;
}

/**
 * shadow_slab_next() - the caches, one after the other
 * @slab: the layer
 * @cache: the last one, or NULL for the first
 *
 * Context: any; the caller sees to it that no cache is destroyed meanwhile.
 * Return: the next cache, or NULL.
 */
struct shadow_kmem_cache *shadow_slab_next(struct shadow_slab *slab,
					   struct shadow_kmem_cache *cache)
{
	u32 id = cache ? cache->desc.id + 1 : 0;

	for (; slab->caches && id < SHADOW_SLAB_MAX_CACHES; id++) {
		if (slab->caches[id].live)
			return &slab->caches[id];
	}
	return NULL;
}

/**
 * shadow_slab_find() - the cache of a name
 * @slab: the layer
 * @name: the name
 *
 * Context: as shadow_slab_next().
 * Return: the cache, or NULL.
 */
struct shadow_kmem_cache *shadow_slab_find(struct shadow_slab *slab,
					   const char *name)
{
	struct shadow_kmem_cache *cache = NULL;

	while ((cache = shadow_slab_next(slab, cache))) {
		if (!strcmp(cache->desc.name, name))
			break;
	}
	return cache ? cache : shadow_slab_find_alias(slab, name);
}

/**
 * shadow_slab_get_info() - what slabinfo says about a cache
 * @cache: the cache
 * @info: filled
 *
 * Follows get_slabinfo() of mm/slub.c, but counts the free objects of all
 * partial slabs where the kernel estimates from the first and last 10,000.
 *
 * Context: any; as shadow_slab_next().
 */
void shadow_slab_get_info(struct shadow_kmem_cache *cache,
			  struct shadow_slabinfo *info)
{
	const struct shadow_kmem_cache_desc *desc = &cache->desc;

	memset(info, 0, sizeof(*info));
	memcpy(info->name, desc->name, sizeof(info->name));
	info->objsize = desc->bytes;
	info->objperslab = desc->objects;
	info->pagesperslab = 1U << desc->order;
	info->object_bytes = desc->object_bytes;
	info->align = desc->align;
	info->flags = desc->flags;
	cache->slab->engine->info(cache, info);
}

static int verify_cache(struct shadow_kmem_cache *cache, struct shadow_fault *fault)
{
	const struct shadow_kmem_cache_desc *desc = &cache->desc;
	/* The objects of an engine that shares its slabs are not in a row */
	u32 rest = cache->slab->engine->kmalloc && !desc->keep ? 0 :
		   desc->bytes % desc->align;

	if (memcmp(cache->home, desc, sizeof(*desc)))
		return shadow_fault_raise(fault,
			"slab: cache %s: its descriptor has been overwritten",
			desc->name);
	if (cache->slab->caches + desc->id != cache ||
	    desc->bytes < desc->object_bytes || rest)
		return shadow_fault_raise(fault, "slab: cache %s: id %u, %u bytes of %u, align %u",
					  desc->name, desc->id,
					  desc->object_bytes, desc->bytes,
					  desc->align);
	return 0;
}

/**
 * shadow_slab_verify() - is everything as it should be?
 * @slab: the layer
 * @fault: filled with the first thing that is wrong
 *
 * Every cache's descriptor, every slab's lists and counts, every node's and
 * CPU's view of them, and that no slab is missing. Changes nothing.
 *
 * Context: any; nobody allocates or frees meanwhile, for the sums are taken
 * over the whole state.
 * Return: 0, or -EUCLEAN.
 */
int shadow_slab_verify(struct shadow_slab *slab, struct shadow_fault *fault)
{
	struct shadow_kmem_cache *cache = NULL;
	int err;

	while ((cache = shadow_slab_next(slab, cache))) {
		err = verify_cache(cache, fault);
		if (err)
			return err;
	}
	err = shadow_slab_verify_aliases(slab, fault);
	return err ? err : slab->engine->verify(slab, fault);
}

static void see_nothing(struct shadow_kmem_cache *cache)
{
	unsigned int nid;

	for (nid = 0; nid < SHADOW_MAX_NODES; nid++) {
		cache->node[nid].seen_slabs = 0;
		cache->node[nid].seen_objects = 0;
		cache->node[nid].seen_partial = 0;
	}
}

/**
 * shadow_slab_verify_frames() - each slab by itself, and what they add up to
 * @slab: the layer
 * @fault: filled with the first thing that is wrong
 *
 * Afterwards each cache's @node says in @seen_slabs, @seen_objects and
 * @seen_partial what the engine's verify_page() has counted there.
 *
 * Context: as shadow_slab_verify().
 * Return: 0, or -EUCLEAN.
 */
int shadow_slab_verify_frames(struct shadow_slab *slab,
			      struct shadow_fault *fault)
{
	struct shadow_kmem_cache *cache = NULL;
	struct shadow_page *page = NULL;
	int err;

	while ((cache = shadow_slab_next(slab, cache)))
		see_nothing(cache);
	while ((page = shadow_slab_next_frames(slab->nodes, page))) {
		if (shadow_slab_waits(page))
			continue;
		err = slab->engine->verify_page(slab, page, fault);
		if (err)
			return err;
	}
	return 0;
}

/**
 * shadow_slab_verify_at() - is the slab that a pointer points into as it should
 *	be?
 * @slab: the layer
 * @virt: the pointer; where there is no slab, nothing is wrong
 * @fault: filled with the first thing that is wrong
 *
 * For callers who know what they have touched: the rest is not looked at.
 *
 * Context: as shadow_slab_verify().
 * Return: 0, or -EUCLEAN.
 */
int shadow_slab_verify_at(struct shadow_slab *slab, const void *virt,
			  struct shadow_fault *fault)
{
	struct shadow_page *page = shadow_slab_head(slab->nodes, virt);

	if (!page || shadow_page_owner(page) != SHADOW_OWNER_SLAB)
		return 0;
	return slab->engine->verify_page(slab, page, fault);
}
