// SPDX-License-Identifier: GPL-2.0-only
/*
 * main - what scripts/shadow-replay builds and calls.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "replay.h"

/* Operations between two checkpoints, and between two looks at the clock */
#define EVERY	50000

static const char usage[] =
	"usage: shadow-replay EVENTS.BIN [--to N] [--dump FILE] [--check STATE] [--verify]\n"
	"                     [--interactive] [--every K] [--unchecked]\n"
	"       shadow-replay --make EVENTS.BIN STATE SEED OPERATIONS [PARAMETER=VALUE]...\n";

/**
 * struct wish - what the command line asks for
 * @events: file with the history
 * @to: last record
 * @dump: file for the state, or NULL
 * @check: file with the state that it must be, or NULL
 * @verify: every layer is asked
 * @interactive: standard input says what to do
 * @unchecked: differences are not looked for
 * @every: operations between checkpoints
 */
struct wish {
	const char *events;
	u64 to;
	const char *dump;
	const char *check;
	bool verify;
	bool interactive;
	bool unchecked;
	u64 every;
};

static int fail(const char *why)
{
	fprintf(stderr, "shadow-replay: %s\n", why);
	return 1;
}

static u64 now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

static int run(struct replay *replay, u64 to)
{
	const struct history *history = replay->history;
	u64 said = now_ms(), end;

	while (replay->at < history->nr_usable) {
		end = history_end_of(history, history_op_after(history, replay->at));
		if (end > to)
			break;
		if (replay_step(replay))
			return fail(replay->why);
		if (replay->nr_ops % 1024 || now_ms() < said + 1000)
			continue;
		said = now_ms();
		fprintf(stderr, "%llu of %llu records\n",
			(unsigned long long)replay->at,
			(unsigned long long)min(to, history->nr_usable));
	}
	return 0;
}

static void say_end(const struct replay *replay, u64 to)
{
	const struct history *history = replay->history;

	if (history->lost && to > replay->at)
		printf("records are lost after %llu: the last complete operation ends at %llu\n",
		       (unsigned long long)history->nr,
		       (unsigned long long)history->nr_usable);
	else if (to != U64_MAX && to > history->last)
		printf("the history ends at %llu\n",
		       (unsigned long long)history->last);
	else if (to != U64_MAX && to > replay->at)
		printf("%llu is inside an operation: stopped at %llu, before it\n",
		       (unsigned long long)to, (unsigned long long)replay->at);
	printf("replayed %llu operations, %llu records of %llu: each as it was recorded\n",
	       (unsigned long long)replay->nr_ops,
	       (unsigned long long)replay->at, (unsigned long long)history->last);
}

static int dump(struct replay *replay, const char *name)
{
	FILE *file = strcmp(name, "-") ? fopen(name, "w") : stdout;
	char why[REPLAY_WHY];
	size_t bytes;
	char *text;

	if (!file) {
		refuse(why, "%s: %s", name, strerror(errno));
		return fail(why);
	}
	text = machine_state(replay->machine, replay->at, &bytes);
	fwrite(text, 1, bytes, file);
	free(text);
	if (file != stdout && fclose(file)) {
		refuse(why, "%s: %s", name, strerror(errno));
		return fail(why);
	}
	return 0;
}

/* The file's text, and the record that it belongs to */
static char *read_state(const char *name, size_t *bytes, u64 *seq, char *why)
{
	FILE *file = fopen(name, "r");
	unsigned long long nr;
	unsigned int format;
	char machine[40];
	char *text = NULL;
	size_t room = 0;
	ssize_t len;

	if (!file) {
		refuse(why, "%s: %s", name, strerror(errno));
		return NULL;
	}
	len = getdelim(&text, &room, '\0', file);
	fclose(file);
	if (len < 0 || sscanf(text, "shadow_mm state, format %u: machine %39[^,], seq %llu",
			      &format, machine, &nr) != 3) {
		refuse(why, "%s: not a state of shadow_mm", name);
		return NULL;
	}
	*bytes = len;
	*seq = nr;
	return text;
}

