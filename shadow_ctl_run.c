// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ctl_run - what each command of ctl does to a machine. See shadow_ctl.h.
 *
 * A command either does all of what it says, and tells in @said what that was,
 * or changes nothing and tells there why.
 */
#include <linux/sched.h>

#include "shadow_boot.h"
#include "shadow_backing.h"
#include "shadow_ctl_handle.h"
#include "shadow_ctl_run.h"
#include "shadow_ctl_set.h"
#include "shadow_ctl_verb.h"
#include "shadow_page_alloc.h"
#include "shadow_params.h"
#include "shadow_parse.h"
#include "shadow_pcp.h"

#define RESCHED_EVERY	1024	/* things; there may be millions, others run in between */

/**
 * shadow_ctl_fail() - say why a command failed
 * @ctl: whose
 * @err: its errno
 * @fmt: what to say, one line
 *
 * Context: process, with the caller's mutex.
 * Return: @err.
 */
int shadow_ctl_fail(struct shadow_ctl *ctl, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(ctl->said, sizeof(ctl->said), fmt, args);
	va_end(args);
	return err;
}

/**
 * shadow_ctl_done() - say what a command did
 * @ctl: whose
 * @fmt: what to say, one line
 *
 * Context: process, with the caller's mutex.
 * Return: 0.
 */
int shadow_ctl_done(struct shadow_ctl *ctl, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(ctl->said, sizeof(ctl->said), fmt, args);
	va_end(args);
	return 0;
}

/**
 * shadow_ctl_frozen() - say that a command failed since its machine is frozen
 * @ctl: whose
 *
 * Context: process, with the caller's mutex.
 * Return: -EUCLEAN.
 */
int shadow_ctl_frozen(struct shadow_ctl *ctl)
{
	return shadow_ctl_fail(ctl, -EUCLEAN, "the machine is frozen: %s",
			       ctl->mm->fault.text);
}

/* -------------------------------------------------------------- handles -- */

static bool of_no_bytes(const struct shadow_ctl_cmd *cmd)
{
	return cmd->verb == SHADOW_CTL_KMALLOC && !cmd->bytes;
}

/**
 * shadow_ctl_remember_failed() - say why things cannot be remembered
 * @ctl: whose
 * @err: what the handles said
 * @nr: how many things
 *
 * Context: process, with the caller's mutex.
 * Return: -ENOSPC or -ENOMEM.
 */
int shadow_ctl_remember_failed(struct shadow_ctl *ctl, int err, u32 nr)
{
	if (err == -ENOSPC)
		return shadow_ctl_fail(ctl, err, "allowed: %u live ids, free some first",
				       SHADOW_CTL_MAX_HANDLES);
	if (err == -EDQUOT)
		return shadow_ctl_fail(ctl, -ENOMEM,
				       "no room to remember %u things: allowed: %llu KiB of the host for all ids, %llu KiB are in use; free some first",
				       nr, shadow_ctl_host_limit(ctl) >> 10,
				       ctl->host_bytes >> 10);
	return shadow_ctl_fail(ctl, err, "the host has no memory to remember %u things", nr);
}

/* A handle for what is about to be made, or the reason against it. */
static struct shadow_ctl_handle *new_handle(struct shadow_ctl *ctl,
					    const struct shadow_ctl_cmd *cmd)
{
	struct shadow_ctl_handle *handle;

	if (*cmd->as) {
		handle = shadow_ctl_handle_find_name(ctl, cmd->as);
		if (handle)
			return ERR_PTR(shadow_ctl_fail(ctl, -EEXIST,
						       "as=%s: the name is in use by id %llu",
						       cmd->as, handle->id));
	}
	handle = shadow_ctl_handle_get(ctl, cmd->count, !of_no_bytes(cmd));
	if (!IS_ERR(handle))
		return handle;
	return ERR_PTR(shadow_ctl_remember_failed(ctl, PTR_ERR(handle), cmd->count));
}

