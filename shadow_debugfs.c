// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_debugfs - which files there are, since when each has something to
 * show, and who may write to it.
 *
 * A file's reader holds the machine's lock for one reading, a writer for one
 * batch; who waits for it can be killed. Files are created and removed without
 * that lock: debugfs waits for users of a file that it removes.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/security.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>

#include "shadow_boot.h"
#include "shadow_debugfs.h"
#include "shadow_view.h"

/**
 * struct shadow_file - one file
 * @name: its name
 * @mode: permissions
 * @since: phase from which on there is something to show
 * @show: prints it; NULL: the file has operations of its own
 * @what: one line for README
 * @whole: prints all of what @show bounds, for shadow_mm_raw/; NULL: it does not
 * @ask: takes what was written, what @show shall tell of; NULL: nothing can be
 * @stream: opens a file in shadow_mm_raw/ that is printed while it is read, as
 *	it can be too long for a buffer; with seq_release_private()
 */
struct shadow_file {
	const char *name;
	umode_t mode;
	unsigned int since;
	void (*show)(struct seq_file *seq, struct shadow_machine *machine);
	const char *what;
	void (*whole)(struct seq_file *seq, struct shadow_machine *machine);
	int (*ask)(struct shadow_machine *machine, const char *text);
	int (*stream)(struct file *file, struct shadow_machine *machine);
};

#define ALWAYS	0	/* also while the machine is down */

static void view_readme(struct seq_file *seq, struct shadow_machine *machine);

static void emit_to_seq(void *to, const char *text)
{
	seq_puts(to, text);
}

static void view_ctl(struct seq_file *seq, struct shadow_machine *machine)
{
	shadow_ctl_print(&machine->ctl, false, emit_to_seq, seq);
}

static void view_ctl_whole(struct seq_file *seq, struct shadow_machine *machine)
{
	shadow_ctl_print(&machine->ctl, true, emit_to_seq, seq);
}

