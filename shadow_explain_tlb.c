// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_explain_tlb - what a TLB in software says of an address, beside what
 * the tables say: telling a wrong entry from a stale one.
 */
#include "shadow_explain_line.h"

#define put	shadow_explain_put
#define end_line	shadow_explain_end

/* "1.024 s" */
static void put_since(struct shadow_explain *ex, u64 now, u64 then)
{
	u64 ms = (now > then ? now - then : 0) / 1000000;

	put(ex, "%llu.%03llu s", ms / 1000, ms % 1000);
}

/* What an entry makes of an address, in a walk's terms */
static void walk_of(const struct shadow_soft_entry *entry,
		    const struct shadow_walker *walker, u64 va,
		    struct shadow_walk *walk)
{
	memset(walk, 0, sizeof(*walk));
	walk->va = va;
	walk->pa = shadow_soft_pa(entry, shadow_soft_va(walker, va));
	walk->attrs = entry->attrs;
	walk->limits = entry->limits;
	walk->leaf_shift = entry->shift;
	walk->level = entry->level;
	walk->hd = walker->hd;
}

static void put_letters(struct shadow_explain *ex, const struct shadow_walk *walk)
{
	static const enum shadow_access access[] = {
		SHADOW_ACCESS_EL1_READ, SHADOW_ACCESS_EL1_WRITE,
		SHADOW_ACCESS_EL1_EXEC, SHADOW_ACCESS_EL0_READ,
		SHADOW_ACCESS_EL0_WRITE, SHADOW_ACCESS_EL0_EXEC,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(access); i++)
		put(ex, "%s%c", i == 0 ? "EL1 " : i == 3 ? " EL0 " : "",
		    shadow_walk_permits(walk, access[i]) ? "rwx"[i % 3] : '-');
	put(ex, ", AttrIndx=%llu",
	    (walk->attrs & SHADOW_ATTR_INDX) >> SHADOW_ATTR_INDX_SHIFT);
}

static void put_result(struct shadow_explain *ex, const struct shadow_walk *walk)
{
	if (walk->fault != SHADOW_WALK_OK) {
		put(ex, "%s fault, level %d",
		    shadow_walk_fault_names[walk->fault], walk->level);
		return;
	}
	put(ex, "PA 0x%llx, ", (u64)walk->pa);
	put_letters(ex, walk);
}

static void put_missing(struct shadow_explain *ex,
			const struct shadow_soft_missing *missing)
{
	put(ex, "tlbi %s", shadow_tlbi_names[missing->kind]);
	if (missing->kind != SHADOW_TLBI_VMALLE1IS)
		put(ex, " of 0x%llx-0x%llx", missing->va,
		    missing->va + missing->bytes - 1);
	if (missing->seq)
		put(ex, ", record %llu of the log", missing->seq);
	if (missing->nr > 1)
		put(ex, ", and %u later ones", missing->nr - 1);
}

static void missing_line(struct shadow_explain *ex, u64 now,
			 const struct shadow_soft_entry *entry, bool stale)
{
	if (entry->missing.nr) {
		put(ex, "  missing since ");
		put_since(ex, now, entry->missing.ns);
		put(ex, ": ");
		put_missing(ex, &entry->missing);
		put(ex, stale ? "; `tlbi VA` in ctl performs it" :
				"; but the tables say the same again");
		end_line(ex);
	} else if (stale) {
		put(ex,
		    "  no invalidation was asked for: the change of the tables has forgotten it, or left it to a later one, as vfree does to vmalloc_purge");
		end_line(ex);
	}
}

