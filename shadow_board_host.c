// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_board_host - the machine that this runs on as a board: its memory as
 * its resource tree has it, all else as its device tree says.
 *
 * What the host's kernel took for itself is not on the board: this is the
 * memory that a kernel finds, not what one leaves.
 */
#include <linux/ioport.h>

#include "shadow_board_dt.h"
#include "shadow_board_load.h"
#include "shadow_pool.h"

/* Room for a board beside the one that is being filled: what the tree says. */
struct survey {
	struct shadow_board *board;
	struct shadow_board *tree;
	int err;
};

static bool meet(const struct shadow_board_range *a,
		 const struct shadow_board_range *b)
{
	return a->base <= b->base + (b->bytes - 1) &&
	       b->base <= a->base + (a->bytes - 1);
}

/* The tree's range of memory that holds an address; NULL: none does. */
static const struct shadow_board_range *memory_of(const struct shadow_board *tree,
						  u64 base)
{
	unsigned int i;

	for (i = 0; i < tree->nr_memory; i++)
		if (base - tree->memory[i].base < tree->memory[i].bytes)
			return &tree->memory[i];
	return NULL;
}

static int add_range(struct survey *survey, u64 base, u64 bytes,
		     const char *name)
{
	const struct shadow_board_range *said = memory_of(survey->tree, base);
	struct shadow_board_range range = {
		.base = base, .bytes = bytes,
		.flags = said ? said->flags : 0,
		.nid = said ? said->nid : SHADOW_NUMA_NO_NODE,
		.source = SHADOW_BOARD_FROM_HOST,
	};

	strscpy(range.name, name, sizeof(range.name));
	return shadow_board_add_memory(survey->board, &range);
}

static int note_ram(struct resource *res, void *arg)
{
	struct survey *survey = arg;

	survey->err = add_range(survey, res->start, resource_size(res),
				"System RAM");
	return survey->err;
}

/*
 * Memory that the host does not map is no System RAM, but it is the board's:
 * what of a no-map region lies in the tree's memory and was not met yet.
 */
static int add_nomap(struct survey *survey,
		     const struct shadow_board_range *region)
{
	const struct shadow_board_range *said;
	unsigned int i;
	u64 bytes;

	said = memory_of(survey->tree, region->base);
	if (!said)
		return 0;
	for (i = 0; i < survey->board->nr_memory; i++)
		if (meet(&survey->board->memory[i], region))
			return 0;
	bytes = min(region->bytes, said->base + said->bytes - region->base);
	return add_range(survey, region->base, bytes, region->name);
}

/* All but memory is taken over as the tree says it. */
static void take_tree(struct shadow_board *board,
		      const struct shadow_board *tree)
{
	memcpy(board->reserved, tree->reserved, sizeof(board->reserved));
	board->nr_reserved = tree->nr_reserved;
	memcpy(board->wish, tree->wish, sizeof(board->wish));
	board->nr_wishes = tree->nr_wishes;
	memcpy(board->place, tree->place, sizeof(board->place));
	board->nr_places = tree->nr_places;
	board->initrd_start = tree->initrd_start;
	board->initrd_bytes = tree->initrd_bytes;
	memcpy(board->cmdline, tree->cmdline, sizeof(board->cmdline));
	board->dma_limit = tree->dma_limit;
	memcpy(board->distance, tree->distance, sizeof(board->distance));
	board->nr_nodes = tree->nr_nodes;
	board->has_distance = tree->has_distance;
}

static int survey_memory(struct survey *survey)
{
	unsigned int i;
	int err;

	walk_iomem_res_desc(IORES_DESC_NONE,
			    IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY, 0, U64_MAX,
			    survey, note_ram);
	err = survey->err;
	for (i = 0; i < survey->tree->nr_reserved && !err; i++)
		if (survey->tree->reserved[i].flags & SHADOW_MEMBLOCK_NOMAP)
			err = add_nomap(survey, &survey->tree->reserved[i]);
	return err;
}

/**
 * shadow_board_host() - read the machine that this runs on
 * @board: where it goes: initialized, with its name
 *
 * linux,usable-memory-range and mem= have already had their effect on the
 * host's resources. A host without a device tree has memory and nothing else.
 *
 * Context: process context, sleeps.
 * Return: 0; -E2BIG where the board has no room; -EINVAL or -ERANGE for a device
 * tree that is malformed, and the board says why; -ENOMEM.
 */
int shadow_board_host(struct shadow_board *board)
{
	struct survey survey = { .board = board };
	int err;

	board->kind = SHADOW_BOARD_HOST;
	survey.tree = shadow_pool_zalloc(sizeof(*survey.tree));
	if (!survey.tree)
		return shadow_board_refuse(board, -ENOMEM,
					   "no memory to read the host's tree");
	shadow_board_init(survey.tree, SHADOW_BOARD_HOST);
	strscpy(survey.tree->name, board->name, sizeof(survey.tree->name));
	err = shadow_board_dt_host(survey.tree);
	if (err && err != -ENODEV) {
		strscpy(board->why, survey.tree->why, sizeof(board->why));
		goto free_tree;
	}
	err = survey_memory(&survey);
	if (!err)
		take_tree(board, survey.tree);

free_tree:
	shadow_pool_free(survey.tree);
	return err;
}
