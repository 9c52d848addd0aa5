/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dump - files that hold physical memory.
 */
#ifndef SHADOW_PGTABLE_DUMP_H
#define SHADOW_PGTABLE_DUMP_H

#include "shadow_compat.h"

#define DUMP_WHY	512	/* longest reason, with its NUL */

/**
 * struct dump - what the files hold, and what was missing of it
 * @piece: one file each, in ascending order of @pa
 * @nr: how many
 * @nr_outside: descriptors that were asked for and are in none of them
 * @outside: physical address of the first of these
 */
struct dump {
	struct dump_piece {
		const unsigned char *bytes;
		u64 pa;
		u64 nr_bytes;
		const char *name;
	} *piece;
	unsigned int nr;
	u64 nr_outside;
	u64 outside;
};

bool parse_number(const char *text, u64 *value);
int dump_add(struct dump *dump, const char *spec, char *why);
int dump_read(void *ctx, phys_addr_t pa, u64 *desc);
void dump_ranges(const struct dump *dump, char *text, size_t size);

#endif /* SHADOW_PGTABLE_DUMP_H */
