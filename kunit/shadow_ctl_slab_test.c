// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the commands on caches, of krealloc and of fail: what they do, what
 * is refused with which words, and that a failure that was asked for leaves
 * nothing behind.
 */
#include <linux/bitmap.h>

#include "shadow_test_ctl.h"

#include "shadow_slab.h"

static struct shadow_slabinfo info_of(struct rig *rig, const char *name)
{
	struct shadow_kmem_cache *cache = shadow_slab_find(&rig->mm.slab, name);
	struct shadow_slabinfo info = { };

	if (cache)
		shadow_slab_get_info(cache, &info);
	return info;
}

static void ctl_cache(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct shadow_slabinfo info;

	expect_said(test, rig,
		    "cache_create dentry 192 align=64 flags=HWCACHE_ALIGN,RECLAIM_ACCOUNT",
		    "dentry: 192 bytes, 192 from one to the next, align 64, 21 in a slab of 1 pages");
	info = info_of(rig, "dentry");
	KUNIT_EXPECT_EQ(test, info.flags,
			SHADOW_SLAB_HWCACHE_ALIGN | SHADOW_SLAB_RECLAIM_ACCOUNT);
	expect_said(test, rig, "cache_alloc dentry count=50 as=some",
		    "id 1: 50 of 192 bytes of dentry, the first at pa 0x");
	KUNIT_EXPECT_GE(test, info_of(rig, "dentry").active_objs, 50);
	KUNIT_EXPECT_NOT_NULL(test,
			      strstr(show(rig), "some             cache_alloc dentry count=50 pa"));
	expect_ok(test, rig, "cache_alloc dentry cpu=3 gfp=ZERO,NOWARN node=0 as=one");
	expect_refused(test, rig, "cache_destroy dentry", -EBUSY,
		       "cache_destroy: dentry has objects in use: id 2 (1), 1 (50); pa 0x");
	expect_ok(test, rig, "cache_free some count=49");
	expect_said(test, rig, "cache_shrink dentry",
		    "slabs given back, ");
	KUNIT_EXPECT_EQ(test, info_of(rig, "dentry").active_objs, 2);
	expect_said(test, rig, "cache_free some\ncache_free one\ncache_shrink dentry",
		    " 0 remain");
	expect_ok(test, rig, "cache_destroy dentry");
	KUNIT_EXPECT_NULL(test, shadow_slab_find(&rig->mm.slab, "dentry"));
	expect_healthy(test, rig);
}

static void ctl_cache_refused(struct kunit *test)
{
	struct rig *rig = test->priv;

	expect_ok(test, rig, "cache_create x 100\ncache_alloc x as=a\nkmalloc 10 as=k");
	expect_refused(test, rig, "cache_create x 100", -EEXIST, "'x': the name is in use");
	expect_refused(test, rig, "cache_create y 0", -EINVAL, "BYTES '0'");
	expect_refused(test, rig, "cache_create y", -EINVAL, "an argument is missing");
	expect_refused(test, rig, "cache_create y 3G", -EINVAL,
		       "BYTES 3221225472 align=0: allowed");
	expect_refused(test, rig, "cache_create y 8 align=3", -EINVAL,
		       "align= '3': allowed: a power of two");
	expect_refused(test, rig, "cache_create y 8 align=8192", -EINVAL, "align up to 4096");
	expect_refused(test, rig, "cache_create y 8 flags=PANIC", -EOPNOTSUPP,
		       "flags= 'PANIC': allowed: HWCACHE_ALIGN, ");
	expect_refused(test, rig, "cache_create y 8 flags=CACHE_DMA,ACCOUNT", -EOPNOTSUPP,
		       "flags= 'ACCOUNT'");
	expect_refused(test, rig, "cache_create y 8 flags=POISON,", -EINVAL, "flags= '': allowed");
	expect_refused(test, rig, "cache_create y 8 flags=poison", -EINVAL, "flags= 'poison'");
	expect_refused(test, rig, "cache_create a-name-of-thirty-two-characters-x 8", -EINVAL,
		       "allowed: up to 31 printable characters");
	expect_refused(test, rig, "cache_alloc nobody", -ENOENT, "'nobody': no such cache");
	expect_refused(test, rig, "cache_alloc kmem_cache", -EPERM, "the layer's own structures");
	expect_refused(test, rig, "cache_alloc x gfp=HIGHMEM", -EINVAL,
		       "cache_alloc: gfp=: allowed: KERNEL, USER");
	expect_refused(test, rig, "cache_alloc x cpu=4", -EINVAL, "cpu=4: allowed: 0 to 3");
	expect_refused(test, rig, "cache_alloc x node=1", -EINVAL, "node=1: allowed: 0 to 0");
	expect_refused(test, rig, "cache_alloc x count=1000000", -ENOMEM, "has only");
	expect_refused(test, rig, "cache_free k", -EINVAL, "id 2 is objects: allowed: kfree");
	expect_refused(test, rig, "kfree a", -EINVAL,
		       "id 1 is objects of a cache: allowed: cache_free");
	expect_refused(test, rig, "cache_free a count=2", -EINVAL, "count=2: allowed: 1 to 1");
	expect_refused(test, rig, "cache_shrink nobody", -ENOENT, "no such cache");
	expect_refused(test, rig, "cache_destroy kmalloc-8", -EPERM, "is the machine's own");
	expect_refused(test, rig, "cache_destroy nobody", -ENOENT, "no such cache");
	expect_healthy(test, rig);
}

