// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slab_slub - the engine "slub": free objects link each other, each CPU
 * has a slab of its own, a node lists the slabs that have free objects. See
 * shadow_slub.h.
 *
 * Follows mm/slub.c with CONFIG_SLAB_FREELIST_HARDENED and _RANDOM.
 */
#include "shadow_page_list.h"
#include "shadow_slub.h"

#define SLUB_PROMOTE_MAX	32	/* shrink sorts slabs this full */

/* --------------------------------------------------------------- CPU slabs */

static void cpu_slab_set(struct shadow_kmem_cache *cache,
			 struct shadow_slub_cpu *c, const struct shadow_slub *s,
			 u32 head)
{
	lockdep_assert_held(&c->lock);
	c->head = head;
	c->objects = s->objects;
	c->page = shadow_page_index(&cache->slab->nodes->memmap, s->page);
	c->base = s->base;
	c->span = (u64)s->objects * cache->bytes;
	c->key = s->key;
	c->nid = shadow_page_nid(s->page);
}

static void cpu_slab_clear(struct shadow_slub_cpu *c)
{
	c->head = SHADOW_SLAB_END;
	c->objects = 0;
	c->page = SHADOW_NO_PAGE;
	c->base = NULL;
	c->span = 0;
}

static struct shadow_slub cpu_slab(struct shadow_kmem_cache *cache,
				   struct shadow_slub_cpu *c)
{
	struct shadow_page *page = &cache->slab->nodes->memmap.pages[c->page];

	return (struct shadow_slub) {
		.page = page,
		.node = &cache->node[c->nid],
		.base = c->base,
		.key = c->key,
		.objects = c->objects,
		.order = c->objects == cache->desc.objects ? cache->desc.order :
							     cache->desc.min_order,
	};
}

/* The objects that others have freed become the CPU's; false: there are none. */
static bool take_freed(struct shadow_kmem_cache *cache, struct shadow_slub_cpu *c)
{
	struct shadow_slub s = cpu_slab(cache, c);
	u32 head;

	raw_spin_lock(&s.node->lock);
	head = s.page->slab.freelist;
	if (head < s.objects) {
		s.page->slab.freelist = SHADOW_SLAB_END;
		s.page->slab.inuse = s.objects;
		c->head = head;
	} else if (head == SHADOW_SLAB_END) {
		s.page->slab.state = SLUB_FULL;
		cpu_slab_clear(c);
	} else {
		shadow_slub_corrupt(cache, "first free object out of range", s.page);
		cpu_slab_clear(c);
	}
	raw_spin_unlock(&s.node->lock);
	return c->head != SHADOW_SLAB_END;
}

/* The first slab of a node's list becomes the CPU's; get_partial_node() */
static bool take_partial(struct shadow_kmem_cache *cache,
			 struct shadow_slub_cpu *c, unsigned int cpu,
			 unsigned int nid)
{
	struct shadow_memmap *memmap = &cache->slab->nodes->memmap;
	struct shadow_slab_node *node = &cache->node[nid];
	struct shadow_page *page;
	struct shadow_slub s;
	bool taken = false;
	u32 head;

	/* A look without the lock; what counts is the one with it. */
	if (!node->in || READ_ONCE(shadow_slub_in(node)->partial.first) == SHADOW_NO_PAGE)
		return false;
	raw_spin_lock(&node->lock);
	if (shadow_page_list_empty(&shadow_slub_in(node)->partial))
		goto unlock;
	page = shadow_page_at(memmap, shadow_slub_in(node)->partial.first);
	if (!page || !shadow_slub_check(cache, page, &s) || s.node != node ||
	    shadow_slub_state(page) != SLUB_PARTIAL || page->slab.freelist >= s.objects) {
		shadow_fault_raise(cache->fault, "slab: cache %s: partial list of node %u",
				   cache->desc.name, nid);
		goto unlock;
	}
	if (!__shadow_slub_unlist(cache, &s))
		goto unlock;
	head = page->slab.freelist;
	shadow_slub_set(&s, cache->desc.id, SHADOW_SLAB_END, s.objects,
			SLUB_CPU | cpu << SLUB_CPU_SHIFT);
	cpu_slab_set(cache, c, &s, head);
	taken = true;
unlock:
	raw_spin_unlock(&node->lock);
	return taken;
}

