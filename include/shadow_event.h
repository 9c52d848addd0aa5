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

enum shadow_event_id {
	SHADOW_EV_PAGE_ALLOC,
	SHADOW_EV_PAGE_FREE,
	SHADOW_EV_PAGE_SPLIT,
	SHADOW_EV_PAGE_MERGE,
	SHADOW_EV_PAGE_FALLBACK,
	SHADOW_EV_PAGE_REFUSED,
	SHADOW_EV_PCP_REFILL,
	SHADOW_EV_PCP_DRAIN,
	SHADOW_EV_MEMBLOCK_ADD,
	SHADOW_EV_MEMBLOCK_RESERVE,
	SHADOW_EV_MEMBLOCK_FREE,
	SHADOW_EV_TABLE_ALLOC,
	SHADOW_EV_TABLE_FREE,
	SHADOW_EV_MAP,
	SHADOW_EV_UNMAP,
	SHADOW_EV_BLOCK_SPLIT,
	SHADOW_EV_TABLE_FOLD,
	SHADOW_EV_CACHE_CREATE,
	SHADOW_EV_SLAB_NEW,
	SHADOW_EV_SLAB_DISCARD,
	SHADOW_EV_OBJECT_ALLOC,
	SHADOW_EV_OBJECT_FREE,
	SHADOW_EV_VMALLOC,
	SHADOW_EV_VFREE,
	SHADOW_EV_PHASE,
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

DECLARE_STATIC_KEY_FALSE(shadow_event_key);

void shadow_event_init(struct shadow_event_log *log);
void shadow_event_enable(bool on);
void __shadow_event(struct shadow_event_log *log, enum shadow_event_id id,
		    u64 nr);

/* Does somebody listen? For paths that call nothing unless somebody does */
static __always_inline bool shadow_event_heard(void)
{
	return static_branch_unlikely(&shadow_event_key);
}

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
	if (static_branch_unlikely(&shadow_event_key))
		__shadow_event(log, id, nr);
}

#endif /* SHADOW_EVENT_H */
