// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_boot_watch - what a machine's doings are told to: counters, the
 * ring, and from where it was called. They are there before the first phase of the boot.
 */
#include "shadow_boot.h"
#include "shadow_boot_early.h"

/* Where the host can say who calls, there is a table for it */
static bool init_sites(struct shadow_mm *mm)
{
	const struct shadow_host_ops *host = mm->host;

	mm->mark = NULL;
	mm->site_mem = host->site ? host->zalloc(shadow_sites_bytes()) : NULL;
	shadow_sites_init(&mm->sites, host->site, host->now, mm->site_mem);
	mm->sites.births = mm->cfg.page_owner;
	return mm->site_mem || !host->site;
}

static void drop_sites(struct shadow_mm *mm)
{
	mm->host->free(mm->mark);
	mm->mark = NULL;
	mm->host->free(mm->site_mem);
	mm->site_mem = NULL;
	shadow_sites_init(&mm->sites, NULL, NULL, NULL);
}

static int no_memory_for(struct shadow_mm *mm, const char *what, u64 bytes)
{
	scnprintf(mm->boot.record[0].effect, SHADOW_PHASE_TEXT,
		  "the host has no memory for %s, %llu KiB", what, bytes >> 10);
	shadow_boot_unwatch(mm);
	mm->boot.failed = -ENOMEM;
	return -ENOMEM;
}

/**
 * shadow_boot_watch() - make counters and the ring of a machine
 * @mm: the machine, about to boot
 *
 * Context: process context; may sleep in the host's allocator.
 * Return: 0; -ENOMEM, which the first phase's record explains.
 */
int shadow_boot_watch(struct shadow_mm *mm)
{
	u64 bytes = shadow_event_bytes(mm->nr_cpus);
	void *mem = mm->host->zalloc(bytes);
	shadow_ticks_t ticks;
	u32 hz;

	shadow_event_init(&mm->events);
	mm->events.machine = mm->name;
	shadow_event_set_counts(&mm->events, mem, mm->nr_cpus);
	mm->ring = NULL;
	if (!init_sites(mm))
		return no_memory_for(mm, "call sites", shadow_sites_bytes());
	if (!mem)
		return no_memory_for(mm, "counters", bytes);
	if (!mm->cfg.ring)
		return 0;
	bytes = shadow_ring_bytes(mm->cfg.ring);
	mem = mm->host->zalloc(bytes);
	if (!mem)
		return no_memory_for(mm, "the ring (ring=)", bytes);
	mm->ring = shadow_ring_init(mem, mm->cfg.ring, mm->host->now);
	shadow_ring_set_nodes(mm->ring, mm->cfg.nr_nodes);
	ticks = mm->host->ticks ? mm->host->ticks(&hz) : NULL;
	if (ticks)
		shadow_ring_set_clock(mm->ring, ticks, hz);
	mm->events.ring = mm->ring;
	shadow_ring_enable(true);
	return 0;
}

/**
 * shadow_boot_stop_recording() - nothing is recorded any more
 * @mm: the machine, about to be taken down
 *
 * What was recorded stays to be read, until shadow_boot_forget().
 *
 * Context: process context; sleeps. Nobody uses the machine any more.
 */
void shadow_boot_stop_recording(struct shadow_mm *mm)
{
	if (mm->events.ring)
		shadow_ring_enable(false);
	mm->events.ring = NULL;
	shadow_slab_record_stop(&mm->slab);
}

/**
 * shadow_boot_unwatch() - no counters and call sites any more
 * @mm: the machine, down
 *
 * Context: process context.
 */
void shadow_boot_unwatch(struct shadow_mm *mm)
{
	drop_sites(mm);
	if (mm->latency.which)
		shadow_latency_set(&mm->latency, &mm->events,
				   SHADOW_LATENCY_OFF, NULL);
	mm->host->free(mm->latency.cpu);
	shadow_latency_set_mem(&mm->latency, NULL, 0);
	mm->host->free(mm->events.counts);
	shadow_event_set_counts(&mm->events, NULL, 0);
}

/**
 * shadow_boot_forget() - no history any more
 * @mm: the machine, down
 *
 * Context: process context; sleeps.
 */
void shadow_boot_forget(struct shadow_mm *mm)
{
	struct shadow_ring *ring = mm->ring;

	WRITE_ONCE(mm->ring, NULL);
	if (ring && mm->host->wait_readers)
		mm->host->wait_readers();
	mm->host->free(ring);
}
