/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_slab_engine - the seam between the front, shadow_slab.c, _boot.c
 * and _look.c, and the engines behind it. Nobody else includes this header.
 */
#ifndef SHADOW_SLAB_ENGINE_H
#define SHADOW_SLAB_ENGINE_H

#include "shadow_kasan.h"
#include "shadow_slab.h"

#define SHADOW_SLAB_END		0xffffU	/* link of the last free object */
#define SHADOW_SLAB_SHARED	0xffffU	/* page->slab.cache: it is of several */
#define SHADOW_SLAB_WAITS	0xffffU	/* page->slab.state: for a grace period */

/**
 * struct shadow_slab_node - what a node has for a cache, the host's side
 * @lock: protects @in, and slab.* of all slabs that the node has for the
 *	cache, those of a CPU included. Taken inside a CPU's lock, outside those
 *	of the page allocator; interrupts off.
 * @in: the engine's counters and lists, in the block; NULL: not open
 * @seen_slabs: what _verify has counted; no lock, see there
 * @seen_objects: likewise
 * @seen_partial: likewise
 */
struct shadow_slab_node {
	raw_spinlock_t lock;
	void *in;
	u64 seen_slabs;
	u64 seen_objects;
	u64 seen_partial;
};

/**
 * struct shadow_slab_calls - what every allocation and free goes through
 * @alloc: an object, or NULL
 * @free: take an object back; -EINVAL if it is none of the cache's objects, or
 *	is free already as far as can be told; then nothing has changed
 * @alloc_bulk: that many objects; how many were got: all or 0
 * @free_bulk: take objects back; how many were: the first that is refused ends it
 *
 * An engine has one, which deals in inner objects; shadow_slab_debug.c another,
 * which stands in front of it and deals in the user's.
 */
struct shadow_slab_calls {
	void *(*alloc)(struct shadow_kmem_cache *cache, unsigned int cpu,
		       u32 gfp);
	int (*free)(struct shadow_kmem_cache *cache, unsigned int cpu,
		    void *object);
	u32 (*alloc_bulk)(struct shadow_kmem_cache *cache, unsigned int cpu,
			  u32 gfp, u32 nr, void **objects);
	u32 (*free_bulk)(struct shadow_kmem_cache *cache, unsigned int cpu,
			 u32 nr, void **objects);
};

/**
 * struct shadow_slab_debug - what debugging has of a cache
 * @lock: held while an object's marks are looked at and changed; no other lock
 *	of the layer is taken inside but that of the reports; interrupts off
 * @red_bytes: of the red zone behind an object, its padding included; 0: none
 * @mark: where in the inner object its state is
 * @tracks: where who allocated and who freed it is; 0: nowhere
 * @poison: what lies in a free object is known
 * @nr_out: objects that nobody gets any more
 * @nr_waiting: objects in quarantine
 */
struct shadow_slab_debug {
	raw_spinlock_t lock;
	u32 red_bytes;
	u32 mark;
	u32 tracks;
	bool poison;
	u64 nr_out;
	u64 nr_waiting;
};

/**
 * struct shadow_kmem_cache - a cache, in the host's memory
 * @calls: what allocations and frees go through
 * @cpu: one entry a CPU, of the engine's cpu_bytes
 * @fault: raised when an invariant is found broken
 * @inverse: "slub": 2^64 / @bytes, rounded up: times @inverse, multiples of
 *	@bytes (of all numbers below 2^32) are below @inverse; "slab": 2^32 /
 *	@bytes, rounded up
 * @bytes: distance from one object to the next
 * @offset: "slub": where in a free object its link lies; "slab": bytes in front
 *	of the first object, at most
 * @nr_cpus: entries of @cpu
 * @names: how many it has, its own included
 * @secret: what links are encoded with, besides their place; 0: they are not
 * @shuffle: what new slabs are shuffled with
 * @seed: what the random numbers of this cache are made from
 * @first_slab: "slab": physical address of the first place in the block where a
 *	slab may begin
 * @slabs_bytes: "slab": from there to where the last such place ends
 * @slab: the layer
 * @ctor: called once for every object of a new slab, or NULL
 * @fresh: called before it, with the inner object, or NULL; engines call
 *	shadow_slab_construct(), which does both
 * @debug: what debugging has of it
 * @gfp: what a slab's frames are asked for with
 * @live: the cache exists
 * @open: it does, and users may have objects of it
 * @own: the machine's own: cannot be destroyed
 * @kmalloc: it is a class of kmalloc: whoever has an object of it, its events
 *	are kmalloc and kfree, so that each has its counterpart
 * @ring: the layer's, where that may be told of objects without looking who they
 *	are; else NULL
 * @desc: what the cache is; @home must stay equal to it
 * @home: the descriptor in the block
 * @node: one entry a node
 *
 * All but @node and @debug is written by create and destroy only, under the layer's lock.
 */
