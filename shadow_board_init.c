// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_board_init - setup_machine_fdt() and arm64_memblock_init(): what of a
 * board's memory the kernel uses.
 */
#include "shadow_board_init.h"

const char *const shadow_board_cut_names[SHADOW_BOARD_NR_CUT_WHYS] = {
	[SHADOW_BOARD_CUT_PART] = "not a whole page",
	[SHADOW_BOARD_CUT_USABLE] = "outside linux,usable-memory-range",
	[SHADOW_BOARD_CUT_PA] = "beyond the physical address size",
	[SHADOW_BOARD_CUT_ABOVE] = "above what the linear map spans",
	[SHADOW_BOARD_CUT_BELOW] = "below what the linear map spans with the image in it",
	[SHADOW_BOARD_CUT_LIMIT] = "beyond mem=",
};

const char *const shadow_board_outcome_names[SHADOW_BOARD_NR_OUTCOMES] = {
	[SHADOW_BOARD_UNSEEN] = "not reached",
	[SHADOW_BOARD_RESERVED] = "reserved",
	[SHADOW_BOARD_NOMAP] = "no-map",
	[SHADOW_BOARD_REFUSED] = "refused: no-map, but reserved before",
	[SHADOW_BOARD_NO_ROOM] = "no room",
	[SHADOW_BOARD_GIVEN_BACK] = "given back: not usable as a pool",
};

/**
 * shadow_board_say() - remember a line that the kernel prints
 * @fate: where
 * @fmt: printf format, no newline
 *
 * Context: one thread; for this room's files.
 */
void shadow_board_say(struct shadow_board_fate *fate, const char *fmt, ...)
{
	va_list args;

	if (fate->nr_said == SHADOW_BOARD_NR_SAID) {
		fate->nr_said_lost++;
		return;
	}
	va_start(args, fmt);
	vscnprintf(fate->said[fate->nr_said++], SHADOW_BOARD_LINE, fmt, args);
	va_end(args);
}

/**
 * shadow_board_die() - say why a kernel would not live
 * @fate: where
 * @err: the errno
 * @fmt: printf format, no newline
 *
 * Context: one thread; for this room's files.
 * Return: @err.
 */
int shadow_board_die(struct shadow_board_fate *fate, int err, const char *fmt,
		     ...)
{
	va_list args;

	va_start(args, fmt);
	vscnprintf(fate->why, sizeof(fate->why), fmt, args);
	va_end(args);
	return err;
}

/**
 * shadow_board_note_cut() - remember a range that is removed
 * @fate: where
 * @base: physical address of the first byte
 * @bytes: length; nothing is remembered of 0
 * @why: the reason
 * @reserved: a reservation goes, else memory
 * @at: where the board says the range; 0: unknown
 *
 * Context: one thread; for this room's files.
 */
void shadow_board_note_cut(struct shadow_board_fate *fate, u64 base, u64 bytes,
			   enum shadow_board_cut_why why, bool reserved, u32 at)
{
	if (!bytes)
		return;
	if (fate->nr_cuts == SHADOW_BOARD_NR_CUTS) {
		fate->nr_cuts_lost++;
		return;
	}
	fate->cut[fate->nr_cuts++] = (struct shadow_board_cut) {
		.base = base, .bytes = bytes, .why = why,
		.reserved = reserved, .at = at,
	};
}

static int list_full(struct shadow_board_fate *fate, const char *list)
{
	return shadow_board_die(fate, -ENOMEM,
				"memblock: cannot resize %s array: more than %u ranges, and no room before they are known",
				list, SHADOW_MEMBLOCK_INIT_REGIONS);
}

/* Where the board says the range that holds an address */
static u32 said_at(const struct shadow_board *board, u64 pa)
{
	const struct shadow_board_range *range = board->memory;

	for (; range < board->memory + board->nr_memory; range++)
		if (pa - range->base < range->bytes)
			return range->at;
	return 0;
}

