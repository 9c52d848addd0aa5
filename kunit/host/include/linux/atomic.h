/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHADOW_HOST_ATOMIC_H
#define SHADOW_HOST_ATOMIC_H

#include <linux/compiler.h>
#include <linux/types.h>

/*
 * The kernel's three families, all fully ordered: a weaker order in the name
 * is a permission, not a promise.
 */
#define SHADOW_HOST_ATOMIC(name, type, val)				\
static inline val name##_read(const type *v)				\
{									\
	return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);		\
}									\
static inline val name##_read_acquire(const type *v)			\
{									\
	return __atomic_load_n(&v->counter, __ATOMIC_ACQUIRE);		\
}									\
static inline void name##_set(type *v, val i)				\
{									\
	__atomic_store_n(&v->counter, i, __ATOMIC_RELAXED);		\
}									\
static inline void name##_set_release(type *v, val i)			\
{									\
	__atomic_store_n(&v->counter, i, __ATOMIC_RELEASE);		\
}									\
static inline void name##_add(val i, type *v)				\
{									\
	__atomic_fetch_add(&v->counter, i, __ATOMIC_SEQ_CST);		\
}									\
static inline void name##_sub(val i, type *v)				\
{									\
	__atomic_fetch_sub(&v->counter, i, __ATOMIC_SEQ_CST);		\
}									\
static inline void name##_inc(type *v)					\
{									\
	name##_add(1, v);						\
}									\
static inline void name##_dec(type *v)					\
{									\
	name##_sub(1, v);						\
}									\
static inline val name##_add_return(val i, type *v)			\
{									\
	return __atomic_add_fetch(&v->counter, i, __ATOMIC_SEQ_CST);	\
}									\
static inline val name##_sub_return(val i, type *v)			\
{									\
	return __atomic_sub_fetch(&v->counter, i, __ATOMIC_SEQ_CST);	\
}									\
static inline val name##_inc_return(type *v)				\
{									\
	return name##_add_return(1, v);					\
}									\
static inline val name##_dec_return(type *v)				\
{									\
	return name##_sub_return(1, v);					\
}									\
static inline val name##_fetch_add(val i, type *v)			\
{									\
	return __atomic_fetch_add(&v->counter, i, __ATOMIC_SEQ_CST);	\
}									\
static inline bool name##_dec_and_test(type *v)				\
{									\
	return name##_sub_return(1, v) == 0;				\
}									\
static inline val name##_xchg(type *v, val i)				\
{									\
	return __atomic_exchange_n(&v->counter, i, __ATOMIC_SEQ_CST);	\
}									\
static inline bool name##_try_cmpxchg(type *v, val *old, val new)	\
{									\
	return __atomic_compare_exchange_n(&v->counter, old, new, false, \
					   __ATOMIC_SEQ_CST,		\
					   __ATOMIC_SEQ_CST);		\
}									\
static inline val name##_cmpxchg(type *v, val old, val new)		\
{									\
	name##_try_cmpxchg(v, &old, new);				\
	return old;							\
}

SHADOW_HOST_ATOMIC(atomic, atomic_t, int)
SHADOW_HOST_ATOMIC(atomic64, atomic64_t, s64)
SHADOW_HOST_ATOMIC(atomic_long, atomic_long_t, long)

#define xchg(ptr, v)	__atomic_exchange_n((ptr), (v), __ATOMIC_SEQ_CST)
#define cmpxchg(ptr, o, n) ({						\
	typeof(*(ptr)) __old = (o);					\
	__atomic_compare_exchange_n((ptr), &__old, (n), false,		\
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	__old; })

#define smp_mb()	__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_rmb()	__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb()	__atomic_thread_fence(__ATOMIC_RELEASE)

#endif /* SHADOW_HOST_ATOMIC_H */
