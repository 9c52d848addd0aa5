// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slabslab_page - the engine "slab": slabs, the lists of numbers of
 * their free objects, and the lists that nodes have of them. See
 * shadow_slabslab.h.
 *
 * A list of numbers is a stack: of slab.inuse objects in use the numbers have
 * been taken from below that place, and the next one is at it. In a slab whose
 * list lies in one of its own objects, that object is the last to be taken; a
 * slab without free objects has no list then, and slab.freelist says so.
 */
#include "shadow_slab_debug.h"
#include "shadow_slabslab.h"

/**
 * shadow_slabslab_corrupt() - freeze the machine: a slab is not as it should be
 * @cache: the cache
 * @what: what is wrong
 * @page: the slab's first frame
 *
 * Context: any.
 * Return: -EUCLEAN.
 */
int shadow_slabslab_corrupt(struct shadow_kmem_cache *cache, const char *what,
			    const struct shadow_page *page)
{
	struct shadow_nodes *nodes = cache->slab->nodes;

	return shadow_fault_raise(cache->fault, "slab: cache %s: %s, slab at pfn %llu",
				  cache->desc.name, what,
				  (unsigned long long)shadow_page_to_pfn(nodes, page));
}

static u64 slab_bytes(const struct shadow_kmem_cache *cache)
{
	return (u64)1 << (cache->slab->nodes->page_shift + cache->desc.order);
}

/**
 * shadow_slabslab_check() - is this a slab of the cache?
 * @cache: the cache
 * @page: any frame
 * @s: filled if it is
 *
 * Context: any; the answer holds as long as the node's lock, or an object.
 * Return: true if it is.
 */
bool shadow_slabslab_check(const struct shadow_kmem_cache *cache,
			   struct shadow_page *page, struct shadow_slabslab *s)
{
	const struct shadow_kmem_cache_desc *desc = &cache->desc;
	u32 colour = shadow_slabslab_colour(page);

	s->nid = shadow_page_nid(page);
	if (shadow_page_state(page) != SHADOW_PAGE_ALLOCATED ||
	    shadow_page_owner(page) != SHADOW_OWNER_SLAB ||
	    READ_ONCE(page->slab.cache) != desc->id ||
	    shadow_page_order(page) != desc->order ||
	    s->nid >= cache->slab->nodes->nr_nodes || colour > cache->offset)
		return false;
	s->page = page;
	s->node = (struct shadow_slab_node *)&cache->node[s->nid];
	s->base = shadow_slab_contents(cache->slab->nodes, page, desc->order);
	if (!s->base)
		return false;
	s->first = s->base + colour;
	return s->node->in;
}

static __always_inline void *numbers_of(const struct shadow_kmem_cache *cache,
					const struct shadow_slabslab *s)
{
	const struct shadow_slabslab_own *own = shadow_slabslab_own_of(cache);
	u32 where = READ_ONCE(s->page->slab.freelist);
	u32 number;
	char *list;

	switch (own->kind) {
	case SLABSLAB_IN_OBJECT:
		return where < cache->desc.objects ?
		       s->first + (u64)where * cache->bytes : NULL;
	case SLABSLAB_ON_SLAB:
		return s->base + slab_bytes(cache) - own->freelist_bytes;
	case SLABSLAB_OFF_SLAB:
		list = shadow_slabslab_at(cache, where);
		return shadow_slabslab_find(own->freelist_cache,
					    list - own->freelist_cache->desc.user_offset,
					    &number) ? list : NULL;
	}
	return NULL;
}

/**
 * shadow_slabslab_numbers() - where a slab's list of numbers is
 * @cache: the cache
 * @s: the slab
 *
 * Context: any; as shadow_slabslab_check().
 * Return: the list; NULL where what the page says leads to none.
 */
void *shadow_slabslab_numbers(const struct shadow_kmem_cache *cache,
			      const struct shadow_slabslab *s)
{
	return numbers_of(cache, s);
}

static __always_inline u32 number_at(bool narrow, const void *numbers, u32 i)
{
	return narrow ? READ_ONCE(((const u8 *)numbers)[i]) :
			READ_ONCE(((const u16 *)numbers)[i]);
}

/**
 * shadow_slabslab_number() - what stands in a list of numbers
 * @own: of the cache
 * @numbers: the list
 * @i: the place
 *
 * Context: any.
 * Return: any number.
 */
