/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_slab - caches of equal objects and kmalloc over them: one front, and
 * behind it the engine that a machine was given by name. Follows
 * mm/slab_common.c and, for the engine "slub", mm/slub.c.
 *
 * Objects, the descriptors of caches and the lists of slabs lie in the block.
 * What would take the host along if it were overwritten (locks, per-CPU heads,
 * constructors, sizes) lies in memory of the host that shadow_slab_init() is
 * given; a struct shadow_kmem_cache is there.
 *
 * Locks, from the outside in: struct shadow_slab.lock, a cache's per-CPU lock,
 * a cache's node lock, then those of the page allocator.
 */
#ifndef SHADOW_SLAB_H
#define SHADOW_SLAB_H

#include "shadow_page_alloc.h"

#define SHADOW_SLAB_MAX_CACHES	128	/* of one machine, kmalloc's included */
#define SHADOW_SLAB_MAX_ALIASES	64	/* names beside the caches' own */
#define SHADOW_SLAB_NAME	32	/* bytes of a name, with its NUL */
#define SHADOW_SLAB_MEM_ALIGN	128	/* of the memory given to init */
#define SHADOW_SLAB_MAX_OBJECTS	32767	/* objects in one slab */

/* Classes 8 ... 128k (two pages of 64K) by powers of two, and 96 and 192. */
#define SHADOW_KMALLOC_CLASSES	17

/* Which frames a kmalloc class has its slabs from; kmalloc_type() */
enum shadow_kmalloc_type {
	SHADOW_KMALLOC_NORMAL,
	SHADOW_KMALLOC_RECLAIM,		/* kmalloc-rcl-N */
	SHADOW_KMALLOC_DMA,		/* dma-kmalloc-N */
	SHADOW_NR_KMALLOC_TYPES
};

/* OBJECT_ALLOC, OBJECT_FREE, KMALLOC and KFREE */
#define SHADOW_SLAB_EVENTS	4

/* What kmalloc(0) returns: not NULL, faults when used, may be freed. */
#define SHADOW_ZERO_SIZE_PTR	((void *)16)

/* Flags of a cache */
#define SHADOW_SLAB_HWCACHE_ALIGN	BIT(0)	/* objects begin at cache lines */
#define SHADOW_SLAB_CACHE_DMA		BIT(1)	/* slabs from ZONE_DMA */
#define SHADOW_SLAB_RECLAIM_ACCOUNT	BIT(2)	/* slabs are reclaimable */
#define SHADOW_SLAB_POISON		BIT(3)	/* free objects have a pattern */
#define SHADOW_SLAB_RED_ZONE		BIT(4)	/* a pattern around each object */
#define SHADOW_SLAB_STORE_USER		BIT(5)	/* who allocated, who freed */
#define SHADOW_SLAB_TYPESAFE_BY_RCU	BIT(6)	/* slabs go after a grace period */
#define SHADOW_SLAB_PANIC		BIT(7)	/* -EOPNOTSUPP */
#define SHADOW_SLAB_ACCOUNT		BIT(8)	/* -EOPNOTSUPP */
/* Every free is checked: not for users; the layer sets it with the ones below */
#define SHADOW_SLAB_CHECKS		BIT(9)

/* Any of them: the cache's calls go through shadow_slab_debug.c */
#define SHADOW_SLAB_DEBUG \
	(SHADOW_SLAB_POISON | SHADOW_SLAB_RED_ZONE | SHADOW_SLAB_STORE_USER | \
	 SHADOW_SLAB_CHECKS)

/* What of a page allocation's flags an object's allocation may carry */
#define SHADOW_SLAB_GFP_MASK \
	(SHADOW_GFP_ZERO | SHADOW_GFP_HIGH | SHADOW_GFP_NOWAIT | \
	 SHADOW_GFP_MEMALLOC | SHADOW_GFP_NOFAIL | SHADOW_GFP_NOWARN | \
	 SHADOW_GFP_THISNODE | SHADOW_GFP_ROUTE | \
	 (0xfU << SHADOW_GFP_NODE_SHIFT))
