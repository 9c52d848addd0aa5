/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test-and-set locks that threads can share, and that know their holder: a
 * thread that takes a lock twice, or lets go of a lock which it does not hold,
 * ends the run at once. Disabling interrupts means nothing here.
 */
#ifndef SHADOW_HOST_SPINLOCK_H
#define SHADOW_HOST_SPINLOCK_H

#include <linux/compiler.h>
#include <linux/lockdep.h>
#include <linux/types.h>

/**
 * struct shadow_host_lock - a lock
 * @holder: 1 + index of the thread that holds it, 0 if nobody does
 */
typedef struct shadow_host_lock {
	int holder;
} raw_spinlock_t, spinlock_t;

#define __RAW_SPIN_LOCK_UNLOCKED(name)	{ 0 }
#define __SPIN_LOCK_UNLOCKED(name)	{ 0 }
#define DEFINE_RAW_SPINLOCK(name)	raw_spinlock_t name = { 0 }
#define DEFINE_SPINLOCK(name)		spinlock_t name = { 0 }

int shadow_host_thread(void);
void shadow_host_lock_wait(raw_spinlock_t *lock);

/* Whoever wants to know of each lock that is taken or let go; NULL: nobody does */
extern void (*shadow_host_lock_watch)(const raw_spinlock_t *lock, bool taken);
void __noreturn shadow_host_lock_misuse(const char *what);

static inline void raw_spin_lock_init(raw_spinlock_t *lock)
{
	lock->holder = 0;
}

static inline bool raw_spin_trylock(raw_spinlock_t *lock)
{
	int nobody = 0;

	if (!__atomic_compare_exchange_n(&lock->holder, &nobody,
					 shadow_host_thread(), false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return false;
	if (unlikely(shadow_host_lock_watch))
		shadow_host_lock_watch(lock, true);
	return true;
}

static inline void raw_spin_lock(raw_spinlock_t *lock)
{
	if (unlikely(!raw_spin_trylock(lock)))
		shadow_host_lock_wait(lock);
}

static inline bool raw_spin_is_locked(const raw_spinlock_t *lock)
{
	return __atomic_load_n(&lock->holder, __ATOMIC_RELAXED) != 0;
}

static inline bool shadow_host_lock_is_held(const raw_spinlock_t *lock)
{
	return __atomic_load_n(&lock->holder, __ATOMIC_RELAXED) ==
	       shadow_host_thread();
}

static inline void raw_spin_unlock(raw_spinlock_t *lock)
{
	if (unlikely(!shadow_host_lock_is_held(lock)))
		shadow_host_lock_misuse("unlock of a lock not held");
	if (unlikely(shadow_host_lock_watch))
		shadow_host_lock_watch(lock, false);
	__atomic_store_n(&lock->holder, 0, __ATOMIC_RELEASE);
}

#define local_irq_save(flags)		((flags) = 0)
/* A thread is a CPU, and nothing interrupts one */
#define irqs_disabled()			true
#define local_irq_restore(flags)	((void)(flags))
#define local_irq_disable()		((void)0)
#define local_irq_enable()		((void)0)
#define preempt_disable()		((void)0)
#define preempt_enable()		((void)0)

#define raw_spin_lock_irqsave(lock, flags) \
	do { (flags) = 0; raw_spin_lock(lock); } while (0)
#define raw_spin_unlock_irqrestore(lock, flags) \
	do { (void)(flags); raw_spin_unlock(lock); } while (0)
#define raw_spin_trylock_irqsave(lock, flags) \
	((flags) = 0, raw_spin_trylock(lock))
#define raw_spin_lock_irq(lock)			raw_spin_lock(lock)
#define raw_spin_unlock_irq(lock)		raw_spin_unlock(lock)
#define raw_spin_lock_nested(lock, subclass)	raw_spin_lock(lock)
#define raw_spin_lock_nest_lock(lock, outer) \
	do { lockdep_assert_held(outer); raw_spin_lock(lock); } while (0)

#define spin_lock_init(lock)			raw_spin_lock_init(lock)
#define spin_lock(lock)				raw_spin_lock(lock)
#define spin_unlock(lock)			raw_spin_unlock(lock)
#define spin_trylock(lock)			raw_spin_trylock(lock)
#define spin_lock_irqsave(lock, flags)		raw_spin_lock_irqsave(lock, flags)
#define spin_unlock_irqrestore(lock, flags) \
	raw_spin_unlock_irqrestore(lock, flags)

#ifdef __x86_64__
#define cpu_relax()	__builtin_ia32_pause()
#else
#define cpu_relax()	barrier()
#endif

#endif /* SHADOW_HOST_SPINLOCK_H */
