/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_walk - the shape of AArch64 translation tables, what their
 * descriptors say, and a software walker for them.
 *
 * Follows the Arm Architecture Reference Manual (DDI 0487), chapter "The
 * AArch64 Virtual Memory System Architecture". A walker knows a root and how
 * to read one descriptor; whose tables those are, the shadow's or those that
 * the host runs on, it does not know.
 */
#ifndef SHADOW_WALK_H
#define SHADOW_WALK_H

#include "shadow_compat.h"

#define SHADOW_MAX_LEVELS	5	/* -1, 0, 1, 2, 3 */
#define SHADOW_LAST_LEVEL	3

/* "VMSAv8-64 Block descriptor and Page descriptor formats", stage 1 */
#define SHADOW_DESC_VALID	BIT_ULL(0)
#define SHADOW_DESC_TABLE	BIT_ULL(1)	/* or page, at level 3 */
#define SHADOW_DESC_TYPE	GENMASK_ULL(1, 0)
#define SHADOW_TYPE_BLOCK	1ULL
#define SHADOW_TYPE_TABLE	3ULL
#define SHADOW_TYPE_PAGE	3ULL

#define SHADOW_ATTR_INDX_SHIFT	2
#define SHADOW_ATTR_INDX	GENMASK_ULL(4, 2)
#define SHADOW_ATTR_NS		BIT_ULL(5)
#define SHADOW_ATTR_USER	BIT_ULL(6)	/* AP[1] */
#define SHADOW_ATTR_RDONLY	BIT_ULL(7)	/* AP[2] */
#define SHADOW_ATTR_SH_SHIFT	8
#define SHADOW_ATTR_SH		GENMASK_ULL(9, 8)	/* not with DS=1 */
#define SHADOW_ATTR_SH_OUTER	(2ULL << SHADOW_ATTR_SH_SHIFT)
#define SHADOW_ATTR_SH_INNER	(3ULL << SHADOW_ATTR_SH_SHIFT)
#define SHADOW_ATTR_AF		BIT_ULL(10)
#define SHADOW_ATTR_NG		BIT_ULL(11)
#define SHADOW_ATTR_NT		BIT_ULL(16)	/* blocks only */
#define SHADOW_ATTR_GP		BIT_ULL(50)
#define SHADOW_ATTR_DBM		BIT_ULL(51)
#define SHADOW_ATTR_CONT	BIT_ULL(52)
#define SHADOW_ATTR_PXN		BIT_ULL(53)
#define SHADOW_ATTR_UXN		BIT_ULL(54)
#define SHADOW_ATTR_SW		GENMASK_ULL(58, 55)	/* for software */

/* Linux's order of memory types in MAIR_EL1 (arch/arm64/include/asm/memory.h) */
#define SHADOW_MT_NORMAL		0ULL
#define SHADOW_MT_NORMAL_TAGGED		1ULL
#define SHADOW_MT_NORMAL_NC		2ULL
#define SHADOW_MT_DEVICE_NGNRNE		3ULL
#define SHADOW_MT_DEVICE_NGNRE		4ULL

#define SHADOW_ATTR_INDEX(mt)	((mt) << SHADOW_ATTR_INDX_SHIFT)

/* "VMSAv8-64 Table descriptor formats": these limit all that lies below */
#define SHADOW_TABLE_PXN	BIT_ULL(59)
#define SHADOW_TABLE_UXN	BIT_ULL(60)
#define SHADOW_TABLE_NO_EL0	BIT_ULL(61)	/* APTable[0] */
#define SHADOW_TABLE_RDONLY	BIT_ULL(62)	/* APTable[1] */
#define SHADOW_TABLE_NS		BIT_ULL(63)
#define SHADOW_TABLE_LIMITS	GENMASK_ULL(63, 59)

/**
 * struct shadow_geometry - the shape of a tree of tables
 * @page_shift: log2 of the granule: 12, 14 or 16
 * @va_bits: size of the input address
 * @pa_bits: size of the output address; what lies above is an address size
 *	fault
 * @bits_per_level: address bits that one full table resolves
 * @root_bits: address bits that the root resolves
 * @levels: how many lookups a page takes
 * @start_level: level of the root, -1 to 3
 * @block_levels: bit (level + 1) is set where a block is legal
 * @lpa2: the format of TCR_EL1.DS = 1
 * @oa_high_shift: how far the bits of @oa_high are moved up in an address
 * @oa_low: bits of a descriptor that hold address bits in place
 * @oa_high: those that hold the upper address bits elsewhere
 * @attr_mask: bits of a leaf that hold attributes
 *
 * Output addresses: 48 bits: [47:12], all in place. 64K: [51:48] in bits 15:12.
 * DS=1: [49:12] in place, [51:50] in bits 9:8.
 */
