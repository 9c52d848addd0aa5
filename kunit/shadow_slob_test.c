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
	KUNIT_EXPECT_EQ(test, sm->slab.kmalloc_max, 0);
	KUNIT_EXPECT_NULL(test, shadow_slab_find(&sm->slab, "kmalloc-8k"));
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

/* Three sizes, three lists; what is free says nothing about where a page is. */
static void slob_lists(struct kunit *test)
{
	static const struct {
		u32 bytes, list;
	} rows[] = {
		{ 8, SLOB_SMALL }, { 254, SLOB_SMALL }, { 255, SLOB_SMALL },
		{ 256, SLOB_MEDIUM }, { 1022, SLOB_MEDIUM }, { 1023, SLOB_MEDIUM },
		{ 1024, SLOB_LARGE }, { 4094, SLOB_LARGE },
	};
	struct slob_machine *sm = machine(test);
	struct shadow_kmem_cache *cache;
	char name[8];
	unsigned int i;
	char *p;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(name, sizeof(name), "x%u", i);
		cache = cache_of(test, sm, name, rows[i].bytes, 8);
		p = get(test, cache);
		KUNIT_EXPECT_EQ_MSG(test, shadow_slob_state(page_of(sm, p)),
				    SLOB_LISTED + rows[i].list, "%u bytes", rows[i].bytes);
		verify(test, sm);
	}
	/* kmalloc's header counts: 247 + 8 is small, 248 + 8 is not */
	p = shadow_kmalloc(&sm->slab, 247, 0);
	KUNIT_EXPECT_EQ(test, shadow_slob_state(page_of(sm, p)), SLOB_LISTED + SLOB_SMALL);
	p = shadow_kmalloc(&sm->slab, 248, 0);
	KUNIT_EXPECT_EQ(test, shadow_slob_state(page_of(sm, p)), SLOB_LISTED + SLOB_MEDIUM);
	/* A page or more: frames of its own */
	cache = cache_of(test, sm, "page", 4095, 8);
	p = get(test, cache);
	KUNIT_EXPECT_EQ(test, shadow_slob_state(page_of(sm, p)), SLOB_ONE);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, p + 8), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, p), 0);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, p), -EINVAL);
	cache = cache_of(test, sm, "pages", 8193, 8);
	KUNIT_EXPECT_EQ(test, shadow_page_order(page_of(sm, get(test, cache))), 2);
	end(test, sm, ARRAY_SIZE(rows) + 3);
}

/*
 * A full page is on no list. The first free object brings it back, onto the list
 * of that object's size, in front; the last one takes it away.
 */
static void slob_page_life(struct kunit *test)
{
	struct slob_machine *sm = machine(test);
	struct shadow_kmem_cache *large = cache_of(test, sm, "l", 3584, 8);
	struct shadow_kmem_cache *medium = cache_of(test, sm, "m", 512, 8);
	u64 nr_free = shadow_test_machine_free(sm->m);
	char *l = get(test, large), *m = get(test, medium);
	struct shadow_page *page = page_of(sm, l);

	/* 3584 are large, 512 are medium: two pages */
	KUNIT_EXPECT_PTR_NE(test, page_of(sm, m), page);
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(sm->m), nr_free - 2);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(medium, m), 0);
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(sm->m), nr_free - 1);
	/* What is left of the large one's page is not enough for another */
	KUNIT_EXPECT_PTR_NE(test, page_of(sm, get(test, large)), page);
	KUNIT_EXPECT_EQ(test, shadow_slob_state(page), SLOB_LISTED + SLOB_LARGE);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(large, l), 0);
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(sm->m), nr_free - 1);
	verify(test, sm);
	/* 8 of 512 are all of a page */
	m = get(test, medium);
	page = page_of(sm, m);
	while (shadow_slob_state(page) != SLOB_FULL)
		KUNIT_EXPECT_PTR_EQ(test, page_of(sm, get(test, medium)), page);
	KUNIT_EXPECT_EQ(test, page->slab.inuse, 2048);
	KUNIT_EXPECT_EQ(test, page->slab.freelist, SHADOW_SLAB_END);
	verify(test, sm);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(medium, m), 0);
	KUNIT_EXPECT_EQ(test, shadow_slob_state(page), SLOB_LISTED + SLOB_MEDIUM);
	KUNIT_EXPECT_EQ(test, page->slab.freelist, 0);
	end(test, sm, 8);
}

