// SPDX-License-Identifier: GPL-2.0-only
/*
 * Caches and kmalloc: the bootstrap, what is refused, what is detected, what
 * happens without memory, and random use against an independent map.
 */
#include "shadow_test_machine.h"

#include "shadow_slab_engine.h"
#include "shadow_test_slab.h"
#include "shadow_zonelist.h"

#define SEED	0x5eedULL

/**
 * struct slab_machine - a machine with caches
 * @m: the layers below
 * @slab: the layer
 * @mem: the layer's share of the host's memory
 * @nr_free: frames that were free before the layer was booted
 */
struct slab_machine {
	struct shadow_test_machine *m;
	struct shadow_slab slab;
	void *mem;
	u64 nr_free;
};

static struct slab_machine *machine_without_slab(struct kunit *test, u64 nr_pages,
						 unsigned int nr_cpus)
{
	struct slab_machine *sm = shadow_test_alloc(test, sizeof(*sm));

	sm->m = shadow_test_machine(test, nr_pages, nr_cpus);
	sm->mem = shadow_test_alloc(test, shadow_slab_bytes(SHADOW_TEST_SLAB("slub", 0), nr_cpus));
	sm->nr_free = shadow_test_machine_free(sm->m);
	return sm;
}

static int boot(struct slab_machine *sm, const char *engine, u64 seed,
		unsigned int nr_cpus)
{
	return shadow_slab_init(&sm->slab, &sm->m->nodes,
				SHADOW_TEST_SLAB(engine, seed), nr_cpus, sm->mem);
}

static struct slab_machine *machine(struct kunit *test, u64 nr_pages,
				    unsigned int nr_cpus)
{
	struct slab_machine *sm = machine_without_slab(test, nr_pages, nr_cpus);

	KUNIT_ASSERT_EQ(test, boot(sm, "slub", SEED, nr_cpus), 0);
	return sm;
}

static void verify(struct kunit *test, struct slab_machine *sm)
{
	KUNIT_ASSERT_FALSE_MSG(test, shadow_fault_frozen(&sm->m->fault), "%s",
			       sm->m->fault.text);
	SHADOW_TEST_VERIFY(test, shadow_slab_verify(&sm->slab, &__fault));
}

/* The end of every case in which nothing was broken on purpose */
static void end(struct kunit *test, struct slab_machine *sm, u64 live)
{
	verify(test, sm);
	KUNIT_EXPECT_EQ(test, shadow_slab_fini(&sm->slab), live);
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(sm->m), sm->nr_free);
	shadow_test_machine_verify(test, sm->m);
}

static struct shadow_kmem_cache *cache_of(struct kunit *test,
					  struct slab_machine *sm,
					  const char *name, u32 bytes)
{
	struct shadow_kmem_cache *cache;

	cache = shadow_kmem_cache_create(&sm->slab, name, bytes, 0, 0, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(cache));
	return cache;
}

static bool in_block(const struct slab_machine *sm, const void *p, u64 bytes)
{
	return shadow_block_has(&sm->m->block,
				shadow_virt_to_phys(&sm->m->block, p), bytes);
}

static struct shadow_slabinfo info_of(struct slab_machine *sm, const char *name)
{
	struct shadow_kmem_cache *cache = shadow_slab_find(&sm->slab, name);
	struct shadow_slabinfo info = {};

	if (cache)
		shadow_slab_get_info(cache, &info);
	return info;
}

/* ------------------------------------------------------------ bootstrap */

static const struct {
	const char *name;
	u32 bytes;
} classes[] = {
	{ "kmalloc-8", 8 }, { "kmalloc-16", 16 }, { "kmalloc-32", 32 },
	{ "kmalloc-64", 64 }, { "kmalloc-96", 96 }, { "kmalloc-128", 128 },
	{ "kmalloc-192", 192 }, { "kmalloc-256", 256 }, { "kmalloc-512", 512 },
	{ "kmalloc-1k", 1024 }, { "kmalloc-2k", 2048 }, { "kmalloc-4k", 4096 },
	{ "kmalloc-8k", 8192 },
};

/* Two of the layer's own, and kmalloc's twice: these machines have no ZONE_DMA */
#define NR_OWN_CACHES	(2 + 2 * ARRAY_SIZE(classes))

static void slab_bootstrap(struct kunit *test)
{
	struct slab_machine *sm = machine(test, 256, 1);
	struct shadow_slab *slab = &sm->slab;
	struct shadow_kmem_cache *cache = NULL;
	struct shadow_slabinfo info;
	unsigned int nr = 0, i;

	verify(test, sm);
	KUNIT_EXPECT_EQ(test, slab->state, SHADOW_SLAB_UP);
	KUNIT_EXPECT_EQ(test, slab->nr_kmalloc, ARRAY_SIZE(classes));
	while ((cache = shadow_slab_next(slab, cache)))
		nr++;
	KUNIT_EXPECT_EQ(test, nr, NR_OWN_CACHES);
	for (i = 0; i < ARRAY_SIZE(classes); i++) {
		info = info_of(sm, classes[i].name);
		KUNIT_EXPECT_STREQ(test, info.name, classes[i].name);
		KUNIT_EXPECT_EQ(test, info.objsize, classes[i].bytes);
		KUNIT_EXPECT_EQ(test, info.num_objs, 0);
	}
	/* Every cache, these two included, has its descriptor and its node */
	info = info_of(sm, "kmem_cache");
	KUNIT_EXPECT_EQ(test, info.num_slabs, 1);
	KUNIT_EXPECT_GE(test, info.num_objs, nr);
	info = info_of(sm, "kmem_cache_node");
	KUNIT_EXPECT_EQ(test, info.num_slabs, 1);
	KUNIT_EXPECT_EQ(test, info.objsize, 32);
	KUNIT_EXPECT_EQ(test, info.objperslab, 128);
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(sm->m), sm->nr_free - 2);
	end(test, sm, 0);
}

static void slab_init_arguments(struct kunit *test)
{
	struct slab_machine *sm = machine_without_slab(test, 64, 1);
	struct shadow_nodes *nodes = &sm->m->nodes;
	struct shadow_slab *slab = &sm->slab;

	KUNIT_EXPECT_EQ(test, boot(sm, "slib", SEED, 1),
			-EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, boot(sm, "slqb", SEED, 1),
			-EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, boot(sm, "slub", SEED, 0),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_slab_init(slab, nodes,
					       SHADOW_TEST_SLAB("slub", SEED), 1,
					       sm->mem + 8), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_slab_fini(slab), 0);
	sm->m->block.virt = NULL;
	KUNIT_EXPECT_EQ(test, boot(sm, "slub", SEED, 1),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(sm->m), sm->nr_free);
}

