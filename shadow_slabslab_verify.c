// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slabslab_verify - the engine "slab": what is done with all slabs of a
 * machine: count them, check them, drop them. See shadow_slabslab.h.
 */
#include <linux/bitmap.h>
#include <linux/math64.h>

#include "shadow_slabslab.h"

/* Where an address in a slab lies; false: in front of or behind its objects */
static bool object_at(const struct shadow_kmem_cache *cache,
		      const struct shadow_slabslab *s, const void *virt, u32 *number)
{
	u64 offset = (const char *)virt - s->first;
	u64 nr;

	if ((const char *)virt < s->first)
		return false;
	nr = div_u64(offset, cache->bytes);
	*number = nr;
	return nr < cache->desc.objects;
}

/**
 * shadow_slabslab_resolve() - the cache and the object that an address lies in
 * @slab: the layer
 * @page: the first frame of its slab
 * @virt: the address
 * @inner: filled with where the object begins
 *
 * Context: any; holds as long as the slab does.
 * Return: the cache, or NULL where no object is.
 */
struct shadow_kmem_cache *
shadow_slabslab_resolve(struct shadow_slab *slab, struct shadow_page *page,
			const void *virt, void **inner)
{
	struct shadow_kmem_cache *cache = shadow_slab_cache_of(slab, page);
	struct shadow_slabslab s;
	u32 number;

	if (!cache || !shadow_slabslab_check(cache, page, &s) ||
	    !object_at(cache, &s, virt, &number))
		return NULL;
	*inner = s.first + (u64)number * cache->bytes;
	return cache;
}

/* ------------------------------------------------------------------ all arrays */

/*
 * The arrays of a cache one after the other: CPUs', then each node's own and
 * those it has for others. False after the last.
 */
static bool nth_array(const struct shadow_kmem_cache *cache, unsigned int nr,
		      struct shadow_slabslab_array *array)
{
	unsigned int nr_nodes = cache->slab->nodes->nr_nodes;
	unsigned int nid, which;

	if (nr < cache->nr_cpus) {
		*array = shadow_slabslab_cpu_array(cache, nr);
		return true;
	}
	nid = (nr - cache->nr_cpus) / (nr_nodes + 1);
	which = (nr - cache->nr_cpus) % (nr_nodes + 1);
	if (nid >= nr_nodes)
		return false;
	*array = (struct shadow_slabslab_array) { .kind = "node", .nr = nid };
	if (cache->node[nid].in)
		*array = which == nr_nodes ? shadow_slabslab_shared(cache, nid) :
					     shadow_slabslab_alien(cache, nid, which);
	return true;
}

static u32 entries(const struct shadow_slabslab_array *array)
{
	return array->in ? min(READ_ONCE(array->in->avail), array->limit) : 0;
}

/* Set the bits of a slab's objects that arrays have; -EEXIST: one was set. */
static int mark_arrays(struct shadow_kmem_cache *cache, const struct shadow_slabslab *s,
		       unsigned long *bits)
{
	u32 first = shadow_slabslab_ref(cache, s->first);
	u32 each = cache->bytes >> 3;
	struct shadow_slabslab_array array;
	unsigned int nr;
	u32 i, offset;

	for (nr = 0; nth_array(cache, nr, &array); nr++) {
		for (i = entries(&array); i--;) {
			offset = READ_ONCE(array.in->entry[i]) - first;
			if (offset >= each * cache->desc.objects || offset % each)
				continue;
			if (__test_and_set_bit(offset / each, bits))
				return -EEXIST;
		}
	}
	return 0;
}

/* Set the bits of a slab's objects that its list has; -EINVAL: it is broken. */
static int mark_free(const struct shadow_kmem_cache *cache,
		     const struct shadow_slabslab *s, unsigned long *bits)
{
	const struct shadow_slabslab_own *own = shadow_slabslab_own_of(cache);
	u32 number, i = READ_ONCE(s->page->slab.inuse);
	const void *numbers = shadow_slabslab_numbers(cache, s);
	u32 nr = cache->desc.objects;

	if (i == nr)
		return 0;
	if (i > nr || !numbers)
		return -EINVAL;
	for (; i < nr; i++) {
		number = shadow_slabslab_number(own, numbers, i);
		if (number >= nr || __test_and_set_bit(number, bits))
			return -EINVAL;
	}
	/* The object that the list is in goes last */
	return own->kind == SLABSLAB_IN_OBJECT && number != s->page->slab.freelist ?
	       -EINVAL : 0;
}

/**
 * shadow_slabslab_look() - which objects of a slab are free
 * @slab: the layer
 * @page: the slab's first frame
 * @look: filled; what is in an array is free
 *
 * Context: any; takes the locks of the slab. Momentary: an object may be on its
 * way between an array and its slab, and is in use then.
 * Return: 0, or -EINVAL where there is no slab, or one too broken.
 */
