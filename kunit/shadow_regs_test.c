// SPDX-License-Identifier: GPL-2.0-only
/*
 * System registers: values worked out by hand from the register descriptions
 * of the Arm ARM, and what is read out of them.
 */
#include "shadow_pgtable.h"
#include "shadow_regs.h"
#include "shadow_test.h"

/* 48 bits of PA, hardware access flag and dirty state, 4K and 64K */
static const struct shadow_cpu_id cpu_48 = {
	.mmfr0 = 0x5, .mmfr1 = 0x2, .mmfr2 = 0,
};

/* 52 bits of PA and VA, all granules, LPA2 */
static const struct shadow_cpu_id cpu_52 = {
	.mmfr0 = 0x10200006, .mmfr1 = 0x2, .mmfr2 = 0x10000,
};

static struct shadow_geometry geometry(struct kunit *test,
				       unsigned int page_shift,
				       unsigned int va_bits,
				       unsigned int pa_bits, bool lpa2)
{
	struct shadow_geometry geo;

	KUNIT_ASSERT_EQ(test, shadow_geometry_init(&geo, page_shift, va_bits,
						   pa_bits, lpa2), 0);
	return geo;
}

static void mair_and_sctlr(struct kunit *test)
{
	struct shadow_regs regs;

	/* Index 0 and 1: WB, 2: NC, 3: nGnRnE, 4: nGnRE */
	KUNIT_EXPECT_EQ(test, shadow_regs_mair(), 0x000000040044ffff);
	KUNIT_EXPECT_EQ(test, shadow_regs_sctlr_off(), 0x30500800);
	KUNIT_EXPECT_EQ(test, shadow_regs_sctlr_on(), 0x0200002034f4d91d);
	shadow_regs_reset(&regs, 0x48000000);
	KUNIT_EXPECT_EQ(test, regs.x0, 0x48000000);
	KUNIT_EXPECT_EQ(test, regs.currentel, 4);
	KUNIT_EXPECT_EQ(test, regs.sctlr & 1, 0);
}

