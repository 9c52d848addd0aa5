// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual boards through all layers: memblock, tables, memmap, buddy, per-CPU
 * lists, slab, kmalloc, vmalloc, on a storage that is smaller than the board,
 * and on one that is too small, by every number of pages.
 */
#include "shadow_test.h"

#include "shadow_backing.h"
#include "shadow_buddy.h"
#include "shadow_early.h"
#include "shadow_handover.h"
#include "shadow_memblock.h"
#include "shadow_page_alloc.h"
#include "shadow_pcp.h"
#include "shadow_pgtable.h"
#include "shadow_slab.h"
#include "shadow_test_slab.h"
#include "shadow_vmalloc.h"
#include "shadow_watermark.h"
#include "shadow_zonelist.h"

#define LINEAR		0xffff000000000000ULL
#define WINDOW		0xffff800080000000ULL
#define WINDOW_BYTES	((u64)SZ_1G)
#define SCATTERED	0xffffc00000000000ULL	/* pages far from each other */
#define NR_SCATTERED	4
#define NR_RESERVED	300	/* the reserved list doubles twice */
#define NR_OBJECTS	60
#define NR_CPUS_	2

/**
 * struct shape - a board, and what it is to live in
 * @page_shift: log2 of a page
 * @va_bits: of the tables
 * @max_order: of the buddy
 * @aside: metadata takes none of the board's frames
 * @bank: where memory is
 * @storage_bytes: real memory
 */
struct shape {
	unsigned int page_shift;
	unsigned int va_bits;
	unsigned int max_order;
	bool aside;
	struct {
		u64 base;
		u64 bytes;
	} bank[2];
	u64 storage_bytes;
};

static const struct shape shapes[] = {
	{ 12, 48, 10, false, { { 0x40000000, SZ_64M }, { 0x48000000, SZ_128M } }, SZ_8M },
	{ 12, 48, 10, true, { { 0x40000000, SZ_64M }, { 0x48000000, SZ_128M } }, SZ_8M },
	{ 14, 47, 11, false, { { 0x40000000, SZ_64M }, { 0x140000000, SZ_512M } }, SZ_16M },
	{ 16, 48, 13, false, { { 0x40000000, SZ_512M }, { 0x80000000, SZ_512M } }, SZ_16M },
	{ 16, 48, 13, true, { { 0x40000000, SZ_512M }, { 0x80000000, SZ_512M } }, SZ_16M },
};

#ifndef __KERNEL__
/*
 * The size that is promised: 8 GiB of 4K frames in 128 MiB, with a hole; more
 * than a guest has room for.
 */
static const struct shape large = {
	12, 48, 10, false,
	{ { 0x40000000, (u64)SZ_2G }, { 0x100000000, 6ULL * SZ_1G } },
	SZ_128M,
};
#endif

/* Small enough to be booted hundreds of times. */
static const struct shape tight[] = {
	{ 12, 48, 10, false, { { 0x40000000, SZ_8M }, { 0x41000000, SZ_8M } }, SZ_4M },
	{ 12, 48, 10, true, { { 0x40000000, SZ_8M }, { 0x41000000, SZ_8M } }, SZ_4M },
};

/* How far a boot came. */
enum step {
	STEP_NONE,
	STEP_MEMBLOCK,
	STEP_TABLES,
	STEP_MEMMAP,
	STEP_HANDOVER,
	STEP_SLAB,
	STEP_OBJECTS,
	STEP_VMALLOC,
	STEP_PAGES,
	NR_STEPS,
};

/**
 * struct object - an allocation with something in it
 * @at: where
 * @bytes: how much
 * @fill: what is in it
 */
struct object {
	u8 *at;
	u64 bytes;
	u8 fill;
};

/**
 * struct vboard - a machine on a virtual board
 * @shape: of the board
 * @events: what hooks counted
 * @fault: raised when an invariant is found broken
 * @storage: all that @memory has, or less
 * @block: the machine's physical addresses
 * @backing: what has contents
 * @mb: early allocator
 * @nodes: up to the page allocator
 * @handover: what was handed over
 * @pgt: tables
 * @slab: caches
 * @vm: vmalloc
 * @memory: for the storage
 * @memory_bytes: how much
 * @pcp_mem: for per-CPU lists
 * @slab_mem: for caches
 * @memmap: pointer to the memmap
 * @memmap_bytes: its length
 * @nr_reserved_bytes: what the board came with
 * @step: the last step that was completed
 * @object: what was allocated
 * @nr_objects: how many
 * @area: address of a vmalloc area with contents
 */
