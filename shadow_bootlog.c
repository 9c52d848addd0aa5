// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bootlog - what a kernel prints about its memory while it boots. See
 * shadow_bootlog.h. The layout of the address space is in
 * shadow_bootlog_layout.c.
 */
#include "shadow_bootlog.h"
#include "shadow_zonelist.h"

/* Where lines go */
struct out {
	const struct shadow_bootlog *log;
	shadow_bootlog_emit_t emit;
	void *to;
};

static __printf(3, 4) void say(const struct out *out,
			       enum shadow_bootlog_level level,
			       const char *fmt, ...)
{
	char line[SHADOW_BOOTLOG_LINE];
	va_list args;

	va_start(args, fmt);
	vscnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	out->emit(out->to, level, line);
}

static u64 to_bytes(const struct out *out, u64 pfn)
{
	return pfn << out->log->nodes->page_shift;
}

/* K() of mm/internal.h */
static u64 to_kib(const struct out *out, u64 nr_pages)
{
	return nr_pages << (out->log->nodes->page_shift - 10);
}

/* A kernel without NUMA, or one that found none, has everything in node 0 */
static int node_of(int nid)
{
	return shadow_numa_valid_node(nid) ? nid : 0;
}

/* ------------------------------------------------------ free_area_init -- */

/*
 * Limits are addresses; a zone starts where the one below ends, at the first
 * memory, and ends at the last.
 */
static void say_zone_ranges(const struct out *out)
{
	const struct shadow_nodes *nodes = out->log->nodes;
	unsigned int type;

	say(out, SHADOW_BOOTLOG_INFO, "Zone ranges:");
	for (type = 0; type < SHADOW_MAX_NR_ZONES; type++) {
		const char *name = shadow_zone_names[type];
		u64 start, end;

		if (type == SHADOW_ZONE_MOVABLE ||
		    (type == SHADOW_ZONE_HIGHMEM && !nodes->zone_limit[type]))
			continue;
		start = nodes->lowest_pfn[type];
		end = nodes->highest_pfn[type];
		if (start == end)
			say(out, SHADOW_BOOTLOG_INFO, "  %-8s empty", name);
		else
			say(out, SHADOW_BOOTLOG_INFO,
			    "  %-8s [mem 0x%016llx-0x%016llx]", name,
			    to_bytes(out, start), to_bytes(out, end) - 1);
	}
}

static void say_movable_start(const struct out *out)
{
	const struct shadow_nodes *nodes = out->log->nodes;
	unsigned int nid;

	say(out, SHADOW_BOOTLOG_INFO, "Movable zone start for each node");
	for (nid = 0; nid < nodes->nr_nodes; nid++)
		if (nodes->movable_pfn[nid])
			say(out, SHADOW_BOOTLOG_INFO, "  Node %u: 0x%016llx",
			    nid, to_bytes(out, nodes->movable_pfn[nid]));
}

static void say_node_ranges(const struct out *out)
{
	unsigned long start_pfn, end_pfn;
	int i, nid;

	say(out, SHADOW_BOOTLOG_INFO, "Early memory node ranges");
	shadow_for_each_mem_pfn_range(out->log->mb, i, SHADOW_MAX_NUMNODES,
				      &start_pfn, &end_pfn, &nid)
		say(out, SHADOW_BOOTLOG_INFO,
		    "  node %3d: [mem 0x%016llx-0x%016llx]", node_of(nid),
		    to_bytes(out, start_pfn), to_bytes(out, end_pfn) - 1);
}

/* zone_batchsize() while all frames still count as managed */
static u64 lifo_batch(const struct out *out, const struct shadow_zone *zone)
{
	u64 batch = min_t(u64, zone->present >> 10,
			  SZ_1M >> out->log->nodes->page_shift) / 4;

	batch = max_t(u64, batch, 1);
	return rounddown_pow_of_two(batch + batch / 2) - 1;
}

/* calc_memmap_size(), which 6.12 no longer has, with SPARSEMEM or without */
static u64 memmap_pages(const struct out *out, const struct shadow_zone *zone)
{
	const struct shadow_bootlog *log = out->log;
	u64 nr = zone->spanned, page = to_bytes(out, 1);

	if (log->section_shift && nr > zone->present + (zone->present >> 4))
		nr = zone->present;
	return DIV_ROUND_UP_ULL(nr * log->layout->page_struct_bytes, page);
}

/* free_area_init_core() and, from it, zone_pcp_init() */
static void say_zone(const struct out *out, const struct shadow_zone *zone)
{
	const char *name = shadow_zone_names[zone->type];
	u64 memmap = memmap_pages(out, zone);

	if (zone->spanned && zone->type != SHADOW_ZONE_HIGHMEM) {
		if (zone->present >= memmap && memmap)
			say(out, SHADOW_BOOTLOG_OLD,
			    "  %s zone: %llu pages used for memmap", name,
			    memmap);
		else if (memmap)
			say(out, SHADOW_BOOTLOG_OLD,
			    "  %s zone: %llu memmap pages exceeds freesize %llu",
			    name, memmap, zone->present);
	}
	/* set_dma_reserve() is x86's; the line was the first zone's alone */
	if (zone->type == SHADOW_ZONE_DMA && zone->present > memmap)
		say(out, SHADOW_BOOTLOG_OLD, "  %s zone: 0 pages reserved",
		    name);
	if (shadow_zone_populated(zone))
		say(out, SHADOW_BOOTLOG_DEBUG,
		    "  %s zone: %llu pages, LIFO batch:%llu", name,
		    zone->present, lifo_batch(out, zone));
}

