// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of shadow_params_zone: how memory is divided into nodes and zones, as a
 * person writes it; what is refused, with which words, and what is printed.
 */
#include "shadow_test.h"

#include "shadow_params.h"

static const struct shadow_host_facts host = {
	.page_shift = 12, .arm64 = true, .ds = true, .pa_bits = 48,
};

#define MAX_GIVEN	4

/**
 * struct refusal - parameters that are refused
 * @given: NAME, VALUE, NAME, VALUE, ...
 * @err: the errno
 * @said: what the line begins with
 */
struct refusal {
	const char *given[2 * MAX_GIVEN];
	int err;
	const char *said;
};

static int check(const char *const *given, struct shadow_config *cfg, char *why)
{
	static char value[MAX_GIVEN][SHADOW_PARAMS_VALUE];
	struct shadow_param_strings in = { };
	unsigned int i, id;

	for (i = 0; i < MAX_GIVEN && given[2 * i]; i++) {
		for (id = 0; id < SHADOW_NR_PARAMS; id++)
			if (!strcmp(shadow_param_table[id].name, given[2 * i]))
				break;
		if (id == SHADOW_NR_PARAMS)
			return -ENOENT;
		strscpy(value[i], given[2 * i + 1], sizeof(value[i]));
		in.value[id] = value[i];
	}
	return shadow_params_check(&in, &host, cfg, why, SHADOW_PARAMS_WHY);
}

static const struct refusal refusals[] = {
	{ { "nodes", "0" }, -ERANGE, "nodes=0: out of range; allowed: 1 to 8" },
	{ { "nodes", "9" }, -ERANGE, "nodes=9: out of range; allowed: 1 to 8" },
	{ { "nodes", "two" }, -EINVAL, "nodes=two: not a number; allowed: 1 to 8" },
	{ { "distance", "10" }, -EINVAL, "distance=10: allowed: together with nodes" },
	{ { "nodes", "2", "distance", "" }, -EINVAL,
	  "distance=: number 1 is none; allowed: 4 numbers with commas" },
	{ { "nodes", "2", "distance", "10,20,20" }, -EINVAL,
	  "distance=10,20,20: allowed: 4 numbers, a row of 2 for each of 2 nodes" },
	{ { "nodes", "2", "distance", "10,20,20,10,10" }, -EINVAL,
	  "distance=10,20,20,10,10: allowed: 4 numbers" },
	{ { "nodes", "2", "distance", "10,20,20,10," }, -EINVAL,
	  "distance=10,20,20,10,: number 5 is none; allowed: 4 numbers" },
	{ { "nodes", "2", "distance", "10,,20,10" }, -EINVAL,
	  "distance=10,,20,10: number 2 is none; allowed: 4 numbers" },
	{ { "nodes", "2", "distance", "10,20,x,10" }, -EINVAL,
	  "distance=10,20,x,10: number 3 is none; allowed: 4 numbers" },
	{ { "nodes", "2", "distance", "11,20,20,10" }, -EINVAL,
	  "distance=11,20,20,10: 11 from node 0 to itself; allowed: 10" },
	{ { "nodes", "2", "distance", "10,10,20,10" }, -EINVAL,
	  "distance=10,10,20,10: 10 from node 0 to node 1; allowed: 11 to 254" },
	{ { "nodes", "2", "distance", "10,20,255,10" }, -EINVAL,
	  "distance=10,20,255,10: 255 from node 1 to node 0; allowed: 11 to 254" },
	{ { "dma", "low" }, -EINVAL, "dma=low: not an address; allowed: like" },
	{ { "dma", "4M1" }, -EINVAL, "dma=4M1: not an address; allowed: like" },
	{ { "dma", "0x1001" }, -EINVAL, "dma=0x1001: allowed: a multiple of 4K" },
	{ { "granule", "64k", "dma32", "4K" }, -EINVAL,
	  "dma32=4K: allowed: a multiple of 64K, the granule" },
	{ { "dma32", "0x10000000001000" }, -ERANGE,
	  "dma32=0x10000000001000: out of range; allowed: up to 52 bits" },
	{ { "highmem", "1" }, -EINVAL, "highmem=1: allowed: a multiple of 4K" },
	{ { "highmem", "" }, -EINVAL, "highmem=: not an address; allowed: like" },
	{ { "movablecore", "101%" }, -ERANGE,
	  "movablecore=101%: out of range; allowed: 0% to 100%" },
	{ { "movablecore", "%" }, -EINVAL,
	  "movablecore=%: not a number; allowed: 0% to 100%" },
	{ { "movablecore", "half" }, -EINVAL,
	  "movablecore=half: not a number of bytes; allowed: bytes, like 512M, or" },
	{ { "kernelcore", "mirror" }, -EOPNOTSUPP,
	  "kernelcore=mirror: there is no mirrored memory; allowed: bytes" },
	{ { "kernelcore", "99999999999T" }, -ERANGE,
	  "kernelcore=99999999999T: out of range; allowed: bytes" },
};

