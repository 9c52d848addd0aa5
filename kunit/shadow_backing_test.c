// SPDX-License-Identifier: GPL-2.0-only
/*
 * The books of a virtual board: against a flat model that says for each page of
 * the storage what it holds, and with the books overwritten.
 */
#include "shadow_test.h"

#include "shadow_backing.h"

#define BOARD		0x40000000ULL
#define MAX_FRAMES	512
#define MAX_PAGES	192

#ifdef __KERNEL__
#define NR_STEPS	20000
#define NR_VANDALS	50
#else
#define NR_STEPS	300000
#define NR_VANDALS	2000
#endif

/* What the model's pages hold, beside numbers of frames counted from BOARD. */
#define FREE		(-1)
#define ASIDE		(-2)
#define OWN		(-3)

/**
 * struct board - a virtual board without a machine
 * @storage: real memory
 * @block: what is tested
 * @backing: its books
 * @shift: log2 of a page
 * @nr_frames: of the board
 * @nr_pages: of the storage
 * @aperture: above the board
 * @holds: per page, frame or one of the above
 * @page_of: per frame, page, or -1
 * @stamp: per page, what was written into it last
 * @rnd: what happens
 * @nr_full: how often there was no room
 */
struct board {
	struct shadow_block storage;
	struct shadow_block block;
	struct shadow_backing backing;
	unsigned int shift;
	int nr_frames;
	int nr_pages;
	u64 aperture;
	int holds[MAX_PAGES];
	int page_of[MAX_FRAMES];
	u64 stamp[MAX_PAGES];
	struct rnd_state rnd;
	u64 nr_full;
};

static const struct {
	unsigned int shift;
	int nr_frames;
	int nr_pages;
} shapes[] = {
	{ 12, 512, 192 },
	{ 12, 64, 8 },
	{ 14, 100, 48 },
	{ 16, 40, 12 },
	{ 16, 8, 16 },
};

/* Memory that is aligned to 64 KiB. */
static void *aligned_memory(struct kunit *test, u64 bytes)
{
	char *memory = shadow_test_alloc(test, bytes + SZ_64K);

	return memory + (-(unsigned long)memory & (SZ_64K - 1));
}

static struct board *new_board(struct kunit *test, int shape)
{
	struct board *b = shadow_test_alloc(test, sizeof(*b));
	int i;

	b->shift = shapes[shape].shift;
	b->nr_frames = shapes[shape].nr_frames;
	b->nr_pages = shapes[shape].nr_pages;
	b->aperture = 0x80000000;
	b->storage.base = 0x123450000;
	b->storage.bytes = (u64)b->nr_pages << b->shift;
	b->storage.virt = aligned_memory(test, b->storage.bytes);
	memset(b->storage.virt, 0x5a, b->storage.bytes);
	KUNIT_ASSERT_EQ(test, 0,
			shadow_backing_init(&b->backing, &b->storage, b->shift,
					    b->aperture, false));
	b->block.base = BOARD;
	b->block.bytes = b->aperture + b->storage.bytes - BOARD;
	b->block.virt = b->storage.virt;
	b->block.backing = &b->backing;
	for (i = 0; i < b->nr_pages; i++)
		b->holds[i] = i < b->backing.nr_own ? OWN : FREE;
	for (i = 0; i < b->nr_frames; i++)
		b->page_of[i] = -1;
	return b;
}

static void verify(struct kunit *test, struct board *b)
{
	SHADOW_TEST_VERIFY(test, shadow_backing_verify(&b->block, &__fault));
}

static u64 pa_of(const struct board *b, int frame)
{
	return BOARD + ((u64)frame << b->shift);
}

static char *virt_of(const struct board *b, int page)
{
	return (char *)b->storage.virt + ((u64)page << b->shift);
}

/* A word at each end of a page: who runs over is seen. */
static u64 *last_word(const struct board *b, int page)
{
	return (u64 *)virt_of(b, page + 1) - 1;
}

static void write_stamp(struct board *b, int page)
{
	b->stamp[page] = (u64)prandom_u32_state(&b->rnd) << 32 | page;
	*(u64 *)virt_of(b, page) = b->stamp[page];
	*last_word(b, page) = b->stamp[page];
}

