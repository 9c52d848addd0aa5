// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_params - the parameters of a machine: one table, one pure check. See
 * shadow_params.h.
 *
 * Each parameter that is ready has a reader below, which turns its text into
 * its part of struct shadow_config. What follows from several parameters
 * together is checked after all of them were read.
 */
#include "shadow_params.h"
#include "shadow_parse.h"

#define MAX_BYTES	(1024ULL * SZ_1G)
#define MAX_SAMPLES	1000000U
#define MAX_DTB		SZ_2M	/* MAX_FDT_SIZE of asm/fdt.h */
#define DTB_ALIGN	8	/* Documentation/arch/arm64/booting.rst */

#define ROW(id, name_, state_, def_)			\
	[SHADOW_PARAM_##id] = {				\
		.name = name_,				\
		.state = SHADOW_PARAM_STATE_##state_,	\
		.def = def_,				\
		.what = SHADOW_WHAT_##id,		\
	}

const struct shadow_param_info shadow_param_table[SHADOW_NR_PARAMS] = {
	ROW(SIZE, "size", READY, "64M"),
	ROW(BASE, "base", READY, ""),
	ROW(BASE_FORCE, "base_force", READY, "off"),
	ROW(REGION, "region", READY, ""),
	ROW(BOARD, "board", LATER, ""),
	ROW(MEMORY, "memory", LATER, ""),
	ROW(CMDLINE, "cmdline", LATER, ""),
	ROW(INITRD, "initrd", READY, ""),
	ROW(IMAGE, "image", READY, ""),
	ROW(DTB, "dtb", READY, ""),
	ROW(SHARE, "share", LATER, ""),
	ROW(SEED, "seed", READY, "1"),
	ROW(GRANULE, "granule", READY, ""),
	ROW(VA_BITS, "va_bits", READY, "48"),
	ROW(LPA2, "lpa2", READY, "auto"),
	ROW(KASLR, "kaslr", LATER, ""),
	ROW(RODATA, "rodata", LATER, ""),
	ROW(TLBI, "tlbi", LATER, ""),
	ROW(EARLY, "early", READY, "memblock"),
	ROW(UNTIL, "until", LATER, ""),
	ROW(MEMMODEL, "memmodel", LATER, ""),
	ROW(NODES, "nodes", READY, "1"),
	ROW(DISTANCE, "distance", LATER, ""),
	ROW(DMA, "dma", LATER, ""),
	ROW(DMA32, "dma32", LATER, ""),
	ROW(HIGHMEM, "highmem", LATER, ""),
	ROW(MOVABLECORE, "movablecore", LATER, ""),
	ROW(KERNELCORE, "kernelcore", LATER, ""),
	ROW(MAX_ORDER, "max_order", LATER, ""),
	ROW(PCP, "pcp", LATER, ""),
	ROW(MOBILITY, "mobility", LATER, ""),
	ROW(MIN_FREE_KBYTES, "min_free_kbytes", LATER, ""),
	ROW(WATERMARK_SCALE_FACTOR, "watermark_scale_factor", LATER, ""),
	ROW(LOWMEM_RESERVE_RATIO, "lowmem_reserve_ratio", LATER, ""),
	ROW(SLAB, "slab", READY, "slub"),
	ROW(QUARANTINE, "quarantine", LATER, ""),
	ROW(PAGE_OWNER, "page_owner", LATER, ""),
	ROW(RING, "ring", LATER, ""),
	ROW(MMU_CHECK, "mmu_check", READY, "1000"),
	ROW(DEBUGFS, "debugfs", READY, "on"),
};

/* ------------------------------------------------------------- refusing -- */

/* What a check works on. */
struct check {
	const struct shadow_param_strings *in;
	const struct shadow_host_facts *host;
	struct shadow_config *cfg;
	char *why;
	size_t why_bytes;
};

