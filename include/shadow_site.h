/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_site - from where in the code things are allocated: a machine's table
 * of the stacks that have led to an allocation, and the order of allocations.
 *
 * Whoever lies in the block remembers a site by its place in this table, a small
 * number that is range-checked when it is read back. So whatever the block says,
 * the host is never asked for a stack that it did not give. Site 0 is the one
 * that is not known.
 *
 * A birth says when and where something was allocated: the machine's count of
 * such allocations, the host's clock, the site. Births are only noted with
 * page_owner=1.
 */
#ifndef SHADOW_SITE_H
#define SHADOW_SITE_H

#include "shadow_compat.h"

#define SHADOW_MAX_SITES	4096	/* told apart; site 0 is one of them */
#define SHADOW_SITE_TEXT	128	/* one call as text */

/**
 * struct shadow_site_ops - what is asked of the host
 * @stack: a handle for the calls that have led here, the same one for the same
 *	calls; 0: the host has no room for it. Context: any, also under raw
 *	spinlocks with interrupts off
 * @caller: of a handle that @stack has given, the address of the first call from
 *	outside of the machine's own allocators; 0: not known. May be slow.
 *	Context: process
 * @text: the calls behind such a handle, that one first, one a line, each with
 *	its newline; bytes written. Context: process
 */
struct shadow_site_ops {
	u64 (*stack)(void);
	unsigned long (*caller)(u64 stack);
	size_t (*text)(u64 stack, char *text, size_t bytes);
};

/**
 * struct shadow_site - where something was allocated
 * @stack: the host's handle
 * @caller: as shadow_site_ops.caller says, once it was asked; until then 0
 * @next: site with the same hash; 0: there is no further one
 */
struct shadow_site {
	u64 stack;
	unsigned long caller;
	u32 next;
};

#define SHADOW_SITE_BUCKETS	1024

/**
 * struct shadow_birth - when and where something was allocated
 * @seq: which of the machine's allocations it was, from 1 on; 0: not known
 * @ns: the host's clock
 * @site: place in the table; 0: not known
 * @gfp: SHADOW_GFP_* that it was asked for with
 *
 * Lies in the block: nothing is followed but @site, which is range-checked.
 */
struct shadow_birth {
	u64 seq;
	u64 ns;
	u32 site;
	u32 gfp;
};

/**
 * struct shadow_sites - the table of one machine
 * @lock: protects @nr, @first and what @site has up to @nr; innermost;
 *	interrupts off. Entries below @nr do not change but for @caller
 * @ops: the host; NULL: nobody knows who calls
 * @now: its clock, nanoseconds
 * @site: SHADOW_MAX_SITES of them, in the host's memory; NULL: there is no table
 * @first: by hash, the first site; 0: none
 * @nr: sites in use, that of 0 included
 * @nr_lost: how often a site was not known because the table is full
 * @births: births are noted
 * @seq: allocations so far, of which that was done
 * @mark_seq: how many there were when somebody said mark; 0: nobody did
 */
struct shadow_sites {
	raw_spinlock_t lock;
	const struct shadow_site_ops *ops;
	u64 (*now)(void);
	struct shadow_site *site;
	u32 *first;
	u32 nr;
	u64 nr_lost;
	bool births;
	atomic64_t seq;
	u64 mark_seq;
};

size_t shadow_sites_bytes(void);
void shadow_sites_init(struct shadow_sites *sites,
		       const struct shadow_site_ops *ops, u64 (*now)(void),
		       void *mem);
u32 shadow_site_here(struct shadow_sites *sites);
unsigned long shadow_site_caller(struct shadow_sites *sites, u64 site);
size_t shadow_site_text(struct shadow_sites *sites, u64 site, char *text,
			size_t bytes);
void shadow_site_birth(struct shadow_sites *sites, u32 gfp,
		       struct shadow_birth *birth);

#endif /* SHADOW_SITE_H */
