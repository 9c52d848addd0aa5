// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of a board's memory an arm64 kernel uses: setup_machine_fdt() and
 * arm64_memblock_init(), each rule with a case that was computed by hand.
 */
#include "shadow_board_init_test.h"

/* ------------------------------------------------------ the command line -- */

static void cmdline_options(struct kunit *test)
{
	static const struct {
		const char *line;
		const char *said;
	} cases[] = {
		{ "", "" },
		{ "   ", "" },
		{ "quiet", "[quiet]" },
		{ " a=1\tb  c=\n", "[a|1][b][c|]" },
		{ "a=b=c", "[a|b=c]" },
		{ "=x y", "[=x][y]" },
		{ "a=\"1 2\" b", "[a|1 2][b]" },
		{ "\"a=1 2\" b", "[a|1 2][b]" },
		{ "\"a b\" c", "[a b][c]" },
		{ "a=\"1 2", "[a|1 2]" },
		{ "a=\"", "[a|]" },
		{ "a=x\"y z\"", "[a|x\"y z\"]" },
		{ "a -- b", "[a]" },
		{ "a --=1 b", "[a][--|1][b]" },
	};
	struct shadow_board_option option;
	unsigned int i;
	char text[128];
	int at;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *line = cases[i].line;

		at = 0;
		text[0] = '\0';
		while (shadow_board_next_option(&line, &option)) {
			at += scnprintf(text + at, sizeof(text) - at, "[%.*s",
					(int)option.name_len, option.name);
			if (option.value)
				at += scnprintf(text + at, sizeof(text) - at,
						"|%.*s", (int)option.value_len,
						option.value);
			at += scnprintf(text + at, sizeof(text) - at, "]");
		}
		KUNIT_EXPECT_STREQ_MSG(test, text, cases[i].said, "<%s>",
				       cases[i].line);
	}
	option.name = "memory-node_x";
	option.name_len = 11;
	KUNIT_EXPECT_TRUE(test, shadow_board_option_is(&option, "memory_node"));
	KUNIT_EXPECT_TRUE(test, shadow_board_option_is(&option, "memory-node"));
	KUNIT_EXPECT_FALSE(test, shadow_board_option_is(&option, "memory_nod"));
	KUNIT_EXPECT_FALSE(test, shadow_board_option_is(&option, "memory_node_"));
}

static void cmdline_numbers(struct kunit *test)
{
	static const struct {
		const char *text;
		u64 number;
		size_t used;
	} cases[] = {
		{ "512M", 512ULL << 20, 4 },
		{ "512m,", 512ULL << 20, 4 },
		{ "1G@2G", 1ULL << 30, 2 },
		{ "0x10k", 16ULL << 10, 5 },
		{ "0X1F", 31, 4 },
		{ "010", 8, 3 },
		{ "08", 0, 1 },
		{ "0xg", 0, 1 },
		{ "", 0, 0 },
		{ "-1", 0, 0 },
		{ "M", 0, 1 },
		{ "1KM", 1024, 2 },
		{ "1e", 1ULL << 60, 2 },
		{ "16E", 0, 3 },
		{ "18446744073709551617", 1, 20 },
		{ "0x1e", 0x1e, 4 },
	};
	unsigned int i;
	size_t used;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		KUNIT_EXPECT_EQ_MSG(test,
				    shadow_board_memparse(cases[i].text,
							  strlen(cases[i].text),
							  &used),
				    cases[i].number, "%s", cases[i].text);
		KUNIT_EXPECT_EQ_MSG(test, used, cases[i].used, "%s",
				    cases[i].text);
	}
	/* What follows the length does not count. */
	KUNIT_EXPECT_EQ(test, shadow_board_memparse("12345M", 3, NULL), 123);
	KUNIT_EXPECT_EQ(test, shadow_board_memparse("0x5", 2, NULL), 0);
}

/* ---------------------------------------------------- setup_machine_fdt() -- */

