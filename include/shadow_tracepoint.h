/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_tracepoint - the events of a machine as the host kernel's tracepoints
 * shadow_mm:*, for tracefs, trace-cmd and perf.
 *
 * Names and fields are those of the host's kmem: where it has such an event
 * (pfn, order, gfp_flags, migratetype; call_site, ptr, bytes_req, bytes_alloc,
 * node, accounted, name), so that what reads those reads these. Nothing is ever
 * accounted to a group of processes. What kmem: prints as page=, and has no field
 * of, is computed from the pfn with the host's memmap: here is none. Each has two
 * more: the machine's name, and how many of what is counted (pages, bytes, objects). ptr
 * is an object's physical address: no pointer of the host's is shown.
 *
 * Whoever enables one raises its key in shadow_event, and it is told from then
 * on; when the last one leaves, its sites are patched out again.
 *
 * <trace/define_trace.h> reads this several times, and each time TRACE_EVENT's
 * parts mean something else.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM shadow_mm

#if !defined(SHADOW_TRACEPOINT_H) || defined(TRACE_HEADER_MULTI_READ)
#define SHADOW_TRACEPOINT_H

#include <linux/tracepoint.h>

#include "shadow_compat.h"
#include "shadow_event.h"
#include "shadow_gfp.h"

#ifndef SHADOW_TRACEPOINT_WORDS
#define SHADOW_TRACEPOINT_WORDS

/* All are told the same: the event as the core made it */
#define SHADOW_TP_PROTO	TP_PROTO(const struct shadow_event_log *log,	\
				 const struct shadow_event_args *args)
#define SHADOW_TP_ARGS	TP_ARGS(log, args)

/* What each has, in its record and in its line */
#define SHADOW_TP_FIELDS						\
	__string(machine, log->machine ? : "")				\
	__field(u64, nr)
#define SHADOW_TP_ASSIGN						\
	SHADOW_ASSIGN_STR(machine, log->machine ? : "");		\
	__entry->nr = args->nr
#define SHADOW_TP_FORMAT	" machine=%s nr=%llu"
#define SHADOW_TP_VALUES	__get_str(machine), __entry->nr

/*
 * The rest of the mask is who will own it, and on which node: not names. None of
 * the names is what SHADOW_GFP_KERNEL has.
 */
#define SHADOW_TP_GFP(gfp)						\
	!((gfp) & SHADOW_GFP_FLAGS) ? "GFP_KERNEL" :			\
	__print_flags((gfp) & SHADOW_GFP_FLAGS, "|",			\
		      { SHADOW_GFP_DMA, "__GFP_DMA" },			\
		      { SHADOW_GFP_HIGHMEM, "__GFP_HIGHMEM" },		\
		      { SHADOW_GFP_DMA32, "__GFP_DMA32" },		\
		      { SHADOW_GFP_MOVABLE, "__GFP_MOVABLE" },		\
		      { SHADOW_GFP_RECLAIMABLE, "__GFP_RECLAIMABLE" },	\
		      { SHADOW_GFP_HIGH, "__GFP_HIGH" },		\
		      { SHADOW_GFP_ZERO, "__GFP_ZERO" },		\
		      { SHADOW_GFP_THISNODE, "__GFP_THISNODE" },	\
		      { SHADOW_GFP_THISZONE, "THISZONE" },		\
		      { SHADOW_GFP_CONTENTS, "CONTENTS" },		\
		      { SHADOW_GFP_NOWAIT, "!__GFP_DIRECT_RECLAIM" },	\
		      { SHADOW_GFP_COMP, "__GFP_COMP" },		\
		      { SHADOW_GFP_NOFAIL, "__GFP_NOFAIL" },		\
		      { SHADOW_GFP_NOWARN, "__GFP_NOWARN" },		\
		      { SHADOW_GFP_MEMALLOC, "__GFP_MEMALLOC" },	\
		      { SHADOW_GFP_COLD, "COLD" })

