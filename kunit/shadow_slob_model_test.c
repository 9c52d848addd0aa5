// SPDX-License-Identifier: GPL-2.0-only
/*
 * The engine "slob" in random use, against a model that keeps a flag a unit and
 * its own three lists: each address is foretold. And what is broken on purpose,
 * and no memory.
 */
#include "shadow_test_machine.h"

#include "shadow_slob.h"
#include "shadow_test_slab.h"

#define SEED		0x510bULL
#define NR_PAGES	64
#define NR_UNITS	2048
#define NR_SLOTS	200
#define NR_STEPS	100000

/**
 * struct model_page - a shared page, as the model sees it
 * @base: its contents; NULL: it is not there
 * @used: a flag a unit
 * @nr_used: of them set
 * @list: which list it is on; -1: none, it is full
 */
struct model_page {
	char *base;
	bool used[NR_UNITS];
	u32 nr_used;
	int list;
};

/**
 * struct model - what the engine may not know about itself
 * @m: the layers below
 * @slab: the layer
 * @page: shared pages
 * @order: by list, the pages in the order in which they are searched
 * @nr: how many are on it
 * @ptr: per slot, what was handed out
 * @bytes: per slot, how much with its header
 * @cache: per slot, the cache; NULL: kmalloc
 * @caches: some caches
 */
struct model {
	struct shadow_test_machine *m;
	struct shadow_slab slab;
	struct model_page page[NR_PAGES];
	struct model_page *order[SLOB_NR_LISTS][NR_PAGES];
	u32 nr[SLOB_NR_LISTS];
	char *ptr[NR_SLOTS];
	u32 bytes[NR_SLOTS];
	struct shadow_kmem_cache *cache[NR_SLOTS];
	struct shadow_kmem_cache *caches[4];
};

static struct model *new_model(struct kunit *test, u64 nr_pages)
{
	struct model *model = shadow_test_alloc(test, sizeof(*model));
	void *mem = shadow_test_alloc(test, shadow_slab_bytes(SHADOW_TEST_SLAB("slob", 0), 1));

	model->m = shadow_test_machine(test, nr_pages, 1);
	KUNIT_ASSERT_EQ(test, shadow_slab_init(&model->slab, &model->m->nodes,
					       SHADOW_TEST_SLAB("slob", SEED), 1, mem), 0);
	return model;
}

static void verify(struct kunit *test, struct model *model)
{
	KUNIT_ASSERT_FALSE_MSG(test, shadow_fault_frozen(&model->m->fault), "%s",
			       model->m->fault.text);
	SHADOW_TEST_VERIFY(test, shadow_slab_verify(&model->slab, &__fault));
}

static int list_of(u32 bytes)
{
	return bytes < 256 ? 0 : bytes < 1024 ? 1 : 2;
}

static struct model_page *page_of(struct model *model, const char *p)
{
	u64 index = (p - (char *)model->m->block.virt) >> 12;

	return index < NR_PAGES ? &model->page[index] : NULL;
}

/* A page comes in front of a list */
static void put_first(struct model *model, struct model_page *page, int list)
{
	memmove(&model->order[list][1], &model->order[list][0],
		model->nr[list] * sizeof(page));
	model->order[list][0] = page;
	model->nr[list]++;
	page->list = list;
}

static void take_off(struct model *model, struct model_page *page)
{
	int list = page->list;
	u32 i = 0;

	if (list < 0)
		return;
	while (model->order[list][i] != page)
		i++;
	model->nr[list]--;
	memmove(&model->order[list][i], &model->order[list][i + 1],
		(model->nr[list] - i) * sizeof(page));
	page->list = -1;
}

/* The i-th page of a list becomes the first, those before it the last */
static void turn(struct model *model, int list, u32 i)
{
	struct model_page *before[NR_PAGES];

	memcpy(before, model->order[list], i * sizeof(before[0]));
	memmove(model->order[list], model->order[list] + i,
		(model->nr[list] - i) * sizeof(before[0]));
	memcpy(model->order[list] + model->nr[list] - i, before, i * sizeof(before[0]));
}

/* The first unit of the first gap that has room once it is aligned; or -1 */
static int first_fit(const struct model_page *page, u32 units, u32 align, u32 offset)
{
	u32 at, from = 0, first;

	for (at = 0; at <= NR_UNITS; at++) {
		if (at < NR_UNITS && !page->used[at])
			continue;
		first = (ALIGN(from * 2 + offset, align) - offset) / 2;
		if (from < at && first + units <= at)
			return first;
		from = at + 1;
	}
	return -1;
}

