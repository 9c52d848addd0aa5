/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The words of the kernel that the core uses, for a program that runs on bare
 * metal: one processor, no interrupts, no C library. The makefile makes a
 * <linux/NAME.h> that includes this for each NAME which the core includes.
 */
#ifndef AT_ORACLE_WORDS_H
#define AT_ORACLE_WORDS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

typedef unsigned char u8;
typedef signed char s8;
typedef unsigned short u16;
typedef short s16;
typedef unsigned int u32;
typedef int s32;
typedef unsigned long long u64;
typedef long long s64;
typedef long ssize_t;
typedef u64 phys_addr_t;
typedef u64 resource_size_t;
typedef u64 dma_addr_t;
typedef unsigned int gfp_t;

#define INT_MAX		__INT_MAX__
#define LONG_MAX	__LONG_MAX__
#define UINT_MAX	(~0U)
#define ULONG_MAX	(~0UL)
#define ULLONG_MAX	(~0ULL)
#define U8_MAX		((u8)~0U)
#define U16_MAX		((u16)~0U)
#define U32_MAX		((u32)~0U)
#define S32_MAX		((s32)(U32_MAX >> 1))
#define U64_MAX		((u64)~0ULL)
#define S64_MAX		((s64)(U64_MAX >> 1))

#undef inline
#undef __always_inline
#define inline		inline __attribute__((__unused__))
#define __always_inline	inline __attribute__((__always_inline__))
#define noinline	__attribute__((__noinline__))
#define noinline_for_stack	noinline
#define __cold		__attribute__((__cold__))
#define __pure		__attribute__((__pure__))
#define __must_check	__attribute__((__warn_unused_result__))
#define __maybe_unused	__attribute__((__unused__))
#define __always_unused	__attribute__((__unused__))
#define __aligned(x)	__attribute__((__aligned__(x)))
#define __printf(a, b)	__attribute__((__format__(printf, a, b)))
#define __counted_by(member)
#define __read_mostly
#define __ro_after_init
#define ____cacheline_aligned	__aligned(64)
#define ____cacheline_aligned_in_smp	__aligned(64)
#define __acquires(x)
#define __releases(x)
#define __must_hold(x)
#define __acquire(x)	((void)0)
#define __release(x)	((void)0)
#define fallthrough	__attribute__((__fallthrough__))
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define barrier()	__asm__ __volatile__("" ::: "memory")
#define READ_ONCE(x)	(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))
#define data_race(x)	(x)
#define prefetch(x)	__builtin_prefetch(x)
#define prefetchw(x)	__builtin_prefetch(x, 1)
#define smp_wmb()	__asm__ __volatile__("dmb ishst" ::: "memory")
#define smp_rmb()	__asm__ __volatile__("dmb ishld" ::: "memory")
#define smp_mb()	__asm__ __volatile__("dmb ish" ::: "memory")
#define smp_load_acquire(p)	__atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	__atomic_store_n((p), (v), __ATOMIC_RELEASE)

#define BUILD_BUG_ON(x)	((void)sizeof(char[1 - 2 * !!(x)]))
#define static_assert(x, ...)	extern char assert_is_true[(x) ? 1 : -1]
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define BIT(n)		(1UL << (n))
#define BIT_ULL(n)	(1ULL << (n))
#define GENMASK_ULL(h, l)	((~0ULL << (l)) & (~0ULL >> (63 - (h))))
#define GENMASK(h, l)	((unsigned long)GENMASK_ULL(h, l))
#define BITS_PER_LONG	64
#define ALIGN(x, a)	(((x) + (a) - 1) & ~((__typeof__(x))(a) - 1))
#define ALIGN_DOWN(x, a)	((x) & ~((__typeof__(x))(a) - 1))
#define IS_ALIGNED(x, a)	(((x) & ((__typeof__(x))(a) - 1)) == 0)
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define DIV_ROUND_UP_ULL(n, d)	DIV_ROUND_UP((u64)(n), d)
#define round_up(x, a)	ALIGN(x, a)
#define round_down(x, a)	ALIGN_DOWN(x, a)
#define ilog2(x)	(63 - __builtin_clzll(x))
#define is_power_of_2(x)	((x) && !((x) & ((x) - 1)))
#define rounddown_pow_of_two(x)	(1UL << ilog2(x))
#define roundup_pow_of_two(x)	(1UL << (64 - __builtin_clzll((x) - 1)))
#define fls64(x)	((x) ? 64 - __builtin_clzll(x) : 0)
#define __ffs(x)	__builtin_ctzl(x)
#define __ffs64(x)	__builtin_ctzll(x)
#define __fls(x)	(63 - __builtin_clzl(x))
#define hweight64(x)	__builtin_popcountll(x)
#define hweight_long(x)	__builtin_popcountl(x)

#define min(x, y) ({ __typeof__(x) __x = (x); __typeof__(y) __y = (y); \
		     __x < __y ? __x : __y; })
#define max(x, y) ({ __typeof__(x) __x = (x); __typeof__(y) __y = (y); \
		     __x > __y ? __x : __y; })
