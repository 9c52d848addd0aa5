// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a kernel prints about its memory, against what Debian's 6.12 kernels
 * printed in guests of QEMU's with `cma=0`.
 */
#include "shadow_bootlog.h"
#include "shadow_test.h"
#include "shadow_zonelist.h"

#define MAX_LINES	64

/**
 * struct machine - a machine as far as the lines need it
 * @block: what memblock believes to have
 * @events: nobody counts
 * @mb: its memory
 * @nodes: its nodes and zones, without a memmap
 * @layout: its address space
 * @log: what the lines are computed from
 * @line: what was printed
 * @level: of each line
 * @nr: how many
 */
struct machine {
	struct shadow_block block;
	struct shadow_event_log events;
	struct shadow_memblock mb;
	struct shadow_nodes nodes;
	struct shadow_layout layout;
	struct shadow_bootlog log;
	char line[MAX_LINES][SHADOW_BOOTLOG_LINE];
	enum shadow_bootlog_level level[MAX_LINES];
	unsigned int nr;
};

static void gather(void *to, enum shadow_bootlog_level level, const char *line)
{
	struct machine *m = to;

	if (m->nr < MAX_LINES) {
		m->level[m->nr] = level;
		strscpy(m->line[m->nr], line, SHADOW_BOOTLOG_LINE);
	}
	m->nr++;
}

struct bank {
	u64 base, bytes;
	int nid;
};

static struct machine *machine(struct kunit *test, unsigned int page_shift,
			       const struct bank *bank, unsigned int nr)
{
	struct machine *m = shadow_test_alloc(test, sizeof(*m));
	struct shadow_geometry geo;
	phys_addr_t end;
	unsigned int i;

	shadow_test_block(test, &m->block, SHADOW_TEST_BASE, SZ_64K);
	shadow_event_init(&m->events);
	shadow_memblock_init(&m->mb, &m->block, &m->events, page_shift);
	for (i = 0; i < nr; i++)
		KUNIT_ASSERT_EQ(test, shadow_memblock_add_node(&m->mb, bank[i].base,
							       bank[i].bytes,
							       bank[i].nid, 0),
				0);
	shadow_nodes_init(&m->nodes, &m->block, &m->events, NULL, page_shift,
			  page_shift == 12 ? 10 : 11);
	KUNIT_ASSERT_EQ(test, shadow_geometry_init(&geo, page_shift, 48, 48,
						   false), 0);
	KUNIT_ASSERT_EQ(test, shadow_layout_init(&m->layout, &geo, 64), 0);
	end = shadow_memblock_end_of_DRAM(&m->mb);
	KUNIT_ASSERT_EQ(test, shadow_layout_set_memstart(&m->layout,
							 bank->base, end), 0);
	m->log.mb = &m->mb;
	m->log.nodes = &m->nodes;
	m->log.layout = &m->layout;
	m->log.section_shift = shadow_bootlog_section_shift(page_shift);
	return m;
}

/* How far a zone of a node reaches; @absent bytes in it have no memory */
static void zone(struct kunit *test, struct machine *m, int nid,
		 enum shadow_zone_type type, u64 start, u64 end, u64 absent)
{
	unsigned int shift = m->nodes.page_shift;
	const struct shadow_zone *z = &m->nodes.node[nid].zone[type];

	KUNIT_EXPECT_EQ(test, z->start_pfn, start >> shift);
	KUNIT_EXPECT_EQ(test, z->spanned, (end - start) >> shift);
	KUNIT_EXPECT_EQ(test, z->present, (end - start - absent) >> shift);
}

/* What a kernel's log would have of a phase, debugging off, or all of it */
static void expect_lines(struct kunit *test, struct machine *m,
			 enum shadow_phase phase, bool all,
			 const char *const *line)
{
	unsigned int i;

	m->nr = 0;
	shadow_bootlog_phase(&m->log, phase, gather, m);
	KUNIT_ASSERT_LE(test, m->nr, MAX_LINES);
	for (i = 0; i < m->nr; i++) {
		if (!all && m->level[i] != SHADOW_BOOTLOG_INFO)
			continue;
		KUNIT_ASSERT_NOT_NULL_MSG(test, *line, "more: %s", m->line[i]);
		KUNIT_EXPECT_STREQ(test, m->line[i], *line);
		line++;
	}
	KUNIT_EXPECT_TRUE_MSG(test, !*line, "missing: %s", *line);
}

