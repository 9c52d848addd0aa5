// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slabslab_node - the engine "slab": what goes to and fro between
 * arrays and a node's slabs. See shadow_slabslab.h.
 *
 * Follows cache_alloc_refill(), free_block(), transfer_objects() and
 * __cache_free_alien() of mm/slab.c.
 */
#include "shadow_latency.h"
#include "shadow_slabslab.h"

#define BATCHREFILL_LIMIT	16	/* of an array that was not used of late */

/* ------------------------------------------------------------------ arrays */

/**
 * shadow_slabslab_cpu_array() - a CPU's array
 * @cache: the cache
 * @cpu: whose
 *
 * Context: any; it is the CPU's as long as its lock is held.
 * Return: the array; one of no entries where the CPU has none.
 */
struct shadow_slabslab_array
shadow_slabslab_cpu_array(const struct shadow_kmem_cache *cache, unsigned int cpu)
{
	struct shadow_slabslab_cpu *c = shadow_slabslab_cpu_of(cache, cpu);

	return (struct shadow_slabslab_array) {
		.in = c->array, .limit = c->limit, .kind = "CPU", .nr = cpu, .cpu = c,
	};
}

/*
 * An array that a list in the block names: an object of the class that such
 * arrays are from, so that all its entries are inside that.
 */
static struct shadow_slabslab_array
array_at(const struct shadow_kmem_cache *cache, const char *kind, unsigned int nr,
	 u32 ref, u32 limit, const struct shadow_kmem_cache *class)
{
	struct shadow_slabslab_array array = {
		.limit = limit, .kind = kind, .nr = nr, .ref = ref,
	};
	char *object;
	u32 number;

	if (!limit || ref == SHADOW_SLABSLAB_NOTHING)
		return array;
	object = shadow_slabslab_at(cache, ref);
	if (class && shadow_slabslab_find(class, object - class->desc.user_offset, &number))
		array.in = (struct shadow_array_cache *)object;
	array.lost = !array.in;
	return array;
}

/**
 * shadow_slabslab_shared() - the array that the CPUs of a node share
 * @cache: the cache
 * @nid: the node, open
 *
 * Context: any; the node's lock is held.
 * Return: the array; its @in is NULL where there is none, or it is lost.
 */
struct shadow_slabslab_array
shadow_slabslab_shared(const struct shadow_kmem_cache *cache, unsigned int nid)
{
	const struct shadow_slabslab_own *own = shadow_slabslab_own_of(cache);
	u32 ref = READ_ONCE(shadow_slabslab_in(&cache->node[nid])->shared);

	return array_at(cache, "node", nid, ref, own->shared * own->batch,
			own->shared_class);
}

/**
 * shadow_slabslab_alien() - the array of a node for another's objects
 * @cache: the cache
 * @nid: the node where they are freed, open
 * @other: whose they are
 *
 * Context: any; @nid's lock is held.
 * Return: as shadow_slabslab_shared().
 */
struct shadow_slabslab_array
shadow_slabslab_alien(const struct shadow_kmem_cache *cache, unsigned int nid,
		      unsigned int other)
{
	const struct shadow_slabslab_own *own = shadow_slabslab_own_of(cache);
	u32 ref = READ_ONCE(shadow_slabslab_in(&cache->node[nid])->alien[other]);

	return array_at(cache, "alien node", nid * SHADOW_MAX_NODES + other, ref, own->alien,
			own->alien_class);
}

/* What is wrong with a CPU's array; nothing: it is as the host knows it. */
static bool cpu_array_ok(struct shadow_kmem_cache *cache,
			 const struct shadow_slabslab_array *array, u32 avail)
{
	const u32 *seen = array->cpu->seen;
	u32 i;

	if (avail != array->cpu->avail) {
		shadow_fault_raise(cache->fault,
				   "slab: cache %s: array of CPU %u says %u objects, has %u",
				   cache->desc.name, array->nr, avail, array->cpu->avail);
		return false;
	}
	if (!memcmp(array->in->entry, seen, avail * sizeof(u32)))
		return true;
	for (i = 0; i < avail && READ_ONCE(array->in->entry[i]) == seen[i];)
		i++;
	shadow_fault_raise(cache->fault,
			   "slab: cache %s: array of CPU %u: entry %u is %#x, was %#x",
			   cache->desc.name, array->nr, i, array->in->entry[i], seen[i]);
	return false;
}

