// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whole machines: booted, verified and taken down, for every geometry, and
 * with every host allocation refused.
 */
#include "shadow_test_host.h"

#include "shadow_audit.h"
#include "shadow_boot.h"
#include "shadow_page_alloc.h"
#include "shadow_params_room.h"

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
	mm->host = &shadow_test_host_ops;
	mm->nr_cpus = 2;
	mm->cpu_id = cpu_id;
	shadow_test_host_init(test);
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

/* All of what the boot loader left is still there, frame by frame */
static void expect_reserved(struct kunit *test, struct shadow_mm *mm,
			    const struct shadow_param_range *place)
{
	u64 pfn = place->start >> mm->cfg.page_shift;
	u64 end_pfn = (place->start + place->bytes) >> mm->cfg.page_shift;
	struct shadow_page *page;

	for (; pfn < end_pfn; pfn++) {
		page = shadow_pfn_to_page(&mm->nodes, pfn);
		KUNIT_ASSERT_NOT_NULL(test, page);
		KUNIT_ASSERT_EQ(test, shadow_page_state(page),
				SHADOW_PAGE_RESERVED);
		KUNIT_ASSERT_EQ(test, shadow_page_owner(page),
				SHADOW_OWNER_IMAGE);
	}
}

static void expect_whole(struct kunit *test, struct shadow_mm *mm)
{
	u64 last = mm->block.base + mm->block.bytes - 1;
	struct shadow_audit audit;

	KUNIT_EXPECT_EQ_MSG(test, shadow_audit(mm, &audit), 0, "%s",
			    audit.fault.text);
	/* Without a ring, that one is not asked */
	KUNIT_EXPECT_EQ(test, audit.asked | BIT(SHADOW_AUDIT_RING),
			BIT(SHADOW_AUDIT_NR_LAYERS) - 1);
	KUNIT_EXPECT_EQ(test, audit.nr_frames, mm->cfg.bytes >> mm->cfg.page_shift);
	KUNIT_EXPECT_EQ(test, audit.buddy + audit.pcp + audit.owned[SHADOW_OWNER_SLAB] +
			audit.owned[SHADOW_OWNER_TABLE] +
			audit.owned[SHADOW_OWNER_DIRECT], mm->handover.nr_freed);
	expect_reserved(test, mm, &mm->places.image);
	expect_reserved(test, mm, &mm->places.dtb);
	expect_reserved(test, mm, &mm->places.initrd);
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
	{ "16M", "4k", "36", "off" },
	{ "16M", "4k", "42", "on" },
	{ "32M", "16k", "36", "on" },
	{ "32M", "16k", "47", "off" },
	{ "64M", "64k", "36", "off" },
	{ "64M", "64k", "42", "off" },
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
		KUNIT_EXPECT_EQ(test, shadow_test_host.live, 0);
		cond_resched();
	}
}

