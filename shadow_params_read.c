// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_params_read - the table of parameters, and one reader for each of those
 * that are ready: from text to its part of struct shadow_config.
 */
#include "shadow_params_check.h"
#include "shadow_parse.h"
#include "shadow_pcp.h"

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
	ROW(BOARD, "board", READY, ""),
	ROW(MEMORY, "memory", READY, ""),
	ROW(CMDLINE, "cmdline", READY, ""),
	ROW(INITRD, "initrd", READY, ""),
	ROW(IMAGE, "image", READY, ""),
	ROW(DTB, "dtb", READY, ""),
	ROW(SHARE, "share", READY, ""),
	ROW(SEED, "seed", READY, "1"),
	ROW(GRANULE, "granule", READY, ""),
	ROW(VA_BITS, "va_bits", READY, "48"),
	ROW(PA_BITS, "pa_bits", READY, ""),
	ROW(LPA2, "lpa2", READY, "auto"),
	ROW(KASLR, "kaslr", READY, "off"),
	ROW(RODATA, "rodata", READY, "on"),
	ROW(TLBI, "tlbi", READY, "on"),
	ROW(EARLY, "early", READY, "memblock"),
	ROW(UNTIL, "until", READY, ""),
	ROW(MEMMODEL, "memmodel", READY, "vmemmap"),
	ROW(NODES, "nodes", READY, ""),
	ROW(DISTANCE, "distance", READY, ""),
	ROW(DMA, "dma", READY, ""),
	ROW(DMA32, "dma32", READY, ""),
	ROW(HIGHMEM, "highmem", READY, ""),
	ROW(MOVABLECORE, "movablecore", READY, ""),
	ROW(KERNELCORE, "kernelcore", READY, ""),
	ROW(MAX_ORDER, "max_order", READY, ""),
	ROW(PCP, "pcp", READY, "on"),
	ROW(MOBILITY, "mobility", READY, "on"),
	ROW(MIN_FREE_KBYTES, "min_free_kbytes", READY, ""),
	ROW(WATERMARK_SCALE_FACTOR, "watermark_scale_factor", READY, "10"),
	ROW(LOWMEM_RESERVE_RATIO, "lowmem_reserve_ratio", READY, "256,256,32,0,0,0"),
	ROW(SLAB, "slab", READY, "slub"),
	ROW(SLAB_DEBUG, "slab_debug", READY, "-"),
	ROW(SLAB_HARDENED, "slab_hardened", READY, "on"),
	ROW(SLAB_RANDOM, "slab_random", READY, "on"),
	ROW(SLAB_MERGE, "slab_merge", READY, "off"),
	ROW(QUARANTINE, "quarantine", READY, "0"),
	ROW(PAGE_OWNER, "page_owner", READY, "off"),
	ROW(RING, "ring", READY, "0"),
	ROW(MMU_CHECK, "mmu_check", READY, "10000"),
	ROW(DEBUGFS, "debugfs", READY, "on"),
};

/**
 * shadow_params_refuse() - say why a value is refused
 * @c: the check, whose @why is set
 * @id: the parameter
 * @err: the errno
 * @fmt: printf format of what is allowed
 *
 * The line is "name=value: " and what @fmt gives.
 *
 * Context: any.
 * Return: @err.
 */