/**
 * shadow_slabslab_avail() - entries in use
 * @cache: the cache
 * @array: the array
 *
 * Context: any; the lock of whoever has the array is held.
 * Return: entries; 0 where there is no array. Where it is lost, says more than
 * it has or, of a CPU's array, is not what it was, the machine is frozen.
 */
u32 shadow_slabslab_avail(struct shadow_kmem_cache *cache,
			  const struct shadow_slabslab_array *array)
{
	u32 avail;

	if (array->lost)
		shadow_fault_raise(cache->fault,
				   "slab: cache %s: array of %s %u: %#x is no object of kmalloc",
				   cache->desc.name, array->kind, array->nr, array->ref);
	if (!array->in)
		return 0;
	avail = READ_ONCE(array->in->avail);
	if (array->cpu)
		return cpu_array_ok(cache, array, avail) ? avail : 0;
	if (likely(avail <= array->limit))
		return avail;
	shadow_fault_raise(cache->fault,
			   "slab: cache %s: array of %s %u has %u objects of at most %u",
			   cache->desc.name, array->kind, array->nr, avail,
			   array->limit);
	return 0;
}

/**
 * shadow_slabslab_set_avail() - an array has more, or less
 * @array: the array; its entries are written
 * @avail: how many are in use now
 *
 * Context: any; the lock of whoever has the array is held.
 */
void shadow_slabslab_set_avail(const struct shadow_slabslab_array *array, u32 avail)
{
	array->in->avail = avail;
	if (array->cpu)
		array->cpu->avail = avail;
}

/* Nothing comes into a CPU's array that is no object of its node's slabs. */
static bool entries_ok(struct shadow_kmem_cache *cache, unsigned int nid,
		       const u32 *ref, u32 nr)
{
	struct shadow_page *page;
	u32 i, number;

	for (i = 0; i < nr; i++) {
		page = shadow_slabslab_find(cache, shadow_slabslab_at(cache, ref[i]), &number);
		if (page && shadow_page_nid(page) == nid)
			continue;
		shadow_fault_raise(cache->fault,
				   "slab: cache %s: entry %#x of an array is no object of node %u",
				   cache->desc.name, ref[i], nid);
		return false;
	}
	return true;
}

/*
 * From the end of one array, in the block, to that of another: transfer_objects().
 * How many.
 */
static u32 transfer(struct shadow_kmem_cache *cache,
		    const struct shadow_slabslab_array *to,
		    const struct shadow_slabslab_array *from, u32 max)
{
	u32 had = shadow_slabslab_avail(cache, from);
	u32 has = shadow_slabslab_avail(cache, to);
	const u32 *ref;
	u32 nr;

	if (!to->in || !had || shadow_fault_frozen(cache->fault))
		return 0;
	nr = min3(had, max, to->limit - has);
	ref = from->in->entry + had - nr;
	if (to->cpu) {
		memcpy(to->cpu->seen + has, ref, nr * sizeof(u32));
		ref = to->cpu->seen + has;
		if (!entries_ok(cache, to->cpu->nid, ref, nr))
			return 0;
	}
	memcpy(to->in->entry + has, ref, nr * sizeof(u32));
	shadow_slabslab_set_avail(from, had - nr);
	shadow_slabslab_set_avail(to, has + nr);
	return nr;
}

/* -------------------------------------------------------------------- free */

/* One object back to its slab; false: the machine is frozen. */
static bool free_one(struct shadow_kmem_cache *cache, unsigned int nid, u32 ref)
{
	char *object = shadow_slabslab_at(cache, ref);
	struct shadow_slab_node *node = &cache->node[nid];
	struct shadow_slabslab s;
	u32 number;

	s.page = shadow_slabslab_find(cache, object, &number);
	if (!s.page || shadow_page_nid(s.page) != nid)
		return entries_ok(cache, nid, &ref, 1);
	s.nid = nid;
	s.node = node;
	s.first = object - (u64)number * cache->bytes;
	s.base = s.first - shadow_slabslab_colour(s.page);
	if (!__shadow_slabslab_put(cache, &s, number))
		return false;
	shadow_slabslab_in(node)->free_objects++;
	if (!s.page->slab.inuse)
		return __shadow_slabslab_move(cache, &s, SLABSLAB_FREE, false);
	/* Where the kernel moves it to the end each time, it stays where it is */
	return shadow_slabslab_list_of(s.page) == SLABSLAB_PARTIAL ||
	       __shadow_slabslab_move(cache, &s, SLABSLAB_PARTIAL, true);
}

