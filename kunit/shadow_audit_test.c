// SPDX-License-Identifier: GPL-2.0-only
/*
 * The audit of whole machines: exact while threads allocate from every layer,
 * and one seeded fault is found by the first read, under the same load.
 */
#include "shadow_test_ctl.h"
#include "shadow_test_threads.h"

#include "shadow_page_alloc.h"
#include "shadow_page_call.h"
#include "shadow_pcp.h"
#include "shadow_ring.h"

#define NR_WORKERS	4
#define NR_BULK		12	/* more than two records' payload */
#define NR_SLOTS	32
#define NR_READS	40
#ifdef __KERNEL__
#define NR_LOAD_READS	(3 * NR_READS)	/* emulated, with KASAN */
#else
#define NR_LOAD_READS	(25 * NR_READS)
#endif
#define MAX_BYTES	9000

/**
 * struct load - what all threads share
 * @mm: the machine
 * @cache: a cache of theirs
 * @stop: nobody is to go on
 * @nr_steps: what they have done
 * @nr_bad: what must not have failed
 */
struct load {
	struct shadow_mm *mm;
	struct shadow_kmem_cache *cache;
	atomic_t stop;
	atomic_t nr_steps;
	atomic_t nr_bad;
};

/**
 * struct worker - one thread, and what it has
 * @t: the thread
 * @load: what all share
 * @rnd: what it decides by chance
 * @cpu: its own
 * @kind: of each slot: 0 nothing, 1 frames, 2 kmalloc, 3 an object, 4 vmalloc
 * @order: of frames
 * @thing: what it is
 */
struct worker {
	struct shadow_test_thread t;
	struct load *load;
	struct rnd_state rnd;
	u32 cpu;
	u8 kind[NR_SLOTS];
	u8 order[NR_SLOTS];
	u64 thing[NR_SLOTS];
};

static int give(struct worker *w, unsigned int i)
{
	struct shadow_mm *mm = w->load->mm;
	void *thing = (void *)(unsigned long)w->thing[i];

	switch (w->kind[i]) {
	case 1:
		return shadow_free_pages_cpu(&mm->nodes, w->cpu, thing, w->order[i]);
	case 2:
		return shadow_kfree_cpu(&mm->slab, w->cpu, thing);
	case 3:
		return shadow_kmem_cache_free_cpu(w->load->cache, w->cpu, thing);
	case 4:
		return shadow_vfree(&mm->vmalloc, w->thing[i]);
	default:
		return 0;
	}
}

static void take(struct worker *w, unsigned int i)
{
	struct shadow_mm *mm = w->load->mm;
	void *thing = NULL;
	u64 va;

	w->kind[i] = 1 + shadow_test_below(&w->rnd, 4);
	switch (w->kind[i]) {
	case 1:
		w->order[i] = shadow_test_below(&w->rnd, 4);
		thing = shadow_alloc_pages_cpu(&mm->nodes, w->cpu,
					       SHADOW_GFP_OWNER(SHADOW_OWNER_DIRECT),
					       w->order[i]);
		break;
	case 2:
		thing = shadow_kmalloc_cpu(&mm->slab, w->cpu,
					   1 + shadow_test_below(&w->rnd, MAX_BYTES), 0);
		break;
	case 3:
		thing = shadow_kmem_cache_alloc_cpu(w->load->cache, w->cpu, 0);
		break;
	default:
		/* Far apart, so that tables come and go */
		if (!shadow_vmalloc_alloc(&mm->vmalloc, SZ_4K << shadow_test_below(&w->rnd, 7),
					  0, SHADOW_PAGE_KERNEL, 0, &va))
			thing = (void *)(unsigned long)va;
	}
	w->thing[i] = (unsigned long)thing;
	if (!thing)
		w->kind[i] = 0;
}

