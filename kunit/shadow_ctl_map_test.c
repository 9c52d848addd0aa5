// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of map, unmap and protect of the ctl language on a whole machine: in
 * each window and in the lower half, and that what is refused leaves every
 * table as it was, bit for bit.
 */
#include "shadow_test_ctl.h"

#define PROT(desc)	((desc) & SHADOW_PROT_MASK & ~SHADOW_ATTR_SW)

static u64 mix(u64 sum, u64 word)
{
	sum = (sum ^ word) * 0x9e3779b97f4a7c15ULL;
	return sum ^ sum >> 29;
}

/* A sum of the addresses and of all contents of a tree's tables */
static u64 sum_table(const struct shadow_pgtable *pgt, phys_addr_t pa, int level,
		     u64 sum)
{
	const u64 *table = shadow_phys_to_virt(pgt->block, pa);
	unsigned int i, nr = shadow_geometry_entries(&pgt->geo, level);

	sum = mix(sum, pa);
	for (i = 0; i < nr; i++) {
		sum = mix(sum, table[i]);
		if (shadow_desc_kind(&pgt->geo, level, table[i]) ==
		    SHADOW_DESC_KIND_TABLE)
			sum = sum_table(pgt, shadow_desc_oa(&pgt->geo, table[i]),
					level + 1, sum);
	}
	return sum;
}

static u64 sum_tables(struct rig *rig)
{
	struct shadow_mm *mm = &rig->mm;
	struct shadow_pgtable *trees[] = {
		&mm->idmap, &mm->init_pg, &mm->swapper, &mm->user,
	};
	u64 sum = mix(mm->regs.ttbr0, mm->regs.tcr);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(trees); i++) {
		sum = mix(sum, trees[i]->nr_tables);
		if (trees[i]->root_table)
			sum = sum_table(trees[i], trees[i]->root,
					trees[i]->geo.start_level, sum);
	}
	return sum;
}

static int read_desc(void *ctx, phys_addr_t pa, u64 *desc)
{
	*desc = *(u64 *)shadow_phys_to_virt(ctx, pa);
	return 0;
}

/* What an address is translated to, by the registers alone */
static u64 walk(struct rig *rig, u64 va, u64 *attrs)
{
	struct shadow_walker walker;
	struct shadow_walk result;

	shadow_regs_walker(&rig->mm.regs, va, read_desc, &rig->mm.block, &walker);
	if (shadow_walk(&walker, va, &result))
		return U64_MAX;
	if (attrs)
		*attrs = result.attrs;
	return result.pa;
}

static __printf(4, 5)
void attempt(struct kunit *test, struct rig *rig, int err, const char *fmt, ...)
{
	u64 sum = sum_tables(rig), tables = owned(rig, SHADOW_OWNER_TABLE);
	char text[160];
	va_list args;
	ssize_t got;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	got = say(rig, text);
	KUNIT_EXPECT_EQ_MSG(test, got < 0 ? (int)got : 0, err, "'%s': %s", text,
			    rig->ctl.said);
	if (!err)
		return;
	KUNIT_EXPECT_EQ_MSG(test, sum_tables(rig), sum, "'%s' changed tables", text);
	KUNIT_EXPECT_EQ_MSG(test, owned(rig, SHADOW_OWNER_TABLE), tables, "'%s'", text);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strchr(rig->ctl.said, ':'), "%s", rig->ctl.said);
}

/* ------------------------------------------------------------ lower half -- */

