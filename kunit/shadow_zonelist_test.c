// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of shadow_zonelist: the order of nodes against a model that ranks them
 * anew for each place, all tables of distances that are small, and random ones.
 */
#include "shadow_test.h"

#include "shadow_zonelist.h"

/**
 * struct machine - nodes that have nothing but zones
 * @block: not looked at
 * @events: nor this
 * @nodes: the layer
 */
struct machine {
	struct shadow_block block;
	struct shadow_event_log events;
	struct shadow_nodes nodes;
};

static struct machine *machine(struct kunit *test)
{
	struct machine *m = shadow_test_alloc(test, sizeof(*m));

	shadow_event_init(&m->events);
	shadow_nodes_init(&m->nodes, &m->block, &m->events, NULL, 12, 10);
	return m;
}

/* Which nodes there are, and of each, one bit a zone */
static void populate(struct machine *m, unsigned int nr, const u8 *zones)
{
	struct shadow_nodes *nodes = &m->nodes;
	unsigned int nid, type;

	nodes->nr_nodes = nr;
	memset(nodes->state, 0, sizeof(nodes->state));
	nodes->mobility_off = false;
	nodes->state[SHADOW_N_ONLINE] = BIT(nr) - 1;
	for (nid = 0; nid < nr; nid++) {
		if (zones[nid])
			nodes->state[SHADOW_N_MEMORY] |= BIT(nid);
		for (type = 0; type < SHADOW_MAX_NR_ZONES; type++)
			nodes->node[nid].zone[type].present =
				zones[nid] & BIT(type) ? 1000 : 0;
	}
}

/* ------------------------------------------------------------- the model -- */

/* Is @a a better next node for @from than @b? Far first, then busy, then high. */
static bool better(const struct shadow_nodes *nodes, unsigned int from,
		   const unsigned int *firsts, unsigned int a, unsigned int b)
{
	int far_a = nodes->distance[from][a], far_b = nodes->distance[from][b];

	/* A node below, and one with CPUs, are each one step further */
	far_a += a < from ? 1 : 0;
	far_b += b < from ? 1 : 0;
	far_a += nodes->state[SHADOW_N_CPU] & (1 << a) ? 1 : 0;
	far_b += nodes->state[SHADOW_N_CPU] & (1 << b) ? 1 : 0;
	if (far_a != far_b)
		return far_a < far_b;
	if (firsts[a] != firsts[b])
		return firsts[a] < firsts[b];
	return a < b;
}

/* Nodes with memory in order: selection, one place after the other */
static unsigned int model_order(const struct shadow_nodes *nodes,
				unsigned int from, unsigned int *firsts,
				unsigned int *order)
{
	unsigned int nr = 0, place, nid, at;
	unsigned int far = nodes->distance[from][from];

	for (nid = 0; nid < nodes->nr_nodes; nid++)
		if (nodes->state[SHADOW_N_MEMORY] & (1 << nid))
			order[nr++] = nid;
	for (place = 0; place < nr; place++) {
		for (at = place, nid = place + 1; nid < nr; nid++) {
			bool own = order[nid] == from, other = order[at] == from;

			if (own || (!other && better(nodes, from, firsts,
						     order[nid], order[at])))
				at = nid;
		}
		swap(order[place], order[at]);
		if (nodes->distance[from][order[place]] != far)
			firsts[order[place]]++;
		far = nodes->distance[from][order[place]];
	}
	return nr;
}

static unsigned int expect_zones(struct kunit *test,
				 const struct shadow_nodes *nodes,
				 const struct shadow_zonelist *list,
				 unsigned int at, unsigned int nid)
{
	static const enum shadow_zone_type down[] = {
		SHADOW_ZONE_MOVABLE, SHADOW_ZONE_HIGHMEM, SHADOW_ZONE_NORMAL,
		SHADOW_ZONE_DMA32, SHADOW_ZONE_DMA,
	};
	const struct shadow_zone *zone = nodes->node[nid].zone;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(down); i++) {
		if (!zone[down[i]].present)
			continue;
		if (at >= list->nr || list->zone[at] != &zone[down[i]])
			KUNIT_FAIL(test, "entry %u of %u is not %u:%s", at,
				   list->nr, nid, shadow_zone_names[down[i]]);
		at++;
	}
	return at;
}

