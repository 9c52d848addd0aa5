// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ctl_slab - commands on caches: create, alloc, free, shrink, reap,
 * destroy; kmalloc, krealloc, kfree. See shadow_ctl_run.h.
 */
#include "shadow_ctl_run.h"
#include "shadow_ctl_verb.h"
#include "shadow_mm.h"
#include "shadow_slab_map.h"
#include "shadow_slab_report.h"

#define LIVE_SHOWN	6	/* objects, ids: a refusal is one line */

static const char *verb_name(const struct shadow_ctl_cmd *cmd)
{
	return shadow_ctl_verbs[cmd->verb].name;
}

static bool given(const struct shadow_ctl_cmd *cmd, enum shadow_ctl_key key)
{
	return cmd->keys & BIT(key);
}

/* The caches of the layer's own structures are nobody's to use */
static struct shadow_kmem_cache *named_cache(struct shadow_ctl *ctl,
					     const struct shadow_ctl_cmd *cmd,
					     bool to_use)
{
	struct shadow_slab *slab = &ctl->mm->slab;
	struct shadow_kmem_cache *cache = shadow_slab_find(slab, cmd->cache);

	if (!cache) {
		shadow_ctl_fail(ctl, -ENOENT, "%s: '%s': no such cache: allowed: one of slabinfo",
				verb_name(cmd), cmd->cache);
		return ERR_PTR(-ENOENT);
	}
	if (to_use && (cache == slab->kmem_cache || cache == slab->kmem_cache_node)) {
		shadow_ctl_fail(ctl, -EPERM,
				"%s: '%s' has the layer's own structures: allowed: another cache",
				verb_name(cmd), cmd->cache);
		return ERR_PTR(-EPERM);
	}
	return cache;
}

static int create_failed(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
			 int err)
{
	u64 page = 1ULL << ctl->mm->nodes.page_shift;

	switch (err) {
	case -EUCLEAN:
		return shadow_ctl_frozen(ctl);
	case -EEXIST:
		return shadow_ctl_fail(ctl, err, "cache_create: NAME '%s': the name is in use",
				       cmd->cache);
	case -ENOSPC:
		return shadow_ctl_fail(ctl, err,
				       "cache_create: allowed: %u caches, destroy one first",
				       SHADOW_SLAB_MAX_CACHES);
	case -ENOMEM:
		return shadow_ctl_fail(ctl, err, "cache_create: out of memory");
	default:
		return shadow_ctl_fail(ctl, err,
			"cache_create: BYTES %llu align=%llu: allowed: a block of order %u, align up to %llu",
			cmd->bytes, cmd->align, ctl->mm->nodes.max_order, page);
	}
}

/**
 * shadow_ctl_cache_create() - run cache_create
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex.
 * Return: 0, or what shadow_kmem_cache_create() says.
 */
int shadow_ctl_cache_create(struct shadow_ctl *ctl,
			    const struct shadow_ctl_cmd *cmd)
{
	u64 page = 1ULL << ctl->mm->nodes.page_shift;
	struct shadow_kmem_cache *cache;
	struct shadow_slabinfo info;

	if (cmd->bytes > SZ_1G || cmd->align > page)
		return create_failed(ctl, cmd, -EINVAL);
	cache = shadow_kmem_cache_create(&ctl->mm->slab, cmd->cache, cmd->bytes,
					 cmd->align, cmd->cache_flags, NULL);
	if (IS_ERR(cache))
		return create_failed(ctl, cmd, PTR_ERR(cache));
	shadow_slab_get_info(cache, &info);
	return shadow_ctl_done(ctl,
		"%s: %u bytes, %u from one to the next, align %u, %u in a slab of %u pages",
			       cmd->cache, info.object_bytes, info.objsize,
			       info.align, info.objperslab, info.pagesperslab);
}

