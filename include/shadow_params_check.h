/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_params_check - what the files of shadow_params share. Nobody else
 * includes this.
 */
#ifndef SHADOW_PARAMS_CHECK_H
#define SHADOW_PARAMS_CHECK_H

#include "shadow_params.h"

/**
 * struct shadow_params_check - what a check works on
 * @in: values as they were given
 * @host: what of the host matters
 * @cfg: what is being filled
 * @why: where a refusal says why
 * @why_bytes: room there
 */
struct shadow_params_check {
	const struct shadow_param_strings *in;
	const struct shadow_host_facts *host;
	struct shadow_config *cfg;
	char *why;
	size_t why_bytes;
};

static inline unsigned int
shadow_params_granule_kib(const struct shadow_config *cfg)
{
	return 1U << (cfg->page_shift - 10);
}

__printf(4, 5)
int shadow_params_refuse(struct shadow_params_check *c, enum shadow_param_id id,
			 int err, const char *fmt, ...);
int shadow_params_read(struct shadow_params_check *c, enum shadow_param_id id);

/* shadow_params_zone.c: readers of single parameters, and what they make */
int shadow_params_read_nodes(struct shadow_params_check *c, const char *text);
int shadow_params_read_distance(struct shadow_params_check *c,
				const char *text);
int shadow_params_read_dma(struct shadow_params_check *c, const char *text);
int shadow_params_read_dma32(struct shadow_params_check *c, const char *text);
int shadow_params_read_highmem(struct shadow_params_check *c, const char *text);
int shadow_params_read_movablecore(struct shadow_params_check *c,
				   const char *text);
int shadow_params_read_kernelcore(struct shadow_params_check *c,
				  const char *text);
int shadow_params_check_zones(struct shadow_params_check *c);
void shadow_params_zone_value(const struct shadow_config *cfg,
			      enum shadow_param_id id, char *text, size_t room);

/* shadow_params_shape.c */
int shadow_params_read_granule(struct shadow_params_check *c, const char *text);
int shadow_params_read_va_bits(struct shadow_params_check *c, const char *text);
int shadow_params_read_pa_bits(struct shadow_params_check *c, const char *text);
int shadow_params_read_lpa2(struct shadow_params_check *c, const char *text);
int shadow_params_read_rodata(struct shadow_params_check *c, const char *text);
int shadow_params_check_shape(struct shadow_params_check *c);
void shadow_params_shape_value(const struct shadow_config *cfg,
			       enum shadow_param_id id, char *text, size_t room);

int shadow_params_place_in(struct shadow_params_check *c,
			   const struct shadow_block *block, bool block_known,
			   struct shadow_places *places);

/* shadow_params_marks.c */
int shadow_params_read_min_free(struct shadow_params_check *c, const char *text);
int shadow_params_check_min_free(struct shadow_params_check *c);
int shadow_params_read_scale(struct shadow_params_check *c, const char *text);
int shadow_params_read_ratios(struct shadow_params_check *c, const char *text);
void shadow_params_marks_value(const struct shadow_config *cfg,
			       enum shadow_param_id id, char *text, size_t room);

/* shadow_params_buddy.c */
int shadow_params_read_max_order(struct shadow_params_check *c, const char *text);
int shadow_params_check_max_order(struct shadow_params_check *c);
int shadow_params_read_mobility(struct shadow_params_check *c, const char *text);
void shadow_params_buddy_value(const struct shadow_config *cfg,
			       enum shadow_param_id id, char *text, size_t room);

/* shadow_params_slab.c */
int shadow_params_read_slab(struct shadow_params_check *c, const char *text);
int shadow_params_read_slab_debug(struct shadow_params_check *c, const char *text);
int shadow_params_read_quarantine(struct shadow_params_check *c, const char *text);
int shadow_params_read_slab_switch(struct shadow_params_check *c,
				   enum shadow_param_id id, const char *text);
void shadow_params_slab_value(const struct shadow_config *cfg,
			      enum shadow_param_id id, char *text, size_t room);

/* shadow_params_watch.c */
int shadow_params_read_ring(struct shadow_params_check *c, const char *text);
void shadow_params_watch_value(const struct shadow_config *cfg,
			       enum shadow_param_id id, char *text, size_t room);

void shadow_params_bytes_text(char *text, size_t room, u64 bytes);
void shadow_params_value(const struct shadow_config *cfg,
			 enum shadow_param_id id, char *text, size_t room);

#endif /* SHADOW_PARAMS_CHECK_H */
