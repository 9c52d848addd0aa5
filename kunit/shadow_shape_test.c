// SPDX-License-Identifier: GPL-2.0-only
/*
 * Machines of every shape that the architecture allows: booted, read by a walker
 * that was written from the Arm ARM and knows nothing of the code under test,
 * and compared frame by frame with what ought to be mapped.
 */
#include "shadow_test_host.h"

#include "shadow_audit.h"
#include "shadow_boot.h"

static char *const granules[] = { "4k", "16k", "64k" };
static char *const va_sizes[] = { "36", "39", "42", "47", "48", "52" };
static char *const pa_sizes[] = { NULL, "48", "52" };
static char *const formats[] = { NULL, "auto", "on", "off" };
static char *const rodatas[] = { "on", "full", "off" };

/* What is legal: 52 bits of either ask for LPA2 */
static bool legal(unsigned int granule, const char *va, const char *pa,
		  const char *lpa2)
{
	bool wide = !strcmp(va, "52") || (pa && !strcmp(pa, "52"));

	if (granule == 2)
		return !lpa2 || strcmp(lpa2, "on");
	return !wide || !lpa2 || strcmp(lpa2, "off");
}

static void fill(struct shadow_param_strings *in, unsigned int granule,
		 char *va, char *pa, char *lpa2)
{
	static char *const sizes[] = { "16M", "32M", "64M" };

	memset(in, 0, sizeof(*in));
	in->value[SHADOW_PARAM_SIZE] = sizes[granule];
	in->value[SHADOW_PARAM_GRANULE] = granules[granule];
	in->value[SHADOW_PARAM_VA_BITS] = va;
	in->value[SHADOW_PARAM_PA_BITS] = pa;
	in->value[SHADOW_PARAM_LPA2] = lpa2;
}

/* One of all shapes by number; false: no more */
static bool shape_at(unsigned int n, struct shadow_param_strings *in, bool *ok)
{
	unsigned int granule = n % 3, va = n / 3 % 6, pa = n / 18 % 3, lpa2 = n / 54;

	if (lpa2 == ARRAY_SIZE(formats))
		return false;
	fill(in, granule, va_sizes[va], pa_sizes[pa], formats[lpa2]);
	*ok = legal(granule, va_sizes[va], pa_sizes[pa], formats[lpa2]);
	return true;
}

static const char *given(const struct shadow_param_strings *in,
			 enum shadow_param_id id)
{
	return in->value[id] ? in->value[id] : "-";
}

static void shapes_legal(struct kunit *test)
{
	struct shadow_host_facts facts = { 12, true, false, 52 };
	unsigned int n, nr_taken = 0, nr_refused = 0;
	struct shadow_param_strings in;
	char why[SHADOW_PARAMS_WHY];
	struct shadow_config cfg;
	bool ok;

	for (n = 0; shape_at(n, &in, &ok); n++) {
		int err;

		facts.ds = n & 1;
		err = shadow_params_check(&in, &facts, &cfg, why, sizeof(why));
		KUNIT_EXPECT_EQ_MSG(test, err, ok ? 0 : -EINVAL,
				    "granule=%s va_bits=%s pa_bits=%s lpa2=%s: %s",
				    given(&in, SHADOW_PARAM_GRANULE),
				    given(&in, SHADOW_PARAM_VA_BITS),
				    given(&in, SHADOW_PARAM_PA_BITS),
				    given(&in, SHADOW_PARAM_LPA2), why);
		nr_taken += !err;
		nr_refused += !!err;
		if (err) {
			KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why, "; allowed with "),
						  "%s", why);
			continue;
		}
		/* What was not said is 48 bits, or what LPA2 has */
		if (!in.value[SHADOW_PARAM_PA_BITS])
			KUNIT_EXPECT_EQ(test, cfg.pa_bits, cfg.lpa2 ? 52 : 48);
	}
	/* 18 pairs, 3 sizes, 4 formats; refused: on with 64k, off with 52 */
	KUNIT_EXPECT_EQ(test, nr_taken, 216 - 18 - 2 * 8);
	KUNIT_EXPECT_EQ(test, nr_refused, 18 + 2 * 8);
}

/* --------------------------------------------- a reader from the Arm ARM -- */

/**
 * struct reader - a half as registers and memory have it
 * @block: memory
 * @shift: log2 of the granule
 * @va_bits: 64 - TxSZ
 * @ds: TCR_EL1.DS with 4K or 16K
 * @upper: the half of TTBR1
 * @root: address of the first table
 * @leaf: called for each leaf
 * @to: for @leaf
 */
