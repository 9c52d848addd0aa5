// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ring_ops - what operations there are, and their arguments. See
 * shadow_ring.h.
 *
 * An address of an object, or of what an area maps, is a physical one; 0 is
 * NULL and 16 is SHADOW_ZERO_SIZE_PTR. Where there is none, or no frame, as the
 * result: 0, and SHADOW_RING_NO_PAGE. A tree of tables is the address of its root;
 * bits of SHADOW_MAP_* are below a page's. owner_flags has SHADOW_ALLOC_* from
 * bit 32 on, bytes_nid the node plus 1 from bit 56 on.
 */
#include "shadow_ring.h"

const struct shadow_op_info shadow_ops[SHADOW_NR_OPS] = {
	[SHADOW_OP_BOOT_PHASE] = { "boot_phase", { "phase" } },

	[SHADOW_OP_ALLOC_PAGES] = {
		"alloc_pages", { "gfp", "order", "cpu", "pfn" } },
	[SHADOW_OP_FREE_PAGES] = { "free_pages", { "pfn", "order", "cpu" } },
	[SHADOW_OP_ALLOC_BULK] = {
		"alloc_pages_bulk", { "gfp", "nr", "cpu", "filled" } },
	[SHADOW_OP_FREE_BULK] = { "free_pages_bulk", { "nr", "cpu" } },
	[SHADOW_OP_ALLOC_EXACT] = {
		"alloc_pages_exact", { "gfp", "nr_pages", "cpu", "pfn" } },
	[SHADOW_OP_FREE_EXACT] = { "free_pages_exact", { "va", "bytes" } },
	[SHADOW_OP_GET_PAGE] = { "get_page", { "pfn" } },
	[SHADOW_OP_PUT_PAGE] = { "put_page", { "pfn" } },
	[SHADOW_OP_SPLIT_PAGE] = { "split_page", { "pfn", "order" } },
	[SHADOW_OP_BUDDY_ALLOC] = {
		"buddy_alloc",
		{ "zone", "order", "migratetype", "owner_flags", "pfn" } },
	[SHADOW_OP_BUDDY_FREE] = { "buddy_free", { "zone", "pfn", "order" } },
	[SHADOW_OP_ALLOC_CONTIG] = {
		"alloc_contig", { "nr_pages", "align", "owner", "pfn" } },
	[SHADOW_OP_FREE_CONTIG] = { "free_contig", { "pfn", "nr_pages" } },
	[SHADOW_OP_PCP_DRAIN] = { "pcp_drain", { "zone", "cpu" } },
	[SHADOW_OP_PCP_DECAY] = { "pcp_decay", { "zone", "cpu" } },

	[SHADOW_OP_EARLY_ADD] = { "memblock_add", { "base", "bytes" } },
	[SHADOW_OP_EARLY_REMOVE] = { "memblock_remove", { "base", "bytes" } },
	[SHADOW_OP_EARLY_RESERVE] = { "memblock_reserve", { "base", "bytes" } },
	[SHADOW_OP_EARLY_FREE] = { "memblock_free", { "base", "bytes" } },
	[SHADOW_OP_EARLY_ALLOC] = {
		"early_alloc", { "bytes_nid", "align", "min", "max", "pa" } },
	[SHADOW_OP_EARLY_IOREMAP] = {
		"early_ioremap", { "pa", "bytes", "prot", "va" } },
	[SHADOW_OP_EARLY_IOUNMAP] = { "early_iounmap", { "va", "bytes" } },

	[SHADOW_OP_MAP] = {
		"map", { "root_flags", "va", "pa", "bytes", "prot" } },
	[SHADOW_OP_UNMAP] = { "unmap", { "root", "va", "bytes" } },
	[SHADOW_OP_PROTECT] = {
		"protect", { "root_flags", "va", "bytes", "prot" } },
	[SHADOW_OP_TLBI] = { "tlbi", { "va", "nr_pages" } },
	[SHADOW_OP_USER_CREATE] = { "user_create", { "root_pa" } },
	[SHADOW_OP_USER_DESTROY] = { "user_destroy", { NULL } },
	[SHADOW_OP_KMAP] = { "kmap", { "pfn", "va" } },
	[SHADOW_OP_KUNMAP] = { "kunmap", { "pfn" } },
	[SHADOW_OP_KMAP_LOCAL] = { "kmap_local", { "pfn", "cpu", "va" } },
	[SHADOW_OP_KUNMAP_LOCAL] = { "kunmap_local", { "va", "cpu" } },

	[SHADOW_OP_CACHE_CREATE] = {
		"cache_create", { "bytes", "align", "flags", "ctor", "cache" } },
	[SHADOW_OP_CACHE_DESTROY] = { "cache_destroy", { "cache" } },
	[SHADOW_OP_CACHE_DESTROY_NAME] = { "cache_destroy_name", { "cache" } },
	[SHADOW_OP_CACHE_SHRINK] = { "cache_shrink", { "cache" } },
	[SHADOW_OP_CACHE_REAP] = { "cache_reap", { "cpu" } },
	[SHADOW_OP_CACHE_CHECK] = { "cache_check", { "cache", "nr_wrong" } },
	[SHADOW_OP_CACHE_ALLOC] = {
		"cache_alloc", { "cache", "gfp", "cpu", "pa" } },
	[SHADOW_OP_CACHE_FREE] = { "cache_free", { "cache", "cpu", "pa" } },
	[SHADOW_OP_CACHE_ALLOC_BULK] = {
		"cache_alloc_bulk", { "cache", "gfp", "nr", "cpu", "filled" } },
	[SHADOW_OP_CACHE_FREE_BULK] = {
		"cache_free_bulk", { "cache", "nr", "cpu", "freed" } },
	[SHADOW_OP_KMALLOC] = { "kmalloc", { "bytes", "gfp", "cpu", "pa" } },
	[SHADOW_OP_KFREE] = { "kfree", { "pa", "cpu" } },
	[SHADOW_OP_KREALLOC] = {
		"krealloc", { "pa", "bytes", "gfp", "cpu", "new_pa" } },
	[SHADOW_OP_SLAB_GRACE] = { "slab_grace", { NULL } },

	[SHADOW_OP_VMALLOC] = {
		"vmalloc", { "bytes", "gfp", "prot", "caller", "va" } },
	[SHADOW_OP_VMALLOC_HUGE] = {
		"vmalloc_huge", { "bytes", "gfp", "prot", "caller", "va" } },
	[SHADOW_OP_VFREE] = { "vfree", { "va" } },
	[SHADOW_OP_VMAP] = { "vmap", { "nr_pages", "prot", "caller", "va" } },
	[SHADOW_OP_VUNMAP] = { "vunmap", { "va" } },
	[SHADOW_OP_IOREMAP] = {
		"ioremap", { "pa", "bytes", "prot", "caller", "va" } },
	[SHADOW_OP_VMALLOC_PURGE] = { "vmalloc_purge", { NULL } },

	[SHADOW_OP_MEMREMAP_PAGES] = {
		"memremap_pages", { "base", "bytes", "nid" } },
	[SHADOW_OP_MEMUNMAP_PAGES] = { "memunmap_pages", { "base", "bytes" } },
	[SHADOW_OP_SET] = { "set", { NULL } },
	[SHADOW_OP_FAIL] = {
		"fail", { "point", "probability", "interval", "times", "space" } },
	[SHADOW_OP_BREAK] = { "break", { "where", "bit", "given", "nr" } },
	[SHADOW_OP_TLB_TOUCH] = { "tlb_touch", { "va" } },
};
