// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every engine, exhaustively: slabs of objects of each size and alignment; all
 * ways to allocate and free a few objects; and a failure at each call that asks
 * for memory, while the caches boot and while they are used.
 */
#include "shadow_test_slab.h"

#include <linux/bitmap.h>

#define NR_PAGES	512
#define MAX_BYTES	4200
#define SEED		0x5a11ULL

/* How many sizes are left out between two, and how long sequences are */
#if defined(__KERNEL__) || defined(__SANITIZE_ADDRESS__)
#define STRIDE		61
#define LENGTH		6
#else
#define STRIDE		1
#define LENGTH		8
#endif

static const char *engine_of(struct kunit *test)
{
	return *(const char *const *)test->param_value;
}

static bool is_slob(const struct shadow_test_slabs *sm)
{
	return !strcmp(sm->slab.cfg.engine, "slob");
}

static void verify(struct kunit *test, struct shadow_test_slabs *sm)
{
	KUNIT_ASSERT_FALSE_MSG(test, shadow_fault_frozen(&sm->m->fault), "%s",
			       sm->m->fault.text);
	SHADOW_TEST_VERIFY(test, shadow_slab_verify(&sm->slab, &__fault));
}

static void shrink_all(struct shadow_test_slabs *sm)
{
	struct shadow_kmem_cache *cache = NULL;

	while ((cache = shadow_slab_next(&sm->slab, cache)))
		shadow_kmem_cache_shrink(cache);
}

/* --------------------------------------------------------------- geometry -- */

/**
 * struct shape - caches of one shape after the other, of one machine
 * @sm: the machine
 * @owned: a bit a byte: an object lies there
 * @objects: what was handed out
 * @nr: how many
 * @rnd: the order in which they are freed
 */
struct shape {
	struct shadow_test_slabs *sm;
	unsigned long *owned;
	void *objects[2 * 4096];
	u32 nr;
	struct rnd_state rnd;
};

static u64 place_of(const struct shape *s, const void *p)
{
	return (const char *)p - (const char *)s->sm->m->block.virt;
}

static void take_one(struct kunit *test, struct shape *s,
		     struct shadow_kmem_cache *cache, u32 bytes, u32 align)
{
	char *p = shadow_kmem_cache_alloc_cpu(cache, 0, 0);
	u64 at = place_of(s, p);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_LE_MSG(test, at + bytes, s->sm->m->block.bytes,
			    "%u bytes, align %u", bytes, align);
	KUNIT_ASSERT_TRUE_MSG(test, IS_ALIGNED(at, max(align, 8U)),
			      "%u bytes, align %u: at %llu", bytes, align, at);
	KUNIT_ASSERT_GE_MSG(test, find_next_bit(s->owned, at + bytes, at), at + bytes,
			    "%u bytes, align %u: two at %llu", bytes, align, at);
	bitmap_set(s->owned, at, bytes);
	memset(p, s->nr, bytes);
	s->objects[s->nr++] = p;
}

/* Forwards, backwards, or at random */
static void give_all(struct kunit *test, struct shape *s,
		     struct shadow_kmem_cache *cache, u32 bytes)
{
	u32 order = shadow_test_below(&s->rnd, 3), done = 0, i, nr = s->nr;
	u8 *p, fill;

	for (; s->nr; s->nr--, done++) {
		i = order ? s->nr - 1 : done;
		if (order == 2)
			i = shadow_test_below(&s->rnd, s->nr);
		p = s->objects[i];
		/* The last one takes its place, and has been filled by its own */
		fill = p[0];
		KUNIT_ASSERT_NULL(test, memchr_inv(p, fill, bytes));
		bitmap_clear(s->owned, place_of(s, p), bytes);
		KUNIT_ASSERT_EQ(test, shadow_kmem_cache_free_cpu(cache, 0, p), 0);
		if (order)
			s->objects[i] = s->objects[s->nr - 1];
	}
	KUNIT_ASSERT_EQ(test, done, nr);
}

