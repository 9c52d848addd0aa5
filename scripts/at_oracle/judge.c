// SPDX-License-Identifier: GPL-2.0-only
/*
 * judge - compares what the MMU, the reader and the software walker say of the
 * tables with what the model says that they ought to hold.
 */
#include "oracle.h"

/* Findings of one judge that are printed in one run */
#define MAX_PRINTED	3

/* Bits of a protection, in plain numbers */
#define PROT_INDEX(prot)	((prot) >> 2 & 7)
#define PROT_EL0		BIT_ULL(6)
#define PROT_READ_ONLY		BIT_ULL(7)
#define PROT_SH			0x300ULL
#define PROT_DBM		BIT_ULL(51)
#define PROT_PXN		BIT_ULL(53)
#define PROT_UXN		BIT_ULL(54)

/* Of a table descriptor */
#define LIMIT_NO_EL0		BIT_ULL(61)
#define LIMIT_READ_ONLY		BIT_ULL(62)

/* Fault status codes: of level 0, and that of a translation at level -1 */
#define FST_TRANSLATION		0x04
#define FST_PERMISSION		0x0c
#define FST_TRANSLATION_M1	0x2b

#define PAR_F			1ULL
#define PAR_FST			0x7eULL
#define PAR_SH			0x180ULL
#define PAR_SH_OUTER		0x100ULL
#define PAR_PA			0x000ffffffffff000ULL
#define PAR_ATTR		0xff00000000000000ULL

const char *const judge_names[NR_JUDGES] = {
	[JUDGE_AT]	= "AT",
	[JUDGE_READER]	= "reader",
	[JUDGE_WALKER]	= "walker",
	[JUDGE_API]	= "api",
	[JUDGE_VERIFY]	= "verify",
	[JUDGE_TLB]	= "tlb",
};

const char *const kind_names[NR_KINDS] = {
	[KIND_PAGE]	= "page",
	[KIND_BLOCK]	= "block",
	[KIND_CONTIG]	= "contig",
};

static const char *half_name(const struct tree *tree)
{
	return tree == &oracle.upper ? "upper" : "lower";
}

/**
 * finding() - something is not as it must be
 * @judge: who found it
 * @tree: in which tree
 * @fmt: what it is
 */
void finding(enum judge judge, struct tree *tree, const char *fmt, ...)
{
	const struct shape *shape = &oracle.shape;
	char text[200];
	va_list args;

	if (oracle.tally.wrong[judge]++ >= MAX_PRINTED || oracle.quiet)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	say("MISMATCH %s: %uK va_bits %d pa_bits %d lpa2 %s, %s, %s half, seed %llu step %llu\n",
	    judge_names[judge], 1U << (shape->page_shift - 10), shape->va_bits,
	    shape->pa_bits, shape->ds ? "on" : "off", kind_names[oracle.kind],
	    half_name(tree), oracle.seed, oracle.step);
	say("  %s\n", text);
}

/* The walk to an address, for whoever reads a finding */
static void print_walk(struct tree *tree, u64 va)
{
	struct shadow_walker walker;
	struct shadow_walk walk;
	unsigned int i;

	if (oracle.quiet)
		return;
	shadow_pgtable_walker(&tree->pgt, &walker);
	shadow_walk(&walker, va, &walk);
	for (i = 0; i < walk.nr_steps; i++)
		say("  level %d entry %u at %llx: %016llx %s\n",
		    walk.step[i].level, walk.step[i].index,
		    walk.step[i].desc_pa, walk.step[i].desc,
		    shadow_desc_kind_names[walk.step[i].kind]);
	say("  walker: %s at level %d, pa %llx\n",
	    shadow_walk_fault_names[walk.fault], walk.level, walk.pa);
}

u64 half_bytes(void)
{
	return 1ULL << oracle.shape.va_bits;
}

u64 va_of(const struct tree *tree, u64 at)
{
	return tree->shape.first + at;
}

/**
 * prot_is_wx() - may some exception level both write and execute?
 * @prot: the protection
 *
 * DBM is a permission to write that waits for the hardware; and EL1 executes
 * nothing that EL0 may write.
 *
 * Return: true if so.
 */
bool prot_is_wx(u64 prot)
{
	bool write = !(prot & PROT_READ_ONLY) || prot & PROT_DBM;
	bool el0 = prot & PROT_EL0;

	if (!write)
		return false;
	return el0 ? !(prot & PROT_UXN) : !(prot & PROT_PXN);
}

static bool permits(u64 prot, u64 limits, enum machine_access access)
{
	bool write = access == MACHINE_EL1_WRITE || access == MACHINE_EL0_WRITE;
	bool el0 = access == MACHINE_EL0_READ || access == MACHINE_EL0_WRITE;

	if (write && (prot & PROT_READ_ONLY || limits & LIMIT_READ_ONLY))
		return false;
	return !el0 || (prot & PROT_EL0 && !(limits & LIMIT_NO_EL0));
}

