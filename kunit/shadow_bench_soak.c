// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bench_soak - threads that allocate and free at random until they are
 * stopped. Each marks what it has been given with its own mark, and looks for
 * that when it gives it back: a frame with two owners is found by its contents.
 */
#define pr_fmt(fmt) "shadow_bench: " fmt

#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "shadow_bench.h"

#define SOAK_BLOCKS	512
#define SOAK_PHASE	8192	/* operations until the other target holds */
#define SOAK_REST	32	/* operations between two chances for others */
#define SOAK_ZERO_ORDER	4	/* larger blocks are not cleared: it takes long */

struct soak_block {
	struct shadow_page *page;
	unsigned int order;
};

/**
 * struct soak_worker - one thread
 * @mm: the machine
 * @task: the thread
 * @id: which it is, from 1
 * @random: state of its generator
 * @frames: in use
 * @nr_blocks: entries of @block in use
 * @nr_operations: allocations and frees
 * @nr_refused: allocations that were not granted
 * @nr_errors: frees that were refused, marks that had gone
 * @block: what it has
 */
struct soak_worker {
	struct shadow_mm *mm;
	struct task_struct *task;
	unsigned int id;
	u64 random;
	u64 frames;
	unsigned int nr_blocks;
	u64 nr_operations;
	u64 nr_refused;
	u64 nr_errors;
	struct soak_block block[SOAK_BLOCKS];
};

static struct soak_worker *workers;
static unsigned int nr_workers;

/* What is asked for, beside the order; each as likely as the others */
static const u32 soak_gfp[] = {
	SHADOW_GFP_KERNEL,
	SHADOW_GFP_KERNEL | SHADOW_GFP_COMP,
	SHADOW_GFP_KERNEL | SHADOW_GFP_NOWARN,
	SHADOW_GFP_KERNEL | SHADOW_GFP_ZERO,
	SHADOW_GFP_RECLAIMABLE,
	SHADOW_GFP_HIGHMEM,
	SHADOW_GFP_HIGHMEM | SHADOW_GFP_MOVABLE,
	SHADOW_GFP_MOVABLE,
	SHADOW_GFP_HIGH | SHADOW_GFP_ATOMIC,
	SHADOW_GFP_HIGH,
	SHADOW_GFP_ATOMIC | SHADOW_GFP_NOWARN,
	SHADOW_GFP_THISNODE,
	SHADOW_GFP_DMA32,
	SHADOW_GFP_DMA,
};

/* Mostly what the per-CPU lists have, sometimes all that there is */
static unsigned int soak_order(const struct soak_worker *worker, u64 random)
{
	unsigned int max_order = worker->mm->nodes.max_order;

	switch (random % 32) {
	case 0:
		return max_order;
	case 1 ... 3:
		return (random >> 8) % (max_order + 1);
	default:
		return (random >> 8) % 4;
	}
}

/* The first word of the first and of the last frame */
static u64 *mark_of(struct soak_worker *worker, const struct soak_block *block,
		    bool last)
{
	const struct shadow_nodes *nodes = &worker->mm->nodes;
	u64 bytes = last ? (BIT(block->order) - 1) << nodes->page_shift : 0;

	return shadow_page_address(nodes, block->page) + bytes;
}

static u64 mark_value(struct soak_worker *worker, const struct soak_block *block)
{
	return (u64)worker->id << 32 |
	       shadow_page_index(&worker->mm->nodes.memmap, block->page);
}

static void soak_error(struct soak_worker *worker, const char *what, s64 value)
{
	if (!worker->nr_errors++)
		pr_err("soak: worker %u: %s: %#llx\n", worker->id, what, value);
}

static void soak_take(struct soak_worker *worker, u64 random)
{
	struct soak_block *block = &worker->block[worker->nr_blocks];
	u32 gfp = soak_gfp[(random >> 16) % ARRAY_SIZE(soak_gfp)];
	u64 *mark;

	block->order = soak_order(worker, random);
	if (block->order > SOAK_ZERO_ORDER)
		gfp &= ~SHADOW_GFP_ZERO;
	block->page = shadow_alloc_pages(&worker->mm->nodes, gfp, block->order);
	if (!block->page) {
		worker->nr_refused++;
		return;
	}
	mark = mark_of(worker, block, true);
	if (gfp & SHADOW_GFP_ZERO && *mark)
		soak_error(worker, "contents that were to be cleared", *mark);
	*mark = mark_value(worker, block);
	*mark_of(worker, block, false) = mark_value(worker, block);
	worker->frames += BIT(block->order);
	worker->nr_blocks++;
}

