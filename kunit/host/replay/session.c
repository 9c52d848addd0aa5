// SPDX-License-Identifier: GPL-2.0-only
/*
 * session - forward and back through a history, as a person says.
 *
 * Every so many operations the process forks. The parent waits as a checkpoint:
 * when its child has to go back to before where that is, the child ends, and a
 * new one starts from the parent's memory; if that is too new as well, the
 * parent ends likewise. Commands are read byte by byte, so that whoever goes on
 * finds the next one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "replay.h"

#define GO_BACK		77	/* how a child ends that must begin earlier */
#define LINE		200

static const char usage[] =
	"goto N      to record N, or the end of the operation before it\n"
	"next        one operation more\n"
	"back        one operation less\n"
	"step K      K operations more\n"
	"state [FILE] the machine's whole state\n"
	"page PFN    one frame\n"
	"events      the records around here\n"
	"verify      ask every layer whether it finds itself in order\n"
	"quit\n";

/* What a child leaves behind for its parent */
static u64 *wanted;

/* Forked here; returns in the child, once for each time that it is needed */
static void checkpoint(struct replay *replay)
{
	int status;
	pid_t pid;

	for (;;) {
		fflush(NULL);
		pid = fork();
		if (!pid)
			return;
		if (pid < 0) {
			fprintf(stderr, "replay: fork: %s\n",
				strerror(errno));
			return;
		}
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (!WIFEXITED(status))
			_exit(2);
		if (WEXITSTATUS(status) != GO_BACK || *wanted < replay->at)
			_exit(WEXITSTATUS(status));
	}
}

/* The last place not after @seq where an operation ends, from here on */
static bool may_step(const struct replay *replay, u64 seq)
{
	const struct history *history = replay->history;

	return replay->at < history->nr_usable &&
	       history_end_of(history, history_op_after(history, replay->at)) <= seq;
}

static void say_where(const struct replay *replay)
{
	const struct history *history = replay->history;
	char text[240];

	printf("at %llu of %llu, %llu operations\n",
	       (unsigned long long)replay->at,
	       (unsigned long long)history->nr_usable,
	       (unsigned long long)replay->nr_ops);
	if (!replay->at)
		return;
	record_print(&history->record[replay->at - 1], text, sizeof(text));
	printf("  %s\n", text);
}

/* Goes to *wanted, which a child that comes back here may have set */
static int run_on(struct replay *replay, u64 every)
{
	while (may_step(replay, *wanted)) {
		if (replay->nr_ops % every == 0)
			checkpoint(replay);
		if (may_step(replay, *wanted) && replay_step(replay)) {
			printf("%s\n", replay->why);
			return 1;
		}
	}
	if (replay->at < *wanted && replay->at < replay->history->nr_usable)
		printf("%llu is inside an operation: stopped before it\n",
		       (unsigned long long)*wanted);
	say_where(replay);
	return 0;
}

static int go_to(struct replay *replay, u64 seq, u64 every)
{
	*wanted = seq;
	if (seq < replay->at) {
		fflush(NULL);
		_exit(GO_BACK);
	}
	return run_on(replay, every);
}

static u64 before(const struct replay *replay)
{
	u64 at = 0, end, nr;

	for (nr = 1; nr < replay->nr_ops; nr++) {
		end = history_end_of(replay->history,
				     history_op_after(replay->history, at));
		at = end;
	}
	return at;
}

static u64 after(const struct replay *replay, u64 nr)
{
	u64 at = replay->at;

	for (; nr && at < replay->history->nr_usable; nr--)
		at = history_end_of(replay->history,
				    history_op_after(replay->history, at));
	return at;
}

static void print_state(struct replay *replay, const char *name)
{
	FILE *file = *name ? fopen(name, "w") : stdout;
	size_t bytes;
	char *text;

	if (!file) {
		printf("%s: %s\n", name, strerror(errno));
		return;
	}
	text = machine_state(replay->machine, replay->at, &bytes);
	fwrite(text, 1, bytes, file);
	free(text);
	if (*name)
		fclose(file);
}

