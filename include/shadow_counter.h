/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_counter - a CPU's counter of executed instructions, for whoever hosts
 * a machine: INST_RETIRED of the PMU, which an emulated CPU has under precise
 * icount only.
 */
#ifndef SHADOW_COUNTER_H
#define SHADOW_COUNTER_H

#include <linux/bits.h>
#include <linux/types.h>

/**
 * struct shadow_counter - what is put back when the counting is over
 * @control: PMCR_EL0
 * @enabled: PMCNTENSET_EL0
 * @type: PMEVTYPER0_EL0
 * @count: PMEVCNTR0_EL0
 */
struct shadow_counter {
	u64 control;
	u64 enabled;
	u64 type;
	u64 count;
};

#ifdef CONFIG_ARM64
#include <asm/barrier.h>
#include <asm/sysreg.h>

/* PMEVCNTR0_EL0, PMEVTYPER0_EL0: the first counter and its event */
#define SHADOW_PMU_COUNT	sys_reg(3, 3, 14, 8, 0)
#define SHADOW_PMU_TYPE		sys_reg(3, 3, 14, 12, 0)
#define SHADOW_PMU_INST_RETIRED	0x08
#define SHADOW_PMCR_ENABLE	BIT(0)

/* ID_AA64DFR0_EL1.PMUVer: 0 is none, 15 one of somebody's own */
#define SHADOW_PMUVER_SHIFT	8
#define SHADOW_PMUVER_MASK	0xf

/* Is there a PMU that counts instructions? */
static inline bool shadow_counter_there(void)
{
	unsigned int pmuver = read_sysreg(id_aa64dfr0_el1) >> SHADOW_PMUVER_SHIFT &
			      SHADOW_PMUVER_MASK;

	return pmuver && pmuver != SHADOW_PMUVER_MASK &&
	       read_sysreg_s(SYS_PMCEID0_EL0) & BIT(SHADOW_PMU_INST_RETIRED);
}

/* From 0; on this CPU, with interrupts off until shadow_counter_stop() */
static inline void shadow_counter_start(struct shadow_counter *counter)
{
	counter->control = read_sysreg_s(SYS_PMCR_EL0);
	counter->enabled = read_sysreg_s(SYS_PMCNTENSET_EL0);
	counter->type = read_sysreg_s(SHADOW_PMU_TYPE);
	counter->count = read_sysreg_s(SHADOW_PMU_COUNT);
	write_sysreg_s(SHADOW_PMU_INST_RETIRED, SHADOW_PMU_TYPE);
	write_sysreg_s(0, SHADOW_PMU_COUNT);
	write_sysreg_s(counter->control | SHADOW_PMCR_ENABLE, SYS_PMCR_EL0);
	write_sysreg_s(BIT(0), SYS_PMCNTENSET_EL0);
	isb();
}

static inline void shadow_counter_stop(const struct shadow_counter *counter)
{
	write_sysreg_s(counter->control, SYS_PMCR_EL0);
	if (!(counter->enabled & BIT(0)))
		write_sysreg_s(BIT(0), SYS_PMCNTENCLR_EL0);
	write_sysreg_s(counter->type, SHADOW_PMU_TYPE);
	write_sysreg_s(counter->count, SHADOW_PMU_COUNT);
	isb();
}

static inline u64 shadow_counter_read(void)
{
	return read_sysreg_s(SHADOW_PMU_COUNT);
}
#else
static inline bool shadow_counter_there(void)
{
	return false;
}

static inline void shadow_counter_start(struct shadow_counter *counter)
{
}

static inline void shadow_counter_stop(const struct shadow_counter *counter)
{
}

static inline u64 shadow_counter_read(void)
{
	return 0;
}
#endif

#endif /* SHADOW_COUNTER_H */
