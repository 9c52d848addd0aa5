/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * machine - the emulated board: a line out, arguments in, an end, and the MMU
 * of EL1 and EL0, asked from EL2.
 */
#ifndef AT_ORACLE_MACHINE_H
#define AT_ORACLE_MACHINE_H

#include "words.h"

/* AT instructions, by who does what */
enum machine_access {
	MACHINE_EL1_READ,
	MACHINE_EL1_WRITE,
	MACHINE_EL0_READ,
	MACHINE_EL0_WRITE,
};

/* MAIR_EL1 as Linux orders it: WB, WB (tagged), NC, nGnRnE, nGnRE */
#define MACHINE_MAIR	0x000000040044ffffULL

/**
 * struct machine_mmu - what the registers are made from
 * @page_shift: log2 of the granule
 * @va_bits: of both halves
 * @pa_bits: 48 or 52
 * @ds: TCR_EL1.DS
 * @sh0: TCR_EL1.SH0, for the lower half
 * @sh1: TCR_EL1.SH1
 * @ttbr0: root of the lower half
 * @ttbr1: root of the upper half
 */
struct machine_mmu {
	int page_shift;
	int va_bits;
	int pa_bits;
	bool ds;
	unsigned int sh0;
	unsigned int sh1;
	u64 ttbr0;
	u64 ttbr1;
};

__printf(1, 2)
void say(const char *fmt, ...);
void machine_arguments(char *text, size_t size);
void machine_exit(int status) __attribute__((__noreturn__));
void machine_trap(u64 esr, u64 elr, u64 far) __attribute__((__noreturn__));
void machine_set_mmu(const struct machine_mmu *mmu);
void machine_invalidate(void);
u64 machine_at(enum machine_access access, u64 va);

#endif /* AT_ORACLE_MACHINE_H */
