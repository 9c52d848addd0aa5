// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_break - the kinds of damage, and who is asked after each. See
 * shadow_break.h.
 */
#include "shadow_audit.h"
#include "shadow_boot.h"
#include "shadow_break_room.h"
#include "shadow_parse.h"
#include "shadow_random.h"
#include "shadow_ring.h"
#include "shadow_slab_report.h"

#define WITH(phase)	(SHADOW_PHASE_##phase + 1)

static const struct shadow_break_kind kinds[] = {
	{ "page_flags", "PFN[:BIT]", 31,
	  "turns a bit of a frame's flags, by default one of its state",
	  SHADOW_BREAK_AUDIT, "memmap: |buddy: |pcp: |slab: |slob: |zone ",
	  WITH(WATERMARKS), 0, shadow_break_page_flags },
	{ "refcount_used", "PFN", 0,
	  "gives a block in use fewer references than none",
	  SHADOW_BREAK_AUDIT, "memmap: ", WITH(WATERMARKS), 0,
	  shadow_break_refcount_used },
	{ "refcount_free", "PFN", 0,
	  "gives a free block a reference",
	  SHADOW_BREAK_AUDIT, "memmap: ", WITH(WATERMARKS), 0,
	  shadow_break_refcount_free },
	{ "owner", "PFN", 0,
	  "says of a block in use that it is a slab",
	  SHADOW_BREAK_AUDIT, "slab: |slob: ", WITH(SLAB_INIT), 0,
	  shadow_break_owner },
	{ "used_as_free", "PFN", 0,
	  "says of a block in use that it is free in the buddy",
	  SHADOW_BREAK_AUDIT, "memmap: |zone ", WITH(WATERMARKS), 0,
	  shadow_break_used_as_free },
	{ "free_link", "PFN", 0,
	  "lets the link of a free block point outside of the memmap",
	  SHADOW_BREAK_AUDIT, "buddy: ", WITH(WATERMARKS), 0,
	  shadow_break_free_link },
	{ "free_cycle", "PFN", 0,
	  "links a free block to itself: its list has no end",
	  SHADOW_BREAK_AUDIT, "buddy: ", WITH(WATERMARKS), 0,
	  shadow_break_free_cycle },
	{ "free_order", "PFN", 0,
	  "says of a free block that it is of another order than its list",
	  SHADOW_BREAK_AUDIT, "memmap: |buddy: |zone ", WITH(WATERMARKS), 0,
	  shadow_break_free_order },
	{ "lost_merge", "PFN", 0,
	  "puts the halves of a free block on lists as two, not merged",
	  SHADOW_BREAK_AUDIT, "not merged", WITH(WATERMARKS), 0,
	  shadow_break_lost_merge },
	{ "wrong_zone", "PFN", 0,
	  "says of a free block that it is another zone's than its list",
	  SHADOW_BREAK_AUDIT, "memmap: |buddy: ", WITH(WATERMARKS), 0,
	  shadow_break_wrong_zone },
	{ "block_type", "PFN", 0,
	  "gives a pageblock a migratetype that there is not",
	  SHADOW_BREAK_AUDIT, "mobility: ", WITH(WATERMARKS), 0,
	  shadow_break_block_type },
	{ "nr_free", "ORDER", 0,
	  "counts one free block of an order too many",
	  SHADOW_BREAK_AUDIT, "nr_free says", WITH(WATERMARKS), 0,
	  shadow_break_nr_free },
	{ "zone_count", "PFN", 0,
	  "counts one frame of a zone too many as managed",
	  SHADOW_BREAK_AUDIT, "zone ", WITH(WATERMARKS), 0,
	  shadow_break_zone_count },
	{ "pcp_count", "CPU", 0,
	  "counts one frame too many on a CPU's lists",
	  SHADOW_BREAK_AUDIT, "pcp: ", WITH(WATERMARKS), 0,
	  shadow_break_pcp_count },
	{ "pcp_link", "CPU", 0,
	  "lets a link of a CPU's list point outside of the memmap",
	  SHADOW_BREAK_AUDIT, "pcp: ", WITH(WATERMARKS), 0,
	  shadow_break_pcp_link },
	{ "slab_link", "PA", 0,
	  "overwrites the link in a free object (slab=slub)",
	  SHADOW_BREAK_AUDIT, "slab: ", WITH(SLAB_INIT), 0,
	  shadow_break_slab_link },
	{ "slab_head", "PA", 0,
	  "overwrites where a slab's list of free objects begins",
	  SHADOW_BREAK_AUDIT, "slab: |slob: ", WITH(SLAB_INIT), 0,
	  shadow_break_slab_head },
	{ "slab_inuse", "PA", 0,
	  "counts one object too many in a slab",
	  SHADOW_BREAK_AUDIT, "slab: |slob: ", WITH(SLAB_INIT), 0,
	  shadow_break_slab_inuse },
	{ "slab_cache", "PA", 0,
	  "says of a slab that it is of a cache that there is not",
	  SHADOW_BREAK_AUDIT, "slab: |slob: ", WITH(SLAB_INIT), 0,
	  shadow_break_slab_cache },
	{ "slab_lost", "PA", 0,
	  "gives the frames of a slab in use back to the buddy",
	  SHADOW_BREAK_AUDIT, "slab: |slob: ", WITH(SLAB_INIT), 0,
	  shadow_break_slab_lost },
	{ "red_zone", "PA", 0,
	  "writes to the byte behind an object in use with RED_ZONE",
	  SHADOW_BREAK_REPORTS, "Right Redzone overwritten", WITH(SLAB_INIT), 0,
	  shadow_break_red_zone },
	{ "use_after_free", "PA", 0,
	  "writes to a free object with POISON",
	  SHADOW_BREAK_REPORTS, "Poison overwritten", WITH(SLAB_INIT), 0,
	  shadow_break_use_after_free },
	{ "double_free", "PA", 0,
	  "frees an object twice; without PA one of kmalloc(64)",
	  SHADOW_BREAK_REFUSAL, "", WITH(SLAB_INIT), 0,
	  shadow_break_double_free },
	{ "bad_free", "PA", 0,
	  "frees an address inside an object; without PA in one of kmalloc(64)",
	  SHADOW_BREAK_REFUSAL, "", WITH(SLAB_INIT), 0,
	  shadow_break_bad_free },
	{ "desc_bit", "VA[:BIT]", 63,
	  "turns a bit of the last descriptor of an address, by default AF",
	  SHADOW_BREAK_AUDIT, "shadow_pgtable: ", WITH(PAGING_INIT), 0,
	  shadow_break_desc_bit },
	{ "desc_outside", "VA", 0,
	  "lets a table descriptor point outside of the block",
	  SHADOW_BREAK_AUDIT, "table outside the block", WITH(PAGING_INIT), 0,
	  shadow_break_desc_outside },
	{ "desc_lost", "VA", 0,
	  "clears the last descriptor of an address, uncounted",
	  SHADOW_BREAK_AUDIT, "shadow_pgtable: ", WITH(PAGING_INIT), 0,
	  shadow_break_desc_lost },
	{ "stale_tlb", "VA", 0,
	  "makes a page read-only and leaves the invalidation out (tlbi=stale)",
	  SHADOW_BREAK_TLB, "the TLB still has", WITH(MEM_INIT), 0,
	  shadow_break_stale_tlb },
	{ "area_frame", "VA", 0,
	  "lets a page of a vmalloc area show another frame",
	  SHADOW_BREAK_AUDIT, "vmalloc: ", WITH(VMALLOC_INIT), 0,
	  shadow_break_area_frame },
	{ "area_unmapped", "VA", 0,
	  "unmaps a page of a vmalloc area that has not been freed",
	  SHADOW_BREAK_AUDIT, "vmalloc: ", WITH(VMALLOC_INIT), 0,
	  shadow_break_area_unmapped },
	{ "area_overlap", "VA", 0,
	  "lets a vmalloc area begin inside the one before it",
	  SHADOW_BREAK_AUDIT, "vmap_tree: ", WITH(VMALLOC_INIT), 0,
	  shadow_break_area_overlap },
	{ "area_link", "VA", 0,
	  "lets the search tree lead from a vmalloc area to none",
	  SHADOW_BREAK_AUDIT, "vmap_tree: ", WITH(VMALLOC_INIT), 0,
	  shadow_break_area_link },
	{ "kmap_count", "PFN", 0,
	  "counts users of a kmap slot that there are not",
	  SHADOW_BREAK_AUDIT, "shadow_kmap: ", WITH(MEM_INIT), 0,
	  shadow_break_kmap_count },
	{ "memblock_overlap", "", 0,
	  "lets a region of memblock reach into the next one",
	  SHADOW_BREAK_AUDIT, "memblock: ", WITH(MEMBLOCK_INIT), WITH(MEM_INIT),
	  shadow_break_memblock_overlap },
	{ "ring_gap", "", 0,
	  "lets the history leave a number out (ring=)",
	  SHADOW_BREAK_AUDIT, "ring: ", WITH(PRESERVE_BOOT_ARGS), 0,
	  shadow_break_ring_gap },
	{ "ring_record", "NUMBER", 0,
	  "gives a record of the history another number (ring=)",
	  SHADOW_BREAK_AUDIT, "ring: record", WITH(PRESERVE_BOOT_ARGS), 0,
	  shadow_break_ring_record },
};

