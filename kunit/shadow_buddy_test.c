// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page allocator: zones, buddy, per-CPU lists, watermarks.
 *
 * Randomised cases compare with a model that knows nothing but which frame
 * belongs to which allocation.
 */
#include "shadow_test_machine.h"
#include "shadow_watermark.h"

static struct shadow_zone *normal_zone(struct shadow_test_machine *m)
{
	return &m->nodes.node[0].zone[SHADOW_ZONE_NORMAL];
}

static u64 nr_free_at(struct shadow_test_machine *m, unsigned int order)
{
	return normal_zone(m)->free_area[order].nr_free;
}

/* The worked example at the top of shadow_buddy.c */
static void buddy_split_and_merge(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 8, 0);
	struct shadow_page *page;

	KUNIT_EXPECT_EQ(test, nr_free_at(m, 3), 1);
	page = shadow_alloc_pages(&m->nodes, 0, 0);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, shadow_page_to_pfn(&m->nodes, page), 0x80000);
	KUNIT_EXPECT_EQ(test, nr_free_at(m, 0), 1);
	KUNIT_EXPECT_EQ(test, nr_free_at(m, 1), 1);
	KUNIT_EXPECT_EQ(test, nr_free_at(m, 2), 1);
	KUNIT_EXPECT_EQ(test, nr_free_at(m, 3), 0);
	KUNIT_EXPECT_EQ(test, normal_zone(m)->nr_free, 7);
	shadow_test_machine_verify(test, m);

	KUNIT_EXPECT_EQ(test, shadow_free_pages(&m->nodes, page, 0), 0);
	KUNIT_EXPECT_EQ(test, nr_free_at(m, 3), 1);
	KUNIT_EXPECT_EQ(test, normal_zone(m)->nr_free, 8);
	shadow_test_machine_verify(test, m);
}

/* Blocks of every order, aligned to their length */
static void buddy_every_order(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 4096, 0);
	struct shadow_page *page;
	unsigned int order;
	u64 pfn;

	for (order = 0; order <= SHADOW_TEST_MAX_ORDER; order++) {
		page = shadow_alloc_pages(&m->nodes, 0, order);
		KUNIT_ASSERT_NOT_NULL(test, page);
		pfn = shadow_page_to_pfn(&m->nodes, page);
		KUNIT_EXPECT_EQ(test, pfn & (BIT(order) - 1), 0);
		KUNIT_EXPECT_EQ(test, normal_zone(m)->nr_free, 4096 - BIT(order));
		shadow_test_machine_verify(test, m);
		KUNIT_EXPECT_EQ(test, shadow_free_pages(&m->nodes, page, order), 0);
		KUNIT_EXPECT_EQ(test, nr_free_at(m, 10), 4);
	}
	KUNIT_EXPECT_NULL(test, shadow_alloc_pages(&m->nodes, 0, 11));
}

/* Memory that starts and ends at odd frames has no block that crosses them */
static void buddy_odd_borders(struct kunit *test)
{
	struct shadow_test_machine *m;
	struct shadow_block block;

	shadow_test_block(test, &block, SHADOW_TEST_BASE + 3 * SZ_4K, 26 * SZ_4K);
	m = shadow_test_machine_begin(test, &block);
	shadow_memblock_add(&m->mb, block.base, block.bytes);
	shadow_test_machine_boot(test, m, 0);
	/* 3 | 4-7 | 8-15 | 16-23 24-27 | 28: buddies 8 and 16 differ at 8 */
	KUNIT_EXPECT_EQ(test, nr_free_at(m, 0), 2);
	KUNIT_EXPECT_EQ(test, nr_free_at(m, 1), 0);
	KUNIT_EXPECT_EQ(test, nr_free_at(m, 2), 2);
	KUNIT_EXPECT_EQ(test, nr_free_at(m, 3), 2);
	KUNIT_EXPECT_EQ(test, normal_zone(m)->nr_free, 26);
	shadow_test_machine_verify(test, m);
}

