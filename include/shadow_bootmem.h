/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_bootmem - the early allocator that Linux had until 4.19: a bitmap for
 * each node, one bit a frame, 1 where it is taken.
 *
 * A node starts with all frames taken; what is memory is freed into it, so that
 * holes are bits that nobody ever clears. It then follows mm/bootmem.c of those
 * kernels in names, arguments and choices: next fit from hint_idx on, goal and
 * limit, small allocations packed behind the last one (last_end_off), full
 * words of 64 free frames released in one block, and at the end the bitmap's
 * own frames. Where the original stops the kernel (BUG), a verb here returns an
 * errno and has changed nothing.
 *
 * The bitmaps lie in the machine's memory, where a stray write may reach them;
 * all that indices and lengths are computed from is kept in the structures
 * below, outside. One bit a frame: 1 GiB of 4 KiB pages takes 32 KiB.
 *
 * The handover: shadow_bootmem_close(), then a walk with
 * shadow_bootmem_next_run() whose runs are cut with shadow_bootmem_order() and
 * freed, then shadow_bootmem_retire().
 *
 * Locking: none. One thread boots a machine; after the handover only readers
 * are left.
 */
#ifndef SHADOW_BOOTMEM_H
#define SHADOW_BOOTMEM_H

#include "shadow_block.h"
#include "shadow_compat.h"
#include "shadow_early_log.h"
#include "shadow_event.h"
#include "shadow_fault.h"
#include "shadow_memblock.h"

#define SHADOW_BOOTMEM_MAX_NODES	SHADOW_MAX_NUMNODES

/*
 * How a range is reserved. Twice is no error, or is one; and so are frames that
 * no node spans, unless it is said that they may be among it.
 */
#define SHADOW_BOOTMEM_DEFAULT		0
#define SHADOW_BOOTMEM_EXCLUSIVE	1
#define SHADOW_BOOTMEM_ANYWHERE		2

/* A word of the bitmap: 64 frames, released as one block of this order. */
#define SHADOW_BOOTMEM_WORD_ORDER	6
#define SHADOW_BOOTMEM_WORD		BIT_ULL(SHADOW_BOOTMEM_WORD_ORDER)

/* Free runs that are remembered when the bitmaps are gone. */
#define SHADOW_BOOTMEM_NR_RUNS		1280

/**
 * struct shadow_bootmem_run - frames that follow each other
 * @pfn: first frame
 * @nr: frames
 * @nid: node whose bitmap says so
 * @map: these are the frames of that node's bitmap itself
 */
struct shadow_bootmem_run {
	u64 pfn;
	u64 nr;
	int nid;
	bool map;
};

/**
 * struct shadow_bootmem_node - a node's bitmap and where its search stands
 * @nid: node
 * @node_min_pfn: frame of bit 0
 * @node_low_pfn: frame after that of the last bit
 * @node_bootmem_map: the bitmap, 1 where a frame is taken; NULL before
 *	shadow_bootmem_init_node() and after shadow_bootmem_retire()
 * @map_pa: where it lies, its own frames
 * @map_aside: they are none of the board's, so nobody is given them
 * @last_end_off: bytes from @node_min_pfn to the end of the last allocation
 * @hint_idx: frames from @node_min_pfn to where the next search begins
 * @nr_free: bits that are 0
 * @nr_allocs: allocations that this node has served
 * @nr_packed: of them, those that begin in the page of the one before
 * @nr_fallbacks: of them, those that had to look below @hint_idx
 * @alloc_bytes: bytes in all of them
 * @nr_released: frames that shadow_bootmem_close() found free
 * @bytes_returned: bytes of the bitmap's own frames that became free with
 *	shadow_bootmem_retire()
 */
struct shadow_bootmem_node {
	int nid;
	u64 node_min_pfn;
	u64 node_low_pfn;
	unsigned long *node_bootmem_map;
	phys_addr_t map_pa;
	bool map_aside;
	u64 last_end_off;
	u64 hint_idx;
	u64 nr_free;
	u64 nr_allocs;
	u64 nr_packed;
	u64 nr_fallbacks;
	u64 alloc_bytes;
	u64 nr_released;
	u64 bytes_returned;
};

