// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses for frames outside the linear map: against a model that looks
 * through all slots, with every slot in use, without memory, out of order, and
 * with what the layer keeps overwritten.
 */
#include "shadow_test_machine.h"

#include "shadow_compound.h"
#include "shadow_fixmap_slot.h"
#include "shadow_kmap.h"

#define PAGE		4096ULL
#define NR_FRAMES	4096
#define NR_LOW		1024
#define NR_SLOTS	512
#define NR_CPUS_HERE	3
#define NR_TABLES	16
#define NR_RECORDS	1024

/**
 * struct kmachine - a machine of which three quarters are HIGHMEM
 * @m: up to the page allocator
 * @pgt: tables, from pages of their own
 * @table_block: these pages
 * @used: which of them are tables now
 * @nr_left: tables that can still be had
 * @layout: where the windows are
 * @kmap: what is tested
 * @ring: log of the tables' changes
 * @nr_seen: records of it that were counted
 */
struct kmachine {
	struct shadow_test_machine *m;
	struct shadow_pgtable pgt;
	struct shadow_block table_block;
	bool used[NR_TABLES];
	int nr_left;
	struct shadow_layout layout;
	struct shadow_kmap kmap;
	struct shadow_tlb_record ring[NR_RECORDS];
	u64 nr_seen;
};

static int alloc_table(void *ctx, phys_addr_t *pa)
{
	struct kmachine *k = ctx;
	unsigned int i;

	if (!k->nr_left)
		return -ENOMEM;
	for (i = 0; k->used[i]; i++)
		;
	k->nr_left--;
	k->used[i] = true;
	*pa = k->table_block.base + i * PAGE;
	return 0;
}

static void free_table(void *ctx, phys_addr_t pa)
{
	struct kmachine *k = ctx;

	k->nr_left++;
	k->used[(pa - k->table_block.base) / PAGE] = false;
}

static const struct shadow_pgtable_ops table_ops = {
	.alloc_table = alloc_table,
	.free_table = free_table,
};

/* All but the layer itself; the fixmap's tables are pinned */
static struct kmachine *without_kmap(struct kunit *test)
{
	struct kmachine *k = shadow_test_alloc(test, sizeof(*k));
	u64 base = SHADOW_TEST_BASE, bytes = NR_FRAMES * PAGE;
	const struct shadow_region *fixmap;
	struct shadow_geometry geo;
	struct shadow_block block;

	shadow_test_block(test, &block, base, bytes);
	k->m = shadow_test_machine_begin(test, &block);
	k->m->nodes.zone_limit[SHADOW_ZONE_NORMAL] = base / PAGE + NR_LOW;
	k->m->nodes.zone_limit[SHADOW_ZONE_HIGHMEM] = U64_MAX;
	KUNIT_ASSERT_EQ(test, shadow_memblock_add(&k->m->mb, base, bytes), 0);
	shadow_test_machine_boot(test, k->m, NR_CPUS_HERE);
	shadow_test_block(test, &k->table_block, base + bytes, NR_TABLES * PAGE);
	k->nr_left = NR_TABLES;
	KUNIT_ASSERT_EQ(test, shadow_geometry_init(&geo, 12, 48, 48, false), 0);
	KUNIT_ASSERT_EQ(test, shadow_layout_init(&k->layout, &geo, 32), 0);
	KUNIT_ASSERT_EQ(test, shadow_layout_add_kmap(&k->layout, NR_SLOTS,
						     NR_CPUS_HERE *
						     SHADOW_KM_MAX_IDX), 0);
	k->m->nodes.linear_offset = shadow_layout_pa_to_va(&k->layout, 0);
	KUNIT_ASSERT_EQ(test, 0,
			shadow_pgtable_init(&k->pgt, &geo, true, &k->table_block,
					    &k->m->events, &k->m->fault, &table_ops,
					    k));
	fixmap = &k->layout.region[SHADOW_REGION_FIXMAP];
	KUNIT_ASSERT_EQ(test, 0,
			shadow_pgtable_pin(&k->pgt, fixmap->start,
					   fixmap->end - fixmap->start));
	return k;
}

static int kmap_init(struct kunit *test, struct kmachine *k)
{
	u64 bytes = shadow_kmap_bytes(12, NR_CPUS_HERE);

	return shadow_kmap_init(&k->kmap, &k->layout, &k->m->nodes, &k->pgt,
				&k->m->fault, NR_CPUS_HERE,
				shadow_test_alloc(test, bytes));
}

static struct kmachine *new_machine(struct kunit *test)
{
	struct kmachine *k = without_kmap(test);

	KUNIT_ASSERT_EQ(test, kmap_init(test, k), 0);
	/* From now on nobody needs a page for a table */
	k->nr_left = 0;
	shadow_tlb_set_log(&k->pgt.tlb, k->ring, NR_RECORDS);
	return k;
}

