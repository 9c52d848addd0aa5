/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_board_dt - a board out of a device tree: of a blob, which is checked
 * and unflattened, or of the host's own tree.
 *
 * Follows what Linux 6.12 reads of a tree before it has a memory manager:
 * early_init_dt_scan_nodes(), fdt_scan_reserved_mem(), of_numa_init() and
 * of_dma_get_max_cpu_address(). What the kernel leaves out with a message is
 * left out here with one; what it would misread in silence is refused.
 *
 * A tree that was unflattened from a blob hangs on nothing: functions of the
 * host that look for a path or a phandle search the host's own tree instead,
 * and are not used.
 *
 * The room is in three files: shadow_board_dt.c reads memory, nodes and
 * /chosen, shadow_board_dt_reserved.c /reserved-memory, shadow_board_dt_dma.c
 * dma-ranges.
 */
#ifndef SHADOW_BOARD_DT_H
#define SHADOW_BOARD_DT_H

#include <linux/of.h>

#include "shadow_board.h"

/* OF_ROOT_NODE_ADDR_CELLS_DEFAULT and its twin for sizes, on all but SPARC */
#define SHADOW_BOARD_DT_CELLS	1

/**
 * struct shadow_board_dt - a tree that is being read
 * @root: its root
 * @blob: what it was unflattened from; NULL: it is the host's
 * @board: what it is read into
 * @na: #address-cells of the root, 1 or 2
 * @ns: #size-cells of the root, 1 or 2
 */
struct shadow_board_dt {
	struct device_node *root;
	const void *blob;
	struct shadow_board *board;
	u32 na;
	u32 ns;
};

int shadow_board_dt_blob(struct shadow_board *board, const void *blob,
			 size_t bytes);
int shadow_board_dt_host(struct shadow_board *board);

/* For this room's own files */
u32 shadow_board_dt_offset(const struct shadow_board_dt *dt, const void *at);
__printf(6, 7)
int shadow_board_dt_refuse(struct shadow_board_dt *dt, int err,
			   const struct device_node *np, const char *property,
			   const void *at, const char *fmt, ...);
__printf(4, 5)
void shadow_board_dt_note(const struct shadow_board_dt *dt,
			  const struct device_node *np, const char *property,
			  const char *fmt, ...);

int shadow_board_dt_reserved(struct shadow_board_dt *dt);
int shadow_board_dt_dma(struct shadow_board_dt *dt);

#endif /* SHADOW_BOARD_DT_H */
