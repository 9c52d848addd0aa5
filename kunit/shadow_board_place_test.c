// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where on a board image, device tree and initrd lie; and random boards through
 * every step, against a model that knows bytes and nothing else.
 */
#include "shadow_board_init_test.h"

#define NOMAP	SHADOW_MEMBLOCK_NOMAP

static int place(struct bench *b)
{
	return shadow_board_place(&b->board, &b->cfg, &b->places, b->why,
				  sizeof(b->why));
}

static void give(struct shadow_param_range *range, u64 start, u64 bytes)
{
	range->given = true;
	range->start = start;
	range->bytes = bytes;
}

#define EXPECT_PLACE(test, range, at, length)				\
	do {								\
		KUNIT_EXPECT_EQ(test, (range).start, at);		\
		KUNIT_EXPECT_EQ(test, (range).bytes, length);		\
	} while (0)

static void places_by_default(struct kunit *test)
{
	struct bench *b = new_bench(test);

	/* 1/16 of 256 MiB, 2 MiB above the start of the lowest memory */
	add_memory(b, 0x90000000, 0x8000000);
	add_memory(b, 0x40000000, 0x8000000);
	KUNIT_ASSERT_EQ_MSG(test, place(b), 0, "%s", b->why);
	EXPECT_PLACE(test, b->places.image, 0x40200000, 0x1000000);
	EXPECT_PLACE(test, b->places.dtb, 0x41200000, 0x10000);
	KUNIT_EXPECT_EQ(test, b->places.initrd.bytes, 0);
	KUNIT_EXPECT_STREQ(test, b->why, "");

	/* At most 32 MiB, and the tree as long as it is */
	b = new_bench(test);
	add_memory(b, 0, 0x100000000);
	b->board.dtb_bytes = 0x12345;
	b->board.initrd_start = 0x200000;
	b->board.initrd_bytes = 0x123456;
	KUNIT_ASSERT_EQ(test, place(b), 0);
	EXPECT_PLACE(test, b->places.image, 0x400000, 0x2000000);
	EXPECT_PLACE(test, b->places.dtb, 0x2400000, 0x12345);
	EXPECT_PLACE(test, b->places.initrd, 0x200000, 0x123456);
}

static void places_avoid_what_is_taken(struct kunit *test)
{
	struct bench *b = new_bench(test);

	/* 16 MiB: an image of 1 MiB, room between 4 and 6 MiB, and behind 7 */
	add_memory(b, 0x40000000, 0x1000000);
	add_reserved(b, "a", 0x40000000, 0x400000, NOMAP);
	add_reserved(b, "b", 0x40500001, 0x1ff, 0);
	add_reserved(b, "", 0x40600000, 0x100000, 0);
	KUNIT_ASSERT_EQ_MSG(test, place(b), 0, "%s", b->why);
	EXPECT_PLACE(test, b->places.image, 0x40400000, 0x100000);
	EXPECT_PLACE(test, b->places.dtb, 0x40510000, 0x10000);

	/* Not in the first piece, nor in memory that is not mapped or used */
	b = new_bench(test);
	add_memory(b, 0x40000000, 0x200000);
	add_memory(b, 0x50000000, 0x2000000)->flags = NOMAP;
	add_memory(b, 0x60000000, 0x2000000);
	add_memory(b, 0x70000000, 0x2000000);
	add_reserved(b, "a", 0x40010000, 0x1000, 0);
	b->board.nr_usable = 2;
	b->board.usable[0].base = 0x70000000;
	b->board.usable[0].bytes = 0x10000000;
	b->board.usable[1].base = 0x40000000;
	b->board.usable[1].bytes = 0x10000000;
	KUNIT_ASSERT_EQ_MSG(test, place(b), 0, "%s", b->why);
	KUNIT_EXPECT_EQ(test, b->places.image.start, 0x70000000);

	/* Nowhere at 2 MiB: at 64 KiB */
	b = new_bench(test);
	add_memory(b, 0x40000000, 0x800000);
	add_reserved(b, "a", 0x40000000, 0x1000, 0);
	add_reserved(b, "b", 0x40200000, 0x1000, 0);
	add_reserved(b, "c", 0x40400000, 0x1000, 0);
	add_reserved(b, "d", 0x40600000, 0x1000, 0);
	KUNIT_ASSERT_EQ_MSG(test, place(b), 0, "%s", b->why);
	EXPECT_PLACE(test, b->places.image, 0x40010000, 0x80000);
	EXPECT_PLACE(test, b->places.dtb, 0x40090000, 0x10000);
}

