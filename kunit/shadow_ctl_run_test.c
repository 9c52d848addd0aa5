// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of shadow_ctl on a whole machine in ordinary memory: what commands do,
 * what they refuse, and that a refusal changes nothing.
 */
#include "shadow_test_ctl.h"

/* ----------------------------------------------------------------- pages -- */

static void pages(struct kunit *test)
{
	struct rig *rig = test->priv;

	expect_ok(test, rig, "alloc_pages 0");
	KUNIT_EXPECT_EQ(test, owned(rig, SHADOW_OWNER_DIRECT), 1);
	expect_ok(test, rig, "alloc_pages 3 count=5 as=five");
	KUNIT_EXPECT_EQ(test, owned(rig, SHADOW_OWNER_DIRECT), 41);
	KUNIT_EXPECT_NOT_NULL(test, strstr(rig->ctl.said, "id 2: 5 of order 3"));
	expect_ok(test, rig, "alloc_pages 2 zone=DMA cpu=3 as=low");
	KUNIT_EXPECT_NOT_NULL(test, strstr(rig->ctl.said, "zone DMA"));
	expect_ok(test, rig, "alloc_pages 2 zone=normal");
	KUNIT_EXPECT_NOT_NULL(test, strstr(rig->ctl.said, "zone Normal"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(show(rig), "five"));
	expect_healthy(test, rig);

	expect_ok(test, rig, "free_pages 1");
	expect_ok(test, rig, "free_pages five");
	expect_ok(test, rig, "free_pages 3");
	expect_ok(test, rig, "free_pages 4");
	KUNIT_EXPECT_EQ(test, owned(rig, SHADOW_OWNER_DIRECT), 0);
	KUNIT_EXPECT_EQ(test, rig->ctl.nr_live, 0);
	expect_healthy(test, rig);
}

static u64 zone_free(struct rig *rig, enum shadow_zone_type type)
{
	return READ_ONCE(rig->mm.nodes.node[0].zone[type].nr_free);
}

/* zone= is that zone alone, to its last page and not one further. */
static void zones(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct shadow_zone *zone = rig->mm.nodes.node[0].zone;
	u64 dma, normal;
	char text[64];

	expect_refused(test, rig, "alloc_pages 0 zone=DMA32", -EINVAL, "allowed: DMA, Normal");
	expect_refused(test, rig, "alloc_pages 0 zone=HIGHMEM", -EINVAL, "allowed: DMA, Normal");
	expect_refused(test, rig, "alloc_pages 0 zone=movable", -EINVAL, "allowed: DMA, Normal");

	expect_ok(test, rig, "drain");
	dma = zone_free(rig, SHADOW_ZONE_DMA);
	normal = zone_free(rig, SHADOW_ZONE_NORMAL);
	snprintf(text, sizeof(text), "alloc_pages 0 zone=NORMAL count=%llu",
		 zone[SHADOW_ZONE_NORMAL].managed);
	expect_refused(test, rig, text, -ENOMEM, "in zone Normal");
	snprintf(text, sizeof(text), "alloc_pages 0 zone=NORMAL count=%llu",
		 zone[SHADOW_ZONE_NORMAL].managed + 1);
	expect_refused(test, rig, text, -ENOMEM, "zone Normal has only");
	expect_ok(test, rig, "drain");
	KUNIT_EXPECT_EQ(test, zone_free(rig, SHADOW_ZONE_NORMAL), normal);

	/* All down to the watermark; the next comes from DMA only without zone= */
	snprintf(text, sizeof(text), "alloc_pages 0 zone=normal count=%llu as=all",
		 normal - zone[SHADOW_ZONE_NORMAL].mark[SHADOW_WMARK_MIN]);
	expect_ok(test, rig, text);
	KUNIT_EXPECT_EQ(test, zone_free(rig, SHADOW_ZONE_DMA), dma);
	expect_refused(test, rig, "alloc_pages 0 zone=Normal", -ENOMEM, "in zone Normal");
	expect_ok(test, rig, "alloc_pages 0");
	KUNIT_EXPECT_NOT_NULL(test, strstr(rig->ctl.said, "zone DMA"));
	expect_ok(test, rig, "free_pages all");
	expect_healthy(test, rig);
}

static void pages_refused(struct kunit *test)
{
	struct rig *rig = test->priv;

	expect_ok(test, rig, "alloc_pages 0 as=one\nkmalloc 64 as=obj\nvmalloc 1 as=area");
	expect_refused(test, rig, "alloc_pages 11", -EINVAL, "allowed: 0 to 10");
	expect_refused(test, rig, "alloc_pages 0 cpu=4", -EINVAL, "allowed: 0 to 3");
	expect_refused(test, rig, "alloc_pages 0 as=one", -EEXIST, "in use by id 1");
	expect_refused(test, rig, "kmalloc 1 as=one", -EEXIST, "in use by id 1");
	expect_refused(test, rig, "free_pages 4", -ENOENT, "no such id");
	expect_refused(test, rig, "free_pages two", -ENOENT, "no such name");
	expect_refused(test, rig, "kfree 1", -EINVAL, "allowed: free_pages");
	expect_refused(test, rig, "vfree one", -EINVAL, "allowed: free_pages");
	expect_refused(test, rig, "free_pages obj", -EINVAL, "allowed: kfree");
	expect_refused(test, rig, "kfree area", -EINVAL, "allowed: vfree");
	expect_refused(test, rig, "alloc_pages 10 count=4000", -ENOMEM, "only");
	expect_refused(test, rig, "alloc_pages 10 count=1048576", -ENOMEM, "only");
	expect_refused(test, rig, "kmalloc 1G", -ENOMEM, "only");
	expect_refused(test, rig, "kmalloc 4096 count=1000000", -ENOMEM, "only");
	expect_refused(test, rig, "vmalloc 1G", -ENOMEM, "");
	expect_refused(test, rig, "vmalloc 1000000G", -ENOMEM, "");
	expect_ok(test, rig, "free_pages 1");
	expect_refused(test, rig, "free_pages 1", -ENOENT, "it was freed");
	expect_refused(test, rig, "free_pages one", -ENOENT, "no such name");
	expect_healthy(test, rig);

	/* A name is free again, its id is not. */
	expect_ok(test, rig, "alloc_pages 0 as=one");
	KUNIT_EXPECT_NOT_NULL(test, strstr(rig->ctl.said, "id 4"));
}

/* A machine that is nearly full gives all of count, or nothing. */
static void all_or_nothing(struct kunit *test)
{
	struct rig *rig = test->priv;
	u64 managed = shadow_nodes_managed(&rig->mm.nodes);
	char text[64];

	/* The host's memory is needed to remember what was got. */
	rig->starve = 0;
	expect_refused(test, rig, "alloc_pages 0", -ENOMEM, "the host has no memory");
	rig->starve = 1;
	expect_refused(test, rig, "alloc_pages 0 count=100", -ENOMEM, "the host has no memory");
	expect_ok(test, rig, "alloc_pages 0");
	rig->starve = -1;

	snprintf(text, sizeof(text), "alloc_pages 0 count=%llu", managed);
	expect_refused(test, rig, text, -ENOMEM, "were given back");
	snprintf(text, sizeof(text), "kmalloc 8192 count=%llu", managed / 2);
	expect_refused(test, rig, text, -ENOMEM, "were given back");
	snprintf(text, sizeof(text), "vmalloc %llu", managed << 12);
	expect_refused(test, rig, text, -ENOMEM, "");
	expect_healthy(test, rig);

	expect_ok(test, rig, "alloc_pages 0 count=1000");
	expect_ok(test, rig, "free_pages 2");
	expect_healthy(test, rig);
}

/* --------------------------------------------------------------- objects -- */

static void objects(struct kunit *test)
{
	struct rig *rig = test->priv;

	expect_ok(test, rig, "kmalloc 100 count=1000 as=many\nkmalloc 0 as=no\nkmalloc 1M as=big");
	KUNIT_EXPECT_NOT_NULL(test, strstr(show(rig), "ZERO_SIZE_PTR"));
	KUNIT_EXPECT_EQ(test, owned(rig, SHADOW_OWNER_KMALLOC), 256);
	KUNIT_EXPECT_GT(test, owned(rig, SHADOW_OWNER_SLAB), 1000 * 100 / 4096);
	expect_healthy(test, rig);
	expect_ok(test, rig, "kfree many\nkfree no\nkfree big");
	KUNIT_EXPECT_EQ(test, owned(rig, SHADOW_OWNER_KMALLOC), 0);
	expect_refused(test, rig, "kfree many", -ENOENT, "no such name");
	expect_healthy(test, rig);
}

/* A user cannot hold more of the host's memory than he is allowed. */
static void host_memory(struct kunit *test)
{
	struct rig *rig = test->priv;
	u64 limit = shadow_ctl_host_limit(&rig->ctl);
	u64 one, first;
	unsigned int nr;

	KUNIT_EXPECT_EQ(test, limit, SZ_16M);
	expect_ok(test, rig, "kmalloc 0");
	first = rig->ctl.host_bytes;
	KUNIT_EXPECT_GT(test, first, 0);

	/* What costs the block nothing costs the host no more than its id. */
	for (nr = 0; nr < 100; nr++)
		expect_ok(test, rig, "kmalloc 0 count=1048576");
	KUNIT_EXPECT_EQ(test, rig->ctl.host_bytes, first);
	KUNIT_EXPECT_NOT_NULL(test, strstr(show(rig), "kmalloc 0 count=1048576 ZERO_SIZE_PTR"));
	expect_ok(test, rig, "kfree 2\nkfree 3");
	KUNIT_EXPECT_NOT_NULL(test, strstr(rig->ctl.said, "1048576 freed"));

	expect_ok(test, rig, "kmalloc 8 count=100000 as=many");
	one = rig->ctl.host_bytes - first;
	KUNIT_EXPECT_EQ(test, one, 800000);
	expect_ok(test, rig, "kfree many");
	KUNIT_EXPECT_EQ(test, rig->ctl.host_bytes, first);

	/* Ids alone: a chunk too many is refused, and all else is as before. */
	while (say(rig, "kmalloc 0") > 0)
		;
	KUNIT_EXPECT_LE(test, rig->ctl.host_bytes, limit);
	KUNIT_EXPECT_GT(test, rig->ctl.host_bytes, limit - first);
	expect_refused(test, rig, "kmalloc 0", -ENOMEM, "allowed: 16384 KiB of the host");
	expect_ok(test, rig, "kfree 1\nalloc_pages 0 as=x\nfree_pages x");
	expect_refused(test, rig, "kmalloc 8 count=100000", -ENOMEM, "allowed: 16384 KiB");
	expect_healthy(test, rig);
	expect_ok(test, rig, "reset");
	KUNIT_EXPECT_EQ(test, rig->ctl.nr_live, 0);
	expect_ok(test, rig, "kmalloc 8 as=x");
}

static void areas(struct kunit *test)
{
	struct rig *rig = test->priv;

	expect_ok(test, rig, "vmalloc 1M as=area\nvmalloc 1");
	KUNIT_EXPECT_EQ(test, owned(rig, SHADOW_OWNER_VMALLOC), 257);
	expect_healthy(test, rig);
	expect_ok(test, rig, "vfree area\nvfree 2");
	KUNIT_EXPECT_EQ(test, owned(rig, SHADOW_OWNER_VMALLOC), 0);
	expect_healthy(test, rig);
}

/* ------------------------------------------------------------------- map -- */

static u64 walk(struct rig *rig, u64 va)
{
	struct shadow_walker walker;
	struct shadow_walk result;

	shadow_pgtable_walker(&rig->mm.swapper, &walker);
	if (shadow_walk(&walker, va, &result) || !result.leaf_shift)
		return 0;
	return result.pa;
}

static int say_map(struct rig *rig, const char *verb, u64 va, const char *rest)
{
	char text[128];

	snprintf(text, sizeof(text), "%s %#llx %s", verb, va, rest);
	return say(rig, text) < 0 ? rig->ctl.last_err : 0;
}

static void mappings(struct kunit *test)
{
	struct rig *rig = test->priv;
	u64 va = rig->mm.layout.region[SHADOW_REGION_MODULES].start + SZ_4M;
	u64 window = rig->mm.vmalloc.tree.va_start;
	u64 linear = shadow_layout_pa_to_va(&rig->mm.layout, SHADOW_TEST_BASE + SZ_8M);
	u64 tables = owned(rig, SHADOW_OWNER_TABLE);

	KUNIT_EXPECT_EQ(test, say_map(rig, "map", va, "0x80400000 16 PAGE_KERNEL_RO"), 0);
	KUNIT_EXPECT_EQ(test, walk(rig, va), 0x80400000);
	KUNIT_EXPECT_EQ(test, walk(rig, va + 0xf123), 0x8040f123);
	KUNIT_EXPECT_EQ(test, walk(rig, va + 0x10000), 0);
	expect_healthy(test, rig);

	KUNIT_EXPECT_EQ(test, say_map(rig, "map", va + 0xf000, "0x80000000 2 rw"), -EEXIST);
	KUNIT_EXPECT_EQ(test, walk(rig, va + 0x10000), 0);
	KUNIT_EXPECT_EQ(test, say_map(rig, "map", va + SZ_1M, "0x80000000 1 rwx"), -EPERM);
	KUNIT_EXPECT_EQ(test, say_map(rig, "map", va + SZ_1M, "0x80000800 1 rw"), -EINVAL);
	KUNIT_EXPECT_EQ(test, say_map(rig, "map", va + SZ_1M + 8, "0x80000000 1 rw"), -EINVAL);
	KUNIT_EXPECT_EQ(test, say_map(rig, "map", va + SZ_1M, "0xfffffffffffff000 1 rw"), -EINVAL);
	KUNIT_EXPECT_EQ(test, say_map(rig, "map", va + SZ_1M, "0xfffffffff000 2 rw"), -EINVAL);
	KUNIT_EXPECT_EQ(test, say_map(rig, "map", va, "0x80000000 4294967295 rw"), -EPERM);
	KUNIT_EXPECT_EQ(test, say_map(rig, "map", ~0xfffULL, "0x80000000 2 rw"), -EINVAL);
	KUNIT_EXPECT_EQ(test, say_map(rig, "map", 0x1000000000000, "0x80000000 1 rw"), -EINVAL);
	KUNIT_EXPECT_EQ(test, say_map(rig, "map", window, "0x80000000 1 rw"), -EPERM);
	KUNIT_EXPECT_EQ(test, say_map(rig, "map", linear, "0x80000000 1 rw"), -EEXIST);

	KUNIT_EXPECT_EQ(test, say_map(rig, "unmap", va + 0x10000, "1"), -ENOENT);
	KUNIT_EXPECT_EQ(test, say_map(rig, "unmap", va, "17"), -ENOENT);
	KUNIT_EXPECT_EQ(test, say_map(rig, "unmap", va - 0x1000, "2"), -ENOENT);
	KUNIT_EXPECT_EQ(test, walk(rig, va), 0x80400000);
	KUNIT_EXPECT_EQ(test, say_map(rig, "unmap", linear, "1"), -EPERM);
	KUNIT_EXPECT_EQ(test, say_map(rig, "unmap", rig->mm.boot.kimage_va, "1"), -EPERM);
	KUNIT_EXPECT_EQ(test, say_map(rig, "unmap", window, "1"), -ENOENT);
	expect_ok(test, rig, "vmalloc 1 as=area");
	KUNIT_EXPECT_EQ(test, say_map(rig, "unmap", window, "1"), -EPERM);
	expect_ok(test, rig, "vfree area\nvmalloc_purge");
	expect_healthy(test, rig);

	/* A part, then the rest; the tables go with the last. */
	KUNIT_EXPECT_EQ(test, say_map(rig, "unmap", va + 0x4000, "4"), 0);
	KUNIT_EXPECT_EQ(test, walk(rig, va + 0x4000), 0);
	KUNIT_EXPECT_EQ(test, walk(rig, va + 0x8000), 0x80408000);
	KUNIT_EXPECT_EQ(test, say_map(rig, "unmap", va + 0x8000, "8"), 0);
	KUNIT_EXPECT_EQ(test, say_map(rig, "unmap", va, "4"), 0);
	KUNIT_EXPECT_EQ(test, say_map(rig, "unmap", va, "4"), -ENOENT);
	KUNIT_EXPECT_EQ(test, owned(rig, SHADOW_OWNER_TABLE), tables);
	expect_healthy(test, rig);
}

/* A block that map made is split where a part of it is unmapped. */
static void mapping_of_blocks(struct kunit *test)
{
	struct rig *rig = test->priv;
	u64 va = rig->mm.layout.region[SHADOW_REGION_MODULES].start;

	KUNIT_EXPECT_EQ(test, say_map(rig, "map", va, "0x80000000 1024 rw"), 0);
	KUNIT_EXPECT_EQ(test, say_map(rig, "unmap", va + SZ_1M, "1"), 0);
	KUNIT_EXPECT_EQ(test, walk(rig, va + SZ_1M), 0);
	KUNIT_EXPECT_EQ(test, walk(rig, va + SZ_1M + 4096), 0x80101000);
	expect_healthy(test, rig);
	KUNIT_EXPECT_EQ(test, say_map(rig, "unmap", va + SZ_2M, "512"), 0);
	KUNIT_EXPECT_EQ(test, say_map(rig, "unmap", va, "256"), 0);
	KUNIT_EXPECT_EQ(test, say_map(rig, "unmap", va + SZ_1M + 4096, "255"), 0);
	expect_healthy(test, rig);
}

/* --------------------------------------------------------------- batches -- */

static void batch_is_parsed_first(struct kunit *test)
{
	struct rig *rig = test->priv;

	expect_refused(test, rig, "alloc_pages 0\nalloc_pages 1\nalloc_pages x\nalloc_pages 2",
		       -EINVAL, "ORDER 'x'");
	KUNIT_EXPECT_EQ(test, rig->ctl.last_line, 3);
	KUNIT_EXPECT_EQ(test, rig->ctl.last_ran, 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(show(rig), "last: line 3: EINVAL (-22)"));
	expect_refused(test, rig, "drain\nbreak 1 2\n", -EINVAL, "KIND '1': allowed: page_flags ");
	KUNIT_EXPECT_EQ(test, rig->ctl.last_ran, 0);
}

static void batch_stops(struct kunit *test)
{
	struct rig *rig = test->priv;

	KUNIT_EXPECT_EQ(test, say(rig, "kmalloc 1 as=a\n# no\nkfree b\nkmalloc 1 as=c"),
			-ENOENT);
	KUNIT_EXPECT_EQ(test, rig->ctl.last_line, 3);
	KUNIT_EXPECT_EQ(test, rig->ctl.last_ran, 1);
	KUNIT_EXPECT_EQ(test, rig->ctl.nr_live, 1);
	KUNIT_EXPECT_NOT_NULL(test, strstr(show(rig),
					   "line 3: ENOENT (-2), commands run before it: 1: "));
	expect_ok(test, rig, "kfree a");
	expect_refused(test, rig, "kfree c", -ENOENT, "no such name");

	/* A line sees what earlier lines of its write have done. */
	expect_ok(test, rig, "kmalloc 9 as=a\nkfree a\nvmalloc 9 as=a\nvfree a\n");
	KUNIT_EXPECT_NOT_NULL(test, strstr(show(rig), "last: ok, commands run: 4; line 4"));
	expect_healthy(test, rig);
}

static void batch_sizes(struct kunit *test)
{
	struct rig *rig = test->priv;
	char *text = shadow_test_alloc(test, SHADOW_CTL_BYTES + 1);

	memset(text, '#', SHADOW_CTL_BYTES + 1);
	memcpy(text, "alloc_pages 0\n", 14);
	KUNIT_EXPECT_EQ(test, shadow_ctl_write(&rig->ctl, text, SHADOW_CTL_BYTES),
			SHADOW_CTL_BYTES);
	KUNIT_EXPECT_EQ(test, rig->ctl.nr_live, 1);
	KUNIT_EXPECT_EQ(test, shadow_ctl_write(&rig->ctl, text, SHADOW_CTL_BYTES + 1), -E2BIG);
	KUNIT_EXPECT_EQ(test, rig->ctl.nr_live, 1);
	KUNIT_EXPECT_NOT_NULL(test, strstr(show(rig), "last: E2BIG (-7)"));
	/* Of what is too long not one byte is looked at. */
	KUNIT_EXPECT_EQ(test, shadow_ctl_write(&rig->ctl, NULL, SIZE_MAX), -E2BIG);
	KUNIT_EXPECT_EQ(test, shadow_ctl_write(&rig->ctl, text, 0), 0);
	expect_ok(test, rig, "\n\n");
	KUNIT_EXPECT_NOT_NULL(test, strstr(show(rig), "last: ok, no command in it"));
}

/* A write that is being killed ends, and a line that is long is undone. */
static void batch_interrupted(struct kunit *test)
{
	struct rig *rig = test->priv;

	rig->patience = 3;
	KUNIT_EXPECT_EQ(test, say(rig, "kmalloc 8\nkmalloc 8\nkmalloc 8\nkmalloc 8"), -EINTR);
	KUNIT_EXPECT_EQ(test, rig->ctl.nr_live, 2);
	KUNIT_EXPECT_EQ(test, rig->ctl.last_ran, 2);
	KUNIT_EXPECT_NOT_NULL(test, strstr(show(rig),
					   "line 3: EINTR (-4), commands run before it: 2"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(rig->text, "interrupted before this line"));
	rig->patience = -1;
	expect_ok(test, rig, "kfree 1\nkfree 2");

	rig->patience = 3;
	expect_refused(test, rig, "alloc_pages 0 count=3000", -EINTR,
		       "interrupted after 2048 of 3000, which were given back");
	rig->patience = 2;
	expect_refused(test, rig, "kmalloc 100 count=3000", -EINTR, "after 1024 of 3000");
	/* What is complete is not undone. */
	rig->patience = 3;
	expect_ok(test, rig, "alloc_pages 0 count=2048");
	rig->patience = -1;
	expect_healthy(test, rig);
}

/* What the CPU is asked in one write is bounded before the first line runs. */
static void batch_of_checks(struct kunit *test)
{
	struct rig *rig = test->priv;
	char text[1024] = "";
	unsigned int i;

	expect_ok(test, rig, "mmu_check 100000");
	KUNIT_EXPECT_EQ(test, rig->nr_checks, 1);
	expect_refused(test, rig, "mmu_check 100001", -ERANGE, "from 1 to 100000");
	expect_refused(test, rig, "alloc_pages 0\nmmu_check 50000\nmmu_check 50001", -ERANGE,
		       "up to 100000 samples in one write");
	KUNIT_EXPECT_EQ(test, rig->ctl.last_line, 3);
	/* The largest of the sizes counts */
	expect_refused(test, rig, "mmu_check 1 loads=50000\nmmu_check 50001", -ERANGE,
		       "up to 100000 samples in one write");
	expect_refused(test, rig, "mmu_check 1 host=98001\nmmu_check 1", -ERANGE,
		       "up to 100000 samples in one write");
	for (i = 0; i < 10; i++)
		strcat(text, "mmu_check\n");
	expect_ok(test, rig, text);
	KUNIT_EXPECT_EQ(test, rig->nr_checks, 11);
	strcat(text, "mmu_check 1");
	expect_refused(test, rig, text, -ERANGE, "each mmu_check counts as 2000 at least");
	KUNIT_EXPECT_EQ(test, rig->nr_checks, 11);

	/* More at boot than a write may ask for */
	rig->mm.cfg.mmu_size[SHADOW_MMU_MAPPED] = 1000000;
	expect_ok(test, rig, "mmu_check");
	KUNIT_EXPECT_EQ(test, rig->mmu_size[SHADOW_MMU_MAPPED], 100000);
}

/* ------------------------------------------------------------- the machine -- */

static void checks_and_counters(struct kunit *test)
{
	struct rig *rig = test->priv;
	const struct shadow_event_log *log = &rig->mm.events;
	u64 before;

	expect_ok(test, rig, "mmu_check 7 seed=9");
	KUNIT_EXPECT_EQ(test, rig->mmu_size[SHADOW_MMU_MAPPED], 7);
	KUNIT_EXPECT_EQ(test, rig->mmu_size[SHADOW_MMU_LOADS], 2000);
	KUNIT_EXPECT_EQ(test, rig->mmu_seed, 9);
	/* Zero is a seed; none is the machine's. */
	rig->mm.cfg.seed = 4711;
	expect_ok(test, rig, "mmu_check seed=0");
	KUNIT_EXPECT_EQ(test, rig->mmu_seed, 0);
	rig->mm.cfg.mmu_size[SHADOW_MMU_MAPPED] = 77;
	expect_ok(test, rig, "mmu_check loads=5 unmapped=6 host=0");
	KUNIT_EXPECT_EQ(test, rig->mmu_size[SHADOW_MMU_MAPPED], 77);
	KUNIT_EXPECT_EQ(test, rig->mmu_size[SHADOW_MMU_LOADS], 5);
	KUNIT_EXPECT_EQ(test, rig->mmu_size[SHADOW_MMU_UNMAPPED], 6);
	KUNIT_EXPECT_EQ(test, rig->mmu_size[SHADOW_MMU_HOST], 0);
	KUNIT_EXPECT_EQ(test, rig->mmu_seed, 4711);
	/* A machine loaded without a check can be checked all the same. */
	rig->mm.cfg.mmu_check = false;
	expect_ok(test, rig, "mmu_check");
	KUNIT_EXPECT_EQ(test, rig->mmu_size[SHADOW_MMU_MAPPED], 77);
	KUNIT_EXPECT_EQ(test, say(rig, "mmu_check 13"), -EOPNOTSUPP);

	before = shadow_event_count(log, SHADOW_EV_PAGE_ALLOC);
	expect_ok(test, rig, "alloc_pages 0");
	KUNIT_EXPECT_EQ(test, shadow_event_count(log, SHADOW_EV_PAGE_ALLOC), before);
	expect_ok(test, rig, "set counters on\nset counters on\nalloc_pages 0");
	KUNIT_EXPECT_EQ(test, shadow_event_count(log, SHADOW_EV_PAGE_ALLOC), before + 1);
	expect_ok(test, rig, "set counters off\nalloc_pages 0");
	KUNIT_EXPECT_EQ(test, shadow_event_count(log, SHADOW_EV_PAGE_ALLOC), before + 1);

	expect_ok(test, rig, "free_pages 1\ndrain");
	shadow_audit(&rig->mm, &rig->audit);
	KUNIT_EXPECT_EQ(test, rig->audit.pcp, 0);
	expect_healthy(test, rig);
}

static void resets(struct kunit *test)
{
	struct rig *rig = test->priv;
	u64 nr_free;

	expect_ok(test, rig, "drain");
	nr_free = shadow_nodes_free(&rig->mm.nodes);
	expect_ok(test, rig, "alloc_pages 4 as=a\nkmalloc 100 as=b\nvmalloc 1M as=c");
	rig->reset_busy = true;
	KUNIT_EXPECT_EQ(test, say(rig, "reset"), -EBUSY);
	KUNIT_EXPECT_EQ(test, rig->ctl.nr_live, 3);
	rig->reset_busy = false;

	expect_ok(test, rig, "reset\nalloc_pages 4 as=a\nfree_pages 4");
	KUNIT_EXPECT_EQ(test, rig->ctl.nr_live, 0);
	expect_ok(test, rig, "drain");
	KUNIT_EXPECT_EQ(test, shadow_nodes_free(&rig->mm.nodes), nr_free);
	expect_refused(test, rig, "free_pages 1", -ENOENT, "no such id");
	expect_healthy(test, rig);

	/* A machine that did not come up again refuses all but the next reset. */
	expect_ok(test, rig, "alloc_pages 0 as=a");
	rig->starve = 0;
	KUNIT_EXPECT_EQ(test, say(rig, "reset"), -ENOMEM);
	rig->starve = -1;
	KUNIT_EXPECT_EQ(test, rig->ctl.nr_live, 0);
	KUNIT_EXPECT_EQ(test, say(rig, "alloc_pages 0"), -ENODEV);
	KUNIT_EXPECT_EQ(test, say(rig, "drain"), -ENODEV);
	KUNIT_EXPECT_EQ(test, say(rig, "map 0 0 1 rw"), -ENODEV);
	KUNIT_EXPECT_NOT_NULL(test, strstr(show(rig), "the machine is down"));
	expect_ok(test, rig, "reset\nalloc_pages 0");
	expect_healthy(test, rig);
}

/* Wherever a boot fails, the next reset neither undoes it twice nor hides it. */
static void resets_fail(struct kunit *test)
{
	struct rig *rig = test->priv;
	unsigned int phase, nr = 0;
	int starve;

	for (starve = 0; ; starve++) {
		rig->starve = starve;
		if (say(rig, "reset") > 0)
			break;
		KUNIT_ASSERT_EQ(test, rig->ctl.last_err, -ENOMEM);
		phase = rig->mm.boot.nr_done;
		KUNIT_EXPECT_EQ(test, rig->mm.boot.failed, -ENOMEM);
		/* Taking it down is nothing, and what failed can still be seen */
		KUNIT_EXPECT_EQ(test, shadow_boot_down(&rig->mm), 0);
		KUNIT_EXPECT_EQ(test, rig->mm.boot.nr_done, phase);
		rig->starve = starve;
		KUNIT_EXPECT_EQ(test, say(rig, "reset"), -ENOMEM);
		KUNIT_EXPECT_EQ(test, rig->mm.boot.nr_done, phase);
		KUNIT_EXPECT_EQ(test, say(rig, "alloc_pages 0"), -ENODEV);
		nr++;
	}
	rig->starve = -1;
	KUNIT_EXPECT_GT(test, nr, 1);
	expect_ok(test, rig, "alloc_pages 0 as=a\nfree_pages a\nreset");
	expect_healthy(test, rig);
}

/* Marks and lists follow at once, what was said is what is, config knows */
static void set_marks(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct shadow_nodes *nodes = &rig->mm.nodes;
	struct shadow_zone *dma = &nodes->node[0].zone[SHADOW_ZONE_DMA];
	struct shadow_zone *normal = &nodes->node[0].zone[SHADOW_ZONE_NORMAL];
	u64 rule = nodes->min_free_kbytes, high = normal->pcp_high_min, min;
	char text[80];

	KUNIT_EXPECT_EQ(test, rig->mm.cfg.min_free_kbytes, rule);
	KUNIT_EXPECT_EQ(test, rig->mm.cfg.set, 0);
	snprintf(text, sizeof(text), "min_free_kbytes is 4000 (was %llu)", rule);
	expect_ok(test, rig, "set min_free_kbytes 4000");
	KUNIT_EXPECT_STREQ(test, rig->ctl.said, text);
	KUNIT_EXPECT_EQ(test, rig->mm.cfg.min_free_kbytes, 4000);
	KUNIT_EXPECT_EQ(test, rig->mm.cfg.set, BIT_ULL(SHADOW_PARAM_MIN_FREE_KBYTES));
	min = dma->mark[SHADOW_WMARK_MIN] + normal->mark[SHADOW_WMARK_MIN];
	/* Each zone's share is rounded down */
	KUNIT_EXPECT_TRUE(test, min == 1000 || min == 999);
	KUNIT_EXPECT_GT(test, normal->pcp_high_min, high);

	expect_ok(test, rig, "set watermark_scale_factor 1000");
	KUNIT_EXPECT_EQ(test, normal->mark[SHADOW_WMARK_LOW],
			normal->mark[SHADOW_WMARK_MIN] + normal->managed / 10);
	KUNIT_EXPECT_GT(test, nodes->totalreserve, min);

	expect_ok(test, rig, "set lowmem_reserve_ratio 2");
	KUNIT_EXPECT_EQ(test, dma->lowmem_reserve[SHADOW_ZONE_NORMAL], normal->managed / 2);
	KUNIT_EXPECT_EQ(test, nodes->lowmem_reserve_ratio[SHADOW_ZONE_NORMAL], 32);
	expect_ok(test, rig, "set lowmem_reserve_ratio 0,7");
	KUNIT_EXPECT_EQ(test, dma->lowmem_reserve[SHADOW_ZONE_NORMAL], 0);
	KUNIT_EXPECT_STREQ(test, rig->ctl.said,
			   "lowmem_reserve_ratio is 0,7,32,0,0,0 (was 2,256,32,0,0,0)");
	expect_ok(test, rig, "set watermark_boost_factor 0\nset frag_interval 5");
	KUNIT_EXPECT_EQ(test, nodes->watermark_boost_factor, 0);
	expect_ok(test, rig, "set percpu_pagelist_high_fraction 8");
	KUNIT_EXPECT_EQ(test, nodes->pcp_high_fraction, 8);

	/* No value is half taken; the rest of a machine is not touched by any */
	KUNIT_EXPECT_EQ(test, say(rig, "set lowmem_reserve_ratio 9,9,x"), -EINVAL);
	KUNIT_EXPECT_EQ(test, nodes->lowmem_reserve_ratio[SHADOW_ZONE_DMA], 0);
	KUNIT_EXPECT_EQ(test, say(rig, "set min_free_kbytes 5\nset watermark_scale_factor 0"),
			-ERANGE);
	KUNIT_EXPECT_EQ(test, nodes->min_free_kbytes, 4000);
	expect_healthy(test, rig);

	/* Whoever boots again begins as he was told to at first */
	expect_ok(test, rig, "reset");
	KUNIT_EXPECT_EQ(test, rig->mm.nodes.min_free_kbytes, rule);
}

/* All memory may be kept back, and is there again for who takes that back */
static void set_too_much(struct kunit *test)
{
	struct rig *rig = test->priv;

	expect_ok(test, rig, "set min_free_kbytes 2147483647");
	KUNIT_EXPECT_EQ(test, say(rig, "alloc_pages 0"), -ENOMEM);
	expect_ok(test, rig, "set min_free_kbytes 0");
	expect_ok(test, rig, "alloc_pages 0");
	expect_healthy(test, rig);
}

static void frozen_machine(struct kunit *test)
{
	struct rig *rig = test->priv;

	expect_ok(test, rig, "alloc_pages 0 as=a\nkmalloc 100 as=b\nvmalloc 1 as=c");
	shadow_fault_raise(&rig->mm.fault, "test: somebody wrote over me");
	KUNIT_EXPECT_EQ(test, say(rig, "alloc_pages 0"), -EUCLEAN);
	KUNIT_EXPECT_NOT_NULL(test, strstr(rig->ctl.said, "somebody wrote over me"));
	KUNIT_EXPECT_EQ(test, say(rig, "kmalloc 100"), -EUCLEAN);
	KUNIT_EXPECT_EQ(test, say(rig, "vmalloc 100"), -EUCLEAN);
	KUNIT_EXPECT_EQ(test, say(rig, "free_pages a"), -EUCLEAN);
	KUNIT_EXPECT_EQ(test, say(rig, "kfree b"), -EUCLEAN);
	KUNIT_EXPECT_EQ(test, say(rig, "vfree c"), -EUCLEAN);
	KUNIT_EXPECT_EQ(test, say(rig, "drain"), -EUCLEAN);
	KUNIT_EXPECT_EQ(test, rig->ctl.nr_live, 3);
	KUNIT_EXPECT_NOT_NULL(test, strstr(show(rig), "EUCLEAN"));
	expect_ok(test, rig, "reset\nalloc_pages 0");
	expect_healthy(test, rig);
}

/* ------------------------------------------------------------------ views -- */

static void views_are_bounded(struct kunit *test)
{
	struct rig *rig = test->priv;
	char text[64];
	unsigned int i;

	KUNIT_EXPECT_NOT_NULL(test, strstr(show(rig), "last: nothing was written yet"));
	for (i = 1; i <= 50000; i++) {
		snprintf(text, sizeof(text), "kmalloc 8 as=o%u", i);
		KUNIT_ASSERT_EQ_MSG(test, say(rig, text), strlen(text), "%s", rig->ctl.said);
	}
	show(rig);
	KUNIT_EXPECT_LT(test, rig->lines, 240);
	KUNIT_EXPECT_LT(test, rig->len, sizeof(rig->text));
	KUNIT_EXPECT_NOT_NULL(test, strstr(rig->text, "live: 50000,"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(rig->text,
					   "… 49960 more in shadow_mm_raw/main/ctl\n"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(rig->text, " o50000 "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(rig->text, " o49961 "));
	KUNIT_EXPECT_NULL(test, strstr(rig->text, " o49960 "));
	rig->len = 0;
	rig->lines = 0;
	shadow_ctl_print(&rig->ctl, true, emit, rig);
	KUNIT_EXPECT_EQ(test, rig->lines, 50002);

	for (i = 1; i <= 50000; i++) {
		snprintf(text, sizeof(text), i % 2 ? "kfree %u" : "kfree o%u", i);
		KUNIT_ASSERT_EQ_MSG(test, say(rig, text), strlen(text), "%s", rig->ctl.said);
	}
	KUNIT_EXPECT_EQ(test, rig->ctl.nr_live, 0);
	expect_healthy(test, rig);
}

/* ------------------------------------------------------------------ random -- */

#define MODEL_SLOTS	512
#define RANDOM_OPS	100000

/**
 * struct model - what should be live, in the plainest way
 * @id: by slot; 0: nothing
 * @kind: 0 pages, 1 objects, 2 area
 * @pages: pages that it is, for pages
 * @nr_pages: the same in all
 * @next_id: what the next id has to be
 */
struct model {
	u64 id[MODEL_SLOTS];
	u8 kind[MODEL_SLOTS];
	u32 pages[MODEL_SLOTS];
	u64 nr_pages;
	u64 next_id;
};

static const char *const free_verbs[] = { "free_pages", "kfree", "vfree" };

static void random_make(struct kunit *test, struct rig *rig, struct rnd_state *rnd,
			struct model *model, unsigned int slot)
{
	unsigned int kind = shadow_test_below(rnd, 3);
	unsigned int order = shadow_test_below(rnd, 4);
	unsigned int count = 1 + shadow_test_below(rnd, 4);
	char text[64];
	ssize_t done;

	switch (kind) {
	case 0:
		snprintf(text, sizeof(text), "alloc_pages %u count=%u", order, count);
		break;
	case 1:
		snprintf(text, sizeof(text), "kmalloc %llu count=%u",
			 shadow_test_below(rnd, 9000), count);
		break;
	default:
		snprintf(text, sizeof(text), "vmalloc %llu", 1 + shadow_test_below(rnd, 40000));
		break;
	}
	done = say(rig, text);
	if (done == -ENOMEM)
		return;
	KUNIT_ASSERT_EQ_MSG(test, done, strlen(text), "'%s': %s", text, rig->ctl.said);
	model->id[slot] = model->next_id++;
	model->kind[slot] = kind;
	model->pages[slot] = kind ? 0 : count << order;
	model->nr_pages += model->pages[slot];
}

static void random_free(struct kunit *test, struct rig *rig, struct rnd_state *rnd,
			struct model *model, unsigned int slot)
{
	unsigned int verb = model->kind[slot];
	char text[64];

	/* Now and then the wrong way, which changes nothing. */
	if (shadow_test_below(rnd, 8) == 0) {
		verb = (verb + 1) % ARRAY_SIZE(free_verbs);
		snprintf(text, sizeof(text), "%s %llu", free_verbs[verb], model->id[slot]);
		KUNIT_ASSERT_EQ_MSG(test, say(rig, text), -EINVAL, "'%s'", text);
		return;
	}
	snprintf(text, sizeof(text), "%s %llu", free_verbs[verb], model->id[slot]);
	KUNIT_ASSERT_EQ_MSG(test, say(rig, text), strlen(text), "'%s': %s", text, rig->ctl.said);
	KUNIT_ASSERT_EQ_MSG(test, say(rig, text), -ENOENT, "'%s' again", text);
	model->id[slot] = 0;
	model->nr_pages -= model->pages[slot];
}

static void random_batches(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct model *model = shadow_test_alloc(test, sizeof(*model));
	unsigned int i, slot, live = 0;
	struct rnd_state rnd;

	shadow_test_seed(test, &rnd);
	model->next_id = 1;
	for (i = 0; i < RANDOM_OPS; i++) {
		slot = shadow_test_below(&rnd, MODEL_SLOTS);
		if (model->id[slot])
			random_free(test, rig, &rnd, model, slot);
		else
			random_make(test, rig, &rnd, model, slot);
		if (i % 1000 == 999) {
			expect_healthy(test, rig);
			KUNIT_ASSERT_EQ(test, rig->audit.owned[SHADOW_OWNER_DIRECT],
					model->nr_pages);
			cond_resched();
		}
	}
	for (slot = 0; slot < MODEL_SLOTS; slot++)
		live += model->id[slot] != 0;
	KUNIT_EXPECT_EQ(test, rig->ctl.nr_live, live);
	KUNIT_EXPECT_EQ(test, rig->ctl.next_id, model->next_id);
	kunit_info(test, "%llu made, %u live\n", model->next_id - 1, live);
}

/* Several areas under one id: each is another, all go at once */
static void areas_in_number(struct kunit *test)
{
	struct rig *rig = test->priv;

	expect_ok(test, rig, "vmalloc 8192 count=3 gfp=ZERO as=many");
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(rig->ctl.said, "3 of 8192 bytes"),
				  "%s", rig->ctl.said);
	KUNIT_EXPECT_NOT_NULL(test, strstr(rig->ctl.said, "the first at va 0xffff"));
	expect_ok(test, rig, "vfree many");
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(rig->ctl.said, "3 freed"),
				  "%s", rig->ctl.said);
	expect_healthy(test, rig);
}

static struct kunit_case ctl_run_cases[] = {
	KUNIT_CASE(pages),
	KUNIT_CASE(zones),
	KUNIT_CASE(pages_refused),
	KUNIT_CASE(all_or_nothing),
	KUNIT_CASE(objects),
	KUNIT_CASE(host_memory),
	KUNIT_CASE(areas),
	KUNIT_CASE(mappings),
	KUNIT_CASE(mapping_of_blocks),
	KUNIT_CASE(batch_is_parsed_first),
	KUNIT_CASE(batch_stops),
	KUNIT_CASE(batch_sizes),
	KUNIT_CASE(batch_interrupted),
	KUNIT_CASE(batch_of_checks),
	KUNIT_CASE(checks_and_counters),
	KUNIT_CASE(areas_in_number),
	KUNIT_CASE(resets),
	KUNIT_CASE(resets_fail),
	KUNIT_CASE(set_marks),
	KUNIT_CASE(set_too_much),
	KUNIT_CASE(frozen_machine),
	KUNIT_CASE(views_are_bounded),
	KUNIT_CASE_SLOW(random_batches),
	{}
};

static struct kunit_suite ctl_run_suite = {
	.name = "shadow_ctl_run",
	.init = rig_init,
	.exit = rig_exit,
	.test_cases = ctl_run_cases,
};

kunit_test_suite(ctl_run_suite);
MODULE_LICENSE("GPL");