/* "name=value: allowed", and the errno handed through. */
static __printf(4, 5)
int refuse(struct check *c, enum shadow_param_id id, int err,
	   const char *fmt, ...)
{
	const char *value = c->in->value[id];
	char quoted[SHADOW_QUOTE];
	va_list args;
	int at;

	if (!value)
		value = shadow_param_table[id].def;
	at = scnprintf(c->why, c->why_bytes, "%s=%s: ",
		       shadow_param_table[id].name,
		       shadow_parse_quote(quoted, value, strlen(value)));
	va_start(args, fmt);
	vscnprintf(c->why + at, c->why_bytes - at, fmt, args);
	va_end(args);
	return err;
}

static int not_yet(struct check *c, enum shadow_param_id id, const char *allowed)
{
	return refuse(c, id, -EOPNOTSUPP, "not supported yet%s%s",
		      *allowed ? "; allowed: " : "", allowed);
}

/* -------------------------------------------------------------- readers -- */

static int read_switch(struct check *c, enum shadow_param_id id,
		       const char *text, bool *on)
{
	if (shadow_parse_switch(text, strlen(text), on))
		return refuse(c, id, -EINVAL, "allowed: on, off");
	return 0;
}

static int read_number(struct check *c, enum shadow_param_id id,
		       const char *text, u64 min, u64 max, u64 *number)
{
	int err = shadow_parse_number(text, strlen(text), number);

	if (err == -EINVAL)
		return refuse(c, id, -EINVAL, "not a number; allowed: %llu to %llu",
			      min, max);
	if (err || *number < min || *number > max)
		return refuse(c, id, -ERANGE,
			      "out of range; allowed: %llu to %llu", min, max);
	return 0;
}

static int read_size(struct check *c, const char *text)
{
	int err = shadow_parse_bytes(text, strlen(text), &c->cfg->bytes);

	if (err == -EINVAL)
		return refuse(c, SHADOW_PARAM_SIZE, err,
			      "not a number of bytes; allowed: like 64M, with K, M, G or T");
	if (err)
		return refuse(c, SHADOW_PARAM_SIZE, err,
			      "out of range; allowed: up to 1T");
	if (c->cfg->bytes == 0)
		return refuse(c, SHADOW_PARAM_SIZE, -EINVAL,
			      "allowed: a block that holds a machine, like 64M");
	return 0;
}

static int read_base(struct check *c, const char *text)
{
	int err = shadow_parse_bytes(text, strlen(text), &c->cfg->base);

	if (err == -EINVAL)
		return refuse(c, SHADOW_PARAM_BASE, err,
			      "not an address; allowed: like 0x80000000 or 2G");
	if (err)
		return refuse(c, SHADOW_PARAM_BASE, err,
			      "out of range; allowed: up to 52 bits");
	return 0;
}

static int read_base_force(struct check *c, const char *text)
{
	return read_switch(c, SHADOW_PARAM_BASE_FORCE, text,
			   &c->cfg->base_force);
}

/* Names of device-tree nodes: section 2.2.1 of the Devicetree Specification. */
static bool node_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || (c && strchr(",._+-@/", c));
}

static int read_region(struct check *c, const char *text)
{
	size_t len = strlen(text), i;

	if (len == 0 || len >= sizeof(c->cfg->region))
		return refuse(c, SHADOW_PARAM_REGION, -EINVAL,
			      "allowed: a node's name of 1 to %zu characters",
			      sizeof(c->cfg->region) - 1);
	for (i = 0; i < len; i++) {
		if (!node_char(text[i]))
			return refuse(c, SHADOW_PARAM_REGION, -EINVAL,
				      "allowed: letters, digits and ,._+-@/");
	}
	memcpy(c->cfg->region, text, len + 1);
	return 0;
}

static int read_range(struct check *c, enum shadow_param_id id,
		      const char *text, struct shadow_param_range *range)
{
	const char *plus = strchr(text, '+');
	int err = -EINVAL;

	if (plus) {
		err = shadow_parse_bytes(text, plus - text, &range->start);
		if (!err)
			err = shadow_parse_bytes(plus + 1, strlen(plus + 1),
						 &range->bytes);
	}
	if (err == -EINVAL)
		return refuse(c, id, err,
			      "allowed: START+BYTES, like 2M+16M");
	if (err || range->bytes > U64_MAX - range->start)
		return refuse(c, id, -ERANGE,
			      "out of range; allowed: START+BYTES inside the block");
	if (range->bytes == 0)
		return refuse(c, id, -EINVAL, "allowed: at least one byte");
	range->given = true;
	return 0;
}

