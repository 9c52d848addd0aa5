// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ctl - batches of commands, and what reading ctl shows. See
 * shadow_ctl.h.
 */
#include "shadow_ctl_handle.h"
#include "shadow_ctl_run.h"
#include "shadow_ctl_set.h"
#include "shadow_mm.h"

/* -------------------------------------------------------------- batches -- */

/* A write holds the machine: what the CPU is asked in one has to be bounded. */
static bool too_many_samples(struct shadow_ctl *ctl,
			     const struct shadow_ctl_cmd *cmd, u64 *sum)
{
	u32 sizes[SHADOW_NR_MMU_SIZES];

	if (cmd->verb != SHADOW_CTL_MMU_CHECK)
		return false;
	*sum += max_t(u64, shadow_ctl_sizes(ctl, cmd, sizes), SHADOW_CTL_MIN_SAMPLES);
	return *sum > SHADOW_CTL_MAX_SAMPLES;
}

/* Where a batch is; another one may run in between, so it is not @ctl's. */
struct batch {
	const char *at;
	size_t bytes;
	unsigned int line;
	unsigned int ran;
};

/* All lines are read before the first one runs. */
static int check_batch(struct shadow_ctl *ctl, struct batch *batch)
{
	struct shadow_ctl_text text;
	struct shadow_ctl_cmd cmd;
	u64 samples = 0;
	int more;

	shadow_ctl_text_init(&text, batch->at, batch->bytes);
	do {
		more = shadow_ctl_next(&text, &cmd);
		if (more > 0 && too_many_samples(ctl, &cmd, &samples)) {
			snprintf(text.why, sizeof(text.why),
				 "mmu_check: allowed: up to %u samples in one write, each mmu_check counts as %u at least",
				 SHADOW_CTL_MAX_SAMPLES, SHADOW_CTL_MIN_SAMPLES);
			more = -ERANGE;
		}
	} while (more > 0);
	if (more < 0) {
		batch->line = text.line;
		strscpy(ctl->said, text.why, sizeof(ctl->said));
	}
	return more;
}

/**
 * shadow_ctl_interrupted() - is whoever writes being killed?
 * @ctl: whose
 *
 * Context: process.
 * Return: true if no more is to be done for him.
 */
bool shadow_ctl_interrupted(const struct shadow_ctl *ctl)
{
	return ctl->ops->interrupted && ctl->ops->interrupted(ctl->mm);
}

static int run_batch(struct shadow_ctl *ctl, struct batch *batch)
{
	struct shadow_ctl_text text;
	struct shadow_ctl_cmd cmd;
	int err;

	shadow_ctl_text_init(&text, batch->at, batch->bytes);
	while (shadow_ctl_next(&text, &cmd) > 0) {
		batch->line = cmd.line;
		if (shadow_ctl_interrupted(ctl)) {
			strscpy(ctl->said, "interrupted before this line",
				sizeof(ctl->said));
			return -EINTR;
		}
		err = shadow_ctl_run(ctl, &cmd);
		if (err)
			return err;
		batch->ran++;
		ctl->nr_commands++;
	}
	return 0;
}

/**
 * shadow_ctl_write() - run one batch
 * @ctl: whose commands
 * @text: the batch, any bytes; not touched where @bytes is too large
 * @bytes: its length
 *
 * Every line is parsed before the first one runs. Execution stops at the first
 * line that fails, which has changed nothing; earlier lines stand. It stops as
 * well where the writer is interrupted.
 *
 * Context: process, with the caller's mutex; sleeps.
 * Return: @bytes; -E2BIG past SHADOW_CTL_BYTES; -EINVAL, -EPERM or -EOPNOTSUPP
 * where a line is refused as it is read; -ERANGE where more is asked of the CPU
 * than one write may; -EINTR; the errno of the line that failed.
 */
ssize_t shadow_ctl_write(struct shadow_ctl *ctl, const char *text,
			 size_t bytes)
{
	struct batch batch = { .at = text, .bytes = bytes };
	int err;

	ctl->nr_writes++;
	ctl->said[0] = '\0';
	if (bytes > SHADOW_CTL_BYTES) {
		snprintf(ctl->said, sizeof(ctl->said),
			 "%zu bytes: allowed: up to %u in one write", bytes,
			 SHADOW_CTL_BYTES);
		err = -E2BIG;
	} else {
		err = check_batch(ctl, &batch);
		if (!err)
			err = run_batch(ctl, &batch);
	}
	/* What a command said, it said with the mutex that we still hold. */
	ctl->last_line = batch.line;
	ctl->last_ran = batch.ran;
	ctl->last_err = err;
	return err ? err : (ssize_t)bytes;
}

