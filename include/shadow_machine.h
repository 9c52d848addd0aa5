/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_machine - a machine as the module hosts it: the core's struct
 * shadow_mm, the block it lives in, and what people do to it.
 */
#ifndef SHADOW_MACHINE_H
#define SHADOW_MACHINE_H

#include <linux/list.h>
#include <linux/mutex.h>

#include "shadow_backing.h"
#include "shadow_ctl.h"
#include "shadow_machine_compare.h"
#include "shadow_mm.h"
#include "shadow_mmu.h"
#include "shadow_pool.h"
#include "shadow_setup.h"

struct dentry;
struct shadow_machine;

/* Where a machine is between create and destroy. */
enum shadow_machine_state {
	SHADOW_MACHINE_NEW,	/* its name is taken, nothing else is sure */
	SHADOW_MACHINE_LIVE,
	SHADOW_MACHINE_DYING,	/* its files are being removed */
};

/**
 * struct shadow_machine_list_ops - what only the list of machines can do
 * @create: boots a further machine with these parameters; writes one line
 * @destroy: takes a further machine away; writes one line
 *
 * Called without any lock of a machine's.
 */
struct shadow_machine_list_ops {
	int (*create)(struct shadow_machine *first, const char *name,
		      const struct shadow_ctl_given *given, char *said,
		      size_t said_bytes);
	int (*destroy)(struct shadow_machine *first, const char *name,
		       char *said, size_t said_bytes);
};

/**
 * struct shadow_machine - one hosted machine
 * @list: in the module's list of machines
 * @state: under the list's lock; read without it where a moment does not matter
 * @users: other modules that hold it; grows under the list's lock alone
 * @lock: held by every reader and writer of its files, so that each sees one
 *	state. Never held over the making or removal of files: debugfs waits for
 *	those who are inside a file, and they may wait for this lock. So create
 *	and destroy, which come as writes to the first machine's ctl, let that
 *	machine's lock go first. Taken inside no other lock, and no lock of
 *	another machine is taken inside.
 * @list_ops: how further machines are made, of the first one alone, else NULL
 * @first: the first machine, of a further one, else NULL
 * @nr_shares: further machines that live in its memory; under @lock
 * @given: what it was booted with, as text, which @mm's configuration refers to
 * @board: what its memory was described by, or NULL
 * @backing: the books of a virtual board
 * @mm: the machine
 * @pool: the block and how it was obtained
 * @ctl: what ctl commands hold
 * @slab_host: what its caches ask of us
 * @slab_rcu: tells them of the end of a grace period
 * @dir: its folder in debugfs, or NULL
 * @raw: the folder of whole dumps, or NULL
 * @mmu: last check of its tables by the CPU
 * @mmu_host: last check of the host's own tables
 * @mmu_size: how much was asked for in the last check, by enum shadow_mmu_size
 * @mmu_seed: what it was chosen with
 * @mmu_host_mair: MAIR_EL1 under which it was asked
 * @vtop_va: address that vtop explains, where @vtop_asked
 * @vtop_asked: somebody said which; else it is the kernel image's
 * @vtop_host: it is one of the host's
 * @vtop_refused: why the last question to vtop was none, or ""
 * @compare: engines that were compared, of the first one alone
 * @page_pfn: frame that page tells of, where @page_asked
 * @page_asked: somebody said which; else it is the first one
 * @page_refused: why the last question to page was none, or ""
 */
struct shadow_machine {
	struct list_head list;
	enum shadow_machine_state state;
	atomic_t users;
	struct mutex lock;	/* one reader or writer at a time, see above */
	const struct shadow_machine_list_ops *list_ops;
	struct shadow_machine *first;
	unsigned int nr_shares;
	struct shadow_param_strings given;
	struct shadow_board *board;
	struct shadow_backing backing;
	struct shadow_mm mm;
	struct shadow_pool pool;
	struct shadow_ctl ctl;
	struct shadow_slab_host slab_host;
	struct rcu_head slab_rcu;
	struct dentry *dir;
	struct dentry *raw;
	struct shadow_mmu_result mmu;
	struct shadow_mmu_result mmu_host;
	u32 mmu_size[SHADOW_NR_MMU_SIZES];
	u64 mmu_seed;
	u64 mmu_host_mair;
	u64 vtop_va;
	bool vtop_asked;
	bool vtop_host;
	char vtop_refused[128];
	struct shadow_machine_compare compare;
	u64 page_pfn;
	bool page_asked;
	char page_refused[128];
};

static inline struct shadow_machine *shadow_to_machine(struct shadow_mm *mm)
{
	return container_of(mm, struct shadow_machine, mm);
}

/* shadow_machine.c */
struct shadow_machine *shadow_machine_alloc(const char *name,
					    struct shadow_machine *first);
void shadow_machine_free(struct shadow_machine *machine);
int shadow_machine_up(struct shadow_machine *machine,
		      const struct shadow_param_strings *given, char *said,
		      size_t said_bytes);
u64 shadow_machine_down(struct shadow_machine *machine);

/* shadow_machine_plan.c */
int shadow_machine_set_strings(struct shadow_param_strings *strings,
			       const struct shadow_ctl_given *changes);
void shadow_machine_free_strings(struct shadow_param_strings *strings);
void shadow_machine_get_setup(const struct shadow_machine *machine,
			      struct shadow_setup *setup);

#endif /* SHADOW_MACHINE_H */
