// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_treedump - trees of tables as text, one line at a time.
 *
 * Nothing is gathered: between two lines the whole state is a path from the
 * root. So a dump of any length needs no memory, and whoever prints it may let
 * go of what keeps the tables still and come back, see shadow_treedump_resume().
 */
#include "shadow_treedump.h"

static const struct shadow_walker *walker_of(const struct shadow_treedump *dump)
{
	return &dump->tree[dump->which].walker;
}

static const struct shadow_geometry *geo_of(const struct shadow_treedump *dump)
{
	return &walker_of(dump)->geo;
}

static int level_of(const struct shadow_treedump *dump)
{
	return geo_of(dump)->start_level + dump->depth;
}

static const struct shadow_treedump_frame *
frame_of(const struct shadow_treedump *dump)
{
	return &dump->frame[dump->depth];
}

/* False: it cannot be read */
static bool read_entry(const struct shadow_treedump *dump, u32 index, u64 *desc)
{
	const struct shadow_walker *walker = walker_of(dump);
	phys_addr_t pa = frame_of(dump)->pa + index * sizeof(*desc);

	if (!walker->read(walker->ctx, pa, desc))
		return true;
	*desc = 0;
	return false;
}

static bool is_leaf(enum shadow_desc_kind kind)
{
	return kind == SHADOW_DESC_KIND_BLOCK || kind == SHADOW_DESC_KIND_PAGE;
}

static enum shadow_desc_kind kind_of(const struct shadow_treedump *dump)
{
	return shadow_desc_kind(geo_of(dump), level_of(dump), dump->desc);
}

/*
 * By how much the next descriptor of a run may differ: all are equal, or each
 * leaf is for the memory behind that of the one before.
 */
static bool may_step(const struct shadow_treedump *dump, u64 next, u64 *step)
{
	const struct shadow_geometry *geo = geo_of(dump);
	unsigned int shift = shadow_geometry_shift(geo, level_of(dump));

	*step = next - dump->desc;
	if (!*step)
		return true;
	return *step == 1ULL << shift && is_leaf(kind_of(dump)) &&
	       shadow_desc_oa(geo, next) - shadow_desc_oa(geo, dump->desc) == *step;
}

/* The descriptors from the frame's index on that make one line */
static void gather_run(struct shadow_treedump *dump)
{
	u32 first = frame_of(dump)->index, at;
	u32 end = shadow_geometry_entries(geo_of(dump), level_of(dump));
	u64 desc, step;
	bool readable;

	dump->unreadable = !read_entry(dump, first, &dump->desc);
	dump->step = 0;
	dump->nr_run = 1;
	if (kind_of(dump) == SHADOW_DESC_KIND_TABLE)
		return;
	for (at = first + 1; at < end; at++, dump->nr_run++) {
		readable = read_entry(dump, at, &desc);
		if (readable == dump->unreadable)
			return;
		if (at == first + 1) {
			if (!may_step(dump, desc, &dump->step)) {
				dump->step = 0;
				return;
			}
		} else if (desc != dump->desc + dump->nr_run * dump->step) {
			return;
		}
		/* Where the address does not follow, the value must not */
		step = shadow_desc_oa(geo_of(dump), desc) -
		       shadow_desc_oa(geo_of(dump), dump->desc);
		if (dump->step && step != dump->nr_run * dump->step)
			return;
	}
}

/* The next descriptor of this table that has a line; false: none has */
static bool find_entry(struct shadow_treedump *dump)
{
	struct shadow_treedump_frame *frame = &dump->frame[dump->depth];
	u32 end = shadow_geometry_entries(geo_of(dump), level_of(dump));
	u64 desc;

	for (; frame->index < end; frame->index++) {
		if (read_entry(dump, frame->index, &desc) && !desc)
			continue;
		gather_run(dump);
		dump->at = SHADOW_TREEDUMP_ENTRY;
		return true;
	}
	return false;
}

/* A line of the tree that comes next, or the last one */
static bool next_tree(struct shadow_treedump *dump)
{
	dump->sum_tables += dump->nr_tables;
	dump->nr_tables = 0;
	dump->which++;
	dump->at = dump->which < dump->nr_trees ? SHADOW_TREEDUMP_TREE :
						  SHADOW_TREEDUMP_END;
	return true;
}

