/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_test_board - what the suites that read boards share.
 */
#ifndef SHADOW_TEST_BOARD_H
#define SHADOW_TEST_BOARD_H

#include "shadow_test.h"

#include "shadow_board.h"

/* A refusal is one printable line, and holds these words. */
static inline void expect_why(struct kunit *test,
			      const struct shadow_board *board,
			      const char *words)
{
	const char *why = board->why;
	size_t i;

	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why, words),
				  "'%s' has no '%s'", why, words);
	for (i = 0; why[i]; i++)
		if (why[i] < ' ' || why[i] > '~')
			break;
	KUNIT_EXPECT_EQ_MSG(test, why[i], 0, "byte %zu of '%s'", i, why);
}

#endif /* SHADOW_TEST_BOARD_H */
