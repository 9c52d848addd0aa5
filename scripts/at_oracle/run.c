// SPDX-License-Identifier: GPL-2.0-only
/*
 * run - maps, unmaps, protects at random, in both halves, and has the judges
 * look after each call.
 */
#include "oracle.h"

/* Tables in use from which on windows are emptied */
#define MANY_TABLES	160
#define MANY_SPANS	240
/* Tables of one level that a single call may fill */
#define MAX_FILLED	3
/* Chances in percent */
#define NOMEM_PERCENT	6
#define LINEAR_PERCENT	75
#define SETTLE_PERCENT	25
#define WHOLE_PERCENT	80
#define FLAGGED_PERCENT	35
#define FLAGS_PERCENT	60

static u64 level_bytes(const struct tree *tree, int level)
{
	return 1ULL << reader_level_shift(&tree->shape, level);
}

static u64 page_bytes(void)
{
	return 1ULL << oracle.shape.page_shift;
}

/* Bytes of the largest leaf of this shape */
static u64 largest_leaf(const struct tree *tree)
{
	int level = reader_start_level(&tree->shape);

	while (level < 3 && (level < 0 ||
			     !reader_block_allowed(&tree->shape, level)))
		level++;
	return level_bytes(tree, level);
}

/* Something between @low and @high whose logarithm is as likely as any other */
static u64 random_length(u64 low, u64 high)
{
	u64 limit = low << random_below(ilog2(max(high / low, 1ULL)) + 1);

	return min(low + random_below(limit) / low * low, high);
}

static bool windows_meet(const struct tree *tree, u64 at, u64 bytes)
{
	u64 apart = largest_leaf(tree);
	unsigned int i;

	for (i = 0; i < tree->nr_windows; i++) {
		const struct window *window = &tree->window[i];

		if (at < ALIGN(window->at + window->bytes, apart) &&
		    window->at < ALIGN(at + bytes, apart))
			return true;
	}
	return false;
}

/*
 * Where a window's addresses go: to what is aligned as they are, for the largest
 * leaf, and mostly for larger ones too, which must not be; and by chance across
 * a border of the fields that a descriptor splits an address into.
 */
static u64 window_pa(const struct window *window, u64 largest)
{
	u64 pa_span = 1ULL << oracle.shape.pa_bits;
	u64 room = pa_span - window->bytes, grid = largest, pa;
	int stride = oracle.shape.page_shift - 3;

	while (grid < largest << stride && room / grid > 16)
		grid *= 2;
	if (random_percent(20))
		grid = largest;
	pa = random_below(room / grid - 1) * grid;
	if (oracle.shape.pa_bits == 52 && random_percent(30)) {
		u64 border = (1 + random_below(3)) << (random_percent(50) ? 48 : 50);

		pa = border - random_below(window->bytes / grid + 1) * grid;
		if (pa > room - grid)
			pa = 0;
	}
	return pa + (window->at & (grid - 1));
}

/* A window for leaves of a level, or their groups, if there is room for it */
static void add_window(struct tree *tree, int level, u64 unit)
{
	u64 largest = largest_leaf(tree), entry = level_bytes(tree, level);
	struct window *window = &tree->window[tree->nr_windows];
	u64 pa_span = 1ULL << oracle.shape.pa_bits;
	u64 grid = level_bytes(tree, level - 1);
	u64 most = min(half_bytes(), pa_span) / 4;
	unsigned int tries = 30;

	window->bytes = 3 * grid;
	if (level == reader_start_level(&tree->shape) || window->bytes > most) {
		grid = unit;
		window->bytes = min(max(64 * entry, 3 * unit), most);
		if (window->bytes < unit)
			window->bytes = unit;
	}
	do {
		u64 last = half_bytes() - window->bytes;

		window->at = random_below(last / grid + 1) * grid;
		if (random_percent(20))
			window->at = random_percent(50) ? 0 : last;
		if (!--tries)
			return;
	} while (windows_meet(tree, window->at, window->bytes));

	window->pa = window_pa(window, largest);
	window->unit = unit;
	do
		window->prot = random_prot();
	while (prot_is_wx(window->prot));
	tree->nr_windows++;
}

static void add_windows(struct tree *tree)
{
	int level = max(reader_start_level(&tree->shape), 0);

	tree->nr_windows = 0;
	if (oracle.kind == KIND_PAGE) {
		add_window(tree, 3, page_bytes());
		add_window(tree, 3, page_bytes());
		return;
	}
	for (; level <= 3; level++) {
		u64 bytes = level_bytes(tree, level);

		if (oracle.kind == KIND_CONTIG)
			bytes *= reader_group(&tree->shape, level);
		else if (level == 3)
			break;
		if (!bytes || (level < 3 &&
			       !reader_block_allowed(&tree->shape, level)))
			continue;
		add_window(tree, level, bytes);
	}
}