/* 6.12 cloud, -m 1G */
static void guest_of_1_gib(struct kunit *test)
{
	static const struct bank bank = { 0x40000000, SZ_1G, 0 };
	static const char *const free_area_init[] = {
		"Zone ranges:",
		"  DMA      [mem 0x0000000040000000-0x000000007fffffff]",
		"  DMA32    empty",
		"  Normal   empty",
		"  Device   empty",
		"Movable zone start for each node",
		"Early memory node ranges",
		"  node   0: [mem 0x0000000040000000-0x000000007fffffff]",
		"Initmem setup node 0 [mem 0x0000000040000000-0x000000007fffffff]",
		NULL
	};
	static const char *const with_debug[] = {
		"Zone ranges:",
		"  DMA      [mem 0x0000000040000000-0x000000007fffffff]",
		"  DMA32    empty",
		"  Normal   empty",
		"  Device   empty",
		"Movable zone start for each node",
		"Early memory node ranges",
		"  node   0: [mem 0x0000000040000000-0x000000007fffffff]",
		"Initmem setup node 0 [mem 0x0000000040000000-0x000000007fffffff]",
		"On node 0 totalpages: 262144",
		/* 262144 of 64 bytes each */
		"  DMA zone: 4096 pages used for memmap",
		"  DMA zone: 0 pages reserved",
		/* 1 MiB in pages, a quarter, half as much again, 2^n - 1 */
		"  DMA zone: 262144 pages, LIFO batch:63",
		NULL
	};
	static const char *const build_zonelists[] = {
		"Fallback order for Node 0: 0 ",
		"Built 1 zonelists, mobility grouping on.  Total pages: 262144",
		"Policy zone: DMA",
		NULL
	};
	static const char *const mem_init[] = {
		"Memory: 978344K/1048576K available (14208K kernel code, 2776K rwdata, 10728K rodata, 6208K init, 906K bss, 66524K reserved, 0K cma-reserved)",
		NULL
	};
	static const unsigned int kib[SHADOW_BOOTLOG_NR_PARTS] = {
		[SHADOW_BOOTLOG_TEXT] = 14208, [SHADOW_BOOTLOG_RODATA] = 10728,
		[SHADOW_BOOTLOG_INIT] = 6208, [SHADOW_BOOTLOG_DATA] = 2776,
		[SHADOW_BOOTLOG_BSS] = 906,
	};
	struct machine *m = machine(test, 12, &bank, 1);
	unsigned int i, phase;

	m->nodes.zone_limit[SHADOW_ZONE_DMA] = 0x80000;
	m->nodes.zone_limit[SHADOW_ZONE_NORMAL] = U64_MAX;
	shadow_zone_span_all(&m->nodes, &m->mb);
	zone(test, m, 0, SHADOW_ZONE_DMA, 0x40000000, 0x80000000, 0);
	shadow_build_zonelists(&m->nodes);
	for (i = 0; i < SHADOW_BOOTLOG_NR_PARTS; i++) {
		m->log.part[i].start = m->layout.kimage_vaddr + i * SZ_32M;
		m->log.part[i].end = m->log.part[i].start + kib[i] * SZ_1K;
	}
	m->log.free_pages = 978344 / 4;
	m->log.managed_pages = (1048576 - 66524) / 4;
	expect_lines(test, m, SHADOW_PHASE_FREE_AREA_INIT, false, free_area_init);
	expect_lines(test, m, SHADOW_PHASE_FREE_AREA_INIT, true, with_debug);
	expect_lines(test, m, SHADOW_PHASE_BUILD_ZONELISTS, true, build_zonelists);
	expect_lines(test, m, SHADOW_PHASE_MEM_INIT, false, mem_init);
	for (phase = 0; phase < SHADOW_NR_PHASES; phase++) {
		m->nr = 0;
		shadow_bootlog_phase(&m->log, phase, gather, m);
		KUNIT_EXPECT_EQ(test, !m->nr,
				phase != SHADOW_PHASE_FREE_AREA_INIT &&
				phase != SHADOW_PHASE_BUILD_ZONELISTS &&
				phase != SHADOW_PHASE_MEM_INIT);
	}
}

