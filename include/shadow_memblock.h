/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_memblock - the early allocator: two sorted lists of regions, memory
 * and reserved. Follows mm/memblock.c of Linux 6.12 in names, arguments, return
 * values and edge cases; the first argument says which machine.
 *
 * Locking: none. One thread boots a machine, and after the handover to the
 * buddy only readers are left (the boot refuses the rest).
 *
 * What returns a physical address gives memory, what returns a pointer gives
 * contents. On a virtual board (shadow_block.h) that makes a difference: memory
 * has no contents, so a pointer is to whole pages, aligned to pages, which get
 * some; their contents end with shadow_memblock_free(). And where the reserved
 * list must stay as the board came with it, pointers and arrays lie aside, in
 * none of the board's frames, whatever the limits, nodes and addresses asked.
 *
 * The room is in five files: shadow_memblock.c keeps the lists,
 * shadow_memblock_mark.c says what the ranges in them are and cuts them to a
 * limit, shadow_memblock_alloc.c walks them and finds free memory,
 * shadow_memblock_query.c answers questions, and shadow_memblock_owner.c keeps
 * the log of who reserved what.
 */
#ifndef SHADOW_MEMBLOCK_H
#define SHADOW_MEMBLOCK_H

#include "shadow_block.h"
#include "shadow_compat.h"
#include "shadow_early_log.h"
#include "shadow_event.h"
#include "shadow_fault.h"

#define SHADOW_MEMBLOCK_INIT_REGIONS	128
#define SHADOW_MEMBLOCK_LOW_LIMIT	0
#define SHADOW_MEMBLOCK_ALLOC_ANYWHERE	(~(phys_addr_t)0)
#define SHADOW_MEMBLOCK_ALLOC_ACCESSIBLE	0
#define SHADOW_MEMBLOCK_ALLOC_NOLEAKTRACE	1

/* What an arm64 kernel has: node ids are below it, and it means "none" too. */
#define SHADOW_MAX_NUMNODES	16
#define SHADOW_NUMA_NO_NODE	(-1)

/* Alignment where none is asked for; an arm64 machine's SMP_CACHE_BYTES. */
#define SHADOW_SMP_CACHE_BYTES	64

/* Values are the kernel's: some dumps print them as numbers. */
enum shadow_memblock_flags {
	SHADOW_MEMBLOCK_NONE		= 0x0,
	SHADOW_MEMBLOCK_HOTPLUG		= 0x1,
	SHADOW_MEMBLOCK_MIRROR		= 0x2,
	SHADOW_MEMBLOCK_NOMAP		= 0x4,
	SHADOW_MEMBLOCK_DRIVER_MANAGED	= 0x8,
	SHADOW_MEMBLOCK_RSRV_NOINIT	= 0x10,
};

#define SHADOW_MEMBLOCK_NR_FLAGS	5

extern const char *const shadow_memblock_flag_names[SHADOW_MEMBLOCK_NR_FLAGS];

/**
 * struct shadow_memblock_region - one range
 * @base: physical address of the first byte
 * @size: bytes
 * @flags: enum shadow_memblock_flags
 * @nid: node, or a value that shadow_numa_valid_node() denies. As in the
 *	kernel there are two of those, and they do not merge with each other:
 *	SHADOW_MAX_NUMNODES where no node was ever said, SHADOW_NUMA_NO_NODE
 *	where it was taken away.
 */
struct shadow_memblock_region {
	phys_addr_t base;
	phys_addr_t size;
	u32 flags;
	int nid;
};

/**
 * struct shadow_memblock_type - a sorted, disjoint, merged list of ranges
 * @cnt: regions in use
 * @max: regions that @regions has room for
 * @total_size: bytes in all regions
 * @regions: the array, @first until it has doubled for the first time
 * @name: "memory" or "reserved"
 * @first: the array that is there before anything can be allocated
 */
