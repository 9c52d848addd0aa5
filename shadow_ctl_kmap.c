// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ctl_kmap - what kmap and kunmap of the ctl language do to a machine.
 * See shadow_ctl_run.h.
 *
 * Both are about frames: one that pfn= names, or the first one of each block
 * that an id stands for. With cpu= they are kmap_local (kmap_atomic), which is a
 * stack: frames are mapped in their order and unmapped in reverse.
 */
#include "shadow_compound.h"
#include "shadow_ctl_run.h"
#include "shadow_ctl_verb.h"
#include "shadow_mm.h"
#include "shadow_page_call.h"

/**
 * struct frames - what a command is about
 * @handle: the id's; NULL: one frame, @pfn
 * @pfn: of pfn=
 * @nr: how many
 */
struct frames {
	const struct shadow_ctl_handle *handle;
	u64 pfn;
	u32 nr;
};

static const char *verb_name(const struct shadow_ctl_cmd *cmd)
{
	return shadow_ctl_verbs[cmd->verb].name;
}

static bool on_cpu(const struct shadow_ctl_cmd *cmd)
{
	return cmd->keys & BIT(SHADOW_CTL_KEY_CPU);
}

static u64 frame_pfn(const struct frames *frames, u32 nr)
{
	return frames->handle ? shadow_ctl_thing(frames->handle, nr) :
				frames->pfn;
}

static struct shadow_page *frame_page(struct shadow_ctl *ctl,
				      const struct frames *frames, u32 nr)
{
	return shadow_pfn_to_page(&ctl->mm->nodes, frame_pfn(frames, nr));
}

/* Address in the linear map; 0: it is HIGHMEM */
static u64 linear_va(struct shadow_ctl *ctl, const struct frames *frames, u32 nr)
{
	return shadow_page_to_va(&ctl->mm->nodes, frame_page(ctl, frames, nr));
}

static u32 nr_highmem(struct shadow_ctl *ctl, const struct frames *frames)
{
	u32 i, nr = 0;

	for (i = 0; i < frames->nr; i++)
		nr += !linear_va(ctl, frames, i);
	return nr;
}

/* ------------------------------------------------------- what is refused -- */

/* What a frame is that is not in use; NULL: it is */
static const char *not_in_use(const struct shadow_page *head)
{
	switch (head ? shadow_page_state(head) : SHADOW_PAGE_NONE) {
	case SHADOW_PAGE_ALLOCATED:
		return NULL;
	case SHADOW_PAGE_BUDDY:
	case SHADOW_PAGE_PCP:
		return "is free";
	case SHADOW_PAGE_HOLE:
		return "has no memory";
	case SHADOW_PAGE_RESERVED:
		return "was never handed to the buddy";
	case SHADOW_PAGE_DEVICE:
		return "is a device's";
	default:
		return "is part of no block";
	}
}

static int check_frame(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		       u64 pfn)
{
	struct shadow_nodes *nodes = &ctl->mm->nodes;
	struct shadow_page *page = shadow_pfn_to_page(nodes, pfn);
	struct shadow_page *head;
	const char *what;

	if (!page)
		return shadow_ctl_fail(ctl, -EINVAL,
				       "%s: pfn %#llx: allowed: frames of the machine, %#llx to %#llx",
				       verb_name(cmd), pfn, nodes->memmap.start_pfn,
				       nodes->memmap.end_pfn - 1);
	/* A mapping that is left may be that of a frame whose block is gone */
	if (cmd->verb == SHADOW_CTL_KUNMAP)
		return 0;
	head = shadow_block_head(nodes, page);
	what = not_in_use(head);
	if (what)
		return shadow_ctl_fail(ctl, -EINVAL,
				       "%s: pfn %#llx %s: allowed: a frame in use",
				       verb_name(cmd), pfn, what);
	if (head == page || shadow_page_compound(head) ||
	    shadow_page_to_va(nodes, page))
		return 0;
	return shadow_ctl_fail(ctl, -EINVAL,
			       "%s: pfn %#llx is a further frame of the block at %#llx, which cannot be held by it: allowed: the first one, or a block with gfp=COMP",
			       verb_name(cmd), pfn, shadow_page_to_pfn(nodes, head));
}

