// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_board - a board as text: what a kernel shows in
 * /sys/kernel/debug/memblock/{memory,reserved}, one after the other. See
 * shadow_board.h.
 *
 *	# comment, and empty lines, mean nothing
 *	memory
 *	   0: 0x0000000080000000..0x000000009fffffff
 *	reserved
 *	   0: 0x0000000080003000..0x0000000080007fff
 *
 * Addresses are those of the first and of the last byte. Kernels of today add a
 * node (x where none is known) and flags (NONE, or names joined by |):
 *
 *	   0: 0x0000000040000000..0x000000007fffffff    0 NONE
 *
 * A heading may also be as other tools write it: "memory:", a path that ends in
 * /memory, "==> memory <==" (head, tail), or in front of each line, "memory:
 * 0: 0x..." (grep). Which of the dumps comes first does not matter, blanks and
 * carriage returns do not either.
 *
 * A kernel prints its lists numbered from 0, sorted and disjoint, with or
 * without nodes and flags in both. So whatever is not is no dump, or one of
 * which a part is missing, and is refused. Reserved ranges outside memory are
 * not: real dumps have them.
 */
#include "shadow_board.h"
#include "shadow_parse.h"

#define LAST_PA		((1ULL << SHADOW_BOARD_PA_BITS) - 1)
/* Hexadecimal digits of an address, as %pa prints one of 64 and of 32 bits */
#define DIGITS_64	16
#define DIGITS_32	8

/**
 * struct piece - a part of the text
 * @at: its first character
 * @len: its length in bytes
 */
struct piece {
	const char *at;
	size_t len;
};

/**
 * struct dump - one of the two lists
 * @name: "memory" or "reserved"
 * @head: line where it starts; 0: not seen
 * @ranges: the board's list
 * @nr: its entries
 * @add: adds one to it
 */
struct dump {
	const char *name;
	u32 head;
	const struct shadow_board_range *ranges;
	const unsigned int *nr;
	int (*add)(struct shadow_board *board,
		   const struct shadow_board_range *range);
};

/**
 * struct reader - how far the text is read
 * @board: what it is read into
 * @line: number of the line, from 1
 * @cut: the line has no newline
 * @dump: both lists
 * @now: the one that a range belongs to; NULL before the first heading
 * @form: line of the first range; 0: not seen
 * @full: it has a node and flags
 */
struct reader {
	struct shadow_board *board;
	u32 line;
	bool cut;
	struct dump dump[2];
	struct dump *now;
	u32 form;
	bool full;
};

static __printf(3, 4)
int refuse(struct reader *r, int err, const char *fmt, ...)
{
	char *why = r->board->why;
	size_t room = sizeof(r->board->why);
	va_list args;
	int nr;

	nr = scnprintf(why, room, "line %u, %s: ", r->line,
		       r->now ? r->now->name : "text");
	va_start(args, fmt);
	vscnprintf(why + nr, room - nr, fmt, args);
	va_end(args);
	return err;
}

static int refuse_piece(struct reader *r, int err, struct piece piece,
			const char *what)
{
	char quoted[SHADOW_QUOTE];

	return refuse(r, err, "\"%s\" %s",
		      shadow_parse_quote(quoted, piece.at, piece.len), what);
}

static int refuse_cut(struct reader *r)
{
	return refuse(r, -EINVAL,
		      "the text may be cut off here; allowed: a newline at its end");
}

/* -------------------------------------------------------------- pieces -- */

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct piece trim(struct piece piece)
{
	while (piece.len && blank(piece.at[0])) {
		piece.at++;
		piece.len--;
	}
	while (piece.len && blank(piece.at[piece.len - 1]))
		piece.len--;
	return piece;
}

/* Takes what stands before the first @end, or all of it, off @piece. */
static struct piece take(struct piece *piece, bool (*is_end)(char c))
{
	struct piece taken = { piece->at, 0 };

