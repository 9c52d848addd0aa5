// SPDX-License-Identifier: GPL-2.0-only
/*
 * The early allocator against a flat model: an array of cells, each of which
 * says whether it is memory, whether it is reserved, with which flags and
 * node. A list is right if it is the runs of equal cells.
 *
 * The model finds memory by trying every address, and knows when an array has
 * no room, so that it foresees each address and each errno.
 */
#include "shadow_test.h"

#include "shadow_memblock.h"

#define CELL		1024ULL
#define PAGE_SHIFT_	12
#define CELLS_PER_PAGE	((1ULL << PAGE_SHIFT_) / CELL)
#define MAX_CELLS	512
#define NR_NIDS		4	/* nodes 0 to 2, and none */

#ifdef __KERNEL__
#define NR_OPS		100000
#else
#define NR_OPS		1000000
#endif

struct cell {
	bool has;
	u8 flags;
	s8 nid;
};

/**
 * struct model - one early allocator, and what it should be
 * @mb: the early allocator
 * @events: its counters
 * @block: where its arrays go, beside the cells
 * @resizes: arrays may double
 * @crowded: operations are about few cells, so that the lists stay full
 * @base: physical address of cell 0
 * @nr: cells in use
 * @memory: what the memory list should say
 * @reserved: what the reserved list should say
 */
struct model {
	struct shadow_memblock mb;
	struct shadow_event_log events;
	struct shadow_block block;
	bool resizes;
	bool crowded;
	u64 base;
	u64 nr;
	struct cell memory[MAX_CELLS];
	struct cell reserved[MAX_CELLS];
};

static u64 pa_of(const struct model *model, u64 cell)
{
	return model->base + cell * CELL;
}

static struct cell *cells_of(struct model *model,
			     const struct shadow_memblock_type *type)
{
	return type == &model->mb.memory ? model->memory : model->reserved;
}

static bool same_cell(const struct cell *a, const struct cell *b)
{
	return a->has == b->has &&
	       (!a->has || (a->flags == b->flags && a->nid == b->nid));
}

/* The first cell after @cell that differs from it. */
static u64 run_end(const struct model *model, const struct cell *cells,
		   u64 cell)
{
	u64 end = cell + 1;

	while (end < model->nr && same_cell(&cells[cell], &cells[end]))
		end++;
	return end;
}

static u64 nr_runs(const struct model *model, const struct cell *cells)
{
	u64 cell, nr = 0;

	for (cell = 0; cell < model->nr; cell = run_end(model, cells, cell))
		nr += cells[cell].has;
	return nr;
}

/* Runs of cells in [@first, @end) that have nothing. */
static u64 nr_gaps(const struct cell *cells, u64 first, u64 end)
{
	u64 cell, nr = 0;

	for (cell = first; cell < end; cell++)
		nr += !cells[cell].has && (cell == first || cells[cell - 1].has);
	return nr;
}

/* What an operation that may split twice has to return. */
static int isolate_errno(const struct model *model, const struct cell *cells,
			 u64 first, u64 end)
{
	if (model->resizes || first == end)
		return 0;
	return nr_runs(model, cells) + 2 > SHADOW_MEMBLOCK_INIT_REGIONS ?
	       -ENOMEM : 0;
}

/* And one that adds. */
static int add_errno(const struct model *model, const struct cell *cells,
		     u64 first, u64 end)
{
	u64 gaps = nr_gaps(cells, first, end);

	if (model->resizes || !gaps)
		return 0;
	return nr_runs(model, cells) + gaps > SHADOW_MEMBLOCK_INIT_REGIONS ?
	       -ENOMEM : 0;
}

