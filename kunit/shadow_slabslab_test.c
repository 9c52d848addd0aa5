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

/* With red zones, poison and tracks around every object, kmalloc's too */
static int boot_debug(struct slabslab_machine *sm, unsigned int nr_cpus)
{
	const struct shadow_slab_config cfg = {
		.engine = "slab", .seed = SEED,
		.debug = SHADOW_SLAB_RED_ZONE | SHADOW_SLAB_POISON | SHADOW_SLAB_STORE_USER,
	};

	return shadow_slab_init(&sm->slab, &sm->m->nodes, &cfg, nr_cpus, sm->mem);
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

static struct shadow_array_cache *array_of(struct shadow_kmem_cache *cache,
					   unsigned int cpu)
{
	return shadow_slabslab_cpu_of(cache, cpu)->array;
}

/* ------------------------------------------------------------ bootstrap */

static int step(struct slabslab_machine *sm, unsigned int nr, char *text, size_t bytes)
{
	return shadow_slab_step_text(&sm->slab, nr, text, bytes);
}

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
			KUNIT_EXPECT_FALSE(test, is_static(sm, array_of(cache, cpu)));
	}
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		KUNIT_EXPECT_EQ(test, step(sm, i, text, sizeof(text)), 0);
		KUNIT_EXPECT_STREQ(test, text, steps[i]);
	}
	KUNIT_EXPECT_EQ(test, step(sm, i, text, sizeof(text)), 0);
	KUNIT_EXPECT_TRUE(test, strstr(text, "caches: the other classes"));
	for (i = 0; i < ARRAY_SIZE(then); i++) {
		KUNIT_EXPECT_EQ(test, step(sm, i + 4, text, sizeof(text)), 0);
		KUNIT_EXPECT_STREQ(test, text, then[i]);
	}
	KUNIT_EXPECT_EQ(test, step(sm, 9, text, sizeof(text)), 0);
	KUNIT_EXPECT_TRUE(test, strstr(text, "caches: arrays of every CPU"));
	KUNIT_EXPECT_EQ(test, step(sm, 10, text, sizeof(text)), -ENOENT);
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
	struct shadow_kmem_cache *cache = cache_of(test, sm, "x", 1500);
	u32 colours = (4096 - 2 * 1504) / L1_CACHE_BYTES;
	u32 i, colour, seen = 0;
	char *p;

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

/* ------------------------------------------------------------ what moves */

/* So many objects of a cache, on a CPU */
static void **take(struct kunit *test, struct shadow_kmem_cache *cache, unsigned int cpu,
		   u32 nr)
{
	void **objects = shadow_test_alloc(test, nr * sizeof(*objects));
	u32 i;

	for (i = 0; i < nr; i++) {
		objects[i] = shadow_kmem_cache_alloc_cpu(cache, cpu, 0);
		KUNIT_ASSERT_NOT_NULL(test, objects[i]);
	}
	return objects;
}

static void give(struct kunit *test, struct shadow_kmem_cache *cache, unsigned int cpu,
		 void **objects, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		KUNIT_ASSERT_EQ(test, shadow_kmem_cache_free_cpu(cache, cpu, objects[i]), 0);
}

static u32 avail(struct shadow_kmem_cache *cache, unsigned int cpu)
{
	return shadow_slabslab_cpu_of(cache, cpu)->array->avail;
}

/* 512 bytes: 8 in a slab, arrays of 54, batches of 27, the shared one 216 */
static void slabslab_arrays(struct kunit *test)
{
	struct slabslab_machine *sm = machine(test, 1024, 2, 1);
	struct shadow_kmem_cache *cache = cache_of(test, sm, "x", 512);
	void **objects;

	/* An array that nobody has touched gets 16, then 27 at once */
	objects = take(test, cache, 0, 1);
	KUNIT_EXPECT_EQ(test, avail(cache, 0), 7);
	KUNIT_EXPECT_EQ(test, info_of(cache).num_slabs, 1);
	give(test, cache, 0, objects, 1);
	objects = take(test, cache, 0, 200);
	KUNIT_EXPECT_EQ(test, info_of(cache).num_slabs, 25);
	KUNIT_EXPECT_EQ(test, avail(cache, 0), 0);
	/* 54 stay, then a batch goes to the shared array each time */
	give(test, cache, 1, objects, 54);
	KUNIT_EXPECT_EQ(test, info_of(cache).shared_avail, 0);
	give(test, cache, 1, objects + 54, 1);
	KUNIT_EXPECT_EQ(test, info_of(cache).shared_avail, 27);
	KUNIT_EXPECT_EQ(test, avail(cache, 1), 28);
	give(test, cache, 1, objects + 55, 145);
	KUNIT_EXPECT_EQ(test, info_of(cache).shared_avail, 162);
	KUNIT_EXPECT_EQ(test, info_of(cache).active_slabs, 25);
	KUNIT_EXPECT_EQ(test, info_of(cache).active_objs, 200);
	/* The other CPU has from there what this one gave, the last first */
	KUNIT_EXPECT_PTR_EQ(test, shadow_kmem_cache_alloc_cpu(cache, 0, 0), objects[161]);
	KUNIT_EXPECT_EQ(test, info_of(cache).shared_avail, 135);
	verify(test, sm);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), -EBUSY);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_shrink(cache), 1);
	KUNIT_EXPECT_EQ(test, info_of(cache).num_slabs, 1);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free_cpu(cache, 0, objects[161]), 0);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), 0);
	end(test, sm, 0);
}