struct shadow_memblock_type {
	unsigned long cnt;
	unsigned long max;
	phys_addr_t total_size;
	struct shadow_memblock_region *regions;
	const char *name;
	struct shadow_memblock_region first[SHADOW_MEMBLOCK_INIT_REGIONS];
};

/**
 * struct shadow_memblock - the early allocator of one machine
 * @bottom_up: allocate upwards instead of downwards
 * @can_resize: an array may double, taking its space from @memory
 * @array_start: only at or above this address
 * @array_end: only below this one; 0: anywhere
 * @movable_node: hotpluggable memory is not allocated from (movable_node on the
 *	kernel's command line)
 * @mirrored_kernelcore: memory may be marked as mirrored (kernelcore=mirror)
 * @has_mirror: some memory was marked as mirrored
 * @page_shift: log2 of the bytes in a page
 * @current_limit: no allocation reaches this address or beyond
 * @low_limit: highest address for shadow_memblock_alloc_low()
 *	(ARCH_LOW_ADDRESS_LIMIT)
 * @memory: what RAM there is
 * @reserved: what of it (or of anything else) is taken
 * @block: how contents are reached; NULL where there are none
 * @events: where hooks report to
 * @log: who reserved what; while its nr_lost is 0, of every reserved byte
 *
 * A struct shadow_memblock must not be moved once it is initialised.
 */
struct shadow_memblock {
	bool bottom_up;
	bool can_resize;
	bool movable_node;
	bool mirrored_kernelcore;
	bool has_mirror;
	unsigned int page_shift;
	phys_addr_t array_start;
	phys_addr_t array_end;
	phys_addr_t current_limit;
	phys_addr_t low_limit;
	struct shadow_memblock_type memory;
	struct shadow_memblock_type reserved;
	const struct shadow_block *block;
	struct shadow_event_log *events;
	struct shadow_early_log log;
};

/**
 * struct shadow_memblock_span - regions of a list, by index
 * @first: the first of them
 * @end: the first after them; @first where there are none
 */
struct shadow_memblock_span {
	unsigned long first;
	unsigned long end;
};

static inline bool shadow_numa_valid_node(int nid)
{
	return nid >= 0 && nid < SHADOW_MAX_NUMNODES;
}

static inline bool
shadow_memblock_is_hotpluggable(const struct shadow_memblock_region *rgn)
{
	return rgn->flags & SHADOW_MEMBLOCK_HOTPLUG;
}

static inline bool
shadow_memblock_is_mirror(const struct shadow_memblock_region *rgn)
{
	return rgn->flags & SHADOW_MEMBLOCK_MIRROR;
}

static inline bool
shadow_memblock_is_nomap(const struct shadow_memblock_region *rgn)
{
	return rgn->flags & SHADOW_MEMBLOCK_NOMAP;
}

static inline bool
shadow_memblock_is_reserved_noinit(const struct shadow_memblock_region *rgn)
{
	return rgn->flags & SHADOW_MEMBLOCK_RSRV_NOINIT;
}

static inline bool
shadow_memblock_is_driver_managed(const struct shadow_memblock_region *rgn)
{
	return rgn->flags & SHADOW_MEMBLOCK_DRIVER_MANAGED;
}

/* shadow_memblock.c: the lists */
void shadow_memblock_init(struct shadow_memblock *mb,
			  const struct shadow_block *block,
			  struct shadow_event_log *events,
			  unsigned int page_shift);
void shadow_memblock_allow_resize(struct shadow_memblock *mb);
void shadow_memblock_allow_resize_in(struct shadow_memblock *mb,
				     phys_addr_t start, phys_addr_t end);
int shadow_memblock_add(struct shadow_memblock *mb, phys_addr_t base,
			phys_addr_t bytes);
int shadow_memblock_add_node(struct shadow_memblock *mb, phys_addr_t base,
			     phys_addr_t bytes, int nid, u32 flags);
int shadow_memblock_remove(struct shadow_memblock *mb, phys_addr_t base,
			   phys_addr_t bytes);
int shadow_memblock_reserve(struct shadow_memblock *mb, phys_addr_t base,
			    phys_addr_t bytes);
