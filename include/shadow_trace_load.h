/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_trace_load - a trace by its name.
 */
#ifndef SHADOW_TRACE_LOAD_H
#define SHADOW_TRACE_LOAD_H

#include "shadow_trace.h"

struct shadow_trace *shadow_trace_load(const char *name, char *why,
				       size_t why_bytes);
void shadow_trace_unload(struct shadow_trace *trace);

#endif /* SHADOW_TRACE_LOAD_H */
