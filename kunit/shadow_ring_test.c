// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite of the ring: which records it keeps at every level, what a payload is
 * cut into, what an operation inside of another one leaves, and that readers,
 * who take no lock, see whole records or none.
 */
#include "shadow_ring.h"
#include "shadow_test_host.h"
#include "shadow_test_machine.h"
#include "shadow_test_threads.h"

#include "shadow_boot.h"

#define NR		SHADOW_RING_MIN
#define NR_FIRST	(NR - SHADOW_RING_TAIL)
#define NR_THREADS	4
#ifdef __KERNEL__
#define NR_OPS		3000
#else
#define NR_OPS		20000
#endif
/* A thread's operation: up to 2 events, itself, and up to 3 records of payload */
#define MAX_RECORDS	6
#define MAX_BYTES	100

/**
 * struct rings - what a case works with
 * @log: of a machine that there is not
 * @ring: its ring
 * @keys: the keys are up
 */
struct rings {
	struct shadow_event_log log;
	struct shadow_ring *ring;
	bool keys;
};

static u64 ticks;

static u64 tick(void)
{
	return ++ticks;
}

static struct shadow_ring *new_ring(struct kunit *test, u32 nr)
{
	struct rings *r = test->priv;

	r->ring = shadow_ring_init(shadow_test_alloc(test, shadow_ring_bytes(nr)), nr, tick);
	r->log.ring = r->ring;
	return r->ring;
}

static int ring_init(struct kunit *test)
{
	struct rings *r = shadow_test_alloc(test, sizeof(*r));

	shadow_event_init(&r->log);
	shadow_test_host_init(test);
	shadow_ring_enable(true);
	r->keys = true;
	test->priv = r;
	return 0;
}

static void ring_exit(struct kunit *test)
{
	struct rings *r = test->priv;

	if (r && r->keys)
		shadow_ring_enable(false);
}

/* An operation that takes one record */
static void put_one(struct kunit *test, u64 value)
{
	struct rings *r = test->priv;
	struct shadow_op op;

	shadow_op_begin(&op, &r->log);
	shadow_op_end(&op, SHADOW_OP_GET_PAGE, -(int)(value % 100), value, ~value);
}

/* ------------------------------------------------------------------ levels -- */

/* Which numbers must be there when @last were given */
static bool kept(u64 seq, u64 last)
{
	u64 tail = NR - NR_FIRST;

	return seq && seq <= last &&
	       (seq <= NR_FIRST || seq > last - min(last - NR_FIRST, tail));
}

static void expect_level(struct kunit *test, struct shadow_ring *ring, u64 last)
{
	struct shadow_ring_record record;
	struct shadow_ring_file head;
	u64 seq, nr = 0;

	KUNIT_EXPECT_EQ(test, shadow_ring_last(ring), last);
	KUNIT_EXPECT_EQ(test, shadow_ring_lost(ring), last > NR ? last - NR : 0);
	for (seq = 0; seq < last + 3; seq++) {
		if (shadow_ring_read(ring, seq, &record) != kept(seq, last)) {
			KUNIT_FAIL(test, "record %llu of %llu: kept %d", seq, last,
				   kept(seq, last));
			return;
		}
		if (!kept(seq, last))
			continue;
		nr++;
		if (record.seq != seq || record.arg[0] != seq || record.arg[1] != ~seq ||
		    record.arg[2] || record.err != -(int)(seq % 100) ||
		    record.id != (SHADOW_RING_OP | SHADOW_OP_GET_PAGE)) {
			KUNIT_FAIL(test, "record %llu of %llu is %llu, %llu", seq, last,
				   record.seq, record.arg[0]);
			return;
		}
	}
	shadow_ring_head(ring, 0, 1, &head);
	KUNIT_EXPECT_EQ(test, head.nr_records, nr);
	KUNIT_EXPECT_EQ(test, head.nr_first, min_t(u64, last, NR_FIRST));
	KUNIT_EXPECT_EQ(test, head.last, last);
	KUNIT_EXPECT_EQ(test, head.lost, last - nr);
	/* Behind the first ones come as many as there are, up to the last */
	KUNIT_EXPECT_EQ(test, head.first_tail + (nr - head.nr_first), last + 1);
}