static bool take_new(struct shadow_kmem_cache *cache, struct shadow_slub_cpu *c,
		     unsigned int cpu, u32 gfp)
{
	struct shadow_slub s;
	u32 head = shadow_slub_make(cache, cpu, gfp, &c->rnd, &s);

	if (head == SHADOW_SLAB_END)
		return false;
	shadow_slub_set(&s, cache->desc.id, SHADOW_SLAB_END, s.objects,
			SLUB_CPU | cpu << SLUB_CPU_SHIFT);
	raw_spin_lock(&s.node->lock);
	__shadow_slub_count(&s, true);
	raw_spin_unlock(&s.node->lock);
	cpu_slab_set(cache, c, &s, head);
	return true;
}

/* A slab that is no CPU's any more goes where it belongs; true: nowhere. */
static bool place_slab(struct shadow_kmem_cache *cache, const struct shadow_slub *s)
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
	__shadow_slub_list(cache, s, false);
	return false;
}

/*
 * The CPU's list is put in front of the page's, and the slab is placed.
 * deactivate_slab() of mm/slub.c.
 */
static void deactivate(struct shadow_kmem_cache *cache, struct shadow_slub_cpu *c,
		       unsigned int cpu)
{
	struct shadow_slub s;
	bool empty = false;
	int nr;
	u32 last;

	lockdep_assert_held(&c->lock);
	if (c->page == SHADOW_NO_PAGE)
		return;
	s = cpu_slab(cache, c);
	nr = shadow_slub_walk(cache, &s, c->head, &last);
	raw_spin_lock(&s.node->lock);
	if (nr < 0 || nr > s.page->slab.inuse) {
		shadow_slub_corrupt(cache, "CPU's list of free objects", s.page);
		goto unlock;
	}
	if (nr) {
		shadow_slub_write(cache, s.base, s.key, (u64)last * cache->bytes,
				  s.page->slab.freelist);
		s.page->slab.freelist = c->head;
		s.page->slab.inuse -= nr;
	}
	empty = place_slab(cache, &s);
unlock:
	raw_spin_unlock(&s.node->lock);
	cpu_slab_clear(c);
	if (empty)
		shadow_slub_release(cache, cpu, &s);
}

/**
 * shadow_slub_flush() - take every CPU's slab from it
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
		deactivate(cache, c, cpu);
		raw_spin_unlock_irqrestore(&c->lock, flags);
	}
}

/* -------------------------------------------------------------- allocation */

/* NULL: the list is empty, or (@head is not the end) the link is broken. */
static __always_inline void *pop(struct shadow_kmem_cache *cache,
				 struct shadow_slub_cpu *c)
{
	u64 offset = (u64)c->head * cache->bytes;
	char *base = c->base;
	u64 next;

	if (unlikely(c->head >= c->objects))
		return NULL;
	next = shadow_slub_read(cache, base, c->key, offset);
	if (unlikely(!shadow_slub_link_ok(next, c->objects)))
		return NULL;
	c->head = next;
	return base + offset;
}

static unsigned int wanted_node(const struct shadow_kmem_cache *cache, u32 gfp)
{
	unsigned int node = gfp >> SHADOW_GFP_NODE_SHIFT & 0xf;

	return node && node <= cache->slab->nodes->nr_nodes ? node - 1 : 0;
}

