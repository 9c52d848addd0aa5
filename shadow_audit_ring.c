// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_audit_ring - the history against what was counted, and against the
 * state that it should have led to.
 *
 * With the ring's lock nobody is inside of an operation. So what the ring has
 * counted, what counters have and what layers have are of one moment then; its
 * records are read afterwards, since what was numbered up to that moment does
 * not change any more, unless it is lost.
 */
#include <linux/sched.h>

#include "shadow_audit.h"
#include "shadow_boot.h"
#include "shadow_pcp.h"
#include "shadow_ring.h"

/* Records between two looks whether somebody else wants to run */
#define STRETCH		4096U

/**
 * struct books - what the ring says that it has, of one moment
 * @mm: the machine
 * @ring: its
 * @fault: where the first finding goes
 * @last: number of the newest record
 * @ops: operations, each a record
 * @events: events with a record
 * @more: records of payloads
 * @kept_ops: counted among the records, like the next two
 * @kept_events: likewise
 * @kept_more: likewise
 */
struct books {
	struct shadow_mm *mm;
	struct shadow_ring *ring;
	struct shadow_fault *fault;
	u64 last;
	u64 ops[SHADOW_NR_OPS];
	u64 events[SHADOW_NR_EVENTS];
	u64 more;
	u64 kept_ops[SHADOW_NR_OPS];
	u64 kept_events[SHADOW_NR_EVENTS];
	u64 kept_more;
};

static u64 sum_of(const u64 *nr, unsigned int end)
{
	unsigned int i;
	u64 sum = 0;

	for (i = 0; i < end; i++)
		sum += nr[i];
	return sum;
}

/* Each record has one number, and each number has been given to one */
static int __ask_numbers(struct books *books)
{
	const struct shadow_ring *ring = books->ring;
	u64 ops = sum_of(ring->nr_ops, SHADOW_NR_OPS);
	u64 events = sum_of(ring->nr_events, SHADOW_NR_EVENTS);

	if (!shadow_ring_sound(ring, books->mm->cfg.ring))
		return shadow_fault_raise(books->fault,
			"ring: it says that it has %u records, %u of them the first ones; ring=%u",
			ring->nr, ring->nr_first, books->mm->cfg.ring);
	if (ops + events + ring->nr_more == ring->next - 1)
		return 0;
	return shadow_fault_raise(books->fault,
		"ring: %llu records have a number, but %llu operations, %llu events and %llu payloads have one",
		ring->next - 1, ops, events, ring->nr_more);
}

/* Counters count on the way that tells the ring, or where the way has none */
static int __ask_counters(struct books *books)
{
	const struct shadow_ring *ring = books->ring;
	u64 count, want;
	unsigned int id;

	for (id = 0; ring->counting && id < SHADOW_NR_EVENTS; id++) {
		count = shadow_event_count(&books->mm->events, id) - ring->counted[id];
		want = ring->sum[id] - ring->summed[id];
		if (count != want)
			return shadow_fault_raise(books->fault,
				"ring: %s: counters have %llu %s since counters are on, the ring has %llu",
				shadow_events[id].counter, count,
				*shadow_events[id].unit ? shadow_events[id].unit :
				"events", want);
	}
	return 0;
}

/* Frames that somebody has from the buddy or a CPU's list, as zones say */
static u64 __in_use(struct shadow_nodes *nodes)
{
	struct shadow_zone *zone;
	unsigned int cpu;
	u64 sum = 0;

	for (zone = shadow_first_zone(nodes); zone; zone = shadow_next_zone(zone)) {
		sum += READ_ONCE(zone->managed) - READ_ONCE(zone->nr_free);
		for (cpu = 0; zone->pcp && cpu < nodes->nr_cpus; cpu++)
			sum -= READ_ONCE(zone->pcp[cpu].count);
	}
	return sum;
}

/* What was told of frames and tables has led to what there is of them */
static int __ask_state(struct books *books)
{
	const u64 *sum = books->ring->sum;
	struct shadow_mm *mm = books->mm;
	u64 tables = sum[SHADOW_EV_TABLE_ALLOC] - sum[SHADOW_EV_TABLE_FREE];
	u64 pages = sum[SHADOW_EV_PAGE_ALLOC] - sum[SHADOW_EV_PAGE_FREE];
	u64 nr_tables = 0;
	unsigned int tree;

	for (tree = 0; tree < SHADOW_NR_TREES; tree++)
		nr_tables += shadow_mm_tree(mm, tree)->nr_tables;
	if (nr_tables != tables)
		return shadow_fault_raise(books->fault,
			"ring: trees have %llu tables, by its events they have %lld",
			nr_tables, (s64)tables);
	if (shadow_boot_reached(mm, SHADOW_PHASE_MEM_INIT) &&
	    __in_use(&mm->nodes) != pages)
		return shadow_fault_raise(books->fault,
			"ring: %llu frames of all zones are in use, by its events %lld are",
			__in_use(&mm->nodes), (s64)pages);
	return 0;
}

