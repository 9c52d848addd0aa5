# SPDX-License-Identifier: GPL-2.0-only
"""A machine made up for tests: it writes snapshots and events as the module does."""

import os

import eventfile

ORDERS = 11
PAGE = 4096
OWNERS = {"D": 0, "T": 2, "S": 3, "V": 5, "U": 7}
NAMES = [("mm_page_alloc", ["pfn", "order", "gfp_flags", "migratetype"]),
         ("mm_page_free", ["pfn", "order"]),
         ("mm_page_split", ["pfn", "order", "from_order"]),
         ("op alloc_pages", ["gfp", "order", "cpu", "pfn"]),
         ("op free_pages", ["pfn", "order", "cpu"]),
         ("mm_page_merge", ["pfn", "order", "from_order"]),
         ("slab_new", ["cache", "pfn", "order"]),
         ("slab_discard", ["cache", "pfn", "order"]),
         ("kmem_cache_alloc", ["pa", "cache", "bytes_req", "bytes_alloc", "gfp_flags"]),
         ("op cache_alloc", ["cache", "gfp", "cpu", "pa"]),
         ("op cache_free", ["cache", "cpu", "pa"]),
         ("table_alloc", ["pa", "nr_tables"]),
         ("table_free", ["pa", "nr_tables"]),
         ("map", ["va", "pa", "nr_pages", "prot", "flags"]),
         ("unmap", ["va", "nr_pages", "lazy"]),
         ("op map", ["root_flags", "va", "pa", "bytes", "prot"]),
         ("op unmap", ["root", "va", "bytes"])]
KINDS = {name: i for i, (name, _) in enumerate(NAMES)}

# name, number, bytes of an object, order of a slab
CACHES = [("alpha", 3, 256, 0), ("beta", 9, 600, 1)]
WINDOW = 0xffff800000000000
PROT = 0x00e8000000000700
# Pages only, and blocks where they fit: both stay as they were asked for
PAGES, BLOCKS = 7, 6
WORDS = "mem=Normal-WB AttrIndx=0 ap=EL1:rw,EL0:-- sh=inner AF PXN UXN DBM sw=0x1"


class Table:
    def __init__(self, pa, level, va):
        self.pa, self.level, self.va, self.entries = pa, level, va, {}