static int make_cached(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		       u64 *pa, u32 *nr)
{
	struct shadow_kmem_cache *cache = shadow_slab_find(&ctl->mm->slab, cmd->cache);
	u32 gfp = given(cmd, SHADOW_CTL_KEY_GFP) || given(cmd, SHADOW_CTL_KEY_NODE) ?
		  shadow_ctl_gfp(ctl, cmd) : SHADOW_GFP_KERNEL;
	void *object;

	*nr = 1;
	if (given(cmd, SHADOW_CTL_KEY_CPU))
		object = shadow_kmem_cache_alloc_cpu(cache, cmd->cpu, gfp);
	else
		object = shadow_kmem_cache_alloc(cache, gfp);
	if (!object)
		return shadow_ctl_no_memory(ctl);
	*pa = shadow_virt_to_phys(ctl->mm->nodes.block, object);
	return 0;
}

/**
 * shadow_ctl_cache_alloc() - run cache_alloc
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex; sleeps.
 * Return: 0; -ENOENT, -EPERM, -EINVAL, or what shadow_ctl_make() says.
 */
int shadow_ctl_cache_alloc(struct shadow_ctl *ctl,
			   const struct shadow_ctl_cmd *cmd)
{
	struct shadow_kmem_cache *cache = named_cache(ctl, cmd, true);
	struct shadow_mm *mm = ctl->mm;
	struct shadow_ctl_handle *handle;
	int err;
	u64 pa;

	if (IS_ERR(cache))
		return PTR_ERR(cache);
	err = shadow_ctl_check_gfp(ctl, cmd);
	if (err)
		return err;
	if (!shadow_ctl_fits(ctl, cache->desc.object_bytes, cmd->count))
		return shadow_ctl_fail(ctl, -ENOMEM, "cache_alloc: the machine has only %llu pages",
				       shadow_nodes_managed(&mm->nodes));
	handle = shadow_ctl_make(ctl, cmd, SHADOW_CTL_CACHED, make_cached);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	handle->bytes = cache->desc.object_bytes;
	pa = shadow_ctl_thing(handle, 0);
	return shadow_ctl_done(ctl, "id %llu: %u of %u bytes of %s, %s pa %#llx va %#llx",
			       handle->id, cmd->count, cache->desc.object_bytes,
			       cmd->cache, cmd->count > 1 ? "the first at" : "at",
			       pa, shadow_layout_pa_to_va(&mm->layout, pa));
}

/**
 * shadow_ctl_cache_free() - run cache_free
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex; sleeps.
 * Return: as shadow_ctl_free().
 */
int shadow_ctl_cache_free(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	return shadow_ctl_free(ctl, cmd, SHADOW_CTL_CACHED);
}

/**
 * shadow_ctl_cache_shrink() - run cache_shrink
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex.
 * Return: 0; -ENOENT or -EUCLEAN.
 */
int shadow_ctl_cache_shrink(struct shadow_ctl *ctl,
			    const struct shadow_ctl_cmd *cmd)
{
	struct shadow_kmem_cache *cache = named_cache(ctl, cmd, false);
	struct shadow_slabinfo before, after;
	int err;

	if (IS_ERR(cache))
		return PTR_ERR(cache);
	shadow_slab_get_info(cache, &before);
	err = shadow_kmem_cache_shrink(cache);
	if (err < 0)
		return err == -EUCLEAN ? shadow_ctl_frozen(ctl) :
		       shadow_ctl_fail(ctl, err, "cache_shrink: %s: %d", cmd->cache, err);
	shadow_slab_get_info(cache, &after);
	return shadow_ctl_done(ctl,
		"%s: %llu slabs given back, %llu remain; %llu of any cache wait for a grace period",
			       cmd->cache,
			       before.num_slabs > after.num_slabs ?
			       before.num_slabs - after.num_slabs : 0,
			       after.num_slabs,
			       shadow_slab_nr_waiting(&ctl->mm->slab));
}

