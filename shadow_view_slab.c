// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view_slab - caches: as the kernel prints them, object by object, and
 * what of them is waste.
 */
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "shadow_boot.h"
#include "shadow_slab_map.h"
#include "shadow_view.h"

/**
 * shadow_view_slabinfo() - caches, as /proc/slabinfo, version 2.1
 * @seq: where to print
 * @machine: the machine
 *
 * Follows print_slabinfo_header() and cache_show() of mm/slab_common.c.
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_slabinfo(struct seq_file *seq, struct shadow_machine *machine)
{
	struct shadow_kmem_cache *cache = NULL;
	struct shadow_slabinfo info;

	seq_puts(seq, "slabinfo - version: 2.1\n");
	seq_puts(seq, "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>");
	seq_puts(seq, " : tunables <limit> <batchcount> <sharedfactor>");
	seq_puts(seq, " : slabdata <active_slabs> <num_slabs> <sharedavail>\n");
	while ((cache = shadow_slab_next(&machine->mm.slab, cache))) {
		shadow_slab_get_info(cache, &info);
		seq_printf(seq, "%-17s %6llu %6llu %6u %4u %4u", info.name,
			   info.active_objs, info.num_objs, info.objsize,
			   info.objperslab, info.pagesperslab);
		seq_printf(seq, " : tunables %4u %4u %4u", info.limit,
			   info.batchcount, info.shared);
		seq_printf(seq, " : slabdata %6llu %6llu %6llu\n",
			   info.active_slabs, info.num_slabs,
			   info.shared_avail);
	}
}

/* In tenths of a per cent */
static u64 part_of(u64 part, u64 whole)
{
	return whole ? div64_u64(part * 1000, whole) : 0;
}

/* ----------------------------------------------------------- kmalloc_waste */

static void print_sizes(struct seq_file *seq, const char *name,
			const struct shadow_kmalloc_sizes *sizes)
{
	u64 waste = sizes->given - min(sizes->given, sizes->bytes);
	u64 part = part_of(waste, sizes->given);

	seq_printf(seq, "%-16s %9llu %14llu %14llu %14llu %5llu.%llu%% %11llu\n",
		   name, sizes->nr, sizes->bytes, sizes->given, waste,
		   part / 10, part % 10,
		   sizes->nr ? div64_u64(sizes->bytes, sizes->nr) : 0);
}

/**
 * shadow_view_kmalloc_waste() - what kmalloc gives beyond what it is asked for
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_kmalloc_waste(struct seq_file *seq, struct shadow_machine *machine)
{
	const struct shadow_slab *slab = &machine->mm.slab;
	struct shadow_kmalloc_sizes sizes, sum = {};
	unsigned int i;

	seq_puts(seq, "all requests since the slab allocator came up, those freed since or refused included;\n");
	seq_puts(seq, "waste: what the class (all types of it together; \"slob\": the object and its header) gives beyond that\n");
	seq_puts(seq, "class             requests    asked bytes    given bytes    waste bytes   waste  mean asked\n");
	for (i = 0; shadow_kmalloc_sizes(slab, i, &sizes); i++) {
		print_sizes(seq, sizes.name, &sizes);
		sum.nr += sizes.nr;
		sum.bytes += sizes.bytes;
		sum.given += sizes.given;
	}
	print_sizes(seq, "total", &sum);
}

/* ------------------------------------------------------------ slab_objects */

static void print_legend(struct seq_file *seq, const struct shadow_slab *slab)
{
	seq_printf(seq, "one character an object, in order of address: %c in use, %c free; engine %s\n",
		   SHADOW_SLAB_MAP_USED, SHADOW_SLAB_MAP_FREE,
		   slab->cfg.engine);
}

static void print_waste(struct seq_file *seq, const char *name,
			const struct shadow_slab_waste *waste)
{
	u64 used = waste->slab_bytes - waste->internal - waste->external;
	u64 part = part_of(used, waste->slab_bytes);

	seq_printf(seq, "%-20s %6llu %8llu %8llu %8llu %12llu %12llu %4llu.%llu%%\n",
		   name, waste->nr_slabs, waste->slab_bytes >> 10,
		   waste->nr_live, waste->nr_free, waste->internal,
		   waste->external, part / 10, part % 10);
}

