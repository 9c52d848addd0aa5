// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmalloc on small machines: against a flat model of the window that says for
 * each page whose it is, short of memory at every step, and with what it keeps
 * overwritten.
 */
#include "shadow_test_machine.h"

#include "shadow_pgtable.h"
#include "shadow_slab.h"
#include "shadow_test_slab.h"
#include "shadow_vmalloc.h"

#define PAGE		4096ULL
#define WINDOW		0xffff800080000000ULL
#define MAX_PAGES	512
#define CALLER		0xffffffc008123456UL

/**
 * struct vmachine - a machine with what vmalloc stands on
 * @m: up to the page allocator
 * @slab: caches
 * @pgt: tables, their pages from the page allocator
 * @vm: what is tested
 * @nr_pages: of the window
 */
struct vmachine {
	struct shadow_test_machine *m;
	struct shadow_slab slab;
	struct shadow_pgtable pgt;
	struct shadow_vmalloc vm;
	u64 nr_pages;
};

static int alloc_table(void *ctx, phys_addr_t *pa)
{
	struct shadow_nodes *nodes = ctx;
	struct shadow_page *page;

	page = shadow_alloc_pages(nodes, SHADOW_GFP_OWNER(SHADOW_OWNER_TABLE),
				  0);
	if (!page)
		return -ENOMEM;
	*pa = shadow_page_to_phys(nodes, page);
	return 0;
}

static void free_table(void *ctx, phys_addr_t pa)
{
	struct shadow_nodes *nodes = ctx;

	shadow_free_pages(nodes, shadow_pfn_to_page(nodes, pa / PAGE), 0);
}

static const struct shadow_pgtable_ops table_ops = {
	.alloc_table = alloc_table,
	.free_table = free_table,
};

static void vmalloc_init(struct kunit *test, struct vmachine *v, u64 nr_pages)
{
	v->nr_pages = nr_pages;
	KUNIT_ASSERT_EQ(test, 0,
			shadow_vmalloc_init(&v->vm, &v->m->nodes, &v->slab,
					    &v->pgt, WINDOW,
					    WINDOW + nr_pages * PAGE, 815,
					    &v->m->events, &v->m->fault));
}

/* A machine of @nr_frames with a window of @nr_pages. */
static struct vmachine *new_machine(struct kunit *test, u64 nr_frames,
				    u64 nr_pages)
{
	struct vmachine *v = shadow_test_alloc(test, sizeof(*v));
	struct shadow_geometry geo;
	struct shadow_nodes *nodes;
	void *mem;

	v->m = shadow_test_machine(test, nr_frames, 1);
	nodes = &v->m->nodes;
	mem = shadow_test_alloc(test, shadow_slab_bytes(SHADOW_TEST_SLAB("slub", 0), 1));
	KUNIT_ASSERT_EQ(test, 0, shadow_slab_init(&v->slab, nodes,
						  SHADOW_TEST_SLAB("slub", 4711), 1, mem));
	KUNIT_ASSERT_EQ(test, 0, shadow_geometry_init(&geo, 12, 48, 48, false));
	KUNIT_ASSERT_EQ(test, 0,
			shadow_pgtable_init(&v->pgt, &geo, true,
					    &v->m->block, &v->m->events,
					    &v->m->fault, &table_ops, nodes));
	vmalloc_init(test, v, nr_pages);
	return v;
}

static void verify(struct kunit *test, struct vmachine *v)
{
	KUNIT_ASSERT_FALSE_MSG(test, shadow_fault_frozen(&v->m->fault), "%s",
			       v->m->fault.text);
	SHADOW_TEST_VERIFY(test, shadow_vmalloc_verify(&v->vm, &__fault));
}

static void verify_all(struct kunit *test, struct vmachine *v)
{
	verify(test, v);
	SHADOW_TEST_VERIFY(test, shadow_pgtable_verify(&v->pgt, &__fault));
	SHADOW_TEST_VERIFY(test, shadow_slab_verify(&v->slab, &__fault));
	shadow_test_machine_verify(test, v->m);
}

static int alloc(struct vmachine *v, u64 bytes, u64 *va)
{
	return shadow_vmalloc_alloc(&v->vm, bytes, SHADOW_GFP_KERNEL,
				    SHADOW_PAGE_KERNEL, CALLER, va);
}

/* What an address is mapped to, or U64_MAX. */
static u64 pa_of(struct vmachine *v, u64 va)
{
	struct shadow_walker walker;
	struct shadow_walk walk;

	shadow_pgtable_walker(&v->pgt, &walker);
	shadow_walk(&walker, va, &walk);
	return walk.fault == SHADOW_WALK_OK ? walk.pa : U64_MAX;
}

/* What can be read and written there, a page of it, or NULL. */
static u64 *contents(struct vmachine *v, u64 va)
{
	u64 pa = pa_of(v, va);

	if (!shadow_block_has(&v->m->block, pa, PAGE))
		return NULL;
	return shadow_phys_to_virt(&v->m->block, pa);
}

/**
 * struct snapshot - what a refused call must leave as it was
 * @nr_owned: frames by owner
 * @nr_free: frames in no use
 * @nr_tables: tables
 * @leaves: hash of all that is mapped, with its descriptors
 * @tree: the index, but for its path
 * @nr_pages: pages in areas
 * @nr_areas: areas
 */
struct snapshot {
	u64 nr_owned[SHADOW_NR_OWNERS];
	u64 nr_free;
	u64 nr_tables;
	u64 leaves;
	u8 tree[offsetof(struct shadow_vmap_tree, path)];
	u64 nr_pages;
	u32 nr_areas;
};

static u64 mix(u64 hash, u64 value)
{
	return (hash ^ value) * 0x100000001b3ULL;
}

static int hash_leaf(void *priv, const struct shadow_walk_entry *entry)
{
	u64 *hash = priv;

	if (entry->kind != SHADOW_DESC_KIND_INVALID)
		*hash = mix(mix(*hash, entry->va), entry->desc);
	return 0;
}

static void count_owners(struct vmachine *v, u64 *nr_owned)
{
	const struct shadow_memmap *memmap = &v->m->nodes.memmap;
	const struct shadow_page *page;

	memset(nr_owned, 0, SHADOW_NR_OWNERS * sizeof(*nr_owned));
	for (page = memmap->pages; page < memmap->pages + memmap->nr; page++)
		if (shadow_page_state(page) == SHADOW_PAGE_ALLOCATED)
			nr_owned[shadow_page_owner(page)] +=
				BIT(shadow_page_order(page));
}

