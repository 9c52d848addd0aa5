/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_mm - one machine: every layer by value, bottom to top.
 *
 * Nothing here is global. KUnit makes a hundred small machines; a user may run
 * two with different policies side by side.
 */
#ifndef SHADOW_MM_H
#define SHADOW_MM_H

#include "shadow_board_init.h"
#include "shadow_bootmem.h"
#include "shadow_compat.h"
#include "shadow_early.h"
#include "shadow_event.h"
#include "shadow_fail.h"
#include "shadow_fault.h"
#include "shadow_fixmap.h"
#include "shadow_frag.h"
#include "shadow_handover.h"
#include "shadow_kmap.h"
#include "shadow_layout.h"
#include "shadow_memblock.h"
#include "shadow_page_owner.h"
#include "shadow_params.h"
#include "shadow_latency.h"
#include "shadow_pgtable.h"
#include "shadow_pool.h"
#include "shadow_regs.h"
#include "shadow_ring.h"
#include "shadow_site.h"
#include "shadow_slab.h"
#include "shadow_tlb_soft.h"
#include "shadow_vmalloc.h"
#include "shadow_why.h"
#include "shadow_zone.h"

struct shadow_mm;
struct shadow_owners_mark;

/**
 * struct shadow_host_ops - what a machine asks of whoever hosts it
 * @zalloc: zeroed memory outside the block, aligned to SHADOW_PCP_ALIGN, for
 *	locks and heads that must not be corruptible; NULL if there is none
 * @free: gives it back; NULL is allowed
 * @now: a clock in nanoseconds
 * @ticks: a counter that costs less to read, and how often it ticks in a second;
 *	NULL: it has none, or always
 * @clock: what latencies are measured with; NULL where this CPU has no such
 *	clock. NULL: there is none at all
 * @mmu_check: asks the CPU about the machine's tables and describes the
 *	outcome in one line; -EUCLEAN on a mismatch. NULL: there is no such CPU
 * @site: who is calling; NULL: it cannot say
 * @wait_readers: waits until whoever reads a ring without a lock has ended.
 *	NULL: nobody does
 */
struct shadow_host_ops {
	void *(*zalloc)(size_t bytes);
	void (*free)(void *mem);
	u64 (*now)(void);
	shadow_ticks_t (*ticks)(u32 *hz);
	const struct shadow_clock *(*clock)(enum shadow_latency_clock which);
	int (*mmu_check)(struct shadow_mm *mm, char *said, size_t said_bytes);
	const struct shadow_site_ops *site;
	void (*wait_readers)(void);
};

#define SHADOW_MM_NAME		17	/* 16 characters and a NUL */
#define SHADOW_PHASE_TEXT	160
#define SHADOW_PHASE_OWNERS	96
#define SHADOW_MAX_EARLY_SUMS	16	/* owners told apart in a phase's record */
#define SHADOW_MAX_PHASES	24

/**
 * struct shadow_phase_record - what one phase of the boot did
 * @ns: how long it took
 * @early_bytes: how much more the early allocator had reserved at its end
 * @nr_tables: how many more table pages there were at its end
 * @early_by: who took them, "owner bytes" each
 * @nr_said: lines that had been said about the board at its end
 * @effect: what it changed, one line
 */
struct shadow_phase_record {
	u64 ns;
	u64 early_bytes;
	u64 nr_tables;
	unsigned int nr_said;
	char early_by[SHADOW_PHASE_OWNERS];
	char effect[SHADOW_PHASE_TEXT];
};

/**
 * struct shadow_early_sum - what one owner has of the early memory
 * @owner: who
 * @bytes: how much
 */
struct shadow_early_sum {
	const char *owner;
	u64 bytes;
};

/**
 * struct shadow_segment - a part of the kernel image with its own protection
 * @name: as the linker script calls it
 * @start: physical address
 * @bytes: length, whole pages
 * @prot: protection of its mapping in the image's own range
 */
