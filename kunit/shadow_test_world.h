/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_test_world - a machine with caches, and what is known of it from
 * outside: who has which byte, which bytes somebody may still be reading, what a
 * constructed object was left with, and a pattern in each object.
 *
 * Nothing here knows of slabs: it is written from what the calls promise.
 */
#ifndef SHADOW_TEST_WORLD_H
#define SHADOW_TEST_WORLD_H

#include "shadow_test_slab.h"

#include <linux/bitmap.h>

#define NR_CPUS_HERE	4
#define NR_SLOTS	4096
#define NR_CACHES	24
#define NR_FREED	65536	/* frees that are remembered, at least */
#define GRAIN		8	/* bytes; no object begins in between */
#define MAGIC		0xc0457c7ed0b1ec75ULL

/**
 * struct a_cache - a cache, as it was asked for
 * @cache: it, or NULL
 * @bytes: of an object
 * @align: that each must have
 * @flags: as given
 * @ctor: it has a constructor
 * @serial: no other cache has had the number
 * @nr_live: objects in use
 */
struct a_cache {
	struct shadow_kmem_cache *cache;
	u32 bytes;
	u32 align;
	u32 flags;
	bool ctor;
	u32 serial;
	u32 nr_live;
};

/**
 * struct a_thing - what somebody has
 * @p: it, or NULL
 * @bytes: that may be used
 * @of: where it is from; NULL: kmalloc
 * @stamp: what its pattern starts with
 */
struct a_thing {
	char *p;
	u64 bytes;
	struct a_cache *of;
	u32 stamp;
};

/**
 * struct a_free - an object of a TYPESAFE_BY_RCU cache was freed
 * @at: where, in bytes from the beginning of the block
 * @bytes: the object's
 * @serial: the cache's
 */
struct a_free {
	u32 at;
	u32 bytes;
	u32 serial;
};

/**
 * struct world - a machine, and what is known of it from outside
 * @test: the running case
 * @m: the layers below
 * @slab: the layer
 * @mem: its share of the host's memory
 * @host: asks for grace periods
 * @rnd: what is decided by chance
 * @nr_pages: of the block
 * @nr_before: frames that were free before the layer was booted
 * @nr_booted: likewise, after, without what an engine keeps for later
 * @owned: a bit a byte: somebody has it
 * @freed: a word a grain: number of the free that has put it into limbo; 0: none
 * @kept: a word a grain: stamp that a constructed object was left with
 * @stamp: the last one given
 * @serial: likewise, of a cache
 * @nr_live: things in use
 * @log: the last frees of TYPESAFE_BY_RCU, by number
 * @nr_freed: the number of the last free
 * @nr_over: up to which one a grace period has passed
 * @nr_asked: up to which one the grace period that was asked for is
 * @asked: the layer waits for the end of a grace period
 * @nr_twice: constructors that ran over an object in use
 * @nr_constructed: constructors that ran
 * @nr_refused: allocations that got nothing
 * @nr_busy: caches that should go but were in use: without debugging, and with
 * @nr_graces: grace periods
 * @caches: the caches
 * @thing: what is in use
 */
struct world {
	struct kunit *test;
	struct shadow_test_machine *m;
	struct shadow_slab slab;
	void *mem;
	struct shadow_slab_host host;
	struct rnd_state rnd;
	u64 nr_pages;
	u64 nr_before;
	u64 nr_booted;
	unsigned long *owned;
	u32 *freed;
	u32 *kept;
	u32 stamp;
	u32 serial;
	u64 nr_live;
	struct a_free log[NR_FREED];
	u32 nr_freed;
	u32 nr_over;
	u32 nr_asked;
	bool asked;
	u64 nr_twice;
	u64 nr_constructed;
	u64 nr_refused;
	u64 nr_busy[2];
	u64 nr_graces;
	struct a_cache caches[NR_CACHES];
	struct a_thing thing[NR_SLOTS];
};

/* A constructor knows nothing but the object; cases run one after the other */
static struct world *here;

