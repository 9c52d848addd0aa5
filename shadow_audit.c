// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_audit - the invariant of the whole machine: every frame has exactly
 * one owner, and the sum over owners is the number of frames.
 */
#include <linux/sched.h>

#include "shadow_audit.h"
#include "shadow_backing.h"
#include "shadow_boot.h"
#include "shadow_buddy.h"
#include "shadow_parse.h"
#include "shadow_pcp.h"
#include "shadow_ring.h"
#include "shadow_vmemmap.h"

static int verify_memblock(struct shadow_mm *mm, struct shadow_audit *audit)
{
	return shadow_memblock_verify(&mm->memblock, &audit->fault);
}

static int verify_early(struct shadow_mm *mm, struct shadow_audit *audit)
{
	return mm->early.ops->verify(&mm->early, &audit->fault);
}

static int verify_backing(struct shadow_mm *mm, struct shadow_audit *audit)
{
	return shadow_block_virtual(&mm->block) ?
	       shadow_backing_verify(&mm->block, &audit->fault) : 0;
}

static int verify_fixmap(struct shadow_mm *mm, struct shadow_audit *audit)
{
	return shadow_fixmap_verify(&mm->fixmap, &audit->fault);
}

static int verify_layout(struct shadow_mm *mm, struct shadow_audit *audit)
{
	return shadow_layout_verify(&mm->layout, &audit->fault);
}

static int verify_idmap(struct shadow_mm *mm, struct shadow_audit *audit)
{
	return shadow_pgtable_verify(&mm->idmap, &audit->fault);
}

static int verify_init_pg(struct shadow_mm *mm, struct shadow_audit *audit)
{
	return shadow_pgtable_verify(&mm->init_pg, &audit->fault);
}

static int verify_swapper(struct shadow_mm *mm, struct shadow_audit *audit)
{
	return shadow_pgtable_verify(&mm->swapper, &audit->fault);
}

static int verify_vmemmap(struct shadow_mm *mm, struct shadow_audit *audit)
{
	return shadow_vmemmap_verify(&mm->nodes, &mm->layout, &mm->swapper, &audit->fault);
}

static int verify_kmap(struct shadow_mm *mm, struct shadow_audit *audit)
{
	return shadow_kmap_verify(&mm->kmap, &audit->fault);
}

/* How long the locks of one zone were kept, at most */
static void note_locked(const struct shadow_mm *mm, struct shadow_audit *audit,
			const struct shadow_zone *zone, u64 since_ns)
{
	u64 ns = mm->host->now() - since_ns;

	if (ns <= audit->locked_ns)
		return;
	audit->locked_ns = ns;
	audit->locked_nid = zone->nid;
	audit->locked_zone = zone->type;
}

/*
 * Each keeps a zone's locks for no longer than it takes itself; nobody else's
 * zone is locked meanwhile.
 */
static int each_zone(struct shadow_mm *mm, struct shadow_audit *audit,
		     int (*verify)(struct shadow_zone *zone,
				   struct shadow_fault *fault))
{
	struct shadow_zone *zone;
	u64 since_ns;
	int err = 0;

	for (zone = shadow_first_zone(&mm->nodes); zone && !err;
	     zone = shadow_next_zone(zone)) {
		since_ns = mm->host->now();
		err = verify(zone, &audit->fault);
		note_locked(mm, audit, zone, since_ns);
		cond_resched();
	}
	return err;
}

static int verify_nodes(struct shadow_mm *mm, struct shadow_audit *audit)
{
	return each_zone(mm, audit, shadow_zone_verify_one);
}

static int verify_areas(struct shadow_zone *zone, struct shadow_fault *fault)
{
	return shadow_zone_populated(zone) ? shadow_buddy_verify(zone, fault) : 0;
}

static int verify_buddy(struct shadow_mm *mm, struct shadow_audit *audit)
{
	return each_zone(mm, audit, verify_areas);
}

static int verify_lists(struct shadow_zone *zone, struct shadow_fault *fault)
{
	return shadow_zone_populated(zone) ? shadow_pcp_verify(zone, fault) : 0;
}

static int verify_pcp(struct shadow_mm *mm, struct shadow_audit *audit)
{
	return each_zone(mm, audit, verify_lists);
}

/* Looks that find the same thing, and looks in all where each finds another */
#define SAME_LOOKS	4U
#define MOST_LOOKS	256U