/* Events have a zone's node and type in one number; none: no such zone */
#define SHADOW_TP_ZONE_NID(zone)					\
	((zone) == U64_MAX ? -1 : (int)((zone) / SHADOW_MAX_NR_ZONES))

/* The node that was wished for, which a mask has, as kmem: prints it */
#define SHADOW_TP_NODE(gfp)						\
	((int)((gfp) >> SHADOW_GFP_NODE_SHIFT & 0xf) - 1)

/* An event of a class; who enables it is heard by listen_to_ in the .c file */
#define SHADOW_TP_EVENT(template, event)				\
	DEFINE_EVENT_FN(template, event,				\
			PARAMS(SHADOW_TP_PROTO), PARAMS(SHADOW_TP_ARGS), \
			listen_to_##event, leave_##event)

void shadow_tracepoint_start(void);
void shadow_tracepoint_stop(void);

#endif /* SHADOW_TRACEPOINT_WORDS */

#include "shadow_tracepoint_pages.h"

/* -------------------------------------------------------- early memory -- */

DECLARE_EVENT_CLASS(shadow_memblock_add, SHADOW_TP_PROTO, SHADOW_TP_ARGS,
	TP_STRUCT__entry(
		__field(u64, base)
		__field(u64, size)
		__field(int, nid)
		__field(unsigned int, flags)
		SHADOW_TP_FIELDS
	),
	TP_fast_assign(
		__entry->base = args->arg[0];
		__entry->size = args->arg[1];
		__entry->nid = args->arg[2];
		__entry->flags = args->arg[3];
		SHADOW_TP_ASSIGN;
	),
	TP_printk("base=0x%llx size=0x%llx nid=%d flags=0x%x"
		  SHADOW_TP_FORMAT,
		  __entry->base, __entry->size, __entry->nid, __entry->flags, SHADOW_TP_VALUES)
);

SHADOW_TP_EVENT(shadow_memblock_add, memblock_add);
SHADOW_TP_EVENT(shadow_memblock_add, memblock_reserve);

DECLARE_EVENT_CLASS(shadow_memblock_free, SHADOW_TP_PROTO, SHADOW_TP_ARGS,
	TP_STRUCT__entry(
		__field(u64, base)
		__field(u64, size)
		SHADOW_TP_FIELDS
	),
	TP_fast_assign(
		__entry->base = args->arg[0];
		__entry->size = args->arg[1];
		SHADOW_TP_ASSIGN;
	),
	TP_printk("base=0x%llx size=0x%llx"
		  SHADOW_TP_FORMAT,
		  __entry->base, __entry->size, SHADOW_TP_VALUES)
);

SHADOW_TP_EVENT(shadow_memblock_free, memblock_free);
SHADOW_TP_EVENT(shadow_memblock_free, memblock_remove);
SHADOW_TP_EVENT(shadow_memblock_free, bootmem_reserve);
SHADOW_TP_EVENT(shadow_memblock_free, bootmem_free);

DECLARE_EVENT_CLASS(shadow_memblock_alloc, SHADOW_TP_PROTO, SHADOW_TP_ARGS,
	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__field(u64, base)
		__field(u64, size)
		__field(u64, align)
		__field(int, nid)
		SHADOW_TP_FIELDS
	),
	TP_fast_assign(
		__entry->call_site = args->ip;
		__entry->base = args->arg[0];
		__entry->size = args->arg[1];
		__entry->align = args->arg[2];
		__entry->nid = args->arg[3];
		SHADOW_TP_ASSIGN;
	),
	TP_printk("base=0x%llx size=0x%llx align=0x%llx nid=%d call_site=%pS"
		  SHADOW_TP_FORMAT,
		  __entry->base, __entry->size, __entry->align, __entry->nid,
		  (void *)__entry->call_site, SHADOW_TP_VALUES)
);

SHADOW_TP_EVENT(shadow_memblock_alloc, memblock_alloc);
SHADOW_TP_EVENT(shadow_memblock_alloc, bootmem_alloc);