/**
 * is_lazy() - may a range hold something that is not invalidated yet?
 * @tree: the tree
 * @at: first offset
 * @bytes: length
 *
 * Return: true if so.
 */
bool is_lazy(const struct tree *tree, u64 at, u64 bytes)
{
	return at < tree->lazy_at + tree->lazy_bytes && tree->lazy_at < at + bytes;
}

/*
 * Level at which the walk of what is not mapped ends. Empty tables there are
 * none, but those that wait for an invalidation: with them it may end at any
 * level up to the one that there was before.
 */
static int hole_level(const struct tree *tree, u64 at)
{
	int level = reader_start_level(&tree->shape);
	struct reader_path path;

	for (; level < 3; level++) {
		u64 bytes = 1ULL << reader_level_shift(&tree->shape, level);

		if (!model_is_free(&tree->model, at & ~(bytes - 1), bytes))
			continue;
		if (!is_lazy(tree, at & ~(bytes - 1), bytes))
			break;
		reader_lookup(&tree->shape, va_of(tree, at), &path);
		if (path.level <= level)
			break;
	}
	return level;
}

static u64 par_of_fault(unsigned int code, int level)
{
	if (level < 0)
		return FST_TRANSLATION_M1 << 1 | PAR_F;
	return (code | level) << 1 | PAR_F;
}

static u64 par_of_leaf(const struct tree *tree, u64 pa, u64 prot)
{
	u64 attr = MACHINE_MAIR >> (8 * PROT_INDEX(prot)) & 0xff;
	u64 sh = oracle.shape.ds ? tree->sh : (prot & PROT_SH) >> 8;

	return attr << 56 | (pa & PAR_PA) | sh << 7;
}

/* What PAR_EL1 must say, as far as the architecture fixes it */
static u64 expected_par(const struct tree *tree, u64 va,
			enum machine_access access)
{
	u64 at = va - tree->shape.first;
	const struct span *span;
	struct reader_path path;
	u64 limits;

	if (at >= half_bytes())
		return par_of_fault(FST_TRANSLATION, 0);
	span = model_find(&tree->model, at);
	if (!span)
		return par_of_fault(FST_TRANSLATION, hole_level(tree, at));
	/* How large the leaves are, and hence what limits them, is not modelled */
	reader_lookup(&tree->shape, va, &path);
	limits = path.nr_tables ? tree->pgt.table_prot : 0;
	if (!permits(span->prot, limits, access))
		return par_of_fault(FST_PERMISSION, path.level);
	return par_of_leaf(tree, span->pa + (at - span->at), span->prot);
}

static u64 compared_bits(u64 par)
{
	return par & PAR_F ? par & (PAR_F | PAR_FST) :
			     par & (PAR_F | PAR_SH | PAR_PA | PAR_ATTR);
}

/*
 * Is it what was expected? Device and Normal non-cacheable memory is outer
 * shareable whatever the descriptor says; QEMU 7.2 gives the descriptor's.
 */
static bool par_agrees(u64 par, u64 want)
{
	if (compared_bits(par) == want)
		return true;
	return !(want & PAR_F) && want >> 56 != 0xff &&
	       compared_bits(par) == ((want & ~PAR_SH) | PAR_SH_OUTER);
}

/* What the software walker makes of it, in the same form */
static u64 walker_par(struct tree *tree, u64 va, enum machine_access access)
{
	static const enum shadow_access names[] = {
		[MACHINE_EL1_READ]	= SHADOW_ACCESS_EL1_READ,
		[MACHINE_EL1_WRITE]	= SHADOW_ACCESS_EL1_WRITE,
		[MACHINE_EL0_READ]	= SHADOW_ACCESS_EL0_READ,
		[MACHINE_EL0_WRITE]	= SHADOW_ACCESS_EL0_WRITE,
	};
	struct shadow_walker walker;
	enum shadow_walk_fault fault;
	struct shadow_walk walk;

	shadow_pgtable_walker(&tree->pgt, &walker);
	shadow_walk(&walker, va, &walk);
	fault = shadow_walk_access(&walk, names[access]);
	if (fault != SHADOW_WALK_OK)
		return shadow_walk_fst(fault, walk.level) << 1 | PAR_F;
	return par_of_leaf(tree, walk.pa, walk.attrs);
}

/**
 * judge_address() - ask the MMU and the walker for one address
 * @tree: the tree of its half
 * @va: the address
 */
