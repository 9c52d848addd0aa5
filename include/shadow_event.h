/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_event - one-line hooks that the core calls, and what they feed.
 *
 * A hook costs one patched-out branch while the key is off, which is the
 * default. The core knows nothing of who listens: counters now, and whatever
 * else is fed from __shadow_event() later.
 */
#ifndef SHADOW_EVENT_H
#define SHADOW_EVENT_H

#include "shadow_compat.h"

/*
 * X(id, name): id is the suffix of the enum, name what `vmstat` prints. Names
 * are the kernel's where it has one.
 */
#define SHADOW_EVENTS(X) \
	X(PAGE_ALLOC, "pgalloc") \
	X(PAGE_FREE, "pgfree") \
	X(PAGE_SPLIT, "pgsplit") \
	X(PAGE_MERGE, "pgmerge") \
	X(PAGE_FALLBACK, "pgfallback") \
	X(PAGE_REFUSED, "pgrefused") \
	X(PCP_REFILL, "pcp_refill") \
	X(PCP_DRAIN, "pcp_drain") \
	X(MEMBLOCK_ADD, "memblock_add") \
	X(MEMBLOCK_RESERVE, "memblock_reserve") \
	X(MEMBLOCK_FREE, "memblock_free") \
	X(TABLE_ALLOC, "table_alloc") \
	X(TABLE_FREE, "table_free") \
	X(MAP, "map") \
	X(UNMAP, "unmap") \
	X(BLOCK_SPLIT, "block_split") \
	X(CACHE_CREATE, "cache_create") \
	X(SLAB_NEW, "slab_new") \
	X(SLAB_DISCARD, "slab_discard") \
	X(OBJECT_ALLOC, "object_alloc") \
	X(OBJECT_FREE, "object_free") \
	X(VMALLOC, "vmalloc") \
	X(VFREE, "vfree") \
	X(PHASE, "boot_phase")

#define SHADOW_EVENT_ENUM(id, name)	SHADOW_EV_##id,
enum shadow_event_id {
	SHADOW_EVENTS(SHADOW_EVENT_ENUM)
	SHADOW_NR_EVENTS
};

/**
 * struct shadow_event_log - what a machine's events have added up to
 * @count: per event, how often it happened while the key was on
 */
struct shadow_event_log {
	atomic64_t count[SHADOW_NR_EVENTS];
};

extern const char *const shadow_event_names[SHADOW_NR_EVENTS];

#ifdef __KERNEL__
DECLARE_STATIC_KEY_FALSE(shadow_event_key);
#define shadow_event_on()	static_branch_unlikely(&shadow_event_key)
#else
extern bool shadow_event_key;
#define shadow_event_on()	unlikely(shadow_event_key)
#endif

void shadow_event_init(struct shadow_event_log *log);
void shadow_event_enable(bool on);
void __shadow_event(struct shadow_event_log *log, enum shadow_event_id id,
		    u64 nr);

/**
 * shadow_event() - tell that something happened
 * @log: the machine's log
 * @id: what happened
 * @nr: how many (pages, objects, bytes: what the event counts)
 *
 * Context: any, also under raw spinlocks with interrupts off.
 */
static __always_inline void shadow_event(struct shadow_event_log *log,
					 enum shadow_event_id id, u64 nr)
{
	if (shadow_event_on())
		__shadow_event(log, id, nr);
}

#endif /* SHADOW_EVENT_H */
