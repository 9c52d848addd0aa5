/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_view - what each file says. A view prints a machine as it stands,
 * changes nothing, and copes with one whose boot failed: shadow_debugfs.c
 * holds the machine's lock around it and asks from which phase on there is
 * something to show.
 */
#ifndef SHADOW_VIEW_H
#define SHADOW_VIEW_H

#include "shadow_machine.h"

/* Rows of a list that can grow; all of them are in shadow_mm_raw/ */
#define SHADOW_VIEW_ROWS	40

struct file;
struct seq_file;

/* shadow_view.c: what a file is asked, formats of the kernel's own files */
int shadow_view_ask(const char *text, const char *word, bool *said, u64 *number);
bool shadow_view_born(struct seq_file *seq, const struct shadow_machine *machine,
		      const char *name, enum shadow_phase since);
void shadow_view_buddyinfo(struct seq_file *seq, struct shadow_machine *machine);
void shadow_view_vmallocinfo(struct seq_file *seq, struct shadow_machine *machine);
void shadow_view_vmstat(struct seq_file *seq, struct shadow_machine *machine);
void shadow_view_vmstat_whole(struct seq_file *seq, struct shadow_machine *machine);
void shadow_view_memory(struct seq_file *seq, struct shadow_machine *machine);
void shadow_view_reserved(struct seq_file *seq, struct shadow_machine *machine);

/* shadow_view_zoneinfo.c */
void shadow_view_zoneinfo(struct seq_file *seq, struct shadow_machine *machine);
u64 shadow_view_tables(const struct shadow_mm *mm);

/* shadow_view_frag.c: how free memory is grouped, how broken up it is */
void shadow_view_pagetypeinfo(struct seq_file *seq,
			      struct shadow_machine *machine);
void shadow_view_extfrag(struct seq_file *seq, struct shadow_machine *machine);
void shadow_view_unusable(struct seq_file *seq, struct shadow_machine *machine);
void shadow_view_frag_history(struct seq_file *seq,
			      struct shadow_machine *machine);
void shadow_view_frag_history_whole(struct seq_file *seq,
				    struct shadow_machine *machine);

/* shadow_view_boot.c: how the machine came to be */
void shadow_view_compare(struct seq_file *seq, struct shadow_machine *machine);
void shadow_view_config(struct seq_file *seq, struct shadow_machine *machine);
void shadow_view_boot(struct seq_file *seq, struct shadow_machine *machine);
void shadow_view_regs(struct seq_file *seq, struct shadow_machine *machine);
void shadow_view_latency(struct seq_file *seq, struct shadow_machine *machine);
void shadow_view_layout(struct seq_file *seq, struct shadow_machine *machine);

/* shadow_view_audit.c: is everything as it must be? */
void shadow_view_audit(struct seq_file *seq, struct shadow_machine *machine);

/* shadow_view_bootlog.c: what a kernel prints on the way */
struct shadow_bootlog;
void shadow_view_bootlog(const struct shadow_mm *mm, struct shadow_bootlog *log);
void shadow_view_phase_lines(struct seq_file *seq, const struct shadow_mm *mm,
			     unsigned int phase);

/* shadow_view_handover.c: what the buddy was given, and the rest */
void shadow_view_handover(struct seq_file *seq, struct shadow_machine *machine);
void shadow_view_handover_whole(struct seq_file *seq,
				struct shadow_machine *machine);

/* shadow_view_board.c: what memory was described by */
void shadow_view_board(struct seq_file *seq, struct shadow_machine *machine);
void shadow_view_board_whole(struct seq_file *seq,
			     struct shadow_machine *machine);

/* shadow_view_fixmap.c: addresses that are known before anything else */
void shadow_view_fixmap(struct seq_file *seq, struct shadow_machine *machine);

/* shadow_view_kmap.c: addresses for what the linear map does not show */
void shadow_view_kmap(struct seq_file *seq, struct shadow_machine *machine);
void shadow_view_kmap_whole(struct seq_file *seq,
			    struct shadow_machine *machine);

