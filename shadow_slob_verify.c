// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slob_verify - the engine "slob": what is done with all slabs of a
 * machine: count them, look at them, check them, drop them. See shadow_slob.h.
 *
 * What is in use in a shared page cannot be walked: an object says nothing of
 * itself, and kmalloc's headers are found by their objects alone. What can be
 * checked is that what is free and what is in the books of the caches are
 * together all that there is.
 */
#include <linux/bitmap.h>
#include <linux/math64.h>

#include "shadow_page_list.h"
#include "shadow_slob.h"

static struct shadow_kmem_cache *cache_of(struct shadow_slab *slab,
					  const struct shadow_page *page)
{
	struct shadow_kmem_cache *cache = shadow_slab_cache_of(slab, page);

	return cache && shadow_slob_is_own(cache, page) ? cache : NULL;
}

/**
 * shadow_slob_resolve() - the cache and the object that an address lies in
 * @slab: the layer
 * @page: the first frame of its slab
 * @virt: the address
 * @inner: filled with where the object begins
 *
 * Context: any; holds as long as the slab does.
 * Return: the cache; NULL where no object is, and in a shared page.
 */
struct shadow_kmem_cache *
shadow_slob_resolve(struct shadow_slab *slab, struct shadow_page *page,
		    const void *virt, void **inner)
{
	struct shadow_kmem_cache *cache = cache_of(slab, page);
	char *base = cache ? shadow_slob_contents(slab, page) : NULL;
	u64 index;

	if (!base)
		return NULL;
	index = div_u64((u64)((const char *)virt - base), cache->bytes);
	if (index >= cache->desc.objects)
		return NULL;
	*inner = base + index * cache->bytes;
	return cache;
}

/* -------------------------------------------------------------- look, info */

/* Pieces of a shared page that are wholly free */
static int look_shared(struct shadow_slab *slab, struct shadow_page *page,
		       struct shadow_slab_look *look)
{
	struct shadow_slob *slob = shadow_slob_of(slab);
	struct shadow_slob_piece piece = { .page = page };
	struct shadow_fault fault;
	u32 from, to;
	int more;

	shadow_fault_init(&fault);
	piece.base = shadow_slob_contents(slab, page);
	if (!piece.base)
		return -EINVAL;
	look->cache = NULL;
	look->base = piece.base;
	look->bytes = SHADOW_SLOB_PIECE;
	look->nr = slob->units * slob->unit / SHADOW_SLOB_PIECE;
	strscpy(look->where, shadow_slob_state(page) == SLOB_FULL ? "full" :
		shadow_slob_list_names[shadow_slob_state(page) - SLOB_LISTED],
		sizeof(look->where));
	while ((more = shadow_slob_next_free(slab, &fault, &piece)) > 0) {
		from = DIV_ROUND_UP(piece.first * slob->unit, SHADOW_SLOB_PIECE);
		to = (piece.first + piece.units) * slob->unit / SHADOW_SLOB_PIECE;
		if (to > from)
			bitmap_set(look->free, from, to - from);
	}
	return more ? -EINVAL : 0;
}

static int look_own(struct shadow_kmem_cache *cache, struct shadow_page *page,
		    struct shadow_slab_look *look)
{
	u32 i, mark;

	look->cache = cache;
	look->base = shadow_slob_contents(cache->slab, page);
	look->bytes = cache->bytes;
	look->nr = cache->desc.objects;
	if (!look->base)
		return -EINVAL;
	strscpy(look->where, shadow_slob_state(page) == SLOB_SLOTS_PARTIAL ? "partial" : "full",
		sizeof(look->where));
	/* Of what has no slots, the one object is in use */
	for (i = 0; cache->desc.keep && i < look->nr; i++) {
		mark = shadow_slob_slot(cache, look->base, i)->mark;
		if (mark == shadow_slob_mark(cache, i, true))
			__set_bit(i, look->free);
		else if (mark != shadow_slob_mark(cache, i, false))
			return -EINVAL;
	}
	return 0;
}

/**
 * shadow_slob_look() - what of a slab is free
 * @slab: the layer
 * @page: the slab's first frame
 * @look: filled
 *
 * Context: any; takes the engine's lock.
 * Return: 0, or -EINVAL where there is no slab, or one too broken.
 */
int shadow_slob_look(struct shadow_slab *slab, struct shadow_page *page,
		     struct shadow_slab_look *look)
{
	struct shadow_slob *slob = shadow_slob_of(slab);
	struct shadow_kmem_cache *cache;
	unsigned long flags;
	int err = -EINVAL;

