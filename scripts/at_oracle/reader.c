// SPDX-License-Identifier: GPL-2.0-only
/*
 * reader - reads raw translation tables. See reader.h.
 */
#include "reader.h"

/* Bits h to l */
#define FIELD(h, l)	((~0ULL << (l)) & (~0ULL >> (63 - (h))))

#define VALID		FIELD(0, 0)
#define NOT_BLOCK	FIELD(1, 1)	/* a table, or at level 3 a page */
#define TYPE		FIELD(1, 0)
#define NS		FIELD(5, 5)
#define SH		FIELD(9, 8)
#define SH_RESERVED	FIELD(8, 8)
#define AF		FIELD(10, 10)
#define NT		FIELD(16, 16)
#define CONTIGUOUS	FIELD(52, 52)
#define IGNORED		FIELD(63, 59)	/* of a leaf; 62:59 may be PBHA */
#define LIMITS		FIELD(63, 59)	/* of a table */

#define PAGE_LEVEL	3

/**
 * reader_level_shift() - bits of an address that an entry does not resolve
 * @shape: the shape
 * @level: level of its table
 *
 * A table of 2^n bytes has 2^(n-3) entries of 8 bytes.
 *
 * Return: log2 of the bytes that the entry covers.
 */
int reader_level_shift(const struct reader_shape *shape, int level)
{
	return shape->page_shift + (PAGE_LEVEL - level) * (shape->page_shift - 3);
}

/**
 * reader_start_level() - level of the initial lookup
 * @shape: the shape
 *
 * Return: the lowest level whose table resolves some bit of the address.
 */
int reader_start_level(const struct reader_shape *shape)
{
	int level = PAGE_LEVEL;

	while (reader_level_shift(shape, level - 1) < shape->va_bits)
		level--;
	return level;
}

/* Entries of a table that addresses of this size reach */
static int nr_entries(const struct reader_shape *shape, int level)
{
	int top = reader_level_shift(shape, level - 1);

	if (top > shape->va_bits)
		top = shape->va_bits;
	return 1 << (top - reader_level_shift(shape, level));
}

/**
 * reader_block_allowed() - may a block stand at a level?
 * @shape: the shape
 * @level: the level
 *
 * 4K: 2M, 1G, with LPA2 512G; 16K: 32M, with LPA2 64G; 64K: 512M, with 52-bit
 * output addresses 4T.
 *
 * Return: non-zero if so.
 */
int reader_block_allowed(const struct reader_shape *shape, int level)
{
	switch (shape->page_shift) {
	case 12:
		return level == 2 || level == 1 || (level == 0 && shape->ds);
	case 14:
		return level == 2 || (level == 1 && shape->ds);
	default:
		return level == 2 || (level == 1 && shape->pa_bits == 52);
	}
}

/**
 * reader_group() - size of a contiguous group
 * @shape: the shape
 * @level: level of the leaves
 *
 * Return: leaves in a group; 0: none may have the hint.
 */
int reader_group(const struct reader_shape *shape, int level)
{
	switch (shape->page_shift) {
	case 12:
		return level >= 1 ? 16 : 0;
	case 14:
		return level == 3 ? 128 : level == 2 ? 32 : 0;
	default:
		return level >= 2 ? 32 : 0;
	}
}

/* Address bits of a descriptor, without those of 51 to 48 that are elsewhere */
static word address_in_place(const struct reader_shape *shape)
{
	return shape->ds ? FIELD(49, 12) : FIELD(47, 12);
}

/* The address, with all bits that the field has, also misplaced ones */
static word address_of(const struct reader_shape *shape, word desc)
{
	if (shape->page_shift == 16) {
		word high = shape->pa_bits == 52 ? desc >> 12 & 15 : 0;

		return (desc & FIELD(47, 16)) | high << 48;
	}
	if (shape->ds)
		return (desc & address_in_place(shape)) | (desc >> 8 & 3) << 50;
	return desc & address_in_place(shape);
}

/* Bits that hold the address of what is 2^shift bytes large */
static word address_bits(const struct reader_shape *shape, int shift)
{
	word bits = address_in_place(shape) & FIELD(63, shift);

	if (shape->ds)
		bits |= SH;
	if (shape->page_shift == 16 && shape->pa_bits == 52)
		bits |= FIELD(15, 12);
	return bits;
}