static void verify(struct kunit *test, struct kmachine *k)
{
	SHADOW_TEST_VERIFY(test, shadow_kmap_verify(&k->kmap, &__fault));
	SHADOW_TEST_VERIFY(test, shadow_pgtable_verify(&k->pgt, &__fault));
	shadow_test_machine_verify(test, k->m);
}

static struct shadow_page *alloc(struct kunit *test, struct kmachine *k, u32 gfp,
				 unsigned int order)
{
	struct shadow_page *page = shadow_alloc_pages(&k->m->nodes, gfp, order);

	KUNIT_ASSERT_NOT_NULL(test, page);
	return page;
}

static u64 pfn_of(const struct kmachine *k, const struct shadow_page *page)
{
	return shadow_page_to_pfn(&k->m->nodes, page);
}

/* Frame at an address, as the tables have it; 0: none */
static u64 shown(struct kmachine *k, u64 va)
{
	phys_addr_t pa;

	return shadow_pgtable_lookup(&k->pgt, va, &pa, NULL) ? 0 : pa / PAGE;
}

/* Invalidations since the last call, and the pages that they were for */
static unsigned int invalidations(struct kmachine *k, u64 *nr_pages)
{
	const struct shadow_tlb_record *record;
	unsigned int nr = 0;

	*nr_pages = 0;
	for (; k->nr_seen < k->pgt.tlb.nr_records; k->nr_seen++) {
		record = &k->ring[k->nr_seen % NR_RECORDS];
		if (record->op != SHADOW_TLB_OP_TLBI &&
		    record->op != SHADOW_TLB_OP_CLEAR)
			continue;
		nr++;
		*nr_pages += record->nr * shadow_tlb_step(record) / PAGE;
	}
	return nr;
}

/* -------------------------------------------------------------- the model -- */

#define MAX_BLOCKS	900
#define MAX_ORDER_HERE	2

/**
 * struct block - what the model knows of frames that were allocated
 * @pfn: the first; 0: none
 * @order: log2 of them
 * @owned: whoever allocated them has not freed them
 * @nr_users: mappings of its frames
 */
struct block {
	u64 pfn;
	unsigned int order;
	bool owned;
	unsigned int nr_users;
};

/**
 * struct model - the windows, in the plainest way
 * @pfn: what each slot shows; 0: nothing
 * @users: how many each has
 * @turn: the slot that was taken last
 * @block: what is allocated
 * @local: what each CPU has mapped, in order
 * @block_of: whose blocks these are
 * @depth: how many
 * @nr_flushes: times that the turn began again with something to unmap
 */
struct model {
	u64 pfn[NR_SLOTS];
	unsigned int users[NR_SLOTS];
	unsigned int turn;
	struct block block[MAX_BLOCKS];
	u64 local[NR_CPUS_HERE][SHADOW_KM_MAX_IDX];
	struct block *block_of[NR_CPUS_HERE][SHADOW_KM_MAX_IDX];
	unsigned int depth[NR_CPUS_HERE];
	u64 nr_flushes;
};

/* Where a frame is shown, or NR_SLOTS */
static unsigned int model_find(const struct model *model, u64 pfn)
{
	unsigned int i;

	for (i = 0; i < NR_SLOTS; i++)
		if (model->pfn[i] == pfn)
			break;
	return i;
}

static bool model_flush(struct model *model)
{
	unsigned int i, nr = 0;

	for (i = 0; i < NR_SLOTS; i++) {
		if (!model->pfn[i] || model->users[i])
			continue;
		model->pfn[i] = 0;
		nr++;
	}
	model->nr_flushes += nr > 0;
	return nr;
}

/* The slot that the frame must get, or NR_SLOTS; counts what is flushed for it */
static unsigned int model_map(struct model *model, u64 pfn,
			      unsigned int *flushes)
{
	unsigned int nr = model_find(model, pfn);

	*flushes = 0;
	if (nr == NR_SLOTS) {
		/* To the end; then what nobody uses goes, and all are looked at */
		for (nr = model->turn + 1; nr < NR_SLOTS && model->pfn[nr]; nr++)
			;
		if (nr == NR_SLOTS) {
			*flushes = model_flush(model);
			for (nr = 0; nr < NR_SLOTS && model->pfn[nr]; nr++)
				;
		}
		model->turn = min(nr, NR_SLOTS - 1U);
		if (nr == NR_SLOTS)
			return nr;
		model->pfn[nr] = pfn;
	}
	model->users[nr]++;
	return nr;
}

static void expect_refs(struct kunit *test, struct kmachine *k,
			const struct block *block)
{
	struct shadow_page *page = shadow_pfn_to_page(&k->m->nodes, block->pfn);
	int refs = block->owned + block->nr_users;

	if (refs)
		KUNIT_ASSERT_EQ(test, atomic_read(&page->refcount), refs);
	else
		KUNIT_ASSERT_NE(test, shadow_page_state(page),
				SHADOW_PAGE_ALLOCATED);
}

