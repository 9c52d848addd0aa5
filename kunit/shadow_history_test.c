// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite of what a history has: whatever the language of ctl does to a machine
 * leaves an operation. The machine's whole state is the judge: where it is
 * another one afterwards, something was recorded.
 */
#include "shadow_test_break.h"

#include "shadow_ctl_set.h"
#include "shadow_ctl_verb.h"
#include "shadow_ring.h"
#include "shadow_test_state.h"

#define RECORDS		SZ_16K

/* Emulated, one of the three has to do */
#ifdef __KERNEL__
#define NR_ENGINES	1
#else
#define NR_ENGINES	3
#endif

#define UNTIL(phase)	(SHADOW_PHASE_##phase + 1)

enum changes { NEVER, ALWAYS, SOMETIMES };

/**
 * struct example - one command
 * @line: it
 * @first: what has to be there
 * @changes: whether it changes the machine's state
 * @until: the boot stops behind that phase, 1 more; 0: it does not stop
 */
struct example {
	const char *line;
	const char *first;
	enum changes changes;
	unsigned int until;
};

#define DEBUG_CACHE	"cache_create red 60 flags=RED_ZONE,POISON\ncache_alloc red count=7 as=r"
#define USER_PAGE	"map 0x10000 0x80400000 4 rw"

