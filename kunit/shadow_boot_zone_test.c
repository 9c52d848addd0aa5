// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whole machines whose memory is divided into nodes and zones by parameter:
 * where each frame comes to lie, what the linear map shows, and what is refused
 * before anything is done.
 */
#include "shadow_test_host.h"

#include "shadow_audit.h"
#include "shadow_boot.h"
#include "shadow_boot_zone.h"
#include "shadow_page_alloc.h"

static const struct shadow_host_facts facts = {
	.page_shift = 12, .arm64 = true, .pa_bits = 48,
};

#define MAX_GIVEN	8
#define BASE		0x80200000

/**
 * struct setup - a machine and what it needs around it
 * @mm: the machine
 * @backing: books of a virtual board
 * @board: the board, where there is one
 * @storage: memory
 * @value: the parameters' text, which the configuration refers to
 * @in: the same, by parameter
 */
struct setup {
	struct shadow_mm mm;
	struct shadow_backing backing;
	struct shadow_board board;
	struct shadow_block storage;
	char value[MAX_GIVEN][128];
	struct shadow_param_strings in;
};

/* "NAME=VALUE NAME=VALUE ..." */
static void give(struct kunit *test, struct setup *s, const char *given)
{
	unsigned int i = 0, id;
	size_t name, len;

	while (*given) {
		name = strcspn(given, "=");
		for (id = 0; id < SHADOW_NR_PARAMS; id++)
			if (strlen(shadow_param_table[id].name) == name &&
			    !strncmp(shadow_param_table[id].name, given, name))
				break;
		KUNIT_ASSERT_LT_MSG(test, id, SHADOW_NR_PARAMS, "%s", given);
		KUNIT_ASSERT_LT(test, i, MAX_GIVEN);
		given += name + 1;
		len = strcspn(given, " ");
		memcpy(s->value[i], given, len);
		s->in.value[id] = s->value[i++];
		given += len + !!given[len];
	}
}

/* As far as a plan gets: 0, or why not */
static int plan(struct kunit *test, struct setup *s, const char *given,
		const char *dump, char *why)
{
	struct shadow_mm *mm = &s->mm;
	int err;

	give(test, s, given);
	err = shadow_params_check(&s->in, &facts, &mm->cfg, why,
				  SHADOW_PARAMS_WHY);
	if (err)
		return err;
	if (dump) {
		err = shadow_board_text(&s->board, dump, strlen(dump));
		mm->board = &s->board;
	} else if (mm->cfg.memory) {
		shadow_board_init(&s->board, SHADOW_BOARD_MEMORY);
		err = shadow_board_memory(&s->board, mm->cfg.memory);
		if (mm->cfg.cmdline)
			strscpy(s->board.cmdline, mm->cfg.cmdline,
				sizeof(s->board.cmdline));
		mm->board = &s->board;
	}
	KUNIT_ASSERT_EQ_MSG(test, err, 0, "%s", s->board.why);
	if (!s->storage.virt)
		shadow_test_block(test, &s->storage, BASE, mm->cfg.bytes);
	return shadow_boot_place(&mm->cfg, mm->board, &s->storage, &mm->places,
				 why, SHADOW_PARAMS_WHY);
}

static struct setup *prepare(struct kunit *test, const char *given,
			     const char *dump)
{
	struct setup *s = shadow_test_alloc(test, sizeof(*s));
	struct shadow_mm *mm = &s->mm;
	char why[SHADOW_PARAMS_WHY];
	int err = plan(test, s, given, dump, why);

	KUNIT_ASSERT_EQ_MSG(test, err, 0, "%s: %s", given, why);
	shadow_test_host_prepare(test, mm, &s->storage, &s->backing);
	mm->nr_cpus = 3;
	mm->cpu_id.mmfr0 = 0x5 | 0x1ULL << 20;
	return s;
}

static void boot(struct kunit *test, struct shadow_mm *mm, const char *given)
{
	int err = shadow_boot_up(mm);

	KUNIT_ASSERT_EQ_MSG(test, err, 0, "%s: phase %s: %s", given,
			    shadow_phase_name(mm->boot.nr_done),
			    mm->boot.record[mm->boot.nr_done].effect);
}

