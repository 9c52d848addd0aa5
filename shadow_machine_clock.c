// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_machine_clock - what a machine's latencies are measured with: the
 * host's clock, the CPU's counter, or the instructions that it has executed.
 */
#include <linux/build_bug.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/timex.h>

#ifdef CONFIG_ARM64
#include <asm/arch_timer.h>
#endif

#include "shadow_counter.h"
#include "shadow_machine_room.h"

static u64 read_ns(void)
{
	return ktime_get_ns();
}

static u64 read_cycles(void)
{
	return get_cycles();
}

/**
 * shadow_machine_ticks() - a counter of this host that is quick to read
 * @hz: set to how often it ticks in a second
 *
 * Context: any.
 * Return: what reads it, in any context; NULL where there is none.
 */
shadow_ticks_t shadow_machine_ticks(u32 *hz)
{
#ifdef CONFIG_ARM64
	*hz = arch_timer_get_cntfrq();
	return *hz ? arch_timer_read_counter : NULL;
#else
	return NULL;
#endif
}

static void start_counter(u64 *state)
{
	BUILD_BUG_ON(sizeof(struct shadow_counter) > sizeof(u64[SHADOW_CLOCK_STATE]));
	shadow_counter_start((struct shadow_counter *)state);
}

static void stop_counter(const u64 *state)
{
	shadow_counter_stop((const struct shadow_counter *)state);
}

static const struct shadow_clock clocks[SHADOW_NR_LATENCY_CLOCKS] = {
	[SHADOW_LATENCY_NS] = {
		.unit = "nanoseconds of the host's clock",
		.read = read_ns,
		.mask = U64_MAX,
	},
	[SHADOW_LATENCY_CYCLES] = {
		.unit = "ticks of the CPU's counter (CNTVCT_EL0)",
		.read = read_cycles,
		.mask = U64_MAX,
	},
	[SHADOW_LATENCY_INSTRUCTIONS] = {
		.unit = "instructions executed (INST_RETIRED)",
		.read = shadow_counter_read,
		.start = start_counter,
		.stop = stop_counter,
		/* As long as every CPU's counter of events is */
		.mask = U32_MAX,
	},
};

/**
 * shadow_machine_clock() - a clock of this host
 * @which: which
 *
 * Context: any.
 * Return: the clock; NULL where this CPU has none.
 */
const struct shadow_clock *shadow_machine_clock(enum shadow_latency_clock which)
{
	if (which == SHADOW_LATENCY_OFF)
		return NULL;
	if (which == SHADOW_LATENCY_INSTRUCTIONS && !shadow_counter_there())
		return NULL;
	return &clocks[which];
}
