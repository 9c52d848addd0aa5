/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_audit - every page frame has exactly one owner. Counts them, and asks
 * each layer to verify itself.
 */
#ifndef SHADOW_AUDIT_H
#define SHADOW_AUDIT_H

#include "shadow_mm.h"

/* Layers that can verify themselves, in the order in which they are asked */
enum shadow_audit_layer {
	SHADOW_AUDIT_MEMBLOCK,
	SHADOW_AUDIT_EARLY,
	SHADOW_AUDIT_BACKING,
	SHADOW_AUDIT_FIXMAP,
	SHADOW_AUDIT_LAYOUT,
	SHADOW_AUDIT_IDMAP,
	SHADOW_AUDIT_INIT_PG,
	SHADOW_AUDIT_SWAPPER,
	SHADOW_AUDIT_VMEMMAP,
	SHADOW_AUDIT_KMAP,
	SHADOW_AUDIT_ZONE,
	SHADOW_AUDIT_BUDDY,
	SHADOW_AUDIT_PCP,
	SHADOW_AUDIT_SLAB,
	SHADOW_AUDIT_VMALLOC,
	SHADOW_AUDIT_USER,
	SHADOW_AUDIT_OWNERS,	/* from here on: what two layers say of each other */
	SHADOW_AUDIT_TABLES,
	SHADOW_AUDIT_LINEAR,
	SHADOW_AUDIT_FRAMES,
	SHADOW_AUDIT_RING,
	SHADOW_AUDIT_NR_LAYERS
};

/*
 * How long somebody may be on his way between two steps that belong together,
 * his thread being kept waiting: what is wrong for longer stays wrong. Only a
 * machine that is broken makes a reader wait so long.
 */
#define SHADOW_AUDIT_PATIENCE_NS	(500 * 1000 * 1000ULL)

/* Zones by node and type */
#define SHADOW_AUDIT_ZONES	(SHADOW_MAX_NODES * SHADOW_MAX_NR_ZONES)

/**
 * struct shadow_audit_zone - whose the frames of a zone are, of one moment
 * @spanned: as the zone says, like the next three
 * @present: likewise
 * @managed: likewise
 * @nr_free: likewise
 * @buddy: counted: free, in the buddy's areas
 * @pcp: free, on per-CPU lists
 * @device: of zone DEVICE
 * @owned: in use, by owner
 * @reserved: never given to the buddy, by owner
 */
struct shadow_audit_zone {
	u64 spanned;
	u64 present;
	u64 managed;
	u64 nr_free;
	u64 buddy;
	u64 pcp;
	u64 device;
	u64 owned[SHADOW_NR_OWNERS];
	u64 reserved[SHADOW_NR_OWNERS];
};

/**
 * struct shadow_audit - who owns what, in frames
 * @nr_frames: frames that the memmap describes
 * @holes: frames without memory
 * @buddy: free, in the buddy's areas
 * @pcp: free, on per-CPU lists
 * @device: frames of zone DEVICE, never the buddy's
 * @owned: in use, by owner
 * @reserved: never given to the buddy, by owner
 * @asked: layers that exist and were asked
 * @fault: the first thing found wrong
 * @faulty: the layer that found it
 * @nr_tables: table pages reached, of all trees
 * @locked_ns: how long the locks of one zone were kept, at most
 * @locked_nid: node of that zone
 * @locked_zone: its type
 */
struct shadow_audit {
	u64 nr_frames;
	u64 holes;
	u64 buddy;
	u64 pcp;
	u64 device;
	u64 owned[SHADOW_NR_OWNERS];
	u64 reserved[SHADOW_NR_OWNERS];
	u32 asked;
	struct shadow_fault fault;
	int faulty;
	u64 nr_tables;
	u64 locked_ns;
	int locked_nid;
	enum shadow_zone_type locked_zone;
};

const char *shadow_audit_layer_name(enum shadow_audit_layer layer);
int shadow_audit_verify(struct shadow_mm *mm, struct shadow_audit *audit);
int shadow_audit(struct shadow_mm *mm, struct shadow_audit *audit);
int shadow_audit_zones(struct shadow_mm *mm, struct shadow_audit *audit,
		       struct shadow_audit_zone *zones);
bool shadow_audit_pfn(const char *text, u64 *pfn);

/* shadow_audit_tables.c */
int shadow_audit_tables(struct shadow_mm *mm, struct shadow_audit *audit);
int shadow_audit_linear(struct shadow_mm *mm, struct shadow_fault *fault);

/* shadow_audit_frames.c */
int shadow_audit_frames(struct shadow_mm *mm, struct shadow_fault *fault);

/* shadow_audit_ring.c */
int shadow_audit_ring(struct shadow_mm *mm, struct shadow_audit *audit);

#endif /* SHADOW_AUDIT_H */
