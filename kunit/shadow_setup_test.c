// SPDX-License-Identifier: GPL-2.0-only
/*
 * Setups of random content are printed, read and printed again; what is not
 * one is refused with the line.
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/vmalloc.h>

#include "shadow_setup.h"
#include "shadow_test.h"

#define MAX_BYTES	SZ_1M

struct buffer {
	size_t nr;
	char text[MAX_BYTES];
};

static void put(void *to, const char *text, size_t bytes)
{
	struct buffer *buffer = to;
	size_t room = MAX_BYTES - 1 - buffer->nr;

	memcpy(buffer->text + buffer->nr, text, min(bytes, room));
	buffer->nr += min(bytes, room);
	buffer->text[buffer->nr] = '\0';
}

static void print(const struct shadow_setup *setup, struct buffer *buffer)
{
	const struct shadow_text text = { put, buffer };

	buffer->nr = 0;
	shadow_setup_print(setup, &text);
}

static void free_it(void *p)
{
	vfree(p);
}

static void *get(struct kunit *test, size_t bytes)
{
	void *p = vzalloc(bytes);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, free_it, p), 0);
	return p;
}

static u64 draw(struct rnd_state *rnd)
{
	return (u64)prandom_u32_state(rnd) << 32 | prandom_u32_state(rnd);
}

/* Any bytes but NUL, none, or up to the room's */
static void draw_text(struct rnd_state *rnd, char *text, size_t bytes)
{
	size_t nr = prandom_u32_state(rnd) % bytes;
	size_t i;

	for (i = 0; i < nr; i++)
		text[i] = 1 + prandom_u32_state(rnd) % 255;
	text[nr] = '\0';
}

static void draw_range(struct rnd_state *rnd, struct shadow_board_range *range)
{
	range->base = draw(rnd);
	range->bytes = draw(rnd) >> prandom_u32_state(rnd) % 64;
	range->flags = prandom_u32_state(rnd) % 32;
	range->nid = (int)(prandom_u32_state(rnd) % 9) - 1;
	range->at = prandom_u32_state(rnd);
	range->source = prandom_u32_state(rnd) % SHADOW_BOARD_NR_SOURCES;
	range->reusable = prandom_u32_state(rnd) % 2;
	range->dma_pool = prandom_u32_state(rnd) % 2;
	range->cma_default = prandom_u32_state(rnd) % 2;
	draw_text(rnd, range->name, sizeof(range->name));
}

static void draw_board(struct rnd_state *rnd, struct shadow_board *board)
{
	unsigned int i, j;

	board->kind = prandom_u32_state(rnd) % SHADOW_BOARD_NR_KINDS;
	draw_text(rnd, board->name, sizeof(board->name));
	draw_text(rnd, board->cmdline, 300);
	board->nr_memory = prandom_u32_state(rnd) % 20;
	for (i = 0; i < board->nr_memory; i++)
		draw_range(rnd, &board->memory[i]);
	board->nr_reserved = prandom_u32_state(rnd) % 20;
	for (i = 0; i < board->nr_reserved; i++)
		draw_range(rnd, &board->reserved[i]);
	board->nr_places = prandom_u32_state(rnd) % 4;
	for (i = 0; i < board->nr_places; i++)
		draw_range(rnd, &board->place[i]);
	board->nr_usable = prandom_u32_state(rnd) % 3;
	for (i = 0; i < board->nr_usable; i++)
		draw_range(rnd, &board->usable[i]);
	board->nr_wishes = prandom_u32_state(rnd) % 4;
	for (i = 0; i < board->nr_wishes; i++) {
		board->wish[i].bytes = draw(rnd);
		board->wish[i].align = draw(rnd);
		board->wish[i].nr_places = prandom_u32_state(rnd) % 3;
		draw_text(rnd, board->wish[i].name, 20);
	}
	board->reserved_node = prandom_u32_state(rnd) % 3;
	board->initrd_start = draw(rnd);
	board->initrd_bytes = draw(rnd);
	board->dma_limit = U64_MAX;
	board->nr_nodes = 1 + prandom_u32_state(rnd) % SHADOW_BOARD_MAX_NODES;
	for (i = 0; i < board->nr_nodes; i++)
		for (j = 0; j < board->nr_nodes; j++)
			board->distance[i][j] = prandom_u32_state(rnd);
	board->has_distance = prandom_u32_state(rnd) % 2;
	board->dtb_bytes = draw(rnd);
	board->wants_memory = prandom_u32_state(rnd) % 2;
}

