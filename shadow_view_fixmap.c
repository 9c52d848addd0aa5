// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view_fixmap - addresses that are known before anything else: each slot
 * with what it shows, and who has borrowed a boot-time one.
 */
#include <linux/seq_file.h>

#include "shadow_boot.h"
#include "shadow_view.h"

/* What stands where nothing is mapped, or where it needs a word */
static const char *const empty[SHADOW_NR_FIX] = {
	[SHADOW_FIX_HOLE] = "never mapped: it lies behind the region's end",
	[SHADOW_FIX_EARLYCON_MEM_BASE] = "free: no early console",
	[SHADOW_FIX_TEXT_POKE0] = "free: nobody changes code",
	[SHADOW_FIX_ENTRY_TRAMP_TEXT4] = "free: the kernel stays mapped at EL0",
	[SHADOW_FIX_ENTRY_TRAMP_TEXT3] = "free: the kernel stays mapped at EL0",
	[SHADOW_FIX_ENTRY_TRAMP_TEXT2] = "free: the kernel stays mapped at EL0",
	[SHADOW_FIX_ENTRY_TRAMP_TEXT1] = "free: the kernel stays mapped at EL0",
	[SHADOW_FIX_PTE] = "free: new tables are cleared through the block",
	[SHADOW_FIX_PMD] = "free: new tables are cleared through the block",
	[SHADOW_FIX_PUD] = "free: new tables are cleared through the block",
	[SHADOW_FIX_P4D] = "free: new tables are cleared through the block",
	[SHADOW_FIX_PGD] = "free: new tables are cleared through the block",
};

static void print_head(struct seq_file *seq, const struct shadow_fixmap *fixmap)
{
	const struct shadow_pgtable *pgt = fixmap->pgt;

	seq_printf(seq, "FIXADDR_TOP        0x%016llx\n", fixmap->top);
	seq_printf(seq, "FIXADDR_START      0x%016llx  %u permanent slots\n",
		   shadow_fixmap_start(fixmap), fixmap->slots.nr_permanent);
	seq_printf(seq, "FIXADDR_TOT_START  0x%016llx  %u slots of %u KiB; slot n lies n pages below the top\n",
		   shadow_fixmap_tot_start(fixmap), fixmap->slots.nr,
		   1U << (fixmap->slots.page_shift - 10));
	seq_printf(seq, "tables             at most %llu, of the image, kept though empty; part of %s\n\n",
		   shadow_fixmap_nr_tables(&pgt->geo),
		   fixmap->late ? "swapper_pg_dir since paging_init" :
				  "init_pg_dir until paging_init");
	seq_printf(seq, "%-22s %9s %-18s %-14s %9s %-18s %s\n", "slot", "index",
		   "VA", "PA", "bytes", "protection", "state");
}

static void print_free(struct seq_file *seq, const struct shadow_fixmap *fixmap,
		       const char *name, const char *index, u64 va,
		       const char *state)
{
	seq_printf(seq, "%-22s %9s 0x%016llx %-14s %9s %-18s %s\n", name, index,
		   va, "-", "-", "-", state);
}

/* The protection as the tables have it, not as it was asked for */
static void print_map(struct seq_file *seq, const struct shadow_fixmap *fixmap,
		      const char *name, const char *index,
		      const struct shadow_fixmap_map *map)
{
	char letters[SHADOW_PROT_TEXT];
	const char *prot = "not mapped";
	u64 desc;

	if (!shadow_pgtable_lookup(fixmap->pgt, map->va, NULL, &desc)) {
		desc &= fixmap->pgt->geo.attr_mask & SHADOW_PROT_MASK;
		/* With DS=1 shareability is not in the descriptor */
		prot = shadow_prot_name(desc | (map->prot & SHADOW_ATTR_SH));
		if (!prot) {
			shadow_prot_letters(desc, letters, sizeof(letters));
			prot = letters;
		}
	}
	seq_printf(seq, "%-22s %9s 0x%016llx %#-14llx %9llu %-18s %s\n", name,
		   index, map->va, (u64)map->pa, map->bytes, prot, map->who);
}

static void print_slot(struct seq_file *seq, const struct shadow_fixmap *fixmap,
		       enum shadow_fix id)
{
	const struct shadow_fixmap_map *map = &fixmap->named[id];
	unsigned int nr = fixmap->slots.index[id], last = nr;
	char index[24];

	if (id == SHADOW_FIX_FDT) {
		map = &fixmap->fdt;
		last = fixmap->slots.index[SHADOW_FIX_FDT_END];
	}
	scnprintf(index, sizeof(index), last == nr ? "%u" : "%u-%u", nr, last);
	if (map->va)
		print_map(seq, fixmap, shadow_fix_names[id], index, map);
	else
		print_free(seq, fixmap, shadow_fix_names[id], index,
			   shadow_fix_to_va(fixmap, nr), empty[id] ?: "free");
}

static void print_early(struct seq_file *seq, const struct shadow_fixmap *fixmap,
			unsigned int slot)
{
	unsigned int begin = fixmap->slots.index[SHADOW_FIX_BTMAP_BEGIN] -
			     slot * fixmap->slots.nr_btmaps;
	const struct shadow_fixmap_map *map = &fixmap->early[slot];
	char name[24], index[24];

	scnprintf(name, sizeof(name), "FIX_BTMAP, slot %u", slot);
	scnprintf(index, sizeof(index), "%u-%u", begin,
		  begin - fixmap->slots.nr_btmaps + 1);
	if (map->va)
		print_map(seq, fixmap, name, index, map);
	else
		print_free(seq, fixmap, name, index,
			   shadow_fixmap_early_va(fixmap, slot), "free");
}

static void print_leaks(struct seq_file *seq, const struct shadow_fixmap *fixmap,
			bool booted)
{
	unsigned int nr = shadow_fixmap_early_leaks(fixmap);

	seq_printf(seq, "\nearly_ioremap: %llu lent, %llu refused, at most %u slots of %u pages at once\n",
		   fixmap->nr_early, fixmap->nr_refused, fixmap->max_early,
		   fixmap->slots.nr_btmaps);
	if (!booted)
		seq_printf(seq, "in use: %u; what is so at the end of the boot is a leak\n",
			   nr);
	else if (nr)
		seq_printf(seq, "Debug warning: early ioremap leak of %u areas detected.\n",
			   nr);
	else
		seq_puts(seq, "no leak: none was in use at the end of the boot\n");
}

/**
 * shadow_view_fixmap() - the slots of the fixmap
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_fixmap(struct seq_file *seq, struct shadow_machine *machine)
{
	const struct shadow_fixmap *fixmap = &machine->mm.fixmap;
	unsigned int id, slot;

	print_head(seq, fixmap);
	for (id = 0; id < SHADOW_NR_FIX; id++) {
		if (id == SHADOW_FIX_BTMAP_END) {
			/* In ascending order of indices, as all others */
			for (slot = SHADOW_FIX_BTMAPS_SLOTS; slot; slot--)
				print_early(seq, fixmap, slot - 1);
		} else if (id != SHADOW_FIX_BTMAP_BEGIN &&
			   id != SHADOW_FIX_FDT_END) {
			print_slot(seq, fixmap, id);
		}
	}
	print_leaks(seq, fixmap,
		    shadow_boot_reached(&machine->mm, SHADOW_PHASE_VERIFY));
}
