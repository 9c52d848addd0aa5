// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite of machines without memory: for every path that allocates, the first
 * allocation fails, then the second, then the third, until the path needs no
 * more; at each of the points where memory is asked for.
 *
 * After each, the machine has what it had: every owner as many frames as
 * before, as many tables, areas and caches, and every layer verifies.
 */
#include "shadow_test_host.h"

#include "shadow_audit.h"
#include "shadow_boot.h"
#include "shadow_compound.h"
#include "shadow_contig.h"
#include "shadow_page_alloc.h"
#include "shadow_page_call.h"
#include "shadow_params_room.h"
#include "shadow_pcp.h"

#define MAX_STEPS	3000	/* a path that needs more than that never ends */
#define NR_BULK		70
#define NR_OBJECTS	300
#define MAP_BYTES	SZ_4M

/* Emulated, or with KASAN, each step takes its time: some of the later ones */
#ifdef __KERNEL__
#define BOOT_STRIDE	13
#define NEXT(nth)	((nth) + 1 + (nth) / 8)
#else
#define BOOT_STRIDE	1
#define NEXT(nth)	((nth) + 1)
#endif

/**
 * struct oom - a machine, and what a path has taken of it
 * @mm: the machine
 * @audit: scratch
 * @page: pages taken
 * @nr_pages: how many
 * @cache: a cache made
 * @object: objects taken
 * @va: an address of vmalloc's, or one that was mapped
 * @pfn: the first of frames in a row
 */
struct oom {
	struct shadow_mm mm;
	struct shadow_audit audit;
	struct shadow_page *page[NR_BULK];
	u32 nr_pages;
	struct shadow_kmem_cache *cache;
	void *object[NR_OBJECTS];
	u64 va;
	u64 pfn;
};

/**
 * struct oom_tally - what a machine has
 * @free: frames that nobody has
 * @owned: frames by owner
 * @nr_tables: translation tables
 * @nr_areas: vmalloc areas
 * @nr_caches: caches
 * @nr_objects: objects in use, of all caches
 */
struct oom_tally {
	u64 free;
	u64 owned[SHADOW_NR_OWNERS];
	u64 nr_tables;
	u64 nr_areas;
	u64 nr_caches;
	u64 nr_objects;
};

/**
 * struct oom_path - something that allocates
 * @name: what it is called
 * @run: does it: 0, or -ENOMEM; then it has nothing
 * @undo: gives back what @run has got
 * @arg: for both
 * @gfp: the same
 */
struct oom_path {
	const char *name;
	int (*run)(struct oom *o, const struct oom_path *path);
	int (*undo)(struct oom *o, const struct oom_path *path);
	u64 arg;
	u32 gfp;
};

/* --------------------------------------------------------------- the paths -- */

static int run_pages(struct oom *o, const struct oom_path *path)
{
	o->page[0] = shadow_alloc_pages_cpu(&o->mm.nodes, 0, path->gfp, path->arg);
	return o->page[0] ? 0 : -ENOMEM;
}

static int undo_pages(struct oom *o, const struct oom_path *path)
{
	return shadow_free_pages_cpu(&o->mm.nodes, 1, o->page[0], path->arg);
}

/* Fewer than asked for is an answer; what there is must be good */
static int run_bulk(struct oom *o, const struct oom_path *path)
{
	u32 i;

	memset(o->page, 0, sizeof(o->page));
	o->nr_pages = shadow_alloc_pages_bulk_cpu(&o->mm.nodes, 0, path->gfp,
						  NR_BULK, o->page);
	if (o->nr_pages > NR_BULK)
		return -ERANGE;
	for (i = 0; i < NR_BULK; i++) {
		bool filled = i < o->nr_pages;

		if (!!o->page[i] != filled)
			return -EFAULT;
	}
	return 0;
}

static int undo_bulk(struct oom *o, const struct oom_path *path)
{
	u32 i;
	int err = 0;

	for (i = 0; i < o->nr_pages && !err; i++)
		err = shadow_free_pages_cpu(&o->mm.nodes, 0, o->page[i], 0);
	return err;
}

static int run_exact(struct oom *o, const struct oom_path *path)
{
	o->va = shadow_alloc_pages_exact(&o->mm.nodes, path->arg, path->gfp);
	return o->va ? 0 : -ENOMEM;
}