/* The object whose address has been said last */
static void *object_said(const struct rig *rig)
{
	const char *at = strstr(rig->ctl.said, "pa 0x");
	u64 pa;

	if (!at || sscanf(at, "pa %llx", &pa) != 1)
		return NULL;
	return shadow_phys_to_virt(&rig->mm.block, pa);
}

/* What is found is found once, and the object goes out of use */
static void ctl_cache_check(struct kunit *test)
{
	struct rig *rig = test->priv;
	u8 *object;

	expect_ok(test, rig, "cache_create plain 64\ncache_create red 60 flags=RED_ZONE,POISON");
	expect_refused(test, rig, "cache_check plain", -EINVAL,
		       "cache_check: 'plain' has no debugging: allowed: a cache with POISON");
	expect_refused(test, rig, "cache_check nobody", -ENOENT, "no such cache");
	expect_said(test, rig, "cache_alloc red as=r", "id 1: 1 of 60 bytes of red, at pa 0x");
	object = object_said(rig);
	KUNIT_ASSERT_NOT_NULL(test, object);
	expect_said(test, rig, "cache_check red", " objects looked at, 0 found wrong; 0 reports");
	shadow_test_poke(object + 60, shadow_test_peek(object + 60) ^ 1);
	expect_said(test, rig, "cache_check red", " objects looked at, 1 found wrong; 1 reports");
	expect_said(test, rig, "cache_check red", " objects looked at, 0 found wrong; 1 reports");
	expect_ok(test, rig, "cache_free r\ncache_destroy red");
	KUNIT_EXPECT_NULL(test, shadow_slab_find(&rig->mm.slab, "red"));
	expect_ok(test, rig, "cache_destroy plain");
	expect_healthy(test, rig);
}

/* One cache of two names: each is ended by itself */
static void ctl_cache_merged(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct shadow_slab *slab = &rig->mm.slab;

	slab->cfg.merge = true;
	expect_ok(test, rig, "cache_create first 72\ncache_create second 72");
	KUNIT_ASSERT_NOT_NULL(test, shadow_slab_find(slab, "first"));
	KUNIT_EXPECT_PTR_EQ(test, shadow_slab_find(slab, "first"),
			    shadow_slab_find(slab, "second"));
	expect_ok(test, rig, "cache_alloc first as=a\ncache_destroy second");
	KUNIT_EXPECT_NULL(test, shadow_slab_find(slab, "second"));
	KUNIT_EXPECT_NOT_NULL(test, shadow_slab_find(slab, "first"));
	expect_refused(test, rig, "cache_destroy first", -EBUSY, "has objects in use: id 1 (1)");
	expect_ok(test, rig, "cache_free a\ncache_destroy first");
	KUNIT_EXPECT_NULL(test, shadow_slab_find(slab, "first"));
	expect_healthy(test, rig);
}

