// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite of deliberate corruption: every field of a page, of a list and of a
 * zone's counters, bit by bit.
 *
 * What lies in the block can be overwritten by anybody who uses it. Each change
 * that contradicts anything else must be found by a _verify, which says in
 * which layer and where; and an allocator that meets it freezes or goes on, but
 * neither reads nor writes outside of what is its own: in user space the
 * address sanitizer is the judge of that.
 */
#include "shadow_test_machine.h"

#define NR_FRAMES	512
#define NR_DMA		64
#define HOLE		160
#define NR_HOLE		32
#define RESERVED	40
#define NR_RESERVED	3
#define MAX_ORDER	5
#define NR_LISTED_CPUS		2
#define FIRST_PFN	(SHADOW_TEST_BASE >> SHADOW_TEST_PAGE_SHIFT)
#define MAX_LIVE	NR_FRAMES

/* With KASAN, or emulated, fewer */
#ifdef __KERNEL__
#define NR_VANDALS	300
#else
#define NR_VANDALS	20000
#endif

/**
 * struct wreck - a machine in the middle of its life
 * @test: the running case
 * @m: the machine
 * @rnd: what is decided by chance
 * @aside: its state, sound
 * @live: pages of the blocks in use
 * @nr_live: how many
 * @fault: what the last verify said
 * @nr_done: corruptions tried
 * @nr_seen: of those, the ones that were seen
 * @nr_frozen: of those, the ones that an operation met
 */
struct wreck {
	struct kunit *test;
	struct shadow_test_machine *m;
	struct rnd_state rnd;
	u8 *aside;
	struct shadow_page *live[MAX_LIVE];
	u32 nr_live;
	struct shadow_fault fault;
	u64 nr_done;
	u64 nr_seen;
	u64 nr_frozen;
};

static struct shadow_page *page_of(struct wreck *w, u32 frame)
{
	return shadow_pfn_to_page(&w->m->nodes, FIRST_PFN + frame);
}

static struct shadow_zone *zone_of(struct wreck *w, u32 frame)
{
	return &w->m->nodes.node[0].zone[frame < NR_DMA ? SHADOW_ZONE_DMA :
							  SHADOW_ZONE_NORMAL];
}

/* Every layer below the slabs; stops at the first that finds something */
static int verify_all(struct wreck *w)
{
	struct shadow_nodes *nodes = &w->m->nodes;
	struct shadow_zone *zone;
	int err;

	shadow_fault_init(&w->fault);
	err = shadow_zone_verify(nodes, &w->fault);
	for (zone = shadow_first_zone(nodes); zone && !err;
	     zone = shadow_next_zone(zone)) {
		if (!shadow_zone_populated(zone))
			continue;
		err = shadow_buddy_verify(zone, &w->fault);
		if (!err)
			err = shadow_pcp_verify(zone, &w->fault);
	}
	return err;
}

/* ------------------------------------------------------------ the machine -- */

static void some_alloc(struct wreck *w)
{
	static const u32 gfp[] = { 0, SHADOW_GFP_MOVABLE, SHADOW_GFP_RECLAIMABLE,
				   SHADOW_GFP_DMA };
	struct shadow_page *page;

	if (w->nr_live == MAX_LIVE)
		return;
	page = shadow_alloc_pages_cpu(&w->m->nodes, shadow_test_below(&w->rnd, NR_LISTED_CPUS),
				      gfp[shadow_test_below(&w->rnd, 4)],
				      shadow_test_below(&w->rnd, MAX_ORDER));
	if (page)
		w->live[w->nr_live++] = page;
}

static void some_free(struct wreck *w)
{
	u32 victim;

	if (!w->nr_live)
		return;
	victim = shadow_test_below(&w->rnd, w->nr_live);
	shadow_free_pages_cpu(&w->m->nodes, shadow_test_below(&w->rnd, NR_LISTED_CPUS),
			      w->live[victim], shadow_page_order(w->live[victim]));
	w->live[victim] = w->live[--w->nr_live];
}

static void some_work(struct wreck *w, unsigned int nr)
{
	for (; nr; nr--) {
		u32 what = shadow_test_below(&w->rnd, 20);

		if (what < 11)
			some_alloc(w);
		else if (what < 19)
			some_free(w);
		else
			shadow_test_machine_drain(w->m);
	}
}

