// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slab_debug - the decorator in front of an engine: allocation and free
 * of a cache with debugging. See shadow_slab_debug.h.
 */
#include "shadow_slab_debug.h"

/**
 * shadow_slab_debug_flags() - what debugging a cache is to have
 * @slab: the layer
 * @name: of the cache
 * @flags: that its creator asks for
 *
 * Context: any.
 * Return: @flags, and what the machine wants for it.
 */
u32 shadow_slab_debug_flags(const struct shadow_slab *slab, const char *name,
			    u32 flags)
{
	const struct shadow_slab_config *cfg = &slab->cfg;

	if (!cfg->debug_names || shadow_slab_name_matches(cfg->debug_names, name))
		flags |= cfg->debug & SHADOW_SLAB_DEBUG;
	if (slab->cfg.quarantine || (flags & SHADOW_SLAB_DEBUG))
		flags |= SHADOW_SLAB_CHECKS;
	return flags;
}

/**
 * shadow_slab_debug_layout() - what the engine is to keep for an object
 * @cache: the cache: object_bytes, align, flags and keep are set
 *
 * Nothing changes for a cache without debugging. Follows calculate_sizes() of
 * mm/slub.c.
 *
 * Context: any; before the engine's layout.
 */
void shadow_slab_debug_layout(struct shadow_kmem_cache *cache)
{
	struct shadow_kmem_cache_desc *desc = &cache->desc;
	struct shadow_slab_debug *debug = &cache->debug;
	u32 bytes;

	if (!shadow_slab_debugged(cache))
		return;
	raw_spin_lock_init(&debug->lock);
	debug->poison = ((desc->flags & SHADOW_SLAB_POISON) ||
			 cache->slab->cfg.quarantine) && !desc->keep;
	if (desc->flags & SHADOW_SLAB_RED_ZONE)
		desc->user_offset = ALIGN(sizeof(u64), desc->align);
	bytes = desc->user_offset + desc->object_bytes;
	debug->mark = ALIGN(bytes, sizeof(u64));
	if (desc->flags & SHADOW_SLAB_RED_ZONE) {
		if (debug->mark == bytes)
			debug->mark += sizeof(u64);
		debug->red_bytes = debug->mark - bytes;
	}
	desc->inner_bytes = debug->mark + sizeof(struct shadow_slab_mark);
	if (desc->flags & SHADOW_SLAB_STORE_USER) {
		debug->tracks = desc->inner_bytes;
		desc->inner_bytes += SHADOW_NR_TRACKS * sizeof(struct shadow_slab_track);
	}
	desc->keep = true;
}
