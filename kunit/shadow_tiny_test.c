// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite of tiny machines: every sequence of operations on eight frames.
 *
 * A walk in depth over allocations of every order and type, frees of every live
 * block, and drains. The allocator's state is put aside before each step and
 * put back after it; states that were met before with as many steps to go are
 * not walked again, but their sequences are counted.
 *
 * The model is brute force: which frame belongs to which allocation. What must
 * be free in which blocks follows from that alone: the largest aligned blocks
 * that are whole, in one zone and free.
 */
#include "shadow_test_machine.h"

#define NR_FRAMES	8
#define MAX_ORDER	3
#define NR_TYPES	SHADOW_MIGRATE_PCPTYPES
#define MAX_DEPTH	6
#define NO_ZONE		SHADOW_MAX_NR_ZONES

/* Emulated or with KASAN, every state takes a hundred times as long */
#ifdef __KERNEL__
#define DEPTH_LESS	2
#define TABLE_BITS	14
#else
#define DEPTH_LESS	0
#define TABLE_BITS	17
#endif

/**
 * struct tiny_shape - one machine
 * @name: what it is called
 * @skew: frames from the last multiple of eight to the first frame
 * @nr_low: frames of zone DMA; the others are of zone NORMAL
 * @nr_cpus: CPUs with lists of their own; 0: no lists
 * @mobility_off: pages are not grouped by mobility
 * @depth: operations in a row
 */
struct tiny_shape {
	const char *name;
	u32 skew;
	u32 nr_low;
	u32 nr_cpus;
	bool mobility_off;
	u32 depth;
};

static const struct tiny_shape shapes[] = {
	{ "one_zone", 0, 0, 0, false, 6 },
	{ "one_zone_ungrouped", 0, 0, 0, true, 6 },
	{ "one_zone_askew", 3, 0, 0, false, 6 },
	{ "two_zones", 0, 4, 0, false, 6 },
	{ "two_zones_odd", 0, 3, 0, false, 6 },
	{ "two_zones_askew", 5, 6, 0, true, 6 },
	{ "lists", 0, 0, 1, false, 6 },
	{ "lists_askew", 2, 0, 1, true, 6 },
	{ "lists_of_two_cpus", 0, 0, 2, false, 5 },
	{ "lists_of_two_zones", 0, 4, 1, false, 5 },
};

/**
 * struct tiny_block - one live allocation
 * @index: its first frame
 * @order: log2 of its frames
 */
struct tiny_block {
	u8 index;
	u8 order;
};

/**
 * struct tiny_model - all that the model knows
 * @nr: live allocations
 * @live: which
 */
struct tiny_model {
	u32 nr;
	struct tiny_block live[NR_FRAMES];
};

/* One operation: an allocation (mt < NR_TYPES), a free, or a drain */
struct tiny_op {
	enum { TINY_ALLOC, TINY_FREE, TINY_DRAIN } what;
	u8 order;
	u8 mt;
	u8 dma;
	u8 cpu;
	u8 victim;
};

/**
 * struct tiny_seen - a state that was met
 * @key: what it looks like, and how many steps there were to go; 0: free
 * @nr_sequences: sequences that go on from there
 */
struct tiny_seen {
	u64 key;
	u64 nr_sequences;
};

/**
 * struct tiny - the walk
 * @test: the running case
 * @shape: which machine
 * @m: the machine
 * @model: what it must look like
 * @aside: state at each depth
 * @seen: states that were met
 * @nr_seen: how many
 * @nr_steps: operations done
 * @trail: what was done so far, for a report
 * @nr_trail: how much
 */
struct tiny {
	struct kunit *test;
	const struct tiny_shape *shape;
	struct shadow_test_machine *m;
	struct tiny_model model;
	u8 *aside[MAX_DEPTH + 1];
	struct tiny_seen *seen;
	u64 nr_seen;
	u64 nr_steps;
	struct tiny_op trail[MAX_DEPTH];
	u32 nr_trail;
};

/* ------------------------------------------------------------- the state -- */

