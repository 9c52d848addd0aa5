/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The words of the kernel that the walker and what explains it use, in terms
 * of the C library, so that they are compiled on a machine that has neither the
 * kernel's source nor its headers. scripts/shadow-pgtable makes a <linux/NAME.h>
 * that includes this for each NAME which they include.
 *
 * Types that headers only mention (locks, counters) are there to be laid out,
 * not to be used.
 */
#ifndef SHADOW_PGTABLE_WORDS_H
#define SHADOW_PGTABLE_WORDS_H

#include <assert.h>
#include <errno.h>
#include <linux/types.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

/* The formats of the core say %llx */
typedef unsigned long long u64;
typedef long long s64;
typedef __u32 u32;
typedef __s32 s32;
typedef __u16 u16;
typedef __s16 s16;
typedef __u8 u8;
typedef __s8 s8;
typedef u64 phys_addr_t;
typedef u64 resource_size_t;
typedef u64 dma_addr_t;
typedef unsigned int gfp_t;

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	s64 counter;
} atomic64_t;

typedef struct {
	int unused;
} raw_spinlock_t;

typedef raw_spinlock_t spinlock_t;

struct lock_class_key {
	int unused;
};

struct static_key_false {
	int enabled;
};

#define atomic_read(v)		READ_ONCE((v)->counter)
#define atomic64_read(v)	READ_ONCE((v)->counter)
#define DECLARE_STATIC_KEY_FALSE(name)	extern struct static_key_false name
#define static_branch_unlikely(key)	((key)->enabled > 0)

#define U64_MAX		((u64)~0ULL)
#define U32_MAX		((u32)~0U)

#undef __always_inline
#define __always_inline	inline __attribute__((__always_inline__))
#define __printf(fmt, args)	__attribute__((__format__(printf, fmt, args)))
#define __noreturn	__attribute__((__noreturn__))
#define __must_check	__attribute__((__warn_unused_result__))
#define __cold
#define __pure		__attribute__((__pure__))
#define __read_mostly
#define __aligned(x)	__attribute__((__aligned__(x)))
#define ____cacheline_aligned
#define ____cacheline_aligned_in_smp
#define __counted_by(member)
#define __acquires(lock)
#define __releases(lock)
#define __must_hold(lock)
#define noinline	__attribute__((__noinline__))
#define fallthrough	__attribute__((__fallthrough__))
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define READ_ONCE(x)	(x)
#define WRITE_ONCE(x, v)	((x) = (v))
#define BUILD_BUG_ON(x)	static_assert(!(x), #x)

#define BIT(n)		(1UL << (n))
#define BIT_ULL(n)	(1ULL << (n))
#define GENMASK_ULL(high, low)	(~0ULL >> (63 - (high)) & ~0ULL << (low))
#define GENMASK(high, low)	((unsigned long)GENMASK_ULL(high, low))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define IS_ALIGNED(x, a)	(!((x) & ((__typeof__(x))(a) - 1)))
#define ALIGN(x, a)	(((x) + (a) - 1) & ~((__typeof__(x))(a) - 1))
#define ALIGN_DOWN(x, a)	((x) & ~((__typeof__(x))(a) - 1))
#define ilog2(x)	(63 - __builtin_clzll(x))
#define rounddown_pow_of_two(x)	(1UL << ilog2(x))
#define is_power_of_2(x)	((x) && !((x) & ((x) - 1)))
#define min(x, y) ({							\
	__typeof__(x) __x = (x);					\
	__typeof__(y) __y = (y);					\
	__x < __y ? __x : __y; })
#define max(x, y) ({							\
	__typeof__(x) __x = (x);					\
	__typeof__(y) __y = (y);					\
	__x > __y ? __x : __y; })
#define min_t(type, x, y)	min((type)(x), (type)(y))
#define max_t(type, x, y)	max((type)(x), (type)(y))

#define SZ_4K		0x1000
#define SZ_64K		0x10000
#define SZ_2M		0x200000

#define MAX_ERRNO	4095
#define IS_ERR(p)	((unsigned long)(p) >= (unsigned long)-MAX_ERRNO)
#define PTR_ERR(p)	((long)(p))
#define ERR_PTR(err)	((void *)(long)(err))

static inline __printf(3, 0)
int vscnprintf(char *text, size_t size, const char *fmt, va_list args)
{
	int nr = vsnprintf(text, size, fmt, args);

	if (!size)
		return 0;
	return nr < (int)size ? nr : (int)size - 1;
}

static inline __printf(3, 4)
int scnprintf(char *text, size_t size, const char *fmt, ...)
{
	va_list args;
	int nr;

	va_start(args, fmt);
	nr = vscnprintf(text, size, fmt, args);
	va_end(args);
	return nr;
}

#endif /* SHADOW_PGTABLE_WORDS_H */