struct reader {
	const struct shadow_block *block;
	unsigned int shift;
	unsigned int va_bits;
	bool ds;
	bool upper;
	u64 root;
	void (*leaf)(void *to, u64 va, u64 pa, u64 bytes, u64 desc, u64 limits);
	void *to;
};

static void reader_init(struct reader *reader, const struct shadow_mm *mm,
			bool upper, u64 ttbr)
{
	static const u8 tg[2][4] = { { 12, 16, 14, 0 }, { 0, 14, 12, 16 } };
	u64 tcr = mm->regs.tcr;
	bool large;

	memset(reader, 0, sizeof(*reader));
	reader->block = &mm->block;
	reader->upper = upper;
	reader->shift = tg[upper][upper ? tcr >> 30 & 3 : tcr >> 14 & 3];
	reader->va_bits = 64 - (upper ? tcr >> 16 & 0x3f : tcr & 0x3f);
	reader->ds = (tcr >> 59 & 1) && reader->shift != 16;
	large = reader->ds || (reader->shift == 16 && (tcr >> 32 & 7) == 6);
	reader->root = ttbr & 0xffffffffffc0;
	if (large)
		reader->root |= (ttbr >> 2 & 0xf) << 48;
}

static u64 desc_address(const struct reader *reader, u64 desc)
{
	u64 pa = desc & 0xfffffffff000 & ~((1ULL << reader->shift) - 1);

	if (reader->ds)
		return pa | (desc & 0x3000000000000) | (desc >> 8 & 3) << 50;
	if (reader->shift == 16)
		return pa | (desc >> 12 & 0xf) << 48;
	return pa;
}

static u64 read_u64(const struct reader *reader, u64 pa)
{
	const u64 *at = shadow_block_contents(reader->block, pa, 8);

	return at ? *at : 0;
}

/* @below: address bits that a descriptor of this table leaves to others */
static void read_table(const struct reader *reader, u64 table, unsigned int below,
		       unsigned int bits, u64 va, u64 limits)
{
	u64 i, desc;

	for (i = 0; i < 1ULL << bits; i++) {
		u64 at = va | i << below;

		desc = read_u64(reader, table + i * 8);
		if (!(desc & 1))
			continue;
		if (below == reader->shift || !(desc & 2))
			reader->leaf(reader->to, at, desc_address(reader, desc),
				     1ULL << below, desc, limits);
		else
			read_table(reader, desc_address(reader, desc),
				   below - (reader->shift - 3), reader->shift - 3,
				   at, limits | desc >> 59);
	}
}

static void read_half(const struct reader *reader)
{
	unsigned int below = reader->shift, bits = reader->shift - 3;

	while (below + bits < reader->va_bits)
		below += bits;
	read_table(reader, reader->root, below, reader->va_bits - below,
		   reader->upper ? ~0ULL << reader->va_bits : 0, 0);
}

/* ------------------------------------------------- what ought to be there -- */

enum page_kind { NOTHING, RW, RO, ROX, RWX };

/**
 * struct seen - what a half has: all of it, and window by window
 * @shift: log2 of the granule
 * @window: what is looked at: a region, where in it something ought to begin
 *	that shows pa0, how many pages it has, what kind each turned out to be;
 *	pages with another frame, and pages of the region beside it
 * @nr_wx: pages that are writable and executable
 * @nr_uxn: pages that EL0 may execute
 * @nr_barred: executable pages below a table that forbids execution
 * @nr_no_limit: pages that no table withholds from EL0
 */
struct seen {
	unsigned int shift;
	struct {
		u64 first, last;
		u64 start;
		u64 pa0;
		u64 nr;
		u8 *kind;
		u64 nr_wrong_pa;
		u64 nr_outside;
	} window[2];
	u64 nr_wx;
	u64 nr_uxn;
	u64 nr_barred;
	u64 nr_no_limit;
};

static enum page_kind kind_of(u64 desc)
{
	bool exec = !(desc >> 53 & 1), ro = desc >> 7 & 1;

	return exec ? ro ? ROX : RWX : ro ? RO : RW;
}