struct vboard {
	const struct shape *shape;
	struct shadow_event_log events;
	struct shadow_fault fault;
	struct shadow_block storage;
	struct shadow_block block;
	struct shadow_backing backing;
	struct shadow_memblock mb;
	struct shadow_nodes nodes;
	struct shadow_handover handover;
	struct shadow_pgtable pgt;
	struct shadow_slab slab;
	struct shadow_vmalloc vm;
	void *memory;
	u64 memory_bytes;
	void *pcp_mem;
	void *slab_mem;
	void *memmap;
	u64 memmap_bytes;
	u64 nr_reserved_bytes;
	enum step step;
	struct object object[NR_OBJECTS];
	unsigned int nr_objects;
	u64 area;
};

static u64 page_bytes(const struct vboard *v)
{
	return 1ULL << v->shape->page_shift;
}

static struct vboard *new_vboard(struct kunit *test, u64 memory_bytes)
{
	struct vboard *v = shadow_test_alloc(test, sizeof(*v));
	char *memory = shadow_test_alloc(test, memory_bytes + SZ_64K);

	v->memory = memory + (-(unsigned long)memory & (SZ_64K - 1));
	v->memory_bytes = memory_bytes;
	v->pcp_mem = shadow_test_alloc(test, shadow_pcp_bytes(NR_CPUS_));
	v->slab_mem = shadow_test_alloc(test, shadow_slab_bytes(SHADOW_TEST_SLAB("slub", 0),
								NR_CPUS_));
	return v;
}

/* ------------------------------------------------------------------ tables */

static int early_table(void *ctx, phys_addr_t *pa)
{
	struct vboard *v = ctx;

	if (shadow_block_aside(&v->block))
		*pa = shadow_block_aside_alloc(&v->block, page_bytes(v),
					       page_bytes(v));
	else
		*pa = shadow_memblock_phys_alloc(&v->mb, page_bytes(v),
						 page_bytes(v));
	return *pa ? 0 : -ENOMEM;
}

static void early_table_free(void *ctx, phys_addr_t pa)
{
	struct vboard *v = ctx;

	if (shadow_block_is_aside(&v->block, pa))
		shadow_block_aside_free(&v->block, pa, page_bytes(v));
	else
		shadow_memblock_phys_free(&v->mb, pa, page_bytes(v));
}

static const struct shadow_pgtable_ops early_tables = {
	.alloc_table = early_table,
	.free_table = early_table_free,
};

static int buddy_table(void *ctx, phys_addr_t *pa)
{
	struct vboard *v = ctx;
	struct shadow_page *page;

	page = shadow_alloc_pages(&v->nodes,
				  SHADOW_GFP_OWNER(SHADOW_OWNER_TABLE), 0);
	if (!page)
		return -ENOMEM;
	*pa = shadow_page_to_phys(&v->nodes, page);
	return 0;
}

/* What came from the early allocator stays reserved; its contents are gone. */
static void buddy_table_free(void *ctx, phys_addr_t pa)
{
	struct vboard *v = ctx;
	struct shadow_page *page;

	shadow_block_aside_free(&v->block, pa, page_bytes(v));
	page = shadow_pfn_to_page(&v->nodes, pa >> v->shape->page_shift);
	if (page && shadow_page_state(page) == SHADOW_PAGE_ALLOCATED)
		shadow_free_pages(&v->nodes, page, 0);
}

static const struct shadow_pgtable_ops buddy_tables = {
	.alloc_table = buddy_table,
	.free_table = buddy_table_free,
};

/* ------------------------------------------------------------------- steps */

