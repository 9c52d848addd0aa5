// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bench_leaves - the shadow's tables and those of io-pgtable-arm beside
 * each other, descriptor by descriptor, over random maps and unmaps. Built
 * where the kernel has that.
 *
 * Both are trees of their own. What is common to both formats is compared:
 * no LPA2, at most four levels, no contiguous hint, no folding, nG set. Only
 * holes are mapped, and only what is mapped is unmapped: the host warns
 * otherwise. Its leaves have another order of memory types; what AttrIndx
 * selects in the MAIR of each must be equal, and all other bits.
 *
 * Both trees are read here, from their roots, by plain numbers of the Arm ARM.
 */
#define pr_fmt(fmt) "shadow_bench: " fmt

#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#include "shadow_bench.h"
#include "shadow_bench_iopgt.h"

#define MAX_SHOWN	5
#define NR_TABLES	1100
#define ATTR_INDX	0x1cULL
#define TABLES_BASE	0x880000000ULL

/**
 * struct leaf_format - what both can be
 * @page_shift: log2 of the granule
 * @va_bits: of an address
 * @pa_bits: of what it is mapped to; 52 with 64K pages alone
 */
struct leaf_format {
	u8 page_shift;
	u8 va_bits;
	u8 pa_bits;
};

static const struct leaf_format formats[] = {
	{ 12, 36, 48 }, { 12, 39, 48 }, { 12, 42, 48 }, { 12, 47, 48 },
	{ 12, 48, 48 },
	{ 14, 36, 48 }, { 14, 39, 48 }, { 14, 42, 48 }, { 14, 47, 48 },
	{ 14, 48, 48 },
	{ 16, 36, 48 }, { 16, 39, 48 }, { 16, 42, 48 }, { 16, 47, 48 },
	{ 16, 48, 48 }, { 16, 48, 52 }, { 16, 52, 52 },
};

/* The same protection in the words of each */
static const struct {
	u64 shadow;
	int host;
} prots[] = {
	{ SHADOW_ATTR_AF | SHADOW_ATTR_NG | SHADOW_ATTR_SH_INNER |
	  SHADOW_ATTR_PXN | SHADOW_ATTR_UXN,
	  IOMMU_READ | IOMMU_WRITE | IOMMU_CACHE | IOMMU_PRIV | IOMMU_NOEXEC },
	{ SHADOW_ATTR_AF | SHADOW_ATTR_NG | SHADOW_ATTR_SH_INNER |
	  SHADOW_ATTR_PXN | SHADOW_ATTR_UXN | SHADOW_ATTR_RDONLY,
	  IOMMU_READ | IOMMU_CACHE | IOMMU_PRIV | IOMMU_NOEXEC },
	{ SHADOW_ATTR_AF | SHADOW_ATTR_NG | SHADOW_ATTR_SH_INNER |
	  SHADOW_ATTR_RDONLY,
	  IOMMU_READ | IOMMU_CACHE | IOMMU_PRIV },
	{ SHADOW_ATTR_AF | SHADOW_ATTR_NG | SHADOW_ATTR_SH_INNER |
	  SHADOW_ATTR_PXN | SHADOW_ATTR_UXN | SHADOW_ATTR_USER,
	  IOMMU_READ | IOMMU_WRITE | IOMMU_CACHE | IOMMU_NOEXEC },
	{ SHADOW_ATTR_AF | SHADOW_ATTR_NG | SHADOW_ATTR_SH_INNER |
	  SHADOW_ATTR_RDONLY | SHADOW_ATTR_USER,
	  IOMMU_READ | IOMMU_CACHE },
	{ SHADOW_ATTR_AF | SHADOW_ATTR_NG | SHADOW_ATTR_SH_OUTER |
	  SHADOW_ATTR_PXN | SHADOW_ATTR_UXN |
	  SHADOW_ATTR_INDEX(SHADOW_MT_NORMAL_NC),
	  IOMMU_READ | IOMMU_WRITE | IOMMU_PRIV | IOMMU_NOEXEC },
	{ SHADOW_ATTR_AF | SHADOW_ATTR_NG | SHADOW_ATTR_SH_OUTER |
	  SHADOW_ATTR_PXN | SHADOW_ATTR_UXN |
	  SHADOW_ATTR_INDEX(SHADOW_MT_DEVICE_NGNRE),
	  IOMMU_READ | IOMMU_WRITE | IOMMU_PRIV | IOMMU_MMIO | IOMMU_NOEXEC },
	/* Writable and executable, hence by force */
	{ SHADOW_ATTR_AF | SHADOW_ATTR_NG | SHADOW_ATTR_SH_INNER,
	  IOMMU_READ | IOMMU_WRITE | IOMMU_CACHE | IOMMU_PRIV },
};

