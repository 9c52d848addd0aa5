// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bench_audit - how long a read of `audit` takes, and for how long it
 * keeps one zone locked: as booted, and with all memory in single frames of
 * which every second one is free, so that lists are as long as they can be.
 *
 * In nanoseconds of the host's clock, which are instructions where it counts
 * them. For a machine that nobody else uses.
 */
#define pr_fmt(fmt) "shadow_bench: " fmt

#include <linux/ktime.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "shadow_audit.h"
#include "shadow_bench.h"

/* Frames that are left to the machine */
#define LEFT	4096

static int read_once(struct shadow_mm *mm, struct shadow_audit *audit,
		     const char *how)
{
	u64 start_ns = ktime_get_ns();
	int err = shadow_audit(mm, audit);
	u64 ns = ktime_get_ns() - start_ns;
	char row[40];

	if (err) {
		pr_err("audit: %s\n", audit->fault.text);
		return err;
	}
	snprintf(row, sizeof(row), "audit_%s", how);
	bench_say_alone(row, ns * 100);
	snprintf(row, sizeof(row), "audit_%s_locked", how);
	bench_say_alone(row, audit->locked_ns * 100);
	return 0;
}

static void release(const struct bench *bench, void **pages, u64 nr, u64 step)
{
	u64 i;

	for (i = 0; i < nr; i += step) {
		if (pages[i])
			bench_shadow_free(bench, pages[i]);
		pages[i] = NULL;
	}
}

static int read_twice(struct shadow_mm *mm, struct shadow_audit *audit)
{
	u64 nr = shadow_nodes_free(&mm->nodes), i;
	struct bench bench = { .mm = mm };
	void **pages;
	int err;

	err = read_once(mm, audit, "fresh");
	if (err || nr <= LEFT)
		return err ? : -EINVAL;
	nr -= LEFT;
	pages = vcalloc(nr, sizeof(*pages));
	if (!pages)
		return -ENOMEM;
	for (i = 0; i < nr; i++)
		pages[i] = bench_shadow_alloc(&bench);
	release(&bench, pages, nr, 2);
	err = read_once(mm, audit, "full");
	release(&bench, pages, nr, 1);
	vfree(pages);
	return err;
}

/**
 * bench_audit_rows() - reads of a whole machine
 * @mm: the machine
 *
 * Return: 0; -EINVAL where it is too small, -ENOMEM, or -EUCLEAN.
 */
int bench_audit_rows(struct shadow_mm *mm)
{
	struct shadow_audit *audit = kmalloc(sizeof(*audit), GFP_KERNEL);
	int err = audit ? read_twice(mm, audit) : -ENOMEM;

	kfree(audit);
	return err;
}
