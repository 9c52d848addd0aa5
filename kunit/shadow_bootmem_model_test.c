// SPDX-License-Identifier: GPL-2.0-only
/*
 * The early allocator before memblock against a flat model: an array that says
 * for each byte who has it, and a search that tries every frame. The memory is
 * there, and each owner's bytes are written into it, so that whoever is given
 * what somebody else has is found out by its contents too.
 */
#include "shadow_bootmem_test.h"

#define FIRST		100ULL	/* frame of byte 0 of the model */
#define NR_FRAMES	208ULL
#define MAX_SHIFT	8
#define NR_NODES	5
#define NR_OPS		120000
#define ANY		SHADOW_NUMA_NO_NODE

/*
 * Two that touch, then a gap, then one whose banks lie around another's, and
 * one that begins and ends inside a word of the bitmap.
 */
static const struct span {
	u64 start;
	u64 end;
} spans[NR_NODES] = {
	{ 100, 164 }, { 164, 181 }, { 184, 260 }, { 212, 230 }, { 265, 305 },
};

/**
 * struct model - one early allocator, and what it should be
 * @m: the machine
 * @shift: log2 of the bytes in a page
 * @has: per byte, the number of who has it; 0: it is free
 * @who: per byte, whose it is in the log: 'a' and so on; 0: nobody's
 * @last_end: per node, the address behind its last allocation; 0: unknown
 * @hint: per node, the frame to search from
 * @next: number of the next owner
 * @nr_allocs: allocations that were served
 * @nr_packed: of them, behind the one before
 * @nr_fallbacks: of them, those found below the hint
 * @nr_freed: ranges that were freed
 * @counted: the first three of these, as the nodes have it
 */
struct model {
	struct machine *m;
	unsigned int shift;
	u8 *has;
	u8 *who;
	u64 last_end[NR_NODES];
	u64 hint[NR_NODES];
	u8 next;
	u64 nr_allocs;
	u64 nr_packed;
	u64 nr_fallbacks;
	u64 nr_freed;
	u64 counted[3];
};

static const char *const names[] = { "a", "b", "c" };

static u64 page(const struct model *model)
{
	return 1ULL << model->shift;
}

static u64 at(const struct model *model, u64 pa)
{
	return pa - FIRST * page(model);
}

static bool spanned(u64 pfn, int nid)
{
	return pfn >= spans[nid].start && pfn < spans[nid].end;
}

/* Whose frame it is; where two nodes span it, the inner one's. -1: nobody's */
static int home(u64 pfn)
{
	int nid;

	for (nid = NR_NODES - 1; nid >= 0; nid--) {
		if (spanned(pfn, nid))
			return nid;
	}
	return -1;
}

static bool is_free(const struct model *model, u64 pfn)
{
	const u8 *byte = model->has + at(model, pfn << model->shift);

	return home(pfn) >= 0 && !memchr_inv(byte, 0, page(model));
}

/* Bytes change hands: @owner 0 frees them, @name 0 leaves the log as it is. */
static void give(struct model *model, u64 pa, u64 bytes, u8 owner, u8 name)
{
	memset(model->has + at(model, pa), owner, bytes);
	memset(shadow_phys_to_virt(&model->m->block, pa), owner, bytes);
	if (name || !owner)
		memset(model->who + at(model, pa), name, bytes);
}

static u8 new_owner(struct model *model)
{
	if (!++model->next)
		model->next = 1;
	return model->next;
}

/* Some frames, and which node is said to have them. */
struct stretch {
	u64 start;
	u64 end;
	int nid;
	u64 pa;
	u64 bytes;
};

static bool in_question(const struct stretch *r, u64 pfn, int nid)
{
	return spanned(pfn, nid) && (r->nid == ANY || r->nid == nid);
}

/* The nodes' hints go down to where the frames begin in each. */
static void lower_hints(struct model *model, const struct stretch *r,
			bool until_busy)
{
	int nid;
	u64 pfn;

	for (nid = 0; nid < NR_NODES; nid++) {
		bool busy = false, touched = false;

		for (pfn = r->start; pfn < r->end; pfn++) {
			if (!in_question(r, pfn, nid))
				continue;
			if (!touched)
				model->hint[nid] = min(model->hint[nid], pfn);
			touched = true;
			if (home(pfn) != nid || !is_free(model, pfn))
				busy = true;
		}
		if (busy && until_busy)
			return;
	}
}