static int storage_init(struct vboard *v, u64 storage_bytes)
{
	const struct shape *shape = v->shape;
	u64 aperture = ALIGN(shape->bank[1].base + shape->bank[1].bytes,
			     SHADOW_BACKING_APERTURE);

	shadow_event_init(&v->events);
	shadow_fault_init(&v->fault);
	v->step = STEP_NONE;
	v->nr_objects = 0;
	v->storage.base = 0x1000000;
	v->storage.bytes = storage_bytes;
	v->storage.virt = v->memory;
	v->storage.backing = NULL;
	v->block.base = shape->bank[0].base;
	v->block.bytes = aperture + storage_bytes - v->block.base;
	v->block.virt = v->memory;
	v->block.backing = &v->backing;
	return shadow_backing_init(&v->backing, &v->storage, shape->page_shift,
				   aperture, shape->aside);
}

/* Banks, and reserved ranges of odd lengths at the end of the second one. */
static int memblock_init(struct vboard *v)
{
	const struct shape *shape = v->shape;
	u64 at = shape->bank[1].base + shape->bank[1].bytes;
	unsigned int i;
	int err = 0;

	shadow_memblock_init(&v->mb, &v->block, &v->events, shape->page_shift);
	for (i = 0; i < ARRAY_SIZE(shape->bank) && !err; i++)
		err = shadow_memblock_add_node(&v->mb, shape->bank[i].base,
					       shape->bank[i].bytes, 0,
					       SHADOW_MEMBLOCK_NONE);
	shadow_memblock_allow_resize(&v->mb);
	for (i = 0; i < NR_RESERVED && !err; i++) {
		at -= 2 * SZ_4K;
		err = shadow_memblock_reserve(&v->mb, at, 100 + i);
	}
	v->nr_reserved_bytes = 0;
	for (i = 0; i < NR_RESERVED; i++)
		v->nr_reserved_bytes += 100 + i;
	return err;
}

static int map_banks(struct vboard *v)
{
	const struct shape *shape = v->shape;
	unsigned int i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(shape->bank) && !err; i++)
		err = shadow_pgtable_map(&v->pgt, LINEAR + shape->bank[i].base,
					 shape->bank[i].base,
					 shape->bank[i].bytes,
					 SHADOW_PAGE_KERNEL, 0);
	for (i = 0; i < NR_SCATTERED && !err; i++)
		err = shadow_pgtable_map(&v->pgt, SCATTERED + i * (u64)SZ_1G,
					 shape->bank[0].base, page_bytes(v),
					 SHADOW_PAGE_KERNEL_RO, 0);
	return err;
}

static int tables_init(struct kunit *test, struct vboard *v)
{
	struct shadow_geometry geo;
	int err;

	KUNIT_ASSERT_EQ(test, 0,
			shadow_geometry_init(&geo, v->shape->page_shift, 48, 48,
					     false));
	err = shadow_pgtable_init(&v->pgt, &geo, true, &v->block, &v->events,
				  &v->fault, &early_tables, v);
	if (err)
		return err;
	err = map_banks(v);
	if (err)
		shadow_pgtable_fini(&v->pgt);
	return err;
}

static int memmap_init(struct vboard *v)
{
	shadow_nodes_init(&v->nodes, &v->block, &v->events, &v->fault,
			  v->shape->page_shift, v->shape->max_order);
	v->nodes.zone_limit[SHADOW_ZONE_DMA] =
		v->shape->bank[1].base >> v->shape->page_shift;
	v->nodes.zone_limit[SHADOW_ZONE_NORMAL] = U64_MAX;
	v->memmap_bytes = shadow_memmap_bytes(&v->nodes, &v->mb);
	if (!v->memmap_bytes)
		return -EINVAL;
	v->memmap = shadow_memblock_alloc_raw(&v->mb, v->memmap_bytes, 8);
	if (!v->memmap)
		return -ENOMEM;
	shadow_free_area_init(&v->nodes, &v->mb, v->memmap);
	shadow_build_zonelists(&v->nodes);
	return 0;
}

static int handover(struct vboard *v)
{
	struct shadow_early early;
	int err;

	shadow_early_init(&early, &shadow_early_memblock, &v->mb, NULL);
	err = shadow_handover(&v->nodes, &early, &v->handover);

	if (err)
		return err;
	shadow_pgtable_set_ops(&v->pgt, &buddy_tables, v);
	shadow_watermark_init(&v->nodes);
	shadow_pcp_init(&v->nodes, v->pcp_mem, NR_CPUS_);
	shadow_pcp_setup(&v->nodes);
	return 0;
}