#define min_t(t, x, y)	min((t)(x), (t)(y))
#define max_t(t, x, y)	max((t)(x), (t)(y))
#define clamp(v, lo, hi)	min((__typeof__(v))max(v, lo), hi)
#define swap(a, b) \
	do { __typeof__(a) __t = (a); (a) = (b); (b) = __t; } while (0)
#define container_of(p, t, m)	((t *)((char *)(p) - offsetof(t, m)))

#define SZ_4K	0x1000
#define SZ_16K	0x4000
#define SZ_64K	0x10000
#define SZ_1M	0x100000
#define SZ_2M	0x200000
#define SZ_32M	0x2000000
#define SZ_512M	0x20000000
#define SZ_1G	0x40000000

#define EPERM		1
#define ENOENT		2
#define EINTR		4
#define EIO		5
#define ENXIO		6
#define E2BIG		7
#define EBADF		9
#define EAGAIN		11
#define ENOMEM		12
#define EACCES		13
#define EFAULT		14
#define EBUSY		16
#define EEXIST		17
#define EXDEV		18
#define ENODEV		19
#define EINVAL		22
#define EFBIG		27
#define ENOSPC		28
#define EROFS		30
#define EDOM		33
#define ERANGE		34
#define ELOOP		40
#define ENODATA		61
#define EPROTO		71
#define EBADMSG		74
#define EOVERFLOW	75
#define EILSEQ		84
#define EOPNOTSUPP	95
#define EALREADY	114
#define EUCLEAN		117

#define MAX_ERRNO	4095
#define IS_ERR_VALUE(x)	((unsigned long)(x) >= (unsigned long)-MAX_ERRNO)
#define IS_ERR(p)	IS_ERR_VALUE((unsigned long)(p))
#define IS_ERR_OR_NULL(p)	(!(p) || IS_ERR(p))
#define PTR_ERR(p)	((long)(p))
#define ERR_PTR(e)	((void *)(long)(e))

static inline u64 div_u64_rem(u64 value, u32 by, u32 *rest)
{
	*rest = value % by;
	return value / by;
}

#define div_u64(value, by)	((u64)(value) / (by))

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	s64 counter;
} atomic64_t;

#define atomic_read(v)		READ_ONCE((v)->counter)
#define atomic_set(v, i)	WRITE_ONCE((v)->counter, i)
#define atomic_inc(v)		((void)++(v)->counter)
#define atomic64_read(v)	READ_ONCE((v)->counter)
#define atomic64_set(v, i)	WRITE_ONCE((v)->counter, i)
#define atomic64_add(i, v)	((void)((v)->counter += (i)))
#define atomic64_inc(v)		((void)++(v)->counter)

static inline int atomic_cmpxchg(atomic_t *v, int old, int new)
{
	int was = v->counter;

	if (was == old)
		v->counter = new;
	return was;
}

typedef struct {
	int unused;
} raw_spinlock_t, spinlock_t;

struct lock_class_key {
	int unused;
};

#define raw_spin_lock_init(l)			((void)(l))
#define raw_spin_lock(l)			((void)(l))
#define raw_spin_unlock(l)			((void)(l))
#define raw_spin_trylock(l)			((void)(l), true)
#define raw_spin_lock_irqsave(l, f)		((void)(l), (f) = 0)
#define raw_spin_unlock_irqrestore(l, f)	((void)(l), (void)(f))
#define SINGLE_DEPTH_NESTING			1
#define raw_spin_lock_nested(l, s)		((void)(l))
#define lockdep_assert_held(l)			((void)(l))
#define cpu_relax()				barrier()
#define cond_resched()				((void)0)
#define local_irq_save(f)			((f) = 0)
#define irqs_disabled()				1
#define local_irq_restore(f)			((void)(f))
#define raw_smp_processor_id()			0U
#define _RET_IP_				((unsigned long)__builtin_return_address(0))

struct static_key_false {
	int enabled;
};

#define DEFINE_STATIC_KEY_FALSE(name)	struct static_key_false name
#define DECLARE_STATIC_KEY_FALSE(name)	extern struct static_key_false name
#define DEFINE_STATIC_KEY_ARRAY_FALSE(name, n)	struct static_key_false name[n]
#define static_branch_unlikely(key)	unlikely((key)->enabled > 0)
#define static_branch_likely(key)	likely((key)->enabled > 0)
#define static_branch_inc(key)		((void)(key)->enabled++)
#define static_branch_dec(key)		((void)(key)->enabled--)

void *memset(void *to, int value, size_t bytes);
void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
size_t strlen(const char *text);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t bytes);
char *strchr(const char *text, int c);
__printf(3, 0)
int vsnprintf(char *text, size_t size, const char *fmt, va_list args);
__printf(3, 0)
int vscnprintf(char *text, size_t size, const char *fmt, va_list args);
__printf(3, 4)
int snprintf(char *text, size_t size, const char *fmt, ...);
__printf(3, 4)
int scnprintf(char *text, size_t size, const char *fmt, ...);

#endif /* AT_ORACLE_WORDS_H */
