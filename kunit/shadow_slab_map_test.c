// SPDX-License-Identifier: GPL-2.0-only
/*
 * The map of all slabs: each object that is in use, and no other; the sums of
 * what is wasted; what kmalloc was asked for. Over every engine.
 */
#include <linux/bitmap.h>

#include "shadow_test_slab.h"

#include "shadow_slab_map.h"

#define NR_OBJECTS	500
#define BYTES		72

/* Does the map say that the piece at @object is in use? */
static bool used_at(const struct shadow_slab_map *map, const void *object)
{
	u64 at = (const char *)object - map->look.base;

	return !test_bit(at / map->look.bytes, map->look.free);
}

static bool lies_in(const struct shadow_slab_map *map, const void *object)
{
	u64 at = (const char *)object - map->look.base;

	return at / map->look.bytes < map->look.nr;
}

/* How many of the cache's objects the map shows, and that each is among ours */
static u64 count_shown(struct kunit *test, struct shadow_slab_map *map,
		       struct shadow_kmem_cache *cache, void **objects)
{
	u64 shown = 0, found = 0;
	u32 i;

	map->page = NULL;
	while (shadow_slab_map_next(map)) {
		if (map->look.cache && map->look.cache != cache)
			continue;
		if (map->look.cache)
			shown += map->look.nr -
				 bitmap_weight(map->look.free, map->look.nr);
		for (i = 0; i < NR_OBJECTS; i++) {
			if (!objects[i] || !lies_in(map, objects[i]))
				continue;
			KUNIT_EXPECT_TRUE(test, used_at(map, objects[i]));
			found++;
		}
	}
	if (shown)
		KUNIT_EXPECT_EQ(test, shown, found);
	return found;
}

static void map_follows(struct kunit *test, const char *engine)
{
	struct shadow_test_slabs *sm;
	struct shadow_slab_map *map = shadow_test_alloc(test, sizeof(*map));
	struct shadow_kmem_cache *cache;
	void **objects = shadow_test_alloc(test, NR_OBJECTS * sizeof(*objects));
	struct rnd_state rnd;
	u32 i, nr = NR_OBJECTS;

	sm = shadow_test_slabs(test, SHADOW_TEST_SLAB(engine, 1), 512, 2);
	map->slab = &sm->slab;
	cache = shadow_kmem_cache_create(&sm->slab, "mapped", BYTES, 0, 0, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(cache));
	for (i = 0; i < NR_OBJECTS; i++) {
		objects[i] = shadow_kmem_cache_alloc_cpu(cache, i % 2, 0);
		KUNIT_ASSERT_NOT_NULL(test, objects[i]);
	}
	prandom_seed_state(&rnd, 4711);
	while (nr) {
		KUNIT_EXPECT_EQ(test, count_shown(test, map, cache, objects), nr);
		for (i = 0; i < NR_OBJECTS; i++) {
			if (!objects[i] || (nr > 50 && shadow_test_below(&rnd, 2)))
				continue;
			KUNIT_EXPECT_EQ(test, 0,
					shadow_kmem_cache_free_cpu(cache, i % 3 / 2, objects[i]));
			objects[i] = NULL;
			nr--;
		}
	}
	KUNIT_EXPECT_EQ(test, count_shown(test, map, cache, objects), 0);
	shadow_slab_fini(&sm->slab);
}

static void map_follows_objects(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(shadow_test_engines); i++)
		map_follows(test, shadow_test_engines[i]);
}

