/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_debugfs - the files that a person reads. They print and never change
 * a machine; what can be written goes to shadow_ctl.
 */
#ifndef SHADOW_DEBUGFS_H
#define SHADOW_DEBUGFS_H

#include "shadow_machine.h"

int shadow_debugfs_publish(struct shadow_machine *machine);
void shadow_debugfs_withdraw(struct shadow_machine *machine);

#endif /* SHADOW_DEBUGFS_H */