/* Exact at each level around each boundary */
static void levels(struct kunit *test)
{
	static const u32 at[] = {
		0, 1, 2, NR_FIRST - 1, NR_FIRST, NR_FIRST + 1, NR - 1, NR, NR + 1,
		NR + 63, NR + 64, NR + 65, 2 * NR - 1, 2 * NR, 2 * NR + 1, 3 * NR + 7,
	};
	struct shadow_ring *ring = new_ring(test, NR);
	unsigned int i;
	u64 last = 0;

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		while (last < at[i])
			put_one(test, ++last);
		expect_level(test, ring, last);
	}
	KUNIT_EXPECT_EQ(test, ring->nr_ops[SHADOW_OP_GET_PAGE], last);
}

/* ----------------------------------------------------------------- payloads -- */

static void expect_payload(struct kunit *test, struct shadow_ring *ring, u64 seq,
			   const u8 *text, size_t bytes)
{
	struct shadow_ring_record record;
	size_t part, i;

	KUNIT_ASSERT_TRUE(test, shadow_ring_read(ring, seq, &record));
	KUNIT_EXPECT_EQ(test, record.arg[0], bytes);
	for (; bytes; bytes -= part, text += part) {
		part = min(bytes, sizeof(record.arg));
		KUNIT_ASSERT_TRUE(test, shadow_ring_read(ring, ++seq, &record));
		KUNIT_EXPECT_EQ(test, record.id, SHADOW_RING_MORE);
		KUNIT_EXPECT_EQ(test, record.err, part);
		KUNIT_EXPECT_EQ(test, memcmp(record.arg, text, part), 0);
		for (i = part; i < sizeof(record.arg); i++)
			KUNIT_EXPECT_EQ(test, ((u8 *)record.arg)[i], 0);
	}
	KUNIT_EXPECT_EQ(test, shadow_ring_last(ring), seq);
}

/* Cut into records, and each can be found, also where the tail begins */
static void payloads(struct kunit *test)
{
	static const u32 sizes[] = { 0, 1, 39, 40, 41, 79, 80, 81, 200, 1000 };
	struct rings *r = test->priv;
	struct shadow_ring *ring;
	struct shadow_op op;
	unsigned int i, skip;
	u8 text[1000];
	u64 seq;

	for (i = 0; i < sizeof(text); i++)
		text[i] = 1 + i % 255;
	for (skip = 0; skip < 2; skip++) {
		ring = new_ring(test, NR);
		for (i = 0; skip && i < NR_FIRST - 5; i++)
			put_one(test, i + 1);
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			shadow_op_begin(&op, &r->log);
			shadow_op_end_more(&op, SHADOW_OP_SET, 0, text, sizes[i], sizes[i]);
			seq = shadow_ring_last(ring) - DIV_ROUND_UP(sizes[i], 40);
			expect_payload(test, ring, seq, text, sizes[i]);
		}
	}
}

/* ------------------------------------------------------------------ nesting -- */

static void expect_record(struct kunit *test, u64 seq, u16 id, u64 arg)
{
	struct rings *r = test->priv;
	struct shadow_ring_record record = {};

	KUNIT_EXPECT_TRUE(test, shadow_ring_read(r->ring, seq, &record));
	KUNIT_EXPECT_EQ(test, record.id, id);
	KUNIT_EXPECT_EQ(test, record.arg[0], arg);
	KUNIT_EXPECT_EQ(test, record.cpu, raw_smp_processor_id());
}

static void tell(struct rings *r, u64 pfn)
{
	shadow_event(&r->log, SHADOW_EV_PAGE_ALLOC, 2, pfn, 1);
}

