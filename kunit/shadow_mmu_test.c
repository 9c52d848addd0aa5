// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of shadow_mmu: values of PAR_EL1 worked out by hand from the Arm ARM,
 * what counts as agreement between walker and CPU, and the words for a
 * mismatch. The CPU itself is asked in guests.
 */
#include "shadow_test.h"

#include "shadow_mmu.h"
#include "shadow_mmu_verdict.h"
#include "shadow_pgtable.h"
#include "shadow_regs.h"
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

/* The same fault by whichever instruction */
static struct shadow_mmu_verdict faults(enum shadow_walk_fault fault, int level)
{
	struct shadow_mmu_verdict verdict = { .level = level };
	unsigned int i;

	for (i = 0; i < SHADOW_MMU_NR_AT; i++)
		verdict.fault[i] = fault;
	return verdict;
}

/* What the tables must hold for PAR_PAGE, at another address */
static struct shadow_mmu_verdict page_at(u64 pa)
{
	return (struct shadow_mmu_verdict){
		.pa = pa, .attr = 0xff, .sh = 3, .leaf_sh = 3,
	};
}

static void par_of_faults(struct kunit *test)
{
	unsigned int i, kind;

	for (i = 0; i < ARRAY_SIZE(fault_cases); i++) {
		const struct fault_case *c = &fault_cases[i];
		struct shadow_par par = shadow_mmu_decode_par(c->par);
		struct shadow_mmu_verdict verdict = faults(c->fault, c->level);

		KUNIT_EXPECT_TRUE(test, par.fault);
		KUNIT_EXPECT_FALSE(test, par.stage2);
		for (kind = 0; kind < SHADOW_MMU_NR_AT; kind++)
			KUNIT_EXPECT_TRUE_MSG(test,
					      shadow_mmu_agrees(&verdict, kind, &par),
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
			struct shadow_mmu_verdict verdict =
				faults(fault_cases[j].fault, fault_cases[j].level);

			KUNIT_EXPECT_EQ(test, i == j,
					shadow_mmu_agrees(&verdict, SHADOW_MMU_S1E1R,
							  &par));
		}
	}
}

/* What one may do another may not: each instruction has its own verdict. */
static void kinds_are_told_apart(struct kunit *test)
{
	struct shadow_par page = shadow_mmu_decode_par(PAR_PAGE);
	struct shadow_par denied = shadow_mmu_decode_par(PAR_FAULT(0x0f));
	unsigned int kind, may;

	for (may = 0; may < SHADOW_MMU_NR_AT; may++) {
		struct shadow_mmu_verdict verdict = page_at(0x812345678ULL);

		verdict.level = 3;
		for (kind = 0; kind < SHADOW_MMU_NR_AT; kind++)
			if (kind != may)
				verdict.fault[kind] = SHADOW_WALK_PERMISSION;
		for (kind = 0; kind < SHADOW_MMU_NR_AT; kind++) {
			KUNIT_EXPECT_EQ(test, kind == may,
					shadow_mmu_agrees(&verdict, kind, &page));
			KUNIT_EXPECT_EQ(test, kind != may,
					shadow_mmu_agrees(&verdict, kind, &denied));
		}
	}
}

static bool page_agrees(const struct shadow_mmu_verdict *verdict, u64 value)
{
	struct shadow_par par = shadow_mmu_decode_par(value);

	return shadow_mmu_agrees(verdict, SHADOW_MMU_S1E1R, &par);
}

static void pages_are_told_apart(struct kunit *test)
{
	struct shadow_mmu_verdict verdict = page_at(0x812345678ULL);

	/* PAR_EL1 has the frame of 4K, whatever the granule. */
	KUNIT_EXPECT_TRUE(test, page_agrees(&verdict, PAR_PAGE));
	verdict.pa = 0x812346000ULL;
	KUNIT_EXPECT_FALSE(test, page_agrees(&verdict, PAR_PAGE));
	verdict.pa = 0x800812345000ULL;
	KUNIT_EXPECT_FALSE(test, page_agrees(&verdict, PAR_PAGE));
	verdict = faults(SHADOW_WALK_TRANSLATION, 3);
	KUNIT_EXPECT_FALSE(test, page_agrees(&verdict, PAR_PAGE));
}

