// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_pgtable_protect - what is mapped gets other attributes.
 */
#include "shadow_latency.h"
#include "shadow_pgtable_run.h"
#include "shadow_ring.h"

/*
 * Neighbours that change in the same way: their values go up by their size.
 * Attributes differ, or the address does not follow: then it ends.
 */
static unsigned int same_run(const struct shadow_pgtable_run *run,
			     unsigned int from)
{
	const u64 *entry = run->path.entry[run->path.level + 1];
	unsigned int i = from + 1;

	while (i < run->nr && entry[i] == entry[i - 1] + (1ULL << run->shift))
		i++;
	return i - from;
}

/*
 * What may change while a TLB holds the old leaf: permissions, access flag,
 * software's bits. A group must not differ in itself, not for a moment.
 */
static bool needs_break(u64 old, u64 new)
{
	const u64 harmless = SHADOW_ATTR_USER | SHADOW_ATTR_RDONLY |
			     SHADOW_ATTR_AF | SHADOW_ATTR_DBM | SHADOW_PTE_XN |
			     SHADOW_ATTR_SW;

	return (old ^ new) & ~harmless || old & SHADOW_ATTR_CONT;
}

static void protect_run(struct shadow_pgtable *pgt,
			const struct shadow_pgtable_run *run, u64 va, u64 attrs)
{
	u64 keep = ~(SHADOW_PROT_MASK & pgt->geo.attr_mask);
	struct shadow_pgtable_span span = { .level = run->path.level };
	u64 *entry = run->path.entry[span.level + 1];
	unsigned int i;

	span.va = va & ~0ULL << run->shift;
	span.pa = shadow_pgtable_desc_pa(pgt, &run->path, va);
	for (i = 0; i < run->nr; i += span.nr) {
		u64 old = entry[i], new = (old & keep) | attrs;

		span.entry = &entry[i];
		span.nr = same_run(run, i);
		if (old != new)
			shadow_pgtable_rewrite(pgt, &span, new,
					       needs_break(old, new));
		span.va += (u64)span.nr << run->shift;
		span.pa += span.nr * sizeof(u64);
	}
}

static int protect_range(struct shadow_pgtable *pgt, u64 va, u64 bytes,
			 u64 attrs)
{
	u64 at = va, left = bytes, done;
	struct shadow_pgtable_run run;

	for (; left; at += done, left -= done) {
		int err = shadow_pgtable_find_run(pgt, at, left, &run);

		if (err)
			return err;
		protect_run(pgt, &run, at, attrs);
		done = shadow_pgtable_run_bytes(&run, at, left);
	}
	return shadow_pgtable_refold(pgt, va, bytes);
}

static __always_inline int
protect_now(struct shadow_pgtable *pgt, u64 va, u64 bytes,
	    u64 prot, unsigned int flags)
{
	unsigned long irq;
	struct shadow_pgtable_run run;
	bool only;
	int err = shadow_pgtable_check_range(pgt, va, 0, bytes);

	if (err)
		return err;
	if (flags & ~SHADOW_MAP_FORCE)
		return -EINVAL;
	err = shadow_prot_check(prot, flags & SHADOW_MAP_FORCE);
	if (err)
		return err;
	raw_spin_lock_irqsave(&pgt->lock, irq);
	err = shadow_pgtable_prepare(pgt, va, bytes, &run, &only);
	if (!err)
		err = protect_range(pgt, va, bytes, prot & pgt->geo.attr_mask);
	raw_spin_unlock_irqrestore(&pgt->lock, irq);
	return err;
}

static noinline int protect_measured(struct shadow_pgtable *pgt, u64 va, u64 bytes,
				     u64 prot, unsigned int flags)
{
	struct shadow_latency_mark mark;
	int err;

	shadow_latency_begin(&mark, pgt->events, SHADOW_LATENCY_PROTECT);
	err = protect_now(pgt, va, bytes, prot, flags);
	shadow_latency_end(&mark, err);
	return err;
}

static int protect_all(struct shadow_pgtable *pgt, u64 va, u64 bytes,
		       u64 prot, unsigned int flags)
{
	if (shadow_latency_on())
		return protect_measured(pgt, va, bytes, prot, flags);
	return protect_now(pgt, va, bytes, prot, flags);
}

/**
 * shadow_pgtable_protect() - change the protection of a range
 * @pgt: the tables
 * @va: first address, page aligned
 * @bytes: length, a multiple of the page size
 * @prot: the new protection
 * @flags: SHADOW_MAP_FORCE or 0
 *
 * What changes more than permissions, and what is in a contiguous group, is
 * broken before it is made. Leaves that have become alike grow together. Follows
 * update_mapping_prot() of arch/arm64/mm/mmu.c.
 *
 * Context: any; takes the lock, does not sleep.
 * Return: 0, or the errors of shadow_pgtable_unmap() and -EPERM; then the
 * tables are as before.
 */
int shadow_pgtable_protect(struct shadow_pgtable *pgt, u64 va, u64 bytes,
			   u64 prot, unsigned int flags)
{
	struct shadow_op op;
	int err;

	shadow_op_begin_as(&op, pgt->events, SHADOW_EV_PROTECT);
	err = protect_all(pgt, va, bytes, prot, flags);
	if (!err)
		shadow_event(pgt->events, SHADOW_EV_PROTECT, bytes >> pgt->geo.page_shift,
			     va, bytes >> pgt->geo.page_shift, prot, flags);
	shadow_op_end(&op, SHADOW_OP_PROTECT, err, pgt->root | flags, va, bytes,
		      prot);
	return err;
}