/* Displaced by the seed, the same each time, and whole wherever it lies */
static void boot_displaced(struct kunit *test)
{
	u64 va[4], plain;
	struct shadow_mm *mm;
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		mm = machine(test, shapes[i].bytes, shapes[i].granule,
			     shapes[i].va_bits, shapes[i].lpa2);
		KUNIT_ASSERT_EQ(test, shadow_boot_up(mm), 0);
		plain = mm->boot.kimage_va;
		KUNIT_EXPECT_EQ(test, shadow_boot_down(mm), 0);
		mm->cfg.kaslr = true;
		for (n = 0; n < ARRAY_SIZE(va); n++) {
			mm->cfg.seed = n / 2;
			KUNIT_ASSERT_EQ(test, shadow_boot_up(mm), 0);
			va[n] = mm->boot.kimage_va;
			expect_whole(test, mm);
			KUNIT_EXPECT_EQ(test, (va[n] - plain) % SZ_2M, 0);
			KUNIT_EXPECT_GT(test, va[n], plain);
			KUNIT_EXPECT_EQ(test, shadow_boot_down(mm), 0);
		}
		KUNIT_EXPECT_EQ(test, va[0], va[1]);
		KUNIT_EXPECT_EQ(test, va[2], va[3]);
		KUNIT_EXPECT_NE(test, va[0], va[2]);
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
	struct shadow_audit audit;
	unsigned int calls, i;

	KUNIT_ASSERT_EQ(test, shadow_boot_up(mm), 0);
	calls = shadow_test_host.calls;
	shadow_boot_down(mm);
	KUNIT_EXPECT_GE(test, calls, 2);
	for (i = 1; i <= calls; i++) {
		shadow_test_host_init(test);
		shadow_test_host.fail_at = i;
		KUNIT_EXPECT_EQ(test, shadow_boot_up(mm), -ENOMEM);
		KUNIT_EXPECT_EQ(test, shadow_test_host.live, 0);
		KUNIT_EXPECT_EQ(test, mm->boot.failed, -ENOMEM);
		/* What was undone is not there to be asked */
		KUNIT_EXPECT_FALSE(test, shadow_boot_reached(mm, 0));
		KUNIT_EXPECT_EQ(test, shadow_audit(mm, &audit), 0);
		KUNIT_EXPECT_EQ(test, audit.asked, 0);
	}
	shadow_test_host_init(test);
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
	KUNIT_EXPECT_EQ(test, shadow_test_host.live, 0);
}

/* A table from before the handover that becomes empty is an ordinary frame */
static void boot_early_tables_come_back(struct kunit *test)
{
	struct shadow_mm *mm = machine(test, "16M", "4k", "48", "off");
	struct shadow_audit audit;
	u64 managed, tables;

	KUNIT_ASSERT_EQ(test, shadow_boot_up(mm), 0);
	managed = shadow_nodes_managed(&mm->nodes);
	tables = mm->swapper.nr_tables;
	KUNIT_ASSERT_EQ(test, 0,
			shadow_pgtable_unmap(&mm->swapper,
					     shadow_layout_pa_to_va(&mm->layout,
								    mm->block.base),
					     mm->block.bytes));
	/* Taken away behind its back: it need not show memory any more */
	mm->boot.linear_bytes = 0;
	KUNIT_EXPECT_LT(test, mm->swapper.nr_tables, tables);
	KUNIT_EXPECT_EQ(test, shadow_nodes_managed(&mm->nodes) - managed,
			tables - mm->swapper.nr_tables);
	KUNIT_EXPECT_EQ_MSG(test, shadow_audit(mm, &audit), 0, "%s",
			    audit.fault.text);
	KUNIT_EXPECT_EQ(test, shadow_boot_down(mm), 0);
}

/* What users leave behind is counted when the machine goes */
static void boot_counts_what_is_left(struct kunit *test)
{
	struct shadow_mm *mm = machine(test, "16M", "4k", "48", "off");

	KUNIT_ASSERT_EQ(test, shadow_boot_up(mm), 0);
	KUNIT_ASSERT_NOT_NULL(test, shadow_alloc_pages(&mm->nodes, 0, 3));
	KUNIT_EXPECT_EQ(test, shadow_boot_down(mm), 8);
	KUNIT_EXPECT_EQ(test, shadow_test_host.live, 0);
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
	KUNIT_EXPECT_EQ(test, shadow_test_host.live, 0);
}

/* ------------------------------------------- what is accepted must boot -- */

/* One piece of memory stands for blocks at any address */
struct tight {
	struct shadow_mm mm;
	struct shadow_block block;
	struct shadow_param_strings in;
	char text[SHADOW_NR_PARAMS][40];
	char why[SHADOW_PARAMS_WHY];
	unsigned int nr_booted;
	unsigned int nr_refused;
};

