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

#ifdef CONFIG_ARM64
#define PMU_INST_RETIRED	0x08
#define PMCR_ENABLE		BIT(0)

/* ID_AA64DFR0_EL1.PMUVer: 0 is none, 15 one of somebody's own */
#define PMUVER_SHIFT		8
#define PMUVER_MASK		0xf

/* Is there a PMU that counts instructions? */
bool bench_counter_there(void)
{
	unsigned int pmuver = read_sysreg(id_aa64dfr0_el1) >> PMUVER_SHIFT &
			      PMUVER_MASK;

	return pmuver && pmuver != PMUVER_MASK &&
	       read_sysreg_s(SYS_PMCEID0_EL0) & BIT(PMU_INST_RETIRED);
}

static void start_counting(struct bench_counter *counter)
{
	counter->control = read_sysreg_s(SYS_PMCR_EL0);
	counter->enabled = read_sysreg_s(SYS_PMCNTENSET_EL0);
	counter->type = read_sysreg_s(BENCH_PMU_TYPE);
	write_sysreg_s(PMU_INST_RETIRED, BENCH_PMU_TYPE);
	write_sysreg_s(counter->control | PMCR_ENABLE, SYS_PMCR_EL0);
	write_sysreg_s(BIT(0), SYS_PMCNTENSET_EL0);
	isb();
}

static void stop_counting(const struct bench_counter *counter)
{
	write_sysreg_s(counter->control, SYS_PMCR_EL0);
	if (!(counter->enabled & BIT(0)))
		write_sysreg_s(BIT(0), SYS_PMCNTENCLR_EL0);
	write_sysreg_s(counter->type, BENCH_PMU_TYPE);
	isb();
}
#else
bool bench_counter_there(void)
{
	return true;
}

static void start_counting(struct bench_counter *counter)
{
}

static void stop_counting(const struct bench_counter *counter)
{
}
#endif

/**
 * bench_begin() - from here on this CPU does nothing but what is measured
 * @counter: remembers what bench_end() puts back
 */
void bench_begin(struct bench_counter *counter)
{
	u64 start, idle;
	unsigned int i;

	local_irq_save(counter->irqflags);
	start_counting(counter);
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
	stop_counting(counter);
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
