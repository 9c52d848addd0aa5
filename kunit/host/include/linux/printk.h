/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHADOW_HOST_PRINTK_H
#define SHADOW_HOST_PRINTK_H

#include <stdio.h>

#ifndef pr_fmt
#define pr_fmt(fmt)	fmt
#endif

/* KTAP's way of saying what is no result. */
#define printk(fmt, ...)	printf("# " fmt, ##__VA_ARGS__)
#define pr_err(fmt, ...)	printk(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn(fmt, ...)	printk(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_notice(fmt, ...)	printk(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info(fmt, ...)	printk(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_debug(fmt, ...) \
	do { if (0) printk(pr_fmt(fmt), ##__VA_ARGS__); } while (0)

#endif /* SHADOW_HOST_PRINTK_H */
