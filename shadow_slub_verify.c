// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slub_verify - the engine "slub": what is done with all slabs of a
 * machine: count them, check them, drop them. See shadow_slub.h.
 */
#include <linux/bitmap.h>
#include <linux/math64.h>

#include "shadow_page_list.h"
#include "shadow_slub.h"

/**
 * shadow_slub_resolve() - the cache and the object that an address lies in
 * @slab: the layer
 * @page: the first frame of its slab
 * @virt: the address
 * @inner: filled with where the object begins
 *
 * Context: any; holds as long as the slab does.
 * Return: the cache, or NULL where no object is.
 */
struct shadow_kmem_cache *
shadow_slub_resolve(struct shadow_slab *slab, struct shadow_page *page,
		    const void *virt, void **inner)
{
	struct shadow_kmem_cache *cache = shadow_slab_cache_of(slab, page);
	struct shadow_slub s;
	u64 index;

	if (!cache || !shadow_slub_check(cache, page, &s))
		return NULL;
	index = div_u64((u64)((const char *)virt - s.base), cache->bytes);
	if (index >= s.objects)
		return NULL;
	*inner = s.base + index * cache->bytes;
	return cache;
}

/* Set the bits of a list's objects. */
static int mark_free(const struct shadow_kmem_cache *cache,
		     const struct shadow_slub *s, u32 head, unsigned long *bits)
{
	u32 nr = 0;

	while (head != SLUB_END) {
		if (head > s->last || !shadow_slub_begins(cache, head) ||
		    nr++ >= s->objects)
			return -EINVAL;
		__set_bit(head / cache->bytes, bits);
		if (!shadow_slub_read(cache, s, head, &head))
			return -EINVAL;
	}
	return 0;
}

/* Which list a slab is on that is not a CPU's own */
static void tell_where(const struct shadow_page *page, struct shadow_slab_look *look)
{
	u32 state = READ_ONCE(page->slab.state);

	switch (state & SLUB_STATE_MASK) {
	case SLUB_WAITING:
		snprintf(look->where, sizeof(look->where), "cpu %u partial",
			 state >> SLUB_CPU_SHIFT);
		break;
	case SLUB_PARTIAL:
		strscpy(look->where, "partial", sizeof(look->where));
		break;
	default:
		strscpy(look->where, "full", sizeof(look->where));
	}
}

/* With the lock of the CPU @c whose slab it is, if it is one's */
static int look_locked(struct shadow_kmem_cache *cache, struct shadow_slub_cpu *c,
		       struct shadow_page *page, struct shadow_slab_look *look)
{
	struct shadow_slub s;
	int err;

	if (!shadow_slub_check(cache, page, &s))
		return -EINVAL;
	raw_spin_lock(&s.node->lock);
	look->cache = cache;
	look->base = s.base;
	look->bytes = cache->bytes;
	look->nr = s.objects;
	err = mark_free(cache, &s, page->slab.freelist, look->free);
	if (!err && c && c->base == s.base) {
		snprintf(look->where, sizeof(look->where), "cpu %u", c->cpu);
		err = mark_free(cache, &s, c->head, look->free);
	} else {
		tell_where(page, look);
	}
	raw_spin_unlock(&s.node->lock);
	return err;
}

/**
 * shadow_slub_look() - which objects of a slab are free
 * @slab: the layer
 * @page: the slab's first frame
 * @look: filled
 *
 * Context: any; takes the locks of the slab.
 * Return: 0, or -EINVAL where there is no slab, or one too broken.
 */
int shadow_slub_look(struct shadow_slab *slab, struct shadow_page *page,
		     struct shadow_slab_look *look)
{
	struct shadow_kmem_cache *cache = shadow_slab_cache_of(slab, page);
	struct shadow_slub_cpu *c;
	unsigned long flags;
	unsigned int cpu;
	u32 state;
	int err;

	if (!cache)
		return -EINVAL;
	bitmap_zero(look->free, SHADOW_SLAB_MAX_OBJECTS + 1);
	state = READ_ONCE(page->slab.state);
	cpu = state >> SLUB_CPU_SHIFT;
	local_irq_save(flags);
	if (shadow_slub_state(page) == SLUB_CPU && cpu < cache->nr_cpus) {
		c = shadow_slub_cpu_of(cache, cpu);
		raw_spin_lock(&c->lock);
		err = look_locked(cache, c, page, look);
		raw_spin_unlock(&c->lock);
	} else {
		err = look_locked(cache, NULL, page, look);
	}
	local_irq_restore(flags);
	return err;
}