static void memory_is_rounded(struct kunit *test)
{
	struct bench *b = new_bench(test);

	add_memory(b, 0x40000000, 0x10000000);
	add_memory(b, 0x60000800, 0x2000);	/* a page, and two parts */
	add_memory(b, 0x61000800, 0x1700);	/* two parts, no page */
	add_memory(b, 0x62000000, 0x800);	/* too small */
	add_memory(b, 0x63000900, 0x6ff);	/* one byte short of a border */
	add_memory(b, 0x64000900, 0x700);	/* up to a border */
	KUNIT_ASSERT_EQ(test, bench_setup(b), 0);
	EXPECT_MEMORY(test, b, "40000000-50000000 60001000-60002000");
	EXPECT_RESERVED(test, b, "40300000-40303210");
	EXPECT_OWNER(test, b, 0x40300000, "dtb");
	EXPECT_SAID(test, b, "OF: fdt: Ignoring memory block 0x62000000 - 0x62000800");
	EXPECT_SAID(test, b, "OF: fdt: Ignoring memory block 0x63000900 - 0x63000fff");
	KUNIT_EXPECT_EQ(test, b->fate.nr_said, 2);
	expect_cut(test, b, 0, 0x60000800, 0x800, SHADOW_BOARD_CUT_PART, false);
	expect_cut(test, b, 1, 0x60002000, 0x800, SHADOW_BOARD_CUT_PART, false);
	expect_cut(test, b, 2, 0x61000800, 0x800, SHADOW_BOARD_CUT_PART, false);
	expect_cut(test, b, 3, 0x61001000, 0xf00, SHADOW_BOARD_CUT_PART, false);
	expect_cut(test, b, 4, 0x62000000, 0x800, SHADOW_BOARD_CUT_PART, false);
	expect_cut(test, b, 5, 0x63000900, 0x6ff, SHADOW_BOARD_CUT_PART, false);
	expect_cut(test, b, 6, 0x64000900, 0x700, SHADOW_BOARD_CUT_PART, false);
	KUNIT_EXPECT_EQ(test, b->fate.nr_cuts, 7);
	KUNIT_EXPECT_EQ(test, b->fate.cut[2].at, 0x300);
}

static void memory_of_64k_pages(struct kunit *test)
{
	struct bench *b = new_bench(test);

	bench_geometry(test, b, 16, 48, 48);
	add_memory(b, 0x40001000, 0x10000000);
	KUNIT_ASSERT_EQ(test, bench_setup(b), 0);
	EXPECT_MEMORY(test, b, "40010000-50000000");
	expect_cut(test, b, 0, 0x40001000, 0xf000, SHADOW_BOARD_CUT_PART, false);
	expect_cut(test, b, 1, 0x50000000, 0x1000, SHADOW_BOARD_CUT_PART, false);
}

static void memory_flags(struct kunit *test)
{
	struct bench *b = new_bench(test);

	add_memory(b, 0x40000000, 0x10000000);
	add_memory(b, 0x50000000, 0x10000000)->flags = SHADOW_MEMBLOCK_HOTPLUG;
	add_memory(b, 0x60000000, 0x10000000)->flags = SHADOW_MEMBLOCK_NOMAP;
	KUNIT_ASSERT_EQ(test, bench_setup(b), 0);
	EXPECT_MEMORY(test, b, "40000000-50000000 50000000-60000000:h 60000000-70000000:n");
	KUNIT_EXPECT_FALSE(test, b->mb.movable_node);
}

static void usable_range(struct kunit *test)
{
	struct bench *b = new_bench(test);

	/* As a crash kernel: the tree lies outside, and loses its reservation. */
	add_memory(b, 0x40000000, 0x20000000);
	add_memory(b, 0x80000000, 0x10000000);
	b->board.nr_usable = 1;
	b->board.usable[0].base = 0x50000000;
	b->board.usable[0].bytes = 0x8000000;
	KUNIT_ASSERT_EQ(test, bench_setup(b), 0);
	EXPECT_MEMORY(test, b, "50000000-58000000");
	EXPECT_RESERVED(test, b, "");
	expect_cut(test, b, 0, 0x40000000, 0x10000000, SHADOW_BOARD_CUT_USABLE, false);
	expect_cut(test, b, 1, 0x58000000, 0x8000000, SHADOW_BOARD_CUT_USABLE, false);
	expect_cut(test, b, 2, 0x80000000, 0x10000000, SHADOW_BOARD_CUT_USABLE, false);
	expect_cut(test, b, 3, 0x40300000, 0x3210, SHADOW_BOARD_CUT_USABLE, true);
	KUNIT_EXPECT_EQ(test, b->fate.nr_cuts, 4);
	KUNIT_EXPECT_EQ(test, b->fate.cut[2].at, 0x200);
}