static const struct {
	const char *things;
	const char *verb;
} kinds[SHADOW_NR_CTL_KINDS] = {
	[SHADOW_CTL_PAGES]	= { "pages", "free_pages" },
	[SHADOW_CTL_OBJECTS]	= { "objects", "kfree" },
	[SHADOW_CTL_CACHED]	= { "objects of a cache", "cache_free" },
	[SHADOW_CTL_AREA]	= { "an area", "vfree" },
	[SHADOW_CTL_HELD]	= { "a vmap", "vunmap" },
	[SHADOW_CTL_DEVICE]	= { "an ioremap", "iounmap" },
};

/**
 * shadow_ctl_named_id() - the handle of an id or a name
 * @ctl: whose
 * @id: the id, where @name is ""
 * @name: the name, or ""
 * @kind: what it has to be
 *
 * Context: process, with the caller's mutex.
 * Return: the handle; -ENOENT where there is none (any more), -EINVAL where it
 * is of another kind: then @ctl->said says so.
 */
struct shadow_ctl_handle *
shadow_ctl_named_id(struct shadow_ctl *ctl, u64 id, const char *name,
		    enum shadow_ctl_kind kind)
{
	struct shadow_ctl_handle *handle;

	if (*name)
		handle = shadow_ctl_handle_find_name(ctl, name);
	else
		handle = shadow_ctl_handle_find(ctl, id);
	if (!handle) {
		if (*name)
			shadow_ctl_fail(ctl, -ENOENT, "'%s': no such name is live", name);
		else
			shadow_ctl_fail(ctl, -ENOENT, "%llu: no such id is live%s",
					id, id < ctl->next_id ?
					", it was freed" : "");
		return ERR_PTR(-ENOENT);
	}
	if (handle->kind != kind) {
		shadow_ctl_fail(ctl, -EINVAL, "id %llu is %s: allowed: %s", handle->id,
				kinds[handle->kind].things, kinds[handle->kind].verb);
		return ERR_PTR(-EINVAL);
	}
	return handle;
}

/**
 * shadow_ctl_named() - the handle that a command names
 * @ctl: whose
 * @cmd: the command
 * @kind: what it has to be
 *
 * Context: process, with the caller's mutex.
 * Return: as shadow_ctl_named_id().
 */
struct shadow_ctl_handle *
shadow_ctl_named(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		 enum shadow_ctl_kind kind)
{
	return shadow_ctl_named_id(ctl, cmd->handle, cmd->handle_name, kind);
}

static int free_thing(struct shadow_ctl *ctl,
		      const struct shadow_ctl_handle *handle, u64 thing);

/* Free the last things of a handle; those that failed stay in it. */
static int free_things(struct shadow_ctl *ctl, struct shadow_ctl_handle *handle,
		       u32 nr)
{
	int err;

	for (; nr; nr--) {
		err = free_thing(ctl, handle,
				 shadow_ctl_thing(handle, handle->left - 1));
		if (err)
			return err;
		/* Many that are one and the same go at once. */
		if (!handle->many) {
			handle->left = 0;
			return 0;
		}
		handle->left--;
		if (handle->left % RESCHED_EVERY == 0)
			cond_resched();
	}
	return 0;
}

/**
 * shadow_ctl_free() - free what a command names, or with count= the last of it
 * @ctl: whose
 * @cmd: the command
 * @kind: what it has to be
 *
 * Context: process, with the caller's mutex; sleeps.
 * Return: 0; -ENOENT, -EINVAL, or what freeing said.
 */
int shadow_ctl_free(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		    enum shadow_ctl_kind kind)
{
	struct shadow_ctl_handle *handle = shadow_ctl_named(ctl, cmd, kind);
	u32 left, nr;
	u64 id;
	int err;

	if (IS_ERR(handle))
		return PTR_ERR(handle);
	id = handle->id;
	left = handle->left;
	nr = cmd->keys & BIT(SHADOW_CTL_KEY_COUNT) ? cmd->count : left;
	if (nr > left)
		return shadow_ctl_fail(ctl, -EINVAL, "id %llu: count=%u: allowed: 1 to %u",
				       id, nr, left);
	err = free_things(ctl, handle, nr);
	if (err == -EUCLEAN)
		return shadow_ctl_frozen(ctl);
	if (err)
		return shadow_ctl_fail(ctl, err,
				       "id %llu: %u of %u freed, the machine refused the next",
				       id, left - handle->left, nr);
	left = handle->left;
	if (left)
		return shadow_ctl_done(ctl, "id %llu: %u freed, %u left", id, nr, left);
	shadow_ctl_handle_del(ctl, handle);
	shadow_ctl_handle_put(ctl, handle);
	return shadow_ctl_done(ctl, "id %llu: %u freed", id, nr);
}

