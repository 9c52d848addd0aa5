// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_map - whose each part of physical memory is, in letters.
 *
 * After the handover the memmap says it, walked under the zone's lock as far as
 * one character reaches: each is of one moment, a picture is not. Before the
 * handover the early allocator says it, and a frame of which only a part is
 * reserved counts as reserved, as it does at the handover.
 */
#include <linux/math64.h>

#include "shadow_boot.h"
#include "shadow_handover.h"
#include "shadow_map.h"

static const struct {
	char letter;
	const char *meaning;
} classes[SHADOW_NR_MAP_CLASSES] = {
	[SHADOW_MAP_FREE]	= { 'F', "free" },
	[SHADOW_MAP_PCP]	= { 'C', "free, on a CPU's lists" },
	[SHADOW_MAP_DIRECT]	= { 'D', "direct: alloc_pages" },
	[SHADOW_MAP_TABLE]	= { 'T', "translation tables" },
	[SHADOW_MAP_SLAB]	= { 'S', "slabs" },
	[SHADOW_MAP_KMALLOC]	= { 'K', "kmalloc, too large for a slab" },
	[SHADOW_MAP_VMALLOC]	= { 'V', "vmalloc" },
	[SHADOW_MAP_KMAP]	= { 'P', "kmap" },
	[SHADOW_MAP_USER]	= { 'U', "user" },
	[SHADOW_MAP_SHARED]	= { 'O', "other machines live there" },
	[SHADOW_MAP_MEMMAP]	= { 'M', "memmap" },
	[SHADOW_MAP_IMAGE]	= { 'I', "kernel image, device tree, initrd" },
	[SHADOW_MAP_EARLY]	= { 'E', "other early reservations" },
	[SHADOW_MAP_NOMAP]	= { 'N', "no-map: in no table" },
	[SHADOW_MAP_DEVICE]	= { 'Z', "zone Device" },
	[SHADOW_MAP_HOLE]	= { '-', "no memory" },
	[SHADOW_MAP_UNKNOWN]	= { '?', "corrupt: see audit" },
};

static const u8 class_of_owner[SHADOW_NR_OWNERS] = {
	[SHADOW_OWNER_NONE] = SHADOW_MAP_UNKNOWN,
	[SHADOW_OWNER_DIRECT] = SHADOW_MAP_DIRECT,
	[SHADOW_OWNER_TABLE] = SHADOW_MAP_TABLE,
	[SHADOW_OWNER_SLAB] = SHADOW_MAP_SLAB,
	[SHADOW_OWNER_KMALLOC] = SHADOW_MAP_KMALLOC,
	[SHADOW_OWNER_VMALLOC] = SHADOW_MAP_VMALLOC,
	[SHADOW_OWNER_KMAP] = SHADOW_MAP_KMAP,
	[SHADOW_OWNER_USER] = SHADOW_MAP_USER,
	[SHADOW_OWNER_SHARED] = SHADOW_MAP_SHARED,
	[SHADOW_OWNER_MEMMAP] = SHADOW_MAP_MEMMAP,
	[SHADOW_OWNER_PAGE_OWNER] = SHADOW_MAP_MEMMAP,
	[SHADOW_OWNER_IMAGE] = SHADOW_MAP_IMAGE,
	[SHADOW_OWNER_EARLY] = SHADOW_MAP_EARLY,
};

const char *const shadow_map_kind_names[SHADOW_NR_MAP_KINDS] = {
	[SHADOW_MAP_STATIC] = "static",
	[SHADOW_MAP_RESERVED] = "reserved",
	[SHADOW_MAP_MANAGED] = "managed",
};

/**
 * shadow_map_letter() - the character of a class
 * @class: the class
 *
 * Context: any.
 * Return: a capital letter, or '-' or '?'.
 */
char shadow_map_letter(enum shadow_map_class class)
{
	return classes[class].letter;
}

/**
 * shadow_map_meaning() - what a class is
 * @class: the class
 *
 * Context: any.
 * Return: a few words.
 */
const char *shadow_map_meaning(enum shadow_map_class class)
{
	return classes[class].meaning;
}

/**
 * shadow_map_char() - how so many frames are drawn
 * @count: the frames of one character
 *
 * Of one class: its letter. Of several: the small letter of the one that has
 * most, the first of the legend where two have as many; frames without memory
 * are not asked then.
 *
 * Context: any.
 * Return: the character; blank where there are no frames.
 */