static const struct {
	struct shadow_host_facts facts;
	char *granule, *va_bits, *lpa2;
	u64 bytes;
	char *pa_bits, *rodata;
} tight_shapes[] = {
	{ { 12, true, false, 48 }, "4k", "39", "off", SZ_4M },
	{ { 12, true, false, 48 }, "4k", "48", "off", SZ_4M },
	{ { 12, true, false, 52 }, "4k", "39", "on", SZ_4M },
	{ { 12, true, false, 52 }, "4k", "48", "on", SZ_4M },
	{ { 12, true, false, 52 }, "4k", "52", "on", SZ_4M },
	{ { 12, true, false, 48 }, "16k", "39", "off", SZ_16M },
	{ { 12, true, false, 48 }, "16k", "48", "off", SZ_16M },
	{ { 12, true, false, 52 }, "16k", "39", "on", SZ_16M },
	{ { 12, true, false, 52 }, "16k", "48", "on", SZ_16M },
	{ { 12, true, false, 52 }, "16k", "52", "on", SZ_16M },
	{ { 12, true, false, 52 }, "64k", "39", "off", SZ_32M },
	{ { 12, true, false, 52 }, "64k", "48", "off", SZ_32M },
	{ { 12, true, false, 52 }, "64k", "52", "off", SZ_32M },
	{ { 12, true, false, 48 }, "4k", "36", "off", SZ_4M },
	{ { 12, true, false, 52 }, "4k", "42", "on", SZ_4M, "48" },
	{ { 12, true, false, 48 }, "4k", "47", "off", SZ_4M, NULL, "full" },
	{ { 12, true, false, 48 }, "16k", "36", "off", SZ_16M, "48", "off" },
	{ { 12, true, false, 52 }, "16k", "42", "auto", SZ_16M, "52", "full" },
	{ { 12, true, false, 52 }, "16k", "47", "on", SZ_16M, "48" },
	{ { 12, true, false, 52 }, "64k", "36", "off", SZ_32M, "52" },
	{ { 12, true, false, 52 }, "64k", "42", "off", SZ_32M, "48", "full" },
	{ { 12, true, false, 52 }, "64k", "47", "auto", SZ_32M, "52", "off" },
};

#define TIGHT_MAX_BYTES	SZ_64M

static struct tight *tight_init(struct kunit *test)
{
	struct tight *tight = shadow_test_alloc(test, sizeof(*tight));

	shadow_test_block(test, &tight->block, 0, TIGHT_MAX_BYTES);
	/* What was in the block before must not matter */
	memset(tight->block.virt, 0xa5, TIGHT_MAX_BYTES);
	return tight;
}

static void give(struct tight *tight, enum shadow_param_id id, const char *fmt,
		 u64 a, u64 b)
{
	snprintf(tight->text[id], sizeof(tight->text[id]), fmt, a, b);
	tight->in.value[id] = tight->text[id];
}

static void shape_up(struct tight *tight, unsigned int shape, u64 bytes)
{
	memset(&tight->in, 0, sizeof(tight->in));
	tight->in.value[SHADOW_PARAM_GRANULE] = tight_shapes[shape].granule;
	tight->in.value[SHADOW_PARAM_VA_BITS] = tight_shapes[shape].va_bits;
	tight->in.value[SHADOW_PARAM_LPA2] = tight_shapes[shape].lpa2;
	tight->in.value[SHADOW_PARAM_PA_BITS] = tight_shapes[shape].pa_bits;
	tight->in.value[SHADOW_PARAM_RODATA] = tight_shapes[shape].rodata;
	give(tight, SHADOW_PARAM_SIZE, "%llu", bytes, 0);
}