/* The list, as far as it lies in the cells, is the runs. */
static void compare_list(struct kunit *test, struct model *model,
			 const struct shadow_memblock_type *type)
{
	const struct cell *cells = cells_of(model, type);
	const struct shadow_memblock_region *rgn;
	u64 cell = 0, end, stop = pa_of(model, model->nr);

	__shadow_for_each_region(type, rgn) {
		if (rgn->base >= stop || rgn->base < model->base)
			continue;
		while (cell < model->nr && !cells[cell].has)
			cell++;
		KUNIT_ASSERT_LT_MSG(test, cell, model->nr, "%s has too much",
				    type->name);
		end = run_end(model, cells, cell);
		KUNIT_ASSERT_EQ(test, rgn->base, pa_of(model, cell));
		KUNIT_ASSERT_EQ(test, rgn->size, (end - cell) * CELL);
		KUNIT_ASSERT_EQ(test, (int)rgn->flags, (int)cells[cell].flags);
		KUNIT_ASSERT_EQ(test, rgn->nid, (int)cells[cell].nid);
		cell = end;
	}
	for (; cell < model->nr; cell++)
		KUNIT_ASSERT_FALSE_MSG(test, cells[cell].has,
				       "%s lacks cell %llu", type->name, cell);
}

static void compare(struct kunit *test, struct model *model)
{
	SHADOW_TEST_VERIFY(test, shadow_memblock_verify(&model->mb, &__fault));
	compare_list(test, model, &model->mb.memory);
	compare_list(test, model, &model->mb.reserved);
}

/* May a walk with this node and these flags visit the cell? */
static bool visited(const struct model *model, const struct cell *cell,
		    int nid, u32 flags)
{
	if (!cell->has)
		return false;
	if (shadow_numa_valid_node(nid) && nid != cell->nid)
		return false;
	if (cell->flags & SHADOW_MEMBLOCK_HOTPLUG &&
	    model->mb.movable_node && !(flags & SHADOW_MEMBLOCK_HOTPLUG))
		return false;
	if (flags & SHADOW_MEMBLOCK_MIRROR &&
	    !(cell->flags & SHADOW_MEMBLOCK_MIRROR))
		return false;
	if (cell->flags & SHADOW_MEMBLOCK_NOMAP &&
	    !(flags & SHADOW_MEMBLOCK_NOMAP))
		return false;
	return !(cell->flags & SHADOW_MEMBLOCK_DRIVER_MANAGED) ||
	       (flags & SHADOW_MEMBLOCK_DRIVER_MANAGED);
}

/* Is [@first, @first + @nr) free, in one run that may be allocated from? */
static bool fits(const struct model *model, u64 first, u64 nr, int nid,
		 u32 flags)
{
	u64 cell;

	for (cell = first; cell < first + nr; cell++) {
		if (!visited(model, &model->memory[cell], nid, flags) ||
		    !same_cell(&model->memory[first], &model->memory[cell]) ||
		    model->reserved[cell].has)
			return false;
	}
	return true;
}

/* Try every address. Cells [@first, @end) may be used. 0: none fits. */
static u64 model_find(const struct model *model, u64 nr, u64 align, u64 first,
		      u64 end, int nid, u32 flags)
{
	u64 cell, found = 0;

	for (cell = first; cell + nr <= end; cell++) {
		u64 pa = pa_of(model, cell);

		if (pa < CELLS_PER_PAGE * CELL || pa % align ||
		    !fits(model, cell, nr, nid, flags))
			continue;
		found = pa;
		if (model->mb.bottom_up)
			break;
	}
	return found;
}

static u64 model_alloc(const struct model *model, u64 nr, u64 align, u64 first,
		       u64 end, int nid, bool exact)
{
	u32 flags = model->mb.has_mirror ? SHADOW_MEMBLOCK_MIRROR : 0;
	u64 pa;

	if (!model->resizes && nr_runs(model, model->reserved) ==
			       SHADOW_MEMBLOCK_INIT_REGIONS)
		return 0;
	pa = model_find(model, nr, align, first, end, nid, flags);
	if (!pa && shadow_numa_valid_node(nid) && !exact)
		pa = model_find(model, nr, align, first, end, -1, flags);
	if (!pa && flags)
		pa = model_find(model, nr, align, first, end, nid, 0);
	if (!pa && flags && shadow_numa_valid_node(nid) && !exact)
		pa = model_find(model, nr, align, first, end, -1, 0);
	return pa;
}