static const struct shadow_file files[] = {
	{ "README", 0444, ALWAYS, view_readme,
	  "this list" },
	{ "audit", 0444, ALWAYS, shadow_view_audit,
	  "OK or the first fault; the owner of every frame; what each layer finds in itself" },
	{ "board", 0444, ALWAYS, shadow_view_board,
	  "what memory was described by, what was removed or reserved and why, regions by size",
	  shadow_view_board_whole },
	{ "boot", 0444, ALWAYS, shadow_view_boot,
	  "phases of the boot: time, early bytes, tables, effect" },
	{ "bootmem", 0444, SHADOW_PHASE_MEMBLOCK_INIT + 1, shadow_view_bootmem,
	  "with early=bootmem: runs of the bitmaps, where the search stands, bytes returned",
	  shadow_view_bootmem_whole },
	{ "buddyinfo", 0444, SHADOW_PHASE_MEM_INIT + 1, shadow_view_buddyinfo,
	  "free blocks by order (format of /proc/buddyinfo)" },
	{ "check_wx_pages", 0444, SHADOW_PHASE_MAP_KERNEL + 1, shadow_view_check_wx,
	  "SUCCESS, or what of the kernel half is writable and executable (as the kernel's check_wx_pages)",
	},
	{ "compare", 0444, ALWAYS, shadow_view_compare,
	  "the last compare TRACE: memory, waste, cost of the same trace with each slab=" },
	{ "config", 0444, ALWAYS, shadow_view_config,
	  "parameters, the block, where it came from and why not from elsewhere" },
	{ "ctl", 0644, ALWAYS, view_ctl,
	  "write commands, one a line; read the grammar, what is live, what the last one did",
	  view_ctl_whole },
	{ "events", 0444, ALWAYS, NULL,
	  "the newest operations and events, in the order of their effects (with ring=RECORDS)" },
	{ "extfrag_index", 0444, SHADOW_PHASE_MEM_INIT + 1, shadow_view_extfrag,
	  "by order, why a request would fail (format of the kernel's extfrag_index)" },
	{ "fixmap", 0444, SHADOW_PHASE_FIXMAP_INIT + 1, shadow_view_fixmap,
	  "slots at fixed addresses, what each shows, who borrowed one by early_ioremap" },
	{ "frag_history", 0444, SHADOW_PHASE_MEM_INIT + 1, shadow_view_frag_history,
	  "samples of how broken up each zone was; its first line says what the columns are",
	  shadow_view_frag_history_whole },
	{ "handover", 0444, SHADOW_PHASE_MEM_INIT + 1, shadow_view_handover,
	  "free ranges of the early allocator, the orders they went to the buddy in, who kept the rest",
	  shadow_view_handover_whole },
	{ "kmalloc_waste", 0444, SHADOW_PHASE_SLAB_INIT + 1, shadow_view_kmalloc_waste,
	  "by class, what kmalloc was asked for and what it gave" },
	{ "kmap", 0444, SHADOW_PHASE_KMAP_INIT + 1, shadow_view_kmap,
	  "addresses for frames outside the linear map: slots, users, each CPU's stack",
	  shadow_view_kmap_whole },
	{ "latency", 0444, ALWAYS, shadow_view_latency,
	  "how long operations take, by the way that they went (set latency ns to ctl measures)" },
	{ "layout", 0444, SHADOW_PHASE_FREE_AREA_INIT + 1, shadow_view_layout,
	  "virtual address space, image segments, cost of all metadata" },
	{ "leaks", 0444, SHADOW_PHASE_SETUP_FDT + 1, shadow_view_leaks,
	  "after mark in ctl what was allocated since and lives still, by call site; before, objects in use (slab_debug=U)",
	  shadow_view_leaks_whole },
	{ "map", 0444, SHADOW_PHASE_SETUP_FDT + 1, shadow_view_map,
	  "the block as text, one letter for so many frames: whose they are; see ctl: set map_frames",
	  shadow_view_map_whole },
	{ "memblock_memory", 0444, SHADOW_PHASE_SETUP_FDT + 1, shadow_view_memory,
	  "memory that the early allocator was told of (format of the kernel's memblock files)" },
	{ "memblock_owners", 0444, SHADOW_PHASE_SETUP_FDT + 1, shadow_view_owners,
	  "who reserved what before the buddy, and why",
	  shadow_view_owners_whole },
	{ "memblock_reserved", 0444, SHADOW_PHASE_SETUP_FDT + 1, shadow_view_reserved,
	  "what of it was taken before the buddy (same format)" },
	{ "mmu_check", 0444, ALWAYS, shadow_view_mmu_check,
	  "what the CPU's own MMU said about the tables; write mmu_check to ctl for more" },
	{ "owners", 0444, SHADOW_PHASE_SETUP_FDT + 1, shadow_view_page_owners,
	  "what is in use, by call site: bytes, count, oldest (page_owner=on), else by what it is for",
	  shadow_view_page_owners_whole },
	{ "page", 0600, SHADOW_PHASE_FREE_AREA_INIT + 1, shadow_view_page,
	  "write a frame number (or pa ADDRESS), read every field of its struct page and whom it merges with",
	  NULL, shadow_view_page_ask },
	{ "page_tables", 0444, SHADOW_PHASE_MAP_KERNEL + 1, shadow_view_page_tables,
	  "the kernel half's tables (format of the kernel's kernel_page_tables)",
	  .stream = shadow_view_tree_open },
	{ "page_tables_lower", 0444, SHADOW_PHASE_CREATE_IDMAP + 1, shadow_view_page_tables_lower,
	  "the lower half: a user's tables, once one maps there, and the identity map (same format)",
	},
	{ "pagetypeinfo", 0444, SHADOW_PHASE_MEM_INIT + 1, shadow_view_pagetypeinfo,
	  "free blocks and pageblocks by migratetype (format of /proc/pagetypeinfo)" },
	{ "regs", 0444, ALWAYS, shadow_view_regs,
	  "the shadow registers that say how addresses are translated" },
	{ "slab_objects", 0444, SHADOW_PHASE_SLAB_INIT + 1, shadow_view_slab_objects,
	  "waste of each cache inside and outside of its objects; a map of every slab, one character an object",
	  .stream = shadow_view_slab_objects_open },
	{ "slab_reports", 0444, SHADOW_PHASE_SLAB_INIT + 1, shadow_view_slab_reports,
	  "what debugging of caches has found, the newest first; what is held back, what is out of use",
	  shadow_view_slab_reports_whole },
	{ "slabinfo", 0444, SHADOW_PHASE_SLAB_INIT + 1, shadow_view_slabinfo,
	  "caches (format of /proc/slabinfo, 2.1)" },
	{ "tlb", 0444, SHADOW_PHASE_CREATE_IDMAP + 1, shadow_view_tlb,
	  "invalidations that changes of the tables need, by kind; the log of changes, barriers, invalidations; with tlbi=stale what is stale",
	  .stream = shadow_view_tlb_open },
	{ "unusable_index", 0444, SHADOW_PHASE_MEM_INIT + 1, shadow_view_unusable,
	  "by order, how much of it is in smaller blocks (format of the kernel's unusable_index)" },
	{ "vmallocinfo", 0444, SHADOW_PHASE_VMALLOC_INIT + 1, shadow_view_vmallocinfo,
	  "vmalloc areas (format of /proc/vmallocinfo)" },
	{ "vmstat", 0444, SHADOW_PHASE_MEM_INIT + 1, shadow_view_vmstat,
	  "counters (format of /proc/vmstat); write set counters on to ctl to let them count; with a word on each in shadow_mm_raw/",
	  .whole = shadow_view_vmstat_whole },
	{ "vtop", 0600, ALWAYS, shadow_view_vtop,
	  "write an address (or host ADDRESS), read how it is translated, level by level",
	  NULL, shadow_view_vtop_ask },
	{ "why", 0444, SHADOW_PHASE_MEM_INIT + 1, shadow_view_why,
	  "the last allocations' routes, and why others were refused: the arithmetic of each zone",
	  shadow_view_why_whole },
	{ "zoneinfo", 0444, SHADOW_PHASE_MEM_INIT + 1, shadow_view_zoneinfo,
	  "zones, watermarks, per-CPU lists (format of /proc/zoneinfo)" },
	{ "zonelists", 0444, SHADOW_PHASE_BUILD_ZONELISTS + 1, shadow_view_zonelists,
	  "which zones an allocation tries in which order, node distances and states" },
};