static void see_page(struct seen *seen, u64 va, u64 pa, enum page_kind kind)
{
	unsigned int w;
	u64 at;

	for (w = 0; w < ARRAY_SIZE(seen->window); w++) {
		if (va < seen->window[w].first || va > seen->window[w].last)
			continue;
		at = (va - seen->window[w].start) >> seen->shift;
		if (va < seen->window[w].start || at >= seen->window[w].nr) {
			seen->window[w].nr_outside++;
			continue;
		}
		seen->window[w].kind[at] = kind;
		if (pa != seen->window[w].pa0 + (at << seen->shift))
			seen->window[w].nr_wrong_pa++;
	}
}

static void see(void *to, u64 va, u64 pa, u64 bytes, u64 desc, u64 limits)
{
	enum page_kind kind = kind_of(desc);
	struct seen *seen = to;
	u64 i, nr = bytes >> seen->shift;

	if (kind == RWX)
		seen->nr_wx += nr;
	if (!(desc >> 54 & 1))
		seen->nr_uxn += nr;
	/* Bits 59, 60 of a table: PXNTable, UXNTable */
	if ((kind == ROX || kind == RWX) && (limits & 1))
		seen->nr_barred += nr;
	if (!(limits & 2))
		seen->nr_no_limit += nr;
	for (i = 0; i < nr; i++)
		see_page(seen, va + (i << seen->shift), pa + (i << seen->shift),
			 kind);
}

/* ----------------------------------------------------------------- boots -- */

/**
 * struct rig - a machine and what is around it
 * @mm: the machine
 * @backing: books of a virtual board
 * @board: the board, where there is one
 * @storage: memory
 * @in: parameters
 * @text: of those that have none of their own
 * @kinds: for struct seen
 * @want: pages that ought to be mapped
 */
struct rig {
	struct shadow_mm mm;
	struct shadow_backing backing;
	struct shadow_board board;
	struct shadow_block storage;
	struct shadow_param_strings in;
	char text[3][48];
	u8 *kinds;
	u8 *want;
};

#define MAX_BLOCK	SZ_64M
#define MAX_PAGES	(MAX_BLOCK >> 12)

static struct rig *rig_init(struct kunit *test)
{
	struct rig *rig = shadow_test_alloc(test, sizeof(*rig));

	shadow_test_block(test, &rig->storage, 0, MAX_BLOCK);
	rig->kinds = shadow_test_alloc(test, 2 * MAX_PAGES);
	rig->want = shadow_test_alloc(test, MAX_PAGES);
	return rig;
}

static void describe(struct rig *rig, char *text, size_t room)
{
	struct shadow_config *cfg = &rig->mm.cfg;

	snprintf(text, room,
		 "granule %u va_bits %u pa_bits %u lpa2 %d rodata %d base %#llx image %#llx+%llu seed %llu",
		 1U << (cfg->page_shift - 10), cfg->va_bits, cfg->pa_bits, cfg->lpa2,
		 cfg->rodata, (u64)rig->mm.block.base, rig->mm.places.image.start,
		 rig->mm.places.image.bytes, cfg->seed);
}

static void boot(struct kunit *test, struct rig *rig, u64 base)
{
	static const struct shadow_host_facts facts = { 12, true, false, 52 };
	struct shadow_mm *mm = &rig->mm;
	char text[200];
	int err;

	memset(mm, 0, sizeof(*mm));
	shadow_test_host_given(test, mm, &facts, &rig->in);
	mm->board = rig->board.nr_memory ? &rig->board : NULL;
	rig->storage.base = base;
	rig->storage.bytes = mm->cfg.bytes;
	shadow_test_host_place(test, mm, &rig->storage);
	shadow_test_host_prepare(test, mm, &rig->storage, &rig->backing);
	/* All granules with LPA2, 52 bits of both sizes */
	mm->cpu_id.mmfr0 = 0x6 | 2ULL << 20 | 1ULL << 28;
	mm->cpu_id.mmfr2 = 1ULL << 16;
	err = shadow_boot_up(mm);
	describe(rig, text, sizeof(text));
	KUNIT_ASSERT_EQ_MSG(test, err, 0, "%s: %s: %s", text,
			    shadow_phase_name(mm->boot.nr_done),
			    mm->boot.record[mm->boot.nr_done].effect);
	SHADOW_TEST_VERIFY(test, shadow_layout_verify(&mm->layout, &__fault));
}

