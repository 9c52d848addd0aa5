// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ctl_verb - the table of commands. See shadow_ctl_verb.h.
 */
#include "shadow_ctl_verb.h"
#include "shadow_params.h"

#define KEY(key)	BIT(SHADOW_CTL_KEY_##key)
#define ARG(arg)	SHADOW_CTL_ARG_##arg
#define WITH(phase)	(SHADOW_PHASE_##phase + 1)

/*
 * Early commands need the early allocator or the fixmap, and end with the
 * handover. What uses the buddy begins there. map, unmap and protect wait until
 * it is known which windows are taken.
 */
const struct shadow_ctl_verb_info shadow_ctl_verbs[SHADOW_NR_CTL_VERBS] = {
	[SHADOW_CTL_ALLOC_PAGES] = {
		.name = "alloc_pages",
		.usage =
		"alloc_pages ORDER [gfp=FLAG,...] [zone=DMA|DMA32|NORMAL|HIGHMEM|MOVABLE] [node=N] [cpu=N] [count=N] [as=NAME]",
		.meaning =
		"take COUNT blocks of 2^ORDER pages, all or none, under one id; with zone= from that zone alone",
		.arg = { ARG(ORDER) },
		.keys = KEY(GFP) | KEY(ZONE) | KEY(NODE) | KEY(CPU) | KEY(COUNT) |
			KEY(AS),
		.since = WITH(MEM_INIT),
	},
	[SHADOW_CTL_ALLOC_PAGES_EXACT] = {
		.name = "alloc_pages_exact",
		.usage =
		"alloc_pages_exact BYTES [gfp=FLAG,...] [node=N] [cpu=N] [as=NAME]",
		.meaning =
		"take single pages in a row, as many as BYTES (K, M, G) need, of a block that is split",
		.arg = { ARG(BYTES) },
		.keys = KEY(GFP) | KEY(NODE) | KEY(CPU) | KEY(AS),
		.since = WITH(MEM_INIT),
	},
	[SHADOW_CTL_ALLOC_PAGES_BULK] = {
		.name = "alloc_pages_bulk",
		.usage =
		"alloc_pages_bulk N [gfp=FLAG,...] [node=N] [cpu=N] [as=NAME]",
		.meaning = "take N single pages, many in one visit to a per-CPU list",
		.arg = { ARG(COUNT) },
		.keys = KEY(GFP) | KEY(NODE) | KEY(CPU) | KEY(AS),
		.since = WITH(MEM_INIT),
	},
	[SHADOW_CTL_SPLIT_PAGE] = {
		.name = "split_page",
		.usage = "split_page ID",
		.meaning = "make single pages of its blocks, each freed by itself",
		.arg = { ARG(HANDLE) },
		.since = WITH(MEM_INIT),
	},
	[SHADOW_CTL_GET_PAGE] = {
		.name = "get_page",
		.usage = "get_page ID",
		.meaning =
		"a reference more to each block: free_pages then leaves its first page, or all of a COMP one",
		.arg = { ARG(HANDLE) },
		.since = WITH(MEM_INIT),
	},
	[SHADOW_CTL_PUT_PAGE] = {
		.name = "put_page",
		.usage = "put_page ID",
		.meaning =
		"drop a reference to each of its blocks; with the last one they are free",
		.arg = { ARG(HANDLE) },
		.since = WITH(MEM_INIT),
	},
	[SHADOW_CTL_FREE_PAGES] = {
		.name = "free_pages",
		.usage = "free_pages ID [count=N]",
		.meaning = "give them back, or only the last N of its blocks",
		.arg = { ARG(HANDLE) },
		.keys = KEY(COUNT),
		.since = WITH(MEM_INIT),
	},
	[SHADOW_CTL_KMALLOC] = {
		.name = "kmalloc",
		.usage = "kmalloc BYTES [gfp=FLAG,...] [node=N] [count=N] [as=NAME]",
		.meaning =
		"take COUNT objects of BYTES (K, M), all or none, under one id",
		.arg = { ARG(BYTES_OR_NONE) },
		.keys = KEY(GFP) | KEY(NODE) | KEY(COUNT) | KEY(AS),
		.since = WITH(SLAB_INIT),
	},
	[SHADOW_CTL_KFREE] = {
		.name = "kfree",
		.usage = "kfree ID",
		.meaning = "give them back",
		.arg = { ARG(HANDLE) },
		.since = WITH(SLAB_INIT),
	},
	[SHADOW_CTL_KREALLOC] = {
		.name = "krealloc",
		.usage = "krealloc ID BYTES [gfp=FLAG,...]",
		.meaning =
		"give one object of kmalloc another size, where it is or elsewhere, with what is in it; 0 frees it",
		.arg = { ARG(HANDLE), ARG(BYTES_OR_NONE) },
		.keys = KEY(GFP),
		.since = WITH(SLAB_INIT),
	},
	[SHADOW_CTL_CACHE_CREATE] = {
		.name = "cache_create",
		.usage = "cache_create NAME BYTES [align=BYTES] [flags=FLAG,...]",
		.meaning =
		"make a cache of objects of BYTES; flags: " SHADOW_CTL_CACHE_FLAGS,
		.arg = { ARG(CACHE), ARG(BYTES) },
		.keys = KEY(ALIGN) | KEY(FLAGS),
		.since = WITH(SLAB_INIT),
	},
	[SHADOW_CTL_CACHE_ALLOC] = {
		.name = "cache_alloc",
		.usage =
		"cache_alloc NAME [gfp=FLAG,...] [node=N] [cpu=N] [count=N] [as=NAME]",
		.meaning = "take COUNT objects of that cache, all or none, under one id",
		.arg = { ARG(CACHE) },
		.keys = KEY(GFP) | KEY(NODE) | KEY(CPU) | KEY(COUNT) | KEY(AS),
		.since = WITH(SLAB_INIT),
	},
	[SHADOW_CTL_CACHE_FREE] = {
		.name = "cache_free",
		.usage = "cache_free ID [count=N]",
		.meaning = "give them back, or only the last N of them",
		.arg = { ARG(HANDLE) },
		.keys = KEY(COUNT),
		.since = WITH(SLAB_INIT),
	},
	[SHADOW_CTL_CACHE_SHRINK] = {
		.name = "cache_shrink",
		.usage = "cache_shrink NAME",
		.meaning = "give the pages back of its slabs in which no object is in use",
		.arg = { ARG(CACHE) },
		.since = WITH(SLAB_INIT),
	},
	[SHADOW_CTL_CACHE_REAP] = {
		.name = "cache_reap",
		.usage = "cache_reap [cpu=N]",
		.meaning =
		"let each CPU, or one, do what it does every two seconds: give back a part of what no cache has used (slab=slab)",
		.keys = KEY(CPU),
		.since = WITH(SLAB_INIT),
	},
	[SHADOW_CTL_CACHE_CHECK] = {
		.name = "cache_check",
		.usage = "cache_check NAME",
		.meaning =
		"look at all objects of a cache with debugging, also the free ones; what is wrong is in slab_reports",
		.arg = { ARG(CACHE) },
		.since = WITH(SLAB_INIT),
	},
	[SHADOW_CTL_CACHE_DESTROY] = {
		.name = "cache_destroy",
		.usage = "cache_destroy NAME",
		.meaning = "end a cache in which no object is in use; else it says which are",
		.arg = { ARG(CACHE) },
		.since = WITH(SLAB_INIT),
	},
	[SHADOW_CTL_FAIL] = {
		.name = "fail",
		.usage =
		"fail POINT [probability=PERCENT] [interval=N] [times=N] [space=BYTES]",
		.meaning =
		"let allocations fail: of slab, page, table, memblock, pcp, buddy, contig or vmalloc, after BYTES every N-th with that probability, N times (-1: for ever; 1); alone: none any more",
		.arg = { ARG(POINT) },
		.keys = KEY(PROBABILITY) | KEY(INTERVAL) | KEY(TIMES) | KEY(SPACE),
	},
	[SHADOW_CTL_VMALLOC] = {
		.name = "vmalloc",
		.usage =
		"vmalloc BYTES [gfp=FLAG,...] [node=N] [huge=on|off] [count=N] [as=NAME]",
		.meaning =
		"take COUNT areas of BYTES (K, M, G), each contiguous by VA alone, all or none; in blocks of the tables where they fit, unless huge=off",
		.arg = { ARG(BYTES) },
		.keys = KEY(GFP) | KEY(NODE) | KEY(HUGE) | KEY(COUNT) | KEY(AS),
		.since = WITH(VMALLOC_INIT),
	},
	[SHADOW_CTL_VFREE] = {
		.name = "vfree",
		.usage = "vfree ID",
		.meaning = "give them back",
		.arg = { ARG(HANDLE) },
		.since = WITH(VMALLOC_INIT),
	},
	[SHADOW_CTL_VMALLOC_PURGE] = {
		.name = "vmalloc_purge",
		.usage = "vmalloc_purge",
		.meaning =
		"tell the TLB of all addresses that were freed in the vmalloc window: then they can be had again",
		.since = WITH(VMALLOC_INIT),
	},
	[SHADOW_CTL_VMAP] = {
		.name = "vmap",
		.usage = "vmap ID [ID]... [as=NAME]",
		.meaning =
		"show the pages of up to 8 ids of alloc_pages in a row, and hold a reference to each",
		.arg = { ARG(HANDLE), ARG(HANDLE_MORE), ARG(HANDLE_MORE),
			 ARG(HANDLE_MORE), ARG(HANDLE_MORE), ARG(HANDLE_MORE),
			 ARG(HANDLE_MORE), ARG(HANDLE_MORE) },
		.keys = KEY(AS),
		.since = WITH(VMALLOC_INIT),
	},
	[SHADOW_CTL_VUNMAP] = {
		.name = "vunmap",
		.usage = "vunmap ID",
		.meaning = "end that",
		.arg = { ARG(HANDLE) },
		.since = WITH(VMALLOC_INIT),
	},
	[SHADOW_CTL_IOREMAP] = {
		.name = "ioremap",
		.usage = "ioremap PA BYTES [as=NAME]",
		.meaning =
		"show BYTES at PA, where no memory is, as a device in the vmalloc window",
		.arg = { ARG(BASE), ARG(BYTES) },
		.keys = KEY(AS),
		.since = WITH(VMALLOC_INIT),
	},
	[SHADOW_CTL_IOUNMAP] = {
		.name = "iounmap",
		.usage = "iounmap ID",
		.meaning = "end that",
		.arg = { ARG(HANDLE) },
		.since = WITH(VMALLOC_INIT),
	},
	[SHADOW_CTL_MAP] = {
		.name = "map",
		.usage =
		"map VA PA NR_PAGES PROT [block=on|off] [cont=on|off] [fold=on|off] [force=on|off]",
		.meaning =
		"map pages where nothing is; off: no blocks, no contiguous hint, tables stay; force=on: even writable and executable; PROT: "
		SHADOW_CTL_PROTS,
		.arg = { ARG(VA), ARG(PA), ARG(NR_PAGES), ARG(PROT) },
		.keys = KEY(BLOCK) | KEY(CONT) | KEY(FOLD) | KEY(FORCE),
		.since = WITH(VMALLOC_INIT),
	},
	[SHADOW_CTL_UNMAP] = {
		.name = "unmap",
		.usage = "unmap VA NR_PAGES",
		.meaning = "take away what map made, no more and no less",
		.arg = { ARG(VA), ARG(NR_PAGES) },
		.since = WITH(VMALLOC_INIT),
	},
	[SHADOW_CTL_PROTECT] = {
		.name = "protect",
		.usage = "protect VA NR_PAGES PROT [force=on|off]",
		.meaning = "give what map made another protection",
		.arg = { ARG(VA), ARG(NR_PAGES), ARG(PROT) },
		.keys = KEY(FORCE),
		.since = WITH(VMALLOC_INIT),
	},
	[SHADOW_CTL_TLBI] = {
		.name = "tlbi",
		.usage = "tlbi all|VA [NR_PAGES]",
		.meaning =
		"with tlbi=stale: perform an invalidation that was left out, of VA's page, of NR_PAGES, or of all",
		.arg = { ARG(VA_OR_ALL), ARG(NR_PAGES_LAST) },
		.since = WITH(PRIMARY_SWITCH),
	},
	[SHADOW_CTL_KMAP] = {
		.name = "kmap",
		.usage = "kmap ID|pfn=PFN [cpu=N]",
		.meaning =
		"give the first frame of each block of ID, or that one, an address; with cpu= in a slot of that CPU (kmap_atomic)",
		.arg = { ARG(FRAMES) },
		.keys = KEY(PFN) | KEY(CPU),
		.since = WITH(MEM_INIT),
	},
	[SHADOW_CTL_KUNMAP] = {
		.name = "kunmap",
		.usage = "kunmap ID|pfn=PFN [cpu=N]",
		.meaning = "end that; with cpu= the newest first",
		.arg = { ARG(FRAMES) },
		.keys = KEY(PFN) | KEY(CPU),
		.since = WITH(MEM_INIT),
	},
	[SHADOW_CTL_DRAIN] = {
		.name = "drain",
		.usage = "drain [cpu=N]",
		.meaning = "empty the per-CPU lists, or one CPU's, into the buddy",
		.keys = KEY(CPU),
		.since = WITH(WATERMARKS),
	},
	[SHADOW_CTL_MARK] = {
		.name = "mark",
		.usage = "mark",
		.meaning =
		"from now on leaks shows what was allocated since and lives still; a further mark replaces it",
	},
	[SHADOW_CTL_MMU_CHECK] = {
		.name = "mmu_check",
		.usage = "mmu_check [N] [loads=N] [unmapped=N] [host=N] [seed=SEED]",
		.meaning =
		"let the CPU judge the tables, on N random pages (1 to 100000), words it loads, unmapped addresses and addresses of the host's; without: as at boot",
		.arg = { ARG(SAMPLES) },
		.keys = KEY(SEED) | KEY(LOADS) | KEY(UNMAPPED) | KEY(HOST),
		.since = WITH(MEM_INIT),
	},
	[SHADOW_CTL_SET] = {
		.name = "set",
		.usage = "set KEY VALUE",
		.meaning = "change while the machine runs:",
		.arg = { ARG(SET_KEY), ARG(SET_VALUE), ARG(SET_MORE),
			 ARG(SET_MORE), ARG(SET_MORE), ARG(SET_MORE),
			 ARG(SET_MORE), ARG(SET_MORE) },
	},
	[SHADOW_CTL_MEMBLOCK_ADD] = {
		.name = "memblock_add",
		.usage = "memblock_add BASE BYTES",
		.meaning = "tell the early allocator of memory",
		.arg = { ARG(BASE), ARG(BYTES) },
		.since = WITH(SETUP_FDT),
		.ends = WITH(MEM_INIT),
		.over = "the early allocator is gone",
	},
	[SHADOW_CTL_MEMBLOCK_REMOVE] = {
		.name = "memblock_remove",
		.usage = "memblock_remove BASE BYTES",
		.meaning = "let the early allocator forget memory",
		.arg = { ARG(BASE), ARG(BYTES) },
		.since = WITH(SETUP_FDT),
		.ends = WITH(MEM_INIT),
		.over = "the early allocator is gone",
	},
	[SHADOW_CTL_MEMBLOCK_RESERVE] = {
		.name = "memblock_reserve",
		.usage = "memblock_reserve BASE BYTES",
		.meaning = "keep memory from being given out",
		.arg = { ARG(BASE), ARG(BYTES) },
		.since = WITH(SETUP_FDT),
		.ends = WITH(MEM_INIT),
		.over = "the early allocator is gone",
	},
	[SHADOW_CTL_MEMBLOCK_FREE] = {
		.name = "memblock_free",
		.usage = "memblock_free BASE BYTES",
		.meaning = "end a reservation, or give back what early_alloc got",
		.arg = { ARG(BASE), ARG(BYTES) },
		.since = WITH(SETUP_FDT),
		.ends = WITH(MEM_INIT),
		.over = "the early allocator is gone",
	},
	[SHADOW_CTL_EARLY_ALLOC] = {
		.name = "early_alloc",
		.usage = "early_alloc BYTES [align=BYTES] [min=PA] [max=PA] [node=N]",
		.meaning =
		"take BYTES from the early allocator, of that node if it has them, between those two addresses",
		.arg = { ARG(BYTES) },
		.keys = KEY(ALIGN) | KEY(MIN) | KEY(MAX) | KEY(NODE),
		.since = WITH(MEMBLOCK_INIT),
		.ends = WITH(MEM_INIT),
		.over = "the early allocator is gone",
	},
	[SHADOW_CTL_EARLY_IOREMAP] = {
		.name = "early_ioremap",
		.usage = "early_ioremap PA BYTES",
		.meaning = "show BYTES at PA, memory or not, as a device in a slot of the fixmap",
		.arg = { ARG(BASE), ARG(BYTES) },
		.since = WITH(FIXMAP_INIT),
		.ends = WITH(MEM_INIT),
		.over = "early mappings are over",
	},
	[SHADOW_CTL_EARLY_IOUNMAP] = {
		.name = "early_iounmap",
		.usage = "early_iounmap VA [BYTES]",
		.meaning = "end that",
		.arg = { ARG(VA), ARG(BYTES_LAST) },
		.since = WITH(FIXMAP_INIT),
		.ends = WITH(MEM_INIT),
		.over = "early mappings are over",
	},
	[SHADOW_CTL_MEMREMAP_PAGES] = {
		.name = "memremap_pages",
		.usage = "memremap_pages BASE BYTES",
		.meaning = "give frames at BASE, where no memory is, a struct page in zone Device",
		.arg = { ARG(BASE), ARG(BYTES) },
		.since = WITH(WATERMARKS),
	},
	[SHADOW_CTL_MEMUNMAP_PAGES] = {
		.name = "memunmap_pages",
		.usage = "memunmap_pages BASE",
		.meaning = "take it away again",
		.arg = { ARG(BASE) },
		.since = WITH(WATERMARKS),
	},
	[SHADOW_CTL_BREAK] = {
		.name = "break",
		.usage = "break [KIND [WHERE[:BIT]]]",
		.meaning =
		"damage the machine on purpose, and ask who sees it; reset boots a sound one; KIND:",
		.arg = { ARG(BREAK), ARG(BREAK_WHERE) },
	},
	[SHADOW_CTL_COMPARE] = {
		.name = "compare",
		.usage = "compare TRACE",
		.meaning =
		"apply a trace to three machines, one with each slab=; read compare; TRACE: mixed:OPERATIONS:SEED, waves:OPERATIONS:SEED, or NAME of shadow_mm/NAME.kmem where firmware lies",
		.arg = { ARG(TRACE) },
		.since = WITH(SLAB_INIT),
	},
	[SHADOW_CTL_CREATE] = {
		.name = "create",
		.usage = "create NAME [PARAMETER=VALUE]...",
		.meaning =
		"boot a further machine, in a block of its own or with share=BYTES in a part of this one's memory",
		.arg = { ARG(MACHINE) },
		.params = SHADOW_CTL_PARAMS_ALL,
		.down = true,
	},
	[SHADOW_CTL_DESTROY] = {
		.name = "destroy",
		.usage = "destroy NAME",
		.meaning = "take a further machine away; both in the first machine's ctl only",
		.arg = { ARG(MACHINE) },
		.down = true,
	},
	[SHADOW_CTL_RESET] = {
		.name = "reset",
		.usage = "reset [PARAMETER=VALUE]...",
		.meaning =
		"boot the machine again, all ids are gone; what is not given stays, PARAMETER= alone is the default",
		.params = SHADOW_CTL_PARAMS_NOT_BLOCK,
		.down = true,
	},
	[SHADOW_CTL_STEP] = {
		.name = "step",
		.usage = "step [PHASE]",
		.meaning =
		"go on with a boot that until= has stopped: the next phase, or all up to PHASE",
		.arg = { ARG(PHASE) },
	},
	[SHADOW_CTL_CONTINUE] = {
		.name = "continue",
		.usage = "continue",
		.meaning = "go on to the boot's end",
	},
};

