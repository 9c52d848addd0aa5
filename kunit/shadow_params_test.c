// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of shadow_params and shadow_parse: what is taken, what is refused with
 * which errno, and that a refusal says why.
 */
#include "shadow_test.h"

#include "shadow_params.h"
#include "shadow_parse.h"

static const struct shadow_host_facts host_ds = {
	.page_shift = 12, .arm64 = true, .ds = true, .pa_bits = 48,
};

static const struct shadow_host_facts host_plain = {
	.page_shift = 12, .arm64 = true, .ds = false, .pa_bits = 44,
};

static const struct shadow_host_facts host_64k = {
	.page_shift = 16, .arm64 = true, .ds = false, .pa_bits = 52,
};

/* ------------------------------------------------------------- numbers -- */

struct number_case {
	const char *text;
	int err;
	u64 number;
	int bytes_err;
	u64 bytes;
};

static const struct number_case number_cases[] = {
	{ "0", 0, 0, 0, 0 },
	{ "7", 0, 7, 0, 7 },
	{ "0x10", 0, 16, 0, 16 },
	{ "0XfF", 0, 255, 0, 255 },
	{ "18446744073709551615", 0, U64_MAX, 0, U64_MAX },
	{ "0xffffffffffffffff", 0, U64_MAX, 0, U64_MAX },
	{ "18446744073709551616", -ERANGE, 0, -ERANGE, 0 },
	{ "0x10000000000000000", -ERANGE, 0, -ERANGE, 0 },
	{ "99999999999999999999x", -EINVAL, 0, -EINVAL, 0 },
	{ "4k", -EINVAL, 0, 0, SZ_4K },
	{ "64M", -EINVAL, 0, 0, SZ_64M },
	{ "2G", -EINVAL, 0, 0, SZ_2G },
	{ "1t", -EINVAL, 0, 0, 1024ULL * SZ_1G },
	{ "0x10M", -EINVAL, 0, 0, SZ_16M },
	{ "16777215T", -EINVAL, 0, 0, 16777215ULL << 40 },
	{ "16777216T", -EINVAL, 0, -ERANGE, 0 },
	{ "", -EINVAL, 0, -EINVAL, 0 },
	{ "M", -EINVAL, 0, -EINVAL, 0 },
	{ "0x", -EINVAL, 0, -EINVAL, 0 },
	{ "0xg", -EINVAL, 0, -EINVAL, 0 },
	{ "0xM", -EINVAL, 0, -EINVAL, 0 },
	{ "017", -EINVAL, 0, -EINVAL, 0 },
	{ "00", -EINVAL, 0, -EINVAL, 0 },
	{ "-1", -EINVAL, 0, -EINVAL, 0 },
	{ "+1", -EINVAL, 0, -EINVAL, 0 },
	{ " 1", -EINVAL, 0, -EINVAL, 0 },
	{ "1 ", -EINVAL, 0, -EINVAL, 0 },
	{ "1\n", -EINVAL, 0, -EINVAL, 0 },
	{ "1.5M", -EINVAL, 0, -EINVAL, 0 },
	{ "64MB", -EINVAL, 0, -EINVAL, 0 },
	{ "64MM", -EINVAL, 0, -EINVAL, 0 },
	{ "1P", -EINVAL, 0, -EINVAL, 0 },
	{ "a", -EINVAL, 0, -EINVAL, 0 },
};

static void number_parsing(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(number_cases); i++) {
		const struct number_case *c = &number_cases[i];
		size_t len = strlen(c->text);
		u64 number = 1234, bytes = 1234;

		KUNIT_EXPECT_EQ_MSG(test, shadow_parse_number(c->text, len, &number),
				    c->err, "'%s'", c->text);
		KUNIT_EXPECT_EQ_MSG(test, number, c->err ? 1234 : c->number,
				    "'%s'", c->text);
		KUNIT_EXPECT_EQ_MSG(test, shadow_parse_bytes(c->text, len, &bytes),
				    c->bytes_err, "'%s'", c->text);
		KUNIT_EXPECT_EQ_MSG(test, bytes, c->bytes_err ? 1234 : c->bytes,
				    "'%s'", c->text);
	}
}

/* The text is what its length says, not what follows it. */
static void number_length(struct kunit *test)
{
	u64 number = 0;

	KUNIT_EXPECT_EQ(test, shadow_parse_number("1234", 2, &number), 0);
	KUNIT_EXPECT_EQ(test, number, 12);
	KUNIT_EXPECT_EQ(test, shadow_parse_bytes("1Mx", 2, &number), 0);
	KUNIT_EXPECT_EQ(test, number, SZ_1M);
	KUNIT_EXPECT_EQ(test, shadow_parse_number("0x1", 2, &number), -EINVAL);
}

