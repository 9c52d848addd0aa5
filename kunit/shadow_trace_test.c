// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite of shadow_trace: what a recorded trace says, what is refused in which
 * words, texts with bytes changed at random, and generated traces. What comes
 * out is counted again by a model that knows the operations alone.
 */
#include "shadow_test.h"
#include "shadow_trace.h"

#define HEAD		"shadow_mm kmem trace 1\n"
#define TEXT_ROOM	1024
#define NR_MUTATIONS	20000

static struct shadow_trace *new_trace(struct kunit *test, u32 room)
{
	struct shadow_trace *trace = shadow_test_alloc(test, sizeof(*trace));

	trace->room = room;
	trace->op = shadow_test_alloc(test, room * sizeof(*trace->op));
	trace->size = shadow_test_alloc(test, room * sizeof(*trace->size));
	return trace;
}

/* Every operation is possible, and the sums are those of the operations. */
static void check_sums(struct kunit *test, const struct shadow_trace *trace)
{
	u32 *model = shadow_test_alloc(test, (trace->nr_ops + 1) * sizeof(*model));
	u64 live = 0, peak = 0, nr_live = 0;
	u32 i, nr = 0, largest = 0, bad = 0;

	for (i = 0; i < trace->nr_ops; i++) {
		const struct shadow_trace_op *op = &trace->op[i];

		if (op->kind == SHADOW_TRACE_FREE) {
			if (op->what >= nr || !model[op->what]) {
				bad++;
				continue;
			}
			live -= model[op->what];
			model[op->what] = 0;
			nr_live--;
			continue;
		}
		if (op->kind == SHADOW_TRACE_CACHE) {
			bad += op->cache >= trace->nr_caches;
			model[nr] = trace->cache[op->cache % SHADOW_TRACE_MAX_CACHES].bytes;
		} else {
			model[nr] = op->what;
			largest = max(largest, op->what);
		}
		bad += !model[nr];
		live += model[nr++];
		nr_live++;
		peak = max(peak, live);
	}
	KUNIT_EXPECT_EQ(test, bad, 0);
	KUNIT_EXPECT_EQ(test, trace->nr_allocs, nr);
	KUNIT_EXPECT_EQ(test, trace->nr_live, nr_live);
	KUNIT_EXPECT_EQ(test, trace->live_bytes, live);
	KUNIT_EXPECT_EQ(test, trace->peak_bytes, peak);
	KUNIT_EXPECT_EQ(test, trace->largest, largest);
	shadow_test_free(test, model);
}

static void small_one_is_read(struct kunit *test)
{
	static const char text[] = HEAD
		"# who, and how\n"
		"cache 136 8\n"
		"cache 192 64\n"
		"\n"
		"k24\nc1\nf2\nk4194304\nc0\nf1\nf2";
	struct shadow_trace *trace = new_trace(test, shadow_trace_room(text, sizeof(text) - 1));

	KUNIT_EXPECT_EQ_MSG(test, shadow_trace_read(trace, text, sizeof(text) - 1), 0,
			    "%s", trace->why);
	KUNIT_EXPECT_EQ(test, trace->nr_ops, 7);
	KUNIT_EXPECT_EQ(test, trace->nr_allocs, 4);
	KUNIT_EXPECT_EQ(test, trace->nr_caches, 2);
	KUNIT_EXPECT_EQ(test, trace->cache[1].bytes, 192);
	KUNIT_EXPECT_EQ(test, trace->cache[1].align, 64);
	KUNIT_EXPECT_EQ(test, trace->op[0].what, 24);
	KUNIT_EXPECT_EQ(test, trace->op[2].what, 0);
	KUNIT_EXPECT_EQ(test, trace->op[5].what, 3);
	KUNIT_EXPECT_EQ(test, trace->op[6].what, 2);
	KUNIT_EXPECT_EQ(test, trace->nr_live, 1);
	KUNIT_EXPECT_EQ(test, trace->live_bytes, 192);
	KUNIT_EXPECT_EQ(test, trace->peak_bytes, 192 + 4194304 + 136);
	KUNIT_EXPECT_EQ(test, trace->largest, 4194304);
	check_sums(test, trace);
}