/* Orders and objects of 6.12, by hand and as its slabinfo prints them */
static void slab_layout(struct kunit *test)
{
	static const struct {
		unsigned int nr_cpus;
		u32 bytes, objects, pages;
	} want[] = {
		/* One CPU: at least 8 objects; 64 of 4096 left over is fine */
		{ 1, 8, 512, 1 }, { 1, 64, 64, 1 }, { 1, 96, 42, 1 },
		{ 1, 192, 21, 1 }, { 1, 512, 8, 1 }, { 1, 1024, 8, 2 },
		{ 1, 2048, 8, 4 }, { 1, 4096, 8, 8 }, { 1, 8192, 4, 8 },
		/* Four: at least 16 */
		{ 4, 64, 64, 1 }, { 4, 256, 16, 1 }, { 4, 512, 16, 2 },
		{ 4, 1024, 16, 4 }, { 4, 2048, 16, 8 }, { 4, 4096, 8, 8 },
		/* 4096 % 1352 = 40, but 8 of them need 3 frames: 4, 12 objects */
		{ 1, 1352, 12, 4 },
		/* 2 * 4096 % 1000 = 192, at most 512 */
		{ 1, 1000, 8, 2 },
		/* 32768 % 5008 = 2720 is above a sixteenth, below an eighth */
		{ 1, 5008, 6, 8 },
		/* Larger than the largest wanted order: one object */
		{ 1, 40000, 1, 16 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(want); i++) {
		struct slab_machine *sm = machine(test, 64, want[i].nr_cpus);
		struct shadow_slabinfo info;

		cache_of(test, sm, "x", want[i].bytes);
		info = info_of(sm, "x");
		KUNIT_EXPECT_EQ_MSG(test, info.objperslab, want[i].objects,
				    "%u bytes", want[i].bytes);
		KUNIT_EXPECT_EQ_MSG(test, info.pagesperslab, want[i].pages,
				    "%u bytes", want[i].bytes);
		end(test, sm, 0);
	}
}

/* -------------------------------------------------------------- kmalloc */

static u32 class_bytes(u64 bytes)
{
	unsigned int i = 0;

	while (classes[i].bytes < bytes)
		i++;
	return classes[i].bytes;
}

static bool aligned(const struct slab_machine *sm, const void *p, u64 align)
{
	return IS_ALIGNED(shadow_virt_to_phys(&sm->m->block, p), align);
}

static void slab_kmalloc_sizes(struct kunit *test)
{
	struct slab_machine *sm = machine(test, 256, 1);
	struct shadow_slab *slab = &sm->slab;
	u64 bytes;
	char *p;

	for (bytes = 1; bytes <= 8192; bytes++) {
		u32 want = class_bytes(bytes);

		p = shadow_kmalloc(slab, bytes, 0);
		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_ASSERT_TRUE(test, in_block(sm, p, want));
		KUNIT_ASSERT_EQ_MSG(test, shadow_ksize(slab, p), want, "%llu bytes",
				    bytes);
		KUNIT_ASSERT_TRUE(test, aligned(sm, p, want & -want));
		memset(p, 0xa5, want);
		KUNIT_ASSERT_EQ(test, shadow_kfree(slab, p), 0);
	}
	end(test, sm, 0);
}

static void slab_kmalloc_large(struct kunit *test)
{
	struct slab_machine *sm = machine(test, 256, 1);
	struct shadow_slab *slab = &sm->slab;
	struct shadow_page *page;
	char *p;

	p = shadow_kmalloc(slab, 8193, 0);
	KUNIT_ASSERT_NOT_NULL(test, p);
	page = shadow_virt_to_page(&sm->m->nodes, p);
	KUNIT_EXPECT_EQ(test, shadow_page_owner(page), SHADOW_OWNER_KMALLOC);
	KUNIT_EXPECT_EQ(test, shadow_ksize(slab, p), 16384);
	/* Only the pointer that was handed out may come back */
	KUNIT_EXPECT_EQ(test, shadow_kfree(slab, p + 8), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kfree(slab, p + 4096), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_ksize(slab, p + 4096), 0);
	KUNIT_EXPECT_EQ(test, shadow_kfree(slab, p), 0);
	KUNIT_EXPECT_EQ(test, shadow_kfree(slab, p), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_ksize(slab, p), 0);

	memset(sm->m->block.virt + (200 << 12), 0xff, 56 << 12);
	p = shadow_kzalloc(slab, 100000, 0);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, 100000));
	/* 256 frames are no block of the largest order */
	KUNIT_EXPECT_NULL(test, shadow_kmalloc(slab, SZ_2M, 0));
	KUNIT_EXPECT_NULL(test, shadow_kmalloc(slab, SZ_4M + 1, 0));
	KUNIT_EXPECT_NULL(test, shadow_kmalloc(slab, U64_MAX, 0));
	/* Left behind on purpose: fini counts it and takes it back */
	end(test, sm, 1);
}

static void slab_kmalloc_zero(struct kunit *test)
{
	struct slab_machine *sm = machine(test, 64, 1);
	struct shadow_slab *slab = &sm->slab;
	char *p;

	KUNIT_EXPECT_PTR_EQ(test, shadow_kmalloc(slab, 0, 0), SHADOW_ZERO_SIZE_PTR);
	KUNIT_EXPECT_EQ(test, shadow_kfree(slab, SHADOW_ZERO_SIZE_PTR), 0);
	KUNIT_EXPECT_EQ(test, shadow_kfree(slab, NULL), 0);
	KUNIT_EXPECT_EQ(test, shadow_ksize(slab, NULL), 0);

	p = shadow_kmalloc(slab, 500, 0);
	KUNIT_ASSERT_NOT_NULL(test, p);
	memset(p, 0xff, 512);
	KUNIT_EXPECT_EQ(test, shadow_kfree(slab, p), 0);
	KUNIT_ASSERT_PTR_EQ(test, shadow_kzalloc(slab, 500, 0), p);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, 512));
	/* Nothing that a zone or mobility would have to answer for */
	KUNIT_EXPECT_NULL(test, shadow_kmalloc(slab, 8, SHADOW_GFP_MOVABLE));
	KUNIT_EXPECT_NULL(test, shadow_kmalloc(slab, 8, SHADOW_GFP_HIGHMEM));
	KUNIT_EXPECT_NULL(test, shadow_kmalloc(slab, 9000, SHADOW_GFP_DMA));
	end(test, sm, 1);
}

/* --------------------------------------------------------------- caches */

static void slab_create_arguments(struct kunit *test)
{
	static const struct {
		const char *name;
		u32 bytes, align, flags;
		int err;
	} bad[] = {
		{ "", 8, 0, 0, -EINVAL },
		{ "a b", 8, 0, 0, -EINVAL },
		{ "a\n", 8, 0, 0, -EINVAL },
		{ "0123456789012345678901234567890x", 8, 0, 0, -EINVAL },
		{ "x", 0, 0, 0, -EINVAL },
		{ "x", SZ_4M + 1, 0, 0, -EINVAL },
		{ "x", U32_MAX, 0, 0, -EINVAL },
		{ "x", 8, 3, 0, -EINVAL },
		{ "x", 8, SZ_8K, 0, -EINVAL },
		{ "x", 8, 1U << 31, 0, -EINVAL },
		{ "x", 8, 0, BIT(30), -EINVAL },
		{ "x", 8, 0, SHADOW_SLAB_CHECKS, -EINVAL },
		{ "x", 8, 0, SHADOW_SLAB_PANIC, -EOPNOTSUPP },
		{ "x", 8, 0, SHADOW_SLAB_ACCOUNT, -EOPNOTSUPP },
		{ "x", 8, 0, SHADOW_SLAB_PANIC | BIT(30), -EINVAL },
		{ "kmalloc-8", 8, 0, 0, -EEXIST },
		{ "kmem_cache", 8, 0, 0, -EEXIST },
	};
	struct slab_machine *sm = machine(test, 64, 1);
	struct shadow_kmem_cache *cache;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		cache = shadow_kmem_cache_create(&sm->slab, bad[i].name, bad[i].bytes,
						 bad[i].align, bad[i].flags, NULL);
		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR_OR_ZERO(cache), bad[i].err,
				    "row %u", i);
	}
	cache = shadow_slab_find(&sm->slab, "kmalloc-64");
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), -EPERM);
	KUNIT_EXPECT_NULL(test, shadow_slab_find(&sm->slab, "x"));
	end(test, sm, 0);
}