static void switch_parsing(struct kunit *test)
{
	static const char *const on[] = { "on", "1", "y", "yes" };
	static const char *const off[] = { "off", "0", "n", "no" };
	static const char *const bad[] = { "", "On", "o", "onn", "2", "true" };
	unsigned int i;
	bool value;

	for (i = 0; i < ARRAY_SIZE(on); i++) {
		value = false;
		KUNIT_EXPECT_EQ(test, shadow_parse_switch(on[i], strlen(on[i]), &value), 0);
		KUNIT_EXPECT_TRUE(test, value);
	}
	for (i = 0; i < ARRAY_SIZE(off); i++) {
		value = true;
		KUNIT_EXPECT_EQ(test, shadow_parse_switch(off[i], strlen(off[i]), &value), 0);
		KUNIT_EXPECT_FALSE(test, value);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ(test, shadow_parse_switch(bad[i], strlen(bad[i]), &value),
				-EINVAL);
}

/* -------------------------------------------------------------- helpers -- */

static const char *name_of(enum shadow_param_id id)
{
	return shadow_param_table[id].name;
}

/* A refusal is one printable line that begins with "name=". */
static void expect_why(struct kunit *test, const char *why, const char *name)
{
	size_t len = strlen(name), i;

	KUNIT_EXPECT_TRUE_MSG(test, strncmp(why, name, len) == 0 && why[len] == '=',
			      "'%s' does not begin with %s=", why, name);
	for (i = 0; why[i]; i++)
		KUNIT_EXPECT_TRUE_MSG(test, why[i] >= ' ' && why[i] <= '~',
				      "byte %zu of '%s'", i, why);
	KUNIT_EXPECT_LT(test, i, SHADOW_PARAMS_WHY);
}

static int check_one(struct shadow_config *cfg, const struct shadow_host_facts *host,
		     enum shadow_param_id id, const char *value, char *why)
{
	struct shadow_param_strings in = { };

	in.value[id] = (char *)value;
	return shadow_params_check(&in, host, cfg, why, SHADOW_PARAMS_WHY);
}

/* ---------------------------------------------------------------- table -- */

static void params_table(struct kunit *test)
{
	unsigned int id, other;

	for (id = 0; id < SHADOW_NR_PARAMS; id++) {
		const struct shadow_param_info *info = &shadow_param_table[id];

		KUNIT_ASSERT_NOT_NULL(test, info->name);
		KUNIT_ASSERT_NOT_NULL(test, info->def);
		KUNIT_ASSERT_NOT_NULL(test, info->what);
		for (other = 0; other < id; other++)
			KUNIT_EXPECT_STRNEQ(test, info->name, name_of(other));
		KUNIT_EXPECT_EQ_MSG(test, !!strstr(info->what, "not supported yet"),
				    info->state == SHADOW_PARAM_STATE_LATER,
				    "%s", info->name);
	}
}

static void params_defaults(struct kunit *test)
{
	struct shadow_param_strings in = { };
	char why[SHADOW_PARAMS_WHY];
	struct shadow_config cfg;

	KUNIT_ASSERT_EQ(test, shadow_params_check(&in, &host_ds, &cfg, why, sizeof(why)), 0);
	KUNIT_EXPECT_STREQ(test, why, "");
	KUNIT_EXPECT_EQ(test, cfg.given, 0);
	KUNIT_EXPECT_EQ(test, cfg.bytes, SZ_64M);
	KUNIT_EXPECT_EQ(test, cfg.page_shift, 12);
	KUNIT_EXPECT_EQ(test, cfg.va_bits, 48);
	KUNIT_EXPECT_EQ(test, cfg.lpa2_mode, SHADOW_LPA2_AUTO);
	KUNIT_EXPECT_TRUE(test, cfg.lpa2);
	KUNIT_EXPECT_EQ(test, cfg.nr_nodes, 1);
	KUNIT_EXPECT_STREQ(test, cfg.slab, "slub");
	KUNIT_EXPECT_STREQ(test, cfg.early, "memblock");
	KUNIT_EXPECT_STREQ(test, cfg.region, "");
	KUNIT_EXPECT_EQ(test, cfg.seed, 1);
	KUNIT_EXPECT_TRUE(test, cfg.mmu_check);
	KUNIT_EXPECT_EQ(test, cfg.mmu_size[SHADOW_MMU_MAPPED], 10000);
	KUNIT_EXPECT_TRUE(test, cfg.debugfs);
	KUNIT_EXPECT_FALSE(test, cfg.base_force);
	KUNIT_EXPECT_FALSE(test, cfg.image.given || cfg.dtb.given || cfg.initrd.given);

	KUNIT_ASSERT_EQ(test, shadow_params_check(&in, &host_plain, &cfg, why, sizeof(why)), 0);
	KUNIT_EXPECT_FALSE(test, cfg.lpa2);
	KUNIT_ASSERT_EQ(test, shadow_params_check(&in, &host_64k, &cfg, why, sizeof(why)), 0);
	KUNIT_EXPECT_EQ(test, cfg.page_shift, 16);
	KUNIT_EXPECT_FALSE(test, cfg.lpa2);
}

/* What has no layer is refused by name, whatever its value. */
static void params_later(struct kunit *test)
{
	static const char *const values[] = { "1", "", "on", "\n" };
	char why[SHADOW_PARAMS_WHY];
	struct shadow_config cfg;
	unsigned int id, i;

	for (id = 0; id < SHADOW_NR_PARAMS; id++) {
		if (shadow_param_table[id].state != SHADOW_PARAM_STATE_LATER)
			continue;
		for (i = 0; i < ARRAY_SIZE(values); i++) {
			KUNIT_EXPECT_EQ_MSG(test, check_one(&cfg, &host_ds, id, values[i], why),
					    -EOPNOTSUPP, "%s", name_of(id));
			expect_why(test, why, name_of(id));
			KUNIT_EXPECT_NOT_NULL(test, strstr(why, "not supported yet"));
		}
	}
}

/* ----------------------------------------------------------- one by one -- */

struct value_case {
	enum shadow_param_id id;
	const char *value;
	int err;
};

#define P(id)	SHADOW_PARAM_##id

static const struct value_case value_cases[] = {
	{ P(MIN_FREE_KBYTES), "0", 0 },
	{ P(MIN_FREE_KBYTES), "32768", 0 },
	{ P(MIN_FREE_KBYTES), "0x8001", -ERANGE },
	{ P(MIN_FREE_KBYTES), "2147483648", -ERANGE },
	{ P(MIN_FREE_KBYTES), "99999999999999999999", -ERANGE },
	{ P(MIN_FREE_KBYTES), "-1", -EINVAL },
	{ P(MIN_FREE_KBYTES), "1M", -EINVAL },
	{ P(MIN_FREE_KBYTES), "", -EINVAL },
	{ P(WATERMARK_SCALE_FACTOR), "1", 0 },
	{ P(WATERMARK_SCALE_FACTOR), "3000", 0 },
	{ P(WATERMARK_SCALE_FACTOR), "0", -ERANGE },
	{ P(WATERMARK_SCALE_FACTOR), "3001", -ERANGE },
	{ P(WATERMARK_SCALE_FACTOR), "1.5", -EINVAL },
	{ P(LOWMEM_RESERVE_RATIO), "0", 0 },
	{ P(LOWMEM_RESERVE_RATIO), "-1,1,2147483647,4,5,6", 0 },
	{ P(LOWMEM_RESERVE_RATIO), "1,2,3,4,5,6,7", -ERANGE },
	{ P(LOWMEM_RESERVE_RATIO), "2147483648", -ERANGE },
	{ P(LOWMEM_RESERVE_RATIO), "1,,2", -EINVAL },
	{ P(LOWMEM_RESERVE_RATIO), "1,", -EINVAL },
	{ P(LOWMEM_RESERVE_RATIO), "--1", -EINVAL },
	{ P(LOWMEM_RESERVE_RATIO), "1 2", -EINVAL },
	{ P(LOWMEM_RESERVE_RATIO), "", -EINVAL },
	{ P(SIZE), "64M", 0 },
	{ P(SIZE), "4M", 0 },
	{ P(SIZE), "1T", 0 },
	{ P(SIZE), "0x4000000", 0 },
	{ P(SIZE), "67108864", 0 },
	{ P(SIZE), "4100k", 0 },
	{ P(SIZE), "4097k", -EINVAL },
	{ P(SIZE), "67108865", -EINVAL },
	{ P(SIZE), "", -EINVAL },
	{ P(SIZE), "lots", -EINVAL },
	{ P(SIZE), "64MB", -EINVAL },
	{ P(SIZE), "64M,", -EINVAL },
	{ P(SIZE), "-64M", -EINVAL },
	{ P(SIZE), "0", -EINVAL },
	{ P(SIZE), "1", -ERANGE },
	{ P(SIZE), "4092k", -ERANGE },
	{ P(SIZE), "1025G", -ERANGE },
	{ P(SIZE), "16777216T", -ERANGE },
	{ P(SIZE), "99999999999999999999", -ERANGE },
	{ P(BASE), "0x80000000", 0 },
	{ P(BASE), "2G", 0 },
	{ P(BASE), "0", 0 },
	{ P(BASE), "0x80000800", -EINVAL },
	{ P(BASE), "high", -EINVAL },
	{ P(BASE), "", -EINVAL },
	{ P(BASE), "0xfffffc000000", 0 },
	{ P(BASE), "0xfffffc001000", -ERANGE },
	{ P(BASE), "0xfffffffffffff000", -ERANGE },
	{ P(BASE), "0x10000000000000000", -ERANGE },
	{ P(BASE_FORCE), "0", 0 },
	{ P(BASE_FORCE), "1", -EINVAL },
	{ P(BASE_FORCE), "maybe", -EINVAL },
	{ P(REGION), "shadow@80000000", 0 },
	{ P(REGION), "", -EINVAL },
	{ P(REGION), "a b", -EINVAL },
	{ P(REGION), "a\nb", -EINVAL },
	{ P(REGION), "0123456789012345678901234567890123456789012345678901234567890123",
	  -EINVAL },
	{ P(GRANULE), "4k", 0 },
	{ P(GRANULE), "16k", 0 },
	{ P(GRANULE), "64K", 0 },
	{ P(GRANULE), "4096", 0 },
	{ P(GRANULE), "8k", -EINVAL },
	{ P(GRANULE), "4", -EINVAL },
	{ P(GRANULE), "", -EINVAL },
	{ P(GRANULE), "4kk", -EINVAL },
	{ P(VA_BITS), "39", 0 },
	{ P(VA_BITS), "48", 0 },
	{ P(VA_BITS), "52", 0 },
	{ P(VA_BITS), "36", 0 },
	{ P(VA_BITS), "42", 0 },
	{ P(VA_BITS), "47", 0 },
	{ P(VA_BITS), "35", -EINVAL },
	{ P(VA_BITS), "37", -EINVAL },
	{ P(VA_BITS), "53", -EINVAL },
	{ P(VA_BITS), "64", -EINVAL },
	{ P(VA_BITS), "292", -EINVAL },
	{ P(PA_BITS), "48", 0 },
	{ P(PA_BITS), "52", 0 },
	{ P(PA_BITS), "0x30", 0 },
	{ P(PA_BITS), "40", -EINVAL },
	{ P(PA_BITS), "47", -EINVAL },
	{ P(PA_BITS), "56", -EINVAL },
	{ P(PA_BITS), "0", -EINVAL },
	{ P(PA_BITS), "48 bits", -EINVAL },
	{ P(PA_BITS), "", -EINVAL },
	{ P(VA_BITS), "40", -EINVAL },
	{ P(VA_BITS), "0", -EINVAL },
	{ P(VA_BITS), "64", -EINVAL },
	{ P(VA_BITS), "48 ", -EINVAL },
	{ P(VA_BITS), "", -EINVAL },
	{ P(VA_BITS), "forty", -EINVAL },
	{ P(LPA2), "auto", 0 },
	{ P(LPA2), "on", 0 },
	{ P(LPA2), "off", 0 },
	{ P(LPA2), "yes", -EINVAL },
	{ P(LPA2), "", -EINVAL },
	{ P(RODATA), "on", 0 },
	{ P(RODATA), "full", 0 },
	{ P(RODATA), "off", 0 },
	{ P(RODATA), "noalias", -EINVAL },
	{ P(RODATA), "1", -EINVAL },
	{ P(RODATA), "", -EINVAL },
	{ P(NODES), "1", 0 },
	{ P(NODES), "2", 0 },
	{ P(NODES), "8", 0 },
	{ P(NODES), "0", -ERANGE },
	{ P(NODES), "9", -ERANGE },
	{ P(NODES), "1x", -EINVAL },
	{ P(NODES), "", -EINVAL },
	{ P(EARLY), "memblock", 0 },
	{ P(EARLY), "bootmem", 0 },
	{ P(EARLY), "memblocks", -EINVAL },
	{ P(EARLY), "", -EINVAL },
	{ P(SEED), "0", 0 },
	{ P(SEED), "18446744073709551615", 0 },
	{ P(SEED), "18446744073709551616", -ERANGE },
	{ P(SEED), "1M", -EINVAL },
	{ P(SEED), "", -EINVAL },
	{ P(MMU_CHECK), "on", 0 },
	{ P(MMU_CHECK), "off", 0 },
	{ P(MMU_CHECK), "0", 0 },
	{ P(MMU_CHECK), "1", 0 },
	{ P(MMU_CHECK), "1000000", 0 },
	{ P(MMU_CHECK), "1000001", -ERANGE },
	{ P(MMU_CHECK), "99999999999999999999", -ERANGE },
	{ P(MMU_CHECK), "some", -EINVAL },
	{ P(MMU_CHECK), "5,0,0,0", 0 },
	{ P(MMU_CHECK), "5,1000000,1000000,1000000", 0 },
	{ P(MMU_CHECK), "0,5", -ERANGE },
	{ P(MMU_CHECK), "5,1000001", -ERANGE },
	{ P(MMU_CHECK), "5,", -EINVAL },
	{ P(MMU_CHECK), "5,6,7,8,9", -EINVAL },
	{ P(MMU_CHECK), "on,5", -EINVAL },
	{ P(MMU_CHECK), "", -EINVAL },
	{ P(DEBUGFS), "on", 0 },
	{ P(DEBUGFS), "off", 0 },
	{ P(DEBUGFS), "maybe", -EINVAL },
	{ P(DEBUGFS), "", -EINVAL },
	{ P(IMAGE), "2M+16M", 0 },
	{ P(IMAGE), "0+256K", 0 },
	{ P(IMAGE), "0+60M", 0 },
	{ P(IMAGE), "0+64M", -ERANGE },
	{ P(IMAGE), "0+65472K", -ERANGE },
	{ P(IMAGE), "0+1000001", -EINVAL },
	{ P(IMAGE), "0+1", -EINVAL },
	{ P(IMAGE), "0+64K", -ERANGE },
	{ P(IMAGE), "0x40000000+1000001", -EINVAL },
	{ P(IMAGE), "0x40000000+64K", -ERANGE },
	{ P(IMAGE), "0x40000000+128M", -ERANGE },
	{ P(IMAGE), "0xfffffffff0000000+16M", -ERANGE },
	{ P(IMAGE), "0x40000000+16M", 0 },
	{ P(IMAGE), "2M", -EINVAL },
	{ P(IMAGE), "2M+", -EINVAL },
	{ P(IMAGE), "+2M", -EINVAL },
	{ P(IMAGE), "2M+2M+2M", -EINVAL },
	{ P(IMAGE), "2M + 2M", -EINVAL },
	{ P(IMAGE), "2M-4M", -EINVAL },
	{ P(IMAGE), "2050+4M", -EINVAL },
	{ P(IMAGE), "2M+0", -EINVAL },
	{ P(IMAGE), "2M+63M", -ERANGE },
	{ P(IMAGE), "0xfffffffffffff000+8k", -ERANGE },
	{ P(IMAGE), "0x10000000000000000+1", -ERANGE },
	{ P(DTB), "8+64k", 0 },
	{ P(DTB), "0+2M", 0 },
	{ P(DTB), "4+64k", -EINVAL },
	{ P(DTB), "0+2097153", -ERANGE },
	{ P(DTB), "63M+2M", -ERANGE },
	{ P(INITRD), "1+1", 0 },
	{ P(INITRD), "32M+32M", 0 },
	{ P(INITRD), "32M+33M", -ERANGE },
	{ P(INITRD), "0+62M", -ERANGE },
	{ P(INITRD), "0x40000000+65M", -ERANGE },
	{ P(INITRD), "", -EINVAL },
	{ P(BOARD), "host", 0 },
	{ P(BOARD), "imx6ul-14x14_EVK", 0 },
	{ P(BOARD), "", -EINVAL },
	{ P(BOARD), "../secret", -EINVAL },
	{ P(BOARD), "a.dtb", -EINVAL },
	{ P(BOARD), "0123456789012345678901234567890123456789012345678901234567890123", 0 },
	{ P(BOARD), "01234567890123456789012345678901234567890123456789012345678901234",
	  -EINVAL },
	{ P(MEMORY), "0x80000000+1G", 0 },
	{ P(MEMORY), "0x40000000+1G,8G+1G", 0 },
	{ P(MEMORY), "0x80000000+1G,", -EINVAL },
	{ P(MEMORY), ",0x80000000+1G", -EINVAL },
	{ P(MEMORY), "0x80000000", -EINVAL },
	{ P(MEMORY), "0x80000000+0", -EINVAL },
	{ P(MEMORY), "0xfffffffffffff000+8k", -ERANGE },
	{ P(CMDLINE), "console=ttyAMA0 mem=512M", 0 },
	{ P(CMDLINE), "", 0 },
	{ P(CMDLINE), "tab\there", -EINVAL },
	{ P(CMDLINE), "a=\"b\"", -EINVAL },
	{ P(SHARE), "8M", -EINVAL },
	{ P(KASLR), "on", 0 },
	{ P(KASLR), "off", 0 },
	{ P(KASLR), "", -EINVAL },
	{ P(KASLR), "0x1000", -EINVAL },
	{ P(UNTIL), "arm64_memblock_init", 0 },
	{ P(UNTIL), "mmu_check", 0 },
	{ P(UNTIL), "lunch", -EINVAL },
	{ P(UNTIL), "", -EINVAL },
};

static void params_values(struct kunit *test)
{
	char why[SHADOW_PARAMS_WHY];
	struct shadow_config cfg;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(value_cases); i++) {
		const struct value_case *c = &value_cases[i];

		KUNIT_EXPECT_EQ_MSG(test, check_one(&cfg, &host_ds, c->id, c->value, why),
				    c->err, "%s=%s: %s", name_of(c->id), c->value, why);
		if (!c->err) {
			KUNIT_EXPECT_STREQ(test, why, "");
			KUNIT_EXPECT_EQ(test, cfg.given, BIT_ULL(c->id));
			continue;
		}
		expect_why(test, why, name_of(c->id));
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why, "allowed: "), "%s", why);
	}
}