char shadow_map_char(const struct shadow_map_count *count)
{
	enum shadow_map_class class, most = SHADOW_MAP_HOLE;
	unsigned int nr_classes = 0;
	u64 nr = 0;

	for (class = 0; class < SHADOW_NR_MAP_CLASSES; class++) {
		nr_classes += !!count->nr[class];
		if (class == SHADOW_MAP_HOLE || count->nr[class] <= nr)
			continue;
		nr = count->nr[class];
		most = class;
	}
	if (!nr_classes)
		return ' ';
	/* Bit 5 makes a letter small; '-' and '?' have it */
	return classes[most].letter | (nr_classes > 1 ? BIT(5) : 0);
}

/* --------------------------------------------------------------- parts -- */

/* What memblock calls a node's, once it knows that of all memory */
static bool knows_nodes(const struct shadow_mm *mm)
{
	const struct shadow_memblock_region *rgn;

	shadow_for_each_mem_region(&mm->memblock, rgn)
		if (!shadow_numa_valid_node(rgn->nid))
			return false;
	return true;
}

static bool is_of(const struct shadow_map_part *part,
		  const struct shadow_memblock_region *rgn)
{
	return part->nid == SHADOW_NUMA_NO_NODE || rgn->nid == part->nid;
}

static bool early_part(const struct shadow_mm *mm, unsigned int nr,
		       struct shadow_map_part *part)
{
	const struct shadow_memblock *mb = &mm->memblock;
	const struct shadow_memblock_region *rgn;

	if (knows_nodes(mm))
		part->nid = nr;
	else if (nr)
		return false;
	part->start_pfn = U64_MAX;
	shadow_for_each_mem_region(mb, rgn) {
		if (!is_of(part, rgn))
			continue;
		part->start_pfn = min_t(u64, part->start_pfn,
					rgn->base >> mb->page_shift);
		part->end_pfn = shadow_memblock_region_memory_end_pfn(mb, rgn);
	}
	/* The list may lie in the block: corrupt, it has no end */
	part->start_pfn = max_t(u64, part->start_pfn,
				mm->block.base >> mb->page_shift);
	part->end_pfn = min_t(u64, part->end_pfn,
			      (mm->block.base + mm->block.bytes) >> mb->page_shift);
	return part->start_pfn < part->end_pfn;
}

/**
 * shadow_map_part() - one of the parts that a picture has
 * @mm: the machine
 * @nr: which, below SHADOW_MAP_PARTS
 * @part: filled
 *
 * Context: process context, the machine's lock held.
 * Return: false where there is nothing in that one; later ones may have.
 */
bool shadow_map_part(struct shadow_mm *mm, unsigned int nr,
		     struct shadow_map_part *part)
{
	unsigned int nid = nr / SHADOW_MAX_NR_ZONES;
	struct shadow_zone *zone;

	*part = (struct shadow_map_part) { .nid = SHADOW_NUMA_NO_NODE };
	if (!shadow_boot_reached(mm, SHADOW_PHASE_MEM_INIT))
		return early_part(mm, nr, part);
	if (nid >= mm->nodes.nr_nodes)
		return false;
	zone = &mm->nodes.node[nid].zone[nr % SHADOW_MAX_NR_ZONES];
	part->zone = zone;
	part->nid = nid;
	part->start_pfn = zone->start_pfn;
	part->end_pfn = zone->start_pfn + zone->spanned;
	return zone->spanned;
}

/* ------------------------------------------------ before the handover -- */

/*
 * struct early_walk - frames in a row that are the same
 * @idx: where the walk over free ranges stands
 * @free_pfn: first frame of the free range that is not behind, U64_MAX: none
 * @free_end: the frame after its last
 */
struct early_walk {
	u64 idx;
	u64 free_pfn;
	u64 free_end;
};

static void next_free(const struct shadow_early *early, struct early_walk *walk)
{
	const struct shadow_early_ops *ops =
		early->taken_over ? early->ops : &shadow_early_memblock;

	if (!ops->next_free(early, &walk->idx, &walk->free_pfn, &walk->free_end))
		walk->free_pfn = U64_MAX;
}

