// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the boot keeps in the block before there is a buddy, overwritten: arrays
 * of memblock's that have moved there, and bitmaps of bootmem's. Each case names
 * the one value that it is about. Whoever follows it stays in the block, comes to
 * an end and says what is wrong: in user space the sanitizers judge the one, and
 * whoever waits the other.
 */
#include "shadow_test_break.h"
#include "shadow_test_machine.h"

#include "shadow_state.h"

/* More regions than the first array holds: the next one lies in the block */
#define NR_HOLES	140
/* Larger than any block, and round: as if one bit had been set */
#define FAR		BIT_ULL(60)

static struct shadow_memblock_region *region_of(struct rig *rig, unsigned long i)
{
	return &rig->mm.memblock.memory.regions[i];
}

/* A rig whose boot stands before that phase */
static void boot_until(struct kunit *test, struct rig *rig, enum shadow_phase phase)
{
	rig->mm.cfg.until = phase - 1;
	reboot(test, rig);
	KUNIT_ASSERT_EQ(test, rig->mm.boot.nr_done, phase);
}

/* Single frames leave the memory list */
static void punch_holes(struct kunit *test, struct rig *rig, unsigned int nr_holes)
{
	struct shadow_memblock *mb = &rig->mm.memblock;
	phys_addr_t pa = rig->mm.block.base, end = pa + rig->mm.block.bytes;
	unsigned int nr = 0;

	for (; pa < end && nr < nr_holes; pa += 2 * SZ_4K) {
		if (shadow_memblock_is_region_reserved(mb, pa, 2 * SZ_4K))
			continue;
		KUNIT_ASSERT_EQ(test, shadow_early_remove(&rig->mm.early, pa, SZ_4K), 0);
		nr++;
	}
	KUNIT_ASSERT_EQ(test, nr, nr_holes);
}

/* So many that its array has moved into the block */
static void punch(struct kunit *test, struct rig *rig)
{
	struct shadow_memblock *mb = &rig->mm.memblock;

	punch_holes(test, rig, NR_HOLES);
	KUNIT_ASSERT_PTR_NE(test, mb->memory.regions, &mb->memory.first[0]);
	KUNIT_ASSERT_NE(test, shadow_virt_to_phys(&rig->mm.block, mb->memory.regions),
			SHADOW_BLOCK_NO_PA);
	SHADOW_TEST_VERIFY(test, shadow_memblock_verify(mb, &__fault));
}

static void sink(void *to, const char *text, size_t bytes)
{
	*(u64 *)to += bytes;
}

/* Files that read the lists before the handover */
static void look_early(struct rig *rig)
{
	struct shadow_map_count *count = vzalloc(sizeof(*count));
	struct shadow_memblock *mb = &rig->mm.memblock;
	struct shadow_map_part part;
	char line[128];
	unsigned long i;

	shadow_audit(&rig->mm, &rig->audit);
	for (i = 0; i < mb->memory.cnt; i++)
		shadow_memblock_format_region(&mb->memory, i, line, sizeof(line));
	for (i = 0; count && shadow_map_part(&rig->mm, i, &part); i++)
		shadow_map_count(&rig->mm, &part, part.start_pfn, part.end_pfn, count);
	vfree(count);
}

/* ----------------------------------------------------------------- memblock -- */

/* memblock_memory: any bit of a region's flags, the last one too */
static void flags_of_a_region(struct kunit *test)
{
	struct shadow_memblock *mb = shadow_test_alloc(test, sizeof(*mb));
	struct shadow_event_log *log = shadow_test_alloc(test, sizeof(*log));
	unsigned int bit;
	char line[128];

	shadow_event_init(log);
	shadow_memblock_init(mb, NULL, log, 12);
	KUNIT_ASSERT_EQ(test, shadow_memblock_add(mb, SZ_1M, SZ_1M), 0);
	for (bit = 0; bit < 32; bit++) {
		mb->memory.regions[0].flags = BIT(bit);
		shadow_memblock_format_region(&mb->memory, 0, line, sizeof(line));
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(line, bit < SHADOW_MEMBLOCK_NR_FLAGS ?
						       shadow_memblock_flag_names[bit] :
						       "UNKNOWN\n"), "%s", line);
	}
	mb->memory.regions[0].flags = U32_MAX;
	shadow_memblock_format_region(&mb->memory, 0, line, sizeof(line));
	KUNIT_EXPECT_LT(test, strlen(line), sizeof(line));
}