/* Go on in this table, or in those above it */
static bool find_line(struct shadow_treedump *dump)
{
	while (!find_entry(dump)) {
		if (!dump->depth)
			return next_tree(dump);
		dump->depth--;
		dump->frame[dump->depth].index++;
	}
	return true;
}

static bool enter_table(struct shadow_treedump *dump, unsigned int depth,
			phys_addr_t pa, u64 va, u64 limits)
{
	const struct shadow_walker *walker = walker_of(dump);

	if (walker->max_tables && dump->nr_tables == walker->max_tables) {
		dump->at = SHADOW_TREEDUMP_LOOP;
		return true;
	}
	dump->nr_tables++;
	dump->depth = depth;
	dump->frame[depth] = (struct shadow_treedump_frame){
		.pa = pa, .va = va, .limits = limits,
	};
	dump->at = SHADOW_TREEDUMP_TABLE;
	return true;
}

static u64 entry_va(const struct shadow_treedump *dump)
{
	unsigned int shift = shadow_geometry_shift(geo_of(dump), level_of(dump));

	return frame_of(dump)->va + ((u64)frame_of(dump)->index << shift);
}

static bool leave_entry(struct shadow_treedump *dump)
{
	u64 limits = frame_of(dump)->limits;

	if (kind_of(dump) == SHADOW_DESC_KIND_TABLE) {
		if (!walker_of(dump)->hpd)
			limits |= dump->desc & SHADOW_TABLE_LIMITS;
		return enter_table(dump, dump->depth + 1,
				   shadow_desc_oa(geo_of(dump), dump->desc),
				   entry_va(dump), limits);
	}
	dump->frame[dump->depth].index += dump->nr_run;
	return find_line(dump);
}

/**
 * shadow_treedump_rewind() - stand at the first line
 * @dump: machine, registers and trees are set
 *
 * Context: any.
 */
void shadow_treedump_rewind(struct shadow_treedump *dump)
{
	dump->at = SHADOW_TREEDUMP_VERSION;
	dump->which = 0;
	dump->depth = 0;
	dump->nr_tables = 0;
	dump->sum_tables = 0;
}

/**
 * shadow_treedump_next() - go to the next line
 * @dump: the dump
 *
 * Context: that of the walkers' @read.
 * Return: false where there is none.
 */
bool shadow_treedump_next(struct shadow_treedump *dump)
{
	switch (dump->at) {
	case SHADOW_TREEDUMP_VERSION:
	case SHADOW_TREEDUMP_LEGEND:
		dump->at++;
		return true;
	case SHADOW_TREEDUMP_MACHINE:
		dump->at = dump->nr_trees ? SHADOW_TREEDUMP_TREE :
					    SHADOW_TREEDUMP_END;
		return true;
	case SHADOW_TREEDUMP_TREE:
		return enter_table(dump, 0, walker_of(dump)->root,
				   shadow_geometry_first(geo_of(dump),
							 walker_of(dump)->upper),
				   0);
	case SHADOW_TREEDUMP_TABLE:
		return find_line(dump);
	case SHADOW_TREEDUMP_ENTRY:
		return leave_entry(dump);
	case SHADOW_TREEDUMP_LOOP:
		return next_tree(dump);
	default:
		dump->at = SHADOW_TREEDUMP_DONE;
		return false;
	}
}

/* Does the table above still point to this one? */
static bool still_linked(struct shadow_treedump *dump, unsigned int depth)
{
	u64 desc;

	dump->depth = depth - 1;
	return read_entry(dump, frame_of(dump)->index, &desc) &&
	       shadow_desc_kind(geo_of(dump), level_of(dump), desc) ==
	       SHADOW_DESC_KIND_TABLE &&
	       shadow_desc_oa(geo_of(dump), desc) == dump->frame[depth].pa;
}

/**
 * shadow_treedump_resume() - come back to tables that may have changed
 * @dump: the dump
 *
 * A table that is not linked any more is not looked at: the line is then the
 * one of the descriptor that pointed to it, as it stands now.
 *
 * Context: that of the walkers' @read.
 * Return: true if the dump goes on where it stood.
 */
bool shadow_treedump_resume(struct shadow_treedump *dump)
{
	unsigned int depth = dump->depth, i;

	if (dump->at != SHADOW_TREEDUMP_TABLE &&
	    dump->at != SHADOW_TREEDUMP_ENTRY)
		return true;
	for (i = 1; i <= depth; i++) {
		if (still_linked(dump, i))
			continue;
		find_line(dump);
		return false;
	}
	dump->depth = depth;
	if (dump->at == SHADOW_TREEDUMP_ENTRY)
		find_line(dump);
	return true;
}

