// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of shadow_ctl_parse: what a line of the ctl language means, and what is
 * no line of it.
 */
#include "shadow_test.h"

#include "shadow_ctl.h"
#include "shadow_params.h"
#include "shadow_pgtable.h"

/* --------------------------------------------------------------- helpers -- */

/* Read the first command of a text. */
static int read_first(const char *at, size_t bytes, struct shadow_ctl_text *text,
		      struct shadow_ctl_cmd *cmd)
{
	shadow_ctl_text_init(text, at, bytes);
	return shadow_ctl_next(text, cmd);
}

/* A refusal is one printable line. */
static void expect_why(struct kunit *test, const char *why)
{
	size_t i;

	KUNIT_EXPECT_STRNEQ(test, why, "");
	for (i = 0; why[i]; i++)
		KUNIT_EXPECT_TRUE_MSG(test, why[i] >= ' ' && why[i] <= '~',
				      "byte %zu of '%s'", i, why);
	KUNIT_EXPECT_LT(test, i, SHADOW_CTL_WHY);
}

/* ------------------------------------------------------------------ good -- */

#define LINE(v)		.verb = SHADOW_CTL_##v, .line = 1, .count = 1, .phase = SHADOW_NR_PHASES
#define UP_TO(p) \
	.verb = SHADOW_CTL_STEP, .line = 1, .count = 1, .phase = SHADOW_PHASE_##p
#define SETS(k, v)	.set = SHADOW_CTL_SET_##k, .value = (v), .nr_values = 1
#define KEYS(k)		.keys = BIT(SHADOW_CTL_KEY_##k)

