/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_ctl_handle - what commands got, under ids and names. Used by
 * shadow_ctl alone.
 *
 * Handles lie in the host's memory: what a machine's user does to the block
 * cannot reach them.
 */
#ifndef SHADOW_CTL_HANDLE_H
#define SHADOW_CTL_HANDLE_H

#include "shadow_ctl.h"

enum shadow_ctl_kind {
	SHADOW_CTL_PAGES,
	SHADOW_CTL_OBJECTS,	/* of kmalloc */
	SHADOW_CTL_CACHED,	/* objects of a cache */
	SHADOW_CTL_AREA,
	SHADOW_CTL_HELD,	/* pages shown by a vmap */
	SHADOW_CTL_DEVICE,	/* an ioremap */
	SHADOW_NR_CTL_KINDS
};

/**
 * struct shadow_ctl_handle - what one command got
 * @id: never used again
 * @id_next: next in the same bucket of ids; links what is spare
 * @name_next: next in the same bucket of names
 * @newer: made after this one
 * @older: made before this one
 * @name: "" where none was chosen
 * @kind: what it is
 * @order: of blocks of pages
 * @refs: references to each block, beside the one that it was made with
 * @bytes: of an object, of an area, a vmap or an ioremap
 * @cache: that objects of a cache are of
 * @made: how many blocks or objects it was made with
 * @left: how many there still are: the first ones
 * @one: the only one, where @made is 1, or the one that all of them are
 * @many: all of them, where they are more and differ; else NULL
 *
 * A block is its frame number, an object its physical address (0: that of an
 * object of no bytes, of which there is only one however often it is got), an
 * area, a vmap or an ioremap its virtual address.
 */
struct shadow_ctl_handle {
	u64 id;
	struct shadow_ctl_handle *id_next;
	struct shadow_ctl_handle *name_next;
	struct shadow_ctl_handle *newer;
	struct shadow_ctl_handle *older;
	char name[SHADOW_CTL_NAME + 1];
	u8 kind;
	u8 order;
	u8 refs;
	struct shadow_kmem_cache *cache;
	u32 made;
	u32 left;
	u64 bytes;
	u64 one;
	u64 *many;
};

static inline u64 shadow_ctl_thing(const struct shadow_ctl_handle *handle,
				   u32 nr)
{
	return handle->many ? handle->many[nr] : handle->one;
}

int shadow_ctl_handles_init(struct shadow_ctl *ctl);
void shadow_ctl_handles_fini(struct shadow_ctl *ctl);
void shadow_ctl_handles_forget(struct shadow_ctl *ctl);
struct shadow_ctl_handle *shadow_ctl_handle_get(struct shadow_ctl *ctl,
						u32 made, bool differ);
void shadow_ctl_handle_put(struct shadow_ctl *ctl,
			   struct shadow_ctl_handle *handle);
void shadow_ctl_handle_add(struct shadow_ctl *ctl,
			   struct shadow_ctl_handle *handle, const char *name);
void shadow_ctl_handle_del(struct shadow_ctl *ctl,
			   struct shadow_ctl_handle *handle);
int shadow_ctl_handle_split(struct shadow_ctl *ctl,
			    struct shadow_ctl_handle *handle, unsigned int order);
struct shadow_ctl_handle *shadow_ctl_handle_find(const struct shadow_ctl *ctl,
						 u64 id);
struct shadow_ctl_handle *
shadow_ctl_handle_find_name(const struct shadow_ctl *ctl, const char *name);

#endif /* SHADOW_CTL_HANDLE_H */