int shadow_memblock_reserve_node(struct shadow_memblock *mb, phys_addr_t base,
				 phys_addr_t bytes, int nid, u32 flags);
int shadow_memblock_phys_free(struct shadow_memblock *mb, phys_addr_t base,
			      phys_addr_t bytes);
void shadow_memblock_free(struct shadow_memblock *mb, void *ptr, size_t bytes);

/* For this room's own files */
int shadow_memblock_isolate(struct shadow_memblock *mb,
			    struct shadow_memblock_type *type,
			    phys_addr_t base, phys_addr_t bytes,
			    struct shadow_memblock_span *span);
int shadow_memblock_remove_range(struct shadow_memblock *mb,
				 struct shadow_memblock_type *type,
				 phys_addr_t base, phys_addr_t bytes);
void shadow_memblock_remove_span(struct shadow_memblock_type *type,
				 unsigned long first, unsigned long end);
void shadow_memblock_merge_span(struct shadow_memblock_type *type,
				unsigned long first, unsigned long end);
void shadow_memblock_owner_take(struct shadow_memblock *mb, phys_addr_t base,
				u64 bytes);
int shadow_memblock_owner_verify(const struct shadow_memblock *mb,
				 struct shadow_fault *fault);

/* shadow_memblock_mark.c: flags, nodes and limits */
int shadow_memblock_mark_hotplug(struct shadow_memblock *mb, phys_addr_t base,
				 phys_addr_t bytes);
int shadow_memblock_clear_hotplug(struct shadow_memblock *mb, phys_addr_t base,
				  phys_addr_t bytes);
int shadow_memblock_mark_mirror(struct shadow_memblock *mb, phys_addr_t base,
				phys_addr_t bytes);
int shadow_memblock_mark_nomap(struct shadow_memblock *mb, phys_addr_t base,
			       phys_addr_t bytes);
int shadow_memblock_clear_nomap(struct shadow_memblock *mb, phys_addr_t base,
				phys_addr_t bytes);
int shadow_memblock_reserved_mark_noinit(struct shadow_memblock *mb,
					 phys_addr_t base, phys_addr_t bytes);
int shadow_memblock_set_node(struct shadow_memblock *mb, phys_addr_t base,
			     phys_addr_t bytes,
			     struct shadow_memblock_type *type, int nid);
void shadow_memblock_cap_memory_range(struct shadow_memblock *mb,
				      phys_addr_t base, phys_addr_t bytes);
void shadow_memblock_trim_memory(struct shadow_memblock *mb, phys_addr_t align);
void shadow_memblock_enforce_memory_limit(struct shadow_memblock *mb,
					  phys_addr_t limit);
void shadow_memblock_mem_limit_remove_map(struct shadow_memblock *mb,
					  phys_addr_t limit);
void shadow_memblock_set_current_limit(struct shadow_memblock *mb,
				       phys_addr_t limit);
phys_addr_t
shadow_memblock_get_current_limit(const struct shadow_memblock *mb);

/* shadow_memblock_query.c: questions */
unsigned long shadow_memblock_addrs_overlap(phys_addr_t base1,
					    phys_addr_t bytes1,
					    phys_addr_t base2,
					    phys_addr_t bytes2);
bool shadow_memblock_overlaps_region(const struct shadow_memblock *mb,
				     const struct shadow_memblock_type *type,
				     phys_addr_t base, phys_addr_t bytes);
bool shadow_memblock_has_mirror(const struct shadow_memblock *mb);
bool shadow_memblock_is_reserved(const struct shadow_memblock *mb,
				 phys_addr_t pa);
bool shadow_memblock_is_memory(const struct shadow_memblock *mb,
			       phys_addr_t pa);
bool shadow_memblock_is_map_memory(const struct shadow_memblock *mb,
				   phys_addr_t pa);
bool shadow_memblock_is_region_memory(const struct shadow_memblock *mb,
				      phys_addr_t base, phys_addr_t bytes);