static u64 region_end(const struct shadow_memblock_region *rgn)
{
	return rgn->base + rgn->size;
}

/* What @rgn has outside all of @keep */
static void note_outside(struct shadow_board_fate *fate,
			 const struct shadow_board *board,
			 const struct shadow_memblock_region *rgn,
			 const struct shadow_board_range *keep,
			 unsigned int nr_keep, enum shadow_board_cut_why why,
			 bool reserved)
{
	u64 at = rgn->base, next;
	unsigned int i;

	while (at < region_end(rgn)) {
		next = region_end(rgn);
		for (i = 0; i < nr_keep; i++) {
			if (at - keep[i].base < keep[i].bytes)
				break;
			if (keep[i].bytes && keep[i].base > at)
				next = min(next, keep[i].base);
		}
		if (i < nr_keep) {
			/* The rest of what is kept, or of the address space */
			next = keep[i].base + keep[i].bytes;
			if (next <= at)
				return;
			at = next;
			continue;
		}
		shadow_board_note_cut(fate, at, next - at, why, reserved,
				      said_at(board, at));
		at = next;
	}
}

/* What shadow_memblock_cap_memory_range() is about to take from both lists */
static void note_cap(struct shadow_board_fate *fate,
		     const struct shadow_board *board,
		     const struct shadow_memblock *mb,
		     const struct shadow_board_range *keep, unsigned int nr_keep,
		     enum shadow_board_cut_why why)
{
	const struct shadow_memblock_region *rgn;

	if (!keep->bytes || !mb->memory.total_size)
		return;
	shadow_for_each_mem_region(mb, rgn) {
		if (!shadow_memblock_is_nomap(rgn))
			note_outside(fate, board, rgn, keep, nr_keep, why, false);
	}
	/* What is added again later is memory again, but not reserved. */
	shadow_for_each_reserved_mem_region(mb, rgn)
		note_outside(fate, board, rgn, keep, 1, why, true);
}

/* memblock_remove() of [@base, @end), remembered */
static int cut(struct shadow_board_fate *fate, const struct shadow_board *board,
	       struct shadow_memblock *mb, u64 base, u64 end,
	       enum shadow_board_cut_why why)
{
	const struct shadow_memblock_region *rgn;
	u64 first, last;

	shadow_for_each_mem_region(mb, rgn) {
		first = max_t(u64, rgn->base, base);
		last = min_t(u64, region_end(rgn), end);
		if (first < last)
			shadow_board_note_cut(fate, first, last - first, why, false,
					      said_at(board, first));
	}
	return shadow_memblock_remove(mb, base, end - base) ?
	       list_full(fate, "memory") : 0;
}

/* early_init_dt_add_memory_arch() */
static int add_rounded(struct shadow_board_fate *fate,
		       const struct shadow_board_range *range,
		       struct shadow_memblock *mb, u64 page)
{
	u64 base = range->base, bytes = range->bytes, skip;

	skip = page - (base & (page - 1));
	if (bytes < skip) {
		shadow_board_say(fate, "OF: fdt: Ignoring memory block 0x%llx - 0x%llx",
				 base, base + bytes);
		shadow_board_note_cut(fate, base, bytes, SHADOW_BOARD_CUT_PART,
				      false, range->at);
		return 0;
	}
	if (skip != page) {
		shadow_board_note_cut(fate, base, skip, SHADOW_BOARD_CUT_PART,
				      false, range->at);
		base += skip;
		bytes -= skip;
	}
	shadow_board_note_cut(fate, base + (bytes & ~(page - 1)),
			      bytes & (page - 1), SHADOW_BOARD_CUT_PART, false,
			      range->at);
	return shadow_memblock_add(mb, base, bytes & ~(page - 1));
}

/* Only what a device tree can say of memory, or the host's resources */
static int add_described(struct shadow_board_fate *fate,
			 const struct shadow_board_range *range,
			 struct shadow_memblock *mb, u64 page)
{
	int err = add_rounded(fate, range, mb, page);

