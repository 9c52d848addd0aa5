/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHADOW_HOST_BITMAP_H
#define SHADOW_HOST_BITMAP_H

/* GENMASK() of what is unsigned: not ours to correct. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wtype-limits"
#include_next <linux/bitmap.h>
#pragma GCC diagnostic pop

void bitmap_set(unsigned long *map, unsigned int start, unsigned int nbits);
unsigned long bitmap_find_next_zero_area(const unsigned long *map,
					 unsigned long size,
					 unsigned long start, unsigned int nr,
					 unsigned long align_mask);

#endif /* SHADOW_HOST_BITMAP_H */
