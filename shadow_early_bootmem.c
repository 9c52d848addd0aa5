// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_early_bootmem - bootmem as the policy behind shadow_early: memblock
 * knows the memory and what the board reserved, then a bitmap for each node
 * takes over. Follows arm_bootmem_init() of arch/arm/mm/init.c up to Linux 4.x.
 */
#include "shadow_bootmem.h"
#include "shadow_early.h"

/* Where a walk over runs stands, in one number: 0 begins */
#define WALK_SHIFT	48

static struct shadow_bootmem_walk unpack(u64 idx)
{
	struct shadow_bootmem_walk walk = {
		.at = idx >> WALK_SHIFT,
		.pfn = idx & ((1ULL << WALK_SHIFT) - 1),
	};

	return walk;
}

static u64 pack(const struct shadow_bootmem_walk *walk)
{
	return (u64)walk->at << WALK_SHIFT | walk->pfn;
}

static int node_of(const struct shadow_memblock_region *region)
{
	return shadow_numa_valid_node(region->nid) ? region->nid : 0;
}

/*
 * First and last frame of a node's memory in the linear map: what is above has
 * never been bootmem's. False where it has none.
 */
static bool node_span(const struct shadow_memblock *mb, int nid, u64 *start_pfn,
		      u64 *end_pfn)
{
	const struct shadow_memblock_region *region = mb->memory.regions;
	const struct shadow_memblock_region *end = region + mb->memory.cnt;
	unsigned int shift = mb->page_shift;
	u64 mask = (1ULL << shift) - 1, high;

	*start_pfn = U64_MAX;
	*end_pfn = 0;
	for (; region < end; region++) {
		if (node_of(region) != nid)
			continue;
		high = min(region->base + region->size, mb->current_limit);
		if (region->base >= high)
			continue;
		*start_pfn = min(*start_pfn, (region->base + mask) >> shift);
		*end_pfn = max(*end_pfn, high >> shift);
	}
	return *start_pfn < *end_pfn;
}

/* The bitmap lies in the memory that it describes, or aside */
static phys_addr_t alloc_map(struct shadow_early *early, u64 bytes)
{
	u64 page = 1ULL << early->mb->page_shift;
	const char *before;
	phys_addr_t pa;

	bytes = ALIGN(bytes, page);
	if (shadow_block_aside(early->block))
		return shadow_block_aside_alloc(early->block, bytes, page);
	before = shadow_memblock_set_owner(early->mb, "bootmem");
	pa = shadow_memblock_phys_alloc_range(early->mb, bytes, page, 0,
					      SHADOW_MEMBLOCK_ALLOC_ACCESSIBLE);
	shadow_memblock_set_owner(early->mb, before);
	/* The lists may lie in the block and be corrupt */
	if (pa && (shadow_block_back(early->block, pa, bytes) ||
		   !shadow_block_has(early->block, pa, bytes))) {
		shadow_memblock_phys_free(early->mb, pa, bytes);
		pa = 0;
	}
	return pa;
}

static int init_nodes(struct shadow_early *early)
{
	u64 start_pfn, end_pfn;
	phys_addr_t pa;
	int nid, err;

	for (nid = 0; nid < SHADOW_MAX_NUMNODES; nid++) {
		if (!node_span(early->mb, nid, &start_pfn, &end_pfn))
			continue;
		pa = alloc_map(early, shadow_bootmem_map_bytes(end_pfn - start_pfn));
		if (!pa)
			return -ENOMEM;
		err = shadow_bootmem_init_node(early->bootmem, nid,
					       shadow_phys_to_virt(early->block, pa),
					       pa,
					       shadow_block_is_aside(early->block, pa),
					       start_pfn, end_pfn);
		if (err)
			return err;
	}
	return 0;
}

/*
 * What is not mapped is nobody's to have. Spans of nodes may overlap, where
 * their banks alternate: only memblock knows whose each is.
 */
static int free_memory(struct shadow_early *early, phys_addr_t base, u64 bytes)
{
	const struct shadow_memblock_type *memory = &early->mb->memory;
	const struct shadow_memblock_region *region = memory->regions;
	phys_addr_t start, end;
	int err = 0;

	for (; region < memory->regions + memory->cnt && !err; region++) {
		start = max(base, region->base);
		end = min(base + bytes, region->base + region->size);
		end = min(end, early->mb->current_limit);
		if (start < end && !(region->flags & SHADOW_MEMBLOCK_NOMAP))
			err = shadow_bootmem_free_node(early->bootmem,
						       node_of(region), start,
						       end - start);
	}
	return err;
}

/* First who took it, as far as memblock remembers; then all, again */
static int tell_reserved(struct shadow_early *early)
{
	const struct shadow_early_log *log = &early->mb->log;
	const struct shadow_early_range *range = log->range;
	struct shadow_bootmem *bm = early->bootmem;
	phys_addr_t start, end;
	int err = 0;
	u64 i;

	for (; range < log->range + log->nr && !err; range++) {
		shadow_bootmem_set_owner(bm, range->owner);
		bm->log.as = &range->birth;
		err = shadow_bootmem_reserve(bm, range->base, range->bytes,
					     SHADOW_BOOTMEM_ANYWHERE);
	}
	shadow_bootmem_set_owner(bm, NULL);
	bm->log.as = NULL;
	shadow_for_each_reserved_mem_range(early->mb, i, &start, &end)
		if (!err)
			err = shadow_bootmem_reserve(bm, start, end - start,
						     SHADOW_BOOTMEM_ANYWHERE);
	return err;
}