static void soak_give(struct soak_worker *worker, unsigned int which)
{
	struct soak_block block = worker->block[which];
	u64 *first = mark_of(worker, &block, false);
	u64 *last = mark_of(worker, &block, true);
	int err;

	if (*first != mark_value(worker, &block))
		soak_error(worker, "somebody else's mark in a frame", *first);
	if (*last != mark_value(worker, &block))
		soak_error(worker, "somebody else's mark in a last frame", *last);
	worker->block[which] = worker->block[--worker->nr_blocks];
	worker->frames -= BIT(block.order);
	err = shadow_free_pages(&worker->mm->nodes, block.page, block.order);
	if (err)
		soak_error(worker, "a free was refused", err);
}

/*
 * In turn: half of this worker's share of the memory, and twice its share, so
 * that all of them together ask for more than there is.
 */
static u64 soak_target(const struct soak_worker *worker)
{
	u64 share = div_u64(shadow_nodes_managed(&worker->mm->nodes), nr_workers);

	return worker->nr_operations / SOAK_PHASE % 2 ? share * 2 : share / 2;
}

static void soak_step(struct soak_worker *worker)
{
	u64 random = bench_random(&worker->random);
	bool more = worker->frames < soak_target(worker);

	worker->nr_operations++;
	if (random >> 62 == 0)
		more = !more;
	if (worker->nr_blocks == SOAK_BLOCKS)
		more = false;
	if (more || !worker->nr_blocks)
		soak_take(worker, random);
	else
		soak_give(worker, (random >> 16) % worker->nr_blocks);
}

static int soak_thread(void *arg)
{
	struct soak_worker *worker = arg;
	unsigned long irqflags;

	while (!kthread_should_stop()) {
		/* Some callers have interrupts off, most do not */
		if (worker->random % 8) {
			soak_step(worker);
		} else {
			local_irq_save(irqflags);
			soak_step(worker);
			local_irq_restore(irqflags);
		}
		if (worker->nr_operations % SOAK_REST == 0)
			cond_resched();
	}
	while (worker->nr_blocks)
		soak_give(worker, worker->nr_blocks - 1);
	return 0;
}

/**
 * bench_soak_stop() - end the threads; all that they have goes back
 *
 * Return: how often something was wrong.
 */
u64 bench_soak_stop(void)
{
	u64 operations = 0, refused = 0, errors = 0;
	unsigned int i;

	if (!workers)
		return 0;
	for (i = 0; i < nr_workers; i++) {
		if (!IS_ERR_OR_NULL(workers[i].task))
			kthread_stop(workers[i].task);
		operations += workers[i].nr_operations;
		refused += workers[i].nr_refused;
		errors += workers[i].nr_errors;
	}
	pr_info("SOAK workers=%u operations=%llu refused=%llu errors=%llu\n",
		nr_workers, operations, refused, errors);
	kvfree(workers);
	workers = NULL;
	return errors;
}

/**
 * bench_soak_start() - threads that allocate and free from now on
 * @mm: the machine, with contents
 * @nr: how many
 * @seed: what their random sequences start from
 *
 * Return: 0; -EINVAL for a machine without contents; -ENOMEM.
 */
int bench_soak_start(struct shadow_mm *mm, unsigned int nr, u64 seed)
{
	struct soak_worker *worker;
	unsigned int i;

	if (!mm->nodes.block->virt) {
		pr_err("soak: machine '%s' has no contents to be marked\n", mm->name);
		return -EINVAL;
	}
	workers = kvcalloc(nr, sizeof(*workers), GFP_KERNEL);
	if (!workers)
		return -ENOMEM;
	nr_workers = nr;
	pr_info("soak: seed %#llx\n", seed);
	for (i = 0; i < nr; i++) {
		worker = &workers[i];
		worker->mm = mm;
		worker->id = i + 1;
		worker->random = (seed ^ (i + 1) * 0x9e3779b97f4a7c15ULL) ? : 1;
		worker->task = kthread_run(soak_thread, worker, "shadow_soak/%u", i);
		if (IS_ERR(worker->task)) {
			bench_soak_stop();
			return -ENOMEM;
		}
	}
	return 0;
}