static inline u32 below(struct world *w, u32 limit)
{
	return shadow_test_below(&w->rnd, limit);
}

static inline u64 at(const struct world *w, const void *p)
{
	return (const char *)p - (const char *)w->m->block.virt;
}

/* ----------------------------------------------------------- the contents -- */

static inline u64 word_of(u32 stamp, u64 i)
{
	return ((u64)stamp << 20 | i) * 0x9e3779b97f4a7c15ULL;
}

/* The pattern from byte @from on, which is a multiple of 8 */
static inline void fill(char *p, u64 from, u64 bytes, u32 stamp)
{
	u64 i, word;

	for (i = from / 8; i < bytes / 8; i++)
		((u64 *)p)[i] = word_of(stamp, i);
	word = word_of(stamp, i);
	if (bytes > i * 8)
		memcpy(p + i * 8, &word, bytes - i * 8);
}

static inline bool filled(const char *p, u64 from, u64 bytes, u32 stamp)
{
	u64 i, word;

	for (i = from / 8; i < bytes / 8; i++)
		if (((const u64 *)p)[i] != word_of(stamp, i))
			return false;
	word = word_of(stamp, i);
	return bytes <= i * 8 || !memcmp(p + i * 8, &word, bytes - i * 8);
}

/* The first two words of an object with a constructor are that one's */
static inline u64 own_from(const struct a_thing *t)
{
	return t->of && t->of->ctor ? 16 : 0;
}

static inline void construct(void *object)
{
	u64 place = at(here, object), *word = object;

	if (test_bit(place, here->owned))
		here->nr_twice++;
	word[0] = MAGIC ^ place;
	word[1] = 0;
	here->kept[place / GRAIN] = 0;
	here->nr_constructed++;
}

/* As its constructor has made it, or as its last user has left it */
static inline void check_constructed(struct world *w, const struct a_thing *t)
{
	u32 left = w->kept[at(w, t->p) / GRAIN];
	u64 *word = (u64 *)t->p;

	KUNIT_ASSERT_EQ_MSG(w->test, word[0], MAGIC ^ at(w, t->p),
			    "no constructor has run");
	KUNIT_ASSERT_EQ(w->test, word[1], left);
	if (left)
		KUNIT_ASSERT_TRUE_MSG(w->test, filled(t->p, 16, t->bytes, left),
				      "a constructed object has changed");
}

/* ---------------------------------------------------------------- the map -- */

static inline bool is_owned(const struct world *w, u64 from, u64 bytes)
{
	return find_next_bit(w->owned, from + bytes, from) < from + bytes;
}

/* Nobody has it, and nobody may still be reading what was there before */
static inline void claim(struct world *w, const struct a_thing *t)
{
	u64 from = at(w, t->p), g;
	u32 nr;

	KUNIT_ASSERT_TRUE(w->test, from < w->m->block.bytes &&
			  t->bytes <= w->m->block.bytes - from);
	KUNIT_ASSERT_FALSE_MSG(w->test, is_owned(w, from, t->bytes),
			       "handed out twice: %llu bytes at %llu", t->bytes, from);
	bitmap_set(w->owned, from, t->bytes);
	for (g = from / GRAIN; g <= (from + t->bytes - 1) / GRAIN; g++) {
		nr = w->freed[g];
		if (nr <= w->nr_over)
			continue;
		KUNIT_ASSERT_TRUE_MSG(w->test, t->of && t->of->serial ==
				      w->log[nr % NR_FREED].serial,
				      "another one's within a grace period");
		w->freed[g] = 0;
	}
}

static inline void release(struct world *w, const struct a_thing *t)
{
	struct a_free *log;
	u64 from = at(w, t->p), g;

	bitmap_clear(w->owned, from, t->bytes);
	if (t->of && t->of->ctor)
		w->kept[from / GRAIN] = t->stamp;
	if (!t->of || !(t->of->flags & SHADOW_SLAB_TYPESAFE_BY_RCU))
		return;
	log = &w->log[++w->nr_freed % NR_FREED];
	*log = (struct a_free){ from, t->bytes, t->of->serial };
	for (g = from / GRAIN; g <= (from + t->bytes - 1) / GRAIN; g++)
		w->freed[g] = w->nr_freed;
}