/* What is inside of an operation is its doing: its events, and nothing else */
static void nesting(struct kunit *test)
{
	struct shadow_op outer, inner, again;
	struct rings *r = test->priv;
	u64 now;

	new_ring(test, NR);
	tell(r, 11);
	expect_record(test, 1, SHADOW_EV_PAGE_ALLOC, 11);
	shadow_op_begin(&outer, &r->log);
	now = ticks;
	tell(r, 12);
	shadow_op_begin_as(&inner, &r->log, SHADOW_EV_PAGE_ALLOC);
	/* Whose operation it is decides about what its record covers */
	tell(r, 13);
	shadow_op_begin(&again, &r->log);
	KUNIT_EXPECT_FALSE(test, shadow_op_recorded(&again));
	shadow_op_end_more(&again, SHADOW_OP_KFREE, -EINVAL, "text", 4, 14);
	KUNIT_EXPECT_FALSE(test, shadow_op_recorded(&inner));
	shadow_op_drop(&inner);
	KUNIT_EXPECT_TRUE(test, shadow_op_recorded(&outer));
	KUNIT_EXPECT_EQ(test, shadow_ring_last(r->ring), 3);
	shadow_op_end(&outer, SHADOW_OP_VFREE, 0, 15);
	expect_record(test, 2, SHADOW_EV_PAGE_ALLOC, 12);
	expect_record(test, 3, SHADOW_EV_PAGE_ALLOC, 13);
	expect_record(test, 4, SHADOW_RING_OP | SHADOW_OP_VFREE, 15);
	KUNIT_EXPECT_EQ(test, ticks, now);
	KUNIT_EXPECT_EQ(test, shadow_ring_last(r->ring), 4);
	KUNIT_EXPECT_EQ(test, r->ring->nr_ops[SHADOW_OP_VFREE], 1);
	KUNIT_EXPECT_EQ(test, r->ring->nr_ops[SHADOW_OP_KFREE], 0);
	KUNIT_EXPECT_EQ(test, r->ring->nr_events[SHADOW_EV_PAGE_ALLOC], 3);
	KUNIT_EXPECT_EQ(test, r->ring->sum[SHADOW_EV_PAGE_ALLOC], 6);
}

/* One event says no more than its operation: it counts, and has no record */
static void covered(struct kunit *test)
{
	struct rings *r = test->priv;
	struct shadow_op op;

	new_ring(test, NR);
	shadow_op_begin_as(&op, &r->log, SHADOW_EV_PAGE_ALLOC);
	tell(r, 1);
	shadow_event(&r->log, SHADOW_EV_PAGE_FREE, 1, 2, 0);
	shadow_op_end(&op, SHADOW_OP_ALLOC_PAGES, 0, 3);
	expect_record(test, 1, SHADOW_EV_PAGE_FREE, 2);
	expect_record(test, 2, SHADOW_RING_OP | SHADOW_OP_ALLOC_PAGES, 3);
	KUNIT_EXPECT_EQ(test, shadow_ring_last(r->ring), 2);
	KUNIT_EXPECT_EQ(test, r->ring->nr_events[SHADOW_EV_PAGE_ALLOC], 0);
	KUNIT_EXPECT_EQ(test, r->ring->sum[SHADOW_EV_PAGE_ALLOC], 2);
	/* Only of that one */
	tell(r, 4);
	expect_record(test, 3, SHADOW_EV_PAGE_ALLOC, 4);
	/* What is dropped has not been; its events have */
	shadow_op_begin(&op, &r->log);
	tell(r, 5);
	shadow_op_drop(&op);
	KUNIT_EXPECT_EQ(test, shadow_ring_last(r->ring), 4);
	put_one(test, 6);
	KUNIT_EXPECT_EQ(test, shadow_ring_last(r->ring), 5);
}