static void take_down(struct kunit *test, struct rig *rig)
{
	static struct shadow_audit audit;

	KUNIT_EXPECT_EQ_MSG(test, shadow_audit(&rig->mm, &audit), 0, "%s",
			    audit.fault.text);
	KUNIT_EXPECT_EQ(test, shadow_boot_down(&rig->mm), 0);
	KUNIT_EXPECT_EQ(test, shadow_test_host.live, 0);
}

/* PAGE_OFFSET, PAGE_END, KIMAGE_VADDR: the macros of asm/memory.h */
static void kernel_layout(unsigned int shift, unsigned int va_bits,
			  unsigned int struct_bytes, u64 *start, u64 *end)
{
	unsigned int min_bits = va_bits > 48 ? shift == 14 ? 47 : 48 : va_bits;
	u64 page_offset = 0 - (1ULL << va_bits);
	u64 page_end = 0 - (1ULL << (min_bits - 1));
	u64 vmemmap_end = 0 - (1ULL << 30);
	u64 vmemmap_va = vmemmap_end - (page_end - page_offset) / (1ULL << shift) * struct_bytes;
	unsigned int slots = 0x200000 / (1U << shift) + 3 + 1 + 5 +
			     7 * (0x40000 / (1U << shift) + 1) + 5;

	start[SHADOW_REGION_LINEAR] = page_offset;
	end[SHADOW_REGION_LINEAR] = page_end;
	start[SHADOW_REGION_MODULES] = page_end;
	end[SHADOW_REGION_MODULES] = page_end + 0x80000000;
	start[SHADOW_REGION_VMALLOC] = page_end + 0x80000000;
	end[SHADOW_REGION_VMALLOC] = vmemmap_va - 0x800000;
	start[SHADOW_REGION_VMEMMAP] = vmemmap_va;
	end[SHADOW_REGION_VMEMMAP] = vmemmap_end;
	start[SHADOW_REGION_PCI_IO] = vmemmap_end + 0x800000;
	end[SHADOW_REGION_PCI_IO] = vmemmap_end + 0x1800000;
	end[SHADOW_REGION_FIXMAP] = 0 - 0x800000ULL;
	start[SHADOW_REGION_FIXMAP] = end[SHADOW_REGION_FIXMAP] - ((u64)slots << shift);
}

static void expect_layout(struct kunit *test, struct rig *rig)
{
	static const enum shadow_region_id ids[] = {
		SHADOW_REGION_LINEAR, SHADOW_REGION_MODULES, SHADOW_REGION_VMALLOC,
		SHADOW_REGION_VMEMMAP, SHADOW_REGION_PCI_IO, SHADOW_REGION_FIXMAP,
	};
	const struct shadow_region *region = rig->mm.layout.region;
	u64 start[SHADOW_NR_REGIONS], end[SHADOW_NR_REGIONS];
	unsigned int i;

	kernel_layout(rig->mm.cfg.page_shift, rig->mm.cfg.va_bits,
		      sizeof(struct shadow_page), start, end);
	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		KUNIT_EXPECT_EQ_MSG(test, region[ids[i]].start, start[ids[i]], "%s",
				    region[ids[i]].name);
		KUNIT_EXPECT_EQ_MSG(test, region[ids[i]].end, end[ids[i]], "%s",
				    region[ids[i]].name);
	}
}

static void expect_regs(struct kunit *test, struct rig *rig)
{
	static const u8 tg0[] = { 0, 2, 1 }, tg1[] = { 2, 1, 3 };
	const struct shadow_config *cfg = &rig->mm.cfg;
	unsigned int granule = (cfg->page_shift - 12) / 2;
	u64 tcr = rig->mm.regs.tcr;
	u64 image_end = rig->mm.places.image.start + rig->mm.places.image.bytes;
	unsigned int lower = 64 - (tcr & 0x3f);

	KUNIT_EXPECT_EQ(test, 64 - (tcr >> 16 & 0x3f), cfg->va_bits);
	KUNIT_EXPECT_EQ(test, tcr >> 14 & 3, tg0[granule]);
	KUNIT_EXPECT_EQ(test, tcr >> 30 & 3, tg1[granule]);
	KUNIT_EXPECT_EQ(test, tcr >> 32 & 7, cfg->pa_bits == 52 ? 6 : 5);
	KUNIT_EXPECT_EQ(test, tcr >> 59 & 1, cfg->lpa2);
	/* The identity map's half reaches the image, and is one of the sizes */
	KUNIT_EXPECT_EQ(test, (image_end - 1) >> lower, 0);
	KUNIT_EXPECT_TRUE(test, lower == 48 || lower == 52);
	KUNIT_EXPECT_EQ(test, rig->mm.regs.sctlr & 1, 1);
}