/* Each bit of the memory type and of the shareability counts, NS does not. */
static void attributes_are_told_apart(struct kunit *test)
{
	struct shadow_mmu_verdict verdict = page_at(0x812345000ULL);
	unsigned int bit;

	for (bit = 56; bit < 64; bit++)
		KUNIT_EXPECT_FALSE_MSG(test,
				       page_agrees(&verdict, PAR_PAGE ^ BIT_ULL(bit)),
				       "bit %u", bit);
	for (bit = 7; bit < 9; bit++)
		KUNIT_EXPECT_FALSE_MSG(test,
				       page_agrees(&verdict, PAR_PAGE ^ BIT_ULL(bit)),
				       "bit %u", bit);
	KUNIT_EXPECT_TRUE(test, page_agrees(&verdict, PAR_PAGE ^ BIT_ULL(9)));
	KUNIT_EXPECT_TRUE(test, page_agrees(&verdict, PAR_PAGE ^ BIT_ULL(11)));
}

#define TEST_MAIR	0x000000040044ffffULL	/* Linux's five types */
#define TEST_TCR_DS0	0x00000002b5503510ULL	/* SH0 = SH1 = inner, 4K */

struct attr_case {
	u64 attrs;
	u64 tcr;
	u8 attr;
	u8 sh;
	u8 leaf_sh;
};

/* By hand: AttrIndx picks a byte of MAIR, SH is bits 9:8 or TCR_EL1.SH0 */
static const struct attr_case attr_cases[] = {
	{ 0x700, TEST_TCR_DS0, 0xff, 3, 3 },
	{ 0x600, TEST_TCR_DS0, 0xff, 2, 2 },
	{ 0x400, TEST_TCR_DS0, 0xff, 0, 0 },
	{ 0x704, TEST_TCR_DS0, 0xff, 3, 3 },
	{ 0x708, TEST_TCR_DS0, 0x44, 2, 3 },
	{ 0x70c, TEST_TCR_DS0, 0x00, 2, 3 },
	{ 0x410, TEST_TCR_DS0, 0x04, 2, 0 },
	/* With DS=1 bits 9:8 are the address's */
	{ 0x400, TEST_TCR_DS0 | SHADOW_TCR_DS, 0xff, 3, 3 },
	{ 0x410, TEST_TCR_DS0 | SHADOW_TCR_DS, 0x04, 2, 3 },
	{ 0x400, (TEST_TCR_DS0 & ~0x3000ULL) | 0x2000 | SHADOW_TCR_DS, 0xff, 2, 2 },
	/* ... but not with pages of 64K (TG0 = 1) */
	{ 0x400, TEST_TCR_DS0 | 0x4000 | SHADOW_TCR_DS, 0xff, 0, 0 },
};

static int read_one_desc(void *ctx, phys_addr_t pa, u64 *desc)
{
	*desc = *(u64 *)ctx;
	return 0;
}

static void attributes_go_through_the_registers(struct kunit *test)
{
	struct shadow_walker walker = { .read = read_one_desc, .upper = true };
	struct shadow_mmu_verdict verdict;
	unsigned int i;
	u64 desc;

	for (i = 0; i < ARRAY_SIZE(attr_cases); i++) {
		const struct attr_case *c = &attr_cases[i];
		struct shadow_regs regs = { .mair = TEST_MAIR, .tcr = c->tcr };
		bool large = c->tcr & 0x4000;

		/* A block at the first level: one descriptor is all there is */
		KUNIT_ASSERT_EQ(test, shadow_geometry_init(&walker.geo, large ? 16 : 12,
							   large ? 42 : 39, 48,
							   !large && (c->tcr & SHADOW_TCR_DS)),
				0);
		walker.ctx = &desc;
		desc = c->attrs | SHADOW_TYPE_BLOCK;
		shadow_mmu_ask_walker(&walker, &regs, false, U64_MAX, &verdict);
		KUNIT_EXPECT_EQ_MSG(test, verdict.fault[0], SHADOW_WALK_OK, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, verdict.attr, c->attr, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, verdict.sh, c->sh, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, verdict.leaf_sh, c->leaf_sh, "case %u", i);
	}
}