static void ctl_krealloc(struct kunit *test)
{
	struct rig *rig = test->priv;
	u8 *object;

	expect_said(test, rig, "kmalloc 40 as=a\nkrealloc a 64",
		    "id 1: 64 bytes (64 usable), still at pa 0x");
	KUNIT_EXPECT_NOT_NULL(test, strstr(show(rig), "kmalloc 64 pa "));
	object = object_said(rig);
	KUNIT_ASSERT_NOT_NULL(test, object);
	memset(object, 0x77, 64);
	expect_said(test, rig, "krealloc 1 5000",
		    "id 1: 5000 bytes (8192 usable), now at pa 0x");
	object = object_said(rig);
	KUNIT_ASSERT_NOT_NULL(test, object);
	KUNIT_EXPECT_EQ(test, object[0], 0x77);
	KUNIT_EXPECT_EQ(test, object[63], 0x77);
	expect_refused(test, rig, "krealloc a 15M", -ENOMEM, "id 1 stays as it is");
	expect_refused(test, rig, "krealloc a 10 gfp=HIGHMEM", -EINVAL, "krealloc: gfp=: allowed");
	expect_refused(test, rig, "krealloc b 10", -ENOENT, "no such name");
	expect_ok(test, rig, "krealloc a 10000 gfp=DMA");
	KUNIT_EXPECT_EQ(test, owned(rig, SHADOW_OWNER_KMALLOC), 4);
	expect_said(test, rig, "krealloc a 0",
		    "id 1: freed");
	expect_refused(test, rig, "krealloc a 10", -ENOENT, "no such name");
	KUNIT_EXPECT_EQ(test, owned(rig, SHADOW_OWNER_KMALLOC), 0);
	/* An object of no bytes becomes one of some */
	expect_ok(test, rig, "kmalloc 0 as=z\nkrealloc z 0\nkrealloc z 8\nkfree z");
	expect_ok(test, rig, "kmalloc 8 count=2 as=two");
	expect_refused(test, rig, "krealloc two 9", -EINVAL, "made with count=2: allowed: 1");
	expect_ok(test, rig, "kfree two\nkmalloc 100 gfp=RECLAIMABLE as=r\nkfree r");
	expect_healthy(test, rig);
}

/* ----------------------------------------------------------- cache_reap -- */

static u64 slabs_of(struct rig *rig, const char *name)
{
	return info_of(rig, name).num_slabs;
}

/* Nothing goes at once; what nobody takes goes in the end, by each CPU's turn */
static void ctl_cache_reap(struct kunit *test)
{
	struct rig *rig = test->priv;
	unsigned int turns = 0;
	u64 full;

	expect_refused(test, rig, "cache_reap", -EOPNOTSUPP,
		       "cache_reap: engine 'slub' has no reaper: allowed: a machine with slab=slab");
	rig->mm.cfg.slab = "slob";
	expect_ok(test, rig, "reset");
	expect_refused(test, rig, "cache_reap cpu=0", -EOPNOTSUPP, "engine 'slob'");
	rig->mm.cfg.slab = "slab";
	expect_ok(test, rig, "reset");
	expect_refused(test, rig, "cache_reap cpu=4", -EINVAL, "cpu=4: allowed: 0 to 3");
	expect_refused(test, rig, "cache_reap all", -EINVAL, "");
	expect_ok(test, rig, "cache_create x 1000\ncache_alloc x cpu=2 count=200 as=a");
	full = slabs_of(rig, "x");
	expect_ok(test, rig, "cache_free a");
	KUNIT_EXPECT_GT(test, slabs_of(rig, "x"), 1);
	while (slabs_of(rig, "x") && turns < 200) {
		expect_said(test, rig, "cache_reap", " slabs given back, ");
		turns++;
	}
	KUNIT_EXPECT_EQ(test, slabs_of(rig, "x"), 0);
	KUNIT_EXPECT_GT(test, turns, 1);
	KUNIT_EXPECT_GE(test, full, 50);
	expect_said(test, rig, "cache_reap cpu=1", "slabs given back, ");
	expect_healthy(test, rig);
	expect_ok(test, rig, "cache_destroy x");
	rig->mm.cfg.slab = "slub";
	expect_ok(test, rig, "reset");
}

