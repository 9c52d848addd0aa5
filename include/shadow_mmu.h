/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_mmu - the CPU's own MMU as the judge of the software walker.
 *
 * The shadow's tables hold real physical addresses in the CPU's own format,
 * so the CPU can be asked: its TTBR0 is pointed at a shadow root for a moment,
 * AT S1E1R translates, PAR_EL1 has the answer. A virtual address of the upper
 * half is asked by its low bits with the upper root in TTBR0, since the format
 * is the same for both halves. The host's own tables need no such window: AT
 * translates kernel addresses at any time.
 */
#ifndef SHADOW_MMU_H
#define SHADOW_MMU_H

#include "shadow_compat.h"

struct shadow_block;
struct shadow_cpu_id;
struct shadow_marker;
struct shadow_regs;
struct shadow_walker;

#define SHADOW_MMU_REASON	224

/* Addresses translated with interrupts masked in one go. */
#define SHADOW_MMU_WINDOW	64

/* What the CPU does with an address: AT instructions first, then real loads */
enum shadow_mmu_kind {
	SHADOW_MMU_S1E1R,
	SHADOW_MMU_S1E1W,
	SHADOW_MMU_S1E0R,
	SHADOW_MMU_S1E0W,
	SHADOW_MMU_NR_AT,
	SHADOW_MMU_LDR = SHADOW_MMU_NR_AT,	/* of a mapping of the kernel */
	SHADOW_MMU_LDTR,			/* of a mapping of the user */
	SHADOW_MMU_NR_KINDS
};

#define SHADOW_MMU_ALL_AT	(BIT(SHADOW_MMU_NR_AT) - 1)

extern const char *const shadow_mmu_kind_names[];

/**
 * struct shadow_par - what PAR_EL1 says, taken apart
 * @fault: the translation failed
 * @status: fault status code, as in ESR_ELx.DFSC, when @fault
 * @stage2: the fault was stage 2's, when @fault
 * @pa: physical address of the 4K frame, when not @fault
 * @attr: MAIR attribute byte, when not @fault
 * @sh: shareability (0 non, 2 outer, 3 inner), when not @fault
 */
struct shadow_par {
	bool fault;
	bool stage2;
	u8 status;
	u8 attr;
	u8 sh;
	u64 pa;
};

#define SHADOW_PAR_F		BIT_ULL(0)
#define SHADOW_PAR_FST		GENMASK_ULL(6, 1)
#define SHADOW_PAR_S		BIT_ULL(9)
#define SHADOW_PAR_SH		GENMASK_ULL(8, 7)
#define SHADOW_PAR_PA		GENMASK_ULL(51, 12)
#define SHADOW_PAR_ATTR_SHIFT	56
#define SHADOW_PAR_ATTR		GENMASK_ULL(63, 56)

/**
 * shadow_mmu_decode_par() - take PAR_EL1 apart
 * @par: the register's value after an AT instruction
 *
 * The PA field is 4K-granular whatever the tables' granule is (Arm ARM,
 * PAR_EL1, 64-bit format).
 *
 * Context: any.
 * Return: its fields.
 */
static inline struct shadow_par shadow_mmu_decode_par(u64 par)
{
	struct shadow_par out = {};

	if (par & SHADOW_PAR_F) {
		out.fault = true;
		out.status = (par & SHADOW_PAR_FST) >> 1;
		out.stage2 = par & SHADOW_PAR_S;
		return out;
	}
	out.pa = par & SHADOW_PAR_PA;
	out.attr = (par & SHADOW_PAR_ATTR) >> SHADOW_PAR_ATTR_SHIFT;
	out.sh = (par & SHADOW_PAR_SH) >> 7;
	return out;
}

/* Kinds of faults that are counted: enum shadow_walk_fault */
#define SHADOW_MMU_NR_FAULTS	6

/**
 * struct shadow_mmu_count - how one kind of question went
 * @asked: addresses on which the CPU was asked
 * @agree: those on which it said what the walker had
 * @mapped: of @asked, those that the walker lets pass
 * @leaf_sh: of @agree, those whose shareability was the tables', not the one
 *	that the architecture has for memory that is not cached
 * @fault: of @asked, those that it does not, by enum shadow_walk_fault
 */
struct shadow_mmu_count {
	u64 asked;
	u64 agree;
	u64 mapped;
	u64 leaf_sh;
	u64 fault[SHADOW_MMU_NR_FAULTS];
};

/**
 * struct shadow_mmu_result - the outcome of a check
 * @checked: addresses on which walker and CPU were compared
 * @agree: those on which they said the same, whatever the CPU was asked
 * @mismatch: those on which they did not; @agree + @mismatch == @checked
 * @first_bad_va: the first mismatch, meaningful when @mismatch is not 0
 * @retried: addresses compared again because the host was changing them, and
 *	loads of what somebody was writing
 * @mapped: of @checked, those that translated
 * @faulted: of @checked, those that faulted in both
 * @windows: how often TTBR0 was borrowed
 * @kind: the same by what the CPU was asked
 * @reason: why nothing was checked, or the first mismatch in words; else ""
 */
struct shadow_mmu_result {
	u64 checked;
	u64 agree;
	u64 mismatch;
	u64 first_bad_va;
	u64 retried;
	u64 mapped;
	u64 faulted;
	u64 windows;
	struct shadow_mmu_count kind[SHADOW_MMU_NR_KINDS];
	char reason[SHADOW_MMU_REASON];
};

/**
 * struct shadow_mmu_ask - what of one half of a machine is to be checked
 * @seed: of the random choices
 * @mapped: mapped pages chosen at random, each with a random offset
 * @unmapped: addresses without a mapping, spread over the levels
 * @loads: words of mapped pages chosen at random, to be really loaded
 * @block: whose frames may be loaded; NULL: none
 */
struct shadow_mmu_ask {
	u64 seed;
	unsigned int mapped;
	unsigned int unmapped;
	unsigned int loads;
	const struct shadow_block *block;
};

bool shadow_mmu_ds(void);
int shadow_mmu_read_id(struct shadow_cpu_id *id);
bool shadow_mmu_granule_supported(unsigned int page_shift, bool lpa2);
bool shadow_mmu_can_check(const struct shadow_walker *walker, char *reason,
			  size_t reason_bytes);
int shadow_mmu_check_list(const struct shadow_walker *walker, const u64 *vas,
			  size_t nr, const struct shadow_block *block,
			  struct shadow_mmu_result *result);
int shadow_mmu_check(const struct shadow_walker *walker,
		     const struct shadow_mmu_ask *ask,
		     struct shadow_mmu_result *result);
int shadow_mmu_host_walker(struct shadow_walker *walker,
			   struct shadow_regs *regs);
int shadow_mmu_check_host(u64 seed, unsigned int nr,
			  struct shadow_mmu_result *result);

/* Regions of the host with start and end, and the end of the list */
#define SHADOW_MMU_HOST_MARKERS	15

void shadow_mmu_host_markers(unsigned int va_bits, struct shadow_marker *marker);
int shadow_mmu_host_dump(void (*emit)(void *priv, const char *line), void *priv);

#endif /* SHADOW_MMU_H */
