// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_params - the parameters of a machine: one pure check, and how they are
 * printed. See shadow_params.h.
 *
 * Each parameter is read alone first (shadow_params_read.c). What follows from
 * several together is checked here, after all of them were read.
 */
#include "shadow_params_check.h"
#include "shadow_pcp.h"
#include "shadow_params_room.h"

#define MAX_BYTES	(1024ULL * SZ_1G)

/* What a block is made of: whole pages of the machine, and of the host. */
static u64 block_unit(const struct shadow_params_check *c)
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

static int check_size(struct shadow_params_check *c)
{
	u64 min = min_bytes(c->cfg), bytes = c->cfg->bytes;
	u64 unit = block_unit(c);
	enum shadow_param_id id = c->cfg->share ? SHADOW_PARAM_SHARE :
						  SHADOW_PARAM_SIZE;

	if (bytes < min || bytes > MAX_BYTES)
		return shadow_params_refuse(c, id, -ERANGE,
					    "out of range; allowed: %lluM to 1T with granule=%uk",
					    min >> 20, shadow_params_granule_kib(c->cfg));
	if (!IS_ALIGNED(bytes, unit))
		return shadow_params_refuse(c, id, -EINVAL,
					    "allowed: a multiple of %lluK, the larger of the granule and the host's page",
					    unit >> 10);
	if (bytes > shadow_params_max_bytes(c->cfg))
		return shadow_params_refuse(c, id, -ERANGE,
					    "out of range; allowed: up to %lluM, the linear map's with va_bits=%u",
					    shadow_params_max_bytes(c->cfg) >> 20,
					    c->cfg->va_bits);
	return 0;
}

/* Output address bits that descriptors can hold, no more than the CPU has. */
static unsigned int pa_bits(const struct shadow_params_check *c)
{
	unsigned int bits = c->cfg->pa_bits;

	if (c->host->pa_bits)
		bits = min(bits, c->host->pa_bits);
	return bits;
}

static int check_base(struct shadow_params_check *c)
{
	struct shadow_config *cfg = c->cfg;
	u64 unit = block_unit(c);
	u64 limit = 1ULL << pa_bits(c);

	if (!shadow_config_given(cfg, SHADOW_PARAM_BASE)) {
		if (cfg->base_force)
			return shadow_params_refuse(c, SHADOW_PARAM_BASE_FORCE, -EINVAL,
						    "allowed: only together with base");
		return 0;
	}
	if (shadow_config_given(cfg, SHADOW_PARAM_REGION))
		return shadow_params_refuse(c, SHADOW_PARAM_REGION, -EINVAL,
					    "allowed: base or region, not both");
	if (!IS_ALIGNED(cfg->base, unit))
		return shadow_params_refuse(c, SHADOW_PARAM_BASE, -EINVAL,
					    "allowed: a multiple of %lluK, the larger of the granule and the host's page",
					    unit >> 10);
	if (cfg->bytes > limit || cfg->base > limit - cfg->bytes)
		return shadow_params_refuse(c, SHADOW_PARAM_BASE, -ERANGE,
					    "out of range; allowed: a block that ends within %u bits",
					    pa_bits(c));
	return 0;
}

/*
 * Unless base says where, the block is judged as if it lay at 0: what counts
 * from its start does not change when it is moved.
 */
static int check_ranges(struct shadow_params_check *c)
{
	struct shadow_block block = {
		.base = c->cfg->base, .bytes = c->cfg->bytes,
	};
	struct shadow_places places;

	return shadow_params_place_in(c, &block,
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
	struct shadow_params_check c = {
		.in = in, .host = host, .cfg = cfg,
		.why = why, .why_bytes = why_bytes,
	};
	unsigned int id;
	int err;

	memset(cfg, 0, sizeof(*cfg));
	cfg->page_shift = host->page_shift;
	cfg->until = SHADOW_NR_PHASES - 1;
	cfg->nr_nodes = 1;
	why[0] = '\0';
	for (id = 0; id < SHADOW_NR_PARAMS; id++) {
		err = shadow_params_read(&c, id);
		if (err)
			return err;
	}
	err = shadow_params_check_shape(&c);
	if (!err)
		err = shadow_params_check_max_order(&c);
	if (!err)
		err = check_size(&c);
	if (!err)
		err = check_base(&c);
	if (!err)
		err = shadow_params_check_min_free(&c);
	if (!err)
		err = shadow_params_check_zones(&c);
	/* A board's memory is not known yet: shadow_board_place() checks there */
	if (!err && !shadow_config_has_board(cfg))
		err = check_ranges(&c);
	return err;
}

/* ------------------------------------------------------------- printing -- */

/**
 * shadow_params_bytes_text() - bytes as a person writes them
 * @text: filled
 * @room: bytes there
 * @bytes: how many
 *
 * With the largest suffix that leaves a whole number.
 *
 * Context: any.
 */
void shadow_params_bytes_text(char *text, size_t room, u64 bytes)
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
	shadow_params_bytes_text(text + at, room - at, range->bytes);
}

