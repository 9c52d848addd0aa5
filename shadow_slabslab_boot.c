// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slabslab_boot - the engine "slab": how it comes to life, and how a
 * cache gets its arrays and lists. See shadow_slabslab.h.
 *
 * Arrays and lists are kmalloc'ed, and kmalloc's classes have arrays and lists:
 * the first three caches begin with static ones, which are replaced when there
 * is a kmalloc. Follows kmem_cache_init(), setup_cpu_cache() and
 * do_tune_cpucache() of mm/slab.c, as they were while the arrays of caches came
 * from kmalloc.
 */
#include "shadow_slab_debug.h"
#include "shadow_slabslab.h"

#define BOOT_ENTRIES	1	/* BOOT_CPUCACHE_ENTRIES */
#define BOOT_BYTES	(sizeof(struct shadow_array_cache) + BOOT_ENTRIES * sizeof(u32))
#define AC_CLASS	32	/* INDEX_AC: what an array of that size is from */
#define NODE_CLASS	128	/* INDEX_NODE, once INDEX_L3 */

static_assert(BOOT_BYTES <= AC_CLASS && BOOT_BYTES > AC_CLASS / 2);
static_assert(sizeof(struct shadow_kmem_list) <= NODE_CLASS &&
	      sizeof(struct shadow_kmem_list) > NODE_CLASS / 2);

static void note(struct shadow_slab *slab, const char *what, u32 cache, u32 from,
		 u32 nr)
{
	struct shadow_slabslab_machine *m = shadow_slabslab_machine_of(slab);

	if (m->nr_steps < SHADOW_SLABSLAB_STEPS)
		m->step[m->nr_steps++] = (struct shadow_slabslab_step) {
			.what = what, .cache = cache, .from = from, .nr = nr,
		};
}

/* ------------------------------------------------------- what is the engine's */

static void *own_alloc(struct shadow_slab *slab, u64 bytes, unsigned int nid)
{
	struct shadow_kmem_cache *class = shadow_slabslab_class(slab, bytes);
	void *object;

	if (!class)
		return NULL;
	object = shadow_kmem_cache_alloc_cpu(class, 0, SHADOW_GFP_NODE(nid));
	if (!object)
		return NULL;
	atomic_inc(&shadow_slabslab_own_of(class)->nr_own);
	shadow_slab_debug_own(class, object);
	return object;
}

static void own_free(struct shadow_slab *slab, u64 bytes, void *object)
{
	struct shadow_kmem_cache *class = shadow_slabslab_class(slab, bytes);

	if (!object)
		return;
	atomic_dec(&shadow_slabslab_own_of(class)->nr_own);
	shadow_kmem_cache_free_cpu(class, 0, object);
}

static u64 array_bytes(u32 limit)
{
	return sizeof(struct shadow_array_cache) + (u64)limit * sizeof(u32);
}

static void init_array(struct shadow_array_cache *array, u32 limit, u32 batch)
{
	array->avail = 0;
	array->limit = limit;
	array->batchcount = batch;
	array->touched = 0;
}

/* alloc_arraycache() */
static struct shadow_array_cache *make_array(struct shadow_slab *slab, u32 limit,
					     u32 batch, unsigned int nid)
{
	struct shadow_array_cache *array = own_alloc(slab, array_bytes(limit), nid);

	if (array)
		init_array(array, limit, batch);
	return array;
}

/* ---------------------------------------------------------------- CPUs' arrays */

static unsigned int memory_node(const struct shadow_nodes *nodes, unsigned int cpu)
{
	unsigned int nid = shadow_cpu_node(nodes, cpu);
	unsigned int i;

	for (i = 0; i < nodes->nr_nodes; i++) {
		if (shadow_node_is(nodes, (nid + i) % nodes->nr_nodes, SHADOW_N_MEMORY))
			return (nid + i) % nodes->nr_nodes;
	}
	return nid;
}

