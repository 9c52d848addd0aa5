// SPDX-License-Identifier: GPL-2.0-only
/*
 * Layout of the upper half and the dump of its tables, compared with what
 * Linux 6.12 has and prints.
 */
#include "shadow_layout.h"
#include "shadow_ptdump.h"
#include "shadow_test_tables.h"

/* From the macros of memory.h and pgtable.h, by hand */
static const struct {
	u8 page_shift, va_bits;
	bool lpa2;
	unsigned int page_struct_bytes;
	u64 page_offset, page_end, vmalloc_start, vmalloc_end, vmemmap_start;
} layouts[] = {
	{ 12, 48, false, 64, 0xffff000000000000, 0xffff800000000000,
	  0xffff800080000000, 0xfffffdffbf800000, 0xfffffdffc0000000 },
	{ 12, 39, false, 64, 0xffffff8000000000, 0xffffffc000000000,
	  0xffffffc080000000, 0xfffffffebf800000, 0xfffffffec0000000 },
	{ 12, 52, true, 64, 0xfff0000000000000, 0xffff800000000000,
	  0xffff800080000000, 0xffffc1ffbf800000, 0xffffc1ffc0000000 },
	{ 14, 47, false, 64, 0xffff800000000000, 0xffffc00000000000,
	  0xffffc00080000000, 0xffffffbfbf800000, 0xffffffbfc0000000 },
	/* 16K with 52 bits: what fits a CPU with 47 is above PAGE_END */
	{ 14, 52, true, 64, 0xfff0000000000000, 0xffffc00000000000,
	  0xffffc00080000000, 0xfffff03fbf800000, 0xfffff03fc0000000 },
	{ 16, 48, false, 64, 0xffff000000000000, 0xffff800000000000,
	  0xffff800080000000, 0xffffffdfbf800000, 0xffffffdfc0000000 },
	/* The shadow's own memmap entry */
	{ 12, 48, false, 32, 0xffff000000000000, 0xffff800000000000,
	  0xffff800080000000, 0xfffffeffbf800000, 0xfffffeffc0000000 },
};

static void layouts_by_hand(struct kunit *test)
{
	struct shadow_layout layout;
	struct shadow_geometry geo;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		struct shadow_region *r = layout.region;

		KUNIT_ASSERT_EQ(test,
				shadow_geometry_init(&geo,
						     layouts[i].page_shift,
						     layouts[i].va_bits, 48,
						     layouts[i].lpa2), 0);
		KUNIT_ASSERT_EQ(test,
				shadow_layout_init(&layout, &geo,
						   layouts[i].page_struct_bytes),
				0);
		KUNIT_EXPECT_EQ(test, r[SHADOW_REGION_LINEAR].start,
				layouts[i].page_offset);
		KUNIT_EXPECT_EQ(test, r[SHADOW_REGION_LINEAR].end,
				layouts[i].page_end);
		KUNIT_EXPECT_EQ(test, r[SHADOW_REGION_MODULES].start,
				layouts[i].page_end);
		KUNIT_EXPECT_EQ(test, r[SHADOW_REGION_VMALLOC].start,
				layouts[i].vmalloc_start);
		KUNIT_EXPECT_EQ(test, layout.kimage_vaddr,
				layouts[i].vmalloc_start);
		KUNIT_EXPECT_EQ_MSG(test, r[SHADOW_REGION_VMALLOC].end,
				    layouts[i].vmalloc_end, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, r[SHADOW_REGION_VMEMMAP].start,
				    layouts[i].vmemmap_start, "row %u", i);
		KUNIT_EXPECT_EQ(test, r[SHADOW_REGION_VMEMMAP].end,
				0xffffffffc0000000);
		KUNIT_EXPECT_EQ(test, r[SHADOW_REGION_PCI_IO].start,
				0xffffffffc0800000);
		KUNIT_EXPECT_EQ(test, r[SHADOW_REGION_PCI_IO].end,
				0xffffffffc1800000);
		KUNIT_EXPECT_EQ(test, r[SHADOW_REGION_FIXMAP].end,
				0xffffffffff800000);
		/* 981 slots of 4 KiB: 512 of them for the device tree */
		if (layouts[i].page_shift == 12)
			KUNIT_EXPECT_EQ(test, r[SHADOW_REGION_FIXMAP].start,
					0xffffffffff42b000);
		SHADOW_TEST_VERIFY(test,
				   shadow_layout_verify(&layout, &__fault));
	}
}

