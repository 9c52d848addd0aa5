// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_boot - the boot ladder: each phase in the kernel's order and under
 * the kernel's name, up, and down again.
 *
 * A phase that fails undoes itself; the ladder undoes the phases before it.
 * What a phase is and which kernel function it follows stands in the table at
 * the end. The early phases are in shadow_boot_early.c, paging_init is in
 * shadow_boot_paging.c.
 */
#include "shadow_audit.h"
#include "shadow_boot.h"
#include "shadow_boot_early.h"
#include "shadow_boot_memmap.h"
#include "shadow_boot_zone.h"
#include "shadow_buddy.h"
#include "shadow_page_alloc.h"
#include "shadow_pcp.h"
#include "shadow_vmemmap.h"
#include "shadow_watermark.h"
#include "shadow_zonelist.h"

static u64 to_mib(u64 bytes)
{
	return bytes >> 20;
}

/* The windows for HIGHMEM, which only machines that have some have room for */
static int init_kmap(struct shadow_mm *mm, char *effect)
{
	const struct shadow_region *pkmap =
		&mm->layout.region[SHADOW_REGION_PKMAP];
	unsigned int shift = mm->cfg.page_shift;
	u64 tables = mm->swapper.nr_tables;
	void *mem = NULL;
	int err = 0;

	if (shadow_config_given(&mm->cfg, SHADOW_PARAM_HIGHMEM)) {
		mem = mm->host->zalloc(shadow_kmap_bytes(shift, mm->nr_cpus));
		if (!mem)
			return -ENOMEM;
		err = shadow_layout_add_kmap(&mm->layout,
					     shadow_kmap_nr_slots(shift),
					     (u64)mm->nr_cpus * SHADOW_KM_MAX_IDX);
	}
	if (!err)
		err = shadow_kmap_init(&mm->kmap, &mm->layout, &mm->nodes,
				       &mm->swapper, &mm->fault, mm->nr_cpus, mem);
	if (err) {
		mm->host->free(mem);
		return err;
	}
	mm->kmap_mem = mem;
	if (mem)
		scnprintf(effect, SHADOW_PHASE_TEXT,
			  "pkmap at %#llx, %u slots; %u more for each of %u CPUs; %llu tables",
			  pkmap->start, mm->kmap.nr_slots, SHADOW_KM_MAX_IDX,
			  mm->nr_cpus, mm->swapper.nr_tables - tables);
	else
		scnprintf(effect, SHADOW_PHASE_TEXT,
			  "does not apply: without highmem= the linear map shows all memory");
	return 0;
}

static void drop_kmap(struct shadow_mm *mm)
{
	shadow_kmap_fini(&mm->kmap);
	mm->host->free(mm->kmap_mem);
	mm->kmap_mem = NULL;
}

static int build_zonelists(struct shadow_mm *mm, char *effect)
{
	struct shadow_nodes *nodes = &mm->nodes;

	shadow_build_zonelists(nodes);
	scnprintf(effect, SHADOW_PHASE_TEXT,
		  "Built %u zonelists, mobility grouping %s.  Total pages: %llu",
		  hweight8(nodes->state[SHADOW_N_ONLINE]),
		  nodes->mobility_off ? "off" : "on",
		  shadow_zonelist_total(nodes));
	return 0;
}

static int table_from_buddy(void *ctx, phys_addr_t *pa)
{
	struct shadow_mm *mm = ctx;
	struct shadow_page *page;

	if (shadow_should_fail(&mm->fail, SHADOW_FAIL_TABLE,
			       1ULL << mm->nodes.page_shift))
		return -ENOMEM;
	page = shadow_alloc_pages(&mm->nodes,
				  SHADOW_GFP_OWNER(SHADOW_OWNER_TABLE), 0);
	if (!page)
		return -ENOMEM;
	*pa = shadow_page_to_phys(&mm->nodes, page);
	return 0;
}

