/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_map - whose each part of physical memory is, in letters: what the file
 * `map` draws.
 */
#ifndef SHADOW_MAP_H
#define SHADOW_MAP_H

#include "shadow_mm.h"

/* What a frame is, in a picture. Legends have this order. */
enum shadow_map_class {
	SHADOW_MAP_FREE,	/* in the buddy's areas; before: not reserved */
	SHADOW_MAP_PCP,
	SHADOW_MAP_DIRECT,
	SHADOW_MAP_TABLE,
	SHADOW_MAP_SLAB,
	SHADOW_MAP_KMALLOC,
	SHADOW_MAP_VMALLOC,
	SHADOW_MAP_KMAP,
	SHADOW_MAP_USER,
	SHADOW_MAP_SHARED,
	SHADOW_MAP_MEMMAP,
	SHADOW_MAP_IMAGE,
	SHADOW_MAP_EARLY,
	SHADOW_MAP_NOMAP,
	SHADOW_MAP_DEVICE,
	SHADOW_MAP_HOLE,
	SHADOW_MAP_UNKNOWN,	/* what no machine in order has */
	SHADOW_NR_MAP_CLASSES
};

/* The three classes that a board's memory is said to fall into */
enum shadow_map_kind {
	SHADOW_MAP_STATIC,	/* the kernel image, device tree and initrd */
	SHADOW_MAP_RESERVED,	/* what else the buddy never gets */
	SHADOW_MAP_MANAGED,	/* the buddy's, free or in use */
	SHADOW_NR_MAP_KINDS
};

extern const char *const shadow_map_kind_names[SHADOW_NR_MAP_KINDS];

#define SHADOW_MAP_COLUMNS	64	/* characters of a row */
#define SHADOW_MAP_LINES	40	/* rows of a picture whose scale is chosen */
#define SHADOW_MAP_MAX_FRAMES	BIT_ULL(30)	/* frames of a character, given */

/* Parts: zones by node and type; before there are zones, nodes */
#define SHADOW_MAP_PARTS	(SHADOW_MAX_NODES * SHADOW_MAX_NR_ZONES)

/**
 * struct shadow_map_part - frames that are drawn together
 * @zone: the zone that they are; NULL before the handover
 * @nid: their node, or SHADOW_NUMA_NO_NODE while that is not known of all memory
 * @start_pfn: the first
 * @end_pfn: the one after the last; frames of others may lie between
 */
struct shadow_map_part {
	struct shadow_zone *zone;
	int nid;
	u64 start_pfn;
	u64 end_pfn;
};

/**
 * struct shadow_map_count - frames by what they are
 * @nr: per enum shadow_map_class
 * @kind: per enum shadow_map_kind; neither holes nor devices are in there
 */
struct shadow_map_count {
	u64 nr[SHADOW_NR_MAP_CLASSES];
	u64 kind[SHADOW_NR_MAP_KINDS];
};

/**
 * struct shadow_map_row - one row of a picture
 * @start_pfn: frame that its first character begins with, a multiple of all
 *	that the row shows; the part may begin later
 * @text: the characters, blank where the part has no frames; those at the end
 *	are cut off
 */
struct shadow_map_row {
	u64 start_pfn;
	char text[SHADOW_MAP_COLUMNS + 1];
};

char shadow_map_letter(enum shadow_map_class class);
const char *shadow_map_meaning(enum shadow_map_class class);
char shadow_map_char(const struct shadow_map_count *count);
bool shadow_map_part(struct shadow_mm *mm, unsigned int nr,
		     struct shadow_map_part *part);
void shadow_map_count(struct shadow_mm *mm, const struct shadow_map_part *part,
		      u64 start_pfn, u64 end_pfn,
		      struct shadow_map_count *count);
u64 shadow_map_frames(struct shadow_mm *mm);
bool shadow_map_row(struct shadow_mm *mm, const struct shadow_map_part *part,
		    u64 frames, u64 pfn, struct shadow_map_row *row,
		    struct shadow_map_count *sum);

#endif /* SHADOW_MAP_H */
