// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_params_place - where in the block the boot loader left image, device
 * tree and initrd: as given, or by default.
 */
#include "shadow_params_check.h"
#include "shadow_params_room.h"
#include "shadow_parse.h"

#define MAX_DTB		SZ_2M	/* MAX_FDT_SIZE of asm/fdt.h */
#define DTB_ALIGN	8	/* Documentation/arch/arm64/booting.rst */

static struct shadow_param_range *range_of(struct shadow_places *places,
					   unsigned int nr)
{
	switch (nr) {
	case 0:
		return &places->image;
	case 1:
		return &places->dtb;
	default:
		return &places->initrd;
	}
}

static const enum shadow_param_id range_id[] = {
	SHADOW_PARAM_IMAGE, SHADOW_PARAM_DTB, SHADOW_PARAM_INITRD,
};

#define NR_RANGES	ARRAY_SIZE(range_id)

static bool ranges_meet(const struct shadow_param_range *a,
			const struct shadow_param_range *b)
{
	return a->bytes && b->bytes && a->start < b->start + b->bytes &&
	       b->start < a->start + a->bytes;
}

static int check_image(struct shadow_params_check *c,
		       const struct shadow_param_range *range)
{
	u64 page = 1ULL << c->cfg->page_shift;

	if (!IS_ALIGNED(range->start, page) || !IS_ALIGNED(range->bytes, page))
		return shadow_params_refuse(c, SHADOW_PARAM_IMAGE, -EINVAL,
					    "allowed: START and BYTES at a multiple of %llu bytes",
					    page);
	if (range->bytes < shadow_params_min_image(c->cfg))
		return shadow_params_refuse(c, SHADOW_PARAM_IMAGE, -ERANGE,
					    "out of range; allowed: at least %lluK for its tables and segments with granule=%uk va_bits=%u",
					    shadow_params_min_image(c->cfg) >> 10,
					    shadow_params_granule_kib(c->cfg),
					    c->cfg->va_bits);
	if (range->bytes > shadow_params_max_image(c->cfg))
		return shadow_params_refuse(c, SHADOW_PARAM_IMAGE, -ERANGE,
					    "out of range; allowed: up to %lluM with va_bits=%u",
					    shadow_params_max_image(c->cfg) >> 20,
					    c->cfg->va_bits);
	return 0;
}

static int check_dtb(struct shadow_params_check *c,
		     const struct shadow_param_range *range)
{
	if (!IS_ALIGNED(range->start, DTB_ALIGN))
		return shadow_params_refuse(c, SHADOW_PARAM_DTB, -EINVAL,
					    "allowed: START at a multiple of %u bytes",
					    DTB_ALIGN);
	if (range->bytes > MAX_DTB)
		return shadow_params_refuse(c, SHADOW_PARAM_DTB, -ERANGE,
					    "out of range; allowed: up to 2M");
	return 0;
}

/* What holds of a range wherever the block lies */
static int check_range_alone(struct shadow_params_check *c, unsigned int nr,
			     const struct shadow_param_range *range)
{
	switch (range_id[nr]) {
	case SHADOW_PARAM_IMAGE:
		return check_image(c, range);
	case SHADOW_PARAM_DTB:
		return check_dtb(c, range);
	default:
		return 0;
	}
}

/* An absolute address before the block has one: could any block be there? */
static int check_range_later(struct shadow_params_check *c, unsigned int nr,
			     const struct shadow_block *block,
			     const struct shadow_param_range *range)
{
	unsigned int bits = c->cfg->pa_bits;

	if (range->bytes > block->bytes ||
	    range->start + range->bytes > 1ULL << bits)
		return shadow_params_refuse(c, range_id[nr], -ERANGE,
					    "out of range; allowed: inside the block, which ends within %u bits",
					    bits);
	return 0;
}

/*
 * Make absolute what was given, and check it. What cannot be judged before the
 * block is known gets no bytes.
 */
static int place_given(struct shadow_params_check *c,
		       const struct shadow_block *block, bool block_known,
		       struct shadow_places *places)
{
	unsigned int nr, other;
	int err;

	places->image = c->cfg->image;
	places->dtb = c->cfg->dtb;
	places->initrd = c->cfg->initrd;
	for (nr = 0; nr < NR_RANGES; nr++) {
		struct shadow_param_range *range = range_of(places, nr);
		bool relative = range->start < block->bytes;

		if (!range->given)
			continue;
		if (relative)
			range->start += block->base;
		if ((relative || block_known) &&
		    !shadow_block_has(block, range->start, range->bytes))
			return shadow_params_refuse(c, range_id[nr], -ERANGE,
						    "out of range; allowed: inside the block, START below size counts from its start");
		err = check_range_alone(c, nr, range);
		if (!err && !relative && !block_known)
			err = check_range_later(c, nr, block, range);
		if (err)
			return err;
		if (!relative && !block_known)
			range->bytes = 0;
		for (other = 0; other < nr; other++) {
			if (!ranges_meet(range, range_of(places, other)))
				continue;
			return shadow_params_refuse(c, range_id[nr], -EINVAL,
						    "overlaps %s; allowed: ranges that do not meet",
						    shadow_param_table[range_id[other]].name);
		}
	}
	return 0;
}

