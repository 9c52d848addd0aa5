// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ctl_fail - the command fail: which allocations fail on purpose. See
 * shadow_fail.h.
 */
#include "shadow_ctl_run.h"
#include "shadow_mm.h"

/**
 * shadow_ctl_fail_point() - run fail
 * @ctl: whose
 * @cmd: the command
 *
 * A point that is armed again begins anew: the same seed and the same calls
 * fail alike.
 *
 * Context: process, with the caller's mutex; sleeps.
 * Return: 0, or -EINVAL.
 */
int shadow_ctl_fail_point(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	struct shadow_fail *fail = &ctl->mm->fail;
	const char *name = shadow_fail_names[cmd->fail_point];
	u64 nr_failed = shadow_fail_count(fail, cmd->fail_point);
	int err = shadow_fail_arm(fail, cmd->fail_point, &cmd->fail);
	char text[SHADOW_CTL_WHY];

	if (err)
		return shadow_ctl_fail(ctl, err, "fail: %s: the attributes contradict each other",
				       name);
	if (!cmd->fail.probability)
		return shadow_ctl_done(ctl, "%s: no call fails any more; %llu were made to",
				       name, nr_failed);
	shadow_ctl_fail_text(ctl, cmd->fail_point, text, sizeof(text));
	return shadow_ctl_done(ctl, "%s", text);
}

/**
 * shadow_ctl_fail_text() - how often a point fails
 * @ctl: whose
 * @point: which
 * @text: filled; "" where it does not fail
 * @room: bytes there
 *
 * Context: process, with the caller's mutex.
 */
void shadow_ctl_fail_text(const struct shadow_ctl *ctl,
			  enum shadow_fail_point point, char *text, size_t room)
{
	const struct shadow_fail_state *state = &ctl->mm->fail.point[point];
	const struct shadow_fail_attr *attr = &state->attr;

	text[0] = '\0';
	if (!attr->probability)
		return;
	snprintf(text, room,
		 "%s probability=%u interval=%u times=%d space=%llu seed=%llu: %llu of %llu calls failed",
		 shadow_fail_names[point], attr->probability, attr->interval,
		 attr->times, attr->space, ctl->mm->fail.seed,
		 (u64)atomic64_read(&state->nr_failed),
		 (u64)atomic64_read(&state->nr_calls));
}
