// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite of what measures how long operations take, with a clock that only the
 * case moves.
 */
#include "shadow_latency.h"
#include "shadow_test.h"
#include "shadow_test_threads.h"

#define CPUS	64
#define NR_THREADS	4
#define NR_OPS		2000

/* Reading it counts, too: that is what has to be taken off. */
#define READ_COSTS	7

static atomic64_t now;

static u64 read_fake(void)
{
	return atomic64_add_return(READ_COSTS, &now);
}

static u64 read_narrow(void)
{
	return read_fake() & 0xff;
}

static u64 nr_starts, nr_stops;

static void start_fake(u64 *state)
{
	state[0] = ++nr_starts;
}

static void stop_fake(const u64 *state)
{
	nr_stops = state[0];
}

static const struct shadow_clock fake = {
	.unit = "fakes", .read = read_fake, .mask = U64_MAX,
};

static const struct shadow_clock narrow = {
	.unit = "narrow fakes", .read = read_narrow, .mask = 0xff,
	.start = start_fake, .stop = stop_fake,
};

struct world {
	struct shadow_event_log log;
	struct shadow_latency latency;
	struct shadow_latency_hist hist;
};

static struct world *new_world(struct kunit *test)
{
	struct world *w = shadow_test_alloc(test, sizeof(*w));
	void *mem = shadow_test_alloc(test, shadow_latency_bytes(CPUS));

	shadow_event_init(&w->log);
	shadow_latency_set_mem(&w->latency, mem, CPUS);
	atomic64_set(&now, 1000);
	return w;
}

static void on(struct world *w)
{
	shadow_latency_set(&w->latency, &w->log, SHADOW_LATENCY_NS, &fake);
}

static void off(struct world *w)
{
	shadow_latency_set(&w->latency, &w->log, SHADOW_LATENCY_OFF, NULL);
}

static void took(struct world *w, enum shadow_latency_op op,
		 enum shadow_latency_path path, u64 time)
{
	struct shadow_latency_mark mark;

	shadow_latency_begin(&mark, &w->log, op);
	atomic64_add(time, &now);
	if (path != SHADOW_LATENCY_REFUSED)
		shadow_latency_path(&w->log, path);
	shadow_latency_end(&mark, path == SHADOW_LATENCY_REFUSED);
}

static const struct shadow_latency_hist *
hist_of(struct world *w, enum shadow_latency_op op, enum shadow_latency_path path)
{
	shadow_latency_sum(&w->latency, op, path, &w->hist);
	return &w->hist;
}

/* What n fakes are in, and at both ends of it */
static void buckets_are_exact(struct kunit *test)
{
	static const struct {
		u64 time;
		unsigned int bucket;
	} rows[] = {
		{ 0, 0 }, { 1, 1 }, { 2, 2 }, { 3, 2 }, { 4, 3 }, { 7, 3 },
		{ 8, 4 }, { 1023, 10 }, { 1024, 11 }, { BIT_ULL(38) - 1, 38 },
		{ BIT_ULL(38), 39 }, { BIT_ULL(50), 39 },
	};
	struct world *w = new_world(test);
	const struct shadow_latency_hist *hist;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		on(w);
		took(w, SHADOW_LATENCY_PAGE_ALLOC, SHADOW_LATENCY_FAST,
		     rows[i].time);
		hist = hist_of(w, SHADOW_LATENCY_PAGE_ALLOC, SHADOW_LATENCY_FAST);
		KUNIT_EXPECT_EQ(test, hist->count, 1);
		KUNIT_EXPECT_EQ(test, hist->min, rows[i].time);
		KUNIT_EXPECT_EQ(test, hist->max, rows[i].time);
		KUNIT_EXPECT_EQ_MSG(test, hist->bucket[rows[i].bucket], 1,
				    "row %u", i);
	}
	KUNIT_EXPECT_EQ(test, w->latency.overhead, READ_COSTS);
	off(w);
}

