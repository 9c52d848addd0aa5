// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_explain_fault - a walk that gave no address: what would have to stand
 * where it ended, as values that could be written there.
 */
#include "shadow_explain_line.h"
#include "shadow_pgtable.h"

#define put	shadow_explain_put
#define end_line	shadow_explain_end

/* Memory that is there in any case: where the tables are */
static phys_addr_t example_pa(const struct shadow_walker *walker,
			      unsigned int shift)
{
	return walker->root & ~0ULL << shift;
}

static void leaf_line(struct shadow_explain *ex, int level)
{
	const struct shadow_geometry *geo = &ex->walker->geo;
	unsigned int shift = shadow_geometry_shift(geo, level);
	phys_addr_t pa = example_pa(ex->walker, shift);
	u64 type = level == SHADOW_LAST_LEVEL ? SHADOW_TYPE_PAGE :
						SHADOW_TYPE_BLOCK;

	put(ex, "  a %s of %llu KiB (bits 1:0 = %llu): 0x%016llx for PA 0x%llx as PAGE_KERNEL",
	    level == SHADOW_LAST_LEVEL ? "page" : "block", 1ULL << (shift - 10),
	    type, (SHADOW_PAGE_KERNEL & geo->attr_mask) |
	    shadow_desc_from_oa(geo, pa) | type, (u64)pa);
	end_line(ex);
}

static void table_line(struct shadow_explain *ex, int level, u64 va)
{
	const struct shadow_geometry *geo = &ex->walker->geo;
	phys_addr_t pa = example_pa(ex->walker, geo->page_shift) +
			 (1ULL << geo->page_shift);

	put(ex,
	    "  a table (bits 1:0 = 3): 0x%016llx for one at PA 0x%llx; this address is then found at index",
	    shadow_desc_from_oa(geo, pa) | SHADOW_TYPE_TABLE, (u64)pa);
	for (level++; level <= SHADOW_LAST_LEVEL; level++)
		put(ex, " %u of level %d%s",
		    shadow_geometry_index(geo, level, va), level,
		    level < SHADOW_LAST_LEVEL ? "," : "");
	end_line(ex);
}

/* The walk ended at a descriptor that translates nothing */
static void need_valid(struct shadow_explain *ex, const struct shadow_walk *walk)
{
	const struct shadow_walk_step *step = &walk->step[walk->nr_steps - 1];
	const struct shadow_geometry *geo = &ex->walker->geo;

	if (step->kind == SHADOW_DESC_KIND_RESERVED)
		put(ex, "bits 1:0 = 1 are no descriptor at level %d: it translates nothing",
		    step->level);
	else
		put(ex,
		    "bit 0 is clear: the descriptor is invalid, its other bits are for software");
	end_line(ex);
	put(ex, "needed: at PA 0x%llx, which is index %u of the level %d table at PA 0x%llx, %s",
	    (u64)step->desc_pa, step->index, step->level,
	    (u64)step->desc_pa - step->index * sizeof(u64),
	    step->level == SHADOW_LAST_LEVEL ? "a page descriptor, as" :
	    shadow_geometry_has_block(geo, step->level) ?
	    "a table or a block, as" : "a table, as no block is legal here, as");
	end_line(ex);
	if (step->level == SHADOW_LAST_LEVEL ||
	    shadow_geometry_has_block(geo, step->level))
		leaf_line(ex, step->level);
	if (step->level != SHADOW_LAST_LEVEL)
		table_line(ex, step->level, walk->va);
}

/* There was no lookup at all */
static void need_tables(struct shadow_explain *ex)
{
	const struct shadow_walker *walker = ex->walker;

	if (walker->disabled)
		put(ex, "needed: TCR_EL1.EPD%u = 0, so that the half's tables are walked",
		    walker->upper);
	else
		put(ex, "needed: an address from 0x%llx to 0x%llx",
		    shadow_geometry_first(&walker->geo, walker->upper),
		    shadow_geometry_last(&walker->geo, walker->upper));
	end_line(ex);
}

static void need_smaller_pa(struct shadow_explain *ex,
			    const struct shadow_walk *walk)
{
	const struct shadow_geometry *geo = &ex->walker->geo;

	put(ex, "needed: an output address below 2^%u, the size that TCR_EL1.IPS allows; ",
	    geo->pa_bits);
	if (!walk->nr_steps)
		put(ex, "the register has 0x%llx", (u64)ex->walker->root);
	else
		put(ex, "the descriptor has 0x%llx",
		    (u64)shadow_desc_oa(geo, walk->step[walk->nr_steps - 1].desc));
	end_line(ex);
}

/**
 * shadow_explain_need() - what would have to be there for a walk to succeed
 * @ex: the explanation
 * @walk: a walk that ended with a fault
 *
 * Context: that of @emit.
 */
void shadow_explain_need(struct shadow_explain *ex,
			 const struct shadow_walk *walk)
{
	const struct shadow_walk_step *step;

	if (walk->fault == SHADOW_WALK_ADDRESS_SIZE) {
		need_smaller_pa(ex, walk);
		return;
	}
	if (!walk->nr_steps) {
		need_tables(ex);
		return;
	}
	step = &walk->step[walk->nr_steps - 1];
	if (walk->fault == SHADOW_WALK_TRANSLATION) {
		need_valid(ex, walk);
	} else if (walk->fault == SHADOW_WALK_ACCESS_FLAG) {
		put(ex,
		    "needed: AF (bit 10) set: 0x%016llx at PA 0x%llx; TCR_EL1.HA is 0, so hardware does not set it",
		    step->desc | SHADOW_ATTR_AF, (u64)step->desc_pa);
		end_line(ex);
	} else if (walk->fault == SHADOW_WALK_EXTERNAL) {
		put(ex, "needed: memory at PA 0x%llx: ", (u64)step->desc_pa);
		if (walk->nr_steps == 1)
			put(ex, "TTBR%d_EL1 names a table where none can be read",
			    ex->walker->upper);
		else
			put(ex, "the descriptor of level %d names a table where none can be read",
			    step->level - 1);
		end_line(ex);
	}
}
