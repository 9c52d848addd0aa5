// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_machine_slab - what the caches of a machine ask of the kernel that
 * hosts it: ends of grace periods.
 */
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
	machine->slab_host.arg = machine;
	machine->mm.slab_host = &machine->slab_host;
}
