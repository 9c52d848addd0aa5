// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slab_debug_check - what is done with all objects of a cache: check
 * them, count those in use, and what is left of them at the end. See
 * shadow_slab_debug.h.
 */
#include "shadow_ring.h"
#include "shadow_slab_debug.h"

/* ---------------------------------------------------------------- all objects */

/**
 * struct walk - a walk over objects
 * @slab: the layer
 * @only: of this cache; NULL: of all
 * @visit: called for each
 * @arg: given to it
 * @last: the one visited last: the pieces of a shared slab may have several
 *	numbers in one object
 */
struct walk {
	struct shadow_slab *slab;
	struct shadow_kmem_cache *only;
	shadow_slab_visit_fn visit;
	void *arg;
	char *last;
};

static bool wanted(const struct walk *walk, const struct shadow_kmem_cache *cache)
{
	return cache && (!walk->only || cache == walk->only);
}

/*
 * The object is looked for again under the lock: shadow_slab_give() takes it
 * before the frames go, so what is found then stays.
 */
static bool visit_one(struct walk *walk, const char *at, bool free)
{
	struct shadow_kmem_cache *cache, *again;
	unsigned long flags;
	bool more = true;
	char *inner;

	cache = shadow_slab_resolve(walk->slab, at, &inner);
	if (!wanted(walk, cache) || inner == walk->last)
		return true;
	walk->last = inner;
	if (!shadow_slab_debugged(cache))
		return walk->visit(cache, inner, free, walk->arg);
	raw_spin_lock_irqsave(&cache->debug.lock, flags);
	again = shadow_slab_resolve(walk->slab, at, &inner);
	if (again == cache) {
		shadow_slab_unshade(cache, inner);
		more = walk->visit(cache, inner, free, walk->arg);
		shadow_slab_shade(cache, inner);
	}
	raw_spin_unlock_irqrestore(&cache->debug.lock, flags);
	return more;
}

static bool visit_slab(struct walk *walk, struct shadow_page *page)
{
	struct shadow_slab_look *look = &walk->slab->watch->look;
	u32 i, id = READ_ONCE(page->slab.cache);
	bool more = true;

	/* Not looked at: pieces of all, that no cache knows, and other caches' */
	if (id == SHADOW_SLAB_SHARED || (walk->only && id < SHADOW_SLAB_MAX_CACHES &&
					 id != walk->only->desc.id))
		return true;
	if (walk->slab->engine->look(walk->slab, page, look))
		return true;
	if (look->cache && !wanted(walk, look->cache))
		return true;
	for (i = 0; i < look->nr && more; i++)
		more = visit_one(walk, look->base + (u64)i * look->bytes,
				 test_bit(i, look->free));
	return more;
}

/**
 * shadow_slab_walk() - all objects, those in use and the free ones
 * @slab: the layer
 * @only: of this cache; NULL: of all
 * @visit: called for each, with debug.lock held where the cache has debugging;
 *	what it is told of free or not is of a moment ago. False ends the walk
 * @arg: given to it
 *
 * Context: any; without locks but that of the layer.
 */
void shadow_slab_walk(struct shadow_slab *slab, struct shadow_kmem_cache *only,
		      shadow_slab_visit_fn visit, void *arg)
{
	struct walk walk = { .slab = slab, .only = only, .visit = visit, .arg = arg };
	struct shadow_slab_watch *watch = slab->watch;
	struct shadow_page *page = NULL;
	unsigned long flags;
	bool more = true;

	while (more && (page = shadow_slab_next_frames(slab->nodes, page))) {
		if (shadow_slab_waits(page))
			continue;
		raw_spin_lock_irqsave(&watch->look_lock, flags);
		more = visit_slab(&walk, page);
		raw_spin_unlock_irqrestore(&watch->look_lock, flags);
	}
}

/* --------------------------------------------------------------------- check */

