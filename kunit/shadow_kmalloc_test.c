// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmalloc over every engine: types of classes, arrays, nodes, krealloc and
 * ksize, and slabs that wait for a grace period.
 */
#include "shadow_test_machine.h"

#include "shadow_slab_engine.h"
#include "shadow_test_slab.h"

#define SEED		0x5eedULL
#define NR_PAGES	1024

static const char *const engines[] = { "slub", "slab", "slob" };

/**
 * struct kmalloc_machine - a machine with caches
 * @m: the layers below
 * @slab: the layer
 * @host: what surrounds it
 * @mem: the layer's share of the host's memory
 * @nr_free: frames that were free before the layer was booted
 * @nr_asked: grace periods that were asked for
 */
struct kmalloc_machine {
	struct shadow_test_machine *m;
	struct shadow_slab slab;
	struct shadow_slab_host host;
	void *mem;
	u64 nr_free;
	unsigned int nr_asked;
};

static void ask(void *arg)
{
	struct kmalloc_machine *km = arg;

	km->nr_asked++;
}

/* NULL: there is no such engine; the lower half of the block is ZONE_DMA */
static struct kmalloc_machine *machine(struct kunit *test, const char *engine, bool dma)
{
	struct kmalloc_machine *km = shadow_test_alloc(test, sizeof(*km));
	struct shadow_slab_config cfg = {
		.engine = engine, .seed = SEED, .host = &km->host,
	};
	struct shadow_block block;
	u64 bytes = shadow_slab_bytes(&cfg, 2);

	if (!bytes)
		return NULL;
	shadow_test_block(test, &block, SHADOW_TEST_BASE,
			  NR_PAGES << SHADOW_TEST_PAGE_SHIFT);
	km->m = shadow_test_machine_begin(test, &block);
	KUNIT_ASSERT_EQ(test, shadow_memblock_add(&km->m->mb, block.base, block.bytes), 0);
	if (dma)
		km->m->nodes.zone_limit[SHADOW_ZONE_DMA] =
			(SHADOW_TEST_BASE >> SHADOW_TEST_PAGE_SHIFT) + NR_PAGES / 2;
	shadow_test_machine_boot(test, km->m, 2);
	km->nr_free = shadow_test_machine_free(km->m);
	km->mem = shadow_test_alloc(test, bytes);
	km->host.grace = ask;
	km->host.arg = km;
	KUNIT_ASSERT_EQ(test, shadow_slab_init(&km->slab, &km->m->nodes, &cfg, 2, km->mem), 0);
	return km;
}

static void verify(struct kunit *test, struct kmalloc_machine *km)
{
	KUNIT_ASSERT_FALSE_MSG(test, shadow_fault_frozen(&km->m->fault), "%s",
			       km->m->fault.text);
	SHADOW_TEST_VERIFY(test, shadow_slab_verify(&km->slab, &__fault));
}

static void end(struct kunit *test, struct kmalloc_machine *km)
{
	verify(test, km);
	KUNIT_EXPECT_EQ(test, shadow_slab_fini(&km->slab), 0);
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(km->m), km->nr_free);
	shadow_test_machine_verify(test, km->m);
	shadow_test_free(test, km->mem);
}

static struct shadow_page *page_of(struct kmalloc_machine *km, const void *object)
{
	return shadow_slab_head(&km->m->nodes, object);
}

/* ---------------------------------------------------------------- types -- */

static const char *const class_names[][3] = {
	{ "kmalloc-8", "kmalloc-rcl-8", "dma-kmalloc-8" },
	{ "kmalloc-96", "kmalloc-rcl-96", "dma-kmalloc-96" },
	{ "kmalloc-192", "kmalloc-rcl-192", "dma-kmalloc-192" },
	{ "kmalloc-512", "kmalloc-rcl-512", "dma-kmalloc-512" },
	{ "kmalloc-1k", "kmalloc-rcl-1k", "dma-kmalloc-1k" },
	{ "kmalloc-4k", "kmalloc-rcl-4k", "dma-kmalloc-4k" },
};