/* The first region whose whole frames do not end at or before @pfn; NULL: none */
static const struct shadow_memblock_region *
region_at(const struct shadow_memblock *mb, const struct shadow_map_part *part,
	  u64 pfn)
{
	const struct shadow_memblock_region *rgn;

	shadow_for_each_mem_region(mb, rgn)
		if (is_of(part, rgn) &&
		    shadow_memblock_region_memory_end_pfn(mb, rgn) > pfn)
			return rgn;
	return NULL;
}

/* Whose a reserved frame is; @end_pfn is drawn in to where that may change */
static enum shadow_map_class reserved_class(const struct shadow_early_log *log,
					    unsigned int shift, u64 pfn,
					    u64 *end_pfn)
{
	const struct shadow_early_range *range = log->range;
	enum shadow_map_class class = SHADOW_MAP_EARLY;
	u64 first, end;

	for (; range < log->range + log->nr; range++) {
		first = range->base >> shift;
		end = ((shadow_early_range_end(range) - 1) >> shift) + 1;
		if (first > pfn) {
			*end_pfn = min(*end_pfn, first);
			break;
		}
		if (end <= pfn)
			continue;
		/* Where two share a frame, the later one's, as at the handover */
		class = class_of_owner[shadow_handover_owner(range->owner)];
		*end_pfn = min(*end_pfn, end > pfn + 1 ? end - 1 : end);
	}
	return class;
}

/* What a frame is; @end_pfn is drawn in to where that may change */
static enum shadow_map_class early_class(const struct shadow_mm *mm,
					 const struct shadow_map_part *part,
					 struct early_walk *walk, u64 pfn,
					 u64 *end_pfn)
{
	const struct shadow_memblock *mb = &mm->memblock;
	const struct shadow_memblock_region *rgn = region_at(mb, part, pfn);
	u64 first;

	if (!rgn)
		return SHADOW_MAP_HOLE;
	first = shadow_memblock_region_memory_base_pfn(mb, rgn);
	if (first > pfn) {
		*end_pfn = min(*end_pfn, first);
		return SHADOW_MAP_HOLE;
	}
	*end_pfn = min_t(u64, *end_pfn,
			 shadow_memblock_region_memory_end_pfn(mb, rgn));
	if (shadow_memblock_is_nomap(rgn))
		return SHADOW_MAP_NOMAP;
	while (walk->free_pfn != U64_MAX && walk->free_end <= pfn)
		next_free(&mm->early, walk);
	if (walk->free_pfn <= pfn) {
		*end_pfn = min(*end_pfn, walk->free_end);
		return SHADOW_MAP_FREE;
	}
	*end_pfn = min(*end_pfn, walk->free_pfn);
	return reserved_class(mm->early.log, mb->page_shift, pfn, end_pfn);
}

static enum shadow_map_kind early_kind(enum shadow_map_class class)
{
	if (class == SHADOW_MAP_FREE)
		return SHADOW_MAP_MANAGED;
	return class == SHADOW_MAP_IMAGE ? SHADOW_MAP_STATIC :
					   SHADOW_MAP_RESERVED;
}

static void count_early(const struct shadow_mm *mm,
			const struct shadow_map_part *part, u64 pfn, u64 end_pfn,
			struct shadow_map_count *count)
{
	struct early_walk walk = {};
	enum shadow_map_class class;
	u64 end;

	next_free(&mm->early, &walk);
	for (; pfn < end_pfn; pfn = end) {
		end = end_pfn;
		class = early_class(mm, part, &walk, pfn, &end);
		count->nr[class] += end - pfn;
		if (class != SHADOW_MAP_HOLE)
			count->kind[early_kind(class)] += end - pfn;
	}
}

/* ----------------------------------------------------- from it on: memmap -- */

static bool is_head(const struct shadow_page *page)
{
	enum shadow_page_state state = shadow_page_state(page);

	return state == SHADOW_PAGE_BUDDY || state == SHADOW_PAGE_PCP ||
	       state == SHADOW_PAGE_ALLOCATED;
}

/* First frame of the block that an entry is in; the entry itself: there is none */
static u32 head_of(const struct shadow_memmap *memmap, u32 index)
{
	unsigned int order;
	u32 head;

	if (shadow_page_state(&memmap->pages[index]) != SHADOW_PAGE_NONE)
		return index;
	for (order = 1; order <= SHADOW_MAX_ORDER; order++) {
		head = index & ~((u32)BIT(order) - 1);
		if (is_head(&memmap->pages[head]))
			return shadow_page_order(&memmap->pages[head]) >= order ?
			       head : index;
	}
	return index;
}

