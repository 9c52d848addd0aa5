// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite of the calls around shadow_alloc_pages(), and of blocks with several
 * users: compound pages, split_page(), references, exact and bulk.
 */
#include "shadow_compound.h"
#include "shadow_page_tell.h"
#include "shadow_test_machine.h"

#define FIRST_PFN	(SHADOW_TEST_BASE >> SHADOW_TEST_PAGE_SHIFT)

static struct shadow_page *page_at(struct shadow_test_machine *m, u64 nr)
{
	return shadow_pfn_to_page(&m->nodes, FIRST_PFN + nr);
}

/* All is free again, in the block that it was at first */
static void expect_whole(struct kunit *test, struct shadow_test_machine *m,
			 u64 nr_pages)
{
	shadow_test_machine_drain(m);
	shadow_test_machine_verify(test, m);
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(m), nr_pages);
	KUNIT_EXPECT_EQ(test, shadow_page_order(page_at(m, 0)), ilog2(nr_pages));
}

static void six_calls(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 64, 1);
	struct shadow_nodes *nodes = &m->nodes;
	const u64 offset = 0xffff000000000000ULL;
	struct shadow_page *page;
	u64 va;

	nodes->linear_offset = offset;
	page = shadow_alloc_pages(nodes, SHADOW_GFP_KERNEL, 2);
	KUNIT_ASSERT_NOT_NULL(test, page);
	va = shadow_page_to_va(nodes, page);
	KUNIT_EXPECT_EQ(test, va, shadow_page_to_phys(nodes, page) + offset);
	KUNIT_EXPECT_PTR_EQ(test, shadow_va_to_page(nodes, va + 4095), page);
	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_free_pages_va(nodes, va + 4096, 2));
	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_free_pages_va(nodes, va + 1, 2));
	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_free_pages_va(nodes, va, 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_free_pages_va(nodes, va - offset, 2));
	KUNIT_EXPECT_EQ(test, 0, shadow_free_pages_va(nodes, 0, 2));
	KUNIT_EXPECT_EQ(test, 0, shadow_free_pages_va(nodes, va, 2));
	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_free_pages_va(nodes, va, 2));

	page = shadow_alloc_page(nodes, SHADOW_GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, 0, shadow_free_page(nodes, page));
	memset(shadow_page_to_virt(nodes, page_at(m, 0)), 0xa5, 64 * 4096);
	va = shadow_get_zeroed_page(nodes, SHADOW_GFP_KERNEL);
	page = shadow_va_to_page(nodes, va);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_NULL(test, memchr_inv(shadow_page_to_virt(nodes, page), 0, 4096));
	KUNIT_EXPECT_EQ(test, 0, shadow_free_page_va(nodes, va));

	va = shadow_get_free_page(nodes, SHADOW_GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, 0, shadow_free_page_va(nodes, va));
	KUNIT_EXPECT_EQ(test, 0, shadow_get_free_pages(nodes, SHADOW_GFP_HIGHMEM, 0));
	/* There is no zone DMA */
	KUNIT_EXPECT_EQ(test, 0, shadow_get_dma_pages(nodes, SHADOW_GFP_KERNEL, 0));
	expect_whole(test, m, 64);
}

/* From each frame of each compound page to its head, and from no other */
static void heads_of_tails(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 256, 0);
	struct shadow_page *head, *other;
	unsigned int order;
	u32 i;

	other = shadow_alloc_pages(&m->nodes, 0, 2);
	for (order = 0; order <= 6; order++) {
		head = shadow_alloc_pages(&m->nodes, SHADOW_GFP_COMP, order);
		KUNIT_ASSERT_NOT_NULL(test, head);
		KUNIT_EXPECT_EQ(test, shadow_page_compound(head), order > 0);
		KUNIT_EXPECT_EQ(test, shadow_compound_order(head), order);
		for (i = 0; i < BIT(order); i++) {
			KUNIT_EXPECT_PTR_EQ(test, shadow_compound_head(&m->nodes, head + i), head);
			KUNIT_EXPECT_EQ(test, atomic_read(&head[i].refcount), !i);
		}
		for (i = 1; i < BIT(order); i++) {
			KUNIT_EXPECT_EQ(test, shadow_compound_order(head + i), 0);
			KUNIT_EXPECT_EQ(test, -EINVAL, shadow_free_pages(&m->nodes, head + i, 0));
			KUNIT_EXPECT_EQ(test, -EINVAL,
					shadow_free_pages(&m->nodes, head + i, order));
		}
		KUNIT_EXPECT_EQ(test, -EINVAL, shadow_free_pages(&m->nodes, head, order + 1));
		KUNIT_EXPECT_EQ(test, -EINVAL, shadow_split_page(&m->nodes, head, order + 1));
		if (order)
			KUNIT_EXPECT_EQ(test, -EINVAL,
					shadow_split_page(&m->nodes, head, order));
	}
	/* Without COMP each frame is its own head, though of a block */
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_PTR_EQ(test, shadow_compound_head(&m->nodes, other + i), other + i);
		KUNIT_EXPECT_PTR_EQ(test, shadow_block_head(&m->nodes, other + i), other);
	}
	shadow_test_machine_verify(test, m);
}