static void layouts_of_all_sizes(struct kunit *test)
{
	static const u8 va_bits[] = { 36, 39, 42, 47, 48, 52 };
	unsigned int page_shift, i, bytes;
	struct shadow_layout layout;
	struct shadow_geometry geo;

	for (page_shift = 12; page_shift <= 16; page_shift += 2)
		for (i = 0; i < ARRAY_SIZE(va_bits); i++)
			for (bytes = 32; bytes <= 64; bytes += 32) {
				bool lpa2 = va_bits[i] == 52 && page_shift < 16;

				KUNIT_ASSERT_EQ(test,
						shadow_geometry_init(&geo,
								     page_shift,
								     va_bits[i],
								     48, lpa2),
						0);
				KUNIT_ASSERT_EQ(test,
						shadow_layout_init(&layout,
								   &geo, bytes),
						0);
				SHADOW_TEST_VERIFY(test,
						   shadow_layout_verify(&layout,
									&__fault));
			}
	KUNIT_EXPECT_EQ(test, shadow_layout_init(&layout, &geo, 48), -EINVAL);
}

/* Windows for HIGHMEM, of 512 and of 1024 pages, below the fixmap */
static void room_for_kmap(struct kunit *test)
{
	static const struct {
		u8 page_shift;
		u32 nr_pkmap;
		u64 pkmap_start;
		u64 kmap_end;
	} rows[] = {
		{ 12, 512, 0xffffffffff200000, 0xffffffffff1ff000 },
		{ 14, 1024, 0xfffffffffe000000, 0xfffffffffdffc000 },
		{ 16, 1024, 0xfffffffff8000000, 0xfffffffff7ff0000 },
	};
	struct shadow_region *kmap, *pkmap;
	struct shadow_layout layout, before;
	struct shadow_geometry geo;
	unsigned int i, nr;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		KUNIT_ASSERT_EQ(test, shadow_geometry_init(&geo, rows[i].page_shift,
							   48, 48, false), 0);
		KUNIT_ASSERT_EQ(test, shadow_layout_init(&layout, &geo, 32), 0);
		kmap = &layout.region[SHADOW_REGION_KMAP];
		pkmap = &layout.region[SHADOW_REGION_PKMAP];
		KUNIT_EXPECT_TRUE(test, shadow_region_empty(kmap));
		KUNIT_EXPECT_TRUE(test, shadow_region_empty(pkmap));
		for (nr = 0; layout.marker[nr].name; nr++)
			KUNIT_EXPECT_NULL(test, strstr(layout.marker[nr].name, "map local"));
		KUNIT_EXPECT_EQ(test, nr, 12);
		before = layout;
		KUNIT_EXPECT_EQ(test, shadow_layout_add_kmap(&layout, 500, 16), -EINVAL);
		/* Slots for so many CPUs that they would reach PCI I/O */
		KUNIT_EXPECT_EQ(test, shadow_layout_add_kmap(&layout, rows[i].nr_pkmap,
							     SZ_1G >> rows[i].page_shift),
				-ENOSPC);
		KUNIT_EXPECT_EQ(test, shadow_layout_add_kmap(&layout, rows[i].nr_pkmap,
							     U64_MAX), -ENOSPC);
		KUNIT_EXPECT_EQ(test, memcmp(&before, &layout, sizeof(layout)), 0);
		KUNIT_ASSERT_EQ(test, shadow_layout_add_kmap(&layout, rows[i].nr_pkmap,
							     16 * 4), 0);
		KUNIT_EXPECT_EQ(test, pkmap->start, rows[i].pkmap_start);
		KUNIT_EXPECT_EQ(test, pkmap->end - pkmap->start,
				(u64)rows[i].nr_pkmap << rows[i].page_shift);
		KUNIT_EXPECT_EQ(test, kmap->end, rows[i].kmap_end);
		KUNIT_EXPECT_EQ(test, kmap->end - kmap->start, 64ULL << rows[i].page_shift);
		SHADOW_TEST_VERIFY(test, shadow_layout_verify(&layout, &__fault));
		for (nr = 0; layout.marker[nr].name; nr++)
			if (nr)
				KUNIT_EXPECT_GE(test, layout.marker[nr].va,
						layout.marker[nr - 1].va);
		KUNIT_EXPECT_EQ(test, nr, 16);
		KUNIT_EXPECT_STREQ(test, layout.marker[10].name, "Kmap local start");
		KUNIT_EXPECT_EQ(test, layout.marker[13].va, pkmap->end);
	}
}