/* A further machine may live in the first one's memory. */
static void params_share(struct kunit *test)
{
	struct shadow_host_facts further = host_ds;
	struct shadow_param_strings in = { };
	char why[SHADOW_PARAMS_WHY];
	struct shadow_config cfg;

	further.further = true;
	in.value[P(SHARE)] = "8M";
	KUNIT_EXPECT_EQ(test, shadow_params_check(&in, &further, &cfg, why, sizeof(why)), 0);
	KUNIT_EXPECT_EQ(test, cfg.share, SZ_8M);
	KUNIT_EXPECT_EQ(test, cfg.bytes, SZ_8M);
	in.value[P(SIZE)] = "8M";
	KUNIT_EXPECT_EQ(test, shadow_params_check(&in, &further, &cfg, why, sizeof(why)), -EINVAL);
	KUNIT_EXPECT_STREQ(test, why, "share=8M: allowed: without size");
	in.value[P(SIZE)] = NULL;
	in.value[P(SHARE)] = "8M";
	/* A board's memory need not lie in the block */
	in.value[P(MEMORY)] = "0xffffffffffff0000+1M";
	KUNIT_EXPECT_EQ(test, shadow_params_check(&in, &further, &cfg, why, sizeof(why)), -ERANGE);
	KUNIT_EXPECT_NOT_NULL(test, strstr(why, "allowed: START+BYTES inside 52 bits"));
	in.value[P(MEMORY)] = NULL;
	in.value[P(SHARE)] = "1M";
	KUNIT_EXPECT_EQ(test, shadow_params_check(&in, &further, &cfg, why, sizeof(why)), -ERANGE);
	expect_why(test, why, "share");
}

