/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHADOW_HOST_STRING_H
#define SHADOW_HOST_STRING_H
#define _TOOLS_LINUX_STRING_H_

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/types.h>

__printf(3, 0)
int vscnprintf(char *buf, size_t size, const char *fmt, va_list args);
__printf(3, 4)
int scnprintf(char *buf, size_t size, const char *fmt, ...);
ssize_t shadow_host_strscpy(char *dst, const char *src, size_t bytes);
void *memchr_inv(const void *start, int c, size_t bytes);
unsigned long long memparse(const char *text, char **end);
char *skip_spaces(const char *text);
char *strim(char *text);

#define SHADOW_HOST_STRSCPY(dst, src, bytes, ...) \
	shadow_host_strscpy(dst, src, bytes)
#define strscpy(dst, ...) \
	SHADOW_HOST_STRSCPY(dst, ##__VA_ARGS__, sizeof(dst))

static inline void memset32(u32 *p, u32 value, size_t n)
{
	while (n--)
		*p++ = value;
}

static inline void memset64(u64 *p, u64 value, size_t n)
{
	while (n--)
		*p++ = value;
}

static inline bool strstarts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

#endif /* SHADOW_HOST_STRING_H */
