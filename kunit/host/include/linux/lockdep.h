/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHADOW_HOST_LOCKDEP_H
#define SHADOW_HOST_LOCKDEP_H

struct lock_class_key {
	char unused;
};

#define lockdep_assert_held(lock) \
	do { \
		if (unlikely(!shadow_host_lock_is_held(lock))) \
			shadow_host_lock_misuse(__FILE__ ": lock not held"); \
	} while (0)
#define lockdep_assert_not_held(lock) \
	do { \
		if (unlikely(shadow_host_lock_is_held(lock))) \
			shadow_host_lock_misuse(__FILE__ ": lock held"); \
	} while (0)
#define lockdep_is_held(lock)		shadow_host_lock_is_held(lock)
#define lockdep_set_class(lock, key)	((void)(lock), (void)(key))
#define lockdep_register_key(key)	((void)(key))
#define lockdep_unregister_key(key)	((void)(key))

#endif /* SHADOW_HOST_LOCKDEP_H */
