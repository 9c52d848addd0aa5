// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters against counts of their own: where frames came from, by what was
 * returned; what is in slabs, by the frames; and the file's names.
 */
#include "shadow_page_count.h"
#include "shadow_test_ctl.h"
#include "shadow_test_machine.h"
#include "shadow_vmstat.h"

#define NR_PAGES	4096
#define NR_STEPS	20000
#define NR_LIVE		3000
#define NR_BULK		20
#define FIRST_PFN	(SHADOW_TEST_BASE >> SHADOW_TEST_PAGE_SHIFT)

/**
 * struct model - what calls have returned
 * @test: the running case
 * @m: two nodes, each with half of the frames; a quarter of all is ZONE_DMA
 * @rnd: what is decided by chance
 * @page: live blocks
 * @order: of each
 * @nr_live: how many
 * @calls: allocations that got something
 * @miss: of another node than the first they might have had
 * @other: of another node than their CPU's
 * @alloc: frames, DMA's and the rest's
 * @freed: likewise
 */
struct model {
	struct kunit *test;
	struct shadow_test_machine *m;
	struct rnd_state rnd;
	struct shadow_page *page[NR_LIVE];
	unsigned int order[NR_LIVE];
	unsigned int nr_live;
	u64 calls;
	u64 miss;
	u64 other;
	u64 alloc[2];
	u64 freed[2];
};

static u64 place_of(const struct model *d, const struct shadow_page *page)
{
	return shadow_page_to_pfn(&d->m->nodes, page) - FIRST_PFN;
}

static void took(struct model *d, unsigned int cpu, u32 gfp,
		 struct shadow_page *page, unsigned int order)
{
	unsigned int nid = place_of(d, page) >= NR_PAGES / 2;
	unsigned int wanted = gfp >> SHADOW_GFP_NODE_SHIFT & 0xf;

	wanted = wanted ? wanted - 1 : cpu % 2;
	/* Node 1 has no DMA: who wants that has node 0 as the first */
	if (gfp & SHADOW_GFP_DMA)
		wanted = 0;
	d->calls++;
	d->miss += nid != wanted;
	d->other += nid != cpu % 2;
	d->alloc[place_of(d, page) >= NR_PAGES / 4] += BIT(order);
	d->page[d->nr_live] = page;
	d->order[d->nr_live++] = order;
}

static void take(struct model *d)
{
	static const u32 kinds[] = {
		SHADOW_GFP_KERNEL, SHADOW_GFP_KERNEL, SHADOW_GFP_MOVABLE,
		SHADOW_GFP_KERNEL | SHADOW_GFP_ZERO, SHADOW_GFP_DMA,
		SHADOW_GFP_KERNEL | SHADOW_GFP_NODE(0),
		SHADOW_GFP_MOVABLE | SHADOW_GFP_NODE(1),
		SHADOW_GFP_KERNEL | SHADOW_GFP_NODE(1) | SHADOW_GFP_THISNODE,
	};
	u32 gfp = kinds[shadow_test_below(&d->rnd, ARRAY_SIZE(kinds))];
	unsigned int cpu = shadow_test_below(&d->rnd, NR_CPUS_HERE);
	unsigned int order = shadow_test_below(&d->rnd, 5) ? 0 :
			     shadow_test_below(&d->rnd, 6);
	struct shadow_page *page;

	page = shadow_alloc_pages_cpu(&d->m->nodes, cpu, gfp, order);
	if (page)
		took(d, cpu, gfp, page, order);
}

static void take_bulk(struct model *d)
{
	struct shadow_page *pages[NR_BULK] = {};
	unsigned int cpu = shadow_test_below(&d->rnd, NR_CPUS_HERE), nr, i;

	nr = shadow_alloc_pages_bulk_cpu(&d->m->nodes, cpu, SHADOW_GFP_MOVABLE,
					 NR_BULK, pages);
	for (i = 0; i < nr; i++)
		took(d, cpu, SHADOW_GFP_MOVABLE, pages[i], 0);
}

static void give(struct model *d)
{
	unsigned int i = shadow_test_below(&d->rnd, d->nr_live);
	unsigned int cpu = shadow_test_below(&d->rnd, NR_CPUS_HERE);

	d->freed[place_of(d, d->page[i]) >= NR_PAGES / 4] += BIT(d->order[i]);
	KUNIT_ASSERT_EQ(d->test, shadow_free_pages_cpu(&d->m->nodes, cpu, d->page[i],
						       d->order[i]), 0);
	d->page[i] = d->page[--d->nr_live];
	d->order[i] = d->order[d->nr_live];
}

