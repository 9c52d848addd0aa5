// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bootmem - the bitmaps: how nodes get them, and how ranges are freed
 * and reserved. See shadow_bootmem.h.
 *
 * The spans of two nodes may overlap, where banks of memory alternate between
 * them. A frame is then free in its own node's bitmap at most, and a hole in
 * the other one's: to reserve it in all of them does no harm.
 */
#include <linux/bitmap.h>

#include "shadow_bootmem.h"

/**
 * shadow_bootmem_init() - no nodes yet
 * @bm: the early allocator
 * @block: how contents are reached, for what is allocated to be zeroed; NULL
 *	where there are none
 * @page_shift: log2 of the bytes in a page
 * @events: the machine's log; NULL: nobody is told
 *
 * Context: one thread.
 */
void shadow_bootmem_init(struct shadow_bootmem *bm,
			 const struct shadow_block *block,
			 unsigned int page_shift,
			 struct shadow_event_log *events)
{
	memset(bm, 0, offsetof(struct shadow_bootmem, log));
	bm->page_shift = page_shift;
	bm->block = block;
	bm->events = events;
	bm->nr_runs = 0;
	bm->nr_runs_lost = 0;
	shadow_early_log_init(&bm->log);
}

/**
 * shadow_bootmem_map_bytes() - what a bitmap takes
 * @nr_pages: frames that it is for
 *
 * Whole words: 32 KiB for the 262,144 frames of 1 GiB in 4 KiB pages. Follows
 * bootmap_bytes().
 *
 * Context: any.
 * Return: bytes.
 */
u64 shadow_bootmem_map_bytes(u64 nr_pages)
{
	return DIV_ROUND_UP(nr_pages, BITS_PER_LONG) * sizeof(long);
}

/* Sorted by node_min_pfn; of equals the older one is first. */
static void link_node(struct shadow_bootmem *bm,
		      struct shadow_bootmem_node *bdata)
{
	unsigned int at = bm->nr_nodes++;

	for (; at; at--) {
		if (bm->bdata_list[at - 1]->node_min_pfn <= bdata->node_min_pfn)
			break;
		bm->bdata_list[at] = bm->bdata_list[at - 1];
	}
	bm->bdata_list[at] = bdata;
}

/**
 * shadow_bootmem_init_node() - a node, all of whose frames are taken
 * @bm: the early allocator
 * @nid: the node
 * @map: memory for its bitmap, shadow_bootmem_map_bytes() long
 * @map_pa: physical address of @map, which begins a frame
 * @map_aside: these frames are not the board's. Otherwise the caller reserves
 *	them, once it has freed the memory around them.
 * @start_pfn: the node's first frame
 * @end_pfn: the frame after its last
 *
 * Follows init_bootmem_node().
 *
 * Context: one thread.
 * Return: 0; -EINVAL for a node, a span or a place that cannot be; -EEXIST for
 * a node that is there; -E2BIG where there are more frames than a bitmap of the
 * kernel's helpers has bits.
 */
int shadow_bootmem_init_node(struct shadow_bootmem *bm, int nid, void *map,
			     phys_addr_t map_pa, bool map_aside, u64 start_pfn,
			     u64 end_pfn)
{
	struct shadow_bootmem_node *bdata;
	u64 mask = (1ULL << bm->page_shift) - 1;

	if (nid < 0 || nid >= SHADOW_BOOTMEM_MAX_NODES || bm->closed)
		return -EINVAL;
	if (start_pfn >= end_pfn || end_pfn > U64_MAX >> bm->page_shift)
		return -EINVAL;
	if (!map || (unsigned long)map % sizeof(long) || map_pa & mask)
		return -EINVAL;
	if (end_pfn - start_pfn > INT_MAX - BITS_PER_LONG)
		return -E2BIG;
	bdata = &bm->node[nid];
	if (bdata->node_bootmem_map)
		return -EEXIST;

	memset(bdata, 0, sizeof(*bdata));
	bdata->nid = nid;
	bdata->node_min_pfn = start_pfn;
	bdata->node_low_pfn = end_pfn;
	bdata->node_bootmem_map = map;
	bdata->map_pa = map_pa;
	bdata->map_aside = map_aside;
	memset(map, 0xff, shadow_bootmem_map_bytes(end_pfn - start_pfn));
	link_node(bm, bdata);
	return 0;
}

