/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_zone - nodes and zones: what the page allocator works on. Follows
 * include/linux/mmzone.h, mm/mm_init.c.
 */
#ifndef SHADOW_ZONE_H
#define SHADOW_ZONE_H

#include "shadow_block.h"
#include "shadow_compat.h"
#include "shadow_event.h"
#include "shadow_fail.h"
#include "shadow_fault.h"
#include "shadow_memmap.h"

/* As include/linux/topology.h has them */
#define SHADOW_LOCAL_DISTANCE	10
#define SHADOW_REMOTE_DISTANCE	20

enum shadow_zone_type {
	SHADOW_ZONE_DMA,
	SHADOW_ZONE_DMA32,
	SHADOW_ZONE_NORMAL,
	SHADOW_ZONE_HIGHMEM,
	SHADOW_ZONE_MOVABLE,
	SHADOW_ZONE_DEVICE,
	SHADOW_MAX_NR_ZONES
};

/* What a node has; one bit per node each. enum node_states of the kernel. */
enum shadow_node_state {
	SHADOW_N_ONLINE,	/* it is there, with or without memory */
	SHADOW_N_NORMAL_MEMORY,	/* memory of a zone up to NORMAL */
	SHADOW_N_HIGH_MEMORY,	/* memory of a zone up to HIGHMEM */
	SHADOW_N_MEMORY,	/* memory, also MOVABLE alone */
	SHADOW_N_CPU,		/* a CPU of the machine is its */
	SHADOW_NR_NODE_STATES
};

enum shadow_migratetype {
	SHADOW_MIGRATE_UNMOVABLE,
	SHADOW_MIGRATE_MOVABLE,
	SHADOW_MIGRATE_RECLAIMABLE,
	SHADOW_MIGRATE_HIGHATOMIC,
	SHADOW_MIGRATE_TYPES
};

#define SHADOW_MIGRATE_PCPTYPES	SHADOW_MIGRATE_HIGHATOMIC

/*
 * What is known of a pageblock, one byte each. MIXED: a fallback has put frames
 * of another type in it, and it was not wholly free since. SHARED: another zone
 * has a part in it, or nobody; it never changes sides.
 */
#define SHADOW_PAGEBLOCK_MT	0x03U	/* enum shadow_migratetype */
#define SHADOW_PAGEBLOCK_SHARED	0x40U
#define SHADOW_PAGEBLOCK_MIXED	0x80U

enum shadow_watermark {
	SHADOW_WMARK_MIN,
	SHADOW_WMARK_LOW,
	SHADOW_WMARK_HIGH,
	SHADOW_WMARK_PROMO,
	SHADOW_NR_WMARK
};

extern const char *const shadow_zone_names[SHADOW_MAX_NR_ZONES];
extern const char *const shadow_migratetype_names[SHADOW_MIGRATE_TYPES];

/**
 * struct shadow_free_area - free blocks of one order
 * @list: one list per migratetype
 * @nr_free: blocks on all of them
 */
struct shadow_free_area {
	struct shadow_page_list list[SHADOW_MIGRATE_TYPES];
	u64 nr_free;
};

struct shadow_nodes;
struct shadow_pcp;
struct shadow_pcp_policy;
struct shadow_why;
struct shadow_frag;
struct shadow_memblock;

#define SHADOW_ZONE_SLOTS	8	/* three bits of a page's flags */

/* Bytes that keep two CPUs apart: neighbouring cache lines come in pairs */
#define SHADOW_LINE_PAIR	128

/* Written under the zone's lock, read without: struct shadow_zone.flags */
#define SHADOW_ZONE_RECLAIM_ACTIVE	BIT(0)	/* the reclaimer is at work on it */
#define SHADOW_ZONE_BELOW_HIGH		BIT(1)	/* was seen below its high mark */

/* Events that a zone counts under its lock */
enum shadow_zone_told {
	SHADOW_ZONE_SPLIT,
	SHADOW_ZONE_MERGE,
	SHADOW_ZONE_REFILL,
	SHADOW_ZONE_DRAIN,
	SHADOW_NR_ZONE_TOLD
};

