// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_owners - what of a machine is in use, by call site. See
 * shadow_owners.h.
 */
#include <linux/sched.h>

#include "shadow_boot.h"
#include "shadow_owners.h"
#include "shadow_slab_debug.h"
#include "shadow_slab_report.h"

#define RESCHED_EVERY	0x4000	/* frames */

const char *const shadow_owners_kinds[SHADOW_NR_OWNERS_KINDS] = {
	[SHADOW_OWNERS_PAGES] = "pages",
	[SHADOW_OWNERS_EARLY] = "early",
	[SHADOW_OWNERS_AREAS] = "area",
	[SHADOW_OWNERS_OBJECTS] = "objects",
};

/**
 * struct found - something that is in use
 * @kind: what it is
 * @name: for what
 * @birth: when and where it was allocated
 * @caller: where, if the site is not known; 0: not known either
 * @nr: how many things it is
 * @bytes: in them
 */
struct found {
	enum shadow_owners_kind kind;
	const char *name;
	struct shadow_birth birth;
	unsigned long caller;
	u64 nr;
	u64 bytes;
};

/* ------------------------------------------------------------------- rows */

static struct shadow_owners_row *row_for(struct shadow_owners *owners,
					 const struct found *found)
{
	struct shadow_owners_row *row = owners->row;
	struct shadow_owners_row *end = row + owners->nr_rows;

	for (; row < end; row++)
		if (row->kind == found->kind && row->caller == found->caller &&
		    !strcmp(row->name, found->name))
			return row;
	if (owners->nr_rows == SHADOW_OWNERS_ROWS)
		return NULL;
	owners->nr_rows++;
	*row = (struct shadow_owners_row) {
		.kind = found->kind, .name = found->name,
		.caller = found->caller,
	};
	return row;
}

static void add_to_row(struct shadow_owners_row *row, const struct found *found)
{
	const struct shadow_birth *birth = &found->birth;

	if (!row->nr || (birth->seq && birth->seq < row->oldest_seq)) {
		row->oldest_seq = birth->seq;
		row->oldest_ns = birth->ns;
		row->site = birth->site;
	}
	row->nr += found->nr;
	row->bytes += found->bytes;
}

static void add(struct shadow_owners *owners, struct found *found,
		struct shadow_owners_row *row)
{
	owners->nr[found->kind] += found->nr;
	owners->bytes[found->kind] += found->bytes;
	if (!row)
		row = row_for(owners, found);
	if (row)
		add_to_row(row, found);
	else
		owners->nr_lost += found->nr;
}

/* A site is looked up once: names in the host's code are slow to find */
static void set_caller(struct shadow_mm *mm, struct found *found)
{
	if (found->birth.site)
		found->caller = shadow_site_caller(&mm->sites, found->birth.site);
}

static bool is_since(const struct shadow_mm *mm, const struct shadow_birth *birth)
{
	return birth->seq > mm->sites.mark_seq;
}

/* --------------------------------------------------------------- the kinds */

static void add_block(struct shadow_mm *mm, const struct shadow_page *page,
		      unsigned int order, unsigned int class, void *to)
{
	struct shadow_owners_row *row = NULL;
	struct shadow_owners *owners = to;
	struct found found = {
		.kind = SHADOW_OWNERS_PAGES, .name = shadow_owner_names[class],
		.nr = 1, .bytes = 1ULL << (mm->nodes.page_shift + order),
	};
	u16 *row_of;

	shadow_page_owner_get(mm->nodes.page_owner, page, &found.birth);
	if (owners->marked && !is_since(mm, &found.birth))
		return;
	/* It lies in the block, and is an index from now on */
	if (found.birth.site >= SHADOW_MAX_SITES)
		found.birth.site = 0;
	row_of = &owners->row_of[found.birth.site][class];
	if (*row_of) {
		row = &owners->row[*row_of - 1];
	} else {
		set_caller(mm, &found);
		row = row_for(owners, &found);
		*row_of = row ? row - owners->row + 1 : 0;
	}
	add(owners, &found, row);
}

typedef void (*seen_t)(struct shadow_mm *mm, const struct shadow_page *page,
		       unsigned int order, unsigned int class, void *to);

/*
 * Blocks in use. Without locks: each frame is seen once, as what it is at that
 * time; what it says of itself is used when it makes sense.
 */
static void each_block(struct shadow_mm *mm, seen_t seen, void *to)
{
	const struct shadow_memmap *memmap = &mm->nodes.memmap;
	const struct shadow_page *page;
	unsigned int nr, order, class;
	u32 i;

	if (!shadow_boot_reached(mm, SHADOW_PHASE_MEM_INIT))
		return;
	for (nr = 0; nr < memmap->nr_banks; nr++) {
		page = &memmap->pages[memmap->bank[nr].first];
		for (i = 0; i < memmap->bank[nr].nr; i++, page++) {
			if (!(i % RESCHED_EVERY))
				cond_resched();
			order = shadow_page_order(page);
			class = shadow_page_owner(page);
			if (shadow_page_state(page) == SHADOW_PAGE_ALLOCATED &&
			    order <= mm->nodes.max_order &&
			    class < SHADOW_NR_OWNERS)
				seen(mm, page, order, class, to);
		}
	}
}

