/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_test_threads - threads of a case: kthreads in the kernel, pthreads in
 * user space.
 */
#ifndef SHADOW_TEST_THREADS_H
#define SHADOW_TEST_THREADS_H

#include "shadow_test.h"

#ifdef __KERNEL__
#include <linux/kthread.h>
#else
#include <pthread.h>
#endif

/**
 * struct shadow_test_thread - one thread
 * @run: what it does
 * @arg: with what
 * @thread: it
 */
struct shadow_test_thread {
	void (*run)(void *arg);
	void *arg;
#ifdef __KERNEL__
	struct task_struct *thread;
#else
	pthread_t thread;
#endif
};

#ifdef __KERNEL__
static inline int shadow_test_thread_main(void *arg)
{
	struct shadow_test_thread *t = arg;

	t->run(t->arg);
	/* Ends when it is told to: whoever started it holds no reference */
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

static inline int shadow_test_thread_start(struct shadow_test_thread *t)
{
	t->thread = kthread_run(shadow_test_thread_main, t, "shadow_test");
	return PTR_ERR_OR_ZERO(t->thread);
}

static inline void shadow_test_thread_join(struct shadow_test_thread *t)
{
	kthread_stop(t->thread);
}
#else
static inline void *shadow_test_thread_main(void *arg)
{
	struct shadow_test_thread *t = arg;

	t->run(t->arg);
	return NULL;
}

static inline int shadow_test_thread_start(struct shadow_test_thread *t)
{
	return -pthread_create(&t->thread, NULL, shadow_test_thread_main, t);
}

static inline void shadow_test_thread_join(struct shadow_test_thread *t)
{
	pthread_join(t->thread, NULL);
}
#endif

#endif /* SHADOW_TEST_THREADS_H */
