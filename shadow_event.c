// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_event - what the core's one-line hooks feed. See shadow_event.h.
 */
#include "shadow_event.h"
#include "shadow_ring.h"

DEFINE_STATIC_KEY_ARRAY_FALSE(shadow_event_keys, SHADOW_NR_EVENTS);
DEFINE_STATIC_KEY_FALSE(shadow_watch_key);
DEFINE_STATIC_KEY_FALSE(shadow_count_key);

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
		{ "pfn", "alloc_order", "fallback_order", "alloc_migratetype", "fallback_migratetype" } },
	[SHADOW_EV_PAGE_STEAL] = {
		"mm_page_steal", "pgsteal_block", "",
		{ "pfn", "old_migratetype", "new_migratetype", "nr_moved" } },
	[SHADOW_EV_PAGE_REFUSED] = {
		"mm_page_refused", "pgrefused", "",
		{ "order", "gfp_flags", "zone", "free", "mark" } },
	[SHADOW_EV_PCP_REFILL] = {
		"mm_page_pcpu_refill", "pcp_refill", "blocks",
		{ "zone", "order", "migratetype", "cpu" } },
	[SHADOW_EV_PCP_DRAIN] = {
		"mm_page_pcpu_drain", "pcp_drain", "blocks",
		{ "zone", "order", "migratetype", "cpu" } },
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
 * shadow_event_count() - how often an event happened while counters were on
 * @log: the machine's log
 * @id: which
 *
 * Context: any; a momentary value.
 * Return: the sum over all CPUs.
 */
u64 shadow_event_count(const struct shadow_event_log *log,
		       enum shadow_event_id id)
{
	unsigned int cpu;
	u64 sum = 0;

	for (cpu = 0; cpu < log->nr_cpus; cpu++)
		sum += atomic64_read(&log->counts[cpu].count[id]);
	return sum;
}

/**
 * shadow_event_listen() - raise or lower the key of one event
 * @id: which
 * @on: each call with true needs one with false
 *
 * A key is shared by all machines: a static branch patches code, and the code
 * is one.
 *
 * Context: process context; sleeps in the kernel.
 */
void shadow_event_listen(enum shadow_event_id id, bool on)
{
	if (on)
		static_branch_inc(&shadow_event_keys[id]);
	else
		static_branch_dec(&shadow_event_keys[id]);
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

	if (on)
		static_branch_inc(&shadow_count_key);
	else
		static_branch_dec(&shadow_count_key);
	for (id = 0; id < SHADOW_NR_EVENTS; id++)
		shadow_event_listen(id, on);
}

/**
 * shadow_watch() - let every operation take its long way, or not
 * @on: each call with true needs one with false
 *
 * Context: process context; sleeps in the kernel.
 */
void shadow_watch(bool on)
{
	if (on)
		static_branch_inc(&shadow_watch_key);
	else
		static_branch_dec(&shadow_watch_key);
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
	void (*sink)(const struct shadow_event_log *log,
		     const struct shadow_event_args *args);
	unsigned int cpu = raw_smp_processor_id();

	if (unlikely(!log))
		return;
	if (static_branch_unlikely(&shadow_count_key) && log->counts)
		atomic64_add(args->nr,
			     &log->counts[cpu % log->nr_cpus].count[args->id]);
	if (log->ring)
		shadow_ring_event(log->ring, args);
	sink = READ_ONCE(shadow_event_sink);
	if (sink)
		sink(log, args);
}