static int read_image(struct check *c, const char *text)
{
	return read_range(c, SHADOW_PARAM_IMAGE, text, &c->cfg->image);
}

static int read_dtb(struct check *c, const char *text)
{
	return read_range(c, SHADOW_PARAM_DTB, text, &c->cfg->dtb);
}

static int read_initrd(struct check *c, const char *text)
{
	return read_range(c, SHADOW_PARAM_INITRD, text, &c->cfg->initrd);
}

static int read_seed(struct check *c, const char *text)
{
	return read_number(c, SHADOW_PARAM_SEED, text, 0, U64_MAX,
			   &c->cfg->seed);
}

static int read_granule(struct check *c, const char *text)
{
	u64 bytes;

	if (shadow_parse_bytes(text, strlen(text), &bytes) ||
	    (bytes != SZ_4K && bytes != SZ_16K && bytes != SZ_64K))
		return refuse(c, SHADOW_PARAM_GRANULE, -EINVAL,
			      "allowed: 4k, 16k, 64k");
	c->cfg->page_shift = ilog2(bytes);
	return 0;
}

static int read_va_bits(struct check *c, const char *text)
{
	static const char allowed[] = "39, 48, 52";
	u64 bits;

	if (shadow_parse_number(text, strlen(text), &bits))
		bits = 0;
	switch (bits) {
	case 39:
	case 48:
	case 52:
		c->cfg->va_bits = bits;
		return 0;
	case 36:
	case 42:
	case 47:
		return not_yet(c, SHADOW_PARAM_VA_BITS, allowed);
	default:
		return refuse(c, SHADOW_PARAM_VA_BITS, -EINVAL, "allowed: %s",
			      allowed);
	}
}

static int read_lpa2(struct check *c, const char *text)
{
	if (strcmp(text, "auto") == 0)
		c->cfg->lpa2_mode = SHADOW_LPA2_AUTO;
	else if (strcmp(text, "on") == 0)
		c->cfg->lpa2_mode = SHADOW_LPA2_ON;
	else if (strcmp(text, "off") == 0)
		c->cfg->lpa2_mode = SHADOW_LPA2_OFF;
	else
		return refuse(c, SHADOW_PARAM_LPA2, -EINVAL,
			      "allowed: auto, on, off");
	return 0;
}

static int read_early(struct check *c, const char *text)
{
	if (strcmp(text, "bootmem") == 0)
		return not_yet(c, SHADOW_PARAM_EARLY, "memblock");
	if (strcmp(text, "memblock") != 0)
		return refuse(c, SHADOW_PARAM_EARLY, -EINVAL,
			      "allowed: memblock");
	c->cfg->early = "memblock";
	return 0;
}

static int read_nodes(struct check *c, const char *text)
{
	u64 nodes;
	int err = shadow_parse_number(text, strlen(text), &nodes);

	if (err == -EINVAL)
		return refuse(c, SHADOW_PARAM_NODES, err,
			      "not a number; allowed: 1");
	if (err || nodes < 1 || nodes > 8)
		return refuse(c, SHADOW_PARAM_NODES, -EINVAL, "allowed: 1");
	if (nodes != 1)
		return not_yet(c, SHADOW_PARAM_NODES, "1");
	c->cfg->nr_nodes = nodes;
	return 0;
}

static int read_slab(struct check *c, const char *text)
{
	if (strcmp(text, "slab") == 0 || strcmp(text, "slob") == 0)
		return not_yet(c, SHADOW_PARAM_SLAB, "slub");
	if (strcmp(text, "slub") != 0)
		return refuse(c, SHADOW_PARAM_SLAB, -EINVAL, "allowed: slub");
	c->cfg->slab = "slub";
	return 0;
}