static const struct {
	const char *text;
	int err;
	const char *why;
} refusals[] = {
	{ "", -EINVAL, "line 1: '': allowed: shadow_mm kmem trace 1" },
	{ "k24\n", -EINVAL, "line 1: 'k24': allowed: shadow_mm kmem trace 1" },
	{ "shadow_mm kmem trace 2\nk24\n", -EINVAL,
	  "line 1: 'shadow_mm kmem trace 2': allowed: shadow_mm kmem trace 1" },
	{ HEAD, -EINVAL, "nothing is allocated in it: allowed: one allocation at least" },
	{ HEAD "x1\n", -EINVAL,
	  "line 2: 'x1': allowed: kBYTES, cCACHE, fBACK, cache BYTES ALIGN, # comment" },
	{ HEAD "k\n", -EINVAL, "line 2: 'k': allowed: a number behind the letter" },
	{ HEAD "k-1\n", -EINVAL, "line 2: 'k-1': allowed: a number behind the letter" },
	{ HEAD "k24\t\n", -EINVAL, "line 2: 'k24?': allowed: a number behind the letter" },
	{ HEAD "k0\n", -ERANGE, "line 2: 'k0': allowed: kmalloc of 1 to 4194304 bytes" },
	{ HEAD "k4194305\n", -ERANGE,
	  "line 2: 'k4194305': allowed: kmalloc of 1 to 4194304 bytes" },
	{ HEAD "k18446744073709551616\n", -EINVAL,
	  "line 2: 'k18446744073709551616': allowed: a number behind the letter" },
	{ HEAD "c0\n", -EINVAL, "line 2: 'c0': allowed: a line 'cache BYTES ALIGN' before it" },
	{ HEAD "cache 8 8\nc1\n", -ERANGE, "line 3: 'c1': allowed: a cache from 0 to 0" },
	{ HEAD "f1\n", -EINVAL, "line 2: 'f1': allowed: a free after an allocation" },
	{ HEAD "k8\nf0\n", -ERANGE, "line 3: 'f0': allowed: 1 to 1, the newest allocation is 1" },
	{ HEAD "k8\nf2\n", -ERANGE, "line 3: 'f2': allowed: 1 to 1, the newest allocation is 1" },
	{ HEAD "k8\nf1\nf1\n", -EINVAL,
	  "line 4: 'f1': allowed: an allocation that was not freed before" },
	{ HEAD "cache 8\n", -EINVAL, "line 2: 'cache 8': allowed: cache BYTES ALIGN" },
	{ HEAD "cache 8 x\n", -EINVAL, "line 2: 'cache 8 x': allowed: cache BYTES ALIGN" },
	{ HEAD "cache 0 8\n", -ERANGE,
	  "line 2: 'cache 0 8': allowed: objects of 1 to 32768 bytes" },
	{ HEAD "cache 8 24\n", -ERANGE,
	  "line 2: 'cache 8 24': allowed: a power of two up to 4096" },
	{ HEAD "cache 8 8192\n", -ERANGE,
	  "line 2: 'cache 8 8192': allowed: a power of two up to 4096" },
	{ HEAD "k8\ncache 8 8\n", -EINVAL,
	  "line 3: 'cache 8 8': allowed: caches before the first operation" },
	{ HEAD "\x01_\x7f\n", -EINVAL,
	  "line 2: '?_?': allowed: kBYTES, cCACHE, fBACK, cache BYTES ALIGN, # comment" },
};

static void refusals_name_the_line(struct kunit *test)
{
	struct shadow_trace *trace = new_trace(test, 16);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(refusals); i++) {
		KUNIT_EXPECT_EQ_MSG(test, shadow_trace_read(trace, refusals[i].text,
							    strlen(refusals[i].text)),
				    refusals[i].err, "refusal %u", i);
		KUNIT_EXPECT_STREQ(test, trace->why, refusals[i].why);
	}
}

static void room_is_kept(struct kunit *test)
{
	struct shadow_trace *trace = new_trace(test, 2);
	struct shadow_trace_plan plan = { .nr_ops = 3, .seed = 1 };

	KUNIT_EXPECT_EQ(test, shadow_trace_read(trace, HEAD "k1\nk2\n", 29), 0);
	KUNIT_EXPECT_EQ(test, shadow_trace_read(trace, HEAD "k1\nk2\nk3\n", 32), -E2BIG);
	KUNIT_EXPECT_STREQ(test, trace->why, "line 4: 'k3': allowed: up to 2 operations");
	KUNIT_EXPECT_EQ(test, shadow_trace_generate(trace, &plan), -E2BIG);
}

