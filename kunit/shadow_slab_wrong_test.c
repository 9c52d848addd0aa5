// SPDX-License-Identifier: GPL-2.0-only
/*
 * What users do wrong, over every engine and with all debugging: caches of any
 * shape, and kmalloc; one report of the right kind each time, and the machine
 * goes on. And what nobody can make sense of: bytes that change anywhere in a
 * slab, after which the machine may freeze, but nothing else happens.
 */
#include "shadow_slab_report.h"
#include "shadow_test_slab.h"

#define ALL	(SHADOW_SLAB_RED_ZONE | SHADOW_SLAB_POISON | SHADOW_SLAB_STORE_USER)

#define NR_TRIALS	100	/* of each kind */
#define NR_VANDALS	60
#define NR_OTHERS	8	/* objects around the one */

enum kind {
	RED_RIGHT, RED_LEFT, AFTER_FREE, TWICE, INSIDE, FOREIGN, OTHER_CACHE,
	NR_KINDS
};

static const enum shadow_slab_wrong expected[NR_KINDS] = {
	[RED_RIGHT] = SHADOW_WRONG_RED_RIGHT,
	[RED_LEFT] = SHADOW_WRONG_RED_LEFT,
	[AFTER_FREE] = SHADOW_WRONG_POISON,
	[TWICE] = SHADOW_WRONG_FREE,
	[INSIDE] = SHADOW_WRONG_POINTER,
	[FOREIGN] = SHADOW_WRONG_POINTER,
	[OTHER_CACHE] = SHADOW_WRONG_CACHE,
};

/**
 * struct crime - a machine, and what is done there
 * @test: the running case
 * @sm: the machine
 * @host: is told of reports
 * @rnd: what is decided by chance
 * @nr_told: lines that the host was told
 * @line: the last one
 * @cache: where the object is from
 * @other: another cache of the same shape
 * @name: of @cache
 * @heap: the object is of kmalloc, and @cache is its class
 * @bytes: of the object
 * @object: it
 * @others: around it
 */
struct crime {
	struct kunit *test;
	struct shadow_test_slabs *sm;
	struct shadow_slab_host host;
	struct rnd_state rnd;
	u32 nr_told;
	char line[SHADOW_REPORT_LINE];
	struct shadow_kmem_cache *cache;
	struct shadow_kmem_cache *other;
	char name[SHADOW_SLAB_NAME];
	bool heap;
	u32 bytes;
	u8 *object;
	u8 *others[NR_OTHERS];
};

static void hear(void *arg, const char *line)
{
	struct crime *c = arg;

	c->nr_told++;
	strscpy(c->line, line, sizeof(c->line));
}

static u32 below(struct crime *c, u32 limit)
{
	return shadow_test_below(&c->rnd, limit);
}

static struct crime *begin(struct kunit *test, u64 nr_pages, u32 debug)
{
	struct crime *c = shadow_test_alloc(test, sizeof(*c));
	struct shadow_slab_config cfg = {
		.engine = *(const char *const *)test->param_value,
		.debug = debug,
		.host = &c->host,
	};

	c->test = test;
	c->host = (struct shadow_slab_host){ .report = hear, .arg = c };
	shadow_test_seed(test, &c->rnd);
	cfg.seed = prandom_u32_state(&c->rnd);
	c->sm = shadow_test_slabs(test, &cfg, nr_pages, 2);
	return c;
}

static void verify(struct crime *c)
{
	KUNIT_ASSERT_FALSE_MSG(c->test, shadow_fault_frozen(&c->sm->m->fault), "%s",
			       c->sm->m->fault.text);
	SHADOW_TEST_VERIFY(c->test, shadow_slab_verify(&c->sm->slab, &__fault));
}

/* ------------------------------------------------------------- the object -- */

static u8 *get(struct crime *c)
{
	u8 *p = c->heap ? shadow_kmalloc_cpu(&c->sm->slab, below(c, 2), c->bytes, 0) :
			  shadow_kmem_cache_alloc_cpu(c->cache, below(c, 2), 0);

	KUNIT_ASSERT_NOT_NULL(c->test, p);
	memset(p, 0x42, c->bytes);
	return p;
}

static int put(struct crime *c, void *p)
{
	if (c->heap)
		return shadow_kfree_cpu(&c->sm->slab, below(c, 2), p);
	return shadow_kmem_cache_free_cpu(c->cache, below(c, 2), p);
}

static struct shadow_kmem_cache *some_cache(struct crime *c, const char *name, u32 align)
{
	struct shadow_kmem_cache *cache;

	cache = shadow_kmem_cache_create(&c->sm->slab, name, c->bytes, align, 0, NULL);
	KUNIT_ASSERT_FALSE(c->test, IS_ERR(cache));
	return cache;
}

