// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_mm - the module: parameters in, the first machine up, and the way
 * down. The list of live machines is the only state that is not a machine's.
 */
/* Not KBUILD_MODNAME: Kbuild names this object shadow_mm_main. */
#define pr_fmt(fmt) "shadow_mm: " fmt

#include <linux/init.h>
#include <linux/module.h>
#include <linux/printk.h>

#include "shadow_audit.h"
#include "shadow_boot.h"
#include "shadow_buddy.h"
#include "shadow_debugfs.h"
#include "shadow_machine.h"
#include "shadow_page_alloc.h"
#include "shadow_page_call.h"
#include "shadow_params.h"
#include "shadow_pcp.h"
#include "shadow_trace_load.h"
#include "shadow_tracepoint.h"

/*
 * All machines, the first of them the one that insmod booted. Lock:
 * machines_lock, which a file operation takes for a moment only and never waits
 * inside: no boot, no file and no other lock. Who makes or removes a machine
 * holds its place in the list by its state instead.
 */
static LIST_HEAD(machines);
static DEFINE_MUTEX(machines_lock);

static struct shadow_machine *find_machine(const char *name)
{
	struct shadow_machine *machine;

	lockdep_assert_held(&machines_lock);
	list_for_each_entry(machine, &machines, list)
		if (!strcmp(machine->mm.name, name))
			return machine;
	return NULL;
}

/* Others may have it only where it is whole. */
static bool can_be_held(const struct shadow_mm *mm)
{
	return shadow_boot_reached(mm, SHADOW_PHASE_VMALLOC_INIT);
}

/**
 * shadow_mm_get() - hold a machine, to allocate from it
 * @name: its name; the one that insmod boots is "main"
 *
 * While it is held, it is neither reset nor taken down, and this module stays.
 *
 * Context: process context, sleeps.
 * Return: the machine, or NULL if there is none of that name, it is down, or
 * its boot has stopped before vmalloc_init was complete.
 */
struct shadow_mm *shadow_mm_get(const char *name)
{
	struct shadow_machine *machine;
	bool held;

	if (!try_module_get(THIS_MODULE))
		return NULL;
	mutex_lock(&machines_lock);
	machine = find_machine(name);
	if (machine && machine->state == SHADOW_MACHINE_LIVE)
		atomic_inc(&machine->users);
	else
		machine = NULL;
	mutex_unlock(&machines_lock);
	if (!machine)
		goto put_module;

	/* A reset may be under way: the next one sees that it is held. */
	mutex_lock(&machine->lock);
	held = can_be_held(&machine->mm);
	mutex_unlock(&machine->lock);
	if (held)
		return &machine->mm;
	atomic_dec(&machine->users);
put_module:
	module_put(THIS_MODULE);
	return NULL;
}

/**
 * shadow_mm_put() - let a machine go
 * @mm: what shadow_mm_get() returned; all that was allocated has been freed
 *
 * Context: any.
 */
void shadow_mm_put(struct shadow_mm *mm)
{
	atomic_dec(&shadow_to_machine(mm)->users);
	module_put(THIS_MODULE);
}

