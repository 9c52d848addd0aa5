/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_slob - what the rooms of the engine "slob" share. Nobody else includes
 * this header. Follows mm/slob.c, which Linux had until 6.3.
 *
 * A page is a heap of units: 2 bytes, or 4 where a page has more than an s16
 * can count. Its free blocks are a list in the order of their addresses, with a
 * gap between any two, and describe themselves in their first units:
 *
 *	two units or more	units, offset of the next block
 *	one unit		minus the offset of the next block
 *
 * Offsets are from the beginning of the page, in units; that of the page's end
 * says that there is no next block. What has been handed out has nothing before
 * or behind it. A page of 4096 bytes with two objects of 16 bytes, the first of
 * which has been freed again:
 *
 *	unit	0: 8, 16	8 ... 15: in use	16: 2032, 2048
 *
 * Only kmalloc puts a header in front: struct shadow_slob_header.
 *
 * Three things are in pages of a cache of its own. An object of a page or more
 * is a block of frames by itself (SLOB_WHOLE). A cache of which free objects
 * must keep what is in them - TYPESAFE_BY_RCU, or debugging stands in front -
 * has slots (SLOB_SLOTS), since in a shared page their memory would go to others.
 * Everything else (SLOB_PIECES) shares the pages, those of all lists.
 *
 * A constructor runs when a slot is made, once. For a piece or a whole block, it
 * runs on each allocation, as it did in Linux: nothing is kept of what was freed.
 * So in both cases it has run exactly once for what the user is handed, from
 * where there were no contents to where they are given up.
 */
#ifndef SHADOW_SLOB_H
#define SHADOW_SLOB_H

#include "shadow_slab_engine.h"

#define SHADOW_SLOB_BREAK1	256	/* below: the list of small ones */
#define SHADOW_SLOB_BREAK2	1024	/* below: of medium ones, else of large */
#define SHADOW_SLOB_PIECE	16	/* bytes that a view tells apart */

/* The three lists of pages with free units, by what was asked for */
enum shadow_slob_list {
	SLOB_SMALL,
	SLOB_MEDIUM,
	SLOB_LARGE,
	SLOB_NR_LISTS
};

/*
 * page->slab.state: what the page is, and above it whose kind of frames:
 * enum shadow_kmalloc_type. Of a shared page with free units, SLOB_LISTED + the
 * list.
 */
enum shadow_slob_state {
	SLOB_NOTHING,
	SLOB_FULL,		/* shared, on no list */
	SLOB_LISTED,		/* shared, on the first list; the others follow */
	SLOB_SLOTS_PARTIAL = SLOB_LISTED + SLOB_NR_LISTS,
	SLOB_SLOTS_FULL,
	SLOB_ONE,		/* one object, in use */
	SLOB_NR_STATES
};

#define SLOB_STATE_MASK		0xfU
#define SLOB_TYPE_SHIFT		4

/* How the objects of a cache lie */
enum shadow_slob_kind {
	SLOB_PIECES,
	SLOB_SLOTS,
	SLOB_WHOLE,
	SLOB_HEAP,		/* the row of the shared pages: has no objects */
};

/**
 * struct shadow_slob_header - what lies in front of an object of kmalloc
 * @bytes: that were asked for
 * @check: shadow_slob_check() of the place and @bytes: where that does not hold,
 *	no object of kmalloc begins behind it; 0 after it was freed
 *
 * Linux has only the size there, in a header of the minimum alignment: the rest
 * was not used.
 */
struct shadow_slob_header {
	u32 bytes;
	u32 check;
};

/**
 * struct shadow_slob_slot - what lies behind the inner bytes of a slot
 * @next: index of the next free slot, or SHADOW_SLAB_END; in use: the same
 * @mark: whether it is free: shadow_slob_mark()
 */
struct shadow_slob_slot {
	u32 next;
	u32 mark;
};

