/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_ring_quick - an operation with one record, in a few instructions.
 *
 * Where a call costs about a hundred instructions, what shadow_op_begin() and
 * shadow_op_end() do costs as much again. While nobody but the ring listens,
 * such a call is
 *
 *	ring = shadow_ring_of(log);
 *	if (ring && shadow_ring_enter(ring, &irqflags)) {
 *		(what it does on its fast path; nobody is told)
 *		if (done) {
 *			shadow_ring_put_op(ring, SHADOW_OP_X, (five arguments));
 *			shadow_ring_count_...
 *			shadow_ring_leave(ring, irqflags);
 *			return ...
 *		}
 *		shadow_ring_leave(ring, irqflags);
 *	}
 *	(the long way, from the beginning)
 */
#ifndef SHADOW_RING_QUICK_H
#define SHADOW_RING_QUICK_H

#include "shadow_ring.h"

/* Where the next record will be; readers see that it changes */
static __always_inline struct shadow_ring_record *
__shadow_ring_place(struct shadow_ring *ring)
{
	struct shadow_ring_record *record = ring->at;

	WRITE_ONCE(record->seq, 0);
	/* Whoever reads sees that it is being written before he sees it change */
	smp_wmb();
	return record;
}

/* It has its number, and is complete */
static __always_inline void __shadow_ring_commit(struct shadow_ring *ring,
						 struct shadow_ring_record *record)
{
	u64 seq = ring->next;

	/* Seen only with what was written before: shadow_ring_read() */
	smp_store_release(&record->seq, seq);
	WRITE_ONCE(ring->next, seq + 1);
	record++;
	if (unlikely(record == ring->end))
		record = &ring->record[ring->nr_first];
	ring->at = record;
}

/* Who does what, without an error; of operations that hold the lock */
static __always_inline u64 __shadow_ring_what(const struct shadow_ring *ring, u16 id)
{
	return ring->place[ring->holder % SHADOW_RING_CPUS] | id;
}

/**
 * shadow_ring_of() - the ring that shadow_ring_enter() may be asked of
 * @log: the machine's log, or NULL
 *
 * Context: any.
 * Return: the ring; NULL: there is none.
 */
static __always_inline struct shadow_ring *
shadow_ring_of(const struct shadow_event_log *log)
{
	return likely(log) ? log->ring : NULL;
}

/**
 * shadow_ring_enter() - an operation begins that will have one record, or none
 * @ring: the machine's
 * @irqflags: for shadow_ring_leave()
 *
 * Context: any. Where it is true, interrupts are off and the ring's lock is held.
 * Return: false inside of another operation, while another CPU is in one, and
 * where somebody else listens: then it is for shadow_op_begin().
 */
static __always_inline bool shadow_ring_enter(struct shadow_ring *ring,
					      unsigned long *irqflags)
{
	if (!shadow_op_kept() || static_branch_unlikely(&shadow_long_key))
		return false;
	local_irq_save(*irqflags);
	if (unlikely(READ_ONCE(ring->holder))) {
		local_irq_restore(*irqflags);
		return false;
	}
	raw_spin_lock(&ring->lock);
	WRITE_ONCE(ring->holder, raw_smp_processor_id() + 1);
	ring->op_at = ring->now();
	/* Held until shadow_ring_leave(), which sparse cannot follow */
	__release(&ring->lock);
	return true;
}

/**
 * shadow_ring_within() - part of an operation begins that will have one event
 * @ring: the machine's
 *
 * For what is done thousands of times in one operation, as of vmalloc.
 *
 * Context: any.
 * Return: true inside of an operation of this CPU's, while nobody but the ring
 * listens and no event is left out: then shadow_ring_put_event() is for what
 * shadow_event() would tell.
 */
static __always_inline bool shadow_ring_within(const struct shadow_ring *ring)
{
	return shadow_op_kept() && !static_branch_unlikely(&shadow_long_key) &&
	       READ_ONCE(ring->holder) == raw_smp_processor_id() + 1 &&
	       irqs_disabled() && !ring->covered;
}

/**
 * shadow_ring_leave() - it ends
 * @ring: the machine's
 * @irqflags: from shadow_ring_enter()
 *
 * Context: as shadow_ring_enter() left it.
 */
static __always_inline void shadow_ring_leave(struct shadow_ring *ring,
					      unsigned long irqflags)
{
	__acquire(&ring->lock);
	WRITE_ONCE(ring->holder, 0);
	raw_spin_unlock(&ring->lock);
	local_irq_restore(irqflags);
}