	if (!err && range->flags & SHADOW_MEMBLOCK_HOTPLUG)
		err = shadow_memblock_mark_hotplug(mb, range->base, range->bytes);
	if (!err && range->flags & SHADOW_MEMBLOCK_NOMAP)
		err = shadow_memblock_mark_nomap(mb, range->base, range->bytes);
	return err;
}

static int add_memory(struct shadow_board_fate *fate,
		      const struct shadow_board *board,
		      struct shadow_memblock *mb, u64 page)
{
	const struct shadow_board_range *range = board->memory;
	int err = 0;

	for (; !err && range < board->memory + board->nr_memory; range++) {
		/* A memblock dump is what it is; no node is the one of memblock_add() */
		if (board->kind == SHADOW_BOARD_TEXT)
			err = shadow_memblock_add_node(mb, range->base, range->bytes,
						       shadow_numa_valid_node(range->nid) ?
						       range->nid : SHADOW_MAX_NUMNODES,
						       range->flags);
		else
			err = add_described(fate, range, mb, page);
	}
	return err;
}

/* early_init_dt_check_for_usable_mem_range() */
static int cap_usable(struct shadow_board_fate *fate,
		      const struct shadow_board *board,
		      struct shadow_memblock *mb)
{
	const struct shadow_board_range *usable = board->usable;
	unsigned int i;
	int err = 0;

	if (!board->nr_usable)
		return 0;
	note_cap(fate, board, mb, usable, board->nr_usable,
		 SHADOW_BOARD_CUT_USABLE);
	shadow_memblock_cap_memory_range(mb, usable->base, usable->bytes);
	for (i = 1; !err && i < board->nr_usable && usable[i].bytes; i++)
		err = shadow_memblock_add(mb, usable[i].base, usable[i].bytes);
	return err;
}

/* Those of the kernel's early options that memory depends on */
static void early_option(struct shadow_board_fate *fate,
			 const struct shadow_board_option *option,
			 struct shadow_memblock *mb, u64 page)
{
	if (shadow_board_option_is(option, "movable_node"))
		mb->movable_node = true;
	if (!option->value) {
		if (shadow_board_option_is(option, "mem"))
			shadow_board_say(fate, "Malformed early option 'mem'");
		return;
	}
	if (shadow_board_option_is(option, "mem")) {
		fate->memory_limit = shadow_board_memparse(option->value,
							   option->value_len,
							   NULL) & ~(page - 1);
		shadow_board_say(fate, "Memory limited to %lldMB",
				 fate->memory_limit >> 20);
	} else if (shadow_board_option_is(option, "cma")) {
		fate->cma_given = true;
	} else if (shadow_board_option_is(option, "numa")) {
		if (option->value_len >= 3 && !memcmp(option->value, "off", 3))
			fate->numa_off = true;
	} else if (shadow_board_option_is(option, "kernelcore")) {
		fate->mirror |= option->value_len == 6 &&
				!memcmp(option->value, "mirror", 6);
		shadow_board_core(option, &fate->kernelcore);
	} else if (shadow_board_option_is(option, "movablecore")) {
		shadow_board_core(option, &fate->movablecore);
	}
}

/* What the last mem= of the command line leaves, in bytes; 0: all */
static u64 said_limit(const struct shadow_board *board, u64 page)
{
	struct shadow_board_option option;
	const char *at = board->cmdline;
	u64 limit = 0;

	while (shadow_board_next_option(&at, &option))
		if (option.value && shadow_board_option_is(&option, "mem"))
			limit = shadow_board_memparse(option.value,
						      option.value_len, NULL);
	return limit & ~(page - 1);
}

/* Each region without mapping may divide memory in three. */
static bool is_crowded(const struct shadow_board *board)
{
	return board->nr_memory + 2 * (board->nr_reserved + board->nr_wishes) >
	       SHADOW_MEMBLOCK_INIT_REGIONS / 2;
}

/*
 * More ranges than memblock's first arrays hold: they may grow, but only where
 * nobody else will want to be. Without such a place they stay as they are.
 */