static void reserve_small(struct kunit *test, struct shadow_test_machine *m,
			  unsigned int i)
{
	phys_addr_t pa = m->block.base + SZ_128K + i * SZ_1K;

	KUNIT_ASSERT_EQ(test, shadow_memblock_reserve(&m->mb, pa, 64), 0);
}

/*
 * The reserved list's own array moves while a range enters that it lies in, amid
 * others: what it leaves is a gap more than was counted. 254 ranges, and one that
 * the array of 256 is a part of, make 510; the next array has room for 512.
 */
static void an_array_moves_out_of_the_way(struct kunit *test)
{
	struct shadow_test_machine *m;
	struct shadow_block block;
	phys_addr_t pa, end;
	unsigned int i;

	shadow_test_block(test, &block, SHADOW_TEST_BASE, SZ_1M);
	m = shadow_test_machine_begin(test, &block);
	end = block.base + block.bytes;
	KUNIT_ASSERT_EQ(test, shadow_memblock_add(&m->mb, block.base, block.bytes), 0);
	shadow_memblock_allow_resize(&m->mb);
	for (i = 0; m->mb.reserved.max == SHADOW_MEMBLOCK_INIT_REGIONS; i++)
		reserve_small(test, m, i);
	pa = shadow_virt_to_phys(&block, m->mb.reserved.regions);
	KUNIT_ASSERT_EQ(test, pa, end - 2 * SZ_4K);
	/* One region from below the array to above it, behind all memory */
	KUNIT_ASSERT_EQ(test, shadow_memblock_reserve(&m->mb, pa - SZ_4K, SZ_4K), 0);
	KUNIT_ASSERT_EQ(test, shadow_memblock_reserve(&m->mb, end, SZ_4K), 0);
	for (; m->mb.reserved.cnt < 255; i++)
		reserve_small(test, m, i);
	KUNIT_ASSERT_EQ(test, m->mb.reserved.max, 256);
	pa = block.base + SZ_64K;
	KUNIT_EXPECT_EQ(test, shadow_memblock_reserve(&m->mb, pa, end + SZ_4K - pa), 0);
	for (; pa < end + SZ_4K; pa += 64)
		if (!shadow_memblock_is_reserved(&m->mb, pa))
			break;
	KUNIT_EXPECT_EQ(test, pa, end + SZ_4K);
	SHADOW_TEST_VERIFY(test, shadow_memblock_verify(&m->mb, &__fault));
}

/* Node 9 of a machine that may have 8: nobody's frontier of MOVABLE */
static void node_of_a_region(struct kunit *test)
{
	struct shadow_test_machine *m;
	struct shadow_block board;
	int nid;

	shadow_test_block_bare(&board, SHADOW_TEST_BASE, SZ_16M);
	m = shadow_test_machine_begin(test, &board);
	m->mb.movable_node = true;
	KUNIT_ASSERT_EQ(test, shadow_memblock_add(&m->mb, board.base, SZ_8M), 0);
	KUNIT_ASSERT_EQ(test, shadow_memblock_add(&m->mb, board.base + 12 * SZ_1M, SZ_1M), 0);
	for (nid = SHADOW_MAX_NODES; nid < SHADOW_MAX_NUMNODES; nid++) {
		m->mb.memory.regions[1].nid = nid;
		m->mb.memory.regions[1].flags = SHADOW_MEMBLOCK_HOTPLUG;
		shadow_zone_span_all(&m->nodes, &m->mb);
		KUNIT_EXPECT_EQ(test, m->nodes.distance[0][0], SHADOW_LOCAL_DISTANCE);
		KUNIT_EXPECT_EQ(test, m->nodes.node[0].present, SZ_8M / SZ_4K);
	}
}