static bool stamp_there(const struct board *b, int page)
{
	return *(u64 *)virt_of(b, page) == b->stamp[page] &&
	       *last_word(b, page) == b->stamp[page];
}

/* The lowest pages in a row that are free; -1: there are none. */
static int model_run(const struct board *b, int nr, int align)
{
	int first, i;

	for (first = 0; first + nr <= b->nr_pages; first += align) {
		for (i = 0; i < nr && b->holds[first + i] == FREE; i++)
			;
		if (i == nr)
			return first;
	}
	return -1;
}

/* What backing these frames must say, and (0) from which page on. */
static int model_back(const struct board *b, int frame, int nr, int *page)
{
	int i, nr_backed = 0;
	bool row = true;

	for (i = 0; i < nr; i++) {
		nr_backed += b->page_of[frame + i] >= 0;
		row &= b->page_of[frame + i] == b->page_of[frame] + i;
	}
	*page = b->page_of[frame];
	if (nr > b->nr_pages)
		return -ENOMEM;
	if (nr_backed)
		return nr_backed == nr && row ? 0 : -EEXIST;
	*page = model_run(b, nr, 1);
	return *page >= 0 ? 0 : -ENOMEM;
}

/* A range that touches these frames, from somewhere in the first on. */
static void some_range(struct board *b, int frame, int nr, u64 *pa, u64 *bytes)
{
	u64 page = 1ULL << b->shift, head, tail;

	head = shadow_test_below(&b->rnd, 2) ? 0 : shadow_test_below(&b->rnd, page);
	tail = shadow_test_below(&b->rnd, nr > 1 ? page : page - head);
	*pa = pa_of(b, frame) + head;
	*bytes = nr * page - head - tail;
}

static void some_frames(struct board *b, int *frame, int *nr)
{
	*frame = shadow_test_below(&b->rnd, b->nr_frames);
	*nr = 1;
	if (!shadow_test_below(&b->rnd, 3))
		*nr += shadow_test_below(&b->rnd, min(b->nr_frames - *frame, 24));
	if (!shadow_test_below(&b->rnd, 500))
		*nr = b->nr_frames - *frame;
}

static void step_back(struct kunit *test, struct board *b)
{
	int frame, nr, page, expected, i;
	u64 pa, bytes;

	some_frames(b, &frame, &nr);
	some_range(b, frame, nr, &pa, &bytes);
	expected = model_back(b, frame, nr, &page);
	KUNIT_ASSERT_EQ_MSG(test, shadow_block_back(&b->block, pa, bytes),
			    expected, "frames %d+%d", frame, nr);
	if (expected == -ENOMEM)
		b->nr_full++;
	for (i = 0; !expected && i < nr; i++) {
		KUNIT_ASSERT_PTR_EQ(test, virt_of(b, page + i),
				    (char *)shadow_phys_to_virt(&b->block,
								pa_of(b, frame + i)));
		if (b->page_of[frame + i] >= 0)
			continue;
		b->page_of[frame + i] = page + i;
		b->holds[page + i] = frame + i;
		write_stamp(b, page + i);
	}
}

static void step_unback(struct kunit *test, struct board *b)
{
	int frame, nr, i;
	u64 pa, bytes;

	some_frames(b, &frame, &nr);
	some_range(b, frame, nr, &pa, &bytes);
	shadow_block_unback(&b->block, pa, bytes);
	for (i = frame; i < frame + nr; i++) {
		if (b->page_of[i] < 0)
			continue;
		b->holds[b->page_of[i]] = FREE;
		b->page_of[i] = -1;
	}
}

static void step_aside_alloc(struct kunit *test, struct board *b)
{
	int nr = 1 + shadow_test_below(&b->rnd, 5);
	int align = 1 << shadow_test_below(&b->rnd, 4);
	u64 bytes = ((u64)nr << b->shift) - shadow_test_below(&b->rnd, 1ULL << b->shift);
	int page = model_run(b, nr, align), i;
	u64 align_bytes = (u64)align << b->shift, pa;

	if (align == 1)
		align_bytes >>= shadow_test_below(&b->rnd, b->shift + 1);
	pa = shadow_block_aside_alloc(&b->block, bytes, align_bytes);
	if (page < 0) {
		KUNIT_ASSERT_EQ(test, pa, 0);
		b->nr_full++;
		return;
	}
	KUNIT_ASSERT_EQ(test, pa, b->aperture + ((u64)page << b->shift));
	KUNIT_ASSERT_TRUE(test, shadow_block_has(&b->block, pa, bytes));
	for (i = page; i < page + nr; i++) {
		b->holds[i] = ASIDE;
		write_stamp(b, i);
	}
}

