// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_early_log - who took which early memory. See shadow_early_log.h.
 */
#include "shadow_early_log.h"

/**
 * shadow_early_log_init() - an empty log
 * @log: the log
 *
 * Context: one thread.
 */
void shadow_early_log_init(struct shadow_early_log *log)
{
	shadow_early_log_clear(log);
	shadow_early_log_set_owner(log, NULL);
	log->sites = NULL;
	log->as = NULL;
}

/**
 * shadow_early_log_clear() - nobody has anything any more
 * @log: the log
 *
 * Context: one thread.
 */
void shadow_early_log_clear(struct shadow_early_log *log)
{
	log->nr = 0;
	log->nr_lost = 0;
}

/**
 * shadow_early_log_set_owner() - say whose the next ranges are
 * @log: the log
 * @owner: a name that lives as long as @log; NULL: "early"
 *
 * Context: one thread.
 * Return: who it was before, to be put back.
 */
const char *shadow_early_log_set_owner(struct shadow_early_log *log,
				       const char *owner)
{
	const char *before = log->owner;

	log->owner = owner ? owner : "early";
	return before;
}

/* Index of the first entry that ends after @pa, or nr. */
static unsigned int first_ending_after(const struct shadow_early_log *log,
				       phys_addr_t pa)
{
	unsigned int low = 0, high = log->nr;

	while (low < high) {
		unsigned int mid = (low + high) / 2;

		if (shadow_early_range_end(&log->range[mid]) <= pa)
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
 * shadow_early_log_owner_of() - who took a byte?
 * @log: the log
 * @pa: physical address
 *
 * Context: any.
 * Return: the name, or NULL where nobody did or the log had no room.
 */
const char *shadow_early_log_owner_of(const struct shadow_early_log *log,
				      phys_addr_t pa)
{
	unsigned int idx = first_ending_after(log, pa);

	if (idx == log->nr || log->range[idx].base > pa)
		return NULL;
	return log->range[idx].owner;
}

static void delete_span(struct shadow_early_log *log, unsigned int first,
			unsigned int end)
{
	memmove(&log->range[first], &log->range[end],
		(log->nr - end) * sizeof(log->range[0]));
	log->nr -= end - first;
}

static void insert(struct shadow_early_log *log, unsigned int idx,
		   const struct shadow_early_range *new)
{
	struct shadow_early_range *range = &log->range[idx];

	if (log->nr == SHADOW_EARLY_LOG_RANGES) {
		log->nr_lost++;
		return;
	}
	memmove(range + 1, range, (log->nr - idx) * sizeof(*range));
	*range = *new;
	log->nr++;
}

static struct shadow_birth birth_now(struct shadow_early_log *log)
{
	struct shadow_birth birth = {};

	if (log->as)
		return *log->as;
	if (log->sites && log->sites->births)
		shadow_site_birth(log->sites, 0, &birth);
	return birth;
}

/* Taken by the same one, from the same place, and both before or after a mark */
static bool alike(const struct shadow_early_log *log,
		  const struct shadow_early_range *old,
		  const struct shadow_early_range *new)
{
	if (!same_owner(old->owner, new->owner) ||
	    old->birth.site != new->birth.site)
		return false;
	return !old->birth.seq || !log->sites ||
	       (old->birth.seq > log->sites->mark_seq) ==
	       (new->birth.seq > log->sites->mark_seq);
}

/* The older one's birth is that of both */
static void absorb(struct shadow_early_range *range,
		   const struct shadow_early_range *other)
{
	range->bytes += other->bytes;
	if (other->base < range->base)
		range->base = other->base;
	if (other->birth.seq < range->birth.seq)
		range->birth = other->birth;
}

/**
 * shadow_early_log_take() - a range is taken, by whom was said before
 * @log: the log
 * @base: physical address of the first byte
 * @bytes: how much, not 0; none of it was taken before
 *
 * Context: one thread.
 */
void shadow_early_log_take(struct shadow_early_log *log, phys_addr_t base,
			   u64 bytes)
{
	const struct shadow_early_range new = {
		.base = base, .bytes = bytes, .owner = log->owner,
		.birth = birth_now(log),
	};
	unsigned int idx = first_ending_after(log, base);
	struct shadow_early_range *below = idx ? &log->range[idx - 1] : NULL;
	struct shadow_early_range *above = idx < log->nr ? &log->range[idx] :
							   NULL;

	if (below && (shadow_early_range_end(below) != base ||
		      !alike(log, below, &new)))
		below = NULL;
	if (above && (above->base != base + bytes || !alike(log, above, &new)))
		above = NULL;

	if (below)
		absorb(below, &new);
	else if (above)
		absorb(above, &new);
	else
		insert(log, idx, &new);
	if (below && above) {
		absorb(below, above);
		delete_span(log, idx, idx + 1);
	}
}

/**
 * shadow_early_log_drop() - a range is free again
 * @log: the log
 * @base: physical address of the first byte
 * @bytes: how much; base + bytes does not wrap
 *
 * Entries are shortened, split, or removed.
 *
 * Context: one thread.
 */
void shadow_early_log_drop(struct shadow_early_log *log, phys_addr_t base,
			   u64 bytes)
{
	unsigned int idx = first_ending_after(log, base), end;
	struct shadow_early_range *range = &log->range[idx];
	phys_addr_t stop = base + bytes;

	if (!bytes)
		return;
	if (idx < log->nr && range->base < base) {
		struct shadow_early_range rest = *range;

		rest.bytes = shadow_early_range_end(range) - stop;
		rest.base = stop;
		idx++;
		if (shadow_early_range_end(range) > stop) {
			range->bytes = base - range->base;
			insert(log, idx, &rest);
			return;
		}
		range->bytes = base - range->base;
	}
	for (end = idx; end < log->nr; end++) {
		if (shadow_early_range_end(&log->range[end]) > stop)
			break;
	}
	delete_span(log, idx, end);
	range = &log->range[idx];
	if (idx < log->nr && range->base < stop) {
		range->bytes = shadow_early_range_end(range) - stop;
		range->base = stop;
	}
}

/**
 * shadow_early_log_verify() - is the log what it should be by itself?
 * @log: the log
 * @fault: raised with the first thing that is wrong
 *
 * Entries are sorted, disjoint, owned, not empty, and do not wrap. Whether they
 * agree with what is taken is asked by the allocator that keeps the log.
 *
 * Context: any; changes nothing.
 * Return: 0 or -EUCLEAN.
 */
int shadow_early_log_verify(const struct shadow_early_log *log,
			    struct shadow_fault *fault)
{
	phys_addr_t end = 0;
	unsigned int idx;

	if (log->nr > SHADOW_EARLY_LOG_RANGES)
		return shadow_fault_raise(fault, "early_log: %u ranges",
					  log->nr);
	for (idx = 0; idx < log->nr; idx++) {
		const struct shadow_early_range *range = &log->range[idx];

		if (!range->bytes || !range->owner || range->base < end ||
		    shadow_early_range_end(range) < range->base)
			return shadow_fault_raise(fault,
				"early_log: range %u 0x%llx+0x%llx is not in its place",
				idx, (unsigned long long)range->base,
				(unsigned long long)range->bytes);
		end = shadow_early_range_end(range);
	}
	return 0;
}
