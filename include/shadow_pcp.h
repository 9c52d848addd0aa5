/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_pcp - per-CPU lists of small blocks in front of a zone's buddy.
 * Follows struct per_cpu_pages of include/linux/mmzone.h.
 *
 * Lock order: a per-CPU list's lock, then the zone's. The first is never waited
 * for by who allocates or frees: see struct shadow_pcp.
 */
#ifndef SHADOW_PCP_H
#define SHADOW_PCP_H

#include "shadow_ring.h"
#include "shadow_zone.h"

#define SHADOW_PCP_MAX_ORDER	3	/* PAGE_ALLOC_COSTLY_ORDER */
#define SHADOW_PCP_NR_LOW \
	((SHADOW_PCP_MAX_ORDER + 1) * SHADOW_MIGRATE_PCPTYPES)
#define SHADOW_PCP_NR_HUGE	2	/* huge pages: MOVABLE or not */
#define SHADOW_PCP_NR_LISTS	(SHADOW_PCP_NR_LOW + SHADOW_PCP_NR_HUGE)
#define SHADOW_PCP_ALIGN	SHADOW_LINE_PAIR

#define SHADOW_PCP_NO_HUGE	U32_MAX

/* percpu_pagelist_high_fraction is at least that, or 0 */
#define SHADOW_PCP_FRACTION_MIN	8

/* A refill or a drain is of up to so many batches, as a shift */
#define SHADOW_PCP_BATCH_SCALE	5	/* CONFIG_PCP_BATCH_SCALE_MAX */

/* struct shadow_pcp.flags */
#define SHADOW_PCP_PREV_FREE_HIGH	BIT(0)	/* the last free was of order > 0 */

/**
 * struct shadow_pcp - one CPU's lists for one zone
 * @lock: protects all that follows, and the state of the frames on the lists.
 *	Taken outside the zone's lock, with interrupts as they are: whoever
 *	allocates or frees only tries it, so that an interrupt in between goes
 *	to the zone instead. Only who drains in process context waits for it.
 * @count: frames on all lists
 * @high: a free that makes @count reach this returns frames to the zone. Moves
 *	between the zone's pcp_high_min and pcp_high_max; 0 until first used
 * @flags: SHADOW_PCP_*
 * @alloc_factor: log2 of how many batches the next refill fetches
 * @odd: both of them; a free that finds 0 here has nothing to do about them
 * @free_count: frames freed of late without an allocation in between
 * @nr_alloc: frames that were allocated off the lists, as counters have it
 * @nr_freed: frames that were freed to them
 * @nr_beyond: of those in @nr_alloc, the ones behind a block's first
 * @list: by order and migratetype, the huge pages' last; newest first. The
 *	links back are made when they are needed, see shadow_pcp_drain.c
 *
 * Lives in the host's memory, so that the lock cannot be corrupted. What is the
 * same for all CPUs (batch, high_min, high_max) is in struct shadow_zone.
 * Follows struct per_cpu_pages.
 */
struct shadow_pcp {
	raw_spinlock_t lock;
	u32 count;
	u32 high;
	union {
		struct {
			u8 flags;
			u8 alloc_factor;
		};
		u16 odd;
	};
	u16 free_count;
	u64 nr_alloc;
	u64 nr_freed;
	struct shadow_page_list list[SHADOW_PCP_NR_LISTS];
	u64 nr_beyond;
} __aligned(SHADOW_PCP_ALIGN);

/*
 * An interrupt that comes while the lock is held must find it taken. Without
 * other CPUs the kernel's locks are nothing, and a trylock always succeeds:
 * there interrupts are kept out instead. Follows pcp_trylock_prepare().
 */
#if defined(__KERNEL__) && !defined(CONFIG_SMP)
#define shadow_pcp_enter(irqflags)	local_irq_save(irqflags)
#define shadow_pcp_leave(irqflags)	local_irq_restore(irqflags)
#else
#define shadow_pcp_enter(irqflags)	((irqflags) = 0)
#define shadow_pcp_leave(irqflags)	((void)(irqflags))
#endif

/*
 * The lists' lock. To sparse, which does not follow a lock through a value, the
 * three change nothing; lockdep, and the locks of user space, see all of them.
 */