static u64 first_pfn(const struct tiny_shape *shape)
{
	return (SHADOW_TEST_BASE >> SHADOW_TEST_PAGE_SHIFT) + shape->skew;
}

static struct shadow_page *page_of(struct tiny *t, u32 frame)
{
	return shadow_pfn_to_page(&t->m->nodes, first_pfn(t->shape) + frame);
}

static u64 mix(u64 hash, u64 value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 29;
}

static u64 hash_list(u64 hash, const struct shadow_page_list *list)
{
	return mix(hash, (u64)list->first << 32 | list->last);
}

/* All that can decide what happens next, and nothing that is left over */
static u64 hash_zone(u64 hash, const struct shadow_zone *zone, u32 nr_cpus)
{
	unsigned int order, mt, i;

	for (order = 0; order <= MAX_ORDER; order++) {
		hash = mix(hash, zone->free_area[order].nr_free);
		for (mt = 0; mt < SHADOW_MIGRATE_TYPES; mt++)
			hash = hash_list(hash, &zone->free_area[order].list[mt]);
	}
	hash = mix(hash, zone->nr_free);
	hash = mix(hash, zone->watermark_boost);
	for (; nr_cpus; nr_cpus--) {
		hash = mix(hash, zone->pcp[nr_cpus - 1].count);
		for (i = 0; i < SHADOW_PCP_NR_LISTS; i++)
			hash = hash_list(hash, &zone->pcp[nr_cpus - 1].list[i]);
	}
	return hash;
}

static u64 hash_state(struct tiny *t, u32 to_go)
{
	struct shadow_nodes *nodes = &t->m->nodes;
	u64 hash = to_go + 1;
	u32 i;

	for (i = 0; i < NR_FRAMES; i++) {
		const struct shadow_page *page = page_of(t, i);
		unsigned int state = shadow_page_state(page);

		hash = mix(hash, page->flags);
		if (state == SHADOW_PAGE_BUDDY || state == SHADOW_PAGE_PCP)
			hash = mix(hash, (u64)page->next << 32 | page->prev);
	}
	for (i = 0; i < shadow_pageblocks(nodes); i++)
		hash = mix(hash, nodes->pageblock_mt[i]);
	for (i = 0; i < SHADOW_ZONE_HIGHMEM; i++)
		if (shadow_zone_populated(&nodes->node[0].zone[i]))
			hash = hash_zone(hash, &nodes->node[0].zone[i],
					 t->shape->nr_cpus);
	return hash ? : 1;
}

static struct tiny_seen *look_up(struct tiny *t, u64 key)
{
	u64 slot = key >> (64 - TABLE_BITS);

	while (t->seen[slot].key && t->seen[slot].key != key)
		slot = (slot + 1) & (BIT(TABLE_BITS) - 1);
	return &t->seen[slot];
}

/* ------------------------------------------------------------- the model -- */

static void tell(struct tiny *t)
{
	u32 i;

	for (i = 0; i < t->nr_trail; i++) {
		const struct tiny_op *op = &t->trail[i];

		if (op->what == TINY_ALLOC)
			kunit_info(t->test, "%u: alloc order %u type %u%s cpu %u\n",
				   i, op->order, op->mt, op->dma ? " DMA" : "",
				   op->cpu);
		else if (op->what == TINY_FREE)
			kunit_info(t->test, "%u: free block %u cpu %u\n", i,
				   op->victim, op->cpu);
		else
			kunit_info(t->test, "%u: drain\n", i);
	}
}

