// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_machine_slab - what the caches of a machine ask of the kernel that
 * hosts it: ends of grace periods, who is calling, a line in the log.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kallsyms.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>
#include <linux/stackdepot.h>
#include <linux/stacktrace.h>

#include "shadow_machine_room.h"

static void grace_ended(struct rcu_head *head)
{
	struct shadow_machine *machine =
		container_of(head, struct shadow_machine, slab_rcu);

	shadow_slab_grace(&machine->mm.slab);
}

/*
 * The layer asks for the next one when the last has ended: the head is free
 * again as soon as grace_ended() runs.
 */
static void ask_grace(void *arg)
{
	struct shadow_machine *machine = arg;

	call_rcu(&machine->slab_rcu, grace_ended);
}

/* All callbacks there are, ours among them */
static void wait_grace(void *arg)
{
	rcu_barrier();
}

/* ------------------------------------------------------------ who is calling */

#define STACK_DEPTH	24

/* Files that everybody can read have no addresses of the host. */
static void symbol_of(char *name, unsigned long address)
{
	sprint_symbol(name, address);
	if (strstarts(name, "0x"))
		strscpy(name, "(a module that is gone)", KSYM_SYMBOL_LEN);
}

#if IS_ENABLED(CONFIG_STACKDEPOT) && IS_ENABLED(CONFIG_STACKTRACE)

/* Without the two of them that are always there: this one and its caller */
static u64 who_calls(void *arg)
{
	unsigned long entries[STACK_DEPTH];
	unsigned int nr = stack_trace_save(entries, ARRAY_SIZE(entries), 2);

	return nr ? stack_depot_save(entries, nr, GFP_NOWAIT) : 0;
}

/* Is it one of the calls that everybody allocates and frees through? */
static bool is_ours(const char *name)
{
	static const char *const prefixes[] = {
		"debug_", "shadow_kmem_cache_", "shadow_kmalloc", "shadow_kzalloc",
		"shadow_kcalloc", "shadow_krealloc", "shadow_kfree", "shadow_slab_",
		"kmalloc", "kfree", "stack_for", "alloc_inner", "slob_",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (strstarts(name, prefixes[i]))
			return true;
	}
	return false;
}

static size_t who_called(void *arg, u64 stack, char *text, size_t bytes)
{
	char name[KSYM_SYMBOL_LEN];
	unsigned long *entries;
	unsigned int i, nr;
	size_t len = 0;

	nr = stack_depot_fetch(stack, &entries);
	for (i = 0; i < nr; i++) {
		symbol_of(name, entries[i]);
		if (!len && i + 1 < nr && is_ours(name))
			continue;
		len += scnprintf(text + len, bytes - len, " %s\n", name);
	}
	return len;
}

static void init_stacks(void)
{
	if (stack_depot_init())
		pr_warn("no memory of the host's for stacks: who allocates is not known\n");
}

#else

static u64 who_calls(void *arg)
{
	return (unsigned long)__builtin_return_address(0);
}

static size_t who_called(void *arg, u64 stack, char *text, size_t bytes)
{
	char name[KSYM_SYMBOL_LEN];

	symbol_of(name, stack);
	return scnprintf(text, bytes, " %s\n", name);
}

static void init_stacks(void)
{
}

#endif

static void log_report(void *arg, const char *line)
{
	const struct shadow_machine *machine = arg;

	pr_err_ratelimited("%s: %s\n", machine->mm.name, line);
}

/**
 * shadow_machine_init_slab() - let the caches of a machine ask the host
 * @machine: the machine
 *
 * Context: any; before the machine boots.
 */
void shadow_machine_init_slab(struct shadow_machine *machine)
{
	machine->slab_host.grace = ask_grace;
	machine->slab_host.grace_wait = wait_grace;
	machine->slab_host.stack = who_calls;
	machine->slab_host.stack_text = who_called;
	machine->slab_host.report = log_report;
	machine->slab_host.arg = machine;
	machine->mm.slab_host = &machine->slab_host;
	init_stacks();
}
