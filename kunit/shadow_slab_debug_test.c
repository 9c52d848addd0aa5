// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debugging of caches, over every engine: each kind of corruption is found and
 * nothing else, the object goes out of use, what is held back, who leaks.
 */
#include "shadow_test_machine.h"

#include "shadow_slab_debug.h"

#define SEED	0xdebULL
#define ALL	(SHADOW_SLAB_RED_ZONE | SHADOW_SLAB_POISON | SHADOW_SLAB_STORE_USER)
#define NR_LINES	32

static const char *const engines[] = { "slub", "slab", "slob" };

/**
 * struct debug_machine - a machine with caches, and what hosts it
 * @m: the layers below
 * @slab: the layer
 * @cfg: how its caches are
 * @host: what its host offers
 * @stack: the handle that allocations and frees are made with
 * @ns: what its host's clock shows; 0: it has none
 * @nr_lines: lines that the host was told
 * @line: the first of them
 * @nr_free: frames that were free before the layer was booted
 */
struct debug_machine {
	struct shadow_test_machine *m;
	struct shadow_slab slab;
	struct shadow_slab_config cfg;
	struct shadow_slab_host host;
	u64 stack;
	u64 ns;
	unsigned int nr_lines;
	char line[NR_LINES][SHADOW_REPORT_LINE];
	u64 nr_free;
};

static u64 host_stack(void *arg)
{
	struct debug_machine *dm = arg;

	return dm->stack;
}

static size_t host_stack_text(void *arg, u64 stack, char *text, size_t bytes)
{
	return scnprintf(text, bytes, " site_%llu\n caller\n", (unsigned long long)stack);
}

static u64 host_now(void *arg)
{
	struct debug_machine *dm = arg;

	return dm->ns;
}

static void host_report(void *arg, const char *line)
{
	struct debug_machine *dm = arg;

	if (dm->nr_lines < NR_LINES)
		strscpy(dm->line[dm->nr_lines], line, SHADOW_REPORT_LINE);
	dm->nr_lines++;
}

/* NULL where there is no such engine */
static struct debug_machine *machine_with(struct kunit *test, const char *engine,
					  u64 nr_pages, u32 debug, u64 quarantine)
{
	struct debug_machine *dm = shadow_test_alloc(test, sizeof(*dm));
	const unsigned int nr_cpus = 2;
	u64 bytes;

	dm->host = (struct shadow_slab_host) {
		.stack = host_stack,
		.stack_text = host_stack_text,
		.now = host_now,
		.report = host_report,
		.arg = dm,
	};
	dm->cfg = (struct shadow_slab_config) {
		.engine = engine,
		.seed = SEED,
		.debug = debug,
		.quarantine = quarantine,
		.host = &dm->host,
	};
	bytes = shadow_slab_bytes(&dm->cfg, nr_cpus);
	if (!bytes)
		return NULL;
	dm->m = shadow_test_machine(test, nr_pages, nr_cpus);
	dm->nr_free = shadow_test_machine_free(dm->m);
	KUNIT_ASSERT_EQ(test, 0, shadow_slab_init(&dm->slab, &dm->m->nodes, &dm->cfg, nr_cpus,
						  shadow_test_alloc(test, bytes)));
	return dm;
}

static void verify(struct kunit *test, struct debug_machine *dm)
{
	KUNIT_ASSERT_FALSE_MSG(test, shadow_fault_frozen(&dm->m->fault), "%s",
			       dm->m->fault.text);
	SHADOW_TEST_VERIFY(test, shadow_slab_verify(&dm->slab, &__fault));
}

static void end(struct kunit *test, struct debug_machine *dm, u64 live)
{
	verify(test, dm);
	KUNIT_EXPECT_EQ(test, shadow_slab_fini(&dm->slab), live);
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(dm->m), dm->nr_free);
	shadow_test_machine_verify(test, dm->m);
}

static struct shadow_kmem_cache *cache_of(struct kunit *test, struct debug_machine *dm,
					  const char *name, u32 bytes, u32 flags)
{
	struct shadow_kmem_cache *cache;

	cache = shadow_kmem_cache_create(&dm->slab, name, bytes, 0, flags, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(cache));
	return cache;
}

