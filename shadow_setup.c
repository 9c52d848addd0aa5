// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_setup - all that a boot depends on, as text and back. See
 * shadow_setup.h.
 *
 * What is printed and what is read are the same tables, so neither can know of
 * a field that the other does not.
 */
#include "shadow_parse.h"
#include "shadow_setup.h"

#define FIRST_LINE	"shadow_mm setup, format 1"
#define TEXT		"text="

/**
 * struct field - a number in a structure
 * @name: as the text calls it
 * @offset: where it is
 * @bytes: its size
 * @flag: it is 0 or 1
 */
struct field {
	const char *name;
	size_t offset;
	size_t bytes;
	bool flag;
};

#define FIELD(type, member) \
	{ #member, offsetof(struct type, member), \
	  sizeof(((struct type *)NULL)->member), \
	  __same_type(((struct type *)NULL)->member, bool) }

static const struct field machine_fields[] = {
	{ "cpus", offsetof(struct shadow_setup, nr_cpus), sizeof(unsigned int) },
	{}
};

static const struct field cpu_id_fields[] = {
	FIELD(shadow_cpu_id, mmfr0),
	FIELD(shadow_cpu_id, mmfr1),
	FIELD(shadow_cpu_id, mmfr2),
	{}
};

static const struct field host_fields[] = {
	FIELD(shadow_host_facts, page_shift),
	FIELD(shadow_host_facts, arm64),
	FIELD(shadow_host_facts, ds),
	FIELD(shadow_host_facts, pa_bits),
	FIELD(shadow_host_facts, further),
	{}
};

static const struct field storage_fields[] = {
	FIELD(shadow_block, base),
	FIELD(shadow_block, bytes),
	{}
};

static const struct field board_fields[] = {
	FIELD(shadow_board, kind),
	FIELD(shadow_board, reserved_node),
	FIELD(shadow_board, initrd_start),
	FIELD(shadow_board, initrd_bytes),
	FIELD(shadow_board, dma_limit),
	FIELD(shadow_board, nr_nodes),
	FIELD(shadow_board, has_distance),
	FIELD(shadow_board, dtb_bytes),
	FIELD(shadow_board, wants_memory),
	{}
};

static const struct field range_fields[] = {
	FIELD(shadow_board_range, base),
	FIELD(shadow_board_range, bytes),
	FIELD(shadow_board_range, flags),
	FIELD(shadow_board_range, nid),
	FIELD(shadow_board_range, at),
	FIELD(shadow_board_range, source),
	FIELD(shadow_board_range, reusable),
	FIELD(shadow_board_range, dma_pool),
	FIELD(shadow_board_range, cma_default),
	{}
};

static const struct field wish_fields[] = {
	FIELD(shadow_board_wish, bytes),
	FIELD(shadow_board_wish, align),
	FIELD(shadow_board_wish, flags),
	FIELD(shadow_board_wish, reusable),
	FIELD(shadow_board_wish, dma_pool),
	FIELD(shadow_board_wish, cma_default),
	FIELD(shadow_board_wish, at),
	FIELD(shadow_board_wish, first_place),
	FIELD(shadow_board_wish, nr_places),
	{}
};

/* A distance, which is not a structure of the board's */
struct distance {
	u32 from;
	u32 to;
	u32 is;
};

static const struct field distance_fields[] = {
	FIELD(distance, from),
	FIELD(distance, to),
	FIELD(distance, is),
	{}
};

/* Little-endian, as every machine that this runs on is */
static u64 get_field(const struct field *field, const void *base)
{
	u64 value = 0;

	memcpy(&value, (const char *)base + field->offset, field->bytes);
	return value;
}

static void set_field(const struct field *field, void *base, u64 value)
{
	memcpy((char *)base + field->offset, &value, field->bytes);
}

static bool field_holds(const struct field *field, u64 value)
{
	if (field->flag)
		return value <= 1;
	return field->bytes == sizeof(value) || !(value >> 8 * field->bytes);
}

/* ------------------------------------------------------------ printing -- */

static void print_text(const struct shadow_text *text, const char *string)
{
	shadow_text_put(text, " " TEXT);
	for (; *string; string++) {
		unsigned char c = *string;

		if (c > ' ' && c < 0x7f && c != '%')
			text->put(text->to, string, 1);
		else
			shadow_text_say(text, "%%%02x", c);
	}
}