static void take_snapshot(struct vmachine *v, struct snapshot *s)
{
	struct shadow_walker walker;

	memset(s, 0, sizeof(*s));
	count_owners(v, s->nr_owned);
	s->nr_free = shadow_test_machine_free(v->m);
	s->nr_tables = v->pgt.nr_tables;
	shadow_pgtable_walker(&v->pgt, &walker);
	shadow_walk_for_each(&walker, shadow_geometry_first(&v->pgt.geo, true),
			     U64_MAX, hash_leaf, &s->leaves);
	memcpy(s->tree, &v->vm.tree, sizeof(s->tree));
	s->nr_pages = v->vm.nr_pages;
	s->nr_areas = v->vm.nr_areas;
}

/* A slab that a refused call got may stay: it is empty, not lost. */
static void settle(struct snapshot *s)
{
	s->nr_free += s->nr_owned[SHADOW_OWNER_SLAB];
	s->nr_owned[SHADOW_OWNER_SLAB] = 0;
}

static void expect_unchanged(struct kunit *test, struct vmachine *v,
			     struct snapshot before)
{
	struct snapshot after;

	take_snapshot(v, &after);
	settle(&before);
	settle(&after);
	KUNIT_ASSERT_MEMEQ(test, &before, &after, sizeof(after));
	verify_all(test, v);
}

static void purge(struct kunit *test, struct vmachine *v)
{
	KUNIT_ASSERT_EQ(test, 0, shadow_vmalloc_purge(&v->vm));
	verify_all(test, v);
	KUNIT_ASSERT_EQ(test, 0U, v->vm.nr_lazy_areas);
	KUNIT_ASSERT_EQ(test, 0ULL, v->vm.nr_lazy_pages);
}

static u64 expect_alloc(struct kunit *test, struct vmachine *v, u64 bytes,
			u64 page)
{
	u64 va = 0;

	KUNIT_ASSERT_EQ(test, 0, alloc(v, bytes, &va));
	KUNIT_ASSERT_EQ(test, WINDOW + page * PAGE, va);
	verify_all(test, v);
	return va;
}

static void pages_then_a_guard(struct kunit *test)
{
	struct vmachine *v = new_machine(test, 256, 64);
	struct shadow_vmalloc_info info;
	struct shadow_page *page;
	u64 va, i;

	va = expect_alloc(test, v, 2 * PAGE + 1, 0);
	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_NE(test, U64_MAX, pa_of(v, va + i * PAGE));
		page = shadow_pfn_to_page(&v->m->nodes,
					  pa_of(v, va + i * PAGE) / PAGE);
		KUNIT_ASSERT_NOT_NULL(test, page);
		KUNIT_EXPECT_EQ(test, (unsigned int)SHADOW_OWNER_VMALLOC,
				shadow_page_owner(page));
		KUNIT_EXPECT_EQ(test, 0U, shadow_page_order(page));
	}
	KUNIT_EXPECT_EQ(test, U64_MAX, pa_of(v, va + 3 * PAGE));

	/* The next one starts behind the guard page, not on it. */
	va = expect_alloc(test, v, 1, 4);
	KUNIT_EXPECT_NE(test, U64_MAX, pa_of(v, va));
	KUNIT_EXPECT_EQ(test, U64_MAX, pa_of(v, va - 1));
	KUNIT_EXPECT_EQ(test, U64_MAX, pa_of(v, va + PAGE));

	KUNIT_ASSERT_EQ(test, 0, shadow_vmalloc_find(&v->vm, WINDOW, &info));
	KUNIT_EXPECT_EQ(test, WINDOW, info.va_start);
	KUNIT_EXPECT_EQ(test, WINDOW + 4 * PAGE, info.va_end);
	KUNIT_EXPECT_EQ(test, 3U, info.nr_pages);
	KUNIT_EXPECT_EQ(test, (u64)CALLER, info.caller);
	KUNIT_EXPECT_EQ(test, (u32)SHADOW_VMAP_ALLOC, info.flags);
	KUNIT_EXPECT_EQ(test, 3U, info.nr_on_node[0]);
	KUNIT_EXPECT_EQ(test, 0U, info.nr_on_node[1]);
}

static void takes_the_lowest_gap(struct kunit *test)
{
	struct vmachine *v = new_machine(test, 256, 64);
	u64 a, b;

	a = expect_alloc(test, v, 2 * PAGE, 0);
	b = expect_alloc(test, v, 5 * PAGE, 3);
	expect_alloc(test, v, PAGE, 9);
	KUNIT_ASSERT_EQ(test, 0, shadow_vfree(&v->vm, a));
	verify_all(test, v);
	KUNIT_EXPECT_EQ(test, U64_MAX, pa_of(v, a));
	purge(test, v);

	/* Three pages and a guard do not go into a gap of three. */
	expect_alloc(test, v, 3 * PAGE, 11);
	expect_alloc(test, v, 2 * PAGE, 0);
	KUNIT_ASSERT_EQ(test, 0, shadow_vfree(&v->vm, b));
	purge(test, v);
	expect_alloc(test, v, 1 * PAGE, 3);
	expect_alloc(test, v, 3 * PAGE, 5);
	expect_alloc(test, v, 1 * PAGE, 15);
}

static void fills_the_window_exactly(struct kunit *test)
{
	struct vmachine *v = new_machine(test, 256, 64);
	struct shadow_vmalloc_totals totals;
	struct snapshot before;
	u64 va;

	va = expect_alloc(test, v, 63 * PAGE, 0);
	KUNIT_ASSERT_EQ(test, 0, shadow_vmalloc_totals(&v->vm, &totals));
	KUNIT_EXPECT_EQ(test, 64 * PAGE, totals.total_bytes);
	KUNIT_EXPECT_EQ(test, 63 * PAGE, totals.used_bytes);
	KUNIT_EXPECT_EQ(test, 0ULL, totals.chunk_bytes);
	KUNIT_EXPECT_EQ(test, 1U, totals.nr_areas);
	take_snapshot(v, &before);
	KUNIT_EXPECT_EQ(test, -ENOMEM, alloc(v, 1, &va));
	expect_unchanged(test, v, before);
	KUNIT_ASSERT_EQ(test, 0, shadow_vfree(&v->vm, WINDOW));
	KUNIT_ASSERT_EQ(test, 0, shadow_vmalloc_totals(&v->vm, &totals));
	KUNIT_EXPECT_EQ(test, 0ULL, totals.used_bytes);
	KUNIT_EXPECT_EQ(test, 0ULL, totals.chunk_bytes);
	KUNIT_EXPECT_EQ(test, 0U, totals.nr_areas);
	KUNIT_EXPECT_EQ(test, 1U, totals.nr_lazy_areas);
	KUNIT_EXPECT_EQ(test, 64ULL, totals.nr_lazy_pages);
	purge(test, v);
	KUNIT_ASSERT_EQ(test, 0, shadow_vmalloc_totals(&v->vm, &totals));
	KUNIT_EXPECT_EQ(test, 64 * PAGE, totals.chunk_bytes);
	KUNIT_EXPECT_EQ(test, 0U, totals.nr_lazy_areas);
	KUNIT_EXPECT_EQ(test, 1ULL, totals.nr_purges);
	KUNIT_EXPECT_EQ(test, 1ULL, totals.nr_purged);
}

