// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_boot_zone - nodes and zones as the parameters and the board have them.
 * See shadow_boot_zone.h.
 *
 * Without a board, where memory lies is known last: an address that is not
 * above the block's length counts from its start, as image= and its like do.
 */
#include "shadow_boot.h"
#include "shadow_boot_zone.h"
#include "shadow_params_room.h"

/* What a node has at least: frames to boot with, and bytes to speak of */
#define MIN_NODE_PAGES	64
#define MIN_NODE_BYTES	SZ_1M

static __printf(5, 6)
int refuse(char *why, size_t why_bytes, int err, enum shadow_param_id id,
	   const char *fmt, ...)
{
	va_list args;
	int at;

	at = scnprintf(why, why_bytes, "%s=", shadow_param_table[id].name);
	va_start(args, fmt);
	vscnprintf(why + at, why_bytes - at, fmt, args);
	va_end(args);
	return err;
}

static u64 resolve(const struct shadow_board *board,
		   const struct shadow_block *block, u64 address)
{
	return board || address > block->bytes ? address : block->base + address;
}

/* ------------------------------------------------- before anything is done -- */

static int check_ascending(const struct shadow_config *cfg,
			   const struct shadow_board *board,
			   const struct shadow_block *block, char *why,
			   size_t why_bytes)
{
	const struct {
		enum shadow_param_id id;
		u64 address;
	} limits[] = {
		{ SHADOW_PARAM_DMA, cfg->dma },
		{ SHADOW_PARAM_DMA32, cfg->dma32 },
		{ SHADOW_PARAM_HIGHMEM, cfg->highmem },
	};
	enum shadow_param_id below = 0;
	u64 at, least = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		if (!shadow_config_given(cfg, limits[i].id))
			continue;
		at = resolve(board, block, limits[i].address);
		if (at < least)
			return refuse(why, why_bytes, -EINVAL, limits[i].id,
				      "%#llx: is address %#llx, below %s, which is %#llx; allowed: ascending, dma, dma32, highmem",
				      limits[i].address, at,
				      shadow_param_table[below].name, least);
		least = at;
		below = limits[i].id;
	}
	return 0;
}

/* What the kernel reaches through its linear map, or is its own alias there */
static int check_low_places(const struct shadow_config *cfg, u64 end,
			    const struct shadow_places *places, char *why,
			    size_t why_bytes)
{
	const struct {
		const char *name;
		const struct shadow_param_range *range;
	} low[] = {
		{ "image", &places->image },
		{ "device tree", &places->dtb },
		{ "initrd", &places->initrd },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(low); i++)
		if (low[i].range->bytes &&
		    low[i].range->start + low[i].range->bytes > end)
			return refuse(why, why_bytes, -ERANGE, SHADOW_PARAM_HIGHMEM,
				      "%#llx: is address %#llx, but the %s lies at %#llx to %#llx; allowed: an end of the linear map above it",
				      cfg->highmem, end, low[i].name,
				      low[i].range->start,
				      low[i].range->start + low[i].range->bytes - 1);
	return 0;
}

/* Tables, memmap and slabs come from below, where it is all in one block */
static int check_low_room(const struct shadow_config *cfg, u64 end,
			  const struct shadow_block *block,
			  const struct shadow_places *places, char *why,
			  size_t why_bytes)
{
	struct shadow_params_room need, left;
	struct shadow_block low = *block;

	low.bytes = end > block->base ? min(end - block->base, block->bytes) : 0;
	shadow_params_early_room(cfg, places->image.bytes, &need);
	shadow_params_left(cfg, &low, places, &left);
	if (left.bytes >= need.bytes && left.piece >= need.piece)
		return 0;
	return refuse(why, why_bytes, -ERANGE, SHADOW_PARAM_HIGHMEM,
		      "%#llx: leaves %lluK below, %lluK in one piece; allowed: what leaves %lluK, %lluK in one piece, for tables, memmap and slabs",
		      cfg->highmem, left.bytes >> 10, left.piece >> 10,
		      need.bytes >> 10, need.piece >> 10);
}

static int check_highmem(const struct shadow_config *cfg,
			 const struct shadow_board *board,
			 const struct shadow_block *block,
			 const struct shadow_places *places, char *why,
			 size_t why_bytes)
{
	u64 end = resolve(board, block, cfg->highmem);
	int err;

	if (!shadow_config_given(cfg, SHADOW_PARAM_HIGHMEM))
		return 0;
	err = check_low_places(cfg, end, places, why, why_bytes);
	if (!err && !board)
		err = check_low_room(cfg, end, block, places, why, why_bytes);
	return err;
}