static const struct {
	const char *text;
	struct shadow_ctl_cmd cmd;
} good[] = {
	{ "alloc_pages 0", { LINE(ALLOC_PAGES) } },
	{ "alloc_pages 18", { LINE(ALLOC_PAGES), .order = 18 } },
	{ "\t alloc_pages   0x3\t", { LINE(ALLOC_PAGES), .order = 3 } },
	{ "alloc_pages 3 # three", { LINE(ALLOC_PAGES), .order = 3 } },
	{ "alloc_pages 3 #zone=x", { LINE(ALLOC_PAGES), .order = 3 } },
	{ "alloc_pages 1 zone=DMA",
	  { LINE(ALLOC_PAGES), .order = 1, KEYS(ZONE), .zone = SHADOW_ZONE_DMA } },
	{ "alloc_pages 1 zone=Normal",
	  { LINE(ALLOC_PAGES), .order = 1, KEYS(ZONE), .zone = SHADOW_ZONE_NORMAL } },
	{ "alloc_pages zone=normal 1",
	  { LINE(ALLOC_PAGES), .order = 1, KEYS(ZONE), .zone = SHADOW_ZONE_NORMAL } },
	{ "alloc_pages 1 zone=dma32",
	  { LINE(ALLOC_PAGES), .order = 1, KEYS(ZONE), .zone = SHADOW_ZONE_DMA32 } },
	{ "alloc_pages 1 zone=HIGHMEM",
	  { LINE(ALLOC_PAGES), .order = 1, KEYS(ZONE), .zone = SHADOW_ZONE_HIGHMEM } },
	{ "alloc_pages 1 zone=Movable",
	  { LINE(ALLOC_PAGES), .order = 1, KEYS(ZONE), .zone = SHADOW_ZONE_MOVABLE } },
	{ "alloc_pages 1 as=a cpu=3 count=1048576",
	  { .verb = SHADOW_CTL_ALLOC_PAGES, .line = 1, .order = 1, .count = 1048576, .cpu = 3,
	    .phase = SHADOW_NR_PHASES,
	    .keys = BIT(SHADOW_CTL_KEY_AS) | BIT(SHADOW_CTL_KEY_CPU) | BIT(SHADOW_CTL_KEY_COUNT),
	    .as = "a" } },
	{ "free_pages 1", { LINE(FREE_PAGES), .handle = 1 } },
	{ "free_pages 18446744073709551615", { LINE(FREE_PAGES), .handle = U64_MAX } },
	{ "free_pages a23456789012345_", { LINE(FREE_PAGES), .handle_name = "a23456789012345_" } },
	{ "kmalloc 100", { LINE(KMALLOC), .bytes = 100 } },
	{ "kmalloc 0", { LINE(KMALLOC) } },
	{ "kmalloc 8K as=x_1", { LINE(KMALLOC), .bytes = SZ_8K, KEYS(AS), .as = "x_1" } },
	{ "kfree x_1", { LINE(KFREE), .handle_name = "x_1" } },
	{ "vmalloc 1M", { LINE(VMALLOC), .bytes = SZ_1M } },
	{ "vmalloc 1 as=v", { LINE(VMALLOC), .bytes = 1, KEYS(AS), .as = "v" } },
	{ "vfree 7", { LINE(VFREE), .handle = 7 } },
	{ "map 0xffff000000000000 0x80000000 16 PAGE_KERNEL_RO",
	  { LINE(MAP), .va = 0xffff000000000000, .pa = 0x80000000, .nr_pages = 16,
	    .prot = SHADOW_PAGE_KERNEL_RO } },
	{ "map 0 0 1 rw",
	  { LINE(MAP), .nr_pages = 1, .prot = SHADOW_PAGE_KERNEL } },
	{ "unmap 4096 1", { LINE(UNMAP), .va = 4096, .nr_pages = 1 } },
	{ "drain", { LINE(DRAIN) } },
	{ "mmu_check", { LINE(MMU_CHECK) } },
	{ "mmu_check 50", { LINE(MMU_CHECK), .mmu_size = { 50 }, .mmu_sizes = 1 } },
	{ "mmu_check seed=9", { LINE(MMU_CHECK), KEYS(SEED), .seed = 9 } },
	{ "mmu_check 100000 seed=18446744073709551615",
	  { LINE(MMU_CHECK), .mmu_size = { 100000 }, .mmu_sizes = 1, KEYS(SEED),
	    .seed = U64_MAX } },
	{ "mmu_check loads=0", { LINE(MMU_CHECK), .mmu_sizes = 2, KEYS(LOADS) } },
	{ "mmu_check unmapped=100000",
	  { LINE(MMU_CHECK), .mmu_size = { 0, 0, 100000 }, .mmu_sizes = 4, KEYS(UNMAPPED) } },
	{ "mmu_check host=3 7",
	  { LINE(MMU_CHECK), .mmu_size = { 7, 0, 0, 3 }, .mmu_sizes = 9, KEYS(HOST) } },
	{ "set counters on", { LINE(SET), .on = true, .nr_values = 1 } },
	{ "set counters off", { LINE(SET), .nr_values = 1 } },
	{ "set latency off", { LINE(SET), SETS(LATENCY, 0) } },
	{ "set latency ns", { LINE(SET), SETS(LATENCY, 1) } },
	{ "set latency instructions", { LINE(SET), SETS(LATENCY, 3) } },
	{ "set min_free_kbytes 0", { LINE(SET), SETS(MIN_FREE_KBYTES, 0) } },
	{ "set min_free_kbytes 0x7fffffff",
	  { LINE(SET), SETS(MIN_FREE_KBYTES, 0x7fffffff) } },
	{ "set watermark_scale_factor 3000", { LINE(SET), SETS(WATERMARK_SCALE_FACTOR, 3000) } },
	{ "set watermark_boost_factor 0", { LINE(SET), SETS(WATERMARK_BOOST_FACTOR, 0) } },
	{ "set percpu_pagelist_high_fraction 0",
	  { LINE(SET), SETS(PERCPU_PAGELIST_HIGH_FRACTION, 0) } },
	{ "set percpu_pagelist_high_fraction 8",
	  { LINE(SET), SETS(PERCPU_PAGELIST_HIGH_FRACTION, 8) } },
	{ "set frag_interval 1000000000", { LINE(SET), SETS(FRAG_INTERVAL, 1000000000) } },
	{ "set lowmem_reserve_ratio 1,2,3",
	  { LINE(SET), .set = SHADOW_CTL_SET_LOWMEM_RESERVE_RATIO, .nr_values = 3,
	    .ratio = { 1, 2, 3 } } },
	{ "set lowmem_reserve_ratio 1 2,-3 4 5 2147483647 # each",
	  { LINE(SET), .set = SHADOW_CTL_SET_LOWMEM_RESERVE_RATIO, .nr_values = 6,
	    .ratio = { 1, 2, 0, 4, 5, 2147483647 } } },
	{ "reset", { LINE(RESET) } },
	{ "reset # \xc3\xa4gain", { LINE(RESET) } },
	{ "reset seed=3 until=", { LINE(RESET) } },
	{ "compare boot-6.12", { LINE(COMPARE), .trace = "boot-6.12" } },
	{ "compare waves:1000000:0x7", { LINE(COMPARE), .trace = "waves:1000000:0x7" } },
	{ "create a", { LINE(CREATE), .machine = "a" } },
	{ "create seed=3 b_1 size=4M", { LINE(CREATE), .machine = "b_1" } },
	{ "destroy a23456789012345_", { LINE(DESTROY), .machine = "a23456789012345_" } },
	{ "step", { LINE(STEP) } },
	{ "step paging_init", { UP_TO(PAGING_INIT) } },
	{ "step __cpu_setup # done", { UP_TO(CPU_SETUP) } },
	{ "continue", { LINE(CONTINUE) } },
	{ "memblock_add 1G 128M", { LINE(MEMBLOCK_ADD), .pa = SZ_1G, .bytes = SZ_128M } },
	{ "memblock_remove 0 1", { LINE(MEMBLOCK_REMOVE), .bytes = 1 } },
	{ "memblock_reserve 0xfffffffffffff000 4K",
	  { LINE(MEMBLOCK_RESERVE), .pa = 0xfffffffffffff000, .bytes = SZ_4K } },
	{ "memblock_free 0x40000000 0x1000",
	  { LINE(MEMBLOCK_FREE), .pa = 0x40000000, .bytes = SZ_4K } },
	{ "early_ioremap 0x9000000 64K",
	  { LINE(EARLY_IOREMAP), .pa = 0x9000000, .bytes = SZ_64K } },
	{ "early_iounmap 0x1000", { LINE(EARLY_IOUNMAP), .va = 0x1000 } },
	{ "early_iounmap 0x1000 5", { LINE(EARLY_IOUNMAP), .va = 0x1000, .bytes = 5 } },
	{ "early_alloc 100", { LINE(EARLY_ALLOC), .bytes = 100 } },
	{ "early_alloc 2M align=2M min=0x40000000 max=2G node=7",
	  { LINE(EARLY_ALLOC), .bytes = SZ_2M, .align = SZ_2M, .min = 0x40000000, .max = SZ_2G,
	    .node = 7, .keys = BIT(SHADOW_CTL_KEY_ALIGN) | BIT(SHADOW_CTL_KEY_MIN) |
	    BIT(SHADOW_CTL_KEY_MAX) | BIT(SHADOW_CTL_KEY_NODE) } },
	{ "kmalloc 8 as=\"x\"", { LINE(KMALLOC), .bytes = 8, KEYS(AS), .as = "x" } },
};

