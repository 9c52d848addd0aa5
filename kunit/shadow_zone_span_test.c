// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of shadow_zone_span: how far nodes and zones reach, and how what the
 * kernel keeps is spread, against a model that deals out frames one by one.
 */
#include "shadow_test.h"

#include "shadow_memblock.h"
#include "shadow_zone.h"

#define BASE_PFN	0x80000
#define MAX_FRAMES	512
#define HOLE		0xff

/**
 * struct model - a machine's memory, frame by frame
 * @nr: frames from the first to the last
 * @nid: node of each, or HOLE
 * @done: per node, frame below which nothing can be MOVABLE, as they are dealt
 *	out
 * @movable_pfn: per node, where MOVABLE begins, or 0
 */
struct model {
	unsigned int nr;
	u8 nid[MAX_FRAMES];
	unsigned int done[SHADOW_MAX_NODES];
	u64 movable_pfn[SHADOW_MAX_NODES];
};

/**
 * struct machine - the layer and what it stands on
 * @block: says where addresses are
 * @events: not looked at
 * @mb: the memory
 * @nodes: the layer
 * @model: the same memory
 */
struct machine {
	struct shadow_block block;
	struct shadow_event_log events;
	struct shadow_memblock mb;
	struct shadow_nodes nodes;
	struct model model;
};

static struct machine *machine(struct kunit *test)
{
	struct machine *m = shadow_test_alloc(test, sizeof(*m));

	shadow_test_block_bare(&m->block, (u64)BASE_PFN << 12, MAX_FRAMES << 12);
	shadow_event_init(&m->events);
	return m;
}

static void begin(struct machine *m, unsigned int nr_nodes, unsigned int max_order)
{
	shadow_memblock_init(&m->mb, &m->block, &m->events, 12);
	shadow_nodes_init(&m->nodes, &m->block, &m->events, NULL, 12, max_order);
	m->nodes.nr_nodes = nr_nodes;
	m->nodes.zone_limit[SHADOW_ZONE_NORMAL] = U64_MAX;
	memset(&m->model, 0, sizeof(m->model));
	memset(m->model.nid, HOLE, sizeof(m->model.nid));
}

static void add(struct kunit *test, struct machine *m, unsigned int first,
		unsigned int nr, int nid)
{
	if (!nr)
		return;
	KUNIT_ASSERT_EQ(test, shadow_memblock_add_node(&m->mb,
						       (u64)(BASE_PFN + first) << 12,
						       (u64)nr << 12, nid, 0), 0);
	memset(&m->model.nid[first], nid, nr);
	m->model.nr = max(m->model.nr, first + nr);
}

static void mark_hotplug(struct kunit *test, struct machine *m,
			 unsigned int first, unsigned int nr)
{
	u64 base = (u64)(BASE_PFN + first) << 12;

	KUNIT_ASSERT_EQ(test, shadow_memblock_mark_hotplug(&m->mb, base, nr << 12),
			0);
}

/* ------------------------------------------------------------- the model -- */

static unsigned int first_frame(const struct model *model)
{
	unsigned int i = 0;

	while (i < model->nr && model->nid[i] == HOLE)
		i++;
	return i;
}

/* Where zone @type ends, as an index; MOVABLE is none of these */
static unsigned int zone_end(const struct machine *m, unsigned int type)
{
	unsigned int end = first_frame(&m->model), t, limit;

	for (t = 0; t <= type; t++) {
		if (t == SHADOW_ZONE_MOVABLE)
			continue;
		limit = m->nodes.zone_limit[t] < BASE_PFN ? 0 :
			min_t(u64, m->nodes.zone_limit[t] - BASE_PFN, m->model.nr);
		end = max(end, limit);
	}
	return end;
}

static unsigned int zone_start(const struct machine *m, unsigned int type)
{
	return type ? zone_end(m, type - 1) : first_frame(&m->model);
}

/* The zone that MOVABLE is cut off from */
static unsigned int cut_from(const struct machine *m)
{
	unsigned int type = SHADOW_ZONE_HIGHMEM;

	while (type && zone_start(m, type) == zone_end(m, type))
		type--;
	return type;
}

/* One node's turn: frames in order, each counts against share and sum */
static void deal_node(struct machine *m, unsigned int nid, unsigned int usable,
		      u64 share, u64 *left)
{
	struct model *model = &m->model;
	unsigned int i;

	for (i = model->done[nid]; i < model->nr; i++) {
		if (model->nid[i] != nid)
			continue;
		if (i >= usable && !share) {
			model->done[nid] = i;
			return;
		}
		share -= !!share;
		*left -= !!*left;
		model->done[nid] = i + 1;
		if (i >= usable && !share)
			return;
	}
}

