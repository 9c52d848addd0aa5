// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whole machines with each memory model: VMEMMAP through the machine's own
 * tables, what is refused, and frames of zone DEVICE.
 */
#include "shadow_test_host.h"

#include "shadow_audit.h"
#include "shadow_boot.h"
#include "shadow_page_alloc.h"
#include "shadow_pcp.h"
#include "shadow_vmemmap.h"

/**
 * struct setup - a machine and what it needs around it
 * @mm: the machine
 * @backing: books of a virtual board
 * @board: the board, where there is one
 * @storage: memory, aligned to the largest page
 * @mem: what it was cut from
 * @audit: scratch
 */
struct setup {
	struct shadow_mm mm;
	struct shadow_backing backing;
	struct shadow_board board;
	struct shadow_block storage;
	void *mem;
	struct shadow_audit audit;
};

static struct setup *prepare(struct kunit *test, unsigned int page_shift,
			     char *size, const char *model, const char *memory)
{
	const struct shadow_host_facts facts = {
		.page_shift = page_shift, .arm64 = true, .pa_bits = 48,
	};
	struct setup *s = shadow_test_alloc(test, sizeof(*s));
	struct shadow_param_strings in = { };
	struct shadow_mm *mm = &s->mm;

	in.value[SHADOW_PARAM_SIZE] = size;
	in.value[SHADOW_PARAM_MEMMODEL] = (char *)model;
	in.value[SHADOW_PARAM_MEMORY] = (char *)memory;
	shadow_test_host_given(test, mm, &facts, &in);
	/* Of no larger alignment than a module's block has */
	s->mem = shadow_test_alloc(test, mm->cfg.bytes + SZ_64K);
	s->storage.base = 0x200200000;
	s->storage.bytes = mm->cfg.bytes;
	s->storage.virt = (void *)ALIGN((unsigned long)s->mem, SZ_64K);
	shadow_test_host_memory(test, mm, &s->board, memory);
	shadow_test_host_place(test, mm, &s->storage);
	shadow_test_host_prepare(test, mm, &s->storage, &s->backing);
	mm->cpu_id.mmfr0 = 0x5 | 0x1ULL << 20;
	return s;
}

static void expect_ok(struct kunit *test, struct setup *s)
{
	int err = shadow_audit(&s->mm, &s->audit);

	KUNIT_ASSERT_EQ_MSG(test, err, 0, "%s", s->audit.fault.text);
	KUNIT_ASSERT_FALSE_MSG(test, shadow_fault_frozen(&s->mm.fault), "%s",
			       s->mm.fault.text);
}

static struct setup *boot(struct kunit *test, unsigned int page_shift, char *size,
			  const char *model, const char *memory)
{
	struct setup *s = prepare(test, page_shift, size, model, memory);
	int err = shadow_boot_up(&s->mm);

	KUNIT_ASSERT_EQ_MSG(test, err, 0, "phase %s: %s",
			    shadow_phase_name(s->mm.boot.nr_done),
			    s->mm.boot.record[s->mm.boot.nr_done].effect);
	expect_ok(test, s);
	return s;
}

static void take_down(struct kunit *test, struct setup *s)
{
	KUNIT_EXPECT_EQ(test, shadow_boot_down(&s->mm), 0);
	KUNIT_EXPECT_EQ(test, shadow_test_host.live, 0);
	shadow_test_free(test, s->mem);
}

static struct shadow_vmemmap vmemmap_of(struct setup *s)
{
	return (struct shadow_vmemmap){
		.nodes = &s->mm.nodes, .layout = &s->mm.layout,
		.pgt = &s->mm.swapper, .mb = &s->mm.memblock,
	};
}

static const unsigned int page_shifts[] = { 12, 14, 16 };