/* Several numbers in one argument are told apart, each by its name */
static void packed(struct kunit *test)
{
	static const char *const part[] = {
		" mm_page_alloc_extfrag pfn=77 alloc_order=3 fallback_order=10 ",
		" fallback_order=10 pageblock_order=9 alloc_migratetype=1 ",
		" alloc_migratetype=1 fallback_migratetype=65535 change_ownership=1",
	};
	char line[SHADOW_RING_LINE], cut[24];
	unsigned int i;
	struct shadow_ring *ring = new_ring(test, NR);
	struct shadow_ring_record record;
	struct rings *r = test->priv;

	shadow_event(&r->log, SHADOW_EV_PAGE_FALLBACK, 1, 77,
		     shadow_event_pack(3, 10, 9), shadow_event_pack(1, 65535, 1));
	KUNIT_ASSERT_TRUE(test, shadow_ring_read(ring, 1, &record));
	shadow_ring_format(&record, line, sizeof(line));
	for (i = 0; i < ARRAY_SIZE(part); i++)
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(line, part[i]), "%s", line);
	/* That a route is asked for is kept, and not shown */
	shadow_event(&r->log, SHADOW_EV_PAGE_ALLOC, 1, 77, 0,
		     SHADOW_GFP_ROUTE | SHADOW_GFP_ZERO, 0);
	KUNIT_ASSERT_TRUE(test, shadow_ring_read(ring, 2, &record));
	KUNIT_EXPECT_EQ(test, record.arg[2], SHADOW_GFP_ROUTE | SHADOW_GFP_ZERO);
	shadow_ring_format(&record, line, sizeof(line));
	scnprintf(cut, sizeof(cut), " gfp_flags=%#lx ", (unsigned long)SHADOW_GFP_ZERO);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(line, cut), "%s", line);
	KUNIT_EXPECT_EQ(test, shadow_ring_parts("some more", 5, cut, sizeof(cut)), 14);
	KUNIT_EXPECT_STREQ(test, cut, " some=5 more=0");
	KUNIT_EXPECT_EQ(test, shadow_ring_parts("some more", 5, cut, 10), 9);
	KUNIT_EXPECT_STREQ(test, cut, " some=5 m");
}

/* Blocks that go back from a CPU's list together have one record, of the oldest */
static void drained_at_once(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 4096, 2);
	struct shadow_zone *zone = &m->nodes.node[0].zone[SHADOW_ZONE_NORMAL];
	struct shadow_ring *ring = new_ring(test, 1024);
	struct shadow_ring_record record = {};
	struct shadow_page *page, *oldest;
	u64 seq, nr, first;

	page = shadow_alloc_pages_cpu(&m->nodes, 1, SHADOW_GFP_MOVABLE, 0);
	KUNIT_ASSERT_NOT_NULL(test, page);
	shadow_pcp_drain(zone);
	/* Of those that are put there by themselves, the first is the oldest */
	oldest = shadow_alloc_pages_cpu(&m->nodes, 1, SHADOW_GFP_MOVABLE, 0);
	shadow_pcp_drain(zone);
	KUNIT_ASSERT_NOT_NULL(test, oldest);
	shadow_free_pages_cpu(&m->nodes, 1, oldest, 0);
	shadow_free_pages_cpu(&m->nodes, 1, page, 0);
	nr = zone->pcp[1].count;
	KUNIT_ASSERT_EQ(test, nr, 2);
	m->events.ring = ring;
	first = shadow_ring_last(ring) + 1;
	shadow_pcp_drain(zone);
	m->events.ring = NULL;
	for (seq = first; shadow_ring_read(ring, seq, &record); seq++)
		if (record.id == SHADOW_EV_PCP_DRAIN)
			break;
	KUNIT_ASSERT_EQ(test, record.id, SHADOW_EV_PCP_DRAIN);
	KUNIT_EXPECT_EQ(test, record.err, nr);
	KUNIT_EXPECT_EQ(test, record.arg[1], 0);
	KUNIT_EXPECT_EQ(test, record.arg[2], SHADOW_MIGRATE_MOVABLE);
	KUNIT_EXPECT_EQ(test, record.arg[3], 1);
	KUNIT_EXPECT_EQ(test, record.arg[4], shadow_page_to_pfn(&m->nodes, oldest));
	KUNIT_EXPECT_EQ(test, ring->nr_events[SHADOW_EV_PCP_DRAIN], 1);
	KUNIT_EXPECT_EQ(test, ring->sum[SHADOW_EV_PCP_DRAIN], nr);
}

