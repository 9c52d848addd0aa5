/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_test_machine - the lower half of a machine for the suites: memory,
 * nodes and the page allocator, from ordinary memory.
 */
#ifndef SHADOW_TEST_MACHINE_H
#define SHADOW_TEST_MACHINE_H

#include "shadow_test.h"

#include "shadow_buddy.h"
#include "shadow_early.h"
#include "shadow_handover.h"
#include "shadow_memblock.h"
#include "shadow_page_alloc.h"
#include "shadow_page_call.h"
#include "shadow_pcp.h"
#include "shadow_why.h"
#include "shadow_zone.h"
#include "shadow_zonelist.h"

#define SHADOW_TEST_PAGE_SHIFT	12
#define SHADOW_TEST_MAX_ORDER	10

/**
 * struct shadow_test_machine - layers up to the page allocator
 * @events: what hooks counted
 * @fault: raised when an invariant is found broken
 * @fail: allocations that fail on purpose
 * @why: which way allocations went
 * @block: the machine's memory
 * @mb: what memory it has
 * @early: its early allocator
 * @nodes: its nodes, zones and buddy
 * @handover: what was handed over
 * @memmap: memory of the memmap and the pageblocks' types
 * @memmap_bytes: how much
 * @pcp: memory of the per-CPU lists, or NULL
 * @pcp_bytes: how much
 */
struct shadow_test_machine {
	struct shadow_event_log events;
	struct shadow_fault fault;
	struct shadow_fail fail;
	struct shadow_why why;
	struct shadow_block block;
	struct shadow_memblock mb;
	struct shadow_early early;
	struct shadow_nodes nodes;
	struct shadow_handover handover;
	void *memmap;
	u64 memmap_bytes;
	void *pcp;
	u64 pcp_bytes;
};

/* No key stays up when a case ends early */
static inline void shadow_test_machine_unfail(void *fail)
{
	shadow_fail_fini(fail);
}

/*
 * A machine is made in three steps, so that a case can change what it is about
 * in between: begin, (memory, zone limits), boot.
 */
static inline struct shadow_test_machine *
shadow_test_machine_begin_order(struct kunit *test,
				const struct shadow_block *block,
				unsigned int max_order)
{
	struct shadow_test_machine *m = shadow_test_alloc(test, sizeof(*m));

	shadow_event_init(&m->events);
	shadow_fault_init(&m->fault);
	shadow_fail_init(&m->fail, 0);
	shadow_why_init(&m->why);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, shadow_test_machine_unfail,
						  &m->fail));
	m->block = *block;
	shadow_memblock_init(&m->mb, &m->block, &m->events,
			     SHADOW_TEST_PAGE_SHIFT);
	shadow_early_init(&m->early, &shadow_early_memblock, &m->mb, NULL);
	shadow_nodes_init(&m->nodes, &m->block, &m->events, &m->fault,
			  SHADOW_TEST_PAGE_SHIFT, max_order);
	m->nodes.zone_limit[SHADOW_ZONE_NORMAL] = U64_MAX;
	m->nodes.fail = &m->fail;
	m->nodes.why = &m->why;
	m->early.fail = &m->fail;
	return m;
}

static inline struct shadow_test_machine *
shadow_test_machine_begin(struct kunit *test, const struct shadow_block *block)
{
	return shadow_test_machine_begin_order(test, block, SHADOW_TEST_MAX_ORDER);
}

/* The memmap lies outside the block, so that every frame can be allocated */
static inline void shadow_test_machine_boot(struct kunit *test,
					    struct shadow_test_machine *m,
					    unsigned int nr_cpus)
{
	m->memmap_bytes = shadow_memmap_bytes(&m->nodes, &m->mb);
	KUNIT_ASSERT_NE(test, m->memmap_bytes, 0);
	m->memmap = shadow_test_alloc(test, m->memmap_bytes);
	shadow_free_area_init(&m->nodes, &m->mb, m->memmap);
	shadow_build_zonelists(&m->nodes);
	KUNIT_ASSERT_EQ(test, shadow_handover(&m->nodes, &m->early, &m->handover), 0);
	if (nr_cpus) {
		m->pcp_bytes = shadow_pcp_bytes(nr_cpus);
		m->pcp = shadow_test_alloc(test, m->pcp_bytes);
		shadow_pcp_init(&m->nodes, m->pcp, nr_cpus);
		shadow_pcp_setup(&m->nodes);
	}
}

