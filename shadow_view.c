// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view - files in formats that the kernel has, so that what reads the
 * kernel's reads these. Names and columns are those of Linux 6.12.
 */
#include <linux/ctype.h>
#include <linux/seq_file.h>

#include "shadow_boot.h"
#include "shadow_view.h"
#include "shadow_vmstat.h"

/**
 * shadow_view_ask() - read what was written to a file that is asked about one
 *	thing: "NUMBER" or "WORD NUMBER"
 * @text: as written
 * @word: the word that may stand in front
 * @said: set if it does
 * @number: filled: decimal, or with 0x
 *
 * Context: any.
 * Return: 0; -EINVAL if it is not that, -ERANGE if it is more than 64 bits, and
 * then nothing was set.
 */
int shadow_view_ask(const char *text, const char *word, bool *said, u64 *number)
{
	const char *at = skip_spaces(text);
	size_t len = strlen(word);
	bool has_word = !strncmp(at, word, len) && isspace(at[len]);
	char digits[32];
	u64 value;
	int err;

	if (has_word)
		at = skip_spaces(at + len);
	if (strscpy(digits, at, sizeof(digits)) < 0 || !isdigit(digits[0]))
		return -EINVAL;
	err = kstrtou64(strim(digits), 0, &value);
	if (err)
		return err;
	*said = has_word;
	*number = value;
	return 0;
}

/**
 * shadow_view_born() - has the boot come to the layer that a file shows?
 * @seq: where to say that it has not, in one line
 * @machine: the machine
 * @name: of the file
 * @since: phase that has to be complete
 *
 * Context: process context, the machine's lock held.
 * Return: true if it has.
 */
bool shadow_view_born(struct seq_file *seq, const struct shadow_machine *machine,
		      const char *name, enum shadow_phase since)
{
	const struct shadow_boot *boot = &machine->mm.boot;

	if (!boot->failed && boot->nr_done > since)
		return true;
	seq_printf(seq, "%s: nothing to show before phase %s is complete; ", name,
		   shadow_phase_name(since));
	if (boot->failed)
		seq_puts(seq, "the machine is down, see boot\n");
	else
		seq_printf(seq, "the boot has stopped after %s\n",
			   shadow_phase_name(boot->nr_done - 1));
	return false;
}

/**
 * shadow_view_buddyinfo() - free blocks by order, as /proc/buddyinfo
 * @seq: where to print
 * @machine: the machine
 *
 * Follows frag_show_print() of mm/vmstat.c.
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_buddyinfo(struct seq_file *seq, struct shadow_machine *machine)
{
	struct shadow_nodes *nodes = &machine->mm.nodes;
	struct shadow_zone *zone;
	unsigned int order;

	for (zone = shadow_first_zone(nodes); zone; zone = shadow_next_zone(zone)) {
		if (!shadow_zone_populated(zone))
			continue;
		seq_printf(seq, "Node %d, zone %8s ", zone->nid,
			   shadow_zone_names[zone->type]);
		for (order = 0; order <= nodes->max_order; order++)
			seq_printf(seq, "%6llu ", zone->free_area[order].nr_free);
		seq_putc(seq, '\n');
	}
}

static void print_area(struct seq_file *seq,
		       const struct shadow_vmalloc_info *info)
{
	unsigned int nid;

	seq_printf(seq, "0x%016llx-0x%016llx %7llu", info->va_start,
		   info->va_end, info->va_end - info->va_start);
	if (info->caller)
		seq_printf(seq, " %pS", (void *)(unsigned long)info->caller);
	if (info->nr_pages)
		seq_printf(seq, " pages=%u", info->nr_pages);
	if (info->pa)
		seq_printf(seq, " phys=0x%016llx", (u64)info->pa);
	if (info->flags & SHADOW_VMAP_IOREMAP)
		seq_puts(seq, " ioremap");
	if (info->flags & SHADOW_VMAP_ALLOC)
		seq_puts(seq, " vmalloc");
	if (info->flags & SHADOW_VMAP_MAP)
		seq_puts(seq, " vmap");
	for (nid = 0; nid < SHADOW_MAX_NODES; nid++)
		if (info->nr_on_node[nid])
			seq_printf(seq, " N%u=%u", nid, info->nr_on_node[nid]);
	seq_putc(seq, '\n');
}

/**
 * shadow_view_vmallocinfo() - areas, as /proc/vmallocinfo
 * @seq: where to print
 * @machine: the machine
 *
 * Addresses are the shadow's own, so they are printed as they are. Follows
 * vmalloc_info_show() and show_purge_info() of mm/vmalloc.c. Where their tree is
 * corrupt, a last line says so.
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_vmallocinfo(struct seq_file *seq, struct shadow_machine *machine)
{
	struct shadow_vmalloc *vm = &machine->mm.vmalloc;
	struct shadow_vmalloc_info info;
	int err;
	u64 va;

	for (va = 0; !(err = shadow_vmalloc_next(vm, va, &info)); va = info.va_end)
		print_area(seq, &info);
	for (va = 0; !shadow_vmalloc_next_lazy(vm, va, &info); va = info.va_end)
		seq_printf(seq, "0x%016llx-0x%016llx %7llu unpurged vm_area\n",
			   info.va_start, info.va_end, info.va_end - info.va_start);
	if (err == -EUCLEAN)
		seq_puts(seq, "further areas cannot be found, their tree is corrupt: see audit\n");
}

/**
 * shadow_view_vmstat() - counters, as /proc/vmstat
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_vmstat(struct seq_file *seq, struct shadow_machine *machine)
{
	struct shadow_vmstat stat;
	unsigned int at = 0;

	while (shadow_vmstat_next(&machine->mm, &at, &stat))
		seq_printf(seq, "%s %llu\n", stat.name, stat.value);
}

/* An event counts itself, or what it is about */
static void explain_stat(struct seq_file *seq, const struct shadow_vmstat *stat,
			 bool event)
{
	seq_printf(seq, "%-22s %12llu  ", stat->name, stat->value);
	if (!event)
		seq_printf(seq, "%s\n", stat->what);
	else if (stat->unit[0])
		seq_printf(seq, "%s of events %s\n", stat->unit, stat->what);
	else
		seq_printf(seq, "events %s\n", stat->what);
}

/**
 * shadow_view_vmstat_whole() - the same, with what each of them counts
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_vmstat_whole(struct seq_file *seq, struct shadow_machine *machine)
{
	struct shadow_vmstat stat;
	unsigned int at = 0;
	bool event = false;

	seq_puts(seq, "nr_ and vmalloc_: what there is now, or since the boot. All others count while counters are on: write set counters on to ctl\n");
	while (shadow_vmstat_next(&machine->mm, &at, &stat)) {
		event |= !strcmp(stat.name, shadow_events[SHADOW_EV_PAGE_FREE].counter);
		explain_stat(seq, &stat, event);
	}
}

static void memblock_list(struct seq_file *seq,
			  const struct shadow_memblock_type *type)
{
	char line[128];
	unsigned long i;

	for (i = 0; i < type->cnt; i++) {
		shadow_memblock_format_region(type, i, line, sizeof(line));
		seq_puts(seq, line);
	}
}

/**
 * shadow_view_memory() - memory that the early allocator knows
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_memory(struct seq_file *seq, struct shadow_machine *machine)
{
	memblock_list(seq, &machine->mm.memblock.memory);
}

/**
 * shadow_view_reserved() - what of it is taken
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_reserved(struct seq_file *seq, struct shadow_machine *machine)
{
	memblock_list(seq, &machine->mm.memblock.reserved);
}