/* No more numbers than are needed to say all */
static void mmu_check_text(const struct shadow_config *cfg, char *text,
			   size_t room)
{
	unsigned int nr = SHADOW_NR_MMU_SIZES, i;
	size_t at = 0;

	if (!cfg->mmu_check) {
		snprintf(text, room, "off");
		return;
	}
	while (nr > 1 && cfg->mmu_size[nr - 1] == shadow_mmu_sizes[nr - 1].def)
		nr--;
	for (i = 0; i < nr; i++)
		at += scnprintf(text + at, room - at, "%s%u", i ? "," : "",
				cfg->mmu_size[i]);
}

/* Which memory the machine has */
static void block_value(const struct shadow_config *cfg,
			enum shadow_param_id id, char *text, size_t room)
{
	switch (id) {
	case SHADOW_PARAM_SIZE:
		shadow_params_bytes_text(text, room, cfg->bytes);
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
	case SHADOW_PARAM_BOARD:
		snprintf(text, room, "%s", cfg->board);
		break;
	case SHADOW_PARAM_MEMORY:
		snprintf(text, room, "%s", cfg->memory ? : "");
		break;
	case SHADOW_PARAM_CMDLINE:
		if (cfg->cmdline)
			snprintf(text, room, "\"%s\"", cfg->cmdline);
		break;
	case SHADOW_PARAM_SHARE:
		if (cfg->share)
			shadow_params_bytes_text(text, room, cfg->share);
		break;
	default:
		break;
	}
}

/* What its boot finds there, and which ways it goes */
static void boot_value(const struct shadow_config *cfg,
		       enum shadow_param_id id, char *text, size_t room)
{
	switch (id) {
	case SHADOW_PARAM_INITRD:
		range_text(text, room, &cfg->initrd);
		break;
	case SHADOW_PARAM_IMAGE:
		range_text(text, room, &cfg->image);
		break;
	case SHADOW_PARAM_DTB:
		range_text(text, room, &cfg->dtb);
		break;
	case SHADOW_PARAM_SEED:
		snprintf(text, room, "%llu", cfg->seed);
		break;
	case SHADOW_PARAM_KASLR:
		snprintf(text, room, "%s", cfg->kaslr ? "on" : "off");
		break;
	case SHADOW_PARAM_TLBI:
		snprintf(text, room, "%s",
			 cfg->tlbi == SHADOW_TLBI_MODE_STALE ? "stale" : "on");
		break;
	case SHADOW_PARAM_EARLY:
		snprintf(text, room, "%s", cfg->early);
		break;
	case SHADOW_PARAM_UNTIL:
		snprintf(text, room, "%s", shadow_phase_name(cfg->until));
		break;
	default:
		break;
	}
}

/* Which of several ways a layer goes, and who looks on */
static void layer_value(const struct shadow_config *cfg,
			enum shadow_param_id id, char *text, size_t room)
{
	switch (id) {
	case SHADOW_PARAM_MEMMODEL:
		snprintf(text, room, "%s", shadow_memmodel_names[cfg->memmodel]);
		break;
	case SHADOW_PARAM_PCP:
		snprintf(text, room, "%s", cfg->pcp->name);
		break;
	case SHADOW_PARAM_MMU_CHECK:
		mmu_check_text(cfg, text, room);
		break;
	case SHADOW_PARAM_DEBUGFS:
		snprintf(text, room, "%s", cfg->debugfs ? "on" : "off");
		break;
	case SHADOW_PARAM_PAGE_OWNER:
		snprintf(text, room, "%s", cfg->page_owner ? "on" : "off");
		break;
	default:
		break;
	}
}

