// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slab_quarantine - freed objects are held back, so that who uses one
 * after it was freed is found out before somebody else has it. Follows
 * mm/kasan/quarantine.c, but with one list for all CPUs.
 */
#include "shadow_slab_debug.h"

#define QUARANTINE_MIN_BYTES	64	/* of an object, for the ring's size */
#define QUARANTINE_MAX_OBJECTS	16384

/**
 * shadow_slab_max_held() - how many objects can be held back
 * @cfg: how the caches shall be
 *
 * Context: any.
 * Return: entries of the ring: one for each 64 bytes, up to 16,384.
 */
u32 shadow_slab_max_held(const struct shadow_slab_config *cfg)
{
	u64 nr = DIV_ROUND_UP_ULL(cfg->quarantine, QUARANTINE_MIN_BYTES);

	return min_t(u64, nr, QUARANTINE_MAX_OBJECTS);
}

static void push(struct shadow_slab_watch *watch, struct shadow_slab_held held)
{
	u32 place = (watch->first_held + watch->nr_held) % watch->max_held;

	lockdep_assert_held(&watch->held_lock);
	watch->held[place] = held;
	watch->nr_held++;
	watch->held_bytes += held.bytes;
}

static struct shadow_slab_held pop(struct shadow_slab_watch *watch)
{
	struct shadow_slab_held held = watch->held[watch->first_held];

	lockdep_assert_held(&watch->held_lock);
	watch->first_held = (watch->first_held + 1) % watch->max_held;
	watch->nr_held--;
	watch->held_bytes -= held.bytes;
	return held;
}

/* False: somebody has written to it, and it goes nowhere any more. */
static bool still_clean(struct shadow_kmem_cache *cache, char *inner)
{
	struct shadow_slab_finding finding;
	u32 state = shadow_slab_mark_get(cache, inner);

	lockdep_assert_held(&cache->debug.lock);
	if (state == SHADOW_MARK_WAITS &&
	    !shadow_slab_paint_wrong(cache, inner, false, &finding)) {
		shadow_slab_mark_set(cache, inner, SHADOW_MARK_FREE);
		return true;
	}
	if (state == SHADOW_MARK_WAITS ||
	    (!state && shadow_slab_mark_wrong(cache, inner, SHADOW_MARK_WAITS, &finding)))
		shadow_slab_report_object(cache, inner, 0, &finding);
	shadow_slab_take_out(cache, inner);
	return false;
}

/* An object's time is over; what the engine says of it, it says to itself. */
static void leave(struct shadow_slab *slab, const struct shadow_slab_held *held,
		  unsigned int cpu)
{
	struct shadow_kmem_cache *cache = &slab->caches[held->cache];
	unsigned long flags;
	bool clean;

	raw_spin_lock_irqsave(&cache->debug.lock, flags);
	cache->debug.nr_waiting--;
	shadow_slab_unshade(cache, held->inner);
	clean = still_clean(cache, held->inner);
	shadow_slab_shade(cache, held->inner);
	raw_spin_unlock_irqrestore(&cache->debug.lock, flags);
	if (clean)
		shadow_slab_debug_release(cache, cpu, held->inner);
}

/* The oldest one, if there are too many. */
static bool pop_over(struct shadow_slab *slab, struct shadow_slab_held *held)
{
	struct shadow_slab_watch *watch = slab->watch;
	unsigned long flags;
	bool over;

	raw_spin_lock_irqsave(&watch->held_lock, flags);
	over = watch->held_bytes > slab->cfg.quarantine;
	if (over)
		*held = pop(watch);
	raw_spin_unlock_irqrestore(&watch->held_lock, flags);
	return over;
}

/**
 * shadow_slab_hold() - hold a freed object back
 * @cache: the cache
 * @cpu: who gives the oldest ones to the engine, where there are too many
 * @inner: the engine's object, marked as waiting
 *
 * Context: any; without locks.
 */
void shadow_slab_hold(struct shadow_kmem_cache *cache, unsigned int cpu,
		      char *inner)
{
	struct shadow_slab *slab = cache->slab;
	struct shadow_slab_watch *watch = slab->watch;
	struct shadow_slab_held first = {};
	unsigned long flags;
	bool full;

	raw_spin_lock_irqsave(&cache->debug.lock, flags);
	cache->debug.nr_waiting++;
	raw_spin_unlock_irqrestore(&cache->debug.lock, flags);
	raw_spin_lock_irqsave(&watch->held_lock, flags);
	full = watch->nr_held == watch->max_held;
	if (full)
		first = pop(watch);
	push(watch, (struct shadow_slab_held) {
		.cache = cache->desc.id,
		.bytes = cache->desc.object_bytes,
		.inner = inner,
	});
	raw_spin_unlock_irqrestore(&watch->held_lock, flags);
	if (full)
		leave(slab, &first, cpu);
	while (pop_over(slab, &first))
		leave(slab, &first, cpu);
	shadow_slab_report_tell(slab);
}

/**
 * shadow_slab_drain() - hold nothing back any more
 * @slab: the layer
 * @only: of this cache; NULL: of all
 * @cpu: who gives them to the engine
 *
 * Those of other caches keep their order. Follows kasan_quarantine_remove_cache().
 *
 * Context: any; without locks but that of the layer.
 * Return: objects that were held back and are not any more.
 */
u64 shadow_slab_drain(struct shadow_slab *slab, struct shadow_kmem_cache *only,
		      unsigned int cpu)
{
	struct shadow_slab_watch *watch = slab->watch;
	u32 left = READ_ONCE(watch->nr_held);
	struct shadow_slab_held held;
	unsigned long flags;
	u64 nr = 0;
	bool ours;

	for (; left; left--) {
		raw_spin_lock_irqsave(&watch->held_lock, flags);
		if (!watch->nr_held) {
			raw_spin_unlock_irqrestore(&watch->held_lock, flags);
			break;
		}
		held = pop(watch);
		ours = !only || held.cache == only->desc.id;
		if (!ours)
			push(watch, held);
		raw_spin_unlock_irqrestore(&watch->held_lock, flags);
		if (!ours)
			continue;
		leave(slab, &held, cpu);
		nr++;
	}
	shadow_slab_report_tell(slab);
	return nr;
}

/**
 * shadow_slab_quarantined() - what is held back
 * @slab: the layer
 * @nr: filled with the number of objects, or NULL
 *
 * Context: any.
 * Return: their bytes, as their users count them.
 */
u64 shadow_slab_quarantined(struct shadow_slab *slab, u64 *nr)
{
	struct shadow_slab_watch *watch = slab->watch;
	unsigned long flags;
	u64 bytes;

	raw_spin_lock_irqsave(&watch->held_lock, flags);
	bytes = watch->held_bytes;
	if (nr)
		*nr = watch->nr_held;
	raw_spin_unlock_irqrestore(&watch->held_lock, flags);
	return bytes;
}
