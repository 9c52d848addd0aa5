// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slub_free - the engine "slub": objects that go back to another slab
 * than the CPU's own, and many objects at once. See shadow_slub.h.
 */
#include "shadow_latency.h"
#include "shadow_slab_debug.h"
#include "shadow_slub.h"

/* Objects of the CPU's own slab, up to the first that is not or is refused */
static u32 free_own(struct shadow_kmem_cache *cache, struct shadow_slub_cpu *c,
		    u32 nr, void **objects)
{
	u32 i, head = c->head;
	u64 object;

	lockdep_assert_held(&c->lock);
	for (i = 0; i < nr; i++) {
		object = (char *)objects[i] - c->base;
		if (object >= c->span || object == head ||
		    !shadow_slub_begins(cache, object))
			break;
		WRITE_ONCE(*(u64 *)(c->links + object),
			   shadow_slub_encode(c->key, object, head));
		head = object;
	}
	c->head = head;
	return i;
}

/*
 * Objects of one slab go to its page's list, up to the first that is not of it
 * or is refused. How many, or -errno.
 */
static __always_inline int
free_to_page(struct shadow_kmem_cache *cache, const struct shadow_slub *s, u32 nr,
	     void **objects)
{
	struct shadow_page *page = s->page;
	u32 head = page->slab.freelist;
	u32 inuse = page->slab.inuse;
	u32 state = shadow_slub_state(page);
	u64 object;
	u32 i;

	lockdep_assert_held(&s->node->lock);
	if (!shadow_slub_head_ok(s, head) || inuse > s->objects ||
	    state == SLUB_NONE || state > SLUB_WAITING)
		return shadow_slub_corrupt(cache, "state of a slab", page);
	nr = min(nr, inuse);
	for (i = 0; i < nr; i++) {
		object = (char *)objects[i] - s->base;
		if (object > s->last || object == head ||
		    !shadow_slub_begins(cache, object))
			break;
		shadow_slub_write(cache, s, object, head);
		head = object;
	}
	page->slab.freelist = head;
	page->slab.inuse = inuse - i;
	return i ? i : -EINVAL;
}

/* Where a slab goes, now that objects of it have been freed */
enum after_free {
	AFTER_STAYS,
	AFTER_WAITS,	/* to the CPU's list */
	AFTER_GOES,	/* to the page allocator */
};

/* A slab that has become empty, or has no longer no free objects */
static noinline enum after_free move_slab(struct shadow_kmem_cache *cache,
					  struct shadow_page *page, u32 cpu)
{
	u32 state = shadow_slub_state(page);
	struct shadow_slub s;

	if (!shadow_slub_check(cache, page, &s))
		return AFTER_STAYS;
	lockdep_assert_held(&s.node->lock);
	if (state == SLUB_FULL && cache->desc.cpu_slabs) {
		page->slab.state = shadow_slub_cpu_state(SLUB_WAITING, cpu);
		return AFTER_WAITS;
	}
	if (page->slab.inuse ||
	    shadow_slub_in(s.node)->nr_partial < cache->desc.min_partial) {
		if (state == SLUB_FULL)
			__shadow_slub_list(cache, &s, true);
		return AFTER_STAYS;
	}
	if (state == SLUB_PARTIAL && !__shadow_slub_unlist(cache, &s))
		return AFTER_STAYS;
	__shadow_slub_unmake(&s);
	return AFTER_GOES;
}

static void __move_on(struct shadow_kmem_cache *cache, struct shadow_slub_cpu *c,
		      struct shadow_page *page, enum after_free after)
{
	lockdep_assert_held(&c->lock);
	if (after == AFTER_WAITS)
		__shadow_slub_wait(cache, c, page);
	else if (after == AFTER_GOES)
		shadow_slab_give(cache, c->cpu, page);
}

/* With the CPU's lock, which the caller has or not, and no node's */
static noinline void move_on(struct shadow_kmem_cache *cache,
			     struct shadow_slub_cpu *c, struct shadow_page *page,
			     enum after_free after, bool held)
{
	if (held) {
		__move_on(cache, c, page, after);
		return;
	}
	raw_spin_lock(&c->lock);
	__move_on(cache, c, page, after);
	raw_spin_unlock(&c->lock);
}

/*
 * The slab that an object lies in, if it has the order that slabs of the cache
 * should have: by the address alone. What the page says is looked at later.
 */
static __always_inline bool slab_of(struct shadow_kmem_cache *cache, void *object,
				    struct shadow_slub *s)
{
	struct shadow_nodes *nodes = cache->slab->nodes;
	phys_addr_t pa = shadow_virt_to_phys(nodes->block, object);
	u64 mask = ((u64)1 << (nodes->page_shift + cache->desc.order)) - 1;
	unsigned int nid;

	s->page = shadow_pfn_to_page(nodes, (pa & ~mask) >> nodes->page_shift);
	if (unlikely(!s->page))
		return false;
	nid = shadow_page_nid(s->page);
	if (unlikely(nid >= nodes->nr_nodes))
		return false;
	s->node = &cache->node[nid];
	s->base = (char *)object - (pa & mask);
	s->key = shadow_slub_key(cache, pa & ~mask);
	s->objects = cache->desc.objects;
	s->last = (s->objects - 1) * cache->bytes;
	return true;
}