bool shadow_memblock_is_region_reserved(const struct shadow_memblock *mb,
					phys_addr_t base, phys_addr_t bytes);
int shadow_memblock_search_pfn_nid(const struct shadow_memblock *mb,
				   unsigned long pfn, unsigned long *start_pfn,
				   unsigned long *end_pfn);
bool shadow_memblock_validate_numa_coverage(const struct shadow_memblock *mb,
					    unsigned long threshold_bytes);
phys_addr_t shadow_memblock_phys_mem_size(const struct shadow_memblock *mb);
phys_addr_t shadow_memblock_reserved_size(const struct shadow_memblock *mb);
unsigned long
shadow_memblock_estimated_nr_free_pages(const struct shadow_memblock *mb);
phys_addr_t shadow_memblock_start_of_DRAM(const struct shadow_memblock *mb);
phys_addr_t shadow_memblock_end_of_DRAM(const struct shadow_memblock *mb);
int shadow_memblock_format_region(const struct shadow_memblock_type *type,
				  unsigned long idx, char *buf, size_t bytes);
int shadow_memblock_verify(const struct shadow_memblock *mb,
			   struct shadow_fault *fault);

/* shadow_memblock_alloc.c: walks, and what is found on them */
void shadow_memblock_next_range(const struct shadow_memblock *mb, u64 *idx,
				int nid, u32 flags,
				const struct shadow_memblock_type *type_a,
				const struct shadow_memblock_type *type_b,
				phys_addr_t *out_start, phys_addr_t *out_end,
				int *out_nid);
void shadow_memblock_next_range_rev(const struct shadow_memblock *mb, u64 *idx,
				    int nid, u32 flags,
				    const struct shadow_memblock_type *type_a,
				    const struct shadow_memblock_type *type_b,
				    phys_addr_t *out_start,
				    phys_addr_t *out_end, int *out_nid);
void shadow_memblock_next_pfn_range(const struct shadow_memblock *mb, int *idx,
				    int nid, unsigned long *out_start_pfn,
				    unsigned long *out_end_pfn, int *out_nid);
phys_addr_t shadow_memblock_find_in_range(const struct shadow_memblock *mb,
					  phys_addr_t start, phys_addr_t end,
					  phys_addr_t bytes, phys_addr_t align);
phys_addr_t shadow_memblock_alloc_range_nid(struct shadow_memblock *mb,
					    phys_addr_t bytes,
					    phys_addr_t align,
					    phys_addr_t start, phys_addr_t end,
					    int nid, bool exact_nid);
phys_addr_t shadow_memblock_phys_alloc_range(struct shadow_memblock *mb,
					     phys_addr_t bytes,
					     phys_addr_t align,
					     phys_addr_t start,
					     phys_addr_t end);
phys_addr_t shadow_memblock_phys_alloc_try_nid(struct shadow_memblock *mb,
					       phys_addr_t bytes,
					       phys_addr_t align, int nid);
void *shadow_memblock_alloc_exact_nid_raw(struct shadow_memblock *mb,
					  phys_addr_t bytes, phys_addr_t align,
					  phys_addr_t min_pa,
					  phys_addr_t max_pa, int nid);
void *shadow_memblock_alloc_try_nid_raw(struct shadow_memblock *mb,
					phys_addr_t bytes, phys_addr_t align,
					phys_addr_t min_pa, phys_addr_t max_pa,
					int nid);
void *shadow_memblock_alloc_try_nid(struct shadow_memblock *mb,
				    phys_addr_t bytes, phys_addr_t align,
				    phys_addr_t min_pa, phys_addr_t max_pa,
				    int nid);

/**
 * shadow_memblock_set_owner() - say whose the next reservations are
 * @mb: the early allocator
 * @owner: a name that lives as long as @mb; NULL: "early"
 *
 * Context: one thread.
 * Return: who it was before, to be put back.
 */
static inline const char *shadow_memblock_set_owner(struct shadow_memblock *mb,
						    const char *owner)
{
	return shadow_early_log_set_owner(&mb->log, owner);
}

