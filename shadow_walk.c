// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_walk - the shape of AArch64 translation tables, and a software walker.
 *
 * There is no code for one granule or for one address size: what differs is
 * computed once, into struct shadow_geometry.
 */
#include "shadow_walk.h"

const char *const shadow_desc_kind_names[] = {
	[SHADOW_DESC_KIND_INVALID]	= "invalid",
	[SHADOW_DESC_KIND_RESERVED]	= "reserved",
	[SHADOW_DESC_KIND_TABLE]	= "table",
	[SHADOW_DESC_KIND_BLOCK]	= "block",
	[SHADOW_DESC_KIND_PAGE]		= "page",
};

const char *const shadow_walk_fault_names[] = {
	[SHADOW_WALK_OK]		= "none",
	[SHADOW_WALK_ADDRESS_SIZE]	= "address size",
	[SHADOW_WALK_TRANSLATION]	= "translation",
	[SHADOW_WALK_ACCESS_FLAG]	= "access flag",
	[SHADOW_WALK_PERMISSION]	= "permission",
	[SHADOW_WALK_EXTERNAL]		= "external abort",
};

/* AArch64.BlockDescSupported() of the Arm ARM, one bit a level */
static u8 block_levels(unsigned int page_shift, unsigned int pa_bits, bool lpa2)
{
	u8 levels = BIT(2 + 1);

	if (page_shift == 12)
		levels |= BIT(1 + 1) | (lpa2 ? BIT(0 + 1) : 0);
	else if (page_shift == 14)
		levels |= lpa2 ? BIT(1 + 1) : 0;
	else if (pa_bits == 52)
		levels |= BIT(1 + 1);
	return levels;
}

static void set_oa_format(struct shadow_geometry *geo)
{
	geo->attr_mask = SHADOW_ATTR_INDX | SHADOW_ATTR_USER |
			 SHADOW_ATTR_RDONLY | SHADOW_ATTR_SH | SHADOW_ATTR_AF |
			 SHADOW_ATTR_NG | SHADOW_ATTR_GP | SHADOW_ATTR_DBM |
			 SHADOW_ATTR_CONT | SHADOW_ATTR_PXN | SHADOW_ATTR_UXN |
			 SHADOW_ATTR_SW;
	geo->oa_low = GENMASK_ULL(47, 0) & ~0ULL << geo->page_shift;
	if (geo->lpa2) {
		geo->oa_low |= GENMASK_ULL(49, 48);
		geo->oa_high = GENMASK_ULL(9, 8);
		geo->oa_high_shift = 50 - 8;
		geo->attr_mask &= ~SHADOW_ATTR_SH;
	} else if (geo->page_shift == 16) {
		geo->oa_high = GENMASK_ULL(15, 12);
		geo->oa_high_shift = 48 - 12;
	}
}

/**
 * shadow_geometry_init_any() - geometry for any size that TxSZ can express
 * @geo: filled
 * @page_shift: log2 of the granule
 * @va_bits: size of the input address, 25 to 48, or to 52 with @lpa2 or 64K
 * @pa_bits: size of the output address, 32 to 48, or to 52 likewise
 * @lpa2: the format of TCR_EL1.DS = 1
 *
 * For decoding somebody else's registers. Follows "Translation granules" and
 * the tables of initial lookup levels of the Arm ARM.
 *
 * Context: any.
 * Return: 0, or -EINVAL for a combination that the architecture does not have.
 */
int shadow_geometry_init_any(struct shadow_geometry *geo,
			     unsigned int page_shift, unsigned int va_bits,
			     unsigned int pa_bits, bool lpa2)
{
	unsigned int bits = page_shift - 3, levels, max_bits;

	if (page_shift != 12 && page_shift != 14 && page_shift != 16)
		return -EINVAL;
	if (lpa2 && page_shift == 16)
		return -EINVAL;
	max_bits = lpa2 || page_shift == 16 ? 52 : 48;
	if (va_bits < 25 || va_bits > max_bits ||
	    pa_bits < 32 || pa_bits > max_bits)
		return -EINVAL;

	levels = DIV_ROUND_UP(va_bits - page_shift, bits);
	memset(geo, 0, sizeof(*geo));
	geo->page_shift = page_shift;
	geo->va_bits = va_bits;
	geo->pa_bits = pa_bits;
	geo->bits_per_level = bits;
	geo->root_bits = va_bits - page_shift - (levels - 1) * bits;
	geo->levels = levels;
	geo->start_level = SHADOW_LAST_LEVEL + 1 - (int)levels;
	geo->block_levels = block_levels(page_shift, pa_bits, lpa2);
	geo->lpa2 = lpa2;
	set_oa_format(geo);
	return 0;
}

