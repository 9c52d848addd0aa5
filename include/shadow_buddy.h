/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_buddy - the buddy allocator of one zone: blocks of 2^order frames,
 * split and merged. Follows __rmqueue() and __free_one_page() of
 * mm/page_alloc.c.
 */
#ifndef SHADOW_BUDDY_H
#define SHADOW_BUDDY_H

#include "shadow_gfp.h"
#include "shadow_zone.h"

struct shadow_page *__shadow_buddy_alloc(struct shadow_zone *zone,
					 unsigned int order, unsigned int mt,
					 unsigned int alloc_flags);
struct shadow_page *__shadow_buddy_alloc_run(struct shadow_zone *zone,
					     unsigned int order,
					     unsigned int mt,
					     unsigned int alloc_flags, u32 *nr);
struct shadow_page *__shadow_buddy_alloc_run_told(struct shadow_zone *zone,
						  unsigned int order,
						  unsigned int mt,
						  unsigned int alloc_flags,
						  u32 *nr);
int __shadow_buddy_free(struct shadow_zone *zone, struct shadow_page *page,
			unsigned int order);
int __shadow_buddy_return(struct shadow_zone *zone, struct shadow_page *page,
			  unsigned int order);
int __shadow_buddy_take(struct shadow_zone *zone, struct shadow_page *page,
			unsigned int order);
struct shadow_page *shadow_buddy_alloc(struct shadow_zone *zone,
				       unsigned int order, unsigned int mt,
				       unsigned int owner,
				       unsigned int alloc_flags);
struct shadow_page *shadow_buddy_try_alloc(struct shadow_zone *zone,
					   unsigned int order, unsigned int mt,
					   unsigned int owner);
int shadow_buddy_free(struct shadow_zone *zone, struct shadow_page *page,
		      unsigned int order);
int shadow_buddy_verify(struct shadow_zone *zone, struct shadow_fault *fault);

#endif /* SHADOW_BUDDY_H */