/**
 * struct leaf_run - one format's trees and what came of them
 * @format: the format
 * @pgt: the shadow's tree
 * @block: where its tables are
 * @events: for it
 * @fault: for it
 * @host: the host's tree
 * @free: tables of @block that are not in use, by number
 * @nr_free: how many
 * @va: first address of the window
 * @nr_pages: its length
 * @mapped: whether a page of the window is mapped
 * @rnd: state of the random sequence
 * @nr_maps: maps so far
 * @nr_unmaps: unmaps so far
 * @nr_leaves: descriptors compared
 * @nr_compared: pages that these map
 * @nr_different: how many were not equal
 */
struct leaf_run {
	const struct leaf_format *format;
	struct shadow_pgtable pgt;
	struct shadow_block block;
	struct shadow_event_log events;
	struct shadow_fault fault;
	struct bench_iopgt host;
	u32 free[NR_TABLES];
	u32 nr_free;
	u64 va;
	u64 nr_pages;
	u8 *mapped;
	u64 rnd;
	u64 nr_maps;
	u64 nr_unmaps;
	u64 nr_leaves;
	u64 nr_compared;
	u64 nr_different;
};

static u64 below(struct leaf_run *run, u64 limit)
{
	return (bench_random(&run->rnd) >> 16) % limit;
}

static int take_table(void *ctx, phys_addr_t *pa)
{
	struct leaf_run *run = ctx;

	if (!run->nr_free)
		return -ENOMEM;
	*pa = run->block.base +
	      ((u64)run->free[--run->nr_free] << run->format->page_shift);
	return 0;
}

static void give_table(void *ctx, phys_addr_t pa)
{
	struct leaf_run *run = ctx;

	run->free[run->nr_free++] =
		(pa - run->block.base) >> run->format->page_shift;
}

static const struct shadow_pgtable_ops table_ops = {
	.alloc_table = take_table,
	.free_table = give_table,
};

/* ----------------------------------------------------------- the readers -- */

/**
 * struct leaf - where a walk ended
 * @desc: the descriptor
 * @shift: log2 of what it covers
 * @valid: it is a leaf
 */
struct leaf {
	u64 desc;
	unsigned int shift;
	bool valid;
};

static u64 table_address(const struct leaf_format *format, u64 desc)
{
	u64 pa = desc & 0x0000fffffffff000ULL;

	if (format->page_shift == 16)
		pa = (pa & ~0xf000ULL) | (pa & 0xf000ULL) << 36;
	return pa;
}

static const u64 *shadow_table(const struct leaf_run *run, u64 pa)
{
	return (u64 *)((char *)run->block.virt + (pa - run->block.base));
}

static const u64 *host_table(const struct leaf_run *run, u64 pa)
{
	return phys_to_virt(pa);
}

