// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_board_place - the boot loader's part: where on a board image, device
 * tree and initrd lie. What was given is checked, the rest finds room.
 */
#include "shadow_board_init.h"
#include "shadow_params_room.h"

#define MAX_DTB		SZ_2M	/* MAX_FDT_SIZE of asm/fdt.h */
#define DTB_ALIGN	8	/* Documentation/arch/arm64/booting.rst */
#define IMAGE_ALIGN	SZ_2M	/* likewise */

/**
 * struct placing - what is placed where
 * @board: the board
 * @places: what has a place has bytes
 * @page: bytes of a page
 * @end: no memory is used at or above this address
 * @nr_usable: so many of the board's usable ranges count
 * @cfg: parameters, for those who look at them
 * @why: where a refusal says why
 * @why_bytes: room there
 */
struct placing {
	const struct shadow_board *board;
	const struct shadow_places *places;
	u64 page;
	u64 end;
	unsigned int nr_usable;
	const struct shadow_config *cfg;
	char *why;
	size_t why_bytes;
};

/**
 * struct window - a piece of memory that is whole pages, mapped and usable
 * @start: physical address of the first byte
 * @end: of the first one behind it
 */
struct window {
	u64 start;
	u64 end;
};

static __printf(4, 5)
int refuse(const struct placing *p, const char *name,
	   const struct shadow_param_range *range, const char *fmt, ...)
{
	va_list args;
	int at;

	at = scnprintf(p->why, p->why_bytes, "%s=%#llx+%#llx: ", name,
		       range->start, range->bytes);
	va_start(args, fmt);
	vscnprintf(p->why + at, p->why_bytes - at, fmt, args);
	va_end(args);
	return -EINVAL;
}

static bool ranges_meet(u64 a, u64 a_bytes, u64 b, u64 b_bytes)
{
	return a_bytes && b_bytes && a < b + b_bytes && b < a + a_bytes;
}

static bool meets(const struct shadow_param_range *a,
		  const struct shadow_param_range *b)
{
	return a != b && ranges_meet(a->start, a->bytes, b->start, b->bytes);
}

/* The @nr-th piece of a range; ranges are cut to what may be used of them. */
static bool window_of(const struct placing *p,
		      const struct shadow_board_range *range, unsigned int nr,
		      struct window *window)
{
	if (range->flags & SHADOW_MEMBLOCK_NOMAP || nr >= max(p->nr_usable, 1U))
		return false;
	window->start = ALIGN(range->base, p->page);
	window->end = ALIGN_DOWN(range->base + range->bytes, p->page);
	if (p->nr_usable) {
		const struct shadow_board_range *usable = &p->board->usable[nr];

		window->start = max(window->start, usable->base);
		window->end = min(window->end, usable->base + usable->bytes);
	}
	window->end = min(window->end, p->end);
	return true;
}

/* The lowest window that ends above @from; it starts no lower than that. */
static bool next_window(const struct placing *p, u64 from, struct window *next)
{
	const struct shadow_board *board = p->board;
	const struct shadow_board_range *range = board->memory;
	struct window window;
	bool found = false;
	unsigned int nr;

	for (; range < board->memory + board->nr_memory; range++) {
		for (nr = 0; window_of(p, range, nr, &window); nr++) {
			window.start = max(window.start, from);
			if (window.start >= window.end)
				continue;
			if (!found || window.start < next->start)
				*next = window;
			found = true;
		}
	}
	return found;
}

static bool is_memory(const struct placing *p, u64 start, u64 bytes)
{
	struct window window;

	while (next_window(p, start, &window) && window.start == start) {
		if (bytes <= window.end - start)
			return true;
		bytes -= window.end - start;
		start = window.end;
	}
	return false;
}

/* Something that is in the way of a range: the address behind it, or 0 */
static u64 behind_obstacle(const struct placing *p,
			   const struct shadow_param_range *range)
{
	const struct shadow_board *board = p->board;
	const struct shadow_board_range *taken = board->reserved;
	const struct shadow_param_range *place[] = {
		&p->places->image, &p->places->dtb, &p->places->initrd,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(place); i++)
		if (meets(place[i], range))
			return place[i]->start + place[i]->bytes;
	for (; taken < board->reserved + board->nr_reserved; taken++)
		if (ranges_meet(taken->base, taken->bytes, range->start,
				range->bytes))
			return taken->base + taken->bytes;
	return 0;
}

