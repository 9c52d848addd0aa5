/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_slab_engine - the seam between the front, shadow_slab.c, and the
 * engines behind it. Nobody else includes this header.
 */
#ifndef SHADOW_SLAB_ENGINE_H
#define SHADOW_SLAB_ENGINE_H

#include "shadow_slab.h"

#define SHADOW_SLAB_END		0xffffU	/* link of the last free object */

/**
 * struct shadow_slab_cpu - one CPU's slab of one cache
 * @lock: protects what follows, and the objects on the list that @head begins.
 *	Taken outside the node's lock; interrupts off. Any CPU may take it.
 * @head: index of the first free object, or SHADOW_SLAB_END
 * @objects: in the slab; 0 if there is none
 * @page: index of the slab's first frame, or SHADOW_NO_PAGE
 * @base: contents of the slab; NULL if there is none
 * @span: bytes from @base to behind the last object; 0 if there is no slab
 * @key: what links in this slab are encoded with
 * @rnd: state of the generator that says where a new slab's shuffle starts
 * @nid: the slab's node
 *
 * Lives in the host's memory: @head is always below @objects or the end, so
 * that an object can be reached without looking at the block first.
 */
struct shadow_slab_cpu {
	raw_spinlock_t lock;
	u32 head;
	u32 objects;
	u32 page;
	char *base;
	u64 span;
	u64 key;
	u64 rnd;
	u32 nid;
} __aligned(SHADOW_SLAB_MEM_ALIGN);

/**
 * struct shadow_kmem_cache_node - the slabs that one node has for a cache
 * @nr_slabs: all of them
 * @nr_objects: that they hold, free or not
 * @nr_partial: slabs on @partial
 * @partial: slabs with free objects that no CPU has for its own
 *
 * An object of the cache "kmem_cache_node", in the block. What it says is
 * checked before it is followed; the lock is in struct shadow_slab_node.
 */
struct shadow_kmem_cache_node {
	u64 nr_slabs;
	u64 nr_objects;
	u64 nr_partial;
	struct shadow_page_list partial;
};

/**
 * struct shadow_slab_node - the host's side of the same
 * @lock: protects @in, and slab.* of all slabs that the node has for the
 *	cache, those of a CPU included: a CPU's own are @objects, @head and the
 *	rest of struct shadow_slab_cpu. Taken inside that one's lock, outside
 *	those of the page allocator; interrupts off.
 * @in: the counters and the list
 * @seen_slabs: what _verify has counted; no lock, see there
 * @seen_objects: likewise
 * @seen_partial: likewise
 */
struct shadow_slab_node {
	raw_spinlock_t lock;
	struct shadow_kmem_cache_node *in;
	u64 seen_slabs;
	u64 seen_objects;
	u64 seen_partial;
};

/**
 * struct shadow_kmem_cache - a cache, in the host's memory
 * @engine: how its slabs are managed
 * @cpu: one entry a CPU
 * @fault: raised when an invariant is found broken
 * @bytes: distance from one object to the next
 * @inverse: 2^32 / @bytes, rounded up
 * @offset: where in a free object its link lies
 * @nr_cpus: entries of @cpu
 * @secret: what links are encoded with, besides their place
 * @shuffle: what new slabs are shuffled with
 * @slab: the layer
 * @ctor: called once for every object of a new slab, or NULL
 * @gfp: what a slab's frames are asked for with
 * @live: the cache exists
 * @own: the machine's own: cannot be destroyed
 * @desc: what the cache is; @home must stay equal to it
 * @home: the descriptor in the block
 * @node: one entry a node
 *
 * All but @node is written by create and destroy only, under the layer's lock.
 */
struct shadow_kmem_cache {
	const struct shadow_slab_engine *engine;
	struct shadow_slab_cpu *cpu;
	struct shadow_fault *fault;
	u32 bytes;
	u32 inverse;
	u32 offset;
	u32 nr_cpus;
	u64 secret;
	u64 shuffle;
	struct shadow_slab *slab;
	void (*ctor)(void *object);
	u32 gfp;
	bool live;
	bool own;
	struct shadow_kmem_cache_desc desc;
	struct shadow_kmem_cache_desc *home;
	struct shadow_slab_node node[SHADOW_MAX_NODES];
} __aligned(SHADOW_SLAB_MEM_ALIGN);

