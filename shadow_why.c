// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_why - which way allocations went, and why some were refused. See
 * shadow_why.h.
 */
#include "shadow_pcp.h"
#include "shadow_watermark.h"
#include "shadow_why.h"

DEFINE_STATIC_KEY_FALSE(shadow_why_key);

const char *const shadow_why_step_names[SHADOW_NR_WHY_STEPS] = {
	[SHADOW_WHY_TRY_LOW]	= "low",
	[SHADOW_WHY_WAKE]	= "wake",
	[SHADOW_WHY_TRY_MIN]	= "min",
	[SHADOW_WHY_TRY_ALL]	= "no mark",
	[SHADOW_WHY_UNRESERVE]	= "unreserve",
	[SHADOW_WHY_DRAIN]	= "drain",
};

const char *const shadow_why_reason_texts[SHADOW_NR_WHY_REASONS] = {
	[SHADOW_WHY_NO_MEMORY]	= "no zone may give it",
	[SHADOW_WHY_BAD_FLAGS]	= "its flags exclude each other",
	[SHADOW_WHY_BAD_ORDER]	= "no block is as large",
	[SHADOW_WHY_FROZEN]	= "the machine is frozen",
	[SHADOW_WHY_NO_CONTENTS] = "no storage is left for contents",
	[SHADOW_WHY_INJECTED]	= "it was made to fail",
	[SHADOW_WHY_NOFAIL]	= "no zone may give it, and nothing can be reclaimed",
};

/**
 * shadow_why_init() - nothing has happened yet
 * @why: what the machine will remember
 *
 * Context: process context, boot.
 */
void shadow_why_init(struct shadow_why *why)
{
	memset(why, 0, sizeof(*why));
	raw_spin_lock_init(&why->lock);
}

/**
 * shadow_why_fini() - the machine goes, and its hold on the key
 * @why: what it remembers
 *
 * Context: process context; sleeps.
 */
void shadow_why_fini(struct shadow_why *why)
{
	shadow_why_set_all(why, false);
}

/**
 * shadow_why_set_all() - let each allocation leave its route, or not
 * @why: what the machine remembers
 * @on: whether each shall
 *
 * The key is shared by all machines, each takes it once.
 *
 * Context: process context, one caller at a time; sleeps.
 */
void shadow_why_set_all(struct shadow_why *why, bool on)
{
	if (why->all == on)
		return;
	if (on)
		static_branch_inc(&shadow_why_key);
	else
		static_branch_dec(&shadow_why_key);
	shadow_watch(on);
	WRITE_ONCE(why->all, on);
}

/* ------------------------------------------------------------ recording -- */

/* Zones of the list that an allocation could have used before this one */
static unsigned int nr_passed(const struct shadow_nodes *nodes,
			      unsigned int cpu, u32 gfp,
			      const struct shadow_zone *found)
{
	const struct shadow_zonelist *list = shadow_gfp_zonelist(nodes, cpu, gfp);
	enum shadow_zone_type highest = shadow_gfp_zone(gfp);
	unsigned int i, nr = 0;

	for (i = 0; i < list->nr && list->zone[i] != found; i++)
		nr += list->zone[i]->type <= highest;
	return nr;
}

/**
 * shadow_why_took() - remember the route of an allocation
 * @nodes: the layer
 * @cpu: who asked
 * @gfp: SHADOW_GFP_*
 * @order: log2 of the frames
 * @trail: what was tried; NULL: the fast path alone
 * @page: the block's first page
 *
 * Context: any; takes the lock of what the machine remembers, interrupts off.
 */
void shadow_why_took(struct shadow_nodes *nodes, unsigned int cpu, u32 gfp,
		     unsigned int order, const struct shadow_why_trail *trail,
		     const struct shadow_page *page)
{
	static const struct shadow_why_trail fast = {
		.nr = 1, .step = { SHADOW_WHY_TRY_LOW },
	};
	struct shadow_why_route route = {
		.pfn = shadow_page_to_pfn(nodes, page),
		.gfp = gfp,
		.cpu = cpu,
		.order = order,
		.nid = shadow_page_nid(page),
		.type = shadow_page_zonenum(page),
		.nr_passed = nr_passed(nodes, cpu, gfp,
				       shadow_page_zone(nodes, page)),
		.mt = shadow_pageblock_mt(nodes,
					  shadow_page_index(&nodes->memmap, page)),
		.trail = trail ? *trail : fast,
	};
	struct shadow_why *why = nodes->why;
	unsigned long irqflags;

	if (!why)
		return;
	raw_spin_lock_irqsave(&why->lock, irqflags);
	route.nr = why->nr_routes + 1;
	why->route[why->nr_routes++ % SHADOW_WHY_ROUTES] = route;
	raw_spin_unlock_irqrestore(&why->lock, irqflags);
}

