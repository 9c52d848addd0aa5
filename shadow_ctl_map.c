// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ctl_map - what map, unmap and protect of the ctl language do to a
 * machine's tables. See shadow_ctl_run.h.
 */
#include "shadow_boot.h"
#include "shadow_ctl_run.h"
#include "shadow_mm.h"

static bool ranges_meet(u64 first, u64 last, u64 other_first, u64 other_last)
{
	return first <= other_last && other_first <= last;
}

/*
 * Windows in which another layer decides what is mapped where are not for map:
 * vmalloc would find its next area taken.
 */
static const char *owner_of_window(const struct shadow_mm *mm, u64 va, u64 last)
{
	static const struct {
		enum shadow_region_id id;
		const char *name;
	} taken[] = {
		{ SHADOW_REGION_VMEMMAP, "vmemmap" },
		{ SHADOW_REGION_KMAP, "kmap" },
		{ SHADOW_REGION_PKMAP, "pkmap" },
		{ SHADOW_REGION_FIXMAP, "fixmap" },
	};
	const struct shadow_vmap_tree *window = &mm->vmalloc.tree;
	const struct shadow_region *region;
	unsigned int i;

	if (ranges_meet(va, last, window->va_start, window->va_end - 1))
		return "vmalloc";
	for (i = 0; i < ARRAY_SIZE(taken); i++) {
		region = &mm->layout.region[taken[i].id];
		if (!shadow_region_empty(region) &&
		    ranges_meet(va, last, region->start, region->end - 1))
			return taken[i].name;
	}
	return NULL;
}

static u64 page_bytes(const struct shadow_ctl *ctl)
{
	return 1ULL << ctl->mm->geo.page_shift;
}

/*
 * The tables that a range of pages belongs to. Those of the lower half may not
 * be there yet: nothing is mapped in it.
 */
static struct shadow_pgtable *tables_of(struct shadow_ctl *ctl, const char *verb,
					const struct shadow_ctl_cmd *cmd)
{
	const struct shadow_geometry *geo = &ctl->mm->geo;
	u64 last = cmd->va + cmd->nr_pages * page_bytes(ctl) - 1;

	if (!IS_ALIGNED(cmd->va, page_bytes(ctl))) {
		shadow_ctl_fail(ctl, -EINVAL,
				"%s: VA %#llx: allowed: a multiple of the page, %#llx",
				verb, cmd->va, page_bytes(ctl));
		return ERR_PTR(-EINVAL);
	}
	if (cmd->va <= last && last <= shadow_geometry_last(geo, false))
		return &ctl->mm->user;
	if (cmd->va <= last && cmd->va >= shadow_geometry_first(geo, true))
		return &ctl->mm->swapper;
	shadow_ctl_fail(ctl, -EINVAL,
			"%s: VA %#llx to %#llx: allowed: all of it from %#llx on, or all up to %#llx",
			verb, cmd->va, last, shadow_geometry_first(geo, true),
			shadow_geometry_last(geo, false));
	return ERR_PTR(-EINVAL);
}

static const char *why_not_mapped(int err)
{
	switch (err) {
	case -EEXIST:
		return "something is mapped there";
	case -ENOMEM:
		return "out of memory for tables";
	case -ERANGE:
		return "an address is out of range";
	case -EPERM:
	case -EACCES:
		return "writable and executable at once: allowed: with force=on";
	default:
		return "refused by the tables";
	}
}

static int check_pa(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	const struct shadow_geometry *geo = &ctl->mm->geo;
	u64 bytes = cmd->nr_pages * page_bytes(ctl);
	u64 limit = 1ULL << geo->pa_bits;

	if (!IS_ALIGNED(cmd->pa, page_bytes(ctl)))
		return shadow_ctl_fail(ctl, -EINVAL,
				       "map: PA %#llx: allowed: a multiple of the page, %#llx",
				       cmd->pa, page_bytes(ctl));
	if (bytes > limit || cmd->pa > limit - bytes)
		return shadow_ctl_fail(ctl, -EINVAL,
				       "map: PA %#llx: allowed: pages that end within %u bits",
				       cmd->pa, geo->pa_bits);
	return 0;
}

/* What fails leaves the lower half as it was: without tables, if it had none */
static int map_lower(struct shadow_mm *mm, const struct shadow_ctl_cmd *cmd,
		     u64 bytes)
{
	bool first = !mm->user.root_table;
	int err = shadow_boot_user_create(mm);

	if (err)
		return err;
	err = shadow_pgtable_map(&mm->user, cmd->va, cmd->pa, bytes,
				 cmd->prot | SHADOW_PROT_BY_HAND, cmd->map_flags);
	if (err && first)
		shadow_boot_user_destroy(mm);
	return err;
}

/**
 * shadow_ctl_map() - run a map
 * @ctl: whose
 * @cmd: the command
 *
 * The first one in the lower half puts a user's root into TTBR0_EL1.
 *
 * Context: process, with the caller's mutex.
 * Return: 0, or why it failed: -EINVAL, -EPERM, -EEXIST, -ENOMEM, -EUCLEAN.
 */
