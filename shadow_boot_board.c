// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_boot_board - from a board to a machine: is its memory really there,
 * where lie image and device tree, and the phases in which memblock learns of
 * it all.
 */
#include "shadow_backing.h"
#include "shadow_board_earlycon.h"
#include "shadow_boot.h"
#include "shadow_boot_early.h"
#include "shadow_boot_zone.h"
#include "shadow_bootmem.h"

static __printf(4, 5)
int refuse(char *why, size_t why_bytes, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vscnprintf(why, why_bytes, fmt, args);
	va_end(args);
	return err;
}

/*
 * The host's own memory is never the machine's, and what a text describes has
 * an owner for each byte.
 */
static bool is_virtual(const struct shadow_mm *mm,
		       const struct shadow_block *storage)
{
	const struct shadow_board *board = mm->board;
	u64 start, end;

	/* An initrd may be memory that the board does not have */
	shadow_board_span(board, &mm->places, &start, &end);
	return board->kind == SHADOW_BOARD_HOST ||
	       board->kind == SHADOW_BOARD_TEXT ||
	       !shadow_board_inside(board, storage) ||
	       !shadow_block_spans(storage, start, end - start);
}

/**
 * struct extent - physical addresses of a virtual board
 * @start: of its first page
 * @end: behind its last byte that descriptors reach
 * @aperture: where storage shows above it, or 0
 */
struct extent {
	u64 start;
	u64 end;
	u64 aperture;
};

/* The board's span, and above it the aperture where descriptors reach it */
static int lay_virtual(const struct shadow_config *cfg,
		       const struct shadow_board *board,
		       const struct shadow_places *places,
		       const struct shadow_block *storage,
		       struct extent *extent, char *why, size_t why_bytes)
{
	u64 limit = 1ULL << cfg->pa_bits;
	u64 start, end;

	shadow_board_span(board, places, &start, &end);
	extent->start = round_down(start, 1ULL << cfg->page_shift);
	extent->end = min(end, limit);
	extent->aperture = ALIGN(extent->end, SHADOW_BACKING_APERTURE);
	if (start >= limit)
		return refuse(why, why_bytes, -ERANGE,
			      "board=%s: memory starts at %#llx; allowed: below %#llx, what the machine's descriptors reach",
			      shadow_board_name(board), start, limit);
	if (extent->aperture + storage->bytes <= limit)
		return 0;
	extent->aperture = 0;
	if (board->kind != SHADOW_BOARD_TEXT)
		return 0;
	return refuse(why, why_bytes, -ERANGE,
		      "board=%s: memory ends at %#llx; allowed: an end that leaves %lluM below %#llx for the machine's own tables",
		      shadow_board_name(board), extent->end,
		      storage->bytes >> 20, limit);
}

static int make_virtual(struct shadow_mm *mm, const struct shadow_block *storage,
			struct shadow_backing *backing, char *why,
			size_t why_bytes)
{
	struct extent extent;
	int err;

	err = lay_virtual(&mm->cfg, mm->board, &mm->places, storage, &extent,
			  why, why_bytes);
	if (err)
		return err;
	err = shadow_backing_init(backing, storage, mm->cfg.page_shift,
				  extent.aperture,
				  mm->board->kind == SHADOW_BOARD_TEXT);
	if (err)
		return refuse(why, why_bytes, err,
			      "board=%s: a block of %lluK cannot keep its books",
			      shadow_board_name(mm->board), storage->bytes >> 10);
	mm->block.base = extent.start;
	mm->block.bytes = (extent.aperture ? extent.aperture + storage->bytes :
					     extent.end) - extent.start;
	mm->block.virt = storage->virt;
	mm->block.backing = backing;
	return 0;
}

/* Image and device tree of a text board are not among its reservations */
static int place_aside(struct shadow_mm *mm, char *why, size_t why_bytes)
{
	u64 bytes = clamp_t(u64, mm->cfg.bytes / 16, SZ_256K, SZ_32M);
	struct shadow_places *places = &mm->places;

	places->image.bytes = ALIGN(bytes, 1ULL << mm->cfg.page_shift);
	places->image.start = shadow_block_aside_alloc(&mm->block,
						       places->image.bytes, SZ_2M);
	places->dtb.bytes = SZ_64K;
	places->dtb.start = shadow_block_aside_alloc(&mm->block, SZ_64K, SZ_64K);
	if (places->image.start && places->dtb.start)
		return 0;
	return refuse(why, why_bytes, -ENOMEM,
		      "board=%s: no room in the block for an image of %lluK",
		      shadow_board_name(mm->board), places->image.bytes >> 10);
}

