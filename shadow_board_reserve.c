// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_board_reserve - what a board keeps from the system: /reserved-memory
 * by address, then by size only, then the memory reservation block.
 */
#include "shadow_board_init.h"

/* MAX_RESERVED_REGIONS of drivers/of/of_private.h; no board wishes more. */
static_assert(SHADOW_BOARD_MAX_WISHES <= 64);

static bool is_memreserve(const struct shadow_board_range *range)
{
	return range->source == SHADOW_BOARD_FROM_MEMRESERVE;
}

static const char *owner_of(const struct shadow_board_range *range)
{
	if (*range->name)
		return range->name;
	return is_memreserve(range) ? "memreserve" : "reserved-memory";
}

static u64 mib(u64 bytes)
{
	return bytes >> 20;
}

static int list_full(struct shadow_board_fate *fate, const char *name)
{
	return shadow_board_die(fate, -ENOMEM,
				"memblock: cannot resize an array of %u ranges, no room before they are known: at '%s'",
				SHADOW_MEMBLOCK_INIT_REGIONS, name);
}

/* early_init_dt_reserve_memory(): what becomes of a range, or -ENOMEM */
static int reserve_range(struct shadow_memblock *mb,
			 const struct shadow_board_range *range)
{
	if (!(range->flags & SHADOW_MEMBLOCK_NOMAP))
		return shadow_memblock_reserve(mb, range->base, range->bytes) ?:
		       SHADOW_BOARD_RESERVED;
	/*
	 * What somebody uses stays mapped. What is not memory is not mapped in
	 * the first place.
	 */
	if (shadow_memblock_overlaps_region(mb, &mb->memory, range->base,
					    range->bytes) &&
	    shadow_memblock_is_region_reserved(mb, range->base, range->bytes))
		return SHADOW_BOARD_REFUSED;
	return shadow_memblock_mark_nomap(mb, range->base, range->bytes) ?:
	       SHADOW_BOARD_NOMAP;
}

/* __reserved_mem_reserve_reg() */
static int reserve_static(struct shadow_board_fate *fate,
			  const struct shadow_board_range *range, u8 *outcome,
			  struct shadow_memblock *mb)
{
	int became;

	shadow_memblock_set_owner(mb, owner_of(range));
	became = reserve_range(mb, range);
	if (became < 0)
		return list_full(fate, range->name);
	*outcome = became;
	if (became == SHADOW_BOARD_REFUSED)
		shadow_board_say(fate,
				 "OF: reserved mem: Reserved memory: failed to reserve memory for node '%s': base 0x%016llx, size %llu MiB",
				 range->name, range->base, mib(range->bytes));
	return 0;
}

/* Of a text board, the list as that kernel had it */
static int reserve_listed(struct shadow_board_fate *fate,
			  const struct shadow_board_range *range, u8 *outcome,
			  struct shadow_memblock *mb)
{
	shadow_memblock_set_owner(mb, *range->name ? range->name : "board");
	if (shadow_memblock_reserve_node(mb, range->base, range->bytes,
					 range->nid, range->flags))
		return list_full(fate, range->name);
	*outcome = SHADOW_BOARD_RESERVED;
	return 0;
}

/**
 * struct wanted - a region by size only, and where it may go
 * @wish: the region
 * @start: no lower than this
 * @end: no higher than this; 0: anywhere
 */
struct wanted {
	const struct shadow_board_wish *wish;
	u64 start;
	u64 end;
};

/* CMA counts in page blocks: pageblock_order of a kernel with huge pages */
static u64 cma_align(const struct shadow_memblock *mb)
{
	return BIT_ULL(2 * mb->page_shift - 3);
}

static u64 wish_align(const struct shadow_board_wish *wish,
		      const struct shadow_memblock *mb)
{
	bool cma = wish->dma_pool && wish->reusable &&
		   !(wish->flags & SHADOW_MEMBLOCK_NOMAP);

	return cma ? max(wish->align, cma_align(mb)) : wish->align;
}

