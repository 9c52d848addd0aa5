/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_slabslab - what the rooms of the engine "slab" share. Nobody else
 * includes this header but its suite.
 *
 * Bonwick's allocator as Linux had it until 6.7. A slab holds equal objects
 * behind a colour, an offset that differs from slab to slab, so that the first
 * objects of many slabs do not meet in the same lines of a cache. Beside the
 * objects there is a list of their numbers, the free ones from the place
 * slab.inuse on. A node keeps its slabs on three lists: partial, full, free.
 * In front of them stand arrays of free objects: one a CPU, one that the CPUs
 * of a node share, and one for each other node whose objects are freed here.
 *
 * The arrays, the lists' heads and the lists of numbers lie in the block and
 * come from kmalloc's classes: what is read there is checked before it is
 * followed. An entry of an array is a reference: bytes from the beginning of
 * the contents, by 8.
 */
#ifndef SHADOW_SLABSLAB_H
#define SHADOW_SLABSLAB_H

#include "shadow_page_list.h"
#include "shadow_slab_engine.h"

#define SHADOW_SLABSLAB_NOTHING	U32_MAX	/* a reference that leads nowhere */
#define SHADOW_SLABSLAB_LIMIT	120	/* entries in a CPU's array, at most */
#define SHADOW_SLABSLAB_ALIEN	12	/* entries in an array for another node */
#define SHADOW_SLABSLAB_STEPS	12

/* page->slab.state: which list a slab is on, and above it its colour, by 8 */
enum shadow_slabslab_list {
	SLABSLAB_NONE,
	SLABSLAB_PARTIAL,
	SLABSLAB_FULL,
	SLABSLAB_FREE,
};

#define SLABSLAB_LIST_MASK	0xffU
#define SLABSLAB_COLOUR_SHIFT	8

/* Where the list of numbers is */
enum shadow_slabslab_kind {
	SLABSLAB_IN_OBJECT,	/* in the free object that is handed out last */
	SLABSLAB_OFF_SLAB,	/* an object of a kmalloc class */
	SLABSLAB_ON_SLAB,	/* at the end of the slab */
};

/* How far the bootstrap is: g_cpucache_up and slab_state of mm/slab.c */
enum shadow_slabslab_state {
	SLABSLAB_DOWN,		/* the next cache has a static array and lists */
	SLABSLAB_PARTIAL_AC,	/* that for arrays comes: likewise */
	SLABSLAB_PARTIAL_NODE,	/* that for lists: its array is kmalloc'ed */
	SLABSLAB_EARLY,		/* arrays of one entry, for the first CPU */
	SLABSLAB_UP,		/* arrays as large as enable_cpucache() wants */
};

/**
 * struct shadow_array_cache - free objects at hand; in the block
 * @avail: entries in use, the last one is handed out next
 * @limit: entries that there are; the code goes by the host's copy
 * @batchcount: that move at once
 * @touched: something was taken since it was last looked at
 * @entry: references
 */
struct shadow_array_cache {
	u32 avail;
	u32 limit;
	u32 batchcount;
	u32 touched;
	u32 entry[];
};

/**
 * struct shadow_kmem_list - the slabs that one node has for a cache; in the
 *	block. struct kmem_list3, later kmem_cache_node
 * @partial: slabs with objects in use, and others
 * @full: slabs whose objects are all in use, or in an array
 * @free: slabs without objects in use
 * @nr_slabs: on all lists
 * @nr_free_slabs: on @free
 * @free_objects: in all slabs; those in arrays do not count
 * @free_limit: with more than these, free slabs are given back
 * @colour_next: colour of the last slab that was made
 * @free_touched: @free was taken from since it was last looked at
 * @ticks: of the reaper
 * @shared: reference of the array that the node's CPUs share, or NOTHING
 * @alien: per node, of the array for its objects that are freed here
 */
struct shadow_kmem_list {
	struct shadow_page_list partial;
	struct shadow_page_list full;
	struct shadow_page_list free;
	u64 nr_slabs;
	u64 nr_free_slabs;
	u64 free_objects;
	u32 free_limit;
	u32 colour_next;
	u32 free_touched;
	u32 ticks;
	u32 shared;
	u32 alien[SHADOW_MAX_NODES];
};

