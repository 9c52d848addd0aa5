// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite of shadow_compare: what it says of a trace against what a second
 * machine shows that had the same operations, and costs against a counter that
 * goes as the test wants.
 */
#include "shadow_test_machine.h"

#include "shadow_compare.h"
#include "shadow_slab_engine.h"
#include "shadow_test_slab.h"

#define NR_OPS	20000
#define SEED	0x5eedULL

static const char *const engines[] = { "slub", "slab", "slob" };

/* The second of each pair of readings is later by the next of these */
static struct {
	u64 now;
	u32 nr;
	u32 every;	/* one operation of so many costs 1000, the others 10 */
} ticks;

static u64 count(void)
{
	if (ticks.nr++ % 2) {
		u32 op = ticks.nr / 2;

		/* Sixteen empty pairs come first */
		ticks.now += 3;
		if (op > 16)
			ticks.now += op % ticks.every ? 10 : 1000;
	}
	return ticks.now;
}

static bool has_engine(const char *name)
{
	return shadow_slab_bytes(SHADOW_TEST_SLAB(name, SEED), 1);
}

static struct shadow_slab *new_slab(struct kunit *test, const char *engine, u64 nr_pages)
{
	struct shadow_test_machine *m = shadow_test_machine(test, nr_pages, 1);
	struct shadow_slab *slab = shadow_test_alloc(test, sizeof(*slab));
	const struct shadow_slab_config *cfg = SHADOW_TEST_SLAB(engine, SEED);
	void *mem = shadow_test_alloc(test, shadow_slab_bytes(cfg, 1));

	KUNIT_ASSERT_EQ(test, shadow_slab_init(slab, &m->nodes, cfg, 1, mem), 0);
	return slab;
}

static struct shadow_trace *new_trace(struct kunit *test, enum shadow_trace_pattern pattern,
				      u32 nr_ops)
{
	struct shadow_trace_plan plan = { .pattern = pattern, .nr_ops = nr_ops, .seed = SEED };
	struct shadow_trace *trace = shadow_test_alloc(test, sizeof(*trace));

	trace->room = nr_ops;
	trace->op = shadow_test_alloc(test, nr_ops * sizeof(*trace->op));
	trace->size = shadow_test_alloc(test, nr_ops * sizeof(*trace->size));
	KUNIT_ASSERT_EQ(test, shadow_trace_generate(trace, &plan), 0);
	return trace;
}

static struct shadow_compare *new_run(struct kunit *test, struct shadow_slab *slab,
				      const struct shadow_trace *trace)
{
	struct shadow_compare *run = shadow_test_alloc(test, sizeof(*run));

	run->slab = slab;
	run->trace = trace;
	run->count = count;
	run->object = shadow_test_alloc(test, (trace->nr_allocs + 1) * sizeof(*run->object));
	run->from = shadow_test_alloc(test, (trace->nr_allocs + 1) * sizeof(*run->from));
	run->cost = shadow_test_alloc(test, SHADOW_COMPARE_COSTS * sizeof(*run->cost));
	memset(&ticks, 0, sizeof(ticks));
	ticks.every = 1000000;
	return run;
}

/* What the frames themselves say, without the counter */
static u64 frames_of_objects(const struct shadow_slab *slab)
{
	const struct shadow_memmap *memmap = &slab->nodes->memmap;
	const struct shadow_memmap_bank *bank = memmap->bank;
	u64 nr = 0;
	u32 i;

	for (; bank < memmap->bank + memmap->nr_banks; bank++) {
		for (i = 0; i < bank->nr; i++) {
			struct shadow_page *page = &memmap->pages[bank->first + i];

			if (shadow_page_state(page) == SHADOW_PAGE_ALLOCATED &&
			    (shadow_page_owner(page) == SHADOW_OWNER_SLAB ||
			     shadow_page_owner(page) == SHADOW_OWNER_KMALLOC))
				nr += 1ULL << shadow_page_order(page);
		}
	}
	return nr;
}

static void verify(struct kunit *test, struct shadow_slab *slab)
{
	SHADOW_TEST_VERIFY(test, shadow_slab_verify(slab, &__fault));
}

