/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_slub - what the rooms of the engine "slub" share. Nobody else includes
 * this header.
 *
 * A slab is in one of four states, which its page says. SLUB_CPU: it is a
 * CPU's own; that CPU's list holds some of its free objects, the page's list
 * those that other CPUs have freed since. SLUB_WAITING: it has free objects and
 * is on the list of a CPU, which will have it for its own next. SLUB_PARTIAL: it
 * is on its node's list. SLUB_FULL: it has no free objects and is on no list.
 *
 * page->slab.inuse counts objects that are not on the page's list, so in a
 * CPU's slab also those on the CPU's list.
 *
 * Objects are known by their distance from the slab's beginning, in bytes. A
 * link has 8: in the lower half the next object, in the upper that and its own
 * place, both hidden by a secret and the slab's physical address (so that a
 * replay is exact). One that was overwritten, or comes from another object,
 * decodes to halves that do not fit, and the machine is frozen.
 */
#ifndef SHADOW_SLUB_H
#define SHADOW_SLUB_H

#include <linux/swab.h>

#include "shadow_slab_engine.h"

/* page->slab.state: one of these, and whose, for the two of CPUs, above */
enum shadow_slub_state {
	SLUB_NONE,
	SLUB_CPU,
	SLUB_PARTIAL,
	SLUB_FULL,
	SLUB_WAITING,
};

#define SLUB_STATE_MASK		0xffU
#define SLUB_CPU_SHIFT		8
#define SLUB_END		U32_MAX	/* link of the last free object */

/**
 * struct shadow_slub_cpu - one CPU's slabs of one cache
 * @lock: protects all that follows, and the objects on the list that @head
 *	begins. Taken outside the node's lock; interrupts off. Any CPU may take it
 * @head: the first free object; above @last: there is none, SLUB_END
 * @last: the last object of the slab, free or not; 0 if there is no slab
 * @span: from @base to behind the last object, bytes; 0 if there is no slab
 * @base: contents of the slab; NULL if there is none
 * @links: of the slab's first object
 * @key: what links in this slab are encoded with
 * @counts: objects that went and came here
 * @page: index of the slab's first frame, or SHADOW_NO_PAGE
 * @nid: the slab's node
 * @rnd: state of the generator that says where a new slab's shuffle starts
 * @cpu: whose this is
 * @nr_waiting: slabs on @waiting
 * @waiting: slabs that are SLUB_WAITING, the newest first
 * @seen: what _verify has counted; no lock, see there
 *
 * Lives in the host's memory: @head is never between @last and the end, so that
 * an object can be reached without looking at the block first.
 */
