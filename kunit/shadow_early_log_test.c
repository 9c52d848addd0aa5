// SPDX-License-Identifier: GPL-2.0-only
/*
 * The log of early memory: ranges by hand, and against a model that knows the
 * owner of every byte.
 */
#include "shadow_test.h"

#include "shadow_early_log.h"

#define NR_BYTES	512	/* that the model knows, from BASE on */
#define BASE		0x80000000ULL
#define NR_OPS		100000
#define TEXT		256

static const char *const names[] = { "memmap", "table", "dtb" };

static struct shadow_early_log *new_log(struct kunit *test)
{
	struct shadow_early_log *log = shadow_test_alloc(test, sizeof(*log));

	shadow_early_log_init(log);
	return log;
}

static void verify(struct kunit *test, const struct shadow_early_log *log)
{
	SHADOW_TEST_VERIFY(test, shadow_early_log_verify(log, &__fault));
}

/* All ranges as text: first and last byte, and the owner's first letter. */
static void expect_log(struct kunit *test, const struct shadow_early_log *log,
		       const char *want, int line)
{
	char text[TEXT] = "";
	unsigned int i;
	int nr = 0;

	verify(test, log);
	for (i = 0; i < log->nr; i++)
		nr += scnprintf(text + nr, TEXT - nr, "%s%llu-%llu%c",
				nr ? " " : "", (u64)log->range[i].base,
				(u64)shadow_early_range_end(&log->range[i]),
				log->range[i].owner[0]);
	KUNIT_EXPECT_STREQ_MSG(test, text, want, "line %d", line);
}

#define EXPECT_LOG(test, log, want)	expect_log(test, log, want, __LINE__)

static void joins_and_splits(struct kunit *test)
{
	struct shadow_early_log *log = new_log(test);
	char again[] = "early";

	EXPECT_LOG(test, log, "");
	shadow_early_log_take(log, 10, 5);
	/* The same name at another address is the same owner. */
	KUNIT_EXPECT_STREQ(test, shadow_early_log_set_owner(log, again), "early");
	shadow_early_log_take(log, 15, 5);
	shadow_early_log_take(log, 30, 10);
	EXPECT_LOG(test, log, "10-20e 30-40e");
	shadow_early_log_set_owner(log, "table");
	shadow_early_log_take(log, 20, 4);
	shadow_early_log_take(log, 26, 4);
	EXPECT_LOG(test, log, "10-20e 20-24t 26-30t 30-40e");
	shadow_early_log_take(log, 24, 2);
	EXPECT_LOG(test, log, "10-20e 20-30t 30-40e");

	KUNIT_EXPECT_NULL(test, shadow_early_log_owner_of(log, 9));
	KUNIT_EXPECT_STREQ(test, shadow_early_log_owner_of(log, 10), "early");
	KUNIT_EXPECT_STREQ(test, shadow_early_log_owner_of(log, 29), "table");
	KUNIT_EXPECT_NULL(test, shadow_early_log_owner_of(log, 40));

	shadow_early_log_drop(log, 22, 2);
	EXPECT_LOG(test, log, "10-20e 20-22t 24-30t 30-40e");
	shadow_early_log_drop(log, 0, 12);
	shadow_early_log_drop(log, 38, 100);
	EXPECT_LOG(test, log, "12-20e 20-22t 24-30t 30-38e");
	shadow_early_log_drop(log, 15, 18);
	EXPECT_LOG(test, log, "12-15e 33-38e");
	shadow_early_log_drop(log, 33, 0);
	shadow_early_log_drop(log, 15, 18);
	EXPECT_LOG(test, log, "12-15e 33-38e");
	shadow_early_log_clear(log);
	EXPECT_LOG(test, log, "");
}

