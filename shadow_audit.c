// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_audit - the invariant of the whole machine: every frame has exactly
 * one owner, and the sum over owners is the number of frames.
 */
#include "shadow_audit.h"
#include "shadow_backing.h"
#include "shadow_boot.h"
#include "shadow_buddy.h"
#include "shadow_pcp.h"
#include "shadow_vmemmap.h"

static int verify_memblock(struct shadow_mm *mm, struct shadow_fault *fault)
{
	return shadow_memblock_verify(&mm->memblock, fault);
}

static int verify_early(struct shadow_mm *mm, struct shadow_fault *fault)
{
	return mm->early.ops->verify(&mm->early, fault);
}

static int verify_backing(struct shadow_mm *mm, struct shadow_fault *fault)
{
	return shadow_block_virtual(&mm->block) ?
	       shadow_backing_verify(&mm->block, fault) : 0;
}

static int verify_fixmap(struct shadow_mm *mm, struct shadow_fault *fault)
{
	return shadow_fixmap_verify(&mm->fixmap, fault);
}

static int verify_layout(struct shadow_mm *mm, struct shadow_fault *fault)
{
	return shadow_layout_verify(&mm->layout, fault);
}

static int verify_idmap(struct shadow_mm *mm, struct shadow_fault *fault)
{
	return shadow_pgtable_verify(&mm->idmap, fault);
}

static int verify_init_pg(struct shadow_mm *mm, struct shadow_fault *fault)
{
	return shadow_pgtable_verify(&mm->init_pg, fault);
}

static int verify_swapper(struct shadow_mm *mm, struct shadow_fault *fault)
{
	return shadow_pgtable_verify(&mm->swapper, fault);
}

static int verify_vmemmap(struct shadow_mm *mm, struct shadow_fault *fault)
{
	return shadow_vmemmap_verify(&mm->nodes, &mm->layout, &mm->swapper, fault);
}

static int verify_kmap(struct shadow_mm *mm, struct shadow_fault *fault)
{
	return shadow_kmap_verify(&mm->kmap, fault);
}

static int verify_nodes(struct shadow_mm *mm, struct shadow_fault *fault)
{
	return shadow_zone_verify(&mm->nodes, fault);
}

static int each_zone(struct shadow_mm *mm, struct shadow_fault *fault,
		     int (*verify)(struct shadow_zone *zone,
				   struct shadow_fault *fault))
{
	struct shadow_zone *zone;
	int err = 0;

	for (zone = shadow_first_zone(&mm->nodes); zone && !err;
	     zone = shadow_next_zone(zone))
		if (shadow_zone_populated(zone))
			err = verify(zone, fault);
	return err;
}

static int verify_buddy(struct shadow_mm *mm, struct shadow_fault *fault)
{
	return each_zone(mm, fault, shadow_buddy_verify);
}

static int verify_pcp(struct shadow_mm *mm, struct shadow_fault *fault)
{
	return each_zone(mm, fault, shadow_pcp_verify);
}

#define SLAB_LOOKS	4

/*
 * Its sums are over the whole state, so they are of no one moment while another
 * module allocates. What is wrong stays wrong, word for word; what somebody was
 * just doing is another thing, or nothing, at the next look.
 */
static int verify_slab(struct shadow_mm *mm, struct shadow_fault *fault)
{
	struct shadow_fault again;
	unsigned int i;

	if (!shadow_slab_verify(&mm->slab, fault))
		return 0;
	for (i = 1; i < SLAB_LOOKS; i++) {
		shadow_fault_init(&again);
		if (!shadow_slab_verify(&mm->slab, &again) ||
		    strcmp(again.text, fault->text)) {
			shadow_fault_init(fault);
			return 0;
		}
	}
	return -EUCLEAN;
}

static int verify_vmalloc(struct shadow_mm *mm, struct shadow_fault *fault)
{
	return shadow_vmalloc_verify(&mm->vmalloc, fault);
}

