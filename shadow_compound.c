// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_compound - blocks with more than one user, or that stop being one.
 *
 * The kernel writes a pointer to the head into each tail of a compound page.
 * Here tails are never written: a block of order n starts where the n low bits
 * of a frame's place are zero, so its head is found by clearing one more of
 * them at a time until a first frame is met.
 *
 *	frame 13 of a block of order 3 at 8:  13 is a tail
 *	13 & ~1 = 12: a tail; 13 & ~3 = 12: a tail; 13 & ~7 = 8: order 3, its head
 *
 * When a block is taken apart, the first frames of the pieces are written
 * before the head's order shrinks: who walks the memmap from head to head meets
 * the block, or all of its pieces.
 */
#include "shadow_compound.h"
#include "shadow_page_alloc.h"
#include "shadow_page_owner.h"
#include "shadow_page_slow.h"
#include "shadow_ring.h"

static bool in_use(const struct shadow_page *page)
{
	return shadow_page_state(page) == SHADOW_PAGE_ALLOCATED;
}

/**
 * shadow_block_head() - the first frame of the block that a frame is part of
 * @nodes: the layer
 * @page: a frame
 *
 * Context: any. The answer stays true as long as the block does: who has a
 * reference to it, or the zone's lock.
 * Return: the block's first page, which may be @page; NULL where the frames
 * before it do not say that it is part of any block.
 */
struct shadow_page *shadow_block_head(const struct shadow_nodes *nodes,
				      struct shadow_page *page)
{
	const struct shadow_memmap *memmap = &nodes->memmap;
	u32 place = shadow_page_index(memmap, page);
	struct shadow_page *head = page;
	unsigned int order;

	for (order = 0; order <= nodes->max_order; order++) {
		head = shadow_page_at(memmap, place & ~((u32)BIT(order) - 1));
		if (!head)
			return NULL;
		if (shadow_page_state(head) != SHADOW_PAGE_NONE)
			return shadow_page_order(head) >= order ? head : NULL;
	}
	return NULL;
}

/**
 * shadow_compound_head() - the head of a compound page
 * @nodes: the layer
 * @page: any of its frames, or a frame of no compound page
 *
 * Follows compound_head() of include/linux/page-flags.h, at a cost that grows
 * with the order.
 *
 * Context: any, with a reference to the block.
 * Return: the head; @page where it is of no compound page.
 */
struct shadow_page *shadow_compound_head(const struct shadow_nodes *nodes,
					 struct shadow_page *page)
{
	struct shadow_page *head = shadow_block_head(nodes, page);

	return head && in_use(head) && shadow_page_compound(head) ? head : page;
}

/**
 * shadow_compound_order() - log2 of the frames of a compound page
 * @page: its head, or a frame of no compound page
 *
 * Follows compound_order() of include/linux/mm.h.
 *
 * Context: any, with a reference to the block.
 * Return: the order; 0 where it is no head.
 */
unsigned int shadow_compound_order(const struct shadow_page *page)
{
	return in_use(page) && shadow_page_compound(page) ?
	       shadow_page_order(page) : 0;
}

static int get_page_of(struct shadow_nodes *nodes, struct shadow_page *page)
{
	int refs;

	page = shadow_compound_head(nodes, page);
	if (!in_use(page))
		return -EINVAL;
	refs = atomic_read(&page->refcount);
	do {
		if (refs <= 0)
			return -EINVAL;
		if (refs == S32_MAX)
			return -EOVERFLOW;
	} while (!atomic_try_cmpxchg(&page->refcount, &refs, refs + 1));
	return 0;
}

/**
 * shadow_get_page() - one more user of a block
 * @nodes: the layer
 * @page: its first frame, or any frame of a compound page
 *
 * Follows get_page() of include/linux/mm.h.
 *
 * Context: any, with a reference to the block.
 * Return: 0; -EINVAL where the frame is not the first of a block in use;
 * -EOVERFLOW where there are too many users already. Then nothing has changed.
 */
int shadow_get_page(struct shadow_nodes *nodes, struct shadow_page *page)
{
	u64 pfn = shadow_page_to_pfn(nodes, page);
	struct shadow_op op;
	int err;

	shadow_op_begin(&op, nodes->events);
	err = get_page_of(nodes, page);
	shadow_op_end(&op, SHADOW_OP_GET_PAGE, err, pfn);
	return err;
}

static int put_page_of(struct shadow_nodes *nodes, struct shadow_page *page)
{
	unsigned int order;
	int refs;

	page = shadow_compound_head(nodes, page);
	if (!in_use(page))
		return -EINVAL;
	/* Whoever left us alone with it has written its order before that */
	refs = atomic_read_acquire(&page->refcount);
	while (refs > 1)
		if (atomic_try_cmpxchg(&page->refcount, &refs, refs - 1))
			return 0;
	order = shadow_page_order(page);
	return shadow_free_pages(nodes, page, order);
}

/**
 * shadow_put_page() - one user less; the last one frees the block
 * @nodes: the layer
 * @page: its first frame, or any frame of a compound page
 *
 * Follows put_page() of include/linux/mm.h, but that the last user of a block
 * that is no compound page frees all of it: its order is known.
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: 0; -EINVAL where the frame is not the first of a block in use, and
 * nothing has changed; -EUCLEAN if the machine is frozen.
 */
