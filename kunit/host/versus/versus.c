// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the two memblocks do when they are asked the same.
 *
 *	versus growth			the table: n disjoint regions, added in
 *					random order
 *	versus same SEED OPERATIONS	random operations, compared after each
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "versus.h"

#define PAGE		4096ULL
#define ARENA_BYTES	(4ULL << 20)
#define ROUNDS		25
#define MAX_REGIONS	20000
/* Ours may be so much slower, in per cent: that is what the clock is worth. */
#define TOLERANCE	10

static u64 state;

static u64 below(u64 limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % limit;
}

static void *new_arena(void)
{
	void *arena = aligned_alloc(2ULL << 20, ARENA_BYTES);

	if (!arena)
		exit(2);
	memset(arena, 0, ARENA_BYTES);
	return arena;
}

static void shuffle(u32 *order, u32 nr)
{
	u32 i, j;

	for (i = 0; i < nr; i++) {
		j = below(i + 1);
		order[i] = order[j];
		order[j] = i;
	}
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

struct growth {
	double ns;
	unsigned int doublings;
};

/* The list's array doubles while regions enter, which is part of the time. */
static struct growth grow(const struct versus *v, void *arena, u32 *order,
			  u32 nr, bool reserved)
{
	int (*enter)(u64 base, u64 bytes) =
		reserved ? v->reserve : v->add;
	struct growth growth = { 0, 0 };
	unsigned long max, cnt;
	double start;
	u32 i;
	int err = 0;

	v->init(arena, ARENA_BYTES, true);
	max = v->list(reserved, NULL).max;
	cnt = v->list(reserved, NULL).cnt;
	start = now();
	for (i = 0; i < nr; i++)
		err |= enter((16 + 2 * order[i]) * PAGE, PAGE);
	growth.ns = (now() - start) / nr;
	/* A reserved list also has its own array in it. */
	if (err || v->list(reserved, NULL).cnt < cnt + nr) {
		printf("%s: %u regions did not enter\n", v->name, nr);
		exit(1);
	}
	for (; max < v->list(reserved, NULL).max; max *= 2)
		growth.doublings++;
	return growth;
}

/* The fastest of some rounds, in turns, since the machine has other work too */
static int compare_growth(void *arena, u32 nr, bool reserved)
{
	u32 *order = calloc(nr, sizeof(*order));
	struct growth best[2] = { { 1e18, 0 }, { 1e18, 0 } }, growth;
	int round, i, worse;

	if (!order)
		exit(2);
	for (round = 0; round < ROUNDS; round++) {
		shuffle(order, nr);
		for (i = 0; i < 2; i++) {
			growth = grow(i ? &versus_ours : &versus_kernel, arena,
				      order, nr, reserved);
			if (growth.ns < best[i].ns)
				best[i] = growth;
		}
	}
	free(order);
	/* Ours also writes down who reserves; the kernel's does not. */
	worse = best[1].doublings > best[0].doublings ||
		(!reserved &&
		 best[1].ns * 100 > best[0].ns * (100 + TOLERANCE));
	printf("%-17s %6u %10.1f %10.1f %7.2f %10u %10u%s\n",
	       reserved ? "memblock_reserve" : "memblock_add", nr, best[0].ns,
	       best[1].ns, best[1].ns / best[0].ns, best[0].doublings,
	       best[1].doublings, worse ? "  WORSE" : "");
	return worse;
}

static int growth_table(void)
{
	static const u32 nrs[] = { 128, 1024, 8192 };
	void *arena = new_arena();
	int worse = 0, i;

	state = 0x9e3779b97f4a7c15ULL;
	printf("%-17s %6s %10s %10s %7s %10s %10s\n", "", "", "kernel's",
	       "ours", "", "its array", "our array");
	printf("%-17s %6s %10s %10s %7s %10s %10s\n", "n disjoint regions",
	       "n", "ns a call", "ns a call", "ratio", "doubled", "doubled");
	for (i = 0; i < 6; i++)
		worse |= compare_growth(arena, nrs[i % 3], i >= 3);
	free(arena);
	return worse;
}

/* The longest that each list has been */
static unsigned long longest[2];

static const struct versus *const both[2] = { &versus_kernel, &versus_ours };

static void differ(u64 op, const char *what)
{
	printf("operation %llu: %s differs\n", (unsigned long long)op, what);
	exit(1);
}

static void compare_lists(u64 op)
{
	static struct versus_region regions[2][MAX_REGIONS];
	struct versus_list list[2];
	int reserved, i;

	for (reserved = 0; reserved < 2; reserved++) {
		for (i = 0; i < 2; i++)
			list[i] = both[i]->list(reserved, regions[i]);
		if (list[0].cnt != list[1].cnt || list[0].max != list[1].max ||
		    list[0].total != list[1].total)
			differ(op, reserved ? "size of the reserved list" :
					      "size of the memory list");
		if (list[0].cnt > longest[reserved])
			longest[reserved] = list[0].cnt;
		for (i = 0; i < (int)list[0].cnt; i++) {
			struct versus_region *a = &regions[0][i];
			struct versus_region *b = &regions[1][i];

			if (a->base != b->base || a->bytes != b->bytes ||
			    a->flags != b->flags || a->nid != b->nid)
				differ(op, reserved ? "the reserved list" :
						      "the memory list");
		}
	}
	if (versus_ours.verify())
		differ(op, "what _verify expects");
}

/*
 * Too full to go on where arrays do not double: one range over all others may
 * need as many regions again, and the kernel's panics.
 */
static bool nearly_full(bool resize)
{
	int reserved;

	for (reserved = 0; reserved < 2 && !resize; reserved++) {
		if (versus_kernel.list(reserved, NULL).cnt > 62)
			return true;
	}
	return false;
}

static u64 some_bytes(u64 span, bool resize)
{
	if (!resize && !below(40))
		return ~0ULL - below(1 << 20);
	return below(20) ? below(below(3) ? 256 : 4096) : below(span);
}

static void one_operation(u64 op, u64 low, u64 span, bool resize)
{
	static const u32 some_flags[] = { 0, 0, 1, 4, 8, 5, 16, 0 };
	u64 base = low + below(span), bytes = some_bytes(span, resize);
	u64 align = 1ULL << below(13), end = below(3) ? 0 : low + below(span);
	u64 found[2] = { 0, 0 }, what = below(22);
	u32 flags = some_flags[below(8)];
	int nid = (int)below(6) - 1, err[2] = { 0, 0 }, i;
	enum versus_mark mark = below(NR_MARKS);
	bool yes = below(2), exact = below(2);

	nid = nid == 4 ? 16 : nid;
	for (i = 0; i < 2; i++) {
		const struct versus *v = both[i];

		if (what < 3)
			err[i] = v->add(base, bytes);
		else if (what < 6)
			err[i] = v->add_node(base, bytes, nid, flags);
		else if (what < 8)
			err[i] = v->remove(base, bytes);
		else if (what < 12)
			err[i] = v->reserve(base, bytes);
		else if (what < 14)
			err[i] = v->phys_free(base, bytes);
		else if (what < 16)
			err[i] = v->mark(mark, base, bytes);
		else if (what < 17)
			err[i] = v->set_node(base, bytes, yes, nid);
		else if (what < 18 && !resize)
			v->set_bottom_up(yes);
		else if (what >= 18)
			found[i] = v->alloc(1 + bytes % 0x10000, align,
					    yes ? 0 : base, end, nid, exact);
	}
	if (err[0] != err[1])
		differ(op, "the errno");
	if (found[0] != found[1])
		differ(op, "the address found");
}

static int same(u64 seed, u64 operations)
{
	void *arena = new_arena();
	u64 op, low = 0, span = 0, round = 0;
	bool resize = false;

	state = (seed + 1) * 0x9e3779b97f4a7c15ULL;
	for (op = 0; op < operations; op++) {
		if (op % 5000 == 0 || nearly_full(resize)) {
			resize = round++ % 4 == 3;
			memset(arena, 0, ARENA_BYTES);
			versus_kernel.init(arena, ARENA_BYTES, resize);
			versus_ours.init(arena, ARENA_BYTES, resize);
			low = below(3) ? 0x100000 : 0;
			span = resize ? 1 << 18 : 6000;
		}
		one_operation(op, low, span, resize);
		compare_lists(op);
	}
	free(arena);
	printf("seed %llu: %llu operations, 0 differences; lists of up to %lu and %lu regions\n",
	       (unsigned long long)seed, (unsigned long long)operations,
	       longest[0], longest[1]);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "growth"))
		return growth_table();
	if (argc == 4 && !strcmp(argv[1], "same"))
		return same(strtoull(argv[2], NULL, 0),
			    strtoull(argv[3], NULL, 0));
	return 64;
}
