/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * replay - a machine's history, run again in user space by the module's own
 * core.
 */
#ifndef SHADOW_REPLAY_H
#define SHADOW_REPLAY_H

#include "shadow_backing.h"
#include "shadow_ctl.h"
#include "shadow_mm.h"
#include "shadow_ring.h"
#include "shadow_setup.h"
#include "shadow_text.h"

#define REPLAY_WHY	400

/**
 * struct history - what a file of events says
 * @name: of the file
 * @bytes: the file
 * @room: what the machine was booted from
 * @record: the records from the first one on, without a gap
 * @nr: how many
 * @nr_usable: of those, the ones up to the end of the last complete operation
 * @last: number of the newest record that there was
 * @lost: records that were overwritten
 */
struct history {
	const char *name;
	char *bytes;
	struct shadow_setup_room room;
	const struct shadow_ring_record *record;
	u64 nr;
	u64 nr_usable;
	u64 last;
	u64 lost;
};

/**
 * struct machine - the machine that it happens to
 * @mm: as in the module
 * @storage: its block
 * @backing: a virtual board's books
 * @ctl: for what is recorded as text
 * @ctl_ready: it is
 */
struct machine {
	struct shadow_mm mm;
	struct shadow_block storage;
	struct shadow_backing backing;
	struct shadow_ctl ctl;
	bool ctl_ready;
};

/**
 * struct replay - how far a history was run
 * @history: what happened
 * @machine: to whom
 * @at: records done
 * @nr_ops: operations done
 * @unchecked: differences are not looked for
 * @why: the first difference, or what could not be done
 */
struct replay {
	struct history *history;
	struct machine *machine;
	u64 at;
	u64 nr_ops;
	bool unchecked;
	char why[REPLAY_WHY];
};

/* file.c */
__printf(2, 3)
int refuse(char *why, const char *fmt, ...);
int history_load(struct history *history, const char *name, char *why);
bool record_is_op(const struct shadow_ring_record *record);
u64 history_op_after(const struct history *history, u64 at);
u64 history_end_of(const struct history *history, u64 op);
int history_save(const char *name, const struct shadow_setup *setup,
		 const struct shadow_ring *ring, char *why);

/* machine.c */
extern unsigned int machine_nr_stacks;
struct machine *machine_create(const struct shadow_setup *setup, char *why);
int machine_boot_phase(struct machine *machine, unsigned int phase);
struct shadow_ctl *machine_ctl(struct machine *machine);
void machine_on_cpu(unsigned int cpu);
char *machine_state(struct machine *machine, u64 seq, size_t *bytes);
int machine_verify(struct machine *machine, char *why);

/* ops.c */
int run_op(struct machine *machine, const struct shadow_ring_record *op,
	   const char *payload, size_t bytes, char *why);

/* step.c */
int replay_step(struct replay *replay);
void record_print(const struct shadow_ring_record *record, char *text,
		  size_t bytes);

/* session.c */
int session(struct replay *replay, u64 every);
int read_number(const char *text, u64 *nr);

/* command.c */
void command_run(struct machine *machine, u64 rnd, bool early);
void command_break(struct machine *machine, u64 rnd);

/* make.c */
int make_history(char **arg);

#endif /* SHADOW_REPLAY_H */