static void zones_refused(struct kunit *test)
{
	struct shadow_config *cfg = shadow_test_alloc(test, sizeof(*cfg));
	char why[SHADOW_PARAMS_WHY];
	const struct refusal *r;

	for (r = refusals; r < refusals + ARRAY_SIZE(refusals); r++) {
		KUNIT_EXPECT_EQ_MSG(test, check(r->given, cfg, why), r->err, "%s",
				    r->said);
		KUNIT_EXPECT_TRUE_MSG(test, !strncmp(why, r->said, strlen(r->said)),
				      "%s\nis not: %s", why, r->said);
	}
}

struct printed {
	const char *line;
	bool found;
};

static void find_line(void *to, const char *line)
{
	struct printed *printed = to;

	if (!strncmp(line, printed->line, strlen(printed->line)) &&
	    strstr(line, "# given"))
		printed->found = true;
}

static bool prints(const struct shadow_config *cfg, const char *line)
{
	struct printed printed = { .line = line };

	shadow_params_print(cfg, find_line, &printed);
	return printed.found;
}

static void zones_taken(struct kunit *test)
{
	static const char *const nodes[2 * MAX_GIVEN] = {
		"nodes", "3", "distance", "10,20,30,21,10,40,254,11,10",
	};
	static const char *const limits[2 * MAX_GIVEN] = {
		"dma", "0", "dma32", "1G", "highmem", "0xc0000000",
	};
	static const char *const cores[2 * MAX_GIVEN] = {
		"movablecore", "50%", "kernelcore", "0x30000000",
	};
	struct shadow_config *cfg = shadow_test_alloc(test, sizeof(*cfg));
	char why[SHADOW_PARAMS_WHY];

	KUNIT_ASSERT_EQ(test, check(nodes, cfg, why), 0);
	KUNIT_EXPECT_EQ(test, cfg->nr_nodes, 3);
	KUNIT_EXPECT_EQ(test, cfg->distance[0][2], 30);
	KUNIT_EXPECT_EQ(test, cfg->distance[2][0], 254);
	KUNIT_EXPECT_EQ(test, cfg->distance[1][0], 21);
	KUNIT_EXPECT_TRUE(test, prints(cfg, "nodes=3 "));
	KUNIT_EXPECT_TRUE(test, prints(cfg, "distance=10,20,30,21,10,40,254,11,10 "));

	KUNIT_ASSERT_EQ(test, check(limits, cfg, why), 0);
	KUNIT_EXPECT_EQ(test, cfg->dma, 0);
	KUNIT_EXPECT_EQ(test, cfg->dma32, SZ_1G);
	KUNIT_EXPECT_EQ(test, cfg->highmem, 0xc0000000);
	KUNIT_EXPECT_TRUE(test, prints(cfg, "highmem=0xc0000000 "));

	KUNIT_ASSERT_EQ(test, check(cores, cfg, why), 0);
	KUNIT_EXPECT_EQ(test, cfg->movablecore.percent, 50);
	KUNIT_EXPECT_EQ(test, cfg->kernelcore.percent, 0);
	KUNIT_EXPECT_EQ(test, cfg->kernelcore.bytes, 0x30000000);
	KUNIT_EXPECT_TRUE(test, prints(cfg, "movablecore=50% "));
	KUNIT_EXPECT_TRUE(test, prints(cfg, "kernelcore=768M "));
}

static struct kunit_case params_zone_cases[] = {
	KUNIT_CASE(zones_refused),
	KUNIT_CASE(zones_taken),
	{}
};

static struct kunit_suite params_zone_suite = {
	.name = "shadow_params_zone",
	.test_cases = params_zone_cases,
};

kunit_test_suite(params_zone_suite);
MODULE_LICENSE("GPL");