static u64 wanted(const struct shadow_core *core, u64 total)
{
	return core->percent ? total * core->percent / 100 : core->bytes >> 12;
}

/* Frames that stay out of MOVABLE; all: there is no such zone */
static u64 kept(const struct machine *m, u64 total)
{
	u64 block = 1ULL << m->nodes.max_order;
	u64 kernel = wanted(&m->nodes.kernelcore, total);
	u64 movable = wanted(&m->nodes.movablecore, total);

	if (movable) {
		movable = min((movable + block - 1) / block * block, total);
		kernel = max(kernel, total - movable);
	}
	return kernel ? min(kernel, total) : total;
}

static void deal(struct machine *m)
{
	unsigned int nid, i, usable = zone_start(m, cut_from(m)), nr = 0;
	unsigned int block = 1U << m->nodes.max_order, last;
	struct model *model = &m->model;
	u64 total = 0, left, share;
	u8 seen = 0;

	for (i = 0; i < model->nr; i++)
		if (model->nid[i] != HOLE) {
			total++;
			seen |= 1 << model->nid[i];
		}
	nr = hweight8(seen);
	left = kept(m, total);
	if (left == total)
		return;
	for (; nr; nr--) {
		share = left / nr;
		for (nid = 0; nid < SHADOW_MAX_NODES; nid++) {
			if (!(seen & (1 << nid)))
				continue;
			if (left < share)
				share = left / nr;
			deal_node(m, nid, usable, share, &left);
		}
		if (left <= nr - 1)
			break;
	}
	for (nid = 0; nid < SHADOW_MAX_NODES; nid++) {
		for (i = 0, last = 0; i < model->nr; i++)
			if (model->nid[i] == nid)
				last = i + 1;
		/* BASE_PFN is a multiple of any block */
		i = (model->done[nid] + block - 1) / block * block;
		model->movable_pfn[nid] = i < last ? BASE_PFN + i : 0;
	}
}

/* Each frame of a node's span is in one zone: that one spans it */
static unsigned int zone_of(const struct machine *m, unsigned int nid,
			    unsigned int i)
{
	unsigned int type = 0;

	if (m->model.movable_pfn[nid] && BASE_PFN + i >= m->model.movable_pfn[nid])
		return SHADOW_ZONE_MOVABLE;
	while (i >= zone_end(m, type))
		type++;
	return type;
}

static void expect_model(struct kunit *test, struct machine *m)
{
	struct count {
		u64 first, spanned, present;
	} count[SHADOW_MAX_NR_ZONES], *c;
	struct model *model = &m->model;
	unsigned int nid, i, start, end, type;

	shadow_zone_span_all(&m->nodes, &m->mb);
	deal(m);
	for (nid = 0; nid < m->nodes.nr_nodes; nid++) {
		const struct shadow_node *node = &m->nodes.node[nid];

		start = model->nr;
		end = 0;
		memset(count, 0, sizeof(count));
		for (i = 0; i < model->nr; i++)
			if (model->nid[i] == nid) {
				start = min(start, i);
				end = i + 1;
			}
		for (i = start; i < end; i++) {
			c = &count[zone_of(m, nid, i)];
			if (!c->spanned++)
				c->first = BASE_PFN + i;
			c->present += model->nid[i] == nid;
		}
		KUNIT_ASSERT_EQ_MSG(test, m->nodes.movable_pfn[nid],
				    model->movable_pfn[nid], "node %u", nid);
		KUNIT_ASSERT_EQ(test, node->spanned, start < end ? end - start : 0);
		for (type = 0; type < SHADOW_MAX_NR_ZONES; type++) {
			const struct shadow_zone *zone = &node->zone[type];

			c = &count[type];
			if (zone->start_pfn != c->first ||
			    zone->spanned != c->spanned || zone->present != c->present)
				KUNIT_FAIL(test,
					   "node %u %s: from %#llx spans %llu has %llu, expected %#llx %llu %llu",
					   nid, shadow_zone_names[type],
					   zone->start_pfn, zone->spanned,
					   zone->present, c->first, c->spanned,
					   c->present);
		}
	}
}

/* ------------------------------------------------------------- the cases -- */