static void names(struct kunit *test, const char *engine)
{
	struct kmalloc_machine *km = machine(test, engine, true);
	struct shadow_kmem_cache *cache;
	struct shadow_slabinfo info;
	unsigned int i, type;

	if (!km)
		return;
	for (i = 0; i < ARRAY_SIZE(class_names); i++) {
		for (type = 0; type < SHADOW_NR_KMALLOC_TYPES; type++) {
			cache = shadow_slab_find(&km->slab, class_names[i][type]);
			KUNIT_ASSERT_NOT_NULL_MSG(test, cache, "%s", class_names[i][type]);
			shadow_slab_get_info(cache, &info);
			KUNIT_EXPECT_EQ(test, info.flags, type == SHADOW_KMALLOC_DMA ?
					SHADOW_SLAB_CACHE_DMA : type == SHADOW_KMALLOC_RECLAIM ?
					SHADOW_SLAB_RECLAIM_ACCOUNT : 0);
			KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), -EPERM);
		}
	}
	end(test, km);
	/* Without ZONE_DMA there is nothing to keep apart */
	km = machine(test, engine, false);
	KUNIT_EXPECT_NULL(test, shadow_slab_find(&km->slab, "dma-kmalloc-8"));
	KUNIT_EXPECT_NOT_NULL(test, shadow_slab_find(&km->slab, "kmalloc-rcl-8"));
	end(test, km);
}

static void kmalloc_names(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(engines); i++)
		names(test, engines[i]);
}

static void check_type(struct kunit *test, struct kmalloc_machine *km, u64 bytes,
		       u32 gfp)
{
	struct shadow_nodes *nodes = &km->m->nodes;
	u8 *object = shadow_kmalloc(&km->slab, bytes, gfp | SHADOW_GFP_ZERO);
	struct shadow_page *page;
	u64 i;

	KUNIT_ASSERT_NOT_NULL(test, object);
	KUNIT_EXPECT_GE(test, shadow_ksize(&km->slab, object), bytes);
	page = page_of(km, object);
	KUNIT_ASSERT_NOT_NULL(test, page);
	if (gfp & SHADOW_GFP_DMA)
		KUNIT_EXPECT_EQ(test, shadow_page_zone(nodes, page)->type, SHADOW_ZONE_DMA);
	for (i = 0; i < bytes; i++)
		KUNIT_ASSERT_EQ(test, object[i], 0);
	memset(object, 0xff, bytes);
	KUNIT_EXPECT_EQ(test, shadow_kfree(&km->slab, object), 0);
}

static void types(struct kunit *test, const char *engine)
{
	static const u64 sizes[] = { 1, 8, 65, 96, 150, 200, 1000, 4096, 5000, 8192, 8193, 20000 };
	struct kmalloc_machine *km = machine(test, engine, true);
	unsigned int i;

	if (!km)
		return;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		check_type(test, km, sizes[i], 0);
		check_type(test, km, sizes[i], SHADOW_GFP_DMA);
		check_type(test, km, sizes[i], SHADOW_GFP_RECLAIMABLE);
		check_type(test, km, sizes[i], SHADOW_GFP_DMA | SHADOW_GFP_RECLAIMABLE);
		/* Flags that mean nothing here */
		KUNIT_EXPECT_NULL(test, shadow_kmalloc(&km->slab, sizes[i], SHADOW_GFP_HIGHMEM));
		KUNIT_EXPECT_NULL(test, shadow_kmalloc(&km->slab, sizes[i], SHADOW_GFP_DMA32));
	}
	end(test, km);
}

static void kmalloc_types(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(engines); i++)
		types(test, engines[i]);
}