static void references_of_a_compound_page(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 64, 1);
	struct shadow_page *head;

	head = shadow_alloc_pages(&m->nodes, SHADOW_GFP_COMP, 3);
	KUNIT_ASSERT_NOT_NULL(test, head);
	KUNIT_EXPECT_EQ(test, 0, shadow_get_page(&m->nodes, head + 5));
	KUNIT_EXPECT_EQ(test, atomic_read(&head->refcount), 2);
	KUNIT_EXPECT_EQ(test, 0, shadow_free_pages(&m->nodes, head, 3));
	KUNIT_EXPECT_EQ(test, shadow_compound_order(head), 3);
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(m), 56);
	KUNIT_EXPECT_EQ(test, 0, shadow_put_page(&m->nodes, head + 7));
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(m), 64);
	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_put_page(&m->nodes, head));
	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_get_page(&m->nodes, head));
	expect_whole(test, m, 64);
}

/*
 * __free_pages() of an order 3 block that somebody else has a reference to:
 * frames 1, 2-3 and 4-7 are free, frame 0 is his alone.
 */
static void free_of_a_shared_block(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 64, 0);
	struct shadow_page *page;
	u32 i;

	page = shadow_alloc_pages(&m->nodes, 0, 3);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, 0, shadow_get_page(&m->nodes, page));
	KUNIT_EXPECT_EQ(test, -EBUSY, shadow_split_page(&m->nodes, page, 3));
	KUNIT_EXPECT_EQ(test, 0, shadow_free_pages(&m->nodes, page, 3));
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(m), 63);
	KUNIT_EXPECT_EQ(test, shadow_page_state(page), SHADOW_PAGE_ALLOCATED);
	KUNIT_EXPECT_EQ(test, shadow_page_order(page), 0);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, shadow_page_state(page + BIT(i)), SHADOW_PAGE_BUDDY);
		KUNIT_EXPECT_EQ(test, shadow_page_order(page + BIT(i)), i);
	}
	shadow_test_machine_verify(test, m);
	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_free_pages(&m->nodes, page, 3));
	KUNIT_EXPECT_EQ(test, 0, shadow_put_page(&m->nodes, page));
	expect_whole(test, m, 64);
}

static void split_and_free_one_by_one(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 64, 0);
	struct shadow_page *page;
	u32 i;

	page = shadow_alloc_pages(&m->nodes, SHADOW_GFP_OWNER(SHADOW_OWNER_USER), 4);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_EQ(test, 0, shadow_split_page(&m->nodes, page, 4));
	KUNIT_EXPECT_EQ(test, -EINVAL, shadow_free_pages(&m->nodes, page, 4));
	shadow_test_machine_verify(test, m);
	for (i = 0; i < 16; i++) {
		KUNIT_EXPECT_EQ(test, atomic_read(&page[i].refcount), 1);
		KUNIT_EXPECT_EQ(test, shadow_page_owner(page + i), SHADOW_OWNER_USER);
	}
	/* 7 is odd: every frame comes, and never two neighbours in turn */
	for (i = 0; i < 16; i++)
		KUNIT_EXPECT_EQ(test, 0, shadow_free_page(&m->nodes, page + i * 7 % 16));
	expect_whole(test, m, 64);
}

/* Every number of frames up to a block of order 6, at whatever is free */
static void exact_takes_no_more(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 64, 1);
	u64 va, bytes, nr;

	for (nr = 1; nr <= 64; nr++) {
		bytes = nr * 4096 - 4095 + nr % 4096;
		va = shadow_alloc_pages_exact(&m->nodes, bytes, SHADOW_GFP_KERNEL);
		KUNIT_ASSERT_NE(test, va, 0);
		KUNIT_EXPECT_EQ(test, shadow_test_machine_free(m), 64 - nr);
		KUNIT_EXPECT_EQ(test, -EINVAL,
				shadow_free_pages_exact(&m->nodes, va, bytes + 4096));
		KUNIT_EXPECT_EQ(test, shadow_test_machine_free(m), 64 - nr);
		KUNIT_EXPECT_EQ(test, 0, shadow_free_pages_exact(&m->nodes, va, bytes));
		expect_whole(test, m, 64);
	}
	KUNIT_EXPECT_EQ(test, 0, shadow_alloc_pages_exact(&m->nodes, 0, 0));
	KUNIT_EXPECT_EQ(test, 0, shadow_alloc_pages_exact(&m->nodes, 4096, SHADOW_GFP_COMP));
	KUNIT_EXPECT_EQ(test, 0, shadow_alloc_pages_exact(&m->nodes, 4096, SHADOW_GFP_HIGHMEM));
	KUNIT_EXPECT_EQ(test, 0, shadow_alloc_pages_exact(&m->nodes, 65 * 4096, 0));
	KUNIT_EXPECT_EQ(test, 0, shadow_alloc_pages_exact(&m->nodes, U64_MAX, 0));
	expect_whole(test, m, 64);
}