static void print_line(const struct shadow_text *text, const char *what,
		       const struct field *field, const void *base,
		       const char *string)
{
	shadow_text_put(text, what);
	for (; field && field->name; field++) {
		u64 value = get_field(field, base);

		if (value)
			shadow_text_say(text, " %s=0x%llx", field->name, value);
	}
	if (string && *string)
		print_text(text, string);
	shadow_text_put(text, "\n");
}

static void print_ranges(const struct shadow_text *text, const char *what,
			 const struct shadow_board_range *range,
			 unsigned int nr)
{
	for (; nr; nr--, range++)
		print_line(text, what, range_fields, range, range->name);
}

static void print_distances(const struct shadow_text *text,
			    const struct shadow_board *board)
{
	struct distance d;

	for (d.from = 0; d.from < SHADOW_BOARD_MAX_NODES; d.from++)
		for (d.to = 0; d.to < SHADOW_BOARD_MAX_NODES; d.to++) {
			d.is = board->distance[d.from][d.to];
			if (d.is)
				print_line(text, "distance", distance_fields,
					   &d, NULL);
		}
}

static void print_board(const struct shadow_text *text,
			const struct shadow_board *board)
{
	const struct shadow_board_wish *wish = board->wish;

	print_line(text, "board", board_fields, board, board->name);
	if (board->cmdline[0])
		print_line(text, "cmdline", NULL, NULL, board->cmdline);
	print_distances(text, board);
	print_ranges(text, "memory", board->memory, board->nr_memory);
	print_ranges(text, "reserved", board->reserved, board->nr_reserved);
	print_ranges(text, "place", board->place, board->nr_places);
	print_ranges(text, "usable", board->usable, board->nr_usable);
	for (; wish < board->wish + board->nr_wishes; wish++)
		print_line(text, "wish", wish_fields, wish, wish->name);
}

static void print_params(const struct shadow_text *text,
			 const struct shadow_param_strings *given)
{
	unsigned int id;

	for (id = 0; id < SHADOW_NR_PARAMS; id++) {
		if (!given->value[id])
			continue;
		shadow_text_say(text, "param.%s", shadow_param_table[id].name);
		print_text(text, given->value[id]);
		shadow_text_put(text, "\n");
	}
}

/**
 * shadow_setup_print() - all that a boot depends on, as text
 * @setup: what
 * @text: where it goes
 *
 * Context: that of @text's put.
 */
void shadow_setup_print(const struct shadow_setup *setup,
			const struct shadow_text *text)
{
	shadow_text_put(text, FIRST_LINE "\n");
	print_line(text, "machine", machine_fields, setup, setup->name);
	print_line(text, "cpu_id", cpu_id_fields, &setup->cpu_id, NULL);
	print_line(text, "host", host_fields, &setup->facts, NULL);
	print_line(text, "storage", storage_fields, &setup->storage, NULL);
	print_params(text, &setup->given);
	if (setup->board)
		print_board(text, setup->board);
	shadow_text_put(text, "end\n");
}

/* ------------------------------------------------------------- reading -- */

/**
 * struct reader - how far a setup has been read
 * @room: where it goes
 * @at: what was not looked at yet
 * @left: bytes there
 * @line: number of the line, from 1
 * @why: where a refusal says why
 * @why_bytes: room there
 */
struct reader {
	struct shadow_setup_room *room;
	const char *at;
	size_t left;
	unsigned int line;
	char *why;
	size_t why_bytes;
};

static __printf(2, 3)
int refuse(const struct reader *r, const char *fmt, ...)
{
	int nr = scnprintf(r->why, r->why_bytes, "setup, line %u: ", r->line);
	va_list args;

	va_start(args, fmt);
	vscnprintf(r->why + nr, r->why_bytes - nr, fmt, args);
	va_end(args);
	return -EINVAL;
}