/* Every entry, not the ends of sections alone, is where VMEMMAP has it */
static void check_entries(struct kunit *test, struct setup *s)
{
	const struct shadow_memmap *memmap = &s->mm.nodes.memmap;
	unsigned int nr;
	phys_addr_t pa;
	u64 pfn, va;
	u32 i;

	for (nr = 0; nr < memmap->nr_banks; nr++) {
		for (i = 0; i < memmap->bank[nr].nr; i++) {
			pfn = memmap->bank[nr].start_pfn + i;
			va = shadow_layout_vmemmap(&s->mm.layout, pfn);
			KUNIT_ASSERT_EQ(test, 0,
					shadow_pgtable_lookup(&s->mm.swapper, va,
							      &pa, NULL));
			KUNIT_ASSERT_PTR_EQ(test, shadow_pfn_to_page(&s->mm.nodes, pfn),
					    (struct shadow_page *)
					    shadow_phys_to_virt(&s->mm.block, pa));
		}
	}
}

/* Each model on each granule, a real machine and a board with a hole */
static void models_boot(struct kunit *test)
{
	static const char *const memory[] = {
		NULL, "0x80000000+128M,0xc0000000+256M",
	};
	unsigned int i, model, shape;
	const char *said;
	struct setup *s;

	for (i = 0; i < ARRAY_SIZE(page_shifts); i++) {
		for (model = 0; model < SHADOW_NR_MEMMODELS; model++) {
			for (shape = 0; shape < ARRAY_SIZE(memory); shape++) {
				s = boot(test, page_shifts[i], "64M",
					 shadow_memmodel_names[model], memory[shape]);
				KUNIT_EXPECT_EQ(test, s->mm.nodes.memmap.model, model);
				said = s->mm.boot.record[SHADOW_PHASE_FREE_AREA_INIT].effect;
				KUNIT_EXPECT_NOT_NULL(test,
						      strstr(said, shadow_memmodel_names[model]));
				if (model == SHADOW_MEMMODEL_VMEMMAP)
					check_entries(test, s);
				KUNIT_EXPECT_EQ(test, s->mm.nodes.memmap.nr_banks,
						memory[shape] && model == SHADOW_MEMMODEL_VMEMMAP ?
						2 : 1);
				take_down(test, s);
			}
		}
	}
}

/* A hole of 30 GiB: free with sections, refused flat, and both said */
static void flat_is_refused(struct kunit *test)
{
	struct setup *s = prepare(test, 12, "64M", "flat",
				  "0x80000000+256M,0x880000000+256M");
	const char *why = s->mm.boot.record[SHADOW_PHASE_FREE_AREA_INIT].effect;
	const struct shadow_memmap_cost *cost = s->mm.boot.memmap_cost;

	/* 0x890000 - 0x80000 frames */
	KUNIT_EXPECT_EQ(test, shadow_boot_up(&s->mm), -ENOMEM);
	KUNIT_EXPECT_EQ(test, s->mm.boot.nr_done, SHADOW_PHASE_FREE_AREA_INIT);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why, "memmodel=flat"), "%s", why);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why, "8454144 frames x 32 bytes = 264192 KiB"),
				  "%s", why);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why, "allowed: less than the block, 65536 KiB"),
				  "%s", why);
	KUNIT_EXPECT_EQ(test, shadow_test_host.live, 0);

	s = boot(test, 12, "64M", "vmemmap", "0x80000000+256M,0x880000000+256M");
	cost = s->mm.boot.memmap_cost;
	KUNIT_EXPECT_EQ(test, cost[SHADOW_MEMMODEL_FLAT].nr_entries, 8454144);
	KUNIT_EXPECT_EQ(test, cost[SHADOW_MEMMODEL_DISCONTIG].nr_entries, 8454144);
	KUNIT_EXPECT_EQ(test, cost[SHADOW_MEMMODEL_VMEMMAP].nr_entries, 131072);
	KUNIT_EXPECT_EQ(test, cost[SHADOW_MEMMODEL_VMEMMAP].nr_banks, 2);
	take_down(test, s);
}

