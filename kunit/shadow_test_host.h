/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_test_host - the host that a whole machine of a suite sees: ordinary
 * memory, which is counted and can be made to run out.
 */
#ifndef SHADOW_TEST_HOST_H
#define SHADOW_TEST_HOST_H

#include "shadow_test.h"

#include "shadow_mm.h"

/**
 * struct shadow_test_host - what machines have asked of it
 * @calls: allocations asked for
 * @fail_at: the one that fails, counted by @calls; 0: none
 * @live: allocations that were not given back
 */
struct shadow_test_host {
	unsigned int calls;
	unsigned int fail_at;
	unsigned int live;
};

extern struct shadow_test_host shadow_test_host;
extern const struct shadow_host_ops shadow_test_host_ops;

int shadow_test_host_init(struct kunit *test);
void *shadow_test_host_zalloc(size_t bytes);
void shadow_test_host_free(void *mem);

/* A machine that such a host has, step by step; its CPU is the suite's. */
void shadow_test_host_given(struct kunit *test, struct shadow_mm *mm,
			    const struct shadow_host_facts *facts,
			    const struct shadow_param_strings *in);
void shadow_test_host_memory(struct kunit *test, struct shadow_mm *mm,
			     struct shadow_board *board, const char *memory);
void shadow_test_host_place(struct kunit *test, struct shadow_mm *mm,
			    const struct shadow_block *storage);
void shadow_test_host_prepare(struct kunit *test, struct shadow_mm *mm,
			      const struct shadow_block *storage,
			      struct shadow_backing *backing);

#endif /* SHADOW_TEST_HOST_H */
