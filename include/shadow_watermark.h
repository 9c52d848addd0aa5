/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_watermark - how much of each zone is kept back, and for whom.
 */
#ifndef SHADOW_WATERMARK_H
#define SHADOW_WATERMARK_H

#include "shadow_zone.h"

void shadow_zone_setup_watermarks(struct shadow_nodes *nodes);

#endif /* SHADOW_WATERMARK_H */
