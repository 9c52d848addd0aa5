// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_test_host - the host that a whole machine of a suite sees. See
 * shadow_test_host.h.
 */
#include "shadow_test_host.h"

#include "shadow_boot.h"

struct shadow_test_host shadow_test_host;

/**
 * shadow_test_host_init() - a host of which nothing was asked
 * @test: the running case; also as a suite's init
 *
 * Context: any.
 * Return: 0.
 */
int shadow_test_host_init(struct kunit *test)
{
	memset(&shadow_test_host, 0, sizeof(shadow_test_host));
	return 0;
}

/**
 * shadow_test_host_zalloc() - zeroed memory for a machine
 * @bytes: how much
 *
 * Context: process; sleeps.
 * Return: the memory; NULL where this is the call that fails.
 */
void *shadow_test_host_zalloc(size_t bytes)
{
	struct shadow_test_host *host = &shadow_test_host;
	void *mem;

	if (++host->calls == host->fail_at)
		return NULL;
	mem = vzalloc(bytes);
	host->live += !!mem;
	return mem;
}

/**
 * shadow_test_host_free() - a machine gives it back
 * @mem: what shadow_test_host_zalloc() returned
 *
 * Context: process; sleeps.
 */
void shadow_test_host_free(void *mem)
{
	shadow_test_host.live -= !!mem;
	vfree(mem);
}

const struct shadow_host_ops shadow_test_host_ops = {
	.zalloc = shadow_test_host_zalloc,
	.free = shadow_test_host_free,
	.now = ktime_get_ns,
};

/**
 * shadow_test_host_given() - parameters as insmod would take them
 * @test: the running case, which ends where they are refused
 * @mm: its configuration is filled
 * @facts: what of the host matters
 * @in: the parameters
 *
 * Context: process; sleeps.
 */
void shadow_test_host_given(struct kunit *test, struct shadow_mm *mm,
			    const struct shadow_host_facts *facts,
			    const struct shadow_param_strings *in)
{
	char why[SHADOW_PARAMS_WHY];
	int err = shadow_params_check(in, facts, &mm->cfg, why, sizeof(why));

	KUNIT_ASSERT_EQ_MSG(test, err, 0, "%s", why);
}

/**
 * shadow_test_host_memory() - a machine's memory is that of a board
 * @test: the running case, which ends where @memory is refused
 * @mm: the machine
 * @board: filled, and the machine's then
 * @memory: ranges as parameter memory has them; NULL: the machine has no board
 *
 * Context: process; sleeps.
 */
void shadow_test_host_memory(struct kunit *test, struct shadow_mm *mm,
			     struct shadow_board *board, const char *memory)
{
	int err;

	if (!memory)
		return;
	shadow_board_init(board, SHADOW_BOARD_MEMORY);
	err = shadow_board_memory(board, memory);
	KUNIT_ASSERT_EQ_MSG(test, err, 0, "%s", board->why);
	mm->board = board;
}

/**
 * shadow_test_host_place() - where things lie in the block
 * @test: the running case, which ends where there is no room
 * @mm: configuration and board are set
 * @storage: the block
 *
 * Context: process; sleeps.
 */
void shadow_test_host_place(struct kunit *test, struct shadow_mm *mm,
			    const struct shadow_block *storage)
{
	char why[SHADOW_PARAMS_WHY];
	int err = shadow_boot_place(&mm->cfg, mm->board, storage, &mm->places,
				    why, sizeof(why));

	KUNIT_ASSERT_EQ_MSG(test, err, 0, "%s", why);
}

/**
 * shadow_test_host_prepare() - the last step before a machine can boot
 * @test: the running case, which ends where the block is refused
 * @mm: places are set, too
 * @storage: the block; what was in it before must not matter, and is overwritten
 * @backing: books of a virtual board
 *
 * Two CPUs, which the suite may change.
 *
 * Context: process; sleeps.
 */
void shadow_test_host_prepare(struct kunit *test, struct shadow_mm *mm,
			      const struct shadow_block *storage,
			      struct shadow_backing *backing)
{
	char why[SHADOW_PARAMS_WHY];
	int err;

	memset(storage->virt, 0xa5, storage->bytes);
	err = shadow_boot_prepare(mm, storage, backing, why, sizeof(why));
	KUNIT_ASSERT_EQ_MSG(test, err, 0, "%s", why);
	strscpy(mm->name, "test", sizeof(mm->name));
	mm->host = &shadow_test_host_ops;
	mm->nr_cpus = 2;
}