/**
 * shadow_slub_drop() - give back all slabs of a machine, in use or not
 * @slab: the layer
 *
 * Goes by the frames, not by the lists: these may be corrupt.
 *
 * Context: any; nobody uses the layer any more.
 * Return: objects that were in use, those that describe caches not counted.
 */
u64 shadow_slub_drop(struct shadow_slab *slab)
{
	struct shadow_nodes *nodes = slab->nodes;
	struct shadow_kmem_cache *cache;
	struct shadow_page *page, *next;
	struct shadow_slub s;
	u64 live = 0;
	u32 index;

	for (index = 0; index < SHADOW_SLAB_MAX_CACHES; index++) {
		if (slab->caches[index].live)
			shadow_slub_flush(&slab->caches[index]);
	}
	for (page = shadow_slab_next_frames(nodes, NULL); page; page = next) {
		next = shadow_slab_next_frames(nodes, page);
		cache = shadow_slab_cache_of(slab, page);
		if (cache && cache != slab->kmem_cache &&
		    cache != slab->kmem_cache_node && shadow_slub_check(cache, page, &s))
			live += min_t(u32, page->slab.inuse, s.objects);
		shadow_free_pages_cpu(nodes, 0, page, shadow_page_order(page));
	}
	return live;
}

static u32 nr_slabs_of_cpu(const struct shadow_slub_cpu *c)
{
	return (READ_ONCE(c->page) != SHADOW_NO_PAGE) + READ_ONCE(c->nr_waiting);
}

/**
 * shadow_slub_info() - counts of a cache
 * @cache: the cache
 * @info: its counts are filled in
 *
 * Follows get_slabinfo() of mm/slub.c: free are the objects on the nodes'
 * partial lists, those of CPUs' slabs are not.
 *
 * Context: any.
 */
void shadow_slub_info(struct shadow_kmem_cache *cache, struct shadow_slabinfo *info)
{
	struct shadow_memmap *memmap = &cache->slab->nodes->memmap;
	struct shadow_page *page;
	struct shadow_slub s;
	unsigned long flags;
	unsigned int i;
	u64 nr, nr_free = 0;

	for (i = 0; i < cache->slab->nodes->nr_nodes; i++) {
		struct shadow_slab_node *node = &cache->node[i];

		if (!node->in)
			continue;
		raw_spin_lock_irqsave(&node->lock, flags);
		info->num_slabs += shadow_slub_in(node)->nr_slabs;
		info->num_objs += shadow_slub_in(node)->nr_objects;
		info->nr_partial += shadow_slub_in(node)->nr_partial;
		page = shadow_page_at(memmap, shadow_slub_in(node)->partial.first);
		for (nr = 0; page && nr < memmap->nr; nr++) {
			if (!shadow_slub_check(cache, page, &s))
				break;
			nr_free += s.objects - min_t(u32, page->slab.inuse, s.objects);
			page = shadow_page_at(memmap, page->next);
		}
		raw_spin_unlock_irqrestore(&node->lock, flags);
	}
	for (i = 0; i < cache->nr_cpus; i++)
		info->nr_cpu_slabs += nr_slabs_of_cpu(shadow_slub_cpu_of(cache, i));
	info->active_slabs = info->num_slabs;
	info->active_objs = info->num_objs - min(nr_free, info->num_objs);
}

static int wrong(struct shadow_fault *fault, const struct shadow_kmem_cache *cache,
		 const struct shadow_page *page, const char *what)
{
	u64 pfn = shadow_page_to_pfn(cache->slab->nodes, page);

	return shadow_fault_raise(fault, "slab: cache %s, pfn %llu: %s",
				  cache->desc.name, (unsigned long long)pfn, what);
}

/* A CPU's slab: its list and the page's are disjoint and fit into the slab. */
static int verify_cpu_slab(struct shadow_kmem_cache *cache,
			   const struct shadow_slub *s, int nr_page, u32 last_page,
			   struct shadow_fault *fault)
{
	u32 cpu = s->page->slab.state >> SLUB_CPU_SHIFT;
	const struct shadow_slub_cpu *c;
	u32 last;
	int nr;

	if (cpu >= cache->nr_cpus)
		return wrong(fault, cache, s->page, "slab of a CPU that does not exist");
	c = shadow_slub_cpu_of(cache, cpu);
	if (c->page != shadow_page_index(&cache->slab->nodes->memmap, s->page) ||
	    c->base != s->base || c->last != s->last || c->key != s->key ||
	    c->span != s->last + cache->bytes || c->links != s->base + cache->offset ||
	    c->nid != shadow_page_nid(s->page))
		return wrong(fault, cache, s->page, "not the slab that its CPU has");
	nr = shadow_slub_walk(cache, s, c->head, &last);
	if (nr < 0)
		return wrong(fault, cache, s->page, "CPU's list leaves the slab or has no end");
	if (nr > s->page->slab.inuse)
		return wrong(fault, cache, s->page, "more free objects than objects");
	if (nr && nr_page && last == last_page)
		return wrong(fault, cache, s->page, "CPU's and page's lists meet");
	return 0;
}