static void compare_counts(struct model *d)
{
	const struct shadow_nodes *nodes = &d->m->nodes;

	KUNIT_ASSERT_EQ(d->test, shadow_page_count_calls(nodes), d->calls);
	KUNIT_ASSERT_EQ(d->test, atomic64_read(&nodes->numa_miss), d->miss);
	KUNIT_ASSERT_EQ(d->test, atomic64_read(&nodes->numa_other), d->other);
	KUNIT_ASSERT_EQ(d->test, d->alloc[0],
			shadow_page_count(nodes, SHADOW_ZONE_DMA, SHADOW_EV_PAGE_ALLOC));
	KUNIT_ASSERT_EQ(d->test, d->alloc[1],
			shadow_page_count(nodes, SHADOW_ZONE_NORMAL, SHADOW_EV_PAGE_ALLOC));
	KUNIT_ASSERT_EQ(d->test, d->freed[0],
			shadow_page_count(nodes, SHADOW_ZONE_DMA, SHADOW_EV_PAGE_FREE));
	KUNIT_ASSERT_EQ(d->test, d->freed[1],
			shadow_page_count(nodes, SHADOW_ZONE_NORMAL, SHADOW_EV_PAGE_FREE));
}

static void lower_counting(void *unused)
{
	shadow_event_enable(false);
}

static struct model *new_model(struct kunit *test)
{
	struct model *d = shadow_test_alloc(test, sizeof(*d));
	struct shadow_block block;
	u64 half;

	d->test = test;
	shadow_test_seed(test, &d->rnd);
	shadow_test_block(test, &block, SHADOW_TEST_BASE,
			  (u64)NR_PAGES << SHADOW_TEST_PAGE_SHIFT);
	half = block.bytes / 2;
	d->m = shadow_test_machine_begin(test, &block);
	d->m->nodes.nr_nodes = 2;
	d->m->nodes.zone_limit[SHADOW_ZONE_DMA] = FIRST_PFN + NR_PAGES / 4;
	KUNIT_ASSERT_EQ(test, 0, shadow_memblock_add_node(&d->m->mb, block.base, half, 0, 0));
	KUNIT_ASSERT_EQ(test, 0, shadow_memblock_add_node(&d->m->mb, block.base + half,
							  half, 1, 0));
	shadow_test_machine_boot(test, d->m, NR_CPUS_HERE);
	return d;
}

/* Near full and near empty in turns, so that nodes run out */
static void places_against_what_was_returned(struct kunit *test)
{
	struct model *d = new_model(test);
	unsigned int i;

	shadow_event_enable(true);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, lower_counting, NULL));
	for (i = 0; i < NR_STEPS; i++) {
		bool grow = !(i / 4000 % 2);
		bool more = shadow_test_below(&d->rnd, 10) < (grow ? 8 : 3);

		if (d->nr_live && (!more || d->nr_live + NR_BULK > NR_LIVE))
			give(d);
		else if (i % 50)
			take(d);
		else
			take_bulk(d);
		if (i < 200 || !(i % 100))
			compare_counts(d);
	}
	compare_counts(d);
	KUNIT_EXPECT_GT(test, d->miss, 100);
	KUNIT_EXPECT_GT(test, d->other, d->miss);
	kunit_info(test, "%llu allocations, %llu of another node than meant, %llu of another than the CPU's\n",
		   d->calls, d->miss, d->other);
	while (d->nr_live)
		give(d);
	shadow_test_machine_verify(test, d->m);
}

/* ------------------------------------------------------- the whole machine -- */

static u64 stat_of(struct rig *rig, const char *name)
{
	struct shadow_vmstat stat;
	unsigned int at = 0;
	u64 value = U64_MAX;

	while (shadow_vmstat_next(&rig->mm, &at, &stat))
		if (!strcmp(stat.name, name))
			value = stat.value;
	return value;
}

/* Both kinds together are what the frames themselves say */
static void expect_frames(struct kunit *test, struct rig *rig)
{
	rig_audit(rig);
	KUNIT_EXPECT_EQ(test, rig->audit.owned[SHADOW_OWNER_SLAB] +
			rig->audit.owned[SHADOW_OWNER_KMALLOC],
			stat_of(rig, "nr_slab_reclaimable") +
			stat_of(rig, "nr_slab_unreclaimable"));
}