static char *alloc_by(struct kunit *test, struct debug_machine *dm,
		      struct shadow_kmem_cache *cache, u64 stack)
{
	char *object;

	dm->stack = stack;
	object = shadow_kmem_cache_alloc_cpu(cache, 1, 0);
	KUNIT_ASSERT_NOT_NULL(test, object);
	return object;
}

static u64 phys(const struct debug_machine *dm, const void *object)
{
	return shadow_virt_to_phys(&dm->m->block, object);
}

/* The newest report, which must be the n-th */
static struct shadow_slab_report newest(struct kunit *test, struct debug_machine *dm, u64 nr)
{
	struct shadow_slab_report report = {};

	KUNIT_ASSERT_EQ(test, shadow_slab_nr_reports(&dm->slab), nr);
	KUNIT_ASSERT_TRUE(test, shadow_slab_get_report(&dm->slab, nr, &report));
	return report;
}

static void expect_bytes(struct kunit *test, struct debug_machine *dm,
			 const struct shadow_slab_report *report, const char *object,
			 enum shadow_slab_wrong wrong, s64 at, u64 nr_wrong,
			 u8 expected, u8 found)
{
	KUNIT_EXPECT_EQ(test, report->wrong, wrong);
	KUNIT_EXPECT_EQ(test, report->object, phys(dm, object));
	KUNIT_EXPECT_EQ(test, report->at, at);
	KUNIT_EXPECT_EQ(test, report->nr_wrong, nr_wrong);
	KUNIT_EXPECT_EQ(test, report->expected, expected);
	KUNIT_EXPECT_EQ(test, report->found, found);
	KUNIT_EXPECT_TRUE(test, report->out);
}

/* On both CPUs, each of which may have slabs of its own */
static bool handed_out_again(struct kunit *test, struct shadow_kmem_cache *cache,
			     const char *object)
{
	const u32 nr = 200;
	void **objects = shadow_test_alloc(test, nr * sizeof(*objects));
	bool again = false;
	u32 i;

	for (i = 0; i < nr; i++) {
		objects[i] = shadow_kmem_cache_alloc_cpu(cache, i & 1, 0);
		KUNIT_ASSERT_NOT_NULL(test, objects[i]);
		again |= objects[i] == object;
	}
	for (i = 0; i < nr; i++)
		KUNIT_ASSERT_EQ(test, shadow_kmem_cache_free_cpu(cache, i & 1, objects[i]), 0);
	shadow_test_free(test, objects);
	return again;
}

/* -------------------------------------------------------------------- layout */

static void layout_of(struct kunit *test, const char *engine)
{
	static const u32 sizes[] = { 1, 7, 8, 24, 60, 64, 100, 192, 1000, 4096 };
	struct debug_machine *dm = machine_with(test, engine, 1024, 0, 0);
	struct shadow_kmem_cache *cache;
	char *object, *next;
	u32 flags, i;

	if (!dm)
		return;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (flags = 0; flags < 8; flags++) {
			u32 want = (flags & 1 ? SHADOW_SLAB_RED_ZONE : 0) |
				   (flags & 2 ? SHADOW_SLAB_POISON : 0) |
				   (flags & 4 ? SHADOW_SLAB_STORE_USER : 0);

			cache = cache_of(test, dm, "c", sizes[i], want | SHADOW_SLAB_HWCACHE_ALIGN);
			object = alloc_by(test, dm, cache, 1);
			next = alloc_by(test, dm, cache, 2);
			KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)object,
							   cache->desc.align));
			KUNIT_EXPECT_EQ(test, !!shadow_slab_debugged(cache), !!want);
			KUNIT_EXPECT_GE(test, next > object ? next - object : object - next,
					cache->desc.inner_bytes);
			/* Contents say that nobody has written yet */
			if (want & SHADOW_SLAB_POISON)
				KUNIT_EXPECT_NULL(test, memchr_inv(object, SHADOW_POISON_INUSE,
								   sizes[i]));
			/* Every byte is the user's, and nothing else is */
			memset(object, 0xff, sizes[i]);
			memset(next, 0, sizes[i]);
			if (want) {
				KUNIT_EXPECT_EQ(test, shadow_kmem_cache_check(cache), 0);
				KUNIT_EXPECT_EQ(test, shadow_ksize(&dm->slab, object), sizes[i]);
			}
			KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, object), 0);
			KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, next), 0);
			KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), 0);
		}
	}
	KUNIT_EXPECT_EQ(test, shadow_slab_nr_reports(&dm->slab), 0);
	end(test, dm, 0);
}

