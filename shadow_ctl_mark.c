// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ctl_mark - the command mark: what is allocated from now on is looked
 * for. See shadow_owners.h.
 */
#include "shadow_ctl_run.h"
#include "shadow_owners.h"

/**
 * shadow_ctl_mark() - run mark
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex; sleeps.
 * Return: 0, or -ENOMEM where the host has no memory for what is in use now.
 */
int shadow_ctl_mark(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	struct shadow_mm *mm = ctl->mm;

	if (shadow_owners_set_mark(mm))
		return shadow_ctl_fail(ctl, -ENOMEM,
				       "mark: the host has no memory for what is in use now");
	if (mm->sites.births)
		return shadow_ctl_done(ctl,
				       "mark %llu: leaks shows what was allocated after number %llu and lives still",
				       mm->mark->nr, mm->sites.mark_seq);
	return shadow_ctl_done(ctl,
			       "mark %llu: leaks shows how much more there is than now; where from with page_owner=on",
			       mm->mark->nr);
}
