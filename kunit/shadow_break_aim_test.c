// SPDX-License-Identifier: GPL-2.0-only
/*
 * Damage that is aimed: what a machine keeps of slabs, areas and tables is
 * overwritten with what would do in another place - another page, link, array,
 * area or descriptor - which every check of a single value lets through. The
 * block does not begin at a multiple of its largest block, so that the memmap
 * has frames beside it. As in shadow_break_fuzz_test.c nothing may be touched
 * outside of the block, and all must come to an end.
 *
 * Of the environment: SHADOW_ROUNDS, SHADOW_ROUND, SHADOW_DEBUG as there.
 */
#include "shadow_test_break.h"

#include "shadow_page_list.h"
#include "shadow_slab_debug.h"
#include "shadow_slabslab.h"
#include "shadow_state.h"
#include "shadow_vmalloc_room.h"

#ifdef __KERNEL__
#define NR_ROUNDS	12
#define NR_COMMANDS	40
#else
#define NR_ROUNDS	120
#define NR_COMMANDS	120
#endif

static const char *const engines[] = { "slub", "slab", "slob" };

static unsigned long given(const char *name, unsigned long otherwise)
{
#ifdef __KERNEL__
	return otherwise;
#else
	const char *text = getenv(name);

	return text && *text ? strtoul(text, NULL, 0) : otherwise;
#endif
}

/* A block that begins where none of the larger orders does */
static int aim_init(struct kunit *test)
{
	struct rig *rig;
	int err = break_init(test);

	if (err)
		return err;
	rig = test->priv;
	shadow_ctl_fini(&rig->ctl);
	shadow_boot_down(&rig->mm);
	rig->mm.block.base += SZ_1M + SZ_4K * 5;
	KUNIT_ASSERT_EQ(test, shadow_params_place(&rig->mm.cfg, &rig->mm.block,
						  &rig->mm.places, rig->text,
						  sizeof(rig->text)), 0);
	rig_boot(test, rig);
	KUNIT_ASSERT_EQ(test, shadow_ctl_init(&rig->ctl, &rig->mm, &ops), 0);
	return 0;
}

/* -------------------------------------------------------------- what there is -- */

static void copy(void *to, const void *from, u64 bytes)
{
	u64 i;

	for (i = 0; i < bytes; i++)
		shadow_test_poke((u8 *)to + i, shadow_test_peek((const u8 *)from + i));
}

/* Any entry of the memmap, of a hole as likely as the others are many */
static struct shadow_page *any_page(struct rig *rig, struct rnd_state *rnd)
{
	struct shadow_memmap *memmap = &rig->mm.nodes.memmap;

	return &memmap->pages[shadow_test_below(rnd, memmap->nr)];
}

/* At the ends of the block, where an order that was overwritten leads out of it */
static struct shadow_page *edge_page(struct rig *rig, struct rnd_state *rnd)
{
	struct shadow_memmap *memmap = &rig->mm.nodes.memmap;
	u64 pfn = rig->mm.block.base >> rig->mm.nodes.page_shift;
	u32 index;

	if (shadow_test_below(rnd, 2))
		pfn += rig->mm.block.bytes >> rig->mm.nodes.page_shift;
	index = shadow_pfn_to_index(memmap, pfn - 8 + shadow_test_below(rnd, 16));
	return index == SHADOW_NO_PAGE ? &memmap->pages[memmap->nr - 1] :
					 &memmap->pages[index];
}

static struct shadow_page *page_of(struct rig *rig, struct rnd_state *rnd, u32 owner)
{
	struct shadow_memmap *memmap = &rig->mm.nodes.memmap;
	u32 start = shadow_test_below(rnd, memmap->nr), i;
	struct shadow_page *page;

	for (i = 0; i < memmap->nr; i++) {
		page = &memmap->pages[(start + i) % memmap->nr];
		if (shadow_page_state(page) == SHADOW_PAGE_ALLOCATED &&
		    shadow_page_owner(page) == owner)
			return page;
	}
	return any_page(rig, rnd);
}