/* A class keeps to itself: what is in one slab is of one type */
static void kmalloc_types_apart(struct kunit *test)
{
	struct kmalloc_machine *km = machine(test, "slub", true);
	const u32 gfp[] = { 0, SHADOW_GFP_RECLAIMABLE, SHADOW_GFP_DMA };
	struct shadow_slabinfo info;
	struct shadow_page *page;
	void *object;
	unsigned int type;

	for (type = 0; type < SHADOW_NR_KMALLOC_TYPES; type++) {
		object = shadow_kmalloc(&km->slab, 64, gfp[type]);
		page = page_of(km, object);
		KUNIT_EXPECT_PTR_EQ(test, &km->slab.caches[page->slab.cache],
				    km->slab.kmalloc[type][km->slab.class_of[7]]);
		shadow_slab_get_info(km->slab.kmalloc[type][km->slab.class_of[7]], &info);
		KUNIT_EXPECT_EQ(test, info.num_slabs, 1);
		KUNIT_EXPECT_EQ(test, shadow_kfree(&km->slab, object), 0);
	}
	/* A cache of the user's takes neither flag: its own say where it lies */
	KUNIT_EXPECT_NULL(test, shadow_kmem_cache_alloc(km->slab.kmalloc[0][0], SHADOW_GFP_DMA));
	end(test, km);
}

/* -------------------------------------------------------- arrays and nodes */

static void kmalloc_arrays(struct kunit *test)
{
	static const struct {
		u64 nr, bytes;
	} too_much[] = {
		{ U64_MAX, 2 }, { 2, U64_MAX }, { BIT_ULL(32), BIT_ULL(32) },
		{ BIT_ULL(63), 2 }, { U64_MAX, U64_MAX }, { BIT_ULL(40), 1 },
	};
	struct kmalloc_machine *km = machine(test, "slub", false);
	unsigned int i;
	u8 *object;

	for (i = 0; i < ARRAY_SIZE(too_much); i++) {
		KUNIT_EXPECT_NULL(test, shadow_kmalloc_array(&km->slab, too_much[i].nr,
							     too_much[i].bytes, 0));
		KUNIT_EXPECT_NULL(test, shadow_kcalloc(&km->slab, too_much[i].nr,
						       too_much[i].bytes, 0));
	}
	KUNIT_EXPECT_PTR_EQ(test, shadow_kmalloc_array(&km->slab, 0, U64_MAX, 0),
			    SHADOW_ZERO_SIZE_PTR);
	object = shadow_kmalloc_array(&km->slab, 7, 13, 0);
	KUNIT_EXPECT_EQ(test, shadow_ksize(&km->slab, object), 96);
	memset(object, 0xff, 96);
	KUNIT_EXPECT_EQ(test, shadow_kfree(&km->slab, object), 0);
	object = shadow_kcalloc(&km->slab, 7, 13, 0);
	for (i = 0; i < 91; i++)
		KUNIT_EXPECT_EQ(test, object[i], 0);
	KUNIT_EXPECT_EQ(test, shadow_kfree(&km->slab, object), 0);
	KUNIT_EXPECT_NULL(test, shadow_kmalloc_node(&km->slab, 8, 0, 1));
	object = shadow_kmalloc_node(&km->slab, 8, SHADOW_GFP_THISNODE, 0);
	KUNIT_EXPECT_NOT_NULL(test, object);
	KUNIT_EXPECT_EQ(test, shadow_kfree(&km->slab, object), 0);
	end(test, km);
}

/* -------------------------------------------------------------- krealloc -- */

