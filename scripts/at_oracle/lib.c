// SPDX-License-Identifier: GPL-2.0-only
/*
 * lib - what the core calls of a C library, and of rooms that have nothing to
 * do here.
 */
#include "shadow_block.h"

/* Words where possible: whole tables are cleared with it */
void *memset(void *to, int value, size_t bytes)
{
	u64 word = (u8)value * 0x0101010101010101ULL;
	u8 *p = to;

	for (; bytes && (unsigned long)p & 7; bytes--)
		*p++ = value;
	for (; bytes >= 8; bytes -= 8, p += 8)
		*(u64 *)p = word;
	for (; bytes; bytes--)
		*(u8 *)p++ = value;
	return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
	u8 *d = to;
	const u8 *s = from;

	if ((unsigned long)to <= (unsigned long)from)
		while (bytes--)
			*d++ = *s++;
	else
		while (bytes--)
			d[bytes] = s[bytes];
	return to;
}

void *memcpy(void *to, const void *from, size_t bytes)
{
	return memmove(to, from, bytes);
}

int memcmp(const void *a, const void *b, size_t bytes)
{
	const u8 *x = a, *y = b;

	for (; bytes; bytes--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

size_t strlen(const char *text)
{
	size_t nr = 0;

	while (*(const char *)(text + nr))
		nr++;
	return nr;
}

int strncmp(const char *a, const char *b, size_t bytes)
{
	for (; bytes; bytes--, a++, b++)
		if (*a != *b || !*a)
			return (u8)*a - (u8)*b;
	return 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, ~0UL);
}

char *strchr(const char *text, int c)
{
	for (; *text != (char)c; text++)
		if (!*text)
			return NULL;
	return (char *)text;
}

struct text {
	char *at;
	size_t size;
	size_t nr;
};

static void add(struct text *text, char c)
{
	if (text->nr + 1 < text->size)
		text->at[text->nr] = c;
	text->nr++;
}

static void add_number(struct text *text, u64 value, unsigned int base,
		       int width, char fill)
{
	char digits[24];
	int nr = 0;

	do {
		digits[nr++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	for (; width > nr; width--)
		add(text, fill);
	while (nr)
		add(text, digits[--nr]);
}

static void add_string(struct text *text, const char *s, int width)
{
	for (; *s; s++, width--)
		add(text, *s);
	for (; width > 0; width--)
		add(text, ' ');
}

/* %s %c %d %u %x with width, 0, -, #, l and ll; what else there is, is not */
int vsnprintf(char *at, size_t size, const char *fmt, va_list args)
{
	struct text text = { at, size, 0 };

	for (; *fmt; fmt++) {
		int width = 0, longs = 0;
		char fill = ' ';
		bool alt = false;
		s64 value;

		if (*fmt != '%') {
			add(&text, *fmt);
			continue;
		}
		for (fmt++; *fmt == '-' || *fmt == '#' || *fmt == '0'; fmt++) {
			fill = *fmt == '0' ? '0' : fill;
			alt |= *fmt == '#';
		}
		for (; *fmt >= '0' && *fmt <= '9'; fmt++)
			width = width * 10 + *fmt - '0';
		for (; *fmt == 'l' || *fmt == 'z'; fmt++)
			longs++;
		switch (*fmt) {
		case 's':
			add_string(&text, va_arg(args, const char *), width);
			break;
		case 'c':
			add(&text, va_arg(args, int));
			break;
		case 'd':
			value = longs ? va_arg(args, s64) : va_arg(args, int);
			if (value < 0)
				add(&text, '-');
			add_number(&text, value < 0 ? -value : value, 10, width, fill);
			break;
		case 'u':
		case 'x':
			value = longs ? va_arg(args, s64) : va_arg(args, u32);
			if (alt && *fmt == 'x')
				add_string(&text, "0x", 0);
			add_number(&text, value, *fmt == 'x' ? 16 : 10, width, fill);
			break;
		default:
			add(&text, *fmt);
		}
	}
	if (size)
		at[min(text.nr, size - 1)] = '\0';
	return text.nr;
}

int snprintf(char *at, size_t size, const char *fmt, ...)
{
	va_list args;
	int nr;

	va_start(args, fmt);
	nr = vsnprintf(at, size, fmt, args);
	va_end(args);
	return nr;
}

int vscnprintf(char *at, size_t size, const char *fmt, va_list args)
{
	int nr = vsnprintf(at, size, fmt, args);

	return size ? min_t(int, nr, size - 1) : 0;
}

int scnprintf(char *at, size_t size, const char *fmt, ...)
{
	va_list args;
	int nr;

	va_start(args, fmt);
	nr = vscnprintf(at, size, fmt, args);
	va_end(args);
	return nr;
}

/* The block is all there, so nobody asks a virtual board's books */
void *shadow_backing_contents(const struct shadow_block *block, phys_addr_t pa,
			      u64 bytes)
{
	return NULL;
}

void *shadow_backing_virt(const struct shadow_block *block, phys_addr_t pa)
{
	return NULL;
}

phys_addr_t shadow_backing_phys(const struct shadow_block *block,
				const void *virt)
{
	return SHADOW_BLOCK_NO_PA;
}

int shadow_backing_back(const struct shadow_block *block, phys_addr_t pa,
			u64 bytes, u64 align)
{
	return -ENOMEM;
}

void shadow_backing_unback(const struct shadow_block *block, phys_addr_t pa,
			   u64 bytes)
{
}
