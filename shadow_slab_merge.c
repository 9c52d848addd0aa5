// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slab_merge - caches alike become one cache of several names. See
 * shadow_slab.h.
 *
 * Follows find_mergeable() and __kmem_cache_alias() of mm/slab_common.c.
 */
#include "shadow_slab_engine.h"

/* Slabs of caches that differ in one of these come from different frames */
#define MERGE_SAME	(SHADOW_SLAB_RECLAIM_ACCOUNT | SHADOW_SLAB_CACHE_DMA)

#define NEVER_MERGE	(SHADOW_SLAB_DEBUG | SHADOW_SLAB_TYPESAFE_BY_RCU)

/* Debugged caches are seen by their calls, whoever wanted it. */
static bool may_merge(const struct shadow_kmem_cache *cache)
{
	return !cache->own && !cache->ctor &&
	       !(cache->desc.flags & NEVER_MERGE) &&
	       cache->calls == &cache->slab->engine->calls;
}

/*
 * With objects of so many bytes, less than a word of each would be waste. Where
 * a slab's first object is at its beginning, all are aligned to what the size
 * is a multiple of.
 */
static bool fits(const struct shadow_kmem_cache *cache, u32 bytes, u32 align)
{
	return cache->desc.bytes >= bytes &&
	       cache->desc.bytes - bytes < sizeof(u64) &&
	       IS_ALIGNED(cache->desc.bytes, align) &&
	       (cache->desc.align >= align ||
		cache->slab->engine == &shadow_slab_slub);
}

static struct shadow_kmem_cache *
find_mergeable(struct shadow_slab *slab, u32 bytes, u32 align, u32 flags)
{
	struct shadow_kmem_cache *cache = NULL;

	align = shadow_slab_alignment(flags, align, ALIGN(bytes, sizeof(u64)));
	bytes = ALIGN(ALIGN(bytes, sizeof(u64)), align);
	while ((cache = shadow_slab_next(slab, cache))) {
		if (may_merge(cache) && fits(cache, bytes, align) &&
		    !((cache->desc.flags ^ flags) & MERGE_SAME))
			break;
	}
	return cache;
}

/**
 * __shadow_slab_merge() - another name for a cache that will do
 * @slab: the layer
 * @name: of the cache that is asked for; nothing has it
 * @bytes: as shadow_kmem_cache_create()
 * @align: likewise
 * @flags: likewise
 * @ctor: likewise
 *
 * From then on the cache's objects are as large as the largest that was asked
 * for, so that zeroing reaches all of it.
 *
 * Context: under the layer's lock.
 * Return: the cache; NULL: there is none, or merging is not wanted.
 */
struct shadow_kmem_cache *
__shadow_slab_merge(struct shadow_slab *slab, const char *name, u32 bytes,
		    u32 align, u32 flags, void (*ctor)(void *))
{
	struct shadow_kmem_cache *cache;
	struct shadow_slab_alias *alias;

	lockdep_assert_held(&slab->lock);
	if (!slab->cfg.merge || ctor || (flags & NEVER_MERGE) ||
	    slab->cfg.debug || slab->nr_aliases == SHADOW_SLAB_MAX_ALIASES)
		return NULL;
	cache = find_mergeable(slab, bytes, align, flags);
	if (!cache)
		return NULL;
	alias = &slab->aliases[slab->nr_aliases++];
	strscpy(alias->name, name, sizeof(alias->name));
	alias->cache = cache;
	cache->names++;
	cache->desc.object_bytes = max(cache->desc.object_bytes, bytes);
	cache->desc.inner_bytes = max(cache->desc.inner_bytes, bytes);
	*cache->home = cache->desc;
	return cache;
}

/* The alias of a name, or the newest one of the cache */
static unsigned int find_index(const struct shadow_slab *slab,
			       const struct shadow_kmem_cache *cache,
			       const char *name)
{
	unsigned int i, newest = slab->nr_aliases;

	for (i = 0; i < slab->nr_aliases; i++) {
		if (slab->aliases[i].cache != cache)
			continue;
		newest = i;
		if (name && !strcmp(slab->aliases[i].name, name))
			break;
	}
	return newest;
}

/**
 * __shadow_slab_unmerge() - take one of several names from a cache
 * @cache: the cache
 * @name: the name; NULL: the one that it was given last
 *
 * Where @name is the cache's own, it is the one given last that becomes that.
 *
 * Context: under the layer's lock.
 * Return: false where the cache has but one name; then it still has it.
 */
bool __shadow_slab_unmerge(struct shadow_kmem_cache *cache, const char *name)
{
	struct shadow_slab *slab = cache->slab;
	unsigned int i;

	lockdep_assert_held(&slab->lock);
	if (cache->names == 1)
		return false;
	i = find_index(slab, cache, name);
	if (name && !strcmp(cache->desc.name, name)) {
		memcpy(cache->desc.name, slab->aliases[i].name, SHADOW_SLAB_NAME);
		memcpy(cache->home->name, cache->desc.name, SHADOW_SLAB_NAME);
	}
	cache->names--;
	slab->nr_aliases--;
	memmove(&slab->aliases[i], &slab->aliases[i + 1],
		(slab->nr_aliases - i) * sizeof(slab->aliases[0]));
	return true;
}

/**
 * shadow_slab_find_alias() - the cache that has a name besides its own
 * @slab: the layer
 * @name: the name
 *
 * Context: as shadow_slab_next().
 * Return: the cache, or NULL.
 */
struct shadow_kmem_cache *shadow_slab_find_alias(struct shadow_slab *slab,
						 const char *name)
{
	unsigned int i;

	for (i = 0; i < slab->nr_aliases; i++) {
		if (!strcmp(slab->aliases[i].name, name))
			return slab->aliases[i].cache;
	}
	return NULL;
}

/**
 * shadow_slab_verify_aliases() - every name is of a cache that counts it
 * @slab: the layer
 * @fault: filled with the first thing that is wrong
 *
 * Context: as shadow_slab_verify().
 * Return: 0, or -EUCLEAN.
 */
int shadow_slab_verify_aliases(const struct shadow_slab *slab,
			       struct shadow_fault *fault)
{
	const struct shadow_kmem_cache *cache;
	unsigned int i, id, nr;

	for (id = 0; id < SHADOW_SLAB_MAX_CACHES; id++) {
		cache = &slab->caches[id];
		for (i = 0, nr = 0; i < slab->nr_aliases; i++)
			nr += slab->aliases[i].cache == cache;
		if (cache->live ? nr + 1 != cache->names : nr)
			return shadow_fault_raise(fault,
				"slab: cache %s: %u names besides its own, counted %u in all",
				cache->desc.name, nr, cache->names);
	}
	return 0;
}
