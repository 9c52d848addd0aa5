// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bench_tables - what a change of translation tables costs, beside
 * io-pgtable-arm, which builds tables of the same format for IOMMUs.
 *
 * The shadow's tables are the machine's own, as boot has left them: with their
 * lock, their log of invalidations, contiguous hints and folding; the rows
 * with _plain in their names are told to leave out the last two, which the
 * host's tables do not have. The host's have no lock and no log.
 */
#include "shadow_bench.h"

#ifdef SHADOW_BENCH_IOPGT
#include "shadow_bench_iopgt.h"
#endif

#define WARM_UP		16
#define NR_WALKS	256

/**
 * struct table_bench - what the rows of tables are measured on
 * @pgt: the shadow's tables
 * @flags: SHADOW_MAP_*
 * @prot: of the shadow's leaves
 * @host: the host's tables
 * @va: in the shadow, a hole of 2 GiB, aligned to 1 GiB
 */
struct table_bench {
	struct shadow_pgtable *pgt;
	unsigned int flags;
	u64 prot;
	void *host;
	u64 va;
};

/**
 * struct table_side - one of the two that are compared
 * @map: at an offset into the hole, leaves of one size
 * @unmap: and away
 * @walk: 0 or -errno
 */
struct table_side {
	int (*map)(const struct table_bench *bench, u64 offset, phys_addr_t pa,
		   u64 leaf_bytes, u64 nr);
	int (*unmap)(const struct table_bench *bench, u64 offset,
		     u64 leaf_bytes, u64 nr);
	int (*walk)(const struct table_bench *bench, u64 offset);
};

/**
 * struct table_row - one loop
 * @name: of the row
 * @offset: into the hole
 * @pa: what is mapped
 * @leaf_bytes: by leaves of this size
 * @nr: so many
 * @warm: offset of a page that stays, so that its table does
 * @rounds: how often
 */
struct table_row {
	const char *name;
	u64 offset;
	u64 pa;
	u64 leaf_bytes;
	u64 nr;
	u64 warm;
	unsigned int rounds;
};

static int shadow_map(const struct table_bench *bench, u64 offset,
		      phys_addr_t pa, u64 leaf_bytes, u64 nr)
{
	return shadow_pgtable_map(bench->pgt, bench->va + offset, pa,
				  leaf_bytes * nr, bench->prot, bench->flags);
}

static int shadow_unmap(const struct table_bench *bench, u64 offset,
			u64 leaf_bytes, u64 nr)
{
	return shadow_pgtable_unmap(bench->pgt, bench->va + offset,
				    leaf_bytes * nr);
}

static int shadow_walk_to(const struct table_bench *bench, u64 offset)
{
	static phys_addr_t pa;

	return shadow_pgtable_lookup(bench->pgt, bench->va + offset, &pa, NULL);
}

static const struct table_side shadow_tables = {
	.map = shadow_map,
	.unmap = shadow_unmap,
	.walk = shadow_walk_to,
};

#ifdef SHADOW_BENCH_IOPGT
#define HOST_PROT	(IOMMU_READ | IOMMU_WRITE | IOMMU_CACHE | IOMMU_PRIV | \
			 IOMMU_NOEXEC)

static int host_map(const struct table_bench *bench, u64 offset, phys_addr_t pa,
		    u64 leaf_bytes, u64 nr)
{
	return bench_iopgt_map(bench->host, offset, pa, leaf_bytes, nr,
			       HOST_PROT);
}

static int host_unmap(const struct table_bench *bench, u64 offset,
		      u64 leaf_bytes, u64 nr)
{
	return bench_iopgt_unmap(bench->host, offset, leaf_bytes, nr);
}

static int host_walk_to(const struct table_bench *bench, u64 offset)
{
	struct bench_iopgt *host = bench->host;

	return host->ops->iova_to_phys(host->ops, offset) ? 0 : -ENOENT;
}

static const struct table_side host_tables = {
	.map = host_map,
	.unmap = host_unmap,
	.walk = host_walk_to,
};

static struct bench_iopgt iopgt;

static int host_begin(struct table_bench *bench)
{
	bench->host = &iopgt;
	return bench_iopgt_init(&iopgt, SZ_4K | SZ_2M | SZ_1G, 48, 48);
}

static void host_end(struct table_bench *bench)
{
	bench_iopgt_fini(bench->host);
}
#else
static const struct table_side host_tables;

static int host_begin(struct table_bench *bench)
{
	return 0;
}

static void host_end(struct table_bench *bench)
{
}
#endif

