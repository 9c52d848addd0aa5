// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ctl_vmalloc - what vmalloc, vmap, ioremap and their opposites of the ctl
 * language do. See shadow_ctl_run.h.
 */
#include "shadow_compound.h"
#include "shadow_ctl_run.h"
#include "shadow_mm.h"

static int make_area(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		     u64 *va, u32 *nr)
{
	struct shadow_vmalloc *vm = &ctl->mm->vmalloc;
	unsigned long caller = (unsigned long)make_area;
	u32 gfp = shadow_ctl_gfp(ctl, cmd);

	*nr = 1;
	if (cmd->small_pages)
		return shadow_vmalloc_alloc(vm, cmd->bytes, gfp,
					    SHADOW_PAGE_KERNEL, caller, va);
	return shadow_vmalloc_huge(vm, cmd->bytes, gfp, SHADOW_PAGE_KERNEL,
				   caller, va);
}

/* ", 512 of them in blocks of 2 MiB", of the first area */
static const char *print_huge(struct shadow_ctl *ctl, u64 va, char *text,
			      size_t bytes)
{
	const struct shadow_geometry *geo = &ctl->mm->vmalloc.pgtable->geo;
	struct shadow_vmalloc_info info;

	if (shadow_vmalloc_find(&ctl->mm->vmalloc, va, &info) || !info.nr_huge)
		return "";
	scnprintf(text, bytes, ", %u of them in blocks of %llu MiB", info.nr_huge,
		  1ULL << (geo->page_shift + geo->bits_per_level) >> 20);
	return text;
}

/**
 * shadow_ctl_vmalloc() - run a vmalloc
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex; sleeps.
 * Return: 0, or why it failed: -EEXIST, -ENOSPC, -ENOMEM, -EINTR, -EUCLEAN.
 */
int shadow_ctl_vmalloc(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	unsigned int page_shift = ctl->mm->nodes.page_shift;
	struct shadow_ctl_handle *handle;
	int err = shadow_ctl_check_gfp(ctl, cmd);
	char huge[48];
	u64 va;

	if (err)
		return err;
	if (!shadow_ctl_fits(ctl, cmd->bytes, cmd->count))
		return shadow_ctl_fail(ctl, -ENOMEM, "vmalloc: the machine has only %llu pages",
				       shadow_nodes_managed(&ctl->mm->nodes));
	handle = shadow_ctl_make(ctl, cmd, SHADOW_CTL_AREA, make_area);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	va = shadow_ctl_thing(handle, 0);
	if (cmd->count > 1)
		return shadow_ctl_done(ctl,
				       "id %llu: %u of %llu bytes in %llu pages, the first at va %#llx%s",
				       handle->id, cmd->count, cmd->bytes,
				       ((cmd->bytes - 1) >> page_shift) + 1, va,
				       print_huge(ctl, va, huge, sizeof(huge)));
	return shadow_ctl_done(ctl, "id %llu: %llu bytes in %llu pages at va %#llx%s",
			       handle->id, cmd->bytes,
			       ((cmd->bytes - 1) >> page_shift) + 1, va,
			       print_huge(ctl, va, huge, sizeof(huge)));
}

/**
 * shadow_ctl_vfree() - run a vfree
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex; sleeps.
 * Return: 0, or why it failed: -ENOENT, -EINVAL, -EUCLEAN.
 */
int shadow_ctl_vfree(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	return shadow_ctl_free(ctl, cmd, SHADOW_CTL_AREA);
}

/**
 * shadow_ctl_vmalloc_purge() - run a vmalloc_purge
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex.
 * Return: 0, or -EUCLEAN.
 */
int shadow_ctl_vmalloc_purge(struct shadow_ctl *ctl,
			     const struct shadow_ctl_cmd *cmd)
{
	struct shadow_vmalloc *vm = &ctl->mm->vmalloc;
	struct shadow_vmalloc_totals before, after;

	if (shadow_vmalloc_totals(vm, &before) || shadow_vmalloc_purge(vm) ||
	    shadow_vmalloc_totals(vm, &after))
		return shadow_ctl_frozen(ctl);
	return shadow_ctl_done(ctl, "%llu areas of %llu pages purged with %llu invalidations",
			       after.nr_purged - before.nr_purged,
			       before.nr_lazy_pages - after.nr_lazy_pages,
			       after.nr_purges - before.nr_purges);
}

/* ----------------------------------------------------------------- vmap -- */

static struct shadow_ctl_handle *pages_of(struct shadow_ctl *ctl,
					  const struct shadow_ctl_cmd *cmd,
					  unsigned int nr)
{
	if (!nr)
		return shadow_ctl_named(ctl, cmd, SHADOW_CTL_PAGES);
	return shadow_ctl_named_id(ctl, cmd->more[nr - 1].id,
				   cmd->more[nr - 1].name, SHADOW_CTL_PAGES);
}

static struct shadow_page *block_of(struct shadow_ctl *ctl,
				    const struct shadow_ctl_handle *handle, u32 i)
{
	return shadow_pfn_to_page(&ctl->mm->nodes, shadow_ctl_thing(handle, i));
}