static void mark(struct model_page *page, u32 first, u32 units, bool used)
{
	memset(&page->used[first], used, units);
	page->nr_used += used ? units : -units;
}

/* Where the next object will be; NULL: in a new page */
static char *foretell(struct model *model, u32 bytes, u32 align, u32 offset)
{
	u32 units = DIV_ROUND_UP(bytes, 2), i;
	int list = list_of(bytes), first;
	struct model_page *page;

	for (i = 0; i < model->nr[list]; i++) {
		page = model->order[list][i];
		first = first_fit(page, units, align, offset);
		if (first < 0)
			continue;
		mark(page, first, units, true);
		if (page->nr_used == NR_UNITS)
			take_off(model, page);
		else
			turn(model, list, i);
		return page->base + first * 2 + offset;
	}
	return NULL;
}

/* It has come from a page that the model does not have */
static void adopt(struct kunit *test, struct model *model, char *p, u32 bytes,
		  u32 align, u32 offset)
{
	struct model_page *page = page_of(model, p);
	int first;

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_NULL(test, page->base);
	page->base = (char *)model->m->block.virt + ((page - model->page) << 12);
	first = first_fit(page, DIV_ROUND_UP(bytes, 2), align, offset);
	KUNIT_ASSERT_PTR_EQ(test, p, page->base + first * 2 + offset);
	put_first(model, page, list_of(bytes));
	mark(page, first, DIV_ROUND_UP(bytes, 2), true);
	if (page->nr_used == NR_UNITS)
		take_off(model, page);
}

/* The pages of the machine's own boot: from their free blocks, as they are */
static void learn(struct kunit *test, struct model *model)
{
	struct shadow_slob *slob = shadow_slob_of(&model->slab);
	const struct shadow_memmap *memmap = &model->m->nodes.memmap;
	struct shadow_slob_piece piece;
	struct model_page *page;
	u32 index;
	int list;

	for (list = SLOB_NR_LISTS - 1; list >= 0; list--) {
		for (index = slob->list[0][0][list].last; index != SHADOW_NO_PAGE;
		     index = memmap->pages[index].prev) {
			memset(&piece, 0, sizeof(piece));
			piece.page = &memmap->pages[index];
			piece.base = shadow_page_to_virt(&model->m->nodes, piece.page);
			page = page_of(model, piece.base);
			page->base = piece.base;
			mark(page, 0, NR_UNITS, true);
			while (shadow_slob_next_free(&model->slab, &model->m->fault, &piece) > 0)
				mark(page, piece.first, piece.units, false);
			put_first(model, page, list);
		}
	}
	verify(test, model);
}

static void forget(struct model *model, char *start, u32 bytes)
{
	struct model_page *page = page_of(model, start);

	mark(page, (start - page->base) / 2, DIV_ROUND_UP(bytes, 2), false);
	if (!page->nr_used) {
		take_off(model, page);
		page->base = NULL;
	} else if (page->list < 0) {
		put_first(model, page, list_of(bytes));
	}
}

static void step_alloc(struct kunit *test, struct model *model, struct rnd_state *rnd,
		       u32 slot)
{
	u32 which = shadow_test_below(rnd, 8), bytes, align = 8, offset = 0;
	struct shadow_kmem_cache *cache = NULL;
	char *want, *p;

	if (which < ARRAY_SIZE(model->caches)) {
		cache = model->caches[which];
		bytes = cache->desc.object_bytes;
		align = cache->desc.align;
		p = shadow_kmem_cache_alloc(cache, 0);
	} else {
		bytes = 1 + shadow_test_below(rnd, which == 4 ? 1500 : which == 5 ? 400 : 60);
		if (is_power_of_2(bytes))
			align = max(bytes, 8U);
		p = shadow_kmalloc(&model->slab, bytes, 0);
		offset = 8;
		bytes += 8;
	}
	/* Without memory there is no page that has room either */
	want = foretell(model, bytes, align, offset);
	KUNIT_ASSERT_TRUE(test, !want || want == p);
	if (!p)
		return;
	if (!want)
		adopt(test, model, p, bytes, align, offset);
	model->ptr[slot] = p;
	model->bytes[slot] = bytes;
	model->cache[slot] = cache;
}

