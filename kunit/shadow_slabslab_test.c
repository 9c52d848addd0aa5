// SPDX-License-Identifier: GPL-2.0-only
/*
 * The engine "slab": its bootstrap, layout and tuning, what goes through which
 * array, reaping, what is detected, and random use against an independent map.
 */
#include "shadow_test_machine.h"

#include "shadow_slabslab.h"
#include "shadow_test_slab.h"

#define SEED	0x51abULL

/**
 * struct slabslab_machine - a machine with the engine "slab"
 * @m: the layers below
 * @slab: the layer
 * @mem: the layer's share of the host's memory
 * @nr_free: frames that were free before the layer was booted
 */
struct slabslab_machine {
	struct shadow_test_machine *m;
	struct shadow_slab slab;
	void *mem;
	u64 nr_free;
};

static struct slabslab_machine *machine_without_slab(struct kunit *test, u64 nr_pages,
						     unsigned int nr_cpus,
						     unsigned int nr_nodes)
{
	struct slabslab_machine *sm = shadow_test_alloc(test, sizeof(*sm));
	struct shadow_block block;
	struct shadow_test_machine *m;
	u64 bytes = nr_pages / nr_nodes << 12;
	unsigned int nid;

	shadow_test_block(test, &block, SHADOW_TEST_BASE, nr_pages << 12);
	m = shadow_test_machine_begin(test, &block);
	m->nodes.nr_nodes = nr_nodes;
	for (nid = 0; nid < nr_nodes; nid++)
		KUNIT_ASSERT_EQ(test, shadow_memblock_add_node(&m->mb,
							       block.base + nid * bytes,
							       bytes, nid, 0), 0);
	shadow_test_machine_boot(test, m, nr_cpus);
	sm->m = m;
	sm->mem = shadow_test_alloc(test, shadow_slab_bytes(SHADOW_TEST_SLAB("slab", 0),
							    nr_cpus));
	sm->nr_free = shadow_test_machine_free(m);
	return sm;
}

static int boot(struct slabslab_machine *sm, unsigned int nr_cpus)
{
	return shadow_slab_init(&sm->slab, &sm->m->nodes, SHADOW_TEST_SLAB("slab", SEED),
				nr_cpus, sm->mem);
}

static struct slabslab_machine *machine(struct kunit *test, u64 nr_pages,
					unsigned int nr_cpus, unsigned int nr_nodes)
{
	struct slabslab_machine *sm;

	sm = machine_without_slab(test, nr_pages, nr_cpus, nr_nodes);
	KUNIT_ASSERT_EQ(test, boot(sm, nr_cpus), 0);
	return sm;
}

static void verify(struct kunit *test, struct slabslab_machine *sm)
{
	KUNIT_ASSERT_FALSE_MSG(test, shadow_fault_frozen(&sm->m->fault), "%s",
			       sm->m->fault.text);
	SHADOW_TEST_VERIFY(test, shadow_slab_verify(&sm->slab, &__fault));
}

/* The end of every case in which nothing was broken on purpose */
static void end(struct kunit *test, struct slabslab_machine *sm, u64 live)
{
	verify(test, sm);
	KUNIT_EXPECT_EQ(test, shadow_slab_fini(&sm->slab), live);
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(sm->m), sm->nr_free);
	shadow_test_machine_verify(test, sm->m);
}

static struct shadow_kmem_cache *cache_of(struct kunit *test,
					  struct slabslab_machine *sm,
					  const char *name, u32 bytes)
{
	struct shadow_kmem_cache *cache;

	cache = shadow_kmem_cache_create(&sm->slab, name, bytes, 0, 0, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(cache));
	return cache;
}

static struct shadow_slabinfo info_of(struct shadow_kmem_cache *cache)
{
	struct shadow_slabinfo info = {};

	shadow_slab_get_info(cache, &info);
	return info;
}

static struct shadow_kmem_list *list_of(struct shadow_kmem_cache *cache, unsigned int nid)
{
	return shadow_slabslab_in(&cache->node[nid]);
}

