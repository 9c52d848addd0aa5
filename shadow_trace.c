// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_trace - reads recorded traces and generates others. See
 * shadow_trace.h.
 */
#include <linux/math64.h>

#include "shadow_parse.h"
#include "shadow_trace.h"

#define FIRST_LINE	"shadow_mm kmem trace 1"

/* ------------------------------------------------------------- operations -- */

static void trace_start(struct shadow_trace *trace)
{
	trace->nr_ops = 0;
	trace->nr_allocs = 0;
	trace->nr_live = 0;
	trace->nr_caches = 0;
	trace->live_bytes = 0;
	trace->peak_bytes = 0;
	trace->largest = 0;
	trace->why[0] = '\0';
}

static void add_alloc(struct shadow_trace *trace, const struct shadow_trace_op *op)
{
	u32 bytes = op->kind == SHADOW_TRACE_CACHE ?
		    trace->cache[op->cache].bytes : op->what;

	trace->op[trace->nr_ops++] = *op;
	trace->size[trace->nr_allocs++] = bytes;
	trace->nr_live++;
	trace->live_bytes += bytes;
	trace->peak_bytes = max(trace->peak_bytes, trace->live_bytes);
	if (op->kind == SHADOW_TRACE_KMALLOC)
		trace->largest = max(trace->largest, bytes);
}

/* Of an allocation that is live */
static void add_free(struct shadow_trace *trace, u32 nr)
{
	trace->op[trace->nr_ops++] = (struct shadow_trace_op) {
		.kind = SHADOW_TRACE_FREE,
		.what = nr,
	};
	trace->live_bytes -= trace->size[nr];
	trace->size[nr] = 0;
	trace->nr_live--;
}

/* --------------------------------------------------------------- recorded -- */

/* What of a text is being read */
struct reader {
	struct shadow_trace *trace;
	const char *line;
	size_t len;
	u32 nr_lines;
};

static int refuse(const struct reader *reader, int err, const char *allowed)
{
	char quoted[SHADOW_QUOTE];

	snprintf(reader->trace->why, sizeof(reader->trace->why),
		 "line %u: '%s': allowed: %s", reader->nr_lines,
		 shadow_parse_quote(quoted, reader->line, reader->len), allowed);
	return err;
}

static __printf(3, 4)
int refuse_range(const struct reader *reader, int err, const char *fmt, ...)
{
	char allowed[120];
	va_list args;

	va_start(args, fmt);
	vsnprintf(allowed, sizeof(allowed), fmt, args);
	va_end(args);
	return refuse(reader, err, allowed);
}

static int read_kmalloc(const struct reader *reader, u64 bytes)
{
	struct shadow_trace_op op = { .kind = SHADOW_TRACE_KMALLOC, .what = bytes };

	if (!bytes || bytes > SHADOW_TRACE_MAX_BYTES)
		return refuse_range(reader, -ERANGE, "kmalloc of 1 to %u bytes",
				    SHADOW_TRACE_MAX_BYTES);
	add_alloc(reader->trace, &op);
	return 0;
}

static int read_object(const struct reader *reader, u64 cache)
{
	struct shadow_trace_op op = { .kind = SHADOW_TRACE_CACHE, .cache = cache };
	u32 nr = reader->trace->nr_caches;

	if (!nr)
		return refuse(reader, -EINVAL, "a line 'cache BYTES ALIGN' before it");
	if (cache >= nr)
		return refuse_range(reader, -ERANGE, "a cache from 0 to %u", nr - 1);
	add_alloc(reader->trace, &op);
	return 0;
}

static int read_free(const struct reader *reader, u64 back)
{
	struct shadow_trace *trace = reader->trace;
	u32 nr = trace->nr_allocs;

	if (!nr)
		return refuse(reader, -EINVAL, "a free after an allocation");
	if (!back || back > nr)
		return refuse_range(reader, -ERANGE,
				    "1 to %u, the newest allocation is 1", nr);
	if (!trace->size[nr - back])
		return refuse(reader, -EINVAL, "an allocation that was not freed before");
	add_free(trace, nr - back);
	return 0;
}

