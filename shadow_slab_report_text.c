// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slab_report_text - a report as text, in the manner of mm/slub.c. See
 * shadow_slab_report.h.
 */
#include <linux/math64.h>

#include "shadow_slab_debug.h"

#define LLU(x)	((unsigned long long)(x))

/**
 * struct out - text that is being written
 * @text: where
 * @bytes: room there
 * @len: written, without the NUL
 */
struct out {
	char *text;
	size_t bytes;
	size_t len;
};

static __printf(2, 3)
void say(struct out *out, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	out->len += vscnprintf(out->text + out->len, out->bytes - out->len, fmt, args);
	va_end(args);
}

static const char *const wrong_titles[SHADOW_NR_WRONGS] = {
	[SHADOW_WRONG_RED_LEFT]		= "Left Redzone overwritten",
	[SHADOW_WRONG_RED_RIGHT]	= "Right Redzone overwritten",
	[SHADOW_WRONG_POISON]		= "Poison overwritten",
	[SHADOW_WRONG_FREE]		= "Object already free",
	[SHADOW_WRONG_POINTER]		= "Invalid object pointer",
	[SHADOW_WRONG_CACHE]		= "Wrong slab cache",
	[SHADOW_WRONG_STATE]		= "Object state overwritten",
	[SHADOW_WRONG_FREELIST]		= "Freelist corrupt",
	[SHADOW_WRONG_LEAK]		= "Objects remaining",
};

static void say_title(struct out *out, const struct shadow_slab_report *report)
{
	say(out, "BUG %s: %s", report->cache, wrong_titles[report->wrong]);
}

/* An address in its slab, as the kernel writes it */
static void say_offset(struct out *out, const struct shadow_slab_report *report,
		       u64 phys)
{
	if (report->slab)
		say(out, " @offset=%llu", LLU(phys - report->slab));
}

static void say_bytes(struct out *out, const struct shadow_slab_report *report)
{
	u64 first = report->object + report->at;

	say(out, "0x%llx-0x%llx", LLU(first), LLU(first + report->nr_wrong - 1));
	say_offset(out, report, first);
	say(out, ". First byte 0x%x instead of 0x%x", report->found, report->expected);
}

static void say_pointer(struct out *out, const struct shadow_slab_report *report)
{
	u64 pointer = report->object + report->at;

	if (!report->object) {
		say(out, "outside of the machine's memory");
		return;
	}
	say(out, "0x%llx", LLU(pointer));
	if (!report->slab) {
		say(out, " in no slab");
		return;
	}
	say_offset(out, report, pointer);
	if (report->at < 0)
		say(out, ", %llu bytes in front of an object", LLU(-report->at));
	else
		say(out, ", %llu bytes into an object", LLU(report->at));
	if (report->other[0])
		say(out, " from %s", report->other);
}

/* What the title leaves open */
static void say_detail(struct out *out, const struct shadow_slab_report *report)
{
	switch (report->wrong) {
	case SHADOW_WRONG_POINTER:
		say_pointer(out, report);
		break;
	case SHADOW_WRONG_CACHE:
		say(out, "%s but object 0x%llx is from %s", report->cache,
		    LLU(report->object), report->other);
		break;
	case SHADOW_WRONG_FREE:
		say(out, "0x%llx", LLU(report->object));
		say_offset(out, report, report->object);
		break;
	case SHADOW_WRONG_LEAK:
		say(out, "%llu of %u bytes", LLU(report->nr_live), report->object_bytes);
		break;
	case SHADOW_WRONG_FREELIST:
		if (report->fault[0])
			say(out, "%s", report->fault);
		else
			say(out, "object 0x%llx in use was handed out", LLU(report->object));
		break;
	default:
		say_bytes(out, report);
	}
}

/**
 * shadow_slab_report_line() - a report in one line
 * @report: it
 * @line: filled
 * @bytes: room there
 *
 * Context: any.
 */
void shadow_slab_report_line(const struct shadow_slab_report *report,
			     char *line, size_t bytes)
{
	struct out out = { .text = line, .bytes = bytes };

	say_title(&out, report);
	say(&out, ", ");
	say_detail(&out, report);
}

/* ------------------------------------------------------------ the whole text */

static void say_stack(struct out *out, const struct shadow_slab *slab, u64 stack)
{
	const struct shadow_slab_host *host = slab->cfg.host;

	if (stack && host && host->stack_text)
		out->len += host->stack_text(host->arg, stack, out->text + out->len,
					     out->bytes - out->len);
}

/* In seconds, as owners has it */
static void say_age(struct out *out, u64 now, u64 ns)
{
	u64 seconds, ms = now > ns ? div_u64(now - ns, 1000000) : 0;
	u32 rest;

	if (!ns) {
		say(out, "-");
		return;
	}
	seconds = div_u64_rem(ms, 1000, &rest);
	say(out, "%llu.%03u", LLU(seconds), rest);
}