static void slab_debug_layout(struct kunit *test)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(engines); i++)
		layout_of(test, engines[i]);
}

/* ---------------------------------------------------------------- red zones */

static void red_zones_of(struct kunit *test, const char *engine)
{
	struct debug_machine *dm = machine_with(test, engine, 256, 0, 0);
	struct shadow_slab_report report;
	struct shadow_kmem_cache *cache;
	char *right, *left;

	if (!dm)
		return;
	cache = cache_of(test, dm, "reds", 60, ALL);
	right = alloc_by(test, dm, cache, 7);
	left = alloc_by(test, dm, cache, 8);

	shadow_test_poke(right + 61, 'x');
	shadow_test_poke(right + 63, 'y');
	dm->stack = 9;
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free_cpu(cache, 0, right), 0);
	report = newest(test, dm, 1);
	expect_bytes(test, dm, &report, right, SHADOW_WRONG_RED_RIGHT, 61, 3,
		     SHADOW_RED_ACTIVE, 'x');
	KUNIT_EXPECT_STREQ(test, report.cache, "reds");
	KUNIT_EXPECT_EQ(test, report.object_bytes, 60);
	KUNIT_EXPECT_EQ(test, report.alloc.stack, 7);
	KUNIT_EXPECT_EQ(test, report.alloc.cpu, 1);
	KUNIT_EXPECT_EQ(test, report.alloc.when, 1);
	KUNIT_EXPECT_FALSE(test, report.free.set);
	KUNIT_EXPECT_EQ(test, report.stack, 9);

	shadow_test_poke(left - 1, 0);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, left), 0);
	report = newest(test, dm, 2);
	expect_bytes(test, dm, &report, left, SHADOW_WRONG_RED_LEFT, -1, 1,
		     SHADOW_RED_ACTIVE, 0);
	KUNIT_EXPECT_EQ(test, report.alloc.stack, 8);

	KUNIT_EXPECT_EQ(test, dm->nr_lines, 2);
	KUNIT_EXPECT_TRUE(test, strstarts(dm->line[0],
					  "BUG reds: Right Redzone overwritten, 0x"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(dm->line[0], "First byte 0x78 instead of 0xcc"));
	KUNIT_EXPECT_EQ(test, cache->debug.nr_out, 2);
	KUNIT_EXPECT_FALSE(test, handed_out_again(test, cache, right));
	KUNIT_EXPECT_FALSE(test, handed_out_again(test, cache, left));
	/* With the cache they go, too */
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), 0);
	end(test, dm, 0);
}

static void slab_debug_red_zones(struct kunit *test)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(engines); i++)
		red_zones_of(test, engines[i]);
}

/* -------------------------------------------------------------------- poison */

static void poison_of(struct kunit *test, const char *engine)
{
	struct debug_machine *dm = machine_with(test, engine, 256, 0, 0);
	struct shadow_slab_report report;
	struct shadow_kmem_cache *cache;
	char *first, *last;

	if (!dm)
		return;
	cache = cache_of(test, dm, "poisons", 100, ALL);
	first = alloc_by(test, dm, cache, 1);
	last = alloc_by(test, dm, cache, 2);
	dm->stack = 3;
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, first), 0);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, last), 0);
	KUNIT_EXPECT_EQ(test, shadow_test_peek(first), SHADOW_POISON_FREE);
	KUNIT_EXPECT_EQ(test, shadow_test_peek(first + 99), SHADOW_POISON_END);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_check(cache), 0);

	/* Found by a check: once */
	shadow_test_poke(first + 17, 0x55);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_check(cache), 1);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_check(cache), 0);
	report = newest(test, dm, 1);
	expect_bytes(test, dm, &report, first, SHADOW_WRONG_POISON, 17, 1,
		     SHADOW_POISON_FREE, 0x55);
	KUNIT_EXPECT_EQ(test, report.alloc.stack, 1);
	KUNIT_EXPECT_EQ(test, report.free.stack, 3);

	/* Found by the allocation that would have handed it out */
	shadow_test_poke(last + 99, 0x66);
	KUNIT_EXPECT_FALSE(test, handed_out_again(test, cache, last));
	KUNIT_EXPECT_FALSE(test, handed_out_again(test, cache, first));
	report = newest(test, dm, 2);
	expect_bytes(test, dm, &report, last, SHADOW_WRONG_POISON, 99, 1,
		     SHADOW_POISON_END, 0x66);
	KUNIT_EXPECT_EQ(test, cache->debug.nr_out, 2);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), 0);
	end(test, dm, 0);
}

