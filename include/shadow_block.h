/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_block - the physical addresses that a machine owns, and what is
 * behind each of them. The core's only way from a physical address to contents.
 *
 * Real machine: the block is one piece of the host's memory, every address in
 * it has contents, and all that follows is an addition.
 *
 * Virtual board: the board's memory lies at other addresses, or is larger than
 * the storage that the host gave. Frames have contents only where somebody has
 * asked for them; shadow_backing.c keeps the books. Addresses of others are
 * known, counted and mapped like any, but what is asked for their contents says
 * no. Above the board an aperture shows the storage, linearly, for metadata
 * that must not take any of the board's frames ("aside").
 */
#ifndef SHADOW_BLOCK_H
#define SHADOW_BLOCK_H

#include "shadow_compat.h"

struct shadow_backing;

/**
 * struct shadow_block - what a machine's physical addresses are
 * @base: the lowest one, page aligned
 * @bytes: how many follow; base + bytes does not wrap. On a virtual board the
 *	span of its memory and of the aperture above
 * @virt: the host's cacheable mapping: of @base, or on a virtual board of the
 *	storage. NULL: nothing has contents
 * @backing: the books of a virtual board; NULL: a real machine
 */
struct shadow_block {
	phys_addr_t base;
	u64 bytes;
	void *virt;
	struct shadow_backing *backing;
};

/* What shadow_virt_to_phys() says of a pointer that has no address. */
#define SHADOW_BLOCK_NO_PA	(~(phys_addr_t)0)

/* shadow_backing.c; only for what follows here */
void *shadow_backing_contents(const struct shadow_block *block, phys_addr_t pa,
			      u64 bytes);
void *shadow_backing_virt(const struct shadow_block *block, phys_addr_t pa);
phys_addr_t shadow_backing_phys(const struct shadow_block *block,
				const void *virt);
int shadow_backing_back(const struct shadow_block *block, phys_addr_t pa,
			u64 bytes, u64 align);
void shadow_backing_unback(const struct shadow_block *block, phys_addr_t pa,
			   u64 bytes);
u64 shadow_backing_bytes(const struct shadow_block *block);

/* shadow_backing.c, for everybody */
bool shadow_block_aside(const struct shadow_block *block);
bool shadow_block_is_aside(const struct shadow_block *block, phys_addr_t pa);
phys_addr_t shadow_block_aside_alloc(const struct shadow_block *block,
				     u64 bytes, u64 align);
void shadow_block_aside_free(const struct shadow_block *block, phys_addr_t pa,
			     u64 bytes);

/**
 * shadow_block_virtual() - is the board's memory not really there?
 * @block: the block
 *
 * Context: any.
 * Return: true on a virtual board.
 */
static inline bool shadow_block_virtual(const struct shadow_block *block)
{
	return unlikely(block->backing);
}

/**
 * shadow_block_spans() - does a range lie between the block's ends?
 * @block: the block
 * @pa: physical address of the range's first byte
 * @bytes: length of the range
 *
 * Context: any.
 * Return: true if so; on a virtual board that says nothing about contents.
 */
static inline bool shadow_block_spans(const struct shadow_block *block,
				      phys_addr_t pa, u64 bytes)
{
	return bytes <= block->bytes && pa - block->base <= block->bytes - bytes;
}

/**
 * shadow_block_contents() - the contents of a range, if they are there
 * @block: the block
 * @pa: physical address of the range's first byte, any value
 * @bytes: length of the range, not 0
 *
 * Context: any.
 * Return: pointer to all of it, in one piece; NULL where the range is not
 * inside the block, or (virtual board) has no contents or not in one piece.
 */
static inline void *shadow_block_contents(const struct shadow_block *block,
					  phys_addr_t pa, u64 bytes)
{
	if (shadow_block_virtual(block))
		return shadow_backing_contents(block, pa, bytes);
	return shadow_block_spans(block, pa, bytes) ?
	       (char *)block->virt + (pa - block->base) : NULL;
}