static void say_track(struct out *out, const struct shadow_slab *slab,
		      const struct shadow_slab_report *report,
		      const struct shadow_slab_track *track, const char *what)
{
	char site[SHADOW_SLAB_SITE];

	if (!track->set)
		return;
	shadow_slab_site(slab, track->stack, site, sizeof(site));
	say(out, "%s in %s age=", what, site);
	say_age(out, report->ns, track->ns);
	say(out, " ops=%llu cpu=%u\n", LLU(report->when - track->when), track->cpu);
	say_stack(out, slab, track->stack);
}

static const char *part_of(const struct shadow_slab_report *report, s64 at, s64 *end)
{
	s64 object = report->object_bytes, red = object + report->red_right;

	if (at < 0) {
		*end = 0;
		return "Redzone ";
	}
	if (at < object) {
		*end = object;
		return "Object  ";
	}
	if (at < red) {
		*end = red;
		return "Redzone ";
	}
	*end = S64_MAX;
	return "Mark    ";
}

/* print_section() of mm/slub.c: up to 16 bytes of one part, and as characters */
static u32 say_row(struct out *out, const struct shadow_slab_report *report, u32 i)
{
	s64 at = report->dump_at + i, end;
	const char *part = part_of(report, at, &end);
	u32 nr = min_t(s64, min_t(s64, end - at, 16), report->nr_dump - i);
	u32 k;

	say(out, "%s %llx:", part, LLU(report->object + at));
	for (k = 0; k < 16; k++) {
		if (k < nr)
			say(out, " %02x", report->dump[i + k]);
		else
			say(out, "   ");
	}
	say(out, "  ");
	for (k = 0; k < nr; k++) {
		u8 c = report->dump[i + k];

		say(out, "%c", c >= ' ' && c <= '~' ? c : '.');
	}
	say(out, "\n");
	return nr;
}

static void say_live(struct out *out, const struct shadow_slab *slab,
		     const struct shadow_slab_report *report)
{
	char site[SHADOW_SLAB_SITE];
	u64 i, nr = min_t(u64, report->nr_live, SHADOW_REPORT_LIVE);

	for (i = 0; i < nr; i++) {
		say(out, "Object 0x%llx", LLU(report->live[i]));
		if (report->live_by[i]) {
			shadow_slab_site(slab, report->live_by[i], site, sizeof(site));
			say(out, " allocated in %s", site);
		}
		say(out, "\n");
	}
	if (nr < report->nr_live)
		say(out, "and %llu more\n", LLU(report->nr_live - nr));
}

/**
 * shadow_slab_site() - a place where objects are allocated, in one line
 * @slab: the layer
 * @stack: handle of the host
 * @text: filled
 * @bytes: room there
 *
 * Context: of whoever prints; without locks.
 */
void shadow_slab_site(const struct shadow_slab *slab, u64 stack, char *text,
		      size_t bytes)
{
	const struct shadow_slab_host *host = slab->cfg.host;
	size_t len = 0;

	if (stack && host && host->stack_text)
		len = host->stack_text(host->arg, stack, text, bytes);
	if (len)
		text[strcspn(text, "\n")] = '\0';
	else
		strscpy(text, "unknown", bytes);
	/* The host indents what is below a heading; here there is none */
	len = strspn(text, " \t");
	memmove(text, text + len, strlen(text + len) + 1);
}

/**
 * shadow_slab_report_text() - all that a report says
 * @slab: the layer
 * @report: the report
 * @text: filled; up to SHADOW_REPORT_TEXT bytes are needed
 * @bytes: room there
 *
 * Follows slab_bug(), print_trailer() and print_tracking() of mm/slub.c.
 *
 * Context: of whoever prints; without locks.
 * Return: bytes, without the NUL.
 */
size_t shadow_slab_report_text(struct shadow_slab *slab,
			       const struct shadow_slab_report *report,
			       char *text, size_t bytes)
{
	struct out out = { .text = text, .bytes = bytes };
	u32 i;

	say_title(&out, report);
	say(&out, "\nReport %llu at operation %llu: ", LLU(report->nr), LLU(report->when));
	say_detail(&out, report);
	say(&out, "\n");
	say_track(&out, slab, report, &report->alloc, "Allocated");
	say_track(&out, slab, report, &report->free, "Freed");
	if (report->stack) {
		say(&out, "Found by\n");
		say_stack(&out, slab, report->stack);
	}
	if (report->slab && report->object) {
		say(&out, "Slab 0x%llx\nObject 0x%llx", LLU(report->slab), LLU(report->object));
		say_offset(&out, report, report->object);
		say(&out, " bytes=%u\n", report->object_bytes);
	}
	for (i = 0; i < report->nr_dump;)
		i += say_row(&out, report, i);
	if (report->wrong == SHADOW_WRONG_LEAK)
		say_live(&out, slab, report);
	if (report->out)
		say(&out, "FIX %s: object 0x%llx is taken out of use\n",
		    report->other[0] ? report->other : report->cache, LLU(report->object));
	return out.len;
}