/* One user of a block less; whoever is last makes it free */
static void dropped(struct kunit *test, struct kmachine *k, struct block *block)
{
	block->nr_users--;
	expect_refs(test, k, block);
	if (!block->owned && !block->nr_users)
		block->pfn = 0;
}

static void map_one(struct kunit *test, struct kmachine *k, struct model *model,
		    struct block *block, u64 pfn)
{
	struct shadow_page *page = shadow_pfn_to_page(&k->m->nodes, pfn);
	unsigned int flushes, nr = model_map(model, pfn, &flushes);
	u64 va = 0, nr_pages;
	int err = shadow_kmap(&k->kmap, page, &va);

	KUNIT_ASSERT_EQ(test, err, nr == NR_SLOTS ? -ENOSPC : 0);
	KUNIT_ASSERT_EQ(test, invalidations(k, &nr_pages), flushes);
	KUNIT_ASSERT_EQ(test, nr_pages, flushes * NR_SLOTS);
	if (!err) {
		block->nr_users++;
		KUNIT_ASSERT_EQ(test, va, shadow_kmap_slot_va(&k->kmap, nr));
		KUNIT_ASSERT_EQ(test, shown(k, va), pfn);
		KUNIT_ASSERT_EQ(test, shadow_kmap_address(&k->kmap, page), va);
	}
	expect_refs(test, k, block);
}

static void unmap_one(struct kunit *test, struct kmachine *k, struct model *model,
		      struct block *block, u64 pfn)
{
	struct shadow_page *page = shadow_pfn_to_page(&k->m->nodes, pfn);
	unsigned int nr = model_find(model, pfn);
	bool mapped = nr != NR_SLOTS && model->users[nr];
	u64 nr_pages;

	KUNIT_ASSERT_EQ(test, shadow_kunmap(&k->kmap, page),
			mapped ? 0 : -ENOENT);
	KUNIT_ASSERT_EQ(test, invalidations(k, &nr_pages), 0);
	if (!mapped)
		return;
	model->users[nr]--;
	/* Still shown, until the turn begins again */
	KUNIT_ASSERT_EQ(test, shown(k, shadow_kmap_slot_va(&k->kmap, nr)), pfn);
	dropped(test, k, block);
}

static void push_one(struct kunit *test, struct kmachine *k, struct model *model,
		     struct block *block, u64 pfn, unsigned int cpu)
{
	struct shadow_page *page = shadow_pfn_to_page(&k->m->nodes, pfn);
	unsigned int depth = model->depth[cpu];
	u64 va = 0, nr_pages;
	int err = shadow_kmap_local(&k->kmap, cpu, page, &va);

	KUNIT_ASSERT_EQ(test, err, depth == SHADOW_KM_MAX_IDX ? -ENOSPC : 0);
	KUNIT_ASSERT_EQ(test, invalidations(k, &nr_pages), 0);
	if (!err) {
		/* Slot n of all CPUs lies n + 1 pages below the window's end */
		KUNIT_ASSERT_EQ(test, va,
				k->layout.region[SHADOW_REGION_KMAP].end -
				(cpu * 16 + depth + 1) * PAGE);
		KUNIT_ASSERT_EQ(test, shown(k, va), pfn);
		model->local[cpu][depth] = pfn;
		model->block_of[cpu][depth] = block;
		model->depth[cpu]++;
		block->nr_users++;
	}
	expect_refs(test, k, block);
}

static void pop_one(struct kunit *test, struct kmachine *k, struct model *model,
		    struct rnd_state *rnd, unsigned int cpu)
{
	unsigned int depth = model->depth[cpu], at;
	u64 va, nr_pages;
	int want;

	/* Mostly the newest one */
	at = shadow_test_below(rnd, 4) ? depth - 1 :
					 shadow_test_below(rnd, SHADOW_KM_MAX_IDX);
	if (!depth)
		at = shadow_test_below(rnd, SHADOW_KM_MAX_IDX);
	va = shadow_kmap_local_va(&k->kmap, cpu, at) + shadow_test_below(rnd, PAGE);
	want = at >= depth ? -ENOENT : at == depth - 1 ? 0 : -EBUSY;
	KUNIT_ASSERT_EQ(test, shadow_kunmap_local(&k->kmap, cpu, va), want);
	KUNIT_ASSERT_EQ(test, invalidations(k, &nr_pages), !want);
	KUNIT_ASSERT_EQ(test, nr_pages, !want);
	KUNIT_ASSERT_EQ(test, shown(k, va), want && at < depth ?
			model->local[cpu][at] : 0);
	if (want)
		return;
	model->depth[cpu]--;
	dropped(test, k, model->block_of[cpu][at]);
}

