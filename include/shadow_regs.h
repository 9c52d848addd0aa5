/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_regs - the system registers that say how an address is translated:
 * computed for a shadow machine as __cpu_setup of arch/arm64/mm/proc.S does,
 * and decoded, the shadow's as well as those of the running host.
 */
#ifndef SHADOW_REGS_H
#define SHADOW_REGS_H

#include "shadow_compat.h"
#include "shadow_walk.h"

/* TCR_EL1, also TCR_EL2 with HCR_EL2.E2H = 1 */
#define SHADOW_TCR_T0SZ_SHIFT	0	/* 6 bits */
#define SHADOW_TCR_EPD0		BIT_ULL(7)
#define SHADOW_TCR_IRGN0_SHIFT	8	/* 2 bits */
#define SHADOW_TCR_ORGN0_SHIFT	10	/* 2 bits */
#define SHADOW_TCR_SH0_SHIFT	12	/* 2 bits */
#define SHADOW_TCR_TG0_SHIFT	14	/* 2 bits */
#define SHADOW_TCR_T1SZ_SHIFT	16	/* 6 bits */
#define SHADOW_TCR_A1		BIT_ULL(22)
#define SHADOW_TCR_EPD1		BIT_ULL(23)
#define SHADOW_TCR_IRGN1_SHIFT	24	/* 2 bits */
#define SHADOW_TCR_ORGN1_SHIFT	26	/* 2 bits */
#define SHADOW_TCR_SH1_SHIFT	28	/* 2 bits */
#define SHADOW_TCR_TG1_SHIFT	30	/* 2 bits */
#define SHADOW_TCR_IPS_SHIFT	32	/* 3 bits */
#define SHADOW_TCR_AS		BIT_ULL(36)
#define SHADOW_TCR_TBI0		BIT_ULL(37)
#define SHADOW_TCR_TBI1		BIT_ULL(38)
#define SHADOW_TCR_HA		BIT_ULL(39)
#define SHADOW_TCR_HD		BIT_ULL(40)
#define SHADOW_TCR_HPD0		BIT_ULL(41)
#define SHADOW_TCR_HPD1		BIT_ULL(42)
#define SHADOW_TCR_NFD1		BIT_ULL(54)
#define SHADOW_TCR_DS		BIT_ULL(59)

#define SHADOW_SCTLR_M		BIT_ULL(0)
#define SHADOW_TTBR_CNP		BIT_ULL(0)

/* CurrentEL holds the level in bits 3:2 */
#define SHADOW_CURRENTEL_EL1	BIT_ULL(2)
#define SHADOW_CURRENTEL_EL2	BIT_ULL(3)

/**
 * struct shadow_cpu_id - what a CPU says that it can do
 * @mmfr0: ID_AA64MMFR0_EL1
 * @mmfr1: ID_AA64MMFR1_EL1
 * @mmfr2: ID_AA64MMFR2_EL1
 */
struct shadow_cpu_id {
	u64 mmfr0;
	u64 mmfr1;
	u64 mmfr2;
};

/**
 * struct shadow_regs - the register file of a machine that boots
 * @x0: physical address of the device tree, as the boot loader passes it
 * @currentel: CurrentEL
 * @mair: MAIR_EL1
 * @tcr: TCR_EL1
 * @ttbr0: TTBR0_EL1
 * @ttbr1: TTBR1_EL1
 * @sctlr: SCTLR_EL1
 */
struct shadow_regs {
	u64 x0;
	u64 currentel;
	u64 mair;
	u64 tcr;
	u64 ttbr0;
	u64 ttbr1;
	u64 sctlr;
};

u64 shadow_regs_mair(void);
u64 shadow_regs_tcr(const struct shadow_geometry *lower,
		    const struct shadow_geometry *upper,
		    const struct shadow_cpu_id *id);
u64 shadow_regs_ttbr(const struct shadow_geometry *geo, phys_addr_t root);
u64 shadow_regs_sctlr_off(void);
u64 shadow_regs_sctlr_on(void);
void shadow_regs_reset(struct shadow_regs *regs, phys_addr_t dtb);
int shadow_regs_cpu_setup(struct shadow_regs *regs,
			  const struct shadow_geometry *lower,
			  const struct shadow_geometry *upper,
			  const struct shadow_cpu_id *id);
int shadow_regs_enable_mmu(struct shadow_regs *regs,
			   const struct shadow_geometry *lower,
			   phys_addr_t ttbr0,
			   const struct shadow_geometry *upper,
			   phys_addr_t ttbr1);
void shadow_regs_set_lower(struct shadow_regs *regs,
			   const struct shadow_geometry *lower,
			   phys_addr_t ttbr0);

/* The address space that translations with nG are for: TCR_EL1.A1 chooses */
static inline u16 shadow_regs_asid(const struct shadow_regs *regs)
{
	u64 ttbr = regs->tcr & SHADOW_TCR_A1 ? regs->ttbr1 : regs->ttbr0;
	u16 asid = ttbr >> 48;

	return regs->tcr & SHADOW_TCR_AS ? asid : asid & 0xff;
}

int shadow_regs_geometry(const struct shadow_regs *regs, bool upper,
			 struct shadow_geometry *geo);
phys_addr_t shadow_regs_root(const struct shadow_regs *regs, bool upper);
int shadow_regs_walker(const struct shadow_regs *regs, u64 va,
		       int (*read)(void *ctx, phys_addr_t pa, u64 *desc),
		       void *ctx, struct shadow_walker *walker);
const char *shadow_regs_forbids(const struct shadow_cpu_id *id,
				const struct shadow_geometry *geo);
unsigned int shadow_regs_pa_bits(const struct shadow_cpu_id *id);

/* Shareability that the tables give a leaf, and that PAR_EL1 reports for it */
unsigned int shadow_regs_leaf_sh(const struct shadow_regs *regs, bool upper,
				 u64 attrs);
unsigned int shadow_regs_sh(const struct shadow_regs *regs, bool upper,
			    u64 attrs);
/* Memory type that PAR_EL1.ATTR reports for a leaf */
unsigned int shadow_regs_attr(const struct shadow_regs *regs, u64 attrs);

#define SHADOW_MEMORY_NAME	32	/* shadow_regs_memory_name(), with its NUL */
void shadow_regs_memory_name(unsigned int attr, char *text, size_t size);

#endif /* SHADOW_REGS_H */
