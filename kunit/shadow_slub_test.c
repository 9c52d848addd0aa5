// SPDX-License-Identifier: GPL-2.0-only
/*
 * The engine "slub": orders that a kernel has chosen, which list each slab is
 * on (against an independent model), bulk calls, merging, links that were
 * overwritten, and what its switches change.
 */
#include <linux/bitmap.h>

#include "shadow_test_machine.h"

#include "shadow_slub.h"
#include "shadow_test_slab.h"

#define SEED	0x51bULL

static void verify(struct kunit *test, struct shadow_test_slabs *sm)
{
	KUNIT_ASSERT_FALSE_MSG(test, shadow_fault_frozen(&sm->m->fault), "%s",
			       sm->m->fault.text);
	SHADOW_TEST_VERIFY(test, shadow_slab_verify(&sm->slab, &__fault));
}

/* The end of every case in which nothing was broken on purpose */
static void end(struct kunit *test, struct shadow_test_slabs *sm, u64 live)
{
	verify(test, sm);
	KUNIT_EXPECT_EQ(test, shadow_slab_fini(&sm->slab), live);
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(sm->m), sm->nr_free);
	shadow_test_machine_verify(test, sm->m);
}

static struct shadow_kmem_cache *cache_of(struct kunit *test,
					  struct shadow_test_slabs *sm,
					  const char *name, u32 bytes)
{
	struct shadow_kmem_cache *cache;

	cache = shadow_kmem_cache_create(&sm->slab, name, bytes, 0, 0, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(cache));
	return cache;
}

/* ----------------------------------------------------------------- sizes */

/*
 * What stands in /sys/kernel/slab/ of a stock kernel with 4K pages, booted with
 * 1, 2 and 4 CPUs: slab_size, order, cpu_partial, min_partial. Its own
 * objs_per_slab is always what fits.
 */
static const struct {
	u32 bytes;
	u32 order[3];
	u32 cpu_partial;
	u32 min_partial;
} kernels[] = {
	{ 8, { 0, 0, 0 }, 120, 5 }, { 16, { 0, 0, 0 }, 120, 5 },
	{ 24, { 0, 0, 0 }, 120, 5 }, { 32, { 0, 0, 0 }, 120, 5 },
	{ 40, { 0, 0, 0 }, 120, 5 }, { 48, { 0, 0, 0 }, 120, 5 },
	{ 56, { 0, 0, 0 }, 120, 5 }, { 64, { 0, 0, 0 }, 120, 5 },
	{ 72, { 0, 0, 0 }, 120, 5 }, { 80, { 0, 0, 0 }, 120, 5 },
	{ 88, { 0, 0, 0 }, 120, 5 }, { 96, { 0, 0, 0 }, 120, 5 },
	{ 104, { 0, 0, 0 }, 120, 5 }, { 112, { 0, 0, 0 }, 120, 5 },
	{ 120, { 0, 0, 0 }, 120, 5 }, { 128, { 0, 0, 0 }, 120, 5 },
	{ 136, { 0, 0, 0 }, 120, 5 }, { 144, { 0, 0, 0 }, 120, 5 },
	{ 152, { 0, 0, 0 }, 120, 5 }, { 160, { 0, 0, 0 }, 120, 5 },
	{ 168, { 0, 0, 0 }, 120, 5 }, { 176, { 0, 0, 0 }, 120, 5 },
	{ 184, { 0, 0, 0 }, 120, 5 }, { 192, { 0, 0, 0 }, 120, 5 },
	{ 200, { 0, 0, 0 }, 120, 5 }, { 256, { 0, 0, 0 }, 52, 5 },
	{ 264, { 0, 0, 1 }, 52, 5 }, { 312, { 0, 0, 1 }, 52, 5 },
	{ 320, { 0, 0, 1 }, 52, 5 }, { 384, { 0, 1, 1 }, 52, 5 },
	{ 432, { 0, 1, 1 }, 52, 5 }, { 512, { 0, 1, 1 }, 52, 5 },
	{ 576, { 1, 1, 2 }, 52, 5 }, { 584, { 1, 1, 2 }, 52, 5 },
	{ 616, { 1, 1, 2 }, 52, 5 }, { 632, { 2, 2, 2 }, 52, 5 },
	{ 640, { 1, 1, 2 }, 52, 5 }, { 664, { 1, 1, 2 }, 52, 5 },
	{ 704, { 1, 2, 2 }, 52, 5 }, { 760, { 2, 2, 2 }, 52, 5 },
	{ 832, { 2, 2, 2 }, 52, 5 }, { 896, { 1, 2, 2 }, 52, 5 },
	{ 960, { 1, 2, 2 }, 52, 5 }, { 968, { 1, 2, 2 }, 52, 5 },
	{ 1024, { 1, 2, 2 }, 24, 5 }, { 1152, { 2, 2, 3 }, 24, 5 },
	{ 1168, { 2, 2, 3 }, 24, 5 }, { 1216, { 2, 2, 3 }, 24, 5 },
	{ 1280, { 2, 2, 3 }, 24, 5 }, { 1312, { 2, 2, 3 }, 24, 5 },
	{ 1344, { 2, 2, 3 }, 24, 5 }, { 1664, { 3, 3, 3 }, 24, 5 },
	{ 2048, { 2, 3, 3 }, 24, 5 }, { 2112, { 3, 3, 3 }, 24, 5 },
	{ 2176, { 3, 3, 3 }, 24, 5 }, { 2432, { 3, 3, 3 }, 24, 5 },
	{ 2624, { 3, 3, 3 }, 24, 5 }, { 4096, { 3, 3, 3 }, 6, 6 },
	{ 4480, { 3, 3, 3 }, 6, 6 }, { 4736, { 3, 3, 3 }, 6, 6 },
	{ 8192, { 3, 3, 3 }, 6, 6 },
};

