// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view_events - a machine's history: the newest records as text, in the
 * file events, and all that are kept in shadow_mm_raw/<machine>/events.bin.
 *
 * events takes no lock, so that it can be read while a command runs for long:
 * a ring is freed when nobody who found it can be reading any more.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "shadow_ring.h"
#include "shadow_setup.h"
#include "shadow_view.h"

/* ----------------------------------------------------------------- text -- */

/**
 * struct newest - the newest records of a ring, copied
 * @nr_ring: records that the ring has room for; 0: there is none
 * @last: number of the newest record
 * @lost: how many are lost
 * @nr_first: how many are kept from the boot on
 * @nr: how many were copied
 * @record: these
 */
struct newest {
	u32 nr_ring;
	u64 last;
	u64 lost;
	u64 nr_first;
	unsigned int nr;
	struct shadow_ring_record record[SHADOW_VIEW_ROWS];
};

static void copy_newest(const struct shadow_mm *mm, struct newest *newest)
{
	const struct shadow_ring *ring;
	u64 seq;

	rcu_read_lock();
	ring = READ_ONCE(mm->ring);
	if (ring) {
		newest->nr_ring = ring->nr;
		newest->nr_first = ring->nr_first;
		newest->last = shadow_ring_last(ring);
		newest->lost = shadow_ring_lost(ring);
		seq = newest->last > SHADOW_VIEW_ROWS ?
		      newest->last - SHADOW_VIEW_ROWS : 0;
		/* One that is overwritten meanwhile is left out */
		while (seq++ < newest->last)
			newest->nr += shadow_ring_read(ring, seq,
						       &newest->record[newest->nr]);
	}
	rcu_read_unlock();
}

static void print_newest(struct seq_file *seq, const struct newest *newest,
			 const char *name)
{
	char line[SHADOW_RING_LINE];
	u64 kept = newest->last - newest->lost;
	unsigned int i;

	seq_printf(seq, "# Machine %s: %llu records since it began to boot, room for %u, of which the first %llu stay; lost: %llu. The newest is last.\n",
		   name, newest->last, newest->nr_ring, newest->nr_first,
		   newest->lost);
	seq_puts(seq, "# number  seconds of the host's clock  cpu node  what: an operation with its result, behind the events that it caused, which are indented\n");
	for (i = 0; i < newest->nr; i++) {
		shadow_ring_format(&newest->record[i], line, sizeof(line));
		seq_printf(seq, "%s\n", line);
	}
	if (kept > newest->nr)
		seq_printf(seq, "… %llu more in shadow_mm_raw/%s/events.bin\n",
			   kept - newest->nr, name);
}

static int show_events(struct seq_file *seq, void *unused)
{
	struct shadow_machine *machine = seq->private;
	struct newest *newest = kzalloc(sizeof(*newest), GFP_KERNEL);

	if (!newest)
		return -ENOMEM;
	copy_newest(&machine->mm, newest);
	if (newest->nr_ring)
		print_newest(seq, newest, machine->mm.name);
	else
		seq_puts(seq, "events: this machine keeps none; with ring=RECORDS it does, for example `reset ring=64K` in ctl\n");
	kfree(newest);
	return 0;
}

static int open_events(struct inode *inode, struct file *file)
{
	return single_open(file, show_events, inode->i_private);
}

const struct file_operations shadow_view_events_fops = {
	.owner = THIS_MODULE,
	.open = open_events,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};

/* ---------------------------------------------------------------- whole -- */

/**
 * struct history - what events.bin had when it was opened
 * @machine: whose
 * @ring: its ring then, compared only; NULL: it had none
 * @front: the header and the text behind it
 * @front_bytes: how long these are
 * @head: the header
 */
struct history {
	struct shadow_machine *machine;
	const struct shadow_ring *ring;
	char *front;
	size_t front_bytes;
	struct shadow_ring_file head;
};

/* A text that is counted, or kept */
struct sink {
	char *to;
	size_t nr;
};