static void collect_early(struct shadow_mm *mm, struct shadow_owners *owners)
{
	const struct shadow_early_log *log = mm->early.log;
	unsigned int i;

	if (!shadow_boot_reached(mm, SHADOW_PHASE_SETUP_FDT))
		return;
	for (i = 0; i < log->nr; i++) {
		struct found found = {
			.kind = SHADOW_OWNERS_EARLY,
			.name = log->range[i].owner,
			.birth = log->range[i].birth,
			.nr = 1, .bytes = log->range[i].bytes,
		};

		if (owners->marked && !is_since(mm, &found.birth))
			continue;
		set_caller(mm, &found);
		add(owners, &found, NULL);
	}
}

static const char *area_kind(const struct shadow_vmalloc_info *info)
{
	if (info->flags & SHADOW_VMAP_IOREMAP)
		return "ioremap";
	return info->flags & SHADOW_VMAP_MAP ? "vmap" : "vmalloc";
}

static void collect_areas(struct shadow_mm *mm, struct shadow_owners *owners)
{
	u64 guard = 1ULL << mm->nodes.page_shift;
	struct shadow_vmalloc_info info;
	u64 va;

	if (!shadow_boot_reached(mm, SHADOW_PHASE_VMALLOC_INIT))
		return;
	for (va = 0; !shadow_vmalloc_next(&mm->vmalloc, va, &info);
	     va = info.va_end) {
		struct found found = {
			.kind = SHADOW_OWNERS_AREAS, .name = area_kind(&info),
			.birth = info.birth, .caller = info.caller, .nr = 1,
			.bytes = info.va_end - info.va_start - guard,
		};

		if (owners->marked && !is_since(mm, &found.birth))
			continue;
		set_caller(mm, &found);
		add(owners, &found, NULL);
	}
}

/* What is known of the oldest object of a site, read from the block */
static struct shadow_birth birth_of(const struct shadow_slab_site *site)
{
	return (struct shadow_birth) {
		.seq = site->oldest, .ns = site->oldest_ns,
		.site = site->stack < SHADOW_MAX_SITES ? site->stack : 0,
	};
}

/* Of whoever stores its users: the others' are in slabinfo */
static void collect_objects(struct shadow_mm *mm, struct shadow_owners *owners)
{
	struct shadow_slab_leaks *leaks = mm->host->zalloc(sizeof(*leaks));
	struct shadow_slab *slab = &mm->slab;
	struct shadow_kmem_cache *cache = NULL;
	u32 i;

	if (!leaks || !shadow_boot_reached(mm, SHADOW_PHASE_SLAB_INIT))
		goto free_leaks;
	while ((cache = shadow_slab_next(slab, cache))) {
		if (cache == slab->kmem_cache || cache == slab->kmem_cache_node ||
		    !(cache->desc.flags & SHADOW_SLAB_STORE_USER))
			continue;
		shadow_kmem_cache_leaks_since(cache, owners->marked ?
					      mm->mark->slab_when : 0, leaks);
		owners->nr_lost += leaks->nr_others;
		for (i = 0; i < leaks->nr_sites; i++) {
			struct found found = {
				.kind = SHADOW_OWNERS_OBJECTS,
				.name = shadow_kmem_cache_name(cache),
				.birth = birth_of(&leaks->site[i]),
				.nr = leaks->site[i].nr,
				.bytes = leaks->site[i].nr *
					 cache->desc.object_bytes,
			};

			set_caller(mm, &found);
			add(owners, &found, NULL);
		}
	}
free_leaks:
	mm->host->free(leaks);
}

/* ---------------------------------------------------------------- together */

static int larger_first(const void *a, const void *b)
{
	const struct shadow_owners_row *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return x->kind == y->kind ? strcmp(x->name, y->name) :
				    (int)x->kind - (int)y->kind;
}

/* Few have changed places since they were found: of the largest things first */
static void sort_rows(struct shadow_owners *owners)
{
	struct shadow_owners_row row;
	u32 gap, i, k;

	for (gap = owners->nr_rows / 2; gap; gap /= 2) {
		for (i = gap; i < owners->nr_rows; i++) {
			row = owners->row[i];
			for (k = i; k >= gap; k -= gap) {
				if (larger_first(&owners->row[k - gap], &row) <= 0)
					break;
				owners->row[k] = owners->row[k - gap];
			}
			owners->row[k] = row;
		}
	}
}

/**
 * shadow_owners_collect() - sum up what is in use
 * @mm: the machine
 * @marked: only what was allocated after the mark, which there is
 * @owners: filled
 *
 * Follows read_page_owner() of mm/page_owner.c with tools/mm/page_owner_sort.c.
 *
 * Context: process context, sleeps. Allocations may go on: then each thing is
 * counted as it was when it was looked at.
 */
