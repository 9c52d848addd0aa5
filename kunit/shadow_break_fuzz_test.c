// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random words of what a machine keeps in its block are overwritten, with
 * random values and with those that a vandal would choose; then everything
 * looks at it, everything is done to it, and it is taken down. Nothing may be
 * touched outside of the block, and all must come to an end: in user space the
 * sanitizers judge the one, and whoever waits the other.
 *
 * Round n of seed s is one machine, whatever came before: SHADOW_ROUND=n alone
 * runs it again, SHADOW_ROUNDS=n as many of them, SHADOW_LOW=1 with nothing
 * overwritten but what the layers below the caches keep, and SHADOW_DEBUG=1 with a
 * cache that has debugging, for which ASAN_OPTIONS=allow_user_poisoning=0.
 */
#include "shadow_test_break.h"
#include "shadow_test_host.h"

#include "shadow_page_list.h"

#ifdef __KERNEL__
#define NR_ROUNDS	12
#define NR_COMMANDS	60
#else
#define NR_ROUNDS	150
#define NR_COMMANDS	200
#endif

static const char *const engines[] = { "slub", "slab", "slob" };

/* From the environment, where there is one */
static unsigned long given(const char *name, unsigned long otherwise)
{
#ifdef __KERNEL__
	return otherwise;
#else
	const char *text = getenv(name);

	return text && *text ? strtoul(text, NULL, 0) : otherwise;
#endif
}

/* A value that somebody may have to follow */
static u64 vandal(struct rig *rig, struct rnd_state *rnd, u64 was)
{
	struct shadow_mm *mm = &rig->mm;
	u64 random = shadow_test_below(rnd, U64_MAX);

	switch (shadow_test_below(rnd, 12)) {
	case 0:
		return 0;
	case 1:
		return U64_MAX;
	case 2:
		return random;
	case 3:
		return random & U32_MAX;
	case 4:
		return mm->nodes.memmap.nr - 1 + random % 3;
	case 5:
		return random % (mm->nodes.memmap.nr + 1);
	case 6:
		return mm->block.base + random % mm->block.bytes;
	case 7:
		return mm->block.base + mm->block.bytes - 8 + random % 16;
	case 8:
		return was + random % 3 - 1;
	case 9:
		return mm->vmalloc.tree.nr_handles - 1 + random % 3;
	case 10:
		return (unsigned long)mm->block.virt +
		       random % shadow_block_contents_bytes(&mm->block);
	default:
		return was ^ 1ULL << random % 64;
	}
}

/* A virtual board's contents are fewer than its frames */
static u8 *anywhere(struct rig *rig, struct rnd_state *rnd)
{
	struct shadow_block *block = &rig->mm.block;

	return (u8 *)block->virt +
	       shadow_test_below(rnd, shadow_block_contents_bytes(block));
}

/* Somewhere in a frame of that owner, in use or reserved */
static u8 *place_of(struct rig *rig, struct rnd_state *rnd, unsigned int owner)
{
	struct shadow_nodes *nodes = &rig->mm.nodes;
	u64 first = rig->mm.block.base >> nodes->page_shift;
	u64 nr = rig->mm.block.bytes >> nodes->page_shift;
	u64 start = shadow_test_below(rnd, nr), i;

	for (i = 0; i < nr; i++) {
		u64 pfn = first + (start + i) % nr;
		struct shadow_page *page = shadow_pfn_to_page(nodes, pfn);

		if (page && shadow_page_owner(page) == owner)
			return (u8 *)shadow_phys_to_virt(&rig->mm.block,
							 pfn << nodes->page_shift) +
			       shadow_test_below(rnd, 1U << nodes->page_shift);
	}
	return anywhere(rig, rnd);
}