/* ------------------------------------------------------------- the lines -- */

struct text {
	char *to;
	size_t size;
	size_t at;
};

static __printf(2, 3) void put(struct text *text, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	text->at += vscnprintf(text->to + text->at, text->size - text->at, fmt,
			       args);
	va_end(args);
}

/* 0x0 too: `%#llx` of 0 is not the same everywhere */
static void put_hex(struct text *text, const char *key, u64 value)
{
	put(text, " %s=0x%llx", key, value);
}

static void put_registers(struct text *text, const struct shadow_regs *regs,
			  bool all)
{
	put(text, " MAIR_EL1=0x%016llx TCR_EL1=0x%016llx", regs->mair, regs->tcr);
	if (!all)
		return;
	put(text, " TTBR0_EL1=0x%016llx TTBR1_EL1=0x%016llx SCTLR_EL1=0x%016llx",
	    regs->ttbr0, regs->ttbr1, regs->sctlr);
}

static void put_tree(const struct shadow_treedump *dump, struct text *text)
{
	const struct shadow_walker *walker = walker_of(dump);
	const struct shadow_geometry *geo = &walker->geo;

	put(text, "tree=%s half=%s root=0x%llx granule=%u",
	    dump->tree[dump->which].name, walker->upper ? "upper" : "lower",
	    (u64)walker->root, 1U << geo->page_shift);
	put(text, " va_bits=%u pa_bits=%u lpa2=%d levels=%u start_level=%d",
	    geo->va_bits, geo->pa_bits, geo->lpa2, geo->levels,
	    geo->start_level);
	put_registers(text, dump->regs, false);
}

static void put_limits(struct text *text, u64 limits)
{
	static const struct {
		u64 bit;
		const char *name;
	} names[] = {
		{ SHADOW_TABLE_NS, "NSTable" },
		{ SHADOW_TABLE_RDONLY, "read-only" },
		{ SHADOW_TABLE_NO_EL0, "not-EL0" },
		{ SHADOW_TABLE_UXN, "UXNTable" },
		{ SHADOW_TABLE_PXN, "PXNTable" },
	};
	const char *sep = " limits=";
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!(limits & names[i].bit))
			continue;
		put(text, "%s%s", sep, names[i].name);
		sep = ",";
	}
}

static void put_table(const struct shadow_treedump *dump, struct text *text)
{
	const struct shadow_treedump_frame *frame = frame_of(dump);
	u32 i, entries, used = 0;
	u64 desc;

	entries = shadow_geometry_entries(geo_of(dump), level_of(dump));
	for (i = 0; i < entries; i++)
		if (read_entry(dump, i, &desc) && desc)
			used++;
	put(text, "%*stable level=%d pa=0x%llx va=0x%016llx used=%u/%u",
	    2 + 4 * dump->depth, "", level_of(dump), (u64)frame->pa, frame->va,
	    used, entries);
	put_limits(text, frame->limits);
}

static void put_memory(const struct shadow_treedump *dump, struct text *text)
{
	char name[SHADOW_MEMORY_NAME];

	shadow_regs_memory_name(shadow_regs_attr(dump->regs, dump->desc), name,
				sizeof(name));
	put(text, " mem=%s AttrIndx=%llu", name,
	    (dump->desc & SHADOW_ATTR_INDX) >> SHADOW_ATTR_INDX_SHIFT);
}

/* What the descriptor itself says; with DS=1 SH is TCR_EL1's */
static void put_shareability(const struct shadow_treedump *dump,
			     struct text *text)
{
	static const char *const names[] = { "non", "reserved", "outer", "inner" };

	if (geo_of(dump)->lpa2)
		put(text, " sh=TCR");
	else
		put(text, " sh=%s", names[(dump->desc & SHADOW_ATTR_SH) >>
					  SHADOW_ATTR_SH_SHIFT]);
}

