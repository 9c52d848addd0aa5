/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_ctl_verb - the commands of the ctl language as a table: how each is
 * written, what it means, and between which phases of the boot it can run. Used
 * by shadow_ctl alone.
 */
#ifndef SHADOW_CTL_VERB_H
#define SHADOW_CTL_VERB_H

#include "shadow_ctl.h"
#include "shadow_phase.h"

#define SHADOW_CTL_MAX_ARGS	8

/* What shadow_prot_parse() takes */
#define SHADOW_CTL_PROTS \
	"PAGE_KERNEL[_RO|_ROX|_EXEC|_TAGGED], PAGE_SHARED[_EXEC], PAGE_READONLY[_EXEC], PAGE_EXECONLY, PROT_DEVICE_[nGnRE|nGnRnE], PROT_NORMAL[_NC|_TAGGED]; or of rwxu each once, with r or only xu, then ,nc or without x ,dev"

/* What cache_create's flags= takes */
#define SHADOW_CTL_CACHE_FLAGS \
	"HWCACHE_ALIGN, CACHE_DMA, RECLAIM_ACCOUNT, POISON, RED_ZONE, STORE_USER, TYPESAFE_BY_RCU"

/* What a command's argument is. */
enum shadow_ctl_arg {
	SHADOW_CTL_ARG_NONE,
	SHADOW_CTL_ARG_ORDER,
	SHADOW_CTL_ARG_BYTES_OR_NONE,	/* from 0 */
	SHADOW_CTL_ARG_BYTES,		/* from 1 */
	SHADOW_CTL_ARG_BYTES_LAST,	/* from 1, may be left out */
	SHADOW_CTL_ARG_COUNT,
	SHADOW_CTL_ARG_HANDLE,
	SHADOW_CTL_ARG_HANDLE_MORE,	/* may be left out */
	SHADOW_CTL_ARG_FRAMES,		/* an id, or pfn= instead */
	SHADOW_CTL_ARG_VA,
	SHADOW_CTL_ARG_PA,
	SHADOW_CTL_ARG_BASE,		/* a PA that may have a suffix */
	SHADOW_CTL_ARG_NR_PAGES,
	SHADOW_CTL_ARG_VA_OR_ALL,
	SHADOW_CTL_ARG_NR_PAGES_LAST,	/* may be left out */
	SHADOW_CTL_ARG_PROT,
	SHADOW_CTL_ARG_SAMPLES,		/* may be left out */
	SHADOW_CTL_ARG_PHASE,		/* may be left out */
	SHADOW_CTL_ARG_MACHINE,
	SHADOW_CTL_ARG_CACHE,
	SHADOW_CTL_ARG_POINT,
	SHADOW_CTL_ARG_TRACE,
	SHADOW_CTL_ARG_BREAK,		/* may be left out */
	SHADOW_CTL_ARG_BREAK_WHERE,	/* may be left out */
	SHADOW_CTL_ARG_SET_KEY,
	SHADOW_CTL_ARG_SET_VALUE,
	SHADOW_CTL_ARG_SET_MORE,	/* may be left out */
};

/* Which of the module's parameters are keys of a command. */
enum shadow_ctl_params {
	SHADOW_CTL_PARAMS_NONE,
	SHADOW_CTL_PARAMS_ALL,
	SHADOW_CTL_PARAMS_NOT_BLOCK,	/* those that an existing block allows */
};

/**
 * struct shadow_ctl_verb_info - one command
 * @name: its first word
 * @usage: how it is written
 * @meaning: what it does, one line
 * @arg: its arguments in their order
 * @keys: bit by enum shadow_ctl_key, keys that it takes
 * @params: parameters that it takes
 * @since: phase that has to be complete, plus 1; 0: none
 * @ends: phase with which it ends, plus 1; 0: it does not
 * @over: what ends with it
 * @down: also for a machine that is down
 */
struct shadow_ctl_verb_info {
	const char *name;
	const char *usage;
	const char *meaning;
	enum shadow_ctl_arg arg[SHADOW_CTL_MAX_ARGS];
	u32 keys;
	enum shadow_ctl_params params;
	unsigned int since;
	unsigned int ends;
	const char *over;
	bool down;
};

extern const struct shadow_ctl_verb_info shadow_ctl_verbs[SHADOW_NR_CTL_VERBS];

bool shadow_ctl_param_of_block(unsigned int id);

#endif /* SHADOW_CTL_VERB_H */