/* The descriptor that shows an entry of VMEMMAP */
static u64 *descriptor(struct kunit *test, struct setup *s, u64 pfn)
{
	struct shadow_walker walker;
	struct shadow_walk walk;

	shadow_pgtable_walker(&s->mm.swapper, &walker);
	KUNIT_ASSERT_EQ(test, 0, shadow_walk(&walker,
					     shadow_layout_vmemmap(&s->mm.layout, pfn),
					     &walk));
	return shadow_phys_to_virt(&s->mm.block,
				   walk.step[walk.nr_steps - 1].desc_pa);
}

static void expect_found(struct kunit *test, struct setup *s, const char *words)
{
	struct shadow_fault fault;

	shadow_fault_init(&fault);
	KUNIT_EXPECT_EQ(test, -EUCLEAN,
			shadow_vmemmap_verify(&s->mm.nodes, &s->mm.layout,
					      &s->mm.swapper, &fault));
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(fault.text, words), "%s", fault.text);
}

/* A descriptor, a section, a bank that lead elsewhere */
static void verify_finds(struct kunit *test)
{
	struct setup *s = boot(test, 12, "256M", "vmemmap", NULL);
	struct shadow_memmap *memmap = &s->mm.nodes.memmap;
	u64 pfn = memmap->bank[0].start_pfn, *desc, was;
	struct shadow_memmap_sections *sections = &memmap->sections;
	u64 last = pfn + memmap->bank[0].nr - 1, i;
	u8 bank;

	/* To the next page; to nowhere; read-only; and the last entry's */
	desc = descriptor(test, s, pfn);
	was = *desc;
	*desc = was + SZ_4K;
	expect_found(test, s, "leads to");
	*desc = 0;
	expect_found(test, s, "is not mapped");
	*desc = (was & ~SHADOW_PTE_WRITE) | SHADOW_ATTR_RDONLY;
	expect_found(test, s, "read-only");
	*desc = was;
	desc = descriptor(test, s, last);
	was = *desc;
	*desc = was ^ SZ_8K;
	expect_found(test, s, "leads to");
	*desc = was;
	expect_ok(test, s);

	for (i = 0; i < sections->nr; i++) {
		u8 *entry = &sections->bank[SHADOW_SECTION_LEAF + i];

		bank = *entry;
		*entry = 1;
		expect_found(test, s, "section");
		*entry = bank;
	}
	memmap->bank[0].first += BIT(memmap->block_log2);
	expect_found(test, s, "");
	memmap->bank[0].first -= BIT(memmap->block_log2);
	expect_ok(test, s);
	take_down(test, s);
}

/* As many frames as are free when nothing but the boot's own is in use */
static u64 nr_free(struct setup *s)
{
	struct shadow_zone *zone;
	u64 nr = 0;

	for (zone = shadow_first_zone(&s->mm.nodes); zone; zone = shadow_next_zone(zone))
		if (zone->pcp)
			shadow_pcp_drain(zone);
	for (zone = shadow_first_zone(&s->mm.nodes); zone; zone = shadow_next_zone(zone))
		nr += zone->nr_free;
	return nr;
}

static void check_device(struct kunit *test, struct setup *s, u64 base, u64 bytes)
{
	unsigned int shift = s->mm.cfg.page_shift;
	struct shadow_nodes *nodes = &s->mm.nodes;
	struct shadow_page *page;
	u64 pfn;

	for (pfn = base >> shift; pfn < (base + bytes) >> shift; pfn++) {
		page = shadow_pfn_to_page(nodes, pfn);
		KUNIT_ASSERT_NOT_NULL(test, page);
		KUNIT_ASSERT_EQ(test, shadow_page_to_pfn(nodes, page), pfn);
		KUNIT_ASSERT_EQ(test, shadow_page_state(page), SHADOW_PAGE_DEVICE);
		KUNIT_ASSERT_EQ(test, shadow_page_zonenum(page), SHADOW_ZONE_DEVICE);
		KUNIT_ASSERT_EQ(test, shadow_free_pages(nodes, page, 0), -EINVAL);
	}
	KUNIT_EXPECT_NULL(test, shadow_pfn_to_page(nodes, pfn));
}

