/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's min() and max() also take two different types of one sign. */
#ifndef SHADOW_HOST_MINMAX_H
#define SHADOW_HOST_MINMAX_H

#undef min
#undef max
#undef min_t
#undef max_t
#undef clamp

#define min(x, y) ({							\
	typeof(x) __min1 = (x);						\
	typeof(y) __min2 = (y);						\
	__min1 < __min2 ? __min1 : __min2; })
#define max(x, y) ({							\
	typeof(x) __max1 = (x);						\
	typeof(y) __max2 = (y);						\
	__max1 > __max2 ? __max1 : __max2; })
#define min_t(type, x, y)	min((type)(x), (type)(y))
#define max_t(type, x, y)	max((type)(x), (type)(y))
#define min3(x, y, z)		min((typeof(x))min(x, y), z)
#define max3(x, y, z)		max((typeof(x))max(x, y), z)
#define clamp(val, lo, hi)	min((typeof(val))max(val, lo), hi)
#define clamp_t(type, val, lo, hi) \
	min_t(type, max_t(type, val, lo), hi)
#define clamp_val(val, lo, hi)	clamp_t(typeof(val), val, lo, hi)

#define swap(a, b) \
	do { typeof(a) __tmp = (a); (a) = (b); (b) = __tmp; } while (0)

#endif /* SHADOW_HOST_MINMAX_H */