static const char *const check_names[] = {
	[SHADOW_BREAK_AUDIT]	= "audit",
	[SHADOW_BREAK_REPORTS]	= "slab_reports",
	[SHADOW_BREAK_TLB]	= "tlb",
	[SHADOW_BREAK_REFUSAL]	= "the allocator",
};

/**
 * shadow_break_kind() - one of the kinds of damage
 * @kind: which, from 0
 *
 * Context: any.
 * Return: it, or NULL behind the last.
 */
const struct shadow_break_kind *shadow_break_kind(unsigned int kind)
{
	return kind < ARRAY_SIZE(kinds) ? &kinds[kind] : NULL;
}

/**
 * shadow_break_find() - the kind of a name
 * @name: the word
 * @len: its length in bytes
 *
 * Context: any.
 * Return: index of the kind, or -EINVAL.
 */
int shadow_break_find(const char *name, size_t len)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (shadow_parse_is(name, len, kinds[i].name))
			return i;
	return -EINVAL;
}

/**
 * shadow_break_list() - the names of all kinds
 * @text: filled
 * @bytes: room there
 *
 * Context: any.
 */
void shadow_break_list(char *text, size_t bytes)
{
	unsigned int i;
	int len = 0;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		len += scnprintf(text + len, bytes - len, "%s%s", i ? " " : "",
				 kinds[i].name);
}