#define TINY_EXPECT(t, cond, fmt, ...)					\
	do {								\
		if (unlikely(!(cond))) {				\
			tell(t);					\
			KUNIT_FAIL_AND_ABORT((t)->test, "%s: " fmt,	\
					     (t)->shape->name,		\
					     ##__VA_ARGS__);		\
		}							\
	} while (0)

static enum shadow_zone_type zone_of(const struct tiny *t, u32 index)
{
	return index < t->shape->nr_low ? SHADOW_ZONE_DMA : SHADOW_ZONE_NORMAL;
}

/* Bit by frame: nobody has it */
static u32 free_frames(const struct tiny *t)
{
	u32 mask = BIT(NR_FRAMES) - 1, i;

	for (i = 0; i < t->model.nr; i++) {
		const struct tiny_block *b = &t->model.live[i];

		mask &= ~((BIT(BIT(b->order)) - 1) << b->index);
	}
	return mask;
}

/* Is that a whole block of free frames of one zone? */
static bool is_free_block(const struct tiny *t, u32 free, u32 index, u32 order)
{
	u32 nr = BIT(order), mask = (BIT(nr) - 1) << index;

	return index + nr <= NR_FRAMES && !((index + t->shape->skew) & (nr - 1)) &&
	       zone_of(t, index) == zone_of(t, index + nr - 1) &&
	       (free & mask) == mask;
}

/* The order of the free block that must start there, or -1 */
static int canonical(const struct tiny *t, u32 free, u32 index)
{
	int order, larger;
	u32 first;

	for (order = MAX_ORDER; order >= 0; order--)
		if (is_free_block(t, free, index, order))
			break;
	/* Inside a larger one? */
	for (larger = order + 1; order >= 0 && larger <= MAX_ORDER; larger++) {
		first = ((index + t->shape->skew) & ~(BIT(larger) - 1));
		if (first >= t->shape->skew &&
		    is_free_block(t, free, first - t->shape->skew, larger))
			return -1;
	}
	return order;
}

static bool could_allocate(const struct tiny *t, u32 order, bool dma)
{
	u32 free = free_frames(t), i;

	for (i = 0; i < NR_FRAMES; i++)
		if (is_free_block(t, free, i, order) &&
		    (!dma || zone_of(t, i) == SHADOW_ZONE_DMA))
			return true;
	return false;
}

/* Frames of blocks in use, as the allocator has them, against the model's */
static void check_live(struct tiny *t)
{
	u32 i;

	for (i = 0; i < t->model.nr; i++) {
		const struct tiny_block *b = &t->model.live[i];
		const struct shadow_page *page = page_of(t, b->index);

		TINY_EXPECT(t, shadow_page_state(page) == SHADOW_PAGE_ALLOCATED &&
			    shadow_page_order(page) == b->order &&
			    atomic_read(&page->refcount) == 1,
			    "frame %u: live block of order %u, flags %#x",
			    b->index, b->order, page->flags);
	}
}

/* Each free frame is in one block of a free area or of a list, no other is */
static u32 covered(struct tiny *t, u32 free)
{
	u32 i, in_lists = 0, done = 0;

	for (i = 0; i < NR_FRAMES; i++) {
		const struct shadow_page *page = page_of(t, i);
		unsigned int state = shadow_page_state(page);
		u32 mask;

		if (state != SHADOW_PAGE_BUDDY && state != SHADOW_PAGE_PCP)
			continue;
		mask = (BIT(BIT(shadow_page_order(page))) - 1) << i;
		TINY_EXPECT(t, !(mask & ~free) && !(mask & done),
			    "frame %u: flags %#x, free are %#x", i, page->flags,
			    free);
		done |= mask;
		if (state == SHADOW_PAGE_PCP)
			in_lists |= mask;
	}
	TINY_EXPECT(t, done == free, "free are %#x, listed %#x", free, done);
	return in_lists;
}

/* Nothing lies in a list: what is free is in the largest blocks there are */
static void check_canonical(struct tiny *t, u32 free)
{
	u32 nr[2][MAX_ORDER + 1] = {}, i, order;

	for (i = 0; i < NR_FRAMES; i++) {
		const struct shadow_page *page = page_of(t, i);
		bool listed = shadow_page_state(page) == SHADOW_PAGE_BUDDY;
		int want = canonical(t, free, i);

		TINY_EXPECT(t, want < 0 ? !listed :
			    listed && shadow_page_order(page) == want,
			    "frame %u: flags %#x, free block of order %d expected",
			    i, page->flags, want);
		if (want >= 0)
			nr[zone_of(t, i) == SHADOW_ZONE_NORMAL][want]++;
	}
	for (i = 0; i < 2; i++) {
		enum shadow_zone_type type = i ? SHADOW_ZONE_NORMAL : SHADOW_ZONE_DMA;

		for (order = 0; order <= MAX_ORDER; order++)
			TINY_EXPECT(t, nr[i][order] ==
				    t->m->nodes.node[0].zone[type].free_area[order].nr_free,
				    "zone %u order %u: %u blocks expected", type,
				    order, nr[i][order]);
	}
}

static void check_state(struct tiny *t)
{
	u32 free = free_frames(t);

	shadow_test_machine_verify(t->test, t->m);
	check_live(t);
	if (!covered(t, free))
		check_canonical(t, free);
}

/* ---------------------------------------------------------- the operations -- */

static u32 op_gfp(const struct tiny_op *op)
{
	static const u32 gfp[NR_TYPES] = {
		[SHADOW_MIGRATE_MOVABLE] = SHADOW_GFP_MOVABLE,
		[SHADOW_MIGRATE_RECLAIMABLE] = SHADOW_GFP_RECLAIMABLE,
	};

	return gfp[op->mt] | (op->dma ? SHADOW_GFP_DMA : 0);
}

static void do_alloc(struct tiny *t, const struct tiny_op *op)
{
	u32 free = free_frames(t), index;
	struct shadow_page *page;

	page = shadow_alloc_pages_cpu(&t->m->nodes, op->cpu, op_gfp(op), op->order);
	if (!page) {
		TINY_EXPECT(t, !could_allocate(t, op->order, op->dma),
			    "order %u type %u refused, free are %#x", op->order,
			    op->mt, free);
		return;
	}
	index = shadow_page_to_pfn(&t->m->nodes, page) - first_pfn(t->shape);
	TINY_EXPECT(t, index < NR_FRAMES &&
		    is_free_block(t, free, index, op->order),
		    "frame %u given at order %u, free are %#x", index, op->order,
		    free);
	TINY_EXPECT(t, !op->dma || zone_of(t, index) == SHADOW_ZONE_DMA,
		    "frame %u given for DMA", index);
	t->model.live[t->model.nr++] = (struct tiny_block){ index, op->order };
}

static void do_free(struct tiny *t, const struct tiny_op *op)
{
	const struct tiny_block b = t->model.live[op->victim];
	struct shadow_nodes *nodes = &t->m->nodes;
	struct shadow_page *page = page_of(t, b.index);
	u32 order;
	int err;

	/* Refused, whatever else is claimed of it */
	for (order = 0; order <= MAX_ORDER; order++) {
		if (order == b.order)
			continue;
		err = shadow_free_pages_cpu(nodes, op->cpu, page, order);
		TINY_EXPECT(t, err == -EINVAL, "free as order %u: %d", order, err);
	}
	err = shadow_free_pages_cpu(nodes, op->cpu, page, b.order);
	TINY_EXPECT(t, err == 0, "free: %d", err);
	err = shadow_free_pages_cpu(nodes, op->cpu, page, b.order);
	TINY_EXPECT(t, err == -EINVAL, "freed twice: %d", err);
	t->model.live[op->victim] = t->model.live[--t->model.nr];
}

static void check_drained(struct tiny *t)
{
	shadow_test_machine_drain(t->m);
	TINY_EXPECT(t, !covered(t, free_frames(t)), "frames left on a list");
	check_state(t);
}

static u64 walk(struct tiny *t, u32 to_go);

static u64 step(struct tiny *t, const struct tiny_op *op, u32 to_go)
{
	struct tiny_model before = t->model;
	u64 nr = 1;

	t->trail[t->nr_trail++] = *op;
	t->nr_steps++;
	if (op->what == TINY_ALLOC)
		do_alloc(t, op);
	else if (op->what == TINY_FREE)
		do_free(t, op);
	else
		shadow_test_machine_drain(t->m);
	check_state(t);
	if (to_go > 1)
		nr = walk(t, to_go - 1);
	else if (t->m->pcp)
		check_drained(t);
	t->nr_trail--;
	t->model = before;
	shadow_test_put_back(t->m, t->aside[to_go]);
	return nr;
}

static u64 walk_allocs(struct tiny *t, u32 to_go)
{
	u32 nr_cpus = max(t->shape->nr_cpus, 1U);
	struct tiny_op op = { .what = TINY_ALLOC };
	u64 nr = 0;

	for (op.order = 0; op.order <= MAX_ORDER; op.order++)
		for (op.mt = 0; op.mt < NR_TYPES; op.mt++)
			for (op.dma = 0; op.dma <= !!t->shape->nr_low; op.dma++)
				for (op.cpu = 0; op.cpu < nr_cpus; op.cpu++)
					nr += step(t, &op, to_go);
	return nr;
}

/* Sequences of so many operations from here, all of them done */
static u64 walk(struct tiny *t, u32 to_go)
{
	u64 key = hash_state(t, to_go), nr;
	struct tiny_seen *seen = look_up(t, key);
	u32 nr_cpus = max(t->shape->nr_cpus, 1U);
	struct tiny_op op = { .what = TINY_FREE };

	if (seen->key)
		return seen->nr_sequences;
	TINY_EXPECT(t, t->nr_seen < BIT(TABLE_BITS) * 7 / 8, "the table is full");
	shadow_test_put_aside(t->m, t->aside[to_go]);
	nr = walk_allocs(t, to_go);
	for (op.victim = 0; op.victim < t->model.nr; op.victim++)
		for (op.cpu = 0; op.cpu < nr_cpus; op.cpu++)
			nr += step(t, &op, to_go);
	if (t->m->pcp) {
		op = (struct tiny_op){ .what = TINY_DRAIN };
		nr += step(t, &op, to_go);
	}
	/* The table has moved on meanwhile */
	seen = look_up(t, key);
	*seen = (struct tiny_seen){ key, nr };
	t->nr_seen++;
	return nr;
}

/* -------------------------------------------------------------- the cases -- */

static struct shadow_test_machine *
new_machine(struct kunit *test, const struct tiny_shape *shape)
{
	phys_addr_t base = first_pfn(shape) << SHADOW_TEST_PAGE_SHIFT;
	struct shadow_test_machine *m;
	struct shadow_block block;

	shadow_test_block(test, &block, base,
			  NR_FRAMES << SHADOW_TEST_PAGE_SHIFT);
	m = shadow_test_machine_begin_order(test, &block, MAX_ORDER);
	if (shape->nr_low)
		m->nodes.zone_limit[SHADOW_ZONE_DMA] =
			first_pfn(shape) + shape->nr_low;
	KUNIT_ASSERT_EQ(test, shadow_memblock_add(&m->mb, block.base, block.bytes), 0);
	shadow_test_machine_boot(test, m, shape->nr_cpus);
	/* So little memory is not grouped, unless somebody insists */
	shadow_nodes_set_mobility(&m->nodes, !shape->mobility_off);
	return m;
}

static void every_sequence(struct kunit *test)
{
	const struct tiny_shape *shape = test->param_value;
	u32 depth = shape->depth - DEPTH_LESS, i;
	struct tiny *t;
	u64 nr;

	t = shadow_test_alloc(test, sizeof(*t));
	t->test = test;
	t->shape = shape;
	t->m = new_machine(test, shape);
	t->seen = shadow_test_alloc(test, sizeof(*t->seen) << TABLE_BITS);
	for (i = 0; i <= depth; i++)
		t->aside[i] = shadow_test_alloc(test, shadow_test_aside_bytes(t->m));
	check_state(t);
	nr = walk(t, depth);
	kunit_info(test, "%s: %llu sequences of %u operations, %llu states, %llu steps\n",
		   shape->name, nr, depth, t->nr_seen, t->nr_steps);
	KUNIT_EXPECT_GT(test, nr, 1000);
}

KUNIT_ARRAY_PARAM_DESC(shape, shapes, name);

static struct kunit_case shadow_tiny_cases[] = {
	KUNIT_CASE_PARAM(every_sequence, shape_gen_params),
	{}
};

static struct kunit_suite shadow_tiny_suite = {
	.name = "shadow_tiny",
	.test_cases = shadow_tiny_cases,
};

kunit_test_suite(shadow_tiny_suite);
