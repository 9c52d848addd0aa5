// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bench_soak_objects - threads that allocate objects and memory of
 * kmalloc on their own CPU, and free what another one has allocated, until they
 * are stopped. Each object says itself what it is, at both ends: one with two
 * owners is found by its contents.
 */
#define pr_fmt(fmt) "shadow_bench: " fmt

#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "shadow_bench.h"

#define OBJECT_SLOTS	1024
#define OBJECT_REST	64	/* operations between two chances for others */
#define OBJECT_HEAP	0	/* kind: of kmalloc; else of caches[kind - 1] */
#define OBJECT_MAX	6000	/* bytes of the largest of kmalloc */

/**
 * struct object_head - what an object begins with
 * @kind: where it is from
 * @bytes: of it
 * @sum: over both and its place; the last 8 bytes are the same
 */
struct object_head {
	u32 kind;
	u32 bytes;
	u64 sum;
};

/**
 * struct object_worker - one thread
 * @task: the thread
 * @id: which it is, from 1
 * @random: state of its generator
 * @nr_operations: allocations and frees
 * @nr_refused: allocations that were not granted
 * @nr_errors: frees that were refused, contents that had changed
 */
struct object_worker {
	struct task_struct *task;
	unsigned int id;
	u64 random;
	u64 nr_operations;
	u64 nr_refused;
	u64 nr_errors;
};

static struct {
	const char *name;
	u32 bytes, flags;
	struct shadow_kmem_cache *cache;
} caches[] = {
	{ "soak-small", 24, 0, NULL },
	{ "soak-line", 200, SHADOW_SLAB_HWCACHE_ALIGN, NULL },
	{ "soak-rcu", 120, SHADOW_SLAB_TYPESAFE_BY_RCU, NULL },
	{ "soak-large", 3000, 0, NULL },
	{ "soak-debug", 72, SHADOW_SLAB_POISON | SHADOW_SLAB_RED_ZONE |
			    SHADOW_SLAB_STORE_USER, NULL },
};

static struct shadow_mm *soaked;
static struct object_worker *workers;
static unsigned int nr_workers;
static atomic_long_t *slots;

static u64 sum_of(const struct object_head *head)
{
	return ((u64)(unsigned long)head ^ (u64)head->kind << 48 ^ head->bytes) *
	       0x9e3779b97f4a7c15ULL;
}

static u64 *end_of(const struct object_head *head)
{
	return (void *)head + round_down(head->bytes, 8) - 8;
}

static void object_error(struct object_worker *worker, const char *what, s64 value)
{
	if (!worker->nr_errors++)
		pr_err("soak: worker %u: %s: %lld\n", worker->id, what, value);
}

static struct object_head *object_take(struct object_worker *worker, u64 random)
{
	struct object_head *head;
	u32 kind = random % (2 * ARRAY_SIZE(caches)), bytes;

	if (kind > ARRAY_SIZE(caches))
		kind = OBJECT_HEAP;
	bytes = 16 + (random >> 16) % ((random >> 8) % 8 ? 512 : OBJECT_MAX);
	if (kind)
		bytes = caches[kind - 1].bytes;
	head = kind ? shadow_kmem_cache_alloc(caches[kind - 1].cache, SHADOW_GFP_KERNEL) :
		      shadow_kmalloc(&soaked->slab, bytes, SHADOW_GFP_KERNEL);
	if (!head) {
		worker->nr_refused++;
		return NULL;
	}
	head->kind = kind;
	head->bytes = bytes;
	head->sum = sum_of(head);
	*end_of(head) = head->sum;
	return head;
}

/* What it says of itself is only believed if it has not changed */
static void object_give(struct object_worker *worker, struct object_head *head)
{
	int err;

	if (head->sum != sum_of(head) || head->kind > ARRAY_SIZE(caches) ||
	    head->bytes > SZ_8K || *end_of(head) != head->sum) {
		object_error(worker, "an object has changed, of kind", head->kind);
		return;
	}
	err = head->kind ? shadow_kmem_cache_free(caches[head->kind - 1].cache, head) :
			   shadow_kfree(&soaked->slab, head);
	if (err)
		object_error(worker, "a free was refused", err);
}

/* Whoever comes to a slot frees what another one has left there */
static void object_step(struct object_worker *worker)
{
	u64 random = bench_random(&worker->random);
	struct object_head *head = NULL;
	long found;

	/* In turn there is more of everything, and less */
	if ((random >> 60) < (worker->nr_operations++ >> 14 & 1 ? 5 : 12))
		head = object_take(worker, random);
	found = atomic_long_xchg(&slots[(random >> 40) % OBJECT_SLOTS], (long)head);
	if (found)
		object_give(worker, (struct object_head *)found);
}