/* A value that nobody would write comes out as one short line. */
static void params_wild_value(struct kunit *test)
{
	char *value = shadow_test_alloc(test, 5000);
	char why[SHADOW_PARAMS_WHY];
	struct shadow_config cfg;

	memset(value, '9', 4999);
	KUNIT_EXPECT_EQ(test, check_one(&cfg, &host_ds, P(SIZE), value, why), -EINVAL);
	expect_why(test, why, "size");
	KUNIT_EXPECT_EQ(test, check_one(&cfg, &host_ds, P(SIZE), "\033[2J\n%s%n", why), -EINVAL);
	expect_why(test, why, "size");
	KUNIT_EXPECT_NOT_NULL(test, strstr(why, "?[2J?%s%n"));
}

/* -------------------------------------------------------------- together -- */

struct combination {
	const struct shadow_host_facts *host;
	struct value_case value[3];
	int err;
	enum shadow_param_id named;
	const char *says;
};

static const struct combination combinations[] = {
	/* 52 bits with 4k and 16k need LPA2 */
	{ &host_ds, { { P(GRANULE), "4k" }, { P(VA_BITS), "52" } }, 0 },
	{ &host_ds, { { P(GRANULE), "16k" }, { P(VA_BITS), "52" } }, 0 },
	{ &host_plain, { { P(VA_BITS), "52" } }, 0 },
	{ &host_plain, { { P(VA_BITS), "52" }, { P(LPA2), "auto" } }, 0 },
	{ &host_plain, { { P(VA_BITS), "52" }, { P(LPA2), "on" } }, 0 },
	{ &host_ds, { { P(VA_BITS), "52" }, { P(LPA2), "off" } }, -EINVAL, P(VA_BITS),
	  "needs lpa2=on with granule=4k; allowed with lpa2=off: 36, 39, 42, 47, 48" },
	{ &host_plain, { { P(GRANULE), "16k" }, { P(VA_BITS), "52" }, { P(LPA2), "off" } },
	  -EINVAL, P(VA_BITS), "granule=16k" },
	{ &host_plain, { { P(GRANULE), "16k" }, { P(PA_BITS), "52" } }, 0 },
	{ &host_ds, { { P(PA_BITS), "48" }, { P(VA_BITS), "52" }, { P(LPA2), "on" } }, 0 },
	{ &host_ds, { { P(PA_BITS), "52" }, { P(LPA2), "off" } }, -EINVAL, P(PA_BITS),
	  "needs lpa2=on with granule=4k; allowed with lpa2=off: 48" },
	{ &host_ds, { { P(GRANULE), "16k" }, { P(PA_BITS), "52" }, { P(LPA2), "off" } },
	  -EINVAL, P(PA_BITS), "granule=16k" },
	{ &host_plain, { { P(GRANULE), "64k" }, { P(PA_BITS), "52" }, { P(LPA2), "off" } }, 0 },
	{ &host_plain, { { P(GRANULE), "64k" }, { P(VA_BITS), "52" }, { P(PA_BITS), "52" } }, 0 },
	/* ... and with 64k do not */
	{ &host_plain, { { P(GRANULE), "64k" }, { P(VA_BITS), "52" } }, 0 },
	{ &host_ds, { { P(GRANULE), "64k" }, { P(LPA2), "on" } }, -EINVAL, P(LPA2),
	  "4k and 16k" },
	{ &host_ds, { { P(GRANULE), "64k" }, { P(LPA2), "auto" } }, 0 },
	{ &host_ds, { { P(GRANULE), "64k" }, { P(VA_BITS), "39" } }, 0 },
	{ &host_ds, { { P(GRANULE), "16k" }, { P(VA_BITS), "39" } }, 0 },
	/* sizes go by the granule, and by the host's page */
	{ &host_ds, { { P(GRANULE), "16k" }, { P(SIZE), "16M" } }, 0 },
	{ &host_ds, { { P(GRANULE), "16k" }, { P(SIZE), "8M" } }, -ERANGE, P(SIZE), "16M to 1T" },
	{ &host_ds, { { P(GRANULE), "64k" }, { P(SIZE), "32M" } }, 0 },
	{ &host_ds, { { P(GRANULE), "64k" }, { P(SIZE), "31M" } }, -ERANGE, P(SIZE), "32M to 1T" },
	{ &host_ds, { { P(GRANULE), "64k" }, { P(SIZE), "32772k" } }, -EINVAL, P(SIZE),
	  "multiple of 64K" },
	{ &host_64k, { { P(GRANULE), "4k" }, { P(SIZE), "32772k" } }, -EINVAL, P(SIZE),
	  "multiple of 64K" },
	/* carve-outs */
	{ &host_ds, { { P(BASE), "1G" }, { P(BASE_FORCE), "on" } }, 0 },
	{ &host_ds, { { P(BASE), "1G" }, { P(REGION), "shadow" } }, -EINVAL, P(REGION),
	  "not both" },
	{ &host_plain, { { P(BASE), "0xffffc000000" } }, 0 },
	{ &host_plain, { { P(BASE), "0xffffc001000" } }, -ERANGE, P(BASE), "44 bits" },
	/* 64K pages have 48 bits of address unless more are asked for */
	{ &host_64k, { { P(BASE), "0xffffffc000000" } }, -ERANGE, P(BASE), "48 bits" },
	{ &host_64k, { { P(BASE), "0xffffffc000000" }, { P(PA_BITS), "52" } }, 0 },
	{ &host_64k, { { P(BASE), "0xffffffd000000" }, { P(PA_BITS), "52" } }, -ERANGE, P(BASE),
	  "52 bits" },
	/* ranges must not meet */
	{ &host_ds, { { P(IMAGE), "0+16M" }, { P(DTB), "16M+64k" } }, 0 },
	/* the smallest image follows from the geometry */
	{ &host_ds, { { P(VA_BITS), "52" }, { P(IMAGE), "1M+6M" } }, 0 },
	{ &host_ds, { { P(GRANULE), "64k" }, { P(IMAGE), "0+512K" } }, -ERANGE, P(IMAGE),
	  "at least 1152K" },
	{ &host_ds, { { P(GRANULE), "64k" }, { P(IMAGE), "0+1152K" } }, 0 },
	{ &host_ds, { { P(GRANULE), "64k" }, { P(IMAGE), "0+1156K" } }, -EINVAL, P(IMAGE),
	  "multiple of 65536" },
	/* who takes the room is blamed */
	{ &host_ds, { { P(DTB), "63M+64K" }, { P(INITRD), "0+63M" } }, -ERANGE, P(INITRD),
	  "no room for the image" },
	{ &host_ds, { { P(IMAGE), "0+32M" }, { P(INITRD), "32M+32M" } }, -ERANGE, P(IMAGE),
	  "no room for the device tree" },
	{ &host_ds, { { P(IMAGE), "32M+31M" }, { P(INITRD), "0+32M" } }, -ERANGE, P(INITRD),
	  "leaves 960K, 960K in one piece; allowed: what leaves" },
	{ &host_ds, { { P(SIZE), "4M" }, { P(INITRD), "512K+3584K" } }, -ERANGE, P(INITRD),
	  "leaves 192K, 128K in one piece" },
	/* the linear map's half of 39 bits */
	{ &host_ds, { { P(SIZE), "255G" }, { P(VA_BITS), "39" } }, 0 },
	{ &host_ds, { { P(SIZE), "256G" }, { P(VA_BITS), "39" } }, -ERANGE, P(SIZE),
	  "up to 261120M" },
	{ &host_ds, { { P(SIZE), "255G" }, { P(VA_BITS), "39" }, { P(IMAGE), "0+252G" } },
	  -ERANGE, P(IMAGE), "va_bits=39" },
	/* with base, absolute addresses are judged at once */
	{ &host_ds, { { P(BASE), "1G" }, { P(INITRD), "0x40000000+62M" } }, -ERANGE, P(INITRD),
	  "no room for the image" },
	{ &host_ds, { { P(IMAGE), "0+16M" }, { P(DTB), "15M+2M" } }, -EINVAL, P(DTB),
	  "overlaps image" },
	{ &host_ds, { { P(DTB), "8M+64k" }, { P(INITRD), "7M+2M" } }, -EINVAL, P(INITRD),
	  "overlaps dtb" },
	{ &host_ds, { { P(BASE), "1G" }, { P(IMAGE), "0x40200000+1M" }, { P(INITRD), "2M+1M" } },
	  -EINVAL, P(INITRD), "overlaps image" },
	{ &host_ds, { { P(BASE), "1G" }, { P(IMAGE), "0x3f000000+1M" } }, -ERANGE, P(IMAGE),
	  "inside the block" },
	{ &host_ds, { { P(BASE), "1G" }, { P(IMAGE), "0x43f00000+1M" } }, 0 },
	/* the first of the table that is wrong is named */
	{ &host_ds, { { P(VA_BITS), "40" }, { P(SIZE), "x" } }, -EINVAL, P(SIZE), "bytes" },
	{ &host_ds, { { P(RING), "5" }, { P(VA_BITS), "40" } }, -EINVAL, P(VA_BITS), "39" },
};