/* A phase of the boot is an operation without the lock: it may sleep */
static void phases(struct kunit *test)
{
	struct shadow_ring *ring = new_ring(test, NR);
	struct rings *r = test->priv;

	shadow_ring_boot_begin(ring);
	KUNIT_EXPECT_TRUE(test, shadow_ring_inside(ring));
	put_one(test, 1);
	tell(r, 2);
	KUNIT_EXPECT_EQ(test, raw_spin_is_locked(&ring->lock), 0);
	shadow_ring_boot_end(ring, 7, -ENOMEM);
	KUNIT_EXPECT_FALSE(test, shadow_ring_inside(ring));
	expect_record(test, 1, SHADOW_EV_PAGE_ALLOC, 2);
	expect_record(test, 2, SHADOW_RING_OP | SHADOW_OP_BOOT_PHASE, 7);
	shadow_ring_boot_begin(NULL);
	shadow_ring_boot_end(NULL, 1, 0);
}

/* Who reads waits for nobody, also not for the operation that it is inside of */
static void readers_take_no_lock(struct kunit *test)
{
	struct shadow_ring *ring = new_ring(test, NR);
	struct shadow_ring_record record;
	struct rings *r = test->priv;
	char line[SHADOW_RING_LINE];
	struct shadow_op op;
	unsigned int i;

	for (i = 0; i < 2 * NR; i++)
		put_one(test, i + 1);
	shadow_op_begin(&op, &r->log);
	KUNIT_EXPECT_TRUE(test, raw_spin_is_locked(&ring->lock));
	for (i = 2 * NR; i > 2 * NR - 40; i--) {
		KUNIT_EXPECT_TRUE(test, shadow_ring_read(ring, i, &record));
		shadow_ring_format(&record, line, sizeof(line));
		KUNIT_EXPECT_NOT_NULL(test, strstr(line, "get_page pfn="));
	}
	KUNIT_EXPECT_EQ(test, shadow_ring_lost(ring), NR);
	KUNIT_EXPECT_TRUE(test, raw_spin_is_locked(&ring->lock));
	shadow_op_drop(&op);
}

/* ------------------------------------------------------------------ threads -- */

/**
 * struct crowd - what threads share
 * @r: log and ring
 * @value: changed inside of operations, by nothing but the ring's lock
 * @nr_working: writers that have not ended
 * @nr_ready: threads that are there: they begin together
 * @nr_bad: records that a reader has seen torn, or where they do not belong
 * @nr_read: records that it has read
 * @want: as long as these are fewer, writers go on
 */
struct crowd {
	struct rings *r;
	u64 value;
	atomic_t nr_working;
	atomic_t nr_ready;
	u64 nr_bad;
	u64 nr_read;
	u64 want;
};

/**
 * struct member - one thread
 * @c: all of them
 * @id: which
 * @rnd: its chance
 * @t: the thread
 */
struct member {
	struct crowd *c;
	u64 id;
	struct rnd_state rnd;
	struct shadow_test_thread t;
};

/* All arguments follow from the first one, so a torn record shows */
static u64 mix(u64 value, unsigned int arg)
{
	return (value + arg) * 0x9e3779b97f4a7c15ULL;
}

static bool is_whole(const struct shadow_ring_record *record)
{
	unsigned int i;

	/* The payload of some operation: all bytes are one and the same */
	if (record->id == SHADOW_RING_MORE) {
		for (i = 0; i < record->err; i++)
			if (((u8 *)record->arg)[i] != *(u8 *)record->arg)
				return false;
		return true;
	}
	for (i = 1; i < 4; i++)
		if (record->arg[i] != mix(record->arg[0], i))
			return false;
	return true;
}