/* One report an object: tainted, it is not looked at any more. */
static bool check_object(struct shadow_kmem_cache *cache, char *inner, bool free,
			 void *arg)
{
	struct shadow_slab_finding finding;
	bool live, wrong;
	u64 *nr = arg;
	u32 state;

	if (!shadow_slab_debugged(cache))
		return true;
	state = shadow_slab_mark_get(cache, inner);
	live = state == SHADOW_MARK_LIVE;
	if (!state)
		wrong = shadow_slab_mark_wrong(cache, inner, free ? SHADOW_MARK_FREE :
					       SHADOW_MARK_LIVE, &finding);
	else if (live || state == SHADOW_MARK_FREE || state == SHADOW_MARK_WAITS)
		wrong = shadow_slab_paint_wrong(cache, inner, live, &finding);
	else
		return true;
	if (!wrong)
		return true;
	shadow_slab_report_object(cache, inner, 0, &finding);
	if (!state)
		shadow_slab_mark_set(cache, inner, free ? SHADOW_MARK_FREE : SHADOW_MARK_LIVE);
	shadow_slab_mark_taint(cache, inner);
	++*nr;
	return true;
}

static u64 check(struct shadow_slab *slab, struct shadow_kmem_cache *only)
{
	u64 nr = 0;

	shadow_slab_walk(slab, only, check_object, &nr);
	shadow_slab_report_tell(slab);
	return nr;
}

static s64 check_cache(struct shadow_kmem_cache *cache)
{
	if (!cache->live)
		return -EINVAL;
	return shadow_slab_debugged(cache) ? check(cache->slab, cache) : 0;
}

/**
 * shadow_kmem_cache_check() - look at all objects of a cache, also the free ones
 * @cache: the cache
 *
 * Each thing found is reported, once, and its object goes out of use as soon as
 * nobody has it. Follows validate_slab_cache() of mm/slub.c.
 *
 * Context: any; does not sleep. Others may allocate and free meanwhile.
 * Return: objects with which something is wrong, 0 without debugging; -EINVAL
 * for a cache that does not exist any more.
 */
s64 shadow_kmem_cache_check(struct shadow_kmem_cache *cache)
{
	struct shadow_slab *slab = cache->slab;
	struct shadow_op op;
	s64 nr;

	shadow_op_begin(&op, slab->nodes->events);
	nr = check_cache(cache);
	shadow_op_end(&op, SHADOW_OP_CACHE_CHECK, min_t(s64, nr, 0),
		      cache - slab->caches, nr);
	return nr;
}

/**
 * shadow_slab_check() - look at all objects of all caches with debugging
 * @slab: the layer
 *
 * Context: as shadow_kmem_cache_check().
 * Return: objects with which something is wrong.
 */
u64 shadow_slab_check(struct shadow_slab *slab)
{
	return check(slab, NULL);
}

/* --------------------------------------------------------------------- leaks */

/* With debugging the mark knows it best, else the engine does. */
static bool in_use(const struct shadow_kmem_cache *cache, const char *inner,
		   bool free)
{
	u32 state;

	if (!shadow_slab_debugged(cache))
		return !free;
	state = shadow_slab_mark_get(cache, inner);
	return state ? (state & ~SHADOW_MARK_TAINT) == SHADOW_MARK_LIVE : !free;
}

static void count_site(struct shadow_slab_leaks *leaks,
		       const struct shadow_slab_track *track, u64 phys)
{
	u64 stack = track->stack, when = track->when;
	struct shadow_slab_site *site = leaks->site;
	u32 i;

	for (i = 0; i < leaks->nr_sites && site[i].stack != stack; i++)
		;
	if (i == ARRAY_SIZE(leaks->site)) {
		leaks->nr_others++;
		return;
	}
	if (i == leaks->nr_sites) {
		site[leaks->nr_sites++] = (struct shadow_slab_site) {
			.stack = stack, .oldest = when, .oldest_ns = track->ns,
			.first = phys,
		};
	} else if (when < site[i].oldest) {
		site[i].oldest = when;
		site[i].oldest_ns = track->ns;
		site[i].first = phys;
	}
	site[i].nr++;
}

/* What the engine keeps in objects of its own caches is nobody's leak. */
static void without_own(const struct shadow_kmem_cache *cache,
			struct shadow_slab_leaks *leaks)
{
	const struct shadow_slab_engine *engine = cache->slab->engine;
	u64 nr_own = engine->own ? engine->own(cache) : 0;
	u32 i;