/* Which zone an address is in, by the limits that were asked for */
static enum shadow_zone_type zone_of(const struct shadow_nodes *nodes, int nid,
				     u64 pfn)
{
	unsigned int type;

	if (nodes->movable_pfn[nid] && pfn >= nodes->movable_pfn[nid])
		return SHADOW_ZONE_MOVABLE;
	for (type = 0; type < SHADOW_ZONE_HIGHMEM; type++)
		if (pfn < nodes->zone_limit[type])
			break;
	return type;
}

/* Node and zone of each frame, and the sums that zones keep of them */
static void expect_frames(struct kunit *test, struct shadow_mm *mm,
			  const char *given)
{
	u64 present[SHADOW_MAX_NODES][SHADOW_MAX_NR_ZONES] = { };
	struct shadow_nodes *nodes = &mm->nodes;
	unsigned long start, end;
	struct shadow_page *page;
	struct shadow_zone *zone;
	unsigned int type;
	int i, nid;

	shadow_for_each_mem_pfn_range(&mm->memblock, i, SHADOW_MAX_NUMNODES,
				      &start, &end, &nid) {
		for (; start < end; start++) {
			type = zone_of(nodes, nid, start);
			present[nid][type]++;
			page = shadow_pfn_to_page(nodes, start);
			KUNIT_ASSERT_NOT_NULL(test, page);
			if (shadow_page_nid(page) != nid ||
			    shadow_page_zonenum(page) != type)
				KUNIT_FAIL(test, "%s: frame %#lx is of %u:%u, not %d:%u",
					   given, start, shadow_page_nid(page),
					   shadow_page_zonenum(page), nid, type);
		}
	}
	for (zone = shadow_first_zone(nodes); zone; zone = shadow_next_zone(zone))
		KUNIT_EXPECT_EQ_MSG(test, zone->present,
				    present[zone->nid][zone->type],
				    "%s: node %d %s", given, zone->nid,
				    shadow_zone_names[zone->type]);
}

static bool is_mapped(struct shadow_mm *mm, phys_addr_t pa)
{
	struct shadow_walker walker;
	struct shadow_walk walk;

	shadow_pgtable_walker(&mm->swapper, &walker);
	shadow_walk(&walker, shadow_layout_pa_to_va(&mm->layout, pa), &walk);
	return walk.fault == SHADOW_WALK_OK && walk.pa == pa;
}

/* The linear map ends where it shall, and nobody who needs it is above */
static void expect_highmem(struct kunit *test, struct shadow_mm *mm,
			   const char *given)
{
	u64 low = shadow_boot_lowmem_end(mm), page = 1ULL << mm->cfg.page_shift;
	u64 end = shadow_memblock_end_of_DRAM(&mm->memblock);
	const struct shadow_early_log *log = mm->early.log;
	unsigned int i;

	if (low > end) {
		KUNIT_EXPECT_TRUE_MSG(test, is_mapped(mm, end - page), "%s", given);
		KUNIT_EXPECT_EQ(test, mm->handover.nr_high, 0);
		return;
	}
	KUNIT_EXPECT_TRUE_MSG(test, is_mapped(mm, low - page), "%s", given);
	KUNIT_EXPECT_FALSE_MSG(test, low < end && is_mapped(mm, low), "%s", given);
	for (i = 0; i < log->nr; i++)
		KUNIT_EXPECT_LE_MSG(test, log->range[i].base + log->range[i].bytes,
				    low, "%s: %s", given, log->range[i].owner);
	KUNIT_EXPECT_EQ_MSG(test, mm->handover.nr_high,
			    (end - low) >> mm->cfg.page_shift, "%s", given);
}