static int read_op(const struct reader *reader)
{
	const char *line = reader->line;
	u64 number;

	if (!memchr("kcf", line[0], 3))
		return refuse(reader, -EINVAL,
			      "kBYTES, cCACHE, fBACK, cache BYTES ALIGN, # comment");
	if (shadow_parse_number(line + 1, reader->len - 1, &number))
		return refuse(reader, -EINVAL, "a number behind the letter");
	if (reader->trace->nr_ops == reader->trace->room)
		return refuse_range(reader, -E2BIG, "up to %u operations",
				    reader->trace->room);
	switch (line[0]) {
	case 'k':
		return read_kmalloc(reader, number);
	case 'c':
		return read_object(reader, number);
	default:
		return read_free(reader, number);
	}
}

/* Behind "cache " */
static int read_cache(const struct reader *reader, const char *at, size_t len)
{
	struct shadow_trace *trace = reader->trace;
	const char *space = memchr(at, ' ', len);
	u64 bytes, align;

	if (trace->nr_ops)
		return refuse(reader, -EINVAL, "caches before the first operation");
	if (trace->nr_caches == SHADOW_TRACE_MAX_CACHES)
		return refuse_range(reader, -E2BIG, "up to %u caches",
				    SHADOW_TRACE_MAX_CACHES);
	if (!space || shadow_parse_number(at, space - at, &bytes) ||
	    shadow_parse_number(space + 1, at + len - space - 1, &align))
		return refuse(reader, -EINVAL, "cache BYTES ALIGN");
	if (!bytes || bytes > SHADOW_TRACE_MAX_OBJECT)
		return refuse_range(reader, -ERANGE, "objects of 1 to %u bytes",
				    SHADOW_TRACE_MAX_OBJECT);
	if (align > SHADOW_TRACE_MAX_ALIGN || !is_power_of_2(align))
		return refuse_range(reader, -ERANGE, "a power of two up to %u",
				    SHADOW_TRACE_MAX_ALIGN);
	trace->cache[trace->nr_caches++] = (struct shadow_trace_cache) {
		.bytes = bytes,
		.align = align,
	};
	return 0;
}

static int read_line(const struct reader *reader)
{
	static const char cache[] = "cache ";
	size_t len = sizeof(cache) - 1;

	if (reader->nr_lines == 1)
		return shadow_parse_is(reader->line, reader->len, FIRST_LINE) ?
		       0 : refuse(reader, -EINVAL, FIRST_LINE);
	if (!reader->len || reader->line[0] == '#')
		return 0;
	if (reader->len > len && !memcmp(reader->line, cache, len))
		return read_cache(reader, reader->line + len, reader->len - len);
	return read_op(reader);
}

/**
 * shadow_trace_room() - how much room a recorded trace can need
 * @text: the trace
 * @bytes: its length
 *
 * Context: any.
 * Return: operations, at most SHADOW_TRACE_MAX_OPS.
 */
u32 shadow_trace_room(const char *text, size_t bytes)
{
	const char *end = text + bytes, *at = text;
	u32 nr = 1;

	while (nr < SHADOW_TRACE_MAX_OPS && (at = memchr(at, '\n', end - at))) {
		at++;
		nr++;
	}
	return nr;
}

/**
 * shadow_trace_read() - read a recorded trace, all of it
 * @trace: @trace->op, size and room are given; the rest is filled
 * @text: the trace, any bytes
 * @bytes: its length
 *
 * Context: any; a million lines take a while.
 * Return: 0; -EINVAL, -ERANGE or -E2BIG where a line is refused, @trace->why
 * names it then.
 */
