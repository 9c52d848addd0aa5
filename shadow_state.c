// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_state - the whole state of a machine as text. See shadow_state.h.
 */
#include "shadow_state.h"

/**
 * shadow_state_print() - the whole state of a machine
 * @mm: the machine
 * @seq: number of the last record of its history; 0: it has none
 * @text: where it goes
 *
 * Context: process context; the machine's mutex.
 * Return: 0.
 */
int shadow_state_print(struct shadow_mm *mm, u64 seq,
		       const struct shadow_text *text)
{
	shadow_text_say(text, "shadow_mm state, format %u: machine %s, seq %llu\n",
			SHADOW_STATE_FORMAT, mm->name, seq);
	return 0;
}
