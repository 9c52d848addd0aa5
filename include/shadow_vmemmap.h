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

int shadow_vmemmap_populate(const struct shadow_nodes *nodes,
			    const struct shadow_layout *layout,
			    struct shadow_pgtable *pgt);
int shadow_vmemmap_verify(const struct shadow_nodes *nodes,
			  const struct shadow_layout *layout,
			  const struct shadow_pgtable *pgt,
			  struct shadow_fault *fault);

#endif /* SHADOW_VMEMMAP_H */