/* A slab with free objects for the CPU: get_partial(), new_slab_objects() */
static bool take_slab(struct shadow_kmem_cache *cache, struct shadow_slub_cpu *c,
		      unsigned int cpu, u32 gfp)
{
	unsigned int nid = wanted_node(cache, gfp);
	unsigned int i;

	/* A cache that has been destroyed has no nodes any more */
	if (!cache->node[nid].in)
		return false;
	if (take_partial(cache, c, cpu, nid) || take_new(cache, c, cpu, gfp))
		return true;
	if (gfp & SHADOW_GFP_THISNODE)
		return false;
	for (i = 0; i < cache->slab->nodes->nr_nodes; i++) {
		if (i != nid && take_partial(cache, c, cpu, i))
			return true;
	}
	return false;
}

/* The CPU's list is empty or broken. Under the CPU's lock. */
static noinline void *alloc_refill(struct shadow_kmem_cache *cache,
				   struct shadow_slub_cpu *c, unsigned int cpu,
				   u32 gfp)
{
	void *object;

	lockdep_assert_held(&c->lock);
	if (c->head == SHADOW_SLAB_END) {
		if (!(c->page != SHADOW_NO_PAGE && take_freed(cache, c)) &&
		    (shadow_fault_frozen(cache->fault) ||
		     !take_slab(cache, c, cpu, gfp)))
			return NULL;
	}
	object = pop(cache, c);
	if (unlikely(!object)) {
		shadow_slub_corrupt(cache, "link of a free object",
				    &cache->slab->nodes->memmap.pages[c->page]);
		return NULL;
	}
	return object;
}

/*
 * All that the fast path leaves: flags, a frozen machine, a CPU whose list is
 * empty. It starts anew, since it may run on after the CPU's lock was dropped.
 */
static noinline void *alloc_slow(struct shadow_kmem_cache *cache,
				 struct shadow_slub_cpu *c, u32 gfp)
{
	const u32 node = SHADOW_GFP_THISNODE | 0xfU << SHADOW_GFP_NODE_SHIFT;
	unsigned int cpu = c - shadow_slub_cpu_of(cache, 0);
	unsigned long flags;
	void *object;

	if (shadow_fault_frozen(cache->fault) || (gfp & ~SHADOW_SLAB_GFP_MASK) ||
	    ((gfp & SHADOW_GFP_ZERO) && cache->ctor))
		return NULL;
	raw_spin_lock_irqsave(&c->lock, flags);
	if ((gfp & node) && c->page != SHADOW_NO_PAGE &&
	    c->nid != wanted_node(cache, gfp))
		deactivate(cache, c, cpu);
	object = pop(cache, c);
	if (!object)
		object = alloc_refill(cache, c, cpu, gfp);
	raw_spin_unlock_irqrestore(&c->lock, flags);
	if (!object)
		return NULL;
	if (gfp & SHADOW_GFP_ZERO)
		memset(object, 0, cache->desc.object_bytes);
	shadow_event(cache->slab->nodes->events, SHADOW_EV_OBJECT_ALLOC, 1);
	return object;
}

static void *slub_alloc(struct shadow_kmem_cache *cache, unsigned int cpu, u32 gfp)
{
	struct shadow_slub_cpu *c = shadow_slub_cpu_of(cache, cpu);
	unsigned long flags;
	void *object;

	if (unlikely(gfp || shadow_fault_frozen(cache->fault)))
		return alloc_slow(cache, c, gfp);
	raw_spin_lock_irqsave(&c->lock, flags);
	object = pop(cache, c);
	raw_spin_unlock_irqrestore(&c->lock, flags);
	if (unlikely(!object))
		return alloc_slow(cache, c, 0);
	shadow_event(cache->slab->nodes->events, SHADOW_EV_OBJECT_ALLOC, 1);
	return object;
}

/* -------------------------------------------------------------------- free */

