// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every engine under threads: each allocates on a CPU of its own and frees what
 * others have allocated, while one of them shrinks caches and ends grace periods.
 * After each round, when nobody works, everything is verified.
 *
 * An object says itself what it is, at both ends: one that two have at a time is
 * found by its contents.
 */
#include "shadow_test_slab.h"
#include "shadow_test_threads.h"

#ifdef __KERNEL__
#define NR_STEPS	2000
#else
#define NR_STEPS	20000
#endif

#define NR_ROUNDS	8
#define NR_THREADS	4
#define NR_PAGES	2048
#define NR_SLOTS	512
#define HEAP_MAX	9000
#define DEBUG		(SHADOW_SLAB_POISON | SHADOW_SLAB_RED_ZONE | \
			 SHADOW_SLAB_STORE_USER)

/**
 * struct head - what an object begins with
 * @kind: which cache, 1 more; 0: kmalloc
 * @bytes: of it
 * @sum: over both and its place; its last 8 bytes are the same
 */
struct head {
	u32 kind;
	u32 bytes;
	u64 sum;
};

static const struct {
	const char *name;
	u32 bytes, flags;
} kinds[] = {
	{ "small", 24, 0 },
	{ "line", 200, SHADOW_SLAB_HWCACHE_ALIGN },
	{ "typed", 120, SHADOW_SLAB_TYPESAFE_BY_RCU },
	{ "large", 3000, 0 },
	{ "whole", 4096, 0 },
	{ "debug", 72, DEBUG },
};

/**
 * struct hammer - what all threads share
 * @sm: the machine
 * @host: asks for grace periods
 * @cache: of each kind
 * @slot: objects in use, for anybody to free
 * @asked: somebody is to end a grace period
 * @nr_taken: objects allocated
 * @nr_bad: objects that had changed, frees that failed
 */
struct hammer {
	struct shadow_test_slabs *sm;
	struct shadow_slab_host host;
	struct shadow_kmem_cache *cache[ARRAY_SIZE(kinds)];
	atomic_long_t slot[NR_SLOTS];
	atomic_t asked;
	atomic_t nr_taken;
	atomic_t nr_bad;
};

/**
 * struct worker - one thread
 * @t: the thread
 * @h: what all share
 * @rnd: what it decides by chance
 * @cpu: its own
 */
struct worker {
	struct shadow_test_thread t;
	struct hammer *h;
	struct rnd_state rnd;
	u32 cpu;
};

static u32 below(struct worker *w, u32 limit)
{
	return shadow_test_below(&w->rnd, limit);
}

static u64 sum_of(const struct head *head)
{
	return ((u64)(unsigned long)head ^ (u64)head->kind << 48 ^ head->bytes) *
	       0x9e3779b97f4a7c15ULL;
}

static u64 *end_of(struct head *head)
{
	return (u64 *)((char *)head + round_down(head->bytes, 8) - 8);
}

static struct head *take(struct worker *w)
{
	u32 kind = below(w, 2 * ARRAY_SIZE(kinds)), bytes;
	struct head *head;

	if (kind > ARRAY_SIZE(kinds))
		kind = 0;
	bytes = kind ? kinds[kind - 1].bytes : 16 + below(w, below(w, 8) ? 500 : HEAP_MAX);
	head = kind ? shadow_kmem_cache_alloc_cpu(w->h->cache[kind - 1], w->cpu, 0) :
		      shadow_kmalloc_cpu(&w->h->sm->slab, w->cpu, bytes, 0);
	if (!head)
		return NULL;
	head->kind = kind;
	head->bytes = bytes;
	head->sum = sum_of(head);
	*end_of(head) = head->sum;
	atomic_inc(&w->h->nr_taken);
	return head;
}

static void give(struct worker *w, struct head *head)
{
	int err;

	if (head->sum != sum_of(head) || *end_of(head) != head->sum) {
		atomic_inc(&w->h->nr_bad);
		return;
	}
	err = head->kind ?
	      shadow_kmem_cache_free_cpu(w->h->cache[head->kind - 1], w->cpu, head) :
	      shadow_kfree_cpu(&w->h->sm->slab, w->cpu, head);
	if (err)
		atomic_inc(&w->h->nr_bad);
}

/* Whoever comes to a slot frees what another one has left there */
static void swap_slot(struct worker *w, struct head *head)
{
	long found = atomic_long_xchg(&w->h->slot[below(w, NR_SLOTS)], (long)head);

	if (found)
		give(w, (struct head *)found);
}

