// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_machine - hosts a machine: gets its block, boots it, boots it again,
 * takes it down.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/ktime.h>
#include <linux/printk.h>
#include <linux/sched/signal.h>

#include "shadow_boot.h"
#include "shadow_machine_room.h"

static const struct shadow_host_ops host_ops = {
	.zalloc = shadow_pool_zalloc,
	.free = shadow_pool_free,
	.now = ktime_get_ns,
	.ticks = shadow_machine_ticks,
	.clock = shadow_machine_clock,
	.mmu_check = shadow_machine_boot_check,
	.site = &shadow_machine_site_ops,
	.wait_readers = synchronize_rcu,
};

/* ----------------------------------------------------------- what is said -- */

static void say_failed_phase(const struct shadow_mm *mm, int err, char *said,
			     size_t said_bytes)
{
	unsigned int phase = mm->boot.nr_done;
	const char *effect = mm->boot.record[phase].effect;

	/* Whoever finds no memory at all cannot say how much would do */
	if (!effect[0] && err == -ENOMEM)
		effect = "no memory is left for it, or a list is full";
	scnprintf(said, said_bytes, "boot failed in %s with %d%s%s",
		  shadow_phase_name(phase), err, effect[0] ? ": " : "", effect);
}

/* How far a boot has come: to its end, or where it stopped. */
static void say_progress(const struct shadow_mm *mm, const char *what,
			 char *said, size_t said_bytes)
{
	unsigned int done = mm->boot.nr_done;

	if (done == SHADOW_NR_PHASES)
		scnprintf(said, said_bytes, "%s, all %u phases", what, done);
	else
		scnprintf(said, said_bytes, "%s, stopped after %s, %u of %u phases",
			  what, shadow_phase_name(done - 1), done,
			  SHADOW_NR_PHASES);
}

/* -------------------------------------------------------------- commands -- */

/* Whoever has got memory of a machine has to give it back first. */
static int check_unused(struct shadow_machine *machine, char *said,
			size_t said_bytes)
{
	int users = atomic_read(&machine->users);

	if (users) {
		scnprintf(said, said_bytes, "%d modules hold the machine", users);
		return -EBUSY;
	}
	if (machine->nr_shares) {
		scnprintf(said, said_bytes,
			  "%u machines live in this one's memory: allowed: after destroy of them",
			  machine->nr_shares);
		return -EBUSY;
	}
	return 0;
}

/* From here on the machine is what the plan says; what was, goes with the plan. */
static void adopt(struct shadow_machine *machine,
		  struct shadow_machine_plan *plan)
{
	struct shadow_mm *mm = &machine->mm;

	mm->cfg = plan->cfg;
	mm->places = plan->places;
	swap(machine->given, plan->given);
	swap(machine->board, plan->board);
	mm->board = machine->board;
}

static int ctl_reset(struct shadow_mm *mm, const struct shadow_ctl_given *given,
		     bool *down, char *said, size_t said_bytes)
{
	struct shadow_machine *machine = shadow_to_machine(mm);
	struct shadow_machine_plan *plan;
	int err = check_unused(machine, said, said_bytes);

	if (err)
		return err;
	plan = shadow_machine_plan_create(machine, &machine->given, given, said,
					  said_bytes);
	if (IS_ERR(plan))
		return PTR_ERR(plan);
	err = shadow_machine_plan_place(plan, &machine->pool.block, said,
					said_bytes);
	if (err)
		goto destroy_plan;

	*down = true;
	shadow_machine_tell_left(machine);
	shadow_boot_down(mm);
	adopt(machine, plan);
	shadow_machine_unchecked(machine);
	err = shadow_boot_up_in(mm, &machine->pool.block, &machine->backing);
	if (err)
		say_failed_phase(mm, err, said, said_bytes);
	else
		say_progress(mm, "booted again", said, said_bytes);
destroy_plan:
	shadow_machine_plan_destroy(plan);
	return err;
}

/* One that fails takes the machine down, so nobody may have anything of it. */
static int ctl_step(struct shadow_mm *mm, unsigned int last, bool *down,
		    char *said, size_t said_bytes)
{
	int err = check_unused(shadow_to_machine(mm), said, said_bytes);

	if (err)
		return err;
	err = shadow_boot_step(mm, last);
	*down = err;
	if (err)
		say_failed_phase(mm, err, said, said_bytes);
	else
		say_progress(mm, "booted on", said, said_bytes);
	return err;
}