u32 shadow_slabslab_number(const struct shadow_slabslab_own *own,
			   const void *numbers, u32 i)
{
	return number_at(own->index_bytes == 1, numbers, i);
}

static __always_inline void set_number(bool narrow, void *numbers, u32 i, u32 number)
{
	if (narrow)
		WRITE_ONCE(((u8 *)numbers)[i], number);
	else
		WRITE_ONCE(((u16 *)numbers)[i], number);
}

/**
 * __shadow_slabslab_take() - take free objects
 * @cache: the cache
 * @s: a slab that has some
 * @ref: filled with references
 * @max: at most so many
 *
 * Follows slab_get_obj() and alloc_block(). The slab is put on the list where
 * it is to be now.
 *
 * Context: any; the node's lock is held.
 * Return: how many; 0 where the slab is corrupt: the machine is frozen then.
 */
u32 __shadow_slabslab_take(struct shadow_kmem_cache *cache,
			   const struct shadow_slabslab *s, u32 *ref, u32 max)
{
	const struct shadow_slabslab_own *own = shadow_slabslab_own_of(cache);
	const void *numbers = shadow_slabslab_numbers(cache, s);
	u32 inuse = READ_ONCE(s->page->slab.inuse);
	u32 first = shadow_slabslab_ref(cache, s->first);
	const u32 objects = cache->desc.objects, step = cache->bytes >> 3;
	const bool narrow = own->index_bytes == 1;
	bool inside = own->kind == SLABSLAB_IN_OBJECT;
	u32 holder = READ_ONCE(s->page->slab.freelist);
	u32 number, nr;
	bool held, last;

	if (!numbers || inuse >= objects) {
		shadow_slabslab_corrupt(cache, "objects in use, or where its numbers are",
					s->page);
		return 0;
	}
	max = min(max, objects - inuse);
	for (nr = 0; nr < max; nr++) {
		number = number_at(narrow, numbers, inuse++);
		held = number == holder;
		last = inuse == objects;
		if (unlikely(number >= objects || (inside && held != last))) {
			shadow_slabslab_corrupt(cache, "number of a free object", s->page);
			return 0;
		}
		ref[nr] = first + number * step;
	}
	s->page->slab.inuse = inuse;
	if (inside && inuse == objects)
		s->page->slab.freelist = SHADOW_SLAB_END;
	shadow_slabslab_in(s->node)->free_objects -= nr;
	return __shadow_slabslab_move(cache, s, inuse == objects ? SLABSLAB_FULL :
				      SLABSLAB_PARTIAL, false) ? nr : 0;
}

/**
 * __shadow_slabslab_put() - a slab has an object back
 * @cache: the cache
 * @s: the slab
 * @number: the object's, below desc.objects
 *
 * Follows slab_put_obj(). The slab stays on the list that it is on.
 *
 * Context: any; the node's lock is held.
 * Return: false where the slab is corrupt, or has no object in use; the machine
 * is frozen then.
 */
bool __shadow_slabslab_put(struct shadow_kmem_cache *cache,
			   const struct shadow_slabslab *s, u32 number)
{
	const struct shadow_slabslab_own *own = shadow_slabslab_own_of(cache);
	struct shadow_page *page = s->page;
	u32 inuse = READ_ONCE(page->slab.inuse);
	void *numbers;

	lockdep_assert_held(&s->node->lock);
	if (unlikely(!inuse || inuse > cache->desc.objects)) {
		shadow_slabslab_corrupt(cache, inuse ? "objects in use" :
					"an object was freed twice: none is in use", page);
		return false;
	}
	if (own->kind == SLABSLAB_IN_OBJECT && inuse == cache->desc.objects)
		page->slab.freelist = number;
	numbers = numbers_of(cache, s);
	if (unlikely(!numbers)) {
		shadow_slabslab_corrupt(cache, "where its numbers are", page);
		return false;
	}
	page->slab.inuse = inuse - 1;
	set_number(own->index_bytes == 1, numbers, inuse - 1, number);
	return true;
}