/* What a range is of one node: bits [@sidx, @eidx), none where equal. */
struct piece {
	struct shadow_bootmem_node *bdata;
	u64 sidx;
	u64 eidx;
};

static struct piece piece_of(struct shadow_bootmem_node *bdata, u64 start,
			     u64 end)
{
	u64 from = clamp(start, bdata->node_min_pfn, bdata->node_low_pfn);
	u64 to = clamp(end, from, bdata->node_low_pfn);

	return (struct piece) {
		bdata, from - bdata->node_min_pfn, to - bdata->node_min_pfn
	};
}

/* Some frames, in one node (@only) or in whichever have bits for them. */
struct frames {
	struct shadow_bootmem_node *only;
	u64 start;
	u64 end;
};

static struct piece piece_at(struct shadow_bootmem *bm,
			     const struct frames *frames, unsigned int at)
{
	return piece_of(frames->only ? frames->only : bm->bdata_list[at],
			frames->start, frames->end);
}

static unsigned int nr_pieces(const struct shadow_bootmem *bm,
			      const struct frames *frames)
{
	return frames->only ? 1 : bm->nr_nodes;
}

/* Is there a bit for each frame? Nodes are sorted by their first one. */
static bool all_covered(struct shadow_bootmem *bm, const struct frames *frames)
{
	u64 pos = frames->start;
	unsigned int at;

	for (at = 0; at < nr_pieces(bm, frames); at++) {
		struct shadow_bootmem_node *bdata =
			frames->only ? frames->only : bm->bdata_list[at];

		if (shadow_bootmem_node_has(bdata, pos))
			pos = bdata->node_low_pfn;
		if (pos >= frames->end)
			return true;
	}
	return false;
}

/* In how many bitmaps the frames have bits, and how many of these are 0. */
static u64 count_bits(struct shadow_bootmem *bm, const struct frames *frames,
		      u64 *nr_free)
{
	unsigned int at;
	u64 nr = 0;

	*nr_free = 0;
	for (at = 0; at < nr_pieces(bm, frames); at++) {
		struct piece piece = piece_at(bm, frames, at);
		unsigned long *map = piece.bdata->node_bootmem_map;
		u64 idx = piece.sidx, end;

		nr += piece.eidx - piece.sidx;
		for (; idx < piece.eidx; idx = end) {
			idx = find_next_zero_bit(map, piece.eidx, idx);
			end = find_next_bit(map, piece.eidx, idx);
			*nr_free += end - idx;
		}
	}
	return nr;
}

static void lower_hint(const struct piece *piece)
{
	piece->bdata->hint_idx = min(piece->bdata->hint_idx, piece->sidx);
}

/*
 * Where the page of the last allocation is given back, nothing may be packed
 * behind it: somebody else may have the page next.
 */
static void forget_last(struct shadow_bootmem *bm, const struct piece *piece)
{
	u64 mask = (1ULL << bm->page_shift) - 1;
	u64 last = piece->bdata->last_end_off;
	u64 idx = last >> bm->page_shift;

	if (last & mask && idx >= piece->sidx && idx < piece->eidx)
		piece->bdata->last_end_off = 0;
}

static u64 bytes_of(const struct shadow_bootmem *bm, const struct frames *frames)
{
	return (frames->end - frames->start) << bm->page_shift;
}

static int free_frames(struct shadow_bootmem *bm, const struct frames *frames)
{
	unsigned int at;
	u64 nr, nr_free;

	/* Less than a frame frees nothing. */
	if (frames->start >= frames->end)
		return 0;
	if (!all_covered(bm, frames))
		return -ERANGE;
	nr = count_bits(bm, frames, &nr_free);
	if (nr_free || nr != frames->end - frames->start)
		return -EINVAL;
	for (at = 0; at < nr_pieces(bm, frames); at++) {
		struct piece piece = piece_at(bm, frames, at);

		if (piece.sidx == piece.eidx)
			continue;
		lower_hint(&piece);
		forget_last(bm, &piece);
		bitmap_clear(piece.bdata->node_bootmem_map, piece.sidx,
			     piece.eidx - piece.sidx);
		piece.bdata->nr_free += piece.eidx - piece.sidx;
	}
	shadow_early_log_drop(&bm->log, frames->start << bm->page_shift,
			      bytes_of(bm, frames));
	shadow_event(bm->events, SHADOW_EV_BOOTMEM_FREE, bytes_of(bm, frames),
		     frames->start << bm->page_shift, bytes_of(bm, frames));
	return 0;
}

