/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_mmu_panel - addresses of a machine on their way to the CPU.
 */
#ifndef SHADOW_MMU_PANEL_H
#define SHADOW_MMU_PANEL_H

#include "shadow_compat.h"
#include "shadow_mmu.h"
#include "shadow_mmu_cpu.h"
#include "shadow_mmu_verdict.h"
#include "shadow_regs.h"
#include "shadow_walk.h"

/**
 * struct shadow_mmu_panel - addresses that wait, and what became of them
 * @walker: the machine's walker, without hardware updates of descriptors
 * @regs: the registers as they are when the CPU is asked
 * @root: what of them is the machine's
 * @block: whose frames may be loaded, or NULL
 * @result: where the outcome is added
 * @nr: addresses waiting
 * @va: the addresses
 * @verdict: the walker's answers
 * @probe: the same addresses in the lower half, and the CPU's answers
 */
struct shadow_mmu_panel {
	struct shadow_walker walker;
	struct shadow_regs regs;
	struct shadow_mmu_root root;
	const struct shadow_block *block;
	struct shadow_mmu_result *result;
	unsigned int nr;
	u64 va[SHADOW_MMU_WINDOW];
	struct shadow_mmu_verdict verdict[SHADOW_MMU_WINDOW];
	struct shadow_mmu_probe probe[SHADOW_MMU_WINDOW];
};

struct rnd_state;

struct shadow_mmu_panel *
shadow_mmu_panel_create(const struct shadow_walker *walker,
			const struct shadow_block *block,
			struct shadow_mmu_result *result);
void shadow_mmu_panel_destroy(struct shadow_mmu_panel *panel);
void shadow_mmu_submit(struct shadow_mmu_panel *panel, u64 va);
void shadow_mmu_submit_load(struct shadow_mmu_panel *panel, u64 va);
void shadow_mmu_settle(struct shadow_mmu_panel *panel);

u64 shadow_mmu_random_below(struct rnd_state *rnd, u64 limit);

#endif /* SHADOW_MMU_PANEL_H */
