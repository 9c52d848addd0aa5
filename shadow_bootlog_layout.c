// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bootlog_layout - "Virtual kernel memory layout", as mem_init() of
 * arch/arm64/mm/init.c printed it until 4.15 stopped showing addresses.
 */
#include "shadow_bootlog.h"

/* What a line measures in; ends are the first address behind */
enum unit {
	KB,
	MB,
	GB,
	NR_UNITS
};

static const struct {
	unsigned int shift;
	const char *name;
} units[NR_UNITS] = {
	[KB] = { 10, "KB" },
	[MB] = { 20, "MB" },
	[GB] = { 30, "GB" },
};

static const char *const part_names[SHADOW_BOOTLOG_NR_PARTS] = {
	[SHADOW_BOOTLOG_TEXT] = ".text",
	[SHADOW_BOOTLOG_RODATA] = ".rodata",
	[SHADOW_BOOTLOG_INIT] = ".init",
	[SHADOW_BOOTLOG_DATA] = ".data",
	[SHADOW_BOOTLOG_BSS] = ".bss",
};

/**
 * struct span - what a line is about
 * @name: what it is called
 * @start: first address
 * @end: first one behind
 */
struct span {
	const char *name;
	u64 start;
	u64 end;
};

struct out {
	shadow_bootlog_emit_t emit;
	void *to;
};

static void say_span(const struct out *out, const char *name, u64 start,
		     u64 end, enum unit unit, const char *more)
{
	char line[SHADOW_BOOTLOG_LINE];
	u64 size;

	/* Only parts of the image are not multiples of their unit: MLK_ROUNDUP */
	size = unit == KB ? DIV_ROUND_UP_ULL(end - start, SZ_1K) :
			    (end - start) >> units[unit].shift;
	scnprintf(line, sizeof(line), "%s 0x%16llx - 0x%16llx   (%6llu %s%s)",
		  name, start, end, size, units[unit].name, more);
	out->emit(out->to, SHADOW_BOOTLOG_OLD, line);
}

static void say_region(const struct out *out, const struct shadow_bootlog *log,
		       const char *name, enum shadow_region_id id,
		       enum unit unit, const char *more)
{
	const struct shadow_region *region = &log->layout->region[id];

	say_span(out, name, region->start, region->end, unit, more);
}

/* Memory in the linear map, and high_memory */
static struct span memory_span(const struct shadow_bootlog *log)
{
	phys_addr_t last = min(shadow_memblock_end_of_DRAM(log->mb),
			       log->mb->current_limit) - 1;

	return (struct span){
		.name = "memory",
		.start = shadow_layout_pa_to_va(log->layout,
				shadow_memblock_start_of_DRAM(log->mb)),
		.end = shadow_layout_pa_to_va(log->layout, last) + 1,
	};
}

/* The memmap of just that memory */
static struct span memmap_span(const struct shadow_bootlog *log)
{
	unsigned int shift = log->layout->page_shift;

	return (struct span){
		.name = "memmap",
		.start = shadow_layout_vmemmap(log->layout,
			shadow_memblock_start_of_DRAM(log->mb) >> shift),
		.end = shadow_layout_vmemmap(log->layout,
			shadow_memblock_end_of_DRAM(log->mb) >> shift),
	};
}

static struct span part_span(const struct shadow_bootlog *log,
			     enum shadow_bootlog_part part)
{
	return (struct span){ part_names[part], log->part[part].start,
			      log->part[part].end };
}

static struct span region_span(const struct shadow_bootlog *log,
			       enum shadow_region_id id)
{
	const struct shadow_region *region = &log->layout->region[id];

	/* "memory" is what is in there, not the region */
	return (struct span){ id == SHADOW_REGION_LINEAR ? "linear map" :
			      region->name, region->start, region->end };
}

static int check_inside(struct shadow_fault *fault, struct span inner,
			struct span outer)
{
	if (inner.start >= outer.start && inner.end <= outer.end &&
	    inner.start <= inner.end)
		return 0;
	return shadow_fault_raise(fault,
				  "shadow_bootlog: %s %016llx-%016llx is not inside %s %016llx-%016llx",
				  inner.name, inner.start, inner.end, outer.name,
				  outer.start, outer.end);
}

