// SPDX-License-Identifier: GPL-2.0-only
/*
 * main - all shapes one after the other, a line for each. See scripts/test-mmu.sh.
 *
 * Arguments, all with a default: seed=N steps=N (calls a run) addresses=N (asked
 * for after each) first=N every=N (every so many shapes, from that one on)
 * quiet=1 (counts alone) run=N (that one alone, the number is what a finding
 * calls its seed) trace=1 (each call).
 */
#include "oracle.h"

struct oracle oracle;

static const int va_sizes[] = { 36, 39, 42, 47, 48, 52 };

/* Which of all combinations does the architecture have? */
static bool is_legal(const struct shape *shape)
{
	if (shape->page_shift == 16)
		return !shape->ds;
	if (shape->ds)
		return true;
	return shape->va_bits <= 48 && shape->pa_bits == 48;
}

/* What it has not is refused; the number of findings */
static int judge_geometry(void)
{
	const struct shape *shape = &oracle.shape;
	struct shadow_geometry geo;
	int err = shadow_geometry_init(&geo, shape->page_shift, shape->va_bits,
				       shape->pa_bits, shape->ds);

	if (err == (is_legal(shape) ? 0 : -EINVAL))
		return 0;
	finding(JUDGE_API, &oracle.lower, "geometry: %d", err);
	return 1;
}

static u64 argument(const char *text, const char *name, u64 value)
{
	size_t nr = strlen(name);

	for (; *text; text++) {
		if (strncmp(text, name, nr) || text[nr] != '=')
			continue;
		for (value = 0, text += nr + 1; *text >= '0' && *text <= '9'; text++)
			value = value * 10 + *text - '0';
		break;
	}
	return value;
}

static void add_tally(struct tally *sum, const struct tally *tally)
{
	int i;

	sum->translated += tally->translated;
	sum->faulted += tally->faulted;
	sum->calls += tally->calls;
	sum->leaves += tally->leaves;
	for (i = 0; i < NR_JUDGES; i++)
		sum->wrong[i] += tally->wrong[i];
}

static u64 nr_wrong(const struct tally *tally)
{
	u64 nr = 0;
	int i;

	for (i = 0; i < NR_JUDGES; i++)
		nr += tally->wrong[i];
	return nr;
}

/* One shape, pages, blocks and groups */
static void run_shape(u64 seed, unsigned int index, u64 steps, u64 addresses,
		      u64 only, struct tally *all)
{
	const struct shape *shape = &oracle.shape;
	u64 asked[NR_KINDS];
	struct tally sum;
	unsigned int kind;
	u64 number;

	memset(&sum, 0, sizeof(sum));
	for (kind = 0; kind < NR_KINDS; kind++) {
		oracle.kind = kind;
		asked[kind] = 0;
		number = seed * 1000 + index * NR_KINDS + kind;
		if (only && number != only)
			continue;
		run(number, steps, addresses);
		asked[kind] = oracle.tally.translated + oracle.tally.faulted;
		add_tally(&sum, &oracle.tally);
	}
	add_tally(all, &sum);
	say("%s %2uK va_bits %d pa_bits %d lpa2 %s: ",
	    nr_wrong(&sum) ? "not ok" : "ok", 1U << (shape->page_shift - 10),
	    shape->va_bits, shape->pa_bits, shape->ds ? "on " : "off");
	say("page %llu block %llu contig %llu, ", asked[KIND_PAGE],
	    asked[KIND_BLOCK], asked[KIND_CONTIG]);
	say("translations %llu faults %llu agree %llu, calls %llu leaves %llu, wrong %llu\n",
	    sum.translated, sum.faulted,
	    sum.translated + sum.faulted - sum.wrong[JUDGE_AT], sum.calls,
	    sum.leaves, nr_wrong(&sum));
}

int main(void)
{
	static char text[256];
	struct tally all;
	u64 seed, steps, addresses, only;
	unsigned int first, every, index = 0, nr_shapes = 0, i;

	machine_arguments(text, sizeof(text));
	seed = argument(text, "seed", 1);
	steps = argument(text, "steps", 80);
	addresses = argument(text, "addresses", 24);
	first = argument(text, "first", 0);
	every = max(argument(text, "every", 1), 1ULL);
	only = argument(text, "run", 0);
	if (only)
		seed = only / 1000;
	oracle.trace = argument(text, "trace", 0);
	oracle.quiet = argument(text, "quiet", 0);
	memset(&all, 0, sizeof(all));
	for (i = 0; i < 3 * ARRAY_SIZE(va_sizes) * 4; i++) {
		oracle.shape.page_shift = 12 + 2 * (i / (ARRAY_SIZE(va_sizes) * 4));
		oracle.shape.va_bits = va_sizes[i / 4 % ARRAY_SIZE(va_sizes)];
		oracle.shape.pa_bits = i & 1 ? 52 : 48;
		oracle.shape.ds = i & 2;
		all.wrong[JUDGE_API] += judge_geometry();
		if (!is_legal(&oracle.shape) || index++ % every != first)
			continue;
		if (only && (only % 1000) / NR_KINDS != index - 1)
			continue;
		nr_shapes++;
		run_shape(seed, index - 1, steps, addresses, only, &all);
	}
	say("found:");
	for (i = 0; i < NR_JUDGES; i++)
		say(" %s %llu", judge_names[i], all.wrong[i]);
	say("\nat_oracle: %llu translations, %u shapes, %llu mismatches\n",
	    all.translated + all.faulted, nr_shapes, nr_wrong(&all));
	return nr_wrong(&all) ? 1 : 0;
}