static void take_block(struct kunit *test, struct kmachine *k,
		       struct block *block, unsigned int order)
{
	u32 gfp = SHADOW_GFP_HIGHMEM | (order ? SHADOW_GFP_COMP : 0);
	struct shadow_page *page = shadow_alloc_pages(&k->m->nodes, gfp, order);

	if (!page)
		return;
	block->pfn = pfn_of(k, page);
	block->order = order;
	block->owned = true;
	block->nr_users = 0;
	/* What HIGHMEM has no more may come from below, and has an address there */
	if (!shadow_page_to_va(&k->m->nodes, page))
		return;
	KUNIT_ASSERT_EQ(test, shadow_free_pages(&k->m->nodes, page, order), 0);
	block->pfn = 0;
}

/* Also while it is mapped: then it stays with those who have mapped it */
static void free_block(struct kunit *test, struct kmachine *k,
		       struct block *block)
{
	struct shadow_page *page = shadow_pfn_to_page(&k->m->nodes, block->pfn);

	KUNIT_ASSERT_EQ(test, shadow_free_pages(&k->m->nodes, page, block->order),
			0);
	block->owned = false;
	expect_refs(test, k, block);
	if (!block->nr_users)
		block->pfn = 0;
}

static void compare(struct kunit *test, struct kmachine *k, struct model *model)
{
	struct shadow_kmap_totals totals, want = { };
	unsigned int i;

	for (i = 0; i < NR_SLOTS; i++) {
		want.nr_used += !!model->users[i];
		want.nr_users += model->users[i];
		want.nr_unflushed += model->pfn[i] && !model->users[i];
		want.nr_free += !model->pfn[i];
		KUNIT_ASSERT_EQ(test, shown(k, shadow_kmap_slot_va(&k->kmap, i)),
				model->pfn[i]);
	}
	shadow_kmap_totals(&k->kmap, &totals);
	KUNIT_ASSERT_EQ(test, memcmp(&totals, &want, sizeof(want)), 0);
	KUNIT_ASSERT_EQ(test, k->kmap.nr_flushes, model->nr_flushes);
	verify(test, k);
}

/* The window fills up for a while, then it empties */
static void one_step(struct kunit *test, struct kmachine *k, struct model *model,
		     struct rnd_state *rnd, bool filling)
{
	struct block *block = &model->block[shadow_test_below(rnd, MAX_BLOCKS)];
	unsigned int cpu = shadow_test_below(rnd, NR_CPUS_HERE);
	u64 what = shadow_test_below(rnd, 100), pfn;

	if (!block->pfn) {
		take_block(test, k, block,
			   shadow_test_below(rnd, MAX_ORDER_HERE + 1));
		return;
	}
	pfn = block->pfn + shadow_test_below(rnd, BIT(block->order));
	if (what < (filling ? 50 : 20)) {
		if (block->owned)
			map_one(test, k, model, block, pfn);
	} else if (what < 70) {
		unmap_one(test, k, model, block, pfn);
	} else if (what < 86) {
		if (block->owned)
			push_one(test, k, model, block, pfn, cpu);
	} else if (what < 97) {
		pop_one(test, k, model, rnd, cpu);
	} else if (block->owned) {
		free_block(test, k, block);
	}
}

/* Everything ends: all frames are free again */
static void end_all(struct kunit *test, struct kmachine *k, struct model *model)
{
	unsigned int i, cpu;
	u64 pfn;

	for (cpu = 0; cpu < NR_CPUS_HERE; cpu++)
		while (model->depth[cpu]) {
			i = --model->depth[cpu];
			KUNIT_ASSERT_EQ(test, 0,
					shadow_kunmap_local(&k->kmap, cpu,
							    shadow_kmap_local_va(&k->kmap,
										 cpu, i)));
			dropped(test, k, model->block_of[cpu][i]);
		}
	for (i = 0; i < MAX_BLOCKS; i++) {
		struct block *block = &model->block[i];

		for (pfn = block->pfn; block->pfn && block->nr_users;)
			if (shadow_kunmap(&k->kmap,
					  shadow_pfn_to_page(&k->m->nodes, pfn)))
				pfn++;
			else
				dropped(test, k, block);
		if (block->pfn)
			free_block(test, k, block);
	}
	memset(model->users, 0, sizeof(model->users));
	compare(test, k, model);
	shadow_test_machine_drain(k->m);
	KUNIT_EXPECT_EQ(test, shadow_nodes_free(&k->m->nodes), NR_FRAMES);
}

