/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_params - what a machine is asked to be: text in, a struct
 * shadow_config or the reason for refusing out.
 *
 * All parameters of the interface are in the table, also those whose layer is
 * not complete: these are refused by name with "not supported yet".
 *
 * Pure: nothing is reserved, touched or asked of the host here. What has to be
 * known of the host is an argument, so that the same text gives the same
 * answer in a test.
 */
#ifndef SHADOW_PARAMS_H
#define SHADOW_PARAMS_H

#include "shadow_block.h"
#include "shadow_compat.h"
#include "shadow_phase.h"
#include "shadow_zone.h"

/* A refusal is one line that fits here. */
#define SHADOW_PARAMS_WHY	200
/* The longest value that is looked at */
#define SHADOW_PARAMS_VALUE	1024
#define SHADOW_REGION_NAME	64
#define SHADOW_PARAMS_BOARD	65	/* 64 characters and a NUL */
#define SHADOW_RATIOS_ALLOWED \
	"up to 6 numbers from 0 (none) to 2147483647, commas between, for DMA, DMA32, Normal, HighMem, Movable, Device"

enum shadow_param_id {
	SHADOW_PARAM_SIZE,
	SHADOW_PARAM_BASE,
	SHADOW_PARAM_BASE_FORCE,
	SHADOW_PARAM_REGION,
	SHADOW_PARAM_BOARD,
	SHADOW_PARAM_MEMORY,
	SHADOW_PARAM_CMDLINE,
	SHADOW_PARAM_INITRD,
	SHADOW_PARAM_IMAGE,
	SHADOW_PARAM_DTB,
	SHADOW_PARAM_SHARE,
	SHADOW_PARAM_SEED,
	SHADOW_PARAM_GRANULE,
	SHADOW_PARAM_VA_BITS,
	SHADOW_PARAM_PA_BITS,
	SHADOW_PARAM_LPA2,
	SHADOW_PARAM_KASLR,
	SHADOW_PARAM_RODATA,
	SHADOW_PARAM_TLBI,
	SHADOW_PARAM_EARLY,
	SHADOW_PARAM_UNTIL,
	SHADOW_PARAM_MEMMODEL,
	SHADOW_PARAM_NODES,
	SHADOW_PARAM_DISTANCE,
	SHADOW_PARAM_DMA,
	SHADOW_PARAM_DMA32,
	SHADOW_PARAM_HIGHMEM,
	SHADOW_PARAM_MOVABLECORE,
	SHADOW_PARAM_KERNELCORE,
	SHADOW_PARAM_MAX_ORDER,
	SHADOW_PARAM_PCP,
	SHADOW_PARAM_MOBILITY,
	SHADOW_PARAM_MIN_FREE_KBYTES,
	SHADOW_PARAM_WATERMARK_SCALE_FACTOR,
	SHADOW_PARAM_LOWMEM_RESERVE_RATIO,
	SHADOW_PARAM_SLAB,
	SHADOW_PARAM_SLAB_DEBUG,
	SHADOW_PARAM_SLAB_HARDENED,
	SHADOW_PARAM_SLAB_RANDOM,
	SHADOW_PARAM_SLAB_MERGE,
	SHADOW_PARAM_QUARANTINE,
	SHADOW_PARAM_PAGE_OWNER,
	SHADOW_PARAM_RING,
	SHADOW_PARAM_MMU_CHECK,
	SHADOW_PARAM_DEBUGFS,
	SHADOW_NR_PARAMS
};

/* One line each, for modinfo, `config` and README. */
#define SHADOW_WHAT_SIZE \
	"Bytes of the block (K, M, G, T), a multiple of the granule"
#define SHADOW_WHAT_BASE \
	"Physical address of a carve-out for the block, inside /memory"
#define SHADOW_WHAT_BASE_FORCE \
	"on: believe base where there is no device tree to check it"
#define SHADOW_WHAT_REGION \
	"Name of the reserved-memory node to take the block from"
#define SHADOW_WHAT_BOARD \
	"Board that is booted: NAME of shadow_mm/NAME.dtb or .txt, or host (the block alone)"
#define SHADOW_WHAT_MEMORY \
	"START+BYTES[,...] of RAM, as a boot loader fills it in (the board's own)"
#define SHADOW_WHAT_CMDLINE \
	"Kernel command line: mem=, initrd=, numa=, cma=, movablecore=, kernelcore=, earlycon= are obeyed (the board's own)"
#define SHADOW_WHAT_INITRD \
	"START+BYTES of the initial RAM disk (none)"
#define SHADOW_WHAT_IMAGE \
	"START+BYTES of the kernel image (1/16 of the block)"
#define SHADOW_WHAT_DTB \
	"START+BYTES of the device tree (64K behind the image)"
#define SHADOW_WHAT_SHARE \
	"Bytes of the first machine's memory that a further one lives in"