static void slab_alignment(struct kunit *test)
{
	struct slab_machine *sm = machine(test, 256, 1);
	struct shadow_kmem_cache *cache;
	struct shadow_slabinfo info;
	u32 align;
	int i;

	for (align = 1; align <= 4096; align *= 2) {
		cache = shadow_kmem_cache_create(&sm->slab, "a", 20, align, 0, NULL);
		KUNIT_ASSERT_FALSE(test, IS_ERR(cache));
		for (i = 0; i < 9; i++)
			KUNIT_EXPECT_TRUE(test, aligned(sm, shadow_kmem_cache_alloc(cache, 0),
							max(align, 8U)));
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), -EBUSY);
		shadow_slab_get_info(cache, &info);
		KUNIT_EXPECT_EQ(test, info.objsize, ALIGN(24, align));
		/* Objects are given up with the machine: another for the next */
		shadow_slab_fini(&sm->slab);
		KUNIT_ASSERT_EQ(test, boot(sm, "slub", SEED, 1), 0);
	}
	/* A cache line, or the part of one that the object needs */
	cache = shadow_kmem_cache_create(&sm->slab, "b", 20, 0,
					 SHADOW_SLAB_HWCACHE_ALIGN, NULL);
	shadow_slab_get_info(cache, &info);
	KUNIT_EXPECT_EQ(test, info.align, 32);
	KUNIT_EXPECT_EQ(test, info.objsize, 32);
	cache = shadow_kmem_cache_create(&sm->slab, "c", 100, 0,
					 SHADOW_SLAB_HWCACHE_ALIGN, NULL);
	shadow_slab_get_info(cache, &info);
	KUNIT_EXPECT_EQ(test, info.align, L1_CACHE_BYTES);
	KUNIT_EXPECT_EQ(test, info.objsize, 128);
	end(test, sm, 0);
}

/* As many caches as there can be; a freed place is used again. */
static void slab_cache_table(struct kunit *test)
{
	struct slab_machine *sm = machine(test, 64, 1);
	struct shadow_kmem_cache *cache = NULL, *last = NULL;
	char name[SHADOW_SLAB_NAME];
	unsigned int i;

	for (i = NR_OWN_CACHES; i < SHADOW_SLAB_MAX_CACHES; i++) {
		snprintf(name, sizeof(name), "cache-%u", i);
		last = cache_of(test, sm, name, i);
	}
	verify(test, sm);
	cache = shadow_kmem_cache_create(&sm->slab, "more", 8, 0, 0, NULL);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(cache), -ENOSPC);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(last), 0);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(last), -EINVAL);
	verify(test, sm);
	cache = shadow_kmem_cache_create(&sm->slab, "more", 8, 0, 0, NULL);
	KUNIT_EXPECT_FALSE(test, IS_ERR(cache));
	end(test, sm, 0);
}

static void slab_destroy_and_shrink(struct kunit *test)
{
	struct slab_machine *sm = machine(test, 256, 2);
	u64 nr_free = shadow_test_machine_free(sm->m);
	struct shadow_kmem_cache *cache = cache_of(test, sm, "x", 1000);
	struct shadow_slabinfo info;
	void *object[100];
	int i;

	for (i = 0; i < 100; i++) {
		object[i] = shadow_kmem_cache_alloc_cpu(cache, i & 1, 0);
		KUNIT_ASSERT_NOT_NULL(test, object[i]);
	}
	/* 16 objects in four frames; each CPU has filled three, begun a fourth */
	shadow_slab_get_info(cache, &info);
	KUNIT_EXPECT_EQ(test, info.objperslab, 16);
	KUNIT_EXPECT_EQ(test, info.num_slabs, 8);
	KUNIT_EXPECT_EQ(test, info.nr_cpu_slabs, 2);
	KUNIT_EXPECT_EQ(test, info.active_objs, 8 * 16);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_shrink(cache), 1);
	shadow_slab_get_info(cache, &info);
	KUNIT_EXPECT_EQ(test, info.nr_cpu_slabs, 0);
	KUNIT_EXPECT_EQ(test, info.nr_partial, 2);
	KUNIT_EXPECT_EQ(test, info.active_objs, 100);
	for (i = 0; i < 99; i++)
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free_cpu(cache, 0, object[i]), 0);
	verify(test, sm);
	/* The six that were full wait for CPU 0, which may keep seven. */
	shadow_slab_get_info(cache, &info);
	KUNIT_EXPECT_EQ(test, info.num_slabs, 8);
	KUNIT_EXPECT_EQ(test, info.nr_partial, 2);
	KUNIT_EXPECT_EQ(test, info.nr_cpu_slabs, 6);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), -EBUSY);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_shrink(cache), 1);
	shadow_slab_get_info(cache, &info);
	KUNIT_EXPECT_EQ(test, info.num_slabs, 1);
	KUNIT_EXPECT_EQ(test, info.active_objs, 1);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free_cpu(cache, 1, object[99]), 0);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_shrink(cache), 0);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), 0);
	KUNIT_EXPECT_NULL(test, shadow_slab_find(&sm->slab, "x"));
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(sm->m), nr_free);
	/* Whoever still has the handle gets nothing */
	KUNIT_EXPECT_NULL(test, shadow_kmem_cache_alloc(cache, 0));
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, object[0]), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_shrink(cache), -EINVAL);
	shadow_slab_get_info(cache, &info);
	KUNIT_EXPECT_EQ(test, info.num_slabs, 0);
	end(test, sm, 0);
}

/* The fullest slabs come first after a shrink, the emptiest last. */
static void slab_shrink_sorts(struct kunit *test)
{
	static const u32 nr_free[] = { 1, 2, 4, 7 };
	struct slab_machine *sm = machine(test, 64, 1);
	struct shadow_kmem_cache *cache = cache_of(test, sm, "x", 512);
	struct shadow_page *page;
	char *object[32];
	int i;

	for (i = 0; i < 32; i++)
		object[i] = shadow_kmem_cache_alloc(cache, 0);
	/* Four slabs of eight; leave 1, 7, 4, 6 in use */
	for (i = 0; i < 7; i++)
		shadow_kmem_cache_free(cache, object[i]);
	shadow_kmem_cache_free(cache, object[8]);
	for (i = 16; i < 20; i++)
		shadow_kmem_cache_free(cache, object[i]);
	shadow_kmem_cache_free(cache, object[24]);
	shadow_kmem_cache_free(cache, object[25]);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_shrink(cache), 1);
	verify(test, sm);
	/* Slabs with 1, 2, 4, 7 free objects stand in this order */
	page = shadow_slab_head(&sm->m->nodes, object[8]);
	for (i = 0; i < 4; i++) {
		KUNIT_ASSERT_NOT_NULL(test, page);
		KUNIT_EXPECT_EQ(test, 8 - page->slab.inuse, nr_free[i]);
		page = shadow_page_at(&sm->m->nodes.memmap, page->next);
	}
	KUNIT_EXPECT_NULL(test, page);
	KUNIT_EXPECT_PTR_EQ(test, shadow_kmem_cache_alloc(cache, 0), object[8]);
	end(test, sm, 32 - 14 + 1);
}

static unsigned int nr_ctor;

static void ctor(void *object)
{
	nr_ctor++;
	memset(object, 0x3c, 40);
}

