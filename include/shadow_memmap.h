/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_memmap - one struct shadow_page for each frame, and which frame each
 * is for. Follows include/linux/mm_types.h and include/asm-generic/memory_model.h.
 *
 * A page's links are 32-bit indices into the memmap, never pointers: what lies
 * in the block can be corrupted, so an index is range-checked before it is
 * followed.
 */
#ifndef SHADOW_MEMMAP_H
#define SHADOW_MEMMAP_H

#include "shadow_block.h"
#include "shadow_compat.h"

#define SHADOW_MAX_NODES	8
#define SHADOW_MAX_ORDER	18	/* largest order any machine may have */
#define SHADOW_NR_ORDERS	(SHADOW_MAX_ORDER + 1)
#define SHADOW_NO_PAGE		U32_MAX	/* index that names no page */

struct shadow_early;
struct shadow_memblock;

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
	SHADOW_PAGE_DEVICE,	/* of zone DEVICE: never the buddy's; one frame */
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
	SHADOW_OWNER_PAGE_OWNER, /* who allocated what, beside the memmap (reserved) */
	SHADOW_NR_OWNERS
};

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
#define SHADOW_PF_COMP		BIT(17)	/* a compound page's first frame */
#define SHADOW_PF_BANK_SHIFT	20	/* 6 bits, bank of the memmap */
#define SHADOW_PF_ZONE_SHIFT	26	/* 3 bits, enum shadow_zone_type */
#define SHADOW_PF_NODE_SHIFT	29	/* 3 bits */
#define SHADOW_PF_STATE_MASK	(0xfU << SHADOW_PF_STATE_SHIFT)
#define SHADOW_PF_ORDER_MASK	(0x1fU << SHADOW_PF_ORDER_SHIFT)
#define SHADOW_PF_ORDER_MAX	(SHADOW_PF_ORDER_MASK >> SHADOW_PF_ORDER_SHIFT)
#define SHADOW_PF_OWNER_MASK	(0x1fU << SHADOW_PF_OWNER_SHIFT)
#define SHADOW_PF_MT_MASK	(0x7U << SHADOW_PF_MT_SHIFT)
#define SHADOW_PF_BANK_MASK	(0x3fU << SHADOW_PF_BANK_SHIFT)
#define SHADOW_PF_ZONE_MASK	(0x7U << SHADOW_PF_ZONE_SHIFT)
#define SHADOW_PF_NODE_MASK	(0x7U << SHADOW_PF_NODE_SHIFT)
#define SHADOW_PF_PLACE_MASK	(SHADOW_PF_ZONE_MASK | SHADOW_PF_NODE_MASK)
#define SHADOW_PF_STAYS		(SHADOW_PF_PLACE_MASK | SHADOW_PF_BANK_MASK)

/**
 * struct shadow_page - one page frame
 * @flags: SHADOW_PF_*: state, order, owner, migratetype, bank, zone and node.
 *	The last three never change. The rest is written under the zone's lock
 *	when the frame enters or leaves a free area, under the per-CPU list's
 *	lock when it enters or leaves that, and by its owner in between. Which
 *	frames are first ones, and of which order, changes under the zone's lock
 *	alone, whoever has the block: who holds it can walk from head to head.
 * @refcount: users of a block in use; the block is freed when it drops to 0
 * @next: index of the next page on the list that this page is on
 * @prev: index of the previous one
 * @private: for the owner of a block in use
 * @user: for pages of processes
 * @user.mapping: what they show
 * @user.index: place there, in pages
 * @user.mapcount: table entries that map the frame
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
			u64 mapping;
			u32 index;
			atomic_t mapcount;
		} user;
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

/* How the memmap is laid out: the models that Linux has had */
enum shadow_memmodel {
	SHADOW_MEMMODEL_FLAT,		/* one array, holes included */
	SHADOW_MEMMODEL_DISCONTIG,	/* an array a node, of its memory */
	SHADOW_MEMMODEL_VMEMMAP,	/* sections, mapped at VMEMMAP */
	SHADOW_NR_MEMMODELS
};

