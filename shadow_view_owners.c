// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view_owners - what is in use, by call site, and what is since a mark.
 */
#include <linux/kallsyms.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "shadow_machine_room.h"
#include "shadow_owners.h"
#include "shadow_slab_report.h"
#include "shadow_view.h"

#define STACKS_SHOWN	3	/* in a bounded view, of the largest rows */
#define STACK_TEXT	2048

static void how_it_is_known(struct seq_file *seq, const struct shadow_mm *mm)
{
	if (mm->sites.births)
		seq_puts(seq, "page_owner=on: blocks of frames, vmalloc areas and early memory know their call site and age.\n");
	else
		seq_puts(seq, "page_owner=off: only what frames are for is known; call sites and ages with: echo 'reset page_owner=on' > ctl\n");
	seq_puts(seq, "Objects of caches know theirs with slab_debug=U (STORE_USER); others are in slabinfo.\n");
	if (mm->sites.nr_lost)
		seq_printf(seq, "%llu allocations are without: there are more than %u call sites.\n",
			   mm->sites.nr_lost, SHADOW_MAX_SITES - 1);
}

static void print_sums(struct seq_file *seq, const struct shadow_owners *owners)
{
	const u64 *bytes = owners->bytes, *nr = owners->nr;

	seq_printf(seq, "Sum: pages %llu bytes in %llu blocks, early %llu bytes in %llu ranges, area %llu bytes of addresses in %llu areas (their frames are pages), objects %llu bytes in %llu (their slabs are pages)\n",
		   bytes[SHADOW_OWNERS_PAGES], nr[SHADOW_OWNERS_PAGES],
		   bytes[SHADOW_OWNERS_EARLY], nr[SHADOW_OWNERS_EARLY],
		   bytes[SHADOW_OWNERS_AREAS], nr[SHADOW_OWNERS_AREAS],
		   bytes[SHADOW_OWNERS_OBJECTS], nr[SHADOW_OWNERS_OBJECTS]);
}

static void print_head(struct seq_file *seq, const struct shadow_owners *owners)
{
	if (owners->nr_lost)
		seq_printf(seq, "%llu things more, in no row: there is room for %u\n",
			   owners->nr_lost, SHADOW_OWNERS_ROWS);
	seq_puts(seq, "bytes: in use; count: blocks, ranges, areas, objects; oldest: its age in seconds; what: kind and what for; asked for in: first caller outside of the allocators\n");
	seq_printf(seq, "%12s %8s %12s  %-24s %s\n", "bytes", "count", "oldest",
		   "what", "asked for in");
}

static void print_age(struct seq_file *seq, u64 now, u64 ns)
{
	u64 ms;

	if (!ns) {
		seq_printf(seq, " %12s  ", "-");
		return;
	}
	ms = div_u64(now > ns ? now - ns : 0, NSEC_PER_MSEC);
	seq_printf(seq, " %8llu.%03u  ", div_u64(ms, 1000),
		   (unsigned int)(ms - div_u64(ms, 1000) * 1000));
}

static void print_row(struct seq_file *seq, u64 now,
		      const struct shadow_owners_row *row)
{
	char what[64], symbol[KSYM_SYMBOL_LEN];

	scnprintf(what, sizeof(what), "%s %s", shadow_owners_kinds[row->kind],
		  row->name);
	shadow_machine_symbol(symbol, row->caller);
	seq_printf(seq, "%12llu %8llu", row->bytes, row->nr);
	print_age(seq, now, row->oldest_ns);
	seq_printf(seq, "%-24s %s\n", what, symbol);
}

static void print_stack(struct seq_file *seq, struct shadow_mm *mm,
			const struct shadow_owners_row *row, char *text)
{
	if (!shadow_site_text(&mm->sites, row->site, text, STACK_TEXT))
		return;
	seq_printf(seq, "  stack of the oldest%s:\n%s",
		   row->kind == SHADOW_OWNERS_OBJECTS ? " of these objects" : "",
		   text);
}

