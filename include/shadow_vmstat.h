/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_vmstat - a machine's counters by name, as /proc/vmstat has them.
 *
 * Of the kernel's names (vmstat_text of mm/vmstat.c) those are there that count
 * something here, in the kernel's order; what only this machine counts follows.
 * Nothing is reclaimed, swapped or migrated: names of that are left out, so that
 * no 0 looks as if it had been measured.
 */
#ifndef SHADOW_VMSTAT_H
#define SHADOW_VMSTAT_H

#include "shadow_mm.h"

/**
 * struct shadow_vmstat - one counter
 * @name: the kernel's where it has one
 * @value: what it stands at
 * @what: what it counts, in a few words
 * @unit: "" where that is in @what
 */
struct shadow_vmstat {
	const char *name;
	u64 value;
	const char *what;
	const char *unit;
};

bool shadow_vmstat_next(struct shadow_mm *mm, unsigned int *at,
			struct shadow_vmstat *stat);

#endif /* SHADOW_VMSTAT_H */