struct shadow_segment {
	const char *name;
	phys_addr_t start;
	u64 bytes;
	u64 prot;
};

enum shadow_segment_id {
	SHADOW_SEGMENT_TEXT,
	SHADOW_SEGMENT_RODATA,
	SHADOW_SEGMENT_INIT_TEXT,
	SHADOW_SEGMENT_INIT_DATA,	/* from here on head.S maps writable */
	SHADOW_SEGMENT_DATA,
	SHADOW_SEGMENT_BSS,
	SHADOW_SEGMENT_TABLES,
	SHADOW_NR_SEGMENTS
};

/**
 * struct shadow_memmap_cost - what a memory model takes for the board's memory
 * @nr_entries: entries of the memmap; 0: there is none with this model
 * @nr_banks: pieces
 * @table_bytes: bytes of the section table
 */
struct shadow_memmap_cost {
	u64 nr_entries;
	unsigned int nr_banks;
	u64 table_bytes;
};

/**
 * struct shadow_boot - how far a machine's boot has come
 * @nr_done: phases that are complete
 * @failed: errno of the phase after them, or 0
 * @record: what each did
 * @segment: the kernel image taken apart, in ascending order
 * @static_next: next free page of the image's own space for tables
 * @static_end: end of that space
 * @kimage_va: where the image is mapped
 * @zone_limit: per zone type, frame at which it ends (0: never populated)
 * @nr_nodes: nodes that have memory, or are below one that has
 * @early_sum: owners of early memory when the last phase ended
 * @nr_early_sums: how many
 * @memblock_by_hand: somebody has changed its lists between two phases
 * @linear_bytes: memory that paging_init has put into the linear map
 * @memmap_spared: bytes that a flat one would have more, for holes
 * @memmap_cost: what each memory model would take
 * @wx: what was writable and executable when the boot was done with the tables
 */
struct shadow_boot {
	unsigned int nr_done;
	int failed;
	struct shadow_phase_record record[SHADOW_MAX_PHASES];
	struct shadow_segment segment[SHADOW_NR_SEGMENTS];
	phys_addr_t static_next;
	phys_addr_t static_end;
	u64 kimage_va;
	u64 zone_limit[SHADOW_MAX_NR_ZONES];
	unsigned int nr_nodes;
	struct shadow_early_sum early_sum[SHADOW_MAX_EARLY_SUMS];
	unsigned int nr_early_sums;
	bool memblock_by_hand;
	u64 linear_bytes;
	u64 memmap_spared;
	struct shadow_memmap_cost memmap_cost[SHADOW_NR_MEMMODELS];
	struct shadow_ptdump_wx wx;
};

/**
 * struct shadow_mm - a machine
 * @name: "main", or what a user called it
 * @host: whoever hosts it
 * @slab_host: what the caches ask of it, or NULL
 * @nr_cpus: CPUs that have per-CPU lists
 * @cpu_id: what the CPU can do
 * @cfg: the parameters it was booted with
 * @places: where image, device tree and initrd lie
 * @board: what its memory was described by; NULL: the block is all of it
 * @block: its physical addresses, and what is behind them
 * @fault: raised when an invariant is found broken; freezes the machine
 * @fail: allocations that fail on purpose
 * @why: which way allocations went
 * @events: what hooks counted
 * @latency: how long operations took; its memory is the host's
 * @sites: from where in the code things were allocated
 * @page_owner: who allocated which frames, where that is noted
 * @mark: what was in use when somebody said mark; NULL: nobody did
 * @ring: its history, in the host's memory; stays for reading where a boot has
 *	failed. NULL: there is none (ring=0)
 * @memblock: what memory there is, and what of it was reserved
 * @early: the early allocator
 * @bootmem: its records, where that is bootmem
 * @fate: what became of the board
 * @fixmap: addresses that are known before anything else
 * @nodes: nodes, zones, the page allocator
 * @handover: what the first gave to the second
 * @geo: shape of the kernel's tables
 * @idmap_geo: shape of the identity map
 * @layout: the kernel's address space
 * @regs: the shadow registers
 * @idmap: identity map of the image
 * @init_pg: the image as head.S maps it
 * @swapper: the kernel's tables from paging_init on
 * @user: the lower half's since somebody mapped there; its @root_table is NULL
 *	until then, and TTBR0_EL1 has the identity map
 * @kmap: addresses for what the linear map does not show
 * @slab: caches and kmalloc
 * @vmalloc: the vmalloc window
 * @boot: how far the boot has come
 * @site_mem: host's memory behind @sites
 * @pcp_mem: host's memory behind the per-CPU lists
 * @frag: samples of how broken up free memory is
 * @slab_mem: host's memory behind the caches' locks and heads
 * @kmap_mem: host's memory behind what slots of the kmap windows show
 * @tlb_log: host's memory behind the logs of the three trees
 * @soft_tlb: the TLB in software; NULL: all invalidations take place (tlbi=on)
 * @map_frames: frames that a character of the picture `map` shows; 0: as fits
 */
