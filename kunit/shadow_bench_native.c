// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bench_native - the rows at native speed, as a suite of the UML kernel
 * that scripts/bench-native.sh builds. Cycles, not instructions: caches and
 * branches are part of them, and so is whatever else the processor does.
 */
#include "shadow_test_host.h"

#include "shadow_bench.h"
#include "shadow_boot.h"

/* So that what a boot says of itself is in cycles too */
static const struct shadow_host_ops host_ops = {
	.zalloc = shadow_test_host_zalloc,
	.free = shadow_test_host_free,
	.now = bench_count,
};

static const struct shadow_host_facts facts = {
	.page_shift = 12,
	.arm64 = true,
	.pa_bits = 48,
};

/* A CPU with every granule and 48 bits of physical address */
#define MMFR0	(0x5 | 0x1ULL << 20)

/**
 * struct native - a machine and what it needs around it
 * @mm: the machine
 * @backing: books of a virtual board
 * @board: the board, where there is one
 * @storage: memory
 */
struct native {
	struct shadow_mm mm;
	struct shadow_backing backing;
	struct shadow_board board;
	struct shadow_block storage;
};

static struct shadow_mm *machine(struct kunit *test, const char *name,
				 char *size, char *memory, char *slab)
{
	struct native *native = shadow_test_alloc(test, sizeof(*native));
	struct shadow_mm *mm = &native->mm;
	struct shadow_param_strings in = {};

	in.value[SHADOW_PARAM_SIZE] = size;
	in.value[SHADOW_PARAM_MEMORY] = memory;
	in.value[SHADOW_PARAM_SLAB] = slab;
	shadow_test_host_given(test, mm, &facts, &in);
	shadow_test_block(test, &native->storage, 0x200000000, mm->cfg.bytes);
	shadow_test_host_memory(test, mm, &native->board, memory);
	shadow_test_host_place(test, mm, &native->storage);
	strscpy(mm->name, name, sizeof(mm->name));
	mm->host = &host_ops;
	mm->nr_cpus = 1;
	mm->cpu_id.mmfr0 = MMFR0;
	KUNIT_ASSERT_EQ(test, shadow_boot_up_in(mm, &native->storage,
						&native->backing), 0);
	return mm;
}

static void rows(struct kunit *test)
{
	struct shadow_mm *mm = machine(test, "main", "256M", NULL, NULL);

	KUNIT_EXPECT_EQ(test, bench_boot_row(mm), 0);
	KUNIT_EXPECT_EQ(test, bench_call_rows(mm), 0);
	KUNIT_EXPECT_EQ(test, bench_table_rows(mm), 0);
	KUNIT_EXPECT_EQ(test, bench_vmalloc_rows(mm), 0);
	KUNIT_EXPECT_EQ(test, bench_mixed_rows(mm), 0);
	shadow_boot_down(mm);
}

static void rows_of_engine(struct kunit *test, char *engine)
{
	struct shadow_mm *mm = machine(test, engine, "64M", NULL, engine);

	KUNIT_EXPECT_EQ(test, bench_object_rows(mm), 0);
	shadow_boot_down(mm);
}

static void rows_of_other_engines(struct kunit *test)
{
	rows_of_engine(test, "slab");
	rows_of_engine(test, "slob");
}

static void rows_of_a_board(struct kunit *test)
{
	struct shadow_mm *mm = machine(test, "board8g", "128M",
				       "0x40000000+3G,0x100000000+5G", NULL);

	KUNIT_EXPECT_EQ(test, bench_boot_row(mm), 0);
	KUNIT_EXPECT_EQ(test, bench_growth_rows(mm), 0);
	shadow_boot_down(mm);
}

static struct kunit_case native_cases[] = {
	KUNIT_CASE(rows),
	KUNIT_CASE(rows_of_other_engines),
	KUNIT_CASE(rows_of_a_board),
	{}
};

static struct kunit_suite native_suite = {
	.name = "shadow_bench",
	.test_cases = native_cases,
};

kunit_test_suite(native_suite);
