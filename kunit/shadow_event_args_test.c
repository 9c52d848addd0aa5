// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each event is brought about, and each of its arguments is what was asked for,
 * or what is worked out here. An event without a place in the table below fails
 * the suite, and so does one of which not every argument was looked at.
 */
#include "shadow_bootmem.h"
#include "shadow_contig.h"
#include "shadow_slab_engine.h"
#include "shadow_test_ctl.h"
#include "shadow_test_machine.h"
#include "shadow_test_slab.h"
#include "shadow_test_tables.h"

#define KEPT		4096
#define START_PFN	(SHADOW_TEST_BASE >> SHADOW_TEST_PAGE_SHIFT)
#define START		((u64)START_PFN << SHADOW_TEST_PAGE_SHIFT)
#define PAGE		((u64)1 << SHADOW_TEST_PAGE_SHIFT)
#define VA		0xffff000000000000ULL

/**
 * struct heard - what one machine has told, in its order
 * @test: the running case
 * @log: the machine's
 * @only: the one event that is listened to, plus 1; 0: all
 * @nr: events so far
 * @event: the first of them
 * @name: of each, as far as there was room
 * @looked: of which events all arguments were compared
 */
struct heard {
	struct kunit *test;
	const struct shadow_event_log *log;
	unsigned int only;
	unsigned int nr;
	struct shadow_event_args event[KEPT];
	char name[KEPT][24];
	bool looked[SHADOW_NR_EVENTS];
};

static struct heard *heard;

static void hear(const struct shadow_event_log *log,
		 const struct shadow_event_args *args)
{
	if (log != heard->log || heard->nr == KEPT ||
	    (heard->only && heard->only != args->id + 1))
		return;
	heard->event[heard->nr] = *args;
	strscpy(heard->name[heard->nr], args->name ? : "", sizeof(heard->name[0]));
	heard->nr++;
}

/* From here on, of this machine */
static void attend(const struct shadow_event_log *log)
{
	heard->log = log;
	heard->only = 0;
	heard->nr = 0;
}

static u64 nr_heard(enum shadow_event_id id)
{
	unsigned int i;
	u64 nr = 0;

	for (i = 0; i < heard->nr; i++)
		nr += heard->event[i].id == id;
	return nr;
}

static const struct shadow_event_args *which(enum shadow_event_id id, u64 at)
{
	unsigned int i;

	for (i = 0; i < heard->nr; i++)
		if (heard->event[i].id == id && !at--)
			return &heard->event[i];
	return NULL;
}

/* The one of that kind, counted from 0, says that; as many arguments as it has */
static void expect_nth(enum shadow_event_id id, u64 at, const char *name, u64 nr,
		       const u64 *arg, unsigned int nr_args)
{
	const struct shadow_event_args *args = which(id, at);
	struct kunit *test = heard->test;
	unsigned int i, named = 0;

	while (named < SHADOW_EVENT_ARGS && shadow_events[id].arg[named])
		named++;
	KUNIT_EXPECT_EQ_MSG(test, nr_args, named, "%s", shadow_events[id].name);
	KUNIT_ASSERT_NOT_NULL_MSG(test, args, "%s %llu: not told",
				  shadow_events[id].name, at);
	KUNIT_EXPECT_EQ_MSG(test, args->nr, nr, "%s: nr", shadow_events[id].name);
	KUNIT_EXPECT_STREQ_MSG(test, heard->name[args - heard->event], name ? : "",
			       "%s", shadow_events[id].name);
	KUNIT_EXPECT_NE_MSG(test, args->ip, 0, "%s", shadow_events[id].name);
	for (i = 0; i < named; i++)
		KUNIT_EXPECT_EQ_MSG(test, args->arg[i], arg[i], "%s: %s",
				    shadow_events[id].name, shadow_events[id].arg[i]);
	for (; i < SHADOW_EVENT_ARGS; i++)
		KUNIT_EXPECT_EQ_MSG(test, args->arg[i], 0, "%s: argument %u has no name",
				    shadow_events[id].name, i);
	heard->looked[id] = nr_args == named;
}

#define EXPECT(id, at, name, nr, ...)						\
	expect_nth(id, at, name, nr, (const u64 []) { __VA_ARGS__ },		\
		   sizeof((const u64 []) { __VA_ARGS__ }) / sizeof(u64))