/**
 * shadow_break_check_name() - who sees a damage
 * @check: which check
 *
 * Context: any.
 * Return: the name of a file in shadow_mm/, or "the allocator".
 */
const char *shadow_break_check_name(enum shadow_break_check check)
{
	return check_names[check];
}

/**
 * shadow_break_refuse() - nothing is damaged
 * @b: the damage
 * @err: -errno
 * @fmt: why, and what is allowed, or what to do first
 *
 * Context: any.
 * Return: @err.
 */
int shadow_break_refuse(struct shadow_break *b, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(b->did, sizeof(b->did), fmt, args);
	va_end(args);
	return err;
}

/**
 * shadow_break_did() - it is done
 * @b: the damage
 * @fmt: what has changed, from what to what
 *
 * Context: any.
 * Return: 0.
 */
int shadow_break_did(struct shadow_break *b, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(b->did, sizeof(b->did), fmt, args);
	va_end(args);
	return 0;
}

/* The first thing that the whole audit finds */
static void ask_audit(struct shadow_break *b)
{
	struct shadow_audit *audit = b->mm->host->zalloc(sizeof(*audit));

	if (!audit) {
		strscpy(b->line, "no memory to run it", sizeof(b->line));
		return;
	}
	if (shadow_audit(b->mm, audit))
		strscpy(b->line, audit->fault.text, sizeof(b->line));
	b->mm->host->free(audit);
}