static bool is_static(const struct slabslab_machine *sm, const void *p)
{
	return !shadow_block_has(&sm->m->block, shadow_virt_to_phys(&sm->m->block, p), 1);
}

/* ------------------------------------------------------------ bootstrap */

static void slabslab_bootstrap(struct kunit *test)
{
	static const char *const steps[] = {
		"kmem_cache: static array and lists",
		"kmalloc-32: static array and lists",
		"kmalloc-128: its array is kmalloc'ed, its lists are static, from kmalloc-32",
	};
	static const char *const then[] = {
		"kmem_cache: its array is kmalloc'ed now, from kmalloc-32",
		"kmalloc-32: its array is kmalloc'ed now, from kmalloc-32",
		"kmem_cache: its lists are kmalloc'ed now, from kmalloc-128",
		"kmalloc-32: its lists are kmalloc'ed now, from kmalloc-128",
		"kmalloc-128: its lists are kmalloc'ed now, from kmalloc-128",
	};
	struct slabslab_machine *sm = machine(test, 512, 2, 1);
	struct shadow_kmem_cache *cache = NULL;
	unsigned int nr = 0, i, cpu;
	char text[128];

	verify(test, sm);
	while ((cache = shadow_slab_next(&sm->slab, cache))) {
		nr++;
		/* Nothing is left of what they began with */
		KUNIT_EXPECT_FALSE(test, is_static(sm, list_of(cache, 0)));
		for (cpu = 0; cpu < 2; cpu++)
			KUNIT_EXPECT_FALSE(test, is_static(sm,
							   shadow_slabslab_cpu_of(cache, cpu)->array));
	}
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		KUNIT_EXPECT_EQ(test, shadow_slabslab_step_text(&sm->slab, i, text,
								sizeof(text)), 0);
		KUNIT_EXPECT_STREQ(test, text, steps[i]);
	}
	KUNIT_EXPECT_EQ(test, shadow_slabslab_step_text(&sm->slab, i, text,
							sizeof(text)), 0);
	KUNIT_EXPECT_TRUE(test, strstr(text, "caches: the other classes"));
	for (i = 0; i < ARRAY_SIZE(then); i++) {
		KUNIT_EXPECT_EQ(test, shadow_slabslab_step_text(&sm->slab, i + 4, text,
								sizeof(text)), 0);
		KUNIT_EXPECT_STREQ(test, text, then[i]);
	}
	KUNIT_EXPECT_EQ(test, shadow_slabslab_step_text(&sm->slab, 9, text,
							sizeof(text)), 0);
	KUNIT_EXPECT_TRUE(test, strstr(text, "caches: arrays of every CPU"));
	KUNIT_EXPECT_EQ(test, shadow_slabslab_step_text(&sm->slab, 10, text,
							sizeof(text)), -ENOENT);
	KUNIT_EXPECT_EQ(test, info_of(sm->slab.kmem_cache).active_objs -
			shadow_slabslab_cpu_of(sm->slab.kmem_cache, 0)->array->avail, nr);
	end(test, sm, 0);
}

/* ----------------------------------------------------- layout and tuning */

static void fill(void *object)
{
	memset(object, 0x5c, 512);
}

