/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_board_init - from a board to the early allocator: what an arm64 kernel
 * makes of the memory that its boot loader describes, step by step and in the
 * order of Linux 6.12, with its rounding, its clipping and its refusals.
 *
 * What the kernel survives is survived here, with the same effect, and is
 * remembered in a struct shadow_board_fate: each range that was cut off with
 * its reason, and the lines that the kernel would have printed. What would kill
 * it before its first breath is an errno and one line.
 *
 * The room is in five files: shadow_board_place.c plays boot loader and finds
 * room for image, device tree and initrd; shadow_board_cmdline.c reads the
 * command line; shadow_board_init.c follows arch/arm64/mm/init.c;
 * shadow_board_reserve.c follows drivers/of/of_reserved_mem.c;
 * shadow_board_numa.c follows drivers/base/arch_numa.c and zone_sizes_init().
 *
 * Locking: none. One thread boots a machine; afterwards a fate is only read.
 */
#ifndef SHADOW_BOARD_INIT_H
#define SHADOW_BOARD_INIT_H

#include "shadow_board.h"
#include "shadow_layout.h"
#include "shadow_memblock.h"
#include "shadow_params.h"
#include "shadow_zone.h"

/* Cuts that are remembered; more are counted */
#define SHADOW_BOARD_NR_CUTS	128
/* Lines that are remembered, and bytes of each; more are counted */
#define SHADOW_BOARD_NR_SAID	128
#define SHADOW_BOARD_LINE	160

/* Why a range is not in the list that it was meant for. */
enum shadow_board_cut_why {
	SHADOW_BOARD_CUT_PART,		/* part of a page at a range's edge */
	SHADOW_BOARD_CUT_USABLE,	/* outside linux,usable-memory-range */
	SHADOW_BOARD_CUT_PA,		/* beyond the physical address size */
	SHADOW_BOARD_CUT_ABOVE,		/* above the linear map's span */
	SHADOW_BOARD_CUT_BELOW,		/* below it, where the image is above */
	SHADOW_BOARD_CUT_LIMIT,		/* beyond what mem= leaves */
	SHADOW_BOARD_NR_CUT_WHYS
};

/**
 * struct shadow_board_cut - a range that was removed
 * @base: physical address of its first byte
 * @bytes: length
 * @why: enum shadow_board_cut_why
 * @reserved: a reservation was dropped with it; else memory was
 * @at: where the board says the range (struct shadow_board_range), 0: unknown
 */
struct shadow_board_cut {
	u64 base;
	u64 bytes;
	u8 why;
	bool reserved;
	u32 at;
};

/* What became of a region of /reserved-memory, or of another reservation. */
enum shadow_board_outcome {
	SHADOW_BOARD_UNSEEN,		/* its step has not been reached */
	SHADOW_BOARD_RESERVED,
	SHADOW_BOARD_NOMAP,		/* memory without a linear mapping */
	SHADOW_BOARD_REFUSED,		/* no-map, but reserved before: as it was */
	SHADOW_BOARD_NO_ROOM,		/* by size, and there is no such room */
	SHADOW_BOARD_GIVEN_BACK,	/* its compatible's setup refused it */
	SHADOW_BOARD_NR_OUTCOMES
};

extern const char *const shadow_board_cut_names[SHADOW_BOARD_NR_CUT_WHYS];
extern const char *const shadow_board_outcome_names[SHADOW_BOARD_NR_OUTCOMES];

/**
 * struct shadow_board_arch - what the kernel was built with and runs on
 * @page_shift: log2 of the page in bytes
 * @pa_bits: PHYS_MASK_SHIFT: bits of a physical address
 * @va_bits: CONFIG_ARM64_VA_BITS: bits that a virtual address could have; the
 *	layout says how many it has
 * @nvhe: entered at EL2 and dropped to EL1, so that KVM needs a part of a 52-bit
 *	address space for itself
 */
struct shadow_board_arch {
	unsigned int page_shift;
	unsigned int pa_bits;
	unsigned int va_bits;
	bool nvhe;
};

/**
 * struct shadow_board_fate - what became of a board
 * @nr_cuts: entries of @cut
 * @nr_cuts_lost: cuts that found no room there
 * @cut: in the order in which they happened
 * @nr_said: entries of @said
 * @nr_said_lost: lines that found no room there
 * @said: what the kernel would have printed, without newline
 * @memory_limit: of mem=, whole pages; U64_MAX: none
 * @cma_given: cma= is on the command line
 * @numa_off: numa=off is
 * @kernelcore: kernelcore=
 * @movablecore: movablecore=
 * @mirror: kernelcore=mirror is
 * @initrd: as it is used; bytes is 0 where there is none
 * @initrd_dropped: there was one, but the linear map cannot show it
 * @linear_bytes: span of the linear map
 * @memstart_addr: the kernel's variable, which may be negative
 * @high_memory: linear address of the first byte behind memory
 * @outcome: of the board's reserved[], one for one, enum shadow_board_outcome
 * @wish_outcome: of its wish[], likewise
 * @wish_base: where that came to lie; 0: nowhere
 * @nr_overlaps: pairs of /reserved-memory regions that overlap
 * @numa: nodes follow the board; else there is one, as without NUMA
 * @why: the one line of an errno, else empty
 *
 * About 25 KiB.
 */