static const struct example examples[] = {
	{ "alloc_pages 0", "", ALWAYS },
	{ "alloc_pages 3 count=2 zone=DMA", "", ALWAYS },
	{ "alloc_pages 10 count=9999", "", SOMETIMES },
	{ "alloc_pages_exact 12K", "", ALWAYS },
	{ "alloc_pages_bulk 70", "", ALWAYS },
	{ "split_page a", "alloc_pages 2 as=a", ALWAYS },
	{ "get_page a", "alloc_pages 2 as=a", ALWAYS },
	{ "put_page a", "alloc_pages 2 as=a", ALWAYS },
	{ "free_pages a", "alloc_pages 2 as=a", ALWAYS },
	{ "free_pages a count=1", "alloc_pages 0 count=3 as=a", ALWAYS },
	{ "kmalloc 100", "", ALWAYS },
	{ "kmalloc 100000", "", ALWAYS },
	{ "kmalloc 0", "", NEVER },
	{ "kfree k", "kmalloc 100 as=k", ALWAYS },
	{ "krealloc k 5000", "kmalloc 100 as=k", ALWAYS },
	{ "krealloc k 0", "kmalloc 100 as=k", ALWAYS },
	{ "cache_create c 100", "", ALWAYS },
	{ "cache_alloc c", "cache_create c 100", ALWAYS },
	{ "cache_alloc c count=200", "cache_create c 100", ALWAYS },
	{ "cache_free o", "cache_create c 100\ncache_alloc c as=o", ALWAYS },
	{ "cache_shrink c", "cache_create c 100\ncache_alloc c as=o\ncache_free o", SOMETIMES },
	{ "cache_reap", "cache_create c 100\ncache_alloc c count=99 as=o\ncache_free o",
	  SOMETIMES },
	{ "cache_reap cpu=1", "", SOMETIMES },
	{ "cache_check red", DEBUG_CACHE, SOMETIMES },
	{ "cache_destroy c", "cache_create c 100", ALWAYS },
	{ "cache_destroy red", DEBUG_CACHE, SOMETIMES },
	{ "fail slab probability=50 times=3", "", ALWAYS },
	{ "fail slab", "fail slab probability=50 times=3", ALWAYS },
	{ "vmalloc 20000", "", ALWAYS },
	{ "vmalloc 4M huge=on", "", ALWAYS },
	{ "vfree v", "vmalloc 20000 as=v", ALWAYS },
	{ "vmalloc_purge", "vmalloc 20000 as=v\nvfree v", ALWAYS },
	{ "vmap a", "alloc_pages 0 count=4 as=a", ALWAYS },
	{ "vunmap m", "alloc_pages 0 count=4 as=a\nvmap a as=m", ALWAYS },
	{ "ioremap 0x9000000 4096", "", ALWAYS },
	{ "iounmap i", "ioremap 0x9000000 4096 as=i", ALWAYS },
	{ USER_PAGE, "", ALWAYS },
	{ "unmap 0x11000 1", USER_PAGE, ALWAYS },
	{ "unmap 0x10000 4", USER_PAGE, ALWAYS },
	{ "protect 0x11000 1 r", USER_PAGE, ALWAYS },
	{ "tlbi all", "", ALWAYS },
	{ "tlbi 0xffff800000400000 4", "", ALWAYS },
	{ "kmap h", "alloc_pages 0 gfp=HIGHMEM as=h", ALWAYS },
	{ "kmap h cpu=1", "alloc_pages 0 gfp=HIGHMEM as=h", ALWAYS },
	{ "kunmap h", "alloc_pages 0 gfp=HIGHMEM as=h\nkmap h", ALWAYS },
	{ "kunmap h cpu=1", "alloc_pages 0 gfp=HIGHMEM as=h\nkmap h cpu=1", ALWAYS },
	{ "drain", "alloc_pages 0 count=9 as=a\nfree_pages a", ALWAYS },
	{ "drain cpu=3", "alloc_pages 0 cpu=3 count=9 as=a", ALWAYS },
	{ "mark", "kmalloc 100", NEVER },
	{ "mmu_check 100", "", NEVER },
	{ "set counters on", "", NEVER },
	{ "set routes on", "", NEVER },
	{ "set latency ns", "", SOMETIMES },
	{ "set min_free_kbytes 999", "", ALWAYS },
	{ "set watermark_scale_factor 99", "", ALWAYS },
	{ "set watermark_boost_factor 99", "", ALWAYS },
	{ "set lowmem_reserve_ratio 77", "", ALWAYS },
	{ "set percpu_pagelist_high_fraction 9", "", ALWAYS },
	{ "set frag_interval 9", "", ALWAYS },
	{ "set map_frames 9", "", NEVER },
	{ "memblock_add 0x80fff000 4096", "memblock_remove 0x80fff000 4096", ALWAYS,
	  UNTIL(SETUP_FDT) },
	{ "memblock_remove 0x80fff000 4096", "", ALWAYS, UNTIL(SETUP_FDT) },
	{ "memblock_reserve 0x80300000 4096", "", ALWAYS, UNTIL(PAGING_INIT) },
	{ "memblock_free 0x80300000 4096", "memblock_reserve 0x80300000 4096", ALWAYS,
	  UNTIL(PAGING_INIT) },
	{ "early_alloc 100", "", ALWAYS, UNTIL(PAGING_INIT) },
	{ "early_ioremap 0x9000000 4096", "", ALWAYS, UNTIL(PAGING_INIT) },
	{ "early_iounmap %#llx", "early_ioremap 0x9000000 4096", ALWAYS,
	  UNTIL(PAGING_INIT) },
	{ "memremap_pages 0x100000000 128M", "", ALWAYS },
	{ "memunmap_pages 0x100000000", "memremap_pages 0x100000000 128M", ALWAYS },
	{ "break", "", NEVER },
	{ "compare mixed:100:1", "", NEVER },
	{ "create more", "", NEVER },
	{ "destroy more", "", NEVER },
	{ "step", "", ALWAYS, UNTIL(SETUP_FDT) },
	{ "continue", "", ALWAYS, UNTIL(MEMBLOCK_INIT) },
};

/* A new machine: no history of it is left */
static const char *const no_examples[] = { "reset" };

/**
 * struct judge - states before and after
 * @before: one
 * @after: the other
 */
struct judge {
	struct shadow_test_state before;
	struct shadow_test_state after;
};

static u64 nr_ops(struct shadow_ring *ring)
{
	u64 nr = 0;
	unsigned int id;

	__shadow_ring_settle(ring);
	for (id = 0; id < SHADOW_NR_OPS; id++)
		nr += ring->nr_ops[id];
	return nr;
}

static int history_init(struct kunit *test)
{
	int err = break_init(test);
	struct rig *rig;

	if (err)
		return err;
	rig = test->priv;
	rig->mm.cfg.ring = RECORDS;
	return 0;
}