static void init_cpu(struct shadow_kmem_cache *cache, unsigned int cpu)
{
	struct shadow_slabslab_cpu *c = shadow_slabslab_cpu_of(cache, cpu);

	raw_spin_lock_init(&c->lock);
	c->array = (void *)shadow_slabslab_machine_of(cache->slab)->none;
	c->virt = cache->slab->nodes->block->virt;
	c->own = shadow_slabslab_own_of(cache);
	c->nid = memory_node(cache->slab->nodes, cpu);
}

static bool is_static(const struct shadow_slab *slab, const void *array)
{
	const struct shadow_slabslab_machine *m = shadow_slabslab_machine_of(slab);

	return array >= (const void *)m && array < (const void *)(m + 1);
}

/* A CPU has another array from now on; what the old one has goes to the slabs. */
static void set_array(struct shadow_kmem_cache *cache, unsigned int cpu,
		      struct shadow_array_cache *array, u32 limit, u32 batch)
{
	struct shadow_slabslab_cpu *c = shadow_slabslab_cpu_of(cache, cpu);
	struct shadow_slab_node *node = &cache->node[c->nid];
	struct shadow_slabslab_array old;
	struct shadow_page_list gone;
	unsigned long flags;

	shadow_page_list_init(&gone);
	raw_spin_lock_irqsave(&c->lock, flags);
	old = shadow_slabslab_cpu_array(cache, cpu);
	raw_spin_lock(&node->lock);
	__shadow_slabslab_drain(cache, c->nid, &old, true, &gone);
	raw_spin_unlock(&node->lock);
	c->array = array;
	c->avail = 0;
	c->limit = limit;
	c->batch = batch;
	raw_spin_unlock_irqrestore(&c->lock, flags);
	shadow_slabslab_destroy(cache, cpu, &gone);
	if (!is_static(cache->slab, old.in))
		own_free(cache->slab, array_bytes(old.limit), old.in);
}

static void drop_fresh(struct shadow_kmem_cache *cache, u32 limit)
{
	struct shadow_slabslab_cpu *c;
	unsigned int cpu;

	for (cpu = 0; cpu < cache->nr_cpus; cpu++) {
		c = shadow_slabslab_cpu_of(cache, cpu);
		own_free(cache->slab, array_bytes(limit), c->fresh);
		c->fresh = NULL;
	}
}

/* All CPUs get arrays of the tuned size, or none does: do_tune_cpucache() */
static int set_arrays(struct shadow_kmem_cache *cache)
{
	struct shadow_slabslab_own *own = shadow_slabslab_own_of(cache);
	struct shadow_slabslab_cpu *c;
	unsigned int cpu;

	for (cpu = 0; cpu < cache->nr_cpus; cpu++) {
		c = shadow_slabslab_cpu_of(cache, cpu);
		c->fresh = make_array(cache->slab, own->limit, own->batch, c->nid);
		if (!c->fresh) {
			drop_fresh(cache, own->limit);
			return -ENOMEM;
		}
	}
	for (cpu = 0; cpu < cache->nr_cpus; cpu++) {
		c = shadow_slabslab_cpu_of(cache, cpu);
		set_array(cache, cpu, c->fresh, own->limit, own->batch);
		c->fresh = NULL;
	}
	return 0;
}

/* ---------------------------------------------------------------- nodes' lists */

static void init_list(struct shadow_kmem_list *in)
{
	unsigned int nid;

	memset(in, 0, sizeof(*in));
	shadow_page_list_init(&in->partial);
	shadow_page_list_init(&in->full);
	shadow_page_list_init(&in->free);
	in->shared = SHADOW_SLABSLAB_NOTHING;
	for (nid = 0; nid < SHADOW_MAX_NODES; nid++)
		in->alien[nid] = SHADOW_SLABSLAB_NOTHING;
}

static void set_static_lists(struct shadow_kmem_cache *cache, unsigned int which)
{
	struct shadow_slabslab_machine *m = shadow_slabslab_machine_of(cache->slab);
	unsigned int nid;

	for (nid = 0; nid < cache->slab->nodes->nr_nodes; nid++) {
		init_list(&m->boot_list[which][nid]);
		cache->node[nid].in = &m->boot_list[which][nid];
	}
}

