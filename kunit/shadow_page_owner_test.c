// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite of page_owner: who allocated what, against an independent model. The
 * host's stack is a number that each case sets before it allocates.
 */
#include "shadow_test_host.h"

#include "shadow_audit.h"
#include "shadow_boot.h"
#include "shadow_compound.h"
#include "shadow_contig.h"
#include "shadow_owners.h"
#include "shadow_page_owner.h"
#include "shadow_slab_report.h"
#include "shadow_test_machine.h"

#define NR_FRAMES	1024
#define NR_LISTS		2
#define NR_STACKS	40
#define NR_BULK		12
#define FIRST_CALLER	0x1000

#ifdef __KERNEL__
#define NR_STEPS	4000
#else
#define NR_STEPS	60000
#endif

/* ------------------------------------------------------------- the host's -- */

static u64 stack_now;	/* who calls, as the host sees it */
static u64 asked_for;	/* the last stack that somebody wanted to see */

static u64 fake_stack(void)
{
	return stack_now;
}

/* Two stacks each have a caller in common */
static unsigned long fake_caller(u64 stack)
{
	asked_for = stack;
	return FIRST_CALLER + stack / 2;
}

static size_t fake_text(u64 stack, char *text, size_t bytes)
{
	asked_for = stack;
	return scnprintf(text, bytes, " stack%llu\n", (unsigned long long)stack);
}

static const struct shadow_site_ops fake_ops = {
	.stack = fake_stack,
	.caller = fake_caller,
	.text = fake_text,
};

static const struct shadow_host_ops fake_host = {
	.zalloc = shadow_test_host_zalloc,
	.free = shadow_test_host_free,
	.now = ktime_get_ns,
	.site = &fake_ops,
};

static void unwatch(void *unused)
{
	shadow_watch(false);
}

/* -------------------------------------------------------------- the model -- */

/**
 * struct model_block - what was handed out
 * @frame: its first frame
 * @order: log2 of its frames
 * @users: references to it
 * @compound: it is freed as a whole
 * @stack: who asked for it
 * @seq: which allocation it was
 */
struct model_block {
	u32 frame;
	u8 order;
	u8 users;
	bool compound;
	u64 stack;
	u64 seq;
};

/**
 * struct model - a machine whose owners are noted, and what is known of it
 * @test: the running case
 * @rnd: what is decided by chance
 * @m: the machine
 * @sites: its table of call sites
 * @po: its arrays
 * @nr_births: allocations so far
 * @live: what was handed out
 * @nr_live: how much
 */
struct model {
	struct kunit *test;
	struct rnd_state rnd;
	struct shadow_test_machine *m;
	struct shadow_sites sites;
	struct shadow_page_owner po;
	u64 nr_births;
	struct model_block live[NR_FRAMES];
	u32 nr_live;
};

static struct model *make_model(struct kunit *test)
{
	struct model *model = shadow_test_alloc(test, sizeof(*model));
	struct shadow_memmap *memmap;

	model->test = test;
	shadow_test_seed(test, &model->rnd);
	model->m = shadow_test_machine(test, NR_FRAMES, NR_LISTS);
	memmap = &model->m->nodes.memmap;
	KUNIT_ASSERT_EQ(test, memmap->nr_banks, 1);
	shadow_sites_init(&model->sites, &fake_ops, ktime_get_ns,
			  shadow_test_alloc(test, shadow_sites_bytes()));
	model->sites.births = true;
	model->po.sites = &model->sites;
	model->po.memmap = memmap;
	model->po.birth[0] = shadow_test_alloc(test,
					       shadow_page_owner_bytes(memmap));
	model->m->nodes.page_owner = &model->po;
	shadow_watch(true);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, unwatch, NULL));
	return model;
}

static struct shadow_page *page_at(struct model *model, u32 frame)
{
	return &model->m->nodes.memmap.pages[frame];
}

static void remember(struct model *model, const struct shadow_page *page,
		     unsigned int order, bool compound, u64 seq)
{
	KUNIT_ASSERT_LT(model->test, model->nr_live, NR_FRAMES);
	model->live[model->nr_live++] = (struct model_block) {
		.frame = shadow_page_index(&model->m->nodes.memmap, page),
		.order = order, .users = 1, .compound = compound,
		.stack = stack_now, .seq = seq,
	};
}

