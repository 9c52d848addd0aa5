// SPDX-License-Identifier: GPL-2.0-only
/*
 * What kmap and kunmap do to a machine whose upper half is HIGHMEM, and what
 * they refuse.
 */
#include "shadow_test_ctl.h"

#include "shadow_ctl_handle.h"

/* The rig's machine again, with an end of the linear map */
static int high_init(struct kunit *test)
{
	int err = rig_init(test);
	struct rig *rig = test->priv;
	struct shadow_mm *mm = &rig->mm;

	if (err)
		return err;
	KUNIT_ASSERT_EQ(test, shadow_boot_down(mm), 0);
	mm->cfg.highmem = SHADOW_TEST_BASE + SZ_8M;
	mm->cfg.given |= BIT_ULL(SHADOW_PARAM_HIGHMEM);
	rig_boot(test, rig);
	return 0;
}

/* A command with a number in its middle */
static void expect_number(struct kunit *test, struct rig *rig, const char *fmt,
			  u64 number, int err, const char *says)
{
	char text[64];

	snprintf(text, sizeof(text), fmt, number);
	if (err)
		expect_refused(test, rig, text, err, says);
	else
		expect_said(test, rig, text, says);
}

static u64 pfn_of(struct rig *rig, const char *name, u32 nr)
{
	return shadow_ctl_thing(shadow_ctl_handle_find_name(&rig->ctl, name), nr);
}

static u64 shown(struct rig *rig, u64 va)
{
	phys_addr_t pa;

	return shadow_pgtable_lookup(&rig->mm.swapper, va, &pa, NULL) ? 0 : pa >> 12;
}

static void persistent(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct shadow_kmap *kmap = &rig->mm.kmap;
	u64 pfn;

	expect_ok(test, rig, "alloc_pages 0 zone=HIGHMEM as=a");
	pfn = pfn_of(rig, "a", 0);
	KUNIT_ASSERT_GE(test, pfn, (SHADOW_TEST_BASE + SZ_8M) >> 12);
	expect_said(test, rig, "kmap a", "at va 0x");
	KUNIT_EXPECT_EQ(test, shown(rig, shadow_kmap_slot_va(kmap, 1)), pfn);
	expect_number(test, rig, "kmap pfn=%llu", pfn, 0, "users 2");
	expect_said(test, rig, "kunmap a", "users left: 1");
	/* Freed, it stays with who has mapped it, and can be told by its number */
	expect_said(test, rig, "free_pages a", "1 freed");
	KUNIT_EXPECT_EQ(test, owned(rig, SHADOW_OWNER_DIRECT), 1);
	expect_healthy(test, rig);
	expect_number(test, rig, "kunmap pfn=%#llx", pfn, 0, "users left: 0; it is unmapped when");
	KUNIT_EXPECT_EQ(test, owned(rig, SHADOW_OWNER_DIRECT), 0);
	KUNIT_EXPECT_EQ(test, shown(rig, shadow_kmap_slot_va(kmap, 1)), pfn);
	expect_number(test, rig, "kunmap pfn=%llu", pfn, -ENOENT, "has no users");
	expect_number(test, rig, "kmap pfn=%llu", pfn, -EINVAL, "is free");
	expect_healthy(test, rig);
}

static void many(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct shadow_kmap *kmap = &rig->mm.kmap;
	struct shadow_kmap_totals totals;

	expect_ok(test, rig, "alloc_pages 0 zone=HIGHMEM count=512 as=all");
	expect_ok(test, rig, "alloc_pages 0 zone=HIGHMEM count=2 as=more");
	expect_said(test, rig, "kmap all", "512 frames, the first at va 0x");
	/* All or none */
	expect_refused(test, rig, "kmap more", -ENOSPC, "each of the 512 slots has users");
	expect_ok(test, rig, "free_pages all count=1");
	expect_said(test, rig, "kunmap all", "511 frames: 511 are HIGHMEM and have a user less");
	shadow_kmap_totals(kmap, &totals);
	KUNIT_EXPECT_EQ(test, totals.nr_used, 1);
	KUNIT_EXPECT_EQ(test, totals.nr_unflushed, 511);
	expect_refused(test, rig, "kunmap all", -ENOENT, "has no users");
	expect_ok(test, rig, "kmap more");
	KUNIT_EXPECT_EQ(test, kmap->nr_flushes, 1);
	KUNIT_EXPECT_EQ(test, kmap->nr_flushed, 511);
	/* One is mapped, the other is not: nothing is unmapped */
	expect_number(test, rig, "kunmap pfn=%llu", pfn_of(rig, "more", 1), 0, "users left: 0");
	expect_refused(test, rig, "kunmap more", -ENOENT, "has no users");
	expect_number(test, rig, "kunmap pfn=%llu", pfn_of(rig, "more", 0), 0, "users left: 0");
	expect_ok(test, rig, "free_pages all\nfree_pages more");
	KUNIT_EXPECT_EQ(test, owned(rig, SHADOW_OWNER_DIRECT), 1);
	expect_healthy(test, rig);
}