static void *contents_of(struct rig *rig, const struct shadow_page *page)
{
	const struct shadow_nodes *nodes = &rig->mm.nodes;

	return shadow_block_contents(&rig->mm.block, shadow_page_to_phys(nodes, page),
				     1ULL << nodes->page_shift);
}

static struct shadow_kmem_cache *any_cache(struct rig *rig, struct rnd_state *rnd)
{
	struct shadow_kmem_cache *cache = NULL;
	u32 nr = shadow_test_below(rnd, 40);

	do {
		cache = shadow_slab_next(&rig->mm.slab, cache);
	} while (!cache || nr--);
	return cache;
}

/* Where the free object before a random one of a slab has its link, or anywhere */
static u8 *any_object(struct rig *rig, struct rnd_state *rnd)
{
	struct shadow_slab *slab = &rig->mm.slab;
	struct shadow_page *page = page_of(rig, rnd, SHADOW_OWNER_SLAB);
	struct shadow_kmem_cache *cache = shadow_slab_cache_of(slab, page);
	u8 *at = contents_of(rig, page);

	if (!at || !cache)
		return NULL;
	return at + shadow_test_below(rnd, min_t(u32, cache->desc.objects,
						 SZ_4K / cache->bytes ? : 1)) *
	       cache->bytes % SZ_4K + min_t(u32, cache->offset, SZ_4K / 2) / 8 * 8;
}

static u8 *any_area(struct rig *rig, struct rnd_state *rnd)
{
	const struct shadow_vmap_tree *tree = &rig->mm.vmalloc.tree;
	struct shadow_vmap_area *area;
	u32 left = shadow_test_below(rnd, 8);
	u64 va = tree->va_start;

	if (shadow_fault_frozen(&rig->mm.fault))
		return NULL;
	do {
		area = shadow_vmap_tree_next(tree, va);
		if (IS_ERR_OR_NULL(area))
			return NULL;
		va = area->va_end;
	} while (left--);
	return (u8 *)area;
}

static u64 *any_descriptor(struct rig *rig, struct rnd_state *rnd)
{
	struct shadow_mm *mm = &rig->mm;
	struct shadow_walker walker;
	struct shadow_walk walk;
	u64 va = shadow_layout_pa_to_va(&mm->layout, mm->block.base +
					shadow_test_below(rnd, mm->block.bytes));
	struct shadow_walk_step *step;

	if (shadow_test_below(rnd, 3))
		va = mm->vmalloc.tree.va_start + shadow_test_below(rnd, SZ_4M);
	if (!shadow_test_below(rnd, 4) && mm->kmap.slot)
		va = mm->kmap.pkmap_start + shadow_test_below(rnd, SZ_1M);
	shadow_pgtable_walker(&mm->swapper, &walker);
	shadow_walk(&walker, va, &walk);
	if (!walk.nr_steps)
		return NULL;
	step = &walk.step[shadow_test_below(rnd, walk.nr_steps)];
	return shadow_block_contents(&mm->block, step->desc_pa, sizeof(u64));
}

/* ---------------------------------------------------------- how it is damaged -- */

