// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the commands about a machine's boot: which of them run in which
 * phase, what the early ones change, and batches that make machines.
 */
#include "shadow_test_ctl.h"

static void stop_after(struct kunit *test, struct rig *rig, unsigned int phase)
{
	char text[64];

	snprintf(text, sizeof(text), "reset until=%s", shadow_phase_name(phase));
	KUNIT_ASSERT_EQ_MSG(test, say(rig, text), strlen(text), "%s", rig->ctl.said);
	KUNIT_ASSERT_EQ(test, rig->mm.boot.nr_done, phase + 1);
}

/* With either early allocator */
static const char *const earlies[] = { "reset early=memblock", "reset early=bootmem" };

KUNIT_ARRAY_PARAM(earlies, earlies, shadow_test_text_desc);

static void choose_early(struct kunit *test, struct rig *rig)
{
	const char *const *early = test->param_value;

	expect_ok(test, rig, *early);
}

/* ---------------------------------------------------------------- phases -- */

/* From after which phase on a command runs, and before which. */
static const struct {
	const char *text;
	unsigned int after;
	unsigned int before;
} windows[] = {
	{ "memblock_reserve 0x80300000 4096", SHADOW_PHASE_SETUP_FDT, SHADOW_PHASE_MEM_INIT },
	{ "memblock_reserve 0x80300000 4096\nmemblock_free 0x80300000 4096",
	  SHADOW_PHASE_SETUP_FDT, SHADOW_PHASE_MEM_INIT },
	{ "memblock_add 0x80fff000 4096", SHADOW_PHASE_SETUP_FDT, SHADOW_PHASE_MEM_INIT },
	{ "memblock_remove 0x80300001 1", SHADOW_PHASE_SETUP_FDT, SHADOW_PHASE_MEM_INIT },
	{ "early_alloc 1", SHADOW_PHASE_MEMBLOCK_INIT, SHADOW_PHASE_MEM_INIT },
	{ "early_ioremap 0x9000000 4096", SHADOW_PHASE_FIXMAP_INIT, SHADOW_PHASE_MEM_INIT },
	{ "alloc_pages 0 as=p\nfree_pages p", SHADOW_PHASE_MEM_INIT, SHADOW_NR_PHASES },
	{ "mmu_check 1", SHADOW_PHASE_MEM_INIT, SHADOW_NR_PHASES },
	{ "drain", SHADOW_PHASE_WATERMARKS, SHADOW_NR_PHASES },
	{ "kmalloc 9 as=o\nkfree o", SHADOW_PHASE_SLAB_INIT, SHADOW_NR_PHASES },
	{ "vmalloc 9 as=v\nvfree v", SHADOW_PHASE_VMALLOC_INIT, SHADOW_NR_PHASES },
	{ "map 0xffff800000400000 0 1 rw\nunmap 0xffff800000400000 1",
	  SHADOW_PHASE_VMALLOC_INIT, SHADOW_NR_PHASES },
};

static void expect_window(struct kunit *test, struct rig *rig, unsigned int phase, unsigned int i)
{
	const char *text = windows[i].text;

	if (phase >= windows[i].before) {
		KUNIT_EXPECT_EQ_MSG(test, say(rig, text), -EPERM, "'%s' after %s", text,
				    shadow_phase_name(phase));
		KUNIT_EXPECT_NOT_NULL(test, strstr(rig->ctl.said, "since phase mem_init"));
	} else if (phase < windows[i].after) {
		KUNIT_EXPECT_EQ_MSG(test, say(rig, text), -EPERM, "'%s' after %s", text,
				    shadow_phase_name(phase));
		KUNIT_EXPECT_NOT_NULL(test, strstr(rig->ctl.said, "not before phase "));
		KUNIT_EXPECT_NOT_NULL(test, strstr(rig->ctl.said,
						   shadow_phase_name(windows[i].after)));
		KUNIT_EXPECT_NOT_NULL(test, strstr(rig->ctl.said, shadow_phase_name(phase)));
	} else {
		KUNIT_EXPECT_EQ_MSG(test, say(rig, text), strlen(text), "'%s' after %s: %s", text,
				    shadow_phase_name(phase), rig->ctl.said);
	}
}