struct shadow_kmem_cache {
	const struct shadow_slab_calls *calls;
	void *cpu;
	struct shadow_fault *fault;
	u64 inverse;
	u32 bytes;
	u32 offset;
	u32 nr_cpus;
	u32 names;
	u64 secret;
	u64 shuffle;
	u64 seed;
	u64 first_slab;
	u64 slabs_bytes;
	struct shadow_slab *slab;
	struct shadow_ring *ring;
	void (*ctor)(void *object);
	void (*fresh)(struct shadow_kmem_cache *cache, void *inner);
	struct shadow_slab_debug debug;
	u32 gfp;
	bool live;
	bool open;
	bool own;
	bool kmalloc;
	struct shadow_kmem_cache_desc desc;
	struct shadow_kmem_cache_desc *home;
	struct shadow_slab_node node[SHADOW_MAX_NODES];
} __aligned(SHADOW_SLAB_MEM_ALIGN);

/**
 * struct shadow_slab_look - one slab of a cache, looked at
 * @cache: the cache; NULL: the slab is shared, and a piece is of anybody
 * @base: its contents
 * @bytes: from one object to the next; of a shared slab, of a piece
 * @nr: objects or pieces
 * @where: which list it is on: "cpu 0", "partial", "full", ...
 * @free: set for each that is free; room for SHADOW_SLAB_MAX_OBJECTS
 */
struct shadow_slab_look {
	struct shadow_kmem_cache *cache;
	char *base;
	u32 bytes;
	u32 nr;
	char where[24];
	DECLARE_BITMAP(free, SHADOW_SLAB_MAX_OBJECTS + 1);
};

/**
 * struct shadow_slab_counts - objects of a cache that one CPU has handled
 * @nr_alloc: given to users, while counters were on
 * @nr_freed: taken back
 * @nr_freed_away: likewise, without the lock of the others: into a slab that is
 *	not the CPU's
 *
 * In a line that a CPU's fast path has anyway, under the lock of it.
 */
struct shadow_slab_counts {
	u64 nr_alloc;
	u64 nr_freed;
	atomic64_t nr_freed_away;
};

/**
 * struct shadow_slab_engine - how slabs are managed
 * @name: what the parameter `slab` says
 * @source: the kernel's file that it follows
 * @booted: how it came to life, in a few words
 * @step: the same in steps, from 0, with -ENOENT behind the last; NULL: in one
 * @calls: allocation and free
 * @cpu_bytes: host's memory for each CPU of each cache, a multiple of
 *	SHADOW_SLAB_MEM_ALIGN; 0: none
 * @machine_bytes: host's memory for the machine, zeroed; 0: none
 * @boot: make the caches that the machine itself needs, kmalloc's too
 * @layout: fill in what of @desc follows from inner_bytes, align, flags and keep
 *	(and of the cache what hangs on that); -EINVAL if it does not fit
 * @open: make the per-node structures; -ENOMEM, and nothing is kept
 * @close: give everything back; -EBUSY if objects are in use
 * @shrink: give back what is empty; 1 if slabs remain, else 0
 * @reap: what a CPU does every now and then about what is free; NULL: nothing
 * @drop: give back all slabs of the machine, objects in use or not
 *	(@shadow_slab.caches stay as they are); how many were in use
 * @info: the counts of struct shadow_slabinfo
 * @verify: the state of all slabs of the machine
 * @verify_page: the state of one slab, by its first frame; the sums that
 *	@verify takes are left alone
 * @resolve: the cache and the inner object that an address in a slab lies in;
 *	NULL where that cannot be told. By the geometry alone: free or not
 * @look: what of one slab is free; -EINVAL where it is no slab, or too broken
 * @own: objects of a cache that the engine itself has; NULL: none ever
 * @counts: what one CPU has counted of a cache; NULL: the engine tells
 *	shadow_event_tally() of each object instead
 * @kmalloc: NULL: shadow_kmalloc.c's classes do. Else memory of 1 byte to a
 *	frame; it sees to SHADOW_KMALLOC_GFP_TYPES itself, and asks the class
 *	where that has debugging
 * @kfree: with it: take back what lies in a slab whose page->slab.cache says
 *	SHADOW_SLAB_SHARED (any other is a cache's), by the slab's first frame
 * @ksize: with it: how much an object in such a slab has; 0: nothing begins there
 * @given: with it: bytes that an object of kmalloc of so many bytes takes
 */