static void expect_cmd(struct kunit *test, const char *text,
		       const struct shadow_ctl_cmd *a, const struct shadow_ctl_cmd *b)
{
	KUNIT_EXPECT_TRUE_MSG(test, a->verb == b->verb && a->line == b->line &&
			      a->keys == b->keys, "'%s'", text);
	KUNIT_EXPECT_TRUE_MSG(test, a->zone == b->zone && a->cpu == b->cpu &&
			      a->order == b->order && a->count == b->count, "'%s'", text);
	KUNIT_EXPECT_TRUE_MSG(test, a->bytes == b->bytes && a->va == b->va && a->pa == b->pa &&
			      a->nr_pages == b->nr_pages && a->prot == b->prot, "'%s'", text);
	KUNIT_EXPECT_TRUE_MSG(test, a->mmu_sizes == b->mmu_sizes &&
			      !memcmp(a->mmu_size, b->mmu_size, sizeof(a->mmu_size)) &&
			      a->seed == b->seed &&
			      a->on == b->on && a->handle == b->handle, "'%s'", text);
	KUNIT_EXPECT_TRUE_MSG(test, a->set == b->set && a->value == b->value &&
			      a->nr_values == b->nr_values, "'%s'", text);
	KUNIT_EXPECT_MEMEQ_MSG(test, a->ratio, b->ratio, sizeof(a->ratio), "'%s'", text);
	KUNIT_EXPECT_TRUE_MSG(test, a->align == b->align && a->min == b->min && a->max == b->max &&
			      a->node == b->node && a->phase == b->phase, "'%s'", text);
	KUNIT_EXPECT_STREQ_MSG(test, a->machine, b->machine, "'%s'", text);
	KUNIT_EXPECT_STREQ_MSG(test, a->as, b->as, "'%s'", text);
	KUNIT_EXPECT_STREQ_MSG(test, a->handle_name, b->handle_name, "'%s'", text);
}

static void good_lines(struct kunit *test)
{
	struct shadow_ctl_text text;
	struct shadow_ctl_cmd cmd;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		KUNIT_ASSERT_EQ_MSG(test, read_first(good[i].text, strlen(good[i].text), &text,
						     &cmd), 1, "'%s': %s", good[i].text, text.why);
		expect_cmd(test, good[i].text, &cmd, &good[i].cmd);
		KUNIT_EXPECT_STREQ(test, text.why, "");
		KUNIT_EXPECT_EQ(test, shadow_ctl_next(&text, &cmd), 0);
	}
}

/* ------------------------------------------------------------------- bad -- */

struct bad_line {
	const char *text;
	int err;
	const char *says;
};