/* A refusal names what was given, by the value that it was given with */
static void expect_blame(struct kunit *test, struct tight *tight, int err)
{
	size_t len = strcspn(tight->why, "=");
	unsigned int id;

	tight->nr_refused++;
	KUNIT_EXPECT_TRUE_MSG(test, err == -EINVAL || err == -ERANGE, "%d: %s",
			      err, tight->why);
	for (id = 0; id < SHADOW_NR_PARAMS; id++) {
		const char *name = shadow_param_table[id].name;

		if (strlen(name) == len && !strncmp(name, tight->why, len))
			break;
	}
	KUNIT_EXPECT_TRUE_MSG(test, id < SHADOW_NR_PARAMS && tight->in.value[id],
			      "not given: %s", tight->why);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(tight->why, "allowed: "), "%s",
				  tight->why);
	/* ... and ends in a word, not where the room for it did */
	KUNIT_EXPECT_LT(test, strlen(tight->why), sizeof(tight->why) - 1);
}

/* Check, place, boot; whatever is accepted must come up and be whole */
static int boot_tight(struct kunit *test, struct tight *tight,
		      unsigned int shape, u64 base)
{
	struct shadow_mm *mm = &tight->mm;
	struct shadow_audit audit;
	u64 tables;
	int err;

	memset(mm, 0, sizeof(*mm));
	err = shadow_params_check(&tight->in, &tight_shapes[shape].facts, &mm->cfg,
				  tight->why, sizeof(tight->why));
	if (!err) {
		mm->block = tight->block;
		mm->block.base = base;
		mm->block.bytes = mm->cfg.bytes;
		err = shadow_params_place(&mm->cfg, &mm->block, &mm->places,
					  tight->why, sizeof(tight->why));
	}
	if (err) {
		expect_blame(test, tight, err);
		return err;
	}
	strscpy(mm->name, "test", sizeof(mm->name));
	mm->host = &shadow_test_host_ops;
	mm->nr_cpus = 2;
	mm->cpu_id.mmfr0 = 0x6 | 0x1ULL << 20;
	shadow_test_host_init(test);
	err = shadow_boot_up(mm);
	KUNIT_ASSERT_EQ_MSG(test, err, 0,
			    "%s/%s/%s base %#llx size %llu image %#llx+%llu dtb %#llx+%llu initrd %#llx+%llu: %s: %s",
			    tight_shapes[shape].granule, tight_shapes[shape].va_bits,
			    tight_shapes[shape].lpa2, base, mm->cfg.bytes,
			    mm->places.image.start, mm->places.image.bytes,
			    mm->places.dtb.start, mm->places.dtb.bytes,
			    mm->places.initrd.start, mm->places.initrd.bytes,
			    shadow_phase_name(mm->boot.nr_done),
			    mm->boot.record[mm->boot.nr_done].effect);
	tables = shadow_params_static_tables(&mm->cfg, mm->places.image.bytes);
	KUNIT_EXPECT_LE(test, mm->idmap.nr_tables + mm->init_pg.nr_tables, tables);
	KUNIT_EXPECT_EQ_MSG(test, shadow_audit(mm, &audit), 0, "%s",
			    audit.fault.text);
	KUNIT_EXPECT_EQ(test, shadow_boot_down(mm), 0);
	KUNIT_EXPECT_EQ(test, shadow_test_host.live, 0);
	tight->nr_booted++;
	return 0;
}

/* Where a block may lie: across the ends of what one entry of a level covers */
static u64 tight_base(struct rnd_state *rnd, unsigned int shape, u64 bytes)
{
	static const unsigned int borders[] = { 21, 25, 29, 30, 36, 39, 42, 47, 48 };
	unsigned int nr = ARRAY_SIZE(borders), border;
	u64 below = bytes / 4 * shadow_test_below(rnd, 5);

	if (tight_shapes[shape].facts.pa_bits == 48)
		nr--;
	border = borders[shadow_test_below(rnd, nr)];
	return BIT_ULL(border) + (border < 31 ? SZ_2G : 0) -
	       round_down(below, SZ_64K);
}

/* The block is filled until exactly the room is left that a boot must have */
struct filling {
	u64 bytes;
	u64 page;
	u64 image;
	struct shadow_params_room room;
};