static void caches_are_bounded(struct kunit *test)
{
	struct shadow_trace *trace = new_trace(test, 16);
	char *text = shadow_test_alloc(test, TEXT_ROOM);
	size_t len = scnprintf(text, TEXT_ROOM, HEAD);
	unsigned int i;

	for (i = 0; i < SHADOW_TRACE_MAX_CACHES; i++)
		len += scnprintf(text + len, TEXT_ROOM - len, "cache %u 8\n", i + 1);
	KUNIT_EXPECT_EQ(test, shadow_trace_read(trace, text, len), -EINVAL);
	KUNIT_EXPECT_EQ(test, trace->nr_caches, SHADOW_TRACE_MAX_CACHES);
	len += scnprintf(text + len, TEXT_ROOM - len, "cache 8 8\n");
	KUNIT_EXPECT_EQ(test, shadow_trace_read(trace, text, len), -E2BIG);
	KUNIT_EXPECT_STREQ(test, trace->why, "line 66: 'cache 8 8': allowed: up to 64 caches");
}

/* A trace of text that is right, with some operations */
static size_t write_text(struct kunit *test, char *text, struct rnd_state *rnd)
{
	size_t len = scnprintf(text, TEXT_ROOM, HEAD "# a comment\ncache 100 8\ncache 30 64\n");
	bool live[64] = {};
	u32 nr = 0, at;

	while (nr < ARRAY_SIZE(live)) {
		at = nr ? shadow_test_below(rnd, nr) : 0;
		if (live[at]) {
			live[at] = false;
			len += scnprintf(text + len, TEXT_ROOM - len, "f%u\n", nr - at);
			continue;
		}
		live[nr++] = true;
		at = shadow_test_below(rnd, 3000);
		if (at < 2)
			len += scnprintf(text + len, TEXT_ROOM - len, "c%u\n", at);
		else
			len += scnprintf(text + len, TEXT_ROOM - len, "k%u\n", at);
	}
	return len;
}

/* What is changed is refused with a reason, or is another trace that is right. */
static void mutations_do_no_harm(struct kunit *test)
{
	struct shadow_trace *trace = new_trace(test, 256);
	char *text = shadow_test_alloc(test, TEXT_ROOM);
	u32 i, refused = 0, nr, at;
	struct rnd_state rnd;
	size_t len;

	shadow_test_seed(test, &rnd);
	for (i = 0; i < NR_MUTATIONS; i++) {
		len = write_text(test, text, &rnd);
		for (nr = shadow_test_below(&rnd, 4); nr; nr--) {
			at = shadow_test_below(&rnd, len);
			if (shadow_test_below(&rnd, 4) == 0)
				len = at + 1;
			else if (shadow_test_below(&rnd, 2))
				text[at] = shadow_test_below(&rnd, 256);
			else
				text[at] = " kcf019\n"[shadow_test_below(&rnd, 8)];
		}
		trace->why[0] = 'x';
		if (!shadow_trace_read(trace, text, len)) {
			KUNIT_ASSERT_EQ(test, trace->why[0], '\0');
			check_sums(test, trace);
			continue;
		}
		KUNIT_ASSERT_NE(test, trace->why[0], '\0');
		KUNIT_ASSERT_TRUE(test, strstr(trace->why, "allowed: "));
		refused++;
	}
	KUNIT_EXPECT_GT(test, refused, NR_MUTATIONS / 10);
	KUNIT_EXPECT_LT(test, refused, NR_MUTATIONS * 9 / 10);
}

static const struct {
	const char *name;
	int err;
} plans[] = {
	{ "mixed:1:1" }, { "waves:1000000:0xffffffffffffffff" },
	{ "mixed", -EINVAL }, { "mixed:", -EINVAL }, { "mixed:1", -EINVAL },
	{ "mixed:1:", -EINVAL }, { "mixed::1", -EINVAL }, { "mixed:x:1", -EINVAL },
	{ "mixed:1:1:1", -EINVAL }, { "Mixed:1:1", -EINVAL }, { ":1:1", -EINVAL },
	{ "wave:1:1", -EINVAL }, { "mixed:0:1", -ERANGE }, { "mixed:1:0", -ERANGE },
	{ "mixed:1000001:1", -ERANGE }, { "mixed:-1:1", -EINVAL },
};

