/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_ctl - the language in which a person makes a machine do something.
 *
 * Five parts. shadow_ctl_verb.c says which commands there are and between which
 * phases of a boot each can run. shadow_ctl_parse.c turns one line into a struct
 * shadow_ctl_cmd and knows nothing of machines. shadow_ctl_run.c, with _map,
 * _early and _boot, runs one command on a machine, shadow_ctl.c batches of them.
 * shadow_ctl_handle.c remembers what they got under ids that are never used
 * again.
 *
 * One write is one batch: every line is parsed before the first runs, and
 * execution stops at the first line that fails. A line that fails has changed
 * nothing. Who is killed while he writes ends after the current line, or in the
 * middle of it where that is long, which then is undone.
 */
#ifndef SHADOW_CTL_H
#define SHADOW_CTL_H

#include "shadow_break.h"
#include "shadow_compat.h"
#include "shadow_fail.h"
#include "shadow_params.h"
#include "shadow_slab.h"
#include "shadow_trace.h"
#include "shadow_zone.h"

#define SHADOW_CTL_BYTES	4096	/* longest write */
#define SHADOW_CTL_NAME		16	/* longest NAME */
#define SHADOW_CTL_WHY		600	/* a refusal or a result is one line */
#define SHADOW_CTL_MAX_SAMPLES	100000U	/* mmu_check N, and all of a write */
#define SHADOW_CTL_MIN_SAMPLES	2000U	/* what each check counts as at least */
#define SHADOW_CTL_MAX_COUNT	1048576U	/* count= */
#define SHADOW_CTL_MAX_HANDLES	262144U
/*
 * The host's memory behind the handles of a machine: half of what the block has,
 * within these bounds. The least is enough for a block full of small objects,
 * the most for SHADOW_CTL_MAX_HANDLES and twice that.
 */
#define SHADOW_CTL_MIN_HOST_BYTES	SZ_16M
#define SHADOW_CTL_MAX_HOST_BYTES	SZ_64M
#define SHADOW_CTL_SHOWN	40	/* live handles shown in a bounded view */

enum shadow_ctl_verb {
	SHADOW_CTL_ALLOC_PAGES,
	SHADOW_CTL_ALLOC_PAGES_EXACT,
	SHADOW_CTL_ALLOC_PAGES_BULK,
	SHADOW_CTL_SPLIT_PAGE,
	SHADOW_CTL_GET_PAGE,
	SHADOW_CTL_PUT_PAGE,
	SHADOW_CTL_FREE_PAGES,
	SHADOW_CTL_KMALLOC,
	SHADOW_CTL_KFREE,
	SHADOW_CTL_KREALLOC,
	SHADOW_CTL_CACHE_CREATE,
	SHADOW_CTL_CACHE_ALLOC,
	SHADOW_CTL_CACHE_FREE,
	SHADOW_CTL_CACHE_SHRINK,
	SHADOW_CTL_CACHE_REAP,
	SHADOW_CTL_CACHE_CHECK,
	SHADOW_CTL_CACHE_DESTROY,
	SHADOW_CTL_FAIL,
	SHADOW_CTL_VMALLOC,
	SHADOW_CTL_VFREE,
	SHADOW_CTL_VMALLOC_PURGE,
	SHADOW_CTL_VMAP,
	SHADOW_CTL_VUNMAP,
	SHADOW_CTL_IOREMAP,
	SHADOW_CTL_IOUNMAP,
	SHADOW_CTL_MAP,
	SHADOW_CTL_UNMAP,
	SHADOW_CTL_KMAP,
	SHADOW_CTL_KUNMAP,
	SHADOW_CTL_PROTECT,
	SHADOW_CTL_TLBI,
	SHADOW_CTL_DRAIN,
	SHADOW_CTL_MARK,
	SHADOW_CTL_MMU_CHECK,
	SHADOW_CTL_SET,
	SHADOW_CTL_MEMBLOCK_ADD,
	SHADOW_CTL_MEMBLOCK_REMOVE,
	SHADOW_CTL_MEMBLOCK_RESERVE,
	SHADOW_CTL_MEMBLOCK_FREE,
	SHADOW_CTL_EARLY_ALLOC,
	SHADOW_CTL_EARLY_IOREMAP,
	SHADOW_CTL_EARLY_IOUNMAP,
	SHADOW_CTL_MEMREMAP_PAGES,
	SHADOW_CTL_MEMUNMAP_PAGES,
	SHADOW_CTL_COMPARE,
	SHADOW_CTL_BREAK,
	SHADOW_CTL_CREATE,
	SHADOW_CTL_DESTROY,
	SHADOW_CTL_RESET,
	SHADOW_CTL_STEP,
	SHADOW_CTL_CONTINUE,
	SHADOW_NR_CTL_VERBS
};