void shadow_owners_collect(struct shadow_mm *mm, bool marked,
			   struct shadow_owners *owners)
{
	memset(owners, 0, sizeof(*owners));
	owners->marked = marked;
	each_block(mm, add_block, owners);
	collect_early(mm, owners);
	collect_areas(mm, owners);
	collect_objects(mm, owners);
	sort_rows(owners);
}

/* Has somebody from outside asked for a frame of that class, by itself? */
static bool is_users_class(const char *name)
{
	return !strcmp(name, shadow_owner_names[SHADOW_OWNER_DIRECT]) ||
	       !strcmp(name, shadow_owner_names[SHADOW_OWNER_KMALLOC]) ||
	       !strcmp(name, shadow_owner_names[SHADOW_OWNER_USER]) ||
	       !strcmp(name, shadow_owner_names[SHADOW_OWNER_SHARED]);
}

/**
 * shadow_owners_of_users() - is it something that users have to give back?
 * @row: of shadow_owners_collect()
 *
 * Slabs, tables and pages of areas are their layers': what users have of those
 * are objects, mappings and areas.
 *
 * Context: any.
 * Return: true if it is.
 */
bool shadow_owners_of_users(const struct shadow_owners_row *row)
{
	switch (row->kind) {
	case SHADOW_OWNERS_PAGES:
		return is_users_class(row->name);
	case SHADOW_OWNERS_AREAS:
		return true;
	case SHADOW_OWNERS_OBJECTS:
		return strcmp(row->name, "vmap_area");
	default:
		return false;
	}
}

/* -------------------------------------------------------------------- mark */

static void count_block(struct shadow_mm *mm, const struct shadow_page *page,
			unsigned int order, unsigned int class, void *to)
{
	struct shadow_owners_mark *now = to;

	now->frames[class] += BIT(order);
}

static void count_areas(struct shadow_mm *mm, struct shadow_owners_mark *now)
{
	u64 guard = 1ULL << mm->nodes.page_shift;
	struct shadow_vmalloc_info info;
	u64 va;

	if (!shadow_boot_reached(mm, SHADOW_PHASE_VMALLOC_INIT))
		return;
	for (va = 0; !shadow_vmalloc_next(&mm->vmalloc, va, &info);
	     va = info.va_end) {
		now->nr_areas++;
		now->area_bytes += info.va_end - info.va_start - guard;
	}
}

/**
 * shadow_owners_cache() - a cache's number
 * @mm: the machine
 * @cache: one of its caches
 *
 * Context: any.
 * Return: index of struct shadow_owners_mark.objects.
 */
u32 shadow_owners_cache(const struct shadow_mm *mm,
			const struct shadow_kmem_cache *cache)
{
	return cache - mm->slab.caches;
}

static void count_objects(struct shadow_mm *mm, struct shadow_owners_mark *now)
{
	struct shadow_slab_leaks *leaks = mm->host->zalloc(sizeof(*leaks));
	struct shadow_kmem_cache *cache = NULL;

	if (!leaks || !shadow_boot_reached(mm, SHADOW_PHASE_SLAB_INIT))
		goto free_leaks;
	now->slab_when = atomic64_read(&mm->slab.watch->clock) + 1;
	while ((cache = shadow_slab_next(&mm->slab, cache))) {
		shadow_kmem_cache_leaks(cache, leaks);
		now->objects[shadow_owners_cache(mm, cache)] = leaks->nr_live;
	}
free_leaks:
	mm->host->free(leaks);
}

/**
 * shadow_owners_count() - how much is in use now, by what it is for
 * @mm: the machine
 * @now: filled
 *
 * Context: process context, sleeps.
 */
void shadow_owners_count(struct shadow_mm *mm, struct shadow_owners_mark *now)
{
	const struct shadow_early_log *log = mm->early.log;
	unsigned int i;

	memset(now, 0, sizeof(*now));
	now->ns = mm->host->now();
	each_block(mm, count_block, now);
	count_areas(mm, now);
	count_objects(mm, now);
	if (!shadow_boot_reached(mm, SHADOW_PHASE_SETUP_FDT))
		return;
	for (i = 0; i < log->nr; i++)
		now->early_bytes += log->range[i].bytes;
}

/**
 * shadow_owners_set_mark() - what is allocated from now on is looked for
 * @mm: the machine
 *
 * Takes the place of a mark that there was before.
 *
 * Context: process context, sleeps; who collects is kept out.
 * Return: 0, or -ENOMEM where the host has no memory, and nothing has changed.
 */
int shadow_owners_set_mark(struct shadow_mm *mm)
{
	u64 nr = mm->mark ? mm->mark->nr : 0;

	if (!mm->mark)
		mm->mark = mm->host->zalloc(sizeof(*mm->mark));
	if (!mm->mark)
		return -ENOMEM;
	shadow_owners_count(mm, mm->mark);
	mm->mark->nr = nr + 1;
	mm->sites.mark_seq = atomic64_read(&mm->sites.seq);
	return 0;
}