/**
 * shadow_geometry_init() - geometry for the sizes that machines are built with
 * @geo: filled
 * @page_shift: log2 of the granule: 12, 14 or 16
 * @va_bits: 36, 39, 42, 47, 48, or 52 (4K and 16K: with @lpa2)
 * @pa_bits: 48, or 52 (4K and 16K: with @lpa2)
 * @lpa2: the format of TCR_EL1.DS = 1, which the 64K granule does not have
 *
 * Context: any.
 * Return: 0, or -EINVAL.
 */
int shadow_geometry_init(struct shadow_geometry *geo, unsigned int page_shift,
			 unsigned int va_bits, unsigned int pa_bits, bool lpa2)
{
	static const u8 sizes[] = { 36, 39, 42, 47, 48, 52 };
	unsigned int i;

	if (pa_bits != 48 && pa_bits != 52)
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		if (sizes[i] == va_bits)
			return shadow_geometry_init_any(geo, page_shift,
							va_bits, pa_bits, lpa2);
	return -EINVAL;
}

/**
 * shadow_geometry_contig() - size of a contiguous group
 * @geo: the geometry
 * @level: level of the leaves
 *
 * Context: any.
 * Return: number of leaves that carry the hint together; 1 where the hint does
 * not exist. Follows "The Contiguous bit" of the Arm ARM.
 */
unsigned int shadow_geometry_contig(const struct shadow_geometry *geo,
				    int level)
{
	int largest = geo->page_shift == 12 ? 1 : 2;

	if (level < largest || level > SHADOW_LAST_LEVEL)
		return 1;
	if (geo->page_shift == 12)
		return 16;
	return geo->page_shift == 14 && level == SHADOW_LAST_LEVEL ? 128 : 32;
}

/**
 * shadow_desc_kind() - what a descriptor is
 * @geo: the geometry
 * @level: level of the table that it stands in
 * @desc: its value
 *
 * Context: any.
 * Return: the kind. A reserved one translates nothing, just as an invalid one.
 */
enum shadow_desc_kind shadow_desc_kind(const struct shadow_geometry *geo,
				       int level, u64 desc)
{
	if (!(desc & SHADOW_DESC_VALID))
		return SHADOW_DESC_KIND_INVALID;
	if (desc & SHADOW_DESC_TABLE)
		return level == SHADOW_LAST_LEVEL ? SHADOW_DESC_KIND_PAGE :
						    SHADOW_DESC_KIND_TABLE;
	if (level != SHADOW_LAST_LEVEL && shadow_geometry_has_block(geo, level))
		return SHADOW_DESC_KIND_BLOCK;
	return SHADOW_DESC_KIND_RESERVED;
}

static bool pa_too_large(const struct shadow_geometry *geo, phys_addr_t pa)
{
	return pa >> geo->pa_bits;
}

static int walk_faults(struct shadow_walk *out, enum shadow_walk_fault fault,
		       int level)
{
	out->fault = fault;
	out->level = level;
	return -EFAULT;
}

static int walk_identity(const struct shadow_walker *walker, u64 va,
			 struct shadow_walk *out)
{
	out->identity = true;
	if (pa_too_large(&walker->geo, va))
		return walk_faults(out, SHADOW_WALK_ADDRESS_SIZE, 0);
	out->pa = va;
	out->leaf_shift = walker->geo.page_shift;
	return 0;
}

static int walk_leaf(const struct shadow_walker *walker, u64 va, int level,
		     u64 desc, struct shadow_walk *out)
{
	const struct shadow_geometry *geo = &walker->geo;
	unsigned int shift = shadow_geometry_shift(geo, level);
	u64 offset = ~(~0ULL << shift);

	out->leaf_shift = shift;
	out->attrs = desc & ~(geo->oa_low | geo->oa_high | SHADOW_DESC_TYPE);
	if (desc & SHADOW_ATTR_CONT)
		out->cont_shift = shift +
				  ilog2(shadow_geometry_contig(geo, level));
	out->pa = (shadow_desc_oa(geo, desc) & ~offset) | (va & offset);
	if (pa_too_large(geo, out->pa))
		return walk_faults(out, SHADOW_WALK_ADDRESS_SIZE, level);
	if (!(desc & SHADOW_ATTR_AF) && !walker->ha)
		return walk_faults(out, SHADOW_WALK_ACCESS_FLAG, level);
	out->level = level;
	return 0;
}