/*
 * First fit at or above @from for @range, clear of the other ranges; each time
 * one is in the way, go on behind it. Nothing but three ranges can be in the
 * way, so this ends.
 */
static bool fit_above(struct shadow_places *places,
		      const struct shadow_block *block, u64 from, u64 align,
		      struct shadow_param_range *range)
{
	const struct shadow_param_range *other;
	unsigned int nr = 0;

	range->start = ALIGN(from, align);
	while (nr < NR_RANGES) {
		if (!shadow_block_has(block, range->start, range->bytes))
			return false;
		other = range_of(places, nr++);
		if (other == range || !ranges_meet(range, other))
			continue;
		range->start = ALIGN(other->start + other->bytes, align);
		nr = 0;
	}
	return true;
}

static bool fit(struct shadow_places *places, const struct shadow_block *block,
		u64 from, u64 align, u64 bytes, struct shadow_param_range *range)
{
	range->bytes = bytes;
	if (fit_above(places, block, from, align, range) ||
	    fit_above(places, block, block->base, align, range))
		return true;
	range->bytes = 0;
	return false;
}

/*
 * A distribution's kernel takes some 40 MiB of 1 GiB or more. 1/16 of the
 * block, at most 32 MiB, keeps the image visible in every view and the machine
 * useful at every size. Like a boot loader's, it starts at a multiple of
 * 2 MiB and not at the block's very start, where there is room for that.
 */
static u64 default_image_bytes(const struct shadow_config *cfg)
{
	return ALIGN(clamp_t(u64, cfg->bytes / 16, SZ_256K, SZ_32M),
		     1ULL << cfg->page_shift);
}

static bool place_image(const struct shadow_config *cfg,
			const struct shadow_block *block,
			struct shadow_places *places)
{
	u64 gap = min_t(u64, block->bytes / 32, SZ_2M);
	u64 align = block->bytes >= SZ_64M ? SZ_2M : SZ_64K;

	return fit(places, block, block->base + gap, align,
		   default_image_bytes(cfg), &places->image);
}

/* Device trees of real boards have some 20 to 150 KiB; they follow the image. */
static bool place_dtb(const struct shadow_block *block,
		      struct shadow_places *places)
{
	return fit(places, block, places->image.start + places->image.bytes,
		   SZ_64K, SZ_64K, &places->dtb);
}

/*
 * Whom to blame where room is short: of what was given, the range that takes
 * most. By default a block has room for all, so there is one, or the size.
 */
static enum shadow_param_id largest_given(const struct shadow_places *places)
{
	enum shadow_param_id id = SHADOW_PARAM_SIZE;
	struct shadow_places copy = *places;
	u64 most = 0;
	unsigned int nr;

	for (nr = 0; nr < NR_RANGES; nr++) {
		const struct shadow_param_range *range = range_of(&copy, nr);

		if (range->given && range->bytes > most) {
			most = range->bytes;
			id = range_id[nr];
		}
	}
	return id;
}

static int place_default(struct shadow_params_check *c,
			 const struct shadow_block *block,
			 struct shadow_places *places)
{
	if (!c->cfg->image.given && !place_image(c->cfg, block, places))
		return shadow_params_refuse(c, largest_given(places), -ERANGE,
					    "leaves no room for the image; allowed: ranges that leave %lluK in one piece, or with image=",
					    default_image_bytes(c->cfg) >> 10);
	if (!c->cfg->dtb.given && !place_dtb(block, places))
		return shadow_params_refuse(c, largest_given(places), -ERANGE,
					    "leaves no room for the device tree; allowed: ranges that leave 64K in one piece, or with dtb=");
	return 0;
}

/* The first range, in whole pages, that starts at or above @from */
static void next_taken(struct shadow_places *places, u64 page, u64 from,
		       u64 *start, u64 *end)
{
	unsigned int nr;

	for (nr = 0; nr < NR_RANGES; nr++) {
		const struct shadow_param_range *range = range_of(places, nr);
		u64 range_end = ALIGN(range->start + range->bytes, page);

		if (!range->bytes || range_end <= from ||
		    ALIGN_DOWN(range->start, page) >= *start)
			continue;
		*start = ALIGN_DOWN(range->start, page);
		*end = range_end;
	}
}

/**
 * shadow_params_left() - whole pages of a block that nothing was placed in
 * @cfg: a configuration that was checked
 * @block: the block; its range is looked at
 * @given: image, device tree and initrd
 * @left: filled: all, and the largest piece
 *
 * Context: any.
 */
