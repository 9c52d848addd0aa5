// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slab_count - how many objects were allocated and freed while counters
 * were on: what CPUs have counted of each cache, added up.
 */
#include "shadow_slab_debug.h"
#include "shadow_slab_engine.h"

/* Place in struct shadow_slab.past, or SHADOW_SLAB_EVENTS */
static unsigned int place_of(enum shadow_event_id id)
{
	switch (id) {
	case SHADOW_EV_OBJECT_ALLOC:
		return 0;
	case SHADOW_EV_OBJECT_FREE:
		return 1;
	case SHADOW_EV_KMALLOC:
		return 2;
	case SHADOW_EV_KFREE:
		return 3;
	default:
		return SHADOW_SLAB_EVENTS;
	}
}

/*
 * What users have had of a cache. Where debugging stands in front of the
 * engine, it has told of each object itself, and the engine's objects may be in
 * quarantine.
 */
static u64 count_cache(const struct shadow_kmem_cache *cache, bool alloc)
{
	const struct shadow_slab_engine *engine = cache->slab->engine;
	const struct shadow_slab_counts *counts;
	unsigned int cpu;
	u64 sum = 0;

	if (!engine->counts || shadow_slab_debugged(cache))
		return 0;
	for (cpu = 0; cpu < cache->nr_cpus; cpu++) {
		counts = engine->counts(cache, cpu);
		sum += alloc ? READ_ONCE(counts->nr_alloc) :
			       READ_ONCE(counts->nr_freed) +
			       atomic64_read(&counts->nr_freed_away);
	}
	return sum;
}

static u64 count(const struct shadow_event_source *source, enum shadow_event_id id)
{
	const struct shadow_slab *slab = container_of(source, struct shadow_slab, told);
	unsigned int place = place_of(id), i;
	bool kmalloc = place >= 2, alloc = !(place & 1);
	const struct shadow_kmem_cache *cache;
	u64 sum;

	if (place == SHADOW_SLAB_EVENTS || !slab->caches)
		return 0;
	sum = slab->past[place];
	for (i = 0; i < SHADOW_SLAB_MAX_CACHES; i++) {
		cache = &slab->caches[i];
		if (cache->live && cache->kmalloc == kmalloc)
			sum += count_cache(cache, alloc);
	}
	return sum;
}

/**
 * shadow_slab_count_init() - the machine's log asks for what is counted here
 * @slab: the layer, without caches yet
 *
 * Context: while the layer boots.
 */
void shadow_slab_count_init(struct shadow_slab *slab)
{
	slab->told.count = count;
	shadow_event_add_source(slab->nodes->events, &slab->told);
}

/**
 * shadow_slab_count_keep() - a cache ends; what was counted of it stays
 * @cache: the cache, live for the last time
 *
 * Context: under the layer's lock.
 */
void shadow_slab_count_keep(struct shadow_kmem_cache *cache)
{
	struct shadow_slab *slab = cache->slab;

	lockdep_assert_held(&slab->lock);
	slab->past[place_of(shadow_slab_alloc_event(cache))] += count_cache(cache, true);
	slab->past[place_of(shadow_slab_free_event(cache))] += count_cache(cache, false);
}
