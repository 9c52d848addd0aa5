// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_state_vmalloc - the areas of the vmalloc window, for shadow_state.
 *
 * What an area's @caller says is an address of the host's code, so it is none of
 * the state.
 */
#include "shadow_boot.h"
#include "shadow_state_room.h"
#include "shadow_vmalloc_room.h"

static void print_owned(const struct shadow_vmalloc *vm,
			const struct shadow_vmap_area *area,
			const struct shadow_text *text)
{
	const struct shadow_memmap *memmap = &vm->nodes->memmap;
	struct shadow_page *page = shadow_page_at(memmap, area->first_page);
	struct shadow_state_list list;
	u64 nr = 0;

	shadow_state_begin(&list, text, 1);
	while (page && nr < area->nr_pages && nr < memmap->nr) {
		shadow_state_add(&list, shadow_page_to_pfn(vm->nodes, page));
		nr += 1ULL << (shadow_page_order(page) & 31);
		page = shadow_page_at(memmap, READ_ONCE(page->next));
	}
	shadow_state_end(&list);
}

static void print_held(const struct shadow_vmalloc *vm,
		       const struct shadow_vmap_area *area,
		       const struct shadow_text *text)
{
	const u32 *held = shadow_vmalloc_held(vm, area);
	struct shadow_state_list list;
	u32 i;

	shadow_state_begin(&list, text, 1);
	for (i = 0; held && i < area->nr_pages; i++)
		shadow_state_add(&list, held[i]);
	shadow_state_end(&list);
}

static void print_area(const struct shadow_vmalloc *vm,
		       const struct shadow_vmap_area *area,
		       const struct shadow_text *text)
{
	shadow_text_say(text, "  area 0x%x: 0x%llx to 0x%llx flags 0x%x",
			area->self, area->va_start, area->va_end, area->flags);
	shadow_text_say(text, " gap 0x%llx max 0x%llx left 0x%x right 0x%x\n",
			area->gap, area->max_gap, area->left, area->right);
	if (area->flags & SHADOW_VMAP_LAZY) {
		shadow_text_say(text, "    next lazy 0x%x\n", area->next_lazy);
	} else if (area->flags & SHADOW_VMAP_IOREMAP) {
		shadow_text_say(text, "    pa 0x%llx\n", area->pa);
	} else {
		shadow_text_say(text, "    %u pages:", area->nr_pages);
		if (area->flags & SHADOW_VMAP_ALLOC)
			print_owned(vm, area, text);
		else
			print_held(vm, area, text);
	}
}

/* The area that follows an address; what is corrupt ends the walk */
static const struct shadow_vmap_area *
area_after(const struct shadow_vmap_tree *tree, u64 va)
{
	const struct shadow_vmap_area *area, *found = NULL;
	u32 handle = tree->root;
	unsigned int depth;

	for (depth = 0; depth < SHADOW_VMAP_MAX_DEPTH; depth++) {
		area = shadow_vmap_tree_peek(tree, handle);
		if (!area)
			break;
		if (area->va_start >= va)
			found = area;
		handle = area->va_start >= va ? area->left : area->right;
	}
	return found;
}

static void print_areas(const struct shadow_vmalloc *vm,
			const struct shadow_text *text)
{
	const struct shadow_vmap_area *area;
	u64 va = vm->tree.va_start;
	u32 nr;

	for (nr = 0; nr < vm->tree.nr; nr++) {
		area = area_after(&vm->tree, va);
		if (!area || area->va_end <= va)
			return;
		va = area->va_end;
		print_area(vm, area, text);
	}
}

/**
 * shadow_state_vmalloc() - the vmalloc window of a machine
 * @mm: the machine
 * @text: where it goes
 *
 * Context: as shadow_state_print().
 */
void shadow_state_vmalloc(struct shadow_mm *mm, const struct shadow_text *text)
{
	const struct shadow_vmalloc *vm = &mm->vmalloc;
	const struct shadow_vmap_tree *tree = &vm->tree;

	if (!shadow_boot_reached(mm, SHADOW_PHASE_VMALLOC_INIT))
		return;
	shadow_text_say(text, "vmalloc: 0x%llx to 0x%llx areas %u pages",
			tree->va_start, tree->va_end, vm->nr_areas);
	shadow_text_say(text, " %llu in tree %u root 0x%x end gap 0x%llx\n",
			vm->nr_pages, tree->nr, tree->root, tree->end_gap);
	shadow_text_say(text, "  lazy %u areas %llu pages of %llu, 0x%llx",
			vm->nr_lazy_areas, vm->nr_lazy_pages,
			vm->lazy_max_pages, vm->lazy_start);
	shadow_text_say(text, " to 0x%llx, first 0x%x, clean 0x%x\n",
			vm->lazy_end, vm->lazy.first, vm->clean.first);
	shadow_text_say(text, "  purges %llu purged %llu spare 0x%llx\n",
			vm->nr_purges, vm->nr_purged,
			vm->spare ? (u64)shadow_virt_to_phys(&mm->block, vm->spare) : 0);
	print_areas(vm, text);
}