/* Map and unmap, each by itself; in hundredths of instructions for a leaf */
static __always_inline int row_halves(const struct table_bench *bench,
				      const struct table_side *side,
				      const struct table_row *row,
				      struct bench_halves *halves)
{
	u64 map = 0, unmap = 0, leaves = row->nr * row->rounds, start, took;
	struct bench_counter counter;
	unsigned int i;
	int err = 0;

	if (row->warm)
		err = side->map(bench, row->warm, 0, SZ_4K, 1);
	if (err)
		return err;
	bench_begin(&counter);
	for (i = 0; i < row->rounds + WARM_UP && !err; i++) {
		start = bench_count();
		err = side->map(bench, row->offset, row->pa, row->leaf_bytes,
				row->nr);
		took = bench_since(start) - counter.idle;
		if (i >= WARM_UP)
			map += took;
		if (err)
			break;
		start = bench_count();
		err = side->unmap(bench, row->offset, row->leaf_bytes, row->nr);
		took = bench_since(start) - counter.idle;
		if (i >= WARM_UP)
			unmap += took;
	}
	bench_end(&counter);
	if (row->warm && !err)
		err = side->unmap(bench, row->warm, SZ_4K, 1);
	halves->alloc = err ? err : (s64)div64_u64(map * 100, leaves);
	halves->free = err ? err : (s64)div64_u64(unmap * 100, leaves);
	return err;
}

/*
 * Walks to pages one after the other, in hundredths of instructions. With @far
 * another table was used last, so that the way is from the root.
 */
static __always_inline s64 row_walks(const struct table_bench *bench,
				     const struct table_side *side, bool far)
{
	struct bench_counter counter;
	u64 took = 0, start;
	unsigned int i;
	int err = side->map(bench, 0, 0x1000, SZ_4K, NR_WALKS);

	if (!err)
		err = side->map(bench, far ? SZ_1G : SZ_1M, 0, SZ_4K, 1);
	if (err)
		return err;
	bench_begin(&counter);
	for (i = 0; i < NR_WALKS && !err; i++) {
		start = bench_count();
		err = side->walk(bench, i * SZ_4K + 0x123);
		took += bench_since(start) - counter.idle;
	}
	bench_end(&counter);
	if (!err)
		err = side->unmap(bench, far ? SZ_1G : SZ_1M, SZ_4K, 1);
	if (!err)
		err = side->unmap(bench, 0, SZ_4K, NR_WALKS);
	return err ? err : (s64)div_u64(took * 100, NR_WALKS);
}

/* Which half of a row is said */
enum half { MAP, UNMAP, BOTH };

static s64 half_of(const struct bench_halves *halves, enum half half)
{
	if (half == BOTH && halves->alloc >= 0)
		return halves->alloc + halves->free;
	return half == UNMAP ? halves->free : halves->alloc;
}

static void say(const struct table_bench *bench, const char *row,
		const char *what, s64 shadow, s64 host)
{
	char name[48];

	snprintf(name, sizeof(name), "%s%s%s", row, what,
		 bench->flags ? "_plain" : "");
	if (bench->host)
		bench_say_hundredths(name, shadow, host);
	else
		bench_say_alone(name, shadow);
}

static void say_row(const struct table_bench *bench,
		    const struct table_row *row)
{
	struct bench_halves shadow, host = {};

	row_halves(bench, &shadow_tables, row, &shadow);
	if (bench->host)
		row_halves(bench, &host_tables, row, &host);
	if (row->nr == 1 || row->leaf_bytes > SZ_4K) {
		say(bench, row->name, "_map", half_of(&shadow, MAP),
		    half_of(&host, MAP));
		say(bench, row->name, "_unmap", half_of(&shadow, UNMAP),
		    half_of(&host, UNMAP));
	} else {
		say(bench, row->name, "", half_of(&shadow, BOTH),
		    half_of(&host, BOTH));
	}
}

/* Rows by their shape: alone in a warm table, many, blocks without and with hint */
static const struct table_row rows[] = {
	{ "table_page", 0, 0x1000000, SZ_4K, 1, SZ_1M, 1000 },
	{ "table_range256", 0, 0x1000000, SZ_4K, 256, SZ_1M, 100 },
	{ "table_block", 0, SZ_1G + SZ_2M, SZ_2M, 512, 0, 20 },
	{ "table_block_aligned", 0, SZ_1G + SZ_32M, SZ_2M, 512, 0, 20 },
};

/* What the host's tables do not do: the shadow alone */

static int split(const struct table_bench *bench)
{
	return shadow_pgtable_unmap(bench->pgt, bench->va + SZ_2M + SZ_4K,
				    SZ_4K);
}

