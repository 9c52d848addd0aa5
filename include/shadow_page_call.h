/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_page_call - the calls around shadow_alloc_pages(): by address, one
 * frame, many single frames, a number of bytes. Follows include/linux/gfp.h.
 *
 * An address is one of the machine's own linear map, not a pointer: what lies
 * there is reached through shadow_page_to_virt(). Frames outside the linear map
 * (HIGHMEM) have none.
 */
#ifndef SHADOW_PAGE_CALL_H
#define SHADOW_PAGE_CALL_H

#include "shadow_page_alloc.h"

unsigned int shadow_this_cpu(const struct shadow_nodes *nodes);
u64 shadow_page_to_va(const struct shadow_nodes *nodes,
		      const struct shadow_page *page);
struct shadow_page *shadow_va_to_page(const struct shadow_nodes *nodes, u64 va);
u64 shadow_get_free_pages(struct shadow_nodes *nodes, u32 gfp,
			  unsigned int order);
int shadow_free_pages_va(struct shadow_nodes *nodes, u64 va,
			 unsigned int order);
unsigned int shadow_alloc_pages_bulk(struct shadow_nodes *nodes, u32 gfp,
				     unsigned int nr,
				     struct shadow_page **pages);
unsigned int shadow_alloc_pages_bulk_cpu(struct shadow_nodes *nodes,
					 unsigned int cpu, u32 gfp,
					 unsigned int nr,
					 struct shadow_page **pages);
int shadow_free_pages_bulk_cpu(struct shadow_nodes *nodes, unsigned int cpu,
			       unsigned int nr,
			       struct shadow_page *const *pages);
int shadow_free_pages_bulk(struct shadow_nodes *nodes, unsigned int nr,
			   struct shadow_page *const *pages);
struct shadow_page *shadow_alloc_exact_cpu(struct shadow_nodes *nodes,
					   unsigned int cpu, u32 gfp,
					   u64 nr_pages);
u64 shadow_alloc_pages_exact(struct shadow_nodes *nodes, u64 bytes, u32 gfp);
int shadow_free_pages_exact(struct shadow_nodes *nodes, u64 va, u64 bytes);

/* alloc_pages_node(): any node that has memory; others are tried after it */
static inline struct shadow_page *
shadow_alloc_pages_node(struct shadow_nodes *nodes, unsigned int nid, u32 gfp,
			unsigned int order)
{
	return shadow_alloc_pages(nodes, gfp | SHADOW_GFP_NODE(nid), order);
}

/* alloc_page() and __free_page() */
static inline struct shadow_page *shadow_alloc_page(struct shadow_nodes *nodes,
						    u32 gfp)
{
	return shadow_alloc_pages(nodes, gfp, 0);
}

static inline int shadow_free_page(struct shadow_nodes *nodes,
				   struct shadow_page *page)
{
	return shadow_free_pages(nodes, page, 0);
}

/* __get_free_page(), get_zeroed_page(), __get_dma_pages() and free_page() */
static inline u64 shadow_get_free_page(struct shadow_nodes *nodes, u32 gfp)
{
	return shadow_get_free_pages(nodes, gfp, 0);
}

static inline u64 shadow_get_zeroed_page(struct shadow_nodes *nodes, u32 gfp)
{
	return shadow_get_free_pages(nodes, gfp | SHADOW_GFP_ZERO, 0);
}

static inline u64 shadow_get_dma_pages(struct shadow_nodes *nodes, u32 gfp,
				       unsigned int order)
{
	return shadow_get_free_pages(nodes, gfp | SHADOW_GFP_DMA, order);
}

static inline int shadow_free_page_va(struct shadow_nodes *nodes, u64 va)
{
	return shadow_free_pages_va(nodes, va, 0);
}

#endif /* SHADOW_PAGE_CALL_H */