static void add_waste(struct shadow_slab_waste *sum,
		      const struct shadow_slab_waste *waste)
{
	sum->nr_slabs += waste->nr_slabs;
	sum->slab_bytes += waste->slab_bytes;
	sum->nr_live += waste->nr_live;
	sum->nr_free += waste->nr_free;
	sum->internal += waste->internal;
	sum->external += waste->external;
}

/* The entry behind the caches' is that of slabs that all of them share. */
static void print_table(struct seq_file *seq, struct shadow_slab *slab,
			const struct shadow_slab_waste *waste)
{
	struct shadow_kmem_cache *cache = NULL;
	struct shadow_slab_waste sum = {};

	seq_puts(seq, "internal: bytes of objects in use that their cache was not asked for (see kmalloc_waste for\n");
	seq_puts(seq, "what kmalloc was); external: free objects, and ends of slabs where none fits\n");
	seq_puts(seq, "cache                 slabs      KiB   in use     free   internal B   external B   used\n");
	while ((cache = shadow_slab_next(slab, cache))) {
		if (!waste[cache->desc.id].nr_slabs)
			continue;
		print_waste(seq, cache->desc.name, &waste[cache->desc.id]);
		add_waste(&sum, &waste[cache->desc.id]);
	}
	if (waste[SHADOW_SLAB_MAX_CACHES].nr_slabs) {
		print_waste(seq, "shared by all", &waste[SHADOW_SLAB_MAX_CACHES]);
		add_waste(&sum, &waste[SHADOW_SLAB_MAX_CACHES]);
	}
	print_waste(seq, "total", &sum);
	if (slab->nr_waiting)
		seq_printf(seq, "%llu slabs more wait for the end of a grace period\n",
			   slab->nr_waiting);
}

static void gather_waste(struct shadow_slab_map *map,
			 struct shadow_slab_waste *waste)
{
	const struct shadow_kmem_cache *cache;

	map->page = NULL;
	while (shadow_slab_map_next(map)) {
		cache = map->look.cache;
		shadow_slab_map_add(map, &waste[cache ? cache->desc.id :
						SHADOW_SLAB_MAX_CACHES]);
	}
}

/* Whole slabs, as long as lines are left; how many slabs had no room. */
static u64 print_maps(struct seq_file *seq, struct shadow_slab_map *map, u32 left)
{
	char line[128];
	u64 hidden = 0;
	u32 lines, at;

	map->page = NULL;
	while (shadow_slab_map_next(map)) {
		lines = 1 + DIV_ROUND_UP(map->look.nr, SHADOW_SLAB_MAP_ROW);
		if (lines > left) {
			hidden++;
			continue;
		}
		left -= lines;
		shadow_slab_map_head(map, line, sizeof(line));
		seq_printf(seq, "%s\n", line);
		at = 0;
		do {
			at = shadow_slab_map_row(map, at, line, sizeof(line));
			seq_printf(seq, "  %s\n", line);
		} while (at);
	}
	return hidden;
}

/**
 * shadow_view_slab_objects() - every object, in use or not
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_slab_objects(struct seq_file *seq, struct shadow_machine *machine)
{
	struct shadow_slab *slab = &machine->mm.slab;
	struct shadow_slab_waste *waste;
	struct shadow_slab_map *map;
	u64 hidden;

	map = kvzalloc(sizeof(*map), GFP_KERNEL);
	waste = kvcalloc(SHADOW_SLAB_MAX_CACHES + 1, sizeof(*waste), GFP_KERNEL);
	if (map && waste) {
		map->slab = slab;
		print_legend(seq, slab);
		gather_waste(map, waste);
		print_table(seq, slab, waste);
		hidden = print_maps(seq, map, SHADOW_VIEW_ROWS);
		if (hidden)
			seq_printf(seq, "… %llu more slabs in shadow_mm_raw/%s/slab_objects\n",
				   hidden, machine->mm.name);
	} else {
		seq_puts(seq, "no memory of the host's to look at slabs\n");
	}
	kvfree(waste);
	kvfree(map);
}

/* --------------------------------------------- shadow_mm_raw/…/slab_objects */