static void forget(struct model *model, u32 nr)
{
	model->live[nr] = model->live[--model->nr_live];
}

static void check_block(struct model *model, const struct model_block *block)
{
	struct shadow_birth birth;
	bool known = shadow_page_owner_get(&model->po,
					   page_at(model, block->frame), &birth);

	KUNIT_ASSERT_TRUE_MSG(model->test, known, "frame %u", block->frame);
	KUNIT_ASSERT_EQ_MSG(model->test, birth.seq, block->seq, "frame %u",
			    block->frame);
	KUNIT_ASSERT_LT(model->test, birth.site, model->sites.nr);
	KUNIT_ASSERT_EQ_MSG(model->test, model->sites.site[birth.site].stack,
			    block->stack, "frame %u", block->frame);
}

/* Every block's owner is known, and of all other frames nobody's */
static void check_all(struct model *model)
{
	u32 nr = 0, i, frame;

	for (i = 0; i < model->nr_live; i++)
		check_block(model, &model->live[i]);
	for (frame = 0; frame < NR_FRAMES; frame++)
		nr += !!model->po.birth[0][frame].seq;
	KUNIT_ASSERT_EQ(model->test, nr, model->nr_live);
	KUNIT_ASSERT_EQ(model->test, model->nr_births,
			atomic64_read(&model->sites.seq));
	shadow_test_machine_verify(model->test, model->m);
}

/* ------------------------------------------------------------- operations -- */

static u64 below(struct model *model, u64 limit)
{
	return shadow_test_below(&model->rnd, limit);
}

static void alloc_block(struct model *model)
{
	unsigned int order = below(model, 3) ? below(model, 3) : below(model, 7);
	bool compound = !below(model, 4);
	u32 gfp = compound ? SHADOW_GFP_COMP : SHADOW_GFP_KERNEL;
	struct shadow_page *page;

	page = shadow_alloc_pages_cpu(&model->m->nodes, below(model, NR_LISTS),
				      gfp, order);
	if (page)
		remember(model, page, order, compound && order,
			 ++model->nr_births);
}

static void alloc_bulk(struct model *model)
{
	struct shadow_page *page[NR_BULK] = {};
	unsigned int nr, i;

	nr = shadow_alloc_pages_bulk_cpu(&model->m->nodes, below(model, NR_LISTS),
					 SHADOW_GFP_MOVABLE,
					 1 + below(model, NR_BULK), page);
	for (i = 0; i < nr; i++)
		remember(model, page[i], 0, false, ++model->nr_births);
}

/* One allocation, whatever was too much of it has gone already */
static void alloc_exact(struct model *model)
{
	u64 nr = 1 + below(model, 20), i;
	struct shadow_page *page;

	page = shadow_alloc_exact_cpu(&model->m->nodes, below(model, NR_LISTS),
				      SHADOW_GFP_KERNEL, nr);
	model->nr_births += !!page;
	for (i = 0; page && i < nr; i++)
		remember(model, page + i, 0, false, model->nr_births);
}

static void alloc_contig(struct model *model)
{
	u64 nr = 1 + below(model, 9), i;
	u64 pfn = shadow_contig_alloc(&model->m->nodes, nr, 1,
				      SHADOW_OWNER_DIRECT);

	model->nr_births += !!pfn;
	for (i = 0; pfn && i < nr; i++)
		remember(model, shadow_pfn_to_page(&model->m->nodes, pfn + i), 0,
			 false, model->nr_births);
}

static void split(struct model *model)
{
	u32 nr = below(model, model->nr_live), i;
	struct model_block block = model->live[nr];
	u64 keep = stack_now;
	int err;

	err = shadow_split_page(&model->m->nodes, page_at(model, block.frame),
				block.order);
	KUNIT_ASSERT_EQ(model->test, err, block.compound ? -EINVAL :
			block.users > 1 ? -EBUSY : 0);
	if (err)
		return;
	stack_now = block.stack;
	model->live[nr].order = 0;
	for (i = 1; i < BIT(block.order); i++)
		remember(model, page_at(model, block.frame + i), 0, false,
			 block.seq);
	stack_now = keep;
}

