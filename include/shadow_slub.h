/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_slub - what the rooms of the engine "slub" share. Nobody else includes
 * this header.
 *
 * A slab is in one of three states, which its page says. SLUB_CPU: it is a
 * CPU's own; that CPU's list holds some of its free objects, the page's list
 * those that other CPUs have freed since. SLUB_PARTIAL: it is on its node's
 * list. SLUB_FULL: it has no free objects and is on no list.
 *
 * page->slab.inuse counts objects that are not on the page's list, so in a
 * CPU's slab also those on the CPU's list.
 *
 * A link is an index, stored as index ^ secret ^ swab(address of the object),
 * in 8 bytes of which an index needs two: a link that was overwritten decodes
 * to an index out of range, and the machine is frozen. The address is the
 * physical one, so that a replay is exact.
 */
#ifndef SHADOW_SLUB_H
#define SHADOW_SLUB_H

#include <linux/swab.h>

#include "shadow_slab_engine.h"

/* page->slab.state: one of these, and for SLUB_CPU which CPU's above */
enum shadow_slub_state {
	SLUB_NONE,
	SLUB_CPU,
	SLUB_PARTIAL,
	SLUB_FULL,
};

#define SLUB_STATE_MASK		0xffU
#define SLUB_CPU_SHIFT		8

/**
 * struct shadow_slub_cpu - one CPU's slab of one cache
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
struct shadow_slub_cpu {
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
 * struct shadow_slub - a slab whose page has been checked against its cache
 * @page: its first frame
 * @node: the node's share of the cache
 * @base: contents
 * @key: what its links are encoded with
 * @objects: that it holds
 * @order: log2 of its frames
 */
struct shadow_slub {
	struct shadow_page *page;
	struct shadow_slab_node *node;
	char *base;
	u64 key;
	u32 objects;
	u32 order;
};

static __always_inline struct shadow_slub_cpu *
shadow_slub_cpu_of(const struct shadow_kmem_cache *cache, unsigned int cpu)
{
	return (struct shadow_slub_cpu *)cache->cpu + cpu;
}

static inline struct shadow_kmem_cache_node *
shadow_slub_in(const struct shadow_slab_node *node)
{
	return node->in;
}

static inline u32 shadow_slub_state(const struct shadow_page *page)
{
	return READ_ONCE(page->slab.state) & SLUB_STATE_MASK;
}

/*
 * Exact where @offset is a multiple of the size (the rounding error, below the
 * object's number, stays below 2^32); anything else does not multiply back.
 */
static inline u64 shadow_slub_index(const struct shadow_kmem_cache *cache,
				    u64 offset)
{
	return offset * cache->inverse >> 32;
}

/*
 * A slab is aligned to its size, so that the address of an object is that of
 * the slab or'ed with the offset: the key holds the one's share of the hash.
 */
static inline u64 shadow_slub_key(const struct shadow_kmem_cache *cache,
				  const struct shadow_page *page)
{
	return cache->secret ^
	       swab64(shadow_page_to_phys(cache->slab->nodes, page));
}

static inline u64 shadow_slub_read(const struct shadow_kmem_cache *cache,
				   char *base, u64 key, u64 offset)
{
	u64 *link = (u64 *)(base + offset + cache->offset);

	return READ_ONCE(*link) ^ key ^ swab64(offset);
}

static inline void shadow_slub_write(const struct shadow_kmem_cache *cache,
				     char *base, u64 key, u64 offset, u32 index)
{
	u64 *link = (u64 *)(base + offset + cache->offset);

	WRITE_ONCE(*link, index ^ key ^ swab64(offset));
}

static inline bool shadow_slub_link_ok(u64 link, u32 objects)
{
	return likely(link < objects) || link == SHADOW_SLAB_END;
}

/* shadow_slub_page.c */
int shadow_slub_layout(struct shadow_kmem_cache *cache);
int shadow_slub_corrupt(struct shadow_kmem_cache *cache, const char *what,
			const struct shadow_page *page);
bool shadow_slub_check(struct shadow_kmem_cache *cache,
		       struct shadow_page *page, struct shadow_slub *s);
int shadow_slub_walk(const struct shadow_kmem_cache *cache,
		     const struct shadow_slub *s, u64 head, u32 *last);
void shadow_slub_set(const struct shadow_slub *s, u32 id, u32 head, u32 inuse,
		     u32 state);
bool __shadow_slub_list(struct shadow_kmem_cache *cache,
			const struct shadow_slub *s, bool tail);
bool __shadow_slub_unlist(struct shadow_kmem_cache *cache,
			  const struct shadow_slub *s);
void __shadow_slub_count(const struct shadow_slub *s, bool more);
void __shadow_slub_unmake(const struct shadow_slub *s);
int shadow_slub_release(struct shadow_kmem_cache *cache, unsigned int cpu,
			const struct shadow_slub *s);
u32 shadow_slub_make(struct shadow_kmem_cache *cache, unsigned int cpu, u32 gfp,
		     u64 *rnd, struct shadow_slub *s);

/* shadow_slab_slub.c */
void shadow_slub_flush(struct shadow_kmem_cache *cache);

/* shadow_slub_verify.c */
struct shadow_kmem_cache *
shadow_slub_resolve(struct shadow_slab *slab, struct shadow_page *page,
		    const void *virt, void **inner);
int shadow_slub_look(struct shadow_slab *slab, struct shadow_page *page,
		     struct shadow_slab_look *look);
u64 shadow_slub_drop(struct shadow_slab *slab);
void shadow_slub_info(struct shadow_kmem_cache *cache,
		      struct shadow_slabinfo *info);
int shadow_slub_verify(struct shadow_slab *slab, struct shadow_fault *fault);
int shadow_slub_verify_page(struct shadow_slab *slab, struct shadow_page *page,
			    struct shadow_fault *fault);

#endif /* SHADOW_SLUB_H */