/* Which protection a page of the image has, by the segments' names */
static enum page_kind image_kind(const struct rig *rig, u64 pa)
{
	const struct shadow_segment *s = rig->mm.boot.segment;
	bool off = rig->mm.cfg.rodata == SHADOW_RODATA_OFF;

	while (pa >= s->start + s->bytes)
		s++;
	if (!strcmp(s->name, ".text") || !strcmp(s->name, ".init.text"))
		return off ? RWX : ROX;
	return !strcmp(s->name, ".rodata") && !off ? RO : RW;
}

/* The alias of .text and .rodata is read-only in every mode */
static enum page_kind linear_kind(const struct rig *rig, u64 pa)
{
	const struct shadow_segment *s = rig->mm.boot.segment;

	return pa >= s[0].start && pa < s[1].start + s[1].bytes ? RO : RW;
}

/* head.S knows code, up to .init.data, and the rest */
static enum page_kind early_kind(const struct rig *rig, u64 pa)
{
	return pa < rig->mm.boot.segment[3].start ? ROX : RW;
}

static void expect_window(struct kunit *test, const struct rig *rig,
			  const struct seen *seen, unsigned int w,
			  enum page_kind (*kind)(const struct rig *rig, u64 pa),
			  const u8 *want)
{
	u64 i, pa, nr_wrong = 0;
	char text[200];

	describe((struct rig *)rig, text, sizeof(text));
	for (i = 0; i < seen->window[w].nr; i++) {
		pa = seen->window[w].pa0 + (i << seen->shift);
		nr_wrong += seen->window[w].kind[i] !=
			    (want && !want[i] ? NOTHING : kind(rig, pa));
	}
	KUNIT_EXPECT_EQ_MSG(test, nr_wrong, 0, "window %u: %s", w, text);
	KUNIT_EXPECT_EQ_MSG(test, seen->window[w].nr_wrong_pa, 0, "window %u: %s", w, text);
	KUNIT_EXPECT_EQ_MSG(test, seen->window[w].nr_outside, 0, "window %u: %s", w, text);
}

static void look_at(struct rig *rig, struct seen *seen, unsigned int w, u64 first,
		    u64 last, u64 start, u64 pa0, u64 nr)
{
	seen->window[w].first = first;
	seen->window[w].last = last;
	seen->window[w].start = start;
	seen->window[w].pa0 = pa0;
	seen->window[w].nr = nr;
	seen->window[w].kind = rig->kinds + w * MAX_PAGES;
	memset(seen->window[w].kind, NOTHING, nr);
}

/* The linear map of @nr pages from @pa on, of which @want are memory; the image */
static void expect_upper(struct kunit *test, struct rig *rig, u64 pa, u64 nr,
			 const u8 *want)
{
	const struct shadow_mm *mm = &rig->mm;
	unsigned int shift = mm->cfg.page_shift;
	u64 align = shift == 16 ? 512ULL << 20 : 1ULL << 30;
	u64 start[SHADOW_NR_REGIONS], end[SHADOW_NR_REGIONS], image, wx;
	struct seen seen = { .shift = shift };
	struct reader reader;

	kernel_layout(shift, mm->cfg.va_bits, sizeof(struct shadow_page), start, end);
	look_at(rig, &seen, 0, start[SHADOW_REGION_LINEAR],
		end[SHADOW_REGION_LINEAR] - 1,
		start[SHADOW_REGION_LINEAR] + (pa & (align - 1)), pa, nr);
	image = mm->boot.kimage_va;
	look_at(rig, &seen, 1, image & ~(u64)(SZ_2M - 1), image + mm->places.image.bytes - 1,
		image, mm->places.image.start, mm->places.image.bytes >> shift);
	KUNIT_EXPECT_GE(test, image, start[SHADOW_REGION_VMALLOC]);
	KUNIT_EXPECT_LE(test, image + mm->places.image.bytes, end[SHADOW_REGION_VMALLOC]);
	if (!mm->cfg.kaslr)
		KUNIT_EXPECT_EQ(test, image, start[SHADOW_REGION_VMALLOC] +
				(mm->places.image.start & (SZ_2M - 1)));
	reader_init(&reader, mm, true, mm->regs.ttbr1);
	reader.leaf = see;
	reader.to = &seen;
	read_half(&reader);
	expect_window(test, rig, &seen, 0, linear_kind, want);
	expect_window(test, rig, &seen, 1, image_kind, NULL);
	wx = mm->cfg.rodata != SHADOW_RODATA_OFF ? 0 :
	     (mm->boot.segment[0].bytes + mm->boot.segment[2].bytes) >> shift;
	KUNIT_EXPECT_EQ(test, seen.nr_wx, wx);
	KUNIT_EXPECT_EQ(test, mm->boot.wx.wx_pages, wx);
	KUNIT_EXPECT_EQ(test, seen.nr_uxn, 0);
	KUNIT_EXPECT_EQ(test, mm->boot.wx.uxn_pages, 0);
	KUNIT_EXPECT_EQ(test, seen.nr_barred, 0);
	KUNIT_EXPECT_EQ(test, seen.nr_no_limit, 0);
}