static void view_readme(struct seq_file *seq, struct shadow_machine *machine)
{
	const struct shadow_file *file = files;

	seq_printf(seq, "shadow_mm, machine %s: a private memory manager, booted in a block of %llu KiB.\n\n",
		   machine->mm.name, machine->mm.block.bytes >> 10);
	for (; file < files + ARRAY_SIZE(files); file++)
		seq_printf(seq, "%-18s %s\n", file->name, file->what);
	seq_printf(seq, "\nDumps that can grow are whole in /sys/kernel/debug/shadow_mm_raw/%s/.\n",
		   machine->mm.name);
	seq_puts(seq, "The running kernel's own tables (format of its kernel_page_tables) are in /sys/kernel/debug/shadow_mm_raw/host/page_tables.\n");
}

static const struct shadow_file *find_file(const struct dentry *dentry)
{
	const struct shadow_file *file = files;

	for (; file < files + ARRAY_SIZE(files); file++)
		if (!strcmp(file->name, dentry->d_name.name))
			return file;
	return NULL;
}

static int show(struct seq_file *seq, bool whole)
{
	const struct shadow_file *file = find_file(seq->file->f_path.dentry);
	struct shadow_machine *machine = seq->private;

	if (mutex_lock_killable(&machine->lock))
		return -EINTR;
	if (file->since == ALWAYS ||
	    shadow_view_born(seq, machine, file->name, file->since - 1))
		(whole ? file->whole : file->show)(seq, machine);
	mutex_unlock(&machine->lock);
	return 0;
}

static int show_file(struct seq_file *seq, void *unused)
{
	return show(seq, false);
}

static int show_whole(struct seq_file *seq, void *unused)
{
	return show(seq, true);
}

static int open_whole(struct inode *inode, struct file *file)
{
	return single_open(file, show_whole, inode->i_private);
}

static int open_stream(struct inode *inode, struct file *file)
{
	return find_file(file->f_path.dentry)->stream(file, inode->i_private);
}

static int open_file(struct inode *inode, struct file *file)
{
	return single_open(file, show_file, inode->i_private);
}

/* All that one write brought, as a string */
static char *text_of(const char __user *from, size_t bytes)
{
	if (bytes > SHADOW_CTL_BYTES)
		return ERR_PTR(-E2BIG);
	return memdup_user_nul(from, bytes);
}

static ssize_t write_ctl(struct file *file, const char __user *from,
			 size_t bytes, loff_t *pos)
{
	struct shadow_machine *machine = file_inode(file)->i_private;
	char *text = text_of(from, bytes);
	ssize_t done = -EINTR;

	/* What is too long is not copied, but ctl shows that it was refused. */
	if (text == ERR_PTR(-E2BIG))
		text = NULL;
	else if (IS_ERR(text))
		return PTR_ERR(text);
	if (!mutex_lock_killable(&machine->lock)) {
		done = shadow_ctl_write(&machine->ctl, text, bytes);
		mutex_unlock(&machine->lock);
	}
	kfree(text);
	return done;
}

static ssize_t write_ask(struct file *file, const char __user *from,
			 size_t bytes, loff_t *pos)
{
	const struct shadow_file *which = find_file(file->f_path.dentry);
	struct shadow_machine *machine = file_inode(file)->i_private;
	char *text = text_of(from, bytes);
	int err = -EINTR;

	if (IS_ERR(text))
		return PTR_ERR(text);
	if (!mutex_lock_killable(&machine->lock)) {
		err = strlen(text) == bytes ?
		      which->ask(machine, text) : -EINVAL;
		mutex_unlock(&machine->lock);
	}
	kfree(text);
	return err ? err : bytes;
}

static const struct file_operations read_fops = {
	.owner = THIS_MODULE,
	.open = open_file,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};

