/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_test_slab - how the caches of a test's machine shall be.
 */
#ifndef SHADOW_TEST_SLAB_H
#define SHADOW_TEST_SLAB_H

#include "shadow_slab.h"

/* Of an engine, with nothing special: lives as long as the block it stands in */
#define SHADOW_TEST_SLAB(engine_, seed_) \
	(&(struct shadow_slab_config){ .engine = (engine_), .seed = (seed_) })

#endif /* SHADOW_TEST_SLAB_H */
