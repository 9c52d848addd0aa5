// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_break_table - damage to translation tables, and to what a TLB knows of
 * them. See shadow_break.h.
 */
#include "shadow_boot.h"
#include "shadow_break_room.h"

#define TRIES	256	/* random pages, of which some may not be mapped */

static struct shadow_pgtable *tables_of(struct shadow_mm *mm, u64 va)
{
	if (va & BIT_ULL(55))
		return &mm->swapper;
	return mm->user.root_table ? &mm->user : &mm->idmap;
}

/* A page of the block by its address in the linear map */
static u64 random_va(const struct shadow_break *b, unsigned int try)
{
	const struct shadow_mm *mm = b->mm;
	u64 nr = mm->nodes.memmap.end_pfn - mm->nodes.memmap.start_pfn;
	u64 pfn;

	if (!nr)
		return shadow_layout_pa_to_va(&mm->layout, mm->block.base);
	pfn = mm->nodes.memmap.start_pfn + ((b->rnd >> 16) + try * 977) % nr;
	return shadow_layout_pa_to_va(&mm->layout, pfn << mm->cfg.page_shift);
}

/* Down to a leaf; false: nothing is mapped there */
static bool reach(struct shadow_mm *mm, u64 va, struct shadow_walk *walk)
{
	struct shadow_walker walker;

	shadow_pgtable_walker(tables_of(mm, va), &walker);
	shadow_walk(&walker, va, walk);
	return walk->leaf_shift && walk->nr_steps && !walk->identity;
}

/* The address that is named, or one of the linear map */
static int find_leaf(struct shadow_break *b, u64 *va, struct shadow_walk *walk)
{
	unsigned int try;

	*va = b->ask->where;
	if (b->ask->given && reach(b->mm, *va, walk))
		return 0;
	if (b->ask->given)
		return shadow_break_refuse(b, -EINVAL,
			"VA %#llx: allowed: an address that is mapped; page_tables lists them",
					   *va);
	for (try = 0; try < TRIES; try++) {
		*va = random_va(b, try);
		if (reach(b->mm, *va, walk))
			return 0;
	}
	return shadow_break_refuse(b, -ENOENT, "nothing is mapped; first: step paging_init");
}

/* Writes a descriptor as nobody should: nothing else is told */
static int overwrite(struct shadow_break *b, u64 va,
		     const struct shadow_walk_step *step, u64 value,
		     const char *what)
{
	struct shadow_pgtable *pgt = tables_of(b->mm, va);
	u64 *desc = shadow_block_contents(&b->mm->block, step->desc_pa, sizeof(*desc));
	unsigned long irq;

	if (!desc)
		return shadow_break_refuse(b, -EINVAL, "VA %#llx: its table has no contents",
					   va);
	raw_spin_lock_irqsave(&pgt->lock, irq);
	WRITE_ONCE(*desc, value);
	raw_spin_unlock_irqrestore(&pgt->lock, irq);
	return shadow_break_did(b, "%s of va %#llx, level %d: %#llx -> %#llx", what,
				va, step->level, step->desc, value);
}

/**
 * shadow_break_desc_bit() - a bit of a leaf is turned
 * @b: the damage
 *
 * Context: takes the tables' lock.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_desc_bit(struct shadow_break *b)
{
	unsigned int bit = b->ask->given_bit ? b->ask->bit : __ffs(SHADOW_ATTR_AF);
	const struct shadow_walk_step *step;
	struct shadow_walk walk;
	u64 va;
	int err = find_leaf(b, &va, &walk);

	if (err)
		return err;
	step = &walk.step[walk.nr_steps - 1];
	return overwrite(b, va, step, step->desc ^ BIT_ULL(bit), "descriptor");
}

/**
 * shadow_break_desc_lost() - a leaf is gone, and the table counts it still
 * @b: the damage
 *
 * Context: takes the tables' lock.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_desc_lost(struct shadow_break *b)
{
	struct shadow_walk walk;
	u64 va;
	int err = find_leaf(b, &va, &walk);

	return err ? err : overwrite(b, va, &walk.step[walk.nr_steps - 1], 0,
				     "descriptor");
}

/* A granule's address that is not in the block */
static phys_addr_t outside(const struct shadow_mm *mm)
{
	phys_addr_t end = ALIGN(mm->block.base + mm->block.bytes,
				1ULL << mm->geo.page_shift);

	return end >> mm->geo.pa_bits ? mm->block.base / 2 &
					~0ULL << mm->geo.page_shift : end;
}

/**
 * shadow_break_desc_outside() - the way to a leaf leads out of the block
 * @b: the damage
 *
 * Context: takes the tables' lock.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_desc_outside(struct shadow_break *b)
{
	const struct shadow_geometry *geo = &b->mm->geo;
	const struct shadow_walk_step *step;
	struct shadow_walk walk;
	u64 va;
	int err = find_leaf(b, &va, &walk);

	if (err)
		return err;
	if (walk.nr_steps < 2)
		return shadow_break_refuse(b, -ENOENT,
			"VA %#llx: no table lies above its descriptor",
					   va);
	step = &walk.step[walk.nr_steps - 2];
	return overwrite(b, va, step, (step->desc & ~(geo->oa_low | geo->oa_high)) |
				      shadow_desc_from_oa(geo, outside(b->mm)),
			 "table descriptor");
}

/**
 * shadow_break_stale_tlb() - a page's protection changes, the TLB is not told
 * @b: the damage
 *
 * With tlbi=stale every invalidation is left out; here what that does can be
 * seen at once: the page is used, so that the TLB has it, and then protected.
 *
 * Context: takes the tables' lock.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_stale_tlb(struct shadow_break *b)
{
	struct shadow_mm *mm = b->mm;
	u64 page = 1ULL << mm->geo.page_shift, va, prot;
	struct shadow_walker walker;
	struct shadow_walk walk;
	int err;

	if (!mm->soft_tlb)
		return shadow_break_refuse(b, -EPERM,
					   "with tlbi=on no invalidation is left out: allowed: in a machine with tlbi=stale");
	err = find_leaf(b, &va, &walk);
	if (err)
		return err;
	if (!(va & BIT_ULL(55)))
		return shadow_break_refuse(b, -EINVAL, "VA %#llx: allowed: of the kernel's half",
					   va);
	va &= ~(page - 1);
	shadow_pgtable_walker(&mm->swapper, &walker);
	shadow_soft_tlb_touch(mm->soft_tlb, &walker, shadow_regs_asid(&mm->regs), va);
	prot = walk.attrs & SHADOW_ATTR_RDONLY ? SHADOW_PAGE_KERNEL :
						 SHADOW_PAGE_KERNEL_RO;
	err = shadow_pgtable_protect(&mm->swapper, va, page, prot, 0);
	if (err)
		return shadow_break_refuse(b, err, "VA %#llx: its protection cannot be changed",
					   va);
	b->va = va;
	return shadow_break_did(b, "va %#llx is %s now, no tlbi followed", va,
				prot == SHADOW_PAGE_KERNEL ? "writable" : "read-only");
}
