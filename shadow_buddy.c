// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_buddy - blocks of 2^order frames, split and merged inside one zone.
 *
 * A worked example, eight frames free as one block of order 3, one frame asked
 * for:
 *
 *	order 3:  [0 . . . . . . .]
 *	split     [0 . . .]         -> frame 4 is the first of a free order 2
 *	split     [0 .]             -> frame 2 is the first of a free order 1
 *	split     [0]               -> frame 1 is a free order 0; frame 0 is ours
 *
 * Freeing frame 0 finds its buddy 0 ^ 1 = 1 free at order 0, then 0 ^ 2 = 2 at
 * order 1, then 0 ^ 4 = 4 at order 2, and the block of order 3 is back.
 *
 * Only the first frame of a block says what the block is; the others are
 * SHADOW_PAGE_NONE. So each split and each merge writes one struct shadow_page,
 * whatever the order.
 *
 * Every operation is counted in instructions here. What is compared and what is
 * checked is compared once: state, order, type, zone and node of a frame are
 * one masked word, and a link is followed only after it was held against the
 * memmap's length.
 */
#include "shadow_buddy.h"
#include "shadow_buddy_area.h"
#include "shadow_frag.h"
#include "shadow_mobility.h"
#include "shadow_ring.h"

static struct shadow_fault *zone_fault(const struct shadow_zone *zone)
{
	return zone->nodes->fault;
}

/* ------------------------------------- one block on a list, off a list -- */

/**
 * __shadow_buddy_corrupt() - the links or the type of a free block make no sense
 * @zone: the zone
 * @index: the block's
 * @order: its order
 * @mt: type of its list
 *
 * Context: @zone's lock held; freezes the machine.
 * Return: false, as what found it will.
 */
noinline bool __shadow_buddy_corrupt(struct shadow_zone *zone, u32 index,
				     unsigned int order, unsigned int mt)
{
	shadow_fault_raise(zone_fault(zone),
			   "buddy: links or type of free block at index %u (order %u type %u) are corrupt",
			   index, order, mt);
	return false;
}

static bool put(struct shadow_zone *zone, struct shadow_page *page,
		unsigned int order, unsigned int mt, bool tail)
{
	struct shadow_free_area *area = &zone->free_area[order];
	bool ok = tail ?
		  shadow_page_list_push_tail(zone->memmap, &area->list[mt], page) :
		  shadow_page_list_push(zone->memmap, &area->list[mt], page);

	if (unlikely(!ok))
		return __shadow_buddy_corrupt(zone, shadow_page_index(zone->memmap, page),
					      order, mt);
	shadow_page_set(page, SHADOW_PF(SHADOW_PAGE_BUDDY, order, 0, mt));
	WRITE_ONCE(zone->orders[mt], zone->orders[mt] | BIT(order));
	area->nr_free++;
	return true;
}

/**
 * __shadow_buddy_put_tail() - put a free block at the end of a list
 * @zone: the zone
 * @page: the block's first page, on no list
 * @order: its order
 * @mt: type of its pageblock
 *
 * @zone's nr_free is the caller's to keep; nr_free_highatomic is kept here.
 *
 * Context: @zone's lock held, interrupts off.
 * Return: false if the list is corrupt; the machine is frozen then.
 */
bool __shadow_buddy_put_tail(struct shadow_zone *zone, struct shadow_page *page,
			     unsigned int order, unsigned int mt)
{
	lockdep_assert_held(&zone->lock);
	shadow_buddy_account(zone, mt, BIT(order));
	return put(zone, page, order, mt, true);
}

/**
 * __shadow_buddy_del() - take a free block off its list
 * @zone: the zone
 * @page: the block's first page
 * @order: its order
 * @mt: type of the list
 *
 * The page is left in state BUDDY. @zone's nr_free is the caller's to keep;
 * nr_free_highatomic is kept here.
 *
 * Context: @zone's lock held, interrupts off.
 * Return: false if links are corrupt; the machine is frozen then.
 */
