// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slab_slob - the engine "slob": what a cache and kmalloc want of it. See
 * shadow_slob.h.
 *
 * kmalloc's classes are caches for the books only: each object is counted in the
 * class of its size. With debugging, which stands in front of a class, they are
 * caches like any.
 */
#include "shadow_random.h"
#include "shadow_slab_debug.h"
#include "shadow_slob.h"

#define HEADER	sizeof(struct shadow_slob_header)	/* ARCH_KMALLOC_MINALIGN */

static u32 page_bytes(const struct shadow_slab *slab)
{
	return 1U << slab->nodes->page_shift;
}

/* ------------------------------------------------------------------ layout */

/*
 * Does what is in a free object count? The front says so for a constructor,
 * too; but one that runs on each allocation needs nothing kept.
 */
static bool has_slots(const struct shadow_kmem_cache *cache)
{
	return (cache->desc.flags & (SHADOW_SLAB_TYPESAFE_BY_RCU | SHADOW_SLAB_DEBUG)) ||
	       cache->calls != &cache->slab->engine->calls;
}

static enum shadow_slob_kind kind_of(const struct shadow_kmem_cache *cache,
				     u64 bytes)
{
	if (has_slots(cache))
		return SLOB_SLOTS;
	return bytes < page_bytes(cache->slab) ? SLOB_PIECES : SLOB_WHOLE;
}

/* __kmem_cache_create() of mm/slob.c */
static int slob_layout(struct shadow_kmem_cache *cache)
{
	const struct shadow_slab *slab = cache->slab;
	const struct shadow_slob *slob = shadow_slob_of(slab);
	struct shadow_kmem_cache_desc *desc = &cache->desc;
	u64 bytes = ALIGN((u64)desc->inner_bytes, slob->unit);
	enum shadow_slob_kind kind = kind_of(cache, bytes);

	desc->keep = kind == SLOB_SLOTS;
	if (desc->keep) {
		desc->offset = ALIGN((u64)desc->inner_bytes, sizeof(u64));
		bytes = ALIGN((u64)desc->offset + sizeof(struct shadow_slob_slot),
			      (u64)desc->align);
	}
	if (bytes > (u64)page_bytes(slab) << slab->nodes->max_order || bytes > SZ_1G)
		return -EINVAL;
	desc->bytes = bytes;
	desc->order = fls64((bytes - 1) >> slab->nodes->page_shift);
	desc->objects = min_t(u64, ((u64)page_bytes(slab) << desc->order) / bytes,
			      SHADOW_SLAB_MAX_OBJECTS);
	if (kind == SLOB_WHOLE)
		desc->objects = 1;
	desc->min_order = desc->order;
	desc->min_objects = desc->objects;
	desc->min_partial = 0;
	cache->bytes = desc->bytes;
	cache->offset = desc->offset;
	shadow_slob_cache_of(cache)->kind = kind;
	return 0;
}

static int slob_open(struct shadow_kmem_cache *cache)
{
	struct shadow_slob_cache *sc = shadow_slob_cache_of(cache);
	unsigned int nid;

	sc->live = 0;
	sc->units = 0;
	sc->nr_slabs = 0;
	for (nid = 0; nid < SHADOW_MAX_NODES; nid++) {
		sc->partial[nid].first = SHADOW_NO_PAGE;
		sc->partial[nid].last = SHADOW_NO_PAGE;
	}
	return 0;
}

/* ----------------------------------------------------------------- kmalloc */

/* Where in the table a size up to a frame has its class */
static unsigned int class_index(const struct shadow_slab *slab, u32 bytes)
{
	if (bytes <= ARRAY_SIZE(slab->class_of) * 8)
		return slab->class_of[(bytes - 1) / 8];
	return fls(bytes - 1) - 1;
}

static struct shadow_kmem_cache *class_of(const struct shadow_slab *slab,
					  enum shadow_kmalloc_type type, u32 bytes)
{
	return slab->kmalloc[type][class_index(slab, bytes)];
}

/* Is the cache one that is there for kmalloc's books? */
static bool is_class(const struct shadow_kmem_cache *cache)
{
	const struct shadow_slab *slab = cache->slab;

	return cache->own && cache->desc.object_bytes <= page_bytes(slab) &&
	       class_of(slab, shadow_slob_type_of(cache),
			cache->desc.object_bytes) == cache;
}