/* @stacks: of how many rows, from the largest on */
static void print_rows(struct seq_file *seq, struct shadow_machine *machine,
		       const struct shadow_owners *owners, const char *file,
		       u32 rows, u32 stacks)
{
	struct shadow_mm *mm = &machine->mm;
	char *text = kmalloc(STACK_TEXT, GFP_KERNEL);
	u64 now = mm->host->now();
	u32 i;

	for (i = 0; i < owners->nr_rows && i < rows; i++) {
		print_row(seq, now, &owners->row[i]);
		if (i < stacks && text)
			print_stack(seq, mm, &owners->row[i], text);
	}
	if (i < owners->nr_rows)
		seq_printf(seq, "… %u more in shadow_mm_raw/%s/%s\n",
			   owners->nr_rows - i, mm->name, file);
	kfree(text);
}

static struct shadow_owners *collect(struct seq_file *seq,
				     struct shadow_machine *machine, bool marked)
{
	struct shadow_owners *owners = kvzalloc(sizeof(*owners), GFP_KERNEL);

	if (owners)
		shadow_owners_collect(&machine->mm, marked, owners);
	else
		seq_puts(seq, "no memory of the host's to sum them up\n");
	return owners;
}

static void print_owners(struct seq_file *seq, struct shadow_machine *machine,
			 u32 rows, u32 stacks)
{
	struct shadow_owners *owners = collect(seq, machine, false);

	if (!owners)
		return;
	how_it_is_known(seq, &machine->mm);
	print_sums(seq, owners);
	print_head(seq, owners);
	print_rows(seq, machine, owners, "owners", rows, stacks);
	kvfree(owners);
}

/**
 * shadow_view_page_owners() - what is in use, by call site, the largest first
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_page_owners(struct seq_file *seq, struct shadow_machine *machine)
{
	print_owners(seq, machine, SHADOW_VIEW_ROWS, 0);
}

/**
 * shadow_view_page_owners_whole() - all of that, each with its stack
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_page_owners_whole(struct seq_file *seq,
				   struct shadow_machine *machine)
{
	print_owners(seq, machine, SHADOW_OWNERS_ROWS, SHADOW_OWNERS_ROWS);
}

/* ------------------------------------------------------------------ leaks */

static void print_site(struct seq_file *seq, struct shadow_mm *mm,
		       const char *name, const struct shadow_slab_site *site)
{
	char text[SHADOW_SLAB_SITE];

	shadow_slab_site(&mm->slab, site->stack, text, sizeof(text));
	seq_printf(seq, "%-20s %8llu", name, site->nr);
	print_age(seq, mm->host->now(), site->oldest_ns);
	seq_printf(seq, "%s\n", text);
}

/* Without a mark: all objects in use, by cache and call site */
static void print_objects(struct seq_file *seq, struct shadow_machine *machine,
			  u32 rows)
{
	struct shadow_slab *slab = &machine->mm.slab;
	struct shadow_kmem_cache *cache = NULL;
	struct shadow_slab_leaks *leaks = kvzalloc(sizeof(*leaks), GFP_KERNEL);
	struct shadow_slab_site others = {};
	u32 i, nr = 0;

	if (!leaks) {
		seq_puts(seq, "no memory of the host's to count them\n");
		return;
	}
	seq_printf(seq, "%-20s %8s %12s  %s\n", "cache", "objects", "oldest",
		   "allocated in");
	while ((cache = shadow_slab_next(slab, cache))) {
		if (cache == slab->kmem_cache || cache == slab->kmem_cache_node)
			continue;
		shadow_kmem_cache_leaks(cache, leaks);
		for (i = 0; i < leaks->nr_sites; i++)
			if (nr++ < rows)
				print_site(seq, &machine->mm,
					   shadow_kmem_cache_name(cache),
					   &leaks->site[i]);
		others.nr = leaks->nr_others;
		if (others.nr && nr++ < rows)
			print_site(seq, &machine->mm,
				   shadow_kmem_cache_name(cache), &others);
	}
	if (nr > rows)
		seq_printf(seq, "… %u more in shadow_mm_raw/%s/leaks\n",
			   nr - rows, machine->mm.name);
	kvfree(leaks);
}