static void get_one(struct model *model)
{
	struct model_block *block = &model->live[below(model, model->nr_live)];

	if (block->users == 3)
		return;
	KUNIT_ASSERT_EQ(model->test, 0,
			shadow_get_page(&model->m->nodes,
					page_at(model, block->frame)));
	block->users++;
}

/* Of a block with more users its first frame stays, and whose it was */
static void free_one(struct model *model)
{
	u32 nr = below(model, model->nr_live);
	struct model_block *block = &model->live[nr];

	KUNIT_ASSERT_EQ(model->test, 0,
			shadow_free_pages_cpu(&model->m->nodes,
					      below(model, NR_LISTS),
					      page_at(model, block->frame),
					      block->order));
	if (!--block->users)
		forget(model, nr);
	else if (!block->compound)
		block->order = 0;
}

/* Up to the first that cannot go alone */
static void free_bulk(struct model *model)
{
	struct shadow_page *page[NR_BULK];
	unsigned int nr = 0;

	while (nr < NR_BULK && model->nr_live) {
		struct model_block *block = &model->live[model->nr_live - 1];

		if (block->order || block->users > 1)
			break;
		page[nr++] = page_at(model, block->frame);
		model->nr_live--;
	}
	KUNIT_ASSERT_EQ(model->test, 0,
			shadow_free_pages_bulk_cpu(&model->m->nodes,
						   below(model, NR_LISTS), nr,
						   page));
}

static void one_step(struct model *model)
{
	stack_now = 1 + below(model, NR_STACKS);
	switch (below(model, 20)) {
	case 0:
		alloc_bulk(model);
		return;
	case 1:
		alloc_exact(model);
		return;
	case 2:
		alloc_contig(model);
		return;
	case 3 ... 8:
		alloc_block(model);
		return;
	default:
		break;
	}
	if (!model->nr_live)
		return;
	switch (below(model, 12)) {
	case 0:
		split(model);
		break;
	case 1:
		get_one(model);
		break;
	case 2:
		free_bulk(model);
		break;
	default:
		free_one(model);
		break;
	}
}

static void equals_the_model(struct kunit *test)
{
	struct model *model = make_model(test);
	unsigned int step;

	for (step = 0; step < NR_STEPS; step++) {
		one_step(model);
		if (!(step % 64))
			check_all(model);
	}
	while (model->nr_live)
		free_one(model);
	check_all(model);
	KUNIT_EXPECT_GT(test, model->nr_births, NR_STEPS / 4);
	KUNIT_EXPECT_EQ(test, model->sites.nr, NR_STACKS + 1);
}

/* An allocation that is refused leaves nobody behind, wherever it is refused */
static void refused_is_nobodys(struct kunit *test)
{
	const struct shadow_fail_attr attr = {
		.probability = 50, .interval = 1, .times = -1,
	};
	struct model *model = make_model(test);
	unsigned int step;

	KUNIT_ASSERT_EQ(test, 0, shadow_fail_arm(&model->m->fail,
						 SHADOW_FAIL_PAGE, &attr));
	KUNIT_ASSERT_EQ(test, 0, shadow_fail_arm(&model->m->fail,
						 SHADOW_FAIL_PCP, &attr));
	for (step = 0; step < NR_STEPS / 8; step++) {
		stack_now = 1 + below(model, NR_STACKS);
		if (below(model, 2))
			alloc_block(model);
		else if (below(model, 2))
			alloc_bulk(model);
		else if (model->nr_live)
			free_one(model);
	}
	check_all(model);
	KUNIT_EXPECT_GT(test, shadow_fail_count(&model->m->fail,
						SHADOW_FAIL_PAGE), 0);
}

/* ------------------------------------------------------------------ sites -- */

