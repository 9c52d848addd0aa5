// SPDX-License-Identifier: GPL-2.0-only
/*
 * The picture of physical memory, held against a count of every frame alone:
 * through the memmap where there is one, through memblock's lists before.
 */
#include "shadow_test_ctl.h"

#include "shadow_handover.h"
#include "shadow_map.h"
#include "shadow_page_alloc.h"
#include "shadow_pcp.h"

/* What one frame is, found without a look at any other but its block's first */
static char letter_by_memmap(struct kunit *test, struct shadow_mm *mm, u64 pfn)
{
	static const char owners[SHADOW_NR_OWNERS] = {
		'?', 'D', 'T', 'S', 'K', 'V', 'P', 'U', 'O', 'M', 'I', 'E',
	};
	struct shadow_page *page = shadow_pfn_to_page(&mm->nodes, pfn), *head;
	unsigned int order;

	if (!page)
		return '-';
	for (order = 0; order <= mm->nodes.max_order; order++) {
		head = shadow_pfn_to_page(&mm->nodes, pfn >> order << order);
		if (shadow_page_state(head) != SHADOW_PAGE_NONE)
			break;
	}
	switch (shadow_page_state(head)) {
	case SHADOW_PAGE_HOLE:
		return '-';
	case SHADOW_PAGE_BUDDY:
		return 'F';
	case SHADOW_PAGE_PCP:
		return 'C';
	case SHADOW_PAGE_RESERVED:
	case SHADOW_PAGE_ALLOCATED:
		return owners[shadow_page_owner(head)];
	default:
		return '?';
	}
}

static bool is_reserved_in(const struct shadow_memblock *mb, u64 pfn)
{
	phys_addr_t pa = pfn << mb->page_shift;

	return shadow_memblock_is_region_reserved(mb, pa, 1ULL << mb->page_shift);
}

/* The same of a machine whose buddy has nothing yet */
static char letter_by_memblock(struct kunit *test, struct shadow_mm *mm, u64 pfn)
{
	const struct shadow_memblock *mb = &mm->memblock;
	phys_addr_t pa = pfn << mb->page_shift, at;
	const char *owner = NULL, *next;

	if (!shadow_memblock_is_region_memory(mb, pa, 1ULL << mb->page_shift))
		return '-';
	if (!shadow_memblock_is_map_memory(mb, pa))
		return 'N';
	if (!is_reserved_in(mb, pfn))
		return 'F';
	for (at = pa; at < pa + (1 << mb->page_shift); at += 64) {
		next = shadow_memblock_owner_of(mb, at);
		owner = next ? : owner;
	}
	switch (owner ? shadow_handover_owner(owner) : SHADOW_OWNER_EARLY) {
	case SHADOW_OWNER_TABLE:
		return 'T';
	case SHADOW_OWNER_IMAGE:
		return 'I';
	case SHADOW_OWNER_MEMMAP:
		return 'M';
	default:
		return 'E';
	}
}

/* What a character must be, by the letters of its frames */
static char expected_char(const char *letters, unsigned int nr)
{
	static const char legend[] = "FCDTSKVPUOMIENZ-?";
	unsigned int count[sizeof(legend)] = {}, most = 0, i, nr_kinds = 0;
	char letter = '-';

	for (i = 0; i < nr; i++)
		count[strchr(legend, letters[i]) - legend]++;
	for (i = 0; legend[i]; i++) {
		nr_kinds += count[i] > 0;
		if (legend[i] == '-' || count[i] <= most)
			continue;
		most = count[i];
		letter = legend[i];
	}
	return nr_kinds > 1 ? letter + 'a' - 'A' : letter;
}

