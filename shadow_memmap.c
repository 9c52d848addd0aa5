// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_memmap - which entry is for which frame, where there are holes.
 */
#include "shadow_memmap.h"

const char *const shadow_owner_names[SHADOW_NR_OWNERS] = {
	[SHADOW_OWNER_NONE] = "none",
	[SHADOW_OWNER_DIRECT] = "direct",
	[SHADOW_OWNER_TABLE] = "table",
	[SHADOW_OWNER_SLAB] = "slab",
	[SHADOW_OWNER_KMALLOC] = "kmalloc",
	[SHADOW_OWNER_VMALLOC] = "vmalloc",
	[SHADOW_OWNER_KMAP] = "kmap",
	[SHADOW_OWNER_USER] = "user",
	[SHADOW_OWNER_SHARED] = "shared",
	[SHADOW_OWNER_MEMMAP] = "memmap",
	[SHADOW_OWNER_IMAGE] = "image",
	[SHADOW_OWNER_EARLY] = "early",
};

const char *const shadow_page_state_names[SHADOW_NR_PAGE_STATES] = {
	[SHADOW_PAGE_NONE] = "inside",
	[SHADOW_PAGE_HOLE] = "hole",
	[SHADOW_PAGE_RESERVED] = "reserved",
	[SHADOW_PAGE_BUDDY] = "buddy",
	[SHADOW_PAGE_PCP] = "pcp",
	[SHADOW_PAGE_ALLOCATED] = "allocated",
	[SHADOW_PAGE_DEVICE] = "device",
};

/* The last bank with @member at or below @value; the first where none is */
#define find_bank(memmap, member, value) ({				\
	unsigned int __low = 0, __high = (memmap)->nr_banks, __mid;	\
									\
	while (__high - __low > 1) {					\
		__mid = (__low + __high) / 2;				\
		if ((memmap)->bank[__mid].member <= (value))		\
			__low = __mid;					\
		else							\
			__high = __mid;					\
	}								\
	__low; })

static u32 bank_end(const struct shadow_memmap *memmap, unsigned int bank)
{
	return bank + 1 < memmap->nr_banks ? memmap->bank[bank + 1].first :
					     memmap->nr;
}

/**
 * shadow_memmap_bank_pfn() - frame of an entry, where there are several banks
 * @memmap: the memmap
 * @index: index of the entry
 *
 * Context: any.
 * Return: frame number.
 */
u64 shadow_memmap_bank_pfn(const struct shadow_memmap *memmap, u32 index)
{
	const struct shadow_memmap_bank *bank =
		&memmap->bank[find_bank(memmap, first, index)];

	return bank->start_pfn + (index - bank->first);
}

/**
 * shadow_memmap_bank_index() - entry of a frame, where there are several banks
 * @memmap: the memmap
 * @pfn: frame number, any value
 *
 * Context: any.
 * Return: index, or SHADOW_NO_PAGE where the memmap has none.
 */
u32 shadow_memmap_bank_index(const struct shadow_memmap *memmap, u64 pfn)
{
	unsigned int nr = find_bank(memmap, start_pfn, pfn);
	u64 offset = pfn - memmap->bank[nr].start_pfn;
	u32 first = memmap->bank[nr].first;

	return offset < bank_end(memmap, nr) - first ? first + offset :
						       SHADOW_NO_PAGE;
}

/**
 * shadow_memmap_first() - the first entry that is not below a frame
 * @memmap: the memmap
 * @pfn: frame number, any value
 *
 * Context: any.
 * Return: index, the number of entries where all are below.
 */
u32 shadow_memmap_first(const struct shadow_memmap *memmap, u64 pfn)
{
	unsigned int nr = find_bank(memmap, start_pfn, pfn);
	u32 first = memmap->bank[nr].first;

	if (pfn <= memmap->bank[nr].start_pfn)
		return first;
	return min_t(u64, first + (pfn - memmap->bank[nr].start_pfn),
		     bank_end(memmap, nr));
}