/* Small ones, slabs of several pages, and blocks of the page allocator. */
static u64 object_bytes(const struct vboard *v, unsigned int i)
{
	static const u16 small[] = { 8, 24, 100, 192, 500, 1024, 3000 };

	if (i % 10 == 9)
		return 2 * page_bytes(v) + i * 1000;
	return i % 10 == 8 ? page_bytes(v) : small[i % ARRAY_SIZE(small)];
}

static int make_objects(struct vboard *v)
{
	struct object *object;
	unsigned int i;

	for (i = 0; i < NR_OBJECTS; i++) {
		object = &v->object[i];
		object->bytes = object_bytes(v, i);
		object->fill = 1 + i;
		object->at = shadow_kmalloc(&v->slab, object->bytes,
					    i % 3 ? 0 : SHADOW_GFP_ZERO);
		if (!object->at)
			return -ENOMEM;
		v->nr_objects++;
		if (i % 3 == 0 && memchr_inv(object->at, 0, object->bytes))
			return -EIO;
		memset(object->at, object->fill, object->bytes);
	}
	return 0;
}

/* An area that nobody looks into, longer than the storage, and a cleared one. */
static int make_areas(struct vboard *v)
{
	u64 long_bytes = min(v->storage.bytes + SZ_1M, v->shape->bank[1].bytes / 2);
	u64 va;
	int err;

	err = shadow_vmalloc_alloc(&v->vm, long_bytes, SHADOW_GFP_KERNEL,
				   SHADOW_PAGE_KERNEL, 0, &va);
	if (err)
		return err;
	return shadow_vmalloc_alloc(&v->vm, 5 * page_bytes(v), SHADOW_GFP_ZERO,
				    SHADOW_PAGE_KERNEL, 0, &v->area);
}

/* Frames are to be had without contents, and with, as long as there are some. */
static int use_pages(struct kunit *test, struct vboard *v)
{
	struct shadow_page *page;
	phys_addr_t pa;

	page = shadow_alloc_pages(&v->nodes, SHADOW_GFP_KERNEL, 1);
	if (!page)
		return -ENOMEM;
	pa = shadow_page_to_phys(&v->nodes, page);
	KUNIT_EXPECT_FALSE(test, shadow_block_has(&v->block, pa, 1));
	KUNIT_EXPECT_EQ(test, 0, shadow_free_pages(&v->nodes, page, 1));
	page = shadow_alloc_pages(&v->nodes, SHADOW_GFP_ZERO, 1);
	if (!page)
		return -ENOMEM;
	pa = shadow_page_to_phys(&v->nodes, page);
	KUNIT_EXPECT_TRUE(test, shadow_block_has(&v->block, pa, 2 * page_bytes(v)));
	KUNIT_EXPECT_NULL(test, memchr_inv(shadow_page_to_virt(&v->nodes, page),
					   0, 2 * page_bytes(v)));
	KUNIT_EXPECT_EQ(test, 0, shadow_free_pages(&v->nodes, page, 1));
	KUNIT_EXPECT_FALSE(test, shadow_block_has(&v->block, pa, 1));
	return 0;
}

static int do_step(struct kunit *test, struct vboard *v, enum step step)
{
	switch (step) {
	case STEP_MEMBLOCK:
		return memblock_init(v);
	case STEP_TABLES:
		return tables_init(test, v);
	case STEP_MEMMAP:
		return memmap_init(v);
	case STEP_HANDOVER:
		return handover(v);
	case STEP_SLAB:
		return shadow_slab_init(&v->slab, &v->nodes, SHADOW_TEST_SLAB("slub", 4711),
					NR_CPUS_, v->slab_mem);
	case STEP_OBJECTS:
		return make_objects(v);
	case STEP_VMALLOC:
		return shadow_vmalloc_init(&v->vm, &v->nodes, &v->slab, &v->pgt,
					   WINDOW, WINDOW + WINDOW_BYTES, 815,
					   &v->events, &v->fault) ?:
		       make_areas(v);
	case STEP_PAGES:
		return use_pages(test, v);
	default:
		return -EINVAL;
	}
}

