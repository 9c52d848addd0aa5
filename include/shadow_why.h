/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_why - which way allocations went, and why some were refused: per zone
 * what was free, what had to stay, and the arithmetic between the two. What the
 * kernel prints in warn_alloc() and show_mem(), kept instead of logged.
 *
 * Nothing is recorded on the fast path but for who asks with SHADOW_GFP_ROUTE,
 * or while shadow_why_key is on.
 */
#ifndef SHADOW_WHY_H
#define SHADOW_WHY_H

#include "shadow_gfp.h"
#include "shadow_zone.h"

#define SHADOW_WHY_ROUTES	64	/* the newest allocations */
#define SHADOW_WHY_REFUSALS	64	/* the newest refusals */
#define SHADOW_WHY_ROWS		512	/* zones of those */
#define SHADOW_WHY_STEPS	12
#define SHADOW_WHY_TEXT		320	/* one line */

/* What an allocation did, one after the other. */
enum shadow_why_step {
	SHADOW_WHY_TRY_LOW,		/* zones above their low mark */
	SHADOW_WHY_WAKE,		/* the reclaimers were woken */
	SHADOW_WHY_TRY_MIN,		/* zones above min, lowered by the flags */
	SHADOW_WHY_TRY_ALL,		/* no watermark at all */
	SHADOW_WHY_UNRESERVE,		/* HIGHATOMIC pageblocks were given up */
	SHADOW_WHY_DRAIN,		/* the per-CPU lists were emptied */
	SHADOW_NR_WHY_STEPS
};

/* Why an allocation was refused, before or after zones were tried. */
enum shadow_why_reason {
	SHADOW_WHY_NO_MEMORY,		/* each zone says why */
	SHADOW_WHY_BAD_FLAGS,		/* shadow_gfp_refusal() */
	SHADOW_WHY_BAD_ORDER,		/* larger than the machine's max_order */
	SHADOW_WHY_FROZEN,		/* a fault was raised */
	SHADOW_WHY_NO_CONTENTS,		/* the machine, or its storage, has none */
	SHADOW_WHY_INJECTED,		/* made to fail */
	SHADOW_WHY_NOFAIL,		/* NO_MEMORY, and nothing can be reclaimed */
	SHADOW_NR_WHY_REASONS
};

/* What was wrong with a zone. */
enum shadow_why_verdict {
	SHADOW_WHY_MARK,		/* too little is free */
	SHADOW_WHY_NO_BLOCK,		/* enough is free, in smaller pieces */
	SHADOW_WHY_ABOVE,		/* a higher zone than was asked for */
	SHADOW_WHY_BELOW,		/* with zone=: another than was asked for */
	SHADOW_WHY_NODE,		/* with THISNODE: of another node */
	SHADOW_WHY_GONE,		/* was there when its record was made */
	SHADOW_NR_WHY_VERDICTS
};

/**
 * struct shadow_why_trail - what one allocation has done so far
 * @nr: steps
 * @step: enum shadow_why_step; those beyond the room are not kept
 */
struct shadow_why_trail {
	u8 nr;
	u8 step[SHADOW_WHY_STEPS];
};

/**
 * struct shadow_why_row - one zone when an allocation was refused
 * @nr_free: frames in its free areas
 * @nr_highatomic: of those, the ones kept for atomic blocks
 * @nr_pcp: frames on its per-CPU lists, which count as in use
 * @mark: its min watermark, without the boost
 * @boost: frames added to that
 * @lowered: what the flags have left of mark and boost
 * @reserve: frames kept back from who could use a higher zone
 * @alloc_flags: SHADOW_ALLOC_* of the last attempt
 * @nid: its node
 * @type: enum shadow_zone_type
 * @verdict: enum shadow_why_verdict
 * @largest: highest order that a block of it could be had of; -1: none
 */
struct shadow_why_row {
	u64 nr_free;
	u64 nr_highatomic;
	u64 nr_pcp;
	u64 mark;
	u64 boost;
	u64 lowered;
	u64 reserve;
	u32 alloc_flags;
	u8 nid;
	u8 type;
	u8 verdict;
	s8 largest;
};

/**
 * struct shadow_why_refusal - an allocation that was refused
 * @nr: how many had been refused, with this one
 * @first_row: number of its first row, counted from the machine's start
 * @nr_rows: rows
 * @gfp: SHADOW_GFP_*
 * @cpu: who asked
 * @order: log2 of the frames
 * @reason: enum shadow_why_reason
 * @trail: what was tried
 */
struct shadow_why_refusal {
	u64 nr;
	u64 first_row;
	u32 nr_rows;
	u32 gfp;
	u32 cpu;
	u8 order;
	u8 reason;
	struct shadow_why_trail trail;
};

