// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_break_object - what a user of objects does wrong: writes beyond one,
 * or to one that it has given back, or gives one back twice. See
 * shadow_break.h.
 */
#include "shadow_break_room.h"
#include "shadow_slab_debug.h"

#define BYTES	64	/* of the object that is made where none is named */

/**
 * struct hit - the object that is written to
 * @b: the damage
 * @flag: its cache has that debugging
 * @free: it is to be free, not in use
 * @left: objects to pass by
 * @nr: objects that would do, met so far
 * @done: it was written to
 */
struct hit {
	struct shadow_break *b;
	u32 flag;
	bool free;
	u64 left;
	u64 nr;
	bool done;
};

static u64 object_pa(const struct hit *hit, const struct shadow_kmem_cache *cache,
		     const char *inner)
{
	return shadow_virt_to_phys(&hit->b->mm->block,
				   inner + cache->desc.user_offset);
}

static bool is_hit(const struct hit *hit, const struct shadow_kmem_cache *cache,
		   const char *inner)
{
	const struct shadow_break_ask *ask = hit->b->ask;
	u32 want = hit->free ? SHADOW_MARK_FREE : SHADOW_MARK_LIVE;

	if (!(cache->desc.flags & hit->flag) || (hit->free && !cache->debug.poison))
		return false;
	if (shadow_slab_mark_get(cache, inner) != want)
		return false;
	return !ask->given || ask->where == object_pa(hit, cache, inner);
}

/* Called with debug.lock held, the object may be written to */
static bool visit(struct shadow_kmem_cache *cache, char *inner, bool free, void *arg)
{
	struct hit *hit = arg;
	struct shadow_break *b = hit->b;
	u32 at = hit->free ? b->rnd % cache->desc.object_bytes :
			     cache->desc.object_bytes;
	char *byte = inner + cache->desc.user_offset + at;
	u8 was;

	if (!is_hit(hit, cache, inner))
		return true;
	hit->nr++;
	if (hit->left--)
		return true;
	was = *byte;
	*byte = was ^ 0x5a;
	b->cache = cache;
	hit->done = true;
	shadow_break_did(b, "byte %u of the %s object at pa %#llx of %s, of %u: %#x -> %#x",
			 at, hit->free ? "free" : "used",
			 object_pa(hit, cache, inner), cache->desc.name,
			 cache->desc.object_bytes, was, (u8)*byte);
	return false;
}

/* Which one of those that would do is chosen by the seed */
static int hit_one(struct hit *hit)
{
	struct shadow_slab *slab = &hit->b->mm->slab;

	hit->left = U64_MAX;
	shadow_slab_walk(slab, NULL, visit, hit);
	if (!hit->nr)
		return -ENOENT;
	hit->left = hit->b->rnd % hit->nr;
	shadow_slab_walk(slab, NULL, visit, hit);
	return hit->done ? 0 : -ENOENT;
}

/**
 * shadow_break_red_zone() - somebody writes behind the end of its object
 * @b: the damage
 *
 * Context: any; takes the locks of debugging.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_red_zone(struct shadow_break *b)
{
	struct hit hit = { .b = b, .flag = SHADOW_SLAB_RED_ZONE };

	if (!hit_one(&hit))
		return 0;
	if (b->ask->given)
		return shadow_break_refuse(b, -EINVAL,
			"PA %#llx: allowed: of an object in use with RED_ZONE",
					   b->ask->where);
	return shadow_break_refuse(b, -ENOENT,
				   "no object in use has one; first: cache_create red 60 flags=RED_ZONE,POISON and cache_alloc red");
}

/**
 * shadow_break_use_after_free() - somebody writes to an object that is free
 * @b: the damage
 *
 * Context: any; takes the locks of debugging.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_use_after_free(struct shadow_break *b)
{
	struct hit hit = { .b = b, .flag = SHADOW_SLAB_POISON, .free = true };

	if (!hit_one(&hit))
		return 0;
	if (b->ask->given)
		return shadow_break_refuse(b, -EINVAL,
			"PA %#llx: allowed: of a free object with POISON",
					   b->ask->where);
	return shadow_break_refuse(b, -ENOENT,
				   "no object is poisoned; first: cache_create red 60 flags=RED_ZONE,POISON and cache_alloc red");
}

/* The object that is named, or a new one */
static char *object_of(struct shadow_break *b)
{
	struct shadow_slab *slab = &b->mm->slab;
	char *object;

	if (!b->ask->given) {
		object = shadow_kmalloc(slab, BYTES, SHADOW_GFP_KERNEL);
		if (!object)
			shadow_break_refuse(b, -ENOMEM, "out of memory");
		return object;
	}
	object = shadow_block_contents(&b->mm->block, b->ask->where, 1);
	if (object && shadow_ksize(slab, object))
		return object;
	shadow_break_refuse(b, -EINVAL, "PA %#llx: allowed: of an object, as kmalloc says it",
			    b->ask->where);
	return NULL;
}

static int no_object(const struct shadow_break *b)
{
	return b->ask->given ? -EINVAL : -ENOMEM;
}

/**
 * shadow_break_double_free() - an object is given back twice
 * @b: the damage
 *
 * Context: any.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_double_free(struct shadow_break *b)
{
	struct shadow_slab *slab = &b->mm->slab;
	char *object = object_of(b);
	u64 pa;
	int err;

	if (!object)
		return no_object(b);
	pa = shadow_virt_to_phys(&b->mm->block, object);
	err = shadow_kfree(slab, object);
	if (err)
		return shadow_break_refuse(b, err,
			"PA %#llx: kfree refuses it already: allowed: of an object in use",
					   pa);
	b->nr_reports = shadow_slab_nr_reports(slab);
	b->refusal = shadow_kfree(slab, object);
	return shadow_break_did(b, "the object at pa %#llx was freed twice", pa);
}

/**
 * shadow_break_bad_free() - an address inside an object is given back
 * @b: the damage
 *
 * Context: any.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_bad_free(struct shadow_break *b)
{
	struct shadow_slab *slab = &b->mm->slab;
	char *object = object_of(b);

	if (!object)
		return no_object(b);
	b->nr_reports = shadow_slab_nr_reports(slab);
	b->refusal = shadow_kfree(slab, object + 1);
	shadow_break_did(b, "pa %#llx, 1 byte into an object, was freed",
			 (u64)shadow_virt_to_phys(&b->mm->block, object) + 1);
	if (!b->ask->given)
		shadow_kfree(slab, object);
	return 0;
}