/* The search begins where it has ended: list_rotate_to_front() */
static void slob_roving_head(struct kunit *test)
{
	struct slob_machine *sm = machine(test);
	struct shadow_page_list *list = &shadow_slob_of(&sm->slab)->list[0][0][SLOB_LARGE];
	struct shadow_kmem_cache *big = cache_of(test, sm, "b", 2100, 8);
	struct shadow_kmem_cache *fit = cache_of(test, sm, "f", 1900, 8);
	struct shadow_page *page[4];
	char *p[4], *small;
	unsigned int i;

	/* Each in a page of its own, the newest in front: 3 2 1 0 */
	for (i = 0; i < 4; i++) {
		p[i] = get(test, big);
		page[i] = page_of(sm, p[i]);
		KUNIT_EXPECT_EQ(test, list->first,
				shadow_page_index(&sm->m->nodes.memmap, page[i]));
	}
	/* The first one has room, and stays the first, with too little left */
	KUNIT_EXPECT_PTR_EQ(test, page_of(sm, get(test, fit)), page[3]);
	/* So the second is taken, and the list turned: 2 1 0 3 */
	small = get(test, fit);
	KUNIT_EXPECT_PTR_EQ(test, page_of(sm, small), page[2]);
	KUNIT_EXPECT_EQ(test, list->first,
			shadow_page_index(&sm->m->nodes.memmap, page[2]));
	KUNIT_EXPECT_EQ(test, list->last,
			shadow_page_index(&sm->m->nodes.memmap, page[3]));
	KUNIT_EXPECT_PTR_EQ(test, page_of(sm, get(test, fit)), page[1]);
	verify(test, sm);
	/* 1 0 3 2: room again in 2, but 0 is met before */
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(fit, small), 0);
	KUNIT_EXPECT_PTR_EQ(test, page_of(sm, get(test, fit)), page[0]);
	KUNIT_EXPECT_PTR_EQ(test, page_of(sm, get(test, fit)), page[2]);
	end(test, sm, 8);
}

/* Pages of 64K have units of 4 bytes, since 32768 units are more than an s16 has */
static void slob_large_pages(struct kunit *test)
{
	struct slob_machine *sm = machine_of(test, 16, 32, 1);
	struct shadow_kmem_cache *cache = cache_of(test, sm, "x", 601, 8);
	char *p[3], *base, *q;

	KUNIT_EXPECT_EQ(test, info_of(sm, "slob").objsize, 4);
	KUNIT_EXPECT_EQ(test, info_of(sm, "slob").objperslab, 16384);
	KUNIT_EXPECT_EQ(test, info_of(sm, "x").objsize, 604);
	p[0] = get(test, cache);
	p[1] = get(test, cache);
	p[2] = get(test, cache);
	base = base_of(sm, p[0]);
	KUNIT_EXPECT_PTR_EQ(test, p[1], base + 608);
	/* One unit between any two */
	KUNIT_EXPECT_EQ(test, unit_at(sm, base, 151), -303);
	KUNIT_EXPECT_EQ(test, unit_at(sm, base, 455), 16384 - 455);
	KUNIT_EXPECT_EQ(test, unit_at(sm, base, 456), 16384);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, p[1]), 0);
	KUNIT_EXPECT_EQ(test, unit_at(sm, base, 151), 153);
	KUNIT_EXPECT_EQ(test, unit_at(sm, base, 152), 455);
	/* With its header all units of a page: full from the beginning */
	q = shadow_kmalloc(&sm->slab, 65527, 0);
	KUNIT_EXPECT_EQ(test, shadow_slob_state(page_of(sm, q)), SLOB_FULL);
	verify(test, sm);
	KUNIT_EXPECT_EQ(test, shadow_ksize(&sm->slab, q), 65528);
	q = shadow_kmalloc(&sm->slab, 65528, 0);
	KUNIT_EXPECT_EQ(test, shadow_slob_state(page_of(sm, q)), SLOB_ONE);
	end(test, sm, 4);
}

/* The node that is wished for, then a new page of it, then the others' */
static void slob_nodes(struct kunit *test)
{
	struct slob_machine *sm = machine_of(test, 12, 32, 2);
	struct shadow_kmem_cache *cache = cache_of(test, sm, "x", 2000, 8);
	u32 only = SHADOW_GFP_NODE(1) | SHADOW_GFP_THISNODE;
	unsigned int i, nr = 0;
	char *p, *last = NULL;

	for (i = 0; i < 4; i++, nr++) {
		p = shadow_kmem_cache_alloc_node(cache, 0, i & 1);
		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_EQ(test, shadow_page_nid(page_of(sm, p)), i & 1);
		verify(test, sm);
	}
	for (; (p = shadow_kmem_cache_alloc(cache, only)); last = p, nr++)
		KUNIT_ASSERT_EQ(test, shadow_page_nid(page_of(sm, p)), 1);
	p = shadow_kmem_cache_alloc(cache, SHADOW_GFP_NODE(1));
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, shadow_page_nid(page_of(sm, p)), 0);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, last), 0);
	KUNIT_EXPECT_PTR_EQ(test, shadow_kmem_cache_alloc(cache, SHADOW_GFP_NODE(1)), last);
	end(test, sm, nr + 1);
}

