/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_test_break - a machine that is to be damaged, all that looks at it and
 * all that is done to it, for the suites of damage.
 */
#ifndef SHADOW_TEST_BREAK_H
#define SHADOW_TEST_BREAK_H

#include "shadow_test_ctl.h"

#include "shadow_break.h"
#include "shadow_ctl_handle.h"
#include "shadow_frag.h"
#include "shadow_map.h"
#include "shadow_mobility.h"
#include "shadow_owners.h"
#include "shadow_page_tell.h"
#include "shadow_pcp.h"
#include "shadow_ptdump.h"
#include "shadow_ring.h"
#include "shadow_slab_report.h"
#include "shadow_state.h"

/* Something of everything that a kind may want to damage */
static const char *const furniture[] = {
	"alloc_pages 0 count=40", "alloc_pages 2 count=5 as=p", "free_pages p count=2",
	"kmalloc 64 count=30 as=k", "kmalloc 300 count=9", "kmalloc 100000",
	"cache_create red 60 flags=RED_ZONE,POISON", "cache_alloc red count=7 as=r",
	"cache_free r count=3", "vmalloc 8192", "vmalloc 20000 as=v", "vmalloc 4096",
	"vfree v", "alloc_pages 0 gfp=HIGHMEM as=h", "kmap h",
};

static inline void reboot(struct kunit *test, struct rig *rig)
{
	shadow_ctl_fini(&rig->ctl);
	shadow_boot_down(&rig->mm);
	rig_boot(test, rig);
	KUNIT_ASSERT_EQ(test, shadow_ctl_init(&rig->ctl, &rig->mm, &ops), 0);
}

static inline void furnish(struct kunit *test, struct rig *rig)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(furniture); i++)
		if (strncmp(furniture[i], "cache_create", 12) ||
		    !shadow_slab_find(&rig->mm.slab, "red"))
			expect_ok(test, rig, furniture[i]);
	expect_healthy(test, rig);
}

static inline int break_init(struct kunit *test)
{
	struct rig *rig;
	int err = rig_init(test);

	if (err)
		return err;
	rig = test->priv;
	rig->mm.cfg.highmem = SHADOW_TEST_BASE + SZ_8M;
	rig->mm.cfg.given |= BIT_ULL(SHADOW_PARAM_HIGHMEM);
	rig->mm.cfg.tlbi = SHADOW_TLBI_MODE_STALE;
	rig->mm.cfg.ring = SHADOW_RING_MIN;
	reboot(test, rig);
	return 0;
}

/* ------------------------------------------------------------ what comes then -- */

static inline void no_line(void *to, const char *line)
{
}

/* Tables, as page_tables and vtop read them */
static inline void look_at_tables(struct shadow_mm *mm)
{
	static const struct shadow_marker none[] = { { 0, "all" }, { ~0ULL, NULL } };
	struct shadow_walker walker;
	struct shadow_walk walk;
	u64 pa;

	shadow_pgtable_walker(&mm->swapper, &walker);
	shadow_ptdump(&walker, none, no_line, NULL, NULL);
	for (pa = 0; pa < mm->block.bytes; pa += SZ_1M)
		shadow_walk(&walker, shadow_layout_pa_to_va(&mm->layout, mm->block.base + pa),
			    &walk);
}

/* Who has what: map, page, owners, leaks, slab_objects */
static inline void look_at_owners(struct shadow_mm *mm, struct rnd_state *rnd)
{
	struct shadow_map_count *count = vzalloc(sizeof(*count));
	struct shadow_owners *owners = vzalloc(sizeof(*owners));
	struct shadow_slab_leaks *leaks = vzalloc(sizeof(*leaks));
	u64 nr_frames = mm->block.bytes >> mm->nodes.page_shift;
	struct shadow_kmem_cache *cache = NULL;
	struct shadow_map_part part;
	unsigned int i;

	for (i = 0; count && shadow_map_part(mm, i, &part); i++)
		shadow_map_count(mm, &part, part.start_pfn, part.end_pfn, count);
	if (owners)
		shadow_owners_collect(mm, false, owners);
	while (leaks && (cache = shadow_slab_next(&mm->slab, cache)))
		shadow_kmem_cache_leaks(cache, leaks);
	for (i = 0; i < 20; i++)
		shadow_page_tell(&mm->nodes, (mm->block.base >> mm->nodes.page_shift) +
				 shadow_test_below(rnd, nr_frames), no_line, NULL);
	vfree(leaks);
	vfree(owners);
	vfree(count);
}

