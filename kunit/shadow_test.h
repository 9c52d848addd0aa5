/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_test - what the suites share: seeds, numbers, private blocks made
 * from ordinary memory, a flat model of who owns which frame, and speeds.
 *
 * A suite is written once and compiled for UML, for arm64 and for user space
 * (kunit/host), so it includes this header and the rooms that it tests,
 * nothing else.
 */
#ifndef SHADOW_TEST_H
#define SHADOW_TEST_H

#include <kunit/test.h>
#include <linux/ktime.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "shadow_compat.h"
#include "shadow_fault.h"
#include "shadow_pool.h"

/* Where RAM starts on the board of the articles; nothing depends on it. */
#define SHADOW_TEST_BASE	0x80000000ULL

/**
 * struct shadow_test_model - who owns each frame, in the plainest way
 * @owner: one entry a frame: 0 free, else the owner's number
 * @first_pfn: frame of entry 0
 * @nr: frames
 * @nr_owned: frames that are not free
 */
struct shadow_test_model {
	u32 *owner;
	u64 first_pfn;
	u64 nr;
	u64 nr_owned;
};

/* For KUNIT_ARRAY_PARAM() of texts: each says by itself what it is */
static inline void shadow_test_text_desc(const char *const *text, char *desc)
{
	strscpy(desc, *text, KUNIT_PARAM_DESC_SIZE);
}

void shadow_test_seed(struct kunit *test, struct rnd_state *rnd);
u64 shadow_test_below(struct rnd_state *rnd, u64 limit);
void *shadow_test_alloc(struct kunit *test, u64 bytes);
void shadow_test_free(struct kunit *test, void *memory);
void shadow_test_poke(void *at, u8 byte);
u8 shadow_test_peek(const void *at);
void shadow_test_block(struct kunit *test, struct shadow_block *block,
		       phys_addr_t base, u64 bytes);
void shadow_test_block_bare(struct shadow_block *block, phys_addr_t base,
			    u64 bytes);
void shadow_test_model_init(struct kunit *test, struct shadow_test_model *model,
			    u64 first_pfn, u64 nr);
u64 shadow_test_model_take(struct shadow_test_model *model, u64 pfn, u64 nr,
			   u32 owner);
u64 shadow_test_model_give(struct shadow_test_model *model, u64 pfn, u64 nr,
			   u32 owner);
void shadow_test_rate(struct kunit *test, const char *what, u64 nr_operations,
		      u64 ns);

/**
 * SHADOW_TEST_VERIFY() - a layer's _verify finds nothing wrong
 * @test: the running case
 * @call: the call, with &__fault where it wants a struct shadow_fault *
 *
 * Ends the case otherwise, with what was found: after a broken invariant the
 * next thousand failures say nothing new.
 */
#define SHADOW_TEST_VERIFY(test, call)					\
	do {								\
		struct shadow_fault __fault;				\
		int __err;						\
									\
		shadow_fault_init(&__fault);				\
		__err = (call);						\
		if (__err || shadow_fault_frozen(&__fault))		\
			KUNIT_FAIL_AND_ABORT(test, "%s: %d, %s", #call,	\
					     __err, __fault.text);	\
	} while (0)

#endif /* SHADOW_TEST_H */
