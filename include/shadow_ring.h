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

#include <linux/sched.h>

#include "shadow_event.h"

/*
 * What is asked from outside. Numbers stay what they are: SHADOW_RING_VERSION.
 * Names and arguments are in shadow_ops. A cache is its id, a zone its node's
 * number times SHADOW_MAX_NR_ZONES plus its type, an object or a frame's
 * contents a physical address; what is found by its name has the name as
 * payload.
 */
enum shadow_op_id {
	SHADOW_OP_NONE,
	SHADOW_OP_BOOT_PHASE,
	/* pages */
	SHADOW_OP_ALLOC_PAGES,
	SHADOW_OP_FREE_PAGES,
	SHADOW_OP_ALLOC_BULK,		/* payload: u64 pfns by entry, see below */
	SHADOW_OP_FREE_BULK,		/* payload: u64 pfns */
	SHADOW_OP_ALLOC_EXACT,
	SHADOW_OP_FREE_EXACT,
	SHADOW_OP_GET_PAGE,
	SHADOW_OP_PUT_PAGE,
	SHADOW_OP_SPLIT_PAGE,
	SHADOW_OP_BUDDY_ALLOC,
	SHADOW_OP_BUDDY_FREE,
	SHADOW_OP_ALLOC_CONTIG,
	SHADOW_OP_FREE_CONTIG,
	SHADOW_OP_PCP_DRAIN,
	SHADOW_OP_PCP_DECAY,
	/* the boot's allocators */
	SHADOW_OP_EARLY_ADD,
	SHADOW_OP_EARLY_REMOVE,
	SHADOW_OP_EARLY_RESERVE,	/* payload: owner */
	SHADOW_OP_EARLY_FREE,
	SHADOW_OP_EARLY_ALLOC,		/* payload: owner */
	SHADOW_OP_EARLY_IOREMAP,	/* payload: owner */
	SHADOW_OP_EARLY_IOUNMAP,
	/* tables */
	SHADOW_OP_MAP,
	SHADOW_OP_UNMAP,
	SHADOW_OP_PROTECT,
	SHADOW_OP_TLBI,
	SHADOW_OP_USER_CREATE,
	SHADOW_OP_USER_DESTROY,
	SHADOW_OP_KMAP,
	SHADOW_OP_KUNMAP,
	SHADOW_OP_KMAP_LOCAL,
	SHADOW_OP_KUNMAP_LOCAL,
	/* objects */
	SHADOW_OP_CACHE_CREATE,		/* payload: name */
	SHADOW_OP_CACHE_DESTROY,
	SHADOW_OP_CACHE_DESTROY_NAME,	/* payload: name */
	SHADOW_OP_CACHE_SHRINK,
	SHADOW_OP_CACHE_REAP,
	SHADOW_OP_CACHE_CHECK,
	SHADOW_OP_CACHE_ALLOC,
	SHADOW_OP_CACHE_FREE,
	SHADOW_OP_CACHE_ALLOC_BULK,	/* payload: u64 addresses */
	SHADOW_OP_CACHE_FREE_BULK,	/* payload: u64 addresses */
	SHADOW_OP_KMALLOC,
	SHADOW_OP_KFREE,
	SHADOW_OP_KREALLOC,
	SHADOW_OP_SLAB_GRACE,
	/* areas */
	SHADOW_OP_VMALLOC,
	SHADOW_OP_VMALLOC_HUGE,
	SHADOW_OP_VFREE,
	SHADOW_OP_VMAP,			/* payload: u32 indices in the memmap */
	SHADOW_OP_VUNMAP,
	SHADOW_OP_IOREMAP,
	SHADOW_OP_VMALLOC_PURGE,
	/* what else changes a machine */
	SHADOW_OP_MEMREMAP_PAGES,
	SHADOW_OP_MEMUNMAP_PAGES,
	SHADOW_OP_SET,			/* payload: "KEY VALUE" as for ctl */
	SHADOW_OP_FAIL,
	SHADOW_OP_BREAK,		/* payload: KIND */
	SHADOW_OP_TLB_TOUCH,		/* the machine's CPU uses an address */
	SHADOW_OP_LAST,
	SHADOW_NR_OPS = 128
};

static_assert(SHADOW_OP_LAST <= SHADOW_NR_OPS);

/* Entries of SHADOW_OP_ALLOC_BULK that had a page before, or have none now */
#define SHADOW_RING_HAD_PAGE	(U64_MAX - 1)
#define SHADOW_RING_NO_PAGE	U64_MAX

