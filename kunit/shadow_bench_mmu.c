// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bench_mmu - does mmu_check notice a leaf that is not what it should be?
 *
 * Asked of a machine whose memory is real. A small tree of its own lies in frames
 * of that machine. In turn one bit of one of its descriptors is changed in memory,
 * where the CPU's walk finds it, while the software walker is told what stood
 * there. What the CPU is asked has to tell the two apart; a bit that it cannot
 * see is listed as such. In the end the contents of the frames are changed
 * behind the loads' back in the same way.
 */
#define pr_fmt(fmt) "shadow_bench: " fmt

#include <linux/slab.h>

#include "shadow_bench.h"
#include "shadow_mmu.h"
#include "shadow_pgtable.h"
#include "shadow_regs.h"

#define NR_FRAMES	32	/* most of them for tables */
#define FRAMES_ORDER	5
#define NR_TARGETS	4	/* the last of them are what is mapped */
#define FIRST_VA	0x40000000ULL

/* What is mapped, one page each, one behind the other */
static const struct {
	const char *name;
	u64 prot;
} targets[NR_TARGETS] = {
	{ "kernel", SHADOW_PAGE_KERNEL },
	{ "kernel, read-only", SHADOW_PAGE_KERNEL_RO },
	{ "user", SHADOW_PAGE_SHARED & ~SHADOW_ATTR_RDONLY },
	{ "device", SHADOW_PROT_DEVICE_NGNRE },
};

/**
 * struct flip - one seeded bug
 * @name: what it is
 * @mask: the bits that change
 * @target: of which page, or all: NR_TARGETS
 * @up: 0: in the leaf, 1: in the descriptor above it
 * @seen: the CPU's answers must differ
 * @without_ds: the bit means that with TCR_EL1.DS = 0 only
 */
struct flip {
	const char *name;
	u64 mask;
	unsigned int target;
	unsigned int up;
	bool seen;
	bool without_ds;
};

static const struct flip flips[] = {
	{ "valid", SHADOW_DESC_VALID, NR_TARGETS, 0, true },
	{ "type", SHADOW_DESC_TABLE, NR_TARGETS, 0, true },
	{ "AttrIndx to Normal-NC", SHADOW_ATTR_INDEX(2ULL), 0, 0, true },
	{ "AttrIndx to Device", SHADOW_ATTR_INDEX(4ULL), 0, 0, true },
	{ "AttrIndx to Device", SHADOW_ATTR_INDEX(4ULL), 2, 0, true },
	{ "AttrIndx from Device", SHADOW_ATTR_INDEX(4ULL), 3, 0, true },
	{ "AP[1]", SHADOW_ATTR_USER, NR_TARGETS, 0, true },
	{ "AP[2]", SHADOW_ATTR_RDONLY, NR_TARGETS, 0, true },
	{ "SH to outer", BIT_ULL(8), 0, 0, true, true },
	{ "SH to none", SHADOW_ATTR_SH, 0, 0, true, true },
	{ "AF", SHADOW_ATTR_AF, NR_TARGETS, 0, true },
	{ "OA", BIT_ULL(17), NR_TARGETS, 0, true },
	{ "APTable[1]", SHADOW_TABLE_RDONLY, 0, 1, true },
	{ "APTable[0]", SHADOW_TABLE_NO_EL0, 2, 1, true },
	{ "table's address", BIT_ULL(16), 0, 1, true },
	{ "nG", SHADOW_ATTR_NG, NR_TARGETS, 0, false },
	{ "GP", SHADOW_ATTR_GP, NR_TARGETS, 0, false },
	{ "PXN", SHADOW_ATTR_PXN, NR_TARGETS, 0, false },
	{ "UXN", SHADOW_ATTR_UXN, 2, 0, false },
	{ "software", SHADOW_ATTR_SW, NR_TARGETS, 0, false },
	{ "UXNTable, PXNTable", SHADOW_TABLE_UXN | SHADOW_TABLE_PXN, 2, 1, false },
};

/**
 * struct judge - the tree, and what the walker is told about it
 * @mm: the machine
 * @page: its frames
 * @block: the same as a block of its own
 * @used: frames that are tables
 * @pgt: the tree
 * @events: of the tree
 * @fault: of the tree
 * @read: reads a descriptor, before anything is told
 * @ctx: for @read
 * @lie_pa: of this descriptor the walker is told @lie; 0: of none
 * @lie: what it is told
 * @path: physical addresses of the last descriptors read, the leaf's first
 * @result: of the last check
 */