static void equals_the_model(struct kunit *test)
{
	struct model *model = shadow_test_alloc(test, sizeof(*model));
	struct kmachine *k = new_machine(test);
	struct rnd_state rnd;
	unsigned int i;

	shadow_test_seed(test, &rnd);
	for (i = 0; i < 60000; i++) {
		one_step(test, k, model, &rnd, i / 3000 % 3 == 0);
		if (i % 1000 == 0)
			compare(test, k, model);
	}
	kunit_info(test, "%llu mapped, %llu of them found, %llu flushes of %llu slots, %llu refused",
		   k->kmap.nr_maps, k->kmap.nr_found, k->kmap.nr_flushes,
		   k->kmap.nr_flushed, k->kmap.nr_full);
	/* All of it has happened */
	KUNIT_EXPECT_GT(test, k->kmap.nr_found, 1000);
	KUNIT_EXPECT_GT(test, k->kmap.nr_flushes, 10);
	KUNIT_EXPECT_GT(test, k->kmap.nr_full, 10);
	for (i = 0; i < NR_CPUS_HERE; i++)
		KUNIT_EXPECT_EQ(test, k->kmap.cpu[i].max_depth, SHADOW_KM_MAX_IDX);
	end_all(test, k, model);
}

/* --------------------------------------------------------------- by hand -- */

static void all_slots(struct kunit *test)
{
	struct kmachine *k = new_machine(test);
	struct shadow_page **page = shadow_test_alloc(test, (NR_SLOTS + 1) *
						     sizeof(*page));
	u64 va, nr_pages, start = k->kmap.pkmap_start;
	unsigned int i;

	for (i = 0; i <= NR_SLOTS; i++)
		page[i] = alloc(test, k, SHADOW_GFP_HIGHMEM, 0);
	/* The kernel begins with slot 1, too */
	for (i = 0; i < NR_SLOTS; i++) {
		KUNIT_ASSERT_EQ(test, shadow_kmap(&k->kmap, page[i], &va), 0);
		KUNIT_ASSERT_EQ(test, va, start + (i + 1) % NR_SLOTS * PAGE);
	}
	KUNIT_EXPECT_EQ(test, shadow_kmap(&k->kmap, page[NR_SLOTS], &va), -ENOSPC);
	KUNIT_EXPECT_EQ(test, atomic_read(&page[NR_SLOTS]->refcount), 1);
	KUNIT_EXPECT_EQ(test, k->kmap.nr_full, 1);
	verify(test, k);
	/* Who is there already has no need of a slot */
	KUNIT_EXPECT_EQ(test, shadow_kmap(&k->kmap, page[7], &va), 0);
	KUNIT_EXPECT_EQ(test, va, start + 8 * PAGE);
	KUNIT_EXPECT_EQ(test, invalidations(k, &nr_pages), 0);
	/* Two go: one invalidation of the whole window for both */
	KUNIT_EXPECT_EQ(test, shadow_kunmap(&k->kmap, page[100]), 0);
	KUNIT_EXPECT_EQ(test, shadow_kunmap(&k->kmap, page[300]), 0);
	KUNIT_EXPECT_EQ(test, shadow_kmap(&k->kmap, page[NR_SLOTS], &va), 0);
	KUNIT_EXPECT_EQ(test, va, start + 101 * PAGE);
	KUNIT_EXPECT_EQ(test, invalidations(k, &nr_pages), 1);
	KUNIT_EXPECT_EQ(test, nr_pages, NR_SLOTS);
	KUNIT_EXPECT_EQ(test, k->kmap.nr_flushes, 1);
	KUNIT_EXPECT_EQ(test, k->kmap.nr_flushed, 2);
	KUNIT_EXPECT_EQ(test, shown(k, start + 301 * PAGE), 0);
	/* Back in its turn, in the slot that is free, without another one */
	KUNIT_EXPECT_EQ(test, shadow_kmap(&k->kmap, page[100], &va), 0);
	KUNIT_EXPECT_EQ(test, va, start + 301 * PAGE);
	KUNIT_EXPECT_EQ(test, invalidations(k, &nr_pages), 0);
	verify(test, k);
}

/* Mapped again before the turn: the same address, and nothing is invalidated */
static void found_again(struct kunit *test)
{
	struct kmachine *k = new_machine(test);
	struct shadow_page *page = alloc(test, k, SHADOW_GFP_HIGHMEM, 0);
	u64 va, again, nr_pages;

	KUNIT_EXPECT_EQ(test, shadow_kmap_address(&k->kmap, page), 0);
	KUNIT_ASSERT_EQ(test, shadow_kmap(&k->kmap, page, &va), 0);
	KUNIT_EXPECT_EQ(test, k->kmap.slot[1].count, 2);
	KUNIT_EXPECT_EQ(test, shadow_kunmap(&k->kmap, page), 0);
	KUNIT_EXPECT_EQ(test, k->kmap.slot[1].count, 1);
	KUNIT_EXPECT_EQ(test, shadow_kunmap(&k->kmap, page), -ENOENT);
	KUNIT_EXPECT_EQ(test, shadow_kmap_address(&k->kmap, page), va);
	KUNIT_ASSERT_EQ(test, shadow_kmap(&k->kmap, page, &again), 0);
	KUNIT_EXPECT_EQ(test, va, again);
	KUNIT_EXPECT_EQ(test, k->kmap.nr_found, 1);
	KUNIT_EXPECT_EQ(test, invalidations(k, &nr_pages), 0);
	verify(test, k);
}