/* Up, as far as the storage goes. */
static int boot(struct kunit *test, struct vboard *v)
{
	int err = 0;

	while (!err && v->step + 1 < NR_STEPS) {
		err = do_step(test, v, v->step + 1);
		if (!err)
			v->step++;
	}
	return err;
}

/* ------------------------------------------------------------------ checks */

static bool frame_is_free(const struct shadow_nodes *nodes, u64 pfn)
{
	const struct shadow_memmap *memmap = &nodes->memmap;
	struct shadow_page *page = shadow_pfn_to_page(nodes, pfn);
	unsigned int order = 0;
	u32 place;

	if (!page)
		return true;
	place = shadow_page_index(memmap, page);
	while (page && shadow_page_state(page) == SHADOW_PAGE_NONE)
		page = ++order > nodes->max_order ? NULL :
		       shadow_page_at(memmap, round_down(place, 1U << order));
	return !page || shadow_page_state(page) == SHADOW_PAGE_BUDDY ||
	       shadow_page_state(page) == SHADOW_PAGE_PCP ||
	       shadow_page_state(page) == SHADOW_PAGE_HOLE;
}

/* Contents are never kept for a frame that nobody has. */
static void check_free_frames(struct kunit *test, struct vboard *v)
{
	u32 index;
	u64 pfn;

	for (index = v->backing.nr_own; index < v->backing.nr_pages; index++) {
		pfn = v->backing.frame[index];
		if (pfn < SHADOW_BACKING_FREE)
			KUNIT_ASSERT_FALSE_MSG(test, frame_is_free(&v->nodes, pfn),
					       "pfn %#llx", pfn);
	}
}

static void check_objects(struct kunit *test, struct vboard *v)
{
	const struct object *object = v->object;
	phys_addr_t pa;

	for (; object < v->object + v->nr_objects; object++) {
		KUNIT_ASSERT_NULL(test, memchr_inv(object->at, object->fill,
						   object->bytes));
		pa = shadow_virt_to_phys(&v->block, object->at);
		KUNIT_ASSERT_TRUE(test, shadow_memblock_is_memory(&v->mb, pa));
		KUNIT_ASSERT_PTR_EQ(test, object->at,
				    (u8 *)shadow_phys_to_virt(&v->block, pa));
		KUNIT_ASSERT_TRUE(test, shadow_block_has(&v->block, pa,
							 object->bytes));
		KUNIT_ASSERT_GE(test, shadow_ksize(&v->slab, object->at),
				object->bytes);
	}
}

/* A board whose reserved list is final has it as it came. */
static void check_aside(struct kunit *test, struct vboard *v)
{
	KUNIT_ASSERT_EQ(test, v->mb.reserved.total_size, v->nr_reserved_bytes);
	KUNIT_ASSERT_EQ(test, v->mb.reserved.cnt, NR_RESERVED);
}

static void check_zones(struct kunit *test, struct vboard *v)
{
	struct shadow_zone *zone;

	SHADOW_TEST_VERIFY(test, shadow_zone_verify(&v->nodes, &__fault));
	for (zone = shadow_first_zone(&v->nodes); zone;
	     zone = shadow_next_zone(zone)) {
		if (!shadow_zone_populated(zone))
			continue;
		SHADOW_TEST_VERIFY(test, shadow_buddy_verify(zone, &__fault));
		SHADOW_TEST_VERIFY(test, shadow_pcp_verify(zone, &__fault));
	}
	check_free_frames(test, v);
}

static void check(struct kunit *test, struct vboard *v)
{
	KUNIT_ASSERT_FALSE_MSG(test, shadow_fault_frozen(&v->fault), "%s",
			       v->fault.text);
	SHADOW_TEST_VERIFY(test, shadow_backing_verify(&v->block, &__fault));
	SHADOW_TEST_VERIFY(test, shadow_memblock_verify(&v->mb, &__fault));
	if (v->shape->aside && v->step >= STEP_MEMBLOCK)
		check_aside(test, v);
	if (v->step >= STEP_TABLES)
		SHADOW_TEST_VERIFY(test, shadow_pgtable_verify(&v->pgt, &__fault));
	if (v->step >= STEP_HANDOVER)
		check_zones(test, v);
	if (v->step >= STEP_SLAB)
		SHADOW_TEST_VERIFY(test, shadow_slab_verify(&v->slab, &__fault));
	check_objects(test, v);
	if (v->step >= STEP_VMALLOC)
		SHADOW_TEST_VERIFY(test, shadow_vmalloc_verify(&v->vm, &__fault));
}

