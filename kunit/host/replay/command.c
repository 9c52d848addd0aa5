// SPDX-License-Identifier: GPL-2.0-only
/*
 * command - random commands of the language, for histories that are made here.
 *
 * What each of them says is all the same: what is refused is a part of a
 * history as well.
 */
#include <stdio.h>

#include "replay.h"
#include "shadow_break.h"

/* From where on the machine is complete, which all of these need */
static const char *const commands[] = {
	"alloc_pages %u", "alloc_pages %u gfp=COMP", "alloc_pages %u gfp=MOVABLE,HIGHMEM",
	"alloc_pages 0 count=%u zone=DMA", "alloc_pages_exact %u000", "alloc_pages_bulk %u0",
	"split_page %u", "get_page %u", "put_page %u", "free_pages %u", "free_pages %u count=1",
	"kmalloc %u00", "kmalloc %u0000", "krealloc %u 5000", "krealloc %u 30", "kfree %u",
	"cache_create c%u 120", "cache_create r%u 60 flags=RED_ZONE,POISON,STORE_USER",
	"cache_create t%u 100 flags=TYPESAFE_BY_RCU",
	"cache_alloc c%u count=30", "cache_alloc r%u", "cache_alloc t%u count=70",
	"cache_free %u", "cache_free %u count=1", "cache_shrink c%u", "cache_shrink t%u",
	"cache_reap #%u", "cache_check r%u", "cache_destroy c%u", "cache_destroy t%u",
	"vmalloc %u0000", "vmalloc %uM huge=on", "vmalloc 3%u000 huge=off count=3", "vfree %u",
	"vmap %u", "vmap %u 3 4", "vunmap %u", "ioremap 0x9%x000 8192", "iounmap %u",
	"vmalloc_purge #%u", "map 0x5%x0000 0x48000000 40 rw", "unmap 0x5%x3000 2",
	"unmap 0x5%x0000 40", "protect 0x5%x1000 1 r", "tlbi all #%u",
	"tlbi 0xfff00000%x000000 600", "kmap %u", "kmap %u cpu=1", "kunmap %u", "kunmap %u cpu=1",
	"drain cpu=%u", "drain #%u", "mark #%u", "set routes on #%u", "set routes off #%u",
	"set counters on #%u", "set counters off #%u", "set min_free_kbytes %u00",
	"set watermark_scale_factor %u0", "set watermark_boost_factor %u000",
	"set lowmem_reserve_ratio %u", "set percpu_pagelist_high_fraction %u",
	"set frag_interval %u", "set map_frames %u",
	"memremap_pages 0x%x00000000 128M", "memunmap_pages 0x%x00000000",
	"fail page probability=%u times=20", "fail page #%u", "fail table probability=%u times=9",
	"fail slab probability=%u interval=3", "fail slab #%u",
};

/* As long as memory comes from the early allocator */
static const char *const early_commands[] = {
	"memblock_reserve 0x4a%x00000 12288", "memblock_free 0x4a%x01000 4096",
	"memblock_remove 0x4b%x00000 65536", "memblock_add 0x4b%x00000 32768",
	"early_alloc %u00", "early_alloc 8192 align=%uM", "early_alloc 64 node=%u",
	"early_ioremap 0x9%x00000 4096", "early_iounmap 0x%x", "set routes on #%u",
};

static void say(struct machine *machine, const char *text)
{
	struct shadow_ctl *ctl = machine_ctl(machine);

	if (ctl)
		shadow_ctl_write(ctl, text, strlen(text));
}

/**
 * command_run() - one random command
 * @machine: to whom
 * @rnd: a random number
 * @early: the machine still boots
 */
void command_run(struct machine *machine, u64 rnd, bool early)
{
	const char *const *from = early ? early_commands : commands;
	unsigned int nr = early ? ARRAY_SIZE(early_commands) : ARRAY_SIZE(commands);
	const char *format = from[(u32)rnd % nr];
	unsigned int most = strstr(format, " %u") ? 60 : 6;
	char text[120];

	/* An order, a CPU, or digits of an address; ids are more */
	if (strstr(format, "alloc_pages %u") || strstr(format, "="))
		most = 6;
	snprintf(text, sizeof(text), format, 1 + (u32)(rnd >> 32) % most);
	say(machine, text);
}

/**
 * command_break() - the machine is damaged on purpose
 * @machine: which
 * @rnd: a random number
 */
void command_break(struct machine *machine, u64 rnd)
{
	char names[2000], *name = names, *end;

	shadow_break_list(names, sizeof(names));
	for (rnd %= 30; rnd; rnd--) {
		end = strchr(name, ' ');
		name = end ? end + 1 : names;
	}
	memmove(names + strlen("break "), name, strcspn(name, " ") + 1);
	memcpy(names, "break ", strlen("break "));
	names[strcspn(names + strlen("break "), " ") + strlen("break ")] = '\0';
	say(machine, names);
}
