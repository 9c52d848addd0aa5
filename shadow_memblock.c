// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_memblock - the two lists: how regions enter, leave, split and merge.
 * See shadow_memblock.h. Follows mm/memblock.c of Linux 6.12.
 *
 * After each public function the lists are sorted, disjoint, merged (no two
 * neighbours touch that have the same node and flags), and no region reaches
 * the last byte of the address space, so that base + size never wraps.
 */
#include "shadow_memblock.h"

#define LAST_PA		(~(phys_addr_t)0)

static void type_init(struct shadow_memblock_type *type, const char *name)
{
	memset(type, 0, sizeof(*type));
	type->name = name;
	type->regions = type->first;
	type->max = SHADOW_MEMBLOCK_INIT_REGIONS;
	type->regions[0].nid = SHADOW_MAX_NUMNODES;
}

/**
 * shadow_memblock_init() - no memory, nothing reserved
 * @mb: the early allocator
 * @block: where contents are; NULL, or with a NULL virt, where there are none:
 *	then no array doubles and no pointers are handed out
 * @events: where hooks report to
 * @page_shift: log2 of the bytes in a page
 *
 * Arrays do not double before shadow_memblock_allow_resize().
 *
 * Context: one thread.
 */
void shadow_memblock_init(struct shadow_memblock *mb,
			  const struct shadow_block *block,
			  struct shadow_event_log *events,
			  unsigned int page_shift)
{
	memset(mb, 0, sizeof(*mb));
	type_init(&mb->memory, "memory");
	type_init(&mb->reserved, "reserved");
	mb->current_limit = SHADOW_MEMBLOCK_ALLOC_ANYWHERE;
	mb->low_limit = U32_MAX;
	mb->page_shift = page_shift;
	mb->block = block;
	mb->events = events;
	shadow_early_log_init(&mb->log);
}

/**
 * shadow_memblock_allow_resize() - let the arrays double from now on
 * @mb: the early allocator, which knows by now what must not be overwritten
 *
 * Follows memblock_allow_resize().
 *
 * Context: one thread.
 */
void shadow_memblock_allow_resize(struct shadow_memblock *mb)
{
	mb->can_resize = true;
	mb->array_start = 0;
	mb->array_end = 0;
}

/**
 * shadow_memblock_allow_resize_in() - let the arrays double early
 * @mb: the early allocator
 * @start: physical address of memory that nothing will be reserved in
 * @end: the address behind it
 *
 * For boards with more ranges than the first arrays hold, until
 * shadow_memblock_allow_resize() is called: arrays take their space there and
 * nowhere else. An arm64 kernel has longer first arrays instead.
 *
 * Context: one thread.
 */
void shadow_memblock_allow_resize_in(struct shadow_memblock *mb,
				     phys_addr_t start, phys_addr_t end)
{
	mb->can_resize = true;
	mb->array_start = start;
	mb->array_end = end;
}

static phys_addr_t rgn_end(const struct shadow_memblock_region *rgn)
{
	return rgn->base + rgn->size;
}

/* So many bytes that base + bytes does not wrap. */
static phys_addr_t cap_bytes(phys_addr_t base, phys_addr_t bytes)
{
	return min(bytes, LAST_PA - base);
}

static u64 page_align(const struct shadow_memblock *mb, u64 bytes)
{
	return ALIGN(bytes, 1ULL << mb->page_shift);
}

