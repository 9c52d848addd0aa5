// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_fixmap - slots of a page each whose virtual addresses are known from
 * the start, and early_ioremap(). See shadow_fixmap.h.
 */
#include "shadow_fixmap.h"
#include "shadow_ring.h"

#define FDT_MAGIC	0xd00dfeed
#define FDT_ALIGN	8	/* MIN_FDT_ALIGN */

static u64 page_bytes(const struct shadow_fixmap *fixmap)
{
	return 1ULL << fixmap->slots.page_shift;
}

static u64 offset_in(const struct shadow_fixmap *fixmap, u64 address)
{
	return address & (page_bytes(fixmap) - 1);
}

/* Bytes of the pages that a row of @bytes touches which starts at @address */
static u64 row_bytes(const struct shadow_fixmap *fixmap, u64 address, u64 bytes)
{
	return ALIGN(offset_in(fixmap, address) + bytes, page_bytes(fixmap));
}

/*
 * Map a row of slots upwards from @start, which is page aligned, and say so in
 * @map. By pages: in 6.12 no window is aligned to a block.
 */
static int map_row(struct shadow_fixmap *fixmap, struct shadow_fixmap_map *map,
		   u64 start, phys_addr_t pa, u64 bytes, u64 prot,
		   const char *who)
{
	u64 offset = offset_in(fixmap, pa);
	int err;

	err = shadow_pgtable_map(fixmap->pgt, start, pa - offset,
				 row_bytes(fixmap, pa, bytes), prot,
				 SHADOW_MAP_NO_BLOCK | SHADOW_MAP_NO_CONT);
	if (err)
		return err;
	map->va = start + offset;
	map->pa = pa;
	map->bytes = bytes;
	map->prot = prot;
	map->who = who;
	return 0;
}

static int unmap_row(struct shadow_fixmap *fixmap, struct shadow_fixmap_map *map)
{
	u64 start = map->va - offset_in(fixmap, map->va);
	int err;

	if (!map->va)
		return 0;
	err = shadow_pgtable_unmap(fixmap->pgt, start,
				   row_bytes(fixmap, map->va, map->bytes));
	if (!err)
		memset(map, 0, sizeof(*map));
	return err;
}

/* Map a row that may show something now; that stays if it fails */
static int remap_row(struct shadow_fixmap *fixmap, struct shadow_fixmap_map *map,
		     u64 start, phys_addr_t pa, u64 bytes, u64 prot,
		     const char *who)
{
	struct shadow_fixmap_map old = *map;
	int err = unmap_row(fixmap, map), again;

	if (err)
		return err;
	err = map_row(fixmap, map, start, pa, bytes, prot, who);
	if (!err || !old.va)
		return err;
	/* Its tables are there and its protection was good: it cannot fail */
	again = map_row(fixmap, map, old.va - offset_in(fixmap, old.va), old.pa,
			old.bytes, old.prot, old.who);
	return again ?: err;
}

/**
 * shadow_fixmap_nr_tables() - tables that the region needs below the root
 * @geo: geometry of the kernel's half
 *
 * As NR_BM_PTE_TABLES and NR_BM_PMD_TABLES of arch/arm64/mm/fixmap.c. What is
 * mapped beside the region may need some of them too, never more.
 *
 * Context: any.
 * Return: pages of the machine.
 */
u64 shadow_fixmap_nr_tables(const struct shadow_geometry *geo)
{
	u64 first = SHADOW_FIXADDR_TOP - shadow_fixmap_bytes(geo->page_shift);
	u64 last = SHADOW_FIXADDR_TOP - 1, nr = 0;
	int level;

	for (level = geo->start_level; level < SHADOW_LAST_LEVEL; level++) {
		unsigned int shift = shadow_geometry_shift(geo, level);

		nr += (last >> shift) - (first >> shift) + 1;
	}
	return nr;
}

/**
 * shadow_fixmap_init() - make the region's tables
 * @fixmap: the fixmap
 * @layout: where the region lies
 * @pgt: the tables that it becomes part of: init_pg_dir's
 *
 * Follows early_fixmap_init() and early_ioremap_setup().
 *
 * Context: boot.
 * Return: 0; -EINVAL: the layout has no room of just that size; or an errno of
 * shadow_pgtable_pin(), -ENOMEM when the image has no page left. Then the
 * tables are as before.
 */
int shadow_fixmap_init(struct shadow_fixmap *fixmap,
		       const struct shadow_layout *layout,
		       struct shadow_pgtable *pgt)
{
	const struct shadow_region *region =
		&layout->region[SHADOW_REGION_FIXMAP];
	int err;

