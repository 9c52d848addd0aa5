// SPDX-License-Identifier: GPL-2.0-only
/*
 * The early console of a command line.
 */
#include "shadow_board_earlycon.h"
#include "shadow_test.h"

static void addresses(struct kunit *test)
{
	static const struct {
		const char *cmdline;
		u64 pa;
	} good[] = {
		{ "earlycon=pl011,0x9000000", 0x9000000 },
		{ "console=ttyAMA0 earlycon=pl011,mmio32,0x9000000 quiet",
		  0x9000000 },
		{ "earlycon=uart8250,mmio32,0xfe215040,115200n8", 0xfe215040 },
		{ "earlycon=uart,mmio,1024", 1024 },
		{ "earlycon=ec_imx6q,0x02020000 mem=1G", 0x2020000 },
		{ "earlycon=\"pl011,mmio16,0x1000\"", 0x1000 },
		{ "earlycon=x,mmio32native,0x40,8n1", 0x40 },
		{ "earlycon=x,mmio32be,0x44", 0x44 },
		/* One that says nothing does not stand in another one's way */
		{ "earlycon earlycon=none earlycon=a,0x1 earlycon=b,0x2", 0x1 },
		{ "earlycon=a,mmio,", 0 },
	};
	static const char *const bad[] = {
		"", "earlycon", "earlycon=", "earlycon=pl011", "earlycon=pl011,",
		"earlycon=pl011,io,0x3f8", "earlycon=pl011,9000000",
		"earlycon=pl011,0", "myearlycon=pl011,0x9000000",
		"earlyconx=pl011,0x9000000", "-- earlycon=pl011,0x9000000",
		"earlycon=0x9000000", "console=pl011,0x9000000",
	};
	unsigned int i;
	u64 pa;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		pa = 77;
		KUNIT_EXPECT_TRUE_MSG(test,
				      shadow_board_earlycon(good[i].cmdline, &pa),
				      "%s", good[i].cmdline);
		KUNIT_EXPECT_EQ_MSG(test, pa, good[i].pa, "%s", good[i].cmdline);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_FALSE_MSG(test,
				       shadow_board_earlycon(bad[i], &pa), "%s",
				       bad[i]);
}

static struct kunit_case earlycon_cases[] = {
	KUNIT_CASE(addresses),
	{}
};

static struct kunit_suite earlycon_suite = {
	.name = "shadow_board_earlycon",
	.test_cases = earlycon_cases,
};

kunit_test_suite(earlycon_suite);