static void commands_and_phases(struct kunit *test)
{
	struct rig *rig = test->priv;
	unsigned int phase, i;

	choose_early(test, rig);
	for (phase = 0; phase < SHADOW_NR_PHASES; phase++) {
		for (i = 0; i < ARRAY_SIZE(windows); i++) {
			stop_after(test, rig, phase);
			expect_window(test, rig, phase, i);
			expect_healthy(test, rig);
		}
		expect_ok(test, rig, "set counters on\nset counters off");
	}
}

/* To the end in steps of one, and from everywhere at once. */
static void steps(struct kunit *test)
{
	struct rig *rig = test->priv;
	unsigned int phase;
	char text[64];

	choose_early(test, rig);
	expect_refused(test, rig, "step", -EINVAL, "the boot is complete");
	expect_refused(test, rig, "continue", -EINVAL, "the boot is complete");
	stop_after(test, rig, 0);
	for (phase = 1; phase < SHADOW_NR_PHASES; phase++) {
		if (phase % 2)
			snprintf(text, sizeof(text), "step");
		else
			snprintf(text, sizeof(text), "step %s", shadow_phase_name(phase));
		expect_ok(test, rig, text);
		KUNIT_EXPECT_EQ(test, rig->mm.boot.nr_done, phase + 1);
		expect_healthy(test, rig);
		snprintf(text, sizeof(text), "step %s", shadow_phase_name(phase));
		if (phase < SHADOW_NR_PHASES - 1)
			expect_refused(test, rig, text, -EINVAL, "is complete: allowed: ");
	}
	expect_refused(test, rig, "step", -EINVAL, "the boot is complete");
	for (phase = 0; phase < SHADOW_NR_PHASES - 1; phase++) {
		stop_after(test, rig, phase);
		expect_ok(test, rig, "continue\nalloc_pages 0 as=a\nfree_pages a");
		expect_healthy(test, rig);
	}
	/* The parameter stays until it is said otherwise */
	expect_ok(test, rig, "reset");
	KUNIT_EXPECT_EQ(test, rig->mm.boot.nr_done, phase);
	expect_ok(test, rig, "reset until=");
	KUNIT_EXPECT_EQ(test, rig->mm.boot.nr_done, SHADOW_NR_PHASES);
}

/* A step that fails takes the machine down, with all that was got. */
static void step_fails(struct kunit *test)
{
	struct rig *rig = test->priv;

	stop_after(test, rig, SHADOW_PHASE_MEM_INIT);
	expect_ok(test, rig, "alloc_pages 2 as=a");
	rig->starve = 0;
	KUNIT_EXPECT_EQ(test, say(rig, "continue"), -ENOMEM);
	rig->starve = -1;
	KUNIT_EXPECT_EQ(test, rig->ctl.nr_live, 0);
	KUNIT_EXPECT_EQ(test, say(rig, "step"), -ENODEV);
	KUNIT_EXPECT_EQ(test, say(rig, "continue"), -ENODEV);
	KUNIT_EXPECT_EQ(test, say(rig, "early_alloc 1"), -ENODEV);
	KUNIT_EXPECT_EQ(test, say(rig, "free_pages a"), -ENODEV);
	KUNIT_EXPECT_NOT_NULL(test, strstr(rig->ctl.said, "the machine is down"));
	/* Others are none of its business */
	expect_ok(test, rig, "create a\ndestroy a");
	expect_ok(test, rig, "reset until=\nkmalloc 8");
	expect_healthy(test, rig);
}

/* --------------------------------------------------------- early commands -- */

static u64 reserved(struct rig *rig)
{
	return rig->mm.memblock.reserved.total_size;
}