/* A slab of one frame holds 32 objects of 128 bytes: worked out by hand. */
static void map_text(struct kunit *test)
{
	struct shadow_test_slabs *sm;
	struct shadow_slab_map *map = shadow_test_alloc(test, sizeof(*map));
	struct shadow_slab_config cfg = { .engine = "slub", .ordered = true };
	struct shadow_slab_waste waste = {};
	struct shadow_kmem_cache *cache;
	char line[128];
	u32 i;

	sm = shadow_test_slabs(test, &cfg, 512, 1);
	map->slab = &sm->slab;
	cache = shadow_kmem_cache_create(&sm->slab, "text", 120, 128, 0, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(cache));
	KUNIT_ASSERT_EQ(test, cache->desc.bytes, 128);
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_NOT_NULL(test, shadow_kmem_cache_alloc(cache, 0));
	while (shadow_slab_map_next(map) && map->look.cache != cache)
		;
	KUNIT_ASSERT_NOT_NULL(test, map->page);
	KUNIT_EXPECT_EQ(test, shadow_slab_map_row(map, 0, line, sizeof(line)), 0);
	KUNIT_EXPECT_EQ(test, strlen(line), map->look.nr);
	for (i = 0, waste.nr_live = 0; line[i]; i++)
		waste.nr_live += line[i] == '#';
	KUNIT_EXPECT_EQ(test, waste.nr_live, 3);
	waste.nr_live = 0;
	shadow_slab_map_add(map, &waste);
	KUNIT_EXPECT_EQ(test, waste.nr_slabs, 1);
	KUNIT_EXPECT_EQ(test, waste.nr_live, 3);
	KUNIT_EXPECT_EQ(test, waste.internal, 3 * 8);
	KUNIT_EXPECT_EQ(test, waste.external, waste.slab_bytes - 3 * 128);
	shadow_slab_map_head(map, line, sizeof(line));
	KUNIT_EXPECT_NOT_NULL(test, strstr(line, "text: slab at pfn "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(line, " 3 of 32 objects of 128 bytes in use"));
	/* In parts: the next one begins where this one ends */
	KUNIT_EXPECT_EQ(test, shadow_slab_map_row(map, 0, line, 11), 10);
	KUNIT_EXPECT_EQ(test, strlen(line), 10);
	shadow_slab_fini(&sm->slab);
}

static void sizes_of(struct shadow_slab *slab, const char *name,
		     struct shadow_kmalloc_sizes *sizes)
{
	unsigned int i;

	for (i = 0; shadow_kmalloc_sizes(slab, i, sizes); i++)
		if (!strcmp(sizes->name, name))
			return;
	memset(sizes, 0xff, sizeof(*sizes));
}

static void sizes_are_those_asked_for(struct kunit *test)
{
	struct shadow_test_slabs *sm;
	struct shadow_kmalloc_sizes sizes;
	struct shadow_slab *slab;

	sm = shadow_test_slabs(test, SHADOW_TEST_SLAB("slub", 1), 512, 2);
	slab = &sm->slab;
	shadow_kfree(slab, shadow_kmalloc_cpu(slab, 0, 65, 0));
	shadow_kfree(slab, shadow_kmalloc_cpu(slab, 1, 96, 0));
	shadow_kfree(slab, shadow_kmalloc(slab, 0, 0));
	shadow_kfree(slab, shadow_kmalloc(slab, 9 * 1024, 0));
	KUNIT_EXPECT_NULL(test, shadow_kmalloc(slab, 1ULL << 40, 0));
	sizes_of(slab, "kmalloc-96", &sizes);
	KUNIT_EXPECT_EQ(test, sizes.nr, 2);
	KUNIT_EXPECT_EQ(test, sizes.bytes, 65 + 96);
	KUNIT_EXPECT_EQ(test, sizes.given, 2 * 96);
	sizes_of(slab, "kmalloc-8", &sizes);
	KUNIT_EXPECT_EQ(test, sizes.nr, 0);
	sizes_of(slab, "page allocator", &sizes);
	KUNIT_EXPECT_EQ(test, sizes.nr, 1);
	KUNIT_EXPECT_EQ(test, sizes.bytes, 9 * 1024);
	KUNIT_EXPECT_EQ(test, sizes.given, 16 * 1024);
	KUNIT_EXPECT_FALSE(test, shadow_kmalloc_sizes(slab, slab->nr_kmalloc + 1, &sizes));
	shadow_slab_fini(slab);
}

/* Two to a unit, and 8 in front of what is less than a page with them */
static void sizes_of_slob_are_units(struct kunit *test)
{
	struct shadow_test_slabs *sm;
	struct shadow_kmalloc_sizes sizes;
	struct shadow_slab *slab;

	sm = shadow_test_slabs(test, SHADOW_TEST_SLAB("slob", 1), 512, 2);
	slab = &sm->slab;
	shadow_kfree(slab, shadow_kmalloc_cpu(slab, 0, 65, 0));
	shadow_kfree(slab, shadow_kmalloc_cpu(slab, 1, 96, 0));
	shadow_kfree(slab, shadow_kmalloc(slab, 4087, 0));
	shadow_kfree(slab, shadow_kmalloc(slab, 4088, 0));
	shadow_kfree(slab, shadow_kmalloc(slab, 4097, 0));
	sizes_of(slab, "kmalloc-96", &sizes);
	KUNIT_EXPECT_EQ(test, sizes.nr, 2);
	KUNIT_EXPECT_EQ(test, sizes.bytes, 65 + 96);
	KUNIT_EXPECT_EQ(test, sizes.given, 66 + 8 + 96 + 8);
	sizes_of(slab, "kmalloc-4k", &sizes);
	KUNIT_EXPECT_EQ(test, sizes.nr, 2);
	KUNIT_EXPECT_EQ(test, sizes.given, 4088 + 8 + 4096);
	sizes_of(slab, "page allocator", &sizes);
	KUNIT_EXPECT_EQ(test, sizes.given, 8192);
	shadow_slab_fini(slab);
}

static struct kunit_case shadow_slab_map_cases[] = {
	KUNIT_CASE(map_follows_objects),
	KUNIT_CASE(map_text),
	KUNIT_CASE(sizes_are_those_asked_for),
	KUNIT_CASE(sizes_of_slob_are_units),
	{}
};

static struct kunit_suite shadow_slab_map_suite = {
	.name = "shadow_slab_map",
	.test_cases = shadow_slab_map_cases,
};

kunit_test_suite(shadow_slab_map_suite);