/* Several frames and objects in one operation, and back in another */
static void in_bulk(struct worker *w)
{
	struct shadow_page *pages[NR_BULK] = { };
	struct shadow_mm *mm = w->load->mm;
	void *objects[NR_BULK];
	unsigned int nr;

	nr = shadow_alloc_pages_bulk_cpu(&mm->nodes, w->cpu,
					 SHADOW_GFP_OWNER(SHADOW_OWNER_DIRECT),
					 NR_BULK, pages);
	if (nr && shadow_free_pages_bulk_cpu(&mm->nodes, w->cpu, nr, pages))
		atomic_inc(&w->load->nr_bad);
	nr = shadow_kmem_cache_alloc_bulk(w->load->cache, 0, NR_BULK, objects);
	if (shadow_kmem_cache_free_bulk(w->load->cache, nr, objects) != nr)
		atomic_inc(&w->load->nr_bad);
}

static void work(void *arg)
{
	struct worker *w = arg;
	unsigned int i;

	while (!atomic_read(&w->load->stop)) {
		i = shadow_test_below(&w->rnd, NR_SLOTS);
		if (give(w, i))
			atomic_inc(&w->load->nr_bad);
		w->kind[i] = 0;
		if (shadow_test_below(&w->rnd, 3))
			take(w, i);
		if (!shadow_test_below(&w->rnd, 20))
			in_bulk(w);
		if (!shadow_test_below(&w->rnd, 500))
			shadow_vmalloc_purge(&w->load->mm->vmalloc);
		atomic_inc(&w->load->nr_steps);
		cond_resched();
	}
	for (i = 0; i < NR_SLOTS; i++)
		if (give(w, i))
			atomic_inc(&w->load->nr_bad);
}

static void start_load(struct kunit *test, struct rig *rig, struct load *load,
		       struct worker *w)
{
	struct rnd_state rnd;
	unsigned int i;

	shadow_test_seed(test, &rnd);
	load->mm = &rig->mm;
	load->cache = shadow_kmem_cache_create(&rig->mm.slab, "audited", 136, 0, 0,
					       NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(load->cache));
	for (i = 0; i < NR_WORKERS; i++) {
		w[i].load = load;
		w[i].cpu = i;
		w[i].t.run = work;
		w[i].t.arg = &w[i];
		prandom_seed_state(&w[i].rnd, prandom_u32_state(&rnd));
		KUNIT_ASSERT_EQ(test, shadow_test_thread_start(&w[i].t), 0);
	}
	while (atomic_read(&load->nr_steps) < 1000)
		cond_resched();
}

static void stop_load(struct kunit *test, struct rig *rig, struct load *load,
		      struct worker *w)
{
	unsigned int i;

	atomic_set(&load->stop, 1);
	for (i = 0; i < NR_WORKERS; i++)
		shadow_test_thread_join(&w[i].t);
	KUNIT_EXPECT_EQ(test, atomic_read(&load->nr_bad), 0);
	KUNIT_EXPECT_FALSE_MSG(test, shadow_fault_frozen(&rig->mm.fault), "%s",
			       rig->mm.fault.text);
}

/* No alarm while everybody allocates and frees, and the sums are exact */
static void under_load(struct kunit *test, const char *engine)
{
	struct rig *rig = test->priv;
	struct worker *w = shadow_test_alloc(test, NR_WORKERS * sizeof(*w));
	struct load *load = shadow_test_alloc(test, sizeof(*load));
	struct shadow_audit *audit = &rig->audit;
	unsigned int i, alarms = 0, steps;

	shadow_boot_down(&rig->mm);
	rig->mm.cfg.slab = engine;
	rig_boot(test, rig);
	start_load(test, rig, load, w);
	steps = atomic_read(&load->nr_steps);
	for (i = 0; i < NR_LOAD_READS && alarms < 4; i++) {
		if (rig_audit(rig)) {
			alarms++;
			kunit_info(test, "read %u: %s\n", i, audit->fault.text);
		}
		cond_resched();
	}
	steps = atomic_read(&load->nr_steps) - steps;
	stop_load(test, rig, load, w);
	KUNIT_EXPECT_EQ(test, alarms, 0);
	expect_healthy(test, rig);
	KUNIT_EXPECT_EQ(test, audit->owned[SHADOW_OWNER_DIRECT], 0);
	KUNIT_EXPECT_EQ(test, audit->owned[SHADOW_OWNER_KMALLOC], 0);
	kunit_info(test, "%u reads, %u steps of %u threads meanwhile\n", i, steps,
		   NR_WORKERS);
}

