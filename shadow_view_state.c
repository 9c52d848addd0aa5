// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view_state - the file shadow_mm_raw/<machine>/state: all of a machine's
 * state at one moment, made when it is opened.
 *
 * No lock stops other modules' use of the machine for so long. Where an
 * operation was recorded while the state was printed, it is printed again.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

#include "shadow_ring.h"
#include "shadow_state.h"
#include "shadow_view.h"

#define FIRST_BYTES	SZ_256K
#define MAX_BYTES	((size_t)SZ_512M)
#define MAX_TRIES	5

/**
 * struct dump - a state, as text
 * @text: the text; NULL: there was no memory for it
 * @nr: bytes of it
 * @room: bytes that there is room for
 */
struct dump {
	char *text;
	size_t nr;
	size_t room;
};

static void grow(struct dump *dump)
{
	char *text = dump->room < MAX_BYTES ? vmalloc(2 * dump->room) : NULL;

	if (text)
		memcpy(text, dump->text, dump->nr);
	vfree(dump->text);
	dump->text = text;
	dump->room *= 2;
}

static void put(void *to, const char *text, size_t bytes)
{
	struct dump *dump = to;

	if (dump->text && dump->room - dump->nr < bytes)
		grow(dump);
	if (!dump->text)
		return;
	memcpy(dump->text + dump->nr, text, bytes);
	dump->nr += bytes;
	cond_resched();
}

/* Whoever is inside of an operation has ended it: then it is recorded */
static u64 last_of(struct shadow_mm *mm)
{
	struct shadow_op op;
	u64 last;

	if (!mm->events.ring)
		return 0;
	shadow_op_begin(&op, &mm->events);
	last = shadow_ring_last(mm->events.ring);
	shadow_op_drop(&op);
	return last;
}

static int print_still(struct shadow_mm *mm, struct dump *dump)
{
	const struct shadow_text text = { put, dump };
	unsigned int tries;
	u64 seq;

	for (tries = 0; tries < MAX_TRIES; tries++) {
		seq = last_of(mm);
		dump->nr = 0;
		shadow_state_print(mm, seq, &text);
		if (!dump->text)
			return -ENOMEM;
		if (seq == last_of(mm))
			return 0;
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	pr_info("%s: state: changed %u times while it was printed, the last time from record %llu to %llu\n",
		mm->name, MAX_TRIES, seq, last_of(mm));
	return -EBUSY;
}

static int make_dump(struct shadow_machine *machine, struct dump *dump)
{
	int err;

	dump->room = FIRST_BYTES;
	dump->text = vmalloc(dump->room);
	if (!dump->text)
		return -ENOMEM;
	if (mutex_lock_killable(&machine->lock))
		return -EINTR;
	err = print_still(&machine->mm, dump);
	mutex_unlock(&machine->lock);
	return err;
}

static int open_state(struct inode *inode, struct file *file)
{
	struct dump *dump = kzalloc(sizeof(*dump), GFP_KERNEL);
	int err;

	if (!dump)
		return -ENOMEM;
	err = make_dump(inode->i_private, dump);
	if (err) {
		vfree(dump->text);
		kfree(dump);
		return err;
	}
	file->private_data = dump;
	return 0;
}

static ssize_t read_state(struct file *file, char __user *to, size_t bytes,
			  loff_t *pos)
{
	const struct dump *dump = file->private_data;

	return simple_read_from_buffer(to, bytes, pos, dump->text, dump->nr);
}

static int release_state(struct inode *inode, struct file *file)
{
	struct dump *dump = file->private_data;

	vfree(dump->text);
	kfree(dump);
	return 0;
}

const struct file_operations shadow_view_state_fops = {
	.owner = THIS_MODULE,
	.open = open_state,
	.read = read_state,
	.llseek = default_llseek,
	.release = release_state,
};