static void params_together(struct kunit *test)
{
	char why[SHADOW_PARAMS_WHY];
	struct shadow_config cfg;
	unsigned int i, v;

	for (i = 0; i < ARRAY_SIZE(combinations); i++) {
		const struct combination *c = &combinations[i];
		struct shadow_param_strings in = { };

		for (v = 0; v < ARRAY_SIZE(c->value) && c->value[v].value; v++)
			in.value[c->value[v].id] = (char *)c->value[v].value;
		KUNIT_EXPECT_EQ_MSG(test, shadow_params_check(&in, c->host, &cfg, why, sizeof(why)),
				    c->err, "combination %u: %s", i, why);
		if (!c->err)
			continue;
		expect_why(test, why, name_of(c->named));
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why, c->says), "'%s' in '%s'", c->says, why);
	}
}

/* --------------------------------------------------------------- places -- */

static bool disjoint(const struct shadow_param_range *a, const struct shadow_param_range *b)
{
	return !a->bytes || !b->bytes || a->start + a->bytes <= b->start ||
	       b->start + b->bytes <= a->start;
}

static void expect_places(struct kunit *test, const struct shadow_config *cfg,
			  const struct shadow_block *block, const struct shadow_places *places)
{
	const struct shadow_param_range *range[] = {
		&places->image, &places->dtb, &places->initrd,
	};
	unsigned int i, j;

	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(places->image.start, 1ULL << cfg->page_shift));
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(places->dtb.start, 8));
	KUNIT_EXPECT_GT(test, places->image.bytes, 0);
	KUNIT_EXPECT_GT(test, places->dtb.bytes, 0);
	for (i = 0; i < ARRAY_SIZE(range); i++) {
		KUNIT_EXPECT_TRUE_MSG(test, !range[i]->bytes ||
				      shadow_block_has(block, range[i]->start, range[i]->bytes),
				      "range %u %#llx+%#llx", i, range[i]->start, range[i]->bytes);
		for (j = 0; j < i; j++)
			KUNIT_EXPECT_TRUE(test, disjoint(range[i], range[j]));
	}
}