static void slub_orders(struct kunit *test)
{
	static const u32 nr_cpus[] = { 1, 2, 4 };
	const struct shadow_kmem_cache_desc *desc;
	struct shadow_kmem_cache *cache;
	struct shadow_test_slabs *sm;
	unsigned int i, k;

	for (k = 0; k < ARRAY_SIZE(nr_cpus); k++) {
		sm = shadow_test_slabs(test, SHADOW_TEST_SLAB("slub", SEED), 64, nr_cpus[k]);
		for (i = 0; i < ARRAY_SIZE(kernels); i++) {
			cache = cache_of(test, sm, "x", kernels[i].bytes);
			desc = &cache->desc;
			KUNIT_EXPECT_EQ_MSG(test, desc->order, kernels[i].order[k],
					    "%u CPUs, %u bytes", nr_cpus[k], desc->bytes);
			KUNIT_EXPECT_EQ(test, desc->objects,
					(4096U << desc->order) / kernels[i].bytes);
			KUNIT_EXPECT_EQ(test, desc->cpu_partial, kernels[i].cpu_partial);
			KUNIT_EXPECT_EQ(test, desc->min_partial, kernels[i].min_partial);
			KUNIT_EXPECT_EQ(test, desc->cpu_slabs,
					DIV_ROUND_UP(2 * desc->cpu_partial, desc->objects));
			KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), 0);
		}
		end(test, sm, 0);
	}
}

/* ----------------------------------------------------------------- lists */

#define MODEL_CPUS	2
#define MODEL_SLABS	64
#define MODEL_BYTES	512
#define MODEL_OBJECTS	16	/* of these in a slab, with two CPUs: two frames */
#define MODEL_WAIT	7	/* 2 * 52 / 16, rounded up */
#define MODEL_PARTIAL	5	/* min_partial */

enum model_where {
	MODEL_GONE,
	MODEL_CPU,
	MODEL_WAITS,
	MODEL_NODE,
	MODEL_FULL,
};

/**
 * struct model_slab - what a slab should be
 * @page: its first frame; NULL: not seen yet
 * @where: which list it is on
 * @cpu: whose, for the first two
 * @cpu_free: free objects on the CPU's own list
 * @page_free: free objects on the page's list
 */