/* Objects go one by one, then what is above the page allocator. */
static void take_down(struct kunit *test, struct vboard *v)
{
	struct shadow_vmalloc_info info;

	while (v->nr_objects)
		KUNIT_ASSERT_EQ(test, 0,
				shadow_kfree(&v->slab,
					     v->object[--v->nr_objects].at));
	if (v->step + 1 >= STEP_VMALLOC && !IS_ERR_OR_NULL(v->vm.cache)) {
		while (!shadow_vmalloc_next(&v->vm, 0, &info))
			KUNIT_ASSERT_EQ(test, 0, shadow_vfree(&v->vm, info.va_start));
		KUNIT_ASSERT_EQ(test, 0, shadow_vmalloc_fini(&v->vm));
	}
	if (v->step >= STEP_SLAB)
		KUNIT_ASSERT_EQ(test, 0, shadow_slab_fini(&v->slab));
	if (v->step >= STEP_HANDOVER)
		check_zones(test, v);
	if (v->step >= STEP_TABLES)
		shadow_pgtable_fini(&v->pgt);
	if (v->step < STEP_HANDOVER && v->memmap)
		shadow_memblock_free(&v->mb, v->memmap, v->memmap_bytes);
}

static u64 array_pages(const struct vboard *v,
		       const struct shadow_memblock_type *type)
{
	return type->regions == type->first ? 0 :
	       DIV_ROUND_UP_ULL(type->max * sizeof(*type->regions), page_bytes(v));
}

/* What is left afterwards: memblock's arrays, and the memmap. */
static void check_what_is_left(struct kunit *test, struct vboard *v)
{
	u64 nr = array_pages(v, &v->mb.memory) + array_pages(v, &v->mb.reserved);

	if (v->step >= STEP_HANDOVER)
		nr += DIV_ROUND_UP_ULL(v->memmap_bytes, page_bytes(v));
	SHADOW_TEST_VERIFY(test, shadow_backing_verify(&v->block, &__fault));
	KUNIT_ASSERT_EQ(test, nr, v->shape->aside ? v->backing.nr_aside :
						    v->backing.nr_backed);
	KUNIT_ASSERT_EQ(test, 0, v->shape->aside ? v->backing.nr_backed :
						   v->backing.nr_aside);
}

/* From the machine's tables to contents, and back. */
static void check_area(struct kunit *test, struct vboard *v)
{
	struct shadow_walker walker;
	struct shadow_walk walk;
	phys_addr_t pa;
	u64 *at;

	KUNIT_ASSERT_EQ(test, 0, shadow_pgtable_lookup(&v->pgt, v->area, &pa, NULL));
	KUNIT_ASSERT_TRUE(test, shadow_block_has(&v->block, pa, page_bytes(v)));
	at = shadow_phys_to_virt(&v->block, pa);
	KUNIT_EXPECT_EQ(test, *at, 0);
	KUNIT_EXPECT_EQ(test, shadow_virt_to_phys(&v->block, at), pa);
	shadow_pgtable_walker(&v->pgt, &walker);
	shadow_walk(&walker, v->area, &walk);
	KUNIT_EXPECT_EQ(test, walk.fault, SHADOW_WALK_OK);
	KUNIT_EXPECT_EQ(test, walk.pa, pa);
	shadow_walk(&walker, LINEAR + v->shape->bank[1].base, &walk);
	KUNIT_EXPECT_EQ(test, walk.pa, v->shape->bank[1].base);
}