static int check_order(struct shadow_fault *fault, struct span below,
		       struct span above)
{
	if (below.end <= above.start && above.start <= above.end)
		return 0;
	return shadow_fault_raise(fault,
				  "shadow_bootlog: %s %016llx-%016llx overlaps %s %016llx-%016llx",
				  above.name, above.start, above.end, below.name,
				  below.start, below.end);
}

/**
 * shadow_bootlog_check_layout() - check each boundary of the layout
 * @log: what the table shows
 * @fault: filled with the first finding
 *
 * Each region against the one below it; the image's parts against each other
 * and the region that they lie in; memory and its memmap against the regions
 * that show them.
 *
 * Context: any; changes nothing.
 * Return: 0 or -EUCLEAN.
 */
int shadow_bootlog_check_layout(const struct shadow_bootlog *log,
				struct shadow_fault *fault)
{
	unsigned int i;
	int err = 0;

	for (i = 1; i < SHADOW_NR_REGIONS && !err; i++)
		err = check_order(fault, region_span(log, i - 1),
				  region_span(log, i));
	for (i = 0; i < SHADOW_BOOTLOG_NR_PARTS && !err; i++) {
		if (i)
			err = check_order(fault, part_span(log, i - 1),
					  part_span(log, i));
		if (!err)
			err = check_inside(fault, part_span(log, i),
					   region_span(log, SHADOW_REGION_VMALLOC));
	}
	if (!err)
		err = check_inside(fault, memory_span(log),
				   region_span(log, SHADOW_REGION_LINEAR));
	if (!err)
		err = check_inside(fault, memmap_span(log),
				   region_span(log, SHADOW_REGION_VMEMMAP));
	return err;
}

static void say_checked(const struct out *out, const struct shadow_bootlog *log)
{
	struct shadow_fault fault;

	shadow_fault_init(&fault);
	if (shadow_bootlog_check_layout(log, &fault))
		out->emit(out->to, SHADOW_BOOTLOG_OURS, fault.text);
	else
		out->emit(out->to, SHADOW_BOOTLOG_OURS,
			  "    checked : memory | modules | vmalloc (.text | .rodata | .init | .data | .bss) | vmemmap | PCI I/O | fixed: ascending, none overlaps its neighbour");
}

/**
 * shadow_bootlog_layout() - the layout table, and what a check of it found
 * @log: what it is computed from
 * @emit: takes the lines
 * @to: for @emit
 *
 * In the old kernel's order. "fixed" is the whole region, from what is called
 * FIXADDR_TOT_START now: that is where the next region could begin.
 *
 * Context: any.
 */
void shadow_bootlog_layout(const struct shadow_bootlog *log,
			   shadow_bootlog_emit_t emit, void *to)
{
	struct out out = { .emit = emit, .to = to };
	struct span memory = memory_span(log), memmap = memmap_span(log);
	char name[16];
	unsigned int i;

	emit(to, SHADOW_BOOTLOG_OLD, "Virtual kernel memory layout:");
	say_region(&out, log, "    modules :", SHADOW_REGION_MODULES, MB, "");
	say_region(&out, log, "    vmalloc :", SHADOW_REGION_VMALLOC, GB, "");
	for (i = 0; i < SHADOW_BOOTLOG_NR_PARTS; i++) {
		scnprintf(name, sizeof(name), "%11s :", part_names[i]);
		say_span(&out, name, log->part[i].start, log->part[i].end, KB,
			 "");
	}
	say_region(&out, log, "    fixed   :", SHADOW_REGION_FIXMAP, KB, "");
	say_region(&out, log, "    PCI I/O :", SHADOW_REGION_PCI_IO, MB, "");
	/* As mem_init() of arch/arm/mm/init.c, which has HIGHMEM */
	if (!shadow_region_empty(&log->layout->region[SHADOW_REGION_PKMAP]))
		say_region(&out, log, "    pkmap   :", SHADOW_REGION_PKMAP, MB, "");
	say_region(&out, log, "    vmemmap :", SHADOW_REGION_VMEMMAP, GB,
		   " maximum");
	say_span(&out, "             ", memmap.start, memmap.end, MB, " actual");
	say_span(&out, "    memory  :", memory.start, memory.end, MB, "");
	say_checked(&out, log);
}
