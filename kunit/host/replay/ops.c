// SPDX-License-Identifier: GPL-2.0-only
/*
 * ops - an operation from its record: the same function of the core with the
 * same arguments. What it returns is not looked at: the operation records it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "replay.h"
#include "shadow_boot.h"
#include "shadow_break.h"
#include "shadow_buddy.h"
#include "shadow_compound.h"
#include "shadow_contig.h"
#include "shadow_fixmap.h"
#include "shadow_kmap.h"
#include "shadow_page_call.h"
#include "shadow_pcp.h"
#include "shadow_slab_debug.h"
#include "shadow_vmemmap.h"

#define MAX_BULK	SZ_1M
#define TREE_FLAGS	0xfffULL

/**
 * struct call - an operation that is being run
 * @machine: to whom
 * @mm: its core
 * @id: enum shadow_op_id
 * @arg: as recorded
 * @text: payload, with a NUL behind it
 * @bytes: of it
 * @why: where a refusal says why
 */
struct call {
	struct machine *machine;
	struct shadow_mm *mm;
	unsigned int id;
	const u64 *arg;
	const char *text;
	size_t bytes;
	char *why;
};

static struct shadow_page *page_of(const struct call *c, u64 pfn)
{
	return shadow_pfn_to_page(&c->mm->nodes, pfn);
}

static int no_page(const struct call *c, u64 pfn)
{
	return refuse(c->why, "the memmap has no frame 0x%llx",
		      (unsigned long long)pfn);
}

static void *object_of(const struct call *c, u64 told)
{
	if (!told || told == (unsigned long)SHADOW_ZERO_SIZE_PTR)
		return (void *)(unsigned long)told;
	return shadow_phys_to_virt(&c->mm->block, told);
}

static struct shadow_zone *zone_of(const struct call *c, u64 number)
{
	if (number / SHADOW_MAX_NR_ZONES >= c->mm->nodes.nr_nodes)
		return NULL;
	return &c->mm->nodes.node[number / SHADOW_MAX_NR_ZONES]
			.zone[number % SHADOW_MAX_NR_ZONES];
}

static struct shadow_kmem_cache *cache_of(const struct call *c)
{
	if (c->arg[0] >= SHADOW_SLAB_MAX_CACHES || !c->mm->slab.caches ||
	    !c->mm->slab.caches[c->arg[0]].live) {
		refuse(c->why, "there is no cache %llu",
		       (unsigned long long)c->arg[0]);
		return NULL;
	}
	return &c->mm->slab.caches[c->arg[0]];
}

static struct shadow_pgtable *tree_of(const struct call *c)
{
	u64 root = c->arg[0] & ~TREE_FLAGS;
	struct shadow_pgtable *pgt;
	unsigned int tree;

	for (tree = 0; tree < SHADOW_NR_TREES; tree++) {
		pgt = shadow_mm_tree(c->mm, tree);
		if (pgt->root_table && pgt->root == root)
			return pgt;
	}
	refuse(c->why, "there is no tree with its root at 0x%llx",
	       (unsigned long long)root);
	return NULL;
}

/* Names outlive the record that they come from */
static const char *keep_name(const char *name)
{
	static char **names;
	static size_t nr;
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcmp(names[i], name))
			return names[i];
	names = realloc(names, (nr + 1) * sizeof(*names));
	if (!names)
		abort();
	names[nr] = strdup(name);
	return names[nr++];
}

static void no_constructor(void *object)
{
}

/* --------------------------------------------------------------- pages -- */

static int alloc_bulk(const struct call *c)
{
	const u64 *told = (const u64 *)c->text;
	u64 nr = c->arg[1], i;
	struct shadow_page **pages;

	if (nr > MAX_BULK || c->bytes < nr * sizeof(*told))
		return refuse(c->why, "%llu pages with a payload of %zu bytes",
			      (unsigned long long)nr, c->bytes);
	pages = calloc(nr + 1, sizeof(*pages));
	for (i = 0; i < nr; i++)
		if (told[i] == SHADOW_RING_HAD_PAGE)
			pages[i] = c->mm->nodes.memmap.pages;
	shadow_alloc_pages_bulk_cpu(&c->mm->nodes, c->arg[2], c->arg[0], nr, pages);
	free(pages);
	return 0;
}