/* More than free_limit, (1 + 1) * 27 + 8, do not stay: one CPU shares nothing */
static void slabslab_free_limit(struct kunit *test)
{
	struct slabslab_machine *sm = machine(test, 1024, 1, 1);
	struct shadow_kmem_cache *cache = cache_of(test, sm, "x", 512);
	void **objects = take(test, cache, 0, 400);
	u32 i;

	KUNIT_EXPECT_EQ(test, list_of(cache, 0)->free_limit, 62);
	for (i = 0; i < 400; i++) {
		give(test, cache, 0, objects + i, 1);
		KUNIT_ASSERT_LE(test, list_of(cache, 0)->free_objects, 62 + 7);
	}
	KUNIT_EXPECT_LT(test, info_of(cache).num_slabs, 20);
	KUNIT_EXPECT_GT(test, info_of(cache).num_slabs, info_of(cache).active_slabs);
	end(test, sm, 0);
}

/* What another node's CPU frees waits there, twelve at a time, and goes home. */
static void slabslab_aliens(struct kunit *test)
{
	struct slabslab_machine *sm = machine(test, 2048, 2, 2);
	struct shadow_kmem_cache *cache = cache_of(test, sm, "x", 512);
	void **objects = take(test, cache, 0, 40);
	struct shadow_slabslab_array alien = shadow_slabslab_alien(cache, 1, 0);
	u32 i, had;

	for (i = 0; i < 40; i++)
		KUNIT_ASSERT_EQ(test, shadow_page_nid(shadow_slab_head(&sm->m->nodes,
								       objects[i])), 0);
	KUNIT_ASSERT_NOT_NULL(test, alien.in);
	KUNIT_EXPECT_EQ(test, alien.limit, SHADOW_SLABSLAB_ALIEN);
	KUNIT_EXPECT_PTR_EQ(test, shadow_slabslab_alien(cache, 0, 0).in, NULL);
	give(test, cache, 1, objects, 12);
	KUNIT_EXPECT_EQ(test, alien.in->avail, 12);
	KUNIT_EXPECT_EQ(test, avail(cache, 1), 0);
	/* Freed a second time, or by way of another array */
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free_cpu(cache, 1, objects[11]), -EINVAL);
	verify(test, sm);
	give(test, cache, 1, objects + 12, 1);
	KUNIT_EXPECT_EQ(test, alien.in->avail, 1);
	KUNIT_EXPECT_EQ(test, shadow_slabslab_shared(cache, 0).in->avail, 12);
	/* The reaper looks at one other node at a time */
	had = shadow_slabslab_shared(cache, 0).in->avail;
	KUNIT_EXPECT_EQ(test, shadow_slab_reap(&sm->slab, 1), 0);
	KUNIT_EXPECT_EQ(test, alien.in->avail, 0);
	KUNIT_EXPECT_EQ(test, shadow_slabslab_shared(cache, 0).in->avail, had + 1);
	verify(test, sm);
	give(test, cache, 0, objects + 13, 27);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), 0);
	end(test, sm, 0);
}