static void model_fill(struct cell *cells, u64 first, u64 end, int nid,
		       u32 flags)
{
	for (; first < end; first++) {
		if (!cells[first].has)
			cells[first] = (struct cell){ true, flags, nid };
	}
}

static void model_clear(struct cell *cells, u64 first, u64 end)
{
	for (; first < end; first++)
		cells[first].has = false;
}

/* The cells that an operation is about. */
struct stretch {
	u64 first;
	u64 end;
	u64 pa;
	u64 bytes;
};

static struct stretch some_range(struct model *model, struct rnd_state *rnd)
{
	u64 most = shadow_test_below(rnd, 4) ? 12 : model->nr;
	struct stretch range;

	if (model->crowded && shadow_test_below(rnd, 100))
		most = 3;
	range.first = shadow_test_below(rnd, model->nr);
	range.end = range.first + shadow_test_below(rnd, most);
	range.end = min(range.end, model->nr);
	range.pa = pa_of(model, range.first);
	range.bytes = (range.end - range.first) * CELL;
	return range;
}

static int some_nid(struct rnd_state *rnd)
{
	int nid = shadow_test_below(rnd, NR_NIDS);

	return nid == NR_NIDS - 1 ? SHADOW_MAX_NUMNODES : nid;
}

static void do_add(struct kunit *test, struct model *model,
		   struct rnd_state *rnd, struct stretch r)
{
	static const u32 some_flags[] = {
		SHADOW_MEMBLOCK_HOTPLUG, SHADOW_MEMBLOCK_NOMAP,
		SHADOW_MEMBLOCK_DRIVER_MANAGED, SHADOW_MEMBLOCK_NONE,
	};
	u32 flags = some_flags[shadow_test_below(rnd, 4)];
	int nid = SHADOW_MAX_NUMNODES;
	int want = add_errno(model, model->memory, r.first, r.end);

	if (shadow_test_below(rnd, 2)) {
		nid = some_nid(rnd);
		KUNIT_ASSERT_EQ(test, want,
				shadow_memblock_add_node(&model->mb, r.pa,
							 r.bytes, nid, flags));
	} else {
		flags = SHADOW_MEMBLOCK_NONE;
		KUNIT_ASSERT_EQ(test, want,
				shadow_memblock_add(&model->mb, r.pa, r.bytes));
	}
	if (!want)
		model_fill(model->memory, r.first, r.end, nid, flags);
}

static void do_remove(struct kunit *test, struct model *model,
		      struct rnd_state *rnd, struct stretch r)
{
	int want = isolate_errno(model, model->memory, r.first, r.end);

	KUNIT_ASSERT_EQ(test, want,
			shadow_memblock_remove(&model->mb, r.pa, r.bytes));
	if (!want)
		model_clear(model->memory, r.first, r.end);
}

static void do_reserve(struct kunit *test, struct model *model,
		       struct rnd_state *rnd, struct stretch r)
{
	static const char *const owners[] = { "image", "dtb", "memmap", NULL };
	int want = add_errno(model, model->reserved, r.first, r.end);
	u32 flags = shadow_test_below(rnd, 2) ? SHADOW_MEMBLOCK_RSRV_NOINIT : 0;
	int nid = some_nid(rnd);

	shadow_memblock_set_owner(&model->mb,
				  owners[shadow_test_below(rnd, 4)]);
	if (shadow_test_below(rnd, 2)) {
		KUNIT_ASSERT_EQ(test, want,
				shadow_memblock_reserve_node(&model->mb, r.pa,
							     r.bytes, nid,
							     flags));
	} else {
		nid = SHADOW_MAX_NUMNODES;
		flags = 0;
		KUNIT_ASSERT_EQ(test, want,
				shadow_memblock_reserve(&model->mb, r.pa,
							r.bytes));
	}
	if (!want)
		model_fill(model->reserved, r.first, r.end, nid, flags);
}