static int read_mmu_check(struct check *c, const char *text)
{
	const char *def = shadow_param_table[SHADOW_PARAM_MMU_CHECK].def;
	u64 samples;
	int err;

	c->cfg->mmu_check = true;
	if (strcmp(text, "on") == 0)
		text = def;
	err = shadow_parse_number(text, strlen(text), &samples);
	if (strcmp(text, "off") == 0 || (!err && samples == 0)) {
		c->cfg->mmu_check = false;
		c->cfg->mmu_samples = 0;
		return 0;
	}
	if (err == -EINVAL)
		return refuse(c, SHADOW_PARAM_MMU_CHECK, err,
			      "allowed: on, off, 1 to %u", MAX_SAMPLES);
	if (err || samples > MAX_SAMPLES)
		return refuse(c, SHADOW_PARAM_MMU_CHECK, -ERANGE,
			      "out of range; allowed: on, off, 1 to %u",
			      MAX_SAMPLES);
	c->cfg->mmu_samples = samples;
	return 0;
}

static int read_debugfs(struct check *c, const char *text)
{
	return read_switch(c, SHADOW_PARAM_DEBUGFS, text, &c->cfg->debugfs);
}

static int (*const readers[SHADOW_NR_PARAMS])(struct check *c,
					      const char *text) = {
	[SHADOW_PARAM_SIZE]		= read_size,
	[SHADOW_PARAM_BASE]		= read_base,
	[SHADOW_PARAM_BASE_FORCE]	= read_base_force,
	[SHADOW_PARAM_REGION]		= read_region,
	[SHADOW_PARAM_INITRD]		= read_initrd,
	[SHADOW_PARAM_IMAGE]		= read_image,
	[SHADOW_PARAM_DTB]		= read_dtb,
	[SHADOW_PARAM_SEED]		= read_seed,
	[SHADOW_PARAM_GRANULE]		= read_granule,
	[SHADOW_PARAM_VA_BITS]		= read_va_bits,
	[SHADOW_PARAM_LPA2]		= read_lpa2,
	[SHADOW_PARAM_EARLY]		= read_early,
	[SHADOW_PARAM_NODES]		= read_nodes,
	[SHADOW_PARAM_SLAB]		= read_slab,
	[SHADOW_PARAM_MMU_CHECK]	= read_mmu_check,
	[SHADOW_PARAM_DEBUGFS]		= read_debugfs,
};

static int read_one(struct check *c, enum shadow_param_id id)
{
	const struct shadow_param_info *info = &shadow_param_table[id];
	const char *text = c->in->value[id];

	if (text) {
		if (info->state == SHADOW_PARAM_STATE_LATER || !readers[id])
			return not_yet(c, id, "");
		if (strnlen(text, SHADOW_PARAMS_VALUE) == SHADOW_PARAMS_VALUE)
			return refuse(c, id, -EINVAL, "allowed: less than %u characters",
				      SHADOW_PARAMS_VALUE);
		c->cfg->given |= BIT_ULL(id);
		return readers[id](c, text);
	}
	return *info->def ? readers[id](c, info->def) : 0;
}

/* -------------------------------------------- what parameters say together -- */

static unsigned int granule_kib(const struct shadow_config *cfg)
{
	return 1U << (cfg->page_shift - 10);
}

/* What a block is made of: whole pages of the machine, and of the host. */
static u64 block_unit(const struct check *c)
{
	return 1ULL << max(c->cfg->page_shift, c->host->page_shift);
}

/*
 * A machine that is smaller boots too, but with so few pages that tables, the
 * memmap and one slab for each kmalloc class leave hardly any to play with.
 */
static u64 min_bytes(const struct shadow_config *cfg)
{
	switch (cfg->page_shift) {
	case 12:
		return SZ_4M;
	case 14:
		return SZ_16M;
	default:
		return SZ_32M;
	}
}

static int check_size(struct check *c)
{
	u64 min = min_bytes(c->cfg), bytes = c->cfg->bytes;
	u64 unit = block_unit(c);

	if (bytes < min || bytes > MAX_BYTES)
		return refuse(c, SHADOW_PARAM_SIZE, -ERANGE,
			      "out of range; allowed: %lluM to 1T with granule=%uk",
			      min >> 20, granule_kib(c->cfg));
	if (!IS_ALIGNED(bytes, unit))
		return refuse(c, SHADOW_PARAM_SIZE, -EINVAL,
			      "allowed: a multiple of %lluK, the larger of the granule and the host's page",
			      unit >> 10);
	return 0;
}

