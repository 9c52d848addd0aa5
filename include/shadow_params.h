/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_params - what a machine is asked to be: text in, a struct
 * shadow_config or the reason for refusing out.
 *
 * Pure: nothing is reserved, touched or asked of the host here. What has to be
 * known of the host is an argument, so that the same text gives the same
 * answer in a test.
 */
#ifndef SHADOW_PARAMS_H
#define SHADOW_PARAMS_H

#include "shadow_compat.h"
#include "shadow_pool.h"

/* A refusal is one line that fits here. */
#define SHADOW_PARAMS_WHY	200
/* The longest value that is looked at */
#define SHADOW_PARAMS_VALUE	1024
#define SHADOW_REGION_NAME	64

/*
 * X(ID, name, state, default, description). ID is the suffix of the enum, name
 * what a person writes, state READY or LATER (refused with "not supported yet"
 * when given), default what it is when not given.
 */
#define SHADOW_PARAMS(X) \
	X(SIZE, size, READY, "64M", \
	  "Bytes of the block (K, M, G, T), a multiple of the granule") \
	X(BASE, base, READY, "", \
	  "Physical address of a carve-out for the block, inside /memory") \
	X(BASE_FORCE, base_force, READY, "off", \
	  "on: believe base where there is no device tree to check it") \
	X(REGION, region, READY, "", \
	  "Name of the reserved-memory node to take the block from") \
	X(BOARD, board, LATER, "", \
	  "Virtual board whose memory map is booted") \
	X(MEMORY, memory, LATER, "", \
	  "Memory ranges of a virtual board") \
	X(CMDLINE, cmdline, LATER, "", \
	  "Kernel command line that the machine believes it has") \
	X(INITRD, initrd, READY, "", \
	  "START+BYTES of the initial RAM disk (none)") \
	X(IMAGE, image, READY, "", \
	  "START+BYTES of the kernel image (1/16 of the block)") \
	X(DTB, dtb, READY, "", \
	  "START+BYTES of the device tree (64K behind the image)") \
	X(SHARE, share, LATER, "", \
	  "Machine whose block is shared") \
	X(SEED, seed, READY, "1", \
	  "Seed of everything that is random, so that a run can be repeated") \
	X(GRANULE, granule, READY, "", \
	  "Bytes of a page: 4k, 16k or 64k (the host's page)") \
	X(VA_BITS, va_bits, READY, "48", \
	  "Bits of a virtual address: 39, 48 or 52") \
	X(LPA2, lpa2, READY, "auto", \
	  "Descriptors of FEAT_LPA2: auto (as the host's TCR_EL1.DS), on or off") \
	X(KASLR, kaslr, LATER, "", \
	  "Displacement of the kernel image") \
	X(RODATA, rodata, LATER, "", \
	  "How strictly read-only data is mapped") \
	X(TLBI, tlbi, LATER, "", \
	  "Which TLB invalidations are left out") \
	X(EARLY, early, READY, "memblock", \
	  "Early allocator: memblock") \
	X(UNTIL, until, LATER, "", \
	  "Phase at which the boot stops") \
	X(MEMMODEL, memmodel, LATER, "", \
	  "How the memmap is laid out") \
	X(NODES, nodes, READY, "1", \
	  "Number of nodes: 1") \
	X(DISTANCE, distance, LATER, "", \
	  "Distances between nodes") \
	X(DMA, dma, LATER, "", \
	  "Address at which zone DMA ends") \
	X(DMA32, dma32, LATER, "", \
	  "Address at which zone DMA32 ends") \
	X(HIGHMEM, highmem, LATER, "", \
	  "Address at which the linear map ends") \
	X(MOVABLECORE, movablecore, LATER, "", \
	  "Bytes for zone MOVABLE") \
	X(KERNELCORE, kernelcore, LATER, "", \
	  "Bytes kept out of zone MOVABLE") \
	X(MAX_ORDER, max_order, LATER, "", \
	  "Largest order of the buddy allocator") \
	X(PCP, pcp, LATER, "", \
	  "Kind and size of the per-CPU lists") \
	X(MOBILITY, mobility, LATER, "", \
	  "Whether pages are grouped by mobility") \
	X(MIN_FREE_KBYTES, min_free_kbytes, LATER, "", \
	  "Memory that the watermarks keep back") \
	X(WATERMARK_SCALE_FACTOR, watermark_scale_factor, LATER, "", \
	  "Distance of the watermarks") \
	X(LOWMEM_RESERVE_RATIO, lowmem_reserve_ratio, LATER, "", \
	  "What lower zones keep from allocations that could go higher") \
	X(SLAB, slab, READY, "slub", \
	  "Object allocator: slub") \
	X(QUARANTINE, quarantine, LATER, "", \
	  "Freed objects that are held back") \
	X(PAGE_OWNER, page_owner, LATER, "", \
	  "Whether each page remembers who took it") \
	X(RING, ring, LATER, "", \
	  "Events that are remembered") \
	X(MMU_CHECK, mmu_check, READY, "1000", \
	  "Random pages judged by the CPU at boot: on, off or a number") \
	X(DEBUGFS, debugfs, READY, "on", \
	  "on or off: whether files are published")

