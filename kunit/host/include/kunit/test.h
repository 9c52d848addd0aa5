/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of KUnit that the suites use, for user space. A suite is written
 * once against the kernel's include/kunit/test.h; ../../runner.c runs it here
 * and prints the same KTAP.
 */
#ifndef SHADOW_HOST_KUNIT_TEST_H
#define SHADOW_HOST_KUNIT_TEST_H

#include <setjmp.h>

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>

#define KUNIT_PARAM_DESC_SIZE		128
#define KUNIT_STATUS_COMMENT_SIZE	256

enum kunit_status {
	KUNIT_SUCCESS,
	KUNIT_FAILURE,
	KUNIT_SKIPPED,
};

struct kunit;
typedef void (kunit_action_t)(void *ctx);

/**
 * struct kunit_case - one test function
 * @run_case: the function; NULL ends an array of cases
 * @name: its name
 * @generate_params: hands out one parameter after the other, or NULL
 */
struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	const void *(*generate_params)(const void *prev, char *desc);
};

/**
 * struct kunit_suite - cases that share how they begin and end
 * @name: the suite's name
 * @suite_init: called once before all cases; an error fails the suite
 * @suite_exit: called once after them
 * @init: called before each case; an error fails the case
 * @exit: called after each case, also after an assertion that failed
 * @test_cases: the cases
 */
struct kunit_suite {
	const char name[256];
	int (*suite_init)(struct kunit_suite *suite);
	void (*suite_exit)(struct kunit_suite *suite);
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
};

struct shadow_host_action;

/**
 * struct kunit - one run of one case
 * @priv: for the suite's own use
 * @name: the case's name
 * @param_value: the parameter of this run, or NULL
 * @status: so far
 * @status_comment: why it was skipped
 * @nr_failures: expectations that failed so far
 * @actions: what is to be undone at the end, newest first
 * @escape: where a failed assertion goes
 */
struct kunit {
	void *priv;
	const char *name;
	const void *param_value;
	enum kunit_status status;
	char status_comment[KUNIT_STATUS_COMMENT_SIZE];
	unsigned long nr_failures;
	struct shadow_host_action *actions;
	jmp_buf escape;
};