int shadow_ctl_map(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	struct shadow_pgtable *pgt = tables_of(ctl, "map", cmd);
	u64 bytes = cmd->nr_pages * page_bytes(ctl);
	const char *owner;
	int err;

	if (IS_ERR(pgt))
		return PTR_ERR(pgt);
	owner = owner_of_window(ctl->mm, cmd->va, cmd->va + bytes - 1);
	if (owner)
		return shadow_ctl_fail(ctl, -EPERM,
				       "map: VA %#llx belongs to %s: allowed: outside of it",
				       cmd->va, owner);
	err = check_pa(ctl, cmd);
	if (err)
		return err;
	if (pgt == &ctl->mm->user)
		err = map_lower(ctl->mm, cmd, bytes);
	else
		err = shadow_pgtable_map(pgt, cmd->va, cmd->pa, bytes,
					 cmd->prot | SHADOW_PROT_BY_HAND, cmd->map_flags);
	if (err == -EUCLEAN)
		return shadow_ctl_frozen(ctl);
	if (err)
		return shadow_ctl_fail(ctl, err, "map: VA %#llx: %s", cmd->va,
				       why_not_mapped(err));
	return shadow_ctl_done(ctl, "va %#llx to pa %#llx: %llu pages mapped", cmd->va,
			       cmd->pa, cmd->nr_pages);
}

/* Everything that is met has to be there, and to be ours. */
static int check_ours(void *priv, const struct shadow_walk_entry *entry)
{
	u64 *va = priv;

	if (entry->kind != SHADOW_DESC_KIND_PAGE &&
	    entry->kind != SHADOW_DESC_KIND_BLOCK) {
		*va = max(*va, entry->va);
		return -ENOENT;
	}
	if (entry->desc & SHADOW_PROT_BY_HAND)
		return 0;
	*va = max(*va, entry->va);
	return -EPERM;
}

/* Of unmap and protect: all of the range was made by map */
static int check_range(struct shadow_ctl *ctl, const char *verb,
		       const struct shadow_ctl_cmd *cmd,
		       const struct shadow_pgtable *pgt)
{
	u64 last = cmd->va + cmd->nr_pages * page_bytes(ctl) - 1;
	struct shadow_walker walker;
	int err = -ENOENT;
	u64 va = cmd->va;

	if (pgt->root_table) {
		shadow_pgtable_walker(pgt, &walker);
		err = shadow_walk_for_each(&walker, va, last, check_ours, &va);
	}
	if (err == -ENOENT)
		return shadow_ctl_fail(ctl, err, "%s: nothing is mapped at %#llx",
				       verb, va);
	if (err == -EPERM)
		return shadow_ctl_fail(ctl, err, "%s: %#llx was not mapped by map",
				       verb, va);
	return err ? shadow_ctl_frozen(ctl) : 0;
}

/**
 * shadow_ctl_unmap() - run an unmap
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex.
 * Return: 0, or why it failed: -EINVAL, -ENOENT, -EPERM, -ENOMEM, -EUCLEAN.
 */
int shadow_ctl_unmap(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	struct shadow_pgtable *pgt = tables_of(ctl, "unmap", cmd);
	int err;

	if (IS_ERR(pgt))
		return PTR_ERR(pgt);
	err = check_range(ctl, "unmap", cmd, pgt);
	if (err)
		return err;
	err = shadow_pgtable_unmap(pgt, cmd->va, cmd->nr_pages * page_bytes(ctl));
	if (err == -EUCLEAN)
		return shadow_ctl_frozen(ctl);
	if (err)
		return shadow_ctl_fail(ctl, err, "unmap: VA %#llx: %s", cmd->va,
				       why_not_mapped(err));
	return shadow_ctl_done(ctl, "va %#llx: %llu pages unmapped", cmd->va,
			       cmd->nr_pages);
}

/**
 * shadow_ctl_protect() - run a protect
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex.
 * Return: 0, or why it failed: -EINVAL, -ENOENT, -EPERM, -ENOMEM, -EUCLEAN.
 */
int shadow_ctl_protect(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	struct shadow_pgtable *pgt = tables_of(ctl, "protect", cmd);
	int err;

	if (IS_ERR(pgt))
		return PTR_ERR(pgt);
	err = check_range(ctl, "protect", cmd, pgt);
	if (err)
		return err;
	err = shadow_pgtable_protect(pgt, cmd->va, cmd->nr_pages * page_bytes(ctl),
				     cmd->prot | SHADOW_PROT_BY_HAND, cmd->map_flags);
	if (err == -EUCLEAN)
		return shadow_ctl_frozen(ctl);
	if (err)
		return shadow_ctl_fail(ctl, err, "protect: VA %#llx: %s", cmd->va,
				       why_not_mapped(err));
	return shadow_ctl_done(ctl, "va %#llx: %llu pages protected", cmd->va,
			       cmd->nr_pages);
}