static bool says_numa_off(const struct shadow_board *board)
{
	struct shadow_board_option option;
	const char *at = board->cmdline;

	if (board->kind == SHADOW_BOARD_TEXT)
		return false;
	while (shadow_board_next_option(&at, &option))
		if (option.value && shadow_board_option_is(&option, "numa") &&
		    option.value_len >= 3 && !memcmp(option.value, "off", 3))
			return true;
	return false;
}

static int check_board_nodes(const struct shadow_config *cfg,
			     const struct shadow_board *board, char *why,
			     size_t why_bytes)
{
	unsigned int own = shadow_board_nodes(board);

	if (says_numa_off(board))
		return cfg->nr_nodes == 1 ? 0 :
		       refuse(why, why_bytes, -EINVAL, SHADOW_PARAM_NODES,
			      "%u: the command line says numa=off; allowed: 1, or without numa=off",
			      cfg->nr_nodes);
	if (!own || own == cfg->nr_nodes)
		return 0;
	return refuse(why, why_bytes, -EINVAL, SHADOW_PARAM_NODES,
		      "%u: board=%s says itself which of %u nodes its memory is; allowed: %u, or without nodes",
		      cfg->nr_nodes, shadow_board_name(board), own, own);
}

static u64 min_node_bytes(unsigned int page_shift)
{
	return max_t(u64, MIN_NODE_BYTES, (u64)MIN_NODE_PAGES << page_shift);
}

static int check_node_size(unsigned int nr_nodes, unsigned int page_shift,
			   u64 bytes, char *why, size_t why_bytes)
{
	u64 least = min_node_bytes(page_shift);

	if (bytes / nr_nodes >= least)
		return 0;
	return refuse(why, why_bytes, -ERANGE, SHADOW_PARAM_NODES,
		      "%u: %lluK of memory are %lluK for each; a node has %lluK at least; allowed: 1 to %llu",
		      nr_nodes, bytes >> 10, bytes / nr_nodes >> 10, least >> 10,
		      max(bytes / least, 1ULL));
}

/**
 * shadow_boot_zone_check() - do nodes and zones suit the memory?
 * @cfg: the parameters
 * @board: what describes the memory, or NULL: @block is all of it
 * @block: the block
 * @places: where image, device tree and initrd will lie; what lies aside has no
 *	bytes
 * @why: one line where it is refused, else as it was
 * @why_bytes: room there
 *
 * Context: any; nothing is changed.
 * Return: 0; -EINVAL or -ERANGE with @why set.
 */
int shadow_boot_zone_check(const struct shadow_config *cfg,
			   const struct shadow_board *board,
			   const struct shadow_block *block,
			   const struct shadow_places *places, char *why,
			   size_t why_bytes)
{
	int err = check_ascending(cfg, board, block, why, why_bytes);

	if (!err)
		err = check_highmem(cfg, board, block, places, why, why_bytes);
	if (err || !shadow_config_given(cfg, SHADOW_PARAM_NODES))
		return err;
	if (board)
		return check_board_nodes(cfg, board, why, why_bytes);
	if (cfg->nr_nodes == 1)
		return 0;
	return check_node_size(cfg->nr_nodes, cfg->page_shift, block->bytes,
			       why, why_bytes);
}

/* ----------------------------------------------------------------- zones -- */

/**
 * shadow_boot_lowmem_end() - where the linear map ends
 * @mm: the machine, its memory prepared
 *
 * Context: any.
 * Return: physical address of the first byte that it does not show;
 * SHADOW_MEMBLOCK_ALLOC_ANYWHERE where it shows all memory.
 */
phys_addr_t shadow_boot_lowmem_end(const struct shadow_mm *mm)
{
	if (!shadow_config_given(&mm->cfg, SHADOW_PARAM_HIGHMEM))
		return SHADOW_MEMBLOCK_ALLOC_ANYWHERE;
	return resolve(mm->board, &mm->block, mm->cfg.highmem);
}

/*
 * A private block has no device tree that says how far devices reach, so the
 * lowest quarter stands for what they can: both zones are there to be tried.
 * The limit is a multiple of the largest block, as it is on real boards.
 */
static u64 quarter_limit_pfn(const struct shadow_mm *mm)
{
	unsigned int shift = mm->cfg.page_shift;
	u64 start = mm->block.base >> shift;
	u64 end = (mm->block.base + mm->block.bytes) >> shift;
	u64 quarter = start + (end - start) / 4;
	u64 limit = round_up(quarter, BIT(shadow_boot_max_order(mm)));

	if (limit < end)
		return limit;
	/*
	 * With large pages no multiple of the largest block may lie inside. The
	 * buddy never merges across a zone's border, so any will do; one with
	 * the quarter's own alignment makes the fewest blocks.
	 */
	limit = round_up(quarter, rounddown_pow_of_two((end - start) / 4));
	return min(limit, end);
}

