/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_board - a board as data: where its memory is, what of it is taken, and
 * what its boot loader says. What a board is read from (a device tree, two
 * memblock dumps as text, memory=, the host) is gone once it is a struct
 * shadow_board; only @at remembers the line or offset, for messages.
 *
 * Nothing is reserved or touched here. A board that is refused leaves one line
 * in @why that names the property, the place, the value, and what is allowed.
 *
 * The room is in two files: shadow_board.c asks questions of any board, and
 * shadow_board_text.c reads the text.
 */
#ifndef SHADOW_BOARD_H
#define SHADOW_BOARD_H

#include "shadow_compat.h"
#include "shadow_memblock.h"
#include "shadow_zone.h"

/* Bytes of a board's name, [a-zA-Z0-9_-]{1,64}, with its NUL */
#define SHADOW_BOARD_NAME	65
/* Entries of memory, and as many of reserved */
#define SHADOW_BOARD_MAX_RANGES	1024
#define SHADOW_BOARD_MAX_WISHES	64
#define SHADOW_BOARD_MAX_PLACES	64
/* MAX_USABLE_RANGES of drivers/of/fdt.c */
#define SHADOW_BOARD_MAX_USABLE	2
/* COMMAND_LINE_SIZE of arm64 */
#define SHADOW_BOARD_CMDLINE	2048
/* A refusal is one line that fits here. */
#define SHADOW_BOARD_WHY	200
#define SHADOW_BOARD_MAX_NODES	SHADOW_MAX_NODES
/* Bytes of a range's name, cut where it is longer, with its NUL */
#define SHADOW_BOARD_RANGE_NAME	32
/* Bytes that shadow_board_where() fills at most */
#define SHADOW_BOARD_WHERE	24
/* No arm64 descriptor reaches further. */
#define SHADOW_BOARD_PA_BITS	52
/* A file with a board that is longer is not read. */
#define SHADOW_BOARD_MAX_BYTES	SZ_2M

enum shadow_board_kind {
	SHADOW_BOARD_BLOCK,	/* no board: the block is all memory */
	SHADOW_BOARD_MEMORY,	/* memory= and nothing else */
	SHADOW_BOARD_TREE,	/* a flattened device tree */
	SHADOW_BOARD_TEXT,	/* two memblock dumps */
	SHADOW_BOARD_HOST,	/* the machine that it runs on */
	SHADOW_BOARD_NR_KINDS
};

/* Who says that a range is there. */
enum shadow_board_source {
	SHADOW_BOARD_FROM_MEMORY,	/* /memory of a device tree */
	SHADOW_BOARD_FROM_MEMRESERVE,	/* its memory reservation block */
	SHADOW_BOARD_FROM_RESERVED_MEMORY,	/* its /reserved-memory */
	SHADOW_BOARD_FROM_CHOSEN,	/* its /chosen */
	SHADOW_BOARD_FROM_TEXT,		/* a memblock dump */
	SHADOW_BOARD_FROM_PARAM,	/* memory= */
	SHADOW_BOARD_FROM_HOST,		/* the host's resources */
	SHADOW_BOARD_NR_SOURCES
};

/* What /reserved-memory of a device tree is. */
enum shadow_board_reserved_node {
	SHADOW_BOARD_RESERVED_NONE,	/* not there, or no tree */
	SHADOW_BOARD_RESERVED_READ,	/* read; it may be empty */
	SHADOW_BOARD_RESERVED_BAD,	/* without ranges, or of other cells */
};

/**
 * struct shadow_board_range - a range of a board's physical addresses
 * @base: address of the first byte
 * @bytes: length
 * @flags: enum shadow_memblock_flags
 * @nid: node, SHADOW_NUMA_NO_NODE where none is said
 * @at: where it is said: line of a text (from 1), offset in a device tree's
 *	blob in bytes, item of a parameter (from 1); 0 where none applies
 * @source: enum shadow_board_source
 * @reusable: the system may use it until its owner wants it back
 * @dma_pool: its compatible is shared-dma-pool
 * @cma_default: it has linux,cma-default
 * @name: of the node that says it, or empty
 */
struct shadow_board_range {
	u64 base;
	u64 bytes;
	u32 flags;
	int nid;
	u32 at;
	u8 source;
	bool reusable;
	bool dma_pool;
	bool cma_default;
	char name[SHADOW_BOARD_RANGE_NAME];
};

