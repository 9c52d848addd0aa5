// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_machine_slab - what the caches of a machine ask of the kernel that
 * hosts it: ends of grace periods, who is calling, a line in the log.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>

#include "shadow_machine_room.h"

static void grace_ended(struct rcu_head *head)
{
	struct shadow_machine *machine =
		container_of(head, struct shadow_machine, slab_rcu);

	shadow_slab_grace(&machine->mm.slab);
}

/*
 * The layer asks for the next one when the last has ended: the head is free
 * again as soon as grace_ended() runs.
 */
static void ask_grace(void *arg)
{
	struct shadow_machine *machine = arg;

	call_rcu(&machine->slab_rcu, grace_ended);
}

/* All callbacks there are, ours among them */
static void wait_grace(void *arg)
{
	rcu_barrier();
}

/* ------------------------------------------------------------ who is calling */

/* A handle is a place in the machine's table: it may be read from an object */
static u64 slab_stack(void *arg)
{
	struct shadow_machine *machine = arg;

	return shadow_site_here(&machine->mm.sites);
}

static size_t slab_stack_text(void *arg, u64 stack, char *text, size_t bytes)
{
	struct shadow_machine *machine = arg;

	return shadow_site_text(&machine->mm.sites, stack, text, bytes);
}

/* Of the same clock as the ages of pages */
static u64 slab_now(void *arg)
{
	struct shadow_machine *machine = arg;

	return machine->mm.host->now();
}

static void log_report(void *arg, const char *line)
{
	const struct shadow_machine *machine = arg;

	pr_err_ratelimited("%s: %s\n", machine->mm.name, line);
}

/**
 * shadow_machine_init_slab() - let the caches of a machine ask the host
 * @machine: the machine
 *
 * Context: any; before the machine boots.
 */
void shadow_machine_init_slab(struct shadow_machine *machine)
{
	machine->slab_host.grace = ask_grace;
	machine->slab_host.grace_wait = wait_grace;
	machine->slab_host.stack = slab_stack;
	machine->slab_host.stack_text = slab_stack_text;
	machine->slab_host.now = slab_now;
	machine->slab_host.report = log_report;
	machine->slab_host.arg = machine;
	machine->mm.slab_host = &machine->slab_host;
	shadow_machine_init_stacks();
}