	memset(fixmap, 0, sizeof(*fixmap));
	shadow_fixmap_slots_init(&fixmap->slots, layout->page_shift);
	fixmap->top = region->end;
	if (shadow_fixmap_tot_start(fixmap) != region->start)
		return -EINVAL;
	err = shadow_pgtable_pin(pgt, region->start, region->end - region->start);
	if (!err)
		fixmap->pgt = pgt;
	return err;
}

/**
 * shadow_fixmap_switch() - from init_pg_dir to swapper_pg_dir
 * @fixmap: the fixmap
 * @swapper: the tables that it becomes part of, made but not yet in TTBR1
 *
 * The same tables, with all that is mapped; no memory is needed. From here on
 * paging_init counts as done: after_paging_init.
 *
 * Context: boot.
 * Return: 0; -ENXIO before init; or an errno of shadow_pgtable_move_pinned(),
 * after which nothing has changed.
 */
int shadow_fixmap_switch(struct shadow_fixmap *fixmap,
			 struct shadow_pgtable *swapper)
{
	int err;

	if (!fixmap->pgt)
		return -ENXIO;
	err = shadow_pgtable_move_pinned(swapper, fixmap->pgt);
	if (err)
		return err;
	fixmap->pgt = swapper;
	fixmap->late = true;
	return 0;
}

/**
 * shadow_fixmap_fini() - forget the slots
 * @fixmap: the fixmap, initialised or zeroed
 *
 * The tables go with the tree that they are part of, which may be gone already.
 *
 * Context: take-down.
 */
void shadow_fixmap_fini(struct shadow_fixmap *fixmap)
{
	memset(fixmap, 0, sizeof(*fixmap));
}

/* A slot of one page; NULL for the hole and for ends of windows */
static struct shadow_fixmap_map *named_slot(struct shadow_fixmap *fixmap,
					    enum shadow_fix id)
{
	switch (id) {
	case SHADOW_FIX_HOLE:
	case SHADOW_FIX_FDT_END:
	case SHADOW_FIX_FDT:
	case SHADOW_FIX_BTMAP_END:
	case SHADOW_FIX_BTMAP_BEGIN:
		return NULL;
	default:
		return id < SHADOW_NR_FIX ? &fixmap->named[id] : NULL;
	}
}

/**
 * shadow_fixmap_set() - show a page in a slot that has a name
 * @fixmap: the fixmap
 * @id: the slot
 * @pa: physical address; the page that it lies in is mapped
 * @prot: SHADOW_FIXMAP_PAGE_* or another protection
 * @who: who asks, a literal
 *
 * What the slot showed before is replaced. Follows __set_fixmap().
 *
 * Context: serialised by the caller.
 * Return: 0; -ENXIO before init; -EINVAL: no slot of one page, or no
 * protection; -EPERM: writable and executable; -ERANGE: beyond the output size;
 * -EUCLEAN. After an error the slot is as before.
 */
int shadow_fixmap_set(struct shadow_fixmap *fixmap, enum shadow_fix id,
		      phys_addr_t pa, u64 prot, const char *who)
{
	struct shadow_fixmap_map *map = named_slot(fixmap, id);

	if (!fixmap->pgt)
		return -ENXIO;
	if (!map)
		return -EINVAL;
	return remap_row(fixmap, map,
			 shadow_fix_to_va(fixmap, fixmap->slots.index[id]), pa,
			 page_bytes(fixmap) - offset_in(fixmap, pa), prot, who);
}

/**
 * shadow_fixmap_clear() - show nothing in a slot that has a name
 * @fixmap: the fixmap
 * @id: the slot; it may be empty
 *
 * Follows __set_fixmap() with FIXMAP_PAGE_CLEAR.
 *
 * Context: serialised by the caller.
 * Return: 0; -ENXIO before init; -EINVAL: no slot of one page; -EUCLEAN.
 */
int shadow_fixmap_clear(struct shadow_fixmap *fixmap, enum shadow_fix id)
{
	struct shadow_fixmap_map *map = named_slot(fixmap, id);

	if (!fixmap->pgt)
		return -ENXIO;
	return map ? unmap_row(fixmap, map) : -EINVAL;
}

