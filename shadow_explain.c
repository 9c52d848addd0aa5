// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_explain - a walk in words and numbers.
 *
 * The lines are those of the file vtop and of scripts/shadow-pgtable.
 */
#include "shadow_explain.h"
#include "shadow_pgtable.h"

/* The line that is being put together, and whom it goes to */
struct explain {
	const struct shadow_walker *walker;
	const struct shadow_regs *regs;
	void (*emit)(void *to, const char *line);
	void *to;
	size_t at;
	char line[SHADOW_EXPLAIN_LINE];
};

static __printf(2, 3) void put(struct explain *ex, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	ex->at += vscnprintf(ex->line + ex->at, sizeof(ex->line) - ex->at, fmt,
			     args);
	va_end(args);
}

static void end_line(struct explain *ex)
{
	ex->line[ex->at] = '\0';
	ex->emit(ex->to, ex->line);
	ex->at = 0;
}

static void explain_half(struct explain *ex)
{
	const struct shadow_walker *walker = ex->walker;
	const struct shadow_geometry *geo = &walker->geo;

	put(ex, "bits 63:%u are all %s, so TTBR%d_EL1 is used: ", geo->va_bits,
	    walker->upper ? "ones" : "zeros", walker->upper);
	put(ex, "root at PA %#llx, %u KiB granule, %u levels",
	    (u64)walker->root, 1U << (geo->page_shift - 10), geo->levels);
	end_line(ex);
}

static void put_attrs(struct explain *ex, u64 attrs)
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

static void explain_step(struct explain *ex, const struct shadow_walk_step *step)
{
	const struct shadow_geometry *geo = &ex->walker->geo;
	unsigned int shift = shadow_geometry_shift(geo, step->level);
	unsigned int top = shift + (step->level == geo->start_level ?
				    geo->root_bits : geo->bits_per_level) - 1;

	put(ex, "level %2d: VA bits %u:%u = index %u, ", step->level, top, shift,
	    step->index);
	put(ex, "descriptor at PA %#llx = 0x%016llx: ", (u64)step->desc_pa,
	    step->desc);
	switch (step->kind) {
	case SHADOW_DESC_KIND_TABLE:
		put(ex, "table at PA %#llx",
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

static void explain_access(struct explain *ex, const struct shadow_walk *walk)
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

/* What would have to stand where the walk ended */
static void explain_need(struct explain *ex, const struct shadow_walk *walk)
{
	const struct shadow_geometry *geo = &ex->walker->geo;

	if (walk->fault == SHADOW_WALK_TRANSLATION) {
		if (walk->level == SHADOW_LAST_LEVEL)
			put(ex, "needed: a page descriptor (bits 1:0 = 3)");
		else if (shadow_geometry_has_block(geo, walk->level))
			put(ex, "needed: a table (bits 1:0 = 3) or a block (bits 1:0 = 1)");
		else
			put(ex, "needed: a table (bits 1:0 = 3), as no block is legal here");
	} else if (walk->fault == SHADOW_WALK_ACCESS_FLAG) {
		put(ex, "needed: AF (bit 10) set");
	} else if (walk->fault == SHADOW_WALK_ADDRESS_SIZE) {
		put(ex, "needed: an output address below 2^%u", geo->pa_bits);
	} else {
		return;
	}
	end_line(ex);
}

static void explain_fault(struct explain *ex, const struct shadow_walk *walk)
{
	put(ex, "result: %s fault, level %d (fault status code 0x%02x)",
	    shadow_walk_fault_names[walk->fault], walk->level,
	    shadow_walk_fst(walk->fault, walk->level));
	end_line(ex);
}

static void explain_result(struct explain *ex, const struct shadow_walk *walk)
{
	const struct shadow_geometry *geo = &ex->walker->geo;

	put(ex, "result: PA %#llx = frame %#llx + offset %#llx",
	    (u64)walk->pa, (u64)walk->pa >> geo->page_shift,
	    (u64)walk->pa & ((1ULL << geo->page_shift) - 1));
	end_line(ex);
	explain_access(ex, walk);
	put(ex, "memory reads: %u descriptors and 1 for the data, %u in all; ",
	    walk->nr_steps, walk->nr_steps + 1);
	put(ex, "none of the first with a TLB hit");
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
	struct explain ex = {
		.walker = walker,
		.regs = regs,
		.emit = emit,
		.to = to,
	};
	struct shadow_walk walk;
	unsigned int i;

	shadow_walk(walker, va, &walk);
	if (walk.identity) {
		put(&ex, "the MMU is off (SCTLR_EL1.M = 0): PA = VA = %#llx", va);
		end_line(&ex);
		return walk.fault;
	}
	if (walker->between) {
		put(&ex, "the address lies between the two halves: ");
		put(&ex, "bits 63:%u are neither all zeros nor all ones",
		    walker->geo.va_bits);
		end_line(&ex);
		explain_fault(&ex, &walk);
		return walk.fault;
	}
	explain_half(&ex);
	for (i = 0; i < walk.nr_steps; i++)
		explain_step(&ex, &walk.step[i]);
	if (walk.fault != SHADOW_WALK_OK) {
		explain_fault(&ex, &walk);
		explain_need(&ex, &walk);
	} else {
		explain_result(&ex, &walk);
	}
	return walk.fault;
}
