// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slab_slab - the engine "slab": objects come from a CPU's array of free
 * ones, and go there. See shadow_slabslab.h.
 *
 * Follows mm/slab.c as it was until Linux 6.7.
 *
 * Nearly all allocations and frees end in slab_alloc() and slab_free(). These
 * call nothing but what ends them, so they need no frame of the stack.
 */
#include "shadow_slab_debug.h"
#include "shadow_slabslab.h"

/* -------------------------------------------------------------- allocation */

/*
 * NULL: the array is empty, or not what it was; nothing has changed. What the
 * host has seen to be objects is one still where the array says the same.
 */
static __always_inline void *pop(struct shadow_slabslab_cpu *c)
{
	struct shadow_array_cache *array = c->array;
	u32 last = c->avail - 1;
	u32 ref;

	if (unlikely(!c->avail || READ_ONCE(array->avail) != c->avail))
		return NULL;
	ref = c->seen[last];
	if (unlikely(READ_ONCE(array->entry[last]) != ref))
		return NULL;
	array->avail = last;
	array->touched = 1;
	c->avail = last;
	return c->virt + ((u64)ref << 3);
}

/* Under the CPU's lock. What is corrupt is told where the array is looked at. */
static void *pop_or_refill(struct shadow_kmem_cache *cache,
			   struct shadow_slabslab_cpu *c, unsigned int cpu)
{
	struct shadow_slabslab_array array = shadow_slabslab_cpu_array(cache, cpu);
	void *object = pop(c);

	lockdep_assert_held(&c->lock);
	if (object)
		return object;
	if (shadow_slabslab_avail(cache, &array) || !__shadow_slabslab_refill(cache, cpu))
		return NULL;
	return pop(c);
}

/* The node that is asked for, or the one whose objects the CPU's array has */
static unsigned int wanted_node(const struct shadow_kmem_cache *cache,
				const struct shadow_slabslab_cpu *c, u32 gfp)
{
	unsigned int node = gfp >> SHADOW_GFP_NODE_SHIFT & 0xf;

	return node && node <= cache->slab->nodes->nr_nodes ? node - 1 : c->nid;
}

/* From the array while there are slabs to fill it from, else a new slab: */
static void *alloc_here(struct shadow_kmem_cache *cache,
			struct shadow_slabslab_cpu *c, unsigned int cpu, u32 gfp)
{
	u32 exact = gfp | SHADOW_GFP_NODE(c->nid);
	bool fallback = !(gfp & SHADOW_GFP_THISNODE) && cache->slab->nodes->nr_nodes > 1;
	unsigned long flags;
	void *object;

	if (fallback)
		exact = (exact | SHADOW_GFP_NOWARN | SHADOW_GFP_THISNODE) & ~SHADOW_GFP_NOFAIL;
	do {
		raw_spin_lock_irqsave(&c->lock, flags);
		object = pop_or_refill(cache, c, cpu);
		raw_spin_unlock_irqrestore(&c->lock, flags);
	} while (!object && !shadow_fault_frozen(cache->fault) &&
		 shadow_slabslab_grow(cache, cpu, exact) >= 0);
	if (!object && fallback)
		object = shadow_slabslab_alloc_node(cache, cpu, gfp, c->nid);
	return object;
}

/*
 * All that the fast path leaves: flags, a frozen machine, a CPU whose array is
 * empty.
 */
static noinline void *alloc_slow(struct shadow_kmem_cache *cache,
				 struct shadow_slabslab_cpu *c, u32 gfp)
{
	unsigned int cpu = c - shadow_slabslab_cpu_of(cache, 0);
	unsigned int nid = wanted_node(cache, c, gfp);
	void *object;