/* 64 frames, a border in the middle: two order 5, never an order 6 */
static void buddy_zone_border(struct kunit *test)
{
	struct shadow_test_machine *m;
	struct shadow_page *low, *high;
	struct shadow_block block;
	struct shadow_zone *zones;

	shadow_test_block(test, &block, SHADOW_TEST_BASE, 64 * SZ_4K);
	m = shadow_test_machine_begin(test, &block);
	m->nodes.zone_limit[SHADOW_ZONE_DMA] = 0x80020;
	shadow_memblock_add(&m->mb, block.base, block.bytes);
	shadow_test_machine_boot(test, m, 0);
	zones = m->nodes.node[0].zone;
	KUNIT_EXPECT_EQ(test, zones[SHADOW_ZONE_DMA].managed, 32);
	KUNIT_EXPECT_EQ(test, zones[SHADOW_ZONE_NORMAL].managed, 32);
	KUNIT_EXPECT_NULL(test, shadow_alloc_pages(&m->nodes, 0, 6));

	/* The highest zone first; the lower one when that is empty */
	high = shadow_alloc_pages(&m->nodes, 0, 5);
	KUNIT_ASSERT_NOT_NULL(test, high);
	KUNIT_EXPECT_EQ(test, shadow_page_zonenum(high), SHADOW_ZONE_NORMAL);
	low = shadow_alloc_pages(&m->nodes, 0, 5);
	KUNIT_ASSERT_NOT_NULL(test, low);
	KUNIT_EXPECT_EQ(test, shadow_page_zonenum(low), SHADOW_ZONE_DMA);
	KUNIT_EXPECT_NULL(test, shadow_alloc_pages(&m->nodes, 0, 0));
	KUNIT_EXPECT_EQ(test, shadow_free_pages(&m->nodes, high, 5), 0);

	/* DMA asked for is DMA or nothing */
	KUNIT_EXPECT_NULL(test, shadow_alloc_pages(&m->nodes, SHADOW_GFP_DMA, 0));
	KUNIT_EXPECT_EQ(test, shadow_free_pages(&m->nodes, low, 5), 0);
	KUNIT_EXPECT_EQ(test, zones[SHADOW_ZONE_DMA].free_area[5].nr_free, 1);
	KUNIT_EXPECT_EQ(test, zones[SHADOW_ZONE_NORMAL].free_area[5].nr_free, 1);
	shadow_test_machine_verify(test, m);
}

/* Asked for one zone alone, an allocation takes nothing of another */
static void buddy_this_zone(struct kunit *test)
{
	static const enum shadow_zone_type types[] = {
		SHADOW_ZONE_DMA, SHADOW_ZONE_DMA32, SHADOW_ZONE_NORMAL,
		SHADOW_ZONE_HIGHMEM, SHADOW_ZONE_MOVABLE,
	};
	struct shadow_test_machine *m;
	struct shadow_block block;
	struct shadow_page *page;
	struct shadow_zone *zone;
	unsigned int i, nr;

	shadow_test_block(test, &block, SHADOW_TEST_BASE, 160 * SZ_4K);
	m = shadow_test_machine_begin(test, &block);
	for (i = 0; i < ARRAY_SIZE(types) - 1; i++)
		m->nodes.zone_limit[types[i]] = 0x80000 + 32 * (i + 1);
	/* MOVABLE is cut off from the highest, in the largest blocks */
	m->nodes.zone_limit[SHADOW_ZONE_HIGHMEM] = U64_MAX;
	m->nodes.movablecore.bytes = 32 * SZ_4K;
	m->nodes.max_order = 5;
	m->nodes.pageblock_log2 = 5;
	shadow_memblock_add(&m->mb, block.base, block.bytes);
	shadow_test_machine_boot(test, m, 2);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		u32 gfp = shadow_zone_gfp(types[i]);

		zone = &m->nodes.node[0].zone[types[i]];
		KUNIT_ASSERT_EQ(test, zone->managed, 32);
		KUNIT_EXPECT_EQ(test, shadow_gfp_zone(gfp), types[i]);
		for (nr = 0; (page = shadow_alloc_pages(&m->nodes, gfp, 1)); nr++)
			KUNIT_EXPECT_EQ(test, shadow_page_zonenum(page), types[i]);
		KUNIT_EXPECT_EQ(test, nr, 16);
		KUNIT_EXPECT_EQ(test, shadow_test_machine_free(m), 160 - 32 * (i + 1));
	}

	/* One that is full leaves the others alone, also those below it */
	page = m->nodes.memmap.pages;
	KUNIT_EXPECT_EQ(test, shadow_free_pages(&m->nodes, page, 1), 0);
	KUNIT_EXPECT_NULL(test, shadow_alloc_pages(&m->nodes, SHADOW_GFP_THISZONE, 0));
	KUNIT_EXPECT_PTR_EQ(test, shadow_alloc_pages(&m->nodes, 0, 1), page);
	shadow_test_machine_verify(test, m);
}