int shadow_params_refuse(struct shadow_params_check *c, enum shadow_param_id id, int err,
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

static int not_yet(struct shadow_params_check *c, enum shadow_param_id id, const char *allowed)
{
	return shadow_params_refuse(c, id, -EOPNOTSUPP, "not supported yet%s%s",
				    *allowed ? "; allowed: " : "", allowed);
}

static int read_switch(struct shadow_params_check *c, enum shadow_param_id id,
		       const char *text, bool *on)
{
	if (shadow_parse_switch(text, strlen(text), on))
		return shadow_params_refuse(c, id, -EINVAL, "allowed: on, off");
	return 0;
}

static int read_number(struct shadow_params_check *c, enum shadow_param_id id,
		       const char *text, u64 min, u64 max, u64 *number)
{
	int err = shadow_parse_number(text, strlen(text), number);

	if (err == -EINVAL)
		return shadow_params_refuse(c, id, -EINVAL, "not a number; allowed: %llu to %llu",
					    min, max);
	if (err || *number < min || *number > max)
		return shadow_params_refuse(c, id, -ERANGE,
					    "out of range; allowed: %llu to %llu", min, max);
	return 0;
}

static int read_size(struct shadow_params_check *c, const char *text)
{
	int err = shadow_parse_bytes(text, strlen(text), &c->cfg->bytes);

	if (err == -EINVAL)
		return shadow_params_refuse(c, SHADOW_PARAM_SIZE, err,
					    "not a number of bytes; allowed: like 64M, with K, M, G or T");
	if (err)
		return shadow_params_refuse(c, SHADOW_PARAM_SIZE, err,
					    "out of range; allowed: up to 1T");
	if (c->cfg->bytes == 0)
		return shadow_params_refuse(c, SHADOW_PARAM_SIZE, -EINVAL,
					    "allowed: a block that holds a machine, like 64M");
	return 0;
}

static int read_base(struct shadow_params_check *c, const char *text)
{
	int err = shadow_parse_bytes(text, strlen(text), &c->cfg->base);

	if (err == -EINVAL)
		return shadow_params_refuse(c, SHADOW_PARAM_BASE, err,
					    "not an address; allowed: like 0x80000000 or 2G");
	if (err)
		return shadow_params_refuse(c, SHADOW_PARAM_BASE, err,
					    "out of range; allowed: up to 52 bits");
	return 0;
}

static int read_base_force(struct shadow_params_check *c, const char *text)
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

static int read_region(struct shadow_params_check *c, const char *text)
{
	size_t len = strlen(text), i;

	if (len == 0 || len >= sizeof(c->cfg->region))
		return shadow_params_refuse(c, SHADOW_PARAM_REGION, -EINVAL,
					    "allowed: a node's name of 1 to %zu characters",
					    sizeof(c->cfg->region) - 1);
	for (i = 0; i < len; i++) {
		if (!node_char(text[i]))
			return shadow_params_refuse(c, SHADOW_PARAM_REGION, -EINVAL,
						    "allowed: letters, digits and ,._+-@/");
	}
	memcpy(c->cfg->region, text, len + 1);
	return 0;
}

/* One START+BYTES of @len characters */
static int read_range_of(struct shadow_params_check *c, enum shadow_param_id id,
			 const char *text, size_t len,
			 struct shadow_param_range *range)
{
	const char *plus = memchr(text, '+', len);
	int err = -EINVAL;

	if (plus) {
		err = shadow_parse_bytes(text, plus - text, &range->start);
		if (!err)
			err = shadow_parse_bytes(plus + 1, text + len - plus - 1,
						 &range->bytes);
	}
	if (err == -EINVAL)
		return shadow_params_refuse(c, id, err,
					    "allowed: START+BYTES, like 2M+16M");
	if (err || range->bytes > U64_MAX - range->start)
		return shadow_params_refuse(c, id, -ERANGE,
					    "out of range; allowed: START+BYTES inside %s",
					    id == SHADOW_PARAM_MEMORY ? "52 bits" : "the block");
	if (range->bytes == 0)
		return shadow_params_refuse(c, id, -EINVAL, "allowed: at least one byte");
	range->given = true;
	return 0;
}

static int read_range(struct shadow_params_check *c, enum shadow_param_id id,
		      const char *text, struct shadow_param_range *range)
{
	return read_range_of(c, id, text, strlen(text), range);
}

/* The text stays what it is; shadow_board_memory() reads it again */
static int read_memory(struct shadow_params_check *c, const char *text)
{
	struct shadow_param_range range;
	const char *at = text;
	size_t len;
	int err;

	for (;;) {
		len = strcspn(at, ",");
		err = read_range_of(c, SHADOW_PARAM_MEMORY, at, len, &range);
		if (err)
			return err;
		if (!at[len])
			break;
		at += len + 1;
	}
	c->cfg->memory = text;
	return 0;
}

static int read_cmdline(struct shadow_params_check *c, const char *text)
{
	const char *at;

	for (at = text; *at; at++)
		if (*at < ' ' || *at > '~' || *at == '"')
			return shadow_params_refuse(c, SHADOW_PARAM_CMDLINE, -EINVAL,
						    "allowed: printable characters without quotes");
	c->cfg->cmdline = text;
	return 0;
}

static bool board_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

static int read_board(struct shadow_params_check *c, const char *text)
{
	size_t len = strlen(text), i;
	bool ok = len && len < sizeof(c->cfg->board);

	for (i = 0; ok && i < len; i++)
		ok = board_char(text[i]);
	if (!ok)
		return shadow_params_refuse(c, SHADOW_PARAM_BOARD, -EINVAL,
					    "allowed: host, or a name of 1 to %zu letters, digits, _ and -",
					    sizeof(c->cfg->board) - 1);
	memcpy(c->cfg->board, text, len + 1);
	return 0;
}

/* Only what is made by `create` has a first machine beside it */
static int read_share(struct shadow_params_check *c, const char *text)
{
	static const enum shadow_param_id others[] = {
		SHADOW_PARAM_SIZE, SHADOW_PARAM_BASE, SHADOW_PARAM_REGION,
	};
	unsigned int i;

	if (!c->host->further)
		return shadow_params_refuse(c, SHADOW_PARAM_SHARE, -EINVAL,
					    "allowed: as a key of create, with the first machine's memory to share");
	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (c->in->value[others[i]])
			return shadow_params_refuse(c, SHADOW_PARAM_SHARE, -EINVAL,
						    "allowed: without %s",
						    shadow_param_table[others[i]].name);
	if (shadow_parse_bytes(text, strlen(text), &c->cfg->share) ||
	    !c->cfg->share)
		return shadow_params_refuse(c, SHADOW_PARAM_SHARE, -EINVAL,
					    "not a number of bytes; allowed: like 8M, with K, M, G or T");
	c->cfg->bytes = c->cfg->share;
	return 0;
}

static int read_until(struct shadow_params_check *c, const char *text)
{
	c->cfg->until = shadow_phase_find(text, strlen(text));
	if (c->cfg->until == SHADOW_NR_PHASES)
		return shadow_params_refuse(c, SHADOW_PARAM_UNTIL, -EINVAL,
					    "allowed: a phase of the boot, %s to %s; boot lists them",
					    shadow_phase_name(0),
					    shadow_phase_name(SHADOW_NR_PHASES - 1));
	return 0;
}

static int read_image(struct shadow_params_check *c, const char *text)
{
	return read_range(c, SHADOW_PARAM_IMAGE, text, &c->cfg->image);
}

static int read_dtb(struct shadow_params_check *c, const char *text)
{
	return read_range(c, SHADOW_PARAM_DTB, text, &c->cfg->dtb);
}

static int read_initrd(struct shadow_params_check *c, const char *text)
{
	return read_range(c, SHADOW_PARAM_INITRD, text, &c->cfg->initrd);
}

static int read_seed(struct shadow_params_check *c, const char *text)
{
	return read_number(c, SHADOW_PARAM_SEED, text, 0, U64_MAX,
			   &c->cfg->seed);
}

static int read_kaslr(struct shadow_params_check *c, const char *text)
{
	return read_switch(c, SHADOW_PARAM_KASLR, text, &c->cfg->kaslr);
}

static int read_tlbi(struct shadow_params_check *c, const char *text)
{
	if (strcmp(text, "on") == 0)
		c->cfg->tlbi = SHADOW_TLBI_MODE_ON;
	else if (strcmp(text, "stale") == 0)
		c->cfg->tlbi = SHADOW_TLBI_MODE_STALE;
	else
		return shadow_params_refuse(c, SHADOW_PARAM_TLBI, -EINVAL,
					    "allowed: on, stale");
	return 0;
}

static int read_early(struct shadow_params_check *c, const char *text)
{
	if (strcmp(text, "bootmem") == 0)
		c->cfg->early = "bootmem";
	else if (strcmp(text, "memblock") == 0)
		c->cfg->early = "memblock";
	else
		return shadow_params_refuse(c, SHADOW_PARAM_EARLY, -EINVAL,
					    "allowed: memblock, bootmem");
	return 0;
}

static int read_pcp(struct shadow_params_check *c, const char *text)
{
	c->cfg->pcp = shadow_pcp_policy(text);
	if (!c->cfg->pcp)
		return shadow_params_refuse(c, SHADOW_PARAM_PCP, -EINVAL,
					    "allowed: on, hotcold, off");
	return 0;
}

static int read_memmodel(struct shadow_params_check *c, const char *text)
{
	unsigned int model;

	for (model = 0; model < SHADOW_NR_MEMMODELS; model++) {
		if (strcmp(text, shadow_memmodel_names[model]) == 0) {
			c->cfg->memmodel = model;
			return 0;
		}
	}
	return shadow_params_refuse(c, SHADOW_PARAM_MEMMODEL, -EINVAL,
				    "allowed: flat, discontig, vmemmap");
}

static int read_slab_hardened(struct shadow_params_check *c, const char *text)
{
	return shadow_params_read_slab_switch(c, SHADOW_PARAM_SLAB_HARDENED, text);
}

static int read_slab_random(struct shadow_params_check *c, const char *text)
{
	return shadow_params_read_slab_switch(c, SHADOW_PARAM_SLAB_RANDOM, text);
}

static int read_page_owner(struct shadow_params_check *c, const char *text)
{
	return read_switch(c, SHADOW_PARAM_PAGE_OWNER, text,
			   &c->cfg->page_owner);
}

static int read_slab_merge(struct shadow_params_check *c, const char *text)
{
	return shadow_params_read_slab_switch(c, SHADOW_PARAM_SLAB_MERGE, text);
}

const struct shadow_mmu_size_info shadow_mmu_sizes[SHADOW_NR_MMU_SIZES] = {
	[SHADOW_MMU_MAPPED]	= { "N", 1, 10000 },
	[SHADOW_MMU_LOADS]	= { "loads", 0, 2000 },
	[SHADOW_MMU_UNMAPPED]	= { "unmapped", 0, 1000 },
	[SHADOW_MMU_HOST]	= { "host", 0, 2000 },
};

/* N[,LOADS[,UNMAPPED[,HOST]]] */
static int read_mmu_sizes(const char *text, u32 *sizes)
{
	unsigned int i;
	size_t len;
	u64 size;
	int err;

	for (i = 0; i < SHADOW_NR_MMU_SIZES; i++) {
		len = strcspn(text, ",");
		err = shadow_parse_number(text, len, &size);
		if (err)
			return err;
		if (size < shadow_mmu_sizes[i].min || size > SHADOW_MMU_MAX_SIZE)
			return -ERANGE;
		sizes[i] = size;
		if (!text[len])
			return 0;
		text += len + 1;
	}
	return -EINVAL;
}

static int read_mmu_check(struct shadow_params_check *c, const char *text)
{
	struct shadow_config *cfg = c->cfg;
	unsigned int i;
	int err;

	for (i = 0; i < SHADOW_NR_MMU_SIZES; i++)
		cfg->mmu_size[i] = shadow_mmu_sizes[i].def;
	cfg->mmu_check = strcmp(text, "off") && strcmp(text, "0");
	if (!cfg->mmu_check || strcmp(text, "on") == 0)
		return 0;
	err = read_mmu_sizes(text, cfg->mmu_size);
	if (err)
		return shadow_params_refuse(c, SHADOW_PARAM_MMU_CHECK, err,
					    "%sallowed: on, off, 1 to %u pages[,loads[,unmapped addresses[,addresses of the host's]]]",
					    err == -ERANGE ? "out of range; " : "",
					    SHADOW_MMU_MAX_SIZE);
	return 0;
}

static int read_debugfs(struct shadow_params_check *c, const char *text)
{
	return read_switch(c, SHADOW_PARAM_DEBUGFS, text, &c->cfg->debugfs);
}

static int (*const readers[SHADOW_NR_PARAMS])(struct shadow_params_check *c,
					      const char *text) = {
	[SHADOW_PARAM_SIZE]		= read_size,
	[SHADOW_PARAM_BASE]		= read_base,
	[SHADOW_PARAM_BASE_FORCE]	= read_base_force,
	[SHADOW_PARAM_REGION]		= read_region,
	[SHADOW_PARAM_BOARD]		= read_board,
	[SHADOW_PARAM_MEMORY]		= read_memory,
	[SHADOW_PARAM_CMDLINE]		= read_cmdline,
	[SHADOW_PARAM_SHARE]		= read_share,
	[SHADOW_PARAM_UNTIL]		= read_until,
	[SHADOW_PARAM_INITRD]		= read_initrd,
	[SHADOW_PARAM_IMAGE]		= read_image,
	[SHADOW_PARAM_DTB]		= read_dtb,
	[SHADOW_PARAM_SEED]		= read_seed,
	[SHADOW_PARAM_GRANULE]		= shadow_params_read_granule,
	[SHADOW_PARAM_VA_BITS]		= shadow_params_read_va_bits,
	[SHADOW_PARAM_PA_BITS]		= shadow_params_read_pa_bits,
	[SHADOW_PARAM_LPA2]		= shadow_params_read_lpa2,
	[SHADOW_PARAM_KASLR]		= read_kaslr,
	[SHADOW_PARAM_RODATA]		= shadow_params_read_rodata,
	[SHADOW_PARAM_TLBI]		= read_tlbi,
	[SHADOW_PARAM_EARLY]		= read_early,
	[SHADOW_PARAM_MIN_FREE_KBYTES]	= shadow_params_read_min_free,
	[SHADOW_PARAM_WATERMARK_SCALE_FACTOR] = shadow_params_read_scale,
	[SHADOW_PARAM_LOWMEM_RESERVE_RATIO] = shadow_params_read_ratios,
	[SHADOW_PARAM_MEMMODEL]		= read_memmodel,
	[SHADOW_PARAM_MAX_ORDER]	= shadow_params_read_max_order,
	[SHADOW_PARAM_MOBILITY]		= shadow_params_read_mobility,
	[SHADOW_PARAM_PCP]		= read_pcp,
	[SHADOW_PARAM_NODES]		= shadow_params_read_nodes,
	[SHADOW_PARAM_DISTANCE]		= shadow_params_read_distance,
	[SHADOW_PARAM_DMA]		= shadow_params_read_dma,
	[SHADOW_PARAM_DMA32]		= shadow_params_read_dma32,
	[SHADOW_PARAM_HIGHMEM]		= shadow_params_read_highmem,
	[SHADOW_PARAM_MOVABLECORE]	= shadow_params_read_movablecore,
	[SHADOW_PARAM_KERNELCORE]	= shadow_params_read_kernelcore,
	[SHADOW_PARAM_SLAB]		= shadow_params_read_slab,
	[SHADOW_PARAM_SLAB_DEBUG]	= shadow_params_read_slab_debug,
	[SHADOW_PARAM_SLAB_HARDENED]	= read_slab_hardened,
	[SHADOW_PARAM_SLAB_RANDOM]	= read_slab_random,
	[SHADOW_PARAM_SLAB_MERGE]	= read_slab_merge,
	[SHADOW_PARAM_PAGE_OWNER]	= read_page_owner,
	[SHADOW_PARAM_QUARANTINE]	= shadow_params_read_quarantine,
	[SHADOW_PARAM_RING]		= shadow_params_read_ring,
	[SHADOW_PARAM_MMU_CHECK]	= read_mmu_check,
	[SHADOW_PARAM_DEBUGFS]		= read_debugfs,
};

/**
 * shadow_params_read() - read one parameter, or take its default
 * @c: the check
 * @id: the parameter
 *
 * Context: any.
 * Return: 0, or -EINVAL, -ERANGE or -EOPNOTSUPP with @c->why set.
 */
int shadow_params_read(struct shadow_params_check *c, enum shadow_param_id id)
{
	const struct shadow_param_info *info = &shadow_param_table[id];
	const char *text = c->in->value[id];

	if (text) {
		if (info->state == SHADOW_PARAM_STATE_LATER || !readers[id])
			return not_yet(c, id, "");
		if (strnlen(text, SHADOW_PARAMS_VALUE) == SHADOW_PARAMS_VALUE)
			return shadow_params_refuse(c, id, -EINVAL,
						    "allowed: less than %u characters",
						    SHADOW_PARAMS_VALUE);
		c->cfg->given |= BIT_ULL(id);
		return readers[id](c, text);
	}
	return *info->def ? readers[id](c, info->def) : 0;
}