/* The storage is used up before the frames are; what needs none goes on. */
static void check_exhausted(struct kunit *test, struct vboard *v)
{
	u64 before = shadow_backing_free_pages(&v->backing), nr = 0, head = 0, next;
	struct shadow_page *page;
	u64 *link;

	while ((link = shadow_kmalloc(&v->slab, 4 * page_bytes(v), 0))) {
		*link = head;
		head = shadow_virt_to_phys(&v->block, link);
		nr++;
	}
	KUNIT_EXPECT_GT(test, nr, 0);
	KUNIT_EXPECT_FALSE(test, shadow_fault_frozen(&v->fault));
	KUNIT_EXPECT_NULL(test, shadow_alloc_pages(&v->nodes, SHADOW_GFP_ZERO, 2));
	page = shadow_alloc_pages(&v->nodes, SHADOW_GFP_KERNEL, 2);
	KUNIT_EXPECT_NOT_NULL(test, page);
	if (page)
		KUNIT_EXPECT_EQ(test, 0, shadow_free_pages(&v->nodes, page, 2));
	check(test, v);
	for (; head; head = next) {
		link = shadow_phys_to_virt(&v->block, head);
		next = *link;
		KUNIT_ASSERT_EQ(test, 0, shadow_kfree(&v->slab, link));
	}
	KUNIT_EXPECT_EQ(test, before, shadow_backing_free_pages(&v->backing));
}

static void boot_and_check(struct kunit *test, struct vboard *v,
			   const struct shape *shape)
{
	u64 bytes = shape->bank[0].bytes + shape->bank[1].bytes;

	v->shape = shape;
	v->memmap = NULL;
	v->vm.cache = NULL;
	KUNIT_ASSERT_EQ(test, 0, storage_init(v, shape->storage_bytes));
	KUNIT_ASSERT_EQ_MSG(test, 0, boot(test, v), "after step %d", v->step);
	check(test, v);
	check_area(test, v);
	check_exhausted(test, v);
	check(test, v);
	kunit_info(test, "%llu MiB of %uK frames in %llu MiB: %u own, %u backed, %u aside, %llu free\n",
		   bytes >> 20, 1U << (shape->page_shift - 10),
		   shape->storage_bytes >> 20, v->backing.nr_own,
		   v->backing.nr_backed, v->backing.nr_aside,
		   shadow_backing_free_pages(&v->backing));
	take_down(test, v);
	check_what_is_left(test, v);
}

static void boots_virtual_boards(struct kunit *test)
{
	struct vboard *v = new_vboard(test, SZ_16M);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(shapes); i++)
		boot_and_check(test, v, &shapes[i]);
}

#ifndef __KERNEL__
static void boots_8_gib_in_128_mib(struct kunit *test)
{
	boot_and_check(test, new_vboard(test, large.storage_bytes), &large);
}
#endif

/* One page more each time: each step fails, and fails whole. */
static void out_of_storage_at_every_step(struct kunit *test, const struct shape *shape)
{
	struct vboard *v = new_vboard(test, shape->storage_bytes);
	unsigned int failed[NR_STEPS] = {};
	enum step last = STEP_NONE;
	u64 bytes;
	int err = -ENOMEM;

	v->shape = shape;
	for (bytes = 3 * page_bytes(v); err && bytes <= v->memory_bytes;
	     bytes += page_bytes(v)) {
		v->memmap = NULL;
		v->vm.cache = NULL;
		KUNIT_ASSERT_EQ(test, 0, storage_init(v, bytes));
		err = boot(test, v);
		if (err)
			KUNIT_ASSERT_EQ_MSG(test, err, -ENOMEM, "step %d with %llu bytes",
					    v->step + 1, bytes);
		if (err)
			failed[v->step + 1]++;
		/* More storage never gets a machine less far. */
		KUNIT_ASSERT_GE(test, v->step, last);
		last = v->step;
		check(test, v);
		take_down(test, v);
		check_what_is_left(test, v);
		cond_resched();
	}
	KUNIT_ASSERT_EQ(test, 0, err);
	KUNIT_EXPECT_GT(test, failed[STEP_MEMBLOCK], 0);
	KUNIT_EXPECT_GT(test, failed[STEP_TABLES], 0);
	KUNIT_EXPECT_GT(test, failed[STEP_MEMMAP], 0);
	KUNIT_EXPECT_GT(test, failed[STEP_SLAB], 0);
	KUNIT_EXPECT_GT(test, failed[STEP_OBJECTS], 0);
	KUNIT_EXPECT_GT(test, failed[STEP_VMALLOC], 0);
	kunit_info(test, "boots with %llu pages; failed before: memblock %u, tables %u, memmap %u, slab %u, kmalloc %u, vmalloc %u, pages %u\n",
		   (bytes >> shape->page_shift) - 1, failed[STEP_MEMBLOCK],
		   failed[STEP_TABLES], failed[STEP_MEMMAP], failed[STEP_SLAB],
		   failed[STEP_OBJECTS], failed[STEP_VMALLOC], failed[STEP_PAGES]);
}