static bool is_nomap(const struct shadow_mm *mm, u64 pfn)
{
	phys_addr_t pa = pfn << mm->memblock.page_shift;

	return shadow_memblock_is_memory(&mm->memblock, pa) &&
	       !shadow_memblock_is_map_memory(&mm->memblock, pa);
}

static enum shadow_map_class page_class(const struct shadow_mm *mm,
					const struct shadow_page *page, u64 pfn)
{
	unsigned int owner = min_t(unsigned int, shadow_page_owner(page),
				   SHADOW_OWNER_NONE + SHADOW_NR_OWNERS - 1);

	switch (shadow_page_state(page)) {
	case SHADOW_PAGE_HOLE:
		return SHADOW_MAP_HOLE;
	case SHADOW_PAGE_BUDDY:
		return SHADOW_MAP_FREE;
	case SHADOW_PAGE_PCP:
		return SHADOW_MAP_PCP;
	case SHADOW_PAGE_DEVICE:
		return SHADOW_MAP_DEVICE;
	case SHADOW_PAGE_RESERVED:
		if (owner == SHADOW_OWNER_EARLY && is_nomap(mm, pfn))
			return SHADOW_MAP_NOMAP;
		return class_of_owner[owner];
	case SHADOW_PAGE_ALLOCATED:
		return class_of_owner[owner];
	default:
		return SHADOW_MAP_UNKNOWN;
	}
}

static void add_pages(const struct shadow_page *page, enum shadow_map_class class,
		      u64 nr_pages, struct shadow_map_count *count)
{
	count->nr[class] += nr_pages;
	if (is_head(page))
		count->kind[SHADOW_MAP_MANAGED] += nr_pages;
	else if (shadow_page_state(page) == SHADOW_PAGE_RESERVED)
		count->kind[class == SHADOW_MAP_IMAGE ? SHADOW_MAP_STATIC :
							SHADOW_MAP_RESERVED] += nr_pages;
}

/* What is left of the block that a frame is in, up to @end_pfn; or one frame */
static u64 count_block(const struct shadow_mm *mm, const struct shadow_zone *zone,
		       u64 pfn, u64 end_pfn, struct shadow_map_count *count)
{
	const struct shadow_memmap *memmap = &mm->nodes.memmap;
	u32 index = shadow_pfn_to_index(memmap, pfn), head;
	const struct shadow_page *page;
	u64 nr_pages = 1;

	if (index == SHADOW_NO_PAGE) {
		count->nr[SHADOW_MAP_HOLE]++;
		return 1;
	}
	head = head_of(memmap, index);
	page = &memmap->pages[head];
	if (is_head(page) && index - head < BIT(shadow_page_order(page)))
		nr_pages = min(BIT(shadow_page_order(page)) - (index - head),
			       end_pfn - pfn);
	/* Spans may overlap: it is drawn where it belongs */
	if (shadow_page_state(page) == SHADOW_PAGE_HOLE ||
	    (READ_ONCE(page->flags) & SHADOW_PF_PLACE_MASK) == zone->place)
		add_pages(page, page_class(mm, page, pfn), nr_pages, count);
	return nr_pages;
}

/**
 * shadow_map_count() - what frames in a row are
 * @mm: the machine
 * @part: what they are of: frames between that belong to others do not count
 * @start_pfn: the first
 * @end_pfn: the one after the last; not more than one character's, for whoever
 *	allocates waits
 * @count: what is found is added
 *
 * Context: process context, the machine's lock held; takes the zone's lock,
 * interrupts off.
 */
void shadow_map_count(struct shadow_mm *mm, const struct shadow_map_part *part,
		      u64 start_pfn, u64 end_pfn, struct shadow_map_count *count)
{
	struct shadow_zone *zone = part->zone;
	unsigned long irqflags;

	start_pfn = max(start_pfn, part->start_pfn);
	end_pfn = min(end_pfn, part->end_pfn);
	if (!zone) {
		count_early(mm, part, start_pfn, end_pfn, count);
		return;
	}
	raw_spin_lock_irqsave(&zone->lock, irqflags);
	while (start_pfn < end_pfn)
		start_pfn += count_block(mm, zone, start_pfn, end_pfn, count);
	raw_spin_unlock_irqrestore(&zone->lock, irqflags);
}

