// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slob_slots - the engine "slob": what does not share its pages. Objects
 * of a page or more, and the slots of caches whose free objects must keep what is
 * in them. See shadow_slob.h.
 *
 * A slot that was freed stays a slot of its cache until shadow_kmem_cache_shrink()
 * or _destroy(), which give back the pages of which no slot is in use.
 */
#include <linux/math64.h>

#include "shadow_latency.h"
#include "shadow_page_list.h"
#include "shadow_slob.h"

/**
 * shadow_slob_is_own() - is this a slab that the cache has for its own?
 * @cache: of SLOB_SLOTS or SLOB_WHOLE
 * @page: any frame
 *
 * Context: any; the answer holds under the engine's lock.
 * Return: true if it is.
 */
bool shadow_slob_is_own(const struct shadow_kmem_cache *cache,
			const struct shadow_page *page)
{
	bool one = shadow_slob_cache_of(cache)->kind == SLOB_WHOLE;
	u32 state = shadow_slob_state(page);

	return shadow_page_state(page) == SHADOW_PAGE_ALLOCATED &&
	       shadow_page_owner(page) == SHADOW_OWNER_SLAB &&
	       READ_ONCE(page->slab.cache) == cache->desc.id &&
	       shadow_page_order(page) == cache->desc.order &&
	       (one ? state == SLOB_ONE :
		state == SLOB_SLOTS_PARTIAL || state == SLOB_SLOTS_FULL) &&
	       shadow_page_nid(page) < cache->slab->nodes->nr_nodes;
}

/**
 * shadow_slob_slot() - what lies behind a slot's inner bytes
 * @cache: of SLOB_SLOTS
 * @base: contents of the slab
 * @index: of the slot
 *
 * Context: any.
 * Return: a pointer to it.
 */
struct shadow_slob_slot *shadow_slob_slot(const struct shadow_kmem_cache *cache,
					  char *base, u32 index)
{
	return (struct shadow_slob_slot *)(base + (size_t)index * cache->bytes +
					   cache->offset);
}

static void set_slot(const struct shadow_kmem_cache *cache, char *base, u32 index,
		     u32 next, bool free)
{
	struct shadow_slob_slot *slot = shadow_slob_slot(cache, base, index);

	slot->next = next;
	slot->mark = shadow_slob_mark(cache, index, free);
}

static struct shadow_page_list *partial_of(const struct shadow_kmem_cache *cache,
					   const struct shadow_page *page)
{
	return &shadow_slob_cache_of(cache)->partial[shadow_page_nid(page)];
}

/* What a page says of its slots: the first free one, and how many are in use. */
static int check_slots(const struct shadow_kmem_cache *cache,
		       const struct shadow_page *page)
{
	u32 nr = cache->desc.objects;
	bool none = page->slab.freelist == SHADOW_SLAB_END;
	bool full = page->slab.inuse == nr;
	u32 state = full ? SLOB_SLOTS_FULL : SLOB_SLOTS_PARTIAL;

	if (page->slab.objects == nr && page->slab.inuse <= nr && full == none &&
	    shadow_slob_state(page) == state && (none || page->slab.freelist < nr))
		return 0;
	return shadow_fault_raise(cache->fault,
		"slob: cache %s, pfn %llu: %u of %u slots in use, first free %u (allowed: of %u)",
		cache->desc.name,
		(unsigned long long)shadow_page_to_pfn(cache->slab->nodes, page),
		page->slab.inuse, page->slab.objects, page->slab.freelist, nr);
}

static int broken_slot(const struct shadow_kmem_cache *cache,
		       const struct shadow_page *page, u32 index,
		       const struct shadow_slob_slot *slot)
{
	return shadow_fault_raise(cache->fault,
		"slob: cache %s, pfn %llu, slot %u: mark %#x, next %u: overwritten",
		cache->desc.name,
		(unsigned long long)shadow_page_to_pfn(cache->slab->nodes, page),
		index, slot->mark, slot->next);
}