/* What a counter shows, in any context */
typedef u64 (*shadow_ticks_t)(void);

#define SHADOW_RING_VERSION	2
#define SHADOW_RING_RECORD	64	/* bytes of a record */
/* Of gfp: SHADOW_GFP_ROUTE, which only the operation itself knows: not in text */
#define SHADOW_RING_GFP_HIDDEN	0x800000ULL

#define SHADOW_RING_LINE	256	/* of text, with a NUL */
#define SHADOW_RING_ARGS	5
#define SHADOW_RING_OP		0x8000	/* of @id: an operation, not an event */
#define SHADOW_RING_MORE	0xffff	/* @arg goes on with what is before */
#define SHADOW_RING_GONE	0xfffe	/* in a file: it was lost while it was read */
#define SHADOW_RING_CPUS	256U	/* told apart in a record */
#define SHADOW_RING_BOOTING	UINT_MAX
#define SHADOW_RING_MIN		1024U	/* records of a ring */
#define SHADOW_RING_MAX		(4U << 20)
#define SHADOW_RING_TAIL	64U	/* of those, at least, go round */

/**
 * struct shadow_ring_record - one record, as it is kept and as a file has it
 * @seq: number, from 1 on, without gaps where nothing was lost; written last
 * @ns: the host's clock when the operation began, or the event came where it is
 *	in none; in the ring itself what its own clock showed, see
 *	shadow_ring_set_clock()
 * @what: the next four in one
 * @id: an enum shadow_event_id, an enum shadow_op_id with SHADOW_RING_OP, or
 *	SHADOW_RING_MORE
 * @cpu: which CPU did it
 * @nid: that CPU's node
 * @err: of an operation: 0 or -errno; of an event: how many, at most INT_MAX;
 *	of SHADOW_RING_MORE: bytes of @arg that count
 * @arg: as shadow_events and shadow_ops say
 *
 * The events of an operation come before it, since its result is known last.
 * Its payload follows it without anything in between. Little-endian in a file,
 * as every machine that this runs on is.
 */
struct shadow_ring_record {
	u64 seq;
	u64 ns;
	union {
		u64 what;
		struct {
			u16 id;
			u8 cpu;
			u8 nid;
			s32 err;
		};
	};
	u64 arg[SHADOW_RING_ARGS];
};

static_assert(sizeof(struct shadow_ring_record) == SHADOW_RING_RECORD);

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

/* The most frequent operations, see shadow_ring_quick.h */
enum shadow_ring_single {
	SHADOW_SINGLE_OBJECT_ALLOC,
	SHADOW_SINGLE_OBJECT_FREE,
	SHADOW_SINGLE_KMALLOC,
	SHADOW_SINGLE_KFREE,
	SHADOW_SINGLE_MAP,
	SHADOW_SINGLE_UNMAP,
	SHADOW_NR_SINGLE
};

/**
 * struct shadow_ring - the history of one machine, in the host's memory
 * @lock: held by the operation that is under way; taken outside of all locks
 *	of the machine. Interrupts off
 * @holder: CPU that holds it, plus 1; 0: nobody does; SHADOW_RING_BOOTING: a
 *	phase of the boot is under way, which does not hold the lock
 * @covered: event that the operation under way says by itself, plus 1; 0: none,
 *	as outside of operations
 * @op_at: when it began, by @now
 * @at: the next record
 * @end: where @at goes back to the first of those that go round
 * @next: number of the next record
 * @now: what its clock shows
 * @nr: records that there is room for
 * @nr_first: of those, the ones that are kept from the boot on
 * @hz: ticks of @now in a second; 0: it has nanoseconds
 * @base: what it showed at @base_ns of the host's clock
 * @base_ns: see there
 * @to_pa: added to a pointer into the block, makes its physical address of it;
 *	of a machine that is real
 * @place: by @holder, of a record's @what CPU and node; nodes are dealt out in
 *	turn, shadow_cpu_node()
 * @nr_single: operations that are counted for the next ones and @sum by
 *	__shadow_ring_settle(): each is one event that counts one
 * @nr_ops: operations since the boot, by enum shadow_op_id, a record each
 * @nr_more: records of payloads since the boot
 * @nr_events: events since the boot, by enum shadow_event_id, a record each
 * @sum: what events counted, those without a record as well
 * @counting: counters have counted without a break since shadow_ring_count()
 * @counted: what they had then
 * @summed: what @sum was then
 * @record: the first @nr_first in their order, then the newest, in turn
 */