/**
 * __shadow_slabslab_put_plain() - slabs have objects back, the common case
 * @cache: the cache
 * @nid: node of all of them
 * @ref: references
 * @nr: how many
 *
 * As __shadow_slabslab_put() for one after the other, with all that is the same
 * for them looked up once: where frames are in one row, the list of numbers is
 * one of bytes in a free object, and the slab stays on the partial list.
 *
 * Context: any; the node's lock is held.
 * Return: how many; the next one is not that simple, or corrupt.
 */
u32 __shadow_slabslab_put_plain(struct shadow_kmem_cache *cache, unsigned int nid,
				const u32 *ref, u32 nr)
{
	const u32 mask = SHADOW_PF_STATE_MASK | SHADOW_PF_ORDER_MASK |
			 SHADOW_PF_OWNER_MASK;
	const struct shadow_slabslab_own *own = shadow_slabslab_own_of(cache);
	const struct shadow_nodes *nodes = cache->slab->nodes;
	const struct shadow_memmap_bank bank = nodes->memmap.bank[0];
	const u32 order = cache->desc.order, objects = cache->desc.objects;
	const u32 want = SHADOW_PF(SHADOW_PAGE_ALLOCATED, order, SHADOW_OWNER_SLAB, 0);
	const u32 shift = nodes->page_shift, id = cache->desc.id;
	const u32 bytes = cache->bytes, most = cache->offset;
	const u64 base = nodes->block->base, inverse = cache->inverse;
	const u64 within = slab_bytes(cache) - 1;
	/* Frames of slabs in the block, beside which the memmap may go on */
	const u64 lowest = max(bank.start_pfn, cache->first_slab >> shift);
	const u64 end = min(bank.start_pfn + bank.nr,
			    (cache->first_slab + cache->slabs_bytes) >> shift);
	const u64 nr_frames = end > lowest ? end - lowest : 0;
	const u32 first = bank.first + (u32)(lowest - bank.start_pfn);
	struct shadow_page *const pages = nodes->memmap.pages;
	char *const virt = nodes->block->virt;
	u64 at, frame, offset, number;
	u32 i, state, inuse, where;
	struct shadow_page *page;

	lockdep_assert_held(&cache->node[nid].lock);
	if (shadow_block_virtual(nodes->block) || READ_ONCE(nodes->memmap.many) ||
	    own->kind != SLABSLAB_IN_OBJECT || own->index_bytes != 1)
		return 0;
	for (i = 0; i < nr; i++) {
		at = (u64)READ_ONCE(ref[i]) << 3;
		frame = ((base + at) >> shift) - lowest;
		if (unlikely(frame >= nr_frames))
			break;
		page = &pages[(first + (u32)frame) & (U32_MAX << order)];
		state = READ_ONCE(page->slab.state);
		if (unlikely((READ_ONCE(page->flags) & mask) != want ||
			     shadow_page_nid(page) != nid ||
			     READ_ONCE(page->slab.cache) != id ||
			     (state & SLABSLAB_LIST_MASK) != SLABSLAB_PARTIAL))
			break;
		state = state >> SLABSLAB_COLOUR_SHIFT << 3;
		offset = ((base + at) & within) - state;
		number = offset * inverse >> 32;
		inuse = READ_ONCE(page->slab.inuse);
		where = READ_ONCE(page->slab.freelist);
		if (unlikely(state > most || number >= objects ||
			     number * bytes != offset || where >= objects ||
			     inuse < 2 || inuse >= objects))
			break;
		page->slab.inuse = inuse - 1;
		set_number(true, virt + at - offset + (u64)where * bytes, inuse - 1, number);
	}
	shadow_slabslab_in(&cache->node[nid])->free_objects += i;
	return i;
}

static struct shadow_page_list *list_at(struct shadow_kmem_list *in,
					enum shadow_slabslab_list list)
{
	switch (list) {
	case SLABSLAB_PARTIAL:
		return &in->partial;
	case SLABSLAB_FULL:
		return &in->full;
	case SLABSLAB_FREE:
		return &in->free;
	default:
		return NULL;
	}
}

/**
 * __shadow_slabslab_move() - from the list that a slab is on to another
 * @cache: the cache
 * @s: the slab
 * @to: which; SLABSLAB_NONE: to none
 * @tail: at the end instead of in front
 *
 * Context: any; the node's lock is held.
 * Return: false where a list is corrupt; the machine is frozen then.
 */
