// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view_boot - how the machine came to be, and whether it still is what
 * it should be: config, boot, regs, layout, audit.
 */
#include <linux/seq_file.h>

#include "shadow_backing.h"
#include "shadow_boot.h"
#include "shadow_ctl_set.h"
#include "shadow_pcp.h"
#include "shadow_view.h"

static void emit_line(void *to, const char *line)
{
	seq_printf(to, "%s\n", line);
}

static void virtual_board(struct seq_file *seq, const struct shadow_mm *mm)
{
	struct shadow_backing *backing = mm->block.backing;

	seq_printf(seq, "virtual=%#llx-%#llx\t# the board's memory is not there; what needs contents is kept in the block:\n",
		   (u64)mm->block.base, shadow_board_end(mm->board) - 1);
	seq_printf(seq, "backed=%u\t\t# of %u pages of the block hold frames of the board, %u the machine's own records, %llu are free\n",
		   backing->nr_backed, backing->nr_pages,
		   backing->nr_aside + backing->nr_own,
		   shadow_backing_free_pages(backing));
}

/* Keys of set that are no parameters; those were printed with the others */
static void print_sets(struct seq_file *seq, const struct shadow_ctl *ctl)
{
	const struct shadow_ctl_set_info *info;
	char value[80];
	unsigned int key;

	seq_puts(seq, "\n# What ctl set changes beside parameters\n");
	for (key = 0; key < SHADOW_NR_CTL_SET_KEYS; key++) {
		info = &shadow_ctl_sets[key];
		if (shadow_ctl_set_param(key) < SHADOW_NR_PARAMS ||
		    ctl->mm->boot.nr_done < info->since)
			continue;
		info->show(ctl, value, sizeof(value));
		seq_printf(seq, "%s=%s\t# %s\n", info->name, value,
			   info->meaning);
	}
}

/* Addresses, the same for all nodes; MOVABLE is a part of the highest */
static void zone_ends(struct seq_file *seq, const struct shadow_mm *mm)
{
	const struct shadow_nodes *nodes = &mm->nodes;
	unsigned int type;

	seq_printf(seq, "nodes=%u\t\t# zonelists says what each has\nzones=",
		   nodes->nr_nodes);
	for (type = 0; type < SHADOW_ZONE_MOVABLE; type++) {
		u64 start = nodes->lowest_pfn[type], end = nodes->highest_pfn[type];

		if (start < end)
			seq_printf(seq, "%s:%#llx-%#llx ", shadow_zone_names[type],
				   start << nodes->page_shift,
				   (end << nodes->page_shift) - 1);
	}
	seq_puts(seq, "\t# as far as each may reach\n");
}

