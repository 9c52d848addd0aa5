/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_ring - a machine's history: every operation and every event, numbered.
 *
 * An operation is what somebody from outside asks of a machine; an event is
 * what became of it. Both get their number inside one lock, which an operation
 * holds from before its first look at the machine's state until its last
 * change. So the order of the numbers is the order of effects, and the
 * operations, run again one after the other on another machine booted alike,
 * have the same effects. That lock is only taken while there is a ring.
 *
 * An operation inside of another one is that one's doing: it is not recorded,
 * its events are.
 *
 * The first records are kept, from the boot on: without them nothing could be
 * run again. When they fill the ring, later ones go round in its tail, where
 * the newest are; what that overwrites is lost, and counted.
 */
#ifndef SHADOW_RING_H
#define SHADOW_RING_H

#include "shadow_event.h"

/* What is asked from outside. Numbers stay what they are: see SHADOW_RING_VERSION */
enum shadow_op_id {
	SHADOW_OP_NONE,
	SHADOW_OP_BOOT_PHASE,		/* phase */
	SHADOW_OP_ALLOC_PAGES,		/* gfp order | pfn */
	SHADOW_OP_FREE_PAGES,		/* pfn order */
	SHADOW_NR_OPS = 128
};

#define SHADOW_RING_VERSION	1
#define SHADOW_RING_ARGS	5
#define SHADOW_RING_OP		0x8000	/* of @id: an operation, not an event */
#define SHADOW_RING_MORE	0xffff	/* @arg belongs to the record before */

/**
 * struct shadow_ring_record - one record, as it is kept and as a file has it
 * @seq: number, from 1 on, without gaps where nothing was lost; written last
 * @ns: the host's clock
 * @id: an enum shadow_event_id, an enum shadow_op_id with SHADOW_RING_OP, or
 *	SHADOW_RING_MORE
 * @cpu: which CPU did it
 * @nid: that CPU's node
 * @err: of an operation: 0 or -errno; of an event: how many, at most INT_MAX
 * @arg: as shadow_events and shadow_ops say
 *
 * Little-endian in a file, as every machine that this runs on is.
 */
struct shadow_ring_record {
	u64 seq;
	u64 ns;
	u16 id;
	u8 cpu;
	u8 nid;
	s32 err;
	u64 arg[SHADOW_RING_ARGS];
};

/**
 * struct shadow_op_info - what an operation is
 * @name: in the ring
 * @arg: names of the arguments, results last; NULL after the last
 */
struct shadow_op_info {
	const char *name;
	const char *arg[SHADOW_RING_ARGS];
};

extern const struct shadow_op_info shadow_ops[SHADOW_NR_OPS];

/**
 * struct shadow_op - an operation that is under way
 * @ring: where it will be recorded; NULL: nowhere, or it is inside another one
 * @irqflags: of the ring's lock
 */
struct shadow_op {
	struct shadow_ring *ring;
	unsigned long irqflags;
};

/* Some machine has a ring */
DECLARE_STATIC_KEY_FALSE(shadow_ring_key);

void shadow_ring_event(struct shadow_ring *ring,
		       const struct shadow_event_args *args);
void __shadow_op_begin(struct shadow_op *op, struct shadow_ring *ring);
void __shadow_op_end(struct shadow_op *op, enum shadow_op_id id, int err,
		     const u64 *arg);

/**
 * shadow_op_begin() - somebody from outside asks something of a machine
 * @op: the operation, filled
 * @log: the machine's log
 *
 * Every call needs one of shadow_op_end(), on the same CPU.
 *
 * Context: any. With a ring, interrupts are off and a raw spinlock is held from
 * here to shadow_op_end(), unless a caller above has begun one already.
 */
static __always_inline void shadow_op_begin(struct shadow_op *op,
					    struct shadow_event_log *log)
{
	op->ring = NULL;
	if (static_branch_unlikely(&shadow_ring_key) && log->ring)
		__shadow_op_begin(op, log->ring);
}

/**
 * shadow_op_end() - it has been done, or refused
 * @op: as shadow_op_begin() filled it
 * @what: an enum shadow_op_id
 * @error: 0 or -errno
 * @...: its arguments and results as shadow_ops names them, up to five
 *
 * Context: as shadow_op_begin() left it.
 */
#define shadow_op_end(op, what, error, ...)				\
do {									\
	if (static_branch_unlikely(&shadow_ring_key) && (op)->ring) {	\
		const u64 done[SHADOW_RING_ARGS] = { __VA_ARGS__ };	\
									\
		__shadow_op_end(op, what, error, done);			\
	}								\
} while (0)

#endif /* SHADOW_RING_H */
