// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ctl_pages - what the commands about pages do to a machine. See
 * shadow_ctl_run.h.
 */
#include "shadow_compound.h"
#include "shadow_ctl_run.h"
#include "shadow_ctl_verb.h"
#include "shadow_mm.h"
#include "shadow_page_call.h"
#include "shadow_pcp.h"

#define BULK	64	/* single pages fetched at once */

static bool given(const struct shadow_ctl_cmd *cmd, enum shadow_ctl_key key)
{
	return cmd->keys & BIT(key);
}

static const char *verb_name(const struct shadow_ctl_cmd *cmd)
{
	return shadow_ctl_verbs[cmd->verb].name;
}

/* ---------------------------------------------------------------- flags -- */

#define KMALLOC_FLAGS \
	"KERNEL, USER, ATOMIC, NOWAIT, HIGH, MEMALLOC, NOFAIL, NOWARN, ZERO, THISNODE"

/* Flags that a command has no use for, and why */
static const struct {
	enum shadow_ctl_verb verb;
	u32 gfp;
	const char *allowed;
} not_for[] = {
	{ SHADOW_CTL_ALLOC_PAGES_EXACT, SHADOW_GFP_COMP | SHADOW_GFP_HIGHMEM,
	  "flags without COMP and HIGHMEM: single pages, by their address" },
	{ SHADOW_CTL_ALLOC_PAGES_BULK, SHADOW_GFP_COMP,
	  "flags without COMP: these are single pages" },
	{ SHADOW_CTL_VMALLOC, SHADOW_GFP_COMP,
	  "flags without COMP: an area's pages are single ones" },
	{ SHADOW_CTL_KMALLOC, SHADOW_GFP_FLAGS & ~SHADOW_KMALLOC_GFP_MASK,
	  KMALLOC_FLAGS ", DMA, RECLAIMABLE" },
	{ SHADOW_CTL_KREALLOC, SHADOW_GFP_FLAGS & ~SHADOW_KMALLOC_GFP_MASK,
	  KMALLOC_FLAGS ", DMA, RECLAIMABLE" },
	{ SHADOW_CTL_CACHE_ALLOC, SHADOW_GFP_FLAGS & ~SHADOW_SLAB_GFP_MASK,
	  KMALLOC_FLAGS },
};

static bool has_cold_end(const struct shadow_nodes *nodes)
{
	return nodes->pcp_policy && nodes->pcp_policy->cold;
}

/**
 * shadow_ctl_check_gfp() - can the machine do what gfp=, node= and cpu= say?
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex.
 * Return: 0; -EINVAL: then @ctl->said says so.
 */
int shadow_ctl_check_gfp(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	const struct shadow_nodes *nodes = &ctl->mm->nodes;
	unsigned int i;

	if (cmd->cpu >= ctl->mm->nr_cpus)
		return shadow_ctl_fail(ctl, -EINVAL, "%s: cpu=%u: allowed: 0 to %u",
				       verb_name(cmd), cmd->cpu,
				       ctl->mm->nr_cpus - 1);
	if (cmd->node >= nodes->nr_nodes)
		return shadow_ctl_fail(ctl, -EINVAL, "%s: node=%u: allowed: 0 to %u",
				       verb_name(cmd), cmd->node,
				       nodes->nr_nodes - 1);
	for (i = 0; i < ARRAY_SIZE(not_for); i++)
		if (cmd->verb == not_for[i].verb && (cmd->gfp & not_for[i].gfp))
			return shadow_ctl_fail(ctl, -EINVAL, "%s: gfp=: allowed: %s",
					       verb_name(cmd), not_for[i].allowed);
	if ((cmd->gfp & SHADOW_GFP_COLD) && !has_cold_end(nodes))
		return shadow_ctl_fail(ctl, -EINVAL,
				       "%s: gfp=COLD: the per-CPU lists have no cold end: allowed: with pcp=hotcold",
				       verb_name(cmd));
	return 0;
}

/**
 * shadow_ctl_gfp() - the flags that a command's allocations have
 * @ctl: the machine's ctl
 * @cmd: the command
 *
 * What a user asks for leaves its route; but while latencies are measured, those
 * are of the way that allocations take otherwise.
 *
 * Context: any.
 * Return: SHADOW_GFP_*.
 */
