// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slab_slub - the engine "slub": free objects link each other, each CPU
 * has a slab of its own and some that wait to be the next, a node lists the
 * other slabs that have free objects. See shadow_slub.h.
 *
 * Follows mm/slub.c with CONFIG_SLAB_FREELIST_HARDENED, _RANDOM and
 * CONFIG_SLUB_CPU_PARTIAL.
 *
 * Nearly all allocations and frees end in slub_alloc() and slub_free(). These
 * call nothing but what ends them, so they need no frame of the stack.
 */
#include "shadow_page_list.h"
#include "shadow_ring.h"
#include "shadow_slub.h"

/* False: the list is empty, or (@head is not the end) the link is broken. */
static __always_inline bool pop(struct shadow_slub_cpu *c, void **object)
{
	u32 head = c->head, next;
	u64 link;

	if (unlikely(head > c->last))
		return false;
	link = READ_ONCE(*(u64 *)(c->links + head));
	if (unlikely(!shadow_slub_decode(link, c->key, head, c->last, &next)))
		return false;
	c->head = next;
	*object = c->base + head;
	return true;
}

static void *pop_or_refill(struct shadow_kmem_cache *cache,
			   struct shadow_slub_cpu *c, u32 gfp)
{
	const struct shadow_page *pages = cache->slab->nodes->memmap.pages;
	void *object;

	if (c->head == SLUB_END && !__shadow_slub_refill(cache, c, gfp))
		return NULL;
	if (pop(c, &object))
		return object;
	shadow_slub_bad_link(cache, &pages[c->page], c->head);
	return NULL;
}

static bool may_alloc(const struct shadow_kmem_cache *cache, u32 gfp)
{
	return !shadow_fault_frozen(cache->fault) &&
	       !(gfp & ~SHADOW_SLAB_GFP_MASK) &&
	       !((gfp & SHADOW_GFP_ZERO) && cache->ctor);
}

/* A CPU whose slab is of another node than the wanted one is rid of it. */
static void leave_node(struct shadow_kmem_cache *cache, struct shadow_slub_cpu *c,
		       u32 gfp)
{
	const u32 node = SHADOW_GFP_THISNODE | 0xfU << SHADOW_GFP_NODE_SHIFT;

	if ((gfp & node) && c->page != SHADOW_NO_PAGE &&
	    c->nid != shadow_slub_wanted_node(cache, gfp))
		__shadow_slub_deactivate(cache, c);
}

/* All that the fast path leaves, from the beginning. */
static noinline void *alloc_slow(struct shadow_kmem_cache *cache,
				 struct shadow_slub_cpu *c, u32 gfp)
{
	unsigned long flags;
	void *object;

	if (!may_alloc(cache, gfp))
		return NULL;
	raw_spin_lock_irqsave(&c->lock, flags);
	leave_node(cache, c, gfp);
	object = pop_or_refill(cache, c, gfp);
	if (object)
		shadow_slab_count_alloc(&c->counts, 1);
	raw_spin_unlock_irqrestore(&c->lock, flags);
	if (!object)
		return NULL;
	if (gfp & SHADOW_GFP_ZERO)
		memset(object, 0, cache->desc.object_bytes);
	return object;
}

static void *slub_alloc(struct shadow_kmem_cache *cache, unsigned int cpu, u32 gfp)
{
	struct shadow_slub_cpu *c = shadow_slub_cpu_of(cache, cpu);
	unsigned long flags;
	void *object;

	if (unlikely(gfp || shadow_fault_frozen(cache->fault)))
		return alloc_slow(cache, c, gfp);
	if (unlikely(!raw_spin_trylock_irqsave(&c->lock, flags)))
		return alloc_slow(cache, c, gfp);
	if (unlikely(!pop(c, &object))) {
		raw_spin_unlock_irqrestore(&c->lock, flags);
		return alloc_slow(cache, c, gfp);
	}
	shadow_slab_count_alloc(&c->counts, 1);
	raw_spin_unlock_irqrestore(&c->lock, flags);
	return object;
}

/* Under the CPU's lock, which it drops */
static __always_inline int free_locked(struct shadow_kmem_cache *cache,
				       struct shadow_slub_cpu *c, void *object,
				       unsigned long flags)
{
	u64 offset = (char *)object - c->base;

	if (unlikely(offset >= c->span)) {
		raw_spin_unlock_irqrestore(&c->lock, flags);
		return shadow_slub_free_foreign(cache, c, object);
	}
	if (unlikely(!shadow_slub_begins(cache, offset) || offset == c->head)) {
		raw_spin_unlock_irqrestore(&c->lock, flags);
		return -EINVAL;
	}
	WRITE_ONCE(*(u64 *)(c->links + offset),
		   shadow_slub_encode(c->key, offset, c->head));
	c->head = offset;
	shadow_slab_count_freed(&c->counts, 1);
	raw_spin_unlock_irqrestore(&c->lock, flags);
	return 0;
}