/* Two caches of any shape, or a class of kmalloc; and the object among others */
static void set_up(struct crime *c)
{
	static const u32 classes[] = { 8, 16, 96, 192, 512 };
	u32 i, align = below(c, 2) ? 0 : 8U << below(c, 5);

	c->heap = !below(c, 3);
	c->bytes = c->heap ? classes[below(c, ARRAY_SIZE(classes))] : 2 + below(c, 600);
	snprintf(c->name, sizeof(c->name), c->heap ? "kmalloc-%u" : "victim-%u", c->bytes);
	c->cache = c->heap ? shadow_slab_find(&c->sm->slab, c->name) :
			     some_cache(c, c->name, align);
	KUNIT_ASSERT_NOT_NULL(c->test, c->cache);
	c->other = some_cache(c, "wrong", align);
	for (i = 0; i < NR_OTHERS; i++) {
		if (i == NR_OTHERS / 2)
			c->object = get(c);
		c->others[i] = get(c);
	}
}

static void tear_down(struct crime *c)
{
	u32 i;

	for (i = 0; i < NR_OTHERS; i++) {
		KUNIT_EXPECT_NULL(c->test, memchr_inv(c->others[i], 0x42, c->bytes));
		KUNIT_EXPECT_EQ(c->test, put(c, c->others[i]), 0);
	}
	KUNIT_EXPECT_EQ(c->test, shadow_kmem_cache_destroy(c->other), 0);
	if (!c->heap)
		KUNIT_EXPECT_EQ(c->test, shadow_kmem_cache_destroy(c->cache), 0);
}

/* ------------------------------------------------------------ what is wrong -- */

static void spoil(u8 *at)
{
	shadow_test_poke(at, shadow_test_peek(at) ^ 0x11);
}

/* Returns where in the object the report is to say that it is; 0: anywhere */
static s64 commit(struct crime *c, enum kind kind)
{
	s64 at = 0;
	u64 host = 0;

	switch (kind) {
	case RED_RIGHT:
		spoil(c->object + c->bytes);
		KUNIT_EXPECT_EQ(c->test, put(c, c->object), 0);
		return c->bytes;
	case RED_LEFT:
		spoil(c->object - 1);
		KUNIT_EXPECT_EQ(c->test, put(c, c->object), 0);
		return -1;
	case AFTER_FREE:
		at = below(c, c->bytes);
		KUNIT_EXPECT_EQ(c->test, put(c, c->object), 0);
		spoil(c->object + at);
		KUNIT_EXPECT_EQ(c->test, shadow_kmem_cache_check(c->cache), 1);
		break;
	case TWICE:
		KUNIT_EXPECT_EQ(c->test, put(c, c->object), 0);
		KUNIT_EXPECT_EQ(c->test, put(c, c->object), -EINVAL);
		break;
	case INSIDE:
		at = 1 + below(c, c->bytes - 1);
		KUNIT_EXPECT_EQ(c->test, put(c, c->object + at), -EINVAL);
		KUNIT_EXPECT_EQ(c->test, put(c, c->object), 0);
		break;
	case FOREIGN:
		KUNIT_EXPECT_EQ(c->test, shadow_kmem_cache_free(c->cache, &host), -EINVAL);
		KUNIT_EXPECT_EQ(c->test, host, 0);
		KUNIT_EXPECT_EQ(c->test, put(c, c->object), 0);
		break;
	default:
		KUNIT_EXPECT_EQ(c->test, shadow_kmem_cache_free(c->other, c->object),
				-EINVAL);
		KUNIT_EXPECT_EQ(c->test, put(c, c->object), 0);
	}
	return at;
}

static void check_report(struct crime *c, u32 kind, s64 at)
{
	const char *name = kind == OTHER_CACHE ? "wrong" : c->name;
	struct shadow_slab *slab = &c->sm->slab;
	struct shadow_slab_report report = {};
	u64 nr = shadow_slab_nr_reports(slab);

	KUNIT_ASSERT_TRUE(c->test, shadow_slab_get_report(slab, nr, &report));
	KUNIT_EXPECT_EQ(c->test, report.wrong, expected[kind]);
	KUNIT_EXPECT_STREQ(c->test, report.cache, name);
	KUNIT_EXPECT_NOT_NULL(c->test, strstr(c->line, name));
	KUNIT_EXPECT_STREQ(c->test, c->line, report.line);
	if (kind == OTHER_CACHE)
		KUNIT_EXPECT_STREQ(c->test, report.other, c->name);
	if (kind == FOREIGN)
		return;
	KUNIT_EXPECT_EQ(c->test, report.object,
			shadow_virt_to_phys(&c->sm->m->block, c->object));
	if (at)
		KUNIT_EXPECT_EQ(c->test, report.at, at);
	KUNIT_EXPECT_TRUE(c->test, report.out);
}