static int nr_nodes_of(const struct stretch *r, u64 pfn)
{
	int nid, nr = 0;

	for (nid = 0; nid < NR_NODES; nid++)
		nr += in_question(r, pfn, nid);
	return nr;
}

static int errno_of_range(const struct stretch *r)
{
	u64 pfn;

	for (pfn = r->start; pfn < r->end; pfn++) {
		if (!nr_nodes_of(r, pfn))
			return -ERANGE;
	}
	return 0;
}

static int model_free(struct model *model, const struct stretch *r)
{
	int err = errno_of_range(r), nid;
	u64 pfn;

	for (pfn = r->start; pfn < r->end && !err; pfn++) {
		if (nr_nodes_of(r, pfn) > 1 || is_free(model, pfn))
			err = -EINVAL;
	}
	if (err || r->start >= r->end)
		return err;
	lower_hints(model, r, false);
	for (nid = 0; nid < NR_NODES; nid++) {
		u64 last = model->last_end[nid];

		pfn = last >> model->shift;
		if (last % page(model) && pfn >= r->start && pfn < r->end &&
		    in_question(r, pfn, nid))
			model->last_end[nid] = 0;
	}
	give(model, r->start << model->shift, (r->end - r->start) << model->shift, 0, 0);
	model->nr_freed++;
	return 0;
}

static int model_reserve(struct model *model, const struct stretch *r,
			 bool exclusive, u8 name)
{
	int err = errno_of_range(r);
	u8 owner;
	u64 pfn;

	for (pfn = r->start; pfn < r->end && !err && exclusive; pfn++) {
		if (!is_free(model, pfn) || !in_question(r, pfn, home(pfn)))
			err = -EBUSY;
	}
	if (err == -EBUSY)
		lower_hints(model, r, true);
	if (err)
		return err;
	owner = new_owner(model);
	for (pfn = r->start; pfn < r->end; pfn++) {
		if (is_free(model, pfn) && in_question(r, pfn, home(pfn)))
			give(model, pfn << model->shift, page(model), owner, name);
	}
	return 0;
}

/* What is asked for. */
struct wish {
	u64 bytes;
	u64 align;
	u64 goal;
	u64 limit;
};

static u64 whole_pages(const struct model *model, u64 bytes)
{
	return DIV_ROUND_UP(bytes, page(model));
}

/* The lowest frame from @from on with enough free ones behind it; 0: none */
static u64 try_every_frame(const struct model *model, int nid,
			   const struct wish *wish, u64 from, u64 end)
{
	u64 nr = whole_pages(model, wish->bytes), pfn, i;

	for (pfn = from; pfn + nr <= end; pfn++) {
		if ((pfn << model->shift) % max(wish->align, page(model)))
			continue;
		for (i = 0; i < nr; i++) {
			if (home(pfn + i) != nid || !is_free(model, pfn + i))
				break;
		}
		if (i == nr)
			return pfn;
	}
	return 0;
}

/* The address, 0: none. As the articles on the original tell it. */
static u64 model_alloc_in(struct model *model, int nid, const struct wish *wish)
{
	u64 start = spans[nid].start, end = spans[nid].end, pfn, pa;
	u64 goal = wish->goal >> model->shift;
	u64 last = model->last_end[nid];

	if (wish->limit)
		end = min(end, wish->limit >> model->shift);
	if (goal > start && goal < end)
		start = goal;
	/* The place to begin at is aligned before it is compared to the hint. */
	start = round_up(start << model->shift, max(wish->align, page(model))) >> model->shift;
	pfn = try_every_frame(model, nid, wish, max(start, model->hint[nid]), end);
	if (!pfn) {
		pfn = try_every_frame(model, nid, wish, start, end);
		if (!pfn)
			return 0;
		model->nr_fallbacks++;
	}
	pa = pfn << model->shift;
	if (last % page(model) && last / page(model) == pfn - 1)
		pa = round_up(last, wish->align);
	model->nr_packed += pa < pfn << model->shift;
	model->nr_allocs++;
	model->last_end[nid] = pa + wish->bytes;
	model->hint[nid] = whole_pages(model, pa + wish->bytes);
	return pa;
}

