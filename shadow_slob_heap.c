// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slob_heap - the engine "slob": the lists of shared pages, where a search
 * begins, and what a page's first and last object do. See shadow_slob.h.
 */
#include "shadow_latency.h"
#include "shadow_page_list.h"
#include "shadow_slob.h"

const char *const shadow_slob_list_names[SLOB_NR_LISTS] = {
	[SLOB_SMALL] = "small",
	[SLOB_MEDIUM] = "medium",
	[SLOB_LARGE] = "large",
};

/**
 * shadow_slob_contents() - the contents of a slab
 * @slab: the layer
 * @page: its first frame
 *
 * Context: any.
 * Return: a pointer; NULL where they would not lie in the block, or have none,
 * and the page is no slab whatever it says.
 */
char *shadow_slob_contents(const struct shadow_slab *slab,
			   const struct shadow_page *page)
{
	return shadow_slab_contents(slab->nodes, page, shadow_page_order(page));
}

/**
 * shadow_slob_is_shared() - is this a page that caches share?
 * @slab: the layer
 * @page: any frame
 *
 * Context: any; the answer holds under the engine's lock.
 * Return: true if it is.
 */
bool shadow_slob_is_shared(const struct shadow_slab *slab,
			   const struct shadow_page *page)
{
	u32 state = shadow_slob_state(page);

	return shadow_page_state(page) == SHADOW_PAGE_ALLOCATED &&
	       shadow_page_owner(page) == SHADOW_OWNER_SLAB &&
	       READ_ONCE(page->slab.cache) == SHADOW_SLAB_SHARED &&
	       !shadow_page_order(page) &&
	       state >= SLOB_FULL && state < SLOB_LISTED + SLOB_NR_LISTS &&
	       shadow_slob_type(page) < SHADOW_NR_KMALLOC_TYPES &&
	       shadow_page_nid(page) < slab->nodes->nr_nodes;
}

/* The list that a page says it is on */
static struct shadow_page_list *list_of(struct shadow_slob *slob,
					const struct shadow_page *page)
{
	return &slob->list[shadow_page_nid(page)][shadow_slob_type(page)]
			  [shadow_slob_state(page) - SLOB_LISTED];
}

static void set_state(struct shadow_page *page, u32 state, u32 type)
{
	WRITE_ONCE(page->slab.state, state | type << SLOB_TYPE_SHIFT);
}

static int unlist(struct shadow_slab *slab, struct shadow_page *page)
{
	struct shadow_slob *slob = shadow_slob_of(slab);

	lockdep_assert_held(&slob->lock);
	if (!shadow_page_list_del(&slab->nodes->memmap, list_of(slob, page), page))
		return shadow_slob_broken(slab, page, "links of its list");
	set_state(page, SLOB_FULL, shadow_slob_type(page));
	return 0;
}

static int enlist(struct shadow_slab *slab, struct shadow_page *page, u32 type,
		  u32 bytes)
{
	struct shadow_slob *slob = shadow_slob_of(slab);

	lockdep_assert_held(&slob->lock);
	set_state(page, SLOB_LISTED + shadow_slob_list_of(bytes), type);
	if (!shadow_page_list_push(&slab->nodes->memmap, list_of(slob, page), page))
		return shadow_slob_broken(slab, page, "head of its list");
	return 0;
}

/* A page in the middle becomes the first; list_rotate_to_front() */
static int rotate(struct shadow_slab *slab, struct shadow_page_list *list,
		  struct shadow_page *page)
{
	struct shadow_memmap *memmap = &slab->nodes->memmap;
	u32 index = shadow_page_index(memmap, page);
	struct shadow_page *first, *before, *last;

	if (list->first == index)
		return 0;
	first = shadow_page_at(memmap, list->first);
	before = shadow_page_at(memmap, page->prev);
	last = shadow_page_at(memmap, list->last);
	if (!first || !before || !last || before->next != index ||
	    first->prev != SHADOW_NO_PAGE || last->next != SHADOW_NO_PAGE)
		return shadow_slob_broken(slab, page, "links of its list");
	last->next = list->first;
	first->prev = list->last;
	list->first = index;
	list->last = page->prev;
	before->next = SHADOW_NO_PAGE;
	page->prev = SHADOW_NO_PAGE;
	return 0;
}

