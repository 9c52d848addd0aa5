/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_zone - the memmap, nodes, zones, zonelists and watermarks: what the
 * page allocator works on. Follows include/linux/mmzone.h, mm/mm_init.c.
 *
 * A page's links are 32-bit indices into the memmap, never pointers: what lies
 * in the block can be corrupted, so an index is range-checked before it is
 * followed.
 */
#ifndef SHADOW_ZONE_H
#define SHADOW_ZONE_H

#include "shadow_block.h"
#include "shadow_compat.h"
#include "shadow_event.h"
#include "shadow_fault.h"

#define SHADOW_MAX_NODES	8
#define SHADOW_MAX_ORDER	18	/* largest order any machine may have */
#define SHADOW_NR_ORDERS	(SHADOW_MAX_ORDER + 1)
#define SHADOW_NO_PAGE		U32_MAX	/* index that names no page */

enum shadow_zone_type {
	SHADOW_ZONE_DMA,
	SHADOW_ZONE_DMA32,
	SHADOW_ZONE_NORMAL,
	SHADOW_ZONE_HIGHMEM,
	SHADOW_ZONE_MOVABLE,
	SHADOW_ZONE_DEVICE,
	SHADOW_MAX_NR_ZONES
};

enum shadow_migratetype {
	SHADOW_MIGRATE_UNMOVABLE,
	SHADOW_MIGRATE_MOVABLE,
	SHADOW_MIGRATE_RECLAIMABLE,
	SHADOW_MIGRATE_HIGHATOMIC,
	SHADOW_MIGRATE_TYPES
};

#define SHADOW_MIGRATE_PCPTYPES	SHADOW_MIGRATE_HIGHATOMIC

enum shadow_watermark {
	SHADOW_WMARK_MIN,
	SHADOW_WMARK_LOW,
	SHADOW_WMARK_HIGH,
	SHADOW_NR_WMARK
};

/*
 * What a frame is. NONE is the rest of a block whose first frame says what the
 * block is, so that allocating and freeing a block of any order writes one
 * struct shadow_page.
 */
enum shadow_page_state {
	SHADOW_PAGE_NONE,	/* inside a block, see its first frame */
	SHADOW_PAGE_HOLE,	/* no memory here */
	SHADOW_PAGE_RESERVED,	/* never handed to the buddy; one frame */
	SHADOW_PAGE_BUDDY,	/* first frame of a free block in a free area */
	SHADOW_PAGE_PCP,	/* first frame of a block on a per-CPU list */
	SHADOW_PAGE_ALLOCATED,	/* first frame of a block in use */
	SHADOW_NR_PAGE_STATES
};

/* Who owns a block in use (or a reserved frame); audit sums over these. */
enum shadow_owner {
	SHADOW_OWNER_NONE,
	SHADOW_OWNER_DIRECT,	/* alloc_pages by whoever asked */
	SHADOW_OWNER_TABLE,	/* translation tables */
	SHADOW_OWNER_SLAB,
	SHADOW_OWNER_KMALLOC,	/* kmalloc too large for a slab */
	SHADOW_OWNER_VMALLOC,
	SHADOW_OWNER_KMAP,
	SHADOW_OWNER_USER,	/* pages of shadow processes */
	SHADOW_OWNER_SHARED,	/* other machines live in them */
	SHADOW_OWNER_MEMMAP,	/* the memmap itself (reserved) */
	SHADOW_OWNER_IMAGE,	/* kernel image, device tree, initrd (reserved) */
	SHADOW_OWNER_EARLY,	/* other early reservations */
	SHADOW_NR_OWNERS
};

extern const char *const shadow_zone_names[SHADOW_MAX_NR_ZONES];
extern const char *const shadow_migratetype_names[SHADOW_MIGRATE_TYPES];
extern const char *const shadow_owner_names[SHADOW_NR_OWNERS];
extern const char *const shadow_page_state_names[SHADOW_NR_PAGE_STATES];

/*
 * Layout of struct shadow_page.flags. State, order, migratetype, zone and node
 * are adjacent so that "is this frame the first of a free block of this order
 * in this zone" is one masked compare.
 */