static void boot_until(struct kunit *test, struct rig *rig, unsigned int until)
{
	rig->mm.cfg.until = until ? until - 1 : SHADOW_NR_PHASES - 1;
	reboot(test, rig);
	KUNIT_ASSERT_NOT_NULL(test, rig->mm.events.ring);
}

/* The one mapping that its text knows no address of */
static void fill_in(struct rig *rig, const char *line, char *text, size_t bytes)
{
	strscpy(text, line, bytes);
	if (strstr(line, "%#llx"))
		snprintf(text, bytes, "early_iounmap %#llx", rig->mm.fixmap.early[0].va);
}

/*
 * What is refused may have changed something on its way, which then was
 * recorded as well.
 */
static void try_line(struct kunit *test, struct rig *rig, struct judge *judge,
		     const char *line, enum changes changes, const char *engine)
{
	u64 ops = nr_ops(rig->mm.events.ring);
	u64 last = shadow_ring_last(rig->mm.events.ring);
	ssize_t said, at, first;

	shadow_test_state_take(test, &rig->mm, &judge->before);
	said = say(rig, line);
	shadow_test_state_take(test, &rig->mm, &judge->after);
	at = shadow_test_state_differ(&judge->before, &judge->after);
	first = max_t(ssize_t, at, 0);
	if (changes != SOMETIMES) {
		KUNIT_EXPECT_EQ_MSG(test, said, strlen(line), "%s: %s: %s", engine, line,
				    rig->ctl.said);
		KUNIT_EXPECT_EQ_MSG(test, at >= 0, changes == ALWAYS, "%s: %s: %.*s", engine,
				    line, shadow_test_state_line(&judge->after, first),
				    judge->after.text + first);
	}
	if (at < 0)
		return;
	KUNIT_EXPECT_GT_MSG(test, nr_ops(rig->mm.events.ring), ops,
			    "%s: %s: no operation, but '%.*s' is new", engine, line,
			    shadow_test_state_line(&judge->after, at), judge->after.text + at);
	KUNIT_EXPECT_GT(test, shadow_ring_last(rig->mm.events.ring), last);
}

static void try_all(struct kunit *test, struct judge *judge, const char *engine)
{
	struct rig *rig = test->priv;
	const struct shadow_config cfg = rig->mm.cfg;
	const struct example *example;
	char text[64];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(examples); i++) {
		example = &examples[i];
		/* What was set stays over a boot */
		rig->mm.cfg = cfg;
		rig->mm.cfg.slab = engine;
		boot_until(test, rig, example->until);
		if (*example->first)
			expect_ok(test, rig, example->first);
		fill_in(rig, example->line, text, sizeof(text));
		try_line(test, rig, judge, text, example->changes, engine);
	}
}

/* ----------------------------------------------------------------- cases -- */

static void every_verb(struct kunit *test)
{
	static const char *const engines[] = { "slub", "slab", "slob" };
	struct judge *judge = shadow_test_alloc(test, sizeof(*judge));
	struct rnd_state rnd;
	u32 i, first;

	shadow_test_seed(test, &rnd);
	first = shadow_test_below(&rnd, ARRAY_SIZE(engines));
	for (i = 0; i < NR_ENGINES; i++)
		try_all(test, judge, engines[(first + i) % ARRAY_SIZE(engines)]);
}

static bool begins(const char *line, const char *verb)
{
	size_t len = strlen(verb);

	return !strncmp(line, verb, len) && (line[len] == ' ' || !line[len]);
}