/**
 * shadow_memblock_owner_of() - who reserved a byte?
 * @mb: the early allocator
 * @pa: physical address
 *
 * Context: any.
 * Return: the name, or NULL where it is not reserved or the log had no room.
 */
static inline const char *
shadow_memblock_owner_of(const struct shadow_memblock *mb, phys_addr_t pa)
{
	return shadow_early_log_owner_of(&mb->log, pa);
}

static inline void shadow_memblock_set_bottom_up(struct shadow_memblock *mb,
						 bool enable)
{
	mb->bottom_up = enable;
}

static inline bool shadow_memblock_bottom_up(const struct shadow_memblock *mb)
{
	return mb->bottom_up;
}

/**
 * shadow_memblock_phys_alloc() - memory from anywhere below the current limit
 * @mb: the early allocator
 * @bytes: how much
 * @align: alignment in bytes, a power of two; 0: SHADOW_SMP_CACHE_BYTES
 *
 * Follows memblock_phys_alloc().
 *
 * Context: one thread.
 * Return: physical address, 0 where there is none.
 */
static inline phys_addr_t shadow_memblock_phys_alloc(struct shadow_memblock *mb,
						     phys_addr_t bytes,
						     phys_addr_t align)
{
	return shadow_memblock_phys_alloc_range(mb, bytes, align, 0,
						SHADOW_MEMBLOCK_ALLOC_ACCESSIBLE);
}

/*
 * The shorter names of shadow_memblock_alloc_try_nid() and its raw sibling, as
 * in include/linux/memblock.h: bytes and alignment in bytes go in, a pointer
 * or NULL comes out.
 */
static inline void *shadow_memblock_alloc(struct shadow_memblock *mb,
					  phys_addr_t bytes, phys_addr_t align)
{
	return shadow_memblock_alloc_try_nid(mb, bytes, align,
					     SHADOW_MEMBLOCK_LOW_LIMIT,
					     SHADOW_MEMBLOCK_ALLOC_ACCESSIBLE,
					     SHADOW_NUMA_NO_NODE);
}

static inline void *shadow_memblock_alloc_raw(struct shadow_memblock *mb,
					      phys_addr_t bytes,
					      phys_addr_t align)
{
	return shadow_memblock_alloc_try_nid_raw(mb, bytes, align,
						 SHADOW_MEMBLOCK_LOW_LIMIT,
						 SHADOW_MEMBLOCK_ALLOC_ACCESSIBLE,
						 SHADOW_NUMA_NO_NODE);
}

static inline void *shadow_memblock_alloc_from(struct shadow_memblock *mb,
					       phys_addr_t bytes,
					       phys_addr_t align,
					       phys_addr_t min_pa)
{
	return shadow_memblock_alloc_try_nid(mb, bytes, align, min_pa,
					     SHADOW_MEMBLOCK_ALLOC_ACCESSIBLE,
					     SHADOW_NUMA_NO_NODE);
}

static inline void *shadow_memblock_alloc_low(struct shadow_memblock *mb,
					      phys_addr_t bytes,
					      phys_addr_t align)
{
	return shadow_memblock_alloc_try_nid(mb, bytes, align,
					     SHADOW_MEMBLOCK_LOW_LIMIT,
					     mb->low_limit,
					     SHADOW_NUMA_NO_NODE);
}

static inline void *shadow_memblock_alloc_node(struct shadow_memblock *mb,
					       phys_addr_t bytes,
					       phys_addr_t align, int nid)
{
	return shadow_memblock_alloc_try_nid(mb, bytes, align,
					     SHADOW_MEMBLOCK_LOW_LIMIT,
					     SHADOW_MEMBLOCK_ALLOC_ACCESSIBLE,
					     nid);
}

/* The frames that a region holds whole, and those that it touches. */
static inline unsigned long
shadow_memblock_region_memory_base_pfn(const struct shadow_memblock *mb,
				       const struct shadow_memblock_region *rgn)
{
	return (rgn->base + (1UL << mb->page_shift) - 1) >> mb->page_shift;
}

