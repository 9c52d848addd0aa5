// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_break_free - damage to what is free: lists of the buddy and of the
 * CPUs, and what is counted of them. See shadow_break.h.
 */
#include "shadow_break_room.h"
#include "shadow_buddy_area.h"
#include "shadow_pcp_list.h"

#define FREE		"the first frame of a block that is free in the buddy"
#define FREE_FIRST	"no block is free in the buddy; first: drain, or free something"

static bool is_free(const struct shadow_page *page)
{
	return shadow_page_state(page) == SHADOW_PAGE_BUDDY;
}

/* One that has two halves */
static bool is_large(const struct shadow_page *page)
{
	return is_free(page) && shadow_page_order(page);
}

static bool is_any(const struct shadow_page *page)
{
	return shadow_page_state(page) != SHADOW_PAGE_HOLE;
}

/* An index that no memmap has */
static u32 wild(const struct shadow_break *b)
{
	return b->mm->nodes.memmap.nr + (b->rnd >> 32) % 0x10000000;
}

/*
 * Something of a free block is changed, under the locks of all zones; @change
 * does so and says it.
 */
static int change_free(struct shadow_break *b,
		       void (*change)(struct shadow_break *b, struct shadow_page *page))
{
	unsigned long irq = shadow_nodes_lock(&b->mm->nodes);
	struct shadow_page *page = shadow_break_frame(b, is_free, FREE, FREE_FIRST);

	if (!IS_ERR(page))
		change(b, page);
	shadow_nodes_unlock(&b->mm->nodes, irq);
	return PTR_ERR_OR_ZERO(page);
}

static void __lead_out(struct shadow_break *b, struct shadow_page *page)
{
	u32 was = page->next;

	page->next = wild(b);
	shadow_break_did(b, "next of free pfn %#llx: index %#x -> %#x",
			 shadow_break_pfn(b, page), was, page->next);
}

/**
 * shadow_break_free_link() - a free block's link leads out of the memmap
 * @b: the damage
 *
 * Context: takes the locks of all zones.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_free_link(struct shadow_break *b)
{
	return change_free(b, __lead_out);
}

static void __lead_to_itself(struct shadow_break *b, struct shadow_page *page)
{
	u32 was = page->next;

	page->next = shadow_page_index(&b->mm->nodes.memmap, page);
	shadow_break_did(b, "next of free pfn %#llx: index %#x -> %#x, itself",
			 shadow_break_pfn(b, page), was, page->next);
}

/**
 * shadow_break_free_cycle() - a free block follows itself
 * @b: the damage
 *
 * Context: takes the locks of all zones.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_free_cycle(struct shadow_break *b)
{
	return change_free(b, __lead_to_itself);
}

static void __change_order(struct shadow_break *b, struct shadow_page *page)
{
	unsigned int was = shadow_page_order(page), is = was ? was - 1 : 1;

	WRITE_ONCE(page->flags, (page->flags & ~SHADOW_PF_ORDER_MASK) |
				is << SHADOW_PF_ORDER_SHIFT);
	shadow_break_did(b, "order of free pfn %#llx: %u -> %u",
			 shadow_break_pfn(b, page), was, is);
}

/**
 * shadow_break_free_order() - a free block says another order than its list
 * @b: the damage
 *
 * Context: takes the locks of all zones.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_free_order(struct shadow_break *b)
{
	return change_free(b, __change_order);
}

/* Each half on the list of its order, as if nobody had looked for its buddy */
static bool __halve(struct shadow_zone *zone, struct shadow_page *page)
{
	unsigned int order = shadow_page_order(page) - 1, mt = shadow_page_mt(page);

	return __shadow_buddy_del(zone, page, order + 1, mt) &&
	       __shadow_buddy_put_tail(zone, page, order, mt) &&
	       __shadow_buddy_put_tail(zone, page + BIT(order), order, mt);
}

/**
 * shadow_break_lost_merge() - the halves of a free block are two free blocks
 * @b: the damage
 *
 * Context: takes the locks of all zones.
 * Return: 0 or why nothing was changed; -EUCLEAN where the machine was broken
 * already.
 */