/* What there is to be said about a zone that gave nothing */
static void describe_zone(const struct shadow_zone *zone, u32 gfp,
			  unsigned int alloc_flags, struct shadow_why_row *row)
{
	enum shadow_zone_type highest = shadow_gfp_zone(gfp);

	row->nr_free = READ_ONCE(zone->nr_free);
	row->nr_highatomic = READ_ONCE(zone->nr_free_highatomic);
	row->nr_pcp = zone->pcp ? shadow_pcp_count(zone) : 0;
	row->mark = READ_ONCE(zone->mark[SHADOW_WMARK_MIN]);
	row->boost = READ_ONCE(zone->watermark_boost);
	row->lowered = shadow_watermark_lowered(row->mark + row->boost,
						alloc_flags);
	row->reserve = READ_ONCE(zone->lowmem_reserve[highest]);
	row->alloc_flags = alloc_flags;
	row->nid = zone->nid;
	row->type = zone->type;
	row->largest = fls(shadow_watermark_orders(zone, alloc_flags)) - 1;
}

/* Frames that count for a block: what the flags may not touch does not */
static s64 usable(const struct shadow_why_row *row, unsigned int order)
{
	s64 nr_pages = row->nr_free - ((s64)BIT_ULL(order) - 1);

	if (!(row->alloc_flags & SHADOW_ALLOC_RESERVES))
		nr_pages -= row->nr_highatomic;
	return nr_pages;
}

static enum shadow_why_verdict verdict(const struct shadow_why_row *row,
				       const struct shadow_node *own, u32 gfp,
				       unsigned int order)
{
	if ((gfp & SHADOW_GFP_THISNODE) && row->nid != own->nid)
		return SHADOW_WHY_NODE;
	if (row->type > shadow_gfp_zone(gfp))
		return SHADOW_WHY_ABOVE;
	if ((gfp & SHADOW_GFP_THISZONE) && row->type < shadow_gfp_zone(gfp))
		return SHADOW_WHY_BELOW;
	if (!(row->alloc_flags & SHADOW_ALLOC_NO_WATERMARKS) &&
	    usable(row, order) <= (s64)(row->lowered + row->reserve))
		return SHADOW_WHY_MARK;
	return row->largest < (int)order ? SHADOW_WHY_NO_BLOCK : SHADOW_WHY_GONE;
}

static void record_rows(struct shadow_nodes *nodes, struct shadow_why *why,
			struct shadow_why_refusal *refusal,
			const struct shadow_zonelist *list,
			const struct shadow_node *own,
			unsigned int alloc_flags)
{
	struct shadow_why_row *row;
	unsigned int i;

	refusal->first_row = why->nr_rows;
	refusal->nr_rows = list->nr;
	for (i = 0; i < list->nr; i++) {
		row = &why->row[why->nr_rows++ % SHADOW_WHY_ROWS];
		describe_zone(list->zone[i], refusal->gfp, alloc_flags, row);
		row->verdict = verdict(row, own, refusal->gfp, refusal->order);
	}
}

/* Of the first zone that it might have had */
static void tell_refused(struct shadow_nodes *nodes,
			 const struct shadow_zonelist *list, u32 gfp,
			 unsigned int order, unsigned int alloc_flags)
{
	const struct shadow_zone *zone;
	unsigned int i = 0;

	if (!shadow_event_heard(SHADOW_EV_PAGE_REFUSED))
		return;
	while (i < list->nr && list->zone[i]->type > shadow_gfp_zone(gfp))
		i++;
	/* Whether routes are kept is none of what was asked for */
	gfp &= ~SHADOW_GFP_ROUTE;
	if (i == list->nr) {
		shadow_event(nodes->events, SHADOW_EV_PAGE_REFUSED, 1, order, gfp,
			     SHADOW_NO_ZONE);
		return;
	}
	zone = list->zone[i];
	shadow_event_named(nodes->events, SHADOW_EV_PAGE_REFUSED, 1,
			   shadow_zone_names[zone->type], order, gfp,
			   shadow_zone_id(zone), READ_ONCE(zone->nr_free),
			   shadow_wmark_pages(zone, alloc_flags & SHADOW_ALLOC_WMARK_MASK));
}