/* What can be set at run time: the table is in shadow_ctl_set.c */
enum shadow_ctl_set_key {
	SHADOW_CTL_SET_COUNTERS,
	SHADOW_CTL_SET_ROUTES,
	SHADOW_CTL_SET_LATENCY,
	SHADOW_CTL_SET_MIN_FREE_KBYTES,
	SHADOW_CTL_SET_WATERMARK_SCALE_FACTOR,
	SHADOW_CTL_SET_WATERMARK_BOOST_FACTOR,
	SHADOW_CTL_SET_LOWMEM_RESERVE_RATIO,
	SHADOW_CTL_SET_PERCPU_PAGELIST_HIGH_FRACTION,
	SHADOW_CTL_SET_FRAG_INTERVAL,
	SHADOW_CTL_SET_MAP_FRAMES,
	SHADOW_NR_CTL_SET_KEYS
};

enum shadow_ctl_key {
	SHADOW_CTL_KEY_ZONE,
	SHADOW_CTL_KEY_COUNT,
	SHADOW_CTL_KEY_AS,
	SHADOW_CTL_KEY_CPU,
	SHADOW_CTL_KEY_SEED,
	SHADOW_CTL_KEY_ALIGN,
	SHADOW_CTL_KEY_MIN,
	SHADOW_CTL_KEY_MAX,
	SHADOW_CTL_KEY_NODE,
	SHADOW_CTL_KEY_GFP,
	SHADOW_CTL_KEY_FORCE,
	SHADOW_CTL_KEY_BLOCK,
	SHADOW_CTL_KEY_CONT,
	SHADOW_CTL_KEY_FOLD,
	SHADOW_CTL_KEY_LOADS,
	SHADOW_CTL_KEY_UNMAPPED,
	SHADOW_CTL_KEY_HOST,
	SHADOW_CTL_KEY_PFN,
	SHADOW_CTL_KEY_HUGE,
	SHADOW_CTL_KEY_FLAGS,
	SHADOW_CTL_KEY_PROBABILITY,
	SHADOW_CTL_KEY_INTERVAL,
	SHADOW_CTL_KEY_TIMES,
	SHADOW_CTL_KEY_SPACE,
	SHADOW_NR_CTL_KEYS
};

#define SHADOW_CTL_MAX_IDS	8	/* of one command */

/**
 * struct shadow_ctl_id - what a command names
 * @id: where it was given as a number, else 0
 * @name: where it was given as a name, else ""
 */
struct shadow_ctl_id {
	u64 id;
	char name[SHADOW_CTL_NAME + 1];
};

/**
 * struct shadow_ctl_given - PARAMETER=VALUE pairs of a command
 * @at: the part of the line that holds them, in the batch's text
 * @bytes: its length
 *
 * It was parsed: every name is a parameter's, and is there once. See
 * shadow_ctl_given_next().
 */
struct shadow_ctl_given {
	const char *at;
	size_t bytes;
};