static void tcr_by_hand(struct kunit *test)
{
	static const struct {
		u8 page_shift, lower, upper, pa_bits;
		bool lpa2;
		const struct shadow_cpu_id *id;
		u64 tcr;
	} rows[] = {
		/* The low words of Debian's 4K kernels with 48 and 39 bits */
		{ 12, 48, 48, 48, false, &cpu_48, 0x004000b5b5503510 },
		{ 12, 39, 39, 48, false, &cpu_48, 0x004000b5b5593519 },
		/* T1SZ 12, IPS 6, DS */
		{ 12, 48, 52, 52, true, &cpu_52, 0x084000b6b54c3510 },
		/* TG0 = 1 and TG1 = 3; DS does not exist */
		{ 16, 48, 52, 52, false, &cpu_52, 0x004000b6f54c7510 },
		/* TG0 = 2 and TG1 = 1 */
		{ 14, 47, 47, 48, false, &cpu_48, 0x004000b57551b511 },
		/* The format decides about IPS, not only the CPU */
		{ 12, 48, 48, 48, false, &cpu_52, 0x004000b5b5503510 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct shadow_geometry lower =
			geometry(test, rows[i].page_shift, rows[i].lower,
				 rows[i].pa_bits, rows[i].lpa2);
		struct shadow_geometry upper =
			geometry(test, rows[i].page_shift, rows[i].upper,
				 rows[i].pa_bits, rows[i].lpa2);
		struct shadow_regs regs = { 0 };
		struct shadow_geometry geo;

		KUNIT_EXPECT_EQ_MSG(test,
				    shadow_regs_tcr(&lower, &upper, rows[i].id),
				    rows[i].tcr, "row %u", i);
		/* And read back */
		regs.tcr = rows[i].tcr;
		KUNIT_ASSERT_EQ(test, shadow_regs_geometry(&regs, true, &geo),
				0);
		KUNIT_EXPECT_EQ(test, memcmp(&geo, &upper, sizeof(geo)), 0);
		KUNIT_ASSERT_EQ(test, shadow_regs_geometry(&regs, false, &geo),
				0);
		KUNIT_EXPECT_EQ(test, memcmp(&geo, &lower, sizeof(geo)), 0);
	}
}

static void ttbr_by_hand(struct kunit *test)
{
	struct shadow_geometry g48 = geometry(test, 12, 48, 48, false);
	struct shadow_geometry ds = geometry(test, 12, 52, 52, true);
	struct shadow_geometry lpa = geometry(test, 16, 52, 52, false);
	struct shadow_regs regs = { 0 };

	KUNIT_EXPECT_EQ(test, shadow_regs_ttbr(&g48, 0x80001000), 0x80001000);
	/* PA[51:48] = 0xa in bits 5:2 */
	KUNIT_EXPECT_EQ(test, shadow_regs_ttbr(&ds, 0x000a000080001000),
			0x80001028);
	KUNIT_EXPECT_EQ(test, shadow_regs_ttbr(&lpa, 0x000f000080010000),
			0x8001003c);

	/* ASID 0x1234 and CnP belong to no address */
	regs.tcr = shadow_regs_tcr(&ds, &ds, &cpu_52);
	regs.ttbr1 = 0x1234000080001029;
	KUNIT_EXPECT_EQ(test, shadow_regs_root(&regs, true),
			0x000a000080001000);
	regs.tcr = shadow_regs_tcr(&lpa, &lpa, &cpu_52);
	regs.ttbr0 = 0x123400008001003d;
	KUNIT_EXPECT_EQ(test, shadow_regs_root(&regs, false),
			0x000f000080010000);
	regs.tcr = shadow_regs_tcr(&g48, &g48, &cpu_48);
	regs.ttbr1 = 0x1234000080001001;
	KUNIT_EXPECT_EQ(test, shadow_regs_root(&regs, true), 0x80001000);
	/* A 64K kernel of 52 bits on a CPU of 48: the root is inside a page */
	regs.tcr = 0x004000b5f5507510;
	regs.ttbr1 = 0x0000000041231e01;
	KUNIT_EXPECT_EQ(test, shadow_regs_root(&regs, true), 0x41231e00);
}

static void tcr_refused(struct kunit *test)
{
	struct shadow_regs regs = { .tcr = 0x004000b5b5503510 };
	struct shadow_geometry geo;

	/* TG1 = 0 is reserved, TG0 = 3 is, T1SZ = 12 needs another format */
	regs.tcr &= ~(3ULL << 30);
	KUNIT_EXPECT_EQ(test, shadow_regs_geometry(&regs, true, &geo), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_regs_geometry(&regs, false, &geo), 0);
	regs.tcr |= 3ULL << 14;
	KUNIT_EXPECT_EQ(test, shadow_regs_geometry(&regs, false, &geo),
			-EINVAL);
	regs.tcr = 0x004000b5b54c3510;
	KUNIT_EXPECT_EQ(test, shadow_regs_geometry(&regs, true, &geo), -EINVAL);
	/* IPS = 7; T0SZ = 40 */
	regs.tcr = 0x004000b7b5503510;
	KUNIT_EXPECT_EQ(test, shadow_regs_geometry(&regs, true, &geo), -EINVAL);
	regs.tcr = 0x004000b5b5503528;
	KUNIT_EXPECT_EQ(test, shadow_regs_geometry(&regs, false, &geo),
			-EINVAL);
}

static int read_nothing(void *ctx, phys_addr_t pa, u64 *desc)
{
	++*(unsigned int *)ctx;
	*desc = 0;
	return 0;
}

static void boot_sequence(struct kunit *test)
{
	struct shadow_geometry geo = geometry(test, 12, 48, 48, false);
	struct shadow_geometry other = geometry(test, 12, 48, 52, true);
	struct shadow_walker walker;
	struct shadow_walk walk;
	struct shadow_regs regs;
	unsigned int nr_reads = 0;

	shadow_regs_reset(&regs, 0x48000000);
	/* Without MMU each address is what it is */
	KUNIT_EXPECT_EQ(test, shadow_regs_walker(&regs, 0x40080000,
						 read_nothing, &nr_reads,
						 &walker), 0);
	KUNIT_EXPECT_EQ(test, shadow_walk(&walker, 0x40080000, &walk), 0);
	KUNIT_EXPECT_EQ(test, walk.pa, 0x40080000);
	KUNIT_EXPECT_EQ(test, nr_reads, 0);
	/* The MMU needs a TCR that fits */
	KUNIT_EXPECT_EQ(test, shadow_regs_enable_mmu(&regs, &geo, 0x1000, &geo,
						     0x2000), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_regs_cpu_setup(&regs, &geo, &other,
						    &cpu_48), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_regs_cpu_setup(&regs, &geo, &geo, &cpu_48),
			0);
	KUNIT_EXPECT_EQ(test, shadow_regs_enable_mmu(&regs, &geo, 0x80001000,
						     &geo, 0x80002000), 0);
	KUNIT_EXPECT_EQ(test, regs.ttbr0, 0x80001000);
	KUNIT_EXPECT_EQ(test, regs.ttbr1, 0x80002000);
	KUNIT_EXPECT_EQ(test, regs.sctlr & 1, 1);
	KUNIT_EXPECT_EQ(test, shadow_regs_cpu_setup(&regs, &geo, &geo, &cpu_48),
			-EBUSY);

	KUNIT_EXPECT_EQ(test, shadow_regs_walker(&regs, 0x80000000,
						 read_nothing, &nr_reads,
						 &walker), 0);
	KUNIT_EXPECT_EQ(test, walker.root, 0x80001000);
	KUNIT_EXPECT_FALSE(test, walker.upper);
	KUNIT_EXPECT_EQ(test, shadow_regs_walker(&regs, -(1ULL << 48),
						 read_nothing, &nr_reads,
						 &walker), 0);
	KUNIT_EXPECT_EQ(test, walker.root, 0x80002000);
	KUNIT_EXPECT_TRUE(test, walker.upper);
	KUNIT_EXPECT_TRUE(test, walker.ha);
	KUNIT_EXPECT_FALSE(test, walker.hd);
}

static void between_the_halves(struct kunit *test)
{
	static const struct {
		u64 tcr, va;
		int err;
	} rows[] = {
		{ 0x004000b5b5503510, 0x0000ffffffffffff, 0 },
		{ 0x004000b5b5503510, 0x0001000000000000, -ENXIO },
		{ 0x004000b5b5503510, 0x007fffffffffffff, -ENXIO },
		{ 0x004000b5b5503510, 0xfffeffffffffffff, -ENXIO },
		{ 0x004000b5b5503510, 0xffff000000000000, 0 },
		/* TBI0 is set, TBI1 is not */
		{ 0x004000b5b5503510, 0xab00000080000000, 0 },
		{ 0x004000b5b5503510, 0xab01000080000000, -ENXIO },
		{ 0x004000b5b5503510, 0xabff000080000000, -ENXIO },
		{ 0x004000f5b5503510, 0xabff000080000000, 0 },
		{ 0x00400095b5503510, 0xab00000080000000, -ENXIO },
		/* 39 bits; 52 bits */
		{ 0x004000b5b5593519, 0x0000008000000000, -ENXIO },
		{ 0x004000b5b5593519, 0xffffff7fffffffff, -ENXIO },
		{ 0x084000b6b54c3510, 0xfff0000000000000, 0 },
		{ 0x084000b6b54c3510, 0xffefffffffffffff, -ENXIO },
		/* EPD1 walks nothing, but the address is one of the half's */
		{ 0x004000b5b5d03510, 0xffff000000000000, 0 },
	};
	struct shadow_regs regs = { .sctlr = 1 };
	struct shadow_walker walker;
	struct shadow_walk walk;
	unsigned int i, nr_reads;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		bool epd = rows[i].tcr & BIT_ULL(23) && rows[i].va >> 63;

		nr_reads = 0;
		regs.tcr = rows[i].tcr;
		KUNIT_EXPECT_EQ_MSG(test,
				    shadow_regs_walker(&regs, rows[i].va,
						       read_nothing, &nr_reads,
						       &walker),
				    rows[i].err, "row %u", i);
		KUNIT_EXPECT_EQ(test, shadow_walk(&walker, rows[i].va, &walk),
				-EFAULT);
		KUNIT_EXPECT_EQ(test, walk.fault, SHADOW_WALK_TRANSLATION);
		/* An empty root is read, but not for what is between */
		KUNIT_EXPECT_EQ_MSG(test, nr_reads, !rows[i].err && !epd,
				    "row %u", i);
		if (rows[i].err)
			KUNIT_EXPECT_EQ(test, walk.level, 0);
	}
}