/* Before a call that must end with @want: perhaps there will be no memory */
static void begin_call(int want)
{
	bool fails = random_percent(NOMEM_PERCENT);

	if (fails)
		pool_fail_in(random_below(3));
	if (fails || want)
		oracle.sum = pool_sum();
}

/* An error was expected, or one that stands for no memory */
static bool expect(struct tree *tree, const char *call, u64 at, u64 bytes,
		   int err, int want)
{
	oracle.step++;
	oracle.tally.calls++;
	if (err == -ENOMEM && pool_has_failed())
		want = -ENOMEM;
	pool_fail_in(-1);
	if (oracle.trace)
		say("%llu: %s %llx bytes at %016llx = %d\n", oracle.step, call,
		    bytes, va_of(tree, at), err);
	if (err != want)
		finding(JUDGE_API, tree, "%s of %llx bytes at %016llx: %d, expected %d",
			call, bytes, va_of(tree, at), err, want);
	if (err && oracle.sum != pool_sum())
		finding(JUDGE_API, tree, "%s of %llx bytes at %016llx: %d, but tables changed",
			call, bytes, va_of(tree, at), err);
	return err == 0;
}

/* What was unmapped lazily is invalidated now */
static void settle(struct tree *tree)
{
	if (!tree->lazy_bytes)
		return;
	if (oracle.trace)
		say("invalidate %llx bytes at %016llx\n", tree->lazy_bytes,
		    va_of(tree, tree->lazy_at));
	shadow_pgtable_invalidate(&tree->pgt, va_of(tree, tree->lazy_at),
				  tree->lazy_bytes);
	tree->lazy_bytes = 0;
}

/* One range from the first to the last, as vfree() purges */
static void add_lazy(struct tree *tree, u64 at, u64 bytes)
{
	u64 end = at + bytes;

	if (tree->lazy_bytes) {
		end = max(end, tree->lazy_at + tree->lazy_bytes);
		at = min(at, tree->lazy_at);
	}
	tree->lazy_at = at;
	tree->lazy_bytes = end - at;
}

static void call_map(struct tree *tree, const struct span *span)
{
	int want = 0, err;

	/* Nothing is mapped where a TLB may still translate to what was */
	if (is_lazy(tree, span->at, span->bytes))
		settle(tree);

	if (oracle.trace)
		say("pa %llx prot %llx flags %x\n", span->pa, span->prot,
		    span->flags);
	if (prot_is_wx(span->prot) && !(span->flags & SHADOW_MAP_FORCE))
		want = -EPERM;
	else if (!model_is_free(&tree->model, span->at, span->bytes))
		want = -EEXIST;
	begin_call(want);
	err = shadow_pgtable_map(&tree->pgt, va_of(tree, span->at), span->pa,
				 span->bytes, span->prot, span->flags);
	if (expect(tree, "map", span->at, span->bytes, err, want)) {
		struct span mapped = *span;

		mapped.flags &= ~SHADOW_MAP_FORCE;
		model_map(&tree->model, &mapped);
	}
}

static void call_unmap(struct tree *tree, u64 at, u64 bytes)
{
	int want = model_covered(&tree->model, at) < bytes ? -ENOENT : 0, err;
	bool lazy = random_percent(20);

	begin_call(want);
	if (lazy)
		err = shadow_pgtable_unmap_lazy(&tree->pgt, va_of(tree, at),
						bytes);
	else
		err = shadow_pgtable_unmap(&tree->pgt, va_of(tree, at), bytes);
	if (!expect(tree, lazy ? "lazy unmap" : "unmap", at, bytes, err, want))
		return;
	model_unmap(&tree->model, at, bytes);
	if (lazy)
		add_lazy(tree, at, bytes);
}

static void call_protect(struct tree *tree, u64 at, u64 bytes, u64 prot, bool force)
{
	int want = 0, err;

	if (prot_is_wx(prot) && !force)
		want = -EPERM;
	else if (model_covered(&tree->model, at) < bytes)
		want = -ENOENT;
	begin_call(want);
	err = shadow_pgtable_protect(&tree->pgt, va_of(tree, at), bytes, prot,
				     force ? SHADOW_MAP_FORCE : 0);
	if (expect(tree, "protect", at, bytes, err, want))
		model_protect(&tree->model, at, bytes, prot);
}

static u64 linear_pa(const struct window *window, u64 at)
{
	return window->pa + (at - window->at);
}

