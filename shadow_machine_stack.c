// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_machine_stack - what the kernel that hosts a machine knows of who
 * allocates: stacks, in its stackdepot, and the names of what is in them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kallsyms.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/stackdepot.h>
#include <linux/stacktrace.h>

#include "shadow_caller.h"
#include "shadow_machine_room.h"

#define STACK_DEPTH	24

/**
 * shadow_machine_symbol() - a place in the host's code, for everybody's eyes
 * @name: filled, KSYM_SYMBOL_LEN bytes
 * @address: the place, any value; 0: not known
 *
 * Context: process context.
 */
void shadow_machine_symbol(char *name, unsigned long address)
{
	if (address)
		shadow_caller_symbol(name, address);
	else
		strscpy(name, "(not known)", KSYM_SYMBOL_LEN);
}

#if IS_ENABLED(CONFIG_STACKDEPOT) && IS_ENABLED(CONFIG_STACKTRACE)

/*
 * The depot grows by pages of the host's. Where its page allocator may sleep on
 * a lock, that is out of the question under a raw one: then what the depot has
 * must do, or the stack is not known.
 */
static u64 save(unsigned long *entries, unsigned int nr)
{
#ifdef STACK_DEPOT_FLAG_CAN_ALLOC
	bool grow = !IS_ENABLED(CONFIG_PREEMPT_RT) || preemptible();

	return stack_depot_save_flags(entries, nr, GFP_NOWAIT | __GFP_NOWARN,
				      grow ? STACK_DEPOT_FLAG_CAN_ALLOC : 0);
#else
	return stack_depot_save(entries, nr, GFP_NOWAIT | __GFP_NOWARN);
#endif
}

/* Without the one that is always there: this one */
static u64 who_calls(void)
{
	unsigned long entries[STACK_DEPTH];
	unsigned int nr = stack_trace_save(entries, ARRAY_SIZE(entries), 1);

	return nr ? save(entries, nr) : 0;
}

static unsigned long who_asks(u64 stack)
{
	unsigned long *entries;
	unsigned int nr = stack_depot_fetch(stack, &entries);

	return nr ? entries[shadow_caller_first(entries, nr)] : 0;
}

static size_t who_called(u64 stack, char *text, size_t bytes)
{
	char name[KSYM_SYMBOL_LEN];
	unsigned long *entries;
	unsigned int i, nr;
	size_t len = 0;

	nr = stack_depot_fetch(stack, &entries);
	for (i = nr ? shadow_caller_first(entries, nr) : 0; i < nr; i++) {
		shadow_caller_symbol(name, entries[i]);
		len += scnprintf(text + len, bytes - len, " %s\n", name);
	}
	return len;
}

/**
 * shadow_machine_init_stacks() - see to it that stacks can be kept
 *
 * Context: process context, sleeps.
 */
void shadow_machine_init_stacks(void)
{
	if (stack_depot_init())
		pr_warn("no memory of the host's for stacks: who allocates is not known\n");
	else
		who_calls();
}

#else

static u64 who_calls(void)
{
	return (unsigned long)__builtin_return_address(0);
}

static unsigned long who_asks(u64 stack)
{
	return stack;
}

static size_t who_called(u64 stack, char *text, size_t bytes)
{
	char name[KSYM_SYMBOL_LEN];

	shadow_caller_symbol(name, stack);
	return scnprintf(text, bytes, " %s\n", name);
}

/**
 * shadow_machine_init_stacks() - see to it that stacks can be kept
 *
 * Context: process context.
 */
void shadow_machine_init_stacks(void)
{
}

#endif

const struct shadow_site_ops shadow_machine_site_ops = {
	.stack = who_calls,
	.caller = who_asks,
	.text = who_called,
};