/* One operation a step, and after each the frames are counted by hand. */
static void peak_is_the_highest(struct kunit *test, const char *engine,
				const struct shadow_trace *trace)
{
	struct shadow_slab *slab = new_slab(test, engine, 16384);
	struct shadow_compare *run = new_run(test, slab, trace);
	u64 peak = 0, now, before;
	bool more;

	KUNIT_ASSERT_EQ(test, shadow_compare_begin(run), 0);
	before = frames_of_objects(slab);
	do {
		more = shadow_compare_step(run, 50);
		now = frames_of_objects(slab);
		KUNIT_ASSERT_EQ(test, now, (u64)atomic64_read(&slab->nr_frames));
		peak = max(peak, now - before);
		KUNIT_ASSERT_GE(test, run->figures.peak_frames, peak);
	} while (more);
	KUNIT_EXPECT_EQ(test, run->figures.end_frames, now - before);
	KUNIT_EXPECT_EQ(test, run->figures.end_bytes, trace->live_bytes);
	KUNIT_EXPECT_EQ(test, run->figures.nr_ops, trace->nr_ops);
	KUNIT_EXPECT_EQ(test, run->figures.nr_refused, 0);
	KUNIT_EXPECT_LE(test, run->figures.peak_bytes, trace->peak_bytes);
	KUNIT_EXPECT_GE(test, run->figures.peak_frames << 12, run->figures.peak_bytes);
	while (shadow_compare_release(run, 100))
		;
	KUNIT_EXPECT_EQ(test, shadow_compare_end(run), 0);
	KUNIT_EXPECT_LE(test, run->figures.left_frames, run->figures.end_frames);
	KUNIT_EXPECT_LE(test, run->figures.shrunk_frames, run->figures.left_frames);
	KUNIT_EXPECT_LE(test, run->figures.shrunk_frames, 8);
	verify(test, slab);
	shadow_slab_fini(slab);
}

static void every_engine_and_pattern(struct kunit *test)
{
	struct shadow_trace *mixed = new_trace(test, SHADOW_TRACE_MIXED, NR_OPS);
	struct shadow_trace *waves = new_trace(test, SHADOW_TRACE_WAVES, NR_OPS);
	unsigned int i, nr = 0;

	for (i = 0; i < ARRAY_SIZE(engines); i++) {
		if (!has_engine(engines[i]))
			continue;
		peak_is_the_highest(test, engines[i], mixed);
		peak_is_the_highest(test, engines[i], waves);
		nr++;
	}
	KUNIT_EXPECT_GE(test, nr, 1);
}

static void costs_are_counted(struct kunit *test)
{
	struct shadow_trace *trace = new_trace(test, SHADOW_TRACE_MIXED, 1000);
	struct shadow_compare *run = new_run(test, new_slab(test, "slub", 4096), trace);

	/* 20 of 1000 cost a thousand: more than one of a hundred does */
	ticks.every = 50;
	KUNIT_ASSERT_EQ(test, shadow_compare_begin(run), 0);
	KUNIT_EXPECT_EQ(test, run->idle, 3);
	KUNIT_EXPECT_FALSE(test, shadow_compare_step(run, 1000));
	while (shadow_compare_release(run, 100))
		;
	KUNIT_EXPECT_EQ(test, shadow_compare_end(run), 0);
	KUNIT_EXPECT_EQ(test, run->figures.nr_ops, 1000);
	KUNIT_EXPECT_EQ(test, run->figures.mean, (980 * 10 + 20 * 1000) / 10);
	KUNIT_EXPECT_EQ(test, run->figures.p99, 1000);
	KUNIT_EXPECT_EQ(test, run->figures.worst, 1000);
}

static void rare_costs_are_beyond_p99(struct kunit *test)
{
	struct shadow_trace *trace = new_trace(test, SHADOW_TRACE_MIXED, 1000);
	struct shadow_compare *run = new_run(test, new_slab(test, "slub", 4096), trace);

	ticks.every = 125;
	KUNIT_ASSERT_EQ(test, shadow_compare_begin(run), 0);
	KUNIT_EXPECT_TRUE(test, shadow_compare_step(run, 999));
	KUNIT_EXPECT_FALSE(test, shadow_compare_step(run, 999));
	while (shadow_compare_release(run, 100))
		;
	KUNIT_EXPECT_EQ(test, shadow_compare_end(run), 0);
	KUNIT_EXPECT_EQ(test, run->figures.p99, 10);
	KUNIT_EXPECT_EQ(test, run->figures.worst, 1000);
}