/* Entries that are there stay, what is missing comes, all are different */
static void bulk_fills_what_is_missing(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 256, 1);
	struct shadow_page *pages[64] = { NULL }, *was[64];
	struct shadow_test_model model;
	unsigned int i, nr;

	shadow_test_model_init(test, &model, FIRST_PFN, 256);
	for (i = 0; i < ARRAY_SIZE(pages); i += 3)
		pages[i] = shadow_alloc_page(&m->nodes, SHADOW_GFP_KERNEL);
	memcpy(was, pages, sizeof(was));
	nr = 0;
	while (nr < ARRAY_SIZE(pages)) {
		unsigned int now = shadow_alloc_pages_bulk(&m->nodes, 0,
							   ARRAY_SIZE(pages), pages);

		KUNIT_ASSERT_GT(test, now, nr);
		nr = now;
	}
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		if (was[i])
			KUNIT_EXPECT_PTR_EQ(test, pages[i], was[i]);
		KUNIT_ASSERT_NOT_NULL(test, pages[i]);
		KUNIT_EXPECT_EQ(test, atomic_read(&pages[i]->refcount), 1);
		KUNIT_EXPECT_EQ(test, shadow_page_order(pages[i]), 0);
		/* Nobody had that one before */
		KUNIT_EXPECT_EQ(test, 1,
				shadow_test_model_take(&model,
						       shadow_page_to_pfn(&m->nodes, pages[i]),
						       1, 1));
	}
	KUNIT_EXPECT_EQ(test, ARRAY_SIZE(pages),
			shadow_alloc_pages_bulk(&m->nodes, 0, ARRAY_SIZE(pages), pages));
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(m), 256 - ARRAY_SIZE(pages));
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		KUNIT_EXPECT_EQ(test, 0, shadow_free_page(&m->nodes, pages[i]));
	expect_whole(test, m, 256);
}

/* What is not there cannot be had in bulk either */
static void bulk_ends_where_memory_does(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 32, 1);
	struct shadow_page *pages[40] = { NULL };
	unsigned int i, nr = 0, now;

	while ((now = shadow_alloc_pages_bulk(&m->nodes, 0, 40, pages)) > nr)
		nr = now;
	KUNIT_EXPECT_EQ(test, nr, 32);
	KUNIT_EXPECT_NULL(test, pages[32]);
	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_EQ(test, 0, shadow_free_page(&m->nodes, pages[i]));
	KUNIT_EXPECT_EQ(test, 0, shadow_alloc_pages_bulk(&m->nodes, SHADOW_GFP_DMA |
							 SHADOW_GFP_DMA32, 40, pages + 32) % 32);
	expect_whole(test, m, 32);
}

/* Of many that go one is another's too, and one is of a block: both stay */
static void bulk_frees_what_goes(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 4096, 1);
	struct shadow_page *pages[200] = { NULL }, *block;
	struct shadow_nodes *nodes = &m->nodes;
	unsigned int i;

	m->nodes.pcp_high_fraction = 64;
	shadow_pcp_setup(nodes);
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		pages[i] = shadow_alloc_page(nodes, SHADOW_GFP_KERNEL |
					     (i % 7 ? 0 : SHADOW_GFP_MOVABLE));
		KUNIT_ASSERT_NOT_NULL(test, pages[i]);
	}
	block = shadow_alloc_pages(nodes, SHADOW_GFP_KERNEL, 1);
	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_ASSERT_EQ(test, 0, shadow_get_page(nodes, pages[77]));

	/* 40 to 42, then a block of two, which is refused */
	swap(pages[43], block);
	KUNIT_EXPECT_EQ(test, -EINVAL,
			shadow_free_pages_bulk(nodes, 10, pages + 40));
	swap(pages[43], block);
	shadow_test_machine_verify(test, m);
	KUNIT_EXPECT_EQ(test, 4096 - 199, shadow_test_machine_free(m));
	KUNIT_EXPECT_EQ(test, 1, shadow_page_order(block));
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&block->refcount));
	/* A frame is not freed twice */
	KUNIT_EXPECT_EQ(test, -EINVAL,
			shadow_free_pages_bulk(nodes, 1, pages + 41));

	KUNIT_EXPECT_EQ(test, 0, shadow_free_pages_bulk(nodes, 40, pages));
	KUNIT_EXPECT_EQ(test, 0,
			shadow_free_pages_bulk(nodes, ARRAY_SIZE(pages) - 43,
					       pages + 43));
	shadow_test_machine_verify(test, m);
	KUNIT_EXPECT_EQ(test, 4096 - 3, shadow_test_machine_free(m));
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&pages[77]->refcount));
	KUNIT_EXPECT_LE(test, m->nodes.node[0].zone[SHADOW_ZONE_NORMAL].pcp->count,
			m->nodes.node[0].zone[SHADOW_ZONE_NORMAL].pcp->high);
	KUNIT_EXPECT_EQ(test, 0, shadow_free_page(nodes, pages[77]));
	KUNIT_EXPECT_EQ(test, 0, shadow_free_pages(nodes, block, 1));
	KUNIT_EXPECT_EQ(test, 0, shadow_free_pages_bulk(nodes, 0, pages));
	shadow_test_machine_drain(m);
	shadow_test_machine_verify(test, m);
	KUNIT_EXPECT_EQ(test, 4096, shadow_test_machine_free(m));
}

