// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_state_memmap - every frame, and every pageblock, for shadow_state.
 *
 * A block is one unit where all its frames but the first say only that they are
 * inside. Equal units in a row are one line, so that a machine is as long as its
 * variety.
 */
#include "shadow_boot.h"
#include "shadow_state_room.h"

/**
 * struct unit - what a block or a frame is
 * @flags: of its first frame
 * @refcount: likewise
 * @private: what its owner has written
 * @nr: frames
 */
struct unit {
	u32 flags;
	u32 refcount;
	u64 private[2];
	u32 nr;
};

static bool owned(enum shadow_page_state state)
{
	return state == SHADOW_PAGE_ALLOCATED || state == SHADOW_PAGE_RESERVED ||
	       state == SHADOW_PAGE_DEVICE;
}

static bool heads_block(enum shadow_page_state state)
{
	return state == SHADOW_PAGE_ALLOCATED || state == SHADOW_PAGE_BUDDY ||
	       state == SHADOW_PAGE_PCP;
}

/* Frames from @index on that are inside of a block, and of the same place */
static u32 count_inside(const struct shadow_memmap *memmap, u32 index, u32 end,
			u32 place)
{
	u32 at;

	for (at = index; at < end; at++) {
		u32 flags = memmap->pages[at].flags;

		if ((flags & SHADOW_PF_STATE_MASK) != SHADOW_PAGE_NONE ||
		    (flags & SHADOW_PF_STAYS) != place)
			break;
	}
	return at - index;
}

static struct unit unit_at(const struct shadow_memmap *memmap, u32 index, u32 end)
{
	const struct shadow_page *page = &memmap->pages[index];
	enum shadow_page_state state = shadow_page_state(page);
	u32 place = page->flags & SHADOW_PF_STAYS;
	u32 nr = heads_block(state) ? 1U << (shadow_page_order(page) & 31) : 1;
	struct unit unit = { .flags = page->flags, .nr = 1 };

	/* What stood there when the frame was a block's first says nothing now */
	if (state == SHADOW_PAGE_NONE) {
		unit.flags = place;
		return unit;
	}
	unit.refcount = atomic_read(&page->refcount);
	if (owned(state))
		memcpy(unit.private, page->private, sizeof(unit.private));
	if (nr > 1 && nr <= end - index &&
	    count_inside(memmap, index + 1, index + nr, place) == nr - 1)
		unit.nr = nr;
	return unit;
}

static bool same_unit(const struct unit *a, const struct unit *b)
{
	return a->flags == b->flags && a->refcount == b->refcount &&
	       a->private[0] == b->private[0] &&
	       a->private[1] == b->private[1] && a->nr == b->nr;
}

static void print_units(const struct shadow_nodes *nodes,
			const struct shadow_text *text, u32 index,
			const struct unit *unit, u64 nr)
{
	u32 flags = unit->flags;
	u32 state = (flags & SHADOW_PF_STATE_MASK) >> SHADOW_PF_STATE_SHIFT;
	u32 owner = (flags & SHADOW_PF_OWNER_MASK) >> SHADOW_PF_OWNER_SHIFT;

	shadow_text_say(text, "  0x%llx",
			shadow_index_to_pfn(&nodes->memmap, index));
	if (nr > 1)
		shadow_text_say(text, " %llu times", nr);
	if (unit->nr > 1)
		shadow_text_say(text, " %u frames", unit->nr);
	shadow_text_say(text, " flags 0x%x", flags);
	if (state < SHADOW_NR_PAGE_STATES)
		shadow_text_say(text, " %s", shadow_page_state_names[state]);
	if (owner && owner < SHADOW_NR_OWNERS)
		shadow_text_say(text, " %s", shadow_owner_names[owner]);
	if (unit->refcount)
		shadow_text_say(text, " refcount %u", unit->refcount);
	if (unit->private[0] || unit->private[1])
		shadow_text_say(text, " private 0x%llx 0x%llx", unit->private[0],
				unit->private[1]);
	shadow_text_put(text, "\n");
}

static void print_bank(const struct shadow_nodes *nodes,
		       const struct shadow_memmap_bank *bank,
		       const struct shadow_text *text)
{
	const struct shadow_memmap *memmap = &nodes->memmap;
	u32 index = bank->first, end = shadow_bank_end(bank);
	struct unit first, next;
	u32 start;
	u64 nr;

	shadow_text_say(text, "bank: start 0x%llx first 0x%x nr 0x%x node %d\n",
			bank->start_pfn, bank->first, bank->nr, bank->nid);
	while (index < end) {
		start = index;
		first = unit_at(memmap, index, end);
		nr = 0;
		do {
			nr++;
			index += first.nr;
			if (index >= end)
				break;
			next = unit_at(memmap, index, end);
		} while (same_unit(&first, &next));
		print_units(nodes, text, start, &first, nr);
	}
}

static void print_pageblocks(const struct shadow_nodes *nodes,
			     const struct shadow_text *text)
{
	u32 nr = shadow_pageblocks(nodes), at, end;

	shadow_text_say(text, "pageblocks: %u\n", nr);
	for (at = 0; at < nr; at = end) {
		u8 type = nodes->pageblock_mt[at];

		for (end = at + 1; end < nr; end++)
			if (nodes->pageblock_mt[end] != type)
				break;
		shadow_text_say(text, "  %u+%u: 0x%x\n", at, end - at, type);
	}
}

/**
 * shadow_state_memmap() - every frame and every pageblock of a machine
 * @mm: the machine
 * @text: where they go
 *
 * Context: as shadow_state_print().
 */
void shadow_state_memmap(struct shadow_mm *mm, const struct shadow_text *text)
{
	const struct shadow_nodes *nodes = &mm->nodes;
	const struct shadow_memmap *memmap = &nodes->memmap;
	unsigned int i;

	if (!shadow_boot_reached(mm, SHADOW_PHASE_FREE_AREA_INIT))
		return;
	shadow_text_say(text, "memmap: model %s nr 0x%x from 0x%llx",
			shadow_memmodel_names[memmap->model], memmap->nr,
			memmap->start_pfn);
	shadow_text_say(text, " to 0x%llx banks %u devices %u\n",
			memmap->end_pfn, memmap->nr_banks, memmap->nr_devices);
	for (i = 0; i < SHADOW_MEMMAP_BANKS; i++)
		if (memmap->bank[i].nr)
			print_bank(nodes, &memmap->bank[i], text);
	print_pageblocks(nodes, text);
}
