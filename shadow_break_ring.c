// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_break_ring - damage to the history. It is in the host's memory, so
 * what is damaged is what a reader looks at, never what leads a writer. See
 * shadow_break.h.
 */
#include "shadow_break_room.h"
#include "shadow_ring.h"

static int no_ring(struct shadow_break *b)
{
	return shadow_break_refuse(b, -EPERM,
		"there is no history: allowed: in a machine with ring=");
}

/**
 * shadow_break_ring_gap() - a number is given to no record
 * @b: the damage
 *
 * Context: inside of an operation, which has the ring's lock.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_ring_gap(struct shadow_break *b)
{
	struct shadow_ring *ring = b->mm->events.ring;
	u64 was;

	if (!ring)
		return no_ring(b);
	was = ring->next;
	WRITE_ONCE(ring->next, was + 1);
	return shadow_break_did(b, "number of the next record: %llu -> %llu", was,
				ring->next);
}

/**
 * shadow_break_ring_record() - a record has another's number
 * @b: the damage
 *
 * Context: inside of an operation, which has the ring's lock.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_ring_record(struct shadow_break *b)
{
	struct shadow_ring *ring = b->mm->events.ring;
	u64 nr, seq = b->ask->where;

	if (!ring)
		return no_ring(b);
	/* The first ones are never written again, which would mend it */
	nr = min_t(u64, shadow_ring_last(ring), ring->nr_first);
	if (!b->ask->given)
		seq = 1 + b->rnd % nr;
	if (!seq || seq > nr)
		return shadow_break_refuse(b, -ERANGE, "NUMBER %llu: allowed: 1 to %llu",
					   seq, nr);
	WRITE_ONCE(ring->record[seq - 1].seq, seq ^ 1ULL << 40);
	return shadow_break_did(b, "number of record %llu -> %llu", seq,
				ring->record[seq - 1].seq);
}
