// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_board - a board as data: how it is filled, what is refused whatever it
 * was read from, and questions about it. See shadow_board.h.
 */
#include "shadow_board.h"
#include "shadow_parse.h"

#define ALL_FLAGS	((1U << SHADOW_MEMBLOCK_NR_FLAGS) - 1)
#define LAST_PA		((1ULL << SHADOW_BOARD_PA_BITS) - 1)
/* LOCAL_DISTANCE of include/linux/topology.h */
#define LOCAL_DISTANCE	10

/**
 * shadow_board_init() - a board of which nothing is known
 * @board: the board
 * @kind: what it is about to be read from
 *
 * Context: any.
 */
void shadow_board_init(struct shadow_board *board, enum shadow_board_kind kind)
{
	memset(board, 0, sizeof(*board));
	board->kind = kind;
	board->nr_nodes = 1;
	board->dma_limit = U64_MAX;
}

/**
 * shadow_board_refuse() - say why a board is refused
 * @board: the board
 * @err: what the caller returns, a negative errno
 * @fmt: format of one line without newline, then its arguments. It names the
 *	place, the property, the value and what is allowed.
 *
 * Context: any.
 * Return: @err.
 */
int shadow_board_refuse(struct shadow_board *board, int err, const char *fmt,
			...)
{
	va_list args;

	va_start(args, fmt);
	vscnprintf(board->why, sizeof(board->why), fmt, args);
	va_end(args);
	return err;
}

static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/**
 * shadow_board_set_name() - what the board is called
 * @board: the board
 * @name: the name; it becomes part of a file's
 * @len: its length in bytes
 *
 * Context: any.
 * Return: 0; -EINVAL where it is no name, and the board says why.
 */
int shadow_board_set_name(struct shadow_board *board, const char *name,
			  size_t len)
{
	char quoted[SHADOW_QUOTE];
	size_t i = 0;

	if (len < sizeof(board->name))
		while (i < len && name_char(name[i]))
			i++;
	if (len == 0 || i < len)
		return shadow_board_refuse(board, -EINVAL,
					   "board: \"%s\" is no name; allowed: 1 to %zu letters, digits, _ and -",
					   shadow_parse_quote(quoted, name, len),
					   sizeof(board->name) - 1);
	memcpy(board->name, name, len);
	board->name[len] = '\0';
	return 0;
}

/**
 * shadow_board_kind_name() - what kind of board this is
 * @kind: the kind
 *
 * Context: any.
 * Return: the name.
 */
const char *shadow_board_kind_name(enum shadow_board_kind kind)
{
	static const char *const names[SHADOW_BOARD_NR_KINDS] = {
		[SHADOW_BOARD_BLOCK]	= "block",
		[SHADOW_BOARD_MEMORY]	= "memory=",
		[SHADOW_BOARD_TREE]	= "device tree",
		[SHADOW_BOARD_TEXT]	= "memblock dumps",
		[SHADOW_BOARD_HOST]	= "host",
	};

	return kind < SHADOW_BOARD_NR_KINDS ? names[kind] : "unknown";
}

/**
 * shadow_board_name() - what a refusal calls a board
 * @board: the board
 *
 * Context: any.
 * Return: its name; of one that memory= alone makes, which has none, its kind.
 */
const char *shadow_board_name(const struct shadow_board *board)
{
	return *board->name ? board->name : shadow_board_kind_name(board->kind);
}

/**
 * shadow_board_where() - the place where a range is said
 * @range: the range
 * @buf: SHADOW_BOARD_WHERE bytes
 *
 * Context: any.
 * Return: @buf, with a line, an offset or an item; empty where none applies.
 */
const char *shadow_board_where(const struct shadow_board_range *range,
			       char *buf)
{
	buf[0] = '\0';
	if (!range->at)
		return buf;
	switch (range->source) {
	case SHADOW_BOARD_FROM_TEXT:
		scnprintf(buf, SHADOW_BOARD_WHERE, "line %u", range->at);
		break;
	case SHADOW_BOARD_FROM_PARAM:
		scnprintf(buf, SHADOW_BOARD_WHERE, "item %u", range->at);
		break;
	case SHADOW_BOARD_FROM_HOST:
		break;
	default:
		scnprintf(buf, SHADOW_BOARD_WHERE, "offset 0x%x", range->at);
	}
	return buf;
}