u32 shadow_ctl_gfp(const struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	u32 gfp = cmd->gfp;

	if (ctl->mm->latency.which == SHADOW_LATENCY_OFF)
		gfp |= SHADOW_GFP_ROUTE;
	if (given(cmd, SHADOW_CTL_KEY_ZONE))
		gfp |= shadow_zone_gfp(cmd->zone);
	if (given(cmd, SHADOW_CTL_KEY_NODE))
		gfp |= SHADOW_GFP_NODE(cmd->node);
	return gfp;
}

static unsigned int cpu_of(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	return given(cmd, SHADOW_CTL_KEY_CPU) ? cmd->cpu :
						shadow_this_cpu(&ctl->mm->nodes);
}

/* ----------------------------------------------------------- allocating -- */

/* "pfn 4096 pa 0x1000000 zone Normal node 0 va 0xffff000001000000" */
static int print_place(struct shadow_ctl *ctl, u64 pfn, char *text, size_t bytes)
{
	const struct shadow_nodes *nodes = &ctl->mm->nodes;
	struct shadow_page *page = shadow_pfn_to_page(nodes, pfn);
	unsigned int type = page ? shadow_page_zonenum(page) : U8_MAX;
	u64 va = page ? shadow_page_to_va(nodes, page) : 0;
	int len;

	/* Read from the block, so it can be anything. */
	len = scnprintf(text, bytes, "pfn %llu pa %#llx zone %s", pfn,
			pfn << nodes->page_shift,
			type < SHADOW_MAX_NR_ZONES ? shadow_zone_names[type] : "?");
	if (nodes->nr_nodes > 1 && page)
		len += scnprintf(text + len, bytes - len, " node %u",
				 shadow_page_nid(page));
	return len + (va ? scnprintf(text + len, bytes - len, " va %#llx", va) :
			   scnprintf(text + len, bytes - len,
				     " not in the linear map"));
}

static int made(struct shadow_ctl *ctl, const struct shadow_ctl_handle *handle)
{
	char place[112];

	print_place(ctl, shadow_ctl_thing(handle, 0), place, sizeof(place));
	return shadow_ctl_done(ctl, "id %llu: %u of order %u, %s %s", handle->id,
			       handle->left, handle->order,
			       handle->left > 1 ? "the first at" : "at", place);
}

static int make_block(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		      u64 *pfn, u32 *nr)
{
	struct shadow_nodes *nodes = &ctl->mm->nodes;
	struct shadow_page *page;

	*nr = 1;
	page = shadow_alloc_pages_cpu(nodes, cpu_of(ctl, cmd),
				      shadow_ctl_gfp(ctl, cmd), cmd->order);
	if (!page)
		return shadow_ctl_no_memory(ctl);
	*pfn = shadow_page_to_pfn(nodes, page);
	return 0;
}

/* On all nodes together. */
static u64 pages_of_zone(struct shadow_nodes *nodes, enum shadow_zone_type type)
{
	struct shadow_zone *zone;
	u64 nr_pages = 0;

	for (zone = shadow_first_zone(nodes); zone; zone = shadow_next_zone(zone))
		if (zone->type == type)
			nr_pages += zone->managed;
	return nr_pages;
}

/* The zones that a machine has, for those who named another. */
static int no_such_zone(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	char allowed[64] = "";
	unsigned int type;
	int len = 0;

	for (type = 0; type < SHADOW_MAX_NR_ZONES; type++)
		if (pages_of_zone(&ctl->mm->nodes, type))
			len += scnprintf(allowed + len, sizeof(allowed) - len,
					 "%s%s", len ? ", " : "",
					 shadow_zone_names[type]);
	return shadow_ctl_fail(ctl, -EINVAL,
			       "alloc_pages: zone=%s: the machine has no such zone; allowed: %s",
			       shadow_zone_names[cmd->zone], allowed);
}

/* A zone that is named has to be there, and to be large enough. */
static int check_zone(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	u64 nr_pages = pages_of_zone(&ctl->mm->nodes, cmd->zone);

	if (!nr_pages)
		return no_such_zone(ctl, cmd);
	if (cmd->count > nr_pages >> cmd->order)
		return shadow_ctl_fail(ctl, -ENOMEM, "alloc_pages: zone %s has only %llu pages",
				       shadow_zone_names[cmd->zone], nr_pages);
	return 0;
}

static int check_fit(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	struct shadow_nodes *nodes = &ctl->mm->nodes;

	if (shadow_ctl_fits(ctl, 1ULL << (cmd->order + nodes->page_shift), cmd->count))
		return 0;
	return shadow_ctl_fail(ctl, -ENOMEM, "%s: the machine has only %llu pages",
			       verb_name(cmd), shadow_nodes_managed(nodes));
}

