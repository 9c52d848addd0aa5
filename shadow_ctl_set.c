// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ctl_set - `set KEY VALUE`. See shadow_ctl_set.h.
 *
 * Most keys are sysctls of the kernel: their limits are its, and what it
 * computes anew after a write is computed anew here.
 */
#include "shadow_boot.h"
#include "shadow_ctl_run.h"
#include "shadow_ctl_set.h"
#include "shadow_frag.h"
#include "shadow_map.h"
#include "shadow_params.h"
#include "shadow_parse.h"
#include "shadow_pcp.h"
#include "shadow_watermark.h"

/* MIN_PERCPU_PAGELIST_HIGH_FRACTION of mm/page_alloc.c */
#define MIN_HIGH_FRACTION	8

#define WITH(phase)	(SHADOW_PHASE_##phase + 1)

/* -------------------------------------------------------- what changes -- */

static void run_counters(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	shadow_ctl_set_counters(ctl, cmd->on);
}

static void show_counters(const struct shadow_ctl *ctl, char *text, size_t room)
{
	snprintf(text, room, "%s", ctl->counters ? "on" : "off");
}

static void run_routes(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	shadow_why_set_all(&ctl->mm->why, cmd->on);
}

static void show_routes(const struct shadow_ctl *ctl, char *text, size_t room)
{
	snprintf(text, room, "%s", ctl->mm->why.all ? "on" : "off");
}

static const struct shadow_clock *clock_of(const struct shadow_ctl *ctl, u64 which)
{
	const struct shadow_host_ops *host = ctl->mm->host;

	return host->clock && which != SHADOW_LATENCY_OFF ? host->clock(which) : NULL;
}

/* A clock that the host has, and memory, which stays until the machine goes */
static int prepare_latency(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	struct shadow_mm *mm = ctl->mm;
	void *mem;

	if (cmd->value == SHADOW_LATENCY_OFF)
		return 0;
	if (!clock_of(ctl, cmd->value))
		return shadow_ctl_fail(ctl, -EOPNOTSUPP,
				       "latency %s: this CPU has no counter of them: allowed: ns, cycles, off",
				       shadow_latency_clocks[cmd->value]);
	if (mm->latency.cpu)
		return 0;
	mem = mm->host->zalloc(shadow_latency_bytes(mm->nr_cpus));
	if (!mem)
		return shadow_ctl_fail(ctl, -ENOMEM,
				       "latency %s: the host has no memory for its histograms, %zu KiB",
				       shadow_latency_clocks[cmd->value],
				       shadow_latency_bytes(mm->nr_cpus) >> 10);
	shadow_latency_set_mem(&mm->latency, mem, mm->nr_cpus);
	return 0;
}

static void run_latency(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	struct shadow_mm *mm = ctl->mm;

	if (mm->latency.cpu)
		shadow_latency_set(&mm->latency, &mm->events, cmd->value,
				   clock_of(ctl, cmd->value));
}

static void show_latency(const struct shadow_ctl *ctl, char *text, size_t room)
{
	snprintf(text, room, "%s", shadow_latency_clocks[ctl->mm->latency.which]);
}

/* min_free_kbytes_sysctl_handler(): marks, and list sizes that follow them */
static void run_min_free(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	shadow_watermark_set_min_free(&ctl->mm->nodes, cmd->value);
	shadow_pcp_setup(&ctl->mm->nodes);
	ctl->mm->cfg.min_free_kbytes = cmd->value;
}

static void show_min_free(const struct shadow_ctl *ctl, char *text, size_t room)
{
	snprintf(text, room, "%llu", ctl->mm->nodes.min_free_kbytes);
}

static void run_scale(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	ctl->mm->nodes.watermark_scale_factor = cmd->value;
	shadow_watermark_setup(&ctl->mm->nodes);
	shadow_pcp_setup(&ctl->mm->nodes);
	ctl->mm->cfg.watermark_scale_factor = cmd->value;
}