/*
 * First fit at or above @from, in the lowest piece of memory with room. Each
 * step leaves an obstacle or a window behind, so this ends.
 */
static bool fit_above(const struct placing *p, u64 from, u64 align, u64 bytes,
		      struct shadow_param_range *range)
{
	struct window window;
	u64 behind;

	range->bytes = bytes;
	while (next_window(p, from, &window)) {
		range->start = ALIGN(window.start, align);
		while (range->start < window.end &&
		       window.end - range->start >= bytes) {
			behind = behind_obstacle(p, range);
			if (!behind)
				return true;
			range->start = ALIGN(behind, align);
		}
		from = window.end;
	}
	range->bytes = 0;
	return false;
}

/*
 * As on a private block: 1/16 of memory, visible in every view, and large
 * enough for its own tables.
 */
static u64 image_bytes(const struct placing *p, bool least)
{
	u64 sixteenth = shadow_board_memory_bytes(p->board) / 16;
	u64 bytes = least ? 0 : clamp_t(u64, sixteenth, SZ_256K, SZ_32M);

	return ALIGN(max(bytes, shadow_params_min_image(p->cfg)), p->page);
}

/*
 * Like a boot loader's, at a multiple of 2 MiB and not at the very start of
 * memory, but rather anywhere than nowhere.
 */
static int place_image(const struct placing *p,
		       struct shadow_param_range *image)
{
	u64 start = shadow_board_start(p->board);
	u64 gap = min_t(u64, shadow_board_memory_bytes(p->board) / 32, SZ_2M);

	if (fit_above(p, start + gap, IMAGE_ALIGN, image_bytes(p, false), image) ||
	    fit_above(p, start, IMAGE_ALIGN, image_bytes(p, false), image) ||
	    fit_above(p, start, max_t(u64, p->page, SZ_64K),
		      image_bytes(p, false), image) ||
	    fit_above(p, start, p->page, image_bytes(p, true), image))
		return 0;
	scnprintf(p->why, p->why_bytes,
		  "board %s: no %lluK of its memory in one piece are free for the image; allowed: with image=, or another board",
		  shadow_board_name(p->board), image_bytes(p, true) >> 10);
	return -ERANGE;
}

static int place_dtb(const struct placing *p, struct shadow_param_range *dtb)
{
	u64 bytes = p->board->dtb_bytes ?: SZ_64K;
	u64 from = p->places->image.start + p->places->image.bytes;

	if (fit_above(p, from, SZ_64K, bytes, dtb) ||
	    fit_above(p, 0, SZ_64K, bytes, dtb) ||
	    fit_above(p, 0, DTB_ALIGN, bytes, dtb))
		return 0;
	scnprintf(p->why, p->why_bytes,
		  "board %s: no %llu bytes of its memory in one piece are free for the device tree; allowed: with dtb=, or another board",
		  shadow_board_name(p->board), bytes);
	return -ERANGE;
}

static int check_in_memory(const struct placing *p, const char *name,
			   const struct shadow_param_range *range)
{
	if (is_memory(p, range->start, range->bytes))
		return 0;
	refuse(p, name, range,
	       "out of range; allowed: inside the memory of board %s that may be used and mapped",
	       shadow_board_name(p->board));
	return -ERANGE;
}

/*
 * An image that a region was promised is overwritten by whoever owns that. The
 * reservation block, though, is where a boot loader may list the image itself.
 */
static int check_image_alone(const struct placing *p,
			     const struct shadow_param_range *image)
{
	const struct shadow_board *board = p->board;
	const struct shadow_board_range *taken = board->reserved;
	char where[SHADOW_BOARD_WHERE];

	for (; taken < board->reserved + board->nr_reserved; taken++) {
		if (taken->source == SHADOW_BOARD_FROM_MEMRESERVE ||
		    !ranges_meet(taken->base, taken->bytes, image->start,
				 image->bytes))
			continue;
		shadow_board_where(taken, where);
		return refuse(p, "image", image,
			      "lies in %s region '%s' [%#llx-%#llx]%s%s; allowed: memory that nobody reserved",
			      taken->flags & SHADOW_MEMBLOCK_NOMAP ? "no-map" :
			      "reserved", taken->name, taken->base,
			      taken->base + taken->bytes - 1, where[0] ? ", " : "",
			      where);
	}
	return 0;
}

