// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slab_boot - the layer of a machine comes up behind the engine that was
 * asked for, and goes. See shadow_slab.h.
 */
#include "shadow_page_list.h"
#include "shadow_slab.h"
#include "shadow_slab_debug.h"
#include "shadow_slab_engine.h"

static const struct shadow_slab_engine *const engines[] = {
	&shadow_slab_slub,
	&shadow_slab_slob,
	&shadow_slab_slab,
};

static const struct shadow_slab_engine *find_engine(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(engines); i++) {
		if (!strcmp(engines[i]->name, name))
			return engines[i];
	}
	return NULL;
}

static u64 caches_bytes(void)
{
	return SHADOW_SLAB_MAX_CACHES * sizeof(struct shadow_kmem_cache);
}

static u64 counts_bytes(unsigned int nr_cpus)
{
	return (u64)nr_cpus * SHADOW_KMALLOC_COUNTS *
	       sizeof(struct shadow_kmalloc_count);
}

static u64 cpus_bytes(const struct shadow_slab_engine *engine, unsigned int nr_cpus)
{
	return (u64)SHADOW_SLAB_MAX_CACHES * nr_cpus * engine->cpu_bytes;
}

/**
 * shadow_slab_bytes() - host's memory that shadow_slab_init() needs
 * @cfg: how the caches shall be
 * @nr_cpus: CPUs of the machine
 *
 * Context: any.
 * Return: bytes; 0 for an engine that there is not.
 */
u64 shadow_slab_bytes(const struct shadow_slab_config *cfg, unsigned int nr_cpus)
{
	const struct shadow_slab_engine *engine = find_engine(cfg->engine);

	return engine ? ALIGN(caches_bytes() + cpus_bytes(engine, nr_cpus) +
			      engine->machine_bytes + counts_bytes(nr_cpus),
			      SHADOW_SLAB_MEM_ALIGN) + shadow_slab_watch_bytes(cfg) : 0;
}

/**
 * shadow_slab_init() - boot the caches and kmalloc of a machine
 * @slab: the layer, any contents
 * @nodes: where slabs come from; must have contents behind its frames
 * @cfg: how the caches shall be; copied
 * @nr_cpus: CPUs that get slabs of their own, at least 1
 * @mem: shadow_slab_bytes() of the host's memory, any contents, aligned to
 *	SHADOW_SLAB_MEM_ALIGN; the caller frees it after shadow_slab_fini()
 *
 * Follows kmem_cache_init().
 *
 * Context: any; nobody else uses the layer yet.
 * Return: 0; -EOPNOTSUPP for another engine, -EINVAL for @nr_cpus, @mem or a
 * machine without contents, -ENOMEM; then nothing is kept.
 */
int shadow_slab_init(struct shadow_slab *slab, struct shadow_nodes *nodes,
		     const struct shadow_slab_config *cfg, unsigned int nr_cpus,
		     void *mem)
{
	unsigned int id;
	int err;

	memset(slab, 0, sizeof(*slab));
	slab->engine = find_engine(cfg->engine);
	if (!slab->engine)
		return -EOPNOTSUPP;
	if (!nr_cpus || !nodes->block->virt ||
	    !IS_ALIGNED((unsigned long)mem, SHADOW_SLAB_MEM_ALIGN))
		return -EINVAL;
	raw_spin_lock_init(&slab->lock);
	raw_spin_lock_init(&slab->grace_lock);
	shadow_page_list_init(&slab->later);
	shadow_page_list_init(&slab->asked);
	slab->nodes = nodes;
	slab->cfg = *cfg;
	slab->nr_cpus = nr_cpus;
	slab->caches = mem;
	slab->cpus = mem + caches_bytes();
	slab->machine = slab->cpus + cpus_bytes(slab->engine, nr_cpus);
	memset(slab->machine, 0, slab->engine->machine_bytes);
	slab->counts = slab->machine + slab->engine->machine_bytes;
	memset(slab->counts, 0, counts_bytes(nr_cpus));
	shadow_slab_watch_init(slab, mem + shadow_slab_bytes(cfg, nr_cpus) -
				     shadow_slab_watch_bytes(cfg));
	for (id = 0; id < SHADOW_SLAB_MAX_CACHES; id++) {
		slab->caches[id].live = false;
		slab->caches[id].open = false;
	}
	shadow_slab_count_init(slab);
	shadow_slab_record_init(slab);
	err = slab->engine->boot(slab);
	if (err)
		shadow_slab_fini(slab);
	else
		slab->state = SHADOW_SLAB_UP;
	return err;
}

/* Whoever has the block next may touch all of it, however broken this one is. */
static void unshade_all(struct shadow_slab *slab)
{
	const struct shadow_block *block = slab->nodes->block;

	if (slab->shaded)
		shadow_kasan_unpoison(block->virt, shadow_block_contents_bytes(block));
}

/**
 * shadow_slab_fini() - give every frame back, whoever still has objects there
 * @slab: the layer, also one whose shadow_slab_init() failed half-way
 *
 * Context: any; nobody uses the layer any more.
 * Return: how many objects were still in use, those of kmalloc included, those
 * that describe the caches themselves not.
 */
u64 shadow_slab_fini(struct shadow_slab *slab)
{
	unsigned int id;
	u64 live;

	if (!slab->caches)
		return 0;
	shadow_slab_debug_drop(slab);
	unshade_all(slab);
	shadow_event_drop_source(slab->nodes->events, &slab->told);
	live = slab->engine->drop(slab) + shadow_kmalloc_drop(slab);
	for (id = 0; id < SHADOW_SLAB_MAX_CACHES; id++) {
		slab->caches[id].live = false;
		slab->caches[id].open = false;
	}
	slab->caches = NULL;
	slab->state = SHADOW_SLAB_DOWN;
	return live;
}