static int ask_now(struct books *books)
{
	struct shadow_ring *ring = books->ring;
	struct shadow_op op;
	int err;

	shadow_op_begin(&op, &books->mm->events);
	__shadow_ring_settle(ring);
	err = __ask_numbers(books);
	if (!err)
		err = __ask_counters(books);
	if (!err)
		err = __ask_state(books);
	books->last = ring->next - 1;
	memcpy(books->ops, ring->nr_ops, sizeof(books->ops));
	memcpy(books->events, ring->nr_events, sizeof(books->events));
	books->more = ring->nr_more;
	shadow_op_drop(&op);
	return err;
}

/* -------------------------------------------------------------- records -- */

static bool count_record(struct books *books, const struct shadow_ring_record *record)
{
	unsigned int id = record->id & ~SHADOW_RING_OP;

	if (record->id == SHADOW_RING_MORE) {
		books->kept_more++;
		return record->err > 0 && record->err <= (int)sizeof(record->arg);
	}
	if (record->id & SHADOW_RING_OP) {
		if (id >= SHADOW_NR_OPS || !shadow_ops[id].name)
			return false;
		books->kept_ops[id]++;
		return true;
	}
	if (id >= SHADOW_NR_EVENTS)
		return false;
	books->kept_events[id]++;
	return true;
}

/* Or is it lost? Nobody writes while this is asked */
static bool is_missed(struct books *books, u64 seq)
{
	struct shadow_op op;
	bool missed;

	shadow_op_begin(&op, &books->mm->events);
	missed = seq <= books->ring->nr_first || seq >= shadow_ring_tail(books->ring);
	shadow_op_drop(&op);
	return missed;
}

/* From @from to @to; those that are lost meanwhile are not missed */
static int ask_records(struct books *books, u64 from, u64 to)
{
	const struct shadow_ring *ring = books->ring;
	struct shadow_ring_record record;
	u64 seq;

	for (seq = from; seq <= to; seq++) {
		if (seq % STRETCH == 0)
			cond_resched();
		if (!shadow_ring_read(ring, seq, &record)) {
			if (!is_missed(books, seq))
				continue;
			return shadow_fault_raise(books->fault,
				"ring: record %llu of %llu is not in its place",
				seq, books->last);
		}
		if (!count_record(books, &record))
			return shadow_fault_raise(books->fault,
				"ring: record %llu of %llu is of no kind: id %#x, %d",
				seq, books->last, record.id, record.err);
	}
	return 0;
}

static int wrong_count(struct books *books, const char *what, u64 kept, u64 made)
{
	return shadow_fault_raise(books->fault,
		"ring: %llu records of %s are kept, %llu were made, %llu of all are lost",
		kept, what, made, shadow_ring_lost(books->ring));
}

/* As many as were made, or where some are lost, no more */
static int ask_kinds(struct books *books, bool all)
{
	unsigned int id;

	for (id = 0; id < SHADOW_NR_OPS; id++)
		if (books->kept_ops[id] > books->ops[id] ||
		    (all && books->kept_ops[id] != books->ops[id]))
			return wrong_count(books, shadow_ops[id].name ? : "no operation",
					   books->kept_ops[id], books->ops[id]);
	for (id = 0; id < SHADOW_NR_EVENTS; id++)
		if (books->kept_events[id] > books->events[id] ||
		    (all && books->kept_events[id] != books->events[id]))
			return wrong_count(books, shadow_events[id].name,
					   books->kept_events[id], books->events[id]);
	if (books->kept_more > books->more || (all && books->kept_more != books->more))
		return wrong_count(books, "payload", books->kept_more, books->more);
	return 0;
}

static int ask_books(struct books *books)
{
	u64 first;
	int err = ask_now(books);

	if (err)
		return err;
	first = min_t(u64, books->last, books->ring->nr_first);
	err = ask_records(books, 1, first);
	if (!err)
		err = ask_records(books, max(first + 1, shadow_ring_tail(books->ring)),
				  books->last);
	return err ? : ask_kinds(books, !shadow_ring_lost(books->ring));
}

/**
 * shadow_audit_ring() - the history against counters and state
 * @mm: the machine
 * @audit: @asked and @fault are filled
 *
 * Context: process context, the machine's lock held; takes the ring's lock for
 * a moment, interrupts off.
 * Return: 0, or -EUCLEAN. Without a ring, or where the host has no memory for
 * the books, nothing is asked: 0.
 */
int shadow_audit_ring(struct shadow_mm *mm, struct shadow_audit *audit)
{
	struct books *books = NULL;
	int err;

	if (mm->events.ring)
		books = mm->host->zalloc(sizeof(*books));
	if (!books) {
		audit->asked &= ~BIT(SHADOW_AUDIT_RING);
		return 0;
	}
	books->mm = mm;
	books->ring = mm->events.ring;
	books->fault = &audit->fault;
	err = ask_books(books);
	mm->host->free(books);
	return err;
}
