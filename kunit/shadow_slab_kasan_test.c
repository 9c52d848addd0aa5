// SPDX-License-Identifier: GPL-2.0-only
/*
 * What KASAN, in user space AddressSanitizer, is told of a cache with debugging,
 * over every engine: which bytes may be touched, and that nothing of it remains.
 */
#include "shadow_test_slab.h"

#include "shadow_kasan.h"
#include "shadow_slab_debug.h"

#define ALL	(SHADOW_SLAB_RED_ZONE | SHADOW_SLAB_POISON | SHADOW_SLAB_STORE_USER)
#define NR_PAGES	512
#define NR_SLOTS	64
#define NR_RANDOM	4000	/* operations of an engine */

static struct shadow_test_slabs *begin(struct kunit *test, u32 debug, u64 quarantine)
{
	struct shadow_slab_config cfg = {
		.engine = *(const char *const *)test->param_value,
		.debug = debug,
		.quarantine = quarantine,
		.seed = 0xa5a,
	};

	if (!SHADOW_KASAN)
		kunit_skip(test, "there is no KASAN");
	return shadow_test_slabs(test, &cfg, NR_PAGES, 2);
}

static struct shadow_kmem_cache *cache_of(struct kunit *test, struct shadow_test_slabs *sm,
					  u32 bytes, u32 flags)
{
	struct shadow_kmem_cache *cache;

	cache = shadow_kmem_cache_create(&sm->slab, "c", bytes, 0, flags, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(cache));
	return cache;
}

static char *alloc(struct kunit *test, struct shadow_kmem_cache *cache)
{
	char *object = shadow_kmem_cache_alloc_cpu(cache, 0, 0);

	KUNIT_ASSERT_NOT_NULL(test, object);
	return object;
}

/* Of so many bytes, how many nobody may touch */
static u64 nr_poisoned(const char *at, u64 bytes)
{
	u64 nr = 0;

	while (bytes--)
		nr += shadow_kasan_poisoned(at++);
	return nr;
}

/* One byte of each granule is enough: its first is forbidden with the others */
static u64 nr_poisoned_block(const struct shadow_test_slabs *sm)
{
	const struct shadow_block *block = &sm->m->block;
	const char *at = block->virt;
	u64 i, nr = 0;

	for (i = 0; i < block->bytes; i += SHADOW_KASAN_GRANULE)
		nr += shadow_kasan_poisoned(at + i);
	return nr;
}

static void end(struct kunit *test, struct shadow_test_slabs *sm, u64 live)
{
	KUNIT_ASSERT_FALSE_MSG(test, shadow_fault_frozen(&sm->m->fault), "%s",
			       sm->m->fault.text);
	SHADOW_TEST_VERIFY(test, shadow_slab_verify(&sm->slab, &__fault));
	KUNIT_EXPECT_EQ(test, shadow_slab_nr_reports(&sm->slab), 0);
	KUNIT_EXPECT_EQ(test, shadow_slab_fini(&sm->slab), live);
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(sm->m), sm->nr_free);
	KUNIT_EXPECT_EQ(test, nr_poisoned_block(sm), 0);
}

/* ------------------------------------------------------------- one object -- */

/* The user's bytes may be touched, and nothing else that the engine keeps */
static void expect_live(struct kunit *test, const struct shadow_kmem_cache *cache,
			const char *object)
{
	u64 bytes = cache->desc.object_bytes, before = cache->desc.user_offset;
	u64 behind = cache->desc.inner_bytes - before - bytes;

	KUNIT_ASSERT_EQ(test, nr_poisoned(object, bytes), 0);
	KUNIT_ASSERT_EQ(test, nr_poisoned(object - before, before), before);
	KUNIT_ASSERT_EQ(test, nr_poisoned(object + bytes, behind), behind);
	KUNIT_ASSERT_GT(test, behind, 0);
}