/* There is one since somebody mapped there */
static int verify_user(struct shadow_mm *mm, struct shadow_fault *fault)
{
	return mm->user.root_table ? shadow_pgtable_verify(&mm->user, fault) : 0;
}

/* From which phase on a layer exists, and how it is asked */
static const struct {
	const char *name;
	enum shadow_phase born;
	int (*verify)(struct shadow_mm *mm, struct shadow_fault *fault);
} layers[SHADOW_AUDIT_NR_LAYERS] = {
	[SHADOW_AUDIT_MEMBLOCK] = {
		"memblock", SHADOW_PHASE_SETUP_FDT, verify_memblock },
	[SHADOW_AUDIT_EARLY] = {
		"early allocator", SHADOW_PHASE_MEMBLOCK_INIT, verify_early },
	[SHADOW_AUDIT_BACKING] = {
		"backing", SHADOW_PHASE_PRESERVE_BOOT_ARGS, verify_backing },
	[SHADOW_AUDIT_FIXMAP] = {
		"fixmap", SHADOW_PHASE_FIXMAP_INIT, verify_fixmap },
	[SHADOW_AUDIT_LAYOUT] = {
		"layout", SHADOW_PHASE_MEMBLOCK_INIT, verify_layout },
	[SHADOW_AUDIT_IDMAP] = {
		"idmap_pg_dir", SHADOW_PHASE_CREATE_IDMAP, verify_idmap },
	[SHADOW_AUDIT_INIT_PG] = {
		"init_pg_dir", SHADOW_PHASE_MAP_KERNEL, verify_init_pg },
	[SHADOW_AUDIT_SWAPPER] = {
		"swapper_pg_dir", SHADOW_PHASE_PAGING_INIT, verify_swapper },
	[SHADOW_AUDIT_VMEMMAP] = {
		"vmemmap", SHADOW_PHASE_FREE_AREA_INIT, verify_vmemmap },
	[SHADOW_AUDIT_KMAP] = {
		"kmap", SHADOW_PHASE_MEM_INIT, verify_kmap },
	[SHADOW_AUDIT_ZONE] = {
		"zone and memmap", SHADOW_PHASE_MEM_INIT, verify_nodes },
	[SHADOW_AUDIT_BUDDY] = {
		"buddy", SHADOW_PHASE_MEM_INIT, verify_buddy },
	[SHADOW_AUDIT_PCP] = {
		"pcp", SHADOW_PHASE_WATERMARKS, verify_pcp },
	[SHADOW_AUDIT_SLAB] = {
		"slab", SHADOW_PHASE_SLAB_INIT, verify_slab },
	[SHADOW_AUDIT_VMALLOC] = {
		"vmalloc", SHADOW_PHASE_VMALLOC_INIT, verify_vmalloc },
	[SHADOW_AUDIT_USER] = {
		"user's lower half", SHADOW_PHASE_VMALLOC_INIT, verify_user },
};

/**
 * shadow_audit_layer_name() - what a layer is called
 * @layer: the layer
 *
 * Context: any.
 * Return: its name.
 */
const char *shadow_audit_layer_name(enum shadow_audit_layer layer)
{
	return layers[layer].name;
}

/**
 * shadow_audit_verify() - ask every layer that exists to verify itself
 * @mm: the machine
 * @audit: @asked, @fault and @faulty are filled
 *
 * Context: process context; takes each layer's locks in turn. Changes nothing.
 * Return: 0, or -EUCLEAN with the first fault.
 */
int shadow_audit_verify(struct shadow_mm *mm, struct shadow_audit *audit)
{
	int layer, err = 0;

	shadow_fault_init(&audit->fault);
	audit->asked = 0;
	audit->faulty = -1;
	for (layer = 0; layer < SHADOW_AUDIT_NR_LAYERS && !err; layer++) {
		if (!shadow_boot_reached(mm, layers[layer].born))
			continue;
		audit->asked |= BIT(layer);
		err = layers[layer].verify(mm, &audit->fault);
		if (err)
			audit->faulty = layer;
	}
	return err;
}