#define SHADOW_PF_STATE_SHIFT	0	/* 4 bits, enum shadow_page_state */
#define SHADOW_PF_ORDER_SHIFT	4	/* 5 bits */
#define SHADOW_PF_OWNER_SHIFT	9	/* 5 bits, enum shadow_owner */
#define SHADOW_PF_MT_SHIFT	14	/* 3 bits, enum shadow_migratetype */
#define SHADOW_PF_ZONE_SHIFT	26	/* 3 bits, enum shadow_zone_type */
#define SHADOW_PF_NODE_SHIFT	29	/* 3 bits */
#define SHADOW_PF_STATE_MASK	(0xfU << SHADOW_PF_STATE_SHIFT)
#define SHADOW_PF_ORDER_MASK	(0x1fU << SHADOW_PF_ORDER_SHIFT)
#define SHADOW_PF_OWNER_MASK	(0x1fU << SHADOW_PF_OWNER_SHIFT)
#define SHADOW_PF_MT_MASK	(0x7U << SHADOW_PF_MT_SHIFT)
#define SHADOW_PF_ZONE_MASK	(0x7U << SHADOW_PF_ZONE_SHIFT)
#define SHADOW_PF_NODE_MASK	(0x7U << SHADOW_PF_NODE_SHIFT)
#define SHADOW_PF_PLACE_MASK	(SHADOW_PF_ZONE_MASK | SHADOW_PF_NODE_MASK)

/**
 * struct shadow_page - one page frame
 * @flags: SHADOW_PF_*: state, order, owner, migratetype, zone and node. The
 *	zone and node never change. The rest is written under the zone's lock
 *	when the frame enters or leaves a free area, under the per-CPU list's
 *	lock when it enters or leaves that, and by its owner in between.
 * @refcount: users of a block in use; the block is freed when it drops to 0
 * @next: index of the next page on the list that this page is on
 * @prev: index of the previous one
 * @private: for the owner of a block in use
 * @slab: for slab pages
 * @slab.freelist: encoded index of the first free object
 * @slab.inuse: objects handed out (and on a cpu slab's own freelist)
 * @slab.objects: objects that the slab holds
 * @slab.cache: the cache's id
 * @slab.state: of the engine, which list the slab is on
 */
struct shadow_page {
	u32 flags;
	atomic_t refcount;
	u32 next;
	u32 prev;
	union {
		u64 private[2];
		struct {
			u32 freelist;
			u16 inuse;
			u16 objects;
			u32 cache;
			u32 state;
		} slab;
	};
};

static_assert(sizeof(struct shadow_page) == 32);

/**
 * struct shadow_page_list - a list of pages, linked by indices
 * @first: index of the first page, or SHADOW_NO_PAGE
 * @last: index of the last page, or SHADOW_NO_PAGE
 */
struct shadow_page_list {
	u32 first;
	u32 last;
};

/* Stretches of memory that have a memmap each; more holes have entries */
#define SHADOW_MEMMAP_BANKS	64

/**
 * struct shadow_memmap_bank - frames in a row whose entries are in a row
 * @start_pfn: frame of the first entry
 * @first: index of that entry; the next bank's first ends it
 */
struct shadow_memmap_bank {
	u64 start_pfn;
	u32 first;
};

/**
 * struct shadow_memmap - one struct shadow_page for every frame
 * @pages: the array
 * @start_pfn: frame of the first entry
 * @end_pfn: frame after the last one with memory
 * @nr: number of entries
 * @skew: start_pfn modulo the frames in a block of the largest order, so that
 *	(index + skew) has a block's alignment where the frame has
 * @nr_banks: entries of @bank, at least 1
 * @bank: ascending. Between two of them is a hole whose entries would be for
 *	nobody; they begin and end where blocks of the largest order do, so that
 *	a block and its buddy are in the same. At the end of each but the last is
 *	an entry of a frame without memory: allocated frames whose entries are in
 *	a row are in a row.
 */
struct shadow_memmap {
	struct shadow_page *pages;
	u64 start_pfn;
	u64 end_pfn;
	u32 nr;
	u32 skew;
	unsigned int nr_banks;
	struct shadow_memmap_bank bank[SHADOW_MEMMAP_BANKS];
};

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
struct shadow_memblock;

/**
 * struct shadow_zone - frames of one node that serve the same needs
 * @lock: protects everything that follows up to @nodes, and the state of the
 *	frames that are in a free area. Taken inside a per-CPU list's lock,
 *	outside nothing. Interrupts off.
 * @nr_free: frames in the free areas (not those on per-CPU lists)
 * @free_area: blocks by order
 * @orders: per migratetype, bit n is set while free_area[n] has such a block
 * @nodes: the layer it belongs to
 * @memmap: the memmap, here too for the fast path
 * @type: which zone this is
 * @nid: node
 * @start_pfn: first frame spanned
 * @spanned: frames from the first to the last
 * @present: of those, the ones with memory
 * @managed: of those, the ones handed to the buddy
 * @mark: watermarks in frames, enum shadow_watermark
 * @lowmem_reserve: frames kept back from an allocation whose highest zone is
 *	the index
 * @pcp_batch: frames that move at once between the zone and a per-CPU list
 * @pcp_high: frames on a per-CPU list from which it is drained
 * @pcp: per-CPU lists, one entry per CPU of the machine; NULL: there are none
 */