struct judge {
	struct shadow_mm *mm;
	struct shadow_page *page;
	struct shadow_block block;
	u32 used;
	struct shadow_pgtable pgt;
	struct shadow_event_log events;
	struct shadow_fault fault;
	int (*read)(void *ctx, phys_addr_t pa, u64 *desc);
	void *ctx;
	phys_addr_t lie_pa;
	u64 lie;
	phys_addr_t path[2];
	struct shadow_mmu_result result;
};

static int take_table(void *ctx, phys_addr_t *pa)
{
	struct judge *judge = ctx;
	unsigned int i;

	for (i = 0; i < NR_FRAMES - NR_TARGETS; i++) {
		if (judge->used & BIT(i))
			continue;
		judge->used |= BIT(i);
		*pa = judge->block.base + ((u64)i << judge->mm->geo.page_shift);
		return 0;
	}
	return -ENOMEM;
}

static void give_table(void *ctx, phys_addr_t pa)
{
	struct judge *judge = ctx;

	judge->used &= ~BIT((pa - judge->block.base) >> judge->mm->geo.page_shift);
}

static const struct shadow_pgtable_ops table_ops = {
	.alloc_table = take_table,
	.free_table = give_table,
};

static int read_told(void *ctx, phys_addr_t pa, u64 *desc)
{
	struct judge *judge = ctx;
	int err = judge->read(judge->ctx, pa, desc);

	judge->path[1] = judge->path[0];
	judge->path[0] = pa;
	if (pa == judge->lie_pa)
		*desc = judge->lie;
	return err;
}

static u64 va_of(const struct judge *judge, unsigned int target)
{
	return FIRST_VA + ((u64)target << judge->mm->geo.page_shift);
}

/* The frame of a target; its words hold where they are. */
static u64 *frame_of(const struct judge *judge, unsigned int target, u64 *pa)
{
	*pa = judge->block.base + ((u64)(NR_FRAMES - NR_TARGETS + target) <<
				   judge->mm->geo.page_shift);
	return judge->block.virt + (*pa - judge->block.base);
}

/* Bits without which an address leads to the same memory of the same type */
#define FLIP_RIGHTS \
	(SHADOW_ATTR_USER | SHADOW_ATTR_RDONLY | SHADOW_ATTR_SH | \
	 SHADOW_TABLE_RDONLY | SHADOW_TABLE_NO_EL0)

/* The CPU's and the walker's word on one page; negative: it was not asked. */
static int ask(struct judge *judge, unsigned int target,
	       const struct shadow_block *block)
{
	struct shadow_walker walker;
	u64 va = va_of(judge, target) + 0x128;
	int err;

	shadow_pgtable_walker(&judge->pgt, &walker);
	judge->read = walker.read;
	judge->ctx = walker.ctx;
	walker.read = read_told;
	walker.ctx = judge;
	memset(&judge->result, 0, sizeof(judge->result));
	err = shadow_mmu_check_list(&walker, &va, 1, block, &judge->result);
	if (err)
		return err;
	if (!judge->result.checked) {
		pr_info("MMU not asked: %s\n", judge->result.reason);
		return -EOPNOTSUPP;
	}
	return judge->result.mismatch > 0;
}

static unsigned int nr_loads(const struct judge *judge)
{
	return judge->result.kind[SHADOW_MMU_LDR].asked +
	       judge->result.kind[SHADOW_MMU_LDTR].asked;
}

/* Unchanged, all agree, and what is memory is loaded. */
static int expect_agreement(struct judge *judge, unsigned int target)
{
	unsigned int kind = target == 2 ? SHADOW_MMU_LDTR : SHADOW_MMU_LDR;
	unsigned int wanted = target == 3 ? 0 : 1;
	int got = ask(judge, target, &judge->block);

	if (got < 0)
		return got;
	if (!got && nr_loads(judge) == wanted &&
	    judge->result.kind[kind].agree == wanted)
		return 0;
	pr_err("MMU %s: as it is: %u loads, %s\n", targets[target].name,
	       nr_loads(judge), judge->result.reason);
	return 1;
}

/*
 * One bit in one page's way down. Where that leads elsewhere, or to what is no
 * memory, nothing may have been loaded.
 */