/**
 * struct shadow_ctl_cmd - one command, parsed
 * @verb: what to do
 * @line: line of the text that it was read from, the first is 1
 * @keys: bit by enum shadow_ctl_key, set for what was given
 * @zone: zone=, that zone alone
 * @cpu: cpu=, else 0
 * @order: of alloc_pages
 * @count: count=, N of alloc_pages_bulk, else 1
 * @bytes: of kmalloc, krealloc, cache_create, vmalloc and the early commands
 * @va: of map, unmap, protect, tlbi and early_iounmap
 * @pa: of map, and base of the early commands
 * @nr_pages: of map, unmap, protect and tlbi, there 0: all
 * @prot: of map and protect, SHADOW_PROT_*
 * @map_flags: of map and protect, SHADOW_MAP_*, by force=, block=, cont= and fold=
 * @mmu_size: of mmu_check, by enum shadow_mmu_size, where bit of @mmu_sizes is
 *	set; see shadow_ctl_sizes()
 * @mmu_sizes: which of them were given
 * @seed: seed=
 * @set: of set, which key
 * @on: its value, where that is a switch
 * @value: where it is a number
 * @ratio: where it is several
 * @nr_values: values that were given to set
 * @align: align=, else 0
 * @min: min=, else 0
 * @max: max=, else 0
 * @node: node=, else 0
 * @gfp: gfp=, SHADOW_GFP_*, else 0
 * @pfn: pfn=, else 0
 * @phase: of step; SHADOW_NR_PHASES: the next one
 * @given: of create and reset
 * @machine: of create and destroy, else ""
 * @trace: of compare, else ""
 * @breaks: of break: a kind is named
 * @damage: which, and where
 * @as: as=, else ""
 * @handle: id of what is freed or mapped, where it was given as a number, else 0
 * @handle_name: name of what is freed or mapped, where it was given as a name, else ""
 * @small_pages: huge=off
 * @cache: name of a cache, else ""
 * @cache_flags: flags=, SHADOW_SLAB_*, else 0
 * @fail_point: of fail, which point
 * @fail: of fail, how often; as the kernel's where a key was not given
 * @nr_more: what was named besides @handle
 * @more: those
 */
struct shadow_ctl_cmd {
	enum shadow_ctl_verb verb;
	unsigned int line;
	u32 keys;
	enum shadow_zone_type zone;
	u32 cpu;
	u32 order;
	u32 count;
	u64 bytes;
	u64 va;
	u64 pa;
	u64 nr_pages;
	u64 prot;
	u32 map_flags;
	u32 mmu_size[SHADOW_NR_MMU_SIZES];
	u32 mmu_sizes;
	u64 seed;
	enum shadow_ctl_set_key set;
	bool on;
	u64 value;
	unsigned int ratio[SHADOW_MAX_NR_ZONES];
	unsigned int nr_values;
	u64 align;
	u64 min;
	u64 max;
	u32 node;
	u32 gfp;
	u64 pfn;
	unsigned int phase;
	struct shadow_ctl_given given;
	char machine[SHADOW_CTL_NAME + 1];
	char trace[SHADOW_TRACE_NAME + 1];
	bool breaks;
	struct shadow_break_ask damage;
	char as[SHADOW_CTL_NAME + 1];
	u64 handle;
	char handle_name[SHADOW_CTL_NAME + 1];
	bool small_pages;
	char cache[SHADOW_SLAB_NAME];
	u32 cache_flags;
	enum shadow_fail_point fail_point;
	struct shadow_fail_attr fail;
	unsigned int nr_more;
	struct shadow_ctl_id more[SHADOW_CTL_MAX_IDS - 1];
};

/**
 * struct shadow_ctl_text - a batch that is being read
 * @at: what has not been read yet
 * @bytes: how much that is
 * @line: number of the last line read, the first is 1
 * @why: why the last line was refused, in one line; else ""
 */
struct shadow_ctl_text {
	const char *at;
	size_t bytes;
	unsigned int line;
	char why[SHADOW_CTL_WHY];
};

void shadow_ctl_text_init(struct shadow_ctl_text *text, const char *at,
			  size_t bytes);
int shadow_ctl_next(struct shadow_ctl_text *text, struct shadow_ctl_cmd *cmd);
bool shadow_ctl_given_next(struct shadow_ctl_given *given, unsigned int *id,
			   const char **value, size_t *len);
bool shadow_ctl_name_ok(const char *name, size_t len);
const char *shadow_ctl_grammar(enum shadow_ctl_verb verb);
const char *shadow_ctl_meaning(enum shadow_ctl_verb verb);

struct shadow_ctl_handle;
struct shadow_ctl_chunk;
struct shadow_mm;