struct shadow_zone {
	raw_spinlock_t lock;
	u64 nr_free;
	u32 orders[SHADOW_MIGRATE_TYPES];
	struct shadow_free_area free_area[SHADOW_NR_ORDERS];

	struct shadow_nodes *nodes;
	struct shadow_memmap *memmap;
	enum shadow_zone_type type;
	int nid;
	u64 start_pfn;
	u64 spanned;
	u64 present;
	u64 managed;
	u64 mark[SHADOW_NR_WMARK];
	u64 lowmem_reserve[SHADOW_MAX_NR_ZONES];
	u32 pcp_batch;
	u32 pcp_high;
	struct shadow_pcp *pcp;
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

/**
 * struct shadow_node - pglist_data of one node
 * @nid: its number
 * @nr_zones: index of the highest populated zone, plus 1
 * @start_pfn: first frame
 * @spanned: frames from the first to the last
 * @present: of those, the ones with memory
 * @zone: its zones, populated or not
 * @fallback: zonelist with all nodes
 * @nofallback: zonelist with this node's zones only
 */
struct shadow_node {
	int nid;
	unsigned int nr_zones;
	u64 start_pfn;
	u64 spanned;
	u64 present;
	struct shadow_zone zone[SHADOW_MAX_NR_ZONES];
	struct shadow_zonelist fallback;
	struct shadow_zonelist nofallback;
};

/**
 * struct shadow_nodes - the layer: all nodes of a machine
 * @block: how contents are reached; virt is NULL where there are none
 * @events: where hooks report to
 * @fault: raised when an invariant is found broken; freezes the allocator
 * @memmap: all frames
 * @pageblock_mt: migratetype of each pageblock of the memmap
 * @page_shift: log2 of the bytes in a frame
 * @max_order: largest order of a block, inclusive
 * @pageblock_log2: log2 of the frames in a pageblock
 * @nr_nodes: nodes in use
 * @nr_cpus: CPUs that have per-CPU lists
 * @min_free_kbytes: what the watermarks are computed from
 * @watermark_scale_factor: distance of the watermarks, in 1/10000 of a zone
 * @zone_limit: per zone type, frame at which it ends (0: never populated)
 * @node: the nodes
 */
struct shadow_nodes {
	const struct shadow_block *block;
	struct shadow_event_log *events;
	struct shadow_fault *fault;
	struct shadow_memmap memmap;
	u8 *pageblock_mt;
	unsigned int page_shift;
	unsigned int max_order;
	unsigned int pageblock_log2;
	unsigned int nr_nodes;
	unsigned int nr_cpus;
	u64 min_free_kbytes;
	unsigned int watermark_scale_factor;
	u64 zone_limit[SHADOW_MAX_NR_ZONES];
	struct shadow_node node[SHADOW_MAX_NODES];
};

/* Fields of flags */
static inline enum shadow_page_state shadow_page_state(const struct shadow_page *page)
{
	return (READ_ONCE(page->flags) & SHADOW_PF_STATE_MASK) >> SHADOW_PF_STATE_SHIFT;
}

static inline unsigned int shadow_page_order(const struct shadow_page *page)
{
	return (READ_ONCE(page->flags) & SHADOW_PF_ORDER_MASK) >> SHADOW_PF_ORDER_SHIFT;
}

static inline unsigned int shadow_page_owner(const struct shadow_page *page)
{
	return (READ_ONCE(page->flags) & SHADOW_PF_OWNER_MASK) >> SHADOW_PF_OWNER_SHIFT;
}

static inline unsigned int shadow_page_mt(const struct shadow_page *page)
{
	return (READ_ONCE(page->flags) & SHADOW_PF_MT_MASK) >> SHADOW_PF_MT_SHIFT;
}

static inline unsigned int shadow_page_zonenum(const struct shadow_page *page)
{
	return (READ_ONCE(page->flags) & SHADOW_PF_ZONE_MASK) >> SHADOW_PF_ZONE_SHIFT;
}

static inline unsigned int shadow_page_nid(const struct shadow_page *page)
{
	return (READ_ONCE(page->flags) & SHADOW_PF_NODE_MASK) >> SHADOW_PF_NODE_SHIFT;
}

/* All of flags but zone and node, for one store */
#define SHADOW_PF(state, order, owner, mt) \
	(((u32)(state) << SHADOW_PF_STATE_SHIFT) | \
	 ((u32)(order) << SHADOW_PF_ORDER_SHIFT) | \
	 ((u32)(owner) << SHADOW_PF_OWNER_SHIFT) | \
	 ((u32)(mt) << SHADOW_PF_MT_SHIFT))

/**
 * shadow_page_set() - say anew what a frame is; its zone and node stay
 * @page: the frame
 * @pf: SHADOW_PF() of the rest
 *
 * Context: whoever may write flags, see struct shadow_page.
 */
static inline void shadow_page_set(struct shadow_page *page, u32 pf)
{
	WRITE_ONCE(page->flags, (page->flags & SHADOW_PF_PLACE_MASK) | pf);
}

/**
 * shadow_page_at() - the page of an index that cannot be trusted
 * @memmap: the memmap
 * @index: index, possibly read from corrupted memory
 *
 * Context: any.
 * Return: the page, or NULL where the index is out of range.
 */
static inline struct shadow_page *
shadow_page_at(const struct shadow_memmap *memmap, u32 index)
{
	return likely(index < memmap->nr) ? &memmap->pages[index] : NULL;
}

static inline u32 shadow_page_index(const struct shadow_memmap *memmap,
				    const struct shadow_page *page)
{
	return page - memmap->pages;
}

u64 shadow_memmap_bank_pfn(const struct shadow_memmap *memmap, u32 index);
u32 shadow_memmap_bank_index(const struct shadow_memmap *memmap, u64 pfn);

/**
 * shadow_index_to_pfn() - frame of an entry of the memmap
 * @memmap: the memmap
 * @index: index of the entry
 *
 * Context: any.
 * Return: frame number.
 */
static inline u64 shadow_index_to_pfn(const struct shadow_memmap *memmap,
				      u32 index)
{
	if (likely(memmap->nr_banks <= 1))
		return memmap->start_pfn + index;
	return shadow_memmap_bank_pfn(memmap, index);
}

/**
 * shadow_pfn_to_index() - entry of a frame
 * @memmap: the memmap
 * @pfn: frame number, any value
 *
 * Context: any.
 * Return: index, or SHADOW_NO_PAGE where the memmap has none.
 */
static inline u32 shadow_pfn_to_index(const struct shadow_memmap *memmap,
				      u64 pfn)
{
	u64 index = pfn - memmap->start_pfn;

	if (likely(memmap->nr_banks <= 1))
		return index < memmap->nr ? index : SHADOW_NO_PAGE;
	return shadow_memmap_bank_index(memmap, pfn);
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

static inline struct shadow_zone *
shadow_page_zone(struct shadow_nodes *nodes, const struct shadow_page *page)
{
	unsigned int type = shadow_page_zonenum(page);

	/* Three bits, six zones: what lies in the block may be corrupt */
	if (unlikely(type >= SHADOW_MAX_NR_ZONES))
		type = SHADOW_ZONE_DEVICE;
	return &nodes->node[shadow_page_nid(page)].zone[type];
}

/* The bits of a page's flags that say in which zone and node it lies */
static inline u32 shadow_zone_place(const struct shadow_zone *zone)
{
	return (u32)zone->type << SHADOW_PF_ZONE_SHIFT |
	       (u32)zone->nid << SHADOW_PF_NODE_SHIFT;
}

static inline bool shadow_zone_populated(const struct shadow_zone *zone)
{
	return zone->present != 0;
}

/* Whether a block of this order may start at this index */
static inline bool shadow_page_aligned(const struct shadow_memmap *memmap,
				       u32 index, unsigned int order)
{
	return !((index + memmap->skew) & ((u32)BIT(order) - 1));
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
	u8 mt = READ_ONCE(nodes->pageblock_mt[(index + nodes->memmap.skew) >>
					      nodes->pageblock_log2]);

	/* The array lies in the block and may be corrupt */
	return likely(mt < SHADOW_MIGRATE_TYPES) ? mt : SHADOW_MIGRATE_UNMOVABLE;
}

void shadow_nodes_init(struct shadow_nodes *nodes,
		       const struct shadow_block *block,
		       struct shadow_event_log *events,
		       struct shadow_fault *fault, unsigned int page_shift,
		       unsigned int max_order);
u64 shadow_memmap_bytes(struct shadow_nodes *nodes,
			const struct shadow_memblock *mb);
void shadow_free_area_init(struct shadow_nodes *nodes,
			   const struct shadow_memblock *mb, void *memmap);
u32 shadow_memmap_first(const struct shadow_memmap *memmap, u64 pfn);
void shadow_build_zonelists(struct shadow_nodes *nodes);
void shadow_zone_setup_watermarks(struct shadow_nodes *nodes);
u64 shadow_nodes_managed(const struct shadow_nodes *nodes);
u64 shadow_nodes_free(const struct shadow_nodes *nodes);
unsigned int shadow_pageblocks(const struct shadow_nodes *nodes);
int shadow_zone_verify(struct shadow_nodes *nodes, struct shadow_fault *fault);

struct shadow_zone *shadow_first_zone(struct shadow_nodes *nodes);
struct shadow_zone *shadow_next_zone(struct shadow_zone *zone);

#endif /* SHADOW_ZONE_H */