static int alloc(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		 shadow_ctl_make_t make)
{
	struct shadow_ctl_handle *handle =
		shadow_ctl_make(ctl, cmd, SHADOW_CTL_PAGES, make);

	return IS_ERR(handle) ? PTR_ERR(handle) : made(ctl, handle);
}

/**
 * shadow_ctl_alloc_pages() - alloc_pages ORDER
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex; sleeps.
 * Return: 0, -EINVAL, -ENOMEM, -EEXIST, -ENOSPC, -EINTR, -EUCLEAN.
 */
int shadow_ctl_alloc_pages(struct shadow_ctl *ctl,
			   const struct shadow_ctl_cmd *cmd)
{
	struct shadow_nodes *nodes = &ctl->mm->nodes;
	int err;

	if (cmd->order > nodes->max_order)
		return shadow_ctl_fail(ctl, -EINVAL, "alloc_pages: ORDER %u: allowed: 0 to %u",
				       cmd->order, nodes->max_order);
	err = shadow_ctl_check_gfp(ctl, cmd);
	if (!err)
		err = check_fit(ctl, cmd);
	if (!err && given(cmd, SHADOW_CTL_KEY_ZONE))
		err = check_zone(ctl, cmd);
	return err ? err : alloc(ctl, cmd, make_block);
}

static int make_exact(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		      u64 *pfns, u32 *nr)
{
	struct shadow_nodes *nodes = &ctl->mm->nodes;
	struct shadow_page *page;
	u32 i;

	page = shadow_alloc_exact_cpu(nodes, cpu_of(ctl, cmd),
				      shadow_ctl_gfp(ctl, cmd), *nr);
	if (!page)
		return shadow_ctl_no_memory(ctl);
	pfns[0] = shadow_page_to_pfn(nodes, page);
	for (i = 1; i < *nr; i++)
		pfns[i] = pfns[0] + i;
	return 0;
}

/**
 * shadow_ctl_alloc_exact() - alloc_pages_exact BYTES
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex; sleeps.
 * Return: 0, -EINVAL, -ENOMEM, -EEXIST, -ENOSPC, -EUCLEAN.
 */
int shadow_ctl_alloc_exact(struct shadow_ctl *ctl,
			   const struct shadow_ctl_cmd *cmd)
{
	struct shadow_nodes *nodes = &ctl->mm->nodes;
	u64 nr_pages = ((cmd->bytes - 1) >> nodes->page_shift) + 1;
	struct shadow_ctl_cmd pages = *cmd;
	int err = shadow_ctl_check_gfp(ctl, cmd);

	if (err)
		return err;
	if (nr_pages > BIT_ULL(nodes->max_order))
		return shadow_ctl_fail(ctl, -EINVAL,
				       "%s: BYTES %llu: allowed: 1 to %llu, a block of the largest order",
				       verb_name(cmd), cmd->bytes,
				       BIT_ULL(nodes->max_order + nodes->page_shift));
	pages.count = nr_pages;
	err = check_fit(ctl, &pages);
	return err ? err : alloc(ctl, &pages, make_exact);
}

static int make_bulk(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		     u64 *pfns, u32 *nr)
{
	struct shadow_nodes *nodes = &ctl->mm->nodes;
	struct shadow_page *pages[BULK] = { NULL };
	u32 i;

	*nr = shadow_alloc_pages_bulk_cpu(nodes, cpu_of(ctl, cmd),
					  shadow_ctl_gfp(ctl, cmd) & ~SHADOW_GFP_ROUTE,
					  min_t(u32, *nr, BULK), pages);
	if (!*nr)
		return shadow_ctl_no_memory(ctl);
	for (i = 0; i < *nr; i++)
		pfns[i] = shadow_page_to_pfn(nodes, pages[i]);
	return 0;
}

/**
 * shadow_ctl_alloc_bulk() - alloc_pages_bulk N
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex; sleeps.
 * Return: 0, -EINVAL, -ENOMEM, -EEXIST, -ENOSPC, -EINTR, -EUCLEAN.
 */
int shadow_ctl_alloc_bulk(struct shadow_ctl *ctl,
			  const struct shadow_ctl_cmd *cmd)
{
	int err = shadow_ctl_check_gfp(ctl, cmd);

	if (!err)
		err = check_fit(ctl, cmd);
	return err ? err : alloc(ctl, cmd, make_bulk);
}

