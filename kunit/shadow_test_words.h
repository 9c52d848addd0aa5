/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_test_words - tables that are written down word by word, and a walker of
 * them, for the suites that judge what is read from tables.
 */
#ifndef SHADOW_TEST_WORDS_H
#define SHADOW_TEST_WORDS_H

#include "shadow_test.h"
#include "shadow_walk.h"

#define MEM_BASE	0x80000000ULL
#define MEM_WORDS	(8 * 512)
#define VA		0xffff000000000000ULL

/**
 * struct memory - tables, and how often they were read
 * @word: descriptors from MEM_BASE on
 * @nr_reads: of them
 */
struct memory {
	u64 word[MEM_WORDS];
	unsigned int nr_reads;
};

static inline int read_memory(void *ctx, phys_addr_t pa, u64 *desc)
{
	struct memory *m = ctx;

	m->nr_reads++;
	if (pa < MEM_BASE || pa - MEM_BASE >= sizeof(m->word))
		return -EFAULT;
	*desc = m->word[(pa - MEM_BASE) / sizeof(u64)];
	return 0;
}

/*
 * A walker of the 4K granule, 48 bits, over four tables in a row. VA is page 0 of
 * the last one.
 */
static inline struct memory *
four_levels(struct kunit *test, struct shadow_walker *walker)
{
	struct memory *m = shadow_test_alloc(test, sizeof(*m));

	memset(walker, 0, sizeof(*walker));
	KUNIT_ASSERT_EQ(test, shadow_geometry_init(&walker->geo, 12, 48, 48,
						   false), 0);
	walker->root = MEM_BASE;
	walker->upper = true;
	walker->read = read_memory;
	walker->ctx = m;
	m->word[0] = 0x80001003;
	m->word[512] = 0x80002003;
	m->word[1024] = 0x80003003;
	m->word[1536] = 0x00e8000090000703;	/* page 0 */
	return m;
}

#endif /* SHADOW_TEST_WORDS_H */