/* Output address bits that descriptors can hold, no more than the CPU has. */
static unsigned int pa_bits(const struct check *c)
{
	unsigned int bits = c->cfg->lpa2 || c->cfg->page_shift == 16 ? 52 : 48;

	if (c->host->pa_bits)
		bits = min(bits, c->host->pa_bits);
	return bits;
}

static int check_base(struct check *c)
{
	struct shadow_config *cfg = c->cfg;
	u64 unit = block_unit(c);
	u64 limit = 1ULL << pa_bits(c);

	if (!shadow_config_given(cfg, SHADOW_PARAM_BASE)) {
		if (cfg->base_force)
			return refuse(c, SHADOW_PARAM_BASE_FORCE, -EINVAL,
				      "allowed: only together with base");
		return 0;
	}
	if (shadow_config_given(cfg, SHADOW_PARAM_REGION))
		return refuse(c, SHADOW_PARAM_REGION, -EINVAL,
			      "allowed: base or region, not both");
	if (!IS_ALIGNED(cfg->base, unit))
		return refuse(c, SHADOW_PARAM_BASE, -EINVAL,
			      "allowed: a multiple of %lluK, the larger of the granule and the host's page",
			      unit >> 10);
	if (cfg->bytes > limit || cfg->base > limit - cfg->bytes)
		return refuse(c, SHADOW_PARAM_BASE, -ERANGE,
			      "out of range; allowed: a block that ends within %u bits",
			      pa_bits(c));
	return 0;
}

/*
 * LPA2 (TCR_EL1.DS) changes the descriptors of the 4k and 16k granules; with
 * 64k the bit is ignored and 52 bits come from FEAT_LVA. Arm ARM D8.2, D8.3.
 * auto takes the host's bit, because the CPU judges our tables while the bit
 * stays as the host has it.
 */
static int check_geometry(struct check *c)
{
	struct shadow_config *cfg = c->cfg;
	bool large = cfg->page_shift == 16;

	if (large && cfg->lpa2_mode == SHADOW_LPA2_ON)
		return refuse(c, SHADOW_PARAM_LPA2, -EINVAL,
			      "LPA2 is for granules 4k and 16k; allowed with granule=64k: auto, off");
	if (cfg->lpa2_mode == SHADOW_LPA2_AUTO)
		cfg->lpa2 = !large && c->host->arm64 && c->host->ds;
	else
		cfg->lpa2 = cfg->lpa2_mode == SHADOW_LPA2_ON;
	if (cfg->va_bits == 52 && !large && !cfg->lpa2)
		return refuse(c, SHADOW_PARAM_VA_BITS, -EINVAL,
			      "needs lpa2=on with granule=%uk%s; allowed without: 39, 48",
			      granule_kib(cfg),
			      cfg->lpa2_mode == SHADOW_LPA2_AUTO ?
			      " (lpa2=auto is off on this host)" : "");
	return 0;
}

static struct shadow_param_range *range_of(struct shadow_places *places,
					   unsigned int nr)
{
	switch (nr) {
	case 0:
		return &places->image;
	case 1:
		return &places->dtb;
	default:
		return &places->initrd;
	}
}

static const enum shadow_param_id range_id[] = {
	SHADOW_PARAM_IMAGE, SHADOW_PARAM_DTB, SHADOW_PARAM_INITRD,
};

#define NR_RANGES	ARRAY_SIZE(range_id)

static bool ranges_meet(const struct shadow_param_range *a,
			const struct shadow_param_range *b)
{
	return a->bytes && b->bytes && a->start < b->start + b->bytes &&
	       b->start < a->start + a->bytes;
}

static int check_range_alone(struct check *c, unsigned int nr,
			     const struct shadow_block *block,
			     const struct shadow_param_range *range)
{
	u64 align = 1;

	if (!shadow_block_has(block, range->start, range->bytes))
		return refuse(c, range_id[nr], -ERANGE,
			      "out of range; allowed: inside the block, START below size counts from its start");
	if (range_id[nr] == SHADOW_PARAM_IMAGE)
		align = 1ULL << c->cfg->page_shift;
	else if (range_id[nr] == SHADOW_PARAM_DTB)
		align = DTB_ALIGN;
	if (!IS_ALIGNED(range->start, align))
		return refuse(c, range_id[nr], -EINVAL,
			      "allowed: START at a multiple of %llu bytes", align);
	if (range_id[nr] == SHADOW_PARAM_DTB && range->bytes > MAX_DTB)
		return refuse(c, range_id[nr], -ERANGE,
			      "out of range; allowed: up to 2M");
	return 0;
}