/* 6.12 of 16K pages, -m 5000M: the last section is not full */
static void guest_of_16k_pages(struct kunit *test)
{
	static const struct bank bank = { 0x40000000, 5000ULL * SZ_1M, 0 };
	static const char *const free_area_init[] = {
		"Zone ranges:",
		"  DMA      [mem 0x0000000040000000-0x00000000ffffffff]",
		"  DMA32    empty",
		"  Normal   [mem 0x0000000100000000-0x00000001787fffff]",
		"  Device   empty",
		"Movable zone start for each node",
		"Early memory node ranges",
		"  node   0: [mem 0x0000000040000000-0x00000001787fffff]",
		"Initmem setup node 0 [mem 0x0000000040000000-0x00000001787fffff]",
		"On node 0 totalpages: 320000",
		"  DMA zone: 768 pages used for memmap",
		"  DMA zone: 0 pages reserved",
		"  DMA zone: 196608 pages, LIFO batch:15",
		/* 123392 entries of 64 bytes are 482 pages of 16 KiB */
		"  Normal zone: 482 pages used for memmap",
		"  Normal zone: 123392 pages, LIFO batch:15",
		"On node 0, zone Normal: 7680 pages in unavailable ranges",
		NULL
	};
	static const char *const build_zonelists[] = {
		"Fallback order for Node 0: 0 ",
		"Built 1 zonelists, mobility grouping on.  Total pages: 320000",
		"Policy zone: Normal",
		NULL
	};
	struct machine *m = machine(test, 14, &bank, 1);

	m->nodes.zone_limit[SHADOW_ZONE_DMA] = SZ_4G >> 14;
	m->nodes.zone_limit[SHADOW_ZONE_NORMAL] = U64_MAX;
	shadow_zone_span_all(&m->nodes, &m->mb);
	zone(test, m, 0, SHADOW_ZONE_DMA, 0x40000000, SZ_4G, 0);
	zone(test, m, 0, SHADOW_ZONE_NORMAL, SZ_4G, 0x178800000, 0);
	shadow_build_zonelists(&m->nodes);
	expect_lines(test, m, SHADOW_PHASE_FREE_AREA_INIT, true, free_area_init);
	expect_lines(test, m, SHADOW_PHASE_BUILD_ZONELISTS, true, build_zonelists);
}

/* 6.12 cloud, -m 3000M, nodes of 1400 and 1600 MiB */
static void guest_of_2_nodes(struct kunit *test)
{
	static const struct bank banks[] = {
		{ 0x40000000, 1400ULL * SZ_1M, 0 },
		{ 0x97800000, 1600ULL * SZ_1M, 1 },
	};
	static const char *const free_area_init[] = {
		"Zone ranges:",
		"  DMA      [mem 0x0000000040000000-0x00000000fb7fffff]",
		"  DMA32    empty",
		"  Normal   empty",
		"  Device   empty",
		"Movable zone start for each node",
		"Early memory node ranges",
		"  node   0: [mem 0x0000000040000000-0x00000000977fffff]",
		"  node   1: [mem 0x0000000097800000-0x00000000fb7fffff]",
		"Initmem setup node 0 [mem 0x0000000040000000-0x00000000977fffff]",
		"Initmem setup node 1 [mem 0x0000000097800000-0x00000000fb7fffff]",
		"On node 1, zone DMA: 18432 pages in unavailable ranges",
		NULL
	};
	static const char *const build_zonelists[] = {
		"Fallback order for Node 0: 0 1 ",
		"Fallback order for Node 1: 1 0 ",
		"Built 2 zonelists, mobility grouping on.  Total pages: 768000",
		"Policy zone: DMA",
		NULL
	};
	struct machine *m = machine(test, 12, banks, 2);

	m->nodes.nr_nodes = 2;
	m->nodes.zone_limit[SHADOW_ZONE_DMA] = 0xfb800;
	m->nodes.zone_limit[SHADOW_ZONE_NORMAL] = U64_MAX;
	shadow_zone_span_all(&m->nodes, &m->mb);
	zone(test, m, 0, SHADOW_ZONE_DMA, 0x40000000, 0x97800000, 0);
	zone(test, m, 1, SHADOW_ZONE_DMA, 0x97800000, 0xfb800000, 0);
	shadow_build_zonelists(&m->nodes);
	expect_lines(test, m, SHADOW_PHASE_FREE_AREA_INIT, false, free_area_init);
	expect_lines(test, m, SHADOW_PHASE_BUILD_ZONELISTS, true, build_zonelists);
}

/*
 * Three banks, part of a page at the edges, two in one section, a hole between
 * zones, a node without memory, little memory, a movable zone: by hand.
 */
