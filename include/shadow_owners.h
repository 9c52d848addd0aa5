/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_owners - what of a machine is in use, summed up by call site, and what
 * has come into use since somebody said mark.
 *
 * Four kinds of things are counted: blocks of frames, areas of vmalloc, objects
 * of caches, and early reservations. Who asked for them is known of the first,
 * second and fourth with page_owner=on, of objects with STORE_USER; of others
 * what they are for.
 */
#ifndef SHADOW_OWNERS_H
#define SHADOW_OWNERS_H

#include "shadow_mm.h"

#define SHADOW_OWNERS_ROWS	1024	/* told apart; the rest is one sum */

enum shadow_owners_kind {
	SHADOW_OWNERS_PAGES,
	SHADOW_OWNERS_EARLY,
	SHADOW_OWNERS_AREAS,
	SHADOW_OWNERS_OBJECTS,
	SHADOW_NR_OWNERS_KINDS
};

extern const char *const shadow_owners_kinds[SHADOW_NR_OWNERS_KINDS];

/**
 * struct shadow_owners_row - what one call site has of one sort
 * @kind: what it is
 * @name: for what: of pages the owner's class, of areas their kind, of objects
 *	their cache, of early memory whoever took it
 * @caller: address of the call site in the code; 0: not known
 * @site: site of the oldest, whose stack is shown; 0: not known
 * @nr: blocks, ranges, areas or objects
 * @bytes: in them; of areas addresses, whose frames are counted by themselves
 * @oldest_seq: count of allocations when the oldest was made, of objects the
 *	number of the operation; 0: not known
 * @oldest_ns: the host's clock then; 0: not known
 */
struct shadow_owners_row {
	enum shadow_owners_kind kind;
	const char *name;
	unsigned long caller;
	u32 site;
	u64 nr;
	u64 bytes;
	u64 oldest_seq;
	u64 oldest_ns;
};

/**
 * struct shadow_owners - all sums
 * @marked: of what was allocated after the mark alone
 * @nr_rows: entries of @row
 * @nr_lost: things that @row has no room for
 * @bytes: by kind
 * @nr: by kind, things
 * @row: largest first
 * @row_of: for pages, by site and class, 1 + place in @row while it is filled;
 *	0: none yet
 */
struct shadow_owners {
	bool marked;
	u32 nr_rows;
	u64 nr_lost;
	u64 bytes[SHADOW_NR_OWNERS_KINDS];
	u64 nr[SHADOW_NR_OWNERS_KINDS];
	struct shadow_owners_row row[SHADOW_OWNERS_ROWS];
	u16 row_of[SHADOW_MAX_SITES][SHADOW_NR_OWNERS];
};

/**
 * struct shadow_owners_mark - what was in use when somebody said mark
 * @nr: which mark it is, the first is 1
 * @ns: the host's clock
 * @slab_when: number that the next operation on an object with debugging has
 * @frames: in use, by enum shadow_owner
 * @nr_areas: areas of vmalloc
 * @area_bytes: addresses of those
 * @early_bytes: early reservations
 * @objects: in use, by the cache's number
 */
struct shadow_owners_mark {
	u64 nr;
	u64 ns;
	u64 slab_when;
	u64 frames[SHADOW_NR_OWNERS];
	u64 nr_areas;
	u64 area_bytes;
	u64 early_bytes;
	u64 objects[SHADOW_SLAB_MAX_CACHES];
};

void shadow_owners_collect(struct shadow_mm *mm, bool marked,
			   struct shadow_owners *owners);
void shadow_owners_count(struct shadow_mm *mm, struct shadow_owners_mark *now);
int shadow_owners_set_mark(struct shadow_mm *mm);
u32 shadow_owners_cache(const struct shadow_mm *mm,
			const struct shadow_kmem_cache *cache);
bool shadow_owners_of_users(const struct shadow_owners_row *row);

#endif /* SHADOW_OWNERS_H */