#define SHADOW_WHAT_SEED \
	"Seed of everything that is random, so that a run can be repeated"
#define SHADOW_WHAT_GRANULE \
	"Bytes of a page: 4k, 16k or 64k (the host's page)"
#define SHADOW_WHAT_VA_BITS \
	"Bits of a virtual address: 36, 39, 42, 47, 48 or 52"
#define SHADOW_WHAT_PA_BITS \
	"Bits of a physical address: 48 or 52 (52 with LPA2, else 48)"
#define SHADOW_WHAT_LPA2 \
	"Descriptors of FEAT_LPA2: auto (on for 52 bits, else as the host's TCR_EL1.DS), on or off"
#define SHADOW_WHAT_KASLR \
	"on: the kernel image is displaced in the address space, by seed"
#define SHADOW_WHAT_RODATA \
	"Read-only text and data: on, full (their alias too: a linear map of pages) or off"
#define SHADOW_WHAT_TLBI \
	"TLB invalidations: on, or stale (left out until ctl's tlbi; vtop shows what a TLB still says)"
#define SHADOW_WHAT_EARLY \
	"Early allocator: memblock or bootmem"
#define SHADOW_WHAT_UNTIL \
	"Last phase of the boot; ctl goes on with step and continue (all)"
#define SHADOW_WHAT_MEMMODEL \
	"How the memmap is laid out: flat, discontig or vmemmap"
#define SHADOW_WHAT_NODES \
	"Number of nodes, 1 to 8: memory in equal parts (the board's own, else 1)"
#define SHADOW_WHAT_DISTANCE \
	"Distances, nodes times nodes numbers, row by row (the board's, else 10 and 20)"
#define SHADOW_WHAT_DMA \
	"Address at which zone DMA ends (a quarter of the block; what a board's devices reach)"
#define SHADOW_WHAT_DMA32 \
	"Address at which zone DMA32 ends (none in a block; 4G of a board)"
#define SHADOW_WHAT_HIGHMEM \
	"Address at which the linear map ends; HIGHMEM is above (all memory is in it)"
#define SHADOW_WHAT_MOVABLECORE \
	"Bytes or N% of memory that zone MOVABLE has at least (the command line's)"
#define SHADOW_WHAT_KERNELCORE \
	"Bytes or N% of memory kept out of zone MOVABLE (the command line's)"
#define SHADOW_WHAT_MAX_ORDER \
	"Largest order of the buddy allocator, inclusive (default 10, 11, 13 for 4k, 16k, 64k)"
#define SHADOW_WHAT_PCP \
	"Per-CPU lists: on (as 6.12), hotcold (as until 4.14) or off"
#define SHADOW_WHAT_MOBILITY \
	"Whether pages are grouped by mobility: on or off"
#define SHADOW_WHAT_MIN_FREE_KBYTES \
	"KiB that the min watermarks keep back (by the square root of the memory)"
#define SHADOW_WHAT_WATERMARK_SCALE_FACTOR \
	"Distance of the watermarks in 1/10000 of a zone, 1 to 3000"
#define SHADOW_WHAT_LOWMEM_RESERVE_RATIO \
	"Per zone from DMA up: 1/RATIO of what lies above is kept from allocations meant for there"
#define SHADOW_WHAT_SLAB \
	"Object allocator: slub, slab or slob"
#define SHADOW_WHAT_SLAB_DEBUG \
	"Debugging of caches: - or letters of FZPU, then ,NAME[*],... for some alone"
#define SHADOW_WHAT_SLAB_HARDENED \
	"on or off: links in free objects are hidden by a secret (slub)"
#define SHADOW_WHAT_SLAB_RANDOM \
	"on or off: free objects of a new slab are shuffled (slub)"
#define SHADOW_WHAT_SLAB_MERGE \
	"on or off: caches alike become one, as the kernel's do"
#define SHADOW_WHAT_QUARANTINE \
	"Bytes of freed objects that are held back, up to a quarter of the block"
#define SHADOW_WHAT_PAGE_OWNER \
	"on or off: pages, vmalloc areas and early memory know who took them, and when"
#define SHADOW_WHAT_RING \
	"Records of history, 64 bytes each: operations and events, 1K to 4M (0: none)"
#define SHADOW_WHAT_MMU_CHECK \
	"Judged by the CPU at boot: on, off, or random pages[,words loaded[,unmapped addresses[,host's]]]"
#define SHADOW_WHAT_DEBUGFS \
	"on or off: whether files are published"

enum shadow_param_state {
	SHADOW_PARAM_STATE_LATER,	/* refused when given */
	SHADOW_PARAM_STATE_READY,
};

/**
 * struct shadow_param_info - one row of the table
 * @name: what a person writes
 * @state: whether its layer is complete
 * @def: value when not given; "" where that follows from something else
 * @what: one line for modinfo and README
 */