/* Equal parts, on borders of the largest power of two that fits them */
static void expect_split(struct kunit *test, struct shadow_mm *mm,
			 const char *given)
{
	u64 part = mm->memblock.memory.total_size / mm->cfg.nr_nodes;
	u64 block = 1ULL << (mm->nodes.max_order + mm->cfg.page_shift);
	unsigned int nid;

	while (block > part)
		block /= 2;
	KUNIT_EXPECT_EQ_MSG(test, mm->nodes.nr_nodes, mm->cfg.nr_nodes, "%s", given);
	for (nid = 0; nid < mm->nodes.nr_nodes; nid++) {
		const struct shadow_node *node = &mm->nodes.node[nid];
		u64 start = node->start_pfn << mm->cfg.page_shift;
		u64 bytes = node->present << mm->cfg.page_shift;

		KUNIT_EXPECT_TRUE_MSG(test, bytes + block >= part &&
				      bytes <= part + block, "%s: node %u has %llu of %llu",
				      given, nid, bytes, part);
		if (nid)
			KUNIT_EXPECT_EQ_MSG(test, start % block, 0, "%s: node %u",
					    given, nid);
		KUNIT_EXPECT_EQ(test, node->fallback.zone[0]->nid, nid);
	}
}

/* Everything can be taken, of each zone and node, and comes back */
static void use_up(struct kunit *test, struct shadow_mm *mm, const char *given)
{
	struct shadow_nodes *nodes = &mm->nodes;
	struct shadow_page *page, *list = NULL;
	struct shadow_audit audit;
	u64 nr = 0;

	while ((page = shadow_alloc_pages(nodes, SHADOW_GFP_HIGHMEM | SHADOW_GFP_MOVABLE |
					  SHADOW_GFP_NODE(nr % nodes->nr_nodes), 0))) {
		page->private[0] = (unsigned long)list;
		list = page;
		nr++;
	}
	KUNIT_EXPECT_GT_MSG(test, nr, mm->handover.nr_freed / 2, "%s", given);
	KUNIT_EXPECT_EQ_MSG(test, shadow_audit(mm, &audit), 0, "%s: %s", given,
			    audit.fault.text);
	for (; list; list = page) {
		page = (struct shadow_page *)(unsigned long)list->private[0];
		KUNIT_ASSERT_EQ(test, shadow_free_pages(nodes, list, 0), 0);
	}
	KUNIT_EXPECT_EQ_MSG(test, shadow_audit(mm, &audit), 0, "%s: %s", given,
			    audit.fault.text);
}

static const char *const shapes[] = {
	"size=4M nodes=1 movablecore=50%",
	"size=4M nodes=4",
	"size=32M nodes=3 dma=8M dma32=16M",
	"size=32M nodes=2 dma=8M dma32=16M highmem=24M",
	"size=32M nodes=2 highmem=24M movablecore=4M",
	"size=32M nodes=4 highmem=12M kernelcore=50%",
	"size=32M dma=0 kernelcore=12M",
	"size=32M dma=32M highmem=32M",
	"size=32M dma=0 dma32=0 highmem=16M movablecore=25% kernelcore=10%",
	"size=32M granule=16k nodes=4 movablecore=8M",
	"size=32M granule=16k highmem=20M dma=4M",
	"size=64M granule=64k nodes=8",
	"size=64M granule=64k nodes=2 highmem=48M dma=8M dma32=8M",
};

static void boots_divided(struct kunit *test)
{
	static const char *const early[] = { "memblock", "bootmem" };
	struct shadow_mm *mm;
	struct setup *s;
	unsigned int i, e;
	char given[200];

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		for (e = 0; e < ARRAY_SIZE(early); e++) {
			scnprintf(given, sizeof(given), "%s early=%s", shapes[i],
				  early[e]);
			s = prepare(test, given, NULL);
			mm = &s->mm;
			boot(test, mm, given);
			expect_frames(test, mm, given);
			expect_highmem(test, mm, given);
			if (shadow_config_given(&mm->cfg, SHADOW_PARAM_NODES))
				expect_split(test, mm, given);
			use_up(test, mm, given);
			KUNIT_EXPECT_EQ_MSG(test, shadow_boot_down(mm), 0, "%s", given);
			shadow_test_free(test, s->storage.virt);
			cond_resched();
		}
	}
}

#define DUMP_OF_2							\
	"memory\n"							\
	" 0: 0x0000000040000000..0x0000000040ffffff 0 NONE\n"		\
	" 1: 0x0000000041000000..0x0000000042ffffff 1 NONE\n"		\
	"reserved\n"							\
	" 0: 0x0000000040210000..0x000000004031ffff 0 NONE\n"