struct shadow_slub_cpu {
	raw_spinlock_t lock;
	u32 head;
	u32 last;
	u32 span;
	char *base;
	char *links;
	u64 key;
	struct shadow_slab_counts counts;
	u32 page;
	u32 nid;
	u64 rnd;
	u32 cpu;
	u32 nr_waiting;
	struct shadow_page_list waiting;
	u64 seen;
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
 * @last: where the last of them begins
 * @order: log2 of its frames
 */
struct shadow_slub {
	struct shadow_page *page;
	struct shadow_slab_node *node;
	char *base;
	u64 key;
	u32 objects;
	u32 last;
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

/* Does an object begin there? Below 2^32: see struct shadow_kmem_cache.inverse */
static __always_inline bool
shadow_slub_begins(const struct shadow_kmem_cache *cache, u32 offset)
{
	return offset * cache->inverse < cache->inverse;
}

/* @base: the slab's physical address */
static inline u64 shadow_slub_key(const struct shadow_kmem_cache *cache,
				  phys_addr_t base)
{
	return cache->secret ^ swab64(base);
}

/* What is stored in an object's link */
static __always_inline u64 shadow_slub_encode(u64 key, u32 object, u32 next)
{
	return ((u64)(next ^ object) << 32 | next) ^ key;
}

/* The object behind this one; false: its link is not what was written there. */
static __always_inline bool shadow_slub_decode(u64 link, u64 key, u32 object,
					       u32 last, u32 *next)
{
	link ^= key;
	*next = link;
	return likely((link >> 32) == (*next ^ object)) &&
	       (likely(*next <= last) || *next == SLUB_END);
}

static inline bool shadow_slub_read(const struct shadow_kmem_cache *cache,
				    const struct shadow_slub *s, u32 object,
				    u32 *next)
{
	u64 *link = (u64 *)(s->base + object + cache->offset);

	return shadow_slub_decode(READ_ONCE(*link), s->key, object, s->last, next);
}

static inline void shadow_slub_write(const struct shadow_kmem_cache *cache,
				     const struct shadow_slub *s, u32 object,
				     u32 next)
{
	u64 *link = (u64 *)(s->base + object + cache->offset);

	WRITE_ONCE(*link, shadow_slub_encode(s->key, object, next));
}

static inline u32 shadow_slub_cpu_state(enum shadow_slub_state state, u32 cpu)
{
	return state | cpu << SLUB_CPU_SHIFT;
}

/* The two lists' heads of a slab are what they can be */
static inline bool shadow_slub_head_ok(const struct shadow_slub *s, u32 head)
{
	return likely(head <= s->last) || head == SLUB_END;
}

/* shadow_slub_page.c */
int shadow_slub_layout(struct shadow_kmem_cache *cache);
int shadow_slub_corrupt(struct shadow_kmem_cache *cache, const char *what,
			const struct shadow_page *page);
int shadow_slub_bad_link(struct shadow_kmem_cache *cache,
			 const struct shadow_page *page, u32 object);
bool shadow_slub_check(struct shadow_kmem_cache *cache,
		       struct shadow_page *page, struct shadow_slub *s);
int shadow_slub_walk(const struct shadow_kmem_cache *cache,
		     const struct shadow_slub *s, u32 head, u32 *last);
void shadow_slub_set(const struct shadow_slub *s, u32 id, u32 head, u32 inuse,
		     u32 state);
bool __shadow_slub_list(struct shadow_kmem_cache *cache,
			const struct shadow_slub *s, bool tail);
bool __shadow_slub_unlist(struct shadow_kmem_cache *cache,
			  const struct shadow_slub *s);
void __shadow_slub_count(const struct shadow_slub *s, bool more);
void __shadow_slub_unmake(const struct shadow_slub *s);
u32 shadow_slub_make(struct shadow_kmem_cache *cache, unsigned int cpu, u32 gfp,
		     u64 *rnd, struct shadow_slub *s);

/* shadow_slub_cpu.c */
void shadow_slub_init_cpu(struct shadow_kmem_cache *cache, unsigned int cpu);
bool __shadow_slub_refill(struct shadow_kmem_cache *cache,
			  struct shadow_slub_cpu *c, u32 gfp);
void __shadow_slub_deactivate(struct shadow_kmem_cache *cache,
			      struct shadow_slub_cpu *c);
void __shadow_slub_wait(struct shadow_kmem_cache *cache,
			struct shadow_slub_cpu *c, struct shadow_page *page);
void shadow_slub_flush(struct shadow_kmem_cache *cache);
unsigned int shadow_slub_wanted_node(const struct shadow_kmem_cache *cache,
				     u32 gfp);

/* shadow_slub_free.c */
int shadow_slub_free_foreign(struct shadow_kmem_cache *cache,
			     struct shadow_slub_cpu *c, void *object);
u32 shadow_slub_free_bulk(struct shadow_kmem_cache *cache, unsigned int cpu,
			  u32 nr, void **objects);

/* shadow_slub_node.c */
int shadow_slub_open(struct shadow_kmem_cache *cache);
int shadow_slub_close(struct shadow_kmem_cache *cache);
int shadow_slub_shrink(struct shadow_kmem_cache *cache);

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