/* An entry of the memmap, of a frame that is there */
static u8 *place_in_memmap(struct rig *rig, struct rnd_state *rnd)
{
	struct shadow_nodes *nodes = &rig->mm.nodes;
	u64 pfn = (rig->mm.block.base >> nodes->page_shift) +
		  shadow_test_below(rnd, rig->mm.block.bytes >> nodes->page_shift);
	struct shadow_page *page = shadow_pfn_to_page(nodes, pfn);
	unsigned int tries;

	/* Rather of the first frame of a block */
	for (tries = 0; tries < 200 && page && !shadow_page_state(page); tries++)
		page = shadow_pfn_to_page(nodes, --pfn);
	return page ? (u8 *)page + shadow_test_below(rnd, sizeof(*page)) :
		      place_of(rig, rnd, SHADOW_OWNER_MEMMAP);
}

/* A descriptor on the way to somewhere */
static u8 *place_in_tables(struct rig *rig, struct rnd_state *rnd)
{
	struct shadow_mm *mm = &rig->mm;
	struct shadow_walker walker;
	struct shadow_walk walk;
	u64 va = shadow_layout_pa_to_va(&mm->layout, mm->block.base +
					shadow_test_below(rnd, mm->block.bytes));

	if (shadow_test_below(rnd, 2))
		va = mm->vmalloc.tree.va_start + shadow_test_below(rnd, SZ_1M);
	shadow_pgtable_walker(&mm->swapper, &walker);
	shadow_walk(&walker, va, &walk);
	return walk.nr_steps ? shadow_phys_to_virt(&mm->block,
				walk.step[shadow_test_below(rnd, walk.nr_steps)].desc_pa) :
	       place_of(rig, rnd, SHADOW_OWNER_TABLE);
}

/* A list's array that has moved into the block, or else a first entry of all */
static u8 *place_in_memblock(struct rig *rig, struct rnd_state *rnd)
{
	struct shadow_memblock_type *type = &rig->mm.memblock.reserved;

	if (rig->mm.memblock.memory.regions != rig->mm.memblock.memory.first &&
	    (type->regions == type->first || shadow_test_below(rnd, 2)))
		type = &rig->mm.memblock.memory;
	if (type->regions == type->first)
		return anywhere(rig, rnd);
	return (u8 *)type->regions +
	       shadow_test_below(rnd, type->cnt * sizeof(*type->regions));
}

/* What the layers below the caches keep */
static u8 *low_place(struct rig *rig, struct rnd_state *rnd)
{
	switch (shadow_test_below(rnd, 10)) {
	case 0:
		return place_in_memblock(rig, rnd);
	case 1:
		return place_of(rig, rnd, SHADOW_OWNER_PAGE_OWNER);
	case 2:
		return place_of(rig, rnd, SHADOW_OWNER_MEMMAP);
	case 3:
		return rig->mm.nodes.pageblock_mt +
		       shadow_test_below(rnd, shadow_pageblocks(&rig->mm.nodes));
	default:
		return place_in_memmap(rig, rnd);
	}
}

static u8 *any_place(struct rig *rig, struct rnd_state *rnd)
{
	u32 nr = shadow_test_below(rnd, 21);

	if (nr == 20 || given("SHADOW_LOW", 0))
		return low_place(rig, rnd);
	if (nr < 7)
		return place_in_memmap(rig, rnd);
	if (nr < 13)
		return place_of(rig, rnd, SHADOW_OWNER_SLAB);
	if (nr < 16)
		return place_in_tables(rig, rnd);
	if (nr < 17)
		return rig->mm.nodes.pageblock_mt +
		       shadow_test_below(rnd, shadow_pageblocks(&rig->mm.nodes));
	if (nr < 19)
		return place_of(rig, rnd, shadow_test_below(rnd, SHADOW_NR_OWNERS));
	return anywhere(rig, rnd);
}

/* One to eight bytes, aligned, whatever anybody thinks of that */
static void overwrite_at(struct rig *rig, struct rnd_state *rnd, const u8 *at)
{
	unsigned int bytes = 1U << shadow_test_below(rnd, 4), i;
	u8 *base = rig->mm.block.virt;
	u64 offset = round_down((u64)(at - base), bytes), value = 0;

	if (offset > shadow_block_contents_bytes(&rig->mm.block) - bytes)
		return;
	for (i = 0; i < bytes; i++)
		value |= (u64)shadow_test_peek(base + offset + i) << 8 * i;
	value = vandal(rig, rnd, value);
	for (i = 0; i < bytes; i++)
		shadow_test_poke(base + offset + i, value >> 8 * i);
}

