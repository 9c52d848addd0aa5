// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bench_boot - what booting a machine costs, and the sets of rows that
 * are asked for together.
 */
#include "shadow_bench.h"
#include "shadow_boot.h"

/**
 * bench_boot_row() - instructions of the boot for each frame
 * @mm: the machine
 *
 * The boot has measured itself, from the first to the last line of the file; the
 * CPU's check of the tables is not part. Frames without memory do not count.
 *
 * Return: 0.
 */
int bench_boot_row(struct shadow_mm *mm)
{
	u64 frames = mm->handover.nr_freed + mm->handover.nr_reserved, ns = 0;
	bool first = !strcmp(mm->name, "main");
	unsigned int phase;
	char row[40];

	for (phase = 0; phase < mm->boot.nr_done; phase++)
		if (phase != SHADOW_PHASE_MMU_CHECK)
			ns += mm->boot.record[phase].ns;
	snprintf(row, sizeof(row), "boot_frame%s%s", first ? "" : "_",
		 first ? "" : mm->name);
	bench_say_alone(row, div64_u64(ns * 100, frames));
	return 0;
}

/**
 * bench_call_rows() - calls that cost a few hundred instructions
 * @mm: the machine
 *
 * Return: 0, or -errno of a set of rows that could not be measured.
 */
int bench_call_rows(struct shadow_mm *mm)
{
	return bench_page_rows(mm) ? : bench_buddy_rows(mm) ? :
	       bench_object_rows(mm);
}