/* By hand, after calculate_slab_order() and enable_cpucache(), frames of 4K */
static void slabslab_layout(struct kunit *test)
{
	static const struct {
		u32 bytes, ctor, objsize, objects, pages, limit, batch, shared;
		enum shadow_slabslab_kind kind;
	} want[] = {
		/* Below 16 there is nothing, and 4096/17 with a number each */
		{ 8, 0, 16, 240, 1, 120, 60, 8, SLABSLAB_ON_SLAB },
		/* 128 numbers do not fit into 32 bytes, nor are they worth 128 */
		{ 32, 0, 32, 124, 1, 120, 60, 8, SLABSLAB_ON_SLAB },
		{ 64, 0, 64, 64, 1, 120, 60, 8, SLABSLAB_IN_OBJECT },
		{ 256, 0, 256, 16, 1, 120, 60, 8, SLABSLAB_IN_OBJECT },
		{ 257, 0, 264, 15, 1, 54, 27, 8, SLABSLAB_IN_OBJECT },
		{ 1024, 0, 1024, 4, 1, 54, 27, 8, SLABSLAB_IN_OBJECT },
		{ 1025, 0, 1032, 3, 1, 24, 12, 8, SLABSLAB_IN_OBJECT },
		{ 4096, 0, 4096, 1, 1, 24, 12, 8, SLABSLAB_IN_OBJECT },
		{ 4097, 0, 4104, 1, 2, 8, 4, 0, SLABSLAB_IN_OBJECT },
		{ 131073, 0, 131080, 1, 64, 1, 1, 0, SLABSLAB_IN_OBJECT },
		/* What is constructed stays: 8 numbers in an object of 16 bytes */
		{ 512, 1, 512, 8, 1, 54, 27, 8, SLABSLAB_OFF_SLAB },
		/* 4096 - 6 * 680 has room for 6 */
		{ 680, 1, 680, 6, 1, 54, 27, 8, SLABSLAB_ON_SLAB },
	};
	struct slabslab_machine *sm = machine(test, 1024, 2, 1);
	const struct shadow_slabslab_own *own;
	struct shadow_kmem_cache *cache;
	struct shadow_slabinfo info;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(want); i++) {
		cache = shadow_kmem_cache_create(&sm->slab, "x", want[i].bytes, 0, 0,
						 want[i].ctor ? fill : NULL);
		KUNIT_ASSERT_FALSE(test, IS_ERR(cache));
		info = info_of(cache);
		own = shadow_slabslab_own_of(cache);
		KUNIT_EXPECT_EQ_MSG(test, info.objsize, want[i].objsize, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, info.objperslab, want[i].objects, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, info.pagesperslab, want[i].pages, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, info.limit, want[i].limit, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, info.batchcount, want[i].batch, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, info.shared, want[i].shared, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, own->kind, want[i].kind, "row %u", i);
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), 0);
	}
	end(test, sm, 0);
	/* One CPU shares with nobody */
	sm = machine(test, 256, 1, 1);
	KUNIT_EXPECT_EQ(test, info_of(shadow_slab_find(&sm->slab, "kmalloc-64")).shared, 0);
	end(test, sm, 0);
}

/* Each slab begins a cache line later, until there is no room: then at 0 */
static void slabslab_colours(struct kunit *test)
{
	struct slabslab_machine *sm = machine(test, 256, 1, 1);
	struct shadow_kmem_cache *cache = cache_of(test, sm, "x", 1000);
	u32 colours = (4096 - 4 * 1000) / L1_CACHE_BYTES;
	u32 i, colour, seen = 0;
	char *p;

	cache = cache_of(test, sm, "y", 1500);
	colours = (4096 - 2 * 1500) / L1_CACHE_BYTES;
	KUNIT_EXPECT_EQ(test, shadow_slabslab_own_of(cache)->colour, colours);
	for (i = 0; i < 2 * colours * 2; i++) {
		p = shadow_kmem_cache_alloc(cache, 0);
		KUNIT_ASSERT_NOT_NULL(test, p);
		colour = (p - (char *)sm->m->block.virt) % 4096 % 1504;
		KUNIT_EXPECT_EQ(test, colour % L1_CACHE_BYTES, 0);
		KUNIT_ASSERT_LT(test, colour / L1_CACHE_BYTES, colours);
		seen |= BIT(colour / L1_CACHE_BYTES);
	}
	KUNIT_EXPECT_EQ(test, seen, BIT(colours) - 1);
	end(test, sm, 2 * colours * 2);
}

/* --------------------------------------------------------- random use */

#define NR_SLOTS	1024
#define NR_CACHES	6

/* What the caches of the model are like */
static const struct {
	u32 bytes, align, flags;
	void (*ctor)(void *object);
} kinds[NR_CACHES] = {
	{ 37, 0, 0, NULL },
	{ 200, 0, SHADOW_SLAB_HWCACHE_ALIGN, NULL },
	{ 512, 0, 0, fill },			/* lists off the slab */
	{ 1000, 0, 0, NULL },			/* colours */
	{ 4096, 4096, 0, NULL },
	{ 9000, 0, SHADOW_SLAB_RECLAIM_ACCOUNT, NULL },
};

