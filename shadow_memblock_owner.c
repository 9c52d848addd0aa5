// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_memblock - who reserved what. See shadow_memblock.h.
 *
 * The log is a sorted list of disjoint ranges of a fixed length. A reserved
 * byte belongs to whoever reserved it first. What does not fit is counted as
 * lost, and its bytes have no owner from then on.
 */
#include "shadow_memblock.h"

/**
 * shadow_memblock_set_owner() - say whose the next reservations are
 * @mb: the early allocator
 * @owner: a name that lives as long as @mb; NULL: "early"
 *
 * Context: one thread.
 * Return: who it was before, to be put back.
 */
const char *shadow_memblock_set_owner(struct shadow_memblock *mb,
				      const char *owner)
{
	const char *before = mb->owner;

	mb->owner = owner ? owner : "early";
	return before;
}

static phys_addr_t log_end(const struct shadow_memblock_owner *entry)
{
	return entry->base + entry->bytes;
}

/* Index of the first entry that ends after @pa, or nr_owners. */
static unsigned int first_ending_after(const struct shadow_memblock *mb,
				       phys_addr_t pa)
{
	unsigned int low = 0, high = mb->nr_owners;

	while (low < high) {
		unsigned int mid = (low + high) / 2;

		if (log_end(&mb->owners[mid]) <= pa)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Two files may hold the same name at two addresses. */
static bool same_owner(const char *a, const char *b)
{
	return a == b || !strcmp(a, b);
}

/**
 * shadow_memblock_owner_of() - who reserved a byte?
 * @mb: the early allocator
 * @pa: physical address
 *
 * Context: any.
 * Return: the name, or NULL where it is not reserved or the log had no room.
 */
const char *shadow_memblock_owner_of(const struct shadow_memblock *mb,
				     phys_addr_t pa)
{
	unsigned int idx = first_ending_after(mb, pa);

	if (idx == mb->nr_owners || mb->owners[idx].base > pa)
		return NULL;
	return mb->owners[idx].owner;
}

static void log_delete(struct shadow_memblock *mb, unsigned int first,
		       unsigned int end)
{
	memmove(&mb->owners[first], &mb->owners[end],
		(mb->nr_owners - end) * sizeof(mb->owners[0]));
	mb->nr_owners -= end - first;
}

static void log_insert(struct shadow_memblock *mb, unsigned int idx,
		       phys_addr_t base, u64 bytes, const char *owner)
{
	struct shadow_memblock_owner *entry = &mb->owners[idx];

	if (mb->nr_owners == SHADOW_MEMBLOCK_NR_OWNERS) {
		mb->nr_owners_lost++;
		return;
	}
	memmove(entry + 1, entry, (mb->nr_owners - idx) * sizeof(*entry));
	entry->base = base;
	entry->bytes = bytes;
	entry->owner = owner;
	mb->nr_owners++;
}

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
	struct shadow_memblock_owner *below, *above;
	unsigned int idx;

	/* The list's only region: whatever the log says is of the past. */
	if (mb->reserved.cnt == 1) {
		mb->nr_owners = 0;
		mb->nr_owners_lost = 0;
	}
	idx = first_ending_after(mb, base);
	below = idx ? &mb->owners[idx - 1] : NULL;
	above = idx < mb->nr_owners ? &mb->owners[idx] : NULL;
	if (below && (log_end(below) != base ||
		      !same_owner(below->owner, mb->owner)))
		below = NULL;
	if (above && (above->base != base + bytes ||
		      !same_owner(above->owner, mb->owner)))
		above = NULL;

	if (below && above) {
		below->bytes += bytes + above->bytes;
		log_delete(mb, idx, idx + 1);
	} else if (below) {
		below->bytes += bytes;
	} else if (above) {
		above->base = base;
		above->bytes += bytes;
	} else {
		log_insert(mb, idx, base, bytes, mb->owner);
	}
}

/**
 * shadow_memblock_owner_drop() - a range leaves the reserved list
 * @mb: the early allocator
 * @base: physical address of the first byte
 * @bytes: how much; base + bytes does not wrap
 *
 * Entries are shortened, split, or removed.
 *
 * Context: one thread; for this room's files.
 */
void shadow_memblock_owner_drop(struct shadow_memblock *mb, phys_addr_t base,
				u64 bytes)
{
	unsigned int idx = first_ending_after(mb, base), end;
	struct shadow_memblock_owner *entry = &mb->owners[idx];
	phys_addr_t stop = base + bytes;

	if (!bytes)
		return;
	if (idx < mb->nr_owners && entry->base < base) {
		phys_addr_t was_end = log_end(entry);

		entry->bytes = base - entry->base;
		idx++;
		if (was_end > stop) {
			log_insert(mb, idx, stop, was_end - stop, entry->owner);
			return;
		}
	}
	for (end = idx; end < mb->nr_owners; end++) {
		if (log_end(&mb->owners[end]) > stop)
			break;
	}
	log_delete(mb, idx, end);
	entry = &mb->owners[idx];
	if (idx < mb->nr_owners && entry->base < stop) {
		entry->bytes = log_end(entry) - stop;
		entry->base = stop;
	}
}

/* All of it, in regions of whatever flags and nodes that touch each other. */
static bool reserved_whole(const struct shadow_memblock *mb,
			   const struct shadow_memblock_owner *entry,
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
		if (pa >= log_end(entry))
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
	phys_addr_t end = 0;
	u64 total = 0;
	unsigned int idx;

	/* Void until something is reserved again. */
	if (!mb->reserved.cnt)
		return 0;
	if (mb->nr_owners > SHADOW_MEMBLOCK_NR_OWNERS)
		return shadow_fault_raise(fault, "memblock: %u owners",
					  mb->nr_owners);
	for (idx = 0; idx < mb->nr_owners; idx++) {
		const struct shadow_memblock_owner *entry = &mb->owners[idx];

		if (!entry->bytes || !entry->owner || entry->base < end ||
		    !reserved_whole(mb, entry, &rgn_idx))
			return shadow_fault_raise(fault,
				"memblock: owner %u 0x%llx+0x%llx is not reserved",
				idx, (unsigned long long)entry->base,
				(unsigned long long)entry->bytes);
		end = log_end(entry);
		total += entry->bytes;
	}
	if (mb->nr_owners_lost || total == mb->reserved.total_size)
		return 0;
	return shadow_fault_raise(fault,
				  "memblock: 0x%llx of 0x%llx reserved bytes have an owner",
				  (unsigned long long)total,
				  (unsigned long long)mb->reserved.total_size);
}
