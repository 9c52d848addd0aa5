/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_ptdump - a tree of tables as text, in the format of the kernel's
 * kernel_page_tables (arch/arm64/mm/ptdump.c of Linux 6.12).
 */
#ifndef SHADOW_PTDUMP_H
#define SHADOW_PTDUMP_H

#include "shadow_compat.h"
#include "shadow_walk.h"

#define SHADOW_PTDUMP_LINE	160	/* longest line, with its NUL */

/**
 * struct shadow_marker - a named place in the address space
 * @va: address; U64_MAX ends a list
 * @name: its name; NULL ends a list
 */
struct shadow_marker {
	u64 va;
	const char *name;
};

/**
 * struct shadow_ptdump_wx - what ptdump_check_wx() of the kernel counts
 * @wx_pages: pages that EL1 may write and execute
 * @uxn_pages: pages that EL0 may execute
 */
struct shadow_ptdump_wx {
	u64 wx_pages;
	u64 uxn_pages;
};

#define SHADOW_PTDUMP_WX_RANGES	40	/* as many rows as a view shows */

/**
 * struct shadow_ptdump_wx_range - neighbouring pages that are one or the other
 * @first: first address
 * @last: last address
 * @wx: EL1 may write and execute them
 * @uxn: EL0 may execute them
 */
struct shadow_ptdump_wx_range {
	u64 first;
	u64 last;
	bool wx;
	bool uxn;
};

/**
 * struct shadow_ptdump_wx_report - what shadow_ptdump_check_wx() found
 * @count: pages
 * @nr: ranges, also those that found no room
 * @range: the lowest of them
 */
struct shadow_ptdump_wx_report {
	struct shadow_ptdump_wx count;
	u64 nr;
	struct shadow_ptdump_wx_range range[SHADOW_PTDUMP_WX_RANGES];
};

int shadow_ptdump_check_wx(const struct shadow_walker *walker,
			   struct shadow_ptdump_wx_report *report);
bool shadow_ptdump_wx_text(const struct shadow_ptdump_wx *count, char *text,
			   size_t room);
int shadow_ptdump(const struct shadow_walker *walker,
		  const struct shadow_marker *markers,
		  void (*emit)(void *priv, const char *line), void *priv,
		  struct shadow_ptdump_wx *wx);
const char *shadow_ptdump_level_name(const struct shadow_geometry *geo,
				     int level, bool leaf);

#endif /* SHADOW_PTDUMP_H */