/* What another module may call; see the kernel-doc of each */
SHADOW_EXPORT(shadow_mm_get);
SHADOW_EXPORT(shadow_mm_put);
SHADOW_EXPORT(shadow_alloc_pages);
SHADOW_EXPORT(shadow_free_pages);
SHADOW_EXPORT(shadow_get_free_pages);
SHADOW_EXPORT(shadow_free_pages_va);
SHADOW_EXPORT(shadow_alloc_pages_exact);
SHADOW_EXPORT(shadow_free_pages_exact);
SHADOW_EXPORT(shadow_alloc_pages_bulk);
SHADOW_EXPORT(shadow_free_pages_bulk);
SHADOW_EXPORT(shadow_page_address);
SHADOW_EXPORT(shadow_page_to_va);
SHADOW_EXPORT(shadow_va_to_page);
SHADOW_EXPORT(shadow_memmap_many_pfn);
SHADOW_EXPORT(shadow_buddy_alloc);
SHADOW_EXPORT(shadow_buddy_free);
SHADOW_EXPORT(shadow_nodes_free);
SHADOW_EXPORT(shadow_nodes_managed);
SHADOW_EXPORT(shadow_pcp_drain);
SHADOW_EXPORT(shadow_kmem_cache_create);
SHADOW_EXPORT(shadow_kmem_cache_destroy);
SHADOW_EXPORT(shadow_kmem_cache_destroy_name);
SHADOW_EXPORT(shadow_kmem_cache_alloc);
SHADOW_EXPORT(shadow_kmem_cache_alloc_node);
SHADOW_EXPORT(shadow_kmem_cache_free);
SHADOW_EXPORT(shadow_kmem_cache_alloc_bulk);
SHADOW_EXPORT(shadow_kmem_cache_free_bulk);
SHADOW_EXPORT(shadow_kmem_cache_shrink);
SHADOW_EXPORT(shadow_kmalloc);
SHADOW_EXPORT(shadow_kmalloc_node);
SHADOW_EXPORT(shadow_kmalloc_array);
SHADOW_EXPORT(shadow_kzalloc);
SHADOW_EXPORT(shadow_kcalloc);
SHADOW_EXPORT(shadow_krealloc);
SHADOW_EXPORT(shadow_kfree);
SHADOW_EXPORT(shadow_ksize);
SHADOW_EXPORT(shadow_vmalloc_alloc);
SHADOW_EXPORT(shadow_vmalloc_huge);
SHADOW_EXPORT(shadow_vfree);
SHADOW_EXPORT(shadow_vmalloc_to_page);
SHADOW_EXPORT(shadow_vmalloc_purge);
SHADOW_EXPORT(shadow_geometry_init);
SHADOW_EXPORT(shadow_regs_mair);
SHADOW_EXPORT(shadow_pgtable_init);
SHADOW_EXPORT(shadow_pgtable_fini);
SHADOW_EXPORT(shadow_pgtable_map);
SHADOW_EXPORT(shadow_pgtable_unmap);
SHADOW_EXPORT(shadow_pgtable_protect);
SHADOW_EXPORT(shadow_pgtable_lookup);
SHADOW_EXPORT(shadow_pgtable_verify);
SHADOW_EXPORT(shadow_pgtable_walker);
SHADOW_EXPORT(shadow_mmu_check_list);
SHADOW_EXPORT(shadow_audit);
SHADOW_EXPORT(shadow_trace_load);
SHADOW_EXPORT(shadow_trace_unload);

/* ------------------------------------------------------- create, destroy -- */

static void set_state(struct shadow_machine *machine,
		      enum shadow_machine_state state)
{
	mutex_lock(&machines_lock);
	WRITE_ONCE(machine->state, state);
	mutex_unlock(&machines_lock);
}

static int enlist(struct shadow_machine *machine)
{
	int err = 0;

	mutex_lock(&machines_lock);
	if (find_machine(machine->mm.name))
		err = -EEXIST;
	else
		list_add_tail(&machine->list, &machines);
	mutex_unlock(&machines_lock);
	return err;
}

static void delist(struct shadow_machine *machine)
{
	mutex_lock(&machines_lock);
	list_del(&machine->list);
	mutex_unlock(&machines_lock);
}

static int publish(struct shadow_machine *machine, char *said,
		   size_t said_bytes)
{
	int err;

	if (!machine->mm.cfg.debugfs) {
		pr_info("%s: debugfs=off: no files are published\n",
			machine->mm.name);
		return 0;
	}
	err = shadow_debugfs_publish(machine);
	if (err)
		scnprintf(said, said_bytes, "its files cannot be made: %d", err);
	return err;
}