static bool given_zone(const struct shadow_ctl_cmd *cmd)
{
	return cmd->keys & BIT(SHADOW_CTL_KEY_ZONE);
}

/* A few pages do not make the piece that was asked for */
#define FEW_PAGES	16
#define NO_CONTENTS	"; the block has no room left for contents of this virtual board"

static bool storage_is_out(const struct shadow_mm *mm)
{
	return shadow_block_virtual(&mm->block) &&
	       shadow_backing_free_pages(mm->block.backing) < FEW_PAGES;
}

/*
 * Why it was, where the page allocator was the one that refused and was to say
 * so: the first zone that might have had it.
 */
static int print_why(struct shadow_ctl *ctl, u64 nr_refusals, char *text,
		     size_t bytes)
{
	struct shadow_why *why = &ctl->mm->why;
	u64 nr = shadow_why_nr_refusals(why);
	struct shadow_why_refusal refusal;
	struct shadow_why_row row;
	int len;
	u32 i;

	if (nr == nr_refusals || !shadow_why_get_refusal(why, nr, &refusal))
		return 0;
	for (i = 0; shadow_why_get_row(why, &refusal, i, &row); i++) {
		if (!shadow_why_might(&row))
			continue;
		len = scnprintf(text, bytes, ": ");
		return len + shadow_why_print_row(&row, refusal.order, text + len,
						  bytes - len);
	}
	return 0;
}

static int make_failed(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		       int err, u32 nr, bool no_contents, u64 nr_refusals)
{
	char why[SHADOW_CTL_WHY] = "";

	if (err == -EINTR)
		return shadow_ctl_fail(ctl, err,
				       "interrupted after %u of %u, which were given back",
				       nr, cmd->count);
	/* Whoever was to make it has said why */
	if (err != -ENOMEM)
		return err;
	if (!no_contents)
		print_why(ctl, nr_refusals, why, sizeof(why));
	return shadow_ctl_fail(ctl, err,
			       "out of memory%s%s after %u of %u, which were given back%s%s",
			       given_zone(cmd) ? " in zone " : "",
			       given_zone(cmd) ? shadow_zone_names[cmd->zone] : "", nr,
			       cmd->count, no_contents ? NO_CONTENTS : "", why);
}

/*
 * Make @cmd->count things, or none. What is undone goes the way that freeing
 * goes.
 */
static int make_things(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		       struct shadow_ctl_handle *handle, shadow_ctl_make_t make)
{
	u64 nr_refusals = shadow_why_nr_refusals(&ctl->mm->why);
	u32 nr, busy = 0;
	bool no_contents;
	int err = 0;

	while (handle->left < cmd->count) {
		nr = cmd->count - handle->left;
		err = make(ctl, cmd, handle->many ? &handle->many[handle->left] :
						    &handle->one, &nr);
		if (err)
			break;
		/* Many that are one and the same come at once. */
		handle->left = handle->many ? handle->left + nr : cmd->count;
		busy += nr;
		if (busy < RESCHED_EVERY)
			continue;
		busy = 0;
		cond_resched();
		if (handle->left < cmd->count && shadow_ctl_interrupted(ctl)) {
			err = -EINTR;
			break;
		}
	}
	if (!err)
		return 0;
	nr = handle->left;
	no_contents = storage_is_out(ctl->mm);
	if (free_things(ctl, handle, nr) || err == -EUCLEAN)
		return shadow_ctl_frozen(ctl);
	return make_failed(ctl, cmd, err, nr, no_contents, nr_refusals);
}