/* The image and nothing else, at its own addresses and in init_pg_dir */
static void expect_early_maps(struct kunit *test, struct rig *rig)
{
	const struct shadow_mm *mm = &rig->mm;
	u64 start = mm->places.image.start, bytes = mm->places.image.bytes;
	struct seen seen = { .shift = mm->cfg.page_shift };
	struct reader reader;

	reader_init(&reader, mm, false, mm->regs.ttbr0);
	reader.leaf = see;
	reader.to = &seen;
	look_at(rig, &seen, 0, 0, U64_MAX, start, start, bytes >> seen.shift);
	/* No second window */
	seen.window[1].first = U64_MAX;
	read_half(&reader);
	expect_window(test, rig, &seen, 0, early_kind, NULL);
	KUNIT_EXPECT_EQ(test, seen.nr_wx, 0);

	reader_init(&reader, mm, true, shadow_regs_ttbr(&mm->geo, mm->init_pg.root));
	reader.leaf = see;
	reader.to = &seen;
	look_at(rig, &seen, 0, 0 - (1ULL << mm->cfg.va_bits), 0 - (1ULL << 30) - 1,
		mm->boot.kimage_va, start, bytes >> seen.shift);
	read_half(&reader);
	expect_window(test, rig, &seen, 0, early_kind, NULL);
	KUNIT_EXPECT_EQ(test, seen.nr_wx, 0);
}

/* A start for the block, and for the image in it at any page */
static u64 place(struct rig *rig, struct rnd_state *rnd, bool wide)
{
	static const u64 sizes[] = { SZ_16M, SZ_32M, SZ_64M };
	char *granule = rig->in.value[SHADOW_PARAM_GRANULE];
	unsigned int g = granule[0] == '4' ? 0 : granule[0] == '1' ? 1 : 2;
	u64 page = SZ_4K << 2 * g, bytes = sizes[g];
	u64 image = bytes / 4 + shadow_test_below(rnd, 64) * page;
	u64 start = shadow_test_below(rnd, bytes / 4 / page) * page;

	snprintf(rig->text[0], sizeof(rig->text[0]), "%llu+%llu", start, image);
	rig->in.value[SHADOW_PARAM_IMAGE] = rig->text[0];
	snprintf(rig->text[1], sizeof(rig->text[1]), "%llu", shadow_test_below(rnd, 1000));
	rig->in.value[SHADOW_PARAM_SEED] = rig->text[1];
	rig->in.value[SHADOW_PARAM_KASLR] = shadow_test_below(rnd, 2) ? "on" : "off";
	/* Anywhere, also across a border of what small tables reach */
	return (shadow_test_below(rnd, 1ULL << (wide ? 52 - 14 : 48 - 14)) << 13) &
	       ~(page - 1);
}

