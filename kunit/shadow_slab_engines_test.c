// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every engine under the same random use: caches of any shape made and ended,
 * objects and kmalloc of any size from and to any CPU, grace periods that end
 * when the suite says so, and too little memory.
 */
#include "shadow_slab_report.h"
#include "shadow_test_world.h"

#if defined(__KERNEL__) || defined(__SANITIZE_ADDRESS__)
#define NR_LONG		100000
#define LONG_PAGES	4096
#else
#define NR_LONG		1000000
#define LONG_PAGES	16384
#endif
#ifdef CONFIG_ARM64	/* emulated, so that each costs a hundred times as much */
#define NR_SHORT	2000
#else
#define NR_SHORT	10000
#endif
#define SHORT_PAGES	256
#define LARGE		SZ_128K
#define DEBUG		(SHADOW_SLAB_RED_ZONE | SHADOW_SLAB_POISON | \
			 SHADOW_SLAB_STORE_USER)

/* ------------------------------------------------------------- allocation -- */

/* A place for one more thing, or NULL */
static struct a_thing *free_slot(struct world *w)
{
	u32 i, slot = below(w, NR_SLOTS);

	for (i = 0; i < 16; i++) {
		struct a_thing *t = &w->thing[(slot + i) % NR_SLOTS];

		if (!t->p)
			return t;
	}
	return NULL;
}

static struct a_thing *some_thing(struct world *w)
{
	u32 i, slot = below(w, NR_SLOTS);

	for (i = 0; w->nr_live && i < NR_SLOTS; i++) {
		struct a_thing *t = &w->thing[(slot + i) % NR_SLOTS];

		if (t->p)
			return t;
	}
	return NULL;
}

static bool is_aligned(const struct world *w, const void *p, u64 align)
{
	return IS_ALIGNED(shadow_virt_to_phys(&w->m->block, p), align);
}

/* Somebody was given something: is it what he asked for? From now on it is his */
static void got(struct world *w, struct a_thing *t, char *p, u64 bytes,
		struct a_cache *of, u32 gfp)
{
	*t = (struct a_thing){ p, bytes, of, ++w->stamp };
	claim(w, t);
	KUNIT_ASSERT_TRUE(w->test, is_aligned(w, p, of ? of->align : 8));
	if (of && of->ctor)
		check_constructed(w, t);
	if (gfp & SHADOW_GFP_ZERO)
		KUNIT_ASSERT_NULL_MSG(w->test, memchr_inv(p, 0, bytes), "not zeroed");
	if (gfp & SHADOW_GFP_DMA)
		KUNIT_ASSERT_LT(w->test, at(w, p) >> SHADOW_TEST_PAGE_SHIFT,
				w->nr_pages / 4);
	fill(p, own_from(t), bytes, t->stamp);
	if (own_from(t))
		((u64 *)p)[1] = t->stamp;
	if (of)
		of->nr_live++;
	w->nr_live++;
}

static void cache_alloc(struct world *w, struct a_cache *c)
{
	struct a_thing *t = free_slot(w);
	u32 gfp = !c->ctor && !below(w, 4) ? SHADOW_GFP_ZERO : 0, nid = below(w, 2);
	char *p;

	if (!t)
		return;
	if (c->flags & SHADOW_SLAB_CACHE_DMA)
		nid = 0;
	if (below(w, 8))
		p = shadow_kmem_cache_alloc_cpu(c->cache, below(w, NR_CPUS_HERE), gfp);
	else
		p = shadow_kmem_cache_alloc_node(c->cache, gfp | SHADOW_GFP_THISNODE,
						 nid);
	if (!p) {
		w->nr_refused++;
		return;
	}
	got(w, t, p, c->bytes, c, gfp | (c->flags & SHADOW_SLAB_CACHE_DMA ?
					 SHADOW_GFP_DMA : 0));
}

static void cache_alloc_bulk(struct world *w, struct a_cache *c)
{
	u32 i, got_nr, nr = 1 + below(w, 40);
	struct a_thing *t;
	void *p[40] = {};

	if (w->nr_live + nr > NR_SLOTS)
		return;
	got_nr = shadow_kmem_cache_alloc_bulk(c->cache, 0, nr, p);
	w->nr_refused += !got_nr;
	KUNIT_ASSERT_TRUE(w->test, !got_nr || got_nr == nr);
	for (i = 0, t = w->thing; i < got_nr; t++) {
		if (!t->p)
			got(w, t, p[i++], c->bytes, c, 0);
	}
}

