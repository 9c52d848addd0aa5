// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_event - what the core's one-line hooks feed. See shadow_event.h.
 */
#include "shadow_event.h"
#include "shadow_ring.h"

DEFINE_STATIC_KEY_ARRAY_FALSE(shadow_event_keys, SHADOW_NR_EVENTS);
DEFINE_STATIC_KEY_FALSE(shadow_watch_key);
DEFINE_STATIC_KEY_FALSE(shadow_long_key);
DEFINE_STATIC_KEY_FALSE(shadow_count_key);
DEFINE_STATIC_KEY_FALSE(shadow_ring_key);

/* Somebody listens behind the sink */
DEFINE_STATIC_KEY_FALSE(shadow_sink_key);

void (*shadow_event_sink)(const struct shadow_event_log *log,
			  const struct shadow_event_args *args);

const struct shadow_event_info shadow_events[SHADOW_NR_EVENTS] = {
	[SHADOW_EV_PAGE_ALLOC] = {
		"mm_page_alloc", "pgalloc", "pages",
		{ "pfn", "order", "gfp_flags", "migratetype" } },
	[SHADOW_EV_PAGE_FREE] = {
		"mm_page_free", "pgfree", "pages",
		{ "pfn", "order" } },
	[SHADOW_EV_PAGE_SPLIT] = {
		"mm_page_split", "pgsplit", "",
		{ "pfn", "order", "from_order" } },
	[SHADOW_EV_PAGE_MERGE] = {
		"mm_page_merge", "pgmerge", "",
		{ "pfn", "order", "from_order" } },
	[SHADOW_EV_PAGE_FALLBACK] = {
		"mm_page_alloc_extfrag", "pgfallback", "",
		{ "pfn", "alloc_order fallback_order pageblock_order",
		  "alloc_migratetype fallback_migratetype change_ownership" } },
	[SHADOW_EV_PAGE_STEAL] = {
		"mm_page_steal", "pageblock_steal", "",
		{ "pfn", "old_migratetype", "new_migratetype", "nr_moved" } },
	[SHADOW_EV_PAGE_REFUSED] = {
		"mm_page_refused", "pgrefused", "",
		{ "order", "gfp_flags", "zone", "free", "mark" } },
	[SHADOW_EV_PCP_REFILL] = {
		"mm_page_pcpu_refill", "pcp_refill", "blocks",
		{ "zone", "order", "migratetype", "cpu" } },
	[SHADOW_EV_PCP_DRAIN] = {
		"mm_page_pcpu_drain", "pcp_drain", "blocks",
		{ "zone", "order", "migratetype", "cpu", "pfn" } },
	[SHADOW_EV_MEMBLOCK_ADD] = {
		"memblock_add", "memblock_add", "bytes",
		{ "base", "size", "nid", "flags" } },
	[SHADOW_EV_MEMBLOCK_RESERVE] = {
		"memblock_reserve", "memblock_reserve", "bytes",
		{ "base", "size", "nid", "flags" } },
	[SHADOW_EV_MEMBLOCK_FREE] = {
		"memblock_free", "memblock_free", "bytes",
		{ "base", "size" } },
	[SHADOW_EV_MEMBLOCK_ALLOC] = {
		"memblock_alloc", "memblock_alloc", "bytes",
		{ "base", "size", "align", "nid" } },
	[SHADOW_EV_TABLE_ALLOC] = {
		"table_alloc", "table_alloc", "",
		{ "pa", "nr_tables" } },
	[SHADOW_EV_TABLE_FREE] = {
		"table_free", "table_free", "",
		{ "pa", "nr_tables" } },
	[SHADOW_EV_MAP] = {
		"map", "map", "pages",
		{ "va", "pa", "nr_pages", "prot", "flags" } },
	[SHADOW_EV_UNMAP] = {
		"unmap", "unmap", "pages",
		{ "va", "nr_pages", "lazy" } },
	[SHADOW_EV_BLOCK_SPLIT] = {
		"block_split", "block_split", "",
		{ "va", "level", "table_pa" } },
	[SHADOW_EV_TABLE_FOLD] = {
		"table_fold", "table_fold", "",
		{ "va", "level", "table_pa" } },
	[SHADOW_EV_TLBI] = {
		"tlbi", "tlbi", "",
		{ "kind", "va", "size", "nr" } },
	[SHADOW_EV_CACHE_CREATE] = {
		"kmem_cache_create", "cache_create", "",
		{ "cache", "object_size", "align", "flags", "size" } },
	[SHADOW_EV_CACHE_DESTROY] = {
		"kmem_cache_destroy", "cache_destroy", "",
		{ "cache" } },
	[SHADOW_EV_SLAB_NEW] = {
		"slab_new", "slab_new", "",
		{ "cache", "pfn", "order" } },
	[SHADOW_EV_SLAB_DISCARD] = {
		"slab_discard", "slab_discard", "",
		{ "cache", "pfn", "order" } },
	[SHADOW_EV_OBJECT_ALLOC] = {
		"kmem_cache_alloc", "object_alloc", "objects",
		{ "pa", "cache", "bytes_req", "bytes_alloc", "gfp_flags" } },
	[SHADOW_EV_OBJECT_FREE] = {
		"kmem_cache_free", "object_free", "objects",
		{ "pa", "cache" } },
	[SHADOW_EV_KMALLOC] = {
		"kmalloc", "kmalloc", "objects",
		{ "pa", "bytes_req", "bytes_alloc", "gfp_flags", "node" } },
	[SHADOW_EV_KFREE] = {
		"kfree", "kfree", "objects",
		{ "pa" } },
	[SHADOW_EV_VMALLOC] = {
		"vmalloc", "vmalloc", "pages",
		{ "va", "size", "gfp_flags", "order" } },
	[SHADOW_EV_VFREE] = {
		"vfree", "vfree", "pages",
		{ "va", "size" } },
	[SHADOW_EV_PHASE] = {
		"boot_phase", "boot_phase", "",
		{ "phase", "ns", "err" } },
	[SHADOW_EV_BOOTMEM_RESERVE] = {
		"bootmem_reserve", "bootmem_reserve", "bytes",
		{ "base", "size" } },
	[SHADOW_EV_BOOTMEM_FREE] = {
		"bootmem_free", "bootmem_free", "bytes",
		{ "base", "size" } },
	[SHADOW_EV_BOOTMEM_ALLOC] = {
		"bootmem_alloc", "bootmem_alloc", "bytes",
		{ "base", "size", "align", "nid" } },
	[SHADOW_EV_MEMBLOCK_REMOVE] = {
		"memblock_remove", "memblock_remove", "bytes",
		{ "base", "size" } },
	[SHADOW_EV_PROTECT] = {
		"protect", "protect", "pages",
		{ "va", "nr_pages", "prot", "flags" } },
};

