// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_mmu_cpu - the few instructions by which the CPU is asked.
 */
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/uaccess.h>

#ifdef CONFIG_ARM64
#include <asm/asm-extable.h>
#include <asm/barrier.h>
#include <asm/cpufeature.h>
#include <asm/daifflags.h>
#include <asm/sysreg.h>
#include <asm/tlbflush.h>
#endif

#include "shadow_compat.h"
#include "shadow_mmu_cpu.h"

/* A fault with no status: what is said where no CPU can be asked. */
#define PAR_UNKNOWN	GENMASK_ULL(6, 0)

/* What of TCR_EL1 a borrowed lower half decides; all else stays the host's. */
#define TCR_OURS	(0x3fULL << SHADOW_TCR_T0SZ_SHIFT | \
			 0x3ULL << SHADOW_TCR_TG0_SHIFT | SHADOW_TCR_HPD0)

/**
 * shadow_mmu_cpu_id() - what all CPUs of the host can do
 * @id: filled
 *
 * The kernel's sanitised values: a check may run on any CPU.
 *
 * Context: any.
 * Return: 0, or -EOPNOTSUPP where this is not arm64.
 */
int shadow_mmu_cpu_id(struct shadow_cpu_id *id)
{
#ifdef CONFIG_ARM64
	id->mmfr0 = read_sanitised_ftr_reg(SYS_ID_AA64MMFR0_EL1);
	id->mmfr1 = read_sanitised_ftr_reg(SYS_ID_AA64MMFR1_EL1);
	id->mmfr2 = read_sanitised_ftr_reg(SYS_ID_AA64MMFR2_EL1);
	return 0;
#else
	memset(id, 0, sizeof(*id));
	return -EOPNOTSUPP;
#endif
}

/**
 * shadow_mmu_cpu_regs() - the registers that the host translates with
 * @regs: filled, except x0
 *
 * With the kernel at EL2 (HCR_EL2.E2H) the names of EL1 reach the registers of
 * EL2, which then have the same layout.
 *
 * Context: any.
 * Return: 0, or -EOPNOTSUPP where this is not arm64.
 */
int shadow_mmu_cpu_regs(struct shadow_regs *regs)
{
#ifdef CONFIG_ARM64
	memset(regs, 0, sizeof(*regs));
	/* TTBR0_EL1 belongs to the task that runs: from one CPU, at once. */
	preempt_disable();
	regs->currentel = read_sysreg(currentel);
	regs->mair = read_sysreg(mair_el1);
	regs->tcr = read_sysreg(tcr_el1);
	regs->ttbr0 = read_sysreg(ttbr0_el1);
	regs->ttbr1 = read_sysreg(ttbr1_el1);
	regs->sctlr = read_sysreg(sctlr_el1);
	preempt_enable();
	return 0;
#else
	memset(regs, 0, sizeof(*regs));
	return -EOPNOTSUPP;
#endif
}

/**
 * shadow_mmu_cpu_read_table() - read a part of one of the host's live tables
 * @pa: physical address of the first descriptor
 * @desc: where they go
 * @nr: how many; all in one page frame
 *
 * Only RAM is read, through the linear map, and a frame that the host has
 * taken out of that map is survived.
 *
 * Context: any.
 * Return: 0, or -EFAULT for what is not readable RAM.
 */
int shadow_mmu_cpu_read_table(phys_addr_t pa, u64 *desc, unsigned int nr)
{
#ifdef CONFIG_ARM64
	if (!pfn_valid(PHYS_PFN(pa)) || !pfn_is_map_memory(PHYS_PFN(pa)))
		return -EFAULT;
	return copy_from_kernel_nofault(desc, __va(pa), nr * sizeof(*desc));
#else
	return -EFAULT;
#endif
}

/* How often a word is loaded again that somebody is writing meanwhile. */
#define LOAD_ATTEMPTS	8