/* No load has an effect, and none faults for a right that it does not have. */
static void what_is_loaded(struct kunit *test)
{
	u64 kernel = SHADOW_PAGE_KERNEL, shared = SHADOW_PAGE_SHARED;

	KUNIT_EXPECT_EQ(test, shadow_mmu_load_kind(kernel, 0, 0xff), SHADOW_MMU_LDR);
	KUNIT_EXPECT_EQ(test, shadow_mmu_load_kind(kernel, 0, 0xf0), SHADOW_MMU_LDR);
	KUNIT_EXPECT_EQ(test, shadow_mmu_load_kind(shared, 0, 0xff), SHADOW_MMU_LDTR);
	KUNIT_EXPECT_EQ(test, shadow_mmu_load_kind(SHADOW_PAGE_READONLY_EXEC, 0, 0xff),
			SHADOW_MMU_LDTR);
	KUNIT_EXPECT_EQ(test, shadow_mmu_load_kind(shared, SHADOW_TABLE_NO_EL0, 0xff),
			SHADOW_MMU_LDR);
	/* EPAN: what EL0 executes the kernel does not read */
	KUNIT_EXPECT_EQ(test, shadow_mmu_load_kind(SHADOW_PAGE_EXECONLY, 0, 0xff),
			SHADOW_MMU_NR_KINDS);
	KUNIT_EXPECT_EQ(test, shadow_mmu_load_kind(SHADOW_PAGE_EXECONLY,
						   SHADOW_TABLE_UXN, 0xff),
			SHADOW_MMU_LDR);
	KUNIT_EXPECT_EQ(test, shadow_mmu_load_kind(kernel & ~SHADOW_ATTR_AF, 0, 0xff),
			SHADOW_MMU_NR_KINDS);
	/* Device, non-cacheable, write-through */
	KUNIT_EXPECT_EQ(test, shadow_mmu_load_kind(kernel, 0, 0x00), SHADOW_MMU_NR_KINDS);
	KUNIT_EXPECT_EQ(test, shadow_mmu_load_kind(kernel, 0, 0x04), SHADOW_MMU_NR_KINDS);
	KUNIT_EXPECT_EQ(test, shadow_mmu_load_kind(kernel, 0, 0x44), SHADOW_MMU_NR_KINDS);
	KUNIT_EXPECT_EQ(test, shadow_mmu_load_kind(kernel, 0, 0xbb), SHADOW_MMU_NR_KINDS);
}

/* A fault of stage 2 is a hypervisor's doing and never the walker's word. */
static void stage_2_never_agrees(struct kunit *test)
{
	struct shadow_par par =
		shadow_mmu_decode_par(PAR_FAULT(7) | BIT_ULL(9));
	struct shadow_mmu_verdict verdict = faults(SHADOW_WALK_TRANSLATION, 3);

	KUNIT_EXPECT_TRUE(test, par.stage2);
	KUNIT_EXPECT_FALSE(test, shadow_mmu_agrees(&verdict, SHADOW_MMU_S1E1R, &par));
}

/* A walk that could not read its table agrees with no answer at all. */
static void external_never_agrees(struct kunit *test)
{
	struct shadow_mmu_verdict verdict = faults(SHADOW_WALK_EXTERNAL, 0);
	u64 fst;

	for (fst = 0; fst < 64; fst++) {
		struct shadow_par par = shadow_mmu_decode_par(PAR_FAULT(fst));

		/* 0b010100 to 0b010111 and 0b010011: the CPU could not either. */
		if (fst >= 0x13 && fst <= 0x17)
			continue;
		for (verdict.level = -1; verdict.level <= 3; verdict.level++)
			KUNIT_EXPECT_FALSE_MSG(test,
					       shadow_mmu_agrees(&verdict,
								 SHADOW_MMU_S1E1R, &par),
					       "FST 0x%llx level %d", fst,
					       verdict.level);
	}
}