struct shadow_slab_engine {
	const char *name;
	const char *source;
	const char *booted;
	int (*step)(const struct shadow_slab *slab, unsigned int nr, char *text,
		    size_t bytes);
	struct shadow_slab_calls calls;
	u32 cpu_bytes;
	u32 machine_bytes;
	int (*boot)(struct shadow_slab *slab);
	int (*layout)(struct shadow_kmem_cache *cache);
	int (*open)(struct shadow_kmem_cache *cache);
	int (*close)(struct shadow_kmem_cache *cache);
	int (*shrink)(struct shadow_kmem_cache *cache);
	void (*reap)(struct shadow_slab *slab, unsigned int cpu);
	u64 (*drop)(struct shadow_slab *slab);
	void (*info)(struct shadow_kmem_cache *cache,
		     struct shadow_slabinfo *info);
	int (*verify)(struct shadow_slab *slab, struct shadow_fault *fault);
	int (*verify_page)(struct shadow_slab *slab, struct shadow_page *page,
			   struct shadow_fault *fault);
	struct shadow_kmem_cache *(*resolve)(struct shadow_slab *slab,
					     struct shadow_page *page,
					     const void *virt, void **inner);
	int (*look)(struct shadow_slab *slab, struct shadow_page *page,
		    struct shadow_slab_look *look);
	u64 (*own)(const struct shadow_kmem_cache *cache);
	const struct shadow_slab_counts *
	(*counts)(const struct shadow_kmem_cache *cache, unsigned int cpu);
	void *(*kmalloc)(struct shadow_slab *slab, unsigned int cpu, u64 bytes,
			 u32 gfp);
	int (*kfree)(struct shadow_slab *slab, unsigned int cpu,
		     struct shadow_page *page, const void *object);
	size_t (*ksize)(struct shadow_slab *slab, struct shadow_page *page,
			const void *object);
	u32 (*given)(const struct shadow_slab *slab, u32 bytes);
};

extern const struct shadow_slab_engine shadow_slab_slub;
extern const struct shadow_slab_engine shadow_slab_slob;
extern const struct shadow_slab_engine shadow_slab_slab;

/* shadow_slab.c, for the classes of shadow_kmalloc.c */
struct shadow_kmem_cache *
__shadow_kmem_cache_create(struct shadow_slab *slab, const char *name,
			   u32 bytes, u32 align, u32 flags,
			   void (*ctor)(void *));
int shadow_slab_boot_cache(struct shadow_slab *slab, unsigned int id,
			   const char *name, u32 bytes);
int shadow_slab_settle(struct shadow_kmem_cache *cache);
u32 shadow_slab_alignment(u32 flags, u32 align, u32 bytes);
/* shadow_slab_merge.c */
struct shadow_kmem_cache *
__shadow_slab_merge(struct shadow_slab *slab, const char *name, u32 bytes,
		    u32 align, u32 flags, void (*ctor)(void *));
bool __shadow_slab_unmerge(struct shadow_kmem_cache *cache, const char *name);
struct shadow_kmem_cache *shadow_slab_find_alias(struct shadow_slab *slab,
						 const char *name);
int shadow_slab_verify_aliases(const struct shadow_slab *slab,
			       struct shadow_fault *fault);