static void step_free(struct kunit *test, struct model *model, u32 slot)
{
	struct shadow_kmem_cache *cache = model->cache[slot];
	char *p = model->ptr[slot];

	memset(p, 0x5a, model->bytes[slot] - (cache ? 0 : 8));
	if (cache)
		KUNIT_ASSERT_EQ(test, shadow_kmem_cache_free(cache, p), 0);
	else
		KUNIT_ASSERT_EQ(test, shadow_kfree(&model->slab, p), 0);
	forget(model, cache ? p : p - 8, model->bytes[slot]);
	model->ptr[slot] = NULL;
}

static void slob_random(struct kunit *test)
{
	static const u32 sizes[] = { 3, 70, 500, 1100 }, aligns[] = { 8, 64, 8, 256 };
	struct model *model = new_model(test, NR_PAGES);
	struct rnd_state rnd;
	char name[8];
	u32 i, slot;

	shadow_test_seed(test, &rnd);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		snprintf(name, sizeof(name), "x%u", i);
		model->caches[i] = shadow_kmem_cache_create(&model->slab, name, sizes[i],
							    aligns[i], 0, NULL);
		KUNIT_ASSERT_FALSE(test, IS_ERR(model->caches[i]));
	}
	learn(test, model);
	for (i = 0; i < NR_STEPS; i++) {
		slot = shadow_test_below(&rnd, NR_SLOTS);
		if (model->ptr[slot])
			step_free(test, model, slot);
		else
			step_alloc(test, model, &rnd, slot);
		verify(test, model);
		if (i % 256 == 0)
			cond_resched();
	}
	for (slot = 0; slot < NR_SLOTS; slot++)
		if (model->ptr[slot])
			step_free(test, model, slot);
	verify(test, model);
	KUNIT_EXPECT_EQ(test, shadow_slab_fini(&model->slab), 0);
}

/* ---------------------------------------------------------------- broken */

static void expect_broken(struct kunit *test, struct model *model, const char *what)
{
	struct shadow_fault fault;

	shadow_fault_init(&fault);
	KUNIT_EXPECT_EQ_MSG(test, shadow_slab_verify(&model->slab, &fault), -EUCLEAN, "%s",
			    what);
	KUNIT_EXPECT_TRUE_MSG(test, strstarts(fault.text, "slob: "), "%s: %s", what,
			      fault.text);
	KUNIT_EXPECT_FALSE(test, shadow_fault_frozen(&model->m->fault));
}

static void slob_broken_page(struct kunit *test)
{
	struct model *model = new_model(test, NR_PAGES);
	char *p = shadow_kmalloc(&model->slab, 1500, 0);
	char *q = shadow_kmalloc(&model->slab, 3000, 0);
	struct shadow_page *page = shadow_slab_head(&model->m->nodes, p);
	struct shadow_page saved = *page;

	KUNIT_ASSERT_NOT_NULL(test, q);
#define BREAK(field, value)				\
	do {						\
		page->field = (value);			\
		expect_broken(test, model, #field);	\
		*page = saved;				\
		verify(test, model);			\
	} while (0)
	BREAK(slab.freelist, SHADOW_NO_PAGE);
	BREAK(slab.freelist, SHADOW_SLAB_END);
	BREAK(slab.freelist, NR_UNITS);
	BREAK(slab.freelist, saved.slab.freelist + 1);
	BREAK(slab.inuse, 0);
	BREAK(slab.inuse, NR_UNITS);
	BREAK(slab.inuse, saved.slab.inuse + 1);
	BREAK(slab.objects, NR_UNITS - 1);
	BREAK(slab.cache, 0);
	BREAK(slab.cache, U32_MAX);
	BREAK(slab.state, SLOB_NOTHING);
	BREAK(slab.state, SLOB_FULL);
	BREAK(slab.state, SLOB_LISTED);
	BREAK(slab.state, SLOB_ONE);
	BREAK(slab.state, saved.slab.state | 1 << SLOB_TYPE_SHIFT);
	BREAK(slab.state, saved.slab.state | 7 << SLOB_TYPE_SHIFT);
	BREAK(next, 0);
	BREAK(next, U32_MAX - 1);
	BREAK(prev, 0);
	BREAK(refcount, (atomic_t){ 2 });
	BREAK(flags, saved.flags ^ SHADOW_PF(0, 1, 0, 0));
	BREAK(flags, saved.flags ^ SHADOW_PF(0, 0, SHADOW_OWNER_SLAB, 0));
#undef BREAK
	shadow_slab_fini(&model->slab);
}

/* Each unit in which a free block describes itself, with values of every kind */
static void slob_broken_block(struct kunit *test)
{
	static const s16 values[] = { 0, 1, -1, -2048, 2047, 2048, 32767, -32768 };
	struct model *model;
	unsigned int i, unit;
	char *p, *q;
	s16 *base;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		for (unit = 0; unit < 2; unit++) {
			model = new_model(test, NR_PAGES);
			p = shadow_kmalloc(&model->slab, 1500, 0);
			q = shadow_kmalloc(&model->slab, 1500, 0);
			KUNIT_ASSERT_EQ(test, shadow_kfree(&model->slab, p), 0);
			base = (s16 *)(p - 8);
			/* With the two units that align the other */
			KUNIT_ASSERT_EQ(test, base[0], 756);
			KUNIT_ASSERT_EQ(test, base[1], 1510);
			base[unit] = values[i];
			expect_broken(test, model, unit ? "next" : "units");
			KUNIT_EXPECT_EQ(test, shadow_kfree(&model->slab, q), -EUCLEAN);
			KUNIT_EXPECT_TRUE(test, strstarts(model->m->fault.text, "slob: pfn "));
			KUNIT_EXPECT_NULL(test, shadow_kmalloc(&model->slab, 8, 0));
			shadow_slab_fini(&model->slab);
		}
	}
}