/* Free slabs beyond the limit of free objects, the oldest first */
static void trim_free(struct shadow_kmem_cache *cache, unsigned int nid,
		      struct shadow_page_list *gone)
{
	struct shadow_kmem_list *in = shadow_slabslab_in(&cache->node[nid]);
	struct shadow_memmap *memmap = &cache->slab->nodes->memmap;
	struct shadow_slabslab s;
	struct shadow_page *page;

	while (in->free_objects > in->free_limit && in->free.last != SHADOW_NO_PAGE) {
		page = shadow_page_at(memmap, in->free.last);
		if (!page || !shadow_slabslab_check(cache, page, &s)) {
			shadow_fault_raise(cache->fault,
					   "slab: cache %s: free list of node %u",
					   cache->desc.name, nid);
			return;
		}
		if (!__shadow_slabslab_unmake(cache, &s, gone))
			return;
	}
}

/**
 * __shadow_slabslab_free_block() - objects go back to their slabs
 * @cache: the cache
 * @nid: node of all of them
 * @ref: references
 * @nr: how many
 * @gone: gets the slabs that are superfluous now
 *
 * Context: any; the node's lock is held.
 */
void __shadow_slabslab_free_block(struct shadow_kmem_cache *cache,
				  unsigned int nid, const u32 *ref, u32 nr,
				  struct shadow_page_list *gone)
{
	u32 i;

	lockdep_assert_held(&cache->node[nid].lock);
	for (i = 0; i < nr; i++) {
		i += __shadow_slabslab_put_plain(cache, nid, ref + i, nr - i);
		if (i < nr && !free_one(cache, nid, READ_ONCE(ref[i])))
			return;
	}
	trim_free(cache, nid, gone);
}

/* The oldest @nr objects are gone. */
static void forget_oldest(const struct shadow_slabslab_array *array, u32 avail, u32 nr)
{
	u32 *entry = array->in->entry;

	memmove(entry, entry + nr, (avail - nr) * sizeof(u32));
	if (array->cpu)
		memmove(array->cpu->seen, array->cpu->seen + nr, (avail - nr) * sizeof(u32));
	shadow_slabslab_set_avail(array, avail - nr);
}

/* The oldest objects of an array go back to their slabs. */
static void free_oldest(struct shadow_kmem_cache *cache, unsigned int nid,
			const struct shadow_slabslab_array *array, u32 nr,
			struct shadow_page_list *gone)
{
	u32 avail = shadow_slabslab_avail(cache, array);

	nr = min(nr, avail);
	if (!nr || shadow_fault_frozen(cache->fault))
		return;
	__shadow_slabslab_free_block(cache, nid, array->in->entry, nr, gone);
	forget_oldest(array, avail, nr);
}

/**
 * __shadow_slabslab_flush() - a CPU's array is full
 * @cache: the cache
 * @cpu: whose
 * @gone: gets the slabs that are superfluous now
 *
 * A batch of its oldest objects goes to the array that the node's CPUs share,
 * or where that is full to their slabs. Follows cache_flusharray().
 *
 * Context: any; the CPU's lock is held.
 */
void __shadow_slabslab_flush(struct shadow_kmem_cache *cache, unsigned int cpu,
			     struct shadow_page_list *gone)
{
	struct shadow_slabslab_array array = shadow_slabslab_cpu_array(cache, cpu);
	struct shadow_slabslab_cpu *c = array.cpu;
	struct shadow_slab_node *node = &cache->node[c->nid];
	u32 avail = shadow_slabslab_avail(cache, &array);
	struct shadow_slabslab_array shared;
	u32 has, nr = min(c->batch, avail);

