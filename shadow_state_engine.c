// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_state_engine - what each of the three engines has of a cache and of a
 * slab: CPUs, nodes, free objects in the order in which they will be handed out.
 * For shadow_state.
 */
#include "shadow_slabslab.h"
#include "shadow_slob.h"
#include "shadow_slub.h"
#include "shadow_state_room.h"

static bool is_slub(const struct shadow_slab *slab)
{
	return slab->engine == &shadow_slab_slub;
}

static bool is_slob(const struct shadow_slab *slab)
{
	return slab->engine == &shadow_slab_slob;
}

/* ---------------------------------------------------------------- slub -- */

/* Offsets of the free objects from the slab's beginning, as they are linked */
static void slub_list(const struct shadow_kmem_cache *cache,
		      const struct shadow_slub *s, u32 head,
		      const struct shadow_text *text)
{
	struct shadow_state_list list;
	u32 nr;

	shadow_state_begin(&list, text, cache->bytes);
	for (nr = 0; head <= s->last && nr < s->objects; nr++) {
		shadow_state_add(&list, head);
		if (!shadow_slub_read(cache, s, head, &head))
			break;
	}
	shadow_state_end(&list);
}

static void slub_page(struct shadow_kmem_cache *cache, struct shadow_page *page,
		      const struct shadow_text *text)
{
	u32 state = READ_ONCE(page->slab.state), cpu = state >> SLUB_CPU_SHIFT;
	struct shadow_slub s;

	if (!shadow_slub_check(cache, page, &s))
		return;
	shadow_text_put(text, "  free:");
	slub_list(cache, &s, READ_ONCE(page->slab.freelist), text);
	if (shadow_slub_state(page) != SLUB_CPU || cpu >= cache->nr_cpus)
		return;
	shadow_text_say(text, "  free of cpu %u:", cpu);
	slub_list(cache, &s, shadow_slub_cpu_of(cache, cpu)->head, text);
}

static void slub_cache(struct shadow_kmem_cache *cache,
		       const struct shadow_text *text)
{
	const struct shadow_nodes *nodes = cache->slab->nodes;
	const struct shadow_kmem_cache_node *in;
	const struct shadow_slub_cpu *c;
	unsigned int i;

	for (i = 0; i < cache->nr_cpus; i++) {
		c = shadow_slub_cpu_of(cache, i);
		if (c->page == SHADOW_NO_PAGE && !c->nr_waiting && !c->rnd)
			continue;
		shadow_text_say(text, "  cpu %u: page 0x%x head 0x%x last", i,
				c->page, c->head);
		shadow_text_say(text, " 0x%x span 0x%x rnd 0x%llx waiting %u:",
				c->last, c->span, c->rnd, c->nr_waiting);
		shadow_state_pages(nodes, text, &c->waiting, 1);
	}
	for (i = 0; i < nodes->nr_nodes; i++) {
		in = shadow_slub_in(&cache->node[i]);
		if (!in)
			continue;
		shadow_text_say(text, "  node %u at 0x%llx: slabs %llu objects %llu partial %llu:",
				i, (u64)shadow_virt_to_phys(nodes->block, in),
				in->nr_slabs, in->nr_objects, in->nr_partial);
		shadow_state_pages(nodes, text, &in->partial, 1);
	}
}

/* ---------------------------------------------------------------- slab -- */

static void slab_array(const struct shadow_slabslab_array *array,
		       const struct shadow_text *text)
{
	struct shadow_state_list list;
	u32 i;

	if (!array->in || !array->limit)
		return;
	shadow_text_say(text, "  array of %s %u: avail %u of %u batch %u touched %u:",
			array->kind, array->nr, array->in->avail, array->limit,
			array->in->batchcount, array->in->touched);
	/* The next one that is handed out is the last */
	shadow_state_begin(&list, text, 1);
	for (i = 0; i < array->in->avail && i < array->limit; i++)
		shadow_state_add(&list, array->in->entry[i]);
	shadow_state_end(&list);
}