static void slabs_by_their_frames(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct shadow_kmem_cache *cache;
	struct shadow_slabinfo info;
	u64 had, before;
	int i;

	had = stat_of(rig, "nr_slab_reclaimable");
	cache = shadow_kmem_cache_create(&rig->mm.slab, "inodes", 600, 0,
					 SHADOW_SLAB_RECLAIM_ACCOUNT, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(cache));
	for (i = 0; i < 100; i++)
		KUNIT_ASSERT_NOT_NULL(test, shadow_kmem_cache_alloc(cache,
								    SHADOW_GFP_KERNEL));
	shadow_slab_get_info(cache, &info);
	KUNIT_EXPECT_GT(test, info.num_slabs, 2);
	KUNIT_EXPECT_EQ(test, stat_of(rig, "nr_slab_reclaimable"),
			had + info.num_slabs * info.pagesperslab);
	expect_frames(test, rig);
	/* Larger than any class: 5 pages are 8 */
	before = stat_of(rig, "nr_slab_unreclaimable");
	expect_ok(test, rig, "kmalloc 20000 as=large");
	KUNIT_EXPECT_EQ(test, stat_of(rig, "nr_slab_unreclaimable"), before + 8);
	expect_frames(test, rig);
	expect_ok(test, rig, "kfree large");
	KUNIT_EXPECT_EQ(test, stat_of(rig, "nr_slab_unreclaimable"), before);
	expect_frames(test, rig);
}

/* One node: all are hits; a boot counts nothing */
static void pages_by_commands(struct kunit *test)
{
	struct rig *rig = test->priv;
	u64 nr_free;

	KUNIT_EXPECT_EQ(test, stat_of(rig, "numa_hit"), 0);
	expect_ok(test, rig, "set counters on");
	nr_free = stat_of(rig, "nr_free_pages");
	KUNIT_EXPECT_EQ(test, nr_free, shadow_nodes_free(&rig->mm.nodes));
	expect_ok(test, rig, "alloc_pages 3 count=5 as=a\nalloc_pages 0 as=b");
	KUNIT_EXPECT_EQ(test, stat_of(rig, "numa_hit"), 6);
	KUNIT_EXPECT_EQ(test, stat_of(rig, "numa_local"), 6);
	KUNIT_EXPECT_EQ(test, stat_of(rig, "numa_miss"), 0);
	KUNIT_EXPECT_EQ(test, stat_of(rig, "numa_foreign"), 0);
	KUNIT_EXPECT_EQ(test, stat_of(rig, "numa_other"), 0);
	KUNIT_EXPECT_EQ(test, stat_of(rig, "pgalloc_dma") + stat_of(rig, "pgalloc_dma32") +
			stat_of(rig, "pgalloc_normal") + stat_of(rig, "pgalloc_movable"), 41);
	expect_ok(test, rig, "free_pages a");
	KUNIT_EXPECT_EQ(test, stat_of(rig, "pgfree"), 40);
	expect_ok(test, rig, "set counters off");
}

/* No name twice; none that a reader takes for a reclaimer's */
static void names(struct kunit *test)
{
	static const char *const nobodys[] = {
		"pgsteal", "pgscan", "allocstall", "pswp", "pgpg", "oom", "pgfault",
		"pgmajfault", "compact_", "thp_",
	};
	struct rig *rig = test->priv;
	struct shadow_vmstat one, other;
	unsigned int at = 0, at_other, i;

	while (shadow_vmstat_next(&rig->mm, &at, &one)) {
		KUNIT_EXPECT_NOT_NULL(test, one.what);
		for (i = 0; i < ARRAY_SIZE(nobodys); i++)
			KUNIT_EXPECT_NE_MSG(test, 0, strncmp(one.name, nobodys[i],
							     strlen(nobodys[i])),
					    "%s", one.name);
		for (at_other = at; shadow_vmstat_next(&rig->mm, &at_other, &other);)
			KUNIT_EXPECT_STRNEQ(test, one.name, other.name);
	}
	KUNIT_EXPECT_GT(test, at, SHADOW_NR_EVENTS);
}

static struct kunit_case vmstat_cases[] = {
	KUNIT_CASE(places_against_what_was_returned),
	KUNIT_CASE(slabs_by_their_frames),
	KUNIT_CASE(pages_by_commands),
	KUNIT_CASE(names),
	{}
};

static struct kunit_suite vmstat_suite = {
	.name = "shadow_vmstat",
	.init = rig_init,
	.exit = rig_exit,
	.test_cases = vmstat_cases,
};

kunit_test_suite(vmstat_suite);
MODULE_LICENSE("GPL");