/*
 * Make absolute what was given, and check it. Where the block is not known yet,
 * it stands at 0 here, and what was given absolutely is left for later.
 */
static int place_given(struct check *c, const struct shadow_block *block,
		       bool block_known, struct shadow_places *places)
{
	unsigned int nr, other;
	int err;

	places->image = c->cfg->image;
	places->dtb = c->cfg->dtb;
	places->initrd = c->cfg->initrd;
	for (nr = 0; nr < NR_RANGES; nr++) {
		struct shadow_param_range *range = range_of(places, nr);

		if (!range->given)
			continue;
		if (range->start < block->bytes) {
			range->start += block->base;
		} else if (!block_known) {
			range->bytes = 0;
			continue;
		}
		err = check_range_alone(c, nr, block, range);
		if (err)
			return err;
		for (other = 0; other < nr; other++) {
			if (!ranges_meet(range, range_of(places, other)))
				continue;
			return refuse(c, range_id[nr], -EINVAL,
				      "overlaps %s; allowed: ranges that do not meet",
				      shadow_param_table[range_id[other]].name);
		}
	}
	return 0;
}

static int check_ranges(struct check *c)
{
	struct shadow_block block = { .bytes = c->cfg->bytes };
	struct shadow_places places;

	block.base = c->cfg->base;
	return place_given(c, &block,
			   shadow_config_given(c->cfg, SHADOW_PARAM_BASE),
			   &places);
}

/**
 * shadow_params_check() - turn what was given into a configuration, or refuse
 * @in: values as they were given
 * @host: what of the host matters
 * @cfg: filled where 0 is returned, else undefined
 * @why: set to one line that names the parameter, its value and what is
 *	allowed where it is refused, else to ""
 * @why_bytes: room there, SHADOW_PARAMS_WHY is enough
 *
 * Pure: the same arguments give the same answer, and nothing else is touched.
 * The first parameter of the table that is wrong is the one that is named.
 *
 * Context: any; does not sleep.
 * Return: 0; -EINVAL where a value is malformed, unknown or contradicts
 * another; -ERANGE where it is out of range; -EOPNOTSUPP where the layer that
 * it needs is not complete.
 */
int shadow_params_check(const struct shadow_param_strings *in,
			const struct shadow_host_facts *host,
			struct shadow_config *cfg, char *why, size_t why_bytes)
{
	struct check c = {
		.in = in, .host = host, .cfg = cfg,
		.why = why, .why_bytes = why_bytes,
	};
	unsigned int id;
	int err;

	memset(cfg, 0, sizeof(*cfg));
	cfg->page_shift = host->page_shift;
	why[0] = '\0';
	for (id = 0; id < SHADOW_NR_PARAMS; id++) {
		err = read_one(&c, id);
		if (err)
			return err;
	}
	err = check_geometry(&c);
	if (!err)
		err = check_size(&c);
	if (!err)
		err = check_base(&c);
	if (!err)
		err = check_ranges(&c);
	return err;
}

/* -------------------------------------------------------------- placing -- */

/*
 * First fit at or above @from for @range, clear of the other ranges; each time
 * one is in the way, go on behind it. Nothing but three ranges can be in the
 * way, so this ends.
 */
static bool fit_above(struct shadow_places *places,
		      const struct shadow_block *block, u64 from, u64 align,
		      struct shadow_param_range *range)
{
	const struct shadow_param_range *other;
	unsigned int nr = 0;

	range->start = ALIGN(from, align);
	while (nr < NR_RANGES) {
		if (!shadow_block_has(block, range->start, range->bytes))
			return false;
		other = range_of(places, nr++);
		if (other == range || !ranges_meet(range, other))
			continue;
		range->start = ALIGN(other->start + other->bytes, align);
		nr = 0;
	}
	return true;
}