static void usable_ranges_are_two(struct kunit *test)
{
	struct bench *b = new_bench(test);

	/* The second is added whatever /memory says of it. */
	add_memory(b, 0x40000000, 0x20000000);
	b->board.nr_usable = 2;
	b->board.usable[0].base = 0x50000000;
	b->board.usable[0].bytes = 0x8000000;
	b->board.usable[1].base = 0x3f000000;
	b->board.usable[1].bytes = 0x2000000;
	KUNIT_ASSERT_EQ(test, bench_setup(b), 0);
	EXPECT_MEMORY(test, b, "3f000000-41000000 50000000-58000000");
	EXPECT_RESERVED(test, b, "");
	expect_cut(test, b, 0, 0x41000000, 0xf000000, SHADOW_BOARD_CUT_USABLE, false);
	expect_cut(test, b, 1, 0x58000000, 0x8000000, SHADOW_BOARD_CUT_USABLE, false);
	KUNIT_EXPECT_EQ(test, b->fate.nr_cuts, 3);
}

static void no_memory(struct kunit *test)
{
	struct bench *b = new_bench(test);

	KUNIT_EXPECT_EQ(test, bench_setup(b), -ENODEV);
	KUNIT_EXPECT_NOT_NULL(test, strstr(b->fate.why, "no memory: 0 ranges"));
	add_memory(b, 0x40000100, 0x1000);
	KUNIT_EXPECT_EQ(test, bench_setup(b), -ENODEV);
	KUNIT_EXPECT_NOT_NULL(test, strstr(b->fate.why, "1 ranges are described"));
}

static void early_options(struct kunit *test)
{
	struct bench *b = new_bench(test);

	add_memory(b, 0x40000000, 0x10000000);
	KUNIT_ASSERT_EQ(test, bench_setup(b), 0);
	KUNIT_EXPECT_EQ(test, b->fate.memory_limit, U64_MAX);
	strscpy(b->board.cmdline,
		"mem numa=offset mem=1G movable-node cma=8M mem=\"0x3001800\" -- mem=5M",
		sizeof(b->board.cmdline));
	shadow_memblock_init(&b->mb, NULL, &b->events, 12);
	KUNIT_ASSERT_EQ(test, bench_setup(b), 0);
	KUNIT_EXPECT_EQ(test, b->fate.memory_limit, 0x3001000);
	KUNIT_EXPECT_TRUE(test, b->fate.numa_off);
	KUNIT_EXPECT_TRUE(test, b->fate.cma_given);
	KUNIT_EXPECT_TRUE(test, b->mb.movable_node);
	EXPECT_SAID(test, b, "Malformed early option 'mem'");
	EXPECT_SAID(test, b, "Memory limited to 1024MB");
	EXPECT_SAID(test, b, "Memory limited to 48MB");
	KUNIT_EXPECT_EQ(test, b->fate.nr_said, 3);
}

/* -------------------------------------------------- arm64_memblock_init() -- */

static int run(struct bench *b)
{
	return bench_setup(b) ?: bench_init(b);
}

static void plain_board(struct kunit *test)
{
	struct bench *b = new_bench(test);
	u64 linear;

	add_memory(b, 0x40000000, 0x40000000);
	b->places.initrd.start = 0x48000123;
	b->places.initrd.bytes = 0x1000;
	KUNIT_ASSERT_EQ(test, run(b), 0);
	EXPECT_MEMORY(test, b, "40000000-80000000");
	EXPECT_RESERVED(test, b, "40200000-40303210 48000000-48002000");
	EXPECT_OWNER(test, b, 0x40200000, "image");
	EXPECT_OWNER(test, b, 0x40302000, "dtb");
	EXPECT_OWNER(test, b, 0x48000000, "initrd");
	KUNIT_EXPECT_EQ(test, b->fate.nr_said, 0);
	KUNIT_EXPECT_EQ(test, b->fate.nr_cuts, 0);
	KUNIT_EXPECT_EQ(test, b->fate.initrd.start, 0x48000123);
	KUNIT_EXPECT_EQ(test, b->fate.initrd.bytes, 0x1000);
	KUNIT_EXPECT_FALSE(test, b->fate.initrd_dropped);
	KUNIT_EXPECT_EQ(test, b->layout.memstart, 0x40000000);
	KUNIT_EXPECT_EQ(test, b->fate.memstart_addr, 0x40000000);
	KUNIT_EXPECT_EQ(test, b->fate.linear_bytes, BIT_ULL(47));
	linear = b->layout.region[SHADOW_REGION_LINEAR].start;
	KUNIT_EXPECT_EQ(test, b->fate.high_memory, linear + 0x40000000);
	KUNIT_EXPECT_EQ(test, shadow_layout_pa_to_va(&b->layout, 0x40000000),
			linear);
}

