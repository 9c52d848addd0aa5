/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_vmalloc - virtually contiguous memory from scattered pages, mapped
 * through the machine's own tables. Follows mm/vmalloc.c of Linux 6.12.
 *
 * An area is nr_pages mapped pages and, after them, one guard page that is
 * never mapped. Areas take the lowest gap of the window that holds them.
 */
#ifndef SHADOW_VMALLOC_H
#define SHADOW_VMALLOC_H

#include "shadow_compat.h"
#include "shadow_event.h"
#include "shadow_fault.h"
#include "shadow_pgtable.h"
#include "shadow_slab.h"
#include "shadow_vmap_tree.h"
#include "shadow_zone.h"

/**
 * struct shadow_vmalloc - the layer
 * @lock: protects @tree, the areas in it up to their pages, @nr_pages and
 *	@nr_areas. Held for tree operations alone, never while pages are
 *	allocated, mapped or freed. Nothing is taken inside it but the tables'
 *	lock, and that only by _verify. Interrupts off.
 * @tree: the areas
 * @nr_pages: pages in all areas that are complete
 * @nr_areas: areas that are complete
 * @nodes: where pages come from
 * @slab: where @cache lives
 * @cache: the cache "vmap_area"
 * @pgtable: the tables
 * @events: where hooks report to
 * @fault: the machine's; raised when something is found corrupt
 */
struct shadow_vmalloc {
	raw_spinlock_t lock;
	struct shadow_vmap_tree tree;
	u64 nr_pages;
	u32 nr_areas;
	struct shadow_nodes *nodes;
	struct shadow_slab *slab;
	struct shadow_kmem_cache *cache;
	struct shadow_pgtable *pgtable;
	struct shadow_event_log *events;
	struct shadow_fault *fault;
};

/**
 * struct shadow_vmalloc_info - one area, copied: what vmallocinfo prints
 * @va_start: first byte
 * @va_end: end, guard page included
 * @caller: address of the code that asked for it, or 0
 * @nr_pages: pages mapped, without the guard
 * @flags: SHADOW_VMAP_*
 * @nr_on_node: pages by node
 */
struct shadow_vmalloc_info {
	u64 va_start;
	u64 va_end;
	u64 caller;
	u32 nr_pages;
	u32 flags;
	u32 nr_on_node[SHADOW_MAX_NODES];
};

/**
 * struct shadow_vmalloc_totals - the Vmalloc lines of /proc/meminfo
 * @total_bytes: length of the window
 * @used_bytes: bytes in pages mapped
 * @chunk_bytes: the largest gap
 * @nr_areas: areas
 */
struct shadow_vmalloc_totals {
	u64 total_bytes;
	u64 used_bytes;
	u64 chunk_bytes;
	u32 nr_areas;
};

int shadow_vmalloc_init(struct shadow_vmalloc *vm, struct shadow_nodes *nodes,
			struct shadow_slab *slab,
			struct shadow_pgtable *pgtable, u64 va_start,
			u64 va_end, u64 seed, struct shadow_event_log *events,
			struct shadow_fault *fault);
int shadow_vmalloc_fini(struct shadow_vmalloc *vm);
int shadow_vmalloc_alloc(struct shadow_vmalloc *vm, u64 bytes, u32 gfp,
			 u64 prot, unsigned long caller, u64 *va);
int shadow_vfree(struct shadow_vmalloc *vm, u64 va);
int shadow_vmalloc_find(struct shadow_vmalloc *vm, u64 va,
			struct shadow_vmalloc_info *info);
int shadow_vmalloc_next(struct shadow_vmalloc *vm, u64 va,
			struct shadow_vmalloc_info *info);
int shadow_vmalloc_totals(struct shadow_vmalloc *vm,
			  struct shadow_vmalloc_totals *totals);
struct shadow_page *shadow_vmalloc_page(const struct shadow_vmalloc *vm,
					u32 handle, u32 place, u32 index);
int shadow_vmalloc_verify(struct shadow_vmalloc *vm,
			  struct shadow_fault *fault);

#endif /* SHADOW_VMALLOC_H */
