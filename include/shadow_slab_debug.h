/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_slab_debug - what the rooms of debugging share: a decorator that
 * stands in front of any engine. Only these and the front include it.
 *
 * What the engine keeps for an object (its inner object) is then
 *
 *	red zone | object | padding and red zone | mark | tracks
 *
 * of which there are the red zones with SHADOW_SLAB_RED_ZONE, the tracks (last
 * allocation, last free) with SHADOW_SLAB_STORE_USER, and the mark always. The
 * mark says whether the object is free, so that a wrong free is told without the
 * engine's help.
 *
 * An object about which there is a report is never handed out again: its mark
 * says so, and it goes out of use as soon as nobody has it any more. With the
 * cache it goes, too.
 */
#ifndef SHADOW_SLAB_DEBUG_H
#define SHADOW_SLAB_DEBUG_H

#include "shadow_slab_engine.h"
#include "shadow_slab_report.h"

/* The kernel's, include/linux/poison.h */
#define SHADOW_RED_INACTIVE	0xbb	/* red zone of a free object */
#define SHADOW_RED_ACTIVE	0xcc	/* of one in use */
#define SHADOW_POISON_INUSE	0x5a	/* allocated, not written to yet */
#define SHADOW_POISON_FREE	0x6b	/* free */
#define SHADOW_POISON_END	0xa5	/* last byte of a free object */

/* States of an object; as text in a dump, so that they can be read there */
#define SHADOW_MARK_WORD(a, b, c, d) \
	((u32)(a) | (u32)(b) << 8 | (u32)(c) << 16 | (u32)(d) << 24)
#define SHADOW_MARK_FREE	SHADOW_MARK_WORD('F', 'R', 'E', 'E')
#define SHADOW_MARK_LIVE	SHADOW_MARK_WORD('L', 'I', 'V', 'E')
#define SHADOW_MARK_WAITS	SHADOW_MARK_WORD('W', 'A', 'I', 'T')
#define SHADOW_MARK_OUT		SHADOW_MARK_WORD('G', 'O', 'N', 'E')
/* In lower case: there is a report about it, it goes out when it can */
#define SHADOW_MARK_TAINT	SHADOW_MARK_WORD(0x20, 0x20, 0x20, 0x20)

/**
 * struct shadow_slab_mark - state of an object, in the block
 * @state: SHADOW_MARK_*
 * @cache: id of its cache
 * @sum: over the others, the place and a secret
 */
struct shadow_slab_mark {
	u32 state;
	u16 cache;
	u16 sum;
};

/* Who allocated, who freed */
enum shadow_slab_track_id {
	SHADOW_TRACK_ALLOC,
	SHADOW_TRACK_FREE,
	SHADOW_NR_TRACKS
};

/**
 * struct shadow_slab_held - an object in quarantine
 * @cache: id of its cache
 * @bytes: that it counts for
 * @inner: where it is
 */
struct shadow_slab_held {
	u32 cache;
	u32 bytes;
	char *inner;
};

/**
 * struct shadow_slab_watch - reports and quarantine of a machine
 * @lock: protects the reports; taken inside a cache's debug.lock, innermost;
 *	interrupts off
 * @nr_reports: ever made
 * @nr_told: of those, told to the host
 * @froze: it has been reported that the machine is frozen
 * @clock: operations in caches with debugging
 * @report: the newest ones; the n-th is at n % SHADOW_SLAB_REPORTS
 * @held_lock: protects the quarantine; no other lock is taken inside
 * @max_held: entries of @held
 * @first_held: the oldest
 * @nr_held: objects in quarantine
 * @held_bytes: theirs
 * @held: the objects, in the order in which they came, round and round
 * @look_lock: protects @look; taken outside a cache's debug.lock and those of
 *	the engine
 * @look: one slab
 *
 * In the host's memory.
 */
struct shadow_slab_watch {
	raw_spinlock_t lock;
	u64 nr_reports;
	u64 nr_told;
	bool froze;
	atomic64_t clock;
	struct shadow_slab_report report[SHADOW_SLAB_REPORTS];
	raw_spinlock_t held_lock;
	u32 max_held;
	u32 first_held;
	u32 nr_held;
	u64 held_bytes;
	struct shadow_slab_held *held;
	raw_spinlock_t look_lock;
	struct shadow_slab_look look;
};

/**
 * struct shadow_slab_finding - bytes that are not what they should be
 * @wrong: what that means
 * @at: the first, from the beginning of the user's object
 * @nr_wrong: from there to the last
 * @expected: what the first should be
 * @found: what it is
 */
struct shadow_slab_finding {
	enum shadow_slab_wrong wrong;
	s64 at;
	u64 nr_wrong;
	u8 expected;
	u8 found;
};

static inline bool shadow_slab_debugged(const struct shadow_kmem_cache *cache)
{
	return cache->desc.flags & SHADOW_SLAB_DEBUG;
}

/**
 * shadow_slab_unshade() - an object is going to be looked at and changed
 * @cache: the cache, with debugging
 * @inner: the engine's object
 *
 * The host's KASAN forbids nobody to touch it until shadow_slab_shade().
 *
 * Context: any; cache->debug.lock is held.
 */