static void table_of_sites(struct kunit *test)
{
	struct shadow_sites *sites = shadow_test_alloc(test, sizeof(*sites));
	char text[SHADOW_SITE_TEXT];
	u32 i, site;

	shadow_sites_init(sites, &fake_ops, ktime_get_ns,
			  shadow_test_alloc(test, shadow_sites_bytes()));
	for (i = 1; i < 2 * SHADOW_MAX_SITES; i++) {
		stack_now = 7919ULL * i;
		site = shadow_site_here(sites);
		KUNIT_ASSERT_EQ(test, site, i < SHADOW_MAX_SITES ? i : 0);
		KUNIT_ASSERT_EQ(test, shadow_site_here(sites), site);
	}
	KUNIT_EXPECT_EQ(test, sites->nr_lost, 2 * SHADOW_MAX_SITES);
	stack_now = 7919;
	KUNIT_EXPECT_EQ(test, shadow_site_here(sites), 1);
	KUNIT_EXPECT_EQ(test, shadow_site_caller(sites, 1),
			FIRST_CALLER + 7919 / 2);
	KUNIT_EXPECT_EQ(test, shadow_site_text(sites, 2, text, sizeof(text)),
			strlen(" stack15838\n"));
	KUNIT_EXPECT_STREQ(test, text, " stack15838\n");
	stack_now = 0;
	KUNIT_EXPECT_EQ(test, shadow_site_here(sites), 0);
}

/* What was never given is never asked of the host */
static void wild_sites(struct kunit *test)
{
	static const u64 wild[] = {
		0, 2, 3, SHADOW_MAX_SITES, U32_MAX, U64_MAX, BIT_ULL(32) + 1,
	};
	struct shadow_sites *sites = shadow_test_alloc(test, sizeof(*sites));
	char text[SHADOW_SITE_TEXT];
	unsigned int i;

	shadow_sites_init(sites, &fake_ops, ktime_get_ns,
			  shadow_test_alloc(test, shadow_sites_bytes()));
	stack_now = 77;
	KUNIT_ASSERT_EQ(test, shadow_site_here(sites), 1);
	asked_for = 0;
	for (i = 0; i < ARRAY_SIZE(wild); i++) {
		KUNIT_EXPECT_EQ(test, shadow_site_caller(sites, wild[i]), 0);
		KUNIT_EXPECT_EQ(test, 0, shadow_site_text(sites, wild[i], text,
							  sizeof(text)));
	}
	KUNIT_EXPECT_EQ(test, asked_for, 0);
	KUNIT_EXPECT_NE(test, shadow_site_caller(sites, 1), 0);
	KUNIT_EXPECT_EQ(test, asked_for, 77);
}

/* ---------------------------------------------------------- whole machines -- */

static const struct shadow_host_facts facts = {
	.page_shift = 12, .arm64 = true, .pa_bits = 48,
};

/**
 * struct whole - a booted machine
 * @mm: the machine
 * @audit: scratch
 * @owners: its sums
 * @backing: not used, the block has contents
 * @slab_host: who calls, for its caches
 */
struct whole {
	struct shadow_mm mm;
	struct shadow_audit audit;
	struct shadow_owners owners;
	struct shadow_backing backing;
	struct shadow_slab_host slab_host;
};

static u64 slab_stack(void *arg)
{
	struct whole *whole = arg;

	return shadow_site_here(&whole->mm.sites);
}

/* Objects of that time; everything else has the clock of the machine */
#define OBJECTS_NS	77000

static u64 slab_now(void *arg)
{
	return OBJECTS_NS;
}

static struct whole *prepare(struct kunit *test, char *memmodel, char *on,
			     char *slab_debug)
{
	struct whole *whole = shadow_test_alloc(test, sizeof(*whole));
	struct shadow_param_strings in = {};
	struct shadow_block block;

	shadow_test_host_init(test);
	in.value[SHADOW_PARAM_SIZE] = "16M";
	in.value[SHADOW_PARAM_MEMMODEL] = memmodel;
	in.value[SHADOW_PARAM_PAGE_OWNER] = on;
	in.value[SHADOW_PARAM_SLAB_DEBUG] = slab_debug;
	whole->mm.cpu_id = (struct shadow_cpu_id) { .mmfr0 = 0x5 };
	shadow_test_host_given(test, &whole->mm, &facts, &in);
	shadow_test_block(test, &block, 0x80000000, whole->mm.cfg.bytes);
	shadow_test_host_place(test, &whole->mm, &block);
	shadow_test_host_prepare(test, &whole->mm, &block, &whole->backing);
	whole->mm.host = &fake_host;
	whole->slab_host.stack = slab_stack;
	whole->slab_host.now = slab_now;
	whole->slab_host.arg = whole;
	whole->mm.slab_host = &whole->slab_host;
	stack_now = 2;
	return whole;
}

