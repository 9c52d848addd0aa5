/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_bootmem_test - what the suites of the older early allocator share: a
 * machine whose bitmaps lie beside its memory, with guards around them.
 */
#ifndef SHADOW_BOOTMEM_TEST_H
#define SHADOW_BOOTMEM_TEST_H

#include "shadow_test.h"

#include "shadow_bootmem.h"

#define MAP_BYTES	1024	/* for each node's bitmap */
#define GUARD		64

/**
 * struct machine - an early allocator and the ground that it stands on
 * @bm: the early allocator
 * @block: its memory, or none
 * @maps: the bitmaps, one after the other, GUARD bytes before and behind each
 */
struct machine {
	struct shadow_bootmem bm;
	struct shadow_block block;
	u8 *maps;
};

static inline u8 *map_of(const struct machine *m, int nid)
{
	return m->maps + nid * (MAP_BYTES + 2 * GUARD) + GUARD;
}

static inline struct machine *new_machine(struct kunit *test,
					  unsigned int page_shift)
{
	struct machine *m = shadow_test_alloc(test, sizeof(*m));
	u64 bytes = SHADOW_BOOTMEM_MAX_NODES * (MAP_BYTES + 2 * GUARD);

	m->maps = shadow_test_alloc(test, bytes);
	memset(m->maps, 0x5a, bytes);
	shadow_bootmem_init(&m->bm, NULL, page_shift, NULL);
	return m;
}

/* The allocator is sound, and no bitmap reaches over its end. */
static inline void verify(struct kunit *test, const struct machine *m)
{
	const struct shadow_bootmem_node *bdata;
	unsigned int at;
	u64 bytes;

	SHADOW_TEST_VERIFY(test, shadow_bootmem_verify(&m->bm, &__fault));
	for (at = 0; at < m->bm.nr_nodes; at++) {
		u8 *map;

		bdata = m->bm.bdata_list[at];
		map = map_of(m, bdata->nid);
		bytes = shadow_bootmem_map_bytes(shadow_bootmem_nr_bits(bdata));
		KUNIT_ASSERT_NULL(test, memchr_inv(map - GUARD, 0x5a, GUARD));
		KUNIT_ASSERT_NULL(test, memchr_inv(map + bytes, 0x5a, GUARD));
	}
}

/* A node of frames [start, end); its bitmap is nobody's frames. */
static inline void add_node(struct kunit *test, struct machine *m, int nid,
			    u64 start, u64 end)
{
	KUNIT_ASSERT_LE(test, shadow_bootmem_map_bytes(end - start), MAP_BYTES);
	KUNIT_ASSERT_EQ(test, 0,
			shadow_bootmem_init_node(&m->bm, nid, map_of(m, nid), 0,
						 true, start, end));
	verify(test, m);
}

#endif /* SHADOW_BOOTMEM_TEST_H */