static inline unsigned long
shadow_memblock_region_memory_end_pfn(const struct shadow_memblock *mb,
				      const struct shadow_memblock_region *rgn)
{
	return (rgn->base + rgn->size) >> mb->page_shift;
}

static inline unsigned long
shadow_memblock_region_reserved_base_pfn(const struct shadow_memblock *mb,
					 const struct shadow_memblock_region *rgn)
{
	return rgn->base >> mb->page_shift;
}

static inline unsigned long
shadow_memblock_region_reserved_end_pfn(const struct shadow_memblock *mb,
					const struct shadow_memblock_region *rgn)
{
	return (rgn->base + rgn->size + (1UL << mb->page_shift) - 1) >>
	       mb->page_shift;
}

/* What of a machine's lists a walk visits. */
enum shadow_memblock_set {
	SHADOW_MEMBLOCK_SET_MEMORY,
	SHADOW_MEMBLOCK_SET_RESERVED,
	SHADOW_MEMBLOCK_SET_FREE,	/* memory that is not reserved */
};

/**
 * struct shadow_memblock_walk - a walk over ranges, behind the macros below
 * @mb: the early allocator
 * @idx: where the walk stands: the loop's own variable, as in the kernel
 * @down: from the highest range to the lowest
 * @set: what is visited
 * @nid: only memory of this node
 * @flags: as for shadow_memblock_next_range()
 * @start: set to the address of the range's first byte, or NULL
 * @end: set to the address after its last byte, or NULL
 * @out_nid: set to its node, or NULL
 */
struct shadow_memblock_walk {
	const struct shadow_memblock *mb;
	u64 *idx;
	bool down;
	enum shadow_memblock_set set;
	int nid;
	u32 flags;
	phys_addr_t *start;
	phys_addr_t *end;
	int *out_nid;
};

static inline struct shadow_memblock_walk
shadow_memblock_walk_from(const struct shadow_memblock *mb, u64 *idx, bool down,
			  enum shadow_memblock_set set, int nid, u32 flags,
			  phys_addr_t *start, phys_addr_t *end, int *out_nid)
{
	*idx = down ? U64_MAX : 0;
	return (struct shadow_memblock_walk) {
		mb, idx, down, set, nid, flags, start, end, out_nid
	};
}

static inline bool shadow_memblock_walk_on(struct shadow_memblock_walk *walk)
{
	const struct shadow_memblock *mb = walk->mb;
	const struct shadow_memblock_type *type_a =
		walk->set == SHADOW_MEMBLOCK_SET_RESERVED ? &mb->reserved :
							    &mb->memory;
	const struct shadow_memblock_type *type_b =
		walk->set == SHADOW_MEMBLOCK_SET_FREE ? &mb->reserved : NULL;

	if (walk->down)
		shadow_memblock_next_range_rev(mb, walk->idx, walk->nid,
					       walk->flags, type_a, type_b,
					       walk->start, walk->end,
					       walk->out_nid);
	else
		shadow_memblock_next_range(mb, walk->idx, walk->nid,
					   walk->flags, type_a, type_b,
					   walk->start, walk->end,
					   walk->out_nid);
	return *walk->idx != U64_MAX;
}

/**
 * struct shadow_memblock_pfn_walk - a walk over whole frames of memory
 * @mb: the early allocator
 * @idx: where the walk stands: the loop's own variable, as in the kernel
 * @nid: only memory of this node
 * @start: set to the first frame, or NULL
 * @end: set to the frame after the last, or NULL
 * @out_nid: set to the node, or NULL
 */
struct shadow_memblock_pfn_walk {
	const struct shadow_memblock *mb;
	int *idx;
	int nid;
	unsigned long *start;
	unsigned long *end;
	int *out_nid;
};