/* ------------------------------------------------------------- filling -- */

static int add(struct shadow_board *board, const char *list,
	       struct shadow_board_range *ranges, unsigned int *nr,
	       const struct shadow_board_range *range)
{
	char where[SHADOW_BOARD_WHERE];

	if (*nr == SHADOW_BOARD_MAX_RANGES) {
		shadow_board_where(range, where);
		return shadow_board_refuse(board, -E2BIG,
					   "%s%s%s: range %u at 0x%llx is one too many; allowed: %u",
					   where, where[0] ? ", " : "", list,
					   *nr + 1, range->base,
					   SHADOW_BOARD_MAX_RANGES);
	}
	ranges[(*nr)++] = *range;
	return 0;
}

/**
 * shadow_board_add_memory() - one more range of memory
 * @board: the board
 * @range: the range, which is copied; it is judged by shadow_board_verify()
 *
 * Context: any.
 * Return: 0; -E2BIG where there is no room, and the board says why.
 */
int shadow_board_add_memory(struct shadow_board *board,
			    const struct shadow_board_range *range)
{
	return add(board, "memory", board->memory, &board->nr_memory, range);
}

/**
 * shadow_board_add_reserved() - one more range that is taken
 * @board: the board
 * @range: the range, which is copied; it is judged by shadow_board_verify()
 *
 * Context: any.
 * Return: 0; -E2BIG where there is no room, and the board says why.
 */
int shadow_board_add_reserved(struct shadow_board *board,
			      const struct shadow_board_range *range)
{
	return add(board, "reserved", board->reserved, &board->nr_reserved,
		   range);
}

/* ------------------------------------------------------------- judging -- */

/* "line 7, memory: " and the like: what a refusal begins with. */
#define PLACE	(SHADOW_BOARD_WHERE + SHADOW_BOARD_RANGE_NAME + 24)

static const char *place_of(const struct shadow_board_range *range,
			    const char *list, char *buf)
{
	static const char *const properties[SHADOW_BOARD_NR_SOURCES] = {
		[SHADOW_BOARD_FROM_MEMORY]		= "/memory",
		[SHADOW_BOARD_FROM_MEMRESERVE]		= "memreserve",
		[SHADOW_BOARD_FROM_RESERVED_MEMORY]	= "/reserved-memory",
		[SHADOW_BOARD_FROM_CHOSEN]		= "/chosen",
		[SHADOW_BOARD_FROM_PARAM]		= "memory=",
	};
	char where[SHADOW_BOARD_WHERE], quoted[SHADOW_QUOTE];
	const char *property = NULL;

	if (range->source < SHADOW_BOARD_NR_SOURCES)
		property = properties[range->source];
	if (!property)
		property = list;
	shadow_board_where(range, where);
	shadow_parse_quote(quoted, range->name,
			   strnlen(range->name, sizeof(range->name)));
	scnprintf(buf, PLACE, "%s%s%s%s%s", where, where[0] ? ", " : "",
		  property, quoted[0] ? " " : "", quoted);
	return buf;
}

static int refuse_range(struct shadow_board *board, int err,
			const struct shadow_board_range *range,
			const char *list, const char *wrong)
{
	char place[PLACE];

	return shadow_board_refuse(board, err, "%s: 0x%llx+0x%llx %s",
				   place_of(range, list, place), range->base,
				   range->bytes, wrong);
}

static int check_range(struct shadow_board *board,
		       const struct shadow_board_range *range, const char *list)
{
	if (!range->bytes)
		return refuse_range(board, -EINVAL, range, list,
				    "is empty; allowed: at least one byte");
	if (range->bytes - 1 > U64_MAX - range->base)
		return refuse_range(board, -ERANGE, range, list,
				    "wraps around; allowed: up to 52 bits");
	if (range->base + (range->bytes - 1) > LAST_PA)
		return refuse_range(board, -ERANGE, range, list,
				    "is out of reach; allowed: up to 52 bits");
	if (range->flags & ~ALL_FLAGS)
		return refuse_range(board, -EINVAL, range, list,
				    "has an unknown flag");
	if (range->nid != SHADOW_NUMA_NO_NODE &&
	    (range->nid < 0 || range->nid >= SHADOW_BOARD_MAX_NODES))
		return refuse_range(board, -ERANGE, range, list,
				    "has no node that can be; allowed: 0 to 7");
	return 0;
}

