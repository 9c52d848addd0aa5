// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ring - numbers records and keeps them. See shadow_ring.h.
 */
#include <linux/math64.h>

#include "shadow_ring_quick.h"

#define NS_PER_SECOND	1000000000ULL

/* Of @nr records, how many are kept from the boot on */
static u32 first_part(u32 nr)
{
	return nr - max(nr / 16, SHADOW_RING_TAIL);
}

/**
 * shadow_ring_bytes() - what a ring takes
 * @nr: records, SHADOW_RING_MIN to SHADOW_RING_MAX
 *
 * Context: any.
 * Return: bytes for shadow_ring_init().
 */
size_t shadow_ring_bytes(u32 nr)
{
	return sizeof(struct shadow_ring) + nr * sizeof(struct shadow_ring_record);
}

/**
 * shadow_ring_init() - make an empty ring
 * @mem: zeroed, shadow_ring_bytes() long, outside of the block
 * @nr: records, SHADOW_RING_MIN to SHADOW_RING_MAX
 * @now: a clock in nanoseconds that may be asked in any context
 *
 * Context: any.
 * Return: the ring, which is @mem.
 */
struct shadow_ring *shadow_ring_init(void *mem, u32 nr, u64 (*now)(void))
{
	struct shadow_ring *ring = mem;

	raw_spin_lock_init(&ring->lock);
	ring->next = 1;
	ring->nr = nr;
	ring->nr_first = first_part(nr);
	ring->at = ring->record;
	ring->end = ring->record + nr;
	ring->now = now;
	shadow_ring_set_nodes(ring, 1);
	return ring;
}

/**
 * shadow_ring_set_clock() - let records have the ticks of a counter
 * @ring: the machine's, without records so far
 * @ticks: the counter; may be asked in any context, and does not go backwards
 * @hz: its ticks in a second
 *
 * It costs less to read than the host's clock. shadow_ring_read() makes
 * nanoseconds of it, from what the host's clock shows now.
 *
 * Context: any.
 */
void shadow_ring_set_clock(struct shadow_ring *ring, shadow_ticks_t ticks, u32 hz)
{
	ring->base_ns = ring->now();
	ring->base = ticks();
	ring->now = ticks;
	ring->hz = hz;
}

/**
 * shadow_ring_set_nodes() - which node CPUs are of
 * @ring: the machine's
 * @nr_nodes: nodes, to which CPUs are dealt out in turn, shadow_cpu_node()
 *
 * Context: any, before the first record.
 */
void shadow_ring_set_nodes(struct shadow_ring *ring, unsigned int nr_nodes)
{
	unsigned int cpu;

	for (cpu = 0; cpu < SHADOW_RING_CPUS; cpu++)
		ring->place[(cpu + 1) % SHADOW_RING_CPUS] =
			cpu << 16 | cpu % nr_nodes << 24;
}

/**
 * shadow_ring_enable() - let operations and events be recorded, or not
 * @on: each call with true needs one with false
 *
 * Those of machines without a ring are still not.
 *
 * Context: process context; sleeps in the kernel.
 */
void shadow_ring_enable(bool on)
{
	shadow_event_record(on);
}

/**
 * __shadow_ring_settle() - @nr_ops and @sum of a ring have all that happened
 * @ring: the machine's
 *
 * Context: the ring's lock is held, or nobody is in an operation.
 */
void __shadow_ring_settle(struct shadow_ring *ring)
{
	static const struct {
		enum shadow_op_id op;
		enum shadow_event_id event;
	} is[SHADOW_NR_SINGLE] = {
		[SHADOW_SINGLE_OBJECT_ALLOC] = {
			SHADOW_OP_CACHE_ALLOC, SHADOW_EV_OBJECT_ALLOC },
		[SHADOW_SINGLE_OBJECT_FREE] = {
			SHADOW_OP_CACHE_FREE, SHADOW_EV_OBJECT_FREE },
		[SHADOW_SINGLE_KMALLOC] = { SHADOW_OP_KMALLOC, SHADOW_EV_KMALLOC },
		[SHADOW_SINGLE_KFREE] = { SHADOW_OP_KFREE, SHADOW_EV_KFREE },
		[SHADOW_SINGLE_MAP] = { SHADOW_OP_MAP, SHADOW_EV_MAP },
		[SHADOW_SINGLE_UNMAP] = { SHADOW_OP_UNMAP, SHADOW_EV_UNMAP },
	};
	unsigned int i;

	for (i = 0; i < SHADOW_NR_SINGLE; i++) {
		ring->nr_ops[is[i].op] += ring->nr_single[i];
		ring->sum[is[i].event] += ring->nr_single[i];
		ring->nr_single[i] = 0;
	}
}