/* Put an object on its page's list; 1: that has made the slab superfluous. */
static int free_to_page(struct shadow_kmem_cache *cache, const struct shadow_slub *s,
			u32 index)
{
	struct shadow_page *page = s->page;
	u32 head = page->slab.freelist;
	u32 inuse = page->slab.inuse;
	u32 state = shadow_slub_state(page);
	u64 enough = cache->desc.min_partial;

	lockdep_assert_held(&s->node->lock);
	if (head == index || !inuse)
		return -EINVAL;
	if (!shadow_slub_link_ok(head, s->objects) || inuse > s->objects ||
	    state == SLUB_NONE || state > SLUB_FULL)
		return shadow_slub_corrupt(cache, "state of a slab", page);
	if (inuse == 1 && state != SLUB_CPU && shadow_slub_in(s->node)->nr_partial >= enough) {
		if (state == SLUB_PARTIAL && !__shadow_slub_unlist(cache, s))
			return -EUCLEAN;
		__shadow_slub_unmake(s);
		return 1;
	}
	if (state == SLUB_FULL && !__shadow_slub_list(cache, s, true))
		return -EUCLEAN;
	shadow_slub_write(cache, s->base, s->key, (u64)index * cache->bytes, head);
	page->slab.freelist = index;
	page->slab.inuse = inuse - 1;
	return 0;
}

/* The object is not in the CPU's own slab. Without the CPU's lock. */
static noinline int free_slow(struct shadow_kmem_cache *cache, unsigned int cpu,
			      char *object)
{
	struct shadow_nodes *nodes = cache->slab->nodes;
	struct shadow_page *page = shadow_slab_head(nodes, object);
	struct shadow_slub s;
	unsigned long flags;
	u64 offset, index;
	int err = -EINVAL;

	if (!page || !shadow_slub_check(cache, page, &s))
		return -EINVAL;
	offset = object - s.base;
	index = shadow_slub_index(cache, offset);
	if (index >= s.objects || index * cache->bytes != offset)
		return -EINVAL;
	raw_spin_lock_irqsave(&s.node->lock, flags);
	/* Again: a free of the same object may have given the slab back. */
	if (shadow_slub_check(cache, page, &s))
		err = free_to_page(cache, &s, index);
	raw_spin_unlock_irqrestore(&s.node->lock, flags);
	if (err > 0)
		err = shadow_slub_release(cache, cpu, &s);
	if (!err)
		shadow_event(nodes->events, SHADOW_EV_OBJECT_FREE, 1);
	return err;
}

static int slub_free(struct shadow_kmem_cache *cache, unsigned int cpu, void *object)
{
	struct shadow_slub_cpu *c = shadow_slub_cpu_of(cache, cpu);
	unsigned long flags;
	u64 offset, index;

	if (unlikely(shadow_fault_frozen(cache->fault)))
		return -EUCLEAN;
	raw_spin_lock_irqsave(&c->lock, flags);
	offset = (char *)object - c->base;
	if (unlikely(offset >= c->span))
		goto not_ours;
	index = shadow_slub_index(cache, offset);
	if (unlikely(index * cache->bytes != offset || index == c->head))
		goto refuse;
	shadow_slub_write(cache, c->base, c->key, offset, c->head);
	c->head = index;
	raw_spin_unlock_irqrestore(&c->lock, flags);
	shadow_event(cache->slab->nodes->events, SHADOW_EV_OBJECT_FREE, 1);
	return 0;

not_ours:
	raw_spin_unlock_irqrestore(&c->lock, flags);
	return free_slow(cache, cpu, object);
refuse:
	raw_spin_unlock_irqrestore(&c->lock, flags);
	return -EINVAL;
}

static u32 slub_alloc_bulk(struct shadow_kmem_cache *cache, unsigned int cpu,
			   u32 gfp, u32 nr, void **objects)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		objects[i] = slub_alloc(cache, cpu, gfp);
		if (!objects[i])
			break;
	}
	if (i == nr)
		return nr;
	while (i--)
		slub_free(cache, cpu, objects[i]);
	return 0;
}

static u32 slub_free_bulk(struct shadow_kmem_cache *cache, unsigned int cpu,
			  u32 nr, void **objects)
{
	u32 i;

	for (i = 0; i < nr && !slub_free(cache, cpu, objects[i]); i++)
		;
	return i;
}

/* ---------------------------------------------------------- open and close */