/* Where leaves cannot be large, not more of them than a few tables hold */
static u64 limit_leaves(const struct tree *tree, u64 at, u64 pa, u64 bytes,
			unsigned int flags)
{
	u64 both = (at ^ pa) | half_bytes();
	int level = max(reader_start_level(&tree->shape), 0);

	for (; level < 3; level++)
		if (reader_block_allowed(&tree->shape, level) &&
		    !(flags & SHADOW_MAP_NO_BLOCK) &&
		    !(both & (level_bytes(tree, level) - 1)))
			break;
	return min(bytes, MAX_FILLED * level_bytes(tree, level - 1));
}

static u64 random_align(const struct window *window)
{
	u64 page = page_bytes(), finer = window->unit, coarser = finer;
	int stride = oracle.shape.page_shift - 3;

	if (random_percent(20)) {
		/* A whole table, 32 of them, or something else */
		const int shifts[] = { stride, 5, random_below(stride + 1) };

		coarser <<= shifts[random_below(3)];
		return coarser <= window->bytes / 2 ? coarser : window->unit;
	}
	if (random_percent(60))
		return window->unit;
	while (finer > page && random_percent(50))
		finer /= 2;
	return random_percent(50) ? finer : page;
}

static void random_map(struct tree *tree, const struct window *window)
{
	struct span span = { .prot = window->prot };
	u64 align = random_align(window), end = window->at + window->bytes;
	unsigned int i;

	span.at = window->at + random_below(window->bytes / align) * align;
	if (random_percent(85))
		span.at += model_covered(&tree->model, span.at);
	if (span.at >= end)
		return;
	span.bytes = random_length(align, end - span.at);
	i = model_after(&tree->model, span.at);
	if (i < tree->model.nr && tree->model.span[i].at > span.at &&
	    random_percent(85))
		span.bytes = min(span.bytes, tree->model.span[i].at - span.at);

	span.pa = linear_pa(window, span.at);
	if (!random_percent(LINEAR_PERCENT)) {
		u64 pa_span = 1ULL << oracle.shape.pa_bits;
		u64 grid = random_percent(50) ? align : page_bytes();

		span.pa = random_below((pa_span - window->bytes) / grid) * grid;
	}
	if (!random_percent(LINEAR_PERCENT))
		span.prot = random_prot();
	if (tree->flagged && random_percent(FLAGS_PERCENT))
		span.flags = random_below(8) & (SHADOW_MAP_NO_BLOCK |
						SHADOW_MAP_NO_CONT |
						SHADOW_MAP_NO_FOLD);
	if (random_percent(30))
		span.flags |= SHADOW_MAP_FORCE;
	span.bytes = limit_leaves(tree, span.at, span.pa, span.bytes, span.flags);
	call_map(tree, &span);
}

/* What fills a table of the window's leaves, and hence might be one larger leaf */
static void map_whole(struct tree *tree, const struct window *window)
{
	struct span span = { .prot = window->prot };
	int level = 3;

	while (level > 0 && level_bytes(tree, level - 1) <= window->unit)
		level--;
	span.bytes = level_bytes(tree, level - 1);
	span.at = ALIGN(window->at, span.bytes);
	span.pa = linear_pa(window, span.at);
	if (span.at + span.bytes <= window->at + window->bytes)
		call_map(tree, &span);
}

static void map_windows(struct tree *tree)
{
	unsigned int i;

	for (i = 0; i < tree->nr_windows; i++)
		if (random_percent(WHOLE_PERCENT))
			map_whole(tree, &tree->window[i]);
}

/* A part of what is mapped; where nothing is, or by chance, of what is not */
static void random_mapped(struct tree *tree, const struct window *window,
			  u64 *at, u64 *bytes)
{
	u64 align = random_align(window);
	u64 end = window->at + window->bytes, covered;

	*at = window->at + random_below(window->bytes / align) * align;
	if (tree->model.nr && random_percent(85)) {
		const struct span *span =
			&tree->model.span[random_below(tree->model.nr)];

		*at = span->at + random_below(span->bytes / page_bytes()) *
				 page_bytes();
		if (random_percent(50))
			*at = max(*at & ~(align - 1), span->at);
		end = span->at + span->bytes;
	}
	covered = model_covered(&tree->model, *at);
	*bytes = random_length(min(align, page_bytes() << random_below(12)),
			       max(end - *at, page_bytes()));
	if (covered && random_percent(85))
		*bytes = min(*bytes, covered);
	*bytes = min(*bytes, half_bytes() - *at);
}