struct model_slab {
	struct shadow_page *page;
	enum model_where where;
	u32 cpu, cpu_free, page_free;
};

/**
 * struct model - all lists, as arrays of slabs' numbers
 * @slab: the slabs
 * @own: each CPU's, or -1
 * @waits: each CPU's, the newest last
 * @nr_waits: how many
 * @node: the node's, in its order
 * @nr_node: how many
 */
struct model {
	struct model_slab slab[MODEL_SLABS];
	int own[MODEL_CPUS];
	u32 waits[MODEL_CPUS][MODEL_SLABS];
	u32 nr_waits[MODEL_CPUS];
	u32 node[MODEL_SLABS];
	u32 nr_node;
};

static u32 model_pop_node(struct model *m, u32 at)
{
	u32 id = m->node[at];

	m->nr_node--;
	memmove(&m->node[at], &m->node[at + 1], (m->nr_node - at) * sizeof(u32));
	return id;
}

static void model_drain(struct model *m, u32 cpu)
{
	struct model_slab *s;
	u32 id;

	while (m->nr_waits[cpu]) {
		id = m->waits[cpu][--m->nr_waits[cpu]];
		s = &m->slab[id];
		if (s->page_free == MODEL_OBJECTS && m->nr_node >= MODEL_PARTIAL) {
			s->where = MODEL_GONE;
		} else {
			s->where = MODEL_NODE;
			m->node[m->nr_node++] = id;
		}
	}
}

static void model_own(struct model *m, u32 cpu, u32 id)
{
	struct model_slab *s = &m->slab[id];

	m->own[cpu] = id;
	s->where = MODEL_CPU;
	s->cpu = cpu;
	s->cpu_free = s->page_free;
	s->page_free = 0;
}

/* The CPU's slab has nothing left: where the next object is from */
static void model_refill(struct model *m, u32 cpu)
{
	u32 i, id;

	if (m->own[cpu] >= 0) {
		id = m->own[cpu];
		if (m->slab[id].page_free) {
			model_own(m, cpu, id);
			return;
		}
		m->slab[id].where = MODEL_FULL;
	}
	if (m->nr_waits[cpu]) {
		model_own(m, cpu, m->waits[cpu][--m->nr_waits[cpu]]);
	} else if (m->nr_node) {
		model_own(m, cpu, model_pop_node(m, 0));
		for (i = 0; i < MODEL_WAIT / 2 + 1 && m->nr_node; i++) {
			id = model_pop_node(m, 0);
			m->slab[id].where = MODEL_WAITS;
			m->slab[id].cpu = cpu;
			m->waits[cpu][m->nr_waits[cpu]++] = id;
		}
	} else {
		for (id = 0; m->slab[id].where != MODEL_GONE; id++)
			;
		m->slab[id].page = NULL;
		m->slab[id].page_free = MODEL_OBJECTS;
		model_own(m, cpu, id);
	}
}

/* The slab that an object should be from */
static u32 model_alloc(struct model *m, u32 cpu)
{
	if (m->own[cpu] < 0 || !m->slab[m->own[cpu]].cpu_free)
		model_refill(m, cpu);
	m->slab[m->own[cpu]].cpu_free--;
	return m->own[cpu];
}

static void model_free(struct model *m, u32 cpu, u32 id)
{
	struct model_slab *s = &m->slab[id];
	u32 i;

	if (m->own[cpu] == (int)id) {
		s->cpu_free++;
		return;
	}
	s->page_free++;
	if (s->where == MODEL_FULL) {
		if (m->nr_waits[cpu] >= MODEL_WAIT)
			model_drain(m, cpu);
		s->where = MODEL_WAITS;
		s->cpu = cpu;
		m->waits[cpu][m->nr_waits[cpu]++] = id;
	} else if (s->where == MODEL_NODE && s->page_free == MODEL_OBJECTS &&
		   m->nr_node >= MODEL_PARTIAL) {
		for (i = 0; m->node[i] != id; i++)
			;
		model_pop_node(m, i);
		s->where = MODEL_GONE;
	}
}