/* Every size from the least to a terabyte, at any base, has its places. */
static void places_default(struct kunit *test)
{
	static const u64 bases[] = { 0, 0x80000000, 0x80010000, 0x12345000000 };
	static const char *const granules[] = { "4k", "16k", "64k" };
	static const u64 least[] = { SZ_4M, SZ_16M, SZ_32M };
	char why[SHADOW_PARAMS_WHY];
	struct shadow_places places;
	struct shadow_block block = { };
	struct shadow_config cfg;
	unsigned int g, b;
	u64 bytes;

	for (g = 0; g < ARRAY_SIZE(granules); g++) {
		KUNIT_ASSERT_EQ(test, check_one(&cfg, &host_ds, P(GRANULE), granules[g], why), 0);
		for (bytes = least[g]; bytes <= 1024ULL * SZ_1G; bytes += bytes / 2) {
			for (b = 0; b < ARRAY_SIZE(bases); b++) {
				cfg.bytes = round_down(bytes, SZ_64K);
				block.base = bases[b];
				block.bytes = cfg.bytes;
				KUNIT_ASSERT_EQ_MSG(test, shadow_params_place(&cfg, &block, &places,
									      why, sizeof(why)),
						    0, "%s", why);
				expect_places(test, &cfg, &block, &places);
				KUNIT_EXPECT_EQ(test, places.initrd.bytes, 0);
				KUNIT_EXPECT_FALSE(test, places.image.given || places.dtb.given);
				KUNIT_EXPECT_LE(test, places.image.bytes, block.bytes / 8);
			}
		}
	}
}

static int place(struct shadow_param_strings *in, u64 base, struct shadow_config *cfg,
		 struct shadow_block *block, struct shadow_places *places, char *why)
{
	int err = shadow_params_check(in, &host_ds, cfg, why, SHADOW_PARAMS_WHY);

	if (err)
		return err;
	block->base = base;
	block->bytes = cfg->bytes;
	return shadow_params_place(cfg, block, places, why, SHADOW_PARAMS_WHY);
}