/* shadow_view_early.c: the early allocator's own records */
void shadow_view_bootmem(struct seq_file *seq, struct shadow_machine *machine);
void shadow_view_bootmem_whole(struct seq_file *seq,
			       struct shadow_machine *machine);
void shadow_view_owners(struct seq_file *seq, struct shadow_machine *machine);
void shadow_view_owners_whole(struct seq_file *seq,
			      struct shadow_machine *machine);

/* shadow_view_owners.c: who has what, and since when */
void shadow_view_page_owners(struct seq_file *seq, struct shadow_machine *machine);
void shadow_view_page_owners_whole(struct seq_file *seq,
				   struct shadow_machine *machine);
void shadow_view_leaks(struct seq_file *seq, struct shadow_machine *machine);
void shadow_view_leaks_whole(struct seq_file *seq,
			     struct shadow_machine *machine);

/* shadow_view_tables.c: translation */
void shadow_view_page_tables(struct seq_file *seq, struct shadow_machine *machine);
void shadow_view_page_tables_lower(struct seq_file *seq, struct shadow_machine *machine);
void shadow_view_check_wx(struct seq_file *seq, struct shadow_machine *machine);
int shadow_view_host_tables(struct seq_file *seq, void *unused);
void shadow_view_mmu_check(struct seq_file *seq, struct shadow_machine *machine);

/* shadow_view_vtop.c: one address */
void shadow_view_vtop(struct seq_file *seq, struct shadow_machine *machine);
int shadow_view_vtop_ask(struct shadow_machine *machine, const char *text);

/* shadow_view_tree.c: tables as a tree, printed as it is read */
int shadow_view_tree_open(struct file *file, struct shadow_machine *machine);

/* shadow_view_tlb.c: what changes of the tables ask of a TLB */
int shadow_view_tlb_open(struct file *file, struct shadow_machine *machine);
void shadow_view_tlb(struct seq_file *seq, struct shadow_machine *machine);

/* shadow_view_slab.c: caches, their objects, their waste */
void shadow_view_slabinfo(struct seq_file *seq, struct shadow_machine *machine);
void shadow_view_kmalloc_waste(struct seq_file *seq,
			       struct shadow_machine *machine);
void shadow_view_slab_objects(struct seq_file *seq,
			      struct shadow_machine *machine);
int shadow_view_slab_objects_open(struct file *file,
				  struct shadow_machine *machine);
/* shadow_view_slab_reports.c: what debugging of caches has found */
void shadow_view_slab_reports(struct seq_file *seq, struct shadow_machine *machine);
void shadow_view_slab_reports_whole(struct seq_file *seq,
				    struct shadow_machine *machine);

/* shadow_view_state.c: all of a machine's state, to prove a replay by */
extern const struct file_operations shadow_view_state_fops;
/* shadow_view_events.c */
extern const struct file_operations shadow_view_events_fops;
extern const struct file_operations shadow_view_history_fops;

/* shadow_view_zonelists.c */
void shadow_view_zonelists(struct seq_file *seq, struct shadow_machine *machine);

/* shadow_view_why.c: where allocations went, and what a frame is */
void shadow_view_why(struct seq_file *seq, struct shadow_machine *machine);
void shadow_view_why_whole(struct seq_file *seq, struct shadow_machine *machine);
void shadow_view_page(struct seq_file *seq, struct shadow_machine *machine);
int shadow_view_page_ask(struct shadow_machine *machine, const char *text);

/* shadow_view_map.c: whose each part of memory is */
void shadow_view_map(struct seq_file *seq, struct shadow_machine *machine);
void shadow_view_map_whole(struct seq_file *seq, struct shadow_machine *machine);

/* shadow_view_memmap.c: parts of the layout */
void shadow_view_memory_models(struct seq_file *seq, const struct shadow_mm *mm);
void shadow_view_zone_overhead(struct seq_file *seq, const struct shadow_mm *mm);

#endif /* SHADOW_VIEW_H */
