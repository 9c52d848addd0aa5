/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Begins at EL2 with the MMU off, as `-M virt,virtualization=on -kernel` does.
 */
	.section .text.start, "ax"
	.global _start
_start:
	mrs	x0, CurrentEL
	cmp	x0, #(2 << 2)
	b.ne	wrong_el
	adrp	x0, stack_top
	add	x0, x0, :lo12:stack_top
	mov	sp, x0
	adrp	x0, bss_start
	add	x0, x0, :lo12:bss_start
	adrp	x1, bss_end
	add	x1, x1, :lo12:bss_end
1:	cmp	x0, x1
	b.hs	2f
	stp	xzr, xzr, [x0], #16
	b	1b
2:	adr	x0, vectors
	msr	vbar_el2, x0
	isb
	bl	main
	b	machine_exit
wrong_el:
	mov	x0, #3
	b	machine_exit

	/* Each is an error of the program: nothing here is meant to trap */
	.balign	2048
vectors:
	.rept	16
	.balign	128
	mrs	x0, esr_el2
	mrs	x1, elr_el2
	mrs	x2, far_el2
	b	machine_trap
	.endr
