// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our memblock, in a block that has the arena's addresses and contents of its
 * own: the kernel's array and ours lie at the same address at the same time.
 */
#include <stdio.h>
#include <stdlib.h>

#include "shadow_memblock.h"

#include "versus.h"

static struct shadow_memblock ours;
static struct shadow_block block;
static struct shadow_event_log events;

static void init(void *arena, u64 bytes, bool resize)
{
	block.base = (unsigned long)arena;
	block.bytes = bytes;
	if (!block.virt)
		block.virt = aligned_alloc(4096, bytes);
	shadow_memblock_init(&ours, &block, &events, 12);
	if (!resize)
		return;
	shadow_memblock_allow_resize(&ours);
	shadow_memblock_add(&ours, block.base, bytes);
}

static int verify(void)
{
	struct shadow_fault fault;
	int err;

	shadow_fault_init(&fault);
	err = shadow_memblock_verify(&ours, &fault);
	if (err)
		printf("%s\n", fault.text);
	return err;
}

#define MEMBLOCK(name)	shadow_memblock_##name
#define SELF		(&ours)
#define SELF_		SELF,
#define THE		ours
#define TYPE		struct shadow_memblock_type
#define VERSUS		versus_ours
#define NAME		"shadow_memblock"
#include "adapter.h"