static void slob_broken_slot(struct kunit *test)
{
	struct model *model = new_model(test, NR_PAGES);
	struct shadow_kmem_cache *cache;
	u32 *tail, i, was;
	char *p, *q;

	cache = shadow_kmem_cache_create(&model->slab, "x", 24, 0,
					 SHADOW_SLAB_TYPESAFE_BY_RCU, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(cache));
	p = shadow_kmem_cache_alloc(cache, 0);
	q = shadow_kmem_cache_alloc(cache, 0);
	KUNIT_ASSERT_NOT_NULL(test, q);
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, p), 0);
	tail = (u32 *)(p + 24);
	for (i = 0; i < 2; i++) {
		was = tail[i];
		tail[i] = 0x41414141;
		expect_broken(test, model, i ? "mark" : "next");
		tail[i] = was;
		verify(test, model);
	}
	*(u32 *)(q + 28) ^= 1;
	KUNIT_EXPECT_EQ(test, shadow_kmem_cache_free(cache, q), -EUCLEAN);
	KUNIT_EXPECT_NOT_NULL(test, strstr(model->m->fault.text, "slot 1"));
	shadow_slab_fini(&model->slab);
}

/* ------------------------------------------------------------- no memory */

/* One frame more each time: what cannot be has left nothing */
static void slob_oom(struct kunit *test)
{
	unsigned int nr, i, got;

	for (nr = 0; nr < 8; nr++) {
		struct shadow_test_machine *m = shadow_test_machine(test, NR_PAGES, 1);
		struct shadow_slab *slab = shadow_test_alloc(test, sizeof(*slab));
		void *mem = shadow_test_alloc(test,
					      shadow_slab_bytes(SHADOW_TEST_SLAB("slob", 0), 1));
		void *p[16];
		int err;

		while (shadow_test_machine_free(m) > nr)
			KUNIT_ASSERT_NOT_NULL(test, shadow_alloc_pages(&m->nodes, 0, 0));
		err = shadow_slab_init(slab, &m->nodes, SHADOW_TEST_SLAB("slob", SEED), 1, mem);
		KUNIT_EXPECT_EQ(test, err, nr ? 0 : -ENOMEM);
		for (i = 0, got = 0; !err && i < ARRAY_SIZE(p); i++) {
			p[i] = shadow_kmalloc(slab, 1500, 0);
			got += !!p[i];
			SHADOW_TEST_VERIFY(test, shadow_slab_verify(slab, &__fault));
		}
		if (!err) {
			KUNIT_EXPECT_EQ(test, got, min(2 * (nr - 1), 16U));
			KUNIT_EXPECT_EQ(test, shadow_slab_fini(slab), got);
		}
		KUNIT_EXPECT_EQ(test, shadow_test_machine_free(m), nr);
		shadow_test_machine_verify(test, m);
	}
}

static struct kunit_case slob_model_cases[] = {
	KUNIT_CASE(slob_random),
	KUNIT_CASE(slob_broken_page),
	KUNIT_CASE(slob_broken_block),
	KUNIT_CASE(slob_broken_slot),
	KUNIT_CASE(slob_oom),
	{}
};

static struct kunit_suite slob_model_suite = {
	.name = "shadow_slob_model",
	.test_cases = slob_model_cases,
};

kunit_test_suite(slob_model_suite);