/* early_init_dt_alloc_reserved_memory_arch() */
static int alloc_in(struct shadow_memblock *mb, const struct wanted *wanted,
		    phys_addr_t *base)
{
	const struct shadow_board_wish *wish = wanted->wish;

	*base = shadow_memblock_phys_alloc_range(mb, wish->bytes,
						 wish_align(wish, mb),
						 wanted->start,
						 wanted->end ?:
						 SHADOW_MEMBLOCK_ALLOC_ANYWHERE);
	if (*base && wish->flags & SHADOW_MEMBLOCK_NOMAP)
		return shadow_memblock_mark_nomap(mb, *base, wish->bytes);
	return 0;
}

/*
 * __reserved_mem_alloc_in_range(): towards the end that touches what was
 * allocated before, so that both make one piece. What has an address does not
 * count: the kernel learns of that only when it unflattens the tree.
 */
static int alloc_near(const struct shadow_board_fate *fate,
		      const struct shadow_board *board,
		      struct shadow_memblock *mb, const struct wanted *wanted,
		      phys_addr_t *base)
{
	bool bottom_up = false, top_down = false;
	bool before = shadow_memblock_bottom_up(mb);
	u64 start, end;
	unsigned int i;
	int err;

	for (i = 0; i < wanted->wish - board->wish; i++) {
		start = fate->wish_base[i];
		end = start + board->wish[i].bytes;
		if (!start)
			continue;
		if (wanted->start >= start && wanted->start <= end)
			bottom_up = true;
		if (wanted->end >= start && wanted->end <= end)
			top_down = true;
	}
	if (bottom_up != top_down)
		shadow_memblock_set_bottom_up(mb, bottom_up);
	err = alloc_in(mb, wanted, base);
	shadow_memblock_set_bottom_up(mb, before);
	return err;
}

static int alloc_wish(const struct shadow_board_fate *fate,
		      const struct shadow_board *board,
		      struct shadow_memblock *mb,
		      const struct shadow_board_wish *wish, phys_addr_t *base)
{
	const struct shadow_board_range *place = &board->place[wish->first_place];
	struct wanted wanted = { .wish = wish };
	unsigned int i;
	int err = 0;

	*base = 0;
	if (!wish->nr_places)
		return alloc_in(mb, &wanted, base);
	for (i = 0; !err && !*base && i < wish->nr_places; i++, place++) {
		wanted.start = place->base;
		wanted.end = place->base + place->bytes;
		err = alloc_near(fate, board, mb, &wanted, base);
	}
	return err;
}

/**
 * struct region - a region of /reserved-memory that has an address
 * @base: physical address of the first byte
 * @bytes: length
 * @nomap: no-map
 * @reusable: as in struct shadow_board_range
 * @dma_pool: as in struct shadow_board_range
 * @cma_default: as in struct shadow_board_range
 * @name: of its node
 */
struct region {
	u64 base;
	u64 bytes;
	bool nomap;
	bool reusable;
	bool dma_pool;
	bool cma_default;
	const char *name;
};

/* rmem_cma_setup() of kernel/dma/contiguous.c */
static bool setup_cma(struct shadow_board_fate *fate,
		      const struct shadow_memblock *mb,
		      const struct region *region)
{
	if (fate->cma_given && region->cma_default) {
		shadow_board_say(fate,
				 "Reserved memory: bypass %s node, using cmdline CMA params instead",
				 region->name);
		return false;
	}
	if (!region->reusable || region->nomap)
		return false;
	if (!IS_ALIGNED(region->base | region->bytes, cma_align(mb))) {
		shadow_board_say(fate,
				 "Reserved memory: incorrect alignment of CMA region");
		return false;
	}
	shadow_board_say(fate,
			 "Reserved memory: created CMA memory pool at 0x%016llx, size %llu MiB",
			 region->base, mib(region->bytes));
	return true;
}