static void show_scale(const struct shadow_ctl *ctl, char *text, size_t room)
{
	snprintf(text, room, "%u", ctl->mm->nodes.watermark_scale_factor);
}

/* Counts from the next fallback on; boosts that are there stay, as in Linux */
static void run_boost(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	WRITE_ONCE(ctl->mm->nodes.watermark_boost_factor, cmd->value);
}

static void show_boost(const struct shadow_ctl *ctl, char *text, size_t room)
{
	snprintf(text, room, "%u", ctl->mm->nodes.watermark_boost_factor);
}

/* What is not given stays: proc_dointvec() of fewer numbers */
static void run_ratios(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	unsigned int *ratio = ctl->mm->nodes.lowmem_reserve_ratio;

	memcpy(ratio, cmd->ratio, cmd->nr_values * sizeof(*ratio));
	shadow_watermark_setup_reserve(&ctl->mm->nodes);
	memcpy(ctl->mm->cfg.lowmem_reserve_ratio, ratio,
	       sizeof(ctl->mm->cfg.lowmem_reserve_ratio));
}

static void show_ratios(const struct shadow_ctl *ctl, char *text, size_t room)
{
	shadow_params_ratios_text(ctl->mm->nodes.lowmem_reserve_ratio, text,
				  room);
}

/* percpu_pagelist_high_fraction_sysctl_handler() */
static void run_fraction(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	ctl->mm->nodes.pcp_high_fraction = cmd->value;
	shadow_pcp_setup(&ctl->mm->nodes);
}

static void show_fraction(const struct shadow_ctl *ctl, char *text, size_t room)
{
	snprintf(text, room, "%u", ctl->mm->nodes.pcp_high_fraction);
}

static void run_interval(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	shadow_frag_set_interval(&ctl->mm->nodes, cmd->value);
}

static void show_interval(const struct shadow_ctl *ctl, char *text, size_t room)
{
	snprintf(text, room, "%u", READ_ONCE(ctl->mm->frag.interval));
}

static void run_map_frames(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	ctl->mm->map_frames = cmd->value;
}

static void show_map_frames(const struct shadow_ctl *ctl, char *text, size_t room)
{
	snprintf(text, room, "%llu", ctl->mm->map_frames);
}

