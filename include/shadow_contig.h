/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_contig - frames in a row, any number of them, out of the buddy. Follows
 * alloc_contig_pages() of mm/page_alloc.c, without its migration: only what is
 * free can be had.
 */
#ifndef SHADOW_CONTIG_H
#define SHADOW_CONTIG_H

#include "shadow_zone.h"

u64 shadow_contig_alloc(struct shadow_nodes *nodes, u64 nr_pages, u64 align,
			unsigned int owner);
int shadow_contig_free(struct shadow_nodes *nodes, u64 pfn, u64 nr_pages);

#endif /* SHADOW_CONTIG_H */