static const struct bad_line bad[] = {
	{ "alloc_page 0", -EINVAL, "unknown command 'alloc_page'" },
	{ "ALLOC_PAGES 0", -EINVAL, "unknown command" },
	{ "alloc_pages", -EINVAL, "an argument is missing" },
	{ "alloc_pages zone=DMA", -EINVAL, "an argument is missing" },
	{ "alloc_pages 0 0", -EINVAL, "argument '0'" },
	{ "alloc_pages 19", -EINVAL, "from 0 to 18" },
	{ "alloc_pages -1", -EINVAL, "ORDER '-1'" },
	{ "alloc_pages 1.5", -EINVAL, "ORDER '1.5'" },
	{ "alloc_pages 3x", -EINVAL, "ORDER '3x'" },
	{ "alloc_pages 4294967296", -EINVAL, "from 0 to 18" },
	{ "alloc_pages 18446744073709551616", -EINVAL, "from 0 to 18" },
	{ "alloc_pages 03", -EINVAL, "ORDER '03'" },
	{ "alloc_pages 0 zone=", -EINVAL, "zone= ''" },
	{ "alloc_pages 0 zone=NORMA", -EINVAL, "DMA, DMA32, NORMAL, HIGHMEM, MOVABLE" },
	{ "alloc_pages 0 zone=device", -EINVAL, "zone= 'device'" },
	{ "alloc_pages 0 node=8", -EINVAL, "from 0 to 7" },
	{ "alloc_pages 0 gfp=1", -EINVAL, "gfp= '1': allowed: HIGHUSER_MOVABLE, HIGHUSER, ATOMIC" },
	{ "alloc_pages 0 gfp=", -EINVAL, "gfp= ''" },
	{ "alloc_pages 0 gfp=ZERO,,COMP", -EINVAL, "gfp= ''" },
	{ "alloc_pages 0 gfp=ZERO,", -EINVAL, "gfp= ''" },
	{ "alloc_pages 0 gfp=__GFP_", -EINVAL, "gfp= '__GFP_'" },
	{ "alloc_pages 0 gfp=THISZONE", -EINVAL, "gfp= 'THISZONE'" },
	{ "alloc_pages 0 gfp=DMA,DMA32", -EINVAL, "of DMA, DMA32 and HIGHMEM at most one" },
	{ "alloc_pages 0 gfp=HIGHUSER|DMA", -EINVAL, "at most one" },
	{ "alloc_pages 0 gfp=MOVABLE,RECLAIMABLE", -EINVAL, "MOVABLE or RECLAIMABLE" },
	{ "alloc_pages 0 gfp=NOFAIL,ATOMIC", -EINVAL, "NOFAIL only where the caller can wait" },
	{ "alloc_pages 0 gfp=NOWAIT,NOFAIL", -EINVAL, "NOFAIL only where" },
	{ "alloc_pages 0 gfp=DMA zone=NORMAL", -EINVAL, "the same zone" },
	{ "alloc_pages 0 zone=MOVABLE gfp=RECLAIMABLE", -EINVAL, "not both" },
	{ "alloc_pages_exact 0", -EINVAL, "BYTES '0'" },
	{ "alloc_pages_exact 1 count=2", -EINVAL, "key 'count'" },
	{ "alloc_pages_bulk 0", -EINVAL, "from 1 to 1048576" },
	{ "alloc_pages_bulk", -EINVAL, "an argument is missing" },
	{ "split_page", -EINVAL, "an argument is missing" },
	{ "get_page 1 2", -EINVAL, "argument '2'" },
	{ "free_pages 1 count=0", -EINVAL, "from 1 to" },
	{ "alloc_pages 0 seed=1", -EINVAL, "key 'seed'" },
	{ "alloc_pages 0 colour=red", -EINVAL, "key 'colour'" },
	{ "alloc_pages 0 =3", -EINVAL, "key ''" },
	{ "alloc_pages 0 count=1 count=1", -EINVAL, "each key once" },
	{ "alloc_pages 0 count=0", -EINVAL, "from 1 to 1048576" },
	{ "alloc_pages 0 count=1048577", -EINVAL, "from 1 to 1048576" },
	{ "alloc_pages 0 count=-1", -EINVAL, "count= '-1'" },
	{ "alloc_pages 0 count=1K", -EINVAL, "count= '1K'" },
	{ "alloc_pages 0 count=", -EINVAL, "count= ''" },
	{ "alloc_pages 0 count=1=1", -EINVAL, "count= '1=1'" },
	{ "alloc_pages 0 as=", -EINVAL, "as= ''" },
	{ "alloc_pages 0 as=main", -EINVAL, "not main" },
	{ "alloc_pages 0 as=1a", -EINVAL, "as= '1a'" },
	{ "alloc_pages 0 as=_a", -EINVAL, "as= '_a'" },
	{ "alloc_pages 0 as=A", -EINVAL, "as= 'A'" },
	{ "alloc_pages 0 as=a-b", -EINVAL, "as= 'a-b'" },
	{ "alloc_pages 0 as=a234567890123456x", -EINVAL, "as=" },
	{ "alloc_pages 0 cpu=4294967296", -EINVAL, "cpu=" },
	{ "free_pages", -EINVAL, "an argument is missing" },
	{ "free_pages 0", -EINVAL, "from 1 to" },
	{ "free_pages 1 2", -EINVAL, "argument '2'" },
	{ "free_pages 1 as=a", -EINVAL, "key 'as'" },
	{ "free_pages 18446744073709551616", -EINVAL, "ID" },
	{ "free_pages 1a", -EINVAL, "ID '1a'" },
	{ "free_pages main", -EINVAL, "ID 'main'" },
	{ "free_pages Big", -EINVAL, "ID 'Big'" },
	{ "kmalloc", -EINVAL, "an argument is missing" },
	{ "memblock_reserve 0 18446744073709551615", -EINVAL, "from 1 to 2^63-1" },
	{ "kmalloc -1", -EINVAL, "BYTES '-1'" },
	{ "kmalloc 18446744073709551615", -EINVAL, "BYTES" },
	{ "kmalloc 99999999999T", -EINVAL, "BYTES" },
	{ "kmalloc 10 zone=DMA", -EINVAL, "key 'zone'" },
	{ "kmalloc 10 gfp=1", -EINVAL, "gfp= '1'" },
	{ "vmalloc 0", -EINVAL, "from 1" },
	{ "vmalloc 1M count=0", -EINVAL, "count= '0'" },
	{ "map", -EINVAL, "an argument is missing" },
	{ "map 0 0 1", -EINVAL, "an argument is missing" },
	{ "map 0 0 0 rw", -EINVAL, "NR_PAGES '0'" },
	{ "map 0 0 4294967296 rw", -EINVAL, "NR_PAGES" },
	{ "map 0 0 1 PAGE_KERNEL_RW", -EINVAL, "PROT 'PAGE_KERNEL_RW'" },
	{ "map 0 0 1 rrw", -EINVAL, "PROT 'rrw'" },
	{ "map 0 0 1 w", -EINVAL, "or of rwxu each once, with r or only xu" },
	{ "map 0 0 1 PAGE_KERNEL_RWPAGE_KERNEL_RWPAGE_KERNEL_RWPAGE_KERNEL_RW", -EINVAL,
	  "then ,nc or without x ,dev" },
	{ "map 0 0 1 PAGE_KERNEL_EXECPAGE_KERNEL_EXECPAGE_KERNEL_EXEC", -EINVAL, "PROT" },
	{ "map 0 0 1 rw rw", -EINVAL, "argument 'rw'" },
	{ "map here there 1 rw", -EINVAL, "VA 'here'" },
	{ "unmap 0", -EINVAL, "an argument is missing" },
	{ "unmap 0 0", -EINVAL, "NR_PAGES '0'" },
	{ "drain 1", -EINVAL, "argument '1'" },
	{ "drain node=1", -EINVAL, "key 'node'" },
	{ "mmu_check 0", -EINVAL, "from 1 to 100000" },
	{ "mmu_check 100001", -ERANGE, "from 1 to 100000" },
	{ "mmu_check 18446744073709551616", -ERANGE, "from 1 to 100000" },
	{ "mmu_check 99999999999999999999x", -EINVAL, "from 1 to 100000" },
	{ "mmu_check 1 1", -EINVAL, "argument '1'" },
	{ "mmu_check seed=x", -EINVAL, "seed= 'x'" },
	{ "mmu_check loads=x", -EINVAL, "loads= 'x': allowed: a number from 0" },
	{ "mmu_check loads=100001", -ERANGE, "loads= '100001': allowed: a number from 0" },
	{ "mmu_check unmapped=-1", -EINVAL, "unmapped= '-1'" },
	{ "mmu_check host=100001", -ERANGE, "host= '100001'" },
	{ "mmu_check loads=1 loads=1", -EINVAL, "each key once" },
	{ "drain loads=1", -EINVAL, "key 'loads'" },
	{ "set", -EINVAL, "an argument is missing" },
	{ "set counters", -EINVAL, "an argument is missing" },
	{ "set counters maybe", -EINVAL, "VALUE 'maybe'" },
	{ "set counters on off", -EINVAL, "VALUE 'off'" },
	{ "set counters 2", -EINVAL, "counters VALUE '2': allowed: on, off" },
	{ "set min_free_kbytes", -EINVAL, "an argument is missing" },
	{ "set min_free_kbytes x", -EINVAL,
	  "min_free_kbytes VALUE 'x': allowed: a number from 0 to 2147483647" },
	{ "set min_free_kbytes -1", -EINVAL, "VALUE '-1'" },
	{ "set min_free_kbytes 1M", -EINVAL, "VALUE '1M'" },
	{ "set min_free_kbytes 2147483648", -ERANGE, "to 2147483647" },
	{ "set min_free_kbytes 18446744073709551616", -ERANGE, "to 2147483647" },
	{ "set min_free_kbytes 1 2", -EINVAL, "VALUE '2'" },
	{ "set min_free_kbytes=5", -EINVAL, "key 'min_free_kbytes'" },
	{ "set watermark_scale_factor 0", -ERANGE, "from 1 to 3000" },
	{ "set watermark_scale_factor 3001", -ERANGE, "from 1 to 3000" },
	{ "set watermark_boost_factor 4294967296", -ERANGE, "to 2147483647" },
	{ "set percpu_pagelist_high_fraction 7", -ERANGE, "0 or a number from 8" },
	{ "set percpu_pagelist_high_fraction on", -EINVAL, "0 or a number from 8" },
	{ "set lowmem_reserve_ratio 1,2,3,4,5,6,7", -ERANGE, "up to 6 numbers" },
	{ "set lowmem_reserve_ratio 1 2 3 4 5 6 7", -ERANGE, "VALUE '7'" },
	{ "set lowmem_reserve_ratio 1,", -EINVAL, "up to 6 numbers" },
	{ "set lowmem_reserve_ratio 2147483648", -ERANGE, "up to 6 numbers" },
	{ "set frag_interval 1000000001", -ERANGE, "to 1000000000" },
	{ "set colours on", -EINVAL, "KEY 'colours'" },
	{ "set colours on", -EINVAL, ", min_free_kbytes, watermark_scale_factor, " },
	{ "set size 64M", -EOPNOTSUPP, "stays while the machine runs" },
	{ "set tlbi on", -EOPNOTSUPP, "it stays while the machine runs" },
	{ "reset now", -EINVAL, "argument 'now'" },
	{ "reset size=4M", -EPERM, "reset: size=: it stays what it is" },
	{ "reset base=0x40000000", -EPERM, "base=" },
	{ "reset base_force=on", -EPERM, "base_force=" },
	{ "reset region=x", -EPERM, "region=" },
	{ "reset share=", -EPERM, "share=" },
	{ "reset debugfs=off", -EPERM, "debugfs=" },
	{ "reset colour=red", -EINVAL, "key 'colour'" },
	{ "reset seed=1 seed=2", -EINVAL, "each key once" },
	{ "reset count=1", -EINVAL, "key 'count'" },
	{ "reset a seed=1", -EINVAL, "argument 'a'" },
	{ "reset cmdline=\"a b", -EINVAL, "the quote in column 15" },
	{ "reset cmdline=\"a b\"c", -EINVAL, "the quote in column 15" },
	{ "reset cmdline=\"", -EINVAL, "the quote in column 15" },
	{ "compare", -EINVAL, "an argument is missing" },
	{ "compare a b", -EINVAL, "argument 'b'" },
	{ "compare ../boot", -EINVAL, "TRACE '../boot'" },
	{ "compare .boot", -EINVAL, "TRACE '.boot'" },
	{ "compare mixed:10", -EINVAL, "'mixed:10': allowed: mixed:OPERATIONS:SEED" },
	{ "compare mixed:0:1", -ERANGE, "'mixed:0:1': allowed: mixed:OPERATIONS:SEED" },
	{ "compare rest:1:1", -EINVAL, "'rest:1:1': allowed: mixed:OPERATIONS:SEED" },
	{ "compare trace=a", -EINVAL, "key 'trace'" },
	{ "compare a123456789b123456789c123456789d123456789e123456789f123456789g1234",
	  -EINVAL, "TRACE" },
	{ "create", -EINVAL, "an argument is missing" },
	{ "create main", -EINVAL, "NAME 'main'" },
	{ "create Big", -EINVAL, "NAME 'Big'" },
	{ "create ../x", -EINVAL, "NAME '../x'" },
	{ "create a23456789012345_x", -EINVAL, "NAME" },
	{ "create x y", -EINVAL, "argument 'y'" },
	{ "create x siz=4M", -EINVAL, "key 'siz'" },
	{ "create x =4M", -EINVAL, "key ''" },
	{ "create x size=4M size=4M", -EINVAL, "each key once" },
	{ "destroy", -EINVAL, "an argument is missing" },
	{ "destroy main", -EINVAL, "NAME 'main'" },
	{ "destroy x size=4M", -EINVAL, "key 'size'" },
	{ "step paging", -EINVAL, "PHASE 'paging'" },
	{ "step 3", -EINVAL, "PHASE '3'" },
	{ "step verify verify", -EINVAL, "argument 'verify'" },
	{ "continue verify", -EINVAL, "argument 'verify'" },
	{ "memblock_add 0", -EINVAL, "an argument is missing" },
	{ "memblock_add 0 0", -EINVAL, "from 1" },
	{ "memblock_add -1 1", -EINVAL, "BASE '-1'" },
	{ "memblock_add 0 1 2", -EINVAL, "argument '2'" },
	{ "memblock_free 18446744073709551616 1", -EINVAL, "BASE" },
	{ "early_ioremap 0x9000000", -EINVAL, "an argument is missing" },
	{ "early_ioremap 0x9000000 0", -EINVAL, "from 1" },
	{ "early_iounmap", -EINVAL, "an argument is missing" },
	{ "early_iounmap 0x1000 0", -EINVAL, "from 1" },
	{ "early_alloc", -EINVAL, "an argument is missing" },
	{ "early_alloc 0", -EINVAL, "from 1" },
	{ "early_alloc 1 align=3", -EINVAL, "a power of two" },
	{ "early_alloc 1 align=0", -EINVAL, "a power of two" },
	{ "early_alloc 1 node=8", -EINVAL, "from 0 to 7" },
	{ "early_alloc 1 min=x", -EINVAL, "min= 'x'" },
	{ "early_alloc 1 as=a", -EINVAL, "key 'as'" },
	{ "mark 1 2", -EINVAL, "argument '1': allowed: mark" },
	{ "break 1 2", -EINVAL, "KIND '1'" },
	{ "fail x", -EINVAL, "POINT 'x': allowed: page, pcp" },
	{ "drain\r", -EINVAL, "byte 0x0d in column 6" },
	{ "drain \x01", -EINVAL, "byte 0x01" },
	{ "\x7f", -EINVAL, "byte 0x7f in column 1" },
	{ "# \x1b[2J", -EINVAL, "byte 0x1b" },
	{ "\xff\xfe", -EINVAL, "unknown command '" },
	{ "%s%n%p", -EINVAL, "unknown command '%s%n%p'" },
	{ "drain b c d e f g h i j k l m", -EINVAL, "argument 'b'" },
	{ "\"drain\"", -EINVAL, "unknown command" },
	{ "x=\"a", -EINVAL, "unknown command" },
	{ "drain drain", -EINVAL, "argument 'drain'" },
	{ "drain; reset", -EINVAL, "unknown command 'drain;'" },
};

