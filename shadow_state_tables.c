// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_state_tables - every table of every tree with its raw descriptors, for
 * shadow_state.
 */
#include "shadow_boot.h"
#include "shadow_state_room.h"

/**
 * struct tables - a tree on its way to the text
 * @pgt: the tree
 * @text: where it goes
 * @left: tables that may still be printed: a bound against loops
 */
struct tables {
	const struct shadow_pgtable *pgt;
	const struct shadow_text *text;
	u64 left;
};

static u64 *table_at(const struct tables *t, phys_addr_t pa)
{
	u64 bytes = t->pgt->page_bytes;

	if (pa & (bytes - 1))
		return NULL;
	return shadow_block_contents(t->pgt->block, pa, bytes);
}

/* Descriptors in a row that are equal, or each a granule further */
static u32 print_row(const struct tables *t, const u64 *entry, u32 at, u32 nr,
		     unsigned int shift)
{
	u64 desc = READ_ONCE(entry[at]), step = 0;
	u32 end = at + 1;

	if (end < nr) {
		step = READ_ONCE(entry[end]) - desc;
		if (step && step != 1ULL << shift)
			step = 0;
	}
	while (end < nr && READ_ONCE(entry[end]) == desc + step * (end - at))
		end++;
	if (end == at + 1)
		step = 0;
	shadow_text_say(t->text, "    0x%x+0x%x: 0x%llx", at, end - at, desc);
	shadow_text_put(t->text, step ? " ascending\n" : "\n");
	return end;
}

/* A table, and behind it those below it; no deeper than levels there are */
static void print_table(struct tables *t, phys_addr_t pa, int level)
{
	const struct shadow_geometry *geo = &t->pgt->geo;
	u32 nr = shadow_geometry_entries(geo, level), at;
	const u64 *entry = table_at(t, pa);

	shadow_text_say(t->text, "  table 0x%llx level %d%s\n", (u64)pa, level,
			entry ? "" : " unreadable");
	if (!entry || !t->left)
		return;
	t->left--;
	/* The concatenated or short root need not begin where its page does */
	for (at = 0; at < nr;)
		if (READ_ONCE(entry[at]))
			at = print_row(t, entry, at, nr,
				       shadow_geometry_shift(geo, level));
		else
			at++;
	for (at = 0; at < nr && level < SHADOW_LAST_LEVEL && t->left; at++) {
		u64 desc = READ_ONCE(entry[at]);

		if (shadow_desc_kind(geo, level, desc) == SHADOW_DESC_KIND_TABLE)
			print_table(t, shadow_desc_oa(geo, desc), level + 1);
	}
}

static void print_tree(const struct shadow_pgtable *pgt, const char *name,
		       const struct shadow_text *text)
{
	struct tables t = {
		.pgt = pgt, .text = text,
		.left = pgt->nr_tables,
	};
	unsigned int i;

	shadow_text_say(text, "tree %s: root 0x%llx tables %llu sum 0x%llx keep %u prot 0x%llx\n",
			name, (u64)pgt->root, pgt->nr_tables, pgt->table_sum,
			pgt->root_keep, pgt->table_prot);
	shadow_text_say(text, "  pinned 0x%llx to 0x%llx, may idle 0x%llx",
			pgt->pin_first, pgt->pin_last, pgt->idle_first);
	shadow_text_say(text, " to 0x%llx, changes %u, breaks %llu\n",
			pgt->idle_last, pgt->changes, pgt->tlb.nr_breaks);
	shadow_text_say(text, "  tlb records %llu", pgt->tlb.nr_records);
	for (i = 0; i < SHADOW_NR_TLBI; i++)
		shadow_text_say(text, ", %s %llu of %llu bytes",
				shadow_tlbi_names[i], pgt->tlb.nr_tlbi[i],
				pgt->tlb.nr_bytes[i]);
	shadow_text_put(text, "\n");
	print_table(&t, pgt->root, pgt->geo.start_level);
}

static void print_soft(const struct shadow_soft_tlb *soft,
		       const struct shadow_text *text)
{
	unsigned int i;

	shadow_text_say(text, "soft tlb: next %u hits %llu fills %llu faults",
			soft->next, soft->nr_hits, soft->nr_fills);
	shadow_text_say(text, " %llu evicted %llu performed %llu dropped %llu\n",
			soft->nr_faults, soft->nr_evicted, soft->nr_performed,
			soft->nr_dropped);
	for (i = 0; i < SHADOW_NR_TLBI; i++)
		shadow_text_say(text, "  missing %s %llu\n", shadow_tlbi_names[i],
				soft->nr_missing[i]);
	for (i = 0; i < SHADOW_SOFT_TLB_ENTRIES; i++) {
		const struct shadow_soft_entry *entry = &soft->entry[i];

		if (!entry->valid)
			continue;
		shadow_text_say(text, "  %u: va 0x%llx pa 0x%llx attrs 0x%llx",
				i, entry->va, (u64)entry->pa, entry->attrs);
		shadow_text_say(text, " limits 0x%llx asid %u shift %u level %d\n",
				entry->limits, entry->asid, entry->shift,
				entry->level);
		if (!entry->missing.nr)
			continue;
		shadow_text_say(text, "    missing %u: kind %u va 0x%llx",
				entry->missing.nr, entry->missing.kind,
				entry->missing.va);
		shadow_text_say(text, " bytes 0x%llx seq %llu\n",
				entry->missing.bytes, entry->missing.seq);
	}
}

/**
 * shadow_state_tables() - the trees of a machine, and the TLB in software
 * @mm: the machine
 * @text: where they go
 *
 * Context: as shadow_state_print().
 */
void shadow_state_tables(struct shadow_mm *mm, const struct shadow_text *text)
{
	static const enum shadow_phase since[SHADOW_NR_TREES] = {
		[SHADOW_TREE_IDMAP] = SHADOW_PHASE_CREATE_IDMAP,
		[SHADOW_TREE_INIT_PG] = SHADOW_PHASE_MAP_KERNEL,
		[SHADOW_TREE_SWAPPER] = SHADOW_PHASE_PAGING_INIT,
		[SHADOW_TREE_USER] = SHADOW_PHASE_VMALLOC_INIT,
	};
	const struct shadow_pgtable *pgt;
	unsigned int tree;

	for (tree = 0; tree < SHADOW_NR_TREES; tree++) {
		pgt = shadow_mm_tree(mm, tree);
		if (shadow_boot_reached(mm, since[tree]) && pgt->root_table)
			print_tree(pgt, shadow_tree_names[tree], text);
	}
	if (mm->soft_tlb)
		print_soft(mm->soft_tlb, text);
}