static int check_list(struct shadow_board *board, const char *list,
		      const struct shadow_board_range *ranges,
		      unsigned int nr, unsigned int max)
{
	unsigned int i;
	int err = 0;

	BUILD_BUG_ON(SHADOW_BOARD_MAX_NODES != 8 || SHADOW_BOARD_PA_BITS != 52);
	if (nr > max)
		return shadow_board_refuse(board, -E2BIG,
					   "%s: %u ranges; allowed: %u", list,
					   nr, max);
	for (i = 0; i < nr && !err; i++)
		err = check_range(board, &ranges[i], list);
	return err;
}

static bool meet(const struct shadow_board_range *a,
		 const struct shadow_board_range *b)
{
	return a->base <= b->base + (b->bytes - 1) &&
	       b->base <= a->base + (a->bytes - 1);
}

/*
 * The kernel merges memory that is said twice, and so counts one bank where
 * two were meant. Boards say their memory in order, nearly all of them: then
 * one comparison a range is enough.
 */
static const struct shadow_board_range *
overlap(const struct shadow_board *board, const struct shadow_board_range *range)
{
	const struct shadow_board_range *other = range;

	while (other-- > board->memory)
		if (meet(other, range))
			return other;
	return NULL;
}

static int check_overlap(struct shadow_board *board)
{
	const struct shadow_board_range *range, *other;
	char place[PLACE], where[SHADOW_BOARD_WHERE];
	u64 highest = 0;
	unsigned int i;

	for (i = 0; i < board->nr_memory; i++) {
		range = &board->memory[i];
		other = range->base < highest ? overlap(board, range) : NULL;
		if (other)
			return shadow_board_refuse(board, -EINVAL,
						   "%s: 0x%llx+0x%llx overlaps 0x%llx+0x%llx (%s); allowed: memory said once",
						   place_of(range, "memory", place),
						   range->base, range->bytes,
						   other->base, other->bytes,
						   shadow_board_where(other, where));
		highest = max(highest, range->base + range->bytes);
	}
	return 0;
}

/* Sets how many nodes there are, too. */
static int check_nodes(struct shadow_board *board)
{
	unsigned int i, known = 1;

	if (board->nr_nodes > SHADOW_BOARD_MAX_NODES)
		return shadow_board_refuse(board, -ERANGE,
					   "numa-node-id: %u nodes; allowed: %u",
					   board->nr_nodes,
					   SHADOW_BOARD_MAX_NODES);
	for (i = 0; i < board->nr_memory; i++)
		if (board->memory[i].nid != SHADOW_NUMA_NO_NODE)
			known |= 1U << board->memory[i].nid;
	for (i = 0; i < board->nr_reserved; i++) {
		const struct shadow_board_range *range = &board->reserved[i];

		if (range->nid != SHADOW_NUMA_NO_NODE &&
		    !(known >> range->nid & 1))
			return refuse_range(board, -EINVAL, range, "reserved",
					    "has a node without memory; allowed: one with");
	}
	board->nr_nodes = max_t(unsigned int, board->nr_nodes, fls(known));
	return 0;
}

/* The rules of numa_set_distance() and of a tree's distance-matrix. */
static int check_distance(struct shadow_board *board)
{
	unsigned int from, to, said;

	for (from = 0; board->has_distance && from < board->nr_nodes; from++) {
		for (to = 0; to < board->nr_nodes; to++) {
			said = board->distance[from][to];
			if (!said || (from == to ? said == LOCAL_DISTANCE :
						   said > LOCAL_DISTANCE))
				continue;
			return shadow_board_refuse(board, -EINVAL,
						   "distance-matrix: %u from node %u to %u; allowed: 10 to itself, 11 to 255 to others",
						   said, from, to);
		}
	}
	return 0;
}