/**
 * shadow_event_init() - nobody listens
 * @log: the machine's log
 *
 * Context: any.
 */
void shadow_event_init(struct shadow_event_log *log)
{
	memset(log, 0, sizeof(*log));
}

/**
 * shadow_event_bytes() - what counters take
 * @nr_cpus: CPUs of the machine
 *
 * Context: any.
 * Return: bytes for shadow_event_set_counts().
 */
size_t shadow_event_bytes(unsigned int nr_cpus)
{
	return nr_cpus * sizeof(struct shadow_event_counts);
}

/**
 * shadow_event_set_counts() - let a machine have counters
 * @log: the machine's log
 * @mem: zeroed, shadow_event_bytes() long, outside of the block, aligned to a
 *	cache line; NULL: it has none any more
 * @nr_cpus: CPUs of the machine
 *
 * Context: before the first event, or after the last.
 */
void shadow_event_set_counts(struct shadow_event_log *log, void *mem,
			     unsigned int nr_cpus)
{
	log->counts = mem;
	log->nr_cpus = mem ? nr_cpus : 0;
}

/**
 * shadow_event_add_source() - a layer counts some events by itself
 * @log: the machine's log; NULL: nobody wants to know
 * @source: the layer's; one that is there already stays
 *
 * Context: nobody reads the counters meanwhile.
 * Return: false where there is no place left: nobody sees what it counts.
 */
bool shadow_event_add_source(struct shadow_event_log *log,
			     const struct shadow_event_source *source)
{
	unsigned int i, place = SHADOW_EVENT_SOURCES;

	for (i = 0; log && i < SHADOW_EVENT_SOURCES; i++) {
		if (log->source[i] == source)
			return true;
		if (!log->source[i] && place == SHADOW_EVENT_SOURCES)
			place = i;
	}
	if (!log || place == SHADOW_EVENT_SOURCES)
		return false;
	log->source[place] = source;
	return true;
}

/**
 * shadow_event_drop_source() - a layer ends; what it has counted stays
 * @log: the machine's log, or NULL
 * @source: the layer's; nothing happens where it is not there
 *
 * Context: nobody reads the counters meanwhile.
 */
void shadow_event_drop_source(struct shadow_event_log *log,
			      const struct shadow_event_source *source)
{
	unsigned int i;
	int id;

	for (i = 0; log && i < SHADOW_EVENT_SOURCES; i++) {
		if (log->source[i] != source)
			continue;
		log->source[i] = NULL;
		for (id = 0; id < SHADOW_NR_EVENTS; id++)
			log->past[id] += source->count(source, id);
	}
}

/**
 * shadow_event_count() - how often an event happened while counters were on
 * @log: the machine's log
 * @id: which
 *
 * Context: any; a momentary value.
 * Return: the sum over all CPUs and sources.
 */
u64 shadow_event_count(const struct shadow_event_log *log,
		       enum shadow_event_id id)
{
	unsigned int cpu, i;
	u64 sum = log->past[id];