/* A free that is not the free of a block in use is refused, unchanged */
static void buddy_refused_frees(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 64, 2);
	struct shadow_page *page = shadow_alloc_pages(&m->nodes, 0, 2);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, shadow_free_pages(&m->nodes, page, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_free_pages(&m->nodes, page + 1, 2), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_free_pages(&m->nodes, page + 1, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(m), 60);
	KUNIT_EXPECT_EQ(test, shadow_free_pages(&m->nodes, page, 2), 0);
	KUNIT_EXPECT_EQ(test, shadow_free_pages(&m->nodes, page, 2), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(m), 64);
	shadow_test_machine_verify(test, m);
}

/* A block goes back with its last reference */
static void buddy_refcount(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 64, 2);
	struct shadow_page *page = shadow_alloc_pages(&m->nodes, 0, 0);

	KUNIT_ASSERT_NOT_NULL(test, page);
	atomic_inc(&page->refcount);
	KUNIT_EXPECT_EQ(test, shadow_free_pages(&m->nodes, page, 0), 0);
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(m), 63);
	KUNIT_EXPECT_EQ(test, shadow_free_pages(&m->nodes, page, 0), 0);
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(m), 64);
}

static void buddy_zeroed(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 8, 0);
	struct shadow_page *page;
	u8 *bytes;

	memset(m->block.virt, 0x5a, m->block.bytes);
	page = shadow_alloc_pages(&m->nodes, SHADOW_GFP_ZERO, 1);
	KUNIT_ASSERT_NOT_NULL(test, page);
	bytes = shadow_page_to_virt(&m->nodes, page);
	KUNIT_EXPECT_NULL(test, memchr_inv(bytes, 0, 2 * SZ_4K));
	KUNIT_EXPECT_EQ(test, bytes[2 * SZ_4K], 0x5a);
}

/* Contents that a machine does not have cannot be cleared */
static void buddy_zeroed_without_contents(struct kunit *test)
{
	struct shadow_test_machine *m;
	struct shadow_block block;

	shadow_test_block_bare(&block, SHADOW_TEST_BASE, 64 * SZ_4K);
	m = shadow_test_machine_begin(test, &block);
	shadow_memblock_add(&m->mb, block.base, block.bytes);
	shadow_test_machine_boot(test, m, 2);
	KUNIT_EXPECT_NULL(test, shadow_alloc_pages(&m->nodes, SHADOW_GFP_ZERO, 0));
	KUNIT_EXPECT_NOT_NULL(test, shadow_alloc_pages(&m->nodes, 0, 0));
}

/*
 * A type that has nothing left takes the largest block of another; a whole
 * pageblock changes sides with it.
 */
static void buddy_migratetype_fallback(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 1024, 0);
	struct shadow_page *page;

	/* Two pageblocks are too few to be grouped, if nobody insists */
	KUNIT_EXPECT_TRUE(test, m->nodes.mobility_off);
	shadow_nodes_set_mobility(&m->nodes, true);
	/* The handover gave all of it to MOVABLE */
	KUNIT_EXPECT_EQ(test, normal_zone(m)->orders[SHADOW_MIGRATE_MOVABLE],
			BIT(10));
	page = shadow_alloc_pages(&m->nodes, SHADOW_GFP_RECLAIMABLE, 0);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, normal_zone(m)->orders[SHADOW_MIGRATE_MOVABLE], 0);
	KUNIT_EXPECT_EQ(test, normal_zone(m)->orders[SHADOW_MIGRATE_RECLAIMABLE],
			0x3ff);
	KUNIT_EXPECT_EQ(test, shadow_pageblock_mt(&m->nodes, 0),
			SHADOW_MIGRATE_RECLAIMABLE);
	KUNIT_EXPECT_EQ(test, shadow_pageblock_mt(&m->nodes, 512),
			SHADOW_MIGRATE_RECLAIMABLE);
	shadow_test_machine_verify(test, m);
}

/*
 * 256 MiB in one zone, by the kernel's rules: lowmem 262144 KiB, min_free =
 * sqrt(262144 * 16) = 2048 KiB = 512 frames; the marks are a quarter of that
 * apart (65536 * 10 / 10000 = 65 is less).
 */