static void print_change(struct seq_file *seq, const char *kind,
			 const char *name, const char *unit, u64 was, u64 is)
{
	char what[64];

	if (was == is)
		return;
	scnprintf(what, sizeof(what), "%s %s", kind, name);
	seq_printf(seq, "%+12lld  %-24s %llu %s at the mark, %llu now\n",
		   (s64)(is - was), what, was, unit, is);
}

/* Nobody knows which ones: how many more there are must do */
static void print_changes(struct seq_file *seq, struct shadow_machine *machine)
{
	struct shadow_owners_mark *now = kvzalloc(sizeof(*now), GFP_KERNEL);
	struct shadow_mm *mm = &machine->mm;
	const struct shadow_owners_mark *was = mm->mark;
	struct shadow_kmem_cache *cache = NULL;
	unsigned int shift = mm->cfg.page_shift;
	unsigned int class;
	u32 id;

	if (!now) {
		seq_puts(seq, "no memory of the host's to count them\n");
		return;
	}
	shadow_owners_count(mm, now);
	seq_printf(seq, "%12s  %-24s %s\n", "more", "what", "in use");
	for (class = 0; class < SHADOW_NR_OWNERS; class++)
		print_change(seq, "pages", shadow_owner_names[class], "bytes",
			     was->frames[class] << shift,
			     now->frames[class] << shift);
	print_change(seq, "early", "all", "bytes", was->early_bytes,
		     now->early_bytes);
	print_change(seq, "area", "all", "bytes", was->area_bytes,
		     now->area_bytes);
	while ((cache = shadow_slab_next(&mm->slab, cache))) {
		id = shadow_owners_cache(mm, cache);
		print_change(seq, "objects", shadow_kmem_cache_name(cache),
			     "objects", was->objects[id], now->objects[id]);
	}
	kvfree(now);
}

static void print_marked(struct seq_file *seq, struct shadow_machine *machine,
			 u32 rows, u32 stacks)
{
	struct shadow_owners *owners = collect(seq, machine, true);
	struct shadow_mm *mm = &machine->mm;

	if (!owners)
		return;
	seq_printf(seq, "Since mark %llu:", mm->mark->nr);
	print_age(seq, mm->host->now(), mm->mark->ns);
	seq_puts(seq, "seconds; of what was allocated since lives still, the largest first:\n");
	how_it_is_known(seq, mm);
	/* Else a sum has objects alone, and none of what is told below */
	if (mm->sites.births)
		print_sums(seq, owners);
	if (mm->sites.births || owners->nr_rows) {
		print_head(seq, owners);
		print_rows(seq, machine, owners, "leaks", rows, stacks);
	}
	kvfree(owners);
	if (mm->sites.births)
		return;
	seq_puts(seq, "\nHow much more is in use than at the mark:\n");
	print_changes(seq, machine);
}

static void print_leaks(struct seq_file *seq, struct shadow_machine *machine,
			u32 rows, u32 stacks)
{
	if (machine->mm.mark)
		print_marked(seq, machine, rows, stacks);
	else if (machine->mm.slab.state == SHADOW_SLAB_UP)
		print_objects(seq, machine, rows);
	else
		seq_puts(seq, "No objects as yet. Write mark to ctl: then this shows what was allocated since and lives still.\n");
}

/**
 * shadow_view_leaks() - what was allocated since the mark and lives still;
 *	without one objects in use by cache and call site
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_leaks(struct seq_file *seq, struct shadow_machine *machine)
{
	print_leaks(seq, machine, SHADOW_VIEW_ROWS, STACKS_SHOWN);
}

/**
 * shadow_view_leaks_whole() - all of that, each with its stack
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_leaks_whole(struct seq_file *seq,
			     struct shadow_machine *machine)
{
	print_leaks(seq, machine, U32_MAX, U32_MAX);
}