static void put(void *arg, const char *text, size_t bytes)
{
	struct sink *sink = arg;

	if (sink->to)
		memcpy(sink->to + sink->nr, text, bytes);
	sink->nr += bytes;
}

static int take_front(struct history *history)
{
	struct shadow_machine *machine = history->machine;
	struct sink sink = {};
	const struct shadow_text text = { put, &sink };
	struct shadow_setup setup;
	size_t bytes;

	shadow_machine_get_setup(machine, &setup);
	shadow_setup_print(&setup, &text);
	/* Records begin at a multiple of their length */
	bytes = ALIGN(sizeof(history->head) + sink.nr, SHADOW_RING_RECORD);
	history->front = vmalloc(bytes);
	if (!history->front)
		return -ENOMEM;
	memset(history->front, '\n', bytes);
	history->front_bytes = bytes;
	history->ring = machine->mm.ring;
	shadow_ring_head(history->ring, bytes - sizeof(history->head),
			 machine->mm.nr_cpus, &history->head);
	memcpy(history->front, &history->head, sizeof(history->head));
	sink = (struct sink) { .to = history->front + sizeof(history->head) };
	shadow_setup_print(&setup, &text);
	return 0;
}

static int open_history(struct inode *inode, struct file *file)
{
	struct history *history = kzalloc(sizeof(*history), GFP_KERNEL);
	int err;

	if (!history)
		return -ENOMEM;
	history->machine = inode->i_private;
	err = mutex_lock_killable(&history->machine->lock);
	if (!err) {
		err = take_front(history);
		mutex_unlock(&history->machine->lock);
	}
	if (err) {
		kfree(history);
		return err;
	}
	file->private_data = history;
	return 0;
}

static int release_history(struct inode *inode, struct file *file)
{
	struct history *history = file->private_data;

	vfree(history->front);
	kfree(history);
	return 0;
}

/* The record at a place of the file; what is gone by now says so */
static void record_at(const struct history *history, u64 nr,
		      struct shadow_ring_record *record)
{
	u64 seq = nr < history->head.nr_first ? nr + 1 :
		  nr - history->head.nr_first + history->head.first_tail;

	if (!shadow_ring_read(history->ring, seq, record))
		*record = (struct shadow_ring_record) { .id = SHADOW_RING_GONE };
}

/* Some whole records, and parts of the first and last one; machine's lock held */
static ssize_t read_records(const struct history *history, char __user *to,
			    size_t bytes, u64 at)
{
	struct shadow_ring_record record;
	size_t done = 0, part, skip;

	if (history->machine->mm.ring != history->ring ||
	    shadow_ring_last(history->ring) < history->head.last)
		return -ESTALE;
	while (done < bytes && at + done < history->head.nr_records * sizeof(record)) {
		skip = (at + done) % sizeof(record);
		part = min(sizeof(record) - skip, bytes - done);
		record_at(history, div_u64(at + done, sizeof(record)), &record);
		if (copy_to_user(to + done, (char *)&record + skip, part))
			return -EFAULT;
		done += part;
	}
	return done;
}

static ssize_t read_history(struct file *file, char __user *to, size_t bytes,
			    loff_t *pos)
{
	const struct history *history = file->private_data;
	ssize_t done;

	if (*pos < history->front_bytes)
		return simple_read_from_buffer(to, bytes, pos, history->front,
					       history->front_bytes);
	if (!history->head.nr_records)
		return 0;
	/* A little at a time: who waits for the machine shall not wait long */
	bytes = min_t(size_t, bytes, SZ_256K);
	if (mutex_lock_killable(&history->machine->lock))
		return -EINTR;
	done = read_records(history, to, bytes, *pos - history->front_bytes);
	mutex_unlock(&history->machine->lock);
	if (done > 0)
		*pos += done;
	return done;
}

const struct file_operations shadow_view_history_fops = {
	.owner = THIS_MODULE,
	.open = open_history,
	.read = read_history,
	.llseek = default_llseek,
	.release = release_history,
};
