// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_mmu_verdict - what PAR_EL1 must hold, what it holds, and the words
 * for a difference. Pure: it asks neither the CPU nor the host.
 */
#include "shadow_compat.h"
#include "shadow_mmu.h"
#include "shadow_mmu_verdict.h"
#include "shadow_regs.h"
#include "shadow_walk.h"

const char *const shadow_mmu_kind_names[] = {
	[SHADOW_MMU_S1E1R]	= "S1E1R",
	[SHADOW_MMU_S1E1W]	= "S1E1W",
	[SHADOW_MMU_S1E0R]	= "S1E0R",
	[SHADOW_MMU_S1E0W]	= "S1E0W",
	[SHADOW_MMU_LDR]	= "ldr",
	[SHADOW_MMU_LDTR]	= "ldtr",
};

static const enum shadow_access accesses[] = {
	[SHADOW_MMU_S1E1R]	= SHADOW_ACCESS_EL1_READ,
	[SHADOW_MMU_S1E1W]	= SHADOW_ACCESS_EL1_WRITE,
	[SHADOW_MMU_S1E0R]	= SHADOW_ACCESS_EL0_READ,
	[SHADOW_MMU_S1E0W]	= SHADOW_ACCESS_EL0_WRITE,
};

/**
 * shadow_mmu_is_cacheable() - is a memory type Normal write-back?
 * @attr: byte of MAIR_EL1
 *
 * Context: any.
 * Return: true for Normal memory, write-back with read and write allocation
 * inside and outside, with tags (FEAT_MTE2) or without; nothing else is loaded.
 */
bool shadow_mmu_is_cacheable(unsigned int attr)
{
	return attr == 0xff || attr == 0xf0;
}

/**
 * shadow_mmu_load_kind() - by which instruction can a leaf be loaded?
 * @attrs: its attributes
 * @limits: SHADOW_TABLE_*, of the tables above that count
 * @attr: its memory type, a byte of MAIR_EL1
 *
 * PSTATE.PAN is set while the kernel runs, and forbids a plain load of what EL0
 * can read; with SCTLR_EL1.EPAN also of what it can only execute. A load with
 * EL0's rights (ldtr) is what reads the former. PSTATE.UAO, which would change
 * what ldtr means, is clear in all kernels since 5.10, TCR_EL1.E0PD0 as well:
 * Linux sets the bit of the other half.
 *
 * Context: any.
 * Return: SHADOW_MMU_LDR, SHADOW_MMU_LDTR, or SHADOW_MMU_NR_KINDS: by none, or
 * its loads are not without effect.
 */
enum shadow_mmu_kind shadow_mmu_load_kind(u64 attrs, u64 limits,
					  unsigned int attr)
{
	bool user = (attrs & SHADOW_ATTR_USER) && !(limits & SHADOW_TABLE_NO_EL0);
	bool uxn = (attrs & SHADOW_ATTR_UXN) || (limits & SHADOW_TABLE_UXN);

	if (!(attrs & SHADOW_ATTR_AF) || !shadow_mmu_is_cacheable(attr))
		return SHADOW_MMU_NR_KINDS;
	if (user)
		return SHADOW_MMU_LDTR;
	return uxn ? SHADOW_MMU_LDR : SHADOW_MMU_NR_KINDS;
}

/**
 * shadow_mmu_ask_walker() - what the walker says about an address
 * @walker: the walker
 * @regs: what the CPU is asked under: MAIR_EL1 and TCR_EL1 say what it makes
 *	of a leaf's attributes
 * @upper: it is asked in the half of TTBR1, be the address from there or not
 * @va: the address
 * @verdict: filled
 *
 * Context: that of the walker's @read.
 */
void shadow_mmu_ask_walker(const struct shadow_walker *walker,
			   const struct shadow_regs *regs, bool upper, u64 va,
			   struct shadow_mmu_verdict *verdict)
{
	struct shadow_walk walk;
	unsigned int i;

	shadow_walk(walker, va, &walk);
	for (i = 0; i < SHADOW_MMU_NR_AT; i++)
		verdict->fault[i] = shadow_walk_access(&walk, accesses[i]);
	verdict->level = walk.level;
	verdict->pa = walk.pa;
	verdict->attr = shadow_regs_attr(regs, walk.attrs);
	verdict->sh = shadow_regs_sh(regs, upper, walk.attrs);
	verdict->leaf_sh = shadow_regs_leaf_sh(regs, upper, walk.attrs);
	verdict->access_flag = !walk.leaf_shift ||
			       (walk.attrs & SHADOW_ATTR_AF);
	verdict->load = walk.fault ? SHADOW_MMU_NR_KINDS :
			shadow_mmu_load_kind(walk.attrs, walk.limits,
					     verdict->attr);
}

/**
 * shadow_mmu_agrees() - do the walker and the CPU say the same?
 * @verdict: the walker's word
 * @kind: the AT instruction
 * @par: the CPU's word
 *
 * The same frame of 4K with the same memory type and shareability, or the same
 * fault at the same level. Follows the fault status codes of PAR_EL1.FST, which
 * are those of ESR_EL1.DFSC. NS is no part of it: from non-secure state it is
 * unknown. Of memory that is not cached the architecture has PAR_EL1 say outer
 * shareable; QEMU 7.2 says what the tables do, which is let pass.
 *
 * Context: any.
 * Return: true if they do.
 */
bool shadow_mmu_agrees(const struct shadow_mmu_verdict *verdict,
		       enum shadow_mmu_kind kind, const struct shadow_par *par)
{
	enum shadow_walk_fault fault = verdict->fault[kind];