/* --------------------------------------------------------------- pages -- */

static struct shadow_zone *zone_of(struct shadow_test_machine *m)
{
	return &m->nodes.node[0].zone[SHADOW_ZONE_NORMAL];
}

static void of_pages(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 16, 0);
	u32 gfp = SHADOW_GFP_KERNEL | SHADOW_GFP_ZERO;
	struct shadow_page *page;

	attend(&m->events);
	/* All are one block of order 4: three halves are split off */
	page = shadow_alloc_pages_cpu(&m->nodes, 0, gfp, 1);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_EQ(test, shadow_page_to_pfn(&m->nodes, page), START_PFN);
	EXPECT(SHADOW_EV_PAGE_ALLOC, 0, NULL, 2, START_PFN, 1, gfp,
	       SHADOW_MIGRATE_UNMOVABLE);
	EXPECT(SHADOW_EV_PAGE_SPLIT, 0, NULL, 3, START_PFN, 1, 4);
	KUNIT_ASSERT_EQ(test, shadow_free_pages(&m->nodes, page, 1), 0);
	EXPECT(SHADOW_EV_PAGE_FREE, 0, NULL, 2, START_PFN, 1);
	EXPECT(SHADOW_EV_PAGE_MERGE, 0, NULL, 3, START_PFN, 4, 1);
	KUNIT_EXPECT_EQ(test, nr_heard(SHADOW_EV_PAGE_ALLOC), 1);
	KUNIT_EXPECT_EQ(test, nr_heard(SHADOW_EV_PAGE_FREE), 1);
}

/* Frames 4 to 9 of 16: of the one block remain [0 3], [10 11] and [12 15] */
static void of_frames_in_a_row(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 16, 0);
	u32 gfp = SHADOW_GFP_OWNER(SHADOW_OWNER_SHARED);
	struct shadow_page *low;
	unsigned int i;
	u64 pfn;

	low = shadow_alloc_pages(&m->nodes, SHADOW_GFP_KERNEL, 0);
	KUNIT_ASSERT_NOT_NULL(test, low);
	attend(&m->events);
	pfn = shadow_contig_alloc(&m->nodes, 6, 4, SHADOW_OWNER_SHARED);
	KUNIT_ASSERT_EQ(test, pfn, START_PFN + 4);
	KUNIT_EXPECT_EQ(test, nr_heard(SHADOW_EV_PAGE_ALLOC), 6);
	for (i = 0; i < 6; i++)
		EXPECT(SHADOW_EV_PAGE_ALLOC, i, NULL, 1, pfn + i, 0, gfp,
		       SHADOW_MIGRATE_UNMOVABLE);
	/* [4 7] into its 4 frames; [8 15] into 2, [10 11] and [12 15] */
	EXPECT(SHADOW_EV_PAGE_SPLIT, 0, NULL, 3, START_PFN + 4, 0, 2);
	EXPECT(SHADOW_EV_PAGE_SPLIT, 1, NULL, 3, START_PFN + 8, 0, 3);
	KUNIT_ASSERT_EQ(test, shadow_contig_free(&m->nodes, pfn, 6), 0);
	KUNIT_EXPECT_EQ(test, nr_heard(SHADOW_EV_PAGE_FREE), 6);
	for (i = 0; i < 6; i++)
		EXPECT(SHADOW_EV_PAGE_FREE, i, NULL, 1, pfn + i, 0);
}