/* Blocks in use, blocks on lists of each kind, a hole, reserved frames */
static struct wreck *new_wreck(struct kunit *test)
{
	struct wreck *w = shadow_test_alloc(test, sizeof(*w));
	struct shadow_test_machine *m;
	struct shadow_block block;
	u32 nr;

	w->test = test;
	shadow_test_seed(test, &w->rnd);
	shadow_test_block(test, &block, SHADOW_TEST_BASE,
			  NR_FRAMES << SHADOW_TEST_PAGE_SHIFT);
	m = shadow_test_machine_begin_order(test, &block, MAX_ORDER);
	w->m = m;
	m->nodes.zone_limit[SHADOW_ZONE_DMA] = FIRST_PFN + NR_DMA;
	KUNIT_ASSERT_EQ(test, shadow_memblock_add(&m->mb, block.base, block.bytes), 0);
	KUNIT_ASSERT_EQ(test, 0,
			shadow_memblock_remove(&m->mb, block.base + HOLE * SZ_4K,
					       NR_HOLE * SZ_4K));
	KUNIT_ASSERT_EQ(test, 0,
			shadow_memblock_reserve(&m->mb, block.base + RESERVED * SZ_4K,
						NR_RESERVED * SZ_4K));
	shadow_test_machine_boot(test, m, NR_LISTED_CPUS);
	some_work(w, 600);
	for (nr = 0; nr < 1000 && !(shadow_pcp_count(zone_of(w, 0)) &&
				    shadow_pcp_count(zone_of(w, NR_DMA))); nr++)
		some_work(w, 1);
	KUNIT_ASSERT_EQ_MSG(test, verify_all(w), 0, "%s", w->fault.text);
	KUNIT_ASSERT_GT(test, shadow_pcp_count(zone_of(w, 0)), 0);
	KUNIT_ASSERT_GT(test, shadow_pcp_count(zone_of(w, NR_DMA)), 0);
	w->aside = shadow_test_alloc(test, shadow_test_aside_bytes(m));
	shadow_test_put_aside(m, w->aside);
	return w;
}

/* ------------------------------------------------------- what must be seen -- */

/* First frame of the block that a frame lies in */
static u32 block_of(struct wreck *w, u32 frame)
{
	while (shadow_page_state(page_of(w, frame)) == SHADOW_PAGE_NONE)
		frame--;
	return frame;
}

static bool is_listed(unsigned int state)
{
	return state == SHADOW_PAGE_BUDDY || state == SHADOW_PAGE_PCP;
}

static bool owner_stays_right(unsigned int state, u32 flags)
{
	unsigned int owner = (flags & SHADOW_PF_OWNER_MASK) >> SHADOW_PF_OWNER_SHIFT;

	return owner < SHADOW_NR_OWNERS &&
	       (owner || state == SHADOW_PAGE_RESERVED);
}

/*
 * Does a change of that bit of flags contradict anything? Where nothing else in
 * the machine knows better, nobody can tell: who owns a block, of the owners
 * that there are; the type that a block in use was asked for as.
 */
static bool flag_counts(unsigned int state, u32 flags, u32 bit)
{
	if (state == SHADOW_PAGE_HOLE)
		return bit & SHADOW_PF_STATE_MASK;
	if (bit & (SHADOW_PF_STATE_MASK | SHADOW_PF_PLACE_MASK))
		return true;
	if (state == SHADOW_PAGE_NONE)
		return !(bit & SHADOW_PF_BANK_MASK);
	if (bit & SHADOW_PF_OWNER_MASK)
		return is_listed(state) || !owner_stays_right(state, flags ^ bit);
	if (bit & SHADOW_PF_ORDER_MASK)
		return state != SHADOW_PAGE_RESERVED;
	if (bit & (SHADOW_PF_MT_MASK | SHADOW_PF_COMP))
		return is_listed(state);
	return false;
}

static bool refcount_counts(unsigned int state, int was, int is)
{
	if (state == SHADOW_PAGE_HOLE || state == SHADOW_PAGE_NONE)
		return false;
	return state != SHADOW_PAGE_ALLOCATED || is < 0;
}

