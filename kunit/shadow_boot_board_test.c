// SPDX-License-Identifier: GPL-2.0-only
/*
 * Boots that stop, and machines whose memory a board describes: both early
 * allocators, every phase.
 */
#include "shadow_test_host.h"

#include "shadow_audit.h"
#include "shadow_boot.h"
#include "shadow_page_alloc.h"

static const struct shadow_host_facts facts = {
	.page_shift = 12,
	.arm64 = true,
	.pa_bits = 48,
};

static const char *const early_names[] = { "memblock", "bootmem" };

/**
 * struct setup - a machine and what it needs around it
 * @mm: the machine
 * @backing: books of a virtual board
 * @board: the board, where there is one
 * @storage: memory
 */
struct setup {
	struct shadow_mm mm;
	struct shadow_backing backing;
	struct shadow_board board;
	struct shadow_block storage;
};

/* Prepared, not booted. @in needs size and early */
static struct setup *prepare(struct kunit *test, struct shadow_param_strings *in,
			     const char *text, const char *memory)
{
	struct setup *s = shadow_test_alloc(test, sizeof(*s));
	struct shadow_mm *mm = &s->mm;

	shadow_test_host_given(test, mm, &facts, in);
	shadow_test_block(test, &s->storage, 0x200000000, mm->cfg.bytes);
	if (text) {
		KUNIT_ASSERT_EQ_MSG(test, 0,
				    shadow_board_text(&s->board, text, strlen(text)),
				    "%s", s->board.why);
		mm->board = &s->board;
	} else {
		shadow_test_host_memory(test, mm, &s->board, memory);
	}
	shadow_test_host_place(test, mm, &s->storage);
	shadow_test_host_prepare(test, mm, &s->storage, &s->backing);
	mm->cpu_id.mmfr0 = 0x5 | 0x1ULL << 20;
	return s;
}

static struct setup *prepare_early(struct kunit *test, const char *early,
				   char *size, const char *text,
				   const char *memory)
{
	struct shadow_param_strings in = { };

	in.value[SHADOW_PARAM_SIZE] = size;
	in.value[SHADOW_PARAM_EARLY] = (char *)early;
	if (memory)
		in.value[SHADOW_PARAM_MEMORY] = (char *)memory;
	return prepare(test, &in, text, memory);
}

static void expect_ok(struct kunit *test, struct shadow_mm *mm)
{
	struct shadow_audit audit;

	KUNIT_ASSERT_EQ_MSG(test, shadow_audit(mm, &audit), 0,
			    "after %u phases: %s", mm->boot.nr_done,
			    audit.fault.text);
	KUNIT_ASSERT_FALSE_MSG(test, shadow_fault_frozen(&mm->fault), "%s",
			       mm->fault.text);
}

static void boot(struct kunit *test, struct shadow_mm *mm)
{
	int err = shadow_boot_up(mm);

	KUNIT_ASSERT_EQ_MSG(test, err, 0, "phase %s: %s",
			    shadow_phase_name(mm->boot.nr_done),
			    mm->boot.record[mm->boot.nr_done].effect);
	expect_ok(test, mm);
}

/* Stop after every phase, look, go on by one, look, go on to the end */
static void stop_at(struct kunit *test, struct setup *s, unsigned int phase)
{
	struct shadow_mm *mm = &s->mm;

	mm->cfg.until = phase;
	boot(test, mm);
	KUNIT_EXPECT_EQ(test, mm->boot.nr_done, phase + 1);
	KUNIT_ASSERT_EQ(test, shadow_boot_step(mm, phase + 1), 0);
	expect_ok(test, mm);
	/* A phase that is complete already: nothing is done */
	KUNIT_ASSERT_EQ(test, shadow_boot_step(mm, phase), 0);
	KUNIT_EXPECT_EQ(test, mm->boot.nr_done,
			min_t(unsigned int, phase + 2, SHADOW_NR_PHASES));
	KUNIT_ASSERT_EQ(test, shadow_boot_step(mm, SHADOW_NR_PHASES - 1), 0);
	KUNIT_EXPECT_EQ(test, mm->boot.nr_done, SHADOW_NR_PHASES);
	expect_ok(test, mm);
	KUNIT_EXPECT_EQ(test, shadow_boot_down(mm), 0);
	KUNIT_EXPECT_EQ(test, shadow_test_host.live, 0);
}

static void board_stop_at_every_phase(struct kunit *test)
{
	unsigned int phase, early;
	struct setup *s;

	for (early = 0; early < ARRAY_SIZE(early_names); early++) {
		s = prepare_early(test, early_names[early], "16M", NULL, NULL);
		for (phase = 0; phase < SHADOW_NR_PHASES; phase++) {
			stop_at(test, s, phase);
			/* And taken down where it had stopped */
			s->mm.cfg.until = phase;
			boot(test, &s->mm);
			KUNIT_EXPECT_EQ(test, shadow_boot_down(&s->mm), 0);
			KUNIT_EXPECT_EQ(test, shadow_test_host.live, 0);
			cond_resched();
		}
	}
}

