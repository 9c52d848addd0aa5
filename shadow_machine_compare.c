// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_machine_compare - three machines with three engines have the same to
 * do, one after the other. They are made as create makes one, in a part of the
 * first machine's memory or where that has no room in a block of their own, but
 * nobody sees them, and they are gone when the table is there.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ktime.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/sched/signal.h>
#include <linux/vmalloc.h>

#include "shadow_counter.h"
#include "shadow_machine_room.h"
#include "shadow_trace_load.h"

#define CHUNK		64	/* operations without interrupts */
#define NUMBER		24	/* bytes of a number as text */

/* Twice what the trace has in use, and what a machine needs for itself */
#define MACHINE_BYTES	SZ_32M
#define MACHINE_ALIGN	SZ_2M

const char *const shadow_engine_names[SHADOW_NR_ENGINES] = { "slab", "slub", "slob" };

/* --------------------------------------------------------- one machine -- */

/**
 * struct comparison - one that is under way
 * @first: the first machine
 * @trace: what is applied
 * @table: what came of it so far
 * @run: the machine that is being measured
 * @said: why it ends early
 * @said_bytes: room there
 */
struct comparison {
	struct shadow_machine *first;
	struct shadow_trace *trace;
	struct shadow_compare_table table;
	struct shadow_compare run;
	char *said;
	size_t said_bytes;
};

static bool interrupted(const struct comparison *c)
{
	return fatal_signal_pending(current) ||
	       READ_ONCE(c->first->state) == SHADOW_MACHINE_DYING;
}

static int refuse(struct comparison *c, int err, const char *why)
{
	scnprintf(c->said, c->said_bytes, "compare: %s", why);
	return err;
}

/* Some operations with the CPU to ourselves; true as long as there are more */
static bool step(struct comparison *c)
{
	struct shadow_counter counter;
	unsigned long flags;
	bool more;

	local_irq_save(flags);
	if (c->table.instructions)
		shadow_counter_start(&counter);
	more = shadow_compare_step(&c->run, CHUNK);
	if (c->table.instructions)
		shadow_counter_stop(&counter);
	local_irq_restore(flags);
	WRITE_ONCE(c->first->compare.at, c->run.at);
	cond_resched();
	return more;
}

static int begin(struct comparison *c)
{
	struct shadow_counter counter;
	unsigned long flags;
	int err;

	local_irq_save(flags);
	if (c->table.instructions)
		shadow_counter_start(&counter);
	err = shadow_compare_begin(&c->run);
	if (c->table.instructions)
		shadow_counter_stop(&counter);
	local_irq_restore(flags);
	return err ? refuse(c, err, "the caches of the trace cannot be made") : 0;
}

/* One CPU from beginning to end, so that all that is freed was its own */
static int apply(struct comparison *c)
{
	int err, end;

	migrate_disable();
	err = begin(c);
	if (!err) {
		while (step(c)) {
			if (!interrupted(c))
				continue;
			err = refuse(c, -EINTR, "interrupted");
			break;
		}
		while (shadow_compare_release(&c->run, CHUNK))
			cond_resched();
		end = shadow_compare_end(&c->run);
		if (end && !err)
			err = refuse(c, end, "not all of the trace could be freed");
	}
	migrate_enable();
	return err;
}

static void free_run(struct shadow_compare *run)
{
	vfree(run->object);
	vfree(run->from);
	vfree(run->cost);
}

static int alloc_run(struct comparison *c, struct shadow_machine *machine)
{
	struct shadow_compare *run = &c->run;

	memset(run, 0, sizeof(*run));
	run->slab = &machine->mm.slab;
	run->trace = c->trace;
	run->count = c->table.instructions ? shadow_counter_read : ktime_get_ns;
	run->object = vcalloc(c->trace->nr_allocs, sizeof(*run->object));
	run->from = vcalloc(c->trace->nr_allocs, sizeof(*run->from));
	run->cost = vcalloc(SHADOW_COMPARE_COSTS, sizeof(*run->cost));
	if (run->object && run->from && run->cost)
		return 0;
	free_run(run);
	return refuse(c, -ENOMEM, "the host has no memory for the figures");
}

static int measure(struct comparison *c, struct shadow_machine *machine,
		   unsigned int engine)
{
	int err = alloc_run(c, machine);

	if (err)
		return err;
	err = apply(c);
	c->table.figures[engine] = c->run.figures;
	free_run(&c->run);
	return err;
}

/* ------------------------------------------------------------- machines -- */