struct shadow_geometry {
	u8 page_shift;
	u8 va_bits;
	u8 pa_bits;
	u8 bits_per_level;
	u8 root_bits;
	u8 levels;
	s8 start_level;
	u8 block_levels;
	bool lpa2;
	u8 oa_high_shift;
	u64 oa_low;
	u64 oa_high;
	u64 attr_mask;
};

int shadow_geometry_init(struct shadow_geometry *geo, unsigned int page_shift,
			 unsigned int va_bits, unsigned int pa_bits, bool lpa2);
int shadow_geometry_init_any(struct shadow_geometry *geo,
			     unsigned int page_shift, unsigned int va_bits,
			     unsigned int pa_bits, bool lpa2);
unsigned int shadow_geometry_contig(const struct shadow_geometry *geo,
				    int level);

/* log2 of the bytes that one descriptor of a level covers */
static inline unsigned int
shadow_geometry_shift(const struct shadow_geometry *geo, int level)
{
	return geo->page_shift +
	       (SHADOW_LAST_LEVEL - level) * geo->bits_per_level;
}

/* May a descriptor of this level be a block? */
static inline bool
shadow_geometry_has_block(const struct shadow_geometry *geo, int level)
{
	return geo->block_levels & BIT(level + 1);
}

/* Number of descriptors in a table of this level */
static inline unsigned int
shadow_geometry_entries(const struct shadow_geometry *geo, int level)
{
	return 1U << (level == geo->start_level ? geo->root_bits :
						  geo->bits_per_level);
}

/* Index of a VA into the table of a level; the bits above are cut off */
static inline unsigned int
shadow_geometry_index(const struct shadow_geometry *geo, int level, u64 va)
{
	return (va >> shadow_geometry_shift(geo, level)) &
	       (shadow_geometry_entries(geo, level) - 1);
}

/* First VA of a half; the upper half ends at U64_MAX */
static inline u64 shadow_geometry_first(const struct shadow_geometry *geo,
					bool upper)
{
	return upper ? ~0ULL << geo->va_bits : 0;
}

/* Last VA of a half */
static inline u64 shadow_geometry_last(const struct shadow_geometry *geo,
				       bool upper)
{
	return upper ? ~0ULL : ~(~0ULL << geo->va_bits);
}

/**
 * shadow_desc_oa() - address in a table or page descriptor
 * @geo: the geometry
 * @desc: the descriptor
 *
 * For a block the caller clears what lies below the block's size.
 *
 * Context: any.
 * Return: output address, page aligned; follows "Output address" of the
 * descriptor formats.
 */
static __always_inline phys_addr_t
shadow_desc_oa(const struct shadow_geometry *geo, u64 desc)
{
	return (desc & geo->oa_low) |
	       (desc & geo->oa_high) << geo->oa_high_shift;
}

/**
 * shadow_desc_from_oa() - the inverse of shadow_desc_oa()
 * @geo: the geometry
 * @oa: output address, page aligned and below 2^pa_bits
 *
 * Context: any.
 * Return: the bits of a descriptor that hold the address.
 */
static __always_inline u64
shadow_desc_from_oa(const struct shadow_geometry *geo, phys_addr_t oa)
{
	return (oa & geo->oa_low) | (oa >> geo->oa_high_shift & geo->oa_high);
}

enum shadow_desc_kind {
	SHADOW_DESC_KIND_INVALID,	/* bit 0 clear */
	SHADOW_DESC_KIND_RESERVED,	/* a block where none is legal */
	SHADOW_DESC_KIND_TABLE,
	SHADOW_DESC_KIND_BLOCK,
	SHADOW_DESC_KIND_PAGE,
};

enum shadow_desc_kind shadow_desc_kind(const struct shadow_geometry *geo,
				       int level, u64 desc);

/* Why a walk gave no address */
enum shadow_walk_fault {
	SHADOW_WALK_OK,
	SHADOW_WALK_ADDRESS_SIZE,
	SHADOW_WALK_TRANSLATION,
	SHADOW_WALK_ACCESS_FLAG,
	SHADOW_WALK_PERMISSION,
	SHADOW_WALK_EXTERNAL,	/* a table could not be read */
};

/* Who does what; PSTATE.PAN is not looked at */
enum shadow_access {
	SHADOW_ACCESS_EL1_READ,		/* AT S1E1R */
	SHADOW_ACCESS_EL1_WRITE,	/* AT S1E1W */
	SHADOW_ACCESS_EL1_EXEC,
	SHADOW_ACCESS_EL0_READ,		/* AT S1E0R */
	SHADOW_ACCESS_EL0_WRITE,	/* AT S1E0W */
	SHADOW_ACCESS_EL0_EXEC,
};