/* The i.MX6UL of the articles: 512 MiB, 35 reservations */
static const char imx6ul[] =
	"memory\n"
	"   0: 0x0000000080000000..0x000000009fffffff\n"
	"reserved\n"
	"   0: 0x0000000080003000..0x0000000080007fff\n"
	"   1: 0x0000000080200000..0x00000000810e8eeb\n"
	"   2: 0x0000000088000000..0x0000000088014303\n"
	"   3: 0x000000008bad3000..0x000000008bb40fff\n"
	"   4: 0x000000008bb413c0..0x000000008bb433bf\n"
	"   5: 0x000000008bb433f4..0x000000008bffefff\n"
	"   6: 0x000000008bfff740..0x000000008bfffdc7\n"
	"   7: 0x000000008bfffdd8..0x000000009fffffff\n";

/* memory - reserved, whole frames, whoever allocates: SYSTEMS.md row 24 */
static void board_text(struct kunit *test)
{
	u64 idx[2] = { }, start[2], end[2];
	struct setup *s[2];
	unsigned int i;
	bool more;

	for (i = 0; i < 2; i++) {
		s[i] = prepare_early(test, early_names[i], "32M", imx6ul, NULL);
		boot(test, &s[i]->mm);
		KUNIT_EXPECT_EQ(test, s[i]->mm.handover.nr_freed, 43984);
		KUNIT_EXPECT_EQ(test, s[i]->mm.handover.nr_reserved, 87088);
		KUNIT_EXPECT_EQ(test, s[i]->mm.handover.nr_holes, 0);
	}
	do {
		for (i = 0; i < 2; i++) {
			const struct shadow_early *early = &s[i]->mm.early;

			do {
				more = early->ops->next_free(early, &idx[i], &start[i],
							     &end[i]);
			} while (more && start[i] >= end[i]);
			if (!more)
				start[i] = 0;
		}
		KUNIT_EXPECT_EQ(test, start[0], start[1]);
		if (start[0] && start[1])
			KUNIT_EXPECT_EQ(test, end[0], end[1]);
	} while (start[0] && start[1]);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, shadow_boot_down(&s[i]->mm), 0);
	KUNIT_EXPECT_EQ(test, shadow_test_host.live, 0);
}

/* RAM that is not there, larger than the block, with a hole */
static void board_virtual(struct kunit *test)
{
	static const char memory[] = "0x40000000+512M,0x80000000+512M";
	struct setup *s;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		s = prepare_early(test, early_names[i], "64M", NULL, memory);
		KUNIT_ASSERT_TRUE(test, shadow_block_virtual(&s->mm.block));
		boot(test, &s->mm);
		KUNIT_EXPECT_EQ(test, s->mm.handover.nr_freed +
				s->mm.handover.nr_reserved, SZ_1G >> 12);
		KUNIT_EXPECT_EQ(test, s->mm.handover.nr_holes, SZ_512M >> 12);
		/* 512 MiB of hole are 131,072 frames of 32 bytes */
		KUNIT_EXPECT_EQ(test, s->mm.boot.memmap_spared, SZ_4M);
		KUNIT_EXPECT_EQ(test, shadow_boot_down(&s->mm), 0);
		KUNIT_EXPECT_EQ(test, shadow_test_host.live, 0);
	}
}

static void add_frames(u8 *set, u64 first, u64 pfn, u64 end_pfn)
{
	for (; pfn < end_pfn; pfn++)
		set[pfn - first] = 1;
}

/* Frames that were handed over, and those that the machine took for itself */
static u8 *frames_not_boards(struct kunit *test, const struct setup *s, u64 first,
			     u64 nr)
{
	const struct shadow_early *early = &s->mm.early;
	const struct shadow_early_range *range = early->log->range;
	u8 *set = shadow_test_alloc(test, nr);
	u64 idx, start, end;

	for (idx = 0; early->ops->next_free(early, &idx, &start, &end);)
		add_frames(set, first, start, end);
	for (idx = 0; early->ops->own_frames(early, &idx, &start, &end);)
		add_frames(set, first, start, end);
	for (; range < early->log->range + early->log->nr; range++)
		if (!strcmp(range->owner, "table") || !strcmp(range->owner, "memmap"))
			add_frames(set, first, range->base >> 12,
				   (range->base + range->bytes) >> 12);
	return set;
}