static int check_wish(struct shadow_board *board,
		      const struct shadow_board_wish *wish)
{
	char quoted[SHADOW_QUOTE];

	shadow_parse_quote(quoted, wish->name,
			   strnlen(wish->name, sizeof(wish->name)));
	if (!wish->bytes || wish->bytes > LAST_PA)
		return shadow_board_refuse(board,
					   wish->bytes ? -ERANGE : -EINVAL,
					   "offset 0x%x, /reserved-memory %s: size is 0x%llx; allowed: 1 byte to 52 bits",
					   wish->at, quoted, wish->bytes);
	if (wish->align & (wish->align - 1))
		return shadow_board_refuse(board, -EINVAL,
					   "offset 0x%x, /reserved-memory %s: alignment is 0x%llx; allowed: powers of two",
					   wish->at, quoted, wish->align);
	if (wish->nr_places > board->nr_places ||
	    wish->first_place > board->nr_places - wish->nr_places)
		return shadow_board_refuse(board, -EINVAL,
					   "offset 0x%x, /reserved-memory %s: alloc-ranges are not there",
					   wish->at, quoted);
	return 0;
}

static int check_wishes(struct shadow_board *board)
{
	unsigned int i;
	int err;

	if (board->nr_wishes > SHADOW_BOARD_MAX_WISHES)
		return shadow_board_refuse(board, -E2BIG,
					   "/reserved-memory: %u regions by size; allowed: %u",
					   board->nr_wishes,
					   SHADOW_BOARD_MAX_WISHES);
	err = check_list(board, "alloc-ranges", board->place, board->nr_places,
			 SHADOW_BOARD_MAX_PLACES);
	for (i = 0; i < board->nr_wishes && !err; i++)
		err = check_wish(board, &board->wish[i]);
	return err;
}

/*
 * Whether it lies in memory is for the boot to judge; that it can be is for us.
 * The board does not remember who said it.
 */
static int check_initrd(struct shadow_board *board)
{
	struct shadow_board_range initrd = {
		.base = board->initrd_start, .bytes = board->initrd_bytes,
		.nid = SHADOW_NUMA_NO_NODE, .source = SHADOW_BOARD_FROM_HOST,
	};

	return initrd.bytes ? check_range(board, &initrd, "initrd") : 0;
}

static int check_some_memory(struct shadow_board *board)
{
	if (board->nr_memory || board->kind == SHADOW_BOARD_BLOCK)
		return 0;
	if (board->wants_memory)
		return shadow_board_refuse(board, -EINVAL,
					   "/memory: left to the boot loader; allowed: with memory=START+BYTES");
	return shadow_board_refuse(board, -EINVAL,
				   "memory: none; allowed: at least one range");
}

static void make_printable(char *name)
{
	for (; *name; name++)
		if (*name < ' ' || *name > '~')
			*name = '?';
}

/* They go into lines, files and consoles from now on. */
static void make_names_printable(struct shadow_board *board)
{
	unsigned int i;

	for (i = 0; i < board->nr_memory; i++)
		make_printable(board->memory[i].name);
	for (i = 0; i < board->nr_reserved; i++)
		make_printable(board->reserved[i].name);
	for (i = 0; i < board->nr_wishes; i++)
		make_printable(board->wish[i].name);
}

/**
 * shadow_board_verify() - could there be such a board?
 * @board: the board; @why and, from the nodes of its memory, @nr_nodes are set;
 *	what is not printable in the name of a node becomes '?'
 *
 * Refuses what no board can mean, whatever it was read from: no memory; ranges
 * that are empty, wrap around or reach beyond 52 bits; more ranges than there
 * is room for; memory that is said twice; nodes that cannot be; distances that
 * numa_set_distance() would not take; wishes for nothing. What a kernel copes
 * with (reserved ranges that overlap or lie outside memory, an initrd that
 * does) is left to the boot, which says what it does about it.
 *
 * Context: any.
 * Return: 0; -EINVAL, -ERANGE or -E2BIG, and the board says why.
 */