static int set_lists(struct shadow_kmem_cache *cache)
{
	struct shadow_slab *slab = cache->slab;
	struct shadow_kmem_list *in;
	unsigned int nid;

	for (nid = 0; nid < slab->nodes->nr_nodes; nid++) {
		in = own_alloc(slab, sizeof(*in), nid);
		if (!in)
			return -ENOMEM;
		init_list(in);
		cache->node[nid].in = in;
	}
	return 0;
}

/* Pages link each other by index, so that the heads may be copied: init_list() */
static int replace_lists(struct shadow_kmem_cache *cache)
{
	struct shadow_slab *slab = cache->slab;
	struct shadow_kmem_list *in;
	unsigned long flags;
	unsigned int nid;

	for (nid = 0; nid < slab->nodes->nr_nodes; nid++) {
		struct shadow_slab_node *node = &cache->node[nid];

		in = own_alloc(slab, sizeof(*in), nid);
		if (!in)
			return -ENOMEM;
		raw_spin_lock_irqsave(&node->lock, flags);
		*in = *shadow_slabslab_in(node);
		node->in = in;
		raw_spin_unlock_irqrestore(&node->lock, flags);
	}
	return 0;
}

static unsigned int cpus_of(const struct shadow_kmem_cache *cache, unsigned int nid)
{
	unsigned int cpu, nr = 0;

	for (cpu = 0; cpu < cache->nr_cpus; cpu++)
		nr += shadow_cpu_node(cache->slab->nodes, cpu) == nid;
	return nr;
}

/* The arrays that a node shares or has for others: setup_kmem_cache_node() */
static int set_node_arrays(struct shadow_kmem_cache *cache, unsigned int nid)
{
	const struct shadow_slabslab_own *own = shadow_slabslab_own_of(cache);
	struct shadow_kmem_list *in = shadow_slabslab_in(&cache->node[nid]);
	struct shadow_slab *slab = cache->slab;
	struct shadow_array_cache *array;
	unsigned int other;

	in->free_limit = (1 + cpus_of(cache, nid)) * own->batch + cache->desc.objects;
	if (own->shared) {
		array = make_array(slab, own->shared * own->batch, own->batch, nid);
		if (!array)
			return -ENOMEM;
		in->shared = shadow_slabslab_ref(cache, array);
	}
	for (other = 0; own->alien && other < slab->nodes->nr_nodes; other++) {
		if (other == nid)
			continue;
		array = make_array(slab, own->alien, own->alien, nid);
		if (!array)
			return -ENOMEM;
		in->alien[other] = shadow_slabslab_ref(cache, array);
	}
	return 0;
}

/* enable_cpucache() */
static int tune(struct shadow_kmem_cache *cache)
{
	struct shadow_slabslab_own *own = shadow_slabslab_own_of(cache);
	unsigned int nid;
	int err;

	shadow_slabslab_tuning(cache);
	own->shared_class = shadow_slabslab_class(cache->slab,
						  array_bytes(own->shared * own->batch));
	own->alien_class = shadow_slabslab_class(cache->slab, array_bytes(own->alien));
	err = set_arrays(cache);
	for (nid = 0; !err && nid < cache->slab->nodes->nr_nodes; nid++)
		err = set_node_arrays(cache, nid);
	return err;
}

/* -------------------------------------------------------------- open and close */

/* Everything is empty, or corrupt: then what cannot be found stays behind. */
static void drop_node(struct shadow_kmem_cache *cache, unsigned int nid)
{
	struct shadow_slab_node *node = &cache->node[nid];
	struct shadow_slab *slab = cache->slab;
	struct shadow_slabslab_array array;
	struct shadow_kmem_list *in;
	unsigned int other;
	unsigned long flags;

	in = shadow_slabslab_in(node);
	if (!in)
		return;
	for (other = 0; other < slab->nodes->nr_nodes; other++) {
		raw_spin_lock_irqsave(&node->lock, flags);
		array = shadow_slabslab_alien(cache, nid, other);
		in->alien[other] = SHADOW_SLABSLAB_NOTHING;
		raw_spin_unlock_irqrestore(&node->lock, flags);
		own_free(slab, array_bytes(array.limit), array.in);
	}
	raw_spin_lock_irqsave(&node->lock, flags);
	array = shadow_slabslab_shared(cache, nid);
	node->in = NULL;
	raw_spin_unlock_irqrestore(&node->lock, flags);
	own_free(slab, array_bytes(array.limit), array.in);
	if (!is_static(slab, in))
		own_free(slab, sizeof(*in), in);
}

