// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ring_text - a record as a line for people. See shadow_ring.h.
 */
#include <linux/math64.h>

#include "shadow_ring.h"

/* Arguments that are read by their digits: addresses, and words of flags */
static const char *const digits[] = {
	"pa", "va", "base", "root", "root_pa", "table_pa", "min", "max", "prot",
	"gfp", "gfp_flags", "flags", "root_flags", "owner_flags", "bytes_nid",
};

static bool is_digits(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(digits); i++)
		if (!strcmp(name, digits[i]))
			return true;
	return false;
}

/* Asking for a route changes none of what is asked for: an own flag, unnamed */
static u64 shown(const char *name, u64 arg)
{
	return strcmp(name, "gfp") && strcmp(name, "gfp_flags") ? arg :
	       arg & ~SHADOW_RING_GFP_HIDDEN;
}

/**
 * shadow_ring_parts() - the numbers that are in one argument, as text
 * @names: as shadow_events has them, with blanks between
 * @arg: made by shadow_event_pack()
 * @text: filled: " NAME=NUMBER" of each
 * @bytes: room there
 *
 * Context: any.
 * Return: characters of @text.
 */
int shadow_ring_parts(const char *names, u64 arg, char *text, size_t bytes)
{
	unsigned int nr;
	int len = 0, end;

	for (nr = 0; *names && nr < SHADOW_EVENT_PARTS; nr++) {
		end = strcspn(names, " ");
		len += scnprintf(text + len, bytes - len, " %.*s=%u", end, names,
				 shadow_event_part(arg, nr));
		names += end;
		names += *names == ' ';
	}
	return len;
}

static int put_args(const char *const *name, const u64 *arg, char *text,
		    size_t bytes)
{
	int len = 0, i;

	for (i = 0; i < SHADOW_RING_ARGS && name[i]; i++) {
		/* Everybody may read this: no pointer of the host's */
		if (!strcmp(name[i], "caller"))
			continue;
		if (strchr(name[i], ' '))
			len += shadow_ring_parts(name[i], arg[i], text + len,
						  bytes - len);
		else if (arg[i] == SHADOW_RING_NO_PAGE)
			len += scnprintf(text + len, bytes - len, " %s=none", name[i]);
		else if (is_digits(name[i]))
			len += scnprintf(text + len, bytes - len, " %s=0x%llx",
					 name[i], shown(name[i], arg[i]));
		else
			len += scnprintf(text + len, bytes - len, " %s=%llu",
					 name[i], arg[i]);
	}
	return len;
}

static bool is_text(const char *payload, s32 nr)
{
	s32 i;

	for (i = 0; i < nr; i++)
		if (payload[i] < ' ' || payload[i] > '~')
			return false;
	return nr > 0;
}

/* More of the record before: text as it is, numbers as numbers */
static int put_more(const struct shadow_ring_record *record, char *text,
		    size_t bytes)
{
	const char *payload = (const char *)record->arg;
	s32 nr = clamp_t(s32, record->err, 0, sizeof(record->arg));
	int len = scnprintf(text, bytes, "  with");
	s32 i;

	if (is_text(payload, nr))
		return len + scnprintf(text + len, bytes - len, " \"%.*s\"", nr,
				       payload);
	for (i = 0; i < nr / (s32)sizeof(u64); i++) {
		if (record->arg[i] >= SHADOW_RING_HAD_PAGE)
			len += scnprintf(text + len, bytes - len, " none");
		else
			len += scnprintf(text + len, bytes - len, " %llu",
					 record->arg[i]);
	}
	return len;
}

static int put_op(const struct shadow_ring_record *record, char *text,
		  size_t bytes)
{
	unsigned int op = record->id & ~SHADOW_RING_OP;
	int len;

	if (op >= SHADOW_NR_OPS || !shadow_ops[op].name)
		return scnprintf(text, bytes, "operation %u", op);
	len = scnprintf(text, bytes, "%s", shadow_ops[op].name);
	len += put_args(shadow_ops[op].arg, record->arg, text + len, bytes - len);
	if (record->err)
		return len + scnprintf(text + len, bytes - len, ": error %d",
				       record->err);
	return len + scnprintf(text + len, bytes - len, ": done");
}

static int put_event(const struct shadow_ring_record *record, char *text,
		     size_t bytes)
{
	const struct shadow_event_info *info;
	int len;

	if (record->id >= SHADOW_NR_EVENTS)
		return scnprintf(text, bytes, "  event %u", record->id);
	info = &shadow_events[record->id];
	len = scnprintf(text, bytes, "  %s", info->name);
	len += put_args(info->arg, record->arg, text + len, bytes - len);
	if (*info->unit)
		len += scnprintf(text + len, bytes - len, " %s=%d", info->unit,
				 record->err);
	return len;
}

/**
 * shadow_ring_format() - a record as a line
 * @record: a copy of it
 * @text: filled: number, seconds, CPU, node, what; events are indented, as they
 *	belong to the operation that comes next; without newline
 * @bytes: room there, SHADOW_RING_LINE is enough
 *
 * Context: any.
 * Return: characters of @text.
 */
int shadow_ring_format(const struct shadow_ring_record *record, char *text,
		       size_t bytes)
{
	u32 ns;
	u64 seconds = div_u64_rem(record->ns, 1000000000, &ns);
	int len = scnprintf(text, bytes, "%8llu %6llu.%09u %3u %4u  ",
			    record->seq, seconds, ns, record->cpu, record->nid);

	if (record->id == SHADOW_RING_MORE)
		return len + put_more(record, text + len, bytes - len);
	if (record->id & SHADOW_RING_OP)
		return len + put_op(record, text + len, bytes - len);
	return len + put_event(record, text + len, bytes - len);
}

/**
 * shadow_ring_head() - how a file of records begins
 * @ring: the machine's, or NULL: it has none
 * @text_bytes: of the text that follows, which fills up to a multiple of 64
 * @nr_cpus: of the machine
 * @head: filled
 *
 * Context: any; of one moment where nothing is recorded meanwhile.
 */
void shadow_ring_head(const struct shadow_ring *ring, u64 text_bytes,
		      unsigned int nr_cpus, struct shadow_ring_file *head)
{
	u64 last = ring ? shadow_ring_last(ring) : 0;
	u64 nr_first = ring ? ring->nr_first : 0;

	*head = (struct shadow_ring_file) {
		.magic = SHADOW_RING_MAGIC,
		.version = SHADOW_RING_VERSION,
		.header_bytes = sizeof(*head),
		.text_bytes = text_bytes,
		.records_at = sizeof(*head) + text_bytes,
		.record_bytes = sizeof(struct shadow_ring_record),
		.nr_cpus = nr_cpus,
		.nr_first = min(nr_first, last),
		.last = last,
		.lost = ring && last > ring->nr ? last - ring->nr : 0,
	};
	head->nr_records = last - head->lost;
	head->first_tail = head->nr_first + head->lost + 1;
}