static void memblock_lists(struct kunit *test)
{
	struct rig *rig = test->priv;
	const struct shadow_memblock *mb = &rig->mm.memblock;
	u64 memory, taken;

	stop_after(test, rig, SHADOW_PHASE_PAGING_INIT);
	memory = mb->memory.total_size;
	taken = reserved(rig);
	expect_ok(test, rig, "memblock_reserve 0x80200000 12K");
	KUNIT_EXPECT_EQ(test, reserved(rig), taken + 3 * SZ_4K);
	KUNIT_EXPECT_STREQ(test, shadow_memblock_owner_of(mb, 0x80200000), "ctl");
	KUNIT_EXPECT_NOT_NULL(test, strstr(rig->ctl.said, "(+12288 bytes)"));
	expect_ok(test, rig, "memblock_free 0x80201000 4K");
	KUNIT_EXPECT_EQ(test, reserved(rig), taken + 2 * SZ_4K);
	KUNIT_EXPECT_NOT_NULL(test, strstr(rig->ctl.said, "(-4096 bytes)"));
	expect_ok(test, rig, "memblock_remove 0x80300000 64K");
	KUNIT_EXPECT_EQ(test, mb->memory.total_size, memory - SZ_64K);
	KUNIT_EXPECT_FALSE(test, shadow_memblock_is_memory(mb, 0x80308000));
	expect_ok(test, rig, "memblock_add 0x80300000 32K");
	KUNIT_EXPECT_EQ(test, mb->memory.total_size, memory - SZ_32K);
	expect_healthy(test, rig);

	/* The hole and what is reserved are seen to the end */
	expect_ok(test, rig, "continue");
	expect_healthy(test, rig);
	KUNIT_EXPECT_EQ(test, rig->audit.holes, 8);
	KUNIT_EXPECT_EQ(test, shadow_page_state(shadow_pfn_to_page(&rig->mm.nodes, 0x80200)),
			SHADOW_PAGE_RESERVED);
	KUNIT_EXPECT_NE(test, shadow_page_state(shadow_pfn_to_page(&rig->mm.nodes, 0x80201)),
			SHADOW_PAGE_RESERVED);
}

/* The older allocator refuses before anything has changed. */
static void bootmem_refuses(struct kunit *test)
{
	struct rig *rig = test->priv;
	const struct shadow_memblock *mb = &rig->mm.memblock;
	u64 memory, taken, nr_free;

	expect_ok(test, rig, "reset early=bootmem");
	stop_after(test, rig, SHADOW_PHASE_PAGING_INIT);
	memory = mb->memory.total_size;
	expect_ok(test, rig, "memblock_reserve 0x80300000 4K");
	taken = reserved(rig);
	nr_free = shadow_bootmem_nr_free(&rig->mm.bootmem);
	expect_refused(test, rig, "memblock_free 0x80300000 8K", -EINVAL, "frees nothing twice");
	KUNIT_EXPECT_EQ(test, mb->memory.total_size, memory);
	KUNIT_EXPECT_EQ(test, reserved(rig), taken);
	KUNIT_EXPECT_EQ(test, shadow_bootmem_nr_free(&rig->mm.bootmem), nr_free);
	expect_ok(test, rig, "memblock_free 0x80300000 4K\nmemblock_remove 0x80310000 64K");
	KUNIT_EXPECT_EQ(test, shadow_bootmem_nr_free(&rig->mm.bootmem), nr_free + 1 - 16);
	expect_ok(test, rig, "early_alloc 4K align=4K max=0x80302000 min=0x80300000\ncontinue");
	expect_healthy(test, rig);
}

static void memblock_refused(struct kunit *test)
{
	struct rig *rig = test->priv;
	u64 image = rig->mm.places.image.start, dtb = rig->mm.places.dtb.start;
	char text[80];

	stop_after(test, rig, SHADOW_PHASE_BUILD_ZONELISTS);
	expect_refused(test, rig, "memblock_add 0x7ffff000 8192", -ERANGE,
		       "inside the machine's memory, 0x80000000 to 0x80ffffff");
	expect_refused(test, rig, "memblock_add 0x80fff000 4097", -ERANGE, "inside");
	expect_refused(test, rig, "memblock_add 0 1T", -ERANGE, "inside");
	expect_refused(test, rig, "memblock_reserve 0xffffffffffffffff 2", -ERANGE, "below 2^64");
	snprintf(text, sizeof(text), "memblock_free %llu 1", image);
	expect_refused(test, rig, text, -EBUSY, "is the machine's own (image)");
	snprintf(text, sizeof(text), "memblock_remove %llu 2", image - 1);
	expect_refused(test, rig, text, -EBUSY, "is the machine's own (image)");
	/* Tables and memmap are at the top */
	expect_refused(test, rig, "memblock_free 0x80000000 16M", -EBUSY, "the machine's own");
	expect_refused(test, rig, "memblock_free 0x80fff000 1", -EBUSY, "the machine's own");
	/* What only passes by is not */
	snprintf(text, sizeof(text), "memblock_free %llu 4096", dtb);
	expect_ok(test, rig, text);
	expect_ok(test, rig, "continue");
	expect_healthy(test, rig);
}

