// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slab_report - what debugging has found, kept. See
 * shadow_slab_report.h; as text it is made in shadow_slab_report_text.c.
 */
#include "shadow_slab_debug.h"

/**
 * shadow_slab_watch_bytes() - host's memory for reports and quarantine
 * @cfg: how the caches shall be
 *
 * Context: any.
 * Return: bytes.
 */
u64 shadow_slab_watch_bytes(const struct shadow_slab_config *cfg)
{
	return ALIGN(sizeof(struct shadow_slab_watch), SHADOW_SLAB_MEM_ALIGN) +
	       shadow_slab_max_held(cfg) * sizeof(struct shadow_slab_held);
}

/**
 * shadow_slab_watch_init() - nothing has been found yet
 * @slab: the layer; its configuration is set
 * @mem: shadow_slab_watch_bytes(), any contents
 *
 * Context: while the layer boots.
 */
void shadow_slab_watch_init(struct shadow_slab *slab, void *mem)
{
	struct shadow_slab_watch *watch = mem;

	memset(watch, 0, sizeof(*watch));
	raw_spin_lock_init(&watch->lock);
	raw_spin_lock_init(&watch->held_lock);
	raw_spin_lock_init(&watch->look_lock);
	watch->max_held = shadow_slab_max_held(&slab->cfg);
	watch->held = mem + ALIGN(sizeof(*watch), SHADOW_SLAB_MEM_ALIGN);
	slab->watch = watch;
}

/* ---------------------------------------------------------------- making one */

/* The next place; the lock is held until report_end(). */
static struct shadow_slab_report *report_begin(struct shadow_slab *slab,
					       enum shadow_slab_wrong wrong,
					       const struct shadow_kmem_cache *cache,
					       unsigned long *flags)
	__acquires(&slab->watch->lock)
{
	struct shadow_slab_watch *watch = slab->watch;
	struct shadow_slab_report *report;
	u64 nr;

	raw_spin_lock_irqsave(&watch->lock, *flags);
	nr = ++watch->nr_reports;
	report = &watch->report[nr % SHADOW_SLAB_REPORTS];
	memset(report, 0, sizeof(*report));
	report->nr = nr;
	report->when = atomic64_read(&watch->clock);
	report->ns = shadow_slab_now(slab);
	report->wrong = wrong;
	strscpy(report->cache, cache ? cache->desc.name : "kmalloc", sizeof(report->cache));
	return report;
}

static void report_end(struct shadow_slab *slab,
		       struct shadow_slab_report *report, unsigned long flags)
	__releases(&slab->watch->lock)
{
	shadow_slab_report_line(report, report->line, sizeof(report->line));
	raw_spin_unlock_irqrestore(&slab->watch->lock, flags);
}

static u64 slab_phys(const struct shadow_slab *slab, const void *object)
{
	struct shadow_page *page = shadow_slab_head(slab->nodes, object);

	return page ? shadow_page_to_phys(slab->nodes, page) : 0;
}

/* As much around the wrong bytes as fits; the whole object, if that does. */
static void dump_object(struct shadow_slab_report *report,
			const struct shadow_kmem_cache *cache, const char *object)
{
	s64 from = -(s64)min_t(u32, cache->desc.user_offset, 16);
	s64 end = shadow_slab_mark_at(cache) + sizeof(struct shadow_slab_mark);

	if (end - from > SHADOW_REPORT_DUMP &&
	    report->at - from > SHADOW_REPORT_DUMP / 2)
		from = max_t(s64, from,
			     round_down(report->at - SHADOW_REPORT_DUMP / 2, 16));
	report->dump_at = from;
	report->nr_dump = min_t(s64, end - from, SHADOW_REPORT_DUMP);
	memcpy(report->dump, object + from, report->nr_dump);
}

