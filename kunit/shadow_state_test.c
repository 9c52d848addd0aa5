// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite of the state as text: what it says of each layer is what was just done
 * to that layer, and what it lists adds up to what the layer counts.
 */
#include "shadow_test_break.h"
#include "shadow_slab_engine.h"
#include "shadow_state_room.h"
#include "shadow_test_state.h"

#define NO_LINE		"(no such line)"

/**
 * struct look - a state that is looked at
 * @state: it
 * @line: one line of it
 */
struct look {
	struct shadow_test_state state;
	char line[400];
};

static struct look *the_look;

static int state_init(struct kunit *test)
{
	int err = break_init(test);

	the_look = shadow_test_alloc(test, sizeof(*the_look));
	return err;
}

static void take(struct kunit *test)
{
	struct rig *rig = test->priv;

	shadow_test_state_take(test, &rig->mm, &the_look->state);
}

/* The line that @at is in, copied */
static const char *copy_line(const char *at)
{
	while (at > the_look->state.text && at[-1] != '\n')
		at--;
	strscpy(the_look->line, at, min(strcspn(at, "\n") + 1, sizeof(the_look->line)));
	return the_look->line;
}

/* The first line with these words behind the first one with those */
static const char *line_after(const char *after, const char *words)
{
	const char *at = strstr(the_look->state.text, after);

	at = at ? strstr(at, words) : NULL;
	return at ? copy_line(at) : NO_LINE;
}

static void expect_line(struct kunit *test, const char *after, const char *words)
{
	KUNIT_EXPECT_STRNEQ_MSG(test, line_after(after, words), NO_LINE, "'%s' after '%s'",
				words, after);
}

static void expect_no(struct kunit *test, const char *words)
{
	KUNIT_EXPECT_NULL_MSG(test, strstr(the_look->state.text, words), "%s: %s", words,
			      line_after("", words));
}

/* ------------------------------------------------------------------- lists -- */

static void expect_list(struct kunit *test, u64 unit, const u64 *value, unsigned int nr,
			const char *expected)
{
	const struct shadow_text text = { shadow_test_state_put, &the_look->state };
	struct shadow_state_list list;
	unsigned int i;

	the_look->state.nr = 0;
	shadow_state_begin(&list, &text, unit);
	for (i = 0; i < nr; i++)
		shadow_state_add(&list, value[i]);
	shadow_state_end(&list);
	the_look->state.text[the_look->state.nr] = '\0';
	KUNIT_EXPECT_STREQ(test, the_look->state.text, expected);
}

#define LIST(test, unit, expected, ...)					\
do {									\
	const u64 __value[] = { __VA_ARGS__ };				\
									\
	expect_list(test, unit, __value, ARRAY_SIZE(__value), expected); \
} while (0)

/* Neighbours together, up or down; in their order, and nothing lost */
static void lists(struct kunit *test)
{
	expect_list(test, 1, NULL, 0, " -\n");
	LIST(test, 1, " 0x7\n", 7);
	LIST(test, 1, " 0x0\n", 0);
	LIST(test, 1, " 0x7..0x9\n", 7, 8, 9);
	LIST(test, 1, " 0x9..0x7\n", 9, 8, 7);
	LIST(test, 1, " 0x7..0x8 0x7\n", 7, 8, 7);
	LIST(test, 1, " 0x7 0x7 0x7\n", 7, 7, 7);
	LIST(test, 4, " 0x10..0x18 0x19 0x1a\n", 16, 20, 24, 25, 26);
	LIST(test, 1, " 0x1 0x3 0x5 0x7 0x9 0xb 0xd 0xf\n    0x11\n", 1, 3, 5, 7, 9, 11,
	     13, 15, 17);
}

/* ------------------------------------------------------------ what adds up -- */

/* How many a printed run is; @at goes behind it */
static u64 run_of(const char **at, u64 unit)
{
	unsigned long long first, last;
	int used = 0;

	if (sscanf(*at, " 0x%llx..0x%llx%n", &first, &last, &used) == 2 && used) {
		*at += used;
		return (first < last ? last - first : first - last) / unit + 1;
	}
	if (sscanf(*at, " 0x%llx%n", &first, &used) == 1 && used) {
		*at += used;
		return 1;
	}
	return 0;
}

static u64 count_list(const char *at, u64 unit)
{
	u64 nr = 0, run;

	at = strchr(at, ':');
	if (!at)
		return 0;
	/* Lists go on in the next line where they are long */
	for (at++; ; nr += run) {
		if (!strncmp(at, "\n    0x", 7))
			at++;
		run = *at == '\n' ? 0 : run_of(&at, unit);
		if (!run)
			return nr;
	}
}