/* A page says what another one says: all of it, or a word */
static void damage_page(struct rig *rig, struct rnd_state *rnd)
{
	static const u32 owners[] = {
		SHADOW_OWNER_SLAB, SHADOW_OWNER_SLAB, SHADOW_OWNER_KMALLOC,
		SHADOW_OWNER_VMALLOC, SHADOW_OWNER_TABLE,
	};
	u32 owner = owners[shadow_test_below(rnd, ARRAY_SIZE(owners))], word;
	struct shadow_page *from = page_of(rig, rnd, owner), *to;

	switch (shadow_test_below(rnd, 4)) {
	case 0:
		to = edge_page(rig, rnd);
		break;
	case 1:
		to = any_page(rig, rnd);
		break;
	default:
		to = page_of(rig, rnd, owner);
	}
	word = shadow_test_below(rnd, sizeof(*to) / sizeof(u32));
	switch (shadow_test_below(rnd, 4)) {
	case 0:
		copy(to, from, sizeof(*to));
		break;
	case 1:
		copy((u32 *)to + word, (u32 *)from + word, sizeof(u32));
		break;
	case 2:
		/* Another order, the rest of the flags as it was */
		word = to->flags ^ shadow_test_below(rnd, 32) << SHADOW_PF_ORDER_SHIFT;
		copy(&to->flags, &word, sizeof(word));
		break;
	default:
		/* A list that begins and ends with itself */
		word = shadow_page_index(&rig->mm.nodes.memmap, to);
		copy(&to->next, &word, sizeof(word));
		copy(&to->prev, &word, sizeof(word));
	}
}

/* What a node has of a cache: lists of pages, counters, references */
static void damage_node(struct rig *rig, struct rnd_state *rnd)
{
	struct shadow_kmem_cache *cache = any_cache(rig, rnd);
	struct shadow_kmem_cache *other = any_cache(rig, rnd);
	u64 at = shadow_test_below(rnd, 14) * sizeof(u32);
	u32 value = shadow_test_below(rnd, rig->mm.nodes.memmap.nr);
	u8 *in = cache->node[0].in;

	if (!in || !other->node[0].in)
		return;
	if (shadow_test_below(rnd, 2))
		copy(in + at, (u8 *)other->node[0].in + at, sizeof(u32));
	else
		copy(in + at, &value, sizeof(value));
}

/* A CPU's array, or one that a node shares, names what it should not */
static void damage_array(struct rig *rig, struct rnd_state *rnd)
{
	struct shadow_kmem_cache *cache = any_cache(rig, rnd);
	struct shadow_slabslab_array array;
	u64 pages, value;

	if (strcmp(rig->mm.slab.engine->name, "slab") || !cache->node[0].in)
		return;
	array = shadow_test_below(rnd, 2) ? shadow_slabslab_shared(cache, 0) :
		shadow_slabslab_cpu_array(cache, shadow_test_below(rnd, NR_CPUS_HERE));
	if (!array.in || !array.limit)
		return;
	/* Of a frame that the memmap has, in the block or beside it */
	pages = rig->mm.nodes.memmap.nr;
	value = (shadow_test_below(rnd, pages) << 12 >> 3) -
		(shadow_test_below(rnd, 4) ? 0 : SZ_1M >> 3);
	if (shadow_test_below(rnd, 3))
		copy(&array.in->entry[shadow_test_below(rnd, array.limit)], &value, sizeof(u32));
	else
		copy(&array.in->avail, &value, shadow_test_below(rnd, 4));
}

/* An object's words: links of slub and slob, lists of numbers, marks, tracks */
static void damage_object(struct rig *rig, struct rnd_state *rnd)
{
	u8 *to = any_object(rig, rnd), *from = any_object(rig, rnd);

	if (to && from)
		copy(to, from, 1 + shadow_test_below(rnd, 8));
}

static void damage_area(struct rig *rig, struct rnd_state *rnd)
{
	u8 *to = any_area(rig, rnd), *from = any_area(rig, rnd);
	u64 at = shadow_test_below(rnd, 16) * sizeof(u32);
	u64 value = shadow_test_below(rnd, U64_MAX) >> shadow_test_below(rnd, 64);

	if (!to || !from)
		return;
	switch (shadow_test_below(rnd, 3)) {
	case 0:
		copy(to + at, from + at, sizeof(u32));
		break;
	case 1:
		copy(to + at / 8 * 8, &value, sizeof(u64));
		break;
	default:
		/* Both links lead to itself, or to each other's place */
		copy(to + offsetof(struct shadow_vmap_area, left) + at % 8,
		     from + offsetof(struct shadow_vmap_area, self), sizeof(u32));
	}
}