static void overwrite(struct rig *rig, struct rnd_state *rnd)
{
	overwrite_at(rig, rnd, any_place(rig, rnd));
}

/* What a virtual board's frames have for contents; NULL: the machine has none */
static struct shadow_backing *backing;
static struct shadow_block storage;

/* As a machine is made: where contents are is forgotten, which may be damaged */
static void boot_again(struct kunit *test, struct rig *rig)
{
	if (backing) {
		shadow_ctl_fini(&rig->ctl);
		shadow_boot_down(&rig->mm);
		shadow_test_host_prepare(test, &rig->mm, &storage, backing);
		rig->mm.host = &host;
		rig->mm.nr_cpus = NR_CPUS_HERE;
		rig_boot(test, rig);
		KUNIT_ASSERT_EQ(test, shadow_ctl_init(&rig->ctl, &rig->mm, &ops), 0);
	} else {
		reboot(test, rig);
	}
}

static void one_round(struct kunit *test, struct rig *rig, u64 seed)
{
	struct rnd_state rnd;
	unsigned int i, nr;

	prandom_seed_state(&rnd, seed);
	rig->mm.cfg.slab = engines[shadow_test_below(&rnd, ARRAY_SIZE(engines))];
	rig->mm.cfg.memmodel = shadow_test_below(&rnd, SHADOW_NR_MEMMODELS);
	rig->mm.cfg.page_owner = shadow_test_below(&rnd, 2);
	rig->mm.cfg.ring = shadow_test_below(&rnd, 2) * SHADOW_RING_MIN;
	rig->mm.cfg.nr_nodes = 1 + shadow_test_below(&rnd, 2);
	rig->mm.cfg.given |= BIT_ULL(SHADOW_PARAM_NODES);
	boot_again(test, rig);
	/* Tables and slabs that lead into objects which nobody may touch: KASAN's */
	if (!given("SHADOW_DEBUG", 0))
		expect_ok(test, rig, "cache_create red 60");
	furnish(test, rig);
	for (nr = 1 + shadow_test_below(&rnd, 8); nr; nr--)
		overwrite(rig, &rnd);
	if (shadow_test_below(&rnd, 2))
		look_at_all(rig, &rnd);
	for (i = 0; i < NR_COMMANDS; i++) {
		any_command(rig, &rnd);
		if (!shadow_test_below(&rnd, 50))
			overwrite(rig, &rnd);
	}
	look_at_all(rig, &rnd);
}

/* ------------------------------------------------------- before the handover -- */

/* In an array of memblock's that has moved into the block, or in what is reserved */
static u8 *early_place(struct rig *rig, struct rnd_state *rnd)
{
	struct shadow_memblock *mb = &rig->mm.memblock;
	struct shadow_memblock_type *type = &mb->reserved;
	struct shadow_memblock_region *rgn;

	if (shadow_test_below(rnd, 4) &&
	    (type->regions != type->first || mb->memory.regions != mb->memory.first))
		return place_in_memblock(rig, rnd);
	if (shadow_test_below(rnd, 4) && type->regions == type->first) {
		rgn = &type->regions[shadow_test_below(rnd, type->cnt)];
		if (shadow_block_has(&rig->mm.block, rgn->base, rgn->size))
			return (u8 *)shadow_phys_to_virt(&rig->mm.block, rgn->base) +
			       shadow_test_below(rnd, rgn->size);
	}
	return anywhere(rig, rnd);
}