/* Every character of every part, and what the legend will say */
static void expect_picture(struct kunit *test, struct rig *rig, u64 frames,
			   char (*letter_of)(struct kunit *test,
					     struct shadow_mm *mm, u64 pfn))
{
	struct shadow_map_count *sum = shadow_test_alloc(test, sizeof(*sum));
	struct shadow_mm *mm = &rig->mm;
	u64 pfn, first, shown = 0, all = 0;
	char letters[1024], want, is;
	struct shadow_map_part part;
	struct shadow_map_row row;
	unsigned int nr, i, j;

	KUNIT_ASSERT_LE(test, frames, sizeof(letters));
	for (nr = 0; nr < SHADOW_MAP_PARTS; nr++) {
		if (!shadow_map_part(mm, nr, &part))
			continue;
		pfn = 0;
		while (shadow_map_row(mm, &part, frames, pfn, &row, sum)) {
			KUNIT_ASSERT_EQ(test, row.start_pfn % (frames * 64), 0);
			for (i = 0; i < SHADOW_MAP_COLUMNS; i++) {
				first = row.start_pfn + i * frames;
				for (j = 0, pfn = first; pfn < first + frames; pfn++)
					if (pfn >= part.start_pfn && pfn < part.end_pfn)
						letters[j++] = letter_of(test, mm, pfn);
				want = j ? expected_char(letters, j) : ' ';
				is = i < strlen(row.text) ? row.text[i] : ' ';
				shown += j;
				if (is != want)
					KUNIT_FAIL(test, "frames %#llx+%llu are '%c', not '%c'",
						   first, frames, want, is);
			}
			pfn = row.start_pfn + frames * 64;
		}
	}
	for (i = 0; i < SHADOW_NR_MAP_CLASSES; i++)
		all += sum->nr[i];
	KUNIT_EXPECT_EQ(test, all, shown);
	KUNIT_EXPECT_EQ(test, sum->nr[SHADOW_MAP_UNKNOWN], 0);
	KUNIT_EXPECT_EQ(test, sum->kind[SHADOW_MAP_STATIC] +
			sum->kind[SHADOW_MAP_RESERVED] + sum->kind[SHADOW_MAP_MANAGED],
			all - sum->nr[SHADOW_MAP_HOLE]);
	KUNIT_EXPECT_GT(test, sum->kind[SHADOW_MAP_STATIC], 0);
	KUNIT_EXPECT_GT(test, sum->kind[SHADOW_MAP_MANAGED], 0);
}

static void use_memory(struct kunit *test, struct rig *rig)
{
	struct rnd_state rnd;
	char text[64];
	unsigned int i;

	shadow_test_seed(test, &rnd);
	expect_ok(test, rig, "kmalloc 100\nkmalloc 50000\nvmalloc 300000");
	expect_ok(test, rig, "cache_create c 200\ncache_alloc c count=100");
	for (i = 0; i < 40; i++) {
		snprintf(text, sizeof(text), "alloc_pages %llu", shadow_test_below(&rnd, 6));
		expect_ok(test, rig, text);
		if (i % 3 == 2) {
			snprintf(text, sizeof(text), "free_pages %llu",
				 rig->ctl.next_id - 2);
			expect_ok(test, rig, text);
		}
	}
}

static void shadow_map_after(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct shadow_audit *audit = &rig->audit;
	struct shadow_map_count sum = {};
	struct shadow_map_part part;
	struct shadow_map_row row;
	u64 pfn, managed = 0;
	unsigned int nr;

	use_memory(test, rig);
	expect_picture(test, rig, 1, letter_by_memmap);
	expect_picture(test, rig, 3, letter_by_memmap);
	expect_picture(test, rig, 32, letter_by_memmap);
	expect_picture(test, rig, 1024, letter_by_memmap);
	/* The audit counts in its own way */
	expect_healthy(test, rig);
	for (nr = 0; nr < SHADOW_MAP_PARTS; nr++) {
		if (!shadow_map_part(&rig->mm, nr, &part))
			continue;
		managed += part.zone->managed;
		for (pfn = 0; shadow_map_row(&rig->mm, &part, 16, pfn, &row, &sum);
		     pfn = row.start_pfn + 16 * 64)
			;
	}
	KUNIT_EXPECT_EQ(test, sum.nr[SHADOW_MAP_FREE], audit->buddy);
	KUNIT_EXPECT_EQ(test, sum.nr[SHADOW_MAP_PCP], audit->pcp);
	KUNIT_EXPECT_EQ(test, sum.nr[SHADOW_MAP_SLAB],
			audit->owned[SHADOW_OWNER_SLAB]);
	KUNIT_EXPECT_GE(test, sum.nr[SHADOW_MAP_VMALLOC], 70);
	KUNIT_EXPECT_EQ(test, sum.kind[SHADOW_MAP_MANAGED], managed);
}

