// SPDX-License-Identifier: GPL-2.0-only
/*
 * machine - QEMU's virt board at EL2. See machine.h.
 *
 * Registers are put together from the Arm ARM's descriptions, in plain numbers
 * and not by shadow_regs: a wrong idea of theirs must not be shared.
 */
#include "machine.h"

#define UART		0x09000000UL
#define UART_FR		0x18
#define UART_FR_TXFF	0x20

/* Semihosting operations */
#define SYS_GET_CMDLINE	0x15
#define SYS_EXIT	0x18
#define APPLICATION_EXIT	0x20026

static long semihost(long op, void *block)
{
	register long x0 asm("x0") = op;
	register void *x1 asm("x1") = block;

	asm volatile("hlt #0xf000" : "+r" (x0) : "r" (x1) : "memory");
	return x0;
}

static void put(char c)
{
	u32 *uart = (u32 *)UART;

	while (READ_ONCE(uart[UART_FR / 4]) & UART_FR_TXFF)
		;
	WRITE_ONCE(uart[0], c);
}

/**
 * say() - print
 * @fmt: as for snprintf(), at most 255 characters
 */
void say(const char *fmt, ...)
{
	char text[256], *c;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	for (c = text; *c; c++)
		put(*c);
}

/**
 * machine_arguments() - the command line
 * @text: filled
 * @size: of @text
 */
void machine_arguments(char *text, size_t size)
{
	struct {
		char *text;
		u64 size;
	} block = { text, size };

	text[0] = '\0';
	semihost(SYS_GET_CMDLINE, &block);
	text[size - 1] = '\0';
}

/**
 * machine_exit() - end
 * @status: exit status of QEMU
 */
void machine_exit(int status)
{
	u64 block[2] = { APPLICATION_EXIT, status };

	for (;;)
		semihost(SYS_EXIT, block);
}

/**
 * machine_trap() - an exception, which the program never means to take
 * @esr: ESR_EL2
 * @elr: ELR_EL2
 * @far: FAR_EL2
 */
void machine_trap(u64 esr, u64 elr, u64 far)
{
	say("at_oracle: exception: ESR %llx ELR %llx FAR %llx\n", esr, elr, far);
	machine_exit(4);
}

#define WRITE_REG(reg, value) \
	asm volatile("msr " reg ", %0" : : "r" ((u64)(value)) : "memory")

static u64 tcr_of(const struct machine_mmu *mmu)
{
	/* TG0: 4K 0, 64K 1, 16K 2; TG1: 16K 1, 4K 2, 64K 3 */
	u64 tg0 = mmu->page_shift == 12 ? 0 : mmu->page_shift == 14 ? 2 : 1;
	u64 tg1 = mmu->page_shift == 12 ? 2 : mmu->page_shift == 14 ? 1 : 3;
	u64 txsz = 64 - mmu->va_bits;
	u64 ips = mmu->pa_bits == 52 ? 6 : 5;

	return txsz | txsz << 16 | 1ULL << 8 | 1ULL << 10 | 1ULL << 24 |
	       1ULL << 26 | (u64)mmu->sh0 << 12 | (u64)mmu->sh1 << 28 |
	       tg0 << 14 | tg1 << 30 | ips << 32 | (u64)mmu->ds << 59;
}

/**
 * machine_set_mmu() - translate by these tables from now on
 * @mmu: which
 *
 * EL2 has its own regime, which stays off: only AT looks at what this sets.
 */
void machine_set_mmu(const struct machine_mmu *mmu)
{
	WRITE_REG("hcr_el2", 1ULL << 31);	/* EL1 is AArch64; E2H, VM 0 */
	WRITE_REG("mair_el1", MACHINE_MAIR);
	WRITE_REG("tcr_el1", tcr_of(mmu));
	WRITE_REG("ttbr0_el1", mmu->ttbr0);
	WRITE_REG("ttbr1_el1", mmu->ttbr1);
	WRITE_REG("sctlr_el1", 0x30d00801ULL);	/* RES1 bits and M */
	machine_invalidate();
}

/**
 * machine_invalidate() - make changes of the tables visible
 */
void machine_invalidate(void)
{
	asm volatile("dsb ishst; tlbi vmalle1is; dsb ish; isb" ::: "memory");
}

/**
 * machine_at() - have the MMU translate an address
 * @access: who does what
 * @va: the address
 *
 * Return: PAR_EL1.
 */
u64 machine_at(enum machine_access access, u64 va)
{
	u64 par;

	switch (access) {
	case MACHINE_EL1_READ:
		asm volatile("at s1e1r, %0" : : "r" (va) : "memory");
		break;
	case MACHINE_EL1_WRITE:
		asm volatile("at s1e1w, %0" : : "r" (va) : "memory");
		break;
	case MACHINE_EL0_READ:
		asm volatile("at s1e0r, %0" : : "r" (va) : "memory");
		break;
	case MACHINE_EL0_WRITE:
		asm volatile("at s1e0w, %0" : : "r" (va) : "memory");
		break;
	}
	asm volatile("isb; mrs %0, par_el1" : "=r" (par) : : "memory");
	return par;
}
