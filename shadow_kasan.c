// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_kasan - the host's KASAN learns what may be touched. See
 * shadow_kasan.h; without KASAN nothing is left of this room.
 */
#include "shadow_kasan.h"

#if SHADOW_KASAN
#include <linux/kasan.h>
#ifdef __KERNEL__
#include <linux/mm.h>

/* Elsewhere one page of zeroes, read-only, may be the shadow of everything. */
static bool has_shadow(const void *addr)
{
	return IS_ENABLED(CONFIG_KASAN_VMALLOC) || virt_addr_valid(addr);
}

static void forbid(const void *addr, u64 bytes, u8 kind)
{
	if (has_shadow(addr))
		__memset(kasan_mem_to_shadow(addr), kind, bytes / SHADOW_KASAN_GRANULE);
}

static void allow(const void *addr, u64 bytes)
{
	u64 whole = round_down(bytes, SHADOW_KASAN_GRANULE);
	u8 *shadow;

	if (!has_shadow(addr))
		return;
	shadow = kasan_mem_to_shadow(addr);
	__memset(shadow, 0, whole / SHADOW_KASAN_GRANULE);
	if (bytes > whole)
		shadow[whole / SHADOW_KASAN_GRANULE] = bytes - whole;
}

static bool forbidden(const void *addr)
{
	s8 shadow;

	if (!has_shadow(addr))
		return false;
	shadow = *(const s8 *)kasan_mem_to_shadow(addr);
	return shadow && (s8)((unsigned long)addr % SHADOW_KASAN_GRANULE) >= shadow;
}
#else
static void forbid(const void *addr, u64 bytes, u8 kind)
{
	__asan_poison_memory_region(addr, bytes);
}

static void allow(const void *addr, u64 bytes)
{
	__asan_unpoison_memory_region(addr, bytes);
}

static bool forbidden(const void *addr)
{
	return __asan_address_is_poisoned(addr);
}
#endif

/**
 * shadow_kasan_poison() - nobody may touch a range
 * @addr: its beginning, at a granule
 * @bytes: its length, whole granules; what follows the last of them stays as it is
 * @kind: SHADOW_KASAN_FREE or _REDZONE: what a report calls it
 *
 * Follows kasan_poison() of mm/kasan/shadow.c.
 *
 * Context: any.
 */
void shadow_kasan_poison(const void *addr, u64 bytes, u8 kind)
{
	forbid(addr, round_down(bytes, SHADOW_KASAN_GRANULE), kind);
}

/**
 * shadow_kasan_unpoison() - a range may be touched
 * @addr: its beginning, at a granule
 * @bytes: its length; the rest of the last granule may not be touched
 *
 * Follows kasan_unpoison() of mm/kasan/shadow.c.
 *
 * Context: any.
 */
void shadow_kasan_unpoison(const void *addr, u64 bytes)
{
	allow(addr, bytes);
}

/**
 * shadow_kasan_poisoned() - may a byte not be touched?
 * @addr: the byte
 *
 * Context: any.
 * Return: true if who touches it is reported.
 */
bool shadow_kasan_poisoned(const void *addr)
{
	return forbidden(addr);
}
#endif
