# SPDX-License-Identifier: GPL-2.0-only
"""Slabs and their objects between snapshots: see follow.py.

Records have addresses of objects, and caches by number. Which name a number has,
and how many objects of which size a slab, the snapshots tell: a slab that is in
one of them was told of when it came. What CPU a slab belongs to no record says.
"""

import views
from follow import Follower, is_done

NEW, DISCARD, SET = 0, 1, 2
MOST_OBJECTS = 1 << 16

# slob: a page that all caches share is shown in pieces, which are in use where any
# of their units is, and what kmalloc gives has a header in front of it
SHARED = "all caches"
UNIT, HEADER = 2, 8


class Slab:
    """One slab from its coming to its going; id: its number in the page."""
    __slots__ = ("id", "cache", "pfn", "order", "node", "total", "bytes", "cells", "units")

    def __init__(self, number, cache, pfn, order, node, total, size):
        self.id, self.cache, self.pfn, self.order = number, cache, pfn, order
        self.node, self.total, self.bytes = node, total, size
        self.cells = bytearray(total)
        self.units = bytearray(total * size // UNIT) if cache == SHARED else None


class Slabs(Follower):
    """[key, slab, what]: NEW, DISCARD, or SET + 2 * object + (is it in use?)."""

    HEARD = {"slab_new", "slab_discard", "kmem_cache_alloc", "kmem_cache_free", "kmalloc",
             "kfree", "op cache_alloc", "op cache_free", "op kmalloc", "op kfree",
             "kmem_cache_create", "kmem_cache_destroy"}
    TAKES = {"kmem_cache_alloc", "kmalloc", "op cache_alloc", "op kmalloc"}
    GIVES = {"kmem_cache_free", "kfree", "op cache_free", "op kfree"}

    def __init__(self, run, history, at, page_shift, zones):
        super().__init__()
        self.shift, self.zones = page_shift, zones
        self.live, self.frames, self.all = {}, {}, []	# by first frame, by each
        self.places = []	# by snapshot, [slab, where] of those that are a CPU's own
        self.life, self.sizes, self.spans = {}, {}, {}
        self.met, self.told = False, set()	# objects told of before the first snapshot
        self.shapes = self.shapes_of(run)
        self.names = self.names_of(run, history, at) if history else {}

    def shapes_of(self, run):
        """(cache, order) -> (objects, bytes of each), (cache) -> node's name alone"""
        found = {}
        for one in run.moments:
            for row in one.get("slabinfo") or []:
                if row[4] and row[3] and row[5] and not row[5] & row[5] - 1:
                    found.setdefault((row[0], row[5].bit_length() - 1), (row[4], row[3]))
        for one in run.moments:
            for cache, _, order, _, _, _, total, size, _ in one.get("slab_objects") or []:
                found[cache, order] = (total, size)
        return found

    def names_of(self, run, history, at):
        """(number of a cache, which cache of that number) -> its name"""
        snapshots = {at[i]: {slab[1]: slab[0] for slab in one.get("slab_objects") or []}
                     for i, one in enumerate(run.moments)}
        live, life, names = {}, {}, {}
        for index, (seq, _, kind, _, err, args) in enumerate(history.records):
            self.see(snapshots.pop(index, None), live, names)
            name = history.names[kind][0]
            if name == "slab_new":
                live[args[1]] = (args[0], life.get(args[0], 0))
            elif name == "slab_discard":
                live.pop(args[1], None)
            elif name == "kmem_cache_destroy":
                life[args[0]] = life.get(args[0], 0) + 1
            elif name == "op cache_create" and err >= 0:
                raw = b"".join(part.to_bytes(8, "little")
                               for part in history.payloads.get(seq, ()))
                text = raw.split(b"\0")[0].decode("utf-8", "replace")
                if text:
                    names.setdefault((args[4], life.get(args[4], 0)), text)
        for left in snapshots.values():
            self.see(left, live, names)
        return names

    @staticmethod
    def see(snapshot, live, names):
        """Snapshots know best: a cache that was merged has another's name."""
        for pfn, cache in (snapshot or {}).items():
            if pfn in live:
                names[live[pfn]] = cache

    def record(self, name, facts, err, cpu):
        if not is_done(name, err):
            return
        if name == "kmem_cache_create":
            self.sizes[facts["cache"], self.life.get(facts["cache"], 0)] = facts["size"]
        elif name == "kmem_cache_destroy":
            self.life[facts["cache"]] = self.life.get(facts["cache"], 0) + 1
        elif name == "slab_new" and facts["order"] <= views.MAX_ORDER:
            self.come(facts["cache"], facts["pfn"], facts["order"])
        elif name == "slab_discard":
            self.go(facts["pfn"])
        elif "pa" in facts:
            self.put(name, facts, name in self.TAKES)

    def come(self, cache, pfn, order):
        life = cache, self.life.get(cache, 0)
        name = self.names.get(life, f"cache {cache}")
        size = self.sizes.get(life, 0)
        total, size = self.shapes.get((name, order)) or \
            ((1 << self.shift + order) // size if size else 0, size)
        if pfn in self.live:
            self.go(pfn)
        zone = self.zones.of_pfn(pfn)
        node = int(self.zones.names[zone].split()[0]) if zone >= 0 else 0
        self.begin(name, pfn, order & 31, node, min(total, MOST_OBJECTS), min(size, views.MAX_FRAMES))

    def begin(self, *facts):
        slab = Slab(len(self.all), *facts)
        self.all.append(slab)
        self.live[slab.pfn] = slab
        for frame in range(slab.pfn, slab.pfn + (1 << slab.order)):
            self.frames[frame] = slab
        self.change(slab.id, NEW)
        return slab

    def go(self, pfn):
        slab = self.live.pop(pfn, None)
        if not slab:
            return
        for i, used in enumerate(slab.cells):
            if used:
                self.set(slab, i, 0)
        for frame in range(slab.pfn, slab.pfn + (1 << slab.order)):
            self.frames.pop(frame, None)
        self.change(slab.id, DISCARD)

    def put(self, name, facts, used):
        pa = facts["pa"]
        slab = self.frames.get(pa >> self.shift)
        if not slab or not slab.bytes:
            return
        offset = pa - (slab.pfn << self.shift)
        if slab.units is not None:
            self.put_span(slab, offset, self.span(name, facts, used))
        elif offset // slab.bytes < slab.total:
            self.set(slab, offset // slab.bytes, int(used))

    def span(self, name, facts, used):
        """(bytes in front of an object, its bytes, is it in use?); those that come
        tell of their sizes, those that go do not."""
        pa = facts["pa"]
        if not used:
            return (*self.spans.pop(pa, (0, 0)), 0)
        if "bytes" in facts or name == "kmalloc":
            self.spans[pa] = HEADER, facts.get("bytes", facts.get("bytes_req", 0))
        elif "bytes_alloc" in facts:
            self.spans[pa] = 0, facts["bytes_alloc"]
        else:
            life = facts["cache"], self.life.get(facts["cache"], 0)
            self.spans[pa] = 0, self.sizes.get(life, 0)
        return (*self.spans[pa], 1)

    def put_span(self, slab, offset, span):
        front, size, used = span
        first, end = (offset - front) // UNIT, -(-(offset + size) // UNIT)
        if not size or first < 0 or end > len(slab.units) or first >= end:
            return
        slab.units[first:end] = bytes([used]) * (end - first)
        each = slab.bytes // UNIT
        for i in range(first // each, (end - 1) // each + 1):
            self.set(slab, i, int(any(slab.units[i * each:(i + 1) * each])))

    def set(self, slab, i, used):
        if slab.cells[i] != used:
            slab.cells[i] = used
            if self.told is not None:
                self.told.add((slab.id, i))
            self.change(slab.id, SET + 2 * i + used)

    def truth(self, moment):
        return moment.get("slab_objects")

    def correct(self, truth):
        """Objects that are not as they should be, and slabs that are not there, or
        should not be. From the boot on, the first snapshot also tells which objects
        the bootstrap took before there was anybody to ask: they came with the slab."""
        wanted, differ = {slab[1]: slab for slab in truth}, 0
        first, self.met = self.known and self.lossless and not self.met, True
        for pfn, slab in list(self.live.items()):
            other = wanted.get(pfn)
            if not other or (other[0], other[2], other[6], other[7]) != \
                    (slab.cache, slab.order, slab.total, slab.bytes):
                self.go(pfn)
                differ += 1
        for cache, pfn, order, node, _, _, total, size, cells in truth:
            slab = self.live.get(pfn)
            if not slab:
                slab = self.begin(cache, pfn, order & 31, node, min(total, MOST_OBJECTS), size)
                differ += 1
            for i, cell in enumerate(cells[:slab.total]):
                if slab.cells[i] == (cell == "#"):
                    continue
                if first and cell == "#" and (slab.id, i) not in self.told:
                    self.came_with(slab, i)
                    continue
                self.set(slab, i, int(cell == "#"))
                differ += 1
        self.told = None
        self.places.append([[self.live[slab[1]].id, slab[4]] for slab in truth
                            if "cpu" in slab[4]])
        return differ

    def came_with(self, slab, i):
        slab.cells[i] = 1
        at = next(n for n, one in enumerate(self.changes) if one[1:] == (slab.id, NEW))
        self.changes.insert(at + 1, (self.changes[at][0], slab.id, SET + 2 * i + 1))