static void expect_model(struct kunit *test, struct shadow_nodes *nodes)
{
	unsigned int firsts[SHADOW_MAX_NODES] = { }, order[SHADOW_MAX_NODES];
	unsigned int from, i, nr, at;

	for (from = 0; from < nodes->nr_nodes; from++) {
		const struct shadow_node *node = &nodes->node[from];

		nr = model_order(nodes, from, firsts, order);
		for (i = 0, at = 0; i < nr; i++)
			at = expect_zones(test, nodes, &node->fallback, at, order[i]);
		KUNIT_ASSERT_EQ(test, node->fallback.nr, at);
		at = expect_zones(test, nodes, &node->nofallback, 0, from);
		KUNIT_ASSERT_EQ(test, node->nofallback.nr, at);
	}
}

/* ------------------------------------------------------------- the cases -- */

#define NORMAL	BIT(SHADOW_ZONE_NORMAL)

static void expect_orders(struct kunit *test, const struct shadow_nodes *nodes,
			  const char *expected)
{
	char said[128] = "";
	unsigned int nid, i, len = 0;

	for (nid = 0; nid < nodes->nr_nodes; nid++) {
		for (i = 0; i < nodes->node[nid].fallback.nr; i++)
			len += scnprintf(said + len, sizeof(said) - len, "%d",
					 nodes->node[nid].fallback.zone[i]->nid);
		len += scnprintf(said + len, sizeof(said) - len, " ");
	}
	KUNIT_EXPECT_STREQ(test, said, expected);
}

static void set_distance(struct machine *m, unsigned int nr, const u8 *distance)
{
	unsigned int i;

	for (i = 0; i < nr * nr; i++)
		m->nodes.distance[i / nr][i % nr] = distance[i];
}

/* Worked by hand, from find_next_best_node() and build_zonelists() */
static void orders_by_hand(struct kunit *test)
{
	static const u8 all[SHADOW_MAX_NODES] = {
		NORMAL, NORMAL, NORMAL, NORMAL, NORMAL, NORMAL, NORMAL, NORMAL,
	};
	static const u8 holes[] = { NORMAL, 0, NORMAL, NORMAL };
	static const u8 ring[] = {
		10, 20, 30, 20,
		20, 10, 20, 30,
		30, 20, 10, 20,
		20, 30, 20, 10,
	};
	static const u8 one_way[] = { 10, 21, 20, 20, 10, 40, 11, 12, 10 };
	struct machine *m = machine(test);

	populate(m, 4, all);
	shadow_build_zonelists(&m->nodes);
	expect_orders(test, &m->nodes, "0123 1230 2301 3012 ");

	/* Node 1 and 3 are first neighbours of others once each, 0 twice */
	set_distance(m, 4, ring);
	shadow_build_zonelists(&m->nodes);
	expect_orders(test, &m->nodes, "0132 1203 2310 3021 ");

	populate(m, 4, holes);
	shadow_build_zonelists(&m->nodes);
	expect_orders(test, &m->nodes, "032 203 230 302 ");

	/* There and back need not be the same */
	populate(m, 3, all);
	set_distance(m, 3, one_way);
	shadow_build_zonelists(&m->nodes);
	expect_orders(test, &m->nodes, "021 102 201 ");
}

/* A node with CPUs is one step further: from node 2, node 0 and not node 1 */
static void nodes_with_cpus(struct kunit *test)
{
	static const u8 all[] = { NORMAL, NORMAL, NORMAL };
	struct machine *m = machine(test);

	populate(m, 3, all);
	shadow_build_zonelists(&m->nodes);
	expect_orders(test, &m->nodes, "012 120 201 ");
	m->nodes.state[SHADOW_N_CPU] = BIT(1);
	shadow_build_zonelists(&m->nodes);
	expect_orders(test, &m->nodes, "021 120 201 ");
	m->nodes.state[SHADOW_N_CPU] = BIT(0);
	shadow_build_zonelists(&m->nodes);
	expect_orders(test, &m->nodes, "012 120 210 ");
}