/* Mostly small, some of every class, few above two frames */
static u64 some_bytes(struct world *w)
{
	u64 limit = below(w, 50) ? 16ULL << below(w, 10) : LARGE;

	if (!below(w, 8))
		return limit;
	return 1 + below(w, limit);
}

/* What a kmalloc returned: it has room for what was asked for, and maybe more */
static void kmalloced(struct world *w, struct a_thing *t, char *p, u64 bytes, u32 gfp)
{
	u64 room = shadow_ksize(&w->slab, p), align = min_t(u64, bytes, SZ_4K);

	KUNIT_ASSERT_GE(w->test, room, bytes);
	/* Where krealloc has left it in its place, it is as it was made */
	if (is_power_of_2(bytes) && p != t->p)
		KUNIT_ASSERT_TRUE_MSG(w->test, is_aligned(w, p, align),
				      "%llu bytes at %llu", bytes, at(w, p));
	if (gfp & SHADOW_GFP_ZERO)
		KUNIT_ASSERT_NULL_MSG(w->test, memchr_inv(p, 0, bytes), "not zeroed");
	got(w, t, p, room, NULL, gfp & ~SHADOW_GFP_ZERO);
}

static void kmalloc_step(struct world *w)
{
	static const u32 some[] = {
		0, 0, 0, SHADOW_GFP_ZERO, SHADOW_GFP_RECLAIMABLE, SHADOW_GFP_DMA,
		SHADOW_GFP_DMA | SHADOW_GFP_ZERO,
	};
	u32 gfp = some[below(w, ARRAY_SIZE(some))];
	u64 bytes = below(w, 100) ? some_bytes(w) : 0;
	struct a_thing *t = free_slot(w);
	char *p;

	if (!t)
		return;
	p = shadow_kmalloc_cpu(&w->slab, below(w, NR_CPUS_HERE), bytes, gfp);
	if (!bytes) {
		KUNIT_ASSERT_PTR_EQ(w->test, (void *)p, SHADOW_ZERO_SIZE_PTR);
		KUNIT_ASSERT_EQ(w->test, shadow_kfree(&w->slab, p), 0);
	} else if (p) {
		kmalloced(w, t, p, bytes, gfp);
	} else {
		w->nr_refused++;
	}
}

/* ------------------------------------------------------------------- free -- */

static void check_contents(struct world *w, const struct a_thing *t)
{
	KUNIT_ASSERT_TRUE_MSG(w->test, filled(t->p, own_from(t), t->bytes, t->stamp),
			      "somebody else has written here");
	if (own_from(t)) {
		KUNIT_ASSERT_EQ(w->test, ((u64 *)t->p)[0], MAGIC ^ at(w, t->p));
		KUNIT_ASSERT_EQ(w->test, ((u64 *)t->p)[1], t->stamp);
	}
}

/* Who may still read an object of a TYPESAFE_BY_RCU cache finds what was there */
static void check_freed(struct world *w, const struct a_thing *t)
{
	if (t->of && t->of->flags & SHADOW_SLAB_TYPESAFE_BY_RCU)
		check_contents(w, t);
}

static void gone(struct world *w, struct a_thing *t)
{
	if (t->of)
		t->of->nr_live--;
	w->nr_live--;
	t->p = NULL;
}

static void give(struct world *w, struct a_thing *t)
{
	u32 cpu = below(w, NR_CPUS_HERE);
	int err;

	check_contents(w, t);
	release(w, t);
	/* With debugging there would be a report, and the object would stay */
	if (!t->of && !w->slab.cfg.debug && !below(w, 16))
		KUNIT_ASSERT_EQ(w->test, shadow_kfree_cpu(&w->slab, cpu, t->p + 1),
				-EINVAL);
	if (t->of)
		err = shadow_kmem_cache_free_cpu(t->of->cache, cpu, t->p);
	else
		err = shadow_kfree_cpu(&w->slab, cpu, t->p);
	KUNIT_ASSERT_EQ(w->test, err, 0);
	check_freed(w, t);
	gone(w, t);
}

static void give_bulk(struct world *w, struct a_cache *c)
{
	struct a_thing *t, *which[40];
	u32 i, nr = 0, max = 1 + below(w, 40);
	void *p[40];

	for (t = w->thing; t < w->thing + NR_SLOTS && nr < max; t++) {
		if (!t->p || t->of != c)
			continue;
		check_contents(w, t);
		release(w, t);
		which[nr] = t;
		p[nr++] = t->p;
	}
	KUNIT_ASSERT_EQ(w->test, shadow_kmem_cache_free_bulk(c->cache, nr, p), nr);
	for (i = 0; i < nr; i++)
		gone(w, which[i]);
}

