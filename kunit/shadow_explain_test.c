// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite of shadow_explain: tables that are written down word by word, and the
 * sentences that a reader of the Arm ARM would write about them.
 */
#include "shadow_test_words.h"

#include "shadow_explain.h"

#define ROOM	4096

/* Bytes of MAIR_EL1 as Linux has them: 0 write-back, 2 not cached, 4 Device */
static const struct shadow_regs regs = {
	.mair = 0x000000040044ffff,
	.tcr = SHADOW_TCR_AS,
	.ttbr0 = 0x0007000000000000,
};

/**
 * struct page_of_text - lines as they come
 * @text: each with a newline
 * @at: how much there is
 */
struct page_of_text {
	char text[ROOM];
	size_t at;
};

static void take(void *to, const char *line)
{
	struct page_of_text *page = to;

	page->at += scnprintf(page->text + page->at, ROOM - page->at, "%s\n", line);
}

static const char *explain(struct kunit *test, const struct shadow_walker *walker,
			   const struct shadow_regs *known, u64 va,
			   enum shadow_walk_fault fault)
{
	struct page_of_text *said = shadow_test_alloc(test, sizeof(*said));

	KUNIT_EXPECT_EQ(test, shadow_explain_walk(walker, known, va, take, said),
			fault);
	return said->text;
}

static void expect_lines(struct kunit *test, const struct shadow_walker *walker,
			 const struct shadow_regs *known, u64 va,
			 enum shadow_walk_fault fault, const char *lines)
{
	KUNIT_EXPECT_STREQ(test, explain(test, walker, known, va, fault), lines);
}

/* Of what is said, these lines in a row are enough */
static void expect_among(struct kunit *test, const struct shadow_walker *walker,
			 const struct shadow_regs *known, u64 va,
			 enum shadow_walk_fault fault, const char *lines)
{
	const char *text = explain(test, walker, known, va, fault);

	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(text, lines),
				  "\n%s is not in\n%s", lines, text);
}

#define UPPER \
	"bits 63:48 are all ones, so TTBR1_EL1 is used: root at PA 0x80000000, 4 KiB granule, 4 levels\n"
#define LEVEL_0 \
	"level  0: VA bits 47:39 = index 0, descriptor at PA 0x80000000 = 0x0000000080001003: table at PA 0x80001000\n"
#define LEVEL_1 \
	"level  1: VA bits 38:30 = index 0, descriptor at PA 0x80001000 = 0x0000000080002003: table at PA 0x80002000\n"
#define LEVEL_2 \
	"level  2: VA bits 29:21 = index 0, descriptor at PA 0x80002000 = 0x0000000080003003: table at PA 0x80003000\n"

/* Index 1, 2, 3, 4 on the four levels, all the way to a page */
static void says_page(struct kunit *test)
{
	struct shadow_walker walker;
	struct memory *m = four_levels(test, &walker);

	m->word[1] = 0x80001003;
	m->word[512 + 2] = 0x80002003;
	m->word[1024 + 3] = 0x80003003;
	m->word[1536 + 4] = 0x00e8000090005703;
	expect_lines(test, &walker, &regs, VA + 0x8080604678, SHADOW_WALK_OK,
		     UPPER
		     "level  0: VA bits 47:39 = index 1, descriptor at PA 0x80000008 = 0x0000000080001003: table at PA 0x80001000\n"
		     "level  1: VA bits 38:30 = index 2, descriptor at PA 0x80001010 = 0x0000000080002003: table at PA 0x80002000\n"
		     "level  2: VA bits 29:21 = index 3, descriptor at PA 0x80002018 = 0x0000000080003003: table at PA 0x80003000\n"
		     "level  3: VA bits 20:12 = index 4, descriptor at PA 0x80003020 = 0x00e8000090005703: page of 4 KiB, writable, PXN, UXN AttrIndx=0, AF (PAGE_KERNEL)\n"
		     "result: PA 0x90005678 = frame 0x90005 + offset 0x678\n"
		     "allowed: EL1 rw- EL0 ---\n"
		     "  type      AttrIndx=0: byte 0xff of MAIR_EL1 = Normal, write-back, read and write allocate\n"
		     "  access    AP[2:1]=00: EL1 reads and writes, EL0 does neither; DBM: may be written; PXN=1 UXN=1: EL1 never executes, EL0 never\n"
		     "  sharing   SH=3: inner shareable\n"
		     "  use       AF=1; nG=0: of every ASID; GP=0\n"
		     "  software  dirty (bit 55), by Linux's names\n"
		     "  group     Contiguous=0: a TLB entry covers this page alone\n"
		     "memory reads: 4 descriptors and 1 for the data, 5 in all; none of the first with a TLB hit\n");
}