/* Index of the first region that ends after @pa, or cnt. */
static unsigned long first_ending_after(const struct shadow_memblock_type *type,
					phys_addr_t pa)
{
	unsigned long low = 0, high = type->cnt;

	while (low < high) {
		unsigned long mid = low + (high - low) / 2;

		if (rgn_end(&type->regions[mid]) <= pa)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/*
 * The callers have made room. Only an array whose contents were overwritten in
 * the block can lead here without, and then what is asked is to stay inside.
 */
static void insert_region(struct shadow_memblock_type *type, unsigned long idx,
			  phys_addr_t base, phys_addr_t bytes, int nid,
			  u32 flags)
{
	struct shadow_memblock_region *rgn = &type->regions[idx];

	if (unlikely(type->cnt >= type->max))
		return;
	memmove(rgn + 1, rgn, (type->cnt - idx) * sizeof(*rgn));
	rgn->base = base;
	rgn->size = bytes;
	rgn->flags = flags;
	rgn->nid = nid;
	type->cnt++;
	type->total_size += bytes;
}

/**
 * shadow_memblock_remove_span() - some regions leave their list
 * @type: the list
 * @first: index of the first of them
 * @end: index of the first that stays
 *
 * Follows memblock_remove_region(), for several at once.
 *
 * Context: one thread; for this room's files.
 */
void shadow_memblock_remove_span(struct shadow_memblock_type *type,
				 unsigned long first, unsigned long end)
{
	unsigned long idx;

	if (first == end)
		return;
	for (idx = first; idx < end; idx++)
		type->total_size -= type->regions[idx].size;
	memmove(&type->regions[first], &type->regions[end],
		(type->cnt - end) * sizeof(*type->regions));
	type->cnt -= end - first;
	/* As the kernel leaves an empty list. */
	if (!type->cnt) {
		memset(&type->regions[0], 0, sizeof(type->regions[0]));
		type->regions[0].nid = SHADOW_MAX_NUMNODES;
	}
}

static bool mergeable(const struct shadow_memblock_region *lower,
		      const struct shadow_memblock_region *upper)
{
	return rgn_end(lower) == upper->base && lower->nid == upper->nid &&
	       lower->flags == upper->flags;
}

/**
 * shadow_memblock_merge_span() - merge regions with their neighbours
 * @type: the list
 * @first: index of the first region that may have got a new neighbour
 * @end: index of the first region after those
 *
 * One pass, one move of the rest of the array. Follows
 * memblock_merge_regions().
 *
 * Context: one thread; for this room's files.
 */
void shadow_memblock_merge_span(struct shadow_memblock_type *type,
				unsigned long first, unsigned long end)
{
	struct shadow_memblock_region *rgn = type->regions;
	unsigned long to = first ? first - 1 : 0;
	unsigned long from = to + 1;
	unsigned long stop = min(end + 1, type->cnt);

	if (from >= stop)
		return;
	for (; from < stop; from++) {
		if (mergeable(&rgn[to], &rgn[from]))
			rgn[to].size += rgn[from].size;
		else if (++to != from)
			rgn[to] = rgn[from];
	}
	if (++to == stop)
		return;
	memmove(&rgn[to], &rgn[stop], (type->cnt - stop) * sizeof(*rgn));
	type->cnt -= stop - to;
}

/*
 * Free memory inside the block for an array, above the range that is about to
 * enter the list or else below it. 0: there is none.
 */
static phys_addr_t find_array(const struct shadow_memblock *mb,
			      phys_addr_t avoid, phys_addr_t avoid_bytes,
			      u64 bytes)
{
	phys_addr_t low = max(mb->block->base, mb->array_start);
	phys_addr_t high = min(mb->block->base + mb->block->bytes,
			       mb->array_end ?: mb->current_limit);
	phys_addr_t above = max(low, avoid + avoid_bytes);
	phys_addr_t below = min(high, avoid);
	phys_addr_t found = 0;

	if (above < high && high - above >= bytes)
		found = shadow_memblock_find_in_range(mb, above, high, bytes,
						      1ULL << mb->page_shift);
	if (!found && avoid_bytes && low < below && below - low >= bytes)
		found = shadow_memblock_find_in_range(mb, low, below, bytes,
						      1ULL << mb->page_shift);
	return found;
}

/*
 * A place for an array of @bytes, with contents: aside, where none of the
 * board's frames may be taken. 0: there is none.
 */
static phys_addr_t place_array(const struct shadow_memblock *mb,
			       phys_addr_t avoid, phys_addr_t avoid_bytes,
			       u64 bytes)
{
	phys_addr_t pa;

	if (shadow_block_aside(mb->block))
		return shadow_block_aside_alloc(mb->block, bytes, 1);
	pa = find_array(mb, avoid, avoid_bytes, bytes);
	return pa && !shadow_block_back(mb->block, pa, bytes) ? pa : 0;
}

/* The array moves to @pa; the reserved list has room for what follows. */
static void move_array(struct shadow_memblock *mb,
		       struct shadow_memblock_type *type, phys_addr_t pa)
{
	u64 old_bytes = type->max * sizeof(*type->regions);
	struct shadow_memblock_region *old = type->regions;
	struct shadow_memblock_region *new;
	const char *owner;

	new = shadow_phys_to_virt(mb->block, pa);
	memcpy(new, old, old_bytes);
	memset(new + type->max, 0, old_bytes);
	type->regions = new;
	type->max *= 2;

	if (old != type->first)
		shadow_memblock_free(mb, old, page_align(mb, old_bytes));
	if (shadow_block_is_aside(mb->block, pa))
		return;
	owner = shadow_memblock_set_owner(mb, "memblock");
	shadow_memblock_reserve(mb, pa, page_align(mb, 2 * old_bytes));
	shadow_memblock_set_owner(mb, owner);
}

static int double_array(struct shadow_memblock *mb,
			struct shadow_memblock_type *type, phys_addr_t base,
			phys_addr_t bytes);

/*
 * Where the memory list doubles, its new array enters the reserved list and
 * its old one leaves it, which may split a region. Room for that is made here,
 * away from @pa, so that nothing fails half-way.
 */
static int make_room_reserved(struct shadow_memblock *mb, phys_addr_t pa,
			      u64 bytes)
{
	unsigned long needed = mb->memory.regions == mb->memory.first ? 1 : 2;

	if (shadow_block_is_aside(mb->block, pa))
		return 0;
	if (mb->reserved.cnt + needed <= mb->reserved.max)
		return 0;
	return double_array(mb, &mb->reserved, pa, bytes);
}

/* [@base, @base + @bytes) is about to enter the list; -ENOMEM changes nothing. */
static int double_array(struct shadow_memblock *mb,
			struct shadow_memblock_type *type, phys_addr_t base,
			phys_addr_t bytes)
{
	u64 new_bytes = page_align(mb, 2 * type->max * sizeof(*type->regions));
	phys_addr_t pa;
	int err;

	/* Before that, it is not known what may be overwritten. */
	if (!mb->can_resize || !mb->block || !mb->block->virt)
		return -ENOMEM;

	/* What enters the memory list is not memory yet: nothing to avoid. */
	if (type == &mb->reserved)
		pa = place_array(mb, base, bytes, new_bytes);
	else
		pa = place_array(mb, 0, 0, new_bytes);
	if (!pa)
		return -ENOMEM;
	if (type != &mb->reserved) {
		err = make_room_reserved(mb, pa, new_bytes);
		if (err) {
			shadow_block_unback(mb->block, pa, new_bytes);
			return err;
		}
	}
	move_array(mb, type, pa);
	return 0;
}

/* One more region of [@base, @end); extends @span over it. */
static void fill_gap(struct shadow_memblock *mb,
		     struct shadow_memblock_type *type, unsigned long idx,
		     phys_addr_t base, phys_addr_t end, int nid, u32 flags,
		     struct shadow_memblock_span *span)
{
	insert_region(type, idx, base, end - base, nid, flags);
	if (span->first == span->end)
		span->first = idx;
	span->end = idx + 1;
	if (type == &mb->reserved)
		shadow_memblock_owner_take(mb, base, end - base);
}

/*
 * The parts of [@base, @end) that the list lacks enter it; where there is no
 * @span they are only counted. Returns how many there are.
 */
static unsigned long fill_gaps(struct shadow_memblock *mb,
			       struct shadow_memblock_type *type,
			       phys_addr_t base, phys_addr_t end, int nid,
			       u32 flags, struct shadow_memblock_span *span)
{
	unsigned long idx = first_ending_after(type, base), nr = 0;

	for (; idx < type->cnt && type->regions[idx].base < end; idx++) {
		phys_addr_t next = type->regions[idx].base;

		if (base < next) {
			nr++;
			if (span)
				fill_gap(mb, type, idx++, base, next, nid,
					 flags, span);
		}
		base = rgn_end(&type->regions[idx]);
	}
	if (base < end) {
		nr++;
		if (span)
			fill_gap(mb, type, idx, base, end, nid, flags, span);
	}
	return nr;
}

/*
 * A range enters a list. It may overlap what is there, which then stays what
 * it is. Follows memblock_add_range().
 */
static int add_range(struct shadow_memblock *mb,
		     struct shadow_memblock_type *type, phys_addr_t base,
		     phys_addr_t bytes, int nid, u32 flags)
{
	struct shadow_memblock_span span = { 0, 0 };
	unsigned long nr;
	phys_addr_t end;
	int err;

	bytes = cap_bytes(base, bytes);
	if (!bytes)
		return 0;
	end = base + bytes;

	/*
	 * At worst there is a gap before, between and after all regions. Where
	 * the reserved list's own array moves, that may make one more.
	 */
	while (type->cnt * 2 + 1 > type->max) {
		nr = fill_gaps(mb, type, base, end, nid, flags, NULL);
		if (!nr)
			return 0;
		if (type->cnt + nr <= type->max)
			break;
		err = double_array(mb, type, base, bytes);
		if (err)
			return err;
	}
	if (fill_gaps(mb, type, base, end, nid, flags, &span))
		shadow_memblock_merge_span(type, span.first, span.end);
	return 0;
}

/* Region @idx ends at @pa from here on; the rest is region @idx + 1. */
static void split_region(struct shadow_memblock_type *type, unsigned long idx,
			 phys_addr_t pa)
{
	struct shadow_memblock_region *rgn = &type->regions[idx];
	phys_addr_t base = rgn->base;

	rgn->base = pa;
	rgn->size -= pa - base;
	type->total_size -= pa - base;
	insert_region(type, idx, base, pa - base, rgn->nid, rgn->flags);
}

/**
 * shadow_memblock_isolate() - no region crosses the borders of a range
 * @mb: the early allocator
 * @type: &mb->memory or &mb->reserved
 * @base: physical address of the first byte
 * @bytes: how much
 * @span: filled with the regions that are inside
 *
 * Regions that do are split. Follows memblock_isolate_range().
 *
 * Context: one thread; for this room's files.
 * Return: 0, or -ENOMEM where the array is full and cannot double.
 */
int shadow_memblock_isolate(struct shadow_memblock *mb,
			    struct shadow_memblock_type *type,
			    phys_addr_t base, phys_addr_t bytes,
			    struct shadow_memblock_span *span)
{
	unsigned long idx;
	phys_addr_t end;
	int err;

	span->first = 0;
	span->end = 0;
	bytes = cap_bytes(base, bytes);
	if (!bytes)
		return 0;
	end = base + bytes;

	/* One region is split at each border. */
	while (type->cnt + 2 > type->max) {
		err = double_array(mb, type, base, bytes);
		if (err)
			return err;
	}

	idx = first_ending_after(type, base);
	if (idx < type->cnt && type->regions[idx].base < base)
		split_region(type, idx++, base);
	span->first = idx;
	for (; idx < type->cnt && type->regions[idx].base < end; idx++) {
		if (rgn_end(&type->regions[idx]) > end)
			split_region(type, idx, end);
	}
	span->end = idx;
	return 0;
}

/**
 * shadow_memblock_remove_range() - a range leaves a list
 * @mb: the early allocator
 * @type: &mb->memory or &mb->reserved
 * @base: physical address of the first byte
 * @bytes: how much
 *
 * Follows memblock_remove_range().
 *
 * Context: one thread; for this room's files.
 * Return: 0, or -ENOMEM where the array is full and cannot double.
 */
int shadow_memblock_remove_range(struct shadow_memblock *mb,
				 struct shadow_memblock_type *type,
				 phys_addr_t base, phys_addr_t bytes)
{
	struct shadow_memblock_span span;
	int err = shadow_memblock_isolate(mb, type, base, bytes, &span);

	if (err)
		return err;
	shadow_memblock_remove_span(type, span.first, span.end);
	bytes = cap_bytes(base, bytes);
	if (type == &mb->reserved)
		shadow_early_log_drop(&mb->log, base, bytes);
	else
		shadow_event(mb->events, SHADOW_EV_MEMBLOCK_REMOVE, bytes, base, bytes);
	return 0;
}

/**
 * shadow_memblock_add_node() - there is memory, and it belongs to a node
 * @mb: the early allocator
 * @base: physical address of the first byte
 * @bytes: how much; what does not fit into the address space is left out
 * @nid: node
 * @flags: enum shadow_memblock_flags
 *
 * Where there is memory already, that keeps its node and flags. Follows
 * memblock_add_node().
 *
 * Context: one thread.
 * Return: 0, or -ENOMEM where the array is full and cannot double.
 */
int shadow_memblock_add_node(struct shadow_memblock *mb, phys_addr_t base,
			     phys_addr_t bytes, int nid, u32 flags)
{
	int err = add_range(mb, &mb->memory, base, bytes, nid, flags);

	if (!err)
		shadow_event(mb->events, SHADOW_EV_MEMBLOCK_ADD, bytes, base,
			     bytes, nid, flags);
	return err;
}

/**
 * shadow_memblock_add() - there is memory
 * @mb: the early allocator
 * @base: physical address of the first byte
 * @bytes: how much; what does not fit into the address space is left out
 *
 * Follows memblock_add().
 *
 * Context: one thread.
 * Return: 0, or -ENOMEM where the array is full and cannot double.
 */
int shadow_memblock_add(struct shadow_memblock *mb, phys_addr_t base,
			phys_addr_t bytes)
{
	return shadow_memblock_add_node(mb, base, bytes, SHADOW_MAX_NUMNODES,
					SHADOW_MEMBLOCK_NONE);
}

/**
 * shadow_memblock_remove() - there is no memory here
 * @mb: the early allocator
 * @base: physical address of the first byte
 * @bytes: how much
 *
 * What is reserved there stays reserved. Follows memblock_remove().
 *
 * Context: one thread.
 * Return: 0, or -ENOMEM where the array is full and cannot double.
 */
int shadow_memblock_remove(struct shadow_memblock *mb, phys_addr_t base,
			   phys_addr_t bytes)
{
	return shadow_memblock_remove_range(mb, &mb->memory, base, bytes);
}

/**
 * shadow_memblock_reserve_node() - take a range, with node and flags
 * @mb: the early allocator
 * @base: physical address of the first byte
 * @bytes: how much
 * @nid: node
 * @flags: enum shadow_memblock_flags
 *
 * Follows memblock_reserve() with the last two arguments of
 * memblock_add_range(), as later kernels have it in __memblock_reserve().
 *
 * Context: one thread.
 * Return: 0, or -ENOMEM where the array is full and cannot double.
 */
int shadow_memblock_reserve_node(struct shadow_memblock *mb, phys_addr_t base,
				 phys_addr_t bytes, int nid, u32 flags)
{
	int err = add_range(mb, &mb->reserved, base, bytes, nid, flags);

	if (!err)
		shadow_event_named(mb->events, SHADOW_EV_MEMBLOCK_RESERVE, bytes,
				   mb->log.owner, base, bytes, nid, flags);
	return err;
}

/**
 * shadow_memblock_reserve() - take a range, whether there is memory or not
 * @mb: the early allocator
 * @base: physical address of the first byte
 * @bytes: how much
 *
 * Follows memblock_reserve().
 *
 * Context: one thread.
 * Return: 0, or -ENOMEM where the array is full and cannot double.
 */
int shadow_memblock_reserve(struct shadow_memblock *mb, phys_addr_t base,
			    phys_addr_t bytes)
{
	return shadow_memblock_reserve_node(mb, base, bytes,
					    SHADOW_MAX_NUMNODES,
					    SHADOW_MEMBLOCK_NONE);
}

/**
 * shadow_memblock_phys_free() - nothing is reserved here any more
 * @mb: the early allocator
 * @base: physical address of the first byte
 * @bytes: how much
 *
 * Follows memblock_phys_free().
 *
 * Context: one thread.
 * Return: 0, or -ENOMEM where the array is full and cannot double: a range in
 * the middle of a region makes two of it.
 */
int shadow_memblock_phys_free(struct shadow_memblock *mb, phys_addr_t base,
			      phys_addr_t bytes)
{
	int err = shadow_memblock_remove_range(mb, &mb->reserved, base, bytes);

	if (!err)
		shadow_event(mb->events, SHADOW_EV_MEMBLOCK_FREE, bytes, base,
			     bytes);
	return err;
}

/**
 * shadow_memblock_free() - give back what an alloc function returned
 * @mb: the early allocator
 * @ptr: the pointer, or NULL
 * @bytes: how much
 *
 * On a virtual board whole pages are given back, as they were allocated, and
 * their contents are gone. Follows memblock_free().
 *
 * Context: one thread.
 */
void shadow_memblock_free(struct shadow_memblock *mb, void *ptr, size_t bytes)
{
	const struct shadow_block *block = mb->block;
	phys_addr_t pa, start;

	if (!ptr)
		return;
	pa = shadow_virt_to_phys(block, ptr);
	if (shadow_block_virtual(block)) {
		if (!shadow_block_spans(block, pa, bytes))
			return;
		start = ALIGN_DOWN(pa, (phys_addr_t)1 << mb->page_shift);
		bytes = page_align(mb, pa - start + bytes);
		pa = start;
		if (shadow_block_is_aside(block, pa)) {
			shadow_block_aside_free(block, pa, bytes);
			return;
		}
		shadow_block_unback(block, pa, bytes);
	}
	shadow_memblock_phys_free(mb, pa, bytes);
}