static inline void ask_for_grace(void *arg)
{
	struct world *w = arg;

	KUNIT_EXPECT_FALSE(w->test, w->asked);
	w->asked = true;
	w->nr_asked = w->nr_freed;
}

static inline void end_grace(struct world *w)
{
	u32 over = w->nr_asked;

	if (!w->asked)
		return;
	w->asked = false;
	shadow_slab_grace(&w->slab);
	w->nr_over = over;
	w->nr_graces++;
}

/* ------------------------------------------------------------ the machine -- */

static inline void check(struct world *w)
{
	KUNIT_ASSERT_FALSE_MSG(w->test, shadow_fault_frozen(&w->m->fault), "%s",
			       w->m->fault.text);
	SHADOW_TEST_VERIFY(w->test, shadow_slab_verify(&w->slab, &__fault));
	KUNIT_ASSERT_EQ(w->test, w->nr_twice, 0);
}

static inline void shrink_all(struct world *w)
{
	struct shadow_kmem_cache *cache = NULL;
	u64 before;

	/* A slab that goes may give a list of its own back to another cache */
	do {
		before = shadow_test_machine_free(w->m);
		while ((cache = shadow_slab_next(&w->slab, cache)))
			shadow_kmem_cache_shrink(cache);
	} while (shadow_test_machine_free(w->m) != before);
}

/* Two nodes; a quarter of the frames is ZONE_DMA */
static inline void lower_half(struct world *w)
{
	u64 first = SHADOW_TEST_BASE >> SHADOW_TEST_PAGE_SHIFT, half;
	struct shadow_block block;

	shadow_test_block(w->test, &block, SHADOW_TEST_BASE,
			  w->nr_pages << SHADOW_TEST_PAGE_SHIFT);
	half = block.bytes / 2;
	w->m = shadow_test_machine_begin(w->test, &block);
	w->m->nodes.nr_nodes = 2;
	w->m->nodes.zone_limit[SHADOW_ZONE_DMA] = first + w->nr_pages / 4;
	KUNIT_ASSERT_EQ(w->test, 0,
			shadow_memblock_add_node(&w->m->mb, block.base, half, 0, 0));
	KUNIT_ASSERT_EQ(w->test, 0,
			shadow_memblock_add_node(&w->m->mb, block.base + half, half, 1, 0));
	shadow_test_machine_boot(w->test, w->m, NR_CPUS_HERE);
}

static inline struct world *begin(struct kunit *test, u64 nr_pages,
				  const struct shadow_slab_config *given)
{
	struct world *w = shadow_test_alloc(test, sizeof(*w));
	struct shadow_slab_config cfg = *given;
	u64 bytes = nr_pages << SHADOW_TEST_PAGE_SHIFT;

	w->test = test;
	w->nr_pages = nr_pages;
	shadow_test_seed(test, &w->rnd);
	w->owned = shadow_test_alloc(test, bytes / 8);
	w->freed = shadow_test_alloc(test, bytes / GRAIN * sizeof(u32));
	w->kept = shadow_test_alloc(test, bytes / GRAIN * sizeof(u32));
	w->host = (struct shadow_slab_host){ .grace = ask_for_grace, .arg = w };
	cfg.host = &w->host;
	cfg.seed = prandom_u32_state(&w->rnd);
	lower_half(w);
	w->mem = shadow_test_alloc(test, shadow_slab_bytes(&cfg, NR_CPUS_HERE));
	w->nr_before = shadow_test_machine_free(w->m);
	here = w;
	KUNIT_ASSERT_EQ(test, shadow_slab_init(&w->slab, &w->m->nodes, &cfg,
					       NR_CPUS_HERE, w->mem), 0);
	check(w);
	shrink_all(w);
	w->nr_booted = shadow_test_machine_free(w->m);
	return w;
}

#endif /* SHADOW_TEST_WORLD_H */