static void unmap_all(struct tree *tree, u64 at, u64 bytes)
{
	u64 end = at + bytes, covered;

	while (at < end) {
		unsigned int i = model_after(&tree->model, at);

		if (i == tree->model.nr || tree->model.span[i].at >= end)
			break;
		at = max(at, tree->model.span[i].at);
		covered = min(model_covered(&tree->model, at), end - at);
		call_unmap(tree, at, covered);
		/* No memory for a split: the rest stays */
		at += covered;
	}
}

/* Map what is missing of a region, so that all of it is one again */
static void refill(struct tree *tree, const struct window *window)
{
	int level = 3;
	u64 bytes, at, end;

	while (level_bytes(tree, level) < window->unit && level > 0)
		level--;
	if (random_percent(70) && level > max(reader_start_level(&tree->shape), 0) &&
	    reader_block_allowed(&tree->shape, level - 1))
		level--;
	bytes = max(level_bytes(tree, level), window->unit);
	if (bytes > window->bytes)
		return;
	at = window->at + random_below(window->bytes);
	at = max(at & ~(bytes - 1), window->at);
	end = min(at + bytes, window->at + window->bytes);
	if (random_percent(50))
		unmap_all(tree, at, end - at);
	else if (random_percent(50) && model_covered(&tree->model, at) >= end - at)
		call_protect(tree, at, end - at, window->prot, false);
	while (at < end) {
		unsigned int i = model_after(&tree->model, at);
		struct span span = { .at = at, .prot = window->prot };

		span.bytes = end - at;
		if (i < tree->model.nr && tree->model.span[i].at < end)
			span.bytes = tree->model.span[i].at > at ?
				     tree->model.span[i].at - at : 0;
		span.pa = linear_pa(window, at);
		/* In two parts, so that it is not mapped whole at once */
		if (span.bytes > page_bytes() && random_percent(70))
			span.bytes = ALIGN(span.bytes / 3, page_bytes());
		if (span.bytes)
			call_map(tree, &span);
		at += span.bytes ? span.bytes : model_covered(&tree->model, at);
	}
}

/* What no table may change for */
static void bad_call(struct tree *tree, const struct window *window)
{
	u64 at = window->at, pa = window->pa, bytes = page_bytes();
	unsigned int flags = 0;
	int want = -EINVAL, err;

	oracle.sum = pool_sum();
	switch (random_below(7)) {
	case 0:
		at += 1ULL << random_below(oracle.shape.page_shift);
		break;
	case 1:
		pa += 8;
		break;
	case 2:
		bytes = random_percent(50) ? 0 : bytes / 2;
		break;
	case 3:
		flags = 1U << (4 + random_below(20));
		break;
	case 4:
		at = half_bytes() - bytes;
		bytes *= 2;
		/* The upper half ends where addresses do */
		want = va_of(tree, at) + bytes ? -ERANGE : -EINVAL;
		if (tree == &oracle.upper)
			want = -EINVAL;
		break;
	case 5:
		pa = (1ULL << oracle.shape.pa_bits) - bytes;
		bytes *= 2;
		want = -ERANGE;
		break;
	default:
		err = shadow_pgtable_map(&tree->pgt, va_of(tree, at), pa, bytes,
					 0x701 | window->prot, 0);
		expect(tree, "map without protection", at, bytes, err, -EINVAL);
		return;
	}
	err = shadow_pgtable_map(&tree->pgt, va_of(tree, at), pa, bytes,
				 window->prot, flags);
	expect(tree, "bad map", at, bytes, err, want);
}

static void random_call(struct tree *tree, const struct window *window)
{
	u64 at, bytes;

	if (random_percent(SETTLE_PERCENT))
		settle(tree);
	if (pool_nr_used() > MANY_TABLES || tree->model.nr > MANY_SPANS) {
		unmap_all(tree, window->at, window->bytes);
		return;
	}
	switch (tree->model.nr ? random_below(100) : 0) {
	case 0 ... 44:
		random_map(tree, window);
		break;
	case 45 ... 64:
		random_mapped(tree, window, &at, &bytes);
		call_unmap(tree, at, bytes);
		break;
	case 65 ... 81:
		random_mapped(tree, window, &at, &bytes);
		call_protect(tree, at, bytes,
			     random_percent(50) ? window->prot : random_prot(),
			     random_percent(30));
		break;
	case 82 ... 96:
		refill(tree, window);
		break;
	default:
		bad_call(tree, window);
	}
}