/* Bits 50:2 of a table descriptor that are neither address nor ignored */
static const char *table_wrong(const struct reader_shape *shape, word desc)
{
	word zero = FIELD(50, 12) & ~address_bits(shape, shape->page_shift);
	word pa = address_of(shape, desc);

	if (desc & zero)
		return "RES0 bits of a table descriptor";
	if (pa >> shape->pa_bits)
		return "table beyond the output size";
	if (pa & (FIELD(63, 0) >> (64 - shape->page_shift)))
		return "table not aligned";
	if (pa < shape->ram || pa - shape->ram >= shape->ram_bytes)
		return "table outside RAM";
	return 0;
}

static const char *leaf_wrong(const struct reader_shape *shape, int level,
			      word desc)
{
	int shift = reader_level_shift(shape, level);
	word address = address_bits(shape, shift);
	word zero = FIELD(49, 12) & ~address;

	if (level == PAGE_LEVEL && (desc & TYPE) != TYPE)
		return "block at level 3";
	if (level < PAGE_LEVEL && !reader_block_allowed(shape, level))
		return "block at a level that has none";
	if (level < PAGE_LEVEL && shift > 16 && (desc & NT & ~address))
		return "nT bit of a block";
	if (desc & zero)
		return "RES0 bits of a leaf";
	if (desc & NS)
		return "NS bit";
	if (desc & IGNORED)
		return "ignored bits of a leaf";
	if (!shape->ds && (desc & SH) == SH_RESERVED)
		return "reserved shareability";
	if (!(desc & AF))
		return "access flag clear";
	if (address_of(shape, desc) >> shape->pa_bits)
		return "leaf beyond the output size";
	if ((desc & CONTIGUOUS) && !reader_group(shape, level))
		return "contiguous hint at a level that has no groups";
	return 0;
}

static int is_table(int level, word desc)
{
	return level < PAGE_LEVEL && (desc & TYPE) == TYPE;
}

static int is_leaf(int level, word desc)
{
	return (desc & VALID) && !is_table(level, desc);
}

/* Address of what a leaf gives out, its size's bits cut off */
static word leaf_pa(const struct reader_shape *shape, int level, word desc)
{
	return address_of(shape, desc) &
	       FIELD(63, reader_level_shift(shape, level));
}

static word leaf_attrs(const struct reader_shape *shape, int level, word desc)
{
	int shift = reader_level_shift(shape, level);

	return desc & ~(address_bits(shape, shift) | TYPE | CONTIGUOUS);
}

static void fill_leaf(const struct reader_shape *shape, word va, int level,
		      word desc, word limits, struct reader_leaf *leaf)
{
	leaf->bytes = 1ULL << reader_level_shift(shape, level);
	leaf->va = va & ~(leaf->bytes - 1);
	leaf->pa = leaf_pa(shape, level, desc);
	leaf->desc = desc;
	leaf->attrs = leaf_attrs(shape, level, desc);
	leaf->limits = limits;
	leaf->level = level;
	leaf->hint = !!(desc & CONTIGUOUS);
}

static const word *table_at(word pa)
{
	return (const word *)(unsigned long)pa;
}

static void wrong(struct reader *reader, word va, int level, word desc,
		  const char *what)
{
	reader->wrong(reader->ctx, va, level, desc, what);
}

/*
 * Do @nr entries translate @nr leaves' worth of addresses to the same of
 * addresses, aligned to their sum, with equal attributes? The hint aside.
 */
static int is_whole(const struct reader_shape *shape, int level,
		    const word *entry, int nr)
{
	word bytes = 1ULL << reader_level_shift(shape, level);
	word pa, attrs;
	int i;

	if (!is_leaf(level, entry[0]))
		return 0;
	pa = leaf_pa(shape, level, entry[0]);
	attrs = leaf_attrs(shape, level, entry[0]);
	if (pa & (bytes * nr - 1))
		return 0;
	for (i = 1; i < nr; i++)
		if (!is_leaf(level, entry[i]) ||
		    leaf_pa(shape, level, entry[i]) != pa + i * bytes ||
		    leaf_attrs(shape, level, entry[i]) != attrs)
			return 0;
	return 1;
}

/* A group has the hint in all members and is whole, or in none */
static void read_group(struct reader *reader, int level, word va,
		       const word *entry, int nr)
{
	int shift = reader_level_shift(&reader->shape, level);
	int i, hints = 0, used = 0, at = 0;

	for (i = 0; i < nr; i++) {
		used += entry[i] != 0;
		if (is_leaf(level, entry[i]) && (entry[i] & CONTIGUOUS)) {
			hints++;
			at = i;
		}
	}
	if (!hints && used < nr)
		return;
	if (hints && hints < nr) {
		wrong(reader, va + ((word)at << shift), level, entry[at],
		      "contiguous hint in a part of a group");
	} else if (!is_whole(&reader->shape, level, entry, nr)) {
		if (hints)
			wrong(reader, va, level, entry[0],
			      "contiguous group not aligned, consecutive and equal");
	} else if (!hints) {
		reader->could(reader->ctx, va, (word)nr << shift, 1);
	}
}