/* One lookup; 1: @table has become the next one's */
static int walk_level(const struct shadow_walker *walker, u64 va, int level,
		      phys_addr_t *table, struct shadow_walk *out)
{
	const struct shadow_geometry *geo = &walker->geo;
	struct shadow_walk_step *step = &out->step[out->nr_steps++];

	step->level = level;
	step->index = shadow_geometry_index(geo, level, va);
	step->desc_pa = *table + step->index * sizeof(u64);
	if (walker->read(walker->ctx, step->desc_pa, &step->desc)) {
		step->desc = 0;
		return walk_faults(out, SHADOW_WALK_EXTERNAL, level);
	}
	step->kind = shadow_desc_kind(geo, level, step->desc);
	switch (step->kind) {
	case SHADOW_DESC_KIND_BLOCK:
	case SHADOW_DESC_KIND_PAGE:
		return walk_leaf(walker, va, level, step->desc, out);
	case SHADOW_DESC_KIND_TABLE:
		*table = shadow_desc_oa(geo, step->desc);
		if (pa_too_large(geo, *table))
			return walk_faults(out, SHADOW_WALK_ADDRESS_SIZE,
					   level);
		if (!walker->hpd)
			out->limits |= step->desc & SHADOW_TABLE_LIMITS;
		return 1;
	default:
		return walk_faults(out, SHADOW_WALK_TRANSLATION, level);
	}
}

/**
 * shadow_walk() - translate one address as the MMU would
 * @walker: root and geometry
 * @va: any address
 * @out: filled: each lookup, and the result or the fault
 *
 * One read a level. Nothing that a descriptor says is followed without the
 * walker's @read agreeing to it. Permissions are not looked at, see
 * shadow_walk_access(). Follows AArch64.S1Walk() of the Arm ARM.
 *
 * Context: that of the walker's @read.
 * Return: 0, or -EFAULT with @out->fault and @out->level set.
 */
int shadow_walk(const struct shadow_walker *walker, u64 va,
		struct shadow_walk *out)
{
	const struct shadow_geometry *geo = &walker->geo;
	phys_addr_t table = walker->root;
	int level, ret = 1;

	memset(out, 0, sizeof(*out));
	out->va = va;
	out->hd = walker->hd;
	if (walker->identity)
		return walk_identity(walker, va, out);
	if (walker->tbi)
		va = walker->upper ? va | GENMASK_ULL(63, 56) :
				     va & GENMASK_ULL(55, 0);
	if (walker->disabled || walker->between ||
	    va < shadow_geometry_first(geo, walker->upper) ||
	    va > shadow_geometry_last(geo, walker->upper))
		return walk_faults(out, SHADOW_WALK_TRANSLATION, 0);
	if (pa_too_large(geo, table))
		return walk_faults(out, SHADOW_WALK_ADDRESS_SIZE, 0);

	for (level = geo->start_level; ret > 0; level++)
		ret = walk_level(walker, va, level, &table, out);
	return ret;
}

/**
 * shadow_walk_permits() - may this be done with what a walk found?
 * @walk: a walk
 * @access: who does what
 *
 * Counts the limits of the tables on the way and, with hardware management of
 * the dirty state, a leaf that would be made writable. Follows "Direct
 * permissions" and "Hierarchical control of permissions" of the Arm ARM;
 * PSTATE.PAN and SCTLR_EL1.WXN are taken as 0.
 *
 * Context: any.
 * Return: true if the address is mapped and the access allowed.
 */
bool shadow_walk_permits(const struct shadow_walk *walk,
			 enum shadow_access access)
{
	bool write, user, pxn, uxn;

	if (walk->fault != SHADOW_WALK_OK)
		return false;
	if (walk->identity)
		return true;
	write = !(walk->attrs & SHADOW_ATTR_RDONLY) ||
		(walk->hd && (walk->attrs & SHADOW_ATTR_DBM));
	write = write && !(walk->limits & SHADOW_TABLE_RDONLY);
	user = (walk->attrs & SHADOW_ATTR_USER) &&
	       !(walk->limits & SHADOW_TABLE_NO_EL0);
	/* What EL0 may write, EL1 never executes */
	pxn = (walk->attrs & SHADOW_ATTR_PXN) ||
	      (walk->limits & SHADOW_TABLE_PXN) || (user && write);
	uxn = (walk->attrs & SHADOW_ATTR_UXN) ||
	      (walk->limits & SHADOW_TABLE_UXN);

