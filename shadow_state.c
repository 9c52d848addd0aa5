// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_state - the whole state of a machine as text. See shadow_state.h.
 *
 * Nothing is locked: who prints looks before and after whether an operation was
 * recorded meanwhile, and prints again. So whatever is followed may be changing
 * (or corrupt): indices are range-checked, lists are bounded, nothing raises a
 * fault.
 */
#include "shadow_boot.h"
#include "shadow_state_room.h"

/* --------------------------------------------------------------- lists -- */

/**
 * shadow_state_begin() - a list is going to be printed
 * @list: the list
 * @text: where it goes
 * @unit: by how much numbers differ that are printed together
 *
 * Context: any.
 */
void shadow_state_begin(struct shadow_state_list *list,
			const struct shadow_text *text, u64 unit)
{
	*list = (struct shadow_state_list) { .text = text, .unit = unit };
}

static void print_run(struct shadow_state_list *list)
{
	const char *gap = list->nr_printed && list->nr_printed % 8 == 0 ?
			  "\n   " : "";

	if (!list->nr)
		return;
	if (list->nr == 1)
		shadow_text_say(list->text, "%s 0x%llx", gap, list->first);
	else
		shadow_text_say(list->text, "%s 0x%llx..0x%llx", gap,
				list->first, list->last);
	list->nr_printed++;
	list->nr = 0;
}

/**
 * shadow_state_add() - the list's next number
 * @list: the list
 * @value: the number
 *
 * Context: that of the text.
 */
void shadow_state_add(struct shadow_state_list *list, u64 value)
{
	u64 step = value - list->last;

	if (list->nr == 1 && (step == list->unit || step == -list->unit))
		list->step = step;
	else if (list->nr < 2 || step != list->step)
		print_run(list);
	if (!list->nr)
		list->first = value;
	list->last = value;
	list->nr++;
}

/**
 * shadow_state_end() - the list, and its line, end
 * @list: the list
 *
 * Context: that of the text.
 */
void shadow_state_end(struct shadow_state_list *list)
{
	print_run(list);
	shadow_text_put(list->text, list->nr_printed ? "\n" : " -\n");
}

/* ---------------------------------------------------------------- boot -- */

static void print_boot(const struct shadow_mm *mm, const struct shadow_text *text)
{
	const struct shadow_boot *boot = &mm->boot;
	unsigned int i;

	shadow_text_say(text, "boot: %u phases, failed %d, last %s\n",
			boot->nr_done, boot->failed,
			boot->nr_done ? shadow_phase_name(boot->nr_done - 1) : "-");
	shadow_text_say(text, "block: base 0x%llx bytes 0x%llx %s\n",
			(u64)mm->block.base, mm->block.bytes,
			mm->block.backing ? "virtual" : "real");
	shadow_text_say(text, "image: 0x%llx+0x%llx, static tables 0x%llx to 0x%llx, at 0x%llx\n",
			(u64)mm->places.image.start, (u64)mm->places.image.bytes,
			(u64)boot->static_next, (u64)boot->static_end,
			boot->kimage_va);
	shadow_text_say(text, "fault: %u %s\n", atomic_read(&mm->fault.raised),
			atomic_read(&mm->fault.raised) ? mm->fault.text : "-");
	for (i = 0; i < boot->nr_done; i++)
		shadow_text_say(text, "phase %u %s: early bytes %llu, tables %llu\n",
				i, shadow_phase_name(i),
				boot->record[i].early_bytes,
				boot->record[i].nr_tables);
}

static void print_regs(const struct shadow_regs *regs,
		       const struct shadow_text *text)
{
	shadow_text_say(text, "regs: x0 0x%llx currentel 0x%llx mair 0x%llx tcr 0x%llx\n",
			regs->x0, regs->currentel, regs->mair, regs->tcr);
	shadow_text_say(text, "regs: ttbr0 0x%llx ttbr1 0x%llx sctlr 0x%llx\n",
			regs->ttbr0, regs->ttbr1, regs->sctlr);
}

static void print_fail(const struct shadow_fail *fail,
		       const struct shadow_text *text)
{
	unsigned int i;

	shadow_text_say(text, "fail: seed 0x%llx\n", fail->seed);
	for (i = 0; i < SHADOW_NR_FAIL_POINTS; i++) {
		const struct shadow_fail_state *state = &fail->point[i];

		shadow_text_say(text, "fail %s: probability %u interval %u times %d space %llu\n",
				shadow_fail_names[i], state->attr.probability,
				state->attr.interval, state->attr.times,
				state->attr.space);
		shadow_text_say(text, "  left: times %d space %llu; looked %llu",
				atomic_read(&state->times),
				(u64)atomic64_read(&state->space),
				(u64)atomic64_read(&state->nr_looked));
		shadow_text_say(text, " drawn %llu calls %llu failed %llu\n",
				(u64)atomic64_read(&state->nr_drawn),
				(u64)atomic64_read(&state->nr_calls),
				(u64)atomic64_read(&state->nr_failed));
	}
}

/* The books of a virtual board: which page of the storage is which frame's */
static void print_backing(const struct shadow_backing *backing,
			  const struct shadow_text *text)
{
	u32 page, end;

	shadow_text_say(text, "backing: pages %u own %u backed %u aside %u hint %u\n",
			backing->nr_pages, backing->nr_own, backing->nr_backed,
			backing->nr_aside, backing->hint);
	for (page = 0; page < backing->nr_pages; page = end) {
		u64 frame = backing->frame[page];
		u64 step = frame < SHADOW_BACKING_FREE;

		for (end = page + 1; end < backing->nr_pages; end++)
			if (backing->frame[end] != frame + step * (end - page))
				break;
		shadow_text_say(text, "  0x%x+0x%x: 0x%llx\n", page, end - page,
				frame);
	}
}

