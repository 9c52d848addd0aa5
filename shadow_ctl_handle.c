// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ctl_handle - what commands got, under ids and names. See
 * shadow_ctl_handle.h.
 *
 * Two hash tables of a fixed size: ids are handed out in order, so that they
 * spread evenly, and 50,000 live handles are 6 in a bucket.
 */
#include "shadow_ctl_handle.h"
#include "shadow_mm.h"

#define NR_BUCKETS	8192U
#define BUCKETS_BYTES	(NR_BUCKETS * sizeof(struct shadow_ctl_handle *))
#define CHUNK_HANDLES	256

/* Handles are small and many: they come from the host by the dozen. */
struct shadow_ctl_chunk {
	struct shadow_ctl_chunk *next;
	struct shadow_ctl_handle handle[CHUNK_HANDLES];
};

/* FNV-1a: short names, no adversary but the user himself. */
static unsigned int name_bucket(const char *name)
{
	u32 hash = 0x811c9dc5;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 0x01000193;
	return (hash ^ hash >> 16) % NR_BUCKETS;
}

static unsigned int id_bucket(u64 id)
{
	return id % NR_BUCKETS;
}

/**
 * shadow_ctl_handles_init() - no handles yet
 * @ctl: of which @ctl->mm is set
 *
 * Context: process; sleeps.
 * Return: 0, or -ENOMEM where the host has no memory.
 */
int shadow_ctl_handles_init(struct shadow_ctl *ctl)
{
	ctl->by_id = ctl->mm->host->zalloc(BUCKETS_BYTES);
	ctl->by_name = ctl->mm->host->zalloc(BUCKETS_BYTES);
	if (!ctl->by_id || !ctl->by_name) {
		shadow_ctl_handles_fini(ctl);
		return -ENOMEM;
	}
	ctl->next_id = 1;
	return 0;
}

/**
 * shadow_ctl_handles_forget() - drop all handles; what they stand for is gone
 * @ctl: whose
 *
 * Ids go on where they were.
 *
 * Context: process; sleeps.
 */
void shadow_ctl_handles_forget(struct shadow_ctl *ctl)
{
	while (ctl->newest) {
		struct shadow_ctl_handle *handle = ctl->newest;

		shadow_ctl_handle_del(ctl, handle);
		shadow_ctl_handle_put(ctl, handle);
	}
}

/**
 * shadow_ctl_handles_fini() - give all of the host's memory back
 * @ctl: whose; also after an init that failed
 *
 * Context: process; sleeps.
 */
void shadow_ctl_handles_fini(struct shadow_ctl *ctl)
{
	struct shadow_ctl_chunk *chunk;

	shadow_ctl_handles_forget(ctl);
	ctl->spare = NULL;
	while (ctl->chunks) {
		chunk = ctl->chunks;
		ctl->chunks = chunk->next;
		ctl->host_bytes -= sizeof(*chunk);
		ctl->mm->host->free(chunk);
	}
	ctl->mm->host->free(ctl->by_id);
	ctl->mm->host->free(ctl->by_name);
	ctl->by_id = NULL;
	ctl->by_name = NULL;
}

/**
 * shadow_ctl_host_limit() - how much of the host's memory handles may take
 * @ctl: whose
 *
 * Context: any.
 * Return: bytes, see SHADOW_CTL_MIN_HOST_BYTES.
 */
u64 shadow_ctl_host_limit(const struct shadow_ctl *ctl)
{
	return clamp_t(u64, ctl->mm->block.bytes / 2, SHADOW_CTL_MIN_HOST_BYTES,
		       SHADOW_CTL_MAX_HOST_BYTES);
}

/* A user who holds much must not take from the host more than is his. */
static void *host_alloc(struct shadow_ctl *ctl, u64 bytes)
{
	void *mem;

	if (bytes > shadow_ctl_host_limit(ctl) - ctl->host_bytes)
		return ERR_PTR(-EDQUOT);
	mem = ctl->mm->host->zalloc(bytes);
	if (!mem)
		return ERR_PTR(-ENOMEM);
	ctl->host_bytes += bytes;
	return mem;
}

static int add_chunk(struct shadow_ctl *ctl)
{
	struct shadow_ctl_chunk *chunk = host_alloc(ctl, sizeof(*chunk));
	unsigned int i;

	if (IS_ERR(chunk))
		return PTR_ERR(chunk);
	chunk->next = ctl->chunks;
	ctl->chunks = chunk;
	for (i = 0; i < CHUNK_HANDLES; i++) {
		chunk->handle[i].id_next = ctl->spare;
		ctl->spare = &chunk->handle[i];
	}
	return 0;
}

/**
 * shadow_ctl_handle_get() - a handle that nobody can find yet
 * @ctl: whose
 * @made: how many things it will stand for, not 0
 * @differ: each has to be remembered; else all of them are one
 *
 * Context: process; sleeps.
 * Return: the handle; -ENOSPC where there are SHADOW_CTL_MAX_HANDLES; -EDQUOT
 * past shadow_ctl_host_limit(); -ENOMEM where the host has no memory.
 */