	while (taken.len < piece->len && !is_end(piece->at[taken.len]))
		taken.len++;
	piece->at += taken.len;
	piece->len -= taken.len;
	return taken;
}

static struct piece take_word(struct piece *piece)
{
	struct piece word = take(piece, blank);

	*piece = trim(*piece);
	return word;
}

static bool colon(char c)
{
	return c == ':';
}

static bool bar(char c)
{
	return c == '|';
}

static bool dot(char c)
{
	return c == '.';
}

static void drop(struct piece *piece, size_t nr)
{
	piece->at += nr;
	piece->len -= nr;
}

/* -------------------------------------------------------------- ranges -- */

static int read_address(struct reader *r, struct piece text, u64 *pa)
{
	int err = -EINVAL;

	if (text.len > 2 && text.at[0] == '0' && (text.at[1] | 0x20) == 'x')
		err = shadow_parse_number(text.at, text.len, pa);
	if (err == -EINVAL)
		return refuse_piece(r, err, text,
				    "is no address; allowed: 0x and hexadecimal digits");
	if (err || *pa > LAST_PA)
		return refuse_piece(r, -ERANGE, text,
				    "is out of reach; allowed: up to 52 bits");
	return 0;
}

/* "0xBASE..0xLAST"; all of it has been read where 0 is returned. */
static int read_span(struct reader *r, struct piece span, bool cut,
		     struct shadow_board_range *range)
{
	struct piece first, last = span;
	u64 end;
	int err;

	first = take(&last, dot);
	if (last.len < 2 || last.at[1] != '.')
		return refuse_piece(r, -EINVAL, span,
				    "is no range; allowed: 0xBASE..0xLAST");
	drop(&last, 2);
	err = read_address(r, first, &range->base);
	if (!err)
		err = read_address(r, last, &end);
	if (err)
		return err;
	if (last.len < first.len ||
	    (cut && last.len != 2 + DIGITS_64 &&
	     (last.len != 2 + DIGITS_32 || first.len != last.len)))
		return refuse_piece(r, -EINVAL, span,
				    "may be cut off; allowed: all digits of the last address");
	if (end + 1 == range->base)
		return refuse_piece(r, -EINVAL, span,
				    "is empty; allowed: at least one byte");
	if (end < range->base)
		return refuse_piece(r, -EINVAL, span,
				    "ends before it starts; allowed: 0xBASE..0xLAST");
	range->bytes = end - range->base + 1;
	return 0;
}

static int read_node(struct reader *r, struct piece word, int *nid)
{
	u64 number;
	int err;

	*nid = SHADOW_NUMA_NO_NODE;
	if (shadow_parse_is(word.at, word.len, "x"))
		return 0;
	err = shadow_parse_number(word.at, word.len, &number);
	if (err == -EINVAL)
		return refuse_piece(r, err, word,
				    "is no node; allowed: x, or 0 to 7");
	if (err || number >= SHADOW_BOARD_MAX_NODES)
		return refuse_piece(r, -ERANGE, word,
				    "is no node that can be; allowed: x, or 0 to 7");
	*nid = number;
	return 0;
}

static unsigned int flag_bit(struct piece name)
{
	unsigned int bit;

	for (bit = 0; bit < SHADOW_MEMBLOCK_NR_FLAGS; bit++)
		if (shadow_parse_is(name.at, name.len,
				    shadow_memblock_flag_names[bit]))
			break;
	return bit;
}

static int read_flags(struct reader *r, struct piece word, u32 *flags)
{
	struct piece rest = word;
	unsigned int bit;
	bool last = shadow_parse_is(word.at, word.len, "NONE");

	*flags = 0;
	while (!last) {
		bit = flag_bit(take(&rest, bar));
		if (bit == SHADOW_MEMBLOCK_NR_FLAGS || *flags >> bit & 1)
			return refuse_piece(r, -EINVAL, word,
					    "are no flags; allowed: NONE, or HOTPLUG|MIRROR|NOMAP|DRV_MNG|RSV_NIT or some of them");
		*flags |= 1U << bit;
		last = !rest.len;
		if (!last)
			drop(&rest, 1);
	}
	/* No flag comes behind the last one: only then is the word complete. */
	if (r->cut && *flags && !(*flags >> (SHADOW_MEMBLOCK_NR_FLAGS - 1)))
		return refuse_cut(r);
	return 0;
}