void judge_address(struct tree *tree, u64 va)
{
	static const char *const names[] = {
		"S1E1R", "S1E1W", "S1E0R", "S1E0W"
	};
	enum machine_access access = random_percent(40) ? MACHINE_EL1_READ :
							  random_below(4);
	u64 want = expected_par(tree, va, access);
	u64 par = machine_at(access, va), soft;

	if (want & PAR_F)
		oracle.tally.faulted++;
	else
		oracle.tally.translated++;
	if (!par_agrees(par, want)) {
		finding(JUDGE_AT, tree, "AT %s %016llx: PAR %016llx, expected %016llx",
			names[access], va, compared_bits(par), want);
		if (oracle.tally.wrong[JUDGE_AT] <= MAX_PRINTED)
			print_walk(tree, va);
	}
	soft = walker_par(tree, va, access);
	if (compared_bits(soft) != want) {
		finding(JUDGE_WALKER, tree, "%s %016llx: walker %016llx, expected %016llx",
			names[access], va, compared_bits(soft), want);
		if (oracle.tally.wrong[JUDGE_WALKER] <= MAX_PRINTED)
			print_walk(tree, va);
	}
}

/**
 * struct reading - a reading that is compared with the model
 * @tree: what is read
 * @span: the first span that ends behind what was read
 * @bytes: mapped by what was read
 */
struct reading {
	struct tree *tree;
	unsigned int span;
	u64 bytes;
};

/* Bits of a leaf that a protection is responsible for */
static u64 attrs_of_prot(u64 prot)
{
	return oracle.shape.ds ? prot & ~PROT_SH : prot;
}

static const char *part_wrong(const struct reader_leaf *leaf, u64 at,
			      const struct span *span)
{
	if (leaf->pa + (at - leaf->va) != span->pa + (at - span->at))
		return "output address";
	if (leaf->attrs != attrs_of_prot(span->prot))
		return "attributes";
	if (span->flags & SHADOW_MAP_NO_BLOCK && leaf->level != 3)
		return "a block, where pages were asked for";
	if (span->flags & SHADOW_MAP_NO_CONT && leaf->hint)
		return "a hint, where none was wanted";
	return NULL;
}

static void on_leaf(void *ctx, const struct reader_leaf *raw)
{
	struct reading *reading = ctx;
	struct tree *tree = reading->tree;
	const struct model *model = &tree->model;
	struct reader_leaf leaf = *raw;
	u64 at, end;

	leaf.va -= tree->shape.first;
	at = leaf.va;
	end = leaf.va + leaf.bytes;
	reading->bytes += leaf.bytes;
	oracle.tally.leaves++;
	while (at < end) {
		const struct span *span = &model->span[reading->span];
		const char *what = "mapped, and ought not to be";

		if (reading->span < model->nr && span->at + span->bytes <= at) {
			reading->span++;
			continue;
		}
		if (reading->span < model->nr && span->at <= at)
			what = part_wrong(&leaf, at, span);
		if (what) {
			finding(JUDGE_READER, tree, "va %016llx level %d %016llx: %s",
				va_of(tree, at), leaf.level, leaf.desc, what);
			return;
		}
		at = span->at + span->bytes;
	}
}

static void on_wrong(void *ctx, word va, int level, word desc, const char *what)
{
	struct reading *reading = ctx;

	finding(JUDGE_READER, reading->tree, "va %016llx level %d %016llx: %s",
		va, level, desc, what);
}

static void on_could(void *ctx, word va, word bytes, int hint)
{
	struct reading *reading = ctx;
	struct tree *tree = reading->tree;

	/* Where flags forbid, leaves may be smaller than they need be */
	if (tree->flagged)
		return;
	finding(JUDGE_READER, tree, "va %016llx to %016llx: %s", va,
		va + bytes - 1, hint ? "a group without its hint" :
				       "a table that could be a block");
}

static int on_empty(void *ctx, word va, word bytes)
{
	struct reading *reading = ctx;
	struct tree *tree = reading->tree;

	return is_lazy(tree, va - tree->shape.first, bytes);
}

/**
 * judge_tables() - read all of a tree
 * @tree: the tree
 */
void judge_tables(struct tree *tree)
{
	static u8 seen[POOL_GRANULES];
	struct reading reading = { .tree = tree };
	struct reader reader = {
		.shape = tree->shape,
		.table_limits = tree->pgt.table_prot,
		.leaf = on_leaf,
		.wrong = on_wrong,
		.could = on_could,
		.may_be_empty = on_empty,
		.ctx = &reading,
		.seen = seen,
	};
	struct shadow_fault fault;
	u64 bytes = 0;
	unsigned int i;

	memset(seen, 0, sizeof(seen));
	reader_read(&reader);
	for (i = 0; i < tree->model.nr; i++)
		bytes += tree->model.span[i].bytes;
	if (bytes != reading.bytes)
		finding(JUDGE_READER, tree, "%llx bytes are mapped, expected %llx",
			reading.bytes, bytes);
	if (reader.nr_tables != tree->pgt.nr_tables)
		finding(JUDGE_READER, tree, "%u tables are reached, %llu are counted",
			reader.nr_tables, tree->pgt.nr_tables);
	shadow_fault_init(&fault);
	if (shadow_pgtable_verify(&tree->pgt, &fault))
		finding(JUDGE_VERIFY, tree, "%s", fault.text);
	if (shadow_fault_frozen(&tree->fault))
		finding(JUDGE_VERIFY, tree, "frozen: %s", tree->fault.text);
}