static inline struct shadow_memblock_pfn_walk
shadow_memblock_pfn_walk_from(const struct shadow_memblock *mb, int *idx,
			      int nid, unsigned long *start,
			      unsigned long *end, int *out_nid)
{
	*idx = -1;
	return (struct shadow_memblock_pfn_walk) {
		mb, idx, nid, start, end, out_nid
	};
}

static inline bool
shadow_memblock_pfn_walk_on(struct shadow_memblock_pfn_walk *walk)
{
	shadow_memblock_next_pfn_range(walk->mb, walk->idx, walk->nid,
				       walk->start, walk->end, walk->out_nid);
	return *walk->idx >= 0;
}

/*
 * The loops of include/linux/memblock.h. Unlike there, each argument is
 * evaluated once.
 *
 * Over the regions themselves; @rgn points to one of them:
 */
#define __shadow_for_each_region(type, rgn)				\
	for (unsigned long __idx = 0;					\
	     __idx < (type)->cnt && ((rgn) = &(type)->regions[__idx], true); \
	     __idx++)

#define shadow_for_each_mem_region(mb, rgn) \
	__shadow_for_each_region(&(mb)->memory, rgn)

#define shadow_for_each_reserved_mem_region(mb, rgn) \
	__shadow_for_each_region(&(mb)->reserved, rgn)

/*
 * Over ranges: u64 i, phys_addr_t *p_start and *p_end (the first byte that is
 * no longer in the range), int *p_nid. Each pointer may be NULL.
 */
#define __shadow_for_each_range(mb, i, down, set, nid, flags, p_start,	\
				p_end, p_nid)				\
	for (struct shadow_memblock_walk __walk =			\
		shadow_memblock_walk_from(mb, &(i), down, set, nid,	\
					  flags, p_start, p_end, p_nid); \
	     shadow_memblock_walk_on(&__walk);)

#define shadow_for_each_mem_range(mb, i, p_start, p_end)		\
	__shadow_for_each_range(mb, i, false, SHADOW_MEMBLOCK_SET_MEMORY, \
				SHADOW_NUMA_NO_NODE,			\
				SHADOW_MEMBLOCK_HOTPLUG |		\
				SHADOW_MEMBLOCK_DRIVER_MANAGED,		\
				p_start, p_end, NULL)

#define shadow_for_each_mem_range_rev(mb, i, p_start, p_end)		\
	__shadow_for_each_range(mb, i, true, SHADOW_MEMBLOCK_SET_MEMORY, \
				SHADOW_NUMA_NO_NODE,			\
				SHADOW_MEMBLOCK_HOTPLUG |		\
				SHADOW_MEMBLOCK_DRIVER_MANAGED,		\
				p_start, p_end, NULL)

#define shadow_for_each_reserved_mem_range(mb, i, p_start, p_end)	\
	__shadow_for_each_range(mb, i, false,				\
				SHADOW_MEMBLOCK_SET_RESERVED,		\
				SHADOW_NUMA_NO_NODE,			\
				SHADOW_MEMBLOCK_NONE, p_start, p_end, NULL)

#define shadow_for_each_free_mem_range(mb, i, nid, flags, p_start, p_end, \
				       p_nid)				\
	__shadow_for_each_range(mb, i, false, SHADOW_MEMBLOCK_SET_FREE,	\
				nid, flags, p_start, p_end, p_nid)

#define shadow_for_each_free_mem_range_reverse(mb, i, nid, flags, p_start, \
					       p_end, p_nid)		\
	__shadow_for_each_range(mb, i, true, SHADOW_MEMBLOCK_SET_FREE,	\
				nid, flags, p_start, p_end, p_nid)

/* Over whole frames of memory: int i, unsigned long *p_start and *p_end. */
#define shadow_for_each_mem_pfn_range(mb, i, nid, p_start, p_end, p_nid) \
	for (struct shadow_memblock_pfn_walk __walk =			\
		shadow_memblock_pfn_walk_from(mb, &(i), nid, p_start,	\
					      p_end, p_nid);		\
	     shadow_memblock_pfn_walk_on(&__walk);)

#endif /* SHADOW_MEMBLOCK_H */