#ifdef CONFIG_ARM64
static __always_inline u64 translate(unsigned int kind, u64 va)
{
	switch (kind) {
	case SHADOW_MMU_S1E1R:
		asm volatile("at s1e1r, %0" : : "r" (va));
		break;
	case SHADOW_MMU_S1E1W:
		asm volatile("at s1e1w, %0" : : "r" (va));
		break;
	case SHADOW_MMU_S1E0R:
		asm volatile("at s1e0r, %0" : : "r" (va));
		break;
	default:
		asm volatile("at s1e0w, %0" : : "r" (va));
		break;
	}
	isb();
	return read_sysreg_par();
}

/*
 * A load that may fault: that leads to label 2 past the success. The entry is
 * of the kind for user addresses, since that is what the address looks like to
 * the host. The compiler must not know that memory is read: it may lie anywhere.
 */
#define LOAD_OR_FAULT(instruction, va, failed)				\
({									\
	u64 __word = 0;							\
	int __err = -EFAULT;						\
									\
	asm volatile("1:	" instruction "	%x[word], [%[from]]\n"	\
		     "	mov	%w[err], #0\n"				\
		     "2:\n"						\
		     _ASM_EXTABLE_UACCESS(1b, 2b)			\
		     : [err] "+r" (__err), [word] "+&r" (__word)	\
		     : [from] "r" (va) : "memory");			\
	*(failed) = __err;						\
	__word;								\
})

/* As EL1, or with what EL0 may. */
static __always_inline u64 load(u64 va, bool user, int *failed)
{
	return user ? LOAD_OR_FAULT("ldtr", va, failed) :
		      LOAD_OR_FAULT("ldr", va, failed);
}

/*
 * The word through the borrowed half, and through the host's mapping before and
 * after. Where these two differ somebody is writing, and it is not the word of
 * one moment.
 */
static __always_inline void load_word(struct shadow_mmu_probe *probe, u64 par,
				      bool user)
{
	struct shadow_mmu_answer *answer = &probe->answer;
	unsigned int attempt;
	u64 before, after;
	int failed;

	/* AT disagreed, which is told; what it would load is anybody's guess. */
	if ((par ^ probe->must_be) & SHADOW_MMU_MUST_BE)
		goto not_asked;
	for (attempt = 0; attempt < LOAD_ATTEMPTS; attempt++) {
		before = load((unsigned long)probe->frame, false, &failed);
		/* The host has taken the frame out of its own map. */
		if (failed)
			break;
		answer->loaded = load(probe->low & ~7ULL, user, &failed);
		answer->load_faulted = failed;
		if (failed)
			return;
		after = load((unsigned long)probe->frame, false, &failed);
		answer->seen = after;
		if (answer->loaded == after || (before == after && attempt))
			return;
	}
not_asked:
	answer->asked &= SHADOW_MMU_ALL_AT;
}

static __always_inline void ask_probe(struct shadow_mmu_probe *probe)
{
	struct shadow_mmu_answer *answer = &probe->answer;
	unsigned int kind;

	for (kind = 0; kind < SHADOW_MMU_NR_AT; kind++)
		if (answer->asked & BIT(kind))
			answer->par[kind] = translate(kind, probe->low);
	if (answer->asked & BIT(SHADOW_MMU_LDR))
		load_word(probe, answer->par[SHADOW_MMU_S1E1R], false);
	else if (answer->asked & BIT(SHADOW_MMU_LDTR))
		load_word(probe, answer->par[SHADOW_MMU_S1E0R], true);
}

/*
 * Tags that the host's kernel or its user programs have given to memory are not
 * looked at: our addresses carry none.
 */
static __always_inline void check_tags(bool on)
{
	if (!system_supports_mte())
		return;
	if (on)
		asm volatile(SET_PSTATE_TCO(0));
	else
		asm volatile(SET_PSTATE_TCO(1));
}

/* One step of the way: TCR_EL1 first, then nothing old in the TLB. */
static __always_inline void set_lower_half(u64 tcr, u64 ttbr0)
{
	write_sysreg(tcr, tcr_el1);
	write_sysreg(ttbr0, ttbr0_el1);
	isb();
	local_flush_tlb_all();
}
#endif