static void refuses_bad_lengths(struct kunit *test)
{
	struct vmachine *v = new_machine(test, 256, 64);
	struct vmachine *wide = new_machine(test, 256, 4096);
	struct snapshot before;
	u64 va = 1, used;

	take_snapshot(v, &before);
	used = before.nr_owned[SHADOW_OWNER_SLAB];
	KUNIT_EXPECT_EQ(test, -EINVAL, alloc(v, 0, &va));
	KUNIT_EXPECT_EQ(test, -ENOMEM, alloc(v, 63 * PAGE + 1, &va));
	KUNIT_EXPECT_EQ(test, -ENOMEM, alloc(v, 64 * PAGE, &va));
	KUNIT_EXPECT_EQ(test, -ENOMEM, alloc(v, U64_MAX, &va));
	KUNIT_EXPECT_EQ(test, -ENOMEM, alloc(v, U64_MAX - PAGE + 1, &va));
	KUNIT_EXPECT_EQ(test, -ENOMEM, alloc(v, 1ULL << 63, &va));
	KUNIT_EXPECT_EQ(test, -ENOMEM, alloc(v, (1ULL << 44) + PAGE, &va));
	KUNIT_EXPECT_EQ(test, 1ULL, va);
	expect_unchanged(test, v, before);
	take_snapshot(v, &before);
	/* Not even a slab for the area was asked for. */
	KUNIT_EXPECT_EQ(test, used, before.nr_owned[SHADOW_OWNER_SLAB]);

	take_snapshot(wide, &before);
	used = before.nr_owned[SHADOW_OWNER_SLAB];
	KUNIT_EXPECT_EQ(test, -ENOMEM, alloc(wide, 256 * PAGE + 1, &va));
	take_snapshot(wide, &before);
	KUNIT_EXPECT_EQ(test, used, before.nr_owned[SHADOW_OWNER_SLAB]);
	KUNIT_EXPECT_EQ(test, -ENOMEM, alloc(wide, 256 * PAGE, &va));
	expect_unchanged(test, wide, before);
}

static void refuses_foreign_addresses(struct kunit *test)
{
	struct vmachine *v = new_machine(test, 256, 64);
	struct shadow_vmalloc_info info;
	struct snapshot before;
	u64 a, i;
	const u64 foreign[] = {
		WINDOW + 1, WINDOW + PAGE, WINDOW + 2 * PAGE, WINDOW + 3 * PAGE,
		WINDOW + 5 * PAGE, WINDOW + 63 * PAGE, WINDOW + 64 * PAGE,
		WINDOW - PAGE, 0, U64_MAX, SHADOW_TEST_BASE,
	};

	a = expect_alloc(test, v, 2 * PAGE, 0);
	expect_alloc(test, v, PAGE, 3);
	take_snapshot(v, &before);
	KUNIT_EXPECT_EQ(test, -ENOENT, shadow_vfree(&v->vm, foreign[0]));
	for (i = 0; i < ARRAY_SIZE(foreign); i++) {
		if (foreign[i] == WINDOW + 3 * PAGE)
			continue;
		KUNIT_EXPECT_EQ(test, -ENOENT, shadow_vfree(&v->vm, foreign[i]));
	}
	expect_unchanged(test, v, before);
	KUNIT_EXPECT_EQ(test, 0, shadow_vfree(&v->vm, a));
	KUNIT_EXPECT_EQ(test, -ENOENT, shadow_vfree(&v->vm, a));
	KUNIT_EXPECT_EQ(test, -ENOENT, shadow_vmalloc_find(&v->vm, a, &info));
	KUNIT_EXPECT_EQ(test, -ENOENT,
			shadow_vmalloc_find(&v->vm, WINDOW + 5 * PAGE, &info));
	KUNIT_EXPECT_EQ(test, 0,
			shadow_vmalloc_find(&v->vm, WINDOW + 4 * PAGE, &info));
	verify_all(test, v);
}

static void refuses_bad_protections(struct kunit *test)
{
	static const struct {
		u64 prot;
		int err;
	} bad[] = {
		{ SHADOW_PAGE_KERNEL | SHADOW_DESC_VALID, -EINVAL },
		{ SHADOW_PAGE_KERNEL | SHADOW_TABLE_NS, -EINVAL },
		{ SHADOW_PAGE_KERNEL_EXEC, -EPERM },
	};
	struct vmachine *v = new_machine(test, 256, 64);
	struct snapshot before;
	u64 va, i;

	take_snapshot(v, &before);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ(test, bad[i].err,
				shadow_vmalloc_alloc(&v->vm, 3 * PAGE, 0,
						     bad[i].prot, CALLER, &va));
		expect_unchanged(test, v, before);
	}
}

static void maps_as_told(struct kunit *test)
{
	struct vmachine *v = new_machine(test, 256, 64);
	struct shadow_walker walker;
	struct shadow_walk walk;
	u64 va;

	shadow_pgtable_walker(&v->pgt, &walker);
	KUNIT_ASSERT_EQ(test, 0,
			shadow_vmalloc_alloc(&v->vm, PAGE, 0,
					     SHADOW_PAGE_KERNEL_RO, 0, &va));
	shadow_walk(&walker, va, &walk);
	KUNIT_EXPECT_TRUE(test, shadow_walk_permits(&walk, SHADOW_ACCESS_EL1_READ));
	KUNIT_EXPECT_FALSE(test, shadow_walk_permits(&walk, SHADOW_ACCESS_EL1_WRITE));
	KUNIT_EXPECT_FALSE(test, shadow_walk_permits(&walk, SHADOW_ACCESS_EL1_EXEC));

	/* Whoever the flags say owns the pages, vmalloc does. */
	KUNIT_ASSERT_EQ(test, 0,
			shadow_vmalloc_alloc(&v->vm, PAGE,
					     SHADOW_GFP_OWNER(SHADOW_OWNER_USER),
					     SHADOW_PAGE_KERNEL, 0, &va));
	shadow_walk(&walker, va, &walk);
	KUNIT_EXPECT_TRUE(test, shadow_walk_permits(&walk, SHADOW_ACCESS_EL1_WRITE));
	verify_all(test, v);
}