static struct whole *boot(struct kunit *test, char *memmodel, char *on,
			  char *slab_debug)
{
	struct whole *whole = prepare(test, memmodel, on, slab_debug);

	KUNIT_ASSERT_EQ_MSG(test, shadow_boot_up(&whole->mm), 0, "%s",
			    whole->mm.boot.record[whole->mm.boot.nr_done].effect);
	return whole;
}

static void take_down(struct kunit *test, struct whole *whole)
{
	shadow_boot_down(&whole->mm);
	KUNIT_EXPECT_EQ(test, shadow_test_host.live, 0);
	KUNIT_EXPECT_FALSE(test, static_key_enabled(&shadow_watch_key));
}

static u64 early_bytes(const struct shadow_mm *mm, const char *owner)
{
	const struct shadow_early_log *log = mm->early.log;
	u64 bytes = 0;
	unsigned int i;

	for (i = 0; i < log->nr; i++)
		if (!strcmp(log->range[i].owner, owner))
			bytes += log->range[i].bytes;
	return bytes;
}

/* What layout says it costs is what is taken, and nothing when off */
static void cost_of_the_array(struct kunit *test)
{
	static char *const models[] = { "flat", "discontig", "vmemmap" };
	struct whole *whole;
	unsigned int i;
	u64 bytes;

	for (i = 0; i < ARRAY_SIZE(models); i++) {
		whole = boot(test, models[i], "on", NULL);
		bytes = shadow_memmap_entries(&whole->mm.nodes.memmap) *
			sizeof(struct shadow_birth);
		KUNIT_EXPECT_EQ(test, whole->mm.page_owner.bytes, bytes);
		KUNIT_EXPECT_EQ(test, bytes, early_bytes(&whole->mm,
							 SHADOW_PAGE_OWNER_NAME));
		KUNIT_ASSERT_EQ_MSG(test, shadow_audit(&whole->mm, &whole->audit), 0,
				    "%s", whole->audit.fault.text);
		KUNIT_EXPECT_EQ(test, DIV_ROUND_UP(bytes, 4096),
				whole->audit.reserved[SHADOW_OWNER_PAGE_OWNER]);
		take_down(test, whole);

		whole = boot(test, models[i], "off", NULL);
		KUNIT_EXPECT_NULL(test, whole->mm.nodes.page_owner);
		KUNIT_EXPECT_EQ(test, 0, early_bytes(&whole->mm,
						     SHADOW_PAGE_OWNER_NAME));
		KUNIT_ASSERT_EQ(test, shadow_audit(&whole->mm, &whole->audit), 0);
		KUNIT_EXPECT_EQ(test, 0,
				whole->audit.reserved[SHADOW_OWNER_PAGE_OWNER]);
		KUNIT_EXPECT_FALSE(test, static_key_enabled(&shadow_watch_key));
		take_down(test, whole);
	}
}

/* Each allocation of the host's fails once: nothing is left, nobody watches */
static void host_memory_runs_out(struct kunit *test)
{
	struct whole *whole = prepare(test, "vmemmap", "on", NULL);
	unsigned int fail_at, failed = 0;
	int err;

	for (fail_at = 1; fail_at < 40; fail_at++) {
		shadow_test_host.calls = 0;
		shadow_test_host.fail_at = fail_at;
		err = shadow_boot_up(&whole->mm);
		failed += !!err;
		shadow_test_host.fail_at = 0;
		take_down(test, whole);
	}
	KUNIT_EXPECT_GT(test, failed, 4);
	KUNIT_EXPECT_LT(test, failed, 39);
}