static __always_inline struct leaf
read_leaf(const struct leaf_run *run, u64 root, u64 va,
	  const u64 *(*table)(const struct leaf_run *run, u64 pa))
{
	unsigned int bits = run->format->page_shift - 3;
	unsigned int shift = run->format->page_shift;
	struct leaf leaf;

	while (shift + bits < run->format->va_bits)
		shift += bits;
	for (;; shift -= bits) {
		/* Bits above the root's are 0, so its index needs no mask */
		u64 index = shift + bits >= run->format->va_bits ? va >> shift :
			    va >> shift & ((1ULL << bits) - 1);

		leaf.desc = table(run, root)[index];
		leaf.shift = shift;
		leaf.valid = (leaf.desc & 3) ==
			     (shift == run->format->page_shift ? 3 : 1);
		if ((leaf.desc & 3) != 3 || shift == run->format->page_shift)
			return leaf;
		root = table_address(run->format, leaf.desc);
	}
}

/* The attribute byte that a leaf selects */
static u8 memory_type(u64 mair, u64 desc)
{
	return mair >> (8 * ((desc & ATTR_INDX) >> 2));
}

static bool leaves_differ(const struct leaf_run *run, const struct leaf *shadow,
			  const struct leaf *host)
{
	if (!shadow->valid || !host->valid)
		return shadow->valid || host->valid || shadow->desc || host->desc;
	return shadow->shift != host->shift ||
	       (shadow->desc ^ host->desc) & ~ATTR_INDX ||
	       memory_type(shadow_regs_mair(), shadow->desc) !=
	       memory_type(run->host.cfg.arm_lpae_s1_cfg.mair, host->desc);
}

static void say_difference(struct leaf_run *run, u64 va,
			   const struct leaf *shadow, const struct leaf *host)
{
	if (run->nr_different++ < MAX_SHOWN)
		pr_err("IOPGT va %012llx: shadow %016llx of 2^%u bytes, host %016llx of 2^%u bytes\n",
		       va, shadow->desc, shadow->shift, host->desc,
		       host->shift);
}

/* Every leaf of a range of pages; holes must be holes in both, and in the map */
static void compare(struct leaf_run *run, u64 from, u64 end)
{
	unsigned int page_shift = run->format->page_shift;

	end = min(end, run->nr_pages);
	while (from < end) {
		u64 va = run->va + (from << page_shift), nr;
		u64 ttbr = run->host.cfg.arm_lpae_s1_cfg.ttbr;
		struct leaf shadow = read_leaf(run, run->pgt.root, va,
					       shadow_table);
		struct leaf host = read_leaf(run, ttbr, va, host_table);

		if (shadow.valid != run->mapped[from] ||
		    leaves_differ(run, &shadow, &host))
			say_difference(run, va, &shadow, &host);
		nr = 1ULL << (min(shadow.shift, host.shift) - page_shift);
		nr -= from & (nr - 1);
		nr = min(nr, end - from);
		if (shadow.valid) {
			run->nr_leaves++;
			run->nr_compared += nr;
		}
		from += nr;
	}
}

/* ------------------------------------------------------------- the steps -- */

/* Leaves that iommu_map() would choose: the largest that fit */
static unsigned int leaf_shift(const struct leaf_run *run, u64 va, u64 pa,
			       u64 bytes)
{
	unsigned long sizes = run->host.cfg.pgsize_bitmap;
	unsigned int shift;

	for (shift = __fls(sizes); shift > run->format->page_shift; shift--)
		if (sizes & BIT(shift) && bytes >> shift &&
		    !((va | pa) & (BIT(shift) - 1)))
			break;
	return shift;
}

static int map_both(struct leaf_run *run, u64 from, u64 nr, u64 pa,
		    unsigned int prot)
{
	u64 va = run->va + (from << run->format->page_shift);
	u64 bytes = nr << run->format->page_shift;
	unsigned int flags = SHADOW_MAP_NO_CONT | SHADOW_MAP_NO_FOLD |
			     SHADOW_MAP_FORCE;
	int err = shadow_pgtable_map(&run->pgt, va, pa, bytes,
				     prots[prot].shadow, flags);

	while (!err && bytes) {
		unsigned int shift = leaf_shift(run, va, pa, bytes);

		err = bench_iopgt_map(&run->host, va, pa, BIT(shift), 1,
				      prots[prot].host);
		va += BIT(shift);
		pa += BIT(shift);
		bytes -= BIT(shift);
	}
	if (!err)
		memset(run->mapped + from, 1, nr);
	return err;
}

