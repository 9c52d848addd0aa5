/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHADOW_HOST_SCHED_H
#define SHADOW_HOST_SCHED_H

#include <linux/kernel.h>

#endif /* SHADOW_HOST_SCHED_H */