/* ----------------------------------------------------------------- kmalloc */

static void slob_kmalloc_sizes(struct kunit *test)
{
	struct slob_machine *sm = machine(test);
	struct shadow_slab *slab = &sm->slab;
	u32 bytes, align;
	u64 live;
	char *p;

	for (bytes = 1; bytes <= 4096; bytes++) {
		live = info_of(sm, "slob").active_objs;
		p = shadow_kmalloc(slab, bytes, 0);
		KUNIT_ASSERT_NOT_NULL(test, p);
		align = is_power_of_2(bytes) ? max(bytes, 8U) : 8;
		KUNIT_ASSERT_TRUE(test, IS_ALIGNED(p - base_of(sm, p), align));
		if (bytes < 4088) {
			/* The size in front, and nothing but that and the object */
			KUNIT_ASSERT_EQ(test, *(u32 *)(p - 8), bytes);
			KUNIT_ASSERT_EQ(test, shadow_ksize(slab, p), ALIGN(bytes, 2));
			KUNIT_ASSERT_EQ(test, info_of(sm, "slob").active_objs - live,
					4 + DIV_ROUND_UP(bytes, 2));
		} else {
			KUNIT_ASSERT_EQ(test, shadow_slob_state(page_of(sm, p)), SLOB_ONE);
			KUNIT_ASSERT_EQ(test, shadow_ksize(slab, p), 4096);
		}
		memset(p, 0xa5, bytes);
		KUNIT_ASSERT_EQ(test, shadow_kfree(slab, p), 0);
		KUNIT_ASSERT_EQ(test, shadow_kfree(slab, p), -EINVAL);
		KUNIT_ASSERT_EQ(test, info_of(sm, "slob").active_objs, live);
	}
	p = shadow_kmalloc(slab, 4097, 0);
	KUNIT_EXPECT_EQ(test, shadow_page_owner(page_of(sm, p)), SHADOW_OWNER_KMALLOC);
	p = shadow_kzalloc(slab, 100, 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, 100));
	KUNIT_EXPECT_EQ(test, info_of(sm, "kmalloc-128").active_objs, 1);
	p = shadow_kmalloc(slab, 3000, 0);
	p = shadow_kmalloc(slab, 4096, 0);
	KUNIT_EXPECT_EQ(test, info_of(sm, "kmalloc-4k").active_objs, 2);
	KUNIT_EXPECT_EQ(test, info_of(sm, "kmalloc-4k").num_slabs, 1);
	end(test, sm, 4);
}

/* What is no object of kmalloc, whatever a header may have become */
static void slob_kfree_refused(struct kunit *test)
{
	struct slob_machine *sm = machine(test);
	struct shadow_kmem_cache *cache = cache_of(test, sm, "x", 48, 8);
	struct shadow_slab *slab = &sm->slab;
	char *p = shadow_kmalloc(slab, 100, 0), *object = get(test, cache);
	u32 *header = (u32 *)(p - 8), i, bit;
	char *base = base_of(sm, p);

	for (i = 0; i < 4096; i++) {
		if (base + i == p)
			continue;
		KUNIT_ASSERT_EQ_MSG(test, shadow_kfree(slab, base + i), -EINVAL, "%u", i);
		KUNIT_ASSERT_EQ(test, shadow_ksize(slab, base + i), 0);
	}
	KUNIT_EXPECT_EQ(test, shadow_kfree(slab, object), -EINVAL);
	for (i = 0; i < 2; i++) {
		for (bit = i; bit < 32; bit++) {
			header[i] ^= 1U << bit;
			KUNIT_EXPECT_EQ(test, shadow_kfree(slab, p), -EINVAL);
			KUNIT_EXPECT_EQ(test, shadow_ksize(slab, p), 0);
			header[i] ^= 1U << bit;
		}
	}
	verify(test, sm);
	KUNIT_EXPECT_EQ(test, shadow_kfree(slab, p), 0);
	end(test, sm, 1);
}

/* ---------------------------------------------------------------- refused */

static void slob_free_refused(struct kunit *test)
{
	struct slob_machine *sm = machine(test);
	struct shadow_kmem_cache *cache = cache_of(test, sm, "x", 600, 8);
	struct shadow_kmem_cache *none = cache_of(test, sm, "y", 600, 8);
	char *p[4], *base, on_host[8];
	u32 i, inuse;

	for (i = 0; i < 4; i++)
		p[i] = get(test, cache);
	base = base_of(sm, p[0]);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, p[1]), 0);
	inuse = page_of(sm, base)->slab.inuse;
	/* Wholly, in front or behind in a free block; not aligned; too long */
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, p[1]), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, p[1] - 8), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, p[1] + 592), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, p[3] + 600), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, base + 4000), -EINVAL);
	for (i = 1; i < 8; i++)
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, p[0] + i), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(none, p[0]), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, on_host), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, sm->m->block.virt + (60 << 12)),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, page_of(sm, base)->slab.inuse, inuse);
	verify(test, sm);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), -EBUSY);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, p[i]), i == 1 ? -EINVAL : 0);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_shrink(cache), 0);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), 0);
	KUNIT_EXPECT_NULL(test, shadow_kmem_cache_alloc(cache, 0));
	end(test, sm, 0);
}