static bool fit(struct shadow_places *places, const struct shadow_block *block,
		u64 from, u64 align, u64 bytes, struct shadow_param_range *range)
{
	range->bytes = bytes;
	if (fit_above(places, block, from, align, range) ||
	    fit_above(places, block, block->base, align, range))
		return true;
	range->bytes = 0;
	return false;
}

/*
 * A distribution's kernel takes some 40 MiB of 1 GiB or more. 1/16 of the
 * block, at most 32 MiB, keeps the image visible in every view and the machine
 * useful at every size. Like a boot loader's, it starts at a multiple of
 * 2 MiB and not at the block's very start, where there is room for that.
 */
static bool place_image(const struct shadow_config *cfg,
			const struct shadow_block *block,
			struct shadow_places *places)
{
	u64 bytes = clamp_t(u64, block->bytes / 16, SZ_256K, SZ_32M);
	u64 gap = min_t(u64, block->bytes / 32, SZ_2M);
	u64 align = block->bytes >= SZ_64M ? SZ_2M : SZ_64K;

	return fit(places, block, block->base + gap, align,
		   ALIGN(bytes, 1ULL << cfg->page_shift), &places->image);
}

/* Device trees of real boards have some 20 to 150 KiB; they follow the image. */
static bool place_dtb(const struct shadow_block *block,
		      struct shadow_places *places)
{
	return fit(places, block, places->image.start + places->image.bytes,
		   SZ_64K, SZ_64K, &places->dtb);
}

/**
 * shadow_params_place() - where image, device tree and initrd lie in the block
 * @cfg: a configuration that was checked
 * @block: the block that was reserved; only its range is looked at
 * @places: filled where 0 is returned
 * @why: one line where it is refused, else ""
 * @why_bytes: room there, SHADOW_PARAMS_WHY is enough
 *
 * A start below the block's length counts from the block's start; any other is
 * a physical address. What was not given is placed clear of what was: the image
 * takes 1/16 of the block (256 KiB to 32 MiB), the device tree 64 KiB behind
 * it, and there is no initrd.
 *
 * Context: any; does not sleep.
 * Return: 0; -ERANGE where a range does not lie inside the block or no room is
 * left for one; -EINVAL where one is not aligned or overlaps another.
 */
int shadow_params_place(const struct shadow_config *cfg,
			const struct shadow_block *block,
			struct shadow_places *places, char *why,
			size_t why_bytes)
{
	struct shadow_param_strings in = { };
	struct shadow_config copy = *cfg;
	struct check c = {
		.in = &in, .cfg = &copy, .why = why, .why_bytes = why_bytes,
	};
	char text[NR_RANGES][SHADOW_QUOTE];
	unsigned int nr;
	int err;

	why[0] = '\0';
	/* A refusal shows the value as it was understood. */
	for (nr = 0; nr < NR_RANGES; nr++)
		in.value[range_id[nr]] = text[nr];
	snprintf(text[0], SHADOW_QUOTE, "%#llx+%#llx", cfg->image.start,
		 cfg->image.bytes);
	snprintf(text[1], SHADOW_QUOTE, "%#llx+%#llx", cfg->dtb.start,
		 cfg->dtb.bytes);
	snprintf(text[2], SHADOW_QUOTE, "%#llx+%#llx", cfg->initrd.start,
		 cfg->initrd.bytes);
	err = place_given(&c, block, true, places);
	if (err)
		return err;
	in.value[SHADOW_PARAM_IMAGE] = NULL;
	in.value[SHADOW_PARAM_DTB] = NULL;
	if (!cfg->image.given && !place_image(cfg, block, places))
		return refuse(&c, SHADOW_PARAM_IMAGE, -ERANGE,
			      "no room is left for it; allowed: one that fits, or less dtb and initrd");
	if (!cfg->dtb.given && !place_dtb(block, places))
		return refuse(&c, SHADOW_PARAM_DTB, -ERANGE,
			      "no room is left for it; allowed: one that fits, or less image and initrd");
	return 0;
}

/* ------------------------------------------------------------- printing -- */