static void say_nodes(const struct out *out)
{
	const struct shadow_nodes *nodes = out->log->nodes;
	unsigned int nid, type;

	for (nid = 0; nid < nodes->nr_nodes; nid++) {
		const struct shadow_node *node = &nodes->node[nid];

		if (!shadow_node_is(nodes, nid, SHADOW_N_ONLINE))
			continue;
		if (node->spanned)
			say(out, SHADOW_BOOTLOG_INFO,
			    "Initmem setup node %u [mem 0x%016llx-0x%016llx]",
			    nid, to_bytes(out, node->start_pfn),
			    to_bytes(out, node->start_pfn + node->spanned) - 1);
		else
			say(out, SHADOW_BOOTLOG_INFO,
			    "Initmem setup node %u as memoryless", nid);
		say(out, SHADOW_BOOTLOG_DEBUG, "On node %u totalpages: %llu",
		    nid, node->present);
		for (type = 0; type < SHADOW_MAX_NR_ZONES; type++)
			say_zone(out, &node->zone[type]);
	}
}

/* Frames of [@start_pfn, @end_pfn) that have a memmap entry: pfn_valid() */
static u64 count_valid(const struct out *out, u64 start_pfn, u64 end_pfn)
{
	const struct shadow_bootlog *log = out->log;
	const struct shadow_memmap *memmap = &log->nodes->memmap;
	u64 nr = 0, section, first, last;
	unsigned long start, end;
	int i;

	if (!log->section_shift) {
		first = max(start_pfn, memmap->start_pfn);
		last = min(end_pfn, memmap->end_pfn);
		return first < last ? last - first : 0;
	}
	section = 1ULL << (log->section_shift - log->nodes->page_shift);
	shadow_for_each_mem_pfn_range(log->mb, i, SHADOW_MAX_NUMNODES, &start,
				      &end, NULL) {
		/* Ranges ascend, and two may share a section */
		first = max_t(u64, round_down(start, section), start_pfn);
		last = min_t(u64, round_up(end, section), end_pfn);
		if (first < last) {
			nr += last - first;
			start_pfn = last;
		}
	}
	return nr;
}

/* init_unavailable_range() */
static void say_unavailable(const struct out *out, u64 start_pfn, u64 end_pfn,
			    unsigned int type, int nid)
{
	u64 nr = start_pfn < end_pfn ? count_valid(out, start_pfn, end_pfn) : 0;

	if (nr)
		say(out, SHADOW_BOOTLOG_INFO,
		    "On node %d, zone %s: %llu pages in unavailable ranges",
		    nid, shadow_zone_names[type], nr);
}

/* memmap_init(): holes below each range, and behind the last one */
static void say_holes(const struct out *out)
{
	const struct shadow_bootlog *log = out->log;
	unsigned long start_pfn = 0, end_pfn = 0;
	u64 hole = 0, section;
	unsigned int type, last = 0;
	int i, nid = 0;

	shadow_for_each_mem_pfn_range(log->mb, i, SHADOW_MAX_NUMNODES,
				      &start_pfn, &end_pfn, &nid) {
		const struct shadow_zone *zone =
			log->nodes->node[node_of(nid) % SHADOW_MAX_NODES].zone;

		for (type = 0; type < SHADOW_MAX_NR_ZONES; type++, zone++) {
			u64 zone_end = zone->start_pfn + zone->spanned, start, end;

			if (!shadow_zone_populated(zone))
				continue;
			last = type;
			start = clamp_t(u64, start_pfn, zone->start_pfn, zone_end);
			end = clamp_t(u64, end_pfn, zone->start_pfn, zone_end);
			if (start >= end)
				continue;
			say_unavailable(out, hole, start, type, node_of(nid));
			hole = end;
		}
	}
	if (!log->section_shift)
		return;
	section = 1ULL << (log->section_shift - log->nodes->page_shift);
	say_unavailable(out, hole, round_up(end_pfn, section), last,
			node_of(nid));
}

static void say_free_area_init(const struct out *out)
{
	say_zone_ranges(out);
	say_movable_start(out);
	say_node_ranges(out);
	say_nodes(out);
	say_holes(out);
}

/* ------------------------------------------------- build_all_zonelists -- */