static void read_table(struct reader *reader, word pa, int level, word va,
		       word limits);

static void read_link(struct reader *reader, int level, word va, word desc,
		      word limits)
{
	const struct reader_shape *shape = &reader->shape;
	const char *what = table_wrong(shape, desc);
	word pa = address_of(shape, desc);

	if (what) {
		wrong(reader, va, level, desc, what);
		return;
	}
	if ((desc & LIMITS) != reader->table_limits)
		wrong(reader, va, level, desc, "limits of a table");
	if (reader->seen[(pa - shape->ram) >> shape->page_shift]) {
		wrong(reader, va, level, desc, "table reached twice");
		return;
	}
	read_table(reader, pa, level + 1, va, limits | (desc & LIMITS));
}

static void read_leaf(struct reader *reader, int level, word va, word desc,
		      word limits)
{
	const char *what = leaf_wrong(&reader->shape, level, desc);
	struct reader_leaf leaf;

	if (what)
		wrong(reader, va, level, desc, what);
	fill_leaf(&reader->shape, va, level, desc, limits, &leaf);
	reader->leaf(reader->ctx, &leaf);
}

static void read_table(struct reader *reader, word pa, int level, word va,
		       word limits)
{
	const struct reader_shape *shape = &reader->shape;
	int i, nr = nr_entries(shape, level), used = 0;
	int shift = reader_level_shift(shape, level);
	int group = reader_group(shape, level);
	const word *entry = table_at(pa);

	reader->seen[(pa - shape->ram) >> shape->page_shift] = 1;
	reader->nr_tables++;
	for (i = 0; i < nr; i++) {
		word desc = entry[i], at = va + ((word)i << shift);

		if (!desc)
			continue;
		used++;
		if (!(desc & VALID))
			wrong(reader, at, level, desc, "bits in an invalid descriptor");
		else if (is_table(level, desc))
			read_link(reader, level, at, desc, limits);
		else
			read_leaf(reader, level, at, desc, limits);
	}
	if (level == reader_start_level(shape)) {
		for (; i < 1 << (shape->page_shift - 3); i++)
			if (entry[i])
				wrong(reader, va, level, entry[i],
				      "entry beyond the end of the root");
	} else if (!used && !reader->may_be_empty(reader->ctx, va, (word)nr << shift)) {
		wrong(reader, va, level, 0, "empty table");
	}
	for (i = 0; used && group && i + group <= nr; i += group)
		read_group(reader, level, va + ((word)i << shift), entry + i, group);
	if (used == nr && level > reader_start_level(shape) &&
	    reader_block_allowed(shape, level - 1) &&
	    is_whole(shape, level, entry, nr))
		reader->could(reader->ctx, va, (word)nr << shift, 0);
}

/**
 * reader_read() - read a whole tree
 * @reader: how, and who is told
 */
void reader_read(struct reader *reader)
{
	const struct reader_shape *shape = &reader->shape;

	reader->nr_tables = 0;
	if (shape->root < shape->ram || shape->root - shape->ram >= shape->ram_bytes ||
	    shape->root & ((1ULL << shape->page_shift) - 1)) {
		wrong(reader, shape->first, reader_start_level(shape),
		      shape->root, "root outside RAM, or not aligned");
		return;
	}
	read_table(reader, shape->root, reader_start_level(shape), shape->first, 0);
}

/**
 * reader_lookup() - walk the tables for one address
 * @shape: the shape
 * @va: an address of the half
 * @path: filled
 */
void reader_lookup(const struct reader_shape *shape, word va,
		   struct reader_path *path)
{
	int level = reader_start_level(shape);
	word table = shape->root, limits = 0;

	path->nr_tables = 0;
	for (;; level++) {
		int shift = reader_level_shift(shape, level);
		word index = (va - shape->first) >> shift &
			     (nr_entries(shape, level) - 1);
		word desc = table_at(table)[index];

		path->level = level;
		path->mapped = is_leaf(level, desc);
		if (path->mapped)
			fill_leaf(shape, va, level, desc, limits, &path->leaf);
		if (!is_table(level, desc) || table_wrong(shape, desc))
			return;
		table = address_of(shape, desc);
		limits |= desc & LIMITS;
		path->table[path->nr_tables++] = table;
	}
}