/* The page that a list names next, if it is one of that list's */
static struct shadow_page *listed(struct shadow_slab *slab,
				  const struct shadow_page_list *list, u32 index,
				  u32 prev)
{
	struct shadow_slob *slob = shadow_slob_of(slab);
	struct shadow_page *page = shadow_page_at(&slab->nodes->memmap, index);
	const char *name;

	if (page && page->prev == prev && shadow_slob_is_shared(slab, page) &&
	    shadow_slob_state(page) != SLOB_FULL && list_of(slob, page) == list)
		return page;
	name = shadow_slob_list_names[(list - slob->list[0][0]) % SLOB_NR_LISTS];
	shadow_fault_raise(slab->nodes->fault,
			   "slob: list %s, page %u: not one of its pages", name, index);
	return NULL;
}

/* Units of a page that is on a list, which a full one leaves */
static int carve(struct shadow_slab *slab, const struct shadow_slob_want *want,
		 struct shadow_slob_piece *piece)
{
	int got = __shadow_slob_carve(slab, want, piece);

	if (got > 0 && piece->page->slab.inuse == shadow_slob_of(slab)->units)
		return unlist(slab, piece->page) ?: 1;
	return got;
}

/* Room in the pages of one list: 1, 0 or -EUCLEAN; the middle of slob_alloc() */
static int search_list(struct shadow_slab *slab, struct shadow_page_list *list,
		       const struct shadow_slob_want *want,
		       struct shadow_slob_piece *piece)
{
	struct shadow_slob *slob = shadow_slob_of(slab);
	u32 units = shadow_slob_units(slob, want->bytes);
	u32 index = list->first, prev = SHADOW_NO_PAGE;
	struct shadow_page *page;
	int got = 0;

	for (; index != SHADOW_NO_PAGE && !got; prev = index, index = page->next) {
		page = listed(slab, list, index, prev);
		if (!page)
			return -EUCLEAN;
		if (slob->units - page->slab.inuse < units)
			continue;
		piece->page = page;
		piece->base = shadow_slob_contents(slab, page);
		got = piece->base ? carve(slab, want, piece) :
		      shadow_slob_broken(slab, page, "shared page without contents");
	}
	if (got <= 0 || shadow_slob_state(page) == SLOB_FULL)
		return got;
	return rotate(slab, list, page) ?: 1;
}

/* Room in the pages of a node, or of all others */
static int search_nodes(struct shadow_slab *slab, unsigned int nid, bool others,
			const struct shadow_slob_want *want,
			struct shadow_slob_piece *piece)
{
	struct shadow_slob *slob = shadow_slob_of(slab);
	unsigned int type = shadow_slob_type_of(want->cache);
	unsigned int list = shadow_slob_list_of(want->bytes);
	unsigned int i;
	int got = 0;

	if (!others)
		return search_list(slab, &slob->list[nid][type][list], want, piece);
	for (i = 0; i < slab->nodes->nr_nodes && !got; i++) {
		if (i != nid)
			got = search_list(slab, &slob->list[i][type][list], want, piece);
	}
	return got;
}

static void count(struct shadow_kmem_cache *cache, int nr, u32 units)
{
	struct shadow_slob_cache *sc = shadow_slob_cache_of(cache);

	sc->live += nr;
	sc->units += (s64)nr * units;
	shadow_slob_of(cache->slab)->nr_used += (s64)nr * units;
}

/* A page, and units of it */
static int carve_new(const struct shadow_slob_want *want,
		     struct shadow_slob_piece *piece)
{
	struct shadow_slab *slab = want->cache->slab;
	struct shadow_slob *slob = shadow_slob_of(slab);
	unsigned long flags;
	int got;

	piece->page = shadow_slab_take(want->cache, want->cpu, want->gfp, 0, 0);
	if (!piece->page)
		return 0;
	piece->base = shadow_slob_contents(slab, piece->page);
	raw_spin_lock_irqsave(&slob->lock, flags);
	__shadow_slob_fill(slob, piece);
	WRITE_ONCE(piece->page->slab.cache, SHADOW_SLAB_SHARED);
	slob->nr_pages++;
	got = enlist(slab, piece->page, shadow_slob_type_of(want->cache), want->bytes) ?:
	      carve(slab, want, piece);
	if (got > 0)
		count(want->cache, 1, piece->units);
	raw_spin_unlock_irqrestore(&slob->lock, flags);
	return got;
}

/* Room in pages that there are: all nodes', or one's where that was wished for */
static int carve_old(const struct shadow_slob_want *want, bool others,
		     struct shadow_slob_piece *piece)
{
	struct shadow_slab *slab = want->cache->slab;
	unsigned int nid = shadow_slob_node(slab->nodes, want->cpu, want->gfp);
	unsigned long flags;
	int got;

