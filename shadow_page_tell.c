// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_page_tell - all that the machine knows of one frame, in words.
 *
 * A frame inside a block has no fields of its own: its head's are told, and
 * that they are. What is read lies in the block and may be corrupt, so each
 * field is range-checked before it is given a name.
 */
#include "shadow_compound.h"
#include "shadow_page_tell.h"

/**
 * struct tell - one frame being told
 * @nodes: the layer
 * @pfn: the frame
 * @page: its entry
 * @head: that of the first frame of its block; NULL: of none
 * @flags: of @head, or else of @page, read once
 * @emit: takes the text
 * @to: handed to it
 */
struct tell {
	struct shadow_nodes *nodes;
	u64 pfn;
	struct shadow_page *page;
	struct shadow_page *head;
	u32 flags;
	shadow_page_emit_t emit;
	void *to;
};

static __printf(2, 3)
void say(const struct tell *tell, const char *fmt, ...)
{
	char text[200];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	tell->emit(tell->to, text);
}

static const char *name_of(const char *const *names, unsigned int nr,
			   unsigned int value)
{
	return value < nr ? names[value] : "(corrupt)";
}

static const char *const state_words[SHADOW_NR_PAGE_STATES] = {
	[SHADOW_PAGE_NONE]	= "part of a block that another frame is the first of",
	[SHADOW_PAGE_HOLE]	= "no memory here",
	[SHADOW_PAGE_RESERVED]	= "never handed to the buddy",
	[SHADOW_PAGE_BUDDY]	= "first frame of a free block in a free area",
	[SHADOW_PAGE_PCP]	= "first frame of a free block on a per-CPU list",
	[SHADOW_PAGE_ALLOCATED]	= "first frame of a block in use",
	[SHADOW_PAGE_DEVICE]	= "a device's, never the buddy's",
};

static unsigned int field(u32 flags, u32 mask, unsigned int shift)
{
	return (flags & mask) >> shift;
}

static enum shadow_page_state state_of(u32 flags)
{
	return field(flags, SHADOW_PF_STATE_MASK, SHADOW_PF_STATE_SHIFT);
}

static unsigned int order_of(u32 flags)
{
	return field(flags, SHADOW_PF_ORDER_MASK, SHADOW_PF_ORDER_SHIFT);
}

static bool has_order(u32 flags)
{
	return state_of(flags) == SHADOW_PAGE_BUDDY ||
	       state_of(flags) == SHADOW_PAGE_PCP ||
	       state_of(flags) == SHADOW_PAGE_ALLOCATED;
}

static u64 pfn_of(const struct tell *tell, const struct shadow_page *page)
{
	return shadow_page_to_pfn(tell->nodes, page);
}

/*
 * The first frame of a frame's block, and its flags; NULL and the frame's own
 * where it is of none. Of one moment: where one block ends and the next begins
 * changes under the zone's lock alone.
 */
static struct shadow_page *head_of(struct shadow_nodes *nodes,
				   struct shadow_page *page, u32 *flags)
{
	struct shadow_zone *zone = shadow_page_zone(nodes, page);
	struct shadow_page *head;
	unsigned long irqflags;

	raw_spin_lock_irqsave(&zone->lock, irqflags);
	head = shadow_block_head(nodes, page);
	*flags = READ_ONCE((head ? : page)->flags);
	raw_spin_unlock_irqrestore(&zone->lock, irqflags);
	return head;
}

/* Where the entry lies: an offset, never a pointer of the host */
static void tell_place(const struct tell *tell)
{
	const struct shadow_nodes *nodes = tell->nodes;
	const struct shadow_block *block = nodes->block;
	phys_addr_t pa = shadow_virt_to_phys(block, tell->page);
	u32 index = shadow_page_index(&nodes->memmap, tell->page);

	say(tell, "pfn %llu (%#llx), pa %#llx\n", tell->pfn, tell->pfn,
	    tell->pfn << nodes->page_shift);
	say(tell, "memmap       %s, entry %u, bank %u", nodes->memmap.many ?
	    shadow_memmodel_names[nodes->memmap.model] : "one piece", index,
	    field(tell->page->flags, SHADOW_PF_BANK_MASK, SHADOW_PF_BANK_SHIFT));
	if (nodes->memmap.sections.nr)
		say(tell, ", section %llu",
		    tell->pfn >> nodes->memmap.sections.shift);
	say(tell, "\n");
	if (pa == SHADOW_BLOCK_NO_PA || !shadow_block_spans(block, pa, 1))
		say(tell, "struct page  %zu bytes, not in the block\n",
		    sizeof(*tell->page));
	else
		say(tell, "struct page  %zu bytes at pa %#llx, %#llx bytes into the block\n",
		    sizeof(*tell->page), (u64)pa, (u64)(pa - block->base));
}

