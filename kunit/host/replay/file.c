// SPDX-License-Identifier: GPL-2.0-only
/*
 * file - a history as the module writes it to events.bin.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"

int refuse(char *why, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, REPLAY_WHY, fmt, args);
	va_end(args);
	return -EINVAL;
}

bool record_is_op(const struct shadow_ring_record *record)
{
	return (record->id & SHADOW_RING_OP) && record->id != SHADOW_RING_MORE &&
	       record->id != SHADOW_RING_GONE;
}

/* Place of the first operation from a place on; @nr: there is none */
u64 history_op_after(const struct history *history, u64 at)
{
	while (at < history->nr && !record_is_op(&history->record[at]))
		at++;
	return at;
}

/* Behind an operation and its payload */
u64 history_end_of(const struct history *history, u64 op)
{
	for (op++; op < history->nr; op++)
		if (history->record[op].id != SHADOW_RING_MORE)
			break;
	return op;
}

/*
 * Where records were lost, the last operation before them may have had a longer
 * payload: it counts if something else follows it.
 */
static void find_usable(struct history *history)
{
	u64 at = 0, op, end;

	for (;;) {
		op = history_op_after(history, at);
		if (op == history->nr)
			break;
		end = history_end_of(history, op);
		if (end == history->nr && history->lost)
			break;
		at = end;
	}
	history->nr_usable = at;
}

static char *read_file(const char *name, size_t *bytes, char *why)
{
	FILE *file = fopen(name, "rb");
	char *text = NULL, *more;
	size_t room = 1 << 20, nr = 0, part;

	if (!file) {
		refuse(why, "%s: %s", name, strerror(errno));
		return NULL;
	}
	do {
		room *= 2;
		more = realloc(text, room);
		if (!more) {
			refuse(why, "%s: no memory for %zu bytes", name, room);
			free(text);
			fclose(file);
			return NULL;
		}
		text = more;
		part = fread(text + nr, 1, room - nr, file);
		nr += part;
	} while (nr == room);
	if (ferror(file)) {
		refuse(why, "%s: %s", name, strerror(errno));
		free(text);
		text = NULL;
	}
	fclose(file);
	*bytes = nr;
	return text;
}

static int check_head(const struct history *h, const struct shadow_ring_file *head,
		      size_t bytes, char *why)
{
	if (bytes < sizeof(head->magic) ||
	    memcmp(head->magic, SHADOW_RING_MAGIC, sizeof(head->magic)))
		return refuse(why, "%s: not an events.bin of shadow_mm", h->name);
	if (bytes < sizeof(*head))
		return refuse(why, "%s: cut off: %zu bytes, its header has %zu",
			      h->name, bytes, sizeof(*head));
	if (head->version != SHADOW_RING_VERSION ||
	    head->record_bytes != sizeof(struct shadow_ring_record))
		return refuse(why, "%s: format %u, records of %u bytes; understood: %u and %zu",
			      h->name, head->version, head->record_bytes,
			      SHADOW_RING_VERSION,
			      sizeof(struct shadow_ring_record));
	if (head->header_bytes > bytes || head->text_bytes > bytes ||
	    head->records_at > bytes || head->records_at % sizeof(u64) ||
	    head->header_bytes + head->text_bytes > head->records_at ||
	    head->nr_records > (bytes - head->records_at) / head->record_bytes)
		return refuse(why, "%s: cut off: %llu records from byte %llu on, in %zu bytes",
			      h->name, (unsigned long long)head->nr_records,
			      (unsigned long long)head->records_at, bytes);
	if (head->nr_first > head->nr_records)
		return refuse(why, "%s: says that %llu of %llu records are the first ones",
			      h->name, (unsigned long long)head->nr_first,
			      (unsigned long long)head->nr_records);
	return 0;
}

/* Up to where records have their numbers */
static void count_records(struct history *h, const struct shadow_ring_file *head)
{
	u64 nr = head->lost ? head->nr_first : head->nr_records;

	h->record = (const void *)(h->bytes + head->records_at);
	h->last = head->last;
	h->lost = head->lost;
	for (h->nr = 0; h->nr < nr; h->nr++) {
		if (h->record[h->nr].seq == h->nr + 1 &&
		    h->record[h->nr].id != SHADOW_RING_GONE)
			continue;
		h->lost++;
		break;
	}
}

/**
 * history_load() - read a file of events
 * @history: filled
 * @name: of the file
 * @why: why not, one line
 *
 * Return: 0 or -EINVAL.
 */
int history_load(struct history *history, const char *name, char *why)
{
	const struct shadow_ring_file *head;
	char said[SHADOW_SETUP_WHY];
	size_t bytes;
	int err;

	memset(history, 0, sizeof(*history));
	history->name = name;
	history->bytes = read_file(name, &bytes, why);
	if (!history->bytes)
		return -EINVAL;
	head = (const void *)history->bytes;
	err = check_head(history, head, bytes, why);
	if (err)
		return err;
	if (!head->nr_records)
		return refuse(why, "%s: no records; allowed: of a machine with ring=RECORDS",
			      name);
	if (shadow_setup_read(history->bytes + head->header_bytes,
			      head->text_bytes, &history->room, said,
			      sizeof(said)))
		return refuse(why, "%s: %s", name, said);
	count_records(history, head);
	find_usable(history);
	return 0;
}

struct sink {
	char *text;
	size_t nr;
};

static void put(void *to, const char *text, size_t bytes)
{
	struct sink *sink = to;
	char *more = realloc(sink->text, sink->nr + bytes + 1);

	if (!more)
		abort();
	memcpy(more + sink->nr, text, bytes);
	sink->text = more;
	sink->nr += bytes;
}

/**
 * history_save() - write a machine's history as the module does
 * @name: of the file
 * @setup: what it was booted from
 * @ring: its records
 * @why: why not, one line
 *
 * Return: 0 or -EINVAL.
 */
int history_save(const char *name, const struct shadow_setup *setup,
		 const struct shadow_ring *ring, char *why)
{
	u64 last = shadow_ring_last(ring), lost = shadow_ring_lost(ring), seq;
	struct sink sink = {};
	const struct shadow_text text = { put, &sink };
	struct shadow_ring_file head = {
		.magic = SHADOW_RING_MAGIC, .version = SHADOW_RING_VERSION,
		.header_bytes = sizeof(head),
		.record_bytes = sizeof(struct shadow_ring_record),
		.nr_cpus = setup->nr_cpus, .nr_records = last - lost,
		.nr_first = min_t(u64, ring->nr_first, last), .last = last,
		.lost = lost,
	};
	struct shadow_ring_record record;
	FILE *file = fopen(name, "wb");

	if (!file)
		return refuse(why, "%s: %s", name, strerror(errno));
	head.first_tail = head.nr_first + lost + 1;
	shadow_setup_print(setup, &text);
	while ((sizeof(head) + sink.nr) % sizeof(record))
		put(&sink, "\n", 1);
	head.text_bytes = sink.nr;
	head.records_at = sizeof(head) + sink.nr;
	fwrite(&head, sizeof(head), 1, file);
	fwrite(sink.text, 1, sink.nr, file);
	free(sink.text);
	for (seq = 1; seq <= last; seq++) {
		if (seq > head.nr_first && seq < head.first_tail)
			continue;
		if (!shadow_ring_read(ring, seq, &record))
			record = (struct shadow_ring_record) { .id = SHADOW_RING_GONE };
		fwrite(&record, sizeof(record), 1, file);
	}
	if (fclose(file))
		return refuse(why, "%s: %s", name, strerror(errno));
	return 0;
}