/* Whoever allocates, the sets are equal once own allocations are added back */
static void board_same_frames(struct kunit *test)
{
	static const char memory[] = "0x40000000+130M,0x50100000+70M";
	const u64 first = 0x40000, nr = 0x20000;
	struct setup *s;
	unsigned int i;
	u8 *set[2];

	for (i = 0; i < 2; i++) {
		s = prepare_early(test, early_names[i], "32M", NULL, memory);
		boot(test, &s->mm);
		set[i] = frames_not_boards(test, s, first, nr);
		KUNIT_EXPECT_EQ(test, shadow_boot_down(&s->mm), 0);
	}
	KUNIT_EXPECT_MEMEQ(test, set[0], set[1], nr);
}

/* Frames beside a hole that share a largest block with it keep their page */
static void board_ragged_hole(struct kunit *test)
{
	static const char memory[] = "0x40000000+257M,0x80300000+256M";
	struct setup *s = prepare_early(test, "memblock", "64M", NULL, memory);
	struct shadow_nodes *nodes = &s->mm.nodes;

	boot(test, &s->mm);
	/* From 260 MiB to the last multiple of 4 MiB below the second bank */
	KUNIT_EXPECT_EQ(test, s->mm.boot.memmap_spared,
			(0x80000000ULL - 0x40000000 - 260 * SZ_1M) / SZ_4K * 32);
	KUNIT_EXPECT_NOT_NULL(test, shadow_pfn_to_page(nodes, 0x80300));
	KUNIT_EXPECT_NOT_NULL(test, shadow_pfn_to_page(nodes, 0x802ff));
	KUNIT_EXPECT_NULL(test, shadow_pfn_to_page(nodes, 0x7ffff));
	KUNIT_EXPECT_NULL(test, shadow_pfn_to_page(nodes, 0x50400));
	KUNIT_EXPECT_NOT_NULL(test, shadow_pfn_to_page(nodes, 0x503ff));
	KUNIT_EXPECT_EQ(test, shadow_boot_down(&s->mm), 0);
}

/* Memory that comes when the memmap is made has no page, and stays out */
static void board_late_memory(struct kunit *test)
{
	static const char memory[] = "0x40000000+256M,0x80000000+256M";
	static const u64 late[] = { 0x60000000, 0xa0000000, 0x4ff00000 };
	struct setup *s;
	unsigned int i, early;

	for (early = 0; early < ARRAY_SIZE(early_names); early++) {
		s = prepare_early(test, early_names[early], "64M", NULL, memory);
		s->mm.cfg.until = SHADOW_PHASE_BUILD_ZONELISTS;
		boot(test, &s->mm);
		/* bootmem has no bits beyond its node, and none twice */
		for (i = 0; i < ARRAY_SIZE(late); i++) {
			int err = shadow_early_add(&s->mm.early, late[i], SZ_2M);

			KUNIT_EXPECT_EQ(test, !!err, early && i);
		}
		KUNIT_ASSERT_EQ(test, shadow_boot_step(&s->mm, SHADOW_NR_PHASES - 1), 0);
		expect_ok(test, &s->mm);
		/* The second half of the last one follows the first bank */
		KUNIT_EXPECT_EQ(test, s->mm.handover.nr_late,
				early ? SZ_2M / SZ_4K : 5 * SZ_1M / SZ_4K);
		KUNIT_EXPECT_EQ(test, s->mm.handover.nr_freed +
				s->mm.handover.nr_reserved, SZ_512M / SZ_4K);
		KUNIT_EXPECT_EQ(test, shadow_boot_down(&s->mm), 0);
	}
}

/* More frames than an index of the memmap can name, and none at all: both say so */
static void board_no_memmap(struct kunit *test)
{
	struct setup *s = prepare_early(test, "memblock", "16M", NULL, "2G+32T");
	const char *why = s->mm.boot.record[SHADOW_PHASE_FREE_AREA_INIT].effect;

	KUNIT_EXPECT_EQ(test, shadow_boot_up(&s->mm), -ERANGE);
	KUNIT_EXPECT_EQ(test, s->mm.boot.nr_done, SHADOW_PHASE_FREE_AREA_INIT);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why, "34359738368 KiB"), "%s", why);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why, "allowed: "), "%s", why);
	KUNIT_EXPECT_EQ(test, shadow_test_host.live, 0);
}

static void by_hand(struct kunit *test, struct setup *s, u64 base)
{
	struct shadow_early *early = &s->mm.early;

	KUNIT_EXPECT_EQ(test, shadow_early_reserve(early, "ctl", base, SZ_4K), 0);
	KUNIT_EXPECT_EQ(test, shadow_early_free(early, base, SZ_4K), 0);
	KUNIT_EXPECT_EQ(test, shadow_early_remove(early, base, SZ_16K), 0);
	expect_ok(test, &s->mm);
	KUNIT_EXPECT_EQ(test, shadow_early_add(early, base, SZ_16K), 0);
	expect_ok(test, &s->mm);
}