/**
 * struct shadow_slob_cache - what the engine has for a cache, the host's side
 * @kind: enum shadow_slob_kind
 * @live: objects in use
 * @units: that they take of shared pages, headers included
 * @nr_slabs: blocks of frames of its own
 * @partial: by node, those of them with a free slot
 */
struct shadow_slob_cache {
	enum shadow_slob_kind kind;
	u64 live;
	u64 units;
	u64 nr_slabs;
	struct shadow_page_list partial[SHADOW_MAX_NODES];
};

/**
 * struct shadow_slob - what the engine has for a machine, in the host's memory
 * @lock: protects all that follows, and all pages of the engine; taken inside
 *	the layer's lock, outside those of the page allocator; interrupts off
 * @unit: bytes
 * @units: in a page
 * @key: what headers are checked with
 * @heap: the row of the shared pages
 * @nr_pages: shared pages
 * @nr_used: units of them that are in use
 * @list: shared pages with free units, by node and kind of frames. A search
 *	begins with the first page; the page that it ends at becomes the first
 * @cache: by the cache's id
 * @seen_pages: what _verify has counted; no lock, see there
 * @seen_used: likewise
 * @seen_listed: likewise, by node, kind of frames and list
 */
struct shadow_slob {
	raw_spinlock_t lock;
	u32 unit;
	u32 units;
	u32 key;
	struct shadow_kmem_cache *heap;
	u64 nr_pages;
	u64 nr_used;
	struct shadow_page_list list[SHADOW_MAX_NODES][SHADOW_NR_KMALLOC_TYPES][SLOB_NR_LISTS];
	struct shadow_slob_cache cache[SHADOW_SLAB_MAX_CACHES];
	u64 seen_pages;
	u64 seen_used;
	u64 seen_listed[SHADOW_MAX_NODES][SHADOW_NR_KMALLOC_TYPES][SLOB_NR_LISTS];
};

/**
 * struct shadow_slob_piece - some units of a shared page
 * @page: the page
 * @base: its contents
 * @first: the first unit
 * @units: how many
 */
struct shadow_slob_piece {
	struct shadow_page *page;
	char *base;
	u32 first;
	u32 units;
};

/**
 * struct shadow_slob_want - memory that somebody wants of a shared page
 * @cache: who pays
 * @bytes: how much, header included
 * @align: of the place @offset bytes behind its beginning; a power of two
 * @offset: bytes
 * @cpu: who asks
 * @gfp: of SHADOW_SLAB_GFP_MASK
 */
struct shadow_slob_want {
	struct shadow_kmem_cache *cache;
	u32 bytes;
	u32 align;
	u32 offset;
	unsigned int cpu;
	u32 gfp;
};

static inline struct shadow_slob *shadow_slob_of(const struct shadow_slab *slab)
{
	return slab->machine;
}

static inline struct shadow_slob_cache *
shadow_slob_cache_of(const struct shadow_kmem_cache *cache)
{
	return &shadow_slob_of(cache->slab)->cache[cache->desc.id];
}

static inline u32 shadow_slob_units(const struct shadow_slob *slob, u32 bytes)
{
	return DIV_ROUND_UP(bytes, slob->unit);
}

static inline u32 shadow_slob_state(const struct shadow_page *page)
{
	return READ_ONCE(page->slab.state) & SLOB_STATE_MASK;
}

static inline u32 shadow_slob_type(const struct shadow_page *page)
{
	return READ_ONCE(page->slab.state) >> SLOB_TYPE_SHIFT;
}

/* The list for something of this size, header included */
static inline enum shadow_slob_list shadow_slob_list_of(u32 bytes)
{
	if (bytes < SHADOW_SLOB_BREAK1)
		return SLOB_SMALL;
	return bytes < SHADOW_SLOB_BREAK2 ? SLOB_MEDIUM : SLOB_LARGE;
}

/* Which kind of frames a cache's objects lie in; kmalloc_type() */
static inline enum shadow_kmalloc_type
shadow_slob_type_of(const struct shadow_kmem_cache *cache)
{
	if (cache->desc.flags & SHADOW_SLAB_CACHE_DMA)
		return SHADOW_KMALLOC_DMA;
	return cache->desc.flags & SHADOW_SLAB_RECLAIM_ACCOUNT ?
	       SHADOW_KMALLOC_RECLAIM : SHADOW_KMALLOC_NORMAL;
}