static void work(void *arg)
{
	struct worker *w = arg;
	u32 i, more;

	for (i = 0; i < NR_STEPS; i++) {
		more = i < NR_STEPS / 2 ? 70 : 40;
		swap_slot(w, below(w, 100) < more ? take(w) : NULL);
		if (!w->cpu && i % 64 == 0)
			shadow_kmem_cache_shrink(w->h->cache[below(w, ARRAY_SIZE(kinds))]);
		if (!w->cpu && i % 32 == 0 && atomic_xchg(&w->h->asked, 0))
			shadow_slab_grace(&w->h->sm->slab);
		if (i % 256 == 0)
			cond_resched();
	}
}

static void ask_for_grace(void *arg)
{
	struct hammer *h = arg;

	atomic_inc(&h->asked);
}

static void verify(struct kunit *test, struct hammer *h)
{
	KUNIT_ASSERT_FALSE_MSG(test, shadow_fault_frozen(&h->sm->m->fault), "%s",
			       h->sm->m->fault.text);
	KUNIT_ASSERT_EQ(test, atomic_read(&h->nr_bad), 0);
	SHADOW_TEST_VERIFY(test, shadow_slab_verify(&h->sm->slab, &__fault));
	shadow_test_machine_verify(test, h->sm->m);
}

static void one_round(struct kunit *test, struct worker *w)
{
	u32 i, started;

	for (started = 0; started < NR_THREADS; started++)
		if (shadow_test_thread_start(&w[started].t))
			break;
	for (i = 0; i < started; i++)
		shadow_test_thread_join(&w[i].t);
	KUNIT_ASSERT_EQ(test, started, NR_THREADS);
	verify(test, w->h);
}

static struct hammer *begin(struct kunit *test)
{
	struct hammer *h = shadow_test_alloc(test, sizeof(*h));
	struct shadow_slab_config cfg = {
		.engine = *(const char *const *)test->param_value,
		.host = &h->host,
	};
	u32 i;

	h->host = (struct shadow_slab_host){ .grace = ask_for_grace, .arg = h };
	h->sm = shadow_test_slabs(test, &cfg, NR_PAGES, NR_THREADS);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		h->cache[i] = shadow_kmem_cache_create(&h->sm->slab, kinds[i].name,
						       kinds[i].bytes, 0,
						       kinds[i].flags, NULL);
		KUNIT_ASSERT_FALSE(test, IS_ERR(h->cache[i]));
	}
	return h;
}

/* All goes back, and nothing is left */
static void end(struct kunit *test, struct worker *w)
{
	struct shadow_slab *slab = &w->h->sm->slab;
	u32 i;

	for (i = 0; i < NR_SLOTS; i++)
		if (atomic_long_read(&w->h->slot[i]))
			give(w, (struct head *)atomic_long_read(&w->h->slot[i]));
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(w->h->cache[i]), 0);
	while (atomic_xchg(&w->h->asked, 0))
		shadow_slab_grace(slab);
	verify(test, w->h);
	KUNIT_EXPECT_EQ(test, shadow_slab_fini(slab), 0);
	shadow_test_machine_drain(w->h->sm->m);
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(w->h->sm->m), w->h->sm->nr_free);
}

static void alloc_here_free_there(struct kunit *test)
{
	struct worker *w = shadow_test_alloc(test, NR_THREADS * sizeof(*w));
	struct hammer *h = begin(test);
	struct rnd_state rnd;
	u32 i;

	shadow_test_seed(test, &rnd);
	for (i = 0; i < NR_THREADS; i++) {
		w[i].t.run = work;
		w[i].t.arg = &w[i];
		w[i].h = h;
		w[i].cpu = i;
		prandom_seed_state(&w[i].rnd, prandom_u32_state(&rnd));
	}
	for (i = 0; i < NR_ROUNDS; i++)
		one_round(test, w);
	KUNIT_EXPECT_GT(test, atomic_read(&h->nr_taken), NR_ROUNDS * NR_STEPS);
	kunit_info(test, "%d objects\n", atomic_read(&h->nr_taken));
	end(test, w);
}

KUNIT_ARRAY_PARAM(engine, shadow_test_engines, shadow_test_text_desc);

static struct kunit_case shadow_slab_hammer_cases[] = {
	KUNIT_CASE_PARAM(alloc_here_free_there, engine_gen_params),
	{}
};

static struct kunit_suite shadow_slab_hammer_suite = {
	.name = "shadow_slab_hammer",
	.test_cases = shadow_slab_hammer_cases,
};

kunit_test_suite(shadow_slab_hammer_suite);