/**
 * struct shadow_zone - frames of one node that serve the same needs
 * @nodes: the layer it belongs to
 * @memmap: the memmap, here too for the fast path
 * @pcp: per-CPU lists, one entry per CPU of the machine; NULL: there are none
 * @flags: SHADOW_ZONE_*
 * @type: which zone this is
 * @nid: node
 * @place: both as they are in the flags of its pages
 * @pcp_batch: frames that move at once between the zone and a per-CPU list
 * @pcp_high_min: frames that a CPU's lists may hold at least, before they are
 *	drained
 * @pcp_high_max: the most to which that grows for who frees much at once
 * @mark: watermarks in frames, enum shadow_watermark
 * @watermark_boost: frames added to each mark for a while, after a fallback
 * @watermark_boosted: the reclaimer is still to be woken for that
 * @lowmem_reserve: frames kept back from an allocation whose highest zone is
 *	the index
 * @start_pfn: first frame spanned
 * @spanned: frames from the first to the last
 * @present: of those, the ones with memory
 * @managed: of those, the ones handed to the buddy
 * @pad: what is above is read by every allocation and hardly ever written, what
 *	is below is written at each visit of the free areas: not in one cache line
 * @lock: protects everything that follows, @flags and the boost, and the state
 *	of the frames that are in a free area. Taken inside a per-CPU list's
 *	lock, outside nothing. Interrupts off.
 * @nr_free: frames in the free areas (not those on per-CPU lists)
 * @nr_reserved_highatomic: frames of the pageblocks of type HIGHATOMIC
 * @nr_free_highatomic: of those, the ones in the free areas
 * @nr_mixed: pageblocks with SHADOW_PAGEBLOCK_MIXED
 * @area_pad: what is above is read by every allocation, and looked at by who
 *	waits for the lock: who holds it and moves many blocks writes it once,
 *	and what is below for each of them
 * @frag_left: operations until the next sample of shadow_frag
 * @frag_interval: what that started from
 * @frag_ops: operations until that start
 * @orders: per migratetype, bit n is set while free_area[n] has such a block
 * @free_area: blocks by order
 * @nr_told: what happened here while counters were on, enum shadow_zone_told
 * @nr_wakes: how often its reclaimer was to be woken; not under the lock
 * @nr_alloc: frames that were allocated, but for those that a CPU's lists count;
 *	not under the lock, as counters have it
 * @nr_freed: likewise, frames that were freed
 * @nr_beyond: of those in @nr_alloc, the ones behind an allocation's first
 */
struct shadow_zone {
	struct shadow_nodes *nodes;
	struct shadow_memmap *memmap;
	struct shadow_pcp *pcp;
	u32 flags;
	enum shadow_zone_type type;
	int nid;
	u32 place;
	u32 pcp_batch;
	u32 pcp_high_min;
	u32 pcp_high_max;
	u64 mark[SHADOW_NR_WMARK];
	u64 watermark_boost;
	bool watermark_boosted;
	u64 lowmem_reserve[SHADOW_MAX_NR_ZONES];
	u64 start_pfn;
	u64 spanned;
	u64 present;
	u64 managed;

	u8 pad[SHADOW_LINE_PAIR];

	raw_spinlock_t lock;
	u64 nr_free;
	u64 nr_reserved_highatomic;
	u64 nr_free_highatomic;
	u64 nr_mixed;

	u8 area_pad[SHADOW_LINE_PAIR];

	u32 frag_left;
	u32 frag_interval;
	u64 frag_ops;
	u32 orders[SHADOW_MIGRATE_TYPES];
	struct shadow_free_area free_area[SHADOW_NR_ORDERS];
	u64 nr_told[SHADOW_NR_ZONE_TOLD];
	atomic64_t nr_wakes;
	atomic64_t nr_alloc;
	atomic64_t nr_freed;
	atomic64_t nr_beyond;
};

/**
 * struct shadow_zonelist - zones in the order in which they are tried
 * @nr: how many
 * @zone: the zones; those above what an allocation may use are skipped
 */
struct shadow_zonelist {
	unsigned int nr;
	struct shadow_zone *zone[SHADOW_MAX_NODES * SHADOW_MAX_NR_ZONES];
};

/* The low bits of SHADOW_GFP_*: zone modifiers and mobility */
#define SHADOW_NR_FAST		32
/* The two of them that are mobility */
#define SHADOW_NR_GFP_MT	4

/**
 * struct shadow_fast - what the fast path knows of an allocation beforehand
 * @zone: the first zone of the node's fallback list that it may use; NULL: it
 *	has no per-CPU lists, or the allocation is for the slow path
 * @reserve: of that zone's lowmem_reserve[], the one that counts
 */
struct shadow_fast {
	struct shadow_zone *zone;
	const u64 *reserve;
};

/**
 * struct shadow_node - pglist_data of one node
 * @nid: its number
 * @nr_zones: index of the highest zone that spans frames, plus 1
 * @start_pfn: first frame
 * @spanned: frames from the first to the last
 * @present: of those, the ones with memory
 * @totalreserve: frames that its zones keep back, marks and reserves together
 * @zone: its zones, populated or not
 * @fallback: zonelist with all nodes
 * @nofallback: zonelist with this node's zones only
 * @fast: by the low bits of SHADOW_GFP_*
 */