static void init_cpu(struct shadow_kmem_cache *cache, unsigned int cpu)
{
	struct shadow_slub_cpu *c = shadow_slub_cpu_of(cache, cpu);

	raw_spin_lock_init(&c->lock);
	c->rnd = shadow_slab_random(cache->seed, 2 + cpu);
	cpu_slab_clear(c);
}

static void init_node(struct shadow_slab_node *node,
		      struct shadow_kmem_cache_node *in)
{
	memset(in, 0, sizeof(*in));
	shadow_page_list_init(&in->partial);
	node->in = in;
}

/*
 * The first slab of kmem_cache_node holds the structure that says so. The
 * structures of the other nodes come from the same slab, by the ordinary way.
 * early_kmem_cache_node_alloc() of mm/slub.c.
 */
static int open_first(struct shadow_kmem_cache *cache)
{
	struct shadow_slub s;
	unsigned long flags;
	u64 offset;
	u32 head = shadow_slub_make(cache, 0, 0, &shadow_slub_cpu_of(cache, 0)->rnd, &s);

	if (head == SHADOW_SLAB_END)
		return -ENOMEM;
	offset = (u64)head * cache->bytes;
	head = shadow_slub_read(cache, s.base, s.key, offset);
	shadow_slub_set(&s, cache->desc.id, head, 1, SLUB_PARTIAL);
	init_node(s.node, (struct shadow_kmem_cache_node *)(s.base + offset));
	raw_spin_lock_irqsave(&s.node->lock, flags);
	__shadow_slub_count(&s, true);
	__shadow_slub_list(cache, &s, false);
	raw_spin_unlock_irqrestore(&s.node->lock, flags);
	return 0;
}

static void close_nodes(struct shadow_kmem_cache *cache)
{
	struct shadow_kmem_cache *nodes = cache->slab->kmem_cache_node;
	unsigned int nid;

	for (nid = 0; nid < cache->slab->nodes->nr_nodes; nid++) {
		if (cache->node[nid].in)
			shadow_kmem_cache_free_cpu(nodes, 0, cache->node[nid].in);
		cache->node[nid].in = NULL;
	}
}

/*
 * Where a node's structure is asked for. While the first cache boots: where its
 * first slab is, as a slab on another node could not be counted yet.
 */
static u32 node_gfp(struct shadow_kmem_cache *cache, unsigned int nid)
{
	if (cache->slab->state == SHADOW_SLAB_DOWN) {
		for (nid = 0; !cache->node[nid].in;)
			nid++;
	}
	return SHADOW_GFP_NODE(nid);
}

static int slub_open(struct shadow_kmem_cache *cache)
{
	struct shadow_slab *slab = cache->slab;
	unsigned int cpu, nid;
	void *in;
	int err;

	for (cpu = 0; cpu < cache->nr_cpus; cpu++)
		init_cpu(cache, cpu);
	if (slab->state == SHADOW_SLAB_DOWN) {
		err = open_first(cache);
		if (err)
			return err;
	}
	for (nid = 0; nid < slab->nodes->nr_nodes; nid++) {
		if (cache->node[nid].in)
			continue;
		in = shadow_kmem_cache_alloc_cpu(slab->kmem_cache_node, 0,
						 node_gfp(cache, nid));
		if (!in)
			goto close;
		init_node(&cache->node[nid], in);
	}
	return 0;

close:
	/* While the first cache boots, its failure takes all slabs with it. */
	if (slab->state != SHADOW_SLAB_DOWN)
		close_nodes(cache);
	return -ENOMEM;
}

/* Take the node's list apart by how full its slabs are. */
static void sort_partial(struct shadow_kmem_cache *cache,
			 struct shadow_slab_node *node,
			 struct shadow_page_list *empty)
{
	struct shadow_page_list full[SLUB_PROMOTE_MAX + 1];
	struct shadow_memmap *memmap = &cache->slab->nodes->memmap;
	struct shadow_kmem_cache_node *in = shadow_slub_in(node);
	struct shadow_page *page;
	struct shadow_slub s;
	u32 i, nr_free;

