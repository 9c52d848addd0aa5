/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_params_room - how much room a boot needs, known before anything is
 * reserved: of the image for the tables of head.S, of the rest of the block
 * for those of paging_init, the memmap and the first slabs.
 *
 * Both who refuses parameters and who boots ask here, so that what was
 * accepted boots. All are upper bounds that hold wherever the block lies.
 */
#ifndef SHADOW_PARAMS_ROOM_H
#define SHADOW_PARAMS_ROOM_H

#include "shadow_params.h"

/* Segments of the image with contents, each of one page at least */
#define SHADOW_IMAGE_SEGMENTS	6

/**
 * struct shadow_params_room - what memory a boot wants that nobody occupies
 * @bytes: all together
 * @piece: of that, in one piece: the memmap, and tables that may be cut off it
 */
struct shadow_params_room {
	u64 bytes;
	u64 piece;
};

unsigned int shadow_params_idmap_bits(const struct shadow_config *cfg,
				      u64 image_end);
u64 shadow_params_static_tables(const struct shadow_config *cfg,
				u64 image_bytes);
u64 shadow_params_min_image(const struct shadow_config *cfg);
u64 shadow_params_max_image(const struct shadow_config *cfg);
u64 shadow_params_max_bytes(const struct shadow_config *cfg);
void shadow_params_early_room(const struct shadow_config *cfg, u64 image_bytes,
			      struct shadow_params_room *room);
void shadow_params_left(const struct shadow_config *cfg,
			const struct shadow_block *block,
			const struct shadow_places *given,
			struct shadow_params_room *left);

#endif /* SHADOW_PARAMS_ROOM_H */