static void do_free(struct kunit *test, struct model *model,
		    struct rnd_state *rnd, struct stretch r)
{
	int want = isolate_errno(model, model->reserved, r.first, r.end);

	KUNIT_ASSERT_EQ(test, want,
			shadow_memblock_phys_free(&model->mb, r.pa, r.bytes));
	if (!want)
		model_clear(model->reserved, r.first, r.end);
}

typedef int (*change_fn)(struct shadow_memblock *mb, phys_addr_t base,
			 phys_addr_t bytes);

static void do_flags(struct kunit *test, struct model *model,
		     struct rnd_state *rnd, struct stretch r)
{
	static const struct {
		change_fn fn;
		u32 set;
		u32 clear;
		bool reserved;
	} changes[] = {
		{ shadow_memblock_mark_hotplug, SHADOW_MEMBLOCK_HOTPLUG },
		{ shadow_memblock_clear_hotplug, 0, SHADOW_MEMBLOCK_HOTPLUG },
		{ shadow_memblock_mark_nomap, SHADOW_MEMBLOCK_NOMAP },
		{ shadow_memblock_clear_nomap, 0, SHADOW_MEMBLOCK_NOMAP },
		{ shadow_memblock_mark_mirror, SHADOW_MEMBLOCK_MIRROR },
		{ shadow_memblock_reserved_mark_noinit,
		  SHADOW_MEMBLOCK_RSRV_NOINIT, 0, true },
	};
	int i = shadow_test_below(rnd, ARRAY_SIZE(changes));
	struct cell *cells = changes[i].reserved ? model->reserved :
						   model->memory;
	int want = isolate_errno(model, cells, r.first, r.end);
	u64 cell;

	if (changes[i].set == SHADOW_MEMBLOCK_MIRROR &&
	    !model->mb.mirrored_kernelcore)
		return;
	KUNIT_ASSERT_EQ(test, want, changes[i].fn(&model->mb, r.pa, r.bytes));
	if (want)
		return;
	for (cell = r.first; cell < r.end; cell++) {
		cells[cell].flags |= changes[i].set;
		cells[cell].flags &= ~changes[i].clear;
	}
}

static void do_set_node(struct kunit *test, struct model *model,
			struct rnd_state *rnd, struct stretch r)
{
	struct shadow_memblock_type *type = shadow_test_below(rnd, 2) ?
		&model->mb.memory : &model->mb.reserved;
	struct cell *cells = cells_of(model, type);
	int want = isolate_errno(model, cells, r.first, r.end);
	int nid = some_nid(rnd);
	u64 cell;

	KUNIT_ASSERT_EQ(test, want,
			shadow_memblock_set_node(&model->mb, r.pa, r.bytes,
						 type, nid));
	for (cell = r.first; cell < r.end && !want; cell++)
		cells[cell].nid = nid;
}

static void do_alloc(struct kunit *test, struct model *model,
		     struct rnd_state *rnd, struct stretch r)
{
	u64 nr = 1 + shadow_test_below(rnd, 6);
	u64 align = CELL << shadow_test_below(rnd, 5);
	bool exact = shadow_test_below(rnd, 2);
	int nid = some_nid(rnd);
	u64 want, pa, first;

	if (shadow_test_below(rnd, 2)) {
		r.first = 0;
		r.end = model->nr;
	}
	/* The end of an empty range would mean the current limit. */
	if (!pa_of(model, r.end))
		return;
	shadow_memblock_set_bottom_up(&model->mb, shadow_test_below(rnd, 2));
	want = model_alloc(model, nr, align, r.first, r.end, nid, exact);
	pa = shadow_memblock_alloc_range_nid(&model->mb, nr * CELL, align,
					     pa_of(model, r.first),
					     pa_of(model, r.end), nid, exact);
	KUNIT_ASSERT_EQ(test, want, pa);
	if (!pa)
		return;
	first = (pa - model->base) / CELL;
	model_fill(model->reserved, first, first + nr, SHADOW_MAX_NUMNODES, 0);
}

