/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_event - one-line hooks that the core calls, and what they feed.
 *
 * A site costs one patched-out branch while nobody listens, which is the
 * default. The core knows nothing of who listens. Three may:
 *
 *	counters	how often, by CPU (file vmstat)
 *	the ring	each event with its arguments, in the order in which the
 *			machine's state changed (shadow_ring.h)
 *	the sink	whoever hosts the machine: tracepoints
 *
 * Each event has a key of its own, raised once by each that listens to it;
 * counters do not raise those of shadow_event_inline().
 */
#ifndef SHADOW_EVENT_H
#define SHADOW_EVENT_H

#include "shadow_compat.h"

struct shadow_latency;
struct shadow_ring;

enum shadow_event_id {
	SHADOW_EV_PAGE_ALLOC,
	SHADOW_EV_PAGE_FREE,
	SHADOW_EV_PAGE_SPLIT,
	SHADOW_EV_PAGE_MERGE,
	SHADOW_EV_PAGE_FALLBACK,
	SHADOW_EV_PAGE_STEAL,
	SHADOW_EV_PAGE_REFUSED,
	SHADOW_EV_PCP_REFILL,
	SHADOW_EV_PCP_DRAIN,
	SHADOW_EV_MEMBLOCK_ADD,
	SHADOW_EV_MEMBLOCK_RESERVE,
	SHADOW_EV_MEMBLOCK_FREE,
	SHADOW_EV_MEMBLOCK_ALLOC,
	SHADOW_EV_TABLE_ALLOC,
	SHADOW_EV_TABLE_FREE,
	SHADOW_EV_MAP,
	SHADOW_EV_UNMAP,
	SHADOW_EV_BLOCK_SPLIT,
	SHADOW_EV_TABLE_FOLD,
	SHADOW_EV_TLBI,
	SHADOW_EV_CACHE_CREATE,
	SHADOW_EV_CACHE_DESTROY,
	SHADOW_EV_SLAB_NEW,
	SHADOW_EV_SLAB_DISCARD,
	SHADOW_EV_OBJECT_ALLOC,
	SHADOW_EV_OBJECT_FREE,
	SHADOW_EV_KMALLOC,
	SHADOW_EV_KFREE,
	SHADOW_EV_VMALLOC,
	SHADOW_EV_VFREE,
	SHADOW_EV_PHASE,
	SHADOW_EV_BOOTMEM_RESERVE,
	SHADOW_EV_BOOTMEM_FREE,
	SHADOW_EV_BOOTMEM_ALLOC,
	SHADOW_EV_MEMBLOCK_REMOVE,
	SHADOW_EV_PROTECT,
	SHADOW_NR_EVENTS
};

#define SHADOW_EVENT_ARGS	5

/**
 * struct shadow_event_info - what an event is
 * @name: as tracepoint and in the ring; kmem's where it has one
 * @counter: line of vmstat; the kernel's where it has one
 * @unit: what is counted: "pages", "blocks", "bytes", "objects", or "" for the
 *	event itself
 * @arg: names of the arguments, in their order; NULL after the last. Several
 *	words are as many numbers in one argument: shadow_event_pack() makes it,
 *	shadow_event_part() takes it apart
 */
struct shadow_event_info {
	const char *name;
	const char *counter;
	const char *unit;
	const char *arg[SHADOW_EVENT_ARGS];
};

extern const struct shadow_event_info shadow_events[SHADOW_NR_EVENTS];

#define SHADOW_EVENT_PART_BITS	16
#define SHADOW_EVENT_PARTS	4	/* in one argument, at most */

/* Three numbers in one argument, each of 16 bits, the first in the lowest */
static inline u64 shadow_event_pack(u16 first, u16 second, u16 third)
{
	return first | (u64)second << SHADOW_EVENT_PART_BITS |
	       (u64)third << (2 * SHADOW_EVENT_PART_BITS);
}

/* The number of such an argument that @nr others come before */
static inline u16 shadow_event_part(u64 arg, unsigned int nr)
{
	return arg >> (nr * SHADOW_EVENT_PART_BITS);
}

/**
 * struct shadow_event_counts - what one CPU's events have added up to
 * @count: per event
 */
struct shadow_event_counts {
	atomic64_t count[SHADOW_NR_EVENTS];
} ____cacheline_aligned;

/**
 * struct shadow_event_source - a layer that counts some events by itself
 * @count: how often @id has happened there; 0 for what it does not count
 *
 * On a fast path an event is counted by who does it, under a lock and in a line
 * that it has anyway; what it has counted is asked for when somebody reads.
 */
