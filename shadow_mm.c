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

#include "shadow_debugfs.h"
#include "shadow_machine.h"
#include "shadow_mmu.h"
#include "shadow_page_alloc.h"
#include "shadow_params.h"

/*
 * Live machines, the one that insmod booted first. Lock: machines_lock, taken
 * outside a machine's own lock.
 */
static LIST_HEAD(machines);
static DEFINE_MUTEX(machines_lock);

static void host_facts(struct shadow_host_facts *facts)
{
	struct shadow_cpu_id id = {};

	facts->page_shift = PAGE_SHIFT;
	facts->arm64 = IS_ENABLED(CONFIG_ARM64);
	facts->ds = shadow_mmu_ds();
	facts->pa_bits = 48;
	if (!shadow_mmu_read_id(&id))
		facts->pa_bits = shadow_regs_pa_bits(&id);
}

static int check_params(struct shadow_config *cfg)
{
	char why[SHADOW_PARAMS_WHY];
	struct shadow_host_facts facts;
	int err;

	host_facts(&facts);
	err = shadow_params_check(&shadow_params_given, &facts, cfg, why,
				  sizeof(why));
	if (err)
		pr_err("%s\n", why);
	return err;
}

static struct shadow_machine *find_machine(const char *name)
{
	struct shadow_machine *machine;

	lockdep_assert_held(&machines_lock);
	list_for_each_entry(machine, &machines, list)
		if (!strcmp(machine->mm.name, name))
			return machine;
	return NULL;
}

/**
 * shadow_mm_get() - hold a machine, to allocate from it
 * @name: its name; the one that insmod boots is "main"
 *
 * While it is held, it is neither reset nor taken down.
 *
 * Context: process context, sleeps.
 * Return: the machine, or NULL if there is none of that name or it is down.
 */
struct shadow_mm *shadow_mm_get(const char *name)
{
	struct shadow_machine *machine;
	struct shadow_mm *mm = NULL;

	mutex_lock(&machines_lock);
	machine = find_machine(name);
	if (machine) {
		/* Its own lock too: a reset may be under way, or have failed */
		mutex_lock(&machine->lock);
		if (!machine->mm.boot.failed) {
			atomic_inc(&machine->users);
			mm = &machine->mm;
		}
		mutex_unlock(&machine->lock);
	}
	mutex_unlock(&machines_lock);
	return mm;
}

/**
 * shadow_mm_put() - let a machine go
 * @mm: what shadow_mm_get() returned; all that was allocated has been freed
 *
 * Context: any.
 */
void shadow_mm_put(struct shadow_mm *mm)
{
	atomic_dec(&container_of(mm, struct shadow_machine, mm)->users);
}

/* What another module may call; see the kernel-doc of each */
SHADOW_EXPORT(shadow_mm_get);
SHADOW_EXPORT(shadow_mm_put);
SHADOW_EXPORT(shadow_alloc_pages);
SHADOW_EXPORT(shadow_free_pages);
SHADOW_EXPORT(shadow_kmem_cache_create);
SHADOW_EXPORT(shadow_kmem_cache_destroy);
SHADOW_EXPORT(shadow_kmem_cache_alloc);
SHADOW_EXPORT(shadow_kmem_cache_free);
SHADOW_EXPORT(shadow_kmalloc);
SHADOW_EXPORT(shadow_kzalloc);
SHADOW_EXPORT(shadow_kfree);
SHADOW_EXPORT(shadow_ksize);
SHADOW_EXPORT(shadow_vmalloc_alloc);
SHADOW_EXPORT(shadow_vfree);

static int __init shadow_mm_init(void)
{
	struct shadow_machine *machine;
	struct shadow_config *cfg;
	int err;

	cfg = shadow_pool_zalloc(sizeof(*cfg));
	if (!cfg)
		return -ENOMEM;
	err = check_params(cfg);
	if (err)
		goto free_config;
	machine = shadow_machine_create("main", cfg);
	if (IS_ERR(machine)) {
		err = PTR_ERR(machine);
		goto free_config;
	}
	mutex_lock(&machines_lock);
	list_add_tail(&machine->list, &machines);
	mutex_unlock(&machines_lock);
	if (cfg->debugfs)
		shadow_debugfs_publish(machine);
	else
		pr_info("debugfs=off: no files are published\n");

free_config:
	shadow_pool_free(cfg);
	return err;
}

static void __exit shadow_mm_exit(void)
{
	struct shadow_machine *machine, *next;

	list_for_each_entry_safe(machine, next, &machines, list) {
		shadow_debugfs_withdraw(machine);
		list_del(&machine->list);
		shadow_machine_destroy(machine);
	}
}

module_init(shadow_mm_init);
module_exit(shadow_mm_exit);

MODULE_DESCRIPTION("A private memory manager, booted inside one block of memory");
MODULE_AUTHOR("The shadow_mm developers");
MODULE_LICENSE("GPL");
