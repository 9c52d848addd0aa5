/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_early_log - who took which early memory: the log that every early
 * allocator keeps.
 *
 * A sorted list of disjoint byte ranges, each with the name of whoever took it
 * first; neighbours of one owner are one entry. Its length is fixed, because it
 * has to work before anything can be allocated. What does not fit is counted as
 * lost, and its bytes have no owner from then on.
 *
 * Locking: the early allocator's, which has none: one thread boots a machine.
 */
#ifndef SHADOW_EARLY_LOG_H
#define SHADOW_EARLY_LOG_H

#include "shadow_compat.h"
#include "shadow_fault.h"
#include "shadow_site.h"

/* A board's 1,024 reserved ranges, none beside another, and the boot's own. */
#define SHADOW_EARLY_LOG_RANGES		1280

/**
 * struct shadow_early_range - whose a range is
 * @base: physical address of the first byte
 * @bytes: length; base + bytes does not wrap
 * @owner: who took it; the name lives as long as the log
 * @birth: when and where the first of it was taken; all 0: nobody notes that
 */
struct shadow_early_range {
	phys_addr_t base;
	u64 bytes;
	const char *owner;
	struct shadow_birth birth;
};

/**
 * struct shadow_early_log - whose early memory is
 * @owner: whose the next ranges are
 * @sites: where ranges are taken from; NULL: nobody wants to know
 * @as: the next ranges are taken over: that is when and where they were taken;
 *	NULL: here and now
 * @nr: entries of @range in use
 * @nr_lost: how often @range had no room. While it is 0, @range says it for
 *	every byte that was taken.
 * @range: sorted and disjoint; neighbours of one owner, and of one site where
 *	that is noted, are one entry
 */
struct shadow_early_log {
	const char *owner;
	struct shadow_sites *sites;
	const struct shadow_birth *as;
	unsigned int nr;
	u64 nr_lost;
	struct shadow_early_range range[SHADOW_EARLY_LOG_RANGES];
};

void shadow_early_log_init(struct shadow_early_log *log);
const char *shadow_early_log_set_owner(struct shadow_early_log *log,
				       const char *owner);
const char *shadow_early_log_owner_of(const struct shadow_early_log *log,
				      phys_addr_t pa);
void shadow_early_log_take(struct shadow_early_log *log, phys_addr_t base,
			   u64 bytes);
void shadow_early_log_drop(struct shadow_early_log *log, phys_addr_t base,
			   u64 bytes);
void shadow_early_log_clear(struct shadow_early_log *log);
int shadow_early_log_verify(const struct shadow_early_log *log,
			    struct shadow_fault *fault);

static inline phys_addr_t
shadow_early_range_end(const struct shadow_early_range *range)
{
	return range->base + range->bytes;
}

#endif /* SHADOW_EARLY_LOG_H */
