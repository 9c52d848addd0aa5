// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_latency - how long operations take. See shadow_latency.h.
 */
#include "shadow_latency.h"

/* Enough for the caches to be warm, and for one that nothing disturbed */
#define NR_TRIES	64

DEFINE_STATIC_KEY_FALSE(shadow_latency_key);

const char *const shadow_latency_ops[SHADOW_NR_LATENCY_OPS] = {
	[SHADOW_LATENCY_PAGE_ALLOC] = "page_alloc",
	[SHADOW_LATENCY_PAGE_FREE] = "page_free",
	[SHADOW_LATENCY_PAGE_ALLOC_BULK] = "page_alloc_bulk",
	[SHADOW_LATENCY_PAGE_FREE_BULK] = "page_free_bulk",
	[SHADOW_LATENCY_PAGE_ALLOC_EXACT] = "exact_alloc",
	[SHADOW_LATENCY_PAGE_FREE_EXACT] = "exact_free",
	[SHADOW_LATENCY_PAGE_ALLOC_CONTIG] = "contig_alloc",
	[SHADOW_LATENCY_PAGE_FREE_CONTIG] = "contig_free",
	[SHADOW_LATENCY_CACHE_ALLOC] = "cache_alloc",
	[SHADOW_LATENCY_CACHE_FREE] = "cache_free",
	[SHADOW_LATENCY_CACHE_ALLOC_BULK] = "cache_alloc_bulk",
	[SHADOW_LATENCY_CACHE_FREE_BULK] = "cache_free_bulk",
	[SHADOW_LATENCY_KMALLOC] = "kmalloc",
	[SHADOW_LATENCY_KREALLOC] = "krealloc",
	[SHADOW_LATENCY_KFREE] = "kfree",
	[SHADOW_LATENCY_VMALLOC] = "vmalloc",
	[SHADOW_LATENCY_VFREE] = "vfree",
	[SHADOW_LATENCY_MAP] = "map",
	[SHADOW_LATENCY_UNMAP] = "unmap",
	[SHADOW_LATENCY_PROTECT] = "protect",
	[SHADOW_LATENCY_EARLY_ALLOC] = "early_alloc",
};

const char *const shadow_latency_paths[SHADOW_NR_LATENCY_PATHS] = {
	[SHADOW_LATENCY_FAST] = "fast",
	[SHADOW_LATENCY_PARTIAL] = "partial",
	[SHADOW_LATENCY_NEW] = "new",
	[SHADOW_LATENCY_LARGE] = "large",
	[SHADOW_LATENCY_TABLE] = "table",
	[SHADOW_LATENCY_SPECIAL] = "special",
	[SHADOW_LATENCY_BUDDY] = "buddy",
	[SHADOW_LATENCY_SLOW] = "slow",
	[SHADOW_LATENCY_REFUSED] = "refused",
};

const char *const shadow_latency_explain[SHADOW_NR_LATENCY_PATHS] = {
	[SHADOW_LATENCY_FAST] =
		"none of the ways below: a CPU's own list, slab or array; tables that were there",
	[SHADOW_LATENCY_PARTIAL] =
		"objects: another slab of the cache, under a lock that CPUs share (slob has no other)",
	[SHADOW_LATENCY_NEW] =
		"objects: a slab was made, or went back to the page allocator",
	[SHADOW_LATENCY_LARGE] =
		"kmalloc: larger than any class, straight from the page allocator",
	[SHADOW_LATENCY_TABLE] =
		"maps: a page table was made, or went",
	[SHADOW_LATENCY_SPECIAL] =
		"pages: the general way: zeroed, of a node, a zone below its high mark, a list at its limit",
	[SHADOW_LATENCY_BUDDY] =
		"pages: a free area, under its zone's lock",
	[SHADOW_LATENCY_SLOW] =
		"pages: no zone stayed above its low mark",
	[SHADOW_LATENCY_REFUSED] =
		"the operation failed, whichever way",
};