/* On a CPU's list: which one is looked at with the list itself. */
static int verify_waiting(struct shadow_kmem_cache *cache,
			  const struct shadow_slub *s, int nr_page,
			  struct shadow_fault *fault)
{
	u32 cpu = s->page->slab.state >> SLUB_CPU_SHIFT;

	if (cpu >= cache->nr_cpus)
		return wrong(fault, cache, s->page, "waits for a CPU that does not exist");
	if (!nr_page)
		return wrong(fault, cache, s->page, "full slab on a CPU's partial list");
	shadow_slub_cpu_of(cache, cpu)->seen++;
	return 0;
}

static int verify_slab(struct shadow_kmem_cache *cache, struct shadow_page *page,
		       struct shadow_fault *fault)
{
	struct shadow_slub s;
	u32 last;
	int nr;

	if (!shadow_slub_check(cache, page, &s))
		return wrong(fault, cache, page, "order, node or owner of a slab");
	if (page->slab.objects != s.objects)
		return wrong(fault, cache, page, "objects do not fit the order");
	if (atomic_read(&page->refcount) != 1)
		return wrong(fault, cache, page, "refcount of a slab is not 1");
	nr = shadow_slub_walk(cache, &s, page->slab.freelist, &last);
	if (nr < 0)
		return wrong(fault, cache, page, "page's list leaves the slab or has no end");
	if (nr + page->slab.inuse != s.objects)
		return wrong(fault, cache, page, "inuse and free are not all objects");
	s.node->seen_slabs++;
	s.node->seen_objects += s.objects;
	switch (shadow_slub_state(page)) {
	case SLUB_CPU:
		return verify_cpu_slab(cache, &s, nr, last, fault);
	case SLUB_WAITING:
		return verify_waiting(cache, &s, nr, fault);
	case SLUB_PARTIAL:
		s.node->seen_partial++;
		return nr ? 0 : wrong(fault, cache, page, "full slab on the partial list");
	case SLUB_FULL:
		return nr ? wrong(fault, cache, page, "full slab has free objects") : 0;
	default:
		return wrong(fault, cache, page, "state of a slab");
	}
}

/**
 * shadow_slub_verify_page() - one slab's lists, counts and CPU
 * @slab: the layer
 * @page: first frame of a block that says it is a slab
 * @fault: filled with the first thing that is wrong
 *
 * Context: as shadow_slab_verify().
 * Return: 0, or -EUCLEAN.
 */
int shadow_slub_verify_page(struct shadow_slab *slab, struct shadow_page *page,
			    struct shadow_fault *fault)
{
	struct shadow_kmem_cache *cache = shadow_slab_cache_of(slab, page);
	u64 pfn = shadow_page_to_pfn(slab->nodes, page);

	if (!cache)
		return shadow_fault_raise(fault, "slab: pfn %llu: slab of no cache",
					  (unsigned long long)pfn);
	return verify_slab(cache, page, fault);
}

/* The list holds slabs of this node, as many as there are, linked both ways. */
static int verify_partial(struct shadow_kmem_cache *cache,
			  struct shadow_slab_node *node, struct shadow_fault *fault)
{
	struct shadow_memmap *memmap = &cache->slab->nodes->memmap;
	const struct shadow_kmem_cache_node *in = shadow_slub_in(node);
	u32 index = in->partial.first, prev = SHADOW_NO_PAGE;
	struct shadow_page *page;
	struct shadow_slub s;
	u64 nr;

	for (nr = 0; index != SHADOW_NO_PAGE; nr++) {
		page = shadow_page_at(memmap, index);
		if (!page || nr >= node->seen_partial)
			return shadow_fault_raise(fault,
				"slab: cache %s: partial list: index %u or its length",
				cache->desc.name, index);
		if (page->prev != prev || !shadow_slub_check(cache, page, &s) ||
		    s.node != node || shadow_slub_state(page) != SLUB_PARTIAL)
			return wrong(fault, cache, page, "not where the partial list says");
		prev = index;
		index = page->next;
	}
	if (in->partial.last != prev || nr != node->seen_partial ||
	    in->nr_partial != nr)
		return shadow_fault_raise(fault,
			"slab: cache %s: %llu slabs on the partial list, %llu are partial, counted %llu",
			cache->desc.name, (unsigned long long)nr,
			(unsigned long long)node->seen_partial,
			(unsigned long long)in->nr_partial);
	return 0;
}

