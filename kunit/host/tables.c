// SPDX-License-Identifier: GPL-2.0-only
/*
 * tables - memory in which the module's own code has mapped and unmapped, as a
 * file, and what a walk of it must find. For the tests of scripts/shadow-pgtable:
 *
 *   tables PAGE_SHIFT VA_BITS PA_BITS DS UPPER SEED FILE
 *
 * prints base=, ttbr=, tcr= and mair=, then a line for each address that was
 * picked: VA and PA, or "hole".
 */
#include <stdio.h>
#include <stdlib.h>

#include <linux/prandom.h>

#include "shadow_pgtable.h"
#include "shadow_regs.h"

#define BASE		0x840000000ULL
#define NR_TABLES	64
#define NR_BLOCKS	6	/* of the smallest size, in the window */
#define NR_CALLS	300
#define NR_PICKS	200

/**
 * struct window - the addresses that are played with, page by page
 * @first: the first one
 * @page: bytes of a page
 * @nr: pages
 * @pa: where each is mapped to, plus 1; 0: it is not
 * @used: granules of the block that are tables
 */
struct window {
	u64 first;
	u64 page;
	u64 nr;
	u64 *pa;
	bool used[NR_TABLES];
};

static struct window win;
static struct rnd_state rnd;

static u64 below(u64 limit)
{
	u64 high = prandom_u32_state(&rnd);

	return (high << 32 | prandom_u32_state(&rnd)) % limit;
}

static int alloc_table(void *ctx, phys_addr_t *pa)
{
	unsigned int i;

	for (i = 0; i < NR_TABLES; i++) {
		if (win.used[i])
			continue;
		win.used[i] = true;
		*pa = BASE + i * win.page;
		return 0;
	}
	return -ENOMEM;
}

static void free_table(void *ctx, phys_addr_t pa)
{
	win.used[(pa - BASE) / win.page] = false;
}

static const struct shadow_pgtable_ops ops = {
	.alloc_table = alloc_table,
	.free_table = free_table,
};

/* The model changes only where the call succeeded */
static void one_call(struct shadow_pgtable *pgt)
{
	static const u64 prots[] = {
		SHADOW_PAGE_KERNEL, SHADOW_PAGE_KERNEL_ROX,
		SHADOW_PROT_DEVICE_NGNRE, SHADOW_PAGE_SHARED,
	};
	u64 block = win.nr / NR_BLOCKS, unit = below(3) ? 1 : block;
	u64 from = below(win.nr / unit) * unit;
	u64 nr = min((1 + below(unit == 1 ? 150 : 3)) * unit, win.nr - from);
	u64 units = (1ULL << pgt->geo.pa_bits) / (unit * win.page) - 4;
	u64 pa = below(units) * unit * win.page, i;
	u64 va = win.first + from * win.page;
	bool map = below(3);
	int err;

	if (map)
		err = shadow_pgtable_map(pgt, va, pa, nr * win.page,
					 prots[below(ARRAY_SIZE(prots))],
					 below(2) ? SHADOW_MAP_NO_CONT : 0);
	else
		err = shadow_pgtable_unmap(pgt, va, nr * win.page);
	for (i = 0; !err && i < nr; i++)
		win.pa[from + i] = map ? pa + i * win.page + 1 : 0;
}

static void print_picks(void)
{
	unsigned int i;

	for (i = 0; i < NR_PICKS; i++) {
		u64 nr = below(win.nr), offset = below(win.page);
		u64 va = win.first + nr * win.page + offset;

		if (win.pa[nr])
			printf("0x%llx 0x%llx\n", va, win.pa[nr] - 1 + offset);
		else
			printf("0x%llx hole\n", va);
	}
}

static int build(char **arg, struct shadow_block *block)
{
	static struct shadow_event_log log;
	static struct shadow_fault fault;
	static struct shadow_pgtable pgt;
	/* A CPU with 52-bit addresses and all granules */
	const struct shadow_cpu_id id = { .mmfr0 = 6 };
	struct shadow_geometry geo;
	bool upper = atoi(arg[5]);
	unsigned int i;

	if (shadow_geometry_init(&geo, atoi(arg[1]), atoi(arg[2]), atoi(arg[3]),
				 atoi(arg[4])))
		return -EINVAL;
	win.page = 1ULL << geo.page_shift;
	win.nr = (u64)NR_BLOCKS << geo.bits_per_level;
	win.pa = calloc(win.nr, sizeof(*win.pa));
	win.first = shadow_geometry_first(&geo, upper) +
		    (win.nr * win.page << 2);
	block->base = BASE;
	block->bytes = NR_TABLES * win.page;
	block->virt = aligned_alloc(win.page, block->bytes);
	if (!win.pa || !block->virt)
		return -ENOMEM;
	memset(block->virt, 0xa5, block->bytes);
	prandom_seed_state(&rnd, strtoull(arg[6], NULL, 0));
	shadow_event_init(&log);
	shadow_fault_init(&fault);
	if (shadow_pgtable_init(&pgt, &geo, upper, block, &log, &fault, &ops,
				NULL))
		return -ENOMEM;
	for (i = 0; i < NR_CALLS; i++)
		one_call(&pgt);
	printf("base=0x%llx ttbr=0x%llx tcr=0x%llx mair=0x%llx\n", BASE,
	       shadow_regs_ttbr(&geo, pgt.root), shadow_regs_tcr(&geo, &geo, &id),
	       shadow_regs_mair());
	print_picks();
	return shadow_pgtable_verify(&pgt, &fault);
}

int main(int argc, char **argv)
{
	struct shadow_block block = {};
	FILE *file;

	if (argc != 8 || build(argv, &block)) {
		fprintf(stderr, "tables: wrong arguments, or the tables are broken\n");
		return 1;
	}
	file = fopen(argv[7], "wb");
	if (!file || fwrite(block.virt, 1, block.bytes, file) != block.bytes ||
	    fclose(file)) {
		perror(argv[7]);
		return 1;
	}
	return 0;
}
