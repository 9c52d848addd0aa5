/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_machine_compare - what the first machine remembers of the last
 * comparison of engines, and of the one that is under way.
 */
#ifndef SHADOW_MACHINE_COMPARE_H
#define SHADOW_MACHINE_COMPARE_H

#include "shadow_compare.h"

#define SHADOW_NR_ENGINES	3

extern const char *const shadow_engine_names[SHADOW_NR_ENGINES];

/**
 * struct shadow_compare_table - what came of a comparison
 * @trace: the trace's name
 * @nr_ops: its operations
 * @nr_allocs: of them allocations
 * @nr_caches: caches that they name
 * @peak_bytes: most bytes that it has in use at a time
 * @page_shift: log2 of the bytes of a machine's frame
 * @machine_bytes: memory of each machine
 * @shared: it was the first machine's
 * @instructions: costs are instructions; else nanoseconds
 * @figures: by engine
 */
struct shadow_compare_table {
	char trace[SHADOW_TRACE_NAME + 1];
	u32 nr_ops;
	u32 nr_allocs;
	u32 nr_caches;
	u64 peak_bytes;
	unsigned int page_shift;
	u64 machine_bytes;
	bool shared;
	bool instructions;
	struct shadow_compare_figures figures[SHADOW_NR_ENGINES];
};

/**
 * struct shadow_machine_compare - of the first machine
 * @running: a comparison is under way; its trace is @now
 * @there: @last is filled
 * @engine: which machine it is at; read without a lock, as the next two are
 * @at: operations that were applied to it
 * @nr_ops: of how many
 * @now: the trace's name
 * @last: the last one that came to its end
 *
 * Under the machine's lock but for what is said above.
 */
struct shadow_machine_compare {
	bool running;
	bool there;
	unsigned int engine;
	u32 at;
	u32 nr_ops;
	char now[SHADOW_TRACE_NAME + 1];
	struct shadow_compare_table last;
};

#endif /* SHADOW_MACHINE_COMPARE_H */
