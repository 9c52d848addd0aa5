/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_ctl_run - what those who run commands share. Used by shadow_ctl alone.
 */
#ifndef SHADOW_CTL_RUN_H
#define SHADOW_CTL_RUN_H

#include "shadow_ctl.h"
#include "shadow_ctl_handle.h"

__printf(3, 4)
int shadow_ctl_fail(struct shadow_ctl *ctl, int err, const char *fmt, ...);
__printf(2, 3)
int shadow_ctl_done(struct shadow_ctl *ctl, const char *fmt, ...);
int shadow_ctl_frozen(struct shadow_ctl *ctl);
int shadow_ctl_check_since(struct shadow_ctl *ctl, const char *what,
			   unsigned int since);
struct shadow_ctl_handle *
shadow_ctl_named_id(struct shadow_ctl *ctl, u64 id, const char *name,
		    enum shadow_ctl_kind kind);
struct shadow_ctl_handle *
shadow_ctl_named(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		 enum shadow_ctl_kind kind);

/**
 * typedef shadow_ctl_make_t - makes one of the things that a command asks for
 * @ctl: whose
 * @cmd: the command
 * @things: filled, from the front; the room is what is left to be made
 * @nr: how many that are; on return how many were made, at least one
 *
 * Return: 0, or why there is none: other than for -ENOMEM and -EUCLEAN
 * @ctl->said says so.
 */
typedef int (*shadow_ctl_make_t)(struct shadow_ctl *ctl,
				 const struct shadow_ctl_cmd *cmd, u64 *things,
				 u32 *nr);

struct shadow_ctl_handle *shadow_ctl_make(struct shadow_ctl *ctl,
					  const struct shadow_ctl_cmd *cmd,
					  enum shadow_ctl_kind kind,
					  shadow_ctl_make_t make);
int shadow_ctl_free(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		    enum shadow_ctl_kind kind);
int shadow_ctl_remember_failed(struct shadow_ctl *ctl, int err, u32 nr);
bool shadow_ctl_fits(struct shadow_ctl *ctl, u64 bytes, u32 count);
int shadow_ctl_no_memory(struct shadow_ctl *ctl);
int shadow_ctl_check_gfp(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
u32 shadow_ctl_gfp(const struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_alloc_pages(struct shadow_ctl *ctl,
			   const struct shadow_ctl_cmd *cmd);
int shadow_ctl_alloc_exact(struct shadow_ctl *ctl,
			   const struct shadow_ctl_cmd *cmd);
int shadow_ctl_alloc_bulk(struct shadow_ctl *ctl,
			  const struct shadow_ctl_cmd *cmd);
int shadow_ctl_split_page(struct shadow_ctl *ctl,
			  const struct shadow_ctl_cmd *cmd);
int shadow_ctl_get_page(struct shadow_ctl *ctl,
			const struct shadow_ctl_cmd *cmd);
int shadow_ctl_put_page(struct shadow_ctl *ctl,
			const struct shadow_ctl_cmd *cmd);
int shadow_ctl_free_pages(struct shadow_ctl *ctl,
			  const struct shadow_ctl_cmd *cmd);
void *shadow_ctl_object_at(const struct shadow_ctl *ctl, u64 pa);
int shadow_ctl_drain(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_kmalloc(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_kfree(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_krealloc(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_cache_create(struct shadow_ctl *ctl,
			    const struct shadow_ctl_cmd *cmd);
int shadow_ctl_cache_alloc(struct shadow_ctl *ctl,
			   const struct shadow_ctl_cmd *cmd);
int shadow_ctl_cache_free(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_cache_shrink(struct shadow_ctl *ctl,
			    const struct shadow_ctl_cmd *cmd);
int shadow_ctl_cache_reap(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_cache_check(struct shadow_ctl *ctl,
			   const struct shadow_ctl_cmd *cmd);
int shadow_ctl_cache_destroy(struct shadow_ctl *ctl,
			     const struct shadow_ctl_cmd *cmd);
int shadow_ctl_fail_point(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_mark(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
void shadow_ctl_fail_text(const struct shadow_ctl *ctl,
			  enum shadow_fail_point point, char *text, size_t room);
int shadow_ctl_vmalloc(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_vfree(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_vmalloc_purge(struct shadow_ctl *ctl,
			     const struct shadow_ctl_cmd *cmd);
int shadow_ctl_vmap(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_vunmap(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_ioremap(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_iounmap(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_map(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_unmap(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_protect(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_tlbi(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_kmap(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_kunmap(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_memblock(struct shadow_ctl *ctl,
			const struct shadow_ctl_cmd *cmd);
int shadow_ctl_early_alloc(struct shadow_ctl *ctl,
			   const struct shadow_ctl_cmd *cmd);
int shadow_ctl_early_ioremap(struct shadow_ctl *ctl,
			     const struct shadow_ctl_cmd *cmd);
int shadow_ctl_early_iounmap(struct shadow_ctl *ctl,
			     const struct shadow_ctl_cmd *cmd);
int shadow_ctl_memremap_pages(struct shadow_ctl *ctl,
			      const struct shadow_ctl_cmd *cmd);
int shadow_ctl_memunmap_pages(struct shadow_ctl *ctl,
			      const struct shadow_ctl_cmd *cmd);
int shadow_ctl_break(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_compare(struct shadow_ctl *ctl,
		       const struct shadow_ctl_cmd *cmd);
int shadow_ctl_create(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_destroy(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_reset(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
int shadow_ctl_step(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);

#endif /* SHADOW_CTL_RUN_H */
