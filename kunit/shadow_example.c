// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_example.ko - a module that allocates from a machine of shadow_mm: a
 * cache and objects of it, kmalloc, pages, a vmalloc area. It holds them until
 * it is unloaded; until then the machine can neither be reset nor go.
 *
 *	insmod shadow_example.ko [machine=NAME] [leak=N] [lose=WHAT,...] [corrupt=KIND]
 *
 * leak: so many objects of the cache are not given back. lose: nor are pages,
 * an area or the object of kmalloc; leaks and owners have them, and the log when
 * the machine goes. corrupt: one mistake of a driver,
 * for the debugging of slab_debug=FZPU to find: overrun, use-after-free,
 * double-free, wrong-cache, foreign-free, freelist.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/module.h>
#include <linux/printk.h>

#include "shadow_mm.h"
#include "shadow_page_call.h"

#define NR_OBJECTS	32
#define OBJECT_BYTES	100
#define KMALLOC_BYTES	1000
#define PAGE_ORDER	2
#define AREA_BYTES	SZ_64K

static char *machine = "main";
module_param(machine, charp, 0444);
MODULE_PARM_DESC(machine, "Name of the machine (main)");

static unsigned int leak;
module_param(leak, uint, 0444);
MODULE_PARM_DESC(leak, "Objects that are not given back, up to 32 (0)");

static char *lose[3];
static int nr_lose;
module_param_array(lose, charp, &nr_lose, 0444);
MODULE_PARM_DESC(lose, "What is not given back: pages, area, kmalloc");

static char *corrupt = "";
module_param(corrupt, charp, 0444);
MODULE_PARM_DESC(corrupt, "overrun, use-after-free, double-free, wrong-cache, foreign-free or freelist");

static struct {
	struct shadow_mm *mm;
	struct shadow_kmem_cache *cache;
	void *object[NR_OBJECTS];
	void *memory;
	struct shadow_page *page;
	u64 area;
} has;

/* ------------------------------------------------------------- mistakes -- */

static int overrun(void)
{
	memset(has.object[0], 0x41, OBJECT_BYTES + 4);
	return shadow_kmem_cache_free(has.cache, has.object[0]);
}

/* The next user of the object is who finds it */
static int use_after_free(void)
{
	int err = shadow_kmem_cache_free(has.cache, has.object[0]);

	((char *)has.object[0])[20] = 0x42;
	return err;
}

static int double_free(void)
{
	int err = shadow_kmem_cache_free(has.cache, has.object[0]);

	return err ? err : shadow_kmem_cache_free(has.cache, has.object[0]);
}

static int wrong_cache(void)
{
	return shadow_kmem_cache_free(has.cache, has.memory);
}

static int foreign_free(void)
{
	return shadow_kmem_cache_free(has.cache, &has);
}

/* All of it, wherever the engine has its link */
static int freelist(void)
{
	int err = shadow_kmem_cache_free(has.cache, has.object[0]);

	memset(has.object[0], 0xff, OBJECT_BYTES);
	return err;
}

static const struct {
	const char *name;
	int (*make)(void);
	bool frees;		/* the first object is not ours any more */
} mistakes[] = {
	{ "overrun", overrun, true },
	{ "use-after-free", use_after_free, true },
	{ "double-free", double_free, true },
	{ "wrong-cache", wrong_cache, false },
	{ "foreign-free", foreign_free, false },
	{ "freelist", freelist, true },
};

static int make_mistake(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(mistakes); i++)
		if (!strcmp(mistakes[i].name, corrupt))
			break;
	if (i == ARRAY_SIZE(mistakes)) {
		pr_err("corrupt=%s: allowed: overrun, use-after-free, double-free, wrong-cache, foreign-free, freelist\n",
		       corrupt);
		return -EINVAL;
	}
	err = mistakes[i].make();
	pr_info("corrupt=%s: the last free returned %d\n", corrupt, err);
	if (mistakes[i].frees)
		has.object[0] = NULL;
	return 0;
}

/* ---------------------------------------------------------- give and take -- */

static bool is_lost(const char *what)
{
	int i;

	for (i = 0; i < nr_lose; i++)
		if (!strcmp(lose[i], what))
			return true;
	return false;
}

static int check_lose(void)
{
	int i;

	for (i = 0; i < nr_lose; i++) {
		if (!strcmp(lose[i], "pages") || !strcmp(lose[i], "area") ||
		    !strcmp(lose[i], "kmalloc"))
			continue;
		pr_err("lose=%s: allowed: pages, area, kmalloc\n", lose[i]);
		return -EINVAL;
	}
	return 0;
}

