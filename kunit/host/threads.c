// SPDX-License-Identifier: GPL-2.0-only
/*
 * threads - does a second processor double the throughput?
 *
 * A program of its own, with the runner of the suites: what it finds out is
 * about the machine that it runs on as much as about the allocator, and is
 * worth nothing while something else runs there.
 */
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "shadow_test_machine.h"

#define NR_PAGES	(SZ_512M >> SHADOW_TEST_PAGE_SHIFT)
#define NR_THREADS	2
/* Many short rounds: some of them nobody else disturbs */
#define NR_ROUNDS	100
#define ROUND_NS	8000000ULL
#define MAX_RUN		16384

/* In hundredths of what one thread does */
#define GOAL_HITS	180
#define GOAL_REFILL	130

/**
 * struct worker - one thread
 * @nodes: what it allocates from
 * @waiting: threads that have yet to come to the start; all begin together
 * @cpu: where it runs, and whose lists it uses
 * @run: blocks that it takes before it gives them back
 * @pairs: allocations that it has freed again
 * @start: when it began, in ns
 * @end: when it ended
 * @failed: a call failed
 * @page: what it has
 */
struct worker {
	struct shadow_nodes *nodes;
	int *waiting;
	unsigned int cpu;
	unsigned int run;
	u64 pairs;
	u64 start;
	u64 end;
	bool failed;
	struct shadow_page *page[MAX_RUN];
};

static u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static void one_run(struct worker *worker)
{
	unsigned int i, got;

	for (got = 0; got < worker->run; got++) {
		worker->page[got] = shadow_alloc_pages_cpu(worker->nodes, worker->cpu,
							   SHADOW_GFP_KERNEL, 0);
		if (!worker->page[got])
			break;
	}
	for (i = 0; i < got; i++)
		if (shadow_free_pages_cpu(worker->nodes, worker->cpu,
					  worker->page[i], 0))
			worker->failed = true;
	worker->pairs += got;
	worker->failed |= got < worker->run;
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	unsigned int i, runs = MAX_RUN / worker->run;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(worker->cpu, &cpus);
	if (pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus))
		worker->failed = true;
	for (i = 0; i < runs; i++)
		one_run(worker);
	worker->pairs = 0;
	/* Nobody sleeps here: who is woken up late would run alone */
	__atomic_sub_fetch(worker->waiting, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(worker->waiting, __ATOMIC_SEQ_CST))
		sched_yield();
	worker->start = now_ns();
	do {
		for (i = 0; i < runs; i++)
			one_run(worker);
		worker->end = now_ns();
	} while (worker->end < worker->start + ROUND_NS);
	return NULL;
}

/* Pairs in a second, from the first thread's start to the last one's end */
static u64 throughput(struct kunit *test, struct shadow_test_machine *m,
		      struct worker *workers, unsigned int nr, unsigned int run)
{
	u64 pairs = 0, start = U64_MAX, end = 0;
	pthread_t threads[NR_THREADS];
	int waiting = nr;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		workers[i].nodes = &m->nodes;
		workers[i].waiting = &waiting;
		workers[i].cpu = i;
		workers[i].run = run;
		KUNIT_ASSERT_EQ(test, 0, pthread_create(&threads[i], NULL, work,
							&workers[i]));
	}
	for (i = 0; i < nr; i++) {
		pthread_join(threads[i], NULL);
		KUNIT_ASSERT_FALSE(test, workers[i].failed);
		pairs += workers[i].pairs;
		start = min(start, workers[i].start);
		end = max(end, workers[i].end);
	}
	return pairs * 1000000000ULL / (end - start);
}

/* The best of some rounds: what disturbs can only slow down */
static void compare(struct kunit *test, const char *what, unsigned int run,
		    unsigned int goal)
{
	struct shadow_test_machine *m = shadow_test_machine(test, NR_PAGES, NR_THREADS);
	struct worker *workers = shadow_test_alloc(test, NR_THREADS * sizeof(*workers));
	u64 one = 0, two = 0, ratio;
	unsigned int i;

	for (i = 0; i < NR_ROUNDS; i++) {
		one = max_t(u64, one, throughput(test, m, workers, 1, run));
		two = max_t(u64, two, throughput(test, m, workers, NR_THREADS, run));
	}
	shadow_test_machine_verify(test, m);
	ratio = two * 100 / one;
	printf("NATIVE name=threads_%s one=%llu two=%llu pairs/s ratio=%llu.%02llu\n",
	       what, one, two, ratio / 100, ratio % 100);
	KUNIT_EXPECT_GE_MSG(test, ratio, goal,
			    "hundredths of what one thread does");
}

static void hits(struct kunit *test)
{
	compare(test, "hits", 1, GOAL_HITS);
}

/* More than a list holds: each run fetches batches and returns them */
static void refill(struct kunit *test)
{
	compare(test, "refill", MAX_RUN, GOAL_REFILL);
}

static struct kunit_case threads_cases[] = {
	KUNIT_CASE(hits),
	KUNIT_CASE(refill),
	{}
};

static struct kunit_suite threads_suite = {
	.name = "threads",
	.test_cases = threads_cases,
};

kunit_test_suite(threads_suite);
