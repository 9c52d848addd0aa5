// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ctl_thing - what commands make and free: things under a handle, all of
 * them or none. See shadow_ctl_run.h.
 */
#include <linux/sched.h>

#include "shadow_backing.h"
#include "shadow_ctl_run.h"
#include "shadow_mm.h"
#include "shadow_page_alloc.h"

#define RESCHED_EVERY	1024	/* things; there may be millions, others run in between */

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

/**
 * shadow_ctl_object_at() - where an object is
 * @ctl: whose
 * @pa: its physical address; 0: the object of no bytes, which is in no block
 *
 * Context: any.
 * Return: its address.
 */
void *shadow_ctl_object_at(const struct shadow_ctl *ctl, u64 pa)
{
	return pa ? shadow_phys_to_virt(ctl->mm->nodes.block, pa) :
		    SHADOW_ZERO_SIZE_PTR;
}

static int free_thing(struct shadow_ctl *ctl,
		      const struct shadow_ctl_handle *handle, u64 thing)
{
	struct shadow_nodes *nodes = &ctl->mm->nodes;
	struct shadow_page *page;

	switch (handle->kind) {
	case SHADOW_CTL_PAGES:
		page = shadow_pfn_to_page(nodes, thing);
		/* What leads there from a frame's number may be corrupt */
		return page ? shadow_free_pages(nodes, page, handle->order) : -EINVAL;
	case SHADOW_CTL_OBJECTS:
		return shadow_kfree(&ctl->mm->slab, shadow_ctl_object_at(ctl, thing));
	case SHADOW_CTL_CACHED:
		return shadow_kmem_cache_free(handle->cache, shadow_ctl_object_at(ctl, thing));
	case SHADOW_CTL_AREA:
		return shadow_vfree(&ctl->mm->vmalloc, thing);
	default:
		return shadow_vunmap(&ctl->mm->vmalloc, thing);
	}
}

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
