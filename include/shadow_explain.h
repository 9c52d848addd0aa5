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
#include "shadow_tlb_soft.h"
#include "shadow_walk.h"

#define SHADOW_EXPLAIN_LINE	512	/* longest line, with its NUL */

enum shadow_walk_fault
shadow_explain_walk(const struct shadow_walker *walker,
		    const struct shadow_regs *regs, u64 va,
		    void (*emit)(void *to, const char *line), void *to);

/* shadow_explain_tlb.c */
void shadow_explain_tlb(struct shadow_soft_tlb *soft,
			const struct shadow_walker *walker, u16 asid, u64 va,
			void (*emit)(void *to, const char *line), void *to);
void shadow_explain_soft_entry(const struct shadow_soft_entry *entry,
			       const struct shadow_walker *walker, u64 now,
			       char *text, size_t room);

#endif /* SHADOW_EXPLAIN_H */