static u64 model_alloc_any(struct model *model, const struct wish *wish)
{
	u64 pa = 0;
	int nid;

	for (nid = 0; nid < NR_NODES && !pa; nid++) {
		if (wish->goal && spans[nid].end <= wish->goal >> model->shift)
			continue;
		if (wish->limit && spans[nid].start >= wish->limit >> model->shift)
			continue;
		pa = model_alloc_in(model, nid, wish);
	}
	return pa;
}

static u64 model_alloc(struct model *model, struct wish wish, int nid)
{
	u64 pa = 0;

	if (wish.limit && wish.goal + wish.bytes > wish.limit)
		wish.limit = 0;
	if (nid != ANY)
		pa = model_alloc_in(model, nid, &wish);
	if (!pa)
		pa = model_alloc_any(model, &wish);
	if (!pa && wish.goal) {
		wish.goal = 0;
		return model_alloc(model, wish, nid);
	}
	return pa;
}

static struct stretch some_frames(struct model *model, struct rnd_state *rnd)
{
	struct stretch r;
	u64 end;

	r.start = FIRST + shadow_test_below(rnd, NR_FRAMES);
	r.end = r.start + shadow_test_below(rnd, shadow_test_below(rnd, 8) ? 6 : 60);
	r.end = min(r.end, FIRST + NR_FRAMES);
	r.nid = ANY;
	if (shadow_test_below(rnd, 2)) {
		r.nid = home(r.start);
		/* A hole in the outer node is no memory of it. */
		for (end = r.start; end < r.end && home(end) == r.nid;)
			end++;
		if (shadow_test_below(rnd, 8))
			r.end = end;
		if (r.nid == 2 && r.end > spans[3].start && r.start < spans[3].end)
			r.nid = ANY;
	}
	r.pa = r.start << model->shift;
	r.bytes = (r.end - r.start) << model->shift;
	return r;
}

static void do_free(struct kunit *test, struct model *model,
		    struct rnd_state *rnd)
{
	struct stretch r = some_frames(model, rnd);
	int want = model_free(model, &r);

	/* Parts of the frames before and behind do not count. */
	if (r.start > FIRST && shadow_test_below(rnd, 2)) {
		r.pa -= shadow_test_below(rnd, page(model));
		r.bytes = (r.end << model->shift) - r.pa + shadow_test_below(rnd, page(model));
	}
	KUNIT_ASSERT_EQ(test, want,
			shadow_bootmem_free_node(&model->m->bm, r.nid, r.pa, r.bytes));
}

static void do_reserve(struct kunit *test, struct model *model,
		       struct rnd_state *rnd)
{
	struct stretch r = some_frames(model, rnd);
	bool exclusive = shadow_test_below(rnd, 2);
	int name = shadow_test_below(rnd, ARRAY_SIZE(names)), want;
	u64 less;

	want = model_reserve(model, &r, exclusive, 1 + name);
	/* Parts of the first and of the last one are enough. */
	if (r.bytes && shadow_test_below(rnd, 2)) {
		less = shadow_test_below(rnd, page(model) / 2);
		r.pa += less;
		r.bytes -= less + shadow_test_below(rnd, page(model) / 2);
	}
	shadow_bootmem_set_owner(&model->m->bm, names[name]);
	KUNIT_ASSERT_EQ(test, want,
			shadow_bootmem_reserve_node(&model->m->bm, r.nid, r.pa, r.bytes,
						    exclusive ? SHADOW_BOOTMEM_EXCLUSIVE :
								SHADOW_BOOTMEM_DEFAULT));
}

static u64 some_pa(struct model *model, struct rnd_state *rnd)
{
	return shadow_test_below(rnd, 3) ? 0 :
		((FIRST - 4) << model->shift) +
		shadow_test_below(rnd, (NR_FRAMES + 8) << model->shift);
}