static void early_command(struct rig *rig, struct rnd_state *rnd)
{
	static const char *const verbs[] = {
		"early_alloc %llu", "memblock_reserve %#llx 4096", "memblock_free %#llx 4096",
		"memblock_remove %#llx 8192", "memblock_add %#llx 8192", "step # %llu",
	};
	u32 what = shadow_test_below(rnd, 10);
	u64 pa = rig->mm.block.base + shadow_test_below(rnd, rig->mm.block.bytes / SZ_4K) * SZ_4K;
	char text[64];

	what = min_t(u32, what, what > 8 ? 5 : 2 + what % 3);
	if (shadow_test_below(rnd, 3) == 0)
		what = shadow_test_below(rnd, 2);
	snprintf(text, sizeof(text), verbs[what],
		 what ? pa : 1 + shadow_test_below(rnd, 20000));
	say(rig, text);
}

/* So many holes that the memory list's array moves into the block, too */
static void many_regions(struct rig *rig, struct rnd_state *rnd)
{
	struct shadow_memblock *mb = &rig->mm.memblock;
	unsigned int i;
	phys_addr_t pa;

	for (i = 0; i < 600 && mb->memory.cnt < 160; i++) {
		pa = rig->mm.block.base +
		     shadow_test_below(rnd, rig->mm.block.bytes / SZ_4K) * SZ_4K;
		if (!shadow_memblock_is_region_reserved(mb, pa, SZ_4K))
			shadow_early_remove(&rig->mm.early, pa, SZ_4K);
	}
}

static void one_early_round(struct kunit *test, struct rig *rig, u64 seed)
{
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, seed);
	rig->mm.cfg.early = shadow_test_below(&rnd, 2) ? "memblock" : "bootmem";
	rig->mm.cfg.until = SHADOW_PHASE_MEMBLOCK_INIT +
			    shadow_test_below(&rnd, SHADOW_PHASE_MEM_INIT -
						    SHADOW_PHASE_MEMBLOCK_INIT);
	rig->mm.cfg.memmodel = shadow_test_below(&rnd, SHADOW_NR_MEMMODELS);
	rig->mm.cfg.page_owner = shadow_test_below(&rnd, 2);
	rig->mm.cfg.nr_nodes = 1 + shadow_test_below(&rnd, 2);
	rig->mm.cfg.given |= BIT_ULL(SHADOW_PARAM_NODES);
	reboot(test, rig);
	if (shadow_test_below(&rnd, 2))
		many_regions(rig, &rnd);
	for (i = shadow_test_below(&rnd, 300); i; i--)
		early_command(rig, &rnd);
	for (i = 1 + shadow_test_below(&rnd, 6); i; i--) {
		u8 *at = early_place(rig, &rnd);

		overwrite_at(rig, &rnd, at);
	}
	look_at_all(rig, &rnd);
	for (i = 0; i < NR_COMMANDS / 4; i++)
		early_command(rig, &rnd);
	say(rig, "continue");
	look_at_all(rig, &rnd);
	for (i = 0; i < NR_COMMANDS / 2; i++)
		any_command(rig, &rnd);
	look_at_all(rig, &rnd);
	rig->mm.cfg.until = SHADOW_NR_PHASES - 1;
	rig->mm.cfg.early = "memblock";
	rig->mm.cfg.memmodel = SHADOW_MEMMODEL_FLAT;
	rig->mm.cfg.page_owner = 0;
	rig->mm.cfg.nr_nodes = 1;
}

static void early_words_are_overwritten(struct kunit *test)
{
	unsigned long nr = given("SHADOW_ROUNDS", NR_ROUNDS), only, seed;
	struct rig *rig = test->priv;
	struct rnd_state rnd;
	u64 round;

	shadow_test_seed(test, &rnd);
	seed = (u64)prandom_u32_state(&rnd) << 20;
	only = given("SHADOW_ROUND", ULONG_MAX);
	for (round = only == ULONG_MAX ? 0 : only; round < nr || round == only; round++) {
		if (round % 10 == 0 || only != ULONG_MAX)
			kunit_info(test, "round %llu\n", round);
		one_early_round(test, rig, seed + round);
	}
	expect_ok(test, rig, "reset");
	expect_healthy(test, rig);
}