/* The first unmovable frame makes two movable pageblocks its own */
static void of_types(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 4096, 0);
	struct shadow_page *page;

	KUNIT_ASSERT_EQ(test, m->nodes.pageblock_log2, 9);
	attend(&m->events);
	page = shadow_alloc_pages(&m->nodes, SHADOW_GFP_KERNEL, 3);
	KUNIT_ASSERT_NOT_NULL(test, page);
	EXPECT(SHADOW_EV_PAGE_STEAL, 0, NULL, 2, shadow_page_to_pfn(&m->nodes, page),
	       SHADOW_MIGRATE_MOVABLE, SHADOW_MIGRATE_UNMOVABLE, 1024);
	EXPECT(SHADOW_EV_PAGE_FALLBACK, 0, NULL, 1,
	       shadow_page_to_pfn(&m->nodes, page), shadow_event_pack(3, 10, 9),
	       shadow_event_pack(SHADOW_MIGRATE_UNMOVABLE, SHADOW_MIGRATE_MOVABLE, 1));
	KUNIT_EXPECT_EQ(test, nr_heard(SHADOW_EV_PAGE_STEAL), 1);
	/* A frame among those of another type: its pageblock stays theirs */
	while (m->nodes.node[0].zone[SHADOW_ZONE_NORMAL].nr_free)
		page = shadow_alloc_pages(&m->nodes, SHADOW_GFP_KERNEL, 0);
	KUNIT_ASSERT_EQ(test, shadow_free_pages(&m->nodes, page, 0), 0);
	attend(&m->events);
	KUNIT_ASSERT_PTR_EQ(test, page, shadow_alloc_pages(&m->nodes, SHADOW_GFP_MOVABLE, 0));
	EXPECT(SHADOW_EV_PAGE_FALLBACK, 0, NULL, 1,
	       shadow_page_to_pfn(&m->nodes, page), shadow_event_pack(0, 0, 9),
	       shadow_event_pack(SHADOW_MIGRATE_MOVABLE, SHADOW_MIGRATE_UNMOVABLE, 0));
	KUNIT_EXPECT_EQ(test, nr_heard(SHADOW_EV_PAGE_STEAL), 0);
}

static void of_refusals(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 64, 0);
	u32 gfp = SHADOW_GFP_KERNEL | SHADOW_GFP_COMP;

	zone_of(m)->mark[SHADOW_WMARK_MIN] = 50;
	zone_of(m)->mark[SHADOW_WMARK_LOW] = 55;
	zone_of(m)->mark[SHADOW_WMARK_HIGH] = 60;
	attend(&m->events);
	/* 32 more would leave 32, of which 50 are not to be had */
	KUNIT_EXPECT_NULL(test, shadow_alloc_pages(&m->nodes, gfp, 5));
	EXPECT(SHADOW_EV_PAGE_REFUSED, 0, "Normal", 1, 5, gfp,
	       SHADOW_ZONE_NORMAL, 64, 50);
	KUNIT_EXPECT_EQ(test, nr_heard(SHADOW_EV_PAGE_REFUSED), 1);
	KUNIT_EXPECT_EQ(test, nr_heard(SHADOW_EV_PAGE_ALLOC), 0);
}

static void of_lists(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 4096, 3);
	struct shadow_pcp *pcp = &zone_of(m)->pcp[2];
	struct shadow_page *page, *more[4];
	const u64 first = START_PFN, end = START_PFN + 4096;
	u64 nr, i, other;

	attend(&m->events);
	page = shadow_alloc_pages_cpu(&m->nodes, 2, SHADOW_GFP_MOVABLE, 0);
	KUNIT_ASSERT_NOT_NULL(test, page);
	nr = pcp->count + 1;
	EXPECT(SHADOW_EV_PCP_REFILL, 0, "Normal", nr, SHADOW_ZONE_NORMAL, 0,
	       SHADOW_MIGRATE_MOVABLE, 2);
	KUNIT_ASSERT_EQ(test, shadow_free_pages_cpu(&m->nodes, 2, page, 0), 0);
	for (i = 0; i < ARRAY_SIZE(more); i++)
		more[i] = shadow_alloc_pages_cpu(&m->nodes, 2, SHADOW_GFP_MOVABLE, 0);
	for (i = 0; i < ARRAY_SIZE(more); i++)
		shadow_free_pages_cpu(&m->nodes, 2, more[i], 0);
	attend(&m->events);
	nr = pcp->count;
	KUNIT_ASSERT_GE(test, nr, ARRAY_SIZE(more));
	shadow_pcp_drain(zone_of(m));
	KUNIT_EXPECT_EQ(test, pcp->count, 0);
	/* Each by itself, those that were freed last at the end */
	KUNIT_EXPECT_EQ(test, nr_heard(SHADOW_EV_PCP_DRAIN), nr);
	for (i = 0; i < nr; i++) {
		const struct shadow_event_args *args = which(SHADOW_EV_PCP_DRAIN, i);
		u64 pfn = args ? args->arg[4] : 0;

		if (i >= nr - ARRAY_SIZE(more))
			pfn = shadow_page_to_pfn(&m->nodes,
						 more[i - (nr - ARRAY_SIZE(more))]);
		EXPECT(SHADOW_EV_PCP_DRAIN, i, "Normal", 1, SHADOW_ZONE_NORMAL, 0,
		       SHADOW_MIGRATE_MOVABLE, 2, pfn);
		KUNIT_EXPECT_TRUE(test, pfn >= first && pfn < end);
		for (other = 0; other < i; other++)
			KUNIT_EXPECT_NE(test, pfn, which(SHADOW_EV_PCP_DRAIN, other)->arg[4]);
	}
}