static void draw_setup(struct rnd_state *rnd, struct shadow_setup_room *room)
{
	struct shadow_setup *setup = &room->setup;
	unsigned int id;

	memset(room, 0, sizeof(*room));
	draw_text(rnd, setup->name, sizeof(setup->name));
	setup->nr_cpus = 1 + prandom_u32_state(rnd) % 64;
	setup->cpu_id.mmfr0 = draw(rnd);
	setup->cpu_id.mmfr1 = draw(rnd);
	setup->cpu_id.mmfr2 = draw(rnd);
	setup->facts.page_shift = 12 + prandom_u32_state(rnd) % 5;
	setup->facts.arm64 = prandom_u32_state(rnd) % 2;
	setup->facts.ds = prandom_u32_state(rnd) % 2;
	setup->facts.pa_bits = prandom_u32_state(rnd) % 53;
	setup->facts.further = prandom_u32_state(rnd) % 2;
	setup->storage.base = draw(rnd) >> 1;
	setup->storage.bytes = 1 + (draw(rnd) >> 2);
	for (id = 0; id < SHADOW_NR_PARAMS; id++) {
		if (prandom_u32_state(rnd) % 3)
			continue;
		draw_text(rnd, room->value[id], 1 + (id % 4 ? 30 : 1000));
		setup->given.value[id] = room->value[id];
	}
	if (prandom_u32_state(rnd) % 2)
		return;
	draw_board(rnd, &room->board);
	setup->board = &room->board;
}

/* What is equal but for where it points to */
static bool same(const struct shadow_setup_room *a,
		 const struct shadow_setup_room *b)
{
	unsigned int id;

	for (id = 0; id < SHADOW_NR_PARAMS; id++)
		if (!a->setup.given.value[id] != !b->setup.given.value[id] ||
		    strcmp(a->value[id], b->value[id]))
			return false;
	return !strcmp(a->setup.name, b->setup.name) &&
	       a->setup.nr_cpus == b->setup.nr_cpus &&
	       !memcmp(&a->setup.cpu_id, &b->setup.cpu_id,
		       sizeof(a->setup.cpu_id)) &&
	       a->setup.facts.page_shift == b->setup.facts.page_shift &&
	       a->setup.facts.arm64 == b->setup.facts.arm64 &&
	       a->setup.facts.ds == b->setup.facts.ds &&
	       a->setup.facts.pa_bits == b->setup.facts.pa_bits &&
	       a->setup.facts.further == b->setup.facts.further &&
	       a->setup.storage.base == b->setup.storage.base &&
	       a->setup.storage.bytes == b->setup.storage.bytes &&
	       !a->setup.board == !b->setup.board;
}

static void setup_test_round_trip(struct kunit *test)
{
	struct shadow_setup_room *drawn = get(test, sizeof(*drawn));
	struct shadow_setup_room *read = get(test, sizeof(*read));
	struct buffer *first = get(test, sizeof(*first));
	struct buffer *second = get(test, sizeof(*second));
	char why[SHADOW_SETUP_WHY];
	struct rnd_state rnd;
	unsigned int i;

	shadow_test_seed(test, &rnd);
	for (i = 0; i < 200; i++) {
		draw_setup(&rnd, drawn);
		print(&drawn->setup, first);
		KUNIT_ASSERT_EQ_MSG(test, 0,
				    shadow_setup_read(first->text, first->nr,
						      read, why, sizeof(why)),
				    "%s", why);
		KUNIT_ASSERT_TRUE(test, same(drawn, read));
		KUNIT_ASSERT_EQ(test, 0, memcmp(drawn->board.memory,
						read->board.memory,
						sizeof(read->board.memory[0])));
		print(&read->setup, second);
		KUNIT_ASSERT_EQ(test, first->nr, second->nr);
		KUNIT_ASSERT_EQ(test, 0, memcmp(first->text, second->text,
						first->nr));
	}
}

