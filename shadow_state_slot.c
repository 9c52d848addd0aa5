// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_state_slot - slots at fixed addresses, and those that show HIGHMEM, for
 * shadow_state.
 */
#include "shadow_boot.h"
#include "shadow_state_room.h"

static void print_shown(const struct shadow_text *text, const char *name,
			unsigned int nr, const struct shadow_fixmap_map *map)
{
	if (map->va)
		shadow_text_say(text, "  %s %u: va 0x%llx pa 0x%llx bytes 0x%llx prot 0x%llx %s\n",
				name, nr, map->va, (u64)map->pa, map->bytes,
				map->prot, map->who ? map->who : "-");
}

static void print_fixmap(const struct shadow_fixmap *fixmap,
			 const struct shadow_text *text)
{
	unsigned int i;

	shadow_text_say(text, "fixmap: top 0x%llx late %u early %llu refused %llu max %u\n",
			fixmap->top, fixmap->late, fixmap->nr_early,
			fixmap->nr_refused, fixmap->max_early);
	print_shown(text, "fdt", 0, &fixmap->fdt);
	for (i = 0; i < SHADOW_NR_FIX; i++)
		print_shown(text, shadow_fix_names[i], i, &fixmap->named[i]);
	for (i = 0; i < SHADOW_FIX_BTMAPS_SLOTS; i++)
		print_shown(text, "early", i, &fixmap->early[i]);
}

static void print_chain(const struct shadow_kmap *kmap, unsigned int bucket,
			const struct shadow_text *text)
{
	u16 nr = kmap->bucket[bucket];
	struct shadow_state_list list;
	unsigned int steps;

	if (nr == SHADOW_KMAP_NONE)
		return;
	shadow_text_say(text, "  bucket %u:", bucket);
	shadow_state_begin(&list, text, 1);
	for (steps = 0; nr < kmap->nr_slots && steps < kmap->nr_slots; steps++) {
		shadow_state_add(&list, nr);
		nr = kmap->slot[nr].next;
	}
	shadow_state_end(&list);
}

static void print_kmap_cpu(const struct shadow_kmap *kmap, unsigned int cpu,
			   const struct shadow_text *text)
{
	const struct shadow_kmap_cpu *local = &kmap->cpu[cpu];
	unsigned int i;

	if (!local->nr_maps)
		return;
	shadow_text_say(text, "  cpu %u: depth %u max %u maps %llu:", cpu,
			local->depth, local->max_depth, local->nr_maps);
	for (i = 0; i < min_t(u32, local->depth, SHADOW_KM_MAX_IDX); i++)
		shadow_text_say(text, " 0x%llx", local->pfn[i]);
	shadow_text_put(text, "\n");
}

static void print_kmap(const struct shadow_kmap *kmap,
		       const struct shadow_text *text)
{
	unsigned int i;

	shadow_text_say(text, "kmap: last %u maps %llu found %llu",
			kmap->last_nr, kmap->nr_maps, kmap->nr_found);
	shadow_text_say(text, " flushes %llu flushed %llu full %llu\n",
			kmap->nr_flushes, kmap->nr_flushed, kmap->nr_full);
	for (i = 0; i < kmap->nr_slots; i++)
		if (kmap->slot[i].count)
			shadow_text_say(text, "  slot %u: pfn 0x%llx count %u\n",
					i, kmap->slot[i].pfn,
					kmap->slot[i].count);
	for (i = 0; i < SHADOW_KMAP_BUCKETS; i++)
		print_chain(kmap, i, text);
	for (i = 0; i < kmap->nr_cpus; i++)
		print_kmap_cpu(kmap, i, text);
}

/**
 * shadow_state_slots() - the fixmap's and the kmap windows' slots of a machine
 * @mm: the machine
 * @text: where they go
 *
 * Context: as shadow_state_print().
 */
void shadow_state_slots(struct shadow_mm *mm, const struct shadow_text *text)
{
	if (shadow_boot_reached(mm, SHADOW_PHASE_FIXMAP_INIT))
		print_fixmap(&mm->fixmap, text);
	if (shadow_boot_reached(mm, SHADOW_PHASE_KMAP_INIT) && mm->kmap_mem)
		print_kmap(&mm->kmap, text);
}
