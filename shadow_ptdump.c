// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ptdump - a tree of tables as text.
 *
 * Lines and the merging of neighbours into them are those of note_page() of
 * arch/arm64/mm/ptdump.c, so that one parser reads both: a line ends where the
 * level or an attribute changes or a marker is reached, and physical addresses
 * do not count.
 */
#include "shadow_ptdump.h"

/**
 * struct attr - one column
 * @mask: bits of a descriptor
 * @val: value at which @set is printed
 * @set: text
 * @clear: text otherwise; NULL: none, not even a blank
 */
struct attr {
	u64 mask;
	u64 val;
	const char *set;
	const char *clear;
};

#define TYPE(mt, name) \
	{ SHADOW_ATTR_INDX, SHADOW_ATTR_INDEX(mt), name, NULL }

static const struct attr attrs[] = {
	{ SHADOW_DESC_VALID, SHADOW_DESC_VALID, " ", "F" },
	{ SHADOW_ATTR_USER, SHADOW_ATTR_USER, "USR", "   " },
	{ SHADOW_ATTR_RDONLY, SHADOW_ATTR_RDONLY, "ro", "RW" },
	{ SHADOW_ATTR_PXN, SHADOW_ATTR_PXN, "NX", "x " },
	{ SHADOW_ATTR_SH_INNER, SHADOW_ATTR_SH_INNER, "SHD", "   " },
	{ SHADOW_ATTR_AF, SHADOW_ATTR_AF, "AF", "  " },
	{ SHADOW_ATTR_NG, SHADOW_ATTR_NG, "NG", "  " },
	{ SHADOW_ATTR_CONT, SHADOW_ATTR_CONT, "CON", "   " },
	{ SHADOW_DESC_TABLE, SHADOW_DESC_TABLE, "   ", "BLK" },
	{ SHADOW_ATTR_UXN, SHADOW_ATTR_UXN, "UXN", "   " },
	{ SHADOW_ATTR_GP, SHADOW_ATTR_GP, "GP", "  " },
	TYPE(SHADOW_MT_DEVICE_NGNRNE, "DEVICE/nGnRnE"),
	TYPE(SHADOW_MT_DEVICE_NGNRE, "DEVICE/nGnRE"),
	TYPE(SHADOW_MT_NORMAL_NC, "MEM/NORMAL-NC"),
	TYPE(SHADOW_MT_NORMAL, "MEM/NORMAL"),
	TYPE(SHADOW_MT_NORMAL_TAGGED, "MEM/NORMAL-TAGGED"),
};

/* All bits that a column looks at; the others do not end a line */
#define ATTRS_MASK \
	(SHADOW_DESC_VALID | SHADOW_ATTR_USER | SHADOW_ATTR_RDONLY | \
	 SHADOW_ATTR_PXN | SHADOW_ATTR_SH_INNER | SHADOW_ATTR_AF | \
	 SHADOW_ATTR_NG | SHADOW_ATTR_CONT | SHADOW_DESC_TABLE | \
	 SHADOW_ATTR_UXN | SHADOW_ATTR_GP | SHADOW_ATTR_INDX)

/**
 * struct dump - a dump under way
 * @geo: geometry of the tables
 * @marker: the last marker printed
 * @emit: takes a line
 * @priv: for @emit
 * @wx: counts, or NULL
 * @started: the first entry has been seen
 * @start: first address of the line that is being gathered
 * @prot: its attributes
 * @name: its level
 */
struct dump {
	const struct shadow_geometry *geo;
	const struct shadow_marker *marker;
	void (*emit)(void *priv, const char *line);
	void *priv;
	struct shadow_ptdump_wx *wx;
	bool started;
	u64 start;
	u64 prot;
	const char *name;
};

/**
 * shadow_ptdump_level_name() - what the kernel calls a level
 * @geo: the geometry
 * @level: level, -1 to 3
 * @leaf: a leaf's, not a hole's
 *
 * The first level is the PGD, whatever is folded into it; but of a block in a
 * first level that is level 2 the kernel says PMD.
 *
 * Context: any.
 * Return: the name.
 */
const char *shadow_ptdump_level_name(const struct shadow_geometry *geo,
				     int level, bool leaf)
{
	static const char *const names[] = { "PGD", "P4D", "PUD", "PMD", "PTE" };

	if (level == geo->start_level && !(leaf && level >= 2))
		return names[0];
	return names[level + 1];
}