/* Any pages: those that are not aside stay. */
static void step_aside_free(struct kunit *test, struct board *b)
{
	int page = shadow_test_below(&b->rnd, b->nr_pages);
	int nr = 1 + shadow_test_below(&b->rnd, min(b->nr_pages - page, 4)), i;

	shadow_block_aside_free(&b->block, b->aperture + ((u64)page << b->shift),
				(u64)nr << b->shift);
	for (i = page; i < page + nr; i++)
		if (b->holds[i] == ASIDE)
			b->holds[i] = FREE;
}

/* Whether a range of frames has contents; pages of the aperture likewise. */
static void step_look(struct kunit *test, struct board *b)
{
	int frame, nr, i;
	bool has = true;
	u64 pa, bytes;
	char *expected;

	if (shadow_test_below(&b->rnd, 4)) {
		some_frames(b, &frame, &nr);
		some_range(b, frame, nr, &pa, &bytes);
		for (i = 0; i < nr; i++)
			has &= b->page_of[frame + i] >= 0 &&
			       b->page_of[frame + i] == b->page_of[frame] + i;
		expected = has ? virt_of(b, b->page_of[frame]) : NULL;
	} else {
		frame = shadow_test_below(&b->rnd, b->nr_pages);
		nr = 1 + shadow_test_below(&b->rnd, min(b->nr_pages - frame, 4));
		some_range(b, frame, nr, &pa, &bytes);
		pa += b->aperture - BOARD;
		for (i = 0; i < nr; i++)
			has &= b->holds[frame + i] == ASIDE;
		KUNIT_ASSERT_TRUE(test, shadow_block_is_aside(&b->block, pa));
		expected = has ? virt_of(b, frame) : NULL;
	}
	if (has)
		expected += pa & ((1ULL << b->shift) - 1);
	KUNIT_ASSERT_EQ(test, shadow_block_has(&b->block, pa, bytes), has);
	KUNIT_ASSERT_PTR_EQ(test, expected,
			    (char *)shadow_block_contents(&b->block, pa, bytes));
}

/* What is nowhere can be read and written, and is nobody's. */
static void step_nowhere(struct kunit *test, struct board *b)
{
	int frame = shadow_test_below(&b->rnd, b->nr_frames);
	u64 *at;

	if (b->page_of[frame] >= 0)
		return;
	at = shadow_phys_to_virt(&b->block, pa_of(b, frame + 1) - 8);
	KUNIT_ASSERT_PTR_EQ(test, at, last_word(b, b->backing.nr_own - 1));
	WRITE_ONCE(*at, ~READ_ONCE(*at));
	KUNIT_ASSERT_EQ(test, shadow_virt_to_phys(&b->block, at),
			SHADOW_BLOCK_NO_PA);
}

/* From a page to what it holds, and nothing overwritten. */
static void check_page(struct kunit *test, struct board *b, int page)
{
	u64 offset = shadow_test_below(&b->rnd, 1ULL << b->shift);
	u64 expected = SHADOW_BLOCK_NO_PA;

	if (b->holds[page] >= 0)
		expected = pa_of(b, b->holds[page]) + offset;
	else if (b->holds[page] == ASIDE)
		expected = b->aperture + ((u64)page << b->shift) + offset;
	KUNIT_ASSERT_EQ(test, expected,
			shadow_virt_to_phys(&b->block, virt_of(b, page) + offset));
	if (b->holds[page] >= 0 || b->holds[page] == ASIDE)
		KUNIT_ASSERT_TRUE(test, stamp_there(b, page));
}