/* --------------------------------------------------------- early memory -- */

static void of_memblock(struct kunit *test)
{
	struct shadow_memblock *mb = shadow_test_alloc(test, sizeof(*mb));
	struct shadow_event_log *log = shadow_test_alloc(test, sizeof(*log));
	struct shadow_block block;
	phys_addr_t pa;

	shadow_test_block(test, &block, START, SZ_1M);
	shadow_event_init(log);
	shadow_memblock_init(mb, &block, log, SHADOW_TEST_PAGE_SHIFT);
	attend(log);
	KUNIT_ASSERT_EQ(test, 0, shadow_memblock_add_node(mb, START, SZ_1M, 3,
							  SHADOW_MEMBLOCK_HOTPLUG));
	EXPECT(SHADOW_EV_MEMBLOCK_ADD, 0, NULL, SZ_1M, START, SZ_1M, 3,
	       SHADOW_MEMBLOCK_HOTPLUG);
	shadow_memblock_set_owner(mb, "tables");
	KUNIT_ASSERT_EQ(test, 0, shadow_memblock_reserve_node(mb, START + PAGE, PAGE, 3,
							      SHADOW_MEMBLOCK_NONE));
	EXPECT(SHADOW_EV_MEMBLOCK_RESERVE, 0, "tables", PAGE, START + PAGE, PAGE, 3,
	       SHADOW_MEMBLOCK_NONE);
	pa = shadow_memblock_alloc_range_nid(mb, 3 * PAGE, SZ_64K, 0,
					     SHADOW_MEMBLOCK_ALLOC_ACCESSIBLE, 3, true);
	/* From the top, as far down as it is aligned */
	KUNIT_EXPECT_EQ(test, pa, START + SZ_1M - SZ_64K);
	EXPECT(SHADOW_EV_MEMBLOCK_ALLOC, 0, "tables", 3 * PAGE, pa, 3 * PAGE, SZ_64K, 3);
	KUNIT_ASSERT_EQ(test, 0, shadow_memblock_phys_free(mb, pa, PAGE));
	EXPECT(SHADOW_EV_MEMBLOCK_FREE, 0, NULL, PAGE, pa, PAGE);
	KUNIT_EXPECT_EQ(test, nr_heard(SHADOW_EV_MEMBLOCK_REMOVE), 0);
	KUNIT_ASSERT_EQ(test, 0, shadow_memblock_remove(mb, START + 4 * PAGE, 2 * PAGE));
	EXPECT(SHADOW_EV_MEMBLOCK_REMOVE, 0, NULL, 2 * PAGE, START + 4 * PAGE, 2 * PAGE);
	KUNIT_EXPECT_EQ(test, nr_heard(SHADOW_EV_MEMBLOCK_FREE), 1);
}