/* Somebody has the lock: out of line, as waiting needs a frame of the stack */
static noinline int free_contended(struct shadow_kmem_cache *cache,
				   struct shadow_slub_cpu *c, void *object)
{
	unsigned long flags;

	local_irq_save(flags);
	if (shadow_op_insist(cache->slab->nodes->events, &c->lock))
		return free_locked(cache, c, object, flags);
	local_irq_restore(flags);
	return shadow_slub_free_foreign(cache, c, object);
}

static int slub_free(struct shadow_kmem_cache *cache, unsigned int cpu, void *object)
{
	struct shadow_slub_cpu *c = shadow_slub_cpu_of(cache, cpu);
	unsigned long flags;

	if (unlikely(shadow_fault_frozen(cache->fault)))
		return -EUCLEAN;
	if (unlikely(!raw_spin_trylock_irqsave(&c->lock, flags)))
		return free_contended(cache, c, object);
	return free_locked(cache, c, object, flags);
}

/* As many as the CPU's list has; what ends it is left to pop_or_refill(). */
static u32 pop_many(struct shadow_slub_cpu *c, u32 nr, void **objects)
{
	u32 i, next, object = c->head;
	u64 link;

	lockdep_assert_held(&c->lock);
	for (i = 0; i < nr && object <= c->last; i++) {
		link = READ_ONCE(*(u64 *)(c->links + object));
		if (!shadow_slub_decode(link, c->key, object, c->last, &next))
			break;
		objects[i] = c->base + object;
		object = next;
	}
	c->head = object;
	return i;
}

static void uncount(struct shadow_slub_cpu *c, u32 nr)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&c->lock, flags);
	shadow_slab_uncount(&c->counts, nr);
	raw_spin_unlock_irqrestore(&c->lock, flags);
}

static const struct shadow_slab_counts *
slub_counts(const struct shadow_kmem_cache *cache, unsigned int cpu)
{
	return &shadow_slub_cpu_of(cache, cpu)->counts;
}

/* __kmem_cache_alloc_bulk() of mm/slub.c */
static u32 slub_alloc_bulk(struct shadow_kmem_cache *cache, unsigned int cpu,
			   u32 gfp, u32 nr, void **objects)
{
	struct shadow_slub_cpu *c = shadow_slub_cpu_of(cache, cpu);
	unsigned long flags;
	u32 i, got;

	if (!may_alloc(cache, gfp))
		return 0;
	raw_spin_lock_irqsave(&c->lock, flags);
	leave_node(cache, c, gfp);
	got = pop_many(c, nr, objects);
	while (got < nr) {
		objects[got] = pop_or_refill(cache, c, gfp);
		if (!objects[got])
			break;
		got++;
		got += pop_many(c, nr - got, objects + got);
	}
	shadow_slab_count_alloc(&c->counts, got);
	raw_spin_unlock_irqrestore(&c->lock, flags);
	if (got < nr) {
		shadow_slub_free_bulk(cache, cpu, got, objects);
		uncount(c, got);
		return 0;
	}
	for (i = 0; i < nr && (gfp & SHADOW_GFP_ZERO); i++)
		memset(objects[i], 0, cache->desc.object_bytes);
	return nr;
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
	.source = "mm/slub.c",
	.booted = "kmem_cache bootstrapped, then kmalloc's",
	.calls = {
		.alloc = slub_alloc,
		.free = slub_free,
		.alloc_bulk = slub_alloc_bulk,
		.free_bulk = shadow_slub_free_bulk,
	},
	.cpu_bytes = sizeof(struct shadow_slub_cpu),
	.boot = slub_boot,
	.layout = shadow_slub_layout,
	.open = shadow_slub_open,
	.close = shadow_slub_close,
	.shrink = shadow_slub_shrink,
	.drop = shadow_slub_drop,
	.info = shadow_slub_info,
	.verify = shadow_slub_verify,
	.verify_page = shadow_slub_verify_page,
	.resolve = shadow_slub_resolve,
	.look = shadow_slub_look,
	.counts = slub_counts,
};
