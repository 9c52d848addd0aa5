/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_vmalloc - virtually contiguous memory from scattered pages, mapped
 * through the machine's own tables. Follows mm/vmalloc.c of Linux 6.12.
 *
 * An area is nr_pages mapped pages and, after them, one guard page that is
 * never mapped. Areas take the lowest gap of the window that holds them. There
 * are three kinds: vmalloc (pages of its own), vmap (pages of others, held by a
 * reference each) and ioremap (physical addresses, no pages).
 *
 * What is freed is unmapped at once and its pages go back at once, but its
 * addresses are kept until no TLB knows them any more: shadow_vmalloc_lazy.c.
 */
#ifndef SHADOW_VMALLOC_H
#define SHADOW_VMALLOC_H

#include "shadow_compat.h"
#include "shadow_event.h"
#include "shadow_fault.h"
#include "shadow_pgtable.h"
#include "shadow_site.h"
#include "shadow_slab.h"
#include "shadow_vmap_tree.h"
#include "shadow_zone.h"

/**
 * struct shadow_vmap_list - areas in the order in which they were freed
 * @first: handle of the first one, or SHADOW_VMAP_NONE
 * @last: handle of the last one, where there is a first one
 */
struct shadow_vmap_list {
	u32 first;
	u32 last;
};

/**
 * struct shadow_vmalloc - the layer
 * @lock: protects @tree, the areas in it up to their pages, and all that
 *	follows up to @spare. That an area is complete is told without it. Held
 *	for tree operations alone, never while pages are allocated, mapped or
 *	freed. Nothing is taken inside it but the tables' lock, by purge and
 *	_verify. Interrupts off.
 * @tree: the areas, those too that are freed but not yet purged: as long as an
 *	area is in there nobody is given its addresses
 * @nr_pages: pages in all areas of vmalloc, those too that come or go
 * @nr_areas: areas that are not lazy, those too that come or go
 * @lazy: areas that were freed and unmapped, but a TLB may still know them
 * @lazy_start: first address of those
 * @lazy_end: end of the highest of them
 * @clean: areas that no TLB knows any more, to be taken out of @tree
 * @nr_lazy_areas: areas in both lists
 * @nr_lazy_pages: pages of address space in both, guard pages too
 * @lazy_max_pages: when there are more, all of them are purged
 * @nr_purges: invalidations, each for all areas that were lazy then
 * @nr_purged: areas that were purged
 * @spare: descriptor of the area that became lazy last, if it was not needed for
 *	that; the next area gets it; NULL: there is none
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
	struct shadow_vmap_list lazy;
	u64 lazy_start;
	u64 lazy_end;
	struct shadow_vmap_list clean;
	u32 nr_lazy_areas;
	u64 nr_lazy_pages;
	u64 lazy_max_pages;
	u64 nr_purges;
	u64 nr_purged;
	struct shadow_vmap_area *spare;
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
 * @pa: of an ioremap: the physical address that is mapped, else 0
 * @nr_pages: pages that it owns or holds, without the guard; 0: an ioremap
 * @nr_huge: of those, the ones that came in blocks of the tables
 * @flags: SHADOW_VMAP_*
 * @birth: with page_owner when and where it was made: that of its first page,
 *	of a vmap that of the page with their numbers
 * @nr_on_node: pages by node
 */
struct shadow_vmalloc_info {
	u64 va_start;
	u64 va_end;
	u64 caller;
	phys_addr_t pa;
	u32 nr_pages;
	u32 nr_huge;
	u32 flags;
	struct shadow_birth birth;
	u32 nr_on_node[SHADOW_MAX_NODES];
};

/**
 * struct shadow_vmalloc_totals - the Vmalloc lines of /proc/meminfo, and what
 * is lazy
 * @total_bytes: length of the window
 * @used_bytes: bytes in pages mapped
 * @chunk_bytes: the largest gap
 * @nr_areas: areas
 * @nr_lazy_areas: areas that were freed and not purged
 * @nr_lazy_pages: pages of address space in those
 * @lazy_max_pages: the most that there may be before they are purged
 * @nr_purges: invalidations so far
 * @nr_purged: areas that were purged so far
 */
struct shadow_vmalloc_totals {
	u64 total_bytes;
	u64 used_bytes;
	u64 chunk_bytes;
	u32 nr_areas;
	u32 nr_lazy_areas;
	u64 nr_lazy_pages;
	u64 lazy_max_pages;
	u64 nr_purges;
	u64 nr_purged;
};

int shadow_vmalloc_init(struct shadow_vmalloc *vm, struct shadow_nodes *nodes,
			struct shadow_slab *slab,
			struct shadow_pgtable *pgtable, u64 va_start,
			u64 va_end, u64 seed, struct shadow_event_log *events,
			struct shadow_fault *fault);
int shadow_vmalloc_fini(struct shadow_vmalloc *vm);
int shadow_vmalloc_alloc(struct shadow_vmalloc *vm, u64 bytes, u32 gfp,
			 u64 prot, unsigned long caller, u64 *va);
int shadow_vmalloc_huge(struct shadow_vmalloc *vm, u64 bytes, u32 gfp,
			u64 prot, unsigned long caller, u64 *va);
int shadow_vfree(struct shadow_vmalloc *vm, u64 va);
int shadow_vmap(struct shadow_vmalloc *vm, const u32 *pages, u32 nr_pages,
		u64 prot, unsigned long caller, u64 *va);
int shadow_ioremap(struct shadow_vmalloc *vm, phys_addr_t pa, u64 bytes,
		   u64 prot, unsigned long caller, u64 *va);
int shadow_vunmap(struct shadow_vmalloc *vm, u64 va);
int shadow_vmalloc_purge(struct shadow_vmalloc *vm);
int shadow_vmalloc_find(struct shadow_vmalloc *vm, u64 va,
			struct shadow_vmalloc_info *info);
int shadow_vmalloc_next(struct shadow_vmalloc *vm, u64 va,
			struct shadow_vmalloc_info *info);
int shadow_vmalloc_totals(struct shadow_vmalloc *vm,
			  struct shadow_vmalloc_totals *totals);
int shadow_vmalloc_next_lazy(struct shadow_vmalloc *vm, u64 va,
			     struct shadow_vmalloc_info *info);
struct shadow_page *shadow_vmalloc_to_page(struct shadow_vmalloc *vm, u64 va);
struct shadow_page *shadow_vmalloc_page(const struct shadow_vmalloc *vm,
					u32 handle, u32 place, u32 index);
int shadow_vmalloc_verify(struct shadow_vmalloc *vm,
			  struct shadow_fault *fault);

#endif /* SHADOW_VMALLOC_H */