/* ------------------------------------------------------------------- slots */

static unsigned int nr_constructed;

static void construct(void *object)
{
	nr_constructed++;
	*(u32 *)object = 0xc0de;
}

/* A freed slot keeps what is in it, and its page, until the cache is shrunk. */
static void slob_slots(struct kunit *test)
{
	struct slob_machine *sm = machine(test);
	u64 nr_free = shadow_test_machine_free(sm->m);
	struct shadow_kmem_cache *cache;
	u32 *p[40], i;

	nr_constructed = 0;
	cache = shadow_kmem_cache_create(&sm->slab, "safe", 100, 0,
					 SHADOW_SLAB_TYPESAFE_BY_RCU, construct);
	KUNIT_ASSERT_FALSE(test, IS_ERR(cache));
	/* 104 and 8 behind it are 112: 36 in a page */
	KUNIT_EXPECT_EQ(test, cache->bytes, 112);
	for (i = 0; i < 40; i++) {
		p[i] = get(test, cache);
		KUNIT_EXPECT_EQ(test, *p[i], 0xc0de);
		*p[i] = i;
	}
	KUNIT_EXPECT_EQ(test, nr_constructed, 72);
	KUNIT_EXPECT_EQ(test, info_of(sm, "safe").num_objs, 72);
	KUNIT_EXPECT_EQ(test, info_of(sm, "safe").active_objs, 40);
	verify(test, sm);
	for (i = 0; i < 40; i++) {
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, p[i]), 0);
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, p[i]), -EINVAL);
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, p[i] + 1), -EINVAL);
		KUNIT_EXPECT_EQ(test, *p[i], i);
		verify(test, sm);
	}
	for (i = 0; i < 40; i++)
		get(test, cache);
	KUNIT_EXPECT_EQ(test, nr_constructed, 72);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_shrink(cache), 1);
	for (i = 0; i < 40; i++)
		shadow_kmem_cache_free(cache, p[i]);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_shrink(cache), 0);
	/* They wait for those who may still look */
	KUNIT_EXPECT_EQ(test, sm->slab.nr_waiting, 2);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), 0);
	verify(test, sm);
	shadow_slab_grace(&sm->slab);
	shadow_slab_grace(&sm->slab);
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(sm->m), nr_free);
	end(test, sm, 0);
}

/* Without anything to keep, a constructor runs on each allocation, once. */
static void slob_constructor(struct kunit *test)
{
	static const u32 sizes[] = { 40, 5000 };
	struct slob_machine *sm = machine(test);
	struct shadow_kmem_cache *cache;
	unsigned int i, k;
	char name[8];
	u32 *p;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		snprintf(name, sizeof(name), "x%u", i);
		cache = shadow_kmem_cache_create(&sm->slab, name, sizes[i], 0, 0, construct);
		KUNIT_ASSERT_FALSE(test, IS_ERR(cache));
		KUNIT_EXPECT_EQ(test, cache->desc.keep, 0);
		nr_constructed = 0;
		for (k = 1; k < 20; k++) {
			p = get(test, cache);
			KUNIT_EXPECT_EQ(test, *p, 0xc0de);
			KUNIT_EXPECT_EQ(test, nr_constructed, k);
			*p = 0;
			KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, p), 0);
		}
		KUNIT_EXPECT_NULL(test, shadow_kmem_cache_alloc(cache, SHADOW_GFP_ZERO));
	}
	end(test, sm, 0);
}

static struct kunit_case slob_cases[] = {
	KUNIT_CASE(slob_bootstrap),
	KUNIT_CASE(slob_carving),
	KUNIT_CASE(slob_lists),
	KUNIT_CASE(slob_page_life),
	KUNIT_CASE(slob_roving_head),
	KUNIT_CASE(slob_large_pages),
	KUNIT_CASE(slob_nodes),
	KUNIT_CASE(slob_kmalloc_sizes),
	KUNIT_CASE(slob_kfree_refused),
	KUNIT_CASE(slob_free_refused),
	KUNIT_CASE(slob_slots),
	KUNIT_CASE(slob_constructor),
	{}
};

static struct kunit_suite slob_suite = {
	.name = "shadow_slob",
	.test_cases = slob_cases,
};

kunit_test_suite(slob_suite);