/* A table from before the handover becomes an ordinary free frame */
static void free_early_table(struct shadow_mm *mm, struct shadow_page *page)
{
	struct shadow_zone *zone = shadow_page_zone(&mm->nodes, page);
	unsigned long irqflags;

	raw_spin_lock_irqsave(&zone->lock, irqflags);
	zone->managed++;
	atomic_set(&page->refcount, 0);
	__shadow_buddy_free(zone, page, 0);
	raw_spin_unlock_irqrestore(&zone->lock, irqflags);
}

static void table_to_buddy(void *ctx, phys_addr_t pa)
{
	struct shadow_mm *mm = ctx;
	struct shadow_page *page;

	if (shadow_block_is_aside(&mm->block, pa)) {
		shadow_block_aside_free(&mm->block, pa, 1ULL << mm->cfg.page_shift);
		return;
	}
	page = shadow_pfn_to_page(&mm->nodes, pa >> mm->nodes.page_shift);
	if (!page)
		return;
	if (shadow_page_state(page) == SHADOW_PAGE_RESERVED)
		free_early_table(mm, page);
	else
		shadow_free_pages(&mm->nodes, page, 0);
}

static const struct shadow_pgtable_ops buddy_tables = {
	.alloc_table = table_from_buddy,
	.free_table = table_to_buddy,
};

static void drop_samples(struct shadow_mm *mm)
{
	mm->nodes.frag = NULL;
	mm->host->free(mm->frag.ring);
	mm->frag.ring = NULL;
}

/*
 * The moment that the articles describe: memblock's free memory becomes the
 * buddy's, and from here on tables come from there too.
 */
static int mem_init(struct shadow_mm *mm, char *effect)
{
	char high[48] = "";
	void *samples = mm->host->zalloc(shadow_frag_bytes());
	int err;

	if (!samples)
		return -ENOMEM;
	shadow_frag_init(&mm->nodes, &mm->frag, samples);
	err = shadow_early_close(&mm->early);
	if (!err)
		err = shadow_handover(&mm->nodes, &mm->early, &mm->handover);
	if (err) {
		if (shadow_fault_frozen(&mm->fault))
			scnprintf(effect, SHADOW_PHASE_TEXT, "%s", mm->fault.text);
		drop_samples(mm);
		return err;
	}
	shadow_early_retire(&mm->early);
	shadow_pgtable_set_ops(&mm->swapper, &buddy_tables, mm);
	if (mm->nodes.zone_limit[SHADOW_ZONE_HIGHMEM])
		scnprintf(high, sizeof(high), " (%llu by free_highpages)",
			  mm->handover.nr_high);
	scnprintf(effect, SHADOW_PHASE_TEXT,
		  "%llu frames freed%s, %llu reserved, %llu in holes; tables come from the buddy now",
		  mm->handover.nr_freed, high, mm->handover.nr_reserved,
		  mm->handover.nr_holes);
	return 0;
}

/*
 * By the kernel's rule first, then what was given: as if somebody had written
 * it to the sysctl as soon as there is one.
 */
static int setup_marks(struct shadow_mm *mm, char *effect)
{
	struct shadow_nodes *nodes = &mm->nodes;
	struct shadow_config *cfg = &mm->cfg;
	u64 most = shadow_nodes_managed(nodes) << (nodes->page_shift - 10) >> 1;

	nodes->watermark_scale_factor = cfg->watermark_scale_factor;
	memcpy(nodes->lowmem_reserve_ratio, cfg->lowmem_reserve_ratio,
	       sizeof(nodes->lowmem_reserve_ratio));
	shadow_watermark_init(nodes);
	if (!shadow_config_given(cfg, SHADOW_PARAM_MIN_FREE_KBYTES)) {
		cfg->min_free_kbytes = nodes->min_free_kbytes;
		return 0;
	}
	if (cfg->min_free_kbytes > most) {
		scnprintf(effect, SHADOW_PHASE_TEXT,
			  "min_free_kbytes=%llu: out of range; allowed: 0 to %llu, half of the memory",
			  cfg->min_free_kbytes, most);
		return -ERANGE;
	}
	shadow_watermark_set_min_free(nodes, cfg->min_free_kbytes);
	return 0;
}