static void one_op(struct member *m)
{
	struct crowd *c = m->c;
	u32 events = shadow_test_below(&m->rnd, 3), bytes = 0, spin;
	u8 text[MAX_BYTES];
	struct shadow_op op;
	u64 value;

	if (!shadow_test_below(&m->rnd, 3))
		bytes = shadow_test_below(&m->rnd, sizeof(text));
	shadow_op_begin(&op, &c->r->log);
	value = READ_ONCE(c->value);
	while (events--)
		shadow_event(&c->r->log, SHADOW_EV_PAGE_SPLIT, 1, value, mix(value, 1),
			     mix(value, 2), mix(value, 3), m->id);
	/* Long enough for another one to come in between, if it could */
	for (spin = shadow_test_below(&m->rnd, 8) ? 1 : 200; spin; spin--)
		cpu_relax();
	WRITE_ONCE(c->value, value + 1);
	memset(text, value, bytes);
	shadow_op_end_more(&op, SHADOW_OP_MAP, bytes, text, bytes, value, mix(value, 1),
			   mix(value, 2), mix(value, 3), m->id);
}

/* Also those that are never going to be there: see run_crowd() */
static void wait_for_all(struct crowd *c)
{
	atomic_inc(&c->nr_ready);
	while (atomic_read(&c->nr_ready) <= NR_THREADS)
		cond_resched();
}

static void write_many(void *arg)
{
	struct member *m = arg;
	unsigned int i;

	wait_for_all(m->c);
	for (i = 0; i < 100 * NR_OPS; i++) {
		if (i >= NR_OPS && READ_ONCE(m->c->nr_read) >= m->c->want)
			break;
		one_op(m);
		if (i % 64 == 0)
			cond_resched();
	}
	atomic_dec(&m->c->nr_working);
}

/* The newest, the one before it, ...; numbers never go back */
static void read_many(void *arg)
{
	struct member *m = arg;
	struct crowd *c = m->c;
	const struct shadow_ring *ring = c->r->ring;
	struct shadow_ring_record record;
	u64 last, was = 0, seq;

	wait_for_all(c);
	do {
		last = shadow_ring_last(ring);
		c->nr_bad += last < was;
		was = last;
		for (seq = last; seq && seq + SHADOW_RING_TAIL > last; seq--) {
			if (!shadow_ring_read(ring, seq, &record))
				continue;
			WRITE_ONCE(c->nr_read, c->nr_read + 1);
			c->nr_bad += record.seq != seq || !is_whole(&record);
		}
		cond_resched();
	} while (atomic_read(&c->nr_working));
}

static void run_crowd(struct kunit *test, struct crowd *c)
{
	struct member *m = shadow_test_alloc(test, (NR_THREADS + 1) * sizeof(*m));
	struct rnd_state rnd;
	u32 i, started;

	shadow_test_seed(test, &rnd);
	c->r = test->priv;
	atomic_set(&c->nr_working, NR_THREADS);
	for (started = 0; started <= NR_THREADS; started++) {
		m[started].c = c;
		m[started].id = started;
		prandom_seed_state(&m[started].rnd, prandom_u32_state(&rnd));
		m[started].t.run = started < NR_THREADS ? write_many : read_many;
		m[started].t.arg = &m[started];
		if (shadow_test_thread_start(&m[started].t))
			break;
	}
	if (started < NR_THREADS)
		atomic_sub(NR_THREADS - started, &c->nr_working);
	if (started <= NR_THREADS)
		atomic_add(NR_THREADS + 1 - started, &c->nr_ready);
	for (i = 0; i < started; i++)
		shadow_test_thread_join(&m[i].t);
	KUNIT_ASSERT_EQ(test, started, NR_THREADS + 1);
	KUNIT_EXPECT_EQ(test, c->nr_bad, 0);
	KUNIT_EXPECT_GE(test, c->value, (u64)NR_THREADS * NR_OPS);
	kunit_info(test, "%llu records, %llu read meanwhile\n",
		   shadow_ring_last(c->r->ring), c->nr_read);
}