/* The bits that are 0 become 1, and belong to whoever is asking. */
static void take_bits(struct shadow_bootmem *bm, const struct piece *piece)
{
	struct shadow_bootmem_node *bdata = piece->bdata;
	unsigned long *map = bdata->node_bootmem_map;
	u64 idx = piece->sidx, end;

	for (; idx < piece->eidx; idx = end) {
		idx = find_next_zero_bit(map, piece->eidx, idx);
		end = find_next_bit(map, piece->eidx, idx);
		if (idx == end)
			return;
		bitmap_set(map, idx, end - idx);
		bdata->nr_free -= end - idx;
		shadow_early_log_take(&bm->log,
				      (bdata->node_min_pfn + idx) << bm->page_shift,
				      (end - idx) << bm->page_shift);
	}
}

/*
 * The original has taken what lies before the first frame that is busy, and
 * frees it again, for which the hints go down.
 */
static void busy(struct shadow_bootmem *bm, const struct frames *frames)
{
	unsigned int at;

	for (at = 0; at < nr_pieces(bm, frames); at++) {
		struct piece piece = piece_at(bm, frames, at);

		if (piece.sidx == piece.eidx)
			continue;
		lower_hint(&piece);
		if (find_next_bit(piece.bdata->node_bootmem_map, piece.eidx,
				  piece.sidx) < piece.eidx)
			return;
	}
}

static int reserve_frames(struct shadow_bootmem *bm,
			  const struct frames *frames, unsigned int flags)
{
	unsigned int at;
	u64 nr_free;

	if (frames->start >= frames->end)
		return 0;
	if (!(flags & SHADOW_BOOTMEM_ANYWHERE) && !all_covered(bm, frames))
		return -ERANGE;
	if (flags & SHADOW_BOOTMEM_EXCLUSIVE) {
		count_bits(bm, frames, &nr_free);
		if (nr_free != frames->end - frames->start) {
			busy(bm, frames);
			return -EBUSY;
		}
	}
	for (at = 0; at < nr_pieces(bm, frames); at++) {
		struct piece piece = piece_at(bm, frames, at);

		take_bits(bm, &piece);
	}
	shadow_event_named(bm->events, SHADOW_EV_BOOTMEM_RESERVE,
			   bytes_of(bm, frames), bm->log.owner,
			   frames->start << bm->page_shift, bytes_of(bm, frames));
	return 0;
}

/*
 * Whole frames of a range of bytes: those inside where it is freed, all that it
 * touches where it is reserved.
 */
static int frames_of(struct shadow_bootmem *bm, int nid, phys_addr_t pa,
		     u64 bytes, bool outwards, struct frames *frames)
{
	u64 mask = (1ULL << bm->page_shift) - 1;
	phys_addr_t end = pa + bytes;

	if (bm->closed)
		return -EPERM;
	if (end < pa)
		return -ERANGE;
	frames->only = NULL;
	if (nid != SHADOW_NUMA_NO_NODE) {
		if (nid < 0 || nid >= SHADOW_BOOTMEM_MAX_NODES ||
		    !bm->node[nid].node_bootmem_map)
			return -EINVAL;
		frames->only = &bm->node[nid];
	}
	frames->start = (pa >> bm->page_shift) + (!outwards && pa & mask);
	frames->end = (end >> bm->page_shift) + (outwards && end & mask);
	return 0;
}

/**
 * shadow_bootmem_free_node() - frames of a node are free
 * @bm: the early allocator
 * @nid: the node, or SHADOW_NUMA_NO_NODE for whichever it is
 * @pa: physical address of the first byte
 * @bytes: how much; a frame of which only a part is given stays taken
 *
 * Follows free_bootmem_node().
 *
 * Context: one thread.
 * Return: 0; -EINVAL where there is no such node, where a frame is free, or
 * where several nodes span it and none is said; -ERANGE where a frame is of no
 * node's span; -EPERM after shadow_bootmem_close(). Nothing changes on failure.
 */
int shadow_bootmem_free_node(struct shadow_bootmem *bm, int nid,
			     phys_addr_t pa, u64 bytes)
{
	struct frames frames;
	int err = frames_of(bm, nid, pa, bytes, false, &frames);

	return err ? err : free_frames(bm, &frames);
}