/* The cell below which there are so many cells of memory, or nr. */
static u64 limit_cell(const struct model *model, u64 cells)
{
	u64 cell;

	for (cell = 0; cell < model->nr; cell++) {
		if (model->memory[cell].has && !--cells)
			return cell + 1;
	}
	return U64_MAX;
}

static void model_cap(struct model *model, u64 first, u64 end)
{
	u64 cell;

	for (cell = 0; cell < model->nr; cell++) {
		if (cell >= first && cell < end)
			continue;
		if (!(model->memory[cell].flags & SHADOW_MEMBLOCK_NOMAP))
			model->memory[cell].has = false;
		model->reserved[cell].has = false;
	}
}

static void do_limit(struct kunit *test, struct model *model,
		     struct rnd_state *rnd, struct stretch r)
{
	u64 cells = 1 + shadow_test_below(rnd, model->nr);
	u64 end = limit_cell(model, cells);

	switch (shadow_test_below(rnd, 3)) {
	case 0:
		shadow_memblock_enforce_memory_limit(&model->mb, cells * CELL);
		if (end == U64_MAX)
			return;
		model_clear(model->memory, end, model->nr);
		model_clear(model->reserved, end, model->nr);
		return;
	case 1:
		shadow_memblock_mem_limit_remove_map(&model->mb, cells * CELL);
		if (end != U64_MAX)
			model_cap(model, 0, end);
		return;
	default:
		shadow_memblock_cap_memory_range(&model->mb, r.pa, r.bytes);
		if (r.bytes && nr_runs(model, model->memory))
			model_cap(model, r.first, r.end);
	}
}

/* Runs of memory shrink to whole multiples. */
static void do_trim(struct kunit *test, struct model *model,
		    struct rnd_state *rnd, struct stretch r)
{
	u64 align = CELL << shadow_test_below(rnd, 3), cell, end, from, to;

	shadow_memblock_trim_memory(&model->mb, align);
	for (cell = 0; cell < model->nr; cell = end) {
		end = run_end(model, model->memory, cell);
		from = (round_up(pa_of(model, cell), align) - model->base) /
		       CELL;
		to = round_down(pa_of(model, end), align);
		to = to > model->base ? (to - model->base) / CELL : 0;
		from = min(from, end);
		to = max(to, from);
		model_clear(model->memory, cell, from);
		model_clear(model->memory, to, end);
	}
}

/* The first or last visited cell from @cell on; nr: none. */
static void compare_walk(struct kunit *test, struct model *model,
			 struct rnd_state *rnd)
{
	u32 flags = shadow_test_below(rnd, 16);
	int nid = some_nid(rnd), out_nid;
	u8 *up = shadow_test_alloc(test, MAX_CELLS);
	phys_addr_t start, end, edge = 0;
	u64 i, cell;

	shadow_for_each_free_mem_range(&model->mb, i, nid, flags, &start, &end,
				       &out_nid) {
		/* Empty between two reservations that touch, as in Linux. */
		KUNIT_ASSERT_LE(test, start, end);
		KUNIT_ASSERT_GE(test, start, edge);
		edge = end;
		if (start < model->base || end > pa_of(model, model->nr))
			continue;
		for (cell = (start - model->base) / CELL;
		     cell < (end - model->base) / CELL; cell++) {
			KUNIT_ASSERT_EQ(test, out_nid,
					(int)model->memory[cell].nid);
			up[cell]++;
		}
	}
	edge = U64_MAX;
	shadow_for_each_free_mem_range_reverse(&model->mb, i, nid, flags,
					       &start, &end, NULL) {
		KUNIT_ASSERT_LE(test, end, edge);
		edge = start;
		if (start < model->base || end > pa_of(model, model->nr))
			continue;
		for (cell = (start - model->base) / CELL;
		     cell < (end - model->base) / CELL; cell++)
			up[cell] += 2;
	}
	for (cell = 0; cell < model->nr; cell++) {
		bool want = visited(model, &model->memory[cell], nid, flags) &&
			    !model->reserved[cell].has;

		KUNIT_ASSERT_EQ(test, want ? 3 : 0, (int)up[cell]);
	}
}