#define KUNIT_CASE(fn)			{ .run_case = fn, .name = #fn }
#define KUNIT_CASE_SLOW(fn)		KUNIT_CASE(fn)
#define KUNIT_CASE_ATTR(fn, attr)	KUNIT_CASE(fn)
#define KUNIT_CASE_PARAM(fn, gen) \
	{ .run_case = fn, .name = #fn, .generate_params = gen }

#define KUNIT_ARRAY_PARAM(gen, array, get_desc)				\
	static const void *gen##_gen_params(const void *prev, char *desc) \
	{								\
		const typeof((array)[0]) *next = prev;			\
		void (*describe)(const typeof((array)[0]) *p, char *d) = \
			get_desc;					\
									\
		next = prev ? next + 1 : (array);			\
		if (next - (array) >= (long)ARRAY_SIZE(array))		\
			return NULL;					\
		if (describe)						\
			describe(next, desc);				\
		return next;						\
	}

#define KUNIT_ARRAY_PARAM_DESC(gen, array, member)			\
	static const void *gen##_gen_params(const void *prev, char *desc) \
	{								\
		const typeof((array)[0]) *next = prev;			\
									\
		next = prev ? next + 1 : (array);			\
		if (next - (array) >= (long)ARRAY_SIZE(array))		\
			return NULL;					\
		snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", next->member); \
		return next;						\
	}

void shadow_host_add_suite(struct kunit_suite *suite);

#define SHADOW_HOST_SUITES(id, ...)					\
	static void __attribute__((__constructor__))			\
	__PASTE(shadow_host_register_, id)(void)			\
	{								\
		struct kunit_suite *suites[] = { __VA_ARGS__ };		\
		size_t i;						\
									\
		for (i = 0; i < ARRAY_SIZE(suites); i++)		\
			shadow_host_add_suite(suites[i]);		\
	}
#define kunit_test_suites(...)	SHADOW_HOST_SUITES(__COUNTER__, __VA_ARGS__)
#define kunit_test_suite(suite)	kunit_test_suites(&suite)

/* Memory and other things that end with the case. */
void *kunit_kmalloc_array(struct kunit *test, size_t n, size_t bytes,
			  gfp_t gfp);
void kunit_kfree(struct kunit *test, const void *p);
int kunit_add_action(struct kunit *test, kunit_action_t *action, void *ctx);
int kunit_add_action_or_reset(struct kunit *test, kunit_action_t *action,
			      void *ctx);
void kunit_remove_action(struct kunit *test, kunit_action_t *action, void *ctx);
void kunit_release_action(struct kunit *test, kunit_action_t *action,
			  void *ctx);

#define kunit_kmalloc(test, bytes, gfp)	kunit_kmalloc_array(test, 1, bytes, gfp)
#define kunit_kzalloc(test, bytes, gfp) \
	kunit_kmalloc(test, bytes, (gfp) | __GFP_ZERO)
#define kunit_kcalloc(test, n, bytes, gfp) \
	kunit_kmalloc_array(test, n, bytes, (gfp) | __GFP_ZERO)

#define KUNIT_DEFINE_ACTION_WRAPPER(wrapper, orig, arg_type)		\
	static void wrapper(void *in)					\
	{								\
		orig((arg_type)in);					\
	}

/* What is said. */
#define kunit_info(test, fmt, ...)	((void)(test), printk(fmt, ##__VA_ARGS__))
#define kunit_warn(test, fmt, ...)	((void)(test), printk(fmt, ##__VA_ARGS__))
#define kunit_err(test, fmt, ...)	((void)(test), printk(fmt, ##__VA_ARGS__))

/* How it ends. */
__printf(4, 5)
void shadow_host_fail(struct kunit *test, const char *file, int line,
		      const char *fmt, ...);
__printf(2, 3)
void shadow_host_say(struct kunit *test, const char *fmt, ...);
void __noreturn shadow_host_escape(struct kunit *test);

#define kunit_mark_skipped(test, fmt, ...) \
	do { \
		(test)->status = KUNIT_SKIPPED; \
		snprintf((test)->status_comment, KUNIT_STATUS_COMMENT_SIZE, \
			 fmt, ##__VA_ARGS__); \
	} while (0)
#define kunit_skip(test, fmt, ...) \
	do { \
		kunit_mark_skipped(test, fmt, ##__VA_ARGS__); \
		shadow_host_escape(test); \
	} while (0)

#define KUNIT_SUCCEED(test)	((void)(test))
#define KUNIT_FAIL(test, fmt, ...) \
	shadow_host_fail(test, __FILE__, __LINE__, fmt, ##__VA_ARGS__)
#define KUNIT_FAIL_AND_ABORT(test, fmt, ...) \
	do { \
		KUNIT_FAIL(test, fmt, ##__VA_ARGS__); \
		shadow_host_escape(test); \
	} while (0)

#define SHADOW_HOST_MSG(test, stop, ...)				\
	do {								\
		shadow_host_say(test, "" __VA_ARGS__);			\
		if (stop)						\
			shadow_host_escape(test);			\
	} while (0)

#define SHADOW_HOST_BOOL(test, stop, want, cond, ...)			\
	do {								\
		if (unlikely((!!(cond)) != (want))) {			\
			shadow_host_fail(test, __FILE__, __LINE__,	\
					 "expected %s to be %s", #cond,	\
					 (want) ? "true" : "false");	\
			SHADOW_HOST_MSG(test, stop, __VA_ARGS__);	\
		}							\
	} while (0)

#define SHADOW_HOST_INT(test, stop, left, op, right, ...)		\
	do {								\
		const typeof(left) __left = (left);			\
		const typeof(right) __right = (right);			\
									\
		if (unlikely(!(__left op __right))) {			\
			shadow_host_fail(test, __FILE__, __LINE__,	\
				"expected %s %s %s, but %lld (%#llx) and %lld (%#llx)", \
				#left, #op, #right,			\
				(long long)__left, (long long)__left,	\
				(long long)__right, (long long)__right); \
			SHADOW_HOST_MSG(test, stop, __VA_ARGS__);	\
		}							\
	} while (0)

#define SHADOW_HOST_PTR(test, stop, left, op, right, ...)		\
	do {								\
		const void *__left = (left);				\
		const void *__right = (right);				\
									\
		if (unlikely(!(__left op __right))) {			\
			shadow_host_fail(test, __FILE__, __LINE__,	\
				"expected %s %s %s, but %p and %p",	\
				#left, #op, #right, __left, __right);	\
			SHADOW_HOST_MSG(test, stop, __VA_ARGS__);	\
		}							\
	} while (0)

#define SHADOW_HOST_STR(test, stop, left, op, right, ...)		\
	do {								\
		const char *__left = (left);				\
		const char *__right = (right);				\
									\
		if (unlikely(!__left || !__right ||			\
			     !(strcmp(__left, __right) op 0))) {	\
			shadow_host_fail(test, __FILE__, __LINE__,	\
				"expected %s %s %s, but \"%s\" and \"%s\"", \
				#left, #op, #right,			\
				__left ? __left : "(null)",		\
				__right ? __right : "(null)");		\
			SHADOW_HOST_MSG(test, stop, __VA_ARGS__);	\
		}							\
	} while (0)

#define SHADOW_HOST_MEM(test, stop, left, op, right, bytes, ...)	\
	do {								\
		const void *__left = (left);				\
		const void *__right = (right);				\
		size_t __bytes = (bytes);				\
									\
		if (unlikely(!__left || !__right ||			\
			     !(memcmp(__left, __right, __bytes) op 0))) { \
			shadow_host_fail(test, __FILE__, __LINE__,	\
				"expected %s %s %s in %zu bytes",	\
				#left, #op, #right, __bytes);		\
			SHADOW_HOST_MSG(test, stop, __VA_ARGS__);	\
		}							\
	} while (0)

#define SHADOW_HOST_NOT_ERR(test, stop, ptr, ...)			\
	do {								\
		const void *__ptr = (ptr);				\
									\
		if (IS_ERR_OR_NULL(__ptr)) {				\
			shadow_host_fail(test, __FILE__, __LINE__,	\
				"expected %s to be a pointer, but it is %ld", \
				#ptr, (long)__ptr);			\
			SHADOW_HOST_MSG(test, stop, __VA_ARGS__);	\
		}							\
	} while (0)

#define KUNIT_EXPECT_TRUE(test, cond) \
	SHADOW_HOST_BOOL(test, 0, true, cond)
#define KUNIT_EXPECT_TRUE_MSG(test, cond, fmt, ...) \
	SHADOW_HOST_BOOL(test, 0, true, cond, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_TRUE(test, cond) \
	SHADOW_HOST_BOOL(test, 1, true, cond)
#define KUNIT_ASSERT_TRUE_MSG(test, cond, fmt, ...) \
	SHADOW_HOST_BOOL(test, 1, true, cond, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_FALSE(test, cond) \
	SHADOW_HOST_BOOL(test, 0, false, cond)
#define KUNIT_EXPECT_FALSE_MSG(test, cond, fmt, ...) \
	SHADOW_HOST_BOOL(test, 0, false, cond, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_FALSE(test, cond) \
	SHADOW_HOST_BOOL(test, 1, false, cond)
#define KUNIT_ASSERT_FALSE_MSG(test, cond, fmt, ...) \
	SHADOW_HOST_BOOL(test, 1, false, cond, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_EQ(test, left, right) \
	SHADOW_HOST_INT(test, 0, left, ==, right)
#define KUNIT_EXPECT_EQ_MSG(test, left, right, fmt, ...) \
	SHADOW_HOST_INT(test, 0, left, ==, right, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_EQ(test, left, right) \
	SHADOW_HOST_INT(test, 1, left, ==, right)
#define KUNIT_ASSERT_EQ_MSG(test, left, right, fmt, ...) \
	SHADOW_HOST_INT(test, 1, left, ==, right, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_NE(test, left, right) \
	SHADOW_HOST_INT(test, 0, left, !=, right)
#define KUNIT_EXPECT_NE_MSG(test, left, right, fmt, ...) \
	SHADOW_HOST_INT(test, 0, left, !=, right, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_NE(test, left, right) \
	SHADOW_HOST_INT(test, 1, left, !=, right)
#define KUNIT_ASSERT_NE_MSG(test, left, right, fmt, ...) \
	SHADOW_HOST_INT(test, 1, left, !=, right, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_LT(test, left, right) \
	SHADOW_HOST_INT(test, 0, left, <, right)
#define KUNIT_EXPECT_LT_MSG(test, left, right, fmt, ...) \
	SHADOW_HOST_INT(test, 0, left, <, right, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_LT(test, left, right) \
	SHADOW_HOST_INT(test, 1, left, <, right)
#define KUNIT_ASSERT_LT_MSG(test, left, right, fmt, ...) \
	SHADOW_HOST_INT(test, 1, left, <, right, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_LE(test, left, right) \
	SHADOW_HOST_INT(test, 0, left, <=, right)
#define KUNIT_EXPECT_LE_MSG(test, left, right, fmt, ...) \
	SHADOW_HOST_INT(test, 0, left, <=, right, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_LE(test, left, right) \
	SHADOW_HOST_INT(test, 1, left, <=, right)
#define KUNIT_ASSERT_LE_MSG(test, left, right, fmt, ...) \
	SHADOW_HOST_INT(test, 1, left, <=, right, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_GT(test, left, right) \
	SHADOW_HOST_INT(test, 0, left, >, right)
#define KUNIT_EXPECT_GT_MSG(test, left, right, fmt, ...) \
	SHADOW_HOST_INT(test, 0, left, >, right, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_GT(test, left, right) \
	SHADOW_HOST_INT(test, 1, left, >, right)
#define KUNIT_ASSERT_GT_MSG(test, left, right, fmt, ...) \
	SHADOW_HOST_INT(test, 1, left, >, right, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_GE(test, left, right) \
	SHADOW_HOST_INT(test, 0, left, >=, right)
#define KUNIT_EXPECT_GE_MSG(test, left, right, fmt, ...) \
	SHADOW_HOST_INT(test, 0, left, >=, right, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_GE(test, left, right) \
	SHADOW_HOST_INT(test, 1, left, >=, right)
#define KUNIT_ASSERT_GE_MSG(test, left, right, fmt, ...) \
	SHADOW_HOST_INT(test, 1, left, >=, right, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_PTR_EQ(test, left, right) \
	SHADOW_HOST_PTR(test, 0, left, ==, right)
#define KUNIT_EXPECT_PTR_EQ_MSG(test, left, right, fmt, ...) \
	SHADOW_HOST_PTR(test, 0, left, ==, right, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_PTR_EQ(test, left, right) \
	SHADOW_HOST_PTR(test, 1, left, ==, right)
#define KUNIT_ASSERT_PTR_EQ_MSG(test, left, right, fmt, ...) \
	SHADOW_HOST_PTR(test, 1, left, ==, right, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_PTR_NE(test, left, right) \
	SHADOW_HOST_PTR(test, 0, left, !=, right)
#define KUNIT_EXPECT_PTR_NE_MSG(test, left, right, fmt, ...) \
	SHADOW_HOST_PTR(test, 0, left, !=, right, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_PTR_NE(test, left, right) \
	SHADOW_HOST_PTR(test, 1, left, !=, right)
#define KUNIT_ASSERT_PTR_NE_MSG(test, left, right, fmt, ...) \
	SHADOW_HOST_PTR(test, 1, left, !=, right, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_NULL(test, ptr) \
	SHADOW_HOST_PTR(test, 0, ptr, ==, NULL)
#define KUNIT_EXPECT_NULL_MSG(test, ptr, fmt, ...) \
	SHADOW_HOST_PTR(test, 0, ptr, ==, NULL, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_NULL(test, ptr) \
	SHADOW_HOST_PTR(test, 1, ptr, ==, NULL)
#define KUNIT_ASSERT_NULL_MSG(test, ptr, fmt, ...) \
	SHADOW_HOST_PTR(test, 1, ptr, ==, NULL, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_NOT_NULL(test, ptr) \
	SHADOW_HOST_PTR(test, 0, ptr, !=, NULL)
#define KUNIT_EXPECT_NOT_NULL_MSG(test, ptr, fmt, ...) \
	SHADOW_HOST_PTR(test, 0, ptr, !=, NULL, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_NOT_NULL(test, ptr) \
	SHADOW_HOST_PTR(test, 1, ptr, !=, NULL)
#define KUNIT_ASSERT_NOT_NULL_MSG(test, ptr, fmt, ...) \
	SHADOW_HOST_PTR(test, 1, ptr, !=, NULL, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_STREQ(test, left, right) \
	SHADOW_HOST_STR(test, 0, left, ==, right)
#define KUNIT_EXPECT_STREQ_MSG(test, left, right, fmt, ...) \
	SHADOW_HOST_STR(test, 0, left, ==, right, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_STREQ(test, left, right) \
	SHADOW_HOST_STR(test, 1, left, ==, right)
#define KUNIT_ASSERT_STREQ_MSG(test, left, right, fmt, ...) \
	SHADOW_HOST_STR(test, 1, left, ==, right, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_STRNEQ(test, left, right) \
	SHADOW_HOST_STR(test, 0, left, !=, right)
#define KUNIT_EXPECT_STRNEQ_MSG(test, left, right, fmt, ...) \
	SHADOW_HOST_STR(test, 0, left, !=, right, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_STRNEQ(test, left, right) \
	SHADOW_HOST_STR(test, 1, left, !=, right)
#define KUNIT_ASSERT_STRNEQ_MSG(test, left, right, fmt, ...) \
	SHADOW_HOST_STR(test, 1, left, !=, right, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_MEMEQ(test, left, right, bytes) \
	SHADOW_HOST_MEM(test, 0, left, ==, right, bytes)
#define KUNIT_EXPECT_MEMEQ_MSG(test, left, right, bytes, fmt, ...) \
	SHADOW_HOST_MEM(test, 0, left, ==, right, bytes, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_MEMEQ(test, left, right, bytes) \
	SHADOW_HOST_MEM(test, 1, left, ==, right, bytes)
#define KUNIT_ASSERT_MEMEQ_MSG(test, left, right, bytes, fmt, ...) \
	SHADOW_HOST_MEM(test, 1, left, ==, right, bytes, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_MEMNEQ(test, left, right, bytes) \
	SHADOW_HOST_MEM(test, 0, left, !=, right, bytes)
#define KUNIT_EXPECT_MEMNEQ_MSG(test, left, right, bytes, fmt, ...) \
	SHADOW_HOST_MEM(test, 0, left, !=, right, bytes, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_MEMNEQ(test, left, right, bytes) \
	SHADOW_HOST_MEM(test, 1, left, !=, right, bytes)
#define KUNIT_ASSERT_MEMNEQ_MSG(test, left, right, bytes, fmt, ...) \
	SHADOW_HOST_MEM(test, 1, left, !=, right, bytes, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_NOT_ERR_OR_NULL(test, ptr) \
	SHADOW_HOST_NOT_ERR(test, 0, ptr)
#define KUNIT_EXPECT_NOT_ERR_OR_NULL_MSG(test, ptr, fmt, ...) \
	SHADOW_HOST_NOT_ERR(test, 0, ptr, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ptr) \
	SHADOW_HOST_NOT_ERR(test, 1, ptr)
#define KUNIT_ASSERT_NOT_ERR_OR_NULL_MSG(test, ptr, fmt, ...) \
	SHADOW_HOST_NOT_ERR(test, 1, ptr, fmt, ##__VA_ARGS__)

#endif /* SHADOW_HOST_KUNIT_TEST_H */
