/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_ctl_read - what the words of a command say: numbers, addresses, names,
 * and the arguments that are made of them. A word that says nothing is refused
 * in one line, which names it and what is allowed. Used by shadow_ctl alone.
 */
#ifndef SHADOW_CTL_READ_H
#define SHADOW_CTL_READ_H

#include "shadow_ctl.h"
#include "shadow_ctl_verb.h"
#include "shadow_ctl_word.h"

static inline const struct shadow_ctl_verb_info *
shadow_ctl_info(const struct shadow_ctl_cmd *cmd)
{
	return &shadow_ctl_verbs[cmd->verb];
}

__printf(3, 4)
int shadow_ctl_refuse(struct shadow_ctl_text *text, int err, const char *fmt, ...);
int shadow_ctl_refuse_word(struct shadow_ctl_text *text,
			   const struct shadow_ctl_cmd *cmd, const char *what,
			   const struct shadow_ctl_word *word, const char *allowed);
int shadow_ctl_read_number(struct shadow_ctl_text *text,
			   const struct shadow_ctl_cmd *cmd, const char *what,
			   const struct shadow_ctl_word *word, u64 min, u64 max,
			   u64 *number);
int shadow_ctl_read_number32(struct shadow_ctl_text *text,
			     const struct shadow_ctl_cmd *cmd, const char *what,
			     const struct shadow_ctl_word *word, u32 min, u32 max,
			     u32 *number);
int shadow_ctl_read_address(struct shadow_ctl_text *text,
			    const struct shadow_ctl_cmd *cmd, const char *what,
			    const struct shadow_ctl_word *word, u64 *pa);
int shadow_ctl_read_name(struct shadow_ctl_text *text,
			 const struct shadow_ctl_cmd *cmd, const char *what,
			 const struct shadow_ctl_word *word, char *name);
int shadow_ctl_read_size(struct shadow_ctl_text *text,
			 struct shadow_ctl_cmd *cmd, const char *what,
			 const struct shadow_ctl_word *word,
			 enum shadow_mmu_size which);
/* shadow_ctl_read_slab.c */
int shadow_ctl_read_cache(struct shadow_ctl_text *text,
			  struct shadow_ctl_cmd *cmd,
			  const struct shadow_ctl_word *word);
int shadow_ctl_read_flags(struct shadow_ctl_text *text,
			  struct shadow_ctl_cmd *cmd,
			  const struct shadow_ctl_word *word);
int shadow_ctl_read_point(struct shadow_ctl_text *text,
			  struct shadow_ctl_cmd *cmd,
			  const struct shadow_ctl_word *word);
int shadow_ctl_read_fail(struct shadow_ctl_text *text,
			 struct shadow_ctl_cmd *cmd, enum shadow_ctl_key key,
			 const struct shadow_ctl_word *word);
int shadow_ctl_check_fail(struct shadow_ctl_text *text,
			  const struct shadow_ctl_cmd *cmd);
/* shadow_ctl_break.c */
int shadow_ctl_read_break(struct shadow_ctl_text *text,
			  struct shadow_ctl_cmd *cmd,
			  const struct shadow_ctl_word *word);
int shadow_ctl_read_break_where(struct shadow_ctl_text *text,
				struct shadow_ctl_cmd *cmd,
				const struct shadow_ctl_word *word);
int shadow_ctl_read_arg(struct shadow_ctl_text *text,
			struct shadow_ctl_cmd *cmd, enum shadow_ctl_arg arg,
			const struct shadow_ctl_word *word);

#endif /* SHADOW_CTL_READ_H */