/* Every table of two distances for up to 3 nodes, with and without memory */
static void orders_exhaustive(struct kunit *test)
{
	struct machine *m = machine(test);
	unsigned int nr, table, memory, from, to, bit;
	u8 zones[3];

	for (nr = 1; nr <= 3; nr++)
		for (table = 0; table < 1 << nr * (nr - 1); table++)
			for (memory = 1; memory < 1 << 2 * nr; memory++) {
				for (from = 0, bit = 0; from < nr; from++) {
					zones[from] = memory & (1 << from) ? NORMAL : 0;
					for (to = 0; to < nr; to++)
						m->nodes.distance[from][to] =
							from == to ? 10 :
							table & (1 << bit++) ? 20 : 11;
				}
				populate(m, nr, zones);
				m->nodes.state[SHADOW_N_CPU] = memory >> nr;
				shadow_build_zonelists(&m->nodes);
				expect_model(test, &m->nodes);
			}
}

static void orders_random(struct kunit *test)
{
	struct rnd_state rnd;
	struct machine *m = machine(test);
	unsigned int i, nr, from, to, spread;
	u8 zones[SHADOW_MAX_NODES];

	shadow_test_seed(test, &rnd);
	for (i = 0; i < 20000; i++) {
		nr = 1 + shadow_test_below(&rnd, SHADOW_MAX_NODES);
		spread = 1 + shadow_test_below(&rnd, 4);
		for (from = 0; from < nr; from++) {
			/* Any of the zones but DEVICE, in which nobody may be */
			zones[from] = shadow_test_below(&rnd, 4) ?
				      shadow_test_below(&rnd, 64) : 0;
			for (to = 0; to < nr; to++)
				m->nodes.distance[from][to] = from == to ? 10 :
					11 + shadow_test_below(&rnd, spread);
		}
		populate(m, nr, zones);
		m->nodes.state[SHADOW_N_CPU] = shadow_test_below(&rnd, 256);
		shadow_build_zonelists(&m->nodes);
		expect_model(test, &m->nodes);
	}
}

/* Where an allocation begins, and what it never reaches */
static void first_entries(struct kunit *test)
{
	static const u8 zones[] = {
		BIT(SHADOW_ZONE_DMA) | BIT(SHADOW_ZONE_MOVABLE),
		BIT(SHADOW_ZONE_NORMAL) | BIT(SHADOW_ZONE_HIGHMEM) |
			BIT(SHADOW_ZONE_DEVICE),
	};
	const struct shadow_zonelist *list;
	struct machine *m = machine(test);

	populate(m, 2, zones);
	shadow_build_zonelists(&m->nodes);
	list = &m->nodes.node[1].fallback;
	KUNIT_ASSERT_EQ(test, list->nr, 4);
	KUNIT_EXPECT_EQ(test, shadow_zonelist_first(list, SHADOW_ZONE_MOVABLE), 0);
	KUNIT_EXPECT_EQ(test, shadow_zonelist_first(list, SHADOW_ZONE_HIGHMEM), 0);
	KUNIT_EXPECT_EQ(test, shadow_zonelist_first(list, SHADOW_ZONE_NORMAL), 1);
	KUNIT_EXPECT_EQ(test, shadow_zonelist_first(list, SHADOW_ZONE_DMA32), 3);
	KUNIT_EXPECT_EQ(test, shadow_zonelist_first(list, SHADOW_ZONE_DMA), 3);
	list = &m->nodes.node[1].nofallback;
	KUNIT_EXPECT_EQ(test, shadow_zonelist_first(list, SHADOW_ZONE_DMA), list->nr);
	KUNIT_EXPECT_EQ(test, shadow_zonelist_total(&m->nodes), 4000);
	KUNIT_EXPECT_FALSE(test, m->nodes.mobility_off);
	/* 6 pageblocks of 512 frames are the least */
	m->nodes.node[1].zone[SHADOW_ZONE_NORMAL].present = 71;
	shadow_build_zonelists(&m->nodes);
	KUNIT_EXPECT_TRUE(test, m->nodes.mobility_off);
}

static struct kunit_case zonelist_cases[] = {
	KUNIT_CASE(orders_by_hand),
	KUNIT_CASE(nodes_with_cpus),
	KUNIT_CASE(orders_exhaustive),
	KUNIT_CASE(orders_random),
	KUNIT_CASE(first_entries),
	{}
};

static struct kunit_suite zonelist_suite = {
	.name = "shadow_zonelist",
	.test_cases = zonelist_cases,
};

kunit_test_suite(zonelist_suite);
MODULE_LICENSE("GPL");