static void names_of_plans(struct kunit *test)
{
	struct shadow_trace_plan plan;
	char why[SHADOW_TRACE_WHY];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(plans); i++) {
		why[0] = '\0';
		KUNIT_EXPECT_EQ_MSG(test, shadow_trace_plan_read(&plan, plans[i].name, why,
								 sizeof(why)),
				    plans[i].err, "%s", plans[i].name);
		KUNIT_EXPECT_EQ(test, !*why, !plans[i].err);
	}
	KUNIT_EXPECT_EQ(test, shadow_trace_plan_read(&plan, "waves:77:0x10", why, sizeof(why)), 0);
	KUNIT_EXPECT_EQ(test, plan.pattern, SHADOW_TRACE_WAVES);
	KUNIT_EXPECT_EQ(test, plan.nr_ops, 77);
	KUNIT_EXPECT_EQ(test, plan.seed, 16);
	KUNIT_EXPECT_EQ(test, shadow_trace_plan_read(&plan, "mixed:0:1", why, sizeof(why)),
			-ERANGE);
	KUNIT_EXPECT_STREQ(test, why,
			   "'mixed:0:1': allowed: mixed:OPERATIONS:SEED, waves:OPERATIONS:SEED, 1 to 1000000 operations, a seed that is not 0");
	KUNIT_EXPECT_TRUE(test, shadow_trace_is_plan("mixed:1"));
	KUNIT_EXPECT_FALSE(test, shadow_trace_is_plan("boot-6.12"));
}

static void names_of_files(struct kunit *test)
{
	char name[SHADOW_TRACE_NAME + 2];

	KUNIT_EXPECT_TRUE(test, shadow_trace_name_ok("boot-6.12"));
	KUNIT_EXPECT_TRUE(test, shadow_trace_name_ok("A_9"));
	KUNIT_EXPECT_FALSE(test, shadow_trace_name_ok(""));
	KUNIT_EXPECT_FALSE(test, shadow_trace_name_ok("."));
	KUNIT_EXPECT_FALSE(test, shadow_trace_name_ok(".."));
	KUNIT_EXPECT_FALSE(test, shadow_trace_name_ok("../boot"));
	KUNIT_EXPECT_FALSE(test, shadow_trace_name_ok("a/b"));
	KUNIT_EXPECT_FALSE(test, shadow_trace_name_ok("a b"));
	memset(name, 'a', sizeof(name));
	name[SHADOW_TRACE_NAME + 1] = '\0';
	KUNIT_EXPECT_FALSE(test, shadow_trace_name_ok(name));
	name[SHADOW_TRACE_NAME] = '\0';
	KUNIT_EXPECT_TRUE(test, shadow_trace_name_ok(name));
}

static void same_plan_same_trace(struct kunit *test)
{
	struct shadow_trace *one = new_trace(test, 20000), *two = new_trace(test, 20000);
	struct shadow_trace_plan plan = { .nr_ops = 20000, .seed = 7 };
	size_t bytes = plan.nr_ops * sizeof(*one->op);

	for (plan.pattern = 0; plan.pattern < SHADOW_NR_TRACE_PATTERNS; plan.pattern++) {
		KUNIT_EXPECT_EQ(test, shadow_trace_generate(one, &plan), 0);
		KUNIT_EXPECT_EQ(test, shadow_trace_generate(two, &plan), 0);
		KUNIT_EXPECT_EQ(test, one->nr_ops, plan.nr_ops);
		KUNIT_EXPECT_EQ(test, memcmp(one->op, two->op, bytes), 0);
		check_sums(test, one);
		plan.seed++;
		KUNIT_EXPECT_EQ(test, shadow_trace_generate(two, &plan), 0);
		KUNIT_EXPECT_NE(test, memcmp(one->op, two->op, bytes), 0);
		/* A trace that frees nothing, or has one size, would tell nothing */
		KUNIT_EXPECT_GT(test, one->nr_ops - one->nr_allocs, plan.nr_ops / 4);
		KUNIT_EXPECT_GT(test, one->peak_bytes, one->live_bytes);
	}
}

static struct kunit_case trace_cases[] = {
	KUNIT_CASE(small_one_is_read),
	KUNIT_CASE(refusals_name_the_line),
	KUNIT_CASE(room_is_kept),
	KUNIT_CASE(caches_are_bounded),
	KUNIT_CASE(mutations_do_no_harm),
	KUNIT_CASE(names_of_plans),
	KUNIT_CASE(names_of_files),
	KUNIT_CASE(same_plan_same_trace),
	{}
};

static struct kunit_suite trace_suite = {
	.name = "shadow_trace",
	.test_cases = trace_cases,
};

kunit_test_suite(trace_suite);
