// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_explain_attr - attributes of a leaf in words: memory type, permissions,
 * shareability, the group that it belongs to, and what the tables on the way
 * take away.
 *
 * Follows "Memory region attributes", "Stage 1 data accesses", "The Contiguous
 * bit" and "Hierarchical control of permissions" of the Arm ARM.
 */
#include "shadow_explain_line.h"
#include "shadow_pgtable.h"

#define put	shadow_explain_put
#define end_line	shadow_explain_end

/* ---------------------------------------------------------- memory type -- */

static const char *cache_policy(unsigned int nibble)
{
	switch (nibble >> 2) {
	case 0:
		return "write-through transient";
	case 1:
		return nibble & 3 ? "write-back transient" : "non-cacheable";
	case 2:
		return "write-through";
	default:
		return "write-back";
	}
}

static const char *allocation(unsigned int nibble)
{
	static const char *const text[] = {
		"no allocate", "write allocate", "read allocate",
		"read and write allocate",
	};

	return text[nibble & 3];
}

static const char *device_type(unsigned int attr)
{
	static const char *const text[] = {
		"Device-nGnRnE", "Device-nGnRE", "Device-nGRE", "Device-GRE",
	};

	return attr & 3 ? "reserved" : text[attr >> 2 & 3];
}

static void put_cached(struct shadow_explain *ex, const char *where,
		       unsigned int nibble)
{
	put(ex, "%s%s", where, cache_policy(nibble));
	if (nibble != 4)
		put(ex, ", %s", allocation(nibble));
}

/* One byte of MAIR_EL1 */
static void put_memory_type(struct shadow_explain *ex, unsigned int attr)
{
	unsigned int outer = attr >> 4, inner = attr & 0xf;

	if (attr == 0xf0) {
		put(ex, "Normal, tagged, write-back, read and write allocate");
	} else if (!outer) {
		put(ex, "%s", device_type(attr));
	} else if (!inner) {
		put(ex, "reserved or FEAT_XS");
	} else if (outer == inner) {
		put_cached(ex, "Normal, ", outer);
	} else {
		put_cached(ex, "Normal, outer ", outer);
		put_cached(ex, ", inner ", inner);
	}
}

static void type_line(struct shadow_explain *ex, u64 attrs)
{
	unsigned int attr;

	put(ex, "  type      AttrIndx=%llu",
	    (attrs & SHADOW_ATTR_INDX) >> SHADOW_ATTR_INDX_SHIFT);
	if (ex->regs) {
		attr = shadow_regs_attr(ex->regs, attrs);
		put(ex, ": byte 0x%02x of MAIR_EL1 = ", attr);
		put_memory_type(ex, attr);
	} else {
		put(ex, ", a byte of MAIR_EL1 that is not known here");
	}
	end_line(ex);
}

/* --------------------------------------------------------- what it allows -- */

static void permission_line(struct shadow_explain *ex, u64 attrs)
{
	static const char *const ap[] = {
		"EL1 reads and writes, EL0 does neither",
		"EL1 and EL0 read and write",
		"EL1 reads, EL0 does not",
		"EL1 and EL0 read",
	};
	unsigned int code = (attrs & SHADOW_ATTR_RDONLY ? 2 : 0) |
			    (attrs & SHADOW_ATTR_USER ? 1 : 0);

	put(ex, "  access    AP[2:1]=%u%u: %s", code >> 1, code & 1, ap[code]);
	if (attrs & SHADOW_ATTR_DBM)
		put(ex, "; DBM: %s", !(attrs & SHADOW_ATTR_RDONLY) ? "may be written" :
		    ex->walker->hd ? "hardware clears AP[2] at the first write" :
		    "AP[2] is to be cleared at the first write, by a fault: TCR_EL1.HD=0");
	put(ex, "; PXN=%u UXN=%u: EL1 %s, EL0 %s",
	    !!(attrs & SHADOW_ATTR_PXN), !!(attrs & SHADOW_ATTR_UXN),
	    attrs & SHADOW_ATTR_PXN ? "never executes" : "may execute",
	    attrs & SHADOW_ATTR_UXN ? "never" : "may");
	end_line(ex);
}

