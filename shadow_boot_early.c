// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_boot_early - from the first instruction to early_fixmap_init: what
 * head.S does with tables that are part of the kernel image.
 */
#include "shadow_boot_early.h"
#include "shadow_params_room.h"
#include "shadow_random.h"

static u64 page_bytes(const struct shadow_mm *mm)
{
	return 1ULL << mm->cfg.page_shift;
}

/* Pages of the image that head.S keeps for its tables */
static u64 static_tables(const struct shadow_mm *mm)
{
	return shadow_params_static_tables(&mm->cfg, mm->places.image.bytes);
}

/*
 * The image's share of each segment, in percent; about what a real arm64
 * kernel has. What is left over after .data is .bss.
 */
static const struct {
	const char *name;
	unsigned int percent;
	u64 prot;
} segment_plan[SHADOW_NR_SEGMENTS] = {
	{ ".text", 45, SHADOW_PAGE_KERNEL_ROX },
	{ ".rodata", 25, SHADOW_PAGE_KERNEL_RO },
	{ ".init.text", 4, SHADOW_PAGE_KERNEL_ROX },
	{ ".init.data", 6, SHADOW_PAGE_KERNEL },
	{ ".data", 10, SHADOW_PAGE_KERNEL },
	{ ".bss", 0, SHADOW_PAGE_KERNEL },
	{ "init_pg_dir", 0, SHADOW_PAGE_KERNEL },
};

static_assert(SHADOW_SEGMENT_TABLES == SHADOW_IMAGE_SEGMENTS);

/*
 * With rodata=off map_kernel() maps code writable, for debuggers, and
 * mark_rodata_ro() is not called.
 */
static u64 segment_prot(const struct shadow_mm *mm, unsigned int i)
{
	u64 prot = segment_plan[i].prot;

	if (mm->cfg.rodata != SHADOW_RODATA_OFF)
		return prot;
	if (prot == SHADOW_PAGE_KERNEL_ROX)
		return SHADOW_PAGE_KERNEL_EXEC;
	return SHADOW_PAGE_KERNEL;
}

static int plan_segments(struct shadow_mm *mm, char *effect)
{
	struct shadow_segment *segment = mm->boot.segment;
	u64 page = page_bytes(mm);
	u64 tables = static_tables(mm) * page;
	u64 end = mm->places.image.start + mm->places.image.bytes;
	phys_addr_t at = mm->places.image.start;
	u64 rest;
	int i;

	if (mm->places.image.bytes < tables + SHADOW_SEGMENT_TABLES * page) {
		scnprintf(effect, SHADOW_PHASE_TEXT,
			  "image of %llu bytes is too small: %llu pages are its tables', and each segment has one",
			  mm->places.image.bytes, static_tables(mm));
		return -EINVAL;
	}
	rest = mm->places.image.bytes - tables - SHADOW_SEGMENT_TABLES * page;
	for (i = 0; i < SHADOW_NR_SEGMENTS; i++, segment++) {
		segment->name = segment_plan[i].name;
		segment->prot = segment_prot(mm, i);
		segment->start = at;
		if (i == SHADOW_SEGMENT_TABLES)
			segment->bytes = tables;
		else if (i == SHADOW_SEGMENT_BSS)
			segment->bytes = end - tables - at;
		else
			segment->bytes = page +
				rest / 100 * segment_plan[i].percent / page * page;
		at += segment->bytes;
	}
	mm->boot.static_next = end - tables;
	mm->boot.static_end = end;
	return 0;
}

/**
 * shadow_boot_preserve_args() - what the boot loader passed: x0
 * @mm: the machine
 * @effect: what changed
 *
 * Documentation/arch/arm64/booting.rst: the device tree is aligned to 8 bytes
 * and not larger than 2 MiB.
 *
 * Context: boot.
 * Return: 0; -EINVAL if the device tree or the image is not as promised.
 */
int shadow_boot_preserve_args(struct shadow_mm *mm, char *effect)
{
	const struct shadow_param_range *dtb = &mm->places.dtb;

	if (!IS_ALIGNED(dtb->start, 8) || dtb->bytes > SZ_2M ||
	    !shadow_block_spans(&mm->block, dtb->start, dtb->bytes)) {
		scnprintf(effect, SHADOW_PHASE_TEXT,
			  "x0 = %#llx: a device tree is aligned to 8 bytes, at most 2 MiB long, and in RAM",
			  dtb->start);
		return -EINVAL;
	}
	shadow_regs_reset(&mm->regs, dtb->start);
	scnprintf(effect, SHADOW_PHASE_TEXT,
		  "x0 = %#llx: device tree of %llu bytes, aligned to 8",
		  mm->regs.x0, dtb->bytes);
	return plan_segments(mm, effect);
}

/**
 * shadow_boot_init_el() - at which exception level the kernel runs
 * @mm: the machine
 * @effect: what changed
 *
 * Context: boot.
 * Return: 0.
 */
int shadow_boot_init_el(struct shadow_mm *mm, char *effect)
{
	scnprintf(effect, SHADOW_PHASE_TEXT, "CurrentEL = EL%llu, MMU off, caches off",
		  mm->regs.currentel >> 2);
	return 0;
}

