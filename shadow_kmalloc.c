// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_kmalloc - memory of any size: classes of caches, and the page
 * allocator above two frames. Follows mm/slab_common.c and mm/slub.c.
 */
#include "shadow_latency.h"
#include "shadow_ring.h"
#include "shadow_slab.h"
#include "shadow_slab_engine.h"

#define KMALLOC_TABLE_MAX	192	/* class_of[] knows sizes up to this */
#define KMALLOC_MIN		8

/* What the largest class serves: KMALLOC_MAX_CACHE_SIZE; SLOB's is one frame */
static u64 kmalloc_max(const struct shadow_slab *slab)
{
	return (slab->engine->kmalloc ? 1ULL : 2ULL) << slab->nodes->page_shift;
}

static __always_inline unsigned int class_index(const struct shadow_slab *slab,
						u64 bytes)
{
	if (bytes <= KMALLOC_TABLE_MAX)
		return slab->class_of[(bytes - 1) / KMALLOC_MIN];
	return __fls(bytes - 1);
}

/* DMA before RECLAIMABLE: kmalloc_type() */
static enum shadow_kmalloc_type kmalloc_type(u32 gfp)
{
	if (gfp & SHADOW_GFP_DMA)
		return SHADOW_KMALLOC_DMA;
	return gfp & SHADOW_GFP_RECLAIMABLE ? SHADOW_KMALLOC_RECLAIM :
					      SHADOW_KMALLOC_NORMAL;
}

/* More than two frames: kmalloc_large() */
static void *kmalloc_large(struct shadow_slab *slab, unsigned int cpu,
			   u64 bytes, u32 gfp)
{
	struct shadow_nodes *nodes = slab->nodes;
	unsigned int order = fls64((bytes - 1) >> nodes->page_shift);
	struct shadow_page *page;
	void *object;

	shadow_latency_path(nodes->events, SHADOW_LATENCY_LARGE);
	if (order <= nodes->max_order)
		shadow_kmalloc_count_given(slab, cpu, SHADOW_KMALLOC_CLASSES, bytes,
					   1ULL << (nodes->page_shift + order));
	page = shadow_alloc_pages_cpu(nodes, cpu,
				      gfp | SHADOW_GFP_CONTENTS |
				      SHADOW_GFP_OWNER(SHADOW_OWNER_KMALLOC),
				      order);
	if (!page)
		return NULL;
	object = shadow_slab_contents(nodes, page, order);
	if (unlikely(!object)) {
		shadow_fault_raise(nodes->fault,
				   "slab: new frames at pfn %llu: no block of order %u",
				   (unsigned long long)shadow_page_to_pfn(nodes, page),
				   order);
		return NULL;
	}
	atomic64_add(1ULL << order, &slab->nr_frames);
	shadow_event_tally(nodes->events, SHADOW_EV_KMALLOC, 1);
	return object;
}

/* All but a class of the type normal: __do_kmalloc_node() */
static noinline void *kmalloc_slow(struct shadow_slab *slab, unsigned int cpu,
				   u64 bytes, u32 gfp)
{
	struct shadow_kmem_cache *cache;
	unsigned int class;

	if (!bytes)
		return SHADOW_ZERO_SIZE_PTR;
	if (gfp & ~SHADOW_KMALLOC_GFP_MASK)
		return NULL;
	if (bytes <= slab->kmalloc_max) {
		class = class_index(slab, bytes);
		cache = slab->kmalloc[kmalloc_type(gfp)][class];
		shadow_kmalloc_count(slab, cpu, class, bytes);
		gfp &= ~SHADOW_KMALLOC_GFP_TYPES;
		return cache->calls->alloc(cache, cpu, gfp);
	}
	if (!slab->kmalloc_max && bytes <= kmalloc_max(slab)) {
		shadow_kmalloc_count_given(slab, cpu, class_index(slab, bytes),
					   bytes, slab->engine->given(slab, bytes));
		return slab->engine->kmalloc(slab, cpu, bytes, gfp);
	}
	return kmalloc_large(slab, cpu, bytes, gfp);
}