/**
 * struct shadow_slabslab_cpu - one CPU's array of one cache, the host's side
 * @lock: protects what follows and the array's contents. Taken outside a node's
 *	lock; interrupts off. Any CPU may take it.
 * @avail: what the array must say
 * @limit: entries that there are
 * @nid: node whose objects go in
 * @array: the array: in the block, static while the machine boots, and an empty
 *	one of no entries where the CPU has none
 * @virt: what references are relative to
 * @first: first object of the slab that an object was freed of last
 * @span: bytes from there to behind the last; 0: none is remembered
 * @page: its first frame
 * @own: of the cache
 * @generation: what @own said then: a slab has gone since if it says another
 * @batch: entries that move at once
 * @fresh: the array that shall take the place of @array
 * @counts: objects that went and came here
 * @seen: what the array's entries must be. They were objects of the cache when
 *	they were put in, so an entry that is still the same need not be found
 */
struct shadow_slabslab_cpu {
	raw_spinlock_t lock;
	u32 avail;
	u32 limit;
	u32 nid;
	struct shadow_array_cache *array;
	char *virt;
	char *first;
	u64 span;
	struct shadow_page *page;
	const struct shadow_slabslab_own *own;
	int generation;
	u32 batch;
	struct shadow_array_cache *fresh;
	struct shadow_slab_counts counts;
	u32 seen[SHADOW_SLABSLAB_LIMIT];
} __aligned(SHADOW_SLAB_MEM_ALIGN);

/**
 * struct shadow_slabslab_own - what the engine has of a cache beside the front
 * @kind: where lists of numbers are
 * @index_bytes: of a number: freelist_idx_t
 * @freelist_bytes: of a list of numbers
 * @freelist_cache: where they are from, with SLABSLAB_OFF_SLAB
 * @colour: how many colours there are; at least 1
 * @colour_off: bytes from one to the next
 * @limit: entries of a CPU's array
 * @batch: that move at once
 * @shared: the shared array has so many times @batch entries; 0: there is none
 * @alien: entries of an array for another node; 0: there are none
 * @shared_class: what shared arrays are objects of
 * @alien_class: what those for other nodes are objects of
 * @generation: changes whenever a slab goes
 * @nr_own: objects of this cache that are the engine's own
 */
struct shadow_slabslab_own {
	enum shadow_slabslab_kind kind;
	u32 index_bytes;
	u32 freelist_bytes;
	struct shadow_kmem_cache *freelist_cache;
	u32 colour;
	u32 colour_off;
	u32 limit;
	u32 batch;
	u32 shared;
	u32 alien;
	struct shadow_kmem_cache *shared_class;
	struct shadow_kmem_cache *alien_class;
	atomic_t generation;
	atomic_t nr_own;
};

/**
 * struct shadow_slabslab_step - one step of the bootstrap
 * @what: in words
 * @cache: about which cache, by id
 * @from: where its array is from, by id of a class; U32_MAX: static
 * @nr: how many; bytes, caches or lists, as @what says
 */
struct shadow_slabslab_step {
	const char *what;
	u32 cache;
	u32 from;
	u32 nr;
};

/**
 * struct shadow_slabslab_machine - what the engine has of a machine
 * @state: how far the bootstrap is
 * @nr_steps: steps that were taken
 * @step: they
 * @own: by id of the cache
 * @boot_list: initkmem_list3: of the first three caches, by node
 * @boot_array: initarray_cache and initarray_generic: one entry each
 * @none: an array of no entries
 * @seen: which objects of a slab _verify has met; no lock, see there
 */
struct shadow_slabslab_machine {
	enum shadow_slabslab_state state;
	u32 nr_steps;
	struct shadow_slabslab_step step[SHADOW_SLABSLAB_STEPS];
	struct shadow_slabslab_own own[SHADOW_SLAB_MAX_CACHES];
	struct shadow_kmem_list boot_list[3][SHADOW_MAX_NODES];
	u32 boot_array[2][sizeof(struct shadow_array_cache) / sizeof(u32) + 2];
	u32 none[sizeof(struct shadow_array_cache) / sizeof(u32) + 2];
	DECLARE_BITMAP(seen, SHADOW_SLAB_MAX_OBJECTS + 1);
};

/**
 * struct shadow_slabslab - a slab whose page has been checked against its cache
 * @page: its first frame
 * @node: the node's share of the cache
 * @base: contents
 * @first: the first object
 * @nid: the node
 */
struct shadow_slabslab {
	struct shadow_page *page;
	struct shadow_slab_node *node;
	char *base;
	char *first;
	u32 nid;
};

/**
 * struct shadow_slabslab_array - an array and whose it is
 * @in: the array; NULL: there is none
 * @limit: entries that there are
 * @kind: "CPU", "node", or "alien node"
 * @nr: which one
 * @ref: where a list in the block says that it is
 * @lost: that is no object of kmalloc's: shadow_slabslab_avail() complains
 * @cpu: of a CPU's array, what the host knows of it
 */