/**
 * shadow_bootmem_free() - frames are free
 * @bm: the early allocator
 * @pa: physical address of the first byte
 * @bytes: how much; a frame of which only a part is given stays taken
 *
 * The range may cross from one node into the next. Follows free_bootmem().
 *
 * Context: one thread.
 * Return: as shadow_bootmem_free_node().
 */
int shadow_bootmem_free(struct shadow_bootmem *bm, phys_addr_t pa, u64 bytes)
{
	return shadow_bootmem_free_node(bm, SHADOW_NUMA_NO_NODE, pa, bytes);
}

/**
 * shadow_bootmem_reserve_node() - take frames of a node
 * @bm: the early allocator
 * @nid: the node, or SHADOW_NUMA_NO_NODE for whichever it is
 * @pa: physical address of the first byte
 * @bytes: how much; all of a frame is taken of which a part is given
 * @flags: SHADOW_BOOTMEM_DEFAULT: what is taken already stays whose it is;
 *	SHADOW_BOOTMEM_EXCLUSIVE: that is an error, and so is what no node spans;
 *	SHADOW_BOOTMEM_ANYWHERE: what no node spans is left out
 *
 * Follows reserve_bootmem_node().
 *
 * Context: one thread.
 * Return: 0; -EBUSY where a frame is taken that was to be had exclusively;
 * -EINVAL where there is no such node; -ERANGE where no node spans a frame and
 * none may be left out; -EPERM after shadow_bootmem_close(). No frame changes on
 * failure.
 */
int shadow_bootmem_reserve_node(struct shadow_bootmem *bm, int nid,
				phys_addr_t pa, u64 bytes, unsigned int flags)
{
	struct frames frames;
	int err = frames_of(bm, nid, pa, bytes, true, &frames);

	return err ? err : reserve_frames(bm, &frames, flags);
}

/**
 * shadow_bootmem_reserve() - take frames
 * @bm: the early allocator
 * @pa: physical address of the first byte
 * @bytes: how much; all of a frame is taken of which a part is given
 * @flags: as shadow_bootmem_reserve_node()
 *
 * The range may cross from one node into the next. Follows reserve_bootmem().
 *
 * Context: one thread.
 * Return: as shadow_bootmem_reserve_node().
 */
int shadow_bootmem_reserve(struct shadow_bootmem *bm, phys_addr_t pa,
			   u64 bytes, unsigned int flags)
{
	return shadow_bootmem_reserve_node(bm, SHADOW_NUMA_NO_NODE, pa, bytes,
					   flags);
}

/**
 * shadow_bootmem_nr_free() - frames that are free
 * @bm: the early allocator
 *
 * Context: any.
 * Return: how many, in all nodes.
 */
u64 shadow_bootmem_nr_free(const struct shadow_bootmem *bm)
{
	unsigned int at;
	u64 nr = 0;

	for (at = 0; at < bm->nr_nodes; at++)
		nr += bm->bdata_list[at]->nr_free;
	return nr;
}

/**
 * shadow_bootmem_is_taken() - is a frame somebody's?
 * @bm: the early allocator, its bitmaps still there
 * @pfn: the frame
 *
 * Context: any.
 * Return: true where a node spans it and none has it free.
 */
bool shadow_bootmem_is_taken(const struct shadow_bootmem *bm, u64 pfn)
{
	const struct shadow_bootmem_node *bdata;
	bool spanned = false;
	unsigned int at;

	for (at = 0; at < bm->nr_nodes; at++) {
		bdata = bm->bdata_list[at];
		if (!shadow_bootmem_node_has(bdata, pfn))
			continue;
		if (!test_bit(pfn - bdata->node_min_pfn,
			      bdata->node_bootmem_map))
			return false;
		spanned = true;
	}
	return spanned;
}

static int verify_place(const struct shadow_bootmem *bm, unsigned int at,
			struct shadow_fault *fault)
{
	const struct shadow_bootmem_node *bdata = bm->bdata_list[at];
	int nid = bdata->nid;