/**
 * struct model - what should be where, without looking at the allocator
 * @sm: the machine
 * @rnd: what happens next
 * @caches: of @kinds
 * @nr_cpus: of the machine
 * @ptr: objects in use, or NULL
 * @cache: what they are of; NULL: kmalloc
 * @bytes: of each
 * @mark: what each is filled with
 * @live: how many
 * @used: a bit for every 8 bytes of the block
 */
struct model {
	struct slabslab_machine *sm;
	struct rnd_state rnd;
	struct shadow_kmem_cache *caches[NR_CACHES];
	unsigned int nr_cpus;
	char *ptr[NR_SLOTS];
	struct shadow_kmem_cache *cache[NR_SLOTS];
	u32 bytes[NR_SLOTS];
	u8 mark[NR_SLOTS];
	u64 live;
	unsigned long *used;
};

static struct model *model_begin(struct kunit *test, u64 nr_pages, unsigned int nr_cpus,
				 unsigned int nr_nodes)
{
	struct model *model = shadow_test_alloc(test, sizeof(*model));
	char name[8];
	unsigned int i;

	shadow_test_seed(test, &model->rnd);
	model->sm = machine(test, nr_pages, nr_cpus, nr_nodes);
	model->nr_cpus = nr_cpus;
	model->used = shadow_test_alloc(test, (nr_pages << 12) / 64);
	for (i = 0; i < NR_CACHES; i++) {
		snprintf(name, sizeof(name), "x%u", i);
		model->caches[i] = shadow_kmem_cache_create(&model->sm->slab, name,
							    kinds[i].bytes, kinds[i].align,
							    kinds[i].flags, kinds[i].ctor);
		KUNIT_ASSERT_FALSE(test, IS_ERR(model->caches[i]));
	}
	return model;
}

static void model_mark(struct kunit *test, struct model *model, const char *p, u32 bytes,
		       bool used)
{
	u64 word = (p - (char *)model->sm->m->block.virt) / 8;
	u64 to = word + DIV_ROUND_UP(bytes, 8);

	for (; word < to; word++) {
		if (used)
			KUNIT_ASSERT_FALSE(test, test_bit(word, model->used));
		if (used)
			__set_bit(word, model->used);
		else
			__clear_bit(word, model->used);
	}
}

static void model_alloc(struct kunit *test, struct model *model, u32 slot)
{
	unsigned int cpu = shadow_test_below(&model->rnd, model->nr_cpus);
	unsigned int nr_nodes = model->sm->m->nodes.nr_nodes;
	u32 which = shadow_test_below(&model->rnd, NR_CACHES + 3);
	u32 gfp = shadow_test_below(&model->rnd, 8) ? 0 : SHADOW_GFP_ZERO;
	u32 bytes = which < NR_CACHES ? kinds[which].bytes :
					1U << shadow_test_below(&model->rnd, 14);
	struct shadow_kmem_cache *cache = which < NR_CACHES ? model->caches[which] : NULL;
	unsigned int nid = 0;
	char *p;

	if (cache && cache->ctor)
		gfp = 0;
	if (nr_nodes > 1 && !shadow_test_below(&model->rnd, 4)) {
		nid = shadow_test_below(&model->rnd, nr_nodes);
		gfp |= SHADOW_GFP_NODE(nid) | SHADOW_GFP_THISNODE;
	}
	p = cache ? shadow_kmem_cache_alloc_cpu(cache, cpu, gfp) :
		    shadow_kmalloc_cpu(&model->sm->slab, cpu, bytes, gfp);
	if (!p)
		return;
	KUNIT_ASSERT_TRUE(test, shadow_block_has(&model->sm->m->block,
						 shadow_virt_to_phys(&model->sm->m->block, p),
						 bytes));
	KUNIT_ASSERT_EQ(test, shadow_virt_to_phys(&model->sm->m->block, p) %
			(cache ? max(kinds[which].align, 8U) : clamp(bytes, 1U, 4096U)), 0);
	model_mark(test, model, p, bytes, true);
	if (gfp & SHADOW_GFP_ZERO)
		KUNIT_ASSERT_NULL(test, memchr_inv(p, 0, bytes));
	if (gfp & SHADOW_GFP_THISNODE)
		KUNIT_ASSERT_EQ(test, shadow_page_nid(shadow_slab_head(&model->sm->m->nodes, p)),
				nid);
	if (cache && cache->ctor)
		KUNIT_ASSERT_NULL(test, memchr_inv(p, 0x5c, 512));
	model->ptr[slot] = p;
	model->cache[slot] = cache;
	model->bytes[slot] = bytes;
	model->mark[slot] = cache && cache->ctor ? 0x5c : prandom_u32_state(&model->rnd);
	memset(p, model->mark[slot], bytes);
	model->live++;
}

