/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHADOW_HOST_ERRNO_H
#define SHADOW_HOST_ERRNO_H

#include <asm/errno.h>

/* The kernel's own, from include/linux/errno.h. */
#define EPROBE_DEFER	517
#define ENOTSUPP	524

#endif /* SHADOW_HOST_ERRNO_H */