static void emit_marker(struct dump *dump)
{
	char line[SHADOW_PTDUMP_LINE];

	snprintf(line, sizeof(line), "---[ %s ]---", dump->marker->name);
	dump->emit(dump->priv, line);
}

static void next_marker(struct dump *dump)
{
	dump->marker++;
	emit_marker(dump);
}

static int put_attrs(u64 prot, char *text, size_t size)
{
	unsigned int i;
	size_t at = 0;

	for (i = 0; i < ARRAY_SIZE(attrs); i++) {
		bool set = (prot & attrs[i].mask) == attrs[i].val;
		const char *name = set ? attrs[i].set : attrs[i].clear;

		if (name && at < size)
			at += snprintf(text + at, size - at, " %s", name);
	}
	return at;
}

static void emit_line(struct dump *dump, u64 end)
{
	static const char units[] = "KMGTPE";
	const char *unit = units;
	char line[SHADOW_PTDUMP_LINE];
	u64 size = (end - dump->start) >> 10;
	int at;

	while (!(size & 1023) && unit[1]) {
		size >>= 10;
		unit++;
	}
	at = snprintf(line, sizeof(line), "0x%016llx-0x%016llx   %9llu%c %s",
		      dump->start, end, size, *unit, dump->name);
	if (dump->prot)
		put_attrs(dump->prot, line + at, sizeof(line) - at);
	dump->emit(dump->priv, line);
}

static void count_wx(struct dump *dump, u64 end)
{
	u64 nr_pages = (end - dump->start) >> dump->geo->page_shift;

	if (!dump->wx || !dump->prot)
		return;
	if (!(dump->prot & SHADOW_ATTR_UXN))
		dump->wx->uxn_pages += nr_pages;
	if (!(dump->prot & (SHADOW_ATTR_RDONLY | SHADOW_ATTR_PXN)))
		dump->wx->wx_pages += nr_pages;
}

/* An entry begins at @va; name NULL: it is what comes after the last one */
static void note(struct dump *dump, u64 va, u64 prot, const char *name)
{
	if (!dump->started) {
		dump->started = true;
		dump->start = va;
		dump->prot = prot;
		dump->name = name;
		emit_marker(dump);
	} else if (prot != dump->prot || name != dump->name ||
		   va >= dump->marker[1].va) {
		count_wx(dump, va);
		emit_line(dump, va);
		if (va >= dump->marker[1].va)
			next_marker(dump);
		dump->start = va;
		dump->prot = prot;
		dump->name = name;
	}
	if (va >= dump->marker[1].va)
		next_marker(dump);
}

static int visit(void *priv, const struct shadow_walk_entry *entry)
{
	struct dump *dump = priv;
	bool leaf = entry->kind == SHADOW_DESC_KIND_PAGE ||
		    entry->kind == SHADOW_DESC_KIND_BLOCK;
	/* The last level shows whatever there is, the others only leaves */
	u64 prot = leaf || entry->level == SHADOW_LAST_LEVEL ?
		   entry->desc & ATTRS_MASK : 0;

	note(dump, entry->va, prot,
	     shadow_ptdump_level_name(dump->geo, entry->level, leaf));
	return 0;
}

/**
 * shadow_ptdump() - print a tree
 * @walker: the tables
 * @markers: ascending, from an address that is not above the half's first one;
 *	the last one is { U64_MAX, NULL }
 * @emit: called with each line, without a newline
 * @priv: for @emit
 * @wx: filled with what is writable and executable; may be NULL
 *
 * Follows ptdump_walk() and ptdump_check_wx() of the kernel.
 *
 * Context: that of the walker's @read and of @emit.
 * Return: 0, or -ELOOP or -ERANGE from shadow_walk_for_each(); what was
 * gathered until then has been printed.
 */
int shadow_ptdump(const struct shadow_walker *walker,
		  const struct shadow_marker *markers,
		  void (*emit)(void *priv, const char *line), void *priv,
		  struct shadow_ptdump_wx *wx)
{
	const struct shadow_geometry *geo = &walker->geo;
	u64 last = shadow_geometry_last(geo, walker->upper);
	struct dump dump = {
		.geo = geo,
		.marker = markers,
		.emit = emit,
		.priv = priv,
		.wx = wx,
	};
	int err;

	if (wx)
		memset(wx, 0, sizeof(*wx));
	err = shadow_walk_for_each(walker,
				   shadow_geometry_first(geo, walker->upper),
				   last, visit, &dump);
	/* In the upper half the end is 0, as in the kernel's own file */
	if (dump.started)
		note(&dump, last + 1, 0, NULL);
	return err;
}
