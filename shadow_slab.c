// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slab - the front of all engines: the table of caches, and what their
 * users call. See shadow_slab.h.
 */
#include "shadow_random.h"
#include "shadow_ring.h"
#include "shadow_slab.h"
#include "shadow_slab_debug.h"
#include "shadow_slab_engine.h"

/**
 * shadow_slab_alignment() - what objects of a cache are aligned to
 * @flags: SHADOW_SLAB_*
 * @align: that was asked for, in bytes, or 0
 * @bytes: of an object
 *
 * Follows calculate_alignment() of mm/slab_common.c.
 *
 * Context: any.
 * Return: bytes.
 */
u32 shadow_slab_alignment(u32 flags, u32 align, u32 bytes)
{
	u32 line = L1_CACHE_BYTES;

	if (flags & SHADOW_SLAB_HWCACHE_ALIGN) {
		while (bytes <= line / 2)
			line /= 2;
		align = max(align, line);
	}
	return max_t(u32, align, sizeof(u64));
}

static u32 cache_gfp(u32 flags)
{
	u32 gfp = SHADOW_GFP_OWNER(SHADOW_OWNER_SLAB);

	if (flags & SHADOW_SLAB_CACHE_DMA)
		gfp |= SHADOW_GFP_DMA;
	if (flags & SHADOW_SLAB_RECLAIM_ACCOUNT)
		gfp |= SHADOW_GFP_RECLAIMABLE;
	return gfp;
}

static void seed_cache(struct shadow_kmem_cache *cache)
{
	struct shadow_slab *slab = cache->slab;

	cache->seed = shadow_random_at(slab->cfg.seed, slab->nr_created++);
	cache->secret = slab->cfg.plain ? 0 : shadow_random_at(cache->seed, 0);
	cache->shuffle = shadow_random_at(cache->seed, 1);
}

/* Fill a free entry of the table; the cache has no slabs and is not live. */
static int prepare(struct shadow_slab *slab, struct shadow_kmem_cache *cache,
		   const char *name, u32 bytes, u32 align, u32 flags,
		   void (*ctor)(void *))
{
	u32 id = cache - slab->caches;
	unsigned int i;

	memset(cache, 0, sizeof(*cache));
	cache->calls = &slab->engine->calls;
	cache->cpu = slab->cpus + (size_t)id * slab->nr_cpus * slab->engine->cpu_bytes;
	cache->fault = slab->nodes->fault;
	cache->nr_cpus = slab->nr_cpus;
	cache->names = 1;
	cache->slab = slab;
	cache->ring = slab->ring;
	cache->ctor = ctor;
	cache->gfp = cache_gfp(flags);
	cache->desc.id = id;
	cache->desc.object_bytes = bytes;
	cache->desc.inner_bytes = bytes;
	cache->desc.keep = ctor || (flags & SHADOW_SLAB_TYPESAFE_BY_RCU);
	cache->desc.align = shadow_slab_alignment(flags, align, bytes);
	cache->desc.flags = flags;
	strscpy(cache->desc.name, name, sizeof(cache->desc.name));
	memset(cache->cpu, 0, (size_t)slab->engine->cpu_bytes * slab->nr_cpus);
	for (i = 0; i < SHADOW_MAX_NODES; i++)
		raw_spin_lock_init(&cache->node[i].lock);
	seed_cache(cache);
	shadow_slab_debug_layout(cache);
	return slab->engine->layout(cache);
}

static struct shadow_kmem_cache *free_entry(struct shadow_slab *slab)
{
	unsigned int id;

	for (id = 0; id < SHADOW_SLAB_MAX_CACHES; id++) {
		if (!slab->caches[id].live)
			return &slab->caches[id];
	}
	return NULL;
}

/**
 * shadow_slab_settle() - a cache's descriptor moves into the block
 * @cache: the cache
 *
 * Context: as __shadow_kmem_cache_create().
 * Return: 0 or -ENOMEM.
 */
int shadow_slab_settle(struct shadow_kmem_cache *cache)
{
	struct shadow_kmem_cache_desc *home;

	home = shadow_kmem_cache_alloc_cpu(cache->slab->kmem_cache, 0, 0);
	if (!home)
		return -ENOMEM;
	*home = cache->desc;
	cache->home = home;
	return 0;
}