/**
 * shadow_params_value() - a parameter's value as it was understood
 * @cfg: a configuration that was checked
 * @id: the parameter
 * @text: filled; "" where nothing was given and there is no default
 * @room: bytes there
 *
 * Context: any.
 */
void shadow_params_value(const struct shadow_config *cfg,
			 enum shadow_param_id id, char *text, size_t room)
{
	text[0] = '\0';
	switch (id) {
	case SHADOW_PARAM_GRANULE:
	case SHADOW_PARAM_VA_BITS:
	case SHADOW_PARAM_PA_BITS:
	case SHADOW_PARAM_LPA2:
	case SHADOW_PARAM_RODATA:
		shadow_params_shape_value(cfg, id, text, room);
		break;
	case SHADOW_PARAM_NODES:
	case SHADOW_PARAM_DISTANCE:
	case SHADOW_PARAM_DMA:
	case SHADOW_PARAM_DMA32:
	case SHADOW_PARAM_HIGHMEM:
	case SHADOW_PARAM_MOVABLECORE:
	case SHADOW_PARAM_KERNELCORE:
		shadow_params_zone_value(cfg, id, text, room);
		break;
	case SHADOW_PARAM_MAX_ORDER:
	case SHADOW_PARAM_MOBILITY:
		shadow_params_buddy_value(cfg, id, text, room);
		break;
	case SHADOW_PARAM_MIN_FREE_KBYTES:
	case SHADOW_PARAM_WATERMARK_SCALE_FACTOR:
	case SHADOW_PARAM_LOWMEM_RESERVE_RATIO:
		shadow_params_marks_value(cfg, id, text, room);
		break;
	case SHADOW_PARAM_SLAB:
	case SHADOW_PARAM_SLAB_DEBUG:
	case SHADOW_PARAM_SLAB_HARDENED:
	case SHADOW_PARAM_SLAB_RANDOM:
	case SHADOW_PARAM_SLAB_MERGE:
	case SHADOW_PARAM_QUARANTINE:
		shadow_params_slab_value(cfg, id, text, room);
		break;
	case SHADOW_PARAM_RING:
		shadow_params_watch_value(cfg, id, text, room);
		break;
	case SHADOW_PARAM_MEMMODEL:
	case SHADOW_PARAM_PCP:
	case SHADOW_PARAM_MMU_CHECK:
	case SHADOW_PARAM_DEBUGFS:
	case SHADOW_PARAM_PAGE_OWNER:
		layer_value(cfg, id, text, room);
		break;
	default:
		/* Each is one's or the other's, or one that cannot be given yet */
		block_value(cfg, id, text, room);
		boot_value(cfg, id, text, room);
		break;
	}
}

/**
 * shadow_params_print() - the configuration, one line a parameter
 * @cfg: a configuration that was checked
 * @emit: called for each line
 * @to: handed to it
 *
 * A line is `name=value`, whether it was given or set since, and what it means.
 * Parameters whose layer is not complete are left out: they cannot be given.
 *
 * Context: what @emit needs.
 */
void shadow_params_print(const struct shadow_config *cfg,
			 shadow_params_emit_t emit, void *to)
{
	char line[SHADOW_PARAMS_VALUE + 200];
	unsigned int id;
	int at;

	for (id = 0; id < SHADOW_NR_PARAMS; id++) {
		const struct shadow_param_info *info = &shadow_param_table[id];

		if (info->state == SHADOW_PARAM_STATE_LATER)
			continue;
		at = scnprintf(line, sizeof(line), "%s=", info->name);
		shadow_params_value(cfg, id, line + at, SHADOW_PARAMS_VALUE);
		at = strlen(line);
		scnprintf(line + at, sizeof(line) - at, "%*s # %s: %s",
			  max(24 - at, 0), "",
			  cfg->set & BIT_ULL(id) ? "set" :
			  shadow_config_given(cfg, id) ? "given" : "default",
			  info->what);
		emit(to, line);
	}
}