static void zone_watermarks(struct kunit *test)
{
	struct shadow_test_machine *m;
	struct shadow_block block;
	struct shadow_zone *zone;

	shadow_test_block_bare(&block, SHADOW_TEST_BASE, SZ_256M);
	m = shadow_test_machine_begin(test, &block);
	shadow_memblock_add(&m->mb, block.base, block.bytes);
	shadow_test_machine_boot(test, m, 2);
	shadow_watermark_init(&m->nodes);
	shadow_pcp_setup(&m->nodes);
	zone = normal_zone(m);
	KUNIT_EXPECT_EQ(test, m->nodes.min_free_kbytes, 2048);
	KUNIT_EXPECT_EQ(test, zone->mark[SHADOW_WMARK_MIN], 512);
	KUNIT_EXPECT_EQ(test, zone->mark[SHADOW_WMARK_LOW], 640);
	KUNIT_EXPECT_EQ(test, zone->mark[SHADOW_WMARK_HIGH], 768);
	/* min(65536 >> 10, 256) / 4 = 16, 16 * 1.5 down to 16, less 1 */
	KUNIT_EXPECT_EQ(test, zone->pcp_batch, 15);
	/* low mark by two CPUs */
	KUNIT_EXPECT_EQ(test, zone->pcp_high_min, 320);
}

/* Each zone keeps 1/256 of what lies above it from those who could go there */
static void zone_lowmem_reserve(struct kunit *test)
{
	struct shadow_test_machine *m;
	struct shadow_block block;
	struct shadow_zone *zones;

	shadow_test_block_bare(&block, SHADOW_TEST_BASE, SZ_256M);
	m = shadow_test_machine_begin(test, &block);
	m->nodes.zone_limit[SHADOW_ZONE_DMA] = 0x84000;
	shadow_memblock_add(&m->mb, block.base, block.bytes);
	shadow_test_machine_boot(test, m, 0);
	shadow_watermark_init(&m->nodes);
	zones = m->nodes.node[0].zone;
	KUNIT_EXPECT_EQ(test, zones[SHADOW_ZONE_DMA].lowmem_reserve[SHADOW_ZONE_DMA], 0);
	KUNIT_EXPECT_EQ(test, zones[SHADOW_ZONE_DMA].lowmem_reserve[SHADOW_ZONE_NORMAL],
			(0x90000 - 0x84000) / 256);
	KUNIT_EXPECT_EQ(test, zones[SHADOW_ZONE_NORMAL].lowmem_reserve[SHADOW_ZONE_MOVABLE], 0);
	KUNIT_EXPECT_EQ(test, zones[SHADOW_ZONE_DMA].mark[SHADOW_WMARK_MIN], 512 / 4);
	KUNIT_EXPECT_EQ(test, zones[SHADOW_ZONE_NORMAL].mark[SHADOW_WMARK_MIN], 512 * 3 / 4);
}

/* Down to min for everybody, to half of it with SHADOW_GFP_HIGH, no further */
static void zone_watermark_refuses(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 256, 0);
	struct shadow_zone *zone = normal_zone(m);

	zone->mark[SHADOW_WMARK_MIN] = 40;
	zone->mark[SHADOW_WMARK_LOW] = 50;
	zone->mark[SHADOW_WMARK_HIGH] = 60;
	while (shadow_alloc_pages(&m->nodes, 0, 0))
		;
	KUNIT_EXPECT_EQ(test, zone->nr_free, 40);
	while (shadow_alloc_pages(&m->nodes, SHADOW_GFP_HIGH, 0))
		;
	KUNIT_EXPECT_EQ(test, zone->nr_free, 20);
	shadow_test_machine_verify(test, m);
}

/* One refill fetches a batch, one free too many returns a batch */
static void pcp_batches(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 65536, 2);
	struct shadow_zone *zone = normal_zone(m);
	struct shadow_page *page[64];
	unsigned int i;

	zone->pcp_batch = 8;
	zone->pcp_high_min = 16;
	zone->pcp_high_max = 16;
	page[0] = shadow_alloc_pages_cpu(&m->nodes, 1, 0, 0);
	KUNIT_ASSERT_NOT_NULL(test, page[0]);
	KUNIT_EXPECT_EQ(test, zone->pcp[1].count, 7);
	KUNIT_EXPECT_EQ(test, zone->pcp[0].count, 0);
	KUNIT_EXPECT_EQ(test, zone->nr_free, 65536 - 8);
	for (i = 1; i < 64; i++) {
		page[i] = shadow_alloc_pages_cpu(&m->nodes, 1, 0, 0);
		KUNIT_ASSERT_NOT_NULL(test, page[i]);
	}
	KUNIT_EXPECT_EQ(test, zone->pcp[1].count, 0);
	for (i = 0; i < 15; i++)
		shadow_free_pages_cpu(&m->nodes, 1, page[i], 0);
	KUNIT_EXPECT_EQ(test, zone->pcp[1].count, 15);
	shadow_free_pages_cpu(&m->nodes, 1, page[15], 0);
	KUNIT_EXPECT_EQ(test, zone->pcp[1].count, 8);
	shadow_free_pages_cpu(&m->nodes, 1, page[16], 0);
	KUNIT_EXPECT_EQ(test, zone->pcp[1].count, 9);
	shadow_test_machine_verify(test, m);
	for (i = 17; i < 64; i++)
		shadow_free_pages_cpu(&m->nodes, 0, page[i], 0);
	shadow_test_machine_drain(m);
	KUNIT_EXPECT_EQ(test, zone->free_area[10].nr_free, 64);
	shadow_test_machine_verify(test, m);
}