static int setup_watermarks(struct shadow_mm *mm, char *effect)
{
	int err;

	mm->pcp_mem = mm->host->zalloc(shadow_pcp_bytes(mm->nr_cpus));
	if (!mm->pcp_mem)
		return -ENOMEM;
	err = setup_marks(mm, effect);
	if (err)
		goto free_pcp;
	mm->nodes.pcp_policy = mm->cfg.pcp;
	shadow_pcp_init(&mm->nodes, mm->pcp_mem, mm->nr_cpus);
	shadow_boot_set_cpus(mm);
	shadow_pcp_setup(&mm->nodes);
	scnprintf(effect, SHADOW_PHASE_TEXT,
		  "min_free_kbytes %llu, lists for %u CPUs (pcp=%s)",
		  mm->nodes.min_free_kbytes, mm->nr_cpus,
		  mm->nodes.pcp_policy->name);
	return 0;
free_pcp:
	mm->host->free(mm->pcp_mem);
	mm->pcp_mem = NULL;
	return err;
}

static void drop_pcp(struct shadow_mm *mm)
{
	const struct shadow_vmemmap part = {
		.nodes = &mm->nodes, .layout = &mm->layout,
		.pgt = &mm->swapper, .mb = &mm->memblock,
	};

	shadow_vmemmap_remove_devices(&part);
	shadow_pcp_fini(&mm->nodes);
	mm->host->free(mm->pcp_mem);
	mm->pcp_mem = NULL;
}

static struct shadow_slab_config slab_config(const struct shadow_mm *mm)
{
	const char *names = strchr(mm->cfg.slab_debug, ',');

	return (struct shadow_slab_config) {
		.engine = mm->cfg.slab,
		.seed = mm->cfg.seed,
		.debug = mm->cfg.slab_debug_flags,
		.debug_names = names ? names + 1 : NULL,
		.plain = mm->cfg.slab_plain,
		.ordered = mm->cfg.slab_ordered,
		.merge = mm->cfg.slab_merge,
		.quarantine = mm->cfg.quarantine,
		.host = mm->slab_host,
	};
}

static int slab_init(struct shadow_mm *mm, char *effect)
{
	const struct shadow_slab_config cfg = slab_config(mm);
	struct shadow_kmem_cache *cache = NULL;
	unsigned int nr = 0;
	int err;

	mm->slab_mem = mm->host->zalloc(shadow_slab_bytes(&cfg, mm->nr_cpus));
	if (!mm->slab_mem)
		return -ENOMEM;
	err = shadow_slab_init(&mm->slab, &mm->nodes, &cfg, mm->nr_cpus, mm->slab_mem);
	if (err) {
		mm->host->free(mm->slab_mem);
		mm->slab_mem = NULL;
		return err;
	}
	while ((cache = shadow_slab_next(&mm->slab, cache)))
		nr++;
	scnprintf(effect, SHADOW_PHASE_TEXT,
		  "engine %s, %u caches: %s", mm->cfg.slab, nr,
		  shadow_slab_booted(&mm->slab));
	return 0;
}

/* What was told of the end of a grace period may wait for another one. */
static void end_grace_periods(struct shadow_mm *mm)
{
	const struct shadow_slab_host *host = mm->slab_host;

	if (!host || !host->grace_wait)
		return;
	do {
		host->grace_wait(host->arg);
	} while (shadow_slab_nr_waiting(&mm->slab));
}

static void slab_fini(struct shadow_mm *mm)
{
	end_grace_periods(mm);
	shadow_slab_fini(&mm->slab);
	mm->host->free(mm->slab_mem);
	mm->slab_mem = NULL;
}

