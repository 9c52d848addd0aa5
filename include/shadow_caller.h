/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_caller - who asks: the first caller outside of the allocators, by the
 * names of what is on a stack of the host.
 */
#ifndef SHADOW_CALLER_H
#define SHADOW_CALLER_H

#include <linux/types.h>

void shadow_caller_symbol(char *name, unsigned long address);
unsigned int shadow_caller_first(const unsigned long *entries, unsigned int nr);
unsigned long shadow_caller_ip(unsigned long ip);

#endif /* SHADOW_CALLER_H */