/**
 * shadow_ring_count() - counters begin to count, or stop
 * @log: the machine's log
 * @on: after shadow_event_enable(true), or before shadow_event_enable(false)
 *
 * From then to then counters and the ring have to agree.
 *
 * Context: process context; takes the ring's lock.
 */
void shadow_ring_count(struct shadow_event_log *log, bool on)
{
	struct shadow_ring *ring = log->ring;
	unsigned long irqflags;
	unsigned int id;

	if (!ring)
		return;
	raw_spin_lock_irqsave(&ring->lock, irqflags);
	__shadow_ring_settle(ring);
	for (id = 0; id < SHADOW_NR_EVENTS; id++) {
		ring->counted[id] = shadow_event_count(log, id);
		ring->summed[id] = ring->sum[id];
	}
	ring->counting = on;
	raw_spin_unlock_irqrestore(&ring->lock, irqflags);
}

/* -------------------------------------------------------------- writing -- */

static struct shadow_ring_record *slot_of(const struct shadow_ring *ring, u64 seq)
{
	u64 nr = seq - 1;

	if (nr >= ring->nr_first)
		nr = ring->nr_first + (nr - ring->nr_first) % (ring->nr - ring->nr_first);
	return (struct shadow_ring_record *)&ring->record[nr];
}

/* One record, complete when its number is there; lock held, or booting */
static void __put(struct shadow_ring *ring, u16 id, s32 err, u64 at,
		  const u64 *arg)
{
	struct shadow_ring_record *record = __shadow_ring_place(ring);

	record->ns = at;
	record->what = ring->place[(raw_smp_processor_id() + 1) % SHADOW_RING_CPUS] |
		       id | (u64)err << 32;
	memcpy(record->arg, arg, sizeof(record->arg));
	__shadow_ring_commit(ring, record);
}

static void __put_more(struct shadow_ring *ring, u64 at, const void *more,
		       size_t bytes)
{
	u64 arg[SHADOW_RING_ARGS];
	size_t part;

	for (; bytes; bytes -= part, more += part) {
		part = min(bytes, sizeof(arg));
		memset(arg, 0, sizeof(arg));
		memcpy(arg, more, part);
		ring->nr_more++;
		__put(ring, SHADOW_RING_MORE, part, at, arg);
	}
}

/**
 * shadow_ring_inside() - are we inside of an operation?
 * @ring: the machine's
 *
 * Nobody interrupts one, but for a phase of the boot.
 *
 * Context: any.
 * Return: true if this CPU is, or the machine boots.
 */
bool shadow_ring_inside(const struct shadow_ring *ring)
{
	unsigned int holder = READ_ONCE(ring->holder);

	if (holder == SHADOW_RING_BOOTING)
		return true;
	/* With interrupts on this CPU may have been another one when we looked */
	return holder == raw_smp_processor_id() + 1 && irqs_disabled();
}

/**
 * __shadow_op_insist() - the slow half of shadow_op_insist()
 * @ring: the machine's
 * @lock: the lock
 *
 * Context: as shadow_op_insist().
 * Return: as shadow_op_insist().
 */
bool __shadow_op_insist(const struct shadow_ring *ring, raw_spinlock_t *lock)
{
	if (!shadow_ring_inside(ring))
		return false;
	/* Tried, since elsewhere it is taken with interrupts on */
	while (!raw_spin_trylock(lock))
		cpu_relax();
	/* Taken for the caller, which sparse cannot follow */
	__release(lock);
	return true;
}

