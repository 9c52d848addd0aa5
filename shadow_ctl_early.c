// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ctl_early - commands that the early allocator and the fixmap answer,
 * until the handover ends that. See shadow_ctl_run.h.
 */
#include "shadow_ctl_run.h"
#include "shadow_ctl_verb.h"
#include "shadow_mm.h"

/*
 * What the machine stands on: were it given out, or gone, the machine would
 * write over itself. The names are those under which the boot takes it.
 */
static const char *const own_owners[] = {
	"image", "table", "memmap", "memblock", "bootmem",
	SHADOW_PAGE_OWNER_NAME,
};

static bool is_own(const char *owner)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(own_owners); i++)
		if (!strcmp(owner, own_owners[i]))
			return true;
	return false;
}

static bool meets(const struct shadow_ctl_cmd *cmd, u64 base, u64 bytes)
{
	return bytes && base <= cmd->pa + cmd->bytes - 1 &&
	       cmd->pa <= base + bytes - 1;
}

static int refuse_own(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		      u64 base, u64 bytes, const char *owner)
{
	return shadow_ctl_fail(ctl, -EBUSY,
			       "%s: %#llx+%#llx is the machine's own (%s): allowed: what others have",
			       shadow_ctl_verbs[cmd->verb].name, base, bytes,
			       owner);
}

/* The image is the machine's before it is reserved. */
static int check_not_own(struct shadow_ctl *ctl,
			 const struct shadow_ctl_cmd *cmd)
{
	const struct shadow_param_range *image = &ctl->mm->places.image;
	const struct shadow_early_log *log = ctl->mm->early.log;
	const struct shadow_early_range *range = log->range;

	if (meets(cmd, image->start, image->bytes))
		return refuse_own(ctl, cmd, image->start, image->bytes, "image");
	for (; range < log->range + log->nr; range++)
		if (is_own(range->owner) && meets(cmd, range->base, range->bytes))
			return refuse_own(ctl, cmd, range->base, range->bytes,
					  range->owner);
	return 0;
}

/*
 * The early allocator takes what it is told. Contents are another matter: of
 * memory beyond the machine's own there are none.
 */
static int check_range(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	const struct shadow_block *block = &ctl->mm->block;
	const char *name = shadow_ctl_verbs[cmd->verb].name;

	if (cmd->bytes - 1 > U64_MAX - cmd->pa)
		return shadow_ctl_fail(ctl, -ERANGE,
				       "%s: %#llx+%#llx: allowed: a range that ends below 2^64",
				       name, cmd->pa, cmd->bytes);
	if (cmd->verb == SHADOW_CTL_MEMBLOCK_ADD &&
	    !shadow_block_spans(block, cmd->pa, cmd->bytes))
		return shadow_ctl_fail(ctl, -ERANGE,
				       "%s: %#llx+%#llx: allowed: inside the machine's memory, %#llx to %#llx",
				       name, cmd->pa, cmd->bytes, (u64)block->base,
				       (u64)(block->base + block->bytes - 1));
	if (cmd->verb == SHADOW_CTL_MEMBLOCK_REMOVE ||
	    cmd->verb == SHADOW_CTL_MEMBLOCK_FREE)
		return check_not_own(ctl, cmd);
	return 0;
}

static int change_lists(struct shadow_early *early,
			const struct shadow_ctl_cmd *cmd)
{
	switch (cmd->verb) {
	case SHADOW_CTL_MEMBLOCK_ADD:
		return shadow_early_add(early, cmd->pa, cmd->bytes);
	case SHADOW_CTL_MEMBLOCK_REMOVE:
		return shadow_early_remove(early, cmd->pa, cmd->bytes);
	case SHADOW_CTL_MEMBLOCK_RESERVE:
		return shadow_early_reserve(early, "ctl", cmd->pa, cmd->bytes);
	default:
		return shadow_early_free(early, cmd->pa, cmd->bytes);
	}
}

static const char *why_not_changed(int err)
{
	switch (err) {
	case -ENOMEM:
		return "a list is full and cannot grow";
	case -ERANGE:
		return "early=bootmem keeps no record of all of it";
	case -EINVAL:
		return "a frame of it is free: early=bootmem frees nothing twice";
	case -EUCLEAN:
		return "the machine is frozen";
	default:
		return "the early allocator refused it";
	}
}

/**
 * shadow_ctl_memblock() - run memblock_add, _remove, _reserve or _free
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex.
 * Return: 0, or why it failed: -ERANGE, -EBUSY, -EINVAL, -ENOMEM, -EUCLEAN.
 */
int shadow_ctl_memblock(struct shadow_ctl *ctl,
			const struct shadow_ctl_cmd *cmd)
{
	struct shadow_early *early = &ctl->mm->early;
	struct shadow_memblock *mb = &ctl->mm->memblock;
	const char *name = shadow_ctl_verbs[cmd->verb].name;
	u64 memory = mb->memory.total_size, reserved = mb->reserved.total_size;
	u64 late = early->nr_late;
	int err = check_range(ctl, cmd);

	if (err)
		return err;
	err = change_lists(early, cmd);
	if (err)
		return shadow_ctl_fail(ctl, err, "%s: %#llx+%#llx: %s", name,
				       cmd->pa, cmd->bytes, why_not_changed(err));
	ctl->mm->boot.memblock_by_hand = true;
	return shadow_ctl_done(ctl,
			       "%s: %#llx+%#llx; memory %llu KiB (%+lld bytes), reserved %llu KiB (%+lld bytes)%s",
			       name, cmd->pa, cmd->bytes,
			       (u64)mb->memory.total_size >> 10,
			       (s64)(mb->memory.total_size - memory),
			       (u64)mb->reserved.total_size >> 10,
			       (s64)(mb->reserved.total_size - reserved),
			       early->nr_late == late ? "" :
			       "; the memmap is made: what has no place in it stays out of the buddy");
}