/* Is what slab_of() has found a slab of the cache? */
static __always_inline bool is_slab(const struct shadow_kmem_cache *cache,
				    const struct shadow_slub *s)
{
	const u32 mask = SHADOW_PF_STATE_MASK | SHADOW_PF_ORDER_MASK |
			 SHADOW_PF_OWNER_MASK;

	lockdep_assert_held(&s->node->lock);
	return likely((READ_ONCE(s->page->flags) & mask) ==
		      SHADOW_PF(SHADOW_PAGE_ALLOCATED, cache->desc.order,
				SHADOW_OWNER_SLAB, 0)) &&
	       likely(s->page->slab.cache == cache->desc.id) &&
	       likely(s->node->in);
}

/*
 * Under the node's lock: objects of one slab are freed. Where the slab moves
 * to is for move_on(), which takes other locks.
 */
static __always_inline int free_locked(struct shadow_kmem_cache *cache,
				       const struct shadow_slub *s, u32 cpu,
				       u32 nr, void **objects,
				       enum after_free *after)
{
	int done = free_to_page(cache, s, nr, objects);
	u32 state = shadow_slub_state(s->page);

	*after = AFTER_STAYS;
	if (done > 0 && (state == SLUB_FULL ||
			 (state == SLUB_PARTIAL && !s->page->slab.inuse)))
		*after = move_slab(cache, s->page, cpu);
	return done;
}

/* The order of the slab is not what slab_of() thinks, or it is none. */
static noinline int free_odd(struct shadow_kmem_cache *cache,
			     struct shadow_slub_cpu *c, u32 nr, void **objects,
			     bool held)
{
	struct shadow_page *page = shadow_slab_head(cache->slab->nodes, objects[0]);
	enum after_free after = AFTER_STAYS;
	struct shadow_slub s;
	int done = -EINVAL;

	if (!page || !shadow_slub_check(cache, page, &s))
		return -EINVAL;
	raw_spin_lock(&s.node->lock);
	/* Again: a free of the same object may have given the slab back. */
	if (shadow_slub_check(cache, page, &s))
		done = free_locked(cache, &s, c->cpu, nr, objects, &after);
	raw_spin_unlock(&s.node->lock);
	if (after != AFTER_STAYS)
		move_on(cache, c, page, after, held);
	return done;
}

/*
 * Objects that begin with one of a slab that is not the CPU's own; how many.
 * Interrupts are off; @held: whether the CPU's lock is.
 */
static __always_inline int free_slab(struct shadow_kmem_cache *cache,
				     struct shadow_slub_cpu *c, u32 nr,
				     void **objects, bool held)
{
	enum after_free after;
	struct shadow_slub s;
	int done;

	shadow_latency_path(cache->slab->nodes->events, SHADOW_LATENCY_PARTIAL);
	if (unlikely(!slab_of(cache, objects[0], &s)))
		return -EINVAL;
	raw_spin_lock(&s.node->lock);
	if (unlikely(!is_slab(cache, &s))) {
		raw_spin_unlock(&s.node->lock);
		return free_odd(cache, c, nr, objects, held);
	}
	done = free_locked(cache, &s, c->cpu, nr, objects, &after);
	raw_spin_unlock(&s.node->lock);
	if (unlikely(after != AFTER_STAYS))
		move_on(cache, c, s.page, after, held);
	return done;
}

/**
 * shadow_slub_free_foreign() - give an object back to another slab than the
 *	CPU's own
 * @cache: the cache
 * @c: the CPU
 * @object: the object
 *
 * To the CPU's own, too, as long as somebody else holds its lock. A slab that
 * was full is on no list between its node's lock and the CPU's. Follows
 * __slab_free() of mm/slub.c.
 *
 * Context: any; without locks of the cache.
 * Return: 0, -EINVAL or -EUCLEAN.
 */
int shadow_slub_free_foreign(struct shadow_kmem_cache *cache,
			     struct shadow_slub_cpu *c, void *object)
{
	unsigned long flags;
	int done;

	local_irq_save(flags);
	done = free_slab(cache, c, 1, &object, false);
	local_irq_restore(flags);
	if (unlikely(done < 0))
		return done;
	shadow_slab_count_freed_away(&c->counts);
	return 0;
}

/* Some of the objects, at least one; -errno if the first is refused. */
static int free_some(struct shadow_kmem_cache *cache, struct shadow_slub_cpu *c,
		     u32 nr, void **objects)
{
	int done = free_own(cache, c, nr, objects);

	if (done)
		return done;
	if ((u64)((char *)objects[0] - c->base) < c->span)
		return -EINVAL;
	return free_slab(cache, c, nr, objects, true);
}

/**
 * shadow_slub_free_bulk() - give objects back
 * @cache: the cache
 * @cpu: who gives them back
 * @nr: how many
 * @objects: they
 *
 * Neighbours of one slab go back together. Follows kmem_cache_free_bulk(), but
 * leaves the objects in their order: the first that is refused ends it.
 *
 * Context: any; without locks of the cache.
 * Return: how many were given back.
 */
u32 shadow_slub_free_bulk(struct shadow_kmem_cache *cache, unsigned int cpu,
			  u32 nr, void **objects)
{
	struct shadow_slub_cpu *c = shadow_slub_cpu_of(cache, cpu);
	unsigned long flags;
	u32 done = 0;
	int some;

	if (unlikely(shadow_fault_frozen(cache->fault)))
		return 0;
	raw_spin_lock_irqsave(&c->lock, flags);
	while (done < nr) {
		some = free_some(cache, c, nr - done, objects + done);
		if (some < 0)
			break;
		done += some;
	}
	shadow_slab_count_freed(&c->counts, done);
	raw_spin_unlock_irqrestore(&c->lock, flags);
	return done;
}