/**
 * struct shadow_board_wish - reserved memory that is given by its size only
 * @bytes: length
 * @align: bytes, a power of two; 0 where none is said
 * @flags: enum shadow_memblock_flags
 * @reusable: as in struct shadow_board_range
 * @dma_pool: as in struct shadow_board_range
 * @cma_default: as in struct shadow_board_range
 * @at: as in struct shadow_board_range
 * @name: of the node that says it
 * @first_place: index into place[] of the board: where it may go
 *	(alloc-ranges)
 * @nr_places: how many there are; 0: anywhere
 */
struct shadow_board_wish {
	u64 bytes;
	u64 align;
	u32 flags;
	bool reusable;
	bool dma_pool;
	bool cma_default;
	u32 at;
	char name[SHADOW_BOARD_RANGE_NAME];
	u32 first_place;
	u32 nr_places;
};

/**
 * struct shadow_board - a board
 * @kind: what it was read from
 * @name: [a-zA-Z0-9_-]{1,64}, or empty
 * @memory: what RAM there is, in the order in which it is said
 * @nr_memory: entries of @memory
 * @reserved: what of it (or of anything else) is taken
 * @nr_reserved: entries of @reserved
 * @wish: reserved memory that is given by its size only
 * @nr_wishes: entries of @wish
 * @reserved_node: whether the kernel reads /reserved-memory at all
 * @place: where wishes may go
 * @nr_places: entries of @place
 * @initrd_start: physical address of the initial RAM disk
 * @initrd_bytes: its length; 0: none
 * @usable: linux,usable-memory-range: no other memory is used
 * @nr_usable: entries of @usable; 0: all memory is
 * @cmdline: the kernel's command line
 * @dma_limit: first address that some device cannot reach; U64_MAX: none
 * @distance: between nodes, as in a SLIT; 0 where it is not said
 * @nr_nodes: one more than the highest node id; 1 where none is said
 * @has_distance: @distance says something
 * @dtb_bytes: length of the device tree; 0: none
 * @wants_memory: the board's file has no usable memory, the boot loader fills
 *	it in: the board needs memory=
 * @why: the refusal, one line without newline; else empty
 *
 * About 140 KiB: neither on a stack nor inside anything that is.
 */
struct shadow_board {
	enum shadow_board_kind kind;
	char name[SHADOW_BOARD_NAME];
	struct shadow_board_range memory[SHADOW_BOARD_MAX_RANGES];
	unsigned int nr_memory;
	struct shadow_board_range reserved[SHADOW_BOARD_MAX_RANGES];
	unsigned int nr_reserved;
	struct shadow_board_wish wish[SHADOW_BOARD_MAX_WISHES];
	unsigned int nr_wishes;
	enum shadow_board_reserved_node reserved_node;
	struct shadow_board_range place[SHADOW_BOARD_MAX_PLACES];
	unsigned int nr_places;
	u64 initrd_start;
	u64 initrd_bytes;
	struct shadow_board_range usable[SHADOW_BOARD_MAX_USABLE];
	unsigned int nr_usable;
	char cmdline[SHADOW_BOARD_CMDLINE];
	u64 dma_limit;
	u8 distance[SHADOW_BOARD_MAX_NODES][SHADOW_BOARD_MAX_NODES];
	unsigned int nr_nodes;
	bool has_distance;
	u64 dtb_bytes;
	bool wants_memory;
	char why[SHADOW_BOARD_WHY];
};

/* shadow_board.c: any board */
void shadow_board_init(struct shadow_board *board, enum shadow_board_kind kind);
__printf(3, 4)
int shadow_board_refuse(struct shadow_board *board, int err, const char *fmt,
			...);
int shadow_board_set_name(struct shadow_board *board, const char *name,
			  size_t len);
int shadow_board_add_memory(struct shadow_board *board,
			    const struct shadow_board_range *range);
int shadow_board_add_reserved(struct shadow_board *board,
			      const struct shadow_board_range *range);
int shadow_board_memory(struct shadow_board *board, const char *memory_param);
int shadow_board_verify(struct shadow_board *board);

u64 shadow_board_start(const struct shadow_board *board);
u64 shadow_board_end(const struct shadow_board *board);
u64 shadow_board_memory_bytes(const struct shadow_board *board);
bool shadow_board_inside(const struct shadow_board *board,
			 const struct shadow_block *storage);
const char *shadow_board_kind_name(enum shadow_board_kind kind);
const char *shadow_board_name(const struct shadow_board *board);
const char *shadow_board_where(const struct shadow_board_range *range,
			       char *buf);

/* shadow_board_text.c: two memblock dumps */
int shadow_board_text(struct shadow_board *board, const char *text,
		      size_t bytes);

#endif /* SHADOW_BOARD_H */
