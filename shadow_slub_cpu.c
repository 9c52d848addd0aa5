// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slub_cpu - the engine "slub": where a CPU has its slabs from, those
 * that wait to be the next, and how it loses them. See shadow_slub.h.
 */
#include "shadow_latency.h"
#include "shadow_page_list.h"
#include "shadow_random.h"
#include "shadow_slub.h"

#define NODE_MASK	(SHADOW_GFP_THISNODE | 0xfU << SHADOW_GFP_NODE_SHIFT)

static void cpu_slab_set(struct shadow_kmem_cache *cache,
			 struct shadow_slub_cpu *c, const struct shadow_slub *s,
			 u32 head)
{
	lockdep_assert_held(&c->lock);
	c->head = head;
	c->last = s->last;
	c->span = s->last + cache->bytes;
	c->base = s->base;
	c->links = s->base + cache->offset;
	c->key = s->key;
	c->page = shadow_page_index(&cache->slab->nodes->memmap, s->page);
	c->nid = shadow_page_nid(s->page);
}

static void cpu_slab_clear(struct shadow_slub_cpu *c)
{
	c->head = SLUB_END;
	c->last = 0;
	c->span = 0;
	c->base = NULL;
	c->links = NULL;
	c->page = SHADOW_NO_PAGE;
}

static struct shadow_slub cpu_slab(struct shadow_kmem_cache *cache,
				   struct shadow_slub_cpu *c)
{
	return (struct shadow_slub) {
		.page = &cache->slab->nodes->memmap.pages[c->page],
		.node = &cache->node[c->nid],
		.base = c->base,
		.key = c->key,
		.objects = c->span / cache->bytes,
		.last = c->last,
	};
}

/**
 * shadow_slub_init_cpu() - a CPU has no slabs yet
 * @cache: the cache
 * @cpu: the CPU
 *
 * Context: nobody uses the cache yet.
 */
void shadow_slub_init_cpu(struct shadow_kmem_cache *cache, unsigned int cpu)
{
	struct shadow_slub_cpu *c = shadow_slub_cpu_of(cache, cpu);

	raw_spin_lock_init(&c->lock);
	c->cpu = cpu;
	c->rnd = shadow_random_at(cache->seed, 2 + cpu);
	c->nr_waiting = 0;
	shadow_page_list_init(&c->waiting);
	cpu_slab_clear(c);
}

/* ------------------------------------------------------- slabs that wait */

/* A slab that is no CPU's any more goes where it belongs; true: nowhere. */
static bool place_slab(struct shadow_kmem_cache *cache,
		       const struct shadow_slub *s, bool tail)
{
	lockdep_assert_held(&s->node->lock);
	if (s->page->slab.inuse == s->objects) {
		s->page->slab.state = SLUB_FULL;
		return false;
	}
	if (!s->page->slab.inuse &&
	    shadow_slub_in(s->node)->nr_partial >= cache->desc.min_partial) {
		__shadow_slub_unmake(s);
		return true;
	}
	__shadow_slub_list(cache, s, tail);
	return false;
}

/* The newest slab that waits leaves the list; false: there is none. */
static bool pop_waiting(struct shadow_kmem_cache *cache,
			struct shadow_slub_cpu *c, struct shadow_slub *s)
{
	struct shadow_memmap *memmap = &cache->slab->nodes->memmap;
	struct shadow_page *page;

	lockdep_assert_held(&c->lock);
	if (shadow_page_list_empty(&c->waiting))
		return false;
	page = shadow_page_list_pop(memmap, &c->waiting);
	if (page && shadow_slub_check(cache, page, s) &&
	    page->slab.state == shadow_slub_cpu_state(SLUB_WAITING, c->cpu)) {
		c->nr_waiting--;
		return true;
	}
	shadow_fault_raise(cache->fault, "slab: cache %s: partial list of CPU %u",
			   cache->desc.name, c->cpu);
	shadow_page_list_init(&c->waiting);
	c->nr_waiting = 0;
	return false;
}

static void push_waiting(struct shadow_kmem_cache *cache,
			 struct shadow_slub_cpu *c, struct shadow_page *page)
{
	lockdep_assert_held(&c->lock);
	if (shadow_page_list_push(&cache->slab->nodes->memmap, &c->waiting, page))
		c->nr_waiting++;
	else
		shadow_slub_corrupt(cache, "partial list of a CPU", page);
}

static void give_to_node(struct shadow_kmem_cache *cache,
			 struct shadow_slub_cpu *c, const struct shadow_slub *s)
{
	bool empty;

	raw_spin_lock(&s->node->lock);
	empty = place_slab(cache, s, true);
	raw_spin_unlock(&s->node->lock);
	if (empty)
		shadow_slab_give(cache, c->cpu, s->page);
}

/* __put_partials() of mm/slub.c */
static void drain_waiting(struct shadow_kmem_cache *cache,
			  struct shadow_slub_cpu *c)
{
	struct shadow_slub s;

	while (pop_waiting(cache, c, &s))
		give_to_node(cache, c, &s);
}

