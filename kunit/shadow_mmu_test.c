// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of shadow_mmu: values of PAR_EL1 worked out by hand from the Arm ARM,
 * what counts as agreement between walker and CPU, and the words for a
 * mismatch. The CPU itself is asked in guests.
 */
#include "shadow_test.h"

#include "shadow_mmu.h"
#include "shadow_mmu_verdict.h"
#include "shadow_walk.h"

/* A page at 0x8_1234_5000, Normal write-back (0xff), inner shareable (0b11). */
#define PAR_PAGE	0xff00000812345180ULL
/* Bit 11 is RES1 in a fault, then FST in bits 6:1. */
#define PAR_FAULT(fst)	(0x800ULL | (fst) << 1 | 1)

static void par_of_a_page(struct kunit *test)
{
	struct shadow_par par = shadow_mmu_decode_par(PAR_PAGE);

	KUNIT_EXPECT_FALSE(test, par.fault);
	KUNIT_EXPECT_EQ(test, par.pa, 0x812345000ULL);
	KUNIT_EXPECT_EQ(test, par.attr, 0xff);
	KUNIT_EXPECT_EQ(test, par.sh, 3);
}

/* NS (bit 9) and the bit reserved as 1 (11) are no part of an address. */
static void par_pa_has_52_bits(struct kunit *test)
{
	struct shadow_par par;

	par = shadow_mmu_decode_par(0x000ffffffffffa00ULL);
	KUNIT_EXPECT_EQ(test, par.pa, 0x000ffffffffff000ULL);
	KUNIT_EXPECT_EQ(test, par.attr, 0);
	KUNIT_EXPECT_EQ(test, par.sh, 0);
}

struct fault_case {
	u64 par;
	enum shadow_walk_fault fault;
	int level;
};

/* Fault status codes: table "IFSC/DFSC" of ESR_EL1, one of each kind. */
static const struct fault_case fault_cases[] = {
	{ 0x801, SHADOW_WALK_ADDRESS_SIZE, 0 },		/* 0b000000 */
	{ 0x807, SHADOW_WALK_ADDRESS_SIZE, 3 },		/* 0b000011 */
	{ 0x809, SHADOW_WALK_TRANSLATION, 0 },		/* 0b000100 */
	{ 0x80b, SHADOW_WALK_TRANSLATION, 1 },		/* 0b000101 */
	{ 0x80f, SHADOW_WALK_TRANSLATION, 3 },		/* 0b000111 */
	{ 0x857, SHADOW_WALK_TRANSLATION, -1 },		/* 0b101011 */
	{ 0x853, SHADOW_WALK_ADDRESS_SIZE, -1 },	/* 0b101001 */
	{ 0x813, SHADOW_WALK_ACCESS_FLAG, 1 },		/* 0b001001 */
	{ 0x817, SHADOW_WALK_ACCESS_FLAG, 3 },		/* 0b001011 */
	{ 0x81d, SHADOW_WALK_PERMISSION, 2 },		/* 0b001110 */
};

static void par_of_faults(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fault_cases); i++) {
		const struct fault_case *c = &fault_cases[i];
		struct shadow_par par = shadow_mmu_decode_par(c->par);
		struct shadow_mmu_verdict verdict = {
			.fault = c->fault, .level = c->level,
		};

		KUNIT_EXPECT_TRUE(test, par.fault);
		KUNIT_EXPECT_FALSE(test, par.stage2);
		KUNIT_EXPECT_TRUE_MSG(test, shadow_mmu_agrees(&verdict, &par),
				      "PAR 0x%llx", c->par);
	}
}

/* Each case agrees with itself and with no other. */
static void faults_are_told_apart(struct kunit *test)
{
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(fault_cases); i++) {
		struct shadow_par par =
			shadow_mmu_decode_par(fault_cases[i].par);

		for (j = 0; j < ARRAY_SIZE(fault_cases); j++) {
			struct shadow_mmu_verdict verdict = {
				.fault = fault_cases[j].fault,
				.level = fault_cases[j].level,
			};

			KUNIT_EXPECT_EQ(test, i == j,
					shadow_mmu_agrees(&verdict, &par));
		}
	}
}

static void pages_are_told_apart(struct kunit *test)
{
	struct shadow_par par = shadow_mmu_decode_par(PAR_PAGE);
	struct shadow_mmu_verdict verdict = { .pa = 0x812345678ULL };

	/* PAR_EL1 has the frame of 4K, whatever the granule. */
	KUNIT_EXPECT_TRUE(test, shadow_mmu_agrees(&verdict, &par));
	verdict.pa = 0x812346000ULL;
	KUNIT_EXPECT_FALSE(test, shadow_mmu_agrees(&verdict, &par));
	verdict.pa = 0x800812345000ULL;
	KUNIT_EXPECT_FALSE(test, shadow_mmu_agrees(&verdict, &par));
	verdict.fault = SHADOW_WALK_TRANSLATION;
	verdict.level = 3;
	KUNIT_EXPECT_FALSE(test, shadow_mmu_agrees(&verdict, &par));
}