static void slab_debug_poison(struct kunit *test)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(engines); i++)
		poison_of(test, engines[i]);
}

/* Nobody allocates any more: shrinking, destroying and the end find it. */
static void late_of(struct kunit *test, const char *engine)
{
	struct debug_machine *dm = machine_with(test, engine, 256, 0, 0);
	struct shadow_kmem_cache *cache;
	char *object[3];
	u32 i;

	if (!dm)
		return;
	cache = cache_of(test, dm, "late", 100, ALL);
	for (i = 0; i < ARRAY_SIZE(object); i++)
		object[i] = alloc_by(test, dm, cache, 1);
	for (i = 0; i < ARRAY_SIZE(object) - 1; i++)
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, object[i]), 0);
	shadow_test_poke(object[0] + 20, 0x42);
	shadow_kmem_cache_shrink(cache);
	KUNIT_EXPECT_EQ(test, newest(test, dm, 1).wrong, SHADOW_WRONG_POISON);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, object[2]), 0);
	shadow_test_poke(object[2] + 21, 0x43);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), 0);
	KUNIT_EXPECT_EQ(test, newest(test, dm, 2).wrong, SHADOW_WRONG_POISON);

	cache = cache_of(test, dm, "later", 100, ALL);
	object[0] = alloc_by(test, dm, cache, 1);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, object[0]), 0);
	shadow_test_poke(object[0] + 22, 0x44);
	dm->nr_lines = 0;
	end(test, dm, 0);
	KUNIT_EXPECT_EQ(test, dm->nr_lines, 1);
	KUNIT_EXPECT_TRUE(test, strstarts(dm->line[0], "BUG later: Poison overwritten"));
}

static void slab_debug_late(struct kunit *test)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(engines); i++)
		late_of(test, engines[i]);
}

/* What an engine keeps in its own classes is not said to leak. */
static void slab_debug_own(struct kunit *test)
{
	struct debug_machine *dm;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(engines) * 2; i++) {
		dm = machine_with(test, engines[i / 2], 512, i % 2 ? ALL : 0, 0);
		if (!dm)
			continue;
		cache_of(test, dm, "off-slab", 4000, 0);
		KUNIT_EXPECT_NOT_NULL(test, shadow_kmalloc(&dm->slab, 100, 0));
		end(test, dm, 1);
		KUNIT_EXPECT_LE(test, dm->nr_lines, 1);
		if (dm->nr_lines)
			KUNIT_EXPECT_TRUE(test, strstarts(dm->line[0],
							  "1 objects of cache kmalloc-128"));
	}
}

/* --------------------------------------------------------------- wrong frees */