static int undo_exact(struct oom *o, const struct oom_path *path)
{
	return shadow_free_pages_exact(&o->mm.nodes, o->va, path->arg);
}

static int run_split(struct oom *o, const struct oom_path *path)
{
	int err = run_pages(o, path);

	return err ? err : shadow_split_page(&o->mm.nodes, o->page[0], path->arg);
}

static int undo_split(struct oom *o, const struct oom_path *path)
{
	u64 pfn = shadow_page_to_pfn(&o->mm.nodes, o->page[0]), i;
	int err = 0;

	for (i = 0; i < BIT(path->arg) && !err; i++)
		err = shadow_free_pages_cpu(&o->mm.nodes, 0,
					    shadow_pfn_to_page(&o->mm.nodes, pfn + i),
					    0);
	return err;
}

static int run_contig(struct oom *o, const struct oom_path *path)
{
	o->pfn = shadow_contig_alloc(&o->mm.nodes, path->arg, 1,
				     SHADOW_OWNER_DIRECT);
	return o->pfn ? 0 : -ENOMEM;
}

static int undo_contig(struct oom *o, const struct oom_path *path)
{
	return shadow_contig_free(&o->mm.nodes, o->pfn, path->arg);
}

static int run_vmalloc(struct oom *o, const struct oom_path *path)
{
	return shadow_vmalloc_alloc(&o->mm.vmalloc, path->arg, path->gfp,
				    SHADOW_PAGE_KERNEL, 0, &o->va);
}

static int run_vmalloc_huge(struct oom *o, const struct oom_path *path)
{
	return shadow_vmalloc_huge(&o->mm.vmalloc, path->arg, path->gfp,
				   SHADOW_PAGE_KERNEL, 0, &o->va);
}

static int undo_vmalloc(struct oom *o, const struct oom_path *path)
{
	return shadow_vfree(&o->mm.vmalloc, o->va) ? :
	       shadow_vmalloc_purge(&o->mm.vmalloc);
}

/* The frames that the first block has, back to front */
static int run_vmap(struct oom *o, const struct oom_path *path)
{
	u32 index[16], i;
	int err = run_pages(o, path);

	if (err)
		return err;
	for (i = 0; i < BIT(path->arg); i++)
		index[i] = shadow_page_index(&o->mm.nodes.memmap, o->page[0]) +
			   BIT(path->arg) - 1 - i;
	err = shadow_vmap(&o->mm.vmalloc, index, i, SHADOW_PAGE_KERNEL, 0,
			  &o->va);
	if (err)
		undo_pages(o, path);
	return err;
}

/* What was given back meanwhile stays until it is shown no more. */
static int undo_vmap(struct oom *o, const struct oom_path *path)
{
	return undo_pages(o, path) ? : shadow_vunmap(&o->mm.vmalloc, o->va) ? :
	       shadow_vmalloc_purge(&o->mm.vmalloc);
}

static int run_ioremap(struct oom *o, const struct oom_path *path)
{
	return shadow_ioremap(&o->mm.vmalloc, SZ_4K, path->arg,
			      SHADOW_PROT_DEVICE_NGNRE, 0, &o->va);
}

static int undo_ioremap(struct oom *o, const struct oom_path *path)
{
	return shadow_vunmap(&o->mm.vmalloc, o->va) ? :
	       shadow_vmalloc_purge(&o->mm.vmalloc);
}

static int run_kmalloc(struct oom *o, const struct oom_path *path)
{
	o->object[0] = shadow_kmalloc_cpu(&o->mm.slab, 0, path->arg, path->gfp);
	return o->object[0] ? 0 : -ENOMEM;
}

static int undo_kmalloc(struct oom *o, const struct oom_path *path)
{
	return shadow_kfree_cpu(&o->mm.slab, 1, o->object[0]);
}

static int undo_cache(struct oom *o, const struct oom_path *path)
{
	return shadow_kmem_cache_destroy(o->cache);
}

static int run_cache(struct oom *o, const struct oom_path *path)
{
	o->cache = shadow_kmem_cache_create(&o->mm.slab, "oom", path->arg, 0, 0,
					    NULL);
	return PTR_ERR_OR_ZERO(o->cache);
}

