// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ctl_device - commands about frames of zone DEVICE.
 */
#include "shadow_ctl_run.h"
#include "shadow_mm.h"
#include "shadow_vmemmap.h"

#define WHY_BYTES	120

static struct shadow_vmemmap vmemmap_of(struct shadow_mm *mm)
{
	return (struct shadow_vmemmap){
		.nodes = &mm->nodes, .layout = &mm->layout,
		.pgt = &mm->swapper, .mb = &mm->memblock,
	};
}

/**
 * shadow_ctl_memremap_pages() - run a memremap_pages
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex; may sleep.
 * Return: 0, or why it failed, see shadow_vmemmap_add_device().
 */
int shadow_ctl_memremap_pages(struct shadow_ctl *ctl,
			      const struct shadow_ctl_cmd *cmd)
{
	struct shadow_vmemmap part = vmemmap_of(ctl->mm);
	unsigned int shift;
	char why[WHY_BYTES];
	int nid, err;

	err = shadow_vmemmap_add_device(&part, cmd->pa, cmd->bytes, &nid, why,
					sizeof(why));
	if (err == -EUCLEAN)
		return shadow_ctl_frozen(ctl);
	if (err)
		return shadow_ctl_fail(ctl, err, "memremap_pages: %#llx+%#llx: %s",
				       cmd->pa, cmd->bytes, why);
	shift = ctl->mm->nodes.page_shift;
	return shadow_ctl_done(ctl,
			       "pa %#llx: %llu frames of zone Device, node %d, entries from va %#llx on",
			       cmd->pa, cmd->bytes >> shift, nid,
			       shadow_layout_vmemmap(&ctl->mm->layout, cmd->pa >> shift));
}

/**
 * shadow_ctl_memunmap_pages() - run a memunmap_pages
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex; may sleep.
 * Return: 0, or -ENOENT: no range begins there.
 */
int shadow_ctl_memunmap_pages(struct shadow_ctl *ctl,
			      const struct shadow_ctl_cmd *cmd)
{
	struct shadow_vmemmap part = vmemmap_of(ctl->mm);
	u64 bytes = shadow_vmemmap_remove_device(&part, cmd->pa);

	if (!bytes)
		return shadow_ctl_fail(ctl, -ENOENT,
				       "memunmap_pages: no range begins at %#llx: allowed: BASE of a memremap_pages",
				       cmd->pa);
	return shadow_ctl_done(ctl, "pa %#llx: %llu frames have no struct page any more",
			       cmd->pa, bytes >> ctl->mm->nodes.page_shift);
}