int shadow_put_page(struct shadow_nodes *nodes, struct shadow_page *page)
{
	u64 pfn = shadow_page_to_pfn(nodes, page);
	struct shadow_op op;
	int err;

	shadow_op_begin(&op, nodes->events);
	err = put_page_of(nodes, page);
	shadow_op_end(&op, SHADOW_OP_PUT_PAGE, err, pfn);
	return err;
}

/*
 * What a piece of a block is: of the same owner, with a user of its own. Where
 * one block ends and the next begins changes under the zone's lock alone:
 * whoever walks from head to head holds it.
 */
static void set_piece(struct shadow_page *piece, const struct shadow_page *head,
		      unsigned int order)
{
	atomic_set(&piece->refcount, 1);
	shadow_page_set(piece, SHADOW_PF(SHADOW_PAGE_ALLOCATED, order,
					 shadow_page_owner(head),
					 shadow_page_mt(head)));
}

/* The head becomes a single frame, once its pieces are what they shall be */
static void shrink_head(struct shadow_page *head)
{
	/* Whoever walks from head to head sees the pieces, or none of them */
	smp_wmb();
	shadow_page_set(head, SHADOW_PF(SHADOW_PAGE_ALLOCATED, 0,
					shadow_page_owner(head),
					shadow_page_mt(head)));
}

static int split_block(struct shadow_nodes *nodes, struct shadow_page *page,
		       unsigned int order)
{
	struct shadow_zone *zone = shadow_page_zone(nodes, page);
	unsigned long irqflags;
	u32 i;

	if (shadow_fault_frozen(nodes->fault))
		return -EUCLEAN;
	if (!in_use(page) || shadow_page_order(page) != order ||
	    shadow_page_compound(page))
		return -EINVAL;
	/* The order lies in the block and may be corrupt, and asked for as it is */
	if (order > nodes->max_order ||
	    !shadow_page_fits(&nodes->memmap,
			      shadow_page_index(&nodes->memmap, page), order))
		return shadow_fault_raise(nodes->fault,
					  "page: pfn %#llx: a block of order %u cannot be here to be split",
					  shadow_page_to_pfn(nodes, page), order);
	if (atomic_read(&page->refcount) != 1)
		return -EBUSY;
	if (nodes->page_owner)
		shadow_page_owner_copy(nodes->page_owner, page, BIT(order));
	raw_spin_lock_irqsave(&zone->lock, irqflags);
	for (i = 1; i < BIT(order); i++)
		set_piece(page + i, page, 0);
	shrink_head(page);
	raw_spin_unlock_irqrestore(&zone->lock, irqflags);
	return 0;
}

/**
 * shadow_split_page() - a block becomes single frames with a user each
 * @nodes: the layer
 * @page: the block's first page
 * @order: the order it was allocated with
 *
 * Each frame is then freed by itself. Follows split_page() of mm/page_alloc.c.
 *
 * Context: the only user of the block.
 * Return: 0; -EINVAL where that is no such block, or a compound page; -EBUSY
 * where it has further users; -EUCLEAN if the machine is frozen. Then nothing
 * has changed.
 */
int shadow_split_page(struct shadow_nodes *nodes, struct shadow_page *page,
		      unsigned int order)
{
	u64 pfn = shadow_page_to_pfn(nodes, page);
	struct shadow_op op;
	int err;

	shadow_op_begin(&op, nodes->events);
	err = split_block(nodes, page, order);
	shadow_op_end(&op, SHADOW_OP_SPLIT_PAGE, err, pfn, order);
	return err;
}

/**
 * shadow_page_free_shared() - free a block that has other users, too
 * @nodes: the layer
 * @cpu: whose per-CPU list is used
 * @page: the block's first page, state ALLOCATED, of @order
 * @order: log2 of its frames
 *
 * The second half of __free_pages(): a compound page stays with its other
 * users. They know nothing of the further frames of another block, so these
 * are freed now, as a block of each smaller order; the first frame is left to
 * them, of order 0. Its order is written before the reference goes, so that
 * whoever is last frees that frame and no more.
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: 0; -EINVAL where it has no users at all, and nothing has changed;
 * -EUCLEAN if the machine is frozen.
 */
int shadow_page_free_shared(struct shadow_nodes *nodes, unsigned int cpu,
			    struct shadow_page *page, unsigned int order)
{
	struct shadow_zone *zone = shadow_page_zone(nodes, page);
	unsigned long irqflags;
	unsigned int piece;
	int err = 0;

	if (atomic_read(&page->refcount) <= 0)
		return -EINVAL;
	if (shadow_page_compound(page)) {
		if (!atomic_dec_and_test(&page->refcount))
			return 0;
		/* The other user went meanwhile: it is ours alone after all */
		atomic_set(&page->refcount, 1);
		return shadow_free_pages_cpu(nodes, cpu, page, order);
	}
	raw_spin_lock_irqsave(&zone->lock, irqflags);
	for (piece = 0; piece < order; piece++)
		set_piece(page + BIT(piece), page, piece);
	shrink_head(page);
	raw_spin_unlock_irqrestore(&zone->lock, irqflags);
	while (order-- > 0 && !err)
		err = shadow_free_pages_cpu(nodes, cpu, page + BIT(order), order);
	if (err || !atomic_dec_and_test(&page->refcount))
		return err;
	atomic_set(&page->refcount, 1);
	return shadow_free_pages_cpu(nodes, cpu, page, 0);
}