/* Of all caches */
static u64 count_slabs(struct shadow_slab *slab)
{
	struct shadow_kmem_cache *cache = NULL;
	struct shadow_slabinfo info;
	u64 nr = 0;

	while ((cache = shadow_slab_next(slab, cache))) {
		shadow_slab_get_info(cache, &info);
		nr += info.num_slabs;
	}
	return nr;
}

/**
 * shadow_ctl_cache_reap() - run cache_reap
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex.
 * Return: 0; -EOPNOTSUPP for an engine without a reaper, -EINVAL, -EUCLEAN.
 */
int shadow_ctl_cache_reap(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	struct shadow_slab *slab = &ctl->mm->slab;
	bool one = given(cmd, SHADOW_CTL_KEY_CPU);
	unsigned int cpu = one ? cmd->cpu : 0;
	u64 before = count_slabs(slab), after;
	int err;

	do {
		err = shadow_slab_reap(slab, cpu);
	} while (!err && !one && ++cpu < slab->nr_cpus);
	switch (err) {
	case 0:
		after = count_slabs(slab);
		return shadow_ctl_done(ctl, "%llu slabs given back, %llu remain",
				       before > after ? before - after : 0, after);
	case -EUCLEAN:
		return shadow_ctl_frozen(ctl);
	case -EINVAL:
		return shadow_ctl_fail(ctl, err, "cache_reap: cpu=%u: allowed: 0 to %u",
				       cpu, slab->nr_cpus - 1);
	default:
		return shadow_ctl_fail(ctl, err,
			"cache_reap: engine '%s' has no reaper: allowed: a machine with slab=slab",
				       ctl->mm->cfg.slab);
	}
}

/**
 * shadow_ctl_cache_check() - run cache_check
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex.
 * Return: 0, also where something is wrong; -ENOENT, -EINVAL for a cache without
 * debugging.
 */
int shadow_ctl_cache_check(struct shadow_ctl *ctl,
			   const struct shadow_ctl_cmd *cmd)
{
	struct shadow_kmem_cache *cache = named_cache(ctl, cmd, false);
	struct shadow_slabinfo info;
	s64 nr;

	if (IS_ERR(cache))
		return PTR_ERR(cache);
	if (!(cache->desc.flags & SHADOW_SLAB_DEBUG))
		return shadow_ctl_fail(ctl, -EINVAL,
				       "cache_check: '%s' has no debugging: allowed: a cache with POISON, RED_ZONE or STORE_USER, or one that slab_debug= names",
				       cmd->cache);
	shadow_slab_get_info(cache, &info);
	nr = shadow_kmem_cache_check(cache);
	if (nr < 0)
		return shadow_ctl_fail(ctl, nr, "cache_check: %s: %d", cmd->cache, (int)nr);
	return shadow_ctl_done(ctl,
			       "%s: %llu objects looked at, %lld found wrong; %llu reports of any cache since the start",
			       cmd->cache, info.num_objs, nr,
			       shadow_slab_nr_reports(&ctl->mm->slab));
}

/* ids that have objects of it, the newest first */
static size_t list_ids(const struct shadow_ctl *ctl,
		       const struct shadow_kmem_cache *cache, char *text,
		       size_t room)
{
	const struct shadow_ctl_handle *handle = ctl->newest;
	unsigned int nr = 0;
	size_t at = 0;

	for (; handle; handle = handle->older) {
		if (handle->kind != SHADOW_CTL_CACHED || handle->cache != cache)
			continue;
		if (nr++ == LIVE_SHOWN)
			return at + scnprintf(text + at, room - at, ", …");
		at += scnprintf(text + at, room - at, "%s %llu (%u)",
				nr == 1 ? " id" : ",", handle->id, handle->left);
	}
	return at;
}

/* Where they are, as far as slabs tell: of SLOB's nobody knows the caches */
static size_t list_objects(struct shadow_kmem_cache *cache,
			   struct shadow_slab_map *map, char *text, size_t room)
{
	const struct shadow_slab_look *look = &map->look;
	u32 nr = 0, i;
	size_t at = 0;