static __always_inline void *__kmalloc(struct shadow_slab *slab,
				       unsigned int cpu, u64 bytes, u32 gfp)
{
	struct shadow_kmem_cache *cache;
	unsigned int class;

	/* Of 0 bytes, 1 less is more than any class has */
	if (unlikely(bytes - 1 >= slab->kmalloc_max ||
		     (gfp & SHADOW_KMALLOC_GFP_TYPES)))
		return kmalloc_slow(slab, cpu, bytes, gfp);
	class = class_index(slab, bytes);
	cache = slab->kmalloc[SHADOW_KMALLOC_NORMAL][class];
	shadow_kmalloc_count(slab, cpu, class, bytes);
	return cache->calls->alloc(cache, cpu, gfp);
}

/**
 * shadow_kmalloc_quietly() - shadow_kmalloc() of which nobody is told
 * @slab: the layer
 * @cpu: who asks
 * @bytes: how many
 * @gfp: SHADOW_GFP_ flags
 *
 * For shadow_slab_tell.c, which tells.
 *
 * Context: as shadow_kmalloc().
 * Return: as shadow_kmalloc().
 */
void *shadow_kmalloc_quietly(struct shadow_slab *slab, unsigned int cpu,
			     u64 bytes, u32 gfp)
{
	return __kmalloc(slab, cpu, bytes, gfp);
}

/**
 * shadow_kmalloc_given() - bytes that a request is given
 * @slab: the layer
 * @bytes: it asks for so many, more than 0
 * @gfp: SHADOW_GFP_ flags
 *
 * Context: any.
 * Return: bytes of the class, or of the frames where there is none.
 */
u64 shadow_kmalloc_given(const struct shadow_slab *slab, u64 bytes, u32 gfp)
{
	if (bytes > kmalloc_max(slab))
		return 1ULL << (slab->nodes->page_shift +
				fls64((bytes - 1) >> slab->nodes->page_shift));
	if (slab->engine->kmalloc)
		return slab->engine->given(slab, bytes);
	return slab->kmalloc[kmalloc_type(gfp)][class_index(slab, bytes)]->bytes;
}

static __always_inline void *kmalloc(struct shadow_slab *slab, unsigned int cpu,
				     u64 bytes, u32 gfp)
{
	if (shadow_watched())
		return shadow_kmalloc_recorded(slab, cpu, bytes, gfp);
	return __kmalloc(slab, cpu, bytes, gfp);
}

/**
 * shadow_kmalloc() - memory of any size
 * @slab: the layer
 * @bytes: how much; 0 gives SHADOW_ZERO_SIZE_PTR
 * @gfp: of SHADOW_KMALLOC_GFP_MASK; DMA has memory of ZONE_DMA, RECLAIMABLE
 *	memory that lies with what can be reclaimed
 *
 * Aligned to 8 bytes, and to the size where that is a power of two. What no
 * class is large enough for comes straight from the page allocator: more than
 * two frames, with the engine "slob" more than one. Follows kmalloc().
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: the memory, or NULL as shadow_kmem_cache_alloc().
 */
void *shadow_kmalloc(struct shadow_slab *slab, u64 bytes, u32 gfp)
{
	return kmalloc(slab, shadow_slab_this_cpu(slab->nr_cpus), bytes, gfp);
}

/**
 * shadow_kmalloc_cpu() - memory of any size, as another CPU would get it
 * @slab: the layer
 * @cpu: whose slab is used
 * @bytes: how much
 * @gfp: as above
 *
 * Context: any, on any CPU; does not sleep.
 * Return: the memory, or NULL as above, or if there is no such CPU.
 */
void *shadow_kmalloc_cpu(struct shadow_slab *slab, unsigned int cpu, u64 bytes,
			 u32 gfp)
{
	if (unlikely(cpu >= slab->nr_cpus))
		return NULL;
	return kmalloc(slab, cpu, bytes, gfp);
}

/**
 * shadow_kmalloc_node() - memory of a node, if that has some
 * @slab: the layer
 * @bytes: how much
 * @gfp: as above; with SHADOW_GFP_THISNODE of no other node
 * @nid: the node
 *
 * Follows kmalloc_node().
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: the memory, or NULL as above, or if there is no such node.
 */
void *shadow_kmalloc_node(struct shadow_slab *slab, u64 bytes, u32 gfp,
			  unsigned int nid)
{
	if (unlikely(nid >= slab->nodes->nr_nodes))
		return NULL;
	gfp &= ~(0xfU << SHADOW_GFP_NODE_SHIFT);
	return shadow_kmalloc(slab, bytes, gfp | SHADOW_GFP_NODE(nid));
}