static int ctl_create(struct shadow_mm *mm, const char *name,
		      const struct shadow_ctl_given *given, char *said,
		      size_t said_bytes)
{
	struct shadow_machine *machine = shadow_to_machine(mm);
	int err;

	mutex_unlock(&machine->lock);
	err = machine->list_ops->create(machine, name, given, said, said_bytes);
	mutex_lock(&machine->lock);
	return err;
}

static int ctl_destroy(struct shadow_mm *mm, const char *name, char *said,
		       size_t said_bytes)
{
	struct shadow_machine *machine = shadow_to_machine(mm);
	int err;

	mutex_unlock(&machine->lock);
	err = machine->list_ops->destroy(machine, name, said, said_bytes);
	mutex_lock(&machine->lock);
	return err;
}

/* Whoever takes a machine away waits for those who write to it. */
static bool ctl_interrupted(struct shadow_mm *mm)
{
	return fatal_signal_pending(current) ||
	       READ_ONCE(shadow_to_machine(mm)->state) == SHADOW_MACHINE_DYING;
}

static const struct shadow_ctl_ops first_ops = {
	.mmu_check = shadow_machine_ctl_check,
	.compare = shadow_machine_ctl_compare,
	.create = ctl_create,
	.destroy = ctl_destroy,
	.reset = ctl_reset,
	.step = ctl_step,
	.interrupted = ctl_interrupted,
};

static const struct shadow_ctl_ops further_ops = {
	.mmu_check = shadow_machine_ctl_check,
	.reset = ctl_reset,
	.step = ctl_step,
	.interrupted = ctl_interrupted,
};

/* --------------------------------------------------------------- the block -- */

/*
 * Two machines that ask at once would both see memory that the host can spare
 * for one, and try the same ranges. Taken inside nothing, nothing inside.
 */
static DEFINE_MUTEX(reserve_lock);

static int reserve_block(struct shadow_machine *machine,
			 const struct shadow_config *cfg, char *said,
			 size_t said_bytes)
{
	struct shadow_pool_request request = {
		.bytes = cfg->bytes,
		.base = cfg->base,
		.region = cfg->region[0] ? cfg->region : NULL,
		.page_shift = cfg->page_shift,
		.base_given = shadow_config_given(cfg, SHADOW_PARAM_BASE),
		.base_force = cfg->base_force,
	};
	int err;

	if (cfg->share)
		return shadow_machine_share(machine, cfg, said, said_bytes);
	if (mutex_lock_killable(&reserve_lock)) {
		scnprintf(said, said_bytes, "interrupted");
		return -EINTR;
	}
	err = shadow_pool_reserve(&machine->pool, &request);
	mutex_unlock(&reserve_lock);
	if (err)
		scnprintf(said, said_bytes, "%s", machine->pool.refusal);
	return err;
}

static void release_block(struct shadow_machine *machine)
{
	bool shared = machine->pool.rung == SHADOW_POOL_SHARE;
	struct shadow_block block = machine->pool.block;

	shadow_pool_release(&machine->pool);
	if (shared)
		shadow_machine_unshare(machine, block.base, block.bytes);
}

/* ------------------------------------------------------------- up and down -- */

/**
 * shadow_machine_alloc() - a machine that nothing is known of but its name
 * @name: what it is called, at most SHADOW_MM_NAME - 1 characters
 * @first: the first machine, or NULL where this one is it
 *
 * Context: process context, sleeps.
 * Return: the machine, or NULL where the host has no memory.
 */
struct shadow_machine *shadow_machine_alloc(const char *name,
					    struct shadow_machine *first)
{
	struct shadow_machine *machine;

	machine = shadow_pool_zalloc(sizeof(*machine));
	if (!machine)
		return NULL;
	INIT_LIST_HEAD(&machine->list);
	mutex_init(&machine->lock);
	machine->first = first;
	machine->pool.rung = SHADOW_POOL_NR_RUNGS;
	strscpy(machine->mm.name, name, sizeof(machine->mm.name));
	machine->mm.host = &host_ops;
	machine->mm.nr_cpus = nr_cpu_ids;
	shadow_mmu_read_id(&machine->mm.cpu_id);
	shadow_machine_init_slab(machine);
	return machine;
}

