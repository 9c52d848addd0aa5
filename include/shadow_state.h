/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_state - the whole state of a machine as text: whatever decides about
 * what an operation will do, and nothing else. Two machines whose states are
 * equal do the same from there on.
 *
 * Times, addresses of the host, handles of stacks and the contents of what
 * users have are none of it, so the same history gives the same text, byte for
 * byte, wherever it is run again.
 */
#ifndef SHADOW_STATE_H
#define SHADOW_STATE_H

#include "shadow_mm.h"
#include "shadow_text.h"

#define SHADOW_STATE_FORMAT	1

void shadow_state_print(struct shadow_mm *mm, u64 seq,
			const struct shadow_text *text);

#endif /* SHADOW_STATE_H */