static void clears_when_asked(struct kunit *test)
{
	struct vmachine *v = new_machine(test, 256, 256);
	u64 va, i;

	KUNIT_ASSERT_EQ(test, 0, alloc(v, 64 * PAGE, &va));
	for (i = 0; i < 64; i++) {
		KUNIT_ASSERT_NOT_NULL(test, contents(v, va + i * PAGE));
		memset(contents(v, va + i * PAGE), 0xa5, PAGE);
	}
	KUNIT_ASSERT_EQ(test, 0, shadow_vfree(&v->vm, va));
	KUNIT_ASSERT_EQ(test, 0,
			shadow_vmalloc_alloc(&v->vm, 64 * PAGE, SHADOW_GFP_ZERO,
					     SHADOW_PAGE_KERNEL, 0, &va));
	for (i = 0; i < 64; i++) {
		KUNIT_ASSERT_NOT_NULL(test, contents(v, va + i * PAGE));
		KUNIT_ASSERT_NULL(test, memchr_inv(contents(v, va + i * PAGE), 0,
						   PAGE));
	}
	verify_all(test, v);
}

/* Leave @nr_free frames, the rest of them in one list of pages. */
static void occupy(struct kunit *test, struct vmachine *v, u64 nr_free,
		   struct shadow_page_list *list)
{
	struct shadow_nodes *nodes = &v->m->nodes;
	struct shadow_page *page;

	while (shadow_test_machine_free(v->m) > nr_free) {
		page = shadow_alloc_pages(nodes, 0, 0);
		KUNIT_ASSERT_NOT_NULL(test, page);
		page->next = list->first;
		list->first = shadow_page_index(&nodes->memmap, page);
	}
}

static void vacate_one(struct kunit *test, struct vmachine *v,
		       struct shadow_page_list *list)
{
	struct shadow_nodes *nodes = &v->m->nodes;
	struct shadow_page *page = shadow_page_at(&nodes->memmap, list->first);

	KUNIT_ASSERT_NOT_NULL(test, page);
	list->first = page->next;
	KUNIT_ASSERT_EQ(test, 0, shadow_free_pages(nodes, page, 0));
}

static void vacate(struct kunit *test, struct vmachine *v,
		   struct shadow_page_list *list)
{
	while (list->first != SHADOW_NO_PAGE)
		vacate_one(test, v, list);
}

/* With 0, 1, 2, ... frames left, until it succeeds: each step has failed. */
static void short_of_memory(struct kunit *test, struct vmachine *v,
			    u64 nr_pages, u64 most)
{
	struct shadow_page_list list = { SHADOW_NO_PAGE, SHADOW_NO_PAGE };
	struct snapshot before;
	u64 nr_free, va;
	int err;

	occupy(test, v, 0, &list);
	for (nr_free = 0; nr_free <= most; nr_free++) {
		take_snapshot(v, &before);
		err = alloc(v, nr_pages * PAGE, &va);
		if (!err)
			break;
		KUNIT_ASSERT_EQ(test, -ENOMEM, err);
		expect_unchanged(test, v, before);
		vacate_one(test, v, &list);
	}
	/* The pages, and at least one table for them. */
	KUNIT_EXPECT_GT(test, nr_free, nr_pages);
	KUNIT_ASSERT_LE(test, nr_free, most);
	verify_all(test, v);
	KUNIT_ASSERT_EQ(test, 0, shadow_vfree(&v->vm, va));
	vacate(test, v, &list);
	verify_all(test, v);
}

static void undoes_every_step(struct kunit *test)
{
	struct vmachine *v;

	/* From the first slab of areas and the first table on. */
	v = new_machine(test, 256, 64);
	short_of_memory(test, v, 1, 16);
	v = new_machine(test, 256, 64);
	short_of_memory(test, v, 40, 64);
	/* Pages that need three last-level tables. */
	v = new_machine(test, 2048, 2048);
	short_of_memory(test, v, 1200, 1300);
}

/* Frames that are not contiguous: every other one is somebody else's. */
static void maps_scattered_frames(struct kunit *test)
{
	struct vmachine *v = new_machine(test, 256, 256);
	struct shadow_nodes *nodes = &v->m->nodes;
	const u64 nr_pages = 128;
	struct shadow_page **page;
	u64 va, i, last = 0, nr_breaks = 0;

	page = shadow_test_alloc(test, nr_pages * sizeof(*page));
	for (i = 0; i < nr_pages; i++) {
		page[i] = shadow_alloc_pages(nodes, 0, 0);
		KUNIT_ASSERT_NOT_NULL(test, page[i]);
	}
	for (i = 0; i < nr_pages; i += 2)
		KUNIT_ASSERT_EQ(test, 0, shadow_free_pages(nodes, page[i], 0));
	KUNIT_ASSERT_EQ(test, 0, alloc(v, 100 * PAGE, &va));
	verify_all(test, v);
	for (i = 0; i < 100; i++) {
		u64 pa = pa_of(v, va + i * PAGE);

		KUNIT_ASSERT_NE(test, U64_MAX, pa);
		nr_breaks += pa != last + PAGE;
		last = pa;
	}
	KUNIT_EXPECT_GT(test, nr_breaks, 10ULL);
	KUNIT_ASSERT_EQ(test, 0, shadow_vfree(&v->vm, va));
	verify_all(test, v);
}