/* One block or lone frame; says how many frames it was */
static u32 count_block(struct shadow_audit *audit, const struct shadow_page *page)
{
	unsigned int order = shadow_page_order(page);
	unsigned int owner = min_t(unsigned int, shadow_page_owner(page),
				   SHADOW_NR_OWNERS - 1);
	u32 nr_pages = order <= SHADOW_MAX_ORDER ? BIT(order) : 1;

	switch (shadow_page_state(page)) {
	case SHADOW_PAGE_HOLE:
		audit->holes++;
		return 1;
	case SHADOW_PAGE_DEVICE:
		audit->device++;
		return 1;
	case SHADOW_PAGE_RESERVED:
		audit->reserved[owner]++;
		return 1;
	case SHADOW_PAGE_BUDDY:
		audit->buddy += nr_pages;
		return nr_pages;
	case SHADOW_PAGE_PCP:
		audit->pcp += nr_pages;
		return nr_pages;
	case SHADOW_PAGE_ALLOCATED:
		audit->owned[owner] += nr_pages;
		return nr_pages;
	default:
		/* Verification has named it before anybody counts */
		return 1;
	}
}

/* From the first frame with memory to the last: not what blocks are filled up with */
static void count_bank(struct shadow_audit *audit,
		       const struct shadow_memmap *memmap,
		       const struct shadow_memmap_bank *bank)
{
	u32 index, end;

	shadow_bank_clip(bank, memmap->start_pfn, memmap->end_pfn, &index, &end);
	audit->nr_frames += end - index;
	while (index < end)
		index += count_block(audit, &memmap->pages[index]);
}

static void count_devices(struct shadow_audit *audit,
			  const struct shadow_memmap *memmap)
{
	unsigned int nr;
	u32 i;

	for (nr = SHADOW_MEMMAP_BOOT_BANKS; nr < SHADOW_MEMMAP_BANKS; nr++) {
		audit->nr_frames += memmap->bank[nr].nr;
		for (i = 0; i < memmap->bank[nr].nr; i++)
			count_block(audit, &memmap->pages[memmap->bank[nr].first + i]);
	}
}

static u64 sum_owners(const struct shadow_audit *audit)
{
	u64 sum = audit->holes + audit->buddy + audit->pcp + audit->device;
	unsigned int owner;

	for (owner = 0; owner < SHADOW_NR_OWNERS; owner++)
		sum += audit->owned[owner] + audit->reserved[owner];
	return sum;
}

/**
 * shadow_audit() - count every frame by owner, and verify every layer
 * @mm: the machine
 * @audit: filled
 *
 * Before the handover nobody owns frames yet: only the layers are asked.
 *
 * Context: process context. While others allocate, every frame is counted
 * once; whether as a list's or a user's is of no one moment.
 * Return: 0, or -EUCLEAN with the first fault.
 */
int shadow_audit(struct shadow_mm *mm, struct shadow_audit *audit)
{
	const struct shadow_memmap *memmap = &mm->nodes.memmap;
	unsigned long irqflags;
	unsigned int nr;
	int err;

	memset(audit, 0, sizeof(*audit));
	err = shadow_audit_verify(mm, audit);
	if (err || !shadow_boot_reached(mm, SHADOW_PHASE_MEM_INIT))
		return err;
	irqflags = shadow_nodes_lock(&mm->nodes);
	for (nr = 0; nr < memmap->nr_banks; nr++)
		count_bank(audit, memmap, &memmap->bank[nr]);
	count_devices(audit, memmap);
	shadow_nodes_unlock(&mm->nodes, irqflags);
	if (sum_owners(audit) != audit->nr_frames)
		return shadow_fault_raise(&audit->fault,
			"audit: owners add up to %llu frames, the memmap has %llu",
			sum_owners(audit), audit->nr_frames);
	return 0;
}