/* Takes what stands before @end off @piece, and @end */
static size_t take(const char **at, size_t *left, char end)
{
	size_t len = 0;

	while (len < *left && (*at)[len] != end)
		len++;
	*at += min(len + 1, *left);
	*left -= min(len + 1, *left);
	return len;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int read_text(const struct reader *r, const char *at, size_t left,
		     char *to, size_t bytes)
{
	size_t nr = 0;

	for (; left; at++, left--) {
		char c = *at;

		if (c == '%') {
			if (left < 3 || digit(at[1]) < 0 || digit(at[2]) < 0)
				return refuse(r, "%% without two digits");
			c = digit(at[1]) << 4 | digit(at[2]);
			at += 2;
			left -= 2;
		}
		if (nr + 1 >= bytes)
			return refuse(r, "text is too long; allowed: up to %zu bytes",
				      bytes - 1);
		to[nr++] = c;
	}
	to[nr] = '\0';
	return 0;
}

static int read_number(const struct reader *r, const struct field *field,
		       void *base, const char *word, size_t len)
{
	char quoted[SHADOW_QUOTE];
	size_t name;
	u64 value;

	for (; field && field->name; field++) {
		name = strlen(field->name);
		if (len <= name || word[name] != '=' ||
		    memcmp(word, field->name, name))
			continue;
		if (shadow_parse_number(word + name + 1, len - name - 1, &value) ||
		    !field_holds(field, value))
			break;
		set_field(field, base, value);
		return 0;
	}
	return refuse(r, "\"%s\" is not understood",
		      shadow_parse_quote(quoted, word, len));
}

/* All words of a line after the first one */
static int read_rest(const struct reader *r, const char *at, size_t left,
		     const struct field *field, void *base, char *to,
		     size_t bytes)
{
	const size_t skip = strlen(TEXT);
	const char *word;
	size_t len;
	int err;

	while (left) {
		if (to && left >= skip && !memcmp(at, TEXT, skip))
			return read_text(r, at + skip, left - skip, to, bytes);
		word = at;
		len = take(&at, &left, ' ');
		err = read_number(r, field, base, word, len);
		if (err)
			return err;
	}
	return 0;
}

static int read_range(const struct reader *r, const char *at, size_t left,
		      struct shadow_board_range *range, unsigned int *nr,
		      unsigned int max)
{
	if (*nr == max)
		return refuse(r, "too many of these; allowed: %u", max);
	range += (*nr)++;
	return read_rest(r, at, left, range_fields, range, range->name,
			 sizeof(range->name));
}

static int read_wish(const struct reader *r, const char *at, size_t left,
		     struct shadow_board *board)
{
	struct shadow_board_wish *wish = &board->wish[board->nr_wishes];
	int err;

	if (board->nr_wishes == SHADOW_BOARD_MAX_WISHES)
		return refuse(r, "too many of these; allowed: %u",
			      SHADOW_BOARD_MAX_WISHES);
	err = read_rest(r, at, left, wish_fields, wish, wish->name,
			sizeof(wish->name));
	if (err)
		return err;
	if (wish->first_place > SHADOW_BOARD_MAX_PLACES ||
	    wish->nr_places > SHADOW_BOARD_MAX_PLACES - wish->first_place)
		return refuse(r, "places from %u on, %u of them; allowed: below %u",
			      wish->first_place, wish->nr_places,
			      SHADOW_BOARD_MAX_PLACES);
	board->nr_wishes++;
	return 0;
}

static int read_distance(const struct reader *r, const char *at, size_t left,
			 struct shadow_board *board)
{
	struct distance d = {};
	int err = read_rest(r, at, left, distance_fields, &d, NULL, 0);

	if (err)
		return err;
	if (d.from >= SHADOW_BOARD_MAX_NODES || d.to >= SHADOW_BOARD_MAX_NODES ||
	    d.is > U8_MAX)
		return refuse(r, "distance %u to %u is %u; allowed: nodes below %u, up to 255",
			      d.from, d.to, d.is, SHADOW_BOARD_MAX_NODES);
	board->distance[d.from][d.to] = d.is;
	return 0;
}

static int read_board_line(const struct reader *r, const char *what,
			   size_t what_len, const char *at, size_t left)
{
	struct shadow_board *board = &r->room->board;
	char quoted[SHADOW_QUOTE];

	if (shadow_parse_is(what, what_len, "board")) {
		r->room->setup.board = board;
		return read_rest(r, at, left, board_fields, board, board->name,
				 sizeof(board->name));
	}
	if (shadow_parse_is(what, what_len, "cmdline"))
		return read_rest(r, at, left, NULL, NULL, board->cmdline,
				 sizeof(board->cmdline));
	if (shadow_parse_is(what, what_len, "distance"))
		return read_distance(r, at, left, board);
	if (shadow_parse_is(what, what_len, "memory"))
		return read_range(r, at, left, board->memory, &board->nr_memory,
				  SHADOW_BOARD_MAX_RANGES);
	if (shadow_parse_is(what, what_len, "reserved"))
		return read_range(r, at, left, board->reserved,
				  &board->nr_reserved, SHADOW_BOARD_MAX_RANGES);
	if (shadow_parse_is(what, what_len, "place"))
		return read_range(r, at, left, board->place, &board->nr_places,
				  SHADOW_BOARD_MAX_PLACES);
	if (shadow_parse_is(what, what_len, "usable"))
		return read_range(r, at, left, board->usable, &board->nr_usable,
				  SHADOW_BOARD_MAX_USABLE);
	if (shadow_parse_is(what, what_len, "wish"))
		return read_wish(r, at, left, board);
	return refuse(r, "\"%s\" is not understood",
		      shadow_parse_quote(quoted, what, what_len));
}

static int read_param(const struct reader *r, const char *name, size_t len,
		      const char *at, size_t left)
{
	char quoted[SHADOW_QUOTE];
	unsigned int id;

	for (id = 0; id < SHADOW_NR_PARAMS; id++) {
		if (!shadow_parse_is(name, len, shadow_param_table[id].name))
			continue;
		r->room->setup.given.value[id] = r->room->value[id];
		return read_rest(r, at, left, NULL, NULL, r->room->value[id],
				 SHADOW_PARAMS_VALUE);
	}
	return refuse(r, "there is no parameter \"%s\"",
		      shadow_parse_quote(quoted, name, len));
}

static int read_line(const struct reader *r, const char *at, size_t left)
{
	const size_t param = strlen("param.");
	struct shadow_setup *setup = &r->room->setup;
	const char *what = at;
	size_t len = take(&at, &left, ' ');

	if (shadow_parse_is(what, len, "machine"))
		return read_rest(r, at, left, machine_fields, setup,
				 setup->name, sizeof(setup->name));
	if (shadow_parse_is(what, len, "cpu_id"))
		return read_rest(r, at, left, cpu_id_fields, &setup->cpu_id,
				 NULL, 0);
	if (shadow_parse_is(what, len, "host"))
		return read_rest(r, at, left, host_fields, &setup->facts, NULL, 0);
	if (shadow_parse_is(what, len, "storage"))
		return read_rest(r, at, left, storage_fields, &setup->storage,
				 NULL, 0);
	if (len > param && !memcmp(what, "param.", param))
		return read_param(r, what + param, len - param, at, left);
	return read_board_line(r, what, len, at, left);
}

/* What no machine can be booted without */
static int check(const struct reader *r)
{
	const struct shadow_setup *setup = &r->room->setup;

	if (!setup->nr_cpus || setup->nr_cpus > 4096)
		return refuse(r, "cpus=%u; allowed: 1 to 4096", setup->nr_cpus);
	if (setup->facts.page_shift < 12 || setup->facts.page_shift > 16)
		return refuse(r, "page_shift=%u; allowed: 12 to 16",
			      setup->facts.page_shift);
	if (!setup->storage.bytes ||
	    setup->storage.base + setup->storage.bytes < setup->storage.base)
		return refuse(r, "storage base=0x%llx bytes=0x%llx; allowed: some, below 2^64",
			      (u64)setup->storage.base, setup->storage.bytes);
	if (setup->board && (setup->board->kind >= SHADOW_BOARD_NR_KINDS ||
			     setup->board->nr_nodes > SHADOW_BOARD_MAX_NODES))
		return refuse(r, "board kind=%u nr_nodes=%u; allowed: below %u, up to %u",
			      setup->board->kind, setup->board->nr_nodes,
			      SHADOW_BOARD_NR_KINDS, SHADOW_BOARD_MAX_NODES);
	return 0;
}

/**
 * shadow_setup_read() - what shadow_setup_print() has printed
 * @text: the text, of any content
 * @bytes: its length
 * @room: filled
 * @why: where it is refused, the line and what is wrong there
 * @why_bytes: room there
 *
 * Context: any.
 * Return: 0, or -EINVAL.
 */
int shadow_setup_read(const char *text, size_t bytes,
		      struct shadow_setup_room *room, char *why,
		      size_t why_bytes)
{
	struct reader r = {
		.room = room, .at = text, .left = bytes,
		.why = why, .why_bytes = why_bytes,
	};
	const char *line;
	size_t len;
	int err;

	memset(room, 0, sizeof(*room));
	why[0] = '\0';
	len = take(&r.at, &r.left, '\n');
	r.line = 1;
	if (!shadow_parse_is(text, len, FIRST_LINE))
		return refuse(&r, "is not \"" FIRST_LINE "\"");
	do {
		r.line++;
		line = r.at;
		len = take(&r.at, &r.left, '\n');
		if (shadow_parse_is(line, len, "end"))
			return check(&r);
		err = len ? read_line(&r, line, len) :
			    refuse(&r, "the text ends before its end");
	} while (!err);
	return err;
}