/**
 * shadow_view_config() - parameters, the block, and how it was obtained
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_config(struct seq_file *seq, struct shadow_machine *machine)
{
	const struct shadow_block *block = &machine->pool.block;
	const struct shadow_mm *mm = &machine->mm;
	unsigned int rung;

	seq_printf(seq, "machine=%s\n", mm->name);
	shadow_params_print(&mm->cfg, emit_line, seq);
	seq_puts(seq, "\n# What the parameters led to\n");
	seq_printf(seq, "block=%#llx-%#llx\t# %llu KiB of the host's memory, physical addresses\n",
		   (u64)block->base, (u64)(block->base + block->bytes - 1),
		   block->bytes >> 10);
	if (shadow_block_virtual(&mm->block))
		virtual_board(seq, mm);
	seq_printf(seq, "image=%#llx+%#llx\t# kernel image that the machine pretends to run\n",
		   mm->places.image.start, mm->places.image.bytes);
	seq_printf(seq, "dtb=%#llx+%#llx\t# device tree; x0 points at it\n",
		   mm->places.dtb.start, mm->places.dtb.bytes);
	if (mm->places.initrd.bytes)
		seq_printf(seq, "initrd=%#llx+%#llx\n", mm->places.initrd.start,
			   mm->places.initrd.bytes);
	if (shadow_boot_reached(mm, SHADOW_PHASE_WATERMARKS))
		seq_printf(seq, "totalreserve=%llu\t# pages that the high marks and the reserves of lower zones keep back\n",
			   mm->nodes.totalreserve);
	if (shadow_boot_reached(mm, SHADOW_PHASE_FREE_AREA_INIT))
		zone_ends(seq, mm);
	seq_printf(seq, "cpus=%u\t# CPUs with per-CPU lists\n", mm->nr_cpus);
	print_sets(seq, &machine->ctl);
	seq_puts(seq, "\n# Where the block came from: each rung of the ladder, in the order tried\n");
	for (rung = 0; rung < SHADOW_POOL_NR_RUNGS; rung++)
		seq_printf(seq, "%c %-28s %s\n",
			   rung == machine->pool.rung ? '*' : ' ',
			   shadow_pool_rung_names[rung], machine->pool.why[rung]);
}

/**
 * shadow_view_boot() - the phases, timed and counted
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_boot(struct seq_file *seq, struct shadow_machine *machine)
{
	const struct shadow_mm *mm = &machine->mm;
	const struct shadow_phase_record *record = mm->boot.record;
	unsigned int phase;
	u64 ns = 0;

	seq_puts(seq, "# ns: time; early: bytes that the early allocator gave out; tables: table pages made\n"
		 "# >: as a kernel prints it (d> with pr_debug, o> older kernels); s>: what the step did\n");
	seq_printf(seq, "%-24s %10s %9s %6s  %s\n", "phase", "ns", "early",
		   "tables", "effect (the kernel's original)");
	for (phase = 0; phase < mm->boot.nr_done; phase++, record++) {
		seq_printf(seq, "%-24s %10llu %9lld %6lld  %s (%s)\n",
			   shadow_phase_name(phase), record->ns,
			   record->early_bytes, record->nr_tables,
			   record->effect, phase == SHADOW_PHASE_SLAB_INIT ?
			   shadow_slab_source(&mm->slab) : shadow_phase_follows(phase));
		if (record->early_by[0])
			seq_printf(seq, "%-24s early bytes by owner: %s\n", "",
				   record->early_by);
		if (!mm->boot.failed)
			shadow_view_phase_lines(seq, mm, phase);
		ns += record->ns;
	}
	if (mm->boot.failed) {
		seq_printf(seq, "%-24s %10llu                   failed with %d: %s\n",
			   shadow_phase_name(phase), record->ns,
			   mm->boot.failed, record->effect);
		seq_puts(seq, "The machine is down; its earlier phases were undone.\n");
		return;
	}
	seq_printf(seq, "%-24s %10llu  in all, the block's reservation not counted\n",
		   "total", ns);
	if (phase < SHADOW_NR_PHASES)
		seq_printf(seq, "The boot has stopped before %s; step or continue in ctl goes on.\n",
			   shadow_phase_name(phase));
}

static void reg_line(struct seq_file *seq, const char *name, u64 value,
		     const char *what)
{
	seq_printf(seq, "%-10s 0x%016llx  %s\n", name, value, what);
}

static void explain_tcr(struct seq_file *seq, const struct shadow_geometry *geo,
			u64 tcr)
{
	u64 t0sz = tcr & 0x3f, t1sz = tcr >> SHADOW_TCR_T1SZ_SHIFT & 0x3f;
	bool ds = tcr & SHADOW_TCR_DS;

	seq_printf(seq, "%-30s T0SZ=%llu T1SZ=%llu: lower half %llu bits, upper half %llu bits\n",
		   "", t0sz, t1sz, 64 - t0sz, 64 - t1sz);
	seq_printf(seq, "%-30s granule %u KiB, %u levels from level %d, DS=%d: %s\n",
		   "", 1U << (geo->page_shift - 10), geo->levels,
		   geo->start_level, ds,
		   ds ? "descriptors of FEAT_LPA2" : "ordinary descriptors");
}

/**
 * shadow_view_regs() - the shadow register file
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_regs(struct seq_file *seq, struct shadow_machine *machine)
{
	const struct shadow_mm *mm = &machine->mm;
	const struct shadow_regs *regs = &mm->regs;
	bool swapper = shadow_boot_reached(mm, SHADOW_PHASE_PAGING_INIT);
	bool on = regs->sctlr & SHADOW_SCTLR_M;

	reg_line(seq, "x0", regs->x0, "physical address of the device tree, from the boot loader");
	reg_line(seq, "CurrentEL", regs->currentel, "bits 3:2 are the exception level");
	reg_line(seq, "MAIR_EL1", regs->mair,
		 "memory types, one byte each, that AttrIndx chooses from");
	reg_line(seq, "TCR_EL1", regs->tcr, "shape of the tables:");
	if (regs->tcr)
		explain_tcr(seq, &mm->geo, regs->tcr);
	reg_line(seq, "TTBR0_EL1", regs->ttbr0, !on ? "" :
		 mm->user.root_table ?
		 "root of the lower half: a user's, since the first map there" :
		 "root of the lower half: idmap_pg_dir");
	reg_line(seq, "TTBR1_EL1", regs->ttbr1, !on ? "" : swapper ?
		 "root of the upper half: swapper_pg_dir, since paging_init" :
		 "root of the upper half: init_pg_dir");
	reg_line(seq, "SCTLR_EL1", regs->sctlr, on ? "M = 1: the MMU is on" :
						     "M = 0: the MMU is off, VA = PA");
}

static void cost_line(struct seq_file *seq, const char *what, u64 bytes,
		      const char *explained)
{
	seq_printf(seq, "  %-22s %12llu bytes  %s\n", what, bytes, explained);
}

static void metadata_cost(struct seq_file *seq, const struct shadow_mm *mm)
{
	u64 entries = shadow_memmap_entries(&mm->nodes.memmap);
	u64 page = 1ULL << mm->cfg.page_shift;
	char text[80];

	shadow_view_memory_models(seq, mm);
	seq_puts(seq, "\nWhat the machine's own records cost\n");
	scnprintf(text, sizeof(text), "%zu for each of %llu frames (the kernel's struct page: 64)",
		  sizeof(struct shadow_page), entries);
	cost_line(seq, "memmap", entries * sizeof(struct shadow_page), text);
	scnprintf(text, sizeof(text),
		  "a byte for each pageblock of all that the block could describe");
	cost_line(seq, "pageblock types", shadow_pageblocks(&mm->nodes), text);
	if (mm->cfg.page_owner) {
		scnprintf(text, sizeof(text),
			  "%zu for each of %llu frames: page_owner=on, else nothing",
			  sizeof(struct shadow_birth), entries);
		cost_line(seq, "page_owner", mm->page_owner.bytes, text);
	}
	cost_line(seq, "idmap_pg_dir", mm->idmap.nr_tables * page, "tables in the image");
	cost_line(seq, "init_pg_dir", mm->init_pg.nr_tables * page, "tables in the image");
	cost_line(seq, "swapper_pg_dir", mm->swapper.nr_tables * page,
		  "tables from memblock, later from the buddy");
	if (mm->user.root_table)
		cost_line(seq, "user's lower half", mm->user.nr_tables * page,
			  "tables from the buddy");
	seq_puts(seq, " outside the block, where a stray write cannot reach it:\n");
	scnprintf(text, sizeof(text), "%u CPUs, all zones", mm->nr_cpus);
	cost_line(seq, "per-CPU lists", shadow_pcp_bytes(mm->nr_cpus), text);
	scnprintf(text, sizeof(text), "%u samples of %zu, see frag_history",
		  SHADOW_FRAG_SAMPLES, sizeof(struct shadow_frag_sample));
	cost_line(seq, "frag_history", shadow_frag_bytes(), text);
	cost_line(seq, "slab locks and heads",
		  mm->slab_mem ? shadow_slab_bytes(&mm->slab.cfg, mm->nr_cpus) : 0,
		  "all caches");
	if (mm->site_mem) {
		scnprintf(text, sizeof(text),
			  "%u call sites, of objects with STORE_USER and of page_owner",
			  SHADOW_MAX_SITES - 1);
		cost_line(seq, "call sites", shadow_sites_bytes(), text);
	}
	cost_line(seq, "zones", sizeof(mm->nodes), "nodes, zones, free areas, zonelists");
	shadow_view_zone_overhead(seq, mm);
	cost_line(seq, "memblock", sizeof(mm->memblock), "the first region arrays, owners");
	cost_line(seq, "struct shadow_mm", sizeof(*mm), "all of it, zones and memblock included");
}

/* What a 32-bit kernel sized by hand before it had an allocator: i386's pg0 */
static void early_sizing(struct seq_file *seq, const struct shadow_mm *mm)
{
	u64 frames = mm->handover.nr_freed + mm->handover.nr_reserved;
	u64 page = 1ULL << mm->cfg.page_shift;
	u64 entries = page / sizeof(u64);
	char text[80];

	if (!frames)
		return;
	seq_printf(seq, "\nWhat %llu frames of memory ask of a booting kernel\n", frames);
	scnprintf(text, sizeof(text), "one bit a frame: frames / 8");
	cost_line(seq, "bootmem's bitmap", DIV_ROUND_UP(frames, 8), text);
	scnprintf(text, sizeof(text), "%llu last-level tables of %llu entries, all in pages",
		  DIV_ROUND_UP(frames, entries), entries);
	cost_line(seq, "linear map in pages", DIV_ROUND_UP(frames, entries) * page, text);
	scnprintf(text, sizeof(text), "%llu tables of 1024 entries (pg0), all in 4 KiB pages",
		  DIV_ROUND_UP(frames * (page >> 12), 1024));
	cost_line(seq, "the same on i386",
		  DIV_ROUND_UP(frames * (page >> 12), 1024) * SZ_4K, text);
}