static void slab_node(struct shadow_kmem_cache *cache, unsigned int nid,
		      const struct shadow_text *text)
{
	const struct shadow_nodes *nodes = cache->slab->nodes;
	const struct shadow_kmem_list *in = shadow_slabslab_in(&cache->node[nid]);
	struct shadow_slabslab_array array;
	unsigned int other;

	if (!in)
		return;
	shadow_text_say(text, "  node %u: slabs %llu free %llu objects %llu limit",
			nid, in->nr_slabs, in->nr_free_slabs, in->free_objects);
	shadow_text_say(text, " %u colour %u touched %u ticks %u shared 0x%x\n",
			in->free_limit, in->colour_next, in->free_touched,
			in->ticks, in->shared);
	shadow_text_put(text, "    partial:");
	shadow_state_pages(nodes, text, &in->partial, 1);
	shadow_text_put(text, "    full:");
	shadow_state_pages(nodes, text, &in->full, 1);
	shadow_text_put(text, "    free:");
	shadow_state_pages(nodes, text, &in->free, 1);
	array = shadow_slabslab_shared(cache, nid);
	slab_array(&array, text);
	for (other = 0; other < nodes->nr_nodes; other++) {
		array = shadow_slabslab_alien(cache, nid, other);
		slab_array(&array, text);
	}
}

static void slab_cache(struct shadow_kmem_cache *cache,
		       const struct shadow_text *text)
{
	const struct shadow_slabslab_own *own = shadow_slabslab_own_of(cache);
	struct shadow_slabslab_array array;
	unsigned int i;

	shadow_text_say(text, "  kind %u index %u list %u colours %u of %u limit",
			own->kind, own->index_bytes, own->freelist_bytes,
			own->colour, own->colour_off);
	shadow_text_say(text, " %u batch %u shared %u alien %u own %u gone %d\n",
			own->limit, own->batch, own->shared, own->alien,
			atomic_read(&own->nr_own),
			atomic_read(&own->generation));
	for (i = 0; i < cache->nr_cpus; i++) {
		array = shadow_slabslab_cpu_array(cache, i);
		slab_array(&array, text);
	}
	for (i = 0; i < cache->slab->nodes->nr_nodes; i++)
		slab_node(cache, i, text);
}

static void slab_page(struct shadow_kmem_cache *cache, struct shadow_page *page,
		      const struct shadow_text *text)
{
	const struct shadow_slabslab_own *own = shadow_slabslab_own_of(cache);
	u32 nr = cache->desc.objects, i = READ_ONCE(page->slab.inuse);
	struct shadow_state_list list;
	struct shadow_slabslab s;
	const void *numbers;

	if (!shadow_slabslab_check(cache, page, &s))
		return;
	numbers = i < nr ? shadow_slabslab_numbers(cache, &s) : NULL;
	shadow_text_put(text, "  free:");
	shadow_state_begin(&list, text, 1);
	for (; numbers && i < nr; i++)
		shadow_state_add(&list, shadow_slabslab_number(own, numbers, i));
	shadow_state_end(&list);
}

/* ---------------------------------------------------------------- slob -- */

static void slob_layer(struct shadow_slab *slab, const struct shadow_text *text)
{
	const struct shadow_slob *slob = shadow_slob_of(slab);
	unsigned int nid, type, nr;

	shadow_text_say(text, "slob: unit %u pages %llu used %llu\n", slob->unit,
			slob->nr_pages, slob->nr_used);
	for (nid = 0; nid < slab->nodes->nr_nodes; nid++)
		for (type = 0; type < SHADOW_NR_KMALLOC_TYPES; type++)
			for (nr = 0; nr < SLOB_NR_LISTS; nr++) {
				shadow_text_say(text, "  node %u type %u %s:", nid,
						type, shadow_slob_list_names[nr]);
				shadow_state_pages(slab->nodes, text,
						   &slob->list[nid][type][nr], 1);
			}
}