/* A block that EL0 may read, of Device memory, and what is said without registers */
static void says_block(struct kunit *test)
{
	struct shadow_walker walker;
	struct memory *m = four_levels(test, &walker);

	m->word[512 + 1] = 0x0060000040000cd1;
	expect_lines(test, &walker, &regs, VA + 0x7fffffff, SHADOW_WALK_OK,
		     UPPER LEVEL_0
		     "level  1: VA bits 38:30 = index 1, descriptor at PA 0x80001008 = 0x0060000040000cd1: block of 1048576 KiB, read-only, EL0 too, PXN, UXN, nG AttrIndx=4, AF\n"
		     "result: PA 0x7fffffff = frame 0x7ffff + offset 0xfff\n"
		     "allowed: EL1 r-- EL0 r--\n"
		     "  type      AttrIndx=4: byte 0x04 of MAIR_EL1 = Device-nGnRE\n"
		     "  access    AP[2:1]=11: EL1 and EL0 read; PXN=1 UXN=1: EL1 never executes, EL0 never\n"
		     "  sharing   SH=0, but outer shareable, as such memory always is\n"
		     "  use       AF=1; nG=1: of ASID 7 alone; GP=0; nT=0\n"
		     "  group     Contiguous=0: a TLB entry covers this block alone\n"
		     "memory reads: 2 descriptors and 1 for the data, 3 in all; none of the first with a TLB hit\n");
	expect_among(test, &walker, NULL, VA + SZ_1G, SHADOW_WALK_OK,
		     "  type      AttrIndx=4, a byte of MAIR_EL1 that is not known here\n"
		     "  access    AP[2:1]=11: EL1 and EL0 read; PXN=1 UXN=1: EL1 never executes, EL0 never\n"
		     "  sharing   SH=0: not shareable\n"
		     "  use       AF=1; nG=1: of one ASID alone; GP=0; nT=0\n");
}

#define GROUP \
	"  group     Contiguous=1: member 3 of 16, VA 0xffff000000010000-0xffff00000001ffff, descriptors at PA 0x80003080-0x800030ff: one TLB entry may cover all\n"
#define NEXT	"memory reads:"

/* Sixteen pages in a row, then one of them that does not belong there */
static void says_contiguous(struct kunit *test)
{
	struct shadow_walker walker;
	struct memory *m = four_levels(test, &walker);
	unsigned int i;

	for (i = 0; i < 16; i++)
		m->word[1536 + 16 + i] = 0x00f8000090010703 + i * 0x1000;
	expect_among(test, &walker, &regs, VA + 0x13456, SHADOW_WALK_OK, GROUP NEXT);
	/* Accesses may set AF of one member alone */
	m->word[1536 + 18] &= ~0x400ULL;
	expect_among(test, &walker, &regs, VA + 0x13456, SHADOW_WALK_OK, GROUP NEXT);

	m->word[1536 + 21] = 0x00e8000090015703;
	expect_among(test, &walker, &regs, VA + 0x13456, SHADOW_WALK_OK,
		     GROUP
		     "            WARNING: the group is not consistent: at PA 0x800030a8 is 0x00e8000090015703, member 5 would be 0x00f8000090015703; a TLB may use either for all of it\n"
		     NEXT);
}