/* A number of bytes with the largest suffix that leaves a whole number. */
static void bytes_text(char *text, size_t room, u64 bytes)
{
	static const char suffix[] = { 'T', 'G', 'M', 'K' };
	unsigned int i, shift = 40;

	for (i = 0; i < ARRAY_SIZE(suffix); i++, shift -= 10) {
		if (bytes && IS_ALIGNED(bytes, 1ULL << shift)) {
			snprintf(text, room, "%llu%c", bytes >> shift, suffix[i]);
			return;
		}
	}
	snprintf(text, room, "%llu", bytes);
}

static void range_text(char *text, size_t room,
		       const struct shadow_param_range *range)
{
	int at;

	text[0] = '\0';
	if (!range->given)
		return;
	at = scnprintf(text, room, "%#llx+", range->start);
	bytes_text(text + at, room - at, range->bytes);
}

static void value_text(const struct shadow_config *cfg,
		       enum shadow_param_id id, char *text, size_t room)
{
	switch (id) {
	case SHADOW_PARAM_SIZE:
		bytes_text(text, room, cfg->bytes);
		break;
	case SHADOW_PARAM_BASE:
		if (shadow_config_given(cfg, id))
			snprintf(text, room, "%#llx", cfg->base);
		break;
	case SHADOW_PARAM_BASE_FORCE:
		snprintf(text, room, "%s", cfg->base_force ? "on" : "off");
		break;
	case SHADOW_PARAM_REGION:
		snprintf(text, room, "%s", cfg->region);
		break;
	case SHADOW_PARAM_IMAGE:
		range_text(text, room, &cfg->image);
		break;
	case SHADOW_PARAM_DTB:
		range_text(text, room, &cfg->dtb);
		break;
	case SHADOW_PARAM_INITRD:
		range_text(text, room, &cfg->initrd);
		break;
	case SHADOW_PARAM_SEED:
		snprintf(text, room, "%llu", cfg->seed);
		break;
	case SHADOW_PARAM_GRANULE:
		snprintf(text, room, "%uk", granule_kib(cfg));
		break;
	case SHADOW_PARAM_VA_BITS:
		snprintf(text, room, "%u", cfg->va_bits);
		break;
	case SHADOW_PARAM_LPA2:
		snprintf(text, room, "%s", cfg->lpa2 ? "on" : "off");
		break;
	case SHADOW_PARAM_EARLY:
		snprintf(text, room, "%s", cfg->early);
		break;
	case SHADOW_PARAM_NODES:
		snprintf(text, room, "%u", cfg->nr_nodes);
		break;
	case SHADOW_PARAM_SLAB:
		snprintf(text, room, "%s", cfg->slab);
		break;
	case SHADOW_PARAM_MMU_CHECK:
		if (cfg->mmu_check)
			snprintf(text, room, "%llu", cfg->mmu_samples);
		else
			snprintf(text, room, "off");
		break;
	case SHADOW_PARAM_DEBUGFS:
		snprintf(text, room, "%s", cfg->debugfs ? "on" : "off");
		break;
	default:
		break;
	}
}

/**
 * shadow_params_print() - the configuration, one line a parameter
 * @cfg: a configuration that was checked
 * @emit: called for each line
 * @to: handed to it
 *
 * A line is `name=value`, whether it was given, and what it means. Parameters
 * whose layer is not complete are left out: they cannot be given.
 *
 * Context: what @emit needs.
 */
void shadow_params_print(const struct shadow_config *cfg,
			 shadow_params_emit_t emit, void *to)
{
	char value[SHADOW_REGION_NAME + 40];
	char line[256], pair[128];
	unsigned int id;

	for (id = 0; id < SHADOW_NR_PARAMS; id++) {
		const struct shadow_param_info *info = &shadow_param_table[id];

		if (info->state == SHADOW_PARAM_STATE_LATER)
			continue;
		value[0] = '\0';
		value_text(cfg, id, value, sizeof(value));
		snprintf(pair, sizeof(pair), "%s=%s", info->name, value);
		snprintf(line, sizeof(line), "%-24s # %s: %s", pair,
			 shadow_config_given(cfg, id) ? "given" : "default",
			 info->what);
		emit(to, line);
	}
}