/* A descriptor is what another one is, of any level, or leads to any frame */
static void damage_descriptor(struct rig *rig, struct rnd_state *rnd)
{
	u64 *to = any_descriptor(rig, rnd), *from = any_descriptor(rig, rnd);
	u64 frames = rig->mm.block.bytes >> 12, value;

	if (!to || !from)
		return;
	value = (rig->mm.block.base + (shadow_test_below(rnd, frames + 2) << 12)) |
		SHADOW_TYPE_TABLE | (u64)shadow_test_below(rnd, 0x40) << 2;
	if (!shadow_test_below(rnd, 3))
		/* The frame that the table itself is in */
		value = shadow_virt_to_phys(&rig->mm.block, to) >> 12 << 12 |
			SHADOW_TYPE_TABLE;
	if (!shadow_test_below(rnd, 4))
		value = 0;
	copy(to, shadow_test_below(rnd, 2) ? from : &value, sizeof(u64));
}

/* What a cache says of itself, which only views may go by */
static void damage_descriptor_of_cache(struct rig *rig, struct rnd_state *rnd)
{
	struct shadow_kmem_cache *cache = any_cache(rig, rnd);
	struct shadow_kmem_cache *other = any_cache(rig, rnd);
	u64 at = shadow_test_below(rnd, sizeof(*cache->home));

	copy((u8 *)cache->home + at, (u8 *)other->home + at,
	     min_t(u64, 1 + shadow_test_below(rnd, 8), sizeof(*cache->home) - at));
}

/* A few bytes of anything that is in a frame of slabs, tables or areas' pages */
static void damage_bytes(struct rig *rig, struct rnd_state *rnd)
{
	u64 value = shadow_test_below(rnd, U64_MAX);
	u32 owner = shadow_test_below(rnd, 2) ? SHADOW_OWNER_SLAB : SHADOW_OWNER_TABLE;
	u8 *at = contents_of(rig, page_of(rig, rnd, owner));

	if (at)
		copy(at + shadow_test_below(rnd, SZ_4K - 8), &value,
		     1 + shadow_test_below(rnd, 8));
}

static void damage(struct rig *rig, struct rnd_state *rnd)
{
	static void (*const ways[])(struct rig *rig, struct rnd_state *rnd) = {
		damage_page, damage_page, damage_node, damage_array, damage_object,
		damage_area, damage_descriptor, damage_descriptor,
		damage_descriptor_of_cache, damage_bytes,
	};

	ways[shadow_test_below(rnd, ARRAY_SIZE(ways))](rig, rnd);
}

static void no_text(void *to, const char *text, size_t bytes)
{
	*(u64 *)to += bytes;
}

static void look(struct rig *rig, struct rnd_state *rnd)
{
	u64 bytes = 0;
	const struct shadow_text text = { .put = no_text, .to = &bytes };

	look_at_all(rig, rnd);
	shadow_state_print(&rig->mm, 0, &text);
}

/* More of what slabs and areas are asked for, and what a cache's end asks of them */
static void any_aimed_command(struct rig *rig, struct rnd_state *rnd)
{
	static const char *const more[] = {
		"cache_destroy red #%u", "cache_create red 60 #%u", "cache_alloc rcu count=%u",
		"krealloc %u 300000", "krealloc %u 9000", "vmalloc 2%u00000", "vunmap %u",
		"kfree %u", "cache_free %u", "cache_shrink rcu #%u",
	};
	char text[64];

	if (shadow_test_below(rnd, 4)) {
		any_command(rig, rnd);
		return;
	}
	snprintf(text, sizeof(text), more[shadow_test_below(rnd, ARRAY_SIZE(more))],
		 1 + (u32)shadow_test_below(rnd, 40));
	say(rig, text);
}

