/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_zonelist - which zones an allocation tries, in which order.
 */
#ifndef SHADOW_ZONELIST_H
#define SHADOW_ZONELIST_H

#include "shadow_zone.h"

void shadow_build_zonelists(struct shadow_nodes *nodes);
unsigned int shadow_zonelist_first(const struct shadow_zonelist *list,
				   enum shadow_zone_type highest);
u64 shadow_zonelist_total(const struct shadow_nodes *nodes);

#endif /* SHADOW_ZONELIST_H */
