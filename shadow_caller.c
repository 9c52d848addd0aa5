// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_caller - who asks: the first caller outside of the allocators. See
 * shadow_caller.h.
 */
#include <linux/hash.h>
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/stacktrace.h>

#include "shadow_caller.h"

#define STACK_DEPTH	24

/* A place in the code is one of: */
enum kind {
	UNKNOWN,
	OUTSIDE,
	INSIDE,		/* may belong to an allocator, if one called it */
	ALLOCATOR,
};

/*
 * What is known of places in this module, by hash: the address, whose two
 * uppermost bits all of the kernel's have alike, above the kind in two bits. One
 * word, so that whoever reads it has both of the same place; the module's code
 * stays where it is, so that what is there stays true.
 */
#define KNOWN_BITS	9
#define KIND_BITS	2

static u64 known[1 << KNOWN_BITS];

/**
 * shadow_caller_symbol() - a place in the host's code, for everybody's eyes
 * @name: filled, KSYM_SYMBOL_LEN bytes: never an address of the host
 * @address: the place, any value
 *
 * Context: any.
 */
void shadow_caller_symbol(char *name, unsigned long address)
{
	sprint_symbol(name, address);
	if (strstarts(name, "0x"))
		strscpy(name, "(a module that is gone)", KSYM_SYMBOL_LEN);
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
		"shadow_bootmem_", "shadow_kmap", "shadow_kunmap",
		"shadow_vmemmap", "shadow_memmap_", "shadow_put_page", "__shadow_",
	};

	return begins_with_one(name, prefixes, ARRAY_SIZE(prefixes));
}

/* One of their own, which may be where the function above was, called last? */
static bool is_inside(const char *name)
{
	static const char *const prefixes[] = {
		"debug_", "kmalloc", "kfree", "stack_for", "alloc_inner", "slob_",
		"alloc_any", "alloc_more", "alloc_pages", "alloc_unlisted",
		"alloc_within", "alloc_large", "free_within", "take_", "table_from_buddy",
		"alloc_slow", "pop_", "slub_", "free_contended", "slab_stack",
		"who_calls", "tell_",
	};

	return begins_with_one(name, prefixes, ARRAY_SIZE(prefixes));
}

static noinline enum kind ask_name(unsigned long address)
{
	char name[KSYM_SYMBOL_LEN];

	sprint_symbol(name, address);
	if (is_allocator(name))
		return ALLOCATOR;
	return is_inside(name) ? INSIDE : OUTSIDE;
}

/* Names are looked up by walking through all that the module has */
static enum kind kind_of(unsigned long address)
{
	u64 *slot = &known[hash_long(address, KNOWN_BITS)];
	u64 word = READ_ONCE(*slot);
	enum kind kind;

#ifdef MODULE
	if (!within_module(address, THIS_MODULE))
		return OUTSIDE;
#endif
	if (word >> KIND_BITS == (u64)address << KIND_BITS >> KIND_BITS)
		return word & GENMASK(KIND_BITS - 1, 0);
	kind = ask_name(address);
	WRITE_ONCE(*slot, (u64)address << KIND_BITS | kind);
	return kind;
}

/**
 * shadow_caller_first() - the first call from outside of the allocators
 * @entries: a stack, innermost first
 * @nr: how many, at least 1
 *
 * It comes after the outermost function of theirs. What they call last has taken
 * its caller's place on the stack.
 *
 * Context: any, also under raw spinlocks with interrupts off.
 * Return: its index in @entries; the last one where all are inside.
 */
unsigned int shadow_caller_first(const unsigned long *entries, unsigned int nr)
{
	unsigned int i, first = 0;

	for (i = 0; i < nr; i++)
		if (kind_of(entries[i]) == ALLOCATOR)
			first = i + 1;
	while (first < nr && kind_of(entries[first]) == INSIDE)
		first++;
	return first < nr ? first : nr - 1;
}

/**
 * shadow_caller_ip() - who asks for what is under way
 * @ip: what is known without: where the event was told from
 *
 * Context: any, also under raw spinlocks with interrupts off.
 * Return: a place in the code of the first caller outside of the allocators; @ip
 * where the host keeps no stacks.
 */
unsigned long shadow_caller_ip(unsigned long ip)
{
#if IS_ENABLED(CONFIG_STACKTRACE)
	unsigned long entries[STACK_DEPTH];
	unsigned int nr = stack_trace_save(entries, ARRAY_SIZE(entries), 1);

	if (nr)
		return entries[shadow_caller_first(entries, nr)];
#endif
	return ip;
}