static void sharing_line(struct shadow_explain *ex, u64 attrs)
{
	static const char *const names[] = {
		"not shareable", "reserved", "outer shareable", "inner shareable",
	};
	bool ds = ex->walker->geo.lpa2;
	unsigned int own = (attrs & SHADOW_ATTR_SH) >> SHADOW_ATTR_SH_SHIFT;
	unsigned int sh = own;

	if (ex->regs) {
		own = shadow_regs_leaf_sh(ex->regs, ex->walker->upper, attrs);
		sh = shadow_regs_sh(ex->regs, ex->walker->upper, attrs);
	}
	put(ex, "  sharing   ");
	if (ds && !ex->regs)
		put(ex, "TCR_EL1.SH%u says, as DS=1", ex->walker->upper);
	else if (ds && sh != own)
		put(ex, "TCR_EL1.SH%u=%u, as DS=1, but %s, as such memory always is",
		    ex->walker->upper, own, names[sh]);
	else if (ds)
		put(ex, "%s, by TCR_EL1.SH%u, as DS=1", names[sh],
		    ex->walker->upper);
	else if (sh != own)
		put(ex, "SH=%u, but %s, as such memory always is", own, names[sh]);
	else
		put(ex, "SH=%u: %s", own, names[own]);
	end_line(ex);
}

static void use_line(struct shadow_explain *ex, u64 attrs, bool block)
{
	put(ex, "  use       AF=%u", !!(attrs & SHADOW_ATTR_AF));
	if (!(attrs & SHADOW_ATTR_AF))
		put(ex, ": %s", ex->walker->ha ? "hardware sets it" :
						 "the first access faults");
	if (!(attrs & SHADOW_ATTR_NG))
		put(ex, "; nG=0: of every ASID");
	else if (ex->regs)
		put(ex, "; nG=1: of ASID %u alone", shadow_regs_asid(ex->regs));
	else
		put(ex, "; nG=1: of one ASID alone");
	put(ex, "; GP=%u%s", !!(attrs & SHADOW_ATTR_GP),
	    attrs & SHADOW_ATTR_GP ? ": branches need a landing pad" : "");
	if (block)
		put(ex, "; nT=%u", !!(attrs & SHADOW_ATTR_NT));
	end_line(ex);
}

/* arch/arm64/include/asm/pgtable-prot.h and pgtable.h */
static void software_line(struct shadow_explain *ex, u64 attrs)
{
	static const char *const names[] = {
		"dirty", "special", "devmap", "prot-none",
	};
	unsigned int i;

	if (!(attrs & SHADOW_ATTR_SW))
		return;
	put(ex, "  software ");
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (attrs & BIT_ULL(55 + i))
			put(ex, " %s (bit %u)", names[i], 55 + i);
	put(ex, ", by Linux's names");
	end_line(ex);
}

/* ------------------------------------------------------- contiguous group -- */

/* Hardware and faults may change these of one member alone */
#define OF_ONE_MEMBER	(SHADOW_ATTR_AF | SHADOW_ATTR_RDONLY | SHADOW_PTE_DIRTY)

/* The first member that is not what the group's first one makes of it */
static bool find_odd(const struct shadow_explain *ex, phys_addr_t first_pa,
		     unsigned int nr, unsigned int shift, phys_addr_t *odd,
		     u64 *desc, u64 *expected)
{
	const struct shadow_walker *walker = ex->walker;
	const struct shadow_geometry *geo = &walker->geo;
	u64 same = ~(geo->oa_low | geo->oa_high), first;
	phys_addr_t oa;
	unsigned int i;

	*odd = first_pa;
	if (walker->read(walker->ctx, first_pa, &first))
		first = 0;
	oa = shadow_desc_oa(geo, first) & ~(((u64)nr << shift) - 1);
	if (first & SHADOW_ATTR_DBM)
		same &= ~OF_ONE_MEMBER;
	else
		same &= ~(SHADOW_ATTR_AF | SHADOW_PTE_DIRTY);
	for (i = 0; i < nr; i++) {
		*odd = first_pa + i * sizeof(u64);
		*expected = (first & ~(geo->oa_low | geo->oa_high)) |
			    shadow_desc_from_oa(geo, oa + ((u64)i << shift));
		if (walker->read(walker->ctx, *odd, desc))
			*desc = 0;
		if (((*desc ^ *expected) & same) ||
		    shadow_desc_oa(geo, *desc) != shadow_desc_oa(geo, *expected))
			return true;
	}
	return false;
}