/**
 * shadow_mmu_cpu_ask() - how does the CPU translate an address of the host?
 * @va: kernel address
 * @flush: forget what this CPU's TLB holds before, since the host may have
 *	unmapped without invalidating yet (lazily freed vmalloc areas)
 *
 * AT S1E1R with everything as it is. PAR_EL1 is shared with whatever may
 * interrupt, hence the masking.
 *
 * Context: any.
 * Return: PAR_EL1.
 */
u64 shadow_mmu_cpu_ask(u64 va, bool flush)
{
#ifdef CONFIG_ARM64
	unsigned long flags;
	u64 par;

	preempt_disable();
	flags = local_daif_save();
	if (flush)
		local_flush_tlb_all();
	par = translate(SHADOW_MMU_S1E1R, va);
	local_daif_restore(flags);
	preempt_enable();
	return par;
#else
	return PAR_UNKNOWN;
#endif
}

/**
 * shadow_mmu_cpu_ask_root() - how does the CPU translate through other tables?
 * @root: the tables, in the lower half
 * @probe: what is asked of which address; filled with the answers. A load that
 *	was not tried, since AT S1E1R (of ldtr: S1E0R, asked as well) did not
 *	say what it must or somebody was writing, is not in @asked any more
 * @nr: how many, at most SHADOW_MMU_WINDOW
 *
 * Until the registers are back no user address works on this CPU and no user
 * mapping may be speculated into its TLB: walks of the lower half are off
 * (EPD0) at each change of what they would use. All of DAIF is masked, since
 * pseudo-NMIs ignore the I bit. HA and HD are off, so that AT leaves the
 * descriptors alone. Every table that the walks can reach must be RAM: a walk
 * that reads nothing is an external abort.
 *
 * A load's address looks like a user's to the host. Should it fault, page
 * faults are disabled and the exception table leads back here. ASID 0 in
 * TTBR0_EL1 is what CONFIG_ARM64_SW_TTBR0_PAN takes for "user access is off", so
 * an exception changes nothing there and changes nothing back.
 *
 * Context: any but NMI. Touches no user memory and takes no lock.
 */
void notrace shadow_mmu_cpu_ask_root(const struct shadow_mmu_root *root,
				     struct shadow_mmu_probe *probe,
				     unsigned int nr)
{
#ifdef CONFIG_ARM64
	u64 host_tcr, host_ttbr0, tcr;
	unsigned long flags;
	unsigned int i;

	pagefault_disable();
	preempt_disable();
	flags = local_daif_save();
	host_tcr = read_sysreg(tcr_el1);
	host_ttbr0 = read_sysreg(ttbr0_el1);
	tcr = host_tcr & ~(TCR_OURS | SHADOW_TCR_HA | SHADOW_TCR_HD);
	tcr |= (root->tcr & TCR_OURS) | SHADOW_TCR_EPD0;

	/* Our descriptors are in memory before a walk can look for them. */
	dsb(ishst);
	set_lower_half(host_tcr | SHADOW_TCR_EPD0, host_ttbr0);
	set_lower_half(tcr, root->ttbr0);
	write_sysreg(tcr & ~SHADOW_TCR_EPD0, tcr_el1);
	isb();
	check_tags(false);
	for (i = 0; i < nr; i++)
		ask_probe(&probe[i]);
	check_tags(true);

	set_lower_half(tcr, root->ttbr0);
	set_lower_half(host_tcr | SHADOW_TCR_EPD0, host_ttbr0);
	write_sysreg(host_tcr, tcr_el1);
	isb();
	local_daif_restore(flags);
	preempt_enable();
	pagefault_enable();
#else
	unsigned int i, kind;

	for (i = 0; i < nr; i++) {
		for (kind = 0; kind < SHADOW_MMU_NR_AT; kind++)
			probe[i].answer.par[kind] = PAR_UNKNOWN;
		probe[i].answer.asked &= SHADOW_MMU_ALL_AT;
	}
#endif
}

NOKPROBE_SYMBOL(shadow_mmu_cpu_ask_root);