/* One record, written in its place */
static __always_inline void __shadow_ring_fill(struct shadow_ring *ring, u64 what,
					       u64 arg0, u64 arg1, u64 arg2,
					       u64 arg3, u64 arg4)
{
	struct shadow_ring_record *record = __shadow_ring_place(ring);

	record->ns = ring->op_at;
	record->what = what;
	record->arg[0] = arg0;
	record->arg[1] = arg1;
	record->arg[2] = arg2;
	record->arg[3] = arg3;
	record->arg[4] = arg4;
	__shadow_ring_commit(ring, record);
}

/**
 * shadow_ring_put_op() - its record; it went well
 * @ring: the machine's
 * @id: what it is
 * @arg0: as shadow_ops says, 0 where it has no more
 * @arg1: likewise
 * @arg2: likewise
 * @arg3: likewise
 * @arg4: likewise
 *
 * Context: as shadow_ring_enter() left it.
 */
static __always_inline void
shadow_ring_put_op(struct shadow_ring *ring, enum shadow_op_id id, u64 arg0,
		   u64 arg1, u64 arg2, u64 arg3, u64 arg4)
{
	__shadow_ring_fill(ring, __shadow_ring_what(ring, SHADOW_RING_OP | id),
			   arg0, arg1, arg2, arg3, arg4);
}

/**
 * shadow_ring_put_event() - the record of an event of it, before its own
 * @ring: the machine's
 * @id: what happened
 * @nr: how many, at most INT_MAX
 * @arg0: as shadow_events says, 0 where it has no more
 * @arg1: likewise
 * @arg2: likewise
 * @arg3: likewise
 * @arg4: likewise
 *
 * Context: as shadow_ring_enter() left it.
 */
static __always_inline void
shadow_ring_put_event(struct shadow_ring *ring, enum shadow_event_id id, u64 nr,
		      u64 arg0, u64 arg1, u64 arg2, u64 arg3, u64 arg4)
{
	ring->nr_events[id]++;
	ring->sum[id] += nr;
	__shadow_ring_fill(ring, __shadow_ring_what(ring, id) | nr << 32,
			   arg0, arg1, arg2, arg3, arg4);
}

/**
 * struct shadow_ring_list - numbers on their way into a payload
 * @number: those that wait; 0 behind them
 * @nr: how many
 */
struct shadow_ring_list {
	u64 number[SHADOW_RING_ARGS];
	unsigned int nr;
};

/**
 * shadow_ring_list_end() - there are no more
 * @ring: the machine's, in an operation whose record was put
 * @list: what waits goes into the payload
 *
 * Context: as shadow_op_begin() left it.
 */
static __always_inline void shadow_ring_list_end(struct shadow_ring *ring,
						 struct shadow_ring_list *list)
{
	u64 bytes = list->nr * sizeof(u64), *number = list->number;

	if (!bytes)
		return;
	ring->nr_more++;
	__shadow_ring_fill(ring, __shadow_ring_what(ring, SHADOW_RING_MORE) | bytes << 32,
			   number[0], number[1], number[2], number[3], number[4]);
	*list = (struct shadow_ring_list) { };
}

/**
 * shadow_ring_list_add() - one number more of an operation's payload
 * @ring: the machine's, in an operation whose record was put
 * @list: zeroed at first
 * @number: it
 *
 * Context: as shadow_op_begin() left it.
 */
static __always_inline void shadow_ring_list_add(struct shadow_ring *ring,
						 struct shadow_ring_list *list,
						 u64 number)
{
	list->number[list->nr++] = number;
	if (list->nr == SHADOW_RING_ARGS)
		shadow_ring_list_end(ring, list);
}

/**
 * shadow_ring_count_op() - it counts, with an event that it says as well
 * @ring: the machine's
 * @id: what it is
 * @event: the event, without a record of its own
 * @nr: how many that counts
 *
 * Context: as shadow_ring_enter() left it.
 */
static __always_inline void
shadow_ring_count_op(struct shadow_ring *ring, enum shadow_op_id id,
		     enum shadow_event_id event, u64 nr)
{
	ring->nr_ops[id]++;
	ring->sum[event] += nr;
}

/**
 * shadow_ring_count_single() - likewise, of one event that counts one
 * @ring: the machine's
 * @single: both, see __shadow_ring_settle()
 *
 * Context: as shadow_ring_enter() left it.
 */
static __always_inline void
shadow_ring_count_single(struct shadow_ring *ring, enum shadow_ring_single single)
{
	ring->nr_single[single]++;
}

#endif /* SHADOW_RING_QUICK_H */