/* The example in shadow_zone_span.c, and what follows when a node is small */
static void spread_by_hand(struct kunit *test)
{
	struct machine *m = machine(test);

	begin(m, 2, 2);
	add(test, m, 0, 64, 0);
	add(test, m, 64, 64, 1);
	m->nodes.kernelcore.bytes = 42 << 12;
	shadow_zone_span_all(&m->nodes, &m->mb);
	KUNIT_EXPECT_EQ(test, m->nodes.movable_pfn[0], BASE_PFN + 24);
	KUNIT_EXPECT_EQ(test, m->nodes.movable_pfn[1], BASE_PFN + 88);
	KUNIT_EXPECT_EQ(test, m->nodes.node[0].zone[SHADOW_ZONE_NORMAL].present, 24);
	KUNIT_EXPECT_EQ(test, m->nodes.node[1].zone[SHADOW_ZONE_MOVABLE].present, 40);

	/* Half of 128 frames; node 0 has 8, the other 56 are node 1's */
	begin(m, 2, 2);
	add(test, m, 0, 8, 0);
	add(test, m, 8, 120, 1);
	m->nodes.movablecore.percent = 50;
	shadow_zone_span_all(&m->nodes, &m->mb);
	KUNIT_EXPECT_EQ(test, m->nodes.movable_pfn[0], 0);
	KUNIT_EXPECT_EQ(test, m->nodes.movable_pfn[1], BASE_PFN + 64);

	/* Only HIGHMEM can move: of node 1 that is from 40 on, 8 of it are kept */
	begin(m, 2, 2);
	add(test, m, 0, 32, 0);
	add(test, m, 32, 32, 1);
	m->nodes.zone_limit[SHADOW_ZONE_NORMAL] = BASE_PFN + 40;
	m->nodes.zone_limit[SHADOW_ZONE_HIGHMEM] = U64_MAX;
	m->nodes.kernelcore.bytes = 48 << 12;
	shadow_zone_span_all(&m->nodes, &m->mb);
	KUNIT_EXPECT_EQ(test, m->nodes.movable_pfn[0], 0);
	KUNIT_EXPECT_EQ(test, m->nodes.movable_pfn[1], BASE_PFN + 48);
	KUNIT_EXPECT_EQ(test, m->nodes.node[1].zone[SHADOW_ZONE_HIGHMEM].present, 8);
	KUNIT_EXPECT_EQ(test, m->nodes.state[SHADOW_N_NORMAL_MEMORY], BIT(0) | BIT(1));
}

/* kernelcore= of everything, or of nothing, leaves no MOVABLE */
static void no_movable(struct kunit *test)
{
	struct machine *m = machine(test);
	static const u64 cores[] = { 0, 64, 65, 1000 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cores); i++) {
		begin(m, 1, 3);
		add(test, m, 0, 64, 0);
		m->nodes.kernelcore.bytes = cores[i] << 12;
		shadow_zone_span_all(&m->nodes, &m->mb);
		KUNIT_EXPECT_EQ(test, m->nodes.movable_pfn[0], 0);
		KUNIT_EXPECT_EQ(test, m->nodes.node[0].nr_zones, SHADOW_ZONE_NORMAL + 1);
	}
	/* movablecore= of all: nothing is left to be the kernel's, so all is */
	begin(m, 1, 3);
	add(test, m, 0, 64, 0);
	m->nodes.movablecore.percent = 100;
	shadow_zone_span_all(&m->nodes, &m->mb);
	KUNIT_EXPECT_EQ(test, m->nodes.movable_pfn[0], 0);
}

/* movable_node: what can be unplugged, from the lowest such frame of each node */
static void hotpluggable(struct kunit *test)
{
	struct machine *m = machine(test);

	begin(m, 2, 2);
	add(test, m, 0, 64, 0);
	add(test, m, 64, 64, 1);
	m->nodes.kernelcore.bytes = 16 << 12;
	mark_hotplug(test, m, 30, 8);
	m->mb.movable_node = true;
	shadow_zone_span_all(&m->nodes, &m->mb);
	KUNIT_EXPECT_EQ(test, m->nodes.movable_pfn[0], BASE_PFN + 32);
	KUNIT_EXPECT_EQ(test, m->nodes.movable_pfn[1], 0);
}

/* A node all of whose memory is MOVABLE, one of HIGHMEM alone, one without */
static void states(struct kunit *test)
{
	struct machine *m = machine(test);

	begin(m, 4, 2);
	add(test, m, 0, 32, 0);
	add(test, m, 32, 32, 1);
	add(test, m, 64, 32, 3);
	m->nodes.zone_limit[SHADOW_ZONE_NORMAL] = BASE_PFN + 32;
	m->nodes.zone_limit[SHADOW_ZONE_HIGHMEM] = U64_MAX;
	mark_hotplug(test, m, 64, 32);
	m->mb.movable_node = true;
	shadow_zone_span_all(&m->nodes, &m->mb);
	KUNIT_EXPECT_EQ(test, m->nodes.state[SHADOW_N_ONLINE], 0xf);
	KUNIT_EXPECT_EQ(test, m->nodes.state[SHADOW_N_MEMORY], 0xb);
	KUNIT_EXPECT_EQ(test, m->nodes.state[SHADOW_N_HIGH_MEMORY], 0x3);
	KUNIT_EXPECT_EQ(test, m->nodes.state[SHADOW_N_NORMAL_MEMORY], 0x1);
	KUNIT_EXPECT_EQ(test, m->nodes.node[3].nr_zones, SHADOW_ZONE_MOVABLE + 1);
	KUNIT_EXPECT_EQ(test, m->nodes.node[2].spanned, 0);
}