static void say_fallback_order(const struct out *out, unsigned int nid)
{
	const struct shadow_zonelist *list = &out->log->nodes->node[nid].fallback;
	char order[4 * SHADOW_MAX_NODES] = "";
	unsigned int i, len = 0;

	/* A node's zones follow each other; the kernel's blank stays */
	for (i = 0; i < list->nr; i++)
		if (!i || list->zone[i]->nid != list->zone[i - 1]->nid)
			len += scnprintf(order + len, sizeof(order) - len,
					 "%d ", list->zone[i]->nid);
	say(out, SHADOW_BOOTLOG_INFO, "Fallback order for Node %u: %s", nid,
	    order);
}

static void say_build_zonelists(const struct out *out)
{
	const struct shadow_nodes *nodes = out->log->nodes;
	unsigned int nid, type, policy = 0;

	for (nid = 0; nid < nodes->nr_nodes; nid++) {
		if (!shadow_node_is(nodes, nid, SHADOW_N_ONLINE))
			continue;
		say_fallback_order(out, nid);
		for (type = 0; type < SHADOW_ZONE_MOVABLE; type++)
			if (shadow_zone_populated(&nodes->node[nid].zone[type]))
				policy = max(policy, type);
	}
	say(out, SHADOW_BOOTLOG_INFO,
	    "Built %u zonelists, mobility grouping %s.  Total pages: %llu",
	    hweight8(nodes->state[SHADOW_N_ONLINE]),
	    nodes->mobility_off ? "off" : "on", shadow_zonelist_total(nodes));
	say(out, SHADOW_BOOTLOG_INFO, "Policy zone: %s",
	    shadow_zone_names[policy]);
}

/* ------------------------------------------------------------ mem_init -- */

static u64 part_kib(const struct out *out, enum shadow_bootlog_part part)
{
	return (out->log->part[part].end - out->log->part[part].start) / SZ_1K;
}

/* totalhigh_pages(): MOVABLE is cut off from the highest zone */
static u64 high_pages(const struct shadow_nodes *nodes,
		      const struct shadow_zone *zone)
{
	bool any = nodes->highest_pfn[SHADOW_ZONE_HIGHMEM] >
		   nodes->lowest_pfn[SHADOW_ZONE_HIGHMEM];

	return zone[SHADOW_ZONE_HIGHMEM].managed +
	       (any ? zone[SHADOW_ZONE_MOVABLE].managed : 0);
}

/* mem_init_print_info() */
static void say_memory(const struct out *out)
{
	const struct shadow_bootlog *log = out->log;
	const struct shadow_nodes *nodes = log->nodes;
	u64 present = 0, high = 0;
	unsigned int nid;
	char highmem[32] = "";

	for (nid = 0; nid < nodes->nr_nodes; nid++) {
		present += nodes->node[nid].present;
		high += high_pages(nodes, nodes->node[nid].zone);
	}
	if (nodes->zone_limit[SHADOW_ZONE_HIGHMEM])
		scnprintf(highmem, sizeof(highmem), ", %lluK highmem",
			  to_kib(out, high));
	say(out, SHADOW_BOOTLOG_INFO,
	    "Memory: %lluK/%lluK available (%lluK kernel code, %lluK rwdata, %lluK rodata, %lluK init, %lluK bss, %lluK reserved, %lluK cma-reserved%s)",
	    to_kib(out, log->free_pages), to_kib(out, present),
	    part_kib(out, SHADOW_BOOTLOG_TEXT),
	    part_kib(out, SHADOW_BOOTLOG_DATA),
	    part_kib(out, SHADOW_BOOTLOG_RODATA),
	    part_kib(out, SHADOW_BOOTLOG_INIT),
	    part_kib(out, SHADOW_BOOTLOG_BSS),
	    to_kib(out, present - log->managed_pages - log->cma_pages),
	    to_kib(out, log->cma_pages), highmem);
}

/**
 * shadow_bootlog_section_shift() - how large a section of SPARSEMEM is
 * @page_shift: log2 of the page size
 *
 * SECTION_SIZE_BITS of arch/arm64/include/asm/sparsemem.h.
 *
 * Context: any.
 * Return: log2 of its bytes.
 */
unsigned int shadow_bootlog_section_shift(unsigned int page_shift)
{
	return page_shift == 16 ? 29 : 27;
}

/**
 * shadow_bootlog_phase() - the lines that a kernel prints in a phase
 * @log: what they are computed from
 * @phase: the phase, which is complete
 * @emit: takes them; none where the kernel is silent
 * @to: for @emit
 *
 * "Memory:" stands with mem_init, whose last step it was until 6.12 moved it
 * behind what it calls page_alloc_init_late().
 *
 * Context: any; nothing of @log changes meanwhile.
 */
void shadow_bootlog_phase(const struct shadow_bootlog *log,
			  enum shadow_phase phase, shadow_bootlog_emit_t emit,
			  void *to)
{
	struct out out = { .log = log, .emit = emit, .to = to };

	switch (phase) {
	case SHADOW_PHASE_FREE_AREA_INIT:
		say_free_area_init(&out);
		break;
	case SHADOW_PHASE_BUILD_ZONELISTS:
		say_build_zonelists(&out);
		break;
	case SHADOW_PHASE_MEM_INIT:
		say_memory(&out);
		shadow_bootlog_layout(log, emit, to);
		break;
	default:
		break;
	}
}
