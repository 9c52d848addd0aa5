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

/**
 * struct shadow_mmu_verdict - what the walker says about one address
 * @fault: why a read by the kernel fails, or SHADOW_WALK_OK
 * @level: where the walk ended
 * @pa: physical address, when @fault is SHADOW_WALK_OK
 * @access_flag: no leaf with a clear access flag was met
 */
struct shadow_mmu_verdict {
	enum shadow_walk_fault fault;
	int level;
	u64 pa;
	bool access_flag;
};

void shadow_mmu_ask_walker(const struct shadow_walker *walker, u64 va,
			   struct shadow_mmu_verdict *verdict);
bool shadow_mmu_agrees(const struct shadow_mmu_verdict *verdict,
		       const struct shadow_par *par);
void shadow_mmu_note(struct shadow_mmu_result *result, u64 va,
		     const struct shadow_mmu_verdict *verdict,
		     const struct shadow_par *par);

#endif /* SHADOW_MMU_VERDICT_H */