/**
 * shadow_boot_place() - would a machine fit, and where would things lie in it?
 * @cfg: the parameters
 * @board: what describes its memory; NULL: the block is all of it
 * @storage: the block that was obtained; only its range is looked at
 * @places: filled where 0 is returned, but for what lies aside
 * @why: one line where it is refused, else ""
 * @why_bytes: room there
 *
 * Context: any; nothing is changed.
 * Return: 0; -ERANGE or -EINVAL with @why set.
 */
int shadow_boot_place(const struct shadow_config *cfg,
		      const struct shadow_board *board,
		      const struct shadow_block *storage,
		      struct shadow_places *places, char *why, size_t why_bytes)
{
	struct extent extent;
	int err;

	memset(places, 0, sizeof(*places));
	why[0] = '\0';
	if (!board)
		err = shadow_params_place(cfg, storage, places, why, why_bytes);
	else if (board->kind != SHADOW_BOARD_TEXT)
		err = shadow_board_place(board, cfg, places, why, why_bytes);
	else
		err = 0;
	if (!err)
		err = shadow_boot_zone_check(cfg, board, storage, places, why,
					     why_bytes);
	if (err || !board || board->kind != SHADOW_BOARD_TEXT)
		return err;
	if (cfg->image.given || cfg->dtb.given || cfg->initrd.given)
		return refuse(why, why_bytes, -EINVAL,
			      "board=%s: a text says what is reserved; allowed: without image, dtb and initrd",
			      board->name);
	return lay_virtual(cfg, board, places, storage, &extent, why, why_bytes);
}

/**
 * shadow_boot_prepare() - the machine's memory, just before it boots
 * @mm: the machine; cfg, board and places are set
 * @storage: the block that was obtained
 * @backing: room for a virtual board's books, which lives as long as @mm is used
 * @why: one line where it is refused, else ""
 * @why_bytes: room there
 *
 * Sets @mm->block, and the places of what lies aside. What a virtual board kept
 * in the storage before is forgotten.
 *
 * Context: process context, nobody uses the machine.
 * Return: 0; -ERANGE or -ENOMEM with @why set.
 */
int shadow_boot_prepare(struct shadow_mm *mm, const struct shadow_block *storage,
			struct shadow_backing *backing, char *why,
			size_t why_bytes)
{
	int err = 0;

	why[0] = '\0';
	mm->block = *storage;
	mm->block.backing = NULL;
	if (mm->board && is_virtual(mm, storage))
		err = make_virtual(mm, storage, backing, why, why_bytes);
	if (!err && mm->board && mm->board->kind == SHADOW_BOARD_TEXT)
		err = place_aside(mm, why, why_bytes);
	return err;
}

/**
 * shadow_boot_up_in() - prepare a machine's memory and boot it
 * @mm: the machine; cfg, board and places are set
 * @storage: the block that was obtained
 * @backing: as for shadow_boot_prepare()
 *
 * Context: process context, nobody uses the machine.
 * Return: as shadow_boot_up(); what shadow_boot_prepare() refuses is recorded as
 * a failure of the first phase.
 */
int shadow_boot_up_in(struct shadow_mm *mm, const struct shadow_block *storage,
		      struct shadow_backing *backing)
{
	char *effect = mm->boot.record[0].effect;
	int err;

	memset(&mm->boot, 0, sizeof(mm->boot));
	err = shadow_boot_prepare(mm, storage, backing, effect,
				  SHADOW_PHASE_TEXT);
	if (!err)
		return shadow_boot_up(mm);
	mm->boot.failed = err;
	return err;
}

static void get_arch(const struct shadow_mm *mm, struct shadow_board_arch *arch)
{
	arch->page_shift = mm->cfg.page_shift;
	arch->pa_bits = mm->cfg.pa_bits;
	arch->va_bits = mm->cfg.va_bits;
	arch->nvhe = false;
}