static void bad_lines(struct kunit *test)
{
	struct shadow_ctl_text text;
	struct shadow_ctl_cmd cmd;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ_MSG(test, read_first(bad[i].text, strlen(bad[i].text), &text, &cmd),
				    bad[i].err, "'%s': %s", bad[i].text, text.why);
		expect_why(test, text.why);
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(text.why, bad[i].says), "'%s' in '%s'",
					  bad[i].says, text.why);
	}
}

static void nul_bytes(struct kunit *test)
{
	static const char inside[] = "drain\0";
	static const char alone[] = "\0";
	static const char hidden[] = "drain\n\0\nreset\n";
	struct shadow_ctl_text text;
	struct shadow_ctl_cmd cmd;

	KUNIT_EXPECT_EQ(test, read_first(inside, sizeof(inside), &text, &cmd), -EINVAL);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text.why, "byte 0x00 in column 6"));
	KUNIT_EXPECT_EQ(test, read_first(alone, 1, &text, &cmd), -EINVAL);
	KUNIT_EXPECT_EQ(test, read_first(hidden, sizeof(hidden) - 1, &text, &cmd), 1);
	KUNIT_EXPECT_EQ(test, shadow_ctl_next(&text, &cmd), -EINVAL);
	KUNIT_EXPECT_EQ(test, text.line, 2);
}