static void of_bootmem(struct kunit *test)
{
	struct shadow_bootmem *bm = shadow_test_alloc(test, sizeof(*bm));
	struct shadow_event_log *log = shadow_test_alloc(test, sizeof(*log));
	void *map = shadow_test_alloc(test, shadow_bootmem_map_bytes(64));
	phys_addr_t pa;

	shadow_event_init(log);
	shadow_bootmem_init(bm, NULL, SHADOW_TEST_PAGE_SHIFT, log);
	KUNIT_ASSERT_EQ(test, 0, shadow_bootmem_init_node(bm, 2, map, 0, true, START_PFN,
							  START_PFN + 64));
	attend(log);
	/* Whole frames that are inside: the first 100 bytes free none */
	KUNIT_ASSERT_EQ(test, 0, shadow_bootmem_free(bm, START + 100, 63 * PAGE));
	EXPECT(SHADOW_EV_BOOTMEM_FREE, 0, NULL, 62 * PAGE, START + PAGE, 62 * PAGE);
	shadow_bootmem_set_owner(bm, "dtb");
	/* All frames that it touches */
	KUNIT_ASSERT_EQ(test, 0, shadow_bootmem_reserve(bm, START + PAGE + 100, PAGE, 0));
	EXPECT(SHADOW_EV_BOOTMEM_RESERVE, 0, "dtb", 2 * PAGE, START + PAGE, 2 * PAGE);
	KUNIT_ASSERT_EQ(test, 0, shadow_bootmem_alloc(bm, 300, 128, 0, 0, 2, &pa));
	KUNIT_EXPECT_EQ(test, pa, START + 3 * PAGE);
	EXPECT(SHADOW_EV_BOOTMEM_ALLOC, 0, "dtb", 300, pa, 300, 128, 2);
	KUNIT_EXPECT_EQ(test, -ENOMEM, shadow_bootmem_alloc(bm, 99 * PAGE, 0, 0, 0, 2, &pa));
	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_bootmem_free(bm, START + 9 * PAGE, PAGE));
	KUNIT_EXPECT_EQ(test, heard->nr, 3);
}

/* --------------------------------------------------------------- tables -- */

static u64 table_pa(const struct test_tables *t, unsigned int nr)
{
	return t->block.base + nr * test_page_of(t);
}

/* The source of tables gives the lowest that is free, the root is the first */
static void of_tables(struct kunit *test)
{
	struct test_tables *t = test_tables(test, 12, 48, 48, false, true);

	attend(&t->log);
	KUNIT_ASSERT_EQ(test, 0, shadow_pgtable_map(&t->pgt, VA, 0x80000000, SZ_2M,
						    SHADOW_PAGE_KERNEL, 0));
	EXPECT(SHADOW_EV_MAP, 0, NULL, 512, VA, 0x80000000, 512, SHADOW_PAGE_KERNEL, 0);
	/* Of levels 1 and 2; the root was there */
	KUNIT_EXPECT_EQ(test, nr_heard(SHADOW_EV_TABLE_ALLOC), 2);
	EXPECT(SHADOW_EV_TABLE_ALLOC, 0, NULL, 1, table_pa(t, 1), 2);
	EXPECT(SHADOW_EV_TABLE_ALLOC, 1, NULL, 1, table_pa(t, 2), 3);
	/*
	 * One page of the block: the block goes first, then the hint of the 16
	 * pages that it is one of, then the page.
	 */
	KUNIT_ASSERT_EQ(test, 0, shadow_pgtable_unmap(&t->pgt, VA + SZ_4K, SZ_4K));
	EXPECT(SHADOW_EV_BLOCK_SPLIT, 0, NULL, 1, VA, 2, table_pa(t, 3));
	EXPECT(SHADOW_EV_UNMAP, 0, NULL, 1, VA + SZ_4K, 1, false);
	KUNIT_ASSERT_EQ(test, nr_heard(SHADOW_EV_TLBI), 3);
	EXPECT(SHADOW_EV_TLBI, 0, "vaale1is", 1, SHADOW_TLBI_VAALE1IS, VA, SZ_2M, 1);
	EXPECT(SHADOW_EV_TLBI, 1, "vaale1is", 16, SHADOW_TLBI_VAALE1IS, VA, SZ_64K, 16);
	EXPECT(SHADOW_EV_TLBI, 2, "vaale1is", 1, SHADOW_TLBI_VAALE1IS, VA + SZ_4K,
	       SZ_4K, 1);
	/* It is whole again: one block, and the table goes */
	KUNIT_ASSERT_EQ(test, 0, shadow_pgtable_map(&t->pgt, VA + SZ_4K, 0x80001000,
						    SZ_4K, SHADOW_PAGE_KERNEL, 0));
	EXPECT(SHADOW_EV_TABLE_FOLD, 0, NULL, 1, VA, 2, table_pa(t, 3));
	EXPECT(SHADOW_EV_TABLE_FREE, 0, NULL, 1, table_pa(t, 3), 3);
	KUNIT_EXPECT_EQ(test, t->pgt.nr_tables, 3);
	KUNIT_ASSERT_EQ(test, 0, shadow_pgtable_unmap_lazy(&t->pgt, VA, SZ_2M));
	EXPECT(SHADOW_EV_UNMAP, 1, NULL, 512, VA, 512, true);
	/* On its own, with fresh ears */
	attend(&t->log);
	KUNIT_ASSERT_EQ(test, 0, shadow_pgtable_map(&t->pgt, VA + SZ_1G, 0x80000000, SZ_2M,
						    SHADOW_PAGE_KERNEL, 0));
	KUNIT_ASSERT_EQ(test, 0, shadow_pgtable_protect(&t->pgt, VA + SZ_1G, SZ_2M,
							SHADOW_PAGE_KERNEL_RO, 0));
	EXPECT(SHADOW_EV_PROTECT, 0, NULL, 512, VA + SZ_1G, 512, SHADOW_PAGE_KERNEL_RO, 0);
	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_pgtable_protect(&t->pgt, VA + SZ_1G, SZ_2M,
							      SHADOW_PAGE_KERNEL, 0x800));
	KUNIT_EXPECT_EQ(test, nr_heard(SHADOW_EV_PROTECT), 1);
	KUNIT_ASSERT_EQ(test, 0, shadow_pgtable_protect(&t->pgt, VA + SZ_1G, SZ_2M,
							SHADOW_PAGE_KERNEL, 0));
	shadow_pgtable_fini(&t->pgt);
}