	if (nid < 0 || nid >= SHADOW_BOOTMEM_MAX_NODES ||
	    bdata != &bm->node[nid])
		return shadow_fault_raise(fault, "bootmem: entry %u is no node",
					  at);
	if (bdata->node_min_pfn >= bdata->node_low_pfn ||
	    shadow_bootmem_nr_bits(bdata) > INT_MAX - BITS_PER_LONG)
		return shadow_fault_raise(fault,
				"bootmem: node %d spans frames 0x%llx to 0x%llx",
				nid, bdata->node_min_pfn, bdata->node_low_pfn);
	if (at && bm->bdata_list[at - 1]->node_min_pfn > bdata->node_min_pfn)
		return shadow_fault_raise(fault,
					  "bootmem: node %d is not in its place",
					  nid);
	if (!bdata->node_bootmem_map)
		return shadow_fault_raise(fault, "bootmem: node %d has no bitmap",
					  nid);
	return 0;
}

static int verify_bits(const struct shadow_bootmem *bm,
		       const struct shadow_bootmem_node *bdata,
		       struct shadow_fault *fault)
{
	const unsigned long *map = bdata->node_bootmem_map;
	u64 nr = shadow_bootmem_nr_bits(bdata);
	u64 all = ALIGN(nr, BITS_PER_LONG), nr_free, bytes;

	if (find_next_zero_bit(map, all, nr) < all)
		return shadow_fault_raise(fault,
				"bootmem: node %d has a frame free behind its last",
				bdata->nid);
	nr_free = nr - bitmap_weight(map, nr);
	if (nr_free != bdata->nr_free)
		return shadow_fault_raise(fault,
				"bootmem: node %d has %llu frames free, and counts %llu",
				bdata->nid, nr_free, bdata->nr_free);
	bytes = bdata->last_end_off;
	if (bdata->hint_idx > nr || bytes > nr << bm->page_shift)
		return shadow_fault_raise(fault,
				"bootmem: node %d: hint_idx %llu or last_end_off 0x%llx is behind its last frame",
				bdata->nid, bdata->hint_idx, bytes);
	if (bytes & ((1ULL << bm->page_shift) - 1) &&
	    !test_bit(bytes >> bm->page_shift, map))
		return shadow_fault_raise(fault,
				"bootmem: node %d: last_end_off 0x%llx is in a free frame",
				bdata->nid, bytes);
	return 0;
}

/* Is none of the frames that a range touches free? */
static bool all_taken(const struct shadow_bootmem *bm,
		      const struct shadow_early_range *range)
{
	u64 pfn = range->base >> bm->page_shift;
	u64 end = (shadow_early_range_end(range) - 1) >> bm->page_shift;
	unsigned int at;

	for (at = 0; at < bm->nr_nodes; at++) {
		struct piece piece = piece_of(bm->bdata_list[at], pfn, end + 1);

		if (find_next_zero_bit(piece.bdata->node_bootmem_map,
				       piece.eidx, piece.sidx) < piece.eidx)
			return false;
	}
	return true;
}

/**
 * shadow_bootmem_verify() - are the bitmaps what they should be?
 * @bm: the early allocator
 * @fault: raised with the first thing that is wrong
 *
 * Nodes are sorted, counts are right, no bit behind a node's last frame is 0,
 * the search stands inside, and whatever is in the log is taken. Once the
 * bitmaps are retired, there is nothing left that could be wrong.
 *
 * Context: any; changes nothing.
 * Return: 0 or -EUCLEAN.
 */
int shadow_bootmem_verify(const struct shadow_bootmem *bm,
			  struct shadow_fault *fault)
{
	unsigned int at;
	int err;

	if (bm->nr_nodes > SHADOW_BOOTMEM_MAX_NODES)
		return shadow_fault_raise(fault, "bootmem: %u nodes",
					  bm->nr_nodes);
	for (at = 0; at < bm->nr_nodes && !bm->retired; at++) {
		err = verify_place(bm, at, fault);
		if (!err)
			err = verify_bits(bm, bm->bdata_list[at], fault);
		if (err)
			return err;
	}
	err = shadow_early_log_verify(&bm->log, fault);
	if (err)
		return err;
	for (at = 0; at < bm->log.nr && !bm->retired; at++) {
		if (!all_taken(bm, &bm->log.range[at]))
			return shadow_fault_raise(fault,
				"bootmem: a frame of 0x%llx+0x%llx is free, and %s has it",
				(u64)bm->log.range[at].base,
				bm->log.range[at].bytes,
				bm->log.range[at].owner);
	}
	return 0;
}