static void one_round(struct kunit *test, struct rig *rig, u64 seed)
{
	struct rnd_state rnd;
	unsigned int i, nr;

	prandom_seed_state(&rnd, seed);
	rig->mm.cfg.slab = engines[seed % ARRAY_SIZE(engines)];
	rig->mm.cfg.memmodel = shadow_test_below(&rnd, SHADOW_NR_MEMMODELS);
	rig->mm.cfg.slab_plain = shadow_test_below(&rnd, 2);
	rig->mm.cfg.page_owner = shadow_test_below(&rnd, 2);
	rig->mm.cfg.ring = shadow_test_below(&rnd, 2) * SHADOW_RING_MIN;
	rig->mm.cfg.nr_nodes = 1 + shadow_test_below(&rnd, 2);
	rig->mm.cfg.given |= BIT_ULL(SHADOW_PARAM_NODES);
	rig->mm.cfg.slab_debug_flags = 0;
	rig->mm.cfg.quarantine = 0;
	if (given("SHADOW_DEBUG", 0) && shadow_test_below(&rnd, 2)) {
		rig->mm.cfg.slab_debug_flags = SHADOW_SLAB_DEBUG;
		rig->mm.cfg.quarantine = shadow_test_below(&rnd, 2) * SZ_64K;
	}
	reboot(test, rig);
	if (!given("SHADOW_DEBUG", 0))
		expect_ok(test, rig, "cache_create red 60");
	expect_ok(test, rig, "cache_create rcu 200 flags=TYPESAFE_BY_RCU");
	furnish(test, rig);
	for (i = 0; i < 20; i++)
		any_aimed_command(rig, &rnd);
	for (nr = 1 + shadow_test_below(&rnd, 8); nr; nr--)
		damage(rig, &rnd);
	if (shadow_test_below(&rnd, 2))
		look(rig, &rnd);
	for (i = 0; i < NR_COMMANDS; i++) {
		any_aimed_command(rig, &rnd);
		if (!shadow_test_below(&rnd, 30))
			damage(rig, &rnd);
	}
	look(rig, &rnd);
}

static void aimed_damage(struct kunit *test)
{
	unsigned long nr = given("SHADOW_ROUNDS", NR_ROUNDS), only, seed;
	struct rig *rig = test->priv;
	struct rnd_state rnd;
	u64 round, nr_frozen = 0;

	shadow_test_seed(test, &rnd);
	seed = (u64)prandom_u32_state(&rnd) << 20;
	only = given("SHADOW_ROUND", ULONG_MAX);
	for (round = only == ULONG_MAX ? 0 : only; round < nr || round == only; round++) {
		if (round % 10 == 0 || only != ULONG_MAX)
			kunit_info(test, "round %llu\n", round);
		one_round(test, rig, seed + round);
		nr_frozen += shadow_fault_frozen(&rig->mm.fault);
	}
	kunit_info(test, "%llu of %llu machines froze\n", nr_frozen, round);
	rig->mm.cfg.slab_debug_flags = 0;
	rig->mm.cfg.quarantine = 0;
	expect_ok(test, rig, "reset");
	expect_healthy(test, rig);
}

/* ------------------------------------------------------- one by one: an order -- */

static void *kmalloc_of_frames(struct kunit *test, struct rig *rig)
{
	void *object = shadow_kmalloc(&rig->mm.slab, 100000, SHADOW_GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, object);
	return object;
}