/* -------------------------------------------------------------- objects -- */

static u64 told_pa(const struct shadow_test_slabs *sm, const void *object)
{
	return shadow_virt_to_phys(&sm->m->block, object);
}

/* A class, and what is straight from the page allocator, for node 0 */
static void of_kmalloc(struct shadow_test_slabs *sm)
{
	u32 gfp = SHADOW_GFP_KERNEL | SHADOW_GFP_NODE(0);
	void *object = shadow_kmalloc_node(&sm->slab, 100, SHADOW_GFP_KERNEL, 0);
	u64 at = nr_heard(SHADOW_EV_KMALLOC) - 1, free_at;
	void *large;

	EXPECT(SHADOW_EV_KMALLOC, at, NULL, 1, told_pa(sm, object), 100, 128, gfp, 0);
	free_at = nr_heard(SHADOW_EV_KFREE);
	KUNIT_EXPECT_EQ(heard->test, shadow_kfree(&sm->slab, object), 0);
	EXPECT(SHADOW_EV_KFREE, free_at, "kmalloc-128", 1, told_pa(sm, object));
	large = shadow_kmalloc(&sm->slab, 20000, 0);
	EXPECT(SHADOW_EV_KMALLOC, at + 1, NULL, 1, told_pa(sm, large), 20000, SZ_32K, 0,
	       U64_MAX);
	KUNIT_EXPECT_EQ(heard->test, shadow_kfree(&sm->slab, large), 0);
	EXPECT(SHADOW_EV_KFREE, free_at + 1, NULL, 1, told_pa(sm, large));
}

static void of_objects(struct kunit *test)
{
	struct shadow_test_slabs *sm = shadow_test_slabs(test, SHADOW_TEST_SLAB("slub", 7),
							 2048, 2);
	struct shadow_kmem_cache *cache;
	u64 at, id, base, bytes;
	void *object;

	attend(&sm->m->events);
	cache = shadow_kmem_cache_create(&sm->slab, "told", 200, 64,
					 SHADOW_SLAB_RECLAIM_ACCOUNT, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(cache));
	id = cache->desc.id;
	/* 200 bytes at multiples of 64 */
	EXPECT(SHADOW_EV_CACHE_CREATE, 0, "told", 1, id, 200, 64,
	       SHADOW_SLAB_RECLAIM_ACCOUNT, 256);
	attend(&sm->m->events);
	object = shadow_kmem_cache_alloc(cache, SHADOW_GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, object);
	EXPECT(SHADOW_EV_OBJECT_ALLOC, 0, "told", 1, told_pa(sm, object), id, 200, 256,
	       SHADOW_GFP_KERNEL);
	bytes = PAGE << cache->desc.order;
	base = told_pa(sm, object) & ~(bytes - 1);
	EXPECT(SHADOW_EV_SLAB_NEW, 0, "told", 1, id, base >> SHADOW_TEST_PAGE_SHIFT,
	       cache->desc.order);
	at = nr_heard(SHADOW_EV_OBJECT_FREE);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, object), 0);
	EXPECT(SHADOW_EV_OBJECT_FREE, at, "told", 1, told_pa(sm, object), id);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), 0);
	EXPECT(SHADOW_EV_SLAB_DISCARD, 0, "told", 1, id, base >> SHADOW_TEST_PAGE_SHIFT,
	       cache->desc.order);
	EXPECT(SHADOW_EV_CACHE_DESTROY, 0, "told", 1, id);
	of_kmalloc(sm);
	shadow_slab_fini(&sm->slab);
}