static void print_page(struct replay *replay, u64 pfn)
{
	const struct shadow_nodes *nodes = &replay->machine->mm.nodes;
	const struct shadow_page *page = NULL;

	if (nodes->memmap.pages && nodes->memmap.nr_banks)
		page = shadow_pfn_to_page(nodes, pfn);
	if (!page) {
		printf("there is no frame 0x%llx\n", (unsigned long long)pfn);
		return;
	}
	printf("pfn 0x%llx: %s, order %u, owner %s, ", (unsigned long long)pfn,
	       shadow_page_state_names[min_t(u32, shadow_page_state(page),
					     SHADOW_NR_PAGE_STATES - 1)],
	       shadow_page_order(page),
	       shadow_owner_names[min_t(u32, shadow_page_owner(page),
					SHADOW_NR_OWNERS - 1)]);
	printf("refcount %d, next 0x%x, prev 0x%x, private 0x%llx 0x%llx\n",
	       atomic_read(&page->refcount), page->next, page->prev,
	       (unsigned long long)page->private[0],
	       (unsigned long long)page->private[1]);
}

static void print_events(const struct replay *replay)
{
	u64 at = replay->at > 20 ? replay->at - 20 : 0;
	char text[240];

	for (; at < replay->at + 5 && at < replay->history->nr; at++) {
		record_print(&replay->history->record[at], text, sizeof(text));
		printf("%s%s\n", at == replay->at ? "-- here --\n" : "", text);
	}
}

/**
 * read_number() - a number as a person writes it: decimal, or with 0x
 * @text: all of it
 * @nr: filled
 *
 * Return: 0, or -EINVAL where it is none, or has more than 64 bits.
 */
int read_number(const char *text, u64 *nr)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*nr = strtoull(text, &end, 0);
	return *end || errno ? -EINVAL : 0;
}

static bool read_line(char *line)
{
	size_t nr = 0;
	char c;

	while (read(STDIN_FILENO, &c, 1) == 1) {
		if (c == '\n') {
			line[nr] = '\0';
			return true;
		}
		if (nr < LINE - 1)
			line[nr++] = c;
	}
	line[nr] = '\0';
	return nr;
}

static int obey(struct replay *replay, const char *line, u64 every)
{
	char verb[LINE] = "", text[LINE] = "";
	char why[REPLAY_WHY];
	u64 nr = 0;

	if (sscanf(line, "%199s %199s", verb, text) < 1)
		return 0;
	if (*text && strcmp(verb, "state") && read_number(text, &nr)) {
		printf("'%s': allowed: a number of up to 64 bits\n", text);
		return 0;
	}
	if (!strcmp(verb, "goto") && *text)
		return go_to(replay, nr, every);
	if (!strcmp(verb, "next"))
		return go_to(replay, after(replay, 1), every);
	if (!strcmp(verb, "step"))
		return go_to(replay, after(replay, *text ? nr : 1), every);
	if (!strcmp(verb, "back"))
		return go_to(replay, before(replay), every);
	if (!strcmp(verb, "state"))
		print_state(replay, text);
	else if (!strcmp(verb, "page") && *text)
		print_page(replay, nr);
	else if (!strcmp(verb, "events"))
		print_events(replay);
	else if (!strcmp(verb, "verify"))
		printf("%s\n", machine_verify(replay->machine, why) ? why : "OK");
	else
		fputs(usage, stdout);
	return 0;
}

/**
 * session() - do what standard input says
 * @replay: at the beginning
 * @every: operations from one checkpoint to the next
 *
 * Return: what the process ends with.
 */
int session(struct replay *replay, u64 every)
{
	char line[LINE];

	wanted = mmap(NULL, sizeof(*wanted), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (wanted == MAP_FAILED)
		return 2;
	checkpoint(replay);
	/* A child that begins anew is wanted somewhere */
	if (*wanted && run_on(replay, every))
		return 1;
	while (read_line(line)) {
		if (!strcmp(line, "quit"))
			break;
		if (obey(replay, line, every))
			return 1;
		fflush(stdout);
	}
	return 0;
}