static void drop_all(struct shadow_kmem_cache *cache)
{
	struct shadow_array_cache *none =
		(void *)shadow_slabslab_machine_of(cache->slab)->none;
	unsigned int cpu, nid;

	for (cpu = 0; cpu < cache->nr_cpus; cpu++)
		set_array(cache, cpu, none, 0, 0);
	for (nid = 0; nid < cache->slab->nodes->nr_nodes; nid++)
		drop_node(cache, nid);
}

/* setup_cpu_cache(), while there is one CPU and arrays have one entry */
static int open_early(struct shadow_kmem_cache *cache)
{
	struct shadow_slabslab_machine *m = shadow_slabslab_machine_of(cache->slab);
	struct shadow_array_cache *array;
	struct shadow_slab *slab = cache->slab;
	u32 id = cache->desc.id;
	int err = 0;

	switch (m->state) {
	case SLABSLAB_DOWN:
	case SLABSLAB_PARTIAL_AC:
		array = (void *)m->boot_array[m->state];
		init_array(array, BOOT_ENTRIES, BOOT_ENTRIES);
		set_static_lists(cache, m->state);
		note(slab, "static array and lists", id, U32_MAX, BOOT_ENTRIES);
		m->state++;
		break;
	case SLABSLAB_PARTIAL_NODE:
		array = make_array(slab, BOOT_ENTRIES, BOOT_ENTRIES, 0);
		set_static_lists(cache, m->state);
		note(slab, "its array is kmalloc'ed, its lists are static", id,
		     AC_CLASS, BOOT_ENTRIES);
		m->state++;
		break;
	default:
		array = make_array(slab, BOOT_ENTRIES, BOOT_ENTRIES, 0);
		err = set_lists(cache);
	}
	if (err || !array)
		return -ENOMEM;
	set_array(cache, 0, array, BOOT_ENTRIES, BOOT_ENTRIES);
	return 0;
}

/**
 * shadow_slabslab_open() - a cache's arrays and lists
 * @cache: the cache
 *
 * Context: as __shadow_kmem_cache_create().
 * Return: 0 or -ENOMEM, and nothing is kept.
 */
int shadow_slabslab_open(struct shadow_kmem_cache *cache)
{
	unsigned int cpu;
	int err;

	for (cpu = 0; cpu < cache->nr_cpus; cpu++)
		init_cpu(cache, cpu);
	/* While the machine boots, a failure takes all slabs with it. */
	if (shadow_slabslab_machine_of(cache->slab)->state != SLABSLAB_UP)
		return open_early(cache);
	err = set_lists(cache);
	if (!err)
		err = tune(cache);
	if (err)
		drop_all(cache);
	return err;
}

/**
 * shadow_slabslab_close() - everything back
 * @cache: the cache
 *
 * Follows __kmem_cache_shutdown() and __kmem_cache_release().
 *
 * Context: nobody uses the cache.
 * Return: 0, -EBUSY if objects are in use, -EUCLEAN.
 */
int shadow_slabslab_close(struct shadow_kmem_cache *cache)
{
	int left = shadow_slabslab_shrink(cache);

	if (left)
		return left < 0 ? left : -EBUSY;
	drop_all(cache);
	return 0;
}

/* ------------------------------------------------------------------- bootstrap */

/* What the arrays or lists of all caches are from, before all others */
static int boot_class(struct shadow_slab *slab, u32 bytes)
{
	struct shadow_kmem_cache *cache;
	char name[SHADOW_SLAB_NAME];

	snprintf(name, sizeof(name), "kmalloc-%u", bytes);
	cache = __shadow_kmem_cache_create(slab, name, bytes, bytes, 0, NULL);
	if (IS_ERR(cache))
		return PTR_ERR(cache);
	cache->own = true;
	return 0;
}