static void linear_map(struct kunit *test)
{
	struct shadow_layout layout;
	struct shadow_geometry geo;

	KUNIT_ASSERT_EQ(test, shadow_geometry_init(&geo, 12, 39, 48, false), 0);
	KUNIT_ASSERT_EQ(test, shadow_layout_init(&layout, &geo, 32), 0);
	KUNIT_EXPECT_EQ(test, shadow_layout_set_memstart(&layout, 0x88000000,
							 0xa0000000), 0);
	/* Down to a gigabyte */
	KUNIT_EXPECT_EQ(test, layout.memstart, 0x80000000);
	KUNIT_EXPECT_EQ(test, shadow_layout_pa_to_va(&layout, 0x88001234),
			0xffffff8008001234);
	KUNIT_EXPECT_EQ(test, shadow_layout_va_to_pa(&layout,
						     0xffffff8008001234),
			0x88001234);
	KUNIT_EXPECT_EQ(test, shadow_layout_vmemmap(&layout, 0x80000),
			layout.region[SHADOW_REGION_VMEMMAP].start);
	KUNIT_EXPECT_EQ(test, shadow_layout_vmemmap(&layout, 0x80003),
			layout.region[SHADOW_REGION_VMEMMAP].start + 96);
	SHADOW_TEST_VERIFY(test, shadow_layout_verify(&layout, &__fault));
	/* 256 GiB fit; of more the upper part is shown */
	KUNIT_EXPECT_EQ(test, shadow_layout_set_memstart(&layout, 0x80000000,
							 0x4080000000), 0);
	KUNIT_EXPECT_EQ(test, shadow_layout_set_memstart(&layout, 0x80000000,
							 0x4080001000),
			-ERANGE);
	KUNIT_EXPECT_EQ(test, layout.memstart, 0xc0000000);
	KUNIT_EXPECT_EQ(test, shadow_layout_memstart_align(14), 0x40000000);
	KUNIT_EXPECT_EQ(test, shadow_layout_memstart_align(16), 0x20000000);
}

static void regions_by_address(struct kunit *test)
{
	struct shadow_layout layout;
	struct shadow_geometry geo;
	struct shadow_fault fault;

	KUNIT_ASSERT_EQ(test, shadow_geometry_init(&geo, 12, 48, 48, false), 0);
	KUNIT_ASSERT_EQ(test, shadow_layout_init(&layout, &geo, 64), 0);
	KUNIT_EXPECT_STREQ(test,
			   shadow_layout_find(&layout,
					      0xffff7fffffffffff)->name,
			   "memory");
	KUNIT_EXPECT_STREQ(test,
			   shadow_layout_find(&layout,
					      0xffff80007fffffff)->name,
			   "modules");
	KUNIT_EXPECT_STREQ(test,
			   shadow_layout_find(&layout,
					      0xffff800080000000)->name,
			   "vmalloc");
	KUNIT_EXPECT_TRUE(test, !shadow_layout_find(&layout,
						    0xfffffdffbf800000));
	KUNIT_EXPECT_TRUE(test, !shadow_layout_find(&layout, 0));
	/* What verify sees */
	layout.region[SHADOW_REGION_PCI_IO].start -= SZ_8M + SZ_4K;
	shadow_fault_init(&fault);
	KUNIT_EXPECT_EQ(test, shadow_layout_verify(&layout, &fault), -EUCLEAN);
	KUNIT_EXPECT_NOT_NULL(test, strstr(fault.text, "PCI I/O"));
	KUNIT_ASSERT_EQ(test, shadow_layout_init(&layout, &geo, 64), 0);
	layout.region[SHADOW_REGION_VMEMMAP].start += SZ_4K;
	shadow_fault_init(&fault);
	KUNIT_EXPECT_EQ(test, shadow_layout_verify(&layout, &fault), -EUCLEAN);
	KUNIT_EXPECT_NOT_NULL(test, strstr(fault.text, "vmemmap"));
}

#define MAX_LINES	40

struct text {
	char line[MAX_LINES][SHADOW_PTDUMP_LINE];
	unsigned int nr;
};

