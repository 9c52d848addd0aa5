// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_mmu_verdict - what PAR_EL1 must hold, what it holds, and the words
 * for a difference. Pure: it asks neither the CPU nor the host.
 */
#include "shadow_compat.h"
#include "shadow_mmu.h"
#include "shadow_mmu_verdict.h"
#include "shadow_walk.h"

/**
 * shadow_mmu_ask_walker() - what the walker says about a read by the kernel
 * @walker: the walker
 * @va: the address
 * @verdict: filled
 *
 * Context: that of the walker's @read.
 */
void shadow_mmu_ask_walker(const struct shadow_walker *walker, u64 va,
			   struct shadow_mmu_verdict *verdict)
{
	struct shadow_walk walk;

	shadow_walk(walker, va, &walk);
	verdict->fault = shadow_walk_access(&walk, SHADOW_ACCESS_EL1_READ);
	verdict->level = walk.level;
	verdict->pa = walk.pa;
	verdict->access_flag = !walk.leaf_shift ||
			       (walk.attrs & SHADOW_ATTR_AF);
}

/**
 * shadow_mmu_agrees() - do the walker and the CPU say the same?
 * @verdict: the walker's word
 * @par: the CPU's
 *
 * The same frame of 4K, or the same fault at the same level. Follows the fault
 * status codes of PAR_EL1.FST, which are those of ESR_EL1.DFSC.
 *
 * Context: any.
 * Return: true if they do.
 */
bool shadow_mmu_agrees(const struct shadow_mmu_verdict *verdict,
		       const struct shadow_par *par)
{
	if (verdict->fault == SHADOW_WALK_OK)
		return !par->fault &&
		       par->pa == (verdict->pa & ~(u64)(SZ_4K - 1));
	return par->fault && !par->stage2 &&
	       par->status == shadow_walk_fst(verdict->fault, verdict->level);
}

static size_t print_verdict(char *to, size_t bytes,
			    const struct shadow_mmu_verdict *verdict)
{
	if (verdict->fault == SHADOW_WALK_OK)
		return scnprintf(to, bytes, "pa 0x%llx", verdict->pa);
	return scnprintf(to, bytes, "%s fault, level %d",
			 shadow_walk_fault_names[verdict->fault],
			 verdict->level);
}

static void print_par(char *to, size_t bytes, const struct shadow_par *par)
{
	struct shadow_mmu_verdict cpu = {};

	if (!par->fault) {
		cpu.pa = par->pa;
		print_verdict(to, bytes, &cpu);
	} else if (!par->stage2 &&
		   !shadow_walk_from_fst(par->status, &cpu.fault, &cpu.level)) {
		print_verdict(to, bytes, &cpu);
	} else {
		scnprintf(to, bytes, "%sfault status 0x%02x",
			  par->stage2 ? "stage 2 " : "", par->status);
	}
}

/**
 * shadow_mmu_note() - add one comparison to a result
 * @result: the result; the first mismatch is described in it
 * @va: the address
 * @verdict: the walker's word
 * @par: the CPU's; NULL where it was not asked, which is a mismatch
 *
 * Context: any.
 */
void shadow_mmu_note(struct shadow_mmu_result *result, u64 va,
		     const struct shadow_mmu_verdict *verdict,
		     const struct shadow_par *par)
{
	char *to = result->reason;
	size_t len;

	result->checked++;
	if (verdict->fault == SHADOW_WALK_OK)
		result->mapped++;
	else
		result->faulted++;
	if (par && shadow_mmu_agrees(verdict, par)) {
		result->agree++;
		return;
	}
	if (result->mismatch++)
		return;
	result->first_bad_va = va;
	len = scnprintf(to, SHADOW_MMU_REASON, "walker: ");
	len += print_verdict(to + len, SHADOW_MMU_REASON - len, verdict);
	len += scnprintf(to + len, SHADOW_MMU_REASON - len, "; CPU: ");
	if (par)
		print_par(to + len, SHADOW_MMU_REASON - len, par);
	else
		scnprintf(to + len, SHADOW_MMU_REASON - len,
			  "not asked, a table is outside the machine's memory");
}