	for (i = 0; i < ARRAY_SIZE(full); i++)
		shadow_page_list_init(&full[i]);
	while ((page = shadow_page_list_pop(memmap, &in->partial))) {
		if (!shadow_slub_check(cache, page, &s) || s.node != node ||
		    page->slab.inuse >= s.objects) {
			shadow_slub_corrupt(cache, "partial list", page);
			break;
		}
		nr_free = s.objects - page->slab.inuse;
		if (nr_free == s.objects) {
			in->nr_partial--;
			__shadow_slub_unmake(&s);
			shadow_page_list_push(memmap, empty, page);
		} else {
			i = min_t(u32, nr_free - 1, SLUB_PROMOTE_MAX);
			shadow_page_list_push_tail(memmap, &full[i], page);
		}
	}
	for (i = 0; i < ARRAY_SIZE(full); i++) {
		while ((page = shadow_page_list_pop(memmap, &full[i])))
			shadow_page_list_push_tail(memmap, &in->partial, page);
	}
}

/* __kmem_cache_do_shrink() of mm/slub.c */
static int slub_shrink(struct shadow_kmem_cache *cache)
{
	struct shadow_nodes *nodes = cache->slab->nodes;
	struct shadow_page_list empty;
	struct shadow_page *page;
	unsigned long flags;
	unsigned int nid;
	int left = 0;

	if (shadow_fault_frozen(cache->fault))
		return -EUCLEAN;
	shadow_slub_flush(cache);
	for (nid = 0; nid < nodes->nr_nodes; nid++) {
		struct shadow_slab_node *node = &cache->node[nid];

		shadow_page_list_init(&empty);
		raw_spin_lock_irqsave(&node->lock, flags);
		sort_partial(cache, node, &empty);
		left |= !!shadow_slub_in(node)->nr_slabs;
		raw_spin_unlock_irqrestore(&node->lock, flags);
		while ((page = shadow_page_list_pop(&nodes->memmap, &empty))) {
			struct shadow_slub s = {
				.page = page,
				.order = shadow_page_order(page),
			};

			shadow_slub_release(cache, 0, &s);
		}
	}
	return shadow_fault_frozen(cache->fault) ? -EUCLEAN : left;
}

static int slub_close(struct shadow_kmem_cache *cache)
{
	int left = slub_shrink(cache);

	if (left)
		return left < 0 ? left : -EBUSY;
	close_nodes(cache);
	return 0;
}

/* kmem_cache_init() of mm/slub.c */
static int slub_boot(struct shadow_slab *slab)
{
	int err;

	slab->kmem_cache_node = &slab->caches[0];
	slab->kmem_cache = &slab->caches[1];
	err = shadow_slab_boot_cache(slab, 0, "kmem_cache_node",
				     sizeof(struct shadow_kmem_cache_node));
	if (err)
		return err;
	slab->state = SHADOW_SLAB_PARTIAL;
	err = shadow_slab_boot_cache(slab, 1, "kmem_cache",
				     sizeof(struct shadow_kmem_cache_desc));
	if (err)
		return err;
	err = shadow_slab_settle(slab->kmem_cache);
	if (err)
		return err;
	err = shadow_slab_settle(slab->kmem_cache_node);
	if (err)
		return err;
	return shadow_kmalloc_boot(slab);
}

const struct shadow_slab_engine shadow_slab_slub = {
	.name = "slub",
	.calls = {
		.alloc = slub_alloc,
		.free = slub_free,
		.alloc_bulk = slub_alloc_bulk,
		.free_bulk = slub_free_bulk,
	},
	.cpu_bytes = sizeof(struct shadow_slub_cpu),
	.boot = slub_boot,
	.layout = shadow_slub_layout,
	.open = slub_open,
	.close = slub_close,
	.shrink = slub_shrink,
	.drop = shadow_slub_drop,
	.info = shadow_slub_info,
	.verify = shadow_slub_verify,
	.verify_page = shadow_slub_verify_page,
	.resolve = shadow_slub_resolve,
	.look = shadow_slub_look,
};