static void gather(void *priv, const char *line)
{
	struct text *text = priv;

	if (text->nr < MAX_LINES)
		strscpy(text->line[text->nr], line, SHADOW_PTDUMP_LINE);
	text->nr++;
}

static void expect_text(struct kunit *test, const struct text *text,
			const char *const *lines, unsigned int nr)
{
	unsigned int i;

	KUNIT_EXPECT_EQ(test, text->nr, nr);
	for (i = 0; i < nr && i < text->nr; i++)
		KUNIT_EXPECT_STREQ(test, text->line[i], lines[i]);
}

/* The line format as the kernel's kernel_page_tables has it */
static void dump_of_a_small_map(struct kunit *test)
{
	static const char *const lines[] = {
"---[ Linear Mapping start ]---",
"0xffffff8000000000-0xffffff8000003000          12K PTE       RW NX SHD AF            UXN    MEM/NORMAL",
"0xffffff8000003000-0xffffff8000004000           4K PTE       ro x  SHD AF            UXN    MEM/NORMAL",
"0xffffff8000004000-0xffffff8000200000        2032K PTE",
"0xffffff8000200000-0xffffff8000600000           4M PMD       ro NX SHD AF        BLK UXN    MEM/NORMAL",
"0xffffff8000600000-0xffffff8040000000        1018M PMD",
"---[ Modules start ]---",
"0xffffff8040000000-0xffffff8080000000           1G PGD       RW NX SHD AF        BLK UXN    DEVICE/nGnRE",
"0xffffff8080000000-0xffffff80c0000000           1G PGD",
"0xffffff80c0000000-0xffffff80c0001000           4K PTE   USR ro NX SHD AF NG         UXN    MEM/NORMAL",
"0xffffff80c0001000-0xffffff80c0002000           4K PTE   USR ro NX SHD AF NG                MEM/NORMAL",
"0xffffff80c0002000-0xffffff80c0003000           4K PTE       RW NX SHD AF            UXN    MEM/NORMAL-NC",
"0xffffff80c0003000-0xffffff80c0200000        2036K PTE",
"0xffffff80c0200000-0xffffff8100000000        1022M PMD",
"0xffffff8100000000-0x0000000000000000         508G PGD",
	};
	static const struct shadow_marker markers[] = {
		{ 0xffffff8000000000, "Linear Mapping start" },
		{ 0xffffff8040000000, "Modules start" },
		{ U64_MAX, NULL },
	};
	static const struct {
		u64 offset, pa, bytes, prot;
	} maps[] = {
		/* Neighbours merge though their addresses do not */
		{ 0, 0x80000000, SZ_4K, SHADOW_PAGE_KERNEL },
		{ SZ_4K, 0x90000000, SZ_8K, SHADOW_PAGE_KERNEL },
		{ SZ_8K + SZ_4K, 0xa0000000, SZ_4K, SHADOW_PAGE_KERNEL_ROX },
		{ SZ_2M, 0xc0000000, SZ_4M, SHADOW_PAGE_KERNEL_RO },
		{ SZ_1G, 0, SZ_1G, SHADOW_PROT_DEVICE_NGNRE },
		{ 3ULL * SZ_1G, 0x1000, SZ_4K, SHADOW_PAGE_SHARED },
		{ 3ULL * SZ_1G + SZ_4K, 0x1000, SZ_4K,
		  SHADOW_PAGE_READONLY_EXEC },
		{ 3ULL * SZ_1G + SZ_8K, 0x1000, SZ_4K, SHADOW_PROT_NORMAL_NC },
	};
	struct test_tables *t = test_tables(test, 12, 39, 48, false, true);
	struct text *text = shadow_test_alloc(test, sizeof(*text));
	struct shadow_ptdump_wx wx;
	struct shadow_walker walker;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(maps); i++)
		KUNIT_ASSERT_EQ(test,
				shadow_pgtable_map(&t->pgt,
						   0xffffff8000000000 +
						   maps[i].offset, maps[i].pa,
						   maps[i].bytes, maps[i].prot,
						   0), 0);
	shadow_pgtable_walker(&t->pgt, &walker);
	KUNIT_ASSERT_EQ(test, shadow_ptdump(&walker, markers, gather, text,
					    &wx), 0);
	expect_text(test, text, lines, ARRAY_SIZE(lines));
	KUNIT_EXPECT_EQ(test, wx.wx_pages, 0);
	KUNIT_EXPECT_EQ(test, wx.uxn_pages, 1);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&t->pgt, 0xffffff8080000000, 0,
						 SZ_2M, SHADOW_PAGE_KERNEL_EXEC,
						 SHADOW_MAP_FORCE), 0);
	KUNIT_ASSERT_EQ(test, shadow_ptdump(&walker, markers, gather, text,
					    &wx), -ELOOP);
	shadow_pgtable_walker(&t->pgt, &walker);
	KUNIT_ASSERT_EQ(test, shadow_ptdump(&walker, markers, gather, text,
					    &wx), 0);
	KUNIT_EXPECT_EQ(test, wx.wx_pages, 512);
}