/**
 * __shadow_kmem_cache_create() - make a cache, arguments checked
 * @slab: the layer
 * @name: as shadow_kmem_cache_create()
 * @bytes: likewise
 * @align: likewise
 * @flags: likewise
 * @ctor: likewise
 *
 * Context: under the layer's lock, or while the layer boots.
 * Return: the cache, or ERR_PTR.
 */
struct shadow_kmem_cache *
__shadow_kmem_cache_create(struct shadow_slab *slab, const char *name,
			   u32 bytes, u32 align, u32 flags,
			   void (*ctor)(void *))
{
	struct shadow_kmem_cache *cache = free_entry(slab);
	int err;

	if (slab->state == SHADOW_SLAB_UP)
		lockdep_assert_held(&slab->lock);
	if (!cache)
		return ERR_PTR(-ENOSPC);
	err = prepare(slab, cache, name, bytes, align,
		      shadow_slab_debug_flags(slab, name, flags), ctor);
	/* What the machine wants for every cache is not worth one too few */
	if (err && !(flags & SHADOW_SLAB_DEBUG))
		err = prepare(slab, cache, name, bytes, align, flags, ctor);
	if (err)
		return ERR_PTR(err);
	err = shadow_slab_settle(cache);
	if (err)
		return ERR_PTR(err);
	err = slab->engine->open(cache);
	if (err)
		goto free_descriptor;
	cache->live = true;
	cache->open = true;
	shadow_event_named(slab->nodes->events, SHADOW_EV_CACHE_CREATE, 1,
			   cache->desc.name, cache->desc.id, bytes,
			   cache->desc.align, flags, cache->desc.bytes);
	return cache;

free_descriptor:
	shadow_kmem_cache_free_cpu(slab->kmem_cache, 0, cache->home);
	return ERR_PTR(err);
}

/**
 * shadow_slab_boot_cache() - a cache of the machine's own, before there is one
 *	for descriptors
 * @slab: the layer
 * @id: 0 or 1: the descriptor is in the layer until shadow_slab_settle()
 * @name: of the cache
 * @bytes: of an object
 *
 * Context: while the layer boots.
 * Return: 0 or what the engine says.
 */
int shadow_slab_boot_cache(struct shadow_slab *slab, unsigned int id,
			   const char *name, u32 bytes)
{
	struct shadow_kmem_cache *cache = &slab->caches[id];
	int err;

	err = prepare(slab, cache, name, bytes, 0, SHADOW_SLAB_HWCACHE_ALIGN, NULL);
	if (err)
		return err;
	slab->boot[id] = cache->desc;
	cache->home = &slab->boot[id];
	cache->own = true;
	err = slab->engine->open(cache);
	if (err)
		return err;
	cache->live = true;
	return 0;
}

static int check_flags(u32 flags)
{
	const u32 supported = SHADOW_SLAB_HWCACHE_ALIGN |
			      SHADOW_SLAB_CACHE_DMA |
			      SHADOW_SLAB_RECLAIM_ACCOUNT |
			      SHADOW_SLAB_TYPESAFE_BY_RCU |
			      SHADOW_SLAB_POISON | SHADOW_SLAB_RED_ZONE |
			      SHADOW_SLAB_STORE_USER;
	const u32 known = supported | SHADOW_SLAB_PANIC | SHADOW_SLAB_ACCOUNT;

	if (flags & ~known)
		return -EINVAL;
	return flags & ~supported ? -EOPNOTSUPP : 0;
}

static struct shadow_kmem_cache *create(struct shadow_slab *slab,
					const char *name, u32 bytes, u32 align,
					u32 flags, void (*ctor)(void *))
{
	struct shadow_kmem_cache *cache;
	unsigned long irq;
	int err = check_flags(flags);

	if (err)
		return ERR_PTR(err);
	if (!bytes || bytes > SZ_1G || !shadow_slab_name_ok(name) ||
	    (align && !is_power_of_2(align)) ||
	    align >> slab->nodes->page_shift > 1)
		return ERR_PTR(-EINVAL);
	if (shadow_fault_frozen(slab->nodes->fault))
		return ERR_PTR(-EUCLEAN);
	raw_spin_lock_irqsave(&slab->lock, irq);
	if (shadow_slab_find(slab, name)) {
		cache = ERR_PTR(-EEXIST);
	} else {
		cache = __shadow_slab_merge(slab, name, bytes, align, flags, ctor);
		if (!cache)
			cache = __shadow_kmem_cache_create(slab, name, bytes, align,
							   flags, ctor);
	}
	raw_spin_unlock_irqrestore(&slab->lock, irq);
	return cache;
}

