/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHADOW_HOST_VMALLOC_H
#define SHADOW_HOST_VMALLOC_H

#include <linux/types.h>

/* Page aligned (to 64 KiB, the largest page), as the kernel's are. */
void *vmalloc(unsigned long bytes);
void *vzalloc(unsigned long bytes);
void vfree(const void *p);

/* Of the largest alignment and zeroed, whatever is asked for. */
#define __vmalloc_node(bytes, align, gfp, node, caller)	vzalloc(bytes)

#endif /* SHADOW_HOST_VMALLOC_H */
