// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_mmu_host - the tables that the host runs on, read only: the same
 * walker, and the same judge.
 */
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/printk.h>
#include <linux/sched.h>

#ifdef CONFIG_ARM64
#include <asm/memory.h>
#include <asm/pgtable.h>
#endif

#include "shadow_compat.h"
#include "shadow_mmu.h"
#include "shadow_mmu_cpu.h"
#include "shadow_mmu_panel.h"
#include "shadow_mmu_verdict.h"
#include "shadow_pool.h"
#include "shadow_regs.h"
#include "shadow_walk.h"

/* How often an address is asked again before a difference counts. */
#define HOST_ATTEMPTS		10
/* Distance from a function's address that still counts as its surroundings. */
#define HOST_AROUND		((u64)SZ_16M)

static int read_desc(void *ctx, phys_addr_t pa, u64 *desc)
{
	return shadow_mmu_cpu_read_table(pa, desc, 1);
}

/**
 * shadow_mmu_host_walker() - a walker for the host's kernel addresses
 * @walker: filled: root from TTBR1_EL1, geometry from TCR_EL1
 * @regs: filled with the registers, as far as they can be read
 *
 * The tables are live: what a walk says may be out of date when it returns.
 *
 * Context: any; so may be the walks.
 * Return: 0, -EOPNOTSUPP where this is not arm64, -EINVAL for a TCR_EL1 that
 *	the architecture does not have.
 */
int shadow_mmu_host_walker(struct shadow_walker *walker,
			   struct shadow_regs *regs)
{
	int err;

	memset(walker, 0, sizeof(*walker));
	err = shadow_mmu_cpu_regs(regs);
	if (err)
		return err;
	return shadow_regs_walker(regs, U64_MAX, read_desc, NULL, walker);
}

/**
 * struct area - a part of the host's address space
 * @first: its first address
 * @last: its last address
 */
struct area {
	u64 first;
	u64 last;
};

#define NR_AREAS	6

static struct area around(unsigned long function)
{
	return (struct area){ function - HOST_AROUND, function + HOST_AROUND };
}

/* Constants of the kernel's layout may exceed what its TCR_EL1 covers. */
static void list_areas(const struct shadow_walker *walker, struct area *area)
{
	u64 first = shadow_geometry_first(&walker->geo, true);
	int i;

	area[0] = around((unsigned long)_printk);	/* the image */
	area[1] = around((unsigned long)list_areas);	/* modules */
	area[2] = (struct area){ first, U64_MAX };	/* everything */
#ifdef CONFIG_ARM64
	area[3] = (struct area){ first, _PAGE_END(VA_BITS_MIN) - 1 };
	area[4] = (struct area){ VMALLOC_START, VMALLOC_END - 1 };
	area[5] = (struct area){ VMEMMAP_START, VMEMMAP_END - 1 };
#else
	area[3] = area[2];
	area[4] = area[2];
	area[5] = area[2];
#endif
	for (i = 0; i < NR_AREAS; i++) {
		area[i].first = max(area[i].first, first);
		if (area[i].last < area[i].first)
			area[i] = area[2];
	}
}

/**
 * struct descent - the way down the live tables
 * @walker: root and geometry
 * @rnd: the seeded sequence
 * @table: room for one table, of which a part may be read
 */
struct descent {
	struct shadow_walker walker;
	struct rnd_state rnd;
	u64 table[];
};

/*
 * Chooses a descriptor among those with index @first to @last of the table at
 * @pa: the first that is mapped, now and then the first that is not, after a
 * random place. Returns its index.
 */
static unsigned int choose_desc(struct descent *descent, phys_addr_t pa,
				unsigned int first, unsigned int last)
{
	bool want_hole = !(prandom_u32_state(&descent->rnd) % 16);
	unsigned int nr = last - first + 1, i, at;
	u64 *desc = &descent->table[first];

	if (shadow_mmu_cpu_read_table(pa + first * sizeof(u64), desc, nr))
		memset(desc, 0, nr * sizeof(u64));
	at = shadow_mmu_random_below(&descent->rnd, nr);
	for (i = 0; i < nr; i++) {
		if (!(desc[at] & SHADOW_DESC_VALID) == want_hole)
			break;
		at = at + 1 < nr ? at + 1 : 0;
	}
	return first + at;
}

