// SPDX-License-Identifier: GPL-2.0-only
/*
 * dump - files that hold physical memory, as a debugger or QEMU's pmemsave
 * writes it: raw, little-endian as the tables of nearly every kernel.
 */
#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dump.h"

#define PA_END	BIT_ULL(52)	/* no physical address is larger */

/* Decimal or 0x and hexadecimal, underscores between digits, nothing else */
bool parse_number(const char *text, u64 *value)
{
	unsigned int base = 10, digit;
	bool any = false;
	u64 sum = 0;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	for (; *text; text++) {
		if (*text == '_' && any)
			continue;
		if (!isxdigit((unsigned char)*text))
			return false;
		digit = isdigit((unsigned char)*text) ? *text - '0' :
			tolower((unsigned char)*text) - 'a' + 10;
		if (digit >= base || sum > (U64_MAX - digit) / base)
			return false;
		sum = sum * base + digit;
		any = true;
	}
	*value = sum;
	return any;
}

static __printf(2, 3) int why_err(char *why, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, DUMP_WHY, fmt, args);
	va_end(args);
	return -1;
}

static int map_file(const char *name, struct dump_piece *piece, char *why)
{
	struct stat st;
	int fd = open(name, O_RDONLY);
	void *bytes;

	if (fd < 0 || fstat(fd, &st)) {
		why_err(why, "--dump: '%.300s': %s", name,
			strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (!S_ISREG(st.st_mode) || st.st_size < 8) {
		why_err(why, "--dump: '%.300s' %s", name,
			S_ISREG(st.st_mode) ? "holds no descriptor: it has less than 8 bytes" :
			"is not a file");
		close(fd);
		return -1;
	}
	bytes = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (bytes == MAP_FAILED)
		return why_err(why, "--dump: '%.300s': %s", name,
			       strerror(errno));
	piece->bytes = bytes;
	piece->nr_bytes = st.st_size;
	piece->name = name;
	return 0;
}

/* Where it belongs; pieces may touch but not overlap */
static int insert_piece(struct dump *dump, const struct dump_piece *piece,
			char *why)
{
	unsigned int at = 0, i;

	for (i = 0; i < dump->nr; i++) {
		const struct dump_piece *other = &dump->piece[i];

		if (piece->pa < other->pa + other->nr_bytes &&
		    other->pa < piece->pa + piece->nr_bytes)
			return why_err(why, "--dump: '%.200s' and '%.200s' both hold PA 0x%llx",
				       other->name, piece->name,
				       max(piece->pa, other->pa));
		if (other->pa < piece->pa)
			at = i + 1;
	}
	dump->piece = realloc(dump->piece, (dump->nr + 1) * sizeof(*piece));
	if (!dump->piece)
		return why_err(why, "out of memory");
	memmove(&dump->piece[at + 1], &dump->piece[at],
		(dump->nr - at) * sizeof(*piece));
	dump->piece[at] = *piece;
	dump->nr++;
	return 0;
}

/* @spec: FILE@PA; 0, or -1 with @why filled */
int dump_add(struct dump *dump, const char *spec, char *why)
{
	const char *sep = strrchr(spec, '@');
	struct dump_piece piece = {};
	char *name;

	if (!sep || sep == spec)
		return why_err(why,
			       "--dump '%.300s': FILE@PA is allowed, PA where its first byte was",
			       spec);
	if (!parse_number(sep + 1, &piece.pa) || piece.pa >= PA_END)
		return why_err(why,
			       "--dump '%.300s': '%.100s' is no physical address; a number below 2^52 is",
			       spec, sep + 1);
	if (piece.pa & 7)
		return why_err(why,
			       "--dump '%.300s': PA 0x%llx is not aligned; a multiple of 8 is allowed",
			       spec, piece.pa);
	name = strndup(spec, sep - spec);
	if (map_file(name, &piece, why))
		return -1;
	if (piece.nr_bytes > PA_END - piece.pa)
		return why_err(why,
			       "--dump '%.300s': %llu bytes from PA 0x%llx on end above 2^52",
			       spec, piece.nr_bytes, piece.pa);
	return insert_piece(dump, &piece, why);
}

/* The walker's @read */
int dump_read(void *ctx, phys_addr_t pa, u64 *desc)
{
	struct dump *dump = ctx;
	unsigned int i, byte;

	for (i = 0; i < dump->nr; i++) {
		const struct dump_piece *piece = &dump->piece[i];

		if (pa < piece->pa || pa - piece->pa > piece->nr_bytes - 8)
			continue;
		*desc = 0;
		for (byte = 8; byte--; )
			*desc = *desc << 8 | piece->bytes[pa - piece->pa + byte];
		return 0;
	}
	if (!dump->nr_outside++)
		dump->outside = pa;
	return -EFAULT;
}

/* What there is, for a message */
void dump_ranges(const struct dump *dump, char *text, size_t size)
{
	size_t at = 0;
	unsigned int i;

	text[0] = '\0';
	for (i = 0; i < dump->nr && at + 64 < size; i++)
		at += scnprintf(text + at, size - at, "%s0x%llx-0x%llx",
				i ? ", " : "", dump->piece[i].pa,
				dump->piece[i].pa + dump->piece[i].nr_bytes - 1);
	if (i < dump->nr)
		scnprintf(text + at, size - at, ", ...");
}
