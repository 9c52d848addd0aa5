// SPDX-License-Identifier: GPL-2.0-only
/*
 * make - a history of random operations on a machine here, for the tests: the
 * same files as the module's.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/prandom.h>

#include "replay.h"
#include "shadow_boot.h"
#include "shadow_compound.h"
#include "shadow_contig.h"
#include "shadow_page_call.h"

#define MAX_HELD	512

static const char usage[] =
	"usage: shadow-replay --make EVENTS.BIN STATE SEED OPERATIONS [PARAMETER=VALUE]...\n";

/* What was got and not given back */
struct held {
	struct shadow_page *page[MAX_HELD];
	unsigned int order[MAX_HELD];
	void *object[MAX_HELD];
	u64 area[MAX_HELD];
	struct shadow_kmem_cache *cache[8];
	void *in_cache[8][64];
	unsigned int nr_created;
};

/**
 * struct how - what else is to be in a history
 * @early: commands while the machine boots
 * @breaks: damage at its end
 */
struct how {
	bool early;
	bool breaks;
};

static struct held held;
static struct rnd_state rnd;

static u32 below(u32 limit)
{
	return prandom_u32_state(&rnd) % limit;
}

static void pages_op(struct shadow_mm *mm)
{
	unsigned int i = below(MAX_HELD), cpu = below(mm->nr_cpus);
	u32 gfp = SHADOW_GFP_OWNER(SHADOW_OWNER_DIRECT);

	if (held.page[i]) {
		shadow_free_pages_cpu(&mm->nodes, cpu, held.page[i],
				      held.order[i]);
		held.page[i] = NULL;
		return;
	}
	held.order[i] = below(8) ? below(4) : below(mm->nodes.max_order + 1);
	if (below(2))
		gfp |= SHADOW_GFP_MOVABLE;
	if (!below(8))
		gfp |= SHADOW_GFP_NODE(below(mm->nodes.nr_nodes));
	held.page[i] = shadow_alloc_pages_cpu(&mm->nodes, cpu, gfp,
					      held.order[i]);
}

static void kmalloc_op(struct shadow_mm *mm)
{
	unsigned int i = below(MAX_HELD), cpu = below(mm->nr_cpus);

	if (held.object[i] && below(4)) {
		shadow_kfree_cpu(&mm->slab, cpu, held.object[i]);
		held.object[i] = NULL;
	} else if (!held.object[i]) {
		held.object[i] = shadow_kmalloc_cpu(&mm->slab, cpu,
						    1 + below(below(9) ? 500 : 30000),
						    0);
	}
}

static void cache_op(struct shadow_mm *mm)
{
	unsigned int i = below(8), j = below(64), cpu = below(mm->nr_cpus);
	char name[20];

	if (!held.cache[i]) {
		snprintf(name, sizeof(name), "made-%u", held.nr_created++);
		held.cache[i] = shadow_kmem_cache_create(&mm->slab, name,
							 8 + below(900), 0,
							 below(3) ? 0 : SHADOW_SLAB_HWCACHE_ALIGN,
							 NULL);
		if (IS_ERR(held.cache[i]))
			held.cache[i] = NULL;
		return;
	}
	if (held.in_cache[i][j]) {
		shadow_kmem_cache_free_cpu(held.cache[i], cpu,
					   held.in_cache[i][j]);
		held.in_cache[i][j] = NULL;
	} else {
		held.in_cache[i][j] = shadow_kmem_cache_alloc_cpu(held.cache[i],
								  cpu, 0);
	}
	if (!below(100))
		shadow_kmem_cache_shrink(held.cache[i]);
	if (!below(500))
		shadow_slab_reap(&mm->slab, cpu);
}

static void vmalloc_op(struct shadow_mm *mm)
{
	unsigned int i = below(MAX_HELD);
	u64 bytes = (1 + below(40)) << mm->cfg.page_shift;

	if (held.area[i]) {
		shadow_vfree(&mm->vmalloc, held.area[i]);
		held.area[i] = 0;
	} else if (shadow_vmalloc_alloc(&mm->vmalloc, bytes, 0,
					SHADOW_PAGE_KERNEL, 0, &held.area[i])) {
		held.area[i] = 0;
	}
	if (!below(200))
		shadow_vmalloc_purge(&mm->vmalloc);
}