static void under_load_slub(struct kunit *test)
{
	under_load(test, "slub");
}

static void under_load_slab(struct kunit *test)
{
	under_load(test, "slab");
}

static void under_load_slob(struct kunit *test)
{
	under_load(test, "slob");
}

/* ------------------------------------------------------------ seeded faults -- */

static void set_owner(struct shadow_page *page, enum shadow_owner owner)
{
	WRITE_ONCE(page->flags, (page->flags & ~SHADOW_PF_OWNER_MASK) |
				SHADOW_PF(0, 0, owner, 0));
}

static struct shadow_page *frame(struct kunit *test, struct rig *rig)
{
	struct shadow_page *page;

	page = shadow_alloc_pages_cpu(&rig->mm.nodes, 3,
				      SHADOW_GFP_OWNER(SHADOW_OWNER_DIRECT), 0);
	KUNIT_ASSERT_NOT_NULL(test, page);
	return page;
}

static void put_frame(struct rig *rig, struct shadow_page *page)
{
	shadow_free_pages_cpu(&rig->mm.nodes, 3, page, 0);
}

static void expect_alarm(struct kunit *test, struct rig *rig, const char *says)
{
	KUNIT_EXPECT_EQ(test, rig_audit(rig), -EUCLEAN);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(rig->audit.fault.text, says),
				  "'%s' in '%s'", says, rig->audit.fault.text);
}

/* Of a table that no tree reaches: a frame whose owner was flipped */
static void seed_lost_table(struct kunit *test, struct rig *rig)
{
	struct shadow_page *page = frame(test, rig);
	char says[64];
	u64 pfn = 0;

	set_owner(page, SHADOW_OWNER_TABLE);
	snprintf(says, sizeof(says), "pfn %#llx is owned by table",
		 shadow_page_to_pfn(&rig->mm.nodes, page));
	expect_alarm(test, rig, says);
	KUNIT_EXPECT_TRUE(test, shadow_audit_pfn(rig->audit.fault.text, &pfn));
	KUNIT_EXPECT_EQ(test, pfn, shadow_page_to_pfn(&rig->mm.nodes, page));
	KUNIT_EXPECT_EQ(test, rig->audit.faulty, SHADOW_AUDIT_TABLES);
	set_owner(page, SHADOW_OWNER_DIRECT);
	put_frame(rig, page);
}

/* Of a table in use that says it is somebody else's */
static void seed_stolen_table(struct kunit *test, struct rig *rig)
{
	struct shadow_page *page;

	page = shadow_pfn_to_page(&rig->mm.nodes,
				  rig->mm.swapper.root >> rig->mm.nodes.page_shift);
	KUNIT_ASSERT_NOT_NULL(test, page);
	set_owner(page, SHADOW_OWNER_VMALLOC);
	expect_alarm(test, rig, "owner vmalloc");
	KUNIT_EXPECT_EQ(test, rig->audit.faulty, SHADOW_AUDIT_TABLES);
	set_owner(page, SHADOW_OWNER_TABLE);
}

static void seed_slab(struct kunit *test, struct rig *rig)
{
	struct shadow_page *page = frame(test, rig);

	page->slab.cache = SHADOW_SLAB_MAX_CACHES - 1;
	page->slab.state = 0;
	set_owner(page, SHADOW_OWNER_SLAB);
	expect_alarm(test, rig, "no cache");
	set_owner(page, SHADOW_OWNER_DIRECT);
	put_frame(rig, page);
}