	for (i = 0; i < leaks->nr_sites && leaks->site[i].stack; i++)
		;
	if (i == leaks->nr_sites)
		return;
	nr_own = min(nr_own, leaks->site[i].nr);
	leaks->nr_live -= nr_own;
	leaks->site[i].nr -= nr_own;
	if (!leaks->site[i].nr)
		leaks->site[i] = leaks->site[--leaks->nr_sites];
}

/**
 * shadow_slab_debug_own() - an object is the engine's own: it has no call site
 * @cache: the cache
 * @object: of it, just allocated
 *
 * Context: any; without locks of the cache.
 */
void shadow_slab_debug_own(struct shadow_kmem_cache *cache, void *object)
{
	char *inner = (char *)object - cache->desc.user_offset;
	unsigned long flags;

	if (!shadow_slab_debugged(cache))
		return;
	raw_spin_lock_irqsave(&cache->debug.lock, flags);
	shadow_slab_unshade(cache, inner);
	shadow_slab_track_set(cache, inner, SHADOW_TRACK_ALLOC, 0, 0);
	shadow_slab_shade(cache, inner);
	raw_spin_unlock_irqrestore(&cache->debug.lock, flags);
}

static bool count_live(struct shadow_kmem_cache *cache, char *inner, bool free,
		       void *arg)
{
	struct shadow_slab_leaks *leaks = arg;
	struct shadow_slab_track track;

	if (!in_use(cache, inner, free))
		return true;
	track = shadow_slab_track_get(cache, inner, SHADOW_TRACK_ALLOC);
	if (track.when < leaks->since)
		return true;
	leaks->nr_live++;
	count_site(leaks, &track,
		   shadow_slab_phys(cache, inner + cache->desc.user_offset));
	return true;
}

/* There are few, and the one with most objects is of interest first. */
static void sort_sites(struct shadow_slab_leaks *leaks)
{
	struct shadow_slab_site site;
	u32 i, k;

	for (i = 1; i < leaks->nr_sites; i++) {
		site = leaks->site[i];
		for (k = i; k && leaks->site[k - 1].nr < site.nr; k--)
			leaks->site[k] = leaks->site[k - 1];
		leaks->site[k] = site;
	}
}

/**
 * shadow_kmem_cache_leaks() - what of a cache is in use, by call site
 * @cache: the cache
 * @leaks: filled; sites are known with SHADOW_SLAB_STORE_USER alone
 *
 * Context: any; does not sleep.
 */
void shadow_kmem_cache_leaks(struct shadow_kmem_cache *cache,
			     struct shadow_slab_leaks *leaks)
{
	shadow_kmem_cache_leaks_since(cache, 0, leaks);
}

/**
 * shadow_kmem_cache_leaks_since() - what of a cache has come into use since then
 *	and still is
 * @cache: the cache; with SHADOW_SLAB_STORE_USER
 * @since: number of an operation: what was done before it does not count
 * @leaks: filled
 *
 * Context: any; does not sleep.
 */
void shadow_kmem_cache_leaks_since(struct shadow_kmem_cache *cache, u64 since,
				   struct shadow_slab_leaks *leaks)
{
	memset(leaks, 0, sizeof(*leaks));
	leaks->since = since;
	if (!cache->live)
		return;
	shadow_slab_walk(cache->slab, cache, count_live, leaks);
	without_own(cache, leaks);
	sort_sites(leaks);
}

/* ----------------------------------------------------------------- the end */

/**
 * struct remaining - objects in use when their cache shall go
 * @nr: how many
 * @live: where the first of them are
 * @live_by: where those were allocated
 */
struct remaining {
	u64 nr;
	u64 live[SHADOW_REPORT_LIVE];
	u64 live_by[SHADOW_REPORT_LIVE];
};

static bool list_live(struct shadow_kmem_cache *cache, char *inner, bool free,
		      void *arg)
{
	struct remaining *left = arg;

	if (!in_use(cache, inner, free))
		return true;
	if (left->nr < SHADOW_REPORT_LIVE) {
		left->live[left->nr] =
			shadow_slab_phys(cache, inner + cache->desc.user_offset);
		left->live_by[left->nr] =
			shadow_slab_track_get(cache, inner, SHADOW_TRACK_ALLOC).stack;
	}
	left->nr++;
	return true;
}

/**
 * struct batch - objects that have been out of use
 * @nr: how many
 * @inner: they
 */
struct batch {
	unsigned int nr;
	char *inner[32];
};

