// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_early - the seam between a boot and its early allocator, and memblock
 * as the policy behind it. See shadow_early.h.
 */
#include "shadow_early.h"
#include "shadow_latency.h"
#include "shadow_ring.h"

/**
 * shadow_early_order() - the largest block that starts a free range
 * @pfn: first frame that is left
 * @end_pfn: end of the range, above @pfn
 * @max_order: largest order that the machine has
 *
 * Follows __free_pages_memory() of mm/memblock.c.
 *
 * Context: any.
 * Return: the order.
 */
unsigned int shadow_early_order(u64 pfn, u64 end_pfn, unsigned int max_order)
{
	unsigned int order = pfn ? min_t(unsigned int, __ffs(pfn), max_order) :
				   max_order;

	return min_t(unsigned int, order, fls64(end_pfn - pfn) - 1);
}

/* ------------------------------------------------- memblock as a policy -- */

static int memblock_take_over(struct shadow_early *early)
{
	shadow_memblock_allow_resize(early->mb);
	return 0;
}

static phys_addr_t memblock_alloc(struct shadow_early *early,
				  const struct shadow_early_want *want)
{
	return shadow_memblock_alloc_range_nid(early->mb, want->bytes,
					       want->align, want->min,
					       want->max ? : SHADOW_MEMBLOCK_ALLOC_ACCESSIBLE,
					       want->nid, false);
}

/* Its lists are memblock's own, and have been changed already */
static int memblock_changed(struct shadow_early *early, phys_addr_t base,
			    u64 bytes)
{
	return 0;
}

/* Follows free_low_memory_core_early() of mm/memblock.c. */
static u64 memblock_next_free(const struct shadow_early *early, u64 *idx,
			      u64 *start_pfn, u64 *end_pfn)
{
	unsigned int shift = early->mb->page_shift;
	u64 mask = (1ULL << shift) - 1;
	phys_addr_t start, end;

	/* Between reservations of two nodes, side by side, is an empty range */
	do {
		shadow_memblock_next_range(early->mb, idx, SHADOW_NUMA_NO_NODE,
					   SHADOW_MEMBLOCK_NONE,
					   &early->mb->memory,
					   &early->mb->reserved, &start, &end,
					   NULL);
		if (*idx == U64_MAX)
			return 0;
	} while (start == end);
	*start_pfn = (start + mask) >> shift;
	*end_pfn = end >> shift;
	return end - start;
}

static unsigned int memblock_order(const struct shadow_early *early, u64 pfn,
				   u64 end_pfn, unsigned int max_order)
{
	return shadow_early_order(pfn, end_pfn, max_order);
}

/* Its arrays stay reserved, as they do on arm64 (ARCH_KEEP_MEMBLOCK) */
static bool memblock_own_frames(const struct shadow_early *early, u64 *idx,
				u64 *start_pfn, u64 *end_pfn)
{
	return false;
}

static int memblock_close(struct shadow_early *early)
{
	return 0;
}

/* What it knows stays to be read */
static void memblock_retire(struct shadow_early *early)
{
}

static int memblock_verify(const struct shadow_early *early,
			   struct shadow_fault *fault)
{
	return shadow_memblock_verify(early->mb, fault);
}

const struct shadow_early_ops shadow_early_memblock = {
	.name = "memblock",
	.take_over = memblock_take_over,
	.alloc = memblock_alloc,
	.add = memblock_changed,
	.remove = memblock_changed,
	.reserve = memblock_changed,
	.free = memblock_changed,
	.next_free = memblock_next_free,
	.order = memblock_order,
	.own_frames = memblock_own_frames,
	.close = memblock_close,
	.retire = memblock_retire,
	.verify = memblock_verify,
};

/* -------------------------------------------------------------- the seam -- */

/**
 * shadow_early_init() - nobody allocates yet
 * @early: filled
 * @ops: the policy
 * @mb: the machine's memblock, initialised
 * @bootmem: room for the older allocator's records, where it is the policy
 *
 * Context: boot.
 */
void shadow_early_init(struct shadow_early *early,
		       const struct shadow_early_ops *ops,
		       struct shadow_memblock *mb,
		       struct shadow_bootmem *bootmem)
{
	memset(early, 0, sizeof(*early));
	early->ops = ops;
	early->mb = mb;
	early->bootmem = bootmem;
	early->log = &mb->log;
	early->block = mb->block;
}

/**
 * shadow_early_take_over() - memblock knows the memory: let the policy allocate
 * @early: the early allocator
 *
 * Context: boot.
 * Return: 0, or -ENOMEM where its records find no room.
 */