/* -------------------------------------------------------------- tables -- */

DECLARE_EVENT_CLASS(shadow_table, SHADOW_TP_PROTO, SHADOW_TP_ARGS,
	TP_STRUCT__entry(
		__field(u64, pa)
		__field(u64, nr_tables)
		SHADOW_TP_FIELDS
	),
	TP_fast_assign(
		__entry->pa = args->arg[0];
		__entry->nr_tables = args->arg[1];
		SHADOW_TP_ASSIGN;
	),
	TP_printk("pa=0x%llx nr_tables=%llu"
		  SHADOW_TP_FORMAT,
		  __entry->pa, __entry->nr_tables, SHADOW_TP_VALUES)
);

SHADOW_TP_EVENT(shadow_table, table_alloc);
SHADOW_TP_EVENT(shadow_table, table_free);

DECLARE_EVENT_CLASS(shadow_map, SHADOW_TP_PROTO, SHADOW_TP_ARGS,
	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__field(u64, va)
		__field(u64, pa)
		__field(u64, nr_pages)
		__field(u64, prot)
		__field(unsigned int, flags)
		SHADOW_TP_FIELDS
	),
	TP_fast_assign(
		__entry->call_site = args->ip;
		__entry->va = args->arg[0];
		__entry->pa = args->arg[1];
		__entry->nr_pages = args->arg[2];
		__entry->prot = args->arg[3];
		__entry->flags = args->arg[4];
		SHADOW_TP_ASSIGN;
	),
	TP_printk("va=0x%llx pa=0x%llx nr_pages=%llu prot=0x%llx flags=0x%x call_site=%pS"
		  SHADOW_TP_FORMAT,
		  __entry->va, __entry->pa, __entry->nr_pages, __entry->prot,
		  __entry->flags, (void *)__entry->call_site, SHADOW_TP_VALUES)
);

SHADOW_TP_EVENT(shadow_map, map);

DECLARE_EVENT_CLASS(shadow_unmap, SHADOW_TP_PROTO, SHADOW_TP_ARGS,
	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__field(u64, va)
		__field(u64, nr_pages)
		__field(bool, lazy)
		SHADOW_TP_FIELDS
	),
	TP_fast_assign(
		__entry->call_site = args->ip;
		__entry->va = args->arg[0];
		__entry->nr_pages = args->arg[1];
		__entry->lazy = args->arg[2];
		SHADOW_TP_ASSIGN;
	),
	TP_printk("va=0x%llx nr_pages=%llu lazy=%d call_site=%pS"
		  SHADOW_TP_FORMAT,
		  __entry->va, __entry->nr_pages, __entry->lazy,
		  (void *)__entry->call_site, SHADOW_TP_VALUES)
);

SHADOW_TP_EVENT(shadow_unmap, unmap);

DECLARE_EVENT_CLASS(shadow_protect, SHADOW_TP_PROTO, SHADOW_TP_ARGS,
	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__field(u64, va)
		__field(u64, nr_pages)
		__field(u64, prot)
		__field(unsigned int, flags)
		SHADOW_TP_FIELDS
	),
	TP_fast_assign(
		__entry->call_site = args->ip;
		__entry->va = args->arg[0];
		__entry->nr_pages = args->arg[1];
		__entry->prot = args->arg[2];
		__entry->flags = args->arg[3];
		SHADOW_TP_ASSIGN;
	),
	TP_printk("va=0x%llx nr_pages=%llu prot=0x%llx flags=0x%x call_site=%pS"
		  SHADOW_TP_FORMAT,
		  __entry->va, __entry->nr_pages, __entry->prot, __entry->flags,
		  (void *)__entry->call_site, SHADOW_TP_VALUES)
);

SHADOW_TP_EVENT(shadow_protect, protect);

