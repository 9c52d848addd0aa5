// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_params_given - the module's parameters as insmod hands them over: text,
 * all of it, so that shadow_params_check() judges every value in one place and
 * refuses with a line of its own.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sysfs.h>

#include "shadow_params.h"

/* Written by the kernel before the module's init runs, and never again. */
struct shadow_param_strings shadow_params_given;

/* What was given, else the default; an empty line where there is none of both */
static int given_get(char *buffer, const struct kernel_param *kp)
{
	char **value = kp->arg;
	unsigned int id = value - shadow_params_given.value;

	if (*value)
		return param_get_charp(buffer, kp);
	if (id == SHADOW_PARAM_GRANULE)
		return sysfs_emit(buffer, "%luk\n", PAGE_SIZE / SZ_1K);
	return sysfs_emit(buffer, "%s\n", shadow_param_table[id].def);
}

static const struct kernel_param_ops given_ops = {
	.set = param_set_charp,
	.get = given_get,
	.free = param_free_charp,
};

#define GIVEN(name, id) \
	module_param_cb(name, &given_ops, \
			&shadow_params_given.value[SHADOW_PARAM_##id], 0444); \
	__MODULE_PARM_TYPE(name, "charp"); \
	MODULE_PARM_DESC(name, SHADOW_WHAT_##id)

GIVEN(size, SIZE);
GIVEN(base, BASE);
GIVEN(base_force, BASE_FORCE);
GIVEN(region, REGION);
GIVEN(board, BOARD);
GIVEN(memory, MEMORY);
GIVEN(cmdline, CMDLINE);
GIVEN(initrd, INITRD);
GIVEN(image, IMAGE);
GIVEN(dtb, DTB);
GIVEN(share, SHARE);
GIVEN(seed, SEED);
GIVEN(granule, GRANULE);
GIVEN(va_bits, VA_BITS);
GIVEN(pa_bits, PA_BITS);
GIVEN(lpa2, LPA2);
GIVEN(kaslr, KASLR);
GIVEN(rodata, RODATA);
GIVEN(tlbi, TLBI);
GIVEN(early, EARLY);
GIVEN(until, UNTIL);
GIVEN(memmodel, MEMMODEL);
GIVEN(nodes, NODES);
GIVEN(distance, DISTANCE);
GIVEN(dma, DMA);
GIVEN(dma32, DMA32);
GIVEN(highmem, HIGHMEM);
GIVEN(movablecore, MOVABLECORE);
GIVEN(kernelcore, KERNELCORE);
GIVEN(max_order, MAX_ORDER);
GIVEN(pcp, PCP);
GIVEN(mobility, MOBILITY);
GIVEN(min_free_kbytes, MIN_FREE_KBYTES);
GIVEN(watermark_scale_factor, WATERMARK_SCALE_FACTOR);
GIVEN(lowmem_reserve_ratio, LOWMEM_RESERVE_RATIO);
GIVEN(slab, SLAB);
GIVEN(slab_debug, SLAB_DEBUG);
GIVEN(slab_hardened, SLAB_HARDENED);
GIVEN(slab_random, SLAB_RANDOM);
GIVEN(slab_merge, SLAB_MERGE);
GIVEN(quarantine, QUARANTINE);
GIVEN(page_owner, PAGE_OWNER);
GIVEN(ring, RING);
GIVEN(mmu_check, MMU_CHECK);
GIVEN(debugfs, DEBUGFS);