bool __shadow_slabslab_move(struct shadow_kmem_cache *cache,
			    const struct shadow_slabslab *s,
			    enum shadow_slabslab_list to, bool tail)
{
	struct shadow_memmap *memmap = &cache->slab->nodes->memmap;
	struct shadow_kmem_list *in = shadow_slabslab_in(s->node);
	u32 state = READ_ONCE(s->page->slab.state);
	struct shadow_page_list *list = list_at(in, state & SLABSLAB_LIST_MASK);
	bool ok = true;

	lockdep_assert_held(&s->node->lock);
	if (list)
		ok = shadow_page_list_del(memmap, list, s->page);
	if (ok && list == &in->free)
		in->nr_free_slabs--;
	list = list_at(in, to);
	if (ok && list)
		ok = tail ? shadow_page_list_push_tail(memmap, list, s->page) :
			    shadow_page_list_push(memmap, list, s->page);
	if (!ok) {
		shadow_slabslab_corrupt(cache, "list of slabs", s->page);
		return false;
	}
	if (list == &in->free)
		in->nr_free_slabs++;
	WRITE_ONCE(s->page->slab.state, (state & ~SLABSLAB_LIST_MASK) | to);
	return true;
}

/**
 * __shadow_slabslab_unmake() - take a slab out of the books
 * @cache: the cache
 * @s: the slab: on the list of free ones
 * @gone: where it goes; for shadow_slabslab_destroy()
 *
 * From then on no object of it is accepted. Its frames are still ours.
 *
 * Context: any; the node's lock is held.
 * Return: false where a list is corrupt; the machine is frozen then.
 */
bool __shadow_slabslab_unmake(struct shadow_kmem_cache *cache,
			      const struct shadow_slabslab *s,
			      struct shadow_page_list *gone)
{
	struct shadow_slabslab_own *own = shadow_slabslab_own_of(cache);
	struct shadow_kmem_list *in = shadow_slabslab_in(s->node);

	if (!__shadow_slabslab_move(cache, s, SLABSLAB_NONE, false))
		return false;
	in->nr_slabs--;
	in->free_objects -= cache->desc.objects;
	atomic_inc(&own->generation);
	WRITE_ONCE(s->page->slab.cache, U32_MAX);
	shadow_page_list_push(&cache->slab->nodes->memmap, gone, s->page);
	return true;
}

/**
 * shadow_slabslab_destroy() - give the frames of slabs back
 * @cache: the cache
 * @cpu: whose per-CPU lists get them
 * @gone: slabs after __shadow_slabslab_unmake(); empty afterwards
 *
 * Follows slabs_destroy(): the list of numbers goes at once, also where the
 * frames have to wait for a grace period.
 *
 * Context: any; without locks of the cache.
 */
void shadow_slabslab_destroy(struct shadow_kmem_cache *cache, unsigned int cpu,
			     struct shadow_page_list *gone)
{
	const struct shadow_slabslab_own *own = shadow_slabslab_own_of(cache);
	struct shadow_kmem_cache *lists = own->freelist_cache;
	struct shadow_page *page;
	void *list;

	while ((page = shadow_page_list_pop(&cache->slab->nodes->memmap, gone))) {
		if (own->kind == SLABSLAB_OFF_SLAB) {
			list = shadow_slabslab_at(cache, page->slab.freelist);
			atomic_dec(&shadow_slabslab_own_of(lists)->nr_own);
			if (shadow_kmem_cache_free_cpu(lists, cpu, list))
				shadow_slabslab_corrupt(cache, "where its numbers are", page);
		}
		shadow_slab_give(cache, cpu, page);
	}
}

/* alloc_slabmgmt(): where the numbers of a new slab are; false: no memory */
static bool make_numbers(struct shadow_kmem_cache *cache, unsigned int cpu,
			 u32 gfp, struct shadow_page *page)
{
	const struct shadow_slabslab_own *own = shadow_slabslab_own_of(cache);
	void *list;

	page->slab.freelist = SHADOW_SLAB_END;
	if (own->kind == SLABSLAB_IN_OBJECT)
		page->slab.freelist = cache->desc.objects - 1;
	if (own->kind != SLABSLAB_OFF_SLAB)
		return true;
	list = shadow_kmem_cache_alloc_cpu(own->freelist_cache, cpu,
					   gfp & ~SHADOW_GFP_ZERO);
	if (!list)
		return false;
	atomic_inc(&shadow_slabslab_own_of(own->freelist_cache)->nr_own);
	shadow_slab_debug_own(own->freelist_cache, list);
	page->slab.freelist = shadow_slabslab_ref(cache, list);
	return true;
}

