// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ctl_early - commands that the early allocator answers, until the
 * handover ends it. See shadow_ctl_run.h.
 */
#include "shadow_ctl_run.h"
#include "shadow_ctl_verb.h"
#include "shadow_mm.h"

#define DEFAULT_ALIGN	64	/* SMP_CACHE_BYTES */

/*
 * What the machine stands on: were it given out, or gone, the machine would
 * write over itself. The names are those under which the boot reserves.
 */
static const char *const own_owners[] = {
	"image", "table", "memmap", "memblock", "bootmem",
};

static bool is_own(const char *owner)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(own_owners); i++)
		if (!strcmp(owner, own_owners[i]))
			return true;
	return false;
}

static int check_not_own(struct shadow_ctl *ctl,
			 const struct shadow_ctl_cmd *cmd)
{
	const struct shadow_early_log *log = &ctl->mm->memblock.log;
	const struct shadow_early_range *range = log->range;
	u64 last = cmd->pa + cmd->bytes - 1;

	for (; range < log->range + log->nr; range++) {
		if (range->base > last ||
		    cmd->pa > shadow_early_range_end(range) - 1 ||
		    !is_own(range->owner))
			continue;
		return shadow_ctl_fail(ctl, -EBUSY,
				       "%s: %#llx+%#llx is the machine's own (%s): allowed: what others have",
				       shadow_ctl_verbs[cmd->verb].name,
				       (u64)range->base, range->bytes, range->owner);
	}
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

static int change_memblock(struct shadow_memblock *mb,
			   const struct shadow_ctl_cmd *cmd)
{
	const char *owner = shadow_memblock_set_owner(mb, "ctl");
	int err;

	switch (cmd->verb) {
	case SHADOW_CTL_MEMBLOCK_ADD:
		err = shadow_memblock_add(mb, cmd->pa, cmd->bytes);
		break;
	case SHADOW_CTL_MEMBLOCK_REMOVE:
		err = shadow_memblock_remove(mb, cmd->pa, cmd->bytes);
		break;
	case SHADOW_CTL_MEMBLOCK_RESERVE:
		err = shadow_memblock_reserve(mb, cmd->pa, cmd->bytes);
		break;
	default:
		err = shadow_memblock_phys_free(mb, cmd->pa, cmd->bytes);
		break;
	}
	shadow_memblock_set_owner(mb, owner);
	return err;
}

/**
 * shadow_ctl_memblock() - run memblock_add, _remove, _reserve or _free
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex.
 * Return: 0, or why it failed: -ERANGE, -EBUSY, -ENOMEM, -EUCLEAN.
 */
int shadow_ctl_memblock(struct shadow_ctl *ctl,
			const struct shadow_ctl_cmd *cmd)
{
	struct shadow_memblock *mb = &ctl->mm->memblock;
	const char *name = shadow_ctl_verbs[cmd->verb].name;
	u64 memory = mb->memory.total_size, reserved = mb->reserved.total_size;
	int err = check_range(ctl, cmd);

	if (err)
		return err;
	err = change_memblock(mb, cmd);
	if (err)
		return shadow_ctl_fail(ctl, err, "%s: %#llx+%#llx: the list is full and cannot grow",
				       name, cmd->pa, cmd->bytes);
	return shadow_ctl_done(ctl, "%s: %#llx+%#llx; memory %llu KiB (%+lld bytes), reserved %llu KiB (%+lld bytes)",
			       name, cmd->pa, cmd->bytes,
			       (u64)mb->memory.total_size >> 10,
			       (s64)(mb->memory.total_size - memory),
			       (u64)mb->reserved.total_size >> 10,
			       (s64)(mb->reserved.total_size - reserved));
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
	struct shadow_memblock *mb = &ctl->mm->memblock;
	bool here = cmd->keys & BIT(SHADOW_CTL_KEY_NODE);
	u64 align = cmd->align ? : DEFAULT_ALIGN;
	const char *owner;
	u64 pa;

	if (cmd->max && cmd->min >= cmd->max)
		return shadow_ctl_fail(ctl, -EINVAL, "early_alloc: min=%#llx max=%#llx: allowed: max above min",
				       cmd->min, cmd->max);
	owner = shadow_memblock_set_owner(mb, "ctl");
	pa = shadow_memblock_alloc_range_nid(mb, cmd->bytes, align, cmd->min,
					     cmd->max ? : SHADOW_MEMBLOCK_ALLOC_ACCESSIBLE,
					     here ? (int)cmd->node : SHADOW_NUMA_NO_NODE,
					     here);
	shadow_memblock_set_owner(mb, owner);
	if (!pa)
		return shadow_ctl_fail(ctl, -ENOMEM,
				       "early_alloc: no %llu free bytes in a row, aligned to %llu, where they may lie",
				       cmd->bytes, align);
	return shadow_ctl_done(ctl, "%llu bytes at pa %#llx, aligned to %llu, owner ctl",
			       cmd->bytes, pa, align);
}