static void note_at(struct shadow_mmu_result *result, u64 va,
		    const struct shadow_mmu_verdict *verdict,
		    enum shadow_mmu_kind kind, u64 par_value)
{
	struct shadow_mmu_answer answer = { .asked = BIT(kind) };

	answer.par[kind] = par_value;
	shadow_mmu_note(result, va, verdict, &answer);
}

static void note(struct shadow_mmu_result *result, u64 va, u64 pa, u64 par_value)
{
	struct shadow_mmu_verdict verdict = page_at(pa);

	note_at(result, va, &verdict, SHADOW_MMU_S1E1R, par_value);
}

static void the_first_mismatch_is_told(struct kunit *test)
{
	struct shadow_mmu_verdict hole = faults(SHADOW_WALK_TRANSLATION, 2);
	struct shadow_mmu_result *result =
		kunit_kzalloc(test, sizeof(*result), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, result);
	note(result, 0x1000, 0x812345000ULL, PAR_PAGE);
	KUNIT_EXPECT_EQ(test, result->mismatch, 0ULL);
	KUNIT_EXPECT_STREQ(test, result->reason, "");

	note_at(result, 0xffff800000002000ULL, &hole, SHADOW_MMU_S1E0W, PAR_PAGE);
	note(result, 0x3000, 0x5000, PAR_PAGE);
	note(result, 0x4000, 0x5000, PAR_FAULT(0x07));
	shadow_mmu_note(result, 0x5000, &hole, NULL);

	KUNIT_EXPECT_EQ(test, result->checked, 5ULL);
	KUNIT_EXPECT_EQ(test, result->agree, 1ULL);
	KUNIT_EXPECT_EQ(test, result->mismatch, 4ULL);
	KUNIT_EXPECT_EQ(test, result->mapped, 3ULL);
	KUNIT_EXPECT_EQ(test, result->faulted, 2ULL);
	KUNIT_EXPECT_EQ(test, result->kind[SHADOW_MMU_S1E1R].asked, 3ULL);
	KUNIT_EXPECT_EQ(test, result->kind[SHADOW_MMU_S1E1R].agree, 1ULL);
	KUNIT_EXPECT_EQ(test, result->kind[SHADOW_MMU_S1E1R].mapped, 3ULL);
	KUNIT_EXPECT_EQ(test, result->kind[SHADOW_MMU_S1E0W].fault[SHADOW_WALK_TRANSLATION],
			1ULL);
	KUNIT_EXPECT_EQ(test, result->first_bad_va, 0xffff800000002000ULL);
	KUNIT_EXPECT_STREQ(test, result->reason,
			   "AT S1E0W: walker: translation fault, level 2; CPU: pa 0x812345000, type 0xff, shareability 3");
}

/* All that the CPU is asked of one address is one comparison. */
static void one_address_by_all_kinds(struct kunit *test)
{
	struct shadow_mmu_verdict verdict = page_at(0x812345678ULL);
	struct shadow_mmu_answer answer = {
		.asked = SHADOW_MMU_ALL_AT,
		.par = { PAR_PAGE, PAR_FAULT(0x0f), PAR_PAGE, PAR_FAULT(0x0e) },
	};
	struct shadow_mmu_result *result =
		kunit_kzalloc(test, sizeof(*result), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, result);
	verdict.level = 3;
	verdict.fault[SHADOW_MMU_S1E1W] = SHADOW_WALK_PERMISSION;
	verdict.fault[SHADOW_MMU_S1E0W] = SHADOW_WALK_PERMISSION;
	shadow_mmu_note(result, 0x1678, &verdict, &answer);
	KUNIT_EXPECT_EQ(test, result->checked, 1ULL);
	KUNIT_EXPECT_EQ(test, result->mismatch, 1ULL);
	KUNIT_EXPECT_EQ(test, result->kind[SHADOW_MMU_S1E1W].agree, 1ULL);
	KUNIT_EXPECT_EQ(test, result->kind[SHADOW_MMU_S1E0W].agree, 0ULL);
	KUNIT_EXPECT_STREQ(test, result->reason,
			   "AT S1E0W: walker: permission fault, level 3; CPU: permission fault, level 2");
}