/**
 * shadow_ctl_make() - make what a command asks for, under an id
 * @ctl: whose
 * @cmd: the command; its count is how many
 * @kind: what that is
 * @make: makes some of it
 *
 * Context: process, with the caller's mutex; sleeps.
 * Return: the handle, or why there is none: then @ctl->said says so.
 */
struct shadow_ctl_handle *shadow_ctl_make(struct shadow_ctl *ctl,
					  const struct shadow_ctl_cmd *cmd,
					  enum shadow_ctl_kind kind,
					  shadow_ctl_make_t make)
{
	struct shadow_ctl_handle *handle = new_handle(ctl, cmd);
	int err;

	if (IS_ERR(handle))
		return handle;
	handle->kind = kind;
	handle->order = cmd->order;
	handle->bytes = cmd->bytes;
	if (kind == SHADOW_CTL_CACHED)
		handle->cache = shadow_slab_find(&ctl->mm->slab, cmd->cache);
	err = make_things(ctl, cmd, handle, make);
	if (err) {
		shadow_ctl_handle_put(ctl, handle);
		return ERR_PTR(err);
	}
	shadow_ctl_handle_add(ctl, handle, cmd->as);
	return handle;
}

/**
 * shadow_ctl_fits() - does the machine have so much at all?
 * @ctl: whose
 * @bytes: of each thing
 * @count: things
 *
 * What can never be had is refused before anything is touched.
 *
 * Context: any.
 * Return: true if it does.
 */
bool shadow_ctl_fits(struct shadow_ctl *ctl, u64 bytes, u32 count)
{
	struct shadow_nodes *nodes = &ctl->mm->nodes;

	return bytes <= (shadow_nodes_managed(nodes) << nodes->page_shift) / count;
}

/**
 * shadow_ctl_no_memory() - what it means that an allocator returned nothing
 * @ctl: whose
 *
 * Context: any.
 * Return: -EUCLEAN where the machine is frozen, else -ENOMEM.
 */
int shadow_ctl_no_memory(struct shadow_ctl *ctl)
{
	return shadow_fault_frozen(&ctl->mm->fault) ? -EUCLEAN : -ENOMEM;
}

/* ------------------------------------------------------------- commands -- */

/* An object of no bytes has no address in the block, and 0 is in none. */
static int make_object(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		       u64 *pa, u32 *nr)
{
	u32 special = BIT(SHADOW_CTL_KEY_GFP) | BIT(SHADOW_CTL_KEY_NODE);
	void *object;

	*nr = 1;
	object = shadow_kmalloc(&ctl->mm->slab, cmd->bytes,
				cmd->keys & special ? shadow_ctl_gfp(cmd) :
						      SHADOW_GFP_KERNEL);
	if (!object)
		return shadow_ctl_no_memory(ctl);
	*pa = object == SHADOW_ZERO_SIZE_PTR ? 0 :
		shadow_virt_to_phys(ctl->mm->nodes.block, object);
	return 0;
}

static void *object_at(const struct shadow_ctl *ctl, u64 pa)
{
	return pa ? shadow_phys_to_virt(ctl->mm->nodes.block, pa) :
		    SHADOW_ZERO_SIZE_PTR;
}

static int run_kmalloc(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	struct shadow_mm *mm = ctl->mm;
	struct shadow_ctl_handle *handle;
	int err = shadow_ctl_check_gfp(ctl, cmd);
	u64 pa;

	if (err)
		return err;
	if (!shadow_ctl_fits(ctl, cmd->bytes, cmd->count))
		return shadow_ctl_fail(ctl, -ENOMEM, "kmalloc: the machine has only %llu pages",
				       shadow_nodes_managed(&mm->nodes));
	handle = shadow_ctl_make(ctl, cmd, SHADOW_CTL_OBJECTS, make_object);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	pa = shadow_ctl_thing(handle, 0);
	if (!pa)
		return shadow_ctl_done(ctl, "id %llu: %u of no bytes, at ZERO_SIZE_PTR",
				       handle->id, cmd->count);
	return shadow_ctl_done(ctl, "id %llu: %u of %llu bytes (%zu usable), %s pa %#llx va %#llx",
			       handle->id, cmd->count, cmd->bytes,
			       shadow_ksize(&mm->slab, object_at(ctl, pa)),
			       cmd->count > 1 ? "the first at" : "at", pa,
			       shadow_layout_pa_to_va(&mm->layout, pa));
}