	while (nr < LIVE_SHOWN && shadow_slab_map_next(map)) {
		if (look->cache != cache)
			continue;
		for (i = 0; i < look->nr && nr < LIVE_SHOWN; i++) {
			if (test_bit(i, look->free))
				continue;
			at += scnprintf(text + at, room - at, "%s%#llx",
					nr++ ? " " : "; pa ",
					(u64)shadow_virt_to_phys(cache->slab->nodes->block,
								 look->base + (u64)i * look->bytes +
								 cache->desc.user_offset));
		}
	}
	return at;
}

static int destroy_busy(struct shadow_ctl *ctl, struct shadow_kmem_cache *cache)
{
	struct shadow_slab_map *map = ctl->mm->host->zalloc(sizeof(*map));
	char list[200] = "";
	size_t at;

	at = list_ids(ctl, cache, list, sizeof(list));
	if (map) {
		map->slab = cache->slab;
		list_objects(cache, map, list + at, sizeof(list) - at);
		ctl->mm->host->free(map);
	}
	return shadow_ctl_fail(ctl, -EBUSY, "cache_destroy: %s has objects in use:%s",
			       cache->desc.name, list);
}

/**
 * shadow_ctl_cache_destroy() - run cache_destroy
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex; sleeps.
 * Return: 0; -ENOENT, -EPERM for a cache of the machine's own, -EBUSY while
 * objects are in use, -EUCLEAN.
 */
int shadow_ctl_cache_destroy(struct shadow_ctl *ctl,
			     const struct shadow_ctl_cmd *cmd)
{
	struct shadow_kmem_cache *cache = named_cache(ctl, cmd, false);
	int err;

	if (IS_ERR(cache))
		return PTR_ERR(cache);
	/* One that was merged loses the name; the objects stay, with the others' */
	err = shadow_kmem_cache_destroy_name(&ctl->mm->slab, cmd->cache);
	switch (err) {
	case 0:
		return shadow_ctl_done(ctl,
			"%s: destroyed; %llu slabs of any cache wait for a grace period",
				       cmd->cache, shadow_slab_nr_waiting(&ctl->mm->slab));
	case -EBUSY:
		return destroy_busy(ctl, cache);
	case -EUCLEAN:
		return shadow_ctl_frozen(ctl);
	case -EPERM:
		return shadow_ctl_fail(ctl, err,
			"cache_destroy: '%s' is the machine's own: allowed: one of cache_create",
				       cmd->cache);
	default:
		return shadow_ctl_fail(ctl, err, "cache_destroy: %s: %d", cmd->cache, err);
	}
}

/* -------------------------------------------------------------- kmalloc -- */

/* An object of no bytes has no address in the block, and 0 is in none. */
static int make_object(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		       u64 *pa, u32 *nr)
{
	u32 special = BIT(SHADOW_CTL_KEY_GFP) | BIT(SHADOW_CTL_KEY_NODE);
	void *object;

	*nr = 1;
	object = shadow_kmalloc(&ctl->mm->slab, cmd->bytes,
				cmd->keys & special ? shadow_ctl_gfp(ctl, cmd) :
						      SHADOW_GFP_KERNEL);
	if (!object)
		return shadow_ctl_no_memory(ctl);
	*pa = object == SHADOW_ZERO_SIZE_PTR ? 0 :
		shadow_virt_to_phys(ctl->mm->nodes.block, object);
	return 0;
}

/**
 * shadow_ctl_kmalloc() - run kmalloc
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex; sleeps.
 * Return: 0; -EINVAL, -ENOMEM, -ENOSPC, -EEXIST, -EUCLEAN, -EINTR.
 */