extern const char *const shadow_desc_kind_names[];
extern const char *const shadow_walk_fault_names[];

/**
 * struct shadow_walker - where to start and how to read
 * @geo: geometry of the half
 * @root: physical address of the first table
 * @upper: the half of TTBR1_EL1
 * @identity: the MMU is off: VA = PA, nothing is read
 * @disabled: TCR_EL1.EPDx: each walk is a translation fault at level 0
 * @between: the VA that selected this walker belongs to neither half
 * @tbi: the top byte of a VA is not looked at
 * @hpd: the limits in table descriptors are not looked at
 * @ha: a clear AF is set by hardware, not a fault
 * @hd: a read-only leaf with DBM is made writable by hardware
 * @fold_equal: shadow_walk_for_each() visits once what a table holds that was
 *	linked before at that level, the last time, if that is the same everywhere;
 *	what tables in between limit is not looked at
 * @max_tables: shadow_walk_for_each() visits no more tables; 0: no bound
 * @read: reads the descriptor at @pa; an error means that there is no memory
 *	to read, and becomes SHADOW_WALK_EXTERNAL
 * @ctx: for @read
 */
struct shadow_walker {
	struct shadow_geometry geo;
	phys_addr_t root;
	bool upper;
	bool identity;
	bool disabled;
	bool between;
	bool tbi;
	bool hpd;
	bool ha;
	bool hd;
	bool fold_equal;
	u64 max_tables;
	int (*read)(void *ctx, phys_addr_t pa, u64 *desc);
	void *ctx;
};

/**
 * struct shadow_walk_step - one lookup
 * @desc_pa: physical address of the descriptor
 * @desc: its value; 0 if it could not be read
 * @index: its index in the table
 * @level: level of the table
 * @kind: enum shadow_desc_kind
 */
struct shadow_walk_step {
	phys_addr_t desc_pa;
	u64 desc;
	u16 index;
	s8 level;
	u8 kind;
};

/**
 * struct shadow_walk - a walk and what came of it
 * @va: the address asked for
 * @pa: the result; only if a leaf was reached: @leaf_shift is not 0
 * @attrs: attributes of the leaf as the descriptor holds them
 * @limits: SHADOW_TABLE_*, of all tables on the way
 * @nr_steps: lookups made
 * @leaf_shift: log2 of the bytes the leaf covers; 0: none was reached
 * @cont_shift: the same for its contiguous group; 0: the hint is not set
 * @fault: enum shadow_walk_fault
 * @level: level at which it ended, by a leaf or by a fault
 * @hd: as in struct shadow_walker
 * @identity: the MMU was off
 * @step: the lookups
 */
struct shadow_walk {
	u64 va;
	phys_addr_t pa;
	u64 attrs;
	u64 limits;
	u8 nr_steps;
	u8 leaf_shift;
	u8 cont_shift;
	u8 fault;
	s8 level;
	bool hd;
	bool identity;
	struct shadow_walk_step step[SHADOW_MAX_LEVELS];
};

int shadow_walk(const struct shadow_walker *walker, u64 va,
		struct shadow_walk *out);
bool shadow_walk_permits(const struct shadow_walk *walk,
			 enum shadow_access access);
enum shadow_walk_fault shadow_walk_access(const struct shadow_walk *walk,
					  enum shadow_access access);
unsigned int shadow_walk_fst(enum shadow_walk_fault fault, int level);
int shadow_walk_from_fst(unsigned int fst, enum shadow_walk_fault *fault,
			 int *level);

/**
 * struct shadow_walk_entry - a descriptor that is no table, met in order
 * @va: first address it covers
 * @desc_pa: where it is
 * @desc: its value
 * @limits: SHADOW_TABLE_*, of the tables above it
 * @pa: output address of a leaf
 * @shift: log2 of the bytes it covers
 * @level: level of its table
 * @kind: enum shadow_desc_kind, never a table
 * @external: this was a table that could not be read
 */
struct shadow_walk_entry {
	u64 va;
	phys_addr_t desc_pa;
	u64 desc;
	u64 limits;
	phys_addr_t pa;
	u8 shift;
	s8 level;
	u8 kind;
	bool external;
};

int shadow_walk_for_each(const struct shadow_walker *walker, u64 va_first,
			 u64 va_last,
			 int (*visit)(void *priv,
				      const struct shadow_walk_entry *entry),
			 void *priv);

#endif /* SHADOW_WALK_H */