/* All of a block of @nr_pages is free memory; watermarks are 0 */
static inline struct shadow_test_machine *
shadow_test_machine(struct kunit *test, u64 nr_pages, unsigned int nr_cpus)
{
	struct shadow_test_machine *m;
	struct shadow_block block;

	shadow_test_block(test, &block, SHADOW_TEST_BASE,
			  nr_pages << SHADOW_TEST_PAGE_SHIFT);
	m = shadow_test_machine_begin(test, &block);
	KUNIT_ASSERT_EQ(test, shadow_memblock_add(&m->mb, block.base, block.bytes), 0);
	shadow_test_machine_boot(test, m, nr_cpus);
	return m;
}

/* Every layer's own word on its state */
static inline void shadow_test_machine_verify(struct kunit *test,
					      struct shadow_test_machine *m)
{
	struct shadow_zone *zone;

	KUNIT_ASSERT_FALSE_MSG(test, shadow_fault_frozen(&m->fault), "%s",
			       m->fault.text);
	SHADOW_TEST_VERIFY(test, shadow_zone_verify(&m->nodes, &__fault));
	for (zone = shadow_first_zone(&m->nodes); zone;
	     zone = shadow_next_zone(zone)) {
		if (!shadow_zone_populated(zone))
			continue;
		SHADOW_TEST_VERIFY(test, shadow_buddy_verify(zone, &__fault));
		if (zone->pcp)
			SHADOW_TEST_VERIFY(test, shadow_pcp_verify(zone, &__fault));
	}
}

/* Frames that nobody uses: in the free areas or on per-CPU lists */
static inline u64 shadow_test_machine_free(struct shadow_test_machine *m)
{
	struct shadow_zone *zone;
	u64 nr_pages = 0;

	for (zone = shadow_first_zone(&m->nodes); zone;
	     zone = shadow_next_zone(zone))
		nr_pages += zone->nr_free + (zone->pcp ? shadow_pcp_count(zone) : 0);
	return nr_pages;
}

static inline void shadow_test_machine_drain(struct shadow_test_machine *m)
{
	struct shadow_zone *zone;

	for (zone = shadow_first_zone(&m->nodes); zone;
	     zone = shadow_next_zone(zone))
		if (zone->pcp)
			shadow_pcp_drain(zone);
}

/*
 * The whole state of the page allocator, to be put back after something was
 * tried. Of the nodes, those up to the last one in use.
 */
static inline u64 shadow_test_nodes_bytes(const struct shadow_test_machine *m)
{
	return offsetof(struct shadow_nodes, node) +
	       m->nodes.nr_nodes * sizeof(struct shadow_node);
}

static inline u64 shadow_test_aside_bytes(const struct shadow_test_machine *m)
{
	return shadow_test_nodes_bytes(m) + m->memmap_bytes + m->pcp_bytes;
}

static inline void shadow_test_put_aside(const struct shadow_test_machine *m,
					 u8 *to)
{
	memcpy(to, &m->nodes, shadow_test_nodes_bytes(m));
	to += shadow_test_nodes_bytes(m);
	memcpy(to, m->memmap, m->memmap_bytes);
	if (m->pcp)
		memcpy(to + m->memmap_bytes, m->pcp, m->pcp_bytes);
}

static inline void shadow_test_put_back(struct shadow_test_machine *m,
					const u8 *from)
{
	u64 nodes_bytes = shadow_test_nodes_bytes(m);

	memcpy(&m->nodes, from, nodes_bytes);
	memcpy(m->memmap, from + nodes_bytes, m->memmap_bytes);
	if (m->pcp)
		memcpy(m->pcp, from + nodes_bytes + m->memmap_bytes, m->pcp_bytes);
	shadow_fault_init(&m->fault);
}

#endif /* SHADOW_TEST_MACHINE_H */