static void model_free(struct kunit *test, struct model *model, u32 slot)
{
	unsigned int cpu = shadow_test_below(&model->rnd, model->nr_cpus);
	char *p = model->ptr[slot];

	KUNIT_ASSERT_NULL(test, memchr_inv(p, model->mark[slot], model->bytes[slot]));
	model_mark(test, model, p, model->bytes[slot], false);
	if (model->cache[slot])
		KUNIT_ASSERT_EQ(test, shadow_kmem_cache_free_cpu(model->cache[slot], cpu, p), 0);
	else
		KUNIT_ASSERT_EQ(test, shadow_kfree_cpu(&model->sm->slab, cpu, p), 0);
	model->ptr[slot] = NULL;
	model->live--;
}

/* Phases of more and of less, so that arrays and slabs run full and empty */
static void model_run(struct kunit *test, struct model *model, u32 nr, u32 every)
{
	u32 i, slot, grow = 1;

	for (i = 0; i < nr; i++) {
		if (i % 2048 == 0)
			grow = shadow_test_below(&model->rnd, 4);
		slot = shadow_test_below(&model->rnd, NR_SLOTS);
		if (model->ptr[slot] && (shadow_test_below(&model->rnd, 4) > grow || grow == 1))
			model_free(test, model, slot);
		else if (!model->ptr[slot])
			model_alloc(test, model, slot);
		if (!shadow_test_below(&model->rnd, 500))
			shadow_kmem_cache_shrink(model->caches[slot % NR_CACHES]);
		if (!shadow_test_below(&model->rnd, 200))
			shadow_slabslab_reap(&model->sm->slab, slot % model->nr_cpus);
		if (i % every == 0) {
			verify(test, model->sm);
			cond_resched();
		}
	}
}

static void model_end(struct kunit *test, struct model *model)
{
	u32 slot;

	for (slot = 0; slot < NR_SLOTS / 2; slot++) {
		if (model->ptr[slot])
			model_free(test, model, slot);
	}
	shadow_test_machine_verify(test, model->sm->m);
	end(test, model->sm, model->live);
}

static void slabslab_random_small(struct kunit *test)
{
	struct model *model = model_begin(test, 512, 1, 1);

	model_run(test, model, 40000, 16);
	model_end(test, model);
}

static void slabslab_random_cpus(struct kunit *test)
{
	struct model *model = model_begin(test, 4096, 4, 1);

	model_run(test, model, 100000, 500);
	model_end(test, model);
}

static void slabslab_random_nodes(struct kunit *test)
{
	struct model *model = model_begin(test, 2048, 4, 2);

	model_run(test, model, 100000, 500);
	model_end(test, model);
}

static struct kunit_case shadow_slabslab_cases[] = {
	KUNIT_CASE(slabslab_bootstrap),
	KUNIT_CASE(slabslab_layout),
	KUNIT_CASE(slabslab_colours),
	KUNIT_CASE(slabslab_random_small),
	KUNIT_CASE(slabslab_random_cpus),
	KUNIT_CASE(slabslab_random_nodes),
	{}
};

static struct kunit_suite shadow_slabslab_suite = {
	.name = "shadow_slabslab",
	.test_cases = shadow_slabslab_cases,
};

kunit_test_suite(shadow_slabslab_suite);