static void places_given(struct kunit *test)
{
	struct shadow_param_strings in = { };
	char why[SHADOW_PARAMS_WHY];
	struct shadow_places places;
	struct shadow_block block = { };
	struct shadow_config cfg;

	/* relative and absolute */
	in.value[P(IMAGE)] = "1M+2M";
	in.value[P(INITRD)] = "0x80800000+12345";
	KUNIT_ASSERT_EQ(test, place(&in, SZ_2G, &cfg, &block, &places, why), 0);
	expect_places(test, &cfg, &block, &places);
	KUNIT_EXPECT_EQ(test, places.image.start, SZ_2G + SZ_1M);
	KUNIT_EXPECT_EQ(test, places.image.bytes, SZ_2M);
	KUNIT_EXPECT_EQ(test, places.initrd.start, 0x80800000);
	KUNIT_EXPECT_EQ(test, places.initrd.bytes, 12345);
	KUNIT_EXPECT_TRUE(test, places.image.given && places.initrd.given);

	/* the same initrd is not in a block elsewhere */
	KUNIT_EXPECT_EQ(test, place(&in, SZ_1G, &cfg, &block, &places, why), -ERANGE);
	expect_why(test, why, "initrd");

	/* defaults keep clear of what was given where they would be */
	in.value[P(IMAGE)] = NULL;
	in.value[P(INITRD)] = "0+8M";
	in.value[P(DTB)] = "12M+64k";
	KUNIT_ASSERT_EQ(test, place(&in, SZ_2G, &cfg, &block, &places, why), 0);
	expect_places(test, &cfg, &block, &places);
	in.value[P(DTB)] = NULL;
	in.value[P(IMAGE)] = "60M+4M";
	KUNIT_ASSERT_EQ(test, place(&in, SZ_2G, &cfg, &block, &places, why), 0);
	expect_places(test, &cfg, &block, &places);

	/* an absolute start is judged when the block is known, as any other */
	memset(&in, 0, sizeof(in));
	in.value[P(INITRD)] = "0x80000000+62M";
	KUNIT_EXPECT_EQ(test, place(&in, SZ_2G, &cfg, &block, &places, why), -ERANGE);
	expect_why(test, why, "initrd");
	KUNIT_EXPECT_NOT_NULL(test, strstr(why, "no room for the image"));
	in.value[P(INITRD)] = NULL;
	in.value[P(IMAGE)] = "0x80000000+65472K";
	KUNIT_EXPECT_EQ(test, place(&in, SZ_2G, &cfg, &block, &places, why), -ERANGE);
	KUNIT_EXPECT_STREQ(test, why,
			   "image=0x80000000+65472K: leaves 0K, 0K in one piece; allowed: what leaves 1076K, 692K in one piece, for tables, memmap and slabs");

	/* a block that the machine's descriptors cannot name */
	memset(&in, 0, sizeof(in));
	in.value[P(LPA2)] = "off";
	KUNIT_EXPECT_EQ(test, place(&in, BIT_ULL(48) - SZ_64M, &cfg, &block, &places, why), 0);
	KUNIT_EXPECT_EQ(test, place(&in, BIT_ULL(48), &cfg, &block, &places, why), -ERANGE);
	expect_why(test, why, "lpa2");
	in.value[P(LPA2)] = "on";
	KUNIT_EXPECT_EQ(test, place(&in, BIT_ULL(48), &cfg, &block, &places, why), 0);
}

/* ------------------------------------------------------------- printing -- */

struct reader {
	struct shadow_param_strings in;
	char value[SHADOW_NR_PARAMS][96];
	unsigned int lines;
	bool bad;
};

/* Read a printed line back as if it had been given. */
static void read_line(void *to, const char *line)
{
	const char *equals = strchr(line, '=');
	struct reader *reader = to;
	unsigned int id;
	size_t len;

	reader->lines++;
	for (id = 0; id < SHADOW_NR_PARAMS; id++) {
		if (equals && shadow_parse_is(line, equals - line, name_of(id)))
			break;
	}
	if (id == SHADOW_NR_PARAMS || !strstr(line, " # ") || strchr(line, '\n')) {
		reader->bad = true;
		return;
	}
	if (equals[1] == '"')
		equals++;
	len = strcspn(equals + 1, equals[0] == '"' ? "\"" : " ");
	if (len >= sizeof(reader->value[id])) {
		reader->bad = true;
		return;
	}
	memcpy(reader->value[id], equals + 1, len);
	reader->value[id][len] = '\0';
	if (len)
		reader->in.value[id] = reader->value[id];
}

static void expect_same(struct kunit *test, const struct shadow_config *a,
			const struct shadow_config *b)
{
	KUNIT_EXPECT_EQ(test, a->bytes, b->bytes);
	KUNIT_EXPECT_EQ(test, a->base, b->base);
	KUNIT_EXPECT_EQ(test, a->base_force, b->base_force);
	KUNIT_EXPECT_STREQ(test, a->region, b->region);
	KUNIT_EXPECT_MEMEQ(test, &a->image, &b->image, sizeof(a->image));
	KUNIT_EXPECT_MEMEQ(test, &a->dtb, &b->dtb, sizeof(a->dtb));
	KUNIT_EXPECT_MEMEQ(test, &a->initrd, &b->initrd, sizeof(a->initrd));
	KUNIT_EXPECT_EQ(test, a->page_shift, b->page_shift);
	KUNIT_EXPECT_EQ(test, a->va_bits, b->va_bits);
	KUNIT_EXPECT_EQ(test, a->pa_bits, b->pa_bits);
	KUNIT_EXPECT_EQ(test, a->lpa2, b->lpa2);
	KUNIT_EXPECT_EQ(test, a->rodata, b->rodata);
	KUNIT_EXPECT_EQ(test, a->nr_nodes, b->nr_nodes);
	KUNIT_EXPECT_EQ(test, a->min_free_kbytes, b->min_free_kbytes);
	KUNIT_EXPECT_EQ(test, a->watermark_scale_factor, b->watermark_scale_factor);
	KUNIT_EXPECT_MEMEQ(test, a->lowmem_reserve_ratio, b->lowmem_reserve_ratio,
			   sizeof(a->lowmem_reserve_ratio));
	KUNIT_EXPECT_STREQ(test, a->slab, b->slab);
	KUNIT_EXPECT_STREQ(test, a->early, b->early);
	KUNIT_EXPECT_STREQ(test, a->board, b->board);
	KUNIT_EXPECT_STREQ(test, a->memory ? : "", b->memory ? : "");
	KUNIT_EXPECT_STREQ(test, a->cmdline ? : "", b->cmdline ? : "");
	KUNIT_EXPECT_EQ(test, a->until, b->until);
	KUNIT_EXPECT_EQ(test, a->kaslr, b->kaslr);
	KUNIT_EXPECT_EQ(test, a->seed, b->seed);
	KUNIT_EXPECT_EQ(test, a->mmu_check, b->mmu_check);
	KUNIT_EXPECT_EQ(test, memcmp(a->mmu_size, b->mmu_size, sizeof(a->mmu_size)), 0);
	KUNIT_EXPECT_EQ(test, a->debugfs, b->debugfs);
}