static void slab_constructor(struct kunit *test)
{
	struct slab_machine *sm = machine(test, 64, 1);
	struct shadow_kmem_cache *cache;
	struct shadow_slabinfo info;
	char **object = shadow_test_alloc(test, 200 * sizeof(*object));
	int i;

	nr_ctor = 0;
	cache = shadow_kmem_cache_create(&sm->slab, "x", 40, 0, 0, ctor);
	KUNIT_ASSERT_FALSE(test, IS_ERR(cache));
	KUNIT_EXPECT_NULL(test, shadow_kmem_cache_alloc(cache, SHADOW_GFP_ZERO));
	for (i = 0; i < 200; i++) {
		object[i] = shadow_kmem_cache_alloc(cache, 0);
		KUNIT_ASSERT_NOT_NULL(test, object[i]);
		KUNIT_ASSERT_NULL(test, memchr_inv(object[i], 0x3c, 40));
		KUNIT_ASSERT_EQ(test, shadow_ksize(&sm->slab, object[i]), 40);
	}
	for (i = 0; i < 200; i++)
		KUNIT_ASSERT_EQ(test, shadow_kmem_cache_free(cache, object[i]), 0);
	/* The link lies behind the object: what was constructed stays */
	for (i = 0; i < 200; i++)
		KUNIT_ASSERT_NULL(test, memchr_inv(shadow_kmem_cache_alloc(cache, 0),
						   0x3c, 40));
	shadow_slab_get_info(cache, &info);
	KUNIT_EXPECT_EQ(test, info.objsize, 48);
	KUNIT_EXPECT_EQ(test, nr_ctor, info.num_objs);
	end(test, sm, 200);
}

static void slab_flags(struct kunit *test)
{
	struct shadow_test_machine *m;
	struct slab_machine *sm = shadow_test_alloc(test, sizeof(*sm));
	struct shadow_kmem_cache *cache;
	struct shadow_block block;
	struct shadow_page *page;

	shadow_test_block(test, &block, SHADOW_TEST_BASE, 4096 << 12);
	m = shadow_test_machine_begin(test, &block);
	m->nodes.zone_limit[SHADOW_ZONE_DMA] = (SHADOW_TEST_BASE >> 12) + 1024;
	KUNIT_ASSERT_EQ(test, shadow_memblock_add(&m->mb, block.base, block.bytes), 0);
	shadow_test_machine_boot(test, m, 1);
	sm->m = m;
	sm->mem = shadow_test_alloc(test, shadow_slab_bytes(SHADOW_TEST_SLAB("slub", 0), 1));
	sm->nr_free = shadow_test_machine_free(m);
	KUNIT_ASSERT_EQ(test, shadow_slab_init(&sm->slab, &m->nodes,
					       SHADOW_TEST_SLAB("slub", SEED), 1,
					       sm->mem), 0);
	cache = shadow_kmem_cache_create(&sm->slab, "dma", 100, 0,
					 SHADOW_SLAB_CACHE_DMA, NULL);
	page = shadow_virt_to_page(&m->nodes, shadow_kmem_cache_alloc(cache, 0));
	KUNIT_EXPECT_EQ(test, shadow_page_zonenum(page), SHADOW_ZONE_DMA);
	cache = shadow_kmem_cache_create(&sm->slab, "rcl", 100, 0,
					 SHADOW_SLAB_RECLAIM_ACCOUNT, NULL);
	page = shadow_virt_to_page(&m->nodes, shadow_kmem_cache_alloc(cache, 0));
	KUNIT_EXPECT_EQ(test, shadow_page_mt(page), SHADOW_MIGRATE_RECLAIMABLE);
	KUNIT_EXPECT_EQ(test, shadow_page_zonenum(page), SHADOW_ZONE_NORMAL);
	end(test, sm, 2);
}

/* Half of the memory is node 1's; where it has none left, the other helps. */
static void slab_nodes(struct kunit *test)
{
	struct slab_machine *sm = shadow_test_alloc(test, sizeof(*sm));
	struct shadow_test_machine *m;
	struct shadow_kmem_cache *cache;
	struct shadow_block block;
	void *p, *nodes_object = NULL;
	int nid, nr = 0;

	shadow_test_block(test, &block, SHADOW_TEST_BASE, 128 << 12);
	m = shadow_test_machine_begin(test, &block);
	m->nodes.nr_nodes = 2;
	for (nid = 0; nid < 2; nid++)
		KUNIT_ASSERT_EQ(test, shadow_memblock_add_node(&m->mb,
							       block.base + nid * (64 << 12),
							       64 << 12, nid, 0), 0);
	shadow_test_machine_boot(test, m, 1);
	sm->m = m;
	sm->mem = shadow_test_alloc(test, shadow_slab_bytes(SHADOW_TEST_SLAB("slub", 0), 1));
	sm->nr_free = shadow_test_machine_free(m);
	KUNIT_ASSERT_EQ(test, shadow_slab_init(&sm->slab, &m->nodes,
					       SHADOW_TEST_SLAB("slub", SEED), 1,
					       sm->mem), 0);
	cache = cache_of(test, sm, "x", 2000);
	for (nid = 0; nid < 8; nid++) {
		p = shadow_kmem_cache_alloc(cache, SHADOW_GFP_NODE(nid & 1));
		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_EQ(test, shadow_page_nid(shadow_slab_head(&m->nodes, p)),
				nid & 1);
		nr++;
		verify(test, sm);
	}
	while ((p = shadow_kmem_cache_alloc(cache, SHADOW_GFP_NODE(1) |
						   SHADOW_GFP_THISNODE))) {
		KUNIT_ASSERT_EQ(test, shadow_page_nid(shadow_slab_head(&m->nodes, p)), 1);
		nodes_object = p;
		nr++;
	}
	verify(test, sm);
	p = shadow_kmem_cache_alloc(cache, SHADOW_GFP_NODE(1));
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, shadow_page_nid(shadow_slab_head(&m->nodes, p)), 0);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, nodes_object), 0);
	KUNIT_EXPECT_PTR_EQ(test, shadow_kmem_cache_alloc(cache, SHADOW_GFP_NODE(1)),
			    nodes_object);
	end(test, sm, nr + 1);
}

/* ---------------------------------------------------------------- refused */

static void slab_foreign_free(struct kunit *test)
{
	struct slab_machine *sm = machine(test, 256, 1);
	struct shadow_kmem_cache *cache = cache_of(test, sm, "x", 48);
	struct shadow_kmem_cache *other = cache_of(test, sm, "y", 48);
	struct shadow_kmem_cache *big = cache_of(test, sm, "z", 2000);
	char *object = shadow_kmem_cache_alloc(cache, 0);
	char *from_big = shadow_kmem_cache_alloc(big, 0);
	struct shadow_page *page = shadow_alloc_pages(&sm->m->nodes, 0, 1);
	char *pages = shadow_page_to_virt(&sm->m->nodes, page);
	char on_host[48];
	char *base = sm->m->block.virt;
	int i;

	shadow_kmem_cache_alloc(other, 0);
	for (i = 1; i < 48; i++) {
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, object + i), -EINVAL);
		KUNIT_EXPECT_EQ(test, shadow_kfree(&sm->slab, object + i), -EINVAL);
	}
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(other, object), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, from_big), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, on_host), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, (void *)-8L), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, pages), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free_cpu(cache, 1, object), -EINVAL);
	KUNIT_EXPECT_NULL(test, shadow_kmem_cache_alloc_cpu(cache, 1, 0));
	KUNIT_EXPECT_EQ(test, shadow_kfree(&sm->slab, pages), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kfree(&sm->slab, pages + 4096), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kfree(&sm->slab, on_host), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kfree(&sm->slab, base - 8), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kfree(&sm->slab, base + (256 << 12)), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_ksize(&sm->slab, pages), 0);
	/* Nothing in the whole block may come back but the three objects. */
	for (i = 0; i < 256 << 12; i += 8) {
		if (base + i == object || base + i == from_big)
			continue;
		if (shadow_slab_head(&sm->m->nodes, base + i) ==
		    shadow_slab_head(&sm->m->nodes, object))
			continue;
		KUNIT_ASSERT_EQ_MSG(test, shadow_kmem_cache_free(cache, base + i), -EINVAL,
				    "offset %x", i);
	}
	verify(test, sm);
	/* Behind the first frame of a slab, by a pointer into the fourth */
	KUNIT_EXPECT_EQ(test, shadow_kfree(&sm->slab, from_big), 0);
	KUNIT_EXPECT_EQ(test, shadow_kfree(&sm->slab, object), 0);
	KUNIT_EXPECT_EQ(test, shadow_free_pages(&sm->m->nodes, page, 1), 0);
	end(test, sm, 1);
}

