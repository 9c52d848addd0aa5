// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_kmalloc - memory of any size: classes of caches, and the page
 * allocator above two frames. Follows mm/slab_common.c and mm/slub.c.
 */
#include "shadow_slab.h"
#include "shadow_slab_engine.h"

#define KMALLOC_TABLE_MAX	192	/* class_of[] knows sizes up to this */
#define KMALLOC_MIN		8

/* The class of a size from 1 to two frames. */
static __always_inline unsigned int kmalloc_class(const struct shadow_slab *slab,
						  u64 bytes)
{
	if (bytes <= KMALLOC_TABLE_MAX)
		return slab->class_of[(bytes - 1) / KMALLOC_MIN];
	return fls((u32)bytes - 1) - 1;
}

static u64 kmalloc_max(const struct shadow_slab *slab)
{
	return 2ULL << slab->nodes->page_shift;
}

/* More than two frames: kmalloc_large() */
static noinline void *kmalloc_large(struct shadow_slab *slab, unsigned int cpu,
				    u64 bytes, u32 gfp)
{
	struct shadow_nodes *nodes = slab->nodes;
	unsigned int order = fls64((bytes - 1) >> nodes->page_shift);
	struct shadow_page *page;

	if (gfp & ~SHADOW_SLAB_GFP_MASK)
		return NULL;
	shadow_kmalloc_count(slab, cpu, SHADOW_KMALLOC_CLASSES, bytes);
	if (order <= nodes->max_order)
		atomic64_add(1ULL << (nodes->page_shift + order),
			     &slab->counts[cpu * SHADOW_KMALLOC_COUNTS +
					   SHADOW_KMALLOC_CLASSES].given);
	page = shadow_alloc_pages_cpu(nodes, cpu,
				      gfp | SHADOW_GFP_CONTENTS |
				      SHADOW_GFP_OWNER(SHADOW_OWNER_KMALLOC),
				      order);
	return page ? shadow_page_to_virt(nodes, page) : NULL;
}

static __always_inline void *kmalloc(struct shadow_slab *slab, unsigned int cpu,
				     u64 bytes, u32 gfp)
{
	struct shadow_kmem_cache *cache;
	unsigned int class;

	if (unlikely(!bytes))
		return SHADOW_ZERO_SIZE_PTR;
	if (unlikely(bytes > kmalloc_max(slab)))
		return kmalloc_large(slab, cpu, bytes, gfp);
	class = kmalloc_class(slab, bytes);
	cache = slab->kmalloc[SHADOW_KMALLOC_NORMAL][class];
	shadow_kmalloc_count(slab, cpu, class, bytes);
	return cache->calls->alloc(cache, cpu, gfp);
}

/**
 * shadow_kmalloc() - memory of any size
 * @slab: the layer
 * @bytes: how much; 0 gives SHADOW_ZERO_SIZE_PTR
 * @gfp: of SHADOW_SLAB_GFP_MASK
 *
 * Aligned to 8 bytes, and to the size where that is a power of two. More than
 * two frames come straight from the page allocator. Follows kmalloc().
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
 * shadow_kzalloc() - zeroed memory of any size
 * @slab: the layer
 * @bytes: how much
 * @gfp: as above
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: the memory, or NULL as above.
 */
void *shadow_kzalloc(struct shadow_slab *slab, u64 bytes, u32 gfp)
{
	return shadow_kmalloc(slab, bytes, gfp | SHADOW_GFP_ZERO);
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
	if (unlikely(!cache->live || cache == slab->kmem_cache ||
		     cache == slab->kmem_cache_node))
		return NULL;
	return cache;
}

static int kfree_large(struct shadow_slab *slab, unsigned int cpu,
		       struct shadow_page *page, const void *object)
{
	struct shadow_nodes *nodes = slab->nodes;

	if (shadow_page_owner(page) != SHADOW_OWNER_KMALLOC ||
	    shadow_page_to_virt(nodes, page) != object)
		return -EINVAL;
	return shadow_free_pages_cpu(nodes, cpu, page, shadow_page_order(page));
}

static __always_inline int kfree(struct shadow_slab *slab, unsigned int cpu,
				 const void *object)
{
	struct shadow_kmem_cache *cache;
	struct shadow_page *page;

	if (unlikely(!object || object == SHADOW_ZERO_SIZE_PTR))
		return 0;
	page = shadow_slab_head(slab->nodes, object);
	if (unlikely(!page))
		return -EINVAL;
	if (unlikely(shadow_page_owner(page) != SHADOW_OWNER_SLAB))
		return kfree_large(slab, cpu, page, object);
	cache = user_cache(slab, page);
	if (unlikely(!cache))
		return -EINVAL;
	return cache->calls->free(cache, cpu, (void *)object);
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
	struct shadow_kmem_cache *cache;
	struct shadow_page *page;
	u64 offset;

	if (!object || object == SHADOW_ZERO_SIZE_PTR)
		return 0;
	page = shadow_slab_head(nodes, object);
	if (!page)
		return 0;
	offset = (const char *)object -
		 (const char *)shadow_page_to_virt(nodes, page);
	if (shadow_page_owner(page) == SHADOW_OWNER_KMALLOC)
		return offset ? 0 : (size_t)1 << (nodes->page_shift +
						  shadow_page_order(page));
	cache = shadow_page_owner(page) == SHADOW_OWNER_SLAB ?
		user_cache(slab, page) : NULL;
	if (!cache || offset % cache->bytes)
		return 0;
	return cache->ctor ? cache->offset : cache->bytes;
}

/* kmalloc-8 ... kmalloc-192, kmalloc-512, kmalloc-1k */
static void class_name(char *name, u32 bytes)
{
	if (bytes >= SZ_1K)
		snprintf(name, SHADOW_SLAB_NAME, "kmalloc-%uk", bytes / SZ_1K);
	else
		snprintf(name, SHADOW_SLAB_NAME, "kmalloc-%u", bytes);
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

/**
 * shadow_kmalloc_boot() - make the caches of all classes
 * @slab: the layer, able to make caches
 *
 * Follows create_kmalloc_caches() of mm/slab_common.c.
 *
 * Context: while the layer boots.
 * Return: 0 or -ENOMEM; the caller drops what has been made.
 */
int shadow_kmalloc_boot(struct shadow_slab *slab)
{
	char name[SHADOW_SLAB_NAME];
	struct shadow_kmem_cache *cache;
	u32 bytes, nr, from = 0;

	for (bytes = KMALLOC_MIN; bytes <= kmalloc_max(slab);
	     bytes = next_class(bytes)) {
		nr = slab->nr_kmalloc;
		class_name(name, bytes);
		/* The largest power of two that divides the size */
		cache = __shadow_kmem_cache_create(slab, name, bytes, bytes & -bytes, 0, NULL);
		if (IS_ERR(cache))
			return PTR_ERR(cache);
		cache->own = true;
		slab->kmalloc[SHADOW_KMALLOC_NORMAL][slab->nr_kmalloc++] = cache;
		for (; from < ARRAY_SIZE(slab->class_of) && from * KMALLOC_MIN < bytes;
		     from++)
			slab->class_of[from] = nr;
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