static void tours_all_areas(struct kunit *test)
{
	struct vmachine *v = new_machine(test, 256, 256);
	struct shadow_vmalloc_info info;
	u64 va[20], i, at;

	for (i = 0; i < ARRAY_SIZE(va); i++)
		KUNIT_ASSERT_EQ(test, 0, alloc(v, (1 + i % 4) * PAGE, &va[i]));
	for (i = 0; i < ARRAY_SIZE(va); i += 3)
		KUNIT_ASSERT_EQ(test, 0, shadow_vfree(&v->vm, va[i]));
	at = 0;
	for (i = 0; i < ARRAY_SIZE(va); i++) {
		if (i % 3 == 0)
			continue;
		KUNIT_ASSERT_EQ(test, 0, shadow_vmalloc_next(&v->vm, at, &info));
		KUNIT_EXPECT_EQ(test, va[i], info.va_start);
		KUNIT_EXPECT_EQ(test, (u32)(1 + i % 4), info.nr_pages);
		at = info.va_end;
	}
	KUNIT_EXPECT_EQ(test, -ENOENT, shadow_vmalloc_next(&v->vm, at, &info));
	KUNIT_EXPECT_EQ(test, -ENOENT,
			shadow_vmalloc_next(&v->vm, U64_MAX, &info));
}

/* While an area comes or goes, nobody finds it, and its addresses are taken. */
static void hides_unfinished_areas(struct kunit *test)
{
	struct vmachine *v = new_machine(test, 256, 64);
	struct shadow_vmap_area *area;
	struct shadow_vmalloc_info info;
	u64 va;

	va = expect_alloc(test, v, PAGE, 0);
	expect_alloc(test, v, PAGE, 2);
	area = shadow_vmap_tree_next(&v->vm.tree, va);
	area->flags |= SHADOW_VMAP_BUSY;
	KUNIT_EXPECT_EQ(test, -ENOENT, shadow_vfree(&v->vm, va));
	KUNIT_EXPECT_EQ(test, -ENOENT, shadow_vmalloc_find(&v->vm, va, &info));
	KUNIT_EXPECT_EQ(test, 0, shadow_vmalloc_next(&v->vm, va, &info));
	KUNIT_EXPECT_EQ(test, WINDOW + 2 * PAGE, info.va_start);
	expect_alloc(test, v, PAGE, 4);
	area->flags &= ~SHADOW_VMAP_BUSY;
	verify_all(test, v);
	KUNIT_EXPECT_EQ(test, 0, shadow_vfree(&v->vm, va));
}

static void ends_without_a_trace(struct kunit *test)
{
	struct vmachine *v = new_machine(test, 256, 128);
	struct snapshot before, after;
	u64 va, i;

	KUNIT_ASSERT_EQ(test, 0, shadow_vmalloc_fini(&v->vm));
	take_snapshot(v, &before);
	vmalloc_init(test, v, 128);
	for (i = 0; i < 30; i++)
		KUNIT_ASSERT_EQ(test, 0, alloc(v, (1 + i % 5) * PAGE, &va));
	KUNIT_ASSERT_EQ(test, 0, shadow_vmalloc_fini(&v->vm));
	take_snapshot(v, &after);
	for (i = 0; i < SHADOW_NR_OWNERS; i++)
		KUNIT_EXPECT_EQ(test, before.nr_owned[i], after.nr_owned[i]);
	KUNIT_EXPECT_EQ(test, before.nr_free, after.nr_free);
	KUNIT_EXPECT_EQ(test, before.leaves, after.leaves);
}

static void refuses_what_is_no_window(struct kunit *test)
{
	struct vmachine *v = new_machine(test, 256, 64);
	struct shadow_vmalloc vm;
	static const u64 bad[][2] = {
		{ WINDOW, WINDOW },
		{ WINDOW + PAGE, WINDOW },
		{ WINDOW + 1, WINDOW + PAGE },
		{ WINDOW, WINDOW + PAGE + 1 },
		{ 0, PAGE },
		{ 0xfffeffffffff0000ULL, 0xffff000000010000ULL },
	};
	u64 i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ(test, -EINVAL,
				shadow_vmalloc_init(&vm, &v->m->nodes, &v->slab,
						    &v->pgt, bad[i][0],
						    bad[i][1], 0,
						    &v->m->events,
						    &v->m->fault));
}

/* Break something with @breakage: verify says so, vfree freezes the machine. */
static void expect_noticed(struct kunit *test,
			   void (*breakage)(struct vmachine *v, u64 va),
			   bool vfree_notices)
{
	struct vmachine *v = new_machine(test, 256, 64);
	struct shadow_fault found;
	u64 va;

	expect_alloc(test, v, 3 * PAGE, 0);
	va = expect_alloc(test, v, 5 * PAGE, 4);
	expect_alloc(test, v, 2 * PAGE, 10);
	breakage(v, va);
	shadow_fault_init(&found);
	KUNIT_EXPECT_EQ(test, -EUCLEAN, shadow_vmalloc_verify(&v->vm, &found));
	KUNIT_EXPECT_TRUE(test, shadow_fault_frozen(&found));
	KUNIT_EXPECT_FALSE(test, shadow_fault_frozen(&v->m->fault));
	if (!vfree_notices)
		return;
	KUNIT_EXPECT_EQ(test, -EUCLEAN, shadow_vfree(&v->vm, va));
	KUNIT_EXPECT_TRUE(test, shadow_fault_frozen(&v->m->fault));
	KUNIT_EXPECT_EQ(test, -EUCLEAN, alloc(v, PAGE, &va));
	KUNIT_EXPECT_EQ(test, -EUCLEAN, shadow_vmalloc_fini(&v->vm));
}

static struct shadow_vmap_area *area_of(struct vmachine *v, u64 va)
{
	return shadow_vmap_tree_next(&v->vm.tree, va);
}

static struct shadow_page *page_of(struct vmachine *v, u64 va)
{
	return shadow_pfn_to_page(&v->m->nodes, pa_of(v, va) / PAGE);
}

static void lose_list(struct vmachine *v, u64 va)
{
	area_of(v, va)->first_page = SHADOW_NO_PAGE;
}

static void cut_list(struct vmachine *v, u64 va)
{
	page_of(v, va + PAGE)->next = SHADOW_NO_PAGE;
}

static void cut_list_back(struct vmachine *v, u64 va)
{
	page_of(v, va + 3 * PAGE)->prev = SHADOW_NO_PAGE;
}

static void forget_last(struct vmachine *v, u64 va)
{
	page_of(v, va)->prev = shadow_page_index(&v->m->nodes.memmap,
						 page_of(v, va + 3 * PAGE));
}

static void wild_link(struct vmachine *v, u64 va)
{
	page_of(v, va + PAGE)->next = 0x12345678;
}

static void swap_pages(struct vmachine *v, u64 va)
{
	page_of(v, va)->next = shadow_page_index(&v->m->nodes.memmap,
						 page_of(v, va + 2 * PAGE));
}