static __always_inline bool shadow_pcp_trylock(struct shadow_pcp *pcp)
{
	if (!raw_spin_trylock(&pcp->lock))
		return false;
	__release(&pcp->lock);
	return true;
}

/* Likewise; a recorded operation waits for who only looks, see there */
static __always_inline bool shadow_pcp_trylock_op(const struct shadow_zone *zone,
						  struct shadow_pcp *pcp)
{
	return likely(shadow_pcp_trylock(pcp)) ||
	       shadow_op_insist(zone->nodes->events, &pcp->lock);
}

static __always_inline void shadow_pcp_lock(struct shadow_pcp *pcp)
{
	raw_spin_lock(&pcp->lock);
	__release(&pcp->lock);
}

static __always_inline void shadow_pcp_unlock(struct shadow_pcp *pcp)
{
	__acquire(&pcp->lock);
	raw_spin_unlock(&pcp->lock);
}

/**
 * struct shadow_pcp_size - how long the lists of a zone may be
 * @batch: frames that are fetched or returned at once, at least
 * @high_min: frames that a CPU may keep
 * @high_max: what that may grow to
 */
struct shadow_pcp_size {
	u32 batch;
	u32 high_min;
	u32 high_max;
};

/**
 * struct shadow_pcp_policy - how one generation of the kernel does it
 * @name: as the user says it
 * @max_order: largest order that has lists, but for huge pages
 * @huge: huge pages have lists
 * @cold: the lists have a cold end that can be asked for
 * @spread: what is returned comes from all lists, the more the fuller they are;
 *	otherwise from one list after the other
 * @size: sizes of a zone's lists; NULL: there are none
 * @nr_alloc: blocks of the order to fetch for a list that is empty
 * @nr_free: frames to return after a block of the order was put on a list and
 *	counted; 0: none
 *
 * nr_alloc and nr_free are called with the lists' lock held; they move what the
 * lists have learnt of their user.
 */
struct shadow_pcp_policy {
	const char *name;
	unsigned int max_order;
	bool huge;
	bool cold;
	bool spread;
	void (*size)(const struct shadow_zone *zone, struct shadow_pcp_size *size);
	u32 (*nr_alloc)(const struct shadow_zone *zone, struct shadow_pcp *pcp,
			unsigned int order);
	u32 (*nr_free)(const struct shadow_zone *zone, struct shadow_pcp *pcp,
		       unsigned int order);
};

extern const struct shadow_pcp_policy shadow_pcp_policies[];

/* Of which list a block is: order_to_pindex() */
static inline unsigned int shadow_pcp_list_of(unsigned int order,
					      unsigned int mt)
{
	if (unlikely(order > SHADOW_PCP_MAX_ORDER))
		return SHADOW_PCP_NR_LOW + (mt == SHADOW_MIGRATE_MOVABLE);
	return order * SHADOW_MIGRATE_PCPTYPES + mt;
}

/* What a listed block says of its type: huge ones are MOVABLE or not */
static inline unsigned int shadow_pcp_listed_mt(unsigned int order,
						unsigned int mt)
{
	if (unlikely(order > SHADOW_PCP_MAX_ORDER) && mt != SHADOW_MIGRATE_MOVABLE)
		return SHADOW_MIGRATE_UNMOVABLE;
	return mt;
}

static inline struct shadow_page_list *
shadow_pcp_list(struct shadow_pcp *pcp, unsigned int order, unsigned int mt)
{
	return &pcp->list[shadow_pcp_list_of(order, mt)];
}

/**
 * shadow_pcp_serves() - have blocks of this order per-CPU lists?
 * @zone: a zone
 * @order: log2 of the frames, up to SHADOW_MAX_ORDER
 *
 * Follows pcp_allowed_order().
 *
 * Context: any.
 * Return: true if so, once the lists are there.
 */
static inline bool shadow_pcp_serves(const struct shadow_zone *zone,
				     unsigned int order)
{
	return zone->pcp && (zone->nodes->pcp_orders >> order & 1);
}