static void slabslab_reaping(struct kunit *test)
{
	struct slabslab_machine *sm = machine(test, 1024, 2, 1);
	struct shadow_kmem_cache *cache = cache_of(test, sm, "x", 512);
	void **objects = take(test, cache, 0, 400);
	u64 slabs, had;
	u32 i;

	give(test, cache, 0, objects, 400);
	KUNIT_EXPECT_EQ(test, info_of(cache).shared_avail, 216);
	had = avail(cache, 0);
	KUNIT_EXPECT_EQ(test, had, 49);
	/* It was used: nothing but that is noted. Then a fifth of 54, and again */
	KUNIT_EXPECT_EQ(test, shadow_slab_reap(&sm->slab, 0), 0);
	KUNIT_EXPECT_EQ(test, avail(cache, 0), had);
	KUNIT_EXPECT_EQ(test, shadow_slab_reap(&sm->slab, 0), 0);
	KUNIT_EXPECT_EQ(test, avail(cache, 0), had - 11);
	/* Every second time the shared one, of which nothing was taken: 44 */
	KUNIT_EXPECT_EQ(test, info_of(cache).shared_avail, 216 - 44);
	verify(test, sm);
	slabs = info_of(cache).num_slabs;
	for (i = 0; i < 6; i++)
		KUNIT_EXPECT_EQ(test, shadow_slab_reap(&sm->slab, 0), 0);
	KUNIT_EXPECT_LT(test, info_of(cache).num_slabs, slabs);
	for (i = 0; i < 200; i++)
		KUNIT_EXPECT_EQ(test, shadow_slab_reap(&sm->slab, 0), 0);
	KUNIT_EXPECT_EQ(test, avail(cache, 0), 0);
	KUNIT_EXPECT_EQ(test, info_of(cache).num_slabs, 0);
	end(test, sm, 0);
}

/* All that an allocation has from others can be missing; nothing is lost. */
static void slabslab_oom(struct kunit *test)
{
	struct slabslab_machine *sm;
	struct shadow_kmem_cache *cache;
	u64 nr_free, nr_live, left;
	void *objects[64];
	u32 i, tried = 0;

	/* Too little for the bootstrap: at each size it fails and leaves nothing */
	for (i = 1; i < 64; i++) {
		sm = machine_without_slab(test, i, 2, 1);
		tried += boot(sm, 2) == -ENOMEM;
		shadow_slab_fini(&sm->slab);
		KUNIT_ASSERT_EQ(test, shadow_test_machine_free(sm->m), sm->nr_free);
		shadow_test_machine_verify(test, sm->m);
	}
	KUNIT_EXPECT_GT(test, tried, 10);
	/* And for a cache, or the numbers of its slabs */
	sm = machine(test, 256, 2, 1);
	nr_free = shadow_test_machine_free(sm->m);
	for (left = 0; left < 12; left++) {
		while (shadow_test_machine_free(sm->m) > left)
			KUNIT_ASSERT_NOT_NULL(test, shadow_alloc_pages(&sm->m->nodes, 0, 0));
		nr_live = info_of(sm->slab.kmem_cache).active_objs;
		cache = shadow_kmem_cache_create(&sm->slab, "x", 512, 0, 0, fill);
		for (i = 0; !IS_ERR(cache) && i < 64; i++) {
			objects[i] = shadow_kmem_cache_alloc(cache, 0);
			if (!objects[i])
				break;
		}
		verify(test, sm);
		if (!IS_ERR(cache)) {
			give(test, cache, 0, objects, i);
			KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), 0);
		} else {
			KUNIT_EXPECT_EQ(test, PTR_ERR(cache), -ENOMEM);
		}
		KUNIT_EXPECT_LE(test, info_of(sm->slab.kmem_cache).active_objs,
				nr_live + 32);
		/* One frame more for the next round */
		shadow_test_machine_drain(sm->m);
		if (!shadow_test_machine_free(sm->m))
			break;
	}
	verify(test, sm);
	KUNIT_EXPECT_LE(test, shadow_test_machine_free(sm->m), nr_free);
	KUNIT_EXPECT_EQ(test, shadow_slab_fini(&sm->slab), 0);
}

/* The nth slab alone is refused; 0: none */
static void fail_slab(struct kunit *test, struct slabslab_machine *sm, u32 nth)
{
	const struct shadow_fail_attr attr = {
		.probability = nth ? 100 : 0, .interval = nth, .times = 1,
	};

	KUNIT_ASSERT_EQ(test, shadow_fail_arm(&sm->m->fail, SHADOW_FAIL_SLAB, &attr), 0);
}

/* The injected failure of any one slab: the object, or nothing, never less */
static void slabslab_injected(struct kunit *test)
{
	struct slabslab_machine *sm = machine(test, 512, 2, 1);
	struct shadow_kmem_cache *cache;
	u32 i, failed = 0;
	void *p;

	for (i = 0; i < 40; i++) {
		fail_slab(test, sm, i + 1);
		cache = shadow_kmem_cache_create(&sm->slab, "x", 512, 0, 0, fill);
		p = IS_ERR(cache) ? NULL : shadow_kmem_cache_alloc_cpu(cache, 1, 0);
		failed += !p;
		fail_slab(test, sm, 0);
		verify(test, sm);
		if (p)
			KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free_cpu(cache, 0, p), 0);
		if (!IS_ERR(cache))
			KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), 0);
	}
	KUNIT_EXPECT_GT(test, failed, 0);
	end(test, sm, 0);
}