static void out_of_storage(struct kunit *test)
{
	out_of_storage_at_every_step(test, &tight[0]);
}

static void out_of_storage_aside(struct kunit *test)
{
	out_of_storage_at_every_step(test, &tight[1]);
}

/* A pointer is to whole frames, and nobody else is in them. */
static void early_contents(struct kunit *test)
{
	struct vboard *v = new_vboard(test, SZ_1M);
	char *a, *b, *late;
	phys_addr_t pa, pa_a, pa_b;
	u64 reserved, page;

	v->shape = &tight[0];
	page = page_bytes(v);
	KUNIT_ASSERT_EQ(test, 0, storage_init(v, SZ_1M));
	KUNIT_ASSERT_EQ(test, 0, memblock_init(v));
	reserved = v->mb.reserved.total_size;

	a = shadow_memblock_alloc(&v->mb, 100, 8);
	pa = shadow_memblock_phys_alloc(&v->mb, 100, 8);
	b = shadow_memblock_alloc(&v->mb, page + 1, 8);
	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_ASSERT_NOT_NULL(test, b);
	pa_a = shadow_virt_to_phys(&v->block, a);
	pa_b = shadow_virt_to_phys(&v->block, b);
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(pa_a, page));
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(pa_b, page));
	KUNIT_EXPECT_FALSE(test, shadow_block_has(&v->block, pa, 1));
	KUNIT_EXPECT_TRUE(test, shadow_block_has(&v->block, pa_b, 2 * page));
	KUNIT_EXPECT_NULL(test, memchr_inv(b, 0, page + 1));
	KUNIT_EXPECT_EQ(test, v->mb.reserved.total_size,
			reserved + 3 * page + 100);
	KUNIT_EXPECT_EQ(test, v->backing.nr_backed,
			3 + array_pages(v, &v->mb.reserved));

	/* What its length says is given back, and the rest of its last frame. */
	shadow_memblock_free(&v->mb, b, page + 1);
	shadow_memblock_free(&v->mb, a, 100);
	shadow_memblock_phys_free(&v->mb, pa, 100);
	KUNIT_EXPECT_EQ(test, v->mb.reserved.total_size, reserved);
	KUNIT_EXPECT_FALSE(test, shadow_block_has(&v->block, pa_a, 1));
	KUNIT_EXPECT_FALSE(test, shadow_block_has(&v->block, pa_b + page, 1));
	check_what_is_left(test, v);

	/* More than the storage has, or than there is: nothing stays. */
	KUNIT_EXPECT_NULL(test, shadow_memblock_alloc(&v->mb, SZ_1M, 8));
	KUNIT_EXPECT_NULL(test, shadow_memblock_alloc(&v->mb, U64_MAX, 8));
	KUNIT_EXPECT_NULL(test, shadow_memblock_alloc(&v->mb, 0, 8));
	/* What is no pointer of ours is not freed. */
	late = shadow_phys_to_virt(&v->block, pa_a);
	shadow_memblock_free(&v->mb, late, page);
	KUNIT_EXPECT_EQ(test, v->mb.reserved.total_size, reserved);
	SHADOW_TEST_VERIFY(test, shadow_memblock_verify(&v->mb, &__fault));
	check_what_is_left(test, v);
}

static struct kunit_case backing_boot_cases[] = {
	KUNIT_CASE(early_contents),
	KUNIT_CASE(boots_virtual_boards),
#ifndef __KERNEL__
	KUNIT_CASE(boots_8_gib_in_128_mib),
#endif
	KUNIT_CASE(out_of_storage),
	KUNIT_CASE(out_of_storage_aside),
	{}
};

static struct kunit_suite backing_boot_suite = {
	.name = "shadow_backing_boot",
	.test_cases = backing_boot_cases,
};

kunit_test_suite(backing_boot_suite);