static u64 said_pa(const struct rig *rig)
{
	const char *at = strstr(rig->ctl.said, " at pa 0x");
	u64 pa = 0;

	for (at = at ? at + 9 : ""; *at && *at != ','; at++)
		pa = pa * 16 + (*at <= '9' ? *at - '0' : *at - 'a' + 10);
	return pa;
}

static void early_takes(struct kunit *test)
{
	struct rig *rig = test->priv;
	u64 taken;

	stop_after(test, rig, SHADOW_PHASE_BOOTMEM_INIT);
	taken = reserved(rig);
	expect_ok(test, rig, "early_alloc 100");
	KUNIT_EXPECT_EQ(test, said_pa(rig) % 64, 0);
	KUNIT_EXPECT_STREQ(test, shadow_memblock_owner_of(&rig->mm.memblock, said_pa(rig)), "ctl");
	KUNIT_EXPECT_EQ(test, reserved(rig), taken + 100);
	expect_ok(test, rig, "early_alloc 4K align=1M max=0x80c00000");
	KUNIT_EXPECT_EQ(test, said_pa(rig), 0x80b00000);
	expect_ok(test, rig, "early_alloc 4K min=0x80400000 max=0x80402000 node=0");
	KUNIT_EXPECT_EQ(test, said_pa(rig), 0x80401000);
	taken = reserved(rig);
	KUNIT_EXPECT_EQ(test, say(rig, "early_alloc 8K min=0x80400000 max=0x80402000"), -ENOMEM);
	KUNIT_EXPECT_EQ(test, say(rig, "early_alloc 1T"), -ENOMEM);
	/* As the kernel: a node that has nothing is no reason to fail */
	expect_ok(test, rig, "early_alloc 64 node=3");
	taken += 64;
	KUNIT_EXPECT_EQ(test, say(rig, "early_alloc 1 min=2M max=1M"), -EINVAL);
	KUNIT_EXPECT_NOT_NULL(test, strstr(rig->ctl.said, "max above min"));
	KUNIT_EXPECT_EQ(test, reserved(rig), taken);
	expect_ok(test, rig, "memblock_free 0x80401000 4K");
	expect_ok(test, rig, "early_alloc 8K align=8K min=0x80400000 max=0x80402000");
	expect_ok(test, rig, "continue");
	expect_healthy(test, rig);
}

static u64 said_va(const struct rig *rig)
{
	const char *at = strstr(rig->ctl.said, " at va 0x");
	u64 va = 0;

	for (at = at ? at + 9 : ""; *at && *at != ','; at++)
		va = va * 16 + (*at <= '9' ? *at - '0' : *at - 'a' + 10);
	return va;
}