/* Blocks that are listed, against what their order says, and the zone's sum */
static u64 free_of_zone(struct kunit *test, const char *zone, const char *end)
{
	unsigned long long said, pages = 0;
	unsigned int order = 0;
	const char *at;
	u64 listed = 0;

	for (at = zone; at < end; at += strcspn(at, "\n") + 1) {
		if (sscanf(at, "  order %u: %llu", &order, &said) == 2) {
			KUNIT_EXPECT_EQ(test, listed, 0);
			listed = said;
			pages += said << order;
		} else if (!strncmp(at, "    ", 4) && at[4] >= 'A' && at[4] <= 'Z') {
			listed -= count_list(at, 1ULL << order);
		}
	}
	KUNIT_EXPECT_EQ(test, listed, 0);
	return pages;
}

static void free_lists_add_up(struct kunit *test)
{
	struct rig *rig = test->priv;
	const char *text = the_look->state.text, *zone, *end;
	u64 pages = 0;
	struct rnd_state rnd;
	int i;

	shadow_test_seed(test, &rnd);
	furnish(test, rig);
	for (i = 0; i < 200; i++)
		any_command(rig, &rnd);
	take(test);
	for (zone = strstr(text, "\nzone "); zone; zone = strstr(end, "\nzone ")) {
		end = strstr(zone + 1, "\nzone ");
		if (!end)
			end = strstr(zone, "\nmemmap:");
		KUNIT_ASSERT_NOT_NULL(test, end);
		pages += free_of_zone(test, zone + 1, end);
	}
	KUNIT_EXPECT_EQ(test, pages, shadow_nodes_free(&rig->mm.nodes));
}

/* Each frame once, in its order */
static void frames_add_up(struct kunit *test)
{
	struct rig *rig = test->priv;
	const struct shadow_nodes *nodes = &rig->mm.nodes;
	unsigned long long pfn, times, frames, next = 0;
	int nr_read;
	const char *at, *word;
	unsigned int i;
	u64 nr = 0;

	furnish(test, rig);
	take(test);
	at = strstr(the_look->state.text, "\nbank: ");
	KUNIT_ASSERT_NOT_NULL(test, at);
	for (at++; strncmp(at, "pageblocks:", 11); at += strcspn(at, "\n") + 1) {
		if (!strncmp(at, "bank:", 5)) {
			nr_read = sscanf(at, "bank: start 0x%llx", &next);
			KUNIT_ASSERT_EQ(test, nr_read, 1);
			continue;
		}
		KUNIT_ASSERT_EQ(test, sscanf(at, "  0x%llx", &pfn), 1);
		times = 1;
		frames = 1;
		word = copy_line(at);
		if (strstr(word, " times"))
			sscanf(word, "  0x%llx %llu times", &pfn, &times);
		word = strstr(word, " frames");
		while (word && word > the_look->line && word[-1] != ' ')
			word--;
		if (word)
			sscanf(word, "%llu frames", &frames);
		KUNIT_ASSERT_EQ_MSG(test, pfn, next, "%s", the_look->line);
		next += times * frames;
		nr += times * frames;
	}
	for (i = 0; i < SHADOW_MEMMAP_BANKS; i++)
		nr -= nodes->memmap.bank[i].nr;
	KUNIT_EXPECT_EQ(test, nr, 0);
	KUNIT_EXPECT_EQ(test, next, (SHADOW_TEST_BASE + BLOCK_BYTES) >> 12);
}

static void tables_add_up(struct kunit *test)
{
	struct rig *rig = test->priv;
	const char *at, *end;
	u64 nr = 0;

	take(test);
	at = strstr(the_look->state.text, "\ntree swapper_pg_dir:");
	KUNIT_ASSERT_NOT_NULL(test, at);
	end = strstr(at, "\nsoft tlb:");
	KUNIT_ASSERT_NOT_NULL(test, end);
	while ((at = strstr(at, "\n  table 0x")) && at < end) {
		KUNIT_EXPECT_NULL(test, strstr(copy_line(at + 1), "unreadable"));
		at++;
		nr++;
	}
	KUNIT_EXPECT_EQ(test, nr, rig->mm.swapper.nr_tables);
}

/* ----------------------------------------------- what was done can be read -- */

