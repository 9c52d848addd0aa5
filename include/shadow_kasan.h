/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_kasan - the host's KASAN is told which bytes of the block nobody may
 * touch, so that it reports who does. In user space AddressSanitizer is.
 *
 * A granule, 8 bytes, is the least that can be forbidden; of the last one of a
 * range that is allowed, the first bytes alone can be.
 */
#ifndef SHADOW_KASAN_H
#define SHADOW_KASAN_H

#include "shadow_compat.h"

#define SHADOW_KASAN_GRANULE	8

/* Why; KASAN_SLAB_FREE and KASAN_SLAB_REDZONE of mm/kasan/kasan.h */
#define SHADOW_KASAN_FREE	0xfb
#define SHADOW_KASAN_REDZONE	0xfc

#if defined(CONFIG_KASAN_GENERIC) || defined(__SANITIZE_ADDRESS__)
#define SHADOW_KASAN	1
void shadow_kasan_poison(const void *addr, u64 bytes, u8 kind);
void shadow_kasan_unpoison(const void *addr, u64 bytes);
bool shadow_kasan_poisoned(const void *addr);
#else
#define SHADOW_KASAN	0
static inline void shadow_kasan_poison(const void *addr, u64 bytes, u8 kind) { }
static inline void shadow_kasan_unpoison(const void *addr, u64 bytes) { }
static inline bool shadow_kasan_poisoned(const void *addr)
{
	return false;
}
#endif

#endif /* SHADOW_KASAN_H */