static void places_without_room(struct kunit *test)
{
	struct bench *b = new_bench(test);

	strscpy(b->board.name, "tiny", sizeof(b->board.name));
	add_memory(b, 0x40000000, 0x10000);
	KUNIT_EXPECT_EQ(test, place(b), -ERANGE);
	KUNIT_EXPECT_NOT_NULL(test, strstr(b->why, "board tiny: no "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(b->why, "for the image"));

	/* memory= alone makes a board without a name */
	b->board.name[0] = '\0';
	b->board.kind = SHADOW_BOARD_MEMORY;
	KUNIT_EXPECT_EQ(test, place(b), -ERANGE);
	KUNIT_EXPECT_NOT_NULL(test, strstr(b->why, "board memory=: no "));

	b = new_bench(test);
	add_memory(b, 0x40000000, 0x100000);
	b->board.dtb_bytes = 0x100000;
	KUNIT_EXPECT_EQ(test, place(b), -ERANGE);
	KUNIT_EXPECT_NOT_NULL(test, strstr(b->why, "1048576 bytes"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(b->why, "device tree"));
}

static void given_image(struct kunit *test)
{
	static const struct {
		u64 start, bytes;
		int err;
		const char *why;
	} cases[] = {
		{ 0x44000000, 0x1000000, 0, "" },
		/* Memory said in two ranges is one piece. */
		{ 0x47f00000, 0x1000000, 0, "" },
		{ 0x44000800, 0x1000000, -EINVAL,
		  "image=0x44000800+0x1000000: allowed: START and BYTES at a multiple of 4096 bytes"
		},
		{ 0x44000000, 0x1000, -ERANGE, "image=0x44000000+0x1000: out of range" },
		{ 0x3ff00000, 0x1000000, -ERANGE,
		  "image=0x3ff00000+0x1000000: out of range; allowed: inside the memory of board device tree that may be used and mapped"
		},
		{ 0x4ff00000, 0x1000000, -ERANGE, "image=0x4ff00000+0x1000000: out of range" },
		{ 0x80000000, 0x1000000, -ERANGE, "image=0x80000000+0x1000000: out of range" },
		{ 0x4a000000, 0x1000000, -EINVAL,
		  "image=0x4a000000+0x1000000: lies in reserved region 'vpu@4aff0000' [0x4aff0000-0x4b00ffff], offset 0x1100; allowed: memory that nobody reserved"
		},
		{ 0x4c000000, 0x1000000, -EINVAL,
		  "image=0x4c000000+0x1000000: lies in no-map region 'tee@4b800000' [0x4b800000-0x4c000fff], offset 0x1200; allowed: memory that nobody reserved"
		},
		/* A boot loader may list the image in the reservation block. */
		{ 0x4e000000, 0x1000000, 0, "" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench *b = new_bench(test);

		add_memory(b, 0x40000000, 0x8000000);
		add_memory(b, 0x48000000, 0x8000000);
		add_reserved(b, "vpu@4aff0000", 0x4aff0000, 0x20000, 0);
		add_reserved(b, "tee@4b800000", 0x4b800000, 0x801000, NOMAP);
		add_reserved(b, "", 0x4e000000, 0x1000000, 0);
		give(&b->cfg.image, cases[i].start, cases[i].bytes);
		KUNIT_EXPECT_EQ_MSG(test, place(b), cases[i].err, "case %u: %s",
				    i, b->why);
		KUNIT_EXPECT_EQ_MSG(test, strncmp(b->why, cases[i].why,
						  strlen(cases[i].why)), 0,
				    "case %u: %s", i, b->why);
		if (!cases[i].err)
			KUNIT_EXPECT_EQ(test, b->places.image.start,
					cases[i].start);
	}
}

static void given_tree_and_initrd(struct kunit *test)
{
	struct bench *b = new_bench(test);

	add_memory(b, 0x40000000, 0x10000000);
	b->board.dtb_bytes = 0x5000;
	give(&b->cfg.dtb, 0x44000004, 0x5000);
	KUNIT_EXPECT_EQ(test, place(b), -EINVAL);
	give(&b->cfg.dtb, 0x44000008, 0x4fff);
	KUNIT_EXPECT_EQ(test, place(b), -ERANGE);
	KUNIT_EXPECT_NOT_NULL(test, strstr(b->why, "20480 bytes, which the board's tree has"));
	give(&b->cfg.dtb, 0x44000008, 0x200001);
	KUNIT_EXPECT_EQ(test, place(b), -ERANGE);
	give(&b->cfg.dtb, 0x60000008, 0x5000);
	KUNIT_EXPECT_EQ(test, place(b), -ERANGE);
	give(&b->cfg.dtb, 0x44000008, 0x5000);
	KUNIT_EXPECT_EQ_MSG(test, place(b), 0, "%s", b->why);
	EXPECT_PLACE(test, b->places.dtb, 0x44000008, 0x5000);

	give(&b->cfg.image, 0x43f00000, 0x200000);
	KUNIT_EXPECT_EQ(test, place(b), -EINVAL);
	KUNIT_EXPECT_STREQ(test, b->why,
			   "dtb=0x44000008+0x5000: overlaps image; allowed: ranges that do not meet");
	give(&b->cfg.image, 0x44100000, 0x200000);
	give(&b->cfg.initrd, 0x442fffff, 1);
	KUNIT_EXPECT_EQ(test, place(b), -EINVAL);
	give(&b->cfg.initrd, 0x50000000, 1);
	KUNIT_EXPECT_EQ(test, place(b), -ERANGE);
	give(&b->cfg.initrd, 0x44300000, 0x1001);
	KUNIT_EXPECT_EQ_MSG(test, place(b), 0, "%s", b->why);
	EXPECT_PLACE(test, b->places.initrd, 0x44300000, 0x1001);
}

static void initrd_of_the_command_line(struct kunit *test)
{
	struct bench *b = new_bench(test);

	add_memory(b, 0x40000000, 0x10000000);
	b->board.initrd_start = 0x41000000;
	b->board.initrd_bytes = 0x1000;
	/* A file's name, as EFI understands it, is no address. */
	strscpy(b->board.cmdline, "initrd=\\initrd.img initrd", sizeof(b->board.cmdline));
	KUNIT_ASSERT_EQ(test, place(b), 0);
	EXPECT_PLACE(test, b->places.initrd, 0x41000000, 0x1000);
	strscpy(b->board.cmdline, "initrd=0x42000000,8M x initrdmem=1G,1M",
		sizeof(b->board.cmdline));
	KUNIT_ASSERT_EQ(test, place(b), 0);
	EXPECT_PLACE(test, b->places.initrd, 0x40000000, 0x100000);
}

static void span_of_a_board(struct kunit *test)
{
	struct bench *b = new_bench(test);
	u64 start, end;

	add_memory(b, 0x48000000, 0x8000000);
	add_memory(b, 0x40000000, 0x1000000);
	shadow_board_span(&b->board, &b->places, &start, &end);
	KUNIT_EXPECT_EQ(test, start, 0x40000000);
	KUNIT_EXPECT_EQ(test, end, 0x50000000);
	b->places.initrd.start = 0x60000100;
	b->places.initrd.bytes = 0x1000;
	b->board.nr_usable = 2;
	b->board.usable[1].base = 0x3f000000;
	b->board.usable[1].bytes = 0x1000;
	shadow_board_span(&b->board, &b->places, &start, &end);
	KUNIT_EXPECT_EQ(test, start, 0x3f000000);
	KUNIT_EXPECT_EQ(test, end, 0x60010000);
}

/* ----------------------------------------- more ranges than fit at first -- */

#define CROWD	1023	/* with a larger one: 1,024 ranges */

/* 8 KiB of each 16 KiB from 0x41000000 on; 4 KiB of each is reserved */
static struct bench *crowded_bench(struct kunit *test, struct shadow_block *block,
				   u32 flags)
{
	struct bench *b = new_bench(test);
	unsigned int i;

	shadow_test_block(test, block, 0x40000000, 0x2000000);
	memset(block->virt, 0xa5, block->bytes);
	shadow_memblock_init(&b->mb, block, &b->events, 12);
	for (i = 0; i < CROWD; i++) {
		add_memory(b, 0x41000000 + i * 0x4000, 0x2000);
		add_reserved(b, "r", 0x41000000 + i * 0x4000, 0x1000, flags);
	}
	/* The only memory with room for an array, the image in its middle */
	add_memory(b, 0x40100000, 0x800000);
	return b;
}

static void expect_in_room(struct kunit *test, const struct shadow_block *block,
			   const struct shadow_memblock_type *type)
{
	u64 at = (char *)type->regions - (char *)block->virt;

	KUNIT_EXPECT_TRUE_MSG(test, at - 0x100000 < 0x100000, "%s: %llx",
			      type->name, at);
}

static void crowded_board(struct kunit *test)
{
	static const u32 flags[] = { 0, NOMAP };
	struct shadow_param_range room;
	struct shadow_block block;
	unsigned int k, i;

	for (k = 0; k < ARRAY_SIZE(flags); k++) {
		struct bench *b = crowded_bench(test, &block, flags[k]);

		KUNIT_ASSERT_TRUE(test, shadow_board_find_room(&b->board, &b->arch,
							       &b->places, 0, &room));
		KUNIT_EXPECT_EQ(test, room.start, 0x40100000);
		KUNIT_EXPECT_EQ(test, room.bytes, 0x100000);
		KUNIT_ASSERT_EQ_MSG(test, bench_setup(b) ?: bench_init(b), 0, "%s",
				    b->fate.why);
		SHADOW_TEST_VERIFY(test, shadow_memblock_verify(&b->mb, &__fault));
		KUNIT_EXPECT_EQ(test, b->mb.memory.cnt,
				flags[k] ? 2 * CROWD + 1 : CROWD + 1);
		KUNIT_EXPECT_EQ(test, b->mb.memory.total_size,
				CROWD * 0x2000ULL + 0x800000);
		for (i = 0; i < CROWD; i++) {
			u64 pa = 0x41000000 + i * 0x4000;

			KUNIT_ASSERT_EQ(test, b->fate.outcome[i], flags[k] ?
					SHADOW_BOARD_NOMAP : SHADOW_BOARD_RESERVED);
			KUNIT_ASSERT_EQ(test, shadow_memblock_is_reserved(&b->mb, pa),
					!flags[k]);
			KUNIT_ASSERT_EQ(test, shadow_memblock_is_map_memory(&b->mb, pa),
					!flags[k]);
			KUNIT_ASSERT_TRUE(test, shadow_memblock_is_map_memory(&b->mb,
									      pa + 0x1000));
			KUNIT_ASSERT_FALSE(test, shadow_memblock_is_reserved(&b->mb,
									     pa + 0x1000));
		}
		/* What the arrays took lies where it was to lie, and is in use. */
		expect_in_room(test, &block, &b->mb.memory);
		if (!flags[k])
			expect_in_room(test, &block, &b->mb.reserved);
		KUNIT_EXPECT_STREQ(test, shadow_memblock_owner_of(&b->mb, 0x40200000),
				   "image");
		shadow_memblock_allow_resize(&b->mb);
		KUNIT_EXPECT_EQ(test, shadow_board_bootmem_init(&b->fate, &b->board,
								&b->mb), 0);
		SHADOW_TEST_VERIFY(test, shadow_memblock_verify(&b->mb, &__fault));
	}
}

static void crowded_without_room(struct kunit *test)
{
	struct shadow_param_range room;
	struct shadow_block block;
	struct bench *b = crowded_bench(test, &block, 0);

	/* All that is left is taken, or would go: no array may grow. */
	add_reserved(b, "all", 0x40100000, 0x100000, 0);
	add_reserved(b, "rest", 0x40304000, 0x5fc000, 0);
	KUNIT_EXPECT_FALSE(test, shadow_board_find_room(&b->board, &b->arch,
							&b->places, 0, &room));
	KUNIT_EXPECT_EQ(test, bench_setup(b), -ENOMEM);
	KUNIT_EXPECT_NOT_NULL(test, strstr(b->fate.why, "cannot resize memory array"));

	b = crowded_bench(test, &block, 0);
	KUNIT_EXPECT_FALSE(test, shadow_board_find_room(&b->board, &b->arch,
							&b->places, 0xf000, &room));
	KUNIT_EXPECT_TRUE(test, shadow_board_find_room(&b->board, &b->arch,
						       &b->places, 0x3ffff, &room));
	KUNIT_EXPECT_EQ(test, room.bytes, 0x20000);
	b->board.nr_usable = 2;
	b->board.usable[0].base = 0x40800000;
	b->board.usable[0].bytes = 0x10000;
	b->board.usable[1].base = 0x40100000;
	b->board.usable[1].bytes = 0x400000;
	KUNIT_EXPECT_TRUE(test, shadow_board_find_room(&b->board, &b->arch,
						       &b->places, 0, &room));
	KUNIT_EXPECT_EQ(test, room.start, 0x40800000);
	KUNIT_EXPECT_EQ(test, room.bytes, 0x10000);
}

/* --------------------------------------------------- against a model -- */

#define UNIT		0x400ULL	/* the model's grain: 1 KiB */
#define PAGE		0x1000ULL
#define UNITS_PER_PAGE	(PAGE / UNIT)
#define NR_UNITS	8192		/* 8 MiB, in the middle of which */
#define BORDER		BIT_ULL(32)	/* this address lies */
#define FIRST_PA	(BORDER - NR_UNITS / 2 * UNIT)

#ifdef __KERNEL__
#define NR_BOARDS	2000
#else
#define NR_BOARDS	20000
#endif

/* What the model knows of each unit */
#define DESCRIBED	BIT(0)
#define MEMORY		BIT(1)
#define UNMAPPED	BIT(2)
#define RESERVED	BIT(3)

/**
 * struct model - a board in units
 * @unit: what is known of each
 */
struct model {
	u8 unit[NR_UNITS];
};

static unsigned int first_unit(u64 pa)
{
	return (pa - FIRST_PA) / UNIT;
}

static unsigned int end_unit(u64 pa)
{
	return DIV_ROUND_UP_ULL(pa - FIRST_PA, UNIT);
}

static void model_set(struct model *m, u64 base, u64 bytes, u8 bits)
{
	unsigned int i;

	for (i = first_unit(base); i < end_unit(base + bytes); i++)
		m->unit[i] |= bits;
}

static void model_clear(struct model *m, u64 base, u64 end, u8 bits)
{
	unsigned int i;

	for (i = first_unit(base); i < end_unit(end); i++)
		m->unit[i] &= ~bits;
}

static bool model_any(const struct model *m, u64 base, u64 bytes, u8 bits)
{
	unsigned int i;

	for (i = first_unit(base); i < end_unit(base + bytes); i++)
		if (m->unit[i] & bits)
			return true;
	return false;
}

/* Only whole pages of what one range says */
static void model_describe(struct model *m, u64 base, u64 bytes)
{
	u64 start = ALIGN(base, PAGE), end = ALIGN_DOWN(base + bytes, PAGE);

	model_set(m, base, bytes, DESCRIBED);
	if (start < end)
		model_set(m, start, end - start, MEMORY);
}

/* Only [@base, @end) stays; what is not mapped stays anyway */
static void model_cap(struct model *m, u64 base, u64 end)
{
	unsigned int i;

	for (i = 0; i < NR_UNITS; i++) {
		u64 pa = FIRST_PA + i * UNIT;

		if (pa >= base && pa < end)
			continue;
		m->unit[i] &= ~RESERVED;
		if (!(m->unit[i] & UNMAPPED))
			m->unit[i] &= ~MEMORY;
	}
}

static u64 model_limit_end(const struct model *m, u64 limit)
{
	u64 sum = 0;
	unsigned int i;

	for (i = 0; i < NR_UNITS; i++) {
		sum += m->unit[i] & MEMORY ? UNIT : 0;
		if (sum == limit)
			return FIRST_PA + (i + 1) * UNIT;
	}
	return 0;
}

static bool model_free(const struct model *m, u64 base, u64 bytes)
{
	unsigned int i;

	for (i = first_unit(base); i < end_unit(base + bytes); i++)
		if ((m->unit[i] & (MEMORY | UNMAPPED | RESERVED)) != MEMORY)
			return false;
	return true;
}

/* The highest or the lowest free place in a range; 0: none */
static u64 model_find(const struct model *m, u64 bytes, u64 align, u64 start,
		      u64 end, bool bottom_up)
{
	u64 low = ALIGN(max_t(u64, start, FIRST_PA), align), high, at;

	end = min_t(u64, end, FIRST_PA + NR_UNITS * UNIT);
	if (end < bytes || end - bytes < low)
		return 0;
	high = ALIGN_DOWN(end - bytes, align);
	for (at = bottom_up ? low : high; at >= low && at <= high;
	     at = bottom_up ? at + align : at - align)
		if (model_free(m, at, bytes))
			return at;
	return 0;
}

/* Somewhere inside, at a multiple of @grain */
static u64 any_pa(struct rnd_state *rnd, u64 grain)
{
	return FIRST_PA + shadow_test_below(rnd, NR_UNITS * UNIT / grain) * grain;
}

static u64 any_bytes(struct rnd_state *rnd, u64 base, u64 grain, u64 most)
{
	u64 room = min(FIRST_PA + NR_UNITS * UNIT - base, most);

	/* Less than a grain may be left */
	return room < grain ? room :
	       (1 + shadow_test_below(rnd, room / grain)) * grain;
}

static void random_board(struct rnd_state *rnd, struct bench *b)
{
	struct shadow_board *board = &b->board;
	unsigned int i, nr = 1 + shadow_test_below(rnd, 6);
	u64 base;

	shadow_board_init(board, SHADOW_BOARD_TREE);
	for (i = 0; i < nr; i++) {
		base = any_pa(rnd, i & 1 ? UNIT : PAGE);
		add_memory(b, base, any_bytes(rnd, base, i & 2 ? UNIT : PAGE,
					      SZ_4M));
	}
	nr = shadow_test_below(rnd, 7);
	for (i = 0; i < nr; i++) {
		char name[2] = { 'a' + i, '\0' };

		base = any_pa(rnd, UNIT);
		if (shadow_test_below(rnd, 4))
			add_reserved(b, name, base, any_bytes(rnd, base, UNIT, SZ_512K),
				     shadow_test_below(rnd, 2) ? NOMAP : 0);
		else
			add_reserved(b, "", base, any_bytes(rnd, base, UNIT, SZ_64K), 0);
	}
	nr = shadow_test_below(rnd, 4);
	for (i = 0; i < nr; i++) {
		char name[2] = { 'w' + i, '\0' };
		struct shadow_board_wish *wish;

		wish = add_wish(b, name, PAGE * (1 + shadow_test_below(rnd, 64)),
				PAGE << shadow_test_below(rnd, 6));
		if (!shadow_test_below(rnd, 3))
			wish->flags = NOMAP;
		while (shadow_test_below(rnd, 2)) {
			base = any_pa(rnd, PAGE);
			add_place(b, base, any_bytes(rnd, base, PAGE, SZ_4M));
		}
	}
	if (!shadow_test_below(rnd, 4)) {
		board->nr_usable = 1 + shadow_test_below(rnd, 2);
		for (i = 0; i < board->nr_usable; i++) {
			base = any_pa(rnd, PAGE);
			board->usable[i].base = base;
			board->usable[i].bytes = any_bytes(rnd, base, PAGE, SZ_4M);
		}
	}
	if (!shadow_test_below(rnd, 3))
		scnprintf(board->cmdline, sizeof(board->cmdline), "mem=%lluK",
			  shadow_test_below(rnd, NR_UNITS));
}

static void random_places(struct rnd_state *rnd, struct bench *b)
{
	struct shadow_places *places = &b->places;

	memset(places, 0, sizeof(*places));
	places->image.start = any_pa(rnd, PAGE);
	places->image.bytes = any_bytes(rnd, places->image.start, PAGE, SZ_256K);
	places->dtb.start = any_pa(rnd, UNIT);
	places->dtb.bytes = any_bytes(rnd, places->dtb.start, UNIT, SZ_64K);
	if (!shadow_test_below(rnd, 2))
		return;
	places->initrd.start = any_pa(rnd, UNIT);
	places->initrd.bytes = any_bytes(rnd, places->initrd.start, UNIT, SZ_1M);
}

static void model_setup(struct model *m, const struct bench *b)
{
	const struct shadow_board *board = &b->board;
	unsigned int i;

	memset(m, 0, sizeof(*m));
	model_set(m, b->places.dtb.start, b->places.dtb.bytes, RESERVED);
	for (i = 0; i < board->nr_memory; i++)
		model_describe(m, board->memory[i].base, board->memory[i].bytes);
	if (board->nr_usable && model_any(m, FIRST_PA, NR_UNITS * UNIT, MEMORY))
		model_cap(m, board->usable[0].base,
			  board->usable[0].base + board->usable[0].bytes);
	if (board->nr_usable == 2)
		model_set(m, board->usable[1].base, board->usable[1].bytes, MEMORY);
}

/* The start of memory that is there; the border limits it from above. */
static u64 model_start(const struct model *m)
{
	unsigned int i = 0;

	while (i < NR_UNITS && !(m->unit[i] & MEMORY))
		i++;
	return FIRST_PA + i * UNIT;
}

static void model_boot_loader(struct model *m, const struct bench *b)
{
	const struct shadow_places *places = &b->places;
	u64 limit = b->fate.memory_limit, start, end;

	if (limit != U64_MAX) {
		end = limit ? model_limit_end(m, limit) : 0;
		if (end)
			model_cap(m, 0, end);
		model_set(m, places->image.start, places->image.bytes, MEMORY);
	}
	start = ALIGN_DOWN(places->initrd.start, PAGE);
	end = ALIGN(places->initrd.start + places->initrd.bytes, PAGE);
	if (places->initrd.bytes && start >= model_start(m)) {
		model_set(m, start, end - start, MEMORY | RESERVED);
		model_clear(m, start, end, UNMAPPED);
	}
	model_set(m, places->image.start, places->image.bytes, RESERVED);
}

static void model_reserve_one(struct model *m,
			      const struct shadow_board_range *range)
{
	unsigned int i;

	if (!(range->flags & NOMAP)) {
		model_set(m, range->base, range->bytes, RESERVED);
		return;
	}
	if (model_any(m, range->base, range->bytes, MEMORY) &&
	    model_any(m, range->base, range->bytes, RESERVED))
		return;
	for (i = first_unit(range->base); i < end_unit(range->base + range->bytes); i++)
		if (m->unit[i] & MEMORY)
			m->unit[i] |= UNMAPPED;
}

/* Towards what was allocated before, if only one end of the place touches it */
static bool model_upwards(const struct bench *b, const u64 *found,
			  unsigned int nr, u64 start, u64 end)
{
	bool up = false, down = false;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		u64 last = found[i] + b->board.wish[i].bytes;

		up |= found[i] && start >= found[i] && start <= last;
		down |= found[i] && end >= found[i] && end <= last;
	}
	return up && !down;
}

static void model_wishes(struct model *m, const struct bench *b, u64 *found)
{
	const struct shadow_board_wish *wish = b->board.wish;
	unsigned int i, k;

	for (i = 0; i < b->board.nr_wishes; i++, wish++) {
		found[i] = 0;
		if (!wish->nr_places)
			found[i] = model_find(m, wish->bytes, wish->align, 0,
					      U64_MAX, false);
		for (k = 0; k < wish->nr_places && !found[i]; k++) {
			const struct shadow_board_range *to =
				&b->board.place[wish->first_place + k];

			found[i] = model_find(m, wish->bytes, wish->align, to->base,
					      to->base + to->bytes,
					      model_upwards(b, found, i, to->base,
							    to->base + to->bytes));
		}
		if (found[i])
			model_set(m, found[i], wish->bytes, RESERVED |
				  (wish->flags & NOMAP ? UNMAPPED : 0));
	}
}

static void model_reserve(struct model *m, const struct bench *b, u64 *found)
{
	const struct shadow_board_range *range = b->board.reserved;
	const struct shadow_board_range *end = range + b->board.nr_reserved;

	for (; range < end; range++)
		if (range->source != SHADOW_BOARD_FROM_MEMRESERVE)
			model_reserve_one(m, range);
	model_wishes(m, b, found);
	for (range = b->board.reserved; range < end; range++)
		if (range->source == SHADOW_BOARD_FROM_MEMRESERVE)
			model_reserve_one(m, range);
}

/* The lists hold what the model has, and nothing else */
static void expect_model(struct kunit *test, const struct bench *b,
			 const struct model *m, struct model *seen,
			 unsigned int nr)
{
	const struct shadow_memblock_region *rgn;
	unsigned int i;

	memset(seen, 0, sizeof(*seen));
	shadow_for_each_mem_region(&b->mb, rgn)
		model_set(seen, rgn->base, rgn->size, MEMORY |
			  (shadow_memblock_is_nomap(rgn) ? UNMAPPED : 0));
	shadow_for_each_reserved_mem_region(&b->mb, rgn)
		model_set(seen, rgn->base, rgn->size, RESERVED);
	for (i = 0; i < NR_UNITS; i++) {
		u8 expected = m->unit[i] & (MEMORY | UNMAPPED | RESERVED);

		if (seen->unit[i] == expected)
			continue;
		KUNIT_FAIL_AND_ABORT(test,
				     "board %u: %llx is %#x, not %#x (2 memory, 4 unmapped, 8 reserved)",
				     nr, FIRST_PA + i * UNIT, seen->unit[i],
				     expected);
	}
}

/* What was described and is no memory was cut, once; what was cut is gone */
static void expect_cuts(struct kunit *test, const struct bench *b,
			const struct model *m, struct model *seen,
			unsigned int nr)
{
	const struct shadow_board_cut *cut = b->fate.cut;
	unsigned int i;

	if (b->fate.nr_cuts_lost)
		return;
	memset(seen, 0, sizeof(*seen));
	for (; cut < b->fate.cut + b->fate.nr_cuts; cut++) {
		if (cut->reserved)
			continue;
		/* Edges may be said by one range and be a page with another's. */
		if (cut->why != SHADOW_BOARD_CUT_PART &&
		    model_any(seen, cut->base, cut->bytes, MEMORY))
			KUNIT_FAIL_AND_ABORT(test, "board %u: %llx was cut twice",
					     nr, cut->base);
		model_set(seen, cut->base, cut->bytes,
			  cut->why == SHADOW_BOARD_CUT_PART ? DESCRIBED :
			  MEMORY | DESCRIBED);
	}
	for (i = 0; i < NR_UNITS; i++)
		if ((m->unit[i] & (DESCRIBED | MEMORY)) == DESCRIBED &&
		    !(seen->unit[i] & DESCRIBED))
			KUNIT_FAIL_AND_ABORT(test, "board %u: who removed %llx?",
					     nr, FIRST_PA + i * UNIT);
}

static bool is_mapped(const struct model *m, const struct shadow_param_range *range)
{
	unsigned int i;

	for (i = first_unit(range->start); i < end_unit(range->start + range->bytes); i++)
		if ((m->unit[i] & (MEMORY | UNMAPPED)) != MEMORY)
			return false;
	return true;
}

/* True where the board came through */
static bool one_board(struct kunit *test, struct bench *b, struct model *m,
		      struct model *seen, unsigned int nr)
{
	u64 found[SHADOW_BOARD_MAX_WISHES];
	unsigned int i;
	int err = bench_setup(b);

	model_setup(m, b);
	expect_model(test, b, m, seen, nr);
	KUNIT_ASSERT_EQ(test, err, model_any(m, FIRST_PA, NR_UNITS * UNIT, MEMORY) ?
			0 : -ENODEV);
	if (err)
		return false;
	err = bench_init(b);
	model_clear(m, 1ULL << b->arch.pa_bits > BORDER ? FIRST_PA + NR_UNITS * UNIT :
		    BORDER, FIRST_PA + NR_UNITS * UNIT, MEMORY);
	if (!model_any(m, FIRST_PA, NR_UNITS * UNIT, MEMORY)) {
		KUNIT_ASSERT_EQ(test, err, -ENODEV);
		return false;
	}
	model_boot_loader(m, b);
	model_reserve(m, b, found);
	expect_model(test, b, m, seen, nr);
	expect_cuts(test, b, m, seen, nr);
	for (i = 0; i < b->board.nr_wishes; i++)
		KUNIT_ASSERT_EQ_MSG(test, b->fate.wish_base[i], found[i],
				    "board %u, wish %u", nr, i);
	KUNIT_ASSERT_EQ_MSG(test, err, is_mapped(m, &b->places.image) ? 0 : -ERANGE,
			    "board %u: %s", nr, b->fate.why);
	SHADOW_TEST_VERIFY(test, shadow_memblock_verify(&b->mb, &__fault));
	return !err;
}

static void random_boards(struct kunit *test)
{
	struct bench *b = new_bench(test);
	struct model *m = shadow_test_alloc(test, 2 * sizeof(*m));
	unsigned int i, done = 0, refused = 0, cut = 0, found = 0;
	struct rnd_state rnd;

	shadow_test_seed(test, &rnd);
	for (i = 0; i < NR_BOARDS; i++) {
		bench_geometry(test, b, 12, 48, 48);
		b->arch.pa_bits = shadow_test_below(&rnd, 4) ? 48 : 32;
		random_board(&rnd, b);
		random_places(&rnd, b);
		done += one_board(test, b, m, m + 1, i);
		refused += memchr(b->fate.outcome, SHADOW_BOARD_REFUSED,
				  b->board.nr_reserved) != NULL;
		cut += b->fate.nr_cuts != 0;
		found += b->fate.wish_base[0] != 0;
		cond_resched();
	}
	kunit_info(test, "%u boards: %u boot, %u with cuts, %u with a refused region, %u with one by size\n",
		   NR_BOARDS, done, cut, refused, found);
	/* All of it must have happened. */
	KUNIT_EXPECT_GT(test, done, NR_BOARDS / 20);
	KUNIT_EXPECT_LT(test, done, NR_BOARDS);
	KUNIT_EXPECT_GT(test, refused, NR_BOARDS / 20);
	KUNIT_EXPECT_GT(test, cut, NR_BOARDS / 20);
	KUNIT_EXPECT_GT(test, found, NR_BOARDS / 20);
}

/* What is placed is memory, clear of everything, and boots */
static void random_placing(struct kunit *test)
{
	struct bench *b = new_bench(test);
	struct model *m = shadow_test_alloc(test, sizeof(*m));
	unsigned int i, k, done = 0;
	struct rnd_state rnd;

	shadow_test_seed(test, &rnd);
	for (i = 0; i < NR_BOARDS; i++) {
		bench_geometry(test, b, 12, 48, 48);
		random_board(&rnd, b);
		b->board.nr_usable = min(b->board.nr_usable, 1U);
		b->board.cmdline[0] = '\0';
		memset(&b->places, 0, sizeof(b->places));
		if (place(b))
			continue;
		done++;
		KUNIT_ASSERT_EQ_MSG(test, bench_setup(b) ?: bench_init(b), 0,
				    "board %u: %s", i, b->fate.why);
		memset(m, 0, sizeof(*m));
		for (k = 0; k < b->board.nr_memory; k++)
			model_describe(m, b->board.memory[k].base,
				       b->board.memory[k].bytes);
		for (k = 0; k < b->board.nr_reserved; k++)
			model_set(m, b->board.reserved[k].base,
				  b->board.reserved[k].bytes, RESERVED);
		KUNIT_ASSERT_TRUE(test, model_free(m, b->places.image.start,
						   b->places.image.bytes));
		model_set(m, b->places.image.start, b->places.image.bytes, RESERVED);
		KUNIT_ASSERT_TRUE(test, model_free(m, b->places.dtb.start,
						   b->places.dtb.bytes));
	}
	kunit_info(test, "%u of %u boards had room\n", done, NR_BOARDS);
	KUNIT_EXPECT_GT(test, done, NR_BOARDS / 20);
}

static struct kunit_case board_place_cases[] = {
	KUNIT_CASE(places_by_default),
	KUNIT_CASE(places_avoid_what_is_taken),
	KUNIT_CASE(places_without_room),
	KUNIT_CASE(given_image),
	KUNIT_CASE(given_tree_and_initrd),
	KUNIT_CASE(initrd_of_the_command_line),
	KUNIT_CASE(span_of_a_board),
	KUNIT_CASE(crowded_board),
	KUNIT_CASE(crowded_without_room),
	KUNIT_CASE(random_boards),
	KUNIT_CASE(random_placing),
	{}
};

static struct kunit_suite board_place_suite = {
	.name = "shadow_board_place",
	.test_cases = board_place_cases,
};

kunit_test_suite(board_place_suite);