static void check_all(struct kunit *test, struct board *b)
{
	int page, nr_free = 0;

	for (page = 0; page < b->nr_pages; page++) {
		check_page(test, b, page);
		nr_free += b->holds[page] == FREE;
	}
	KUNIT_ASSERT_EQ(test, shadow_backing_free_pages(&b->backing), nr_free);
}

static void step(struct kunit *test, struct board *b)
{
	switch (shadow_test_below(&b->rnd, 16)) {
	case 0 ... 5:
		step_back(test, b);
		break;
	case 6 ... 9:
		step_unback(test, b);
		break;
	case 10:
		step_aside_alloc(test, b);
		break;
	case 11:
		step_aside_free(test, b);
		break;
	case 12 ... 14:
		step_look(test, b);
		break;
	default:
		step_nowhere(test, b);
	}
}

static void equals_the_model(struct kunit *test)
{
	struct board *b;
	int shape, i;
	u64 nr_full = 0, begin;

	for (shape = 0; shape < ARRAY_SIZE(shapes); shape++) {
		b = new_board(test, shape);
		shadow_test_seed(test, &b->rnd);
		begin = ktime_get_ns();
		for (i = 0; i < NR_STEPS; i++) {
			step(test, b);
			verify(test, b);
			check_page(test, b, shadow_test_below(&b->rnd, b->nr_pages));
			if (i % 64 == 0)
				check_all(test, b);
			if (i % 1024 == 0)
				cond_resched();
		}
		check_all(test, b);
		shadow_test_rate(test, "operations on books, verified", NR_STEPS,
				 ktime_get_ns() - begin);
		nr_full += b->nr_full;
	}
	/* Else it would not have been seen what happens without room. */
	KUNIT_EXPECT_GT(test, nr_full, NR_STEPS / 100);
}