/* The first free slot of a page that has one */
static void *pop(struct shadow_kmem_cache *cache, struct shadow_page *page)
{
	char *base = shadow_slob_contents(cache->slab, page);
	struct shadow_slob_slot *slot;
	u32 index, next;
	bool last, none;

	if (!base || check_slots(cache, page))
		return NULL;
	index = page->slab.freelist;
	slot = shadow_slob_slot(cache, base, index);
	next = slot->next;
	last = page->slab.inuse + 1 == page->slab.objects;
	none = next == SHADOW_SLAB_END;
	if (slot->mark != shadow_slob_mark(cache, index, true) ||
	    (next >= page->slab.objects && !none) || last != none) {
		broken_slot(cache, page, index, slot);
		return NULL;
	}
	if (next == SHADOW_SLAB_END) {
		if (!shadow_page_list_del(&cache->slab->nodes->memmap,
					  partial_of(cache, page), page)) {
			shadow_slob_broken(cache->slab, page, "links of its list");
			return NULL;
		}
		page->slab.state += SLOB_SLOTS_FULL - SLOB_SLOTS_PARTIAL;
	}
	page->slab.freelist = next;
	page->slab.inuse++;
	set_slot(cache, base, index, SHADOW_SLAB_END, false);
	shadow_slob_cache_of(cache)->live++;
	return base + (size_t)index * cache->bytes;
}

/* A slot of one node's pages; NULL: there is none, or they are broken. */
static void *pop_node(struct shadow_kmem_cache *cache, unsigned int nid)
{
	struct shadow_slob_cache *sc = shadow_slob_cache_of(cache);
	struct shadow_slob *slob = shadow_slob_of(cache->slab);
	struct shadow_page *page;
	unsigned long flags;
	void *object = NULL;

	shadow_latency_path(cache->slab->nodes->events, SHADOW_LATENCY_PARTIAL);
	raw_spin_lock_irqsave(&slob->lock, flags);
	if (shadow_page_list_empty(&sc->partial[nid]))
		goto unlock;
	page = shadow_page_at(&cache->slab->nodes->memmap, sc->partial[nid].first);
	if (page && shadow_slob_is_own(cache, page) && shadow_page_nid(page) == nid)
		object = pop(cache, page);
	else
		shadow_fault_raise(cache->fault,
				   "slob: cache %s, node %u: page %u is none of its slots",
				   cache->desc.name, nid, sc->partial[nid].first);
unlock:
	raw_spin_unlock_irqrestore(&slob->lock, flags);
	return object;
}

/* All slots of a new page, in order of address, constructed */
static void make_slots(struct shadow_kmem_cache *cache, char *base)
{
	u32 nr = cache->desc.objects;
	u32 i;

	for (i = 0; i < nr; i++) {
		shadow_slab_construct(cache, base + (size_t)i * cache->bytes);
		set_slot(cache, base, i, i + 1 < nr ? i + 1 : SHADOW_SLAB_END, true);
	}
}

/* A page of slots, of which the first is taken */
static void *pop_new(struct shadow_kmem_cache *cache, unsigned int cpu, u32 gfp)
{
	const struct shadow_kmem_cache_desc *desc = &cache->desc;
	struct shadow_slob *slob = shadow_slob_of(cache->slab);
	struct shadow_page *page;
	unsigned long flags;
	void *object = NULL;

	page = shadow_slab_take(cache, cpu, gfp, desc->order, desc->order);
	if (!page)
		return NULL;
	make_slots(cache, shadow_slob_contents(cache->slab, page));
	raw_spin_lock_irqsave(&slob->lock, flags);
	page->slab.freelist = 0;
	page->slab.inuse = 0;
	page->slab.objects = desc->objects;
	page->slab.state = SLOB_SLOTS_PARTIAL;
	WRITE_ONCE(page->slab.cache, desc->id);
	shadow_slob_cache_of(cache)->nr_slabs++;
	if (shadow_page_list_push(&cache->slab->nodes->memmap, partial_of(cache, page), page))
		object = pop(cache, page);
	else
		shadow_slob_broken(cache->slab, page, "head of its list");
	raw_spin_unlock_irqrestore(&slob->lock, flags);
	return object;
}

/**
 * shadow_slob_slot_get() - a slot
 * @cache: of SLOB_SLOTS
 * @cpu: who asks
 * @gfp: of SHADOW_SLAB_GFP_MASK
 *
 * Context: any; without the engine's lock.
 * Return: the inner object, or NULL.
 */