/* ... and kmalloc's: these choose the class's type, and reach no cache */
#define SHADOW_KMALLOC_GFP_TYPES	(SHADOW_GFP_DMA | SHADOW_GFP_RECLAIMABLE)
#define SHADOW_KMALLOC_GFP_MASK \
	(SHADOW_SLAB_GFP_MASK | SHADOW_KMALLOC_GFP_TYPES)

/**
 * struct shadow_kmalloc_count - what one CPU was asked for of one class
 * @nr: requests
 * @bytes: that they asked for
 * @given: that they were given, where it does not follow from the class
 *
 * Counted without a lock: a view's sums are of a moment.
 */
struct shadow_kmalloc_count {
	atomic64_t nr;
	atomic64_t bytes;
	atomic64_t given;
};

/* Of one CPU: the classes, and what went straight to the page allocator */
#define SHADOW_KMALLOC_COUNTS	(SHADOW_KMALLOC_CLASSES + 1)

struct shadow_kmem_cache;
struct shadow_slab_engine;
struct shadow_slab_watch;

/**
 * struct shadow_kmem_cache_desc - what a cache is, in the block
 * @name: as slabinfo prints it
 * @id: index in the table of caches
 * @object_bytes: what the user asked for
 * @inner_bytes: what the engine keeps for it: @object_bytes, and around them
 *	what debugging needs
 * @user_offset: where in those the user's object begins
 * @keep: what lies in the inner bytes of a free object must be there when it is
 *	handed out again, so the engine's own data lies outside
 * @bytes: distance from one object to the next
 * @align: alignment of every object, a power of two
 * @flags: SHADOW_SLAB_*
 * @offset: where in a free object its link lies
 * @order: of a slab, in frames
 * @objects: in a slab of that order
 * @min_order: what is tried where there is no block of @order
 * @min_objects: in a slab of @min_order
 * @min_partial: empty slabs are given back when a node has this many partial
 * @cpu_partial: free objects that a CPU may keep on its list of partial slabs
 * @cpu_slabs: slabs that make up for these; 0: CPUs have no such lists
 *
 * An object of the cache "kmem_cache", itself included. Nothing but views and
 * _verify reads it: the code goes by the host's copy.
 */
struct shadow_kmem_cache_desc {
	char name[SHADOW_SLAB_NAME];
	u32 id;
	u32 object_bytes;
	u32 inner_bytes;
	u32 user_offset;
	u32 keep;
	u32 bytes;
	u32 align;
	u32 flags;
	u32 offset;
	u32 order;
	u32 objects;
	u32 min_order;
	u32 min_objects;
	u32 min_partial;
	u32 cpu_partial;
	u32 cpu_slabs;
};

/* How far the bootstrap is; kmem_cache_init() of mm/slub.c */
enum shadow_slab_state {
	SHADOW_SLAB_DOWN,	/* nothing can be allocated */
	SHADOW_SLAB_PARTIAL,	/* the per-node structures can */
	SHADOW_SLAB_UP,		/* everything can */
};

/**
 * struct shadow_slab_host - what the layer asks of whoever hosts the machine
 * @grace: ask for a grace period: when everybody who was reading at this time
 *	has ended, shadow_slab_grace() is to be called, once. Context: any, also
 *	under raw spinlocks. NULL: the one who made the layer calls it by itself
 * @grace_wait: waits until every shadow_slab_grace() that was asked for has
 *	returned. Context: process, sleeps. With @grace
 * @stack: a handle for the calls that have led here; 0: none. Context: any
 * @stack_text: what is behind a handle, innermost call first, one a line, each
 *	with its newline; bytes written. Only whoever prints calls it
 * @now: a clock, nanoseconds: how old objects are. Context: any, also under raw
 *	spinlocks. NULL: nobody knows
 * @report: something was found wrong: the first line of the report, without
 *	newline. Context: any, without locks of the layer but @shadow_slab.lock
 * @arg: given to each of them
 */