static void steal_page(struct vmachine *v, u64 va)
{
	page_of(v, va)->next = shadow_page_index(&v->m->nodes.memmap,
						 page_of(v, WINDOW + PAGE));
}

static void change_owner(struct vmachine *v, u64 va)
{
	struct shadow_page *page = page_of(v, va + 3 * PAGE);

	shadow_page_set(page, SHADOW_PF(SHADOW_PAGE_ALLOCATED, 0,
					SHADOW_OWNER_USER, 0));
}

static void unmap_behind(struct vmachine *v, u64 va)
{
	shadow_pgtable_unmap(&v->pgt, va + 2 * PAGE, PAGE);
}

static void map_guard(struct vmachine *v, u64 va)
{
	shadow_pgtable_map(&v->pgt, va + 5 * PAGE, SHADOW_TEST_BASE, PAGE,
			   SHADOW_PAGE_KERNEL, 0);
}

static void map_end(struct vmachine *v, u64 va)
{
	shadow_pgtable_map(&v->pgt, WINDOW + 63 * PAGE, SHADOW_TEST_BASE, PAGE,
			   SHADOW_PAGE_KERNEL, 0);
}

static void remap(struct vmachine *v, u64 va)
{
	u64 pa = pa_of(v, WINDOW);

	shadow_pgtable_unmap(&v->pgt, va + PAGE, PAGE);
	shadow_pgtable_map(&v->pgt, va + PAGE, pa, PAGE, SHADOW_PAGE_KERNEL, 0);
}

static void count_wrong(struct vmachine *v, u64 va)
{
	v->vm.nr_pages++;
}

static void grow_area(struct vmachine *v, u64 va)
{
	area_of(v, va)->nr_pages++;
}

static void notices_what_was_overwritten(struct kunit *test)
{
	expect_noticed(test, lose_list, true);
	expect_noticed(test, cut_list, true);
	expect_noticed(test, cut_list_back, true);
	expect_noticed(test, forget_last, true);
	expect_noticed(test, wild_link, true);
	expect_noticed(test, swap_pages, true);
	expect_noticed(test, steal_page, true);
	expect_noticed(test, change_owner, true);
	expect_noticed(test, unmap_behind, true);
	expect_noticed(test, grow_area, true);
	expect_noticed(test, map_guard, false);
	expect_noticed(test, map_end, false);
	expect_noticed(test, remap, false);
	expect_noticed(test, count_wrong, false);
}

#define LAZY	U32_MAX	/* owner of a page that was freed and not purged */

/**
 * struct model - whose each page of the window is, and what is in it
 * @owner: by page: 0 free, LAZY, else 1 + index in @area, guard pages too
 * @area: what is allocated
 * @area.page: first page; only where @area.nr_pages is not 0
 * @area.nr_pages: without the guard
 * @area.stamp: was written to each page
 * @nr_mapped: pages in all areas
 * @nr_purges: how often what was lazy has become free
 */
struct model {
	u32 owner[MAX_PAGES];
	struct {
		u32 page;
		u32 nr_pages;
		u64 stamp;
	} area[64];
	u64 nr_mapped;
	u64 nr_purges;
};

static u64 model_lazy(const struct vmachine *v, const struct model *model)
{
	u64 page, nr = 0;

	for (page = 0; page < v->nr_pages; page++)
		nr += model->owner[page] == LAZY;
	return nr;
}

static void model_purge(const struct vmachine *v, struct model *model)
{
	u64 page;

	model->nr_purges += model_lazy(v, model) > 0;
	for (page = 0; page < v->nr_pages; page++)
		if (model->owner[page] == LAZY)
			model->owner[page] = 0;
}

static long model_fit(const struct vmachine *v, const struct model *model,
		      u32 nr_pages)
{
	u32 page, run = 0;

	for (page = 0; page < v->nr_pages; page++) {
		run = model->owner[page] ? 0 : run + 1;
		if (run == nr_pages + 1)
			return (long)page - nr_pages;
	}
	return -ENOMEM;
}

static void model_set(struct model *model, u32 page, u32 nr_pages, u32 owner)
{
	while (nr_pages--)
		model->owner[page++] = owner;
}

static void stamp(struct kunit *test, struct vmachine *v, struct model *model,
		  u32 nr, u64 value)
{
	u64 va = WINDOW + model->area[nr].page * PAGE, i;

	model->area[nr].stamp = value;
	for (i = 0; i < model->area[nr].nr_pages; i++) {
		u64 *to = contents(v, va + i * PAGE);

		KUNIT_ASSERT_NOT_NULL(test, to);
		to[0] = value + i;
		to[PAGE / 8 - 1] = ~(value + i);
	}
}

static void check_stamp(struct kunit *test, struct vmachine *v,
			const struct model *model, u32 nr)
{
	u64 va = WINDOW + model->area[nr].page * PAGE, i;

	for (i = 0; i < model->area[nr].nr_pages; i++) {
		u64 *at = contents(v, va + i * PAGE);

		KUNIT_ASSERT_NOT_NULL(test, at);
		KUNIT_ASSERT_EQ(test, model->area[nr].stamp + i, at[0]);
		KUNIT_ASSERT_EQ(test, ~(model->area[nr].stamp + i),
				at[PAGE / 8 - 1]);
	}
	KUNIT_ASSERT_EQ(test, U64_MAX, pa_of(v, va + i * PAGE));
}

/* Frames by owner add up, and nothing is lost. */
static void check_frames(struct kunit *test, struct vmachine *v,
			 const struct model *model)
{
	u64 nr_owned[SHADOW_NR_OWNERS], sum, i;

	count_owners(v, nr_owned);
	KUNIT_ASSERT_EQ(test, model->nr_mapped, nr_owned[SHADOW_OWNER_VMALLOC]);
	KUNIT_ASSERT_EQ(test, v->pgt.nr_tables, nr_owned[SHADOW_OWNER_TABLE]);
	sum = shadow_test_machine_free(v->m);
	for (i = 0; i < SHADOW_NR_OWNERS; i++)
		sum += nr_owned[i];
	KUNIT_ASSERT_EQ(test, v->m->block.bytes / PAGE, sum);
}

/* One allocation, which the model knows the outcome of but near the brink. */
static bool random_alloc(struct kunit *test, struct vmachine *v,
			 struct model *model, u32 nr, u32 nr_pages)
{
	/* A slab, and tables of levels 1 to 3 */
	const u64 overhead = 1 + 3;
	u64 nr_free = shadow_test_machine_free(v->m);
	u64 nr_tables = v->pgt.nr_tables, va = 0;
	long page = model_fit(v, model, nr_pages);
	int err;