/* The verdict names the layer, and the frame or what is next to it */
static bool names_it(struct wreck *w, u32 frame, u32 other, u32 value)
{
	const char *text = w->fault.text;
	char word[32];
	u32 i, where[3] = { frame, block_of(w, frame), other };
	const char *pfn = strstr(text, "pfn 0x");
	u64 named;

	if (strncmp(text, "memmap: ", 8) && strncmp(text, "buddy: ", 7) &&
	    strncmp(text, "pcp: ", 5) && strncmp(text, "zone ", 5))
		return false;
	/* A count that does not add up says of which zone */
	if (strstr(text, shadow_zone_names[zone_of(w, frame)->type]))
		return true;
	/* A block that seems larger, or smaller, ends at another frame */
	if (pfn && sscanf(pfn, "pfn 0x%llx", &named) == 1) {
		named -= FIRST_PFN;
		if (named == other || named == value ||
		    named - block_of(w, frame) <= BIT(MAX_ORDER))
			return true;
	}
	scnprintf(word, sizeof(word), "index %u", value);
	if (strstr(text, word))
		return true;
	scnprintf(word, sizeof(word), "ended at %u",
		  shadow_page_index(&w->m->nodes.memmap, page_of(w, frame)));
	if (strstr(text, word))
		return true;
	for (i = 0; i < ARRAY_SIZE(where); i++) {
		if (where[i] >= NR_FRAMES)
			continue;
		scnprintf(word, sizeof(word), "index %u",
			  shadow_page_index(&w->m->nodes.memmap,
					    page_of(w, where[i])));
		if (strstr(text, word))
			return true;
	}
	return false;
}

/* One word is something else for a moment */
static void try_word(struct wreck *w, u32 frame, u32 *word, u32 value,
		     bool counts, const char *what)
{
	u32 was = *word, other = U32_MAX;
	int err;

	if (was == value)
		return;
	*word = value;
	err = verify_all(w);
	*word = was;
	w->nr_done++;
	w->nr_seen += err != 0;
	/* The index that stood there, or stands there now, may be named */
	if (was < w->m->nodes.memmap.nr)
		other = shadow_index_to_pfn(&w->m->nodes.memmap, was) - FIRST_PFN;
	KUNIT_EXPECT_FALSE_MSG(w->test, counts && !err,
			       "frame %u (flags %#x): %s %#x -> %#x is not seen",
			       frame, page_of(w, frame)->flags, what, was, value);
	KUNIT_EXPECT_FALSE_MSG(w->test, err && !names_it(w, frame, other, value),
			       "frame %u (flags %#x): %s %#x -> %#x: '%s'",
			       frame, page_of(w, frame)->flags, what, was, value,
			       w->fault.text);
}

/* Links: every bit, and what a vandal would choose */
static void try_link(struct wreck *w, u32 frame, u32 *word, bool counts,
		     const char *what)
{
	u32 self = shadow_page_index(&w->m->nodes.memmap, page_of(w, frame));
	u32 nr = w->m->nodes.memmap.nr, bit;

	for (bit = 0; bit < 32; bit++)
		try_word(w, frame, word, *word ^ BIT(bit), counts, what);
	try_word(w, frame, word, SHADOW_NO_PAGE, counts, what);
	try_word(w, frame, word, self, counts, what);
	try_word(w, frame, word, nr, counts, what);
	try_word(w, frame, word, nr - 1, counts, what);
}