struct shadow_board_fate {
	unsigned int nr_cuts;
	u64 nr_cuts_lost;
	struct shadow_board_cut cut[SHADOW_BOARD_NR_CUTS];
	unsigned int nr_said;
	u64 nr_said_lost;
	char said[SHADOW_BOARD_NR_SAID][SHADOW_BOARD_LINE];
	u64 memory_limit;
	bool cma_given;
	bool numa_off;
	struct shadow_core kernelcore;
	struct shadow_core movablecore;
	bool mirror;
	struct shadow_param_range initrd;
	bool initrd_dropped;
	u64 linear_bytes;
	s64 memstart_addr;
	u64 high_memory;
	u8 outcome[SHADOW_BOARD_MAX_RANGES];
	u8 wish_outcome[SHADOW_BOARD_MAX_WISHES];
	phys_addr_t wish_base[SHADOW_BOARD_MAX_WISHES];
	unsigned int nr_overlaps;
	bool numa;
	char why[SHADOW_BOARD_WHY];
};

/**
 * struct shadow_board_option - an option of the command line
 * @name: its name, not terminated
 * @name_len: bytes there
 * @value: what follows the '=', not terminated; NULL where there is none
 * @value_len: bytes there
 */
struct shadow_board_option {
	const char *name;
	size_t name_len;
	const char *value;
	size_t value_len;
};

/* shadow_board_place.c: the boot loader's part */
int shadow_board_place(const struct shadow_board *board,
		       const struct shadow_config *cfg,
		       struct shadow_places *places, char *why,
		       size_t why_bytes);
void shadow_board_span(const struct shadow_board *board,
		       const struct shadow_places *places, u64 *start, u64 *end);
bool shadow_board_find_room(const struct shadow_board *board,
			    const struct shadow_board_arch *arch,
			    const struct shadow_places *places, u64 limit,
			    struct shadow_param_range *room);

/* shadow_board_cmdline.c: the kernel's command line */
bool shadow_board_next_option(const char **at,
			      struct shadow_board_option *option);
bool shadow_board_option_is(const struct shadow_board_option *option,
			    const char *name);
u64 shadow_board_memparse(const char *text, size_t len, size_t *used);
void shadow_board_core(const struct shadow_board_option *option,
		       struct shadow_core *core);

/* shadow_board_init.c: setup_machine_fdt() and arm64_memblock_init() */
int shadow_board_setup_memory(struct shadow_board_fate *fate,
			      const struct shadow_board *board,
			      struct shadow_memblock *mb,
			      const struct shadow_board_arch *arch,
			      const struct shadow_places *places);
int shadow_board_memblock_init(struct shadow_board_fate *fate,
			       const struct shadow_board *board,
			       struct shadow_memblock *mb,
			       struct shadow_layout *layout,
			       const struct shadow_board_arch *arch,
			       const struct shadow_places *places);

/* shadow_board_numa.c: bootmem_init() */
int shadow_board_bootmem_init(struct shadow_board_fate *fate,
			      const struct shadow_board *board,
			      struct shadow_memblock *mb);
unsigned int shadow_board_nodes(const struct shadow_board *board);
void shadow_board_zone_limits(const struct shadow_board *board,
			      const struct shadow_memblock *mb,
			      u64 limit[SHADOW_MAX_NR_ZONES]);

/* shadow_board_reserve.c: for this room's own files */
int shadow_board_reserve(struct shadow_board_fate *fate,
			 const struct shadow_board *board,
			 struct shadow_memblock *mb);
int shadow_board_check_reserved(struct shadow_board_fate *fate,
				const struct shadow_board *board,
				struct shadow_memblock *mb);
__printf(2, 3)
void shadow_board_say(struct shadow_board_fate *fate, const char *fmt, ...);
__printf(3, 4)
int shadow_board_die(struct shadow_board_fate *fate, int err, const char *fmt,
		     ...);
void shadow_board_note_cut(struct shadow_board_fate *fate, u64 base, u64 bytes,
			   enum shadow_board_cut_why why, bool reserved, u32 at);

#endif /* SHADOW_BOARD_INIT_H */
