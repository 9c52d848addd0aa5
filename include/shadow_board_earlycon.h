/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_board_earlycon - where a command line says that the early console is.
 */
#ifndef SHADOW_BOARD_EARLYCON_H
#define SHADOW_BOARD_EARLYCON_H

#include "shadow_compat.h"

bool shadow_board_earlycon(const char *cmdline, u64 *pa);

#endif /* SHADOW_BOARD_EARLYCON_H */