/* Below a page, header included: __do_kmalloc_node() of mm/slob.c */
static bool fits(const struct shadow_slab *slab, u64 bytes)
{
	return bytes < page_bytes(slab) - HEADER;
}

/* Memory behind a header, in the books of a class */
static void *get_behind_header(struct shadow_kmem_cache *class, unsigned int cpu,
			       u32 bytes, u32 gfp)
{
	struct shadow_slab *slab = class->slab;
	const struct shadow_slob *slob = shadow_slob_of(slab);
	struct shadow_slob_want want = {
		.cache = class,
		.bytes = bytes + HEADER,
		.align = is_power_of_2(bytes) ? max_t(u32, bytes, HEADER) : HEADER,
		.offset = HEADER,
		.cpu = cpu,
		.gfp = gfp,
	};
	struct shadow_slob_header *header = shadow_slob_get(&want);
	u32 offset;

	if (!header)
		return NULL;
	offset = shadow_virt_to_phys(slab->nodes->block, header) & (page_bytes(slab) - 1);
	header->bytes = bytes;
	header->check = shadow_slob_check(slob, offset, bytes);
	return header + 1;
}

/*
 * The header of an object of kmalloc in a shared page; NULL: none begins there,
 * or its header was overwritten.
 */
static struct shadow_slob_header *header_of(struct shadow_slab *slab,
					    const struct shadow_page *page,
					    const void *object)
{
	const char *base = shadow_slob_contents(slab, page);
	u64 offset = (const char *)object - base;
	struct shadow_slob_header *header;

	if (!base || offset < HEADER || offset >= page_bytes(slab) ||
	    offset % HEADER || !shadow_slob_is_shared(slab, page))
		return NULL;
	header = (struct shadow_slob_header *)object - 1;
	if (!header->bytes || header->bytes > page_bytes(slab) - offset ||
	    header->check != shadow_slob_check(shadow_slob_of(slab), offset - HEADER,
					       header->bytes))
		return NULL;
	return header;
}

/* An object and its header: slob_kfree() */
static int put_with_header(struct shadow_slab *slab, unsigned int cpu,
			   struct shadow_page *page, const void *object,
			   const struct shadow_kmem_cache *only)
{
	struct shadow_slob_header *header = header_of(slab, page, object);
	struct shadow_kmem_cache *class;
	u32 bytes, check;
	int err;

	if (!header)
		return -EINVAL;
	bytes = header->bytes;
	check = header->check;
	class = class_of(slab, shadow_slob_type(page), bytes);
	if (!class || (only && class != only))
		return -EINVAL;
	/* Before it can be somebody else's; a free that is refused puts it back */
	header->check = 0;
	err = shadow_slob_put(class, cpu, page, (char *)header, bytes + HEADER);
	if (err)
		header->check = check;
	return err;
}

/* ------------------------------------------------------- allocation and free */

/* An object that shares its page; one of a class of kmalloc has a header. */
static void *get_piece(struct shadow_kmem_cache *cache, unsigned int cpu, u32 gfp)
{
	struct shadow_slob_want want = {
		.cache = cache,
		.bytes = cache->desc.inner_bytes,
		.align = cache->desc.align,
		.cpu = cpu,
		.gfp = gfp,
	};

	if (is_class(cache))
		return get_behind_header(cache, cpu, cache->desc.object_bytes, gfp);
	return shadow_slob_get(&want);
}

static int put_piece(struct shadow_kmem_cache *cache, unsigned int cpu, void *object)
{
	struct shadow_nodes *nodes = cache->slab->nodes;
	struct shadow_page *page = shadow_slab_head(nodes, object);
	phys_addr_t pa = shadow_virt_to_phys(nodes->block, object);

	if (!page || !IS_ALIGNED(pa, cache->desc.align))
		return -EINVAL;
	if (is_class(cache))
		return put_with_header(cache->slab, cpu, page, object, cache);
	return shadow_slob_put(cache, cpu, page, object, cache->desc.inner_bytes);
}

static void *get(struct shadow_kmem_cache *cache, unsigned int cpu, u32 gfp)
{
	switch (shadow_slob_cache_of(cache)->kind) {
	case SLOB_PIECES:
		return get_piece(cache, cpu, gfp);
	case SLOB_SLOTS:
		return shadow_slob_slot_get(cache, cpu, gfp);
	case SLOB_WHOLE:
		return shadow_slob_whole_get(cache, cpu, gfp);
	default:
		return NULL;
	}
}