/* What has no room is counted; what is there stays as it is. */
static void may_be_full(struct kunit *test)
{
	struct shadow_early_log *log = new_log(test);
	u64 i;

	for (i = 0; i < SHADOW_EARLY_LOG_RANGES; i++)
		shadow_early_log_take(log, 10 * i, 5);
	verify(test, log);
	KUNIT_EXPECT_EQ(test, log->nr_lost, 0);
	shadow_early_log_take(log, 10 * i, 5);
	KUNIT_EXPECT_EQ(test, log->nr_lost, 1);
	KUNIT_EXPECT_NULL(test, shadow_early_log_owner_of(log, 10 * i));
	/* A split needs room too: the upper half has no owner then. */
	shadow_early_log_drop(log, 12, 1);
	verify(test, log);
	KUNIT_EXPECT_EQ(test, log->nr_lost, 2);
	KUNIT_EXPECT_STREQ(test, shadow_early_log_owner_of(log, 11), "early");
	KUNIT_EXPECT_NULL(test, shadow_early_log_owner_of(log, 13));
	/* To grow takes none. */
	shadow_early_log_take(log, 15, 5);
	KUNIT_EXPECT_EQ(test, log->nr, SHADOW_EARLY_LOG_RANGES);
	shadow_early_log_drop(log, 15, 10);
	shadow_early_log_take(log, 10 * i, 5);
	KUNIT_EXPECT_STREQ(test, shadow_early_log_owner_of(log, 10 * i), "early");
	KUNIT_EXPECT_EQ(test, log->nr_lost, 2);
	shadow_early_log_clear(log);
	KUNIT_EXPECT_EQ(test, log->nr_lost, 0);
}

static void finds_what_is_wrong(struct kunit *test)
{
	struct shadow_early_log *log = new_log(test);
	struct shadow_fault fault;
	int i;

	for (i = 0; i < 5; i++) {
		shadow_early_log_clear(log);
		shadow_early_log_take(log, 10, 5);
		shadow_early_log_take(log, 20, 5);
		verify(test, log);
		switch (i) {
		case 0:
			log->range[1].bytes = 0;
			break;
		case 1:
			log->range[1].owner = NULL;
			break;
		case 2:
			log->range[1].base = 14;
			break;
		case 3:
			log->range[1].bytes = U64_MAX;
			break;
		default:
			log->nr = SHADOW_EARLY_LOG_RANGES + 1;
		}
		shadow_fault_init(&fault);
		KUNIT_EXPECT_EQ_MSG(test, shadow_early_log_verify(log, &fault),
				    -EUCLEAN, "case %d", i);
	}
}

/* Entries are the runs of bytes that have one owner. */
static void compare(struct kunit *test, const struct shadow_early_log *log,
		    const u8 *owner)
{
	const struct shadow_early_range *range = log->range;
	unsigned int at, end;

	verify(test, log);
	for (at = 0; at < NR_BYTES; at = end) {
		for (end = at + 1; end < NR_BYTES && owner[end] == owner[at];)
			end++;
		if (!owner[at])
			continue;
		KUNIT_ASSERT_LT(test, range - log->range, log->nr);
		KUNIT_ASSERT_EQ(test, range->base, BASE + at);
		KUNIT_ASSERT_EQ(test, range->bytes, end - at);
		KUNIT_ASSERT_PTR_EQ(test, range->owner, names[owner[at] - 1]);
		range++;
	}
	KUNIT_ASSERT_EQ(test, range - log->range, log->nr);
}

static void equals_the_model(struct kunit *test)
{
	struct shadow_early_log *log = new_log(test);
	u8 *owner = shadow_test_alloc(test, NR_BYTES);
	u64 op, at, nr, who, end;
	struct rnd_state rnd;

	shadow_test_seed(test, &rnd);
	for (op = 0; op < NR_OPS; op++) {
		at = shadow_test_below(&rnd, NR_BYTES);
		nr = shadow_test_below(&rnd, min(NR_BYTES - at + 1, 40ULL));
		who = 1 + shadow_test_below(&rnd, ARRAY_SIZE(names));
		if (shadow_test_below(&rnd, 3)) {
			for (end = at; end < at + nr && !owner[end];)
				end++;
			if (end == at)
				continue;
			shadow_early_log_set_owner(log, names[who - 1]);
			shadow_early_log_take(log, BASE + at, end - at);
			memset(owner + at, who, end - at);
		} else {
			shadow_early_log_drop(log, BASE + at, nr);
			memset(owner + at, 0, nr);
		}
		compare(test, log, owner);
		if (op % 4096 == 0)
			cond_resched();
	}
	KUNIT_EXPECT_EQ(test, log->nr_lost, 0);
}

static struct kunit_case early_log_cases[] = {
	KUNIT_CASE(joins_and_splits),
	KUNIT_CASE(may_be_full),
	KUNIT_CASE(finds_what_is_wrong),
	KUNIT_CASE_SLOW(equals_the_model),
	{}
};

static struct kunit_suite early_log_suite = {
	.name = "shadow_early_log",
	.test_cases = early_log_cases,
};

kunit_test_suite(early_log_suite);