/* The cache that a slab's page names, if users may have objects of it. */
static struct shadow_kmem_cache *user_cache(struct shadow_slab *slab,
					    const struct shadow_page *page)
{
	u32 id = READ_ONCE(page->slab.cache);
	struct shadow_kmem_cache *cache;

	if (unlikely(id >= SHADOW_SLAB_MAX_CACHES))
		return NULL;
	cache = &slab->caches[id];
	return likely(cache->open) ? cache : NULL;
}

/* Nothing that can be freed begins there. */
static noinline int kfree_refused(struct shadow_slab *slab, const void *object)
{
	return slab->cfg.debug ? shadow_slab_refuse(slab, NULL, object) : -EINVAL;
}

static int kfree_large(struct shadow_slab *slab, unsigned int cpu,
		       struct shadow_page *page, const void *object)
{
	struct shadow_nodes *nodes = slab->nodes;
	unsigned int order = shadow_page_order(page);
	int err;

	if (shadow_page_owner(page) != SHADOW_OWNER_KMALLOC ||
	    shadow_page_to_virt(nodes, page) != object)
		return kfree_refused(slab, object);
	shadow_latency_path(nodes->events, SHADOW_LATENCY_LARGE);
	err = shadow_free_pages_cpu(nodes, cpu, page, order);
	if (!err) {
		atomic64_sub(1ULL << order, &slab->nr_frames);
		shadow_event_tally(nodes->events, SHADOW_EV_KFREE, 1);
	}
	return err;
}

/* A slab that is of several caches: the engine knows. */
static noinline int kfree_shared(struct shadow_slab *slab, unsigned int cpu,
				 struct shadow_page *page, const void *object)
{
	const struct shadow_slab_engine *engine = slab->engine;

	if (READ_ONCE(page->slab.cache) != SHADOW_SLAB_SHARED || !engine->kfree)
		return -EINVAL;
	return engine->kfree(slab, cpu, page, object);
}

/*
 * The first frame of the slab that an object lies in; NULL where that takes
 * more than arithmetic, or is none. shadow_slab_head() for nearly all frees.
 */
static __always_inline struct shadow_page *
plain_slab(const struct shadow_nodes *nodes, const void *object)
{
	const u32 mask = SHADOW_PF_STATE_MASK | SHADOW_PF_OWNER_MASK;
	const struct shadow_memmap *memmap = &nodes->memmap;
	const struct shadow_memmap_bank *bank = &memmap->bank[0];
	struct shadow_page *page;
	u32 index, flags;
	u32 order = 0;
	u64 offset;

	if (unlikely(shadow_block_virtual(nodes->block) || READ_ONCE(memmap->many)))
		return NULL;
	offset = (shadow_virt_to_phys(nodes->block, object) >> nodes->page_shift) -
		 bank->start_pfn;
	if (unlikely(offset >= bank->nr))
		return NULL;
	index = bank->first + offset;
	page = &memmap->pages[index];
	while (!((flags = READ_ONCE(page->flags)) & SHADOW_PF_STATE_MASK)) {
		if (unlikely(++order > nodes->max_order))
			return NULL;
		page = &memmap->pages[round_down(index, 1U << order)];
	}
	if (unlikely((flags & mask) !=
		     SHADOW_PF(SHADOW_PAGE_ALLOCATED, 0, SHADOW_OWNER_SLAB, 0)) ||
	    unlikely(shadow_page_order(page) < order))
		return NULL;
	return page;
}

/* What plain_slab() does not know: banks, large objects, nonsense */
static noinline int kfree_slow(struct shadow_slab *slab, unsigned int cpu,
			       const void *object)
{
	struct shadow_kmem_cache *cache;
	struct shadow_page *page;

	if (!object || object == SHADOW_ZERO_SIZE_PTR)
		return 0;
	page = shadow_slab_head(slab->nodes, object);
	if (!page)
		return kfree_refused(slab, object);
	if (shadow_page_owner(page) != SHADOW_OWNER_SLAB)
		return kfree_large(slab, cpu, page, object);
	cache = user_cache(slab, page);
	if (!cache)
		return kfree_shared(slab, cpu, page, object);
	return cache->calls->free(cache, cpu, (void *)object);
}