/* What is asked about single addresses and ranges. */
static void compare_questions(struct kunit *test, struct model *model,
			      struct rnd_state *rnd, struct stretch r)
{
	const struct cell *memory = &model->memory[r.first];
	bool all = memory->has, any = false;
	u64 cell;

	KUNIT_ASSERT_EQ(test, memory->has,
			shadow_memblock_is_memory(&model->mb, r.pa));
	KUNIT_ASSERT_EQ(test, memory->has &&
			!(memory->flags & SHADOW_MEMBLOCK_NOMAP),
			shadow_memblock_is_map_memory(&model->mb, r.pa));
	KUNIT_ASSERT_EQ(test, model->reserved[r.first].has,
			shadow_memblock_is_reserved(&model->mb, r.pa));
	for (cell = r.first; cell < r.end; cell++) {
		all = all && same_cell(memory, &model->memory[cell]);
		any = any || model->reserved[cell].has;
	}
	KUNIT_ASSERT_EQ(test, all,
			shadow_memblock_is_region_memory(&model->mb, r.pa,
							 r.bytes));
	KUNIT_ASSERT_EQ(test, any && r.bytes,
			shadow_memblock_is_region_reserved(&model->mb, r.pa,
							   r.bytes) && r.bytes);
}

typedef void (*op_fn)(struct kunit *test, struct model *model,
		      struct rnd_state *rnd, struct stretch r);

static void run(struct kunit *test, struct model *model, struct rnd_state *rnd,
		u64 nr_ops)
{
	/* Limits cut everything down, so they are rare; last in the list. */
	static const op_fn ops[] = {
		do_add, do_add, do_add, do_remove, do_reserve, do_reserve,
		do_free, do_free, do_flags, do_set_node, do_alloc, do_alloc,
	};
	bool whole = model->nr <= 2 * SHADOW_MEMBLOCK_INIT_REGIONS &&
		     !model->resizes;
	u64 op;

	for (op = 0; op < nr_ops; op++) {
		struct stretch r = some_range(model, rnd);

		if (whole && !shadow_test_below(rnd, 100))
			do_limit(test, model, rnd, r);
		else if (whole && !shadow_test_below(rnd, 100))
			do_trim(test, model, rnd, r);
		else
			ops[shadow_test_below(rnd, ARRAY_SIZE(ops))](test,
								     model,
								     rnd, r);
		compare(test, model);
		compare_questions(test, model, rnd, r);
	}
}

static struct model *new_model(struct kunit *test, u64 base, u64 nr)
{
	struct model *model = shadow_test_alloc(test, sizeof(*model));

	model->base = base;
	model->nr = nr;
	shadow_event_init(&model->events);
	shadow_memblock_init(&model->mb, NULL, &model->events, PAGE_SHIFT_);
	return model;
}

/* All operations, on few cells, among them the page at address 0. */
static void equals_the_model(struct kunit *test)
{
	struct model *model = NULL;
	struct rnd_state rnd;
	u64 done, ns, walks = 0;

	shadow_test_seed(test, &rnd);
	ns = ktime_get_ns();
	for (done = 0; done < NR_OPS; done += 500) {
		if (done % (NR_OPS / 20) == 0) {
			model = new_model(test, done % (NR_OPS / 10) ?
					  SHADOW_TEST_BASE : 0, 64);
			model->mb.mirrored_kernelcore = done > NR_OPS / 2;
			model->mb.movable_node = done > NR_OPS / 4;
		}
		run(test, model, &rnd, 500);
		cond_resched();
		if (walks++ < 400)
			compare_walk(test, model, &rnd);
	}
	shadow_test_rate(test, "memblock, verified", done,
			 ktime_get_ns() - ns);
}