/* What an object with debugging says of itself. */
static void fill_object(struct shadow_slab_report *report,
			const struct shadow_kmem_cache *cache, const char *inner)
{
	const char *object = inner + cache->desc.user_offset;

	lockdep_assert_held(&cache->debug.lock);
	report->red_left = cache->desc.user_offset;
	report->red_right = cache->debug.red_bytes;
	report->alloc = shadow_slab_track_get(cache, inner, SHADOW_TRACK_ALLOC);
	report->free = shadow_slab_track_get(cache, inner, SHADOW_TRACK_FREE);
	report->out = true;
	dump_object(report, cache, object);
}

static void fill_place(struct shadow_slab_report *report,
		       const struct shadow_kmem_cache *cache, const char *inner)
{
	report->slab = slab_phys(cache->slab, inner);
	report->object = shadow_slab_phys(cache, inner + cache->desc.user_offset);
	report->object_bytes = cache->desc.object_bytes;
}

/**
 * shadow_slab_report_object() - something is wrong with an object
 * @cache: the cache
 * @inner: the engine's object
 * @stack: who came across it
 * @finding: what is wrong
 *
 * The caller sees to it that nobody gets the object any more.
 *
 * Context: any; cache->debug.lock is held.
 */
void shadow_slab_report_object(struct shadow_kmem_cache *cache,
			       const char *inner, u64 stack,
			       const struct shadow_slab_finding *finding)
{
	struct shadow_slab_report *report;
	unsigned long flags;

	report = report_begin(cache->slab, finding->wrong, cache, &flags);
	report->at = finding->at;
	report->nr_wrong = finding->nr_wrong;
	report->expected = finding->expected;
	report->found = finding->found;
	report->stack = stack;
	fill_place(report, cache, inner);
	fill_object(report, cache, inner);
	report_end(cache->slab, report, flags);
}

/**
 * shadow_slab_report_pointer() - something was freed that cannot be
 * @slab: the layer
 * @cache: where it was freed to; NULL: it was kfree()
 * @owner: the cache of the object that it points into; NULL: into none
 * @inner: that object, as the engine sees it
 * @object: the pointer
 * @stack: who did it
 *
 * Context: any; with debugging in @owner, its debug.lock is held.
 */
void shadow_slab_report_pointer(struct shadow_slab *slab,
				struct shadow_kmem_cache *cache,
				struct shadow_kmem_cache *owner,
				const char *inner, const void *object, u64 stack)
{
	enum shadow_slab_wrong wrong = SHADOW_WRONG_POINTER;
	struct shadow_slab_report *report;
	unsigned long flags;
	u64 phys;

	if (owner && owner != cache && inner + owner->desc.user_offset == object)
		wrong = SHADOW_WRONG_CACHE;
	report = report_begin(slab, wrong, cache, &flags);
	report->stack = stack;
	if (owner) {
		fill_place(report, owner, inner);
		report->at = (const char *)object - (inner + owner->desc.user_offset);
		if (owner != cache)
			strscpy(report->other, owner->desc.name, sizeof(report->other));
		if (shadow_slab_debugged(owner))
			fill_object(report, owner, inner);
	} else {
		phys = shadow_virt_to_phys(slab->nodes->block, object);
		report->object = shadow_block_has(slab->nodes->block, phys, 1) ? phys : 0;
	}
	report_end(slab, report, flags);
}

/**
 * shadow_slab_report_fault() - an engine has found its links or lists broken
 * @cache: the cache whose turn it was
 * @inner: the object that was to be freed, or NULL
 *
 * The machine is frozen; that is reported once.
 *
 * Context: any; without locks but that of the layer.
 */
void shadow_slab_report_fault(struct shadow_kmem_cache *cache,
			      const char *inner)
{
	struct shadow_slab *slab = cache->slab;
	struct shadow_slab_report *report;
	unsigned long flags;

	if (READ_ONCE(slab->watch->froze))
		return;
	report = report_begin(slab, SHADOW_WRONG_FREELIST, cache, &flags);
	slab->watch->froze = true;
	strscpy(report->fault, cache->fault->text, sizeof(report->fault));
	if (inner)
		fill_place(report, cache, inner);
	report_end(slab, report, flags);
	shadow_slab_report_tell(slab);
}