static const struct shadow_early_ops *early_policy(const char *name)
{
	return strcmp(name, shadow_early_bootmem.name) ? &shadow_early_memblock :
							 &shadow_early_bootmem;
}

/* Board and fate each have a line for what went wrong */
static int say_why(const struct shadow_mm *mm, char *effect, int err)
{
	if (err && mm->fate.why[0])
		scnprintf(effect, SHADOW_PHASE_TEXT, "%s", mm->fate.why);
	return err;
}

static int add_memory(struct shadow_mm *mm, char *effect)
{
	struct shadow_board_arch arch;

	if (!mm->board)
		return shadow_memblock_add_node(&mm->memblock, mm->block.base,
						mm->block.bytes, 0,
						SHADOW_MEMBLOCK_NONE);
	get_arch(mm, &arch);
	return say_why(mm, effect,
		       shadow_board_setup_memory(&mm->fate, mm->board,
						 &mm->memblock, &arch,
						 &mm->places));
}

/* parse_early_param(): a console that cannot be shown is none, nothing worse */
static void setup_earlycon(struct shadow_mm *mm)
{
	u64 pa;

	if (mm->board && shadow_board_earlycon(mm->board->cmdline, &pa))
		shadow_fixmap_set(&mm->fixmap, SHADOW_FIX_EARLYCON_MEM_BASE, pa,
				  SHADOW_FIXMAP_PAGE_IO, "earlycon");
}

/**
 * shadow_boot_setup_fdt() - memblock learns what memory there is
 * @mm: the machine
 * @effect: what changed
 *
 * Maps the device tree through its slot of the fixmap first, and in the end the
 * early console, if the command line names one. Follows setup_machine_fdt() of
 * arch/arm64/kernel/setup.c.
 *
 * Context: boot.
 * Return: 0, or why the board's memory cannot be used.
 */
int shadow_boot_setup_fdt(struct shadow_mm *mm, char *effect)
{
	struct shadow_memblock *mb = &mm->memblock;
	u64 va;
	int err;

	memset(&mm->fate, 0, sizeof(mm->fate));
	shadow_memblock_init(mb, &mm->block, &mm->events, mm->cfg.page_shift);
	mb->log.sites = &mm->sites;
	shadow_memblock_set_current_limit(mb, shadow_boot_lowmem_end(mm));
	shadow_early_init(&mm->early, early_policy(mm->cfg.early), mb,
			  &mm->bootmem);
	mm->early.fail = &mm->fail;
	/* An array that grows takes nothing of a text board's memory */
	if (shadow_block_aside(&mm->block))
		shadow_memblock_allow_resize(mb);
	err = shadow_fixmap_map_fdt(&mm->fixmap, mm->places.dtb.start,
				    mm->places.dtb.bytes, SHADOW_PAGE_KERNEL_RO,
				    &va);
	if (!err)
		err = add_memory(mm, effect);
	if (err)
		return err;
	setup_earlycon(mm);
	scnprintf(effect, SHADOW_PHASE_TEXT,
		  "device tree at VA %#llx; %lu ranges of memory, %llu KiB, from %s",
		  va, mb->memory.cnt, (u64)mb->memory.total_size >> 10,
		  mm->board ? shadow_board_kind_name(mm->board->kind) : "the block");
	return 0;
}

static int reserve_place(struct shadow_mm *mm, const char *owner,
			 const struct shadow_param_range *place)
{
	if (!place->bytes)
		return 0;
	return shadow_early_reserve(&mm->early, owner, place->start, place->bytes);
}

/* The block is all memory there is; image, device tree and initrd are taken */
static int reserve_in_block(struct shadow_mm *mm)
{
	int err;

	err = reserve_place(mm, "image", &mm->places.image);
	if (!err)
		err = reserve_place(mm, "dtb", &mm->places.dtb);
	if (!err)
		err = reserve_place(mm, "initrd", &mm->places.initrd);
	if (!err)
		err = shadow_layout_set_memstart(&mm->layout, mm->block.base,
						 mm->block.base + mm->block.bytes);
	return err;
}

