// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slab_debug - the decorator in front of an engine: allocation and free
 * of a cache with debugging. See shadow_slab_debug.h.
 */
#include "shadow_slab_debug.h"

/**
 * shadow_slab_debug_flags() - what debugging a cache is to have
 * @slab: the layer
 * @name: of the cache
 * @flags: that its creator asks for
 *
 * Context: any.
 * Return: @flags, and what the machine wants for it.
 */
u32 shadow_slab_debug_flags(const struct shadow_slab *slab, const char *name,
			    u32 flags)
{
	const struct shadow_slab_config *cfg = &slab->cfg;

	if (!cfg->debug_names || shadow_slab_name_matches(cfg->debug_names, name))
		flags |= cfg->debug & SHADOW_SLAB_DEBUG;
	if (slab->cfg.quarantine || (flags & SHADOW_SLAB_DEBUG))
		flags |= SHADOW_SLAB_CHECKS;
	return flags;
}

/* ------------------------------------------------------------- looking up */

/**
 * shadow_slab_stack() - who is calling
 * @slab: the layer
 *
 * Context: any; without raw spinlocks of the layer, since the host may have to
 * find memory for it.
 * Return: a handle; 0 if the host has none.
 */
u64 shadow_slab_stack(const struct shadow_slab *slab)
{
	const struct shadow_slab_host *host = slab->cfg.host;

	return host && host->stack ? host->stack(host->arg) : 0;
}

/**
 * shadow_slab_now() - what the host's clock shows
 * @slab: the layer
 *
 * Context: any, also under raw spinlocks.
 * Return: nanoseconds; 0 if the host has none.
 */
u64 shadow_slab_now(const struct shadow_slab *slab)
{
	const struct shadow_slab_host *host = slab->cfg.host;

	return host && host->now ? host->now(host->arg) : 0;
}

/* Only a track wants to know. */
static u64 stack_for(const struct shadow_kmem_cache *cache)
{
	return cache->debug.tracks ? shadow_slab_stack(cache->slab) : 0;
}

/**
 * shadow_slab_resolve() - the cache and the object that a pointer points into
 * @slab: the layer
 * @object: any pointer
 * @inner: filled with where the engine's object begins
 *
 * Context: any.
 * Return: the cache, or NULL where there is no object.
 */
struct shadow_kmem_cache *shadow_slab_resolve(struct shadow_slab *slab,
					      const void *object, char **inner)
{
	struct shadow_page *page = shadow_slab_head(slab->nodes, object);
	struct shadow_kmem_cache *cache;
	void *begin;

	if (!page || shadow_page_owner(page) != SHADOW_OWNER_SLAB ||
	    shadow_slab_waits(page))
		return NULL;
	cache = slab->engine->resolve(slab, page, object, &begin);
	*inner = begin;
	return cache;
}

/* -------------------------------------------------------------- allocation */

/* The engine has handed out what is not free: its lists are broken. */
static void handed_out_twice(struct shadow_kmem_cache *cache, char *inner,
			     u32 state, u64 stack)
{
	struct shadow_slab_finding finding;

	if (state == SHADOW_MARK_OUT || (state & SHADOW_MARK_TAINT) == SHADOW_MARK_TAINT)
		return;
	shadow_slab_mark_wrong(cache, inner, SHADOW_MARK_FREE, &finding);
	finding.wrong = SHADOW_WRONG_FREELIST;
	shadow_slab_report_object(cache, inner, stack, &finding);
	shadow_slab_mark_taint(cache, inner);
}

/* False: this one is not handed out. alloc_debug_processing() of mm/slub.c */
static bool hand_out(struct shadow_kmem_cache *cache, unsigned int cpu,
		     char *inner, u64 stack)
{
	struct shadow_slab_finding finding;
	u32 state = shadow_slab_mark_get(cache, inner);

	lockdep_assert_held(&cache->debug.lock);
	if (state == SHADOW_MARK_FREE &&
	    !shadow_slab_paint_wrong(cache, inner, false, &finding)) {
		shadow_slab_paint(cache, inner, true);
		shadow_slab_track_set(cache, inner, SHADOW_TRACK_ALLOC, cpu, stack);
		shadow_slab_mark_set(cache, inner, SHADOW_MARK_LIVE);
		return true;
	}
	if (state && (state & ~SHADOW_MARK_TAINT) != SHADOW_MARK_FREE) {
		handed_out_twice(cache, inner, state, stack);
		return false;
	}
	if (!state)
		shadow_slab_mark_wrong(cache, inner, SHADOW_MARK_FREE, &finding);
	if (!state || state == SHADOW_MARK_FREE)
		shadow_slab_report_object(cache, inner, stack, &finding);
	shadow_slab_take_out(cache, inner);
	return false;
}

static void *alloc_inner(struct shadow_kmem_cache *cache, unsigned int cpu,
			 u32 gfp)
{
	void *inner = cache->slab->engine->calls.alloc(cache, cpu, gfp);

	/* What is held back is memory, too */
	if (!inner && shadow_slab_drain(cache->slab, NULL, cpu))
		inner = cache->slab->engine->calls.alloc(cache, cpu, gfp);
	return inner;
}

