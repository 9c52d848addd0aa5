/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_zonelist - which zones an allocation tries, in which order.
 */
#ifndef SHADOW_ZONELIST_H
#define SHADOW_ZONELIST_H

#include "shadow_zone.h"

void shadow_build_zonelists(struct shadow_nodes *nodes);

#endif /* SHADOW_ZONELIST_H */
