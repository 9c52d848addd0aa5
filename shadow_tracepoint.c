// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_tracepoint - tells the host kernel's tracers what happens in a
 * machine. See shadow_tracepoint.h.
 */
#include "shadow_caller.h"
#include "shadow_tracepoint.h"

/*
 * Called under the tracers' locks when the first one enables an event and when
 * the last one leaves: that patches code, which takes locks below those.
 */
#define LISTENER(event, id)						\
static int listen_to_##event(void)					\
{									\
	shadow_event_listen(id, true);					\
	return 0;							\
}									\
									\
static void leave_##event(void)						\
{									\
	shadow_event_listen(id, false);					\
}

#define EVENT(event, id)						\
LISTENER(event, id)							\
									\
static void tell_##event(const struct shadow_event_log *log,		\
			 const struct shadow_event_args *args)		\
{									\
	trace_##event(log, args);					\
}

/*
 * An event that has call_site, which is whoever asks, as in kmem:. To find that
 * takes a stack: only where somebody reads it.
 */
#define EVENT_WITH_SITE(event, id)					\
LISTENER(event, id)							\
									\
static void tell_##event(const struct shadow_event_log *log,		\
			 const struct shadow_event_args *args)		\
{									\
	struct shadow_event_args asked;					\
									\
	if (!trace_##event##_enabled())					\
		return;							\
	asked = *args;							\
	asked.ip = shadow_caller_ip(args->ip);				\
	trace_##event(log, &asked);					\
}

EVENT_WITH_SITE(mm_page_alloc, SHADOW_EV_PAGE_ALLOC)
EVENT_WITH_SITE(mm_page_free, SHADOW_EV_PAGE_FREE)
EVENT(mm_page_split, SHADOW_EV_PAGE_SPLIT)
EVENT(mm_page_merge, SHADOW_EV_PAGE_MERGE)
EVENT(mm_page_alloc_extfrag, SHADOW_EV_PAGE_FALLBACK)
EVENT(mm_page_steal, SHADOW_EV_PAGE_STEAL)
EVENT(mm_page_refused, SHADOW_EV_PAGE_REFUSED)
EVENT(mm_page_pcpu_refill, SHADOW_EV_PCP_REFILL)
EVENT(mm_page_pcpu_drain, SHADOW_EV_PCP_DRAIN)
EVENT(memblock_add, SHADOW_EV_MEMBLOCK_ADD)
EVENT(memblock_reserve, SHADOW_EV_MEMBLOCK_RESERVE)
EVENT(memblock_free, SHADOW_EV_MEMBLOCK_FREE)
EVENT_WITH_SITE(memblock_alloc, SHADOW_EV_MEMBLOCK_ALLOC)
EVENT(table_alloc, SHADOW_EV_TABLE_ALLOC)
EVENT(table_free, SHADOW_EV_TABLE_FREE)
EVENT_WITH_SITE(map, SHADOW_EV_MAP)
EVENT_WITH_SITE(unmap, SHADOW_EV_UNMAP)
EVENT(block_split, SHADOW_EV_BLOCK_SPLIT)
EVENT(table_fold, SHADOW_EV_TABLE_FOLD)
EVENT(tlbi, SHADOW_EV_TLBI)
EVENT_WITH_SITE(kmem_cache_create, SHADOW_EV_CACHE_CREATE)
EVENT_WITH_SITE(kmem_cache_destroy, SHADOW_EV_CACHE_DESTROY)
EVENT(slab_new, SHADOW_EV_SLAB_NEW)
EVENT(slab_discard, SHADOW_EV_SLAB_DISCARD)
EVENT_WITH_SITE(kmem_cache_alloc, SHADOW_EV_OBJECT_ALLOC)
EVENT_WITH_SITE(kmem_cache_free, SHADOW_EV_OBJECT_FREE)
EVENT_WITH_SITE(kmalloc, SHADOW_EV_KMALLOC)
EVENT_WITH_SITE(kfree, SHADOW_EV_KFREE)
EVENT_WITH_SITE(vmalloc, SHADOW_EV_VMALLOC)
EVENT_WITH_SITE(vfree, SHADOW_EV_VFREE)
EVENT(boot_phase, SHADOW_EV_PHASE)
EVENT(bootmem_reserve, SHADOW_EV_BOOTMEM_RESERVE)
EVENT(bootmem_free, SHADOW_EV_BOOTMEM_FREE)
EVENT_WITH_SITE(bootmem_alloc, SHADOW_EV_BOOTMEM_ALLOC)
EVENT(memblock_remove, SHADOW_EV_MEMBLOCK_REMOVE)
EVENT_WITH_SITE(protect, SHADOW_EV_PROTECT)

#define CREATE_TRACE_POINTS
#include "shadow_tracepoint.h"

static void (*const tell[SHADOW_NR_EVENTS])(const struct shadow_event_log *log,
					    const struct shadow_event_args *args) = {
	[SHADOW_EV_PAGE_ALLOC] = tell_mm_page_alloc,
	[SHADOW_EV_PAGE_FREE] = tell_mm_page_free,
	[SHADOW_EV_PAGE_SPLIT] = tell_mm_page_split,
	[SHADOW_EV_PAGE_MERGE] = tell_mm_page_merge,
	[SHADOW_EV_PAGE_FALLBACK] = tell_mm_page_alloc_extfrag,
	[SHADOW_EV_PAGE_STEAL] = tell_mm_page_steal,
	[SHADOW_EV_PAGE_REFUSED] = tell_mm_page_refused,
	[SHADOW_EV_PCP_REFILL] = tell_mm_page_pcpu_refill,
	[SHADOW_EV_PCP_DRAIN] = tell_mm_page_pcpu_drain,
	[SHADOW_EV_MEMBLOCK_ADD] = tell_memblock_add,
	[SHADOW_EV_MEMBLOCK_RESERVE] = tell_memblock_reserve,
	[SHADOW_EV_MEMBLOCK_FREE] = tell_memblock_free,
	[SHADOW_EV_MEMBLOCK_ALLOC] = tell_memblock_alloc,
	[SHADOW_EV_TABLE_ALLOC] = tell_table_alloc,
	[SHADOW_EV_TABLE_FREE] = tell_table_free,
	[SHADOW_EV_MAP] = tell_map,
	[SHADOW_EV_UNMAP] = tell_unmap,
	[SHADOW_EV_BLOCK_SPLIT] = tell_block_split,
	[SHADOW_EV_TABLE_FOLD] = tell_table_fold,
	[SHADOW_EV_TLBI] = tell_tlbi,
	[SHADOW_EV_CACHE_CREATE] = tell_kmem_cache_create,
	[SHADOW_EV_CACHE_DESTROY] = tell_kmem_cache_destroy,
	[SHADOW_EV_SLAB_NEW] = tell_slab_new,
	[SHADOW_EV_SLAB_DISCARD] = tell_slab_discard,
	[SHADOW_EV_OBJECT_ALLOC] = tell_kmem_cache_alloc,
	[SHADOW_EV_OBJECT_FREE] = tell_kmem_cache_free,
	[SHADOW_EV_KMALLOC] = tell_kmalloc,
	[SHADOW_EV_KFREE] = tell_kfree,
	[SHADOW_EV_VMALLOC] = tell_vmalloc,
	[SHADOW_EV_VFREE] = tell_vfree,
	[SHADOW_EV_PHASE] = tell_boot_phase,
	[SHADOW_EV_BOOTMEM_RESERVE] = tell_bootmem_reserve,
	[SHADOW_EV_BOOTMEM_FREE] = tell_bootmem_free,
	[SHADOW_EV_BOOTMEM_ALLOC] = tell_bootmem_alloc,
	[SHADOW_EV_MEMBLOCK_REMOVE] = tell_memblock_remove,
	[SHADOW_EV_PROTECT] = tell_protect,
};

/* Each asks whether it is on: a key is raised by counters and the ring, too. */
static void tell_tracers(const struct shadow_event_log *log,
			 const struct shadow_event_args *args)
{
	if (tell[args->id])
		tell[args->id](log, args);
}

/**
 * shadow_tracepoint_start() - let tracers hear of all machines
 *
 * Context: process context, before the first machine.
 */
void shadow_tracepoint_start(void)
{
	WRITE_ONCE(shadow_event_sink, tell_tracers);
}

/**
 * shadow_tracepoint_stop() - no machine is left that there could be told of
 *
 * An event may still be enabled: its listener leaves when the kernel takes the
 * module's tracepoints away.
 *
 * Context: process context, after the last machine.
 */
void shadow_tracepoint_stop(void)
{
	WRITE_ONCE(shadow_event_sink, NULL);
}