static void endless(struct shadow_kmem_cache *cache)
{
	shadow_fault_raise(cache->fault,
			   "slab: cache %s: no end of free objects that are not free",
			   cache->desc.name);
}

static void *debug_alloc(struct shadow_kmem_cache *cache, unsigned int cpu,
			 u32 gfp)
{
	u64 stack = stack_for(cache);
	unsigned int tries = 0;
	unsigned long flags;
	char *inner;
	bool ok;

	if ((gfp & SHADOW_GFP_ZERO) && cache->ctor)
		return NULL;
	do {
		/* As many as there can be, and the list has no end */
		inner = NULL;
		if (tries++ > SHADOW_SLAB_MAX_OBJECTS)
			endless(cache);
		else
			inner = alloc_inner(cache, cpu, gfp & ~SHADOW_GFP_ZERO);
		if (!inner)
			break;
		raw_spin_lock_irqsave(&cache->debug.lock, flags);
		shadow_slab_unshade(cache, inner);
		ok = hand_out(cache, cpu, inner, stack);
		shadow_slab_shade(cache, inner);
		raw_spin_unlock_irqrestore(&cache->debug.lock, flags);
	} while (!ok);
	shadow_slab_report_tell(cache->slab);
	if (unlikely(shadow_fault_frozen(cache->fault)))
		shadow_slab_report_fault(cache, NULL);
	if (!inner)
		return NULL;
	if (gfp & SHADOW_GFP_ZERO)
		memset(inner + cache->desc.user_offset, 0, cache->desc.object_bytes);
	shadow_slab_tally(cache, shadow_slab_alloc_event(cache));
	return inner + cache->desc.user_offset;
}

/* -------------------------------------------------------------------- free */

/**
 * shadow_slab_debug_release() - an object goes to the engine
 * @cache: the cache
 * @cpu: who gives it back
 * @inner: the engine's object, marked free
 *
 * Context: any; without locks.
 * Return: what the engine says; if it refuses, the object is out of use.
 */
int shadow_slab_debug_release(struct shadow_kmem_cache *cache, unsigned int cpu,
			      char *inner)
{
	unsigned long flags;
	int err;

	err = cache->slab->engine->calls.free(cache, cpu, inner);
	if (likely(!err))
		return 0;
	raw_spin_lock_irqsave(&cache->debug.lock, flags);
	shadow_slab_unshade(cache, inner);
	shadow_slab_take_out(cache, inner);
	shadow_slab_shade(cache, inner);
	raw_spin_unlock_irqrestore(&cache->debug.lock, flags);
	if (shadow_fault_frozen(cache->fault))
		shadow_slab_report_fault(cache, inner);
	return err;
}

static void report_double_free(struct shadow_kmem_cache *cache, char *inner,
			       u64 stack)
{
	struct shadow_slab_finding finding;

	shadow_slab_mark_wrong(cache, inner, SHADOW_MARK_LIVE, &finding);
	finding.wrong = SHADOW_WRONG_FREE;
	shadow_slab_report_object(cache, inner, stack, &finding);
	shadow_slab_mark_taint(cache, inner);
}

/*
 * 0: it is free now; 1: it is out of use; -EINVAL: nothing has changed. Follows
 * free_debug_processing() of mm/slub.c.
 */
static int take_back(struct shadow_kmem_cache *cache, unsigned int cpu,
		     char *inner, u64 stack)
{
	bool holds = cache->slab->cfg.quarantine;
	struct shadow_slab_finding finding;
	u32 state = shadow_slab_mark_get(cache, inner);

	lockdep_assert_held(&cache->debug.lock);
	if (state && (state & ~SHADOW_MARK_TAINT) != SHADOW_MARK_LIVE) {
		report_double_free(cache, inner, stack);
		return -EINVAL;
	}
	if (!state)
		shadow_slab_mark_wrong(cache, inner, SHADOW_MARK_LIVE, &finding);
	if (!state || (state == SHADOW_MARK_LIVE &&
		       shadow_slab_paint_wrong(cache, inner, true, &finding))) {
		shadow_slab_report_object(cache, inner, stack, &finding);
		state = 0;
	}
	shadow_slab_track_set(cache, inner, SHADOW_TRACK_FREE, cpu, stack);
	if (state != SHADOW_MARK_LIVE) {
		shadow_slab_take_out(cache, inner);
		return 1;
	}
	shadow_slab_paint(cache, inner, false);
	shadow_slab_mark_set(cache, inner, holds ? SHADOW_MARK_WAITS : SHADOW_MARK_FREE);
	return 0;
}

/**
 * shadow_slab_refuse() - report a pointer that cannot be freed
 * @slab: the layer
 * @cache: to which it was to be freed; NULL: it was kfree()
 * @object: the pointer
 *
 * Context: any; without locks.
 * Return: -EINVAL.
 */
int shadow_slab_refuse(struct shadow_slab *slab,
		       struct shadow_kmem_cache *cache, const void *object)
{
	u64 stack = shadow_slab_stack(slab);
	struct shadow_kmem_cache *owner;
	unsigned long flags;
	char *inner = NULL;