/**
 * shadow_ctl_init() - no commands yet
 * @ctl: filled
 * @mm: the machine that they work on
 * @ops: what they need from around it
 *
 * Context: process; sleeps.
 * Return: 0, or -ENOMEM where the host has no memory.
 */
int shadow_ctl_init(struct shadow_ctl *ctl, struct shadow_mm *mm,
		    const struct shadow_ctl_ops *ops)
{
	memset(ctl, 0, sizeof(*ctl));
	ctl->mm = mm;
	ctl->ops = ops;
	return shadow_ctl_handles_init(ctl);
}

/**
 * shadow_ctl_fini() - forget all that commands got
 * @ctl: after an init that succeeded
 *
 * What the handles stand for stays allocated: the machine goes as a whole.
 *
 * Context: process; sleeps.
 */
void shadow_ctl_fini(struct shadow_ctl *ctl)
{
	shadow_ctl_set_counters(ctl, false);
	shadow_ctl_handles_fini(ctl);
}

/* ------------------------------------------------------------- printing -- */

struct printer {
	shadow_ctl_emit_t emit;
	void *to;
};

static __printf(2, 3)
void print(const struct printer *printer, const char *fmt, ...)
{
	char line[SHADOW_CTL_WHY + 120];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	printer->emit(printer->to, line);
}

static const char *errno_name(int err)
{
	switch (-err) {
	case EINVAL:
		return "EINVAL";
	case ENOENT:
		return "ENOENT";
	case ENOMEM:
		return "ENOMEM";
	case E2BIG:
		return "E2BIG";
	case EEXIST:
		return "EEXIST";
	case EOPNOTSUPP:
		return "EOPNOTSUPP";
	case EUCLEAN:
		return "EUCLEAN";
	case ENOSPC:
		return "ENOSPC";
	case EPERM:
		return "EPERM";
	case ERANGE:
		return "ERANGE";
	case EINTR:
		return "EINTR";
	case EBUSY:
		return "EBUSY";
	case ENODEV:
		return "ENODEV";
	case EIO:
		return "EIO";
	default:
		return "error";
	}
}

static void print_kinds(const struct printer *printer)
{
	const struct shadow_break_kind *kind;
	unsigned int i;

	for (i = 0; (kind = shadow_break_kind(i)); i++)
		print(printer, "\t%s%s%s%s: %s; %s sees it\n", kind->name,
		      *kind->where ? " [" : "", kind->where,
		      *kind->where ? "]" : "", kind->meaning,
		      shadow_break_check_name(kind->check));
}

static void print_grammar(const struct printer *printer)
{
	unsigned int verb, key;

	print(printer, "# One command a line; what follows a '#' is a comment.\n");
	print(printer, "# All lines of a write are read before the first runs; a write stops at\n");
	print(printer, "# the first line that fails, and earlier lines stand.\n");
	for (verb = 0; verb < SHADOW_NR_CTL_VERBS; verb++) {
		print(printer, "%s\n\t%s\n", shadow_ctl_grammar(verb),
		      shadow_ctl_meaning(verb));
		for (key = 0; verb == SHADOW_CTL_SET && key < SHADOW_NR_CTL_SET_KEYS; key++)
			print(printer, "\t%s: %s; allowed: %s\n",
			      shadow_ctl_sets[key].name,
			      shadow_ctl_sets[key].meaning,
			      shadow_ctl_sets[key].allowed);
		if (verb == SHADOW_CTL_BREAK)
			print_kinds(printer);
	}
}

