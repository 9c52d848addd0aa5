// SPDX-License-Identifier: GPL-2.0-only
/*
 * model - what ought to be mapped. See model.h.
 */
#include "machine.h"
#include "model.h"

static u64 end_of(const struct span *span)
{
	return span->at + span->bytes;
}

/**
 * model_after() - where to look
 * @model: the model
 * @at: an offset
 *
 * Return: index of the first span that ends behind @at; @model->nr: none does.
 */
unsigned int model_after(const struct model *model, u64 at)
{
	unsigned int low = 0, high = model->nr;

	while (low < high) {
		unsigned int middle = (low + high) / 2;

		if (end_of(&model->span[middle]) > at)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/**
 * model_find() - what an offset is mapped by
 * @model: the model
 * @at: the offset
 *
 * Return: the span, or NULL.
 */
const struct span *model_find(const struct model *model, u64 at)
{
	unsigned int i = model_after(model, at);

	return i < model->nr && model->span[i].at <= at ? &model->span[i] : NULL;
}

/**
 * model_is_free() - is nothing mapped in a range?
 * @model: the model
 * @at: its first offset
 * @bytes: its length
 *
 * Return: true if so.
 */
bool model_is_free(const struct model *model, u64 at, u64 bytes)
{
	unsigned int i = model_after(model, at);

	return i == model->nr || model->span[i].at >= at + bytes;
}

/**
 * model_covered() - how far everything is mapped
 * @model: the model
 * @at: the first offset
 *
 * Return: bytes from @at to the first that is not mapped.
 */
u64 model_covered(const struct model *model, u64 at)
{
	unsigned int i = model_after(model, at);
	u64 end = at;

	for (; i < model->nr && model->span[i].at <= end; i++)
		end = end_of(&model->span[i]);
	return end - at;
}

static void insert(struct model *model, unsigned int i, const struct span *span)
{
	if (model->nr == MODEL_MAX) {
		say("at_oracle: too many spans\n");
		machine_exit(5);
	}
	memmove(&model->span[i + 1], &model->span[i],
		(model->nr - i) * sizeof(*span));
	model->span[i] = *span;
	model->nr++;
}

static void remove(struct model *model, unsigned int i)
{
	model->nr--;
	memmove(&model->span[i], &model->span[i + 1],
		(model->nr - i) * sizeof(model->span[0]));
}

/* See to it that a span begins at @at, if one goes across it */
static void cut(struct model *model, u64 at)
{
	unsigned int i = model_after(model, at);
	struct span second;
	u64 first;

	if (i == model->nr || model->span[i].at >= at)
		return;
	first = at - model->span[i].at;
	second = model->span[i];
	second.at += first;
	second.pa += first;
	second.bytes -= first;
	model->span[i].bytes = first;
	insert(model, i + 1, &second);
}

/* Two neighbours become one if they are alike */
static void join(struct model *model, unsigned int i)
{
	struct span *a = &model->span[i], *b = a + 1;

	if (i + 1 >= model->nr || end_of(a) != b->at ||
	    a->pa + a->bytes != b->pa || a->prot != b->prot ||
	    a->flags != b->flags)
		return;
	a->bytes += b->bytes;
	remove(model, i + 1);
}

/**
 * model_map() - a range is mapped
 * @model: the model
 * @span: the range, which is free
 */
void model_map(struct model *model, const struct span *span)
{
	unsigned int i = model_after(model, span->at);

	insert(model, i, span);
	join(model, i);
	if (i)
		join(model, i - 1);
}

/**
 * model_unmap() - a range is not mapped any more
 * @model: the model
 * @at: its first offset
 * @bytes: its length
 */
void model_unmap(struct model *model, u64 at, u64 bytes)
{
	unsigned int i;

	cut(model, at);
	cut(model, at + bytes);
	i = model_after(model, at);
	while (i < model->nr && model->span[i].at < at + bytes)
		remove(model, i);
}

/**
 * model_protect() - a range has another protection
 * @model: the model
 * @at: its first offset
 * @bytes: its length
 * @prot: the protection
 */
void model_protect(struct model *model, u64 at, u64 bytes, u64 prot)
{
	unsigned int i, first;

	cut(model, at);
	cut(model, at + bytes);
	first = model_after(model, at);
	for (i = first; i < model->nr && model->span[i].at < at + bytes; i++)
		model->span[i].prot = prot;
	for (i++; i-- > (first ? first - 1 : 0);)
		join(model, i);
}