/* Which ways an operation of its own has; the others are those of its parts */
#define PAGES	(BIT(SHADOW_LATENCY_SPECIAL) | BIT(SHADOW_LATENCY_BUDDY) | \
		 BIT(SHADOW_LATENCY_SLOW))
#define OBJECTS	(BIT(SHADOW_LATENCY_PARTIAL) | BIT(SHADOW_LATENCY_NEW))

static const u16 ways[SHADOW_NR_LATENCY_OPS] = {
	[SHADOW_LATENCY_PAGE_ALLOC] = PAGES,
	[SHADOW_LATENCY_PAGE_FREE] = PAGES,
	[SHADOW_LATENCY_PAGE_ALLOC_BULK] = PAGES,
	[SHADOW_LATENCY_PAGE_FREE_BULK] = PAGES,
	[SHADOW_LATENCY_PAGE_ALLOC_EXACT] = PAGES,
	[SHADOW_LATENCY_PAGE_FREE_EXACT] = PAGES,
	[SHADOW_LATENCY_PAGE_ALLOC_CONTIG] = PAGES,
	[SHADOW_LATENCY_PAGE_FREE_CONTIG] = PAGES,
	[SHADOW_LATENCY_CACHE_ALLOC] = OBJECTS,
	[SHADOW_LATENCY_CACHE_FREE] = OBJECTS,
	[SHADOW_LATENCY_CACHE_ALLOC_BULK] = OBJECTS,
	[SHADOW_LATENCY_CACHE_FREE_BULK] = OBJECTS,
	[SHADOW_LATENCY_KMALLOC] = OBJECTS | BIT(SHADOW_LATENCY_LARGE),
	[SHADOW_LATENCY_KREALLOC] = OBJECTS | BIT(SHADOW_LATENCY_LARGE),
	[SHADOW_LATENCY_KFREE] = OBJECTS | BIT(SHADOW_LATENCY_LARGE),
	[SHADOW_LATENCY_VMALLOC] = BIT(SHADOW_LATENCY_TABLE),
	[SHADOW_LATENCY_VFREE] = BIT(SHADOW_LATENCY_TABLE),
	[SHADOW_LATENCY_MAP] = BIT(SHADOW_LATENCY_TABLE),
	[SHADOW_LATENCY_UNMAP] = BIT(SHADOW_LATENCY_TABLE),
	[SHADOW_LATENCY_PROTECT] = BIT(SHADOW_LATENCY_TABLE),
};

const char *const shadow_latency_clocks[SHADOW_NR_LATENCY_CLOCKS] = {
	[SHADOW_LATENCY_OFF] = "off",
	[SHADOW_LATENCY_NS] = "ns",
	[SHADOW_LATENCY_CYCLES] = "cycles",
	[SHADOW_LATENCY_INSTRUCTIONS] = "instructions",
};

/**
 * shadow_latency_bytes() - what the histograms take
 * @nr_cpus: CPUs of the machine
 *
 * Context: any.
 * Return: bytes for shadow_latency_set_mem().
 */
size_t shadow_latency_bytes(unsigned int nr_cpus)
{
	return nr_cpus * sizeof(struct shadow_latency_cpu);
}

/**
 * shadow_latency_set_mem() - give a machine histograms, none of them counting
 * @latency: the machine's
 * @mem: zeroed, shadow_latency_bytes() long, outside of the block, aligned to a
 *	cache line; NULL: it has none
 * @nr_cpus: CPUs of the machine
 *
 * Context: nothing is being measured.
 */
void shadow_latency_set_mem(struct shadow_latency *latency, void *mem,
			    unsigned int nr_cpus)
{
	memset(latency, 0, sizeof(*latency));
	latency->cpu = mem;
	latency->nr_cpus = mem ? nr_cpus : 0;
}

static struct shadow_latency_cpu *this_cpu(struct shadow_latency *latency)
{
	return &latency->cpu[raw_smp_processor_id() % latency->nr_cpus];
}

