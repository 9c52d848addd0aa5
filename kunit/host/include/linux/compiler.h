/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHADOW_HOST_COMPILER_H
#define SHADOW_HOST_COMPILER_H

#include_next <linux/compiler.h>

#ifndef fallthrough
#define fallthrough	__attribute__((__fallthrough__))
#endif
#ifndef __aligned
#define __aligned(x)	__attribute__((__aligned__(x)))
#endif
#ifndef __pure
#define __pure		__attribute__((__pure__))
#endif
#ifndef __always_unused
#define __always_unused	__attribute__((__unused__))
#endif
#ifndef noinline_for_stack
#define noinline_for_stack	noinline
#endif
/* tools/include leaves it empty. */
#undef noinline
#define noinline	__attribute__((__noinline__))
/* tools/include says __unused__. */
#undef __used
#define __used		__attribute__((__used__))
#ifndef __section
#define __section(s)	__attribute__((__section__(s)))
#endif
#ifndef __counted_by
#define __counted_by(member)
#endif
#ifndef __nonstring
#define __nonstring	__attribute__((__nonstring__))
#endif
#ifndef data_race
#define data_race(expr)	(expr)
#endif
#ifndef __acquires
#define __acquires(x)
#define __releases(x)
#define __must_hold(x)
#define __acquire(x)	((void)0)
#define __release(x)	((void)0)
#endif

#define smp_load_acquire(p)	__atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	__atomic_store_n((p), (v), __ATOMIC_RELEASE)

#endif /* SHADOW_HOST_COMPILER_H */
