// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of shadow_params_slab: which engine, which debugging, what is refused
 * with which words, and what is printed.
 */
#include "shadow_test.h"

#include "shadow_params.h"
#include "shadow_slab.h"

static const struct shadow_host_facts host = {
	.page_shift = 12, .arm64 = true, .ds = true, .pa_bits = 48,
};

static char value[SHADOW_PARAMS_VALUE];

static int check(enum shadow_param_id id, const char *text,
		 struct shadow_config *cfg, char *why)
{
	struct shadow_param_strings in = { };

	strscpy(value, text, sizeof(value));
	in.value[id] = value;
	return shadow_params_check(&in, &host, cfg, why, SHADOW_PARAMS_WHY);
}

static const struct {
	enum shadow_param_id id;
	const char *text;
	int err;
	const char *said;
} refusals[] = {
	{ SHADOW_PARAM_SLAB, "SLUB", -EINVAL, "slab=SLUB: allowed: slub" },
	{ SHADOW_PARAM_SLAB, "slib", -EINVAL, "slab=slib: allowed: slub" },
	{ SHADOW_PARAM_SLAB, "", -EINVAL, "slab=: allowed: slub" },
	{ SHADOW_PARAM_SLAB_HARDENED, "maybe", -EINVAL, "slab_hardened=maybe: allowed: on, off" },
	{ SHADOW_PARAM_SLAB_HARDENED, "", -EINVAL, "slab_hardened=: allowed: on, off" },
	{ SHADOW_PARAM_SLAB_RANDOM, "2", -EINVAL, "slab_random=2: allowed: on, off" },
	{ SHADOW_PARAM_SLAB_MERGE, "all", -EINVAL, "slab_merge=all: allowed: on, off" },
	{ SHADOW_PARAM_SLAB_DEBUG, "", -EINVAL,
	  "slab_debug=: allowed: -, or of F (checks), Z (red zones), P (poison), U (user)" },
	{ SHADOW_PARAM_SLAB_DEBUG, "FT", -EINVAL, "slab_debug=FT: allowed: -, or of F" },
	{ SHADOW_PARAM_SLAB_DEBUG, "FF", -EINVAL, "slab_debug=FF: allowed: -, or of F" },
	{ SHADOW_PARAM_SLAB_DEBUG, "-F", -EINVAL, "slab_debug=-F: allowed: -, or of F" },
	{ SHADOW_PARAM_SLAB_DEBUG, ",kmalloc-64", -EINVAL,
	  "slab_debug=,kmalloc-64: allowed: -, or" },
	{ SHADOW_PARAM_SLAB_DEBUG, "F,", -EINVAL,
	  "slab_debug=F,: allowed behind the letters: names of caches" },
	{ SHADOW_PARAM_SLAB_DEBUG, "F,a,,b", -EINVAL, "slab_debug=F,a,,b: allowed behind" },
	{ SHADOW_PARAM_SLAB_DEBUG, "F,a b", -EINVAL, "slab_debug=F,a b: allowed behind" },
	{ SHADOW_PARAM_SLAB_DEBUG, "F,*a", -EINVAL, "slab_debug=F,*a: allowed behind" },
	{ SHADOW_PARAM_SLAB_DEBUG, "F,a**", -EINVAL, "slab_debug=F,a**: allowed behind" },
	{ SHADOW_PARAM_SLAB_DEBUG, "F,a-name-of-32-characters-is-toolong", -EINVAL,
	  "slab_debug=F,a-name-of-32" },
};

static void params_slab_refused(struct kunit *test)
{
	struct shadow_config *cfg = shadow_test_alloc(test, sizeof(*cfg));
	char why[SHADOW_PARAMS_WHY];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(refusals); i++) {
		KUNIT_EXPECT_EQ_MSG(test, check(refusals[i].id, refusals[i].text, cfg, why),
				    refusals[i].err, "%s", refusals[i].said);
		KUNIT_EXPECT_TRUE_MSG(test, !strncmp(why, refusals[i].said,
						     strlen(refusals[i].said)),
				      "'%s' is not '%s'", why, refusals[i].said);
		KUNIT_EXPECT_NULL(test, strchr(why, '\n'));
	}
}

/* An engine that the front does not have is refused by name */
static void params_slab_engines(struct kunit *test)
{
	static const char *const engines[] = { "slub", "slab", "slob" };
	struct shadow_config *cfg = shadow_test_alloc(test, sizeof(*cfg));
	struct shadow_slab_config slab = { };
	char why[SHADOW_PARAMS_WHY];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(engines); i++) {
		slab.engine = engines[i];
		KUNIT_EXPECT_EQ(test, check(SHADOW_PARAM_SLAB, engines[i], cfg, why),
				shadow_slab_bytes(&slab, 1) ? 0 : -EOPNOTSUPP);
		if (shadow_slab_bytes(&slab, 1))
			KUNIT_EXPECT_STREQ(test, cfg->slab, engines[i]);
	}
}

