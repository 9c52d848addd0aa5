// SPDX-License-Identifier: GPL-2.0-only
/*
 * What tlbi does to the TLB in software of a machine with tlbi=stale, and to the
 * log of the tree whose half it names; what it refuses.
 */
#include "shadow_test_ctl.h"

#define WINDOW		0xffff800000000000ULL
#define LOWER		0x400000ULL
#define PA		0x80000000ULL

/* The rig's machine again, whose changes leave their invalidations out */
static int stale_init(struct kunit *test)
{
	int err = rig_init(test);
	struct rig *rig = test->priv;

	if (err)
		return err;
	KUNIT_ASSERT_EQ(test, shadow_boot_down(&rig->mm), 0);
	rig->mm.cfg.tlbi = SHADOW_TLBI_MODE_STALE;
	rig_boot(test, rig);
	return 0;
}

static int read_desc(void *ctx, phys_addr_t pa, u64 *desc)
{
	*desc = *(u64 *)shadow_phys_to_virt(ctx, pa);
	return 0;
}

/* The machine's CPU uses an address */
static enum shadow_soft_touch touch(struct rig *rig, u64 va)
{
	struct shadow_mm *mm = &rig->mm;
	struct shadow_walker walker;

	shadow_regs_walker(&mm->regs, va, read_desc, &mm->block, &walker);
	return shadow_soft_tlb_touch(mm->soft_tlb, &walker,
				     shadow_regs_asid(&mm->regs), va);
}

/* @nr pages from @va on, of which each was used once: entries that are stale now */
static void make_stale(struct kunit *test, struct rig *rig, u64 va, u64 nr)
{
	char text[80];
	u64 i;

	snprintf(text, sizeof(text), "map %#llx %#llx %llu rw cont=off block=off", va, PA, nr);
	expect_ok(test, rig, text);
	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_EQ(test, touch(rig, va + i * SZ_4K),
				SHADOW_SOFT_FILLED);
	snprintf(text, sizeof(text), "unmap %#llx %llu", va, nr);
	expect_ok(test, rig, text);
	/* Nobody has removed them */
	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_EQ(test, touch(rig, va + i * SZ_4K),
				SHADOW_SOFT_HIT);
}

/* The newest record of a tree's log is an invalidation of a page */
static void expect_logged(struct kunit *test, const struct shadow_pgtable *pgt,
			  u64 va)
{
	struct shadow_tlb_record record;

	KUNIT_ASSERT_TRUE(test, shadow_tlb_get(&pgt->tlb, pgt->tlb.nr_records,
					       &record));
	KUNIT_EXPECT_EQ(test, record.op, SHADOW_TLB_OP_TLBI);
	KUNIT_EXPECT_EQ(test, record.kind, SHADOW_TLBI_VAAE1IS);
	KUNIT_EXPECT_EQ(test, record.va, va);
	KUNIT_EXPECT_EQ(test, record.nr, 1);
}

/* The page of an address inside it, some pages, and all; no others */
static void entries_go(struct kunit *test)
{
	struct rig *rig = test->priv;

	make_stale(test, rig, WINDOW, 8);
	expect_said(test, rig, "tlbi 0xffff800000001fff",
		    "tlbi vaae1is 0xffff800000001000: 1 pages, 1 entries of the TLB went");
	KUNIT_EXPECT_EQ(test, touch(rig, WINDOW), SHADOW_SOFT_HIT);
	KUNIT_EXPECT_EQ(test, touch(rig, WINDOW + SZ_4K), SHADOW_SOFT_FAULT);
	KUNIT_EXPECT_EQ(test, touch(rig, WINDOW + SZ_8K), SHADOW_SOFT_HIT);

	expect_said(test, rig, "tlbi 0xffff800000000000 4",
		    "tlbi vaae1is 0xffff800000000000: 4 pages, 3 entries of the TLB went");
	KUNIT_EXPECT_EQ(test, touch(rig, WINDOW + 3 * SZ_4K), SHADOW_SOFT_FAULT);
	KUNIT_EXPECT_EQ(test, touch(rig, WINDOW + 4 * SZ_4K), SHADOW_SOFT_HIT);

	expect_said(test, rig, "tlbi all", "tlbi vmalle1is: 4 entries of the TLB went");
	KUNIT_EXPECT_EQ(test, touch(rig, WINDOW + 4 * SZ_4K), SHADOW_SOFT_FAULT);
	expect_said(test, rig, "tlbi all", "tlbi vmalle1is: 0 entries of the TLB went");
	KUNIT_EXPECT_EQ(test, rig->mm.soft_tlb->nr_performed, 4);
	KUNIT_EXPECT_EQ(test, rig->mm.soft_tlb->nr_dropped, 8);
	expect_healthy(test, rig);
}