/* A machine too small for the trace: some are refused, all the rest is right. */
static void refusals_are_counted(struct kunit *test)
{
	struct shadow_trace *trace = new_trace(test, SHADOW_TRACE_MIXED, NR_OPS);
	struct shadow_slab *slab = new_slab(test, "slub", 512);
	struct shadow_compare *run = new_run(test, slab, trace);
	u32 i, live = 0, bytes = 0;

	KUNIT_ASSERT_EQ(test, shadow_compare_begin(run), 0);
	KUNIT_EXPECT_FALSE(test, shadow_compare_step(run, NR_OPS));
	for (i = 0; i < run->nr_allocs; i++) {
		live += !!run->object[i];
		if (!run->object[i])
			continue;
		bytes += run->from[i] & SHADOW_COMPARE_CACHE ?
			 trace->cache[run->from[i] & ~SHADOW_COMPARE_CACHE].bytes :
			 run->from[i];
	}
	KUNIT_EXPECT_GT(test, run->figures.nr_refused, 0);
	KUNIT_EXPECT_LT(test, live, trace->nr_live);
	KUNIT_EXPECT_EQ(test, run->figures.end_bytes, bytes);
	KUNIT_EXPECT_LE(test, run->figures.nr_ops, trace->nr_ops);
	verify(test, slab);
	while (shadow_compare_release(run, 7))
		;
	KUNIT_EXPECT_EQ(test, shadow_compare_end(run), 0);
	verify(test, slab);
	shadow_slab_fini(slab);
}

/* Half-way: nothing of the trace stays behind. */
static void can_end_early(struct kunit *test)
{
	struct shadow_trace *trace = new_trace(test, SHADOW_TRACE_WAVES, NR_OPS);
	struct shadow_slab *slab = new_slab(test, "slub", 16384);
	struct shadow_compare *run = new_run(test, slab, trace);

	KUNIT_ASSERT_EQ(test, shadow_compare_begin(run), 0);
	KUNIT_EXPECT_TRUE(test, shadow_compare_step(run, NR_OPS / 2));
	while (shadow_compare_release(run, 100))
		;
	KUNIT_EXPECT_EQ(test, shadow_compare_end(run), 0);
	KUNIT_EXPECT_PTR_EQ(test, shadow_slab_find(slab, "trace-0"), NULL);
	verify(test, slab);
	KUNIT_EXPECT_EQ(test, shadow_slab_fini(slab), 0);
}

static void caches_that_do_not_fit(struct kunit *test)
{
	struct shadow_trace *trace = new_trace(test, SHADOW_TRACE_MIXED, 10);
	struct shadow_slab *slab = new_slab(test, "slub", 4096);
	struct shadow_compare *run = new_run(test, slab, trace);
	struct shadow_kmem_cache *taken;

	taken = shadow_kmem_cache_create(slab, "trace-3", 8, 0, 0, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(taken));
	KUNIT_EXPECT_EQ(test, shadow_compare_begin(run), -EEXIST);
	KUNIT_EXPECT_PTR_EQ(test, shadow_slab_find(slab, "trace-0"), NULL);
	KUNIT_EXPECT_PTR_EQ(test, shadow_slab_find(slab, "trace-3"), taken);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(taken), 0);
	verify(test, slab);
	shadow_slab_fini(slab);
}

static struct kunit_case compare_cases[] = {
	KUNIT_CASE(every_engine_and_pattern),
	KUNIT_CASE(costs_are_counted),
	KUNIT_CASE(rare_costs_are_beyond_p99),
	KUNIT_CASE(refusals_are_counted),
	KUNIT_CASE(can_end_early),
	KUNIT_CASE(caches_that_do_not_fit),
	{}
};

static struct kunit_suite compare_suite = {
	.name = "shadow_compare",
	.test_cases = compare_cases,
};

kunit_test_suite(compare_suite);