/* ----------------------------------------------------- what was allocated -- */

/* NULL: what leads there from a frame's number is corrupt */
static struct shadow_page *page_of(struct shadow_ctl *ctl,
				   const struct shadow_ctl_handle *handle, u32 nr)
{
	return shadow_pfn_to_page(&ctl->mm->nodes, shadow_ctl_thing(handle, nr));
}

static int check_split(struct shadow_ctl *ctl,
		       const struct shadow_ctl_handle *handle)
{
	const struct shadow_page *page;
	u32 i;

	if (!handle->order)
		return shadow_ctl_fail(ctl, -EINVAL,
				       "split_page: id %llu is of order 0: allowed: a block of 1 or more",
				       handle->id);
	if (handle->refs)
		return shadow_ctl_fail(ctl, -EBUSY,
				       "split_page: id %llu has %u more references: allowed: put_page first",
				       handle->id, handle->refs);
	for (i = 0; i < handle->left; i++) {
		page = page_of(ctl, handle, i);
		if (page && shadow_page_compound(page))
			return shadow_ctl_fail(ctl, -EINVAL,
					       "split_page: id %llu is one compound page: allowed: a block without COMP",
					       handle->id);
		if (!page || shadow_page_state(page) != SHADOW_PAGE_ALLOCATED ||
		    shadow_page_order(page) != handle->order)
			return shadow_ctl_fail(ctl, -EINVAL,
					       "split_page: pfn %llu: the machine no longer knows it as a block of order %u",
					       shadow_ctl_thing(handle, i), handle->order);
		if (atomic_read(&page->refcount) != 1)
			return shadow_ctl_fail(ctl, -EBUSY,
					       "split_page: pfn %llu has other users: allowed: kunmap first",
					       shadow_ctl_thing(handle, i));
	}
	return 0;
}

/**
 * shadow_ctl_split_page() - split_page ID
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex; sleeps.
 * Return: 0, -ENOENT, -EINVAL, -EBUSY, -ENOMEM, -EUCLEAN.
 */
int shadow_ctl_split_page(struct shadow_ctl *ctl,
			  const struct shadow_ctl_cmd *cmd)
{
	struct shadow_ctl_handle *handle =
		shadow_ctl_named(ctl, cmd, SHADOW_CTL_PAGES);
	u32 blocks, order, i;
	int err;

	if (IS_ERR(handle))
		return PTR_ERR(handle);
	if (shadow_fault_frozen(&ctl->mm->fault))
		return shadow_ctl_frozen(ctl);
	err = check_split(ctl, handle);
	if (err)
		return err;
	order = handle->order;
	blocks = handle->left;
	err = shadow_ctl_handle_split(ctl, handle, order);
	if (err)
		return shadow_ctl_remember_failed(ctl, err, blocks << order);
	for (i = 0; i < blocks; i++)
		shadow_split_page(&ctl->mm->nodes,
				  page_of(ctl, handle, i << order), order);
	return shadow_ctl_done(ctl, "id %llu: %u of order %u are %u of order 0 now",
			       handle->id, blocks, order, handle->left);
}

/**
 * shadow_ctl_get_page() - get_page ID
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex.
 * Return: 0, -ENOENT, -EINVAL, -EOVERFLOW, -EUCLEAN.
 */
int shadow_ctl_get_page(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	struct shadow_ctl_handle *handle =
		shadow_ctl_named(ctl, cmd, SHADOW_CTL_PAGES);
	struct shadow_page *page;
	int err = 0;
	u32 i;

	if (IS_ERR(handle))
		return PTR_ERR(handle);
	if (shadow_fault_frozen(&ctl->mm->fault))
		return shadow_ctl_frozen(ctl);
	if (handle->refs == U8_MAX)
		return shadow_ctl_fail(ctl, -EOVERFLOW,
				       "get_page: id %llu has %u more references: allowed: as many",
				       handle->id, handle->refs);
	for (i = 0; i < handle->left && !err; i++) {
		page = page_of(ctl, handle, i);
		err = page ? shadow_get_page(&ctl->mm->nodes, page) : -EINVAL;
	}
	if (err)
		return shadow_ctl_fail(ctl, err,
				       "get_page: pfn %llu: the machine no longer knows it as a block in use",
				       shadow_ctl_thing(handle, i - 1));
	handle->refs++;
	return shadow_ctl_done(ctl, "id %llu: references to each of %u: %u", handle->id,
			       handle->left, handle->refs + 1);
}