/* ------------------------------------------------------- a whole machine -- */

/* Areas of all three kinds come and go: five pages, two, and a device's page */
static void of_areas(struct kunit *test)
{
	struct shadow_vmalloc *vm;
	u64 va, io;
	u32 pages[2];

	KUNIT_ASSERT_EQ(test, rig_init(test), 0);
	vm = &the_rig->mm.vmalloc;
	attend(&the_rig->mm.events);
	KUNIT_ASSERT_EQ(test, 0, shadow_vmalloc_alloc(vm, 5 * PAGE - 1, SHADOW_GFP_ZERO,
						      SHADOW_PAGE_KERNEL, 0, &va));
	EXPECT(SHADOW_EV_VMALLOC, 0, NULL, 5, va, 5 * PAGE - 1,
	       which(SHADOW_EV_VMALLOC, 0)->arg[2], 0);
	KUNIT_EXPECT_TRUE(test, which(SHADOW_EV_VMALLOC, 0)->arg[2] & SHADOW_GFP_ZERO);
	KUNIT_ASSERT_EQ(test, 0, shadow_vfree(vm, va));
	EXPECT(SHADOW_EV_VFREE, 0, NULL, 5, va, 5 * PAGE);
	expect_ok(test, the_rig, "alloc_pages 0 count=2 as=p");
	pages[0] = shadow_pfn_to_index(&the_rig->mm.nodes.memmap,
				       which(SHADOW_EV_PAGE_ALLOC,
					     nr_heard(SHADOW_EV_PAGE_ALLOC) - 2)->arg[0]);
	pages[1] = shadow_pfn_to_index(&the_rig->mm.nodes.memmap,
				       which(SHADOW_EV_PAGE_ALLOC,
					     nr_heard(SHADOW_EV_PAGE_ALLOC) - 1)->arg[0]);
	KUNIT_ASSERT_EQ(test, 0, shadow_vmap(vm, pages, 2, SHADOW_PAGE_KERNEL, 0, &va));
	EXPECT(SHADOW_EV_VMALLOC, 1, NULL, 2, va, 2 * PAGE, SHADOW_GFP_KERNEL, 0);
	KUNIT_ASSERT_EQ(test, 0, shadow_vunmap(vm, va));
	EXPECT(SHADOW_EV_VFREE, 1, NULL, 2, va, 2 * PAGE);
	KUNIT_ASSERT_EQ(test, 0, shadow_ioremap(vm, 0x9000010, 16, SHADOW_PAGE_KERNEL, 0, &io));
	EXPECT(SHADOW_EV_VMALLOC, 2, NULL, 1, io - 0x10, PAGE, 0, 0);
	KUNIT_ASSERT_EQ(test, 0, shadow_vunmap(vm, io));
	EXPECT(SHADOW_EV_VFREE, 2, NULL, 1, io - 0x10, PAGE);
	KUNIT_EXPECT_EQ(test, nr_heard(SHADOW_EV_VMALLOC), 3);
	KUNIT_EXPECT_EQ(test, nr_heard(SHADOW_EV_VFREE), 3);
	rig_exit(test);
}

/* Each phase of a boot, in their order, with the time that `boot` has */
static void of_phases(struct kunit *test)
{
	unsigned int phase;

	KUNIT_ASSERT_EQ(test, rig_init(test), 0);
	attend(&the_rig->mm.events);
	heard->only = SHADOW_EV_PHASE + 1;
	expect_ok(test, the_rig, "reset");
	KUNIT_EXPECT_EQ(test, heard->nr, the_rig->mm.boot.nr_done);
	KUNIT_EXPECT_EQ(test, heard->nr, SHADOW_NR_PHASES);
	for (phase = 0; phase < heard->nr; phase++)
		EXPECT(SHADOW_EV_PHASE, phase, shadow_phase_name(phase), 1, phase,
		       the_rig->mm.boot.record[phase].ns, 0);
	rig_exit(test);
}