static void shapes_boot(struct kunit *test)
{
	struct rig *rig = rig_init(test);
	unsigned int n, mode, nr = 0, nr_high = 0;
	struct rnd_state rnd;
	u64 base;
	bool ok;

	shadow_test_seed(test, &rnd);
	for (n = 0; shape_at(n, &rig->in, &ok); n++) {
		/* auto and "not given" are one of the others */
		if (!ok || !rig->in.value[SHADOW_PARAM_PA_BITS] ||
		    !rig->in.value[SHADOW_PARAM_LPA2] ||
		    (!strcmp(rig->in.value[SHADOW_PARAM_LPA2], "auto")))
			continue;
		for (mode = 0; mode < ARRAY_SIZE(rodatas); mode++) {
			bool wide = !strcmp(rig->in.value[SHADOW_PARAM_PA_BITS], "52");

			rig->in.value[SHADOW_PARAM_RODATA] = rodatas[mode];
			base = place(rig, &rnd, wide);
			boot(test, rig, base);
			expect_layout(test, rig);
			expect_regs(test, rig);
			expect_upper(test, rig, base,
				     rig->mm.cfg.bytes >> rig->mm.cfg.page_shift, NULL);
			expect_early_maps(test, rig);
			take_down(test, rig);
			nr_high += base >> 48 != 0;
			nr++;
			cond_resched();
		}
	}
	/* 17 with 4K, as many with 16K, 12 with 64K, each in three modes */
	KUNIT_EXPECT_EQ(test, nr, 3 * (17 + 17 + 12));
	KUNIT_EXPECT_GT(test, nr_high, 20);
	kunit_info(test, "%u machines, %u of them above 48 bits\n", nr, nr_high);
}

/* --------------------------------------------------------- boards, no-map -- */

/* No page that a range touches is mapped */
static void strike(struct rig *rig, u64 page, u64 first, u64 nr, u64 base, u64 bytes)
{
	u64 i = base / page - first, end = DIV_ROUND_UP(base + bytes, page) - first;

	for (; i < end && i < nr; i++)
		rig->want[i] = false;
}

/*
 * Memory with holes between whole pages, and no-map regions with edges at any
 * byte, but for a place for the image and all that a boot takes. What is not
 * all memory is not mapped.
 */
static void random_board(struct kunit *test, struct rig *rig, struct rnd_state *rnd,
			 u64 page, u64 first, u64 nr)
{
	u64 keep = (first + nr / 3) * page, keep_end = keep + nr / 2 * page;
	struct shadow_board_range range = { .nid = SHADOW_NUMA_NO_NODE };
	u64 at = first * page, end = (first + nr) * page;
	unsigned int i;

	shadow_board_init(&rig->board, SHADOW_BOARD_MEMORY);
	rig->board.reserved_node = SHADOW_BOARD_RESERVED_READ;
	memset(rig->want, true, nr);
	while (at < end) {
		range.base = at;
		range.bytes = (1 + shadow_test_below(rnd, 900)) * page;
		if (at + range.bytes > keep && at < keep_end)
			range.bytes = keep_end - at;
		range.bytes = min(range.bytes, end - at);
		KUNIT_ASSERT_EQ(test, shadow_board_add_memory(&rig->board, &range), 0);
		at += range.bytes;
		/* The last page stays, so that the span is what it is */
		range.bytes = shadow_test_below(rnd, 40) * page;
		if (at + range.bytes < keep || (at >= keep_end && at + range.bytes < end)) {
			strike(rig, page, first, nr, at, range.bytes);
			at += range.bytes;
		}
	}
	range.flags = SHADOW_MEMBLOCK_NOMAP;
	range.source = SHADOW_BOARD_FROM_RESERVED_MEMORY;
	for (i = 0; i < 20; i++) {
		u64 unit = shadow_test_below(rnd, 3) ? page : 64;

		range.base = first * page + shadow_test_below(rnd, nr * page / unit) * unit;
		range.bytes = (1 + shadow_test_below(rnd, 200)) * unit;
		if ((range.base + range.bytes > keep && range.base < keep_end) ||
		    range.base + range.bytes > end)
			continue;
		KUNIT_ASSERT_EQ(test, shadow_board_add_reserved(&rig->board, &range), 0);
		strike(rig, page, first, nr, range.base, range.bytes);
	}
}

static void shapes_nomap(struct kunit *test)
{
	struct rig *rig = rig_init(test);
	unsigned int i, shift, g;
	struct rnd_state rnd;
	u64 nr, first;

	shadow_test_seed(test, &rnd);
	for (i = 0; i < 36; i++) {
		g = i % 3;
		shift = 12 + 2 * g;
		fill(&rig->in, g, va_sizes[i % 6 == 5 ? 4 : i % 6], NULL, "off");
		rig->in.value[SHADOW_PARAM_SIZE] = "64M";
		rig->in.value[SHADOW_PARAM_RODATA] = rodatas[i / 3 % 3];
		rig->in.value[SHADOW_PARAM_MEMORY] = "0+1M";
		nr = g ? MAX_PAGES / 2 : MAX_PAGES;
		first = (SZ_1G >> shift) + shadow_test_below(&rnd, 1000);
		rig->in.value[SHADOW_PARAM_SEED] = "7";
		random_board(test, rig, &rnd, 1ULL << shift, first, nr);
		boot(test, rig, 0x8000000000);
		expect_layout(test, rig);
		expect_upper(test, rig, first << shift, nr, rig->want);
		take_down(test, rig);
		cond_resched();
	}
}

