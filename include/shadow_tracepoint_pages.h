/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_tracepoint_pages - what happens to frames, as tracepoints: a part of
 * shadow_tracepoint.h, which alone includes this, and is read as often.
 */
#ifndef SHADOW_TRACEPOINT_H
#include "shadow_tracepoint.h"
#elif !defined(SHADOW_TRACEPOINT_PAGES_H) || defined(TRACE_HEADER_MULTI_READ)
#define SHADOW_TRACEPOINT_PAGES_H

DECLARE_EVENT_CLASS(shadow_page_alloc, SHADOW_TP_PROTO, SHADOW_TP_ARGS,
	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__field(unsigned long, pfn)
		__field(unsigned int, order)
		__field(unsigned long, gfp_flags)
		__field(int, migratetype)
		SHADOW_TP_FIELDS
	),
	TP_fast_assign(
		__entry->call_site = args->ip;
		__entry->pfn = args->arg[0];
		__entry->order = args->arg[1];
		__entry->gfp_flags = args->arg[2];
		__entry->migratetype = args->arg[3];
		SHADOW_TP_ASSIGN;
	),
	TP_printk("pfn=0x%lx order=%d migratetype=%d gfp_flags=%s call_site=%pS"
		  SHADOW_TP_FORMAT,
		  __entry->pfn, __entry->order, __entry->migratetype,
		  SHADOW_TP_GFP(__entry->gfp_flags), (void *)__entry->call_site,
		  SHADOW_TP_VALUES)
);

SHADOW_TP_EVENT(shadow_page_alloc, mm_page_alloc);

DECLARE_EVENT_CLASS(shadow_page_free, SHADOW_TP_PROTO, SHADOW_TP_ARGS,
	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__field(unsigned long, pfn)
		__field(unsigned int, order)
		SHADOW_TP_FIELDS
	),
	TP_fast_assign(
		__entry->call_site = args->ip;
		__entry->pfn = args->arg[0];
		__entry->order = args->arg[1];
		SHADOW_TP_ASSIGN;
	),
	TP_printk("pfn=0x%lx order=%d call_site=%pS"
		  SHADOW_TP_FORMAT,
		  __entry->pfn, __entry->order, (void *)__entry->call_site, SHADOW_TP_VALUES)
);

SHADOW_TP_EVENT(shadow_page_free, mm_page_free);

DECLARE_EVENT_CLASS(shadow_page_order, SHADOW_TP_PROTO, SHADOW_TP_ARGS,
	TP_STRUCT__entry(
		__field(unsigned long, pfn)
		__field(unsigned int, order)
		__field(unsigned int, from_order)
		SHADOW_TP_FIELDS
	),
	TP_fast_assign(
		__entry->pfn = args->arg[0];
		__entry->order = args->arg[1];
		__entry->from_order = args->arg[2];
		SHADOW_TP_ASSIGN;
	),
	TP_printk("pfn=0x%lx order=%u from_order=%u"
		  SHADOW_TP_FORMAT,
		  __entry->pfn, __entry->order, __entry->from_order, SHADOW_TP_VALUES)
);

SHADOW_TP_EVENT(shadow_page_order, mm_page_split);
SHADOW_TP_EVENT(shadow_page_order, mm_page_merge);

DECLARE_EVENT_CLASS(shadow_page_fallback, SHADOW_TP_PROTO, SHADOW_TP_ARGS,
	TP_STRUCT__entry(
		__field(unsigned long, pfn)
		__field(int, alloc_order)
		__field(int, fallback_order)
		__field(int, block_order)
		__field(int, alloc_migratetype)
		__field(int, fallback_migratetype)
		__field(int, change_ownership)
		SHADOW_TP_FIELDS
	),
	TP_fast_assign(
		__entry->pfn = args->arg[0];
		__entry->alloc_order = shadow_event_part(args->arg[1], 0);
		__entry->fallback_order = shadow_event_part(args->arg[1], 1);
		__entry->block_order = shadow_event_part(args->arg[1], 2);
		__entry->alloc_migratetype = shadow_event_part(args->arg[2], 0);
		__entry->fallback_migratetype = shadow_event_part(args->arg[2], 1);
		__entry->change_ownership = shadow_event_part(args->arg[2], 2);
		SHADOW_TP_ASSIGN;
	),
	TP_printk("pfn=0x%lx alloc_order=%d fallback_order=%d pageblock_order=%d alloc_migratetype=%d fallback_migratetype=%d fragmenting=%d change_ownership=%d"
		  SHADOW_TP_FORMAT,
		  __entry->pfn, __entry->alloc_order, __entry->fallback_order,
		  __entry->block_order, __entry->alloc_migratetype,
		  __entry->fallback_migratetype,
		  __entry->fallback_order < __entry->block_order,
		  __entry->change_ownership, SHADOW_TP_VALUES)
);