static int unmap_both(struct leaf_run *run, u64 from, u64 nr)
{
	u64 va = run->va + (from << run->format->page_shift);
	u64 bytes = nr << run->format->page_shift;
	int err = shadow_pgtable_unmap(&run->pgt, va, bytes);

	while (!err && bytes) {
		unsigned int shift = leaf_shift(run, va, 0, bytes);

		err = bench_iopgt_unmap(&run->host, va, BIT(shift), 1);
		va += BIT(shift);
		bytes -= BIT(shift);
	}
	if (!err)
		memset(run->mapped + from, 0, nr);
	return err;
}

/*
 * A range: mostly a few pages near the middle, where tables of all levels meet;
 * or whole blocks; or up to all of the window. It is cut where what the first
 * page is, mapped or a hole, ends.
 */
static void choose_range(struct leaf_run *run, u64 *from, u64 *nr)
{
	u64 block = 1ULL << (run->format->page_shift - 3);
	u64 near = 8 * block, i;

	switch (below(run, 8)) {
	case 0:
		*from = below(run, run->nr_pages / block) * block;
		*nr = block * (1 + below(run, run->nr_pages / block));
		break;
	case 1:
	case 2:
		*from = run->nr_pages / 2 - near / 2 + below(run, 8) * block;
		*nr = block * (1 + below(run, 3));
		break;
	default:
		*from = run->nr_pages / 2 - near / 2 + below(run, near);
		*nr = 1 + below(run, below(run, 4) ? 64 : 2 * block);
	}
	*nr = min(*nr, run->nr_pages - *from);
	for (i = 1; i < *nr; i++)
		if (run->mapped[*from + i] != run->mapped[*from])
			*nr = i;
}

/* An address of the right size; half of them so that blocks are possible */
static u64 choose_pa(struct leaf_run *run, u64 from, u64 nr)
{
	unsigned int shift = run->format->page_shift;
	u64 limit = 1ULL << (run->format->pa_bits - shift), pfn;
	u64 block = 1ULL << (shift - 3), giant = block * block;
	u64 va_pfn = (run->va >> shift) + from;

	pfn = below(run, limit - nr);
	if (below(run, 2))
		pfn = (pfn & ~(block - 1)) | (va_pfn & (block - 1));
	if (below(run, 2))
		pfn = (pfn & ~(giant - 1)) | (va_pfn & (giant - 1));
	return min(pfn, limit - nr) << shift;
}

static int step(struct leaf_run *run)
{
	u64 from, nr;
	int err;

	choose_range(run, &from, &nr);
	if (run->mapped[from]) {
		err = unmap_both(run, from, nr);
		run->nr_unmaps++;
	} else {
		u64 pa = choose_pa(run, from, nr);

		err = map_both(run, from, nr, pa, below(run, ARRAY_SIZE(prots)));
		run->nr_maps++;
	}
	if (err) {
		pr_err("IOPGT change %llu: pages %llu + %llu: %d\n",
		       run->nr_maps + run->nr_unmaps, from, nr, err);
		return err;
	}
	/* With what was left of leaves that were split */
	compare(run, from > 8 ? from - 8 : 0, from + nr + 8);
	return 0;
}

static int check_all(struct leaf_run *run)
{
	struct shadow_fault fault = {};
	int err = shadow_pgtable_verify(&run->pgt, &fault);

	if (err)
		pr_err("IOPGT verify: %s\n", fault.text);
	compare(run, 0, run->nr_pages);
	return err;
}