/* Frames of zone Device come, are never given out, and go, on each granule */
static void device_frames(struct kunit *test)
{
	char why[120];
	unsigned int i;
	int nid;

	for (i = 0; i < ARRAY_SIZE(page_shifts); i++) {
		struct setup *s = boot(test, page_shifts[i], "64M", "vmemmap", NULL);
		struct shadow_nodes *nodes = &s->mm.nodes;
		struct shadow_zone *zone = &nodes->node[0].zone[SHADOW_ZONE_DEVICE];
		struct shadow_vmemmap v = vmemmap_of(s);
		u64 base = 0x400000000, bytes = SZ_1G, before = nr_free(s);
		u64 managed = shadow_nodes_managed(nodes);
		struct shadow_page *page;

		KUNIT_ASSERT_EQ_MSG(test, 0,
				    shadow_vmemmap_add_device(&v, base, bytes, &nid,
							      why, sizeof(why)),
				    "%s", why);
		check_device(test, s, base, bytes);
		expect_ok(test, s);
		KUNIT_EXPECT_EQ(test, s->audit.device, bytes >> page_shifts[i]);
		KUNIT_EXPECT_EQ(test, zone->spanned, bytes >> page_shifts[i]);
		KUNIT_EXPECT_EQ(test, zone->managed, 0);
		KUNIT_EXPECT_EQ(test, shadow_nodes_managed(nodes), managed);
		KUNIT_EXPECT_EQ(test, before - nr_free(s),
				(bytes >> page_shifts[i]) * sizeof(*page) >> page_shifts[i]);
		/* A second one, and each goes alone */
		KUNIT_ASSERT_EQ(test, 0,
				shadow_vmemmap_add_device(&v, base + 2 * bytes, SZ_512M,
							  &nid, why, sizeof(why)));
		KUNIT_EXPECT_EQ(test, shadow_vmemmap_remove_device(&v, base), bytes);
		KUNIT_EXPECT_NULL(test, shadow_pfn_to_page(nodes, base >> page_shifts[i]));
		check_device(test, s, base + 2 * bytes, SZ_512M);
		expect_ok(test, s);
		KUNIT_EXPECT_EQ(test, shadow_vmemmap_remove_device(&v, base), 0);
		/* One entry that says something else is found */
		page = shadow_pfn_to_page(nodes, ((base + 2 * bytes) >> page_shifts[i]) + 5);
		page->flags ^= 1 << SHADOW_PF_NODE_SHIFT;
		expect_found(test, s, "of zone Device");
		page->flags ^= 1 << SHADOW_PF_NODE_SHIFT;
		KUNIT_EXPECT_EQ(test, SZ_512M,
				shadow_vmemmap_remove_device(&v, base + 2 * bytes));
		KUNIT_EXPECT_EQ(test, zone->spanned, 0);
		expect_ok(test, s);
		KUNIT_EXPECT_EQ(test, nr_free(s), before);
		/* What is there when the machine goes, goes with it */
		KUNIT_ASSERT_EQ(test, 0,
				shadow_vmemmap_add_device(&v, base, bytes, &nid, why,
							  sizeof(why)));
		take_down(test, s);
	}
}

static void refuse_device(struct kunit *test, struct setup *s, u64 base, u64 bytes,
			  int want, const char *words)
{
	struct shadow_vmemmap v = vmemmap_of(s);
	u64 before = nr_free(s);
	char why[120] = "";
	int nid, err;

	err = shadow_vmemmap_add_device(&v, base, bytes, &nid, why, sizeof(why));
	KUNIT_EXPECT_EQ_MSG(test, err, want, "%#llx+%#llx: %s", base, bytes, why);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why, words), "%s", why);
	KUNIT_EXPECT_EQ(test, nr_free(s), before);
	expect_ok(test, s);
}

