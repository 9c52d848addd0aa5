// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whole machines: booted, verified and taken down, for every geometry, and
 * with every host allocation refused.
 */
#include "shadow_test.h"

#include "shadow_audit.h"
#include "shadow_boot.h"
#include "shadow_page_alloc.h"

/* The host that a machine of a suite sees */
static struct {
	unsigned int calls;
	unsigned int fail_at;	/* 0: never */
	unsigned int live;
} host;

static void *host_zalloc(size_t bytes)
{
	void *mem;

	if (++host.calls == host.fail_at)
		return NULL;
	mem = vzalloc(bytes);
	host.live += !!mem;
	return mem;
}

static void host_free(void *mem)
{
	host.live -= !!mem;
	vfree(mem);
}

static const struct shadow_host_ops host_ops = {
	.zalloc = host_zalloc,
	.free = host_free,
	.now = ktime_get_ns,
};

/* A CPU with every granule, 48 bits of physical address, no LVA */
static const struct shadow_cpu_id cpu_id = {
	.mmfr0 = 0x5 | 0x1ULL << 20,
};

static const struct shadow_host_facts facts = {
	.page_shift = 12,
	.arm64 = true,
	.pa_bits = 48,
};

/* A machine that is ready to boot, parameters as insmod would take them */
static struct shadow_mm *machine(struct kunit *test, char *bytes,
				 char *granule, char *va_bits, char *lpa2)
{
	struct shadow_mm *mm = shadow_test_alloc(test, sizeof(*mm));
	struct shadow_param_strings in = {};
	char why[SHADOW_PARAMS_WHY];
	int err;

	in.value[SHADOW_PARAM_SIZE] = bytes;
	in.value[SHADOW_PARAM_GRANULE] = granule;
	in.value[SHADOW_PARAM_VA_BITS] = va_bits;
	in.value[SHADOW_PARAM_LPA2] = lpa2;
	err = shadow_params_check(&in, &facts, &mm->cfg, why, sizeof(why));
	KUNIT_ASSERT_EQ_MSG(test, err, 0, "%s", why);
	shadow_test_block(test, &mm->block, 0x80000000, mm->cfg.bytes);
	/* What was in the block before must not matter */
	memset(mm->block.virt, 0xa5, mm->block.bytes);
	err = shadow_params_place(&mm->cfg, &mm->block, &mm->places, why,
				  sizeof(why));
	KUNIT_ASSERT_EQ_MSG(test, err, 0, "%s", why);
	strscpy(mm->name, "test", sizeof(mm->name));
	mm->host = &host_ops;
	mm->nr_cpus = 2;
	mm->cpu_id = cpu_id;
	memset(&host, 0, sizeof(host));
	return mm;
}

static int read_block(void *ctx, phys_addr_t pa, u64 *desc)
{
	const struct shadow_block *block = ctx;

	if (!shadow_block_has(block, pa, sizeof(*desc)))
		return -EFAULT;
	*desc = *(u64 *)shadow_phys_to_virt(block, pa);
	return 0;
}

/* By the shadow registers alone, as the CPU would; U64_MAX for a fault */
static u64 walk_by_regs(struct shadow_mm *mm, u64 va)
{
	struct shadow_walker walker;
	struct shadow_walk walk;

	if (shadow_regs_walker(&mm->regs, va, read_block, &mm->block, &walker))
		return U64_MAX;
	shadow_walk(&walker, va, &walk);
	return walk.fault == SHADOW_WALK_OK ? walk.pa : U64_MAX;
}

static void expect_whole(struct kunit *test, struct shadow_mm *mm)
{
	u64 last = mm->block.base + mm->block.bytes - 1;
	struct shadow_audit audit;

	KUNIT_EXPECT_EQ_MSG(test, shadow_audit(mm, &audit), 0, "%s",
			    audit.fault.text);
	KUNIT_EXPECT_EQ(test, audit.asked, BIT(SHADOW_AUDIT_NR_LAYERS) - 1);
	KUNIT_EXPECT_EQ(test, audit.nr_frames, mm->cfg.bytes >> mm->cfg.page_shift);
	KUNIT_EXPECT_EQ(test, audit.buddy + audit.pcp + audit.owned[SHADOW_OWNER_SLAB] +
			audit.owned[SHADOW_OWNER_TABLE] +
			audit.owned[SHADOW_OWNER_DIRECT], mm->handover.nr_freed);
	KUNIT_EXPECT_GT(test, audit.reserved[SHADOW_OWNER_IMAGE], 0);
	KUNIT_EXPECT_GT(test, audit.reserved[SHADOW_OWNER_MEMMAP], 0);
	KUNIT_EXPECT_GT(test, audit.reserved[SHADOW_OWNER_TABLE], 0);
	/* The image by its own address, and the last byte by the linear map */
	KUNIT_EXPECT_EQ(test, walk_by_regs(mm, mm->boot.kimage_va),
			mm->places.image.start);
	KUNIT_EXPECT_EQ(test, last,
			walk_by_regs(mm, shadow_layout_pa_to_va(&mm->layout, last)));
	/* The identity map has the image and nothing behind it */
	KUNIT_EXPECT_EQ(test, walk_by_regs(mm, mm->places.image.start),
			mm->places.image.start);
}