/* What lies on the lists of all CPUs is found before an allocation fails */
static void pcp_drained_under_pressure(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 16, 4);
	struct shadow_page *page[16];
	unsigned int i;

	for (i = 0; i < 16; i++) {
		page[i] = shadow_alloc_pages_cpu(&m->nodes, i % 4, 0, 0);
		KUNIT_ASSERT_NOT_NULL(test, page[i]);
	}
	normal_zone(m)->pcp_high_min = 16;
	normal_zone(m)->pcp_high_max = 16;
	for (i = 0; i < 16; i++)
		shadow_free_pages_cpu(&m->nodes, i % 4, page[i], 0);
	KUNIT_EXPECT_EQ(test, normal_zone(m)->nr_free, 0);
	KUNIT_EXPECT_NOT_NULL(test, shadow_alloc_pages_cpu(&m->nodes, 0, 0, 4));
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(m), 0);
}

/* Is there an aligned run of free frames of this order? Says the model alone */
static bool model_has_room(const struct shadow_test_model *model,
			   unsigned int order)
{
	u64 start, i, nr_pages = BIT(order);

	for (start = 0; start + nr_pages <= model->nr; start += nr_pages) {
		for (i = 0; i < nr_pages && !model->owner[start + i]; i++)
			;
		if (i == nr_pages)
			return true;
	}
	return false;
}

#define MAX_LIVE	256

struct random_run {
	struct shadow_test_machine *m;
	struct shadow_test_model model;
	struct rnd_state rnd;
	struct {
		struct shadow_page *page;
		unsigned int order;
		u32 id;
	} live[MAX_LIVE];
	unsigned int nr_live;
	u32 next_id;
	u64 nr_refused;
};

/* The frames that an operation touched say what they are now */
static void expect_frames(struct kunit *test, const struct shadow_page *page,
			  unsigned int order)
{
	unsigned int i;

	KUNIT_ASSERT_EQ(test, shadow_page_state(page), SHADOW_PAGE_ALLOCATED);
	KUNIT_ASSERT_EQ(test, shadow_page_order(page), order);
	KUNIT_ASSERT_EQ(test, shadow_page_owner(page), SHADOW_OWNER_DIRECT);
	KUNIT_ASSERT_EQ(test, atomic_read(&page->refcount), 1);
	for (i = 1; i < BIT(order); i++)
		if (shadow_page_state(&page[i]) != SHADOW_PAGE_NONE)
			KUNIT_FAIL_AND_ABORT(test, "frame %u of a block of order %u has flags %#x",
					     i, order, page[i].flags);
}

static void random_alloc(struct kunit *test, struct random_run *run,
			 unsigned int max_order)
{
	static const u32 mobility[] = { 0, SHADOW_GFP_MOVABLE, SHADOW_GFP_RECLAIMABLE };
	unsigned int order = shadow_test_below(&run->rnd, max_order + 1);
	u32 gfp = mobility[shadow_test_below(&run->rnd, 3)];
	unsigned int cpu = shadow_test_below(&run->rnd, 2);
	struct shadow_page *page;
	u64 pfn;

	page = shadow_alloc_pages_cpu(&run->m->nodes, cpu, gfp, order);
	if (!page) {
		run->nr_refused++;
		KUNIT_ASSERT_FALSE_MSG(test, model_has_room(&run->model, order),
				       "order %u refused with room left", order);
		return;
	}
	pfn = shadow_page_to_pfn(&run->m->nodes, page);
	KUNIT_ASSERT_EQ(test, pfn & (BIT(order) - 1), 0);
	expect_frames(test, page, order);
	run->next_id++;
	KUNIT_ASSERT_EQ_MSG(test, BIT(order),
			    shadow_test_model_take(&run->model, pfn, BIT(order),
						   run->next_id),
			    "pfn %#llx order %u handed out twice", pfn, order);
	run->live[run->nr_live].page = page;
	run->live[run->nr_live].order = order;
	run->live[run->nr_live].id = run->next_id;
	run->nr_live++;
}