int shadow_slabslab_look(struct shadow_slab *slab, struct shadow_page *page,
			 struct shadow_slab_look *look)
{
	struct shadow_kmem_cache *cache = shadow_slab_cache_of(slab, page);
	struct shadow_slabslab s;
	unsigned long flags;
	u32 list;
	int err;

	if (!cache || !shadow_slabslab_check(cache, page, &s))
		return -EINVAL;
	bitmap_zero(look->free, SHADOW_SLAB_MAX_OBJECTS + 1);
	look->cache = cache;
	look->base = s.first;
	look->bytes = cache->bytes;
	look->nr = cache->desc.objects;
	raw_spin_lock_irqsave(&s.node->lock, flags);
	err = mark_free(cache, &s, look->free);
	list = shadow_slabslab_list_of(page);
	raw_spin_unlock_irqrestore(&s.node->lock, flags);
	if (!err)
		mark_arrays(cache, &s, look->free);
	strscpy(look->where, list == SLABSLAB_PARTIAL ? "partial" :
		list == SLABSLAB_FULL ? "full" : "free", sizeof(look->where));
	return err;
}

/**
 * shadow_slabslab_drop() - give back all slabs of a machine, in use or not
 * @slab: the layer
 *
 * Goes by the frames, not by the lists: these may be corrupt.
 *
 * Context: any; nobody uses the layer any more.
 * Return: objects that were in use, without those that describe caches or are
 * the engine's own.
 */
u64 shadow_slabslab_drop(struct shadow_slab *slab)
{
	struct shadow_nodes *nodes = slab->nodes;
	struct shadow_kmem_cache *cache = NULL;
	struct shadow_slabslab_array array;
	struct shadow_page *page, *next;
	struct shadow_slabslab s;
	u64 used = 0, unused = 0;
	unsigned int nr;

	while ((cache = shadow_slab_next(slab, cache))) {
		if (cache == slab->kmem_cache)
			continue;
		unused += atomic_read(&shadow_slabslab_own_of(cache)->nr_own);
		for (nr = 0; nth_array(cache, nr, &array); nr++)
			unused += entries(&array);
	}
	for (page = shadow_slab_next_frames(nodes, NULL); page; page = next) {
		next = shadow_slab_next_frames(nodes, page);
		cache = shadow_slab_cache_of(slab, page);
		if (!shadow_slab_waits(page) && cache && cache != slab->kmem_cache &&
		    shadow_slabslab_check(cache, page, &s))
			used += min_t(u32, page->slab.inuse, cache->desc.objects);
		shadow_free_pages_cpu(nodes, 0, page, shadow_page_order(page));
	}
	return used - min(used, unused);
}

/* Slabs on the list of partial ones */
static u64 count_partial(struct shadow_kmem_cache *cache, unsigned int nid)
{
	const struct shadow_kmem_list *in = shadow_slabslab_in(&cache->node[nid]);
	struct shadow_memmap *memmap = &cache->slab->nodes->memmap;
	struct shadow_page *page;
	u64 nr;

	page = shadow_page_at(memmap, in->partial.first);
	for (nr = 0; page && nr < memmap->nr; nr++)
		page = shadow_page_at(memmap, page->next);
	return nr;
}

/**
 * shadow_slabslab_nr_own() - objects of a cache that are the engine's own
 * @cache: the cache
 *
 * Context: any.
 * Return: how many: arrays, lists of nodes, numbers of slabs.
 */
u64 shadow_slabslab_nr_own(const struct shadow_kmem_cache *cache)
{
	return atomic_read(&shadow_slabslab_own_of(cache)->nr_own);
}

/**
 * shadow_slabslab_info() - counts of a cache
 * @cache: the cache
 * @info: its counts are filled in
 *
 * Follows get_slabinfo() of mm/slab.c: what is in an array counts as in use.
 *
 * Context: any.
 */
void shadow_slabslab_info(struct shadow_kmem_cache *cache, struct shadow_slabinfo *info)
{
	const struct shadow_slabslab_own *own = shadow_slabslab_own_of(cache);
	u64 nr_free = 0, free_slabs = 0;
	struct shadow_slabslab_array shared;
	const struct shadow_kmem_list *in;
	unsigned long flags;
	unsigned int nid;

	for (nid = 0; nid < cache->slab->nodes->nr_nodes; nid++) {
		in = shadow_slabslab_in(&cache->node[nid]);
		if (!in)
			continue;
		raw_spin_lock_irqsave(&cache->node[nid].lock, flags);
		shared = shadow_slabslab_shared(cache, nid);
		info->num_slabs += in->nr_slabs;
		free_slabs += in->nr_free_slabs;
		nr_free += in->free_objects;
		info->shared_avail += entries(&shared);
		info->nr_partial += count_partial(cache, nid);
		raw_spin_unlock_irqrestore(&cache->node[nid].lock, flags);
	}
	info->num_objs = info->num_slabs * cache->desc.objects;
	info->active_slabs = info->num_slabs - min(free_slabs, info->num_slabs);
	info->active_objs = info->num_objs - min(nr_free, info->num_objs);
	info->limit = own->limit;
	info->batchcount = own->batch;
	info->shared = own->shared;
}

