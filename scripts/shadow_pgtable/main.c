// SPDX-License-Identifier: GPL-2.0-only
/*
 * What scripts/shadow-pgtable runs to read memory dumps: the walker, the
 * decoder of the registers and the words of the module, on files.
 *
 * Exit status: 0 all addresses are translated, 1 one is not, 2 wrong usage.
 */
#include <stdlib.h>

#include "dump.h"
#include "shadow_explain.h"
#include "shadow_ptdump.h"
#include "shadow_regs.h"
#include "shadow_treedump.h"

#define E_FAULT	1
#define E_USAGE	2

/* Tables that are visited at most: they may form a loop */
#define MAX_TABLES	BIT_ULL(20)

enum what { WALK, ALL, RAW };

/**
 * struct asked - the command line
 * @dump: the memory
 * @regs: the registers; @has_ttbr says which roots are given
 * @ttbr: --ttbr, of the half that the addresses are in
 * @has_ttbr0: --ttbr0 was given, and so on
 * @va: the addresses
 * @nr_vas: how many
 * @what: what to print
 */
struct asked {
	struct dump dump;
	struct shadow_regs regs;
	u64 ttbr;
	bool has_ttbr, has_ttbr0, has_ttbr1, has_tcr, has_mair;
	u64 *va;
	unsigned int nr_vas;
	enum what what;
};