struct told {
	char text[4096];
	size_t len;
};

static void add_told(void *to, const char *text)
{
	struct told *told = to;

	told->len += scnprintf(told->text + told->len,
			       sizeof(told->text) - told->len, "%s", text);
}

static void expect_told(struct kunit *test, struct shadow_test_machine *m,
			u64 pfn, const char *text)
{
	struct told *told = shadow_test_alloc(test, sizeof(*told));

	memset(told, 0, sizeof(*told));
	shadow_page_tell(&m->nodes, pfn, add_told, told);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(told->text, text), "'%s' in:\n%s",
				  text, told->text);
}

static void a_frame_in_words(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 64, 0);
	struct shadow_page *head;
	u64 pfn;

	head = shadow_alloc_pages(&m->nodes, SHADOW_GFP_COMP, 3);
	KUNIT_ASSERT_NOT_NULL(test, head);
	pfn = shadow_page_to_pfn(&m->nodes, head);
	KUNIT_ASSERT_EQ(test, pfn, FIRST_PFN);
	expect_told(test, m, pfn, "pfn 524288 (0x80000), pa 0x80000000\n");
	expect_told(test, m, pfn, "state        allocated: first frame of a block in use\n");
	expect_told(test, m, pfn, "order        3: pfn 524288 to 524295\n");
	expect_told(test, m, pfn, "owner        direct\n");
	expect_told(test, m, pfn, "refcount     1\n");
	expect_told(test, m, pfn, "compound     head of order 3\n");
	expect_told(test, m, pfn, "  524289  allocated in a block of order 3 at pfn 524288\n");
	expect_told(test, m, pfn,
		    "  524296  buddy block of order 3: a block freed here merges with it\n");
	expect_told(test, m, pfn, "    6        524352  outside the memmap\n");
	expect_told(test, m, pfn + 6, "inside a block: what follows is of its first, pfn 524288\n");
	expect_told(test, m, pfn + 6, "compound     tail 6 of the head at pfn 524288\n");
	expect_told(test, m, pfn + 9, "state        buddy: first frame of a free block");
	expect_told(test, m, pfn - 1,
		    "below the machine's memory, which is pfn 524288 to 524351\n");
	expect_told(test, m, pfn + 64, "above the machine's memory");
	expect_told(test, m, U64_MAX, "above the machine's memory");
	/* Links and type are whatever the block says: named, never followed */
	head->flags |= 7U << SHADOW_PF_MT_SHIFT | SHADOW_PF_OWNER_MASK;
	head->next = 12345678;
	expect_told(test, m, pfn, "migratetype  (corrupt)");
	expect_told(test, m, pfn, "owner        (corrupt)\n");
	expect_told(test, m, pfn, "next         entry 12345678, out of range");
}

static struct kunit_case page_call_cases[] = {
	KUNIT_CASE(six_calls),
	KUNIT_CASE(heads_of_tails),
	KUNIT_CASE(references_of_a_compound_page),
	KUNIT_CASE(free_of_a_shared_block),
	KUNIT_CASE(split_and_free_one_by_one),
	KUNIT_CASE(exact_takes_no_more),
	KUNIT_CASE(bulk_fills_what_is_missing),
	KUNIT_CASE(bulk_ends_where_memory_does),
	KUNIT_CASE(bulk_frees_what_goes),
	KUNIT_CASE(a_frame_in_words),
	{}
};

static struct kunit_suite page_call_suite = {
	.name = "shadow_page_call",
	.test_cases = page_call_cases,
};

kunit_test_suite(page_call_suite);
MODULE_LICENSE("GPL");