static int try_flip(struct judge *judge, const struct flip *flip,
		    unsigned int target)
{
	phys_addr_t pa;
	u64 *desc;
	int got;

	got = expect_agreement(judge, target);
	if (got)
		return got;
	pa = judge->path[flip->up];
	desc = judge->block.virt + (pa - judge->block.base);
	judge->lie = *desc;
	judge->lie_pa = pa;
	WRITE_ONCE(*desc, judge->lie ^ flip->mask);
	got = ask(judge, target, &judge->block);
	WRITE_ONCE(*desc, judge->lie);
	judge->lie_pa = 0;
	if (got < 0)
		return got;
	if (got != flip->seen ||
	    (got && !(flip->mask & FLIP_RIGHTS) && nr_loads(judge))) {
		pr_err("MMU %s: %s: %s\n", targets[target].name, flip->name,
		       got ? judge->result.reason : "not noticed");
		return 1;
	}
	pr_info("MMU %s: %s: %s\n", targets[target].name, flip->name,
		got ? judge->result.reason : "not visible to AT or a load");
	return 0;
}

/* The host is told of another frame's words than those that are mapped. */
static int try_contents(struct judge *judge, unsigned int target)
{
	struct shadow_block other = judge->block;
	int got;

	other.virt = (char *)other.virt + sizeof(u64);
	got = ask(judge, target, &other);
	if (got < 0)
		return got;
	pr_info("MMU %s: other contents: %s\n", targets[target].name,
		got ? judge->result.reason : "not noticed");
	return got ? 0 : 1;
}

static int try_all(struct judge *judge)
{
	unsigned int i, target, nr = 0;
	int errors = 0, got;

	for (i = 0; i < ARRAY_SIZE(flips); i++) {
		if (flips[i].without_ds && judge->mm->geo.lpa2)
			continue;
		for (target = 0; target < NR_TARGETS; target++) {
			if (flips[i].target != NR_TARGETS &&
			    flips[i].target != target)
				continue;
			got = try_flip(judge, &flips[i], target);
			if (got < 0)
				return got;
			errors += got;
			nr++;
		}
	}
	for (target = 0; target < 3; target++, nr++) {
		got = try_contents(judge, target);
		if (got < 0)
			return got;
		errors += got;
	}
	pr_info("MMU flips=%u errors=%d\n", nr, errors);
	return errors ? -EUCLEAN : 0;
}

static int map_targets(struct judge *judge)
{
	u64 page_bytes = 1ULL << judge->mm->geo.page_shift, i, pa;
	unsigned int target;
	u64 *word;
	int err;

	for (target = 0; target < NR_TARGETS; target++) {
		word = frame_of(judge, target, &pa);
		for (i = 0; i < page_bytes / sizeof(u64); i++)
			word[i] = pa + i * sizeof(u64);
		err = shadow_pgtable_map(&judge->pgt, va_of(judge, target), pa,
					 page_bytes, targets[target].prot,
					 SHADOW_MAP_NO_BLOCK | SHADOW_MAP_NO_CONT |
					 SHADOW_MAP_FORCE);
		if (err)
			return err;
	}
	return 0;
}

/**
 * bench_mmu_flips() - seeded bugs in descriptors, and what the CPU makes of them
 * @mm: the machine
 *
 * Context: process, may sleep.
 * Return: 0; -EUCLEAN if one was not noticed, or one that cannot be was;
 * -EOPNOTSUPP where the CPU cannot be asked, -ENOMEM.
 */
int bench_mmu_flips(struct shadow_mm *mm)
{
	struct judge *judge = kzalloc(sizeof(*judge), GFP_KERNEL);
	int err = -ENOMEM;

	if (!judge)
		return err;
	/* Zeroes are an event log and a fault that say nothing. */
	judge->mm = mm;
	if (mm->block.backing) {
		err = -EOPNOTSUPP;
		goto free_judge;
	}
	judge->page = shadow_alloc_pages(&mm->nodes, SHADOW_GFP_KERNEL, FRAMES_ORDER);
	if (!judge->page)
		goto free_judge;
	judge->block.virt = shadow_page_address(&mm->nodes, judge->page);
	judge->block.base = mm->block.base + (judge->block.virt - mm->block.virt);
	judge->block.bytes = (u64)NR_FRAMES << mm->geo.page_shift;
	memset(judge->block.virt, 0, judge->block.bytes);
	err = shadow_pgtable_init(&judge->pgt, &mm->geo, false, &judge->block,
				  &judge->events, &judge->fault, &table_ops, judge);
	if (err)
		goto free_page;
	err = map_targets(judge);
	if (!err)
		err = try_all(judge);
	shadow_pgtable_fini(&judge->pgt);
free_page:
	shadow_free_pages(&mm->nodes, judge->page, FRAMES_ORDER);
free_judge:
	kfree(judge);
	return err;
}
