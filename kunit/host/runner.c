// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the KUnit suites in user space and prints KTAP.
 *
 * usage: runner [--list] [SUITE[.CASE]]...      each may hold * and ?
 */
#include <fnmatch.h>
#include <stdarg.h>

#include <kunit/test.h>
#include <linux/ktime.h>

#define MAX_SUITES	128
/* A randomised test that has gone wrong fails at each step from then on. */
#define MAX_SHOWN	10

struct shadow_host_action {
	struct shadow_host_action *older;
	kunit_action_t *run;
	void *ctx;
};

static struct kunit_suite *suites[MAX_SUITES];
static int nr_suites;
static char **patterns;

void shadow_host_add_suite(struct kunit_suite *suite)
{
	if (nr_suites == MAX_SUITES) {
		fprintf(stderr, "runner: more than %d suites\n", MAX_SUITES);
		exit(2);
	}
	suites[nr_suites++] = suite;
}

static void vsay(struct kunit *test, const char *fmt, va_list args)
{
	if (test->nr_failures > MAX_SHOWN || !*fmt)
		return;
	printf("    # ");
	vprintf(fmt, args);
	if (fmt[strlen(fmt) - 1] != '\n')
		putchar('\n');
}

void shadow_host_say(struct kunit *test, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsay(test, fmt, args);
	va_end(args);
}

void shadow_host_fail(struct kunit *test, const char *file, int line,
		      const char *fmt, ...)
{
	va_list args;

	test->status = KUNIT_FAILURE;
	test->nr_failures++;
	shadow_host_say(test, "%s: %s:%d", test->name, file, line);
	va_start(args, fmt);
	vsay(test, fmt, args);
	va_end(args);
}

void shadow_host_escape(struct kunit *test)
{
	longjmp(test->escape, 1);
}

int kunit_add_action(struct kunit *test, kunit_action_t *action, void *ctx)
{
	struct shadow_host_action *new = malloc(sizeof(*new));

	if (!new)
		return -ENOMEM;
	new->run = action;
	new->ctx = ctx;
	new->older = test->actions;
	test->actions = new;
	return 0;
}

int kunit_add_action_or_reset(struct kunit *test, kunit_action_t *action,
			      void *ctx)
{
	int err = kunit_add_action(test, action, ctx);

	if (err)
		action(ctx);
	return err;
}

/* The newest action of that kind leaves the list; was there one? */
static bool take_action(struct kunit *test, kunit_action_t *action, void *ctx)
{
	struct shadow_host_action **link = &test->actions, *found;

	while (*link && ((*link)->run != action || (*link)->ctx != ctx))
		link = &(*link)->older;
	found = *link;
	if (!found)
		return false;
	*link = found->older;
	free(found);
	return true;
}

void kunit_remove_action(struct kunit *test, kunit_action_t *action, void *ctx)
{
	take_action(test, action, ctx);
}

void kunit_release_action(struct kunit *test, kunit_action_t *action,
			  void *ctx)
{
	if (take_action(test, action, ctx))
		action(ctx);
}

static void free_action(void *p)
{
	kfree(p);
}

void *kunit_kmalloc_array(struct kunit *test, size_t n, size_t bytes,
			  gfp_t gfp)
{
	void *p = kmalloc_array(n, bytes, gfp);

	if (p && kunit_add_action_or_reset(test, free_action, p))
		return NULL;
	return p;
}

void kunit_kfree(struct kunit *test, const void *p)
{
	if (p)
		kunit_release_action(test, free_action, (void *)p);
}

static void undo_actions(struct kunit *test)
{
	while (test->actions) {
		struct shadow_host_action *newest = test->actions;

		test->actions = newest->older;
		newest->run(newest->ctx);
		free(newest);
	}
}

/* As in the kernel: exit runs even where init or the case gave up. */
static void run_once(struct kunit_suite *suite, struct kunit_case *c,
		     const void *param, struct kunit *test)
{
	memset(test, 0, sizeof(*test));
	test->name = c->name;
	test->param_value = param;
	if (setjmp(test->escape) == 0) {
		int err = suite->init ? suite->init(test) : 0;

		if (err)
			KUNIT_FAIL(test, "init returned %d", err);
		else
			c->run_case(test);
	}
	if (setjmp(test->escape) == 0 && suite->exit)
		suite->exit(test);
	undo_actions(test);
	if (test->nr_failures > MAX_SHOWN)
		printf("    # %s: %lu failures in all\n", test->name,
		       test->nr_failures);
}

static const char *verdict(enum kunit_status status)
{
	return status == KUNIT_FAILURE ? "not ok" : "ok";
}