static int make_room(const struct shadow_board *board,
		     struct shadow_memblock *mb,
		     const struct shadow_board_arch *arch,
		     const struct shadow_places *places)
{
	u64 limit = said_limit(board, 1ULL << arch->page_shift);
	struct shadow_param_range room;

	if (mb->can_resize || !is_crowded(board) ||
	    !shadow_board_find_room(board, arch, places, limit, &room) ||
	    room.start + room.bytes > mb->current_limit)
		return 0;
	shadow_memblock_allow_resize_in(mb, room.start, room.start + room.bytes);
	return shadow_memblock_add(mb, room.start, room.bytes);
}

/**
 * shadow_board_setup_memory() - the early allocator learns of the memory
 * @fate: set anew
 * @board: a board that was verified
 * @mb: the early allocator, empty; keeps pointers to names in @board
 * @arch: what the kernel was built with
 * @places: what the boot loader left; of a text board nothing of it lies in
 *	the board's memory
 *
 * The device tree is reserved, each range of memory is added rounded to whole
 * pages, linux,usable-memory-range is obeyed, and early options are read. Of a
 * text board memory is added as it is. Follows setup_machine_fdt() of
 * arch/arm64/kernel/setup.c, early_init_dt_scan_nodes() of drivers/of/fdt.c, and
 * parse_early_param().
 *
 * Context: boot.
 * Return: 0; -ENODEV where there is no memory; -ENOMEM where a list is full;
 * @fate->why says it.
 */
int shadow_board_setup_memory(struct shadow_board_fate *fate,
			      const struct shadow_board *board,
			      struct shadow_memblock *mb,
			      const struct shadow_board_arch *arch,
			      const struct shadow_places *places)
{
	u64 page = 1ULL << arch->page_shift;
	struct shadow_board_option option;
	const char *at = board->cmdline;
	const char *owner;
	int err = 0;

	memset(fate, 0, sizeof(*fate));
	fate->memory_limit = U64_MAX;
	if (board->kind != SHADOW_BOARD_TEXT)
		err = make_room(board, mb, arch, places);
	if (!err && board->kind != SHADOW_BOARD_TEXT && places->dtb.bytes) {
		owner = shadow_memblock_set_owner(mb, "dtb");
		err = shadow_memblock_reserve(mb, places->dtb.start,
					      places->dtb.bytes);
		shadow_memblock_set_owner(mb, owner);
	}
	if (!err)
		err = add_memory(fate, board, mb, page);
	if (!err)
		err = cap_usable(fate, board, mb);
	if (err)
		return list_full(fate, "memory");
	if (board->kind != SHADOW_BOARD_TEXT)
		while (shadow_board_next_option(&at, &option))
			early_option(fate, &option, mb, page);
	if (!mb->memory.total_size)
		return shadow_board_die(fate, -ENODEV,
					"no memory: %u ranges are described, none holds a whole page that may be used",
					board->nr_memory);
	return 0;
}

/* PAGE_END - _PAGE_OFFSET(vabits_actual), and what KVM wants of it */
static u64 linear_bytes(struct shadow_board_fate *fate,
			const struct shadow_layout *layout,
			const struct shadow_board_arch *arch)
{
	const struct shadow_region *linear =
		&layout->region[SHADOW_REGION_LINEAR];
	u64 bytes = linear->end - linear->start;

	if (layout->va_bits != 52 || !arch->nvhe)
		return bytes;
	shadow_board_say(fate,
			 "Capping linear region to 51 bits for KVM in nVHE mode on LVA capable hardware.");
	return min(bytes, BIT_ULL(51));
}

/*
 * Only what the linear map can show stays: seen from the start of memory, or
 * where the image lies higher than that reaches, from the end.
 */
