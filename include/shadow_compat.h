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
#include <linux/math.h>
#include <linux/version.h>
#endif

#endif /* SHADOW_COMPAT_H */