struct shadow_slab_host {
	void (*grace)(void *arg);
	void (*grace_wait)(void *arg);
	u64 (*stack)(void *arg);
	size_t (*stack_text)(void *arg, u64 stack, char *text, size_t bytes);
	u64 (*now)(void *arg);
	void (*report)(void *arg, const char *line);
	void *arg;
};

/**
 * struct shadow_slab_config - how the caches of a machine shall be
 * @engine: "slab", "slub" or "slob"
 * @seed: what secrets and shuffles are derived from
 * @debug: of SHADOW_SLAB_DEBUG, for every cache, kmalloc's too, but not those
 *	of the layer's own structures
 * @debug_names: not for every cache, but for those of these names, with commas
 *	between, where a '*' at the end of one stands for anything; NULL: for all.
 *	The text stays where it is as long as the layer is there
 * @plain: "slub": links in free objects are not hidden by a secret
 * @ordered: "slub": the free objects of a new slab are in order of address
 * @merge: caches alike become one
 * @quarantine: bytes of freed objects that are held back
 * @host: what surrounds the machine; NULL: nothing does
 */
struct shadow_slab_config {
	const char *engine;
	u64 seed;
	u32 debug;
	const char *debug_names;
	bool plain;
	bool ordered;
	bool merge;
	u64 quarantine;
	const struct shadow_slab_host *host;
};

/**
 * struct shadow_slab_alias - one more name of a cache
 * @name: what another user has called it
 * @cache: the cache
 */
struct shadow_slab_alias {
	char name[SHADOW_SLAB_NAME];
	struct shadow_kmem_cache *cache;
};

/**
 * struct shadow_slab - the layer: all caches of a machine
 * @nodes: where slabs come from
 * @ring: of @nodes' log, where objects have physical addresses by arithmetic;
 *	NULL: there is none, or they have not
 * @cfg: how the caches shall be
 * @engine: how slabs are managed
 * @lock: protects the table of caches; taken outside all other locks of the
 *	layer; interrupts off
 * @state: how far the bootstrap is
 * @nr_cpus: CPUs that have slabs of their own
 * @nr_created: caches ever created, so that a reused id has a new secret
 * @caches: the table, in the host's memory, SHADOW_SLAB_MAX_CACHES entries
 * @cpus: per-CPU heads of all caches, in the host's memory: @nr_cpus entries of
 *	the engine's cpu_bytes each
 * @counts: what kmalloc was asked for, in the host's memory:
 *	SHADOW_KMALLOC_COUNTS for each CPU
 * @machine: what else the engine has for the machine, in the host's memory
 * @watch: reports and quarantine, in the host's memory
 * @nr_frames: in slabs, those that wait for a grace period included, and behind
 *	kmallocs that are larger than any slab's object
 * @nr_reclaimable: of those, in slabs of caches with SHADOW_SLAB_RECLAIM_ACCOUNT,
 *	until they are given back or wait for that
 * @grace_lock: protects @later and @asked; innermost but for the page
 *	allocator's; interrupts off
 * @later: slabs that wait until a grace period can be asked for
 * @asked: slabs that wait for the end of the one that was asked for
 * @nr_waiting: slabs on both lists
 * @kmem_cache: the cache of descriptors
 * @kmem_cache_node: the cache of per-node structures
 * @kmalloc: the classes, the smallest first, by type
 * @nr_kmalloc: how many of each type
 * @kmalloc_max: bytes up to which a class serves; 0: the engine has a kmalloc of
 *	its own
 * @class_of: for sizes up to 192, class of (bytes - 1) / 8
 * @aliases: names that merging has given to caches, the oldest first
 * @nr_aliases: how many
 * @shaded: the host's KASAN may know of objects that nobody may touch
 * @told: what the machine's log is told of objects, see shadow_slab_count.c
 * @past: by SHADOW_EV_OBJECT_ALLOC and so on, of caches that are gone
 * @boot: descriptors of the first two caches before there is a cache for them
 */