/* Then rmem_dma_setup() of kernel/dma/coherent.c */
static bool setup_pool(struct shadow_board_fate *fate,
		       const struct shadow_memblock *mb,
		       const struct region *region)
{
	bool done = setup_cma(fate, mb, region);

	if (!done && !region->reusable) {
		shadow_board_say(fate,
				 "Reserved memory: created DMA memory pool at 0x%016llx, size %llu MiB",
				 region->base, mib(region->bytes));
		done = true;
	}
	if (done)
		shadow_board_say(fate,
				 "OF: reserved mem: initialized node %s, compatible id shared-dma-pool",
				 region->name);
	return done;
}

/*
 * fdt_init_reserved_mem_node(): what became of it, or -ENOMEM. A region without
 * mapping that was found by size is mapped again, but stays reserved.
 */
static int set_up(struct shadow_board_fate *fate, struct shadow_memblock *mb,
		  const struct region *region)
{
	int err;

	if (!region->dma_pool || setup_pool(fate, mb, region)) {
		shadow_board_say(fate,
				 "OF: reserved mem: 0x%016llx..0x%016llx (%llu KiB) %s %s %s",
				 region->base, region->base + region->bytes - 1,
				 region->bytes >> 10,
				 region->nomap ? "nomap" : "map",
				 region->reusable ? "reusable" : "non-reusable",
				 region->name);
		return region->nomap ? SHADOW_BOARD_NOMAP : SHADOW_BOARD_RESERVED;
	}
	shadow_board_say(fate,
			 "OF: reserved mem: node %s compatible matching fail",
			 region->name);
	if (region->nomap)
		err = shadow_memblock_clear_nomap(mb, region->base, region->bytes);
	else
		err = shadow_memblock_phys_free(mb, region->base, region->bytes);
	return err ? list_full(fate, region->name) : SHADOW_BOARD_GIVEN_BACK;
}

static struct region region_of_wish(const struct shadow_board_wish *wish,
				    phys_addr_t base)
{
	return (struct region) {
		.base = base, .bytes = wish->bytes,
		.nomap = wish->flags & SHADOW_MEMBLOCK_NOMAP,
		.reusable = wish->reusable, .dma_pool = wish->dma_pool,
		.cma_default = wish->cma_default, .name = wish->name,
	};
}

static struct region region_of_range(const struct shadow_board_range *range)
{
	return (struct region) {
		.base = range->base, .bytes = range->bytes,
		.nomap = range->flags & SHADOW_MEMBLOCK_NOMAP,
		.reusable = range->reusable, .dma_pool = range->dma_pool,
		.cma_default = range->cma_default, .name = range->name,
	};
}

/* __reserved_mem_alloc_size() */
static int reserve_wish(struct shadow_board_fate *fate,
			const struct shadow_board *board,
			struct shadow_memblock *mb, unsigned int i)
{
	const struct shadow_board_wish *wish = &board->wish[i];
	struct region region;
	phys_addr_t base;
	int became;

	shadow_memblock_set_owner(mb, *wish->name ? wish->name :
						   "reserved-memory");
	if (alloc_wish(fate, board, mb, wish, &base))
		return list_full(fate, wish->name);
	if (!base) {
		fate->wish_outcome[i] = SHADOW_BOARD_NO_ROOM;
		shadow_board_say(fate,
				 "OF: reserved mem: failed to allocate memory for node '%s': size %llu MiB",
				 wish->name, mib(wish->bytes));
		return 0;
	}
	fate->wish_base[i] = base;
	region = region_of_wish(wish, base);
	became = set_up(fate, mb, &region);
	if (became < 0)
		return became;
	fate->wish_outcome[i] = became;
	return 0;
}

/* All reservations of one kind, in the order of the board */
static int reserve_all(struct shadow_board_fate *fate,
		       const struct shadow_board *board,
		       struct shadow_memblock *mb, bool memreserve)
{
	const struct shadow_board_range *range = board->reserved;
	u8 *outcome = fate->outcome;
	int err = 0;