/**
 * __shadow_latency_begin() - shadow_latency_begin() of a machine that measures
 * @mark: the operation, not measured so far
 * @latency: the machine's
 * @op: what begins
 *
 * Of what is part of another operation, nothing is measured.
 *
 * Context: as shadow_latency_begin().
 */
void __shadow_latency_begin(struct shadow_latency_mark *mark,
			    struct shadow_latency *latency,
			    enum shadow_latency_op op)
{
	const struct shadow_clock *clock = READ_ONCE(latency->clock);
	struct shadow_latency_cpu *cpu;

	local_irq_save(mark->irqflags);
	cpu = this_cpu(latency);
	if (cpu->open) {
		local_irq_restore(mark->irqflags);
		return;
	}
	cpu->open = mark;
	if (clock->start)
		clock->start(mark->state);
	mark->latency = latency;
	mark->clock = clock;
	mark->op = op;
	mark->path = SHADOW_LATENCY_FAST;
	mark->epoch = READ_ONCE(latency->epoch);
	mark->at = clock->read();
}

static void record(struct shadow_latency_hist *hist, u64 took)
{
	unsigned int bucket = min_t(unsigned int, fls64(took),
				    SHADOW_LATENCY_BUCKETS - 1);

	if (!hist->count || took < hist->min)
		WRITE_ONCE(hist->min, took);
	if (took > hist->max)
		WRITE_ONCE(hist->max, took);
	WRITE_ONCE(hist->sum, hist->sum + took);
	WRITE_ONCE(hist->bucket[bucket], hist->bucket[bucket] + 1);
	WRITE_ONCE(hist->count, hist->count + 1);
}

/**
 * __shadow_latency_end() - shadow_latency_end() of what is measured
 * @mark: the operation
 * @refused: it failed
 *
 * Context: as shadow_latency_end().
 */
void __shadow_latency_end(struct shadow_latency_mark *mark, bool refused)
{
	u64 took = (mark->clock->read() - mark->at) & mark->clock->mask;
	struct shadow_latency *latency = mark->latency;
	struct shadow_latency_cpu *cpu = this_cpu(latency);

	if (mark->clock->stop)
		mark->clock->stop(mark->state);
	took -= min(took, latency->overhead);
	cpu->open = NULL;
	if (refused)
		mark->path = SHADOW_LATENCY_REFUSED;
	if (mark->epoch == READ_ONCE(latency->epoch))
		record(&cpu->hist[mark->op][mark->path], took);
	local_irq_restore(mark->irqflags);
}

/**
 * __shadow_latency_path() - shadow_latency_path() of a machine that measures
 * @latency: the machine's
 * @path: the way
 *
 * Context: any.
 */
void __shadow_latency_path(struct shadow_latency *latency,
			   enum shadow_latency_path path)
{
	struct shadow_latency_mark *mark;
	unsigned long irqflags;

	local_irq_save(irqflags);
	mark = this_cpu(latency)->open;
	if (mark && path > mark->path && (ways[mark->op] & BIT(path)))
		mark->path = path;
	local_irq_restore(irqflags);
}

/**
 * __shadow_latency_inside() - is something being measured on this CPU?
 * @latency: the machine's, with memory
 *
 * Context: any.
 * Return: true if it is: then nobody else has the CPU until its end.
 */
bool __shadow_latency_inside(struct shadow_latency *latency)
{
	unsigned long irqflags;
	bool inside;

	local_irq_save(irqflags);
	inside = this_cpu(latency)->open;
	local_irq_restore(irqflags);
	return inside;
}

static void clear(struct shadow_latency *latency)
{
	unsigned int cpu;

	for (cpu = 0; cpu < latency->nr_cpus; cpu++)
		memset(latency->cpu[cpu].hist, 0, sizeof(latency->cpu[cpu].hist));
}