	lockdep_assert_held(&c->lock);
	shadow_latency_path(cache->slab->nodes->events, SHADOW_LATENCY_PARTIAL);
	raw_spin_lock(&node->lock);
	shared = shadow_slabslab_shared(cache, c->nid);
	has = shadow_slabslab_avail(cache, &shared);
	if (shared.in && has < shared.limit && !shadow_fault_frozen(cache->fault)) {
		nr = min(nr, shared.limit - has);
		memcpy(shared.in->entry + has, c->seen, nr * sizeof(u32));
		shadow_slabslab_set_avail(&shared, has + nr);
		forget_oldest(&array, avail, nr);
	} else {
		free_oldest(cache, c->nid, &array, nr, gone);
	}
	raw_spin_unlock(&node->lock);
}

/**
 * __shadow_slabslab_drain() - an array gives objects back
 * @cache: the cache
 * @nid: node of all of them
 * @array: as above
 * @all: everything; else a fifth of its places, unless it was touched, and
 *	never more than half of what it has
 * @gone: gets the slabs that are superfluous now
 *
 * Follows drain_array().
 *
 * Context: any; the node's lock is held.
 */
void __shadow_slabslab_drain(struct shadow_kmem_cache *cache, unsigned int nid,
			     const struct shadow_slabslab_array *array, bool all,
			     struct shadow_page_list *gone)
{
	u32 avail = shadow_slabslab_avail(cache, array);
	u32 nr = all ? avail : (array->limit + 4) / 5;

	if (!avail)
		return;
	if (!all && array->in->touched) {
		array->in->touched = 0;
		return;
	}
	if (nr > avail)
		nr = (avail + 1) / 2;
	free_oldest(cache, nid, array, nr, gone);
}

/* __drain_alien_cache(): home, if possible into the array that is shared there */
static void free_aliens(struct shadow_kmem_cache *cache, unsigned int cpu,
			unsigned int nid, struct shadow_array_cache *aliens)
{
	const struct shadow_slabslab_array from = {
		.in = aliens, .limit = SHADOW_SLABSLAB_ALIEN, .kind = "alien node", .nr = nid,
	};
	struct shadow_slab_node *node = &cache->node[nid];
	struct shadow_slabslab_array shared;
	struct shadow_page_list gone;
	unsigned long flags;

	shadow_page_list_init(&gone);
	raw_spin_lock_irqsave(&node->lock, flags);
	shared = shadow_slabslab_shared(cache, nid);
	transfer(cache, &shared, &from, from.limit);
	free_oldest(cache, nid, &from, from.limit, &gone);
	raw_spin_unlock_irqrestore(&node->lock, flags);
	shadow_slabslab_destroy(cache, cpu, &gone);
}

/* Take all that a node has for another one out into @buffer. */
static void take_aliens(struct shadow_kmem_cache *cache,
			const struct shadow_slabslab_array *array,
			struct shadow_array_cache *buffer)
{
	const struct shadow_slabslab_array to = {
		.in = buffer, .limit = SHADOW_SLABSLAB_ALIEN,
	};

	buffer->avail = 0;
	transfer(cache, &to, array, to.limit);
}

/* Room for one array of aliens on the stack: nodes' locks do not nest. */
union alien_buffer {
	struct shadow_array_cache array;
	u32 word[sizeof(struct shadow_array_cache) / sizeof(u32) + SHADOW_SLABSLAB_ALIEN];
};

/**
 * shadow_slabslab_drain_alien() - objects of another node go home
 * @cache: the cache
 * @cpu: whose per-CPU lists get frames
 * @nid: the node where they were freed
 * @other: their node
 *
 * Context: any; without locks of the cache.
 */
void shadow_slabslab_drain_alien(struct shadow_kmem_cache *cache, unsigned int cpu,
				 unsigned int nid, unsigned int other)
{
	struct shadow_slab_node *node = &cache->node[nid];
	struct shadow_slabslab_array array;
	union alien_buffer buffer;
	unsigned long flags;

	raw_spin_lock_irqsave(&node->lock, flags);
	array = shadow_slabslab_alien(cache, nid, other);
	take_aliens(cache, &array, &buffer.array);
	raw_spin_unlock_irqrestore(&node->lock, flags);
	if (buffer.array.avail)
		free_aliens(cache, cpu, other, &buffer.array);
}