/* So many bytes would be copied, or cleared, as its page says it has */
static void large_object_has_another_order(struct kunit *test)
{
	struct rig *rig = test->priv;
	char *object = kmalloc_of_frames(test, rig);
	struct shadow_page *page = shadow_virt_to_page(&rig->mm.nodes, object);
	unsigned int order;

	KUNIT_EXPECT_EQ(test, shadow_ksize(&rig->mm.slab, object), SZ_128K);
	for (order = 13; order < 32; order++) {
		page->flags = (page->flags & ~SHADOW_PF_ORDER_MASK) |
			      order << SHADOW_PF_ORDER_SHIFT;
		KUNIT_EXPECT_EQ(test, shadow_ksize(&rig->mm.slab, object), 0);
		KUNIT_EXPECT_NULL(test, shadow_krealloc(&rig->mm.slab, object, SZ_1M,
							SHADOW_GFP_KERNEL | SHADOW_GFP_ZERO));
		KUNIT_EXPECT_NULL(test, shadow_krealloc(&rig->mm.slab, object, 100,
							SHADOW_GFP_KERNEL | SHADOW_GFP_ZERO));
	}
}

/* A slab's page, said again of the frames at both ends of the block and beside it */
static void slab_is_beside_the_block(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct shadow_slab *slab = &rig->mm.slab;
	struct shadow_page *page, *to;
	struct shadow_fault fault;
	unsigned int i;
	u64 pfn, last;

	for (i = 0; i < ARRAY_SIZE(engines); i++) {
		rig->mm.cfg.slab = engines[i];
		reboot(test, rig);
		expect_ok(test, rig, "cache_create big 6000 flags=TYPESAFE_BY_RCU");
		expect_ok(test, rig, "cache_alloc big count=9");
		page = NULL;
		while ((page = shadow_slab_next_frames(slab->nodes, page)))
			if (shadow_page_order(page))
				break;
		KUNIT_ASSERT_NOT_NULL(test, page);
		pfn = (rig->mm.block.base >> 12) - 8;
		last = (rig->mm.block.base + rig->mm.block.bytes) >> 12;
		for (; pfn < last + 8; pfn++) {
			to = shadow_pfn_to_page(slab->nodes, pfn);
			if (pfn == (rig->mm.block.base >> 12) + 8)
				pfn = last - 8;
			if (!to)
				continue;
			copy(to, page, sizeof(*to));
			shadow_fault_init(&fault);
			slab->engine->verify_page(slab, to, &fault);
			raw_spin_lock(&slab->watch->look_lock);
			slab->engine->look(slab, to, &slab->watch->look);
			raw_spin_unlock(&slab->watch->look_lock);
		}
	}
}

/* The first of a list is its own neighbour on both sides: it never goes */
static void list_leads_to_itself(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct shadow_memmap *memmap = &rig->mm.nodes.memmap;
	struct shadow_page *page = &memmap->pages[memmap->nr / 2];
	struct shadow_page_list list;

	shadow_page_list_init(&list);
	KUNIT_ASSERT_TRUE(test, shadow_page_list_push(memmap, &list, page));
	page->next = list.first;
	page->prev = list.first;
	KUNIT_EXPECT_NULL(test, shadow_page_list_pop(memmap, &list));
	KUNIT_EXPECT_FALSE(test, shadow_page_list_empty(&list));
}

/* ------------------------------------------------------------ one by one: areas -- */

/* The frame that has a vmap's pages is said to be many, which it is not */
static void held_pages_have_another_order(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct shadow_vmalloc *vm = &rig->mm.vmalloc;
	struct shadow_vmap_area *area;
	struct shadow_page *page;
	u32 pages[3], i;
	u64 va;

	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		page = shadow_alloc_pages(&rig->mm.nodes, SHADOW_GFP_KERNEL, 0);
		KUNIT_ASSERT_NOT_NULL(test, page);
		pages[i] = shadow_page_index(&rig->mm.nodes.memmap, page);
	}
	KUNIT_ASSERT_EQ(test, shadow_vmap(vm, pages, 3, SHADOW_PAGE_KERNEL, 0, &va), 0);
	area = shadow_vmap_tree_find(&vm->tree, va);
	KUNIT_ASSERT_NOT_NULL(test, shadow_vmalloc_held(vm, area));
	page = &rig->mm.nodes.memmap.pages[area->first_page];
	for (i = 13; i < 22; i++) {
		page->flags = (page->flags & ~SHADOW_PF_ORDER_MASK) |
			      i << SHADOW_PF_ORDER_SHIFT;
		area->nr_pages = ((u64)SZ_4K << i) / sizeof(u32);
		KUNIT_EXPECT_NULL(test, shadow_vmalloc_held(vm, area));
	}
}

