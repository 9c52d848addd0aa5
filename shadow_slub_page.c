// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slub_page - the engine "slub": how large its slabs are, how their
 * objects are linked, and the lists that nodes have of them. See shadow_slub.h.
 */
#include <linux/math64.h>

#include "shadow_page_list.h"
#include "shadow_random.h"
#include "shadow_slub.h"

#define SLUB_MAX_ORDER		3	/* PAGE_ALLOC_COSTLY_ORDER */
#define SLUB_MIN_PARTIAL	5
#define SLUB_MAX_PARTIAL	10

static u32 objects_of_order(const struct shadow_slab *slab, u32 order, u32 bytes)
{
	return ((u64)1 << (slab->nodes->page_shift + order)) / bytes;
}

static u32 order_of_bytes(const struct shadow_slab *slab, u64 bytes)
{
	return fls64((bytes - 1) >> slab->nodes->page_shift);
}

/*
 * The lowest order in which at most a sixteenth is waste, else an eighth, a
 * quarter, a half; with enough objects to make the node's lock rare, as long as
 * that is not a costly order. calculate_order() of mm/slub.c.
 */
static u32 best_order(const struct shadow_slab *slab, u32 bytes)
{
	u32 max = min(SLUB_MAX_ORDER, slab->nodes->max_order);
	u32 nr = min(4U * (fls(slab->nr_cpus) + 1),
		     max(objects_of_order(slab, max, bytes), 1U));
	u32 min_order = order_of_bytes(slab, (u64)nr * bytes);
	u32 order, part;
	u64 slab_bytes;

	if (objects_of_order(slab, min_order, bytes) > SHADOW_SLAB_MAX_OBJECTS)
		return order_of_bytes(slab, (u64)bytes * SHADOW_SLAB_MAX_OBJECTS) - 1;
	for (part = 16; part > 1; part /= 2) {
		for (order = min_order; order <= max; order++) {
			slab_bytes = (u64)1 << (slab->nodes->page_shift + order);
			if (slab_bytes % bytes <= slab_bytes / part)
				return order;
		}
	}
	return order_of_bytes(slab, bytes);
}

/*
 * What a CPU may keep besides its own slab: objects, and how many slabs have so
 * many if half of each is free. set_cpu_partial() of mm/slub.c.
 */
static void choose_cpu_partial(const struct shadow_slab *slab,
			       struct shadow_kmem_cache_desc *desc)
{
	if (desc->flags & SHADOW_SLAB_DEBUG)
		desc->cpu_partial = 0;
	else if (desc->bytes >= 1U << slab->nodes->page_shift)
		desc->cpu_partial = 6;
	else if (desc->bytes >= 1024)
		desc->cpu_partial = 24;
	else if (desc->bytes >= 256)
		desc->cpu_partial = 52;
	else
		desc->cpu_partial = 120;
	desc->cpu_slabs = DIV_ROUND_UP(desc->cpu_partial * 2, desc->objects);
}

/* Where an object's link lies, and how far the next object is */
static u64 place_link(struct shadow_kmem_cache_desc *desc)
{
	u64 bytes = ALIGN((u64)desc->inner_bytes, sizeof(u64));

	desc->offset = ALIGN_DOWN(desc->inner_bytes / 2, sizeof(u64));
	if (desc->keep) {
		desc->offset = bytes;
		bytes += sizeof(u64);
	}
	return ALIGN(bytes, (u64)desc->align);
}

/**
 * shadow_slub_layout() - sizes, offsets and order of a cache
 * @cache: the cache; inner_bytes, align, flags and keep are set
 *
 * Follows calculate_sizes() of mm/slub.c.
 *
 * Context: any.
 * Return: 0, or -EINVAL where an object does not fit into the largest block.
 */