/**
 * shadow_slab_report_leaks() - a cache shall go, and has objects in use
 * @cache: the cache
 * @nr_live: how many
 * @live: physical addresses of the first of them, 0 behind the last
 * @live_by: where those were allocated, 0 where that is not known
 *
 * Context: any.
 */
void shadow_slab_report_leaks(struct shadow_kmem_cache *cache, u64 nr_live,
			      const u64 *live, const u64 *live_by)
{
	struct shadow_slab_report *report;
	unsigned long flags;

	report = report_begin(cache->slab, SHADOW_WRONG_LEAK, cache, &flags);
	report->object_bytes = cache->desc.object_bytes;
	report->nr_live = nr_live;
	memcpy(report->live, live, sizeof(report->live));
	memcpy(report->live_by, live_by, sizeof(report->live_by));
	report_end(cache->slab, report, flags);
}

/* -------------------------------------------------------------- reading them */

/* One that has not been told yet; those that were overwritten are not. */
static bool next_line(struct shadow_slab_watch *watch, char *line)
{
	unsigned long flags;
	bool more;

	raw_spin_lock_irqsave(&watch->lock, flags);
	if (watch->nr_reports > SHADOW_SLAB_REPORTS)
		watch->nr_told = max(watch->nr_told, watch->nr_reports - SHADOW_SLAB_REPORTS);
	more = watch->nr_told < watch->nr_reports;
	if (more) {
		watch->nr_told++;
		strscpy(line, watch->report[watch->nr_told % SHADOW_SLAB_REPORTS].line,
			SHADOW_REPORT_LINE);
	}
	raw_spin_unlock_irqrestore(&watch->lock, flags);
	return more;
}

/**
 * shadow_slab_report_tell() - the host hears of what has been found
 * @slab: the layer
 *
 * Context: any; without locks but that of the layer.
 */
void shadow_slab_report_tell(struct shadow_slab *slab)
{
	const struct shadow_slab_host *host = slab->cfg.host;
	struct shadow_slab_watch *watch = slab->watch;
	char line[SHADOW_REPORT_LINE];

	if (likely(READ_ONCE(watch->nr_told) == READ_ONCE(watch->nr_reports)))
		return;
	while (next_line(watch, line)) {
		if (host && host->report)
			host->report(host->arg, line);
	}
}

/**
 * shadow_slab_nr_reports() - how much has been found
 * @slab: the layer
 *
 * Context: any.
 * Return: reports ever made; the newest SHADOW_SLAB_REPORTS can be had.
 */
u64 shadow_slab_nr_reports(struct shadow_slab *slab)
{
	return slab->watch ? READ_ONCE(slab->watch->nr_reports) : 0;
}

/**
 * shadow_slab_get_report() - one of the reports
 * @slab: the layer
 * @nr: which: from 1 to shadow_slab_nr_reports()
 * @report: filled
 *
 * Context: any.
 * Return: false if it is not there any more, or not yet.
 */
bool shadow_slab_get_report(struct shadow_slab *slab, u64 nr,
			    struct shadow_slab_report *report)
{
	struct shadow_slab_watch *watch = slab->watch;
	unsigned long flags;
	bool there;

	if (!watch || !nr)
		return false;
	raw_spin_lock_irqsave(&watch->lock, flags);
	*report = watch->report[nr % SHADOW_SLAB_REPORTS];
	there = report->nr == nr;
	raw_spin_unlock_irqrestore(&watch->lock, flags);
	return there;
}

/**
 * shadow_slab_nr_out() - objects that nobody gets any more
 * @slab: the layer
 *
 * Context: as shadow_slab_next().
 * Return: how many, in all caches.
 */
u64 shadow_slab_nr_out(struct shadow_slab *slab)
{
	struct shadow_kmem_cache *cache = NULL;
	u64 nr = 0;

	while ((cache = shadow_slab_next(slab, cache)))
		nr += READ_ONCE(cache->debug.nr_out);
	return nr;
}
