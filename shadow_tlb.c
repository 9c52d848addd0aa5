// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_tlb - what must be told to a TLB when tables change. See shadow_tlb.h.
 *
 * What is recorded is in the header, since it is done for each change; here is
 * what is read of it. docs/tlb-log.txt has the text's format.
 */
#include "shadow_tlb.h"

const char *const shadow_tlbi_names[SHADOW_NR_TLBI] = {
	[SHADOW_TLBI_VAALE1IS]	= "vaale1is",
	[SHADOW_TLBI_VAAE1IS]	= "vaae1is",
	[SHADOW_TLBI_VMALLE1IS]	= "vmalle1is",
};

/**
 * __shadow_tlb_told() - tell that an invalidation was given, not left out
 * @tlb: the tree's
 * @kind: which instruction
 * @va: first address
 * @bytes: length of the range
 * @nr: how many instructions
 *
 * Context: the tree's lock is held.
 */
void __shadow_tlb_told(const struct shadow_tlb *tlb, enum shadow_tlbi kind, u64 va,
		       u64 bytes, u64 nr)
{
	shadow_event_named(tlb->events, SHADOW_EV_TLBI, nr,
			   shadow_tlbi_names[kind], kind, va, bytes, nr);
}

/**
 * shadow_tlb_set_log() - keep a log from now on
 * @tlb: the tree's
 * @ring: room for the records; outlives the tree
 * @nr_records: how many, a power of two; 0: keep none any more
 *
 * Context: nobody changes the tables meanwhile.
 */
void shadow_tlb_set_log(struct shadow_tlb *tlb, struct shadow_tlb_record *ring,
			u32 nr_records)
{
	tlb->record = nr_records ? ring : NULL;
	tlb->mask = nr_records - 1;
	tlb->nr_records = 0;
}

/**
 * shadow_tlb_first() - the oldest record that is kept
 * @tlb: the tree's
 *
 * Context: any; with the tree's lock the answer stays true.
 * Return: its number, the first ever is 1; one more than the last where none
 * is kept.
 */
u64 shadow_tlb_first(const struct shadow_tlb *tlb)
{
	u64 room = tlb->record ? (u64)tlb->mask + 1 : 0;

	return tlb->nr_records > room ? tlb->nr_records - room + 1 : 1;
}

/**
 * shadow_tlb_get() - one record
 * @tlb: the tree's
 * @seq: its number, the first is 1
 * @record: filled
 *
 * Context: the tree's lock is held.
 * Return: false if it is not kept any more, or was not written yet.
 */
bool shadow_tlb_get(const struct shadow_tlb *tlb, u64 seq,
		    struct shadow_tlb_record *record)
{
	if (!tlb->record || seq < shadow_tlb_first(tlb) || seq > tlb->nr_records)
		return false;
	*record = tlb->record[(seq - 1) & tlb->mask];
	return true;
}

/* Whoever puts lines together */
struct lines {
	const struct shadow_geometry *geo;
	void (*emit)(void *to, const char *line);
	void *to;
	u64 seq;
};

static __printf(2, 3) void line(const struct lines *lines, const char *fmt, ...)
{
	char text[SHADOW_TLB_LINE];
	va_list args;
	int at = scnprintf(text, sizeof(text), "%llu ", lines->seq);

	va_start(args, fmt);
	vscnprintf(text + at, sizeof(text) - at, fmt, args);
	va_end(args);
	lines->emit(lines->to, text);
}

static void write_lines(const struct lines *lines,
			const struct shadow_tlb_record *record)
{
	unsigned int shift = shadow_geometry_shift(lines->geo, record->level);
	u64 va = record->va & ~0ULL << shift;
	u64 value = record->value, pa = record->pa;
	u64 i;

	for (i = 0; i < record->nr; i++, value += shadow_tlb_step(record))
		line(lines, "write 0x%llx level %d va 0x%llx value 0x%llx",
		     pa + i * sizeof(u64), record->level,
		     va + (i << shift), value);
}

static void sync_lines(const struct lines *lines)
{
	line(lines, "dsb ishst");
	line(lines, "isb");
}

/* A word in front of an instruction that was left out */
static void tlbi_lines(const struct lines *lines,
		       const struct shadow_tlb_record *record)
{
	const char *what = record->op == SHADOW_TLB_OP_MISSING ? "missing " : "";
	const char *name = shadow_tlbi_names[record->kind];
	u32 i;

	line(lines, "%sdsb ishst", what);
	if (record->kind == SHADOW_TLBI_VMALLE1IS)
		line(lines, "%stlbi %s", what, name);
	else
		for (i = 0; i < record->nr; i++)
			line(lines, "%stlbi %s 0x%llx", what, name,
			     record->va + i * shadow_tlb_step(record));
	line(lines, "%sdsb ish", what);
	line(lines, "%sisb", what);
}

/**
 * shadow_tlb_primitives() - a record as what it stands for, one thing a line
 * @geo: geometry of the tables
 * @record: the record
 * @seq: its number, in front of each line
 * @emit: called with each line, without a newline
 * @to: for @emit
 *
 * Context: that of @emit.
 */
