// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_kmalloc_sizes - what kmalloc was really asked for, by class: that, and
 * not the size of its classes, says how much of what they give is wasted.
 */
#include "shadow_slab.h"
#include "shadow_slab_engine.h"

/* Of all CPUs; counted while we add, so it is the sum of a moment or about it */
static void add_up(const struct shadow_slab *slab, unsigned int i,
		   struct shadow_kmalloc_sizes *sizes)
{
	const struct shadow_kmalloc_count *count = slab->counts + i;
	unsigned int cpu;

	for (cpu = 0; cpu < slab->nr_cpus; cpu++, count += SHADOW_KMALLOC_COUNTS) {
		sizes->nr += atomic64_read(&count->nr);
		sizes->bytes += atomic64_read(&count->bytes);
		sizes->given += atomic64_read(&count->given);
	}
}

/**
 * shadow_kmalloc_sizes() - what was asked for of one class
 * @slab: the layer
 * @i: the class, the smallest is 0; behind the last what was larger
 * @sizes: filled
 *
 * Context: any.
 * Return: false behind the last.
 */
bool shadow_kmalloc_sizes(const struct shadow_slab *slab, unsigned int i,
			  struct shadow_kmalloc_sizes *sizes)
{
	const struct shadow_kmem_cache *cache;

	if (i > slab->nr_kmalloc || !slab->counts)
		return false;
	memset(sizes, 0, sizeof(*sizes));
	if (i == slab->nr_kmalloc) {
		strscpy(sizes->name, "page allocator", sizeof(sizes->name));
		add_up(slab, SHADOW_KMALLOC_CLASSES, sizes);
		return true;
	}
	cache = slab->kmalloc[SHADOW_KMALLOC_NORMAL][i];
	strscpy(sizes->name, cache->desc.name, sizeof(sizes->name));
	sizes->class_bytes = cache->desc.object_bytes;
	add_up(slab, i, sizes);
	if (!slab->engine->given)
		sizes->given = sizes->nr * sizes->class_bytes;
	return true;
}