static int check_index(struct reader *r, struct piece word)
{
	unsigned int due = *r->now->nr;
	u64 idx;

	if (shadow_parse_number(word.at, word.len, &idx))
		return refuse_piece(r, -EINVAL, word,
				    "is no index; allowed: lines like 0: 0xBASE..0xLAST");
	if (idx == due)
		return 0;
	return refuse(r, -EINVAL,
		      "index %llu where %u is due; allowed: all lines of a dump, in its order",
		      idx, due);
}

/* One kernel prints all its lines alike. */
static int check_form(struct reader *r, bool full)
{
	if (r->form && r->full != full)
		return refuse(r, -EINVAL,
			      "%s a node and flags, unlike line %u; allowed: both dumps from one kernel",
			      full ? "has" : "lacks", r->form);
	if (!r->form)
		r->form = r->line;
	r->full = full;
	return 0;
}

static int check_order(struct reader *r, const struct shadow_board_range *range)
{
	const struct shadow_board_range *below;

	if (!*r->now->nr)
		return 0;
	below = &r->now->ranges[*r->now->nr - 1];
	if (range->base >= below->base + below->bytes)
		return 0;
	return refuse(r, -EINVAL,
		      "0x%llx..0x%llx %s 0x%llx..0x%llx of line %u; allowed: ranges that ascend and do not meet",
		      range->base, range->base + range->bytes - 1,
		      range->base + range->bytes > below->base ? "overlaps" :
								 "is below",
		      below->base, below->base + below->bytes - 1, below->at);
}

/* "N: 0xBASE..0xLAST", and a node and flags or not */
static int read_range(struct reader *r, struct piece line)
{
	struct shadow_board_range range = {
		.nid = SHADOW_NUMA_NO_NODE, .at = r->line,
		.source = SHADOW_BOARD_FROM_TEXT,
	};
	struct piece rest = line, idx = take(&rest, colon), span, node;
	int err;

	if (!rest.len)
		return refuse_piece(r, -EINVAL, line,
				    "is no range; allowed: lines like 0: 0xBASE..0xLAST");
	err = check_index(r, idx);
	if (err)
		return err;
	drop(&rest, 1);
	rest = trim(rest);
	span = take_word(&rest);
	err = read_span(r, span, r->cut && !rest.len, &range);
	if (!err)
		err = check_form(r, rest.len);
	if (!err && rest.len) {
		node = take_word(&rest);
		err = read_node(r, node, &range.nid) ?:
		      read_flags(r, rest, &range.flags);
	}
	if (!err)
		err = check_order(r, &range);
	return err ?: r->now->add(r->board, &range);
}

/* ------------------------------------------------------------- headings -- */

/* The dump that a file of this name holds; NULL: none. */
static struct dump *dump_of(struct reader *r, struct piece path)
{
	struct piece name = path;
	size_t i;

	for (i = 0; i < path.len; i++) {
		if (blank(path.at[i]))
			return NULL;
		if (path.at[i] == '/')
			name = (struct piece) { path.at + i + 1,
						path.len - i - 1 };
	}
	for (i = 0; i < ARRAY_SIZE(r->dump); i++)
		if (shadow_parse_is(name.at, name.len, r->dump[i].name))
			return &r->dump[i];
	return NULL;
}

static bool starts_with(struct piece piece, const char *start)
{
	return piece.len >= strlen(start) &&
	       memcmp(piece.at, start, strlen(start)) == 0;
}

/* What head and tail write around a name: "==> memory <==" */
static struct piece without_arrows(struct piece line)
{
	struct piece inner = line;