static void frees_of(struct kunit *test, const char *engine)
{
	struct debug_machine *dm = machine_with(test, engine, 256, 0, 0);
	struct shadow_kmem_cache *cache, *other;
	struct shadow_slab_report report;
	struct shadow_page *page;
	char *object, *frame;

	if (!dm)
		return;
	cache = cache_of(test, dm, "frees", 64, ALL);
	other = cache_of(test, dm, "others", 64, ALL);

	/* Twice */
	object = alloc_by(test, dm, cache, 1);
	dm->stack = 2;
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, object), 0);
	dm->stack = 3;
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, object), -EINVAL);
	report = newest(test, dm, 1);
	KUNIT_EXPECT_EQ(test, report.wrong, SHADOW_WRONG_FREE);
	KUNIT_EXPECT_EQ(test, report.object, phys(dm, object));
	KUNIT_EXPECT_EQ(test, report.alloc.stack, 1);
	KUNIT_EXPECT_EQ(test, report.free.stack, 2);
	KUNIT_EXPECT_EQ(test, report.stack, 3);
	KUNIT_EXPECT_FALSE(test, handed_out_again(test, cache, object));

	/* Inside an object; its owner can free it still, then nobody gets it */
	object = alloc_by(test, dm, cache, 4);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, object + 8), -EINVAL);
	report = newest(test, dm, 2);
	KUNIT_EXPECT_EQ(test, report.wrong, SHADOW_WRONG_POINTER);
	KUNIT_EXPECT_EQ(test, report.object, phys(dm, object));
	KUNIT_EXPECT_EQ(test, report.at, 8);
	KUNIT_EXPECT_EQ(test, report.alloc.stack, 4);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, object), 0);
	KUNIT_EXPECT_FALSE(test, handed_out_again(test, cache, object));

	/* To another cache */
	object = alloc_by(test, dm, cache, 5);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(other, object), -EINVAL);
	report = newest(test, dm, 3);
	KUNIT_EXPECT_EQ(test, report.wrong, SHADOW_WRONG_CACHE);
	KUNIT_EXPECT_STREQ(test, report.cache, "others");
	KUNIT_EXPECT_STREQ(test, report.other, "frees");
	KUNIT_EXPECT_EQ(test, report.object, phys(dm, object));
	KUNIT_EXPECT_EQ(test, report.alloc.stack, 5);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, object), 0);
	KUNIT_EXPECT_FALSE(test, handed_out_again(test, cache, object));

	/* Of no slab, and of no machine */
	page = shadow_alloc_pages(&dm->m->nodes, 0, 0);
	KUNIT_ASSERT_NOT_NULL(test, page);
	frame = shadow_page_to_virt(&dm->m->nodes, page);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, frame + 64), -EINVAL);
	report = newest(test, dm, 4);
	KUNIT_EXPECT_EQ(test, report.wrong, SHADOW_WRONG_POINTER);
	KUNIT_EXPECT_EQ(test, report.object, phys(dm, frame + 64));
	KUNIT_EXPECT_EQ(test, report.slab, 0);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, &report), -EINVAL);
	report = newest(test, dm, 5);
	KUNIT_EXPECT_EQ(test, report.wrong, SHADOW_WRONG_POINTER);
	KUNIT_EXPECT_EQ(test, report.object, 0);
	shadow_free_pages(&dm->m->nodes, page, 0);

	KUNIT_EXPECT_EQ(test, cache->debug.nr_out, 3);
	KUNIT_EXPECT_EQ(test, other->debug.nr_out, 0);
	end(test, dm, 0);
}

static void slab_debug_frees(struct kunit *test)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(engines); i++)
		frees_of(test, engines[i]);
}

/* --------------------------------------------------------------------- state */

static void state_of(struct kunit *test, const char *engine)
{
	struct debug_machine *dm = machine_with(test, engine, 256, 0, 0);
	struct shadow_slab_report report;
	struct shadow_kmem_cache *cache;
	char *live, *free;
	s64 mark;

	if (!dm)
		return;
	cache = cache_of(test, dm, "states", 64, ALL);
	mark = shadow_slab_mark_at(cache);
	live = alloc_by(test, dm, cache, 1);
	free = alloc_by(test, dm, cache, 2);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, free), 0);
	shadow_test_poke(live + mark, 'X');
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, live), 0);
	report = newest(test, dm, 1);
	expect_bytes(test, dm, &report, live, SHADOW_WRONG_STATE, mark, 1, 'L', 'X');
	shadow_test_poke(free + mark + 3, 'Y');
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_check(cache), 1);
	report = newest(test, dm, 2);
	expect_bytes(test, dm, &report, free, SHADOW_WRONG_STATE, mark + 3, 1, 'E', 'Y');
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_check(cache), 0);
	KUNIT_EXPECT_FALSE(test, handed_out_again(test, cache, live));
	KUNIT_EXPECT_FALSE(test, handed_out_again(test, cache, free));
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), 0);
	end(test, dm, 0);
}

