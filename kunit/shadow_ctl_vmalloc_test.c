// SPDX-License-Identifier: GPL-2.0-only
/*
 * What vmalloc, vmap, ioremap and their opposites in ctl do to a machine, and
 * what they refuse.
 */
#include "shadow_test_ctl.h"

#include "shadow_ctl_handle.h"

/* A device lies where the block is not */
#define UART_PA	0x9000000

static u64 thing(struct rig *rig, const char *name, u32 nr)
{
	struct shadow_ctl_handle *handle = shadow_ctl_handle_find_name(&rig->ctl, name);

	return handle ? shadow_ctl_thing(handle, nr) : 0;
}

static u64 shown(struct rig *rig, u64 va)
{
	phys_addr_t pa;

	return shadow_pgtable_lookup(&rig->mm.swapper, va, &pa, NULL) ? 0 : pa;
}

/* Pages of one id, of several, of eight; each in its place */
static void shows_pages(struct kunit *test)
{
	struct rig *rig = test->priv;
	u64 va;

	expect_ok(test, rig, "alloc_pages 0 count=3 as=a\nalloc_pages 1 gfp=COMP as=b");
	expect_said(test, rig, "vmap a as=one", "3 pages of 1 ids at va 0x");
	va = thing(rig, "one", 0);
	KUNIT_EXPECT_EQ(test, shown(rig, va + 0x2123), (thing(rig, "a", 2) << 12) + 0x123);
	KUNIT_EXPECT_EQ(test, shown(rig, va + 0x3000), 0);
	expect_said(test, rig, "vmap b a b as=two", "7 pages of 3 ids at va 0x");
	va = thing(rig, "two", 0);
	KUNIT_EXPECT_EQ(test, shown(rig, va + 0x1000), (thing(rig, "b", 0) + 1) << 12);
	KUNIT_EXPECT_EQ(test, shown(rig, va + 0x2000), thing(rig, "a", 0) << 12);
	KUNIT_EXPECT_EQ(test, shown(rig, va + 0x6000), (thing(rig, "b", 0) + 1) << 12);
	expect_said(test, rig, "vmap a a a a a a a a", "24 pages of 8 ids");
	/* Held by the maps, the pages outlive their id */
	expect_said(test, rig, "free_pages a", "3 freed");
	expect_healthy(test, rig);
	expect_ok(test, rig, "vunmap one\nvunmap two\nvunmap 5\nfree_pages b\nvmalloc_purge");
	KUNIT_EXPECT_EQ(test, shown(rig, va), 0);
	expect_healthy(test, rig);
}

static void shows_devices(struct kunit *test)
{
	struct rig *rig = test->priv;
	u64 va;

	expect_said(test, rig, "ioremap 0x9000010 32 as=uart", "at pa 0x9000010 shown at va 0x");
	va = thing(rig, "uart", 0);
	KUNIT_EXPECT_EQ(test, va & 0xfff, 0x10);
	KUNIT_EXPECT_EQ(test, shown(rig, va), UART_PA + 0x10);
	expect_healthy(test, rig);
	expect_ok(test, rig, "iounmap uart\nvmalloc_purge");
	KUNIT_EXPECT_EQ(test, shown(rig, va), 0);
	expect_refused(test, rig, "ioremap 0x80000000 4K", -EPERM, "memory of the machine");
	expect_refused(test, rig, "ioremap 0xfffffffffffff000 4K", -ERANGE, "what ends within");
	expect_healthy(test, rig);
}

static void purges(struct kunit *test)
{
	struct rig *rig = test->priv;
	u64 va;

	expect_said(test, rig, "vmalloc 2M as=a", "512 of them in blocks of 2 MiB");
	va = thing(rig, "a", 0);
	expect_ok(test, rig, "vfree a");
	/* What is lazily free is not given out */
	expect_ok(test, rig, "vmalloc 2M huge=off as=b");
	KUNIT_EXPECT_NULL(test, strstr(rig->ctl.said, "blocks"));
	KUNIT_EXPECT_GE(test, thing(rig, "b", 0), va + SZ_2M);
	expect_said(test, rig, "vmalloc_purge", "1 areas of 513 pages purged");
	expect_ok(test, rig, "vfree b\nvmalloc_purge\nvmalloc 2M as=c");
	KUNIT_EXPECT_EQ(test, thing(rig, "c", 0), va);
	expect_said(test, rig, "vmalloc_purge", "0 areas of 0 pages purged with 0 inv");
	expect_healthy(test, rig);
}

static void refusals(struct kunit *test)
{
	struct rig *rig = test->priv;

	expect_ok(test, rig, "vmalloc 1 as=area\nioremap 0x9000000 1 as=dev\n"
		  "alloc_pages 2 as=plain\nalloc_pages 0 as=page\nvmap page as=map");
	expect_refused(test, rig, "vmap", -EINVAL, "an argument is missing");
	expect_refused(test, rig, "vmap as=x", -EINVAL, "an argument is missing");
	expect_refused(test, rig, "vmap 1 2 3 4 5 6 7 8 9", -EINVAL, "argument '9'");
	expect_refused(test, rig, "vmap page 99", -ENOENT, "no such id is live");
	expect_refused(test, rig, "vmap page area", -EINVAL, "is an area: allowed: vfree");
	expect_refused(test, rig, "vmap page plain", -EINVAL, "are not compound pages");
	expect_refused(test, rig, "vmap page Page", -EINVAL, "ID 'Page'");
	expect_refused(test, rig, "vfree map", -EINVAL, "allowed: vunmap");
	expect_refused(test, rig, "vunmap dev", -EINVAL, "allowed: iounmap");
	expect_refused(test, rig, "iounmap area", -EINVAL, "allowed: vfree");
	expect_refused(test, rig, "ioremap 0x9000000", -EINVAL, "an argument is missing");
	expect_refused(test, rig, "ioremap 0x9000000 0", -EINVAL, "BYTES '0'");
	expect_refused(test, rig, "vmalloc 1 huge=maybe", -EINVAL, "allowed: on, off");
	expect_refused(test, rig, "vmalloc_purge 1", -EINVAL, "argument '1'");
	expect_healthy(test, rig);
	expect_ok(test, rig, "vfree area\niounmap dev\nvunmap map\nfree_pages page");
	expect_healthy(test, rig);
}

static struct kunit_case ctl_vmalloc_cases[] = {
	KUNIT_CASE(shows_pages),
	KUNIT_CASE(shows_devices),
	KUNIT_CASE(purges),
	KUNIT_CASE(refusals),
	{}
};

static struct kunit_suite ctl_vmalloc_suite = {
	.name = "shadow_ctl_vmalloc",
	.init = rig_init,
	.exit = rig_exit,
	.test_cases = ctl_vmalloc_cases,
};

kunit_test_suite(ctl_vmalloc_suite);

MODULE_LICENSE("GPL");