static void slab_double_free(struct kunit *test)
{
	struct slab_machine *sm = machine(test, 256, 2);
	struct shadow_kmem_cache *cache = cache_of(test, sm, "x", 512);
	char *object[8];
	int i;

	for (i = 0; i < 8; i++)
		object[i] = shadow_kmem_cache_alloc_cpu(cache, 0, 0);
	/* On the CPU's own list, then seen from another CPU */
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free_cpu(cache, 0, object[0]), 0);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free_cpu(cache, 0, object[0]), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kfree_cpu(&sm->slab, 0, object[0]), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free_cpu(cache, 1, object[1]), 0);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free_cpu(cache, 1, object[1]), -EINVAL);
	verify(test, sm);
	/* All are free: whichever it is, it is a second time */
	for (i = 2; i < 8; i++)
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free_cpu(cache, 1, object[i]), 0);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_shrink(cache), 0);
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free_cpu(cache, 0, object[i]),
				-EINVAL);
	end(test, sm, 0);
}

/* A slab that one CPU has, and another frees into. */
static void slab_two_cpus(struct kunit *test)
{
	struct slab_machine *sm = machine(test, 256, 2);
	struct shadow_kmem_cache *cache = cache_of(test, sm, "x", 512);
	struct shadow_slabinfo info;
	char *object[16];
	int i;

	for (i = 0; i < 16; i++)
		object[i] = shadow_kmem_cache_alloc_cpu(cache, 0, 0);
	for (i = 0; i < 16; i++) {
		KUNIT_ASSERT_EQ(test, shadow_kmem_cache_free_cpu(cache, 1, object[i]), 0);
		verify(test, sm);
	}
	/* CPU 1 has no slab, and CPU 0 gets back what was freed into its own. */
	for (i = 0; i < 16; i++)
		KUNIT_EXPECT_PTR_EQ(test, shadow_kmem_cache_alloc_cpu(cache, 0, 0),
				    object[15 - i]);
	shadow_slab_get_info(cache, &info);
	KUNIT_EXPECT_EQ(test, info.objperslab, 16);
	KUNIT_EXPECT_EQ(test, info.num_slabs, 1);
	KUNIT_EXPECT_EQ(test, info.nr_cpu_slabs, 1);
	/* Full, left by CPU 0, and partial by a free from CPU 1: who takes it? */
	KUNIT_EXPECT_NOT_NULL(test, shadow_kmem_cache_alloc_cpu(cache, 0, 0));
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free_cpu(cache, 1, object[3]), 0);
	verify(test, sm);
	KUNIT_EXPECT_PTR_EQ(test, shadow_kmem_cache_alloc_cpu(cache, 1, 0), object[3]);
	end(test, sm, 17);
}

/* --------------------------------------------------------------- detected */

/* Where a free object of a cache without constructor has its link */
static u64 *link_of(char *object, u32 bytes)
{
	return (u64 *)(object + ALIGN_DOWN(bytes / 2, 8));
}

static void expect_fault(struct kunit *test, struct slab_machine *sm,
			 const char *what)
{
	struct shadow_fault fault;

	shadow_fault_init(&fault);
	KUNIT_EXPECT_EQ_MSG(test, shadow_slab_verify(&sm->slab, &fault), -EUCLEAN,
			    "%s", what);
	KUNIT_EXPECT_TRUE_MSG(test, strstarts(fault.text, "slab: "), "%s: %s", what,
			      fault.text);
	/* It has looked and not touched */
	KUNIT_EXPECT_FALSE(test, shadow_fault_frozen(&sm->m->fault));
}

/* Use after free: the link of a free object is overwritten. */
static void slab_broken_link(struct kunit *test)
{
	static const u64 values[] = { 0, 1, ~0ULL, 0x4141414141414141ULL };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		struct slab_machine *sm = machine(test, 64, 1);
		struct shadow_kmem_cache *cache = cache_of(test, sm, "x", 128);
		char *first = shadow_kmem_cache_alloc(cache, 0);
		char *second = shadow_kmem_cache_alloc(cache, 0);

		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, first), 0);
		*link_of(first, 128) = values[i];
		expect_fault(test, sm, "link");
		KUNIT_EXPECT_NULL(test, shadow_kmem_cache_alloc(cache, 0));
		KUNIT_EXPECT_TRUE(test, shadow_fault_frozen(&sm->m->fault));
		/* And from then on nothing moves, but can be looked at */
		KUNIT_EXPECT_NULL(test, shadow_kmalloc(&sm->slab, 8, 0));
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, second), -EUCLEAN);
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_shrink(cache), -EUCLEAN);
		KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(shadow_kmem_cache_create(&sm->slab, "y",
									       8, 0, 0,
									       NULL)),
				-EUCLEAN);
		KUNIT_EXPECT_EQ(test, info_of(sm, "x").num_slabs, 1);
		shadow_slab_fini(&sm->slab);
	}
}

/* A link that is moved to another object does not decode there. */
static void slab_moved_link(struct kunit *test)
{
	struct slab_machine *sm = machine(test, 64, 1);
	struct shadow_kmem_cache *cache = cache_of(test, sm, "x", 64);
	char *a = shadow_kmem_cache_alloc(cache, 0);
	char *b = shadow_kmem_cache_alloc(cache, 0);

	shadow_kmem_cache_free(cache, a);
	shadow_kmem_cache_free(cache, b);
	*link_of(b, 64) = *link_of(a, 64);
	expect_fault(test, sm, "moved link");
}

/* One object twice on the list: as a use after free of a copied link would do */
static void slab_circle(struct kunit *test)
{
	struct slab_machine *sm = machine(test, 64, 1);
	struct shadow_kmem_cache *cache = cache_of(test, sm, "x", 64);
	char *a = shadow_kmem_cache_alloc(cache, 0);
	char *b = shadow_kmem_cache_alloc(cache, 0);

	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, a), 0);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, b), 0);
	/* Not the last one freed: the list cannot tell, _verify can */
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, a), 0);
	expect_fault(test, sm, "circle");
}