static void krealloc_edges(struct kunit *test)
{
	struct kmalloc_machine *km = machine(test, "slub", true);
	struct shadow_slab *slab = &km->slab;
	u8 *object, *same;
	unsigned int i;

	KUNIT_EXPECT_PTR_EQ(test, shadow_krealloc(slab, NULL, 0, 0), SHADOW_ZERO_SIZE_PTR);
	object = shadow_krealloc(slab, NULL, 40, 0);
	KUNIT_EXPECT_EQ(test, shadow_ksize(slab, object), 64);
	memset(object, 0x5a, 64);
	/* It fits */
	same = shadow_krealloc(slab, object, 64, 0);
	KUNIT_EXPECT_PTR_EQ(test, same, object);
	same = shadow_krealloc(slab, object, 1, 0);
	KUNIT_EXPECT_PTR_EQ(test, same, object);
	KUNIT_EXPECT_EQ(test, object[63], 0x5a);
	/* With ZERO what is behind the new size is zero, what is before stays */
	same = shadow_krealloc(slab, object, 10, SHADOW_GFP_ZERO);
	KUNIT_EXPECT_PTR_EQ(test, same, object);
	for (i = 0; i < 64; i++)
		KUNIT_EXPECT_EQ(test, object[i], i < 10 ? 0x5a : 0);
	/* Grown, and zero behind what it had */
	same = shadow_krealloc(slab, object, 1000, SHADOW_GFP_ZERO);
	KUNIT_ASSERT_NOT_NULL(test, same);
	KUNIT_EXPECT_FALSE(test, same == object);
	KUNIT_EXPECT_EQ(test, shadow_kfree(slab, object), -EINVAL);
	for (i = 0; i < 1024; i++)
		KUNIT_EXPECT_EQ(test, same[i], i < 10 ? 0x5a : 0);
	/* No memory: the old one stays */
	KUNIT_EXPECT_NULL(test, shadow_krealloc(slab, same, SZ_1G, 0));
	KUNIT_EXPECT_NULL(test, shadow_krealloc(slab, same, 2000, SHADOW_GFP_HIGHMEM));
	KUNIT_EXPECT_NULL(test, shadow_krealloc(slab, same, 20, SHADOW_GFP_HIGHMEM));
	KUNIT_EXPECT_EQ(test, same[9], 0x5a);
	/* Nothing begins there */
	KUNIT_EXPECT_NULL(test, shadow_krealloc(slab, same + 8, 20, 0));
	KUNIT_EXPECT_PTR_EQ(test, shadow_krealloc(slab, same, 0, 0), SHADOW_ZERO_SIZE_PTR);
	KUNIT_EXPECT_EQ(test, shadow_kfree(slab, same), -EINVAL);
	KUNIT_EXPECT_PTR_EQ(test, shadow_krealloc(slab, SHADOW_ZERO_SIZE_PTR, 0, 0),
			    SHADOW_ZERO_SIZE_PTR);
	object = shadow_krealloc(slab, SHADOW_ZERO_SIZE_PTR, 20, SHADOW_GFP_DMA);
	KUNIT_EXPECT_EQ(test, shadow_kfree(slab, object), 0);
	end(test, km);
}

#define NR_BLOCKS	64
#define NR_STEPS	20000

struct block {
	u8 *at;
	u64 bytes;	/* that are known */
	u8 first;
};

static void fill(struct block *block)
{
	u64 i;

	for (i = 0; i < block->bytes; i++)
		block->at[i] = block->first + i * 7;
}

static bool intact(const struct block *block, u64 bytes)
{
	u64 i;

	for (i = 0; i < bytes; i++)
		if (block->at[i] != (u8)(block->first + i * 7))
			return false;
	return true;
}

static u64 random_bytes(struct rnd_state *rnd)
{
	u64 below = 1ULL << (1 + shadow_test_below(rnd, 15));

	return shadow_test_below(rnd, below);
}

static void one_krealloc(struct kunit *test, struct kmalloc_machine *km,
			 struct rnd_state *rnd, struct block *block)
{
	u64 bytes = random_bytes(rnd), had = shadow_ksize(&km->slab, block->at);
	u8 *at = shadow_krealloc(&km->slab, block->at, bytes, 0);

	/* No memory: the fewer the next time */
	if (!at) {
		KUNIT_ASSERT_TRUE(test, intact(block, block->bytes));
		KUNIT_ASSERT_GT(test, bytes, had);
		return;
	}
	if (bytes && bytes <= had)
		KUNIT_ASSERT_PTR_EQ(test, at, block->at);
	block->at = at;
	KUNIT_ASSERT_GE(test, shadow_ksize(&km->slab, at), bytes);
	KUNIT_ASSERT_TRUE(test, intact(block, min(bytes, block->bytes)));
	block->bytes = bytes;
	block->first = prandom_u32_state(rnd);
	fill(block);
}