/* Nothing there: at a level of blocks, at the last one, and where none is legal */
static void says_empty(struct kunit *test)
{
	struct shadow_walker walker;
	struct memory *m = four_levels(test, &walker);

	expect_lines(test, &walker, &regs, VA + 0xa03123, SHADOW_WALK_TRANSLATION,
		     UPPER LEVEL_0 LEVEL_1
		     "level  2: VA bits 29:21 = index 5, descriptor at PA 0x80002028 = 0x0000000000000000: invalid\n"
		     "result: translation fault, level 2 (fault status code 0x06)\n"
		     "bit 0 is clear: the descriptor is invalid, its other bits are for software\n"
		     "needed: at PA 0x80002028, which is index 5 of the level 2 table at PA 0x80002000, a table or a block, as\n"
		     "  a block of 2048 KiB (bits 1:0 = 1): 0x00e8000080000701 for PA 0x80000000 as PAGE_KERNEL\n"
		     "  a table (bits 1:0 = 3): 0x0000000080001003 for one at PA 0x80001000; this address is then found at index 3 of level 3\n");
	expect_lines(test, &walker, &regs, VA + 0x7abc, SHADOW_WALK_TRANSLATION,
		     UPPER LEVEL_0 LEVEL_1 LEVEL_2
		     "level  3: VA bits 20:12 = index 7, descriptor at PA 0x80003038 = 0x0000000000000000: invalid\n"
		     "result: translation fault, level 3 (fault status code 0x07)\n"
		     "bit 0 is clear: the descriptor is invalid, its other bits are for software\n"
		     "needed: at PA 0x80003038, which is index 7 of the level 3 table at PA 0x80003000, a page descriptor, as\n"
		     "  a page of 4 KiB (bits 1:0 = 3): 0x00e8000080000703 for PA 0x80000000 as PAGE_KERNEL\n");
	m->word[2] = 0x00e8000000000701;
	expect_among(test, &walker, &regs, VA + 0x10000000000, SHADOW_WALK_TRANSLATION,
		     "bits 1:0 = 1 are no descriptor at level 0: it translates nothing\n"
		     "needed: at PA 0x80000010, which is index 2 of the level 0 table at PA 0x80000000, a table, as no block is legal here, as\n"
		     "  a table (bits 1:0 = 3): 0x0000000080001003 for one at PA 0x80001000; this address is then found at index 0 of level 1, 0 of level 2, 0 of level 3\n");
}

/* A leaf is there, and what one wants is not allowed all the same */
static void says_forbidden(struct kunit *test)
{
	struct shadow_walker walker;
	struct memory *m = four_levels(test, &walker);

	/* The leaf itself: read-only, not yet written */
	m->word[1536] = 0x00e8000090000783;
	expect_among(test, &walker, &regs, VA, SHADOW_WALK_OK, "allowed: EL1 r-- EL0 ---\n");
	expect_among(test, &walker, &regs, VA, SHADOW_WALK_OK,
		     "; DBM: AP[2] is to be cleared at the first write, by a fault: TCR_EL1.HD=0; PXN=1");
	walker.hd = true;
	expect_among(test, &walker, &regs, VA, SHADOW_WALK_OK, "allowed: EL1 rw- EL0 ---\n");
	walker.hd = false;

	/* A table on the way: APTable says no writes */
	m->word[1536] = 0x00e8000090000703;
	m->word[512] = 0x4000000080002003;
	expect_among(test, &walker, &regs, VA, SHADOW_WALK_OK, "allowed: EL1 r-- EL0 ---\n");
	expect_among(test, &walker, &regs, VA, SHADOW_WALK_OK,
		     "  limits    the table descriptor of level 1: APTable=10 PXNTable=0 UXNTable=0 NSTable=0: no writes whatever is below\n"
		     "  without these limits, allowed: EL1 rw- EL0 ---\n");
	walker.hpd = true;
	expect_among(test, &walker, &regs, VA, SHADOW_WALK_OK, "allowed: EL1 rw- EL0 ---\n");
	expect_among(test, &walker, &regs, VA, SHADOW_WALK_OK,
		     ": no writes; not looked at, as TCR_EL1.HPD is set\nmemory reads:");
}

/* Faults of descriptors that are valid, and of addresses that no table is asked about */
static void other_faults(struct kunit *test)
{
	struct shadow_walker walker;
	struct memory *m = four_levels(test, &walker);

	m->word[1536] = 0x00e8000090000303;
	expect_among(test, &walker, &regs, VA, SHADOW_WALK_ACCESS_FLAG,
		     "result: access flag fault, level 3 (fault status code 0x0b)\n"
		     "needed: AF (bit 10) set: 0x00e8000090000703 at PA 0x80003000; TCR_EL1.HA is 0, so hardware does not set it\n"
		     "  type      AttrIndx=0: ");
	m->word[1024] = 0x12345003;
	expect_among(test, &walker, &regs, VA, SHADOW_WALK_EXTERNAL,
		     "level  3: VA bits 20:12 = index 0, descriptor at PA 0x12345000 cannot be read\n");
	expect_among(test, &walker, &regs, VA, SHADOW_WALK_EXTERNAL,
		     "needed: memory at PA 0x12345000: the descriptor of level 2 names a table where none can be read\n");
	walker.between = true;
	expect_lines(test, &walker, &regs, 0x0100000000000000, SHADOW_WALK_TRANSLATION,
		     "the address lies between the two halves: bits 63:48 are neither all zeros nor all ones\n"
		     "bit 55 is 1, so TTBR1_EL1's half was meant: it goes from 0xffff000000000000 to 0xffffffffffffffff\n"
		     "result: translation fault, level 0 (fault status code 0x04)\n");
}