/* ----------------------------------------------------------------- lines -- */

static void line_numbers(struct kunit *test)
{
	static const char batch[] =
		"\n# a comment\n  \t\ndrain\n\nreset # again\nunmap 0 1";
	struct shadow_ctl_text text;
	struct shadow_ctl_cmd cmd;

	shadow_ctl_text_init(&text, batch, strlen(batch));
	KUNIT_ASSERT_EQ(test, shadow_ctl_next(&text, &cmd), 1);
	KUNIT_EXPECT_EQ(test, cmd.verb, SHADOW_CTL_DRAIN);
	KUNIT_EXPECT_EQ(test, cmd.line, 4);
	KUNIT_ASSERT_EQ(test, shadow_ctl_next(&text, &cmd), 1);
	KUNIT_EXPECT_EQ(test, cmd.verb, SHADOW_CTL_RESET);
	KUNIT_EXPECT_EQ(test, cmd.line, 6);
	KUNIT_ASSERT_EQ(test, shadow_ctl_next(&text, &cmd), 1);
	KUNIT_EXPECT_EQ(test, cmd.verb, SHADOW_CTL_UNMAP);
	KUNIT_EXPECT_EQ(test, cmd.line, 7);
	KUNIT_EXPECT_EQ(test, shadow_ctl_next(&text, &cmd), 0);
	KUNIT_EXPECT_EQ(test, shadow_ctl_next(&text, &cmd), 0);
}

static void nothing_to_read(struct kunit *test)
{
	static const char *const empty[] = { "", "\n", "\n\n\n", "#", " \t", "# drain", "#\n" };
	struct shadow_ctl_text text;
	struct shadow_ctl_cmd cmd;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(empty); i++)
		KUNIT_EXPECT_EQ_MSG(test, read_first(empty[i], strlen(empty[i]), &text, &cmd), 0,
				    "'%s'", empty[i]);
}

