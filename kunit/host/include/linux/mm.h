/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHADOW_HOST_MM_H
#define SHADOW_HOST_MM_H

#include <linux/slab.h>
#include <linux/vmalloc.h>

#endif /* SHADOW_HOST_MM_H */