/* Both lists hold @nr regions of one page, with gaps. */
static struct model *crowded_model(struct kunit *test, u64 nr)
{
	struct model *model = new_model(test, SHADOW_TEST_BASE, MAX_CELLS);
	u64 i;

	for (i = 0; i < 4 * nr; i += 4) {
		KUNIT_ASSERT_EQ(test, 0,
				shadow_memblock_add(&model->mb, pa_of(model, i),
						    2 * CELL));
		model_fill(model->memory, i, i + 2, SHADOW_MAX_NUMNODES, 0);
		KUNIT_ASSERT_EQ(test, 0,
				shadow_memblock_reserve(&model->mb,
							pa_of(model, i + 1),
							CELL));
		model_fill(model->reserved, i + 1, i + 2, SHADOW_MAX_NUMNODES,
			   0);
	}
	KUNIT_ASSERT_EQ(test, nr, model->mb.memory.cnt);
	KUNIT_ASSERT_EQ(test, nr, model->mb.reserved.cnt);
	model->crowded = true;
	return model;
}

/*
 * So many ranges that the lists run full; nothing may be half done. A full
 * list stays full, since even to remove may take room, so this starts often.
 */
static void equals_the_model_when_full(struct kunit *test)
{
	struct rnd_state rnd;
	u64 i;

	shadow_test_seed(test, &rnd);
	for (i = 0; i < 55; i++) {
		struct model *model = crowded_model(test, 118 + i % 11);

		run(test, model, &rnd, 200);
		compare_walk(test, model, &rnd);
		cond_resched();
	}
	/* Few regions, and operations that cross nearly all of them. */
	for (i = 0; i < 55; i++) {
		struct model *model = crowded_model(test, 60 + i % 11);

		model->crowded = false;
		run(test, model, &rnd, 20);
	}
}

/* The same with arrays that double into a block above the cells. */
static void equals_the_model_when_doubling(struct kunit *test)
{
	struct model *model = new_model(test, SHADOW_TEST_BASE, MAX_CELLS);
	struct rnd_state rnd;
	u64 i;

	shadow_test_seed(test, &rnd);
	shadow_test_block(test, &model->block, SHADOW_TEST_BASE + SZ_1M, SZ_64K);
	model->mb.block = &model->block;
	model->resizes = true;
	shadow_memblock_allow_resize(&model->mb);
	KUNIT_ASSERT_EQ(test, 0,
			shadow_memblock_add(&model->mb, model->block.base,
					    model->block.bytes));
	for (i = 0; i < MAX_CELLS; i += 2) {
		KUNIT_ASSERT_EQ(test, 0,
				shadow_memblock_add(&model->mb, pa_of(model, i),
						    CELL));
		model_fill(model->memory, i, i + 1, SHADOW_MAX_NUMNODES, 0);
		KUNIT_ASSERT_EQ(test, 0,
				shadow_memblock_reserve(&model->mb,
							pa_of(model, i), CELL));
		model_fill(model->reserved, i, i + 1, SHADOW_MAX_NUMNODES, 0);
		compare(test, model);
	}
	KUNIT_ASSERT_GT(test, model->mb.memory.max,
			SHADOW_MEMBLOCK_INIT_REGIONS);
	KUNIT_ASSERT_GT(test, model->mb.reserved.max,
			SHADOW_MEMBLOCK_INIT_REGIONS);
	for (i = 0; i < 20; i++) {
		run(test, model, &rnd, 500);
		compare_walk(test, model, &rnd);
	}
}

static struct kunit_case memblock_model_cases[] = {
	KUNIT_CASE_SLOW(equals_the_model),
	KUNIT_CASE_SLOW(equals_the_model_when_full),
	KUNIT_CASE_SLOW(equals_the_model_when_doubling),
	{}
};

static struct kunit_suite memblock_model_suite = {
	.name = "shadow_memblock_model",
	.test_cases = memblock_model_cases,
};

kunit_test_suite(memblock_model_suite);