static void device_refusals(struct kunit *test)
{
	struct setup *s = boot(test, 12, "64M", "vmemmap", NULL);
	struct shadow_vmemmap v = vmemmap_of(s);
	u64 base = 0x400000000;
	char why[120];
	int nid, i;

	refuse_device(test, s, base + SZ_2M, SZ_4M, -EINVAL, "multiples of 0x400000");
	refuse_device(test, s, base, SZ_2M, -EINVAL, "multiples of 0x400000");
	refuse_device(test, s, base, 0, -EINVAL, "multiples of");
	refuse_device(test, s, 0, SZ_4M, -ERANGE, "allowed: 0x200000000 to");
	refuse_device(test, s, 0x200000000 + (1ULL << 47), SZ_4M, -ERANGE, "allowed:");
	refuse_device(test, s, base, 1ULL << 47, -ERANGE, "allowed:");
	refuse_device(test, s, s->mm.block.base & ~(u64)(SZ_4M - 1), SZ_4M, -EEXIST,
		      "overlaps memory");
	refuse_device(test, s, base, 1ULL << 40, -ENOMEM, "KiB in a row");
	refuse_device(test, s, base, 1ULL << 45, -ENOMEM, "8589934592 frames x 32 bytes");
	for (i = 0; i < SHADOW_MEMMAP_DEVICES; i++)
		KUNIT_ASSERT_EQ(test, 0,
				shadow_vmemmap_add_device(&v, base + (u64)i * SZ_64M,
							  SZ_4M, &nid, why, sizeof(why)));
	refuse_device(test, s, base, SZ_4M, -EEXIST, "overlaps");
	refuse_device(test, s, base + SZ_1G, SZ_4M, -ENOSPC, "8 ranges");
	take_down(test, s);

	s = boot(test, 12, "64M", "flat", NULL);
	refuse_device(test, s, base, SZ_4M, -EOPNOTSUPP, "memmodel=flat");
	take_down(test, s);
	s = boot(test, 12, "64M", "discontig", NULL);
	refuse_device(test, s, base, SZ_4M, -EOPNOTSUPP, "memmodel=discontig");
	take_down(test, s);
}

/* A virtual board's entries lie in frames that get contents, aligned */
static void device_of_a_board(struct kunit *test)
{
	struct setup *s = boot(test, 12, "64M", "vmemmap",
			       "0x80000000+128M,0xc0000000+256M");
	struct shadow_vmemmap v = vmemmap_of(s);
	u64 before = shadow_backing_free_pages(&s->backing);
	char why[120];
	int nid;

	KUNIT_ASSERT_TRUE(test, shadow_block_virtual(&s->mm.block));
	KUNIT_ASSERT_EQ_MSG(test, 0,
			    shadow_vmemmap_add_device(&v, 0x90000000, SZ_256M, &nid,
						      why, sizeof(why)), "%s", why);
	check_device(test, s, 0x90000000, SZ_256M);
	expect_ok(test, s);
	KUNIT_EXPECT_EQ(test, SZ_256M, shadow_vmemmap_remove_device(&v, 0x90000000));
	KUNIT_EXPECT_EQ(test, shadow_backing_free_pages(&s->backing), before);
	expect_ok(test, s);
	take_down(test, s);
}

static struct kunit_case shadow_vmemmap_cases[] = {
	KUNIT_CASE(models_boot),
	KUNIT_CASE(flat_is_refused),
	KUNIT_CASE(verify_finds),
	KUNIT_CASE(device_frames),
	KUNIT_CASE(device_refusals),
	KUNIT_CASE(device_of_a_board),
	{}
};

static struct kunit_suite shadow_vmemmap_suite = {
	.name = "shadow_vmemmap",
	.init = shadow_test_host_init,
	.test_cases = shadow_vmemmap_cases,
};

kunit_test_suite(shadow_vmemmap_suite);

MODULE_LICENSE("GPL");
