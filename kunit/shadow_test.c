// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_test - what the suites share. See shadow_test.h.
 */
#include <linux/math64.h>
#include <linux/module.h>

#include "shadow_test.h"

#define DEFAULT_SEED	20240229UL

#ifdef __KERNEL__
static unsigned long seed = DEFAULT_SEED;
module_param(seed, ulong, 0444);
MODULE_PARM_DESC(seed, "Seed of the randomised tests");

static unsigned long chosen_seed(void)
{
	return seed;
}
#else
static unsigned long chosen_seed(void)
{
	const char *text = getenv("SHADOW_SEED");

	return text && *text ? strtoul(text, NULL, 0) : DEFAULT_SEED;
}
#endif

/**
 * shadow_test_seed() - start a case's numbers, and say from which seed
 * @test: the running case
 * @rnd: the generator to start
 *
 * The seed is SHADOW_SEED of the environment in user space, and the parameter
 * shadow_test.seed on a kernel's command line. The same seed gives the same
 * numbers in both.
 *
 * Context: process.
 */
void shadow_test_seed(struct kunit *test, struct rnd_state *rnd)
{
	kunit_info(test, "%s: seed=%lu\n", test->name, chosen_seed());
	prandom_seed_state(rnd, chosen_seed());
}

/**
 * shadow_test_below() - one number
 * @rnd: the generator
 * @limit: what the number is less than; not 0
 *
 * Context: any.
 * Return: a number from 0 to @limit - 1.
 */
u64 shadow_test_below(struct rnd_state *rnd, u64 limit)
{
	u64 number = prandom_u32_state(rnd);
	u64 rest;

	if (limit >> 32)
		number = number << 32 | prandom_u32_state(rnd);
	div64_u64_rem(number, limit, &rest);
	return rest;
}

static void free_memory(void *memory)
{
	vfree(memory);
}

/**
 * shadow_test_alloc() - zeroed memory until the end of the case
 * @test: the running case
 * @bytes: how much; not 0
 *
 * Ends the case where there is none.
 *
 * Context: process; sleeps.
 * Return: the memory, aligned to the largest granule, as a module's block is.
 */
void *shadow_test_alloc(struct kunit *test, u64 bytes)
{
	void *memory = __vmalloc_node(bytes, SZ_64K, GFP_KERNEL | __GFP_ZERO,
				      NUMA_NO_NODE, NULL);

	KUNIT_ASSERT_NOT_NULL_MSG(test, memory, "%llu bytes", bytes);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, free_memory, memory));
	return memory;
}

/**
 * shadow_test_free() - give memory back before the end of the case
 * @test: the running case
 * @memory: what shadow_test_alloc() returned
 *
 * Context: process; sleeps.
 */
void shadow_test_free(struct kunit *test, void *memory)
{
	kunit_release_action(test, free_memory, memory);
}

#ifndef __no_sanitize_address
#define __no_sanitize_address	__attribute__((__no_sanitize_address__))
#endif

/**
 * shadow_test_poke() - write a byte that KASAN may forbid to touch
 * @at: where
 * @byte: what
 *
 * As hardware would, or code that is not compiled for KASAN.
 *
 * Context: any.
 */
noinline __no_sanitize_address void shadow_test_poke(void *at, u8 byte)
{
	WRITE_ONCE(*(u8 *)at, byte);
}

/**
 * shadow_test_peek() - read a byte that KASAN may forbid to touch
 * @at: where
 *
 * Context: any.
 * Return: the byte.
 */
noinline __no_sanitize_address u8 shadow_test_peek(const void *at)
{
	return READ_ONCE(*(const u8 *)at);
}

/**
 * shadow_test_block() - a private block of zeroed memory
 * @test: the running case, with which the block ends
 * @block: filled
 * @base: the physical address that the block pretends to have
 * @bytes: its length
 *
 * Context: process; sleeps.
 */
void shadow_test_block(struct kunit *test, struct shadow_block *block,
		       phys_addr_t base, u64 bytes)
{
	block->base = base;
	block->bytes = bytes;
	block->virt = shadow_test_alloc(test, bytes);
	block->backing = NULL;
}

/**
 * shadow_test_block_bare() - a block without contents, for metadata only
 * @block: filled; whoever follows its pointer faults
 * @base: the physical address that the block pretends to have
 * @bytes: its length
 *
 * Context: any.
 */
void shadow_test_block_bare(struct shadow_block *block, phys_addr_t base,
			    u64 bytes)
{
	block->base = base;
	block->bytes = bytes;
	block->virt = NULL;
	block->backing = NULL;
}

/**
 * shadow_test_model_init() - a model in which all frames are free
 * @test: the running case, with which the model ends
 * @model: filled
 * @first_pfn: the first frame
 * @nr: how many frames
 *
 * Context: process; sleeps.
 */
void shadow_test_model_init(struct kunit *test, struct shadow_test_model *model,
			    u64 first_pfn, u64 nr)
{
	model->owner = shadow_test_alloc(test, nr * sizeof(*model->owner));
	model->first_pfn = first_pfn;
	model->nr = nr;
	model->nr_owned = 0;
}

/* How many of the frames belong to @from, after which they belong to @to. */
static u64 pass_on(struct shadow_test_model *model, u64 pfn, u64 nr, u32 from,
		   u32 to)
{
	u64 index, done = 0;

	for (index = pfn - model->first_pfn; nr; nr--, index++) {
		if (index >= model->nr || model->owner[index] != from)
			continue;
		model->owner[index] = to;
		done++;
	}
	return done;
}

/**
 * shadow_test_model_take() - frames that were free get an owner
 * @model: the model
 * @pfn: the first frame
 * @nr: how many
 * @owner: who; not 0
 *
 * Context: any.
 * Return: how many frames were free: where this is not @nr, somebody got what
 * another one has, or what does not exist.
 */
u64 shadow_test_model_take(struct shadow_test_model *model, u64 pfn, u64 nr,
			   u32 owner)
{
	u64 done = pass_on(model, pfn, nr, 0, owner);

	model->nr_owned += done;
	return done;
}

/**
 * shadow_test_model_give() - frames become free
 * @model: the model
 * @pfn: the first frame
 * @nr: how many
 * @owner: whose they are
 *
 * Context: any.
 * Return: how many frames belonged to @owner; should be @nr.
 */
u64 shadow_test_model_give(struct shadow_test_model *model, u64 pfn, u64 nr,
			   u32 owner)
{
	u64 done = pass_on(model, pfn, nr, owner, 0);

	model->nr_owned -= done;
	return done;
}

/**
 * shadow_test_rate() - say how fast it went
 * @test: the running case
 * @what: what was done
 * @nr_operations: how often
 * @ns: nanoseconds that it took
 *
 * Context: process.
 */
void shadow_test_rate(struct kunit *test, const char *what, u64 nr_operations,
		      u64 ns)
{
	u64 ms = div_u64(ns, NSEC_PER_MSEC);

	kunit_info(test, "SPEED %s: %llu operations in %llu ms, %llu a second\n",
		   what, nr_operations, ms,
		   div64_u64(nr_operations * 1000, ms ? ms : 1));
}
