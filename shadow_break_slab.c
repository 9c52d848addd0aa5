// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_break_slab - damage to what engines keep in the block: slabs and the
 * links in free objects. See shadow_break.h.
 */
#include "shadow_break_room.h"
#include "shadow_kasan.h"
#include "shadow_slab_debug.h"

#define NO_SLAB		"no slab; first: kmalloc 64"

static bool is_slab(const struct shadow_page *page)
{
	return page && shadow_page_owner(page) == SHADOW_OWNER_SLAB &&
	       !shadow_slab_waits(page);
}

/* The slab that is named, or NULL, which is said */
static struct shadow_page *named_slab(struct shadow_break *b)
{
	struct shadow_nodes *nodes = &b->mm->nodes;
	const void *virt = shadow_block_contents(&b->mm->block, b->ask->where, 1);
	struct shadow_page *page = virt ? shadow_slab_head(nodes, virt) : NULL;

	if (is_slab(page))
		return page;
	shadow_break_refuse(b, -EINVAL,
			    "PA %#llx: allowed: of an object, as kmalloc and slab_objects say it",
			    b->ask->where);
	return NULL;
}

/* The n-th of all slabs; *@nr: how many there are */
static struct shadow_page *nth_slab(struct shadow_break *b, u64 n, u64 *nr)
{
	struct shadow_page *page = NULL, *found = NULL;

	*nr = 0;
	while ((page = shadow_slab_next_frames(&b->mm->nodes, page)))
		if (is_slab(page) && (*nr)++ == n)
			found = page;
	return found;
}

static struct shadow_page *find_slab(struct shadow_break *b)
{
	struct shadow_page *page = NULL;
	u64 nr;

	if (b->ask->given) {
		page = named_slab(b);
		return page ? page : ERR_PTR(-EINVAL);
	}
	nth_slab(b, U64_MAX, &nr);
	if (nr)
		page = nth_slab(b, b->rnd % nr, &nr);
	return page ? page : ERR_PTR(shadow_break_refuse(b, -ENOENT, NO_SLAB));
}

/**
 * shadow_break_slab_head() - where a slab's free objects begin is overwritten
 * @b: the damage
 *
 * Context: nobody allocates or frees meanwhile.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_slab_head(struct shadow_break *b)
{
	struct shadow_page *page = find_slab(b);
	u32 was;

	if (IS_ERR(page))
		return PTR_ERR(page);
	was = page->slab.freelist;
	WRITE_ONCE(page->slab.freelist, was ^ (0x5a5a0000 | (b->rnd >> 48)));
	return shadow_break_did(b, "freelist of the slab at pfn %#llx: %#x -> %#x",
				shadow_break_pfn(b, page), was, page->slab.freelist);
}

/**
 * shadow_break_slab_inuse() - a slab has one object in use more than there are
 * @b: the damage
 *
 * Context: nobody allocates or frees meanwhile.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_slab_inuse(struct shadow_break *b)
{
	struct shadow_page *page = find_slab(b);
	u16 was;

	if (IS_ERR(page))
		return PTR_ERR(page);
	was = page->slab.inuse;
	WRITE_ONCE(page->slab.inuse, was + 1);
	return shadow_break_did(b, "objects in use of the slab at pfn %#llx: %u -> %u",
				shadow_break_pfn(b, page), was, page->slab.inuse);
}

/**
 * shadow_break_slab_cache() - a slab is of a cache that there is not
 * @b: the damage
 *
 * Context: nobody allocates or frees meanwhile.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_slab_cache(struct shadow_break *b)
{
	struct shadow_page *page = find_slab(b);
	u32 was;

	if (IS_ERR(page))
		return PTR_ERR(page);
	was = page->slab.cache;
	WRITE_ONCE(page->slab.cache, SHADOW_SLAB_MAX_CACHES + b->rnd % 1000);
	return shadow_break_did(b, "cache of the slab at pfn %#llx: %u -> %u",
				shadow_break_pfn(b, page), was, page->slab.cache);
}

/**
 * shadow_break_slab_lost() - frames of a slab are free, its objects are not
 * @b: the damage
 *
 * Context: nobody allocates or frees meanwhile.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_slab_lost(struct shadow_break *b)
{
	struct shadow_page *page = find_slab(b);
	unsigned int order;
	u64 pfn;
	int err;

	if (IS_ERR(page))
		return PTR_ERR(page);
	pfn = shadow_break_pfn(b, page);
	order = shadow_page_order(page);
	err = shadow_free_pages(&b->mm->nodes, page, order);
	if (err)
		return shadow_break_refuse(b, err, "pfn %#llx: free_pages refuses it",
					   pfn);
	/* Whoever gets them next may touch all of them, also for the host's KASAN */
	if (b->mm->slab.shaded)
		shadow_kasan_unpoison(shadow_page_to_virt(&b->mm->nodes, page),
				      1ULL << (b->mm->nodes.page_shift + order));
	return shadow_break_did(b, "pfn %#llx, a slab of order %u, was freed by free_pages",
				pfn, order);
}

/* Link of a free object in the slab, or NULL; with watch->look_lock */
static u64 *__free_link(struct shadow_break *b, struct shadow_page *page)
{
	struct shadow_slab *slab = &b->mm->slab;
	struct shadow_slab_look *look = &slab->watch->look;
	u32 i, n;

	if (slab->engine->look(slab, page, look) || !look->cache)
		return NULL;
	for (i = 0; i < look->nr; i++) {
		n = (b->rnd + i) % look->nr;
		if (test_bit(n, look->free))
			return (u64 *)(look->base + (u64)n * look->bytes +
				       look->cache->offset);
	}
	return NULL;
}

/* In the slab that is named, or in the next one that has a free object */
static u64 *find_link(struct shadow_break *b)
{
	u64 nr, i, *link = NULL;
	struct shadow_page *page = find_slab(b);

	if (IS_ERR(page))
		return NULL;
	if (b->ask->given)
		return __free_link(b, page);
	nth_slab(b, U64_MAX, &nr);
	for (i = 0; i < nr && !link; i++) {
		u64 all;

		page = nth_slab(b, (b->rnd + i) % nr, &all);
		link = page ? __free_link(b, page) : NULL;
	}
	return link;
}

/**
 * shadow_break_slab_link() - the link in a free object is overwritten
 * @b: the damage
 *
 * Context: nobody allocates or frees meanwhile.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_slab_link(struct shadow_break *b)
{
	struct shadow_slab *slab = &b->mm->slab;
	unsigned long flags;
	u64 *link, was = 0;

	if (strcmp(slab->engine->name, "slub"))
		return shadow_break_refuse(b, -EPERM,
					   "free objects of slab=%s have no links: allowed: with slab=slub; here: slab_head",
					   slab->engine->name);
	raw_spin_lock_irqsave(&slab->watch->look_lock, flags);
	link = find_link(b);
	if (link) {
		was = READ_ONCE(*link);
		WRITE_ONCE(*link, was ^ b->rnd);
	}
	raw_spin_unlock_irqrestore(&slab->watch->look_lock, flags);
	if (!link)
		return b->did[0] ? -EINVAL :
		       shadow_break_refuse(b, -ENOENT, "no free object there; first: kmalloc 64");
	return shadow_break_did(b, "link in the free object at pa %#llx: %#llx -> %#llx",
				(u64)shadow_virt_to_phys(&b->mm->block, link), was,
				was ^ b->rnd);
}