static __always_inline void __put_event(struct shadow_ring *ring,
					const struct shadow_event_args *args,
					u64 at)
{
	ring->sum[args->id] += args->nr;
	if (ring->covered == args->id + 1)
		return;
	ring->nr_events[args->id]++;
	__put(ring, args->id, min_t(u64, args->nr, S32_MAX), at, args->arg);
}

/**
 * shadow_ring_event() - keep an event
 * @ring: the machine's
 * @args: what happened
 *
 * Context: any, also under raw spinlocks with interrupts off: inside of an
 * operation, or where none of the machine's locks is held.
 */
void shadow_ring_event(struct shadow_ring *ring,
		       const struct shadow_event_args *args)
{
	unsigned int holder = READ_ONCE(ring->holder);
	unsigned long irqflags;

	if (holder == raw_smp_processor_id() + 1 && irqs_disabled()) {
		__put_event(ring, args, ring->op_at);
		return;
	}
	if (holder == SHADOW_RING_BOOTING) {
		__put_event(ring, args, ring->now());
		return;
	}
	raw_spin_lock_irqsave(&ring->lock, irqflags);
	__put_event(ring, args, ring->now());
	raw_spin_unlock_irqrestore(&ring->lock, irqflags);
}

/**
 * __shadow_op_begin() - the slow half of shadow_op_begin()
 * @op: the operation; its @ring is set where it is not inside another one
 * @ring: the machine's
 * @covered: event that says no more than the operation, plus 1; 0: none
 *
 * Context: as shadow_op_begin().
 */
void __shadow_op_begin(struct shadow_op *op, struct shadow_ring *ring,
		       unsigned int covered)
{
	unsigned long irqflags;

	local_irq_save(irqflags);
	if (shadow_ring_inside(ring)) {
		local_irq_restore(irqflags);
		return;
	}
	raw_spin_lock(&ring->lock);
	WRITE_ONCE(ring->holder, raw_smp_processor_id() + 1);
	ring->covered = covered;
	ring->op_at = ring->now();
	op->irqflags = irqflags;
	op->ring = ring;
	/* Held until __shadow_op_drop(), which sparse cannot follow */
	__release(&ring->lock);
}

/**
 * __shadow_op_drop() - the slow half of shadow_op_drop()
 * @op: the operation, not inside another one
 *
 * Context: as __shadow_op_begin() left it.
 */
void __shadow_op_drop(struct shadow_op *op)
{
	struct shadow_ring *ring = op->ring;

	/* Taken by __shadow_op_begin() */
	__acquire(&ring->lock);
	ring->covered = 0;
	WRITE_ONCE(ring->holder, 0);
	raw_spin_unlock(&ring->lock);
	local_irq_restore(op->irqflags);
}

/**
 * __shadow_op_put() - its record; the operation goes on
 * @op: the operation, not inside another one
 * @id: what it is
 * @err: 0 or -errno
 * @arg: SHADOW_RING_ARGS arguments and results
 *
 * For payloads that come in pieces: __shadow_op_more(), then
 * __shadow_op_drop().
 *
 * Context: as __shadow_op_begin() left it.
 */
void __shadow_op_put(struct shadow_op *op, enum shadow_op_id id, int err,
		     const u64 *arg)
{
	struct shadow_ring *ring = op->ring;

	ring->nr_ops[id]++;
	__put(ring, SHADOW_RING_OP | id, err, ring->op_at, arg);
}

/**
 * __shadow_op_more() - more of its payload
 * @op: the operation, whose record was put
 * @more: payload
 * @bytes: its length
 *
 * Context: as __shadow_op_begin() left it.
 */
void __shadow_op_more(struct shadow_op *op, const void *more, size_t bytes)
{
	__put_more(op->ring, op->ring->op_at, more, bytes);
}

/**
 * __shadow_op_end() - the slow half of shadow_op_end()
 * @op: the operation, not inside another one
 * @id: what it was
 * @err: 0 or -errno
 * @arg: SHADOW_RING_ARGS arguments and results
 * @more: payload, or NULL
 * @bytes: its length
 *
 * Context: as __shadow_op_begin() left it.
 */