static int check_image(const struct placing *p)
{
	const struct shadow_param_range *image = &p->cfg->image;

	if (!IS_ALIGNED(image->start | image->bytes, p->page))
		return refuse(p, "image", image,
			      "allowed: START and BYTES at a multiple of %llu bytes",
			      p->page);
	if (image->bytes < shadow_params_min_image(p->cfg) ||
	    image->bytes > shadow_params_max_image(p->cfg)) {
		refuse(p, "image", image,
		       "out of range; allowed: %lluK, for its tables and segments, to %lluM",
		       shadow_params_min_image(p->cfg) >> 10,
		       shadow_params_max_image(p->cfg) >> 20);
		return -ERANGE;
	}
	return check_in_memory(p, "image", image) ?: check_image_alone(p, image);
}

static int check_dtb(const struct placing *p)
{
	const struct shadow_param_range *dtb = &p->cfg->dtb;

	if (!IS_ALIGNED(dtb->start, DTB_ALIGN))
		return refuse(p, "dtb", dtb,
			      "allowed: START at a multiple of %u bytes", DTB_ALIGN);
	if (dtb->bytes > MAX_DTB || dtb->bytes < p->board->dtb_bytes) {
		refuse(p, "dtb", dtb,
		       "out of range; allowed: %llu bytes, which the board's tree has, to 2M",
		       p->board->dtb_bytes);
		return -ERANGE;
	}
	return check_in_memory(p, "dtb", dtb);
}

/* initrd= of the command line, as early_initrdmem() understands it */
static void initrd_of_cmdline(const struct shadow_board *board,
			      struct shadow_param_range *initrd)
{
	struct shadow_board_option option;
	const char *at = board->cmdline;
	size_t used;
	u64 start;

	while (shadow_board_next_option(&at, &option)) {
		if (!option.value || (!shadow_board_option_is(&option, "initrd") &&
				      !shadow_board_option_is(&option, "initrdmem")))
			continue;
		start = shadow_board_memparse(option.value, option.value_len,
					      &used);
		if (used >= option.value_len || option.value[used] != ',')
			continue;
		used++;
		initrd->start = start;
		initrd->bytes = shadow_board_memparse(option.value + used,
						      option.value_len - used,
						      NULL);
	}
}

/*
 * What initrd= gives stands for what the boot loader writes into the tree; the
 * kernel's own option overrides that. Whether the kernel can use it, the kernel
 * decides, but a parameter is held to what it says.
 */
static int take_given(const struct placing *p, struct shadow_places *places)
{
	const struct shadow_board *board = p->board;
	int err = 0;

	places->image = p->cfg->image;
	places->dtb = p->cfg->dtb;
	places->initrd = p->cfg->initrd;
	if (places->image.given)
		err = check_image(p);
	if (!err && places->dtb.given)
		err = check_dtb(p);
	if (!err && places->initrd.given)
		err = check_in_memory(p, "initrd", &places->initrd);
	if (err)
		return err;
	if (meets(&places->dtb, &places->image))
		return refuse(p, "dtb", &places->dtb,
			      "overlaps image; allowed: ranges that do not meet");
	if (meets(&places->initrd, &places->image) ||
	    meets(&places->initrd, &places->dtb))
		return refuse(p, "initrd", &places->initrd,
			      "overlaps image or dtb; allowed: ranges that do not meet");
	if (!places->initrd.given) {
		places->initrd.start = board->initrd_start;
		places->initrd.bytes = board->initrd_bytes;
	}
	initrd_of_cmdline(board, &places->initrd);
	return 0;
}