static void cpu_forbids(struct kunit *test)
{
	static const struct shadow_cpu_id a72 = {
		.mmfr0 = 0x1124,	/* 44 bits, 4K and 64K, no 16K */
	};
	static const struct shadow_cpu_id only_16k = {
		.mmfr0 = 0xff100005,
	};
	struct shadow_geometry g4k = geometry(test, 12, 48, 48, false);
	struct shadow_geometry g16k = geometry(test, 14, 47, 48, false);
	struct shadow_geometry g64k = geometry(test, 16, 48, 48, false);
	struct shadow_geometry g64k_52 = geometry(test, 16, 52, 48, false);
	struct shadow_geometry g64k_lpa = geometry(test, 16, 48, 52, false);
	struct shadow_geometry ds4k = geometry(test, 12, 48, 52, true);
	struct shadow_geometry ds16k = geometry(test, 14, 52, 52, true);

	KUNIT_EXPECT_TRUE(test, !shadow_regs_forbids(&a72, &g4k));
	KUNIT_EXPECT_STREQ(test, shadow_regs_forbids(&a72, &g16k),
			   "ID_AA64MMFR0_EL1.TGran16");
	KUNIT_EXPECT_TRUE(test, !shadow_regs_forbids(&a72, &g64k));
	KUNIT_EXPECT_STREQ(test, shadow_regs_forbids(&a72, &ds4k),
			   "ID_AA64MMFR0_EL1.TGran4");
	KUNIT_EXPECT_STREQ(test, shadow_regs_forbids(&a72, &g64k_52),
			   "ID_AA64MMFR2_EL1.VARange");
	KUNIT_EXPECT_STREQ(test, shadow_regs_forbids(&a72, &g64k_lpa),
			   "ID_AA64MMFR0_EL1.PARange");
	KUNIT_EXPECT_STREQ(test, shadow_regs_forbids(&only_16k, &g4k),
			   "ID_AA64MMFR0_EL1.TGran4");
	KUNIT_EXPECT_STREQ(test, shadow_regs_forbids(&only_16k, &g64k),
			   "ID_AA64MMFR0_EL1.TGran64");
	KUNIT_EXPECT_TRUE(test, !shadow_regs_forbids(&only_16k, &g16k));
	KUNIT_EXPECT_STREQ(test, shadow_regs_forbids(&only_16k, &ds16k),
			   "ID_AA64MMFR0_EL1.TGran16");
	KUNIT_EXPECT_TRUE(test, !shadow_regs_forbids(&cpu_52, &ds4k));
	KUNIT_EXPECT_TRUE(test, !shadow_regs_forbids(&cpu_52, &ds16k));
	KUNIT_EXPECT_TRUE(test, !shadow_regs_forbids(&cpu_52, &g64k_52));
	KUNIT_EXPECT_EQ(test, shadow_regs_pa_bits(&a72), 44);
	KUNIT_EXPECT_EQ(test, shadow_regs_pa_bits(&cpu_52), 52);
}