static void try_shape(struct kunit *test, struct shape *s, u32 bytes, u32 align)
{
	struct shadow_slab *slab = &s->sm->slab;
	u64 nr_free = shadow_test_machine_free(s->sm->m);
	struct shadow_kmem_cache *cache;
	struct shadow_slabinfo info;
	u32 nr;

	cache = shadow_kmem_cache_create(slab, "shape", bytes, align, 0, NULL);
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(cache), "%u bytes, align %u: %ld", bytes,
			       align, PTR_ERR(cache));
	shadow_slab_get_info(cache, &info);
	nr = is_slob(s->sm) ? 2 * SZ_4K / max(bytes, align) : 2 * info.objperslab;
	KUNIT_ASSERT_LE(test, nr, ARRAY_SIZE(s->objects));
	while (s->nr < max(nr, 2U))
		take_one(test, s, cache, bytes, align);
	shadow_slab_get_info(cache, &info);
	if (!is_slob(s->sm))
		KUNIT_ASSERT_GE_MSG(test, info.num_slabs, 2, "%u bytes, align %u",
				    bytes, align);
	if (bytes % 16 == 1)
		verify(test, s->sm);
	give_all(test, s, cache, bytes);
	KUNIT_ASSERT_EQ(test, shadow_kmem_cache_destroy(cache), 0);
	/* A slab that an engine has kept for later goes when it is asked to */
	if (shadow_test_machine_free(s->sm->m) != nr_free)
		shrink_all(s->sm);
	KUNIT_ASSERT_EQ_MSG(test, shadow_test_machine_free(s->sm->m), nr_free,
			    "%u bytes, align %u", bytes, align);
}

static void every_shape(struct kunit *test)
{
	struct shape *s = shadow_test_alloc(test, sizeof(*s));
	u32 bytes, align;

	shadow_test_seed(test, &s->rnd);
	s->sm = shadow_test_slabs(test, SHADOW_TEST_SLAB(engine_of(test), SEED),
				  NR_PAGES, 1);
	s->owned = shadow_test_alloc(test, NR_PAGES * SZ_4K / 8);
	/* What the first cache needs beside its own slabs is there from now on */
	try_shape(test, s, 8, 0);
	shrink_all(s->sm);
	for (bytes = 1; bytes <= MAX_BYTES; bytes += STRIDE) {
		try_shape(test, s, bytes, 0);
		for (align = 8; align <= SZ_4K; align *= 2)
			if (bytes % 8 == align / 8 % 8 || bytes == align)
				try_shape(test, s, bytes, align);
		cond_resched();
	}
	verify(test, s->sm);
	KUNIT_EXPECT_EQ(test, shadow_slab_fini(&s->sm->slab), 0);
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(s->sm->m), s->sm->nr_free);
}

/* -------------------------------------------------------------- sequences -- */

/**
 * struct sequence - what is done, one after the other
 * @sm: the machine
 * @cache: with three objects in a slab
 * @bytes: of an object
 * @choice: by step: 0 and 1 allocate on that CPU, 2 shrinks, others free
 * @limit: by step, how many choices there were
 * @live: objects in use
 * @nr_live: how many
 */
struct sequence {
	struct shadow_test_slabs *sm;
	struct shadow_kmem_cache *cache;
	u32 bytes;
	u32 choice[LENGTH];
	u32 limit[LENGTH];
	u8 *live[LENGTH];
	u32 nr_live;
};

static void sequence_alloc(struct kunit *test, struct sequence *q, u32 cpu, u32 nr)
{
	u8 *p = shadow_kmem_cache_alloc_cpu(q->cache, cpu, 0);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, p);
	for (i = 0; i < q->nr_live; i++)
		KUNIT_ASSERT_TRUE(test, p + q->bytes <= q->live[i] ||
				  q->live[i] + q->bytes <= p);
	memset(p, 'a' + nr, q->bytes);
	q->live[q->nr_live++] = p;
}

/* By the CPU that its place among the others says */
static void sequence_free(struct kunit *test, struct sequence *q, u32 i)
{
	u8 *p = q->live[i];

	KUNIT_ASSERT_NULL(test, memchr_inv(p, p[0], q->bytes));
	KUNIT_ASSERT_EQ(test, shadow_kmem_cache_free_cpu(q->cache, i % 2, p), 0);
	q->live[i] = q->live[--q->nr_live];
}