class Model:
    """Frames by letter, slabs by their first frame, tables by their entries; each
    event is kept."""

    def __init__(self, rnd, frames=16384, base=0x40000):
        self.rnd, self.nr, self.base = rnd, frames, base
        self.cells = ["F"] * frames
        self.cells[:frames // 16] = "I" * (frames // 16)
        self.live, self.records, self.ns, self.moments = [], [], 5 * 10**9, 0
        self.early = frames // 16
        # About where churn() comes to rest, three quarters full
        self.most = frames // 3
        self.slabs, self.maps, self.states, self.sample = {}, [], {}, 0
        self.root, self.nr_tables = Table(base * PAGE, 0, 0xffff << 48), 1

    def add(self, name, *args, err=1):
        self.ns += self.rnd.randrange(200, 40000)
        self.records.append((len(self.records) + 1, self.ns, KINDS[name],
                             self.rnd.randrange(2), 0 if name.startswith("op ") else err,
                             list(args)))

    # ------------------------------------------------------------------- pages

    def free_block(self, at):
        """Order of the free block that a frame is in, when all are as large as can be."""
        order = 0
        while order + 1 < ORDERS:
            first = at >> order + 1 << order + 1
            if first + (2 << order) > self.nr or \
                    self.cells[first:first + (2 << order)] != ["F"] * (2 << order):
                break
            order += 1
        return order

    def take(self, order, letter, operation=False):
        """A free block somewhere; None where a few tries find none."""
        count = 1 << order
        for _ in range(20):
            at = self.rnd.randrange(self.nr >> order) << order
            if self.cells[at:at + count] == ["F"] * count:
                break
        else:
            return None
        whole = self.free_block(at)
        self.cells[at:at + count] = letter * count
        if whole > order:
            self.add("mm_page_split", self.base + at, order, whole, err=whole - order)
        if operation:
            self.add("op alloc_pages", OWNERS[letter] << 16, order, 0, self.base + at)
        else:
            self.add("mm_page_alloc", self.base + at, order, OWNERS[letter] << 16, 0)
        return at

    def give(self, at, order, operation=False):
        """The record of an operation comes after what it did."""
        self.cells[at:at + (1 << order)] = "F" * (1 << order)
        whole = self.free_block(at)
        if not operation:
            self.add("mm_page_free", self.base + at, order)
        self.add("mm_page_merge", self.base + (at >> whole << whole), whole, order,
                 err=whole - order)
        if operation:
            self.add("op free_pages", self.base + at, order, 0)

    def pages(self):
        if self.rnd.random() < 0.6 - 0.5 * len(self.live) / self.most:
            order = self.rnd.choice((0, 0, 0, 1, 2, 3, 5))
            at = self.take(order, self.rnd.choice("DTSVU"), self.rnd.random() < 0.5)
            if at is not None:
                self.live.append((at, order))
        elif self.live:
            self.give(*self.live.pop(self.rnd.randrange(len(self.live))),
                      self.rnd.random() < 0.5)

    # ------------------------------------------------------------------- slabs

    @staticmethod
    def objects(cache):
        return (PAGE << cache[3]) // cache[2]

    def object_taken(self):
        cache = self.rnd.choice(CACHES)
        room = [at for at, (one, used) in self.slabs.items()
                if one is cache and len(used) < self.objects(cache)]
        at = self.rnd.choice(room) if room else self.take(cache[3], "S")
        if at is None:
            return
        if not room:
            self.slabs[at] = cache, set()
            self.add("slab_new", cache[1], self.base + at, cache[3])
        used = self.slabs[at][1]
        i = self.rnd.choice([i for i in range(self.objects(cache)) if i not in used])
        used.add(i)
        pa = (self.base + at) * PAGE + i * cache[2]
        if self.rnd.random() < 0.5:
            self.add("op cache_alloc", cache[1], 0, 0, pa)
        else:
            self.add("kmem_cache_alloc", pa, cache[1], cache[2], cache[2], 0)

    def object_given(self):
        at = self.rnd.choice(list(self.slabs))
        cache, used = self.slabs[at]
        i = self.rnd.choice(sorted(used))
        used.remove(i)
        if not used:
            del self.slabs[at]
            self.add("slab_discard", cache[1], self.base + at, cache[3])
            self.give(at, cache[3])
        self.add("op cache_free", cache[1], 0, (self.base + at) * PAGE + i * cache[2])

    # ------------------------------------------------------------------ tables

    def path(self, va, level):
        """Tables on the way to a level, those that are missing made."""
        table, found = self.root, []
        while table.level < level:
            shift = 39 - 9 * table.level
            index = va >> shift & 511
            if index not in table.entries:
                at = self.take(0, "T")
                if at is None:
                    return None
                self.nr_tables += 1
                self.add("table_alloc", (self.base + at) * PAGE, self.nr_tables)
                table.entries[index] = Table((self.base + at) * PAGE, table.level + 1,
                                             va >> shift << shift)
            found.append((table, index))
            table = table.entries[index]
        return found + [(table, va >> 39 - 9 * level & 511)]

    def mapped(self):
        """A range in a stretch of its own, which ends before its tables do."""
        place = self.rnd.randrange(64)
        if any(one[0] == place for one in self.maps):
            return
        block = self.rnd.random() < 0.2
        va = WINDOW + place * (4 << 20) + (0 if block else self.rnd.randrange(480) * PAGE)
        nr = 512 if block else self.rnd.randrange(1, 30)
        pa = 0x80000000 + self.rnd.randrange(1 << 10) * (2 << 20)
        path = self.path(va, 2 if block else 3)
        if not path:
            return
        table, index = path[-1]
        for i in range(1 if block else nr):
            table.entries[index + i] = pa + i * PAGE
        self.maps.append((place, va, nr, block))
        if self.rnd.random() < 0.5:
            self.add("op map", self.root.pa | (BLOCKS if block else PAGES), va, pa, nr * PAGE, PROT)
        else:
            self.add("map", va, pa, nr, PROT, BLOCKS if block else PAGES)

    def unmapped(self):
        _, va, nr, block = self.maps.pop(self.rnd.randrange(len(self.maps)))
        path = self.path(va, 2 if block else 3)
        table, index = path[-1]
        for i in range(1 if block else nr):
            del table.entries[index + i]
        for (above, at), (below, _) in zip(path[-2::-1], path[:0:-1]):
            if below.entries:
                break
            del above.entries[at]
            self.nr_tables -= 1
            self.give(below.pa // PAGE - self.base, 0)
            self.add("table_free", below.pa, self.nr_tables)
        if self.rnd.random() < 0.5:
            self.add("op unmap", self.root.pa, va, nr * PAGE)
        else:
            self.add("unmap", va, nr, 0)

    # --------------------------------------------------------------- behaviour

    def churn(self, events):
        """Until there are so many events."""
        end = len(self.records) + events
        while len(self.records) < end:
            kind = self.rnd.random()
            if kind < 0.7:
                self.pages()
            elif kind < 0.85:
                if self.slabs and self.rnd.random() < 0.45:
                    self.object_given()
                else:
                    self.object_taken()
            elif self.maps and self.rnd.random() < 0.45:
                self.unmapped()
            else:
                self.mapped()
            if self.rnd.random() < self.sample:
                self.states[len(self.records)] = self.state()

    def state(self):
        """Free blocks by order; slabs; leaves and tables."""
        leaves, tables = {}, []
        self.walk(self.root, leaves, tables)
        return {
            "cells": "".join(self.cells), "buddy": self.free_by_order(),
            "slabs": {str(self.base + at): [cache[0], "".join(
                "01"[i in used] for i in range(self.objects(cache)))]
                for at, (cache, used) in self.slabs.items()},
            "leaves": leaves, "tables": sorted(tables)}

    def walk(self, table, leaves, tables):
        tables.append(table.pa)
        for i, entry in table.entries.items():
            if isinstance(entry, Table):
                self.walk(entry, leaves, tables)
            else:
                leaves[f"{table.va + (i << 39 - 9 * table.level):#x}"] = entry

    def free_by_order(self):
        """Aligned free blocks, largest first."""
        found, at = [0] * ORDERS, 0
        while at < self.nr:
            if self.cells[at] != "F":
                at += 1
                continue
            order = ORDERS - 1
            while at % (1 << order) or at + (1 << order) > self.nr or \
                    self.cells[at:at + (1 << order)] != ["F"] * (1 << order):
                order -= 1
            found[order] += 1
            at += 1 << order
        return found

    # ------------------------------------------------------------------- files

    def map_text(self):
        rows = ["Machine main: one character is 1 frames, 4 KiB, a row 256 KiB.",
                "A capital: all of them are that; a small letter: most of them are.", "",
                f"Node 0, zone Normal: [{self.base * PAGE:#x}-...], {self.nr} frames"]
        for at in range(0, self.nr, 64):
            rows.append(f"0x{(self.base + at) * PAGE:013x} {''.join(self.cells[at:at + 64])}")
        return "\n".join(rows) + "\n\n      frames  of memory\nF          1 100.0%  free\n"

    def slab_text(self):
        rows = ["one character an object, in order of address: # in use, . free; engine slub"]
        for at, (cache, used) in sorted(self.slabs.items()):
            nr = self.objects(cache)
            rows.append(f"{cache[0]}: slab at pfn {self.base + at}, order {cache[3]}, node 0,"
                        f" {'full' if len(used) == nr else 'partial'}: {len(used)} of {nr}"
                        f" objects of {cache[2]} bytes in use")
            rows.append("  " + "".join(".#"[i in used] for i in range(nr)))
        return "\n".join(rows) + "\n"

    def table_rows(self, table, depth):
        pad = "  " + "    " * depth
        yield (f"{pad}table level={table.level} pa={table.pa:#x} va=0x{table.va:016x}"
               f" used={len(table.entries)}/512")
        for i, entry in sorted(table.entries.items()):
            va = table.va + (i << 39 - 9 * table.level)
            if not isinstance(entry, Table):
                kind = "page" if table.level == 3 else "block"
                yield (f"{pad}  [{i}] va=0x{va:016x} desc=0x{entry | PROT | (3 if table.level == 3 else 1):016x}"
                       f" {kind} oa={entry:#x} size={1 << 39 - 9 * table.level:#x} {WORDS}")
                continue
            # Whoever maps as here wants leaves to stay as they are
            keep = any(not isinstance(one, Table) for one in entry.entries.values()) << 11
            used = (len(entry.entries) & 63) << 2 | len(entry.entries) >> 6 << 51
            yield (f"{pad}  [{i}] va=0x{va:016x} desc=0x{entry.pa | keep | used | 3:016x}"
                   f" table oa={entry.pa:#x}")
            yield from self.table_rows(entry, depth + 1)

    def tables_text(self):
        return "\n".join([
            "shadow_mm page tables, format 1", "machine=main trees=1",
            f"tree=swapper_pg_dir half=upper root={self.root.pa:#x} granule=4096 va_bits=48"
            " pa_bits=48 lpa2=0 levels=4 start_level=0",
            *self.table_rows(self.root, 0), "end trees=1"]) + "\n"

    def files(self):
        blocks = self.free_by_order()
        free = self.cells.count("F")
        index, below = [], 0
        for order in range(ORDERS):
            index.append(below / free if free else 1.0)
            below += blocks[order] << order
        zone = "Node 0, zone   Normal"
        return {
            "map": self.map_text(), "slab_objects": self.slab_text(),
            "page_tables": self.tables_text(), "config": "pcp=off   # no lists\n",
            "buddyinfo": zone + "".join(f" {nr:6}" for nr in blocks) + " \n",
            "unusable_index": zone + "".join(f" {one:.3f}" for one in index) + " \n",
            "zoneinfo": f"{zone}\n  per-node stats\n      nr_free 1\n  pages free     {free}\n"
                        "        boost    0\n        min      120\n        low      150\n"
                        f"        high     180\n        spanned  {self.nr}\n        present  {self.nr}\n"
                        f"        managed  {self.nr - self.early}\n  pagesets\n    cpu: 0\n"
                        f"              count: 7\n  start_pfn:           {self.base}\n",
            "audit": "OK\n",
        }

    def events_bin(self, lost=range(0)):
        """The file of all events so far, but those with the lost numbers; ids by name."""
        ids = {name: key for key, (name, _) in eventfile.tables().items()}
        kept = [one for one in self.records if one[0] not in lost]
        records = b"".join(
            eventfile.RECORD.pack(seq, ns, ids[NAMES[kind][0]], cpu, 0, err,
                                  *(args + [0] * 5)[:5])
            for seq, ns, kind, cpu, err, args in kept)
        size, number = eventfile.HEADER.size, len(kept)
        first = lost[0] - 1 if lost else number
        at = size + 63 & ~63
        return eventfile.HEADER.pack(
            eventfile.MAGIC, eventfile.VERSION, size, at - size, at, eventfile.RECORD.size, 2,
            number, first, first + len(lost) + 1, len(self.records), len(lost)).ljust(
                at, b"\n") + records

    def snap(self, folder, name):
        """A moment's folder."""
        path = os.path.join(folder, f"{self.moments:03d}")
        os.makedirs(path)
        files = self.files()
        files["moment"] = f"name={name}\nuptime_s={self.ns / 1e9:.2f}\nseq={len(self.records)}\n"
        for file, text in files.items():
            with open(os.path.join(path, file), "w", encoding="utf-8") as out:
                out.write(text)
        self.moments += 1
        return path