static inline void shadow_slab_unshade(const struct shadow_kmem_cache *cache,
				       const char *inner)
{
	shadow_kasan_unpoison(inner, cache->desc.inner_bytes);
}

/* From the beginning of the user's object, in bytes */
static inline s64 shadow_slab_mark_at(const struct shadow_kmem_cache *cache)
{
	return (s64)cache->debug.mark - cache->desc.user_offset;
}

/**
 * shadow_slab_debug_leave() - frames of a slab are about to go
 * @cache: whose it was: no object of the slab resolves to it any more
 *
 * Whoever walks over the slab's objects under the lock is waited for.
 *
 * Context: any; without locks of the cache.
 */
static inline void shadow_slab_debug_leave(struct shadow_kmem_cache *cache)
{
	unsigned long flags;

	if (likely(!shadow_slab_debugged(cache)))
		return;
	raw_spin_lock_irqsave(&cache->debug.lock, flags);
	raw_spin_unlock_irqrestore(&cache->debug.lock, flags);
}

/* Called for an object; false ends the walk */
typedef bool (*shadow_slab_visit_fn)(struct shadow_kmem_cache *cache,
				     char *inner, bool free, void *arg);

/* shadow_slab_debug.c */
u32 shadow_slab_debug_flags(const struct shadow_slab *slab, const char *name,
			    u32 flags);
void shadow_slab_debug_layout(struct shadow_kmem_cache *cache);
int shadow_slab_debug_release(struct shadow_kmem_cache *cache, unsigned int cpu,
			      char *inner);
struct shadow_kmem_cache *shadow_slab_resolve(struct shadow_slab *slab,
					      const void *object, char **inner);
u64 shadow_slab_stack(const struct shadow_slab *slab);
u64 shadow_slab_now(const struct shadow_slab *slab);
/* shadow_slab_debug_mark.c */
u64 shadow_slab_phys(const struct shadow_kmem_cache *cache, const void *virt);
u32 shadow_slab_mark_get(const struct shadow_kmem_cache *cache,
			 const char *inner);
void shadow_slab_mark_set(const struct shadow_kmem_cache *cache, char *inner,
			  u32 state);
void shadow_slab_mark_taint(const struct shadow_kmem_cache *cache, char *inner);
void shadow_slab_take_out(struct shadow_kmem_cache *cache, char *inner);
bool shadow_slab_mark_wrong(const struct shadow_kmem_cache *cache,
			    const char *inner, u32 state,
			    struct shadow_slab_finding *finding);
struct shadow_slab_track
shadow_slab_track_get(const struct shadow_kmem_cache *cache, const char *inner,
		      enum shadow_slab_track_id id);
void shadow_slab_track_set(const struct shadow_kmem_cache *cache, char *inner,
			   enum shadow_slab_track_id id, unsigned int cpu,
			   u64 stack);
void shadow_slab_paint(const struct shadow_kmem_cache *cache, char *inner,
		       bool live);
bool shadow_slab_paint_wrong(const struct shadow_kmem_cache *cache,
			     const char *inner, bool live,
			     struct shadow_slab_finding *finding);
void shadow_slab_fresh(struct shadow_kmem_cache *cache, void *inner);
/* shadow_slab_debug_check.c */
void shadow_slab_walk(struct shadow_slab *slab, struct shadow_kmem_cache *only,
		      shadow_slab_visit_fn visit, void *arg);
int shadow_slab_debug_close(struct shadow_kmem_cache *cache);
void shadow_slab_debug_drop(struct shadow_slab *slab);
void shadow_slab_debug_own(struct shadow_kmem_cache *cache, void *object);
/* shadow_slab_quarantine.c */
u32 shadow_slab_max_held(const struct shadow_slab_config *cfg);
void shadow_slab_hold(struct shadow_kmem_cache *cache, unsigned int cpu,
		      char *inner);
u64 shadow_slab_drain(struct shadow_slab *slab, struct shadow_kmem_cache *only,
		      unsigned int cpu);
/* shadow_slab_report.c */
u64 shadow_slab_watch_bytes(const struct shadow_slab_config *cfg);
void shadow_slab_watch_init(struct shadow_slab *slab, void *mem);
void shadow_slab_report_object(struct shadow_kmem_cache *cache,
			       const char *inner, u64 stack,
			       const struct shadow_slab_finding *finding);
void shadow_slab_report_pointer(struct shadow_slab *slab,
				struct shadow_kmem_cache *cache,
				struct shadow_kmem_cache *owner,
				const char *inner, const void *object, u64 stack);
void shadow_slab_report_fault(struct shadow_kmem_cache *cache,
			      const char *inner);
void shadow_slab_report_leaks(struct shadow_kmem_cache *cache, u64 nr_live,
			      const u64 *live, const u64 *live_by);
void shadow_slab_report_tell(struct shadow_slab *slab);

#endif /* SHADOW_SLAB_DEBUG_H */
