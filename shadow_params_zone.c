// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_params_zone - the parameters that say how memory is divided: into
 * nodes, and into zones.
 *
 * Here each is judged alone, and what can be said of several before it is known
 * where memory lies. Whether they suit the memory, shadow_boot_zone.c says.
 */
#include "shadow_params_check.h"
#include "shadow_parse.h"

/* What ACPI's SLIT and a tree's distance-matrix allow; 255 is "not reachable" */
#define MIN_REMOTE	(SHADOW_LOCAL_DISTANCE + 1)
#define MAX_REMOTE	254

#define MAX_ADDRESS	BIT_ULL(52)

/**
 * shadow_params_read_nodes() - nodes=
 * @c: the check
 * @text: what was given
 *
 * Context: any.
 * Return: 0, or -EINVAL or -ERANGE with @c->why set. So do all readers here.
 */
int shadow_params_read_nodes(struct shadow_params_check *c, const char *text)
{
	u64 nodes;
	int err = shadow_parse_number(text, strlen(text), &nodes);

	if (err == -EINVAL)
		return shadow_params_refuse(c, SHADOW_PARAM_NODES, err,
					    "not a number; allowed: 1 to %u",
					    SHADOW_MAX_NODES);
	if (err || nodes < 1 || nodes > SHADOW_MAX_NODES)
		return shadow_params_refuse(c, SHADOW_PARAM_NODES, -ERANGE,
					    "out of range; allowed: 1 to %u",
					    SHADOW_MAX_NODES);
	c->cfg->nr_nodes = nodes;
	return 0;
}

static int bad_distance(struct shadow_params_check *c, unsigned int from,
			unsigned int to, u64 distance)
{
	if (from == to)
		return shadow_params_refuse(c, SHADOW_PARAM_DISTANCE, -EINVAL,
					    "%llu from node %u to itself; allowed: %u",
					    distance, from, SHADOW_LOCAL_DISTANCE);
	return shadow_params_refuse(c, SHADOW_PARAM_DISTANCE, -EINVAL,
				    "%llu from node %u to node %u; allowed: %u to %u",
				    distance, from, to, MIN_REMOTE, MAX_REMOTE);
}

/**
 * shadow_params_read_distance() - distance=
 * @c: the check, nodes= read
 * @text: what was given
 *
 * The rules of of_numa_parse_distance_map_v1() and of ACPI's slit_valid(): 10
 * to itself, more to others. Neither asks that there and back be the same.
 *
 * Context: any.
 * Return: as shadow_params_read_nodes().
 */
int shadow_params_read_distance(struct shadow_params_check *c,
				const char *text)
{
	unsigned int nr = c->cfg->nr_nodes, at, from, to;
	u64 distance;
	size_t len;

	if (!shadow_config_given(c->cfg, SHADOW_PARAM_NODES))
		return shadow_params_refuse(c, SHADOW_PARAM_DISTANCE, -EINVAL,
					    "allowed: together with nodes");
	for (at = 0;; at++, text += len + 1) {
		len = strcspn(text, ",");
		if (shadow_parse_number(text, len, &distance))
			return shadow_params_refuse(c, SHADOW_PARAM_DISTANCE, -EINVAL,
						    "number %u is none; allowed: %u numbers with commas, like 10,20,20,10",
						    at + 1, nr * nr);
		from = at / nr;
		to = at % nr;
		if (from < nr) {
			if (from == to ? distance != SHADOW_LOCAL_DISTANCE :
			    distance < MIN_REMOTE || distance > MAX_REMOTE)
				return bad_distance(c, from, to, distance);
			c->cfg->distance[from][to] = distance;
		}
		if (!text[len])
			break;
	}
	if (at + 1 == nr * nr)
		return 0;
	return shadow_params_refuse(c, SHADOW_PARAM_DISTANCE, -EINVAL,
				    "allowed: %u numbers, a row of %u for each of %u nodes",
				    nr * nr, nr, nr);
}

static int read_address(struct shadow_params_check *c, enum shadow_param_id id,
			const char *text, u64 *address)
{
	int err = shadow_parse_bytes(text, strlen(text), address);

	if (err == -EINVAL)
		return shadow_params_refuse(c, id, err,
					    "not an address; allowed: like 0x80000000 or 2G");
	if (err || *address > MAX_ADDRESS)
		return shadow_params_refuse(c, id, -ERANGE,
					    "out of range; allowed: up to 52 bits");
	return 0;
}

/**
 * shadow_params_read_dma() - dma=
 * @c: the check
 * @text: what was given
 *
 * Context: any.
 * Return: as shadow_params_read_nodes().
 */
int shadow_params_read_dma(struct shadow_params_check *c, const char *text)
{
	return read_address(c, SHADOW_PARAM_DMA, text, &c->cfg->dma);
}

/**
 * shadow_params_read_dma32() - dma32=
 * @c: the check
 * @text: what was given
 *
 * Context: any.
 * Return: as shadow_params_read_nodes().
 */
int shadow_params_read_dma32(struct shadow_params_check *c, const char *text)
{
	return read_address(c, SHADOW_PARAM_DMA32, text, &c->cfg->dma32);
}

