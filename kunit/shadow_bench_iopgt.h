/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_bench_iopgt - the host's own builder of translation tables,
 * drivers/iommu/io-pgtable-arm.c: one tree of its stage 1 tables, that no
 * IOMMU walks.
 */
#ifndef SHADOW_BENCH_IOPGT_H
#define SHADOW_BENCH_IOPGT_H

#include <linux/device.h>
#include <linux/io-pgtable.h>
#include <linux/iommu.h>
#include <linux/string.h>

/**
 * struct bench_iopgt - one tree
 * @dev: the device that it would be for; only its node is looked at
 * @cfg: what was asked for, and what was made: root and MAIR
 * @ops: the tree
 */
struct bench_iopgt {
	struct device dev;
	struct io_pgtable_cfg cfg;
	struct io_pgtable_ops *ops;
};

/* An IOMMU would be told here. What is queued for it is counted as work. */
static inline void bench_iopgt_all(void *cookie)
{
}

static inline void bench_iopgt_walk(unsigned long iova, size_t bytes,
				    size_t granule, void *cookie)
{
}

static inline void bench_iopgt_page(struct iommu_iotlb_gather *gather,
				    unsigned long iova, size_t granule,
				    void *cookie)
{
}

static const struct iommu_flush_ops bench_iopgt_flush = {
	.tlb_flush_all = bench_iopgt_all,
	.tlb_flush_walk = bench_iopgt_walk,
	.tlb_add_page = bench_iopgt_page,
};

/* Tables whose pages and blocks are @pgsizes; -ENOMEM also: no such format */
static inline int bench_iopgt_init(struct bench_iopgt *host,
				   unsigned long pgsizes, unsigned int va_bits,
				   unsigned int pa_bits)
{
	memset(host, 0, sizeof(*host));
	set_dev_node(&host->dev, NUMA_NO_NODE);
	host->cfg.pgsize_bitmap = pgsizes;
	host->cfg.ias = va_bits;
	host->cfg.oas = pa_bits;
	host->cfg.coherent_walk = true;
	host->cfg.tlb = &bench_iopgt_flush;
	host->cfg.iommu_dev = &host->dev;
	host->ops = alloc_io_pgtable_ops(ARM_64_LPAE_S1, &host->cfg, NULL);
	return host->ops ? 0 : -ENOMEM;
}

static inline void bench_iopgt_fini(struct bench_iopgt *host)
{
	free_io_pgtable_ops(host->ops);
}

/* Leaves of one size, as iommu_map() does it */
static inline int bench_iopgt_map(struct bench_iopgt *host, u64 va,
				  phys_addr_t pa, u64 leaf_bytes, u64 nr,
				  int prot)
{
	while (nr) {
		size_t mapped = 0;
		int err = host->ops->map_pages(host->ops, va, pa, leaf_bytes,
					       nr, prot, GFP_ATOMIC, &mapped);

		if (err)
			return err;
		va += mapped;
		pa += mapped;
		nr -= mapped / leaf_bytes;
	}
	return 0;
}

/* Leaves of one size, all mapped, as iommu_unmap() does it */
static inline int bench_iopgt_unmap(struct bench_iopgt *host, u64 va,
				    u64 leaf_bytes, u64 nr)
{
	struct iommu_iotlb_gather gather;

	iommu_iotlb_gather_init(&gather);
	while (nr) {
		size_t bytes = host->ops->unmap_pages(host->ops, va, leaf_bytes,
						      nr, &gather);

		if (!bytes)
			return -ENOENT;
		va += bytes;
		nr -= bytes / leaf_bytes;
	}
	return 0;
}

#endif /* SHADOW_BENCH_IOPGT_H */