/* One reference less, but not the last one */
static int drop(struct shadow_ctl *ctl, struct shadow_ctl_handle *handle, bool put)
{
	struct shadow_nodes *nodes = &ctl->mm->nodes;
	unsigned int order = handle->order;
	struct shadow_page *page;
	int err = 0;
	u32 i;

	for (i = 0; i < handle->left && !err; i++) {
		page = page_of(ctl, handle, i);
		err = !page ? -EINVAL : put ? shadow_put_page(nodes, page) :
					      shadow_free_pages(nodes, page, order);
	}
	if (err == -EUCLEAN)
		return shadow_ctl_frozen(ctl);
	if (err)
		return shadow_ctl_fail(ctl, err, "pfn %llu: the machine refused it",
				       shadow_ctl_thing(handle, i - 1));
	handle->refs--;
	handle->order = shadow_page_order(page_of(ctl, handle, 0));
	if (handle->order == order)
		return shadow_ctl_done(ctl, "id %llu: references left to each of %u: %u",
				       handle->id, handle->left, handle->refs + 1);
	return shadow_ctl_done(ctl, "id %llu: of each of %u the first page is left, references: %u",
			       handle->id, handle->left, handle->refs + 1);
}

/* All at once, or a reference to each; count= is free_pages' alone */
static int give_back(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd,
		     bool put)
{
	struct shadow_ctl_handle *handle =
		shadow_ctl_named(ctl, cmd, SHADOW_CTL_PAGES);

	if (IS_ERR(handle))
		return PTR_ERR(handle);
	if (!handle->refs)
		return shadow_ctl_free(ctl, cmd, SHADOW_CTL_PAGES);
	if (given(cmd, SHADOW_CTL_KEY_COUNT))
		return shadow_ctl_fail(ctl, -EBUSY,
				       "free_pages: id %llu has %u more references: allowed: all of it, without count=",
				       handle->id, handle->refs);
	return drop(ctl, handle, put);
}

/**
 * shadow_ctl_put_page() - put_page ID
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex; sleeps.
 * Return: 0, -ENOENT, -EINVAL, -EUCLEAN.
 */
int shadow_ctl_put_page(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	return give_back(ctl, cmd, true);
}

/**
 * shadow_ctl_free_pages() - free_pages ID
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex; sleeps.
 * Return: 0, -ENOENT, -EINVAL, -EBUSY, -EUCLEAN.
 */
int shadow_ctl_free_pages(struct shadow_ctl *ctl,
			  const struct shadow_ctl_cmd *cmd)
{
	return give_back(ctl, cmd, false);
}

/* Frames that went from the lists of one CPU, or of all, to the buddy */
static u64 drain_zone(struct shadow_zone *zone, const struct shadow_ctl_cmd *cmd)
{
	u64 nr_pages;

	if (!zone->pcp)
		return 0;
	if (!(cmd->keys & BIT(SHADOW_CTL_KEY_CPU))) {
		nr_pages = shadow_pcp_count(zone);
		shadow_pcp_drain(zone);
		return nr_pages;
	}
	nr_pages = READ_ONCE(zone->pcp[cmd->cpu].count);
	shadow_pcp_drain_cpu(zone, cmd->cpu);
	return nr_pages;
}

/**
 * shadow_ctl_drain() - drain [cpu=N]
 * @ctl: whose
 * @cmd: the command
 *
 * Context: process, with the caller's mutex.
 * Return: 0, -EINVAL, -EUCLEAN.
 */
int shadow_ctl_drain(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	struct shadow_zone *zone;
	u64 nr_pages = 0;

	if (shadow_fault_frozen(&ctl->mm->fault))
		return shadow_ctl_frozen(ctl);
	if (cmd->cpu >= ctl->mm->nr_cpus)
		return shadow_ctl_fail(ctl, -EINVAL, "drain: cpu=%u: allowed: 0 to %u",
				       cmd->cpu, ctl->mm->nr_cpus - 1);
	for (zone = shadow_first_zone(&ctl->mm->nodes); zone;
	     zone = shadow_next_zone(zone))
		nr_pages += drain_zone(zone, cmd);
	return shadow_ctl_done(ctl, "%llu pages went from the per-CPU lists to the buddy",
			       nr_pages);
}