extern const char *const shadow_memmodel_names[SHADOW_NR_MEMMODELS];

/*
 * Banks, as many as SHADOW_PF_BANK can name. The last ones are kept for frames
 * that come while the machine runs: zone DEVICE.
 */
#define SHADOW_MEMMAP_BANKS	64
#define SHADOW_MEMMAP_DEVICES	8
#define SHADOW_MEMMAP_BOOT_BANKS (SHADOW_MEMMAP_BANKS - SHADOW_MEMMAP_DEVICES)

/**
 * struct shadow_memmap_bank - frames in a row whose entries are in a row
 * @start_pfn: frame of the first entry, where a block of the largest order
 *	begins
 * @first: index of that entry, a multiple of such a block's frames
 * @nr: entries; 0: the bank is not in use
 * @nid: node whose memory the entries are to lie in
 */
struct shadow_memmap_bank {
	u64 start_pfn;
	u32 first;
	u32 nr;
	int nid;
};

/* Sections whose banks are found by one leaf of the section table */
#define SHADOW_SECTION_LEAF	256

/**
 * struct shadow_memmap_sections - which bank a section's frames are in
 * @shift: log2 of the frames in a section
 * @first: number of the first section
 * @nr: sections from the first with memory to the last; 0: the model has none
 * @nr_leaves: leaves; the first of them is that of sections without memory
 * @root: per SHADOW_SECTION_LEAF sections, its leaf
 * @bank: the leaves: per section, the first bank that has frames of it, or
 *	U8_MAX
 *
 * The tables may lie in the block and be corrupt: what is read from them is
 * range-checked, and the bank says itself which frames it has.
 */
struct shadow_memmap_sections {
	unsigned int shift;
	u64 first;
	u64 nr;
	u32 nr_leaves;
	u16 *root;
	u8 *bank;
};

/**
 * struct shadow_memmap - one struct shadow_page for every frame
 * @pages: the entry with index 0; banks may lie anywhere above it, so there
 *	need not be one
 * @delta: frame of index 0, of a memmap in one piece; modulo 2^64
 * @nr: all indices are below
 * @many: there is more than one bank
 * @model: how it is laid out
 * @page_shift: log2 of the bytes in a frame
 * @block_log2: log2 of the frames in a block of the largest order. Banks begin,
 *	and but for a flat one end, where such blocks do, in frames and indices:
 *	a block and its buddy are in the same bank, and an index is aligned where
 *	its frame is.
 * @start_pfn: first frame with memory
 * @end_pfn: frame after the last one with memory
 * @max_nr: no bank will ever have an index that is not below
 * @nr_banks: banks of the board's memory, at least 1; ascending, and in model
 *	DISCONTIG by node
 * @nr_devices: banks in use among the last SHADOW_MEMMAP_DEVICES
 * @bank: neighbours by index need not be neighbours by frame: a loop over
 *	entries is one over banks, then over each one's entries
 * @sections: the section table of model VMEMMAP
 */