int shadow_ctl_kmalloc(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	struct shadow_mm *mm = ctl->mm;
	struct shadow_ctl_handle *handle;
	int err = shadow_ctl_check_gfp(ctl, cmd);
	u64 pa;

	if (err)
		return err;
	if (!shadow_ctl_fits(ctl, cmd->bytes, cmd->count))
		return shadow_ctl_fail(ctl, -ENOMEM, "kmalloc: the machine has only %llu pages",
				       shadow_nodes_managed(&mm->nodes));
	handle = shadow_ctl_make(ctl, cmd, SHADOW_CTL_OBJECTS, make_object);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	pa = shadow_ctl_thing(handle, 0);
	if (!pa)
		return shadow_ctl_done(ctl, "id %llu: %u of no bytes, at ZERO_SIZE_PTR",
				       handle->id, cmd->count);
	return shadow_ctl_done(ctl, "id %llu: %u of %llu bytes (%zu usable), %s pa %#llx va %#llx",
			       handle->id, cmd->count, cmd->bytes,
			       shadow_ksize(&mm->slab, shadow_ctl_object_at(ctl, pa)),
			       cmd->count > 1 ? "the first at" : "at", pa,
			       shadow_layout_pa_to_va(&mm->layout, pa));
}

/**
 * shadow_ctl_kfree() - run kfree
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex; sleeps.
 * Return: 0; -ENOENT, -EINVAL, -EUCLEAN.
 */
int shadow_ctl_kfree(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	return shadow_ctl_free(ctl, cmd, SHADOW_CTL_OBJECTS);
}

static int tell_freed(struct shadow_ctl *ctl, struct shadow_ctl_handle *handle)
{
	u64 id = handle->id;

	shadow_ctl_handle_del(ctl, handle);
	shadow_ctl_handle_put(ctl, handle);
	return shadow_ctl_done(ctl, "id %llu: freed", id);
}

/**
 * shadow_ctl_krealloc() - run krealloc
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex.
 * Return: 0; -ENOENT, -EINVAL where it is not one object of kmalloc, -ENOMEM,
 * -EUCLEAN.
 */
int shadow_ctl_krealloc(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	struct shadow_ctl_handle *handle = shadow_ctl_named(ctl, cmd, SHADOW_CTL_OBJECTS);
	struct shadow_mm *mm = ctl->mm;
	u64 pa, was;
	void *object;
	int err;

	if (IS_ERR(handle))
		return PTR_ERR(handle);
	if (handle->made != 1)
		return shadow_ctl_fail(ctl, -EINVAL,
				       "krealloc: id %llu was made with count=%u: allowed: 1",
				       handle->id, handle->made);
	err = shadow_ctl_check_gfp(ctl, cmd);
	if (err)
		return err;
	was = shadow_ctl_thing(handle, 0);
	object = shadow_krealloc(&mm->slab, shadow_ctl_object_at(ctl, was), cmd->bytes,
				 given(cmd, SHADOW_CTL_KEY_GFP) ?
				 shadow_ctl_gfp(ctl, cmd) : SHADOW_GFP_KERNEL);
	if (!object)
		return shadow_ctl_no_memory(ctl) == -EUCLEAN ? shadow_ctl_frozen(ctl) :
		       shadow_ctl_fail(ctl, -ENOMEM,
				       "krealloc: no memory for %llu bytes; id %llu stays as it is",
				       cmd->bytes, handle->id);
	if (!cmd->bytes && was)
		return tell_freed(ctl, handle);
	pa = cmd->bytes ? shadow_virt_to_phys(mm->nodes.block, object) : 0;
	handle->one = pa;
	handle->bytes = cmd->bytes;
	return shadow_ctl_done(ctl, "id %llu: %llu bytes (%zu usable), %s pa %#llx va %#llx",
			       handle->id, cmd->bytes,
			       shadow_ksize(&mm->slab, object),
			       pa == was ? "still at" : "now at", pa,
			       pa ? shadow_layout_pa_to_va(&mm->layout, pa) : 0);
}