/**
 * shadow_slabslab_free_alien() - an object of another node was freed
 * @cache: the cache
 * @cpu: who frees it
 * @nid: its node
 * @object: the object
 *
 * Follows __cache_free_alien().
 *
 * Context: any; without locks of the cache.
 * Return: 0, -EINVAL for one that was freed just before, or -EUCLEAN.
 */
int shadow_slabslab_free_alien(struct shadow_kmem_cache *cache,
			       unsigned int cpu, unsigned int nid, void *object)
{
	unsigned int here = shadow_slabslab_cpu_of(cache, cpu)->nid;
	struct shadow_slab_node *node = &cache->node[here];
	u32 ref = shadow_slabslab_ref(cache, object);
	struct shadow_slabslab_array array;
	union alien_buffer buffer;
	unsigned long flags;
	u32 avail;

	buffer.array.avail = 0;
	shadow_latency_path(cache->slab->nodes->events, SHADOW_LATENCY_PARTIAL);
	if (!node->in)
		return -EINVAL;
	raw_spin_lock_irqsave(&node->lock, flags);
	array = shadow_slabslab_alien(cache, here, nid);
	avail = shadow_slabslab_avail(cache, &array);
	if (avail && READ_ONCE(array.in->entry[avail - 1]) == ref) {
		raw_spin_unlock_irqrestore(&node->lock, flags);
		return -EINVAL;
	}
	if (avail == array.limit) {
		take_aliens(cache, &array, &buffer.array);
		avail = 0;
	}
	if (array.in && !shadow_fault_frozen(cache->fault)) {
		array.in->entry[avail] = ref;
		array.in->avail = avail + 1;
	}
	raw_spin_unlock_irqrestore(&node->lock, flags);
	if (buffer.array.avail)
		free_aliens(cache, cpu, nid, &buffer.array);
	return shadow_fault_frozen(cache->fault) ? -EUCLEAN : 0;
}

/* -------------------------------------------------------------- allocation */

/* get_first_slab(): a partial one, else a free one; false: there is none */
static bool first_slab(struct shadow_kmem_cache *cache, unsigned int nid,
		       struct shadow_slabslab *s)
{
	struct shadow_kmem_list *in = shadow_slabslab_in(&cache->node[nid]);
	struct shadow_memmap *memmap = &cache->slab->nodes->memmap;
	u32 want = SLABSLAB_PARTIAL;
	u32 index = in->partial.first;
	struct shadow_page *page;

	if (index == SHADOW_NO_PAGE) {
		want = SLABSLAB_FREE;
		index = in->free.first;
		in->free_touched = 1;
	}
	if (index == SHADOW_NO_PAGE)
		return false;
	page = shadow_page_at(memmap, index);
	if (page && shadow_slabslab_check(cache, page, s) && s->nid == nid &&
	    shadow_slabslab_list_of(page) == want)
		return true;
	shadow_fault_raise(cache->fault, "slab: cache %s: %s list of node %u",
			   cache->desc.name, want == SLABSLAB_FREE ? "free" : "partial",
			   nid);
	return false;
}

/* From the node's slabs, partial ones first; how many there are then */
static u32 fill_array(struct shadow_kmem_cache *cache, struct shadow_slabslab_cpu *c,
		      u32 batch)
{
	struct shadow_slabslab s;
	u32 got, nr = 0;

	while (nr < batch && first_slab(cache, c->nid, &s)) {
		got = __shadow_slabslab_take(cache, &s, c->seen + nr, batch - nr);
		if (!got)
			return 0;
		nr += got;
	}
	memcpy(c->array->entry, c->seen, nr * sizeof(u32));
	c->array->avail = nr;
	c->avail = nr;
	return nr;
}

/**
 * __shadow_slabslab_refill() - objects for a CPU's array
 * @cache: the cache
 * @cpu: whose
 *
 * From the array that is shared, else from the node's slabs, partial ones
 * first; without a new one. Follows cache_alloc_refill().
 *
 * Context: any; the CPU's lock is held, and its array is empty.
 * Return: true if the CPU has objects now.
 */