/**
 * struct shadow_bootmem - the early allocator of one machine
 * @page_shift: log2 of the bytes in a page
 * @block: how contents are reached, to zero what is allocated; NULL where
 *	there are none
 * @closed: the handover has begun, see shadow_bootmem_close()
 * @retired: the bitmaps are gone, see shadow_bootmem_retire()
 * @nr_nodes: entries of @bdata_list in use
 * @bdata_list: the nodes, sorted by node_min_pfn
 * @node: per node id
 * @events: the machine's log; NULL: nobody is told
 * @log: who took what. Allocations are in it byte for byte, reserved ranges in
 *	the whole frames that they took.
 * @nr_runs: entries of @run in use
 * @nr_runs_lost: free runs that @run had no room for
 * @run: what the walk over free runs gave at shadow_bootmem_close()
 */
struct shadow_bootmem {
	unsigned int page_shift;
	const struct shadow_block *block;
	bool closed;
	bool retired;
	unsigned int nr_nodes;
	struct shadow_bootmem_node *bdata_list[SHADOW_BOOTMEM_MAX_NODES];
	struct shadow_bootmem_node node[SHADOW_BOOTMEM_MAX_NODES];
	struct shadow_event_log *events;
	struct shadow_early_log log;
	unsigned int nr_runs;
	u64 nr_runs_lost;
	struct shadow_bootmem_run run[SHADOW_BOOTMEM_NR_RUNS];
};

/**
 * struct shadow_bootmem_walk - where a walk over runs stands; zeroed, it begins
 * @at: entries of bdata_list whose bitmaps it has passed, or remembered runs
 * @pfn: frame from which on to look for free ones
 */
struct shadow_bootmem_walk {
	unsigned int at;
	u64 pfn;
};

/* shadow_bootmem.c: the bitmaps */
void shadow_bootmem_init(struct shadow_bootmem *bm,
			 const struct shadow_block *block,
			 unsigned int page_shift,
			 struct shadow_event_log *events);
u64 shadow_bootmem_map_bytes(u64 nr_pages);
int shadow_bootmem_init_node(struct shadow_bootmem *bm, int nid, void *map,
			     phys_addr_t map_pa, bool map_aside, u64 start_pfn,
			     u64 end_pfn);
int shadow_bootmem_free(struct shadow_bootmem *bm, phys_addr_t pa, u64 bytes);
int shadow_bootmem_free_node(struct shadow_bootmem *bm, int nid,
			     phys_addr_t pa, u64 bytes);
int shadow_bootmem_reserve(struct shadow_bootmem *bm, phys_addr_t pa,
			   u64 bytes, unsigned int flags);
int shadow_bootmem_reserve_node(struct shadow_bootmem *bm, int nid,
				phys_addr_t pa, u64 bytes, unsigned int flags);
bool shadow_bootmem_is_taken(const struct shadow_bootmem *bm, u64 pfn);
u64 shadow_bootmem_nr_free(const struct shadow_bootmem *bm);
int shadow_bootmem_verify(const struct shadow_bootmem *bm,
			  struct shadow_fault *fault);

/* shadow_bootmem_alloc.c: next fit */
int shadow_bootmem_alloc(struct shadow_bootmem *bm, u64 bytes, u64 align,
			 phys_addr_t goal, phys_addr_t limit, int nid,
			 phys_addr_t *pa);

/* shadow_bootmem_release.c: runs of bits, and the end of it all */
bool shadow_bootmem_next_run(const struct shadow_bootmem *bm,
			     struct shadow_bootmem_walk *walk,
			     struct shadow_bootmem_run *run);
unsigned int shadow_bootmem_order(const struct shadow_bootmem_run *run, u64 pfn,
				  unsigned int max_order);
int shadow_bootmem_close(struct shadow_bootmem *bm);
void shadow_bootmem_retire(struct shadow_bootmem *bm);

/**
 * shadow_bootmem_set_owner() - say whose the next allocations are
 * @bm: the early allocator
 * @owner: a name that lives as long as @bm; NULL: "early"
 *
 * Context: one thread.
 * Return: who it was before, to be put back.
 */
static inline const char *shadow_bootmem_set_owner(struct shadow_bootmem *bm,
						   const char *owner)
{
	return shadow_early_log_set_owner(&bm->log, owner);
}

/* Bits of a node's bitmap */
static inline u64
shadow_bootmem_nr_bits(const struct shadow_bootmem_node *bdata)
{
	return bdata->node_low_pfn - bdata->node_min_pfn;
}

/* Does a node's bitmap have a bit for the frame? */
static inline bool
shadow_bootmem_node_has(const struct shadow_bootmem_node *bdata, u64 pfn)
{
	return pfn >= bdata->node_min_pfn && pfn < bdata->node_low_pfn;
}

#endif /* SHADOW_BOOTMEM_H */