static void shadow_map_before(struct kunit *test)
{
	static const char *const until[] = {
		"arm64_memblock_init", "paging_init", "bootmem_init",
		"build_all_zonelists",
	};
	struct rig *rig = test->priv;
	char text[64];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(until); i++) {
		snprintf(text, sizeof(text), "reset until=%s", until[i]);
		expect_ok(test, rig, text);
		expect_ok(test, rig, "memblock_reserve 0x80403040 100");
		expect_ok(test, rig, "memblock_reserve 0x80403fff 2");
		expect_ok(test, rig, "memblock_remove 0x80800800 0x1000");
		expect_picture(test, rig, 1, letter_by_memblock);
		expect_picture(test, rig, 64, letter_by_memblock);
	}
}

static void shadow_map_scale(struct kunit *test)
{
	struct rig *rig = test->priv;

	/* 4,096 frames: 32 rows of 64 times 2 */
	KUNIT_EXPECT_EQ(test, shadow_map_frames(&rig->mm), 2);
	expect_said(test, rig, "set map_frames 512", "map_frames is 512 (was 0)");
	KUNIT_EXPECT_EQ(test, shadow_map_frames(&rig->mm), 512);
	expect_refused(test, rig, "set map_frames 1073741825", -ERANGE,
		       "from 0 to 1073741824");
	expect_refused(test, rig, "set map_frames many", -EINVAL, "many");
	KUNIT_EXPECT_EQ(test, shadow_map_frames(&rig->mm), 512);
	expect_ok(test, rig, "set map_frames 0");
	KUNIT_EXPECT_EQ(test, shadow_map_frames(&rig->mm), 2);
}

static void shadow_map_chars(struct kunit *test)
{
	struct shadow_map_count count = {};

	KUNIT_EXPECT_EQ(test, shadow_map_char(&count), ' ');
	count.nr[SHADOW_MAP_HOLE] = 1000;
	KUNIT_EXPECT_EQ(test, shadow_map_char(&count), '-');
	count.nr[SHADOW_MAP_SLAB] = 1;
	KUNIT_EXPECT_EQ(test, shadow_map_char(&count), 's');
	count.nr[SHADOW_MAP_HOLE] = 0;
	KUNIT_EXPECT_EQ(test, shadow_map_char(&count), 'S');
	count.nr[SHADOW_MAP_FREE] = 1;
	KUNIT_EXPECT_EQ(test, shadow_map_char(&count), 'f');
	count.nr[SHADOW_MAP_SLAB] = 2;
	KUNIT_EXPECT_EQ(test, shadow_map_char(&count), 's');
	count.nr[SHADOW_MAP_UNKNOWN] = 4;
	KUNIT_EXPECT_EQ(test, shadow_map_char(&count), '?');
}

static struct kunit_case map_cases[] = {
	KUNIT_CASE(shadow_map_chars),
	KUNIT_CASE(shadow_map_after),
	KUNIT_CASE(shadow_map_before),
	KUNIT_CASE(shadow_map_scale),
	{ }
};

static struct kunit_suite map_suite = {
	.name = "shadow_map",
	.init = rig_init,
	.exit = rig_exit,
	.test_cases = map_cases,
};

kunit_test_suite(map_suite);