	if (!starts_with(line, "==> ") || line.len < 8)
		return line;
	inner.at += line.len - 4;
	inner.len = 4;
	if (!starts_with(inner, " <=="))
		return line;
	return trim((struct piece) { line.at + 4, line.len - 8 });
}

static int begin(struct reader *r, struct dump *dump)
{
	r->now = dump;
	if (dump->head)
		return refuse(r, -EINVAL,
			      "starts again, it has in line %u; allowed: each dump once",
			      dump->head);
	dump->head = r->line;
	return 0;
}

/* A heading, or a range with the file's name before it */
static int read_named(struct reader *r, struct piece line)
{
	struct piece rest = without_arrows(line), path = take(&rest, colon);
	struct dump *dump = dump_of(r, path);
	int err = 0;

	if (!dump)
		return refuse_piece(r, -EINVAL, line,
				    "means nothing; allowed: memory, reserved, and lines like 0: 0xBASE..0xLAST");
	if (rest.len)
		drop(&rest, 1);
	rest = trim(rest);
	if (!rest.len || dump != r->now)
		err = begin(r, dump);
	if (err)
		return err;
	if (rest.len)
		return read_range(r, rest);
	return r->cut ? refuse_cut(r) : 0;
}

static int read_line(struct reader *r, struct piece line)
{
	line = trim(line);
	if (!line.len || line.at[0] == '#')
		return 0;
	if (line.at[0] < '0' || line.at[0] > '9')
		return read_named(r, line);
	if (!r->now)
		return refuse_piece(r, -EINVAL, line,
				    "before a heading; allowed: a line \"memory\" first");
	return read_range(r, line);
}

/* Both were there, and memory was not empty. */
static int check_both(struct reader *r)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(r->dump); i++) {
		r->now = &r->dump[i];
		if (!r->now->head)
			return refuse(r, -EINVAL,
				      "the text ends without it; allowed: two dumps, memory and reserved");
	}
	r->now = &r->dump[0];
	if (*r->now->nr)
		return 0;
	r->line = r->now->head;
	return refuse(r, -EINVAL, "is empty; allowed: at least one range");
}

/**
 * shadow_board_text() - read a board from two memblock dumps
 * @board: an initialised board; its kind, memory and reserved are set
 * @text: the text; it need not end in a NUL
 * @bytes: its length
 *
 * A dump is a snapshot from the end of a boot: its reserved list holds what
 * that kernel took for itself. Follows memblock_debug_show() of Linux 6.12,
 * backwards, and what that function was before it showed nodes and flags.
 *
 * Context: any.
 * Return: 0; -EINVAL, -ERANGE or -E2BIG, and the board, which is of no more
 * use then, names line and property in @why.
 */
int shadow_board_text(struct shadow_board *board, const char *text,
		      size_t bytes)
{
	struct reader r = {
		.board = board,
		.dump = {
			{ "memory", 0, board->memory, &board->nr_memory,
			  shadow_board_add_memory },
			{ "reserved", 0, board->reserved, &board->nr_reserved,
			  shadow_board_add_reserved },
		},
	};
	struct piece rest = { text, bytes }, line;
	const char *newline;
	int err = 0;

	board->kind = SHADOW_BOARD_TEXT;
	board->nr_memory = 0;
	board->nr_reserved = 0;
	if (bytes > SHADOW_BOARD_MAX_BYTES)
		return shadow_board_refuse(board, -E2BIG,
					   "text: %zu bytes; allowed: up to 2M",
					   bytes);
	do {
		r.line++;
		newline = rest.len ? memchr(rest.at, '\n', rest.len) : NULL;
		r.cut = !newline;
		line = rest;
		if (newline)
			line.len = newline - rest.at;
		err = read_line(&r, line);
		drop(&rest, line.len + (newline ? 1 : 0));
	} while (!err && rest.len);
	if (!err)
		err = check_both(&r);
	return err ?: shadow_board_verify(board);
}
