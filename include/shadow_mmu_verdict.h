/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_mmu_verdict - what PAR_EL1 must hold, what it holds, and the words
 * for a difference.
 */
#ifndef SHADOW_MMU_VERDICT_H
#define SHADOW_MMU_VERDICT_H

#include "shadow_compat.h"
#include "shadow_mmu.h"
#include "shadow_walk.h"

struct shadow_regs;

/**
 * struct shadow_mmu_verdict - what the walker says about one address
 * @fault: by AT instruction, why it fails, or SHADOW_WALK_OK
 * @level: where the walk ended
 * @pa: physical address, where a leaf was reached
 * @attr: memory type that PAR_EL1 must show, where a leaf was reached
 * @sh: shareability, likewise
 * @leaf_sh: the one that the tables give, which is another one for memory that
 *	is not cached
 * @access_flag: no leaf with a clear access flag was met
 * @load: the load that may be tried: SHADOW_MMU_LDR, SHADOW_MMU_LDTR, or
 *	SHADOW_MMU_NR_KINDS: none
 */
struct shadow_mmu_verdict {
	enum shadow_walk_fault fault[SHADOW_MMU_NR_AT];
	int level;
	u64 pa;
	u8 attr;
	u8 sh;
	u8 leaf_sh;
	bool access_flag;
	enum shadow_mmu_kind load;
};

/**
 * struct shadow_mmu_answer - what the CPU did about one address
 * @asked: bit by enum shadow_mmu_kind, set for what it was asked
 * @par: PAR_EL1 by AT instruction
 * @seen: what the host's own mapping of the frame shows, before it and after
 * @loaded: what the load gave
 * @load_faulted: it took an exception instead
 */
struct shadow_mmu_answer {
	unsigned int asked;
	u64 par[SHADOW_MMU_NR_AT];
	u64 seen;
	u64 loaded;
	bool load_faulted;
};

bool shadow_mmu_is_cacheable(unsigned int attr);
enum shadow_mmu_kind shadow_mmu_load_kind(u64 attrs, u64 limits,
					  unsigned int attr);
void shadow_mmu_ask_walker(const struct shadow_walker *walker,
			   const struct shadow_regs *regs, bool upper, u64 va,
			   struct shadow_mmu_verdict *verdict);
bool shadow_mmu_agrees(const struct shadow_mmu_verdict *verdict,
		       enum shadow_mmu_kind kind, const struct shadow_par *par);
void shadow_mmu_note(struct shadow_mmu_result *result, u64 va,
		     const struct shadow_mmu_verdict *verdict,
		     const struct shadow_mmu_answer *answer);

#endif /* SHADOW_MMU_VERDICT_H */