int shadow_break_lost_merge(struct shadow_break *b)
{
	unsigned long irq = shadow_nodes_lock(&b->mm->nodes);
	unsigned int order = 0;
	struct shadow_page *page;
	int err;

	page = shadow_break_frame(b, is_large, FREE " of order 1 or more",
				  "no block of order 1 or more is free; first: free something");
	err = PTR_ERR_OR_ZERO(page);
	if (!err) {
		order = shadow_page_order(page);
		if (__halve(shadow_page_zone(&b->mm->nodes, page), page))
			shadow_break_did(b, "free pfn %#llx of order %u is listed as two of %u",
					 shadow_break_pfn(b, page), order, order - 1);
		else
			err = shadow_break_refuse(b, -EUCLEAN, "%s",
						  b->mm->fault.text);
	}
	shadow_nodes_unlock(&b->mm->nodes, irq);
	return err;
}

/* Another one that has frames, or else any */
static unsigned int other_zone(struct shadow_break *b, unsigned int type)
{
	const struct shadow_zone *zone;

	for (zone = shadow_first_zone(&b->mm->nodes); zone;
	     zone = shadow_next_zone((struct shadow_zone *)zone))
		if (shadow_zone_populated(zone) && zone->type != type)
			return zone->type;
	return (type + 1) % SHADOW_MAX_NR_ZONES;
}

static void __change_zone(struct shadow_break *b, struct shadow_page *page)
{
	unsigned int was = shadow_page_zonenum(page), is = other_zone(b, was);

	WRITE_ONCE(page->flags, (page->flags & ~SHADOW_PF_ZONE_MASK) |
				is << SHADOW_PF_ZONE_SHIFT);
	shadow_break_did(b, "pfn %#llx is on a list of zone %u and says zone %u",
			 shadow_break_pfn(b, page), was, is);
}

/**
 * shadow_break_wrong_zone() - a free block says another zone than its list's
 * @b: the damage
 *
 * Context: takes the locks of all zones.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_wrong_zone(struct shadow_break *b)
{
	return change_free(b, __change_zone);
}

/**
 * shadow_break_block_type() - a pageblock's type is none that there is
 * @b: the damage
 *
 * Context: takes the locks of all zones.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_block_type(struct shadow_break *b)
{
	const u8 known = SHADOW_PAGEBLOCK_MT | SHADOW_PAGEBLOCK_SHARED |
			 SHADOW_PAGEBLOCK_MIXED;
	struct shadow_nodes *nodes = &b->mm->nodes;
	unsigned long irq = shadow_nodes_lock(nodes);
	struct shadow_page *page;
	u8 *byte, was;

	page = shadow_break_frame(b, is_any, "a frame with memory", "no memory");
	if (!IS_ERR(page)) {
		byte = &nodes->pageblock_mt[shadow_page_index(&nodes->memmap, page) >>
					    nodes->pageblock_log2];
		was = *byte;
		WRITE_ONCE(*byte, was | (U8_MAX & ~known));
		shadow_break_did(b, "type of the pageblock of pfn %#llx: %#x -> %#x",
				 shadow_break_pfn(b, page), was, *byte);
	}
	shadow_nodes_unlock(nodes, irq);
	return PTR_ERR_OR_ZERO(page);
}

/* One of those that have frames */
static struct shadow_zone *any_zone(struct shadow_break *b)
{
	struct shadow_zone *zone, *found = NULL;
	unsigned int nr = 0;

	for (zone = shadow_first_zone(&b->mm->nodes); zone;
	     zone = shadow_next_zone(zone))
		if (shadow_zone_populated(zone) && b->rnd % ++nr == 0)
			found = zone;
	return found;
}

/**
 * shadow_break_nr_free() - an order has one free block more than there are
 * @b: the damage
 *
 * Context: takes the locks of all zones.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_nr_free(struct shadow_break *b)
{
	struct shadow_nodes *nodes = &b->mm->nodes;
	unsigned int order = b->ask->given ? b->ask->where :
			     (b->rnd >> 8) % (nodes->max_order + 1);
	struct shadow_zone *zone = any_zone(b);
	unsigned long irq;

	if (b->ask->given && b->ask->where > nodes->max_order)
		return shadow_break_refuse(b, -EINVAL, "ORDER %llu: allowed: 0 to %u",
					   b->ask->where, nodes->max_order);
	if (!zone)
		return shadow_break_refuse(b, -ENOENT, "no zone has frames");
	irq = shadow_nodes_lock(nodes);
	zone->free_area[order].nr_free++;
	shadow_break_did(b, "nr_free of order %u in zone %s: %llu -> %llu", order,
			 shadow_zone_names[zone->type],
			 zone->free_area[order].nr_free - 1,
			 zone->free_area[order].nr_free);
	shadow_nodes_unlock(nodes, irq);
	return 0;
}

/**
 * shadow_break_zone_count() - a zone has one frame more than there are
 * @b: the damage
 *
 * Context: takes the locks of all zones.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_zone_count(struct shadow_break *b)
{
	struct shadow_nodes *nodes = &b->mm->nodes;
	unsigned long irq = shadow_nodes_lock(nodes);
	struct shadow_page *page;
	struct shadow_zone *zone;

	page = shadow_break_frame(b, is_any, "a frame with memory", "no memory");
	if (!IS_ERR(page)) {
		zone = shadow_page_zone(nodes, page);
		zone->managed++;
		shadow_break_did(b, "managed of zone %s: %llu -> %llu frames",
				 shadow_zone_names[zone->type], zone->managed - 1,
				 zone->managed);
	}
	shadow_nodes_unlock(nodes, irq);
	return PTR_ERR_OR_ZERO(page);
}

/* A zone in which the CPU, or any, has something on its lists */
static struct shadow_zone *listed_zone(struct shadow_break *b, unsigned int *cpu)
{
	unsigned int nr_cpus = b->mm->nodes.nr_cpus, i;
	struct shadow_zone *zone;