/* An address of @area, chosen by what is mapped there, however sparse. */
static u64 descend(struct descent *descent, const struct area *area)
{
	const struct shadow_geometry *geo = &descent->walker.geo;
	u64 va = shadow_geometry_first(geo, true);
	phys_addr_t table = descent->walker.root;
	int level = geo->start_level;
	unsigned int shift, index;
	u64 first, last, desc;

	for (;; level++) {
		shift = shadow_geometry_shift(geo, level);
		first = area->first > va ? (area->first - va) >> shift : 0;
		last = min_t(u64, shadow_geometry_entries(geo, level) - 1,
			     (area->last - va) >> shift);
		index = choose_desc(descent, table, first, last);
		desc = descent->table[index];
		va += (u64)index << shift;
		if (shadow_desc_kind(geo, level, desc) != SHADOW_DESC_KIND_TABLE)
			break;
		table = shadow_desc_oa(geo, desc);
	}
	va += shadow_mmu_random_below(&descent->rnd, 1ULL << shift);
	return clamp(va, area->first, area->last);
}

/* An address from anywhere in the half, mostly a hole. */
static u64 anywhere(struct descent *descent)
{
	const struct shadow_geometry *geo = &descent->walker.geo;

	return shadow_geometry_first(geo, true) +
	       shadow_mmu_random_below(&descent->rnd,
				       shadow_geometry_last(geo, false));
}

/*
 * The host goes on meanwhile: it maps, unmaps, and unmaps without telling the
 * TLB at once. A difference counts when it stays. Only AT S1E1R is asked: the
 * host manages the dirty state by hardware, and the others would write.
 */
static void compare(const struct shadow_walker *walker,
		    const struct shadow_regs *regs, u64 va,
		    struct shadow_mmu_result *result)
{
	struct shadow_mmu_answer answer = { .asked = BIT(SHADOW_MMU_S1E1R) };
	struct shadow_mmu_verdict verdict;
	struct shadow_par par;
	int attempt;

	for (attempt = 0; attempt < HOST_ATTEMPTS; attempt++) {
		shadow_mmu_ask_walker(walker, regs, true, va, &verdict);
		/* AT might set the flag, and we change nothing. */
		if (!verdict.access_flag)
			return;
		answer.par[SHADOW_MMU_S1E1R] = shadow_mmu_cpu_ask(va, attempt);
		par = shadow_mmu_decode_par(answer.par[SHADOW_MMU_S1E1R]);
		if (shadow_mmu_agrees(&verdict, SHADOW_MMU_S1E1R, &par))
			break;
		result->retried++;
		cond_resched();
	}
	shadow_mmu_note(result, va, &verdict, &answer);
}

/**
 * shadow_mmu_check_host() - compare walker and CPU on the host's own tables
 * @seed: of the random choices
 * @nr: addresses: the image, modules, the linear map, vmalloc, vmemmap, and
 *	holes between and inside them
 * @result: the outcome is added to what it holds; zeroed before the first call
 *
 * No register of the host is written.
 *
 * Context: may sleep.
 * Return: 0, also where this is not arm64: then nothing was checked and
 *	@result->reason says so; -ENOMEM, -EINVAL as for
 *	shadow_mmu_host_walker().
 */
int shadow_mmu_check_host(u64 seed, unsigned int nr,
			  struct shadow_mmu_result *result)
{
	struct shadow_walker walker;
	struct area area[NR_AREAS];
	struct descent *descent;
	struct shadow_regs regs;
	u64 va;
	int err;

	err = shadow_mmu_host_walker(&walker, &regs);
	if (err == -EOPNOTSUPP) {
		snprintf(result->reason, sizeof(result->reason), "not arm64");
		return 0;
	}
	if (err)
		return err;
	descent = shadow_pool_zalloc(sizeof(*descent) +
				     (1ULL << walker.geo.page_shift));
	if (!descent)
		return -ENOMEM;
	descent->walker = walker;
	prandom_seed_state(&descent->rnd, seed);
	list_areas(&walker, area);
	while (nr--) {
		va = nr % 8 ? descend(descent, &area[nr % NR_AREAS]) :
			      anywhere(descent);
		compare(&walker, &regs, va, result);
		if (!(nr % SHADOW_MMU_WINDOW))
			cond_resched();
	}
	shadow_pool_free(descent);
	return 0;
}