static void every_bit_of_a_page(struct kunit *test)
{
	struct wreck *w = new_wreck(test);
	u32 frame, bit, nr[SHADOW_NR_PAGE_STATES] = {};

	for (frame = 0; frame < NR_FRAMES; frame++) {
		struct shadow_page *page = page_of(w, frame);
		unsigned int state = shadow_page_state(page);
		int users = atomic_read(&page->refcount);
		u32 flags = page->flags;

		nr[state]++;
		for (bit = 0; bit < 32; bit++)
			try_word(w, frame, &page->flags, flags ^ BIT(bit),
				 flag_counts(state, flags, BIT(bit)), "flags");
		for (bit = 0; bit < 32; bit++)
			try_word(w, frame, (u32 *)&page->refcount.counter,
				 users ^ BIT(bit),
				 refcount_counts(state, users, users ^ BIT(bit)),
				 "refcount");
		/* One in use claims, with all it takes, to be free */
		flags = (flags & (SHADOW_PF_PLACE_MASK | SHADOW_PF_BANK_MASK |
				  SHADOW_PF_ORDER_MASK | SHADOW_PF_MT_MASK)) |
			SHADOW_PF(SHADOW_PAGE_PCP, 0, 0, 0);
		atomic_set(&page->refcount, 0);
		try_word(w, frame, &page->flags, flags,
			 state == SHADOW_PAGE_ALLOCATED, "as if listed");
		atomic_set(&page->refcount, users);
		try_link(w, frame, &page->next, is_listed(state), "next");
		try_link(w, frame, &page->prev, is_listed(state), "prev");
	}
	KUNIT_EXPECT_EQ_MSG(test, verify_all(w), 0, "%s", w->fault.text);
	for (frame = 0; frame < SHADOW_NR_PAGE_STATES; frame++)
		KUNIT_EXPECT_EQ(test, !!nr[frame], frame != SHADOW_PAGE_DEVICE);
	kunit_info(test, "%llu changes of a bit, %llu seen\n", w->nr_done,
		   w->nr_seen);
}

/* ------------------------------------------------- lists, counts and types -- */

static void expect_seen(struct wreck *w, const char *layer, const char *what)
{
	int err = verify_all(w);

	w->nr_done++;
	w->nr_seen += err != 0;
	KUNIT_EXPECT_EQ_MSG(w->test, err, -EUCLEAN, "%s is not seen", what);
	KUNIT_EXPECT_NOT_NULL_MSG(w->test, strstr(w->fault.text, layer),
				  "%s: '%s', not of %s", what, w->fault.text, layer);
}

static void try_u32(struct wreck *w, u32 *word, u32 value, const char *layer,
		    const char *what)
{
	u32 was = *word;

	if (was == value)
		return;
	*word = value;
	expect_seen(w, layer, what);
	*word = was;
}

static void try_u64(struct wreck *w, u64 *word, const char *layer,
		    const char *what)
{
	u32 bit;

	for (bit = 0; bit < 64; bit++) {
		*word ^= BIT_ULL(bit);
		expect_seen(w, layer, what);
		*word ^= BIT_ULL(bit);
	}
}

static void try_list(struct wreck *w, struct shadow_page_list *list,
		     const char *layer, const char *what)
{
	u32 nr = w->m->nodes.memmap.nr, bit;

	for (bit = 0; bit < 32; bit++) {
		try_u32(w, &list->first, list->first ^ BIT(bit), layer, what);
		try_u32(w, &list->last, list->last ^ BIT(bit), layer, what);
	}
	try_u32(w, &list->first, SHADOW_NO_PAGE, layer, what);
	try_u32(w, &list->last, SHADOW_NO_PAGE, layer, what);
	try_u32(w, &list->first, nr, layer, what);
	try_u32(w, &list->first, nr - 1, layer, what);
}

static void try_area(struct wreck *w, struct shadow_zone *zone,
		     unsigned int order)
{
	unsigned int mt;

	for (mt = 0; mt < SHADOW_MIGRATE_TYPES; mt++) {
		try_list(w, &zone->free_area[order].list[mt], "buddy: ",
			 "a free list");
		try_u32(w, &zone->orders[mt], zone->orders[mt] ^ BIT(order),
			"buddy: ", "the summary");
	}
	try_u64(w, &zone->free_area[order].nr_free, "buddy: ", "nr_free of an order");
}

static void every_count_of_a_zone(struct kunit *test)
{
	struct wreck *w = new_wreck(test);
	struct shadow_zone *zone;
	u32 frame, order, cpu, i;

	for (frame = 0; frame <= NR_DMA; frame += NR_DMA) {
		zone = zone_of(w, frame);
		for (order = 0; order <= MAX_ORDER; order++)
			try_area(w, zone, order);
		try_u64(w, &zone->nr_free, shadow_zone_names[zone->type], "nr_free");
		try_u64(w, &zone->present, shadow_zone_names[zone->type], "present");
		try_u64(w, &zone->managed, shadow_zone_names[zone->type], "managed");
		for (cpu = 0; cpu < NR_LISTED_CPUS; cpu++) {
			for (i = 0; i < SHADOW_PCP_NR_LOW; i++)
				try_list(w, &zone->pcp[cpu].list[i], "pcp: ",
					 "a CPU's list");
			for (i = 0; i < 32; i++)
				try_u32(w, &zone->pcp[cpu].count,
					zone->pcp[cpu].count ^ BIT(i), "pcp: ",
					"a CPU's count");
		}
	}
	KUNIT_EXPECT_EQ_MSG(test, verify_all(w), 0, "%s", w->fault.text);
	kunit_info(test, "%llu changes, %llu seen\n", w->nr_done, w->nr_seen);
}

