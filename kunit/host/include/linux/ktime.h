/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHADOW_HOST_KTIME_H
#define SHADOW_HOST_KTIME_H

#include <linux/types.h>

u64 ktime_get_ns(void);

#define NSEC_PER_SEC	1000000000L
#define NSEC_PER_MSEC	1000000L
#define NSEC_PER_USEC	1000L

#endif /* SHADOW_HOST_KTIME_H */