static u64 sum_of(const struct shadow_owners *owners,
		  enum shadow_owners_kind kind)
{
	u64 bytes = 0;
	u32 i;

	for (i = 0; i < owners->nr_rows; i++)
		if (owners->row[i].kind == kind)
			bytes += owners->row[i].bytes;
	return bytes;
}

static void expect_sums(struct kunit *test, struct whole *whole)
{
	u64 frames = 0;
	unsigned int i;

	shadow_owners_collect(&whole->mm, false, &whole->owners);
	KUNIT_ASSERT_EQ_MSG(test, shadow_audit(&whole->mm, &whole->audit), 0, "%s",
			    whole->audit.fault.text);
	for (i = 0; i < SHADOW_NR_OWNERS; i++)
		frames += whole->audit.owned[i];
	KUNIT_EXPECT_EQ(test, frames << 12,
			whole->owners.bytes[SHADOW_OWNERS_PAGES]);
	for (i = 0; i < SHADOW_NR_OWNERS_KINDS; i++)
		KUNIT_EXPECT_EQ(test, sum_of(&whole->owners, i),
				whole->owners.bytes[i]);
	KUNIT_EXPECT_EQ(test, whole->owners.bytes[SHADOW_OWNERS_EARLY],
			whole->mm.memblock.reserved.total_size);
	for (i = 1; i < whole->owners.nr_rows; i++)
		KUNIT_EXPECT_GE(test, whole->owners.row[i - 1].bytes,
				whole->owners.row[i].bytes);
	KUNIT_EXPECT_EQ(test, whole->owners.nr_lost, 0);
}

static const struct shadow_owners_row *row_of(const struct shadow_owners *owners,
					      enum shadow_owners_kind kind,
					      const char *name, u64 stack)
{
	unsigned long caller = stack ? FIRST_CALLER + stack / 2 : 0;
	u32 i;

	for (i = 0; i < owners->nr_rows; i++)
		if (owners->row[i].kind == kind &&
		    owners->row[i].caller == caller &&
		    !strcmp(owners->row[i].name, name))
			return &owners->row[i];
	return NULL;
}

static void expect_row(struct kunit *test, const struct shadow_owners *owners,
		       enum shadow_owners_kind kind, const char *name,
		       u64 stack, u64 nr, u64 bytes)
{
	const struct shadow_owners_row *row = row_of(owners, kind, name, stack);

	KUNIT_ASSERT_NOT_NULL_MSG(test, row, "%s %s of %llu",
				  shadow_owners_kinds[kind], name,
				  (unsigned long long)stack);
	KUNIT_EXPECT_EQ(test, row->nr, nr);
	KUNIT_EXPECT_EQ(test, row->bytes, bytes);
}

#define DEVICE_PA	0x9000000