static __always_inline int __kfree(struct shadow_slab *slab, unsigned int cpu,
				   const void *object)
{
	struct shadow_page *page = plain_slab(slab->nodes, object);
	struct shadow_kmem_cache *cache;

	if (unlikely(!page))
		return kfree_slow(slab, cpu, object);
	cache = user_cache(slab, page);
	if (unlikely(!cache))
		return kfree_shared(slab, cpu, page, object);
	return cache->calls->free(cache, cpu, (void *)object);
}

/**
 * shadow_kfree_quietly() - shadow_kfree() of which nobody is told
 * @slab: the layer
 * @cpu: who gives
 * @object: as for shadow_kfree()
 *
 * Context: as shadow_kfree().
 * Return: as shadow_kfree().
 */
int shadow_kfree_quietly(struct shadow_slab *slab, unsigned int cpu,
			 const void *object)
{
	return __kfree(slab, cpu, object);
}

/**
 * shadow_kfree_class() - shadow_kfree() of what is of kmalloc's classes
 * @slab: the layer
 * @cpu: who gives
 * @object: as for shadow_kfree()
 *
 * For shadow_slab_record.c, which tells.
 *
 * Context: as shadow_kfree().
 * Return: as shadow_kfree(); -EAGAIN: it is not, shadow_kfree_quietly() is to be
 * asked.
 */
int shadow_kfree_class(struct shadow_slab *slab, unsigned int cpu,
		       const void *object)
{
	struct shadow_page *page = plain_slab(slab->nodes, object);
	struct shadow_kmem_cache *cache;

	if (unlikely(!page))
		return -EAGAIN;
	cache = user_cache(slab, page);
	if (unlikely(!cache || !cache->kmalloc))
		return -EAGAIN;
	return cache->calls->free(cache, cpu, (void *)object);
}

static __always_inline int kfree(struct shadow_slab *slab, unsigned int cpu,
				 const void *object)
{
	if (shadow_watched())
		return shadow_kfree_recorded(slab, cpu, object);
	return __kfree(slab, cpu, object);
}

/**
 * shadow_kfree() - give memory back, whatever its size
 * @slab: the layer
 * @object: from shadow_kmalloc() or any cache; NULL and SHADOW_ZERO_SIZE_PTR
 *	are fine
 *
 * Follows kfree().
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: 0, -EINVAL or -EUCLEAN, see shadow_kmem_cache_free().
 */
int shadow_kfree(struct shadow_slab *slab, const void *object)
{
	return kfree(slab, shadow_slab_this_cpu(slab->nr_cpus), object);
}

/**
 * shadow_kfree_cpu() - give memory back, as another CPU would
 * @slab: the layer
 * @cpu: who gives it back
 * @object: as above
 *
 * Context: any, on any CPU; does not sleep.
 * Return: as above; also -EINVAL if there is no such CPU.
 */
int shadow_kfree_cpu(struct shadow_slab *slab, unsigned int cpu,
		     const void *object)
{
	if (unlikely(cpu >= slab->nr_cpus))
		return -EINVAL;
	return kfree(slab, cpu, object);
}

/* As much as nobody but the object's user writes to: slab_ksize() */
static size_t cache_ksize(const struct shadow_kmem_cache *cache)
{
	if (cache->desc.flags & SHADOW_SLAB_DEBUG)
		return cache->desc.object_bytes;
	if (cache->desc.keep)
		return ALIGN(cache->desc.object_bytes, sizeof(u64));
	return cache->bytes;
}

static size_t slab_ksize(struct shadow_slab *slab, struct shadow_page *page,
			 const char *object)
{
	const struct shadow_slab_engine *engine = slab->engine;
	struct shadow_kmem_cache *cache;
	void *inner;

	cache = engine->resolve(slab, page, object, &inner);
	if (!cache)
		return READ_ONCE(page->slab.cache) == SHADOW_SLAB_SHARED && engine->ksize ?
			engine->ksize(slab, page, object) : 0;
	if (user_cache(slab, page) != cache &&
	    READ_ONCE(page->slab.cache) != SHADOW_SLAB_SHARED)
		return 0;
	if (object != (char *)inner + cache->desc.user_offset)
		return 0;
	return cache_ksize(cache);
}

