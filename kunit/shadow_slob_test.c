// SPDX-License-Identifier: GPL-2.0-only
/*
 * The engine "slob": how units are carved and merged, which page a search begins
 * with, what kmalloc puts in front, what is refused and what is detected; and
 * random use against a model that keeps a flag a unit.
 */
#include "shadow_test_machine.h"

#include "shadow_slob.h"
#include "shadow_test_slab.h"

#define SEED	0x510bULL

/**
 * struct slob_machine - a machine with the engine
 * @m: the layers below
 * @slab: the layer
 * @mem: the layer's share of the host's memory
 * @nr_free: frames that were free before the layer was booted
 * @unit: bytes
 * @page_bytes: of a frame
 */
struct slob_machine {
	struct shadow_test_machine *m;
	struct shadow_slab slab;
	void *mem;
	u64 nr_free;
	u32 unit;
	u32 page_bytes;
};

/* The layers below, of @nr_nodes with @nr_pages each */
static struct shadow_test_machine *lower_half(struct kunit *test, unsigned int shift,
					      u64 nr_pages, unsigned int nr_nodes)
{
	struct shadow_test_machine *m;
	struct shadow_block block;
	u64 bytes = nr_pages << shift;
	unsigned int nid;

	shadow_test_block(test, &block, SHADOW_TEST_BASE, bytes * nr_nodes);
	m = shadow_test_machine_begin(test, &block);
	shadow_memblock_init(&m->mb, &m->block, &m->events, shift);
	shadow_nodes_init(&m->nodes, &m->block, &m->events, &m->fault, shift,
			  shift == 16 ? 5 : SHADOW_TEST_MAX_ORDER);
	m->nodes.zone_limit[SHADOW_ZONE_NORMAL] = U64_MAX;
	m->nodes.fail = &m->fail;
	m->nodes.why = &m->why;
	m->nodes.nr_nodes = nr_nodes;
	for (nid = 0; nid < nr_nodes; nid++)
		KUNIT_ASSERT_EQ(test, shadow_memblock_add_node(&m->mb,
							       block.base + nid * bytes,
							       bytes, nid, 0), 0);
	shadow_test_machine_boot(test, m, 2);
	return m;
}

static struct slob_machine *machine_of(struct kunit *test, unsigned int shift,
				       u64 nr_pages, unsigned int nr_nodes)
{
	struct slob_machine *sm = shadow_test_alloc(test, sizeof(*sm));

	sm->m = lower_half(test, shift, nr_pages, nr_nodes);
	sm->mem = shadow_test_alloc(test, shadow_slab_bytes(SHADOW_TEST_SLAB("slob", 0), 2));
	sm->nr_free = shadow_test_machine_free(sm->m);
	KUNIT_ASSERT_EQ(test, shadow_slab_init(&sm->slab, &sm->m->nodes,
					       SHADOW_TEST_SLAB("slob", SEED), 2, sm->mem),
			0);
	sm->unit = shift == 16 ? 4 : 2;
	sm->page_bytes = 1U << shift;
	return sm;
}

static struct slob_machine *machine(struct kunit *test)
{
	return machine_of(test, 12, 64, 1);
}

static void verify(struct kunit *test, struct slob_machine *sm)
{
	KUNIT_ASSERT_FALSE_MSG(test, shadow_fault_frozen(&sm->m->fault), "%s",
			       sm->m->fault.text);
	SHADOW_TEST_VERIFY(test, shadow_slab_verify(&sm->slab, &__fault));
}

/* The end of every case in which nothing was broken on purpose */
static void end(struct kunit *test, struct slob_machine *sm, u64 live)
{
	verify(test, sm);
	KUNIT_EXPECT_EQ(test, shadow_slab_fini(&sm->slab), live);
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(sm->m), sm->nr_free);
	shadow_test_machine_verify(test, sm->m);
}

static struct shadow_kmem_cache *cache_of(struct kunit *test, struct slob_machine *sm,
					  const char *name, u32 bytes, u32 align)
{
	struct shadow_kmem_cache *cache;

	cache = shadow_kmem_cache_create(&sm->slab, name, bytes, align, 0, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(cache));
	return cache;
}

static struct shadow_page *page_of(const struct slob_machine *sm, const void *p)
{
	return shadow_slab_head(&sm->m->nodes, p);
}

static char *base_of(const struct slob_machine *sm, const void *p)
{
	return shadow_page_to_virt(&sm->m->nodes, page_of(sm, p));
}

static s32 unit_at(const struct slob_machine *sm, const char *base, u32 unit)
{
	return sm->unit == 2 ? ((const s16 *)base)[unit] : ((const s32 *)base)[unit];
}

static void *get(struct kunit *test, struct shadow_kmem_cache *cache)
{
	void *p = shadow_kmem_cache_alloc(cache, 0);

	KUNIT_ASSERT_NOT_NULL(test, p);
	return p;
}

static struct shadow_slabinfo info_of(struct slob_machine *sm, const char *name)
{
	struct shadow_kmem_cache *cache = shadow_slab_find(&sm->slab, name);
	struct shadow_slabinfo info = {};

	if (cache)
		shadow_slab_get_info(cache, &info);
	return info;
}

/* ---------------------------------------------------------------- bootstrap */

