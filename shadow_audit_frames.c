// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_audit_frames - frames in use against the layers that own them: each
 * slab is a cache's, each frame of vmalloc is an area's, and what memblock has
 * kept is what the memmap calls reserved.
 *
 * A layer tells its page whose it is after it has got it, and forgets it before
 * it gives it back. So what looks wrong may be on its way, and is looked at
 * again until it has been the same, word for word, for longer than anybody
 * takes who is on his way; with a ring, while nobody is.
 */
#include <linux/sched.h>

#include "shadow_audit.h"
#include "shadow_boot.h"
#include "shadow_compound.h"
#include "shadow_ring.h"
#include "shadow_slab_engine.h"
#include "shadow_vmalloc_room.h"

/* Looks, at least: where the host's clock stands still they are all there is */
#define MIN_LOOKS	1000U

/* Whose this frame is not; NULL: nothing is wrong */
typedef const char *(*look_t)(struct shadow_mm *mm, const struct shadow_page *page);

static bool is_owned(const struct shadow_page *page, unsigned int owner)
{
	const u32 mask = SHADOW_PF_STATE_MASK | SHADOW_PF_OWNER_MASK;

	return (READ_ONCE(page->flags) & mask) ==
	       SHADOW_PF(SHADOW_PAGE_ALLOCATED, 0, owner, 0);
}

static const char *look_slab(struct shadow_mm *mm, const struct shadow_page *page)
{
	/* Caches of the engine that shares its slabs have none of their own */
	if (mm->slab.engine->kmalloc || shadow_slab_waits(page) ||
	    shadow_slab_cache_of(&mm->slab, page))
		return NULL;
	return "a slab of no cache";
}

/* The first frame of a block of an area, which its list leads to */
static const char *look_vmalloc(struct shadow_mm *mm, const struct shadow_page *page)
{
	struct shadow_vmalloc *vm = &mm->vmalloc;
	struct shadow_vmap_area *area;
	const char *wrong = NULL;
	unsigned long flags;

	raw_spin_lock_irqsave(&vm->lock, flags);
	area = shadow_vmap_tree_peek(&vm->tree, READ_ONCE(page->private[0]));
	if (!area || !(area->flags & (SHADOW_VMAP_ALLOC | SHADOW_VMAP_MAP)))
		wrong = "owned by vmalloc, but in no area";
	else if (area->flags & SHADOW_VMAP_ALLOC &&
		 READ_ONCE(page->private[1]) >= area->nr_pages)
		wrong = "owned by vmalloc, beyond the end of its area";
	raw_spin_unlock_irqrestore(&vm->lock, flags);
	return wrong;
}

/* What a frame says of itself, in one word: it changes when somebody is at it */
static u64 words(const struct shadow_page *page)
{
	return READ_ONCE(page->private[0]) * 31 + READ_ONCE(page->private[1]);
}

/* Nobody is inside of an operation while the ring's lock is held */
static const char *look_alone(struct shadow_mm *mm, const struct shadow_page *page,
			      unsigned int owner, look_t look)
{
	const char *wrong;
	struct shadow_op op;

	shadow_op_begin(&op, &mm->events);
	wrong = is_owned(page, owner) ? look(mm, page) : NULL;
	shadow_op_drop(&op);
	return wrong;
}

/* Has it been the same for so long that nobody is on his way? */
static const char *look_again(struct shadow_mm *mm, const struct shadow_page *page,
			      unsigned int owner, look_t look)
{
	u64 start_ns = mm->host->now(), now_ns = start_ns, was = words(page);
	unsigned int i;
	const char *wrong;

	for (i = 0;; i++) {
		wrong = is_owned(page, owner) ? look(mm, page) : NULL;
		if (!wrong || words(page) != was)
			break;
		if (i >= MIN_LOOKS && (now_ns == start_ns ||
				       now_ns - start_ns > SHADOW_AUDIT_PATIENCE_NS))
			break;
		cond_resched();
		now_ns = mm->host->now();
	}
	/* Others had it meanwhile: whoever has it now has just got it */
	return words(page) == was ? wrong : NULL;
}

static int ask_frame(struct shadow_mm *mm, const struct shadow_page *page,
		     unsigned int owner, look_t look, struct shadow_fault *fault)
{
	const char *wrong;

	if (likely(!look(mm, page)))
		return 0;
	wrong = mm->events.ring ? look_alone(mm, page, owner, look) :
				  look_again(mm, page, owner, look);
	if (!wrong)
		return 0;
	return shadow_fault_raise(fault,
		"frames: pfn %#llx is %s: private %#llx %#llx, flags %#x",
		shadow_page_to_pfn(&mm->nodes, page), wrong, page->private[0],
		page->private[1], page->flags);
}

static int ask_owner(struct shadow_mm *mm, const struct shadow_page *page,
		     struct shadow_fault *fault)
{
	if (is_owned(page, SHADOW_OWNER_SLAB))
		return ask_frame(mm, page, SHADOW_OWNER_SLAB, look_slab, fault);
	if (is_owned(page, SHADOW_OWNER_VMALLOC))
		return ask_frame(mm, page, SHADOW_OWNER_VMALLOC, look_vmalloc,
				 fault);
	return 0;
}

/* What the buddy was given says nothing of having been kept */
static int ask_free(struct shadow_mm *mm, phys_addr_t start, phys_addr_t end,
		    struct shadow_fault *fault)
{
	u64 mask = (1ULL << mm->cfg.page_shift) - 1, pfn;
	const struct shadow_page *page;

	for (pfn = (start + mask) >> mm->cfg.page_shift;
	     pfn < end >> mm->cfg.page_shift; pfn++) {
		page = shadow_pfn_to_page(&mm->nodes, pfn);
		if (unlikely(page && shadow_page_state(page) == SHADOW_PAGE_RESERVED))
			return shadow_fault_raise(fault,
				"frames: pfn %#llx is reserved in the memmap (flags %#x), memblock has it free in [%#llx-%#llx]",
				pfn, page->flags, (u64)start, (u64)end - 1);
	}
	return 0;
}

static int ask_memblock(struct shadow_mm *mm, struct shadow_fault *fault)
{
	phys_addr_t start, end;
	u64 i;
	int err;

	/* The older allocator's bitmaps are gone: nobody remembers */
	if (mm->early.ops != &shadow_early_memblock)
		return 0;
	shadow_for_each_free_mem_range(&mm->memblock, i, SHADOW_NUMA_NO_NODE,
				       SHADOW_MEMBLOCK_NONE, &start, &end, NULL) {
		err = ask_free(mm, start, end, fault);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

/**
 * shadow_audit_frames() - frames in use against their owners
 * @mm: the machine, vmalloc_init complete
 * @fault: filled with the first thing that is wrong
 *
 * Each slab names a cache that there is, each frame of vmalloc an area that
 * there is and a place in it; no frame is reserved that memblock had free when
 * the buddy took over.
 *
 * Context: process context; takes vmalloc's lock for a moment each.
 * Return: 0, or -EUCLEAN.
 */
int shadow_audit_frames(struct shadow_mm *mm, struct shadow_fault *fault)
{
	const struct shadow_memmap *memmap = &mm->nodes.memmap;
	unsigned int nr;
	u32 index, end;
	int err = 0;

	for (nr = 0; nr < memmap->nr_banks && !err; nr++) {
		index = memmap->bank[nr].first;
		end = shadow_bank_end(&memmap->bank[nr]);
		for (; index < end && !err; index++)
			err = ask_owner(mm, &memmap->pages[index], fault);
		cond_resched();
	}
	return err ? : ask_memblock(mm, fault);
}
