/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_page_count - frames allocated and freed, as counters have it.
 */
#ifndef SHADOW_PAGE_COUNT_H
#define SHADOW_PAGE_COUNT_H

#include "shadow_zone.h"

void shadow_page_count_init(struct shadow_nodes *nodes);
void shadow_page_count_keep(struct shadow_zone *zone);
u64 shadow_page_count(const struct shadow_nodes *nodes,
		      enum shadow_zone_type type, enum shadow_event_id id);

#endif /* SHADOW_PAGE_COUNT_H */