static int run_kfree(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	return shadow_ctl_free(ctl, cmd, SHADOW_CTL_OBJECTS);
}

static int free_thing(struct shadow_ctl *ctl,
		      const struct shadow_ctl_handle *handle, u64 thing)
{
	struct shadow_nodes *nodes = &ctl->mm->nodes;

	switch (handle->kind) {
	case SHADOW_CTL_PAGES:
		return shadow_free_pages(nodes, shadow_pfn_to_page(nodes, thing),
					 handle->order);
	case SHADOW_CTL_OBJECTS:
		return shadow_kfree(&ctl->mm->slab, object_at(ctl, thing));
	case SHADOW_CTL_CACHED:
		return shadow_kmem_cache_free(handle->cache, object_at(ctl, thing));
	case SHADOW_CTL_AREA:
		return shadow_vfree(&ctl->mm->vmalloc, thing);
	default:
		return shadow_vunmap(&ctl->mm->vmalloc, thing);
	}
}

/* Frames that went from the lists of one CPU, or of all, to the buddy */
static u64 drain_zone(struct shadow_zone *zone, const struct shadow_ctl_cmd *cmd)
{
	u64 nr_pages;

	if (!zone->pcp)
		return 0;
	if (!(cmd->keys & BIT(SHADOW_CTL_KEY_CPU))) {
		nr_pages = shadow_pcp_count(zone);
		shadow_pcp_drain(zone);
		return nr_pages;
	}
	nr_pages = READ_ONCE(zone->pcp[cmd->cpu].count);
	shadow_pcp_drain_cpu(zone, cmd->cpu);
	return nr_pages;
}

static int run_drain(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	struct shadow_zone *zone;
	u64 nr_pages = 0;

	if (shadow_fault_frozen(&ctl->mm->fault))
		return shadow_ctl_frozen(ctl);
	if (cmd->cpu >= ctl->mm->nr_cpus)
		return shadow_ctl_fail(ctl, -EINVAL, "drain: cpu=%u: allowed: 0 to %u",
				       cmd->cpu, ctl->mm->nr_cpus - 1);
	for (zone = shadow_first_zone(&ctl->mm->nodes); zone;
	     zone = shadow_next_zone(zone))
		nr_pages += drain_zone(zone, cmd);
	return shadow_ctl_done(ctl, "%llu pages went from the per-CPU lists to the buddy",
			       nr_pages);
}

/**
 * shadow_ctl_sizes() - how much a check is asked for
 * @ctl: whose
 * @cmd: an mmu_check
 * @sizes: filled, by enum shadow_mmu_size: what was not given is as at boot, or
 *	where that was not to check, as where it is not told how much; no more
 *	than SHADOW_CTL_MAX_SAMPLES
 *
 * Context: any.
 * Return: the largest of them.
 */
u32 shadow_ctl_sizes(const struct shadow_ctl *ctl,
		     const struct shadow_ctl_cmd *cmd, u32 *sizes)
{
	u32 largest = 0;
	unsigned int i;

	for (i = 0; i < SHADOW_NR_MMU_SIZES; i++) {
		sizes[i] = cmd->mmu_sizes & BIT(i) ? cmd->mmu_size[i] :
			   min(ctl->mm->cfg.mmu_size[i], SHADOW_CTL_MAX_SAMPLES);
		largest = max(largest, sizes[i]);
	}
	return largest;
}