/* Only what can be held page by page can be shown: counts the pages. */
static int check_pages(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		       u64 *nr_pages)
{
	struct shadow_ctl_handle *handle;
	struct shadow_page *page;
	unsigned int nr;
	u32 i;

	*nr_pages = 0;
	for (nr = 0; nr <= cmd->nr_more; nr++) {
		handle = pages_of(ctl, cmd, nr);
		if (IS_ERR(handle))
			return PTR_ERR(handle);
		*nr_pages += (u64)handle->left << handle->order;
		for (i = 0; i < handle->left; i++) {
			page = block_of(ctl, handle, i);
			if (!page)
				return shadow_ctl_fail(ctl, -EINVAL,
						       "vmap: pfn %llu: the machine no longer knows it",
						       shadow_ctl_thing(handle, i));
			if (handle->order && !shadow_page_compound(page))
				return shadow_ctl_fail(ctl, -EINVAL,
						       "vmap: id %llu: blocks of order %u are not compound pages: allowed: those of gfp=COMP, of order 0, or split_page first",
						       handle->id, handle->order);
		}
	}
	if (*nr_pages > SHADOW_CTL_MAX_COUNT)
		return shadow_ctl_fail(ctl, -ENOMEM, "vmap: %llu pages: allowed: up to %u",
				       *nr_pages, SHADOW_CTL_MAX_COUNT);
	return 0;
}

/* The memmap indices of all pages, in their order */
static u32 collect(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		   u32 *pages)
{
	const struct shadow_memmap *memmap = &ctl->mm->nodes.memmap;
	struct shadow_ctl_handle *handle;
	u32 i, k, first, filled = 0;
	unsigned int nr;

	for (nr = 0; nr <= cmd->nr_more; nr++) {
		handle = pages_of(ctl, cmd, nr);
		for (i = 0; i < handle->left; i++) {
			first = shadow_page_index(memmap, block_of(ctl, handle, i));
			for (k = 0; k < BIT(handle->order); k++)
				pages[filled++] = first + k;
		}
	}
	return filled;
}

static int make_vmap(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		     u64 *va, u32 *nr)
{
	u64 nr_pages;
	u32 *pages;
	int err = check_pages(ctl, cmd, &nr_pages);

	*nr = 1;
	if (err)
		return err;
	pages = ctl->mm->host->zalloc(nr_pages * sizeof(*pages));
	if (!pages)
		return -ENOMEM;
	err = shadow_vmap(&ctl->mm->vmalloc, pages, collect(ctl, cmd, pages),
			  SHADOW_PAGE_KERNEL, (unsigned long)make_vmap, va);
	ctl->mm->host->free(pages);
	if (err && err != -ENOMEM && err != -EUCLEAN)
		return shadow_ctl_fail(ctl, err,
				       "vmap: a page is held too often, or not in use any more");
	return err;
}

/**
 * shadow_ctl_vmap() - run a vmap
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex; sleeps.
 * Return: 0, or why it failed: -ENOENT, -EINVAL, -EEXIST, -ENOSPC, -ENOMEM,
 * -EOVERFLOW, -EUCLEAN.
 */
int shadow_ctl_vmap(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	struct shadow_ctl_handle *handle;
	u64 nr_pages;
	int err = check_pages(ctl, cmd, &nr_pages);

	if (err)
		return err;
	handle = shadow_ctl_make(ctl, cmd, SHADOW_CTL_HELD, make_vmap);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	handle->bytes = nr_pages << ctl->mm->nodes.page_shift;
	return shadow_ctl_done(ctl, "id %llu: %llu pages of %u ids at va %#llx",
			       handle->id, nr_pages, cmd->nr_more + 1, handle->one);
}

/**
 * shadow_ctl_vunmap() - run a vunmap
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex; sleeps.
 * Return: 0, or why it failed: -ENOENT, -EINVAL, -EUCLEAN.
 */
int shadow_ctl_vunmap(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	return shadow_ctl_free(ctl, cmd, SHADOW_CTL_HELD);
}

/* -------------------------------------------------------------- ioremap -- */

static int make_device(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		       u64 *va, u32 *nr)
{
	unsigned int pa_bits = ctl->mm->vmalloc.pgtable->geo.pa_bits;
	int err;

	*nr = 1;
	err = shadow_ioremap(&ctl->mm->vmalloc, cmd->pa, cmd->bytes,
			     SHADOW_PROT_DEVICE_NGNRE,
			     (unsigned long)make_device, va);
	switch (err) {
	case -EPERM:
		return shadow_ctl_fail(ctl, err,
				       "ioremap: PA %#llx, %llu bytes: memory of the machine: allowed: where none is",
				       cmd->pa, cmd->bytes);
	case -EINVAL:
	case -ERANGE:
		return shadow_ctl_fail(ctl, err,
				       "ioremap: PA %#llx, %llu bytes: allowed: what ends within %u bits",
				       cmd->pa, cmd->bytes, pa_bits);
	default:
		return err;
	}
}

/**
 * shadow_ctl_ioremap() - run an ioremap
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex; sleeps.
 * Return: 0, or why it failed: -EPERM, -EINVAL, -ERANGE, -EEXIST, -ENOSPC,
 * -ENOMEM, -EUCLEAN.
 */
int shadow_ctl_ioremap(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	struct shadow_ctl_handle *handle;

	handle = shadow_ctl_make(ctl, cmd, SHADOW_CTL_DEVICE, make_device);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	return shadow_ctl_done(ctl, "id %llu: %llu bytes at pa %#llx shown at va %#llx",
			       handle->id, cmd->bytes, cmd->pa, handle->one);
}

/**
 * shadow_ctl_iounmap() - run an iounmap
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex; sleeps.
 * Return: 0, or why it failed: -ENOENT, -EINVAL, -EUCLEAN.
 */
int shadow_ctl_iounmap(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	return shadow_ctl_free(ctl, cmd, SHADOW_CTL_DEVICE);
}