/* The list of slabs that wait for a CPU: its own, all of them, both ways */
static int verify_cpu_list(struct shadow_kmem_cache *cache,
			   const struct shadow_slub_cpu *c,
			   struct shadow_fault *fault)
{
	struct shadow_memmap *memmap = &cache->slab->nodes->memmap;
	u32 index = c->waiting.first, prev = SHADOW_NO_PAGE;
	struct shadow_page *page;
	struct shadow_slub s;
	u64 nr;

	for (nr = 0; index != SHADOW_NO_PAGE; nr++) {
		page = shadow_page_at(memmap, index);
		if (!page || nr >= c->seen)
			return shadow_fault_raise(fault,
				"slab: cache %s: partial list of CPU %u: index %u or its length",
				cache->desc.name, c->cpu, index);
		if (page->prev != prev || !shadow_slub_check(cache, page, &s) ||
		    page->slab.state != shadow_slub_cpu_state(SLUB_WAITING, c->cpu))
			return wrong(fault, cache, page, "not where a CPU's partial list says");
		prev = index;
		index = page->next;
	}
	if (c->waiting.last != prev || nr != c->seen || c->nr_waiting != nr)
		return shadow_fault_raise(fault,
			"slab: cache %s: %llu slabs on the partial list of CPU %u, %llu wait for it, counted %u",
			cache->desc.name, (unsigned long long)nr, c->cpu,
			(unsigned long long)c->seen, c->nr_waiting);
	return 0;
}

static int verify_cpu(struct shadow_kmem_cache *cache,
		      const struct shadow_slub_cpu *c, struct shadow_fault *fault)
{
	const struct shadow_page *page;

	if (c->page != SHADOW_NO_PAGE) {
		page = &cache->slab->nodes->memmap.pages[c->page];
		if (shadow_slab_cache_of(cache->slab, page) != cache ||
		    page->slab.state != shadow_slub_cpu_state(SLUB_CPU, c->cpu))
			return wrong(fault, cache, page, "a CPU has it, the page does not know");
	} else if (c->head != SLUB_END || c->last || c->span) {
		return shadow_fault_raise(fault, "slab: cache %s: CPU %u: objects without a slab",
					  cache->desc.name, c->cpu);
	}
	return verify_cpu_list(cache, c, fault);
}

static int verify_cache(struct shadow_kmem_cache *cache, struct shadow_fault *fault)
{
	unsigned int i;
	int err;

	for (i = 0; i < cache->slab->nodes->nr_nodes; i++) {
		struct shadow_slab_node *node = &cache->node[i];
		const struct shadow_kmem_cache_node *in = shadow_slub_in(node);

		if (node->seen_slabs != in->nr_slabs ||
		    node->seen_objects != in->nr_objects)
			return shadow_fault_raise(fault, "slab: cache %s: %llu slabs, counted %llu",
						  cache->desc.name,
						  (unsigned long long)node->seen_slabs,
						  (unsigned long long)in->nr_slabs);
		err = verify_partial(cache, node, fault);
		if (err)
			return err;
	}
	for (i = 0; i < cache->nr_cpus; i++) {
		err = verify_cpu(cache, shadow_slub_cpu_of(cache, i), fault);
		if (err)
			return err;
	}
	return 0;
}

static void see_nothing(struct shadow_kmem_cache *cache)
{
	unsigned int i;

	for (i = 0; i < cache->nr_cpus; i++)
		shadow_slub_cpu_of(cache, i)->seen = 0;
}

/**
 * shadow_slub_verify() - all slabs, and the sums over them
 * @slab: the layer
 * @fault: filled with the first thing that is wrong
 *
 * Context: as shadow_slab_verify().
 * Return: 0, or -EUCLEAN.
 */
int shadow_slub_verify(struct shadow_slab *slab, struct shadow_fault *fault)
{
	struct shadow_kmem_cache *cache;
	int err;

	for (cache = shadow_slab_next(slab, NULL); cache;
	     cache = shadow_slab_next(slab, cache))
		see_nothing(cache);
	err = shadow_slab_verify_frames(slab, fault);
	if (err)
		return err;
	for (cache = shadow_slab_next(slab, NULL); cache;
	     cache = shadow_slab_next(slab, cache)) {
		err = verify_cache(cache, fault);
		if (err)
			return err;
	}
	return 0;
}
