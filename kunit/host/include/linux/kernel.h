/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHADOW_HOST_KERNEL_H
#define SHADOW_HOST_KERNEL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include_next <linux/kernel.h>

#include <linux/align.h>
#include <linux/bits.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/types.h>

#define upper_32_bits(n)	((u32)(((n) >> 16) >> 16))
#define lower_32_bits(n)	((u32)((n) & 0xffffffff))

#ifndef DIV_ROUND_UP_ULL
#define DIV_ROUND_UP_ULL(n, d)	DIV_ROUND_UP((unsigned long long)(n), (d))
#define _RET_IP_	((unsigned long)__builtin_return_address(0))

#endif
#define DIV_ROUND_CLOSEST(n, d)	(((n) + (d) / 2) / (d))
#define rounddown(x, y)		((x) - (x) % (y))

/* By Newton's rule; the kernel's is exact too. */
static inline unsigned long int_sqrt(unsigned long x)
{
	unsigned long root = x, next = x / 2 + 1;

	while (next < root) {
		root = next;
		next = (root + x / root) / 2;
	}
	return root;
}

#define might_sleep()		((void)0)
#define cond_resched()		((void)0)

#define _RET_IP_	((unsigned long)__builtin_return_address(0))

#endif /* SHADOW_HOST_KERNEL_H */
