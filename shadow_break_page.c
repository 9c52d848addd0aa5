// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_break_page - damage to what the memmap says of a frame. See
 * shadow_break.h.
 */
#include "shadow_break_room.h"

#define USED		"the first frame of a block in use"
#define USED_FIRST	"no block is in use; first: alloc_pages 0"
#define FREE		"the first frame of a block that is free in the buddy"
#define FREE_FIRST	"no block is free in the buddy; first: drain, or free something"

static bool is_used(const struct shadow_page *page)
{
	return shadow_page_state(page) == SHADOW_PAGE_ALLOCATED;
}

static bool is_direct(const struct shadow_page *page)
{
	return is_used(page) && shadow_page_owner(page) == SHADOW_OWNER_DIRECT;
}

static bool is_free(const struct shadow_page *page)
{
	return shadow_page_state(page) == SHADOW_PAGE_BUDDY;
}

static bool is_head(const struct shadow_page *page)
{
	return is_used(page) || is_free(page) ||
	       shadow_page_state(page) == SHADOW_PAGE_PCP;
}

/**
 * shadow_break_pfn() - frame number of an entry of the memmap
 * @b: the damage
 * @page: the entry
 *
 * Context: any.
 * Return: the frame number.
 */
u64 shadow_break_pfn(const struct shadow_break *b, const struct shadow_page *page)
{
	return shadow_page_to_pfn(&b->mm->nodes, page);
}

/* The index space may have gaps between banks */
static struct shadow_page *search(struct shadow_memmap *memmap, u32 from, u32 end,
				  u32 start, shadow_break_fits_t fits)
{
	u32 i, nr = end - from;

	for (i = 0; i < nr; i++) {
		struct shadow_page *page;

		page = &memmap->pages[from + (start + i) % nr];
		if (fits(page))
			return page;
	}
	return NULL;
}

/**
 * shadow_break_frame() - the frame to damage
 * @b: the damage; it may name a frame
 * @fits: whether a frame will do
 * @allowed: what that is, in words
 * @first: what to say where there is none
 *
 * Context: shadow_nodes_lock() is held.
 * Return: its entry, or ERR_PTR: -ERANGE, -EINVAL, -ENOENT, which @b then says.
 */
struct shadow_page *shadow_break_frame(struct shadow_break *b,
				       shadow_break_fits_t fits,
				       const char *allowed, const char *first)
{
	struct shadow_memmap *memmap = &b->mm->nodes.memmap;
	struct shadow_page *page = NULL;
	unsigned int i, nr;

	if (b->ask->given) {
		page = shadow_pfn_to_page(&b->mm->nodes, b->ask->where);
		if (!page)
			return ERR_PTR(shadow_break_refuse(b, -ERANGE,
					"PFN %#llx: allowed: %#llx to %#llx",
					b->ask->where, memmap->start_pfn,
					memmap->end_pfn - 1));
		if (fits(page))
			return page;
		return ERR_PTR(shadow_break_refuse(b, -EINVAL,
						   "PFN %#llx: allowed: %s; page tells of each",
						   b->ask->where, allowed));
	}
	for (i = 0; i < memmap->nr_banks && !page; i++) {
		const struct shadow_memmap_bank *bank;

		nr = (b->rnd + i) % memmap->nr_banks;
		bank = &memmap->bank[nr];
		if (bank->nr)
			page = search(memmap, bank->first, shadow_bank_end(bank),
				      (b->rnd >> 8) % bank->nr, fits);
	}
	return page ? page : ERR_PTR(shadow_break_refuse(b, -ENOENT, "%s", first));
}

static void set_flags(struct shadow_page *page, u32 flags)
{
	WRITE_ONCE(page->flags, flags);
}

static u32 with_state(u32 flags, enum shadow_page_state state)
{
	return (flags & ~SHADOW_PF_STATE_MASK) | state << SHADOW_PF_STATE_SHIFT;
}