static void model_compare(struct kunit *test, struct model *m,
			  struct shadow_test_slabs *sm, struct shadow_kmem_cache *cache,
			  struct shadow_slab_look *look)
{
	static const char *const where[] = {
		[MODEL_CPU] = "cpu %u",
		[MODEL_WAITS] = "cpu %u partial",
		[MODEL_NODE] = "partial",
		[MODEL_FULL] = "full",
	};
	struct shadow_slabinfo info;
	u32 id, nr = 0, nr_cpu = 0, nr_free = 0;
	char text[24];

	for (id = 0; id < MODEL_SLABS; id++) {
		const struct model_slab *s = &m->slab[id];

		if (s->where == MODEL_GONE)
			continue;
		nr++;
		nr_cpu += s->where == MODEL_CPU || s->where == MODEL_WAITS;
		nr_free += s->where == MODEL_NODE ? s->page_free : 0;
		KUNIT_ASSERT_EQ(test, shadow_slub_look(&sm->slab, s->page, look), 0);
		snprintf(text, sizeof(text), where[s->where], s->cpu);
		KUNIT_ASSERT_STREQ(test, look->where, text);
		KUNIT_ASSERT_EQ(test, bitmap_weight(look->free, MODEL_OBJECTS),
				(s->where == MODEL_CPU ? s->cpu_free : 0) + s->page_free);
	}
	shadow_slab_get_info(cache, &info);
	KUNIT_ASSERT_EQ(test, info.num_slabs, nr);
	KUNIT_ASSERT_EQ(test, info.nr_partial, m->nr_node);
	KUNIT_ASSERT_EQ(test, info.nr_cpu_slabs, nr_cpu);
	KUNIT_ASSERT_EQ(test, info.active_objs, nr * MODEL_OBJECTS - nr_free);
}

/* Which list every slab is on, after each of many allocations and frees */
static void slub_lists(struct kunit *test)
{
	struct shadow_slab_look *look = shadow_test_alloc(test, sizeof(*look));
	struct model *m = shadow_test_alloc(test, sizeof(*m));
	const u32 nr_slots = 400;
	char **object = shadow_test_alloc(test, nr_slots * sizeof(*object));
	u32 *slab_of = shadow_test_alloc(test, nr_slots * sizeof(*slab_of));
	struct shadow_kmem_cache *cache;
	struct shadow_test_slabs *sm;
	u32 i, slot, cpu, id, live = 0;
	struct shadow_page *page;
	struct rnd_state rnd;

	shadow_test_seed(test, &rnd);
	sm = shadow_test_slabs(test, SHADOW_TEST_SLAB("slub", SEED), 256, MODEL_CPUS);
	cache = cache_of(test, sm, "x", MODEL_BYTES);
	KUNIT_ASSERT_EQ(test, cache->desc.objects, MODEL_OBJECTS);
	KUNIT_ASSERT_EQ(test, cache->desc.cpu_slabs, MODEL_WAIT);
	m->own[0] = -1;
	m->own[1] = -1;
	for (i = 0; i < 20000; i++) {
		/* More, then less, so that slabs fill up and become empty */
		slot = shadow_test_below(&rnd, i / 2000 % 2 ? nr_slots : nr_slots / 4);
		cpu = shadow_test_below(&rnd, MODEL_CPUS);
		if (i / 2000 % 2 == 0)
			slot += shadow_test_below(&rnd, 4) * (nr_slots / 4);
		if (object[slot] && shadow_test_below(&rnd, 100) < (i / 2000 % 2 ? 80 : 30)) {
			KUNIT_ASSERT_EQ(test, shadow_kmem_cache_free_cpu(cache, cpu,
									 object[slot]), 0);
			model_free(m, cpu, slab_of[slot]);
			object[slot] = NULL;
			live--;
		} else if (!object[slot]) {
			object[slot] = shadow_kmem_cache_alloc_cpu(cache, cpu, 0);
			KUNIT_ASSERT_NOT_NULL(test, object[slot]);
			id = model_alloc(m, cpu);
			page = shadow_slab_head(&sm->m->nodes, object[slot]);
			if (!m->slab[id].page)
				m->slab[id].page = page;
			KUNIT_ASSERT_PTR_EQ(test, m->slab[id].page, page);
			slab_of[slot] = id;
			live++;
		}
		model_compare(test, m, sm, cache, look);
		if (i % 64 == 0)
			verify(test, sm);
	}
	end(test, sm, live);
}

