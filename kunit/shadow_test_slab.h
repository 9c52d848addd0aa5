/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_test_slab - a test's machine with caches.
 */
#ifndef SHADOW_TEST_SLAB_H
#define SHADOW_TEST_SLAB_H

#include "shadow_test_machine.h"

#include "shadow_slab.h"

/* Of an engine, with nothing special: lives as long as the block it stands in */
#define SHADOW_TEST_SLAB(engine_, seed_) \
	(&(struct shadow_slab_config){ .engine = (engine_), .seed = (seed_) })

/**
 * struct shadow_test_slabs - a machine with caches
 * @m: the layers below
 * @slab: the layer
 * @mem: the layer's share of the host's memory
 * @nr_free: frames that were free before the layer was booted
 */
struct shadow_test_slabs {
	struct shadow_test_machine *m;
	struct shadow_slab slab;
	void *mem;
	u64 nr_free;
};

/* All engines that there are; a case runs over each */
static const char *const shadow_test_engines[] = { "slub", "slab", "slob" };

static inline struct shadow_test_slabs *
shadow_test_slabs(struct kunit *test, const struct shadow_slab_config *cfg,
		  u64 nr_pages, unsigned int nr_cpus)
{
	struct shadow_test_slabs *sm = shadow_test_alloc(test, sizeof(*sm));

	sm->m = shadow_test_machine(test, nr_pages, nr_cpus);
	sm->mem = shadow_test_alloc(test, shadow_slab_bytes(cfg, nr_cpus));
	sm->nr_free = shadow_test_machine_free(sm->m);
	KUNIT_ASSERT_EQ(test, shadow_slab_init(&sm->slab, &sm->m->nodes, cfg,
					       nr_cpus, sm->mem), 0);
	return sm;
}

#endif /* SHADOW_TEST_SLAB_H */
