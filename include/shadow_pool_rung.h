/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_pool_rung - the rungs of the reservation ladder, for the pool alone.
 */
#ifndef SHADOW_POOL_RUNG_H
#define SHADOW_POOL_RUNG_H

#include "shadow_compat.h"
#include "shadow_pool.h"

/* What the host's lists call the owner of what we hold. */
#define SHADOW_POOL_OWNER	"shadow_mm"

/* The host's largest page block; needs <linux/mmzone.h>. */
#define SHADOW_POOL_BUDDY_BYTES	((u64)PAGE_SIZE << SHADOW_HOST_MAX_ORDER)

__printf(4, 5)
int shadow_pool_explain(struct shadow_pool *pool, enum shadow_pool_rung rung,
			int err, const char *fmt, ...);
void shadow_pool_win(struct shadow_pool *pool, enum shadow_pool_rung rung,
		     u64 base, u64 bytes, void *virt);

int shadow_pool_take_base(struct shadow_pool *pool,
			  const struct shadow_pool_request *request);
int shadow_pool_take_region(struct shadow_pool *pool,
			    const struct shadow_pool_request *request);
void shadow_pool_give_back_named(struct shadow_pool *pool);
int shadow_pool_take_contig(struct shadow_pool *pool,
			    const struct shadow_pool_request *request);
void shadow_pool_give_back_contig(struct shadow_pool *pool);
int shadow_pool_take_cma(struct shadow_pool *pool,
			 const struct shadow_pool_request *request);
void shadow_pool_give_back_cma(struct shadow_pool *pool);

#endif /* SHADOW_POOL_RUNG_H */
