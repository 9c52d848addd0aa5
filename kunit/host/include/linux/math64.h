/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHADOW_HOST_MATH64_H
#define SHADOW_HOST_MATH64_H

#include <linux/types.h>

static inline u64 div_u64(u64 dividend, u32 divisor)
{
	return dividend / divisor;
}

static inline u64 div_u64_rem(u64 dividend, u32 divisor, u32 *remainder)
{
	*remainder = dividend % divisor;
	return dividend / divisor;
}

static inline u64 div64_u64(u64 dividend, u64 divisor)
{
	return dividend / divisor;
}

static inline u64 div64_u64_rem(u64 dividend, u64 divisor, u64 *remainder)
{
	*remainder = dividend % divisor;
	return dividend / divisor;
}

static inline u64 mul_u64_u64_div_u64(u64 a, u64 b, u64 c)
{
	return (u64)((__uint128_t)a * b / c);
}

#define do_div(n, base) ({						\
	u32 __rem = (u64)(n) % (u32)(base);				\
	(n) = (u64)(n) / (u32)(base);					\
	__rem; })

#endif /* SHADOW_HOST_MATH64_H */