static void entry_lines(struct shadow_explain *ex, u64 now,
			const struct shadow_soft_entry *entry,
			const struct shadow_walk *tables)
{
	bool agrees = shadow_soft_entry_agrees(entry, ex->walker, tables);
	struct shadow_walk walk;

	walk_of(entry, ex->walker, tables->va, &walk);
	put(ex, agrees ? "TLB hit: " : "STALE translation: the TLB still says ");
	put_result(ex, &walk);
	if (agrees) {
		put(ex, "; the tables say the same");
	} else {
		put(ex, "; the tables say ");
		put_result(ex, tables);
	}
	end_line(ex);
	put(ex, "  entry of %llu KiB at VA 0x%llx to PA 0x%llx, %s, filled ",
	    1ULL << (entry->shift - 10), entry->va, (u64)entry->pa,
	    entry->attrs & SHADOW_ATTR_NG ? "of one ASID" : "global");
	put_since(ex, now, entry->ns);
	put(ex, " ago");
	end_line(ex);
	missing_line(ex, now, entry, !agrees);
}

/**
 * shadow_explain_tlb() - what the TLB says of an address
 * @soft: the TLB
 * @walker: walker of the address' half
 * @asid: address space in use
 * @va: the address
 * @emit: called with each line, without a newline
 * @to: for @emit
 *
 * Changes nothing.
 *
 * Context: that of the walker's @read and of @emit; takes the TLB's lock.
 */
void shadow_explain_tlb(struct shadow_soft_tlb *soft,
			const struct shadow_walker *walker, u16 asid, u64 va,
			void (*emit)(void *to, const char *line), void *to)
{
	struct shadow_explain ex = {
		.walker = walker,
		.emit = emit,
		.to = to,
	};
	struct shadow_soft_entry entry;
	struct shadow_walk tables;
	unsigned int at = 0, nr = 0;

	if (walker->identity || walker->between)
		return;
	shadow_walk(walker, va, &tables);
	while (shadow_soft_tlb_find(soft, asid, shadow_soft_va(walker, va), &at,
				    &entry)) {
		entry_lines(&ex, soft->now(), &entry, &tables);
		nr++;
	}
	if (!nr)
		put(&ex, "TLB: no entry%s", tables.fault == SHADOW_WALK_OK ?
		    ": the next use walks the tables and fills one" :
		    ", and a walk that faults leaves none");
	else if (nr > 1)
		put(&ex,
		    "WARNING: %u entries answer: a CPU may use any of them, mix them, or take a TLB conflict abort",
		    nr);
	if (nr != 1)
		end_line(&ex);
}

static void take_line(void *to, const char *line)
{
}

/**
 * shadow_explain_soft_entry() - an entry in one line, and whether it is stale
 * @entry: the entry
 * @walker: walker of its half
 * @now: the machine's clock
 * @text: filled
 * @room: bytes there, SHADOW_EXPLAIN_LINE are enough
 *
 * Context: that of the walker's @read.
 */
void shadow_explain_soft_entry(const struct shadow_soft_entry *entry,
			       const struct shadow_walker *walker, u64 now,
			       char *text, size_t room)
{
	struct shadow_explain ex = { .walker = walker, .emit = take_line };
	struct shadow_walk walk;
	u64 va;

	walk_of(entry, walker, entry->va, &walk);
	put(&ex, "0x%016llx-0x%016llx ", entry->va, shadow_soft_last(entry));
	put_result(&ex, &walk);
	if (entry->attrs & SHADOW_ATTR_NG)
		put(&ex, ", ASID %u", entry->asid);
	if (shadow_soft_entry_stale(entry, walker, &va)) {
		put(&ex, ": STALE at 0x%llx", va);
		if (entry->missing.nr) {
			put(&ex, ", missing since ");
			put_since(&ex, now, entry->missing.ns);
			put(&ex, ": ");
			put_missing(&ex, &entry->missing);
		} else {
			put(&ex, ", no invalidation was asked for");
		}
	} else if (entry->missing.nr) {
		put(&ex, ": as the tables again, missing ");
		put_missing(&ex, &entry->missing);
	} else {
		put(&ex, ": as the tables");
	}
	ex.line[ex.at] = '\0';
	strscpy(text, ex.line, room);
}