	owner = shadow_slab_resolve(slab, object, &inner);
	if (owner && shadow_slab_debugged(owner)) {
		raw_spin_lock_irqsave(&owner->debug.lock, flags);
		/* Again: its slab may have gone before the lock was taken */
		if (shadow_slab_resolve(slab, object, &inner) == owner) {
			shadow_slab_unshade(owner, inner);
			shadow_slab_report_pointer(slab, cache, owner, inner, object, stack);
			shadow_slab_mark_taint(owner, inner);
			shadow_slab_shade(owner, inner);
		}
		raw_spin_unlock_irqrestore(&owner->debug.lock, flags);
	} else {
		shadow_slab_report_pointer(slab, cache, owner, inner, object, stack);
	}
	shadow_slab_report_tell(slab);
	return -EINVAL;
}

static int free_checked(struct shadow_kmem_cache *cache, unsigned int cpu,
			void *object)
{
	u64 stack = stack_for(cache);
	struct shadow_kmem_cache *owner;
	unsigned long flags;
	char *inner = NULL;
	int err;

	if (unlikely(shadow_fault_frozen(cache->fault)))
		return -EUCLEAN;
	raw_spin_lock_irqsave(&cache->debug.lock, flags);
	owner = shadow_slab_resolve(cache->slab, object, &inner);
	if (unlikely(owner != cache || inner + cache->desc.user_offset != object)) {
		raw_spin_unlock_irqrestore(&cache->debug.lock, flags);
		return shadow_slab_refuse(cache->slab, cache, object);
	}
	shadow_slab_unshade(cache, inner);
	err = take_back(cache, cpu, inner, stack);
	shadow_slab_shade(cache, inner);
	raw_spin_unlock_irqrestore(&cache->debug.lock, flags);
	shadow_slab_report_tell(cache->slab);
	if (err)
		return min(err, 0);
	if (cache->slab->cfg.quarantine) {
		shadow_slab_hold(cache, cpu, inner);
		return 0;
	}
	return shadow_slab_debug_release(cache, cpu, inner);
}

static int debug_free(struct shadow_kmem_cache *cache, unsigned int cpu,
		      void *object)
{
	int err = free_checked(cache, cpu, object);

	if (!err)
		shadow_slab_tally(cache, shadow_slab_free_event(cache));
	return err;
}

/* -------------------------------------------------------------------- bulk */

static u32 debug_free_bulk(struct shadow_kmem_cache *cache, unsigned int cpu,
			   u32 nr, void **objects)
{
	u32 i;

	for (i = 0; i < nr && !debug_free(cache, cpu, objects[i]); i++)
		;
	return i;
}

static u32 debug_alloc_bulk(struct shadow_kmem_cache *cache, unsigned int cpu,
			    u32 gfp, u32 nr, void **objects)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		objects[i] = debug_alloc(cache, cpu, gfp);
		if (!objects[i]) {
			debug_free_bulk(cache, cpu, i, objects);
			return 0;
		}
	}
	return nr;
}

static const struct shadow_slab_calls debug_calls = {
	.alloc = debug_alloc,
	.free = debug_free,
	.alloc_bulk = debug_alloc_bulk,
	.free_bulk = debug_free_bulk,
};

/**
 * shadow_slab_debug_layout() - what the engine is to keep for an object
 * @cache: the cache: object_bytes, align, flags and keep are set
 *
 * Nothing changes for a cache without debugging. Follows calculate_sizes() of
 * mm/slub.c.
 *
 * Context: any; before the engine's layout.
 */
void shadow_slab_debug_layout(struct shadow_kmem_cache *cache)
{
	struct shadow_kmem_cache_desc *desc = &cache->desc;
	struct shadow_slab_debug *debug = &cache->debug;
	u32 bytes;

	if (!shadow_slab_debugged(cache))
		return;
	raw_spin_lock_init(&debug->lock);
	debug->poison = ((desc->flags & SHADOW_SLAB_POISON) ||
			 cache->slab->cfg.quarantine) && !desc->keep;
	if (desc->flags & SHADOW_SLAB_RED_ZONE)
		desc->user_offset = ALIGN(sizeof(u64), desc->align);
	bytes = desc->user_offset + desc->object_bytes;
	debug->mark = ALIGN(bytes, sizeof(u64));
	if (desc->flags & SHADOW_SLAB_RED_ZONE) {
		if (debug->mark == bytes)
			debug->mark += sizeof(u64);
		debug->red_bytes = debug->mark - bytes;
	}
	desc->inner_bytes = debug->mark + sizeof(struct shadow_slab_mark);
	if (desc->flags & SHADOW_SLAB_STORE_USER) {
		debug->tracks = desc->inner_bytes;
		desc->inner_bytes += SHADOW_NR_TRACKS * sizeof(struct shadow_slab_track);
	}
	desc->keep = true;
	cache->calls = &debug_calls;
	cache->fresh = shadow_slab_fresh;
	cache->slab->shaded = true;
}
