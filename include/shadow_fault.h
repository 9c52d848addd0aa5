/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_fault - what a layer says when something is wrong with its state.
 *
 * A struct shadow_fault is used in two ways. A _verify function is handed one
 * to fill with the first thing that is wrong. And each machine embeds one: the
 * layer that meets a broken invariant while it works raises it, which freezes
 * the machine (allocations are refused with -EUCLEAN, views still read, unload
 * still works) and leaves the host alone.
 */
#ifndef SHADOW_FAULT_H
#define SHADOW_FAULT_H

#include "shadow_compat.h"

#define SHADOW_FAULT_TEXT	160

/**
 * struct shadow_fault - the first thing found wrong
 * @raised: non-zero once a fault has been raised; the first one wins
 * @text: the layer, a colon, and what is wrong, in one line without newline
 */
struct shadow_fault {
	atomic_t raised;
	char text[SHADOW_FAULT_TEXT];
};

void shadow_fault_init(struct shadow_fault *fault);
__printf(2, 3)
int shadow_fault_raise(struct shadow_fault *fault, const char *fmt, ...);

/**
 * shadow_fault_frozen() - has a fault been raised?
 * @fault: the fault
 *
 * Context: any; one plain read, meant for fast paths.
 * Return: true once shadow_fault_raise() was called.
 */
static inline bool shadow_fault_frozen(const struct shadow_fault *fault)
{
	return unlikely(atomic_read(&fault->raised));
}

#endif /* SHADOW_FAULT_H */
