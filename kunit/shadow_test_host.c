// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_test_host - the host that a whole machine of a suite sees. See
 * shadow_test_host.h.
 */
#include "shadow_test_host.h"

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