/* What the flags of a block's first frame are on a list, but for the bank */
static inline u32 shadow_pcp_flags(const struct shadow_zone *zone,
				   unsigned int order, unsigned int mt)
{
	return SHADOW_PF(SHADOW_PAGE_PCP, order, SHADOW_OWNER_NONE,
			 shadow_pcp_listed_mt(order, mt)) | zone->place;
}

#define SHADOW_PCP_FLAGS_MASK \
	(SHADOW_PF_STATE_MASK | SHADOW_PF_ORDER_MASK | SHADOW_PF_OWNER_MASK | \
	 SHADOW_PF_MT_MASK | SHADOW_PF_PLACE_MASK)

/* The newest block, which was linked, goes: the next one is uppermost then */
static __always_inline bool
__shadow_pcp_unlink(const struct shadow_memmap *memmap,
		    struct shadow_page_list *list,
		    const struct shadow_page *page)
{
	if (page->next < memmap->nr)
		memmap->pages[page->next].prev = page->next;
	else if (page->next == SHADOW_NO_PAGE)
		list->last = SHADOW_NO_PAGE;
	else
		return false;
	return true;
}

/**
 * __shadow_pcp_pop() - take the newest block of a list
 * @memmap: the machine's
 * @zone: the zone
 * @pcp: a CPU's lists
 * @order: log2 of the frames
 * @mt: enum shadow_migratetype, below SHADOW_MIGRATE_PCPTYPES
 * @owner: enum shadow_owner of the block from now on
 *
 * The list's first index and what it leads to are checked before anything is
 * written: one compare says that it is a block of that order and type on a list
 * of this zone. Under the lock, so that a walk never meets a frame between two
 * owners.
 *
 * Context: @pcp's lock held.
 * Return: the first page, in state ALLOCATED, its refcount 1; NULL where the
 * list is empty or corrupt, and nothing has changed.
 */
static __always_inline struct shadow_page *
__shadow_pcp_pop(const struct shadow_memmap *memmap,
		 const struct shadow_zone *zone, struct shadow_pcp *pcp,
		 unsigned int order, unsigned int mt, unsigned int owner)
{
	struct shadow_page_list *list = shadow_pcp_list(pcp, order, mt);
	struct shadow_page *page;
	u32 flags;

	if (unlikely(list->first >= memmap->nr))
		return NULL;
	page = &memmap->pages[list->first];
	flags = page->flags;
	if (unlikely((flags & SHADOW_PCP_FLAGS_MASK) !=
		     shadow_pcp_flags(zone, order, mt)))
		return NULL;
	if (unlikely(page->prev != SHADOW_NO_PAGE) &&
	    !__shadow_pcp_unlink(memmap, list, page))
		return NULL;
	list->first = page->next;
	pcp->count -= 1U << order;
	pcp->free_count >>= 1;
	WRITE_ONCE(page->flags, flags ^ SHADOW_PF(SHADOW_PAGE_PCP, 0, 0, 0) ^
				SHADOW_PF(SHADOW_PAGE_ALLOCATED, 0, owner, 0));
	atomic_set(&page->refcount, 1);
	return page;
}

/**
 * __shadow_pcp_push() - put a block on a list
 * @memmap: the machine's
 * @pcp: a CPU's lists
 * @page: the block's first page, on no list
 * @order: log2 of the frames
 * @mt: enum shadow_migratetype, below SHADOW_MIGRATE_PCPTYPES
 *
 * Follows no link, so there is none to check.
 *
 * Context: @pcp's lock held.
 */
static __always_inline void
__shadow_pcp_push(const struct shadow_memmap *memmap, struct shadow_pcp *pcp,
		  struct shadow_page *page, unsigned int order, unsigned int mt)
{
	struct shadow_page_list *list = shadow_pcp_list(pcp, order, mt);

	shadow_page_set(page, SHADOW_PF(SHADOW_PAGE_PCP, order, 0,
					shadow_pcp_listed_mt(order, mt)));
	page->next = list->first;
	page->prev = SHADOW_NO_PAGE;
	list->first = shadow_page_index(memmap, page);
	pcp->count += 1U << order;
}