/* Every field of a slab's page, and of what the block holds besides, is told. */
static void slab_broken_state(struct kunit *test)
{
	struct slab_machine *sm = machine(test, 64, 1);
	struct shadow_nodes *nodes = &sm->m->nodes;
	struct shadow_kmem_cache *cache = cache_of(test, sm, "x", 512);
	struct shadow_page *page, saved;
	char *object[24], *base = sm->m->block.virt;
	unsigned int i, nr = 0;

	for (i = 0; i < 24; i++)
		object[i] = shadow_kmem_cache_alloc(cache, 0);
	shadow_kmem_cache_free(cache, object[9]);
	shadow_kmem_cache_free(cache, object[0]);
	page = shadow_virt_to_page(nodes, object[9]);
	saved = *page;
#define BREAK(field, value)				\
	do {						\
		page->field = (value);			\
		expect_fault(test, sm, #field);		\
		*page = saved;				\
		verify(test, sm);			\
	} while (0)
	BREAK(slab.freelist, SHADOW_NO_PAGE);
	BREAK(slab.freelist, 8);
	BREAK(slab.freelist, saved.slab.freelist ^ 1);
	BREAK(slab.inuse, 8);
	BREAK(slab.inuse, 0);
	BREAK(slab.objects, 9);
	BREAK(slab.cache, 0);
	BREAK(slab.cache, 77);
	BREAK(slab.cache, U32_MAX);
	BREAK(slab.state, 0);
	BREAK(slab.state, 1);
	BREAK(slab.state, 1 | 1 << 8);
	BREAK(slab.state, 2);
	BREAK(slab.state, 3);
	BREAK(slab.state, 4 | 1 << 8);
	BREAK(slab.state, U32_MAX);
	BREAK(next, 0);
	BREAK(next, U32_MAX - 1);
	BREAK(prev, 0);
	BREAK(prev, SHADOW_NO_PAGE);
	BREAK(next, shadow_page_index(&nodes->memmap, page));
	BREAK(refcount, (atomic_t){ 2 });
	BREAK(flags, saved.flags ^ SHADOW_PF(0, 1, 0, 0));
	BREAK(flags, saved.flags ^ SHADOW_PF(SHADOW_PAGE_ALLOCATED, 0, 0, 0));
	BREAK(flags, saved.flags ^ SHADOW_PF(0, 0, SHADOW_OWNER_SLAB, 0));
	BREAK(flags, saved.flags ^ SHADOW_PF_NODE_MASK);
#undef BREAK
	/* The machine's own objects: descriptors, nodes, links of free ones */
	for (i = 0; i < 64 << 12; i += 8) {
		struct shadow_fault fault;
		u64 *word, was;

		page = shadow_slab_head(nodes, base + i);
		if (!page || shadow_page_owner(page) != SHADOW_OWNER_SLAB ||
		    page->slab.cache > 1)
			continue;
		word = (u64 *)(base + i);
		was = *word;
		*word ^= 0x10001;
		shadow_fault_init(&fault);
		if (shadow_slab_verify(&sm->slab, &fault))
			nr++;
		*word = was;
		verify(test, sm);
	}
	/* 16 descriptors of 10 words and as many nodes of 4, at the least */
	KUNIT_EXPECT_GE(test, nr, 16 * 10 + 16 * 4);
	end(test, sm, 22);
}

/* The layers below, once more from nothing, with the same memory */
static void remake(struct kunit *test, struct slab_machine *sm, void *memmap)
{
	struct shadow_test_machine *m = sm->m;

	shadow_memblock_init(&m->mb, &m->block, &m->events, SHADOW_TEST_PAGE_SHIFT);
	shadow_nodes_init(&m->nodes, &m->block, &m->events, &m->fault,
			  SHADOW_TEST_PAGE_SHIFT, SHADOW_TEST_MAX_ORDER);
	m->nodes.zone_limit[SHADOW_ZONE_NORMAL] = U64_MAX;
	KUNIT_ASSERT_EQ(test, shadow_memblock_add(&m->mb, m->block.base, m->block.bytes),
			0);
	KUNIT_ASSERT_NE(test, shadow_memmap_bytes(&m->nodes, &m->mb), 0);
	shadow_free_area_init(&m->nodes, &m->mb, memmap);
	shadow_build_zonelists(&m->nodes);
	KUNIT_ASSERT_EQ(test, shadow_handover(&m->nodes, &m->early, &m->handover), 0);
}

/* One byte of what lies in the block: of a struct shadow_page, or contents */
static void vandalise(struct slab_machine *sm, struct rnd_state *rnd)
{
	struct shadow_page *page;
	u8 *victim;

	if (shadow_test_below(rnd, 2)) {
		page = &sm->m->nodes.memmap.pages[shadow_test_below(rnd, 64)];
		victim = (u8 *)page + shadow_test_below(rnd, sizeof(*page));
	} else {
		victim = sm->m->block.virt + shadow_test_below(rnd, 64 << 12);
	}
	*victim = shadow_test_below(rnd, 256);
}

/*
 * The block is scribbled over while the machine works: whatever comes of it, no
 * access leaves the block (address sanitizers watch), nothing hangs, and a
 * machine that has noticed stays frozen.
 */
static void slab_vandal(struct kunit *test)
{
	struct slab_machine *sm = machine_without_slab(test, 64, 2);
	unsigned int round, i, frozen = 0, refused = 0;
	void *memmap = sm->m->nodes.memmap.pages;
	struct shadow_fault fault;
	struct rnd_state rnd;

	shadow_test_seed(test, &rnd);
	for (round = 0; round < 400; round++) {
		void *p[64] = {};

		/* A new machine in the same memory, which may be full of rubbish */
		shadow_fault_init(&sm->m->fault);
		remake(test, sm, memmap);
		KUNIT_ASSERT_EQ(test, boot(sm, "slub", round, 2), 0);
		for (i = 0; i < 300; i++) {
			unsigned int slot = shadow_test_below(&rnd, ARRAY_SIZE(p));
			unsigned int cpu = shadow_test_below(&rnd, 2);
			u64 bytes = 1 + shadow_test_below(&rnd, 600);

			if (p[slot]) {
				refused += shadow_kfree_cpu(&sm->slab, cpu, p[slot]) == -EINVAL;
				p[slot] = NULL;
			} else {
				p[slot] = shadow_kmalloc_cpu(&sm->slab, cpu, bytes, 0);
			}
			if (i > 100 && i % 8 == 0)
				vandalise(sm, &rnd);
		}
		shadow_fault_init(&fault);
		shadow_slab_verify(&sm->slab, &fault);
		frozen += shadow_fault_frozen(&sm->m->fault);
		shadow_slab_fini(&sm->slab);
		cond_resched();
	}
	kunit_info(test, "%u of %u machines froze, %u frees were refused\n", frozen,
		   round, refused);
	KUNIT_EXPECT_GT(test, frozen, round / 8);
}

/* ------------------------------------------------------------- no memory */

/* Leave @nr frames free, by taking single ones. */
static void starve(struct kunit *test, struct slab_machine *sm, u64 nr)
{
	while (shadow_test_machine_free(sm->m) > nr)
		KUNIT_ASSERT_NOT_NULL(test, shadow_alloc_pages(&sm->m->nodes, 0, 0));
}

static void slab_oom_init(struct kunit *test)
{
	unsigned int nr;

	for (nr = 0; nr < 4; nr++) {
		struct slab_machine *sm = machine_without_slab(test, 64, 1);
		int err;

		starve(test, sm, nr);
		err = boot(sm, "slub", SEED, 1);
		KUNIT_EXPECT_EQ(test, err, nr < 2 ? -ENOMEM : 0);
		if (!err)
			KUNIT_EXPECT_EQ(test, shadow_slab_fini(&sm->slab), 0);
		KUNIT_EXPECT_EQ(test, shadow_test_machine_free(sm->m), nr);
		shadow_test_machine_verify(test, sm->m);
	}
}

/* Caches until there is no memory for another; none is half there. */
static void slab_oom_create(struct kunit *test)
{
	unsigned int nr;

	for (nr = 0; nr < 3; nr++) {
		struct slab_machine *sm = machine(test, 64, 1);
		struct shadow_kmem_cache *cache;
		char name[SHADOW_SLAB_NAME];
		u64 nr_free;
		int i;

		nr_free = sm->nr_free - shadow_test_machine_free(sm->m) + nr;
		starve(test, sm, nr);
		sm->nr_free = nr_free;
		for (i = 0; ; i++) {
			snprintf(name, sizeof(name), "x-%d", i);
			cache = shadow_kmem_cache_create(&sm->slab, name, 8, 0, 0, NULL);
			verify(test, sm);
			if (IS_ERR(cache))
				break;
		}
		KUNIT_EXPECT_EQ(test, PTR_ERR(cache), -ENOMEM);
		KUNIT_EXPECT_NULL(test, shadow_slab_find(&sm->slab, name));
		end(test, sm, 0);
	}
}

/* Every frame becomes an object, and every object a frame again. */
static void slab_oom_alloc(struct kunit *test)
{
	static const u32 sizes[] = { 8, 96, 1024, 5000, 8192 };
	unsigned int i, nr;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct slab_machine *sm = machine(test, 64, 2);
		struct shadow_kmem_cache *cache = cache_of(test, sm, "x", sizes[i]);
		void **chain = NULL, **p;

		for (nr = 0; ; nr++) {
			p = shadow_kmem_cache_alloc_cpu(cache, nr & 1, 0);
			/* The other CPU's slab may have some left */
			if (!p)
				p = shadow_kmem_cache_alloc_cpu(cache, !(nr & 1), 0);
			if (!p)
				break;
			*p = chain;
			chain = p;
		}
		verify(test, sm);
		/* Where order 3 is used up, single frames are tried. */
		if (sizes[i] <= 4096)
			KUNIT_EXPECT_EQ(test, shadow_test_machine_free(sm->m), 0);
		KUNIT_EXPECT_NULL(test, shadow_kmem_cache_alloc_cpu(cache, 0, 0));
		for (; chain; chain = p, nr--) {
			p = *chain;
			KUNIT_ASSERT_EQ(test, shadow_kmem_cache_free_cpu(cache, nr & 1, chain),
					0);
		}
		KUNIT_EXPECT_EQ(test, nr, 0);
		verify(test, sm);
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), 0);
		end(test, sm, 0);
	}
}