static void free_objects(struct oom *o, u32 nr)
{
	while (nr--)
		shadow_kmem_cache_free_cpu(o->cache, nr % 2, o->object[nr]);
}

/* A cache, and several slabs of it, for two CPUs */
static int run_objects(struct oom *o, const struct oom_path *path)
{
	int err = run_cache(o, path);
	u32 i;

	for (i = 0; i < NR_OBJECTS && !err; i++) {
		o->object[i] = shadow_kmem_cache_alloc_cpu(o->cache, i % 2, path->gfp);
		if (!o->object[i]) {
			free_objects(o, i);
			err = undo_cache(o, path) ? : -ENOMEM;
		}
	}
	return err;
}

static int undo_objects(struct oom *o, const struct oom_path *path)
{
	free_objects(o, NR_OBJECTS);
	return undo_cache(o, path);
}

/* Pages only, over several tables, from a place that has none yet */
static int run_map(struct oom *o, const struct oom_path *path)
{
	return shadow_pgtable_map(&o->mm.swapper, path->arg, o->mm.block.base,
				  MAP_BYTES, SHADOW_PAGE_KERNEL, SHADOW_MAP_NO_BLOCK);
}

static int undo_map(struct oom *o, const struct oom_path *path)
{
	return shadow_pgtable_unmap(&o->mm.swapper, path->arg, MAP_BYTES);
}

/* Somewhere in the upper half, askew, where nothing else lies */
#define MAP_VA	0xffffb456789fe000ULL

static const struct oom_path paths[] = {
	{ "page", run_pages, undo_pages, 0, 0 },
	{ "page_movable", run_pages, undo_pages, 0, SHADOW_GFP_HIGHUSER_MOVABLE },
	{ "page_atomic", run_pages, undo_pages, 0, SHADOW_GFP_ATOMIC },
	{ "page_nowait", run_pages, undo_pages, 0, SHADOW_GFP_NOWAIT },
	{ "page_memalloc", run_pages, undo_pages, 0, SHADOW_GFP_MEMALLOC },
	{ "page_zeroed", run_pages, undo_pages, 0, SHADOW_GFP_ZERO },
	{ "page_dma", run_pages, undo_pages, 0, SHADOW_GFP_DMA },
	{ "page_thisnode", run_pages, undo_pages, 0, SHADOW_GFP_THISNODE },
	{ "page_route", run_pages, undo_pages, 0, SHADOW_GFP_ROUTE },
	{ "order_1", run_pages, undo_pages, 1, SHADOW_GFP_RECLAIMABLE },
	{ "order_2_atomic", run_pages, undo_pages, 2, SHADOW_GFP_ATOMIC },
	{ "order_3_compound", run_pages, undo_pages, 3, SHADOW_GFP_COMP },
	{ "order_4_zeroed", run_pages, undo_pages, 4, SHADOW_GFP_ZERO },
	{ "order_9", run_pages, undo_pages, 9, SHADOW_GFP_MOVABLE },
	{ "order_10", run_pages, undo_pages, 10, 0 },
	{ "bulk", run_bulk, undo_bulk, 0, 0 },
	{ "bulk_zeroed", run_bulk, undo_bulk, 0, SHADOW_GFP_ZERO },
	{ "exact", run_exact, undo_exact, 5 * SZ_4K + 1, 0 },
	{ "exact_zeroed", run_exact, undo_exact, 37 * SZ_4K, SHADOW_GFP_ZERO },
	{ "split", run_split, undo_split, 4, 0 },
	{ "contig", run_contig, undo_contig, 600, 0 },
	{ "vmalloc", run_vmalloc, undo_vmalloc, 100 * SZ_4K, 0 },
	{ "vmalloc_large", run_vmalloc, undo_vmalloc, SZ_4M + SZ_4K, SHADOW_GFP_ZERO },
	{ "vmalloc_huge", run_vmalloc_huge, undo_vmalloc, SZ_4M + SZ_4K, 0 },
	{ "vmap", run_vmap, undo_vmap, 4, SHADOW_GFP_COMP },
	{ "ioremap", run_ioremap, undo_ioremap, SZ_2M + SZ_4K, 0 },
	{ "kmalloc", run_kmalloc, undo_kmalloc, 100, 0 },
	{ "kmalloc_zeroed", run_kmalloc, undo_kmalloc, 8000, SHADOW_GFP_ZERO },
	{ "kmalloc_large", run_kmalloc, undo_kmalloc, SZ_64K, 0 },
	{ "cache", run_cache, undo_cache, 200, 0 },
	{ "objects", run_objects, undo_objects, 1000, 0 },
	{ "objects_atomic", run_objects, undo_objects, 64, SHADOW_GFP_ATOMIC },
	{ "map", run_map, undo_map, MAP_VA, 0 },
};