static void holes_by_hand(struct kunit *test)
{
	static const struct bank banks[] = {
		{ 0x40200000, 0x7f00000, SHADOW_MAX_NUMNODES },	/* to 0x48100000 */
		{ 0x4a000800, 0x1000000, 0 },			/* to 0x4b000800 */
		{ 0x60000000, 0x1000000, 2 },
	};
	static const char *const sparse[] = {
		"Zone ranges:",
		"  DMA      [mem 0x0000000040200000-0x0000000049ffffff]",
		"  DMA32    empty",
		"  Normal   [mem 0x000000004a000000-0x0000000060ffffff]",
		"  Device   empty",
		"Movable zone start for each node",
		"  Node 2: 0x0000000060800000",
		"Early memory node ranges",
		"  node   0: [mem 0x0000000040200000-0x00000000480fffff]",
		"  node   0: [mem 0x000000004a001000-0x000000004affffff]",
		"  node   2: [mem 0x0000000060000000-0x00000000607fffff]",
		"  node   2: [mem 0x0000000060800000-0x0000000060ffffff]",
		"Initmem setup node 0 [mem 0x0000000040200000-0x000000004affffff]",
		"On node 0 totalpages: 36607",
		/* 40448 entries are spanned, more than 1/16 of them for nothing */
		"  DMA zone: 508 pages used for memmap",
		"  DMA zone: 0 pages reserved",
		"  DMA zone: 32512 pages, LIFO batch:7",
		"  Normal zone: 64 pages used for memmap",
		"  Normal zone: 4095 pages, LIFO batch:0",
		"Initmem setup node 1 as memoryless",
		"On node 1 totalpages: 0",
		"Initmem setup node 2 [mem 0x0000000060000000-0x0000000060ffffff]",
		"On node 2 totalpages: 4096",
		"  Normal zone: 32 pages used for memmap",
		"  Normal zone: 2048 pages, LIFO batch:0",
		"  Movable zone: 32 pages used for memmap",
		"  Movable zone: 2048 pages, LIFO batch:0",
		/* From the section's start at 0x40000000 */
		"On node 0, zone DMA: 512 pages in unavailable ranges",
		/* From 0x48100000 to 0x4a001000, all in one section */
		"On node 0, zone Normal: 7937 pages in unavailable ranges",
		/* From 0x4b000000 to 0x50000000; none of the sections behind */
		"On node 2, zone Normal: 20480 pages in unavailable ranges",
		/* From 0x61000000 to 0x68000000 */
		"On node 2, zone Movable: 28672 pages in unavailable ranges",
		NULL
	};
	static const char *const build_zonelists[] = {
		"Fallback order for Node 0: 0 2 ",
		"Fallback order for Node 1: 2 0 ",
		"Fallback order for Node 2: 2 0 ",
		"Built 3 zonelists, mobility grouping on.  Total pages: 40703",
		"Policy zone: Normal",
		NULL
	};
	struct machine *m = machine(test, 12, banks, ARRAY_SIZE(banks));

	m->nodes.nr_nodes = 3;
	m->nodes.zone_limit[SHADOW_ZONE_DMA] = 0x4a000;
	m->nodes.zone_limit[SHADOW_ZONE_NORMAL] = U64_MAX;
	m->mb.movable_node = true;
	KUNIT_ASSERT_EQ(test, shadow_memblock_mark_hotplug(&m->mb, 0x60800000,
							   SZ_8M), 0);
	shadow_zone_span_all(&m->nodes, &m->mb);
	zone(test, m, 0, SHADOW_ZONE_DMA, 0x40200000, 0x4a000000,
	     0x4a000000 - 0x48100000);
	zone(test, m, 0, SHADOW_ZONE_NORMAL, 0x4a000000, 0x4b000000, SZ_4K);
	zone(test, m, 2, SHADOW_ZONE_NORMAL, 0x60000000, 0x60800000, 0);
	zone(test, m, 2, SHADOW_ZONE_MOVABLE, 0x60800000, 0x61000000, 0);
	shadow_build_zonelists(&m->nodes);
	expect_lines(test, m, SHADOW_PHASE_FREE_AREA_INIT, true, sparse);
	expect_lines(test, m, SHADOW_PHASE_BUILD_ZONELISTS, true, build_zonelists);
}

