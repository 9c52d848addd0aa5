// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite of the flags of an allocation: which zone they come to, what exclude
 * each other, what they are called, and what an attempt may do with them.
 */
#include "shadow_test_machine.h"

#define BAD	SHADOW_MAX_NR_ZONES

/* The table in the comment of include/linux/gfp.h, by the low four bits */
static const u8 zones[16] = {
	[0x0] = SHADOW_ZONE_NORMAL,
	[0x1] = SHADOW_ZONE_DMA,
	[0x2] = SHADOW_ZONE_HIGHMEM,
	[0x3] = BAD,
	[0x4] = SHADOW_ZONE_DMA32,
	[0x5] = BAD,
	[0x6] = BAD,
	[0x7] = BAD,
	[0x8] = SHADOW_ZONE_NORMAL,
	[0x9] = SHADOW_ZONE_DMA,
	[0xa] = SHADOW_ZONE_MOVABLE,
	[0xb] = BAD,
	[0xc] = SHADOW_ZONE_DMA32,
	[0xd] = BAD,
	[0xe] = BAD,
	[0xf] = BAD,
};

static void zone_of_each_combination(struct kunit *test)
{
	u32 gfp;

	for (gfp = 0; gfp < ARRAY_SIZE(zones); gfp++) {
		KUNIT_EXPECT_EQ_MSG(test, shadow_gfp_zone_bad(gfp),
				    zones[gfp] == BAD, "gfp %#x", gfp);
		KUNIT_EXPECT_EQ(test, !!shadow_gfp_refusal(gfp), zones[gfp] == BAD);
		if (zones[gfp] != BAD)
			KUNIT_EXPECT_EQ_MSG(test, shadow_gfp_zone(gfp),
					    zones[gfp], "gfp %#x", gfp);
		KUNIT_EXPECT_LT(test, shadow_gfp_zone(gfp), SHADOW_MAX_NR_ZONES);
	}
}

/* However an allocation with them comes in, it gets nothing */
static void bad_combinations_get_nothing(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 64, 1);
	u32 gfp;

	for (gfp = 0; gfp < ARRAY_SIZE(zones); gfp++) {
		struct shadow_page *page = shadow_alloc_pages(&m->nodes, gfp, 0);
		bool below = zones[gfp] < SHADOW_ZONE_NORMAL;

		/* All is NORMAL here: what may not use that gets nothing either */
		KUNIT_EXPECT_EQ_MSG(test, !page, zones[gfp] == BAD || below,
				    "gfp %#x", gfp);
		if (page)
			KUNIT_EXPECT_EQ(test, 0, shadow_free_page(&m->nodes, page));
	}
	KUNIT_EXPECT_NULL(test, shadow_alloc_page(&m->nodes, SHADOW_GFP_MOVABLE |
						  SHADOW_GFP_RECLAIMABLE));
	KUNIT_EXPECT_NULL(test, shadow_alloc_page(&m->nodes, SHADOW_GFP_NOFAIL |
						  SHADOW_GFP_ATOMIC));
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(m), 64);
	shadow_test_machine_verify(test, m);
}

static const struct {
	const char *name;
	u32 gfp;
} names[] = {
	{ "KERNEL", 0 },
	{ "GFP_KERNEL", 0 },
	{ "GFP_USER", 0 },
	{ "GFP_ATOMIC", SHADOW_GFP_HIGH | SHADOW_GFP_NOWAIT },
	{ "atomic", SHADOW_GFP_HIGH | SHADOW_GFP_NOWAIT },
	{ "GFP_NOWAIT", SHADOW_GFP_NOWAIT | SHADOW_GFP_NOWARN },
	{ "GFP_HIGHUSER", SHADOW_GFP_HIGHMEM },
	{ "GFP_HIGHUSER_MOVABLE", SHADOW_GFP_HIGHMEM | SHADOW_GFP_MOVABLE },
	{ "GFP_DMA", SHADOW_GFP_DMA },
	{ "GFP_DMA32", SHADOW_GFP_DMA32 },
	{ "__GFP_ZERO", SHADOW_GFP_ZERO },
	{ "__GFP_COMP", SHADOW_GFP_COMP },
	{ "THISNODE", SHADOW_GFP_THISNODE },
	{ "MEMALLOC", SHADOW_GFP_MEMALLOC },
	{ "NOFAIL", SHADOW_GFP_NOFAIL },
	{ "RECLAIMABLE", SHADOW_GFP_RECLAIMABLE },
};