/**
 * shadow_why_refused() - remember why an allocation was refused
 * @nodes: the layer
 * @cpu: who asked
 * @gfp: SHADOW_GFP_*
 * @order: log2 of the frames
 * @trail: what was tried; NULL: nothing
 * @alloc_flags: SHADOW_ALLOC_* of the last attempt
 * @reason: why
 *
 * Where zones were tried, each zone of all nodes gets a row, also those that
 * the flags left out. The figures are those of now, a moment after the attempt.
 * With NOWARN there is none, as there is no report in the kernel's log then:
 * such a refusal is expected.
 *
 * Context: any; takes the lock of what the machine remembers, interrupts off.
 */
void shadow_why_refused(struct shadow_nodes *nodes, unsigned int cpu, u32 gfp,
			unsigned int order,
			const struct shadow_why_trail *trail,
			unsigned int alloc_flags,
			enum shadow_why_reason reason)
{
	u32 anywhere = gfp & ~SHADOW_GFP_THISNODE;
	const struct shadow_zonelist *list = shadow_gfp_zonelist(nodes, cpu, anywhere);
	struct shadow_why_refusal refusal = {
		.gfp = gfp,
		.cpu = cpu,
		.order = min_t(unsigned int, order, U8_MAX),
		.reason = reason,
	};
	struct shadow_why *why = nodes->why;
	unsigned long irqflags;

	tell_refused(nodes, list, gfp, order, alloc_flags);
	if (!why)
		return;
	if (trail)
		refusal.trail = *trail;
	raw_spin_lock_irqsave(&why->lock, irqflags);
	refusal.nr = why->nr_refusals + 1;
	why->nr_silent += !!(gfp & SHADOW_GFP_NOWARN);
	if (!(gfp & SHADOW_GFP_NOWARN) &&
	    (reason == SHADOW_WHY_NO_MEMORY || reason == SHADOW_WHY_NOFAIL))
		record_rows(nodes, why, &refusal, list,
			    container_of(list, struct shadow_node, fallback),
			    alloc_flags);
	why->refusal[why->nr_refusals++ % SHADOW_WHY_REFUSALS] = refusal;
	raw_spin_unlock_irqrestore(&why->lock, irqflags);
}

/* -------------------------------------------------------------- reading -- */

/**
 * shadow_why_nr_refusals() - how many allocations were refused so far
 * @why: what the machine remembers
 *
 * Context: any; takes the lock, interrupts off.
 * Return: the number.
 */
u64 shadow_why_nr_refusals(struct shadow_why *why)
{
	unsigned long irqflags;
	u64 nr;

	raw_spin_lock_irqsave(&why->lock, irqflags);
	nr = why->nr_refusals;
	raw_spin_unlock_irqrestore(&why->lock, irqflags);
	return nr;
}

/* Is the entry of that number, counted from 1, in a ring of so many? */
static bool is_kept(u64 nr, u64 made, unsigned int room)
{
	return nr && nr <= made && made - nr < room;
}

/**
 * shadow_why_get_route() - the route of one allocation
 * @why: what the machine remembers
 * @nr: its number, from 1
 * @route: filled
 *
 * Context: any; takes the lock, interrupts off.
 * Return: false where it is not kept any more, or was not made yet.
 */
bool shadow_why_get_route(struct shadow_why *why, u64 nr,
			  struct shadow_why_route *route)
{
	unsigned long irqflags;
	bool kept;

	raw_spin_lock_irqsave(&why->lock, irqflags);
	kept = is_kept(nr, why->nr_routes, SHADOW_WHY_ROUTES);
	if (kept)
		*route = why->route[(nr - 1) % SHADOW_WHY_ROUTES];
	raw_spin_unlock_irqrestore(&why->lock, irqflags);
	return kept;
}

/**
 * shadow_why_get_refusal() - one refusal
 * @why: what the machine remembers
 * @nr: its number, from 1
 * @refusal: filled
 *
 * Context: any; takes the lock, interrupts off.
 * Return: false where it is not kept any more, or was not made yet.
 */
bool shadow_why_get_refusal(struct shadow_why *why, u64 nr,
			    struct shadow_why_refusal *refusal)
{
	unsigned long irqflags;
	bool kept;

	raw_spin_lock_irqsave(&why->lock, irqflags);
	kept = is_kept(nr, why->nr_refusals, SHADOW_WHY_REFUSALS);
	if (kept)
		*refusal = why->refusal[(nr - 1) % SHADOW_WHY_REFUSALS];
	raw_spin_unlock_irqrestore(&why->lock, irqflags);
	return kept;
}