/* Whose own tables have no address above the board's is known before it boots */
static void board_text_without_room(struct kunit *test)
{
	static const char text[] = "memory\n 0: 0xffffc0000000..0xffffffffffff\nreserved\n";
	struct shadow_board *board = shadow_test_alloc(test, sizeof(*board));
	struct shadow_config *cfg = shadow_test_alloc(test, sizeof(*cfg));
	struct shadow_block storage = { .base = 0x40000000, .bytes = SZ_16M };
	struct shadow_param_strings in = { };
	struct shadow_places places;
	char why[SHADOW_PARAMS_WHY];

	in.value[SHADOW_PARAM_LPA2] = "off";
	KUNIT_ASSERT_EQ(test, shadow_params_check(&in, &facts, cfg, why, sizeof(why)), 0);
	KUNIT_ASSERT_EQ(test, shadow_board_text(board, text, strlen(text)), 0);
	KUNIT_EXPECT_EQ(test, shadow_boot_place(cfg, board, &storage, &places, why,
						sizeof(why)), -ERANGE);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why, "leaves 16M below"), "%s", why);
}

/* Less than a frame: both allocators say what they want, each where it looks */
static void board_without_a_frame(struct kunit *test)
{
	static const char text[] = "memory\n 0: 0x80000001..0x80000ffe\nreserved\n";
	unsigned int early, phase;
	struct setup *s;

	for (early = 0; early < ARRAY_SIZE(early_names); early++) {
		s = prepare_early(test, early_names[early], "16M", text, NULL);
		KUNIT_EXPECT_NE(test, shadow_boot_up(&s->mm), 0);
		phase = s->mm.boot.nr_done;
		KUNIT_EXPECT_NOT_NULL(test, strstr(s->mm.boot.record[phase].effect,
						   "allowed: "));
		KUNIT_EXPECT_EQ(test, shadow_test_host.live, 0);
	}
}

/* What a person does to the early allocator, between two steps */
static void board_early_by_hand(struct kunit *test)
{
	struct shadow_early_want want = {
		.bytes = 100, .align = 64, .nid = SHADOW_NUMA_NO_NODE,
	};
	struct shadow_early *early;
	unsigned int i, phase;
	struct setup *s;
	phys_addr_t pa;

	for (i = 0; i < 2; i++) {
		s = prepare_early(test, early_names[i], "16M", NULL, NULL);
		early = &s->mm.early;
		s->mm.cfg.until = SHADOW_PHASE_SETUP_FDT;
		boot(test, &s->mm);
		KUNIT_EXPECT_EQ(test, shadow_early_alloc(early, "ctl", &want), 0);
		for (phase = SHADOW_PHASE_MEMBLOCK_INIT;
		     phase < SHADOW_PHASE_MEM_INIT; phase++) {
			KUNIT_ASSERT_EQ(test, shadow_boot_step(&s->mm, phase), 0);
			pa = shadow_early_alloc(early, "ctl", &want);
			KUNIT_EXPECT_NE(test, pa, 0);
			want.nid = 3;	/* a wish, and there is no such node */
			pa = shadow_early_alloc(early, "ctl", &want);
			KUNIT_EXPECT_NE(test, pa, 0);
			want.nid = SHADOW_NUMA_NO_NODE;
			by_hand(test, s, s->storage.base + SZ_8M);
		}
		KUNIT_ASSERT_EQ_MSG(test, shadow_boot_step(&s->mm, SHADOW_NR_PHASES - 1), 0,
				    "phase %s: %s", shadow_phase_name(s->mm.boot.nr_done),
				    s->mm.boot.record[s->mm.boot.nr_done].effect);
		expect_ok(test, &s->mm);
		KUNIT_EXPECT_EQ(test, shadow_early_alloc(early, "ctl", &want), 0);
		KUNIT_EXPECT_EQ(test, shadow_boot_down(&s->mm), 0);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(board_stop_at_every_phase),
	KUNIT_CASE(board_text),
	KUNIT_CASE(board_virtual),
	KUNIT_CASE(board_same_frames),
	KUNIT_CASE(board_ragged_hole),
	KUNIT_CASE(board_late_memory),
	KUNIT_CASE(board_no_memmap),
	KUNIT_CASE(board_text_without_room),
	KUNIT_CASE(board_without_a_frame),
	KUNIT_CASE(board_early_by_hand),
	{}
};

static struct kunit_suite suite = {
	.name = "shadow_boot_board",
	.init = shadow_test_host_init,
	.test_cases = cases,
};

kunit_test_suite(suite);