static void give_back(void)
{
	struct shadow_mm *mm = has.mm;
	unsigned int i;
	int err;

	if (has.area && !is_lost("area"))
		shadow_vfree(&mm->vmalloc, has.area);
	if (has.page && !is_lost("pages"))
		shadow_free_pages(&mm->nodes, has.page, PAGE_ORDER);
	if (!is_lost("kmalloc"))
		shadow_kfree(&mm->slab, has.memory);
	for (i = min(leak, NR_OBJECTS); i < NR_OBJECTS; i++)
		if (has.object[i])
			shadow_kmem_cache_free(has.cache, has.object[i]);
	if (!IS_ERR_OR_NULL(has.cache)) {
		err = shadow_kmem_cache_destroy(has.cache);
		pr_info("cache destroyed: %d\n", err);
	}
	shadow_mm_put(mm);
	pr_info("%s\n", nr_lose ? "given back, but for what lose= has" : "all given back");
}

static int take_objects(struct shadow_slab *slab)
{
	unsigned int i;

	has.cache = shadow_kmem_cache_create(slab, "example", OBJECT_BYTES, 0,
					     SHADOW_SLAB_HWCACHE_ALIGN, NULL);
	if (IS_ERR(has.cache)) {
		pr_err("no cache: %ld\n", PTR_ERR(has.cache));
		return PTR_ERR(has.cache);
	}
	for (i = 0; i < NR_OBJECTS; i++) {
		has.object[i] = shadow_kmem_cache_alloc(has.cache, SHADOW_GFP_KERNEL);
		if (!has.object[i])
			return -ENOMEM;
		memset(has.object[i], i, OBJECT_BYTES);
	}
	pr_info("%u objects of %u bytes from a cache of its own\n", NR_OBJECTS,
		OBJECT_BYTES);
	has.memory = shadow_kzalloc(slab, KMALLOC_BYTES, SHADOW_GFP_KERNEL);
	if (!has.memory)
		return -ENOMEM;
	pr_info("kmalloc of %u bytes: %zu usable\n", KMALLOC_BYTES,
		shadow_ksize(slab, has.memory));
	return 0;
}

static int take_pages(struct shadow_mm *mm)
{
	struct shadow_page *page;
	int err;

	has.page = shadow_alloc_pages(&mm->nodes, SHADOW_GFP_ZERO, PAGE_ORDER);
	if (!has.page)
		return -ENOMEM;
	memset(shadow_page_address(&mm->nodes, has.page), 0x55,
	       1UL << (mm->nodes.page_shift + PAGE_ORDER));
	pr_info("%u pages from pfn %llu on\n", 1U << PAGE_ORDER,
		shadow_page_to_phys(&mm->nodes, has.page) >> mm->nodes.page_shift);
	err = shadow_vmalloc_alloc(&mm->vmalloc, AREA_BYTES, SHADOW_GFP_KERNEL,
				   SHADOW_PAGE_KERNEL, _THIS_IP_, &has.area);
	if (err)
		return err;
	/* The machine's address space is its own: contents are reached by page */
	page = shadow_vmalloc_to_page(&mm->vmalloc, has.area);
	if (page)
		memset(shadow_page_address(&mm->nodes, page), 0x66,
		       1UL << mm->nodes.page_shift);
	pr_info("vmalloc of %u bytes at VA %#llx\n", (u32)AREA_BYTES, has.area);
	return 0;
}

/* Not __init: reports name who allocated, also when that is long over */
static int shadow_example_init(void)
{
	int err = check_lose();

	if (err)
		return err;
	has.mm = shadow_mm_get(machine);
	if (!has.mm) {
		pr_err("no machine '%s'\n", machine);
		return -ENODEV;
	}
	pr_info("holds machine '%s'\n", machine);
	err = take_objects(&has.mm->slab);
	if (!err)
		err = take_pages(has.mm);
	if (!err && *corrupt)
		err = make_mistake();
	if (err)
		give_back();
	return err;
}

static void __exit shadow_example_exit(void)
{
	give_back();
}

module_init(shadow_example_init);
module_exit(shadow_example_exit);

MODULE_DESCRIPTION("Allocates from a machine of shadow_mm");
MODULE_AUTHOR("The shadow_mm developers");
MODULE_LICENSE("GPL");
SHADOW_IMPORT();