static bool collect_out(struct shadow_kmem_cache *cache, char *inner, bool free,
			void *arg)
{
	struct batch *batch = arg;

	if (free || !shadow_slab_debugged(cache) ||
	    shadow_slab_mark_get(cache, inner) != SHADOW_MARK_OUT)
		return true;
	shadow_slab_mark_set(cache, inner, SHADOW_MARK_FREE);
	batch->inner[batch->nr++] = inner;
	return batch->nr < ARRAY_SIZE(batch->inner);
}

/* The engine gets back what was out of use: nobody will get it any more. */
static void release_out(struct shadow_kmem_cache *cache)
{
	struct batch batch;
	unsigned int i;

	do {
		batch.nr = 0;
		shadow_slab_walk(cache->slab, cache, collect_out, &batch);
		for (i = 0; i < batch.nr; i++)
			cache->slab->engine->calls.free(cache, 0, batch.inner[i]);
	} while (batch.nr == ARRAY_SIZE(batch.inner));
	cache->debug.nr_out = 0;
}

/**
 * shadow_slab_debug_close() - a cache shall go
 * @cache: the cache
 *
 * Nothing of it is held back any more, all free objects are checked, and what
 * was out of use comes back: the engine can close it, unless objects are in use.
 * Those are reported.
 *
 * Context: any; under the layer's lock, nobody uses the cache.
 * Return: 0, or -EBUSY while objects are in use.
 */
int shadow_slab_debug_close(struct shadow_kmem_cache *cache)
{
	struct remaining left = {};

	if (shadow_slab_debugged(cache))
		shadow_slab_drain(cache->slab, cache, 0);
	shadow_slab_walk(cache->slab, cache, list_live, &left);
	if (left.nr) {
		shadow_slab_report_leaks(cache, left.nr, left.live, left.live_by);
		shadow_slab_report_tell(cache->slab);
		return -EBUSY;
	}
	if (!shadow_slab_debugged(cache))
		return 0;
	/* Whoever wrote to a free object is not found later: free_slab() */
	check(cache->slab, cache);
	release_out(cache);
	return 0;
}

static void tell_site(struct shadow_kmem_cache *cache, u64 nr, u64 stack)
{
	const struct shadow_slab_host *host = cache->slab->cfg.host;
	char line[SHADOW_REPORT_LINE], site[SHADOW_SLAB_SITE];
	int len;

	len = scnprintf(line, sizeof(line), "%llu objects of cache %s in use",
			(unsigned long long)nr, cache->desc.name);
	if (stack) {
		shadow_slab_site(cache->slab, stack, site, sizeof(site));
		scnprintf(line + len, sizeof(line) - len, ", allocated in %s", site);
	}
	host->report(host->arg, line);
}

/* One line a site: "3 objects of cache kmalloc-64 in use, allocated in foo+0x10" */
static void tell_leaks(struct shadow_kmem_cache *cache)
{
	struct shadow_slab_leaks leaks;
	u32 i;

	shadow_kmem_cache_leaks(cache, &leaks);
	for (i = 0; i < leaks.nr_sites; i++)
		tell_site(cache, leaks.site[i].nr, leaks.site[i].stack);
	if (leaks.nr_others)
		tell_site(cache, leaks.nr_others, 0);
}

/**
 * shadow_slab_debug_drop() - all caches go, whoever still has objects
 * @slab: the layer
 *
 * What is held back or out of use is given back first, for nobody has it. The
 * host hears of the rest, by call site.
 *
 * Context: any; nobody uses the layer any more.
 */
void shadow_slab_debug_drop(struct shadow_slab *slab)
{
	const struct shadow_slab_host *host = slab->cfg.host;
	struct shadow_kmem_cache *cache = NULL;

	if (!slab->watch || slab->state != SHADOW_SLAB_UP)
		return;
	shadow_slab_drain(slab, NULL, 0);
	shadow_slab_check(slab);
	while ((cache = shadow_slab_next(slab, cache))) {
		if (shadow_slab_debugged(cache))
			release_out(cache);
		if (host && host->report && cache != slab->kmem_cache &&
		    cache != slab->kmem_cache_node)
			tell_leaks(cache);
	}
	shadow_slab_report_tell(slab);
}
