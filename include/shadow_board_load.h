/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_board_load - the board that was asked for: found, read, completed with
 * what the parameters say, and judged.
 */
#ifndef SHADOW_BOARD_LOAD_H
#define SHADOW_BOARD_LOAD_H

#include "shadow_board.h"
#include "shadow_params.h"

int shadow_board_obtain(const struct shadow_config *cfg,
			struct shadow_board *board, char *why,
			size_t why_bytes);

/* shadow_board_host.c: for this room */
int shadow_board_host(struct shadow_board *board);

#endif /* SHADOW_BOARD_LOAD_H */