int shadow_slub_layout(struct shadow_kmem_cache *cache)
{
	const struct shadow_slab *slab = cache->slab;
	struct shadow_kmem_cache_desc *desc = &cache->desc;
	u64 bytes = place_link(desc);

	if (bytes > (u64)1 << (slab->nodes->page_shift + slab->nodes->max_order) ||
	    bytes > SZ_1G)
		return -EINVAL;
	desc->bytes = bytes;
	desc->order = best_order(slab, bytes);
	desc->objects = objects_of_order(slab, desc->order, bytes);
	desc->min_order = order_of_bytes(slab, bytes);
	desc->min_objects = objects_of_order(slab, desc->min_order, bytes);
	desc->objects = min_t(u32, desc->objects, SHADOW_SLAB_MAX_OBJECTS);
	desc->min_objects = min_t(u32, desc->min_objects, SHADOW_SLAB_MAX_OBJECTS);
	desc->min_partial = clamp_t(u32, ilog2(desc->bytes) / 2,
				    SLUB_MIN_PARTIAL, SLUB_MAX_PARTIAL);
	choose_cpu_partial(slab, desc);
	cache->bytes = desc->bytes;
	cache->offset = desc->offset;
	cache->inverse = div_u64(U64_MAX, desc->bytes) + 1;
	return 0;
}

/**
 * shadow_slub_walk() - length of a list of free objects
 * @cache: the cache
 * @s: the slab
 * @head: the first object, or SLUB_END
 * @last: filled with the object in front of the end, or of where the list
 *	cannot be followed; SLUB_END: it is the first one
 *
 * A list that ends visits no object twice.
 *
 * Context: any; the lock that protects the list is held.
 * Return: objects, or -EUCLEAN where the list leaves the slab or does not end.
 */
int shadow_slub_walk(const struct shadow_kmem_cache *cache,
		     const struct shadow_slub *s, u32 head, u32 *last)
{
	u32 nr = 0;

	*last = SLUB_END;
	while (head != SLUB_END) {
		if (head > s->last || !shadow_slub_begins(cache, head) ||
		    nr++ >= s->objects)
			return -EUCLEAN;
		*last = head;
		if (!shadow_slub_read(cache, s, head, &head))
			return -EUCLEAN;
	}
	return nr;
}

/*
 * The n-th number of a permutation of 0 ... mask: multiplying by something odd
 * and folding the high half over the low one can both be undone. Where the
 * kernel keeps an array a cache (random_seq), this needs no memory.
 */
static u32 shuffled(const struct shadow_kmem_cache *cache, u32 n, u32 mask)
{
	u32 fold = (fls(mask) + 1) / 2;

	n = n * (u32)(cache->shuffle | 1) & mask;
	n ^= n >> fold;
	n = n * (u32)(cache->shuffle >> 32 | 1) & mask;
	return n ^ n >> fold;
}

/* One more object in front of a new slab's list */
static u32 link_object(struct shadow_kmem_cache *cache,
		       const struct shadow_slub *s, u32 object, u32 next)
{
	shadow_slab_construct(cache, s->base + object);
	shadow_slub_write(cache, s, object, next);
	return object;
}

static u32 link_ordered(struct shadow_kmem_cache *cache,
			const struct shadow_slub *s)
{
	u32 next = SLUB_END;
	u32 i;

	for (i = s->objects; i--;)
		next = link_object(cache, s, i * cache->bytes, next);
	return next;
}

/* Link all objects in shuffled order; the first of them. */
static u32 link_shuffled(struct shadow_kmem_cache *cache,
			 const struct shadow_slub *s, u32 start)
{
	u32 mask = (u32)roundup_pow_of_two(max(s->objects, 2U)) - 1;
	u32 next = SLUB_END;
	u32 i, index;

	for (i = 0; i <= mask; i++) {
		index = shuffled(cache, (start + i) & mask, mask);
		if (index < s->objects)
			next = link_object(cache, s, index * cache->bytes, next);
	}
	return next;
}

/**
 * shadow_slub_corrupt() - freeze the machine: a slab is not as it should be
 * @cache: the cache
 * @what: what is wrong
 * @page: the slab's first frame
 *
 * Context: any.
 * Return: -EUCLEAN.
 */
