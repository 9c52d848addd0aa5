/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model - what ought to be mapped, as a list of spans in the order of
 * addresses. Knows nothing of tables.
 *
 * Addresses are offsets into a half, so that nothing wraps around.
 */
#ifndef AT_ORACLE_MODEL_H
#define AT_ORACLE_MODEL_H

#include "words.h"

#define MODEL_MAX	1024

/**
 * struct span - addresses that are mapped to consecutive ones alike
 * @at: the first
 * @bytes: how many
 * @pa: what the first is mapped to
 * @prot: the protection that was asked for
 * @flags: how it was mapped
 */
struct span {
	u64 at;
	u64 bytes;
	u64 pa;
	u64 prot;
	unsigned int flags;
};

/**
 * struct model - all spans; neighbours that could be one are one
 * @span: the spans
 * @nr: how many
 */
struct model {
	struct span span[MODEL_MAX];
	unsigned int nr;
};

unsigned int model_after(const struct model *model, u64 at);
const struct span *model_find(const struct model *model, u64 at);
bool model_is_free(const struct model *model, u64 at, u64 bytes);
u64 model_covered(const struct model *model, u64 at);
void model_map(struct model *model, const struct span *span);
void model_unmap(struct model *model, u64 at, u64 bytes);
void model_protect(struct model *model, u64 at, u64 bytes, u64 prot);

#endif /* AT_ORACLE_MODEL_H */