void __shadow_op_end(struct shadow_op *op, enum shadow_op_id id, int err,
		     const u64 *arg, const void *more, size_t bytes)
{
	__shadow_op_put(op, id, err, arg);
	if (bytes)
		__shadow_op_more(op, more, bytes);
	__shadow_op_drop(op);
}

/**
 * shadow_ring_boot_begin() - a phase of the boot begins
 * @ring: the machine's, or NULL
 *
 * Nobody else reaches the machine meanwhile. The phase may ask the host for
 * memory, which sleeps: so it is an operation without the lock.
 *
 * Context: process.
 */
void shadow_ring_boot_begin(struct shadow_ring *ring)
{
	if (!ring)
		return;
	ring->op_at = ring->now();
	WRITE_ONCE(ring->holder, SHADOW_RING_BOOTING);
}

/**
 * shadow_ring_boot_end() - and has ended
 * @ring: the machine's, or NULL
 * @phase: which
 * @err: 0 or -errno
 *
 * Context: process.
 */
void shadow_ring_boot_end(struct shadow_ring *ring, unsigned int phase, int err)
{
	const u64 arg[SHADOW_RING_ARGS] = { phase };

	if (!ring)
		return;
	ring->nr_ops[SHADOW_OP_BOOT_PHASE]++;
	__put(ring, SHADOW_RING_OP | SHADOW_OP_BOOT_PHASE, err, ring->op_at, arg);
	WRITE_ONCE(ring->holder, 0);
}

/* -------------------------------------------------------------- reading -- */

/**
 * shadow_ring_last() - number of the newest record
 * @ring: the machine's
 *
 * Context: any; a momentary value.
 * Return: the number; 0: there is none.
 */
u64 shadow_ring_last(const struct shadow_ring *ring)
{
	return READ_ONCE(ring->next) - 1;
}

/**
 * shadow_ring_lost() - how many records were overwritten
 * @ring: the machine's
 *
 * They have the numbers after the first ones that are kept.
 *
 * Context: any; a momentary value.
 * Return: how many.
 */
u64 shadow_ring_lost(const struct shadow_ring *ring)
{
	u64 last = shadow_ring_last(ring);

	return last > ring->nr ? last - ring->nr : 0;
}

/**
 * shadow_ring_tail() - number of the oldest record that goes round
 * @ring: the machine's
 *
 * Context: any; a momentary value.
 * Return: the number; it may be lost by the time it is looked for.
 */
u64 shadow_ring_tail(const struct shadow_ring *ring)
{
	return ring->nr_first + shadow_ring_lost(ring) + 1;
}

/**
 * shadow_ring_sound() - is the ring what was asked for?
 * @ring: the machine's
 * @nr: records it was made for
 *
 * Context: any.
 * Return: false where its size was overwritten.
 */
bool shadow_ring_sound(const struct shadow_ring *ring, u32 nr)
{
	return ring->nr == nr && ring->nr_first == first_part(nr);
}

/* What a record's clock showed, by the host's */
static u64 ns_of(const struct shadow_ring *ring, u64 at)
{
	u64 seconds;
	u32 rest;

	if (!ring->hz)
		return at;
	seconds = div_u64_rem(at - ring->base, ring->hz, &rest);
	return ring->base_ns + seconds * NS_PER_SECOND +
	       div_u64(rest * NS_PER_SECOND, ring->hz);
}

/**
 * shadow_ring_read() - copy a record
 * @ring: the machine's
 * @seq: its number
 * @record: filled; @ns are nanoseconds of the host's clock
 *
 * Takes no lock, and waits for nobody.
 *
 * Context: any.
 * Return: false where it is not there, or is being overwritten.
 */
bool shadow_ring_read(const struct shadow_ring *ring, u64 seq,
		      struct shadow_ring_record *record)
{
	const struct shadow_ring_record *slot;

	if (!seq || seq > shadow_ring_last(ring))
		return false;
	slot = slot_of(ring, seq);
	/* With the number comes what was written before it */
	if (smp_load_acquire(&slot->seq) != seq)
		return false;
	*record = *slot;
	/* All of it was read before its number is looked at again */
	smp_rmb();
	record->ns = ns_of(ring, record->ns);
	return READ_ONCE(slot->seq) == seq;
}