static void map_op(struct shadow_mm *mm)
{
	u64 bytes = (1ULL + below(30)) << mm->cfg.page_shift;
	u64 va = (u64)below(4096) << mm->cfg.page_shift;
	u64 pa = mm->block.base + ((u64)below(1000) << mm->cfg.page_shift);

	if (!mm->user.root_table)
		shadow_boot_user_create(mm);
	if (!mm->user.root_table)
		return;
	if (below(2))
		shadow_pgtable_map(&mm->user, va, pa, bytes, SHADOW_PAGE_SHARED, 0);
	else
		shadow_pgtable_unmap(&mm->user, va, bytes);
}

static void fail_op(struct shadow_mm *mm)
{
	const struct shadow_fail_attr attr = {
		.probability = below(3) ? 0 : below(20), .interval = 1,
		.times = below(2) ? SHADOW_FAIL_FOREVER : (int)below(50),
	};

	shadow_fail_arm(&mm->fail, below(SHADOW_NR_FAIL_POINTS), &attr);
}

/* As `create share=` takes them */
static void contig_op(struct shadow_mm *mm)
{
	static u64 pfn[8];
	unsigned int i = below(ARRAY_SIZE(pfn));
	u64 nr = 512;

	if (pfn[i]) {
		shadow_contig_free(&mm->nodes, pfn[i], nr);
		pfn[i] = 0;
		return;
	}
	pfn[i] = shadow_contig_alloc(&mm->nodes, nr, 512, SHADOW_OWNER_DIRECT);
}

/* As who writes an address to vtop */
static void use_op(struct shadow_mm *mm)
{
	u64 pa = mm->block.base + below(SZ_16M);

	shadow_boot_tlb_use(mm, shadow_layout_pa_to_va(&mm->layout, pa));
}

static u64 random64(void)
{
	u64 high = prandom_u32_state(&rnd);

	return high << 32 | prandom_u32_state(&rnd);
}

static void one_op(struct machine *machine)
{
	struct shadow_mm *mm = &machine->mm;
	unsigned int what = below(130);

	machine_on_cpu(below(mm->nr_cpus));
	/* Where until= has stopped the boot there is little to do */
	if (mm->boot.nr_done < SHADOW_NR_PHASES)
		command_run(machine, random64(), true);
	else if (what >= 102)
		command_run(machine, random64(), false);
	else if (what >= 101)
		contig_op(mm);
	else if (what >= 100)
		use_op(mm);
	else if (what < 35)
		pages_op(mm);
	else if (what < 60)
		kmalloc_op(mm);
	else if (what < 80)
		cache_op(mm);
	else if (what < 90)
		vmalloc_op(mm);
	else if (what < 99 || below(20))
		map_op(mm);
	else
		fail_op(mm);
}

static int take_param(struct shadow_setup *setup, char *text)
{
	char *value = strchr(text, '=');
	unsigned int id;

	if (!value)
		return -EINVAL;
	*value++ = '\0';
	for (id = 0; id < SHADOW_NR_PARAMS; id++)
		if (!strcmp(shadow_param_table[id].name, text)) {
			setup->given.value[id] = value;
			return 0;
		}
	return -EINVAL;
}

/* board-text=FILE, or what memory= says */
static struct shadow_board *get_board(const char *file_name, const char *memory,
				      char *why)
{
	static struct shadow_board board;
	static char text[SZ_256K];
	size_t bytes;
	FILE *file;

	shadow_board_init(&board, memory ? SHADOW_BOARD_MEMORY :
					   SHADOW_BOARD_TEXT);
	if (memory) {
		if (!shadow_board_memory(&board, memory))
			return &board;
		refuse(why, "%s", board.why);
		return NULL;
	}
	file = fopen(file_name, "r");
	if (!file) {
		refuse(why, "%s: %s", file_name, strerror(errno));
		return NULL;
	}
	bytes = fread(text, 1, sizeof(text), file);
	fclose(file);
	shadow_board_set_name(&board, "made", strlen("made"));
	if (!shadow_board_text(&board, text, bytes))
		return &board;
	refuse(why, "%s: %s", file_name, board.why);
	return NULL;
}