/* -------------------------------------------------------------- the machine -- */

static const struct shadow_host_facts facts = {
	.page_shift = 12,
	.arm64 = true,
	.pa_bits = 48,
};

/**
 * struct oom_shape - how a machine is to be
 * @name: what it is called
 * @early: its early allocator
 * @memmodel: its memmap
 * @nodes: how many
 */
struct oom_shape {
	const char *name;
	char *early;
	char *memmodel;
	char *nodes;
};

static const struct oom_shape shapes[] = {
	{ "flat", "memblock", "flat", "1" },
	{ "bootmem", "bootmem", "flat", "1" },
	{ "discontig", "memblock", "discontig", "2" },
	{ "vmemmap", "memblock", "vmemmap", "2" },
	{ "bootmem_vmemmap", "bootmem", "vmemmap", "4" },
};

static void take_down(void *arg)
{
	shadow_boot_down(&((struct oom *)arg)->mm);
}

/* Ready to boot, parameters as insmod would take them */
static struct oom *new_machine(struct kunit *test, const struct oom_shape *shape)
{
	struct oom *o = shadow_test_alloc(test, sizeof(*o));
	struct shadow_param_strings in = {};
	struct shadow_mm *mm = &o->mm;
	char why[SHADOW_PARAMS_WHY];
	int err;

	in.value[SHADOW_PARAM_SIZE] = "32M";
	in.value[SHADOW_PARAM_GRANULE] = "4k";
	in.value[SHADOW_PARAM_VA_BITS] = "48";
	in.value[SHADOW_PARAM_EARLY] = shape->early;
	in.value[SHADOW_PARAM_MEMMODEL] = shape->memmodel;
	in.value[SHADOW_PARAM_NODES] = shape->nodes;
	err = shadow_params_check(&in, &facts, &mm->cfg, why, sizeof(why));
	KUNIT_ASSERT_EQ_MSG(test, err, 0, "%s", why);
	shadow_test_block(test, &mm->block, SHADOW_TEST_BASE, mm->cfg.bytes);
	err = shadow_params_place(&mm->cfg, &mm->block, &mm->places, why,
				  sizeof(why));
	KUNIT_ASSERT_EQ_MSG(test, err, 0, "%s", why);
	strscpy(mm->name, "oom", sizeof(mm->name));
	mm->host = &shadow_test_host_ops;
	mm->nr_cpus = 2;
	mm->cpu_id.mmfr0 = 0x5;
	shadow_test_host_init(test);
	return o;
}

static struct oom *new_booted(struct kunit *test, const struct oom_shape *shape)
{
	struct oom *o = new_machine(test, shape);

	KUNIT_ASSERT_EQ(test, shadow_boot_up(&o->mm), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, take_down, o), 0);
	return o;
}

/* What is kept for later goes back: every path starts with nothing at hand */
static void empty_hands(struct oom *o)
{
	struct shadow_kmem_cache *cache;
	struct shadow_zone *zone;

	for (cache = shadow_slab_next(&o->mm.slab, NULL); cache;
	     cache = shadow_slab_next(&o->mm.slab, cache))
		shadow_kmem_cache_shrink(cache);
	for (zone = shadow_first_zone(&o->mm.nodes); zone;
	     zone = shadow_next_zone(zone))
		if (zone->pcp)
			shadow_pcp_drain(zone);
}

static void count_caches(struct oom *o, struct oom_tally *tally)
{
	struct shadow_kmem_cache *cache;
	struct shadow_slabinfo info;

	for (cache = shadow_slab_next(&o->mm.slab, NULL); cache;
	     cache = shadow_slab_next(&o->mm.slab, cache)) {
		shadow_slab_get_info(cache, &info);
		tally->nr_caches++;
		tally->nr_objects += info.active_objs;
	}
}