static void print_handle(const struct shadow_ctl *ctl,
			 const struct printer *printer,
			 const struct shadow_ctl_handle *handle)
{
	struct shadow_mm *mm = ctl->mm;
	u64 thing = shadow_ctl_thing(handle, 0);
	char count[24] = "";

	print(printer, "%8llu %-16s ", handle->id,
	      *handle->name ? handle->name : "-");
	if (handle->made > 1)
		snprintf(count, sizeof(count), "count=%u ", handle->left);
	switch (handle->kind) {
	case SHADOW_CTL_PAGES:
		print(printer, "alloc_pages %u %spfn %llu pa %#llx\n",
		      handle->order, count, thing,
		      thing << mm->nodes.page_shift);
		break;
	case SHADOW_CTL_OBJECTS:
		if (thing)
			print(printer, "kmalloc %llu %spa %#llx va %#llx\n",
			      handle->bytes, count, thing,
			      shadow_layout_pa_to_va(&mm->layout, thing));
		else
			print(printer, "kmalloc 0 %sZERO_SIZE_PTR\n", count);
		break;
	case SHADOW_CTL_CACHED:
		print(printer, "cache_alloc %s %spa %#llx va %#llx\n",
		      shadow_kmem_cache_name(handle->cache), count, thing,
		      shadow_layout_pa_to_va(&mm->layout, thing));
		break;
	case SHADOW_CTL_AREA:
		print(printer, "vmalloc %llu %sva %#llx\n", handle->bytes, count,
		      thing);
		break;
	case SHADOW_CTL_HELD:
		print(printer, "vmap %llu pages va %#llx\n",
		      handle->bytes >> mm->nodes.page_shift, thing);
		break;
	default:
		print(printer, "ioremap %llu va %#llx\n", handle->bytes, thing);
		break;
	}
}

static void print_handles(const struct shadow_ctl *ctl, bool whole,
			  const struct printer *printer)
{
	const struct shadow_ctl_handle *handle = ctl->newest;
	u64 nr = whole ? ctl->nr_live : min_t(u64, ctl->nr_live, SHADOW_CTL_SHOWN);
	u64 i;

	print(printer, "live: %llu, the newest first\n", ctl->nr_live);
	if (nr)
		print(printer, "%8s %-16s %s\n", "id", "name",
		      "what (of several, the first)");
	for (i = 0; i < nr && handle; i++, handle = handle->older)
		print_handle(ctl, printer, handle);
	if (nr < ctl->nr_live)
		print(printer, "… %llu more in shadow_mm_raw/%s/ctl\n",
		      ctl->nr_live - nr, ctl->mm->name);
}

/* What is made to fail; nothing where no point is */
static void print_fail(const struct shadow_ctl *ctl, const struct printer *printer)
{
	char text[SHADOW_CTL_WHY];
	unsigned int point;

	for (point = 0; point < SHADOW_NR_FAIL_POINTS; point++) {
		shadow_ctl_fail_text(ctl, point, text, sizeof(text));
		if (text[0])
			print(printer, "fail: %s\n", text);
	}
}

static void print_last(const struct shadow_ctl *ctl,
		       const struct printer *printer)
{
	if (!ctl->nr_writes)
		print(printer, "last: nothing was written yet\n");
	else if (ctl->last_err && !ctl->last_line)
		print(printer, "last: %s (%d): %s\n", errno_name(ctl->last_err),
		      ctl->last_err, ctl->said);
	else if (ctl->last_err)
		print(printer, "last: line %u: %s (%d), commands run before it: %u: %s\n",
		      ctl->last_line, errno_name(ctl->last_err), ctl->last_err,
		      ctl->last_ran, ctl->said);
	else if (ctl->last_ran)
		print(printer, "last: ok, commands run: %u; line %u: %s\n",
		      ctl->last_ran, ctl->last_line, ctl->said);
	else
		print(printer, "last: ok, no command in it\n");
	print(printer, "writes: %llu, commands: %llu, counters: %s\n",
	      ctl->nr_writes, ctl->nr_commands, ctl->counters ? "on" : "off");
}

/**
 * shadow_ctl_print() - what reading ctl shows
 * @ctl: whose
 * @whole: all live handles instead of the newest, and no grammar
 * @emit: called with text, newlines included
 * @to: handed to it
 *
 * The grammar, the newest SHADOW_CTL_SHOWN handles, and what came of the last
 * batch. Addresses are the machine's own.
 *
 * Context: process, with the caller's mutex.
 */
void shadow_ctl_print(const struct shadow_ctl *ctl, bool whole,
		      shadow_ctl_emit_t emit, void *to)
{
	const struct printer printer = { .emit = emit, .to = to };

	if (!whole)
		print_grammar(&printer);
	print_handles(ctl, whole, &printer);
	if (whole)
		return;
	print_fail(ctl, &printer);
	print_last(ctl, &printer);
}