static const struct {
	char *bytes, *granule, *va_bits, *lpa2;
} shapes[] = {
	{ "16M", "4k", "39", "off" },
	{ "16M", "4k", "48", "off" },
	{ "16M", "4k", "48", "on" },
	{ "16M", "4k", "52", "on" },
	{ "32M", "16k", "39", "off" },
	{ "32M", "16k", "48", "off" },
	{ "32M", "16k", "48", "on" },
	{ "32M", "16k", "52", "on" },
	{ "64M", "64k", "39", "off" },
	{ "64M", "64k", "48", "off" },
	{ "64M", "64k", "52", "off" },
};

/* 4K pages with a 52-bit address have five levels, the root at level -1 */
static void boot_every_geometry(struct kunit *test)
{
	struct shadow_mm *mm;
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		mm = machine(test, shapes[i].bytes, shapes[i].granule,
			     shapes[i].va_bits, shapes[i].lpa2);
		err = shadow_boot_up(mm);
		KUNIT_ASSERT_EQ_MSG(test, err, 0, "%s/%s/%s: phase %s: %s",
				    shapes[i].granule, shapes[i].va_bits,
				    shapes[i].lpa2,
				    shadow_phase_name(mm->boot.nr_done),
				    mm->boot.record[mm->boot.nr_done].effect);
		KUNIT_EXPECT_EQ(test, mm->boot.nr_done, SHADOW_NR_PHASES);
		expect_whole(test, mm);
		KUNIT_EXPECT_EQ(test, shadow_boot_down(mm), 0);
		KUNIT_EXPECT_EQ(test, host.live, 0);
		cond_resched();
	}
}

/* The registers as each phase leaves them: SYSTEMS.md row 2 */
static void boot_registers(struct kunit *test)
{
	struct shadow_mm *mm = machine(test, "16M", "4k", "48", "off");
	struct shadow_regs off;

	shadow_regs_reset(&off, mm->places.dtb.start);
	KUNIT_EXPECT_EQ(test, off.sctlr & SHADOW_SCTLR_M, 0);
	KUNIT_ASSERT_EQ(test, shadow_boot_up(mm), 0);
	KUNIT_EXPECT_EQ(test, mm->regs.x0, mm->places.dtb.start);
	KUNIT_EXPECT_EQ(test, mm->regs.sctlr & SHADOW_SCTLR_M, SHADOW_SCTLR_M);
	KUNIT_EXPECT_EQ(test, mm->regs.ttbr0, mm->idmap.root);
	KUNIT_EXPECT_EQ(test, mm->regs.ttbr1, mm->swapper.root);
	/* T0SZ = T1SZ = 64 - 48, 4K granules: TG0 = 0, TG1 = 2 */
	KUNIT_EXPECT_EQ(test, mm->regs.tcr & 0x3f, 16);
	KUNIT_EXPECT_EQ(test, mm->regs.tcr >> 16 & 0x3f, 16);
	KUNIT_EXPECT_EQ(test, mm->regs.tcr >> 14 & 3, 0);
	KUNIT_EXPECT_EQ(test, mm->regs.tcr >> 30 & 3, 2);
	/* An address between the halves faults, one below SCTLR.M = 1 does not */
	KUNIT_EXPECT_EQ(test, walk_by_regs(mm, 0x0123000000000000), U64_MAX);
	mm->regs = off;
	KUNIT_EXPECT_EQ(test, walk_by_regs(mm, 0x12345678), 0x12345678);
	shadow_boot_down(mm);
}

/* W^X: what can be executed cannot be written, by no address */
static int count_wx(void *priv, const struct shadow_walk_entry *entry)
{
	u64 *nr = priv;

	if ((entry->kind == SHADOW_DESC_KIND_PAGE ||
	     entry->kind == SHADOW_DESC_KIND_BLOCK) &&
	    shadow_prot_is_wx(entry->desc))
		(*nr)++;
	return 0;
}

static void boot_text_is_not_writable(struct kunit *test)
{
	struct shadow_mm *mm = machine(test, "16M", "4k", "48", "off");
	struct shadow_walker walker;
	struct shadow_walk walk;
	u64 nr_wx = 0;

	KUNIT_ASSERT_EQ(test, shadow_boot_up(mm), 0);
	shadow_pgtable_walker(&mm->swapper, &walker);
	shadow_walk_for_each(&walker, shadow_geometry_first(&mm->geo, true),
			     U64_MAX, count_wx, &nr_wx);
	KUNIT_EXPECT_EQ(test, nr_wx, 0);
	/* .text by the image's address, and its alias in the linear map */
	shadow_walk(&walker, mm->boot.kimage_va, &walk);
	KUNIT_EXPECT_TRUE(test, shadow_walk_permits(&walk, SHADOW_ACCESS_EL1_EXEC));
	KUNIT_EXPECT_FALSE(test, shadow_walk_permits(&walk, SHADOW_ACCESS_EL1_WRITE));
	shadow_walk(&walker, shadow_layout_pa_to_va(&mm->layout,
						    mm->places.image.start), &walk);
	KUNIT_EXPECT_FALSE(test, shadow_walk_permits(&walk, SHADOW_ACCESS_EL1_EXEC));
	KUNIT_EXPECT_FALSE(test, shadow_walk_permits(&walk, SHADOW_ACCESS_EL1_WRITE));
	shadow_boot_down(mm);
}