/* A flat memmap has an entry for every frame from the first to the last */
static void holes_of_a_flat_memmap(struct kunit *test)
{
	static const struct bank banks[] = {
		{ 0x40200000, 0x7f00000, 0 }, { 0x60000000, 0x1000000, 0 },
	};
	static const char *const flat[] = {
		"Zone ranges:",
		"  DMA      empty",
		"  DMA32    empty",
		"  Normal   [mem 0x0000000040200000-0x000000005fffffff]",
		"  HighMem  [mem 0x0000000060000000-0x0000000060ffffff]",
		"  Device   empty",
		"Movable zone start for each node",
		"Early memory node ranges",
		"  node   0: [mem 0x0000000040200000-0x00000000480fffff]",
		"  node   0: [mem 0x0000000060000000-0x0000000060ffffff]",
		"Initmem setup node 0 [mem 0x0000000040200000-0x0000000060ffffff]",
		"On node 0 totalpages: 36608",
		/* All that is spanned: 130560 entries */
		"  Normal zone: 2040 pages used for memmap",
		"  Normal zone: 32512 pages, LIFO batch:7",
		"  HighMem zone: 4096 pages, LIFO batch:0",
		"On node 0, zone HighMem: 98048 pages in unavailable ranges",
		NULL
	};
	static const char *const mem_init[] = {
		"Memory: 40000K/146432K available (0K kernel code, 0K rwdata, 0K rodata, 0K init, 0K bss, 98240K reserved, 8192K cma-reserved, 16000K highmem)",
		NULL
	};
	struct machine *m = machine(test, 12, banks, ARRAY_SIZE(banks));
	static const char *const build_zonelists[] = {
		"Fallback order for Node 0: 0 ",
		"Built 1 zonelists, mobility grouping off.  Total pages: 3071",
		"Policy zone: HighMem",
		NULL
	};

	m->log.section_shift = 0;
	m->nodes.memmap.start_pfn = 0x40200;
	m->nodes.memmap.nr = 0x61000 - 0x40200;
	m->nodes.memmap.end_pfn = 0x61000;
	m->nodes.zone_limit[SHADOW_ZONE_NORMAL] = 0x60000;
	m->nodes.zone_limit[SHADOW_ZONE_HIGHMEM] = U64_MAX;
	shadow_zone_span_all(&m->nodes, &m->mb);
	zone(test, m, 0, SHADOW_ZONE_NORMAL, 0x40200000, 0x60000000,
	     0x60000000 - 0x48100000);
	zone(test, m, 0, SHADOW_ZONE_HIGHMEM, 0x60000000, 0x61000000, 0);
	m->nodes.node[0].zone[SHADOW_ZONE_HIGHMEM].managed = 4000;
	m->log.free_pages = 10000;
	m->log.managed_pages = 10000;
	m->log.cma_pages = 2048;
	expect_lines(test, m, SHADOW_PHASE_FREE_AREA_INIT, true, flat);
	expect_lines(test, m, SHADOW_PHASE_MEM_INIT, false, mem_init);
	/* One frame less than 6 pageblocks, one for each type of page */
	m->nodes.node[0].zone[SHADOW_ZONE_NORMAL].present = 1;
	m->nodes.node[0].zone[SHADOW_ZONE_HIGHMEM].present = 3070;
	shadow_build_zonelists(&m->nodes);
	expect_lines(test, m, SHADOW_PHASE_BUILD_ZONELISTS, true, build_zonelists);
	m->nodes.node[0].zone[SHADOW_ZONE_NORMAL].present = 2;
	m->nodes.mobility_off = false;
	shadow_build_zonelists(&m->nodes);
	m->nr = 0;
	shadow_bootlog_phase(&m->log, SHADOW_PHASE_BUILD_ZONELISTS, gather, m);
	KUNIT_EXPECT_STREQ(test, m->line[1],
			   "Built 1 zonelists, mobility grouping on.  Total pages: 3072");
}

static struct machine *machine_with_image(struct kunit *test)
{
	static const struct bank bank = { 0x40000000, SZ_1G, 0 };
	struct machine *m = machine(test, 12, &bank, 1);
	u64 at = m->layout.kimage_vaddr;
	unsigned int i;

	for (i = 0; i < SHADOW_BOOTLOG_NR_PARTS; i++) {
		m->log.part[i].start = at;
		at += SZ_1M + i * 100;
		m->log.part[i].end = at;
	}
	return m;
}