/**
 * shadow_fixmap_map_fdt() - show a device tree of a known length
 * @fixmap: the fixmap
 * @pa: its physical address, aligned to 8 bytes
 * @bytes: its length, at most 2 MiB
 * @prot: protection
 * @va: filled with its virtual address, which has the same offset in the page
 *
 * What the window showed before is replaced: the kernel maps the tree writable
 * first and read-only once it has been looked at.
 *
 * Context: serialised by the caller.
 * Return: 0; -ENXIO before init; -EINVAL: address 0, misaligned or empty;
 * -E2BIG: too long; or an errno of shadow_pgtable_map(). After an error the
 * window is as before.
 */
int shadow_fixmap_map_fdt(struct shadow_fixmap *fixmap, phys_addr_t pa,
			  u64 bytes, u64 prot, u64 *va)
{
	unsigned int index = fixmap->slots.index[SHADOW_FIX_FDT];
	int err;

	if (!fixmap->pgt)
		return -ENXIO;
	if (!pa || !IS_ALIGNED(pa, FDT_ALIGN) || !bytes)
		return -EINVAL;
	if (bytes > SHADOW_FIX_FDT_BYTES)
		return -E2BIG;
	err = remap_row(fixmap, &fixmap->fdt, shadow_fix_to_va(fixmap, index),
			pa, bytes, prot, "dtb");
	if (!err)
		*va = fixmap->fdt.va;
	return err;
}