struct shadow_node {
	int nid;
	unsigned int nr_zones;
	u64 start_pfn;
	u64 spanned;
	u64 present;
	u64 totalreserve;
	struct shadow_zone zone[SHADOW_MAX_NR_ZONES];
	struct shadow_zonelist fallback;
	struct shadow_zonelist nofallback;
	struct shadow_fast fast[SHADOW_NR_FAST];
};

/**
 * struct shadow_core - an amount of memory, as kernelcore= and movablecore= have it
 * @bytes: that much, where @percent is 0
 * @percent: of all memory; 0: not said in percent
 */
struct shadow_core {
	u64 bytes;
	unsigned int percent;
};

/**
 * struct shadow_nodes - the layer: all nodes of a machine
 * @walk_lock: whoever takes the locks of several per-CPU lists, or of several
 *	zones, at once, takes this one first: outside all of those. Interrupts
 *	off.
 * @block: how contents are reached; virt is NULL where there are none
 * @events: where hooks report to
 * @counts: what @events are told of frames, see shadow_page_count.c
 * @numa_miss: allocations that got frames of another node than the first that
 *	they might have had, as counters have it; not under a lock
 * @numa_other: likewise, of another node than the CPU's
 * @fault: raised when an invariant is found broken; freezes the allocator
 * @fail: allocations that fail on purpose; NULL: none
 * @why: which way allocations went; NULL: nothing is remembered
 * @page_owner: who allocated which frames; NULL: nobody notes that
 * @memmap: all frames
 * @pageblock_mt: migratetype of each pageblock of the memmap, and
 *	SHADOW_PAGEBLOCK_*
 * @linear_offset: what is added to a physical address to get that of the linear
 *	map
 * @page_shift: log2 of the bytes in a frame
 * @max_order: largest order of a block, inclusive
 * @pageblock_log2: log2 of the frames in a pageblock
 * @nr_nodes: nodes in use
 * @nr_cpus: CPUs that have per-CPU lists
 * @min_free_kbytes: what the watermarks are computed from
 * @user_min_free_kbytes: what a user has set that to; -1: nobody has
 * @totalreserve: frames that all zones keep back
 * @watermark_scale_factor: distance of the watermarks, in 1/10000 of a zone
 * @watermark_boost_factor: largest boost, in 1/10000 of the high mark; 0: none
 * @lowmem_reserve_ratio: per zone type; 0: nothing is kept back
 * @pcp_high_fraction: percpu_pagelist_high_fraction: a CPU's lists may hold so
 *	small a part of a zone, for all CPUs together; 0: by the watermarks
 * @pcp_orders: bit n is set while blocks of order n have per-CPU lists
 * @pcp_huge_order: order of a huge page that has per-CPU lists, or
 *	SHADOW_PCP_NO_HUGE
 * @pcp_policy: how per-CPU lists grow and shrink; NULL: there are none
 * @mobility_off: pages are not grouped by mobility
 * @gfp_mt: enum shadow_migratetype by the two mobility bits of SHADOW_GFP_*
 * @wake_reclaim: somebody found no zone above its low mark; NULL: nobody listens
 * @reclaim_ctx: handed to it
 * @frag: samples of how broken up the zones are; NULL: there are none
 * @zone_limit: per zone type, frame at which it ends (0: never populated)
 * @kernelcore: what is kept out of MOVABLE; nothing said: what movablecore leaves
 * @movablecore: what MOVABLE has at least; nothing said either: there is none
 * @lowest_pfn: per zone type, frame at which it starts on any node
 * @highest_pfn: per zone type, frame at which it ends; @lowest_pfn: it is empty
 * @movable_pfn: per node, frame from which its memory is MOVABLE's; 0: none is
 * @state: by enum shadow_node_state, which nodes are in it
 * @distance: between nodes, LOCAL 10
 * @zone_at: by the highest six bits of a page's flags, the zone that it is in;
 *	where these name none, DEVICE of that node
 * @node: the nodes
 */