int shadow_trace_read(struct shadow_trace *trace, const char *text, size_t bytes)
{
	struct reader reader = { .trace = trace, .line = text };
	const char *end = text + bytes, *next = text;
	int err = 0;

	trace_start(trace);
	while ((next < end || !reader.nr_lines) && !err) {
		reader.line = next;
		next = memchr(next, '\n', end - next);
		next = next ? next + 1 : end + 1;
		reader.len = next - 1 - reader.line;
		reader.nr_lines++;
		err = read_line(&reader);
	}
	if (!err && !trace->nr_allocs) {
		snprintf(trace->why, sizeof(trace->why),
			 "nothing is allocated in it: allowed: one allocation at least");
		err = -EINVAL;
	}
	return err;
}

/**
 * shadow_trace_name_ok() - can this be the name of a recorded trace?
 * @name: the name
 *
 * Letters, digits and _-. with no dot in front, so that it stays in its folder.
 *
 * Context: any.
 * Return: true if it can.
 */
bool shadow_trace_name_ok(const char *name)
{
	size_t len = strlen(name), i;
	char c;

	if (!len || len > SHADOW_TRACE_NAME || name[0] == '.')
		return false;
	for (i = 0; i < len; i++) {
		c = name[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '.')
			return false;
	}
	return true;
}

/* -------------------------------------------------------------- generated -- */

#define WAVE		2048	/* allocations of a wave; a power of two */
#define WAVE_STRIDE	739	/* odd, so that each of them has its turn once */
#define WAVE_SURVIVORS	8	/* one of so many outlives its wave */
#define YOUNG		1024	/* who dies is among so many, mostly */
#define TRIES		8

/* As caches of a kernel have it: few of a power of two */
static const struct shadow_trace_cache generated_caches[] = {
	{ 24, 8 }, { 72, 8 }, { 136, 8 }, { 192, 64 }, { 232, 64 },
	{ 576, 8 }, { 752, 8 }, { 1152, 64 },
};

static const char *const patterns[SHADOW_NR_TRACE_PATTERNS] = {
	[SHADOW_TRACE_MIXED]	= "mixed",
	[SHADOW_TRACE_WAVES]	= "waves",
};