static u64 clock_ns;

static u64 told(void)
{
	return clock_ns;
}

static void expect_tlb(struct kunit *test, struct shadow_soft_tlb *soft,
		       const struct shadow_walker *walker, const char *lines)
{
	struct page_of_text *said = shadow_test_alloc(test, sizeof(*said));

	shadow_explain_tlb(soft, walker, 7, VA + 0x123, take, said);
	KUNIT_EXPECT_STREQ(test, said->text, lines);
}

/* What a TLB says beside the tables: nothing, the same, and what is stale */
static void tlb(struct kunit *test)
{
	struct shadow_soft_tlb *soft = shadow_test_alloc(test, sizeof(*soft));
	struct shadow_walker walker;
	struct memory *m = four_levels(test, &walker);
	u64 was = m->word[1536];

	clock_ns = 1000000000;
	shadow_soft_tlb_init(soft, told);
	expect_tlb(test, soft, &walker,
		   "TLB: no entry: the next use walks the tables and fills one\n");
	KUNIT_ASSERT_EQ(test, shadow_soft_tlb_touch(soft, &walker, 7, VA),
			SHADOW_SOFT_FILLED);
	clock_ns += 250000000;
	expect_tlb(test, soft, &walker,
		   "TLB hit: PA 0x90000123, EL1 rw- EL0 ---, AttrIndx=0; the tables say the same\n"
		   "  entry of 4 KiB at VA 0xffff000000000000 to PA 0x90000000, global, filled 0.250 s ago\n");
	m->word[1536] = 0;
	expect_tlb(test, soft, &walker,
		   "STALE translation: the TLB still says PA 0x90000123, EL1 rw- EL0 ---, AttrIndx=0; the tables say translation fault, level 3\n"
		   "  entry of 4 KiB at VA 0xffff000000000000 to PA 0x90000000, global, filled 0.250 s ago\n"
		   "  no invalidation was asked for: the change of the tables has forgotten it, or left it to a later one, as vfree does to vmalloc_purge\n");
	shadow_soft_tlb_missed(soft, SHADOW_TLBI_VAALE1IS, VA, SZ_4K, 41);
	clock_ns += 2000000000;
	expect_tlb(test, soft, &walker,
		   "STALE translation: the TLB still says PA 0x90000123, EL1 rw- EL0 ---, AttrIndx=0; the tables say translation fault, level 3\n"
		   "  entry of 4 KiB at VA 0xffff000000000000 to PA 0x90000000, global, filled 2.250 s ago\n"
		   "  missing since 2.000 s: tlbi vaale1is of 0xffff000000000000-0xffff000000000fff, record 41 of the log; `tlbi VA` in ctl performs it\n");
	/* Mapped again as it was: what is missing does no harm now */
	m->word[1536] = was;
	expect_tlb(test, soft, &walker,
		   "TLB hit: PA 0x90000123, EL1 rw- EL0 ---, AttrIndx=0; the tables say the same\n"
		   "  entry of 4 KiB at VA 0xffff000000000000 to PA 0x90000000, global, filled 2.250 s ago\n"
		   "  missing since 2.000 s: tlbi vaale1is of 0xffff000000000000-0xffff000000000fff, record 41 of the log; but the tables say the same again\n");
	m->word[1536] = 0;
	KUNIT_EXPECT_EQ(test, shadow_soft_tlb_invalidate(soft, VA, VA + SZ_4K - 1), 1);
	expect_tlb(test, soft, &walker,
		   "TLB: no entry, and a walk that faults leaves none\n");
}

static struct kunit_case explain_cases[] = {
	KUNIT_CASE(says_page),
	KUNIT_CASE(says_block),
	KUNIT_CASE(says_contiguous),
	KUNIT_CASE(says_empty),
	KUNIT_CASE(says_forbidden),
	KUNIT_CASE(other_faults),
	KUNIT_CASE(tlb),
	{}
};

static struct kunit_suite explain_suite = {
	.name = "shadow_explain",
	.test_cases = explain_cases,
};

kunit_test_suite(explain_suite);
