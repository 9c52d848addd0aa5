// SPDX-License-Identifier: GPL-2.0-only
/*
 * step - one operation, and whether everything came out as it was recorded.
 *
 * The machine has a ring of its own, so what happens to it is recorded, too.
 */
#include <stdio.h>
#include <stdlib.h>

#include "replay.h"

/* One line: number, CPU, name, arguments, result */
void record_print(const struct shadow_ring_record *record, char *text,
		  size_t bytes)
{
	const char *name = "?", *const *arg = NULL;
	unsigned int id = record->id, i;
	bool op = record_is_op(record);
	int at;

	if (id == SHADOW_RING_MORE)
		name = "(payload)";
	else if (op && (id & ~SHADOW_RING_OP) < SHADOW_NR_OPS &&
		 shadow_ops[id & ~SHADOW_RING_OP].name)
		name = shadow_ops[id & ~SHADOW_RING_OP].name,
		arg = shadow_ops[id & ~SHADOW_RING_OP].arg;
	else if (!op && id < SHADOW_NR_EVENTS)
		name = shadow_events[id].name, arg = shadow_events[id].arg;
	at = scnprintf(text, bytes, "%llu cpu %u %s%s",
		       (unsigned long long)record->seq, record->cpu,
		       op ? "" : "  ", name);
	for (i = 0; i < SHADOW_RING_ARGS && (!arg || arg[i]); i++) {
		if (arg && strchr(arg[i], ' '))
			at += shadow_ring_parts(arg[i], record->arg[i], text + at,
						 bytes - at);
		else
			at += scnprintf(text + at, bytes - at, " %s=0x%llx",
					arg ? arg[i] : "arg",
					(unsigned long long)record->arg[i]);
	}
	scnprintf(text + at, bytes - at, op ? " = %d" : " nr %d", record->err);
}

/* What a clock has said is not compared */
static bool compared(const struct shadow_ring_record *record, unsigned int arg)
{
	const char *name;

	if (record->id >= SHADOW_NR_EVENTS)
		return true;
	name = shadow_events[record->id].arg[arg];
	return !name || strcmp(name, "ns");
}

static bool same_record(const struct shadow_ring_record *a,
			const struct shadow_ring_record *b)
{
	unsigned int i;

	if (a->seq != b->seq || a->id != b->id || a->cpu != b->cpu ||
	    a->nid != b->nid || a->err != b->err)
		return false;
	for (i = 0; i < SHADOW_RING_ARGS; i++)
		if (a->arg[i] != b->arg[i] && compared(a, i))
			return false;
	return true;
}

/* What a line does not show: the node, and words that have no name */
static void add_hidden(const struct shadow_ring_record *was,
		       const struct shadow_ring_record *now, char *text, size_t bytes)
{
	size_t at = strlen(text);
	unsigned int i;

	if (was->nid != now->nid)
		at += scnprintf(text + at, bytes - at, ", node %d", was->nid);
	for (i = 0; i < SHADOW_RING_ARGS; i++)
		if (was->arg[i] != now->arg[i] && compared(was, i))
			at += scnprintf(text + at, bytes - at, ", word %u 0x%llx", i,
					(unsigned long long)was->arg[i]);
}

static int differs(struct replay *r, u64 at, const struct shadow_ring_record *now)
{
	const struct shadow_ring_record *recorded = &r->history->record[at];
	char was[240], is[240] = "nothing";

	record_print(recorded, was, sizeof(was));
	if (now)
		record_print(now, is, sizeof(is));
	if (now && !strcmp(was, is)) {
		add_hidden(recorded, now, was, sizeof(was));
		add_hidden(now, recorded, is, sizeof(is));
	}
	return refuse(r->why, "record %llu came out otherwise: recorded was: %s; replayed: %s",
		      (unsigned long long)at + 1, was, is);
}

static int compare(struct replay *r, u64 end)
{
	const struct shadow_ring *ring = r->machine->mm.events.ring;
	const struct shadow_ring_record *was = r->history->record;
	struct shadow_ring_record now;
	u64 at;

	if (!ring)
		return refuse(r->why, "the machine has no ring: ring= is missing in the setup");
	for (at = r->at; at < end; at++) {
		if (!shadow_ring_read(ring, at + 1, &now))
			return differs(r, at, NULL);
		if (!same_record(&was[at], &now))
			return differs(r, at, &now);
	}
	if (shadow_ring_last(ring) == end)
		return 0;
	if (!shadow_ring_read(ring, end + 1, &now))
		return refuse(r->why, "after record %llu something more was recorded",
			      (unsigned long long)end);
	record_print(&now, r->why, sizeof(r->why));
	memmove(r->why + 40, r->why, sizeof(r->why) - 41);
	memcpy(r->why, "replayed, but not in the history:       ", 40);
	return -EINVAL;
}

/* What follows an operation, in one piece; to be freed */
static char *gather(const struct history *history, u64 op, u64 end, size_t *bytes)
{
	char *text = malloc((end - op) * sizeof(history->record->arg) + 1);
	size_t part;

	if (!text)
		abort();
	for (*bytes = 0; ++op < end; *bytes += part) {
		part = min_t(size_t, history->record[op].err,
			     sizeof(history->record->arg));
		memcpy(text + *bytes, history->record[op].arg, part);
	}
	text[*bytes] = '\0';
	return text;
}

/**
 * replay_step() - run the next operation
 * @replay: a replay that is not at the end
 *
 * Return: 0; -EINVAL with @why set where it came out otherwise.
 */
int replay_step(struct replay *replay)
{
	const struct history *history = replay->history;
	u64 op = history_op_after(history, replay->at);
	u64 end = history_end_of(history, op);
	char *payload, why[200];
	size_t bytes;
	int err;

	payload = gather(history, op, end, &bytes);
	machine_on_cpu(history->record[op].cpu);
	err = run_op(replay->machine, &history->record[op], payload, bytes, why);
	free(payload);
	if (err)
		return refuse(replay->why, "record %llu cannot be run: %s",
			      (unsigned long long)op + 1, why);
	if (!replay->unchecked)
		err = compare(replay, end);
	if (err)
		return err;
	replay->at = end;
	replay->nr_ops++;
	return 0;
}