/* Each slab has the next colour of its node; 0 where there is one only */
static u32 next_colour(struct shadow_kmem_cache *cache, struct shadow_slab_node *node)
{
	const struct shadow_slabslab_own *own = shadow_slabslab_own_of(cache);
	struct shadow_kmem_list *in = shadow_slabslab_in(node);
	unsigned long flags;
	u32 colour;

	raw_spin_lock_irqsave(&node->lock, flags);
	colour = in->colour_next + 1;
	if (colour >= own->colour)
		colour = 0;
	in->colour_next = colour;
	raw_spin_unlock_irqrestore(&node->lock, flags);
	return colour * own->colour_off;
}

/* cache_init_objs(): all objects are free, in order of address */
static void init_objects(struct shadow_kmem_cache *cache,
			 const struct shadow_slabslab *s)
{
	const struct shadow_slabslab_own *own = shadow_slabslab_own_of(cache);
	const bool narrow = own->index_bytes == 1;
	const u32 objects = cache->desc.objects;
	void *numbers;
	u32 i;

	for (i = 0; (cache->ctor || cache->fresh) && i < objects; i++)
		shadow_slab_construct(cache, s->first + (u64)i * cache->bytes);
	numbers = shadow_slabslab_numbers(cache, s);
	for (i = 0; numbers && i < objects; i++)
		set_number(narrow, numbers, i, i);
}

/* cache_grow_end(): from now on others find it */
static void add_slab(struct shadow_kmem_cache *cache, const struct shadow_slabslab *s)
{
	struct shadow_kmem_list *in = shadow_slabslab_in(s->node);
	unsigned long flags;

	raw_spin_lock_irqsave(&s->node->lock, flags);
	if (__shadow_slabslab_move(cache, s, SLABSLAB_FREE, true)) {
		in->nr_slabs++;
		in->free_objects += cache->desc.objects;
	}
	raw_spin_unlock_irqrestore(&s->node->lock, flags);
}

/* References reach so far; on a virtual board, its storage */
static bool reachable(const struct shadow_kmem_cache *cache, const char *base)
{
	u64 offset = base - (char *)cache->slab->nodes->block->virt;

	return (offset + slab_bytes(cache)) >> 3 < SHADOW_SLABSLAB_NOTHING;
}

/**
 * shadow_slabslab_grow() - one more slab
 * @cache: the cache
 * @cpu: whose per-CPU lists its frames come from
 * @gfp: SHADOW_SLAB_GFP_MASK, with the node
 *
 * It is put on the list of free slabs of the node that the frames are of.
 * Follows cache_grow_begin() and cache_grow_end().
 *
 * Context: any; without locks of the cache: lists of numbers come from others.
 * Return: the node, or -ENOMEM.
 */
int shadow_slabslab_grow(struct shadow_kmem_cache *cache, unsigned int cpu,
			 u32 gfp)
{
	struct shadow_nodes *nodes = cache->slab->nodes;
	struct shadow_slabslab s;

	s.page = shadow_slab_take(cache, cpu, gfp, cache->desc.order, cache->desc.order);
	if (!s.page)
		return -ENOMEM;
	s.nid = shadow_page_nid(s.page);
	s.node = &cache->node[s.nid];
	s.base = shadow_page_to_virt(nodes, s.page);
	s.page->slab.inuse = 0;
	s.page->slab.objects = cache->desc.objects;
	if (!s.node->in || !reachable(cache, s.base) ||
	    !make_numbers(cache, cpu, gfp, s.page)) {
		s.page->slab.cache = U32_MAX;
		s.page->slab.state = SLABSLAB_NONE;
		shadow_slab_give(cache, cpu, s.page);
		return -ENOMEM;
	}
	s.page->slab.state = next_colour(cache, s.node) >> 3 << SLABSLAB_COLOUR_SHIFT;
	s.first = s.base + shadow_slabslab_colour(s.page);
	init_objects(cache, &s);
	WRITE_ONCE(s.page->slab.cache, cache->desc.id);
	add_slab(cache, &s);
	return s.nid;
}