static int vmalloc_init(struct shadow_mm *mm, char *effect)
{
	const struct shadow_region *window =
		&mm->layout.region[SHADOW_REGION_VMALLOC];
	u64 image_end = mm->boot.kimage_va + mm->places.image.bytes;
	u64 start = round_up(image_end, SZ_2M);
	int err;

	err = shadow_vmalloc_init(&mm->vmalloc, &mm->nodes, &mm->slab,
				  &mm->swapper, start, window->end,
				  mm->cfg.seed, &mm->events, &mm->fault);
	if (err)
		return err;
	scnprintf(effect, SHADOW_PHASE_TEXT,
		  "window [%#llx-%#llx], %llu MiB, behind the kernel image",
		  start, window->end - 1, to_mib(window->end - start));
	return 0;
}

static void vmalloc_fini(struct shadow_mm *mm)
{
	shadow_boot_user_destroy(mm);
	shadow_vmalloc_fini(&mm->vmalloc);
}

/* debug_checkwx(), with which mark_readonly() ends; a finding is a report */
static int check_wx(struct shadow_mm *mm)
{
	struct shadow_ptdump_wx_report *report = mm->host->zalloc(sizeof(*report));
	struct shadow_walker walker;
	int err;

	if (!report)
		return -ENOMEM;
	shadow_pgtable_walker(&mm->swapper, &walker);
	err = shadow_ptdump_check_wx(&walker, report);
	mm->boot.wx = report->count;
	mm->host->free(report);
	return err;
}

static int verify(struct shadow_mm *mm, char *effect)
{
	unsigned int leaks = shadow_fixmap_early_leaks(&mm->fixmap);
	struct shadow_audit audit;
	int err = shadow_audit_verify(mm, &audit);
	int at;

	if (err) {
		scnprintf(effect, SHADOW_PHASE_TEXT, "%s", audit.fault.text);
		return err;
	}
	err = check_wx(mm);
	if (err)
		return err;
	shadow_boot_tlb_leave_out(mm);
	at = scnprintf(effect, SHADOW_PHASE_TEXT,
		       "%u layers found nothing wrong", hweight32(audit.asked));
	/* check_early_ioremap_leak() of mm/early_ioremap.c, and its words */
	if (leaks)
		scnprintf(effect + at, SHADOW_PHASE_TEXT - at,
			  "; Debug warning: early ioremap leak of %u areas detected.",
			  leaks);
	return 0;
}

static int ask_cpu(struct shadow_mm *mm, char *effect)
{
	if (!mm->host->mmu_check || !mm->cfg.mmu_check) {
		scnprintf(effect, SHADOW_PHASE_TEXT, "%s",
			  mm->host->mmu_check ? "not asked for (mmu_check=off)" :
						"this host has no such MMU");
		return 0;
	}
	return mm->host->mmu_check(mm, effect, SHADOW_PHASE_TEXT);
}

static const struct {
	int (*up)(struct shadow_mm *mm, char *effect);
	void (*down)(struct shadow_mm *mm);
} phases[SHADOW_NR_PHASES] = {
	[SHADOW_PHASE_PRESERVE_BOOT_ARGS] = { shadow_boot_preserve_args },
	[SHADOW_PHASE_INIT_KERNEL_EL] = { shadow_boot_init_el },
	[SHADOW_PHASE_CREATE_IDMAP] = {
		shadow_boot_create_idmap, shadow_boot_drop_idmap },
	[SHADOW_PHASE_MAP_KERNEL] = {
		shadow_boot_map_kernel, shadow_boot_drop_init_pg },
	[SHADOW_PHASE_CPU_SETUP] = { shadow_boot_cpu_setup },
	[SHADOW_PHASE_PRIMARY_SWITCH] = {
		shadow_boot_primary_switch, shadow_boot_mmu_off },
	[SHADOW_PHASE_FIXMAP_INIT] = {
		shadow_boot_fixmap_init, shadow_boot_drop_fixmap },
	[SHADOW_PHASE_SETUP_FDT] = { shadow_boot_setup_fdt },
	[SHADOW_PHASE_MEMBLOCK_INIT] = { shadow_boot_memblock_init },
	[SHADOW_PHASE_PAGING_INIT] = {
		shadow_boot_paging_init, shadow_boot_drop_swapper },
	[SHADOW_PHASE_KMAP_INIT] = { init_kmap, drop_kmap },
	[SHADOW_PHASE_BOOTMEM_INIT] = { shadow_boot_bootmem_init },
	[SHADOW_PHASE_FREE_AREA_INIT] = {
		shadow_boot_free_area_init, shadow_boot_drop_page_owner },
	[SHADOW_PHASE_BUILD_ZONELISTS] = { build_zonelists },
	[SHADOW_PHASE_MEM_INIT] = { mem_init, drop_samples },
	[SHADOW_PHASE_WATERMARKS] = { setup_watermarks, drop_pcp },
	[SHADOW_PHASE_SLAB_INIT] = { slab_init, slab_fini },
	[SHADOW_PHASE_VMALLOC_INIT] = { vmalloc_init, vmalloc_fini },
	[SHADOW_PHASE_VERIFY] = { verify },
	[SHADOW_PHASE_MMU_CHECK] = { ask_cpu },
};