/* ------------------------------------------------------------------ bulk */

/* Objects in any order, of slabs of several kinds, with one that is refused */
static void slub_bulk(struct kunit *test)
{
	const u32 nr = 200;
	void **object = shadow_test_alloc(test, nr * sizeof(*object));
	struct shadow_kmem_cache *cache;
	struct shadow_test_slabs *sm;
	struct rnd_state rnd;
	u32 i, k, round;

	shadow_test_seed(test, &rnd);
	sm = shadow_test_slabs(test, SHADOW_TEST_SLAB("slub", SEED), 256, 1);
	cache = cache_of(test, sm, "x", 200);
	for (round = 0; round < 200; round++) {
		u32 want = 1 + shadow_test_below(&rnd, nr);
		u32 bad = shadow_test_below(&rnd, want);
		u32 gfp = round & 1 ? SHADOW_GFP_ZERO : 0;
		void *good;

		KUNIT_ASSERT_EQ(test, shadow_kmem_cache_alloc_bulk(cache, gfp, want, object),
				want);
		verify(test, sm);
		for (i = 0; i < want; i++) {
			if (gfp)
				KUNIT_ASSERT_NULL(test, memchr_inv(object[i], 0, 200));
			memset(object[i], i, 200);
		}
		for (i = 0; i < want; i++)
			KUNIT_ASSERT_NULL_MSG(test, memchr_inv(object[i], (u8)i, 200),
					      "handed out twice");
		for (i = want - 1; i && round % 3; i--) {
			k = shadow_test_below(&rnd, i + 1);
			swap(object[i], object[k]);
		}
		good = object[bad];
		object[bad] = good + 8;
		KUNIT_ASSERT_EQ(test, shadow_kmem_cache_free_bulk(cache, want, object), bad);
		verify(test, sm);
		object[bad] = good;
		KUNIT_ASSERT_EQ(test, shadow_kmem_cache_free_bulk(cache, want - bad,
								  object + bad), want - bad);
		verify(test, sm);
		if (round % 16 == 0)
			KUNIT_ASSERT_EQ(test, shadow_kmem_cache_shrink(cache), 0);
	}
	/* There are not so many: none is kept */
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_shrink(cache), 0);
	cache = cache_of(test, sm, "y", 32768);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_alloc_bulk(cache, 0, nr, object), 0);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_shrink(cache), 0);
	end(test, sm, 0);
}

/* --------------------------------------------------------------- merging */

static void ctor(void *object)
{
}

static struct shadow_kmem_cache *make(struct shadow_test_slabs *sm, const char *name,
				      u32 bytes, u32 align, u32 flags)
{
	return shadow_kmem_cache_create(&sm->slab, name, bytes, align, flags, NULL);
}

