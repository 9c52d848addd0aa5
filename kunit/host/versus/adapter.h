/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included once for each of the two, which says before:
 *
 *	MEMBLOCK(name)	the function of that name
 *	SELF, SELF_	its first argument, if it has one; with a comma
 *	THE		its struct memblock
 *	TYPE		its struct memblock_type
 *	VERSUS, NAME	what the table of functions is to be called
 */
static int add(u64 base, u64 bytes)
{
	return MEMBLOCK(add)(SELF_ base, bytes);
}

static int add_node(u64 base, u64 bytes, int nid, u32 flags)
{
	return MEMBLOCK(add_node)(SELF_ base, bytes, nid, flags);
}

static int drop(u64 base, u64 bytes)
{
	return MEMBLOCK(remove)(SELF_ base, bytes);
}

static int reserve(u64 base, u64 bytes)
{
	return MEMBLOCK(reserve)(SELF_ base, bytes);
}

static int phys_free(u64 base, u64 bytes)
{
	return MEMBLOCK(phys_free)(SELF_ base, bytes);
}

static int mark(enum versus_mark mark, u64 base, u64 bytes)
{
	switch (mark) {
	case MARK_HOTPLUG:
		return MEMBLOCK(mark_hotplug)(SELF_ base, bytes);
	case CLEAR_HOTPLUG:
		return MEMBLOCK(clear_hotplug)(SELF_ base, bytes);
	case MARK_NOMAP:
		return MEMBLOCK(mark_nomap)(SELF_ base, bytes);
	case CLEAR_NOMAP:
		return MEMBLOCK(clear_nomap)(SELF_ base, bytes);
	default:
		return MEMBLOCK(reserved_mark_noinit)(SELF_ base, bytes);
	}
}

static int set_node(u64 base, u64 bytes, bool reserved, int nid)
{
	return MEMBLOCK(set_node)(SELF_ base, bytes, reserved ? &THE.reserved :
							    &THE.memory, nid);
}

static u64 alloc(u64 bytes, u64 align, u64 start, u64 end, int nid, bool exact)
{
	return MEMBLOCK(alloc_range_nid)(SELF_ bytes, align, start, end, nid,
					 exact);
}

static void set_bottom_up(bool enable)
{
	MEMBLOCK(set_bottom_up)(SELF_ enable);
}

static struct versus_list list(bool reserved, struct versus_region *out)
{
	const TYPE *type = reserved ? &THE.reserved : &THE.memory;
	unsigned long i;

	for (i = 0; out && i < type->cnt; i++) {
		out[i].base = type->regions[i].base;
		out[i].bytes = type->regions[i].size;
		out[i].flags = type->regions[i].flags;
		out[i].nid = type->regions[i].nid;
	}
	return (struct versus_list) { type->cnt, type->max, type->total_size };
}

const struct versus VERSUS = {
	NAME, init, add, add_node, drop, reserve, phys_free, mark, set_node,
	alloc, set_bottom_up, list, verify
};