static void what_was_loaded_is_told(struct kunit *test)
{
	struct shadow_mmu_verdict verdict = page_at(0x812345679ULL);
	struct shadow_mmu_answer answer = {
		.asked = BIT(SHADOW_MMU_S1E0R) | BIT(SHADOW_MMU_LDTR),
		.seen = 0x1234, .loaded = 0x1234,
	};
	struct shadow_mmu_result *result =
		kunit_kzalloc(test, sizeof(*result), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, result);
	answer.par[SHADOW_MMU_S1E0R] = PAR_PAGE;
	shadow_mmu_note(result, 0x1679, &verdict, &answer);
	KUNIT_EXPECT_EQ(test, result->agree, 1ULL);
	KUNIT_EXPECT_EQ(test, result->kind[SHADOW_MMU_LDTR].agree, 1ULL);
	answer.loaded = 0x4321;
	shadow_mmu_note(result, 0x1679, &verdict, &answer);
	KUNIT_EXPECT_STREQ(test, result->reason,
			   "ldtr: the frame at pa 0x812345678 holds 0x0000000000001234; CPU: 0x0000000000004321");
	memset(result, 0, sizeof(*result));
	answer.loaded = 0x1234;
	answer.load_faulted = true;
	shadow_mmu_note(result, 0x1679, &verdict, &answer);
	KUNIT_EXPECT_EQ(test, result->mismatch, 1ULL);
	KUNIT_EXPECT_STREQ(test, result->reason,
			   "ldtr: the frame at pa 0x812345678 holds 0x0000000000001234; CPU: a fault");
}

static void what_the_cpu_said_is_told(struct kunit *test)
{
	struct shadow_mmu_result *result =
		kunit_kzalloc(test, sizeof(*result), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, result);
	note(result, 0x4000, 0x5000, PAR_FAULT(0x0f));
	KUNIT_EXPECT_STREQ(test, result->reason,
			   "AT S1E1R: walker: pa 0x5000, type 0xff, shareability 3; CPU: permission fault, level 3");
	memset(result, 0, sizeof(*result));
	note(result, 0x4000, 0x5000, PAR_FAULT(0x30));
	KUNIT_EXPECT_STREQ(test, result->reason,
			   "AT S1E1R: walker: pa 0x5000, type 0xff, shareability 3; CPU: fault status 0x30");
	memset(result, 0, sizeof(*result));
	note(result, 0x4000, 0x5000, PAR_FAULT(0x07) | BIT_ULL(9));
	KUNIT_EXPECT_STREQ(test, result->reason,
			   "AT S1E1R: walker: pa 0x5000, type 0xff, shareability 3; CPU: stage 2 fault status 0x07");
}

static struct kunit_case shadow_mmu_cases[] = {
	KUNIT_CASE(par_of_a_page),
	KUNIT_CASE(par_pa_has_52_bits),
	KUNIT_CASE(par_of_faults),
	KUNIT_CASE(faults_are_told_apart),
	KUNIT_CASE(kinds_are_told_apart),
	KUNIT_CASE(pages_are_told_apart),
	KUNIT_CASE(attributes_are_told_apart),
	KUNIT_CASE(attributes_go_through_the_registers),
	KUNIT_CASE(what_is_loaded),
	KUNIT_CASE(stage_2_never_agrees),
	KUNIT_CASE(external_never_agrees),
	KUNIT_CASE(the_first_mismatch_is_told),
	KUNIT_CASE(one_address_by_all_kinds),
	KUNIT_CASE(what_was_loaded_is_told),
	KUNIT_CASE(what_the_cpu_said_is_told),
	{}
};

static struct kunit_suite shadow_mmu_suite = {
	.name = "shadow_mmu",
	.test_cases = shadow_mmu_cases,
};

kunit_test_suite(shadow_mmu_suite);