static void seed_vmalloc(struct kunit *test, struct rig *rig)
{
	struct shadow_page *page = frame(test, rig);

	page->private[0] = 0x123456;
	set_owner(page, SHADOW_OWNER_VMALLOC);
	expect_alarm(test, rig, "in no area");
	set_owner(page, SHADOW_OWNER_DIRECT);
	put_frame(rig, page);
}

static void seed_managed(struct kunit *test, struct rig *rig)
{
	struct shadow_zone *zone = shadow_first_zone(&rig->mm.nodes);
	unsigned long irqflags;

	while (!shadow_zone_populated(zone))
		zone = shadow_next_zone(zone);
	raw_spin_lock_irqsave(&zone->lock, irqflags);
	zone->managed++;
	raw_spin_unlock_irqrestore(&zone->lock, irqflags);
	expect_alarm(test, rig, "managed");
	raw_spin_lock_irqsave(&zone->lock, irqflags);
	zone->managed--;
	raw_spin_unlock_irqrestore(&zone->lock, irqflags);
}

static void seed_linear(struct kunit *test, struct rig *rig)
{
	struct shadow_mm *mm = &rig->mm;
	u64 bytes = mm->boot.linear_bytes;

	/* A page behind the end of memory, and one that is not where it should */
	KUNIT_ASSERT_EQ(test, 0,
			shadow_pgtable_map(&mm->swapper,
					   shadow_layout_pa_to_va(&mm->layout, mm->block.base +
								  mm->block.bytes),
					   mm->block.base, SZ_4K, SHADOW_PAGE_KERNEL, 0));
	expect_alarm(test, rig, "linear map: va");
	KUNIT_ASSERT_EQ(test, 0,
			shadow_pgtable_unmap(&mm->swapper,
					     shadow_layout_pa_to_va(&mm->layout, mm->block.base +
								    mm->block.bytes), SZ_4K));
	KUNIT_EXPECT_EQ(test, bytes, mm->block.bytes);
}

/* Each is found by one read while four threads work, and nothing else is */
static void audit_seeded(struct kunit *test)
{
	static void (*const seeds[])(struct kunit *test, struct rig *rig) = {
		seed_lost_table, seed_stolen_table, seed_slab, seed_vmalloc,
		seed_managed, seed_linear,
	};
	struct rig *rig = test->priv;
	struct worker *w = shadow_test_alloc(test, NR_WORKERS * sizeof(*w));
	struct load *load = shadow_test_alloc(test, sizeof(*load));
	unsigned int i, round;

	start_load(test, rig, load, w);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < ARRAY_SIZE(seeds); i++) {
			seeds[i](test, rig);
			expect_healthy(test, rig);
		}
	}
	stop_load(test, rig, load, w);
	expect_healthy(test, rig);
}

/* By zone, and all of it together */
static void audit_sums(struct kunit *test)
{
	struct shadow_audit_zone *zones, *sum;
	struct rig *rig = test->priv;
	u64 present = 0, in_use = 0, all = 0;
	struct shadow_zone *zone;
	unsigned int nr, owner;

	zones = shadow_test_alloc(test, SHADOW_AUDIT_ZONES * sizeof(*zones));
	expect_ok(test, rig, "alloc_pages 3\nkmalloc 50000\nvmalloc 100000");
	KUNIT_ASSERT_EQ_MSG(test, shadow_audit_zones(&rig->mm, &rig->audit, zones), 0,
			    "%s", rig->audit.fault.text);
	for (zone = shadow_first_zone(&rig->mm.nodes); zone;
	     zone = shadow_next_zone(zone)) {
		sum = &zones[zone->nid * SHADOW_MAX_NR_ZONES + zone->type];
		KUNIT_EXPECT_EQ(test, sum->spanned, zone->spanned);
		KUNIT_EXPECT_EQ(test, sum->managed, zone->managed);
		KUNIT_EXPECT_EQ(test, sum->buddy, zone->nr_free);
		if (zone->spanned)
			KUNIT_EXPECT_EQ(test, sum->pcp, shadow_pcp_count(zone));
		present += zone->present;
	}
	for (nr = 0; nr < SHADOW_AUDIT_ZONES; nr++) {
		all += zones[nr].buddy + zones[nr].pcp;
		for (owner = 0; owner < SHADOW_NR_OWNERS; owner++) {
			all += zones[nr].owned[owner] + zones[nr].reserved[owner];
			in_use += zones[nr].owned[owner];
		}
	}
	KUNIT_EXPECT_EQ(test, all, present);
	KUNIT_EXPECT_GE(test, in_use, 8 + 13 + 25);
	KUNIT_EXPECT_EQ(test, rig->audit.nr_frames, BLOCK_BYTES / SZ_4K);
	KUNIT_EXPECT_EQ(test, rig->audit.nr_tables, rig->mm.idmap.nr_tables +
			rig->mm.init_pg.nr_tables + rig->mm.swapper.nr_tables);
}