/* ---------------------------------------------------------------------- verify */

static int wrong(struct shadow_fault *fault, const struct shadow_kmem_cache *cache,
		 const struct shadow_page *page, const char *what)
{
	u64 pfn = shadow_page_to_pfn(cache->slab->nodes, page);

	return shadow_fault_raise(fault, "slab: cache %s, pfn %llu: %s",
				  cache->desc.name, (unsigned long long)pfn, what);
}

static int verify_slab(struct shadow_kmem_cache *cache, struct shadow_page *page,
		       struct shadow_fault *fault)
{
	struct shadow_slabslab_machine *m = shadow_slabslab_machine_of(cache->slab);
	const struct shadow_slabslab_own *own = shadow_slabslab_own_of(cache);
	u32 inuse = page->slab.inuse, nr = cache->desc.objects, list;
	struct shadow_slabslab s;

	if (!shadow_slabslab_check(cache, page, &s))
		return wrong(fault, cache, page, "order, node, colour or owner of a slab");
	if (shadow_slabslab_colour(page) % own->colour_off)
		return wrong(fault, cache, page, "colour of a slab");
	if (page->slab.objects != nr || inuse > nr)
		return wrong(fault, cache, page, "objects do not fit the order");
	if (atomic_read(&page->refcount) != 1)
		return wrong(fault, cache, page, "refcount of a slab is not 1");
	if (inuse == nr && own->kind == SLABSLAB_IN_OBJECT &&
	    page->slab.freelist != SHADOW_SLAB_END)
		return wrong(fault, cache, page, "full slab has a list of numbers");
	bitmap_zero(m->seen, nr);
	if (mark_free(cache, &s, m->seen))
		return wrong(fault, cache, page, "list of numbers: out of range, or one twice");
	if (mark_arrays(cache, &s, m->seen))
		return wrong(fault, cache, page, "an object of an array is free or there twice");
	list = shadow_slabslab_list_of(page);
	if (list != (inuse == nr ? SLABSLAB_FULL : inuse ? SLABSLAB_PARTIAL : SLABSLAB_FREE))
		return wrong(fault, cache, page, "not on the list for what is in use");
	s.node->seen_slabs++;
	s.node->seen_objects += nr - inuse;
	s.node->seen_partial += list == SLABSLAB_PARTIAL;
	return 0;
}

/**
 * shadow_slabslab_verify_page() - one slab's numbers, counts and list
 * @slab: the layer
 * @page: first frame of a block that says it is a slab
 * @fault: filled with the first thing that is wrong
 *
 * Context: as shadow_slab_verify().
 * Return: 0, or -EUCLEAN.
 */
int shadow_slabslab_verify_page(struct shadow_slab *slab, struct shadow_page *page,
				struct shadow_fault *fault)
{
	struct shadow_kmem_cache *cache = shadow_slab_cache_of(slab, page);
	u64 pfn = shadow_page_to_pfn(slab->nodes, page);

	if (!cache)
		return shadow_fault_raise(fault, "slab: pfn %llu: slab of no cache",
					  (unsigned long long)pfn);
	return verify_slab(cache, page, fault);
}

/* A list holds slabs of this node that say so; how many, or -EUCLEAN. */
static s64 verify_list(struct shadow_kmem_cache *cache, unsigned int nid,
		       const struct shadow_page_list *list, u32 want,
		       struct shadow_fault *fault)
{
	struct shadow_memmap *memmap = &cache->slab->nodes->memmap;
	u32 index = list->first, prev = SHADOW_NO_PAGE;
	struct shadow_page *page;
	struct shadow_slabslab s;
	s64 nr;

	for (nr = 0; index != SHADOW_NO_PAGE; nr++) {
		page = shadow_page_at(memmap, index);
		if (!page || nr >= memmap->nr)
			return shadow_fault_raise(fault,
				"slab: cache %s: list %u of node %u: index %u or its length",
				cache->desc.name, want, nid, index);
		if (page->prev != prev || !shadow_slabslab_check(cache, page, &s) ||
		    s.nid != nid || shadow_slabslab_list_of(page) != want)
			return wrong(fault, cache, page, "not where a list says");
		prev = index;
		index = page->next;
	}
	if (list->last != prev)
		return shadow_fault_raise(fault, "slab: cache %s: end of list %u of node %u",
					  cache->desc.name, want, nid);
	return nr;
}