static void random_free(struct kunit *test, struct random_run *run,
			unsigned int which)
{
	struct shadow_page *page = run->live[which].page;
	unsigned int order = run->live[which].order;
	u64 pfn = shadow_page_to_pfn(&run->m->nodes, page);
	unsigned int cpu = shadow_test_below(&run->rnd, 2);

	expect_frames(test, page, order);
	KUNIT_ASSERT_EQ(test, shadow_free_pages_cpu(&run->m->nodes, cpu, page, order), 0);
	KUNIT_ASSERT_NE(test, shadow_page_state(page), SHADOW_PAGE_ALLOCATED);
	KUNIT_ASSERT_EQ(test, BIT(order),
			shadow_test_model_give(&run->model, pfn, BIT(order),
					       run->live[which].id));
	run->live[which] = run->live[--run->nr_live];
}

static void random_step(struct kunit *test, struct random_run *run,
			unsigned int max_order, unsigned int max_live)
{
	/* Waves: sometimes mostly up, sometimes mostly down */
	unsigned int bias = run->next_id >> 8 & 1 ? 6 : 4;

	if (run->nr_live < max_live &&
	    (!run->nr_live || shadow_test_below(&run->rnd, 10) < bias))
		random_alloc(test, run, max_order);
	else
		random_free(test, run, shadow_test_below(&run->rnd, run->nr_live));
	KUNIT_ASSERT_EQ(test, shadow_test_machine_free(run->m) + run->model.nr_owned,
			run->model.nr);
}

static struct random_run *random_begin(struct kunit *test, u64 nr_pages)
{
	struct random_run *run = shadow_test_alloc(test, sizeof(*run));

	shadow_test_seed(test, &run->rnd);
	run->m = shadow_test_machine(test, nr_pages, 2);
	shadow_test_model_init(test, &run->model,
			       SHADOW_TEST_BASE >> SHADOW_TEST_PAGE_SHIFT,
			       nr_pages);
	return run;
}

static void random_end(struct kunit *test, struct random_run *run)
{
	while (run->nr_live)
		random_free(test, run, run->nr_live - 1);
	shadow_test_machine_drain(run->m);
	shadow_test_machine_verify(test, run->m);
	KUNIT_EXPECT_EQ(test, normal_zone(run->m)->nr_free, run->model.nr);
}

#define NR_SMALL	100000

/* 64 frames: everything verified after each operation */
static void buddy_random_small(struct kunit *test)
{
	struct random_run *run = random_begin(test, 64);
	u64 start = ktime_get_ns();
	unsigned int i;

	for (i = 0; i < NR_SMALL; i++) {
		random_step(test, run, 6, 48);
		shadow_test_machine_verify(test, run->m);
		if (!(i & 0xfff))
			cond_resched();
	}
	shadow_test_rate(test, "buddy, 64 frames, verified after each", NR_SMALL,
			 ktime_get_ns() - start);
	KUNIT_EXPECT_GT(test, run->nr_refused, 100);
	random_end(test, run);
	/* One block again: nothing was lost on the way */
	KUNIT_EXPECT_EQ(test, nr_free_at(run->m, 6), 1);
}

#define NR_LARGE	100000

/* 64 MiB: the frames touched after each operation, all after every 1,000th */
static void buddy_random_large(struct kunit *test)
{
	struct random_run *run = random_begin(test, SZ_64M >> SHADOW_TEST_PAGE_SHIFT);
	unsigned int i;

	for (i = 0; i < NR_LARGE; i++) {
		random_step(test, run, SHADOW_TEST_MAX_ORDER, MAX_LIVE);
		if (i % 1000 == 999) {
			shadow_test_machine_verify(test, run->m);
			cond_resched();
		}
	}
	random_end(test, run);
	KUNIT_EXPECT_EQ(test, nr_free_at(run->m, 10), 16);
}

/* What each corruption is, and which word the verdict must contain */
struct corruption {
	const char *what;
	const char *verdict;
	void (*apply)(struct shadow_test_machine *m);
};

static struct shadow_page *free_head(struct shadow_test_machine *m,
				     unsigned int order)
{
	u32 index = normal_zone(m)->free_area[order].list[SHADOW_MIGRATE_MOVABLE].first;

	return &m->nodes.memmap.pages[index];
}

static void break_next(struct shadow_test_machine *m)
{
	free_head(m, 3)->next = 0x12345678;
}

static void break_prev(struct shadow_test_machine *m)
{
	free_head(m, 3)->prev = 5;
}

static void break_cycle(struct shadow_test_machine *m)
{
	struct shadow_page *page = free_head(m, 3);

	page->next = shadow_page_index(&m->nodes.memmap, page);
}