/**
 * shadow_ctl_param_of_block() - does a parameter say what the block is?
 * @id: enum shadow_param_id
 *
 * Such a parameter stays as long as the block does.
 *
 * Context: any.
 * Return: true if it does, or says what is published.
 */
bool shadow_ctl_param_of_block(unsigned int id)
{
	switch (id) {
	case SHADOW_PARAM_SIZE:
	case SHADOW_PARAM_BASE:
	case SHADOW_PARAM_BASE_FORCE:
	case SHADOW_PARAM_REGION:
	case SHADOW_PARAM_SHARE:
	case SHADOW_PARAM_DEBUGFS:
		return true;
	default:
		return false;
	}
}

/**
 * shadow_ctl_grammar() - how a command is written
 * @verb: which one, 0 to SHADOW_NR_CTL_VERBS - 1
 *
 * Context: any.
 * Return: the command, its arguments and its keys.
 */
const char *shadow_ctl_grammar(enum shadow_ctl_verb verb)
{
	return shadow_ctl_verbs[verb].usage;
}

/**
 * shadow_ctl_meaning() - what a command does
 * @verb: which one, 0 to SHADOW_NR_CTL_VERBS - 1
 *
 * Context: any.
 * Return: one line.
 */
const char *shadow_ctl_meaning(enum shadow_ctl_verb verb)
{
	return shadow_ctl_verbs[verb].meaning;
}