/* What PAR_EL1 says about a page's memory */
static void type_and_shareability(struct kunit *test)
{
	struct shadow_regs regs = {
		.mair = 0x000000040044ffff, .tcr = 0x004000b5b5503510,
	};

	KUNIT_EXPECT_EQ(test, shadow_regs_attr(&regs, SHADOW_PAGE_KERNEL),
			0xff);
	KUNIT_EXPECT_EQ(test, shadow_regs_attr(&regs, SHADOW_PROT_NORMAL_NC),
			0x44);
	KUNIT_EXPECT_EQ(test, shadow_regs_attr(&regs, SHADOW_PROT_DEVICE_NGNRE),
			0x04);
	KUNIT_EXPECT_EQ(test, shadow_regs_sh(&regs, true, SHADOW_PAGE_KERNEL),
			3);
	KUNIT_EXPECT_EQ(test, shadow_regs_sh(&regs, true, SHADOW_PAGE_KERNEL &
					     ~SHADOW_ATTR_SH), 0);
	KUNIT_EXPECT_EQ(test, shadow_regs_sh(&regs, true,
					     SHADOW_PROT_NORMAL_NC), 2);
	KUNIT_EXPECT_EQ(test, shadow_regs_sh(&regs, true,
					     SHADOW_PROT_DEVICE_NGNRE), 2);
	/* DS = 1: TCR_EL1 says, here SH1 = 2 and SH0 = 3 */
	regs.tcr = (0x084000b6b54c3510 & ~BIT_ULL(28));
	KUNIT_EXPECT_EQ(test, shadow_regs_sh(&regs, true, SHADOW_ATTR_AF), 2);
	KUNIT_EXPECT_EQ(test, shadow_regs_sh(&regs, false, SHADOW_ATTR_AF), 3);
}

static struct kunit_case regs_cases[] = {
	KUNIT_CASE(mair_and_sctlr),
	KUNIT_CASE(tcr_by_hand),
	KUNIT_CASE(ttbr_by_hand),
	KUNIT_CASE(tcr_refused),
	KUNIT_CASE(boot_sequence),
	KUNIT_CASE(between_the_halves),
	KUNIT_CASE(cpu_forbids),
	KUNIT_CASE(type_and_shareability),
	{}
};

static struct kunit_suite regs_suite = {
	.name = "shadow_regs",
	.test_cases = regs_cases,
};

kunit_test_suite(regs_suite);