/**
 * shadow_view_layout() - virtual address space and cost of metadata
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_layout(struct seq_file *seq, struct shadow_machine *machine)
{
	const struct shadow_mm *mm = &machine->mm;
	const struct shadow_segment *segment = mm->boot.segment;
	const struct shadow_region *region = mm->layout.region;
	phys_addr_t start, end;
	u64 va;

	seq_puts(seq, "Virtual kernel memory layout:\n");
	for (; region < mm->layout.region + SHADOW_NR_REGIONS; region++)
		if (!shadow_region_empty(region))
			seq_printf(seq, "  %10s : 0x%016llx - 0x%016llx   (%9llu KB)\n",
				   region->name, region->start, region->end - 1,
				   (region->end - region->start) >> 10);
	seq_puts(seq, "Kernel image, inside the vmalloc region:\n");
	for (; segment < mm->boot.segment + SHADOW_NR_SEGMENTS; segment++) {
		va = mm->boot.kimage_va + segment->start - mm->places.image.start;
		seq_printf(seq, "  %11s : 0x%016llx - 0x%016llx   (%9llu KB)  %s\n",
			   segment->name, va, va + segment->bytes - 1,
			   segment->bytes >> 10, shadow_prot_name(segment->prot));
	}
	start = shadow_memblock_start_of_DRAM(&mm->memblock);
	end = min(shadow_memblock_end_of_DRAM(&mm->memblock),
		  mm->memblock.current_limit);
	va = shadow_layout_pa_to_va(&mm->layout, start);
	seq_printf(seq, "Memory in the linear map:\n  %10s : 0x%016llx - 0x%016llx   (%9llu KB)  PA = VA + 0x%llx\n",
		   "memory", va, va + (end - start) - 1, (end - start) >> 10,
		   mm->layout.phys_offset);
	metadata_cost(seq, mm);
	early_sizing(seq, mm);
}