#define DUMP_OF_1							\
	"memory\n"							\
	" 0: 0x0000000040000000..0x0000000042ffffff 0 NONE\n"		\
	"reserved\n"							\
	" 0: 0x0000000040ff0000..0x000000004100ffff 0 NONE\n"

#define RAM	"memory=0x40000000+32M,0x50000000+32M size=16M"

/**
 * struct refusal - parameters that do not suit the memory
 * @given: the parameters
 * @dump: of a text board, or NULL
 * @err: the errno
 * @said: what the line begins with
 */
struct refusal {
	const char *given;
	const char *dump;
	int err;
	const char *said;
};

static const struct refusal refusals[] = {
	{ "size=16M dma=8M dma32=4M", NULL, -EINVAL,
	  "dma32=0x400000: is address 0x80600000, below dma, which is 0x80a00000; allowed" },
	{ "size=16M dma32=0x80a00000 highmem=6M", NULL, -EINVAL,
	  "highmem=0x600000: is address 0x80800000, below dma32, which is 0x80a00000;" },
	{ "size=16M highmem=0x10000", NULL, -ERANGE,
	  "highmem=0x10000: is address 0x80210000, but the image lies at" },
	{ "size=32M highmem=2M", NULL, -ERANGE,
	  "highmem=0x200000: is address 0x80400000, but the image lies at" },
	{ "size=64M image=0+4M dtb=4M+64K highmem=4224K", NULL, -ERANGE,
	  "highmem=0x420000: leaves 64K below, 64K in one piece; allowed: what leaves" },
	{ "size=64M initrd=48M+4M highmem=50M", NULL, -ERANGE,
	  "highmem=0x3200000: is address 0x83400000, but the initrd lies at 0x83200000 to" },
	{ "size=4M nodes=8", NULL, -ERANGE,
	  "nodes=8: 4096K of memory are 512K for each; a node has 1024K at least; " },
	{ "size=32M granule=64k nodes=8 highmem=8M", NULL, 0, "" },
	{ "size=16M nodes=3", DUMP_OF_2, -EINVAL,
	  "nodes=3: board=memblock dumps says itself which of 2 nodes its memory is; " },
	{ "size=16M nodes=2", DUMP_OF_2, 0, "" },
	{ "size=16M nodes=3", DUMP_OF_1, 0, "" },
	{ RAM " nodes=2 cmdline=numa=off", NULL, -EINVAL,
	  "nodes=2: the command line says numa=off; allowed: 1, or without numa=off" },
	{ RAM " nodes=1 cmdline=numa=off", NULL, 0, "" },
	{ RAM " dma=0x50000000 highmem=0x48000000", NULL, -EINVAL,
	  "highmem=0x48000000: is address 0x48000000, below dma, which is 0x50000000" },
};

static void refused_before_boot(struct kunit *test)
{
	const struct refusal *r;
	char why[SHADOW_PARAMS_WHY];
	struct setup *s;
	int err;

	for (r = refusals; r < refusals + ARRAY_SIZE(refusals); r++) {
		s = shadow_test_alloc(test, sizeof(*s));
		err = plan(test, s, r->given, r->dump, why);
		KUNIT_EXPECT_EQ_MSG(test, err, r->err, "%s: %s", r->given, why);
		KUNIT_EXPECT_TRUE_MSG(test, !strncmp(why, r->said, strlen(r->said)),
				      "%s: %s\nis not: %s", r->given, why, r->said);
	}
}

/* What mem= leaves is known when the machine boots */
static void refused_at_boot(struct kunit *test)
{
	static const char given[] = RAM " nodes=8 cmdline=mem=4M";
	struct shadow_mm *mm = &prepare(test, given, NULL)->mm;

	KUNIT_EXPECT_EQ(test, shadow_boot_up(mm), -ERANGE);
	KUNIT_EXPECT_EQ(test, mm->boot.nr_done, SHADOW_PHASE_BOOTMEM_INIT);
	KUNIT_EXPECT_TRUE_MSG(test, strstarts(mm->boot.record[mm->boot.nr_done].effect,
					      "nodes=8: "),
			      "%s", mm->boot.record[mm->boot.nr_done].effect);
}