DECLARE_EVENT_CLASS(shadow_level, SHADOW_TP_PROTO, SHADOW_TP_ARGS,
	TP_STRUCT__entry(
		__field(u64, va)
		__field(int, level)
		__field(u64, table_pa)
		SHADOW_TP_FIELDS
	),
	TP_fast_assign(
		__entry->va = args->arg[0];
		__entry->level = args->arg[1];
		__entry->table_pa = args->arg[2];
		SHADOW_TP_ASSIGN;
	),
	TP_printk("va=0x%llx level=%d table_pa=0x%llx"
		  SHADOW_TP_FORMAT,
		  __entry->va, __entry->level, __entry->table_pa, SHADOW_TP_VALUES)
);

SHADOW_TP_EVENT(shadow_level, block_split);
SHADOW_TP_EVENT(shadow_level, table_fold);

DECLARE_EVENT_CLASS(shadow_tlbi, SHADOW_TP_PROTO, SHADOW_TP_ARGS,
	TP_STRUCT__entry(
		__string(kind, args->name ? : "")
		__field(u64, va)
		__field(u64, size)
		SHADOW_TP_FIELDS
	),
	TP_fast_assign(
		SHADOW_ASSIGN_STR(kind, args->name ? : "");
		__entry->va = args->arg[1];
		__entry->size = args->arg[2];
		SHADOW_TP_ASSIGN;
	),
	TP_printk("kind=%s va=0x%llx size=0x%llx"
		  SHADOW_TP_FORMAT,
		  __get_str(kind), __entry->va, __entry->size, SHADOW_TP_VALUES)
);

SHADOW_TP_EVENT(shadow_tlbi, tlbi);

/* ------------------------------------------------------------- objects -- */

DECLARE_EVENT_CLASS(shadow_cache_create, SHADOW_TP_PROTO, SHADOW_TP_ARGS,
	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__string(name, args->name ? : "")
		__field(u64, cache)
		__field(unsigned int, object_size)
		__field(unsigned int, size)
		__field(unsigned int, align)
		__field(unsigned int, flags)
		SHADOW_TP_FIELDS
	),
	TP_fast_assign(
		__entry->call_site = args->ip;
		SHADOW_ASSIGN_STR(name, args->name ? : "");
		__entry->cache = args->arg[0];
		__entry->object_size = args->arg[1];
		__entry->align = args->arg[2];
		__entry->flags = args->arg[3];
		__entry->size = args->arg[4];
		SHADOW_TP_ASSIGN;
	),
	TP_printk("name=%s cache=%llu object_size=%u size=%u align=%u flags=0x%x call_site=%pS"
		  SHADOW_TP_FORMAT,
		  __get_str(name), __entry->cache, __entry->object_size,
		  __entry->size, __entry->align, __entry->flags,
		  (void *)__entry->call_site, SHADOW_TP_VALUES)
);

SHADOW_TP_EVENT(shadow_cache_create, kmem_cache_create);

DECLARE_EVENT_CLASS(shadow_cache, SHADOW_TP_PROTO, SHADOW_TP_ARGS,
	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__string(name, args->name ? : "")
		__field(u64, cache)
		SHADOW_TP_FIELDS
	),
	TP_fast_assign(
		__entry->call_site = args->ip;
		SHADOW_ASSIGN_STR(name, args->name ? : "");
		__entry->cache = args->arg[0];
		SHADOW_TP_ASSIGN;
	),
	TP_printk("name=%s cache=%llu call_site=%pS"
		  SHADOW_TP_FORMAT,
		  __get_str(name), __entry->cache, (void *)__entry->call_site,
		  SHADOW_TP_VALUES)
);

SHADOW_TP_EVENT(shadow_cache, kmem_cache_destroy);