struct shadow_slab {
	struct shadow_nodes *nodes;
	struct shadow_ring *ring;
	struct shadow_slab_config cfg;
	const struct shadow_slab_engine *engine;
	raw_spinlock_t lock;
	enum shadow_slab_state state;
	unsigned int nr_cpus;
	u64 nr_created;
	struct shadow_kmem_cache *caches;
	void *cpus;
	struct shadow_kmalloc_count *counts;
	void *machine;
	struct shadow_slab_watch *watch;
	atomic64_t nr_frames;
	atomic64_t nr_reclaimable;
	raw_spinlock_t grace_lock;
	struct shadow_page_list later;
	struct shadow_page_list asked;
	u64 nr_waiting;
	struct shadow_kmem_cache *kmem_cache;
	struct shadow_kmem_cache *kmem_cache_node;
	struct shadow_kmem_cache *kmalloc[SHADOW_NR_KMALLOC_TYPES][SHADOW_KMALLOC_CLASSES];
	unsigned int nr_kmalloc;
	u64 kmalloc_max;
	u8 class_of[24];
	struct shadow_slab_alias aliases[SHADOW_SLAB_MAX_ALIASES];
	unsigned int nr_aliases;
	bool shaded;
	struct shadow_event_source told;
	u64 past[SHADOW_SLAB_EVENTS];
	struct shadow_kmem_cache_desc boot[2];
};

/**
 * struct shadow_slabinfo - one cache, with the meaning of /proc/slabinfo 2.1
 * @name: the cache's name
 * @active_objs: objects in use; those on a CPU's own slab count as in use
 * @num_objs: objects in all slabs
 * @objsize: bytes from one object to the next
 * @objperslab: objects in a slab of the preferred order
 * @pagesperslab: frames in such a slab
 * @limit: tunable; 0
 * @batchcount: tunable; 0
 * @shared: tunable; 0
 * @active_slabs: slabs; the same as @num_slabs
 * @num_slabs: slabs
 * @shared_avail: 0
 * @object_bytes: what the user of the cache asked for (not in slabinfo)
 * @align: alignment of objects (not in slabinfo)
 * @flags: SHADOW_SLAB_* (not in slabinfo)
 * @nr_partial: slabs on the nodes' partial lists (not in slabinfo)
 * @nr_cpu_slabs: slabs that CPUs have for their own, those on their partial
 *	lists included (not in slabinfo)
 */
struct shadow_slabinfo {
	char name[SHADOW_SLAB_NAME];
	u64 active_objs;
	u64 num_objs;
	u32 objsize;
	u32 objperslab;
	u32 pagesperslab;
	u32 limit;
	u32 batchcount;
	u32 shared;
	u64 active_slabs;
	u64 num_slabs;
	u64 shared_avail;
	u32 object_bytes;
	u32 align;
	u32 flags;
	u64 nr_partial;
	u64 nr_cpu_slabs;
};

/**
 * struct shadow_kmalloc_sizes - what was asked for of one class, by all CPUs
 * @name: "kmalloc-N", or "page allocator" for what is larger
 * @class_bytes: of an object; 0: depends
 * @nr: requests since the layer came up, refused ones too
 * @bytes: that they asked for
 * @given: that they were given
 */
struct shadow_kmalloc_sizes {
	char name[SHADOW_SLAB_NAME];
	u32 class_bytes;
	u64 nr;
	u64 bytes;
	u64 given;
};

u64 shadow_slab_bytes(const struct shadow_slab_config *cfg,
		      unsigned int nr_cpus);
int shadow_slab_init(struct shadow_slab *slab, struct shadow_nodes *nodes,
		     const struct shadow_slab_config *cfg, unsigned int nr_cpus,
		     void *mem);
