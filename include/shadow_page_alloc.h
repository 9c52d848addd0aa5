/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_page_alloc - the zoned page-frame allocator that everybody calls:
 * zonelists, watermarks, per-CPU lists, then the buddy. Follows
 * __alloc_pages() and __free_pages() of mm/page_alloc.c.
 */
#ifndef SHADOW_PAGE_ALLOC_H
#define SHADOW_PAGE_ALLOC_H

#include "shadow_gfp.h"
#include "shadow_zone.h"

struct shadow_page *shadow_alloc_pages(struct shadow_nodes *nodes, u32 gfp,
				       unsigned int order);
struct shadow_page *shadow_alloc_pages_cpu(struct shadow_nodes *nodes,
					   unsigned int cpu, u32 gfp,
					   unsigned int order);
int shadow_free_pages(struct shadow_nodes *nodes, struct shadow_page *page,
		      unsigned int order);
int shadow_free_pages_cpu(struct shadow_nodes *nodes, unsigned int cpu,
			  struct shadow_page *page, unsigned int order);
void *shadow_page_address(const struct shadow_nodes *nodes,
			  const struct shadow_page *page);

#endif /* SHADOW_PAGE_ALLOC_H */