static void names_are_linuxs(struct kunit *test)
{
	static const char *const no[] = { "", "GFP_", "__GFP_", "_ZERO", "ZER",
					  "ZEROO", "THISZONE", "ROUTE" };
	unsigned int i;
	u32 gfp;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		gfp = 0;
		KUNIT_EXPECT_EQ(test, 0, shadow_gfp_parse(names[i].name,
							  strlen(names[i].name), &gfp));
		KUNIT_EXPECT_EQ_MSG(test, gfp, names[i].gfp, "%s", names[i].name);
	}
	for (i = 0; i < ARRAY_SIZE(no); i++) {
		gfp = 0;
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    shadow_gfp_parse(no[i], strlen(no[i]), &gfp),
				    "%s", no[i]);
		KUNIT_EXPECT_EQ(test, gfp, 0);
	}
}

/* Each mask that names can make is printed so that it can be read again */
static void names_both_ways(struct kunit *test)
{
	/* Cannot wait, and is neither important nor expected to fail: no name */
	const u32 alone = SHADOW_GFP_NOWAIT;
	char text[SHADOW_GFP_TEXT];
	u32 gfp, again, mask;
	char *at, *end;

	for (mask = 0; mask <= SHADOW_GFP_FLAGS; mask++) {
		gfp = mask & ~SHADOW_GFP_THISZONE;
		if ((gfp & alone) && !(gfp & (SHADOW_GFP_HIGH | SHADOW_GFP_NOWARN)))
			continue;
		KUNIT_ASSERT_LT(test, shadow_gfp_print(gfp, text, sizeof(text)),
				(int)sizeof(text) - 1);
		again = 0;
		for (at = text; at; at = end ? end + 1 : NULL) {
			end = strchr(at, '|');
			if (shadow_gfp_parse(at, end ? end - at : strlen(at), &again))
				break;
		}
		if (again != gfp)
			break;
	}
	KUNIT_EXPECT_EQ_MSG(test, mask, SHADOW_GFP_FLAGS + 1,
			    "%#x is printed as %s and read as %#x", gfp, text, again);
	KUNIT_EXPECT_LT(test, shadow_gfp_names(text, sizeof(text)),
			(int)sizeof(text) - 1);
}

/* gfp_to_alloc_flags(), row by row */
static void attempts(struct kunit *test)
{
	const u32 all = SHADOW_WMARK_MIN | SHADOW_ALLOC_KSWAPD;
	static const struct {
		u32 gfp;
		unsigned int order;
		u32 more;
	} rows[] = {
		{ SHADOW_GFP_KERNEL, 0, 0 },
		{ SHADOW_GFP_KERNEL, 9, 0 },
		{ SHADOW_GFP_HIGH, 0, SHADOW_ALLOC_MIN_RESERVE },
		{ SHADOW_GFP_HIGH, 3, SHADOW_ALLOC_MIN_RESERVE },
		{ SHADOW_GFP_NOWAIT, 0, SHADOW_ALLOC_NON_BLOCK },
		{ SHADOW_GFP_NOWAIT, 3, SHADOW_ALLOC_NON_BLOCK },
		{ SHADOW_GFP_ATOMIC, 0,
		  SHADOW_ALLOC_MIN_RESERVE | SHADOW_ALLOC_NON_BLOCK },
		{ SHADOW_GFP_ATOMIC, 1,
		  SHADOW_ALLOC_MIN_RESERVE | SHADOW_ALLOC_NON_BLOCK |
		  SHADOW_ALLOC_HIGHATOMIC },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    shadow_gfp_alloc_flags(rows[i].gfp, rows[i].order),
				    all | rows[i].more, "row %u", i);
}

/* alloc_flags_nofragment(): NORMAL alone, and on several nodes with DMA32 */
static void when_not_to_mix(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 64, 0);
	struct shadow_zone *zone = m->nodes.node[0].zone;
	unsigned int type, nr, has;

	for (type = 0; type < SHADOW_ZONE_DEVICE; type++) {
		for (nr = 1; nr <= 2; nr++) {
			for (has = 0; has < 2; has++) {
				m->nodes.nr_nodes = nr;
				zone[SHADOW_ZONE_DMA32].present = has;
				KUNIT_EXPECT_EQ(test,
						shadow_alloc_flags_nofragment(&zone[type]),
						type == SHADOW_ZONE_NORMAL &&
						(nr == 1 || has) ?
						SHADOW_ALLOC_NOFRAGMENT : 0);
			}
		}
	}
	m->nodes.nr_nodes = 1;
	zone[SHADOW_ZONE_DMA32].present = 0;
}

static struct kunit_case gfp_cases[] = {
	KUNIT_CASE(zone_of_each_combination),
	KUNIT_CASE(bad_combinations_get_nothing),
	KUNIT_CASE(names_are_linuxs),
	KUNIT_CASE(names_both_ways),
	KUNIT_CASE(attempts),
	KUNIT_CASE(when_not_to_mix),
	{}
};

static struct kunit_suite gfp_suite = {
	.name = "shadow_gfp",
	.test_cases = gfp_cases,
};

kunit_test_suite(gfp_suite);
MODULE_LICENSE("GPL");