	if (fault == SHADOW_WALK_OK)
		return !par->fault &&
		       par->pa == (verdict->pa & ~(u64)(SZ_4K - 1)) &&
		       par->attr == verdict->attr &&
		       (par->sh == verdict->sh || par->sh == verdict->leaf_sh);
	return par->fault && !par->stage2 &&
	       par->status == shadow_walk_fst(fault, verdict->level);
}

static size_t print_page(char *to, size_t bytes, u64 pa, u8 attr, u8 sh)
{
	return scnprintf(to, bytes, "pa 0x%llx, type 0x%02x, shareability %u",
			 pa, attr, sh);
}

static size_t print_fault(char *to, size_t bytes, enum shadow_walk_fault fault,
			  int level)
{
	return scnprintf(to, bytes, "%s fault, level %d",
			 shadow_walk_fault_names[fault], level);
}

static size_t print_par(char *to, size_t bytes, const struct shadow_par *par)
{
	enum shadow_walk_fault fault;
	int level;

	if (!par->fault)
		return print_page(to, bytes, par->pa, par->attr, par->sh);
	if (!par->stage2 && !shadow_walk_from_fst(par->status, &fault, &level))
		return print_fault(to, bytes, fault, level);
	return scnprintf(to, bytes, "%sfault status 0x%02x",
			 par->stage2 ? "stage 2 " : "", par->status);
}

static void describe_at(char *to, const struct shadow_mmu_verdict *verdict,
			enum shadow_mmu_kind kind, const struct shadow_par *par)
{
	size_t room = SHADOW_MMU_REASON, len;

	len = scnprintf(to, room, "AT %s: walker: ",
			shadow_mmu_kind_names[kind]);
	if (verdict->fault[kind] == SHADOW_WALK_OK)
		len += print_page(to + len, room - len, verdict->pa,
				  verdict->attr, verdict->sh);
	else
		len += print_fault(to + len, room - len, verdict->fault[kind],
				   verdict->level);
	len += scnprintf(to + len, room - len, "; CPU: ");
	print_par(to + len, room - len, par);
}

static void describe_load(char *to, const struct shadow_mmu_verdict *verdict,
			  enum shadow_mmu_kind kind,
			  const struct shadow_mmu_answer *answer)
{
	size_t len;

	len = scnprintf(to, SHADOW_MMU_REASON,
			"%s: the frame at pa 0x%llx holds 0x%016llx; CPU: ",
			shadow_mmu_kind_names[kind], verdict->pa & ~7ULL,
			answer->seen);
	if (answer->load_faulted)
		scnprintf(to + len, SHADOW_MMU_REASON - len, "a fault");
	else
		scnprintf(to + len, SHADOW_MMU_REASON - len, "0x%016llx",
			  answer->loaded);
}

/* One kind of question; false: no agreement, and @say gets the words for it */
static bool note_kind(struct shadow_mmu_count *count,
		      const struct shadow_mmu_verdict *verdict,
		      enum shadow_mmu_kind kind,
		      const struct shadow_mmu_answer *answer, char *say)
{
	enum shadow_walk_fault fault = SHADOW_WALK_OK;
	struct shadow_par par;
	bool agree;

	memset(&par, 0, sizeof(par));
	if (kind < SHADOW_MMU_NR_AT) {
		fault = verdict->fault[kind];
		par = shadow_mmu_decode_par(answer->par[kind]);
		agree = shadow_mmu_agrees(verdict, kind, &par);
	} else {
		agree = !answer->load_faulted && answer->loaded == answer->seen;
	}
	count->asked++;
	count->agree += agree;
	count->leaf_sh += agree && kind < SHADOW_MMU_NR_AT && !par.fault &&
			  par.sh != verdict->sh;
	if (fault == SHADOW_WALK_OK)
		count->mapped++;
	else
		count->fault[fault]++;
	if (agree || !say)
		return agree;
	if (kind < SHADOW_MMU_NR_AT)
		describe_at(say, verdict, kind, &par);
	else
		describe_load(say, verdict, kind, answer);
	return false;
}

/**
 * shadow_mmu_note() - add one comparison to a result
 * @result: the result; the first mismatch is described in it
 * @va: the address
 * @verdict: the walker's word
 * @answer: the CPU's; NULL where it was not asked, which is a mismatch
 *
 * Context: any.
 */
void shadow_mmu_note(struct shadow_mmu_result *result, u64 va,
		     const struct shadow_mmu_verdict *verdict,
		     const struct shadow_mmu_answer *answer)
{
	bool agree = answer;
	unsigned int i;

	BUILD_BUG_ON(SHADOW_MMU_NR_FAULTS != SHADOW_WALK_EXTERNAL + 1);
	result->checked++;
	if (verdict->fault[SHADOW_MMU_S1E1R] == SHADOW_WALK_OK)
		result->mapped++;
	else
		result->faulted++;
	for (i = 0; answer && i < SHADOW_MMU_NR_KINDS; i++) {
		if (answer->asked & BIT(i))
			agree &= note_kind(&result->kind[i], verdict, i, answer,
					   agree && !result->mismatch ?
					   result->reason : NULL);
	}
	if (agree) {
		result->agree++;
		return;
	}
	if (result->mismatch++)
		return;
	result->first_bad_va = va;
	if (!answer)
		scnprintf(result->reason, SHADOW_MMU_REASON,
			  "walker: %s fault, level %d; CPU: not asked, a table is outside the machine's memory",
			  shadow_walk_fault_names[verdict->fault[SHADOW_MMU_S1E1R]],
			  verdict->level);
}