/* Nobody is inside of an operation while the ring's lock is held */
static int verify_slab_alone(struct shadow_mm *mm, struct shadow_fault *fault)
{
	struct shadow_op op;
	int err;

	shadow_fault_init(fault);
	shadow_op_begin(&op, &mm->events);
	err = shadow_slab_verify(&mm->slab, fault);
	shadow_op_drop(&op);
	return err;
}

/* What is wrong stays wrong, word for word, until everybody has moved on */
static int verify_slab_patiently(struct shadow_mm *mm, struct shadow_fault *fault)
{
	u64 since_ns = mm->host->now(), now_ns;
	struct shadow_fault again;
	unsigned int i, same = 1;

	for (i = 0; i < MOST_LOOKS || same >= SAME_LOOKS; i++) {
		cond_resched();
		shadow_fault_init(&again);
		if (!shadow_slab_verify(&mm->slab, &again))
			break;
		now_ns = mm->host->now();
		if (strcmp(again.text, fault->text)) {
			*fault = again;
			since_ns = now_ns;
			same = 1;
		} else if (++same >= SAME_LOOKS &&
			   (now_ns == since_ns ||
			    now_ns - since_ns > SHADOW_AUDIT_PATIENCE_NS)) {
			return -EUCLEAN;
		}
	}
	shadow_fault_init(fault);
	return 0;
}

/*
 * Its sums are over the whole state, so they are of no one moment while another
 * module allocates: what somebody was just doing is another thing, or nothing,
 * at the next look.
 */
static int verify_slab(struct shadow_mm *mm, struct shadow_audit *audit)
{
	if (!shadow_slab_verify(&mm->slab, &audit->fault))
		return 0;
	return mm->events.ring ? verify_slab_alone(mm, &audit->fault) :
				 verify_slab_patiently(mm, &audit->fault);
}

static int verify_vmalloc(struct shadow_mm *mm, struct shadow_audit *audit)
{
	return shadow_vmalloc_verify(&mm->vmalloc, &audit->fault);
}

/* There is one since somebody mapped there */
static int verify_user(struct shadow_mm *mm, struct shadow_audit *audit)
{
	return mm->user.root_table ? shadow_pgtable_verify(&mm->user, &audit->fault) : 0;
}

static int verify_linear(struct shadow_mm *mm, struct shadow_audit *audit)
{
	return shadow_audit_linear(mm, &audit->fault);
}

static int verify_frames(struct shadow_mm *mm, struct shadow_audit *audit)
{
	return shadow_audit_frames(mm, &audit->fault);
}

/* ------------------------------------------------------- whose they are -- */

/* One block or lone frame of a zone; says how many frames it was */
static u32 count_block(struct shadow_audit_zone *sum, const struct shadow_zone *zone,
		       const struct shadow_page *page)
{
	unsigned int order = shadow_page_order(page);
	unsigned int owner = min_t(unsigned int, shadow_page_owner(page),
				   SHADOW_NR_OWNERS - 1);
	u32 nr_pages = order <= SHADOW_MAX_ORDER ? BIT(order) : 1;

	/* Spans of zones may overlap: it is counted where it belongs */
	if ((READ_ONCE(page->flags) & SHADOW_PF_PLACE_MASK) != zone->place)
		return 1;
	switch (shadow_page_state(page)) {
	case SHADOW_PAGE_DEVICE:
		sum->device++;
		return 1;
	case SHADOW_PAGE_RESERVED:
		sum->reserved[owner]++;
		return 1;
	case SHADOW_PAGE_BUDDY:
		sum->buddy += nr_pages;
		return nr_pages;
	case SHADOW_PAGE_PCP:
		sum->pcp += nr_pages;
		return nr_pages;
	case SHADOW_PAGE_ALLOCATED:
		sum->owned[owner] += nr_pages;
		return nr_pages;
	default:
		/* A hole; what else there is, verification has named before */
		return 1;
	}
}

static void count_zone(struct shadow_audit_zone *sum, const struct shadow_zone *zone)
{
	const struct shadow_memmap *memmap = zone->memmap;
	unsigned int nr;
	u32 index, end;

	for (nr = 0; nr < SHADOW_MEMMAP_BANKS; nr++) {
		if (!memmap->bank[nr].nr)
			continue;
		shadow_bank_clip(&memmap->bank[nr], zone->start_pfn,
				 zone->start_pfn + zone->spanned, &index, &end);
		while (index < end)
			index += count_block(sum, zone, &memmap->pages[index]);
	}
}