struct shadow_slabslab_array {
	struct shadow_array_cache *in;
	u32 limit;
	u32 ref;
	bool lost;
	struct shadow_slabslab_cpu *cpu;
	const char *kind;
	unsigned int nr;
};

static inline struct shadow_slabslab_machine *
shadow_slabslab_machine_of(const struct shadow_slab *slab)
{
	return slab->machine;
}

static inline struct shadow_slabslab_own *
shadow_slabslab_own_of(const struct shadow_kmem_cache *cache)
{
	return &shadow_slabslab_machine_of(cache->slab)->own[cache->desc.id];
}

static __always_inline struct shadow_slabslab_cpu *
shadow_slabslab_cpu_of(const struct shadow_kmem_cache *cache, unsigned int cpu)
{
	return (struct shadow_slabslab_cpu *)cache->cpu + cpu;
}

static inline struct shadow_kmem_list *
shadow_slabslab_in(const struct shadow_slab_node *node)
{
	return node->in;
}

static inline u32 shadow_slabslab_list_of(const struct shadow_page *page)
{
	return READ_ONCE(page->slab.state) & SLABSLAB_LIST_MASK;
}

/* Bytes of a slab in front of its first object; may be corrupt */
static inline u32 shadow_slabslab_colour(const struct shadow_page *page)
{
	return READ_ONCE(page->slab.state) >> SLABSLAB_COLOUR_SHIFT << 3;
}

static __always_inline void *shadow_slabslab_at(const struct shadow_kmem_cache *cache,
						u32 ref)
{
	return (char *)cache->slab->nodes->block->virt + ((u64)ref << 3);
}

static __always_inline u32 shadow_slabslab_ref(const struct shadow_kmem_cache *cache,
					       const void *object)
{
	return (u64)((const char *)object -
		     (const char *)cache->slab->nodes->block->virt) >> 3;
}

/**
 * shadow_slabslab_find() - the object of a cache that begins at an address
 * @cache: the cache
 * @object: the address, of any value: nothing is read there
 * @number: filled with the object's number in its slab
 *
 * Orders and sizes are those of the host's memory, so an object that is found
 * lies inside a slab. The one who finds it inside another's slab has corrupted
 * that slab's page.
 *
 * Context: any; the answer holds as long as the object is held, or the lock of
 * the array or slab that it is in.
 * Return: the slab's first frame, or NULL.
 */
static __always_inline struct shadow_page *
shadow_slabslab_find(const struct shadow_kmem_cache *cache, const void *object,
		     u32 *number)
{
	const u32 mask = SHADOW_PF_STATE_MASK | SHADOW_PF_ORDER_MASK |
			 SHADOW_PF_OWNER_MASK;
	const struct shadow_nodes *nodes = cache->slab->nodes;
	const unsigned int order = cache->desc.order;
	phys_addr_t pa = shadow_virt_to_phys(nodes->block, object);
	u32 index = shadow_pfn_to_index(&nodes->memmap, pa >> nodes->page_shift);
	const u64 bytes = (u64)1 << (nodes->page_shift + order);
	struct shadow_page *page;
	u64 offset, nr;
	u32 colour;

	/* The memmap has frames beside the block, too */
	if (unlikely(index == SHADOW_NO_PAGE) ||
	    unlikely(pa - cache->first_slab >= cache->slabs_bytes) ||
	    (shadow_block_virtual(nodes->block) &&
	     unlikely(!shadow_block_has(nodes->block, pa & ~(bytes - 1), bytes))))
		return NULL;
	page = &nodes->memmap.pages[index & (U32_MAX << order)];
	if (unlikely((READ_ONCE(page->flags) & mask) !=
		     SHADOW_PF(SHADOW_PAGE_ALLOCATED, order, SHADOW_OWNER_SLAB, 0)) ||
	    unlikely(READ_ONCE(page->slab.cache) != cache->desc.id))
		return NULL;
	colour = shadow_slabslab_colour(page);
	offset = (pa & (bytes - 1)) - colour;
	nr = offset * cache->inverse >> 32;
	if (unlikely(colour > cache->offset || nr >= cache->desc.objects ||
		     nr * cache->bytes != offset))
		return NULL;
	*number = nr;
	return page;
}

/* shadow_slabslab_layout.c */
struct shadow_kmem_cache *shadow_slabslab_class(struct shadow_slab *slab, u64 bytes);
int shadow_slabslab_layout(struct shadow_kmem_cache *cache);
void shadow_slabslab_tuning(struct shadow_kmem_cache *cache);

/* shadow_slabslab_page.c */
int shadow_slabslab_corrupt(struct shadow_kmem_cache *cache, const char *what,
			    const struct shadow_page *page);
