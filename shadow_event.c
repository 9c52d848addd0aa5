// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_event - counters behind the core's one-line hooks. See shadow_event.h.
 */
#include "shadow_event.h"

#ifdef __KERNEL__
DEFINE_STATIC_KEY_FALSE(shadow_event_key);
#else
bool shadow_event_key;
#endif

#define SHADOW_EVENT_NAME(id, name)	[SHADOW_EV_##id] = name,
const char *const shadow_event_names[SHADOW_NR_EVENTS] = {
	SHADOW_EVENTS(SHADOW_EVENT_NAME)
};

/**
 * shadow_event_init() - all counters at zero
 * @log: the machine's log
 *
 * Context: any.
 */
void shadow_event_init(struct shadow_event_log *log)
{
	int id;

	for (id = 0; id < SHADOW_NR_EVENTS; id++)
		atomic64_set(&log->count[id], 0);
}

/**
 * shadow_event_enable() - raise or lower the key of all hooks
 * @on: whether hooks shall count; each call with true needs one with false
 *
 * The key is shared by all machines: a static branch patches code, and the
 * code is one.
 *
 * Context: process context; sleeps in the kernel.
 */
void shadow_event_enable(bool on)
{
#ifdef __KERNEL__
	if (on)
		static_branch_inc(&shadow_event_key);
	else
		static_branch_dec(&shadow_event_key);
#else
	shadow_event_key = on;
#endif
}

/**
 * __shadow_event() - the slow half of shadow_event(), with the key on
 * @log: the machine's log
 * @id: what happened
 * @nr: how many
 *
 * Context: any.
 */
void __shadow_event(struct shadow_event_log *log, enum shadow_event_id id,
		    u64 nr)
{
	atomic64_add(nr, &log->count[id]);
}
