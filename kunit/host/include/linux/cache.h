/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHADOW_HOST_CACHE_H
#define SHADOW_HOST_CACHE_H

#define L1_CACHE_SHIFT	6
#define L1_CACHE_BYTES	64
#define SMP_CACHE_BYTES	L1_CACHE_BYTES

#define ____cacheline_aligned		__attribute__((__aligned__(SMP_CACHE_BYTES)))
#define ____cacheline_aligned_in_smp	____cacheline_aligned
#define __cacheline_aligned		____cacheline_aligned
#define __ro_after_init
#ifndef __read_mostly
#define __read_mostly
#endif

#endif /* SHADOW_HOST_CACHE_H */
