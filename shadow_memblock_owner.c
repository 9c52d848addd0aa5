// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_memblock - who reserved what: how the log of early memory follows the
 * reserved list. See shadow_memblock.h and shadow_early_log.h.
 *
 * A reserved byte belongs to whoever reserved it first.
 */
#include "shadow_memblock.h"

/**
 * shadow_memblock_owner_take() - a range enters the reserved list
 * @mb: the early allocator
 * @base: physical address of the first byte
 * @bytes: how much; none of it was reserved before
 *
 * Context: one thread; for this room's files.
 */
void shadow_memblock_owner_take(struct shadow_memblock *mb, phys_addr_t base,
				u64 bytes)
{
	/* The list's only region: whatever the log says is of the past. */
	if (mb->reserved.cnt == 1)
		shadow_early_log_clear(&mb->log);
	shadow_early_log_take(&mb->log, base, bytes);
}

/* All of it, in regions of whatever flags and nodes that touch each other. */
static bool reserved_whole(const struct shadow_memblock *mb,
			   const struct shadow_early_range *entry,
			   unsigned long *idx)
{
	const struct shadow_memblock_type *type = &mb->reserved;
	phys_addr_t pa = entry->base;

	for (; *idx < type->cnt; ++*idx) {
		const struct shadow_memblock_region *rgn = &type->regions[*idx];

		if (rgn->base + rgn->size <= pa)
			continue;
		if (rgn->base > pa)
			return false;
		pa = rgn->base + rgn->size;
		if (pa >= shadow_early_range_end(entry))
			return true;
	}
	return false;
}

/**
 * shadow_memblock_owner_verify() - does the log agree with the reserved list?
 * @mb: the early allocator, whose lists are sound
 * @fault: raised with the first thing that is wrong
 *
 * Context: any; changes nothing; for this room's files.
 * Return: 0 or -EUCLEAN.
 */
int shadow_memblock_owner_verify(const struct shadow_memblock *mb,
				 struct shadow_fault *fault)
{
	unsigned long rgn_idx = 0;
	unsigned int idx;
	u64 total = 0;
	int err;

	/* Void until something is reserved again. */
	if (!mb->reserved.cnt)
		return 0;
	err = shadow_early_log_verify(&mb->log, fault);
	if (err)
		return err;
	for (idx = 0; idx < mb->log.nr; idx++) {
		const struct shadow_early_range *entry = &mb->log.range[idx];

		if (!reserved_whole(mb, entry, &rgn_idx))
			return shadow_fault_raise(fault,
				"memblock: owner %u 0x%llx+0x%llx is not reserved",
				idx, (unsigned long long)entry->base,
				(unsigned long long)entry->bytes);
		total += entry->bytes;
	}
	if (mb->log.nr_lost || total == mb->reserved.total_size)
		return 0;
	return shadow_fault_raise(fault,
				  "memblock: 0x%llx of 0x%llx reserved bytes have an owner",
				  (unsigned long long)total,
				  (unsigned long long)mb->reserved.total_size);
}