/* A mark forgets what was before; of what came then, what is free again is not */
static void since_a_mark(struct kunit *test)
{
	struct whole *whole = boot(test, "vmemmap", "on", "U");
	struct shadow_owners *owners = &whole->owners;
	struct shadow_mm *mm = &whole->mm;
	struct shadow_page *before, *page;
	u64 va, io;
	void *object;

	stack_now = 10;
	before = shadow_alloc_pages(&mm->nodes, SHADOW_GFP_OWNER(SHADOW_OWNER_DIRECT), 3);
	KUNIT_ASSERT_NOT_NULL(test, before);
	KUNIT_ASSERT_NOT_NULL(test, shadow_kmalloc(&mm->slab, 64, SHADOW_GFP_KERNEL));
	expect_sums(test, whole);
	KUNIT_ASSERT_EQ(test, shadow_owners_set_mark(mm), 0);
	shadow_owners_collect(mm, true, owners);
	KUNIT_EXPECT_EQ(test, owners->nr_rows, 0);

	/* Two stacks of one caller, and one of another */
	stack_now = 20;
	page = shadow_alloc_pages(&mm->nodes, SHADOW_GFP_OWNER(SHADOW_OWNER_DIRECT), 2);
	KUNIT_ASSERT_NOT_NULL(test, page);
	stack_now = 21;
	KUNIT_ASSERT_NOT_NULL(test, shadow_alloc_pages(&mm->nodes,
						       SHADOW_GFP_OWNER(SHADOW_OWNER_DIRECT), 0));
	stack_now = 30;
	KUNIT_ASSERT_EQ(test, 0, shadow_vmalloc_alloc(&mm->vmalloc, 3 * 4096,
						      SHADOW_GFP_KERNEL,
						      SHADOW_PAGE_KERNEL, 0, &va));
	KUNIT_ASSERT_EQ(test, 0, shadow_ioremap(&mm->vmalloc, DEVICE_PA, 4096,
						SHADOW_PROT_DEVICE_NGNRE, 0, &io));
	stack_now = 40;
	object = shadow_kmalloc(&mm->slab, 64, SHADOW_GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, object);

	shadow_owners_collect(mm, true, owners);
	expect_row(test, owners, SHADOW_OWNERS_PAGES, "direct", 20, 2, 5 * 4096);
	expect_row(test, owners, SHADOW_OWNERS_PAGES, "vmalloc", 30, 3, 3 * 4096);
	expect_row(test, owners, SHADOW_OWNERS_AREAS, "vmalloc", 30, 1, 3 * 4096);
	expect_row(test, owners, SHADOW_OWNERS_AREAS, "ioremap", 30, 1, 4096);
	expect_row(test, owners, SHADOW_OWNERS_OBJECTS, "kmalloc-64", 40, 1, 64);
	KUNIT_EXPECT_EQ(test, OBJECTS_NS, row_of(owners, SHADOW_OWNERS_OBJECTS,
						 "kmalloc-64", 40)->oldest_ns);
	KUNIT_EXPECT_GT(test, row_of(owners, SHADOW_OWNERS_AREAS,
				     "ioremap", 30)->oldest_ns, OBJECTS_NS);
	KUNIT_EXPECT_NULL(test, row_of(owners, SHADOW_OWNERS_PAGES, "direct", 10));
	KUNIT_EXPECT_NULL(test, row_of(owners, SHADOW_OWNERS_OBJECTS, "kmalloc-64", 10));
	expect_sums(test, whole);

	KUNIT_ASSERT_EQ(test, 0, shadow_free_pages(&mm->nodes, page, 2));
	KUNIT_ASSERT_EQ(test, 0, shadow_vfree(&mm->vmalloc, va));
	KUNIT_ASSERT_EQ(test, 0, shadow_vunmap(&mm->vmalloc, io));
	shadow_kfree(&mm->slab, object);
	shadow_owners_collect(mm, true, owners);
	expect_row(test, owners, SHADOW_OWNERS_PAGES, "direct", 20, 1, 4096);
	KUNIT_EXPECT_EQ(test, owners->nr[SHADOW_OWNERS_AREAS], 0);
	KUNIT_EXPECT_NULL(test, row_of(owners, SHADOW_OWNERS_OBJECTS, "kmalloc-64", 40));

	KUNIT_ASSERT_EQ(test, shadow_owners_set_mark(mm), 0);
	KUNIT_EXPECT_EQ(test, mm->mark->nr, 2);
	shadow_owners_collect(mm, true, owners);
	KUNIT_EXPECT_EQ(test, owners->nr_rows, 0);
	take_down(test, whole);
}

/* Nobody's site, but how many of what there are is known */
static void without_page_owner(struct kunit *test)
{
	struct whole *whole = boot(test, "vmemmap", "off", NULL);
	struct shadow_owners_mark *now = shadow_test_alloc(test, sizeof(*now));
	struct shadow_mm *mm = &whole->mm;
	u32 i;

	KUNIT_ASSERT_EQ(test, shadow_owners_set_mark(mm), 0);
	stack_now = 10;
	KUNIT_ASSERT_NOT_NULL(test, shadow_alloc_pages(&mm->nodes,
						       SHADOW_GFP_OWNER(SHADOW_OWNER_DIRECT), 3));
	expect_sums(test, whole);
	expect_row(test, &whole->owners, SHADOW_OWNERS_PAGES, "direct", 0, 1,
		   8 * 4096);
	for (i = 0; i < whole->owners.nr_rows; i++)
		KUNIT_EXPECT_EQ(test, whole->owners.row[i].oldest_seq, 0);
	shadow_owners_count(mm, now);
	KUNIT_EXPECT_EQ(test, now->frames[SHADOW_OWNER_DIRECT] -
			mm->mark->frames[SHADOW_OWNER_DIRECT], 8);
	KUNIT_EXPECT_EQ(test, now->early_bytes, mm->mark->early_bytes);
	take_down(test, whole);
}