static int create_machine(struct shadow_machine *first, const char *name,
			  const struct shadow_ctl_given *given, char *said,
			  size_t said_bytes)
{
	struct shadow_param_strings *strings;
	struct shadow_machine *machine;
	char why[SHADOW_CTL_WHY];
	int err = -ENOMEM;

	scnprintf(why, sizeof(why), "the host has no memory for it");
	strings = shadow_pool_zalloc(sizeof(*strings));
	machine = shadow_machine_alloc(name, first);
	if (!strings || !machine)
		goto free_both;
	err = shadow_machine_set_strings(strings, given);
	if (err)
		goto free_both;
	err = enlist(machine);
	if (err) {
		scnprintf(why, sizeof(why), "the name is in use");
		goto free_both;
	}
	err = shadow_machine_up(machine, strings, why, sizeof(why));
	if (err)
		goto leave_list;
	err = publish(machine, why, sizeof(why));
	if (err)
		goto take_down;
	pr_info("%s\n", why);
	scnprintf(said, said_bytes, "%s", why);
	set_state(machine, SHADOW_MACHINE_LIVE);
	goto free_strings;

take_down:
	shadow_machine_down(machine);
leave_list:
	delist(machine);
free_both:
	if (machine)
		shadow_machine_free(machine);
	scnprintf(said, said_bytes, "create %s: %s", name, why);
free_strings:
	if (strings)
		shadow_machine_free_strings(strings);
	shadow_pool_free(strings);
	return err;
}

/* The machine of a name, from now on of nobody else's concern. */
static struct shadow_machine *take_from_users(const char *name, char *said,
					      size_t said_bytes)
{
	struct shadow_machine *machine;
	int users, err = 0;

	mutex_lock(&machines_lock);
	machine = find_machine(name);
	users = machine ? atomic_read(&machine->users) : 0;
	if (!machine || machine->state == SHADOW_MACHINE_DYING) {
		scnprintf(said, said_bytes, "destroy %s: there is no such machine",
			  name);
		err = -ENOENT;
	} else if (machine->state == SHADOW_MACHINE_NEW) {
		scnprintf(said, said_bytes, "destroy %s: it is still being created",
			  name);
		err = -EBUSY;
	} else if (users) {
		scnprintf(said, said_bytes, "destroy %s: %d modules hold it",
			  name, users);
		err = -EBUSY;
	} else {
		WRITE_ONCE(machine->state, SHADOW_MACHINE_DYING);
	}
	mutex_unlock(&machines_lock);
	return err ? ERR_PTR(err) : machine;
}

/* Its name is in use until its files are gone. */
static int destroy_machine(struct shadow_machine *first, const char *name,
			   char *said, size_t said_bytes)
{
	struct shadow_machine *machine = take_from_users(name, said, said_bytes);
	u64 left;

	if (IS_ERR(machine))
		return PTR_ERR(machine);
	shadow_debugfs_withdraw(machine);
	left = shadow_machine_down(machine);
	delist(machine);
	shadow_machine_free(machine);
	scnprintf(said, said_bytes, "%s: destroyed, %llu pages were still in use",
		  name, left);
	return 0;
}

static const struct shadow_machine_list_ops list_ops = {
	.create = create_machine,
	.destroy = destroy_machine,
};

/* ------------------------------------------------------------ the module -- */

static int __init shadow_mm_init(void)
{
	struct shadow_machine *machine = shadow_machine_alloc("main", NULL);
	char said[SHADOW_CTL_WHY];
	int err;

	if (!machine)
		return -ENOMEM;
	machine->list_ops = &list_ops;
	shadow_tracepoint_start();
	err = shadow_machine_up(machine, &shadow_params_given, said,
				sizeof(said));
	if (err) {
		pr_err("%s\n", said);
		shadow_machine_free(machine);
		shadow_tracepoint_stop();
		return err;
	}
	pr_info("%s\n", said);
	enlist(machine);
	/* Other modules can use it without files, too. */
	publish(machine, said, sizeof(said));
	set_state(machine, SHADOW_MACHINE_LIVE);
	return 0;
}

/*
 * Nobody is inside any file, as whoever has one open holds the module, and
 * nobody holds a machine. The first machine goes last: others live in it.
 */
static void __exit shadow_mm_exit(void)
{
	struct shadow_machine *machine, *next;

	list_for_each_entry_safe_reverse(machine, next, &machines, list) {
		shadow_debugfs_withdraw(machine);
		shadow_machine_down(machine);
		list_del(&machine->list);
		shadow_machine_free(machine);
	}
	shadow_tracepoint_stop();
}

module_init(shadow_mm_init);
module_exit(shadow_mm_exit);

MODULE_DESCRIPTION("A private memory manager, booted inside one block of memory");
MODULE_AUTHOR("The shadow_mm developers");
MODULE_LICENSE("GPL");
