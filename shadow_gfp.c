// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_gfp - what the flags of an allocation come to, and what they are
 * called. Follows include/linux/gfp.h and include/linux/gfp_types.h.
 */
#include "shadow_gfp.h"
#include "shadow_ring.h"

static_assert(SHADOW_RING_GFP_HIDDEN == SHADOW_GFP_ROUTE);

/*
 * Combinations first: the longest that fits is what a mask is printed as. A
 * name stands for all its bits when it is read; as in the kernel's headers
 * GFP_ATOMIC and GFP_NOWAIT are combinations, GFP_USER differs from GFP_KERNEL
 * by what cpusets say, of which there are none here.
 */
static const struct {
	const char *name;
	u32 gfp;
} names[] = {
	{ "HIGHUSER_MOVABLE", SHADOW_GFP_HIGHUSER_MOVABLE },
	{ "HIGHUSER", SHADOW_GFP_HIGHUSER },
	{ "ATOMIC", SHADOW_GFP_ATOMIC },
	{ "NOWAIT", SHADOW_GFP_NOWAIT | SHADOW_GFP_NOWARN },
	{ "KERNEL", SHADOW_GFP_KERNEL },
	{ "USER", SHADOW_GFP_KERNEL },
	{ "DMA", SHADOW_GFP_DMA },
	{ "DMA32", SHADOW_GFP_DMA32 },
	{ "HIGHMEM", SHADOW_GFP_HIGHMEM },
	{ "MOVABLE", SHADOW_GFP_MOVABLE },
	{ "RECLAIMABLE", SHADOW_GFP_RECLAIMABLE },
	{ "HIGH", SHADOW_GFP_HIGH },
	{ "MEMALLOC", SHADOW_GFP_MEMALLOC },
	{ "NOFAIL", SHADOW_GFP_NOFAIL },
	{ "NOWARN", SHADOW_GFP_NOWARN },
	{ "ZERO", SHADOW_GFP_ZERO },
	{ "COMP", SHADOW_GFP_COMP },
	{ "COLD", SHADOW_GFP_COLD },
	{ "CONTENTS", SHADOW_GFP_CONTENTS },
	{ "THISNODE", SHADOW_GFP_THISNODE },
};

/* What is left of ATOMIC or NOWAIT when a mask has no more of them */
#define NO_RECLAIM_NAME	"!DIRECT_RECLAIM"

/**
 * shadow_zone_gfp() - what asks for frames of one zone and of no other
 * @type: the zone; DEVICE, where nothing is ever allocated, counts as NORMAL
 *
 * Context: any.
 * Return: SHADOW_GFP_*, for which shadow_gfp_zone() is @type.
 */
u32 shadow_zone_gfp(enum shadow_zone_type type)
{
	switch (type) {
	case SHADOW_ZONE_DMA:
		return SHADOW_GFP_THISZONE | SHADOW_GFP_DMA;
	case SHADOW_ZONE_DMA32:
		return SHADOW_GFP_THISZONE | SHADOW_GFP_DMA32;
	case SHADOW_ZONE_HIGHMEM:
		return SHADOW_GFP_THISZONE | SHADOW_GFP_HIGHMEM;
	case SHADOW_ZONE_MOVABLE:
		return SHADOW_GFP_THISZONE | SHADOW_GFP_HIGHMEM |
		       SHADOW_GFP_MOVABLE;
	default:
		return SHADOW_GFP_THISZONE;
	}
}

/**
 * shadow_gfp_refusal() - what is wrong with these flags, whatever is free
 * @gfp: SHADOW_GFP_*
 *
 * Follows GFP_ZONE_BAD, the check of gfp_migratetype(), and what
 * __alloc_pages_slowpath() warns of with __GFP_NOFAIL.
 *
 * Context: any.
 * Return: which of them exclude each other, in words; NULL: none do.
 */
const char *shadow_gfp_refusal(u32 gfp)
{
	if (shadow_gfp_zone_bad(gfp))
		return "of DMA, DMA32 and HIGHMEM at most one";
	if ((gfp & SHADOW_GFP_MOVABLE) && (gfp & SHADOW_GFP_RECLAIMABLE))
		return "MOVABLE or RECLAIMABLE, not both";
	if ((gfp & SHADOW_GFP_NOFAIL) && (gfp & SHADOW_GFP_NOWAIT))
		return "NOFAIL only where the caller can wait, so without ATOMIC and NOWAIT";
	return NULL;
}