/**
 * shadow_ctl_early_alloc() - run an early_alloc
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex.
 * Return: 0, or why it failed: -EINVAL, -ENOMEM.
 */
int shadow_ctl_early_alloc(struct shadow_ctl *ctl,
			   const struct shadow_ctl_cmd *cmd)
{
	struct shadow_early_want want = {
		.bytes = cmd->bytes,
		.align = cmd->align ? : SHADOW_SMP_CACHE_BYTES,
		.min = cmd->min,
		.max = cmd->max,
		.nid = SHADOW_NUMA_NO_NODE,
	};
	u64 pa;

	if (cmd->keys & BIT(SHADOW_CTL_KEY_NODE))
		want.nid = cmd->node;
	if (cmd->max && cmd->min >= cmd->max)
		return shadow_ctl_fail(ctl, -EINVAL,
				       "early_alloc: min=%#llx max=%#llx: allowed: max above min",
				       cmd->min, cmd->max);
	pa = shadow_early_alloc(&ctl->mm->early, "ctl", &want);
	if (!pa)
		return shadow_ctl_fail(ctl, -ENOMEM,
				       "early_alloc: no %llu free bytes in a row, aligned to %llu, where they may lie",
				       want.bytes, want.align);
	return shadow_ctl_done(ctl, "%llu bytes at pa %#llx, aligned to %llu, owner ctl",
			       want.bytes, pa, want.align);
}

static const char *why_not_shown(int err)
{
	switch (err) {
	case -ENOSPC:
		return "all slots are in use: allowed: after early_iounmap of one";
	case -E2BIG:
		return "too long: allowed: what fits into a slot, see fixmap";
	case -ERANGE:
		return "beyond the addresses that descriptors hold";
	case -EINVAL:
		return "allowed: a range that does not wrap around";
	case -ENOENT:
		return "no slot shows anything there: allowed: a VA that early_ioremap gave";
	default:
		return "refused by the fixmap";
	}
}

/**
 * shadow_ctl_early_ioremap() - run an early_ioremap
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex.
 * Return: 0, or why it failed: -ENOSPC, -E2BIG, -ERANGE, -EINVAL, -EUCLEAN.
 */
int shadow_ctl_early_ioremap(struct shadow_ctl *ctl,
			     const struct shadow_ctl_cmd *cmd)
{
	u64 va;
	int err = shadow_fixmap_early_ioremap(&ctl->mm->fixmap, cmd->pa,
					      cmd->bytes, SHADOW_FIXMAP_PAGE_IO,
					      "ctl", &va);

	if (err == -EUCLEAN)
		return shadow_ctl_frozen(ctl);
	if (err)
		return shadow_ctl_fail(ctl, err, "early_ioremap: %#llx+%#llx: %s",
				       cmd->pa, cmd->bytes, why_not_shown(err));
	return shadow_ctl_done(ctl, "pa %#llx at va %#llx, %llu bytes, as a device", cmd->pa,
			       va, cmd->bytes);
}

/* How long what a slot shows is; 0: none shows anything there. */
static u64 bytes_at(const struct shadow_fixmap *fixmap, u64 va)
{
	unsigned int slot;

	for (slot = 0; slot < SHADOW_FIX_BTMAPS_SLOTS; slot++)
		if (va && fixmap->early[slot].va == va)
			return fixmap->early[slot].bytes;
	return 0;
}

/**
 * shadow_ctl_early_iounmap() - run an early_iounmap
 * @ctl: whose
 * @cmd: the command; @cmd->bytes is 0 where it was not given
 *
 * Context: process, with the caller's mutex.
 * Return: 0, or why it failed: -ENOENT, -EINVAL, -EUCLEAN.
 */
int shadow_ctl_early_iounmap(struct shadow_ctl *ctl,
			     const struct shadow_ctl_cmd *cmd)
{
	struct shadow_fixmap *fixmap = &ctl->mm->fixmap;
	u64 bytes = bytes_at(fixmap, cmd->va);
	int err;

	if (cmd->bytes && bytes && cmd->bytes != bytes)
		return shadow_ctl_fail(ctl, -EINVAL,
				       "early_iounmap: VA %#llx: BYTES %llu: allowed: %llu, as it was mapped",
				       cmd->va, cmd->bytes, bytes);
	err = shadow_fixmap_early_iounmap(fixmap, cmd->va, bytes);
	if (err == -EUCLEAN)
		return shadow_ctl_frozen(ctl);
	if (err)
		return shadow_ctl_fail(ctl, err, "early_iounmap: VA %#llx: %s",
				       cmd->va, why_not_shown(err));
	return shadow_ctl_done(ctl, "va %#llx: %llu bytes are no longer shown", cmd->va,
			       bytes);
}
