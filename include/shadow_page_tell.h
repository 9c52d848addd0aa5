/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_page_tell - all that the machine knows of one frame, in words. Follows
 * __dump_page() of mm/debug.c.
 */
#ifndef SHADOW_PAGE_TELL_H
#define SHADOW_PAGE_TELL_H

#include "shadow_zone.h"

/* Takes text with its newlines. */
typedef void (*shadow_page_emit_t)(void *to, const char *text);

void shadow_page_tell(struct shadow_nodes *nodes, u64 pfn,
		      shadow_page_emit_t emit, void *to);

#endif /* SHADOW_PAGE_TELL_H */