static int free_bulk(const struct call *c)
{
	const u64 *told = (const u64 *)c->text;
	u64 nr = c->arg[0], i;
	struct shadow_page **pages;

	if (nr > MAX_BULK || c->bytes < nr * sizeof(*told))
		return refuse(c->why, "%llu pages with a payload of %zu bytes",
			      (unsigned long long)nr, c->bytes);
	pages = calloc(nr + 1, sizeof(*pages));
	for (i = 0; i < nr; i++)
		pages[i] = page_of(c, told[i]);
	shadow_free_pages_bulk_cpu(&c->mm->nodes, c->arg[1], nr, pages);
	free(pages);
	return 0;
}

static int run_zone(const struct call *c)
{
	const u64 *arg = c->arg;
	struct shadow_zone *zone = zone_of(c, arg[0]);

	if (!zone)
		return refuse(c->why, "there is no zone %llu",
			      (unsigned long long)arg[0]);
	switch (c->id) {
	case SHADOW_OP_BUDDY_ALLOC:
		shadow_buddy_alloc(zone, arg[1], arg[2], (u32)arg[3],
				   arg[3] >> 32);
		return 0;
	case SHADOW_OP_BUDDY_FREE:
		if (!page_of(c, arg[1]))
			return no_page(c, arg[1]);
		shadow_buddy_free(zone, page_of(c, arg[1]), arg[2]);
		return 0;
	case SHADOW_OP_PCP_DECAY:
		shadow_pcp_decay(zone, arg[1]);
		return 0;
	default:
		shadow_pcp_drain_cpu(zone, arg[1]);
		return 0;
	}
}

/* With a frame as the first argument */
static int run_page(const struct call *c)
{
	struct shadow_nodes *nodes = &c->mm->nodes;
	struct shadow_page *page = page_of(c, c->arg[0]);
	u64 va;

	if (!page)
		return no_page(c, c->arg[0]);
	switch (c->id) {
	case SHADOW_OP_FREE_PAGES:
		shadow_free_pages_cpu(nodes, c->arg[2], page, c->arg[1]);
		return 0;
	case SHADOW_OP_GET_PAGE:
		shadow_get_page(nodes, page);
		return 0;
	case SHADOW_OP_PUT_PAGE:
		shadow_put_page(nodes, page);
		return 0;
	case SHADOW_OP_SPLIT_PAGE:
		shadow_split_page(nodes, page, c->arg[1]);
		return 0;
	case SHADOW_OP_KMAP:
		shadow_kmap(&c->mm->kmap, page, &va);
		return 0;
	case SHADOW_OP_KUNMAP:
		shadow_kunmap(&c->mm->kmap, page);
		return 0;
	default:
		shadow_kmap_local(&c->mm->kmap, c->arg[1], page, &va);
		return 0;
	}
}

static int run_pages(const struct call *c)
{
	struct shadow_nodes *nodes = &c->mm->nodes;
	const u64 *arg = c->arg;

	switch (c->id) {
	case SHADOW_OP_ALLOC_PAGES:
		shadow_alloc_pages_cpu(nodes, arg[2], arg[0], arg[1]);
		return 0;
	case SHADOW_OP_ALLOC_BULK:
		return alloc_bulk(c);
	case SHADOW_OP_FREE_BULK:
		return free_bulk(c);
	case SHADOW_OP_ALLOC_EXACT:
		shadow_alloc_exact_cpu(nodes, arg[2], arg[0], arg[1]);
		return 0;
	case SHADOW_OP_FREE_EXACT:
		shadow_free_pages_exact(nodes, arg[0], arg[1]);
		return 0;
	case SHADOW_OP_ALLOC_CONTIG:
		shadow_contig_alloc(nodes, arg[0], arg[1], arg[2]);
		return 0;
	case SHADOW_OP_FREE_CONTIG:
		shadow_contig_free(nodes, arg[0], arg[1]);
		return 0;
	default:
		return run_page(c);
	}
}

