/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * versus - the kernel's mm/memblock.c and ours, side by side in one program.
 * Built by scripts/memblock-growth.sh. Each is compiled with its own headers,
 * so that this is all that the two and the driver have in common.
 */
#ifndef VERSUS_H
#define VERSUS_H

#include <linux/types.h>

struct versus_region {
	u64 base;
	u64 bytes;
	u32 flags;
	int nid;
};

/* What a list is at the moment */
struct versus_list {
	unsigned long cnt;
	unsigned long max;
	u64 total;
};

enum versus_mark {
	MARK_HOTPLUG,
	CLEAR_HOTPLUG,
	MARK_NOMAP,
	CLEAR_NOMAP,
	MARK_NOINIT,
	NR_MARKS
};

/**
 * struct versus - one of the two
 * @name: for the table
 * @init: no memory, nothing reserved. Arrays double, where that is allowed,
 *	into [@arena, @arena + @bytes), which is then memory from the start
 * @add: and what follows: as the functions of that name
 * @list: copies a list; @out may be NULL
 */
struct versus {
	const char *name;
	void (*init)(void *arena, u64 bytes, bool resize);
	int (*add)(u64 base, u64 bytes);
	int (*add_node)(u64 base, u64 bytes, int nid, u32 flags);
	int (*remove)(u64 base, u64 bytes);
	int (*reserve)(u64 base, u64 bytes);
	int (*phys_free)(u64 base, u64 bytes);
	int (*mark)(enum versus_mark mark, u64 base, u64 bytes);
	int (*set_node)(u64 base, u64 bytes, bool reserved, int nid);
	u64 (*alloc)(u64 bytes, u64 align, u64 start, u64 end, int nid,
		     bool exact);
	void (*set_bottom_up)(bool enable);
	struct versus_list (*list)(bool reserved, struct versus_region *out);
	int (*verify)(void);
};

extern const struct versus versus_kernel;
extern const struct versus versus_ours;

#endif /* VERSUS_H */