static void fill(struct kunit *test, struct tight *tight, unsigned int shape,
		 u64 bytes, struct filling *filling)
{
	struct shadow_config cfg;
	int err;

	shape_up(tight, shape, bytes);
	err = shadow_params_check(&tight->in, &tight_shapes[shape].facts, &cfg,
				  tight->why, sizeof(tight->why));
	KUNIT_ASSERT_EQ_MSG(test, err, 0, "%s", tight->why);
	filling->bytes = bytes;
	filling->page = 1ULL << cfg.page_shift;
	filling->image = shadow_params_min_image(&cfg);
	shadow_params_early_room(&cfg, filling->image, &filling->room);
}

/* All of the room at the block's end; a byte less is refused */
static void boot_in_one_piece(struct kunit *test, struct tight *tight,
			      unsigned int shape, u64 base,
			      const struct filling *f)
{
	u64 start = f->page + f->image;
	u64 initrd = f->bytes - start - f->room.bytes;

	shape_up(tight, shape, f->bytes);
	give(tight, SHADOW_PARAM_DTB, "0+%llu", f->page, 0);
	give(tight, SHADOW_PARAM_IMAGE, "%llu+%llu", f->page, f->image);
	give(tight, SHADOW_PARAM_INITRD, "%llu+%llu", start, initrd);
	KUNIT_EXPECT_EQ_MSG(test, boot_tight(test, tight, shape, base), 0, "%s",
			    tight->why);
	give(tight, SHADOW_PARAM_INITRD, "%llu+%llu", start, initrd + 1);
	KUNIT_EXPECT_EQ(test, boot_tight(test, tight, shape, base), -ERANGE);
}

/* The piece at the block's start, the rest before the image at its end */
static void boot_in_two_pieces(struct kunit *test, struct tight *tight,
			       unsigned int shape, u64 base,
			       const struct filling *f)
{
	u64 start = f->room.piece + f->page;
	u64 initrd = f->bytes - f->page - f->image - f->room.bytes;

	shape_up(tight, shape, f->bytes);
	give(tight, SHADOW_PARAM_DTB, "%llu+%llu", f->room.piece, f->page);
	give(tight, SHADOW_PARAM_INITRD, "%llu+%llu", start, initrd);
	give(tight, SHADOW_PARAM_IMAGE, "%llu+%llu", f->bytes - f->image,
	     f->image);
	KUNIT_EXPECT_EQ_MSG(test, boot_tight(test, tight, shape, base), 0, "%s",
			    tight->why);
	/* An image that is a page too small for itself */
	give(tight, SHADOW_PARAM_IMAGE, "%llu+%llu",
	     f->bytes - f->image + f->page, f->image - f->page);
	KUNIT_EXPECT_EQ(test, boot_tight(test, tight, shape, base), -ERANGE);
	KUNIT_EXPECT_EQ(test, strncmp(tight->why, "image=", 6), 0);
}

static void boot_in_least_room(struct kunit *test)
{
	struct tight *tight = tight_init(test);
	struct filling filling;
	unsigned int i, border;
	u64 bytes, base;

	for (i = 0; i < 2 * ARRAY_SIZE(tight_shapes); i++) {
		bytes = tight_shapes[i / 2].bytes << i % 2;
		fill(test, tight, i / 2, bytes, &filling);
		for (border = 26; border < 46; border += 4) {
			base = BIT_ULL(border) + SZ_2G - bytes / 2;
			boot_in_one_piece(test, tight, i / 2, base, &filling);
			boot_in_two_pieces(test, tight, i / 2, base, &filling);
		}
		cond_resched();
	}
	kunit_info(test, "%u booted, %u refused\n", tight->nr_booted,
		   tight->nr_refused);
}

