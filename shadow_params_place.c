// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_params_place - where in the block the boot loader left image, device
 * tree and initrd: as given, or by default.
 */
#include "shadow_params_check.h"
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

static int check_range_alone(struct shadow_params_check *c, unsigned int nr,
			     const struct shadow_block *block,
			     const struct shadow_param_range *range)
{
	u64 align = 1;

	if (!shadow_block_has(block, range->start, range->bytes))
		return shadow_params_refuse(c, range_id[nr], -ERANGE,
					    "out of range; allowed: inside the block, START below size counts from its start");
	if (range_id[nr] == SHADOW_PARAM_IMAGE)
		align = 1ULL << c->cfg->page_shift;
	else if (range_id[nr] == SHADOW_PARAM_DTB)
		align = DTB_ALIGN;
	if (!IS_ALIGNED(range->start, align))
		return shadow_params_refuse(c, range_id[nr], -EINVAL,
					    "allowed: START at a multiple of %llu bytes", align);
	if (range_id[nr] == SHADOW_PARAM_DTB && range->bytes > MAX_DTB)
		return shadow_params_refuse(c, range_id[nr], -ERANGE,
					    "out of range; allowed: up to 2M");
	return 0;
}

/**
 * shadow_params_place_given() - make absolute what was given, and check it
 * @c: the check
 * @block: the block
 * @block_known: it has been reserved, or is wanted at that place
 * @places: filled; where 0 is returned, ranges that were not given have no
 *	bytes
 *
 * Where the block is not known yet, it stands at 0 here, and what was given
 * absolutely is left for later.
 *
 * Context: any.
 * Return: 0, or -EINVAL or -ERANGE with @c->why set.
 */
int shadow_params_place_given(struct shadow_params_check *c, const struct shadow_block *block,
			      bool block_known, struct shadow_places *places)
{
	unsigned int nr, other;
	int err;

	places->image = c->cfg->image;
	places->dtb = c->cfg->dtb;
	places->initrd = c->cfg->initrd;
	for (nr = 0; nr < NR_RANGES; nr++) {
		struct shadow_param_range *range = range_of(places, nr);

		if (!range->given)
			continue;
		if (range->start < block->bytes) {
			range->start += block->base;
		} else if (!block_known) {
			range->bytes = 0;
			continue;
		}
		err = check_range_alone(c, nr, block, range);
		if (err)
			return err;
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
static bool place_image(const struct shadow_config *cfg,
			const struct shadow_block *block,
			struct shadow_places *places)
{
	u64 bytes = clamp_t(u64, block->bytes / 16, SZ_256K, SZ_32M);
	u64 gap = min_t(u64, block->bytes / 32, SZ_2M);
	u64 align = block->bytes >= SZ_64M ? SZ_2M : SZ_64K;

	return fit(places, block, block->base + gap, align,
		   ALIGN(bytes, 1ULL << cfg->page_shift), &places->image);
}

/* Device trees of real boards have some 20 to 150 KiB; they follow the image. */
static bool place_dtb(const struct shadow_block *block,
		      struct shadow_places *places)
{
	return fit(places, block, places->image.start + places->image.bytes,
		   SZ_64K, SZ_64K, &places->dtb);
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
 * it, and there is no initrd.
 *
 * Context: any; does not sleep.
 * Return: 0; -ERANGE where a range does not lie inside the block or no room is
 * left for one; -EINVAL where one is not aligned or overlaps another.
 */
int shadow_params_place(const struct shadow_config *cfg,
			const struct shadow_block *block,
			struct shadow_places *places, char *why,
			size_t why_bytes)
{
	struct shadow_param_strings in = { };
	struct shadow_config copy = *cfg;
	struct shadow_params_check c = {
		.in = &in, .cfg = &copy, .why = why, .why_bytes = why_bytes,
	};
	char text[NR_RANGES][SHADOW_QUOTE];
	unsigned int nr;
	int err;

	why[0] = '\0';
	/* A refusal shows the value as it was understood. */
	for (nr = 0; nr < NR_RANGES; nr++)
		in.value[range_id[nr]] = text[nr];
	snprintf(text[0], SHADOW_QUOTE, "%#llx+%#llx", cfg->image.start,
		 cfg->image.bytes);
	snprintf(text[1], SHADOW_QUOTE, "%#llx+%#llx", cfg->dtb.start,
		 cfg->dtb.bytes);
	snprintf(text[2], SHADOW_QUOTE, "%#llx+%#llx", cfg->initrd.start,
		 cfg->initrd.bytes);
	err = shadow_params_place_given(&c, block, true, places);
	if (err)
		return err;
	in.value[SHADOW_PARAM_IMAGE] = NULL;
	in.value[SHADOW_PARAM_DTB] = NULL;
	if (!cfg->image.given && !place_image(cfg, block, places))
		return shadow_params_refuse(&c, SHADOW_PARAM_IMAGE, -ERANGE,
					    "no room is left for it; allowed: one that fits, or less dtb and initrd");
	if (!cfg->dtb.given && !place_dtb(block, places))
		return shadow_params_refuse(&c, SHADOW_PARAM_DTB, -ERANGE,
					    "no room is left for it; allowed: one that fits, or less image and initrd");
	return 0;
}
