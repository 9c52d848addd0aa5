/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reader - reads raw translation tables as the Arm ARM describes them (DDI
 * 0487, "VMSAv8-64 translation table format descriptors"), and says whatever is
 * not as it describes them. Shares no line and no header with what it judges:
 * QEMU's MMU lets pass what other CPUs do not.
 */
#ifndef AT_ORACLE_READER_H
#define AT_ORACLE_READER_H

typedef unsigned long long word;

/**
 * struct reader_shape - what TCR_EL1 and TTBRx_EL1 say, and where tables may be
 * @page_shift: log2 of the granule
 * @va_bits: bits of an input address
 * @pa_bits: bits of an output address
 * @ds: TCR_EL1.DS
 * @root: address of the first table
 * @first: first address of the half
 * @ram: first address at which tables may be
 * @ram_bytes: how many follow
 */
struct reader_shape {
	int page_shift;
	int va_bits;
	int pa_bits;
	int ds;
	word root;
	word first;
	word ram;
	word ram_bytes;
};

/**
 * struct reader_leaf - a page or a block
 * @va: first address that it translates
 * @bytes: how many
 * @pa: what @va is translated to
 * @desc: the descriptor
 * @attrs: its bits that are neither address, type nor contiguous hint
 * @limits: bits 63:59 of the table descriptors above it, or-ed
 * @level: of its table
 * @hint: the contiguous bit is set
 */
struct reader_leaf {
	word va;
	word bytes;
	word pa;
	word desc;
	word attrs;
	word limits;
	int level;
	int hint;
};

/**
 * struct reader - a reading of a whole tree
 * @shape: of the tree
 * @table_limits: what bits 63:59 of every table descriptor must be
 * @leaf: called for each leaf in the order of addresses
 * @wrong: called for what is not as the Arm ARM has it
 * @could: called where a whole table could be one block (@hint is 0), or a whole
 *	group could have the contiguous hint
 * @may_be_empty: asked whether a table of these addresses may have no entries
 * @ctx: for the four
 * @seen: a byte for each granule of the RAM, for this reading 0
 * @nr_tables: counted
 */
struct reader {
	struct reader_shape shape;
	word table_limits;
	void (*leaf)(void *ctx, const struct reader_leaf *leaf);
	void (*wrong)(void *ctx, word va, int level, word desc,
		      const char *what);
	void (*could)(void *ctx, word va, word bytes, int hint);
	int (*may_be_empty)(void *ctx, word va, word bytes);
	void *ctx;
	unsigned char *seen;
	unsigned int nr_tables;
};

#define READER_MAX_LEVELS	5

/**
 * struct reader_path - what one walk met
 * @leaf: the leaf, if @mapped
 * @mapped: there is one
 * @level: at which the walk ended
 * @nr_tables: table descriptors on the way
 * @table: the addresses of the tables that they lead to
 */
struct reader_path {
	struct reader_leaf leaf;
	int mapped;
	int level;
	int nr_tables;
	word table[READER_MAX_LEVELS];
};

void reader_read(struct reader *reader);
void reader_lookup(const struct reader_shape *shape, word va,
		   struct reader_path *path);
int reader_start_level(const struct reader_shape *shape);
int reader_level_shift(const struct reader_shape *shape, int level);
int reader_block_allowed(const struct reader_shape *shape, int level);
int reader_group(const struct reader_shape *shape, int level);

#endif /* AT_ORACLE_READER_H */
