// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ptdump_wx - is anything writable and executable? Follows
 * ptdump_check_wx() of arch/arm64/mm/ptdump.c: leaves by their own bits, also
 * where a table above them forbids execution.
 */
#include "shadow_ptdump.h"

struct search {
	struct shadow_ptdump_wx_report *report;
	struct shadow_ptdump_wx_range last;	/* being gathered */
	unsigned int page_shift;
};

static void finish(struct search *search)
{
	struct shadow_ptdump_wx_report *report = search->report;
	struct shadow_ptdump_wx_range *last = &search->last;
	u64 nr = (last->last - last->first + 1) >> search->page_shift;

	if (!last->wx && !last->uxn)
		return;
	if (last->wx)
		report->count.wx_pages += nr;
	if (last->uxn)
		report->count.uxn_pages += nr;
	if (report->nr < SHADOW_PTDUMP_WX_RANGES)
		report->range[report->nr] = *last;
	report->nr++;
	last->wx = false;
	last->uxn = false;
}

static int visit(void *priv, const struct shadow_walk_entry *entry)
{
	struct search *search = priv;
	struct shadow_ptdump_wx_range *last = &search->last;
	bool leaf = entry->kind == SHADOW_DESC_KIND_PAGE ||
		    entry->kind == SHADOW_DESC_KIND_BLOCK;
	bool wx = leaf && !(entry->desc & (SHADOW_ATTR_RDONLY | SHADOW_ATTR_PXN));
	bool uxn = leaf && !(entry->desc & SHADOW_ATTR_UXN);

	if (wx != last->wx || uxn != last->uxn || entry->va != last->last + 1) {
		finish(search);
		last->first = entry->va;
	}
	last->wx = wx;
	last->uxn = uxn;
	last->last = entry->va + (1ULL << entry->shift) - 1;
	return 0;
}

/**
 * shadow_ptdump_check_wx() - look for what is writable and executable
 * @walker: the tables
 * @report: filled
 *
 * What EL0 may execute in the kernel's half is reported too.
 *
 * Context: that of the walker's @read.
 * Return: 0; -ELOOP or -ERANGE from shadow_walk_for_each(), what was found
 * until then is in @report.
 */
int shadow_ptdump_check_wx(const struct shadow_walker *walker,
			   struct shadow_ptdump_wx_report *report)
{
	const struct shadow_geometry *geo = &walker->geo;
	struct search search = {
		.report = report, .page_shift = geo->page_shift,
	};
	int err;

	memset(report, 0, sizeof(*report));
	err = shadow_walk_for_each(walker,
				   shadow_geometry_first(geo, walker->upper),
				   shadow_geometry_last(geo, walker->upper),
				   visit, &search);
	finish(&search);
	return err;
}

/**
 * shadow_ptdump_wx_text() - the kernel's line about it
 * @count: what was found
 * @text: filled
 * @room: bytes there; SHADOW_PTDUMP_LINE are enough
 *
 * Context: any.
 * Return: true where nothing was found.
 */
bool shadow_ptdump_wx_text(const struct shadow_ptdump_wx *count, char *text,
			   size_t room)
{
	bool passed = !count->wx_pages && !count->uxn_pages;

	if (passed)
		scnprintf(text, room,
			  "Checked W+X mappings: passed, no W+X pages found");
	else
		scnprintf(text, room,
			  "Checked W+X mappings: FAILED, %llu W+X pages found, %llu non-UXN pages found",
			  count->wx_pages, count->uxn_pages);
	return passed;
}