#define SHADOW_PARAM_ENUM(id, name, state, def, what)	SHADOW_PARAM_##id,
enum shadow_param_id {
	SHADOW_PARAMS(SHADOW_PARAM_ENUM)
	SHADOW_NR_PARAMS
};

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
	const char *value[SHADOW_NR_PARAMS];
};

/**
 * struct shadow_host_facts - what of the host a default or a check depends on
 * @page_shift: log2 of the host's page in bytes
 * @arm64: the host is arm64, so @ds and @pa_bits mean something
 * @ds: TCR_EL1.DS of the running kernel
 * @pa_bits: physical address bits of the CPU (PARange); 0: not known
 */
struct shadow_host_facts {
	unsigned int page_shift;
	bool arm64;
	bool ds;
	unsigned int pa_bits;
};

enum shadow_lpa2_mode {
	SHADOW_LPA2_AUTO,
	SHADOW_LPA2_ON,
	SHADOW_LPA2_OFF,
};

enum shadow_slab_engine {
	SHADOW_SLAB_SLUB,
	SHADOW_SLAB_SLAB,
	SHADOW_SLAB_SLOB,
};

enum shadow_early_engine {
	SHADOW_EARLY_MEMBLOCK,
	SHADOW_EARLY_BOOTMEM,
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

/**
 * struct shadow_config - what a machine shall be, checked
 * @given: bit by enum shadow_param_id, set for what did not come by default
 * @bytes: length of the block
 * @base: physical address of the carve-out, where base was given
 * @base_force: believe @base without a device tree
 * @region: name of the reserved-memory node, or ""
 * @image: where the kernel image was loaded
 * @dtb: where the device tree was loaded
 * @initrd: where the initial RAM disk was loaded
 * @page_shift: log2 of the granule in bytes
 * @va_bits: bits of a virtual address
 * @lpa2_mode: what was asked for
 * @lpa2: what that came to: descriptors have the format of TCR_EL1.DS = 1
 * @nr_nodes: nodes
 * @slab: object allocator
 * @early: early allocator
 * @seed: of everything random
 * @mmu_check: the CPU judges the tables at boot
 * @mmu_samples: random pages that it judges
 * @debugfs: files are published
 */
struct shadow_config {
	u64 given;
	u64 bytes;
	u64 base;
	bool base_force;
	char region[SHADOW_REGION_NAME];
	struct shadow_param_range image;
	struct shadow_param_range dtb;
	struct shadow_param_range initrd;
	unsigned int page_shift;
	unsigned int va_bits;
	enum shadow_lpa2_mode lpa2_mode;
	bool lpa2;
	unsigned int nr_nodes;
	enum shadow_slab_engine slab;
	enum shadow_early_engine early;
	u64 seed;
	bool mmu_check;
	u64 mmu_samples;
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
int shadow_number_parse(const char *text, size_t len, u64 *number);
int shadow_bytes_parse(const char *text, size_t len, u64 *bytes);

#endif /* SHADOW_PARAMS_H */