/* A list that does not ascend: ends that are no span, and no room for any bank */
static void regions_that_do_not_ascend(struct kunit *test)
{
	struct shadow_memmap *memmap = shadow_test_alloc(test, sizeof(*memmap));
	struct shadow_test_machine *m;
	struct shadow_block board;
	unsigned int model;

	shadow_test_block_bare(&board, SHADOW_TEST_BASE, SZ_16M);
	m = shadow_test_machine_begin(test, &board);
	KUNIT_ASSERT_EQ(test, shadow_memblock_add(&m->mb, board.base, SZ_4M), 0);
	KUNIT_ASSERT_EQ(test, shadow_memblock_add(&m->mb, board.base + SZ_8M, SZ_4M), 0);
	m->mb.memory.regions[0].base = FAR;
	for (model = 0; model < SHADOW_NR_MEMMODELS; model++) {
		m->mb.memory.regions[0].size = SZ_4M;
		KUNIT_EXPECT_NE(test, shadow_memmap_plan(memmap, &m->mb, model, 10, 1), 0);
		m->mb.memory.regions[0].size = FAR;
		KUNIT_EXPECT_NE(test, shadow_memmap_plan(memmap, &m->mb, model, 10, 1), 0);
	}
}

/* -------------------------------------------------------- frames with contents -- */

/* A table, the memmap: frames that are not the block's have no contents */
static void memory_outside_of_the_block(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct shadow_memblock_region *last;
	phys_addr_t end = rig->mm.block.base + rig->mm.block.bytes, pa;
	unsigned long i;

	boot_until(test, rig, SHADOW_PHASE_PAGING_INIT);
	punch(test, rig);
	last = region_of(rig, rig->mm.memblock.memory.cnt - 1);
	last->base = end + SZ_1M;
	last->size = SZ_1M;
	pa = shadow_early_alloc_backed(&rig->mm.early, "table", SZ_4K, SZ_4K);
	KUNIT_EXPECT_TRUE(test, !pa || shadow_block_has(&rig->mm.block, pa, SZ_4K));
	/* All of them: nothing is left inside */
	for (i = 0; i < rig->mm.memblock.memory.cnt; i++)
		region_of(rig, i)->base += rig->mm.block.bytes;
	pa = shadow_early_alloc_backed(&rig->mm.early, "table", SZ_4K, SZ_4K);
	KUNIT_EXPECT_EQ(test, pa, 0);
	look_early(rig);
	say(rig, "continue");
	KUNIT_EXPECT_NE(test, rig->mm.boot.failed, 0);
	KUNIT_EXPECT_LT(test, rig->mm.boot.nr_done, SHADOW_PHASE_MEM_INIT);
}

/* Likewise the older allocator's bitmap, when it takes over */
static void a_bitmap_outside_of_the_block(struct kunit *test)
{
	struct shadow_bootmem *bm = shadow_test_alloc(test, sizeof(*bm));
	struct shadow_test_machine *m;
	struct shadow_early early;
	struct shadow_block block;

	shadow_test_block(test, &block, SHADOW_TEST_BASE, SZ_1M);
	m = shadow_test_machine_begin(test, &block);
	KUNIT_ASSERT_EQ(test, shadow_memblock_add(&m->mb, block.base, block.bytes), 0);
	shadow_early_init(&early, &shadow_early_bootmem, &m->mb, bm);
	m->mb.memory.regions[0].base += SZ_16M;
	KUNIT_EXPECT_EQ(test, shadow_early_take_over(&early), -ENOMEM);
	m->mb.memory.regions[0].base -= SZ_16M;
	KUNIT_EXPECT_EQ(test, shadow_early_take_over(&early), 0);
}

/* ------------------------------------------------------------------- views -- */

