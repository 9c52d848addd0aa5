/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_ctl_run - what those who run commands share. Used by shadow_ctl alone.
 */
#ifndef SHADOW_CTL_RUN_H
#define SHADOW_CTL_RUN_H

#include "shadow_ctl.h"

__printf(3, 4)
int shadow_ctl_fail(struct shadow_ctl *ctl, int err, const char *fmt, ...);
__printf(2, 3)
int shadow_ctl_done(struct shadow_ctl *ctl, const char *fmt, ...);
int shadow_ctl_frozen(struct shadow_ctl *ctl);
int shadow_ctl_check_since(struct shadow_ctl *ctl, const char *what,
			   unsigned int since);
int shadow_ctl_map(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_unmap(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_memblock(struct shadow_ctl *ctl,
			const struct shadow_ctl_cmd *cmd);
int shadow_ctl_early_alloc(struct shadow_ctl *ctl,
			   const struct shadow_ctl_cmd *cmd);
int shadow_ctl_early_ioremap(struct shadow_ctl *ctl,
			     const struct shadow_ctl_cmd *cmd);
int shadow_ctl_early_iounmap(struct shadow_ctl *ctl,
			     const struct shadow_ctl_cmd *cmd);
int shadow_ctl_create(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_destroy(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_reset(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_step(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);

#endif /* SHADOW_CTL_RUN_H */