static void tell_block(const struct tell *tell)
{
	unsigned int state = state_of(tell->flags), order = order_of(tell->flags);
	u64 first = tell->head ? pfn_of(tell, tell->head) : tell->pfn;

	if (tell->head && tell->head != tell->page)
		say(tell, "frame        inside a block: what follows is of its first, pfn %llu\n",
		    first);
	say(tell, "flags        0x%08x\n", tell->flags);
	say(tell, "state        %s: %s\n",
	    name_of(shadow_page_state_names, SHADOW_NR_PAGE_STATES, state),
	    name_of(state_words, SHADOW_NR_PAGE_STATES, state));
	if (has_order(tell->flags))
		say(tell, "order        %u: pfn %llu to %llu\n", order, first,
		    first + BIT_ULL(order) - 1);
	say(tell, "owner        %s\n",
	    name_of(shadow_owner_names, SHADOW_NR_OWNERS,
		    field(tell->flags, SHADOW_PF_OWNER_MASK, SHADOW_PF_OWNER_SHIFT)));
	say(tell, "zone         %s of node %u\n",
	    name_of(shadow_zone_names, SHADOW_MAX_NR_ZONES,
		    field(tell->flags, SHADOW_PF_ZONE_MASK, SHADOW_PF_ZONE_SHIFT)),
	    field(tell->flags, SHADOW_PF_NODE_MASK, SHADOW_PF_NODE_SHIFT));
}

static void tell_mobility(const struct tell *tell)
{
	const struct shadow_nodes *nodes = tell->nodes;
	u64 first = tell->pfn & ~(BIT_ULL(nodes->pageblock_log2) - 1);
	u32 index = shadow_page_index(&nodes->memmap, tell->page);

	if (has_order(tell->flags))
		say(tell, "migratetype  %s, when it was last taken or given back\n",
		    name_of(shadow_migratetype_names, SHADOW_MIGRATE_TYPES,
			    field(tell->flags, SHADOW_PF_MT_MASK, SHADOW_PF_MT_SHIFT)));
	say(tell, "pageblock    %s, pfn %llu to %llu\n",
	    shadow_migratetype_names[shadow_pageblock_mt(nodes, index)], first,
	    first + BIT_ULL(nodes->pageblock_log2) - 1);
}

static void tell_link(const struct tell *tell, const char *name, u32 index)
{
	const struct shadow_page *page;

	page = shadow_page_at(&tell->nodes->memmap, index);
	if (index == SHADOW_NO_PAGE)
		say(tell, "%s         none\n", name);
	else if (!page)
		say(tell, "%s         entry %u, out of range: corrupt or not a link\n",
		    name, index);
	else
		say(tell, "%s         entry %u, pfn %llu\n", name, index,
		    pfn_of(tell, page));
}

/* The union, as who owns the block uses it */
static void tell_union(const struct tell *tell, const struct shadow_page *page)
{
	switch (field(tell->flags, SHADOW_PF_OWNER_MASK, SHADOW_PF_OWNER_SHIFT)) {
	case SHADOW_OWNER_SLAB:
		say(tell, "slab         cache %u, %u of %u objects in use, freelist %#x, list %u\n",
		    page->slab.cache, page->slab.inuse, page->slab.objects,
		    page->slab.freelist, page->slab.state);
		break;
	case SHADOW_OWNER_VMALLOC:
		say(tell, "vmalloc      area %llu, page %llu of it\n",
		    page->private[0], page->private[1]);
		break;
	case SHADOW_OWNER_USER:
		say(tell, "user         mapping %#llx, page %u of it\n",
		    page->user.mapping, page->user.index);
		say(tell, "mapcount     %d\n", atomic_read(&page->user.mapcount));
		return;
	default:
		say(tell, "private      %#llx %#llx\n", page->private[0],
		    page->private[1]);
	}
	say(tell, "mapcount     none, no process maps it\n");
}