static void lower_half(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct shadow_mm *mm = &rig->mm;
	u64 tables = owned(rig, SHADOW_OWNER_TABLE), attrs;
	u64 idmap = mm->regs.ttbr0, tcr = mm->regs.tcr;

	/* Until somebody maps there, it is the identity map's */
	KUNIT_EXPECT_PTR_EQ(test, shadow_boot_lower(mm), &mm->idmap);
	KUNIT_EXPECT_EQ(test, walk(rig, mm->places.image.start, NULL),
			mm->places.image.start);
	attempt(test, rig, -ENOENT, "unmap 0x400000 1");
	KUNIT_EXPECT_NULL(test, mm->user.root_table);
	attempt(test, rig, -EPERM, "map 0x400000 %#llx 4 rwxu", mm->block.base);
	KUNIT_EXPECT_EQ(test, mm->regs.ttbr0, idmap);

	attempt(test, rig, 0, "map 0x400000 %#llx 4 PAGE_READONLY_EXEC", mm->block.base);
	KUNIT_EXPECT_PTR_EQ(test, shadow_boot_lower(mm), &mm->user);
	KUNIT_EXPECT_EQ(test, mm->regs.ttbr0, mm->user.root);
	KUNIT_EXPECT_EQ(test, 64 - (mm->regs.tcr & 0x3f), mm->cfg.va_bits);
	KUNIT_EXPECT_EQ(test, walk(rig, 0x403fff, &attrs), mm->block.base + 0x3fff);
	KUNIT_EXPECT_EQ(test, PROT(attrs), PROT(SHADOW_PAGE_READONLY_EXEC));
	KUNIT_EXPECT_EQ(test, walk(rig, 0x404000, NULL), U64_MAX);
	KUNIT_EXPECT_EQ(test, walk(rig, mm->places.image.start, NULL), U64_MAX);
	attempt(test, rig, -EEXIST, "map 0x403000 %#llx 2 rwu", mm->block.base);
	/* Its last pages, and none behind them */
	attempt(test, rig, 0, "map %#llx 0x8000000 2 PAGE_SHARED",
		BIT_ULL(mm->cfg.va_bits) - 2 * SZ_4K);
	attempt(test, rig, -EINVAL, "map %#llx 0x8000000 2 PAGE_SHARED",
		BIT_ULL(mm->cfg.va_bits) - SZ_4K);
	expect_healthy(test, rig);

	attempt(test, rig, 0, "protect 0x401000 2 PAGE_SHARED");
	KUNIT_EXPECT_EQ(test, walk(rig, 0x402000, &attrs), mm->block.base + 0x2000);
	KUNIT_EXPECT_EQ(test, PROT(attrs), PROT(SHADOW_PAGE_SHARED));
	walk(rig, 0x400000, &attrs);
	KUNIT_EXPECT_EQ(test, PROT(attrs), PROT(SHADOW_PAGE_READONLY_EXEC));
	attempt(test, rig, 0, "unmap 0x400000 4");
	attempt(test, rig, 0, "unmap %#llx 2", BIT_ULL(mm->cfg.va_bits) - 2 * SZ_4K);
	/* The root stays, empty */
	KUNIT_EXPECT_EQ(test, mm->user.nr_tables, 1);
	KUNIT_EXPECT_EQ(test, owned(rig, SHADOW_OWNER_TABLE), tables + 1);
	expect_healthy(test, rig);

	shadow_boot_user_destroy(mm);
	KUNIT_EXPECT_EQ(test, mm->regs.ttbr0, idmap);
	KUNIT_EXPECT_EQ(test, mm->regs.tcr, tcr);
	KUNIT_EXPECT_EQ(test, owned(rig, SHADOW_OWNER_TABLE), tables);
}

/* What a user has left behind goes with the machine */
static void lower_half_is_left(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct shadow_mm *mm = &rig->mm;

	attempt(test, rig, 0, "map 0x10000000 %#llx 1024 rwu", mm->block.base);
	attempt(test, rig, 0, "map 0x7000000000 %#llx 3 rxu", mm->block.base);
	KUNIT_EXPECT_GT(test, mm->user.nr_tables, 3);
	expect_ok(test, rig, "reset");
	KUNIT_EXPECT_NULL(test, mm->user.root_table);
	KUNIT_EXPECT_EQ(test, mm->user.nr_tables, 0);
	expect_healthy(test, rig);
	attempt(test, rig, 0, "map 0x10000000 %#llx 1 rwu", mm->block.base);
	shadow_ctl_fini(&rig->ctl);
	KUNIT_EXPECT_EQ(test, shadow_boot_down(mm), 0);
	test->priv = NULL;
}

