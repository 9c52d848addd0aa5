/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_page_list - lists of pages, linked by indices into the memmap.
 *
 * Every index is range-checked before it is followed, and a neighbour must
 * point back. Where that does not hold, the operation returns false (or NULL)
 * and has changed nothing: the caller freezes the machine.
 *
 * Locking: the caller's, of whatever owns the list.
 */
#ifndef SHADOW_PAGE_LIST_H
#define SHADOW_PAGE_LIST_H

#include "shadow_zone.h"

static inline void shadow_page_list_init(struct shadow_page_list *list)
{
	list->first = SHADOW_NO_PAGE;
	list->last = SHADOW_NO_PAGE;
}

static inline bool shadow_page_list_empty(const struct shadow_page_list *list)
{
	return list->first == SHADOW_NO_PAGE;
}

/**
 * shadow_page_list_push() - put a page in front
 * @memmap: what the indices are relative to
 * @list: the list
 * @page: a page that is on no list
 *
 * Return: false if the list's first index is corrupt.
 */
static inline bool shadow_page_list_push(const struct shadow_memmap *memmap,
					 struct shadow_page_list *list,
					 struct shadow_page *page)
{
	u32 index = shadow_page_index(memmap, page);
	u32 first = list->first;

	if (first == SHADOW_NO_PAGE) {
		list->last = index;
	} else {
		struct shadow_page *next = shadow_page_at(memmap, first);

		if (unlikely(!next))
			return false;
		next->prev = index;
	}
	page->next = first;
	page->prev = SHADOW_NO_PAGE;
	list->first = index;
	return true;
}

/**
 * shadow_page_list_push_tail() - put a page at the end
 * @memmap: what the indices are relative to
 * @list: the list
 * @page: a page that is on no list
 *
 * Return: false if the list's last index is corrupt.
 */
static inline bool shadow_page_list_push_tail(const struct shadow_memmap *memmap,
					      struct shadow_page_list *list,
					      struct shadow_page *page)
{
	u32 index = shadow_page_index(memmap, page);
	u32 last = list->last;

	if (last == SHADOW_NO_PAGE) {
		list->first = index;
	} else {
		struct shadow_page *prev = shadow_page_at(memmap, last);

		if (unlikely(!prev))
			return false;
		prev->next = index;
	}
	page->prev = last;
	page->next = SHADOW_NO_PAGE;
	list->last = index;
	return true;
}

/**
 * shadow_page_list_del() - take a page out, wherever it stands
 * @memmap: what the indices are relative to
 * @list: the list that the page is on
 * @page: the page
 *
 * Return: false if a link of the page or of a neighbour is corrupt.
 */
static inline bool shadow_page_list_del(const struct shadow_memmap *memmap,
					struct shadow_page_list *list,
					struct shadow_page *page)
{
	u32 index = shadow_page_index(memmap, page);
	u32 *from_prev = &list->first;
	u32 *from_next = &list->last;

	if (page->prev != SHADOW_NO_PAGE) {
		if (unlikely(page->prev >= memmap->nr))
			return false;
		from_prev = &memmap->pages[page->prev].next;
	}
	if (page->next != SHADOW_NO_PAGE) {
		if (unlikely(page->next >= memmap->nr))
			return false;
		from_next = &memmap->pages[page->next].prev;
	}
	if (unlikely(*from_prev != index || *from_next != index))
		return false;
	*from_prev = page->next;
	*from_next = page->prev;
	return true;
}

/**
 * shadow_page_list_pop() - take the first page
 * @memmap: what the indices are relative to
 * @list: the list
 *
 * Return: the page, or NULL where the list is empty or its links are corrupt
 * (shadow_page_list_empty() tells which).
 */
static inline struct shadow_page *
shadow_page_list_pop(const struct shadow_memmap *memmap,
		     struct shadow_page_list *list)
{
	struct shadow_page *page = shadow_page_at(memmap, list->first);

	/* A first page that has one before it may be its own: a list without end */
	if (page && likely(page->prev == SHADOW_NO_PAGE) &&
	    likely(shadow_page_list_del(memmap, list, page)))
		return page;
	return NULL;
}

#endif /* SHADOW_PAGE_LIST_H */