static u32 read_be32(const u8 *at)
{
	return (u32)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

/* Length of the tree at a virtual address, as the tables translate it */
static int read_fdt_header(const struct shadow_fixmap *fixmap, u64 va,
			   u64 *bytes)
{
	const struct shadow_block *block = fixmap->pgt->block;
	const u8 *header;
	phys_addr_t pa;
	int err = shadow_pgtable_lookup(fixmap->pgt, va, &pa, NULL);

	if (err)
		return err;
	if (!shadow_block_has(block, pa, FDT_ALIGN))
		return -EFAULT;
	header = shadow_phys_to_virt(block, pa);
	if (read_be32(header) != FDT_MAGIC)
		return -ENODATA;
	*bytes = read_be32(header + 4);
	return 0;
}

/**
 * shadow_fixmap_remap_fdt() - show a device tree, however long it is
 * @fixmap: the fixmap
 * @pa: its physical address, aligned to 8 bytes
 * @prot: protection
 * @va: filled with its virtual address
 * @bytes: filled with its length
 *
 * Maps the first page, reads the length there through the new mapping, then
 * maps all. Follows fixmap_remap_fdt() of arch/arm64/mm/fixmap.c.
 *
 * Context: serialised by the caller.
 * Return: 0; -EFAULT: the memory has no contents; -ENODATA: there is no device
 * tree; or an errno of shadow_fixmap_map_fdt(). After an error the window is
 * as before.
 */
int shadow_fixmap_remap_fdt(struct shadow_fixmap *fixmap, phys_addr_t pa,
			    u64 prot, u64 *va, u64 *bytes)
{
	struct shadow_fixmap_map old = fixmap->fdt;
	u64 at, nr;
	int err = shadow_fixmap_map_fdt(fixmap, pa, FDT_ALIGN, prot, &at);

	if (err)
		return err;
	err = read_fdt_header(fixmap, at, &nr);
	if (!err)
		err = shadow_fixmap_map_fdt(fixmap, pa, nr, prot, &at);
	if (err)
		goto undo;
	*va = at;
	*bytes = nr;
	return 0;

undo:
	unmap_row(fixmap, &fixmap->fdt);
	if (old.va)
		map_row(fixmap, &fixmap->fdt, old.va - offset_in(fixmap, old.va),
			old.pa, old.bytes, old.prot, old.who);
	return err;
}

/* The kernel's checks, in its order */
static int check_early(const struct shadow_fixmap *fixmap, unsigned int slot,
		       phys_addr_t pa, u64 bytes)
{
	if (!fixmap->pgt)
		return -ENXIO;
	if (slot == SHADOW_FIX_BTMAPS_SLOTS)
		return -ENOSPC;
	if (!bytes || pa + bytes - 1 < pa)
		return -EINVAL;
	/* Compared without rounding up, which might wrap */
	if (bytes > ((u64)fixmap->slots.nr_btmaps << fixmap->slots.page_shift) -
		    offset_in(fixmap, pa))
		return -E2BIG;
	return 0;
}

static int early_map(struct shadow_fixmap *fixmap, phys_addr_t pa,
		     u64 bytes, u64 prot, const char *who, u64 *va)
{
	unsigned int slot = 0, used;
	int err;

	while (slot < SHADOW_FIX_BTMAPS_SLOTS && fixmap->early[slot].va)
		slot++;
	err = check_early(fixmap, slot, pa, bytes);
	if (!err)
		err = map_row(fixmap, &fixmap->early[slot],
			      shadow_fixmap_early_va(fixmap, slot), pa, bytes,
			      prot, who);
	if (err) {
		fixmap->nr_refused++;
		return err;
	}
	fixmap->nr_early++;
	used = shadow_fixmap_early_leaks(fixmap);
	fixmap->max_early = max(fixmap->max_early, used);
	*va = fixmap->early[slot].va;
	return 0;
}

/**
 * shadow_fixmap_early_ioremap() - show a range while the machine boots
 * @fixmap: the fixmap
 * @pa: first physical address, memory or not; its offset in the page is kept
 * @bytes: how many; with the offset at most the pages of a slot, 256 KiB
 *	and a page
 * @prot: SHADOW_FIXMAP_PAGE_IO, _NORMAL (early_memremap) or _RO
 * @who: who asks, a literal
 * @va: filled with the virtual address
 *
 * Takes the first of the seven slots that is free. Follows __early_ioremap().
 *
 * Context: serialised by the caller.
 * Return: 0; -ENXIO before init; -ENOSPC: all slots are in use; -EINVAL: no
 * bytes, wraps around, or no protection; -E2BIG: too long for a slot; -EPERM:
 * writable and executable; -ERANGE: beyond the output size; -EUCLEAN.
 */
int shadow_fixmap_early_ioremap(struct shadow_fixmap *fixmap, phys_addr_t pa,
				u64 bytes, u64 prot, const char *who, u64 *va)
{
	struct shadow_op op;
	u64 at = 0;
	int err;

	shadow_op_begin(&op, fixmap->pgt ? fixmap->pgt->events : NULL);
	err = early_map(fixmap, pa, bytes, prot, who, &at);
	if (!err)
		*va = at;
	shadow_op_end_more(&op, SHADOW_OP_EARLY_IOREMAP, err, who, strlen(who),
			   pa, bytes, prot, at);
	return err;
}

static int early_unmap(struct shadow_fixmap *fixmap, u64 va,
		       u64 bytes)
{
	unsigned int slot = 0;

	if (!fixmap->pgt)
		return -ENXIO;
	while (slot < SHADOW_FIX_BTMAPS_SLOTS && fixmap->early[slot].va != va)
		slot++;
	/* A slot that is free has address 0 */
	if (slot == SHADOW_FIX_BTMAPS_SLOTS || !va)
		return -ENOENT;
	if (fixmap->early[slot].bytes != bytes)
		return -EINVAL;
	return unmap_row(fixmap, &fixmap->early[slot]);
}

/**
 * shadow_fixmap_early_iounmap() - give a boot-time slot back
 * @fixmap: the fixmap
 * @va: what shadow_fixmap_early_ioremap() gave
 * @bytes: what was asked for there
 *
 * Follows early_iounmap().
 *
 * Context: serialised by the caller.
 * Return: 0; -ENXIO before init; -ENOENT: no slot shows anything at @va;
 * -EINVAL: another length was asked for; -EUCLEAN.
 */
int shadow_fixmap_early_iounmap(struct shadow_fixmap *fixmap, u64 va,
				u64 bytes)
{
	struct shadow_op op;
	int err;

	shadow_op_begin(&op, fixmap->pgt ? fixmap->pgt->events : NULL);
	err = early_unmap(fixmap, va, bytes);
	shadow_op_end(&op, SHADOW_OP_EARLY_IOUNMAP, err, va, bytes);
	return err;
}

/**
 * shadow_fixmap_early_leaks() - boot-time slots that are in use
 * @fixmap: the fixmap
 *
 * At the end of the boot each is a leak. Follows check_early_ioremap_leak().
 *
 * Context: serialised by the caller.
 * Return: how many.
 */
unsigned int shadow_fixmap_early_leaks(const struct shadow_fixmap *fixmap)
{
	unsigned int slot, nr = 0;

	for (slot = 0; slot < SHADOW_FIX_BTMAPS_SLOTS; slot++)
		nr += !!fixmap->early[slot].va;
	return nr;
}

/* --------------------------------------------------------------- verify -- */

/* Does a row that starts in slot @start show something in slot @index? */
static const struct shadow_fixmap_map *
shown_in(const struct shadow_fixmap *fixmap, const struct shadow_fixmap_map *map,
	 unsigned int start, unsigned int index)
{
	u64 above = (u64)(start - index) << fixmap->slots.page_shift;

	return map->va && index <= start &&
	       above < row_bytes(fixmap, map->va, map->bytes) ? map : NULL;
}

/* The record that says what slot @index shows, and the slot it starts in */
static const struct shadow_fixmap_map *
record_of(const struct shadow_fixmap *fixmap, unsigned int index,
	  unsigned int *start)
{
	const struct shadow_fixmap_slots *slots = &fixmap->slots;
	unsigned int begin = slots->index[SHADOW_FIX_BTMAP_BEGIN], id;

	*start = slots->index[SHADOW_FIX_FDT];
	if (index <= *start)
		return shown_in(fixmap, &fixmap->fdt, *start, index);
	if (index >= slots->index[SHADOW_FIX_BTMAP_END] && index <= begin) {
		id = (begin - index) / slots->nr_btmaps;
		*start = begin - id * slots->nr_btmaps;
		return shown_in(fixmap, &fixmap->early[id], *start, index);
	}
	*start = index;
	for (id = 0; id < SHADOW_NR_FIX; id++)
		if (slots->index[id] == index)
			return shown_in(fixmap, &fixmap->named[id], index, index);
	return NULL;
}

/* Is a slot mapped as its record says? */
static bool is_as_recorded(const struct shadow_fixmap *fixmap,
			   unsigned int index)
{
	const struct shadow_geometry *geo = &fixmap->pgt->geo;
	const struct shadow_fixmap_map *map;
	unsigned int start;
	phys_addr_t pa;
	u64 desc;
	int err;

	map = record_of(fixmap, index, &start);
	err = shadow_pgtable_lookup(fixmap->pgt, shadow_fix_to_va(fixmap, index),
				    &pa, &desc);
	if (!map)
		return err == -ENOENT;
	return !err &&
	       pa == map->pa - offset_in(fixmap, map->pa) +
		     ((u64)(start - index) << fixmap->slots.page_shift) &&
	       !((desc ^ map->prot) & SHADOW_PROT_MASK & geo->attr_mask);
}

/* A record that the tables agree with may still be in the wrong place */
static bool is_early_sane(const struct shadow_fixmap *fixmap, unsigned int slot)
{
	const struct shadow_fixmap_map *map = &fixmap->early[slot];
	u64 start = shadow_fixmap_early_va(fixmap, slot);

	return !map->va ||
	       (map->va - offset_in(fixmap, map->va) == start && map->bytes &&
		offset_in(fixmap, map->va ^ map->pa) == 0 &&
		row_bytes(fixmap, map->va, map->bytes) >>
		fixmap->slots.page_shift <= fixmap->slots.nr_btmaps);
}

/**
 * shadow_fixmap_verify() - look for a slot that is not as recorded
 * @fixmap: the fixmap
 * @fault: filled with the first finding
 *
 * Each slot, also those that must be empty, in the tables; that the region's
 * tables are pinned; and the records of the boot-time slots. The tables
 * themselves are shadow_pgtable_verify()'s.
 *
 * Context: serialised by the caller; changes nothing.
 * Return: 0 or -EUCLEAN.
 */
int shadow_fixmap_verify(struct shadow_fixmap *fixmap,
			 struct shadow_fault *fault)
{
	unsigned int i;

	if (!fixmap->pgt)
		return shadow_fault_raise(fault, "shadow_fixmap: no tables");
	/* Other windows below may be pinned with it */
	if (fixmap->pgt->pin_first > shadow_fixmap_tot_start(fixmap) ||
	    fixmap->pgt->pin_last != fixmap->top - 1)
		return shadow_fault_raise(fault,
					  "shadow_fixmap: the region's tables are not pinned");
	for (i = 0; i < SHADOW_FIX_BTMAPS_SLOTS; i++)
		if (!is_early_sane(fixmap, i))
			return shadow_fault_raise(fault,
						  "shadow_fixmap: boot-time slot %u: %016llx + %llu",
						  i, fixmap->early[i].va,
						  fixmap->early[i].bytes);
	/* The lowest page belongs to no slot, and the hole lies above */
	for (i = 1; i <= fixmap->slots.nr; i++)
		if (!is_as_recorded(fixmap, i))
			return shadow_fault_raise(fault,
						  "shadow_fixmap: slot %u at %016llx is not mapped as recorded",
						  i, shadow_fix_to_va(fixmap, i));
	return 0;
}