static int find_frames(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		       struct frames *frames)
{
	int err = shadow_ctl_check_gfp(ctl, cmd);
	u32 i;

	if (err)
		return err;
	frames->handle = NULL;
	frames->pfn = cmd->pfn;
	frames->nr = 1;
	if (!(cmd->keys & BIT(SHADOW_CTL_KEY_PFN))) {
		frames->handle = shadow_ctl_named(ctl, cmd, SHADOW_CTL_PAGES);
		if (IS_ERR(frames->handle))
			return PTR_ERR(frames->handle);
		frames->nr = frames->handle->left;
	}
	if (shadow_fault_frozen(&ctl->mm->fault))
		return shadow_ctl_frozen(ctl);
	for (i = 0; i < frames->nr && !err; i++)
		err = check_frame(ctl, cmd, frame_pfn(frames, i));
	return err;
}

/* ------------------------------------------------------------------ kmap -- */

static int map_failed(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		      u64 pfn, int err)
{
	if (err == -EUCLEAN)
		return shadow_ctl_frozen(ctl);
	if (err == -ENOSPC && on_cpu(cmd))
		return shadow_ctl_fail(ctl, err,
				       "kmap: pfn %#llx: all %d slots of CPU %u are in use: allowed: kunmap with cpu=%u first",
				       pfn, SHADOW_KM_MAX_IDX, cmd->cpu, cmd->cpu);
	if (err == -ENOSPC)
		return shadow_ctl_fail(ctl, err,
				       "kmap: pfn %#llx: each of the %u slots has users, the kernel would sleep until one is free: allowed: kunmap first",
				       pfn, ctl->mm->kmap.nr_slots);
	return shadow_ctl_fail(ctl, err, "kmap: pfn %#llx: the machine refused it",
			       pfn);
}

static int map_frame(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		     struct shadow_page *page, u64 *va)
{
	struct shadow_kmap *kmap = &ctl->mm->kmap;

	return on_cpu(cmd) ? shadow_kmap_local(kmap, cmd->cpu, page, va) :
			     shadow_kmap(kmap, page, va);
}

/* The newest mapping of a CPU; its stack is not empty */
static u64 top_va(const struct shadow_kmap *kmap, unsigned int cpu)
{
	return shadow_kmap_local_va(kmap, cpu, kmap->cpu[cpu].depth - 1);
}

static int unmap_frame(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		       struct shadow_page *page)
{
	struct shadow_kmap *kmap = &ctl->mm->kmap;

	if (!on_cpu(cmd) || shadow_page_to_va(kmap->nodes, page))
		return shadow_kunmap(kmap, page);
	return shadow_kunmap_local(kmap, cmd->cpu, top_va(kmap, cmd->cpu));
}

/* Users of a frame's slot; 0: it has none */
static u32 nr_users(struct shadow_ctl *ctl, u64 va)
{
	const struct shadow_kmap *kmap = &ctl->mm->kmap;
	u64 nr = (va - kmap->pkmap_start) >> kmap->pgt->geo.page_shift;

	return va && kmap->slot[nr].count ? kmap->slot[nr].count - 1 : 0;
}

static int say_mapped(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		      const struct frames *frames, u64 va)
{
	u32 high = nr_highmem(ctl, frames);
	u64 pfn = frame_pfn(frames, 0);

	if (frames->nr > 1)
		return shadow_ctl_done(ctl,
				       "%u frames, the first at va %#llx: %u are HIGHMEM and were mapped",
				       frames->nr, va, high);
	if (!high)
		return shadow_ctl_done(ctl,
				       "pfn %#llx is not HIGHMEM: va %#llx of the linear map shows it, nothing was mapped",
				       pfn, va);
	if (on_cpu(cmd))
		return shadow_ctl_done(ctl, "pfn %#llx at va %#llx: mapping %u of CPU %u",
				       pfn, va, ctl->mm->kmap.cpu[cmd->cpu].depth,
				       cmd->cpu);
	return shadow_ctl_done(ctl, "pfn %#llx at va %#llx: users %u", pfn, va,
			       nr_users(ctl, va));
}

/**
 * shadow_ctl_kmap() - kmap ID or pfn=PFN
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex.
 * Return: 0, -ENOENT, -EINVAL, -ENOSPC, -EOVERFLOW, -EUCLEAN.
 */
