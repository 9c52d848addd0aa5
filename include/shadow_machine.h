/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_machine - a machine as the module hosts it: the core's struct
 * shadow_mm, the block it lives in, and what people do to it.
 */
#ifndef SHADOW_MACHINE_H
#define SHADOW_MACHINE_H

#include <linux/list.h>
#include <linux/mutex.h>

#include "shadow_ctl.h"
#include "shadow_mm.h"
#include "shadow_mmu.h"
#include "shadow_pool.h"

struct dentry;

/**
 * struct shadow_machine - one hosted machine
 * @list: in the module's list of live machines
 * @lock: held by every reader and writer of its files, so that each sees one
 *	state; never held while files are created or removed
 * @mm: the machine
 * @pool: the block and how it was obtained
 * @ctl: what ctl commands hold
 * @users: other modules that hold it
 * @dir: its folder in debugfs, or NULL
 * @raw: the folder of whole dumps, or NULL
 * @mmu: last check of its tables by the CPU
 * @mmu_host: last check of the host's own tables
 * @mmu_samples: random pages asked for in the last check
 * @mmu_seed: what they were chosen with
 * @vtop_va: address that vtop explains
 * @vtop_host: it is one of the host's
 */
struct shadow_machine {
	struct list_head list;
	struct mutex lock;	/* one reader or writer at a time, see above */
	struct shadow_mm mm;
	struct shadow_pool pool;
	struct shadow_ctl ctl;
	atomic_t users;
	struct dentry *dir;
	struct dentry *raw;
	struct shadow_mmu_result mmu;
	struct shadow_mmu_result mmu_host;
	u64 mmu_samples;
	u64 mmu_seed;
	u64 vtop_va;
	bool vtop_host;
};

struct shadow_machine *shadow_machine_create(const char *name,
					     const struct shadow_config *cfg);
void shadow_machine_destroy(struct shadow_machine *machine);

#endif /* SHADOW_MACHINE_H */