static void random_krealloc(struct kunit *test, const char *engine)
{
	struct kmalloc_machine *km = machine(test, engine, true);
	struct block *blocks = shadow_test_alloc(test, NR_BLOCKS * sizeof(*blocks));
	struct rnd_state rnd;
	int i;

	if (!km)
		return;
	shadow_test_seed(test, &rnd);
	for (i = 0; i < NR_STEPS; i++) {
		one_krealloc(test, km, &rnd, &blocks[shadow_test_below(&rnd, NR_BLOCKS)]);
		if (i % 1000 == 0)
			verify(test, km);
	}
	for (i = 0; i < NR_BLOCKS; i++) {
		KUNIT_EXPECT_TRUE(test, intact(&blocks[i], blocks[i].bytes));
		KUNIT_EXPECT_EQ(test, shadow_kfree(&km->slab, blocks[i].at), 0);
	}
	end(test, km);
}

/* Contents are kept whatever becomes of the size, on every engine */
static void krealloc_random(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(engines); i++)
		random_krealloc(test, engines[i]);
}

/* ---------------------------------------------------------- grace periods */

#define NR_SAFE	200

static struct shadow_kmem_cache *safe_cache(struct kunit *test, struct kmalloc_machine *km)
{
	struct shadow_kmem_cache *cache;

	cache = shadow_kmem_cache_create(&km->slab, "safe", 500, 0,
					 SHADOW_SLAB_TYPESAFE_BY_RCU, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(cache));
	return cache;
}

static u64 nr_slab_frames(struct kmalloc_machine *km)
{
	struct shadow_page *page = NULL;
	u64 nr = 0;

	while ((page = shadow_slab_next_frames(&km->m->nodes, page)))
		nr += 1ULL << shadow_page_order(page);
	return nr;
}

static void fill_and_empty(struct kunit *test, struct kmalloc_machine *km,
			   struct shadow_kmem_cache *cache, u64 **objects)
{
	unsigned int i;

	for (i = 0; i < NR_SAFE; i++) {
		objects[i] = shadow_kmem_cache_alloc(cache, 0);
		KUNIT_ASSERT_NOT_NULL(test, objects[i]);
		objects[i][0] = 0x1000 + i;
	}
	for (i = 0; i < NR_SAFE; i++)
		KUNIT_ASSERT_EQ(test, shadow_kmem_cache_free(cache, objects[i]), 0);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_shrink(cache), 0);
}

/* Until the period ends a reader may look: it is memory of nobody else */
static void typesafe(struct kunit *test, const char *engine)
{
	struct kmalloc_machine *km = machine(test, engine, false);
	u64 **objects = shadow_test_alloc(test, NR_SAFE * sizeof(*objects));
	struct shadow_kmem_cache *cache;
	u64 nr_free, nr_frames;
	unsigned int i;

	if (!km)
		return;
	/* What the first cache of all takes, and its end leaves */
	cache = safe_cache(test, km);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, shadow_kmem_cache_alloc(cache, 0)), 0);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), 0);
	while (shadow_slab_nr_waiting(&km->slab))
		shadow_slab_grace(&km->slab);
	km->nr_asked = 0;
	nr_frames = nr_slab_frames(km);
	nr_free = shadow_test_machine_free(km->m);
	cache = safe_cache(test, km);
	fill_and_empty(test, km, cache, objects);
	verify(test, km);
	KUNIT_EXPECT_EQ(test, km->nr_asked, 1);
	KUNIT_EXPECT_GT(test, km->slab.nr_waiting, 0);
	KUNIT_EXPECT_GT(test, nr_slab_frames(km), nr_frames);
	KUNIT_EXPECT_LT(test, shadow_test_machine_free(km->m), nr_free);
	for (i = 0; i < NR_SAFE; i++) {
		KUNIT_EXPECT_EQ(test, objects[i][0], 0x1000 + i);
		KUNIT_EXPECT_NE(test, shadow_kmem_cache_free(cache, objects[i]), 0);
	}
	/* Not even the end of the cache shortens it */
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), 0);
	KUNIT_EXPECT_GT(test, nr_slab_frames(km), nr_frames);
	KUNIT_EXPECT_EQ(test, km->nr_asked, 1);
	/* The first has asked, those that came later ask when it has gone */
	shadow_slab_grace(&km->slab);
	KUNIT_EXPECT_EQ(test, km->nr_asked, 2);
	KUNIT_EXPECT_GT(test, nr_slab_frames(km), nr_frames);
	shadow_slab_grace(&km->slab);
	KUNIT_EXPECT_EQ(test, km->nr_asked, 2);
	KUNIT_EXPECT_EQ(test, km->slab.nr_waiting, 0);
	KUNIT_EXPECT_EQ(test, nr_slab_frames(km), nr_frames);
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(km->m), nr_free);
	end(test, km);
}