int shadow_ctl_kmap(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	struct frames frames;
	u64 va, first = 0;
	int err = find_frames(ctl, cmd, &frames);
	u32 i;

	if (err)
		return err;
	for (i = 0; i < frames.nr; i++) {
		err = map_frame(ctl, cmd, frame_page(ctl, &frames, i), &va);
		if (err)
			break;
		first = i ? first : va;
	}
	if (!err)
		return say_mapped(ctl, cmd, &frames, first);
	err = map_failed(ctl, cmd, frame_pfn(&frames, i), err);
	while (i-- > 0)
		if (unmap_frame(ctl, cmd, frame_page(ctl, &frames, i)))
			return shadow_ctl_frozen(ctl);
	return err;
}

/* ---------------------------------------------------------------- kunmap -- */

static int not_mapped(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		      u64 pfn)
{
	if (on_cpu(cmd))
		return shadow_ctl_fail(ctl, -ENOENT,
				       "kunmap: CPU %u has not mapped pfn %#llx: allowed: what kmap with cpu=%u has",
				       cmd->cpu, pfn, cmd->cpu);
	return shadow_ctl_fail(ctl, -ENOENT,
			       "kunmap: pfn %#llx has no users: allowed: what kmap has mapped",
			       pfn);
}

/* Is there a mapping for each of the frames? */
static int check_users(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		       const struct frames *frames)
{
	u32 i;

	for (i = 0; i < frames->nr; i++) {
		struct shadow_page *page = frame_page(ctl, frames, i);

		if (!linear_va(ctl, frames, i) &&
		    !nr_users(ctl, shadow_kmap_address(&ctl->mm->kmap, page)))
			return not_mapped(ctl, cmd, frame_pfn(frames, i));
	}
	return 0;
}

static int not_on_top(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		      u64 pfn, u32 depth)
{
	const u64 *stack = ctl->mm->kmap.cpu[cmd->cpu].pfn;
	u32 i;

	for (i = 0; i < depth; i++)
		if (stack[i] == pfn)
			return shadow_ctl_fail(ctl, -EBUSY,
					       "kunmap: CPU %u has mapped others after pfn %#llx: allowed: pfn %#llx first",
					       cmd->cpu, pfn, stack[depth - 1]);
	return not_mapped(ctl, cmd, pfn);
}

/* Are the frames the CPU's newest mappings, the last one on top? */
static int check_stack(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		       const struct frames *frames)
{
	const struct shadow_kmap *kmap = &ctl->mm->kmap;
	u32 i = frames->nr, depth = kmap->cpu ? kmap->cpu[cmd->cpu].depth : 0;
	u64 pfn;

	while (i-- > 0) {
		pfn = frame_pfn(frames, i);
		if (linear_va(ctl, frames, i))
			continue;
		if (!depth || kmap->cpu[cmd->cpu].pfn[depth - 1] != pfn)
			return not_on_top(ctl, cmd, pfn, depth);
		depth--;
	}
	return 0;
}

static int say_unmapped(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
			const struct frames *frames)
{
	u32 high = nr_highmem(ctl, frames), users;
	u64 pfn = frame_pfn(frames, 0);

	if (frames->nr > 1)
		return shadow_ctl_done(ctl, "%u frames: %u are HIGHMEM and have a user less",
				       frames->nr, high);
	if (!high)
		return shadow_ctl_done(ctl, "pfn %#llx is not HIGHMEM: it stays in the linear map",
				       pfn);
	if (on_cpu(cmd))
		return shadow_ctl_done(ctl, "pfn %#llx: unmapped, mappings left to CPU %u: %u",
				       pfn, cmd->cpu, ctl->mm->kmap.cpu[cmd->cpu].depth);
	users = nr_users(ctl, shadow_kmap_address(&ctl->mm->kmap,
						  frame_page(ctl, frames, 0)));
	return shadow_ctl_done(ctl, "pfn %#llx: users left: %u%s", pfn, users,
			       users ? "" : "; it is unmapped when all slots have had their turn");
}

/**
 * shadow_ctl_kunmap() - kunmap ID or pfn=PFN
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex.
 * Return: 0, -ENOENT, -EINVAL, -EBUSY, -EUCLEAN.
 */
int shadow_ctl_kunmap(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	struct frames frames;
	int err = find_frames(ctl, cmd, &frames);
	u32 i;

	if (!err)
		err = on_cpu(cmd) ? check_stack(ctl, cmd, &frames) :
				    check_users(ctl, cmd, &frames);
	if (err)
		return err;
	for (i = frames.nr; i-- > 0;)
		if (unmap_frame(ctl, cmd, frame_page(ctl, &frames, i)))
			return shadow_ctl_frozen(ctl);
	return say_unmapped(ctl, cmd, &frames);
}