static void break_state(struct shadow_test_machine *m)
{
	free_head(m, 3)->flags &= ~SHADOW_PF_STATE_MASK;
}

static void break_order(struct shadow_test_machine *m)
{
	free_head(m, 3)->flags ^= 1U << SHADOW_PF_ORDER_SHIFT;
}

static void break_zone(struct shadow_test_machine *m)
{
	free_head(m, 3)->flags ^= 1U << SHADOW_PF_ZONE_SHIFT;
}

static void break_node(struct shadow_test_machine *m)
{
	free_head(m, 3)->flags ^= 1U << SHADOW_PF_NODE_SHIFT;
}

static void break_type(struct shadow_test_machine *m)
{
	free_head(m, 3)->flags ^= 1U << SHADOW_PF_MT_SHIFT;
}

static void break_inside(struct shadow_test_machine *m)
{
	free_head(m, 3)[3].flags |= SHADOW_PF(SHADOW_PAGE_ALLOCATED, 0, 0, 0);
}

static void break_nr_free(struct shadow_test_machine *m)
{
	normal_zone(m)->nr_free++;
}

static void break_area_count(struct shadow_test_machine *m)
{
	normal_zone(m)->free_area[3].nr_free--;
}

static void break_summary(struct shadow_test_machine *m)
{
	normal_zone(m)->orders[SHADOW_MIGRATE_MOVABLE] ^= BIT(3);
}

static void break_first(struct shadow_test_machine *m)
{
	normal_zone(m)->free_area[3].list[SHADOW_MIGRATE_MOVABLE].first = 64;
}

static void break_last(struct shadow_test_machine *m)
{
	normal_zone(m)->free_area[3].list[SHADOW_MIGRATE_MOVABLE].last = 1;
}

static const struct corruption corruptions[] = {
	{ "next out of range", "out of range", break_next },
	{ "prev of the head", "points back", break_prev },
	{ "a cycle", "points back", break_cycle },
	{ "state", "flags", break_state },
	{ "order", "flags", break_order },
	{ "zone", "flags", break_zone },
	{ "node", "flags", break_node },
	{ "migratetype", "flags", break_type },
	{ "a frame inside a block", "inside a block", break_inside },
	{ "nr_free of the zone", "nr_free says", break_nr_free },
	{ "nr_free of the area", "nr_free says", break_area_count },
	{ "the summary bit", "summary bit", break_summary },
	{ "first of a list", "out of range", break_first },
	{ "last of a list", "last is", break_last },
};

/* 64 frames of which 16..23 are a free block of order 3, with no free buddy */
static struct shadow_test_machine *machine_to_break(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 64, 0);
	struct shadow_page *page[4];
	unsigned int i;

	for (i = 0; i < 4; i++)
		page[i] = shadow_alloc_pages(&m->nodes, SHADOW_GFP_MOVABLE, 3);
	KUNIT_ASSERT_NOT_NULL(test, page[3]);
	KUNIT_ASSERT_EQ(test, shadow_free_pages(&m->nodes, page[2], 3), 0);
	shadow_test_machine_verify(test, m);
	return m;
}

static void buddy_corruption_is_seen(struct kunit *test)
{
	const struct corruption *c = corruptions;
	struct shadow_test_machine *m;
	struct shadow_fault fault;
	int err;

	for (; c < corruptions + ARRAY_SIZE(corruptions); c++) {
		m = machine_to_break(test);
		c->apply(m);
		shadow_fault_init(&fault);
		err = shadow_buddy_verify(normal_zone(m), &fault);
		if (!err)
			err = shadow_zone_verify(&m->nodes, &fault);
		KUNIT_EXPECT_EQ_MSG(test, err, -EUCLEAN, "%s: not seen", c->what);
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(fault.text, c->verdict),
					  "%s: the verdict is '%s'", c->what,
					  fault.text);
	}
}

/* A type that no list has: nobody merges with it, nobody is given it */
static void break_type_far(struct shadow_test_machine *m)
{
	free_head(m, 3)->flags |= SHADOW_PF_MT_MASK;
}

/* A head that lies about its order, at the memmap's end */
static void break_order_at_end(struct shadow_test_machine *m)
{
	struct shadow_page *page = &m->nodes.memmap.pages[63];
	struct shadow_page_list *list;

	page->flags = (page->flags & SHADOW_PF_PLACE_MASK) |
		      SHADOW_PF(SHADOW_PAGE_BUDDY, 3, 0, SHADOW_MIGRATE_MOVABLE);
	list = &normal_zone(m)->free_area[3].list[SHADOW_MIGRATE_MOVABLE];
	page->next = SHADOW_NO_PAGE;
	page->prev = SHADOW_NO_PAGE;
	list->first = 63;
	list->last = 63;
}