void shadow_params_left(const struct shadow_config *cfg,
			const struct shadow_block *block,
			const struct shadow_places *given,
			struct shadow_params_room *left)
{
	struct shadow_places copy = *given, *places = &copy;
	u64 page = 1ULL << cfg->page_shift, block_end = block->base + block->bytes;
	u64 at = block->base, start, end;

	left->bytes = 0;
	left->piece = 0;
	/* memblock gives nobody the page at address 0 */
	if (!at && shadow_config_given(cfg, SHADOW_PARAM_BASE))
		at = page;
	while (at < block_end) {
		start = block_end;
		end = block_end;
		next_taken(places, page, at, &start, &end);
		if (start > at) {
			left->bytes += start - at;
			left->piece = max(left->piece, start - at);
		}
		at = end;
	}
}

/* Image, device tree and initrd are placed: does the rest boot? */
static int check_rest(struct shadow_params_check *c,
		      const struct shadow_block *block,
		      struct shadow_places *places)
{
	u64 image_bytes = c->cfg->image.given ? c->cfg->image.bytes :
						places->image.bytes;
	struct shadow_params_room need, left;

	shadow_params_early_room(c->cfg, image_bytes, &need);
	shadow_params_left(c->cfg, block, places, &left);
	if (left.bytes >= need.bytes && left.piece >= need.piece)
		return 0;
	return shadow_params_refuse(c, largest_given(places), -ERANGE,
				    "leaves %lluK, %lluK in one piece; allowed: what leaves %lluK, %lluK in one piece, for tables, memmap and slabs",
				    left.bytes >> 10, left.piece >> 10,
				    need.bytes >> 10, need.piece >> 10);
}

/**
 * shadow_params_place_in() - place image, device tree and initrd in a block
 * @c: the check
 * @block: the block
 * @block_known: it has been reserved, or is wanted at that place
 * @places: filled where 0 is returned
 *
 * Where the block is not known yet, what was given absolutely is judged alone,
 * and the rest as if it were not there.
 *
 * Context: any.
 * Return: 0, or -EINVAL or -ERANGE with @c->why set.
 */
int shadow_params_place_in(struct shadow_params_check *c,
			   const struct shadow_block *block, bool block_known,
			   struct shadow_places *places)
{
	int err = place_given(c, block, block_known, places);

	if (!err)
		err = place_default(c, block, places);
	if (!err)
		err = check_rest(c, block, places);
	return err;
}

/**
 * shadow_params_place() - where image, device tree and initrd lie in the block
 * @cfg: a configuration that was checked
 * @block: the block that was reserved; only its range is looked at
 * @places: filled where 0 is returned
 * @why: one line where it is refused, else ""
 * @why_bytes: room there, SHADOW_PARAMS_WHY is enough
 *
 * A start below the block's length counts from the block's start; any other is
 * a physical address. What was not given is placed clear of what was: the image
 * takes 1/16 of the block (256 KiB to 32 MiB), the device tree 64 KiB behind
 * it, and there is no initrd. After shadow_params_check() only an absolute
 * start can be refused, or a block at an address that nobody would expect.
 *
 * Context: any; does not sleep.
 * Return: 0; -ERANGE where a range does not lie inside the block, no room is
 * left for one or for what the boot needs, or the block lies above what
 * descriptors reach; -EINVAL where one is not aligned or overlaps another.
 */
int shadow_params_place(const struct shadow_config *cfg,
			const struct shadow_block *block,
			struct shadow_places *places, char *why,
			size_t why_bytes)
{
	static const enum shadow_param_id named[] = {
		SHADOW_PARAM_IMAGE, SHADOW_PARAM_DTB, SHADOW_PARAM_INITRD,
		SHADOW_PARAM_SIZE, SHADOW_PARAM_LPA2,
	};
	char text[ARRAY_SIZE(named)][SHADOW_QUOTE];
	struct shadow_param_strings in = { };
	struct shadow_config copy = *cfg;
	struct shadow_params_check c = {
		.in = &in, .cfg = &copy, .why = why, .why_bytes = why_bytes,
	};
	unsigned int nr, bits = cfg->pa_bits;

	why[0] = '\0';
	/* A refusal shows the value as it was understood. */
	for (nr = 0; nr < ARRAY_SIZE(named); nr++) {
		shadow_params_value(cfg, named[nr], text[nr], SHADOW_QUOTE);
		in.value[named[nr]] = text[nr];
	}
	if ((block->base + block->bytes - 1) >> bits)
		return shadow_params_refuse(&c, SHADOW_PARAM_LPA2, -ERANGE,
					    "the block ends at %#llx; allowed: on, without it %u bits of an address",
					    (u64)block->base + block->bytes, bits);
	return shadow_params_place_in(&c, block, true, places);
}