static int run_mmu_check(struct shadow_ctl *ctl,
			 const struct shadow_ctl_cmd *cmd)
{
	u64 seed = cmd->keys & BIT(SHADOW_CTL_KEY_SEED) ? cmd->seed :
							  ctl->mm->cfg.seed;
	u32 sizes[SHADOW_NR_MMU_SIZES];

	if (!ctl->ops->mmu_check)
		return shadow_ctl_fail(ctl, -EOPNOTSUPP,
				       "mmu_check: not supported by this machine");
	shadow_ctl_sizes(ctl, cmd, sizes);
	return ctl->ops->mmu_check(ctl->mm, sizes, seed, ctl->said,
				   sizeof(ctl->said));
}

/**
 * shadow_ctl_set_counters() - let the machine's event hooks count, or not
 * @ctl: whose
 * @on: whether they shall
 *
 * The key of the hooks is shared by all machines, so each takes it once.
 *
 * Context: process, with the caller's mutex; sleeps.
 */
void shadow_ctl_set_counters(struct shadow_ctl *ctl, bool on)
{
	if (ctl->counters != on)
		shadow_event_enable(on);
	ctl->counters = on;
}

static int (*const runs[SHADOW_NR_CTL_VERBS])(struct shadow_ctl *ctl,
					      const struct shadow_ctl_cmd *cmd) = {
	[SHADOW_CTL_ALLOC_PAGES]	= shadow_ctl_alloc_pages,
	[SHADOW_CTL_ALLOC_PAGES_EXACT]	= shadow_ctl_alloc_exact,
	[SHADOW_CTL_ALLOC_PAGES_BULK]	= shadow_ctl_alloc_bulk,
	[SHADOW_CTL_SPLIT_PAGE]		= shadow_ctl_split_page,
	[SHADOW_CTL_GET_PAGE]		= shadow_ctl_get_page,
	[SHADOW_CTL_PUT_PAGE]		= shadow_ctl_put_page,
	[SHADOW_CTL_FREE_PAGES]		= shadow_ctl_free_pages,
	[SHADOW_CTL_KMALLOC]		= run_kmalloc,
	[SHADOW_CTL_KFREE]		= run_kfree,
	[SHADOW_CTL_KREALLOC]		= shadow_ctl_krealloc,
	[SHADOW_CTL_CACHE_CREATE]	= shadow_ctl_cache_create,
	[SHADOW_CTL_CACHE_ALLOC]	= shadow_ctl_cache_alloc,
	[SHADOW_CTL_CACHE_FREE]		= shadow_ctl_cache_free,
	[SHADOW_CTL_CACHE_SHRINK]	= shadow_ctl_cache_shrink,
	[SHADOW_CTL_CACHE_REAP]		= shadow_ctl_cache_reap,
	[SHADOW_CTL_CACHE_CHECK]	= shadow_ctl_cache_check,
	[SHADOW_CTL_CACHE_DESTROY]	= shadow_ctl_cache_destroy,
	[SHADOW_CTL_FAIL]		= shadow_ctl_fail_point,
	[SHADOW_CTL_VMALLOC]		= shadow_ctl_vmalloc,
	[SHADOW_CTL_VFREE]		= shadow_ctl_vfree,
	[SHADOW_CTL_VMALLOC_PURGE]	= shadow_ctl_vmalloc_purge,
	[SHADOW_CTL_VMAP]		= shadow_ctl_vmap,
	[SHADOW_CTL_VUNMAP]		= shadow_ctl_vunmap,
	[SHADOW_CTL_IOREMAP]		= shadow_ctl_ioremap,
	[SHADOW_CTL_IOUNMAP]		= shadow_ctl_iounmap,
	[SHADOW_CTL_MAP]		= shadow_ctl_map,
	[SHADOW_CTL_UNMAP]		= shadow_ctl_unmap,
	[SHADOW_CTL_PROTECT]		= shadow_ctl_protect,
	[SHADOW_CTL_TLBI]		= shadow_ctl_tlbi,
	[SHADOW_CTL_KMAP]		= shadow_ctl_kmap,
	[SHADOW_CTL_KUNMAP]		= shadow_ctl_kunmap,
	[SHADOW_CTL_DRAIN]		= run_drain,
	[SHADOW_CTL_MARK]		= shadow_ctl_mark,
	[SHADOW_CTL_MMU_CHECK]		= run_mmu_check,
	[SHADOW_CTL_SET]		= shadow_ctl_set,
	[SHADOW_CTL_MEMBLOCK_ADD]	= shadow_ctl_memblock,
	[SHADOW_CTL_MEMBLOCK_REMOVE]	= shadow_ctl_memblock,
	[SHADOW_CTL_MEMBLOCK_RESERVE]	= shadow_ctl_memblock,
	[SHADOW_CTL_MEMBLOCK_FREE]	= shadow_ctl_memblock,
	[SHADOW_CTL_EARLY_ALLOC]	= shadow_ctl_early_alloc,
	[SHADOW_CTL_EARLY_IOREMAP]	= shadow_ctl_early_ioremap,
	[SHADOW_CTL_EARLY_IOUNMAP]	= shadow_ctl_early_iounmap,
	[SHADOW_CTL_MEMREMAP_PAGES]	= shadow_ctl_memremap_pages,
	[SHADOW_CTL_MEMUNMAP_PAGES]	= shadow_ctl_memunmap_pages,
	[SHADOW_CTL_BREAK]		= shadow_ctl_break,
	[SHADOW_CTL_COMPARE]		= shadow_ctl_compare,
	[SHADOW_CTL_CREATE]		= shadow_ctl_create,
	[SHADOW_CTL_DESTROY]		= shadow_ctl_destroy,
	[SHADOW_CTL_RESET]		= shadow_ctl_reset,
	[SHADOW_CTL_STEP]		= shadow_ctl_step,
	[SHADOW_CTL_CONTINUE]		= shadow_ctl_step,
};