static void one_object(struct kunit *test)
{
	static const u32 sizes[] = { 1, 7, 8, 24, 60, 64, 100, 1000, 4096 };
	static const u32 flags[] = {
		SHADOW_SLAB_RED_ZONE, SHADOW_SLAB_POISON, SHADOW_SLAB_STORE_USER, ALL,
	};
	struct shadow_test_slabs *sm = begin(test, 0, 0);
	struct shadow_kmem_cache *cache;
	char *object, *other;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sizes) * ARRAY_SIZE(flags); i++) {
		cache = cache_of(test, sm, sizes[i / ARRAY_SIZE(flags)],
				 flags[i % ARRAY_SIZE(flags)]);
		other = alloc(test, cache);
		object = alloc(test, cache);
		expect_live(test, cache, object);
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free_cpu(cache, 0, object), 0);
		KUNIT_EXPECT_EQ(test, nr_poisoned(object - cache->desc.user_offset,
						  cache->desc.inner_bytes),
				cache->desc.inner_bytes);
		/* Looking at all of them allows nobody to touch any */
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_check(cache), 0);
		KUNIT_EXPECT_TRUE(test, shadow_kasan_poisoned(object));
		expect_live(test, cache, other);
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free_cpu(cache, 0, other), 0);
		object = alloc(test, cache);
		expect_live(test, cache, object);
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free_cpu(cache, 0, object), 0);
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), 0);
		KUNIT_EXPECT_EQ(test, nr_poisoned_block(sm), 0);
	}
	end(test, sm, 0);
}

/* Without debugging nothing is told */
static void plain_object(struct kunit *test)
{
	struct shadow_test_slabs *sm = begin(test, 0, 0);
	struct shadow_kmem_cache *cache = cache_of(test, sm, 60, 0);
	char *object = alloc(test, cache);

	KUNIT_EXPECT_EQ(test, nr_poisoned_block(sm), 0);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, object), 0);
	KUNIT_EXPECT_EQ(test, nr_poisoned_block(sm), 0);
	end(test, sm, 0);
}

static void held_back(struct kunit *test)
{
	struct shadow_test_slabs *sm = begin(test, 0, SZ_4K);
	struct shadow_kmem_cache *cache = cache_of(test, sm, 64, 0);
	char *object = alloc(test, cache);

	expect_live(test, cache, object);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, object), 0);
	KUNIT_EXPECT_EQ(test, cache->debug.nr_waiting, 1);
	KUNIT_EXPECT_EQ(test, nr_poisoned(object, 64), 64);
	end(test, sm, 0);
}

/* Who got one before it was freed may read it until a grace period has ended */
static void typesafe(struct kunit *test)
{
	struct shadow_test_slabs *sm = begin(test, 0, 0);
	struct shadow_kmem_cache *cache;
	char *object;

	cache = cache_of(test, sm, 60, SHADOW_SLAB_RED_ZONE | SHADOW_SLAB_TYPESAFE_BY_RCU);
	object = alloc(test, cache);
	expect_live(test, cache, object);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, object), 0);
	expect_live(test, cache, object);
	shadow_kmem_cache_shrink(cache);
	KUNIT_EXPECT_GT(test, shadow_slab_nr_waiting(&sm->slab), 0);
	expect_live(test, cache, object);
	shadow_slab_grace(&sm->slab);
	KUNIT_EXPECT_EQ(test, nr_poisoned_block(sm), 0);
	end(test, sm, 0);
}

/* ------------------------------------------------------------ many objects -- */

/**
 * struct seen - what a walk has seen
 * @nr_live: objects in use
 * @nr_free: free ones
 * @free: the first of these
 */
struct seen {
	u32 nr_live;
	u32 nr_free;
	const char *free[SHADOW_SLAB_MAX_OBJECTS];
};

static bool see(struct shadow_kmem_cache *cache, char *inner, bool free, void *arg)
{
	struct seen *seen = arg;

	if (!free)
		seen->nr_live++;
	else if (seen->nr_free < ARRAY_SIZE(seen->free))
		seen->free[seen->nr_free++] = inner + cache->desc.user_offset;
	return true;
}