	bitmap_zero(look->free, SHADOW_SLAB_MAX_OBJECTS + 1);
	raw_spin_lock_irqsave(&slob->lock, flags);
	cache = cache_of(slab, page);
	if (cache)
		err = look_own(cache, page, look);
	else if (shadow_slob_is_shared(slab, page))
		err = look_shared(slab, page, look);
	raw_spin_unlock_irqrestore(&slob->lock, flags);
	return err;
}

/**
 * shadow_slob_info() - counts of a cache
 * @cache: the cache
 * @info: its counts are filled in
 *
 * What shares its pages has no slabs: those are in the row "slob", whose objects
 * are units. So the slabs of all rows are all slabs. Where slots are kept, they
 * are the objects, in use or not.
 *
 * Context: any.
 */
void shadow_slob_info(struct shadow_kmem_cache *cache, struct shadow_slabinfo *info)
{
	struct shadow_slob *slob = shadow_slob_of(cache->slab);
	struct shadow_slob_cache *sc = shadow_slob_cache_of(cache);
	unsigned long flags;

	raw_spin_lock_irqsave(&slob->lock, flags);
	info->active_objs = sc->live;
	info->num_objs = sc->live;
	info->num_slabs = sc->nr_slabs;
	if (sc->kind == SLOB_SLOTS)
		info->num_objs = sc->nr_slabs * cache->desc.objects;
	if (sc->kind == SLOB_HEAP) {
		info->active_objs = slob->nr_used;
		info->num_objs = slob->nr_pages * slob->units;
		info->num_slabs = slob->nr_pages;
	}
	info->active_slabs = info->num_slabs;
	raw_spin_unlock_irqrestore(&slob->lock, flags);
}

/**
 * shadow_slob_drop() - give back all slabs of a machine, in use or not
 * @slab: the layer
 *
 * Goes by the frames, not by the lists: these may be corrupt.
 *
 * Context: any; nobody uses the layer any more.
 * Return: objects that were in use, those that describe caches not counted.
 */
u64 shadow_slob_drop(struct shadow_slab *slab)
{
	struct shadow_slob *slob = shadow_slob_of(slab);
	struct shadow_nodes *nodes = slab->nodes;
	struct shadow_page *page, *next;
	u64 live = 0;
	u32 id;

	for (id = 0; id < SHADOW_SLAB_MAX_CACHES; id++) {
		if (slab->caches[id].live && &slab->caches[id] != slab->kmem_cache)
			live += slob->cache[id].live;
	}
	for (page = shadow_slab_next_frames(nodes, NULL); page; page = next) {
		next = shadow_slab_next_frames(nodes, page);
		shadow_free_pages_cpu(nodes, 0, page, shadow_page_order(page));
	}
	return live;
}

/* ------------------------------------------------------------------ verify */

static int wrong(struct shadow_fault *fault, const struct shadow_slab *slab,
		 const struct shadow_page *page, const char *what)
{
	return shadow_fault_raise(fault, "slob: pfn %llu: %s",
				  (unsigned long long)shadow_page_to_pfn(slab->nodes, page),
				  what);
}

/* The free blocks are in order, apart, and as many units as the page says. */
static int verify_shared(struct shadow_slab *slab, struct shadow_page *page,
			 struct shadow_fault *fault)
{
	struct shadow_slob *slob = shadow_slob_of(slab);
	struct shadow_slob_piece piece = { .page = page };
	u32 nr = 0;
	int more;

	if (!shadow_slob_is_shared(slab, page))
		return wrong(fault, slab, page, "state of a shared page");
	piece.base = shadow_slob_contents(slab, page);
	if (!piece.base)
		return wrong(fault, slab, page, "shared page without contents");
	if (page->slab.objects != slob->units || !page->slab.inuse ||
	    page->slab.inuse > slob->units)
		return shadow_fault_raise(fault,
			"slob: pfn %llu: %u of %u units in use (allowed: 1 to %u)",
			(unsigned long long)shadow_page_to_pfn(slab->nodes, page),
			page->slab.inuse, page->slab.objects, slob->units);
	while ((more = shadow_slob_next_free(slab, fault, &piece)) > 0)
		nr += piece.units;
	if (more)
		return more;
	if (nr + page->slab.inuse != slob->units)
		return shadow_fault_raise(fault,
			"slob: pfn %llu: %u units in use and %u free are not %u",
			(unsigned long long)shadow_page_to_pfn(slab->nodes, page),
			page->slab.inuse, nr, slob->units);
	if (!nr != (shadow_slob_state(page) == SLOB_FULL))
		return wrong(fault, slab, page, nr ? "free units, but on no list" :
						     "no free units, but on a list");
	return 0;
}