struct shadow_memmap {
	struct shadow_page *pages;
	u64 delta;
	u32 nr;
	bool many;
	enum shadow_memmodel model;
	unsigned int page_shift;
	unsigned int block_log2;
	u64 start_pfn;
	u64 end_pfn;
	u64 max_nr;
	unsigned int nr_banks;
	unsigned int nr_devices;
	struct shadow_memmap_bank bank[SHADOW_MEMMAP_BANKS];
	struct shadow_memmap_sections sections;
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

/* All of flags but zone, node and bank, for one store */
#define SHADOW_PF(state, order, owner, mt) \
	(((u32)(state) << SHADOW_PF_STATE_SHIFT) | \
	 ((u32)(order) << SHADOW_PF_ORDER_SHIFT) | \
	 ((u32)(owner) << SHADOW_PF_OWNER_SHIFT) | \
	 ((u32)(mt) << SHADOW_PF_MT_SHIFT))

/**
 * shadow_page_set() - say anew what a frame is; its zone, node and bank stay
 * @page: the frame
 * @pf: SHADOW_PF() of the rest
 *
 * Context: whoever may write flags, see struct shadow_page.
 */
static inline void shadow_page_set(struct shadow_page *page, u32 pf)
{
	WRITE_ONCE(page->flags, (page->flags & SHADOW_PF_STAYS) | pf);
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

u64 shadow_memmap_many_pfn(const struct shadow_memmap *memmap, u32 index);
u32 shadow_memmap_many_index(const struct shadow_memmap *memmap, u64 pfn);
u32 shadow_memmap_section_index(const struct shadow_memmap *memmap, u64 pfn);

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
	if (likely(!READ_ONCE(memmap->many)))
		return memmap->delta + index;
	return shadow_memmap_many_pfn(memmap, index);
}

/**
 * shadow_pfn_to_index() - entry of a frame
 * @memmap: the memmap
 * @pfn: frame number, any value
 *
 * Where all is in one bank, what the model would look up is known.
 *
 * Context: any.
 * Return: index, or SHADOW_NO_PAGE where the memmap has none.
 */
static inline u32 shadow_pfn_to_index(const struct shadow_memmap *memmap,
				      u64 pfn)
{
	const struct shadow_memmap_bank *bank = &memmap->bank[0];
	u64 offset = pfn - bank->start_pfn;

	if (likely(!READ_ONCE(memmap->many)))
		return offset < bank->nr ? bank->first + offset : SHADOW_NO_PAGE;
	return shadow_memmap_many_index(memmap, pfn);
}

/* Whether a block of this order may start at this index */
static inline bool shadow_page_aligned(const struct shadow_memmap *memmap,
				       u32 index, unsigned int order)
{
	return !(index & ((u32)BIT(order) - 1));
}

/* Whether it may, and the memmap has entries for all of it */
static inline bool shadow_page_fits(const struct shadow_memmap *memmap,
				    u32 index, unsigned int order)
{
	return shadow_page_aligned(memmap, index, order) &&
	       index < memmap->nr && memmap->nr - index >= BIT(order);
}

/* Index of the entry after a bank's last */
static inline u32 shadow_bank_end(const struct shadow_memmap_bank *bank)
{
	return bank->first + bank->nr;
}

static inline u64 shadow_bank_bytes(const struct shadow_memmap_bank *bank)
{
	return (u64)bank->nr * sizeof(struct shadow_page);
}

bool shadow_bank_clip(const struct shadow_memmap_bank *bank, u64 start_pfn,
		      u64 end_pfn, u32 *index, u32 *end);
bool shadow_memmap_follows(const struct shadow_memmap *memmap, u32 index,
			   u32 next);
u64 shadow_memmap_entries(const struct shadow_memmap *memmap);

int shadow_memmap_plan(struct shadow_memmap *memmap,
		       const struct shadow_memblock *mb,
		       enum shadow_memmodel model, unsigned int block_log2,
		       unsigned int nr_nodes);
u64 shadow_memmap_section_bytes(const struct shadow_memmap *memmap);
void shadow_memmap_set_base(struct shadow_memmap *memmap, void *base,
			    u64 bytes);
int shadow_memmap_place(struct shadow_memmap *memmap, unsigned int nr,
			void *pages);
void shadow_memmap_set_sections(struct shadow_memmap *memmap, void *table);
int shadow_memmap_alloc(struct shadow_memmap *memmap, struct shadow_early *early,
			unsigned int pageblock_log2, u8 **pageblock_mt);
unsigned int shadow_memmap_free_device(const struct shadow_memmap *memmap);
int shadow_memmap_set_device(struct shadow_memmap *memmap, unsigned int nr,
			     const struct shadow_memmap_bank *range, void *pages);
void shadow_memmap_drop_device(struct shadow_memmap *memmap, unsigned int nr);
u64 shadow_memmap_chunk_bytes(const struct shadow_memmap *memmap);
void shadow_memmap_set_chunk(struct shadow_memmap *memmap, void *chunk);

#endif /* SHADOW_MEMMAP_H */
