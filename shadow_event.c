// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_event - counters behind the core's one-line hooks. See shadow_event.h.
 */
#include "shadow_event.h"

DEFINE_STATIC_KEY_FALSE(shadow_event_key);

/* The kernel's names where it has one: vmstat prints them */
const char *const shadow_event_names[SHADOW_NR_EVENTS] = {
	[SHADOW_EV_PAGE_ALLOC] = "pgalloc",
	[SHADOW_EV_PAGE_FREE] = "pgfree",
	[SHADOW_EV_PAGE_SPLIT] = "pgsplit",
	[SHADOW_EV_PAGE_MERGE] = "pgmerge",
	[SHADOW_EV_PAGE_FALLBACK] = "pgfallback",
	[SHADOW_EV_PAGE_REFUSED] = "pgrefused",
	[SHADOW_EV_PCP_REFILL] = "pcp_refill",
	[SHADOW_EV_PCP_DRAIN] = "pcp_drain",
	[SHADOW_EV_MEMBLOCK_ADD] = "memblock_add",
	[SHADOW_EV_MEMBLOCK_RESERVE] = "memblock_reserve",
	[SHADOW_EV_MEMBLOCK_FREE] = "memblock_free",
	[SHADOW_EV_TABLE_ALLOC] = "table_alloc",
	[SHADOW_EV_TABLE_FREE] = "table_free",
	[SHADOW_EV_MAP] = "map",
	[SHADOW_EV_UNMAP] = "unmap",
	[SHADOW_EV_BLOCK_SPLIT] = "block_split",
	[SHADOW_EV_TABLE_FOLD] = "table_fold",
	[SHADOW_EV_CACHE_CREATE] = "cache_create",
	[SHADOW_EV_SLAB_NEW] = "slab_new",
	[SHADOW_EV_SLAB_DISCARD] = "slab_discard",
	[SHADOW_EV_OBJECT_ALLOC] = "object_alloc",
	[SHADOW_EV_OBJECT_FREE] = "object_free",
	[SHADOW_EV_VMALLOC] = "vmalloc",
	[SHADOW_EV_VFREE] = "vfree",
	[SHADOW_EV_PHASE] = "boot_phase",
};

/**
 * shadow_event_init() - all counters at zero
 * @log: the machine's log
 *
 * Context: any.
 */
void shadow_event_init(struct shadow_event_log *log)
{
	int id;

	for (id = 0; id < SHADOW_NR_EVENTS; id++)
		atomic64_set(&log->count[id], 0);
}

/**
 * shadow_event_enable() - raise or lower the key of all hooks
 * @on: whether hooks shall count; each call with true needs one with false
 *
 * The key is shared by all machines: a static branch patches code, and the
 * code is one.
 *
 * Context: process context; sleeps in the kernel.
 */
void shadow_event_enable(bool on)
{
	if (on)
		static_branch_inc(&shadow_event_key);
	else
		static_branch_dec(&shadow_event_key);
}

/**
 * __shadow_event() - the slow half of shadow_event(), with the key on
 * @log: the machine's log
 * @id: what happened
 * @nr: how many
 *
 * Context: any.
 */
void __shadow_event(struct shadow_event_log *log, enum shadow_event_id id,
		    u64 nr)
{
	atomic64_add(nr, &log->count[id]);
}