bool __shadow_buddy_del(struct shadow_zone *zone, struct shadow_page *page,
			unsigned int order, unsigned int mt)
{
	struct shadow_free_area *area;

	lockdep_assert_held(&zone->lock);
	/* Both may have been read from the page: three bits and five */
	if (unlikely(mt >= SHADOW_MIGRATE_TYPES || order >= SHADOW_NR_ORDERS ||
		     !shadow_page_list_del(zone->memmap,
					   &zone->free_area[order].list[mt], page)))
		return __shadow_buddy_corrupt(zone, shadow_page_index(zone->memmap, page),
					      order, mt);
	area = &zone->free_area[order];
	if (shadow_page_list_empty(&area->list[mt]))
		WRITE_ONCE(zone->orders[mt], zone->orders[mt] & ~BIT(order));
	area->nr_free--;
	shadow_buddy_account(zone, mt, -(s64)BIT(order));
	return true;
}

/* ------------------------------------------------------------- taking -- */

static noinline void not_free(struct shadow_zone *zone, u32 index,
			      unsigned int order, unsigned int mt)
{
	shadow_fault_raise(zone_fault(zone),
			   "buddy: index %u heads the list of order %u type %u but is no such free block",
			   index, order, mt);
}

/**
 * __shadow_buddy_first() - the block that a list would give next
 * @zone: the zone
 * @order: a list that is not empty: order,
 * @mt: and type
 *
 * Context: @zone's lock held, interrupts off.
 * Return: the first page of a free block of that order and type; NULL where
 * the list's head is no such thing, and the machine is frozen.
 */
struct shadow_page *__shadow_buddy_first(struct shadow_zone *zone,
					 unsigned int order, unsigned int mt)
{
	const struct shadow_memmap *memmap = zone->memmap;
	u32 index = zone->free_area[order].list[mt].first;
	struct shadow_page *page = shadow_page_at(memmap, index);

	lockdep_assert_held(&zone->lock);
	if (likely(page && (page->flags & SHADOW_BUDDY_MASK) ==
			   shadow_buddy_want(zone, order, mt) &&
		   shadow_page_fits(memmap, index, order)))
		return page;
	not_free(zone, index, order, mt);
	return NULL;
}

/* Where an operation ends that found something corrupt: off the straight path */
static noinline struct shadow_page *bad_head(struct shadow_zone *zone,
					     u32 index, unsigned int order,
					     unsigned int mt)
{
	not_free(zone, index, order, mt);
	return NULL;
}

static noinline struct shadow_page *bad_links(struct shadow_zone *zone,
					      u32 index, unsigned int order,
					      unsigned int mt)
{
	__shadow_buddy_corrupt(zone, index, order, mt);
	return NULL;
}

/* What keeps the first block of a list from leaving it; nothing has changed */
enum pop_error {
	POP_OK,
	POP_BAD_HEAD,
	POP_BAD_LINKS,
};

/* The first block of a list, off it: __shadow_buddy_first() and _del() in one */
static __always_inline enum pop_error
try_pop(struct shadow_zone *zone, unsigned int order, unsigned int mt,
	u32 *popped)
{
	const struct shadow_memmap *memmap = zone->memmap;
	struct shadow_free_area *area = &zone->free_area[order];
	u32 index = area->list[mt].first, nr = memmap->nr, next;
	struct shadow_page *pages = memmap->pages;

	*popped = index;
	if (unlikely(index >= nr ||
		     (pages[index].flags & SHADOW_BUDDY_MASK) !=
		     shadow_buddy_want(zone, order, mt) ||
		     (order && !shadow_page_fits(memmap, index, order))))
		return POP_BAD_HEAD;
	next = pages[index].next;
	if (unlikely(pages[index].prev != SHADOW_NO_PAGE))
		return POP_BAD_LINKS;
	if (next == SHADOW_NO_PAGE) {
		if (unlikely(area->list[mt].last != index))
			return POP_BAD_LINKS;
		area->list[mt].last = SHADOW_NO_PAGE;
		WRITE_ONCE(zone->orders[mt], zone->orders[mt] & ~BIT(order));
	} else {
		if (unlikely(next >= nr || pages[next].prev != index))
			return POP_BAD_LINKS;
		pages[next].prev = SHADOW_NO_PAGE;
	}
	area->list[mt].first = next;
	area->nr_free--;
	return POP_OK;
}

/* Likewise; what is corrupt freezes the machine */
static __always_inline struct shadow_page *
pop(struct shadow_zone *zone, unsigned int order, unsigned int mt)
{
	u32 index;

	switch (try_pop(zone, order, mt, &index)) {
	case POP_BAD_HEAD:
		return bad_head(zone, index, order, mt);
	case POP_BAD_LINKS:
		return bad_links(zone, index, order, mt);
	default:
		return &zone->memmap->pages[index];
	}
}