/* shadow_slab_look.c */
int shadow_slab_verify_frames(struct shadow_slab *slab,
			      struct shadow_fault *fault);
/* shadow_slab_debug_mark.c */
void shadow_slab_shade(const struct shadow_kmem_cache *cache,
		       const char *inner);
/* shadow_slab_debug.c */
int shadow_slab_refuse(struct shadow_slab *slab,
		       struct shadow_kmem_cache *cache, const void *object);
/* shadow_slab_frames.c */
struct shadow_page *shadow_slab_take(struct shadow_kmem_cache *cache,
				     unsigned int cpu, u32 gfp, u32 order,
				     u32 min_order);
int shadow_slab_give(struct shadow_kmem_cache *cache, unsigned int cpu,
		     struct shadow_page *page);
bool shadow_slab_waits(const struct shadow_page *page);
struct shadow_page *shadow_slab_next_frames(const struct shadow_nodes *nodes,
					    const struct shadow_page *page);
/* shadow_slab_count.c */
void shadow_slab_count_init(struct shadow_slab *slab);
void shadow_slab_count_keep(struct shadow_kmem_cache *cache);
/* shadow_slab_record.c, and what that leaves to shadow_slab_tell.c */
void shadow_slab_record_init(struct shadow_slab *slab);
void *shadow_slab_alloc_recorded(struct shadow_kmem_cache *cache,
				 unsigned int cpu, u32 gfp);
int shadow_slab_free_recorded(struct shadow_kmem_cache *cache, unsigned int cpu,
			      void *object);
void *shadow_kmalloc_recorded(struct shadow_slab *slab, unsigned int cpu,
			      u64 bytes, u32 gfp);
int shadow_kfree_recorded(struct shadow_slab *slab, unsigned int cpu,
			  const void *object);
void *shadow_slab_alloc_watched(struct shadow_kmem_cache *cache, unsigned int cpu,
				u32 gfp);
int shadow_slab_free_watched(struct shadow_kmem_cache *cache, unsigned int cpu,
			     void *object);
u32 shadow_slab_alloc_bulk_watched(struct shadow_kmem_cache *cache,
				   unsigned int cpu, u32 gfp, u32 nr,
				   void **objects);
u32 shadow_slab_free_bulk_watched(struct shadow_kmem_cache *cache,
				  unsigned int cpu, u32 nr, void **objects);
void *shadow_kmalloc_watched(struct shadow_slab *slab, unsigned int cpu,
			     u64 bytes, u32 gfp);
int shadow_kfree_watched(struct shadow_slab *slab, unsigned int cpu,
			 const void *object);
/* shadow_kmalloc.c */
void *shadow_kmalloc_quietly(struct shadow_slab *slab, unsigned int cpu,
			     u64 bytes, u32 gfp);
int shadow_kfree_quietly(struct shadow_slab *slab, unsigned int cpu,
			 const void *object);
int shadow_kfree_class(struct shadow_slab *slab, unsigned int cpu,
		       const void *object);
u64 shadow_kmalloc_given(const struct shadow_slab *slab, u64 bytes, u32 gfp);
int shadow_kmalloc_boot(struct shadow_slab *slab);
u64 shadow_kmalloc_drop(struct shadow_slab *slab);

/**
 * shadow_slab_construct() - an object of a new slab is as it has to be
 * @cache: whose
 * @inner: the engine's object
 *
 * Context: of the engine: once for every object, before it is handed out first.
 */
static inline void shadow_slab_construct(struct shadow_kmem_cache *cache,
					 void *inner)
{
	if (unlikely(cache->fresh))
		cache->fresh(cache, inner);
	if (cache->ctor)
		cache->ctor((char *)inner + cache->desc.user_offset);
	if (SHADOW_KASAN && unlikely(cache->fresh))
		shadow_slab_shade(cache, inner);
}

/* Whose slab a block says it is; NULL: of no cache that there is */
static inline struct shadow_kmem_cache *
shadow_slab_cache_of(struct shadow_slab *slab, const struct shadow_page *page)
{
	u32 id = READ_ONCE(page->slab.cache);

	return id < SHADOW_SLAB_MAX_CACHES && slab->caches[id].live ?
	       &slab->caches[id] : NULL;
}

