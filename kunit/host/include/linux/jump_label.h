/* SPDX-License-Identifier: GPL-2.0-only */
/* Static keys as plain counters: nothing here patches code. */
#ifndef SHADOW_HOST_JUMP_LABEL_H
#define SHADOW_HOST_JUMP_LABEL_H

#include <linux/compiler.h>
#include <linux/types.h>

struct static_key_false {
	int enabled;
};

#define DEFINE_STATIC_KEY_FALSE(name)	struct static_key_false name
#define DECLARE_STATIC_KEY_FALSE(name)	extern struct static_key_false name
#define DEFINE_STATIC_KEY_ARRAY_FALSE(name, nr)	struct static_key_false name[nr]
#define static_branch_unlikely(key)	unlikely((key)->enabled > 0)
#define static_branch_likely(key)	likely((key)->enabled > 0)
#define static_key_enabled(key)		((key)->enabled > 0)
#define static_branch_inc(key)		((void)(key)->enabled++)
#define static_branch_dec(key)		((void)(key)->enabled--)
#define static_branch_enable(key)	((void)((key)->enabled = 1))
#define static_branch_disable(key)	((void)((key)->enabled = 0))

#endif /* SHADOW_HOST_JUMP_LABEL_H */