struct shadow_nodes {
	raw_spinlock_t walk_lock;
	const struct shadow_block *block;
	struct shadow_event_log *events;
	struct shadow_event_source counts;
	atomic64_t numa_miss;
	atomic64_t numa_other;
	struct shadow_fault *fault;
	struct shadow_fail *fail;
	struct shadow_why *why;
	struct shadow_page_owner *page_owner;
	struct shadow_memmap memmap;
	u8 *pageblock_mt;
	u64 linear_offset;
	unsigned int page_shift;
	unsigned int max_order;
	unsigned int pageblock_log2;
	unsigned int nr_nodes;
	unsigned int nr_cpus;
	u64 min_free_kbytes;
	s64 user_min_free_kbytes;
	u64 totalreserve;
	unsigned int watermark_scale_factor;
	unsigned int watermark_boost_factor;
	unsigned int lowmem_reserve_ratio[SHADOW_MAX_NR_ZONES];
	u32 pcp_high_fraction;
	u32 pcp_orders;
	unsigned int pcp_huge_order;
	const struct shadow_pcp_policy *pcp_policy;
	bool mobility_off;
	u8 gfp_mt[SHADOW_NR_GFP_MT];
	void (*wake_reclaim)(void *ctx, struct shadow_zone *zone,
			     unsigned int order, enum shadow_zone_type highest);
	void *reclaim_ctx;
	struct shadow_frag *frag;
	u64 zone_limit[SHADOW_MAX_NR_ZONES];
	struct shadow_core kernelcore;
	struct shadow_core movablecore;
	u64 lowest_pfn[SHADOW_MAX_NR_ZONES];
	u64 highest_pfn[SHADOW_MAX_NR_ZONES];
	u64 movable_pfn[SHADOW_MAX_NODES];
	u8 state[SHADOW_NR_NODE_STATES];
	u8 distance[SHADOW_MAX_NODES][SHADOW_MAX_NODES];
	struct shadow_zone *zone_at[SHADOW_MAX_NODES * SHADOW_ZONE_SLOTS];
	struct shadow_node node[SHADOW_MAX_NODES];
};

/**
 * shadow_cpu_node() - the node that a CPU belongs to
 * @nodes: the layer
 * @cpu: CPU
 *
 * CPUs are dealt out to the nodes in turn: as many nodes as possible have one.
 *
 * Context: any.
 * Return: the node, below @nodes->nr_nodes; it may have no memory.
 */
static inline unsigned int shadow_cpu_node(const struct shadow_nodes *nodes,
					   unsigned int cpu)
{
	return likely(nodes->nr_nodes <= 1) ? 0 : cpu % nodes->nr_nodes;
}

/* The number by which the ring names a zone */
static inline u64 shadow_zone_number(const struct shadow_zone *zone)
{
	return zone->nid * SHADOW_MAX_NR_ZONES + zone->type;
}

static inline bool shadow_node_is(const struct shadow_nodes *nodes,
				  unsigned int nid, enum shadow_node_state state)
{
	return nodes->state[state] >> nid & 1;
}

/**
 * shadow_pfn_to_page() - the page of a frame number
 * @nodes: the layer
 * @pfn: frame number, any value
 *
 * Context: any.
 * Return: the page, or NULL where the memmap does not reach.
 */
static inline struct shadow_page *
shadow_pfn_to_page(const struct shadow_nodes *nodes, u64 pfn)
{
	return shadow_page_at(&nodes->memmap,
			      shadow_pfn_to_index(&nodes->memmap, pfn));
}

/* Frames that left a zone, or came back; not for a path that nothing may slow down */
static __always_inline void shadow_zone_count_alloc(struct shadow_zone *zone,
						    u64 nr_pages)
{
	if (shadow_counting())
		atomic64_add(nr_pages, &zone->nr_alloc);
}

/* Of them, @nr_pages are not an allocation's first: see numa_hit of vmstat */
static __always_inline void shadow_zone_count_beyond(struct shadow_zone *zone,
						     u64 nr_pages)
{
	if (nr_pages && shadow_counting())
		atomic64_add(nr_pages, &zone->nr_beyond);
}

/* Laid out for no: what is counted is not worked out beforehand then */
static __always_inline void shadow_zone_count_freed(struct shadow_zone *zone,
						    u64 nr_pages)
{
	if (SHADOW_HOOKED(static_branch_unlikely(&shadow_count_key)))
		atomic64_add(nr_pages, &zone->nr_freed);
}

/* What else happened to it; under its lock */
static __always_inline void shadow_zone_count(struct shadow_zone *zone,
					      enum shadow_zone_told what, u64 nr)
{
	if (shadow_counting())
		zone->nr_told[what] += nr;
}

/* A zone in one number, as events have it; SHADOW_NO_ZONE: none */
#define SHADOW_NO_ZONE	U64_MAX

static inline u64 shadow_zone_id(const struct shadow_zone *zone)
{
	return (u64)zone->nid * SHADOW_MAX_NR_ZONES + zone->type;
}