static const struct {
	const char *text;
	u32 flags;
} debug[] = {
	{ "-", 0 },
	{ "F", SHADOW_SLAB_CHECKS },
	{ "FZPU", SHADOW_SLAB_DEBUG },
	{ "upzf", SHADOW_SLAB_DEBUG },
	{ "Z,kmalloc-*", SHADOW_SLAB_RED_ZONE },
	{ "PU,kmalloc-64,dentry*,x", SHADOW_SLAB_POISON | SHADOW_SLAB_STORE_USER },
};

static void params_slab_debug(struct kunit *test)
{
	struct shadow_config *cfg = shadow_test_alloc(test, sizeof(*cfg));
	char why[SHADOW_PARAMS_WHY];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(debug); i++) {
		KUNIT_EXPECT_EQ_MSG(test, check(SHADOW_PARAM_SLAB_DEBUG, debug[i].text, cfg, why),
				    0, "%s", why);
		KUNIT_EXPECT_EQ(test, cfg->slab_debug_flags, debug[i].flags);
		KUNIT_EXPECT_STREQ(test, cfg->slab_debug, debug[i].text);
	}
	KUNIT_EXPECT_EQ(test, check(SHADOW_PARAM_SEED, "1", cfg, why), 0);
	KUNIT_EXPECT_EQ(test, cfg->slab_debug_flags, 0);
	KUNIT_EXPECT_FALSE(test, cfg->slab_plain || cfg->slab_ordered || cfg->slab_merge);
	KUNIT_EXPECT_EQ(test, check(SHADOW_PARAM_SLAB_HARDENED, "off", cfg, why), 0);
	KUNIT_EXPECT_TRUE(test, cfg->slab_plain && !cfg->slab_ordered && !cfg->slab_merge);
	KUNIT_EXPECT_EQ(test, check(SHADOW_PARAM_SLAB_RANDOM, "off", cfg, why), 0);
	KUNIT_EXPECT_TRUE(test, !cfg->slab_plain && cfg->slab_ordered && !cfg->slab_merge);
	KUNIT_EXPECT_EQ(test, check(SHADOW_PARAM_SLAB_MERGE, "on", cfg, why), 0);
	KUNIT_EXPECT_TRUE(test, !cfg->slab_plain && !cfg->slab_ordered && cfg->slab_merge);
}

struct found {
	const char *line;
	unsigned int nr;
};

static void look_for(void *to, const char *line)
{
	struct found *found = to;

	found->nr += !strncmp(line, found->line, strlen(found->line));
}

static void params_slab_printed(struct kunit *test)
{
	static const struct {
		enum shadow_param_id id;
		const char *text, *line;
	} rows[] = {
		{ SHADOW_PARAM_SLAB_DEBUG, "ZP,kmalloc-8",
		  "slab_debug=ZP,kmalloc-8  # given: " },
		{ SHADOW_PARAM_SLAB_HARDENED, "off", "slab_hardened=off" },
		{ SHADOW_PARAM_SLAB_RANDOM, "off", "slab_random=off" },
		{ SHADOW_PARAM_SLAB_MERGE, "on", "slab_merge=on" },
		{ SHADOW_PARAM_SEED, "1", "slab_debug=-            " },
		{ SHADOW_PARAM_SEED, "1", "slab_merge=off" },
		{ SHADOW_PARAM_SEED, "1", "slab=slub" },
	};
	struct shadow_config *cfg = shadow_test_alloc(test, sizeof(*cfg));
	char why[SHADOW_PARAMS_WHY];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct found found = { .line = rows[i].line };

		KUNIT_EXPECT_EQ(test, check(rows[i].id, rows[i].text, cfg, why), 0);
		shadow_params_print(cfg, look_for, &found);
		KUNIT_EXPECT_EQ_MSG(test, found.nr, 1, "%s", rows[i].line);
	}
}

static struct kunit_case shadow_params_slab_cases[] = {
	KUNIT_CASE(params_slab_refused),
	KUNIT_CASE(params_slab_engines),
	KUNIT_CASE(params_slab_debug),
	KUNIT_CASE(params_slab_printed),
	{}
};

static struct kunit_suite shadow_params_slab_suite = {
	.name = "shadow_params_slab",
	.test_cases = shadow_params_slab_cases,
};

kunit_test_suite(shadow_params_slab_suite);