static void pages_are_there(struct kunit *test)
{
	struct rig *rig = test->priv;
	char text[80];
	u64 pfn;

	expect_ok(test, rig, "alloc_pages 3 as=p\nget_page p");
	expect_ok(test, rig, "alloc_pages 3 as=q");
	pfn = shadow_ctl_thing(shadow_ctl_handle_find_name(&rig->ctl, "p"), 0);
	take(test);
	snprintf(text, sizeof(text), "\n  0x%llx 8 frames flags 0x", pfn);
	KUNIT_ASSERT_NOT_NULL(test, strstr(the_look->state.text, text));
	KUNIT_EXPECT_NOT_NULL(test, strstr(line_after(text, "flags"),
					   " allocated direct refcount 2"));
	expect_ok(test, rig, "put_page p\nset min_free_kbytes 777\nset watermark_boost_factor 66");
	take(test);
	KUNIT_EXPECT_NULL(test, strstr(line_after(text, "flags"), "refcount 2"));
	expect_line(test, "nodes:", "min_free_kbytes 777\n");
	expect_line(test, "nodes: user_min 777 ", " boost 66 ");
}

static void objects_are_there(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct shadow_kmem_cache *cache;
	struct shadow_page *page;
	const char *at;
	char text[80];
	u64 pfn;

	expect_ok(test, rig, "cache_create here 500\ncache_alloc here count=3 as=o");
	cache = shadow_slab_find(&rig->mm.slab, "here");
	pfn = shadow_ctl_thing(shadow_ctl_handle_find_name(&rig->ctl, "o"), 0) >> 12;
	page = shadow_pfn_to_page(&rig->mm.nodes, pfn);
	page = shadow_slab_head(&rig->mm.nodes, shadow_page_to_virt(&rig->mm.nodes, page));
	KUNIT_ASSERT_NOT_NULL(test, page);
	take(test);
	snprintf(text, sizeof(text), "\nslab 0x%llx: cache %u order %u inuse",
		 (u64)shadow_page_to_pfn(&rig->mm.nodes, page), cache->desc.id,
		 shadow_page_order(page));
	at = strstr(the_look->state.text, text);
	KUNIT_ASSERT_NOT_NULL_MSG(test, at, "%s", text);
	/* What is free of it, and three are not: on the CPU's list, or the slab's */
	at = strstr(at, "\n  free:");
	KUNIT_ASSERT_NOT_NULL(test, at);
	KUNIT_EXPECT_EQ(test, cache->desc.objects - 3,
			count_list(at, cache->bytes) +
			(strncmp(strchr(at + 1, '\n'), "\n  free of cpu", 14) ? 0 :
			 count_list(strchr(at + 1, '\n'), cache->bytes)));
	snprintf(text, sizeof(text), "cache %u here: ", cache->desc.id);
	expect_line(test, text, "  object 500 inner ");
}

