/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_compound - blocks with more than one user, or that stop being one:
 * references, compound pages and their tails, split_page(). Follows
 * include/linux/mm.h and page-flags.h.
 */
#ifndef SHADOW_COMPOUND_H
#define SHADOW_COMPOUND_H

#include "shadow_zone.h"

struct shadow_page *shadow_block_head(const struct shadow_nodes *nodes,
				      struct shadow_page *page);
struct shadow_page *shadow_compound_head(const struct shadow_nodes *nodes,
					 struct shadow_page *page);
unsigned int shadow_compound_order(const struct shadow_page *page);
int shadow_get_page(struct shadow_nodes *nodes, struct shadow_page *page);
int shadow_put_page(struct shadow_nodes *nodes, struct shadow_page *page);
int shadow_split_page(struct shadow_nodes *nodes, struct shadow_page *page,
		      unsigned int order);

static inline bool shadow_page_compound(const struct shadow_page *page)
{
	return READ_ONCE(page->flags) & SHADOW_PF_COMP;
}

#endif /* SHADOW_COMPOUND_H */
