/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_explain_line - what the parts of shadow_explain share: the line that is
 * being put together. Used by shadow_explain*.c alone.
 */
#ifndef SHADOW_EXPLAIN_LINE_H
#define SHADOW_EXPLAIN_LINE_H

#include "shadow_explain.h"

/**
 * struct shadow_explain - an explanation under way
 * @walker: whose tables
 * @regs: the registers that it comes from; NULL: they are not known
 * @emit: takes a line
 * @to: for @emit
 * @at: characters of @line so far
 * @line: the line that is being put together
 */
struct shadow_explain {
	const struct shadow_walker *walker;
	const struct shadow_regs *regs;
	void (*emit)(void *to, const char *line);
	void *to;
	size_t at;
	char line[SHADOW_EXPLAIN_LINE];
};

__printf(2, 3) void shadow_explain_put(struct shadow_explain *ex,
				       const char *fmt, ...);
void shadow_explain_end(struct shadow_explain *ex);
void shadow_explain_access(struct shadow_explain *ex,
			   const struct shadow_walk *walk);

/* shadow_explain_attr.c */
void shadow_explain_leaf(struct shadow_explain *ex,
			 const struct shadow_walk *walk);

/* shadow_explain_fault.c */
void shadow_explain_need(struct shadow_explain *ex,
			 const struct shadow_walk *walk);

#endif /* SHADOW_EXPLAIN_LINE_H */