int shadow_board_verify(struct shadow_board *board)
{
	int err;

	board->why[0] = '\0';
	err = check_some_memory(board);
	if (!err)
		err = check_list(board, "memory", board->memory,
				 board->nr_memory, SHADOW_BOARD_MAX_RANGES);
	if (!err)
		err = check_list(board, "reserved", board->reserved,
				 board->nr_reserved, SHADOW_BOARD_MAX_RANGES);
	if (!err)
		err = check_list(board, "linux,usable-memory-range",
				 board->usable, board->nr_usable,
				 SHADOW_BOARD_MAX_USABLE);
	if (!err)
		err = check_overlap(board);
	if (!err)
		err = check_nodes(board);
	if (!err)
		err = check_distance(board);
	if (!err)
		err = check_wishes(board);
	if (!err)
		err = check_initrd(board);
	if (!err)
		make_names_printable(board);
	return err;
}

/* -------------------------------------------------------------- memory= -- */

static int read_item(struct shadow_board *board, const char *text, size_t len,
		     struct shadow_board_range *range)
{
	const char *plus = memchr(text, '+', len);
	char quoted[SHADOW_QUOTE];
	int err = -EINVAL;

	if (plus)
		err = shadow_parse_bytes(text, plus - text, &range->base);
	if (!err)
		err = shadow_parse_bytes(plus + 1, text + len - plus - 1,
					 &range->bytes);
	if (err)
		return shadow_board_refuse(board, err,
					   "item %u, memory=: \"%s\"; allowed: START+BYTES[,...] up to 52 bits, like 2G+512M",
					   range->at,
					   shadow_parse_quote(quoted, text, len));
	return check_range(board, range, "memory=");
}

/**
 * shadow_board_memory() - memory as a parameter says it
 * @board: the board; what its file said of memory is forgotten
 * @memory_param: START+BYTES[,...], with K, M, G or T behind a number or not
 *
 * A boot loader fills /memory in; here the one who loads the module does.
 *
 * Context: any.
 * Return: 0; -EINVAL, -ERANGE or -E2BIG, and the board, which is of no more
 * use then, says why.
 */
int shadow_board_memory(struct shadow_board *board, const char *memory_param)
{
	struct shadow_board_range range = {
		.nid = SHADOW_NUMA_NO_NODE, .source = SHADOW_BOARD_FROM_PARAM,
	};
	const char *item = memory_param, *comma;
	int err;

	board->nr_memory = 0;
	board->wants_memory = false;
	do {
		comma = strchrnul(item, ',');
		range.at++;
		err = read_item(board, item, comma - item, &range);
		if (!err)
			err = shadow_board_add_memory(board, &range);
		item = comma + 1;
	} while (!err && *comma);
	return err ?: check_overlap(board);
}

/* ------------------------------------------------------------ questions -- */

/**
 * shadow_board_start() - where the board's memory starts
 * @board: a verified board
 *
 * Context: any.
 * Return: physical address of the lowest byte; 0 where there is none.
 */
u64 shadow_board_start(const struct shadow_board *board)
{
	u64 start = board->nr_memory ? U64_MAX : 0;
	unsigned int i;

	for (i = 0; i < board->nr_memory; i++)
		start = min(start, board->memory[i].base);
	return start;
}

/**
 * shadow_board_end() - where the board's memory ends
 * @board: a verified board
 *
 * Context: any.
 * Return: physical address after the highest byte; 0 where there is none.
 */
u64 shadow_board_end(const struct shadow_board *board)
{
	unsigned int i;
	u64 end = 0;

	for (i = 0; i < board->nr_memory; i++)
		end = max(end, board->memory[i].base + board->memory[i].bytes);
	return end;
}

/**
 * shadow_board_memory_bytes() - how much memory the board has
 * @board: a verified board
 *
 * Context: any.
 * Return: bytes, holes not counted.
 */
u64 shadow_board_memory_bytes(const struct shadow_board *board)
{
	unsigned int i;
	u64 bytes = 0;

	for (i = 0; i < board->nr_memory; i++)
		bytes += board->memory[i].bytes;
	return bytes;
}

/**
 * shadow_board_inside() - is the board's memory really there?
 * @board: a verified board
 * @storage: the block that was obtained
 *
 * Context: any.
 * Return: true if all memory lies in @storage, so that the machine is a real
 * one; false if it is a virtual board.
 */
bool shadow_board_inside(const struct shadow_board *board,
			 const struct shadow_block *storage)
{
	return shadow_board_start(board) >= storage->base &&
	       shadow_board_end(board) <= storage->base + storage->bytes;
}