/* The newest report, if looking at the cache's objects has made one */
static void ask_reports(struct shadow_break *b)
{
	struct shadow_slab *slab = &b->mm->slab;
	struct shadow_slab_report *report;
	u64 nr = shadow_slab_nr_reports(slab);

	shadow_kmem_cache_check(b->cache);
	if (shadow_slab_nr_reports(slab) == nr)
		return;
	report = b->mm->host->zalloc(sizeof(*report));
	if (!report)
		return;
	if (shadow_slab_get_report(slab, nr + 1, report))
		strscpy(b->line, report->line, sizeof(b->line));
	b->mm->host->free(report);
}

/* What the allocator made of it */
static void ask_allocator(struct shadow_break *b)
{
	struct shadow_slab_report *report;

	if (shadow_fault_frozen(&b->mm->fault)) {
		scnprintf(b->line, sizeof(b->line), "%s", b->mm->fault.text);
		return;
	}
	if (!b->refusal)
		return;
	scnprintf(b->line, sizeof(b->line), "kfree says %d, nothing has changed",
		  b->refusal);
	report = b->mm->host->zalloc(sizeof(*report));
	if (report && shadow_slab_get_report(&b->mm->slab, b->nr_reports + 1, report))
		strscpy(b->line, report->line, sizeof(b->line));
	b->mm->host->free(report);
}

/* Does the TLB say something else than the tables? */
static void ask_tlb(struct shadow_break *b)
{
	u16 asid = shadow_regs_asid(&b->mm->regs);
	struct shadow_soft_entry entry;
	struct shadow_walker walker;
	unsigned int at = 0;
	u64 va;

	shadow_pgtable_walker(&b->mm->swapper, &walker);
	while (shadow_soft_tlb_find(b->mm->soft_tlb, asid, b->va, &at, &entry))
		if (shadow_soft_entry_stale(&entry, &walker, &va))
			scnprintf(b->line, sizeof(b->line),
				  "the TLB still has %#llx at %#llx as it was, entry %u",
				  va, (u64)shadow_soft_pa(&entry, va), at - 1);
}

static void look(struct shadow_break *b, enum shadow_break_check check)
{
	switch (check) {
	case SHADOW_BREAK_AUDIT:
		ask_audit(b);
		break;
	case SHADOW_BREAK_REPORTS:
		ask_reports(b);
		break;
	case SHADOW_BREAK_TLB:
		ask_tlb(b);
		break;
	case SHADOW_BREAK_REFUSAL:
		ask_allocator(b);
		break;
	}
}

static int check_phase(struct shadow_break *b, const struct shadow_break_kind *kind)
{
	const struct shadow_boot *boot = &b->mm->boot;

	if (boot->nr_done < kind->since)
		return shadow_break_refuse(b, -EPERM,
					   "not before phase %s: allowed: step %s",
					   shadow_phase_name(kind->since - 1),
					   shadow_phase_name(kind->since - 1));
	if (kind->ends && boot->nr_done >= kind->ends)
		return shadow_break_refuse(b, -EPERM,
					   "over since phase %s: allowed: before it, see until=",
					   shadow_phase_name(kind->ends - 1));
	return 0;
}