/* Out of line: what says it needs a frame of the stack */
static noinline void tell_split(const struct shadow_zone *zone, u32 index,
				unsigned int from, unsigned int order, u64 nr)
{
	shadow_event(zone->nodes->events, SHADOW_EV_PAGE_SPLIT, nr,
		     shadow_index_to_pfn(zone->memmap, index), order, from);
}

static __always_inline void note_split(struct shadow_zone *zone, u32 index,
				       unsigned int from, unsigned int order,
				       u64 nr)
{
	shadow_zone_count(zone, SHADOW_ZONE_SPLIT, nr);
	if (shadow_event_listened())
		tell_split(zone, index, from, order, nr);
}

/*
 * Gives the upper halves back until the block has the order asked for. All
 * lists between the two orders are empty: what is split was the smallest that
 * would do. Where nobody is @told, no register is kept for what he would be.
 */
static __always_inline void split(struct shadow_zone *zone,
				  struct shadow_page *page, unsigned int from,
				  unsigned int order, unsigned int mt, bool told)
{
	struct shadow_free_area *area = &zone->free_area[from];
	u32 index = shadow_page_index(zone->memmap, page);
	u32 pf = (page->flags & SHADOW_PF_STAYS) |
		 SHADOW_PF(SHADOW_PAGE_BUDDY, from, 0, mt);
	unsigned long half = BIT(from), least = BIT(order);
	struct shadow_page_list *list;
	struct shadow_page *upper;

	WRITE_ONCE(zone->orders[mt], zone->orders[mt] | (half - least));
	do {
		half >>= 1;
		area--;
		pf -= SHADOW_PF(0, 1, 0, 0);
		upper = page + half;
		upper->next = SHADOW_NO_PAGE;
		upper->prev = SHADOW_NO_PAGE;
		WRITE_ONCE(upper->flags, pf);
		list = &area->list[mt];
		list->first = index + half;
		list->last = index + half;
		area->nr_free++;
	} while (half != least);
	if (told)
		note_split(zone, index, from, order, from - order);
}

/**
 * __shadow_buddy_split() - keep the first part of a block, free the rest
 * @zone: the zone
 * @page: first page of a block that has just left its list
 * @from: the block's order
 * @order: the order to keep; the lists from it up to @from are empty
 * @mt: type of those lists
 *
 * @zone's nr_free is the caller's to keep. Follows expand().
 *
 * Context: @zone's lock held, interrupts off.
 */
void __shadow_buddy_split(struct shadow_zone *zone, struct shadow_page *page,
			  unsigned int from, unsigned int order,
			  unsigned int mt)
{
	lockdep_assert_held(&zone->lock);
	if (from > order)
		split(zone, page, from, order, mt,
		      shadow_event_heard(SHADOW_EV_PAGE_SPLIT));
}

static __always_inline struct shadow_page *
smallest(struct shadow_zone *zone, unsigned int order, unsigned int mt, bool told)
{
	u32 orders = zone->orders[mt] >> order;
	struct shadow_page *page;
	unsigned int from;

	if (!orders)
		return NULL;
	from = order + __ffs(orders);
	page = pop(zone, from, mt);
	if (page && from > order)
		split(zone, page, from, order, mt, told);
	return page;
}

static noinline struct shadow_page *smallest_told(struct shadow_zone *zone,
						  unsigned int order,
						  unsigned int mt)
{
	return smallest(zone, order, mt, true);
}

/**
 * __shadow_buddy_smallest() - the smallest free block of a type that will do
 * @zone: the zone
 * @order: log2 of the frames wanted
 * @mt: enum shadow_migratetype
 *
 * @zone's nr_free is the caller's to keep. Follows __rmqueue_smallest().
 *
 * Context: @zone's lock held, interrupts off.
 * Return: the block's first page, in state BUDDY on no list; NULL where the
 * type has none, or the machine is frozen.
 */
struct shadow_page *__shadow_buddy_smallest(struct shadow_zone *zone,
					    unsigned int order,
					    unsigned int mt)
{
	lockdep_assert_held(&zone->lock);
	if (shadow_event_heard(SHADOW_EV_PAGE_SPLIT))
		return smallest_told(zone, order, mt);
	return smallest(zone, order, mt, false);
}

/*
 * Three ways on from the straight path below, which ends in each of them: it
 * needs no registers saved.
 */
static noinline struct shadow_page *count_due(struct shadow_zone *zone,
					      struct shadow_page *page)
{
	__shadow_frag_due(zone);
	return page;
}

