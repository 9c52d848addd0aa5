// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slab_name - names of caches: which there may be, and lists of them.
 */
#include "shadow_slab_engine.h"

/**
 * shadow_slab_name_ok() - may a cache be called this?
 * @name: the name
 *
 * It has to survive slabinfo's columns, and the lists below.
 *
 * Context: any.
 * Return: true if it is printable, without spaces, not empty and below
 * SHADOW_SLAB_NAME bytes.
 */
bool shadow_slab_name_ok(const char *name)
{
	size_t nr = strnlen(name, SHADOW_SLAB_NAME);
	size_t i;

	for (i = 0; i < nr; i++) {
		if (name[i] <= ' ' || name[i] > '~')
			return false;
	}
	return nr && nr < SHADOW_SLAB_NAME;
}

/**
 * shadow_slab_name_matches() - is a name in a list of patterns?
 * @list: names with commas between; a '*' ends a name that is the beginning of
 *	others
 * @name: the name
 *
 * Follows kmem_cache_flags() of mm/slub.c.
 *
 * Context: any.
 * Return: true if it is.
 */
bool shadow_slab_name_matches(const char *list, const char *name)
{
	size_t len = strlen(name), nr;

	for (; *list; list += nr + (list[nr] == ',')) {
		nr = strcspn(list, ",");
		if (nr && list[nr - 1] == '*' ?
		    !strncmp(list, name, nr - 1) :
		    nr == len && !strncmp(list, name, nr))
			return true;
	}
	return false;
}

/**
 * shadow_kmem_cache_name() - what a cache is called
 * @cache: the cache
 *
 * Context: any; the caller sees to it that it is not destroyed meanwhile.
 * Return: the name, as long as the cache is there.
 */
const char *shadow_kmem_cache_name(const struct shadow_kmem_cache *cache)
{
	return cache->desc.name;
}