/**
 * shadow_kmem_cache_create() - make a cache of equal objects
 * @slab: the layer
 * @name: printable, without spaces, below SHADOW_SLAB_NAME bytes
 * @bytes: of an object
 * @align: of an object, in bytes: a power of two up to a frame, or 0 for 8
 * @flags: SHADOW_SLAB_*
 * @ctor: called for each object when its slab is made, with interrupts off and
 *	locks held: it must not use the same cache; or NULL
 *
 * Follows __kmem_cache_create_args() of mm/slab_common.c.
 *
 * Context: any; does not sleep.
 * Return: the cache, or ERR_PTR: -EINVAL for a bad argument or unknown flag,
 * -EOPNOTSUPP for a flag that is known but not offered, -EEXIST for a name that
 * a cache has, -ENOSPC when the machine has SHADOW_SLAB_MAX_CACHES, -ENOMEM,
 * -EUCLEAN for a frozen machine.
 */
struct shadow_kmem_cache *
shadow_kmem_cache_create(struct shadow_slab *slab, const char *name, u32 bytes,
			 u32 align, u32 flags, void (*ctor)(void *))
{
	struct shadow_kmem_cache *cache;
	struct shadow_op op;
	int err;

	shadow_op_begin(&op, slab->nodes->events);
	cache = create(slab, name, bytes, align, flags, ctor);
	err = PTR_ERR_OR_ZERO(cache);
	shadow_op_end_more(&op, SHADOW_OP_CACHE_CREATE, err, name, strlen(name),
			   bytes, align, flags, ctor ? 1 : 0,
			   err ? U64_MAX : cache - slab->caches);
	return cache;
}

/* What debugging has of it comes back first; who still has objects is told. */
static int close_cache(struct shadow_kmem_cache *cache)
{
	int err;

	if (shadow_fault_frozen(cache->fault))
		return -EUCLEAN;
	err = shadow_slab_debug_close(cache);
	return err ? err : cache->slab->engine->close(cache);
}

/* A cache that has other names loses the one; any other ends. */
static int __destroy(struct shadow_kmem_cache *cache, const char *name)
{
	struct shadow_slab *slab = cache->slab;
	int err;

	lockdep_assert_held(&slab->lock);
	if (!cache->live)
		return -EINVAL;
	if (cache->own)
		return -EPERM;
	if (__shadow_slab_unmerge(cache, name))
		return 0;
	err = close_cache(cache);
	if (err)
		return err;
	shadow_slab_count_keep(cache);
	cache->live = false;
	cache->open = false;
	shadow_event_named(slab->nodes->events, SHADOW_EV_CACHE_DESTROY, 1,
			   cache->desc.name, cache->desc.id);
	return shadow_kmem_cache_free_cpu(slab->kmem_cache, 0, cache->home);
}

static int destroy(struct shadow_kmem_cache *cache)
{
	struct shadow_slab *slab = cache->slab;
	unsigned long irq;
	int err;

	raw_spin_lock_irqsave(&slab->lock, irq);
	err = __destroy(cache, NULL);
	raw_spin_unlock_irqrestore(&slab->lock, irq);
	return err;
}

/**
 * shadow_kmem_cache_destroy() - end a cache
 * @cache: the cache
 *
 * Nobody may use the cache meanwhile. Where it is several caches that have been
 * merged, the name that was given last goes and the cache stays. Follows
 * kmem_cache_destroy().
 *
 * Context: any; does not sleep.
 * Return: 0; -EBUSY while objects are in use, -EPERM for a cache that the
 * machine itself needs, -EINVAL for one that does not exist any more, -EUCLEAN
 * for a frozen machine; the cache stays usable after each of them.
 */
int shadow_kmem_cache_destroy(struct shadow_kmem_cache *cache)
{
	struct shadow_slab *slab = cache->slab;
	struct shadow_op op;
	int err;

	shadow_op_begin(&op, slab->nodes->events);
	err = destroy(cache);
	shadow_op_end(&op, SHADOW_OP_CACHE_DESTROY, err, cache - slab->caches);
	return err;
}