static noinline struct shadow_page *take_part(struct shadow_zone *zone,
					      struct shadow_page *page,
					      unsigned int from,
					      unsigned int order,
					      unsigned int mt)
{
	split(zone, page, from, order, mt,
	      shadow_event_heard(SHADOW_EV_PAGE_SPLIT));
	__shadow_frag_count(zone);
	return page;
}

static noinline struct shadow_page *take_others(struct shadow_zone *zone,
						unsigned int order,
						unsigned int mt,
						unsigned int alloc_flags)
{
	struct shadow_page *page;

	page = __shadow_mobility_fallback(zone, order, mt, alloc_flags);
	if (page) {
		WRITE_ONCE(zone->nr_free, zone->nr_free - BIT(order));
		__shadow_frag_count(zone);
	}
	return page;
}

static __always_inline struct shadow_page *take(struct shadow_zone *zone,
						unsigned int order,
						unsigned int mt,
						unsigned int alloc_flags,
						const bool watched)
{
	u32 orders = zone->orders[mt] >> order;
	struct shadow_page *page;
	unsigned int from;

	/* Failures on purpose raise the key of who watches, too */
	if (shadow_fault_frozen(zone_fault(zone)) ||
	    (watched &&
	     shadow_should_fail(zone->nodes->fail, SHADOW_FAIL_BUDDY,
				1ULL << (zone->nodes->page_shift + order))))
		return NULL;
	if (unlikely(!orders))
		return take_others(zone, order, mt, alloc_flags);
	from = order + __ffs(orders);
	page = pop(zone, from, mt);
	if (unlikely(!page))
		return NULL;
	WRITE_ONCE(zone->nr_free, zone->nr_free - BIT(order));
	if (from != order)
		return take_part(zone, page, from, order, mt);
	if (unlikely(!--zone->frag_left))
		return count_due(zone, page);
	return page;
}

/**
 * __shadow_buddy_alloc() - take a block off a zone
 * @zone: the zone
 * @order: log2 of the frames wanted, at most the machine's max_order
 * @mt: enum shadow_migratetype, not HIGHATOMIC
 * @alloc_flags: SHADOW_ALLOC_*; NOFRAGMENT: nothing of another type, unless it
 *	is a whole pageblock
 *
 * Does not look at watermarks, nor into the HIGHATOMIC reserve. The block's
 * first frame is left in state BUDDY on no list: the caller says at once what
 * it becomes. Follows __rmqueue().
 *
 * Context: @zone's lock held, interrupts off.
 * Return: the block's first page, or NULL: nothing large enough is free, or
 * the machine is frozen.
 */
struct shadow_page *__shadow_buddy_alloc(struct shadow_zone *zone,
					 unsigned int order, unsigned int mt,
					 unsigned int alloc_flags)
{
	lockdep_assert_held(&zone->lock);
	return take(zone, order, mt, alloc_flags, true);
}

static __always_inline struct shadow_page *
alloc_run(struct shadow_zone *zone, unsigned int order, unsigned int mt,
	  unsigned int alloc_flags, u32 *nr, bool told)
{
	u32 orders = zone->orders[mt] >> order;
	unsigned int from, run = order;
	struct shadow_page *page;

	if (shadow_fault_frozen(zone_fault(zone)) ||
	    shadow_should_fail(zone->nodes->fail, SHADOW_FAIL_BUDDY,
			       1ULL << (zone->nodes->page_shift + order)))
		return NULL;
	if (likely(orders)) {
		from = order + __ffs(orders);
		/* Each block may be one to fail, or the last before a sample */
		if (!static_branch_unlikely(&shadow_fail_key))
			run = min(from, order + ilog2(min(*nr, zone->frag_left)));
		page = pop(zone, from, mt);
		if (page && from > run)
			split(zone, page, from, run, mt, told);
	} else {
		page = __shadow_mobility_fallback(zone, order, mt, alloc_flags);
	}
	if (unlikely(!page))
		return NULL;
	*nr = BIT(run - order);
	if (told && run > order)
		note_split(zone, shadow_page_index(zone->memmap, page), run, order,
			   *nr - 1);
	zone->frag_left -= *nr;
	if (unlikely(!zone->frag_left))
		__shadow_frag_due(zone);
	return page;
}