/**
 * __shadow_slub_wait() - a slab shall be a CPU's, when it needs one
 * @cache: the cache
 * @c: the CPU
 * @page: the slab's first frame: on no list, says SLUB_WAITING already
 *
 * Where as many wait as shall, these go to their nodes first, all of them.
 * Follows put_cpu_partial() of mm/slub.c.
 *
 * Context: the CPU's lock is held, no node's.
 */
void __shadow_slub_wait(struct shadow_kmem_cache *cache,
			struct shadow_slub_cpu *c, struct shadow_page *page)
{
	if (c->nr_waiting >= cache->desc.cpu_slabs)
		drain_waiting(cache, c);
	push_waiting(cache, c, page);
}

/* ------------------------------------------------------- taking a slab */

/* The objects that others have freed become the CPU's; false: there are none. */
static bool take_freed(struct shadow_kmem_cache *cache, struct shadow_slub_cpu *c)
{
	struct shadow_slub s = cpu_slab(cache, c);
	u32 head;

	raw_spin_lock(&s.node->lock);
	head = s.page->slab.freelist;
	if (head <= s.last) {
		s.page->slab.freelist = SLUB_END;
		s.page->slab.inuse = s.objects;
		c->head = head;
	} else if (head == SLUB_END) {
		s.page->slab.state = SLUB_FULL;
		cpu_slab_clear(c);
	} else {
		shadow_slub_corrupt(cache, "first free object out of range", s.page);
		cpu_slab_clear(c);
	}
	raw_spin_unlock(&s.node->lock);
	return c->head != SLUB_END;
}

/* All free objects of a slab that is on no list become the CPU's. */
static bool take_all(struct shadow_kmem_cache *cache, struct shadow_slub_cpu *c,
		     const struct shadow_slub *s)
{
	u32 head = s->page->slab.freelist;

	lockdep_assert_held(&s->node->lock);
	if (head > s->last) {
		shadow_slub_corrupt(cache, "first free object out of range", s->page);
		return false;
	}
	shadow_slub_set(s, cache->desc.id, SLUB_END, s->objects,
			shadow_slub_cpu_state(SLUB_CPU, c->cpu));
	cpu_slab_set(cache, c, s, head);
	return true;
}

/* A slab that waits; those of nodes that are not wanted go to these. */
static bool take_waiting(struct shadow_kmem_cache *cache,
			 struct shadow_slub_cpu *c, u32 gfp)
{
	struct shadow_slub s;
	bool taken;

	while (pop_waiting(cache, c, &s)) {
		if ((gfp & NODE_MASK) &&
		    shadow_page_nid(s.page) != shadow_slub_wanted_node(cache, gfp)) {
			give_to_node(cache, c, &s);
			continue;
		}
		raw_spin_lock(&s.node->lock);
		taken = take_all(cache, c, &s);
		raw_spin_unlock(&s.node->lock);
		return taken;
	}
	return false;
}

/* The first slab of a node's list leaves it; false: there is none. */
static bool pop_partial(struct shadow_kmem_cache *cache,
			struct shadow_slab_node *node, struct shadow_slub *s)
{
	struct shadow_kmem_cache_node *in = shadow_slub_in(node);
	struct shadow_page *page;

	lockdep_assert_held(&node->lock);
	if (shadow_page_list_empty(&in->partial))
		return false;
	page = shadow_page_at(&cache->slab->nodes->memmap, in->partial.first);
	if (page && shadow_slub_check(cache, page, s) && s->node == node &&
	    shadow_slub_state(page) == SLUB_PARTIAL)
		return __shadow_slub_unlist(cache, s);
	shadow_fault_raise(cache->fault, "slab: cache %s: partial list of node %u",
			   cache->desc.name, (unsigned int)(node - cache->node));
	return false;
}

/*
 * The first slab of a node's list becomes the CPU's, and as many as make up
 * half of what it may keep wait to. get_partial_node() of mm/slub.c
 */
static bool take_partial(struct shadow_kmem_cache *cache,
			 struct shadow_slub_cpu *c, unsigned int nid)
{
	struct shadow_slab_node *node = &cache->node[nid];
	u32 nr = cache->desc.cpu_slabs ? cache->desc.cpu_slabs / 2 + 1 : 0;
	struct shadow_slub s;
	bool taken;

	/* A look without the lock; what counts is the one with it. */
	if (!node->in || READ_ONCE(shadow_slub_in(node)->partial.first) == SHADOW_NO_PAGE)
		return false;
	raw_spin_lock(&node->lock);
	taken = pop_partial(cache, node, &s) && take_all(cache, c, &s);
	while (taken && nr-- && pop_partial(cache, node, &s)) {
		s.page->slab.state = shadow_slub_cpu_state(SLUB_WAITING, c->cpu);
		push_waiting(cache, c, s.page);
	}
	raw_spin_unlock(&node->lock);
	return taken;
}

