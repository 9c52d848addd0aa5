// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_fault - record the first thing found wrong. See shadow_fault.h.
 */
#include "shadow_fault.h"

/**
 * shadow_fault_init() - no fault yet
 * @fault: what to initialise
 *
 * Context: any.
 */
void shadow_fault_init(struct shadow_fault *fault)
{
	atomic_set(&fault->raised, 0);
	fault->text[0] = '\0';
}

/**
 * shadow_fault_raise() - record what is wrong; the first caller wins
 * @fault: where to record it
 * @fmt: printf format of one line, starting with the layer's name
 *
 * Follows KFENCE_WARN_ON() in that the machine is taken out of use and the
 * host goes on.
 *
 * Context: any, also under raw spinlocks with interrupts off; does not sleep.
 * Return: always -EUCLEAN, so that a caller can return it on.
 */
int shadow_fault_raise(struct shadow_fault *fault, const char *fmt, ...)
{
	va_list args;

	if (atomic_cmpxchg(&fault->raised, 0, 1) == 0) {
		va_start(args, fmt);
		vsnprintf(fault->text, sizeof(fault->text), fmt, args);
		va_end(args);
	}
	return -EUCLEAN;
}