	switch (access) {
	case SHADOW_ACCESS_EL1_READ:
		return true;
	case SHADOW_ACCESS_EL1_WRITE:
		return write;
	case SHADOW_ACCESS_EL1_EXEC:
		return !pxn;
	case SHADOW_ACCESS_EL0_READ:
		return user;
	case SHADOW_ACCESS_EL0_WRITE:
		return user && write;
	case SHADOW_ACCESS_EL0_EXEC:
		return !uxn;
	}
	return false;
}

/**
 * shadow_walk_access() - the fault that an access would take
 * @walk: a walk
 * @access: who does what
 *
 * Context: any.
 * Return: the fault of the walk, or SHADOW_WALK_PERMISSION, or SHADOW_WALK_OK.
 */
enum shadow_walk_fault shadow_walk_access(const struct shadow_walk *walk,
					  enum shadow_access access)
{
	if (walk->fault != SHADOW_WALK_OK)
		return walk->fault;
	return shadow_walk_permits(walk, access) ? SHADOW_WALK_OK :
						   SHADOW_WALK_PERMISSION;
}

/*
 * Fault status codes: the one of level 0, to which the level is added, and
 * that of level -1 (0: there is none).
 */
static const struct {
	u8 level_0;
	u8 level_minus_1;
} fst_codes[] = {
	[SHADOW_WALK_ADDRESS_SIZE]	= { 0x00, 0x29 },
	[SHADOW_WALK_TRANSLATION]	= { 0x04, 0x2b },
	[SHADOW_WALK_ACCESS_FLAG]	= { 0x08, 0 },
	[SHADOW_WALK_PERMISSION]	= { 0x0c, 0 },
	[SHADOW_WALK_EXTERNAL]		= { 0x14, 0x13 },
};

/**
 * shadow_walk_fst() - a fault as PAR_EL1.FST and ESR_EL1.DFSC encode it
 * @fault: the fault, not SHADOW_WALK_OK
 * @level: its level, -1 to 3
 *
 * Context: any.
 * Return: the code, 6 bits; 0x3f where the architecture has none.
 */
unsigned int shadow_walk_fst(enum shadow_walk_fault fault, int level)
{
	if (fault == SHADOW_WALK_OK || fault >= ARRAY_SIZE(fst_codes))
		return 0x3f;
	if (level >= 0)
		return fst_codes[fault].level_0 | (level & 3);
	return fst_codes[fault].level_minus_1 ?: 0x3f;
}

/**
 * shadow_walk_from_fst() - the inverse of shadow_walk_fst()
 * @fst: fault status code
 * @fault: filled
 * @level: filled
 *
 * Context: any.
 * Return: 0, or -EINVAL for a code that no walk of stage 1 produces.
 */
int shadow_walk_from_fst(unsigned int fst, enum shadow_walk_fault *fault,
			 int *level)
{
	unsigned int i;

	for (i = SHADOW_WALK_ADDRESS_SIZE; i < ARRAY_SIZE(fst_codes); i++) {
		*fault = i;
		*level = fst & 3;
		if ((fst & ~3U) == fst_codes[i].level_0)
			return 0;
		*level = -1;
		if (fst == fst_codes[i].level_minus_1)
			return 0;
	}
	return -EINVAL;
}

/**
 * struct equal - a table that holds the same everywhere
 * @link: the descriptor that links it; 0: there is none
 * @limits: SHADOW_TABLE_*, of it and of the tables above
 * @leaf: what it holds; the tables in between may limit some of it more
 */
struct equal {
	u64 link;
	u64 limits;
	struct shadow_walk_entry leaf;
};

/**
 * struct each - a visit to a range
 * @walker: root and geometry
 * @first: first address
 * @last: last address
 * @tables: tables visited so far
 * @visits: visits so far
 * @same_since: the first one that saw the same as the last one and all between
 * @leaf: the last visit
 * @equal: by level + 1, the last table that was linked there, if it holds the
 *	same everywhere
 * @visit: the visitor
 * @priv: for @visit
 */
struct each {
	const struct shadow_walker *walker;
	u64 first;
	u64 last;
	u64 tables;
	u64 visits;
	u64 same_since;
	struct shadow_walk_entry leaf;
	struct equal equal[SHADOW_MAX_LEVELS];
	int (*visit)(void *priv, const struct shadow_walk_entry *entry);
	void *priv;
};

static int each_table(struct each *each, phys_addr_t table, int level,
		      u64 table_va, u64 limits);