static u64 nr_tables(const struct shadow_mm *mm)
{
	return mm->idmap.nr_tables + mm->init_pg.nr_tables +
	       mm->swapper.nr_tables + mm->user.nr_tables;
}

static u64 early_bytes(const struct shadow_early_log *log)
{
	const struct shadow_early_range *range = log->range;
	u64 bytes = 0;

	for (; range < log->range + log->nr; range++)
		bytes += range->bytes;
	return bytes;
}

static struct shadow_early_sum *find_sum(struct shadow_early_sum *sum,
					 unsigned int *nr, const char *owner)
{
	unsigned int i;

	for (i = 0; i < *nr; i++)
		if (!strcmp(sum[i].owner, owner))
			return &sum[i];
	if (*nr == SHADOW_MAX_EARLY_SUMS)
		return NULL;
	sum[i].owner = owner;
	sum[i].bytes = 0;
	++*nr;
	return &sum[i];
}

/* Who has more than when the phase before ended */
static void note_owners(struct shadow_mm *mm, struct shadow_phase_record *record)
{
	struct shadow_early_sum now[SHADOW_MAX_EARLY_SUMS];
	const struct shadow_early_log *log = mm->early.log;
	struct shadow_boot *boot = &mm->boot;
	struct shadow_early_sum *sum, *before;
	unsigned int i, nr = 0, at = 0;

	for (i = 0; i < log->nr; i++) {
		sum = find_sum(now, &nr, log->range[i].owner);
		if (sum)
			sum->bytes += log->range[i].bytes;
	}
	for (sum = now; sum < now + nr; sum++) {
		before = find_sum(boot->early_sum, &boot->nr_early_sums, sum->owner);
		if (before && sum->bytes > before->bytes)
			at += scnprintf(record->early_by + at,
					sizeof(record->early_by) - at, "%s%s %llu",
					at ? ", " : "", sum->owner,
					sum->bytes - before->bytes);
		if (before)
			before->bytes = sum->bytes;
	}
}

static int run_phase(struct shadow_mm *mm, enum shadow_phase phase)
{
	struct shadow_phase_record *record = &mm->boot.record[phase];
	bool early = phase >= SHADOW_PHASE_SETUP_FDT;
	u64 bytes = phase > SHADOW_PHASE_SETUP_FDT ? early_bytes(mm->early.log) : 0;
	u64 tables = nr_tables(mm);
	u64 start = mm->host->now();
	int err;

	/* Nobody else reaches the machine, then: see shadow_ring_boot_begin() */
	if (mm->events.ring && phase > SHADOW_PHASE_SLAB_INIT)
		end_grace_periods(mm);
	if (mm->events.ring && phase > SHADOW_PHASE_WATERMARKS)
		shadow_pcp_recorded(&mm->nodes, false);
	shadow_ring_boot_begin(mm->events.ring);
	err = phases[phase].up(mm, record->effect);
	record->ns = mm->host->now() - start;
	if (early) {
		record->early_bytes = early_bytes(mm->early.log) - bytes;
		note_owners(mm, record);
	}
	record->nr_tables = nr_tables(mm) - tables;
	record->nr_said = phase >= SHADOW_PHASE_SETUP_FDT ? mm->fate.nr_said : 0;
	shadow_event_named(&mm->events, SHADOW_EV_PHASE, 1, shadow_phase_name(phase),
			   phase, record->ns, err);
	shadow_ring_boot_end(mm->events.ring, phase, err);
	if (mm->events.ring && phase >= SHADOW_PHASE_WATERMARKS && !err)
		shadow_pcp_recorded(&mm->nodes, true);
	return err;
}