struct shadow_event_source {
	u64 (*count)(const struct shadow_event_source *source,
		     enum shadow_event_id id);
};

#define SHADOW_EVENT_SOURCES	16	/* of one machine */

/**
 * struct shadow_event_log - who listens to a machine
 * @counts: @nr_cpus of them, in the host's memory; NULL: nobody counts
 * @nr_cpus: CPUs that have counters
 * @past: what sources had counted that are gone
 * @source: the others; NULL: a free place
 * @ring: where each event is kept; NULL: nowhere
 * @machine: the machine's name, for the sink
 * @latency: what measures how long operations take; NULL: nobody does
 */
struct shadow_event_log {
	struct shadow_event_counts *counts;
	unsigned int nr_cpus;
	u64 past[SHADOW_NR_EVENTS];
	const struct shadow_event_source *source[SHADOW_EVENT_SOURCES];
	struct shadow_ring *ring;
	const char *machine;
	struct shadow_latency *latency;
};

/**
 * struct shadow_event_args - an event on its way to those who listen
 * @id: what happened
 * @nr: how many (pages, objects, bytes: what the event counts)
 * @name: of a cache, an owner, a phase; or NULL. Not kept
 * @ip: where in the code the caller is, or 0
 * @arg: the others, as shadow_events says; what is not given is 0
 */
struct shadow_event_args {
	enum shadow_event_id id;
	u64 nr;
	const char *name;
	unsigned long ip;
	u64 arg[SHADOW_EVENT_ARGS];
};

/*
 * The host's: called for every event whose key is raised, NULL: there is none.
 * It asks its own tracepoints whether they are on.
 */
extern void (*shadow_event_sink)(const struct shadow_event_log *log,
				 const struct shadow_event_args *args);

extern struct static_key_false shadow_event_keys[SHADOW_NR_EVENTS];

/*
 * Somebody wants every operation to take its long way: failures on purpose,
 * routes, the ring, latencies, owners of pages. One key, so that a fast path
 * asks once.
 */
DECLARE_STATIC_KEY_FALSE(shadow_watch_key);

/* ... of these somebody but the ring, which has a shorter way of its own */
DECLARE_STATIC_KEY_FALSE(shadow_long_key);

/* Counters are on, of which machine ever */
DECLARE_STATIC_KEY_FALSE(shadow_count_key);

/* Some machine has a ring */
DECLARE_STATIC_KEY_FALSE(shadow_ring_key);
DECLARE_STATIC_KEY_FALSE(shadow_sink_key);

void shadow_event_init(struct shadow_event_log *log);
size_t shadow_event_bytes(unsigned int nr_cpus);
void shadow_event_set_counts(struct shadow_event_log *log, void *mem,
			     unsigned int nr_cpus);
bool shadow_event_add_source(struct shadow_event_log *log,
			     const struct shadow_event_source *source);
void shadow_event_drop_source(struct shadow_event_log *log,
			      const struct shadow_event_source *source);
u64 shadow_event_count(const struct shadow_event_log *log,
		       enum shadow_event_id id);
void shadow_event_enable(bool on);
void shadow_event_measure(bool on);
void shadow_event_listen(enum shadow_event_id id, bool on);
void shadow_event_record(bool on);
void shadow_watch(bool on);
void __shadow_event_tally(struct shadow_event_log *log, enum shadow_event_id id,
			  u64 nr);
void __shadow_event_keep(struct shadow_event_log *log,
			 const struct shadow_event_args *args);
void __shadow_event_tell(const struct shadow_event_log *log,
			 const struct shadow_event_args *args);
void __shadow_event(struct shadow_event_log *log,
		    const struct shadow_event_args *args);

/*
 * With SHADOW_NO_EVENTS nobody can listen, and hooks are nothing: what they cost
 * is measured against that, see scripts/bench.sh.
 */
#ifdef SHADOW_NO_EVENTS
#define SHADOW_HOOKED(branch)	false
#else
#define SHADOW_HOOKED(branch)	(branch)
#endif

/*
 * Does somebody want the long way? Where each instruction counts, it is apart and
 * out of line: what is told, recorded or measured needs a frame of the stack.
 */
static __always_inline bool shadow_watched(void)
{
	return SHADOW_HOOKED(static_branch_unlikely(&shadow_watch_key));
}

/*
 * Do counters count? Asked where an event is counted in a line that the path
 * has anyway: laid out for yes, since no costs a branch in either case.
 */