/* Never 0, so that a freed header's check never holds */
static inline u32 shadow_slob_check(const struct shadow_slob *slob, u32 offset,
				    u32 bytes)
{
	return (slob->key ^ bytes * 0x85ebca6bU ^ offset * 0x9e3779b1U) | 1;
}

static inline u32 shadow_slob_mark(const struct shadow_kmem_cache *cache,
				   u32 index, bool free)
{
	u32 mark = (u32)cache->seed ^ index * 0x9e3779b1U;

	return free ? ~mark : mark;
}

/* The node whose pages come first: the one that is wished for, else the CPU's */
static inline unsigned int shadow_slob_node(const struct shadow_nodes *nodes,
					    unsigned int cpu, u32 gfp)
{
	unsigned int node = gfp >> SHADOW_GFP_NODE_SHIFT & 0xf;

	return node && node <= nodes->nr_nodes ? node - 1 :
	       shadow_cpu_node(nodes, cpu);
}

/* shadow_slob_block.c */
int shadow_slob_broken(struct shadow_slab *slab, const struct shadow_page *page,
		       const char *what);
void __shadow_slob_fill(const struct shadow_slob *slob,
			const struct shadow_slob_piece *piece);
int __shadow_slob_carve(struct shadow_slab *slab,
			const struct shadow_slob_want *want,
			struct shadow_slob_piece *piece);
int __shadow_slob_merge(struct shadow_slab *slab,
			const struct shadow_slob_piece *piece);
int shadow_slob_next_free(const struct shadow_slab *slab,
			  struct shadow_fault *fault,
			  struct shadow_slob_piece *piece);

/* shadow_slob_heap.c */
extern const char *const shadow_slob_list_names[SLOB_NR_LISTS];
bool shadow_slob_is_shared(const struct shadow_slab *slab,
			   const struct shadow_page *page);
char *shadow_slob_contents(const struct shadow_slab *slab,
			   const struct shadow_page *page);
void *shadow_slob_get(const struct shadow_slob_want *want);
int shadow_slob_put(struct shadow_kmem_cache *cache, unsigned int cpu,
		    struct shadow_page *page, const char *start, u32 bytes);

/* shadow_slob_slots.c */
bool shadow_slob_is_own(const struct shadow_kmem_cache *cache,
			const struct shadow_page *page);
struct shadow_slob_slot *shadow_slob_slot(const struct shadow_kmem_cache *cache,
					  char *base, u32 index);
void *shadow_slob_slot_get(struct shadow_kmem_cache *cache, unsigned int cpu,
			   u32 gfp);
int shadow_slob_slot_put(struct shadow_kmem_cache *cache, char *object);
void *shadow_slob_whole_get(struct shadow_kmem_cache *cache, unsigned int cpu,
			    u32 gfp);
int shadow_slob_whole_put(struct shadow_kmem_cache *cache, unsigned int cpu,
			  char *object);
int shadow_slob_slots_shrink(struct shadow_kmem_cache *cache);

/* shadow_slob_verify.c */
struct shadow_kmem_cache *
shadow_slob_resolve(struct shadow_slab *slab, struct shadow_page *page,
		    const void *virt, void **inner);
int shadow_slob_look(struct shadow_slab *slab, struct shadow_page *page,
		     struct shadow_slab_look *look);
u64 shadow_slob_drop(struct shadow_slab *slab);
void shadow_slob_info(struct shadow_kmem_cache *cache,
		      struct shadow_slabinfo *info);
int shadow_slob_verify(struct shadow_slab *slab, struct shadow_fault *fault);
int shadow_slob_verify_page(struct shadow_slab *slab, struct shadow_page *page,
			    struct shadow_fault *fault);

#endif /* SHADOW_SLOB_H */