/* ---------------------------------------------------------- up and down -- */

/* The last phase first; what was recorded stays */
static u64 take_down(struct shadow_mm *mm)
{
	u64 left = 0;

	shadow_boot_stop_recording(mm);
	if (mm->boot.nr_done > SHADOW_PHASE_WATERMARKS)
		shadow_pcp_recorded(&mm->nodes, false);
	shadow_fail_fini(&mm->fail);
	shadow_why_fini(&mm->why);
	/* Already undone; nr_done says which phase it was */
	while (!mm->boot.failed && mm->boot.nr_done) {
		mm->boot.nr_done--;
		if (phases[mm->boot.nr_done].down)
			phases[mm->boot.nr_done].down(mm);
		/* Below this phase nobody takes frames from the buddy */
		if (mm->boot.nr_done == SHADOW_PHASE_WATERMARKS)
			left = shadow_nodes_managed(&mm->nodes) -
			       shadow_nodes_free(&mm->nodes);
	}
	return left;
}

/**
 * shadow_boot_step() - go on with a boot that has stopped
 * @mm: the machine
 * @last: last phase to run; where it is complete already, nothing is done
 *
 * Context: process context; may sleep in the host's allocator only.
 * Return: 0, or the errno of the phase that failed: @boot.nr_done tells which,
 * its record why, and everything has been undone, also what earlier steps did.
 */
int shadow_boot_step(struct shadow_mm *mm, unsigned int last)
{
	unsigned int phase;
	int err;

	if (mm->boot.failed)
		return mm->boot.failed;
	for (phase = mm->boot.nr_done; phase <= last && phase < SHADOW_NR_PHASES;
	     phase++) {
		err = run_phase(mm, phase);
		if (err)
			goto undo;
		mm->boot.nr_done = phase + 1;
	}
	return 0;

undo:
	take_down(mm);
	shadow_boot_unwatch(mm);
	mm->boot.nr_done = phase;
	mm->boot.failed = err;
	return err;
}

/**
 * shadow_boot_up() - boot a machine, as far as its configuration says
 * @mm: the machine; name, host, nr_cpus, cpu_id, cfg, board, places and block
 *	are set, all else is zero or left from a boot that was taken down
 *
 * Context: process context; may sleep in the host's allocator only.
 * Return: as shadow_boot_step().
 */
int shadow_boot_up(struct shadow_mm *mm)
{
	int err;

	shadow_fault_init(&mm->fault);
	shadow_fail_init(&mm->fail, mm->cfg.seed);
	mm->fail.events = &mm->events;
	shadow_why_init(&mm->why);
	memset(&mm->boot, 0, sizeof(mm->boot));
	err = shadow_boot_watch(mm);
	return err ? : shadow_boot_step(mm, mm->cfg.until);
}

/**
 * shadow_boot_down() - take a machine down, the last phase first
 * @mm: the machine
 *
 * Gives back what the machine holds of the host's memory, except the block. A
 * frozen machine is taken down as well.
 *
 * Context: process context; nobody uses the machine any more.
 * Return: 0 for a machine whose boot failed; else frames of the buddy that were
 * still in use when all layers had given back theirs: what users have left
 * behind.
 */
u64 shadow_boot_down(struct shadow_mm *mm)
{
	u64 left = take_down(mm);

	shadow_boot_unwatch(mm);
	shadow_boot_forget(mm);
	return left;
}