/* Every free object of the slabs there are, also those that nobody ever had */
static void expect_free(struct kunit *test, struct shadow_kmem_cache *cache,
			struct seen *seen, u32 nr_live)
{
	u32 i, bytes = cache->desc.object_bytes;

	memset(seen, 0, sizeof(*seen));
	shadow_slab_walk(cache->slab, cache, see, seen);
	KUNIT_ASSERT_EQ(test, seen->nr_live, nr_live);
	for (i = 0; i < seen->nr_free; i++)
		KUNIT_ASSERT_EQ(test, nr_poisoned(seen->free[i], bytes), bytes);
}

static void random_objects(struct kunit *test)
{
	struct shadow_test_slabs *sm = begin(test, 0, 0);
	struct seen *seen = shadow_test_alloc(test, sizeof(*seen));
	struct shadow_kmem_cache *cache;
	char *object[NR_SLOTS] = {};
	u32 i, k, slot, live = 0;
	struct rnd_state rnd;

	shadow_test_seed(test, &rnd);
	cache = cache_of(test, sm, 1 + shadow_test_below(&rnd, 300), ALL);
	for (i = 0; i < NR_RANDOM; i++) {
		slot = shadow_test_below(&rnd, NR_SLOTS);
		if (object[slot]) {
			KUNIT_ASSERT_EQ(test, shadow_kmem_cache_free_cpu(cache, i & 1,
									 object[slot]), 0);
			object[slot] = NULL;
			live--;
		} else {
			object[slot] = shadow_kmem_cache_alloc_cpu(cache, i & 1, 0);
			KUNIT_ASSERT_NOT_NULL(test, object[slot]);
			live++;
		}
		if (i % 97)
			continue;
		expect_free(test, cache, seen, live);
		for (k = 0; k < NR_SLOTS; k++)
			if (object[k])
				expect_live(test, cache, object[k]);
	}
	KUNIT_EXPECT_GT(test, seen->nr_free, 0);
	end(test, sm, live);
}

/* --------------------------------------------------------------- the end -- */

/* Whoever has the block next may touch all of it, after whatever happened */
static void broken_machine(struct kunit *test)
{
	struct shadow_test_slabs *sm = begin(test, ALL, 0);
	char *object[NR_SLOTS];
	u32 i;

	for (i = 0; i < NR_SLOTS; i++) {
		object[i] = shadow_kmalloc(&sm->slab, 100, 0);
		KUNIT_ASSERT_NOT_NULL(test, object[i]);
	}
	for (i = 0; i < NR_SLOTS / 2; i++)
		KUNIT_EXPECT_EQ(test, shadow_kfree(&sm->slab, object[i]), 0);
	KUNIT_EXPECT_GT(test, nr_poisoned_block(sm), 0);
	shadow_fault_raise(&sm->m->fault, "on purpose");
	shadow_slab_fini(&sm->slab);
	KUNIT_EXPECT_EQ(test, nr_poisoned_block(sm), 0);
}

KUNIT_ARRAY_PARAM(engine, shadow_test_engines, shadow_test_text_desc);

static struct kunit_case shadow_slab_kasan_cases[] = {
	KUNIT_CASE_PARAM(one_object, engine_gen_params),
	KUNIT_CASE_PARAM(plain_object, engine_gen_params),
	KUNIT_CASE_PARAM(held_back, engine_gen_params),
	KUNIT_CASE_PARAM(typesafe, engine_gen_params),
	KUNIT_CASE_PARAM(random_objects, engine_gen_params),
	KUNIT_CASE_PARAM(broken_machine, engine_gen_params),
	{}
};

static struct kunit_suite shadow_slab_kasan_suite = {
	.name = "shadow_slab_kasan",
	.test_cases = shadow_slab_kasan_cases,
};

kunit_test_suite(shadow_slab_kasan_suite);