struct shadow_param_info {
	const char *name;
	enum shadow_param_state state;
	const char *def;
	const char *what;
};

extern const struct shadow_param_info shadow_param_table[SHADOW_NR_PARAMS];

/**
 * struct shadow_param_strings - values as they were given
 * @value: by enum shadow_param_id; NULL: not given
 */
struct shadow_param_strings {
	char *value[SHADOW_NR_PARAMS];
};

/* What insmod was given: shadow_params_given.c, in the module alone */
extern struct shadow_param_strings shadow_params_given;

/**
 * struct shadow_host_facts - what of the host a default or a check depends on
 * @page_shift: log2 of the host's page in bytes
 * @arm64: the host is arm64, so @ds and @pa_bits mean something
 * @ds: TCR_EL1.DS of the running kernel
 * @pa_bits: physical address bits of the CPU (PARange); 0: not known
 * @further: the machine is not the first, so it may share the first one's memory
 */
struct shadow_host_facts {
	unsigned int page_shift;
	bool arm64;
	bool ds;
	unsigned int pa_bits;
	bool further;
};

enum shadow_lpa2_mode {
	SHADOW_LPA2_AUTO,
	SHADOW_LPA2_ON,
	SHADOW_LPA2_OFF,
};

/* As the kernel's rodata= on the command line */
enum shadow_rodata_mode {
	SHADOW_RODATA_ON,
	SHADOW_RODATA_FULL,
	SHADOW_RODATA_OFF,
};

/* Which of the invalidations that changes of the tables need take place */
enum shadow_tlbi_mode {
	SHADOW_TLBI_MODE_ON,	/* all, at once */
	SHADOW_TLBI_MODE_STALE,	/* none but those that a user performs */
};

/**
 * struct shadow_param_range - START+BYTES
 * @given: it was given; else the rest is 0
 * @start: address in bytes; below the block's length it counts from the
 *	block's start
 * @bytes: length, not 0 when given
 */
struct shadow_param_range {
	bool given;
	u64 start;
	u64 bytes;
};

/* What of mmu_check comes in numbers, in the order in which they are given */
enum shadow_mmu_size {
	SHADOW_MMU_MAPPED,	/* mapped pages */
	SHADOW_MMU_LOADS,	/* words that are really loaded */
	SHADOW_MMU_UNMAPPED,	/* addresses without a mapping */
	SHADOW_MMU_HOST,	/* addresses of the host's own tables */
	SHADOW_NR_MMU_SIZES
};

#define SHADOW_MMU_MAX_SIZE	1000000U	/* of mmu_check= */

/**
 * struct shadow_mmu_size_info - one number of mmu_check
 * @name: key of ctl's mmu_check; of the first one, which has none, what it is
 * @min: smallest value
 * @def: value where it is not given
 */
struct shadow_mmu_size_info {
	const char *name;
	u32 min;
	u32 def;
};

extern const struct shadow_mmu_size_info shadow_mmu_sizes[SHADOW_NR_MMU_SIZES];

/**
 * struct shadow_config - what a machine shall be, checked
 * @given: bit by enum shadow_param_id, set for what did not come by default
 * @set: bit by enum shadow_param_id, for what was changed since at run time
 * @bytes: length of the block
 * @base: physical address of the carve-out, where base was given
 * @base_force: believe @base without a device tree
 * @region: name of the reserved-memory node, or ""
 * @board: name of the board, or ""
 * @memory: memory= as it was given, its syntax checked; NULL: it was not. Here
 *	and in @cmdline the text is whose the strings were that were checked
 * @cmdline: cmdline= as it was given, or NULL
 * @share: bytes of the first machine's memory to live in, or 0
 * @image: where the kernel image was loaded
 * @dtb: where the device tree was loaded
 * @initrd: where the initial RAM disk was loaded
 * @page_shift: log2 of the granule in bytes
 * @va_bits: bits of a virtual address
 * @pa_bits: bits of a physical address that descriptors hold
 * @lpa2_mode: what was asked for
 * @lpa2: what that came to: descriptors have the format of TCR_EL1.DS = 1
 * @rodata: whether what the image only reads is read-only
 * @min_free_kbytes: what the watermarks are computed from; 0 where it was not
 *	given and the boot has not computed it yet
 * @watermark_scale_factor: distance of the watermarks, in 1/10000 of a zone
 * @lowmem_reserve_ratio: per zone type; 0: nothing is kept back
 * @memmodel: how the memmap is laid out
 * @max_order: largest order of the buddy's blocks, inclusive
 * @mobility: pages are grouped by mobility, if there are enough
 * @pcp: how per-CPU lists grow and shrink
 * @nr_nodes: nodes; not given: as many as the board has
 * @distance: between them, where it was given
 * @dma: address at which zone DMA ends; as @start of struct shadow_param_range,
 *	but the block's length itself is its end
 * @dma32: likewise zone DMA32
 * @highmem: likewise the linear map, where HIGHMEM begins
 * @movablecore: what zone MOVABLE has at least, where it was given
 * @kernelcore: what it does not have, where it was given
 * @slab: name of the object allocator
 * @slab_debug: as it was given; the text is whose @memory's is
 * @slab_debug_flags: SHADOW_SLAB_*, what that comes to
 * @slab_plain: its links are not hidden
 * @slab_ordered: its free objects are not shuffled
 * @slab_merge: caches alike become one
 * @page_owner: pages, areas and early memory know who took them
 * @quarantine: bytes of freed objects that are held back
 * @ring: records of the history, or 0
 * @tlbi: which TLB invalidations take place
 * @kaslr: the image's virtual address is displaced, as @seed has it
 * @early: name of the early allocator
 * @until: enum shadow_phase, the last one that the boot runs
 * @seed: of everything random
 * @mmu_check: the CPU judges the tables at boot
 * @mmu_size: by enum shadow_mmu_size, how much of everything it judges then, or
 *	when it is asked without a number
 * @debugfs: files are published
 */