int shadow_slub_corrupt(struct shadow_kmem_cache *cache, const char *what,
			const struct shadow_page *page)
{
	struct shadow_nodes *nodes = cache->slab->nodes;

	return shadow_fault_raise(cache->fault, "slab: cache %s: %s, slab at pfn %llu",
				  cache->desc.name, what,
				  (unsigned long long)shadow_page_to_pfn(nodes, page));
}

/**
 * shadow_slub_bad_link() - freeze the machine: a list of free objects is broken
 * @cache: the cache
 * @page: the slab's first frame
 * @object: whose link cannot be followed; SLUB_END or no object: it is the list
 *	that begins nowhere
 *
 * Context: any.
 * Return: -EUCLEAN.
 */
int shadow_slub_bad_link(struct shadow_kmem_cache *cache,
			 const struct shadow_page *page, u32 object)
{
	struct shadow_nodes *nodes = cache->slab->nodes;
	u64 pfn = shadow_page_to_pfn(nodes, page);
	char *base = shadow_page_to_virt(nodes, page);
	u64 link;

	if (object == SLUB_END)
		return shadow_slub_corrupt(cache, "list of free objects", page);
	link = READ_ONCE(*(u64 *)(base + object + cache->offset));
	return shadow_fault_raise(cache->fault,
		"slab: cache %s: object %u of the slab at pfn %llu is free and was written to: its link at offset %u is %016llx",
		cache->desc.name, object / cache->bytes, (unsigned long long)pfn,
		cache->offset, (unsigned long long)link);
}

/**
 * shadow_slub_check() - is this a slab of the cache?
 * @cache: the cache
 * @page: any frame
 * @s: filled if it is
 *
 * Objects and order are taken from the cache, the page only says which of its
 * two layouts it has.
 *
 * Context: any; the answer holds as long as the node's lock, or an object.
 * Return: true if it is.
 */
bool shadow_slub_check(struct shadow_kmem_cache *cache,
		       struct shadow_page *page, struct shadow_slub *s)
{
	const struct shadow_kmem_cache_desc *desc = &cache->desc;
	struct shadow_nodes *nodes = cache->slab->nodes;
	unsigned int nid = shadow_page_nid(page);
	u32 order;

	if (shadow_page_state(page) != SHADOW_PAGE_ALLOCATED ||
	    shadow_page_owner(page) != SHADOW_OWNER_SLAB ||
	    READ_ONCE(page->slab.cache) != desc->id || nid >= nodes->nr_nodes)
		return false;
	order = shadow_page_order(page);
	if (order == desc->order)
		s->objects = desc->objects;
	else if (order == desc->min_order)
		s->objects = desc->min_objects;
	else
		return false;
	s->page = page;
	s->last = (s->objects - 1) * cache->bytes;
	s->node = &cache->node[nid];
	s->base = shadow_slab_contents(nodes, page, order);
	s->key = shadow_slub_key(cache, shadow_page_to_phys(nodes, page));
	return s->node->in && s->base;
}

/**
 * shadow_slub_set() - all that a page says about its slab
 * @s: the slab
 * @id: the cache's
 * @head: first object of the page's list, or SLUB_END
 * @inuse: objects that are not on it
 * @state: enum shadow_slub_state, and above for some the CPU
 *
 * Context: any; the node's lock is held, or nobody else knows of the slab yet.
 */
void shadow_slub_set(const struct shadow_slub *s, u32 id, u32 head, u32 inuse,
		     u32 state)
{
	s->page->slab.freelist = head;
	s->page->slab.inuse = inuse;
	s->page->slab.objects = s->objects;
	s->page->slab.state = state;
	WRITE_ONCE(s->page->slab.cache, id);
}

/**
 * __shadow_slub_list() - put a slab on its node's list
 * @cache: the cache
 * @s: the slab, on no list
 * @tail: at the end instead of in front
 *
 * Context: any; the node's lock is held.
 * Return: false if the list is corrupt; the machine is frozen then.
 */