/**
 * shadow_boot_memblock_init() - memory is cut to what can be used, and taken
 * @mm: the machine
 * @effect: what changed
 *
 * Ends with the early allocator being ready. Follows arm64_memblock_init() of
 * arch/arm64/mm/init.c.
 *
 * Context: boot.
 * Return: 0; -ENOMEM if a list is full; -ERANGE if the linear map cannot
 * reach the block; why the board cannot boot.
 */
int shadow_boot_memblock_init(struct shadow_mm *mm, char *effect)
{
	struct shadow_memblock *mb = &mm->memblock;
	struct shadow_board_arch arch;
	int err;

	get_arch(mm, &arch);
	if (mm->board)
		err = say_why(mm, effect,
			      shadow_board_memblock_init(&mm->fate, mm->board,
							 mb, &mm->layout, &arch,
							 &mm->places));
	else
		err = reserve_in_block(mm);
	if (err)
		return err;
	err = shadow_early_take_over(&mm->early);
	if (err) {
		scnprintf(effect, SHADOW_PHASE_TEXT,
			  "%s cannot describe %llu bytes of memory in %lu ranges; allowed: whole frames, with room for its records",
			  mm->early.ops->name, (u64)mb->memory.total_size,
			  mb->memory.cnt);
		return err;
	}
	scnprintf(effect, SHADOW_PHASE_TEXT,
		  "memory [%#llx-%#llx], %llu KiB reserved, memstart_addr = %#llx; %s allocates",
		  (u64)shadow_memblock_start_of_DRAM(mb),
		  (u64)shadow_memblock_end_of_DRAM(mb) - 1,
		  (u64)mb->reserved.total_size >> 10, (u64)mm->layout.memstart,
		  mm->early.ops->name);
	return 0;
}

static unsigned int count_nodes(const struct shadow_memblock *mb)
{
	unsigned int nr = 1;
	unsigned long i;

	for (i = 0; i < mb->memory.cnt; i++)
		if (shadow_numa_valid_node(mb->memory.regions[i].nid))
			nr = max_t(unsigned int, nr, mb->memory.regions[i].nid + 1);
	return nr;
}

/**
 * shadow_boot_bootmem_init() - nodes, and how far each zone reaches
 * @mm: the machine
 * @effect: what changed
 *
 * Follows bootmem_init() and zone_sizes_init() of arch/arm64/mm/init.c.
 *
 * Context: boot.
 * Return: 0, or -EINVAL for nodes that the machine cannot have.
 */
int shadow_boot_bootmem_init(struct shadow_mm *mm, char *effect)
{
	u64 *limit = mm->boot.zone_limit, dma_end;
	int err = 0;

	if (mm->board)
		err = say_why(mm, effect,
			      shadow_board_bootmem_init(&mm->fate, mm->board,
							&mm->memblock));
	if (!err)
		err = shadow_boot_split_nodes(mm, effect);
	if (err)
		return err;
	shadow_boot_zone_limits(mm);
	mm->boot.nr_nodes = count_nodes(&mm->memblock);
	if (mm->board && mm->fate.numa)
		mm->boot.nr_nodes = max(mm->boot.nr_nodes, mm->board->nr_nodes);
	/* Where there is no zone DMA, all is low enough */
	dma_end = limit[SHADOW_ZONE_DMA] << mm->cfg.page_shift;
	mm->memblock.low_limit =
		dma_end > shadow_memblock_start_of_DRAM(&mm->memblock) ?
		dma_end - 1 : SHADOW_MEMBLOCK_ALLOC_ANYWHERE;
	if (mm->boot.nr_nodes > SHADOW_MAX_NODES) {
		scnprintf(effect, SHADOW_PHASE_TEXT,
			  "memory of node %u; allowed: nodes 0 to %u",
			  mm->boot.nr_nodes - 1, SHADOW_MAX_NODES - 1);
		return -EINVAL;
	}
	scnprintf(effect, SHADOW_PHASE_TEXT,
		  "%u nodes, zone DMA ends at %#llx%s", mm->boot.nr_nodes, dma_end,
		  limit[SHADOW_ZONE_HIGHMEM] ? ", HIGHMEM is above the linear map" : "");
	return 0;
}