static void sequence_run(struct kunit *test, struct sequence *q)
{
	u32 i, choice;

	for (i = 0; i < LENGTH; i++) {
		choice = q->choice[i];
		q->limit[i] = 3 + q->nr_live;
		if (choice < 2)
			sequence_alloc(test, q, choice, i);
		else if (choice == 2)
			shadow_kmem_cache_shrink(q->cache);
		else
			sequence_free(test, q, choice - 3);
		verify(test, q->sm);
	}
	while (q->nr_live)
		sequence_free(test, q, 0);
	KUNIT_ASSERT_EQ(test, shadow_kmem_cache_shrink(q->cache), 0);
}

/* The next one: the last step that has another choice takes that */
static bool sequence_next(struct sequence *q)
{
	u32 i = LENGTH;

	while (i--) {
		if (++q->choice[i] < q->limit[i])
			return true;
		q->choice[i] = 0;
	}
	return false;
}

/* Slabs with three objects: of one of these sizes every engine makes them */
static void three_in_a_slab(struct kunit *test, struct sequence *q, u32 flags)
{
	struct shadow_slabinfo info;

	for (q->bytes = 1300; q->bytes < 12000; q->bytes += 100) {
		q->cache = shadow_kmem_cache_create(&q->sm->slab, "three", q->bytes, 0,
						    flags, NULL);
		KUNIT_ASSERT_FALSE(test, IS_ERR(q->cache));
		shadow_slab_get_info(q->cache, &info);
		if (info.objperslab == 3 || is_slob(q->sm))
			return;
		KUNIT_ASSERT_EQ(test, shadow_kmem_cache_destroy(q->cache), 0);
	}
	KUNIT_FAIL_AND_ABORT(test, "no slab has three objects");
}

static void every_sequence(struct kunit *test)
{
	struct sequence *q = shadow_test_alloc(test, sizeof(*q));
	u64 nr_free, nr = 0;

	q->sm = shadow_test_slabs(test, SHADOW_TEST_SLAB(engine_of(test), SEED), 128, 2);
	three_in_a_slab(test, q, 0);
	shrink_all(q->sm);
	nr_free = shadow_test_machine_free(q->sm->m);
	do {
		sequence_run(test, q);
		KUNIT_ASSERT_EQ(test, shadow_test_machine_free(q->sm->m), nr_free);
		if (nr++ % 256 == 0)
			cond_resched();
	} while (sequence_next(q));
	kunit_info(test, "%llu sequences of %u\n", nr, LENGTH);
	KUNIT_EXPECT_EQ(test, shadow_slab_fini(&q->sm->slab), 0);
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(q->sm->m), q->sm->nr_free);
}

/* --------------------------------------------------------------- failures -- */

/**
 * struct scene - what is done while something fails
 * @sm: the machine
 * @cache: caches of some shapes
 * @object: objects of theirs, and memory of kmalloc
 * @nr: how many objects
 */
struct scene {
	struct shadow_test_slabs *sm;
	struct shadow_kmem_cache *cache[3];
	void *object[256];
	u32 nr;
};

static void mark(void *object)
{
	*(u64 *)object = SEED;
}

static const struct {
	const char *name;
	u32 bytes, align, flags;
	void (*ctor)(void *object);
} shapes[] = {
	{ "plain", 200, 0, 0, NULL },
	{ "made", 700, 64, SHADOW_SLAB_HWCACHE_ALIGN, mark },
	{ "typed", 3000, 0, SHADOW_SLAB_TYPESAFE_BY_RCU, NULL },
};

static bool keep(struct scene *scene, void *p)
{
	if (p)
		scene->object[scene->nr++] = p;
	return p;
}