struct shadow_config {
	u64 given;
	u64 set;
	u64 bytes;
	u64 base;
	bool base_force;
	char region[SHADOW_REGION_NAME];
	char board[SHADOW_PARAMS_BOARD];
	const char *memory;
	const char *cmdline;
	u64 share;
	struct shadow_param_range image;
	struct shadow_param_range dtb;
	struct shadow_param_range initrd;
	unsigned int page_shift;
	unsigned int va_bits;
	unsigned int pa_bits;
	enum shadow_lpa2_mode lpa2_mode;
	bool lpa2;
	enum shadow_rodata_mode rodata;
	enum shadow_memmodel memmodel;
	unsigned int max_order;
	bool mobility;
	const struct shadow_pcp_policy *pcp;
	unsigned int nr_nodes;
	u64 min_free_kbytes;
	unsigned int watermark_scale_factor;
	unsigned int lowmem_reserve_ratio[SHADOW_MAX_NR_ZONES];
	u8 distance[SHADOW_MAX_NODES][SHADOW_MAX_NODES];
	u64 dma;
	u64 dma32;
	u64 highmem;
	struct shadow_core movablecore;
	struct shadow_core kernelcore;
	const char *slab;
	const char *slab_debug;
	u32 slab_debug_flags;
	bool slab_plain;
	bool slab_ordered;
	bool slab_merge;
	bool page_owner;
	u64 quarantine;
	u32 ring;
	enum shadow_tlbi_mode tlbi;
	bool kaslr;
	const char *early;
	unsigned int until;
	u64 seed;
	bool mmu_check;
	u32 mmu_size[SHADOW_NR_MMU_SIZES];
	bool debugfs;
};

/**
 * struct shadow_places - where in the block what the boot loader left lies
 * @image: kernel image; start is absolute, page aligned
 * @dtb: device tree; start is absolute
 * @initrd: initial RAM disk; bytes is 0 where there is none
 *
 * @given stays false in what was placed by default.
 */
struct shadow_places {
	struct shadow_param_range image;
	struct shadow_param_range dtb;
	struct shadow_param_range initrd;
};

static_assert(SHADOW_NR_PARAMS <= 64);

/**
 * shadow_config_given() - was a parameter given, or is its value the default?
 * @cfg: the configuration
 * @id: the parameter
 *
 * Context: any.
 * Return: true if it was given.
 */
static inline bool shadow_config_given(const struct shadow_config *cfg,
				       enum shadow_param_id id)
{
	return cfg->given & BIT_ULL(id);
}

/**
 * shadow_config_has_board() - is the memory a board's, not the block itself?
 * @cfg: the configuration
 *
 * Context: any.
 * Return: true if board or memory was given.
 */
static inline bool shadow_config_has_board(const struct shadow_config *cfg)
{
	return cfg->board[0] || cfg->memory;
}

/* Takes one line, without newline. */
typedef void (*shadow_params_emit_t)(void *to, const char *line);

int shadow_params_check(const struct shadow_param_strings *in,
			const struct shadow_host_facts *host,
			struct shadow_config *cfg, char *why, size_t why_bytes);
int shadow_params_place(const struct shadow_config *cfg,
			const struct shadow_block *block,
			struct shadow_places *places, char *why,
			size_t why_bytes);
void shadow_params_print(const struct shadow_config *cfg,
			 shadow_params_emit_t emit, void *to);
int shadow_params_ratios(const char *text, size_t len, unsigned int *ratio,
			 unsigned int from);
void shadow_params_ratios_text(const unsigned int *ratio, char *text,
			       size_t room);

#endif /* SHADOW_PARAMS_H */