	/* What was freed is purged before the window is said to be full. */
	if (page < 0) {
		model_purge(v, model);
		page = model_fit(v, model, nr_pages);
	}
	err = alloc(v, (nr_pages - 1) * PAGE + 1 + nr % PAGE, &va);
	if (page < 0 || nr_pages > nr_free)
		KUNIT_ASSERT_EQ(test, -ENOMEM, err);
	else if (nr_pages + overhead <= nr_free)
		KUNIT_ASSERT_EQ(test, 0, err);
	if (err) {
		KUNIT_ASSERT_EQ(test, -ENOMEM, err);
		/* But for a slab that may have come. */
		KUNIT_ASSERT_LE(test, nr_free,
				shadow_test_machine_free(v->m) + 1);
		KUNIT_ASSERT_EQ(test, nr_tables, v->pgt.nr_tables);
		/* Short of memory, it may have looked for some there, too. */
		if (v->vm.nr_purges > model->nr_purges)
			model_purge(v, model);
		return false;
	}
	if (v->vm.nr_purges > model->nr_purges) {
		model_purge(v, model);
		page = model_fit(v, model, nr_pages);
	}
	KUNIT_ASSERT_EQ(test, WINDOW + page * PAGE, va);
	model_set(model, page, nr_pages + 1, nr + 1);
	model->area[nr].page = page;
	model->area[nr].nr_pages = nr_pages;
	model->nr_mapped += nr_pages;
	return true;
}

static void random_free(struct kunit *test, struct vmachine *v,
			struct model *model, u32 nr)
{
	check_stamp(test, v, model, nr);
	KUNIT_ASSERT_EQ(test, 0, shadow_vfree(&v->vm, WINDOW +
					      model->area[nr].page * PAGE));
	model_set(model, model->area[nr].page, model->area[nr].nr_pages + 1,
		  LAZY);
	if (model_lazy(v, model) > v->vm.lazy_max_pages)
		model_purge(v, model);
	model->nr_mapped -= model->area[nr].nr_pages;
	model->area[nr].nr_pages = 0;
}

/* An address anywhere: freed where it starts an area, else refused. */
static void random_vfree(struct kunit *test, struct vmachine *v,
			 struct model *model, u32 page)
{
	u32 owner = model->owner[page];

	if (owner && owner != LAZY && model->area[owner - 1].page == page)
		random_free(test, v, model, owner - 1);
	else
		KUNIT_ASSERT_EQ(test, -ENOENT,
				shadow_vfree(&v->vm, WINDOW + page * PAGE));
}

static void random_operations(struct kunit *test, u64 nr_frames, u64 nr_pages,
			      u64 lazy_max_pages, u32 nr_operations)
{
	struct vmachine *v = new_machine(test, nr_frames, nr_pages);
	struct model *model = shadow_test_alloc(test, sizeof(*model));
	const u32 nr_areas = ARRAY_SIZE(model->area);
	u64 start, nr_failed = 0;
	struct rnd_state rnd;
	u32 i, nr;

	v->vm.lazy_max_pages = lazy_max_pages;
	shadow_test_seed(test, &rnd);
	start = ktime_get_ns();
	for (i = 0; i < nr_operations; i++) {
		nr = shadow_test_below(&rnd, nr_areas);
		if (model->area[nr].nr_pages)
			random_free(test, v, model, nr);
		else if (random_alloc(test, v, model, nr,
				      1 + shadow_test_below(&rnd, 16)))
			stamp(test, v, model, nr, (u64)i << 8);
		else
			nr_failed++;
		if (i % 8 == 0)
			random_vfree(test, v, model,
				     shadow_test_below(&rnd, nr_pages));
		if (i % 256 == 0) {
			KUNIT_ASSERT_EQ(test, 0, shadow_vmalloc_purge(&v->vm));
			model_purge(v, model);
		}
		verify(test, v);
		KUNIT_ASSERT_EQ(test, model->nr_mapped, v->vm.nr_pages);
		KUNIT_ASSERT_EQ(test, model_lazy(v, model), v->vm.nr_lazy_pages);
		KUNIT_ASSERT_EQ(test, model->nr_purges, v->vm.nr_purges);
		if (i % 64 == 0) {
			verify_all(test, v);
			check_frames(test, v, model);
			cond_resched();
		}
	}
	shadow_test_rate(test, "vmalloc operations, verified", nr_operations,
			 ktime_get_ns() - start);
	/* Neither always nor never: both outcomes were tried. */
	KUNIT_EXPECT_GT(test, nr_failed, (u64)nr_operations / 100);
	KUNIT_EXPECT_LT(test, nr_failed, (u64)nr_operations / 2);
	KUNIT_ASSERT_EQ(test, 0, shadow_vmalloc_fini(&v->vm));
	shadow_test_machine_verify(test, v->m);
}

/* The window is what runs out. */
static void equals_the_model_in_a_small_window(struct kunit *test)
{
	random_operations(test, 512, 256, 100, 60000);
	random_operations(test, 512, 256, U64_MAX, 20000);
}

/* The frames are what runs out. */
static void equals_the_model_in_a_small_machine(struct kunit *test)
{
	random_operations(test, 192, 512, 64, 60000);
	random_operations(test, 192, 512, 0, 20000);
}