static void layout_table(struct kunit *test)
{
	static const char *const lines[] = {
		"Virtual kernel memory layout:",
		"    modules : 0xffff800000000000 - 0xffff800080000000   (  2048 MB)",
		"    vmalloc : 0xffff800080000000 - 0xfffffdffbf800000   (129020 GB)",
		"      .text : 0xffff800080000000 - 0xffff800080100000   (  1024 KB)",
		"    .rodata : 0xffff800080100000 - 0xffff800080200064   (  1025 KB)",
		"      .init : 0xffff800080200064 - 0xffff80008030012c   (  1025 KB)",
		"      .data : 0xffff80008030012c - 0xffff800080400258   (  1025 KB)",
		"       .bss : 0xffff800080400258 - 0xffff8000805003e8   (  1025 KB)",
		"    fixed   : 0xffffffffff42b000 - 0xffffffffff800000   (  3924 KB)",
		"    PCI I/O : 0xffffffffc0800000 - 0xffffffffc1800000   (    16 MB)",
		"    vmemmap : 0xfffffdffc0000000 - 0xffffffffc0000000   (  2048 GB maximum)",
		"              0xfffffdffc0000000 - 0xfffffdffc1000000   (    16 MB actual)",
		"    memory  : 0xffff000000000000 - 0xffff000040000000   (  1024 MB)",
		"    checked : memory | modules | vmalloc (.text | .rodata | .init | .data | .bss) | vmemmap | PCI I/O | fixed: ascending, none overlaps its neighbour",
	};
	struct machine *m = machine_with_image(test);
	unsigned int i;

	shadow_bootlog_layout(&m->log, gather, m);
	KUNIT_ASSERT_EQ(test, m->nr, ARRAY_SIZE(lines));
	for (i = 0; i < m->nr; i++) {
		KUNIT_EXPECT_STREQ(test, m->line[i], lines[i]);
		KUNIT_EXPECT_EQ(test, m->level[i] == SHADOW_BOOTLOG_OURS,
				i + 1 == m->nr);
	}
}

static void expect_bad_layout(struct kunit *test, struct machine *m,
			      const char *text)
{
	struct shadow_fault fault;

	shadow_fault_init(&fault);
	KUNIT_EXPECT_EQ(test, shadow_bootlog_check_layout(&m->log, &fault),
			-EUCLEAN);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(fault.text, text), "%s",
				  fault.text);
	m->nr = 0;
	shadow_bootlog_layout(&m->log, gather, m);
	KUNIT_EXPECT_STREQ(test, m->line[m->nr - 1], fault.text);
}

static void layout_boundaries(struct kunit *test)
{
	struct machine *m = machine_with_image(test);
	struct shadow_region *region = m->layout.region;
	unsigned int i;

	SHADOW_TEST_VERIFY(test, shadow_bootlog_check_layout(&m->log, &__fault));
	for (i = 1; i < SHADOW_NR_REGIONS; i++) {
		u64 end = region[i - 1].end;

		region[i - 1].end = region[i].start + SZ_4K;
		expect_bad_layout(test, m, region[i].name);
		region[i - 1].end = end;
	}
	for (i = 1; i < SHADOW_BOOTLOG_NR_PARTS; i++) {
		m->log.part[i].start--;
		expect_bad_layout(test, m, "overlaps");
		m->log.part[i].start++;
	}
	m->log.part[0].start--;
	expect_bad_layout(test, m, ".text ffff80007fffffff-ffff800080100000 is not inside vmalloc");
	m->log.part[0].start++;
	m->log.part[4].end = region[SHADOW_REGION_VMALLOC].end + 1;
	expect_bad_layout(test, m, ".bss");
	m->log.part[4].end = m->log.part[4].start;
	SHADOW_TEST_VERIFY(test, shadow_bootlog_check_layout(&m->log, &__fault));
	/* Memory beyond what the linear map shows, below and above */
	m->layout.phys_offset += SZ_1M;
	expect_bad_layout(test, m, "memory fffeffffff");
	m->layout.phys_offset -= SZ_1M + region[SHADOW_REGION_LINEAR].end -
				 region[SHADOW_REGION_LINEAR].start;
	expect_bad_layout(test, m, "is not inside linear map");
}

static struct kunit_case bootlog_cases[] = {
	KUNIT_CASE(guest_of_1_gib),
	KUNIT_CASE(guest_of_16k_pages),
	KUNIT_CASE(guest_of_2_nodes),
	KUNIT_CASE(holes_by_hand),
	KUNIT_CASE(holes_of_a_flat_memmap),
	KUNIT_CASE(layout_table),
	KUNIT_CASE(layout_boundaries),
	{}
};

static struct kunit_suite bootlog_suite = {
	.name = "shadow_bootlog",
	.test_cases = bootlog_cases,
};

kunit_test_suite(bootlog_suite);