/**
 * struct slab_reader - one who has the file open
 * @machine: the machine
 * @map: the walk; @map.page stays where it is between two buffers
 * @memmap: where the frames' entries were when reading began
 * @next: object that the next line begins with; 0: the line in front of them
 * @head: that line comes next
 * @done: the last line was read
 * @pos: number of the line that comes next; 0 is the legend
 * @locked: the machine's lock is held
 */
struct slab_reader {
	struct shadow_machine *machine;
	struct shadow_slab_map map;
	struct shadow_memmap memmap;
	u32 next;
	bool head;
	bool done;
	loff_t pos;
	bool locked;
};

/* One line further; false: there is none */
static bool step(struct slab_reader *reader)
{
	char line[SHADOW_SLAB_MAP_ROW + 1];

	if (reader->head) {
		reader->head = false;
		reader->next = 0;
		return true;
	}
	if (reader->map.page) {
		reader->next = shadow_slab_map_row(&reader->map, reader->next,
						   line, sizeof(line));
		if (reader->next)
			return true;
	}
	reader->head = true;
	reader->done = !shadow_slab_map_next(&reader->map);
	return !reader->done;
}

static void begin(struct slab_reader *reader)
{
	memset(&reader->map, 0, sizeof(reader->map));
	reader->map.slab = &reader->machine->mm.slab;
	reader->memmap = reader->machine->mm.nodes.memmap;
	reader->head = false;
	reader->done = false;
	reader->pos = 0;
}

static void *slab_start(struct seq_file *seq, loff_t *pos)
{
	struct slab_reader *reader = seq->private;

	reader->locked = !mutex_lock_killable(&reader->machine->lock);
	if (!reader->locked)
		return ERR_PTR(-EINTR);
	if (!shadow_boot_reached(&reader->machine->mm, SHADOW_PHASE_SLAB_INIT))
		return *pos ? NULL : SEQ_START_TOKEN;
	if (!*pos || *pos < reader->pos)
		begin(reader);
	else if (memcmp(&reader->memmap, &reader->machine->mm.nodes.memmap,
			sizeof(reader->memmap)))
		return ERR_PTR(-ESTALE);
	for (; !reader->done && reader->pos < *pos; reader->pos++)
		step(reader);
	return reader->done ? NULL : reader;
}

static void *slab_next(struct seq_file *seq, void *v, loff_t *pos)
{
	struct slab_reader *reader = seq->private;
	bool more = v != SEQ_START_TOKEN && step(reader);

	reader->pos = ++*pos;
	return more ? v : NULL;
}

static void slab_stop(struct seq_file *seq, void *v)
{
	struct slab_reader *reader = seq->private;

	if (reader->locked)
		mutex_unlock(&reader->machine->lock);
	reader->locked = false;
}

static int slab_show(struct seq_file *seq, void *v)
{
	struct slab_reader *reader = seq->private;
	char line[128];

	if (v == SEQ_START_TOKEN) {
		shadow_view_born(seq, reader->machine, "slab_objects",
				 SHADOW_PHASE_SLAB_INIT);
		return 0;
	}
	if (!reader->pos) {
		print_legend(seq, reader->map.slab);
	} else if (reader->head) {
		shadow_slab_map_head(&reader->map, line, sizeof(line));
		seq_printf(seq, "%s\n", line);
	} else {
		shadow_slab_map_row(&reader->map, reader->next, line, sizeof(line));
		seq_printf(seq, "  %s\n", line);
	}
	return 0;
}

static const struct seq_operations slab_ops = {
	.start = slab_start,
	.next = slab_next,
	.stop = slab_stop,
	.show = slab_show,
};

/**
 * shadow_view_slab_objects_open() - open the map of all slabs
 * @file: the file, to be closed by seq_release_private()
 * @machine: the machine
 *
 * The machine goes on between two buffers' worth of lines: a slab is shown as
 * it was when its first line was, and one that came or went may be missing.
 * Reading ends with -ESTALE where the machine has other frames since a reset.
 *
 * Context: process context, sleeps.
 * Return: 0 or -ENOMEM.
 */
int shadow_view_slab_objects_open(struct file *file, struct shadow_machine *machine)
{
	struct slab_reader *reader;

	reader = __seq_open_private(file, &slab_ops, sizeof(*reader));
	if (!reader)
		return -ENOMEM;
	reader->machine = machine;
	return 0;
}
