/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_pool_tree - what the host's device tree says about an address.
 *
 * Used by the pool alone, to decide whether an address that a person gave may
 * be believed. In a kernel without CONFIG_OF, of.h itself answers "no tree".
 */
#ifndef SHADOW_POOL_TREE_H
#define SHADOW_POOL_TREE_H

#include "shadow_compat.h"

/* Room for a node's path in a refusal. */
#define SHADOW_POOL_NODE	64

/**
 * struct shadow_pool_region - a node of /reserved-memory that may be used
 * @base: physical address of its first byte
 * @bytes: its length
 */
struct shadow_pool_region {
	u64 base;
	u64 bytes;
};

bool shadow_pool_tree_has_memory(void);
bool shadow_pool_tree_is_memory(u64 base, u64 bytes);
bool shadow_pool_tree_reserved(u64 base, u64 bytes, char *node,
			       size_t node_bytes);
bool shadow_pool_tree_device(u64 base, u64 bytes, char *node,
			     size_t node_bytes);
int shadow_pool_tree_region(const char *name, struct shadow_pool_region *region,
			    char *why, size_t why_bytes);

#endif /* SHADOW_POOL_TREE_H */