static void slab_debug_state(struct kunit *test)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(engines); i++)
		state_of(test, engines[i]);
}

/* ---------------------------------------------------------------------- text */

static void slab_debug_text(struct kunit *test)
{
	struct debug_machine *dm = machine_with(test, "slub", 64, 0, 0);
	static const char hello[] = "hello, red zone!...yz";
	char *text = shadow_test_alloc(test, SHADOW_REPORT_TEXT);
	struct shadow_slab_report report;
	struct shadow_kmem_cache *cache;
	char want[128], *object;
	u32 i;
	u64 pa;

	cache = cache_of(test, dm, "texts", 20, ALL);
	dm->ns = 7999999;
	object = alloc_by(test, dm, cache, 1);
	dm->ns += 61004 * 1000000ULL + 999999;
	pa = phys(dm, object);
	for (i = 0; i < sizeof(hello); i++)
		shadow_test_poke(object + i, hello[i]);
	dm->stack = 2;
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free_cpu(cache, 1, object), 0);
	report = newest(test, dm, 1);
	KUNIT_EXPECT_LT(test, shadow_slab_report_text(&dm->slab, &report, text,
						      SHADOW_REPORT_TEXT), SHADOW_REPORT_TEXT - 1);
	KUNIT_EXPECT_TRUE(test, strstarts(text, "BUG texts: Right Redzone overwritten\n"));
	snprintf(want, sizeof(want),
		 "0x%llx-0x%llx @offset=%llu. First byte 0x7a instead of 0xcc\n",
		 (unsigned long long)pa + 20, (unsigned long long)pa + 21,
		 (unsigned long long)(pa + 20 - report.slab));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, want));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "Allocated in site_1 age=61.004 "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text,
					   " age=61.004 ops=0 cpu=1\n site_1\n caller\n"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "Found by\n site_2\n"));
	KUNIT_EXPECT_NULL(test, strstr(text, "Freed in"));
	/* Without a clock */
	report.alloc.ns = 0;
	shadow_slab_report_text(&dm->slab, &report, text, SHADOW_REPORT_TEXT);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "Allocated in site_1 age=- ops=0 cpu=1\n"));
	snprintf(want, sizeof(want),
		 "Object   %llx: 68 65 6c 6c 6f 2c 20 72 65 64 20 7a 6f 6e 65 21  hello, red zone!\n",
		 (unsigned long long)pa);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, want));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "LIVE"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "FIX texts: object 0x"));
	kunit_info(test, "%s", text);
	end(test, dm, 0);
}

/* ------------------------------------------------------------------ freelist */

/* What is behind the inner object is the engine's: a link, "slob" has a mark, too */
static void freelist_of(struct kunit *test, const char *engine)
{
	struct debug_machine *dm = machine_with(test, engine, 256, 0, 0);
	struct shadow_slab_report report;
	struct shadow_kmem_cache *cache;
	char *object;

	KUNIT_ASSERT_NOT_NULL(test, dm);
	cache = cache_of(test, dm, "links", 64, ALL);
	object = alloc_by(test, dm, cache, 1);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free_cpu(cache, 1, object), 0);
	memset(object - cache->desc.user_offset + cache->offset, 0x41, 8);
	KUNIT_EXPECT_NULL(test, shadow_kmem_cache_alloc_cpu(cache, 1, 0));
	report = newest(test, dm, 1);
	KUNIT_EXPECT_EQ(test, report.wrong, SHADOW_WRONG_FREELIST);
	KUNIT_EXPECT_STREQ(test, report.cache, "links");
	KUNIT_EXPECT_STREQ(test, report.fault, dm->m->fault.text);
	KUNIT_EXPECT_TRUE(test, shadow_fault_frozen(&dm->m->fault));
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), -EUCLEAN);
	shadow_slab_fini(&dm->slab);
}

static void slab_debug_freelist(struct kunit *test)
{
	freelist_of(test, "slub");
	freelist_of(test, "slob");
}

