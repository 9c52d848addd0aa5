/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory for the suites; the core has no business here. */
#ifndef SHADOW_HOST_SLAB_H
#define SHADOW_HOST_SLAB_H

#include <linux/types.h>

#define GFP_KERNEL	0u
#define GFP_ATOMIC	1u
#define __GFP_ZERO	2u
#define __GFP_NOWARN	4u

void *kmalloc(size_t bytes, gfp_t gfp);
void *kmalloc_array(size_t n, size_t bytes, gfp_t gfp);
void kfree(const void *p);

#define kzalloc(bytes, gfp)		kmalloc(bytes, (gfp) | __GFP_ZERO)
#define kcalloc(n, bytes, gfp)		kmalloc_array(n, bytes, (gfp) | __GFP_ZERO)
#define kvmalloc(bytes, gfp)		kmalloc(bytes, gfp)
#define kvzalloc(bytes, gfp)		kzalloc(bytes, gfp)
#define kvmalloc_array(n, bytes, gfp)	kmalloc_array(n, bytes, gfp)
#define kvcalloc(n, bytes, gfp)		kcalloc(n, bytes, gfp)
#define kvfree(p)			kfree(p)

#endif /* SHADOW_HOST_SLAB_H */