static u64 sum_of(const u64 *owners)
{
	unsigned int owner;
	u64 sum = 0;

	for (owner = 0; owner < SHADOW_NR_OWNERS; owner++)
		sum += owners[owner];
	return sum;
}

/* What was counted, against what the zone and its lists have counted */
static int verify_sums(const struct shadow_zone *zone,
		       const struct shadow_audit_zone *sum, u64 listed,
		       struct shadow_fault *fault)
{
	u64 managed = sum->buddy + sum->pcp + sum_of(sum->owned);
	u64 present = managed + sum_of(sum->reserved);
	const char *name = shadow_zone_names[zone->type];

	if (zone->type == SHADOW_ZONE_DEVICE) {
		if (sum->device + present <= zone->spanned)
			return 0;
		return shadow_fault_raise(fault,
			"audit: node %d zone %s: %llu frames, it spans %llu",
			zone->nid, name, sum->device, zone->spanned);
	}
	if (sum->buddy != sum->nr_free || sum->pcp != listed)
		return shadow_fault_raise(fault,
			"audit: node %d zone %s: %llu frames are free, nr_free is %llu; %llu listed by CPUs, their counts are %llu",
			zone->nid, name, sum->buddy, sum->nr_free, sum->pcp, listed);
	if (managed != sum->managed || present != sum->present ||
	    present > sum->spanned)
		return shadow_fault_raise(fault,
			"audit: node %d zone %s: owners have %llu of %llu managed frames, %llu of %llu present, %llu spanned",
			zone->nid, name, managed, sum->managed, present,
			sum->present, sum->spanned);
	return 0;
}

/*
 * With all lists' locks and the zone's nothing of the zone moves: the sums are
 * of one moment. Other zones are not touched.
 */
static int audit_zone(struct shadow_mm *mm, struct shadow_zone *zone,
		      struct shadow_audit_zone *sum, struct shadow_audit *audit)
{
	unsigned long irqflags;
	unsigned int cpu;
	u64 listed = 0, since_ns = mm->host->now();

	memset(sum, 0, sizeof(*sum));
	irqflags = shadow_pcp_lock_all(zone);
	raw_spin_lock(&zone->lock);
	count_zone(sum, zone);
	sum->spanned = zone->spanned;
	sum->present = zone->present;
	sum->managed = zone->managed;
	sum->nr_free = zone->nr_free;
	for (cpu = 0; zone->pcp && cpu < mm->nodes.nr_cpus; cpu++)
		listed += zone->pcp[cpu].count;
	raw_spin_unlock(&zone->lock);
	shadow_pcp_unlock_all(zone, irqflags);
	note_locked(mm, audit, zone, since_ns);
	return verify_sums(zone, sum, listed, &audit->fault);
}

static void add_zone(struct shadow_audit *audit, const struct shadow_audit_zone *sum)
{
	unsigned int owner;

	audit->buddy += sum->buddy;
	audit->pcp += sum->pcp;
	audit->device += sum->device;
	for (owner = 0; owner < SHADOW_NR_OWNERS; owner++) {
		audit->owned[owner] += sum->owned[owner];
		audit->reserved[owner] += sum->reserved[owner];
	}
}

/*
 * From the first frame with memory to the last: not what blocks are filled up
 * with. What is a hole stays one, so no lock is needed.
 */
static void count_holes(const struct shadow_memmap *memmap,
			struct shadow_audit *audit)
{
	unsigned int nr;
	u32 index, end;

	for (nr = 0; nr < memmap->nr_banks; nr++) {
		shadow_bank_clip(&memmap->bank[nr], memmap->start_pfn,
				 memmap->end_pfn, &index, &end);
		audit->nr_frames += end - index;
		for (; index < end; index++)
			audit->holes += shadow_page_state(&memmap->pages[index]) ==
					SHADOW_PAGE_HOLE;
	}
	for (nr = SHADOW_MEMMAP_BOOT_BANKS; nr < SHADOW_MEMMAP_BANKS; nr++)
		audit->nr_frames += memmap->bank[nr].nr;
}

static u64 sum_owners(const struct shadow_audit *audit)
{
	return audit->holes + audit->buddy + audit->pcp + audit->device +
	       sum_of(audit->owned) + sum_of(audit->reserved);
}

static int audit_owners(struct shadow_mm *mm, struct shadow_audit *audit,
			struct shadow_audit_zone *zones)
{
	struct shadow_audit_zone sum;
	struct shadow_zone *zone;
	int err;