/**
 * shadow_ksize() - how much memory an object really has
 * @slab: the layer
 * @object: as for shadow_kfree()
 *
 * Follows ksize().
 *
 * Context: any.
 * Return: bytes that may be used; 0 where nothing begins at @object.
 */
size_t shadow_ksize(struct shadow_slab *slab, const void *object)
{
	struct shadow_nodes *nodes = slab->nodes;
	struct shadow_page *page;

	if (!object || object == SHADOW_ZERO_SIZE_PTR)
		return 0;
	page = shadow_slab_head(nodes, object);
	if (!page)
		return 0;
	if (shadow_page_owner(page) == SHADOW_OWNER_SLAB)
		return slab_ksize(slab, page, object);
	/* So much will be copied: an order that was overwritten is none */
	if (shadow_page_owner(page) != SHADOW_OWNER_KMALLOC ||
	    shadow_slab_contents(nodes, page, shadow_page_order(page)) != object)
		return 0;
	return (size_t)1 << (nodes->page_shift + shadow_page_order(page));
}

static void *resize(struct shadow_slab *slab, const void *object, u64 bytes,
		    u32 gfp)
{
	size_t had = shadow_ksize(slab, object);
	void *grown;

	if (!object || object == SHADOW_ZERO_SIZE_PTR)
		return shadow_kmalloc(slab, bytes, gfp);
	if (!had || (gfp & ~SHADOW_KMALLOC_GFP_MASK) ||
	    shadow_fault_frozen(slab->nodes->fault))
		return NULL;
	if (!bytes)
		return shadow_kfree(slab, object) ? NULL : SHADOW_ZERO_SIZE_PTR;
	if (bytes <= had) {
		if (gfp & SHADOW_GFP_ZERO)
			memset((char *)object + bytes, 0, had - bytes);
		return (void *)object;
	}
	grown = shadow_kmalloc(slab, bytes, gfp);
	if (!grown)
		return NULL;
	memcpy(grown, object, had);
	if (!shadow_kfree(slab, object))
		return grown;
	shadow_kfree(slab, grown);
	return NULL;
}

/**
 * shadow_krealloc() - more or less memory, with what was in it
 * @slab: the layer
 * @object: from shadow_kmalloc(); NULL and SHADOW_ZERO_SIZE_PTR have nothing in
 *	them
 * @bytes: how much; 0 frees @object
 * @gfp: as for shadow_kmalloc()
 *
 * As long as shadow_ksize() has room it stays where it is. With SHADOW_GFP_ZERO
 * what is behind @bytes is zero, so that it is zero when it is grown into:
 * provided that each call before had the flag, too. Follows krealloc().
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: the memory; SHADOW_ZERO_SIZE_PTR for 0 bytes. NULL where there is no
 * memory or nothing begins at @object, and that stays as it is.
 */
void *shadow_krealloc(struct shadow_slab *slab, const void *object, u64 bytes,
		      u32 gfp)
{
	struct shadow_latency_mark mark;
	struct shadow_op op;
	void *grown;
	u64 told;

	shadow_op_begin(&op, slab->nodes->events);
	told = shadow_slab_told(slab, object);
	shadow_latency_begin(&mark, slab->nodes->events, SHADOW_LATENCY_KREALLOC);
	grown = resize(slab, object, bytes, gfp);
	shadow_latency_end(&mark, !grown);
	shadow_op_end(&op, SHADOW_OP_KREALLOC, grown ? 0 : -ENOMEM, told, bytes, gfp,
		      shadow_slab_this_cpu(slab->nr_cpus),
		      shadow_slab_told(slab, grown));
	return grown;
}

/* kmalloc-8 ... kmalloc-192, kmalloc-512, kmalloc-1k */
static void class_name(char *name, const char *type, u32 bytes)
{
	bool kib = bytes >= SZ_1K;

	snprintf(name, SHADOW_SLAB_NAME, "%s-%u%s", type,
		 kib ? bytes / (u32)SZ_1K : bytes, kib ? "k" : "");
}

/* The size of the class behind @bytes: powers of two, and 96 and 192. */
static u32 next_class(u32 bytes)
{
	switch (bytes) {
	case 64:
		return 96;
	case 96:
		return 128;
	case 128:
		return 192;
	case 192:
		return 256;
	default:
		return bytes * 2;
	}
}