	if (shadow_fault_frozen(cache->fault) || (gfp & ~SHADOW_SLAB_GFP_MASK) ||
	    ((gfp & SHADOW_GFP_ZERO) && cache->ctor) || !c->limit)
		return NULL;
	gfp &= ~(0xfU << SHADOW_GFP_NODE_SHIFT);
	if (nid == c->nid)
		object = alloc_here(cache, c, cpu, gfp);
	else
		object = shadow_slabslab_alloc_node(cache, cpu, gfp, nid);
	if (!object)
		return NULL;
	if (gfp & SHADOW_GFP_ZERO)
		memset((char *)object + cache->desc.user_offset, 0,
		       cache->desc.object_bytes);
	if (!shadow_slab_debugged(cache))
		shadow_slab_tally(cache, shadow_slab_alloc_event(cache));
	return object;
}

static void *slab_alloc(struct shadow_kmem_cache *cache, unsigned int cpu, u32 gfp)
{
	struct shadow_slabslab_cpu *c = shadow_slabslab_cpu_of(cache, cpu);
	unsigned long flags;
	void *object;

	if (unlikely(gfp || shadow_fault_frozen(cache->fault)))
		return alloc_slow(cache, c, gfp);
	if (unlikely(!raw_spin_trylock_irqsave(&c->lock, flags)))
		return alloc_slow(cache, c, 0);
	object = pop(c);
	if (shadow_counting() && likely(object))
		c->counts.nr_alloc++;
	raw_spin_unlock_irqrestore(&c->lock, flags);
	if (unlikely(!object))
		return alloc_slow(cache, c, 0);
	return object;
}

/* -------------------------------------------------------------------- free */

/* Under the CPU's lock: the slab that the object at that number lies in */
static __always_inline void remember(const struct shadow_kmem_cache *cache,
				     struct shadow_slabslab_cpu *c, void *object,
				     struct shadow_page *page, u32 number,
				     int generation)
{
	WRITE_ONCE(c->first, (char *)object - (u64)number * cache->bytes);
	WRITE_ONCE(c->span, (u64)cache->desc.objects * cache->bytes);
	c->page = page;
	c->generation = generation;
}

/*
 * Under the CPU's lock: 0: the object is one of the cache and the CPU's node, 1:
 * it is another node's. The slab is remembered.
 */
static noinline int find_slow(struct shadow_kmem_cache *cache,
			      struct shadow_slabslab_cpu *c, void *object)
{
	int generation = atomic_read(&c->own->generation);
	struct shadow_page *page;
	u32 number;

	page = shadow_slabslab_find(cache, object, &number);
	if (!page || !READ_ONCE(page->slab.inuse))
		return -EINVAL;
	if (shadow_page_nid(page) != c->nid)
		return 1;
	remember(cache, c, object, page, number, generation);
	return 0;
}

/* Under the CPU's lock: does it lie in the slab that is remembered? */
static __always_inline bool remembered(const struct shadow_slabslab_cpu *c, u64 offset)
{
	return likely(offset < c->span) &&
	       likely(c->generation == atomic_read(&c->own->generation));
}

/* It does: is it an object there? */
static __always_inline bool begins(const struct shadow_kmem_cache *cache,
				   const struct shadow_slabslab_cpu *c, u64 offset)
{
	u64 number = offset * cache->inverse >> 32;

	return likely(number * cache->bytes == offset) &&
	       likely(READ_ONCE(c->page->slab.inuse));
}

/* As find_slow(), also for an object of the slab that is remembered */
static __always_inline int find(struct shadow_kmem_cache *cache,
				struct shadow_slabslab_cpu *c, void *object)
{
	u64 offset = (char *)object - c->first;

	if (unlikely(!remembered(c, offset)))
		return find_slow(cache, c, object);
	return begins(cache, c, offset) ? 0 : -EINVAL;
}

/* Under the CPU's lock; 1: the array is full, or not what it was. */
static __always_inline int push(struct shadow_slabslab_cpu *c, void *object)
{
	struct shadow_array_cache *array = c->array;
	u32 ref = (u64)((char *)object - c->virt) >> 3;
	u32 avail = c->avail;

	if (unlikely(avail && c->seen[avail - 1] == ref))
		return -EINVAL;
	if (unlikely(avail >= c->limit || READ_ONCE(array->avail) != avail))
		return 1;
	c->seen[avail] = ref;
	array->entry[avail] = ref;
	array->avail = avail + 1;
	c->avail = avail + 1;
	return 0;
}

