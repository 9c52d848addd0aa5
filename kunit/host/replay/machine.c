// SPDX-License-Identifier: GPL-2.0-only
/*
 * machine - the same machine, booted in user space: what the module asks of the
 * kernel is here memory of the process, no clock, and no MMU.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include <linux/smp.h>

#include "replay.h"
#include "shadow_audit.h"
#include "shadow_boot.h"
#include "shadow_pcp.h"
#include "shadow_state.h"

#define BLOCK_ALIGN	SZ_64K

static void *host_zalloc(size_t bytes)
{
	size_t rounded = ALIGN(bytes, SHADOW_PCP_ALIGN);
	void *p = aligned_alloc(SHADOW_PCP_ALIGN, rounded);

	return p ? memset(p, 0, rounded) : NULL;
}

static void host_free(void *p)
{
	free(p);
}

static u64 host_now(void)
{
	return 0;
}

/*
 * How many places seem to allocate, in turn; 0: none is known, as to who replays.
 * Where those differ that were known to the machine, its state must not.
 */
unsigned int machine_nr_stacks;

static u64 next_stack(void)
{
	static unsigned int nr;

	return machine_nr_stacks ? 1 + nr++ % machine_nr_stacks : 0;
}

static unsigned long no_caller(u64 stack)
{
	return 0;
}

static size_t no_text(u64 stack, char *text, size_t bytes)
{
	return 0;
}

static const struct shadow_site_ops sites = {
	.stack = next_stack, .caller = no_caller, .text = no_text,
};

static const struct shadow_host_ops host = {
	.zalloc = host_zalloc, .free = host_free, .now = host_now,
	.site = &sites,
};

/* When a grace period has ended is recorded, and nobody has to wait for it */
static void host_grace(void *arg)
{
}

static u64 host_stack(void *arg)
{
	return 0;
}

static size_t host_stack_text(void *arg, u64 stack, char *text, size_t bytes)
{
	return 0;
}

static void host_report(void *arg, const char *line)
{
}

static int get_block(struct machine *machine, const struct shadow_setup *setup,
		     char *why)
{
	size_t bytes = setup->storage.bytes;
	char *p;

	p = mmap(NULL, bytes + BLOCK_ALIGN, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return refuse(why, "no address space for a block of %zu bytes",
			      bytes);
	machine->storage = setup->storage;
	machine->storage.virt = (void *)ALIGN((unsigned long)p, BLOCK_ALIGN);
	return 0;
}

static int plan(struct machine *machine, const struct shadow_setup *setup,
		char *why)
{
	struct shadow_mm *mm = &machine->mm;
	char said[SHADOW_PARAMS_WHY];

	if (shadow_params_check(&setup->given, &setup->facts, &mm->cfg, said,
				sizeof(said)))
		return refuse(why, "the parameters are refused here: %s", said);
	if (shadow_config_has_board(&mm->cfg) && !setup->board)
		return refuse(why, "board=%s: the history has no board",
			      mm->cfg.board);
	mm->board = setup->board;
	if (shadow_boot_place(&mm->cfg, mm->board, &machine->storage,
			      &mm->places, said, sizeof(said)))
		return refuse(why, "the block is refused here: %s", said);
	return 0;
}

/**
 * machine_create() - a machine about to boot
 * @setup: from what; stays where it is
 * @why: why not, one line
 *
 * Return: the machine, or NULL.
 */
struct machine *machine_create(const struct shadow_setup *setup, char *why)
{
	static const struct shadow_slab_host slab_host = {
		.grace = host_grace,
		.stack = host_stack, .stack_text = host_stack_text,
		.report = host_report,
	};
	struct machine *machine = host_zalloc(sizeof(*machine));
	char said[SHADOW_PARAMS_WHY];
	struct shadow_mm *mm;

	if (!machine)
		abort();
	mm = &machine->mm;
	strscpy(mm->name, setup->name, sizeof(mm->name));
	mm->host = &host;
	mm->slab_host = &slab_host;
	mm->nr_cpus = setup->nr_cpus;
	mm->cpu_id = setup->cpu_id;
	if (get_block(machine, setup, why) || plan(machine, setup, why))
		return NULL;
	if (shadow_boot_prepare(mm, &machine->storage, &machine->backing, said,
				sizeof(said))) {
		refuse(why, "the block is refused here: %s", said);
		return NULL;
	}
	return machine;
}

/* The first one brings the machine to life; how far it goes is not cfg's then */
int machine_boot_phase(struct machine *machine, unsigned int phase)
{
	struct shadow_mm *mm = &machine->mm;
	unsigned int until = mm->cfg.until;
	int err;

	if (mm->boot.nr_done || phase)
		return shadow_boot_step(mm, phase);
	mm->cfg.until = phase;
	err = shadow_boot_up(mm);
	mm->cfg.until = until;
	return err;
}

static bool never(struct shadow_mm *mm)
{
	return false;
}

struct shadow_ctl *machine_ctl(struct machine *machine)
{
	static const struct shadow_ctl_ops ops = { .interrupted = never };

	if (!machine->ctl_ready &&
	    shadow_ctl_init(&machine->ctl, &machine->mm, &ops))
		return NULL;
	machine->ctl_ready = true;
	return &machine->ctl;
}

void machine_on_cpu(unsigned int cpu)
{
	shadow_host_cpu = cpu;
}

struct sink {
	char *text;
	size_t nr;
	size_t room;
};

static void put(void *to, const char *text, size_t bytes)
{
	struct sink *sink = to;

	if (sink->room - sink->nr <= bytes) {
		sink->room = 2 * (sink->room + bytes);
		sink->text = realloc(sink->text, sink->room);
		if (!sink->text)
			abort();
	}
	memcpy(sink->text + sink->nr, text, bytes);
	sink->nr += bytes;
	sink->text[sink->nr] = '\0';
}

/* All of its state as text, to be freed */
char *machine_state(struct machine *machine, u64 seq, size_t *bytes)
{
	struct sink sink = {};
	const struct shadow_text text = { put, &sink };

	shadow_state_print(&machine->mm, seq, &text);
	*bytes = sink.nr;
	return sink.text;
}

int machine_verify(struct machine *machine, char *why)
{
	struct shadow_audit *audit = calloc(1, sizeof(*audit));
	int err;

	if (!audit)
		abort();
	err = shadow_audit_verify(&machine->mm, audit);
	if (err)
		refuse(why, "%s", audit->fault.text);
	free(audit);
	return err;
}