static void off_measures_nothing(struct kunit *test)
{
	struct world *w = new_world(test);
	struct shadow_latency_mark mark;

	took(w, SHADOW_LATENCY_MAP, SHADOW_LATENCY_FAST, 5);
	KUNIT_EXPECT_EQ(test, hist_of(w, SHADOW_LATENCY_MAP, SHADOW_LATENCY_FAST)->count, 0);
	on(w);
	took(w, SHADOW_LATENCY_MAP, SHADOW_LATENCY_FAST, 5);
	off(w);
	took(w, SHADOW_LATENCY_MAP, SHADOW_LATENCY_FAST, 5);
	KUNIT_EXPECT_EQ(test, hist_of(w, SHADOW_LATENCY_MAP, SHADOW_LATENCY_FAST)->count, 1);
	on(w);
	/* A clock is chosen while it is measured: it ends, and does not count */
	shadow_latency_begin(&mark, &w->log, SHADOW_LATENCY_MAP);
	on(w);
	shadow_latency_end(&mark, false);
	KUNIT_EXPECT_NULL(test, w->latency.cpu[raw_smp_processor_id() % CPUS].open);
	KUNIT_EXPECT_EQ(test, hist_of(w, SHADOW_LATENCY_MAP, SHADOW_LATENCY_FAST)->count, 0);
	off(w);
}

/* The longest way counts, of those that are the operation's own */
static void path_is_the_longest(struct kunit *test)
{
	struct world *w = new_world(test);
	struct shadow_latency_mark mark, inner;

	on(w);
	shadow_latency_begin(&mark, &w->log, SHADOW_LATENCY_KMALLOC);
	shadow_latency_path(&w->log, SHADOW_LATENCY_NEW);
	shadow_latency_path(&w->log, SHADOW_LATENCY_PARTIAL);
	shadow_latency_begin(&inner, &w->log, SHADOW_LATENCY_PAGE_ALLOC);
	KUNIT_EXPECT_NULL(test, inner.latency);
	shadow_latency_path(&w->log, SHADOW_LATENCY_SLOW);
	shadow_latency_end(&inner, true);
	atomic64_add(100, &now);
	shadow_latency_end(&mark, false);
	KUNIT_EXPECT_EQ(test, hist_of(w, SHADOW_LATENCY_KMALLOC, SHADOW_LATENCY_NEW)->count, 1);
	KUNIT_EXPECT_EQ(test, hist_of(w, SHADOW_LATENCY_PAGE_ALLOC,
				      SHADOW_LATENCY_REFUSED)->count, 0);
	took(w, SHADOW_LATENCY_PAGE_FREE, SHADOW_LATENCY_BUDDY, 1);
	took(w, SHADOW_LATENCY_PAGE_FREE, SHADOW_LATENCY_REFUSED, 1);
	took(w, SHADOW_LATENCY_PAGE_FREE, SHADOW_LATENCY_NEW, 1);
	KUNIT_EXPECT_EQ(test, hist_of(w, SHADOW_LATENCY_PAGE_FREE, SHADOW_LATENCY_BUDDY)->count, 1);
	KUNIT_EXPECT_EQ(test, hist_of(w, SHADOW_LATENCY_PAGE_FREE,
				      SHADOW_LATENCY_REFUSED)->count, 1);
	KUNIT_EXPECT_EQ(test, hist_of(w, SHADOW_LATENCY_PAGE_FREE, SHADOW_LATENCY_FAST)->count, 1);
	off(w);
}

/* A counter of eight bits that runs over, and is stopped after each */
static void narrow_clock(struct kunit *test)
{
	struct world *w = new_world(test);
	int i;

	shadow_latency_set(&w->latency, &w->log, SHADOW_LATENCY_INSTRUCTIONS, &narrow);
	for (i = 0; i < 300; i++)
		took(w, SHADOW_LATENCY_VFREE, SHADOW_LATENCY_FAST, 60);
	hist_of(w, SHADOW_LATENCY_VFREE, SHADOW_LATENCY_FAST);
	KUNIT_EXPECT_EQ(test, w->hist.count, 300);
	KUNIT_EXPECT_EQ(test, w->hist.min, 60);
	KUNIT_EXPECT_EQ(test, w->hist.max, 60);
	KUNIT_EXPECT_EQ(test, w->hist.sum, 300 * 60);
	off(w);
	KUNIT_EXPECT_GE(test, nr_starts, 300);
	KUNIT_EXPECT_EQ(test, nr_stops, nr_starts);
}