static int destroy_name(struct shadow_slab *slab, const char *name)
{
	struct shadow_kmem_cache *cache;
	unsigned long irq;
	int err;

	raw_spin_lock_irqsave(&slab->lock, irq);
	cache = shadow_slab_find(slab, name);
	err = cache ? __destroy(cache, name) : -ENOENT;
	raw_spin_unlock_irqrestore(&slab->lock, irq);
	return err;
}

/**
 * shadow_kmem_cache_destroy_name() - end what has a name: a cache, or one of
 *	those that have been merged into one
 * @slab: the layer
 * @name: the name
 *
 * A cache that loses its own name goes on under the one that it was given last.
 *
 * Context: as shadow_kmem_cache_destroy().
 * Return: as shadow_kmem_cache_destroy(); -ENOENT where nothing has the name.
 */
int shadow_kmem_cache_destroy_name(struct shadow_slab *slab, const char *name)
{
	struct shadow_op op;
	int err;

	shadow_op_begin(&op, slab->nodes->events);
	err = destroy_name(slab, name);
	shadow_op_end_more(&op, SHADOW_OP_CACHE_DESTROY_NAME, err, name,
			   strlen(name));
	return err;
}

static int shrink(struct shadow_kmem_cache *cache)
{
	if (!cache->live)
		return -EINVAL;
	if (shadow_slab_debugged(cache)) {
		shadow_slab_drain(cache->slab, cache, 0);
		shadow_kmem_cache_check(cache);
	}
	return cache->slab->engine->shrink(cache);
}

/**
 * shadow_kmem_cache_shrink() - give back the slabs that hold no object
 * @cache: the cache
 *
 * Also takes every CPU's slab from it, and sorts the others by how full they
 * are. With debugging all of its objects are checked before. Follows
 * kmem_cache_shrink().
 *
 * Context: any; does not sleep.
 * Return: 1 if slabs remain, 0 if none does, -EINVAL for a cache that does not
 * exist any more, -EUCLEAN for a frozen machine.
 */
int shadow_kmem_cache_shrink(struct shadow_kmem_cache *cache)
{
	struct shadow_slab *slab = cache->slab;
	struct shadow_op op;
	int err;

	shadow_op_begin(&op, slab->nodes->events);
	err = shrink(cache);
	shadow_op_end(&op, SHADOW_OP_CACHE_SHRINK, err, cache - slab->caches);
	return err;
}

static int reap(struct shadow_slab *slab, unsigned int cpu)
{
	unsigned long irq;

	if (!slab->engine->reap)
		return -EOPNOTSUPP;
	if (cpu >= slab->nr_cpus)
		return -EINVAL;
	raw_spin_lock_irqsave(&slab->lock, irq);
	if (!shadow_fault_frozen(slab->nodes->fault))
		slab->engine->reap(slab, cpu);
	raw_spin_unlock_irqrestore(&slab->lock, irq);
	return shadow_fault_frozen(slab->nodes->fault) ? -EUCLEAN : 0;
}

/**
 * shadow_slab_reap() - what a CPU does every now and then about what is free
 * @slab: the layer
 * @cpu: whose turn it is
 *
 * Whoever hosts the machine decides when; the kernel does every two seconds.
 * Follows cache_reap() of mm/slab.c.
 *
 * Context: any; does not sleep.
 * Return: 0; -EOPNOTSUPP for an engine that does nothing of the kind, -EINVAL if
 * there is no such CPU, -EUCLEAN for a frozen machine.
 */
int shadow_slab_reap(struct shadow_slab *slab, unsigned int cpu)
{
	struct shadow_op op;
	int err;

	shadow_op_begin(&op, slab->nodes->events);
	err = reap(slab, cpu);
	shadow_op_end(&op, SHADOW_OP_CACHE_REAP, err, cpu);
	return err;
}

/**
 * shadow_kmem_cache_alloc() - an object
 * @cache: the cache
 * @gfp: of SHADOW_SLAB_GFP_MASK; SHADOW_GFP_ZERO only without a constructor
 *
 * Follows kmem_cache_alloc().
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: the object, or NULL: no memory, a flag that means nothing here, or a
 * frozen machine.
 */
void *shadow_kmem_cache_alloc(struct shadow_kmem_cache *cache, u32 gfp)
{
	unsigned int cpu = shadow_slab_this_cpu(cache->nr_cpus);

	if (shadow_watched())
		return shadow_slab_alloc_recorded(cache, cpu, gfp);
	return cache->calls->alloc(cache, cpu, gfp);
}