const struct shadow_ctl_set_info shadow_ctl_sets[SHADOW_NR_CTL_SET_KEYS] = {
	[SHADOW_CTL_SET_COUNTERS] = {
		.name = "counters",
		.allowed = "on, off",
		.meaning = "events are counted, see vmstat",
		.kind = SHADOW_CTL_VALUE_SWITCH,
		.run = run_counters,
		.show = show_counters,
	},
	[SHADOW_CTL_SET_ROUTES] = {
		.name = "routes",
		.allowed = "on, off",
		.meaning = "each allocation of pages leaves its route, see why",
		.kind = SHADOW_CTL_VALUE_SWITCH,
		.run = run_routes,
		.show = show_routes,
	},
	[SHADOW_CTL_SET_LATENCY] = {
		.name = "latency",
		.allowed = "off, ns, cycles, instructions",
		.meaning = "how long operations take is measured, see latency",
		.kind = SHADOW_CTL_VALUE_CLOCK,
		.prepare = prepare_latency,
		.run = run_latency,
		.show = show_latency,
	},
	[SHADOW_CTL_SET_MIN_FREE_KBYTES] = {
		.name = "min_free_kbytes",
		.allowed = "a number from 0 to 2147483647",
		.meaning = "KiB below which only reserves are left; marks and list sizes follow",
		.kind = SHADOW_CTL_VALUE_NUMBER,
		.max = SHADOW_MIN_FREE_KBYTES_MAX,
		.since = WITH(WATERMARKS),
		.run = run_min_free,
		.show = show_min_free,
	},
	[SHADOW_CTL_SET_WATERMARK_SCALE_FACTOR] = {
		.name = "watermark_scale_factor",
		.allowed = "a number from 1 to 3000",
		.meaning = "distance of the marks in 1/10000 of a zone; list sizes follow",
		.kind = SHADOW_CTL_VALUE_NUMBER,
		.min = SHADOW_WMARK_SCALE_MIN,
		.max = SHADOW_WMARK_SCALE_MAX,
		.or = SHADOW_WMARK_SCALE_MIN,
		.since = WITH(WATERMARKS),
		.run = run_scale,
		.show = show_scale,
	},
	[SHADOW_CTL_SET_WATERMARK_BOOST_FACTOR] = {
		.name = "watermark_boost_factor",
		.allowed = "a number from 0 to 2147483647",
		.meaning = "how far a fallback may boost the marks, in 1/10000 of the high one",
		.kind = SHADOW_CTL_VALUE_NUMBER,
		.max = SHADOW_WMARK_BOOST_MAX,
		.since = WITH(WATERMARKS),
		.run = run_boost,
		.show = show_boost,
	},
	[SHADOW_CTL_SET_LOWMEM_RESERVE_RATIO] = {
		.name = "lowmem_reserve_ratio",
		.allowed = SHADOW_RATIOS_ALLOWED,
		.meaning = "a zone keeps 1/RATIO of what lies above; zones not given stay",
		.kind = SHADOW_CTL_VALUE_RATIOS,
		.since = WITH(WATERMARKS),
		.run = run_ratios,
		.show = show_ratios,
	},
	[SHADOW_CTL_SET_PERCPU_PAGELIST_HIGH_FRACTION] = {
		.name = "percpu_pagelist_high_fraction",
		.allowed = "0 or a number from 8 to 2147483647",
		.meaning = "per-CPU lists may hold 1/N of a zone; 0: as much as below its low mark",
		.kind = SHADOW_CTL_VALUE_NUMBER,
		.min = MIN_HIGH_FRACTION,
		.max = S32_MAX,
		.since = WITH(WATERMARKS),
		.run = run_fraction,
		.show = show_fraction,
	},
	[SHADOW_CTL_SET_FRAG_INTERVAL] = {
		.name = "frag_interval",
		.allowed = "a number from 0 to 1000000000",
		.meaning = "operations on a zone between samples of frag_history; 0: none",
		.kind = SHADOW_CTL_VALUE_NUMBER,
		.max = SHADOW_FRAG_INTERVAL_MAX,
		.since = WITH(MEM_INIT),
		.run = run_interval,
		.show = show_interval,
	},
	[SHADOW_CTL_SET_MAP_FRAMES] = {
		.name = "map_frames",
		.allowed = "a number from 0 to 1073741824",
		.meaning = "frames that a character of map shows; 0: as few as fit in 40 rows",
		.kind = SHADOW_CTL_VALUE_NUMBER,
		.max = SHADOW_MAP_MAX_FRAMES,
		.run = run_map_frames,
		.show = show_map_frames,
	},
};

/* ------------------------------------------------------------- reading -- */

/**
 * shadow_ctl_set_find() - which key is this?
 * @name: the word
 * @len: its length in bytes
 *
 * Context: any.
 * Return: the key; SHADOW_NR_CTL_SET_KEYS where there is none of that name.
 */
enum shadow_ctl_set_key shadow_ctl_set_find(const char *name, size_t len)
{
	unsigned int key;

	for (key = 0; key < SHADOW_NR_CTL_SET_KEYS; key++)
		if (shadow_parse_is(name, len, shadow_ctl_sets[key].name))
			break;
	return key;
}

static int read_number(struct shadow_ctl_cmd *cmd,
		       const struct shadow_ctl_set_info *info,
		       const struct shadow_ctl_word *word)
{
	int err = shadow_parse_number(word->at, word->len, &cmd->value);

	if (err)
		return err;
	if (cmd->value != info->or &&
	    (cmd->value < info->min || cmd->value > info->max))
		return -ERANGE;
	return 0;
}

static int read_clock(struct shadow_ctl_cmd *cmd, const struct shadow_ctl_word *word)
{
	for (cmd->value = 0; cmd->value < SHADOW_NR_LATENCY_CLOCKS; cmd->value++)
		if (shadow_parse_is(word->at, word->len,
				    shadow_latency_clocks[cmd->value]))
			return 0;
	return -EINVAL;
}

