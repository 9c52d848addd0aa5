// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_state_slab - caches, what each has, and every slab, for shadow_state.
 * What is the engine's own is in shadow_state_engine.c.
 */
#include "shadow_boot.h"
#include "shadow_slab_debug.h"
#include "shadow_state_room.h"

static u64 pa_of(const struct shadow_slab *slab, const void *virt)
{
	return virt ? (u64)shadow_virt_to_phys(slab->nodes->block, virt) : 0;
}

static void print_cache(struct shadow_kmem_cache *cache,
			const struct shadow_text *text)
{
	const struct shadow_kmem_cache_desc *desc = &cache->desc;

	shadow_text_say(text, "cache %u %s: names %u own %u open %u ctor %u at 0x%llx\n",
			desc->id, desc->name, cache->names, cache->own,
			cache->open, !!cache->ctor,
			pa_of(cache->slab, cache->home));
	shadow_text_say(text, "  object %u inner %u from %u keep %u bytes",
			desc->object_bytes, desc->inner_bytes,
			desc->user_offset, desc->keep);
	shadow_text_say(text, " %u align %u flags 0x%x offset %u gfp 0x%x\n",
			desc->bytes, desc->align, desc->flags, desc->offset,
			cache->gfp);
	shadow_text_say(text, "  order %u objects %u min %u %u min_partial",
			desc->order, desc->objects, desc->min_order,
			desc->min_objects);
	shadow_text_say(text, " %u cpu_partial %u cpu_slabs %u\n",
			desc->min_partial, desc->cpu_partial, desc->cpu_slabs);
	shadow_text_say(text, "  secret 0x%llx shuffle 0x%llx seed",
			cache->secret, cache->shuffle);
	shadow_text_say(text, " 0x%llx out %llu quarantined %llu\n",
			cache->seed, cache->debug.nr_out,
			cache->debug.nr_waiting);
	shadow_state_engine_cache(cache, text);
}

static void print_counts(const struct shadow_slab *slab,
			 const struct shadow_text *text)
{
	const struct shadow_kmalloc_count *count;
	unsigned int cpu, class;

	for (cpu = 0; cpu < slab->nr_cpus; cpu++)
		for (class = 0; class < SHADOW_KMALLOC_COUNTS; class++) {
			count = &slab->counts[cpu * SHADOW_KMALLOC_COUNTS + class];
			if (!atomic64_read(&count->nr))
				continue;
			shadow_text_say(text, "kmalloc cpu %u class %u: nr",
					cpu, class);
			shadow_text_say(text, " %llu bytes %llu given %llu\n",
					(u64)atomic64_read(&count->nr),
					(u64)atomic64_read(&count->bytes),
					(u64)atomic64_read(&count->given));
		}
}

/* Objects that are held back, the oldest first */
static void print_watch(const struct shadow_slab *slab,
			const struct shadow_text *text)
{
	const struct shadow_slab_watch *watch = slab->watch;
	u32 i;

	shadow_text_say(text, "debug: reports %llu froze %u clock %llu held %u of %u, %llu bytes\n",
			watch->nr_reports, watch->froze,
			(u64)atomic64_read(&watch->clock), watch->nr_held,
			watch->max_held, watch->held_bytes);
	for (i = 0; i < watch->nr_held && i < watch->max_held; i++) {
		const struct shadow_slab_held *held =
			&watch->held[(watch->first_held + i) % watch->max_held];

		shadow_text_say(text, "  held: cache %u at 0x%llx\n", held->cache,
				pa_of(slab, held->inner));
	}
}

static void print_layer(struct shadow_slab *slab, const struct shadow_text *text)
{
	unsigned int i;

	shadow_text_say(text, "slab: engine %s state %u created %llu frames %llu waiting %llu\n",
			slab->engine->name, slab->state, slab->nr_created,
			(u64)atomic64_read(&slab->nr_frames), slab->nr_waiting);
	shadow_text_put(text, "  later:");
	shadow_state_pages(slab->nodes, text, &slab->later, 1);
	shadow_text_put(text, "  asked:");
	shadow_state_pages(slab->nodes, text, &slab->asked, 1);
	for (i = 0; i < slab->nr_aliases; i++)
		shadow_text_say(text, "alias %s: cache %u\n",
				slab->aliases[i].name,
				slab->aliases[i].cache->desc.id);
}

static void print_slabs(struct shadow_slab *slab, const struct shadow_text *text)
{
	struct shadow_page *page = NULL;

	while ((page = shadow_slab_next_frames(slab->nodes, page))) {
		shadow_text_say(text, "slab 0x%llx: cache %u order %u inuse",
				shadow_page_to_pfn(slab->nodes, page),
				page->slab.cache, shadow_page_order(page));
		shadow_text_say(text, " %u of %u state 0x%x freelist 0x%x\n",
				page->slab.inuse, page->slab.objects,
				page->slab.state, page->slab.freelist);
		if (!shadow_slab_waits(page))
			shadow_state_engine_page(slab, page, text);
	}
}

/**
 * shadow_state_slab() - caches and slabs of a machine
 * @mm: the machine
 * @text: where they go
 *
 * Context: as shadow_state_print().
 */
void shadow_state_slab(struct shadow_mm *mm, const struct shadow_text *text)
{
	struct shadow_slab *slab = &mm->slab;
	unsigned int id;

	if (!shadow_boot_reached(mm, SHADOW_PHASE_SLAB_INIT))
		return;
	print_layer(slab, text);
	shadow_state_engine(slab, text);
	for (id = 0; id < SHADOW_SLAB_MAX_CACHES; id++)
		if (slab->caches[id].live)
			print_cache(&slab->caches[id], text);
	print_counts(slab, text);
	print_watch(slab, text);
	print_slabs(slab, text);
}
