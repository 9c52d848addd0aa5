// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_phase - what each phase of the boot is called and what it follows.
 */
#include "shadow_phase.h"

static const struct {
	const char *name;
	const char *follows;
} phases[SHADOW_NR_PHASES] = {
	[SHADOW_PHASE_PRESERVE_BOOT_ARGS] = { "preserve_boot_args", "head.S" },
	[SHADOW_PHASE_INIT_KERNEL_EL]	= { "init_kernel_el", "head.S" },
	[SHADOW_PHASE_CREATE_IDMAP]	= { "create_init_idmap", "kernel/pi/map_range.c" },
	[SHADOW_PHASE_MAP_KERNEL]	= { "map_kernel", "kernel/pi/map_kernel.c" },
	[SHADOW_PHASE_CPU_SETUP]	= { "__cpu_setup", "mm/proc.S" },
	[SHADOW_PHASE_PRIMARY_SWITCH]	= { "__primary_switch", "head.S" },
	[SHADOW_PHASE_FIXMAP_INIT]	= { "early_fixmap_init", "arch/arm64/mm/fixmap.c" },
	[SHADOW_PHASE_SETUP_FDT]	= { "setup_machine_fdt", "arch/arm64/kernel/setup.c" },
	[SHADOW_PHASE_MEMBLOCK_INIT]	= { "arm64_memblock_init", "arch/arm64/mm/init.c" },
	[SHADOW_PHASE_PAGING_INIT]	= { "paging_init", "arch/arm64/mm/mmu.c" },
	[SHADOW_PHASE_KMAP_INIT]	= { "kmap_init", "arch/arm/mm/mmu.c" },
	[SHADOW_PHASE_BOOTMEM_INIT]	= { "bootmem_init", "arch/arm64/mm/init.c" },
	[SHADOW_PHASE_FREE_AREA_INIT]	= { "free_area_init", "mm/mm_init.c" },
	[SHADOW_PHASE_BUILD_ZONELISTS]	= { "build_all_zonelists", "mm/page_alloc.c" },
	[SHADOW_PHASE_MEM_INIT]		= { "mem_init", "mm/memblock.c" },
	[SHADOW_PHASE_WATERMARKS]	= { "init_per_zone_wmark_min", "mm/page_alloc.c" },
	[SHADOW_PHASE_SLAB_INIT]	= { "kmem_cache_init", "the engine's own" },
	[SHADOW_PHASE_VMALLOC_INIT]	= { "vmalloc_init", "mm/vmalloc.c" },
	[SHADOW_PHASE_VERIFY]		= { "verify", "every layer's own" },
	[SHADOW_PHASE_MMU_CHECK]	= { "mmu_check", "the CPU's AT instruction" },
};

/**
 * shadow_phase_name() - what a phase is called
 * @phase: enum shadow_phase
 *
 * Context: any.
 * Return: the kernel's name where it has one.
 */
const char *shadow_phase_name(unsigned int phase)
{
	return phase < SHADOW_NR_PHASES ? phases[phase].name : "none";
}

/**
 * shadow_phase_follows() - where the original of a phase is found
 * @phase: enum shadow_phase
 *
 * Of kmem_cache_init, shadow_slab_source() knows.
 *
 * Context: any.
 * Return: a file of the kernel's, or what else it follows.
 */
const char *shadow_phase_follows(unsigned int phase)
{
	return phase < SHADOW_NR_PHASES ? phases[phase].follows : "";
}

/**
 * shadow_phase_find() - the phase of a name
 * @name: the name, not terminated
 * @len: its length in bytes
 *
 * Context: any.
 * Return: enum shadow_phase, or SHADOW_NR_PHASES where none is called that.
 */
unsigned int shadow_phase_find(const char *name, size_t len)
{
	unsigned int phase;

	for (phase = 0; phase < SHADOW_NR_PHASES; phase++)
		if (strlen(phases[phase].name) == len &&
		    !memcmp(phases[phase].name, name, len))
			break;
	return phase;
}