/* ------------------------------------------------------ who is kept waiting -- */

#ifndef __KERNEL__
/**
 * struct held - locks of zones that the reader has
 * @mm: the machine
 * @thread: the reader
 * @held: locks of each zone, its own and its lists'
 * @nr_zones: zones of which it has one
 * @most: at the same time, so far
 * @nr_taken: locks of zones taken, so far
 * @since_ns: when it had none
 * @longest_ns: how long it had one
 */
static struct held {
	struct shadow_mm *mm;
	int thread;
	unsigned int held[SHADOW_AUDIT_ZONES];
	unsigned int nr_zones;
	unsigned int most;
	unsigned int nr_taken;
	u64 since_ns;
	u64 longest_ns;
} held;

static bool is_of(const struct shadow_zone *zone, const raw_spinlock_t *lock)
{
	unsigned int cpu;

	if (lock == &zone->lock)
		return true;
	for (cpu = 0; zone->pcp && cpu < zone->nodes->nr_cpus; cpu++)
		if (lock == &zone->pcp[cpu].lock)
			return true;
	return false;
}

static void watch(const raw_spinlock_t *lock, bool taken)
{
	struct shadow_zone *zone;
	unsigned int *of_zone;

	if (shadow_host_thread() != held.thread)
		return;
	for (zone = shadow_first_zone(&held.mm->nodes); zone; zone = shadow_next_zone(zone))
		if (is_of(zone, lock))
			break;
	if (!zone)
		return;
	of_zone = &held.held[zone->nid * SHADOW_MAX_NR_ZONES + zone->type];
	if (taken) {
		held.nr_taken++;
		if (!held.nr_zones)
			held.since_ns = ktime_get_ns();
		held.nr_zones += !(*of_zone)++;
		held.most = max(held.most, held.nr_zones);
	} else {
		held.nr_zones -= !--(*of_zone);
		if (!held.nr_zones)
			held.longest_ns = max(held.longest_ns, ktime_get_ns() - held.since_ns);
	}
}

/* Of several zones, under load, a read has never locked more than one */
static void one_zone_at_a_time(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct worker *w = shadow_test_alloc(test, NR_WORKERS * sizeof(*w));
	struct load *load = shadow_test_alloc(test, sizeof(*load));
	unsigned int i;

	shadow_boot_down(&rig->mm);
	rig->mm.cfg.nr_nodes = 2;
	rig->mm.cfg.highmem = SHADOW_TEST_BASE + SZ_8M;
	rig->mm.cfg.given |= BIT_ULL(SHADOW_PARAM_NODES) | BIT_ULL(SHADOW_PARAM_HIGHMEM);
	rig_boot(test, rig);
	start_load(test, rig, load, w);
	memset(&held, 0, sizeof(held));
	held.mm = &rig->mm;
	held.thread = shadow_host_thread();
	shadow_host_lock_watch = watch;
	for (i = 0; i < NR_READS; i++)
		KUNIT_EXPECT_EQ_MSG(test, rig_audit(rig), 0, "%s", rig->audit.fault.text);
	shadow_host_lock_watch = NULL;
	stop_load(test, rig, load, w);
	KUNIT_EXPECT_EQ(test, held.most, 1);
	KUNIT_EXPECT_EQ(test, held.nr_zones, 0);
	/* Each zone is walked for its frames, areas, lists and owners */
	KUNIT_EXPECT_GE(test, held.nr_taken, NR_READS * 4 * 2);
	KUNIT_EXPECT_GT(test, rig->audit.locked_ns, 0);
	kunit_info(test, "%u locks of zones, at most %u zones at a time, for at most %llu ns\n",
		   held.nr_taken, held.most, held.longest_ns);
}
#endif