static void slub_merge(struct kunit *test)
{
	const struct shadow_slab_config cfg = {
		.engine = "slub", .seed = SEED, .merge = true,
	};
	struct shadow_test_slabs *sm = shadow_test_slabs(test, &cfg, 256, 1);
	struct shadow_kmem_cache *a = make(sm, "a", 100, 0, 0);
	char *object;

	KUNIT_ASSERT_FALSE(test, IS_ERR(a));
	KUNIT_EXPECT_EQ(test, a->desc.bytes, 104);
	KUNIT_EXPECT_PTR_EQ(test, make(sm, "b", 98, 0, 0), a);
	KUNIT_EXPECT_PTR_EQ(test, make(sm, "c", 104, 8, 0), a);
	KUNIT_EXPECT_EQ(test, a->desc.object_bytes, 104);
	KUNIT_EXPECT_PTR_EQ(test, make(sm, "b", 98, 0, 0), ERR_PTR(-EEXIST));
	/* A word less, another alignment, other frames, a constructor: another */
	KUNIT_EXPECT_PTR_NE(test, make(sm, "d", 96, 0, 0), a);
	KUNIT_EXPECT_PTR_NE(test, make(sm, "e", 104, 16, 0), a);
	KUNIT_EXPECT_PTR_NE(test, make(sm, "f", 104, 0, SHADOW_SLAB_RECLAIM_ACCOUNT), a);
	KUNIT_EXPECT_PTR_NE(test, make(sm, "g", 104, 0, SHADOW_SLAB_HWCACHE_ALIGN), a);
	KUNIT_EXPECT_PTR_NE(test, shadow_kmem_cache_create(&sm->slab, "h", 104, 0, 0, ctor), a);
	/* The classes are the machine's own */
	KUNIT_EXPECT_PTR_NE(test, make(sm, "i", 64, 0, 0),
			    shadow_slab_find(&sm->slab, "kmalloc-64"));
	KUNIT_EXPECT_PTR_EQ(test, shadow_slab_find(&sm->slab, "b"), a);
	verify(test, sm);
	/* Zeroing reaches what the largest of them has */
	object = shadow_kmem_cache_alloc(a, 0);
	memset(object, 0xff, 104);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(a, object), 0);
	object = shadow_kmem_cache_alloc(a, SHADOW_GFP_ZERO);
	KUNIT_EXPECT_NULL(test, memchr_inv(object, 0, 104));
	/* One name after the other goes, in any order; the objects do not */
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy_name(&sm->slab, "a"), 0);
	KUNIT_EXPECT_NULL(test, shadow_slab_find(&sm->slab, "a"));
	KUNIT_EXPECT_PTR_EQ(test, shadow_slab_find(&sm->slab, "b"), a);
	KUNIT_EXPECT_PTR_EQ(test, shadow_slab_find(&sm->slab, "c"), a);
	verify(test, sm);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy_name(&sm->slab, "b"), 0);
	KUNIT_EXPECT_NULL(test, shadow_slab_find(&sm->slab, "b"));
	KUNIT_EXPECT_STREQ(test, a->desc.name, "c");
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy_name(&sm->slab, "b"), -ENOENT);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(a), -EBUSY);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(a, object), 0);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(a), 0);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(a), -EINVAL);
	end(test, sm, 0);
}

/* As many names as there is room for; one more is a cache of its own */
static void slub_merge_many(struct kunit *test)
{
	const struct shadow_slab_config cfg = {
		.engine = "slub", .seed = SEED, .merge = true,
	};
	struct shadow_test_slabs *sm = shadow_test_slabs(test, &cfg, 256, 1);
	struct shadow_kmem_cache *a = make(sm, "a", 24, 0, 0);
	struct shadow_kmem_cache *debug;
	char name[8];
	u32 i;

	for (i = 0; i < SHADOW_SLAB_MAX_ALIASES; i++) {
		snprintf(name, sizeof(name), "a%u", i);
		KUNIT_ASSERT_PTR_EQ(test, make(sm, name, 24, 0, 0), a);
	}
	KUNIT_EXPECT_PTR_NE(test, make(sm, "more", 24, 0, 0), a);
	verify(test, sm);
	for (i = 0; i < SHADOW_SLAB_MAX_ALIASES; i++)
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(a), 0);
	KUNIT_EXPECT_STREQ(test, a->desc.name, "a");
	KUNIT_EXPECT_NULL(test, shadow_slab_find(&sm->slab, "a0"));
	debug = make(sm, "debug", 24, 0, SHADOW_SLAB_RED_ZONE);
	KUNIT_EXPECT_PTR_NE(test, debug, a);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(a), 0);
	end(test, sm, 0);
	/* Nobody has asked for it: nothing is merged */
	sm = shadow_test_slabs(test, SHADOW_TEST_SLAB("slub", SEED), 64, 1);
	a = make(sm, "a", 24, 0, 0);
	KUNIT_EXPECT_PTR_NE(test, make(sm, "b", 24, 0, 0), a);
	end(test, sm, 0);
}