static void take_tally(struct kunit *test, struct oom *o,
		       struct oom_tally *tally, const char *when)
{
	struct shadow_vmalloc_totals totals;
	int err;

	memset(tally, 0, sizeof(*tally));
	empty_hands(o);
	err = shadow_audit(&o->mm, &o->audit);
	KUNIT_ASSERT_EQ_MSG(test, err, 0, "%s: %s", when, o->audit.fault.text);
	KUNIT_ASSERT_FALSE_MSG(test, shadow_fault_frozen(&o->mm.fault), "%s: %s",
			       when, o->mm.fault.text);
	KUNIT_ASSERT_EQ(test, shadow_vmalloc_totals(&o->mm.vmalloc, &totals), 0);
	tally->free = o->audit.buddy + o->audit.pcp;
	memcpy(tally->owned, o->audit.owned, sizeof(tally->owned));
	tally->nr_tables = o->mm.swapper.nr_tables;
	tally->nr_areas = totals.nr_areas;
	count_caches(o, tally);
}

static void expect_same(struct kunit *test, const struct oom_tally *before,
			const struct oom_tally *after, const char *when)
{
	int owner;

	KUNIT_EXPECT_EQ_MSG(test, before->free, after->free, "%s: free", when);
	for (owner = 0; owner < SHADOW_NR_OWNERS; owner++)
		KUNIT_EXPECT_EQ_MSG(test, before->owned[owner],
				    after->owned[owner], "%s: frames of %s", when,
				    shadow_owner_names[owner]);
	KUNIT_EXPECT_EQ_MSG(test, before->nr_tables, after->nr_tables,
			    "%s: tables", when);
	KUNIT_EXPECT_EQ_MSG(test, before->nr_areas, after->nr_areas,
			    "%s: areas", when);
	KUNIT_EXPECT_EQ_MSG(test, before->nr_caches, after->nr_caches,
			    "%s: caches", when);
	KUNIT_EXPECT_EQ_MSG(test, before->nr_objects, after->nr_objects,
			    "%s: objects", when);
}

/* --------------------------------------------------------------- the cases -- */

static void fail_nth(struct kunit *test, struct shadow_fail *fail,
		     enum shadow_fail_point point, u32 nth)
{
	const struct shadow_fail_attr attr = {
		.probability = 100, .interval = nth, .times = 1,
	};

	KUNIT_ASSERT_EQ(test, shadow_fail_arm(fail, point, &attr), 0);
}

/* The n-th allocation fails, for each n there is; says how many there were */
static u32 starve_path(struct kunit *test, struct oom *o,
		       const struct oom_path *path, enum shadow_fail_point point,
		       u32 *nr_refused)
{
	struct shadow_fail *fail = &o->mm.fail;
	struct oom_tally before, after;
	char when[64];
	u32 nth;
	int err;

	take_tally(test, o, &before, path->name);
	for (nth = 1; nth < MAX_STEPS; nth = NEXT(nth)) {
		scnprintf(when, sizeof(when), "%s without its %u. %s", path->name,
			  nth, shadow_fail_names[point]);
		empty_hands(o);
		fail_nth(test, fail, point, nth);
		err = path->run(o, path);
		shadow_fail_fini(fail);
		KUNIT_ASSERT_TRUE_MSG(test, !err || err == -ENOMEM, "%s: %d", when,
				      err);
		if (!err)
			KUNIT_ASSERT_EQ_MSG(test, path->undo(o, path), 0, "%s",
					    when);
		*nr_refused += err != 0;
		take_tally(test, o, &after, when);
		expect_same(test, &before, &after, when);
		if (!shadow_fail_count(fail, point))
			break;
	}
	KUNIT_EXPECT_LT_MSG(test, nth, MAX_STEPS, "%s", when);
	KUNIT_EXPECT_EQ_MSG(test, err, 0, "%s: nothing failed", when);
	return nth - 1;
}