/**
 * struct shadow_slab_engine - how slabs are managed
 * @name: what the parameter `slab` says
 * @layout: fill in what of @desc follows from its object_bytes, align and flags
 *	(and of the cache what hangs on that); -EINVAL if it does not fit
 * @open: make the per-node structures; -ENOMEM, and nothing is kept
 * @close: give everything back; -EBUSY if objects are in use
 * @alloc: an object, or NULL
 * @free: take an object back; -EINVAL if it is none of the cache's objects, or
 *	is free already as far as can be told; then nothing has changed
 * @shrink: give back what is empty; 1 if slabs remain, else 0
 * @drop: give back all slabs of the machine, objects in use or not
 *	(@shadow_slab.caches stay as they are); how many were in use
 * @info: the counts of struct shadow_slabinfo
 * @verify: the state of all slabs of the machine
 * @verify_page: the state of one slab, by its first frame; the sums that
 *	@verify takes are left alone
 */
struct shadow_slab_engine {
	const char *name;
	int (*layout)(struct shadow_kmem_cache *cache);
	int (*open)(struct shadow_kmem_cache *cache);
	int (*close)(struct shadow_kmem_cache *cache);
	void *(*alloc)(struct shadow_kmem_cache *cache, unsigned int cpu,
		       u32 gfp);
	int (*free)(struct shadow_kmem_cache *cache, unsigned int cpu,
		    void *object);
	int (*shrink)(struct shadow_kmem_cache *cache);
	u64 (*drop)(struct shadow_slab *slab);
	void (*info)(struct shadow_kmem_cache *cache,
		     struct shadow_slabinfo *info);
	int (*verify)(struct shadow_slab *slab, struct shadow_fault *fault);
	int (*verify_page)(struct shadow_slab *slab, struct shadow_page *page,
			   struct shadow_fault *fault);
};

extern const struct shadow_slab_engine shadow_slab_slub;

/* shadow_slab.c, for the classes of shadow_kmalloc.c */
struct shadow_kmem_cache *
__shadow_kmem_cache_create(struct shadow_slab *slab, const char *name,
			   u32 bytes, u32 align, u32 flags,
			   void (*ctor)(void *));
/* shadow_kmalloc.c */
int shadow_kmalloc_boot(struct shadow_slab *slab);
u64 shadow_kmalloc_drop(struct shadow_slab *slab);

/* The CPU that runs us now: any answer is correct, the right one is fast. */
static __always_inline unsigned int shadow_slab_this_cpu(unsigned int nr_cpus)
{
	unsigned int cpu = raw_smp_processor_id();

	return likely(cpu < nr_cpus) ? cpu : 0;
}

/**
 * shadow_slab_head() - first frame of the block that a pointer points into
 * @nodes: the frames
 * @virt: any pointer
 *
 * A block of 2^order frames is aligned to its size, and its other frames say
 * SHADOW_PAGE_NONE; so the head is looked for at the frame itself and then,
 * order by order, further down.
 *
 * Context: any; what it finds can change unless somebody holds the block.
 * Return: the first frame of a block in use, or NULL.
 */
static inline struct shadow_page *
shadow_slab_head(const struct shadow_nodes *nodes, const void *virt)
{
	const struct shadow_memmap *memmap = &nodes->memmap;
	struct shadow_page *page = shadow_virt_to_page(nodes, virt);
	unsigned int order = 0;
	u32 place;

	if (unlikely(!page))
		return NULL;
	place = shadow_page_index(memmap, page);
	while (shadow_page_state(page) == SHADOW_PAGE_NONE) {
		if (++order > nodes->max_order)
			return NULL;
		page = shadow_page_at(memmap, round_down(place, 1U << order));
		if (!page)
			return NULL;
	}
	if (shadow_page_state(page) != SHADOW_PAGE_ALLOCATED ||
	    shadow_page_order(page) < order)
		return NULL;
	return page;
}

#endif /* SHADOW_SLAB_ENGINE_H */