/**
 * shadow_block_has() - are the contents of a range there?
 * @block: the block
 * @pa: physical address of the range's first byte
 * @bytes: length of the range
 *
 * Context: any.
 * Return: true if all of [@pa, @pa + @bytes) is inside, and (virtual board)
 * has contents in one piece.
 */
static inline bool shadow_block_has(const struct shadow_block *block,
				    phys_addr_t pa, u64 bytes)
{
	if (!shadow_block_spans(block, pa, bytes))
		return false;
	return !shadow_block_virtual(block) || !bytes ||
	       shadow_backing_contents(block, pa, bytes);
}

/**
 * shadow_phys_to_virt() - pointer to the contents of a physical address
 * @block: the block
 * @pa: physical address, which the caller knows to be inside the block
 *
 * Context: any.
 * Return: the pointer. Where a virtual board has no contents, it leads to the
 * same place in a page that nobody uses, so that the host never faults.
 */
static inline void *shadow_phys_to_virt(const struct shadow_block *block,
					phys_addr_t pa)
{
	if (shadow_block_virtual(block))
		return shadow_backing_virt(block, pa);
	return (char *)block->virt + (pa - block->base);
}

/**
 * shadow_virt_to_phys() - physical address behind a pointer to contents
 * @block: the block
 * @virt: any pointer
 *
 * Context: any.
 * Return: the physical address, of a board's frame or in the aperture; where
 * @virt does not lead to contents of this machine, one outside the block.
 */
static inline phys_addr_t shadow_virt_to_phys(const struct shadow_block *block,
					      const void *virt)
{
	if (shadow_block_virtual(block))
		return shadow_backing_phys(block, virt);
	return block->base + (u64)((unsigned long)virt -
				   (unsigned long)block->virt);
}

/**
 * shadow_block_contents_bytes() - length of the mapping at @block->virt
 * @block: the block
 *
 * Context: any.
 * Return: bytes; not those of @block where the board is virtual.
 */
static inline u64 shadow_block_contents_bytes(const struct shadow_block *block)
{
	return shadow_block_virtual(block) ? shadow_backing_bytes(block) :
					     block->bytes;
}

/**
 * shadow_block_back() - see to it that frames have contents
 * @block: the block
 * @pa: physical address in the first of them
 * @bytes: length of the range, not 0; the frames that it touches are meant
 *
 * Contents are arbitrary, and in one piece. Frames that have them already in
 * one piece keep them, as do addresses aside.
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: 0, always so on a real machine; -ENOMEM: no piece of the storage is
 * free that is long enough; -EEXIST: only some of the frames have contents, or
 * not in one piece; -EINVAL: not inside the block, or aside and not in use.
 */
static inline int shadow_block_back(const struct shadow_block *block,
				    phys_addr_t pa, u64 bytes)
{
	return shadow_block_virtual(block) ?
	       shadow_backing_back(block, pa, bytes, 0) : 0;
}

/**
 * shadow_block_back_aligned() - shadow_block_back(), aligned for the host too
 * @block: the block
 * @pa: physical address in the first of them
 * @bytes: length of the range, not 0
 * @align: alignment of the contents in bytes, counted from @block->virt, a
 *	power of two; on a real machine that of @pa, from the block's start
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: as shadow_block_back().
 */
static inline int shadow_block_back_aligned(const struct shadow_block *block,
					    phys_addr_t pa, u64 bytes, u64 align)
{
	return shadow_block_virtual(block) ?
	       shadow_backing_back(block, pa, bytes, align) : 0;
}

/**
 * shadow_block_unback() - the contents of frames are not needed any more
 * @block: the block
 * @pa: physical address in the first of them
 * @bytes: length of the range; the frames that it touches are meant
 *
 * Frames without contents, and what is aside, are left alone.
 *
 * Context: any, also with interrupts off; does not sleep.
 */
static inline void shadow_block_unback(const struct shadow_block *block,
				       phys_addr_t pa, u64 bytes)
{
	if (shadow_block_virtual(block))
		shadow_backing_unback(block, pa, bytes);
}

#endif /* SHADOW_BLOCK_H */