/**
 * shadow_kmem_cache_alloc_cpu() - an object, as another CPU would get it
 * @cache: the cache
 * @cpu: whose slab is used
 * @gfp: as above
 *
 * Context: any, on any CPU; does not sleep.
 * Return: the object, or NULL as above, or if there is no such CPU.
 */
void *shadow_kmem_cache_alloc_cpu(struct shadow_kmem_cache *cache,
				  unsigned int cpu, u32 gfp)
{
	if (unlikely(cpu >= cache->nr_cpus))
		return NULL;
	if (shadow_watched())
		return shadow_slab_alloc_recorded(cache, cpu, gfp);
	return cache->calls->alloc(cache, cpu, gfp);
}

/**
 * shadow_kmem_cache_alloc_node() - an object of a node, if that has memory
 * @cache: the cache
 * @gfp: as above; with SHADOW_GFP_THISNODE of no other node
 * @nid: the node
 *
 * Follows kmem_cache_alloc_node().
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: the object, or NULL as above, or if there is no such node.
 */
void *shadow_kmem_cache_alloc_node(struct shadow_kmem_cache *cache, u32 gfp,
				   unsigned int nid)
{
	if (unlikely(nid >= cache->slab->nodes->nr_nodes))
		return NULL;
	gfp &= ~(0xfU << SHADOW_GFP_NODE_SHIFT);
	return shadow_kmem_cache_alloc(cache, gfp | SHADOW_GFP_NODE(nid));
}

/**
 * shadow_kmem_cache_alloc_bulk() - many objects at once
 * @cache: the cache
 * @gfp: as above
 * @nr: how many
 * @objects: filled with them
 *
 * Follows kmem_cache_alloc_bulk().
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: @nr, or 0: then there was no memory for all, and none was taken.
 */
u32 shadow_kmem_cache_alloc_bulk(struct shadow_kmem_cache *cache, u32 gfp,
				 u32 nr, void **objects)
{
	unsigned int cpu = shadow_slab_this_cpu(cache->nr_cpus);

	if (shadow_watched())
		return shadow_slab_alloc_bulk_watched(cache, cpu, gfp, nr, objects);
	return cache->calls->alloc_bulk(cache, cpu, gfp, nr, objects);
}

/**
 * shadow_kmem_cache_free_bulk() - give many objects back at once
 * @cache: the cache that all of them are from
 * @nr: how many
 * @objects: they
 *
 * Follows kmem_cache_free_bulk(), which returns nothing.
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: how many were given back: less than @nr where the next one was refused.
 */
u32 shadow_kmem_cache_free_bulk(struct shadow_kmem_cache *cache, u32 nr,
				void **objects)
{
	unsigned int cpu = shadow_slab_this_cpu(cache->nr_cpus);

	if (shadow_watched())
		return shadow_slab_free_bulk_watched(cache, cpu, nr, objects);
	return cache->calls->free_bulk(cache, cpu, nr, objects);
}

/**
 * shadow_kmem_cache_free() - give an object back
 * @cache: the cache that it is from
 * @object: the object
 *
 * Refused are a pointer that no object of the cache begins at, and an object
 * that is free as far as the hardened freelist tells: the one freed last of its
 * slab, or any of a slab that has none in use. Follows kmem_cache_free().
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: 0; -EINVAL if refused, and nothing has changed; -EUCLEAN if the
 * machine is frozen.
 */
int shadow_kmem_cache_free(struct shadow_kmem_cache *cache, void *object)
{
	unsigned int cpu = shadow_slab_this_cpu(cache->nr_cpus);

	if (shadow_watched())
		return shadow_slab_free_recorded(cache, cpu, object);
	return cache->calls->free(cache, cpu, object);
}

/**
 * shadow_kmem_cache_free_cpu() - give an object back, as another CPU would
 * @cache: the cache that it is from
 * @cpu: who gives it back
 * @object: the object
 *
 * Context: any, on any CPU; does not sleep.
 * Return: as above; also -EINVAL if there is no such CPU.
 */
int shadow_kmem_cache_free_cpu(struct shadow_kmem_cache *cache,
			       unsigned int cpu, void *object)
{
	if (unlikely(cpu >= cache->nr_cpus))
		return -EINVAL;
	if (shadow_watched())
		return shadow_slab_free_recorded(cache, cpu, object);
	return cache->calls->free(cache, cpu, object);
}
