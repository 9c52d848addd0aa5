// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the lab for breaking things: each kind of damage does what it says,
 * the check that it names sees it, and whoever meets the machine afterwards
 * (every layer's verification, every allocator, the way down) comes back. In
 * user space the address sanitizer is the judge of that.
 */
#include "shadow_test_break.h"

#ifdef __KERNEL__
#define NR_AFTER	60
#else
#define NR_AFTER	3000
#endif

/* One of the words between '|' is in the line */
static bool says_one(const char *line, const char *words)
{
	char word[64];
	size_t len;

	for (; *words; words += len + (words[len] == '|')) {
		len = strcspn(words, "|");
		strscpy(word, words, min(len + 1, sizeof(word)));
		if (strstr(line, word))
			return true;
	}
	return false;
}

static bool is_before_handover(const struct shadow_break_kind *kind)
{
	return kind->ends;
}

static void prepare(struct kunit *test, struct rig *rig,
		    const struct shadow_break_kind *kind)
{
	rig->mm.cfg.until = is_before_handover(kind) ? SHADOW_PHASE_PAGING_INIT :
						       SHADOW_NR_PHASES - 1;
	reboot(test, rig);
	if (!is_before_handover(kind))
		furnish(test, rig);
}

/* ----------------------------------------------------------------- the cases -- */

static void every_kind_is_seen(struct kunit *test)
{
	const struct shadow_break_kind *kind;
	struct rig *rig = test->priv;
	struct rnd_state rnd;
	unsigned int i, j;
	char text[64];

	shadow_test_seed(test, &rnd);
	for (i = 0; (kind = shadow_break_kind(i)); i++) {
		prepare(test, rig, kind);
		snprintf(text, sizeof(text), "break %s", kind->name);
		expect_said(test, rig, text, " sees it: ");
		kunit_info(test, "%s\n", rig->ctl.said);
		if (kind->check == SHADOW_BREAK_AUDIT) {
			KUNIT_EXPECT_EQ(test, shadow_audit(&rig->mm, &rig->audit), -EUCLEAN);
			KUNIT_EXPECT_TRUE_MSG(test, says_one(rig->audit.fault.text, kind->sees),
					      "%s: '%s', not '%s'", kind->name,
					      rig->audit.fault.text, kind->sees);
		}
		KUNIT_EXPECT_TRUE_MSG(test, !*kind->sees || says_one(rig->ctl.said, kind->sees),
				      "'%s', not '%s'", rig->ctl.said, kind->sees);
		look_at_all(rig, &rnd);
		for (j = 0; j < NR_AFTER; j++)
			any_command(rig, &rnd);
		look_at_all(rig, &rnd);
		rig->mm.cfg.until = SHADOW_NR_PHASES - 1;
		expect_ok(test, rig, "reset");
		expect_healthy(test, rig);
	}
	KUNIT_EXPECT_GE(test, i, 20);
}

/* Without a victim, or with a bad place: one line, and nothing changes */
static void refusals(struct kunit *test)
{
	struct rig *rig = test->priv;

	expect_said(test, rig, "break", "page_flags refcount_used ");
	KUNIT_EXPECT_NOT_NULL(test, strstr(rig->ctl.said, " memblock_overlap"));
	expect_refused(test, rig, "break nothing", -EINVAL, "KIND 'nothing': allowed: page_flags ");
	expect_refused(test, rig, "break free_link 1 2", -EINVAL, "argument '2'");
	expect_refused(test, rig, "break free_link x", -EINVAL, "PFN 'x': allowed: a number");
	expect_refused(test, rig, "break free_link 0x40000:3", -EINVAL, "no BIT with this KIND");
	expect_refused(test, rig, "break page_flags 0x40000:32", -EINVAL, "a BIT from 0 to 31");
	expect_refused(test, rig, "break desc_bit 0x40000:64", -EINVAL, "a BIT from 0 to 63");
	expect_refused(test, rig, "break memblock_overlap 3", -EINVAL, "nothing behind this KIND");
	expect_refused(test, rig, "break memblock_overlap", -EPERM, "over since phase mem_init");
	expect_refused(test, rig, "break free_link 3", -ERANGE, "PFN 0x3: allowed: 0x");
	expect_refused(test, rig, "break nr_free 11", -EINVAL, "ORDER 11: allowed: 0 to 10");
	expect_refused(test, rig, "break pcp_count 4", -EINVAL, "CPU 4: allowed: 0 to 3");
	expect_refused(test, rig, "break owner", -ENOENT, "first: alloc_pages 0");
	expect_refused(test, rig, "break red_zone", -ENOENT, "first: cache_create red");
	expect_refused(test, rig, "break use_after_free", -ENOENT, "first: cache_create red");
	expect_refused(test, rig, "break red_zone 12", -EINVAL, "PA 0xc: allowed: of an object");
	expect_refused(test, rig, "break double_free 12", -EINVAL, "PA 0xc: allowed: of an object");
	expect_refused(test, rig, "break slab_head 12", -EINVAL, "PA 0xc: allowed: of an object");
	expect_refused(test, rig, "break area_frame", -ENOENT, "first: vmalloc 8192");
	expect_refused(test, rig, "break area_link 12", -EINVAL,
		       "VA 0xc: allowed: a page of vmalloc");
	expect_refused(test, rig, "break kmap_count", -ENOENT, "first: alloc_pages 0 gfp=HIGHMEM");
	expect_refused(test, rig, "break ring_gap 7", -EINVAL, "nothing behind this KIND");
	expect_refused(test, rig, "break ring_record 0", -ERANGE, "NUMBER 0: allowed: 1 to ");
	expect_refused(test, rig, "break kmap_count 7", -EINVAL, "PFN 0x7: allowed: of a frame");
	expect_refused(test, rig, "break desc_bit 0xfffff00000000001:9", -EINVAL,
		       "allowed: an address that is mapped");
	expect_healthy(test, rig);
	rig->mm.cfg.tlbi = SHADOW_TLBI_MODE_ON;
	rig->mm.cfg.slab = "slab";
	rig->mm.cfg.given &= ~BIT_ULL(SHADOW_PARAM_HIGHMEM);
	rig->mm.cfg.highmem = 0;
	rig->mm.cfg.ring = 0;
	reboot(test, rig);
	expect_refused(test, rig, "break ring_gap", -EPERM, "in a machine with ring=");
	expect_refused(test, rig, "break ring_record 1", -EPERM, "in a machine with ring=");
	expect_refused(test, rig, "break stale_tlb", -EPERM,
		       "allowed: in a machine with tlbi=stale");
	expect_refused(test, rig, "break slab_link", -EPERM, "slab=slab have no links");
	expect_refused(test, rig, "break kmap_count", -EPERM, "allowed: with highmem=");
	expect_healthy(test, rig);
}

/* A place that is named is the one that is damaged, and then nobody else's */
static void places_are_taken(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct shadow_page *page;
	char text[64];
	u64 pfn;

	expect_ok(test, rig, "alloc_pages 0 as=a");
	pfn = shadow_ctl_thing(rig->ctl.newest, 0);
	page = shadow_pfn_to_page(&rig->mm.nodes, pfn);
	snprintf(text, sizeof(text), "break page_flags %llu:17", pfn);
	expect_said(test, rig, text, "audit does not see it: nothing else knows better");
	KUNIT_EXPECT_TRUE(test, page->flags & SHADOW_PF_COMP);
	snprintf(text, sizeof(text), "break refcount_used %llu", pfn);
	expect_said(test, rig, text, "1 -> -1; audit sees it: memmap: pfn 0x");
	KUNIT_EXPECT_EQ(test, atomic_read(&page->refcount), -1);
	expect_ok(test, rig, "reset");
	expect_healthy(test, rig);
}

/* What was wrong before is not said to be what was done now */
static void damage_on_damage(struct kunit *test)
{
	struct rig *rig = test->priv;

	expect_said(test, rig, "break nr_free", "; audit sees it: buddy: order ");
	expect_said(test, rig, "break block_type",
		    "; audit names the first fault, which came before: buddy: order ");
	expect_ok(test, rig, "reset");
	expect_said(test, rig, "break block_type", "; audit sees it: mobility: ");
	expect_ok(test, rig, "reset");
	expect_healthy(test, rig);
}

/* The same kinds with the other engines, which have other words for it */
static void every_engine(struct kunit *test)
{
	static const char *const engines[] = { "slab", "slob" };
	const struct shadow_break_kind *kind;
	struct rig *rig = test->priv;
	struct rnd_state rnd;
	unsigned int i, j, k;
	char text[64];

	shadow_test_seed(test, &rnd);
	for (k = 0; k < ARRAY_SIZE(engines); k++) {
		rig->mm.cfg.slab = engines[k];
		for (i = 0; (kind = shadow_break_kind(i)); i++) {
			if (kind->since != SHADOW_PHASE_SLAB_INIT + 1 ||
			    !strcmp(kind->name, "slab_link"))
				continue;
			prepare(test, rig, kind);
			snprintf(text, sizeof(text), "break %s", kind->name);
			expect_said(test, rig, text, " sees it: ");
			for (j = 0; j < NR_AFTER; j++)
				any_command(rig, &rnd);
			look_at_all(rig, &rnd);
			expect_ok(test, rig, "reset");
			expect_healthy(test, rig);
		}
	}
}

static struct kunit_case shadow_break_cases[] = {
	KUNIT_CASE_SLOW(every_kind_is_seen),
	KUNIT_CASE(refusals),
	KUNIT_CASE(places_are_taken),
	KUNIT_CASE(damage_on_damage),
	KUNIT_CASE_SLOW(every_engine),
	{}
};

static struct kunit_suite shadow_break_suite = {
	.name = "shadow_break",
	.init = break_init,
	.exit = rig_exit,
	.test_cases = shadow_break_cases,
};

kunit_test_suite(shadow_break_suite);