	for (cpu = 0; cpu < log->nr_cpus; cpu++)
		sum += atomic64_read(&log->counts[cpu].count[id]);
	for (i = 0; i < SHADOW_EVENT_SOURCES; i++)
		if (log->source[i])
			sum += log->source[i]->count(log->source[i], id);
	return sum;
}

static void turn(struct static_key_false *key, bool on)
{
	if (on)
		static_branch_inc(key);
	else
		static_branch_dec(key);
}

/**
 * shadow_event_listen() - let the sink be told of an event, or not
 * @id: which
 * @on: each call with true needs one with false
 *
 * A key is shared by all machines: a static branch patches code, and the code
 * is one. Where pages, objects and mappings come and go, shadow_watch_key is
 * asked for first.
 *
 * Context: process context; sleeps in the kernel.
 */
void shadow_event_listen(enum shadow_event_id id, bool on)
{
	turn(&shadow_sink_key, on);
	turn(&shadow_event_keys[id], on);
	if (shadow_event_watched(id))
		shadow_watch(on);
}

/**
 * shadow_event_enable() - let all events count, or not
 * @on: each call with true needs one with false
 *
 * Context: process context; sleeps in the kernel.
 */
void shadow_event_enable(bool on)
{
	int id;

	turn(&shadow_count_key, on);
	for (id = 0; id < SHADOW_NR_EVENTS; id++)
		if (!shadow_event_inline(id) || shadow_event_zoned(id))
			turn(&shadow_event_keys[id], on);
}

/**
 * shadow_event_measure() - let it be noted where lists are filled and emptied
 * @on: each call with true needs one with false
 *
 * For latencies, which ask which way an operation went.
 *
 * Context: process context; sleeps in the kernel.
 */
void shadow_event_measure(bool on)
{
	turn(&shadow_event_keys[SHADOW_EV_PCP_REFILL], on);
	turn(&shadow_event_keys[SHADOW_EV_PCP_DRAIN], on);
}

/**
 * shadow_event_record() - let rings be told of all events, or not
 * @on: each call with true needs one with false
 *
 * Context: process context; sleeps in the kernel.
 */
void shadow_event_record(bool on)
{
	int id;

	turn(&shadow_ring_key, on);
	for (id = 0; id < SHADOW_NR_EVENTS; id++)
		turn(&shadow_event_keys[id], on);
	turn(&shadow_watch_key, on);
}

/**
 * shadow_watch() - let every operation take its long way, or not
 * @on: each call with true needs one with false
 *
 * Context: process context; sleeps in the kernel.
 */
void shadow_watch(bool on)
{
	turn(&shadow_long_key, on);
	turn(&shadow_watch_key, on);
}

/**
 * __shadow_event_tally() - the slow half of shadow_event_tally()
 * @log: the machine's log; NULL: nobody counts
 * @id: what happened
 * @nr: how many
 *
 * Context: any.
 */
void __shadow_event_tally(struct shadow_event_log *log, enum shadow_event_id id,
			  u64 nr)
{
	unsigned int cpu = raw_smp_processor_id();

	if (likely(log && log->counts))
		atomic64_add(nr, &log->counts[cpu % log->nr_cpus].count[id]);
}

/**
 * __shadow_event_keep() - an event for counters and the ring, not for the sink
 * @log: the machine's log; NULL: nobody listens to this one
 * @args: what happened
 *
 * Context: any, also under raw spinlocks with interrupts off.
 */
void __shadow_event_keep(struct shadow_event_log *log,
			 const struct shadow_event_args *args)
{
	if (unlikely(!log))
		return;
	if (static_branch_unlikely(&shadow_count_key) &&
	    !shadow_event_inline(args->id))
		__shadow_event_tally(log, args->id, args->nr);
	if (static_branch_unlikely(&shadow_ring_key) && log->ring)
		shadow_ring_event(log->ring, args);
}

/**
 * __shadow_event_tell() - an event for the sink alone
 * @log: the machine's log; NULL: nobody listens to this one
 * @args: what happened
 *
 * Context: any, also under raw spinlocks with interrupts off.
 */
void __shadow_event_tell(const struct shadow_event_log *log,
			 const struct shadow_event_args *args)
{
	void (*sink)(const struct shadow_event_log *log,
		     const struct shadow_event_args *args);

	if (!static_branch_unlikely(&shadow_sink_key) || unlikely(!log))
		return;
	sink = READ_ONCE(shadow_event_sink);
	if (sink)
		sink(log, args);
}

/**
 * __shadow_event() - the slow half of shadow_event(), with the key raised
 * @log: the machine's log; NULL: nobody listens to this one
 * @args: what happened
 *
 * Context: any, also under raw spinlocks with interrupts off.
 */
void __shadow_event(struct shadow_event_log *log,
		    const struct shadow_event_args *args)
{
	__shadow_event_keep(log, args);
	__shadow_event_tell(log, args);
}