static int object_thread(void *arg)
{
	struct object_worker *worker = arg;
	unsigned long irqflags;

	while (!kthread_should_stop()) {
		/* Some callers have interrupts off, most do not */
		if (worker->random % 8) {
			object_step(worker);
		} else {
			local_irq_save(irqflags);
			object_step(worker);
			local_irq_restore(irqflags);
		}
		if (worker->nr_operations % OBJECT_REST == 0)
			cond_resched();
	}
	return 0;
}

/* All that is left goes back, and with it the caches */
static void object_clear(struct object_worker *worker)
{
	unsigned int i;
	long found;
	int err;

	for (i = 0; i < OBJECT_SLOTS; i++) {
		found = atomic_long_xchg(&slots[i], 0);
		if (found)
			object_give(worker, (struct object_head *)found);
	}
	for (i = 0; i < ARRAY_SIZE(caches); i++) {
		if (!caches[i].cache)
			continue;
		err = shadow_kmem_cache_destroy(caches[i].cache);
		if (err)
			object_error(worker, "a cache is still in use", err);
		caches[i].cache = NULL;
	}
}

/**
 * bench_soak_objects_stop() - end the threads; all that they have goes back
 *
 * Return: how often something was wrong.
 */
u64 bench_soak_objects_stop(void)
{
	u64 operations = 0, refused = 0, errors = 0;
	unsigned int i;

	if (!workers)
		return 0;
	for (i = 0; i < nr_workers; i++)
		if (!IS_ERR_OR_NULL(workers[i].task))
			kthread_stop(workers[i].task);
	object_clear(&workers[0]);
	for (i = 0; i < nr_workers; i++) {
		operations += workers[i].nr_operations;
		refused += workers[i].nr_refused;
		errors += workers[i].nr_errors;
	}
	pr_info("SOAK objects workers=%u operations=%llu refused=%llu errors=%llu\n",
		nr_workers, operations, refused, errors);
	kvfree(slots);
	kvfree(workers);
	workers = NULL;
	return errors;
}

static int object_caches(void)
{
	struct shadow_kmem_cache *cache;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(caches); i++) {
		cache = shadow_kmem_cache_create(&soaked->slab, caches[i].name,
						 caches[i].bytes, 0, caches[i].flags, NULL);
		if (IS_ERR(cache))
			return PTR_ERR(cache);
		caches[i].cache = cache;
	}
	return 0;
}

/* One on each CPU, round and round */
static int object_start(struct object_worker *worker, u64 seed)
{
	unsigned int id = worker - workers;

	worker->id = id + 1;
	worker->random = (seed ^ (id + 1) * 0x9e3779b97f4a7c15ULL) ? : 1;
	worker->task = kthread_create(object_thread, worker, "shadow_soak/%u", id);
	if (IS_ERR(worker->task))
		return PTR_ERR(worker->task);
	kthread_bind(worker->task, id % num_online_cpus());
	wake_up_process(worker->task);
	return 0;
}

/**
 * bench_soak_objects_start() - threads that allocate and free from now on
 * @mm: the machine, with contents
 * @nr: how many
 * @seed: what their random sequences start from
 *
 * Return: 0; -EINVAL for a machine without contents; -ENOMEM; what the caches
 * say.
 */
int bench_soak_objects_start(struct shadow_mm *mm, unsigned int nr, u64 seed)
{
	unsigned int i;
	int err;

	if (!mm->nodes.block->virt) {
		pr_err("soak: machine '%s' has no contents to be marked\n", mm->name);
		return -EINVAL;
	}
	soaked = mm;
	nr_workers = nr;
	workers = kvcalloc(nr, sizeof(*workers), GFP_KERNEL);
	slots = kvcalloc(OBJECT_SLOTS, sizeof(*slots), GFP_KERNEL);
	if (!workers || !slots) {
		kvfree(workers);
		kvfree(slots);
		workers = NULL;
		return -ENOMEM;
	}
	pr_info("soak: seed %#llx, objects of engine %s\n", seed, mm->slab.cfg.engine);
	err = object_caches();
	for (i = 0; i < nr && !err; i++)
		err = object_start(&workers[i], seed);
	if (err)
		bench_soak_objects_stop();
	return err;
}