static void lowmem(struct kunit *test)
{
	struct kmachine *k = new_machine(test);
	struct shadow_page *page = alloc(test, k, 0, 1);
	u64 linear = shadow_page_to_va(&k->m->nodes, page), va;

	KUNIT_ASSERT_NE(test, linear, 0);
	KUNIT_EXPECT_EQ(test, shadow_kmap(&k->kmap, page, &va), 0);
	KUNIT_EXPECT_EQ(test, va, linear);
	KUNIT_EXPECT_EQ(test, shadow_kmap_local(&k->kmap, 0, page + 1, &va), 0);
	KUNIT_EXPECT_EQ(test, va, linear + PAGE);
	KUNIT_EXPECT_EQ(test, atomic_read(&page->refcount), 1);
	KUNIT_EXPECT_EQ(test, shadow_kmap_address(&k->kmap, page), linear);
	KUNIT_EXPECT_EQ(test, shadow_kunmap(&k->kmap, page), 0);
	KUNIT_EXPECT_EQ(test, shadow_kunmap_local(&k->kmap, 0, va), 0);
	KUNIT_EXPECT_EQ(test, k->kmap.nr_maps, 0);
	KUNIT_EXPECT_EQ(test, k->kmap.cpu[0].nr_maps, 0);
	KUNIT_EXPECT_EQ(test, shadow_free_pages(&k->m->nodes, page, 1), 0);
	KUNIT_EXPECT_EQ(test, shadow_kmap(&k->kmap, page, &va), -EINVAL);
}

/* A machine that has none: all is linear, and there are no windows */
static void no_highmem(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 256, 1);
	struct kmachine *k = without_kmap(test);
	struct shadow_page *page;
	u64 va;

	m->nodes.linear_offset = shadow_layout_pa_to_va(&k->layout, 0);
	KUNIT_ASSERT_EQ(test, 0,
			shadow_kmap_init(&k->kmap, &k->layout, &m->nodes, &k->pgt,
					 &m->fault, 1, NULL));
	page = shadow_alloc_pages(&m->nodes, SHADOW_GFP_HIGHMEM, 0);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, shadow_kmap(&k->kmap, page, &va), 0);
	KUNIT_EXPECT_EQ(test, va, shadow_page_to_va(&m->nodes, page));
	KUNIT_EXPECT_EQ(test, shadow_kmap_local(&k->kmap, 0, page, &va), 0);
	KUNIT_EXPECT_EQ(test, shadow_kunmap_local(&k->kmap, 0, va), 0);
	KUNIT_EXPECT_EQ(test, shadow_kunmap_local(&k->kmap, 0, 0xffff), -ENOENT);
	KUNIT_EXPECT_EQ(test, shadow_kunmap(&k->kmap, page), 0);
	SHADOW_TEST_VERIFY(test, shadow_kmap_verify(&k->kmap, &__fault));
}

static void order_of_cpus(struct kunit *test)
{
	struct kmachine *k = new_machine(test);
	struct shadow_page *page = alloc(test, k, SHADOW_GFP_HIGHMEM, 0);
	u64 va[SHADOW_KM_MAX_IDX + 1], other, nr_pages;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, shadow_kmap_local(&k->kmap, NR_CPUS_HERE, page, va),
			-EINVAL);
	for (i = 0; i < SHADOW_KM_MAX_IDX; i++)
		KUNIT_ASSERT_EQ(test, shadow_kmap_local(&k->kmap, 1, page, &va[i]),
				0);
	KUNIT_EXPECT_EQ(test, shadow_kmap_local(&k->kmap, 1, page, &va[i]), -ENOSPC);
	KUNIT_EXPECT_EQ(test, atomic_read(&page->refcount), 1 + SHADOW_KM_MAX_IDX);
	/* Another CPU has its own, and nothing of this one's */
	KUNIT_EXPECT_EQ(test, shadow_kmap_local(&k->kmap, 2, page, &other), 0);
	KUNIT_EXPECT_EQ(test, other, va[15] - PAGE);
	KUNIT_EXPECT_EQ(test, shadow_kunmap_local(&k->kmap, 2, va[15]), -ENOENT);
	KUNIT_EXPECT_EQ(test, shadow_kunmap_local(&k->kmap, 1, other), -ENOENT);
	KUNIT_EXPECT_EQ(test, shadow_kunmap_local(&k->kmap, NR_CPUS_HERE, other),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kunmap_local(&k->kmap, 0, va[0]), -ENOENT);
	KUNIT_EXPECT_EQ(test, shadow_kunmap_local(&k->kmap, 1, va[14]), -EBUSY);
	KUNIT_EXPECT_EQ(test, invalidations(k, &nr_pages), 0);
	verify(test, k);
	for (i = SHADOW_KM_MAX_IDX; i-- > 0;) {
		KUNIT_EXPECT_EQ(test, shadow_kunmap_local(&k->kmap, 1, va[i] + 5), 0);
		KUNIT_EXPECT_EQ(test, invalidations(k, &nr_pages), 1);
		KUNIT_EXPECT_EQ(test, nr_pages, 1);
	}
	KUNIT_EXPECT_EQ(test, shadow_kunmap_local(&k->kmap, 1, va[0]), -ENOENT);
	KUNIT_EXPECT_EQ(test, shadow_kunmap_local(&k->kmap, 2, other), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&page->refcount), 1);
	verify(test, k);
}