static void early_mappings(struct kunit *test)
{
	struct rig *rig = test->priv;
	const struct shadow_fixmap *fixmap = &rig->mm.fixmap;
	unsigned int i;
	char text[64];
	u64 va;

	stop_after(test, rig, SHADOW_PHASE_FIXMAP_INIT);
	expect_ok(test, rig, "early_ioremap 0x9000010 16");
	va = said_va(rig);
	KUNIT_EXPECT_EQ(test, fixmap->early[0].va, va);
	KUNIT_EXPECT_EQ(test, va % SZ_4K, 0x10);
	KUNIT_EXPECT_EQ(test, fixmap->early[0].pa, 0x9000010);
	KUNIT_EXPECT_EQ(test, fixmap->early[0].prot, SHADOW_FIXMAP_PAGE_IO);
	/* It lives on where the tables change */
	expect_ok(test, rig, "step paging_init");
	snprintf(text, sizeof(text), "early_iounmap %#llx 17", va);
	expect_refused(test, rig, text, -EINVAL, "allowed: 16");
	snprintf(text, sizeof(text), "early_iounmap %#llx", va + 1);
	expect_refused(test, rig, text, -ENOENT, "no slot shows anything there");
	snprintf(text, sizeof(text), "early_iounmap %#llx 16", va);
	expect_ok(test, rig, text);
	expect_refused(test, rig, text, -ENOENT, "no slot");
	expect_refused(test, rig, "early_iounmap 0", -ENOENT, "no slot");
	expect_refused(test, rig, "early_ioremap 0 1M", -E2BIG, "too long");
	expect_refused(test, rig, "early_ioremap 0xffffffffffffffff 2", -EINVAL, "wrap");
	expect_refused(test, rig, "early_ioremap 0x1000000000000 1", -ERANGE, "descriptors");
	for (i = 0; i < SHADOW_FIX_BTMAPS_SLOTS; i++)
		expect_ok(test, rig, "early_ioremap 0x9000000 4K");
	expect_refused(test, rig, "early_ioremap 0x9000000 4K", -ENOSPC, "all slots are in use");
	for (i = 0; i < SHADOW_FIX_BTMAPS_SLOTS; i++) {
		snprintf(text, sizeof(text), "early_iounmap %#llx",
			 shadow_fixmap_early_va(fixmap, i));
		expect_ok(test, rig, text);
	}
	expect_healthy(test, rig);
	expect_ok(test, rig, "continue");
	expect_healthy(test, rig);
}

#define RANDOM_BOOTS	300

/* An address in or near the block, of any alignment. */
static u64 any_pa(struct rnd_state *rnd)
{
	u64 pa = SHADOW_TEST_BASE - SZ_64K + shadow_test_below(rnd, BLOCK_BYTES + SZ_128K);

	return pa & ~((1ULL << shadow_test_below(rnd, 22)) - 1);
}

static u64 any_bytes(struct rnd_state *rnd)
{
	u64 bytes = 1 + shadow_test_below(rnd, 1U << shadow_test_below(rnd, 23));

	return shadow_test_below(rnd, 2) ? bytes : ALIGN(bytes, SZ_4K);
}

static void any_early_command(struct rnd_state *rnd, struct rig *rig, char *text, size_t room)
{
	static const char *const lists[] = {
		"memblock_add", "memblock_remove", "memblock_reserve", "memblock_free",
	};
	u64 slot = shadow_test_below(rnd, SHADOW_FIX_BTMAPS_SLOTS);

	switch (shadow_test_below(rnd, 8)) {
	case 0:
		snprintf(text, room, "early_alloc %llu", any_bytes(rnd));
		break;
	case 1:
		snprintf(text, room, "early_alloc %llu align=%llu min=%llu max=%llu node=%llu",
			 any_bytes(rnd), 1ULL << shadow_test_below(rnd, 22), any_pa(rnd),
			 any_pa(rnd), shadow_test_below(rnd, 2));
		break;
	case 2:
		snprintf(text, room, "early_ioremap %llu %llu", any_pa(rnd),
			 1 + shadow_test_below(rnd, SZ_256K));
		break;
	case 3:
		snprintf(text, room, "early_iounmap %llu", rig->mm.fixmap.early[slot].va);
		break;
	default:
		snprintf(text, room, "%s %llu %llu", lists[shadow_test_below(rnd, 4)], any_pa(rnd),
			 any_bytes(rnd));
		break;
	}
}

/*
 * Whatever early commands did, the boot goes on to a sound machine, or says why
 * it does not, and the next one is sound.
 */
