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
 *			record = shadow_ring_op(ring, SHADOW_OP_X);
 *			record->arg[0] = ...	(all five)
 *			shadow_ring_put(ring, record);
 *			shadow_ring_count_...
 *			shadow_ring_leave(ring, irqflags);
 *			return ...
 *		}
 *		shadow_ring_leave(ring, irqflags);
 *	}
 *	(the long way, from the beginning)
 *
 * Between shadow_ring_op() and shadow_ring_put() there are no events.
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

/**
 * shadow_ring_op() - its record; it went well
 * @ring: the machine's
 * @id: what it is
 *
 * Context: as shadow_ring_enter() left it.
 * Return: the record, whose arguments are the caller's to write.
 */
static __always_inline struct shadow_ring_record *
shadow_ring_op(struct shadow_ring *ring, enum shadow_op_id id)
{
	struct shadow_ring_record *record = __shadow_ring_place(ring);

	record->ns = ring->op_at;
	record->what = __shadow_ring_what(ring, SHADOW_RING_OP | id);
	return record;
}

/**
 * shadow_ring_event_of() - the record of an event of it, before its own
 * @ring: the machine's
 * @id: what happened
 * @nr: how many, at most INT_MAX
 *
 * Context: as shadow_ring_enter() left it.
 * Return: the record, whose arguments are the caller's to write.
 */
static __always_inline struct shadow_ring_record *
shadow_ring_event_of(struct shadow_ring *ring, enum shadow_event_id id, u64 nr)
{
	struct shadow_ring_record *record = __shadow_ring_place(ring);

	ring->nr_events[id]++;
	ring->sum[id] += nr;
	record->ns = ring->op_at;
	record->what = __shadow_ring_what(ring, id) | nr << 32;
	return record;
}

/**
 * shadow_ring_put() - a record is complete
 * @ring: the machine's
 * @record: from shadow_ring_op() or shadow_ring_event_of()
 *
 * Context: as shadow_ring_enter() left it.
 */
static __always_inline void shadow_ring_put(struct shadow_ring *ring,
					    struct shadow_ring_record *record)
{
	__shadow_ring_commit(ring, record);
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
