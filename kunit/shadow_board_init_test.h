/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_board_init_test - what the suites of shadow_board_init share: a board
 * that is put together by hand, and the early allocator that it ends in.
 *
 * Lists are compared as text, in hexadecimal bytes: "1000-3000 8000-9000:0hn"
 * is one range without a node, and one of node 0 that is hotpluggable and
 * NOMAP.
 */
#ifndef SHADOW_BOARD_INIT_TEST_H
#define SHADOW_BOARD_INIT_TEST_H

#include "shadow_test.h"

#include "shadow_board_init.h"

#define LIST_TEXT	512

/**
 * struct bench - one board and everything that it goes through
 * @board: the board
 * @fate: what became of it
 * @mb: the early allocator, which has no contents
 * @events: its counters
 * @geo: geometry of the upper half
 * @layout: regions of the upper half
 * @arch: what the kernel was built with
 * @cfg: parameters
 * @places: what the boot loader left
 * @why: a refusal
 * @text: a list as text
 */
struct bench {
	struct shadow_board board;
	struct shadow_board_fate fate;
	struct shadow_memblock mb;
	struct shadow_event_log events;
	struct shadow_geometry geo;
	struct shadow_layout layout;
	struct shadow_board_arch arch;
	struct shadow_config cfg;
	struct shadow_places places;
	char why[SHADOW_BOARD_WHY];
	char text[LIST_TEXT];
};

static inline void bench_geometry(struct kunit *test, struct bench *b,
				  unsigned int page_shift, unsigned int va_bits,
				  unsigned int pa_bits)
{
	bool lpa2 = page_shift != 16 && (va_bits == 52 || pa_bits == 52);

	b->arch.page_shift = page_shift;
	b->arch.pa_bits = pa_bits;
	b->arch.va_bits = va_bits;
	b->arch.nvhe = false;
	b->cfg.page_shift = page_shift;
	b->cfg.va_bits = va_bits;
	b->cfg.lpa2 = lpa2;
	b->cfg.pa_bits = lpa2 ? 52 : 48;
	KUNIT_ASSERT_EQ(test, shadow_geometry_init(&b->geo, page_shift, va_bits,
						   lpa2 ? 52 : 48, lpa2), 0);
	KUNIT_ASSERT_EQ(test, shadow_layout_init(&b->layout, &b->geo, 32), 0);
	shadow_memblock_init(&b->mb, NULL, &b->events, page_shift);
}

/* 4 KiB pages, 48 bits, no memory; image at 0x40200000, tree behind it */
static inline struct bench *new_bench(struct kunit *test)
{
	struct bench *b = shadow_test_alloc(test, sizeof(*b));

	shadow_event_init(&b->events);
	shadow_board_init(&b->board, SHADOW_BOARD_TREE);
	bench_geometry(test, b, 12, 48, 48);
	b->places.image.start = 0x40200000;
	b->places.image.bytes = 0x100000;
	b->places.dtb.start = 0x40300000;
	b->places.dtb.bytes = 0x3210;
	return b;
}

static inline struct shadow_board_range *add_memory(struct bench *b, u64 base,
						    u64 bytes)
{
	struct shadow_board_range *range = &b->board.memory[b->board.nr_memory++];

	*range = (struct shadow_board_range) {
		.base = base, .bytes = bytes, .nid = SHADOW_NUMA_NO_NODE,
		.at = 0x100 * b->board.nr_memory,
		.source = SHADOW_BOARD_FROM_MEMORY, .name = "memory",
	};
	return range;
}

static inline struct shadow_board_range *
add_reserved(struct bench *b, const char *name, u64 base, u64 bytes, u32 flags)
{
	struct shadow_board_range *range =
		&b->board.reserved[b->board.nr_reserved++];

	*range = (struct shadow_board_range) {
		.base = base, .bytes = bytes, .nid = SHADOW_NUMA_NO_NODE,
		.at = 0x1000 + 0x100 * b->board.nr_reserved, .flags = flags,
		.source = *name ? SHADOW_BOARD_FROM_RESERVED_MEMORY :
				  SHADOW_BOARD_FROM_MEMRESERVE,
	};
	strscpy(range->name, name, sizeof(range->name));
	return range;
}

