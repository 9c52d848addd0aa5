// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ctl_map - what map and unmap of the ctl language do to a machine's
 * tables. See shadow_ctl_run.h.
 */
#include "shadow_ctl_run.h"
#include "shadow_mm.h"

/*
 * Linux's PTE_SPECIAL: a leaf that does not go with a page of its own. Here it
 * marks what `map` made, which is what `unmap` may take away.
 */
#define MADE_BY_MAP	BIT_ULL(56)

static bool ranges_meet(u64 first, u64 last, u64 other_first, u64 other_last)
{
	return first <= other_last && other_first <= last;
}

/*
 * The tables behind TTBR0, if there are any that can change: those of the boot
 * end with it, and what took their page tables from the early allocator cannot
 * get more.
 */
static struct shadow_pgtable *lower_tables(struct shadow_mm *mm)
{
	if (!mm->idmap.root_table || mm->idmap.ops != mm->swapper.ops ||
	    shadow_regs_root(&mm->regs, false) != mm->idmap.root)
		return NULL;
	return &mm->idmap;
}

/*
 * Windows in which another layer decides what is mapped where are not for map:
 * vmalloc would find its next area taken.
 */
static const char *owner_of_window(const struct shadow_mm *mm, u64 va, u64 last)
{
	const struct shadow_vmap_tree *window = &mm->vmalloc.tree;
	const struct shadow_region *fixmap =
		&mm->layout.region[SHADOW_REGION_FIXMAP];

	if (ranges_meet(va, last, window->va_start, window->va_end - 1))
		return "vmalloc";
	if (ranges_meet(va, last, fixmap->start, fixmap->end - 1))
		return "fixmap";
	return NULL;
}

/* The tables that a range of pages belongs to. */
static struct shadow_pgtable *tables_of(struct shadow_ctl *ctl, const char *verb,
					const struct shadow_ctl_cmd *cmd)
{
	struct shadow_pgtable *upper = &ctl->mm->swapper;
	struct shadow_pgtable *lower = lower_tables(ctl->mm);
	u64 page_bytes = 1ULL << upper->geo.page_shift;
	u64 last = cmd->va + cmd->nr_pages * page_bytes - 1;

	if (!IS_ALIGNED(cmd->va, page_bytes)) {
		shadow_ctl_fail(ctl, -EINVAL,
				"%s: VA %#llx: allowed: a multiple of the page, %#llx",
				verb, cmd->va, page_bytes);
		return ERR_PTR(-EINVAL);
	}
	if (lower && cmd->va <= last &&
	    last <= shadow_geometry_last(&lower->geo, false))
		return lower;
	if (cmd->va <= last &&
	    cmd->va >= shadow_geometry_first(&upper->geo, true))
		return upper;
	shadow_ctl_fail(ctl, -EINVAL, "%s: VA %#llx to %#llx: allowed: all of it from %#llx on%s",
			verb, cmd->va, last, shadow_geometry_first(&upper->geo, true),
			lower ? ", or in the lower half" : "");
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
		return "writable and executable at once is not allowed";
	default:
		return "refused by the tables";
	}
}

/**
 * shadow_ctl_map() - run a map
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex.
 * Return: 0, or why it failed: -EINVAL, -EPERM, -EEXIST, -ENOMEM, -EUCLEAN.
 */
int shadow_ctl_map(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	struct shadow_pgtable *pgt = tables_of(ctl, "map", cmd);
	const char *owner;
	u64 bytes, limit;
	int err;

	if (IS_ERR(pgt))
		return PTR_ERR(pgt);
	bytes = cmd->nr_pages << pgt->geo.page_shift;
	limit = 1ULL << pgt->geo.pa_bits;
	owner = owner_of_window(ctl->mm, cmd->va, cmd->va + bytes - 1);
	if (owner)
		return shadow_ctl_fail(ctl, -EPERM,
				       "map: VA %#llx belongs to %s: allowed: outside of it",
				       cmd->va, owner);
	if (!IS_ALIGNED(cmd->pa, 1ULL << pgt->geo.page_shift))
		return shadow_ctl_fail(ctl, -EINVAL,
				       "map: PA %#llx: allowed: a multiple of the page, %#llx",
				       cmd->pa, 1ULL << pgt->geo.page_shift);
	if (bytes > limit || cmd->pa > limit - bytes)
		return shadow_ctl_fail(ctl, -EINVAL,
				       "map: PA %#llx: allowed: pages that end within %u bits",
				       cmd->pa, pgt->geo.pa_bits);
	err = shadow_pgtable_map(pgt, cmd->va, cmd->pa, bytes,
				 cmd->prot | MADE_BY_MAP, 0);
	if (err == -EUCLEAN)
		return shadow_ctl_frozen(ctl);
	if (err)
		return shadow_ctl_fail(ctl, err, "map: VA %#llx: %s", cmd->va,
				       why_not_mapped(err));
	return shadow_ctl_done(ctl, "va %#llx to pa %#llx: %llu pages mapped", cmd->va,
			       cmd->pa, cmd->nr_pages);
}

/* Everything that unmap meets has to be there, and to be ours. */
static int check_ours(void *priv, const struct shadow_walk_entry *entry)
{
	u64 *va = priv;

	if (entry->kind != SHADOW_DESC_KIND_PAGE &&
	    entry->kind != SHADOW_DESC_KIND_BLOCK) {
		*va = max(*va, entry->va);
		return -ENOENT;
	}
	if (entry->desc & MADE_BY_MAP)
		return 0;
	*va = max(*va, entry->va);
	return -EPERM;
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
	struct shadow_walker walker;
	u64 bytes, va = cmd->va;
	int err;

	if (IS_ERR(pgt))
		return PTR_ERR(pgt);
	bytes = cmd->nr_pages << pgt->geo.page_shift;
	shadow_pgtable_walker(pgt, &walker);
	err = shadow_walk_for_each(&walker, va, va + bytes - 1, check_ours, &va);
	if (err == -ENOENT)
		return shadow_ctl_fail(ctl, err, "unmap: nothing is mapped at %#llx", va);
	if (err == -EPERM)
		return shadow_ctl_fail(ctl, err, "unmap: %#llx was not mapped by map", va);
	if (!err)
		err = shadow_pgtable_unmap(pgt, cmd->va, bytes);
	if (err == -EUCLEAN)
		return shadow_ctl_frozen(ctl);
	if (err)
		return shadow_ctl_fail(ctl, err, "unmap: VA %#llx: %s", cmd->va,
				       why_not_mapped(err));
	return shadow_ctl_done(ctl, "va %#llx: %llu pages unmapped", cmd->va,
			       cmd->nr_pages);
}