static void every_path_at_every_step(struct kunit *test)
{
	const struct oom_shape *shape = test->param_value;
	struct oom *o = new_booted(test, shape);
	u32 nr[SHADOW_NR_FAIL_POINTS] = {}, nr_refused = 0, nr_steps = 0;
	u32 p, point;

	for (p = 0; p < ARRAY_SIZE(paths); p++) {
		for (point = 0; point < SHADOW_NR_FAIL_POINTS; point++) {
			u32 steps = starve_path(test, o, &paths[p], point,
						&nr_refused);

			nr[point] += steps;
			nr_steps += steps;
		}
	}
	/* Each point is met by something; the last one is the boot's */
	for (point = 0; point < SHADOW_NR_FAIL_POINTS; point++)
		KUNIT_EXPECT_EQ_MSG(test, !!nr[point], point != SHADOW_FAIL_MEMBLOCK,
				    "%s", shadow_fail_names[point]);
	kunit_info(test, "%s: %zu paths, %u steps failed, %u refusals\n",
		   shape->name, ARRAY_SIZE(paths), nr_steps, nr_refused);
}

/* A boot that fails leaves nothing, and the next one is whole */
static u32 starve_boot(struct kunit *test, struct oom *o,
		       enum shadow_fail_point point, u32 *nr_survived)
{
	struct shadow_mm *mm = &o->mm;
	u32 nth;
	int err;

	for (nth = 1; nth < MAX_STEPS; nth += BOOT_STRIDE) {
		mm->cfg.until = SHADOW_PHASE_PRESERVE_BOOT_ARGS;
		KUNIT_ASSERT_EQ(test, shadow_boot_up(mm), 0);
		mm->cfg.until = SHADOW_NR_PHASES - 1;
		fail_nth(test, &mm->fail, point, nth);
		err = shadow_boot_step(mm, SHADOW_NR_PHASES - 1);
		if (!err) {
			KUNIT_ASSERT_EQ_MSG(test, shadow_audit(mm, &o->audit), 0,
					    "%u. %s: %s", nth,
					    shadow_fail_names[point],
					    o->audit.fault.text);
			*nr_survived += shadow_fail_count(&mm->fail, point) != 0;
		} else {
			KUNIT_EXPECT_EQ_MSG(test, err, -ENOMEM, "%u. %s in phase %s: %s",
					    nth, shadow_fail_names[point],
					    shadow_phase_name(mm->boot.nr_done),
					    mm->boot.record[mm->boot.nr_done].effect);
			KUNIT_EXPECT_EQ(test, shadow_fail_count(&mm->fail, point), 1);
		}
		KUNIT_EXPECT_FALSE_MSG(test, shadow_fault_frozen(&mm->fault),
				       "%u. %s: %s", nth, shadow_fail_names[point],
				       mm->fault.text);
		KUNIT_EXPECT_EQ(test, shadow_boot_down(mm), 0);
		KUNIT_EXPECT_EQ_MSG(test, shadow_test_host.live, 0, "%u. %s", nth,
				    shadow_fail_names[point]);
		if (!shadow_fail_count(&mm->fail, point))
			break;
	}
	KUNIT_EXPECT_LT(test, nth, MAX_STEPS);
	KUNIT_EXPECT_EQ(test, err, 0);
	return nth - 1;
}

static void every_boot_at_every_step(struct kunit *test)
{
	const struct oom_shape *shape = test->param_value;
	struct oom *o = new_machine(test, shape);
	u32 point, nr_steps = 0, nr_survived = 0;

	for (point = 0; point < SHADOW_NR_FAIL_POINTS; point++)
		nr_steps += starve_boot(test, o, point, &nr_survived);
	KUNIT_EXPECT_GT(test, nr_steps, nr_survived);
	kunit_info(test, "%s: a boot with %u steps to fail, %u of them survived\n",
		   shape->name, nr_steps, nr_survived);
}

KUNIT_ARRAY_PARAM_DESC(shape, shapes, name);

static struct kunit_case shadow_oom_cases[] = {
	KUNIT_CASE_PARAM(every_path_at_every_step, shape_gen_params),
	KUNIT_CASE_PARAM(every_boot_at_every_step, shape_gen_params),
	{}
};

static struct kunit_suite shadow_oom_suite = {
	.name = "shadow_oom",
	.test_cases = shadow_oom_cases,
};

kunit_test_suite(shadow_oom_suite);