static void tally_free(struct shadow_kmem_cache *cache)
{
	if (!shadow_slab_debugged(cache))
		shadow_slab_tally(cache, shadow_slab_free_event(cache));
}

/* The array is full, or not what it was. The object has been found. */
static noinline int free_slow(struct shadow_kmem_cache *cache,
			      struct shadow_slabslab_cpu *c, void *object)
{
	unsigned int cpu = c - shadow_slabslab_cpu_of(cache, 0);
	struct shadow_page_list gone;
	unsigned long flags;
	int err = -EUCLEAN;

	shadow_page_list_init(&gone);
	raw_spin_lock_irqsave(&c->lock, flags);
	if (c->limit)
		__shadow_slabslab_flush(cache, cpu, &gone);
	if (!shadow_fault_frozen(cache->fault))
		err = push(c, object);
	raw_spin_unlock_irqrestore(&c->lock, flags);
	shadow_slabslab_destroy(cache, cpu, &gone);
	if (!err)
		tally_free(cache);
	return err > 0 ? -EINVAL : err;
}

/* Home; the CPU's array is for the objects of its own node. */
static noinline int free_remote(struct shadow_kmem_cache *cache,
				struct shadow_slabslab_cpu *c, unsigned int nid,
				void *object)
{
	unsigned int cpu = c - shadow_slabslab_cpu_of(cache, 0);
	int err = -EINVAL;

	if (nid < cache->slab->nodes->nr_nodes)
		err = shadow_slabslab_free_alien(cache, cpu, nid, object);
	if (!err)
		tally_free(cache);
	return err;
}

/*
 * All that the fast path leaves, from the beginning. Who frees an object holds
 * it, so its slab is found without a lock.
 */
static noinline int free_anew(struct shadow_kmem_cache *cache,
			      struct shadow_slabslab_cpu *c, void *object)
{
	int generation = atomic_read(&c->own->generation);
	struct shadow_page *page;
	unsigned long flags;
	u32 number;
	int err;

	page = shadow_slabslab_find(cache, object, &number);
	if (unlikely(!page || !READ_ONCE(page->slab.inuse)))
		return -EINVAL;
	if (unlikely(shadow_page_nid(page) != c->nid))
		return free_remote(cache, c, shadow_page_nid(page), object);
	raw_spin_lock_irqsave(&c->lock, flags);
	remember(cache, c, object, page, number, generation);
	err = push(c, object);
	if (likely(!err))
		shadow_slab_count_freed(&c->counts, 1);
	raw_spin_unlock_irqrestore(&c->lock, flags);
	if (unlikely(err))
		return err < 0 ? err : free_slow(cache, c, object);
	return 0;
}

static int slab_free(struct shadow_kmem_cache *cache, unsigned int cpu, void *object)
{
	struct shadow_slabslab_cpu *c = shadow_slabslab_cpu_of(cache, cpu);
	unsigned long flags;
	u64 offset;

	if (unlikely(shadow_fault_frozen(cache->fault)))
		return -EUCLEAN;
	/* A hint: others may change both, and nothing but time depends on it */
	if ((u64)((char *)object - READ_ONCE(c->first)) >= READ_ONCE(c->span))
		return free_anew(cache, c, object);
	if (unlikely(!raw_spin_trylock_irqsave(&c->lock, flags)))
		return free_anew(cache, c, object);
	offset = (char *)object - c->first;
	if (unlikely(!remembered(c, offset) || !begins(cache, c, offset) ||
		     push(c, object))) {
		raw_spin_unlock_irqrestore(&c->lock, flags);
		return free_anew(cache, c, object);
	}
	shadow_slab_count_freed(&c->counts, 1);
	raw_spin_unlock_irqrestore(&c->lock, flags);
	return 0;
}

/* -------------------------------------------------------------------- bulk */