static void do_alloc(struct kunit *test, struct model *model,
		     struct rnd_state *rnd)
{
	struct wish wish = { 0 };
	int name = shadow_test_below(rnd, ARRAY_SIZE(names));
	int nid = (int)shadow_test_below(rnd, NR_NODES + 1) - 1;
	phys_addr_t pa = 0;
	u64 want;
	int err;

	wish.bytes = 1 + shadow_test_below(rnd, page(model) << shadow_test_below(rnd, 4));
	wish.align = 1ULL << shadow_test_below(rnd, model->shift + 3);
	wish.goal = some_pa(model, rnd);
	wish.limit = some_pa(model, rnd);
	shadow_bootmem_set_owner(&model->m->bm, names[name]);
	err = shadow_bootmem_alloc(&model->m->bm, wish.bytes, wish.align,
				   wish.goal, wish.limit, nid, &pa);
	if (nid == ANY && wish.limit && wish.goal + wish.bytes > wish.limit) {
		KUNIT_ASSERT_EQ(test, err, -EINVAL);
		return;
	}
	want = model_alloc(model, wish, nid);
	KUNIT_ASSERT_EQ(test, err, want ? 0 : -ENOMEM);
	KUNIT_ASSERT_EQ(test, (u64)pa, want);
	if (!want)
		return;
	KUNIT_ASSERT_NULL(test, memchr_inv(shadow_phys_to_virt(&model->m->block, pa), 0,
					   wish.bytes));
	give(model, pa, wish.bytes, new_owner(model), 1 + name);
}

static void compare_nodes(struct kunit *test, struct model *model)
{
	const struct shadow_bootmem_node *bdata = model->m->bm.node;
	int nid;

	for (nid = 0; nid < NR_NODES; nid++, bdata++) {
		u64 base = spans[nid].start << model->shift;

		KUNIT_ASSERT_EQ(test, bdata->hint_idx, model->hint[nid] - spans[nid].start);
		KUNIT_ASSERT_EQ(test, bdata->last_end_off,
				model->last_end[nid] ? model->last_end[nid] - base : 0);
	}
}

/* Runs are the frames of a node none of whose bytes anybody has. */
static void compare_runs(struct kunit *test, struct model *model)
{
	struct shadow_bootmem_walk walk = { 0 };
	struct shadow_bootmem_run run;
	u64 pfn, end;

	for (pfn = FIRST; pfn < FIRST + NR_FRAMES; pfn = end) {
		end = pfn + 1;
		if (!is_free(model, pfn))
			continue;
		while (home(end) == home(pfn) && is_free(model, end))
			end++;
		KUNIT_ASSERT_TRUE(test, shadow_bootmem_next_run(&model->m->bm, &walk, &run));
		KUNIT_ASSERT_EQ(test, run.nid, home(pfn));
		KUNIT_ASSERT_EQ(test, run.pfn, pfn);
		KUNIT_ASSERT_EQ(test, run.nr, end - pfn);
	}
	KUNIT_ASSERT_FALSE(test, shadow_bootmem_next_run(&model->m->bm, &walk, &run));
}

/* The log's entries are the runs of bytes of one name. */
static void compare_log(struct kunit *test, struct model *model)
{
	const struct shadow_early_log *log = &model->m->bm.log;
	const struct shadow_early_range *range = log->range;
	u64 bytes = NR_FRAMES << model->shift, byte, nr;
	const u8 *end;

	for (byte = 0; byte < bytes; byte += nr) {
		end = memchr_inv(model->who + byte, model->who[byte], bytes - byte);
		nr = end ? end - (model->who + byte) : bytes - byte;
		if (!model->who[byte])
			continue;
		KUNIT_ASSERT_LT(test, range - log->range, log->nr);
		KUNIT_ASSERT_EQ(test, at(model, range->base), byte);
		KUNIT_ASSERT_EQ(test, range->bytes, nr);
		KUNIT_ASSERT_PTR_EQ(test, range->owner, names[model->who[byte] - 1]);
		range++;
	}
	KUNIT_ASSERT_EQ(test, range - log->range, log->nr);
}

static void compare(struct kunit *test, struct model *model)
{
	verify(test, model->m);
	compare_nodes(test, model);
	compare_runs(test, model);
	compare_log(test, model);
	KUNIT_ASSERT_EQ(test, 0, memcmp(model->has, model->m->block.virt,
					NR_FRAMES << model->shift));
}