/* An address worth asking for */
static u64 random_address(const struct tree *tree, const struct window *window)
{
	const struct model *model = &tree->model;
	u64 at = random_below(half_bytes());

	if (random_percent(70) && model->nr) {
		const struct span *span = &model->span[random_below(model->nr)];
		u64 edge = random_percent(50) ? span->at :
						span->at + span->bytes;

		at = span->at + random_below(span->bytes);
		if (random_percent(40))
			at = edge + random_below(2 * page_bytes()) - page_bytes();
	} else if (random_percent(80)) {
		at = window->at + random_below(window->bytes);
	}
	return va_of(tree, at & (half_bytes() - 1));
}

static void begin_tree(struct tree *tree, bool upper)
{
	const struct shape *shape = &oracle.shape;
	struct shadow_geometry geo;

	shadow_fault_init(&tree->fault);
	tree->block.base = pool_base();
	tree->block.bytes = pool_bytes();
	tree->block.virt = (void *)(unsigned long)pool_base();
	if (shadow_geometry_init(&geo, shape->page_shift, shape->va_bits,
				 shape->pa_bits, shape->ds) ||
	    shadow_pgtable_init(&tree->pgt, &geo, upper, &tree->block,
				&tree->events, &tree->fault, &pool_ops, tree)) {
		say("at_oracle: no tables of this shape\n");
		machine_exit(5);
	}
	shadow_tlb_set_log(&tree->pgt.tlb, tree->record, NR_RECORDS);
	tree->seen_records = 0;
	tree->nr_cached = 0;
	/* Limits in table descriptors: UXN, PXN, APTable */
	tree->pgt.table_prot = 0;
	if (upper && random_percent(50))
		tree->pgt.table_prot = random_below(16) << 59;
	tree->sh = random_below(2) ? 3 : random_below(2) * 2;
	tree->model.nr = 0;
	tree->lazy_bytes = 0;
	tree->flagged = random_percent(FLAGGED_PERCENT);
	tree->shape = (struct reader_shape) {
		.page_shift = shape->page_shift,
		.va_bits = shape->va_bits,
		.pa_bits = shape->pa_bits,
		.ds = shape->ds,
		.root = tree->pgt.root,
		.first = upper ? ~0ULL << shape->va_bits : 0,
		.ram = pool_base(),
		.ram_bytes = pool_bytes(),
	};
	add_windows(tree);
}

static void end_tree(struct tree *tree)
{
	unmap_all(tree, 0, half_bytes());
	settle(tree);
	judge_tlb(tree);
	judge_tables(tree);
	if (!tree->model.nr && tree->pgt.nr_tables != 1)
		finding(JUDGE_READER, tree, "%llu tables are left when nothing is mapped",
			tree->pgt.nr_tables);
	shadow_pgtable_fini(&tree->pgt);
}

static void ask(struct tree *tree, const struct window *window,
		unsigned int nr_addresses)
{
	machine_invalidate();
	while (nr_addresses--) {
		u64 va = random_address(tree, window);

		judge_address(tree, va);
		cache_address(tree, va);
	}
	/* Between the halves, or by chance in the other one */
	judge_address(tree, tree->shape.first ^ half_bytes());
}

/**
 * run() - one shape, one kind of leaves
 * @seed: of all that is random
 * @nr_steps: calls that are made, at least
 * @nr_addresses: that are asked for after each
 */
void run(u64 seed, unsigned int nr_steps, unsigned int nr_addresses)
{
	struct machine_mmu mmu = {
		.page_shift = oracle.shape.page_shift,
		.va_bits = oracle.shape.va_bits,
		.pa_bits = oracle.shape.pa_bits,
		.ds = oracle.shape.ds,
	};

	oracle.seed = seed;
	oracle.random = seed * 0x9e3779b97f4a7c15ULL | 1;
	oracle.step = 0;
	memset(&oracle.tally, 0, sizeof(oracle.tally));
	pool_init(oracle.shape.page_shift);
	begin_tree(&oracle.lower, false);
	begin_tree(&oracle.upper, true);
	mmu.sh0 = oracle.lower.sh;
	mmu.sh1 = oracle.upper.sh;
	mmu.ttbr0 = oracle.lower.pgt.root;
	mmu.ttbr1 = oracle.upper.pgt.root;
	machine_set_mmu(&mmu);
	map_windows(&oracle.lower);
	map_windows(&oracle.upper);
	while (nr_steps--) {
		struct tree *tree = random_percent(50) ? &oracle.lower :
							 &oracle.upper;
		const struct window *window =
			&tree->window[random_below(tree->nr_windows)];

		random_call(tree, window);
		judge_tlb(tree);
		judge_tables(tree);
		ask(tree, window, nr_addresses);
	}
	end_tree(&oracle.lower);
	end_tree(&oracle.upper);
	if (pool_nr_used())
		finding(JUDGE_API, &oracle.lower, "%u tables were not given back",
			pool_nr_used());
}
