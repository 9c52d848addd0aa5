// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bench_count - the counter that everything is measured by, and how a
 * row is said.
 */
#define pr_fmt(fmt) "shadow_bench: " fmt

#include <linux/irqflags.h>
#include <linux/printk.h>

#include "shadow_bench.h"

/* Parameters of the module, which stand elsewhere */
ulong bench_seed = 0x5eed;
ulong bench_frames;
ulong bench_steps = 1000;

/* Is there a PMU that counts instructions? On UML it is cycles that count */
bool bench_counter_there(void)
{
	return !IS_ENABLED(CONFIG_ARM64) || shadow_counter_there();
}

/**
 * bench_begin() - from here on this CPU does nothing but what is measured
 * @counter: remembers what bench_end() puts back
 */
void bench_begin(struct bench_counter *counter)
{
	u64 start, idle;
	unsigned int i;

	local_irq_save(counter->irqflags);
	shadow_counter_start(&counter->pmu);
	counter->idle = U64_MAX;
	for (i = 0; i < 16; i++) {
		start = bench_count();
		idle = bench_since(start);
		counter->idle = min(counter->idle, idle);
	}
}

/**
 * bench_end() - the CPU is everybody's again
 * @counter: of bench_begin()
 */
void bench_end(const struct bench_counter *counter)
{
	shadow_counter_stop(&counter->pmu);
	local_irq_restore(counter->irqflags);
}

static void say(const char *row, const char *shadow, const char *host, u64 ratio)
{
	u32 rest;
	u64 whole = div_u64_rem(ratio, 1000, &rest);

	pr_info("BENCH name=%s shadow=%s host=%s ratio=%llu.%03u features=equal\n",
		row, shadow, host, whole, rest);
}

static bool is_error(const char *row, s64 shadow, s64 host)
{
	if (shadow >= 0 && host > 0)
		return false;
	pr_err("BENCH name=%s failed: shadow %lld, host %lld\n", row, shadow, host);
	return true;
}

static u64 permille(s64 shadow, s64 host)
{
	return div64_u64(shadow * 1000 + host / 2, host);
}

static void print_hundredths(char *text, size_t bytes, u64 value)
{
	u32 rest;
	u64 whole = div_u64_rem(value, 100, &rest);

	snprintf(text, bytes, "%llu.%02u", whole, rest);
}

/**
 * bench_say() - a row of whole numbers
 * @row: its name
 * @shadow: what the shadow takes, or -errno
 * @host: what the host takes, or -errno
 */
void bench_say(const char *row, s64 shadow, s64 host)
{
	char texts[2][24];

	if (is_error(row, shadow, host))
		return;
	snprintf(texts[0], sizeof(texts[0]), "%lld", shadow);
	snprintf(texts[1], sizeof(texts[1]), "%lld", host);
	say(row, texts[0], texts[1], permille(shadow, host));
}

/**
 * bench_say_hundredths() - a row of numbers with two decimals
 * @row: its name
 * @shadow: what the shadow takes in hundredths, or -errno
 * @host: what the host takes in hundredths, or -errno
 */
void bench_say_hundredths(const char *row, s64 shadow, s64 host)
{
	char texts[2][24];

	if (is_error(row, shadow, host))
		return;
	print_hundredths(texts[0], sizeof(texts[0]), shadow);
	print_hundredths(texts[1], sizeof(texts[1]), host);
	say(row, texts[0], texts[1], permille(shadow, host));
}

/**
 * bench_say_alone() - a row of what the host has nothing to compare with
 * @row: its name
 * @hundredths: what the shadow takes, or -errno
 */
void bench_say_alone(const char *row, s64 hundredths)
{
	char text[24];

	if (is_error(row, hundredths, 1))
		return;
	print_hundredths(text, sizeof(text), hundredths);
	pr_info("BENCH name=%s shadow=%s host=- ratio=- features=equal\n", row,
		text);
}
