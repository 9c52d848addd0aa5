// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_boot_memmap - the phase free_area_init: nodes and zones get their
 * spans, and each frame its struct shadow_page, as the memory model has it.
 */
#include "shadow_boot.h"
#include "shadow_boot_memmap.h"
#include "shadow_boot_zone.h"
#include "shadow_vmemmap.h"

/* What an array from the first block with memory to the last would take more */
static u64 memmap_spared(const struct shadow_memmap *memmap)
{
	u64 block = BIT_ULL(memmap->block_log2);
	u64 nr = round_up(memmap->end_pfn, block) -
		 round_down(memmap->start_pfn, block);

	if (nr <= shadow_memmap_entries(memmap))
		return 0;
	return (nr - shadow_memmap_entries(memmap)) * sizeof(struct shadow_page);
}

static int plan(struct shadow_mm *mm, enum shadow_memmodel model)
{
	struct shadow_nodes *nodes = &mm->nodes;

	nodes->memmap.model = model;
	return shadow_memmap_plan(&nodes->memmap, &mm->memblock, model,
				  shadow_nodes_block_log2(nodes),
				  nodes->nr_nodes);
}

/* What each model would cost here, for `layout` */
static void compare_models(struct shadow_mm *mm)
{
	const struct shadow_memmap *memmap = &mm->nodes.memmap;
	struct shadow_memmap_cost *cost = mm->boot.memmap_cost;
	unsigned int model;

	for (model = 0; model < SHADOW_NR_MEMMODELS; model++, cost++) {
		plan(mm, model);
		cost->nr_entries = shadow_memmap_entries(memmap);
		cost->nr_banks = memmap->nr_banks;
		cost->table_bytes = shadow_memmap_section_bytes(memmap);
	}
}

/* Where they are more than an index can name, flat is the one that is known */
static u64 nr_entries(const struct shadow_memmap *memmap)
{
	return memmap->nr_banks ? shadow_memmap_entries(memmap) :
				  memmap->end_pfn - memmap->start_pfn;
}

/* Larger than all there is to keep it in: known without trying */
static bool never_fits(const struct shadow_mm *mm)
{
	const struct shadow_memmap *memmap = &mm->nodes.memmap;

	return nr_entries(memmap) * sizeof(struct shadow_page) >
	       shadow_block_contents_bytes(&mm->block);
}

static int refuse(struct shadow_mm *mm, char *effect)
{
	const struct shadow_memmap *memmap = &mm->nodes.memmap;
	u64 nr = nr_entries(memmap);
	u64 kib = nr * sizeof(struct shadow_page) >> 10;

	if (never_fits(mm))
		scnprintf(effect, SHADOW_PHASE_TEXT,
			  "memmodel=%s: no room for a memmap of %llu frames x %zu bytes = %llu KiB; allowed: less than the block, %llu KiB",
			  shadow_memmodel_names[memmap->model], nr,
			  sizeof(struct shadow_page), kib,
			  shadow_block_contents_bytes(&mm->block) >> 10);
	else
		scnprintf(effect, SHADOW_PHASE_TEXT,
			  "memmodel=%s: no room for a memmap of %llu frames x %zu bytes = %llu KiB; allowed: a larger size=, or less memory",
			  shadow_memmodel_names[memmap->model], nr,
			  sizeof(struct shadow_page), kib);
	return -ENOMEM;
}

static void say(const struct shadow_mm *mm, char *effect)
{
	const struct shadow_nodes *nodes = &mm->nodes;
	const struct shadow_memmap *memmap = &nodes->memmap;
	const struct shadow_zone *zone;
	unsigned int nid, type;
	int len;

	len = scnprintf(effect, SHADOW_PHASE_TEXT, "%s: memmap %llu KiB, pieces %u",
			shadow_memmodel_names[memmap->model],
			shadow_memmap_entries(memmap) *
			sizeof(struct shadow_page) >> 10, memmap->nr_banks);
	for (nid = 0; nid < nodes->nr_nodes; nid++) {
		for (type = 0; type < SHADOW_MAX_NR_ZONES; type++) {
			zone = &nodes->node[nid].zone[type];
			if (shadow_zone_populated(zone))
				len += scnprintf(effect + len, SHADOW_PHASE_TEXT - len,
						 ", %s [%#llx-%#llx]",
						 shadow_zone_names[type],
						 zone->start_pfn << nodes->page_shift,
						 ((zone->start_pfn + zone->spanned) <<
						  nodes->page_shift) - 1);
		}
	}
}