/* Three blocks of the tables and a page; what does not fit is pages. */
static void huge_where_it_fits(struct kunit *test)
{
	const u64 block = 512 * PAGE;
	struct vmachine *v = new_machine(test, 4096, 8192);
	struct shadow_vmalloc_info info;
	struct snapshot before, after;
	u64 va, small;

	KUNIT_ASSERT_EQ(test, 0, alloc(v, PAGE, &small));
	purge(test, v);
	take_snapshot(v, &before);
	KUNIT_ASSERT_EQ(test, 0,
			shadow_vmalloc_huge(&v->vm, 3 * block + 1, 0,
					    SHADOW_PAGE_KERNEL, CALLER, &va));
	verify_all(test, v);
	KUNIT_EXPECT_EQ(test, WINDOW + block, va);
	KUNIT_ASSERT_EQ(test, 0, shadow_vmalloc_find(&v->vm, va, &info));
	KUNIT_EXPECT_EQ(test, 1537U, info.nr_pages);
	KUNIT_EXPECT_EQ(test, 1536U, info.nr_huge);
	KUNIT_EXPECT_EQ(test, pa_of(v, va) + block - PAGE,
			pa_of(v, va + block - PAGE));
	KUNIT_EXPECT_EQ(test, pa_of(v, va + 3 * block),
			(u64)shadow_page_to_phys(&v->m->nodes,
						 shadow_vmalloc_to_page(&v->vm,
									va + 3 * block)));
	KUNIT_EXPECT_NULL(test, shadow_vmalloc_to_page(&v->vm, info.va_end - 1));
	KUNIT_ASSERT_EQ(test, 0, shadow_vfree(&v->vm, va));
	purge(test, v);
	take_snapshot(v, &after);
	KUNIT_EXPECT_EQ(test, before.nr_free, after.nr_free);
	KUNIT_EXPECT_EQ(test, before.nr_tables, after.nr_tables);

	/* In a window of less than two blocks there is no place for one */
	v = new_machine(test, 4096, 600);
	KUNIT_ASSERT_EQ(test, 0, alloc(v, PAGE, &small));
	KUNIT_ASSERT_EQ(test, 0,
			shadow_vmalloc_huge(&v->vm, block, 0,
					    SHADOW_PAGE_KERNEL, CALLER, &va));
	KUNIT_ASSERT_EQ(test, 0, shadow_vmalloc_find(&v->vm, va, &info));
	KUNIT_EXPECT_EQ(test, 0U, info.nr_huge);
	verify_all(test, v);
}

/* What a vmap shows stays, whoever gives it back. */
static void vmap_holds_its_pages(struct kunit *test)
{
	struct vmachine *v = new_machine(test, 256, 64);
	struct shadow_nodes *nodes = &v->m->nodes;
	struct shadow_vmalloc_info info;
	struct shadow_page *page[8];
	u32 index[8], i;
	u64 va, nr_free;

	for (i = 0; i < ARRAY_SIZE(page); i++) {
		page[i] = shadow_alloc_pages(nodes, 0, 0);
		KUNIT_ASSERT_NOT_NULL(test, page[i]);
		index[7 - i] = shadow_page_index(&nodes->memmap, page[i]);
	}
	KUNIT_ASSERT_EQ(test, 0, shadow_vmap(&v->vm, index, 8,
					     SHADOW_PAGE_KERNEL, CALLER, &va));
	verify_all(test, v);
	KUNIT_ASSERT_EQ(test, 0, shadow_vmalloc_find(&v->vm, va, &info));
	KUNIT_EXPECT_EQ(test, (u32)SHADOW_VMAP_MAP, info.flags);
	KUNIT_EXPECT_EQ(test, 8U, info.nr_pages);
	nr_free = shadow_test_machine_free(v->m);
	for (i = 0; i < ARRAY_SIZE(page); i++) {
		KUNIT_EXPECT_EQ(test, (u64)shadow_page_to_phys(nodes, page[i]),
				pa_of(v, va + (7 - i) * PAGE));
		KUNIT_ASSERT_EQ(test, 0, shadow_free_pages(nodes, page[i], 0));
	}
	KUNIT_EXPECT_EQ(test, nr_free, shadow_test_machine_free(v->m));
	verify_all(test, v);
	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_vfree(&v->vm, va));
	KUNIT_ASSERT_EQ(test, 0, shadow_vunmap(&v->vm, va));
	/* The pages, and the one with their indices */
	KUNIT_EXPECT_EQ(test, nr_free + 9, shadow_test_machine_free(v->m));
	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_vmap(&v->vm, index, 8,
						   SHADOW_PAGE_KERNEL, 0, &va));
	verify_all(test, v);
}

static void ioremap_is_not_for_memory(struct kunit *test)
{
	struct vmachine *v = new_machine(test, 256, 64);
	struct shadow_vmalloc_info info;
	u64 va;

	KUNIT_EXPECT_EQ(test, -EPERM,
			shadow_ioremap(&v->vm, SHADOW_TEST_BASE - 1, 2,
				       SHADOW_PROT_DEVICE_NGNRE, 0, &va));
	KUNIT_ASSERT_EQ(test, 0,
			shadow_ioremap(&v->vm, 0x9000ff8, 16,
				       SHADOW_PROT_DEVICE_NGNRE, CALLER, &va));
	verify_all(test, v);
	KUNIT_EXPECT_EQ(test, 0x9000ff8ULL, pa_of(v, va));
	KUNIT_ASSERT_EQ(test, 0, shadow_vmalloc_find(&v->vm, va, &info));
	KUNIT_EXPECT_EQ(test, 0x9000000ULL, (u64)info.pa);
	KUNIT_EXPECT_EQ(test, 3 * PAGE, info.va_end - info.va_start);
	KUNIT_EXPECT_EQ(test, 0U, info.nr_pages);
	KUNIT_ASSERT_EQ(test, 0, shadow_vunmap(&v->vm, va));
	KUNIT_EXPECT_EQ(test, U64_MAX, pa_of(v, va));
	purge(test, v);
}

static struct kunit_case vmalloc_cases[] = {
	KUNIT_CASE(huge_where_it_fits),
	KUNIT_CASE(vmap_holds_its_pages),
	KUNIT_CASE(ioremap_is_not_for_memory),
	KUNIT_CASE(pages_then_a_guard),
	KUNIT_CASE(takes_the_lowest_gap),
	KUNIT_CASE(fills_the_window_exactly),
	KUNIT_CASE(refuses_bad_lengths),
	KUNIT_CASE(refuses_foreign_addresses),
	KUNIT_CASE(refuses_bad_protections),
	KUNIT_CASE(maps_as_told),
	KUNIT_CASE(clears_when_asked),
	KUNIT_CASE(undoes_every_step),
	KUNIT_CASE(maps_scattered_frames),
	KUNIT_CASE(tours_all_areas),
	KUNIT_CASE(hides_unfinished_areas),
	KUNIT_CASE(ends_without_a_trace),
	KUNIT_CASE(refuses_what_is_no_window),
	KUNIT_CASE(notices_what_was_overwritten),
	KUNIT_CASE_SLOW(equals_the_model_in_a_small_window),
	KUNIT_CASE_SLOW(equals_the_model_in_a_small_machine),
	{}
};

static struct kunit_suite vmalloc_suite = {
	.name = "shadow_vmalloc",
	.test_cases = vmalloc_cases,
};

kunit_test_suite(vmalloc_suite);