static enum kunit_status run_params(struct kunit_suite *suite,
				    struct kunit_case *c, struct kunit *test)
{
	enum kunit_status status = KUNIT_SUCCESS;
	const void *param = NULL;
	int nr = 0;

	printf("        KTAP version 1\n        # Subtest: %s\n", c->name);
	for (;;) {
		char desc[KUNIT_PARAM_DESC_SIZE] = "";

		param = c->generate_params(param, desc);
		if (!param)
			break;
		run_once(suite, c, param, test);
		if (test->status == KUNIT_FAILURE)
			status = KUNIT_FAILURE;
		if (!*desc)
			snprintf(desc, sizeof(desc), "param-%d", nr);
		printf("        %s %d %s\n", verdict(test->status), ++nr, desc);
	}
	printf("        1..%d\n", nr);
	return status;
}

static void run_case(struct kunit_suite *suite, struct kunit_case *c, int nr,
		     unsigned int *count)
{
	struct kunit test;

	if (c->generate_params)
		test.status = run_params(suite, c, &test);
	else
		run_once(suite, c, NULL, &test);
	count[test.status]++;
	printf("    %s %d %s%s%s\n", verdict(test.status), nr, c->name,
	       test.status == KUNIT_SKIPPED ? " # SKIP " : "",
	       test.status == KUNIT_SKIPPED ? test.status_comment : "");
	fflush(stdout);
}

static bool wanted(const struct kunit_suite *suite, const struct kunit_case *c)
{
	char name[512];
	char **p;

	snprintf(name, sizeof(name), "%s.%s", suite->name, c->name);
	for (p = patterns; *p; p++) {
		if (!fnmatch(*p, strchr(*p, '.') ? name : suite->name, 0))
			return true;
	}
	return p == patterns;
}

static int nr_wanted(const struct kunit_suite *suite)
{
	const struct kunit_case *c;
	int nr = 0;

	for (c = suite->test_cases; c->run_case; c++)
		nr += wanted(suite, c);
	return nr;
}

static void run_suite(struct kunit_suite *suite, int nr, unsigned int *total)
{
	unsigned int count[3] = {};
	struct kunit_case *c;
	u64 start = ktime_get_ns();
	int nr_case = 0, err;

	printf("    KTAP version 1\n    # Subtest: %s\n    1..%d\n", suite->name,
	       nr_wanted(suite));
	err = suite->suite_init ? suite->suite_init(suite) : 0;
	if (err) {
		printf("    # suite_init returned %d\n", err);
		count[KUNIT_FAILURE] += nr_wanted(suite);
	}
	for (c = suite->test_cases; c->run_case && !err; c++) {
		if (wanted(suite, c))
			run_case(suite, c, ++nr_case, count);
	}
	if (suite->suite_exit)
		suite->suite_exit(suite);
	printf("# %s: pass:%u fail:%u skip:%u total:%u, %llu ms\n", suite->name,
	       count[KUNIT_SUCCESS], count[KUNIT_FAILURE],
	       count[KUNIT_SKIPPED], count[0] + count[1] + count[2],
	       (ktime_get_ns() - start) / NSEC_PER_MSEC);
	printf("%s %d %s\n", count[KUNIT_FAILURE] ? "not ok" : "ok", nr,
	       suite->name);
	for (err = 0; err < 3; err++)
		total[err] += count[err];
}

static void list_cases(const struct kunit_suite *suite)
{
	const struct kunit_case *c;

	for (c = suite->test_cases; c->run_case; c++) {
		if (wanted(suite, c))
			printf("%s.%s\n", suite->name, c->name);
	}
}

int main(int argc, char **argv)
{
	unsigned int total[3] = {};
	bool list = argc > 1 && !strcmp(argv[1], "--list");
	int i, nr = 0, chosen = 0;

	/* What was said last must be there when a sanitizer ends the run. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	patterns = argv + 1 + list;
	for (i = 0; i < nr_suites; i++)
		chosen += nr_wanted(suites[i]) != 0;
	if (!list)
		printf("KTAP version 1\n1..%d\n", chosen);
	for (i = 0; i < nr_suites; i++) {
		if (list)
			list_cases(suites[i]);
		else if (nr_wanted(suites[i]))
			run_suite(suites[i], ++nr, total);
	}
	if (list)
		return 0;
	printf("# Totals: pass:%u fail:%u skip:%u total:%u\n",
	       total[KUNIT_SUCCESS], total[KUNIT_FAILURE],
	       total[KUNIT_SKIPPED], total[0] + total[1] + total[2]);
	return total[KUNIT_FAILURE] || !total[KUNIT_SUCCESS];
}