static inline u64 shadow_page_to_pfn(const struct shadow_nodes *nodes,
				     const struct shadow_page *page)
{
	return shadow_index_to_pfn(&nodes->memmap,
				   shadow_page_index(&nodes->memmap, page));
}

static inline phys_addr_t shadow_page_to_phys(const struct shadow_nodes *nodes,
					      const struct shadow_page *page)
{
	return (phys_addr_t)shadow_page_to_pfn(nodes, page) << nodes->page_shift;
}

static inline void *shadow_page_to_virt(const struct shadow_nodes *nodes,
					const struct shadow_page *page)
{
	return shadow_phys_to_virt(nodes->block, shadow_page_to_phys(nodes, page));
}

/**
 * shadow_virt_to_page() - the page behind a pointer into the block
 * @nodes: the layer
 * @virt: any pointer
 *
 * Context: any.
 * Return: the page, or NULL where the pointer is not inside the block.
 */
static inline struct shadow_page *
shadow_virt_to_page(const struct shadow_nodes *nodes, const void *virt)
{
	return shadow_pfn_to_page(nodes, shadow_virt_to_phys(nodes->block, virt) >>
					 nodes->page_shift);
}

/* The zone that a page's flags say; what lies in the block may be corrupt */
static inline struct shadow_zone *
shadow_flags_zone(struct shadow_nodes *nodes, u32 flags)
{
	return nodes->zone_at[flags >> SHADOW_PF_ZONE_SHIFT];
}

static inline struct shadow_zone *
shadow_page_zone(struct shadow_nodes *nodes, const struct shadow_page *page)
{
	return shadow_flags_zone(nodes, READ_ONCE(page->flags));
}

/* The bits of a page's flags that say in which zone and node it lies */
static inline u32 shadow_zone_place(const struct shadow_zone *zone)
{
	return zone->place;
}

static inline bool shadow_zone_populated(const struct shadow_zone *zone)
{
	return zone->present != 0;
}

/* Log2 of the frames that banks of the memmap are cut into: no block is larger */
static inline unsigned int
shadow_nodes_block_log2(const struct shadow_nodes *nodes)
{
	/* The entries of so many frames fill pages, which can be mapped */
	unsigned int page_log2 = nodes->page_shift -
				 ilog2(sizeof(struct shadow_page));
	unsigned int block_log2 = max(nodes->max_order, nodes->pageblock_log2);

	return nodes->memmap.model == SHADOW_MEMMODEL_VMEMMAP ?
	       max(block_log2, page_log2) : block_log2;
}

/**
 * shadow_pageblock_mt() - migratetype of the pageblock that a page lies in
 * @nodes: the layer
 * @index: index of the page
 *
 * Follows get_pfnblock_migratetype().
 *
 * Context: any; one byte, written under the zone's lock.
 * Return: enum shadow_migratetype.
 */
static inline unsigned int shadow_pageblock_mt(const struct shadow_nodes *nodes,
					       u32 index)
{
	/* The array lies in the block and may be corrupt: two bits, four types */
	return READ_ONCE(nodes->pageblock_mt[index >> nodes->pageblock_log2]) &
	       SHADOW_PAGEBLOCK_MT;
}

void shadow_nodes_set_mobility(struct shadow_nodes *nodes, bool on);
void shadow_nodes_init(struct shadow_nodes *nodes,
		       const struct shadow_block *block,
		       struct shadow_event_log *events,
		       struct shadow_fault *fault, unsigned int page_shift,
		       unsigned int max_order);
void shadow_zone_span_all(struct shadow_nodes *nodes,
			  const struct shadow_memblock *mb);
u64 shadow_memmap_bytes(struct shadow_nodes *nodes,
			const struct shadow_memblock *mb);
void shadow_free_area_init(struct shadow_nodes *nodes,
			   const struct shadow_memblock *mb, void *memmap);
u64 shadow_nodes_managed(const struct shadow_nodes *nodes);
u64 shadow_nodes_free(const struct shadow_nodes *nodes);
unsigned int shadow_pageblocks(const struct shadow_nodes *nodes);
int shadow_zone_verify(struct shadow_nodes *nodes, struct shadow_fault *fault);
int shadow_zone_verify_one(struct shadow_zone *zone, struct shadow_fault *fault);
u64 __shadow_zone_count(struct shadow_zone *zone, enum shadow_page_state state);
unsigned long shadow_nodes_lock(struct shadow_nodes *nodes);
void shadow_nodes_unlock(struct shadow_nodes *nodes, unsigned long irqflags);

struct shadow_zone *shadow_first_zone(struct shadow_nodes *nodes);
struct shadow_zone *shadow_next_zone(struct shadow_zone *zone);

#endif /* SHADOW_ZONE_H */