/* Every slot's mark holds, and the list has all that are free. */
static int verify_slots(struct shadow_kmem_cache *cache, struct shadow_page *page,
			struct shadow_fault *fault)
{
	char *base = shadow_slob_contents(cache->slab, page);
	u32 nr = cache->desc.objects;
	u32 i, mark, used = 0, listed = 0;

	for (i = 0; i < nr; i++) {
		mark = shadow_slob_slot(cache, base, i)->mark;
		if (mark == shadow_slob_mark(cache, i, false))
			used++;
		else if (mark != shadow_slob_mark(cache, i, true))
			return shadow_fault_raise(fault,
				"slob: cache %s, pfn %llu, slot %u: mark %#x: overwritten",
				cache->desc.name,
				(unsigned long long)shadow_page_to_pfn(cache->slab->nodes, page),
				i, mark);
	}
	for (i = page->slab.freelist; i != SHADOW_SLAB_END; listed++) {
		if (i >= nr || listed >= nr ||
		    shadow_slob_slot(cache, base, i)->mark != shadow_slob_mark(cache, i, true))
			return wrong(fault, cache->slab, page, "list of free slots");
		i = shadow_slob_slot(cache, base, i)->next;
	}
	if (page->slab.objects != nr || page->slab.inuse != used || used + listed != nr)
		return wrong(fault, cache->slab, page, "slots in use and free are not all");
	if (!listed != (shadow_slob_state(page) == SLOB_SLOTS_FULL))
		return wrong(fault, cache->slab, page, "on the list and full, or neither");
	return 0;
}

static int verify_page(struct shadow_slab *slab, struct shadow_page *page,
		       struct shadow_fault *fault)
{
	struct shadow_kmem_cache *cache = cache_of(slab, page);

	if (atomic_read(&page->refcount) != 1)
		return wrong(fault, slab, page, "refcount of a slab is not 1");
	if (READ_ONCE(page->slab.cache) == SHADOW_SLAB_SHARED)
		return verify_shared(slab, page, fault);
	if (!cache || !shadow_slob_contents(slab, page))
		return wrong(fault, slab, page, "slab of no cache");
	if (shadow_slob_cache_of(cache)->kind == SLOB_SLOTS)
		return verify_slots(cache, page, fault);
	if (page->slab.inuse != 1 || page->slab.objects != 1)
		return wrong(fault, slab, page, "one object, and not in use");
	return 0;
}

/*
 * Others may use the slab meanwhile, so that it is not what it was a moment ago:
 * what is an index here is read once.
 */
static void see(struct shadow_slab *slab, const struct shadow_page *page)
{
	struct shadow_slob *slob = shadow_slob_of(slab);
	struct shadow_kmem_cache *cache = cache_of(slab, page);
	const u32 state = shadow_slob_state(page), type = shadow_slob_type(page);
	unsigned int nid = shadow_page_nid(page);

	if (cache) {
		cache->node[nid].seen_slabs++;
		cache->node[nid].seen_objects += page->slab.inuse;
		cache->node[nid].seen_partial += state == SLOB_SLOTS_PARTIAL;
		return;
	}
	slob->seen_pages++;
	slob->seen_used += page->slab.inuse;
	if (state - SLOB_LISTED < SLOB_NR_LISTS && type < SHADOW_NR_KMALLOC_TYPES)
		slob->seen_listed[nid][type][state - SLOB_LISTED]++;
}

/**
 * shadow_slob_verify_page() - one slab's free blocks or slots
 * @slab: the layer
 * @page: first frame of a block that says it is a slab
 * @fault: filled with the first thing that is wrong
 *
 * Context: as shadow_slab_verify().
 * Return: 0, or -EUCLEAN.
 */
int shadow_slob_verify_page(struct shadow_slab *slab, struct shadow_page *page,
			    struct shadow_fault *fault)
{
	int err;

	if (shadow_slab_waits(page))
		return 0;
	err = verify_page(slab, page, fault);
	if (!err)
		see(slab, page);
	return err;
}

static void see_nothing(struct shadow_slob *slob)
{
	slob->seen_pages = 0;
	slob->seen_used = 0;
	memset(slob->seen_listed, 0, sizeof(slob->seen_listed));
}

/*
 * A list is linked both ways and has @nr pages, all of one node, of @id, with
 * the state @state.
 */