/* A machine in a part of the first one's memory, or in a block of its own */
static int bring_up(struct comparison *c, struct shadow_machine *machine,
		    const char *engine, bool shared, char *why, size_t why_bytes)
{
	char bytes[NUMBER];
	struct shadow_param_strings given = {
		.value = {
			[SHADOW_PARAM_SLAB] = (char *)engine,
			[SHADOW_PARAM_GRANULE] = c->first->given.value[SHADOW_PARAM_GRANULE],
			[SHADOW_PARAM_MMU_CHECK] = "off",
		},
	};

	given.value[shared ? SHADOW_PARAM_SHARE : SHADOW_PARAM_SIZE] = bytes;
	snprintf(bytes, sizeof(bytes), "%llu", c->table.machine_bytes);
	return shadow_machine_up(machine, &given, why, why_bytes);
}

static int with_engine(struct comparison *c, unsigned int engine)
{
	const char *name = shadow_engine_names[engine];
	struct shadow_machine *machine;
	char why[SHADOW_CTL_WHY];
	int err;

	if (interrupted(c))
		return refuse(c, -EINTR, "interrupted");
	machine = shadow_machine_alloc(name, c->first);
	if (!machine)
		return refuse(c, -ENOMEM, "the host has no memory for a machine");
	err = bring_up(c, machine, name, c->table.shared, why, sizeof(why));
	/* The first of the three decides for all, so that they are alike. */
	if (err && c->table.shared && !engine) {
		c->table.shared = false;
		err = bring_up(c, machine, name, false, why, sizeof(why));
	}
	if (err) {
		scnprintf(c->said, c->said_bytes, "compare: machine with slab=%s: %s",
			  name, why);
	} else {
		c->table.page_shift = machine->mm.nodes.page_shift;
		err = measure(c, machine, engine);
		shadow_machine_down(machine);
	}
	shadow_machine_free(machine);
	return err;
}

static int run_all(struct comparison *c)
{
	struct shadow_compare_table *table = &c->table;
	const struct shadow_trace *trace = c->trace;
	unsigned int engine;
	int err = 0;

	table->nr_ops = trace->nr_ops;
	table->nr_allocs = trace->nr_allocs;
	table->nr_caches = trace->nr_caches;
	table->peak_bytes = trace->peak_bytes;
	table->machine_bytes = round_up(2 * trace->peak_bytes + MACHINE_BYTES,
					MACHINE_ALIGN);
	table->instructions = shadow_counter_there();
	table->shared = true;
	for (engine = 0; engine < SHADOW_NR_ENGINES && !err; engine++) {
		WRITE_ONCE(c->first->compare.at, 0);
		WRITE_ONCE(c->first->compare.nr_ops, trace->nr_ops);
		WRITE_ONCE(c->first->compare.engine, engine);
		pr_info("compare %s: slab=%s, machine %u of %u\n", table->trace,
			shadow_engine_names[engine], engine + 1, SHADOW_NR_ENGINES);
		err = with_engine(c, engine);
	}
	return err;
}

/* Without any machine's lock */
static int compare(struct comparison *c, const char *name)
{
	char why[SHADOW_CTL_WHY];
	int err;

	strscpy(c->table.trace, name, sizeof(c->table.trace));
	c->trace = shadow_trace_load(name, why, sizeof(why));
	if (IS_ERR(c->trace))
		return refuse(c, PTR_ERR(c->trace), why);
	err = run_all(c);
	shadow_trace_unload(c->trace);
	return err;
}

/**
 * shadow_machine_ctl_compare() - run compare
 * @mm: the first machine
 * @trace: the trace's name
 * @said: filled with what came of it, one line
 * @said_bytes: room there
 *
 * Context: process context, sleeps; the machine's lock is held, and let go
 * meanwhile.
 * Return: 0; -EBUSY where one is under way; what shadow_trace_load() or a
 * machine's boot says; -EINTR; -ENOMEM.
 */
int shadow_machine_ctl_compare(struct shadow_mm *mm, const char *trace,
			       char *said, size_t said_bytes)
{
	struct shadow_machine *machine = shadow_to_machine(mm);
	struct shadow_machine_compare *compared = &machine->compare;
	struct comparison *c;
	int err;

	if (compared->running) {
		scnprintf(said, said_bytes,
			  "compare: one is under way, of %s: allowed: when it is done",
			  compared->now);
		return -EBUSY;
	}
	c = vzalloc(sizeof(*c));
	if (!c) {
		scnprintf(said, said_bytes, "compare: the host has no memory for it");
		return -ENOMEM;
	}
	c->first = machine;
	c->said = said;
	c->said_bytes = said_bytes;
	compared->running = true;
	strscpy(compared->now, trace, sizeof(compared->now));
	mutex_unlock(&machine->lock);
	err = compare(c, trace);
	mutex_lock(&machine->lock);
	compared->running = false;
	if (!err) {
		compared->last = c->table;
		compared->there = true;
		scnprintf(said, said_bytes, "%s: %u operations on three machines: read compare",
			  trace, c->table.nr_ops);
	}
	vfree(c);
	return err;
}