/* One line each */
static unsigned int nr_ready(void)
{
	unsigned int id, nr = 0;

	for (id = 0; id < SHADOW_NR_PARAMS; id++)
		nr += shadow_param_table[id].state == SHADOW_PARAM_STATE_READY;
	return nr;
}

/* What is printed can be given, and comes to the same machine. */
static void expect_round_trip(struct kunit *test, const struct shadow_config *cfg,
			      const struct shadow_host_facts *host, struct reader *reader)
{
	char why[SHADOW_PARAMS_WHY];
	struct shadow_config again;

	memset(reader, 0, sizeof(*reader));
	shadow_params_print(cfg, read_line, reader);
	KUNIT_ASSERT_FALSE(test, reader->bad);
	KUNIT_EXPECT_EQ(test, reader->lines, nr_ready());
	KUNIT_ASSERT_EQ_MSG(test, shadow_params_check(&reader->in, host, &again, why, sizeof(why)),
			    0, "%s", why);
	expect_same(test, cfg, &again);
}

static void params_printed(struct kunit *test)
{
	struct reader *reader = shadow_test_alloc(test, sizeof(*reader));
	char why[SHADOW_PARAMS_WHY];
	struct shadow_config cfg;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(value_cases); i++) {
		const struct value_case *c = &value_cases[i];

		if (c->err)
			continue;
		KUNIT_ASSERT_EQ(test, check_one(&cfg, &host_ds, c->id, c->value, why), 0);
		expect_round_trip(test, &cfg, &host_ds, reader);
	}
}

/* ----------------------------------------------------------------- fuzz -- */

static const char alphabet[] = "0123456789abcdefxkKmMgGtT+-., onfautslube\n\t%\\\"'\x7f\x80\xff";

/* A value that is good, or was before a few of its bytes changed. */
static enum shadow_param_id wild_value(struct rnd_state *rnd, char *value, size_t room)
{
	const struct value_case *c = &value_cases[shadow_test_below(rnd, ARRAY_SIZE(value_cases))];
	unsigned int changes = 0;
	size_t len;

	if (shadow_test_below(rnd, 2))
		changes = 1 + shadow_test_below(rnd, 3);
	strscpy(value, c->value, room);
	while (changes--) {
		len = strlen(value);
		if (len + 2 < room && shadow_test_below(rnd, 2)) {
			value[len + 1] = '\0';
			value[len] = alphabet[shadow_test_below(rnd, sizeof(alphabet) - 1)];
		} else if (len) {
			value[shadow_test_below(rnd, len)] =
				alphabet[shadow_test_below(rnd, sizeof(alphabet) - 1)];
		}
	}
	/* Now and then it is another parameter's. */
	if (shadow_test_below(rnd, 4) == 0)
		c = &value_cases[shadow_test_below(rnd, ARRAY_SIZE(value_cases))];
	return c->id;
}

/* What is taken makes a machine that can be; what is refused says why. */
static void fuzz_one(struct kunit *test, struct rnd_state *rnd, struct reader *reader,
		     unsigned int *nr_taken)
{
	static const struct shadow_host_facts *const hosts[] = { &host_ds, &host_plain, &host_64k };
	const struct shadow_host_facts *host = hosts[shadow_test_below(rnd, ARRAY_SIZE(hosts))];
	unsigned int nr = 1 + shadow_test_below(rnd, 3), i;
	struct shadow_param_strings in = { };
	char value[3][80], why[SHADOW_PARAMS_WHY];
	enum shadow_param_id id;
	struct shadow_config cfg;
	int err;

	for (i = 0; i < nr; i++) {
		id = wild_value(rnd, value[i], sizeof(value[i]));
		in.value[id] = value[i];
	}
	err = shadow_params_check(&in, host, &cfg, why, sizeof(why));
	if (err) {
		KUNIT_EXPECT_TRUE(test, err == -EINVAL || err == -ERANGE || err == -EOPNOTSUPP);
		KUNIT_EXPECT_NOT_NULL(test, strstr(why, ": "));
		KUNIT_EXPECT_NULL(test, strpbrk(why, "\n\t\x7f\x80\xff"));
		return;
	}
	(*nr_taken)++;
	KUNIT_EXPECT_STREQ(test, why, "");
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(cfg.bytes, 1ULL << cfg.page_shift));
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(cfg.bytes, 1ULL << host->page_shift));
	KUNIT_EXPECT_GE(test, cfg.bytes, SZ_4M);
	KUNIT_EXPECT_TRUE(test, cfg.va_bits != 52 || cfg.page_shift == 16 || cfg.lpa2);
	KUNIT_EXPECT_TRUE(test, cfg.pa_bits == 48 || cfg.page_shift == 16 || cfg.lpa2);
	expect_round_trip(test, &cfg, host, reader);
}

static void params_fuzz(struct kunit *test)
{
	struct reader *reader = shadow_test_alloc(test, sizeof(*reader));
	unsigned int i, nr_taken = 0;
	struct rnd_state rnd;

	shadow_test_seed(test, &rnd);
	for (i = 0; i < 100000; i++) {
		fuzz_one(test, &rnd, reader, &nr_taken);
		if (i % 1024 == 0)
			cond_resched();
	}
	kunit_info(test, "%u of 100000 taken\n", nr_taken);
	KUNIT_EXPECT_GT(test, nr_taken, 3000);
}

static struct kunit_case params_cases[] = {
	KUNIT_CASE(number_parsing),
	KUNIT_CASE(number_length),
	KUNIT_CASE(switch_parsing),
	KUNIT_CASE(params_table),
	KUNIT_CASE(params_defaults),
	KUNIT_CASE(params_later),
	KUNIT_CASE(params_values),
	KUNIT_CASE(params_share),
	KUNIT_CASE(params_wild_value),
	KUNIT_CASE(params_together),
	KUNIT_CASE(places_default),
	KUNIT_CASE(places_given),
	KUNIT_CASE(params_printed),
	KUNIT_CASE(params_fuzz),
	{}
};

static struct kunit_suite params_suite = {
	.name = "shadow_params",
	.test_cases = params_cases,
};

kunit_test_suite(params_suite);
MODULE_LICENSE("GPL");
