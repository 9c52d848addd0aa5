// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slab_debug_mark - what lies around an object of a cache with
 * debugging: red zones, poison, mark, tracks. See shadow_slab_debug.h.
 */
#include "shadow_random.h"
#include "shadow_slab_debug.h"

/**
 * shadow_slab_phys() - physical address of something in a slab
 * @cache: whose slab it is
 * @virt: it
 *
 * Context: any.
 * Return: the address.
 */
u64 shadow_slab_phys(const struct shadow_kmem_cache *cache, const void *virt)
{
	return shadow_virt_to_phys(cache->slab->nodes->block, virt);
}

/* ------------------------------------------------------------------ marks */

static struct shadow_slab_mark make_mark(const struct shadow_kmem_cache *cache,
					 const char *inner, u32 state)
{
	u64 place = shadow_slab_phys(cache, inner) >> 3;

	return (struct shadow_slab_mark) {
		.state = state,
		.cache = cache->desc.id,
		.sum = shadow_random_at(cache->seed ^ state, place),
	};
}

static struct shadow_slab_mark *mark_of(const struct shadow_kmem_cache *cache,
					const char *inner)
{
	return (struct shadow_slab_mark *)(inner + cache->debug.mark);
}

/**
 * shadow_slab_mark_get() - state of an object
 * @cache: the cache
 * @inner: the engine's object
 *
 * Context: any; cache->debug.lock is held.
 * Return: SHADOW_MARK_*, perhaps with SHADOW_MARK_TAINT; 0 if it was overwritten.
 */
u32 shadow_slab_mark_get(const struct shadow_kmem_cache *cache,
			 const char *inner)
{
	struct shadow_slab_mark mark = *mark_of(cache, inner);
	struct shadow_slab_mark want = make_mark(cache, inner, mark.state);

	if (memcmp(&mark, &want, sizeof(mark)))
		return 0;
	switch (mark.state & ~SHADOW_MARK_TAINT) {
	case SHADOW_MARK_FREE:
	case SHADOW_MARK_LIVE:
	case SHADOW_MARK_WAITS:
	case SHADOW_MARK_OUT:
		return mark.state;
	default:
		return 0;
	}
}

/**
 * shadow_slab_mark_set() - an object has another state
 * @cache: the cache
 * @inner: the engine's object
 * @state: SHADOW_MARK_*
 *
 * Context: any; cache->debug.lock is held.
 */
void shadow_slab_mark_set(const struct shadow_kmem_cache *cache, char *inner,
			  u32 state)
{
	*mark_of(cache, inner) = make_mark(cache, inner, state);
}

/**
 * shadow_slab_mark_taint() - an object goes out of use as soon as it can
 * @cache: the cache
 * @inner: the engine's object, its mark in order
 *
 * Context: any; cache->debug.lock is held.
 */
void shadow_slab_mark_taint(const struct shadow_kmem_cache *cache, char *inner)
{
	u32 state = shadow_slab_mark_get(cache, inner);

	if (state && state != SHADOW_MARK_OUT)
		shadow_slab_mark_set(cache, inner, state | SHADOW_MARK_TAINT);
}

/**
 * shadow_slab_take_out() - nobody gets an object any more
 * @cache: the cache
 * @inner: the engine's object, which has handed it out
 *
 * Context: any; cache->debug.lock is held.
 */
void shadow_slab_take_out(struct shadow_kmem_cache *cache, char *inner)
{
	lockdep_assert_held(&cache->debug.lock);
	shadow_slab_mark_set(cache, inner, SHADOW_MARK_OUT);
	cache->debug.nr_out++;
}

/* ------------------------------------------------------------------ tracks */

static struct shadow_slab_track *track_of(const struct shadow_kmem_cache *cache,
					  const char *inner,
					  enum shadow_slab_track_id id)
{
	return (struct shadow_slab_track *)(inner + cache->debug.tracks) + id;
}

/**
 * shadow_slab_track_get() - who did something with an object
 * @cache: the cache
 * @inner: the engine's object
 * @id: allocated or freed it
 *
 * Context: any; cache->debug.lock is held.
 * Return: the track, which says nothing without SHADOW_SLAB_STORE_USER.
 */
struct shadow_slab_track
shadow_slab_track_get(const struct shadow_kmem_cache *cache, const char *inner,
		      enum shadow_slab_track_id id)
{
	if (!cache->debug.tracks)
		return (struct shadow_slab_track) {};
	return *track_of(cache, inner, id);
}

/**
 * shadow_slab_track_set() - who does something with an object
 * @cache: the cache
 * @inner: the engine's object
 * @id: allocates or frees it
 * @cpu: where
 * @stack: who
 *
 * Context: any; cache->debug.lock is held.
 */
void shadow_slab_track_set(const struct shadow_kmem_cache *cache, char *inner,
			   enum shadow_slab_track_id id, unsigned int cpu,
			   u64 stack)
{
	u64 when = atomic64_inc_return(&cache->slab->watch->clock);

	if (!cache->debug.tracks)
		return;
	*track_of(cache, inner, id) = (struct shadow_slab_track) {
		.stack = stack,
		.when = when,
		.ns = shadow_slab_now(cache->slab),
		.cpu = cpu,
		.set = 1,
	};
}

/* ---------------------------------------------------------------- patterns */

/**
 * shadow_slab_paint() - red zones and contents of an object whose state changes
 * @cache: the cache
 * @inner: the engine's object
 * @live: it comes into use; else it is free from now on
 *
 * Follows init_object() of mm/slub.c, but that an object which comes into use
 * is filled with SHADOW_POISON_INUSE, as mm/slab.c did: who reads it before it
 * writes sees that.
 *
 * Context: any; cache->debug.lock is held.
 */