static void kmalloc_typesafe(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(engines); i++)
		typesafe(test, engines[i]);
}

/* What comes while one is under way waits for the next one, not for this */
static void kmalloc_two_periods(struct kunit *test)
{
	struct kmalloc_machine *km = machine(test, "slub", false);
	u64 **objects = shadow_test_alloc(test, NR_SAFE * sizeof(*objects));
	struct shadow_kmem_cache *cache = safe_cache(test, km);
	u64 first;

	fill_and_empty(test, km, cache, objects);
	first = km->slab.nr_waiting;
	KUNIT_EXPECT_EQ(test, km->nr_asked, 1);
	shadow_slab_grace(&km->slab);
	KUNIT_EXPECT_EQ(test, km->slab.nr_waiting, first - 1);
	KUNIT_EXPECT_EQ(test, km->nr_asked, 2);
	/* These come while the second is under way */
	fill_and_empty(test, km, cache, objects);
	KUNIT_EXPECT_EQ(test, km->slab.nr_waiting, 2 * first - 1);
	KUNIT_EXPECT_EQ(test, km->nr_asked, 2);
	verify(test, km);
	shadow_slab_grace(&km->slab);
	KUNIT_EXPECT_EQ(test, km->slab.nr_waiting, first);
	KUNIT_EXPECT_EQ(test, km->nr_asked, 3);
	shadow_slab_grace(&km->slab);
	KUNIT_EXPECT_EQ(test, km->slab.nr_waiting, 0);
	KUNIT_EXPECT_EQ(test, km->nr_asked, 3);
	/* Nothing waits: a late call does no harm */
	shadow_slab_grace(&km->slab);
	/* With slabs that wait the layer ends like any other */
	fill_and_empty(test, km, cache, objects);
	end(test, km);
}

static void kmalloc_name_lists(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, shadow_slab_name_matches("a", "a"));
	KUNIT_EXPECT_TRUE(test, shadow_slab_name_matches("x,kmalloc-64", "kmalloc-64"));
	KUNIT_EXPECT_TRUE(test, shadow_slab_name_matches("kmalloc-*,x", "kmalloc-64"));
	KUNIT_EXPECT_TRUE(test, shadow_slab_name_matches("*", "x"));
	KUNIT_EXPECT_TRUE(test, shadow_slab_name_matches("a,*", "x"));
	KUNIT_EXPECT_TRUE(test, shadow_slab_name_matches("kmalloc-64*", "kmalloc-64"));
	KUNIT_EXPECT_FALSE(test, shadow_slab_name_matches("kmalloc-6", "kmalloc-64"));
	KUNIT_EXPECT_FALSE(test, shadow_slab_name_matches("kmalloc-64", "kmalloc-6"));
	KUNIT_EXPECT_FALSE(test, shadow_slab_name_matches("kmalloc-rcl*", "kmalloc-64"));
	KUNIT_EXPECT_FALSE(test, shadow_slab_name_matches("", "x"));
	KUNIT_EXPECT_FALSE(test, shadow_slab_name_matches("a,b", "a,b"));
}

static struct kunit_case shadow_kmalloc_cases[] = {
	KUNIT_CASE(kmalloc_names),
	KUNIT_CASE(kmalloc_types),
	KUNIT_CASE(kmalloc_types_apart),
	KUNIT_CASE(kmalloc_arrays),
	KUNIT_CASE(krealloc_edges),
	KUNIT_CASE(krealloc_random),
	KUNIT_CASE(kmalloc_typesafe),
	KUNIT_CASE(kmalloc_two_periods),
	KUNIT_CASE(kmalloc_name_lists),
	{}
};

static struct kunit_suite shadow_kmalloc_suite = {
	.name = "shadow_kmalloc",
	.test_cases = shadow_kmalloc_cases,
};

kunit_test_suite(shadow_kmalloc_suite);