static void *slob_alloc(struct shadow_kmem_cache *cache, unsigned int cpu, u32 gfp)
{
	char *object, *user;

	if (shadow_fault_frozen(cache->fault) || !cache->live ||
	    (gfp & ~SHADOW_SLAB_GFP_MASK) || ((gfp & SHADOW_GFP_ZERO) && cache->ctor))
		return NULL;
	object = get(cache, cpu, gfp);
	if (!object)
		return NULL;
	user = object + cache->desc.user_offset;
	if (cache->ctor && !cache->desc.keep)
		cache->ctor(user);
	if (gfp & SHADOW_GFP_ZERO)
		memset(user, 0, cache->desc.object_bytes);
	if (!shadow_slab_debugged(cache))
		shadow_slab_tally(cache, shadow_slab_alloc_event(cache));
	return object;
}

static int put(struct shadow_kmem_cache *cache, unsigned int cpu, void *object)
{
	switch (shadow_slob_cache_of(cache)->kind) {
	case SLOB_PIECES:
		return put_piece(cache, cpu, object);
	case SLOB_SLOTS:
		return shadow_slob_slot_put(cache, object);
	case SLOB_WHOLE:
		return shadow_slob_whole_put(cache, cpu, object);
	default:
		return -EINVAL;
	}
}

static int slob_free(struct shadow_kmem_cache *cache, unsigned int cpu, void *object)
{
	int err;

	if (shadow_fault_frozen(cache->fault))
		return -EUCLEAN;
	if (!cache->live)
		return -EINVAL;
	err = put(cache, cpu, object);
	if (!err && !shadow_slab_debugged(cache))
		shadow_slab_tally(cache, shadow_slab_free_event(cache));
	return err;
}

static u32 slob_alloc_bulk(struct shadow_kmem_cache *cache, unsigned int cpu,
			   u32 gfp, u32 nr, void **objects)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		objects[i] = slob_alloc(cache, cpu, gfp);
		if (!objects[i])
			break;
	}
	if (i == nr)
		return nr;
	while (i--)
		slob_free(cache, cpu, objects[i]);
	return 0;
}

static u32 slob_free_bulk(struct shadow_kmem_cache *cache, unsigned int cpu,
			  u32 nr, void **objects)
{
	u32 i;

	for (i = 0; i < nr && !slob_free(cache, cpu, objects[i]); i++)
		;
	return i;
}

/* The engine's kmalloc: 1 byte to a page. DMA before RECLAIMABLE: kmalloc_type() */
static void *slob_kmalloc(struct shadow_slab *slab, unsigned int cpu, u64 bytes,
			  u32 gfp)
{
	enum shadow_kmalloc_type type = SHADOW_KMALLOC_NORMAL;
	struct shadow_kmem_cache *class;
	void *object;

	if (bytes > page_bytes(slab))
		return NULL;
	if (gfp & SHADOW_KMALLOC_GFP_TYPES)
		type = gfp & SHADOW_GFP_DMA ? SHADOW_KMALLOC_DMA : SHADOW_KMALLOC_RECLAIM;
	class = class_of(slab, type, bytes);
	gfp &= ~SHADOW_KMALLOC_GFP_TYPES;
	if (class->calls != &slab->engine->calls || !fits(slab, bytes))
		return class->calls->alloc(class, cpu, gfp);
	if (shadow_fault_frozen(class->fault))
		return NULL;
	object = get_behind_header(class, cpu, bytes, gfp);
	if (!object)
		return NULL;
	if (gfp & SHADOW_GFP_ZERO)
		memset(object, 0, bytes);
	shadow_event_tally(slab->nodes->events, SHADOW_EV_KMALLOC, 1);
	return object;
}

static int slob_kfree(struct shadow_slab *slab, unsigned int cpu,
		      struct shadow_page *page, const void *object)
{
	int err;

	if (shadow_fault_frozen(slab->nodes->fault))
		return -EUCLEAN;
	err = put_with_header(slab, cpu, page, object, NULL);
	if (!err)
		shadow_event_tally(slab->nodes->events, SHADOW_EV_KFREE, 1);
	return err;
}