/* ------------------------------------------------------ early allocator -- */

static void print_regions(const struct shadow_memblock_type *type,
			  const struct shadow_text *text)
{
	unsigned long i;

	shadow_text_say(text, "memblock %s: %lu of %lu, total 0x%llx\n",
			type->name, type->cnt, type->max, (u64)type->total_size);
	for (i = 0; i < type->cnt; i++)
		shadow_text_say(text, "  0x%llx+0x%llx flags 0x%x node %d\n",
				(u64)type->regions[i].base,
				(u64)type->regions[i].size,
				type->regions[i].flags, type->regions[i].nid);
}

/*
 * Where the next owner's ranges begin. Ranges of one that touch are two where they
 * were asked for in two places (page_owner=): that is nobody's state.
 */
static unsigned int next_owner(const struct shadow_early_log *log, unsigned int at)
{
	const struct shadow_early_range *range = &log->range[at];

	while (++at < log->nr && !strcmp(log->range[at].owner, range->owner) &&
	       log->range[at].base == shadow_early_range_end(&log->range[at - 1]))
		;
	return at;
}

static void print_log(const struct shadow_early_log *log,
		      const struct shadow_text *text)
{
	unsigned int at, next, nr = 0;

	for (at = 0; at < log->nr; at = next_owner(log, at))
		nr++;
	shadow_text_say(text, "owners: %u, lost %llu\n", nr, log->nr_lost);
	for (at = 0; at < log->nr; at = next) {
		next = next_owner(log, at);
		shadow_text_say(text, "  0x%llx+0x%llx %s\n",
				(u64)log->range[at].base,
				(u64)(shadow_early_range_end(&log->range[next - 1]) -
				      log->range[at].base),
				log->range[at].owner);
	}
}

static void print_bootmem(const struct shadow_bootmem *bm,
			  const struct shadow_text *text)
{
	unsigned int i;

	shadow_text_say(text, "bootmem: nodes %u closed %u retired %u runs %u lost %llu\n",
			bm->nr_nodes, bm->closed, bm->retired, bm->nr_runs,
			bm->nr_runs_lost);
	for (i = 0; i < bm->nr_nodes; i++) {
		const struct shadow_bootmem_node *node = bm->bdata_list[i];

		shadow_text_say(text, "  node %d: 0x%llx to 0x%llx map 0x%llx",
				node->nid, node->node_min_pfn,
				node->node_low_pfn, (u64)node->map_pa);
		shadow_text_say(text, " end_off 0x%llx hint 0x%llx free %llu\n",
				node->last_end_off, node->hint_idx,
				node->nr_free);
		shadow_text_say(text, "    allocs %llu packed %llu fallbacks %llu",
				node->nr_allocs, node->nr_packed,
				node->nr_fallbacks);
		shadow_text_say(text, " bytes %llu released %llu returned %llu\n",
				node->alloc_bytes, node->nr_released,
				node->bytes_returned);
	}
	for (i = 0; i < bm->nr_runs; i++)
		shadow_text_say(text, "  run 0x%llx+0x%llx node %d%s\n",
				bm->run[i].pfn, bm->run[i].nr, bm->run[i].nid,
				bm->run[i].map ? " map" : "");
}

static void print_early(const struct shadow_mm *mm, const struct shadow_text *text)
{
	const struct shadow_memblock *mb = &mm->memblock;

	shadow_text_say(text, "memblock: bottom_up %u resize %u limit",
			mb->bottom_up, mb->can_resize);
	shadow_text_say(text, " 0x%llx low 0x%llx arrays 0x%llx to 0x%llx\n",
			(u64)mb->current_limit, (u64)mb->low_limit,
			(u64)mb->array_start, (u64)mb->array_end);
	print_regions(&mb->memory, text);
	print_regions(&mb->reserved, text);
	shadow_text_say(text, "early: %s taken_over %u memmap_made %u late %llu\n",
			mm->early.ops->name, mm->early.taken_over,
			mm->early.memmap_made, mm->early.nr_late);
	print_log(mm->early.log, text);
	if (mm->early.ops == &shadow_early_bootmem)
		print_bootmem(&mm->bootmem, text);
}

/**
 * shadow_state_print() - the whole state of a machine
 * @mm: the machine
 * @seq: number of the last record of its history; 0: it has none
 * @text: where it goes
 *
 * A layer that the boot has not reached has no lines.
 *
 * Context: process context; the machine's mutex. What goes on meanwhile is seen
 * or not: the caller looks whether something did.
 */
void shadow_state_print(struct shadow_mm *mm, u64 seq,
			const struct shadow_text *text)
{
	shadow_text_say(text, "shadow_mm state, format %u: machine %s, seq %llu\n",
			SHADOW_STATE_FORMAT, mm->name, seq);
	print_boot(mm, text);
	if (mm->boot.failed)
		return;
	print_regs(&mm->regs, text);
	print_fail(&mm->fail, text);
	if (mm->block.backing)
		print_backing(mm->block.backing, text);
	if (shadow_boot_reached(mm, SHADOW_PHASE_SETUP_FDT))
		print_early(mm, text);
	shadow_state_zones(mm, text);
	shadow_state_memmap(mm, text);
	shadow_state_tables(mm, text);
	shadow_state_slots(mm, text);
	shadow_state_slab(mm, text);
	shadow_state_vmalloc(mm, text);
	shadow_text_put(text, "end\n");
}