static void krealloc_step(struct world *w, struct a_thing *t)
{
	struct a_thing old = *t;
	u64 bytes = some_bytes(w);
	char *p;

	if (old.of)
		return;
	check_contents(w, t);
	if (!below(w, 16)) {
		release(w, t);
		gone(w, t);
		KUNIT_ASSERT_PTR_EQ(w->test, shadow_krealloc(&w->slab, old.p, 0, 0),
				    SHADOW_ZERO_SIZE_PTR);
		return;
	}
	p = shadow_krealloc(&w->slab, old.p, bytes, 0);
	if (!p) {
		w->nr_refused++;
		return;
	}
	KUNIT_ASSERT_TRUE_MSG(w->test, filled(p, 0, min(bytes, old.bytes), old.stamp),
			      "krealloc has lost something");
	/* While the new one is made the old one is still there */
	if (p == old.p)
		release(w, &old);
	w->nr_live--;
	kmalloced(w, t, p, bytes, 0);
	if (p != old.p)
		release(w, &old);
}

/* ----------------------------------------------------------------- caches -- */

static u32 line_align(u32 bytes)
{
	u32 line = 1;

	while (line < bytes && line < L1_CACHE_BYTES)
		line *= 2;
	return line;
}

static u32 some_flags(struct world *w)
{
	u32 flags = below(w, 3) ? 0 : SHADOW_SLAB_HWCACHE_ALIGN;

	if (!below(w, 4))
		flags |= SHADOW_SLAB_RECLAIM_ACCOUNT;
	if (!below(w, 8))
		flags |= SHADOW_SLAB_CACHE_DMA;
	if (!below(w, 4))
		flags |= SHADOW_SLAB_TYPESAFE_BY_RCU;
	if (!below(w, 6))
		flags |= prandom_u32_state(&w->rnd) & DEBUG;
	return flags;
}

static void create(struct world *w, struct a_cache *c)
{
	char name[SHADOW_SLAB_NAME];
	u32 align = below(w, 2) ? 0 : BIT(below(w, 13));

	memset(c, 0, sizeof(*c));
	c->bytes = 1 + below(w, 8U << below(w, 12));
	c->flags = some_flags(w);
	c->ctor = c->bytes >= 16 && !below(w, 4);
	c->serial = ++w->serial;
	c->align = max_t(u32, align, GRAIN);
	if (c->flags & SHADOW_SLAB_HWCACHE_ALIGN)
		c->align = max(c->align, line_align(c->bytes));
	snprintf(name, sizeof(name), "some-%u", c->serial);
	c->cache = shadow_kmem_cache_create(&w->slab, name, c->bytes, align, c->flags,
					    c->ctor ? construct : NULL);
	if (!IS_ERR(c->cache))
		return;
	KUNIT_ASSERT_EQ_MSG(w->test, PTR_ERR(c->cache), -ENOMEM,
			    "%u bytes, align %u, flags %#x", c->bytes, align, c->flags);
	c->cache = NULL;
	w->nr_refused++;
}

static void destroy(struct world *w, struct a_cache *c)
{
	KUNIT_ASSERT_EQ(w->test, shadow_kmem_cache_destroy(c->cache),
			c->nr_live ? -EBUSY : 0);
	if (!c->nr_live)
		c->cache = NULL;
	else
		w->nr_busy[w->slab.cfg.debug || (c->flags & DEBUG)]++;
}

static void shrink(struct world *w, struct a_cache *c)
{
	int err = shadow_kmem_cache_shrink(c->cache);

	KUNIT_ASSERT_TRUE(w->test, err == 0 || err == 1);
	if (!c->nr_live)
		KUNIT_ASSERT_EQ(w->test, err, 0);
}

static void cache_step(struct world *w)
{
	struct a_cache *c = &w->caches[below(w, NR_CACHES)];
	u32 what = below(w, 1000);

	if (!c->cache)
		create(w, c);
	else if (what < 900)
		cache_alloc(w, c);
	else if (what < 940)
		cache_alloc_bulk(w, c);
	else if (what < 980)
		give_bulk(w, c);
	else if (what < 990)
		shrink(w, c);
	else if (what < 995 || !c->nr_live)
		destroy(w, c);
	else
		/* All of it goes, so that caches come to an end */
		while (c->nr_live)
			give_bulk(w, c);
}

/* --------------------------------------------------------------- the case -- */