/**
 * __shadow_buddy_alloc_run() - take blocks that lie side by side off a zone
 * @zone: the zone
 * @order: log2 of the frames of each, at most the machine's max_order
 * @mt: enum shadow_migratetype, not HIGHATOMIC
 * @alloc_flags: SHADOW_ALLOC_*, see __shadow_buddy_alloc()
 * @nr: how many are wanted, at least one; set to how many there are
 *
 * They are those that as many calls of __shadow_buddy_alloc() would return one
 * after the other: the smallest free block is used up from its start. Taken as
 * one, it is not split and listed and unlisted again for each. Only the first
 * frame of all is left in state BUDDY on no list, the others are nothing's
 * first frame yet. @zone's nr_free is the caller's to keep, once for all runs:
 * other CPUs read it at each allocation, and wait whenever it has been written.
 *
 * Nobody is told of splits: whoever might want it asks shadow_event_heard().
 *
 * Context: @zone's lock held, interrupts off.
 * Return: the first block's first page, or NULL: nothing large enough is free,
 * or the machine is frozen.
 */
struct shadow_page *__shadow_buddy_alloc_run(struct shadow_zone *zone,
					     unsigned int order,
					     unsigned int mt,
					     unsigned int alloc_flags, u32 *nr)
{
	lockdep_assert_held(&zone->lock);
	return alloc_run(zone, order, mt, alloc_flags, nr, false);
}

/**
 * __shadow_buddy_alloc_run_told() - the same, while somebody listens to splits
 * @zone: the zone
 * @order: log2 of the frames of each
 * @mt: enum shadow_migratetype
 * @alloc_flags: SHADOW_ALLOC_*
 * @nr: how many are wanted; set to how many there are
 *
 * Context: @zone's lock held, interrupts off.
 * Return: as __shadow_buddy_alloc_run().
 */
struct shadow_page *__shadow_buddy_alloc_run_told(struct shadow_zone *zone,
						  unsigned int order,
						  unsigned int mt,
						  unsigned int alloc_flags,
						  u32 *nr)
{
	lockdep_assert_held(&zone->lock);
	return alloc_run(zone, order, mt, alloc_flags, nr, true);
}

/*
 * A block of the reserve. Whoever gets it is of another type than its
 * pageblock.
 */
static noinline struct shadow_page *alloc_highatomic(struct shadow_zone *zone,
						     unsigned int order)
{
	struct shadow_page *page;

	if (shadow_fault_frozen(zone_fault(zone)))
		return NULL;
	page = __shadow_buddy_smallest(zone, order, SHADOW_MIGRATE_HIGHATOMIC);
	if (!page)
		return NULL;
	shadow_buddy_account(zone, SHADOW_MIGRATE_HIGHATOMIC, -(s64)BIT(order));
	WRITE_ONCE(zone->nr_free, zone->nr_free - BIT(order));
	__shadow_frag_count(zone);
	__shadow_mobility_mix(zone, page, order);
	return page;
}

static __always_inline struct shadow_page *
alloc_block(struct shadow_zone *zone, unsigned int order, unsigned int mt,
	    unsigned int owner, unsigned int alloc_flags, const bool watched)
{
	struct shadow_page *page = NULL;
	unsigned long irqflags;

	if (order > zone->nodes->max_order)
		return NULL;
	raw_spin_lock_irqsave(&zone->lock, irqflags);
	if (unlikely(alloc_flags & SHADOW_ALLOC_HIGHATOMIC))
		page = alloc_highatomic(zone, order);
	if (likely(!page))
		page = take(zone, order, mt, alloc_flags, watched);
	if (unlikely(!page) && (alloc_flags & SHADOW_ALLOC_NON_BLOCK))
		page = alloc_highatomic(zone, order);
	if (likely(page))
		shadow_page_set(page, SHADOW_PF(SHADOW_PAGE_ALLOCATED, order, owner, mt));
	raw_spin_unlock_irqrestore(&zone->lock, irqflags);
	shadow_watermark_wake_boosted(zone);
	return page;
}

static noinline struct shadow_page *
alloc_watched(struct shadow_zone *zone, unsigned int order, unsigned int mt,
	      unsigned int owner, unsigned int alloc_flags)
{
	struct shadow_page *page;
	struct shadow_op op;

	shadow_op_begin(&op, zone->nodes->events);
	page = alloc_block(zone, order, mt, owner, alloc_flags, true);
	shadow_op_end(&op, SHADOW_OP_BUDDY_ALLOC, page ? 0 : -ENOMEM,
		      shadow_zone_number(zone), order, mt,
		      owner | (u64)alloc_flags << 32,
		      page ? shadow_page_to_pfn(zone->nodes, page) :
			     SHADOW_RING_NO_PAGE);
	return page;
}