/* As a list of all that was measured would have it */
static void random_against_a_list(struct kunit *test)
{
	struct world *w = new_world(test);
	u64 *list = shadow_test_alloc(test, NR_OPS * sizeof(*list));
	u64 above[SHADOW_LATENCY_BUCKETS] = {}, sum = 0, rank;
	unsigned int i, j, below, bits;
	struct rnd_state rnd;

	shadow_test_seed(test, &rnd);
	on(w);
	for (i = 0; i < NR_OPS; i++) {
		bits = prandom_u32_state(&rnd) % 36;
		list[i] = bits ? BIT_ULL(bits - 1) |
			  (prandom_u32_state(&rnd) & (BIT_ULL(bits - 1) - 1)) : 0;
		took(w, SHADOW_LATENCY_UNMAP, SHADOW_LATENCY_FAST, list[i]);
		sum += list[i];
		above[bits]++;
	}
	off(w);
	hist_of(w, SHADOW_LATENCY_UNMAP, SHADOW_LATENCY_FAST);
	KUNIT_EXPECT_EQ(test, w->hist.sum, sum);
	for (i = 0; i < SHADOW_LATENCY_BUCKETS; i++)
		KUNIT_EXPECT_EQ(test, w->hist.bucket[i], above[i]);
	for (i = 1; i <= 100; i++) {
		rank = shadow_latency_rank(&w->hist, i);
		for (below = 0, j = 0; j < NR_OPS; j++)
			below += list[j] <= rank;
		KUNIT_EXPECT_GE(test, below * 100, NR_OPS * i);
		/* A power of two less does not do */
		for (below = 0, j = 0; j < NR_OPS; j++)
			below += list[j] <= rank / 2;
		if (rank && rank < w->hist.max)
			KUNIT_EXPECT_LT(test, below * 100, NR_OPS * i);
	}
}

static void measure_much(void *arg)
{
	struct shadow_latency_mark mark;
	struct world *w = arg;
	int i;

	for (i = 0; i < NR_OPS; i++) {
		shadow_latency_begin(&mark, &w->log, SHADOW_LATENCY_PROTECT);
		shadow_latency_end(&mark, i & 1);
	}
}

/* None is lost, whoever measures at the same time */
static void cpus_at_once(struct kunit *test)
{
	struct shadow_test_thread thread[NR_THREADS] = {};
	struct world *w = new_world(test);
	int i;

	on(w);
	for (i = 0; i < NR_THREADS; i++) {
		thread[i].run = measure_much;
		thread[i].arg = w;
		KUNIT_ASSERT_EQ(test, shadow_test_thread_start(&thread[i]), 0);
	}
	for (i = 0; i < NR_THREADS; i++)
		shadow_test_thread_join(&thread[i]);
	off(w);
	KUNIT_EXPECT_EQ(test, hist_of(w, SHADOW_LATENCY_PROTECT, SHADOW_LATENCY_FAST)->count,
			NR_THREADS * NR_OPS / 2);
	KUNIT_EXPECT_EQ(test, hist_of(w, SHADOW_LATENCY_PROTECT, SHADOW_LATENCY_REFUSED)->count,
			NR_THREADS * NR_OPS / 2);
}

static struct kunit_case latency_cases[] = {
	KUNIT_CASE(buckets_are_exact),
	KUNIT_CASE(off_measures_nothing),
	KUNIT_CASE(path_is_the_longest),
	KUNIT_CASE(narrow_clock),
	KUNIT_CASE(random_against_a_list),
	KUNIT_CASE(cpus_at_once),
	{}
};

static struct kunit_suite latency_suite = {
	.name = "shadow_latency",
	.test_cases = latency_cases,
};

kunit_test_suite(latency_suite);
MODULE_LICENSE("GPL");