/* Early memory is known as well, and told apart by the mark */
static void early_reservations(struct kunit *test)
{
	struct whole *whole = prepare(test, "vmemmap", "on", NULL);
	struct shadow_owners *owners = &whole->owners;
	struct shadow_mm *mm = &whole->mm;
	phys_addr_t pa;

	mm->cfg.until = SHADOW_PHASE_PAGING_INIT;
	KUNIT_ASSERT_EQ(test, shadow_boot_up(mm), 0);
	stack_now = 50;
	pa = shadow_early_alloc_backed(&mm->early, "ctl", 4096, 4096);
	KUNIT_ASSERT_NE(test, pa, 0);
	KUNIT_ASSERT_EQ(test, shadow_owners_set_mark(mm), 0);
	/* Beside it, of the same owner and from the same place */
	KUNIT_ASSERT_EQ(test, pa - 8192, shadow_early_alloc_backed(&mm->early, "ctl",
								   8192, 4096));
	shadow_owners_collect(mm, true, owners);
	KUNIT_EXPECT_EQ(test, owners->nr_rows, 1);
	expect_row(test, owners, SHADOW_OWNERS_EARLY, "ctl", 50, 1, 8192);
	KUNIT_ASSERT_EQ(test, shadow_boot_step(mm, SHADOW_NR_PHASES - 1), 0);
	shadow_owners_collect(mm, true, owners);
	expect_row(test, owners, SHADOW_OWNERS_EARLY, "ctl", 50, 1, 8192);
	shadow_owners_collect(mm, false, owners);
	expect_row(test, owners, SHADOW_OWNERS_EARLY, "ctl", 50, 2, 12288);
	take_down(test, whole);
}

/* Anything may be in the arrays: nothing of it is followed */
static void corrupted_arrays(struct kunit *test)
{
	struct whole *whole = boot(test, "vmemmap", "on", "U");
	struct shadow_page_owner *po = &whole->mm.page_owner;
	char text[SHADOW_SITE_TEXT];
	struct rnd_state rnd;
	unsigned int round;
	u32 i;

	shadow_test_seed(test, &rnd);
	KUNIT_ASSERT_EQ(test, shadow_owners_set_mark(&whole->mm), 0);
	for (round = 0; round < 20; round++) {
		prandom_bytes_state(&rnd, po->birth[0], po->bytes);
		shadow_owners_collect(&whole->mm, round & 1, &whole->owners);
		for (i = 0; i < whole->owners.nr_rows; i++)
			shadow_site_text(&whole->mm.sites,
					 whole->owners.row[i].site, text,
					 sizeof(text));
		KUNIT_ASSERT_NOT_NULL(test, shadow_alloc_pages(&whole->mm.nodes,
							       SHADOW_GFP_KERNEL, 0));
	}
	KUNIT_EXPECT_EQ(test, asked_for & ~0x3fULL, 0);
	take_down(test, whole);
}

static struct kunit_case shadow_page_owner_cases[] = {
	KUNIT_CASE(equals_the_model),
	KUNIT_CASE(refused_is_nobodys),
	KUNIT_CASE(table_of_sites),
	KUNIT_CASE(wild_sites),
	KUNIT_CASE(cost_of_the_array),
	KUNIT_CASE(host_memory_runs_out),
	KUNIT_CASE(since_a_mark),
	KUNIT_CASE(without_page_owner),
	KUNIT_CASE(early_reservations),
	KUNIT_CASE(corrupted_arrays),
	{}
};

static struct kunit_suite shadow_page_owner_suite = {
	.name = "shadow_page_owner",
	.test_cases = shadow_page_owner_cases,
};

kunit_test_suite(shadow_page_owner_suite);