/* ----------------------------------------------------------------- links */

/* Whatever byte of a link is changed, the next allocation knows and says so. */
static void slub_bad_link(struct kunit *test)
{
	u32 i;

	for (i = 0; i < 16; i++) {
		struct shadow_slab_config cfg = {
			.engine = "slub", .seed = SEED, .plain = i & 8,
		};
		struct shadow_test_slabs *sm = shadow_test_slabs(test, &cfg, 64, 1);
		struct shadow_kmem_cache *cache = cache_of(test, sm, "x", 128);
		char *first = shadow_kmem_cache_alloc(cache, 0);
		struct shadow_page *page = shadow_slab_head(&sm->m->nodes, first);
		char *base = shadow_page_to_virt(&sm->m->nodes, page);
		char want[64];

		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, first), 0);
		first[cache->offset + i % 8] ^= 0x20;
		KUNIT_EXPECT_NULL(test, shadow_kmem_cache_alloc(cache, 0));
		KUNIT_EXPECT_TRUE(test, shadow_fault_frozen(&sm->m->fault));
		snprintf(want, sizeof(want), "slab: cache x: object %u of the slab at pfn %llu ",
			 (u32)(first - base) / 128,
			 (unsigned long long)shadow_page_to_pfn(&sm->m->nodes, page));
		KUNIT_EXPECT_TRUE_MSG(test, strstarts(sm->m->fault.text, want), "%s, not %s",
				      sm->m->fault.text, want);
		shadow_slab_fini(&sm->slab);
	}
}

/* Without shuffling a new slab's objects come in order of address. */
static void slub_ordered(struct kunit *test)
{
	const struct shadow_slab_config cfg = {
		.engine = "slub", .seed = SEED, .ordered = true,
	};
	struct shadow_test_slabs *sm = shadow_test_slabs(test, &cfg, 64, 1);
	struct shadow_kmem_cache *cache = cache_of(test, sm, "x", 64);
	char *object, *base = NULL;
	u32 i;

	for (i = 0; i < 256; i++) {
		object = shadow_kmem_cache_alloc(cache, 0);
		if (i % 64 == 0)
			base = object;
		KUNIT_ASSERT_PTR_EQ(test, object, base + i % 64 * 64);
	}
	end(test, sm, 256);
}

/* Without a secret two machines of different seeds have the same links. */
static void slub_plain(struct kunit *test)
{
	struct shadow_test_slabs *sm[2];
	u32 plain, i;

	for (plain = 0; plain < 2; plain++) {
		for (i = 0; i < 2; i++) {
			struct shadow_slab_config cfg = {
				.engine = "slub", .seed = SEED + i, .plain = plain,
				.ordered = true,
			};

			sm[i] = shadow_test_slabs(test, &cfg, 64, 1);
			shadow_kmem_cache_alloc(cache_of(test, sm[i], "x", 64), 0);
		}
		KUNIT_EXPECT_EQ(test, !memcmp(sm[0]->m->block.virt, sm[1]->m->block.virt,
					      64 << 12), plain);
		end(test, sm[0], 1);
		end(test, sm[1], 1);
	}
}

static struct kunit_case shadow_slub_cases[] = {
	KUNIT_CASE(slub_orders),
	KUNIT_CASE(slub_lists),
	KUNIT_CASE(slub_bulk),
	KUNIT_CASE(slub_merge),
	KUNIT_CASE(slub_merge_many),
	KUNIT_CASE(slub_bad_link),
	KUNIT_CASE(slub_ordered),
	KUNIT_CASE(slub_plain),
	{}
};

static struct kunit_suite shadow_slub_suite = {
	.name = "shadow_slub",
	.test_cases = shadow_slub_cases,
};

kunit_test_suite(shadow_slub_suite);