/**
 * shadow_why_get_row() - what a refusal says of a zone
 * @why: what the machine remembers
 * @refusal: the refusal
 * @nr: which of its rows, from 0 in the order of the zonelist
 * @row: filled
 *
 * Context: any; takes the lock, interrupts off.
 * Return: false where it is not kept any more, or there is none.
 */
bool shadow_why_get_row(struct shadow_why *why,
			const struct shadow_why_refusal *refusal, u32 nr,
			struct shadow_why_row *row)
{
	u64 at = refusal->first_row + nr;
	unsigned long irqflags;
	bool kept;

	raw_spin_lock_irqsave(&why->lock, irqflags);
	kept = nr < refusal->nr_rows &&
	       is_kept(at + 1, why->nr_rows, SHADOW_WHY_ROWS);
	if (kept)
		*row = why->row[at % SHADOW_WHY_ROWS];
	raw_spin_unlock_irqrestore(&why->lock, irqflags);
	return kept;
}

/**
 * shadow_why_print_trail() - what was tried, in one line
 * @trail: the steps
 * @text: filled
 * @bytes: room there
 *
 * Context: any.
 * Return: bytes written, without the zero.
 */
int shadow_why_print_trail(const struct shadow_why_trail *trail, char *text,
			   size_t bytes)
{
	unsigned int i;
	int len = 0;

	text[0] = '\0';
	for (i = 0; i < trail->nr; i++)
		len += scnprintf(text + len, bytes - len, "%s%s",
				 i ? ", " : "",
				 shadow_why_step_names[trail->step[i]]);
	return len;
}

/* "order 3 GFP_ATOMIC|NOWARN cpu 0" */
static int print_request(unsigned int order, u32 gfp, u32 cpu, char *text,
			 size_t bytes)
{
	unsigned int node = (gfp >> SHADOW_GFP_NODE_SHIFT) & 0xf;
	int len = scnprintf(text, bytes, "order %u ", order);

	len += shadow_gfp_print(gfp, text + len, bytes - len);
	if (gfp & SHADOW_GFP_THISZONE)
		len += scnprintf(text + len, bytes - len, " zone=%s",
				 shadow_zone_names[shadow_gfp_zone(gfp)]);
	if (node)
		len += scnprintf(text + len, bytes - len, " node=%u", node - 1);
	return len + scnprintf(text + len, bytes - len, " cpu %u", cpu);
}

/**
 * shadow_why_print_route() - a route in one line
 * @route: the route
 * @text: filled, SHADOW_WHY_TEXT is enough
 * @bytes: room there
 *
 * Context: any.
 * Return: bytes written, without the zero.
 */
int shadow_why_print_route(const struct shadow_why_route *route, char *text,
			   size_t bytes)
{
	int len = scnprintf(text, bytes, "%llu ", route->nr);

	len += print_request(route->order, route->gfp, route->cpu, text + len,
			     bytes - len);
	len += scnprintf(text + len, bytes - len, ": ");
	len += shadow_why_print_trail(&route->trail, text + len, bytes - len);
	len += scnprintf(text + len, bytes - len, ": pfn %llu of node %u zone %s %s",
			 route->pfn, route->nid,
			 route->type < SHADOW_MAX_NR_ZONES ?
			 shadow_zone_names[route->type] : "?",
			 route->mt < SHADOW_MIGRATE_TYPES ?
			 shadow_migratetype_names[route->mt] : "?");
	if (route->nr_passed)
		len += scnprintf(text + len, bytes - len, ", %u passed over",
				 route->nr_passed);
	return len;
}

/**
 * shadow_why_print_refusal() - a refusal in one line, without its zones
 * @refusal: the refusal
 * @text: filled, SHADOW_WHY_TEXT is enough
 * @bytes: room there
 *
 * Context: any.
 * Return: bytes written, without the zero.
 */
int shadow_why_print_refusal(const struct shadow_why_refusal *refusal,
			     char *text, size_t bytes)
{
	int len = scnprintf(text, bytes, "%llu ", refusal->nr);
	const char *flags = shadow_gfp_refusal(refusal->gfp);

	len += print_request(refusal->order, refusal->gfp, refusal->cpu,
			     text + len, bytes - len);
	len += scnprintf(text + len, bytes - len, ": %s",
			 shadow_why_reason_texts[refusal->reason]);
	if (refusal->reason == SHADOW_WHY_BAD_FLAGS && flags)
		len += scnprintf(text + len, bytes - len, "; allowed: %s", flags);
	if (!refusal->trail.nr)
		return len;
	len += scnprintf(text + len, bytes - len, "; tried: ");
	return len + shadow_why_print_trail(&refusal->trail, text + len,
					    bytes - len);
}