/* ----------------------------------------------------------------- random */

/* A new slab's objects come in an order of its own, each of them once. */
static void slab_shuffle(struct kunit *test)
{
	static const u32 sizes[] = { 8, 24, 64, 96, 512, 4096 };
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct slab_machine *sm = machine(test, 64, 1);
		struct shadow_kmem_cache *cache = cache_of(test, sm, "x", sizes[i]);
		u32 nr = info_of(sm, "x").objperslab;
		u32 *seen = shadow_test_alloc(test, nr * sizeof(*seen));
		u32 neighbours = 0, same = 0, index, prev = 0;
		char *p, *base = NULL;

		for (k = 0; k < 2 * nr; k++) {
			p = shadow_kmem_cache_alloc(cache, 0);
			if (k % nr == 0)
				base = shadow_page_to_virt(&sm->m->nodes,
							   shadow_slab_head(&sm->m->nodes, p));
			index = (p - base) / sizes[i];
			KUNIT_ASSERT_LT(test, index, nr);
			neighbours += k % nr && index == prev + 1;
			if (k < nr)
				KUNIT_ASSERT_EQ(test, seen[index], 0);
			else
				same += seen[index] == k - nr + 1;
			seen[index] = k + 1;
			prev = index;
		}
		if (nr > 8) {
			KUNIT_EXPECT_LT(test, neighbours, nr / 4);
			KUNIT_EXPECT_LT(test, same, nr / 2);
		}
		end(test, sm, 2 * nr);
	}
}

/* The same seed gives the same block, byte for byte; another does not. */
static void slab_replay(struct kunit *test)
{
	struct slab_machine *sm[3];
	struct rnd_state rnd;
	unsigned int i, k;

	for (i = 0; i < 3; i++) {
		void *p[32] = {};

		prandom_seed_state(&rnd, 1);
		sm[i] = machine_without_slab(test, 256, 2);
		KUNIT_ASSERT_EQ(test, shadow_slab_init(&sm[i]->slab, &sm[i]->m->nodes,
						       SHADOW_TEST_SLAB("slub", SEED + i / 2),
						       2, sm[i]->mem), 0);
		for (k = 0; k < 2000; k++) {
			unsigned int slot = shadow_test_below(&rnd, 32);
			unsigned int cpu = shadow_test_below(&rnd, 2);
			u64 bytes = 1 + shadow_test_below(&rnd, 3000);

			if (p[slot])
				shadow_kfree_cpu(&sm[i]->slab, cpu, p[slot]);
			p[slot] = shadow_kmalloc_cpu(&sm[i]->slab, cpu, bytes, 0);
		}
	}
	KUNIT_EXPECT_EQ(test, memcmp(sm[0]->m->block.virt, sm[1]->m->block.virt,
				     256 << 12), 0);
	KUNIT_EXPECT_NE(test, memcmp(sm[0]->m->block.virt, sm[2]->m->block.virt,
				     256 << 12), 0);
}

#define NR_SLOTS	512
#define NR_CACHES	4

/**
 * struct model - what the layer may not know about itself
 * @sm: the machine
 * @rnd: the numbers
 * @owner: one entry for 8 bytes of the block: 0, or the slot that has them
 * @ptr: per slot, what was handed out, or NULL
 * @bytes: per slot, how much may be used
 * @cache: per slot, the cache, or NULL for kmalloc
 * @fill: per slot, what it was filled with
 * @caches: some caches
 * @align: their alignments
 * @live: slots in use
 */
struct model {
	struct slab_machine *sm;
	struct rnd_state rnd;
	u32 *owner;
	char *ptr[NR_SLOTS];
	u64 bytes[NR_SLOTS];
	struct shadow_kmem_cache *cache[NR_SLOTS];
	u8 fill[NR_SLOTS];
	struct shadow_kmem_cache *caches[NR_CACHES];
	u32 align[NR_CACHES];
	u64 live;
};

/* True if all of the range had the one owner, which is then replaced. */
static bool pass_on(struct model *model, const char *p, u64 bytes, u32 from, u32 to)
{
	u64 word = (p - (char *)model->sm->m->block.virt) / 8;
	u64 end = word + DIV_ROUND_UP(bytes, 8);

	for (; word < end; word++) {
		if (model->owner[word] != from)
			return false;
		model->owner[word] = to;
	}
	return true;
}

static struct model *model_begin(struct kunit *test, u64 nr_pages,
				 unsigned int nr_cpus)
{
	static const struct {
		const char *name;
		u32 bytes, align, flags;
	} some[NR_CACHES] = {
		{ "odd", 37, 0, 0 },
		{ "lines", 200, 0, SHADOW_SLAB_HWCACHE_ALIGN },
		{ "wide", 700, 256, 0 },
		{ "frames", 4096, 4096, 0 },
	};
	struct model *model = shadow_test_alloc(test, sizeof(*model));
	unsigned int i;

	model->sm = machine(test, nr_pages, nr_cpus);
	shadow_test_seed(test, &model->rnd);
	model->owner = shadow_test_alloc(test, (nr_pages << 12) / 8 * sizeof(u32));
	for (i = 0; i < NR_CACHES; i++) {
		model->caches[i] = shadow_kmem_cache_create(&model->sm->slab, some[i].name,
							    some[i].bytes, some[i].align,
							    some[i].flags, NULL);
		KUNIT_ASSERT_FALSE(test, IS_ERR(model->caches[i]));
		model->align[i] = max(some[i].align, 8U);
	}
	model->align[1] = L1_CACHE_BYTES;
	return model;
}