/* --------------------------------------------------------------- windows -- */

static void every_window(struct kunit *test)
{
	static const enum shadow_region_id open[] = {
		SHADOW_REGION_MODULES, SHADOW_REGION_PCI_IO,
	};
	static const enum shadow_region_id taken[] = {
		SHADOW_REGION_FIXMAP, SHADOW_REGION_VMEMMAP,
	};
	struct rig *rig = test->priv;
	const struct shadow_region *region;
	unsigned int i;
	u64 attrs;

	for (i = 0; i < ARRAY_SIZE(open); i++) {
		region = &rig->mm.layout.region[open[i]];
		attempt(test, rig, 0, "map %#llx 0x10000000 2 PROT_DEVICE_nGnRE", region->start);
		attempt(test, rig, 0, "map %#llx 0x10002000 2 rw,nc", region->end - SZ_8K);
		KUNIT_EXPECT_EQ(test, walk(rig, region->end - 1, &attrs), 0x10003fff);
		KUNIT_EXPECT_EQ(test, PROT(attrs), PROT(SHADOW_PROT_NORMAL_NC));
		KUNIT_EXPECT_EQ(test, walk(rig, region->start, &attrs), 0x10000000);
		KUNIT_EXPECT_EQ(test, PROT(attrs), PROT(SHADOW_PROT_DEVICE_NGNRE));
		attempt(test, rig, 0, "protect %#llx 1 r,nc", region->end - SZ_4K);
		expect_healthy(test, rig);
		attempt(test, rig, 0, "unmap %#llx 2", region->start);
		attempt(test, rig, 0, "unmap %#llx 2", region->end - SZ_8K);
	}
	for (i = 0; i < ARRAY_SIZE(taken); i++) {
		region = &rig->mm.layout.region[taken[i]];
		attempt(test, rig, -EPERM, "map %#llx 0x10000000 1 rw", region->start);
		KUNIT_EXPECT_NOT_NULL(test, strstr(rig->ctl.said, "belongs to"));
		attempt(test, rig, -EPERM, "map %#llx 0x10000000 2 rw", region->start - SZ_4K);
		attempt(test, rig, -EPERM, "map %#llx 0x10000000 1 rw", region->end - SZ_4K);
	}
	expect_healthy(test, rig);
}

/* --------------------------------------------------------------- options -- */

/* Size of the leaf behind an address, and of its group */
static void leaf_of(struct rig *rig, u64 va, u8 *leaf, u8 *cont)
{
	struct shadow_walker walker;
	struct shadow_walk result;

	shadow_regs_walker(&rig->mm.regs, va, read_desc, &rig->mm.block, &walker);
	shadow_walk(&walker, va, &result);
	*leaf = result.leaf_shift;
	*cont = result.cont_shift;
}