/* An empty tree of 4 levels: markers are caught up with one hole at a time */
static void dump_of_nothing(struct kunit *test)
{
	static const char *const lines[] = {
"---[ Linear Mapping start ]---",
"0xffff000000000000-0xffff800000000000         128T PGD",
"---[ Linear Mapping end ]---",
"---[ Modules start ]---",
"0xffff800000000000-0xffff808000000000         512G PGD",
"---[ Modules end ]---",
"---[ vmalloc() area ]---",
"0xffff808000000000-0xfffffe0000000000      128512G PGD",
"---[ vmalloc() end ]---",
"---[ vmemmap start ]---",
"0xfffffe0000000000-0x0000000000000000           2T PGD",
	};
	struct test_tables *t = test_tables(test, 12, 48, 48, false, true);
	struct text *text = shadow_test_alloc(test, sizeof(*text));
	struct shadow_layout layout;
	struct shadow_walker walker;

	KUNIT_ASSERT_EQ(test, shadow_layout_init(&layout, &t->pgt.geo, 64), 0);
	shadow_pgtable_walker(&t->pgt, &walker);
	KUNIT_ASSERT_EQ(test, shadow_ptdump(&walker, layout.marker, gather,
					    text, NULL), 0);
	expect_text(test, text, lines, ARRAY_SIZE(lines));
}

static void level_names(struct kunit *test)
{
	static const struct {
		u8 page_shift, va_bits;
		bool lpa2;
		const char *hole[5];
		const char *leaf[5];
	} rows[] = {
		{ 12, 52, true, { "PGD", "P4D", "PUD", "PMD", "PTE" },
		  { "PGD", "P4D", "PUD", "PMD", "PTE" } },
		{ 12, 48, false, { NULL, "PGD", "PUD", "PMD", "PTE" },
		  { NULL, "PGD", "PUD", "PMD", "PTE" } },
		{ 12, 39, false, { NULL, NULL, "PGD", "PMD", "PTE" },
		  { NULL, NULL, "PGD", "PMD", "PTE" } },
		{ 16, 48, false, { NULL, NULL, "PGD", "PMD", "PTE" },
		  { NULL, NULL, "PGD", "PMD", "PTE" } },
		{ 16, 42, false, { NULL, NULL, NULL, "PGD", "PTE" },
		  { NULL, NULL, NULL, "PMD", "PTE" } },
	};
	struct shadow_geometry geo;
	unsigned int i;
	int level;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		KUNIT_ASSERT_EQ(test,
				shadow_geometry_init(&geo, rows[i].page_shift,
						     rows[i].va_bits, 48,
						     rows[i].lpa2), 0);
		for (level = geo.start_level; level <= 3; level++) {
			KUNIT_EXPECT_STREQ(test,
					   shadow_ptdump_level_name(&geo, level,
								    false),
					   rows[i].hole[level + 1]);
			KUNIT_EXPECT_STREQ(test,
					   shadow_ptdump_level_name(&geo, level,
								    true),
					   rows[i].leaf[level + 1]);
		}
	}
}

static struct kunit_case layout_cases[] = {
	KUNIT_CASE(layouts_by_hand),
	KUNIT_CASE(layouts_of_all_sizes),
	KUNIT_CASE(room_for_kmap),
	KUNIT_CASE(linear_map),
	KUNIT_CASE(regions_by_address),
	KUNIT_CASE(dump_of_a_small_map),
	KUNIT_CASE(dump_of_nothing),
	KUNIT_CASE(level_names),
	{}
};

static struct kunit_suite layout_suite = {
	.name = "shadow_layout",
	.test_cases = layout_cases,
};

kunit_test_suite(layout_suite);
