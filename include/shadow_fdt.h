/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_fdt - is this a flattened device tree that a parser may believe?
 *
 * The kernel's unflattener takes the header's word for where the blocks are
 * and the structure block's word for how deep it goes: it reads behind the
 * buffer where the first is wrong, and warns where the second is too much. So
 * a blob is checked here before it is handed over, by the rules of chapter 5 of
 * the Devicetree Specification and with the limits of drivers/of/fdt.c. What is
 * well-formed need not make sense: that is shadow_board's business.
 *
 * All offsets are in bytes from the start of the blob, as a hex dump shows
 * them.
 */
#ifndef SHADOW_FDT_H
#define SHADOW_FDT_H

#include "shadow_compat.h"

#define SHADOW_FDT_MAGIC	0xd00dfeed
/* MAX_FDT_SIZE of arm64: what a kernel maps of it */
#define SHADOW_FDT_MAX_BYTES	SZ_2M
/* Version 16 is the first whose nodes have names as they are now. */
#define SHADOW_FDT_MIN_VERSION	16
#define SHADOW_FDT_VERSION	17
/*
 * Nodes on the way from the root, which counts as 0, to the deepest. The
 * unflattener has room for 64 and warns where it fills the last two.
 */
#define SHADOW_FDT_MAX_DEPTH	62
/*
 * Characters of a node's or property's name. The specification has 31; a limit
 * keeps a name from being read a hundred thousand times from one end of the
 * blob to the other.
 */
#define SHADOW_FDT_MAX_NAME	255
/* A refusal is one line that fits here. */
#define SHADOW_FDT_WHY		200

enum shadow_fdt_token {
	SHADOW_FDT_BEGIN_NODE	= 1,
	SHADOW_FDT_END_NODE	= 2,
	SHADOW_FDT_PROP		= 3,
	SHADOW_FDT_NOP		= 4,
	SHADOW_FDT_END		= 9,
};

/**
 * struct shadow_fdt_info - what a checked blob holds
 * @bytes: its length
 * @version: of the format
 * @last_comp_version: the oldest one that it can be read as
 * @off_memreserve: where the memory reservation block starts
 * @nr_memreserve: its entries, the last one, which is empty, not counted
 * @off_struct: where the structure block starts
 * @struct_bytes: its length up to and including the token END
 * @off_strings: where the strings block starts
 * @strings_bytes: its length
 * @nr_nodes: nodes
 * @nr_props: properties
 * @max_depth: depth of the deepest node; the root's is 0
 * @name_bytes: bytes of all node names, with their NULs
 *
 * The unflattened tree has @nr_nodes struct device_node, @nr_props struct
 * property, one more of these for each node without a property "name", and
 * twice @name_bytes at most. It is one kmalloc(), so whoever unflattens refuses
 * what is above KMALLOC_MAX_SIZE: the host's page allocator warns there.
 */
struct shadow_fdt_info {
	u32 bytes;
	u32 version;
	u32 last_comp_version;
	u32 off_memreserve;
	u32 nr_memreserve;
	u32 off_struct;
	u32 struct_bytes;
	u32 off_strings;
	u32 strings_bytes;
	u32 nr_nodes;
	u32 nr_props;
	u32 max_depth;
	u32 name_bytes;
};

int shadow_fdt_check(const void *blob, size_t bytes,
		     struct shadow_fdt_info *info, char *why, size_t why_bytes);
bool shadow_fdt_memreserve(const void *blob,
			   const struct shadow_fdt_info *info, u32 idx,
			   u64 *base, u64 *bytes, u32 *at);

#endif /* SHADOW_FDT_H */