struct shadow_mm {
	char name[SHADOW_MM_NAME];
	const struct shadow_host_ops *host;
	const struct shadow_slab_host *slab_host;
	unsigned int nr_cpus;
	struct shadow_cpu_id cpu_id;
	struct shadow_config cfg;
	struct shadow_places places;
	const struct shadow_board *board;

	struct shadow_block block;
	struct shadow_fault fault;
	struct shadow_fail fail;
	struct shadow_why why;
	struct shadow_event_log events;
	struct shadow_latency latency;
	struct shadow_sites sites;
	struct shadow_page_owner page_owner;
	struct shadow_owners_mark *mark;
	struct shadow_ring *ring;
	struct shadow_memblock memblock;
	struct shadow_early early;
	struct shadow_bootmem bootmem;
	struct shadow_board_fate fate;
	struct shadow_nodes nodes;
	struct shadow_handover handover;
	struct shadow_fixmap fixmap;
	struct shadow_geometry geo;
	struct shadow_geometry idmap_geo;
	struct shadow_layout layout;
	struct shadow_regs regs;
	struct shadow_pgtable idmap;
	struct shadow_pgtable init_pg;
	struct shadow_pgtable swapper;
	struct shadow_pgtable user;
	struct shadow_kmap kmap;
	struct shadow_slab slab;
	struct shadow_vmalloc vmalloc;
	struct shadow_boot boot;
	void *site_mem;
	void *pcp_mem;
	struct shadow_frag frag;
	void *slab_mem;
	void *kmap_mem;
	struct shadow_tlb_record *tlb_log;
	struct shadow_soft_tlb *soft_tlb;
	u64 map_frames;
};

/* The trees of tables of a machine, in the order in which the boot makes them */
enum shadow_tree {
	SHADOW_TREE_IDMAP,
	SHADOW_TREE_INIT_PG,
	SHADOW_TREE_SWAPPER,
	SHADOW_TREE_USER,
	SHADOW_NR_TREES
};

/* As Linux calls them */
extern const char *const shadow_tree_names[SHADOW_NR_TREES];

/* A tree of a machine, made or not */
static inline struct shadow_pgtable *shadow_mm_tree(struct shadow_mm *mm,
						    enum shadow_tree tree)
{
	switch (tree) {
	case SHADOW_TREE_IDMAP:
		return &mm->idmap;
	case SHADOW_TREE_INIT_PG:
		return &mm->init_pg;
	case SHADOW_TREE_SWAPPER:
		return &mm->swapper;
	default:
		return &mm->user;
	}
}

struct shadow_mm *shadow_mm_get(const char *name);
void shadow_mm_put(struct shadow_mm *mm);

#endif /* SHADOW_MM_H */