static bool do_create(struct kunit *test, struct scene *scene, u32 i)
{
	struct shadow_kmem_cache *cache;

	cache = shadow_kmem_cache_create(&scene->sm->slab, shapes[i].name,
					 shapes[i].bytes, shapes[i].align,
					 shapes[i].flags, shapes[i].ctor);
	if (!IS_ERR(cache)) {
		scene->cache[i] = cache;
		return true;
	}
	KUNIT_EXPECT_EQ(test, PTR_ERR(cache), -ENOMEM);
	KUNIT_EXPECT_NULL(test, shadow_slab_find(&scene->sm->slab, shapes[i].name));
	return false;
}

static bool do_alloc(struct kunit *test, struct scene *scene, u32 i)
{
	struct shadow_kmem_cache *cache = scene->cache[i % 3];

	return keep(scene, shadow_kmem_cache_alloc_cpu(cache, i / 3 % 2, 0));
}

static bool do_bulk(struct kunit *test, struct scene *scene, u32 i)
{
	void **to = &scene->object[scene->nr];
	u32 nr = shadow_kmem_cache_alloc_bulk(scene->cache[i], 0, 16, to);

	KUNIT_EXPECT_TRUE(test, !nr || nr == 16);
	scene->nr += nr;
	return nr;
}

static bool do_kmalloc(struct kunit *test, struct scene *scene, u32 i)
{
	static const u32 bytes[] = {
		8, 96, 250, 1024, 2000, 4096, 8192, 8193, 16384, 40000,
	};

	return keep(scene, shadow_kmalloc_cpu(&scene->sm->slab, i % 2,
					      bytes[i % ARRAY_SIZE(bytes)],
					      i % 3 ? 0 : SHADOW_GFP_ZERO));
}

/* The last thing is what the step before has allocated: it stays as it is */
static bool do_krealloc(struct kunit *test, struct scene *scene, u32 i)
{
	u8 **last = (u8 **)&scene->object[scene->nr - 1], *p;
	size_t room = shadow_ksize(&scene->sm->slab, *last);

	memset(*last, 0x5c, room);
	p = shadow_krealloc(&scene->sm->slab, *last, room + 1 + i * 3000, 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(p ? : *last, 0x5c, room));
	if (p)
		*last = p;
	return p;
}

/**
 * struct act - one thing after the other
 * @run: false where there was no memory
 * @nr: it is done for 0 ... this less one
 * @keeps: slabs that it has made stay where it fails half-way
 */
struct act {
	bool (*run)(struct kunit *test, struct scene *scene, u32 i);
	u32 nr;
	bool keeps;
};

static const struct act acts[] = {
	{ do_create, ARRAY_SIZE(shapes), false },
	{ do_alloc, 60, false },
	{ do_bulk, ARRAY_SIZE(shapes), true },
	{ do_kmalloc, 20, false },
	{ do_krealloc, 3, false },
};

static void arm(struct kunit *test, struct shadow_test_slabs *sm,
		enum shadow_fail_point point, u32 nth)
{
	struct shadow_fail_attr attr = {
		.probability = nth ? 100 : 0, .interval = nth, .times = 1,
	};

	KUNIT_ASSERT_EQ(test, shadow_fail_arm(&sm->m->fail, point, &attr), 0);
}

static u64 nr_slabs(struct shadow_test_slabs *sm)
{
	struct shadow_kmem_cache *cache = NULL;
	struct shadow_slabinfo info;
	u64 nr = 0;

	/* Caches count, too */
	while ((cache = shadow_slab_next(&sm->slab, cache))) {
		shadow_slab_get_info(cache, &info);
		nr += info.num_slabs + 0x10000;
	}
	return nr;
}

/* What fails has changed nothing, and the next time it does not fail */
static void run_act(struct kunit *test, struct scene *scene, const struct act *act,
		    u32 i)
{
	struct shadow_test_slabs *sm = scene->sm;
	u64 nr_free = shadow_test_machine_free(sm->m), nr = nr_slabs(sm);

	if (!act->run(test, scene, i)) {
		verify(test, sm);
		if (!act->keeps) {
			KUNIT_EXPECT_EQ(test, shadow_test_machine_free(sm->m), nr_free);
			KUNIT_EXPECT_EQ(test, nr_slabs(sm), nr);
		}
		KUNIT_ASSERT_TRUE(test, act->run(test, scene, i));
	}
	verify(test, sm);
}