/**
 * struct shadow_why_route - an allocation that was answered
 * @nr: how many had been recorded, with this one
 * @pfn: first frame
 * @gfp: SHADOW_GFP_*
 * @cpu: who asked
 * @order: log2 of the frames
 * @nid: the node that they are of
 * @type: enum shadow_zone_type
 * @nr_passed: zones that came before it and were passed over by the last step
 * @mt: migratetype of the pageblock
 * @trail: what was tried; the last step is the one that found it
 */
struct shadow_why_route {
	u64 nr;
	u64 pfn;
	u32 gfp;
	u32 cpu;
	u8 order;
	u8 nid;
	u8 type;
	u8 nr_passed;
	u8 mt;
	struct shadow_why_trail trail;
};

/**
 * struct shadow_why - what a machine remembers of its allocations
 * @lock: protects all that follows; taken with no other lock held but what the
 *	caller of the allocator holds, and none is taken inside. Interrupts off.
 * @all: each allocation leaves its route, while shadow_why_key is on
 * @nr_routes: routes recorded so far; the newest are in @route
 * @nr_refusals: refusals so far, likewise
 * @nr_silent: of those, the ones with NOWARN
 * @nr_rows: rows so far, likewise
 * @route: ring
 * @refusal: ring
 * @row: ring
 */
struct shadow_why {
	raw_spinlock_t lock;
	bool all;
	u64 nr_routes;
	u64 nr_refusals;
	u64 nr_silent;
	u64 nr_rows;
	struct shadow_why_route route[SHADOW_WHY_ROUTES];
	struct shadow_why_refusal refusal[SHADOW_WHY_REFUSALS];
	struct shadow_why_row row[SHADOW_WHY_ROWS];
};

extern const char *const shadow_why_step_names[SHADOW_NR_WHY_STEPS];
extern const char *const shadow_why_reason_texts[SHADOW_NR_WHY_REASONS];

DECLARE_STATIC_KEY_FALSE(shadow_why_key);

void shadow_why_init(struct shadow_why *why);
void shadow_why_fini(struct shadow_why *why);
void shadow_why_set_all(struct shadow_why *why, bool on);
void shadow_why_took(struct shadow_nodes *nodes, unsigned int cpu, u32 gfp,
		     unsigned int order, const struct shadow_why_trail *trail,
		     const struct shadow_page *page);
void shadow_why_refused(struct shadow_nodes *nodes, unsigned int cpu, u32 gfp,
			unsigned int order,
			const struct shadow_why_trail *trail,
			unsigned int alloc_flags,
			enum shadow_why_reason reason);

u64 shadow_why_nr_refusals(struct shadow_why *why);
bool shadow_why_get_route(struct shadow_why *why, u64 nr,
			  struct shadow_why_route *route);
bool shadow_why_get_refusal(struct shadow_why *why, u64 nr,
			    struct shadow_why_refusal *refusal);
bool shadow_why_get_row(struct shadow_why *why,
			const struct shadow_why_refusal *refusal, u32 nr,
			struct shadow_why_row *row);

int shadow_why_print_trail(const struct shadow_why_trail *trail, char *text,
			   size_t bytes);
int shadow_why_print_route(const struct shadow_why_route *route, char *text,
			   size_t bytes);
int shadow_why_print_refusal(const struct shadow_why_refusal *refusal,
			     char *text, size_t bytes);
int shadow_why_print_row(const struct shadow_why_row *row, unsigned int order,
			 char *text, size_t bytes);

/* Is that a zone that the flags allow, so that it says something? */
static inline bool shadow_why_might(const struct shadow_why_row *row)
{
	return row->verdict == SHADOW_WHY_MARK ||
	       row->verdict == SHADOW_WHY_NO_BLOCK ||
	       row->verdict == SHADOW_WHY_GONE;
}

/**
 * shadow_why_step() - an allocation does something
 * @trail: what it has done so far
 * @step: what it does now
 *
 * Context: any.
 */
static inline void shadow_why_step(struct shadow_why_trail *trail,
				   enum shadow_why_step step)
{
	if (trail->nr < SHADOW_WHY_STEPS)
		trail->step[trail->nr++] = step;
}

/**
 * shadow_why_wanted() - shall each allocation leave its route?
 * @why: what the machine remembers; NULL: nothing
 *
 * Context: any; for fast paths, a patched-out branch while no machine asks.
 * Return: SHADOW_GFP_ROUTE or 0, to be added to the flags.
 */
static __always_inline u32 shadow_why_wanted(const struct shadow_why *why)
{
	if (!static_branch_unlikely(&shadow_why_key))
		return 0;
	return why && READ_ONCE(why->all) ? SHADOW_GFP_ROUTE : 0;
}

#endif /* SHADOW_WHY_H */