/**
 * __shadow_pcp_room() - can a single frame be put on the lists, and no more?
 * @zone: the zone
 * @pcp: a CPU's lists
 *
 * That is so while they stay short and have nothing to learn from it but one
 * more free: otherwise shadow_pcp_free() is the one to ask.
 *
 * Context: @pcp's lock held.
 * Return: true if so.
 */
static __always_inline bool __shadow_pcp_room(const struct shadow_zone *zone,
					      const struct shadow_pcp *pcp)
{
	return !pcp->odd && !zone->flags && pcp->count + 1 < pcp->high;
}

/* One frame more was freed without an allocation in between */
static __always_inline void __shadow_pcp_freed(const struct shadow_zone *zone,
					       struct shadow_pcp *pcp)
{
	if (pcp->free_count < zone->pcp_batch << SHADOW_PCP_BATCH_SCALE)
		pcp->free_count++;
}

/**
 * __shadow_pcp_room_block() - as __shadow_pcp_room(), for orders above 0
 * @zone: the zone; its lists have blocks of this order
 * @pcp: a CPU's lists
 * @order: log2 of the frames, 1 to SHADOW_PCP_MAX_ORDER
 *
 * After a free of such a block another one stays on its list as long as fewer
 * than a batch were freed without an allocation in between.
 *
 * Context: @pcp's lock held.
 * Return: true if so.
 */
static __always_inline bool
__shadow_pcp_room_block(const struct shadow_zone *zone,
			const struct shadow_pcp *pcp, unsigned int order)
{
	if (pcp->alloc_factor || zone->flags ||
	    pcp->count + (1U << order) >= pcp->high)
		return false;
	return !(pcp->flags & SHADOW_PCP_PREV_FREE_HIGH) ||
	       pcp->free_count < zone->pcp_batch;
}

/* A block more was freed without an allocation in between */
static __always_inline void
__shadow_pcp_freed_block(const struct shadow_zone *zone, struct shadow_pcp *pcp,
			 unsigned int order)
{
	pcp->flags |= SHADOW_PCP_PREV_FREE_HIGH;
	if (pcp->free_count < zone->pcp_batch << SHADOW_PCP_BATCH_SCALE)
		pcp->free_count += 1U << order;
}

u64 shadow_pcp_bytes(unsigned int nr_cpus);
const struct shadow_pcp_policy *shadow_pcp_policy(const char *name);
void shadow_pcp_init(struct shadow_nodes *nodes, void *mem,
		     unsigned int nr_cpus);
void shadow_pcp_fini(struct shadow_nodes *nodes);
void shadow_pcp_setup(struct shadow_nodes *nodes);
struct shadow_page *shadow_pcp_alloc(struct shadow_zone *zone, unsigned int cpu,
				     unsigned int order, unsigned int mt,
				     unsigned int owner, unsigned int alloc_flags);
unsigned int shadow_pcp_alloc_bulk(struct shadow_zone *zone, unsigned int cpu,
				   unsigned int mt, unsigned int owner,
				   unsigned int alloc_flags, unsigned int nr,
				   struct shadow_page **pages);
unsigned int shadow_pcp_free_bulk(struct shadow_zone *zone, unsigned int cpu,
				  unsigned int nr,
				  struct shadow_page *const *pages);
int shadow_pcp_free(struct shadow_zone *zone, unsigned int cpu,
		    struct shadow_page *page, unsigned int order, bool cold);
void shadow_pcp_drain(struct shadow_zone *zone);
void shadow_pcp_try_drain(struct shadow_zone *zone);
void shadow_pcp_drain_cpu(struct shadow_zone *zone, unsigned int cpu);
bool shadow_pcp_decay(struct shadow_zone *zone, unsigned int cpu);
u64 shadow_pcp_count(const struct shadow_zone *zone);
void shadow_pcp_recorded(struct shadow_nodes *nodes, bool recorded);
unsigned long shadow_pcp_lock_all(struct shadow_zone *zone);
void shadow_pcp_unlock_all(struct shadow_zone *zone, unsigned long irqflags);
int shadow_pcp_verify(struct shadow_zone *zone, struct shadow_fault *fault);

#endif /* SHADOW_PCP_H */