bool __shadow_slabslab_refill(struct shadow_kmem_cache *cache, unsigned int cpu)
{
	struct shadow_slabslab_array array = shadow_slabslab_cpu_array(cache, cpu);
	struct shadow_slabslab_cpu *c = shadow_slabslab_cpu_of(cache, cpu);
	struct shadow_slab_node *node = &cache->node[c->nid];
	struct shadow_slabslab_array shared;
	u32 batch = c->batch;
	u32 avail;

	lockdep_assert_held(&c->lock);
	shadow_latency_path(cache->slab->nodes->events, SHADOW_LATENCY_PARTIAL);
	if (shadow_slabslab_avail(cache, &array) || !array.limit || !node->in ||
	    shadow_fault_frozen(cache->fault))
		return false;
	if (!array.in->touched && batch > BATCHREFILL_LIMIT)
		batch = BATCHREFILL_LIMIT;
	raw_spin_lock(&node->lock);
	shared = shadow_slabslab_shared(cache, c->nid);
	avail = transfer(cache, &array, &shared, batch);
	if (avail)
		shared.in->touched = 1;
	else if (!shadow_fault_frozen(cache->fault))
		avail = fill_array(cache, c, batch);
	raw_spin_unlock(&node->lock);
	return avail && !shadow_fault_frozen(cache->fault);
}

/* One object straight from a node's slabs */
static void *take_object(struct shadow_kmem_cache *cache, unsigned int nid)
{
	struct shadow_slab_node *node = &cache->node[nid];
	struct shadow_slabslab s;
	void *object = NULL;
	unsigned long flags;
	u32 ref;

	shadow_latency_path(cache->slab->nodes->events, SHADOW_LATENCY_PARTIAL);
	if (!node->in || shadow_fault_frozen(cache->fault))
		return NULL;
	raw_spin_lock_irqsave(&node->lock, flags);
	if (first_slab(cache, nid, &s) && __shadow_slabslab_take(cache, &s, &ref, 1))
		object = shadow_slabslab_at(cache, ref);
	raw_spin_unlock_irqrestore(&node->lock, flags);
	return object;
}

/* fallback_alloc(): from any node that has some, else from a new slab of any */
static void *take_anywhere(struct shadow_kmem_cache *cache, unsigned int cpu,
			   u32 gfp, unsigned int nid)
{
	unsigned int nr_nodes = cache->slab->nodes->nr_nodes;
	void *object = NULL;
	unsigned int i;
	int got;

	for (i = 1; i < nr_nodes && !object; i++)
		object = take_object(cache, (nid + i) % nr_nodes);
	while (!object && !shadow_fault_frozen(cache->fault)) {
		got = shadow_slabslab_grow(cache, cpu, gfp);
		if (got < 0)
			break;
		object = take_object(cache, got);
	}
	return object;
}

/**
 * shadow_slabslab_alloc_node() - an object of a node, by no CPU's array
 * @cache: the cache
 * @cpu: whose per-CPU lists give frames
 * @gfp: SHADOW_SLAB_GFP_MASK, without a node; with SHADOW_GFP_THISNODE of no
 *	other node
 * @nid: the node
 *
 * Follows ____cache_alloc_node().
 *
 * Context: any; without locks of the cache.
 * Return: the object, or NULL.
 */
void *shadow_slabslab_alloc_node(struct shadow_kmem_cache *cache,
				 unsigned int cpu, u32 gfp, unsigned int nid)
{
	u32 exact = gfp | SHADOW_GFP_NODE(nid) | SHADOW_GFP_THISNODE;
	bool fallback = !(gfp & SHADOW_GFP_THISNODE) && cache->slab->nodes->nr_nodes > 1;
	void *object;

	if (fallback)
		exact = (exact | SHADOW_GFP_NOWARN) & ~SHADOW_GFP_NOFAIL;
	do {
		object = take_object(cache, nid);
	} while (!object && !shadow_fault_frozen(cache->fault) &&
		 shadow_slabslab_grow(cache, cpu, exact) >= 0);
	if (!object && fallback)
		object = take_anywhere(cache, cpu, gfp | SHADOW_GFP_NODE(nid), nid);
	return object;
}