struct shadow_ctl_handle *shadow_ctl_handle_get(struct shadow_ctl *ctl,
						u32 made, bool differ)
{
	struct shadow_ctl_handle *handle;
	u64 *many = NULL;
	int err;

	if (ctl->nr_live >= SHADOW_CTL_MAX_HANDLES)
		return ERR_PTR(-ENOSPC);
	err = ctl->spare ? 0 : add_chunk(ctl);
	if (err)
		return ERR_PTR(err);
	if (made > 1 && differ) {
		many = host_alloc(ctl, made * sizeof(*many));
		if (IS_ERR(many))
			return ERR_CAST(many);
	}
	handle = ctl->spare;
	ctl->spare = handle->id_next;
	handle->many = many;
	handle->made = made;
	return handle;
}

/**
 * shadow_ctl_handle_split() - each block of a handle becomes blocks of order 0
 * @ctl: whose
 * @handle: the handle, of blocks of pages
 * @order: their order, not 0
 *
 * Context: process; sleeps.
 * Return: 0; -EDQUOT past shadow_ctl_host_limit(), -ENOMEM where the host has no
 * memory: then nothing has changed.
 */
int shadow_ctl_handle_split(struct shadow_ctl *ctl,
			    struct shadow_ctl_handle *handle, unsigned int order)
{
	u64 made = (u64)handle->left << order, i;
	u64 *many;

	if (made > SHADOW_CTL_MAX_COUNT)
		return -EDQUOT;
	many = host_alloc(ctl, made * sizeof(*many));
	if (IS_ERR(many))
		return PTR_ERR(many);
	for (i = 0; i < made; i++)
		many[i] = shadow_ctl_thing(handle, i >> order) +
			  (i & (BIT_ULL(order) - 1));
	if (handle->many)
		ctl->host_bytes -= handle->made * sizeof(*handle->many);
	ctl->mm->host->free(handle->many);
	handle->many = many;
	handle->made = made;
	handle->left = made;
	handle->order = 0;
	return 0;
}

/**
 * shadow_ctl_handle_put() - give a handle back that nobody can find
 * @ctl: whose
 * @handle: the handle
 *
 * Context: process; sleeps.
 */
void shadow_ctl_handle_put(struct shadow_ctl *ctl,
			   struct shadow_ctl_handle *handle)
{
	if (handle->many)
		ctl->host_bytes -= handle->made * sizeof(*handle->many);
	ctl->mm->host->free(handle->many);
	memset(handle, 0, sizeof(*handle));
	handle->id_next = ctl->spare;
	ctl->spare = handle;
}

/**
 * shadow_ctl_handle_add() - a handle gets its id and can be found
 * @ctl: whose
 * @handle: the handle
 * @name: a name that is not in use, or ""
 *
 * Context: any.
 */
void shadow_ctl_handle_add(struct shadow_ctl *ctl,
			   struct shadow_ctl_handle *handle, const char *name)
{
	struct shadow_ctl_handle **bucket;

	handle->id = ctl->next_id++;
	bucket = &ctl->by_id[id_bucket(handle->id)];
	handle->id_next = *bucket;
	*bucket = handle;

	strscpy(handle->name, name, sizeof(handle->name));
	if (*handle->name) {
		bucket = &ctl->by_name[name_bucket(handle->name)];
		handle->name_next = *bucket;
		*bucket = handle;
	}

	handle->newer = NULL;
	handle->older = ctl->newest;
	if (ctl->newest)
		ctl->newest->newer = handle;
	ctl->newest = handle;
	ctl->nr_live++;
}

/**
 * shadow_ctl_handle_del() - a handle can no longer be found
 * @ctl: whose
 * @handle: the handle
 *
 * Context: any.
 */
void shadow_ctl_handle_del(struct shadow_ctl *ctl,
			   struct shadow_ctl_handle *handle)
{
	struct shadow_ctl_handle **link;

	for (link = &ctl->by_id[id_bucket(handle->id)]; *link != handle;)
		link = &(*link)->id_next;
	*link = handle->id_next;

	if (*handle->name) {
		link = &ctl->by_name[name_bucket(handle->name)];
		while (*link != handle)
			link = &(*link)->name_next;
		*link = handle->name_next;
	}

	if (handle->newer)
		handle->newer->older = handle->older;
	else
		ctl->newest = handle->older;
	if (handle->older)
		handle->older->newer = handle->newer;
	ctl->nr_live--;
}

/**
 * shadow_ctl_handle_find() - the handle of an id
 * @ctl: whose
 * @id: any number
 *
 * Context: any.
 * Return: the handle, or NULL where there is none (any more).
 */
struct shadow_ctl_handle *shadow_ctl_handle_find(const struct shadow_ctl *ctl,
						 u64 id)
{
	struct shadow_ctl_handle *handle = ctl->by_id[id_bucket(id)];

	while (handle && handle->id != id)
		handle = handle->id_next;
	return handle;
}

/**
 * shadow_ctl_handle_find_name() - the handle of a name
 * @ctl: whose
 * @name: any text, zero terminated
 *
 * Context: any.
 * Return: the handle, or NULL where there is none (any more).
 */
struct shadow_ctl_handle *
shadow_ctl_handle_find_name(const struct shadow_ctl *ctl, const char *name)
{
	struct shadow_ctl_handle *handle = ctl->by_name[name_bucket(name)];

	while (handle && strcmp(handle->name, name) != 0)
		handle = handle->name_next;
	return handle;
}
