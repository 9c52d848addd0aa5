// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_machine_plan - from what a person wrote to what a machine is going to
 * be, before anything of it is done.
 *
 * The text of the parameters is copied: create and reset read it from a write
 * that ends, and the configuration refers to it as long as the machine lives.
 */
#include <linux/slab.h>

#include "shadow_board_load.h"
#include "shadow_boot.h"
#include "shadow_machine_room.h"

/**
 * shadow_machine_free_strings() - undo shadow_machine_set_strings()
 * @strings: whose; all are gone then
 *
 * Context: process context.
 */
void shadow_machine_free_strings(struct shadow_param_strings *strings)
{
	unsigned int id;

	for (id = 0; id < SHADOW_NR_PARAMS; id++) {
		kfree(strings->value[id]);
		strings->value[id] = NULL;
	}
}

static int copy_strings(struct shadow_param_strings *to,
			const struct shadow_param_strings *from)
{
	unsigned int id;

	for (id = 0; id < SHADOW_NR_PARAMS; id++) {
		if (!from->value[id])
			continue;
		to->value[id] = kstrdup(from->value[id], GFP_KERNEL);
		if (!to->value[id])
			return -ENOMEM;
	}
	return 0;
}

/**
 * shadow_machine_set_strings() - change what parameters are given
 * @strings: those that are there, allocated one by one
 * @changes: PARAMETER=VALUE pairs; without a value the parameter is not given
 *
 * Context: process context, sleeps.
 * Return: 0, or -ENOMEM with some of it done.
 */
int shadow_machine_set_strings(struct shadow_param_strings *strings,
			       const struct shadow_ctl_given *changes)
{
	struct shadow_ctl_given left = *changes;
	const char *value;
	unsigned int id;
	size_t len;

	while (shadow_ctl_given_next(&left, &id, &value, &len)) {
		kfree(strings->value[id]);
		strings->value[id] = NULL;
		if (!len)
			continue;
		strings->value[id] = kmemdup_nul(value, len, GFP_KERNEL);
		if (!strings->value[id])
			return -ENOMEM;
	}
	return 0;
}

static void host_facts(const struct shadow_machine *machine,
		       struct shadow_host_facts *facts)
{
	facts->page_shift = PAGE_SHIFT;
	facts->arm64 = IS_ENABLED(CONFIG_ARM64);
	facts->ds = shadow_mmu_ds();
	facts->pa_bits = 48;
	facts->further = machine->first;
	if (facts->arm64)
		facts->pa_bits = shadow_regs_pa_bits(&machine->mm.cpu_id);
}

/**
 * shadow_machine_get_setup() - all that the boot of a machine depended on
 * @machine: the machine, up
 * @setup: filled; refers to the machine
 *
 * Context: the machine's lock, as long as @setup is used.
 */
void shadow_machine_get_setup(const struct shadow_machine *machine,
			      struct shadow_setup *setup)
{
	memset(setup, 0, sizeof(*setup));
	strscpy(setup->name, machine->mm.name, sizeof(setup->name));
	setup->nr_cpus = machine->mm.nr_cpus;
	setup->cpu_id = machine->mm.cpu_id;
	host_facts(machine, &setup->facts);
	setup->storage.base = machine->pool.block.base;
	setup->storage.bytes = machine->pool.block.bytes;
	setup->given = machine->given;
	setup->board = machine->board;
}

static int obtain_board(struct shadow_machine_plan *plan, char *said,
			size_t said_bytes)
{
	scnprintf(said, said_bytes, "the host has no memory for the board");
	plan->board = shadow_pool_zalloc(sizeof(*plan->board));
	if (!plan->board)
		return -ENOMEM;
	return shadow_board_obtain(&plan->cfg, plan->board, said, said_bytes);
}

/**
 * shadow_machine_plan_create() - what a machine would be with these parameters
 * @machine: the machine, which is not changed
 * @given: the parameters that it has, or shall have
 * @changes: what is changed in them, or NULL
 * @said: why not, one line
 * @said_bytes: room there
 *
 * Context: process context, sleeps; @machine's lock held or nobody else there.
 * Return: the plan; ERR_PTR of -EINVAL, -ERANGE or -EOPNOTSUPP where a
 * parameter is refused, of shadow_board_obtain(), -ENOMEM.
 */
struct shadow_machine_plan *
shadow_machine_plan_create(const struct shadow_machine *machine,
			   const struct shadow_param_strings *given,
			   const struct shadow_ctl_given *changes, char *said,
			   size_t said_bytes)
{
	struct shadow_machine_plan *plan;
	struct shadow_host_facts facts;
	int err;

	scnprintf(said, said_bytes, "the host has no memory for the parameters");
	plan = shadow_pool_zalloc(sizeof(*plan));
	if (!plan)
		return ERR_PTR(-ENOMEM);
	err = copy_strings(&plan->given, given);
	if (!err && changes)
		err = shadow_machine_set_strings(&plan->given, changes);
	if (!err) {
		host_facts(machine, &facts);
		err = shadow_params_check(&plan->given, &facts, &plan->cfg,
					  said, said_bytes);
	}
	if (!err && shadow_config_has_board(&plan->cfg))
		err = obtain_board(plan, said, said_bytes);
	if (!err)
		return plan;
	shadow_machine_plan_destroy(plan);
	return ERR_PTR(err);
}

/**
 * shadow_machine_plan_place() - fit a plan into a block
 * @plan: the plan
 * @block: the block
 * @said: why not, one line
 * @said_bytes: room there
 *
 * Context: process context.
 * Return: 0; -EINVAL or -ERANGE where the block does not hold what it shall.
 */
int shadow_machine_plan_place(struct shadow_machine_plan *plan,
			      const struct shadow_block *block, char *said,
			      size_t said_bytes)
{
	u64 granule = 1ULL << plan->cfg.page_shift;

	/* One that was made for a machine with smaller pages */
	if (!IS_ALIGNED(block->base | block->bytes, granule)) {
		scnprintf(said, said_bytes,
			  "granule=%lluk: not with a block at %#llx, of %llu KiB; allowed: one that divides both",
			  granule >> 10, (u64)block->base, block->bytes >> 10);
		return -EINVAL;
	}
	return shadow_boot_place(&plan->cfg, plan->board, block, &plan->places,
				 said, said_bytes);
}

/**
 * shadow_machine_plan_destroy() - give a plan back
 * @plan: the plan
 *
 * Context: process context.
 */
void shadow_machine_plan_destroy(struct shadow_machine_plan *plan)
{
	shadow_machine_free_strings(&plan->given);
	shadow_pool_free(plan->board);
	shadow_pool_free(plan);
}