/* Parameters are handed over in the line's order, without quotes. */
static void given_params(struct kunit *test)
{
	static const char line[] =
		"create board=x m size=  cmdline=\"a=\"  initrd=0+\"1 memory=\"a  # b\"\tseed=1 #";
	static const struct {
		unsigned int id;
		const char *value;
	} want[] = {
		{ SHADOW_PARAM_BOARD, "x" }, { SHADOW_PARAM_SIZE, "" },
		{ SHADOW_PARAM_CMDLINE, "a=" }, { SHADOW_PARAM_INITRD, "0+\"1" },
		{ SHADOW_PARAM_MEMORY, "a  # b" }, { SHADOW_PARAM_SEED, "1" },
	};
	struct shadow_ctl_text text;
	struct shadow_ctl_cmd cmd;
	const char *value;
	unsigned int id, i;
	size_t len;

	KUNIT_ASSERT_EQ_MSG(test, read_first(line, sizeof(line) - 1, &text, &cmd), 1, "%s",
			    text.why);
	KUNIT_EXPECT_STREQ(test, cmd.machine, "m");
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		KUNIT_ASSERT_TRUE(test, shadow_ctl_given_next(&cmd.given, &id, &value, &len));
		KUNIT_EXPECT_EQ(test, id, want[i].id);
		KUNIT_EXPECT_EQ(test, len, strlen(want[i].value));
		KUNIT_EXPECT_EQ(test, memcmp(value, want[i].value, min(len, strlen(want[i].value))),
				0);
	}
	KUNIT_EXPECT_FALSE(test, shadow_ctl_given_next(&cmd.given, &id, &value, &len));
	KUNIT_EXPECT_FALSE(test, shadow_ctl_given_next(&cmd.given, &id, &value, &len));
}

/* What ctl shows as its grammar begins with a command that exists. */
static void grammar_is_parsed(struct kunit *test)
{
	struct shadow_ctl_text text;
	struct shadow_ctl_cmd cmd;
	unsigned int verb;
	size_t len;

	for (verb = 0; verb < SHADOW_NR_CTL_VERBS; verb++) {
		const char *usage = shadow_ctl_grammar(verb);

		KUNIT_ASSERT_NOT_NULL(test, usage);
		KUNIT_ASSERT_NOT_NULL(test, shadow_ctl_meaning(verb));
		len = strcspn(usage, " ");
		if (read_first(usage, len, &text, &cmd) == 1)
			KUNIT_EXPECT_EQ(test, cmd.verb, verb);
		else
			KUNIT_EXPECT_NOT_NULL(test, strstr(text.why, usage));
	}
}

static void names(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, shadow_ctl_name_ok("a", 1));
	KUNIT_EXPECT_TRUE(test, shadow_ctl_name_ok("mains", 5));
	KUNIT_EXPECT_TRUE(test, shadow_ctl_name_ok("z9_", 3));
	KUNIT_EXPECT_TRUE(test, shadow_ctl_name_ok("abcdefghijklmnop", 16));
	KUNIT_EXPECT_FALSE(test, shadow_ctl_name_ok("abcdefghijklmnopq", 17));
	KUNIT_EXPECT_FALSE(test, shadow_ctl_name_ok("", 0));
	KUNIT_EXPECT_FALSE(test, shadow_ctl_name_ok("main", 4));
	KUNIT_EXPECT_FALSE(test, shadow_ctl_name_ok("host", 4));
	KUNIT_EXPECT_TRUE(test, shadow_ctl_name_ok("hosts", 5));
	KUNIT_EXPECT_FALSE(test, shadow_ctl_name_ok("9", 1));
	KUNIT_EXPECT_FALSE(test, shadow_ctl_name_ok("a.b", 3));
	KUNIT_EXPECT_FALSE(test, shadow_ctl_name_ok("../x", 4));
	KUNIT_EXPECT_FALSE(test, shadow_ctl_name_ok("a\0b", 3));
}

/* ------------------------------------------------------------------ fuzz -- */

static const char *any_line(struct rnd_state *rnd)
{
	if (shadow_test_below(rnd, 3))
		return good[shadow_test_below(rnd, ARRAY_SIZE(good))].text;
	return bad[shadow_test_below(rnd, ARRAY_SIZE(bad))].text;
}

static char any_byte(struct rnd_state *rnd)
{
	static const char likely_bytes[] = "0123456789abcdefx= \t#\nkMGT_,\"zonecutas";

	if (shadow_test_below(rnd, 8) == 0)
		return shadow_test_below(rnd, 256);
	return likely_bytes[shadow_test_below(rnd, sizeof(likely_bytes) - 1)];
}

/* One to four lines, with bytes changed, taken out and put in. */
static size_t wild_text(struct rnd_state *rnd, char *at, size_t room)
{
	unsigned int nr_lines = 1 + shadow_test_below(rnd, 4);
	unsigned int changes = shadow_test_below(rnd, 5);
	size_t len = 0, line, where;

	while (nr_lines--) {
		const char *text = any_line(rnd);

		line = strlen(text);
		if (len + line + 1 > room)
			break;
		memcpy(at + len, text, line);
		len += line;
		at[len++] = '\n';
	}
	while (changes-- && len) {
		where = shadow_test_below(rnd, len);
		switch (shadow_test_below(rnd, 3)) {
		case 0:
			at[where] = any_byte(rnd);
			break;
		case 1:
			memmove(at + where, at + where + 1, len - where - 1);
			len--;
			break;
		default:
			if (len == room)
				break;
			memmove(at + where + 1, at + where, len - where);
			at[where] = any_byte(rnd);
			len++;
			break;
		}
	}
	return len;
}