void shadow_tlb_primitives(const struct shadow_geometry *geo,
			   const struct shadow_tlb_record *record, u64 seq,
			   void (*emit)(void *to, const char *line), void *to)
{
	const struct lines lines = {
		.geo = geo, .emit = emit, .to = to, .seq = seq,
	};

	switch (record->op) {
	case SHADOW_TLB_OP_WRITE:
		write_lines(&lines, record);
		break;
	case SHADOW_TLB_OP_WRITE_SYNC:
		write_lines(&lines, record);
		sync_lines(&lines);
		break;
	case SHADOW_TLB_OP_CLEAR:
		write_lines(&lines, record);
		tlbi_lines(&lines, record);
		break;
	case SHADOW_TLB_OP_TABLE:
		line(&lines, "table 0x%llx cleared", (u64)record->pa);
		break;
	case SHADOW_TLB_OP_FREE:
		line(&lines, "free 0x%llx", (u64)record->pa);
		break;
	case SHADOW_TLB_OP_SYNC:
		sync_lines(&lines);
		break;
	case SHADOW_TLB_OP_DMB:
		line(&lines, "dmb ishst");
		break;
	case SHADOW_TLB_OP_TLBI:
	case SHADOW_TLB_OP_MISSING:
		tlbi_lines(&lines, record);
		break;
	default:
		line(&lines, "unknown %u", record->op);
	}
}

static void write_summary(const struct shadow_tlb_record *record, u64 seq,
			  char *text, size_t room)
{
	int at = scnprintf(text, room,
			   "%llu write 0x%llx level %d va 0x%llx value 0x%llx",
			   seq, (u64)record->pa, record->level, record->va,
			   record->value);

	if (record->nr > 1)
		at += scnprintf(text + at, room - at, " and %u more",
				record->nr - 1);
	if (record->nr > 1 && record->shift)
		at += scnprintf(text + at, room - at, ", each 0x%llx larger",
				shadow_tlb_step(record));
	if (record->op == SHADOW_TLB_OP_WRITE_SYNC)
		scnprintf(text + at, room - at, "; dsb ishst; isb");
	else if (record->op == SHADOW_TLB_OP_CLEAR)
		scnprintf(text + at, room - at,
			  "; dsb ishst; tlbi %s 0x%llx; dsb ish; isb",
			  shadow_tlbi_names[record->kind], record->va);
}

static void tlbi_summary(const struct shadow_tlb_record *record, u64 seq,
			 char *text, size_t room)
{
	bool missing = record->op == SHADOW_TLB_OP_MISSING;
	int at = scnprintf(text, room, "%llu %sdsb ishst; tlbi %s", seq,
			   missing ? "MISSING: " : "",
			   shadow_tlbi_names[record->kind]);

	if (record->kind != SHADOW_TLBI_VMALLE1IS)
		at += scnprintf(text + at, room - at, " 0x%llx", record->va);
	if (record->nr > 1)
		at += scnprintf(text + at, room - at,
				" and %u more, each 0x%llx further",
				record->nr - 1, shadow_tlb_step(record));
	scnprintf(text + at, room - at, "; dsb ish; isb");
}

/**
 * shadow_tlb_summary() - a record in one line
 * @record: the record
 * @seq: its number
 * @text: filled
 * @room: bytes there, SHADOW_TLB_LINE are enough
 *
 * Context: any.
 */
void shadow_tlb_summary(const struct shadow_tlb_record *record, u64 seq,
			char *text, size_t room)
{
	switch (record->op) {
	case SHADOW_TLB_OP_WRITE:
	case SHADOW_TLB_OP_WRITE_SYNC:
	case SHADOW_TLB_OP_CLEAR:
		write_summary(record, seq, text, room);
		break;
	case SHADOW_TLB_OP_TABLE:
		scnprintf(text, room, "%llu table 0x%llx cleared", seq,
			  (u64)record->pa);
		break;
	case SHADOW_TLB_OP_FREE:
		scnprintf(text, room, "%llu free 0x%llx", seq, (u64)record->pa);
		break;
	case SHADOW_TLB_OP_SYNC:
		scnprintf(text, room, "%llu dsb ishst; isb", seq);
		break;
	case SHADOW_TLB_OP_DMB:
		scnprintf(text, room, "%llu dmb ishst", seq);
		break;
	case SHADOW_TLB_OP_TLBI:
	case SHADOW_TLB_OP_MISSING:
		tlbi_summary(record, seq, text, room);
		break;
	default:
		scnprintf(text, room, "%llu unknown %u", seq, record->op);
	}
}

/**
 * shadow_tlb_performed() - somebody invalidates by hand what was left out
 * @tlb: the tree's
 * @geo: geometry of the tables
 * @va: first address, page aligned
 * @bytes: length, whole pages; 0: everything
 *
 * Goes into the log alone: the counters are of what changes need.
 *
 * Context: the tree's lock is held.
 */
void shadow_tlb_performed(struct shadow_tlb *tlb,
			  const struct shadow_geometry *geo, u64 va, u64 bytes)
{
	struct shadow_tlb_record *record = shadow_tlb_record(tlb);
	enum shadow_tlbi kind = SHADOW_TLBI_VAAE1IS;
	u64 nr = bytes >> geo->page_shift;

	if (!nr || nr > SHADOW_TLBI_MAX_OPS(geo)) {
		kind = SHADOW_TLBI_VMALLE1IS;
		nr = 1;
	}
	shadow_tlb_told(tlb, kind, va, bytes, nr);
	if (!record)
		return;
	record->va = va;
	record->shift = geo->page_shift;
	record->nr = nr;
	record->op = SHADOW_TLB_OP_TLBI;
	record->kind = kind;
}