/**
 * struct shape - a board, and where its nodes and MOVABLE begin
 * @given: the parameters
 * @dump: of a text board, or NULL
 * @start: first byte of each node, 0 at the end
 * @movable: first byte of MOVABLE of each
 * @distance: from node 0 to node 1
 */
struct shape {
	const char *given;
	const char *dump;
	u64 start[4];
	u64 movable[4];
	u8 distance;
};

static const struct shape boards[] = {
	{ "size=16M", DUMP_OF_2, { 0x40000000, 0x41000000 }, { }, 20 },
	{ "size=16M nodes=2 distance=10,42,11,10 movablecore=16M", DUMP_OF_2,
	  { 0x40000000, 0x41000000 }, { 0, 0x42000000 }, 42 },
	{ "size=16M nodes=3 kernelcore=3M", DUMP_OF_1,
	  { 0x40000000, 0x41000000, 0x42000000 },
	  { 0x40400000, 0x41400000, 0x42400000 }, 20 },
	/* The hole is nobody's: both parts have 32 MiB */
	{ RAM " nodes=2", NULL, { 0x40000000, 0x50000000 }, { }, 20 },
	{ RAM " nodes=4 highmem=0x51000000", NULL,
	  { 0x40000000, 0x41000000, 0x50000000, 0x51000000 }, { }, 20 },
	/* The command line's, and a parameter that goes before it */
	{ RAM " cmdline=movablecore=50%", NULL, { 0x40000000 }, { 0x42000000 } },
	{ RAM " kernelcore=48M cmdline=kernelcore=16M", NULL, { 0x40000000 },
	  { 0x51000000 } },
	{ RAM " movablecore=50% cmdline=kernelcore=mirror", NULL, { 0x40000000 } },
};

static void boards_divided(struct kunit *test)
{
	const struct shape *shape;
	struct shadow_audit audit;
	struct shadow_mm *mm;
	unsigned int nid;

	for (shape = boards; shape < boards + ARRAY_SIZE(boards); shape++) {
		mm = &prepare(test, shape->given, shape->dump)->mm;
		boot(test, mm, shape->given);
		expect_frames(test, mm, shape->given);
		KUNIT_EXPECT_EQ_MSG(test, shadow_audit(mm, &audit), 0, "%s: %s",
				    shape->given, audit.fault.text);
		for (nid = 0; nid < 4 && shape->start[nid]; nid++) {
			KUNIT_EXPECT_EQ_MSG(test, mm->nodes.node[nid].start_pfn << 12,
					    shape->start[nid], "%s", shape->given);
			KUNIT_EXPECT_EQ_MSG(test, mm->nodes.movable_pfn[nid] << 12,
					    shape->movable[nid], "%s", shape->given);
		}
		KUNIT_EXPECT_EQ_MSG(test, mm->nodes.nr_nodes, nid, "%s", shape->given);
		if (nid > 1)
			KUNIT_EXPECT_EQ_MSG(test, mm->nodes.distance[0][1],
					    shape->distance, "%s", shape->given);
		KUNIT_EXPECT_EQ(test, mm->nodes.state[SHADOW_N_CPU],
				BIT(min(nid, 3U)) - 1);
		shadow_boot_down(mm);
		cond_resched();
	}
	KUNIT_EXPECT_STREQ(test, mm->fate.said[mm->fate.nr_said - 1],
			   "The system has no mirror memory, ignore kernelcore=mirror.");
}

/* Reservations of a snapshot stay as they came, whatever border they cross */
static void dump_keeps_reserved(struct kunit *test)
{
	struct shadow_mm *mm = &prepare(test, "size=16M nodes=3", DUMP_OF_1)->mm;

	boot(test, mm, "nodes=3");
	KUNIT_EXPECT_EQ(test, mm->memblock.reserved.cnt, 1);
	KUNIT_EXPECT_EQ(test, mm->memblock.reserved.regions[0].base, 0x40ff0000);
	KUNIT_EXPECT_EQ(test, mm->memblock.memory.cnt, 3);
	shadow_boot_down(mm);
}

