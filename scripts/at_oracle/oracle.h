/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * oracle - what the parts of the program share: shapes, trees under test, who
 * judges them, and what came of it.
 */
#ifndef AT_ORACLE_ORACLE_H
#define AT_ORACLE_ORACLE_H

#include "machine.h"
#include "model.h"
#include "reader.h"
#include "shadow_pgtable.h"

/**
 * struct shape - one of all combinations that the architecture has
 * @page_shift: log2 of the granule
 * @va_bits: bits of an input address
 * @pa_bits: bits of an output address
 * @ds: TCR_EL1.DS, that is LPA2
 */
struct shape {
	int page_shift;
	int va_bits;
	int pa_bits;
	bool ds;
};

/* What is mapped: mainly pages, blocks or contiguous groups */
enum kind {
	KIND_PAGE,
	KIND_BLOCK,
	KIND_CONTIG,
	NR_KINDS
};

/* Who may find something wrong */
enum judge {
	JUDGE_AT,	/* the MMU gives another answer than the model */
	JUDGE_READER,	/* raw tables not as the Arm ARM or the model has them */
	JUDGE_WALKER,	/* shadow_walk gives another answer than the model */
	JUDGE_API,	/* a call ended otherwise than it must */
	JUDGE_VERIFY,	/* shadow_pgtable_verify() found something */
	JUDGE_TLB,	/* a translation that an invalidation has left over */
	NR_JUDGES
};

/**
 * struct tally - what a run came to
 * @translated: addresses that AT was to translate
 * @faulted: addresses that were to fault
 * @calls: of map, unmap and protect
 * @leaves: that the reader has compared
 * @wrong: findings, by who found them
 */
struct tally {
	u64 translated;
	u64 faulted;
	u64 calls;
	u64 leaves;
	u64 wrong[NR_JUDGES];
};

#define NR_WINDOWS	6

/**
 * struct window - addresses that a run works in
 * @at: first offset
 * @bytes: length
 * @unit: bytes of the leaf, or group, that it is about
 * @pa: what @at is mapped to where nothing else is chosen
 * @prot: protection, likewise
 */
struct window {
	u64 at;
	u64 bytes;
	u64 unit;
	u64 pa;
	u64 prot;
};

/* Addresses whose translations the judge of the TLB remembers */
#define NR_CACHED	128
#define NR_RECORDS	4096

/**
 * struct cached - a translation as a TLB may hold it
 * @va: the address asked for
 * @path: what the walk met when it was asked for
 * @leaf: the leaf is still held
 * @tables: tables on the way that are still held, a bit for each
 */
struct cached {
	u64 va;
	struct reader_path path;
	bool leaf;
	unsigned int tables;
};

/**
 * struct tree - tables under test
 * @pgt: they
 * @block: the pool
 * @events: unused
 * @fault: raised by @pgt
 * @model: what they ought to hold
 * @lazy_at: first offset of what was unmapped and is not invalidated yet
 * @lazy_bytes: how many follow, with what lies in between; 0: there is none
 * @shape: for the reader
 * @window: where things happen
 * @nr_windows: how many of them
 * @flagged: maps may have flags that forbid blocks, hints or folding
 * @sh: TCR_EL1.SH0 or SH1
 * @record: log of @pgt
 * @seen_records: those that the judge of the TLB has had
 * @cached: what a TLB that forgets nothing holds
 * @nr_cached: addresses it has seen
 */
struct tree {
	struct shadow_pgtable pgt;
	struct shadow_block block;
	struct shadow_event_log events;
	struct shadow_fault fault;
	struct model model;
	u64 lazy_at;
	u64 lazy_bytes;
	struct reader_shape shape;
	struct window window[NR_WINDOWS];
	unsigned int nr_windows;
	bool flagged;
	unsigned int sh;
	struct shadow_tlb_record record[NR_RECORDS];
	u64 seen_records;
	struct cached cached[NR_CACHED];
	unsigned int nr_cached;
};

/**
 * struct oracle - the program's state
 * @shape: now under test
 * @kind: now under test
 * @seed: of the run
 * @step: calls since its begin
 * @random: state of the generator
 * @quiet: do not print findings
 * @trace: print each call
 * @sum: of all tables before a call that is to fail
 * @tally: of the run
 * @lower: for TTBR0_EL1
 * @upper: for TTBR1_EL1
 */
struct oracle {
	struct shape shape;
	enum kind kind;
	u64 seed;
	u64 step;
	u64 random;
	bool quiet;
	bool trace;
	u64 sum;
	struct tally tally;
	struct tree lower;
	struct tree upper;
};

extern struct oracle oracle;
extern const char *const judge_names[NR_JUDGES];
extern const char *const kind_names[NR_KINDS];

/* pool.c */
u64 random64(void);
u64 random_below(u64 limit);
bool random_percent(unsigned int percent);
u64 random_prot(void);

#define POOL_GRANULES	640
void pool_init(int page_shift);
void pool_fail_in(int nr_allocations);
bool pool_has_failed(void);
unsigned int pool_nr_used(void);
u64 pool_sum(void);
u64 pool_base(void);
u64 pool_bytes(void);
extern const struct shadow_pgtable_ops pool_ops;

/* judge.c */
__printf(3, 4)
void finding(enum judge judge, struct tree *tree, const char *fmt, ...);
bool prot_is_wx(u64 prot);
u64 va_of(const struct tree *tree, u64 at);
u64 half_bytes(void);
bool is_lazy(const struct tree *tree, u64 at, u64 bytes);
void judge_address(struct tree *tree, u64 va);
void judge_tables(struct tree *tree);
void judge_tlb(struct tree *tree);
void cache_address(struct tree *tree, u64 va);

/* run.c */
void run(u64 seed, unsigned int nr_steps, unsigned int nr_addresses);

#endif /* AT_ORACLE_ORACLE_H */