static void slob_cache(struct shadow_kmem_cache *cache,
		       const struct shadow_text *text)
{
	const struct shadow_slob_cache *own = shadow_slob_cache_of(cache);
	unsigned int nid;

	shadow_text_say(text, "  kind %u live %llu units %llu slabs %llu\n",
			own->kind, own->live, own->units, own->nr_slabs);
	for (nid = 0; nid < cache->slab->nodes->nr_nodes; nid++) {
		if (own->partial[nid].first == SHADOW_NO_PAGE)
			continue;
		shadow_text_say(text, "  node %u partial:", nid);
		shadow_state_pages(cache->slab->nodes, text, &own->partial[nid], 1);
	}
}

static void slob_slots(struct shadow_kmem_cache *cache, struct shadow_page *page,
		       const struct shadow_text *text)
{
	char *base = shadow_slob_contents(cache->slab, page);
	u32 index = page->slab.freelist, nr;
	struct shadow_state_list list;

	shadow_text_put(text, "  free:");
	shadow_state_begin(&list, text, 1);
	for (nr = 0; base && index < cache->desc.objects &&
	     nr < cache->desc.objects; nr++) {
		shadow_state_add(&list, index);
		index = shadow_slob_slot(cache, base, index)->next;
	}
	shadow_state_end(&list);
}

static void slob_page(struct shadow_slab *slab, struct shadow_page *page,
		      const struct shadow_text *text)
{
	struct shadow_kmem_cache *cache = shadow_slab_cache_of(slab, page);
	struct shadow_slob_piece piece = { .page = page };
	struct shadow_fault unseen;
	u32 nr;

	if (cache) {
		if (shadow_slob_cache_of(cache)->kind == SLOB_SLOTS &&
		    shadow_slob_is_own(cache, page))
			slob_slots(cache, page, text);
		return;
	}
	if (!shadow_slob_is_shared(slab, page))
		return;
	piece.base = shadow_slob_contents(slab, page);
	shadow_fault_init(&unseen);
	shadow_text_put(text, "  free:");
	for (nr = 0; piece.base && nr < shadow_slob_of(slab)->units &&
	     shadow_slob_next_free(slab, &unseen, &piece) > 0; nr++)
		shadow_text_say(text, " %u+%u", piece.first, piece.units);
	shadow_text_put(text, "\n");
}

/* ---------------------------------------------------------- all of them -- */

/**
 * shadow_state_engine() - what the engine has of the machine
 * @slab: the layer
 * @text: where it goes
 *
 * Context: as shadow_state_print().
 */
void shadow_state_engine(struct shadow_slab *slab, const struct shadow_text *text)
{
	if (is_slob(slab))
		slob_layer(slab, text);
}

/**
 * shadow_state_engine_cache() - what the engine has of a cache
 * @cache: the cache
 * @text: where it goes
 *
 * Context: as shadow_state_print().
 */
void shadow_state_engine_cache(struct shadow_kmem_cache *cache,
			       const struct shadow_text *text)
{
	if (is_slub(cache->slab))
		slub_cache(cache, text);
	else if (is_slob(cache->slab))
		slob_cache(cache, text);
	else
		slab_cache(cache, text);
}

/**
 * shadow_state_engine_page() - what of a slab is free, in its order
 * @slab: the layer
 * @page: the slab's first frame
 * @text: where it goes
 *
 * Context: as shadow_state_print().
 */
void shadow_state_engine_page(struct shadow_slab *slab, struct shadow_page *page,
			      const struct shadow_text *text)
{
	struct shadow_kmem_cache *cache = shadow_slab_cache_of(slab, page);

	if (is_slob(slab))
		slob_page(slab, page, text);
	else if (cache && is_slub(slab))
		slub_page(cache, page, text);
	else if (cache)
		slab_page(cache, page, text);
}