/* --------------------------------------------------------------- early -- */

static int run_early(const struct call *c)
{
	struct shadow_early *early = &c->mm->early;
	const u64 *arg = c->arg;
	struct shadow_early_want want;
	u64 va;

	switch (c->id) {
	case SHADOW_OP_EARLY_ADD:
		shadow_early_add(early, arg[0], arg[1]);
		return 0;
	case SHADOW_OP_EARLY_REMOVE:
		shadow_early_remove(early, arg[0], arg[1]);
		return 0;
	case SHADOW_OP_EARLY_RESERVE:
		shadow_early_reserve(early, keep_name(c->text), arg[0], arg[1]);
		return 0;
	case SHADOW_OP_EARLY_FREE:
		shadow_early_free(early, arg[0], arg[1]);
		return 0;
	case SHADOW_OP_EARLY_ALLOC:
		want = (struct shadow_early_want) {
			.bytes = arg[0] & ~(0xffULL << 56),
			.nid = (int)(arg[0] >> 56) - 1, .align = arg[1],
			.min = arg[2], .max = arg[3],
		};
		shadow_early_alloc(early, keep_name(c->text), &want);
		return 0;
	case SHADOW_OP_EARLY_IOREMAP:
		shadow_fixmap_early_ioremap(&c->mm->fixmap, arg[0], arg[1],
					    arg[2], keep_name(c->text), &va);
		return 0;
	default:
		shadow_fixmap_early_iounmap(&c->mm->fixmap, arg[0], arg[1]);
		return 0;
	}
}

/* -------------------------------------------------------------- tables -- */

static int run_tree(const struct call *c)
{
	struct shadow_pgtable *pgt = tree_of(c);
	const u64 *arg = c->arg;
	unsigned int flags = arg[0] & TREE_FLAGS;

	if (!pgt)
		return -EINVAL;
	switch (c->id) {
	case SHADOW_OP_MAP:
		shadow_pgtable_map(pgt, arg[1], arg[2], arg[3], arg[4], flags);
		return 0;
	case SHADOW_OP_PROTECT:
		shadow_pgtable_protect(pgt, arg[1], arg[2], arg[3], flags);
		return 0;
	default:
		shadow_pgtable_unmap(pgt, arg[1], arg[2]);
		return 0;
	}
}

/* ------------------------------------------------------------- objects -- */

static int run_objects(const struct call *c, struct shadow_kmem_cache *cache)
{
	const u64 *told = (const u64 *)c->text;
	bool alloc = c->id == SHADOW_OP_CACHE_ALLOC_BULK;
	u64 nr = alloc ? c->arg[2] : c->arg[1], i;
	void **objects;

	if (nr > MAX_BULK || (!alloc && c->bytes < nr * sizeof(*told)))
		return refuse(c->why, "%llu objects with a payload of %zu bytes",
			      (unsigned long long)nr, c->bytes);
	objects = calloc(nr + 1, sizeof(*objects));
	if (alloc) {
		shadow_kmem_cache_alloc_bulk(cache, c->arg[1], nr, objects);
	} else {
		for (i = 0; i < nr; i++)
			objects[i] = object_of(c, told[i]);
		shadow_kmem_cache_free_bulk(cache, nr, objects);
	}
	free(objects);
	return 0;
}

static int run_cache(const struct call *c)
{
	struct shadow_kmem_cache *cache = cache_of(c);
	const u64 *arg = c->arg;

	if (!cache)
		return -EINVAL;
	switch (c->id) {
	case SHADOW_OP_CACHE_DESTROY:
		shadow_kmem_cache_destroy(cache);
		return 0;
	case SHADOW_OP_CACHE_SHRINK:
		shadow_kmem_cache_shrink(cache);
		return 0;
	case SHADOW_OP_CACHE_CHECK:
		shadow_kmem_cache_check(cache);
		return 0;
	case SHADOW_OP_CACHE_ALLOC:
		shadow_kmem_cache_alloc_cpu(cache, arg[2], arg[1]);
		return 0;
	case SHADOW_OP_CACHE_FREE:
		shadow_kmem_cache_free_cpu(cache, arg[1], object_of(c, arg[2]));
		return 0;
	default:
		return run_objects(c, cache);
	}
}