static void random_early(struct kunit *test)
{
	struct rig *rig = test->priv;
	unsigned int round, i, phase, booted = 0, ran = 0;
	struct rnd_state rnd;
	char text[160];

	shadow_test_seed(test, &rnd);
	for (round = 0; round < RANDOM_BOOTS; round++) {
		phase = SHADOW_PHASE_SETUP_FDT +
			shadow_test_below(&rnd, SHADOW_PHASE_MEM_INIT - SHADOW_PHASE_SETUP_FDT);
		expect_ok(test, rig, earlies[round % 2]);
		stop_after(test, rig, phase);
		for (i = shadow_test_below(&rnd, 40); i; i--) {
			any_early_command(&rnd, rig, text, sizeof(text));
			ran += say(rig, text) > 0;
			KUNIT_ASSERT_STRNEQ(test, rig->ctl.said, "");
			if (shadow_test_below(&rnd, 10) == 0 &&
			    rig->mm.boot.nr_done < SHADOW_PHASE_MEM_INIT)
				say(rig, "step");
			if (rig->mm.boot.failed)
				break;
			expect_healthy(test, rig);
		}
		if (!rig->mm.boot.failed && say(rig, "continue") > 0) {
			booted++;
			expect_ok(test, rig, "alloc_pages 0 as=a\nkmalloc 9 as=b\nvmalloc 9K as=c");
			expect_ok(test, rig, "free_pages a\nkfree b\nvfree c");
			expect_healthy(test, rig);
		} else {
			KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(rig->ctl.said, "phases: -"), "%s",
						  rig->ctl.said);
		}
	}
	kunit_info(test, "%u of %u boots, %u commands\n", booted, round, ran);
	KUNIT_EXPECT_GT(test, booted, RANDOM_BOOTS / 3);
}

/* ---------------------------------------------------------------- machines -- */

static void machines(struct kunit *test)
{
	static const struct shadow_ctl_ops none = {};
	struct rig *rig = test->priv;

	expect_ok(test, rig, "create a size=4M cmdline=\"a b\" until=");
	KUNIT_EXPECT_STREQ(test, rig->ctl.said,
			   "created a size:4M: cmdline:a b: until::");
	expect_refused(test, rig, "create other", -EEXIST, "created other");
	/* All is read before a machine is made */
	KUNIT_EXPECT_EQ(test, say(rig, "create a\ncreate B"), -EINVAL);
	KUNIT_EXPECT_EQ(test, rig->ctl.last_ran, 0);

	expect_ok(test, rig, "compare mixed:10:1");
	KUNIT_EXPECT_STREQ(test, rig->ctl.said, "compared mixed:10:1");
	expect_refused(test, rig, "compare missing", -ENODEV, "compared missing");

	rig->ctl.ops = &none;
	expect_refused(test, rig, "compare a", -EPERM, "in the first machine's");
	expect_refused(test, rig, "create a", -EPERM, "in the first machine's");
	expect_refused(test, rig, "destroy a", -EPERM, "in the first machine's");
	expect_refused(test, rig, "reset", -EOPNOTSUPP, "not supported");
	rig->ctl.ops = &ops;
}

/* While one batch makes a machine, another runs: each says what became of it. */
static void batches_in_between(struct kunit *test)
{
	struct rig *rig = test->priv;

	expect_ok(test, rig, "kmalloc 8\ndestroy a");
	KUNIT_EXPECT_STREQ(test, rig->ctl.said, "destroyed a");
	KUNIT_EXPECT_EQ(test, rig->ctl.last_line, 2);
	KUNIT_EXPECT_EQ(test, rig->ctl.last_ran, 2);
	KUNIT_EXPECT_NOT_NULL(test, strstr(show(rig),
					   "last: ok, commands run: 2; line 2: destroyed a"));
	KUNIT_EXPECT_EQ(test, say(rig, "destroy a\ndrain\nkfree 99"), -ENOENT);
	KUNIT_EXPECT_EQ(test, rig->ctl.last_line, 3);
	KUNIT_EXPECT_EQ(test, rig->ctl.last_ran, 2);
}

static struct kunit_case ctl_boot_cases[] = {
	KUNIT_CASE_PARAM(commands_and_phases, earlies_gen_params),
	KUNIT_CASE_PARAM(steps, earlies_gen_params),
	KUNIT_CASE(step_fails),
	KUNIT_CASE(memblock_lists),
	KUNIT_CASE(bootmem_refuses),
	KUNIT_CASE(memblock_refused),
	KUNIT_CASE(early_takes),
	KUNIT_CASE(early_mappings),
	KUNIT_CASE_SLOW(random_early),
	KUNIT_CASE(machines),
	KUNIT_CASE(batches_in_between),
	{}
};

static struct kunit_suite ctl_boot_suite = {
	.name = "shadow_ctl_boot",
	.init = rig_init,
	.exit = rig_exit,
	.test_cases = ctl_boot_cases,
};

kunit_test_suite(ctl_boot_suite);
MODULE_LICENSE("GPL");