static void (*const brought_about_by[SHADOW_NR_EVENTS])(struct kunit *test) = {
	[SHADOW_EV_PAGE_ALLOC] = of_pages,
	[SHADOW_EV_PAGE_FREE] = of_frames_in_a_row,
	[SHADOW_EV_PAGE_SPLIT] = of_frames_in_a_row,
	[SHADOW_EV_PAGE_MERGE] = of_pages,
	[SHADOW_EV_PAGE_FALLBACK] = of_types,
	[SHADOW_EV_PAGE_STEAL] = of_types,
	[SHADOW_EV_PAGE_REFUSED] = of_refusals,
	[SHADOW_EV_PCP_REFILL] = of_lists,
	[SHADOW_EV_PCP_DRAIN] = of_lists,
	[SHADOW_EV_MEMBLOCK_ADD] = of_memblock,
	[SHADOW_EV_MEMBLOCK_RESERVE] = of_memblock,
	[SHADOW_EV_MEMBLOCK_FREE] = of_memblock,
	[SHADOW_EV_MEMBLOCK_ALLOC] = of_memblock,
	[SHADOW_EV_TABLE_ALLOC] = of_tables,
	[SHADOW_EV_TABLE_FREE] = of_tables,
	[SHADOW_EV_MAP] = of_tables,
	[SHADOW_EV_UNMAP] = of_tables,
	[SHADOW_EV_BLOCK_SPLIT] = of_tables,
	[SHADOW_EV_TABLE_FOLD] = of_tables,
	[SHADOW_EV_TLBI] = of_tables,
	[SHADOW_EV_CACHE_CREATE] = of_objects,
	[SHADOW_EV_CACHE_DESTROY] = of_objects,
	[SHADOW_EV_SLAB_NEW] = of_objects,
	[SHADOW_EV_SLAB_DISCARD] = of_objects,
	[SHADOW_EV_OBJECT_ALLOC] = of_objects,
	[SHADOW_EV_OBJECT_FREE] = of_objects,
	[SHADOW_EV_KMALLOC] = of_objects,
	[SHADOW_EV_KFREE] = of_objects,
	[SHADOW_EV_VMALLOC] = of_areas,
	[SHADOW_EV_VFREE] = of_areas,
	[SHADOW_EV_PHASE] = of_phases,
	[SHADOW_EV_BOOTMEM_RESERVE] = of_bootmem,
	[SHADOW_EV_BOOTMEM_FREE] = of_bootmem,
	[SHADOW_EV_BOOTMEM_ALLOC] = of_bootmem,
	[SHADOW_EV_MEMBLOCK_REMOVE] = of_memblock,
	[SHADOW_EV_PROTECT] = of_tables,
};

static void listen(bool on)
{
	int id;

	for (id = 0; id < SHADOW_NR_EVENTS; id++)
		shadow_event_listen(id, on);
	shadow_event_sink = on ? hear : NULL;
}

static void stop_listening(void *unused)
{
	listen(false);
}

static void every_event_tells_the_truth(struct kunit *test)
{
	int id, before;

	heard = shadow_test_alloc(test, sizeof(*heard));
	heard->test = test;
	listen(true);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, stop_listening, NULL));
	for (id = 0; id < SHADOW_NR_EVENTS; id++) {
		KUNIT_ASSERT_NOT_NULL_MSG(test, brought_about_by[id], "%s",
					  shadow_events[id].name);
		for (before = 0; before < id; before++)
			if (brought_about_by[before] == brought_about_by[id])
				break;
		if (before == id)
			brought_about_by[id](test);
	}
	for (id = 0; id < SHADOW_NR_EVENTS; id++)
		KUNIT_EXPECT_TRUE_MSG(test, heard->looked[id], "%s",
				      shadow_events[id].name);
}

static struct kunit_case args_cases[] = {
	KUNIT_CASE(every_event_tells_the_truth),
	{}
};

static struct kunit_suite args_suite = {
	.name = "shadow_event_args",
	.exit = rig_exit,
	.test_cases = args_cases,
};

kunit_test_suite(args_suite);
MODULE_LICENSE("GPL");