/* The picture `map`, before the handover: not a frame that the block has not */
static void the_map_of_a_region_without_end(struct kunit *test)
{
	struct shadow_map_count *count = shadow_test_alloc(test, sizeof(*count));
	struct rig *rig = test->priv;
	u64 end = (rig->mm.block.base + rig->mm.block.bytes) >> 12;
	struct shadow_memblock_region *last;
	struct shadow_map_part part;

	boot_until(test, rig, SHADOW_PHASE_PAGING_INIT);
	punch(test, rig);
	last = region_of(rig, rig->mm.memblock.memory.cnt - 1);
	last->size = FAR;
	KUNIT_ASSERT_TRUE(test, shadow_map_part(&rig->mm, 0, &part));
	KUNIT_EXPECT_EQ(test, part.end_pfn, end);
	shadow_map_count(&rig->mm, &part, part.start_pfn, part.end_pfn, count);
	last->base = 0;
	KUNIT_ASSERT_TRUE(test, shadow_map_part(&rig->mm, 0, &part));
	KUNIT_EXPECT_EQ(test, part.start_pfn, rig->mm.block.base >> 12);
	KUNIT_EXPECT_LE(test, part.end_pfn, end);
	look_early(rig);
	KUNIT_EXPECT_NE(test, shadow_audit(&rig->mm, &rig->audit), 0);
	say(rig, "continue");
	KUNIT_EXPECT_NE(test, rig->mm.boot.failed, 0);
}

/* The state dump, with flags that have no names */
static void the_state_of_an_overwritten_list(struct kunit *test)
{
	struct rig *rig = test->priv;
	u64 len = 0;
	struct shadow_text text = { .put = sink, .to = &len };

	boot_until(test, rig, SHADOW_PHASE_FREE_AREA_INIT);
	punch(test, rig);
	memset(rig->mm.memblock.memory.regions, 0xff,
	       rig->mm.memblock.memory.cnt * sizeof(struct shadow_memblock_region));
	shadow_state_print(&rig->mm, 0, &text);
	KUNIT_EXPECT_GT(test, len, 0);
	look_early(rig);
}

/* ----------------------------------------------------------------- handover -- */

/* What leads the handover astray */
enum astray {
	A_SIZE_WITHOUT_END,
	A_SIZE_OVER_HOLES,
	A_BASE_BELOW,
	A_BASE_FAR,
	A_REGION_TWICE,
	ASTRAY_KINDS,
};

static const char *const astray_names[ASTRAY_KINDS] = {
	"size without end", "size over holes", "base below", "base far", "region twice",
};

static void lead_astray(struct rig *rig, enum astray kind, unsigned long i)
{
	struct shadow_memblock_region *rgn = region_of(rig, i);

	switch (kind) {
	case A_SIZE_WITHOUT_END:
		rgn->size = FAR;
		break;
	case A_SIZE_OVER_HOLES:
		rgn->size += 5 * SZ_4K;
		break;
	case A_BASE_BELOW:
		rgn->base -= 3 * SZ_4K;
		break;
	case A_BASE_FAR:
		rgn->base = FAR;
		break;
	default:
		*rgn = *region_of(rig, i - 1);
	}
}

static bool says_handover(struct rig *rig)
{
	return strstr(rig->mm.fault.text, "handover: pfn ");
}

/*
 * Frames that the memmap has no entry for, or a hole, or that were handed over
 * already: the first of them freezes the machine, which says which one it is.
 */
static void frames_that_are_not_there(struct kunit *test, unsigned int model)
{
	struct rig *rig = test->priv;
	unsigned long i;
	unsigned int kind;

	rig->mm.cfg.memmodel = model;
	for (kind = 0; kind < ASTRAY_KINDS; kind++) {
		for (i = 1; i < NR_HOLES; i += 23) {
			boot_until(test, rig, SHADOW_PHASE_FREE_AREA_INIT);
			punch(test, rig);
			say(rig, "step");
			KUNIT_ASSERT_EQ(test, rig->mm.boot.nr_done,
					SHADOW_PHASE_FREE_AREA_INIT + 1);
			lead_astray(rig, kind, i);
			say(rig, "continue");
			KUNIT_EXPECT_EQ_MSG(test, rig->mm.boot.failed, -EUCLEAN,
					    "%s, region %lu", astray_names[kind], i);
			KUNIT_EXPECT_TRUE_MSG(test, says_handover(rig),
					      "%s, region %lu: %s", astray_names[kind], i,
					      rig->mm.fault.text);
		}
	}
	rig->mm.cfg.until = SHADOW_NR_PHASES - 1;
	rig->mm.cfg.memmodel = SHADOW_MEMMODEL_FLAT;
	reboot(test, rig);
	expect_healthy(test, rig);
}