static void step(struct world *w)
{
	/* In turn there is more of everything, and less */
	u32 more = w->stamp / NR_SLOTS % 2 ? 40 : 55, what = below(w, 100);
	struct a_thing *t;

	if (!below(w, 200))
		end_grace(w);
	/* Else the frees that wait are more than are remembered */
	if (w->nr_freed - w->nr_over > NR_FREED / 2) {
		end_grace(w);
		w->nr_over = w->nr_freed;
	}
	if (what < more / 2) {
		cache_step(w);
	} else if (what < more) {
		kmalloc_step(w);
	} else {
		t = some_thing(w);
		if (!t)
			return;
		if (what < 95)
			give(w, t);
		else
			krealloc_step(w, t);
	}
}

/* What is reported is objects in use, of each such cache that has debugging */
static void check_reports(struct world *w)
{
	u64 nr, nr_reports = shadow_slab_nr_reports(&w->slab);
	struct shadow_slab_report *report;

	KUNIT_EXPECT_GE(w->test, nr_reports, w->nr_busy[true]);
	KUNIT_EXPECT_LE(w->test, nr_reports, w->nr_busy[true] + w->nr_busy[false]);
	report = shadow_test_alloc(w->test, sizeof(*report));
	for (nr = nr_reports; shadow_slab_get_report(&w->slab, nr, report); nr--)
		KUNIT_EXPECT_EQ_MSG(w->test, report->wrong, SHADOW_WRONG_LEAK, "%s",
				    report->line);
}

/* All goes back, and so it is as it was: first what was booted, then nothing */
static void end(struct world *w)
{
	struct a_thing *t;
	u32 i;

	for (t = w->thing; t < w->thing + NR_SLOTS; t++)
		if (t->p)
			give(w, t);
	for (i = 0; i < NR_CACHES; i++)
		if (w->caches[i].cache)
			destroy(w, &w->caches[i]);
	shrink_all(w);
	while (w->asked)
		end_grace(w);
	check(w);
	check_reports(w);
	KUNIT_EXPECT_EQ(w->test, w->slab.nr_waiting, 0);
	KUNIT_EXPECT_EQ(w->test, shadow_test_machine_free(w->m), w->nr_booted);
	KUNIT_EXPECT_EQ(w->test, shadow_slab_fini(&w->slab), 0);
	KUNIT_EXPECT_EQ(w->test, shadow_test_machine_free(w->m), w->nr_before);
	shadow_test_machine_verify(w->test, w->m);
	kunit_info(w->test, "%u objects, %u caches, %llu constructed, %llu refused, %llu grace periods\n",
		   w->stamp, w->serial, w->nr_constructed, w->nr_refused, w->nr_graces);
}

static void run(struct kunit *test, u32 debug, u64 nr_pages, u64 nr, u64 every)
{
	struct shadow_slab_config cfg = {
		.engine = *(const char *const *)test->param_value, .debug = debug,
	};
	struct world *w = begin(test, nr_pages, &cfg);
	u64 i, start = ktime_get_ns();

	for (i = 0; i < nr; i++) {
		step(w);
		if (i % every == 0)
			check(w);
		if (i % 1000 == 0) {
			shadow_test_machine_verify(test, w->m);
			cond_resched();
		}
	}
	shadow_test_rate(test, cfg.engine, nr, ktime_get_ns() - start);
	end(w);
}

/* Little memory, so that there is often none; looked at after each step */
static void random_short(struct kunit *test)
{
	run(test, 0, SHORT_PAGES, NR_SHORT, 1);
}

static void random_long(struct kunit *test)
{
	run(test, 0, LONG_PAGES, NR_LONG, 1000);
}

/* Red zones, poison and tracks everywhere: nobody does anything wrong */
static void random_debug(struct kunit *test)
{
	run(test, DEBUG, LONG_PAGES, NR_LONG / 10, 1000);
}

KUNIT_ARRAY_PARAM(engine, shadow_test_engines, shadow_test_text_desc);

static struct kunit_case shadow_slab_engines_cases[] = {
	KUNIT_CASE_PARAM(random_short, engine_gen_params),
	KUNIT_CASE_PARAM(random_long, engine_gen_params),
	KUNIT_CASE_PARAM(random_debug, engine_gen_params),
	{}
};

static struct kunit_suite shadow_slab_engines_suite = {
	.name = "shadow_slab_engines",
	.test_cases = shadow_slab_engines_cases,
};

kunit_test_suite(shadow_slab_engines_suite);