static void end_scene(struct kunit *test, struct scene *scene)
{
	struct shadow_slab *slab = &scene->sm->slab;
	u32 i, nr_busy = 0;

	for (i = 0; i < ARRAY_SIZE(shapes); i++)
		nr_busy += shadow_kmem_cache_destroy(scene->cache[i]) == -EBUSY;
	KUNIT_EXPECT_EQ(test, nr_busy, ARRAY_SIZE(shapes));
	for (i = 0; i < scene->nr; i++) {
		struct shadow_kmem_cache *cache = NULL;

		if (i < 60)
			cache = scene->cache[i % 3];
		else if (i < 60 + 48)
			cache = scene->cache[(i - 60) / 16];
		KUNIT_ASSERT_EQ(test, cache ? shadow_kmem_cache_free(cache, scene->object[i]) :
				shadow_kfree(slab, scene->object[i]), 0);
	}
	for (i = 0; i < ARRAY_SIZE(shapes); i++)
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(scene->cache[i]), 0);
	for (i = 0; i < 3; i++)
		shadow_slab_grace(slab);
	verify(test, scene->sm);
}

/* One run in which the @nth call of a point fails; false: there was none such */
static bool play(struct kunit *test, struct scene *scene,
		 enum shadow_fail_point point, u32 nth)
{
	struct shadow_test_slabs *sm = scene->sm;
	u32 act, i;
	int err;

	scene->nr = 0;
	shadow_test_machine_drain(sm->m);
	arm(test, sm, point, nth);
	err = shadow_slab_init(&sm->slab, &sm->m->nodes,
			       SHADOW_TEST_SLAB(engine_of(test), SEED), 2, sm->mem);
	if (err) {
		KUNIT_EXPECT_EQ(test, err, -ENOMEM);
		KUNIT_EXPECT_EQ(test, shadow_test_machine_free(sm->m), sm->nr_free);
		shadow_test_machine_verify(test, sm->m);
		return true;
	}
	for (act = 0; act < ARRAY_SIZE(acts); act++)
		for (i = 0; i < acts[act].nr; i++)
			run_act(test, scene, &acts[act], i);
	end_scene(test, scene);
	KUNIT_EXPECT_EQ(test, shadow_slab_fini(&sm->slab), 0);
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(sm->m), sm->nr_free);
	shadow_test_machine_verify(test, sm->m);
	return shadow_fail_count(&sm->m->fail, point);
}

static void every_failure(struct kunit *test)
{
	static const enum shadow_fail_point points[] = {
		SHADOW_FAIL_PAGE, SHADOW_FAIL_SLAB, SHADOW_FAIL_PCP, SHADOW_FAIL_BUDDY,
	};
	struct scene *scene = shadow_test_alloc(test, sizeof(*scene));
	u32 i, nth;

	/* The layer is booted anew in each run */
	scene->sm = shadow_test_slabs(test, SHADOW_TEST_SLAB(engine_of(test), SEED),
				      NR_PAGES, 2);
	KUNIT_ASSERT_EQ(test, shadow_slab_fini(&scene->sm->slab), 0);
	for (i = 0; i < ARRAY_SIZE(points); i++) {
		for (nth = 1; play(test, scene, points[i], nth); nth++)
			cond_resched();
		KUNIT_EXPECT_GT(test, nth, 5);
		kunit_info(test, "%s: %u failures\n", shadow_fail_names[points[i]],
			   nth - 1);
		arm(test, scene->sm, points[i], 0);
	}
}

KUNIT_ARRAY_PARAM(engine, shadow_test_engines, shadow_test_text_desc);

static struct kunit_case shadow_slab_small_cases[] = {
	KUNIT_CASE_PARAM(every_shape, engine_gen_params),
	KUNIT_CASE_PARAM(every_sequence, engine_gen_params),
	KUNIT_CASE_PARAM(every_failure, engine_gen_params),
	{}
};

static struct kunit_suite shadow_slab_small_suite = {
	.name = "shadow_slab_small",
	.test_cases = shadow_slab_small_cases,
};

kunit_test_suite(shadow_slab_small_suite);