void *shadow_slob_slot_get(struct shadow_kmem_cache *cache, unsigned int cpu,
			   u32 gfp)
{
	const struct shadow_nodes *nodes = cache->slab->nodes;
	unsigned int nid = shadow_slob_node(nodes, cpu, gfp);
	void *object = pop_node(cache, nid);
	unsigned int i;

	if (!object && !shadow_fault_frozen(cache->fault))
		object = pop_new(cache, cpu, gfp);
	for (i = 0; i < nodes->nr_nodes && !object; i++) {
		if (shadow_fault_frozen(cache->fault) || (gfp & SHADOW_GFP_THISNODE))
			return NULL;
		if (i != nid)
			object = pop_node(cache, i);
	}
	return object;
}

/* The page and the index of the slot that begins at @object; -EINVAL: none does */
static int find_slot(struct shadow_kmem_cache *cache, const char *object,
		     struct shadow_page **page, u32 *index)
{
	const char *base;
	u64 offset;
	u32 rest;

	*page = shadow_slab_head(cache->slab->nodes, object);
	if (!*page || !shadow_slob_is_own(cache, *page))
		return -EINVAL;
	base = shadow_slob_contents(cache->slab, *page);
	if (!base)
		return -EINVAL;
	offset = div_u64_rem(object - base, cache->bytes, &rest);
	if (rest || offset >= cache->desc.objects)
		return -EINVAL;
	*index = offset;
	return 0;
}

static int push(struct shadow_kmem_cache *cache, struct shadow_page *page, u32 index)
{
	char *base = shadow_slob_contents(cache->slab, page);
	struct shadow_slob_slot *slot = shadow_slob_slot(cache, base, index);

	if (check_slots(cache, page))
		return -EUCLEAN;
	if (slot->mark == shadow_slob_mark(cache, index, true))
		return -EINVAL;
	if (slot->mark != shadow_slob_mark(cache, index, false) || !page->slab.inuse)
		return broken_slot(cache, page, index, slot);
	if (page->slab.freelist == SHADOW_SLAB_END) {
		if (!shadow_page_list_push(&cache->slab->nodes->memmap,
					   partial_of(cache, page), page))
			return shadow_slob_broken(cache->slab, page, "head of its list");
		page->slab.state -= SLOB_SLOTS_FULL - SLOB_SLOTS_PARTIAL;
	}
	set_slot(cache, base, index, page->slab.freelist, true);
	page->slab.freelist = index;
	page->slab.inuse--;
	shadow_slob_cache_of(cache)->live--;
	return 0;
}

/**
 * shadow_slob_slot_put() - a slot becomes free, and stays the cache's
 * @cache: of SLOB_SLOTS
 * @object: the inner object
 *
 * Context: any; without the engine's lock.
 * Return: 0; -EINVAL if no slot of the cache begins there, or it is free, and
 * nothing has changed; -EUCLEAN.
 */
int shadow_slob_slot_put(struct shadow_kmem_cache *cache, char *object)
{
	struct shadow_slob *slob = shadow_slob_of(cache->slab);
	struct shadow_page *page;
	unsigned long flags;
	u32 index;
	int err;

	shadow_latency_path(cache->slab->nodes->events, SHADOW_LATENCY_PARTIAL);
	raw_spin_lock_irqsave(&slob->lock, flags);
	err = find_slot(cache, object, &page, &index) ?: push(cache, page, index);
	raw_spin_unlock_irqrestore(&slob->lock, flags);
	return err;
}

/* Under the lock: the page is no slab of anybody any more. */
static void unmake(struct shadow_kmem_cache *cache, struct shadow_page *page)
{
	page->slab.state = SLOB_NOTHING;
	WRITE_ONCE(page->slab.cache, U32_MAX);
	shadow_slob_cache_of(cache)->nr_slabs--;
}

/* Those of a node's pages of which no slot is in use are moved to @empty. */
static int collect(struct shadow_kmem_cache *cache, struct shadow_page_list *partial,
		   struct shadow_page_list *empty)
{
	struct shadow_memmap *memmap = &cache->slab->nodes->memmap;
	struct shadow_page *page;
	u32 index = partial->first, prev = SHADOW_NO_PAGE;