/* ---------------------------------------------------------------- rows -- */

/* The next frame of a part that may have memory; U64_MAX: there is none */
static u64 next_memory(const struct shadow_mm *mm,
		       const struct shadow_map_part *part, u64 pfn)
{
	const struct shadow_memblock *mb = &mm->memblock;
	const struct shadow_memblock_region *rgn;
	u64 first;

	pfn = max(pfn, part->start_pfn);
	if (pfn >= part->end_pfn)
		return U64_MAX;
	/* Its frames came later, and all of it has some */
	if (part->zone && part->zone->type == SHADOW_ZONE_DEVICE)
		return pfn;
	rgn = region_at(mb, part, pfn);
	if (!rgn)
		return U64_MAX;
	first = max_t(u64, pfn, shadow_memblock_region_memory_base_pfn(mb, rgn));
	return first < part->end_pfn ? first : U64_MAX;
}

static u64 nr_rows(struct shadow_mm *mm, const struct shadow_map_part *part,
		   u64 frames)
{
	u64 row = frames * SHADOW_MAP_COLUMNS, pfn = 0, nr = 0;

	while (nr <= SHADOW_MAP_LINES) {
		pfn = next_memory(mm, part, pfn);
		if (pfn == U64_MAX)
			break;
		nr++;
		pfn = (div64_u64(pfn, row) + 1) * row;
	}
	return nr;
}

/**
 * shadow_map_frames() - frames of a character of the bounded picture
 * @mm: the machine
 *
 * As many as somebody has said (ctl: set map_frames), or the smallest power of
 * two with which all parts together have up to SHADOW_MAP_LINES rows, or, where
 * there are more parts than that, as few as there can be.
 *
 * Context: process context, the machine's lock held.
 * Return: how many, at least 1.
 */
u64 shadow_map_frames(struct shadow_mm *mm)
{
	struct shadow_map_part part;
	u64 frames, rows, parts;
	unsigned int nr;

	if (mm->map_frames)
		return mm->map_frames;
	for (frames = 1; frames < SHADOW_MAP_MAX_FRAMES; frames *= 2) {
		rows = 0;
		parts = 0;
		for (nr = 0; nr < SHADOW_MAP_PARTS; nr++) {
			if (!shadow_map_part(mm, nr, &part))
				continue;
			parts++;
			rows += nr_rows(mm, &part, frames);
		}
		if (rows <= max_t(u64, parts, SHADOW_MAP_LINES))
			break;
	}
	return frames;
}

/**
 * shadow_map_row() - one row of a part's picture
 * @mm: the machine
 * @part: the part
 * @frames: frames of a character
 * @pfn: no row is wanted that ends at or before this frame
 * @row: filled
 * @sum: what the row shows is added
 *
 * Rows without memory are left out. The next one is asked for with
 * @row->start_pfn and all frames of a row added.
 *
 * Context: process context, the machine's lock held; takes the zone's lock for
 * a character each.
 * Return: false where there is no more.
 */
bool shadow_map_row(struct shadow_mm *mm, const struct shadow_map_part *part,
		    u64 frames, u64 pfn, struct shadow_map_row *row,
		    struct shadow_map_count *sum)
{
	unsigned int column, len = 0, i;
	struct shadow_map_count count;
	u64 nr_pages = frames * SHADOW_MAP_COLUMNS;

	pfn = next_memory(mm, part, pfn);
	if (pfn == U64_MAX)
		return false;
	row->start_pfn = div64_u64(pfn, nr_pages) * nr_pages;
	for (column = 0; column < SHADOW_MAP_COLUMNS; column++) {
		memset(&count, 0, sizeof(count));
		pfn = row->start_pfn + column * frames;
		shadow_map_count(mm, part, pfn, pfn + frames, &count);
		row->text[column] = shadow_map_char(&count);
		if (row->text[column] != ' ')
			len = column + 1;
		for (i = 0; i < SHADOW_NR_MAP_CLASSES; i++)
			sum->nr[i] += count.nr[i];
		for (i = 0; i < SHADOW_NR_MAP_KINDS; i++)
			sum->kind[i] += count.kind[i];
	}
	row->text[len] = '\0';
	return true;
}
