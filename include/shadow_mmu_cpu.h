/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_mmu_cpu - the few instructions by which the CPU is asked.
 *
 * Everything that writes a system register of the host is in this room, in one
 * function.
 */
#ifndef SHADOW_MMU_CPU_H
#define SHADOW_MMU_CPU_H

#include "shadow_compat.h"
#include "shadow_mmu.h"
#include "shadow_mmu_verdict.h"
#include "shadow_regs.h"

/**
 * struct shadow_mmu_root - what the lower half is made of for a moment
 * @ttbr0: TTBR0_EL1: root, ASID 0, CnP 0
 * @tcr: T0SZ, TG0 and HPD0, in place, all else 0
 */
struct shadow_mmu_root {
	u64 ttbr0;
	u64 tcr;
};

/* Success, the frame of 4K, the memory type */
#define SHADOW_MMU_MUST_BE	(SHADOW_PAR_F | SHADOW_PAR_PA | SHADOW_PAR_ATTR)

/**
 * struct shadow_mmu_probe - an address on its way to the CPU and back
 * @low: the address, of the lower half
 * @frame: where the host's own mapping shows what a load of @low must give
 * @must_be: what PAR_EL1 must say of @low, in the bits of SHADOW_MMU_MUST_BE, before
 *	it is loaded: PA and memory type
 * @answer: what is asked, and what came back
 */
struct shadow_mmu_probe {
	u64 low;
	const u64 *frame;
	u64 must_be;
	struct shadow_mmu_answer answer;
};

int shadow_mmu_cpu_id(struct shadow_cpu_id *id);
int shadow_mmu_cpu_regs(struct shadow_regs *regs);
int shadow_mmu_cpu_read_table(phys_addr_t pa, u64 *desc, unsigned int nr);
u64 shadow_mmu_cpu_ask(u64 va, bool flush);
void shadow_mmu_cpu_ask_root(const struct shadow_mmu_root *root,
			     struct shadow_mmu_probe *probe, unsigned int nr);

#endif /* SHADOW_MMU_CPU_H */
