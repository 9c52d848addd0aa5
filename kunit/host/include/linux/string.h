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

int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
	__attribute__((__format__(printf, 3, 0)));
int scnprintf(char *buf, size_t size, const char *fmt, ...)
	__attribute__((__format__(printf, 3, 4)));
ssize_t shadow_host_strscpy(char *dst, const char *src, size_t bytes);
void *memchr_inv(const void *start, int c, size_t bytes);
unsigned long long memparse(const char *text, char **end);
char *skip_spaces(const char *text);
char *strim(char *text);

#define SHADOW_HOST_STRSCPY(dst, src, bytes, ...) \
	shadow_host_strscpy(dst, src, bytes)
#define strscpy(dst, ...) \
	SHADOW_HOST_STRSCPY(dst, ##__VA_ARGS__, sizeof(dst))

#define memset64(p, v, n) \
	do { u64 *__p = (p); size_t __n = (n); \
	     while (__n--) *__p++ = (v); } while (0)
#define memset32(p, v, n) \
	do { u32 *__p = (p); size_t __n = (n); \
	     while (__n--) *__p++ = (v); } while (0)

static inline bool strstarts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

#endif /* SHADOW_HOST_STRING_H */