static inline struct shadow_board_wish *add_wish(struct bench *b,
						 const char *name, u64 bytes,
						 u64 align)
{
	struct shadow_board_wish *wish = &b->board.wish[b->board.nr_wishes++];

	*wish = (struct shadow_board_wish) {
		.bytes = bytes, .align = align,
		.at = 0x4000 + 0x100 * b->board.nr_wishes,
		.first_place = b->board.nr_places,
	};
	strscpy(wish->name, name, sizeof(wish->name));
	return wish;
}

/* For the last wish */
static inline void add_place(struct bench *b, u64 base, u64 bytes)
{
	struct shadow_board_range *place = &b->board.place[b->board.nr_places++];

	place->base = base;
	place->bytes = bytes;
	place->nid = SHADOW_NUMA_NO_NODE;
	b->board.wish[b->board.nr_wishes - 1].nr_places++;
}

static inline int bench_setup(struct bench *b)
{
	return shadow_board_setup_memory(&b->fate, &b->board, &b->mb, &b->arch,
					 &b->places);
}

static inline int bench_init(struct bench *b)
{
	return shadow_board_memblock_init(&b->fate, &b->board, &b->mb,
					  &b->layout, &b->arch, &b->places);
}

static inline const char *list_text(struct bench *b,
				    const struct shadow_memblock_type *type)
{
	static const char letters[] = "hmndr";
	const struct shadow_memblock_region *rgn;
	int at = 0, bit;

	b->text[0] = '\0';
	__shadow_for_each_region(type, rgn) {
		at += scnprintf(b->text + at, LIST_TEXT - at, "%s%llx-%llx",
				at ? " " : "", (u64)rgn->base,
				(u64)(rgn->base + rgn->size));
		if (shadow_numa_valid_node(rgn->nid))
			at += scnprintf(b->text + at, LIST_TEXT - at, ":%d",
					rgn->nid);
		else if (rgn->flags)
			at += scnprintf(b->text + at, LIST_TEXT - at, ":");
		for (bit = 0; bit < SHADOW_MEMBLOCK_NR_FLAGS; bit++)
			if (rgn->flags >> bit & 1)
				at += scnprintf(b->text + at, LIST_TEXT - at,
						"%c", letters[bit]);
	}
	return b->text;
}

/* Was this line said? */
static inline bool was_said(const struct bench *b, const char *line)
{
	unsigned int i;

	for (i = 0; i < b->fate.nr_said; i++)
		if (!strcmp(b->fate.said[i], line))
			return true;
	return false;
}

#define EXPECT_MEMORY(test, b, list) \
	KUNIT_EXPECT_STREQ(test, list_text(b, &(b)->mb.memory), list)
#define EXPECT_RESERVED(test, b, list) \
	KUNIT_EXPECT_STREQ(test, list_text(b, &(b)->mb.reserved), list)
#define EXPECT_SAID(test, b, line) \
	KUNIT_EXPECT_TRUE_MSG(test, was_said(b, line), "%s", line)
#define EXPECT_OWNER(test, b, pa, name) \
	KUNIT_EXPECT_STREQ(test, shadow_memblock_owner_of(&(b)->mb, pa), name)

static inline void expect_cut(struct kunit *test, const struct bench *b,
			      unsigned int nr, u64 base, u64 bytes,
			      enum shadow_board_cut_why why, bool reserved)
{
	const struct shadow_board_cut *cut = &b->fate.cut[nr];

	KUNIT_ASSERT_GT(test, b->fate.nr_cuts, nr);
	KUNIT_EXPECT_EQ_MSG(test, cut->base, base, "cut %u", nr);
	KUNIT_EXPECT_EQ_MSG(test, cut->bytes, bytes, "cut %u", nr);
	KUNIT_EXPECT_EQ_MSG(test, cut->why, why, "cut %u", nr);
	KUNIT_EXPECT_EQ_MSG(test, cut->reserved, reserved, "cut %u", nr);
}

#endif /* SHADOW_BOARD_INIT_TEST_H */