/* The boot tells of the engine that it has, and of no other */
static void slab_boot_words(struct kunit *test)
{
	static const struct {
		const char *engine, *source, *effect;
		bool steps;
	} said[] = {
		{ "slab", "mm/slab.c", "caches: static arrays and lists, ", true },
		{ "slob", "mm/slob.c", "caches: three lists of pages by size, ", false },
		{ "slub", "mm/slub.c", "caches: kmem_cache bootstrapped, then kmalloc's", false },
	};
	struct rig *rig = test->priv;
	const char *effect = rig->mm.boot.record[SHADOW_PHASE_SLAB_INIT].effect;
	char text[128];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(said); i++) {
		rig->mm.cfg.slab = said[i].engine;
		expect_ok(test, rig, "reset");
		KUNIT_EXPECT_EQ(test, strncmp(effect, "engine ", 7), 0);
		KUNIT_EXPECT_EQ(test, strncmp(effect + 7, said[i].engine, 4), 0);
		KUNIT_EXPECT_NOT_NULL(test, strstr(effect, said[i].effect));
		KUNIT_EXPECT_NOT_NULL(test, strstr(shadow_slab_source(&rig->mm.slab),
						   said[i].source));
		KUNIT_EXPECT_EQ(test, !shadow_slab_step_text(&rig->mm.slab, 0, text,
							     sizeof(text)), said[i].steps);
	}
}

/* ----------------------------------------------------------------- fail -- */

static void ctl_fail_refused(struct kunit *test)
{
	struct rig *rig = test->priv;

	expect_refused(test, rig, "fail", -EINVAL, "an argument is missing");
	expect_refused(test, rig, "fail early probability=1", -EINVAL,
		       "POINT 'early': allowed: page, pcp, buddy, contig, table, slab, vmalloc, memblock");
	expect_refused(test, rig, "fail slab probability=101", -EINVAL,
		       "probability= '101': allowed: a number from 0 to 100");
	expect_refused(test, rig, "fail slab interval=2", -EINVAL, "probability= is missing");
	expect_refused(test, rig, "fail slab probability=1 times=-2", -EINVAL,
		       "times= '-2': allowed: a number from 0 to 2147483647, or -1 for ever");
	expect_refused(test, rig, "fail slab probability=1 interval=-1", -EINVAL, "interval= '-1'");
	expect_refused(test, rig, "fail slab probability=1 space=9223372036854775808", -EINVAL,
		       "space= '9223372036854775808'");
	expect_refused(test, rig, "fail slab probability=1 probability=2", -EINVAL,
		       "each key once");
	expect_refused(test, rig, "fail slab probability=1 count=2", -EINVAL, "key 'count'");
	KUNIT_EXPECT_NULL(test, strstr(show(rig), "\nfail: "));
}

static void ctl_fail(struct kunit *test)
{
	struct rig *rig = test->priv;
	static const char one[] =
		"fail: slab probability=100 interval=1 times=-1 space=0 seed=1: 1 of 1 calls";

	expect_said(test, rig, "cache_create x 4096\nfail slab probability=100 times=-1",
		    "slab probability=100 interval=1 times=-1 space=0 seed=1: 0 of 0 calls failed");
	expect_refused(test, rig, "cache_alloc x", -ENOMEM, "out of memory after 0 of 1");
	KUNIT_EXPECT_NOT_NULL(test, strstr(show(rig), one));
	expect_said(test, rig, "fail slab",
		    "slab: no call fails any more; 1 were made to");
	KUNIT_EXPECT_NULL(test, strstr(show(rig), "\nfail: "));
	expect_ok(test, rig, "cache_alloc x as=a\ncache_free a");
	/* The third call of all: what came before goes back */
	expect_ok(test, rig, "fail slab probability=100 interval=3");
	expect_refused(test, rig, "cache_alloc x count=100", -ENOMEM,
		       "of 100, which were given back");
	/* Once was all */
	expect_ok(test, rig, "cache_alloc x count=100 as=b\ncache_free b");
	/* The first bytes are free of it */
	expect_ok(test, rig, "cache_shrink x\nfail slab probability=100 space=64K times=-1");
	expect_ok(test, rig, "cache_alloc x count=8 as=c");
	expect_refused(test, rig, "cache_alloc x count=8", -ENOMEM, "out of memory");
	expect_ok(test, rig, "cache_free c\nfail slab probability=0");
	expect_ok(test, rig, "fail page probability=100 times=-1");
	expect_refused(test, rig, "alloc_pages 0", -ENOMEM, "out of memory");
	expect_refused(test, rig, "kmalloc 1M", -ENOMEM, "out of memory");
	expect_ok(test, rig, "fail page\nalloc_pages 0 as=p\nfree_pages p");
	expect_ok(test, rig, "fail table probability=100 times=-1");
	expect_refused(test, rig, "map 0xffff800000000000 0x80000000 1 rw", -ENOMEM, "");
	expect_ok(test, rig,
		  "fail table\nmap 0xffff800000000000 0x80000000 1 rw\nunmap 0xffff800000000000 1");
	expect_healthy(test, rig);
}