/**
 * shadow_break_page_flags() - a bit of a frame's flags is turned
 * @b: the damage
 *
 * Context: takes the locks of all zones.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_page_flags(struct shadow_break *b)
{
	unsigned int bit = b->ask->given_bit ? b->ask->bit :
			   b->rnd % SHADOW_PF_ORDER_SHIFT;
	unsigned long irq = shadow_nodes_lock(&b->mm->nodes);
	struct shadow_page *page;
	u32 was;

	page = shadow_break_frame(b, is_head, "the first frame of a block",
				  "no block in use or free");
	if (!IS_ERR(page)) {
		was = page->flags;
		set_flags(page, was ^ BIT(bit));
		shadow_break_did(b, "flags of pfn %#llx, bit %u: %#x -> %#x",
				 shadow_break_pfn(b, page), bit, was, page->flags);
	}
	shadow_nodes_unlock(&b->mm->nodes, irq);
	return PTR_ERR_OR_ZERO(page);
}

static int set_refcount(struct shadow_break *b, struct shadow_page *page,
			int value)
{
	int was;

	if (IS_ERR(page))
		return PTR_ERR(page);
	was = atomic_read(&page->refcount);
	atomic_set(&page->refcount, value);
	return shadow_break_did(b, "refcount of pfn %#llx: %d -> %d",
				shadow_break_pfn(b, page), was, value);
}

/**
 * shadow_break_refcount_used() - a block in use has fewer references than none
 * @b: the damage
 *
 * Context: takes the locks of all zones.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_refcount_used(struct shadow_break *b)
{
	unsigned long irq = shadow_nodes_lock(&b->mm->nodes);
	int err = set_refcount(b, shadow_break_frame(b, is_used, USED, USED_FIRST), -1);

	shadow_nodes_unlock(&b->mm->nodes, irq);
	return err;
}

/**
 * shadow_break_refcount_free() - a free block has a reference
 * @b: the damage
 *
 * Context: takes the locks of all zones.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_refcount_free(struct shadow_break *b)
{
	unsigned long irq = shadow_nodes_lock(&b->mm->nodes);
	int err = set_refcount(b, shadow_break_frame(b, is_free, FREE, FREE_FIRST), 1);

	shadow_nodes_unlock(&b->mm->nodes, irq);
	return err;
}

/**
 * shadow_break_owner() - a user's block says that it is a slab
 * @b: the damage
 *
 * Context: takes the locks of all zones.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_owner(struct shadow_break *b)
{
	unsigned long irq = shadow_nodes_lock(&b->mm->nodes);
	struct shadow_page *page;

	page = shadow_break_frame(b, is_direct, "the first frame of a block of alloc_pages",
				  "nobody has pages; first: alloc_pages 0");
	if (!IS_ERR(page)) {
		set_flags(page, (page->flags & ~SHADOW_PF_OWNER_MASK) |
				SHADOW_PF(0, 0, SHADOW_OWNER_SLAB, 0));
		shadow_break_did(b, "owner of pfn %#llx: %s -> %s",
				 shadow_break_pfn(b, page),
				 shadow_owner_names[SHADOW_OWNER_DIRECT],
				 shadow_owner_names[SHADOW_OWNER_SLAB]);
	}
	shadow_nodes_unlock(&b->mm->nodes, irq);
	return PTR_ERR_OR_ZERO(page);
}

/**
 * shadow_break_used_as_free() - a block in use says that it is free
 * @b: the damage
 *
 * As PageBuddy on a page that somebody has.
 *
 * Context: takes the locks of all zones.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_used_as_free(struct shadow_break *b)
{
	unsigned long irq = shadow_nodes_lock(&b->mm->nodes);
	struct shadow_page *page;
	u32 was;

	page = shadow_break_frame(b, is_used, USED, USED_FIRST);
	if (!IS_ERR(page)) {
		was = page->flags;
		set_flags(page, with_state(was, SHADOW_PAGE_BUDDY));
		shadow_break_did(b, "pfn %#llx, in use, says that it is free: flags %#x -> %#x",
				 shadow_break_pfn(b, page), was, page->flags);
	}
	shadow_nodes_unlock(&b->mm->nodes, irq);
	return PTR_ERR_OR_ZERO(page);
}