/* What nobody can overlook: no frame has a struct page that makes sense */
static void everything_is_overwritten(struct kunit *test, struct rig *rig)
{
	struct shadow_nodes *nodes = &rig->mm.nodes;
	struct shadow_page *page;
	struct rnd_state rnd;
	unsigned int i;
	u64 pfn;

	prandom_seed_state(&rnd, 1);
	boot_again(test, rig);
	furnish(test, rig);
	for (pfn = nodes->memmap.start_pfn; pfn < nodes->memmap.end_pfn; pfn++) {
		page = shadow_pfn_to_page(nodes, pfn);
		for (i = 0; page && i < sizeof(*page); i++)
			shadow_test_poke((u8 *)page + i, 0xa5);
	}
	KUNIT_EXPECT_EQ(test, shadow_audit(&rig->mm, &rig->audit), -EUCLEAN);
	for (i = 0; i < NR_COMMANDS; i++)
		any_command(rig, &rnd);
	KUNIT_EXPECT_TRUE(test, shadow_fault_frozen(&rig->mm.fault));
	look_at_all(rig, &rnd);
	boot_again(test, rig);
	expect_healthy(test, rig);
}

static void many_rounds(struct kunit *test, struct rig *rig)
{
	unsigned long nr = given("SHADOW_ROUNDS", NR_ROUNDS), only;
	u64 nr_frozen = 0, seed, round;
	struct rnd_state rnd;

	shadow_test_seed(test, &rnd);
	seed = (u64)prandom_u32_state(&rnd) << 20;
	only = given("SHADOW_ROUND", ULONG_MAX);
	for (round = only == ULONG_MAX ? 0 : only; round < nr || round == only; round++) {
		if (round % 10 == 0 || only != ULONG_MAX)
			kunit_info(test, "round %llu\n", round);
		one_round(test, rig, seed + round);
		nr_frozen += shadow_fault_frozen(&rig->mm.fault);
	}
	/* How many are a matter of chance, but not of this one */
	kunit_info(test, "%llu of %llu machines froze\n", nr_frozen, round);
	everything_is_overwritten(test, rig);
}

static void words_are_overwritten(struct kunit *test)
{
	many_rounds(test, test->priv);
}

/* Frames without contents, and books of those that have some */
static void words_of_a_board_are_overwritten(struct kunit *test)
{
	struct shadow_board *board = shadow_test_alloc(test, sizeof(*board));
	struct rig *rig = test->priv;

	shadow_ctl_fini(&rig->ctl);
	shadow_boot_down(&rig->mm);
	storage = rig->mm.block;
	backing = shadow_test_alloc(test, sizeof(*backing));
	rig->mm.cfg.given &= ~BIT_ULL(SHADOW_PARAM_HIGHMEM);
	rig->mm.cfg.highmem = 0;
	shadow_test_host_memory(test, &rig->mm, board, "0x80000000+24M,0x82000000+24M");
	shadow_test_host_place(test, &rig->mm, &storage);
	shadow_test_host_prepare(test, &rig->mm, &storage, backing);
	rig_boot(test, rig);
	KUNIT_ASSERT_EQ(test, shadow_ctl_init(&rig->ctl, &rig->mm, &ops), 0);
	KUNIT_EXPECT_TRUE(test, shadow_block_virtual(&rig->mm.block));
	boot_again(test, rig);
	many_rounds(test, rig);
	backing = NULL;
}

static struct kunit_case shadow_break_fuzz_cases[] = {
	KUNIT_CASE_SLOW(words_are_overwritten),
	KUNIT_CASE_SLOW(words_of_a_board_are_overwritten),
	KUNIT_CASE_SLOW(early_words_are_overwritten),
	{}
};

static struct kunit_suite shadow_break_fuzz_suite = {
	.name = "shadow_break_fuzz",
	.init = break_init,
	.exit = rig_exit,
	.test_cases = shadow_break_fuzz_cases,
};

kunit_test_suite(shadow_break_fuzz_suite);