/* --------------------------------------------------------------------- leaks */

static void leaks_of(struct kunit *test, const char *engine)
{
	struct debug_machine *dm = machine_with(test, engine, 256, 0, 0);
	struct shadow_slab_report report;
	struct shadow_slab_leaks *leaks;
	struct shadow_kmem_cache *cache;
	char *object[6];
	u32 i;

	if (!dm)
		return;
	leaks = shadow_test_alloc(test, sizeof(*leaks));
	cache = cache_of(test, dm, "leaks", 48, ALL);
	for (i = 0; i < ARRAY_SIZE(object); i++) {
		dm->ns = 1000 - i;	/* not what makes one the oldest */
		object[i] = alloc_by(test, dm, cache, i < 2 ? 70 : 71);
	}
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, object[5]), 0);
	shadow_kmem_cache_leaks(cache, leaks);
	KUNIT_EXPECT_EQ(test, leaks->site[0].oldest_ns, 998);
	KUNIT_EXPECT_EQ(test, leaks->site[1].oldest_ns, 1000);
	KUNIT_EXPECT_EQ(test, leaks->nr_live, 5);
	KUNIT_ASSERT_EQ(test, leaks->nr_sites, 2);
	KUNIT_EXPECT_EQ(test, leaks->site[0].stack, 71);
	KUNIT_EXPECT_EQ(test, leaks->site[0].nr, 3);
	KUNIT_EXPECT_EQ(test, leaks->site[0].first, phys(dm, object[2]));
	KUNIT_EXPECT_EQ(test, leaks->site[1].stack, 70);
	KUNIT_EXPECT_EQ(test, leaks->site[1].nr, 2);
	KUNIT_EXPECT_EQ(test, leaks->nr_others, 0);

	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), -EBUSY);
	report = newest(test, dm, 1);
	KUNIT_EXPECT_EQ(test, report.wrong, SHADOW_WRONG_LEAK);
	KUNIT_EXPECT_EQ(test, report.nr_live, 5);
	KUNIT_EXPECT_NE(test, report.live[4], 0);
	KUNIT_EXPECT_EQ(test, report.live[5], 0);
	dm->nr_lines = 0;
	end(test, dm, 5);
	/* The engine "slab" has objects of kmalloc's for itself, which go first */
	i = dm->nr_lines - 2;
	KUNIT_ASSERT_LT(test, i, NR_LINES - 1);
	KUNIT_EXPECT_STREQ(test, dm->line[i],
			   "3 objects of cache leaks in use, allocated in site_71");
	KUNIT_EXPECT_STREQ(test, dm->line[i + 1],
			   "2 objects of cache leaks in use, allocated in site_70");
}

static void slab_debug_leaks(struct kunit *test)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(engines); i++)
		leaks_of(test, engines[i]);
}

/* ---------------------------------------------------------------- quarantine */

/* First in, first out, until no more than so many bytes wait */
static void quarantine_of(struct kunit *test, const char *engine)
{
	struct debug_machine *dm = machine_with(test, engine, 256, 0, 640);
	struct shadow_kmem_cache *cache;
	struct shadow_slab_report report;
	char *object[16];
	u64 nr;
	u32 i;

	if (!dm)
		return;
	cache = cache_of(test, dm, "waits", 64, 0);
	for (i = 0; i < ARRAY_SIZE(object); i++)
		object[i] = alloc_by(test, dm, cache, 1);
	/* What the engine has freed for itself is not of interest */
	shadow_slab_drain(&dm->slab, NULL, 0);
	for (i = 0; i < ARRAY_SIZE(object); i++) {
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free_cpu(cache, 1, object[i]), 0);
		KUNIT_EXPECT_EQ(test, shadow_slab_quarantined(&dm->slab, &nr),
				min(i + 1, 10U) * 64);
		KUNIT_EXPECT_EQ(test, nr, min(i + 1, 10U));
	}
	KUNIT_EXPECT_EQ(test, cache->debug.nr_waiting, 10);
	/* The last ten wait, the first six do not */
	for (i = 6; i < ARRAY_SIZE(object); i++)
		KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, object[i]), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_slab_nr_reports(&dm->slab), 10);
	verify(test, dm);
	shadow_kmem_cache_shrink(cache);
	KUNIT_EXPECT_EQ(test, shadow_slab_quarantined(&dm->slab, NULL), 0);
	KUNIT_EXPECT_EQ(test, cache->debug.nr_out, 10);

	/* Written to while it waits: found when it leaves */
	object[0] = alloc_by(test, dm, cache, 2);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, object[0]), 0);
	shadow_test_poke(object[0] + 5, 1);
	shadow_kmem_cache_shrink(cache);
	report = newest(test, dm, 11);
	expect_bytes(test, dm, &report, object[0], SHADOW_WRONG_POISON, 5, 1,
		     SHADOW_POISON_FREE, 1);
	KUNIT_EXPECT_FALSE(test, handed_out_again(test, cache, object[0]));
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_destroy(cache), 0);
	end(test, dm, 0);
}