static __always_inline bool shadow_counting(void)
{
	return SHADOW_HOOKED(static_branch_likely(&shadow_count_key));
}

/*
 * Does a ring or the sink listen, to any event? For those whose keys counters
 * raise as well, and that are counted elsewhere.
 */
static __always_inline bool shadow_event_listened(void)
{
	return SHADOW_HOOKED(static_branch_unlikely(&shadow_ring_key) ||
			     static_branch_unlikely(&shadow_sink_key));
}

/* Does somebody listen? For paths that call nothing unless somebody does */
static __always_inline bool shadow_event_heard(const enum shadow_event_id id)
{
	return SHADOW_HOOKED(static_branch_unlikely(&shadow_event_keys[id]));
}

/**
 * shadow_event_inline() - is an event counted by who does it?
 * @id: which
 *
 * Counters do not raise the keys of these, but for shadow_event_zoned(): they
 * count what their sources have, and what shadow_event_tally() was told.
 *
 * Context: any.
 * Return: true if it is.
 */
static inline bool shadow_event_inline(enum shadow_event_id id)
{
	const u64 ids = BIT_ULL(SHADOW_EV_PAGE_ALLOC) |
			BIT_ULL(SHADOW_EV_PAGE_FREE) |
			BIT_ULL(SHADOW_EV_PAGE_SPLIT) |
			BIT_ULL(SHADOW_EV_PAGE_MERGE) |
			BIT_ULL(SHADOW_EV_PCP_REFILL) |
			BIT_ULL(SHADOW_EV_PCP_DRAIN) |
			BIT_ULL(SHADOW_EV_MAP) | BIT_ULL(SHADOW_EV_UNMAP) |
			BIT_ULL(SHADOW_EV_TLBI) |
			BIT_ULL(SHADOW_EV_OBJECT_ALLOC) |
			BIT_ULL(SHADOW_EV_OBJECT_FREE) |
			BIT_ULL(SHADOW_EV_KMALLOC) | BIT_ULL(SHADOW_EV_KFREE);

	return ids >> id & 1;
}

/* Of those, does a zone count it, where its key is raised for counters as well? */
static inline bool shadow_event_zoned(enum shadow_event_id id)
{
	return id == SHADOW_EV_PAGE_SPLIT || id == SHADOW_EV_PAGE_MERGE ||
	       id == SHADOW_EV_PCP_REFILL || id == SHADOW_EV_PCP_DRAIN;
}

/**
 * shadow_event_watched() - is an event told on the long way alone?
 * @id: which
 *
 * Where pages, objects and mappings come and go, nobody asks for the keys of
 * these before shadow_watch_key.
 *
 * Context: any.
 * Return: true if it is.
 */
static inline bool shadow_event_watched(enum shadow_event_id id)
{
	return shadow_event_inline(id) &&
	       (id < SHADOW_EV_PAGE_SPLIT || id >= SHADOW_EV_MAP);
}

/**
 * shadow_event_tally() - count an event that sources count, where there is none
 * @log: the machine's log
 * @id: what happened: one of those that shadow_event_inline() has
 * @nr: how many
 *
 * Context: any, also under raw spinlocks with interrupts off.
 */
static __always_inline void shadow_event_tally(struct shadow_event_log *log,
					       enum shadow_event_id id, u64 nr)
{
	if (SHADOW_HOOKED(static_branch_unlikely(&shadow_count_key)))
		__shadow_event_tally(log, id, nr);
}

/**
 * shadow_event_named() - tell that something with a name happened
 * @log: the machine's log
 * @event: what happened, a constant
 * @number: how many (pages, objects, bytes: what the event counts)
 * @called: the name, or NULL
 * @...: the event's arguments as shadow_events names them, up to five; they are
 *	evaluated only if somebody listens
 *
 * Context: any, also under raw spinlocks with interrupts off.
 */
#define shadow_event_named(log, event, number, called, ...)		\
do {									\
	if (shadow_event_heard(event)) {				\
		const struct shadow_event_args told = {			\
			.id = (event), .nr = (number), .name = (called),	\
			.ip = _RET_IP_, .arg = { __VA_ARGS__ },		\
		};							\
									\
		__shadow_event(log, &told);				\
	}								\
} while (0)

/* The same without a name */
#define shadow_event(log, event, number, ...)				\
	shadow_event_named(log, event, number, NULL, __VA_ARGS__)

#endif /* SHADOW_EVENT_H */