/**
 * shadow_params_read_highmem() - highmem=
 * @c: the check
 * @text: what was given
 *
 * Context: any.
 * Return: as shadow_params_read_nodes().
 */
int shadow_params_read_highmem(struct shadow_params_check *c, const char *text)
{
	return read_address(c, SHADOW_PARAM_HIGHMEM, text, &c->cfg->highmem);
}

/* Bytes, or N%, as cmdline_parse_core() of mm/mm_init.c takes them */
static int read_core(struct shadow_params_check *c, enum shadow_param_id id,
		     const char *text, struct shadow_core *core)
{
	size_t len = strlen(text);
	u64 percent;

	if (!len || text[len - 1] != '%') {
		int err = shadow_parse_bytes(text, len, &core->bytes);

		if (err)
			return shadow_params_refuse(c, id, err,
						    "%s; allowed: bytes, like 512M, or 0%% to 100%% of memory",
						    err == -ERANGE ? "out of range" :
						    "not a number of bytes");
		return 0;
	}
	if (shadow_parse_number(text, len - 1, &percent))
		return shadow_params_refuse(c, id, -EINVAL,
					    "not a number; allowed: 0%% to 100%%");
	if (percent > 100)
		return shadow_params_refuse(c, id, -ERANGE,
					    "out of range; allowed: 0%% to 100%%");
	core->percent = percent;
	return 0;
}

/**
 * shadow_params_read_movablecore() - movablecore=
 * @c: the check
 * @text: what was given
 *
 * Context: any.
 * Return: as shadow_params_read_nodes().
 */
int shadow_params_read_movablecore(struct shadow_params_check *c,
				   const char *text)
{
	return read_core(c, SHADOW_PARAM_MOVABLECORE, text, &c->cfg->movablecore);
}

/**
 * shadow_params_read_kernelcore() - kernelcore=
 * @c: the check
 * @text: what was given
 *
 * Context: any.
 * Return: as shadow_params_read_nodes(); -EOPNOTSUPP for mirrored memory, which
 * no block has.
 */
int shadow_params_read_kernelcore(struct shadow_params_check *c,
				  const char *text)
{
	if (!strcmp(text, "mirror"))
		return shadow_params_refuse(c, SHADOW_PARAM_KERNELCORE, -EOPNOTSUPP,
					    "there is no mirrored memory; allowed: bytes, like 512M, or 0%% to 100%% of memory");
	return read_core(c, SHADOW_PARAM_KERNELCORE, text, &c->cfg->kernelcore);
}

/**
 * shadow_params_check_zones() - limits of zones, wherever memory lies
 * @c: the check, all read
 *
 * Context: any.
 * Return: 0, or -EINVAL with @c->why set.
 */
int shadow_params_check_zones(struct shadow_params_check *c)
{
	const struct {
		enum shadow_param_id id;
		u64 address;
	} limits[] = {
		{ SHADOW_PARAM_DMA, c->cfg->dma },
		{ SHADOW_PARAM_DMA32, c->cfg->dma32 },
		{ SHADOW_PARAM_HIGHMEM, c->cfg->highmem },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(limits); i++)
		if (!IS_ALIGNED(limits[i].address, 1ULL << c->cfg->page_shift))
			return shadow_params_refuse(c, limits[i].id, -EINVAL,
						    "allowed: a multiple of %uK, the granule",
						    shadow_params_granule_kib(c->cfg));
	return 0;
}

static void core_text(const struct shadow_core *core, char *text, size_t room)
{
	if (core->percent)
		snprintf(text, room, "%u%%", core->percent);
	else
		shadow_params_bytes_text(text, room, core->bytes);
}

static void distance_text(const struct shadow_config *cfg, char *text,
			  size_t room)
{
	unsigned int from, to;
	int at = 0;

	for (from = 0; from < cfg->nr_nodes; from++)
		for (to = 0; to < cfg->nr_nodes; to++)
			at += scnprintf(text + at, room - at, "%s%u",
					at ? "," : "", cfg->distance[from][to]);
}

/**
 * shadow_params_zone_value() - shadow_params_value() of these parameters
 * @cfg: a configuration that was checked
 * @id: the parameter
 * @text: filled where it was given; what holds else follows from the memory
 * @room: bytes there
 *
 * Context: any.
 */
void shadow_params_zone_value(const struct shadow_config *cfg,
			      enum shadow_param_id id, char *text, size_t room)
{
	if (!shadow_config_given(cfg, id))
		return;
	switch (id) {
	case SHADOW_PARAM_NODES:
		snprintf(text, room, "%u", cfg->nr_nodes);
		break;
	case SHADOW_PARAM_DISTANCE:
		distance_text(cfg, text, room);
		break;
	case SHADOW_PARAM_DMA:
		snprintf(text, room, "%#llx", cfg->dma);
		break;
	case SHADOW_PARAM_DMA32:
		snprintf(text, room, "%#llx", cfg->dma32);
		break;
	case SHADOW_PARAM_HIGHMEM:
		snprintf(text, room, "%#llx", cfg->highmem);
		break;
	case SHADOW_PARAM_MOVABLECORE:
		core_text(&cfg->movablecore, text, room);
		break;
	default:
		core_text(&cfg->kernelcore, text, room);
		break;
	}
}