/* Mostly small, some of every class, few above two frames */
static u64 some_bytes(struct model *model)
{
	u64 limit = 8ULL << shadow_test_below(&model->rnd, 12);

	return 1 + shadow_test_below(&model->rnd, limit);
}

static bool model_alloc(struct kunit *test, struct model *model, u32 slot,
			unsigned int cpu)
{
	struct shadow_slab *slab = &model->sm->slab;
	u32 which = shadow_test_below(&model->rnd, 3 * NR_CACHES);
	u32 gfp = shadow_test_below(&model->rnd, 8) ? 0 : SHADOW_GFP_ZERO;
	u64 bytes, align;
	char *p;

	if (which < NR_CACHES) {
		model->cache[slot] = model->caches[which];
		p = shadow_kmem_cache_alloc_cpu(model->caches[which], cpu, gfp);
		align = model->align[which];
	} else {
		bytes = some_bytes(model);
		model->cache[slot] = NULL;
		p = shadow_kmalloc_cpu(slab, cpu, bytes, gfp);
		align = 8;
	}
	if (!p)
		return false;
	bytes = shadow_ksize(slab, p);
	KUNIT_ASSERT_GT(test, bytes, 0);
	KUNIT_ASSERT_TRUE(test, in_block(model->sm, p, bytes));
	KUNIT_ASSERT_TRUE(test, aligned(model->sm, p, align));
	KUNIT_ASSERT_TRUE_MSG(test, pass_on(model, p, bytes, 0, slot + 1),
			      "handed out twice");
	if (model->cache[slot])
		bytes = which == 0 ? 37 : which == 1 ? 200 : which == 2 ? 700 : 4096;
	if (gfp)
		KUNIT_ASSERT_NULL(test, memchr_inv(p, 0, bytes));
	model->ptr[slot] = p;
	model->bytes[slot] = bytes;
	model->fill[slot] = prandom_u32_state(&model->rnd);
	memset(p, model->fill[slot], bytes);
	model->live++;
	return true;
}

static void model_free(struct kunit *test, struct model *model, u32 slot,
		       unsigned int cpu)
{
	struct shadow_slab *slab = &model->sm->slab;
	char *p = model->ptr[slot];

	KUNIT_ASSERT_NULL_MSG(test, memchr_inv(p, model->fill[slot],
					       model->bytes[slot]),
			      "somebody else has written here");
	KUNIT_ASSERT_TRUE(test, pass_on(model, p, shadow_ksize(slab, p), slot + 1, 0));
	/* A wrong pointer first, now and then, must change nothing. */
	if (!shadow_test_below(&model->rnd, 16))
		KUNIT_ASSERT_EQ(test, shadow_kfree_cpu(slab, cpu, p + 1), -EINVAL);
	if (model->cache[slot] && shadow_test_below(&model->rnd, 2))
		KUNIT_ASSERT_EQ(test, shadow_kmem_cache_free_cpu(model->cache[slot], cpu, p),
				0);
	else
		KUNIT_ASSERT_EQ(test, shadow_kfree_cpu(slab, cpu, p), 0);
	model->ptr[slot] = NULL;
	model->live--;
}

/* One operation; the pointer that it was about */
static char *model_step(struct kunit *test, struct model *model, unsigned int nr_cpus)
{
	u32 slot = shadow_test_below(&model->rnd, NR_SLOTS);
	unsigned int cpu = shadow_test_below(&model->rnd, nr_cpus);
	u32 what = shadow_test_below(&model->rnd, 1000);
	char *p = model->ptr[slot];

	if (what < 2) {
		shadow_kmem_cache_shrink(model->caches[what]);
	} else if (p) {
		model_free(test, model, slot, cpu);
	} else {
		model_alloc(test, model, slot, cpu);
		p = model->ptr[slot];
	}
	return p;
}

static void model_end(struct kunit *test, struct model *model)
{
	u64 nr_frames, live = model->live;
	u32 slot;

	/* Half is given back, the rest is the machine's to find. */
	for (slot = 0; slot < NR_SLOTS / 2; slot++) {
		if (model->ptr[slot])
			model_free(test, model, slot, slot & 1);
	}
	verify(test, model->sm);
	nr_frames = shadow_test_machine_free(model->sm->m);
	KUNIT_EXPECT_LE(test, nr_frames, model->sm->nr_free);
	live = model->live;
	end(test, model->sm, live);
}

static void slab_random_small(struct kunit *test)
{
	const unsigned int nr_cpus = 2;
	struct model *model = model_begin(test, 64, nr_cpus);
	u64 start = ktime_get_ns();
	const u64 nr = 100000;
	u64 i;

	for (i = 0; i < nr; i++) {
		model_step(test, model, nr_cpus);
		verify(test, model->sm);
		if (i % 1024 == 0) {
			shadow_test_machine_verify(test, model->sm->m);
			cond_resched();
		}
	}
	shadow_test_rate(test, "slab, 64 pages, verified", nr, ktime_get_ns() - start);
	model_end(test, model);
}

static void slab_random_large(struct kunit *test)
{
	const unsigned int nr_cpus = 4;
	struct model *model = model_begin(test, SZ_64M >> 12, nr_cpus);
	u64 start = ktime_get_ns();
	const u64 nr = 150000;
	char *p;
	u64 i;

	for (i = 0; i < nr; i++) {
		p = model_step(test, model, nr_cpus);
		if (p)
			SHADOW_TEST_VERIFY(test, shadow_slab_verify_at(&model->sm->slab, p,
								       &__fault));
		if (i % 1000 == 0) {
			verify(test, model->sm);
			shadow_test_machine_verify(test, model->sm->m);
			cond_resched();
		}
	}
	shadow_test_rate(test, "slab, 64 MiB", nr, ktime_get_ns() - start);
	model_end(test, model);
}

static struct kunit_case shadow_slab_cases[] = {
	KUNIT_CASE(slab_bootstrap),
	KUNIT_CASE(slab_init_arguments),
	KUNIT_CASE(slab_layout),
	KUNIT_CASE(slab_kmalloc_sizes),
	KUNIT_CASE(slab_kmalloc_large),
	KUNIT_CASE(slab_kmalloc_zero),
	KUNIT_CASE(slab_create_arguments),
	KUNIT_CASE(slab_alignment),
	KUNIT_CASE(slab_cache_table),
	KUNIT_CASE(slab_destroy_and_shrink),
	KUNIT_CASE(slab_shrink_sorts),
	KUNIT_CASE(slab_constructor),
	KUNIT_CASE(slab_flags),
	KUNIT_CASE(slab_nodes),
	KUNIT_CASE(slab_foreign_free),
	KUNIT_CASE(slab_double_free),
	KUNIT_CASE(slab_two_cpus),
	KUNIT_CASE(slab_broken_link),
	KUNIT_CASE(slab_moved_link),
	KUNIT_CASE(slab_circle),
	KUNIT_CASE(slab_broken_state),
	KUNIT_CASE(slab_vandal),
	KUNIT_CASE(slab_oom_init),
	KUNIT_CASE(slab_oom_create),
	KUNIT_CASE(slab_oom_alloc),
	KUNIT_CASE(slab_shuffle),
	KUNIT_CASE(slab_replay),
	KUNIT_CASE(slab_random_small),
	KUNIT_CASE(slab_random_large),
	{}
};

static struct kunit_suite shadow_slab_suite = {
	.name = "shadow_slab",
	.test_cases = shadow_slab_cases,
};

kunit_test_suite(shadow_slab_suite);