static int verify_list(struct shadow_slab *slab, const struct shadow_page_list *list,
		       unsigned int nid, u32 id, u32 state, u64 nr,
		       struct shadow_fault *fault)
{
	u32 index = list->first, prev = SHADOW_NO_PAGE;
	const struct shadow_page *page;
	u64 seen = 0;

	for (; index != SHADOW_NO_PAGE; seen++, prev = index, index = page->next) {
		page = shadow_page_at(&slab->nodes->memmap, index);
		if (!page || seen == nr || page->prev != prev ||
		    shadow_page_state(page) != SHADOW_PAGE_ALLOCATED ||
		    shadow_page_owner(page) != SHADOW_OWNER_SLAB ||
		    shadow_page_nid(page) != nid ||
		    page->slab.cache != id || page->slab.state != state)
			return shadow_fault_raise(fault,
				"slob: node %u: page %u is not where a list says, or the list has no end",
				nid, index);
	}
	if (seen == nr && list->last == prev)
		return 0;
	return shadow_fault_raise(fault,
		"slob: node %u: %llu pages on a list, %llu say that they are",
		nid, (unsigned long long)seen, (unsigned long long)nr);
}

static int verify_lists(struct shadow_slab *slab, struct shadow_fault *fault)
{
	struct shadow_slob *slob = shadow_slob_of(slab);
	unsigned int nid, type, i;
	int err;

	for (nid = 0; nid < SHADOW_MAX_NODES; nid++) {
		for (type = 0; type < SHADOW_NR_KMALLOC_TYPES; type++) {
			for (i = 0; i < SLOB_NR_LISTS; i++) {
				err = verify_list(slab, &slob->list[nid][type][i], nid,
						  SHADOW_SLAB_SHARED,
						  (SLOB_LISTED + i) | type << SLOB_TYPE_SHIFT,
						  slob->seen_listed[nid][type][i], fault);
				if (err)
					return err;
			}
		}
	}
	return 0;
}

static int verify_cache(struct shadow_kmem_cache *cache, struct shadow_fault *fault)
{
	const struct shadow_slob_cache *sc = shadow_slob_cache_of(cache);
	u64 slabs = 0, objects = 0;
	unsigned int nid;
	int err;

	for (nid = 0; nid < SHADOW_MAX_NODES; nid++) {
		slabs += cache->node[nid].seen_slabs;
		objects += cache->node[nid].seen_objects;
		err = verify_list(cache->slab, &sc->partial[nid], nid, cache->desc.id,
				  SLOB_SLOTS_PARTIAL, cache->node[nid].seen_partial, fault);
		if (err)
			return err;
	}
	/* Objects of a class can also share pages: these are in units */
	if (slabs == sc->nr_slabs && objects <= sc->live &&
	    (sc->units || objects == sc->live))
		return 0;
	return shadow_fault_raise(fault,
		"slob: cache %s: %llu objects in %llu slabs, counted %llu in %llu",
		cache->desc.name, (unsigned long long)objects, (unsigned long long)slabs,
		(unsigned long long)sc->live, (unsigned long long)sc->nr_slabs);
}

/* What the caches use of the shared pages is what is in use there. */
static int verify_sums(struct shadow_slab *slab, struct shadow_fault *fault)
{
	struct shadow_slob *slob = shadow_slob_of(slab);
	struct shadow_kmem_cache *cache = NULL;
	u64 units = 0;
	int err;

	while ((cache = shadow_slab_next(slab, cache))) {
		err = verify_cache(cache, fault);
		if (err)
			return err;
		units += shadow_slob_cache_of(cache)->units;
	}
	if (slob->seen_pages == slob->nr_pages && slob->seen_used == slob->nr_used &&
	    units == slob->nr_used)
		return 0;
	return shadow_fault_raise(fault,
		"slob: %llu units in use in %llu pages, counted %llu in %llu, of the caches %llu",
		(unsigned long long)slob->seen_used, (unsigned long long)slob->seen_pages,
		(unsigned long long)slob->nr_used, (unsigned long long)slob->nr_pages,
		(unsigned long long)units);
}

/**
 * shadow_slob_verify() - all slabs, and the sums over them
 * @slab: the layer
 * @fault: filled with the first thing that is wrong
 *
 * Context: as shadow_slab_verify().
 * Return: 0, or -EUCLEAN.
 */
int shadow_slob_verify(struct shadow_slab *slab, struct shadow_fault *fault)
{
	see_nothing(shadow_slob_of(slab));
	return shadow_slab_verify_frames(slab, fault) ? :
	       verify_lists(slab, fault) ? : verify_sums(slab, fault);
}