static void says_what_is_outside(struct kunit *test)
{
	struct board *b = new_board(test, 0);
	u64 end = BOARD + b->block.bytes, page = 1ULL << b->shift;
	u64 pa;

	KUNIT_EXPECT_EQ(test, shadow_block_back(&b->block, BOARD - 1, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_block_back(&b->block, end, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_block_back(&b->block, BOARD, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_block_back(&b->block, BOARD, U64_MAX), -EINVAL);
	/* Frames that are not in the aperture end where it begins. */
	KUNIT_EXPECT_EQ(test, shadow_block_back(&b->block, b->aperture - page,
						page + 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_block_back(&b->block, b->aperture - page,
						page), 0);
	KUNIT_EXPECT_FALSE(test, shadow_block_has(&b->block, b->aperture - page,
						  page + 1));
	/* More than there is room for is no reason to look at each frame. */
	KUNIT_EXPECT_EQ(test, shadow_block_back(&b->block, BOARD, SZ_512M), -ENOMEM);
	/* Books and free pages are not to be had by their address aside. */
	KUNIT_EXPECT_EQ(test, shadow_block_back(&b->block, b->aperture, 1), -EINVAL);
	KUNIT_EXPECT_FALSE(test, shadow_block_has(&b->block, b->aperture, 8));
	KUNIT_EXPECT_FALSE(test, shadow_block_has(&b->block, end - 8, 8));
	shadow_block_aside_free(&b->block, b->aperture, b->storage.bytes);
	verify(test, b);

	KUNIT_EXPECT_EQ(test, shadow_block_aside_alloc(&b->block, 0, 1), 0);
	KUNIT_EXPECT_EQ(test, shadow_block_aside_alloc(&b->block, U64_MAX, 1), 0);
	KUNIT_EXPECT_EQ(test, shadow_block_aside_alloc(&b->block, 1, SZ_2G), 0);
	pa = shadow_block_aside_alloc(&b->block, 100, 64);
	KUNIT_EXPECT_NE(test, pa, 0);
	KUNIT_EXPECT_EQ(test, shadow_block_back(&b->block, pa, page), 0);
	shadow_block_unback(&b->block, pa, page);
	KUNIT_EXPECT_TRUE(test, shadow_block_has(&b->block, pa, page));
	KUNIT_EXPECT_FALSE(test, shadow_block_aside(&b->block));
	KUNIT_EXPECT_EQ(test, shadow_block_contents_bytes(&b->block),
			b->storage.bytes);
	KUNIT_EXPECT_EQ(test, shadow_virt_to_phys(&b->block, NULL),
			SHADOW_BLOCK_NO_PA);
	KUNIT_EXPECT_EQ(test, shadow_virt_to_phys(&b->block, b->storage.virt - 1),
			SHADOW_BLOCK_NO_PA);
	verify(test, b);
}

static void refuses_what_is_no_storage(struct kunit *test)
{
	struct shadow_backing backing;
	struct shadow_block storage = {
		.base = BOARD,
		.bytes = SZ_64K,
		.virt = aligned_memory(test, SZ_64K),
	};
	struct shadow_block bad;

	KUNIT_EXPECT_EQ(test, shadow_backing_init(&backing, &storage, 12, 0, false), 0);
	KUNIT_EXPECT_EQ(test, shadow_backing_init(&backing, &storage, 12, SZ_1G, true), 0);
	KUNIT_EXPECT_EQ(test, shadow_backing_init(&backing, &storage, 12, 0, true),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_backing_init(&backing, &storage, 12, SZ_1M, false),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_backing_init(&backing, &storage, 12,
						  -(u64)SZ_1G, false), 0);
	KUNIT_EXPECT_EQ(test, shadow_backing_init(&backing, &storage, 16, 0, false),
			-EINVAL);
	bad = storage;
	bad.virt = NULL;
	KUNIT_EXPECT_EQ(test, shadow_backing_init(&backing, &bad, 12, 0, false), -EINVAL);
	bad = storage;
	bad.virt += 8;
	KUNIT_EXPECT_EQ(test, shadow_backing_init(&backing, &bad, 12, 0, false), -EINVAL);
	bad = storage;
	bad.backing = &backing;
	KUNIT_EXPECT_EQ(test, shadow_backing_init(&backing, &bad, 12, 0, false), -EINVAL);
	bad = storage;
	bad.bytes = 2 * SZ_4K;
	KUNIT_EXPECT_EQ(test, shadow_backing_init(&backing, &bad, 12, 0, false), -EINVAL);
	bad.bytes = 3 * SZ_4K;
	KUNIT_EXPECT_EQ(test, shadow_backing_init(&backing, &bad, 12, 0, false), 0);
	bad.bytes = 1ULL << 43;
	KUNIT_EXPECT_EQ(test, shadow_backing_init(&backing, &bad, 12, 0, false), -E2BIG);
}

/* A real machine is one addition, and has all that it spans. */
static void real_machines_need_nothing(struct kunit *test)
{
	struct shadow_block block;
	struct shadow_fault fault;
	char *virt;

	shadow_test_block(test, &block, BOARD, SZ_64K);
	virt = block.virt;
	shadow_fault_init(&fault);
	KUNIT_EXPECT_FALSE(test, shadow_block_virtual(&block));
	KUNIT_EXPECT_FALSE(test, shadow_block_aside(&block));
	KUNIT_EXPECT_FALSE(test, shadow_block_is_aside(&block, BOARD));
	KUNIT_EXPECT_EQ(test, shadow_block_back(&block, BOARD, SZ_64K), 0);
	shadow_block_unback(&block, BOARD, SZ_64K);
	KUNIT_EXPECT_TRUE(test, shadow_block_has(&block, BOARD, SZ_64K));
	KUNIT_EXPECT_PTR_EQ(test, (char *)shadow_block_contents(&block, BOARD + 8, 8),
			    virt + 8);
	KUNIT_EXPECT_NULL(test, shadow_block_contents(&block, BOARD + SZ_64K - 7, 8));
	KUNIT_EXPECT_EQ(test, shadow_block_contents_bytes(&block), SZ_64K);
	KUNIT_EXPECT_EQ(test, shadow_block_aside_alloc(&block, 8, 8), 0);
	shadow_block_aside_free(&block, BOARD, 8);
	KUNIT_EXPECT_EQ(test, shadow_backing_verify(&block, &fault), 0);
}

/* Where a pointer may lead, whatever the books say. */
static bool inside(const struct board *b, const void *virt, u64 bytes)
{
	u64 offset = (const char *)virt - (const char *)b->storage.virt;

	return bytes <= b->storage.bytes && offset <= b->storage.bytes - bytes;
}

/* Calls of every kind; no answer leads out of the storage. */
static void use_what_is_left(struct kunit *test, struct board *b)
{
	int frame, nr, i;
	u64 pa, bytes;
	void *virt;

	for (i = 0; i < 40; i++) {
		some_frames(b, &frame, &nr);
		some_range(b, frame, nr, &pa, &bytes);
		if (!shadow_test_below(&b->rnd, 4))
			pa = b->aperture + shadow_test_below(&b->rnd, b->storage.bytes);
		virt = shadow_block_contents(&b->block, pa, bytes);
		KUNIT_ASSERT_TRUE(test, !virt || inside(b, virt, bytes));
		KUNIT_ASSERT_TRUE(test, inside(b, shadow_phys_to_virt(&b->block, pa), 1));
		shadow_virt_to_phys(&b->block, b->storage.virt +
				    shadow_test_below(&b->rnd, b->storage.bytes));
		switch (shadow_test_below(&b->rnd, 4)) {
		case 0:
			shadow_block_back(&b->block, pa, bytes);
			break;
		case 1:
			shadow_block_unback(&b->block, pa, bytes);
			break;
		case 2:
			shadow_block_aside_free(&b->block, pa, bytes);
			break;
		default:
			pa = shadow_block_aside_alloc(&b->block, bytes, 1);
			KUNIT_ASSERT_TRUE(test, !pa || shadow_block_is_aside(&b->block, pa));
		}
	}
}

/* One word of the books becomes another one. */
static bool vandalise(struct board *b)
{
	u64 used = (char *)(b->backing.chain + (1 << b->backing.hash_bits)) -
		   b->backing.virt;
	u32 *word = (u32 *)b->backing.virt +
		    shadow_test_below(&b->rnd, used / sizeof(*word));
	u32 old = *word;

	switch (shadow_test_below(&b->rnd, 4)) {
	case 0:
		*word = prandom_u32_state(&b->rnd);
		break;
	case 1:
		*word = shadow_test_below(&b->rnd, b->nr_pages);
		break;
	case 2:
		*word ^= BIT(shadow_test_below(&b->rnd, 32));
		break;
	default:
		*word = ((u32 *)b->backing.virt)[shadow_test_below(&b->rnd, used / sizeof(*word))];
	}
	return *word != old;
}

static void survives_vandals(struct kunit *test)
{
	unsigned int i, j, nr_changed = 0, nr_noticed = 0;
	struct shadow_fault fault;
	struct rnd_state rnd;
	struct board *b[ARRAY_SIZE(shapes)];
	struct board *board;

	shadow_test_seed(test, &rnd);
	for (i = 0; i < ARRAY_SIZE(shapes); i++)
		b[i] = new_board(test, i);
	for (i = 0; i < NR_VANDALS; i++) {
		board = b[i % ARRAY_SIZE(shapes)];
		board->rnd = rnd;
		KUNIT_ASSERT_EQ(test, 0,
				shadow_backing_init(&board->backing, &board->storage,
						    board->shift, board->aperture,
						    false));
		for (j = 0; j < 3; j++)
			use_what_is_left(test, board);
		verify(test, board);
		if (vandalise(board)) {
			nr_changed++;
			shadow_fault_init(&fault);
			nr_noticed += shadow_backing_verify(&board->block, &fault) ==
				      -EUCLEAN;
		}
		for (j = 0; j < 3; j++)
			use_what_is_left(test, board);
		rnd = board->rnd;
		cond_resched();
	}
	kunit_info(test, "%u words changed, %u noticed\n", nr_changed, nr_noticed);
	/* A link of a page that is on no chain means nothing. */
	KUNIT_EXPECT_GT(test, nr_noticed, nr_changed / 2);
}

static struct kunit_case backing_cases[] = {
	KUNIT_CASE(equals_the_model),
	KUNIT_CASE(says_what_is_outside),
	KUNIT_CASE(refuses_what_is_no_storage),
	KUNIT_CASE(real_machines_need_nothing),
	KUNIT_CASE(survives_vandals),
	{}
};

static struct kunit_suite backing_suite = {
	.name = "shadow_backing",
	.test_cases = backing_cases,
};

kunit_test_suite(backing_suite);