static u64 given_limit_pfn(const struct shadow_mm *mm, enum shadow_param_id id,
			   u64 address, u64 by_default)
{
	if (!shadow_config_given(&mm->cfg, id))
		return by_default;
	return resolve(mm->board, &mm->block, address) >> mm->cfg.page_shift;
}

/**
 * shadow_boot_zone_limits() - at which frames zones end
 * @mm: the machine, its memory known
 *
 * What the parameters say goes before what follows from the board or the block;
 * no zone but HIGHMEM reaches beyond the linear map's end.
 *
 * Context: boot.
 */
void shadow_boot_zone_limits(struct shadow_mm *mm)
{
	const struct shadow_config *cfg = &mm->cfg;
	u64 *limit = mm->boot.zone_limit, low;
	unsigned int type;

	memset(limit, 0, sizeof(mm->boot.zone_limit));
	if (mm->board) {
		shadow_board_zone_limits(mm->board, &mm->memblock, limit);
	} else {
		limit[SHADOW_ZONE_DMA] = quarter_limit_pfn(mm);
		limit[SHADOW_ZONE_NORMAL] = U64_MAX;
	}
	limit[SHADOW_ZONE_DMA] = given_limit_pfn(mm, SHADOW_PARAM_DMA, cfg->dma,
						 limit[SHADOW_ZONE_DMA]);
	limit[SHADOW_ZONE_DMA32] = given_limit_pfn(mm, SHADOW_PARAM_DMA32,
						   cfg->dma32,
						   limit[SHADOW_ZONE_DMA32]);
	if (!shadow_config_given(cfg, SHADOW_PARAM_HIGHMEM))
		return;
	low = shadow_boot_lowmem_end(mm) >> cfg->page_shift;
	for (type = 0; type <= SHADOW_ZONE_NORMAL; type++)
		limit[type] = min(limit[type], low);
	limit[SHADOW_ZONE_HIGHMEM] = U64_MAX;
}

/* ----------------------------------------------------------------- nodes -- */

/* Address below which @bytes of the memory lie */
static u64 address_at(const struct shadow_memblock *mb, u64 bytes)
{
	const struct shadow_memblock_region *region;

	shadow_for_each_mem_region(mb, region) {
		if (bytes <= region->size)
			return region->base + bytes;
		bytes -= region->size;
	}
	return shadow_memblock_end_of_DRAM(mb);
}

static u64 bytes_between(const struct shadow_memblock *mb, u64 start, u64 end)
{
	const struct shadow_memblock_region *region;
	u64 bytes = 0, low, high;

	shadow_for_each_mem_region(mb, region) {
		low = max(region->base, start);
		high = min(region->base + region->size, end);
		bytes += low < high ? high - low : 0;
	}
	return bytes;
}

/*
 * The nearest multiple of the largest block; where a node has less than one, of
 * the largest power of two that it has. The buddy does not merge across it.
 */
static u64 border(const struct shadow_mm *mm, unsigned int nid)
{
	u64 total = mm->memblock.memory.total_size;
	u64 part = total / mm->cfg.nr_nodes;
	u64 block = 1ULL << (shadow_boot_max_order(mm) + mm->cfg.page_shift);
	u64 align = min_t(u64, block, rounddown_pow_of_two(part));

	if (!nid)
		return 0;
	if (nid == mm->cfg.nr_nodes)
		return U64_MAX;
	return round_down(address_at(&mm->memblock, nid * part) + align / 2,
			  align);
}

/* Text is a snapshot: what it says of reservations stays */
static int set_node(struct shadow_mm *mm, u64 start, u64 end, int nid)
{
	struct shadow_memblock *mb = &mm->memblock;
	int err = shadow_memblock_set_node(mb, start, end - start, &mb->memory,
					   nid);

	if (!err && (!mm->board || mm->board->kind != SHADOW_BOARD_TEXT))
		err = shadow_memblock_set_node(mb, start, end - start,
					       &mb->reserved, nid);
	return err;
}

/**
 * shadow_boot_split_nodes() - memory in equal parts, where nodes= asks for it
 * @mm: the machine; the board's own nodes are set
 * @effect: why not
 *
 * Borders are where blocks of the largest order begin.
 *
 * Context: boot, before zones.
 * Return: 0; -ERANGE where a part would be too small; -ENOMEM where a list is
 * full.
 */