static void frames_refused(struct kunit *test)
{
	struct kmachine *k = new_machine(test);
	struct shadow_page *page = alloc(test, k, SHADOW_GFP_HIGHMEM, 2);
	u64 va = 1;

	/* Of a block that may go in pieces only the first can be held */
	KUNIT_EXPECT_EQ(test, shadow_kmap(&k->kmap, page + 1, &va), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kmap_local(&k->kmap, 0, page + 1, &va), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kmap(&k->kmap, page, &va), 0);
	/* That one stays; the others are free, and are not mapped */
	KUNIT_EXPECT_EQ(test, shadow_free_pages(&k->m->nodes, page, 2), 0);
	KUNIT_EXPECT_EQ(test, shadow_page_state(page), SHADOW_PAGE_ALLOCATED);
	KUNIT_EXPECT_EQ(test, shadow_page_order(page), 0);
	KUNIT_EXPECT_EQ(test, shadow_kmap(&k->kmap, page + 1, &va), -EINVAL);
	verify(test, k);
	KUNIT_EXPECT_EQ(test, shadow_kunmap(&k->kmap, page), 0);
	shadow_test_machine_drain(k->m);
	KUNIT_EXPECT_EQ(test, shadow_nodes_free(&k->m->nodes), NR_FRAMES);
	KUNIT_EXPECT_EQ(test, shadow_kmap(&k->kmap, page, &va), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_kmap_local(&k->kmap, 0, page, &va), -EINVAL);
	verify(test, k);
	shadow_fault_raise(&k->m->fault, "on purpose");
	KUNIT_EXPECT_EQ(test, shadow_kmap(&k->kmap, page, &va), -EUCLEAN);
	KUNIT_EXPECT_EQ(test, shadow_kunmap(&k->kmap, page), -EUCLEAN);
	KUNIT_EXPECT_EQ(test, shadow_kmap_local(&k->kmap, 0, page, &va), -EUCLEAN);
	KUNIT_EXPECT_EQ(test, shadow_kunmap_local(&k->kmap, 0, va), -EUCLEAN);
}

/* Init needs a few tables: without any one of them nothing has changed */
static void without_memory(struct kunit *test)
{
	struct kmachine *k = without_kmap(test);
	u64 before = k->pgt.nr_tables;
	int nr, left = k->nr_left;

	for (nr = 0; ; nr++) {
		k->nr_left = nr;
		if (!kmap_init(test, k))
			break;
		KUNIT_ASSERT_EQ(test, k->nr_left, nr);
		KUNIT_ASSERT_EQ(test, k->pgt.nr_tables, before);
		KUNIT_ASSERT_LT(test, nr, left);
		SHADOW_TEST_VERIFY(test, shadow_pgtable_verify(&k->pgt, &__fault));
	}
	/* The window's own, and the one below that the CPUs' slots are in */
	KUNIT_EXPECT_EQ(test, nr, 2);
	KUNIT_EXPECT_EQ(test, k->nr_left, 0);
	KUNIT_EXPECT_EQ(test, k->pgt.nr_tables, before + 2);
	verify(test, k);
	shadow_kmap_fini(&k->kmap);
	shadow_pgtable_fini(&k->pgt);
	for (nr = 0; nr < NR_TABLES; nr++)
		KUNIT_EXPECT_FALSE(test, k->used[nr]);
}

static void windows_must_fit(struct kunit *test)
{
	struct kmachine *k = without_kmap(test);

	k->layout.region[SHADOW_REGION_PKMAP].end += PAGE;
	KUNIT_EXPECT_EQ(test, kmap_init(test, k), -EINVAL);
	k->layout.region[SHADOW_REGION_PKMAP].end -= PAGE;
	k->layout.region[SHADOW_REGION_KMAP].start += PAGE;
	KUNIT_EXPECT_EQ(test, kmap_init(test, k), -EINVAL);
	k->layout.region[SHADOW_REGION_KMAP].start -= PAGE;
	KUNIT_EXPECT_EQ(test, kmap_init(test, k), 0);
}