static int fit_linear(struct shadow_board_fate *fate,
		      const struct shadow_board *board,
		      struct shadow_memblock *mb, struct shadow_layout *layout,
		      u64 image_end)
{
	u64 align = shadow_layout_memstart_align(layout->page_shift);
	u64 bytes = fate->linear_bytes;
	u64 memstart = round_down(shadow_memblock_start_of_DRAM(mb), align);
	int err;

	if (shadow_memblock_end_of_DRAM(mb) - memstart > bytes)
		shadow_board_say(fate,
				 "Memory doesn't fit in the linear mapping, VA_BITS too small");
	err = cut(fate, board, mb, max(memstart + bytes, image_end), U64_MAX,
		  SHADOW_BOARD_CUT_ABOVE);
	if (!err && memstart + bytes < shadow_memblock_end_of_DRAM(mb)) {
		memstart = round_up(shadow_memblock_end_of_DRAM(mb) - bytes, align);
		err = cut(fate, board, mb, 0, memstart, SHADOW_BOARD_CUT_BELOW);
	}
	layout->memstart = memstart;
	layout->phys_offset = memstart -
			      layout->region[SHADOW_REGION_LINEAR].start;
	return err;
}

/*
 * A kernel built for 52 bits on a CPU with fewer has its memory in the upper
 * part of the region that it planned, so its memstart_addr, which belongs to
 * the region's start, lies below the memory or even below 0.
 */
static s64 kernel_memstart(const struct shadow_layout *layout,
			   const struct shadow_board_arch *arch)
{
	s64 memstart = layout->memstart;

	if (arch->va_bits == 52 && layout->va_bits != 52)
		memstart -= BIT_ULL(52) - BIT_ULL(layout->va_bits);
	return memstart;
}

/* Address below which @limit bytes of memory lie; U64_MAX: there are fewer */
static u64 limit_end(const struct shadow_memblock *mb, u64 limit)
{
	const struct shadow_memblock_region *rgn;

	shadow_for_each_mem_region(mb, rgn) {
		if (limit <= rgn->size)
			return rgn->base + limit;
		limit -= rgn->size;
	}
	return U64_MAX;
}

/* mem= takes the upper end of memory, but not the image */
static int apply_limit(struct shadow_board_fate *fate,
		       const struct shadow_board *board,
		       struct shadow_memblock *mb,
		       const struct shadow_param_range *image)
{
	struct shadow_board_range keep = { };

	if (fate->memory_limit == U64_MAX)
		return 0;
	keep.bytes = limit_end(mb, fate->memory_limit);
	if (fate->memory_limit && keep.bytes != U64_MAX)
		note_cap(fate, board, mb, &keep, 1, SHADOW_BOARD_CUT_LIMIT);
	shadow_memblock_mem_limit_remove_map(mb, fate->memory_limit);
	return shadow_memblock_add(mb, image->start, image->bytes);
}

/* The initrd is memory again, and reserved, where the linear map can show it */
static int keep_initrd(struct shadow_board_fate *fate,
		       struct shadow_memblock *mb, u64 page)
{
	u64 start = shadow_memblock_start_of_DRAM(mb);
	u64 base = fate->initrd.start & ~(page - 1);
	u64 bytes = ALIGN(fate->initrd.start + fate->initrd.bytes, page) - base;
	const char *owner;
	int err;

	/* Where it reaches the end of the address space, its end is 0. */
	if (base < start || base + bytes < base ||
	    base + bytes > start + fate->linear_bytes) {
		shadow_board_say(fate,
				 "initrd not fully accessible via the linear mapping -- please check your bootloader ...");
		fate->initrd.bytes = 0;
		fate->initrd_dropped = true;
		return 0;
	}
	err = shadow_memblock_add(mb, base, bytes);
	if (!err)
		err = shadow_memblock_clear_nomap(mb, base, bytes);
	if (err)
		return err;
	owner = shadow_memblock_set_owner(mb, "initrd");
	err = shadow_memblock_reserve(mb, base, bytes);
	shadow_memblock_set_owner(mb, owner);
	return err;
}

