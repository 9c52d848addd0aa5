/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_test_shapes - shapes of trees as a parameter, for cases that run once
 * for each.
 */
#ifndef SHADOW_TEST_SHAPES_H
#define SHADOW_TEST_SHAPES_H

#include "shadow_test_tables.h"

struct test_shape {
	const char *name;
	u8 page_shift;
	u8 va_bits;
	u8 pa_bits;
	bool ds;
};

static const struct test_shape test_shapes[] = {
	{ "4K_48", 12, 48, 48, false },
	{ "4K_39", 12, 39, 48, false },
	{ "4K_36", 12, 36, 48, false },
	{ "4K_48_DS", 12, 48, 52, true },
	{ "4K_52_DS", 12, 52, 52, true },
	{ "16K_47", 14, 47, 48, false },
	{ "16K_48", 14, 48, 48, false },
	{ "16K_36", 14, 36, 48, false },
	{ "16K_52_DS", 14, 52, 52, true },
	{ "64K_42", 16, 42, 48, false },
	{ "64K_48", 16, 48, 48, false },
	{ "64K_48_LPA", 16, 48, 52, false },
	{ "64K_52_LPA", 16, 52, 52, false },
};

KUNIT_ARRAY_PARAM_DESC(test_shapes, test_shapes, name);

static inline struct test_tables *test_tables_of_shape(struct kunit *test, bool upper)
{
	const struct test_shape *shape = test->param_value;

	return test_tables(test, shape->page_shift, shape->va_bits,
			   shape->pa_bits, shape->ds, upper);
}

#endif /* SHADOW_TEST_SHAPES_H */
