// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_machine_left - what users have left behind in a machine that goes, in
 * the kernel's log.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kallsyms.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include "shadow_machine_room.h"
#include "shadow_owners.h"

#define ROWS	20	/* in the log */

static const char *const things[SHADOW_NR_OWNERS_KINDS] = {
	[SHADOW_OWNERS_PAGES] = "blocks of pages",
	[SHADOW_OWNERS_EARLY] = "early ranges",
	[SHADOW_OWNERS_AREAS] = "areas",
	[SHADOW_OWNERS_OBJECTS] = "objects",
};

static void tell_row(const char *machine, const struct shadow_owners_row *row)
{
	char symbol[KSYM_SYMBOL_LEN];

	if (!row->caller) {
		pr_info("%s: left behind: %llu %s (%s), %llu bytes\n", machine,
			row->nr, things[row->kind], row->name, row->bytes);
		return;
	}
	shadow_machine_symbol(symbol, row->caller);
	pr_info("%s: left behind: %llu %s (%s), %llu bytes, asked for in %s\n",
		machine, row->nr, things[row->kind], row->name, row->bytes,
		symbol);
}

/**
 * shadow_machine_tell_left() - list what users have not given back
 * @machine: the machine, before it is taken down; nobody uses it any more
 *
 * Pages and areas; caches tell of their objects themselves when they go, see
 * shadow_slab_debug_drop().
 *
 * Context: process context, sleeps.
 */
void shadow_machine_tell_left(struct shadow_machine *machine)
{
	struct shadow_mm *mm = &machine->mm;
	struct shadow_owners *owners;
	u32 i, told = 0, more = 0;

	if (mm->boot.failed)
		return;
	owners = kvzalloc(sizeof(*owners), GFP_KERNEL);
	if (!owners)
		return;
	shadow_owners_collect(mm, false, owners);
	for (i = 0; i < owners->nr_rows; i++) {
		/* Caches tell of their objects by themselves */
		if (!shadow_owners_of_users(&owners->row[i]) ||
		    owners->row[i].kind == SHADOW_OWNERS_OBJECTS)
			continue;
		if (told++ < ROWS)
			tell_row(mm->name, &owners->row[i]);
		else
			more++;
	}
	if (more)
		pr_info("%s: left behind: … %u rows more\n", mm->name, more);
	if (told && !mm->sites.births)
		pr_info("%s: where they were asked for is known with page_owner=on\n",
			mm->name);
	kvfree(owners);
}