/* No verb and no key of set is forgotten above */
static void every_verb_has_an_example(struct kunit *test)
{
	unsigned int verb, key, i, nr;
	char set[48];

	for (verb = 0; verb < SHADOW_NR_CTL_VERBS; verb++) {
		for (i = 0, nr = 0; i < ARRAY_SIZE(examples); i++)
			nr += begins(examples[i].line, shadow_ctl_verbs[verb].name);
		for (i = 0; i < ARRAY_SIZE(no_examples); i++)
			nr += begins(no_examples[i], shadow_ctl_verbs[verb].name);
		KUNIT_EXPECT_GT_MSG(test, nr, 0, "%s", shadow_ctl_verbs[verb].name);
	}
	for (key = 0; key < SHADOW_NR_CTL_SET_KEYS; key++) {
		snprintf(set, sizeof(set), "set %s", shadow_ctl_sets[key].name);
		for (i = 0, nr = 0; i < ARRAY_SIZE(examples); i++)
			nr += begins(examples[i].line, set);
		KUNIT_EXPECT_GT_MSG(test, nr, 0, "%s", set);
	}
}

/* What is damaged on purpose is told as well, and by one operation */
static void every_break(struct kunit *test)
{
	struct judge *judge = shadow_test_alloc(test, sizeof(*judge));
	const struct shadow_break_kind *kind;
	struct rig *rig = test->priv;
	unsigned int i;
	char text[48];
	u64 before;

	for (i = 0; (kind = shadow_break_kind(i)); i++) {
		boot_until(test, rig, kind->ends ? SHADOW_PHASE_PAGING_INIT + 1 : 0);
		if (!kind->ends)
			furnish(test, rig);
		before = rig->mm.ring->nr_ops[SHADOW_OP_BREAK];
		snprintf(text, sizeof(text), "break %s", kind->name);
		try_line(test, rig, judge, text, SOMETIMES, "slub");
		KUNIT_EXPECT_EQ_MSG(test, rig->mm.ring->nr_ops[SHADOW_OP_BREAK], before + 1,
				    "%s: %s", text, rig->ctl.said);
	}
}

/* What vtop does to the TLB in software when an address is written to it */
static void use_of_an_address(struct kunit *test)
{
	struct judge *judge = shadow_test_alloc(test, sizeof(*judge));
	struct rig *rig = test->priv;
	u64 va, ops;

	boot_until(test, rig, 0);
	va = shadow_layout_pa_to_va(&rig->mm.layout, SHADOW_TEST_BASE + SZ_1M);
	ops = rig->mm.ring->nr_ops[SHADOW_OP_TLB_TOUCH];
	shadow_test_state_take(test, &rig->mm, &judge->before);
	shadow_boot_tlb_use(&rig->mm, va);
	shadow_test_state_take(test, &rig->mm, &judge->after);
	KUNIT_EXPECT_GE(test, shadow_test_state_differ(&judge->before, &judge->after), 0);
	KUNIT_EXPECT_EQ(test, rig->mm.ring->nr_ops[SHADOW_OP_TLB_TOUCH], ops + 1);
}

/* What only looks changes nothing that decides about anything */
static void who_looks_changes_nothing(struct kunit *test)
{
	struct judge *judge = shadow_test_alloc(test, sizeof(*judge));
	struct rig *rig = test->priv;
	struct rnd_state rnd;
	unsigned int i;
	u64 last;

	shadow_test_seed(test, &rnd);
	boot_until(test, rig, 0);
	furnish(test, rig);
	for (i = 0; i < 20; i++)
		any_command(rig, &rnd);
	last = shadow_ring_last(rig->mm.events.ring);
	shadow_test_state_take(test, &rig->mm, &judge->before);
	look_at_all(rig, &rnd);
	shadow_test_state_take(test, &rig->mm, &judge->after);
	SHADOW_TEST_STATE_EQUAL(test, &judge->before, &judge->after, "after looking");
	KUNIT_EXPECT_EQ(test, shadow_ring_last(rig->mm.events.ring), last);
}

static struct kunit_case shadow_history_cases[] = {
	KUNIT_CASE_SLOW(every_verb),
	KUNIT_CASE(every_verb_has_an_example),
	KUNIT_CASE_SLOW(every_break),
	KUNIT_CASE(use_of_an_address),
	KUNIT_CASE(who_looks_changes_nothing),
	{}
};

static struct kunit_suite shadow_history_suite = {
	.name = "shadow_history",
	.init = history_init,
	.exit = rig_exit,
	.test_cases = shadow_history_cases,
};

kunit_test_suite(shadow_history_suite);