/* Tables that are part of the image: there is no allocator yet */
static int table_from_image(void *ctx, phys_addr_t *pa)
{
	struct shadow_mm *mm = ctx;

	if (mm->boot.static_next == mm->boot.static_end ||
	    shadow_should_fail(&mm->fail, SHADOW_FAIL_TABLE, page_bytes(mm)))
		return -ENOMEM;
	*pa = mm->boot.static_next;
	mm->boot.static_next += page_bytes(mm);
	return 0;
}

/* They go when the image goes */
static void table_to_image(void *ctx, phys_addr_t pa)
{
}

static const struct shadow_pgtable_ops image_tables = {
	.alloc_table = table_from_image,
	.free_table = table_to_image,
};

/*
 * The image in two parts, as head.S sees it: up to .init.data, and the rest.
 * Without the contiguous hint, and no table for EL0: map_range().
 */
static int map_image(struct shadow_mm *mm, struct shadow_pgtable *pgt, u64 va)
{
	phys_addr_t start = mm->places.image.start;
	u64 code = mm->boot.segment[SHADOW_SEGMENT_INIT_DATA].start - start;
	int err;

	pgt->table_prot = SHADOW_TABLE_UXN;
	err = shadow_pgtable_map(pgt, va, start, code, SHADOW_PAGE_KERNEL_ROX,
				 SHADOW_MAP_NO_CONT);
	if (err)
		return err;
	return shadow_pgtable_map(pgt, va + code, start + code,
				  mm->places.image.bytes - code,
				  SHADOW_PAGE_KERNEL, SHADOW_MAP_NO_CONT);
}

/**
 * shadow_boot_create_idmap() - the image mapped to itself
 * @mm: the machine
 * @effect: what changed
 *
 * What runs while the MMU is switched on must not move. Follows
 * create_init_idmap() of arch/arm64/kernel/pi/map_range.c.
 *
 * Context: boot.
 * Return: 0, -ENOMEM when the image has no room for its tables, or an errno of
 * shadow_geometry_init() or shadow_pgtable_map().
 */
int shadow_boot_create_idmap(struct shadow_mm *mm, char *effect)
{
	u64 image_end = mm->places.image.start + mm->places.image.bytes;
	int err;

	err = shadow_geometry_init(&mm->idmap_geo, mm->cfg.page_shift,
				   shadow_params_idmap_bits(&mm->cfg, image_end),
				   mm->cfg.pa_bits, mm->cfg.lpa2);
	if (!err)
		err = shadow_boot_tlb_init(mm);
	if (err)
		return err;
	err = shadow_pgtable_init(&mm->idmap, &mm->idmap_geo, false, &mm->block,
				  &mm->events, &mm->fault, &image_tables, mm);
	if (err)
		goto tlb_fini;
	shadow_boot_tlb_watch(mm, SHADOW_TREE_IDMAP);
	err = map_image(mm, &mm->idmap, mm->places.image.start);
	if (err)
		goto fini;
	scnprintf(effect, SHADOW_PHASE_TEXT,
		  "idmap_pg_dir at %#llx: image [%#llx-%#llx] mapped to itself, %llu tables of its own",
		  (u64)mm->idmap.root, mm->places.image.start,
		  mm->places.image.start + mm->places.image.bytes - 1,
		  mm->idmap.nr_tables);
	return 0;

fini:
	shadow_pgtable_fini(&mm->idmap);
tlb_fini:
	shadow_boot_tlb_fini(mm);
	return err;
}

/**
 * shadow_boot_drop_idmap() - undo shadow_boot_create_idmap()
 * @mm: the machine
 *
 * Context: take-down.
 */
void shadow_boot_drop_idmap(struct shadow_mm *mm)
{
	shadow_pgtable_fini(&mm->idmap);
	shadow_boot_tlb_fini(mm);
}

/*
 * Multiple of 2 MiB in the second and third quarter of what vmalloc's region has
 * above the image: kaslr_early_init() of arch/arm64/kernel/pi/kaslr_early.c.
 */
static u64 displacement(const struct shadow_mm *mm)
{
	u64 range = (mm->layout.region[SHADOW_REGION_VMALLOC].end -
		     mm->layout.kimage_vaddr) / 2;
	u64 draw = shadow_random_at(mm->cfg.seed, 0) >> 32;
	u64 nr = range / SZ_2M;

	if (!mm->cfg.kaslr)
		return 0;
	/* nr has 27 bits at most */
	return (nr / 2 + (nr * draw >> 32)) * SZ_2M;
}

/**
 * shadow_boot_map_kernel() - the image at its virtual address
 * @mm: the machine
 * @effect: what changed
 *
 * The virtual address is congruent to the physical one modulo 2 MiB, so that
 * sections can be used. Follows map_kernel() of
 * arch/arm64/kernel/pi/map_kernel.c.
 *
 * Context: boot.
 * Return: 0, or an errno as shadow_boot_create_idmap().
 */