/* To the end of its last unit, as __ksize() of mm/slob.c */
static size_t slob_ksize(struct shadow_slab *slab, struct shadow_page *page,
			 const void *object)
{
	const struct shadow_slob_header *header = header_of(slab, page, object);

	return header ? ALIGN(header->bytes, shadow_slob_of(slab)->unit) : 0;
}

/* With its header, to the end of its last unit; gaps stay free for others. */
static u32 slob_given(const struct shadow_slab *slab, u32 bytes)
{
	const struct shadow_slob *slob = shadow_slob_of(slab);
	const struct shadow_kmem_cache *class;

	class = class_of(slab, SHADOW_KMALLOC_NORMAL, bytes);
	if (class->calls != &slab->engine->calls || !fits(slab, bytes))
		return class->desc.object_bytes;
	return shadow_slob_units(slob, bytes + HEADER) * slob->unit;
}

/* ---------------------------------------------------- shrink, close and boot */

/* What shares its pages goes back at once: there is nothing to shrink. */
static int slob_shrink(struct shadow_kmem_cache *cache)
{
	struct shadow_slob_cache *sc = shadow_slob_cache_of(cache);

	if (shadow_fault_frozen(cache->fault))
		return -EUCLEAN;
	if (sc->kind == SLOB_SLOTS)
		return shadow_slob_slots_shrink(cache);
	return !!READ_ONCE(sc->live);
}

static int slob_close(struct shadow_kmem_cache *cache)
{
	int left = slob_shrink(cache);

	return left > 0 ? -EBUSY : left;
}

static void init_lists(struct shadow_slob *slob)
{
	struct shadow_page_list *list = slob->list[0][0];
	unsigned int i;

	for (i = 0; i < sizeof(slob->list) / sizeof(*list); i++) {
		list[i].first = SHADOW_NO_PAGE;
		list[i].last = SHADOW_NO_PAGE;
	}
}

/* kmem_cache_init() of mm/slob.c; the second cache is the row of shared pages. */
static int slob_boot(struct shadow_slab *slab)
{
	struct shadow_slob *slob = shadow_slob_of(slab);
	struct shadow_kmem_cache *heap;
	int err;

	raw_spin_lock_init(&slob->lock);
	slob->unit = page_bytes(slab) <= SZ_32K ? sizeof(s16) : sizeof(s32);
	slob->units = page_bytes(slab) / slob->unit;
	slob->key = shadow_random_at(slab->cfg.seed, SHADOW_SLAB_MAX_CACHES);
	init_lists(slob);
	slab->kmem_cache = &slab->caches[0];
	err = shadow_slab_boot_cache(slab, 0, "kmem_cache",
				     sizeof(struct shadow_kmem_cache_desc));
	if (err)
		return err;
	slab->state = SHADOW_SLAB_PARTIAL;
	err = shadow_slab_settle(slab->kmem_cache);
	if (err)
		return err;
	heap = __shadow_kmem_cache_create(slab, "slob", slob->unit, 0, 0, NULL);
	if (IS_ERR(heap))
		return PTR_ERR(heap);
	heap->own = true;
	slob->heap = heap;
	shadow_slob_cache_of(heap)->kind = SLOB_HEAP;
	return shadow_kmalloc_boot(slab);
}

const struct shadow_slab_engine shadow_slab_slob = {
	.name = "slob",
	.source = "mm/slob.c until 6.3",
	.booted = "three lists of pages by size, kmem_cache, then kmalloc's rows",
	.calls = {
		.alloc = slob_alloc,
		.free = slob_free,
		.alloc_bulk = slob_alloc_bulk,
		.free_bulk = slob_free_bulk,
	},
	.machine_bytes = sizeof(struct shadow_slob),
	.boot = slob_boot,
	.layout = slob_layout,
	.open = slob_open,
	.close = slob_close,
	.shrink = slob_shrink,
	.drop = shadow_slob_drop,
	.info = shadow_slob_info,
	.verify = shadow_slob_verify,
	.verify_page = shadow_slob_verify_page,
	.resolve = shadow_slob_resolve,
	.look = shadow_slob_look,
	.kmalloc = slob_kmalloc,
	.kfree = slob_kfree,
	.ksize = slob_ksize,
	.given = slob_given,
};