static __printf(1, 0) void complain(const char *fmt, va_list args)
{
	fputs("shadow-pgtable: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
}

static __printf(1, 2) __noreturn
void usage_err(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	complain(fmt, args);
	va_end(args);
	exit(E_USAGE);
}

static __printf(1, 2) void tool_warn(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	complain(fmt, args);
	va_end(args);
}

static void print_line(void *to, const char *line)
{
	fprintf(to, "%s\n", line);
}

/* ------------------------------------------------------ what was asked for -- */

static u64 number_of(const char *option, const char *text)
{
	u64 value;

	if (!parse_number(text, &value))
		usage_err("%s '%s': a number below 2^64 is allowed, hexadecimal with 0x",
			  option, text);
	return value;
}

static void add_va(struct asked *asked, const char *text)
{
	u64 va;

	if (text[0] == '-')
		usage_err("unknown option '%s'", text);
	va = number_of("VA", text);
	asked->va = realloc(asked->va, (asked->nr_vas + 1) * sizeof(*asked->va));
	if (!asked->va)
		usage_err("out of memory");
	asked->va[asked->nr_vas++] = va;
}

/* An option with a number; false: it is none of these */
static bool take_number(struct asked *asked, const char *option,
			const char *text)
{
	const struct {
		const char *name;
		u64 *value;
		bool *has;
	} numbers[] = {
		{ "--ttbr", &asked->ttbr, &asked->has_ttbr },
		{ "--ttbr0", &asked->regs.ttbr0, &asked->has_ttbr0 },
		{ "--ttbr1", &asked->regs.ttbr1, &asked->has_ttbr1 },
		{ "--tcr", &asked->regs.tcr, &asked->has_tcr },
		{ "--mair", &asked->regs.mair, &asked->has_mair },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (strcmp(option, numbers[i].name))
			continue;
		if (!text)
			usage_err("%s needs a value", option);
		if (*numbers[i].has)
			usage_err("%s is given twice", option);
		*numbers[i].value = number_of(option, text);
		*numbers[i].has = true;
		return true;
	}
	return false;
}

static void parse(struct asked *asked, char **arg)
{
	char why[DUMP_WHY];

	for (; *arg; arg++) {
		if (!strcmp(*arg, "--all")) {
			asked->what = ALL;
		} else if (!strcmp(*arg, "--raw")) {
			asked->what = RAW;
		} else if (!strcmp(*arg, "--dump")) {
			if (!arg[1])
				usage_err("--dump needs a value, FILE@PA");
			if (dump_add(&asked->dump, *++arg, why))
				usage_err("%s", why);
		} else if (take_number(asked, *arg, arg[1])) {
			arg++;
		} else {
			add_va(asked, *arg);
		}
	}
}

static bool is_upper(u64 va)
{
	return va & BIT_ULL(55);
}

/* --ttbr is the root of the half in which the addresses are */
static void place_ttbr(struct asked *asked)
{
	unsigned int i;

	if (asked->has_ttbr0 || asked->has_ttbr1)
		usage_err("--ttbr stands for --ttbr0 or --ttbr1, whichever the addresses need: not together with one of them");
	if (!asked->nr_vas)
		usage_err("--ttbr without an address: say with --ttbr0 or --ttbr1 which half it is the root of");
	for (i = 1; i < asked->nr_vas; i++)
		if (is_upper(asked->va[i]) != is_upper(asked->va[0]))
			usage_err("0x%016llx and 0x%016llx are in different halves: use --ttbr0 and --ttbr1 instead of --ttbr",
				  asked->va[0], asked->va[i]);
	if (is_upper(asked->va[0])) {
		asked->regs.ttbr1 = asked->ttbr;
		asked->has_ttbr1 = true;
	} else {
		asked->regs.ttbr0 = asked->ttbr;
		asked->has_ttbr0 = true;
	}
}

/* Which field of TCR_EL1 is at fault */
static void refuse_tcr(u64 tcr, bool upper)
{
	unsigned int tg = upper ? tcr >> SHADOW_TCR_TG1_SHIFT & 3 :
				  tcr >> SHADOW_TCR_TG0_SHIFT & 3;
	unsigned int tsz = tcr >> (upper ? SHADOW_TCR_T1SZ_SHIFT :
					   SHADOW_TCR_T0SZ_SHIFT) & 0x3f;
	unsigned int ips = tcr >> SHADOW_TCR_IPS_SHIFT & 7;
	bool is_64k = tg == (upper ? 3 : 1);

	if (tg == (upper ? 0 : 3))
		usage_err("--tcr 0x%016llx: TG%d = %u is reserved", tcr,
			  upper, tg);
	if (ips == 7)
		usage_err("--tcr 0x%016llx: IPS = 7 is reserved", tcr);
	usage_err("--tcr 0x%016llx: T%dSZ = %u means addresses of %u bits; with this granule and DS = %d there can be 25 to %d",
		  tcr, upper, tsz, 64 - tsz, !!(tcr & SHADOW_TCR_DS),
		  is_64k || (tcr & SHADOW_TCR_DS) ? 52 : 48);
}

static void check_half(const struct asked *asked, bool upper)
{
	struct shadow_geometry geo;

	if (shadow_regs_geometry(&asked->regs, upper, &geo))
		refuse_tcr(asked->regs.tcr, upper);
}

static void check(struct asked *asked)
{
	unsigned int i;

	if (!asked->dump.nr)
		usage_err("--dump FILE@PA is needed: the memory that the tables are in");
	if (!asked->has_tcr)
		usage_err("--tcr is needed: TCR_EL1 says how the tables are shaped");
	if (asked->what == WALK && !asked->nr_vas)
		usage_err("no address is given; --all lists all that is mapped");
	if (asked->has_ttbr)
		place_ttbr(asked);
	if (!asked->has_ttbr0 && !asked->has_ttbr1)
		usage_err("--ttbr, or --ttbr0 and --ttbr1, is needed: where the tables begin");
	if (asked->has_ttbr0)
		check_half(asked, false);
	if (asked->has_ttbr1)
		check_half(asked, true);
	for (i = 0; i < asked->nr_vas; i++) {
		bool upper = is_upper(asked->va[i]);

		if (upper ? !asked->has_ttbr1 : !asked->has_ttbr0)
			usage_err("0x%016llx is in the half of TTBR%d_EL1 (bit 55 is %d), and --ttbr%d is not given",
				  asked->va[i], upper, upper, upper);
	}
	if (!asked->has_mair) {
		asked->regs.mair = shadow_regs_mair();
		tool_warn("no --mair: memory types are named as Linux sets MAIR_EL1");
	}
	asked->regs.sctlr = SHADOW_SCTLR_M;
}

/* ------------------------------------------------------------- what is said -- */

#define RANGES	400	/* what dump_ranges() fills */

static void explain_outside(const struct dump *dump)
{
	char ranges[RANGES];

	if (!dump->nr_outside)
		return;
	dump_ranges(dump, ranges, sizeof(ranges));
	printf("table outside the dump at PA 0x%llx: it holds %s\n",
	       dump->outside, ranges);
}

/* The exit status */
static int warn_outside(const struct dump *dump, const char *shown)
{
	char ranges[RANGES];

	if (!dump->nr_outside)
		return 0;
	dump_ranges(dump, ranges, sizeof(ranges));
	tool_warn("%llu descriptors are outside the dump and shown as %s, the first at PA 0x%llx: it holds %s",
		  dump->nr_outside, shown, dump->outside, ranges);
	return E_FAULT;
}

static int walk_one(struct asked *asked, u64 va)
{
	struct shadow_walker walker;
	enum shadow_walk_fault fault;

	asked->dump.nr_outside = 0;
	printf("VA 0x%016llx, by the registers given\n", va);
	shadow_regs_walker(&asked->regs, va, dump_read, &asked->dump, &walker);
	fault = shadow_explain_walk(&walker, &asked->regs, va, print_line,
				    stdout);
	explain_outside(&asked->dump);
	return fault == SHADOW_WALK_OK ? 0 : E_FAULT;
}

static int walk_all(struct asked *asked)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; i < asked->nr_vas; i++) {
		if (i)
			putchar('\n');
		rc |= walk_one(asked, asked->va[i]);
	}
	return rc;
}