static void tell_fields(const struct tell *tell)
{
	struct shadow_page *page = tell->head ? : tell->page;

	say(tell, "refcount     %d\n", atomic_read(&page->refcount));
	tell_link(tell, "next", READ_ONCE(page->next));
	tell_link(tell, "prev", READ_ONCE(page->prev));
	tell_union(tell, page);
	if (state_of(tell->flags) != SHADOW_PAGE_ALLOCATED)
		return;
	if (!(tell->flags & SHADOW_PF_COMP))
		say(tell, "compound     no\n");
	else if (tell->head == tell->page)
		say(tell, "compound     head of order %u\n", order_of(tell->flags));
	else
		say(tell, "compound     tail %llu of the head at pfn %llu\n",
		    tell->pfn - pfn_of(tell, tell->head), pfn_of(tell, tell->head));
}

static void tell_buddy(const struct tell *tell, unsigned int order)
{
	u64 first = tell->pfn & ~(BIT_ULL(order) - 1);
	u64 pfn = first ^ BIT_ULL(order);
	struct shadow_page *buddy = shadow_pfn_to_page(tell->nodes, pfn), *head;
	u32 flags;

	if (!buddy) {
		say(tell, "%5u  %12llu  outside the memmap\n", order, pfn);
		return;
	}
	head = head_of(tell->nodes, buddy, &flags) ? : buddy;
	say(tell, "%5u  %12llu  %s", order, pfn,
	    name_of(shadow_page_state_names, SHADOW_NR_PAGE_STATES, state_of(flags)));
	if (has_order(flags) && head != buddy)
		say(tell, " in a block of order %u at pfn %llu", order_of(flags),
		    pfn_of(tell, head));
	else if (has_order(flags))
		say(tell, " block of order %u", order_of(flags));
	if ((flags ^ tell->flags) & SHADOW_PF_PLACE_MASK)
		say(tell, ", of another zone");
	else if (state_of(flags) == SHADOW_PAGE_BUDDY && head == buddy &&
		 order_of(flags) == order)
		say(tell, ": a block freed here merges with it");
	say(tell, "\n");
}

static void tell_nothing(const struct tell *tell)
{
	const struct shadow_memmap *memmap = &tell->nodes->memmap;

	say(tell, "pfn %llu (%#llx), pa %#llx\n", tell->pfn, tell->pfn,
	    tell->pfn << tell->nodes->page_shift);
	if (tell->pfn >= memmap->start_pfn && tell->pfn < memmap->end_pfn)
		say(tell, "in a hole of the memory, and of the memmap (%s)\n",
		    shadow_memmodel_names[memmap->model]);
	else
		say(tell, "%s the machine's memory, which is pfn %llu to %llu\n",
		    tell->pfn < memmap->start_pfn ? "below" : "above",
		    memmap->start_pfn, memmap->end_pfn - 1);
}

/**
 * shadow_page_tell() - all that the machine knows of one frame, in words
 * @nodes: the layer, with its memmap
 * @pfn: any frame number
 * @emit: called with text, newlines included
 * @to: handed to it
 *
 * Each field of struct shadow_page, the block that the frame is part of, and at
 * each order whom a block freed there would merge with. A frame without an
 * entry is told apart: below, above, or in a hole of the memmap.
 *
 * Context: any; takes the zone's lock for each block that is looked up. The
 * frame may change after that: its links, users and buddies are of later.
 */
void shadow_page_tell(struct shadow_nodes *nodes, u64 pfn,
		      shadow_page_emit_t emit, void *to)
{
	struct tell tell = {
		.nodes = nodes, .pfn = pfn, .emit = emit, .to = to,
		.page = shadow_pfn_to_page(nodes, pfn),
	};
	unsigned int order;

	if (!tell.page) {
		tell_nothing(&tell);
		return;
	}
	tell.head = head_of(nodes, tell.page, &tell.flags);
	tell_place(&tell);
	if (!tell.head)
		say(&tell, "frame        of no block: corrupt, none before it is the first\n");
	tell_block(&tell);
	if (state_of(tell.flags) == SHADOW_PAGE_HOLE)
		return;
	tell_mobility(&tell);
	tell_fields(&tell);
	say(&tell, "buddies\norder           pfn  state\n");
	for (order = 0; order < nodes->max_order; order++)
		tell_buddy(&tell, order);
}