/* Two that contradict nothing that is looked at: where the gap before it begins */
static void gap_is_outside_of_the_window(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct shadow_vmalloc *vm = &rig->mm.vmalloc;
	struct shadow_vmap_area *area;
	u64 va;

	KUNIT_ASSERT_EQ(test, shadow_vmalloc_alloc(vm, SZ_4K, SHADOW_GFP_KERNEL,
						   SHADOW_PAGE_KERNEL, 0, &va), 0);
	area = shadow_vmap_tree_at(&vm->tree, vm->tree.root);
	KUNIT_ASSERT_NOT_NULL(test, area);
	area->gap = SZ_1G;
	area->max_gap = SZ_1G;
	KUNIT_EXPECT_EQ(test, shadow_vmalloc_alloc(vm, SZ_4M, SHADOW_GFP_KERNEL,
						   SHADOW_PAGE_KERNEL, 0, &va), -EUCLEAN);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(rig->mm.fault.text, "outside of the window"),
				  "%s", rig->mm.fault.text);
}

/* ------------------------------------------------------------ one by one: views -- */

struct counted {
	u64 bytes;
	u64 lines;
};

static void count_text(void *to, const char *text, size_t bytes)
{
	struct counted *counted = to;

	counted->bytes += bytes;
	while (bytes--)
		counted->lines += *text++ == '\n';
}

/* Tables that lead to themselves, pages of an area that do: the dump has an end */
static void dump_ends(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct shadow_vmalloc *vm = &rig->mm.vmalloc;
	struct counted sound = {}, damaged = {};
	struct shadow_text text = { .put = count_text, .to = &sound };
	struct shadow_pgtable *pgt = &rig->mm.swapper;
	struct shadow_vmap_area *area;
	struct shadow_page *page;
	unsigned int i;
	u64 va;

	KUNIT_ASSERT_EQ(test, shadow_vmalloc_alloc(vm, SZ_4K, SHADOW_GFP_KERNEL,
						   SHADOW_PAGE_KERNEL, 0, &va), 0);
	shadow_state_print(&rig->mm, 0, &text);
	area = shadow_vmap_tree_find(&vm->tree, va);
	page = &rig->mm.nodes.memmap.pages[area->first_page];
	page->next = area->first_page;
	area->nr_pages = U32_MAX;
	for (i = 0; i < 512; i++)
		if (!pgt->root_table[i])
			pgt->root_table[i] = pgt->root | SHADOW_TYPE_TABLE;
	text.to = &damaged;
	shadow_state_print(&rig->mm, 0, &text);
	kunit_info(test, "%llu lines, %llu before, %llu tables\n", damaged.lines, sound.lines,
		   pgt->nr_tables);
	KUNIT_EXPECT_LT(test, damaged.lines, sound.lines + 1024 * pgt->nr_tables +
					     rig->mm.nodes.memmap.nr);
}

static struct kunit_case shadow_break_aim_cases[] = {
	KUNIT_CASE(large_object_has_another_order),
	KUNIT_CASE(slab_is_beside_the_block),
	KUNIT_CASE(list_leads_to_itself),
	KUNIT_CASE(held_pages_have_another_order),
	KUNIT_CASE(gap_is_outside_of_the_window),
	KUNIT_CASE(dump_ends),
	KUNIT_CASE_SLOW(aimed_damage),
	{}
};

static struct kunit_suite shadow_break_aim_suite = {
	.name = "shadow_break_aim",
	.init = aim_init,
	.exit = rig_exit,
	.test_cases = shadow_break_aim_cases,
};

kunit_test_suite(shadow_break_aim_suite);
