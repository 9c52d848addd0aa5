/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_page_slow - an allocation that no zone can answer above its low
 * watermark. Used by shadow_page_alloc alone. Follows __alloc_pages_slowpath()
 * of mm/page_alloc.c.
 */
#ifndef SHADOW_PAGE_SLOW_H
#define SHADOW_PAGE_SLOW_H

#include "shadow_gfp.h"
#include "shadow_zone.h"

struct shadow_page *shadow_page_slow(struct shadow_nodes *nodes,
				     unsigned int cpu, u32 gfp,
				     unsigned int order);

#endif /* SHADOW_PAGE_SLOW_H */
