/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_setup - all that the boot of a machine depends on, as text that can
 * be read back: the same machine can be booted elsewhere, at another time.
 *
 * Version 1, at the beginning of every history. A line is a word that says what
 * it is about, then KEY=NUMBER, hexadecimal with 0x or decimal, and at last
 * text= with all that follows, where %XX is the byte with that number. What is 0
 * or empty is left out. Lines in their order:
 *
 *   shadow_mm setup, format 1
 *   machine cpus=N text=NAME
 *   cpu_id mmfr0=X mmfr1=X mmfr2=X
 *   host page_shift=N arm64=1 ds=1 pa_bits=N further=1
 *   storage base=X bytes=X
 *   param.NAME text=VALUE           each parameter that was given, as it was
 *   board kind=N ... text=NAME      what the memory was described by
 *   cmdline text=...
 *   distance from=N to=N is=N
 *   memory, reserved, place, usable base=X bytes=X ... text=NAME
 *   wish bytes=X align=X ... text=NAME
 *   end
 *
 * Contents of memory are none of it: what boots writes them itself.
 */
#ifndef SHADOW_SETUP_H
#define SHADOW_SETUP_H

#include "shadow_board.h"
#include "shadow_params.h"
#include "shadow_regs.h"
#include "shadow_text.h"

#define SHADOW_SETUP_NAME	17	/* that of a machine, with its NUL */
#define SHADOW_SETUP_WHY	160	/* a refusal is one line that fits here */

/**
 * struct shadow_setup - all that a boot depends on
 * @name: the machine's
 * @nr_cpus: CPUs that have per-CPU lists
 * @cpu_id: what the CPU can do
 * @facts: of the host where it booted
 * @storage: the block as it was obtained: base and bytes alone
 * @given: the parameters, as they were given
 * @board: what the memory was described by; NULL: the block is all of it
 */
struct shadow_setup {
	char name[SHADOW_SETUP_NAME];
	unsigned int nr_cpus;
	struct shadow_cpu_id cpu_id;
	struct shadow_host_facts facts;
	struct shadow_block storage;
	struct shadow_param_strings given;
	const struct shadow_board *board;
};

/**
 * struct shadow_setup_room - where a setup that is read is kept
 * @setup: refers to what follows
 * @board: where it has one
 * @value: values of parameters
 *
 * Too large for a stack.
 */
struct shadow_setup_room {
	struct shadow_setup setup;
	struct shadow_board board;
	char value[SHADOW_NR_PARAMS][SHADOW_PARAMS_VALUE];
};

void shadow_setup_print(const struct shadow_setup *setup,
			const struct shadow_text *text);
int shadow_setup_read(const char *text, size_t bytes,
		      struct shadow_setup_room *room, char *why,
		      size_t why_bytes);

#endif /* SHADOW_SETUP_H */
