// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own file, as tools/testing/memblock compiles it. It is included,
 * because a second run needs its static variables as they were for the first.
 */
#include "memblock.c"

#include "versus.h"

bool movable_node_enabled;

static void init(void *arena, u64 bytes, bool resize)
{
	memset(memblock_memory_init_regions, 0,
	       sizeof(memblock_memory_init_regions));
	memset(memblock_reserved_init_regions, 0,
	       sizeof(memblock_reserved_init_regions));
	memset(&memblock, 0, sizeof(memblock));
	memblock.memory.regions = memblock_memory_init_regions;
	memblock.memory.max = INIT_MEMBLOCK_MEMORY_REGIONS;
	memblock.memory.name = "memory";
	memblock.reserved.regions = memblock_reserved_init_regions;
	memblock.reserved.max = INIT_MEMBLOCK_RESERVED_REGIONS;
	memblock.reserved.name = "reserved";
	memblock.current_limit = MEMBLOCK_ALLOC_ANYWHERE;
	memblock_can_resize = resize;
	if (resize)
		memblock_add((phys_addr_t)(unsigned long)arena, bytes);
}

static int verify(void)
{
	return 0;
}

#define MEMBLOCK(name)	memblock_##name
#define SELF
#define SELF_
#define THE		memblock
#define TYPE		struct memblock_type
#define VERSUS		versus_kernel
#define NAME		"mm/memblock.c"
#include "adapter.h"