/**
 * struct shadow_ctl_ops - what running commands needs from around the machine
 * @mmu_check: lets the CPU judge the tables, as much of everything as the sizes
 *	by enum shadow_mmu_size say, chosen with that seed; writes one line into
 *	@said. NULL: refused
 * @create: boots a further machine with these parameters, or leaves nothing;
 *	writes one line into @said. May let the caller's mutex go meanwhile.
 *	NULL: this is not the first machine
 * @destroy: takes a further machine away, likewise
 * @reset: boots the machine again in place; writes one line into @said. Sets
 *	@down as soon as all that was allocated is gone, until then nothing has
 *	changed. NULL: refused
 * @step: goes on with the boot up to that phase, likewise; @down: it failed
 *	and the machine is down
 * @compare: applies the trace of that name to three machines; writes one line
 *	into @said. May let the caller's mutex go meanwhile. NULL: this is not
 *	the first machine
 * @interrupted: whoever writes is being killed, or the machine is being taken
 *	away: no more is to be done for him. NULL: nobody can be
 */
struct shadow_ctl_ops {
	int (*mmu_check)(struct shadow_mm *mm, const u32 *sizes, u64 seed,
			 char *said, size_t said_bytes);
	int (*create)(struct shadow_mm *mm, const char *name,
		      const struct shadow_ctl_given *given, char *said,
		      size_t said_bytes);
	int (*destroy)(struct shadow_mm *mm, const char *name, char *said,
		       size_t said_bytes);
	int (*reset)(struct shadow_mm *mm, const struct shadow_ctl_given *given,
		     bool *down, char *said, size_t said_bytes);
	int (*step)(struct shadow_mm *mm, unsigned int last, bool *down,
		    char *said, size_t said_bytes);
	int (*compare)(struct shadow_mm *mm, const char *trace, char *said,
		       size_t said_bytes);
	bool (*interrupted)(struct shadow_mm *mm);
};

/**
 * struct shadow_ctl - what commands on one machine have got so far
 * @mm: the machine, which also says where host memory comes from
 * @ops: what is needed from around it
 * @next_id: id of the next handle; the first is 1
 * @nr_live: handles
 * @by_id: hash table of the handles
 * @by_name: hash table of those with a name
 * @newest: the handle that was made last, from which all others are linked
 * @spare: handles that are not in use
 * @chunks: what the handles were cut from
 * @host_bytes: the host's memory behind handles, SHADOW_CTL_*_HOST_BYTES
 * @nr_writes: batches so far
 * @nr_commands: commands that ran and did not fail
 * @counters: this machine holds the key of the event hooks
 * @last_err: what the last batch ended with
 * @last_line: the line where it stopped, else the last one that ran
 * @last_ran: commands of it that ran and did not fail
 * @said: what the last command got, or why a line was refused
 *
 * Locking: the caller's mutex, around every function that takes one of these.
 * Create and destroy let it go, so another batch may run in the middle of one
 * that has these.
 */
struct shadow_ctl {
	struct shadow_mm *mm;
	const struct shadow_ctl_ops *ops;
	u64 next_id;
	u64 nr_live;
	struct shadow_ctl_handle **by_id;
	struct shadow_ctl_handle **by_name;
	struct shadow_ctl_handle *newest;
	struct shadow_ctl_handle *spare;
	struct shadow_ctl_chunk *chunks;
	u64 host_bytes;
	u64 nr_writes;
	u64 nr_commands;
	bool counters;
	int last_err;
	unsigned int last_line;
	unsigned int last_ran;
	char said[SHADOW_CTL_WHY];
};

int shadow_ctl_init(struct shadow_ctl *ctl, struct shadow_mm *mm,
		    const struct shadow_ctl_ops *ops);
void shadow_ctl_fini(struct shadow_ctl *ctl);
ssize_t shadow_ctl_write(struct shadow_ctl *ctl, const char *text,
			 size_t bytes);
int shadow_ctl_run(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd);
bool shadow_ctl_interrupted(const struct shadow_ctl *ctl);
u32 shadow_ctl_sizes(const struct shadow_ctl *ctl,
		     const struct shadow_ctl_cmd *cmd, u32 *sizes);
void shadow_ctl_set_counters(struct shadow_ctl *ctl, bool on);
u64 shadow_ctl_host_limit(const struct shadow_ctl *ctl);

/* Takes text with its newlines. */
typedef void (*shadow_ctl_emit_t)(void *to, const char *text);

void shadow_ctl_print(const struct shadow_ctl *ctl, bool whole,
		      shadow_ctl_emit_t emit, void *to);

#endif /* SHADOW_CTL_H */