	for (; !err && range < board->reserved + board->nr_reserved;
	     range++, outcome++) {
		if (board->kind == SHADOW_BOARD_TEXT)
			err = reserve_listed(fate, range, outcome, mb);
		else if (is_memreserve(range) == memreserve)
			err = reserve_static(fate, range, outcome, mb);
	}
	return err;
}

/* __reserved_mem_check_root() said no, at either of the two occasions */
static void say_unsupported(struct shadow_board_fate *fate)
{
	shadow_board_say(fate,
			 "OF: reserved mem: Reserved memory: unsupported node format, ignoring");
}

/**
 * shadow_board_reserve() - what the board keeps from the system
 * @fate: what becomes of each reservation is set
 * @board: the board
 * @mb: the early allocator, which has memory and image
 *
 * Follows early_init_fdt_scan_reserved_mem() of drivers/of/fdt.c: first what
 * has an address, so that what has none cannot come to lie there, and last the
 * memory reservation block.
 *
 * Context: one thread; for this room's own files.
 * Return: 0; -ENOMEM where a list is full, with @fate->why set.
 */
int shadow_board_reserve(struct shadow_board_fate *fate,
			 const struct shadow_board *board,
			 struct shadow_memblock *mb)
{
	const char *owner = shadow_memblock_set_owner(mb, NULL);
	unsigned int i;
	int err;

	if (board->reserved_node == SHADOW_BOARD_RESERVED_BAD)
		say_unsupported(fate);
	err = reserve_all(fate, board, mb, false);
	if (board->kind != SHADOW_BOARD_TEXT) {
		for (i = 0; !err && i < board->nr_wishes; i++)
			err = reserve_wish(fate, board, mb, i);
		if (!err)
			err = reserve_all(fate, board, mb, true);
	}
	shadow_memblock_set_owner(mb, owner);
	return err;
}

/* Another node whose name is cut to the same is further away in the blob. */
static bool same_node(const struct shadow_board_range *a,
		      const struct shadow_board_range *b)
{
	return a->source == b->source && *a->name && !strcmp(a->name, b->name) &&
	       b->at - a->at < SHADOW_BOARD_RANGE_NAME;
}

/*
 * The kernel knows a node by its first range, and does nothing more with its
 * others than to reserve them.
 */
static bool is_region(const struct shadow_board *board, unsigned int i)
{
	const struct shadow_board_range *range = &board->reserved[i];

	return range->source == SHADOW_BOARD_FROM_RESERVED_MEMORY &&
	       (!i || !same_node(range - 1, range));
}

/* How many of the ranges behind a region are its node's */
static unsigned int nr_ignored(const struct shadow_board *board, unsigned int i)
{
	unsigned int next = i + 1;

	while (next < board->nr_reserved &&
	       board->reserved[next].source == SHADOW_BOARD_FROM_RESERVED_MEMORY &&
	       !is_region(board, next))
		next++;
	return next - i - 1;
}

static int set_up_static(struct shadow_board_fate *fate,
			 const struct shadow_board *board,
			 struct shadow_memblock *mb, unsigned int i)
{
	struct region region = region_of_range(&board->reserved[i]);
	unsigned int ignored = nr_ignored(board, i);
	int became;

	if (ignored)
		shadow_board_say(fate,
				 "OF: reserved mem: fdt_scan_reserved_mem_reg_nodes() ignores %u regions in node '%s'",
				 ignored, region.name);
	became = set_up(fate, mb, &region);
	if (became < 0)
		return became;
	if (became == SHADOW_BOARD_GIVEN_BACK)
		fate->outcome[i] = became;
	return 0;
}

/*
 * Regions are counted from the first wish to the last reservation; what is no
 * region, or came to lie nowhere, has no bytes.
 */
static struct region nth_region(const struct shadow_board_fate *fate,
				const struct shadow_board *board,
				unsigned int nr, u32 *at)
{
	struct region none = { };

	*at = 0;
	if (nr < board->nr_wishes) {
		*at = board->wish[nr].at;
		return fate->wish_base[nr] ?
		       region_of_wish(&board->wish[nr], fate->wish_base[nr]) : none;
	}
	nr -= board->nr_wishes;
	*at = board->reserved[nr].at;
	return is_region(board, nr) ? region_of_range(&board->reserved[nr]) : none;
}