static void buddy_corruption_stays_inside(struct kunit *test)
{
	struct shadow_test_machine *m = machine_to_break(test);
	struct shadow_page *neighbour = free_head(m, 3) + 8;

	break_type_far(m);
	KUNIT_EXPECT_EQ(test, shadow_free_pages(&m->nodes, neighbour, 3), 0);
	KUNIT_EXPECT_PTR_EQ(test, neighbour,
			    shadow_alloc_pages(&m->nodes, SHADOW_GFP_MOVABLE, 3));
	KUNIT_EXPECT_NULL(test, shadow_alloc_pages(&m->nodes, SHADOW_GFP_MOVABLE, 3));
	KUNIT_EXPECT_TRUE(test, shadow_fault_frozen(&m->fault));

	m = machine_to_break(test);
	break_order_at_end(m);
	KUNIT_EXPECT_NULL(test, shadow_alloc_pages(&m->nodes, SHADOW_GFP_MOVABLE, 0));
	KUNIT_EXPECT_TRUE(test, shadow_fault_frozen(&m->fault));
}

/* The allocator that walks into it freezes; it neither crashes nor goes on */
static void buddy_corruption_freezes(struct kunit *test)
{
	static void (*const apply[])(struct shadow_test_machine *m) = {
		break_next, break_prev, break_state, break_order, break_zone,
		break_first,
	};
	struct shadow_test_machine *m;
	struct shadow_page *page;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(apply); i++) {
		m = machine_to_break(test);
		apply[i](m);
		for (j = 0; j < 8; j++)
			page = shadow_alloc_pages(&m->nodes, SHADOW_GFP_MOVABLE, 3);
		KUNIT_EXPECT_TRUE_MSG(test, shadow_fault_frozen(&m->fault),
				      "corruption %u", i);
		page = shadow_alloc_pages(&m->nodes, 0, 0);
		KUNIT_EXPECT_NULL(test, page);
		KUNIT_EXPECT_EQ(test, -EUCLEAN,
				shadow_free_pages(&m->nodes, m->nodes.memmap.pages, 3));
	}
}

static void pcp_corruption_freezes(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 65536, 1);
	struct shadow_zone *zone = normal_zone(m);
	struct shadow_page *page = shadow_alloc_pages(&m->nodes, 0, 0);
	struct shadow_fault fault;

	KUNIT_ASSERT_NOT_NULL(test, page);
	m->nodes.memmap.pages[zone->pcp->list[0].first].flags ^=
		SHADOW_PF(0, 1, 0, 0);
	shadow_fault_init(&fault);
	KUNIT_EXPECT_EQ(test, shadow_pcp_verify(zone, &fault), -EUCLEAN);
	KUNIT_EXPECT_NULL(test, shadow_alloc_pages(&m->nodes, 0, 0));
	KUNIT_EXPECT_TRUE(test, shadow_fault_frozen(&m->fault));
	shadow_test_machine_drain(m);
}

static struct kunit_case buddy_cases[] = {
	KUNIT_CASE(buddy_split_and_merge),
	KUNIT_CASE(buddy_every_order),
	KUNIT_CASE(buddy_odd_borders),
	KUNIT_CASE(buddy_zone_border),
	KUNIT_CASE(buddy_this_zone),
	KUNIT_CASE(buddy_refused_frees),
	KUNIT_CASE(buddy_refcount),
	KUNIT_CASE(buddy_zeroed),
	KUNIT_CASE(buddy_zeroed_without_contents),
	KUNIT_CASE(buddy_migratetype_fallback),
	KUNIT_CASE(zone_watermarks),
	KUNIT_CASE(zone_lowmem_reserve),
	KUNIT_CASE(zone_watermark_refuses),
	KUNIT_CASE(pcp_batches),
	KUNIT_CASE(pcp_drained_under_pressure),
	KUNIT_CASE(buddy_random_small),
	KUNIT_CASE(buddy_random_large),
	KUNIT_CASE(buddy_corruption_is_seen),
	KUNIT_CASE(buddy_corruption_freezes),
	KUNIT_CASE(buddy_corruption_stays_inside),
	KUNIT_CASE(pcp_corruption_freezes),
	{}
};

static struct kunit_suite buddy_suite = {
	.name = "shadow_buddy",
	.test_cases = buddy_cases,
};

kunit_test_suite(buddy_suite);
