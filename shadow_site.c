// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_site - from where in the code things are allocated. See shadow_site.h.
 */
#include "shadow_site.h"

/**
 * shadow_sites_bytes() - memory that a table wants to be given
 *
 * Context: any.
 * Return: bytes.
 */
size_t shadow_sites_bytes(void)
{
	return SHADOW_MAX_SITES * sizeof(struct shadow_site) +
	       SHADOW_SITE_BUCKETS * sizeof(u32);
}

/**
 * shadow_sites_init() - an empty table
 * @sites: the table; births are not noted
 * @ops: the host; NULL: nobody knows who calls
 * @now: its clock
 * @mem: shadow_sites_bytes() of zeroed memory outside of the block; NULL: every
 *	site is the one that is not known
 *
 * Context: nobody else uses it.
 */
void shadow_sites_init(struct shadow_sites *sites,
		       const struct shadow_site_ops *ops, u64 (*now)(void),
		       void *mem)
{
	memset(sites, 0, sizeof(*sites));
	raw_spin_lock_init(&sites->lock);
	atomic64_set(&sites->seq, 0);
	sites->ops = ops;
	sites->now = now;
	sites->nr = 1;
	if (!mem)
		return;
	sites->site = mem;
	sites->first = (u32 *)(sites->site + SHADOW_MAX_SITES);
}

static u32 *bucket_of(struct shadow_sites *sites, u64 stack)
{
	u64 hash = stack * 0x9e3779b97f4a7c15ULL;

	return &sites->first[hash >> 32 & (SHADOW_SITE_BUCKETS - 1)];
}

/* Its place in the table, made if it has none; 0: the table is full */
static u32 __find_or_add(struct shadow_sites *sites, u64 stack)
{
	u32 *bucket = bucket_of(sites, stack), site;

	lockdep_assert_held(&sites->lock);
	for (site = *bucket; site; site = sites->site[site].next)
		if (sites->site[site].stack == stack)
			return site;
	if (sites->nr == SHADOW_MAX_SITES) {
		sites->nr_lost++;
		return 0;
	}
	site = sites->nr;
	sites->site[site].stack = stack;
	sites->site[site].caller = 0;
	sites->site[site].next = *bucket;
	*bucket = site;
	/* Whoever reads without the lock goes by this number */
	smp_store_release(&sites->nr, site + 1);
	return site;
}

/**
 * shadow_site_here() - the site of the calls that have led here
 * @sites: the table
 *
 * Context: any, also under raw spinlocks with interrupts off.
 * Return: the site; 0: not known.
 */
u32 shadow_site_here(struct shadow_sites *sites)
{
	unsigned long flags;
	u64 stack;
	u32 site;

	if (!sites->site || !sites->ops)
		return 0;
	stack = sites->ops->stack();
	if (!stack)
		return 0;
	raw_spin_lock_irqsave(&sites->lock, flags);
	site = __find_or_add(sites, stack);
	raw_spin_unlock_irqrestore(&sites->lock, flags);
	return site;
}

/* The entry of a site that may have been read from corrupted memory */
static struct shadow_site *known(struct shadow_sites *sites, u64 site)
{
	u32 nr = smp_load_acquire(&sites->nr);	/* pairs with __find_or_add() */

	if (!site || site >= nr)
		return NULL;
	return &sites->site[site];
}

/**
 * shadow_site_caller() - who asked for something that was allocated there
 * @sites: the table
 * @site: the site, any value
 *
 * Context: process context.
 * Return: address in the code; 0: not known.
 */
unsigned long shadow_site_caller(struct shadow_sites *sites, u64 site)
{
	struct shadow_site *entry = known(sites, site);
	unsigned long caller;

	if (!entry)
		return 0;
	caller = READ_ONCE(entry->caller);
	if (!caller) {
		caller = sites->ops->caller(entry->stack);
		WRITE_ONCE(entry->caller, caller);
	}
	return caller;
}

/**
 * shadow_site_text() - the calls that have led to a site, as text
 * @sites: the table
 * @site: the site, any value
 * @text: filled: who asked first, then who called him, one a line
 * @bytes: room there
 *
 * Context: process context.
 * Return: bytes written, without the NUL; 0: not known.
 */
size_t shadow_site_text(struct shadow_sites *sites, u64 site, char *text,
			size_t bytes)
{
	struct shadow_site *entry = known(sites, site);

	text[0] = '\0';
	return entry ? sites->ops->text(entry->stack, text, bytes) : 0;
}

/**
 * shadow_site_birth() - something is being allocated here and now
 * @sites: the table
 * @gfp: SHADOW_GFP_* that it was asked for with
 * @birth: filled
 *
 * Context: any, also under raw spinlocks with interrupts off.
 */
void shadow_site_birth(struct shadow_sites *sites, u32 gfp,
		       struct shadow_birth *birth)
{
	*birth = (struct shadow_birth) {
		.seq = atomic64_inc_return(&sites->seq),
		.ns = sites->now ? sites->now() : 0,
		.site = shadow_site_here(sites),
		.gfp = gfp,
	};
}