/* ------------------------------------------------------- who walks into it -- */

/* Frozen or not, nothing is handed out twice and nothing is touched outside */
static void work_and_heal(struct wreck *w, unsigned int nr)
{
	struct shadow_page *page;
	u32 nr_live = w->nr_live;

	some_work(w, nr);
	verify_all(w);
	w->nr_done++;
	if (shadow_fault_frozen(&w->m->fault)) {
		w->nr_frozen++;
		page = shadow_alloc_pages_cpu(&w->m->nodes, 0, 0, 0);
		KUNIT_EXPECT_NULL(w->test, page);
		KUNIT_EXPECT_EQ(w->test, -EUCLEAN,
				shadow_free_pages_cpu(&w->m->nodes, 0,
						      page_of(w, 0), 0));
	}
	shadow_test_put_back(w->m, w->aside);
	w->nr_live = nr_live;
}

/* The list of who lives is the test's own: it is put back with the rest */
static void keep_live(struct wreck *w, struct shadow_page **kept, bool restore)
{
	if (restore)
		memcpy(w->live, kept, sizeof(w->live));
	else
		memcpy(kept, w->live, sizeof(w->live));
}

static void a_word_in_the_way(struct kunit *test)
{
	struct wreck *w = new_wreck(test);
	struct shadow_page **kept = shadow_test_alloc(test, sizeof(w->live));
	u32 frame, bit, field;

	keep_live(w, kept, false);
	for (frame = 0; frame < NR_FRAMES; frame++) {
		for (field = 0; field < 4; field++) {
			for (bit = 0; bit < 32; bit += 1 + field) {
				/* flags, refcount, next and prev, in this order */
				((u32 *)page_of(w, frame))[field] ^= BIT(bit);
				work_and_heal(w, 12);
				keep_live(w, kept, true);
			}
		}
	}
	KUNIT_EXPECT_EQ_MSG(test, verify_all(w), 0, "%s", w->fault.text);
	KUNIT_EXPECT_GT(test, w->nr_frozen, 0);
	kunit_info(test, "%llu changes met by 12 operations each, %llu froze\n",
		   w->nr_done, w->nr_frozen);
}

/* Several words of the memmap and of the pageblocks' types, anything at all */
static void survives_vandals(struct kunit *test)
{
	struct wreck *w = new_wreck(test);
	struct shadow_page **kept = shadow_test_alloc(test, sizeof(w->live));
	u32 round, nr;

	keep_live(w, kept, false);
	for (round = 0; round < NR_VANDALS; round++) {
		for (nr = 1 + shadow_test_below(&w->rnd, 4); nr; nr--) {
			u32 *word = (u32 *)w->m->memmap +
				    shadow_test_below(&w->rnd, w->m->memmap_bytes / 4);
			u32 value = prandom_u32_state(&w->rnd);

			*word = value & 1 ? value : value % (NR_FRAMES + 2);
		}
		work_and_heal(w, 30);
		keep_live(w, kept, true);
	}
	KUNIT_EXPECT_EQ_MSG(test, verify_all(w), 0, "%s", w->fault.text);
	KUNIT_EXPECT_GT(test, w->nr_frozen, 0);
	kunit_info(test, "%llu rounds of 30 operations, %llu froze\n", w->nr_done,
		   w->nr_frozen);
}

static struct kunit_case shadow_corrupt_cases[] = {
	KUNIT_CASE(every_bit_of_a_page),
	KUNIT_CASE(every_count_of_a_zone),
	KUNIT_CASE(a_word_in_the_way),
	KUNIT_CASE(survives_vandals),
	{}
};

static struct kunit_suite shadow_corrupt_suite = {
	.name = "shadow_corrupt",
	.test_cases = shadow_corrupt_cases,
};

kunit_test_suite(shadow_corrupt_suite);