int shadow_boot_map_kernel(struct shadow_mm *mm, char *effect)
{
	int err;

	err = shadow_geometry_init(&mm->geo, mm->cfg.page_shift, mm->cfg.va_bits,
				   mm->idmap_geo.pa_bits, mm->cfg.lpa2);
	if (err)
		return err;
	err = shadow_layout_init(&mm->layout, &mm->geo, sizeof(struct shadow_page));
	if (err)
		return err;
	mm->boot.kimage_va = mm->layout.kimage_vaddr + displacement(mm) +
			     (mm->places.image.start & (SZ_2M - 1));
	err = shadow_pgtable_init(&mm->init_pg, &mm->geo, true, &mm->block,
				  &mm->events, &mm->fault, &image_tables, mm);
	if (err)
		return err;
	shadow_boot_tlb_watch(mm, SHADOW_TREE_INIT_PG);
	err = map_image(mm, &mm->init_pg, mm->boot.kimage_va);
	if (err)
		goto fini;
	scnprintf(effect, SHADOW_PHASE_TEXT,
		  "init_pg_dir at %#llx: image at VA %#llx, displaced by %#llx; %llu of %llu tables that the image has room for are used",
		  (u64)mm->init_pg.root, mm->boot.kimage_va, displacement(mm),
		  mm->idmap.nr_tables + mm->init_pg.nr_tables, static_tables(mm));
	return 0;

fini:
	shadow_pgtable_fini(&mm->init_pg);
	return err;
}

/**
 * shadow_boot_drop_init_pg() - undo shadow_boot_map_kernel()
 * @mm: the machine
 *
 * Context: take-down.
 */
void shadow_boot_drop_init_pg(struct shadow_mm *mm)
{
	shadow_pgtable_fini(&mm->init_pg);
}

/**
 * shadow_boot_cpu_setup() - memory types and the format of the tables
 * @mm: the machine
 * @effect: what changed
 *
 * Follows __cpu_setup of arch/arm64/mm/proc.S.
 *
 * Context: boot.
 * Return: 0, or an errno of shadow_regs_cpu_setup().
 */
int shadow_boot_cpu_setup(struct shadow_mm *mm, char *effect)
{
	int err = shadow_regs_cpu_setup(&mm->regs, &mm->idmap_geo, &mm->geo,
					&mm->cpu_id);

	if (err)
		return err;
	scnprintf(effect, SHADOW_PHASE_TEXT,
		  "MAIR_EL1 = %#llx, TCR_EL1 = %#llx", mm->regs.mair,
		  mm->regs.tcr);
	return 0;
}

/**
 * shadow_boot_primary_switch() - tables into the registers, MMU on
 * @mm: the machine
 * @effect: what changed
 *
 * Follows __primary_switch of arch/arm64/kernel/head.S.
 *
 * Context: boot.
 * Return: 0, or an errno of shadow_regs_enable_mmu().
 */
int shadow_boot_primary_switch(struct shadow_mm *mm, char *effect)
{
	int err = shadow_regs_enable_mmu(&mm->regs, &mm->idmap_geo,
					 mm->idmap.root, &mm->geo,
					 mm->init_pg.root);

	if (err)
		return err;
	scnprintf(effect, SHADOW_PHASE_TEXT,
		  "TTBR0_EL1 = %#llx (idmap), TTBR1_EL1 = %#llx (init_pg_dir), SCTLR_EL1.M = 1",
		  mm->regs.ttbr0, mm->regs.ttbr1);
	return 0;
}

/**
 * shadow_boot_mmu_off() - undo shadow_boot_primary_switch()
 * @mm: the machine
 *
 * Context: take-down.
 */
void shadow_boot_mmu_off(struct shadow_mm *mm)
{
	shadow_regs_reset(&mm->regs, mm->places.dtb.start);
}

/**
 * shadow_boot_fixmap_init() - addresses that are known before anything else
 * @mm: the machine
 * @effect: what changed
 *
 * Tables of the image; the early console's slot shows it. Follows
 * early_fixmap_init() of arch/arm64/mm/fixmap.c.
 *
 * Context: boot.
 * Return: 0, -ENOMEM when the image has no room for its tables.
 */
int shadow_boot_fixmap_init(struct shadow_mm *mm, char *effect)
{
	u64 tables = mm->init_pg.nr_tables;
	int err = shadow_fixmap_init(&mm->fixmap, &mm->layout, &mm->init_pg);

	if (err)
		return err;
	scnprintf(effect, SHADOW_PHASE_TEXT,
		  "%u slots at VA %#llx, %llu tables of the image, hung into init_pg_dir",
		  mm->fixmap.slots.nr, shadow_fixmap_tot_start(&mm->fixmap),
		  mm->init_pg.nr_tables - tables);
	return 0;
}

/**
 * shadow_boot_drop_fixmap() - undo shadow_boot_fixmap_init()
 * @mm: the machine
 *
 * Context: take-down.
 */
void shadow_boot_drop_fixmap(struct shadow_mm *mm)
{
	shadow_fixmap_fini(&mm->fixmap);
}