static void one_crime(struct crime *c, enum kind kind)
{
	u64 nr = shadow_slab_nr_reports(&c->sm->slab);
	s64 at;

	set_up(c);
	c->nr_told = 0;
	verify(c);
	at = commit(c, kind);
	KUNIT_ASSERT_EQ_MSG(c->test, shadow_slab_nr_reports(&c->sm->slab), nr + 1,
			    "kind %u, %u bytes", kind, c->bytes);
	KUNIT_EXPECT_EQ(c->test, c->nr_told, 1);
	check_report(c, kind, at);
	verify(c);
	tear_down(c);
	KUNIT_ASSERT_EQ_MSG(c->test, shadow_slab_nr_reports(&c->sm->slab), nr + 1,
			    "kind %u, %u bytes", kind, c->bytes);
}

static void users_faults(struct kunit *test)
{
	struct crime *c = begin(test, 2048, ALL);
	u32 kind, i;

	for (kind = 0; kind < NR_KINDS; kind++) {
		for (i = 0; i < NR_TRIALS; i++)
			one_crime(c, kind);
		cond_resched();
	}
	verify(c);
	KUNIT_EXPECT_EQ(test, shadow_slab_nr_reports(&c->sm->slab), NR_KINDS * NR_TRIALS);
	KUNIT_EXPECT_EQ(test, shadow_slab_fini(&c->sm->slab), 0);
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(c->sm->m), c->sm->nr_free);
}

/* ---------------------------------------------------------------- vandalism -- */

static bool is_in_use(const struct crime *c, const u8 *at)
{
	u32 i;

	for (i = 0; i < NR_OTHERS; i++)
		if (at >= c->others[i] && at < c->others[i] + c->bytes)
			return true;
	return at >= c->object && at < c->object + c->bytes;
}

/*
 * A few bytes anywhere in the frame that an object lies in, or all of it but the
 * objects in use: lists and free objects, whatever the engine has there
 */
static void scribble(struct crime *c, bool all)
{
	u8 *at = c->sm->m->block.virt;
	u64 place = (u64)(c->others[below(c, NR_OTHERS)] - at);
	u32 nr = all ? SZ_4K : 1 + below(c, 16);

	at += round_down(place, SZ_4K) + (all ? 0 : below(c, SZ_4K - nr));
	for (; nr--; at++)
		if (!all || !is_in_use(c, at))
			shadow_test_poke(at, prandom_u32_state(&c->rnd));
}

/* Whatever is returned: it is in the block, or nothing */
static void use(struct crime *c)
{
	struct shadow_block *block = &c->sm->m->block;
	u32 i, which, cpu;
	u64 pa;
	u8 *p;

	for (i = 0; i < 200; i++) {
		cpu = below(c, 2);
		p = below(c, 2) ? shadow_kmalloc_cpu(&c->sm->slab, cpu, 1 + below(c, 600), 0) :
				  shadow_kmem_cache_alloc_cpu(c->cache, cpu, 0);
		if (!p)
			continue;
		pa = shadow_virt_to_phys(block, p);
		KUNIT_ASSERT_TRUE(c->test, shadow_block_has(block, pa, 1));
		which = below(c, NR_OTHERS);
		shadow_kfree_cpu(&c->sm->slab, below(c, 2), c->others[which]);
		c->others[which] = p;
	}
	shadow_kmem_cache_shrink(c->cache);
	shadow_kmem_cache_destroy(c->other);
}

static u32 vandals(struct kunit *test, u32 debug)
{
	u32 i, nr_noticed = 0;

	for (i = 0; i < NR_VANDALS; i++) {
		struct crime *c = begin(test, 128, debug);
		struct shadow_fault fault;

		prandom_seed_state(&c->rnd, prandom_u32_state(&c->rnd) + i);
		set_up(c);
		scribble(c, i % 2);
		use(c);
		shadow_fault_init(&fault);
		shadow_slab_verify(&c->sm->slab, &fault);
		nr_noticed += shadow_fault_frozen(&c->sm->m->fault) ||
			     shadow_fault_frozen(&fault) ||
			     shadow_slab_nr_reports(&c->sm->slab);
		shadow_slab_fini(&c->sm->slab);
		shadow_test_free(test, c->sm->mem);
		shadow_test_free(test, c->sm->m->block.virt);
		cond_resched();
	}
	return nr_noticed;
}

static void anything_overwritten(struct kunit *test)
{
	u32 plain = vandals(test, 0), debugged = vandals(test, ALL);

	kunit_info(test, "%u of %u machines noticed, with debugging %u\n", plain,
		   NR_VANDALS, debugged);
	KUNIT_EXPECT_GT(test, plain, 0);
	KUNIT_EXPECT_GT(test, debugged, 0);
}

KUNIT_ARRAY_PARAM(engine, shadow_test_engines, shadow_test_text_desc);

static struct kunit_case shadow_slab_wrong_cases[] = {
	KUNIT_CASE_PARAM(users_faults, engine_gen_params),
	KUNIT_CASE_PARAM(anything_overwritten, engine_gen_params),
	{}
};

static struct kunit_suite shadow_slab_wrong_suite = {
	.name = "shadow_slab_wrong",
	.test_cases = shadow_slab_wrong_cases,
};

kunit_test_suite(shadow_slab_wrong_suite);
