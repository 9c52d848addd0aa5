/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_test_state - a machine's whole state as text, kept and compared, for
 * the suites of its history.
 */
#ifndef SHADOW_TEST_STATE_H
#define SHADOW_TEST_STATE_H

#include "shadow_test.h"

#include "shadow_state.h"

#define SHADOW_TEST_STATE_BYTES	SZ_4M

/**
 * struct shadow_test_state - a state
 * @nr: bytes of @text, with those that did not fit
 * @text: it
 */
struct shadow_test_state {
	size_t nr;
	char text[SHADOW_TEST_STATE_BYTES];
};

static inline void shadow_test_state_put(void *to, const char *text, size_t bytes)
{
	struct shadow_test_state *state = to;

	if (state->nr + bytes < sizeof(state->text))
		memcpy(state->text + state->nr, text, bytes);
	state->nr += bytes;
}

static inline void shadow_test_state_take(struct kunit *test, struct shadow_mm *mm,
					  struct shadow_test_state *state)
{
	const struct shadow_text text = { shadow_test_state_put, state };

	state->nr = 0;
	shadow_state_print(mm, 0, &text);
	KUNIT_ASSERT_LT(test, state->nr, sizeof(state->text));
	state->text[state->nr] = '\0';
}

/* Where they differ first: offset of that line's beginning; -1: nowhere */
static inline ssize_t shadow_test_state_differ(const struct shadow_test_state *a,
					       const struct shadow_test_state *b)
{
	size_t i, line = 0;

	for (i = 0; a->text[i] == b->text[i]; i++) {
		if (!a->text[i])
			return -1;
		if (a->text[i] == '\n')
			line = i + 1;
	}
	return line;
}

static inline int shadow_test_state_line(const struct shadow_test_state *state,
					 ssize_t at)
{
	return min_t(int, strcspn(state->text + at, "\n"), 160);
}

/* Equal, or the first line that is not is said */
#define SHADOW_TEST_STATE_EQUAL(test, a, b, what)			\
do {									\
	ssize_t __at = shadow_test_state_differ(a, b);			\
									\
	KUNIT_EXPECT_EQ_MSG(test, __at, -1, "%s: '%.*s', not '%.*s'", what, \
			    shadow_test_state_line(b, max_t(ssize_t, __at, 0)), \
			    (b)->text + max_t(ssize_t, __at, 0),	\
			    shadow_test_state_line(a, max_t(ssize_t, __at, 0)), \
			    (a)->text + max_t(ssize_t, __at, 0));	\
} while (0)

#endif /* SHADOW_TEST_STATE_H */