/* -------------------------------------------------- the ring and counters -- */

static void boot_with_ring(struct kunit *test, struct rig *rig, u32 nr)
{
	shadow_boot_down(&rig->mm);
	rig->mm.cfg.ring = nr;
	rig_boot(test, rig);
	expect_ok(test, rig, "set counters on");
	expect_healthy(test, rig);
	KUNIT_EXPECT_TRUE(test, rig->audit.asked & BIT(SHADOW_AUDIT_RING));
}

/* Of 4 threads that wrap it around and around, each read agrees */
static void ring_under_load(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct worker *w = shadow_test_alloc(test, NR_WORKERS * sizeof(*w));
	struct load *load = shadow_test_alloc(test, sizeof(*load));
	unsigned int i, alarms = 0;
	struct shadow_ring *ring;

	boot_with_ring(test, rig, 4096);
	ring = rig->mm.ring;
	start_load(test, rig, load, w);
	for (i = 0; i < 5 * NR_READS && alarms < 4; i++) {
		/* Counters may come and go meanwhile, what they missed is not theirs */
		if (i % 40 == 39)
			expect_ok(test, rig, i % 80 == 79 ? "set counters on" :
							    "set counters off");
		KUNIT_EXPECT_EQ(test, ring->counting, i % 80 < 39 || i % 80 == 79);
		if (rig_audit(rig)) {
			alarms++;
			kunit_info(test, "read %u: %s\n", i, rig->audit.fault.text);
		}
		cond_resched();
	}
	stop_load(test, rig, load, w);
	KUNIT_EXPECT_EQ(test, alarms, 0);
	KUNIT_EXPECT_GT(test, shadow_ring_lost(ring), 0);
	expect_ok(test, rig, "set counters on");
	expect_healthy(test, rig);
	kunit_info(test, "%u reads, %llu records, %llu of them lost\n", i,
		   shadow_ring_last(ring), shadow_ring_lost(ring));
	/* A new history: counters are on, and begin with it */
	expect_ok(test, rig, "reset");
	KUNIT_EXPECT_TRUE(test, rig->mm.ring->counting);
	expect_ok(test, rig, "alloc_pages 2 count=9\nkmalloc 100 count=50\nvmalloc 100000");
	expect_healthy(test, rig);
}

/* From the first phase on, whatever there is by then */
static void ring_of_each_phase(struct kunit *test)
{
	struct rig *rig = test->priv;
	unsigned int phase;

	boot_with_ring(test, rig, 65536);
	for (phase = 0; phase < SHADOW_NR_PHASES; phase++) {
		rig->mm.cfg.until = phase;
		expect_ok(test, rig, "reset");
		expect_healthy(test, rig);
		KUNIT_EXPECT_TRUE(test, rig->audit.asked & BIT(SHADOW_AUDIT_RING));
		KUNIT_EXPECT_EQ(test, shadow_ring_lost(rig->mm.ring), 0);
	}
}

static struct shadow_ring_record *first_of(struct kunit *test,
					   struct shadow_ring *ring, u16 id)
{
	u64 seq = 1;

	while (seq < shadow_ring_last(ring) && ring->record[seq - 1].id != id)
		seq++;
	KUNIT_ASSERT_EQ(test, ring->record[seq - 1].id, id);
	return &ring->record[seq - 1];
}