/**
 * shadow_ctl_check_since() - has the boot come so far?
 * @ctl: whose
 * @what: what needs that
 * @since: phase that has to be complete, plus 1; 0: none
 *
 * Context: process, with the caller's mutex.
 * Return: 0, or -EPERM, which it then says.
 */
int shadow_ctl_check_since(struct shadow_ctl *ctl, const char *what,
			   unsigned int since)
{
	const struct shadow_boot *boot = &ctl->mm->boot;

	if (boot->nr_done >= since)
		return 0;
	return shadow_ctl_fail(ctl, -EPERM,
			       "%s: not before phase %s, the boot has stopped after %s: allowed: step %s",
			       what, shadow_phase_name(since - 1),
			       shadow_phase_name(boot->nr_done - 1),
			       shadow_phase_name(since - 1));
}

/* What a command works on has to be born, and not to be gone. */
static int check_phase(struct shadow_ctl *ctl,
		       const struct shadow_ctl_verb_info *info)
{
	const struct shadow_boot *boot = &ctl->mm->boot;

	if (info->down)
		return 0;
	if (boot->failed || !boot->nr_done)
		return shadow_ctl_fail(ctl, -ENODEV, "%s: the machine is down: allowed: reset",
				       info->name);
	if (info->ends && boot->nr_done >= info->ends)
		return shadow_ctl_fail(ctl, -EPERM,
				       "%s: %s since phase %s: allowed: before it, see until=",
				       info->name, info->over, shadow_phase_name(info->ends - 1));
	return shadow_ctl_check_since(ctl, info->name, info->since);
}

/**
 * shadow_ctl_run() - run one command
 * @ctl: whose
 * @cmd: the command
 *
 * @ctl->said tells what it got, or why it failed.
 *
 * Context: process, with the caller's mutex, which create and destroy let go
 * meanwhile; sleeps.
 * Return: 0, or why it failed: -EINVAL, -ENOENT, -EEXIST, -ENOMEM, -ENOSPC,
 * -EBUSY, -EOPNOTSUPP, -EUCLEAN, -EINTR; then it has changed nothing. -EPERM
 * where the machine's boot has not come so far, or is past that. -ENODEV where
 * the boot has failed: there is no machine but for the next reset.
 */
int shadow_ctl_run(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	int err = check_phase(ctl, &shadow_ctl_verbs[cmd->verb]);

	return err ? err : runs[cmd->verb](ctl, cmd);
}