/* The static arrays are replaced, so that the caches have kmalloc'ed ones only */
static int replace_array(struct shadow_slab *slab, struct shadow_kmem_cache *cache)
{
	struct shadow_array_cache *array = make_array(slab, BOOT_ENTRIES, BOOT_ENTRIES, 0);

	if (!array)
		return -ENOMEM;
	set_array(cache, 0, array, BOOT_ENTRIES, BOOT_ENTRIES);
	note(slab, "its array is kmalloc'ed now", cache->desc.id, AC_CLASS, BOOT_ENTRIES);
	return 0;
}

static u32 count_caches(struct shadow_slab *slab)
{
	struct shadow_kmem_cache *cache = NULL;
	u32 nr = 0;

	while ((cache = shadow_slab_next(slab, cache)))
		nr++;
	return nr;
}

static int replace_static(struct shadow_slab *slab)
{
	struct shadow_kmem_cache *first[3];
	unsigned int i;
	int err = 0;

	first[0] = slab->kmem_cache;
	first[1] = shadow_slabslab_class(slab, AC_CLASS);
	first[2] = shadow_slabslab_class(slab, NODE_CLASS);
	for (i = 0; !err && i < 2; i++)
		err = replace_array(slab, first[i]);
	for (i = 0; !err && i < 3; i++) {
		err = replace_lists(first[i]);
		note(slab, "its lists are kmalloc'ed now", first[i]->desc.id, NODE_CLASS,
		     slab->nodes->nr_nodes);
	}
	return err;
}

/* kmem_cache_init_late(): arrays of the size that the objects' size asks for */
static int tune_all(struct shadow_slab *slab)
{
	struct shadow_kmem_cache *cache = NULL;
	int err;

	while ((cache = shadow_slab_next(slab, cache))) {
		err = tune(cache);
		if (err)
			return err;
	}
	note(slab, "arrays of every CPU, tuned by size", 0, 0, count_caches(slab));
	shadow_slabslab_machine_of(slab)->state = SLABSLAB_UP;
	return 0;
}

/**
 * shadow_slabslab_boot() - the caches that the machine itself needs
 * @slab: the layer
 *
 * Follows kmem_cache_init() and kmem_cache_init_late().
 *
 * Context: while the layer boots.
 * Return: 0 or -ENOMEM; the caller drops what has been made.
 */
int shadow_slabslab_boot(struct shadow_slab *slab)
{
	int err;

	slab->kmem_cache = &slab->caches[0];
	err = shadow_slab_boot_cache(slab, 0, "kmem_cache",
				     sizeof(struct shadow_kmem_cache_desc));
	if (err)
		return err;
	slab->state = SHADOW_SLAB_PARTIAL;
	err = shadow_slab_settle(slab->kmem_cache);
	if (!err)
		err = boot_class(slab, AC_CLASS);
	if (!err)
		err = boot_class(slab, NODE_CLASS);
	if (!err)
		err = shadow_kmalloc_boot(slab);
	if (err)
		return err;
	note(slab, "the other classes", 0, 0, count_caches(slab) - 3);
	err = replace_static(slab);
	return err ? : tune_all(slab);
}

/**
 * shadow_slabslab_step_text() - a step of the bootstrap in words
 * @slab: the layer
 * @nr: which, from 0
 * @text: filled
 * @bytes: room there
 *
 * Context: any.
 * Return: 0, or -ENOENT where there was no such step.
 */
int shadow_slabslab_step_text(const struct shadow_slab *slab, unsigned int nr,
			      char *text, size_t bytes)
{
	const struct shadow_slabslab_machine *m = shadow_slabslab_machine_of(slab);
	const struct shadow_slabslab_step *step = &m->step[nr];

	if (nr >= m->nr_steps)
		return -ENOENT;
	if (step->from == 0)
		scnprintf(text, bytes, "%u caches: %s", step->nr, step->what);
	else if (step->from == U32_MAX)
		scnprintf(text, bytes, "%s: %s", slab->caches[step->cache].desc.name,
			  step->what);
	else
		scnprintf(text, bytes, "%s: %s, from kmalloc-%u",
			  slab->caches[step->cache].desc.name, step->what, step->from);
	return 0;
}
