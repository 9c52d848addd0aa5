// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_params_given - the module's parameters as insmod hands them over: text,
 * all of it, so that shadow_params_check() judges every value in one place and
 * refuses with a line of its own.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>

#include "shadow_params.h"

/* Written by the kernel before the module's init runs, and never again. */
struct shadow_param_strings shadow_params_given;

#define GIVEN(id)	shadow_params_given.value[SHADOW_PARAM_##id]

module_param_named(size, GIVEN(SIZE), charp, 0444);
MODULE_PARM_DESC(size, SHADOW_WHAT_SIZE);
module_param_named(base, GIVEN(BASE), charp, 0444);
MODULE_PARM_DESC(base, SHADOW_WHAT_BASE);
module_param_named(base_force, GIVEN(BASE_FORCE), charp, 0444);
MODULE_PARM_DESC(base_force, SHADOW_WHAT_BASE_FORCE);
module_param_named(region, GIVEN(REGION), charp, 0444);
MODULE_PARM_DESC(region, SHADOW_WHAT_REGION);
module_param_named(board, GIVEN(BOARD), charp, 0444);
MODULE_PARM_DESC(board, SHADOW_WHAT_BOARD);
module_param_named(memory, GIVEN(MEMORY), charp, 0444);
MODULE_PARM_DESC(memory, SHADOW_WHAT_MEMORY);
module_param_named(cmdline, GIVEN(CMDLINE), charp, 0444);
MODULE_PARM_DESC(cmdline, SHADOW_WHAT_CMDLINE);
module_param_named(initrd, GIVEN(INITRD), charp, 0444);
MODULE_PARM_DESC(initrd, SHADOW_WHAT_INITRD);
module_param_named(image, GIVEN(IMAGE), charp, 0444);
MODULE_PARM_DESC(image, SHADOW_WHAT_IMAGE);
module_param_named(dtb, GIVEN(DTB), charp, 0444);
MODULE_PARM_DESC(dtb, SHADOW_WHAT_DTB);
module_param_named(share, GIVEN(SHARE), charp, 0444);
MODULE_PARM_DESC(share, SHADOW_WHAT_SHARE);
module_param_named(seed, GIVEN(SEED), charp, 0444);
MODULE_PARM_DESC(seed, SHADOW_WHAT_SEED);
module_param_named(granule, GIVEN(GRANULE), charp, 0444);
MODULE_PARM_DESC(granule, SHADOW_WHAT_GRANULE);
module_param_named(va_bits, GIVEN(VA_BITS), charp, 0444);
MODULE_PARM_DESC(va_bits, SHADOW_WHAT_VA_BITS);
module_param_named(lpa2, GIVEN(LPA2), charp, 0444);
MODULE_PARM_DESC(lpa2, SHADOW_WHAT_LPA2);
module_param_named(kaslr, GIVEN(KASLR), charp, 0444);
MODULE_PARM_DESC(kaslr, SHADOW_WHAT_KASLR);
module_param_named(rodata, GIVEN(RODATA), charp, 0444);
MODULE_PARM_DESC(rodata, SHADOW_WHAT_RODATA);
module_param_named(tlbi, GIVEN(TLBI), charp, 0444);
MODULE_PARM_DESC(tlbi, SHADOW_WHAT_TLBI);
module_param_named(early, GIVEN(EARLY), charp, 0444);
MODULE_PARM_DESC(early, SHADOW_WHAT_EARLY);
module_param_named(until, GIVEN(UNTIL), charp, 0444);
MODULE_PARM_DESC(until, SHADOW_WHAT_UNTIL);
module_param_named(memmodel, GIVEN(MEMMODEL), charp, 0444);
MODULE_PARM_DESC(memmodel, SHADOW_WHAT_MEMMODEL);
module_param_named(nodes, GIVEN(NODES), charp, 0444);
MODULE_PARM_DESC(nodes, SHADOW_WHAT_NODES);
module_param_named(distance, GIVEN(DISTANCE), charp, 0444);
MODULE_PARM_DESC(distance, SHADOW_WHAT_DISTANCE);
module_param_named(dma, GIVEN(DMA), charp, 0444);
MODULE_PARM_DESC(dma, SHADOW_WHAT_DMA);
module_param_named(dma32, GIVEN(DMA32), charp, 0444);
MODULE_PARM_DESC(dma32, SHADOW_WHAT_DMA32);
module_param_named(highmem, GIVEN(HIGHMEM), charp, 0444);
MODULE_PARM_DESC(highmem, SHADOW_WHAT_HIGHMEM);
module_param_named(movablecore, GIVEN(MOVABLECORE), charp, 0444);
MODULE_PARM_DESC(movablecore, SHADOW_WHAT_MOVABLECORE);
module_param_named(kernelcore, GIVEN(KERNELCORE), charp, 0444);
MODULE_PARM_DESC(kernelcore, SHADOW_WHAT_KERNELCORE);
module_param_named(max_order, GIVEN(MAX_ORDER), charp, 0444);
MODULE_PARM_DESC(max_order, SHADOW_WHAT_MAX_ORDER);
module_param_named(pcp, GIVEN(PCP), charp, 0444);
MODULE_PARM_DESC(pcp, SHADOW_WHAT_PCP);
module_param_named(mobility, GIVEN(MOBILITY), charp, 0444);
MODULE_PARM_DESC(mobility, SHADOW_WHAT_MOBILITY);
module_param_named(min_free_kbytes, GIVEN(MIN_FREE_KBYTES), charp, 0444);
MODULE_PARM_DESC(min_free_kbytes, SHADOW_WHAT_MIN_FREE_KBYTES);
module_param_named(watermark_scale_factor, GIVEN(WATERMARK_SCALE_FACTOR), charp, 0444);
MODULE_PARM_DESC(watermark_scale_factor, SHADOW_WHAT_WATERMARK_SCALE_FACTOR);
module_param_named(lowmem_reserve_ratio, GIVEN(LOWMEM_RESERVE_RATIO), charp, 0444);
MODULE_PARM_DESC(lowmem_reserve_ratio, SHADOW_WHAT_LOWMEM_RESERVE_RATIO);
module_param_named(slab, GIVEN(SLAB), charp, 0444);
MODULE_PARM_DESC(slab, SHADOW_WHAT_SLAB);
module_param_named(quarantine, GIVEN(QUARANTINE), charp, 0444);
MODULE_PARM_DESC(quarantine, SHADOW_WHAT_QUARANTINE);
module_param_named(page_owner, GIVEN(PAGE_OWNER), charp, 0444);
MODULE_PARM_DESC(page_owner, SHADOW_WHAT_PAGE_OWNER);
module_param_named(ring, GIVEN(RING), charp, 0444);
MODULE_PARM_DESC(ring, SHADOW_WHAT_RING);
module_param_named(mmu_check, GIVEN(MMU_CHECK), charp, 0444);
MODULE_PARM_DESC(mmu_check, SHADOW_WHAT_MMU_CHECK);
module_param_named(debugfs, GIVEN(DEBUGFS), charp, 0444);
MODULE_PARM_DESC(debugfs, SHADOW_WHAT_DEBUGFS);
