/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHADOW_HOST_SORT_H
#define SHADOW_HOST_SORT_H

#include <stdlib.h>

#define sort(base, num, bytes, cmp, swap_fn) \
	do { (void)(swap_fn); qsort(base, num, bytes, cmp); } while (0)

#endif /* SHADOW_HOST_SORT_H */
