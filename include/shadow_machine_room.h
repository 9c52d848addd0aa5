/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_machine_room - what the files of shadow_machine share. Nobody else
 * includes this.
 */
#ifndef SHADOW_MACHINE_ROOM_H
#define SHADOW_MACHINE_ROOM_H

#include "shadow_machine.h"

/**
 * struct shadow_machine_plan - what a machine is about to be
 * @given: the parameters as text, its own copies
 * @cfg: what they mean; refers to @given
 * @board: what describes the memory; NULL: the block is all of it
 * @places: where image, device tree and initrd will lie
 *
 * All of it is found right before anything of an older machine is touched.
 */
struct shadow_machine_plan {
	struct shadow_param_strings given;
	struct shadow_config cfg;
	struct shadow_board *board;
	struct shadow_places places;
};

/* shadow_machine_plan.c */
struct shadow_machine_plan *
shadow_machine_plan_create(const struct shadow_machine *machine,
			   const struct shadow_param_strings *given,
			   const struct shadow_ctl_given *changes, char *said,
			   size_t said_bytes);
int shadow_machine_plan_place(struct shadow_machine_plan *plan,
			      const struct shadow_block *block, char *said,
			      size_t said_bytes);
void shadow_machine_plan_destroy(struct shadow_machine_plan *plan);

/* shadow_machine_mmu.c */
void shadow_machine_unchecked(struct shadow_machine *machine);
shadow_ticks_t shadow_machine_ticks(u32 *hz);
const struct shadow_clock *
shadow_machine_clock(enum shadow_latency_clock which);
int shadow_machine_boot_check(struct shadow_mm *mm, char *said,
			      size_t said_bytes);
int shadow_machine_ctl_check(struct shadow_mm *mm, const u32 *sizes, u64 seed,
			     char *said, size_t said_bytes);

/* shadow_machine_slab.c */
void shadow_machine_init_slab(struct shadow_machine *machine);

/* shadow_machine_stack.c */
extern const struct shadow_site_ops shadow_machine_site_ops;
void shadow_machine_init_stacks(void);
void shadow_machine_symbol(char *name, unsigned long address);

/* shadow_machine_left.c */
void shadow_machine_tell_left(struct shadow_machine *machine);

/* shadow_machine_compare.c */
int shadow_machine_ctl_compare(struct shadow_mm *mm, const char *trace,
			       char *said, size_t said_bytes);

/* shadow_machine_share.c */
int shadow_machine_share(struct shadow_machine *machine,
			 const struct shadow_config *cfg, char *said,
			 size_t said_bytes);
void shadow_machine_unshare(struct shadow_machine *machine, u64 base,
			    u64 bytes);

#endif /* SHADOW_MACHINE_ROOM_H */