static int refill(const struct table_bench *bench)
{
	return shadow_pgtable_map(bench->pgt, bench->va + SZ_2M + SZ_4K,
				  SZ_1G + SZ_2M + SZ_4K, SZ_4K, bench->prot,
				  bench->flags);
}

static int make_readonly(const struct table_bench *bench)
{
	return shadow_pgtable_protect(bench->pgt, bench->va + SZ_2M + SZ_4K,
				      SZ_4K, SHADOW_PAGE_KERNEL_RO, 0);
}

static int make_writable(const struct table_bench *bench)
{
	return shadow_pgtable_protect(bench->pgt, bench->va + SZ_2M + SZ_4K,
				      SZ_4K, bench->prot, 0);
}

/* Two steps that undo each other, in hundredths of instructions */
static int steps(const struct table_bench *bench,
		 int (*there)(const struct table_bench *bench),
		 int (*back)(const struct table_bench *bench),
		 struct bench_halves *halves)
{
	const unsigned int rounds = 100;
	struct bench_counter counter;
	u64 to = 0, fro = 0, start;
	unsigned int i;
	int err = 0;

	bench_begin(&counter);
	for (i = 0; i < rounds && !err; i++) {
		start = bench_count();
		err = there(bench);
		to += bench_since(start) - counter.idle;
		if (err)
			break;
		start = bench_count();
		err = back(bench);
		fro += bench_since(start) - counter.idle;
	}
	bench_end(&counter);
	halves->alloc = err ? err : (s64)div_u64(to * 100, rounds);
	halves->free = err ? err : (s64)div_u64(fro * 100, rounds);
	return err;
}

/* One page of a 2 MiB block: taken out and put back, changed and changed back */
static int say_alone(struct table_bench *bench)
{
	struct bench_halves halves;
	int err = shadow_map(bench, SZ_2M, SZ_1G + SZ_2M, SZ_2M, 1);

	if (err)
		return err;
	steps(bench, split, refill, &halves);
	bench_say_alone("table_split_unmap", halves.alloc);
	bench_say_alone("table_fold_map", halves.free);
	steps(bench, make_readonly, make_writable, &halves);
	bench_say_alone("table_split_protect", halves.alloc);
	bench_say_alone("table_fold_protect", halves.free);
	err = shadow_unmap(bench, SZ_2M, SZ_2M, 1);
	if (err)
		return err;

	/* A page that is in no group and no block */
	err = shadow_map(bench, SZ_2M + SZ_4K, SZ_1G, SZ_4K, 1);
	if (err)
		return err;
	steps(bench, make_readonly, make_writable, &halves);
	bench_say_alone("table_protect", halves.alloc);
	return shadow_unmap(bench, SZ_2M + SZ_4K, SZ_4K, 1);
}

static void say_walk(const struct table_bench *bench)
{
	s64 near = 0, far = 0;

	if (bench->host) {
		near = row_walks(bench, &host_tables, false);
		far = row_walks(bench, &host_tables, true);
	}
	say(bench, "table_walk", "", row_walks(bench, &shadow_tables, false),
	    near);
	say(bench, "table_walk", "_far", row_walks(bench, &shadow_tables, true),
	    far);
}

/**
 * bench_table_rows() - map, unmap, walk, split and fold
 * @mm: a machine with 4 KiB pages and an address space that has 2 GiB to spare
 *
 * Return: 0, or -errno; a row that failed says so itself.
 */
int bench_table_rows(struct shadow_mm *mm)
{
	const unsigned int flags[] = {
		0, SHADOW_MAP_NO_CONT | SHADOW_MAP_NO_FOLD
	};
	struct table_bench bench = {
		.pgt = &mm->swapper,
		.prot = SHADOW_PAGE_KERNEL,
		.va = (mm->vmalloc.tree.va_end - 3ULL * SZ_1G) & ~(SZ_1G - 1ULL),
	};
	unsigned int i, plain;
	int err;

	if (mm->swapper.geo.page_shift != 12 ||
	    mm->vmalloc.tree.va_end - mm->vmalloc.tree.va_start < 4ULL * SZ_1G)
		return -EINVAL;
	err = host_begin(&bench);
	if (err)
		return err;
	for (plain = 0; plain < ARRAY_SIZE(flags); plain++) {
		bench.flags = flags[plain];
		for (i = 0; i < ARRAY_SIZE(rows); i++)
			say_row(&bench, &rows[i]);
	}
	bench.flags = 0;
	say_walk(&bench);
	err = say_alone(&bench);
	host_end(&bench);
	return err;
}