static void group_lines(struct shadow_explain *ex, const struct shadow_walk *walk)
{
	const struct shadow_geometry *geo = &ex->walker->geo;
	const struct shadow_walk_step *step = &walk->step[walk->nr_steps - 1];
	unsigned int nr = shadow_geometry_contig(geo, step->level);
	unsigned int member = step->index & (nr - 1);
	phys_addr_t first = step->desc_pa - member * sizeof(u64), odd;
	u64 bytes = (u64)nr << walk->leaf_shift;
	u64 va = walk->va & ~(bytes - 1), desc, expected;

	if (!(walk->attrs & SHADOW_ATTR_CONT)) {
		put(ex, "  group     Contiguous=0: a TLB entry covers this %s alone",
		    step->kind == SHADOW_DESC_KIND_PAGE ? "page" : "block");
		end_line(ex);
		return;
	}
	if (nr == 1) {
		put(ex, "  group     WARNING: Contiguous=1 at a level without groups");
		end_line(ex);
		return;
	}
	put(ex,
	    "  group     Contiguous=1: member %u of %u, VA 0x%llx-0x%llx, descriptors at PA 0x%llx-0x%llx: one TLB entry may cover all",
	    member, nr, va, va + bytes - 1, (u64)first,
	    (u64)first + nr * sizeof(u64) - 1);
	end_line(ex);
	if (!find_odd(ex, first, nr, walk->leaf_shift, &odd, &desc, &expected))
		return;
	put(ex,
	    "            WARNING: the group is not consistent: at PA 0x%llx is 0x%016llx, member %u would be 0x%016llx; a TLB may use either for all of it",
	    (u64)odd, desc, (unsigned int)((odd - first) / sizeof(u64)),
	    expected);
	end_line(ex);
}

/* ------------------------------------------------ what tables take away -- */

static void limit_line(struct shadow_explain *ex,
		       const struct shadow_walk_step *step)
{
	u64 desc = step->desc;

	if (step->kind != SHADOW_DESC_KIND_TABLE || !(desc & SHADOW_TABLE_LIMITS))
		return;
	put(ex,
	    "  limits    the table descriptor of level %d: APTable=%u%u PXNTable=%u UXNTable=%u NSTable=%u",
	    step->level, !!(desc & SHADOW_TABLE_RDONLY),
	    !!(desc & SHADOW_TABLE_NO_EL0), !!(desc & SHADOW_TABLE_PXN),
	    !!(desc & SHADOW_TABLE_UXN), !!(desc & SHADOW_TABLE_NS));
	put(ex, ":%s%s%s%s%s",
	    desc & SHADOW_TABLE_RDONLY ? " no writes" : "",
	    desc & SHADOW_TABLE_NO_EL0 ? " no EL0" : "",
	    desc & SHADOW_TABLE_PXN ? " EL1 never executes" : "",
	    desc & SHADOW_TABLE_UXN ? " EL0 never executes" : "",
	    ex->walker->hpd ? "; not looked at, as TCR_EL1.HPD is set" :
			      " whatever is below");
	end_line(ex);
}

static void limit_lines(struct shadow_explain *ex, const struct shadow_walk *walk)
{
	struct shadow_walk alone = *walk;
	unsigned int i;

	for (i = 0; i < walk->nr_steps; i++)
		limit_line(ex, &walk->step[i]);
	if (!walk->limits || walk->fault != SHADOW_WALK_OK)
		return;
	alone.limits = 0;
	put(ex, "  without these limits, ");
	shadow_explain_access(ex, &alone);
}

/**
 * shadow_explain_leaf() - say what the leaf at the end of a walk means
 * @ex: the explanation
 * @walk: a walk that has reached one: its @leaf_shift is not 0
 *
 * Context: that of the walker's @read and of @emit.
 */
void shadow_explain_leaf(struct shadow_explain *ex,
			 const struct shadow_walk *walk)
{
	bool block = walk->leaf_shift != ex->walker->geo.page_shift;

	type_line(ex, walk->attrs);
	permission_line(ex, walk->attrs);
	sharing_line(ex, walk->attrs);
	use_line(ex, walk->attrs, block);
	software_line(ex, walk->attrs);
	group_lines(ex, walk);
	limit_lines(ex, walk);
}