static const struct {
	const char *name;
	u32 flags;
} types[SHADOW_NR_KMALLOC_TYPES] = {
	[SHADOW_KMALLOC_NORMAL] = { "kmalloc", 0 },
	[SHADOW_KMALLOC_RECLAIM] = { "kmalloc-rcl", SHADOW_SLAB_RECLAIM_ACCOUNT },
	[SHADOW_KMALLOC_DMA] = { "dma-kmalloc", SHADOW_SLAB_CACHE_DMA },
};

static bool has_zone_dma(const struct shadow_nodes *nodes)
{
	unsigned int nid;

	for (nid = 0; nid < nodes->nr_nodes; nid++)
		if (nodes->node[nid].zone[SHADOW_ZONE_DMA].managed)
			return true;
	return false;
}

/* A class of a type; new_kmalloc_cache() */
static int make_class(struct shadow_slab *slab, enum shadow_kmalloc_type type,
		      unsigned int nr, u32 bytes)
{
	char name[SHADOW_SLAB_NAME];
	struct shadow_kmem_cache *cache;

	class_name(name, types[type].name, bytes);
	/* The largest power of two that divides the size */
	cache = shadow_slab_find(slab, name);
	if (!cache)
		cache = __shadow_kmem_cache_create(slab, name, bytes, bytes & -bytes,
						   types[type].flags, NULL);
	if (IS_ERR(cache))
		return PTR_ERR(cache);
	cache->own = true;
	cache->kmalloc = true;
	cache->ring = NULL;
	slab->kmalloc[type][nr] = cache;
	/* An engine's own kmalloc asks a class that has debugging itself */
	if (!slab->engine->kmalloc)
		slab->kmalloc_max = kmalloc_max(slab);
	return 0;
}

static int make_type(struct shadow_slab *slab, enum shadow_kmalloc_type type)
{
	u32 bytes, nr = 0, from = 0;
	int err;

	for (bytes = KMALLOC_MIN; bytes <= kmalloc_max(slab);
	     bytes = next_class(bytes), nr++) {
		err = make_class(slab, type, nr, bytes);
		if (err)
			return err;
		for (; from < ARRAY_SIZE(slab->class_of) && from * KMALLOC_MIN < bytes;
		     from++)
			slab->class_of[from] = nr;
	}
	slab->nr_kmalloc = nr;
	return 0;
}

/**
 * shadow_kmalloc_boot() - make the caches of all classes
 * @slab: the layer, able to make caches
 *
 * A machine that has nothing in ZONE_DMA is one of a kernel without
 * CONFIG_ZONE_DMA: SHADOW_GFP_DMA changes nothing there. Classes that the engine
 * could not do without have been made before. Follows create_kmalloc_caches()
 * of mm/slab_common.c.
 *
 * Context: while the layer boots.
 * Return: 0 or -ENOMEM; the caller drops what has been made.
 */
int shadow_kmalloc_boot(struct shadow_slab *slab)
{
	unsigned int type;
	int err;

	for (type = 0; type < SHADOW_NR_KMALLOC_TYPES; type++) {
		if (type == SHADOW_KMALLOC_DMA && !has_zone_dma(slab->nodes)) {
			memcpy(slab->kmalloc[type], slab->kmalloc[SHADOW_KMALLOC_NORMAL],
			       sizeof(slab->kmalloc[type]));
			continue;
		}
		err = make_type(slab, type);
		if (err)
			return err;
	}
	return 0;
}

/**
 * shadow_kmalloc_drop() - give back what came straight from the page allocator
 * @slab: the layer
 *
 * Context: while the layer ends.
 * Return: how many allocations there were.
 */
u64 shadow_kmalloc_drop(struct shadow_slab *slab)
{
	const struct shadow_memmap *memmap = &slab->nodes->memmap;
	const struct shadow_memmap_bank *bank = memmap->bank;
	struct shadow_page *page;
	u64 nr = 0;
	u32 i;

	for (; bank < memmap->bank + memmap->nr_banks; bank++) {
		for (i = 0; i < bank->nr; i++) {
			page = &memmap->pages[bank->first + i];
			if (shadow_page_state(page) != SHADOW_PAGE_ALLOCATED ||
			    shadow_page_owner(page) != SHADOW_OWNER_KMALLOC)
				continue;
			shadow_free_pages_cpu(slab->nodes, 0, page,
					      shadow_page_order(page));
			nr++;
		}
	}
	return nr;
}
