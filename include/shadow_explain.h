/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_explain - a walk in words and numbers, line by line. Whose tables
 * were walked, and where the lines go, it does not know: a file of debugfs
 * shows them, and so does a program that reads a memory dump.
 */
#ifndef SHADOW_EXPLAIN_H
#define SHADOW_EXPLAIN_H

#include "shadow_compat.h"
#include "shadow_regs.h"
#include "shadow_walk.h"

#define SHADOW_EXPLAIN_LINE	512	/* longest line, with its NUL */

enum shadow_walk_fault
shadow_explain_walk(const struct shadow_walker *walker,
		    const struct shadow_regs *regs, u64 va,
		    void (*emit)(void *to, const char *line), void *to);

#endif /* SHADOW_EXPLAIN_H */