static int save_state(struct machine *machine, const struct shadow_ring *ring,
		      const char *name, char *why)
{
	FILE *file = fopen(name, "w");
	size_t bytes;
	char *text;

	if (!file)
		return refuse(why, "%s: %s", name, strerror(errno));
	text = machine_state(machine, shadow_ring_last(ring), &bytes);
	fwrite(text, 1, bytes, file);
	free(text);
	return fclose(file) ? refuse(why, "%s: %s", name, strerror(errno)) : 0;
}

static int make(struct shadow_setup *setup, const char *events,
		const char *state, u64 nr, const struct how *how, char *why)
{
	struct machine *machine;
	struct shadow_ring *ring;
	unsigned int phase, i;

	shadow_ring_enable(true);
	machine_nr_stacks = 5;
	machine = machine_create(setup, why);
	if (!machine)
		return -EINVAL;
	machine_on_cpu(0);
	for (phase = 0; phase < SHADOW_NR_PHASES && phase <= machine->mm.cfg.until;
	     phase++) {
		if (machine_boot_phase(machine, phase))
			return refuse(why, "phase %u failed: %s", phase,
				      machine->mm.boot.record[phase].effect);
		for (i = 0; how->early && i < below(5) &&
		     shadow_boot_reached(&machine->mm, SHADOW_PHASE_SETUP_FDT) &&
		     !shadow_boot_reached(&machine->mm, SHADOW_PHASE_MEM_INIT); i++)
			command_run(machine, random64(), true);
	}
	ring = machine->mm.events.ring;
	if (!ring)
		return refuse(why, "no ring; allowed: with ring=RECORDS");
	while (nr--) {
		one_op(machine);
		/* At the end: most of what comes behind is refused */
		if (how->breaks && nr < 200 && nr % 20 == 0)
			command_break(machine, random64());
	}
	printf("%llu records, %llu lost\n", (unsigned long long)shadow_ring_last(ring),
	       (unsigned long long)shadow_ring_lost(ring));
	return history_save(events, setup, ring, why) ? :
	       save_state(machine, ring, state, why);
}

/**
 * make_history() - random operations, recorded
 * @arg: EVENTS.BIN STATE SEED OPERATIONS, then parameters of the machine,
 *	with-early, with-breaks, and NULL
 *
 * Return: what the process ends with.
 */
int make_history(char **arg)
{
	struct shadow_setup setup = {
		.name = "main", .nr_cpus = 4,
		.facts = { .page_shift = 12, .arm64 = true, .pa_bits = 48 },
		.storage = { .base = 0x48000000, .bytes = SZ_128M },
	};
	const char *board = NULL, *memory;
	char why[REPLAY_WHY];
	struct how how = {};
	unsigned int i;

	for (i = 0; i < 4; i++)
		if (!arg[i]) {
			fputs(usage, stderr);
			return 2;
		}
	for (i = 4; arg[i]; i++) {
		if (!strncmp(arg[i], "board-text=", 11)) {
			board = arg[i] + 11;
			setup.given.value[SHADOW_PARAM_BOARD] = "made";
		} else if (!strcmp(arg[i], "with-early")) {
			how.early = true;
		} else if (!strcmp(arg[i], "with-breaks")) {
			how.breaks = true;
		} else if (take_param(&setup, arg[i])) {
			fprintf(stderr, "shadow-replay: %s: no parameter\n", arg[i]);
			return 2;
		}
	}
	memory = setup.given.value[SHADOW_PARAM_MEMORY];
	if (board || memory) {
		setup.board = get_board(board, memory, why);
		if (!setup.board) {
			fprintf(stderr, "shadow-replay: %s\n", why);
			return 1;
		}
	}
	prandom_seed_state(&rnd, strtoull(arg[2], NULL, 0));
	if (make(&setup, arg[0], arg[1], strtoull(arg[3], NULL, 0), &how, why)) {
		fprintf(stderr, "shadow-replay: %s\n", why);
		return 1;
	}
	return 0;
}