static void on_a_cpu(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct shadow_kmap *kmap = &rig->mm.kmap;
	u64 first, second;

	expect_ok(test, rig, "alloc_pages 0 zone=HIGHMEM count=2 as=a");
	expect_ok(test, rig, "alloc_pages 0 zone=HIGHMEM count=15 as=b");
	first = pfn_of(rig, "a", 0);
	second = pfn_of(rig, "a", 1);
	expect_refused(test, rig, "kunmap a cpu=1", -ENOENT, "CPU 1 has not mapped pfn");
	expect_said(test, rig, "kmap a cpu=1", "2 frames");
	KUNIT_EXPECT_EQ(test, shown(rig, shadow_kmap_local_va(kmap, 1, 0)), first);
	KUNIT_EXPECT_EQ(test, shown(rig, shadow_kmap_local_va(kmap, 1, 1)), second);
	expect_refused(test, rig, "kunmap a", -ENOENT, "has no users");
	expect_refused(test, rig, "kunmap a cpu=2", -ENOENT, "CPU 2 has not mapped");
	expect_number(test, rig, "kunmap pfn=%llu cpu=1", first, -EBUSY, "allowed: pfn");
	/* 15 more do not fit, and none of them stays */
	expect_refused(test, rig, "kmap b cpu=1", -ENOSPC, "all 16 slots of CPU 1 are in use");
	KUNIT_EXPECT_EQ(test, kmap->cpu[1].depth, 2);
	expect_ok(test, rig, "kmap b cpu=3");
	expect_refused(test, rig, "kmap a cpu=4", -EINVAL, "cpu=4: allowed: 0 to 3");
	expect_healthy(test, rig);
	expect_number(test, rig, "kunmap pfn=%llu cpu=1", second, 0,
		      "mappings left to CPU 1: 1");
	expect_refused(test, rig, "kunmap a cpu=1", -ENOENT, "CPU 1 has not mapped");
	expect_number(test, rig, "kunmap pfn=%llu cpu=1", first, 0, "mappings left to CPU 1: 0");
	expect_ok(test, rig, "kunmap b cpu=3\nfree_pages a\nfree_pages b");
	KUNIT_EXPECT_EQ(test, owned(rig, SHADOW_OWNER_DIRECT), 0);
	expect_healthy(test, rig);
}

static void blocks(struct kunit *test)
{
	struct rig *rig = test->priv;
	u64 pfn;

	expect_ok(test, rig, "alloc_pages 2 zone=HIGHMEM as=plain");
	expect_ok(test, rig, "alloc_pages 2 zone=HIGHMEM gfp=COMP as=comp");
	pfn = pfn_of(rig, "plain", 0);
	expect_number(test, rig, "kmap pfn=%llu", pfn + 1, -EINVAL, "a further frame of the block");
	expect_said(test, rig, "kmap plain", "users 1");
	expect_refused(test, rig, "split_page plain", -EBUSY, "has other users");
	expect_ok(test, rig, "kunmap plain\nsplit_page plain\nkmap plain\nkunmap plain");
	pfn = pfn_of(rig, "comp", 0);
	expect_number(test, rig, "kmap pfn=%llu", pfn + 3, 0, "users 1");
	expect_ok(test, rig, "free_pages comp");
	/* All four, by the mapping of the last one */
	KUNIT_EXPECT_EQ(test, owned(rig, SHADOW_OWNER_DIRECT), 8);
	expect_number(test, rig, "kunmap pfn=%llu", pfn + 3, 0, "users left: 0");
	KUNIT_EXPECT_EQ(test, owned(rig, SHADOW_OWNER_DIRECT), 4);
	expect_healthy(test, rig);
}