/**
 * shadow_buddy_alloc() - take a block off a zone, unlocked version
 * @zone: the zone
 * @order: log2 of the frames wanted
 * @mt: enum shadow_migratetype, not HIGHATOMIC
 * @owner: enum shadow_owner of the block from now on
 * @alloc_flags: SHADOW_ALLOC_*; besides what __shadow_buddy_alloc() does with
 *	them, HIGHATOMIC takes from that reserve first, and NON_BLOCK from it
 *	where nothing else is left
 *
 * Follows rmqueue_buddy().
 *
 * Context: any; takes @zone's lock with interrupts off.
 * Return: the block's first page in state ALLOCATED, or NULL.
 */
struct shadow_page *shadow_buddy_alloc(struct shadow_zone *zone,
				       unsigned int order, unsigned int mt,
				       unsigned int owner,
				       unsigned int alloc_flags)
{
	if (shadow_watched())
		return alloc_watched(zone, order, mt, owner, alloc_flags);
	return alloc_block(zone, order, mt, owner, alloc_flags, false);
}

/* To sparse, which does not follow a lock through a value, these change nothing */
static __always_inline bool try_lock(struct shadow_zone *zone,
				     unsigned long *irqflags)
{
	if (!raw_spin_trylock_irqsave(&zone->lock, *irqflags))
		return false;
	__release(&zone->lock);
	return true;
}

static __always_inline void unlock_tried(struct shadow_zone *zone,
					 unsigned long irqflags)
{
	__acquire(&zone->lock);
	raw_spin_unlock_irqrestore(&zone->lock, irqflags);
}

/*
 * The end of shadow_buddy_try_alloc() where there is more to do than to take a
 * block off its list.
 */
static noinline struct shadow_page *
finish_try(struct shadow_zone *zone, struct shadow_page *page,
	   unsigned int from, unsigned int order, unsigned int mt,
	   unsigned int owner, unsigned long irqflags)
{
	if (from != order)
		split(zone, page, from, order, mt,
		      shadow_event_heard(SHADOW_EV_PAGE_SPLIT));
	__shadow_frag_count(zone);
	shadow_page_set(page, SHADOW_PF(SHADOW_PAGE_ALLOCATED, order, owner, mt));
	unlock_tried(zone, irqflags);
	return page;
}

/**
 * shadow_buddy_try_alloc() - take a block off a zone, where that is easy
 * @zone: the zone
 * @order: log2 of the frames wanted, at most the machine's max_order
 * @mt: enum shadow_migratetype, not HIGHATOMIC
 * @owner: enum shadow_owner of the block from now on
 *
 * It is where nobody holds the lock and the type has a block of its own. On the
 * way there nothing is called, so that no registers need to be saved.
 *
 * Context: any; tries @zone's lock with interrupts off.
 * Return: the block's first page in state ALLOCATED, its refcount 1; NULL, and
 * nothing has changed, where shadow_buddy_alloc() is the one to ask, which also
 * says what is corrupt.
 */
struct shadow_page *shadow_buddy_try_alloc(struct shadow_zone *zone,
					   unsigned int order, unsigned int mt,
					   unsigned int owner)
{
	u32 pf = SHADOW_PF(SHADOW_PAGE_ALLOCATED, order, owner, mt), index;
	unsigned long irqflags;
	struct shadow_page *page;
	unsigned int from;

	if (static_branch_unlikely(&shadow_fail_key) ||
	    !try_lock(zone, &irqflags))
		return NULL;
	from = zone->orders[mt] >> order;
	if (unlikely(!from || shadow_fault_frozen(zone_fault(zone))))
		goto none;
	from = order + __ffs(from);
	if (unlikely(try_pop(zone, from, mt, &index)))
		goto none;
	page = &zone->memmap->pages[index];
	atomic_set(&page->refcount, 1);
	WRITE_ONCE(zone->nr_free, zone->nr_free - BIT(order));
	if (from != order || unlikely(zone->frag_left == 1))
		return finish_try(zone, page, from, order, mt, owner, irqflags);
	zone->frag_left--;
	shadow_page_set(page, pf);
	unlock_tried(zone, irqflags);
	return page;
none:
	unlock_tried(zone, irqflags);
	return NULL;
}