/* Two nodes, of @a and of @b frames, HIGHMEM from @high on */
static void spread_small(struct kunit *test, struct machine *m, unsigned int a,
			 unsigned int b, unsigned int high)
{
	unsigned int core, order;

	for (core = 0; core <= a + b; core++)
		for (order = 0; order < 2; order++) {
			begin(m, 2, order);
			add(test, m, 0, a, 0);
			add(test, m, a, b, 1);
			m->nodes.zone_limit[SHADOW_ZONE_NORMAL] = BASE_PFN + high;
			m->nodes.zone_limit[SHADOW_ZONE_HIGHMEM] = U64_MAX;
			m->nodes.kernelcore.bytes = core << 12;
			expect_model(test, m);
		}
}

/* Up to 5 frames each, every kernelcore, every start of HIGHMEM */
static void spread_exhaustive(struct kunit *test)
{
	struct machine *m = machine(test);
	unsigned int a, b, high;

	for (a = 0; a <= 5; a++)
		for (b = !a; b <= 5; b++)
			for (high = 0; high <= a + b + 1; high++)
				spread_small(test, m, a, b, high);
}

static void some_core(struct rnd_state *rnd, struct shadow_core *core)
{
	switch (shadow_test_below(rnd, 4)) {
	case 0:
		core->percent = shadow_test_below(rnd, 101);
		break;
	case 1:
		core->bytes = shadow_test_below(rnd, MAX_FRAMES) << 12;
		break;
	default:
		break;
	}
}

/* Banks of random nodes with holes, random limits and amounts */
static void spread_random(struct kunit *test)
{
	struct machine *m = machine(test);
	unsigned int i, at, nr, nodes, movable = 0;
	struct rnd_state rnd;

	shadow_test_seed(test, &rnd);
	for (i = 0; i < 5000; i++) {
		nodes = 1 + shadow_test_below(&rnd, SHADOW_MAX_NODES);
		begin(m, nodes, shadow_test_below(&rnd, 6));
		for (at = shadow_test_below(&rnd, 40); at < MAX_FRAMES; at += nr) {
			nr = 1 + shadow_test_below(&rnd, 120);
			nr = min(nr, MAX_FRAMES - at);
			add(test, m, at, nr, shadow_test_below(&rnd, nodes));
			at += shadow_test_below(&rnd, 2) * shadow_test_below(&rnd, 50);
		}
		for (at = BASE_PFN, nr = 0; nr < SHADOW_ZONE_MOVABLE; nr++) {
			at += shadow_test_below(&rnd, 3) * shadow_test_below(&rnd, 150);
			m->nodes.zone_limit[nr] = at;
		}
		m->nodes.zone_limit[shadow_test_below(&rnd, 2) ? SHADOW_ZONE_HIGHMEM :
							SHADOW_ZONE_NORMAL] = U64_MAX;
		if (m->nodes.zone_limit[SHADOW_ZONE_HIGHMEM] != U64_MAX)
			m->nodes.zone_limit[SHADOW_ZONE_HIGHMEM] = 0;
		some_core(&rnd, &m->nodes.kernelcore);
		some_core(&rnd, &m->nodes.movablecore);
		expect_model(test, m);
		for (at = 0; at < nodes; at++)
			movable += !!m->nodes.movable_pfn[at];
		cond_resched();
	}
	/* Amounts are large enough to leave some, and small enough */
	KUNIT_EXPECT_GT(test, movable, 1000);
}

static struct kunit_case zone_span_cases[] = {
	KUNIT_CASE(spread_by_hand),
	KUNIT_CASE(no_movable),
	KUNIT_CASE(hotpluggable),
	KUNIT_CASE(states),
	KUNIT_CASE(spread_exhaustive),
	KUNIT_CASE(spread_random),
	{}
};

static struct kunit_suite zone_span_suite = {
	.name = "shadow_zone_span",
	.test_cases = zone_span_cases,
};

kunit_test_suite(zone_span_suite);
MODULE_LICENSE("GPL");