static void memstart_is_rounded(struct kunit *test)
{
	static const struct {
		unsigned int page_shift;
		u64 memstart;
	} cases[] = {
		/* 1 GiB, but 512 MiB with pages of 64 KiB */
		{ 12, 0x40000000 }, { 14, 0x40000000 }, { 16, 0x60000000 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench *b = new_bench(test);

		bench_geometry(test, b, cases[i].page_shift, 48, 48);
		add_memory(b, 0x71000000, 0x8000000);
		b->places.image.start = 0x72000000;
		b->places.dtb.start = 0x78000000;
		KUNIT_ASSERT_EQ(test, run(b), 0);
		KUNIT_EXPECT_EQ(test, b->layout.memstart, cases[i].memstart);
	}
}

static void beyond_the_address_size(struct kunit *test)
{
	struct bench *b = new_bench(test);

	add_memory(b, 0x40000000, 0x10000000);
	add_memory(b, BIT_ULL(48) - 0x100000, 0x200000);
	add_memory(b, BIT_ULL(48) + BIT_ULL(40), 0x200000);
	bench_geometry(test, b, 12, 52, 48);
	KUNIT_ASSERT_EQ(test, run(b), 0);
	EXPECT_MEMORY(test, b, "40000000-50000000 fffffff00000-1000000000000");
	expect_cut(test, b, 0, BIT_ULL(48), 0x100000, SHADOW_BOARD_CUT_PA, false);
	expect_cut(test, b, 1, BIT_ULL(48) + BIT_ULL(40), 0x200000,
		   SHADOW_BOARD_CUT_PA, false);
	KUNIT_EXPECT_EQ(test, b->fate.nr_cuts, 2);
	KUNIT_EXPECT_EQ(test, b->fate.cut[0].at, 0x200);
	KUNIT_EXPECT_EQ(test, b->fate.cut[1].at, 0x300);

	b = new_bench(test);
	add_memory(b, BIT_ULL(48), 0x200000);
	KUNIT_EXPECT_EQ(test, run(b), -ENODEV);
	KUNIT_EXPECT_NOT_NULL(test, strstr(b->fate.why, "48 bits"));
}

static void beyond_the_linear_map(struct kunit *test)
{
	struct bench *b = new_bench(test);

	/* 39 bits: the linear map spans 256 GiB, here from 1 GiB on */
	bench_geometry(test, b, 12, 39, 48);
	add_memory(b, 0x40000000, 0x40000000);
	add_memory(b, 0x4000000000, 0x80000000);
	KUNIT_ASSERT_EQ(test, run(b), 0);
	EXPECT_MEMORY(test, b, "40000000-80000000 4000000000-4040000000");
	expect_cut(test, b, 0, 0x4040000000, 0x40000000, SHADOW_BOARD_CUT_ABOVE,
		   false);
	KUNIT_EXPECT_EQ(test, b->fate.nr_cuts, 1);
	EXPECT_SAID(test, b, "Memory doesn't fit in the linear mapping, VA_BITS too small");
	KUNIT_EXPECT_EQ(test, b->layout.memstart, 0x40000000);
}

static void image_above_the_linear_map(struct kunit *test)
{
	struct bench *b = new_bench(test);

	/*
	 * The image ends at 0x4060100000. What is above goes, and then what is
	 * lower than 256 GiB below that, rounded up to 1 GiB: 0x80000000.
	 */
	bench_geometry(test, b, 12, 39, 48);
	add_memory(b, 0x40000000, 0x80000000);
	add_memory(b, 0x4000000000, 0x80000000);
	b->places.image.start = 0x4060000000;
	KUNIT_ASSERT_EQ(test, run(b), 0);
	EXPECT_MEMORY(test, b, "80000000-c0000000 4000000000-4060100000");
	expect_cut(test, b, 0, 0x4060100000, 0x1ff00000, SHADOW_BOARD_CUT_ABOVE,
		   false);
	expect_cut(test, b, 1, 0x40000000, 0x40000000, SHADOW_BOARD_CUT_BELOW,
		   false);
	KUNIT_EXPECT_EQ(test, b->layout.memstart, 0x80000000);
	KUNIT_EXPECT_EQ(test, b->fate.memstart_addr, 0x80000000);
}

static void linear_map_of_52_bits(struct kunit *test)
{
	struct bench *b = new_bench(test);

	/* Built for 52 bits, on a CPU that has 48: 2^48 - 2^52 + 1 GiB */
	add_memory(b, 0x40000000, 0x10000000);
	b->arch.va_bits = 52;
	KUNIT_ASSERT_EQ(test, run(b), 0);
	KUNIT_EXPECT_EQ(test, b->layout.memstart, 0x40000000);
	KUNIT_EXPECT_EQ(test, b->fate.memstart_addr, -0xeffffc0000000LL);

	b = new_bench(test);
	bench_geometry(test, b, 12, 52, 52);
	add_memory(b, 0x40000000, 0x10000000);
	KUNIT_ASSERT_EQ(test, run(b), 0);
	KUNIT_EXPECT_EQ(test, b->fate.memstart_addr, 0x40000000);
	KUNIT_EXPECT_EQ(test, b->fate.linear_bytes, BIT_ULL(52) - BIT_ULL(47));

	/* KVM wants half of it, and 52 bits of memory do not fit that */
	b = new_bench(test);
	bench_geometry(test, b, 12, 52, 52);
	b->arch.nvhe = true;
	add_memory(b, 0x40000000, 0x10000000);
	add_memory(b, BIT_ULL(51), 0x80000000);
	KUNIT_ASSERT_EQ(test, run(b), 0);
	KUNIT_EXPECT_EQ(test, b->fate.linear_bytes, BIT_ULL(51));
	EXPECT_MEMORY(test, b, "40000000-50000000 8000000000000-8000040000000");
	EXPECT_SAID(test, b,
		    "Capping linear region to 51 bits for KVM in nVHE mode on LVA capable hardware.");
}

static void mem_limit(struct kunit *test)
{
	struct bench *b = new_bench(test);

	/* 32 MiB below a hole, 16 above; image, initrd and tree lie higher. */
	add_memory(b, 0x40000000, 0x2000000);
	add_memory(b, 0x50000000, 0x10000000);
	b->places.image.start = 0x54000000;
	b->places.dtb.start = 0x55000000;
	b->places.initrd.start = 0x56000800;
	b->places.initrd.bytes = 0x100000;
	strscpy(b->board.cmdline, "mem=48M", sizeof(b->board.cmdline));
	KUNIT_ASSERT_EQ(test, run(b), 0);
	EXPECT_MEMORY(test, b,
		      "40000000-42000000 50000000-51000000 54000000-54100000 56000000-56101000");
	EXPECT_RESERVED(test, b, "54000000-54100000 56000000-56101000");
	expect_cut(test, b, 0, 0x51000000, 0xf000000, SHADOW_BOARD_CUT_LIMIT, false);
	expect_cut(test, b, 1, 0x55000000, 0x3210, SHADOW_BOARD_CUT_LIMIT, true);
	KUNIT_EXPECT_EQ(test, b->fate.nr_cuts, 2);

	/* The border of a range, and more than there is */
	b = new_bench(test);
	add_memory(b, 0x40000000, 0x2000000);
	add_memory(b, 0x50000000, 0x10000000);
	strscpy(b->board.cmdline, "mem=32M", sizeof(b->board.cmdline));
	KUNIT_ASSERT_EQ(test, run(b), 0);
	EXPECT_MEMORY(test, b, "40000000-42000000");

	b = new_bench(test);
	add_memory(b, 0x40000000, 0x2000000);
	strscpy(b->board.cmdline, "mem=1G", sizeof(b->board.cmdline));
	KUNIT_ASSERT_EQ(test, run(b), 0);
	EXPECT_MEMORY(test, b, "40000000-42000000");
	KUNIT_EXPECT_EQ(test, b->fate.nr_cuts, 0);

	/* 0 is no limit */
	b = new_bench(test);
	add_memory(b, 0x40000000, 0x2000000);
	strscpy(b->board.cmdline, "mem=1K", sizeof(b->board.cmdline));
	KUNIT_ASSERT_EQ(test, run(b), 0);
	EXPECT_MEMORY(test, b, "40000000-42000000");
	EXPECT_SAID(test, b, "Memory limited to 0MB");
	KUNIT_EXPECT_EQ(test, b->fate.nr_cuts, 0);
}

#define OUT_OF_REACH "initrd not fully accessible via the linear mapping -- please check your bootloader ..."

static void initrd_out_of_reach(struct kunit *test)
{
	struct bench *b = new_bench(test);

	/* Its first page lies below memory. */
	add_memory(b, 0x40000000, 0x10000000);
	b->places.initrd.start = 0x3ffffff0;
	b->places.initrd.bytes = 0x100000;
	KUNIT_ASSERT_EQ(test, run(b), 0);
	EXPECT_MEMORY(test, b, "40000000-50000000");
	EXPECT_RESERVED(test, b, "40200000-40303210");
	EXPECT_SAID(test, b, OUT_OF_REACH);
	KUNIT_EXPECT_TRUE(test, b->fate.initrd_dropped);
	KUNIT_EXPECT_EQ(test, b->fate.initrd.bytes, 0);

	/* Its last page just fits the linear map, from the start of memory. */
	b = new_bench(test);
	bench_geometry(test, b, 12, 39, 48);
	add_memory(b, 0x41000000, 0x10000000);
	b->places.image.start = 0x42000000;
	b->places.initrd.start = 0x4041000000 - 0x1800;
	b->places.initrd.bytes = 0x1800;
	KUNIT_ASSERT_EQ(test, run(b), 0);
	EXPECT_MEMORY(test, b, "41000000-51000000 4040ffe000-4041000000");
	KUNIT_EXPECT_FALSE(test, b->fate.initrd_dropped);

	b = new_bench(test);
	bench_geometry(test, b, 12, 39, 48);
	add_memory(b, 0x41000000, 0x10000000);
	b->places.image.start = 0x42000000;
	b->places.initrd.start = 0x4041000000 - 0x1800;
	b->places.initrd.bytes = 0x1801;
	KUNIT_ASSERT_EQ(test, run(b), 0);
	EXPECT_MEMORY(test, b, "41000000-51000000");
	EXPECT_SAID(test, b, OUT_OF_REACH);

	/* At the end of the address space its end wraps. */
	b = new_bench(test);
	add_memory(b, 0x40000000, 0x10000000);
	b->places.initrd.start = U64_MAX - 0x100;
	b->places.initrd.bytes = 0x10;
	KUNIT_ASSERT_EQ(test, run(b), 0);
	KUNIT_EXPECT_TRUE(test, b->fate.initrd_dropped);
}

static void initrd_is_mapped_again(struct kunit *test)
{
	struct bench *b = new_bench(test);

	add_memory(b, 0x40000000, 0x10000000);
	add_memory(b, 0x50000000, 0x10000000)->flags = SHADOW_MEMBLOCK_NOMAP;
	b->places.initrd.start = 0x4ff00000;
	b->places.initrd.bytes = 0x200000;
	KUNIT_ASSERT_EQ(test, run(b), 0);
	EXPECT_MEMORY(test, b, "40000000-50100000 50100000-60000000:n");
}

static void image_not_in_memory(struct kunit *test)
{
	struct bench *b = new_bench(test);

	add_memory(b, 0x41000000, 0x10000000);
	KUNIT_EXPECT_EQ(test, run(b), -ERANGE);
	KUNIT_EXPECT_STREQ(test, b->fate.why,
			   "image [0x40200000-0x402fffff] does not lie in memory that is left: see what was removed, and why");
	/* Its last byte */
	b = new_bench(test);
	add_memory(b, 0x40000000, 0x10000000);
	b->places.image.start = 0x4ff01000;
	KUNIT_EXPECT_EQ(test, run(b), -ERANGE);
	/* Across two regions that do not merge */
	b = new_bench(test);
	add_memory(b, 0x40000000, 0x10000000);
	add_memory(b, 0x50000000, 0x10000000)->flags = SHADOW_MEMBLOCK_HOTPLUG;
	b->places.image.start = 0x4ff01000;
	KUNIT_EXPECT_EQ(test, run(b), 0);
	/* In memory that a crash kernel must not use */
	b = new_bench(test);
	add_memory(b, 0x40000000, 0x10000000);
	b->board.nr_usable = 1;
	b->board.usable[0].base = 0x41000000;
	b->board.usable[0].bytes = 0x1000000;
	KUNIT_EXPECT_EQ(test, run(b), -ERANGE);
}

/* A text board is what it is: nothing is rounded, nothing is added. */
static void text_board(struct kunit *test)
{
	struct bench *b = new_bench(test);

	b->board.kind = SHADOW_BOARD_TEXT;
	add_memory(b, 0x80000000, 0x800)->nid = 0;
	add_memory(b, 0x80001000, 0x1fff000)->nid = 1;
	add_memory(b, 0x82000000, 0x1000)->flags = SHADOW_MEMBLOCK_NOMAP;
	add_reserved(b, "", 0x80002010, 0x33, SHADOW_MEMBLOCK_RSRV_NOINIT);
	add_reserved(b, "", 0x90000000, 0x1000, 0)->nid = 1;
	strscpy(b->board.cmdline, "mem=1M", sizeof(b->board.cmdline));
	b->places.initrd.start = 0x81000000;
	b->places.initrd.bytes = 0x1000;
	KUNIT_ASSERT_EQ(test, run(b), 0);
	EXPECT_MEMORY(test, b, "80000000-80000800:0 80001000-82000000:1 82000000-82001000:n");
	EXPECT_RESERVED(test, b, "80002010-80002043:r 90000000-90001000:1");
	KUNIT_EXPECT_EQ(test, b->fate.nr_said, 0);
	EXPECT_OWNER(test, b, 0x80002010, "board");
}

static void logs_are_bounded(struct kunit *test)
{
	struct bench *b = new_bench(test);
	unsigned int i;

	add_memory(b, 0x40000000, 0x10000000);
	for (i = 0; i < 200; i++)
		add_memory(b, 0x60000000 + i * 0x1000, 0x800);
	KUNIT_ASSERT_EQ(test, bench_setup(b), 0);
	KUNIT_EXPECT_EQ(test, b->fate.nr_cuts, SHADOW_BOARD_NR_CUTS);
	KUNIT_EXPECT_EQ(test, b->fate.nr_cuts_lost, 200 - SHADOW_BOARD_NR_CUTS);
	KUNIT_EXPECT_EQ(test, b->fate.nr_said, SHADOW_BOARD_NR_SAID);
	KUNIT_EXPECT_EQ(test, b->fate.nr_said_lost, 200 - SHADOW_BOARD_NR_SAID);
}

static struct kunit_case board_init_cases[] = {
	KUNIT_CASE(cmdline_options),
	KUNIT_CASE(cmdline_numbers),
	KUNIT_CASE(memory_is_rounded),
	KUNIT_CASE(memory_of_64k_pages),
	KUNIT_CASE(memory_flags),
	KUNIT_CASE(usable_range),
	KUNIT_CASE(usable_ranges_are_two),
	KUNIT_CASE(no_memory),
	KUNIT_CASE(early_options),
	KUNIT_CASE(plain_board),
	KUNIT_CASE(memstart_is_rounded),
	KUNIT_CASE(beyond_the_address_size),
	KUNIT_CASE(beyond_the_linear_map),
	KUNIT_CASE(image_above_the_linear_map),
	KUNIT_CASE(linear_map_of_52_bits),
	KUNIT_CASE(mem_limit),
	KUNIT_CASE(initrd_out_of_reach),
	KUNIT_CASE(initrd_is_mapped_again),
	KUNIT_CASE(image_not_in_memory),
	KUNIT_CASE(text_board),
	KUNIT_CASE(logs_are_bounded),
	{}
};

static struct kunit_suite board_init_suite = {
	.name = "shadow_board_init",
	.test_cases = board_init_cases,
};

kunit_test_suite(board_init_suite);