	for (zone = shadow_first_zone(&mm->nodes); zone;
	     zone = shadow_next_zone(zone)) {
		if (!zone->spanned)
			continue;
		err = audit_zone(mm, zone, &sum, audit);
		if (err)
			return err;
		add_zone(audit, &sum);
		if (zones)
			zones[zone->nid * SHADOW_MAX_NR_ZONES + zone->type] = sum;
	}
	count_holes(&mm->nodes.memmap, audit);
	if (sum_owners(audit) != audit->nr_frames)
		return shadow_fault_raise(&audit->fault,
			"audit: owners add up to %llu frames, the memmap has %llu",
			sum_owners(audit), audit->nr_frames);
	return 0;
}

/* From which phase on a layer exists, and how it is asked */
static const struct {
	const char *name;
	enum shadow_phase born;
	int (*verify)(struct shadow_mm *mm, struct shadow_audit *audit);
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
	[SHADOW_AUDIT_OWNERS] = {
		"owners", SHADOW_PHASE_MEM_INIT, NULL },
	[SHADOW_AUDIT_TABLES] = {
		"tables, memmap", SHADOW_PHASE_MEM_INIT, shadow_audit_tables },
	[SHADOW_AUDIT_LINEAR] = {
		"linear map, memory", SHADOW_PHASE_PAGING_INIT, verify_linear },
	[SHADOW_AUDIT_FRAMES] = {
		"frames, their owners", SHADOW_PHASE_VMALLOC_INIT, verify_frames },
	[SHADOW_AUDIT_RING] = {
		"ring, counters", SHADOW_PHASE_PRESERVE_BOOT_ARGS, shadow_audit_ring },
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
 * shadow_audit_pfn() - which frame a fault is about
 * @text: what a layer says
 * @pfn: set to the frame
 *
 * Context: any.
 * Return: false where it names none.
 */
bool shadow_audit_pfn(const char *text, u64 *pfn)
{
	text = strstr(text, "pfn ");
	if (!text)
		return false;
	text += strlen("pfn ");
	return !shadow_parse_number(text, strspn(text, "0123456789abcdefx"), pfn);
}

static int ask_layer(struct shadow_mm *mm, int layer, struct shadow_audit *audit,
		     struct shadow_audit_zone *zones)
{
	if (layer == SHADOW_AUDIT_OWNERS)
		return audit_owners(mm, audit, zones);
	return layers[layer].verify(mm, audit);
}

static int ask_layers(struct shadow_mm *mm, struct shadow_audit *audit, int end,
		      struct shadow_audit_zone *zones)
{
	int layer, err = 0;

	memset(audit, 0, sizeof(*audit));
	audit->faulty = -1;
	for (layer = 0; layer < end && !err; layer++) {
		if (!shadow_boot_reached(mm, layers[layer].born))
			continue;
		audit->asked |= BIT(layer);
		err = ask_layer(mm, layer, audit, zones);
		if (err)
			audit->faulty = layer;
		cond_resched();
	}
	return err;
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
	return ask_layers(mm, audit, SHADOW_AUDIT_OWNERS, NULL);
}

/**
 * shadow_audit_zones() - the whole truth about a machine
 * @mm: the machine
 * @audit: filled
 * @zones: SHADOW_AUDIT_ZONES of them, zeroed, by node and type: filled for those
 *	that span frames; NULL: not wanted
 *
 * Every layer verifies itself, every frame is counted by owner, and the layers
 * are held against each other. Before the handover nobody owns frames yet: only
 * the layers are asked.
 *
 * Exact while others allocate. An owner is written under the lock that takes a
 * frame from its list, so the sums of a zone are of one moment, taken under its
 * locks alone; of what two layers say differently at first, both are asked
 * again under the locks of both.
 *
 * Context: process context, the machine's lock held; allocations from one zone
 * at a time wait.
 * Return: 0, or -EUCLEAN with the first fault.
 */
int shadow_audit_zones(struct shadow_mm *mm, struct shadow_audit *audit,
		       struct shadow_audit_zone *zones)
{
	return ask_layers(mm, audit, SHADOW_AUDIT_NR_LAYERS, zones);
}

/**
 * shadow_audit() - the whole truth about a machine, all zones together
 * @mm: the machine
 * @audit: filled
 *
 * Context: as shadow_audit_zones().
 * Return: 0, or -EUCLEAN with the first fault.
 */
int shadow_audit(struct shadow_mm *mm, struct shadow_audit *audit)
{
	return shadow_audit_zones(mm, audit, NULL);
}