static int run_slab(const struct call *c)
{
	struct shadow_slab *slab = &c->mm->slab;
	const u64 *arg = c->arg;

	switch (c->id) {
	case SHADOW_OP_CACHE_CREATE:
		shadow_kmem_cache_create(slab, c->text, arg[0], arg[1], arg[2],
					 arg[3] ? no_constructor : NULL);
		return 0;
	case SHADOW_OP_CACHE_DESTROY_NAME:
		shadow_kmem_cache_destroy_name(slab, c->text);
		return 0;
	case SHADOW_OP_CACHE_REAP:
		shadow_slab_reap(slab, arg[0]);
		return 0;
	case SHADOW_OP_KMALLOC:
		shadow_kmalloc_cpu(slab, arg[2], arg[0], arg[1]);
		return 0;
	case SHADOW_OP_KFREE:
		shadow_kfree_cpu(slab, arg[1], object_of(c, arg[0]));
		return 0;
	case SHADOW_OP_KREALLOC:
		shadow_krealloc(slab, object_of(c, arg[0]), arg[1], arg[2]);
		return 0;
	case SHADOW_OP_SLAB_GRACE:
		shadow_slab_grace(slab);
		return 0;
	default:
		return run_cache(c);
	}
}

static int run_vmalloc(const struct call *c)
{
	struct shadow_vmalloc *vm = &c->mm->vmalloc;
	const u64 *arg = c->arg;
	u64 va;

	switch (c->id) {
	case SHADOW_OP_VMALLOC:
		shadow_vmalloc_alloc(vm, arg[0], arg[1], arg[2], arg[3], &va);
		return 0;
	case SHADOW_OP_VMALLOC_HUGE:
		shadow_vmalloc_huge(vm, arg[0], arg[1], arg[2], arg[3], &va);
		return 0;
	case SHADOW_OP_VFREE:
		shadow_vfree(vm, arg[0]);
		return 0;
	case SHADOW_OP_VMAP:
		if (c->bytes < arg[0] * sizeof(u32))
			return refuse(c->why, "%llu pages with a payload of %zu bytes",
				      (unsigned long long)arg[0], c->bytes);
		shadow_vmap(vm, (const u32 *)c->text, arg[0], arg[1], arg[2], &va);
		return 0;
	case SHADOW_OP_VUNMAP:
		shadow_vunmap(vm, arg[0]);
		return 0;
	case SHADOW_OP_IOREMAP:
		shadow_ioremap(vm, arg[0], arg[1], arg[2], arg[3], &va);
		return 0;
	default:
		shadow_vmalloc_purge(vm);
		return 0;
	}
}

/* ------------------------------------------------------------- machine -- */

static int run_text(const struct call *c, const char *verb)
{
	struct shadow_ctl *ctl = machine_ctl(c->machine);
	char line[300];
	int nr;

	if (!ctl)
		return refuse(c->why, "no memory for ctl");
	if (c->id == SHADOW_OP_TLBI)
		nr = c->arg[1] ? snprintf(line, sizeof(line), "tlbi 0x%llx %llu",
					  (unsigned long long)c->arg[0],
					  (unsigned long long)c->arg[1]) :
				 snprintf(line, sizeof(line), "tlbi all");
	else
		nr = snprintf(line, sizeof(line), "%s %s", verb, c->text);
	shadow_ctl_write(ctl, line, nr);
	return 0;
}

static int run_break(const struct call *c)
{
	const struct shadow_break_ask ask = {
		.kind = shadow_break_find(c->text, c->bytes),
		.where = c->arg[0], .bit = c->arg[1], .given = c->arg[2] & 1,
		.given_bit = c->arg[2] & 2, .nr = c->arg[3],
	};

	if ((int)ask.kind < 0)
		return refuse(c->why, "break %s is not known here", c->text);
	shadow_break_again(c->mm, &ask);
	return 0;
}

