/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_vmemmap - the memmap as the machine itself sees it: one array from
 * VMEMMAP on, mapped where there is memory. Follows mm/sparse-vmemmap.c.
 */
#ifndef SHADOW_VMEMMAP_H
#define SHADOW_VMEMMAP_H

#include "shadow_fault.h"
#include "shadow_layout.h"
#include "shadow_pgtable.h"
#include "shadow_zone.h"

struct shadow_memblock;

/**
 * struct shadow_vmemmap - what adding and removing devices' frames works on
 * @nodes: the layer
 * @layout: where VMEMMAP is
 * @pgt: the kernel's tables
 * @mb: the machine's memory
 */
struct shadow_vmemmap {
	struct shadow_nodes *nodes;
	const struct shadow_layout *layout;
	struct shadow_pgtable *pgt;
	const struct shadow_memblock *mb;
};

int shadow_vmemmap_populate(const struct shadow_nodes *nodes,
			    const struct shadow_layout *layout,
			    struct shadow_pgtable *pgt);
int shadow_vmemmap_verify(const struct shadow_nodes *nodes,
			  const struct shadow_layout *layout,
			  const struct shadow_pgtable *pgt,
			  struct shadow_fault *fault);
int shadow_vmemmap_add_device(const struct shadow_vmemmap *part,
			      phys_addr_t base, u64 bytes, int *nid, char *why,
			      size_t why_bytes);
u64 shadow_vmemmap_remove_device(const struct shadow_vmemmap *part,
				 phys_addr_t base);
void shadow_vmemmap_remove_devices(const struct shadow_vmemmap *part);
int shadow_vmemmap_verify_device(const struct shadow_nodes *nodes,
				 unsigned int nr, struct shadow_fault *fault);

#endif /* SHADOW_VMEMMAP_H */