/* From the array, and what can be filled into it, under one lock */
static u32 pop_many(struct shadow_kmem_cache *cache, struct shadow_slabslab_cpu *c,
		    unsigned int cpu, u32 nr, void **objects)
{
	unsigned long flags;
	u32 i = 0;

	raw_spin_lock_irqsave(&c->lock, flags);
	while (i < nr) {
		objects[i] = pop(c);
		if (unlikely(!objects[i])) {
			objects[i] = pop_or_refill(cache, c, cpu);
			if (!objects[i])
				break;
		}
		i++;
	}
	shadow_slab_count_alloc(&c->counts, i);
	raw_spin_unlock_irqrestore(&c->lock, flags);
	return i;
}

static u32 push_many(struct shadow_kmem_cache *cache, struct shadow_slabslab_cpu *c,
		     u32 nr, void **objects)
{
	unsigned long flags;
	u32 i = 0;

	raw_spin_lock_irqsave(&c->lock, flags);
	while (i < nr && !find(cache, c, objects[i]) && !push(c, objects[i]))
		i++;
	shadow_slab_count_freed(&c->counts, i);
	raw_spin_unlock_irqrestore(&c->lock, flags);
	return i;
}

static u32 slab_free_bulk(struct shadow_kmem_cache *cache, unsigned int cpu,
			  u32 nr, void **objects)
{
	struct shadow_slabslab_cpu *c = shadow_slabslab_cpu_of(cache, cpu);
	u32 i = 0;

	if (shadow_fault_frozen(cache->fault))
		return 0;
	while (i < nr) {
		i += push_many(cache, c, nr - i, objects + i);
		/* A full array, another node's object, or one that is refused */
		if (i < nr && slab_free(cache, cpu, objects[i]))
			break;
		i += i < nr;
	}
	return i;
}

static void uncount(struct shadow_slabslab_cpu *c, u32 nr)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&c->lock, flags);
	shadow_slab_uncount(&c->counts, nr);
	raw_spin_unlock_irqrestore(&c->lock, flags);
}

static const struct shadow_slab_counts *
slab_counts(const struct shadow_kmem_cache *cache, unsigned int cpu)
{
	return &shadow_slabslab_cpu_of(cache, cpu)->counts;
}

static u32 slab_alloc_bulk(struct shadow_kmem_cache *cache, unsigned int cpu,
			   u32 gfp, u32 nr, void **objects)
{
	struct shadow_slabslab_cpu *c = shadow_slabslab_cpu_of(cache, cpu);
	u32 i = 0;

	while (i < nr) {
		if (!gfp && !shadow_fault_frozen(cache->fault))
			i += pop_many(cache, c, cpu, nr - i, objects + i);
		if (i == nr)
			break;
		objects[i] = alloc_slow(cache, c, gfp);
		if (!objects[i]) {
			slab_free_bulk(cache, cpu, i, objects);
			uncount(c, i);
			return 0;
		}
		i++;
	}
	return nr;
}

const struct shadow_slab_engine shadow_slab_slab = {
	.name = "slab",
	.source = "mm/slab.c until 6.7",
	.booted = "static arrays and lists, then kmalloc's own, then tuned",
	.step = shadow_slabslab_step_text,
	.calls = {
		.alloc = slab_alloc,
		.free = slab_free,
		.alloc_bulk = slab_alloc_bulk,
		.free_bulk = slab_free_bulk,
	},
	.cpu_bytes = sizeof(struct shadow_slabslab_cpu),
	.machine_bytes = sizeof(struct shadow_slabslab_machine),
	.boot = shadow_slabslab_boot,
	.layout = shadow_slabslab_layout,
	.open = shadow_slabslab_open,
	.close = shadow_slabslab_close,
	.shrink = shadow_slabslab_shrink,
	.reap = shadow_slabslab_reap,
	.drop = shadow_slabslab_drop,
	.info = shadow_slabslab_info,
	.verify = shadow_slabslab_verify,
	.verify_page = shadow_slabslab_verify_page,
	.resolve = shadow_slabslab_resolve,
	.look = shadow_slabslab_look,
	.own = shadow_slabslab_nr_own,
	.counts = slab_counts,
};