static struct model *new_model(struct kunit *test)
{
	struct model *model = shadow_test_alloc(test, sizeof(*model));

	model->m = new_machine(test, MAX_SHIFT);
	shadow_test_block(test, &model->m->block, 0, NR_FRAMES << MAX_SHIFT);
	model->has = shadow_test_alloc(test, NR_FRAMES << MAX_SHIFT);
	model->who = shadow_test_alloc(test, NR_FRAMES << MAX_SHIFT);
	return model;
}

/* What the nodes have counted is what the model has. */
static void compare_counters(struct kunit *test, struct model *model)
{
	const struct shadow_bootmem_node *bdata = model->m->bm.node;
	int nid;

	for (nid = 0; nid < NR_NODES; nid++, bdata++) {
		model->counted[0] += bdata->nr_allocs;
		model->counted[1] += bdata->nr_packed;
		model->counted[2] += bdata->nr_fallbacks;
	}
	KUNIT_EXPECT_EQ(test, model->counted[0], model->nr_allocs);
	KUNIT_EXPECT_EQ(test, model->counted[1], model->nr_packed);
	KUNIT_EXPECT_EQ(test, model->counted[2], model->nr_fallbacks);
}

/* All frames taken, no holes freed yet. */
static void begin(struct kunit *test, struct model *model, unsigned int shift)
{
	u64 bytes = NR_FRAMES << shift;
	int nid;

	model->shift = shift;
	model->m->block.base = FIRST << shift;
	model->m->block.bytes = bytes;
	memset(model->has, 0xff, bytes);
	memset(model->who, 0, bytes);
	memset(model->m->block.virt, 0xff, bytes);
	shadow_bootmem_init(&model->m->bm, &model->m->block, shift, NULL);
	for (nid = NR_NODES - 1; nid >= 0; nid--) {
		add_node(test, model->m, nid, spans[nid].start, spans[nid].end);
		model->hint[nid] = spans[nid].start;
		model->last_end[nid] = 0;
	}
	compare(test, model);
}

static void equals_the_model(struct kunit *test)
{
	struct model *model = new_model(test);
	u64 op, ns = 0, ns_before;
	struct rnd_state rnd;

	shadow_test_seed(test, &rnd);
	for (op = 0; op < NR_OPS; op++) {
		if (op % 4000 == 0) {
			compare_counters(test, model);
			begin(test, model, 6 + op / 4000 % (MAX_SHIFT - 6 + 1));
		}
		ns_before = ktime_get_ns();
		switch (shadow_test_below(&rnd, 8)) {
		case 0:
			do_reserve(test, model, &rnd);
			break;
		case 1:
		case 2:
		case 3:
			do_free(test, model, &rnd);
			break;
		default:
			do_alloc(test, model, &rnd);
		}
		ns += ktime_get_ns() - ns_before;
		compare(test, model);
		if (op % 256 == 0)
			cond_resched();
	}
	compare_counters(test, model);
	KUNIT_EXPECT_EQ(test, model->m->bm.log.nr_lost, 0);
	/* Few were in vain, and each way was gone. */
	kunit_info(test, "%llu allocations, %llu packed, %llu below the hint, %llu ranges freed\n",
		   model->nr_allocs, model->nr_packed, model->nr_fallbacks, model->nr_freed);
	KUNIT_EXPECT_GT(test, model->nr_allocs, NR_OPS / 10);
	KUNIT_EXPECT_GT(test, model->nr_packed, NR_OPS / 100);
	KUNIT_EXPECT_GT(test, model->nr_fallbacks, NR_OPS / 100);
	KUNIT_EXPECT_GT(test, model->nr_freed, NR_OPS / 20);
	shadow_test_rate(test, "bootmem, with its model", op, ns);
}

static struct kunit_case bootmem_model_cases[] = {
	KUNIT_CASE_SLOW(equals_the_model),
	{}
};

static struct kunit_suite bootmem_model_suite = {
	.name = "shadow_bootmem_model",
	.test_cases = bootmem_model_cases,
};

kunit_test_suite(bootmem_model_suite);