	while (index != SHADOW_NO_PAGE) {
		page = shadow_page_at(memmap, index);
		if (!page || page->prev != prev || !shadow_slob_is_own(cache, page))
			return shadow_fault_raise(cache->fault,
				"slob: cache %s: page %u is none of its slots",
				cache->desc.name, index);
		index = page->next;
		if (page->slab.inuse) {
			prev = shadow_page_index(memmap, page);
			continue;
		}
		if (!shadow_page_list_del(memmap, partial, page))
			return shadow_slob_broken(cache->slab, page, "links of its list");
		unmake(cache, page);
		shadow_page_list_push_tail(memmap, empty, page);
	}
	return 0;
}

/**
 * shadow_slob_slots_shrink() - give back the pages without a slot in use
 * @cache: of SLOB_SLOTS
 *
 * Context: any; without the engine's lock.
 * Return: 1 if pages remain, else 0; -EUCLEAN.
 */
int shadow_slob_slots_shrink(struct shadow_kmem_cache *cache)
{
	struct shadow_slob_cache *sc = shadow_slob_cache_of(cache);
	struct shadow_slob *slob = shadow_slob_of(cache->slab);
	struct shadow_page_list empty;
	struct shadow_page *page;
	unsigned long flags;
	unsigned int nid;
	int left = 0;

	shadow_page_list_init(&empty);
	raw_spin_lock_irqsave(&slob->lock, flags);
	for (nid = 0; nid < cache->slab->nodes->nr_nodes && !left; nid++)
		left = collect(cache, &sc->partial[nid], &empty);
	left = left ?: !!sc->nr_slabs;
	raw_spin_unlock_irqrestore(&slob->lock, flags);
	while ((page = shadow_page_list_pop(&cache->slab->nodes->memmap, &empty)))
		shadow_slab_give(cache, 0, page);
	return left;
}

/**
 * shadow_slob_whole_get() - an object of a page or more
 * @cache: of SLOB_WHOLE
 * @cpu: who asks
 * @gfp: of SHADOW_SLAB_GFP_MASK
 *
 * Follows slob_new_pages().
 *
 * Context: any; without the engine's lock.
 * Return: the object, or NULL.
 */
void *shadow_slob_whole_get(struct shadow_kmem_cache *cache, unsigned int cpu,
			    u32 gfp)
{
	struct shadow_slob_cache *sc = shadow_slob_cache_of(cache);
	struct shadow_slob *slob = shadow_slob_of(cache->slab);
	u32 order = cache->desc.order;
	struct shadow_page *page;
	unsigned long flags;

	page = shadow_slab_take(cache, cpu, gfp, order, order);
	if (!page)
		return NULL;
	raw_spin_lock_irqsave(&slob->lock, flags);
	page->slab.freelist = SHADOW_SLAB_END;
	page->slab.inuse = 1;
	page->slab.objects = 1;
	page->slab.state = SLOB_ONE;
	WRITE_ONCE(page->slab.cache, cache->desc.id);
	sc->nr_slabs++;
	sc->live++;
	raw_spin_unlock_irqrestore(&slob->lock, flags);
	return shadow_slob_contents(cache->slab, page);
}

/**
 * shadow_slob_whole_put() - an object of a page or more comes back
 * @cache: of SLOB_WHOLE
 * @cpu: whose per-CPU lists get its frames
 * @object: the object
 *
 * Context: any; without the engine's lock.
 * Return: 0; -EINVAL if none of the cache's begins there, and nothing has
 * changed; or what the page allocator says.
 */
int shadow_slob_whole_put(struct shadow_kmem_cache *cache, unsigned int cpu,
			  char *object)
{
	struct shadow_slob *slob = shadow_slob_of(cache->slab);
	struct shadow_page *page;
	unsigned long flags;
	u32 index;
	int err;

	raw_spin_lock_irqsave(&slob->lock, flags);
	err = find_slot(cache, object, &page, &index);
	if (!err) {
		unmake(cache, page);
		shadow_slob_cache_of(cache)->live--;
	}
	raw_spin_unlock_irqrestore(&slob->lock, flags);
	return err ?: shadow_slab_give(cache, cpu, page);
}
