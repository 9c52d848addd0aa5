// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_explain - a walk in words and numbers.
 *
 * The lines are those of the file vtop and of scripts/shadow-pgtable.
 */
#include "shadow_explain_line.h"
#include "shadow_pgtable.h"

#define put	shadow_explain_put
#define end_line	shadow_explain_end

/**
 * shadow_explain_put() - add to the line that is being put together
 * @ex: the explanation
 * @fmt: printf format; what does not fit is cut off
 *
 * Context: any.
 */
void shadow_explain_put(struct shadow_explain *ex, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	ex->at += vscnprintf(ex->line + ex->at, sizeof(ex->line) - ex->at, fmt,
			     args);
	va_end(args);
}

/**
 * shadow_explain_end() - give the line away and begin another one
 * @ex: the explanation
 *
 * Context: that of @emit.
 */
void shadow_explain_end(struct shadow_explain *ex)
{
	ex->line[ex->at] = '\0';
	ex->emit(ex->to, ex->line);
	ex->at = 0;
}

static void explain_half(struct shadow_explain *ex)
{
	const struct shadow_walker *walker = ex->walker;
	const struct shadow_geometry *geo = &walker->geo;

	put(ex, "bits %u:%u are all %s, so TTBR%d_EL1 is used: ",
	    walker->tbi ? 55 : 63, geo->va_bits,
	    walker->upper ? "ones" : "zeros", walker->upper);
	put(ex, "root at PA 0x%llx, %u KiB granule, %u levels",
	    (u64)walker->root, 1U << (geo->page_shift - 10), geo->levels);
	end_line(ex);
}

static void put_attrs(struct shadow_explain *ex, u64 attrs)
{
	const char *name = shadow_prot_name(attrs);

	put(ex, "%s%s%s%s%s AttrIndx=%llu%s%s",
	    attrs & SHADOW_ATTR_RDONLY ? "read-only" : "writable",
	    attrs & SHADOW_ATTR_USER ? ", EL0 too" : "",
	    attrs & SHADOW_ATTR_PXN ? ", PXN" : "",
	    attrs & SHADOW_ATTR_UXN ? ", UXN" : "",
	    attrs & SHADOW_ATTR_NG ? ", nG" : "",
	    (attrs & SHADOW_ATTR_INDX) >> SHADOW_ATTR_INDX_SHIFT,
	    attrs & SHADOW_ATTR_AF ? ", AF" : ", AF clear",
	    attrs & SHADOW_ATTR_CONT ? ", contiguous" : "");
	if (name)
		put(ex, " (%s)", name);
}

static void explain_step(struct shadow_explain *ex,
			 const struct shadow_walk_step *step, bool unreadable)
{
	const struct shadow_geometry *geo = &ex->walker->geo;
	unsigned int shift = shadow_geometry_shift(geo, step->level);
	unsigned int top = shift + (step->level == geo->start_level ?
				    geo->root_bits : geo->bits_per_level) - 1;

	put(ex, "level %2d: VA bits %u:%u = index %u, ", step->level, top, shift,
	    step->index);
	put(ex, "descriptor at PA 0x%llx", (u64)step->desc_pa);
	if (unreadable) {
		put(ex, " cannot be read");
		end_line(ex);
		return;
	}
	put(ex, " = 0x%016llx: ", step->desc);
	switch (step->kind) {
	case SHADOW_DESC_KIND_TABLE:
		put(ex, "table at PA 0x%llx",
		    (u64)shadow_desc_oa(geo, step->desc));
		break;
	case SHADOW_DESC_KIND_BLOCK:
	case SHADOW_DESC_KIND_PAGE:
		put(ex, "%s of %llu KiB, ",
		    step->kind == SHADOW_DESC_KIND_PAGE ? "page" : "block",
		    1ULL << (shift - 10));
		put_attrs(ex, step->desc & geo->attr_mask);
		break;
	default:
		put(ex, "%s", shadow_desc_kind_names[step->kind]);
	}
	end_line(ex);
}

/**
 * shadow_explain_access() - who may do what: "allowed: EL1 rw- EL0 ---"
 * @ex: the explanation; the line that is being put together is ended
 * @walk: a walk that succeeded
 *
 * Context: that of @emit.
 */