int shadow_boot_split_nodes(struct shadow_mm *mm, char *effect)
{
	u64 start, end, bytes, least = min_node_bytes(mm->cfg.page_shift);
	unsigned int nid;
	int err;

	if (mm->cfg.nr_nodes == 1 ||
	    (mm->board && mm->fate.numa && shadow_board_nodes(mm->board)))
		return 0;
	err = check_node_size(mm->cfg.nr_nodes, mm->cfg.page_shift,
			      mm->memblock.memory.total_size, effect,
			      SHADOW_PHASE_TEXT);
	for (nid = 0; nid < mm->cfg.nr_nodes && !err; nid++) {
		start = border(mm, nid);
		end = border(mm, nid + 1);
		bytes = start < end ? bytes_between(&mm->memblock, start, end) : 0;
		if (bytes < least)
			return refuse(effect, SHADOW_PHASE_TEXT, -ERANGE,
				      SHADOW_PARAM_NODES,
				      "%u: between %#llx and %#llx node %u would have %lluK; allowed: fewer nodes, each of %lluK at least",
				      mm->cfg.nr_nodes, start, end, nid,
				      bytes >> 10, least >> 10);
		err = set_node(mm, start, end, nid);
	}
	return err;
}

/* Who has memory, and on a board who is spoken of when distances are said */
static u8 online_nodes(const struct shadow_mm *mm)
{
	const struct shadow_memblock_region *region;
	unsigned int from, to;
	u8 online = 0;

	shadow_for_each_mem_region(&mm->memblock, region)
		online |= BIT(shadow_numa_valid_node(region->nid) ? region->nid : 0);
	if (!mm->board || !mm->fate.numa || !mm->board->has_distance)
		return online;
	for (from = 0; from < mm->board->nr_nodes; from++)
		for (to = 0; to < mm->board->nr_nodes; to++)
			if (mm->board->distance[from][to])
				online |= BIT(from);
	return online;
}

static void set_distances(struct shadow_mm *mm)
{
	const u8 (*said)[SHADOW_MAX_NODES] = NULL;
	unsigned int from, to;

	if (shadow_config_given(&mm->cfg, SHADOW_PARAM_DISTANCE))
		said = mm->cfg.distance;
	else if (mm->board && mm->fate.numa && mm->board->has_distance)
		said = mm->board->distance;
	for (from = 0; said && from < mm->nodes.nr_nodes; from++)
		for (to = 0; to < mm->nodes.nr_nodes; to++)
			if (said[from][to])
				mm->nodes.distance[from][to] = said[from][to];
}

static void set_cores(struct shadow_mm *mm)
{
	const struct shadow_config *cfg = &mm->cfg;

	if (shadow_config_given(cfg, SHADOW_PARAM_KERNELCORE))
		mm->nodes.kernelcore = cfg->kernelcore;
	else if (mm->board)
		mm->nodes.kernelcore = mm->fate.kernelcore;
	if (shadow_config_given(cfg, SHADOW_PARAM_MOVABLECORE))
		mm->nodes.movablecore = cfg->movablecore;
	else if (mm->board)
		mm->nodes.movablecore = mm->fate.movablecore;
	/* find_zone_movable_pfns_for_nodes() asks in this order */
	if (!mm->board || !mm->fate.mirror || mm->memblock.movable_node)
		return;
	shadow_board_say(&mm->fate,
			 "The system has no mirror memory, ignore kernelcore=mirror.");
	memset(&mm->nodes.kernelcore, 0, sizeof(mm->nodes.kernelcore));
	memset(&mm->nodes.movablecore, 0, sizeof(mm->nodes.movablecore));
}

/**
 * shadow_boot_set_nodes() - what the layer of nodes has to know beforehand
 * @mm: the machine, its nodes initialised and its memory's nodes set
 *
 * Context: boot.
 */
void shadow_boot_set_nodes(struct shadow_mm *mm)
{
	struct shadow_nodes *nodes = &mm->nodes;

	nodes->nr_nodes = mm->boot.nr_nodes;
	nodes->state[SHADOW_N_ONLINE] = online_nodes(mm);
	memcpy(nodes->zone_limit, mm->boot.zone_limit, sizeof(nodes->zone_limit));
	set_distances(mm);
	set_cores(mm);
}

/**
 * shadow_boot_set_cpus() - which nodes have CPUs
 * @mm: the machine, its CPUs' lists made
 *
 * After zonelists, as on arm64: see shadow_build_zonelists(). Follows
 * init_cpu_node_state() of mm/vmstat.c.
 *
 * Context: boot.
 */
void shadow_boot_set_cpus(struct shadow_mm *mm)
{
	unsigned int cpu;

	for (cpu = 0; cpu < mm->nr_cpus; cpu++)
		mm->nodes.state[SHADOW_N_CPU] |=
			BIT(shadow_cpu_node(&mm->nodes, cpu));
}
