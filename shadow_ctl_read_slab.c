// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ctl_read_slab - what the words of commands on caches and on failures
 * say. See shadow_ctl_read.h.
 */
#include "shadow_ctl_read.h"
#include "shadow_parse.h"

/**
 * shadow_ctl_read_cache() - a name of a cache
 * @text: the batch; its @why is set where the word is refused
 * @cmd: the command; its cache is set
 * @word: the word
 *
 * Context: any.
 * Return: 0, or -EINVAL where no cache can be called that.
 */
int shadow_ctl_read_cache(struct shadow_ctl_text *text,
			  struct shadow_ctl_cmd *cmd,
			  const struct shadow_ctl_word *word)
{
	char allowed[48];

	if (word->len < sizeof(cmd->cache)) {
		memcpy(cmd->cache, word->at, word->len);
		cmd->cache[word->len] = '\0';
		if (shadow_slab_name_ok(cmd->cache))
			return 0;
	}
	snprintf(allowed, sizeof(allowed), "up to %zu printable characters",
		 sizeof(cmd->cache) - 1);
	return shadow_ctl_refuse_word(text, cmd, "NAME", word, allowed);
}

static const struct {
	const char *name;
	u32 flag;
} flags[] = {
	{ "HWCACHE_ALIGN", SHADOW_SLAB_HWCACHE_ALIGN },
	{ "CACHE_DMA", SHADOW_SLAB_CACHE_DMA },
	{ "RECLAIM_ACCOUNT", SHADOW_SLAB_RECLAIM_ACCOUNT },
	{ "POISON", SHADOW_SLAB_POISON },
	{ "RED_ZONE", SHADOW_SLAB_RED_ZONE },
	{ "STORE_USER", SHADOW_SLAB_STORE_USER },
	{ "TYPESAFE_BY_RCU", SHADOW_SLAB_TYPESAFE_BY_RCU },
	{ "PANIC", SHADOW_SLAB_PANIC },
	{ "ACCOUNT", SHADOW_SLAB_ACCOUNT },
};

static u32 flag_of(const struct shadow_ctl_word *word)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++)
		if (shadow_parse_is(word->at, word->len, flags[i].name))
			return flags[i].flag;
	return 0;
}

/**
 * shadow_ctl_read_flags() - flags of a cache
 * @text: the batch; its @why is set where the word is refused
 * @cmd: the command; its flags are set
 * @word: names, with commas or '|' between
 *
 * Context: any.
 * Return: 0; -EINVAL where one is unknown, -EOPNOTSUPP where one is known and
 * not offered.
 */
int shadow_ctl_read_flags(struct shadow_ctl_text *text,
			  struct shadow_ctl_cmd *cmd,
			  const struct shadow_ctl_word *word)
{
	const char *at = word->at, *end = word->at + word->len;
	struct shadow_ctl_word name = { .at = at };
	u32 flag;

	for (; at <= end; at++) {
		if (at < end && *at != ',' && *at != '|')
			continue;
		name.len = at - name.at;
		flag = flag_of(&name);
		if (!flag)
			return shadow_ctl_refuse_word(text, cmd, "flags=", &name,
						      SHADOW_CTL_CACHE_FLAGS);
		if (flag & (SHADOW_SLAB_PANIC | SHADOW_SLAB_ACCOUNT)) {
			shadow_ctl_refuse_word(text, cmd, "flags=", &name,
					       SHADOW_CTL_CACHE_FLAGS);
			return -EOPNOTSUPP;
		}
		cmd->cache_flags |= flag;
		name.at = at + 1;
	}
	return 0;
}

/**
 * shadow_ctl_read_point() - a place where memory is asked for
 * @text: the batch; its @why is set where the word is refused
 * @cmd: the command; its point is set
 * @word: the word
 *
 * Context: any.
 * Return: 0, or -EINVAL.
 */
int shadow_ctl_read_point(struct shadow_ctl_text *text,
			  struct shadow_ctl_cmd *cmd,
			  const struct shadow_ctl_word *word)
{
	char allowed[100] = "";
	unsigned int i;
	int at = 0;

	for (i = 0; i < SHADOW_NR_FAIL_POINTS; i++) {
		at += scnprintf(allowed + at, sizeof(allowed) - at, "%s%s",
				i ? ", " : "", shadow_fail_names[i]);
		if (!shadow_parse_is(word->at, word->len, shadow_fail_names[i]))
			continue;
		cmd->fail_point = i;
		return 0;
	}
	return shadow_ctl_refuse_word(text, cmd, "POINT", word, allowed);
}

static int read_times(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd,
		      const struct shadow_ctl_word *word)
{
	u64 times = 0;

	if (shadow_parse_is(word->at, word->len, "-1")) {
		cmd->fail.times = SHADOW_FAIL_FOREVER;
		return 0;
	}
	if (shadow_parse_number(word->at, word->len, &times) || times > S32_MAX)
		return shadow_ctl_refuse_word(text, cmd, "times=", word,
					      "a number from 0 to 2147483647, or -1 for ever");
	cmd->fail.times = times;
	return 0;
}

/**
 * shadow_ctl_read_fail() - one of the keys of fail
 * @text: the batch; its @why is set where the word is refused
 * @cmd: the command; its attributes are set
 * @key: which
 * @word: its value
 *
 * Context: any.
 * Return: 0, or -EINVAL.
 */
int shadow_ctl_read_fail(struct shadow_ctl_text *text,
			 struct shadow_ctl_cmd *cmd, enum shadow_ctl_key key,
			 const struct shadow_ctl_word *word)
{
	switch (key) {
	case SHADOW_CTL_KEY_PROBABILITY:
		return shadow_ctl_read_number32(text, cmd, "probability=", word, 0,
						100, &cmd->fail.probability);
	case SHADOW_CTL_KEY_INTERVAL:
		return shadow_ctl_read_number32(text, cmd, "interval=", word, 0,
						U32_MAX, &cmd->fail.interval);
	case SHADOW_CTL_KEY_TIMES:
		return read_times(text, cmd, word);
	default:
		break;
	}
	if (!shadow_parse_bytes(word->at, word->len, &cmd->fail.space) &&
	    cmd->fail.space <= S64_MAX)
		return 0;
	return shadow_ctl_refuse_word(text, cmd, "space=", word,
				      "a number of bytes from 0 to 2^63-1, with K, M, G or T or without");
}

/**
 * shadow_ctl_check_fail() - does it say how often?
 * @text: the batch; its @why is set where the line is refused
 * @cmd: any command, all its words read
 *
 * Context: any.
 * Return: 0, or -EINVAL.
 */
int shadow_ctl_check_fail(struct shadow_ctl_text *text,
			  const struct shadow_ctl_cmd *cmd)
{
	if (cmd->verb != SHADOW_CTL_FAIL || !cmd->keys ||
	    (cmd->keys & BIT(SHADOW_CTL_KEY_PROBABILITY)))
		return 0;
	return shadow_ctl_refuse(text, -EINVAL,
				 "fail: probability= is missing: allowed: 0 to 100, or the point alone, which ends it");
}