/* An operation's records: events, itself, payload; nobody else's in between */
static u64 expect_op(struct kunit *test, struct shadow_ring *ring, u64 seq, u64 value)
{
	struct shadow_ring_record record = {};
	s64 bytes;
	u64 who = U64_MAX;

	for (;; seq++) {
		if (!shadow_ring_read(ring, seq, &record) || record.arg[0] != value ||
		    !is_whole(&record) || (who != U64_MAX && record.arg[4] != who)) {
			KUNIT_FAIL(test, "record %llu: id %#x, %llu of %llu, not %llu of %llu",
				   seq, record.id, record.arg[0], record.arg[4], value, who);
			return 0;
		}
		who = record.arg[4];
		if (record.id & SHADOW_RING_OP)
			break;
	}
	for (bytes = record.err; bytes > 0; bytes -= record.err)
		if (!shadow_ring_read(ring, ++seq, &record) ||
		    record.id != SHADOW_RING_MORE || record.err != min_t(s64, bytes, 40) ||
		    *(u8 *)record.arg != (u8)value) {
			KUNIT_FAIL(test, "record %llu: no payload", seq);
			return 0;
		}
	return seq + 1;
}

/*
 * The order of numbers is that of effects: the n-th operation has found the
 * value that the one before it has left.
 */
static void order_of_effects(struct kunit *test)
{
	u32 nr = roundup_pow_of_two(NR_THREADS * NR_OPS * MAX_RECORDS * 2);
	struct shadow_ring *ring = new_ring(test, nr);
	struct crowd *c = shadow_test_alloc(test, sizeof(*c));
	u64 seq = 1, value;

	run_crowd(test, c);
	KUNIT_EXPECT_EQ(test, shadow_ring_lost(ring), 0);
	for (value = 0; seq && value < c->value; value++)
		seq = expect_op(test, ring, seq, value);
	KUNIT_EXPECT_EQ(test, seq, shadow_ring_last(ring) + 1);
	KUNIT_EXPECT_EQ(test, ring->nr_ops[SHADOW_OP_MAP], c->value);
}

/* Four threads go round in the tail of a small ring, under a reader's eyes */
static void torn_reads(struct kunit *test)
{
	struct shadow_ring *ring = new_ring(test, NR);
	struct crowd *c = shadow_test_alloc(test, sizeof(*c));
	struct shadow_ring_record record;
	u32 nr_whole = 0;
	u64 last, seq;

	c->want = NR_OPS;
	run_crowd(test, c);
	last = shadow_ring_last(ring);
	KUNIT_EXPECT_GT(test, last, 10 * NR);
	KUNIT_EXPECT_GE(test, c->nr_read, c->want);
	KUNIT_EXPECT_EQ(test, shadow_ring_lost(ring), last - NR);
	for (seq = last - SHADOW_RING_TAIL + 1; seq <= last; seq++)
		nr_whole += shadow_ring_read(ring, seq, &record) && is_whole(&record);
	KUNIT_EXPECT_EQ(test, nr_whole, SHADOW_RING_TAIL);
}

/* --------------------------------------------------------------- no memory -- */

/* Whatever the host has no memory for: no machine, nothing left, no key up */
static void no_memory(struct kunit *test)
{
	static const struct shadow_host_facts facts = {
		.page_shift = 12, .arm64 = true, .pa_bits = 48,
	};
	struct shadow_param_strings *in = shadow_test_alloc(test, sizeof(*in));
	struct shadow_mm *mm = shadow_test_alloc(test, sizeof(*mm));
	struct shadow_backing *backing = shadow_test_alloc(test, sizeof(*backing));
	struct rings *r = test->priv;
	struct shadow_block block;
	unsigned int nth, said = 0;
	int err;

	/* Only the machine's own ring, from here on */
	shadow_ring_enable(false);
	r->keys = false;
	in->value[SHADOW_PARAM_SIZE] = "16M";
	in->value[SHADOW_PARAM_RING] = "1K";
	shadow_test_host_given(test, mm, &facts, in);
	KUNIT_ASSERT_EQ(test, mm->cfg.ring, NR);
	shadow_test_block(test, &block, SHADOW_TEST_BASE, SZ_16M);
	shadow_test_host_place(test, mm, &block);
	shadow_test_host_prepare(test, mm, &block, backing);
	for (nth = 1; ; nth++) {
		shadow_test_host.calls = 0;
		shadow_test_host.fail_at = nth;
		err = shadow_boot_up(mm);
		if (!err)
			break;
		KUNIT_EXPECT_EQ_MSG(test, err, -ENOMEM, "allocation %u", nth);
		said += !!strstr(mm->boot.record[0].effect, "the ring (ring=)");
		shadow_test_host.fail_at = 0;
		shadow_boot_down(mm);
		KUNIT_EXPECT_EQ_MSG(test, shadow_test_host.live, 0, "allocation %u", nth);
		KUNIT_ASSERT_FALSE_MSG(test, shadow_op_kept(), "allocation %u", nth);
	}
	KUNIT_EXPECT_EQ(test, said, 1);
	KUNIT_EXPECT_GT(test, nth, 5);
	KUNIT_EXPECT_TRUE(test, shadow_op_kept());
	KUNIT_EXPECT_EQ(test, mm->ring->nr_ops[SHADOW_OP_BOOT_PHASE], SHADOW_NR_PHASES);
	KUNIT_EXPECT_GT(test, shadow_ring_last(mm->ring), SHADOW_NR_PHASES);
	shadow_boot_down(mm);
	KUNIT_EXPECT_NULL(test, mm->ring);
	KUNIT_EXPECT_FALSE(test, shadow_op_kept());
	KUNIT_EXPECT_EQ(test, shadow_test_host.live, 0);
	kunit_info(test, "%u allocations\n", nth);
}