static int visit_entry(struct each *each, const struct shadow_walk_entry *entry)
{
	if (each->walker->fold_equal) {
		if (entry->desc != each->leaf.desc || entry->external ||
		    entry->level != each->leaf.level)
			each->same_since = each->visits;
		each->visits++;
		each->leaf = *entry;
	}
	return each->visit(each->priv, entry);
}

/* A table, or what it holds, where that is known from one before it */
static int each_link(struct each *each, const struct shadow_walk_entry *link,
		     u64 limits)
{
	struct equal *equal = &each->equal[link->level + 1];
	u64 last = link->va | ~(~0ULL << link->shift), visits = each->visits;
	int err;

	if (equal->link == link->desc && equal->limits == limits) {
		struct shadow_walk_entry leaf = equal->leaf;

		leaf.va = link->va;
		leaf.shift = link->shift;
		return visit_entry(each, &leaf);
	}
	err = each_table(each, link->pa, link->level + 1, link->va, limits);
	equal->link = 0;
	if (each->visits == visits || each->same_since > visits ||
	    link->va < each->first || last > each->last)
		return err;
	equal->link = link->desc;
	equal->limits = limits;
	equal->leaf = each->leaf;
	return err;
}

static int each_entry(struct each *each, phys_addr_t desc_pa, int level, u64 va,
		      u64 limits)
{
	const struct shadow_walker *walker = each->walker;
	const struct shadow_geometry *geo = &walker->geo;
	struct shadow_walk_entry entry = {
		.va = va,
		.desc_pa = desc_pa,
		.limits = limits,
		.shift = shadow_geometry_shift(geo, level),
		.level = level,
	};

	if (walker->read(walker->ctx, desc_pa, &entry.desc)) {
		entry.desc = 0;
		entry.external = true;
		return visit_entry(each, &entry);
	}
	entry.kind = shadow_desc_kind(geo, level, entry.desc);
	entry.pa = shadow_desc_oa(geo, entry.desc);
	if (entry.kind == SHADOW_DESC_KIND_TABLE) {
		if (!walker->hpd)
			limits |= entry.desc & SHADOW_TABLE_LIMITS;
		return each_link(each, &entry, limits);
	}
	entry.pa &= ~0ULL << entry.shift;
	return visit_entry(each, &entry);
}

/* Recurses by level, hence at most SHADOW_MAX_LEVELS deep */
static int each_table(struct each *each, phys_addr_t table, int level,
		      u64 table_va, u64 limits)
{
	const struct shadow_geometry *geo = &each->walker->geo;
	unsigned int shift = shadow_geometry_shift(geo, level);
	u64 i = 0, end = shadow_geometry_entries(geo, level) - 1;
	int err = 0;

	if (each->walker->max_tables && each->tables == each->walker->max_tables)
		return -ELOOP;
	each->tables++;
	if (each->first > table_va)
		i = (each->first - table_va) >> shift;
	if ((each->last - table_va) >> shift < end)
		end = (each->last - table_va) >> shift;
	for (; i <= end && !err; i++)
		err = each_entry(each, table + i * sizeof(u64), level,
				 table_va + (i << shift), limits);
	return err;
}

/**
 * shadow_walk_for_each() - visit whatever covers a range, in order
 * @walker: root and geometry; its @max_tables bounds the work, so that tables
 *	that form a loop cannot hold the CPU
 * @va_first: first address
 * @va_last: last address, in the same half
 * @visit: called for each leaf and each hole, a hole at the level at which the
 *	walk of all its addresses ends; non-zero ends the visit
 * @priv: for @visit
 *
 * Context: that of the walker's @read and of @visit.
 * Return: 0, what @visit returned, -ELOOP past @max_tables, or -ERANGE where
 * the addresses are not in the walker's half or no tables are in use.
 */
int shadow_walk_for_each(const struct shadow_walker *walker, u64 va_first,
			 u64 va_last,
			 int (*visit)(void *priv,
				      const struct shadow_walk_entry *entry),
			 void *priv)
{
	const struct shadow_geometry *geo = &walker->geo;
	u64 base = shadow_geometry_first(geo, walker->upper);
	struct each each = {
		.walker = walker,
		.first = va_first,
		.last = va_last,
		.visit = visit,
		.priv = priv,
	};

	if (va_first > va_last || va_first < base || walker->identity ||
	    walker->disabled ||
	    va_last > shadow_geometry_last(geo, walker->upper))
		return -ERANGE;
	return each_table(&each, walker->root, geo->start_level, base, 0);
}