/* --------------------------------------------------------------- detected */

static void expect_fault(struct kunit *test, struct slabslab_machine *sm,
			 const char *what)
{
	struct shadow_fault fault;

	shadow_fault_init(&fault);
	KUNIT_EXPECT_EQ_MSG(test, shadow_slab_verify(&sm->slab, &fault), -EUCLEAN, "%s",
			    what);
	KUNIT_EXPECT_TRUE_MSG(test, strstarts(fault.text, "slab: "), "%s: %s", what,
			      fault.text);
	/* It has looked and not touched */
	KUNIT_EXPECT_FALSE(test, shadow_fault_frozen(&sm->m->fault));
}

/* Structures that are broken one after the other, each in a machine of its own */
enum victim {
	CPU_AVAIL, CPU_MORE, CPU_ENTRY, CPU_ENTRY_OTHER, SHARED_AVAIL, SHARED_ENTRY,
	SHARED_REF, NUMBER, NUMBER_TWICE, HOLDER, INUSE, LIST_FIRST, COLOUR, OFF_REF,
	NR_VICTIMS
};

static const char *const victims[NR_VICTIMS] = {
	"CPU's count", "CPU's count, more", "CPU's entry", "CPU's entry, of another object",
	"shared count", "shared entry", "reference of the shared array", "a number",
	"a number twice", "where the numbers are", "objects in use", "partial list",
	"colour", "reference of the numbers",
};

static void break_it(struct kunit *test, struct slabslab_machine *sm,
		     struct shadow_kmem_cache *cache, struct shadow_kmem_cache *off,
		     void *object, enum victim victim)
{
	struct shadow_array_cache *array = shadow_slabslab_cpu_of(cache, 0)->array;
	struct shadow_array_cache *shared = shadow_slabslab_shared(cache, 0).in;
	struct shadow_kmem_list *in = list_of(cache, 0);
	struct shadow_page *page = shadow_page_at(&sm->m->nodes.memmap, in->partial.first);
	struct shadow_slabslab s;
	u8 *numbers;

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_TRUE(test, shadow_slabslab_check(cache, page, &s));
	numbers = shadow_slabslab_numbers(cache, &s);
	KUNIT_ASSERT_NOT_NULL(test, numbers);
	switch (victim) {
	case CPU_AVAIL:
		array->avail--;
		break;
	case CPU_MORE:
		array->avail = 5000;
		break;
	case CPU_ENTRY:
		array->entry[array->avail - 1] ^= 1U << 31;
		break;
	case CPU_ENTRY_OTHER:
		array->entry[array->avail - 1] = shadow_slabslab_ref(cache, object);
		break;
	case SHARED_AVAIL:
		shared->avail = 217;
		break;
	case SHARED_ENTRY:
		shared->entry[shared->avail - 1] += 3;
		break;
	case SHARED_REF:
		in->shared += 1;
		break;
	case NUMBER:
		numbers[page->slab.inuse] = 8;
		break;
	case NUMBER_TWICE:
		numbers[page->slab.inuse] = numbers[7];
		break;
	case HOLDER:
		page->slab.freelist = 200;
		break;
	case INUSE:
		page->slab.inuse = 9;
		break;
	case LIST_FIRST:
		in->partial.first = 5000;
		break;
	case COLOUR:
		page->slab.state |= 0x80000000;
		break;
	default:
		page = shadow_page_at(&sm->m->nodes.memmap, list_of(off, 0)->partial.first);
		KUNIT_ASSERT_NOT_NULL(test, page);
		page->slab.freelist ^= 1;
	}
}