/* Every field is what a command may have, whatever the text was. */
static void expect_sane(struct kunit *test, const struct shadow_ctl_cmd *cmd)
{
	unsigned int i;

	KUNIT_EXPECT_LT(test, cmd->verb, SHADOW_NR_CTL_VERBS);
	KUNIT_EXPECT_LE(test, cmd->order, SHADOW_MAX_ORDER);
	KUNIT_EXPECT_TRUE(test, cmd->count >= 1 && cmd->count <= SHADOW_CTL_MAX_COUNT);
	KUNIT_EXPECT_LE(test, cmd->bytes, S64_MAX);
	for (i = 0; i < SHADOW_NR_MMU_SIZES; i++)
		KUNIT_EXPECT_LE(test, cmd->mmu_size[i], SHADOW_CTL_MAX_SAMPLES);
	KUNIT_EXPECT_TRUE(test, !*cmd->as || shadow_ctl_name_ok(cmd->as, strlen(cmd->as)));
	KUNIT_EXPECT_TRUE(test, !*cmd->handle_name ||
			  shadow_ctl_name_ok(cmd->handle_name, strlen(cmd->handle_name)));
	KUNIT_EXPECT_TRUE(test, !*cmd->machine ||
			  shadow_ctl_name_ok(cmd->machine, strlen(cmd->machine)));
	KUNIT_EXPECT_TRUE(test, !cmd->align || is_power_of_2(cmd->align));
	KUNIT_EXPECT_LT(test, cmd->node, SHADOW_MAX_NODES);
	KUNIT_EXPECT_LE(test, cmd->phase, SHADOW_NR_PHASES);
	KUNIT_EXPECT_EQ(test, cmd->prot & ~SHADOW_PROT_MASK, 0);
}

/* Nothing that a command points to lies outside its own line. */
static u64 read_given(struct kunit *test, const char *at, size_t len,
		      struct shadow_ctl_given given)
{
	const char *value;
	unsigned int id;
	u64 seen = 0;
	size_t bytes;

	KUNIT_EXPECT_TRUE(test, given.at >= at && given.at + given.bytes <= at + len);
	while (shadow_ctl_given_next(&given, &id, &value, &bytes)) {
		KUNIT_ASSERT_LT(test, id, SHADOW_NR_PARAMS);
		KUNIT_EXPECT_TRUE(test, value >= at && value + bytes <= at + len);
		KUNIT_EXPECT_NULL(test, memchr(value, '\n', bytes));
		KUNIT_EXPECT_FALSE(test, seen & BIT_ULL(id));
		seen |= BIT_ULL(id);
	}
	return seen;
}

/* The whole text, as a batch is read; the sum of what came out. */
static u64 read_all(struct kunit *test, const char *at, size_t len, unsigned int *nr)
{
	struct shadow_ctl_text text;
	struct shadow_ctl_cmd cmd;
	u64 sum = 0;
	int more;

	shadow_ctl_text_init(&text, at, len);
	for (;;) {
		more = shadow_ctl_next(&text, &cmd);
		sum = sum * 31 + text.line * 1000 + more;
		if (more <= 0)
			break;
		(*nr)++;
		expect_sane(test, &cmd);
		if (cmd.verb == SHADOW_CTL_CREATE || cmd.verb == SHADOW_CTL_RESET)
			sum = sum * 31 + read_given(test, at, len, cmd.given);
		sum = sum * 31 + cmd.verb + cmd.va + cmd.pa + cmd.bytes + cmd.handle + cmd.order;
	}
	if (more) {
		KUNIT_EXPECT_TRUE(test, more == -EINVAL || more == -ERANGE ||
				  more == -EOPNOTSUPP || more == -EPERM);
		expect_why(test, text.why);
	} else {
		KUNIT_EXPECT_EQ(test, text.bytes, 0);
	}
	return sum;
}

static void parse_fuzz(struct kunit *test)
{
	char *wild = shadow_test_alloc(test, SHADOW_CTL_BYTES);
	unsigned int i, nr = 0;
	struct rnd_state rnd;
	char *exact;
	size_t len;
	u64 sum;

	shadow_test_seed(test, &rnd);
	for (i = 0; i < 100000; i++) {
		len = wild_text(&rnd, wild, 512);
		/* Of just its size, so that a sanitizer sees a byte too far. */
		exact = kmalloc(len ? len : 1, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, exact);
		memcpy(exact, wild, len);
		sum = read_all(test, exact, len, &nr);
		KUNIT_EXPECT_EQ(test, sum, read_all(test, exact, len, &nr));
		KUNIT_EXPECT_MEMEQ(test, exact, wild, len);
		kfree(exact);
		if (i % 1024 == 0)
			cond_resched();
	}
	kunit_info(test, "%u commands in 100000 texts\n", nr / 2);
	KUNIT_EXPECT_GT(test, nr / 2, 30000);
}

static struct kunit_case ctl_cases[] = {
	KUNIT_CASE(good_lines),
	KUNIT_CASE(bad_lines),
	KUNIT_CASE(nul_bytes),
	KUNIT_CASE(line_numbers),
	KUNIT_CASE(nothing_to_read),
	KUNIT_CASE(given_params),
	KUNIT_CASE(grammar_is_parsed),
	KUNIT_CASE(names),
	KUNIT_CASE(parse_fuzz),
	{}
};

static struct kunit_suite ctl_suite = {
	.name = "shadow_ctl",
	.test_cases = ctl_cases,
};

kunit_test_suite(ctl_suite);
MODULE_LICENSE("GPL");