static void tables_are_there(struct kunit *test)
{
	struct rig *rig = test->priv;

	expect_ok(test, rig, "map 0x10000 0x80400000 4 rw block=off cont=off");
	take(test);
	/* Entries 16 to 19 of the last table, each a page further */
	KUNIT_EXPECT_NOT_NULL(test, strstr(line_after("tree user_pgd:", "    0x10+0x4: 0x"),
					   "80400"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(the_look->line, " ascending"));
	expect_ok(test, rig, "unmap 0x11000 1");
	take(test);
	expect_line(test, "tree user_pgd:", "    0x10+0x1: 0x");
	expect_line(test, "tree user_pgd:", "    0x12+0x2: 0x");
	shadow_boot_tlb_use(&rig->mm, shadow_layout_pa_to_va(&rig->mm.layout, 0x80500000));
	take(test);
	expect_line(test, "soft tlb: next 0 hits 0 fills 1 ", "  0: va 0xffff");
}

static void areas_are_there(struct kunit *test)
{
	struct rig *rig = test->priv;
	char text[80];
	u64 va;

	expect_ok(test, rig, "vmalloc 12288 as=v");
	va = shadow_ctl_thing(shadow_ctl_handle_find_name(&rig->ctl, "v"), 0);
	take(test);
	/* With its guard page */
	snprintf(text, sizeof(text), ": 0x%llx to 0x%llx flags", va, va + 4 * SZ_4K);
	expect_line(test, "vmalloc:", text);
	KUNIT_EXPECT_EQ(test, count_list(strstr(strstr(the_look->state.text, text),
						"    3 pages:"), 1), 3);
	expect_ok(test, rig, "ioremap 0x9000000 4096\nvfree v");
	take(test);
	expect_line(test, "vmalloc:", "    pa 0x9000000\n");
	expect_line(test, "vmalloc:", "  lazy 1 areas ");
}

static void slots_are_there(struct kunit *test)
{
	struct rig *rig = test->priv;
	char text[80];
	u64 pfn;

	expect_ok(test, rig, "alloc_pages 0 gfp=HIGHMEM as=h\nkmap h\nkmap h\nkmap h cpu=2");
	pfn = shadow_ctl_thing(shadow_ctl_handle_find_name(&rig->ctl, "h"), 0);
	take(test);
	/* One more than users: it is mapped */
	snprintf(text, sizeof(text), ": pfn 0x%llx count 3\n", pfn);
	expect_line(test, "kmap:", text);
	snprintf(text, sizeof(text), "  cpu 2: depth 1 max 1 maps 1: 0x%llx\n", pfn);
	expect_line(test, "kmap:", text);
	expect_line(test, "fixmap:", "  fdt 0: va 0x");
}

static void failures_are_there(struct kunit *test)
{
	struct rig *rig = test->priv;

	expect_ok(test, rig, "fail table probability=7 interval=3 times=5 space=4K");
	take(test);
	expect_line(test, "fail: seed",
		    "fail table: probability 7 interval 3 times 5 space 4096\n");
	expect_line(test, "fail table:", "  left: times 5 space 4096; looked 0 drawn 0 ");
}

/* What the boot has not reached has no lines */
static void early_is_there(struct kunit *test)
{
	static const char *const later[] = { "\nslab:", "\nvmalloc:", "\nkmap:", "user_pgd" };
	struct rig *rig = test->priv;
	unsigned int i;

	rig->mm.cfg.until = SHADOW_PHASE_PAGING_INIT;
	reboot(test, rig);
	expect_ok(test, rig, "memblock_reserve 0x80300000 12K\nearly_ioremap 0x9000000 4096");
	take(test);
	expect_line(test, "memblock reserved:", "  0x80300000+0x3000 flags 0x0 node ");
	expect_line(test, "fixmap:", "pa 0x9000000 bytes 0x1000");
	expect_line(test, "boot:", "last paging_init\n");
	for (i = 0; i < ARRAY_SIZE(later); i++)
		expect_no(test, later[i]);
	expect_ok(test, rig, "continue");
	take(test);
	for (i = 0; i < 3; i++)
		expect_line(test, "boot:", later[i]);
	KUNIT_EXPECT_STREQ(test, the_look->state.text + the_look->state.nr - 5, "\nend\n");
}

/* No address and no time of the host's: another boot at other places is equal */
static void boots_are_equal(struct kunit *test)
{
	struct shadow_test_state *was = shadow_test_alloc(test, sizeof(*was));
	struct rig *rig = test->priv;
	struct shadow_block block = rig->mm.block;

	reboot(test, rig);
	furnish(test, rig);
	shadow_test_state_take(test, &rig->mm, was);
	shadow_test_block(test, &rig->mm.block, SHADOW_TEST_BASE, BLOCK_BYTES);
	KUNIT_ASSERT_PTR_NE(test, rig->mm.block.virt, block.virt);
	swap(rig->mm.block, block);
	shadow_ctl_fini(&rig->ctl);
	shadow_boot_down(&rig->mm);
	swap(rig->mm.block, block);
	rig_boot(test, rig);
	KUNIT_ASSERT_EQ(test, shadow_ctl_init(&rig->ctl, &rig->mm, &ops), 0);
	furnish(test, rig);
	take(test);
	SHADOW_TEST_STATE_EQUAL(test, was, &the_look->state, "the second time");
}

static struct kunit_case shadow_state_cases[] = {
	KUNIT_CASE(lists),
	KUNIT_CASE(free_lists_add_up),
	KUNIT_CASE(frames_add_up),
	KUNIT_CASE(tables_add_up),
	KUNIT_CASE(pages_are_there),
	KUNIT_CASE(objects_are_there),
	KUNIT_CASE(tables_are_there),
	KUNIT_CASE(areas_are_there),
	KUNIT_CASE(slots_are_there),
	KUNIT_CASE(failures_are_there),
	KUNIT_CASE(early_is_there),
	KUNIT_CASE(boots_are_equal),
	{}
};

static struct kunit_suite shadow_state_suite = {
	.name = "shadow_state",
	.init = state_init,
	.exit = rig_exit,
	.test_cases = shadow_state_cases,
};

kunit_test_suite(shadow_state_suite);