/* Early allocations fail too, and a reset ends all of it */
static void ctl_fail_memblock(struct kunit *test)
{
	struct rig *rig = test->priv;

	expect_ok(test, rig, "reset until=arm64_memblock_init");
	expect_ok(test, rig, "fail memblock probability=100 times=-1");
	expect_refused(test, rig, "early_alloc 64K", -ENOMEM, "");
	expect_ok(test, rig, "fail memblock\nearly_alloc 64K");
	expect_ok(test, rig, "fail memblock probability=100 times=-1\nreset until=");
	KUNIT_EXPECT_NULL(test, strstr(show(rig), "\nfail: "));
	expect_healthy(test, rig);
}

/* Which of 200 allocations fail, as bits */
static void pattern(struct kunit *test, struct rig *rig, unsigned long *failed)
{
	unsigned int i;

	bitmap_zero(failed, 200);
	expect_ok(test, rig, "fail page probability=30 times=-1");
	for (i = 0; i < 200; i++) {
		if (say(rig, "alloc_pages 0 as=p") < 0)
			__set_bit(i, failed);
		else
			expect_ok(test, rig, "free_pages p");
	}
	expect_ok(test, rig, "fail page");
}

/* The same seed and the same calls fail alike; about so many as were asked for */
static void ctl_fail_repeats(struct kunit *test)
{
	struct rig *rig = test->priv;
	DECLARE_BITMAP(first, 200);
	DECLARE_BITMAP(again, 200);

	pattern(test, rig, first);
	pattern(test, rig, again);
	KUNIT_EXPECT_TRUE(test, bitmap_equal(first, again, 200));
	KUNIT_EXPECT_GT(test, bitmap_weight(first, 200), 30);
	KUNIT_EXPECT_LT(test, bitmap_weight(first, 200), 90);
	rig->mm.cfg.seed = 2;
	expect_ok(test, rig, "reset");
	pattern(test, rig, again);
	KUNIT_EXPECT_FALSE(test, bitmap_equal(first, again, 200));
	expect_healthy(test, rig);
}

/* Slabs of TYPESAFE_BY_RCU wait until somebody says that the period has ended */
static void ctl_typesafe(struct kunit *test)
{
	struct rig *rig = test->priv;
	u64 slabs = owned(rig, SHADOW_OWNER_SLAB);

	expect_said(test, rig,
		    "cache_create safe 500 flags=TYPESAFE_BY_RCU\ncache_alloc safe count=100 as=s\ncache_free s\ncache_destroy safe",
		    "slabs of any cache wait for a grace period");
	KUNIT_EXPECT_GT(test, shadow_slab_nr_waiting(&rig->mm.slab), 0);
	KUNIT_EXPECT_GT(test, owned(rig, SHADOW_OWNER_SLAB), slabs);
	expect_healthy(test, rig);
	while (shadow_slab_nr_waiting(&rig->mm.slab))
		shadow_slab_grace(&rig->mm.slab);
	KUNIT_EXPECT_LE(test, owned(rig, SHADOW_OWNER_SLAB), slabs + 1);
	expect_healthy(test, rig);
}

static struct kunit_case shadow_ctl_slab_cases[] = {
	KUNIT_CASE(ctl_cache),
	KUNIT_CASE(ctl_cache_refused),
	KUNIT_CASE(ctl_cache_check),
	KUNIT_CASE(ctl_cache_merged),
	KUNIT_CASE(ctl_krealloc),
	KUNIT_CASE(ctl_cache_reap),
	KUNIT_CASE(slab_boot_words),
	KUNIT_CASE(ctl_fail_refused),
	KUNIT_CASE(ctl_fail),
	KUNIT_CASE(ctl_fail_memblock),
	KUNIT_CASE(ctl_fail_repeats),
	KUNIT_CASE(ctl_typesafe),
	{}
};

static struct kunit_suite shadow_ctl_slab_suite = {
	.name = "shadow_ctl_slab",
	.init = rig_init,
	.exit = rig_exit,
	.test_cases = shadow_ctl_slab_cases,
};

kunit_test_suite(shadow_ctl_slab_suite);
