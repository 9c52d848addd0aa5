// SPDX-License-Identifier: GPL-2.0-only
/*
 * tlb - a TLB that forgets nothing by itself. QEMU's AT walks the tables each
 * time, so a forgotten invalidation would never show; here each address that
 * was asked for stays, the leaf and all table descriptors on its way, until the
 * log of the tables has an invalidation that the Arm ARM lets hit it ("TLB
 * maintenance instructions"). What then is left over has to be true still.
 */
#include "oracle.h"

/* Bits of a leaf that a TLB does not hold: for software, and ignored ones */
#define LEAF_UNSEEN	(0x1fULL << 59 | 0xfULL << 55)

/* A page that is cleared, and the TLB told of its last level, is one record */
static unsigned int kind_of(const struct shadow_tlb_record *record)
{
	return record->op == SHADOW_TLB_OP_CLEAR ? SHADOW_TLBI_VAALE1IS :
						   record->kind;
}

/* Does one of the addresses of an invalidation lie in a range? */
static bool hits(const struct shadow_tlb_record *record, u64 va, u64 bytes)
{
	u64 i = 0;

	if (kind_of(record) == SHADOW_TLBI_VMALLE1IS)
		return true;
	if (va > record->va)
		i = ((va - record->va - 1) >> record->shift) + 1;
	return i < record->nr && record->va + (i << record->shift) - va < bytes;
}

static u64 level_bytes(const struct tree *tree, int level)
{
	return 1ULL << reader_level_shift(&tree->shape, level);
}

static void invalidate(struct tree *tree, struct cached *cached,
		       const struct shadow_tlb_record *record)
{
	int level = reader_start_level(&tree->shape), i;

	if (cached->leaf &&
	    hits(record, cached->path.leaf.va, cached->path.leaf.bytes))
		cached->leaf = false;
	if (kind_of(record) == SHADOW_TLBI_VAALE1IS)
		return;
	for (i = 0; i < cached->path.nr_tables; i++) {
		u64 bytes = level_bytes(tree, level + i);

		if (hits(record, cached->va & ~(bytes - 1), bytes))
			cached->tables &= ~(1U << i);
	}
}

static void check(struct tree *tree, const struct cached *cached)
{
	const struct reader_leaf *old = &cached->path.leaf;
	struct reader_path now;
	bool same, lazy;
	int i;

	reader_lookup(&tree->shape, cached->va, &now);
	same = now.mapped && now.leaf.level == old->level &&
	       !((now.leaf.desc ^ old->desc) & ~LEAF_UNSEEN);
	/* The leaves of what is unmapped lazily are allowed to stay until then */
	lazy = !now.mapped && is_lazy(tree, cached->va - tree->shape.first, 1);
	if (cached->leaf && !same && !lazy)
		finding(JUDGE_TLB, tree, "va %016llx: stale leaf %016llx of level %d",
			cached->va, old->desc, old->level);
	for (i = 0; i < cached->path.nr_tables; i++)
		if (cached->tables & 1U << i &&
		    (i >= now.nr_tables || now.table[i] != cached->path.table[i]))
			finding(JUDGE_TLB, tree, "va %016llx: stale link to table %llx",
				cached->va, cached->path.table[i]);
}

/**
 * cache_address() - an address is translated, so a TLB may hold it
 * @tree: the tree
 * @va: an address of its half
 */
void cache_address(struct tree *tree, u64 va)
{
	struct cached *cached = &tree->cached[tree->nr_cached++ % NR_CACHED];

	cached->va = va;
	reader_lookup(&tree->shape, va, &cached->path);
	cached->leaf = cached->path.mapped;
	cached->tables = (1U << cached->path.nr_tables) - 1;
}

/**
 * judge_tlb() - is what the invalidations have left over still true?
 * @tree: the tree
 */
void judge_tlb(struct tree *tree)
{
	const struct shadow_tlb *tlb = &tree->pgt.tlb;
	unsigned int i, nr = min_t(unsigned int, tree->nr_cached, NR_CACHED);
	u64 at;

	/* More was logged than there is room for: the rest is unknown */
	if (tlb->nr_records - tree->seen_records > NR_RECORDS)
		nr = 0;
	for (at = tree->seen_records; nr && at < tlb->nr_records; at++) {
		const struct shadow_tlb_record *record =
			&tree->record[at & (NR_RECORDS - 1)];

		if (record->op != SHADOW_TLB_OP_TLBI &&
		    record->op != SHADOW_TLB_OP_CLEAR)
			continue;
		for (i = 0; i < nr; i++)
			invalidate(tree, &tree->cached[i], record);
	}
	tree->seen_records = tlb->nr_records;
	for (i = 0; i < nr; i++)
		check(tree, &tree->cached[i]);
	if (!nr)
		tree->nr_cached = 0;
	/* Said once: what has been found stale is not held against it again */
	if (oracle.tally.wrong[JUDGE_TLB])
		tree->nr_cached = 0;
}
