// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view_why - which way allocations went, why some were refused, and what
 * a frame is.
 */
#include <linux/seq_file.h>

#include "shadow_page_tell.h"
#include "shadow_parse.h"
#include "shadow_view.h"
#include "shadow_why.h"

/* ------------------------------------------------------------------ why -- */

static void show_routes(struct seq_file *seq, struct shadow_why *why)
{
	struct shadow_why_route route;
	char text[SHADOW_WHY_TEXT];
	u64 nr = READ_ONCE(why->nr_routes);

	seq_printf(seq, "routes: %llu left so far, the last %u are kept, the newest first\n",
		   nr, SHADOW_WHY_ROUTES);
	for (; shadow_why_get_route(why, nr, &route); nr--) {
		shadow_why_print_route(&route, text, sizeof(text));
		seq_printf(seq, "%s\n", text);
	}
}

static void show_zones(struct seq_file *seq, struct shadow_why *why,
		       const struct shadow_why_refusal *refusal)
{
	struct shadow_why_row row;
	char text[SHADOW_WHY_TEXT];
	u32 i;

	for (i = 0; i < refusal->nr_rows; i++) {
		if (!shadow_why_get_row(why, refusal, i, &row)) {
			seq_puts(seq, "\tits zones are not kept any more\n");
			return;
		}
		shadow_why_print_row(&row, refusal->order, text, sizeof(text));
		seq_printf(seq, "\t%s\n", text);
	}
}

/* A refusal counts as many rows as it has; the newest is shown in any case */
static u64 show_refusals(struct seq_file *seq, struct shadow_why *why, u64 rows)
{
	struct shadow_why_refusal refusal;
	char text[SHADOW_WHY_TEXT];
	u64 nr = READ_ONCE(why->nr_refusals), used = 0, hidden = 0;

	seq_printf(seq, "refusals: %llu so far, %llu of them expected (NOWARN, without their zones), the last %u are kept, the newest first\n",
		   nr, READ_ONCE(why->nr_silent), SHADOW_WHY_REFUSALS);
	for (; shadow_why_get_refusal(why, nr, &refusal); nr--) {
		if (used && used + 1 + refusal.nr_rows > rows) {
			hidden++;
			used = rows;
			continue;
		}
		used += 1 + refusal.nr_rows;
		shadow_why_print_refusal(&refusal, text, sizeof(text));
		seq_printf(seq, "%s\n", text);
		show_zones(seq, why, &refusal);
	}
	return hidden;
}

static void explain(struct seq_file *seq, const struct shadow_why *why)
{
	seq_puts(seq, "# A route: number, order, flags, CPU; what was tried, one after the other; what was found.\n");
	seq_puts(seq, "#   low: zones above their low mark, first without mixing pageblocks, then with\n");
	seq_puts(seq, "#   wake: reclaimers woken; min: zones above min, lowered by HIGH and ATOMIC; no mark: MEMALLOC, NOFAIL\n");
	seq_puts(seq, "#   unreserve: pageblocks kept for atomic blocks given up; drain: per-CPU lists emptied\n");
	seq_puts(seq, "# A refusal: the same, the reason, and per zone what was free against what had to stay.\n");
	seq_printf(seq, "# Routes are left by ctl's commands, by all that had to go below the low mark%s.\n",
		   why->all ? ", and since `set routes on` by all others" :
			      "; `set routes on` in ctl: by all");
}

/**
 * shadow_view_why() - the newest routes and refusals
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_why(struct seq_file *seq, struct shadow_machine *machine)
{
	struct shadow_why *why = &machine->mm.why;
	u64 more;

	explain(seq, why);
	show_routes(seq, why);
	more = show_refusals(seq, why, SHADOW_VIEW_ROWS);
	if (more)
		seq_printf(seq, "… %llu more in shadow_mm_raw/%s/why\n", more,
			   machine->mm.name);
}

/**
 * shadow_view_why_whole() - all routes and refusals that are kept
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_why_whole(struct seq_file *seq, struct shadow_machine *machine)
{
	show_routes(seq, &machine->mm.why);
	show_refusals(seq, &machine->mm.why, U64_MAX);
}

/* ----------------------------------------------------------------- page -- */

static void emit_to_seq(void *to, const char *text)
{
	seq_puts(to, text);
}

/**
 * shadow_view_page() - all that the machine knows of one frame
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_page(struct seq_file *seq, struct shadow_machine *machine)
{
	struct shadow_nodes *nodes = &machine->mm.nodes;

	if (machine->page_refused[0])
		seq_printf(seq, "the last write was refused: %s\n",
			   machine->page_refused);
	shadow_page_tell(nodes, machine->page_asked ? machine->page_pfn :
						      nodes->memmap.start_pfn,
			 emit_to_seq, seq);
}

/**
 * shadow_view_page_ask() - which frame page shall tell of
 * @machine: the machine
 * @text: "PFN" or "pa ADDRESS", as written, decimal or with 0x
 *
 * Context: process context, the machine's lock held.
 * Return: 0, or an errno of shadow_view_ask(), and nothing has changed.
 */
int shadow_view_page_ask(struct shadow_machine *machine, const char *text)
{
	char quoted[SHADOW_QUOTE];
	u64 value;
	bool pa;
	int err = shadow_view_ask(text, "pa", &pa, &value);

	if (err) {
		snprintf(machine->page_refused, sizeof(machine->page_refused),
			 "'%s': allowed: PFN or pa ADDRESS, a number up to 0xffffffffffffffff",
			 shadow_parse_quote(quoted, text,
					    strcspn(text, "\n")));
		return err;
	}
	machine->page_refused[0] = '\0';
	machine->page_pfn = pa ? value >> machine->mm.cfg.page_shift : value;
	machine->page_asked = true;
	return 0;
}