void shadow_explain_access(struct shadow_explain *ex,
			   const struct shadow_walk *walk)
{
	static const struct {
		const char *who;
		enum shadow_access read, write, exec;
	} row[] = {
		{ "EL1", SHADOW_ACCESS_EL1_READ, SHADOW_ACCESS_EL1_WRITE,
		  SHADOW_ACCESS_EL1_EXEC },
		{ "EL0", SHADOW_ACCESS_EL0_READ, SHADOW_ACCESS_EL0_WRITE,
		  SHADOW_ACCESS_EL0_EXEC },
	};
	unsigned int i;

	put(ex, "allowed:");
	for (i = 0; i < ARRAY_SIZE(row); i++)
		put(ex, " %s %c%c%c", row[i].who,
		    shadow_walk_permits(walk, row[i].read) ? 'r' : '-',
		    shadow_walk_permits(walk, row[i].write) ? 'w' : '-',
		    shadow_walk_permits(walk, row[i].exec) ? 'x' : '-');
	end_line(ex);
}

static void explain_fault(struct shadow_explain *ex, const struct shadow_walk *walk)
{
	put(ex, "result: %s fault, level %d (fault status code 0x%02x)",
	    shadow_walk_fault_names[walk->fault], walk->level,
	    shadow_walk_fst(walk->fault, walk->level));
	end_line(ex);
}

static void explain_result(struct shadow_explain *ex, const struct shadow_walk *walk)
{
	const struct shadow_geometry *geo = &ex->walker->geo;

	put(ex, "result: PA 0x%llx = frame 0x%llx + offset 0x%llx",
	    (u64)walk->pa, (u64)walk->pa >> geo->page_shift,
	    (u64)walk->pa & ((1ULL << geo->page_shift) - 1));
	end_line(ex);
	shadow_explain_access(ex, walk);
	shadow_explain_leaf(ex, walk);
	put(ex, "memory reads: %u descriptors and 1 for the data, %u in all; ",
	    walk->nr_steps, walk->nr_steps + 1);
	put(ex, "none of the first with a TLB hit");
	end_line(ex);
}

static void explain_identity(struct shadow_explain *ex,
			     const struct shadow_walk *walk)
{
	put(ex, "the MMU is off (SCTLR_EL1.M = 0): PA = VA = 0x%llx", walk->va);
	end_line(ex);
	if (walk->fault != SHADOW_WALK_OK) {
		explain_fault(ex, walk);
		return;
	}
	put(ex, "no tables are read, no permissions are checked, data accesses are Device-nGnRnE");
	end_line(ex);
}

static void explain_between(struct shadow_explain *ex)
{
	const struct shadow_geometry *geo = &ex->walker->geo;

	put(ex,
	    "the address lies between the two halves: bits %u:%u are neither all zeros nor all ones",
	    ex->walker->tbi ? 55 : 63, geo->va_bits);
	end_line(ex);
	put(ex, "bit 55 is %u, so TTBR%u_EL1's half was meant: it goes from 0x%016llx to 0x%016llx",
	    ex->walker->upper, ex->walker->upper,
	    shadow_geometry_first(geo, ex->walker->upper),
	    shadow_geometry_last(geo, ex->walker->upper));
	end_line(ex);
}

/**
 * shadow_explain_walk() - translate one address and say how it went
 * @walker: root and geometry
 * @regs: the registers that @walker comes from: MAIR_EL1 and the shareability
 *	of TCR_EL1 are looked up there; NULL: they are not known
 * @va: any address
 * @emit: called with each line, without a newline
 * @to: for @emit
 *
 * Context: that of the walker's @read and of @emit.
 * Return: the fault, or SHADOW_WALK_OK.
 */
enum shadow_walk_fault
shadow_explain_walk(const struct shadow_walker *walker,
		    const struct shadow_regs *regs, u64 va,
		    void (*emit)(void *to, const char *line), void *to)
{
	struct shadow_explain ex = {
		.walker = walker,
		.regs = regs,
		.emit = emit,
		.to = to,
	};
	struct shadow_walk walk;
	unsigned int i;

	shadow_walk(walker, va, &walk);
	if (walk.identity) {
		explain_identity(&ex, &walk);
		return walk.fault;
	}
	if (walker->between) {
		explain_between(&ex);
		explain_fault(&ex, &walk);
		return walk.fault;
	}
	explain_half(&ex);
	for (i = 0; i < walk.nr_steps; i++)
		explain_step(&ex, &walk.step[i],
			     walk.fault == SHADOW_WALK_EXTERNAL &&
			     i == walk.nr_steps - 1);
	if (walk.fault != SHADOW_WALK_OK) {
		explain_fault(&ex, &walk);
		shadow_explain_need(&ex, &walk);
		if (walk.leaf_shift)
			shadow_explain_leaf(&ex, &walk);
	} else {
		explain_result(&ex, &walk);
	}
	return walk.fault;
}