/* The memmap, from early memory, and at VMEMMAP where the model has it there */
static int make_memmap(struct shadow_mm *mm, char *effect)
{
	struct shadow_nodes *nodes = &mm->nodes;
	int err;

	if (never_fits(mm) ||
	    shadow_memmap_alloc(&nodes->memmap, &mm->early, nodes->pageblock_log2,
				&nodes->pageblock_mt))
		return refuse(mm, effect);
	if (nodes->memmap.model != SHADOW_MEMMODEL_VMEMMAP)
		return 0;
	err = shadow_vmemmap_populate(nodes, &mm->layout, &mm->swapper);
	if (err)
		scnprintf(effect, SHADOW_PHASE_TEXT,
			  "no room for the tables of VMEMMAP; allowed: a larger size=, or less memory");
	return err;
}

/* Beside it, who allocates each frame */
static int make_page_owner(struct shadow_mm *mm, char *effect)
{
	const struct shadow_memmap *memmap = &mm->nodes.memmap;
	int err;

	if (!mm->cfg.page_owner)
		return 0;
	err = shadow_page_owner_alloc(&mm->page_owner, memmap, &mm->early,
				      &mm->sites);
	if (err)
		scnprintf(effect, SHADOW_PHASE_TEXT,
			  "page_owner=on: no room for owners of %llu frames x %zu bytes = %llu KiB; allowed: a larger size=, or off",
			  shadow_memmap_entries(memmap),
			  sizeof(struct shadow_birth),
			  shadow_page_owner_bytes(memmap) >> 10);
	return err;
}

/**
 * shadow_boot_free_area_init() - nodes, zones and memmap
 * @mm: the machine, its memory known to memblock, swapper_pg_dir in use
 * @effect: filled with what came of it
 *
 * Follows sparse_init() of mm/sparse.c and free_area_init() of mm/mm_init.c.
 *
 * Context: process context, boot.
 * Return: 0; -ERANGE: there is no frame, or too many; -ENOMEM: the memmap does
 * not fit, or its tables.
 */
int shadow_boot_free_area_init(struct shadow_mm *mm, char *effect)
{
	struct shadow_nodes *nodes = &mm->nodes;
	int err;

	shadow_nodes_init(nodes, &mm->block, &mm->events, &mm->fault,
			  mm->cfg.page_shift, shadow_boot_max_order(mm));
	shadow_nodes_set_mobility(nodes, mm->cfg.mobility);
	nodes->fail = &mm->fail;
	nodes->why = &mm->why;
	nodes->linear_offset = shadow_layout_pa_to_va(&mm->layout, 0);
	shadow_boot_set_nodes(mm);
	compare_models(mm);
	err = plan(mm, mm->cfg.memmodel);
	if (err == -E2BIG && mm->cfg.memmodel == SHADOW_MEMMODEL_FLAT)
		return refuse(mm, effect);
	if (err) {
		scnprintf(effect, SHADOW_PHASE_TEXT,
			  "no memmap for %llu KiB of memory; allowed: 1 to %d whole frames of %lu KiB, of nodes 0 to %u",
			  (u64)mm->memblock.memory.total_size >> 10, S32_MAX,
			  BIT(nodes->page_shift - 10), nodes->nr_nodes - 1);
		return -ERANGE;
	}
	err = make_memmap(mm, effect);
	if (!err)
		err = make_page_owner(mm, effect);
	if (err)
		return err;
	mm->boot.memmap_spared = memmap_spared(&nodes->memmap);
	shadow_free_area_init(nodes, &mm->memblock, NULL);
	mm->early.memmap_made = true;
	say(mm, effect);
	if (mm->cfg.page_owner) {
		nodes->page_owner = &mm->page_owner;
		shadow_watch(true);
	}
	return 0;
}

/**
 * shadow_boot_drop_page_owner() - nobody notes any more who allocates
 * @mm: the machine
 *
 * Context: process context; nobody uses the machine any more.
 */
void shadow_boot_drop_page_owner(struct shadow_mm *mm)
{
	if (!mm->nodes.page_owner)
		return;
	mm->nodes.page_owner = NULL;
	shadow_watch(false);
}