/* Objects that go to users, or come back; under the lock of @counts */
static __always_inline void
shadow_slab_count_alloc(struct shadow_slab_counts *counts, u32 nr)
{
	if (shadow_counting())
		counts->nr_alloc += nr;
}

static __always_inline void
shadow_slab_count_freed(struct shadow_slab_counts *counts, u32 nr)
{
	if (shadow_counting())
		counts->nr_freed += nr;
}

/* Likewise, where the lock under which the CPU counts is not held */
static __always_inline void
shadow_slab_count_freed_away(struct shadow_slab_counts *counts)
{
	if (shadow_counting())
		atomic64_inc(&counts->nr_freed_away);
}

/* What was allocated came back before a user had it: neither has happened */
static inline void shadow_slab_uncount(struct shadow_slab_counts *counts, u32 nr)
{
	if (!shadow_counting())
		return;
	counts->nr_alloc -= nr;
	counts->nr_freed -= nr;
}

/* The events of a cache's objects */
static inline enum shadow_event_id
shadow_slab_alloc_event(const struct shadow_kmem_cache *cache)
{
	return cache->kmalloc ? SHADOW_EV_KMALLOC : SHADOW_EV_OBJECT_ALLOC;
}

static inline enum shadow_event_id
shadow_slab_free_event(const struct shadow_kmem_cache *cache)
{
	return cache->kmalloc ? SHADOW_EV_KFREE : SHADOW_EV_OBJECT_FREE;
}

/* Likewise, where no lock is held */
static inline void shadow_slab_tally(const struct shadow_kmem_cache *cache,
				     enum shadow_event_id id)
{
	shadow_event_tally(cache->slab->nodes->events, id, 1);
}

/* One more request of a class, of SHADOW_KMALLOC_CLASSES for what is larger */
static __always_inline void shadow_kmalloc_count(struct shadow_slab *slab,
						 unsigned int cpu,
						 unsigned int class, u64 bytes)
{
	struct shadow_kmalloc_count *count =
		&slab->counts[cpu * SHADOW_KMALLOC_COUNTS + class];

	atomic64_inc(&count->nr);
	atomic64_add(bytes, &count->bytes);
}

/* ... and what that is given, where it does not follow from the class */
static inline void shadow_kmalloc_count_given(struct shadow_slab *slab,
					      unsigned int cpu,
					      unsigned int class, u64 bytes,
					      u64 given)
{
	shadow_kmalloc_count(slab, cpu, class, bytes);
	atomic64_add(given, &slab->counts[cpu * SHADOW_KMALLOC_COUNTS + class].given);
}

/* An object as the ring has it: its physical address, NULL, or of no bytes */
static inline u64 shadow_slab_told(const struct shadow_slab *slab,
				   const void *object)
{
	if (!object || object == SHADOW_ZERO_SIZE_PTR)
		return (unsigned long)object;
	return shadow_virt_to_phys(slab->nodes->block, object);
}

/* Likewise as events have it, where an object of no bytes is none */
static inline u64 shadow_slab_pa(const struct shadow_slab *slab,
				 const void *object)
{
	if (!object || object == SHADOW_ZERO_SIZE_PTR)
		return 0;
	return shadow_virt_to_phys(slab->nodes->block, object);
}

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

/**
 * shadow_slab_contents() - contents of what a page says is a slab's first frame
 * @nodes: the frames
 * @page: any frame
 * @order: what its flags say, or a cache does
 *
 * An order that was overwritten, and a frame that only the memmap has, lead to
 * places outside of the block.
 *
 * Context: any.
 * Return: the contents; NULL: no block of that order begins there, or not all of
 * it has contents.
 */
static inline char *shadow_slab_contents(const struct shadow_nodes *nodes,
					 const struct shadow_page *page,
					 unsigned int order)
{
	const struct shadow_memmap *memmap = &nodes->memmap;

	if (unlikely(!shadow_page_aligned(memmap, shadow_page_index(memmap, page),
					  order)))
		return NULL;
	return shadow_block_contents(nodes->block, shadow_page_to_phys(nodes, page),
				     (u64)1 << (nodes->page_shift + order));
}

#endif /* SHADOW_SLAB_ENGINE_H */