static void slab_debug_quarantine(struct kunit *test)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(engines); i++)
		quarantine_of(test, engines[i]);
}

/* -------------------------------------------------------------------- random */

#define NR_SLOTS	256
#define NR_RANDOM	33334	/* operations an engine */

/* Nothing is wrong, and nothing is found */
static void random_of(struct kunit *test, const char *engine, struct rnd_state *rnd)
{
	struct debug_machine *dm = machine_with(test, engine, 1024, ALL, SZ_4K);
	u64 *bytes = shadow_test_alloc(test, NR_SLOTS * sizeof(*bytes));
	char **object = shadow_test_alloc(test, NR_SLOTS * sizeof(*object));
	u32 i, slot, live = 0;

	if (!dm)
		return;
	for (i = 0; i < NR_RANDOM; i++) {
		slot = shadow_test_below(rnd, NR_SLOTS);
		dm->stack = slot;
		if (object[slot]) {
			KUNIT_ASSERT_NULL(test, memchr_inv(object[slot], slot & 0xff, bytes[slot]));
			KUNIT_ASSERT_EQ(test, shadow_kfree_cpu(&dm->slab, i & 1, object[slot]), 0);
			object[slot] = NULL;
			live--;
			continue;
		}
		bytes[slot] = 1 + shadow_test_below(rnd, 1000);
		object[slot] = shadow_kmalloc_cpu(&dm->slab, i & 1, bytes[slot], 0);
		if (!object[slot])
			continue;
		memset(object[slot], slot, bytes[slot]);
		live++;
		if (i % 4096 == 0)
			KUNIT_ASSERT_EQ(test, shadow_slab_check(&dm->slab), 0);
	}
	KUNIT_EXPECT_EQ(test, shadow_slab_check(&dm->slab), 0);
	KUNIT_EXPECT_EQ(test, shadow_slab_nr_reports(&dm->slab), 0);
	KUNIT_EXPECT_GT(test, live, 0);
	end(test, dm, live);
}

static void slab_debug_random(struct kunit *test)
{
	struct rnd_state rnd;
	u32 i;

	shadow_test_seed(test, &rnd);
	for (i = 0; i < ARRAY_SIZE(engines); i++)
		random_of(test, engines[i], &rnd);
}

static struct kunit_case shadow_slab_debug_cases[] = {
	KUNIT_CASE(slab_debug_layout),
	KUNIT_CASE(slab_debug_red_zones),
	KUNIT_CASE(slab_debug_poison),
	KUNIT_CASE(slab_debug_frees),
	KUNIT_CASE(slab_debug_state),
	KUNIT_CASE(slab_debug_text),
	KUNIT_CASE(slab_debug_freelist),
	KUNIT_CASE(slab_debug_late),
	KUNIT_CASE(slab_debug_own),
	KUNIT_CASE(slab_debug_leaks),
	KUNIT_CASE(slab_debug_quarantine),
	KUNIT_CASE(slab_debug_random),
	{}
};

static struct kunit_suite shadow_slab_debug_suite = {
	.name = "shadow_slab_debug",
	.test_cases = shadow_slab_debug_cases,
};

kunit_test_suite(shadow_slab_debug_suite);
