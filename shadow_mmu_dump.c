// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_mmu_dump - the tables that the host runs on as text, as its own
 * kernel_page_tables would have them (CONFIG_PTDUMP_DEBUGFS, which Debian's
 * kernels lack).
 *
 * The tables are live and no lock of the host's is taken: each part is what it
 * was when it was read. A table that goes away meanwhile may be read as what it
 * has become; that yields lines that are wrong, never an access outside RAM, and
 * the number of tables is bounded.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>

#ifdef CONFIG_ARM64
#include <asm/fixmap.h>
#include <asm/kasan.h>
#include <asm/memory.h>
#include <asm/pgtable.h>
#endif

#include "shadow_compat.h"
#include "shadow_mmu.h"
#include "shadow_mmu_cpu.h"
#include "shadow_pool.h"
#include "shadow_ptdump.h"
#include "shadow_walk.h"

/* Descriptors read at once: as many as a table of any granule has, or a part */
#define CHUNK	64

/**
 * struct reader - what was read last
 * @pa: physical address of @desc; 0: nothing was
 * @desc: descriptors
 * @err: what became of reading them
 * @stop: whoever reads is being killed
 */
struct reader {
	phys_addr_t pa;
	u64 desc[CHUNK];
	int err;
	bool stop;
};

static int read_desc(void *ctx, phys_addr_t pa, u64 *desc)
{
	struct reader *reader = ctx;
	phys_addr_t first = pa & ~(phys_addr_t)(sizeof(reader->desc) - 1);

	if (reader->stop)
		return -EINTR;
	if (reader->pa != first) {
		cond_resched();
		reader->stop = fatal_signal_pending(current);
		reader->err = shadow_mmu_cpu_read_table(first, reader->desc, CHUNK);
		reader->pa = first;
	}
	*desc = reader->desc[(pa - first) / sizeof(u64)];
	return reader->err;
}

#ifdef CONFIG_ARM64
#ifdef FIXADDR_TOT_START
#define FIXMAP_START	FIXADDR_TOT_START
#else
#define FIXMAP_START	FIXADDR_START
#endif

/* The memmap's entry of the first address of the linear map */
static u64 vmemmap_start(u64 page_offset)
{
	return VMEMMAP_START +
	       ((page_offset - PAGE_OFFSET) >> PAGE_SHIFT) * sizeof(struct page);
}
#endif

/**
 * shadow_mmu_host_markers() - named places in the host's address space
 * @va_bits: size of its virtual addresses, as TCR_EL1 has it
 * @marker: filled, ascending, the last one ends the list; room for
 *	SHADOW_MMU_HOST_MARKERS
 *
 * Names and addresses are those of ptdump_init() of arch/arm64/mm/ptdump.c,
 * whose order before 6.9 is another one, since the regions' order was.
 *
 * Context: any.
 */
void shadow_mmu_host_markers(unsigned int va_bits, struct shadow_marker *marker)
{
#ifdef CONFIG_ARM64
	u64 page_offset = ~0ULL << va_bits;
#if defined(CONFIG_KASAN_GENERIC) || defined(CONFIG_KASAN_SW_TAGS)
	u64 page_end = _KASAN_SHADOW_START(va_bits);
#else
	u64 page_end = _PAGE_END(VA_BITS_MIN);
#endif
	const struct shadow_marker unsorted[] = {
		{ PAGE_OFFSET, "Linear Mapping start" },
		{ page_end, "Linear Mapping end" },
#if defined(CONFIG_KASAN_GENERIC) || defined(CONFIG_KASAN_SW_TAGS)
		{ page_end, "Kasan shadow start" },
		{ KASAN_SHADOW_END, "Kasan shadow end" },
#endif
		{ MODULES_VADDR, "Modules start" },
		{ MODULES_END, "Modules end" },
		{ VMALLOC_START, "vmalloc() area" },
		{ VMALLOC_END, "vmalloc() end" },
		{ vmemmap_start(page_offset), "vmemmap start" },
		{ VMEMMAP_START + VMEMMAP_SIZE, "vmemmap end" },
		{ PCI_IO_START, "PCI I/O start" },
		{ PCI_IO_END, "PCI I/O end" },
		{ FIXMAP_START, "Fixmap start" },
		{ FIXADDR_TOP, "Fixmap end" },
		{ U64_MAX, NULL },
	};
	unsigned int i, at;

	BUILD_BUG_ON(ARRAY_SIZE(unsorted) > SHADOW_MMU_HOST_MARKERS);
	/* What starts where another one ends comes behind it. */
	for (i = 0; i < ARRAY_SIZE(unsorted); i++) {
		for (at = i; at && marker[at - 1].va > unsorted[i].va; at--)
			marker[at] = marker[at - 1];
		marker[at] = unsorted[i];
	}
#else
	marker[0] = (struct shadow_marker){ 0, "" };
	marker[1] = (struct shadow_marker){ U64_MAX, NULL };
#endif
}

/**
 * shadow_mmu_host_dump() - print the host's tables
 * @emit: called with each line, without a newline
 * @priv: for @emit
 *
 * The lines are those of the kernel's kernel_page_tables. Tables that repeat
 * themselves, such as those of KASAN's shadow of what is not there, are looked
 * at once.
 *
 * Context: process, sleeps; no lock is held.
 * Return: 0; -EOPNOTSUPP where this is not arm64; -ENOMEM; -EINTR: killed;
 *	-ELOOP: more tables than there can be; -EINVAL for a TCR_EL1 that the
 *	architecture does not have. What was gathered until then was printed.
 */
int shadow_mmu_host_dump(void (*emit)(void *priv, const char *line), void *priv)
{
	struct shadow_marker marker[SHADOW_MMU_HOST_MARKERS];
	struct shadow_walker walker;
	struct shadow_regs regs;
	struct reader *reader;
	int err;

	err = shadow_mmu_host_walker(&walker, &regs);
	if (err)
		return err;
	reader = shadow_pool_zalloc(sizeof(*reader));
	if (!reader)
		return -ENOMEM;
	walker.read = read_desc;
	walker.ctx = reader;
	walker.fold_equal = true;
	/* Some eight times what maps all memory by pages, and what else there is */
	walker.max_tables = totalram_pages() / 64 + SZ_16K;
	shadow_mmu_host_markers(walker.geo.va_bits, marker);
	err = shadow_ptdump(&walker, marker, emit, priv, NULL);
	if (reader->stop)
		err = -EINTR;
	shadow_pool_free(reader);
	return err;
}
