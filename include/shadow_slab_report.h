/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_slab_report - what debugging has found: a bounded ring of reports in
 * the host's memory, and each of them as text, in the manner of mm/slub.c.
 *
 * Addresses are physical ones of the block.
 */
#ifndef SHADOW_SLAB_REPORT_H
#define SHADOW_SLAB_REPORT_H

#include "shadow_slab.h"

#define SHADOW_SLAB_REPORTS	64	/* of one machine; the newest are kept */
#define SHADOW_REPORT_LINE	160	/* bytes of a report's first line */
#define SHADOW_REPORT_TEXT	8192	/* bytes of all that it says */
#define SHADOW_SLAB_SITE	128	/* bytes of a place's text */
#define SHADOW_REPORT_DUMP	256	/* bytes of an object that a report has */
#define SHADOW_REPORT_LIVE	16	/* objects that a report of leaks names */

/* What is wrong */
enum shadow_slab_wrong {
	SHADOW_WRONG_RED_LEFT,	/* the red zone in front of the object */
	SHADOW_WRONG_RED_RIGHT,	/* the one behind it */
	SHADOW_WRONG_POISON,	/* written to while it was free */
	SHADOW_WRONG_FREE,	/* freed though it is free */
	SHADOW_WRONG_POINTER,	/* freed though no object begins there */
	SHADOW_WRONG_CACHE,	/* freed to another cache than it is from */
	SHADOW_WRONG_STATE,	/* the word that says whether it is free */
	SHADOW_WRONG_FREELIST,	/* the engine's links or lists */
	SHADOW_WRONG_LEAK,	/* in use when its cache shall go */
	SHADOW_NR_WRONGS
};

/**
 * struct shadow_slab_track - who did something with an object
 * @stack: handle of struct shadow_slab_host, or an address; 0: not known
 * @when: number of the operation, in all caches with debugging
 * @ns: the host's clock; 0: it has none
 * @cpu: where
 * @set: it has been done
 */
struct shadow_slab_track {
	u64 stack;
	u64 when;
	u64 ns;
	u32 cpu;
	u32 set;
};

/**
 * struct shadow_slab_site - objects in use that were allocated at one place
 * @stack: the place; 0: not known
 * @nr: objects
 * @oldest: the first one's number of operation
 * @oldest_ns: the host's clock then; 0: not known
 * @first: physical address of that one
 */
struct shadow_slab_site {
	u64 stack;
	u64 nr;
	u64 oldest;
	u64 oldest_ns;
	u64 first;
};

/**
 * struct shadow_slab_report - one thing that was found wrong
 * @nr: which one it is: the first of a machine is 1; 0: none
 * @when: number of the operation in which it was found
 * @ns: the host's clock then; 0: it has none
 * @wrong: what
 * @line: the same in one line, the first of the text
 * @cache: name of the cache
 * @other: with SHADOW_WRONG_CACHE and SHADOW_WRONG_POINTER, the cache that the
 *	object is from, if that is another; else ""
 * @fault: with SHADOW_WRONG_FREELIST, why the machine is frozen, or ""
 * @slab: physical address of the slab; 0: there is none
 * @object: of the object, as its user sees it; 0: there is none
 * @object_bytes: its size
 * @at: first wrong byte, or the pointer, from the beginning of the object
 * @nr_wrong: bytes from the first wrong one to the last
 * @expected: what the first wrong byte should be
 * @found: what it is
 * @alloc: who allocated it last
 * @free: who freed it last
 * @stack: who came across it
 * @out: the object has been taken out of use
 * @dump_at: first byte of @dump, from the beginning of the object
 * @nr_dump: bytes in @dump
 * @red_left: bytes of the red zone in front of the object
 * @red_right: of the one behind it
 * @dump: what was there
 * @nr_live: with SHADOW_WRONG_LEAK, objects in use
 * @live: where the first SHADOW_REPORT_LIVE of them are
 * @live_by: where those were allocated; 0: not known
 */
struct shadow_slab_report {
	u64 nr;
	u64 when;
	u64 ns;
	enum shadow_slab_wrong wrong;
	char line[SHADOW_REPORT_LINE];
	char cache[SHADOW_SLAB_NAME];
	char other[SHADOW_SLAB_NAME];
	char fault[SHADOW_FAULT_TEXT];
	u64 slab;
	u64 object;
	u32 object_bytes;
	s64 at;
	u64 nr_wrong;
	u8 expected;
	u8 found;
	struct shadow_slab_track alloc;
	struct shadow_slab_track free;
	u64 stack;
	bool out;
	s64 dump_at;
	u32 nr_dump;
	u32 red_left;
	u32 red_right;
	u8 dump[SHADOW_REPORT_DUMP];
	u64 nr_live;
	u64 live[SHADOW_REPORT_LIVE];
	u64 live_by[SHADOW_REPORT_LIVE];
};

/**
 * struct shadow_slab_leaks - what of a cache is in use, by call site
 * @since: number of the first operation that counts
 * @nr_live: objects in use
 * @nr_sites: entries of @site
 * @nr_others: objects of sites that @site has no room for
 * @site: where they were allocated, most of them first
 */
struct shadow_slab_leaks {
	u64 since;
	u64 nr_live;
	u32 nr_sites;
	u64 nr_others;
	struct shadow_slab_site site[32];
};

/* shadow_slab_report.c */
u64 shadow_slab_nr_reports(struct shadow_slab *slab);
bool shadow_slab_get_report(struct shadow_slab *slab, u64 nr,
			    struct shadow_slab_report *report);
size_t shadow_slab_report_text(struct shadow_slab *slab,
			       const struct shadow_slab_report *report,
			       char *text, size_t bytes);
u64 shadow_slab_nr_out(struct shadow_slab *slab);
void shadow_slab_report_line(const struct shadow_slab_report *report,
			     char *line, size_t bytes);
void shadow_slab_site(const struct shadow_slab *slab, u64 stack, char *text,
		      size_t bytes);

/* shadow_slab_debug_check.c */
s64 shadow_kmem_cache_check(struct shadow_kmem_cache *cache);
u64 shadow_slab_check(struct shadow_slab *slab);
void shadow_kmem_cache_leaks(struct shadow_kmem_cache *cache,
			     struct shadow_slab_leaks *leaks);
void shadow_kmem_cache_leaks_since(struct shadow_kmem_cache *cache, u64 since,
				   struct shadow_slab_leaks *leaks);

/* shadow_slab_quarantine.c */
u64 shadow_slab_quarantined(struct shadow_slab *slab, u64 *nr);

#endif /* SHADOW_SLAB_REPORT_H */