static void slob_bootstrap(struct kunit *test)
{
	static const char *const names[] = {
		"kmem_cache", "slob", "kmalloc-8", "kmalloc-96", "kmalloc-192",
		"kmalloc-1k", "kmalloc-4k",
	};
	struct slob_machine *sm = machine(test);
	struct shadow_kmem_cache *cache = NULL;
	struct shadow_slabinfo info;
	unsigned int i, nr = 0;

	verify(test, sm);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		KUNIT_EXPECT_NOT_NULL_MSG(test, shadow_slab_find(&sm->slab, names[i]), "%s",
					  names[i]);
	while ((cache = shadow_slab_next(&sm->slab, cache)))
		nr++;
	/* All that is in use are descriptors, and each cache has one */
	info = info_of(sm, "kmem_cache");
	KUNIT_EXPECT_EQ(test, info.active_objs, nr);
	KUNIT_EXPECT_EQ(test, info.num_slabs, 0);
	KUNIT_EXPECT_EQ(test, info_of(sm, "slob").active_objs * 2,
			nr * sizeof(struct shadow_kmem_cache_desc));
	KUNIT_EXPECT_EQ(test, info_of(sm, "slob").objsize, 2);
	KUNIT_EXPECT_EQ(test, info_of(sm, "slob").num_objs,
			info_of(sm, "slob").num_slabs * 2048);
	KUNIT_EXPECT_EQ(test, info_of(sm, "slob").num_slabs,
			sm->nr_free - shadow_test_machine_free(sm->m));
	KUNIT_EXPECT_NULL(test, shadow_kmem_cache_alloc(shadow_slab_find(&sm->slab, "slob"),
							0));
	end(test, sm, 0);
}

/* -------------------------------------------------------- carve and merge */

/*
 * 600 bytes are 300 units, at every multiple of 8. What is not in use describes
 * itself; of one unit by the negated offset of what follows.
 */
static void slob_carving(struct kunit *test)
{
	struct slob_machine *sm = machine(test);
	struct shadow_kmem_cache *cache = cache_of(test, sm, "x", 598, 8);
	struct shadow_page *page;
	char *p[6], *base;
	unsigned int i;

	p[0] = get(test, cache);
	base = base_of(sm, p[0]);
	page = page_of(sm, p[0]);
	KUNIT_EXPECT_PTR_EQ(test, p[0], base);
	/* 299 units; the rest is one block, up to the end */
	KUNIT_EXPECT_EQ(test, page->slab.freelist, 299);
	KUNIT_EXPECT_EQ(test, unit_at(sm, base, 299), 2048 - 299);
	KUNIT_EXPECT_EQ(test, unit_at(sm, base, 300), 2048);
	for (i = 1; i < 6; i++) {
		p[i] = get(test, cache);
		KUNIT_EXPECT_PTR_EQ(test, p[i], base + i * 600);
	}
	/* One unit in front of each but the first, to align it; the next is 300 on */
	KUNIT_EXPECT_EQ(test, page->slab.freelist, 299);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, unit_at(sm, base, 300 * i + 299),
				-(300 * (s32)i + 599));
	KUNIT_EXPECT_EQ(test, unit_at(sm, base, 1499), -1799);
	KUNIT_EXPECT_EQ(test, unit_at(sm, base, 1799), 249);
	KUNIT_EXPECT_EQ(test, unit_at(sm, base, 1800), 2048);
	KUNIT_EXPECT_EQ(test, page->slab.inuse, 6 * 299);
	verify(test, sm);

	/* In the middle: with the unit in front and the one behind, 301 */
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, p[2]), 0);
	KUNIT_EXPECT_EQ(test, unit_at(sm, base, 599), 301);
	KUNIT_EXPECT_EQ(test, unit_at(sm, base, 600), 1199);
	KUNIT_EXPECT_EQ(test, unit_at(sm, base, 299), -599);
	/* The first: nothing in front, one unit behind; it becomes the head */
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, p[0]), 0);
	KUNIT_EXPECT_EQ(test, page->slab.freelist, 0);
	KUNIT_EXPECT_EQ(test, unit_at(sm, base, 0), 300);
	KUNIT_EXPECT_EQ(test, unit_at(sm, base, 1), 599);
	verify(test, sm);
	/* Between both: all in one, 0 to 899 and the unit behind */
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, p[1]), 0);
	KUNIT_EXPECT_EQ(test, unit_at(sm, base, 0), 900);
	KUNIT_EXPECT_EQ(test, unit_at(sm, base, 1), 1199);
	/* The last, with what is left behind it */
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, p[5]), 0);
	KUNIT_EXPECT_EQ(test, unit_at(sm, base, 1499), 549);
	KUNIT_EXPECT_EQ(test, unit_at(sm, base, 1500), 2048);
	verify(test, sm);
	/* First fit: from the beginning again */
	KUNIT_EXPECT_PTR_EQ(test, get(test, cache), base);
	KUNIT_EXPECT_PTR_EQ(test, get(test, cache), base + 600);
	KUNIT_EXPECT_PTR_EQ(test, get(test, cache), base + 1200);
	KUNIT_EXPECT_PTR_EQ(test, get(test, cache), base + 3000);
	end(test, sm, 6);
}

static struct kunit_case slob_cases[] = {
	KUNIT_CASE(slob_bootstrap),
	KUNIT_CASE(slob_carving),
	{}
};

static struct kunit_suite slob_suite = {
	.name = "shadow_slob",
	.test_cases = slob_cases,
};

kunit_test_suite(slob_suite);