struct shadow_ring {
	raw_spinlock_t lock;
	unsigned int holder;
	unsigned int covered;
	u64 op_at;
	struct shadow_ring_record *at;
	struct shadow_ring_record *end;
	u64 next;
	u64 (*now)(void);
	u32 nr;
	u32 nr_first;
	u32 hz;
	u64 base;
	u64 base_ns;
	u64 to_pa;
	u32 place[SHADOW_RING_CPUS];
	u64 nr_single[SHADOW_NR_SINGLE];
	u64 nr_ops[SHADOW_NR_OPS];
	u64 nr_more;
	u64 nr_events[SHADOW_NR_EVENTS];
	u64 sum[SHADOW_NR_EVENTS];
	bool counting;
	u64 counted[SHADOW_NR_EVENTS];
	u64 summed[SHADOW_NR_EVENTS];
	struct shadow_ring_record record[];
};

/**
 * struct shadow_op - an operation that is under way
 * @ring: where it will be recorded; NULL: nowhere, or it is inside another one
 * @irqflags: of the ring's lock
 */
struct shadow_op {
	struct shadow_ring *ring;
	unsigned long irqflags;
};

/* Entries of an allocation of many pages, where that is recorded */
#define SHADOW_RING_BULK	512U

#define SHADOW_RING_MAGIC	"SHADOWEV"

/**
 * struct shadow_ring_file - how events.bin begins
 * @magic: SHADOW_RING_MAGIC
 * @version: SHADOW_RING_VERSION
 * @header_bytes: of this structure, where the text begins
 * @text_bytes: of the text that follows: shadow_setup_print(), with the board
 * @records_at: where the records are, a multiple of 64
 * @record_bytes: of one record
 * @nr_cpus: of the machine
 * @nr_records: in this file
 * @nr_first: of those, how many are the first ones, without a gap
 * @first_tail: number of the record after them
 * @last: number of the newest record
 * @lost: numbers between the first ones and @first_tail
 */
struct shadow_ring_file {
	char magic[8];
	u32 version;
	u32 header_bytes;
	u64 text_bytes;
	u64 records_at;
	u32 record_bytes;
	u32 nr_cpus;
	u64 nr_records;
	u64 nr_first;
	u64 first_tail;
	u64 last;
	u64 lost;
};

size_t shadow_ring_bytes(u32 nr);
struct shadow_ring *shadow_ring_init(void *mem, u32 nr, u64 (*now)(void));
void shadow_ring_set_clock(struct shadow_ring *ring, shadow_ticks_t ticks, u32 hz);
void shadow_ring_set_nodes(struct shadow_ring *ring, unsigned int nr_nodes);
void shadow_ring_enable(bool on);
void shadow_ring_count(struct shadow_event_log *log, bool on);
void shadow_ring_event(struct shadow_ring *ring,
		       const struct shadow_event_args *args);
void __shadow_ring_settle(struct shadow_ring *ring);
u64 shadow_ring_last(const struct shadow_ring *ring);
u64 shadow_ring_lost(const struct shadow_ring *ring);
u64 shadow_ring_tail(const struct shadow_ring *ring);
bool shadow_ring_sound(const struct shadow_ring *ring, u32 nr);
bool shadow_ring_read(const struct shadow_ring *ring, u64 seq,
		      struct shadow_ring_record *record);
int shadow_ring_parts(const char *names, u64 arg, char *text, size_t bytes);
int shadow_ring_format(const struct shadow_ring_record *record, char *text,
		       size_t bytes);
void shadow_ring_head(const struct shadow_ring *ring, u64 text_bytes,
		      unsigned int nr_cpus, struct shadow_ring_file *head);
void shadow_ring_boot_begin(struct shadow_ring *ring);
void shadow_ring_boot_end(struct shadow_ring *ring, unsigned int phase, int err);
void __shadow_op_begin(struct shadow_op *op, struct shadow_ring *ring,
		       unsigned int covered);
void __shadow_op_end(struct shadow_op *op, enum shadow_op_id id, int err,
		     const u64 *arg, const void *more, size_t bytes);
void __shadow_op_put(struct shadow_op *op, enum shadow_op_id id, int err,
		     const u64 *arg);
void __shadow_op_more(struct shadow_op *op, const void *more, size_t bytes);
void __shadow_op_drop(struct shadow_op *op);
bool shadow_ring_inside(const struct shadow_ring *ring);
bool __shadow_op_insist(const struct shadow_ring *ring, raw_spinlock_t *lock);