/* ------------------------------------------------------------- parameter -- */

static const struct {
	char *text;
	int err;
	u32 nr;
	const char *why;
} given[] = {
	{ "0", 0, 0 },
	{ "1", -ERANGE, 0, "out of range; allowed: 0 (none), or 1K to 4M records of 64 bytes" },
	{ "1023", -ERANGE, 0, "ring=1023: out of range" },
	{ "1024", 0, SHADOW_RING_MIN },
	{ "1025", 0, SHADOW_RING_MIN + 1 },
	{ "4M", 0, SHADOW_RING_MAX },
	{ "4194305", -ERANGE, 0, "ring=4194305: out of range" },
	{ "4G", -ERANGE, 0, "ring=4G: out of range" },
	{ "16777216T", -ERANGE, 0, "out of range" },
	{ "", -EINVAL, 0, "not a number of records; allowed: 0, or like 64K" },
	{ "-1", -EINVAL, 0, "ring=-1: not a number of records" },
	{ "1K1", -EINVAL, 0, "ring=1K1: not a number of records" },
	{ "on", -EINVAL, 0, "ring=on: not a number of records" },
};

static void sizes(struct kunit *test)
{
	static const struct shadow_host_facts facts = {
		.page_shift = 12, .arm64 = true, .pa_bits = 48,
	};
	struct shadow_param_strings *in = shadow_test_alloc(test, sizeof(*in));
	struct shadow_config *cfg = shadow_test_alloc(test, sizeof(*cfg));
	char why[SHADOW_PARAMS_WHY];
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(given); i++) {
		in->value[SHADOW_PARAM_RING] = given[i].text;
		err = shadow_params_check(in, &facts, cfg, why, sizeof(why));
		KUNIT_EXPECT_EQ_MSG(test, err, given[i].err, "ring=%s", given[i].text);
		if (err)
			KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why, given[i].why), "'%s'", why);
		else
			KUNIT_EXPECT_EQ(test, cfg->ring, given[i].nr);
	}
}

static struct kunit_case shadow_ring_cases[] = {
	KUNIT_CASE(levels),
	KUNIT_CASE(payloads),
	KUNIT_CASE(nesting),
	KUNIT_CASE(covered),
	KUNIT_CASE(packed),
	KUNIT_CASE(drained_at_once),
	KUNIT_CASE(phases),
	KUNIT_CASE(readers_take_no_lock),
	KUNIT_CASE(order_of_effects),
	KUNIT_CASE(torn_reads),
	KUNIT_CASE(no_memory),
	KUNIT_CASE(sizes),
	{}
};

static struct kunit_suite shadow_ring_suite = {
	.name = "shadow_ring",
	.init = ring_init,
	.exit = ring_exit,
	.test_cases = shadow_ring_cases,
};

kunit_test_suite(shadow_ring_suite);