/* xorshift64, by Marsaglia; never 0 */
static u64 next_random(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Each power of two from 8 to 4K as often as another, and few up to 64K */
static struct shadow_trace_op random_alloc(u64 *state)
{
	u64 random = next_random(state);
	unsigned int shift = 3 + random % 10;
	struct shadow_trace_op op = { .kind = SHADOW_TRACE_KMALLOC };

	random >>= 8;
	if (random % 4 == 0) {
		op.kind = SHADOW_TRACE_CACHE;
		op.cache = (random >> 2) % ARRAY_SIZE(generated_caches);
		return op;
	}
	random >>= 8;
	if (random % 256 == 0)
		shift = 13 + (random >> 8) % 3;
	random >>= 16;
	op.what = BIT(shift) + (random & (BIT(shift) - 1));
	return op;
}

/* A live one, young if there is any by chance; @nr_allocs: none was met */
static u32 random_victim(const struct shadow_trace *trace, u64 *state)
{
	u32 nr = trace->nr_allocs, range = min_t(u32, nr, YOUNG), i, victim;
	u64 random;

	for (i = 0; i < TRIES && nr; i++) {
		random = next_random(state);
		if (random >> 60 == 0)
			range = nr;
		victim = nr - 1 - (u32)random % range;
		if (trace->size[victim])
			return victim;
	}
	return nr;
}

/* Five allocations of eight to begin with, later as many as frees */
static void generate_mixed(struct shadow_trace *trace, u32 nr_ops, u64 *state)
{
	struct shadow_trace_op op;
	u32 victim, want;

	while (trace->nr_ops < nr_ops) {
		want = trace->nr_ops < nr_ops / 4 ? 5 : 4;
		victim = trace->nr_allocs;
		if (next_random(state) % 8 >= want)
			victim = random_victim(trace, state);
		if (victim < trace->nr_allocs) {
			add_free(trace, victim);
			continue;
		}
		op = random_alloc(state);
		add_alloc(trace, &op);
	}
}

static void generate_waves(struct shadow_trace *trace, u32 nr_ops, u64 *state)
{
	struct shadow_trace_op op;
	u32 first, i, stay;

	while (trace->nr_ops < nr_ops) {
		op = random_alloc(state);
		first = trace->nr_allocs;
		for (i = 0; i < WAVE && trace->nr_ops < nr_ops; i++)
			add_alloc(trace, &op);
		stay = (u32)next_random(state) % WAVE_SURVIVORS;
		for (i = 0; i < WAVE && trace->nr_ops < nr_ops; i++) {
			u32 victim = i * WAVE_STRIDE % WAVE;

			if (victim % WAVE_SURVIVORS != stay)
				add_free(trace, first + victim);
		}
	}
}

/**
 * shadow_trace_is_plan() - is this the name of a generated trace?
 * @name: the name
 *
 * Context: any.
 * Return: true if it is, or is meant to be.
 */
bool shadow_trace_is_plan(const char *name)
{
	return strchr(name, ':');
}

/* OPERATIONS:SEED */
static int read_numbers(struct shadow_trace_plan *plan, const char *text)
{
	const char *colon = strchr(text, ':');
	u64 nr_ops;

	if (!colon || shadow_parse_number(text, colon - text, &nr_ops) ||
	    shadow_parse_number(colon + 1, strlen(colon + 1), &plan->seed))
		return -EINVAL;
	if (!nr_ops || nr_ops > SHADOW_TRACE_MAX_OPS || !plan->seed)
		return -ERANGE;
	plan->nr_ops = nr_ops;
	return 0;
}

/**
 * shadow_trace_plan_read() - what a generated trace's name says
 * @plan: filled
 * @name: PATTERN:OPERATIONS:SEED
 * @why: why it says nothing, one line
 * @why_bytes: room there
 *
 * Context: any.
 * Return: 0; -EINVAL where it is no such name; -ERANGE where a number is out of
 * range.
 */
int shadow_trace_plan_read(struct shadow_trace_plan *plan, const char *name,
			   char *why, size_t why_bytes)
{
	char quoted[SHADOW_QUOTE];
	unsigned int i;
	int err = -EINVAL;
	size_t len;

	for (i = 0; i < SHADOW_NR_TRACE_PATTERNS; i++) {
		len = strlen(patterns[i]);
		if (strncmp(name, patterns[i], len) || name[len] != ':')
			continue;
		plan->pattern = i;
		err = read_numbers(plan, name + len + 1);
	}
	if (err)
		snprintf(why, why_bytes,
			 "'%s': allowed: mixed:OPERATIONS:SEED, waves:OPERATIONS:SEED, 1 to %u operations, a seed that is not 0",
			 shadow_parse_quote(quoted, name, strlen(name)),
			 SHADOW_TRACE_MAX_OPS);
	return err;
}

/**
 * shadow_trace_generate() - make a trace
 * @trace: @trace->op, size and room are given; the rest is filled
 * @plan: what it shall be; the same plan gives the same trace everywhere
 *
 * Context: any; a million operations take a while.
 * Return: 0, or -E2BIG where there is no room.
 */
int shadow_trace_generate(struct shadow_trace *trace,
			  const struct shadow_trace_plan *plan)
{
	u64 state = plan->seed;

	trace_start(trace);
	if (plan->nr_ops > trace->room) {
		snprintf(trace->why, sizeof(trace->why), "room for %u operations of %u",
			 trace->room, plan->nr_ops);
		return -E2BIG;
	}
	memcpy(trace->cache, generated_caches, sizeof(generated_caches));
	trace->nr_caches = ARRAY_SIZE(generated_caches);
	if (plan->pattern == SHADOW_TRACE_MIXED)
		generate_mixed(trace, plan->nr_ops, &state);
	else
		generate_waves(trace, plan->nr_ops, &state);
	return 0;
}
