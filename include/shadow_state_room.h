/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_state_room - what the files of shadow_state share. Nobody else
 * includes this.
 */
#ifndef SHADOW_STATE_ROOM_H
#define SHADOW_STATE_ROOM_H

#include "shadow_state.h"

/**
 * struct shadow_state_list - numbers in the order of a list, neighbours together
 * @text: where they go
 * @unit: by how much neighbours differ, up or down
 * @first: of those that are not printed yet
 * @last: of those
 * @nr: how many these are; 0: none
 * @step: from one to the next, where there are two
 * @nr_printed: how often something was printed, to begin lines anew
 */
struct shadow_state_list {
	const struct shadow_text *text;
	u64 unit;
	u64 first;
	u64 last;
	u64 nr;
	u64 step;
	u32 nr_printed;
};

/* shadow_state.c */
void shadow_state_begin(struct shadow_state_list *list,
			const struct shadow_text *text, u64 unit);
void shadow_state_add(struct shadow_state_list *list, u64 value);
void shadow_state_end(struct shadow_state_list *list);

/* shadow_state_zone.c */
void shadow_state_zones(struct shadow_mm *mm, const struct shadow_text *text);
void shadow_state_pages(const struct shadow_nodes *nodes,
			const struct shadow_text *text,
			const struct shadow_page_list *pages, u64 unit);
/* shadow_state_memmap.c */
void shadow_state_memmap(struct shadow_mm *mm, const struct shadow_text *text);
/* shadow_state_tables.c */
void shadow_state_tables(struct shadow_mm *mm, const struct shadow_text *text);
/* shadow_state_slot.c */
void shadow_state_slots(struct shadow_mm *mm, const struct shadow_text *text);
/* shadow_state_slab.c */
void shadow_state_slab(struct shadow_mm *mm, const struct shadow_text *text);
/* shadow_state_engine.c */
void shadow_state_engine(struct shadow_slab *slab, const struct shadow_text *text);
void shadow_state_engine_cache(struct shadow_kmem_cache *cache,
			       const struct shadow_text *text);
void shadow_state_engine_page(struct shadow_slab *slab, struct shadow_page *page,
			      const struct shadow_text *text);
/* shadow_state_vmalloc.c */
void shadow_state_vmalloc(struct shadow_mm *mm, const struct shadow_text *text);

#endif /* SHADOW_STATE_ROOM_H */