static void options(struct kunit *test)
{
	struct rig *rig = test->priv;
	u64 va = rig->mm.layout.region[SHADOW_REGION_MODULES].start;
	u8 leaf, cont;

	attempt(test, rig, 0, "map %#llx 0x80000000 512 rw", va);
	leaf_of(rig, va, &leaf, &cont);
	KUNIT_EXPECT_EQ(test, leaf, 21);
	attempt(test, rig, 0, "unmap %#llx 512", va);
	attempt(test, rig, 0, "map %#llx 0x80000000 512 rw block=off cont=off", va);
	leaf_of(rig, va, &leaf, &cont);
	KUNIT_EXPECT_EQ(test, leaf, 12);
	KUNIT_EXPECT_EQ(test, cont, 0);
	attempt(test, rig, 0, "unmap %#llx 512", va);
	attempt(test, rig, 0, "map %#llx 0x80000000 512 rw block=on cont=on fold=on force=off", va);
	leaf_of(rig, va, &leaf, &cont);
	KUNIT_EXPECT_EQ(test, leaf, 21);
	attempt(test, rig, 0, "unmap %#llx 512", va);
	/* Halves that would be one block stay two when that is said */
	attempt(test, rig, 0, "map %#llx 0x80000000 256 rw fold=off", va);
	attempt(test, rig, 0, "map %#llx 0x80100000 256 rw fold=off", va + SZ_1M);
	leaf_of(rig, va, &leaf, &cont);
	KUNIT_EXPECT_EQ(test, leaf, 12);
	attempt(test, rig, 0, "unmap %#llx 512", va);
	expect_healthy(test, rig);

	attempt(test, rig, -EPERM, "map %#llx 0x80000000 1 rwx", va);
	KUNIT_EXPECT_NOT_NULL(test, strstr(rig->ctl.said, "force=on"));
	attempt(test, rig, -EPERM, "map %#llx 0x80000000 1 PAGE_KERNEL_EXEC force=off", va);
	attempt(test, rig, 0, "map %#llx 0x80000000 1 PAGE_KERNEL_EXEC force=on", va);
	/* The next one is asked again */
	attempt(test, rig, -EPERM, "map %#llx 0x80001000 1 PAGE_KERNEL_EXEC", va + SZ_4K);
	attempt(test, rig, 0, "protect %#llx 1 rw", va);
	attempt(test, rig, -EPERM, "protect %#llx 1 rwx", va);
	attempt(test, rig, 0, "protect %#llx 1 rwx force=on", va);
	attempt(test, rig, 0, "unmap %#llx 1", va);
	attempt(test, rig, -EINVAL, "map %#llx 0x80000000 1 rw force=maybe", va);
	KUNIT_EXPECT_NOT_NULL(test, strstr(rig->ctl.said, "force= 'maybe': allowed: on, off"));
	attempt(test, rig, -EINVAL, "map %#llx 0x80000000 1 rw block=off block=off", va);
	attempt(test, rig, -EINVAL, "protect %#llx 1 rw block=off", va);
	attempt(test, rig, -EINVAL, "unmap %#llx 1 force=on", va);
	expect_healthy(test, rig);
}

/* -------------------------------------------------------------- refusals -- */