/* One wrong word is found, by name, and nothing is wrong when it is mended */
static void expect_seen(struct kunit *test, struct rig *rig, void *at, size_t bytes,
			u64 turn, const char *says)
{
	u64 was = 0, is;

	memcpy(&was, at, bytes);
	is = was ^ turn;
	memcpy(at, &is, bytes);
	expect_alarm(test, rig, says);
	KUNIT_EXPECT_EQ(test, rig->audit.faulty, SHADOW_AUDIT_RING);
	memcpy(at, &was, bytes);
	expect_healthy(test, rig);
}

#define expect_field(test, rig, field, turn, says)			\
	expect_seen(test, rig, &(field), sizeof(field), turn, says)

static void ring_is_damaged(struct kunit *test)
{
	struct rig *rig = test->priv;
	struct shadow_ring_record *more;
	struct shadow_ring *ring;
	struct rnd_state rnd;
	unsigned int i;
	u64 seq;

	shadow_test_seed(test, &rnd);
	boot_with_ring(test, rig, 16384);
	expect_ok(test, rig, "alloc_pages 2 count=9 as=p\nkmalloc 100 count=50\nvmalloc 9000");
	expect_ok(test, rig, "cache_create named 100\nfree_pages p");
	ring = rig->mm.ring;
	expect_field(test, rig, ring->nr, 1, "ring: it says that it has 16385 records");
	expect_field(test, rig, ring->nr_first, 4, "ring=16384");
	expect_field(test, rig, ring->next, 1ULL << 20, "records have a number, but");
	expect_field(test, rig, ring->nr_more, 1, "payloads have one");
	expect_field(test, rig, ring->nr_ops[SHADOW_OP_VMALLOC], 2, "operations");
	expect_field(test, rig, ring->nr_events[SHADOW_EV_MAP], 1, "events");
	expect_field(test, rig, ring->sum[SHADOW_EV_PAGE_ALLOC], 1, "pgalloc: counters have");
	expect_field(test, rig, rig->mm.events.past[SHADOW_EV_TLBI], 8,
		     "ring: tlbi: counters have");
	expect_ok(test, rig, "set counters off");
	expect_field(test, rig, ring->sum[SHADOW_EV_PAGE_FREE], 4,
		     "frames of all zones are in use");
	expect_field(test, rig, ring->sum[SHADOW_EV_TABLE_ALLOC], 1, "tables, by its events");
	for (i = 0; i < 20; i++) {
		seq = shadow_test_below(&rnd, shadow_ring_last(ring));
		expect_field(test, rig, ring->record[seq].seq,
			     1 + shadow_test_below(&rnd, 1000), "is not in its place");
		expect_field(test, rig, ring->record[seq].id, 0x7000, "is of no kind");
	}
	more = first_of(test, ring, SHADOW_RING_MORE);
	expect_field(test, rig, more->err, 64, "is of no kind");
	/* Of a kind that there is, but of another one than was written */
	more = first_of(test, ring, SHADOW_RING_OP | SHADOW_OP_KMALLOC);
	expect_field(test, rig, more->id, SHADOW_OP_KMALLOC ^ SHADOW_OP_CACHE_CREATE,
		     "records of cache_create are kept, 1 were made");
}

static struct kunit_case audit_cases[] = {
#ifndef __KERNEL__
	KUNIT_CASE(one_zone_at_a_time),
#endif
	KUNIT_CASE(ring_under_load),
	KUNIT_CASE(ring_of_each_phase),
	KUNIT_CASE(ring_is_damaged),
	KUNIT_CASE(audit_sums),
	KUNIT_CASE(under_load_slub),
	KUNIT_CASE(under_load_slab),
	KUNIT_CASE(under_load_slob),
	KUNIT_CASE(audit_seeded),
	{ }
};

static struct kunit_suite audit_suite = {
	.name = "shadow_audit",
	.init = rig_init,
	.exit = rig_exit,
	.test_cases = audit_cases,
};

kunit_test_suite(audit_suite);