/* Every slot is taken and one frame more is mapped, on memory of any kind */
static void fill_kmap(struct kunit *test, struct shadow_mm *mm,
		      const char *given)
{
	unsigned int nr_slots = mm->kmap.nr_slots, i;
	struct shadow_page **page;
	struct shadow_audit audit;
	u64 va, tables;

	page = shadow_test_alloc(test, (nr_slots + 1) * sizeof(*page));
	for (i = 0; i <= nr_slots; i++) {
		page[i] = shadow_alloc_pages(&mm->nodes,
					     shadow_zone_gfp(SHADOW_ZONE_HIGHMEM), 0);
		KUNIT_ASSERT_NOT_NULL(test, page[i]);
	}
	tables = mm->swapper.nr_tables;
	for (i = 0; i < nr_slots; i++)
		KUNIT_ASSERT_EQ(test, shadow_kmap(&mm->kmap, page[i], &va), 0);
	KUNIT_EXPECT_EQ(test, shadow_kmap(&mm->kmap, page[i], &va), -ENOSPC);
	KUNIT_EXPECT_EQ(test, shadow_kunmap(&mm->kmap, page[5]), 0);
	KUNIT_EXPECT_EQ(test, shadow_kmap(&mm->kmap, page[i], &va), 0);
	KUNIT_EXPECT_EQ(test, mm->kmap.nr_flushes, 1);
	for (i = 0; i < SHADOW_KM_MAX_IDX; i++)
		KUNIT_EXPECT_EQ(test, shadow_kmap_local(&mm->kmap, 2, page[i], &va), 0);
	KUNIT_EXPECT_EQ(test, mm->swapper.nr_tables, tables);
	KUNIT_EXPECT_EQ_MSG(test, shadow_audit(mm, &audit), 0, "%s: %s", given,
			    audit.fault.text);
	while (i-- > 0)
		KUNIT_EXPECT_EQ(test, 0,
				shadow_kunmap_local(&mm->kmap, 2,
						    shadow_kmap_local_va(&mm->kmap, 2, i)));
	KUNIT_EXPECT_EQ_MSG(test, shadow_audit(mm, &audit), 0, "%s: %s", given,
			    audit.fault.text);
}

static void kmap_of_all_sizes(struct kunit *test)
{
	static const char *const given[] = {
		"size=32M highmem=16M",
		"size=32M memory=0x40000000+1G highmem=0x60000000",
		"size=32M memory=0x40000000+1G highmem=0x60000000 granule=16k",
		"size=32M memory=0x40000000+1G highmem=0x60000000 granule=64k",
		"size=64M memory=0x40000000+1G highmem=0x60000000 va_bits=39 nodes=4 memmodel=vmemmap",
	};
	struct setup *s;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(given); i++) {
		s = prepare(test, given[i], NULL);
		boot(test, &s->mm, given[i]);
		KUNIT_EXPECT_EQ(test, s->mm.kmap.nr_slots,
				s->mm.cfg.page_shift == 12 ? 512 : 1024);
		fill_kmap(test, &s->mm, given[i]);
		shadow_boot_down(&s->mm);
		KUNIT_EXPECT_NULL(test, s->mm.kmap_mem);
		shadow_test_free(test, s->storage.virt);
		shadow_test_free(test, s);
	}
}

static struct kunit_case boot_zone_cases[] = {
	KUNIT_CASE(boots_divided),
	KUNIT_CASE(refused_before_boot),
	KUNIT_CASE(refused_at_boot),
	KUNIT_CASE(boards_divided),
	KUNIT_CASE(dump_keeps_reserved),
	KUNIT_CASE(kmap_of_all_sizes),
	{}
};

static struct kunit_suite boot_zone_suite = {
	.name = "shadow_boot_zone",
	.init = shadow_test_host_init,
	.test_cases = boot_zone_cases,
};

kunit_test_suite(boot_zone_suite);
MODULE_LICENSE("GPL");