/* ------------------------------------------------------------ W+X report -- */

static void wx_is_reported(struct kunit *test)
{
	struct shadow_ptdump_wx_report *report = shadow_test_alloc(test, sizeof(*report));
	struct rig *rig = rig_init(test);
	struct shadow_walker walker;
	char text[SHADOW_PTDUMP_LINE];
	unsigned int i;
	u64 va;

	fill(&rig->in, 0, "48", NULL, "off");
	boot(test, rig, SHADOW_TEST_BASE);
	shadow_pgtable_walker(&rig->mm.swapper, &walker);
	KUNIT_ASSERT_EQ(test, shadow_ptdump_check_wx(&walker, report), 0);
	KUNIT_EXPECT_EQ(test, report->nr, 0);
	KUNIT_EXPECT_TRUE(test, shadow_ptdump_wx_text(&report->count, text, sizeof(text)));
	KUNIT_EXPECT_STREQ(test, text, "Checked W+X mappings: passed, no W+X pages found");

	/* A block, pages beside it, and what EL0 may execute */
	va = rig->mm.layout.region[SHADOW_REGION_MODULES].start;
	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&rig->mm.swapper, va + SZ_2M, SZ_2M,
						 SZ_2M + 3 * SZ_4K, SHADOW_PAGE_KERNEL_EXEC,
						 SHADOW_MAP_FORCE), 0);
	KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&rig->mm.swapper, va + SZ_8M, 0, 2 * SZ_4K,
						 SHADOW_PAGE_READONLY_EXEC, 0), 0);
	shadow_pgtable_walker(&rig->mm.swapper, &walker);
	KUNIT_ASSERT_EQ(test, shadow_ptdump_check_wx(&walker, report), 0);
	KUNIT_EXPECT_EQ(test, report->nr, 2);
	KUNIT_EXPECT_EQ(test, report->range[0].first, va + SZ_2M);
	KUNIT_EXPECT_EQ(test, report->range[0].last, va + SZ_4M + 3 * SZ_4K - 1);
	KUNIT_EXPECT_TRUE(test, report->range[0].wx && !report->range[0].uxn);
	KUNIT_EXPECT_EQ(test, report->range[1].first, va + SZ_8M);
	KUNIT_EXPECT_TRUE(test, !report->range[1].wx && report->range[1].uxn);
	KUNIT_EXPECT_FALSE(test, shadow_ptdump_wx_text(&report->count, text, sizeof(text)));
	KUNIT_EXPECT_STREQ(test, text,
			   "Checked W+X mappings: FAILED, 515 W+X pages found, 2 non-UXN pages found");

	/* More ranges than have room are counted */
	for (i = 0; i < SHADOW_PTDUMP_WX_RANGES; i++)
		KUNIT_ASSERT_EQ(test, shadow_pgtable_map(&rig->mm.swapper,
							 va + SZ_16M + 2 * i * SZ_4K, 0, SZ_4K,
							 SHADOW_PAGE_KERNEL_EXEC,
							 SHADOW_MAP_FORCE), 0);
	shadow_pgtable_walker(&rig->mm.swapper, &walker);
	KUNIT_ASSERT_EQ(test, shadow_ptdump_check_wx(&walker, report), 0);
	KUNIT_EXPECT_EQ(test, report->nr, SHADOW_PTDUMP_WX_RANGES + 2);
	KUNIT_EXPECT_EQ(test, report->count.wx_pages, 515 + SHADOW_PTDUMP_WX_RANGES);
	shadow_boot_down(&rig->mm);
	KUNIT_EXPECT_EQ(test, shadow_test_host.live, 0);
}

static struct kunit_case shape_cases[] = {
	KUNIT_CASE(shapes_legal),
	KUNIT_CASE_SLOW(shapes_boot),
	KUNIT_CASE_SLOW(shapes_nomap),
	KUNIT_CASE(wx_is_reported),
	{}
};

static struct kunit_suite shape_suite = {
	.name = "shadow_shape",
	.init = shadow_test_host_init,
	.test_cases = shape_cases,
};

kunit_test_suite(shape_suite);
MODULE_LICENSE("GPL");
