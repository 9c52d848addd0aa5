// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the core and the suites call of the kernel's library, where neither
 * tools/lib nor the C library has it.
 */
#include <ctype.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include <linux/bitmap.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

/* 64 KiB is the largest page of a machine. */
#define VMALLOC_ALIGN	0x10000UL
/* Looks at a lock until the processor is left to somebody else */
#define LOCK_SPINS	1024

int shadow_host_cpu = -1;
void (*shadow_host_lock_watch)(const raw_spinlock_t *lock, bool taken);

/* Numbers of threads that run, by bit. Who has ended needs none any more */
static unsigned long threads;
static pthread_key_t thread_key;
static pthread_once_t thread_once = PTHREAD_ONCE_INIT;

static void thread_ends(void *self)
{
	__atomic_and_fetch(&threads, ~(1UL << ((long)self - 1)), __ATOMIC_RELEASE);
}

static void threads_init(void)
{
	pthread_key_create(&thread_key, thread_ends);
}

/* The lowest that is free: so up to NR_CPUS threads are on as many CPUs */
static int number_thread(void)
{
	unsigned long was = __atomic_load_n(&threads, __ATOMIC_RELAXED);

	pthread_once(&thread_once, threads_init);
	do {
		if (!~was)
			shadow_host_lock_misuse("more threads than numbers");
	} while (!__atomic_compare_exchange_n(&threads, &was, was | (was + 1), true,
					      __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
	pthread_setspecific(thread_key, (void *)((long)__builtin_ctzl(~was) + 1));
	return __builtin_ctzl(~was) + 1;
}

int shadow_host_thread(void)
{
	static __thread int self;	/* 0: not yet numbered */

	if (unlikely(!self))
		self = number_thread();
	return self;
}

void shadow_host_lock_misuse(const char *what)
{
	fflush(stdout);
	fprintf(stderr, "lock: %s\n", what);
	abort();
}

void shadow_host_lock_wait(raw_spinlock_t *lock)
{
	unsigned int spins;

	if (shadow_host_lock_is_held(lock))
		shadow_host_lock_misuse("taken twice by one thread");
	/* Held for some hundred nanoseconds, unless its holder lost the CPU */
	for (spins = 1; !raw_spin_trylock(lock); spins++) {
		for (; raw_spin_is_locked(lock) && spins % LOCK_SPINS; spins++)
			cpu_relax();
		if (spins % LOCK_SPINS == 0)
			sched_yield();
	}
}

int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	int nr = vsnprintf(buf, size, fmt, args);

	if (!size)
		return 0;
	return nr < (int)size ? nr : (int)size - 1;
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int nr;

	va_start(args, fmt);
	nr = vscnprintf(buf, size, fmt, args);
	va_end(args);
	return nr;
}

ssize_t shadow_host_strscpy(char *dst, const char *src, size_t bytes)
{
	size_t nr = strnlen(src, bytes);

	if (!bytes)
		return -E2BIG;
	if (nr == bytes) {
		memcpy(dst, src, bytes - 1);
		dst[bytes - 1] = '\0';
		return -E2BIG;
	}
	memcpy(dst, src, nr + 1);
	return nr;
}

void *memchr_inv(const void *start, int c, size_t bytes)
{
	const unsigned char *p = start;

	for (; bytes; bytes--, p++) {
		if (*p != (unsigned char)c)
			return (void *)p;
	}
	return NULL;
}

unsigned long long memparse(const char *text, char **end)
{
	static const char suffixes[] = "kmgtpe";
	char *stop;
	unsigned long long nr = strtoull(text, &stop, 0);
	const char *suffix = *stop ? strchr(suffixes, tolower(*stop)) : NULL;

	if (suffix) {
		nr <<= 10 * (suffix - suffixes + 1);
		stop++;
	}
	if (end)
		*end = stop;
	return nr;
}

char *skip_spaces(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return (char *)text;
}

char *strim(char *text)
{
	size_t nr = strlen(text);

	while (nr && isspace((unsigned char)text[nr - 1]))
		text[--nr] = '\0';
	return skip_spaces(text);
}

/* One of the four shift registers of L'Ecuyer's taus113. */
static u32 step(u32 s, int a, int b, u32 keep, int d)
{
	return ((s & keep) << d) ^ (((s << a) ^ s) >> b);
}

u32 prandom_u32_state(struct rnd_state *state)
{
	state->s1 = step(state->s1, 6, 13, 0xfffffffe, 18);
	state->s2 = step(state->s2, 2, 27, 0xfffffff8, 2);
	state->s3 = step(state->s3, 13, 21, 0xfffffff0, 7);
	state->s4 = step(state->s4, 3, 12, 0xffffff80, 13);
	return state->s1 ^ state->s2 ^ state->s3 ^ state->s4;
}

void prandom_bytes_state(struct rnd_state *state, void *buf, size_t bytes)
{
	unsigned char *p = buf;
	u32 r = 0;
	size_t i;

	for (i = 0; i < bytes; i++, r >>= 8) {
		if (i % 4 == 0)
			r = prandom_u32_state(state);
		p[i] = r;
	}
}

void *kmalloc(size_t bytes, gfp_t gfp)
{
	return gfp & __GFP_ZERO ? calloc(1, bytes) : malloc(bytes);
}

void *kmalloc_array(size_t n, size_t bytes, gfp_t gfp)
{
	size_t all;

	if (__builtin_mul_overflow(n, bytes, &all))
		return NULL;
	return kmalloc(all, gfp);
}

void kfree(const void *p)
{
	free((void *)p);
}

void *vmalloc(unsigned long bytes)
{
	return aligned_alloc(VMALLOC_ALIGN, ALIGN(bytes, VMALLOC_ALIGN));
}

void *vzalloc(unsigned long bytes)
{
	void *p = vmalloc(bytes);

	return p ? memset(p, 0, bytes) : NULL;
}

void vfree(const void *p)
{
	free((void *)p);
}

/* Time of our own: what else the machine does is not part of a speed. */
u64 ktime_get_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (u64)now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

void bitmap_set(unsigned long *map, unsigned int start, unsigned int nbits)
{
	for (; nbits && start % BITS_PER_LONG; start++, nbits--)
		map[start / BITS_PER_LONG] |= 1UL << start % BITS_PER_LONG;
	for (; nbits >= BITS_PER_LONG; start += BITS_PER_LONG, nbits -= BITS_PER_LONG)
		map[start / BITS_PER_LONG] = ~0UL;
	for (; nbits; start++, nbits--)
		map[start / BITS_PER_LONG] |= 1UL << start % BITS_PER_LONG;
}

/* Above @size: there is none. */
unsigned long bitmap_find_next_zero_area(const unsigned long *map,
					 unsigned long size,
					 unsigned long start, unsigned int nr,
					 unsigned long align_mask)
{
	unsigned long index, end;

	for (;;) {
		index = (find_next_zero_bit(map, size, start) + align_mask) &
			~align_mask;
		if (index + nr > size)
			return index + nr;
		end = find_next_bit(map, index + nr, index);
		if (end >= index + nr)
			return index;
		start = end + 1;
	}
}