static void refused_changes_nothing(struct kunit *test)
{
	static const char *const prots[] = {
		"w", "x", "u", "wx", "rrw", "rwxu,dev", "rx,dev", "rw,", "rw,device",
		"RW", "PAGE_KERNEL_RW", "page_kernel", "PAGE_NONE", "0x713", "rwxuz",
	};
	struct rig *rig = test->priv;
	struct shadow_mm *mm = &rig->mm;
	u64 va = mm->layout.region[SHADOW_REGION_MODULES].start;
	u64 linear = mm->layout.region[SHADOW_REGION_LINEAR].start;
	unsigned int i;

	attempt(test, rig, 0, "map %#llx 0x80000000 1024 rw", va + SZ_2M);
	attempt(test, rig, 0, "map 0x400000 0x80000000 20 rwu");
	for (i = 0; i < ARRAY_SIZE(prots); i++) {
		attempt(test, rig, -EINVAL, "map %#llx 0x80000000 1 %s", va, prots[i]);
		KUNIT_EXPECT_NOT_NULL(test, strstr(rig->ctl.said, prots[i]));
		attempt(test, rig, -EINVAL, "protect %#llx 1 %s", va + SZ_2M, prots[i]);
	}
	attempt(test, rig, -EINVAL, "map %#llx 0x80000000 0 rw", va);
	attempt(test, rig, -EINVAL, "map %#llx 0x80000000 4294967296 rw", va);
	attempt(test, rig, -EINVAL, "map %#llx 0x80000000 -1 rw", va);
	attempt(test, rig, -EINVAL, "map %#llx 0x80000000 1", va);
	attempt(test, rig, -EINVAL, "map %#llx 0x80000000 1 rw rw", va);
	attempt(test, rig, -EINVAL, "map %#llx 0x80000010 1 rw", va);
	attempt(test, rig, -EINVAL, "map %#llx 0x80000000 1 rw", va + 0x800);
	attempt(test, rig, -EINVAL, "map %#llx 0x1000000000000 1 rw", va);
	attempt(test, rig, -EINVAL, "map %#llx 0xfffffffff000 2 rw", va);
	attempt(test, rig, -EINVAL, "map %#llx 0xfffffffffffff000 2 rw", va);
	attempt(test, rig, -EINVAL, "map 0xfffffffffffff000 0x80000000 2 rw");
	attempt(test, rig, -EINVAL, "map 0x1000000000000 0x80000000 1 rw");
	attempt(test, rig, -EINVAL, "map 0xfffefffffffff000 0x80000000 2 rw");
	attempt(test, rig, -EINVAL, "map 0xfffffffff000 0x80000000 2 rwu");
	/* From free pages into used ones, and the other way round */
	attempt(test, rig, -EEXIST, "map %#llx 0x90000000 512 rw", va + SZ_1M);
	attempt(test, rig, -EEXIST, "map %#llx 0x90000000 513 rw", va);
	attempt(test, rig, -EEXIST, "map %#llx 0x90000000 1024 rw", va + SZ_4M);
	attempt(test, rig, -EEXIST, "map 0x3ff000 0x80000000 2 rwu");
	attempt(test, rig, -EEXIST, "map 0x413000 0x80000000 2 rwu");
	attempt(test, rig, -EEXIST, "map 0x0 0x80000000 4096 rwu");
	attempt(test, rig, -EEXIST, "map %#llx 0x80000000 1 rw", linear);
	attempt(test, rig, -EEXIST, "map %#llx 0x80000000 1 rw", mm->boot.kimage_va);
	attempt(test, rig, -ENOENT, "unmap %#llx 1025", va + SZ_2M);
	attempt(test, rig, -ENOENT, "protect %#llx 513 r", va + SZ_1M);
	attempt(test, rig, -ENOENT, "protect 0x3ff000 2 r");
	attempt(test, rig, -ENOENT, "unmap 0x413000 2");
	attempt(test, rig, -EPERM, "protect %#llx 1 r", linear);
	attempt(test, rig, -EPERM, "unmap %#llx 1", mm->boot.kimage_va);
	attempt(test, rig, -EPERM, "protect %#llx 1 rw", mm->boot.kimage_va);
	expect_healthy(test, rig);
}

/* No page for a table: whatever was written before is taken back */
static void out_of_tables(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct shadow_mm *mm = &rig->mm;
	u64 va = mm->layout.region[SHADOW_REGION_MODULES].start;
	unsigned int fails;

	attempt(test, rig, 0, "map %#llx 0x80200000 512 rw", va + SZ_2M);
	for (fails = 1; fails < 4; fails++) {
		/* The n-th table alone: the root, then those below it */
		struct shadow_fail_attr attr = {
			.probability = 100, .interval = fails, .times = 1,
		};

		KUNIT_ASSERT_EQ(test, shadow_fail_arm(&mm->fail, SHADOW_FAIL_TABLE, &attr), 0);
		attempt(test, rig, -ENOMEM, "map 0x7ffffff000 0x80000000 1 rwu");
		KUNIT_EXPECT_NULL(test, mm->user.root_table);
	}
	expect_healthy(test, rig);
}

static struct kunit_case ctl_map_cases[] = {
	KUNIT_CASE(lower_half),
	KUNIT_CASE(lower_half_is_left),
	KUNIT_CASE(every_window),
	KUNIT_CASE(options),
	KUNIT_CASE(refused_changes_nothing),
	KUNIT_CASE(out_of_tables),
	{}
};

static struct kunit_suite ctl_map_suite = {
	.name = "shadow_ctl_map",
	.init = rig_init,
	.exit = rig_exit,
	.test_cases = ctl_map_cases,
};

kunit_test_suite(ctl_map_suite);
MODULE_LICENSE("GPL");