/**
 * shadow_machine_free() - undo shadow_machine_alloc()
 * @machine: the machine, down
 *
 * Context: process context.
 */
void shadow_machine_free(struct shadow_machine *machine)
{
	shadow_machine_free_strings(&machine->given);
	shadow_pool_free(machine->board);
	shadow_pool_free(machine);
}

/* Once nothing is refused any more: a refusal is one line */
static void say_block(const struct shadow_pool *pool)
{
	if (pool->rung != SHADOW_POOL_SHARE)
		pr_info("block 0x%llx+0x%llx from %s\n", (u64)pool->block.base,
			pool->block.bytes, shadow_pool_rung_names[pool->rung]);
}

static int boot_in_block(struct shadow_machine *machine,
			 struct shadow_machine_plan *plan, char *said,
			 size_t said_bytes)
{
	struct shadow_mm *mm = &machine->mm;
	int err;

	err = shadow_machine_plan_place(plan, &machine->pool.block, said,
					said_bytes);
	if (err)
		return err;
	say_block(&machine->pool);
	adopt(machine, plan);
	shadow_machine_unchecked(machine);
	err = shadow_boot_up_in(mm, &machine->pool.block, &machine->backing);
	if (err) {
		say_failed_phase(mm, err, said, said_bytes);
		shadow_boot_down(mm);
		return err;
	}
	scnprintf(said, said_bytes, "the host has no memory for ids");
	err = shadow_ctl_init(&machine->ctl, mm,
			      machine->first ? &further_ops : &first_ops);
	if (err)
		shadow_boot_down(mm);
	return err;
}

static void say_booted(const struct shadow_machine *machine, char *said,
		       size_t said_bytes)
{
	const struct shadow_mm *mm = &machine->mm;
	int len;

	len = scnprintf(said, said_bytes, "%s: booted in %llu KiB at %#llx (%s)",
			mm->name, machine->pool.block.bytes >> 10,
			(u64)machine->pool.block.base,
			shadow_pool_rung_names[machine->pool.rung]);
	if (shadow_boot_reached(mm, SHADOW_PHASE_MMU_CHECK))
		scnprintf(said + len, said_bytes - len, ", %s",
			  mm->boot.record[SHADOW_PHASE_MMU_CHECK].effect);
	else
		say_progress(mm, "", said + len, said_bytes - len);
}

/**
 * shadow_machine_up() - get a block and boot in it
 * @machine: as shadow_machine_alloc() returned it
 * @given: parameters, as text; copied
 * @said: filled with what came of it, one line
 * @said_bytes: room there
 *
 * Context: process context, sleeps; no lock of a machine's is held.
 * Return: 0; or the errno of the parameter that is refused, of the reservation
 * or of the boot's phase that failed, all undone.
 */
int shadow_machine_up(struct shadow_machine *machine,
		      const struct shadow_param_strings *given, char *said,
		      size_t said_bytes)
{
	struct shadow_machine_plan *plan;
	int err;

	plan = shadow_machine_plan_create(machine, given, NULL, said, said_bytes);
	if (IS_ERR(plan))
		return PTR_ERR(plan);
	err = reserve_block(machine, &plan->cfg, said, said_bytes);
	if (err)
		goto destroy_plan;
	err = boot_in_block(machine, plan, said, said_bytes);
	if (err)
		release_block(machine);
	else
		say_booted(machine, said, said_bytes);
destroy_plan:
	shadow_machine_plan_destroy(plan);
	return err;
}

/**
 * shadow_machine_down() - take a machine down and give its block back
 * @machine: the machine, up; no file shows it and nobody uses it any more
 *
 * Context: process context, sleeps; no lock of a machine's is held.
 * Return: pages that users had allocated and that went with it.
 */
u64 shadow_machine_down(struct shadow_machine *machine)
{
	u64 left;

	shadow_ctl_fini(&machine->ctl);
	shadow_machine_tell_left(machine);
	left = shadow_boot_down(&machine->mm);
	if (left)
		pr_info("%s: %llu pages were still in use\n", machine->mm.name,
			left);
	release_block(machine);
	return left;
}