int shadow_early_take_over(struct shadow_early *early)
{
	int err = early->ops->take_over(early);

	early->taken_over = !err;
	return err;
}

static phys_addr_t alloc_range(struct shadow_early *early, const char *owner,
			       const struct shadow_early_want *want)
{
	struct shadow_latency_mark mark;
	const char *before;
	phys_addr_t pa;

	if (!early->taken_over ||
	    shadow_should_fail(early->fail, SHADOW_FAIL_MEMBLOCK, want->bytes))
		return 0;
	before = shadow_memblock_set_owner(early->mb, owner);
	shadow_latency_begin(&mark, early->mb->events, SHADOW_LATENCY_EARLY_ALLOC);
	pa = early->ops->alloc(early, want);
	shadow_latency_end(&mark, !pa);
	shadow_memblock_set_owner(early->mb, before);
	return pa;
}

/**
 * shadow_early_alloc() - addresses; whether they have contents is not asked
 * @early: the early allocator
 * @owner: a name that lives as long as the machine
 * @want: what
 *
 * Context: boot.
 * Return: physical address, 0 where there is none or nobody allocates yet.
 */
phys_addr_t shadow_early_alloc(struct shadow_early *early, const char *owner,
			       const struct shadow_early_want *want)
{
	struct shadow_op op;
	phys_addr_t pa;

	shadow_op_begin(&op, early->mb->events);
	pa = alloc_range(early, owner, want);
	shadow_op_end_more(&op, SHADOW_OP_EARLY_ALLOC, pa ? 0 : -ENOMEM, owner,
			   strlen(owner),
			   want->bytes | (u64)(want->nid + 1) << 56,
			   want->align, want->min, want->max, pa);
	return pa;
}

/**
 * shadow_early_alloc_backed_nid() - memory that the machine itself keeps things in
 * @early: the early allocator
 * @owner: a name that lives as long as the machine
 * @bytes: how much, not 0
 * @align: alignment in bytes, a power of two, a page at least; the contents have
 *	it too
 * @nid: node whose memory is wanted first, or SHADOW_NUMA_NO_NODE
 *
 * On a virtual board the frames get contents, or the memory lies aside from the
 * board's.
 *
 * Context: boot.
 * Return: physical address, 0 where there is none.
 */
phys_addr_t shadow_early_alloc_backed_nid(struct shadow_early *early,
					  const char *owner, u64 bytes,
					  u64 align, int nid)
{
	u64 page = 1ULL << early->mb->page_shift;
	struct shadow_early_want want = {
		.bytes = ALIGN(bytes, page), .align = align, .nid = nid,
	};
	phys_addr_t pa;

	if (shadow_block_aside(early->block)) {
		if (shadow_should_fail(early->fail, SHADOW_FAIL_MEMBLOCK, want.bytes))
			return 0;
		return shadow_block_aside_alloc(early->block, want.bytes, align);
	}
	pa = shadow_early_alloc(early, owner, &want);
	if (!pa)
		return 0;
	/* Lists that lie in the block may be corrupt, and say anything */
	if (shadow_block_back_aligned(early->block, pa, want.bytes, align) ||
	    !shadow_block_has(early->block, pa, want.bytes)) {
		shadow_early_free(early, pa, want.bytes);
		return 0;
	}
	return pa;
}

/**
 * shadow_early_alloc_backed() - the same, of whichever node
 * @early: the early allocator
 * @owner: a name that lives as long as the machine
 * @bytes: how much, not 0
 * @align: alignment in bytes, a power of two, a page at least
 *
 * Context: boot.
 * Return: physical address, 0 where there is none.
 */
phys_addr_t shadow_early_alloc_backed(struct shadow_early *early,
				      const char *owner, u64 bytes, u64 align)
{
	return shadow_early_alloc_backed_nid(early, owner, bytes, align,
					     SHADOW_NUMA_NO_NODE);
}

/**
 * shadow_early_free_backed() - undo shadow_early_alloc_backed()
 * @early: the early allocator
 * @pa: what that returned
 * @bytes: as there
 *
 * Context: boot, before the handover.
 */
void shadow_early_free_backed(struct shadow_early *early, phys_addr_t pa,
			      u64 bytes)
{
	u64 page = 1ULL << early->mb->page_shift;

	bytes = ALIGN(bytes, page);
	if (shadow_block_aside(early->block)) {
		shadow_block_aside_free(early->block, pa, bytes);
		return;
	}
	shadow_block_unback(early->block, pa, bytes);
	shadow_early_free(early, pa, bytes);
}