/**
 * shadow_ctl_set_read() - read the value of a key, or more of it
 * @cmd: the command, its key read
 * @word: the word, of which ratios may have several
 *
 * Context: any.
 * Return: 0; -EINVAL where it is no such value; -ERANGE where it is out of
 * range.
 */
int shadow_ctl_set_read(struct shadow_ctl_cmd *cmd,
			const struct shadow_ctl_word *word)
{
	const struct shadow_ctl_set_info *info = &shadow_ctl_sets[cmd->set];
	int nr;

	if (cmd->nr_values && info->kind != SHADOW_CTL_VALUE_RATIOS)
		return -EINVAL;
	switch (info->kind) {
	case SHADOW_CTL_VALUE_SWITCH:
		nr = shadow_parse_switch(word->at, word->len, &cmd->on);
		break;
	case SHADOW_CTL_VALUE_NUMBER:
		nr = read_number(cmd, info, word);
		break;
	case SHADOW_CTL_VALUE_CLOCK:
		nr = read_clock(cmd, word);
		break;
	default:
		nr = shadow_params_ratios(word->at, word->len, cmd->ratio,
					  cmd->nr_values);
		break;
	}
	if (nr < 0)
		return nr;
	/* Of a switch and a number there is one */
	cmd->nr_values = nr ? : 1;
	return 0;
}

/**
 * shadow_ctl_set_param() - the parameter that a key is, too
 * @key: the key
 *
 * Context: any.
 * Return: enum shadow_param_id; SHADOW_NR_PARAMS where it is none.
 */
unsigned int shadow_ctl_set_param(enum shadow_ctl_set_key key)
{
	const char *name = shadow_ctl_sets[key].name;
	unsigned int id;

	for (id = 0; id < SHADOW_NR_PARAMS; id++)
		if (strcmp(shadow_param_table[id].name, name) == 0)
			break;
	return id;
}

/* ------------------------------------------------------------- running -- */

/* What changes the machine is an operation, with the value that came of it */
static void run_recorded(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
			 const struct shadow_ctl_set_info *info)
{
	struct shadow_op op;
	char text[120];
	int len;

	shadow_op_begin(&op, &ctl->mm->events);
	info->run(ctl, cmd);
	len = scnprintf(text, sizeof(text), "%s ", info->name);
	info->show(ctl, text + len, sizeof(text) - len);
	shadow_op_end_more(&op, SHADOW_OP_SET, 0, text, strlen(text));
}

/**
 * shadow_ctl_set() - change what a machine does from now on
 * @ctl: whose
 * @cmd: the key and its value
 *
 * @ctl->said tells the value and what it was before.
 *
 * Context: process, with the caller's mutex.
 * Return: 0; -EPERM where the boot has not come as far as what is changed;
 * -EUCLEAN where the machine is frozen; what the key's @prepare says.
 */
int shadow_ctl_set(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	const struct shadow_ctl_set_info *info = &shadow_ctl_sets[cmd->set];
	unsigned int id = shadow_ctl_set_param(cmd->set);
	char was[80], is[80];
	int err;

	err = shadow_ctl_check_since(ctl, info->name, info->since);
	if (err)
		return err;
	if (info->since && shadow_fault_frozen(&ctl->mm->fault))
		return shadow_ctl_frozen(ctl);
	err = info->prepare ? info->prepare(ctl, cmd) : 0;
	if (err)
		return err;
	info->show(ctl, was, sizeof(was));
	if (info->since) {
		run_recorded(ctl, cmd, info);
	} else {
		/* Whom a key of the host's tells of: it sleeps, and changes nothing */
		info->run(ctl, cmd);
	}
	info->show(ctl, is, sizeof(is));
	if (id < SHADOW_NR_PARAMS)
		ctl->mm->cfg.set |= BIT_ULL(id);
	return shadow_ctl_done(ctl, "%s is %s (was %s)", info->name, is, was);
}