/**
 * shadow_board_place() - where image, device tree and initrd lie on a board
 * @board: a board that was verified
 * @cfg: a configuration that was checked; what it gives is physical addresses
 * @places: filled where 0 is returned
 * @why: one line where it is refused, else ""
 * @why_bytes: room there, SHADOW_BOARD_WHY is enough
 *
 * What was not given is placed in the lowest piece of memory that has room,
 * clear of everything that is reserved: the image takes 1/16 of the memory
 * (256 KiB to 32 MiB) at a multiple of 2 MiB where there is one, the device tree
 * follows it. The initrd lies where initrd=, the board or its command line say.
 *
 * Context: any; does not sleep.
 * Return: 0; -ERANGE where a range is not in memory or there is no room;
 * -EINVAL where one is not aligned, overlaps another, or is an image in a
 * reserved region.
 */
int shadow_board_place(const struct shadow_board *board,
		       const struct shadow_config *cfg,
		       struct shadow_places *places, char *why,
		       size_t why_bytes)
{
	struct placing p = {
		.board = board, .places = places,
		.page = 1ULL << cfg->page_shift,
		.end = 1ULL << cfg->pa_bits,
		.nr_usable = board->nr_usable, .cfg = cfg,
		.why = why, .why_bytes = why_bytes,
	};
	int err;

	why[0] = '\0';
	err = take_given(&p, places);
	if (!err && !places->image.given)
		err = place_image(&p, &places->image);
	if (!err && !places->dtb.given)
		err = place_dtb(&p, &places->dtb);
	return err;
}

/* Address below which @limit bytes of memory lie */
static u64 limit_end(const struct placing *p, u64 limit)
{
	struct window window = { };

	while (next_window(p, window.end, &window)) {
		if (limit <= window.end - window.start)
			return window.start + limit;
		limit -= window.end - window.start;
	}
	return p->end;
}

/**
 * shadow_board_find_room() - memory that nobody will take before the buddy
 * @board: a board that was verified
 * @arch: what the kernel was built with
 * @places: what the boot loader left
 * @limit: bytes of memory that mem= leaves; 0: all
 * @room: filled: as much as there is in one piece, 64 KiB to 1 MiB
 *
 * Context: any.
 * Return: true; false where there is none.
 */
bool shadow_board_find_room(const struct shadow_board *board,
			    const struct shadow_board_arch *arch,
			    const struct shadow_places *places, u64 limit,
			    struct shadow_param_range *room)
{
	struct placing p = {
		.board = board, .places = places,
		.page = 1ULL << arch->page_shift, .end = 1ULL << arch->pa_bits,
		/* What the second one holds loses its reservations. */
		.nr_usable = min(board->nr_usable, 1U),
	};
	u64 bytes;

	if (limit)
		p.end = limit_end(&p, limit);
	for (bytes = SZ_1M; bytes >= SZ_64K; bytes /= 2)
		if (fit_above(&p, 0, p.page, bytes, room))
			return true;
	return false;
}

/**
 * shadow_board_span() - between which addresses a board's memory can lie
 * @board: a board that was verified
 * @places: what the boot loader left
 * @start: set to the lowest address
 * @end: set to the first address behind the highest
 *
 * The kernel takes an initrd for memory where the linear map reaches it, and so
 * the second range of linux,usable-memory-range, whatever /memory says.
 *
 * Context: any.
 */
void shadow_board_span(const struct shadow_board *board,
		       const struct shadow_places *places, u64 *start, u64 *end)
{
	const struct shadow_param_range *initrd = &places->initrd;
	unsigned int i;

	*start = shadow_board_start(board);
	*end = shadow_board_end(board);
	/* It must not start below memory, and pages are 64 KiB at most. */
	if (initrd->bytes && initrd->start + initrd->bytes > initrd->start)
		*end = max(*end, ALIGN(initrd->start + initrd->bytes, SZ_64K));
	for (i = 1; i < board->nr_usable; i++) {
		const struct shadow_board_range *usable = &board->usable[i];

		if (!usable->bytes)
			continue;
		*start = min(*start, usable->base);
		*end = max(*end, usable->base + usable->bytes);
	}
	*end = min(*end, 1ULL << SHADOW_BOARD_PA_BITS);
}