/* Each allocation from the host fails once: the boot fails and leaves nothing */
static void boot_host_out_of_memory(struct kunit *test)
{
	struct shadow_mm *mm = machine(test, "16M", "4k", "48", "off");
	unsigned int calls, i;

	KUNIT_ASSERT_EQ(test, shadow_boot_up(mm), 0);
	calls = host.calls;
	shadow_boot_down(mm);
	KUNIT_EXPECT_GE(test, calls, 2);
	for (i = 1; i <= calls; i++) {
		memset(&host, 0, sizeof(host));
		host.fail_at = i;
		KUNIT_EXPECT_EQ(test, shadow_boot_up(mm), -ENOMEM);
		KUNIT_EXPECT_EQ(test, host.live, 0);
		KUNIT_EXPECT_EQ(test, mm->boot.failed, -ENOMEM);
	}
	memset(&host, 0, sizeof(host));
	KUNIT_ASSERT_EQ(test, shadow_boot_up(mm), 0);
	expect_whole(test, mm);
	shadow_boot_down(mm);
}

/* No room for tables, a device tree that no boot loader may pass */
static void boot_refuses_bad_places(struct kunit *test)
{
	struct shadow_mm *mm = machine(test, "16M", "4k", "48", "off");
	struct shadow_places places = mm->places;

	mm->places.image.bytes = 16 * SZ_4K;
	KUNIT_EXPECT_EQ(test, shadow_boot_up(mm), -EINVAL);
	KUNIT_EXPECT_EQ(test, mm->boot.nr_done, SHADOW_PHASE_PRESERVE_BOOT_ARGS);
	mm->places = places;
	mm->places.dtb.start += 4;
	KUNIT_EXPECT_EQ(test, shadow_boot_up(mm), -EINVAL);
	mm->places = places;
	mm->places.dtb.bytes = SZ_2M + 1;
	KUNIT_EXPECT_EQ(test, shadow_boot_up(mm), -EINVAL);
	KUNIT_EXPECT_EQ(test, host.live, 0);
}

/* What users leave behind is counted when the machine goes */
static void boot_counts_what_is_left(struct kunit *test)
{
	struct shadow_mm *mm = machine(test, "16M", "4k", "48", "off");

	KUNIT_ASSERT_EQ(test, shadow_boot_up(mm), 0);
	KUNIT_ASSERT_NOT_NULL(test, shadow_alloc_pages(&mm->nodes, 0, 3));
	KUNIT_EXPECT_EQ(test, shadow_boot_down(mm), 8);
	KUNIT_EXPECT_EQ(test, host.live, 0);
}

/* Two machines with different shapes at once know nothing of each other */
static void boot_two_machines(struct kunit *test)
{
	struct shadow_mm *a = machine(test, "16M", "4k", "39", "off");
	struct shadow_mm *b = machine(test, "32M", "16k", "48", "on");

	KUNIT_ASSERT_EQ(test, shadow_boot_up(a), 0);
	KUNIT_ASSERT_EQ(test, shadow_boot_up(b), 0);
	KUNIT_EXPECT_NOT_NULL(test, shadow_alloc_pages(&a->nodes, 0, 2));
	shadow_fault_raise(&a->fault, "test: frozen on purpose");
	KUNIT_EXPECT_NULL(test, shadow_alloc_pages(&a->nodes, 0, 0));
	KUNIT_EXPECT_NOT_NULL(test, shadow_alloc_pages(&b->nodes, 0, 0));
	expect_whole(test, b);
	shadow_boot_down(a);
	shadow_boot_down(b);
	KUNIT_EXPECT_EQ(test, host.live, 0);
}

static struct kunit_case boot_cases[] = {
	KUNIT_CASE(boot_every_geometry),
	KUNIT_CASE(boot_registers),
	KUNIT_CASE(boot_text_is_not_writable),
	KUNIT_CASE(boot_host_out_of_memory),
	KUNIT_CASE(boot_refuses_bad_places),
	KUNIT_CASE(boot_counts_what_is_left),
	KUNIT_CASE(boot_two_machines),
	{}
};

static struct kunit_suite boot_suite = {
	.name = "shadow_boot",
	.test_cases = boot_cases,
};

kunit_test_suite(boot_suite);