static int bootmem_take_over(struct shadow_early *early)
{
	int err;

	shadow_bootmem_init(early->bootmem, NULL, early->mb->page_shift,
			    early->mb->events);
	early->bootmem->log.sites = early->mb->log.sites;
	err = init_nodes(early);
	if (!err)
		err = free_memory(early, 0, U64_MAX);
	if (!err)
		err = tell_reserved(early);
	early->log = &early->bootmem->log;
	return err;
}

static phys_addr_t bootmem_alloc(struct shadow_early *early,
				 const struct shadow_early_want *want)
{
	u64 align = want->align ? : SHADOW_SMP_CACHE_BYTES;
	struct shadow_bootmem *bm = early->bootmem;
	phys_addr_t pa = 0;
	int err;

	shadow_bootmem_set_owner(bm, early->mb->log.owner);
	err = shadow_bootmem_alloc(bm, want->bytes, align, want->min, want->max,
				   want->nid, &pa);
	/* As memblock: a node is a wish, also one that is not there */
	if (err && want->nid != SHADOW_NUMA_NO_NODE)
		err = shadow_bootmem_alloc(bm, want->bytes, align, want->min,
					   want->max, SHADOW_NUMA_NO_NODE, &pa);
	return err ? 0 : pa;
}

static int bootmem_remove(struct shadow_early *early, phys_addr_t base,
			  u64 bytes)
{
	return shadow_bootmem_reserve(early->bootmem, base, bytes,
				      SHADOW_BOOTMEM_ANYWHERE);
}

static int bootmem_reserve(struct shadow_early *early, phys_addr_t base,
			   u64 bytes)
{
	shadow_bootmem_set_owner(early->bootmem, early->mb->log.owner);
	return shadow_bootmem_reserve(early->bootmem, base, bytes,
				      SHADOW_BOOTMEM_ANYWHERE);
}

static int bootmem_add(struct shadow_early *early, phys_addr_t base, u64 bytes)
{
	return shadow_bootmem_free(early->bootmem, base, bytes);
}

static u64 bootmem_next_free(const struct shadow_early *early, u64 *idx,
			     u64 *start_pfn, u64 *end_pfn)
{
	struct shadow_bootmem_walk walk = unpack(*idx);
	struct shadow_bootmem_run run;

	do {
		if (!shadow_bootmem_next_run(early->bootmem, &walk, &run))
			return 0;
	} while (run.map);
	*idx = pack(&walk);
	*start_pfn = run.pfn;
	*end_pfn = run.pfn + run.nr;
	return run.nr << early->mb->page_shift;
}

static bool bootmem_own_frames(const struct shadow_early *early, u64 *idx,
			       u64 *start_pfn, u64 *end_pfn)
{
	struct shadow_bootmem_walk walk = unpack(*idx);
	struct shadow_bootmem_run run;

	do {
		if (!shadow_bootmem_next_run(early->bootmem, &walk, &run))
			return false;
	} while (!run.map);
	*idx = pack(&walk);
	*start_pfn = run.pfn;
	*end_pfn = run.pfn + run.nr;
	return true;
}

static unsigned int bootmem_order(const struct shadow_early *early, u64 pfn,
				  u64 end_pfn, unsigned int max_order)
{
	struct shadow_bootmem_run run = { .pfn = pfn, .nr = end_pfn - pfn };

	return shadow_bootmem_order(&run, pfn, max_order);
}

static int bootmem_close(struct shadow_early *early)
{
	return shadow_bootmem_close(early->bootmem);
}

/* Maps that lay aside go back to the block; the others are the buddy's now */
static void bootmem_retire(struct shadow_early *early)
{
	struct shadow_bootmem *bm = early->bootmem;
	u64 page = 1ULL << early->mb->page_shift, bytes;
	struct shadow_bootmem_node *node;
	unsigned int i;

	shadow_bootmem_retire(bm);
	for (i = 0; i < bm->nr_nodes; i++) {
		node = bm->bdata_list[i];
		bytes = ALIGN(shadow_bootmem_map_bytes(node->node_low_pfn -
						       node->node_min_pfn), page);
		if (node->map_aside)
			shadow_block_aside_free(early->block, node->map_pa, bytes);
		else
			shadow_block_unback(early->block, node->map_pa, bytes);
	}
}

static int bootmem_verify(const struct shadow_early *early,
			  struct shadow_fault *fault)
{
	return shadow_bootmem_verify(early->bootmem, fault);
}

const struct shadow_early_ops shadow_early_bootmem = {
	.name = "bootmem",
	.take_over = bootmem_take_over,
	.alloc = bootmem_alloc,
	.add = bootmem_add,
	.remove = bootmem_remove,
	.reserve = bootmem_reserve,
	.free = free_memory,
	.next_free = bootmem_next_free,
	.order = bootmem_order,
	.own_frames = bootmem_own_frames,
	.close = bootmem_close,
	.retire = bootmem_retire,
	.verify = bootmem_verify,
};
