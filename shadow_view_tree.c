// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view_tree - all trees of a machine with the addresses of their tables
 * and the values of their descriptors, printed as they are read.
 *
 * A machine whose memory is mapped page by page to scattered frames has a line
 * for each, tens of megabytes: no buffer holds them. So the machine's lock is
 * held for one buffer's worth of lines, and in between the machine goes on.
 */
#include <linux/seq_file.h>

#include "shadow_boot.h"
#include "shadow_treedump.h"
#include "shadow_view.h"

/**
 * struct tree_reader - one who has the file open
 * @machine: the machine
 * @dump: trees, and the line that comes next
 * @regs: the registers when reading began
 * @pos: number of that line
 * @locked: the machine's lock is held
 */
struct tree_reader {
	struct shadow_machine *machine;
	struct shadow_treedump dump;
	struct shadow_regs regs;
	loff_t pos;
	bool locked;
};

static void add_tree(struct shadow_treedump *dump, const char *name,
		     const struct shadow_pgtable *pgt)
{
	struct shadow_treedump_tree *tree = &dump->tree[dump->nr_trees++];

	tree->name = name;
	shadow_pgtable_walker(pgt, &tree->walker);
	/*
	 * While it is read the tree can grow, and fixmap's tables hang in two
	 * trees: a bound against loops, not a count.
	 */
	tree->walker.max_tables = pgt->block->bytes >> pgt->geo.page_shift;
}

static void gather_trees(struct shadow_treedump *dump,
			 const struct shadow_mm *mm)
{
	dump->nr_trees = 0;
	if (shadow_boot_reached(mm, SHADOW_PHASE_CREATE_IDMAP))
		add_tree(dump, "idmap_pg_dir", &mm->idmap);
	if (shadow_boot_reached(mm, SHADOW_PHASE_MAP_KERNEL))
		add_tree(dump, "init_pg_dir", &mm->init_pg);
	if (shadow_boot_reached(mm, SHADOW_PHASE_PAGING_INIT))
		add_tree(dump, "swapper_pg_dir", &mm->swapper);
	if (mm->user.root_table)
		add_tree(dump, "user_pgd", &mm->user);
}

static void begin(struct tree_reader *reader)
{
	const struct shadow_mm *mm = &reader->machine->mm;
	struct shadow_treedump *dump = &reader->dump;

	reader->regs = mm->regs;
	dump->machine = mm->name;
	dump->regs = &reader->regs;
	gather_trees(dump, mm);
	shadow_treedump_rewind(dump);
	reader->pos = 0;
}

/* Has the machine still the trees that it had when reading began? */
static bool same_trees(const struct tree_reader *reader)
{
	const struct shadow_treedump *dump = &reader->dump;
	struct shadow_treedump now = {};
	unsigned int i;

	gather_trees(&now, &reader->machine->mm);
	if (now.nr_trees != dump->nr_trees)
		return false;
	for (i = 0; i < now.nr_trees; i++)
		if (now.tree[i].walker.root != dump->tree[i].walker.root ||
		    memcmp(&now.tree[i].walker.geo, &dump->tree[i].walker.geo,
			   sizeof(struct shadow_geometry)))
			return false;
	return true;
}

static void *tree_start(struct seq_file *seq, loff_t *pos)
{
	struct tree_reader *reader = seq->private;
	struct shadow_treedump *dump = &reader->dump;

	reader->locked = !mutex_lock_killable(&reader->machine->lock);
	if (!reader->locked)
		return ERR_PTR(-EINTR);
	if (*pos && *pos >= reader->pos) {
		if (!same_trees(reader))
			return ERR_PTR(-ESTALE);
		shadow_treedump_resume(dump);
	} else {
		begin(reader);
	}
	while (reader->pos < *pos && shadow_treedump_next(dump))
		reader->pos++;
	return dump->at == SHADOW_TREEDUMP_DONE ? NULL : dump;
}

static void *tree_next(struct seq_file *seq, void *v, loff_t *pos)
{
	struct tree_reader *reader = seq->private;

	reader->pos = ++*pos;
	return shadow_treedump_next(&reader->dump) ? v : NULL;
}

static void tree_stop(struct seq_file *seq, void *v)
{
	struct tree_reader *reader = seq->private;

	if (reader->locked)
		mutex_unlock(&reader->machine->lock);
	reader->locked = false;
}

static int tree_show(struct seq_file *seq, void *v)
{
	char line[SHADOW_TREEDUMP_LINE];

	shadow_treedump_line(v, line, sizeof(line));
	seq_printf(seq, "%s\n", line);
	return 0;
}

static const struct seq_operations tree_ops = {
	.start = tree_start,
	.next = tree_next,
	.stop = tree_stop,
	.show = tree_show,
};

/**
 * shadow_view_tree_open() - open a dump of all trees
 * @file: the file, to be closed by seq_release_private()
 * @machine: the machine
 *
 * Reading ends with -ESTALE where the machine was given other trees meanwhile
 * (reset, or a step of its boot). What changes inside a tree may or may not be
 * seen, see shadow_treedump_resume().
 *
 * Context: process context, sleeps.
 * Return: 0 or -ENOMEM.
 */
int shadow_view_tree_open(struct file *file, struct shadow_machine *machine)
{
	struct tree_reader *reader;

	reader = __seq_open_private(file, &tree_ops, sizeof(*reader));
	if (!reader)
		return -ENOMEM;
	reader->machine = machine;
	return 0;
}