static int check(struct replay *replay, const char *name, const char *is,
		 size_t bytes)
{
	char why[REPLAY_WHY];
	size_t nr, line = 1, start = 0, i;
	char *text = machine_state(replay->machine, replay->at, &nr);

	for (i = 0; i < bytes && i < nr && is[i] == text[i]; i++)
		if (is[i] == '\n') {
			line++;
			start = i + 1;
		}
	if (i == bytes && i == nr) {
		printf("%s: equal, %zu bytes, at record %llu\n", name, nr,
		       (unsigned long long)replay->at);
		free(text);
		return 0;
	}
	refuse(why, "%s: line %zu differs: it has \"%.*s\", replayed is \"%.*s\"",
	       name, line, (int)min_t(size_t, strcspn(is + start, "\n"), 150),
	       is + start, (int)min_t(size_t, strcspn(text + start, "\n"), 150),
	       text + start);
	free(text);
	return fail(why);
}

static int run_wish(struct replay *replay, struct wish *wish)
{
	char why[REPLAY_WHY], *is = NULL;
	size_t bytes;
	u64 seq;

	if (wish->check) {
		is = read_state(wish->check, &bytes, &seq, why);
		if (!is)
			return fail(why);
		wish->to = seq;
	}
	if (run(replay, wish->to))
		return 1;
	say_end(replay, wish->to);
	if (is && replay->at != seq) {
		refuse(why, "%s: is of record %llu, the replay went to %llu",
		       wish->check, (unsigned long long)seq,
		       (unsigned long long)replay->at);
		return fail(why);
	}
	if (wish->verify && machine_verify(replay->machine, why))
		return fail(why);
	if (wish->verify)
		printf("verify: every layer finds nothing wrong\n");
	if (wish->dump && dump(replay, wish->dump))
		return 1;
	return is ? check(replay, wish->check, is, bytes) : 0;
}

static int parse_number(const char *option, const char *text, u64 least, u64 *nr)
{
	if (!read_number(text, nr) && *nr >= least)
		return 0;
	fprintf(stderr, "shadow-replay: %s '%s': allowed: a number from %llu on, up to 64 bits\n",
		option, text, (unsigned long long)least);
	return -EINVAL;
}

/* An option and, where it has one, its argument: how many of @arg, or -EINVAL */
static int parse_one(char **arg, struct wish *wish)
{
	if (!strcmp(*arg, "--to") && arg[1])
		return parse_number(*arg, arg[1], 0, &wish->to) ? : 2;
	if (!strcmp(*arg, "--every") && arg[1])
		return parse_number(*arg, arg[1], 1, &wish->every) ? : 2;
	if (!strcmp(*arg, "--dump") && arg[1]) {
		wish->dump = arg[1];
		return 2;
	}
	if (!strcmp(*arg, "--check") && arg[1]) {
		wish->check = arg[1];
		return 2;
	}
	if (!strcmp(*arg, "--verify")) {
		wish->verify = true;
	} else if (!strcmp(*arg, "--unchecked")) {
		wish->unchecked = true;
	} else if (!strcmp(*arg, "--interactive")) {
		wish->interactive = true;
	} else if (**arg != '-' && !wish->events) {
		wish->events = *arg;
	} else {
		fprintf(stderr, "shadow-replay: '%s' is not understood, or lacks its argument\n",
			*arg);
		return -EINVAL;
	}
	return 1;
}

static int parse(char **arg, struct wish *wish)
{
	int nr;

	for (; *arg; arg += nr) {
		nr = parse_one(arg, wish);
		if (nr < 0)
			return nr;
	}
	return wish->events ? 0 : -EINVAL;
}

int main(int argc, char **argv)
{
	struct wish wish = { .to = U64_MAX, .every = EVERY };
	static struct history history;
	static struct replay replay;
	char why[REPLAY_WHY];

	if (argc > 1 && !strcmp(argv[1], "--make"))
		return make_history(argv + 2);
	if (parse(argv + 1, &wish)) {
		fputs(usage, stderr);
		return 2;
	}
	if (history_load(&history, wish.events, why))
		return fail(why);
	shadow_ring_enable(true);
	replay.history = &history;
	replay.unchecked = wish.unchecked;
	replay.machine = machine_create(&history.room.setup, why);
	if (!replay.machine)
		return fail(why);
	return wish.interactive ? session(&replay, wish.every) :
				  run_wish(&replay, &wish);
}