SHADOW_TP_EVENT(shadow_page_fallback, mm_page_alloc_extfrag);

DECLARE_EVENT_CLASS(shadow_page_steal, SHADOW_TP_PROTO, SHADOW_TP_ARGS,
	TP_STRUCT__entry(
		__field(unsigned long, pfn)
		__field(int, old_migratetype)
		__field(int, new_migratetype)
		__field(unsigned long, nr_moved)
		SHADOW_TP_FIELDS
	),
	TP_fast_assign(
		__entry->pfn = args->arg[0];
		__entry->old_migratetype = args->arg[1];
		__entry->new_migratetype = args->arg[2];
		__entry->nr_moved = args->arg[3];
		SHADOW_TP_ASSIGN;
	),
	TP_printk("pfn=0x%lx old_migratetype=%d new_migratetype=%d nr_moved=%lu"
		  SHADOW_TP_FORMAT,
		  __entry->pfn, __entry->old_migratetype,
		  __entry->new_migratetype, __entry->nr_moved, SHADOW_TP_VALUES)
);

SHADOW_TP_EVENT(shadow_page_steal, mm_page_steal);

DECLARE_EVENT_CLASS(shadow_page_refused, SHADOW_TP_PROTO, SHADOW_TP_ARGS,
	TP_STRUCT__entry(
		__field(unsigned int, order)
		__field(unsigned long, gfp_flags)
		__string(zone, args->name ? : "none")
		__field(int, nid)
		__field(unsigned long, free)
		__field(unsigned long, mark)
		SHADOW_TP_FIELDS
	),
	TP_fast_assign(
		__entry->order = args->arg[0];
		__entry->gfp_flags = args->arg[1];
		SHADOW_ASSIGN_STR(zone, args->name ? : "none");
		__entry->nid = SHADOW_TP_ZONE_NID(args->arg[2]);
		__entry->free = args->arg[3];
		__entry->mark = args->arg[4];
		SHADOW_TP_ASSIGN;
	),
	TP_printk("order=%d gfp_flags=%s zone=%s nid=%d free=%lu mark=%lu"
		  SHADOW_TP_FORMAT,
		  __entry->order, SHADOW_TP_GFP(__entry->gfp_flags),
		  __get_str(zone), __entry->nid, __entry->free, __entry->mark,
		  SHADOW_TP_VALUES)
);

SHADOW_TP_EVENT(shadow_page_refused, mm_page_refused);

DECLARE_EVENT_CLASS(shadow_pcpu, SHADOW_TP_PROTO, SHADOW_TP_ARGS,
	TP_STRUCT__entry(
		__string(zone, args->name ? : "none")
		__field(int, nid)
		__field(unsigned int, order)
		__field(int, migratetype)
		__field(int, cpu)
		SHADOW_TP_FIELDS
	),
	TP_fast_assign(
		SHADOW_ASSIGN_STR(zone, args->name ? : "none");
		__entry->nid = SHADOW_TP_ZONE_NID(args->arg[0]);
		__entry->order = args->arg[1];
		__entry->migratetype = args->arg[2];
		__entry->cpu = args->arg[3];
		SHADOW_TP_ASSIGN;
	),
	TP_printk("zone=%s nid=%d order=%d migratetype=%d cpu=%d"
		  SHADOW_TP_FORMAT,
		  __get_str(zone), __entry->nid, __entry->order,
		  __entry->migratetype, __entry->cpu, SHADOW_TP_VALUES)
);

SHADOW_TP_EVENT(shadow_pcpu, mm_page_pcpu_refill);

DECLARE_EVENT_CLASS(shadow_pcpu_drain, SHADOW_TP_PROTO, SHADOW_TP_ARGS,
	TP_STRUCT__entry(
		__field(unsigned long, pfn)
		__field(unsigned int, order)
		__field(int, migratetype)
		__string(zone, args->name ? : "none")
		__field(int, nid)
		__field(int, cpu)
		SHADOW_TP_FIELDS
	),
	TP_fast_assign(
		__entry->pfn = args->arg[4];
		__entry->order = args->arg[1];
		__entry->migratetype = args->arg[2];
		SHADOW_ASSIGN_STR(zone, args->name ? : "none");
		__entry->nid = SHADOW_TP_ZONE_NID(args->arg[0]);
		__entry->cpu = args->arg[3];
		SHADOW_TP_ASSIGN;
	),
	TP_printk("pfn=0x%lx order=%d migratetype=%d zone=%s nid=%d cpu=%d"
		  SHADOW_TP_FORMAT,
		  __entry->pfn, __entry->order, __entry->migratetype,
		  __get_str(zone), __entry->nid, __entry->cpu, SHADOW_TP_VALUES)
);

SHADOW_TP_EVENT(shadow_pcpu_drain, mm_page_pcpu_drain);

#endif /* SHADOW_TRACEPOINT_PAGES_H */