DECLARE_EVENT_CLASS(shadow_slab, SHADOW_TP_PROTO, SHADOW_TP_ARGS,
	TP_STRUCT__entry(
		__string(name, args->name ? : "")
		__field(u64, cache)
		__field(unsigned long, pfn)
		__field(unsigned int, order)
		SHADOW_TP_FIELDS
	),
	TP_fast_assign(
		SHADOW_ASSIGN_STR(name, args->name ? : "");
		__entry->cache = args->arg[0];
		__entry->pfn = args->arg[1];
		__entry->order = args->arg[2];
		SHADOW_TP_ASSIGN;
	),
	TP_printk("name=%s cache=%llu pfn=0x%lx order=%u"
		  SHADOW_TP_FORMAT,
		  __get_str(name), __entry->cache, __entry->pfn, __entry->order,
		  SHADOW_TP_VALUES)
);

SHADOW_TP_EVENT(shadow_slab, slab_new);
SHADOW_TP_EVENT(shadow_slab, slab_discard);

DECLARE_EVENT_CLASS(shadow_object_alloc, SHADOW_TP_PROTO, SHADOW_TP_ARGS,
	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__field(u64, ptr)
		__string(name, args->name ? : "")
		__field(size_t, bytes_req)
		__field(size_t, bytes_alloc)
		__field(unsigned long, gfp_flags)
		__field(int, node)
		__field(bool, accounted)
		SHADOW_TP_FIELDS
	),
	TP_fast_assign(
		__entry->call_site = args->ip;
		__entry->ptr = args->arg[0];
		SHADOW_ASSIGN_STR(name, args->name ? : "");
		__entry->bytes_req = args->arg[2];
		__entry->bytes_alloc = args->arg[3];
		__entry->gfp_flags = args->arg[4];
		__entry->node = SHADOW_TP_NODE(args->arg[4]);
		__entry->accounted = false;
		SHADOW_TP_ASSIGN;
	),
	TP_printk("call_site=%pS ptr=0x%llx name=%s bytes_req=%zu bytes_alloc=%zu gfp_flags=%s node=%d accounted=%s"
		  SHADOW_TP_FORMAT,
		  (void *)__entry->call_site, __entry->ptr, __get_str(name),
		  __entry->bytes_req, __entry->bytes_alloc,
		  SHADOW_TP_GFP(__entry->gfp_flags), __entry->node,
		  __entry->accounted ? "true" : "false", SHADOW_TP_VALUES)
);

SHADOW_TP_EVENT(shadow_object_alloc, kmem_cache_alloc);

DECLARE_EVENT_CLASS(shadow_object_free, SHADOW_TP_PROTO, SHADOW_TP_ARGS,
	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__field(u64, ptr)
		__string(name, args->name ? : "")
		SHADOW_TP_FIELDS
	),
	TP_fast_assign(
		__entry->call_site = args->ip;
		__entry->ptr = args->arg[0];
		SHADOW_ASSIGN_STR(name, args->name ? : "");
		SHADOW_TP_ASSIGN;
	),
	TP_printk("call_site=%pS ptr=0x%llx name=%s"
		  SHADOW_TP_FORMAT,
		  (void *)__entry->call_site, __entry->ptr, __get_str(name), SHADOW_TP_VALUES)
);

SHADOW_TP_EVENT(shadow_object_free, kmem_cache_free);

DECLARE_EVENT_CLASS(shadow_kmalloc, SHADOW_TP_PROTO, SHADOW_TP_ARGS,
	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__field(u64, ptr)
		__field(size_t, bytes_req)
		__field(size_t, bytes_alloc)
		__field(unsigned long, gfp_flags)
		__field(int, node)
		__field(bool, accounted)
		SHADOW_TP_FIELDS
	),
	TP_fast_assign(
		__entry->call_site = args->ip;
		__entry->ptr = args->arg[0];
		__entry->bytes_req = args->arg[1];
		__entry->bytes_alloc = args->arg[2];
		__entry->gfp_flags = args->arg[3];
		__entry->node = args->arg[4];
		__entry->accounted = false;
		SHADOW_TP_ASSIGN;
	),
	TP_printk("call_site=%pS ptr=0x%llx bytes_req=%zu bytes_alloc=%zu gfp_flags=%s node=%d accounted=%s"
		  SHADOW_TP_FORMAT,
		  (void *)__entry->call_site, __entry->ptr, __entry->bytes_req,
		  __entry->bytes_alloc, SHADOW_TP_GFP(__entry->gfp_flags),
		  __entry->node, __entry->accounted ? "true" : "false", SHADOW_TP_VALUES)
);