static int check_ask(struct shadow_break *b, const struct shadow_break_kind *kind)
{
	if (b->ask->given && !*kind->where)
		return shadow_break_refuse(b, -EINVAL,
					   "%#llx: allowed: nothing behind it",
					   b->ask->where);
	if (b->ask->given_bit && b->ask->bit > kind->bits)
		return shadow_break_refuse(b, -EINVAL,
					   "bit %u: allowed: %s%s", b->ask->bit,
					   kind->bits == 63 ? "0 to 63 as " :
					   kind->bits ? "0 to 31 as " : "",
					   kind->where);
	return check_phase(b, kind);
}

/* One operation: what it asks of the machine's layers is not its user's doing */
static int damage(struct shadow_break *b, const struct shadow_break_kind *kind)
{
	const struct shadow_break_ask *ask = b->ask;
	struct shadow_op op;
	int err;

	b->rnd = shadow_random_at(b->mm->cfg.seed, ask->nr);
	err = check_ask(b, kind);
	if (err)
		return err;
	if (shadow_fault_frozen(&b->mm->fault))
		return shadow_break_refuse(b, -EUCLEAN,
					   "the machine is frozen already: allowed: reset");
	shadow_op_begin(&op, &b->mm->events);
	err = kind->apply(b);
	shadow_op_end_more(&op, SHADOW_OP_BREAK, err, kind->name,
			   strlen(kind->name), ask->where, ask->bit,
			   ask->given | ask->given_bit << 1, ask->nr);
	return err;
}

/**
 * shadow_break_again() - what a history says: the same damage, nobody is asked
 * @mm: the machine
 * @ask: what was damaged
 *
 * Context: as shadow_break().
 * Return: as shadow_break().
 */
int shadow_break_again(struct shadow_mm *mm, const struct shadow_break_ask *ask)
{
	struct shadow_break b = { .mm = mm, .ask = ask };

	return damage(&b, &kinds[ask->kind]);
}

/**
 * shadow_break() - damage a machine, and ask who sees it
 * @mm: the machine
 * @ask: what is to be damaged
 * @said: filled with what has changed and the first line of who sees it, or
 *	with why nothing was changed
 * @bytes: room there, SHADOW_BREAK_TEXT is enough
 *
 * Where no place is named, one is chosen by the machine's seed. An audit that
 * had found something before is not said to see this.
 *
 * Context: process, with the machine's mutex; takes the layers' locks.
 * Return: 0; -EPERM where the boot has not come so far, is past that, or the
 * machine is of the wrong kind; -EINVAL, -ERANGE where what is named does not
 * fit; -ENOENT where there is nothing to damage: @said says what to do first;
 * -EUCLEAN where the machine is frozen already; -ENOMEM.
 */
int shadow_break(struct shadow_mm *mm, const struct shadow_break_ask *ask,
		 char *said, size_t bytes)
{
	const struct shadow_break_kind *kind = &kinds[ask->kind];
	struct shadow_break b = { .mm = mm, .ask = ask };
	char before[sizeof(b.line)] = "";
	int err;

	if (kind->check == SHADOW_BREAK_AUDIT) {
		ask_audit(&b);
		strscpy(before, b.line, sizeof(before));
		b.line[0] = '\0';
	}
	err = damage(&b, kind);
	if (err) {
		scnprintf(said, bytes, "break %s: %s", kind->name, b.did);
		return err;
	}
	look(&b, kind->check);
	if (b.line[0] && !strcmp(b.line, before))
		scnprintf(said, bytes, "%s: %s; audit names the first fault, which came before: %s",
			  kind->name, b.did, b.line);
	else if (b.line[0])
		scnprintf(said, bytes, "%s: %s; %s sees it: %s", kind->name, b.did,
			  check_names[kind->check], b.line);
	else
		scnprintf(said, bytes, "%s: %s; %s does not see it: nothing else knows better",
			  kind->name, b.did, check_names[kind->check]);
	return 0;
}