/* A length of any magnitude below a limit, often a whole number of pages */
static u64 tight_length(struct rnd_state *rnd, u64 limit, u64 page)
{
	u64 bytes = limit >> shadow_test_below(rnd, 10);

	if (shadow_test_below(rnd, 2))
		bytes = 1 + shadow_test_below(rnd, bytes);
	return shadow_test_below(rnd, 8) ? ALIGN(bytes, page) : bytes;
}

/* An emulated kernel takes its time; user space tries the most */
#ifdef __KERNEL__
#define NR_ACCEPTED	1000
#else
#define NR_ACCEPTED	6000
#endif

static void give_wild_range(struct tight *tight, struct rnd_state *rnd,
			    enum shadow_param_id id, u64 base, u64 bytes, u64 page)
{
	u64 length = tight_length(rnd, id == SHADOW_PARAM_DTB ?
				  min_t(u64, SZ_2M, bytes) : bytes, page);
	u64 start = round_down(shadow_test_below(rnd, bytes), page);

	/* Mostly where it has room, and now and then up to the very end */
	if (length < bytes && shadow_test_below(rnd, 8))
		start = shadow_test_below(rnd, 4) ?
			round_down(shadow_test_below(rnd, bytes - length), page) :
			round_down(bytes - length, page);
	if (shadow_test_below(rnd, 4) == 0)
		start += base;
	give(tight, id, "%#llx+%llu", start, length);
}

static void boot_what_is_accepted(struct kunit *test)
{
	static const enum shadow_param_id ranges[] = {
		SHADOW_PARAM_IMAGE, SHADOW_PARAM_DTB, SHADOW_PARAM_INITRD,
	};
	struct tight *tight = tight_init(test);
	unsigned int i, nr, shape;
	struct rnd_state rnd;
	u64 bytes, base, page;

	shadow_test_seed(test, &rnd);
	for (i = 0; i < NR_ACCEPTED; i++) {
		shape = shadow_test_below(&rnd, ARRAY_SIZE(tight_shapes));
		bytes = tight_shapes[shape].bytes;
		page = *tight_shapes[shape].granule == '4' ? SZ_4K :
		       *tight_shapes[shape].granule == '1' ? SZ_16K : SZ_64K;
		bytes += round_down(shadow_test_below(&rnd, bytes), SZ_64K);
		base = tight_base(&rnd, shape, bytes);
		shape_up(tight, shape, bytes);
		if (shadow_test_below(&rnd, 2))
			give(tight, SHADOW_PARAM_BASE, "%#llx", base, 0);
		for (nr = 0; nr < ARRAY_SIZE(ranges); nr++)
			if (shadow_test_below(&rnd, 3))
				give_wild_range(tight, &rnd, ranges[nr], base, bytes, page);
		boot_tight(test, tight, shape, base);
		if (i % 64 == 0)
			cond_resched();
	}
	kunit_info(test, "%u booted, %u refused\n", tight->nr_booted,
		   tight->nr_refused);
	KUNIT_EXPECT_GT(test, tight->nr_booted, NR_ACCEPTED / 10);
	KUNIT_EXPECT_GT(test, tight->nr_refused, NR_ACCEPTED / 10);
}

static struct kunit_case boot_cases[] = {
	KUNIT_CASE(boot_every_geometry),
	KUNIT_CASE(boot_displaced),
	KUNIT_CASE(boot_registers),
	KUNIT_CASE(boot_text_is_not_writable),
	KUNIT_CASE(boot_host_out_of_memory),
	KUNIT_CASE(boot_refuses_bad_places),
	KUNIT_CASE(boot_early_tables_come_back),
	KUNIT_CASE(boot_counts_what_is_left),
	KUNIT_CASE(boot_two_machines),
	KUNIT_CASE(boot_in_least_room),
	KUNIT_CASE(boot_what_is_accepted),
	{}
};

static struct kunit_suite boot_suite = {
	.name = "shadow_boot",
	.test_cases = boot_cases,
};

kunit_test_suite(boot_suite);
