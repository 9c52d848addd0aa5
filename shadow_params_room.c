// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_params_room - how much room a boot needs. See shadow_params_room.h.
 *
 * Tables are counted as in EARLY_PAGES() of asm/kernel-pgtable.h: one for each
 * entry above them that the range may touch, a range of N bytes at an unknown
 * page touching one more than it would at an aligned address. Where blocks can
 * be used, only entries that an edge of a range cuts have a table; with
 * rodata=full the linear map has none.
 */
#include "shadow_fixmap.h"
#include "shadow_layout.h"
#include "shadow_params_room.h"
#include "shadow_zone.h"

/* Edges inside the ranges that are mapped with one protection */
#define IMAGE_EDGES	3	/* start, end of what is read-only, end */
#define SEGMENT_EDGES	(SHADOW_IMAGE_SEGMENTS + 2)
#define LINEAR_EDGES	4	/* the block's, and of the read-only alias */

/* The image's two addresses are congruent modulo this: map_kernel() */
#define IMAGE_ALIGN	SZ_2M

/*
 * Frames for the first slabs, which take a few, and for whoever wants to try
 * the machine; and what min_free_kbytes keeps back, which is 128 KiB where
 * memory is as short as that.
 */
#define SLAB_FRAMES	64
#define RESERVE_BYTES	SZ_128K

/* pkmap's, and those of the CPUs' kmap slots: one for each 32 CPUs */
#define KMAP_TABLES	3

/* What vmalloc shall have at least behind the image */
#define VMALLOC_BYTES	SZ_1G

static void geometry(const struct shadow_config *cfg, unsigned int va_bits,
		     struct shadow_geometry *geo)
{
	/* Cannot fail: the configuration was checked */
	if (shadow_geometry_init(geo, cfg->page_shift, va_bits,
				 cfg->pa_bits, cfg->lpa2))
		memset(geo, 0, sizeof(*geo));
}

/*
 * Most tables below the root for a range whose address and physical address
 * are congruent modulo @align, in parts with @edges, the outer ones included.
 */
static u64 max_tables(const struct shadow_geometry *geo, u64 bytes, u64 align,
		      unsigned int edges)
{
	u64 page = 1ULL << geo->page_shift, nr, sum = 0;
	int level;

	for (level = geo->start_level; level < SHADOW_LAST_LEVEL; level++) {
		u64 span = 1ULL << shadow_geometry_shift(geo, level);

		nr = ((bytes - page + span - 1) >> ilog2(span)) + 1;
		if (shadow_geometry_has_block(geo, level) && span <= align)
			nr = min_t(u64, nr, edges);
		sum += nr;
	}
	return sum;
}

/**
 * shadow_params_idmap_bits() - size of an address in the identity map
 * @cfg: a configuration that was checked
 * @image_end: physical address behind the image
 *
 * IDMAP_VA_BITS of asm/kernel-pgtable.h: RAM may lie above what a 39-bit half
 * reaches. Above 48 bits only tables that can name it go on: the half follows.
 *
 * Context: any.
 * Return: bits.
 */
unsigned int shadow_params_idmap_bits(const struct shadow_config *cfg,
				      u64 image_end)
{
	return image_end > BIT_ULL(48) ? 52 : max(cfg->va_bits, 48U);
}

/**
 * shadow_params_static_tables() - tables that head.S may need
 * @cfg: a configuration that was checked
 * @image_bytes: length of the image, whole pages, not 0
 *
 * For the identity map and for the image at its virtual address, wherever in
 * memory the image lies.
 *
 * Context: any.
 * Return: pages of the machine.
 */
u64 shadow_params_static_tables(const struct shadow_config *cfg,
				u64 image_bytes)
{
	struct shadow_geometry idmap, kernel;

	geometry(cfg, shadow_params_idmap_bits(cfg, 1ULL << cfg->pa_bits),
		 &idmap);
	geometry(cfg, cfg->va_bits, &kernel);
	return 2 + shadow_fixmap_nr_tables(&kernel) +
	       max_tables(&idmap, image_bytes, U64_MAX, IMAGE_EDGES) +
	       max_tables(&kernel, image_bytes, IMAGE_ALIGN, IMAGE_EDGES);
}

/**
 * shadow_params_min_image() - the smallest image
 * @cfg: a configuration that was checked
 *
 * Context: any.
 * Return: bytes, which hold its tables and a page of each segment.
 */
