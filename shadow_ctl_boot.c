// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ctl_boot - commands about whole machines: create, destroy, compare,
 * reset, and a boot that goes on. See shadow_ctl_run.h.
 */
#include "shadow_boot.h"
#include "shadow_ctl_handle.h"
#include "shadow_ctl_run.h"
#include "shadow_ctl_verb.h"

static int only_in_first(struct shadow_ctl *ctl,
			 const struct shadow_ctl_cmd *cmd)
{
	return shadow_ctl_fail(ctl, -EPERM,
			       "%s: this is the ctl of machine %s: allowed: in the first machine's",
			       shadow_ctl_verbs[cmd->verb].name, ctl->mm->name);
}

/* Meanwhile another batch may have said something: ours comes after it. */
static int said_last(struct shadow_ctl *ctl, int err, const char *said)
{
	return shadow_ctl_fail(ctl, err, "%s", said);
}

/**
 * shadow_ctl_create() - run a create
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex, which is let go meanwhile.
 * Return: 0, or why it failed: -EPERM, -EEXIST, -EINVAL, -ERANGE, -EOPNOTSUPP,
 * -ENOMEM, or what else the boot failed with.
 */
int shadow_ctl_create(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	char said[SHADOW_CTL_WHY] = "";
	int err;

	if (!ctl->ops->create)
		return only_in_first(ctl, cmd);
	err = ctl->ops->create(ctl->mm, cmd->machine, &cmd->given, said,
			       sizeof(said));
	return said_last(ctl, err, said);
}

/**
 * shadow_ctl_destroy() - run a destroy
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex, which is let go meanwhile.
 * Return: 0, or why it failed: -EPERM, -ENOENT, -EBUSY.
 */
int shadow_ctl_destroy(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	char said[SHADOW_CTL_WHY] = "";
	int err;

	if (!ctl->ops->destroy)
		return only_in_first(ctl, cmd);
	err = ctl->ops->destroy(ctl->mm, cmd->machine, said, sizeof(said));
	return said_last(ctl, err, said);
}

/**
 * shadow_ctl_compare() - run a compare
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex, which is let go meanwhile.
 * Return: 0, or why it failed: -EPERM, -EBUSY, -ENOENT where there is no such
 * trace, -EINVAL, -ERANGE or -E2BIG where it is none, -ENOMEM, -EINTR.
 */
int shadow_ctl_compare(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	char said[SHADOW_CTL_WHY] = "";
	int err;

	if (!ctl->ops->compare)
		return only_in_first(ctl, cmd);
	err = ctl->ops->compare(ctl->mm, cmd->trace, said, sizeof(said));
	return said_last(ctl, err, said);
}

/**
 * shadow_ctl_reset() - run a reset
 * @ctl: whose
 * @cmd: the command
 *
 * Once the old machine has been taken down nothing of it is left, whatever
 * comes of the new one.
 *
 * Context: process, with the caller's mutex.
 * Return: 0, or why it failed: -EBUSY, -EINVAL, -ERANGE, -EOPNOTSUPP, or what
 * the boot failed with.
 */
int shadow_ctl_reset(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	bool down = false;
	int err;

	if (!ctl->ops->reset)
		return shadow_ctl_fail(ctl, -EOPNOTSUPP, "reset: not supported by this machine");
	err = ctl->ops->reset(ctl->mm, &cmd->given, &down, ctl->said,
			      sizeof(ctl->said));
	if (down)
		shadow_ctl_handles_forget(ctl);
	/* The new one has a new history */
	if (down && ctl->counters)
		shadow_ring_count(&ctl->mm->events, true);
	return err;
}

/* The last phase that is to run, or why there is none. */
static int last_phase(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	const char *name = shadow_ctl_verbs[cmd->verb].name;
	unsigned int done = ctl->mm->boot.nr_done;

	if (done == SHADOW_NR_PHASES)
		return shadow_ctl_fail(ctl, -EINVAL,
				       "%s: the boot is complete: allowed: reset until=PHASE",
				       name);
	if (cmd->verb == SHADOW_CTL_CONTINUE)
		return SHADOW_NR_PHASES - 1;
	if (cmd->phase == SHADOW_NR_PHASES)
		return done;
	if (cmd->phase < done)
		return shadow_ctl_fail(ctl, -EINVAL,
				       "step: phase %s is complete: allowed: %s to %s",
				       shadow_phase_name(cmd->phase),
				       shadow_phase_name(done),
				       shadow_phase_name(SHADOW_NR_PHASES - 1));
	return cmd->phase;
}

/**
 * shadow_ctl_step() - run a step or a continue
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex.
 * Return: 0, or why it failed: -EINVAL where the boot is past that; -EBUSY;
 * what the boot failed with: then the machine is down.
 */
int shadow_ctl_step(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	int last = last_phase(ctl, cmd);
	bool down = false;
	int err;

	if (last < 0)
		return last;
	if (!ctl->ops->step)
		return shadow_ctl_fail(ctl, -EOPNOTSUPP, "step: not supported by this machine");
	err = ctl->ops->step(ctl->mm, last, &down, ctl->said, sizeof(ctl->said));
	if (down)
		shadow_ctl_handles_forget(ctl);
	return err;
}