static int keep_boot_loaders(struct shadow_board_fate *fate,
			     const struct shadow_board *board,
			     struct shadow_memblock *mb, u64 page,
			     const struct shadow_places *places)
{
	const char *owner;
	int err;

	err = apply_limit(fate, board, mb, &places->image);
	fate->initrd = places->initrd;
	if (!err && fate->initrd.bytes)
		err = keep_initrd(fate, mb, page);
	if (!err) {
		owner = shadow_memblock_set_owner(mb, "image");
		err = shadow_memblock_reserve(mb, places->image.start,
					      places->image.bytes);
		shadow_memblock_set_owner(mb, owner);
	}
	return err ? list_full(fate, "memory or reserved") : 0;
}

/* Is all of a range memory that is mapped? It may lie in several regions. */
static bool is_memory(const struct shadow_memblock *mb, u64 base, u64 bytes)
{
	const struct shadow_memblock_region *rgn;

	shadow_for_each_mem_region(mb, rgn) {
		if (shadow_memblock_is_nomap(rgn) || base < rgn->base ||
		    base >= region_end(rgn))
			continue;
		if (bytes <= region_end(rgn) - base)
			return true;
		bytes -= region_end(rgn) - base;
		base = region_end(rgn);
	}
	return false;
}

static int check_image(struct shadow_board_fate *fate,
		       const struct shadow_memblock *mb,
		       const struct shadow_param_range *image)
{
	if (is_memory(mb, image->start, image->bytes))
		return 0;
	return shadow_board_die(fate, -ERANGE,
				"image [%#llx-%#llx] does not lie in memory that is left: see what was removed, and why",
				image->start, image->start + image->bytes - 1);
}

/**
 * shadow_board_memblock_init() - what of the memory is used, and what is taken
 * @fate: as shadow_board_setup_memory() left it
 * @board: the board
 * @mb: the early allocator, likewise; keeps pointers to names in @board
 * @layout: the address space; its linear map gets a start
 * @arch: what the kernel was built with and runs on
 * @places: what the boot loader left
 *
 * Memory that cannot be addressed or mapped is removed, then what mem= leaves
 * out; image and initrd are taken, and what the board reserves. Of a text board
 * nothing is taken that it does not list. Follows arm64_memblock_init() of
 * arch/arm64/mm/init.c, without the linear map's displacement.
 *
 * Context: boot.
 * Return: 0; -ENODEV where no memory is left; -ERANGE where the image is not
 * in what is; -ENOMEM where a list is full; @fate->why says it.
 */
int shadow_board_memblock_init(struct shadow_board_fate *fate,
			       const struct shadow_board *board,
			       struct shadow_memblock *mb,
			       struct shadow_layout *layout,
			       const struct shadow_board_arch *arch,
			       const struct shadow_places *places)
{
	bool text = board->kind == SHADOW_BOARD_TEXT;
	u64 image_end = text ? 0 : places->image.start + places->image.bytes;
	int err;

	fate->linear_bytes = linear_bytes(fate, layout, arch);
	err = cut(fate, board, mb, 1ULL << arch->pa_bits, U64_MAX,
		  SHADOW_BOARD_CUT_PA);
	if (!err && mb->memory.total_size)
		err = fit_linear(fate, board, mb, layout, image_end);
	if (!err && !mb->memory.total_size)
		err = shadow_board_die(fate, -ENODEV,
				       "no memory is left within %u bits of an address and %llu GiB of linear map",
				       arch->pa_bits, fate->linear_bytes >> 30);
	if (err)
		return err;
	fate->memstart_addr = kernel_memstart(layout, arch);
	if (!text)
		err = keep_boot_loaders(fate, board, mb, 1ULL << arch->page_shift,
					places);
	if (!err)
		err = shadow_board_reserve(fate, board, mb);
	if (!err && !text)
		err = check_image(fate, mb, &places->image);
	fate->high_memory = shadow_layout_pa_to_va(layout,
						   min(shadow_memblock_end_of_DRAM(mb),
						       mb->current_limit));
	return err;
}