static int add_memory(struct shadow_early *early, phys_addr_t base, u64 bytes)
{
	int err = 0;

	if (early->taken_over)
		err = early->ops->add(early, base, bytes);
	if (!err)
		err = shadow_memblock_add(early->mb, base, bytes);
	if (!err && early->memmap_made)
		early->nr_late += bytes;
	return err;
}

/**
 * shadow_early_add() - there is more memory than was known
 * @early: the early allocator
 * @base: physical address of the first byte
 * @bytes: how much
 *
 * Context: boot.
 * Return: 0, an errno of shadow_memblock_add(), or -ERANGE where the policy's
 * records cannot grow that far; then nothing has changed.
 */
int shadow_early_add(struct shadow_early *early, phys_addr_t base, u64 bytes)
{
	struct shadow_op op;
	int err;

	shadow_op_begin(&op, early->mb->events);
	err = add_memory(early, base, bytes);
	shadow_op_end(&op, SHADOW_OP_EARLY_ADD, err, base, bytes);
	return err;
}

static int remove_memory(struct shadow_early *early, phys_addr_t base, u64 bytes)
{
	int err = 0;

	if (early->taken_over)
		err = early->ops->remove(early, base, bytes);
	return err ? err : shadow_memblock_remove(early->mb, base, bytes);
}

/**
 * shadow_early_remove() - there is less memory than was known
 * @early: the early allocator
 * @base: physical address of the first byte
 * @bytes: how much
 *
 * Context: boot.
 * Return: 0, or an errno of the policy, which refuses first and whole: -ERANGE
 * where its records do not reach; or of shadow_memblock_remove().
 */
int shadow_early_remove(struct shadow_early *early, phys_addr_t base, u64 bytes)
{
	struct shadow_op op;
	int err;

	shadow_op_begin(&op, early->mb->events);
	err = remove_memory(early, base, bytes);
	shadow_op_end(&op, SHADOW_OP_EARLY_REMOVE, err, base, bytes);
	return err;
}

static int reserve_range(struct shadow_early *early, const char *owner,
			 phys_addr_t base, u64 bytes)
{
	const char *before = shadow_memblock_set_owner(early->mb, owner);
	int err = 0;

	if (early->taken_over)
		err = early->ops->reserve(early, base, bytes);
	if (!err)
		err = shadow_memblock_reserve(early->mb, base, bytes);
	shadow_memblock_set_owner(early->mb, before);
	return err;
}

/**
 * shadow_early_reserve() - keep a range from being allocated
 * @early: the early allocator
 * @owner: a name that lives as long as the machine
 * @base: physical address of the first byte
 * @bytes: how much
 *
 * Context: boot.
 * Return: 0, or an errno of the policy, as shadow_early_remove(); or of
 * shadow_memblock_reserve().
 */
int shadow_early_reserve(struct shadow_early *early, const char *owner,
			 phys_addr_t base, u64 bytes)
{
	struct shadow_op op;
	int err;

	shadow_op_begin(&op, early->mb->events);
	err = reserve_range(early, owner, base, bytes);
	shadow_op_end_more(&op, SHADOW_OP_EARLY_RESERVE, err, owner,
			   strlen(owner), base, bytes);
	return err;
}

static int free_range(struct shadow_early *early, phys_addr_t base, u64 bytes)
{
	int err = 0;

	if (early->taken_over)
		err = early->ops->free(early, base, bytes);
	return err ? err : shadow_memblock_phys_free(early->mb, base, bytes);
}

/**
 * shadow_early_free() - give back what was reserved or allocated
 * @early: the early allocator
 * @base: physical address of the first byte
 * @bytes: how much
 *
 * Context: boot.
 * Return: 0, or an errno of the policy: -ERANGE, or -EINVAL where a frame is
 * free already; or of shadow_memblock_phys_free().
 */
int shadow_early_free(struct shadow_early *early, phys_addr_t base, u64 bytes)
{
	struct shadow_op op;
	int err;

	shadow_op_begin(&op, early->mb->events);
	err = free_range(early, base, bytes);
	shadow_op_end(&op, SHADOW_OP_EARLY_FREE, err, base, bytes);
	return err;
}

/**
 * shadow_early_close() - the handover begins: nobody allocates early any more
 * @early: the early allocator
 *
 * Context: boot.
 * Return: 0, or -EINVAL where somebody has given away the policy's own records.
 */
int shadow_early_close(struct shadow_early *early)
{
	early->taken_over = false;
	return early->ops->close(early);
}

/**
 * shadow_early_retire() - the buddy has what was free, records included
 * @early: the early allocator, closed
 *
 * Context: boot.
 */
void shadow_early_retire(struct shadow_early *early)
{
	early->ops->retire(early);
}
