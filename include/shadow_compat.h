/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_compat - the one place where kernel versions and build environments
 * differ.
 *
 * The core is compiled as a module, in the kernel tree for KUnit, and in user
 * space. It includes this header for the kernel's basic vocabulary (types,
 * bits, strings, locks) and nothing of the host's memory manager.
 */
#ifndef SHADOW_COMPAT_H
#define SHADOW_COMPAT_H

#include <linux/align.h>
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/jump_label.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/lockdep.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/stdarg.h>
#include <linux/string.h>
#include <linux/types.h>

#ifdef __KERNEL__
#include <linux/export.h>
#include <linux/math.h>
#include <linux/version.h>

/* The namespace is a word until 6.12, and a string since. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define SHADOW_EXPORT(symbol)	EXPORT_SYMBOL_NS_GPL(symbol, "SHADOW_MM")
#define SHADOW_IMPORT()		MODULE_IMPORT_NS("SHADOW_MM")
#else
#define SHADOW_EXPORT(symbol)	EXPORT_SYMBOL_NS_GPL(symbol, SHADOW_MM)
#define SHADOW_IMPORT()		MODULE_IMPORT_NS(SHADOW_MM)
#endif

/*
 * The host's largest page block, as an order. The name MAX_ORDER was exclusive
 * until 6.3, inclusive until 6.7, and is MAX_PAGE_ORDER since. Whoever uses
 * this includes <linux/mmzone.h>.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
#define SHADOW_HOST_MAX_ORDER	MAX_PAGE_ORDER
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
#define SHADOW_HOST_MAX_ORDER	MAX_ORDER
#else
#define SHADOW_HOST_MAX_ORDER	(MAX_ORDER - 1)
#endif

/*
 * A cache of the host's that is not merged with others. Before 6.5 there was no
 * flag for it; kmemleak's has the same effect, and no other without kmemleak.
 * Whoever uses this includes <linux/slab.h>.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#define SHADOW_HOST_SLAB_NO_MERGE	SLAB_NO_MERGE
#else
#define SHADOW_HOST_SLAB_NO_MERGE	SLAB_NOLEAKTRACE
#endif

/*
 * In TP_fast_assign(): the string that a __string() was declared with. Since
 * 6.10 it is remembered and is not said again.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define SHADOW_ASSIGN_STR(field, from)	__assign_str(field)
#else
#define SHADOW_ASSIGN_STR(field, from)	__assign_str(field, from)
#endif
#endif

#endif /* SHADOW_COMPAT_H */