void shadow_slab_record_stop(struct shadow_slab *slab);
u64 shadow_slab_fini(struct shadow_slab *slab);
const char *shadow_slab_source(const struct shadow_slab *slab);
const char *shadow_slab_booted(const struct shadow_slab *slab);
int shadow_slab_step_text(const struct shadow_slab *slab, unsigned int nr,
			  char *text, size_t bytes);
void shadow_slab_grace(struct shadow_slab *slab);
u64 shadow_slab_nr_waiting(struct shadow_slab *slab);
bool shadow_slab_reclaimable(struct shadow_slab *slab,
			     const struct shadow_page *page);
int shadow_slab_verify(struct shadow_slab *slab, struct shadow_fault *fault);
int shadow_slab_verify_at(struct shadow_slab *slab, const void *virt,
			  struct shadow_fault *fault);

struct shadow_kmem_cache *
shadow_kmem_cache_create(struct shadow_slab *slab, const char *name,
			 u32 bytes, u32 align, u32 flags, void (*ctor)(void *));
int shadow_kmem_cache_destroy(struct shadow_kmem_cache *cache);
int shadow_kmem_cache_destroy_name(struct shadow_slab *slab, const char *name);
int shadow_slab_reap(struct shadow_slab *slab, unsigned int cpu);
int shadow_kmem_cache_shrink(struct shadow_kmem_cache *cache);
void *shadow_kmem_cache_alloc(struct shadow_kmem_cache *cache, u32 gfp);
void *shadow_kmem_cache_alloc_cpu(struct shadow_kmem_cache *cache,
				  unsigned int cpu, u32 gfp);
void *shadow_kmem_cache_alloc_node(struct shadow_kmem_cache *cache, u32 gfp,
				   unsigned int nid);
int shadow_kmem_cache_free(struct shadow_kmem_cache *cache, void *object);
int shadow_kmem_cache_free_cpu(struct shadow_kmem_cache *cache,
			       unsigned int cpu, void *object);
u32 shadow_kmem_cache_alloc_bulk(struct shadow_kmem_cache *cache, u32 gfp,
				 u32 nr, void **objects);
u32 shadow_kmem_cache_free_bulk(struct shadow_kmem_cache *cache, u32 nr,
				void **objects);
bool shadow_slab_name_ok(const char *name);
bool shadow_slab_name_matches(const char *list, const char *name);

void *shadow_kmalloc(struct shadow_slab *slab, u64 bytes, u32 gfp);
void *shadow_kmalloc_cpu(struct shadow_slab *slab, unsigned int cpu, u64 bytes,
			 u32 gfp);
void *shadow_kmalloc_node(struct shadow_slab *slab, u64 bytes, u32 gfp,
			  unsigned int nid);
void *shadow_kmalloc_array(struct shadow_slab *slab, u64 nr, u64 bytes, u32 gfp);
void *shadow_kzalloc(struct shadow_slab *slab, u64 bytes, u32 gfp);
void *shadow_kcalloc(struct shadow_slab *slab, u64 nr, u64 bytes, u32 gfp);
void *shadow_krealloc(struct shadow_slab *slab, const void *object, u64 bytes,
		      u32 gfp);
int shadow_kfree(struct shadow_slab *slab, const void *object);
int shadow_kfree_cpu(struct shadow_slab *slab, unsigned int cpu,
		     const void *object);
size_t shadow_ksize(struct shadow_slab *slab, const void *object);
bool shadow_kmalloc_sizes(const struct shadow_slab *slab, unsigned int i,
			  struct shadow_kmalloc_sizes *sizes);

struct shadow_kmem_cache *shadow_slab_next(struct shadow_slab *slab,
					   struct shadow_kmem_cache *cache);
struct shadow_kmem_cache *shadow_slab_find(struct shadow_slab *slab,
					   const char *name);
const char *shadow_kmem_cache_name(const struct shadow_kmem_cache *cache);
void shadow_slab_get_info(struct shadow_kmem_cache *cache,
			  struct shadow_slabinfo *info);

#endif /* SHADOW_SLAB_H */