/* How broken up free memory is: extfrag_index, unusable_index */
static inline void look_at_frag(struct shadow_zone *zone)
{
	struct shadow_frag_info info;
	unsigned int order;

	for (order = 0; order <= zone->nodes->max_order; order++) {
		shadow_frag_info(zone, order, &info);
		shadow_frag_extfrag(&info, order);
		shadow_frag_unusable(&info, order);
	}
}

/* memblock_memory and memblock_reserved, and the picture before the handover */
static inline void look_at_early(struct shadow_mm *mm)
{
	struct shadow_memblock_type *type = &mm->memblock.memory;
	struct shadow_map_count *count = vzalloc(sizeof(*count));
	struct shadow_map_part part;
	unsigned long i;
	char line[128];

	for (i = 0; i < type->cnt; i++)
		shadow_memblock_format_region(type, i, line, sizeof(line));
	for (type = &mm->memblock.reserved, i = 0; i < type->cnt; i++)
		shadow_memblock_format_region(type, i, line, sizeof(line));
	if (count && shadow_boot_reached(mm, SHADOW_PHASE_MEMBLOCK_INIT))
		for (i = 0; shadow_map_part(mm, i, &part); i++)
			shadow_map_count(mm, &part, part.start_pfn, part.end_pfn, count);
	vfree(count);
}

static inline void dropped(void *to, const char *text, size_t bytes)
{
}

/* All that views compute */
static inline void look_at_all(struct rig *rig, struct rnd_state *rnd)
{
	static const struct shadow_text nowhere = { .put = dropped };
	struct shadow_mm *mm = &rig->mm;
	struct shadow_kmem_cache *cache = NULL;
	struct shadow_vmalloc_totals totals;
	struct shadow_vmalloc_info area;
	u64 nr[SHADOW_NR_ORDERS], va = 0;
	struct shadow_kmap_totals slots;
	struct shadow_slabinfo info;
	struct shadow_zone *zone;
	unsigned int mt;

	shadow_audit(mm, &rig->audit);
	look_at_early(mm);
	shadow_state_print(mm, 0, &nowhere);
	if (!shadow_boot_reached(mm, SHADOW_PHASE_VMALLOC_INIT))
		return;
	for (zone = shadow_first_zone(&mm->nodes); zone; zone = shadow_next_zone(zone)) {
		if (!shadow_zone_populated(zone))
			continue;
		for (mt = 0; mt < SHADOW_MIGRATE_TYPES; mt++)
			shadow_mobility_count_free(zone, mt, nr);
		shadow_mobility_count_blocks(zone, nr);
		shadow_mobility_count_mixed(zone, nr);
		shadow_pcp_count(zone);
		look_at_frag(zone);
	}
	look_at_tables(mm);
	look_at_owners(mm, rnd);
	while ((cache = shadow_slab_next(&mm->slab, cache)))
		shadow_slab_get_info(cache, &info);
	shadow_vmalloc_totals(&mm->vmalloc, &totals);
	while (!shadow_vmalloc_next(&mm->vmalloc, va, &area) && area.va_end > va)
		va = area.va_end;
	if (mm->kmap.slot)
		shadow_kmap_totals(&mm->kmap, &slots);
	shadow_slab_check(&mm->slab);
	show(rig);
}

/* Whatever somebody may say next; what it says is all the same */
static inline void any_command(struct rig *rig, struct rnd_state *rnd)
{
	static const char *const verbs[] = {
		"alloc_pages %u", "alloc_pages %u gfp=MOVABLE", "alloc_pages %u gfp=HIGHMEM",
		"kmalloc %u64", "kmalloc 7%u0", "vmalloc %u0000", "kfree %u",
		"free_pages %u", "vfree %u", "drain cpu=%u", "cache_alloc red count=%u",
		"cache_free %u", "vmalloc_purge #%u", "cache_shrink red #%u",
		"cache_check red #%u", "kmap %u", "kunmap %u", "alloc_pages_bulk %u",
		"get_page %u", "put_page %u", "krealloc %u 5000", "split_page %u",
		"map %u048576 0x40000000 1 rw", "unmap %u048576 1", "alloc_pages_exact %u0000",
	};
	u32 what = shadow_test_below(rnd, ARRAY_SIZE(verbs));
	char text[64];

	snprintf(text, sizeof(text), verbs[what],
		 1 + shadow_test_below(rnd, what < 6 ? 5 : 40));
	say(rig, text);
}

#endif /* SHADOW_TEST_BREAK_H */