	for (zone = shadow_first_zone(&b->mm->nodes); zone;
	     zone = shadow_next_zone(zone))
		for (i = 0; zone->pcp && i < nr_cpus; i++) {
			*cpu = b->ask->given ? b->ask->where : (b->rnd + i) % nr_cpus;
			if (READ_ONCE(zone->pcp[*cpu].count))
				return zone;
		}
	return NULL;
}

static struct shadow_zone *pcp_victim(struct shadow_break *b, unsigned int *cpu)
{
	struct shadow_zone *zone;

	if (b->ask->given && b->ask->where >= b->mm->nodes.nr_cpus)
		return ERR_PTR(shadow_break_refuse(b, -EINVAL, "CPU %llu: allowed: 0 to %u",
						   b->ask->where,
						   b->mm->nodes.nr_cpus - 1));
	zone = listed_zone(b, cpu);
	if (zone)
		return zone;
	shadow_break_refuse(b, -ENOENT,
			    "no frame is on such a list; first: alloc_pages 0 cpu=N");
	return ERR_PTR(-ENOENT);
}

/**
 * shadow_break_pcp_count() - a CPU's lists hold one frame more than there are
 * @b: the damage
 *
 * Context: takes the lists' lock.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_pcp_count(struct shadow_break *b)
{
	struct shadow_zone *zone;
	struct shadow_pcp *pcp;
	unsigned int cpu = 0;
	unsigned long irq;

	zone = pcp_victim(b, &cpu);
	if (IS_ERR(zone))
		return PTR_ERR(zone);
	pcp = &zone->pcp[cpu];
	local_irq_save(irq);
	shadow_pcp_lock(pcp);
	pcp->count++;
	shadow_break_did(b, "count of CPU %u's lists in zone %s: %u -> %u", cpu,
			 shadow_zone_names[zone->type], pcp->count - 1, pcp->count);
	shadow_pcp_unlock(pcp);
	local_irq_restore(irq);
	return 0;
}

static struct shadow_page *__first_listed(struct shadow_zone *zone,
					  struct shadow_pcp *pcp)
{
	struct shadow_page *page = NULL;
	unsigned int i;

	for (i = 0; i < SHADOW_PCP_NR_LISTS && !page; i++)
		page = shadow_page_at(zone->memmap, pcp->list[i].first);
	return page;
}

/**
 * shadow_break_pcp_link() - a link of a CPU's list leads out of the memmap
 * @b: the damage
 *
 * Context: takes the lists' lock.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_pcp_link(struct shadow_break *b)
{
	struct shadow_page *page;
	struct shadow_zone *zone;
	struct shadow_pcp *pcp;
	unsigned int cpu = 0;
	unsigned long irq;
	u32 was;

	zone = pcp_victim(b, &cpu);
	if (IS_ERR(zone))
		return PTR_ERR(zone);
	pcp = &zone->pcp[cpu];
	local_irq_save(irq);
	shadow_pcp_lock(pcp);
	page = __first_listed(zone, pcp);
	if (page) {
		was = page->next;
		page->next = wild(b);
		shadow_break_did(b, "next of pfn %#llx, listed by CPU %u: index %#x -> %#x",
				 shadow_break_pfn(b, page), cpu, was, page->next);
	}
	shadow_pcp_unlock(pcp);
	local_irq_restore(irq);
	return page ? 0 : shadow_break_refuse(b, -ENOENT,
					      "the list is empty by now; first: alloc_pages 0 cpu=%u",
					      cpu);
}