static int run_machine(const struct call *c)
{
	const struct shadow_vmemmap part = {
		.nodes = &c->mm->nodes, .layout = &c->mm->layout,
		.pgt = &c->mm->swapper, .mb = &c->mm->memblock,
	};
	const struct shadow_fail_attr attr = {
		.probability = c->arg[1], .interval = c->arg[2],
		.times = (s64)c->arg[3], .space = c->arg[4],
	};
	char why[REPLAY_WHY];
	int nid;

	switch (c->id) {
	case SHADOW_OP_BOOT_PHASE:
		machine_boot_phase(c->machine, c->arg[0]);
		return 0;
	case SHADOW_OP_USER_CREATE:
		shadow_boot_user_create(c->mm);
		return 0;
	case SHADOW_OP_USER_DESTROY:
		shadow_boot_user_destroy(c->mm);
		return 0;
	case SHADOW_OP_KUNMAP_LOCAL:
		shadow_kunmap_local(&c->mm->kmap, c->arg[1], c->arg[0]);
		return 0;
	case SHADOW_OP_MEMREMAP_PAGES:
		shadow_vmemmap_add_device(&part, c->arg[0], c->arg[1], &nid, why,
					  sizeof(why));
		return 0;
	case SHADOW_OP_MEMUNMAP_PAGES:
		shadow_vmemmap_remove_device(&part, c->arg[0]);
		return 0;
	case SHADOW_OP_FAIL:
		shadow_fail_arm(&c->mm->fail, c->arg[0], &attr);
		return 0;
	case SHADOW_OP_BREAK:
		return run_break(c);
	case SHADOW_OP_TLB_TOUCH:
		shadow_boot_tlb_use(c->mm, c->arg[0]);
		return 0;
	default:
		return run_text(c, "set");
	}
}

/**
 * run_op() - what an operation did, again
 * @machine: to whom
 * @op: its record
 * @payload: what follows it, with a NUL behind
 * @bytes: of that
 * @why: why it cannot be run, one line
 *
 * Return: 0, whatever came of it, or -EINVAL where it cannot be run.
 */
int run_op(struct machine *machine, const struct shadow_ring_record *op,
	   const char *payload, size_t bytes, char *why)
{
	const struct call c = {
		.machine = machine, .mm = &machine->mm,
		.id = op->id & ~SHADOW_RING_OP, .arg = op->arg,
		.text = payload, .bytes = bytes, .why = why,
	};

	switch (c.id) {
	case SHADOW_OP_BUDDY_ALLOC:
	case SHADOW_OP_BUDDY_FREE:
	case SHADOW_OP_PCP_DRAIN:
	case SHADOW_OP_PCP_DECAY:
		return run_zone(&c);
	case SHADOW_OP_KMAP:
	case SHADOW_OP_KUNMAP:
	case SHADOW_OP_KMAP_LOCAL:
		return run_page(&c);
	case SHADOW_OP_ALLOC_PAGES ... SHADOW_OP_SPLIT_PAGE:
	case SHADOW_OP_ALLOC_CONTIG:
	case SHADOW_OP_FREE_CONTIG:
		return run_pages(&c);
	case SHADOW_OP_EARLY_ADD ... SHADOW_OP_EARLY_IOUNMAP:
		return run_early(&c);
	case SHADOW_OP_MAP:
	case SHADOW_OP_UNMAP:
	case SHADOW_OP_PROTECT:
		return run_tree(&c);
	case SHADOW_OP_CACHE_CREATE ... SHADOW_OP_SLAB_GRACE:
		return run_slab(&c);
	case SHADOW_OP_VMALLOC ... SHADOW_OP_VMALLOC_PURGE:
		return run_vmalloc(&c);
	case SHADOW_OP_TLBI:
		return run_text(&c, "tlbi");
	case SHADOW_OP_BOOT_PHASE:
	case SHADOW_OP_USER_CREATE:
	case SHADOW_OP_USER_DESTROY:
	case SHADOW_OP_KUNMAP_LOCAL:
	case SHADOW_OP_MEMREMAP_PAGES ... SHADOW_OP_TLB_TOUCH:
		return run_machine(&c);
	default:
		return refuse(why, "operation %u is not known here", c.id);
	}
}