/* __rmem_cmp(): by address, then by length, then by place in the tree */
static bool is_before(const struct region *a, u32 a_at, unsigned int a_nr,
		      const struct region *b, u32 b_at, unsigned int b_nr)
{
	if (a->base != b->base)
		return a->base < b->base;
	if (a->bytes != b->bytes)
		return a->bytes < b->bytes;
	if (a_at != b_at)
		return a_at < b_at;
	return a_nr < b_nr;
}

/* The region that follows the @nr-th in that order; U32_MAX: the first, the end */
static unsigned int next_region(const struct shadow_board_fate *fate,
				const struct shadow_board *board,
				unsigned int nr, struct region *next)
{
	unsigned int all = board->nr_wishes + board->nr_reserved;
	struct region from = { }, candidate;
	unsigned int i, found = U32_MAX;
	u32 from_at = 0, next_at = 0, at;

	if (nr != U32_MAX)
		from = nth_region(fate, board, nr, &from_at);
	for (i = 0; i < all; i++) {
		candidate = nth_region(fate, board, i, &at);
		if (!candidate.bytes)
			continue;
		if (nr != U32_MAX && !is_before(&from, from_at, nr, &candidate, at, i))
			continue;
		if (found != U32_MAX &&
		    !is_before(&candidate, at, i, next, next_at, found))
			continue;
		found = i;
		next_at = at;
		*next = candidate;
	}
	return found;
}

/* __rmem_check_for_overlap(): each with the one behind it */
static void check_overlaps(struct shadow_board_fate *fate,
			   const struct shadow_board *board)
{
	struct region this, next;
	unsigned int nr = next_region(fate, board, U32_MAX, &this);

	while (nr != U32_MAX) {
		nr = next_region(fate, board, nr, &next);
		if (nr == U32_MAX)
			break;
		if (this.base + this.bytes > next.base) {
			fate->nr_overlaps++;
			shadow_board_say(fate, "OF: reserved mem: OVERLAP DETECTED!");
			shadow_board_say(fate,
					 "%s (0x%016llx--0x%016llx) overlaps with %s (0x%016llx--0x%016llx)",
					 this.name, this.base, this.base + this.bytes,
					 next.name, next.base, next.base + next.bytes);
		}
		this = next;
	}
}

/**
 * shadow_board_check_reserved() - regions with an address are set up
 * @fate: a region that goes back to the system is noted there
 * @board: the board
 * @mb: the early allocator
 *
 * Each is announced, pools that cannot be set up go back to the system, and
 * regions that overlap are named. Follows fdt_scan_reserved_mem_reg_nodes() of
 * drivers/of/of_reserved_mem.c, which unflatten_device_tree() calls.
 *
 * Context: one thread; for this room's own files.
 * Return: 0; -ENOMEM where a list is full, with @fate->why set.
 */
int shadow_board_check_reserved(struct shadow_board_fate *fate,
				const struct shadow_board *board,
				struct shadow_memblock *mb)
{
	unsigned int i, regions = 0;
	int err = 0;

	for (i = 0; !err && i < board->nr_reserved; i++) {
		if (!is_region(board, i))
			continue;
		regions++;
		if (board->reserved[i].bytes)
			err = set_up_static(fate, board, mb, i);
	}
	if (err)
		return err;
	if (board->reserved_node == SHADOW_BOARD_RESERVED_BAD)
		say_unsupported(fate);
	else if (board->reserved_node == SHADOW_BOARD_RESERVED_NONE &&
		 !regions && !board->nr_wishes)
		shadow_board_say(fate,
				 "OF: reserved mem: Reserved memory: No reserved-memory node in the DT");
	check_overlaps(fate, board);
	return 0;
}