static const struct file_operations whole_fops = {
	.owner = THIS_MODULE,
	.open = open_whole,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};

static const struct file_operations stream_fops = {
	.owner = THIS_MODULE,
	.open = open_stream,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = seq_release_private,
};

static const struct file_operations ctl_fops = {
	.owner = THIS_MODULE,
	.open = open_file,
	.read = seq_read,
	.write = write_ctl,
	.llseek = seq_lseek,
	.release = single_release,
};

static const struct file_operations ask_fops = {
	.owner = THIS_MODULE,
	.open = open_file,
	.read = seq_read,
	.write = write_ask,
	.llseek = seq_lseek,
	.release = single_release,
};

static const struct file_operations *fops_of(const struct shadow_file *file)
{
	if (!strcmp(file->name, "ctl"))
		return &ctl_fops;
	if (!strcmp(file->name, "events"))
		return &shadow_view_events_fops;
	return file->ask ? &ask_fops : &read_fops;
}

#define RAW_DIR	"shadow_mm_raw"

/* As much as 6.12's own file has, of a host of any size, and room to grow */
#define HOST_TABLES_BYTES	SZ_256K

static int open_host_tables(struct inode *inode, struct file *file)
{
	return single_open_size(file, shadow_view_host_tables, NULL,
				HOST_TABLES_BYTES);
}

/* No machine's: no lock is held while the host's tables are read. */
static const struct file_operations host_tables_fops = {
	.owner = THIS_MODULE,
	.open = open_host_tables,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};

static void make_host_files(struct dentry *raw)
{
	struct dentry *dir = debugfs_create_dir("host", raw);

	debugfs_create_file("page_tables", 0400, dir, NULL, &host_tables_fops);
}

static int make_folders(struct shadow_machine *machine)
{
	char name[sizeof("shadow_mm.") + SHADOW_MM_NAME] = "shadow_mm";

	if (machine->first)
		snprintf(name, sizeof(name), "shadow_mm.%s", machine->mm.name);
	machine->dir = debugfs_create_dir(name, NULL);
	if (IS_ERR(machine->dir))
		return PTR_ERR(machine->dir);
	/* The first one's holds those of all others. */
	if (machine->first)
		machine->raw = debugfs_create_dir(machine->mm.name,
						  machine->first->raw);
	else
		machine->raw = debugfs_create_dir(RAW_DIR, NULL);
	return PTR_ERR_OR_ZERO(machine->raw);
}

static void make_files(struct shadow_machine *machine)
{
	const struct shadow_file *file = files;
	struct dentry *raw = machine->raw;

	for (; file < files + ARRAY_SIZE(files); file++)
		debugfs_create_file(file->name, file->mode, machine->dir,
				    machine, fops_of(file));
	if (!machine->first) {
		make_host_files(raw);
		raw = debugfs_create_dir(machine->mm.name, raw);
	}
	debugfs_create_file("state", 0400, raw, machine, &shadow_view_state_fops);
	debugfs_create_file("events.bin", 0400, raw, machine,
			    &shadow_view_history_fops);
	for (file = files; file < files + ARRAY_SIZE(files); file++)
		if (file->whole || file->stream)
			debugfs_create_file(file->name, 0400, raw, machine,
					    file->stream ? &stream_fops :
							   &whole_fops);
}

/**
 * shadow_debugfs_publish() - make a machine's files
 * @machine: the machine, whole: its files can be used from now on
 *
 * In shadow_mm/ and shadow_mm_raw/main/ for the first machine, with the host's in
 * shadow_mm_raw/host/, and in shadow_mm.NAME/ and shadow_mm_raw/NAME/ for others.
 *
 * Context: process context, sleeps; no lock is held that a file operation
 * takes.
 * Return: 0, or an errno where there is no usable debugfs; then there are no
 * files, and a machine can be used by other modules only.
 */
int shadow_debugfs_publish(struct shadow_machine *machine)
{
	int err = make_folders(machine);

	if (err) {
		pr_info("%s: no debugfs (%d): no files are published\n",
			machine->mm.name, err);
		shadow_debugfs_withdraw(machine);
		return err;
	}
	if (security_locked_down(LOCKDOWN_DEBUGFS))
		pr_info("debugfs is locked down: ctl, page and vtop cannot be opened\n");
	make_files(machine);
	return 0;
}

/**
 * shadow_debugfs_withdraw() - remove a machine's files
 * @machine: the machine
 *
 * Waits until nobody is inside any of them.
 *
 * Context: process context, sleeps; no lock is held that a file operation
 * takes, and the caller is not inside one of these files.
 */
void shadow_debugfs_withdraw(struct shadow_machine *machine)
{
	debugfs_remove(machine->dir);
	debugfs_remove(machine->raw);
	machine->dir = NULL;
	machine->raw = NULL;
}