/* A walker for a whole half; false: there is nothing to walk */
static bool half_walker(struct asked *asked, bool upper,
			struct shadow_walker *walker)
{
	if (!(upper ? asked->has_ttbr1 : asked->has_ttbr0))
		return false;
	shadow_regs_walker(&asked->regs, upper ? U64_MAX : 0, dump_read,
			   &asked->dump, walker);
	walker->max_tables = MAX_TABLES;
	if (walker->disabled)
		tool_warn("TCR_EL1.EPD%d = 1: no address is looked up through TTBR%d_EL1",
			  upper, upper);
	return !walker->disabled;
}

static int list_half(struct asked *asked, bool upper)
{
	struct shadow_walker walker;
	struct shadow_marker markers[] = {
		{ 0, upper ? "TTBR1_EL1" : "TTBR0_EL1" },
		{ U64_MAX, NULL },
	};

	if (!half_walker(asked, upper, &walker))
		return 0;
	markers[0].va = shadow_geometry_first(&walker.geo, upper);
	if (!shadow_ptdump(&walker, markers, print_line, stdout, NULL))
		return 0;
	tool_warn("TTBR%d_EL1: more than %llu tables, do they form a loop? The rest is left out",
		  upper, MAX_TABLES);
	return E_FAULT;
}

static int list_all(struct asked *asked)
{
	int rc = list_half(asked, false) | list_half(asked, true);

	return rc | warn_outside(&asked->dump, "holes");
}

static int print_tree(struct asked *asked)
{
	struct shadow_treedump dump = { .machine = "dump", .regs = &asked->regs };
	static const char *const names[] = { "TTBR0_EL1", "TTBR1_EL1" };
	char line[SHADOW_TREEDUMP_LINE];
	unsigned int upper;

	for (upper = 0; upper < 2; upper++) {
		struct shadow_treedump_tree *tree = &dump.tree[dump.nr_trees];

		if (!half_walker(asked, upper, &tree->walker))
			continue;
		tree->name = names[upper];
		dump.nr_trees++;
	}
	shadow_treedump_rewind(&dump);
	do {
		shadow_treedump_line(&dump, line, sizeof(line));
		puts(line);
	} while (shadow_treedump_next(&dump));
	return warn_outside(&asked->dump, "unreadable");
}

int main(int argc, char **argv)
{
	struct asked asked = {};
	int rc;

	(void)argc;
	parse(&asked, argv + 1);
	check(&asked);
	switch (asked.what) {
	case ALL:
		rc = list_all(&asked);
		break;
	case RAW:
		rc = print_tree(&asked);
		break;
	default:
		rc = walk_all(&asked);
	}
	if (fflush(stdout) || ferror(stdout)) {
		tool_warn("what was found could not be written");
		return E_FAULT;
	}
	return rc;
}