static void below(struct kunit *test)
{
	struct rig *rig = test->priv;
	u64 low = (rig->mm.places.image.start >> 12), pfn;

	expect_ok(test, rig, "alloc_pages 1 zone=DMA as=low");
	pfn = pfn_of(rig, "low", 0);
	expect_said(test, rig, "kmap low", "is not HIGHMEM: va 0xffff");
	expect_number(test, rig, "kmap pfn=%llu cpu=0", pfn + 1, 0, "is not HIGHMEM");
	expect_said(test, rig, "kunmap low", "it stays in the linear map");
	expect_said(test, rig, "kunmap low cpu=0", "it stays in the linear map");
	expect_ok(test, rig, "free_pages low");
	expect_number(test, rig, "kmap pfn=%llu", low, -EINVAL, "was never handed to the buddy");
	expect_refused(test, rig, "kmap pfn=0", -EINVAL,
		       "allowed: frames of the machine, 0x80000 to 0x80fff");
	expect_refused(test, rig, "kmap pfn=18446744073709551615", -EINVAL,
		       "frames of the machine");
	expect_refused(test, rig, "kunmap pfn=0 cpu=0", -EINVAL, "frames of the machine");
	expect_refused(test, rig, "kmap 1", -ENOENT, "no such id is live");
	expect_refused(test, rig, "kmap", -EINVAL, "an argument is missing");
	expect_refused(test, rig, "kmap cpu=1", -EINVAL, "an argument is missing");
	expect_refused(test, rig, "kunmap 1 pfn=5", -EINVAL, "ID and pfn= exclude each other");
	expect_refused(test, rig, "kmap pfn=5x", -EINVAL, "pfn= '5x'");
	expect_refused(test, rig, "kmap 1 count=2", -EINVAL, "key 'count'");
	expect_ok(test, rig, "kmalloc 8 as=object");
	expect_refused(test, rig, "kmap object", -EINVAL, "is objects");
	expect_ok(test, rig, "kfree object");
	/* The windows are not for map */
	expect_number(test, rig, "map %#llx 0x80000000 1 rw", rig->mm.kmap.pkmap_start, -EPERM,
		      "belongs to pkmap");
	expect_number(test, rig, "map %#llx 0x80000000 1 rw", rig->mm.kmap.local_top - 4096,
		      -EPERM, "belongs to kmap");
	shadow_fault_raise(&rig->mm.fault, "on purpose");
	expect_refused(test, rig, "kunmap pfn=0x80900", -EUCLEAN, "the machine is frozen");
}

/* A frame that is left to the slots goes with the machine; so do the windows */
static void going_down(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct shadow_mm *mm = &rig->mm;

	expect_ok(test, rig, "alloc_pages 0 zone=HIGHMEM as=a\nkmap a\nkmap a cpu=1\nfree_pages a");
	KUNIT_EXPECT_EQ(test, shadow_boot_down(mm), 1);
	KUNIT_EXPECT_NULL(test, mm->kmap_mem);
	shadow_ctl_handles_forget(&rig->ctl);
	KUNIT_ASSERT_EQ(test, shadow_boot_up(mm), 0);
	KUNIT_EXPECT_EQ(test, mm->kmap.nr_maps, 0);
	expect_healthy(test, rig);
	/* Without HIGHMEM there are none, and all has its address */
	shadow_boot_down(mm);
	mm->cfg.given &= ~BIT_ULL(SHADOW_PARAM_HIGHMEM);
	KUNIT_ASSERT_EQ(test, shadow_boot_up(mm), 0);
	KUNIT_EXPECT_NULL(test, mm->kmap.slot);
	expect_ok(test, rig, "alloc_pages 0 as=b");
	expect_said(test, rig, "kmap b cpu=3", "is not HIGHMEM");
	expect_said(test, rig, "kunmap b cpu=3", "it stays in the linear map");
	expect_ok(test, rig, "free_pages b");
	expect_healthy(test, rig);
}

static struct kunit_case ctl_kmap_cases[] = {
	KUNIT_CASE(persistent),
	KUNIT_CASE(many),
	KUNIT_CASE(on_a_cpu),
	KUNIT_CASE(blocks),
	KUNIT_CASE(below),
	KUNIT_CASE(going_down),
	{}
};

static struct kunit_suite ctl_kmap_suite = {
	.name = "shadow_ctl_kmap",
	.init = high_init,
	.exit = rig_exit,
	.test_cases = ctl_kmap_cases,
};

kunit_test_suite(ctl_kmap_suite);