bool __shadow_slub_list(struct shadow_kmem_cache *cache,
			const struct shadow_slub *s, bool tail)
{
	struct shadow_kmem_cache_node *in = shadow_slub_in(s->node);
	struct shadow_memmap *memmap = &cache->slab->nodes->memmap;
	bool ok;

	lockdep_assert_held(&s->node->lock);
	ok = tail ? shadow_page_list_push_tail(memmap, &in->partial, s->page) :
		    shadow_page_list_push(memmap, &in->partial, s->page);
	if (!ok) {
		shadow_slub_corrupt(cache, "partial list", s->page);
		return false;
	}
	in->nr_partial++;
	WRITE_ONCE(s->page->slab.state, SLUB_PARTIAL);
	return true;
}

/**
 * __shadow_slub_unlist() - take a slab off its node's list
 * @cache: the cache
 * @s: the slab
 *
 * Context: any; the node's lock is held.
 * Return: false if the list is corrupt; the machine is frozen then.
 */
bool __shadow_slub_unlist(struct shadow_kmem_cache *cache,
			  const struct shadow_slub *s)
{
	struct shadow_kmem_cache_node *in = shadow_slub_in(s->node);

	lockdep_assert_held(&s->node->lock);
	if (!shadow_page_list_del(&cache->slab->nodes->memmap, &in->partial, s->page)) {
		shadow_slub_corrupt(cache, "partial list", s->page);
		return false;
	}
	in->nr_partial--;
	return true;
}

/**
 * __shadow_slub_count() - a node has one slab more, or one less
 * @s: the slab
 * @more: which of the two
 *
 * Context: any; the node's lock is held.
 */
void __shadow_slub_count(const struct shadow_slub *s, bool more)
{
	struct shadow_kmem_cache_node *in = shadow_slub_in(s->node);

	lockdep_assert_held(&s->node->lock);
	in->nr_slabs += more ? 1 : -1;
	in->nr_objects += more ? s->objects : -(u64)s->objects;
}

/**
 * __shadow_slub_unmake() - take a slab out of the books
 * @s: the slab: empty, on no list
 *
 * From then on no object of it is accepted. Its frames are still ours.
 *
 * Context: any; the node's lock is held.
 */
void __shadow_slub_unmake(const struct shadow_slub *s)
{
	__shadow_slub_count(s, false);
	shadow_slub_set(s, U32_MAX, SLUB_END, 0, SLUB_NONE);
}

/**
 * shadow_slub_make() - frames for a slab, its objects linked
 * @cache: the cache
 * @cpu: whose per-CPU lists they come from
 * @gfp: SHADOW_SLAB_GFP_MASK
 * @rnd: generator that says where the shuffle starts
 * @s: filled
 *
 * The page does not say anything yet, and nobody has counted the slab. Follows
 * allocate_slab() of mm/slub.c, with its second try at the least order.
 *
 * Context: any.
 * Return: the first object, or SLUB_END without memory.
 */
u32 shadow_slub_make(struct shadow_kmem_cache *cache, unsigned int cpu, u32 gfp,
		     u64 *rnd, struct shadow_slub *s)
{
	struct shadow_nodes *nodes = cache->slab->nodes;
	const struct shadow_kmem_cache_desc *desc = &cache->desc;
	struct shadow_page *page;

	page = shadow_slab_take(cache, cpu, gfp, desc->order, desc->min_order);
	if (!page)
		return SLUB_END;
	s->page = page;
	s->node = &cache->node[shadow_page_nid(page)];
	s->base = shadow_page_to_virt(nodes, page);
	s->key = shadow_slub_key(cache, shadow_page_to_phys(nodes, page));
	s->objects = shadow_page_order(page) == desc->order ? desc->objects :
							      desc->min_objects;
	s->last = (s->objects - 1) * cache->bytes;
	if (cache->slab->cfg.ordered)
		return link_ordered(cache, s);
	return link_shuffled(cache, s, shadow_random_at((*rnd)++, 0));
}