/* "min 1022 - 511 HIGH - 127 ATOMIC" */
static int print_mark(const struct shadow_why_row *row, char *text, size_t bytes)
{
	u64 mark = row->mark + row->boost, half, rest;
	int len = scnprintf(text, bytes, "min %llu", row->mark);

	if (row->boost)
		len += scnprintf(text + len, bytes - len, " + boost %llu",
				 row->boost);
	if (!(row->alloc_flags & SHADOW_ALLOC_MIN_RESERVE))
		return len;
	half = shadow_watermark_lowered(mark, SHADOW_ALLOC_MIN_RESERVE);
	rest = shadow_watermark_lowered(mark, row->alloc_flags);
	len += scnprintf(text + len, bytes - len, " - HIGH %llu", mark - half);
	if (rest != half)
		len += scnprintf(text + len, bytes - len, " - ATOMIC %llu",
				 half - rest);
	return len;
}

/* "free 900 - 7 for a block of order 3 - highatomic 0 = 893" */
static int print_free(const struct shadow_why_row *row, unsigned int order,
		      char *text, size_t bytes)
{
	int len = scnprintf(text, bytes, "free %llu", row->nr_free);

	if (order)
		len += scnprintf(text + len, bytes - len, " - %llu for the order",
				 BIT_ULL(order) - 1);
	if (row->nr_highatomic && !(row->alloc_flags & SHADOW_ALLOC_RESERVES))
		len += scnprintf(text + len, bytes - len, " - highatomic %llu",
				 row->nr_highatomic);
	return len + scnprintf(text + len, bytes - len, " = %lld",
			       usable(row, order));
}

static int print_verdict(const struct shadow_why_row *row, char *text,
			 size_t bytes)
{
	switch (row->verdict) {
	case SHADOW_WHY_MARK:
		return scnprintf(text, bytes, "below the mark");
	case SHADOW_WHY_NO_BLOCK:
		return scnprintf(text, bytes, "no block is large enough");
	case SHADOW_WHY_ABOVE:
		return scnprintf(text, bytes, "above the zone that the flags allow");
	case SHADOW_WHY_BELOW:
		return scnprintf(text, bytes, "not the zone that was asked for");
	case SHADOW_WHY_NODE:
		return scnprintf(text, bytes, "not the node that was asked for");
	default:
		return scnprintf(text, bytes, "it has one now");
	}
}

/**
 * shadow_why_print_row() - what a refusal says of a zone, in one line
 * @row: the zone then
 * @order: log2 of the frames that were asked for
 * @text: filled, SHADOW_WHY_TEXT is enough
 * @bytes: room there
 *
 * A worked example: 500 frames are free, GFP_ATOMIC asks for a block of order 3
 * where min is 1322 after 800 of boost: 500 - 7 = 493 is not more than
 * 1322 - 661 (HIGH) - 165 (ATOMIC) = 496, so the zone is below the mark.
 *
 * Context: any.
 * Return: bytes written, without the zero.
 */
int shadow_why_print_row(const struct shadow_why_row *row, unsigned int order,
			 char *text, size_t bytes)
{
	int len = scnprintf(text, bytes, "node %u zone %s: ", row->nid,
			    row->type < SHADOW_MAX_NR_ZONES ?
			    shadow_zone_names[row->type] : "?");

	if (shadow_why_might(row)) {
		len += print_free(row, order, text + len, bytes - len);
		if (row->alloc_flags & SHADOW_ALLOC_NO_WATERMARKS) {
			len += scnprintf(text + len, bytes - len, ", no mark");
		} else {
			len += scnprintf(text + len, bytes - len, " %s ",
					 row->verdict == SHADOW_WHY_MARK ?
					 "<=" : ">");
			len += print_mark(row, text + len, bytes - len);
			len += scnprintf(text + len, bytes - len,
					 " + reserve %llu = %llu", row->reserve,
					 row->lowered + row->reserve);
		}
		len += scnprintf(text + len, bytes - len,
				 row->largest < 0 ? "; no free block" :
				 "; highest free order %d", row->largest);
		if (row->nr_pcp)
			len += scnprintf(text + len, bytes - len,
					 "; %llu on per-CPU lists", row->nr_pcp);
		len += scnprintf(text + len, bytes - len, "; ");
	}
	return len + print_verdict(row, text + len, bytes - len);
}
