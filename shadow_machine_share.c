// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_machine_share - a further machine's block is a part of the first
 * machine's memory: frames in a row, from its buddy and back to it.
 */
#include "shadow_boot.h"
#include "shadow_contig.h"
#include "shadow_machine_room.h"

/* Frames can be had from a buddy that is there, and has contents to give. */
static bool has_buddy(const struct shadow_mm *mm)
{
	return shadow_boot_reached(mm, SHADOW_PHASE_MEM_INIT);
}

static int take_frames(struct shadow_machine *first,
		       const struct shadow_config *cfg, u64 *pfn, char *said,
		       size_t said_bytes)
{
	struct shadow_nodes *nodes = &first->mm.nodes;
	unsigned int shift = nodes->page_shift;
	u64 align = shadow_pool_align(cfg->bytes, cfg->page_shift);

	if (!has_buddy(&first->mm)) {
		scnprintf(said, said_bytes,
			  "share=%llu: the first machine has no buddy allocator before %s; allowed: after it",
			  cfg->share, shadow_phase_name(SHADOW_PHASE_MEM_INIT));
		return -EPERM;
	}
	if (shadow_block_virtual(&first->mm.block)) {
		scnprintf(said, said_bytes,
			  "share=%llu: the first machine's board is virtual, its memory is not there to be shared; allowed: size=",
			  cfg->share);
		return -EOPNOTSUPP;
	}
	if (!IS_ALIGNED(cfg->bytes, 1ULL << shift)) {
		scnprintf(said, said_bytes,
			  "share=%llu: allowed: a multiple of %llu, the first machine's page",
			  cfg->share, 1ULL << shift);
		return -EINVAL;
	}
	*pfn = shadow_contig_alloc(nodes, cfg->bytes >> shift,
				   max_t(u64, align >> shift, 1),
				   SHADOW_OWNER_SHARED);
	if (*pfn)
		return 0;
	scnprintf(said, said_bytes,
		  "share=%llu: the first machine has no %llu free frames in a row that its watermarks leave",
		  cfg->share, cfg->bytes >> shift);
	return shadow_fault_frozen(&first->mm.fault) ? -EUCLEAN : -ENOMEM;
}

/**
 * shadow_machine_share() - take a block from the first machine
 * @machine: a further machine; its pool is filled
 * @cfg: what it is going to be
 * @said: why not, one line
 * @said_bytes: room there
 *
 * Context: process context, sleeps; takes the first machine's lock.
 * Return: 0; -EPERM where the first machine has no buddy; -EOPNOTSUPP where its
 * board is virtual; -EINVAL; -ENOMEM; -EUCLEAN where it is frozen; -EINTR.
 */
int shadow_machine_share(struct shadow_machine *machine,
			 const struct shadow_config *cfg, char *said,
			 size_t said_bytes)
{
	struct shadow_machine *first = machine->first;
	const struct shadow_block *block = &first->mm.block;
	phys_addr_t base;
	u64 pfn;
	int err;

	if (mutex_lock_killable(&first->lock)) {
		scnprintf(said, said_bytes, "interrupted");
		return -EINTR;
	}
	err = take_frames(first, cfg, &pfn, said, said_bytes);
	if (!err) {
		base = (phys_addr_t)pfn << first->mm.nodes.page_shift;
		shadow_pool_share(&machine->pool, base, cfg->bytes,
				  shadow_phys_to_virt(block, base));
		first->nr_shares++;
	}
	mutex_unlock(&first->lock);
	return err;
}

/**
 * shadow_machine_unshare() - give a block back to the first machine
 * @machine: a further machine, down
 * @base: physical address of the block
 * @bytes: its length
 *
 * As long as it was out, the first machine was not reset; but it may have gone
 * down in a step, or be frozen. Then there is no buddy to take the frames.
 *
 * Context: process context, sleeps; takes the first machine's lock.
 */
void shadow_machine_unshare(struct shadow_machine *machine, u64 base, u64 bytes)
{
	struct shadow_machine *first = machine->first;
	unsigned int shift = first->mm.nodes.page_shift;

	mutex_lock(&first->lock);
	if (has_buddy(&first->mm))
		shadow_contig_free(&first->mm.nodes, base >> shift,
				   bytes >> shift);
	first->nr_shares--;
	mutex_unlock(&first->lock);
}