/**
 * shadow_gfp_alloc_flags() - what the slow path's attempts may do
 * @gfp: SHADOW_GFP_*
 * @order: log2 of the frames wanted
 *
 * A caller who cannot wait may go deeper, if it is important, too; and a block
 * of it may come from the reserve for such. Follows gfp_to_alloc_flags(). Every
 * caller wakes the reclaimer.
 *
 * Context: any.
 * Return: SHADOW_ALLOC_*, with the min mark.
 */
unsigned int shadow_gfp_alloc_flags(u32 gfp, unsigned int order)
{
	unsigned int flags = SHADOW_WMARK_MIN | SHADOW_ALLOC_KSWAPD;

	if (gfp & SHADOW_GFP_HIGH)
		flags |= SHADOW_ALLOC_MIN_RESERVE;
	if (gfp & SHADOW_GFP_NOWAIT) {
		flags |= SHADOW_ALLOC_NON_BLOCK;
		if (order && (gfp & SHADOW_GFP_HIGH))
			flags |= SHADOW_ALLOC_HIGHATOMIC;
	}
	return flags;
}

/**
 * shadow_alloc_flags_nofragment() - shall lower zones go before mixed blocks?
 * @preferred: the zone that is tried first
 *
 * Before NORMAL's pageblocks are mixed, DMA32 is tried. On several nodes only
 * where this one has DMA32: else a remote node would be preferred to a mix.
 * Follows alloc_flags_nofragment(), which does not ask on one node either.
 *
 * Context: any.
 * Return: SHADOW_ALLOC_NOFRAGMENT or 0.
 */
unsigned int shadow_alloc_flags_nofragment(const struct shadow_zone *preferred)
{
	if (preferred->type != SHADOW_ZONE_NORMAL)
		return 0;
	if (preferred->nodes->nr_nodes > 1 && !shadow_zone_populated(preferred - 1))
		return 0;
	return SHADOW_ALLOC_NOFRAGMENT;
}

static bool is_name(const char *text, size_t len, const char *name)
{
	return strlen(name) == len && strncasecmp(text, name, len) == 0;
}

/**
 * shadow_gfp_parse() - the flags that a name stands for
 * @name: a name such as ATOMIC, GFP_ATOMIC or __GFP_ZERO, in either case
 * @len: its length in bytes
 * @gfp: they are added here
 *
 * Context: any.
 * Return: 0; -EINVAL where no flag is called so, see shadow_gfp_names().
 */
int shadow_gfp_parse(const char *name, size_t len, u32 *gfp)
{
	unsigned int i;

	if (len > 2 && !strncmp(name, "__", 2)) {
		name += 2;
		len -= 2;
	}
	if (len > 4 && !strncasecmp(name, "GFP_", 4)) {
		name += 4;
		len -= 4;
	}
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!is_name(name, len, names[i].name))
			continue;
		*gfp |= names[i].gfp;
		return 0;
	}
	return -EINVAL;
}

/**
 * shadow_gfp_print() - flags by their names
 * @gfp: SHADOW_GFP_*; owner, node and what only the machine itself asks for are
 *	not printed
 * @text: filled with them, "|" between them; KERNEL where there are none
 * @bytes: room there, SHADOW_GFP_TEXT is enough
 *
 * Context: any.
 * Return: bytes written, without the zero.
 */
int shadow_gfp_print(u32 gfp, char *text, size_t bytes)
{
	u32 left = gfp & SHADOW_GFP_FLAGS & ~SHADOW_GFP_THISZONE;
	unsigned int i;
	int len = 0;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!names[i].gfp || (left & names[i].gfp) != names[i].gfp)
			continue;
		len += scnprintf(text + len, bytes - len, "%s%s", len ? "|" : "",
				 names[i].name);
		left &= ~names[i].gfp;
	}
	if (left & SHADOW_GFP_NOWAIT)
		len += scnprintf(text + len, bytes - len, "%s" NO_RECLAIM_NAME,
				 len ? "|" : "");
	if (!len)
		len = scnprintf(text, bytes, "KERNEL");
	return len;
}

/**
 * shadow_gfp_names() - all names that shadow_gfp_parse() knows
 * @text: filled with them, separated by commas
 * @bytes: room there, SHADOW_GFP_TEXT is enough
 *
 * Context: any.
 * Return: bytes written, without the zero.
 */
int shadow_gfp_names(char *text, size_t bytes)
{
	unsigned int i;
	int len = 0;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		len += scnprintf(text + len, bytes - len, "%s%s",
				 i ? ", " : "", names[i].name);
	return len;
}