static void handover_of_a_flat_memmap(struct kunit *test)
{
	frames_that_are_not_there(test, SHADOW_MEMMODEL_FLAT);
}

static void handover_of_sections(struct kunit *test)
{
	frames_that_are_not_there(test, SHADOW_MEMMODEL_VMEMMAP);
}

/* A bit of bootmem's that is a hole's: clear, it says that the frame is free */
static void a_bit_of_a_hole(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct shadow_bootmem_node *node;
	u64 pfn, end_pfn;

	rig->mm.cfg.early = "bootmem";
	boot_until(test, rig, SHADOW_PHASE_FREE_AREA_INIT);
	punch_holes(test, rig, 20);
	say(rig, "step");
	node = rig->mm.bootmem.bdata_list[0];
	end_pfn = node->node_low_pfn;
	for (pfn = node->node_min_pfn; pfn < end_pfn; pfn++)
		if (!shadow_memblock_is_memory(&rig->mm.memblock, pfn << 12))
			break;
	KUNIT_ASSERT_LT(test, pfn, end_pfn);
	__clear_bit(pfn - node->node_min_pfn, node->node_bootmem_map);
	say(rig, "continue");
	KUNIT_EXPECT_EQ(test, rig->mm.boot.failed, -EUCLEAN);
	KUNIT_EXPECT_TRUE_MSG(test, says_handover(rig), "%s", rig->mm.fault.text);
	rig->mm.cfg.early = "memblock";
}

/* Memory that comes late may be anywhere: nobody looks at each of its frames */
static void late_memory_without_end(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct shadow_memblock_region *last;
	phys_addr_t base = rig->mm.block.base;

	boot_until(test, rig, SHADOW_PHASE_FREE_AREA_INIT);
	punch(test, rig);
	say(rig, "step");
	KUNIT_ASSERT_EQ(test, shadow_early_add(&rig->mm.early, base + SZ_64M, SZ_4K), 0);
	last = region_of(rig, rig->mm.memblock.memory.cnt - 1);
	KUNIT_ASSERT_EQ(test, last->base, base + SZ_64M);
	last->size = FAR;
	say(rig, "continue");
	KUNIT_EXPECT_GE(test, rig->mm.handover.nr_late, FAR >> 13);
}

static int corrupt_early_init(struct kunit *test)
{
	int err = break_init(test);
	struct rig *rig = test->priv;

	if (err)
		return err;
	rig->mm.cfg.given &= ~BIT_ULL(SHADOW_PARAM_HIGHMEM);
	rig->mm.cfg.highmem = 0;
	return 0;
}

static struct kunit_case corrupt_early_cases[] = {
	KUNIT_CASE(flags_of_a_region),
	KUNIT_CASE(an_array_moves_out_of_the_way),
	KUNIT_CASE(node_of_a_region),
	KUNIT_CASE(regions_that_do_not_ascend),
	KUNIT_CASE(memory_outside_of_the_block),
	KUNIT_CASE(a_bitmap_outside_of_the_block),
	KUNIT_CASE(the_map_of_a_region_without_end),
	KUNIT_CASE(the_state_of_an_overwritten_list),
	KUNIT_CASE(handover_of_a_flat_memmap),
	KUNIT_CASE(handover_of_sections),
	KUNIT_CASE(a_bit_of_a_hole),
	KUNIT_CASE(late_memory_without_end),
	{}
};

static struct kunit_suite corrupt_early_suite = {
	.name = "shadow_corrupt_early",
	.init = corrupt_early_init,
	.exit = rig_exit,
	.test_cases = corrupt_early_cases,
};

kunit_test_suite(corrupt_early_suite);
