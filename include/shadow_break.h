/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_break - a lab for breaking things: each kind of damage overwrites one
 * thing of a running machine on purpose, as a wild store, a forgotten step or
 * another user's bug would, and shows which check sees it.
 *
 * What is damaged is the machine's own; the host is not touched. A machine that
 * was damaged is read by every view and taken down like any other, and `reset`
 * boots a sound one.
 */
#ifndef SHADOW_BREAK_H
#define SHADOW_BREAK_H

#include "shadow_mm.h"

#define SHADOW_BREAK_TEXT	400	/* bytes of what is said of one damage */

/* Who is asked afterwards */
enum shadow_break_check {
	SHADOW_BREAK_AUDIT,	/* every layer's verification: file audit */
	SHADOW_BREAK_REPORTS,	/* debugging of caches: file slab_reports */
	SHADOW_BREAK_TLB,	/* the TLB in software: file tlb */
	SHADOW_BREAK_REFUSAL,	/* the allocator, which is asked to do it */
};

struct shadow_break;

/**
 * struct shadow_break_kind - a kind of damage
 * @name: what a user says
 * @where: what may be said of the place: "" where nothing can
 * @bits: a bit may be named too, up to this number; 0: none may
 * @meaning: what it does
 * @check: who sees it
 * @sees: words of what that then says, one of them where '|' is between
 * @since: phase of the boot that has to be complete, plus 1
 * @ends: phase with which there is nothing left to damage, plus 1; 0: there is
 * @apply: does it; 0, or why nothing was changed
 */
struct shadow_break_kind {
	const char *name;
	const char *where;
	unsigned int bits;
	const char *meaning;
	enum shadow_break_check check;
	const char *sees;
	unsigned int since;
	unsigned int ends;
	int (*apply)(struct shadow_break *b);
};

/**
 * struct shadow_break_ask - what is to be damaged
 * @kind: index of the kind
 * @given: a place is named
 * @where: it, in the kind's own unit
 * @given_bit: a bit is named
 * @bit: it
 * @nr: number of the damage, by which what is not named is chosen
 */
struct shadow_break_ask {
	unsigned int kind;
	bool given;
	u64 where;
	bool given_bit;
	unsigned int bit;
	u64 nr;
};

const struct shadow_break_kind *shadow_break_kind(unsigned int kind);
int shadow_break_find(const char *name, size_t len);
void shadow_break_list(char *text, size_t bytes);
const char *shadow_break_check_name(enum shadow_break_check check);
int shadow_break_again(struct shadow_mm *mm, const struct shadow_break_ask *ask);
int shadow_break(struct shadow_mm *mm, const struct shadow_break_ask *ask,
		 char *said, size_t bytes);

#endif /* SHADOW_BREAK_H */