/* May operations be recorded? */
static __always_inline bool shadow_op_kept(void)
{
	return SHADOW_HOOKED(static_branch_unlikely(&shadow_ring_key));
}

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
					    const struct shadow_event_log *log)
{
	op->ring = NULL;
	if (shadow_op_kept() && log && log->ring)
		__shadow_op_begin(op, log->ring, 0);
}

/**
 * shadow_op_begin_as() - likewise, of what one event says no more than
 * @op: the operation, filled
 * @log: the machine's log
 * @event: the event, which is counted but has no record of its own
 *
 * Context: as shadow_op_begin().
 */
static __always_inline void shadow_op_begin_as(struct shadow_op *op,
					       const struct shadow_event_log *log,
					       enum shadow_event_id event)
{
	op->ring = NULL;
	if (shadow_op_kept() && log && log->ring)
		__shadow_op_begin(op, log->ring, event + 1);
}

/**
 * shadow_op_drop() - it turned out that nothing is to be recorded
 * @op: as shadow_op_begin() filled it
 *
 * Also for those who only look at what an operation must not find locked.
 *
 * Context: as shadow_op_begin() left it.
 */
static __always_inline void shadow_op_drop(struct shadow_op *op)
{
	if (shadow_op_kept() && op->ring)
		__shadow_op_drop(op);
}

/**
 * shadow_op_says() - events that the operation under way says by itself
 * @log: the machine's log
 * @event: the event of all of them
 * @nr: how many they count
 *
 * Context: as shadow_op_begin() left it, or outside of an operation.
 * Return: true: they count and need not be told; false: somebody else listens, or
 * no operation of ours says them, see shadow_op_begin_as().
 */
static __always_inline bool shadow_op_says(const struct shadow_event_log *log,
					   enum shadow_event_id event, u64 nr)
{
	struct shadow_ring *ring = shadow_op_kept() && log ? log->ring : NULL;

	if (!ring || static_branch_unlikely(&shadow_sink_key) ||
	    !shadow_ring_inside(ring) || ring->covered != event + 1)
		return false;
	ring->sum[event] += nr;
	return true;
}

/* For payloads that come in pieces: is there to be a record at all? */
static __always_inline bool shadow_op_recorded(const struct shadow_op *op)
{
	return shadow_op_kept() && op->ring;
}

/**
 * shadow_op_insist() - take a lock that was tried in vain, for an operation
 * @log: the machine's log
 * @lock: a lock of the machine whose holder takes no other one, or only such as
 *	come after it
 *
 * Where locks are only tried, what an operation does depends on who looks at the
 * same just now. Of that a history knows nothing: so a recorded operation waits.
 * Others are operations as well, and not under way: who holds it only looks.
 *
 * Context: any; interrupts are off where it waits.
 * Return: true if it was taken; false outside of a recorded operation.
 */
static __always_inline bool shadow_op_insist(const struct shadow_event_log *log,
					     raw_spinlock_t *lock)
{
	return shadow_op_kept() && log && log->ring &&
	       __shadow_op_insist(log->ring, lock);
}

/**
 * shadow_op_resched() - cond_resched(), unless we are inside of an operation
 * @log: the machine's log
 *
 * Context: process, with or without the ring's lock.
 */
static inline void shadow_op_resched(const struct shadow_event_log *log)
{
	struct shadow_ring *ring = log ? log->ring : NULL;

	if (!shadow_op_kept() || !ring || !shadow_ring_inside(ring))
		cond_resched();
}

/**
 * shadow_op_end_more() - it has been done, or refused; with a payload
 * @op: as shadow_op_begin() filled it
 * @what: an enum shadow_op_id
 * @error: 0 or -errno
 * @payload: text or numbers that no argument holds
 * @length: its bytes
 * @...: its arguments and results as shadow_ops names them, up to five
 *
 * Context: as shadow_op_begin() left it.
 */
#define shadow_op_end_more(op, what, error, payload, length, ...)	\
do {									\
	if (shadow_op_kept() && (op)->ring) {				\
		const u64 done[SHADOW_RING_ARGS] = { __VA_ARGS__ };	\
									\
		__shadow_op_end(op, what, error, done, payload, length); \
	}								\
} while (0)

/* The same without one */
#define shadow_op_end(op, what, error, ...)				\
	shadow_op_end_more(op, what, error, NULL, 0, __VA_ARGS__)

#endif /* SHADOW_RING_H */