void shadow_slab_paint(const struct shadow_kmem_cache *cache, char *inner,
		       bool live)
{
	const struct shadow_kmem_cache_desc *desc = &cache->desc;
	int red = live ? SHADOW_RED_ACTIVE : SHADOW_RED_INACTIVE;
	char *object = inner + desc->user_offset;

	memset(inner, red, desc->user_offset);
	memset(object + desc->object_bytes, red, cache->debug.red_bytes);
	if (!cache->debug.poison)
		return;
	if (live) {
		memset(object, SHADOW_POISON_INUSE, desc->object_bytes);
	} else {
		memset(object, SHADOW_POISON_FREE, desc->object_bytes - 1);
		object[desc->object_bytes - 1] = (char)SHADOW_POISON_END;
	}
}

/* The first byte that is not @want and the last; check_bytes_and_report() */
static bool bytes_wrong(const char *bytes, u64 nr, u8 want, s64 at,
			enum shadow_slab_wrong wrong,
			struct shadow_slab_finding *finding)
{
	const u8 *first = memchr_inv(bytes, want, nr);
	const u8 *end = (const u8 *)bytes + nr;

	if (!nr || !first)
		return false;
	while (end[-1] == want)
		end--;
	finding->wrong = wrong;
	finding->at = at + (first - (const u8 *)bytes);
	finding->nr_wrong = end - first;
	finding->expected = want;
	finding->found = *first;
	return true;
}

/**
 * shadow_slab_mark_wrong() - how a mark differs from what it should be
 * @cache: the cache
 * @inner: the engine's object
 * @state: that it should have
 * @finding: filled if it does
 *
 * Context: any; cache->debug.lock is held.
 * Return: true if it does.
 */
bool shadow_slab_mark_wrong(const struct shadow_kmem_cache *cache,
			    const char *inner, u32 state,
			    struct shadow_slab_finding *finding)
{
	struct shadow_slab_mark want = make_mark(cache, inner, state);
	const u8 *mark = (const u8 *)mark_of(cache, inner);
	const u8 *good = (const u8 *)&want;
	u32 i, end = sizeof(want);

	for (i = 0; i < end && mark[i] == good[i]; i++)
		;
	if (i == end)
		return false;
	while (mark[end - 1] == good[end - 1])
		end--;
	finding->wrong = SHADOW_WRONG_STATE;
	finding->at = shadow_slab_mark_at(cache) + i;
	finding->nr_wrong = end - i;
	finding->expected = good[i];
	finding->found = mark[i];
	return true;
}

/**
 * shadow_slab_paint_wrong() - is what lies around an object, and in a free one,
 *	as it was left?
 * @cache: the cache
 * @inner: the engine's object
 * @live: it is in use
 * @finding: filled with the first thing that is not
 *
 * Follows check_object() of mm/slub.c.
 *
 * Context: any; cache->debug.lock is held.
 * Return: true if something is not.
 */
bool shadow_slab_paint_wrong(const struct shadow_kmem_cache *cache,
			     const char *inner, bool live,
			     struct shadow_slab_finding *finding)
{
	const struct shadow_kmem_cache_desc *desc = &cache->desc;
	u8 red = live ? SHADOW_RED_ACTIVE : SHADOW_RED_INACTIVE;
	const char *object = inner + desc->user_offset;
	u64 bytes = desc->object_bytes;

	if (bytes_wrong(inner, desc->user_offset, red, -(s64)desc->user_offset,
			SHADOW_WRONG_RED_LEFT, finding) ||
	    bytes_wrong(object + bytes, cache->debug.red_bytes, red, bytes,
			SHADOW_WRONG_RED_RIGHT, finding))
		return true;
	if (live || !cache->debug.poison)
		return false;
	return bytes_wrong(object, bytes - 1, SHADOW_POISON_FREE, 0,
			   SHADOW_WRONG_POISON, finding) ||
	       bytes_wrong(object + bytes - 1, 1, SHADOW_POISON_END, bytes - 1,
			   SHADOW_WRONG_POISON, finding);
}

/**
 * shadow_slab_shade() - who may touch what of an object, as its mark says
 * @cache: the cache, with debugging
 * @inner: the engine's object
 *
 * Nobody what lies around it, and nobody a free object, unless those who got it
 * before may read it until a grace period has ended.
 *
 * Context: any; cache->debug.lock is held, or nobody knows the object yet.
 */
void shadow_slab_shade(const struct shadow_kmem_cache *cache,
		       const char *inner)
{
	const struct shadow_kmem_cache_desc *desc = &cache->desc;
	u32 state;

	if (!SHADOW_KASAN)
		return;
	state = shadow_slab_mark_get(cache, inner);
	if (state && (state & ~SHADOW_MARK_TAINT) != SHADOW_MARK_LIVE &&
	    !(desc->flags & SHADOW_SLAB_TYPESAFE_BY_RCU)) {
		shadow_kasan_poison(inner, desc->inner_bytes, SHADOW_KASAN_FREE);
		return;
	}
	shadow_kasan_poison(inner, desc->inner_bytes, SHADOW_KASAN_REDZONE);
	shadow_kasan_unpoison(inner + desc->user_offset, desc->object_bytes);
}

/**
 * shadow_slab_fresh() - an object of a new slab
 * @cache: the cache
 * @inner: the engine's object, any contents
 *
 * Context: of the engine, before the constructor; nobody knows the object yet.
 */
void shadow_slab_fresh(struct shadow_kmem_cache *cache, void *inner)
{
	if (cache->debug.tracks)
		memset((char *)inner + cache->debug.tracks, 0,
		       SHADOW_NR_TRACKS * sizeof(struct shadow_slab_track));
	shadow_slab_paint(cache, inner, false);
	shadow_slab_mark_set(cache, inner, SHADOW_MARK_FREE);
}