/* A text that ends too early, or of which a byte has changed, breaks nothing */
static void setup_test_damaged(struct kunit *test)
{
	struct shadow_setup_room *drawn = get(test, sizeof(*drawn));
	struct shadow_setup_room *read = get(test, sizeof(*read));
	struct buffer *buffer = get(test, sizeof(*buffer));
	char why[SHADOW_SETUP_WHY];
	struct rnd_state rnd;
	unsigned int i;
	size_t nr;
	int err;

	shadow_test_seed(test, &rnd);
	for (i = 0; i < 300; i++) {
		draw_setup(&rnd, drawn);
		print(&drawn->setup, buffer);
		nr = prandom_u32_state(&rnd) % (buffer->nr - 4);
		err = shadow_setup_read(buffer->text, nr, read, why, sizeof(why));
		KUNIT_ASSERT_EQ(test, err, -EINVAL);
		KUNIT_EXPECT_TRUE(test, !strncmp(why, "setup, line ", 12));
		buffer->text[nr] = prandom_u32_state(&rnd);
		err = shadow_setup_read(buffer->text, buffer->nr, read, why,
					sizeof(why));
		KUNIT_EXPECT_EQ(test, !err, !why[0]);
	}
}

struct refusal {
	const char *text;
	const char *why;
};

#define HEAD	"shadow_mm setup, format 1\n"

static const struct refusal refusals[] = {
	{ "", "line 1: is not \"shadow_mm setup, format 1\"" },
	{ "shadow_mm setup, format 2\n", "line 1: is not" },
	{ HEAD, "line 2: the text ends" },
	{ HEAD "weather\n", "line 2: \"weather\" is not understood" },
	{ HEAD "machine cpus=x\n", "line 2: \"cpus=x\" is not understood" },
	{ HEAD "machine cpus=0x100000000\n", "is not understood" },
	{ HEAD "host arm64=2\n", "line 2: \"arm64=2\" is not understood" },
	{ HEAD "param.weather text=1\n", "line 2: there is no parameter \"weather\"" },
	{ HEAD "param.slab text=%4\n", "line 2: % without two digits" },
	{ HEAD "machine cpus=1 text=abcdefghijklmnopq\n", "allowed: up to 16 bytes" },
	{ HEAD "wish first_place=64 nr_places=1\n", "allowed: below 64" },
	{ HEAD "distance from=8 is=3\n", "allowed: nodes below 8" },
	{ HEAD "end\n", "line 2: cpus=0; allowed: 1 to 4096" },
	{ HEAD "machine cpus=1\nend\n", "line 3: page_shift=0; allowed: 12 to 16" },
	{ HEAD "machine cpus=1\nhost page_shift=12\nend\n", "storage base=0x0 bytes=0x0" },
};

static void setup_test_refusals(struct kunit *test)
{
	struct shadow_setup_room *read = get(test, sizeof(*read));
	const struct refusal *refusal = refusals;
	char why[SHADOW_SETUP_WHY];
	int err;

	for (; refusal < refusals + ARRAY_SIZE(refusals); refusal++) {
		err = shadow_setup_read(refusal->text, strlen(refusal->text),
					read, why, sizeof(why));
		KUNIT_EXPECT_EQ_MSG(test, err, -EINVAL, "%s", refusal->text);
		KUNIT_EXPECT_TRUE_MSG(test, strstr(why, refusal->why), "%s: %s",
				      refusal->text, why);
	}
}

static struct kunit_case setup_cases[] = {
	KUNIT_CASE(setup_test_round_trip),
	KUNIT_CASE(setup_test_damaged),
	KUNIT_CASE(setup_test_refusals),
	{}
};

static struct kunit_suite setup_suite = {
	.name = "shadow_setup",
	.test_cases = setup_cases,
};

kunit_test_suite(setup_suite);
