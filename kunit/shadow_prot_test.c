// SPDX-License-Identifier: GPL-2.0-only
/*
 * Protections by name and in letters.
 */
#include "shadow_pgtable.h"
#include "shadow_test.h"

static void prots_by_name(struct kunit *test)
{
	static const struct {
		const char *name;
		u64 prot;
	} good[] = {
		{ "PAGE_KERNEL", 0x00e8000000000700 },
		{ "PAGE_KERNEL_RO", 0x00e0000000000780 },
		{ "PAGE_KERNEL_ROX", 0x00c0000000000780 },
		{ "PAGE_KERNEL_EXEC", 0x00c8000000000700 },
		{ "PAGE_SHARED", 0x0068000000000fc0 },
		{ "PAGE_READONLY", 0x0060000000000fc0 },
		{ "PAGE_EXECONLY", 0x0020000000000f80 },
		{ "PROT_DEVICE_nGnRE", 0x0068000000000710 },
		{ "PROT_NORMAL_NC", 0x0068000000000708 },
		{ "rw", 0x00e8000000000700 },
		{ "r", 0x00e0000000000780 },
		{ "rx", 0x00c0000000000780 },
		{ "xr", 0x00c0000000000780 },
		{ "rwx", 0x00c8000000000700 },
		{ "ru", 0x0060000000000fc0 },
		{ "rxu", 0x0020000000000fc0 },
		{ "rwu", 0x00e8000000000f40 },
		{ "xu", 0x0020000000000f80 },
		{ "rw,dev", 0x0068000000000710 },
		{ "r,dev", 0x0060000000000790 },
		{ "rw,nc", 0x0068000000000708 },
	};
	static const char *const bad[] = {
		"", "w", "x", "u", "wx", "wu", "rr", "rwxw", "q", "rw,", ",dev",
		"rw,dev,nc", "rw,xyz", "rx,dev", "rw dev", "PAGE_NONE",
		"PAGE_KERNEL ", "page_kernel", "rw\n", "dev", "rwdev",
	};
	char text[SHADOW_PROT_TEXT];
	u64 prot, again;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		KUNIT_EXPECT_EQ_MSG(test, shadow_prot_parse(good[i].name, &prot),
				    0, "%s", good[i].name);
		KUNIT_EXPECT_EQ_MSG(test, prot, good[i].prot, "%s",
				    good[i].name);
		/* Letters mean the same when they are read again */
		shadow_prot_letters(prot, text, sizeof(text));
		KUNIT_EXPECT_EQ_MSG(test, shadow_prot_parse(text, &again), 0,
				    "%s", text);
		KUNIT_EXPECT_EQ(test, again & 0xe0000000000fcULL & ~0x80ULL,
				prot & 0xe0000000000fcULL & ~0x80ULL);
	}
	for (i = 0; i < 9; i++)
		KUNIT_EXPECT_STREQ(test, shadow_prot_name(good[i].prot),
				   good[i].name);
	KUNIT_EXPECT_TRUE(test, !shadow_prot_name(0x00e8000000000f40));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, shadow_prot_parse(bad[i], &prot),
				    -EINVAL, "\"%s\"", bad[i]);
}

static void wx_by_level(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, shadow_prot_is_wx(SHADOW_PAGE_KERNEL));
	KUNIT_EXPECT_FALSE(test, shadow_prot_is_wx(SHADOW_PAGE_KERNEL_ROX));
	KUNIT_EXPECT_TRUE(test, shadow_prot_is_wx(SHADOW_PAGE_KERNEL_EXEC));
	KUNIT_EXPECT_FALSE(test, shadow_prot_is_wx(SHADOW_PAGE_SHARED));
	KUNIT_EXPECT_TRUE(test, shadow_prot_is_wx(SHADOW_PAGE_SHARED_EXEC));
	KUNIT_EXPECT_FALSE(test, shadow_prot_is_wx(SHADOW_PAGE_READONLY_EXEC));
	/* EL1 does not execute what EL0 may write, even with PXN clear */
	KUNIT_EXPECT_FALSE(test, shadow_prot_is_wx(SHADOW_PAGE_SHARED &
						   ~SHADOW_ATTR_PXN));
	KUNIT_EXPECT_EQ(test, shadow_prot_check(SHADOW_PAGE_KERNEL_EXEC, false),
			-EPERM);
	KUNIT_EXPECT_EQ(test, shadow_prot_check(SHADOW_PAGE_KERNEL_EXEC, true),
			0);
}

static struct kunit_case prot_cases[] = {
	KUNIT_CASE(prots_by_name),
	KUNIT_CASE(wx_by_level),
	{}
};

static struct kunit_suite prot_suite = {
	.name = "shadow_prot",
	.test_cases = prot_cases,
};

kunit_test_suite(prot_suite);