/* What is broken is seen by who looks, and by who works: the machine freezes. */
static void slabslab_corruption(struct kunit *test)
{
	struct shadow_kmem_cache *cache, *off;
	struct slabslab_machine *sm;
	void **objects;
	unsigned int victim, i;

	for (victim = 0; victim < NR_VICTIMS; victim++) {
		sm = machine(test, 1024, 2, 1);
		cache = cache_of(test, sm, "x", 512);
		off = shadow_kmem_cache_create(&sm->slab, "y", 512, 0, 0, fill);
		KUNIT_ASSERT_FALSE(test, IS_ERR(off));
		/* 33 in the array, 27 shared, 3 of 8 of the last slab in use */
		objects = take(test, cache, 0, 203);
		take(test, off, 0, 3);
		shadow_kmem_cache_shrink(off);
		shadow_kmem_cache_shrink(cache);
		give(test, cache, 0, objects, 60);
		KUNIT_ASSERT_EQ(test, info_of(cache).shared_avail, 27);
		verify(test, sm);
		break_it(test, sm, cache, off, objects[100], victim);
		expect_fault(test, sm, victims[victim]);
		for (i = 0; i < 250 && !shadow_fault_frozen(&sm->m->fault); i++) {
			shadow_kmem_cache_alloc_cpu(cache, i & 1, 0);
			shadow_kmem_cache_alloc_cpu(off, 0, 0);
		}
		shadow_kmem_cache_shrink(cache);
		KUNIT_EXPECT_TRUE_MSG(test, shadow_fault_frozen(&sm->m->fault), "%s",
				      victims[victim]);
		KUNIT_EXPECT_TRUE_MSG(test, strstarts(sm->m->fault.text, "slab: cache "),
				      "%s: %s", victims[victim], sm->m->fault.text);
		KUNIT_EXPECT_NULL(test, shadow_kmem_cache_alloc(cache, 0));
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, objects[101]), -EUCLEAN);
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_shrink(cache), -EUCLEAN);
		shadow_slab_fini(&sm->slab);
	}
}

/* Freed twice: at once, when all of its slab is free, and what lies in between */
static void slabslab_double_free(struct kunit *test)
{
	struct slabslab_machine *sm = machine(test, 1024, 2, 1);
	struct shadow_kmem_cache *cache = cache_of(test, sm, "x", 512);
	struct shadow_kmem_cache *other = cache_of(test, sm, "y", 512);
	void **objects = take(test, cache, 0, 16);
	char on_stack[16];
	u32 i;

	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(other, objects[0]), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, on_stack), -EINVAL);
	for (i = 1; i < 512; i++)
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, objects[0] + i), -EINVAL);
	give(test, cache, 0, objects, 1);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free_cpu(cache, 0, objects[0]), -EINVAL);
	for (i = 1; i < 512; i++)
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, objects[0] + i), -EINVAL);
	give(test, cache, 0, objects + 1, 15);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_shrink(cache), 0);
	for (i = 0; i < 16; i++)
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free_cpu(cache, 0, objects[i]), -EINVAL);
	end(test, sm, 0);
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

static struct model *model_begin_with(struct kunit *test, u64 nr_pages,
				      unsigned int nr_cpus, unsigned int nr_nodes,
				      int (*how)(struct slabslab_machine *sm,
						 unsigned int nr_cpus))
{
	struct model *model = shadow_test_alloc(test, sizeof(*model));
	char name[8];
	unsigned int i;

	shadow_test_seed(test, &model->rnd);
	model->sm = machine_without_slab(test, nr_pages, nr_cpus, nr_nodes);
	KUNIT_ASSERT_EQ(test, how(model->sm, nr_cpus), 0);
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

static struct model *model_begin(struct kunit *test, u64 nr_pages, unsigned int nr_cpus,
				 unsigned int nr_nodes)
{
	return model_begin_with(test, nr_pages, nr_cpus, nr_nodes, boot);
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
			shadow_slab_reap(&model->sm->slab, slot % model->nr_cpus);
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

/* The engine's own arrays and lists have red zones, too. */
static void slabslab_random_debug(struct kunit *test)
{
	struct model *model = model_begin_with(test, 4096, 2, 2, boot_debug);

	model_run(test, model, 30000, 500);
	model_end(test, model);
}

static struct kunit_case shadow_slabslab_cases[] = {
	KUNIT_CASE(slabslab_bootstrap),
	KUNIT_CASE(slabslab_layout),
	KUNIT_CASE(slabslab_colours),
	KUNIT_CASE(slabslab_arrays),
	KUNIT_CASE(slabslab_free_limit),
	KUNIT_CASE(slabslab_aliens),
	KUNIT_CASE(slabslab_reaping),
	KUNIT_CASE(slabslab_oom),
	KUNIT_CASE(slabslab_injected),
	KUNIT_CASE(slabslab_corruption),
	KUNIT_CASE(slabslab_double_free),
	KUNIT_CASE(slabslab_random_small),
	KUNIT_CASE(slabslab_random_cpus),
	KUNIT_CASE(slabslab_random_nodes),
	KUNIT_CASE(slabslab_random_debug),
	{}
};

static struct kunit_suite shadow_slabslab_suite = {
	.name = "shadow_slabslab",
	.test_cases = shadow_slabslab_cases,
};

kunit_test_suite(shadow_slabslab_suite);