/* An invalidation is logged where the change was that wanted it */
static void halves(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct shadow_mm *mm = &rig->mm;
	u64 upper, lower;

	make_stale(test, rig, WINDOW, 1);
	make_stale(test, rig, LOWER, 1);
	upper = mm->swapper.tlb.nr_records;
	lower = mm->user.tlb.nr_records;
	expect_said(test, rig, "tlbi 0x400000", "1 entries of the TLB went");
	expect_logged(test, &mm->user, LOWER);
	KUNIT_EXPECT_EQ(test, mm->user.tlb.nr_records, lower + 1);
	KUNIT_EXPECT_EQ(test, mm->swapper.tlb.nr_records, upper);

	expect_said(test, rig, "tlbi 0xffff800000000000", "1 entries of the TLB went");
	expect_logged(test, &mm->swapper, WINDOW);
	KUNIT_EXPECT_EQ(test, mm->user.tlb.nr_records, lower + 1);
	KUNIT_EXPECT_EQ(test, mm->swapper.tlb.nr_records, upper + 1);
	expect_healthy(test, rig);
}

/* What lies in both halves or in none, and what is no address */
static void refused(struct kunit *test)
{
	struct rig *rig = test->priv;

	make_stale(test, rig, WINDOW, 1);
	expect_refused(test, rig, "tlbi 0x1000000000000", -EINVAL,
		       "tlbi: VA 0x1000000000000, 1 pages: allowed: all of them up to 0xffffffffffff, or from 0xffff000000000000 on");
	expect_refused(test, rig, "tlbi 0xfffffffff000 2", -EINVAL, "allowed: all of them");
	expect_refused(test, rig, "tlbi 0xfffffffffffff000 2", -EINVAL, "allowed: all of them");
	expect_refused(test, rig, "tlbi 0xfffeffffffffffff 2", -EINVAL, "allowed: all of them");
	expect_refused(test, rig, "tlbi 0xffff800000000000 0", -EINVAL, "allowed:");
	expect_refused(test, rig, "tlbi everything", -EINVAL, "allowed:");
	expect_refused(test, rig, "tlbi", -EINVAL, "allowed:");
	KUNIT_EXPECT_EQ(test, touch(rig, WINDOW), SHADOW_SOFT_HIT);
	KUNIT_EXPECT_EQ(test, rig->mm.soft_tlb->nr_performed, 0);
	/* The last page of all is a page */
	expect_said(test, rig, "tlbi 0xffffffffffffffff", "0 entries of the TLB went");

	/* Without tlbi=stale nothing was left out */
	shadow_boot_down(&rig->mm);
	rig->mm.cfg.tlbi = SHADOW_TLBI_MODE_ON;
	rig_boot(test, rig);
	expect_refused(test, rig, "tlbi all", -EPERM, "in a machine with tlbi=stale");
	expect_refused(test, rig, "tlbi 0xffff800000000000", -EPERM, "tlbi=stale");
}

static struct kunit_case ctl_tlbi_cases[] = {
	KUNIT_CASE(entries_go),
	KUNIT_CASE(halves),
	KUNIT_CASE(refused),
	{}
};

static struct kunit_suite ctl_tlbi_suite = {
	.name = "shadow_ctl_tlbi",
	.init = stale_init,
	.exit = rig_exit,
	.test_cases = ctl_tlbi_cases,
};

kunit_test_suite(ctl_tlbi_suite);
