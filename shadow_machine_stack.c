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

#include "shadow_machine_room.h"

#define STACK_DEPTH	24

/* Files that everybody can read have no addresses of the host. */
static void symbol_of(char *name, unsigned long address)
{
	sprint_symbol(name, address);
	if (strstarts(name, "0x"))
		strscpy(name, "(a module that is gone)", KSYM_SYMBOL_LEN);
}

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
		symbol_of(name, address);
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

static bool begins_with_one(const char *name, const char *const *prefix,
			    unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (strstarts(name, prefix[i]))
			return true;
	return false;
}

/* Is it a function that everybody allocates and frees through? */
static bool is_allocator(const char *name)
{
	static const char *const prefixes[] = {
		"shadow_site_", "shadow_page_", "shadow_alloc_", "shadow_free_",
		"shadow_get_free_pages", "shadow_contig_", "shadow_split_page",
		"shadow_pcp_", "shadow_buddy_", "shadow_slab_", "shadow_slub_",
		"shadow_slabslab_", "shadow_slob_", "shadow_kmem_cache_",
		"shadow_kmalloc", "shadow_kzalloc", "shadow_kcalloc",
		"shadow_krealloc", "shadow_kfree", "shadow_vmalloc",
		"shadow_vmap", "shadow_vunmap", "shadow_vfree", "shadow_ioremap",
		"shadow_pgtable_", "shadow_early_", "shadow_memblock_",
		"shadow_bootmem_", "shadow_kmap", "shadow_vmemmap",
		"shadow_memmap_", "__shadow_",
	};

	return begins_with_one(name, prefixes, ARRAY_SIZE(prefixes));
}

/* One of their own, which may be where the function above was, called last? */
static bool is_inside(const char *name)
{
	static const char *const prefixes[] = {
		"debug_", "kmalloc", "kfree", "stack_for", "alloc_inner", "slob_",
		"alloc_any", "alloc_more", "alloc_pages", "alloc_unlisted",
		"alloc_watched", "alloc_large", "take_", "table_from_buddy",
		"alloc_slow", "pop_or_refill", "slab_stack", "who_calls",
	};

	return begins_with_one(name, prefixes, ARRAY_SIZE(prefixes));
}

/*
 * Index of the first call from outside of the allocators: after the outermost
 * function of theirs. What they call last has taken its caller's place on the
 * stack.
 */
static unsigned int first_outside(const unsigned long *entries, unsigned int nr,
				  char *name)
{
	unsigned int i, first = 0;

	for (i = 0; i < nr; i++) {
		symbol_of(name, entries[i]);
		if (is_allocator(name))
			first = i + 1;
	}
	for (; first < nr; first++) {
		symbol_of(name, entries[first]);
		if (!is_inside(name))
			break;
	}
	return first < nr ? first : nr - 1;
}

static unsigned long who_asks(u64 stack)
{
	char name[KSYM_SYMBOL_LEN];
	unsigned long *entries;
	unsigned int nr = stack_depot_fetch(stack, &entries);

	return nr ? entries[first_outside(entries, nr, name)] : 0;
}

static size_t who_called(u64 stack, char *text, size_t bytes)
{
	char name[KSYM_SYMBOL_LEN];
	unsigned long *entries;
	unsigned int i, nr;
	size_t len = 0;

	nr = stack_depot_fetch(stack, &entries);
	for (i = nr ? first_outside(entries, nr, name) : 0; i < nr; i++) {
		symbol_of(name, entries[i]);
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

	symbol_of(name, stack);
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