/* The lists have all slabs, and the counts are right. */
static int verify_node(struct shadow_kmem_cache *cache, unsigned int nid,
		       struct shadow_fault *fault)
{
	const struct shadow_slabslab_own *own = shadow_slabslab_own_of(cache);
	const struct shadow_slab_node *node = &cache->node[nid];
	const struct shadow_kmem_list *in = shadow_slabslab_in(node);
	s64 partial, full, nr_free;

	if (in && own->shared && in->shared == SHADOW_SLABSLAB_NOTHING)
		return shadow_fault_raise(fault, "slab: cache %s: node %u shares no array",
					  cache->desc.name, nid);
	if (!in)
		return shadow_fault_raise(fault, "slab: cache %s: node %u has no lists",
					  cache->desc.name, nid);
	partial = verify_list(cache, nid, &in->partial, SLABSLAB_PARTIAL, fault);
	if (partial < 0)
		return partial;
	full = verify_list(cache, nid, &in->full, SLABSLAB_FULL, fault);
	if (full < 0)
		return full;
	nr_free = verify_list(cache, nid, &in->free, SLABSLAB_FREE, fault);
	if (nr_free < 0)
		return nr_free;
	if (partial + full + nr_free != node->seen_slabs || in->nr_slabs != node->seen_slabs ||
	    partial != node->seen_partial)
		return shadow_fault_raise(fault,
			"slab: cache %s: %llu slabs, counted %llu, on lists %lld",
			cache->desc.name, (unsigned long long)node->seen_slabs,
			(unsigned long long)in->nr_slabs, partial + full + nr_free);
	if (in->nr_free_slabs != nr_free || in->free_objects != node->seen_objects)
		return shadow_fault_raise(fault,
			"slab: cache %s: %llu free slabs and %llu free objects, counted %llu and %llu",
			cache->desc.name, (unsigned long long)nr_free,
			(unsigned long long)node->seen_objects,
			(unsigned long long)in->nr_free_slabs,
			(unsigned long long)in->free_objects);
	return 0;
}

/* An array says what its cache says, and all entries are objects. */
static int verify_array(struct shadow_kmem_cache *cache,
			const struct shadow_slabslab_array *array,
			struct shadow_fault *fault)
{
	struct shadow_page *page;
	u32 i, number;

	if (array->lost)
		return shadow_fault_raise(fault,
			"slab: cache %s: array of %s %u: %#x is no object of kmalloc",
			cache->desc.name, array->kind, array->nr, array->ref);
	if (!array->in)
		return 0;
	if (array->in->avail > array->limit || array->in->limit != array->limit)
		return shadow_fault_raise(fault,
			"slab: cache %s: array of %s %u: %u of %u objects, %u places",
			cache->desc.name, array->kind, array->nr, array->in->avail,
			array->in->limit, array->limit);
	if (array->cpu && (array->cpu->avail != array->in->avail ||
			   memcmp(array->in->entry, array->cpu->seen,
				  array->in->avail * sizeof(u32))))
		return shadow_fault_raise(fault,
			"slab: cache %s: array of CPU %u is not what it was",
			cache->desc.name, array->nr);
	for (i = 0; i < array->in->avail; i++) {
		page = shadow_slabslab_find(cache, shadow_slabslab_at(cache, array->in->entry[i]),
					    &number);
		if (!page)
			return shadow_fault_raise(fault,
				"slab: cache %s: array of %s %u: entry %u, %#x, is no object",
				cache->desc.name, array->kind, array->nr, i,
				array->in->entry[i]);
	}
	return 0;
}

static int verify_cache(struct shadow_kmem_cache *cache, struct shadow_fault *fault)
{
	struct shadow_slabslab_array array;
	unsigned int nr;
	int err;

	for (nr = 0; nth_array(cache, nr, &array); nr++) {
		err = verify_array(cache, &array, fault);
		if (err)
			return err;
	}
	for (nr = 0; nr < cache->slab->nodes->nr_nodes; nr++) {
		err = verify_node(cache, nr, fault);
		if (err)
			return err;
	}
	return 0;
}

/**
 * shadow_slabslab_verify() - all slabs, and the sums over them
 * @slab: the layer
 * @fault: filled with the first thing that is wrong
 *
 * Context: as shadow_slab_verify().
 * Return: 0, or -EUCLEAN.
 */
int shadow_slabslab_verify(struct shadow_slab *slab, struct shadow_fault *fault)
{
	struct shadow_kmem_cache *cache = NULL;
	int err;

	err = shadow_slab_verify_frames(slab, fault);
	while (!err && (cache = shadow_slab_next(slab, cache)))
		err = verify_cache(cache, fault);
	return err;
}