/* What an operation would count that does nothing; nobody else measures yet. */
static u64 measure_overhead(struct shadow_latency *latency)
{
	struct shadow_latency_mark mark;
	struct shadow_latency_hist sum;
	int i;

	latency->overhead = 0;
	clear(latency);
	for (i = 0; i < NR_TRIES; i++) {
		mark.latency = NULL;
		__shadow_latency_begin(&mark, latency, SHADOW_LATENCY_PAGE_ALLOC);
		shadow_latency_end(&mark, false);
	}
	shadow_latency_sum(latency, SHADOW_LATENCY_PAGE_ALLOC,
			   SHADOW_LATENCY_FAST, &sum);
	return sum.min;
}

/**
 * shadow_latency_set() - measure from now on, or no longer
 * @latency: the machine's, with memory
 * @log: the machine's log
 * @which: the clock, or SHADOW_LATENCY_OFF; what was measured then stays
 * @clock: it; NULL with SHADOW_LATENCY_OFF
 *
 * Starts from nothing whenever a clock is chosen, the same one or another.
 *
 * Context: process context; sleeps in the kernel. One caller at a time.
 */
void shadow_latency_set(struct shadow_latency *latency,
			struct shadow_event_log *log,
			enum shadow_latency_clock which,
			const struct shadow_clock *clock)
{
	bool was = latency->which != SHADOW_LATENCY_OFF;

	WRITE_ONCE(log->latency, NULL);
	WRITE_ONCE(latency->epoch, latency->epoch + 1);
	latency->which = which;
	if (which != SHADOW_LATENCY_OFF) {
		latency->last = which;
		WRITE_ONCE(latency->clock, clock);
		latency->overhead = measure_overhead(latency);
		WRITE_ONCE(latency->epoch, latency->epoch + 1);
		clear(latency);
		/* A reader of the log sees all of the above */
		smp_store_release(&log->latency, latency);
	}
	if (was == !!which)
		return;
	if (was)
		static_branch_dec(&shadow_latency_key);
	else
		static_branch_inc(&shadow_latency_key);
	shadow_event_measure(!was);
	shadow_watch(!was);
}

/**
 * shadow_latency_sum() - what all CPUs have measured
 * @latency: the machine's
 * @op: of which operation
 * @path: that went which way
 * @sum: filled
 *
 * Context: any; momentary values.
 */
void shadow_latency_sum(const struct shadow_latency *latency,
			enum shadow_latency_op op,
			enum shadow_latency_path path,
			struct shadow_latency_hist *sum)
{
	unsigned int cpu, bucket;

	memset(sum, 0, sizeof(*sum));
	for (cpu = 0; cpu < latency->nr_cpus; cpu++) {
		const struct shadow_latency_hist *hist =
			&latency->cpu[cpu].hist[op][path];
		u64 count = READ_ONCE(hist->count);

		if (!count)
			continue;
		if (!sum->count || READ_ONCE(hist->min) < sum->min)
			sum->min = READ_ONCE(hist->min);
		sum->max = max(sum->max, READ_ONCE(hist->max));
		sum->count += count;
		sum->sum += READ_ONCE(hist->sum);
		for (bucket = 0; bucket < SHADOW_LATENCY_BUCKETS; bucket++)
			sum->bucket[bucket] += READ_ONCE(hist->bucket[bucket]);
	}
}

/**
 * shadow_latency_rank() - what so many of a hundred did not take longer than
 * @hist: the histogram
 * @percent: how many, 1 to 100
 *
 * Context: any.
 * Return: the upper end of the bucket in which the last of them is, at most the
 * longest of all; 0 where there is none.
 */
u64 shadow_latency_rank(const struct shadow_latency_hist *hist,
			unsigned int percent)
{
	u64 rank = DIV_ROUND_UP_ULL(hist->count * percent, 100), sum = 0;
	unsigned int bucket;

	if (!hist->count)
		return 0;
	for (bucket = 0; bucket < SHADOW_LATENCY_BUCKETS - 1; bucket++) {
		sum += hist->bucket[bucket];
		if (sum >= rank)
			return min(hist->max, BIT_ULL(bucket) - 1);
	}
	return hist->max;
}