	raw_spin_lock_irqsave(&shadow_slob_of(slab)->lock, flags);
	got = search_nodes(slab, nid, others, want, piece);
	if (got > 0)
		count(want->cache, 1, piece->units);
	raw_spin_unlock_irqrestore(&shadow_slob_of(slab)->lock, flags);
	return got;
}

/**
 * shadow_slob_get() - memory of a shared page
 * @want: how much of which kind; less than a page
 *
 * Pages that there are come before a new one, those of the CPU's node first;
 * where a node was wished for, its own and a new one come before others'.
 * Follows slob_alloc().
 *
 * Context: any; without the engine's lock.
 * Return: the memory, or NULL.
 */
void *shadow_slob_get(const struct shadow_slob_want *want)
{
	const u32 wish = SHADOW_GFP_THISNODE | 0xfU << SHADOW_GFP_NODE_SHIFT;
	struct shadow_slab *slab = want->cache->slab;
	struct shadow_slob_piece piece;
	bool alone = slab->nodes->nr_nodes == 1 || (want->gfp & SHADOW_GFP_THISNODE);
	int got;

	shadow_latency_path(slab->nodes->events, SHADOW_LATENCY_PARTIAL);
	got = carve_old(want, false, &piece);
	if (!got && !alone && !(want->gfp & wish))
		got = carve_old(want, true, &piece);
	if (!got)
		got = carve_new(want, &piece);
	if (!got && !alone && (want->gfp & wish))
		got = carve_old(want, true, &piece);
	if (got <= 0)
		return NULL;
	return piece.base + (size_t)piece.first * shadow_slob_of(slab)->unit;
}

/* The last object of a page has gone: 1, or -EUCLEAN */
static int unmake(struct shadow_slab *slab, struct shadow_page *page)
{
	if (shadow_slob_state(page) != SLOB_FULL && unlist(slab, page))
		return -EUCLEAN;
	set_state(page, SLOB_NOTHING, 0);
	WRITE_ONCE(page->slab.cache, U32_MAX);
	shadow_slob_of(slab)->nr_pages--;
	return 1;
}

/* Under the lock: 1 if the page is to be given back. */
static int put_locked(struct shadow_kmem_cache *cache,
		      const struct shadow_slob_piece *piece, u32 bytes)
{
	struct shadow_slob_cache *sc = shadow_slob_cache_of(cache);
	struct shadow_slab *slab = cache->slab;
	struct shadow_page *page = piece->page;
	int err;

	if (!sc->live || sc->units < piece->units)
		return -EINVAL;
	err = __shadow_slob_merge(slab, piece);
	if (err < 0)
		return err;
	if (err)
		err = unmake(slab, page);
	else if (shadow_slob_state(page) == SLOB_FULL)
		err = enlist(slab, page, shadow_slob_type(page), bytes);
	if (err >= 0)
		count(cache, -1, piece->units);
	return err;
}

/**
 * shadow_slob_put() - memory of a shared page comes back
 * @cache: who has paid for it
 * @cpu: whose per-CPU lists get a page that becomes empty
 * @page: the frame
 * @start: where it begins
 * @bytes: how much was wanted, header included
 *
 * Follows slob_free().
 *
 * Context: any; without the engine's lock.
 * Return: 0; -EINVAL if it is not in a shared page, or free (some of it), or the
 * cache has none in use, and nothing has changed; -EUCLEAN.
 */
int shadow_slob_put(struct shadow_kmem_cache *cache, unsigned int cpu,
		    struct shadow_page *page, const char *start, u32 bytes)
{
	struct shadow_slab *slab = cache->slab;
	struct shadow_slob *slob = shadow_slob_of(slab);
	struct shadow_slob_piece piece = { .page = page };
	unsigned long flags;
	int err = -EINVAL;
	u64 offset;

	shadow_latency_path(slab->nodes->events, SHADOW_LATENCY_PARTIAL);
	raw_spin_lock_irqsave(&slob->lock, flags);
	if (!shadow_slob_is_shared(slab, page))
		goto unlock;
	piece.base = shadow_slob_contents(slab, page);
	offset = start - piece.base;
	if (!piece.base || offset >> slab->nodes->page_shift || offset % slob->unit)
		goto unlock;
	piece.first = offset / slob->unit;
	piece.units = shadow_slob_units(slob, bytes);
	if (piece.units <= slob->units - piece.first)
		err = put_locked(cache, &piece, bytes);
unlock:
	raw_spin_unlock_irqrestore(&slob->lock, flags);
	return err > 0 ? shadow_slab_give(cache, cpu, page) : err;
}