static bool take_new(struct shadow_kmem_cache *cache, struct shadow_slub_cpu *c,
		     u32 gfp)
{
	struct shadow_slub s;
	u32 head = shadow_slub_make(cache, c->cpu, gfp, &c->rnd, &s);

	if (head == SLUB_END)
		return false;
	shadow_slub_set(&s, cache->desc.id, SLUB_END, s.objects,
			shadow_slub_cpu_state(SLUB_CPU, c->cpu));
	raw_spin_lock(&s.node->lock);
	__shadow_slub_count(&s, true);
	raw_spin_unlock(&s.node->lock);
	cpu_slab_set(cache, c, &s, head);
	return true;
}

/**
 * shadow_slub_wanted_node() - where an allocation would like its slab to be
 * @cache: the cache
 * @gfp: of the allocation
 *
 * Context: any.
 * Return: the node.
 */
unsigned int shadow_slub_wanted_node(const struct shadow_kmem_cache *cache,
				     u32 gfp)
{
	unsigned int node = gfp >> SHADOW_GFP_NODE_SHIFT & 0xf;

	return node && node <= cache->slab->nodes->nr_nodes ? node - 1 : 0;
}

/* get_partial() and new_slab_objects() of mm/slub.c */
static bool take_slab(struct shadow_kmem_cache *cache, struct shadow_slub_cpu *c,
		      u32 gfp)
{
	unsigned int nid = shadow_slub_wanted_node(cache, gfp);
	unsigned int i;

	/* A cache that has been destroyed has no nodes any more */
	if (!cache->node[nid].in)
		return false;
	if (take_waiting(cache, c, gfp) || take_partial(cache, c, nid) ||
	    take_new(cache, c, gfp))
		return true;
	if (gfp & SHADOW_GFP_THISNODE)
		return false;
	for (i = 0; i < cache->slab->nodes->nr_nodes; i++) {
		if (i != nid && take_partial(cache, c, i))
			return true;
	}
	return false;
}

/**
 * __shadow_slub_refill() - free objects for a CPU that has none
 * @cache: the cache
 * @c: the CPU
 * @gfp: SHADOW_SLAB_GFP_MASK
 *
 * Those that others have freed into its slab, or a slab that waits, or one of
 * the node, or a new one. Follows ___slab_alloc() of mm/slub.c.
 *
 * Context: the CPU's lock is held.
 * Return: false: there are none.
 */
bool __shadow_slub_refill(struct shadow_kmem_cache *cache,
			  struct shadow_slub_cpu *c, u32 gfp)
{
	lockdep_assert_held(&c->lock);
	shadow_latency_path(cache->slab->nodes->events, SHADOW_LATENCY_PARTIAL);
	if (c->page != SHADOW_NO_PAGE && take_freed(cache, c))
		return true;
	return !shadow_fault_frozen(cache->fault) && take_slab(cache, c, gfp);
}

/* ------------------------------------------------------- losing a slab */

/**
 * __shadow_slub_deactivate() - a CPU's slab is its no more
 * @cache: the cache
 * @c: the CPU
 *
 * The CPU's list is put in front of the page's, and the slab is placed. Follows
 * deactivate_slab() of mm/slub.c.
 *
 * Context: the CPU's lock is held.
 */
void __shadow_slub_deactivate(struct shadow_kmem_cache *cache,
			      struct shadow_slub_cpu *c)
{
	bool empty = false, tail;
	struct shadow_slub s;
	u32 last;
	int nr;

	lockdep_assert_held(&c->lock);
	if (c->page == SHADOW_NO_PAGE)
		return;
	s = cpu_slab(cache, c);
	nr = shadow_slub_walk(cache, &s, c->head, &last);
	raw_spin_lock(&s.node->lock);
	if (nr < 0 || nr > s.page->slab.inuse) {
		shadow_slub_bad_link(cache, s.page, last);
		goto unlock;
	}
	tail = s.page->slab.freelist != SLUB_END;
	if (nr) {
		shadow_slub_write(cache, &s, last, s.page->slab.freelist);
		s.page->slab.freelist = c->head;
		s.page->slab.inuse -= nr;
	}
	empty = place_slab(cache, &s, tail);
unlock:
	raw_spin_unlock(&s.node->lock);
	cpu_slab_clear(c);
	if (empty)
		shadow_slab_give(cache, c->cpu, s.page);
}

/**
 * shadow_slub_flush() - take every CPU's slabs from it
 * @cache: the cache
 *
 * Follows flush_all() of mm/slub.c, without the trip to each CPU: the locks may
 * be taken from anywhere.
 *
 * Context: any; without locks of the cache.
 */
void shadow_slub_flush(struct shadow_kmem_cache *cache)
{
	unsigned long flags;
	unsigned int cpu;

	for (cpu = 0; cpu < cache->nr_cpus; cpu++) {
		struct shadow_slub_cpu *c = shadow_slub_cpu_of(cache, cpu);

		raw_spin_lock_irqsave(&c->lock, flags);
		__shadow_slub_deactivate(cache, c);
		drain_waiting(cache, c);
		raw_spin_unlock_irqrestore(&c->lock, flags);
	}
}