SHADOW_TP_EVENT(shadow_kmalloc, kmalloc);

DECLARE_EVENT_CLASS(shadow_kfree, SHADOW_TP_PROTO, SHADOW_TP_ARGS,
	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__field(u64, ptr)
		SHADOW_TP_FIELDS
	),
	TP_fast_assign(
		__entry->call_site = args->ip;
		__entry->ptr = args->arg[0];
		SHADOW_TP_ASSIGN;
	),
	TP_printk("call_site=%pS ptr=0x%llx"
		  SHADOW_TP_FORMAT,
		  (void *)__entry->call_site, __entry->ptr, SHADOW_TP_VALUES)
);

SHADOW_TP_EVENT(shadow_kfree, kfree);

DECLARE_EVENT_CLASS(shadow_vmalloc, SHADOW_TP_PROTO, SHADOW_TP_ARGS,
	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__field(u64, va)
		__field(u64, size)
		__field(unsigned long, gfp_flags)
		__field(unsigned int, order)
		SHADOW_TP_FIELDS
	),
	TP_fast_assign(
		__entry->call_site = args->ip;
		__entry->va = args->arg[0];
		__entry->size = args->arg[1];
		__entry->gfp_flags = args->arg[2];
		__entry->order = args->arg[3];
		SHADOW_TP_ASSIGN;
	),
	TP_printk("call_site=%pS va=0x%llx size=%llu gfp_flags=%s order=%u"
		  SHADOW_TP_FORMAT,
		  (void *)__entry->call_site, __entry->va, __entry->size,
		  SHADOW_TP_GFP(__entry->gfp_flags), __entry->order, SHADOW_TP_VALUES)
);

SHADOW_TP_EVENT(shadow_vmalloc, vmalloc);

DECLARE_EVENT_CLASS(shadow_vfree, SHADOW_TP_PROTO, SHADOW_TP_ARGS,
	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__field(u64, va)
		__field(u64, size)
		SHADOW_TP_FIELDS
	),
	TP_fast_assign(
		__entry->call_site = args->ip;
		__entry->va = args->arg[0];
		__entry->size = args->arg[1];
		SHADOW_TP_ASSIGN;
	),
	TP_printk("call_site=%pS va=0x%llx size=%llu"
		  SHADOW_TP_FORMAT,
		  (void *)__entry->call_site, __entry->va, __entry->size, SHADOW_TP_VALUES)
);

SHADOW_TP_EVENT(shadow_vfree, vfree);

/* ---------------------------------------------------------------- boot -- */

DECLARE_EVENT_CLASS(shadow_phase, SHADOW_TP_PROTO, SHADOW_TP_ARGS,
	TP_STRUCT__entry(
		__string(name, args->name ? : "")
		__field(unsigned int, phase)
		__field(u64, ns)
		__field(int, err)
		SHADOW_TP_FIELDS
	),
	TP_fast_assign(
		SHADOW_ASSIGN_STR(name, args->name ? : "");
		__entry->phase = args->arg[0];
		__entry->ns = args->arg[1];
		__entry->err = args->arg[2];
		SHADOW_TP_ASSIGN;
	),
	TP_printk("phase=%u name=%s ns=%llu err=%d"
		  SHADOW_TP_FORMAT,
		  __entry->phase, __get_str(name), __entry->ns, __entry->err, SHADOW_TP_VALUES)
);

SHADOW_TP_EVENT(shadow_phase, boot_phase);

#endif /* SHADOW_TRACEPOINT_H */

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE shadow_tracepoint
#include <trace/define_trace.h>