static void put_flags(struct text *text, u64 desc, bool block)
{
	static const struct {
		u64 bit;
		const char *name;
	} names[] = {
		{ SHADOW_ATTR_AF, "AF" },
		{ SHADOW_ATTR_NG, "nG" },
		{ SHADOW_ATTR_CONT, "CONT" },
		{ SHADOW_ATTR_PXN, "PXN" },
		{ SHADOW_ATTR_UXN, "UXN" },
		{ SHADOW_ATTR_DBM, "DBM" },
		{ SHADOW_ATTR_GP, "GP" },
		{ SHADOW_ATTR_NS, "NS" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (desc & names[i].bit)
			put(text, " %s", names[i].name);
	if (block && (desc & SHADOW_ATTR_NT))
		put(text, " nT");
	if (desc & SHADOW_ATTR_SW)
		put_hex(text, "sw", (desc & SHADOW_ATTR_SW) >> 55);
}

static void put_leaf(const struct shadow_treedump *dump, struct text *text,
		     bool block)
{
	static const char *const ap[] = {
		"EL1:rw,EL0:--", "EL1:rw,EL0:rw", "EL1:ro,EL0:--", "EL1:ro,EL0:ro",
	};
	const struct shadow_geometry *geo = geo_of(dump);
	u64 bytes = 1ULL << shadow_geometry_shift(geo, level_of(dump));

	put_hex(text, "oa", shadow_desc_oa(geo, dump->desc) & ~(bytes - 1));
	put_hex(text, "size", bytes);
	put_memory(dump, text);
	put(text, " ap=%s", ap[(dump->desc & (SHADOW_ATTR_RDONLY |
					      SHADOW_ATTR_USER)) >> 6]);
	put_shareability(dump, text);
	put_flags(text, dump->desc, block);
}

static void put_index(const struct shadow_treedump *dump, struct text *text)
{
	u32 first = frame_of(dump)->index;

	put(text, "%*s[%u", 4 + 4 * dump->depth, "", first);
	if (dump->nr_run > 1)
		put(text, "..%u", first + dump->nr_run - 1);
	put(text, "] va=0x%016llx", entry_va(dump));
}

static void put_entry(const struct shadow_treedump *dump, struct text *text)
{
	enum shadow_desc_kind kind = kind_of(dump);

	put_index(dump, text);
	if (dump->unreadable) {
		put(text, " unreadable");
		return;
	}
	put(text, " desc=0x%016llx", dump->desc);
	if (dump->step)
		put_hex(text, "step", dump->step);
	put(text, " %s", shadow_desc_kind_names[kind]);
	if (kind == SHADOW_DESC_KIND_TABLE) {
		put_hex(text, "oa", shadow_desc_oa(geo_of(dump), dump->desc));
		put_limits(text, dump->desc & SHADOW_TABLE_LIMITS);
	} else if (is_leaf(kind)) {
		put_leaf(dump, text, kind == SHADOW_DESC_KIND_BLOCK);
	}
}

/**
 * shadow_treedump_line() - the line at which a dump stands
 * @dump: the dump, not at its end
 * @text: filled, without a newline
 * @size: bytes that @text has room for; SHADOW_TREEDUMP_LINE are enough
 *
 * Context: that of the walkers' @read.
 */
void shadow_treedump_line(const struct shadow_treedump *dump, char *text,
			  size_t size)
{
	struct text to = { .to = text, .size = size };

	text[0] = '\0';
	switch (dump->at) {
	case SHADOW_TREEDUMP_VERSION:
		put(&to, "shadow_mm page tables, format 1");
		break;
	case SHADOW_TREEDUMP_LEGEND:
		put(&to, "# [FIRST..LAST] stands for desc, desc + step, desc + 2 * step, ...; ");
		put(&to, "descriptors that are 0 have no line; addresses in bytes");
		break;
	case SHADOW_TREEDUMP_MACHINE:
		put(&to, "machine=%s trees=%u", dump->machine, dump->nr_trees);
		put_registers(&to, dump->regs, true);
		break;
	case SHADOW_TREEDUMP_TREE:
		put_tree(dump, &to);
		break;
	case SHADOW_TREEDUMP_TABLE:
		put_table(dump, &to);
		break;
	case SHADOW_TREEDUMP_ENTRY:
		put_entry(dump, &to);
		break;
	case SHADOW_TREEDUMP_LOOP:
		put(&to, "# more than %llu tables: this tree is not followed further",
		    dump->nr_tables);
		break;
	case SHADOW_TREEDUMP_END:
		put(&to, "end trees=%u tables=%llu", dump->nr_trees,
		    dump->sum_tables);
		break;
	}
}