/* ---------------------------------------------------------------- damage -- */

static void expect_fault(struct kunit *test, struct kmachine *k, const char *says)
{
	struct shadow_fault fault;

	shadow_fault_init(&fault);
	KUNIT_EXPECT_EQ_MSG(test, shadow_kmap_verify(&k->kmap, &fault), -EUCLEAN,
			    "%s", says);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(fault.text, says), "'%s' in '%s'",
				  says, fault.text);
}

static void damage_is_seen(struct kunit *test)
{
	struct kmachine *k = new_machine(test);
	struct shadow_page *page = alloc(test, k, SHADOW_GFP_HIGHMEM, 0);
	struct shadow_page *second = alloc(test, k, SHADOW_GFP_HIGHMEM, 0);
	struct shadow_kmap_slot *slot = k->kmap.slot;
	u64 va, local, pfn = pfn_of(k, page);
	u16 *bucket = k->kmap.bucket;
	u32 i;

	KUNIT_ASSERT_EQ(test, shadow_kmap(&k->kmap, page, &va), 0);
	KUNIT_ASSERT_EQ(test, shadow_kmap_local(&k->kmap, 1, page, &local), 0);
	verify(test, k);

	slot[1].count = 3 + 2;
	expect_fault(test, k, "more mappings than references");
	slot[1].count = 2;
	slot[1].pfn++;
	expect_fault(test, k, "another frame");
	slot[1].pfn--;
	slot[1].next = 1;
	expect_fault(test, k, "its chain is damaged");
	slot[1].next = NR_SLOTS;
	expect_fault(test, k, "its chain is damaged");
	slot[1].next = SHADOW_KMAP_NONE;
	for (i = 0; bucket[i] != 1; i++)
		;
	bucket[i] = SHADOW_KMAP_NONE;
	expect_fault(test, k, "1 mapped slots are in no bucket");
	bucket[i] = 2;
	expect_fault(test, k, "its chain is damaged");
	bucket[i] = 1;
	slot[1].count = 0;
	expect_fault(test, k, "its chain is damaged");
	slot[1].count = 2;
	k->kmap.cpu[1].depth = 2;
	expect_fault(test, k, "a slot in use shows nothing");
	k->kmap.cpu[1].depth = 0;
	expect_fault(test, k, "a slot that is free shows something");
	k->kmap.cpu[1].depth = SHADOW_KM_MAX_IDX + 1;
	expect_fault(test, k, "CPU 1: depth 17");
	k->kmap.cpu[1].depth = 1;
	k->kmap.cpu[1].pfn[0] = pfn_of(k, second);
	expect_fault(test, k, "another frame");
	k->kmap.cpu[1].pfn[0] = pfn;
	k->pgt.pin_first += 64 * PAGE;
	expect_fault(test, k, "not pinned");
	k->pgt.pin_first -= 64 * PAGE;
	verify(test, k);
	/* Somebody else changes the tables */
	KUNIT_ASSERT_EQ(test, shadow_pgtable_protect(&k->pgt, va, PAGE,
						     SHADOW_PAGE_KERNEL_RO, 0), 0);
	expect_fault(test, k, "protection");
	KUNIT_ASSERT_EQ(test, shadow_pgtable_unmap(&k->pgt, va, PAGE), 0);
	expect_fault(test, k, "a slot in use shows nothing");
	KUNIT_EXPECT_EQ(test, shadow_kunmap(&k->kmap, page), 0);
	KUNIT_EXPECT_FALSE(test, shadow_fault_frozen(&k->m->fault));
	/* The next flush meets it, and the machine is frozen */
	k->kmap.last_nr = NR_SLOTS - 1;
	KUNIT_EXPECT_EQ(test, shadow_kmap(&k->kmap, second, &va), -EUCLEAN);
	KUNIT_EXPECT_TRUE(test, shadow_fault_frozen(&k->m->fault));
	KUNIT_EXPECT_NOT_NULL(test, strstr(k->m->fault.text, "shadow_kmap"));
}

static struct kunit_case kmap_cases[] = {
	KUNIT_CASE(equals_the_model),
	KUNIT_CASE(all_slots),
	KUNIT_CASE(found_again),
	KUNIT_CASE(lowmem),
	KUNIT_CASE(no_highmem),
	KUNIT_CASE(order_of_cpus),
	KUNIT_CASE(frames_refused),
	KUNIT_CASE(without_memory),
	KUNIT_CASE(windows_must_fit),
	KUNIT_CASE(damage_is_seen),
	{}
};

static struct kunit_suite kmap_suite = {
	.name = "shadow_kmap",
	.test_cases = kmap_cases,
};

kunit_test_suite(kmap_suite);