static int steps(struct leaf_run *run)
{
	ulong i;
	int err;

	for (i = 1; i <= bench_steps; i++) {
		err = step(run);
		if (!err && (i % 1000 == 0 || i == bench_steps))
			err = check_all(run);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

/* ---------------------------------------------------------- one format --- */

static unsigned long page_sizes(const struct leaf_format *format)
{
	switch (format->page_shift) {
	case 12:
		return SZ_4K | SZ_2M | SZ_1G;
	case 14:
		return SZ_16K | SZ_32M;
	}
	/* Both have blocks of 4 TiB with 52 bits; the window is smaller */
	return SZ_64K | SZ_512M;
}

static int build(struct leaf_run *run)
{
	const struct leaf_format *format = run->format;
	struct shadow_geometry geo;
	u32 i;
	int err = shadow_geometry_init(&geo, format->page_shift,
				       format->va_bits, format->pa_bits, false);

	if (err)
		return err;
	for (i = 0; i < run->block.bytes >> format->page_shift; i++)
		run->free[run->nr_free++] = i;
	/* Its middle is a boundary of all levels; 4K: two blocks of level 1 */
	run->nr_pages = format->page_shift == 12 ? 2ULL << 18 :
			8ULL << (format->page_shift - 3);
	run->va = (1ULL << (format->va_bits - 1)) -
		  (run->nr_pages / 2 << format->page_shift);
	run->mapped = vzalloc(run->nr_pages);
	if (!run->mapped)
		return -ENOMEM;
	err = bench_iopgt_init(&run->host, page_sizes(format), format->va_bits,
			       format->pa_bits);
	if (err)
		return err;
	return shadow_pgtable_init(&run->pgt, &geo, false, &run->block,
				   &run->events, &run->fault, &table_ops, run);
}

static void tear_down(struct leaf_run *run)
{
	shadow_pgtable_fini(&run->pgt);
	if (run->host.ops)
		bench_iopgt_fini(&run->host);
	vfree(run->mapped);
	vfree(run->block.virt);
}

static int run_format(const struct leaf_format *format, u64 seed,
		      struct leaf_run *run)
{
	int err;

	memset(run, 0, sizeof(*run));
	run->format = format;
	run->rnd = seed;
	/* The window of 4K has most tables; larger ones need few */
	run->block.base = TABLES_BASE;
	run->block.bytes = (format->page_shift == 12 ? NR_TABLES : 32ULL) <<
			   format->page_shift;
	run->block.virt = vmalloc(run->block.bytes);
	if (!run->block.virt)
		return -ENOMEM;
	err = build(run);
	if (!err)
		err = steps(run);
	pr_info("IOPGT granule=%uK va_bits=%u pa_bits=%u seed=%llu maps=%llu unmaps=%llu leaves=%llu pages=%llu: %llu different\n",
		1U << (format->page_shift - 10), format->va_bits,
		format->pa_bits, seed, run->nr_maps, run->nr_unmaps,
		run->nr_leaves, run->nr_compared, run->nr_different);
	tear_down(run);
	return err;
}

/**
 * bench_compare_leaves() - the same descriptors as io-pgtable-arm?
 * @mm: not looked at: both trees are made for this
 *
 * Return: 0 if all leaves were equal; -EUCLEAN if not; or -errno.
 */
int bench_compare_leaves(struct shadow_mm *mm)
{
	struct leaf_run *run = vmalloc(sizeof(*run));
	u64 leaves = 0, different = 0, nr = 0;
	unsigned int i;
	int err = 0;

	if (!run)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(formats) && !err; i++) {
		err = run_format(&formats[i], bench_seed + i, run);
		leaves += run->nr_leaves;
		different += run->nr_different;
		nr += run->nr_maps + run->nr_unmaps;
	}
	vfree(run);
	pr_info("IOPGT formats=%u seed=%lu steps=%llu leaves=%llu: %llu different\n",
		i, bench_seed, nr, leaves, different);
	return err ? err : different ? -EUCLEAN : 0;
}