u64 shadow_params_min_image(const struct shadow_config *cfg)
{
	u64 bytes = 0, need = 1ULL << cfg->page_shift;

	/* More pages may need more tables, but soon do not */
	while (bytes < need) {
		bytes = need;
		need = (SHADOW_IMAGE_SEGMENTS +
			shadow_params_static_tables(cfg, bytes)) << cfg->page_shift;
	}
	return bytes;
}

/**
 * shadow_params_max_image() - the largest image that leaves vmalloc a window
 * @cfg: a configuration that was checked
 *
 * Context: any.
 * Return: bytes.
 */
u64 shadow_params_max_image(const struct shadow_config *cfg)
{
	struct shadow_geometry geo;
	struct shadow_layout layout;

	geometry(cfg, cfg->va_bits, &geo);
	if (shadow_layout_init(&layout, &geo, sizeof(struct shadow_page)))
		return 0;
	return layout.region[SHADOW_REGION_VMALLOC].end - layout.kimage_vaddr -
	       VMALLOC_BYTES;
}

/**
 * shadow_params_max_bytes() - the largest block that the linear map shows
 * @cfg: a configuration whose geometry was checked
 *
 * Context: any.
 * Return: bytes; a block of that length fits wherever it starts.
 */
u64 shadow_params_max_bytes(const struct shadow_config *cfg)
{
	struct shadow_geometry geo;
	struct shadow_layout layout;

	geometry(cfg, cfg->va_bits, &geo);
	if (shadow_layout_init(&layout, &geo, sizeof(struct shadow_page)))
		return 0;
	return layout.region[SHADOW_REGION_LINEAR].end -
	       layout.region[SHADOW_REGION_LINEAR].start -
	       shadow_layout_memstart_align(cfg->page_shift);
}

/* Entries for a block of the largest order, of MAX_PAGE_ORDER */
static u64 block_entries_bytes(const struct shadow_config *cfg)
{
	return sizeof(struct shadow_page) << cfg->max_order;
}

/*
 * The memmap's entries, wherever the block begins: they are for whole blocks of
 * the largest order.
 */
static u64 entries_bytes(const struct shadow_config *cfg)
{
	u64 bytes = (cfg->bytes >> cfg->page_shift) * sizeof(struct shadow_page);

	return ALIGN(bytes, block_entries_bytes(cfg)) + block_entries_bytes(cfg);
}

/*
 * A byte for each pageblock that the entries of a memmap as large as the block
 * would be for, and the section table: what names a leaf, and two leaves.
 */
static u64 memmap_tables_bytes(const struct shadow_config *cfg)
{
	u64 nr = cfg->bytes / sizeof(struct shadow_page);

	/* A pageblock is what one entry above the pages' tables maps, at most */
	return (nr >> min(cfg->page_shift - 3, cfg->max_order)) + 1 +
	       sizeof(u64) + 2 * SHADOW_SECTION_LEAF;
}

/**
 * shadow_params_early_room() - what a boot needs beside image, dtb and initrd
 * @cfg: a configuration that was checked
 * @image_bytes: length of the image, whole pages, not 0
 * @room: filled
 *
 * Context: any.
 */
void shadow_params_early_room(const struct shadow_config *cfg, u64 image_bytes,
			      struct shadow_params_room *room)
{
	u64 page = 1ULL << cfg->page_shift, tables;
	struct shadow_geometry geo;

	geometry(cfg, cfg->va_bits, &geo);
	tables = 1 + max_tables(&geo, image_bytes, IMAGE_ALIGN, SEGMENT_EDGES) +
		 max_tables(&geo, cfg->bytes,
			    cfg->rodata == SHADOW_RODATA_FULL ? 0 :
			    shadow_layout_memstart_align(cfg->page_shift),
			    LINEAR_EDGES);
	/* VMEMMAP's, in pages */
	tables += max_tables(&geo, entries_bytes(cfg), 0, 0);
	if (shadow_config_given(cfg, SHADOW_PARAM_HIGHMEM))
		tables += KMAP_TABLES;
	/* The entries begin where those of a largest block may */
	room->piece = tables * page + entries_bytes(cfg) + block_entries_bytes(cfg) +
		      ALIGN(memmap_tables_bytes(cfg), page);
	room->bytes = room->piece + SLAB_FRAMES * page +
		      ALIGN(RESERVE_BYTES, page);
}