bool shadow_slabslab_check(const struct shadow_kmem_cache *cache,
			   struct shadow_page *page, struct shadow_slabslab *s);
void *shadow_slabslab_numbers(const struct shadow_kmem_cache *cache,
			      const struct shadow_slabslab *s);
u32 shadow_slabslab_number(const struct shadow_slabslab_own *own,
			   const void *numbers, u32 i);
u32 __shadow_slabslab_take(struct shadow_kmem_cache *cache,
			   const struct shadow_slabslab *s, u32 *ref, u32 max);
bool __shadow_slabslab_put(struct shadow_kmem_cache *cache,
			   const struct shadow_slabslab *s, u32 number);
u32 __shadow_slabslab_put_plain(struct shadow_kmem_cache *cache, unsigned int nid,
				const u32 *ref, u32 nr);
bool __shadow_slabslab_move(struct shadow_kmem_cache *cache,
			    const struct shadow_slabslab *s,
			    enum shadow_slabslab_list to, bool tail);
bool __shadow_slabslab_unmake(struct shadow_kmem_cache *cache,
			      const struct shadow_slabslab *s,
			      struct shadow_page_list *gone);
int shadow_slabslab_grow(struct shadow_kmem_cache *cache, unsigned int cpu,
			 u32 gfp);
void shadow_slabslab_destroy(struct shadow_kmem_cache *cache, unsigned int cpu,
			     struct shadow_page_list *gone);

/* shadow_slabslab_node.c */
struct shadow_slabslab_array
shadow_slabslab_cpu_array(const struct shadow_kmem_cache *cache, unsigned int cpu);
struct shadow_slabslab_array
shadow_slabslab_shared(const struct shadow_kmem_cache *cache, unsigned int nid);
struct shadow_slabslab_array
shadow_slabslab_alien(const struct shadow_kmem_cache *cache, unsigned int nid,
		      unsigned int other);
u32 shadow_slabslab_avail(struct shadow_kmem_cache *cache,
			  const struct shadow_slabslab_array *array);
void __shadow_slabslab_free_block(struct shadow_kmem_cache *cache,
				  unsigned int nid, const u32 *ref, u32 nr,
				  struct shadow_page_list *gone);
void __shadow_slabslab_flush(struct shadow_kmem_cache *cache, unsigned int cpu,
			     struct shadow_page_list *gone);
void shadow_slabslab_set_avail(const struct shadow_slabslab_array *array, u32 avail);
void __shadow_slabslab_drain(struct shadow_kmem_cache *cache, unsigned int nid,
			     const struct shadow_slabslab_array *array, bool all,
			     struct shadow_page_list *gone);
bool __shadow_slabslab_refill(struct shadow_kmem_cache *cache, unsigned int cpu);
void *shadow_slabslab_alloc_node(struct shadow_kmem_cache *cache,
				 unsigned int cpu, u32 gfp, unsigned int nid);
void shadow_slabslab_drain_alien(struct shadow_kmem_cache *cache, unsigned int cpu,
				 unsigned int nid, unsigned int other);
int shadow_slabslab_free_alien(struct shadow_kmem_cache *cache,
			       unsigned int cpu, unsigned int nid, void *object);

/* shadow_slabslab_reap.c */
int shadow_slabslab_shrink(struct shadow_kmem_cache *cache);
void shadow_slabslab_reap(struct shadow_slab *slab, unsigned int cpu);

/* shadow_slabslab_boot.c */
int shadow_slabslab_boot(struct shadow_slab *slab);
int shadow_slabslab_open(struct shadow_kmem_cache *cache);
int shadow_slabslab_close(struct shadow_kmem_cache *cache);
int shadow_slabslab_step_text(const struct shadow_slab *slab, unsigned int nr,
			      char *text, size_t bytes);

/* shadow_slabslab_verify.c */
struct shadow_kmem_cache *
shadow_slabslab_resolve(struct shadow_slab *slab, struct shadow_page *page,
			const void *virt, void **inner);
int shadow_slabslab_look(struct shadow_slab *slab, struct shadow_page *page,
			 struct shadow_slab_look *look);
u64 shadow_slabslab_drop(struct shadow_slab *slab);
u64 shadow_slabslab_nr_own(const struct shadow_kmem_cache *cache);
void shadow_slabslab_info(struct shadow_kmem_cache *cache,
			  struct shadow_slabinfo *info);
int shadow_slabslab_verify(struct shadow_slab *slab, struct shadow_fault *fault);
int shadow_slabslab_verify_page(struct shadow_slab *slab, struct shadow_page *page,
				struct shadow_fault *fault);

#endif /* SHADOW_SLABSLAB_H */