/* A fault of stage 2 is a hypervisor's doing and never the walker's word. */
static void stage_2_never_agrees(struct kunit *test)
{
	struct shadow_par par =
		shadow_mmu_decode_par(PAR_FAULT(7) | BIT_ULL(9));
	struct shadow_mmu_verdict verdict = {
		.fault = SHADOW_WALK_TRANSLATION, .level = 3,
	};

	KUNIT_EXPECT_TRUE(test, par.stage2);
	KUNIT_EXPECT_FALSE(test, shadow_mmu_agrees(&verdict, &par));
}

/* A walk that could not read its table agrees with no answer at all. */
static void external_never_agrees(struct kunit *test)
{
	struct shadow_mmu_verdict verdict = { .fault = SHADOW_WALK_EXTERNAL };
	u64 fst;

	for (fst = 0; fst < 64; fst++) {
		struct shadow_par par = shadow_mmu_decode_par(PAR_FAULT(fst));

		/* 0b010100 to 0b010111 and 0b010011: the CPU could not either. */
		if (fst >= 0x13 && fst <= 0x17)
			continue;
		for (verdict.level = -1; verdict.level <= 3; verdict.level++)
			KUNIT_EXPECT_FALSE_MSG(test,
					       shadow_mmu_agrees(&verdict, &par),
					       "FST 0x%llx level %d", fst,
					       verdict.level);
	}
}

static void note(struct shadow_mmu_result *result, u64 va, u64 pa, u64 par_value)
{
	struct shadow_par par = shadow_mmu_decode_par(par_value);
	struct shadow_mmu_verdict verdict = { .pa = pa };

	shadow_mmu_note(result, va, &verdict, &par);
}

static void the_first_mismatch_is_told(struct kunit *test)
{
	struct shadow_mmu_verdict hole = {
		.fault = SHADOW_WALK_TRANSLATION, .level = 2,
	};
	struct shadow_mmu_result *result =
		kunit_kzalloc(test, sizeof(*result), GFP_KERNEL);
	struct shadow_par par = shadow_mmu_decode_par(PAR_PAGE);

	KUNIT_ASSERT_NOT_NULL(test, result);
	note(result, 0x1000, 0x812345000ULL, PAR_PAGE);
	KUNIT_EXPECT_EQ(test, result->mismatch, 0ULL);
	KUNIT_EXPECT_STREQ(test, result->reason, "");

	shadow_mmu_note(result, 0xffff800000002000ULL, &hole, &par);
	note(result, 0x3000, 0x5000, PAR_PAGE);
	note(result, 0x4000, 0x5000, PAR_FAULT(0x07));
	shadow_mmu_note(result, 0x5000, &hole, NULL);

	KUNIT_EXPECT_EQ(test, result->checked, 5ULL);
	KUNIT_EXPECT_EQ(test, result->agree, 1ULL);
	KUNIT_EXPECT_EQ(test, result->mismatch, 4ULL);
	KUNIT_EXPECT_EQ(test, result->mapped, 3ULL);
	KUNIT_EXPECT_EQ(test, result->faulted, 2ULL);
	KUNIT_EXPECT_EQ(test, result->first_bad_va, 0xffff800000002000ULL);
	KUNIT_EXPECT_STREQ(test, result->reason,
			   "walker: translation fault, level 2; CPU: pa 0x812345000");
}

static void what_the_cpu_said_is_told(struct kunit *test)
{
	struct shadow_mmu_result *result =
		kunit_kzalloc(test, sizeof(*result), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, result);
	note(result, 0x4000, 0x5000, PAR_FAULT(0x0f));
	KUNIT_EXPECT_STREQ(test, result->reason,
			   "walker: pa 0x5000; CPU: permission fault, level 3");
	memset(result, 0, sizeof(*result));
	note(result, 0x4000, 0x5000, PAR_FAULT(0x30));
	KUNIT_EXPECT_STREQ(test, result->reason,
			   "walker: pa 0x5000; CPU: fault status 0x30");
	memset(result, 0, sizeof(*result));
	note(result, 0x4000, 0x5000, PAR_FAULT(0x07) | BIT_ULL(9));
	KUNIT_EXPECT_STREQ(test, result->reason,
			   "walker: pa 0x5000; CPU: stage 2 fault status 0x07");
}

static struct kunit_case shadow_mmu_cases[] = {
	KUNIT_CASE(par_of_a_page),
	KUNIT_CASE(par_pa_has_52_bits),
	KUNIT_CASE(par_of_faults),
	KUNIT_CASE(faults_are_told_apart),
	KUNIT_CASE(pages_are_told_apart),
	KUNIT_CASE(stage_2_never_agrees),
	KUNIT_CASE(external_never_agrees),
	KUNIT_CASE(the_first_mismatch_is_told),
	KUNIT_CASE(what_the_cpu_said_is_told),
	{}
};

static struct kunit_suite shadow_mmu_suite = {
	.name = "shadow_mmu",
	.test_cases = shadow_mmu_cases,
};

kunit_test_suite(shadow_mmu_suite);
